/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Reading a connection that others read too, with a bound.
 *
 * libwayland lets several threads wait for one socket: each announces that it
 * is going to read (wl_display_prepare_read), sleeps, and then reads, which
 * the last of them does for all. So whoever has announced it and sleeps holds
 * up an application that reads without a sleep, until the compositor says
 * something, which can be never. We announce it when there is something to
 * read, not before.
 *
 * The price: what somebody else reads while we are about to sleep is on our
 * queue, and nothing wakes us. So while something is expected, the sleep has
 * a limit, which starts small and doubles (vn_wayland_patience).
 */

#include "vn_wsi_wayland.h"

int
vn_wayland_ms_until(uint64_t then_ns)
{
   const uint64_t now_ns = vn_time_ns();
   if (then_ns <= now_ns)
      return 0;

   const uint64_t ms = (then_ns - now_ns + 999999) / 1000000;
   return (int)VN_MIN(ms, (uint64_t)INT32_MAX);
}

void *
vn_wayland_wrap(void *proxy, struct wl_event_queue *queue)
{
   void *wrapper = wl_proxy_create_wrapper(proxy);
   if (wrapper)
      wl_proxy_set_queue(wrapper, queue);
   return wrapper;
}

int
vn_wayland_patience_ms(struct vn_wayland_patience *patience, int timeout_ms)
{
   if (!patience->ms)
      patience->ms = 1;
   const int ms = patience->ms;
   patience->ms = VN_MIN(2 * ms, VN_WAYLAND_MAX_PATIENCE_MS);
   return timeout_ms < 0 ? ms : VN_MIN(ms, timeout_ms);
}

/* Reads what is in the socket; does nothing if somebody else has. */
static bool
read_socket(struct wl_display *display, struct wl_event_queue *queue)
{
   if (wl_display_prepare_read_queue(display, queue))
      return true; /* somebody has, and it is on our queue */

   /* From here on nobody can finish a read without us. */
   struct pollfd fd = {
      .fd = wl_display_get_fd(display),
      .events = POLLIN,
   };
   if (poll(&fd, 1, 0) > 0)
      return wl_display_read_events(display) >= 0;
   wl_display_cancel_read(display);
   return true;
}

VkResult
vn_wayland_wait(struct wl_display *display,
                struct wl_event_queue *queue,
                struct pollfd *fds,
                uint32_t fd_count,
                int timeout_ms,
                bool *handled_out)
{
   *handled_out = false;
   for (uint32_t i = 0; i < fd_count; i++)
      fds[i].revents = 0;

   /* An error that libwayland found by itself does not wake a poll. */
   if (wl_display_get_error(display))
      return VK_ERROR_SURFACE_LOST_KHR;

   int count = wl_display_dispatch_queue_pending(display, queue);
   if (count) {
      *handled_out = true;
      return count < 0 ? VK_ERROR_SURFACE_LOST_KHR : VK_SUCCESS;
   }

   fds[0] = (struct pollfd){
      .fd = wl_display_get_fd(display),
      .events = POLLIN,
   };
   /* What a full socket does not take is sent when it has room. After any
    * other failure there may be an error of the protocol to be read.
    */
   if (wl_display_flush(display) < 0 && errno == EAGAIN)
      fds[0].events |= POLLOUT;

   if (poll(fds, fd_count, timeout_ms) < 0) {
      /* interrupted, which is early */
      for (uint32_t i = 0; i < fd_count; i++)
         fds[i].revents = 0;
   }

   if ((fds[0].revents & ~POLLOUT) && !read_socket(display, queue))
      return VK_ERROR_SURFACE_LOST_KHR;

   count = wl_display_dispatch_queue_pending(display, queue);
   *handled_out = count > 0;
   return count < 0 ? VK_ERROR_SURFACE_LOST_KHR : VK_SUCCESS;
}

static void
handle_sync_done(void *data, struct wl_callback *callback, uint32_t serial)
{
   *(bool *)data = true;
}

static const struct wl_callback_listener sync_listener = {
   .done = handle_sync_done,
};

static VkResult
wait_until(struct wl_display *display,
           struct wl_event_queue *queue,
           const bool *done,
           uint64_t deadline_ns)
{
   struct vn_wayland_patience patience = { 0 };
   while (!*done) {
      const int left_ms = vn_wayland_ms_until(deadline_ns);
      if (!left_ms)
         return VK_ERROR_SURFACE_LOST_KHR;

      struct pollfd fd;
      bool handled;
      const VkResult result = vn_wayland_wait(
         display, queue, &fd, 1, vn_wayland_patience_ms(&patience, left_ms),
         &handled);
      if (result != VK_SUCCESS)
         return result;
   }
   return VK_SUCCESS;
}

VkResult
vn_wayland_wait_done(struct wl_display *display,
                     struct wl_event_queue *queue,
                     const bool *done,
                     uint64_t deadline_ns)
{
   if (done)
      return wait_until(display, queue, done, deadline_ns);

   struct wl_display *wrapper = vn_wayland_wrap(display, queue);
   if (!wrapper)
      return VK_ERROR_OUT_OF_HOST_MEMORY;

   VkResult result = VK_ERROR_OUT_OF_HOST_MEMORY;
   bool synced = false;
   struct wl_callback *callback = wl_display_sync(wrapper);
   if (callback) {
      wl_callback_add_listener(callback, &sync_listener, &synced);
      result = wait_until(display, queue, &synced, deadline_ns);
      wl_callback_destroy(callback);
   }
   wl_proxy_wrapper_destroy(wrapper);
   return result;
}
