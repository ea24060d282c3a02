/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Reading a connection that others read too, with a bound.
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

VkResult
vn_wayland_wait(struct wl_display *display,
                struct wl_event_queue *queue,
                struct pollfd *fds,
                uint32_t fd_count,
                int timeout_ms)
{
   for (uint32_t i = 0; i < fd_count; i++)
      fds[i].revents = 0;

   /* An error that libwayland found by itself does not wake a poll. */
   if (wl_display_get_error(display))
      return VK_ERROR_SURFACE_LOST_KHR;

   if (wl_display_prepare_read_queue(display, queue)) {
      /* there are events already */
      return wl_display_dispatch_queue_pending(display, queue) < 0
                ? VK_ERROR_SURFACE_LOST_KHR
                : VK_SUCCESS;
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

   if (fds[0].revents & ~POLLOUT) {
      if (wl_display_read_events(display) < 0)
         return VK_ERROR_SURFACE_LOST_KHR;
   } else {
      wl_display_cancel_read(display);
   }

   return wl_display_dispatch_queue_pending(display, queue) < 0
             ? VK_ERROR_SURFACE_LOST_KHR
             : VK_SUCCESS;
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
   while (!*done) {
      const int timeout_ms = vn_wayland_ms_until(deadline_ns);
      if (!timeout_ms)
         return VK_ERROR_SURFACE_LOST_KHR;

      struct pollfd fd;
      const VkResult result =
         vn_wayland_wait(display, queue, &fd, 1, timeout_ms);
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
