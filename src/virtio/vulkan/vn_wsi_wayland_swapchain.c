/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Frames of a swapchain as commits of the surface.
 */

#include "linux-dmabuf-unstable-v1-client-protocol.h"
#include "presentation-time-client-protocol.h"
#include "tearing-control-v1-client-protocol.h"
#include "vn_wsi_wayland_sync.h"

static struct vn_wayland_swapchain *
wayland_chain(struct vn_swapchain *base)
{
   return (struct vn_wayland_swapchain *)base;
}

static struct vn_wayland_surface *
chain_surface(const struct vn_wayland_swapchain *chain)
{
   return (struct vn_wayland_surface *)chain->base.surface;
}

static struct wl_display *
chain_display(const struct vn_wayland_swapchain *chain)
{
   return chain_surface(chain)->connection.display;
}

static void
swapchain_finish(struct vn_swapchain *base)
{
   struct vn_wayland_swapchain *chain = wayland_chain(base);

   vn_wayland_present_finish(chain);
   vn_wayland_sync_finish(chain);
   if (chain->frame)
      wl_callback_destroy(chain->frame);
   if (chain->presentation)
      wl_proxy_wrapper_destroy(chain->presentation);
   if (chain->dmabuf)
      wl_proxy_wrapper_destroy(chain->dmabuf);
   if (chain->shm)
      wl_proxy_wrapper_destroy(chain->shm);
   if (chain->surface)
      wl_proxy_wrapper_destroy(chain->surface);
   if (chain->queue) {
      /* The buffers are gone by now: tell the compositor, as there may be
       * nobody who says more.
       */
      wl_display_flush(chain_display(chain));
      wl_event_queue_destroy(chain->queue);
   }
}

static VkResult
swapchain_init(struct vn_swapchain *base)
{
   struct vn_wayland_swapchain *chain = wayland_chain(base);
   struct vn_wayland_surface *surface = chain_surface(chain);
   const struct vn_wayland_connection *connection = &surface->connection;

   u_list_init(&chain->presents);
   if (vn_wayland_surface_is_lost(surface))
      return vn_result(VK_ERROR_SURFACE_LOST_KHR);

   const bool direct = base->road == VN_WSI_ROAD_DIRECT;
   if (direct ? !connection->dmabuf : !connection->shm)
      return vn_result(VK_ERROR_INITIALIZATION_FAILED);

   bool has;
   chain->formats_generation =
      vn_wayland_surface_look(surface, &base->wsi_format, &has);

   chain->queue = wl_display_create_queue(connection->display);
   if (!chain->queue)
      goto fail;
   chain->surface = vn_wayland_wrap(surface->handle, chain->queue);
   if (!chain->surface)
      goto fail;
   if (direct)
      chain->dmabuf = vn_wayland_wrap(connection->dmabuf, chain->queue);
   else
      chain->shm = vn_wayland_wrap(connection->shm, chain->queue);
   if (direct ? !chain->dmabuf : !chain->shm)
      goto fail;
   if (connection->presentation) {
      chain->presentation =
         vn_wayland_wrap(connection->presentation, chain->queue);
      if (!chain->presentation)
         goto fail;
   }
   if (direct)
      vn_wayland_sync_init(chain);
   return VK_SUCCESS;

fail:
   swapchain_finish(base);
   return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);
}

/* The compositor prefers other buffers now. */
static void
look_at_formats(struct vn_wayland_swapchain *chain)
{
   bool has;
   const uint32_t generation = vn_wayland_surface_look(
      chain_surface(chain), &chain->base.wsi_format, &has);
   if (generation == chain->formats_generation)
      return;

   chain->formats_generation = generation;
   if (chain->dmabuf && !has)
      vn_swapchain_set_status(&chain->base, VK_SUBOPTIMAL_KHR);
}

/*
 * Gives up waiting for what a hidden window is never told. Returns whether
 * there was any; *next_ns_out is when there will be.
 */
static bool
expire(struct vn_wayland_swapchain *chain, uint64_t *next_ns_out)
{
   const uint64_t now_ns = vn_time_ns();
   *next_ns_out = UINT64_MAX;

   bool any = vn_wayland_present_expire(chain, now_ns, next_ns_out);
   if (chain->frame && chain->frame_deadline_ns <= now_ns) {
      wl_callback_destroy(chain->frame);
      chain->frame = NULL;
      any = true;
   } else if (chain->frame) {
      *next_ns_out = VN_MIN(*next_ns_out, chain->frame_deadline_ns);
   }
   return any;
}

static VkResult
swapchain_dispatch(struct vn_swapchain *base, int wake_fd, int timeout_ms)
{
   struct vn_wayland_swapchain *chain = wayland_chain(base);

   uint64_t next_ns;
   if (expire(chain, &next_ns))
      timeout_ms = 0;
   if (next_ns != UINT64_MAX) {
      const int next_ms = vn_wayland_ms_until(next_ns);
      timeout_ms = timeout_ms < 0 ? next_ms : VN_MIN(timeout_ms, next_ms);
   }

   if (chain->frame || !u_list_is_empty(&chain->presents) ||
       vn_wayland_image_is_expected(chain))
      timeout_ms = vn_wayland_patience_ms(&chain->patience, timeout_ms);

   struct pollfd fds[VN_WAYLAND_MAX_POLL];
   uint32_t fd_count = 1; /* the connection's */
   fds[fd_count++] = (struct pollfd){ .fd = wake_fd, .events = POLLIN };
   fd_count += vn_wayland_image_fences(chain, fds + fd_count,
                                       VN_WAYLAND_MAX_POLL - fd_count);

   bool handled;
   const VkResult result =
      vn_wayland_wait(chain_display(chain), chain->queue, fds, fd_count,
                      timeout_ms, &handled);
   if (handled)
      chain->patience.ms = 0;
   if (result != VK_SUCCESS) {
      return vn_result(vn_wayland_surface_note(chain_surface(chain), result));
   }

   vn_wayland_image_look(chain);
   look_at_formats(chain);
   return VK_SUCCESS;
}

static bool
swapchain_is_ready(struct vn_swapchain *base, VkPresentModeKHR mode)
{
   return mode != VK_PRESENT_MODE_FIFO_KHR || !wayland_chain(base)->frame;
}

static void
handle_frame(void *data, struct wl_callback *callback, uint32_t time_ms)
{
   struct vn_wayland_swapchain *chain = data;
   wl_callback_destroy(callback);
   chain->frame = NULL;
}

static const struct wl_callback_listener frame_listener = {
   .done = handle_frame,
};

static void
watch_frame(struct vn_wayland_swapchain *chain)
{
   /* This frame replaces what is not shown yet. */
   if (chain->frame)
      wl_callback_destroy(chain->frame);

   /* Without memory for it, the next frame does not wait. */
   chain->frame = wl_surface_frame(chain->surface);
   if (!chain->frame)
      return;
   wl_callback_add_listener(chain->frame, &frame_listener, chain);
   chain->frame_deadline_ns = vn_time_ns() + VN_WAYLAND_HIDDEN_NS;
}

static void
set_tearing(struct vn_wayland_surface *surface, bool may_tear)
{
   if (!surface->connection.tearing || surface->may_tear == may_tear)
      return;

   /* A surface can have one such object, and it is an error to ask for a
    * second one: the application may have its own if it never tears with us.
    */
   if (!surface->tearing) {
      surface->tearing = wp_tearing_control_manager_v1_get_tearing_control(
         surface->connection.tearing, surface->handle);
      if (!surface->tearing)
         return;
   }
   wp_tearing_control_v1_set_presentation_hint(
      surface->tearing, may_tear
                           ? WP_TEARING_CONTROL_V1_PRESENTATION_HINT_ASYNC
                           : WP_TEARING_CONTROL_V1_PRESENTATION_HINT_VSYNC);
   surface->may_tear = may_tear;
}

static void
damage(const struct vn_wayland_swapchain *chain,
       const struct vn_wsi_frame *frame)
{
   /* Before version 4 damage is in the surface's coordinates, which the
    * application can have made anything.
    */
   if (wl_surface_get_version(chain->surface) <
       WL_SURFACE_DAMAGE_BUFFER_SINCE_VERSION) {
      wl_surface_damage(chain->surface, 0, 0, INT32_MAX, INT32_MAX);
      return;
   }

   if (!frame->damage_count)
      wl_surface_damage_buffer(chain->surface, 0, 0, INT32_MAX, INT32_MAX);
   for (uint32_t i = 0; i < frame->damage_count; i++) {
      const VkRect2D *rect = &frame->damage[i];
      wl_surface_damage_buffer(chain->surface, rect->offset.x, rect->offset.y,
                               (int32_t)rect->extent.width,
                               (int32_t)rect->extent.height);
   }
}

static VkResult
swapchain_present(struct vn_swapchain *base, struct vn_wsi_frame *frame)
{
   struct vn_wayland_swapchain *chain = wayland_chain(base);
   struct vn_wayland_surface *surface = chain_surface(chain);
   struct vn_wayland_image *image = (struct vn_wayland_image *)frame->image;

   vn_wayland_image_update(chain, frame);
   chain->patience.ms = 0;

   set_tearing(surface, frame->mode == VK_PRESENT_MODE_IMMEDIATE_KHR);
   image->attached = !vn_wayland_sync_commit(chain, image);
   wl_surface_attach(chain->surface, image->buffer, 0, 0);
   damage(chain, frame);
   if (frame->mode == VK_PRESENT_MODE_FIFO_KHR)
      watch_frame(chain);
   if (frame->present_id)
      vn_wayland_present_watch(chain, frame->present_id);
   wl_surface_commit(chain->surface);

   /* What does not fit in the socket goes with the next dispatch. */
   if ((wl_display_flush(chain_display(chain)) < 0 && errno != EAGAIN) ||
       wl_display_get_error(chain_display(chain))) {
      return vn_result(
         vn_wayland_surface_note(surface, VK_ERROR_SURFACE_LOST_KHR));
   }
   return VK_SUCCESS;
}

const struct vn_swapchain_ops vn_wayland_swapchain_ops = {
   .size = sizeof(struct vn_wayland_swapchain),
   .image_size = sizeof(struct vn_wayland_image),
   .init = swapchain_init,
   .finish = swapchain_finish,
   .image_init = vn_wayland_image_init,
   .image_finish = vn_wayland_image_finish,
   .dispatch = swapchain_dispatch,
   .is_ready = swapchain_is_ready,
   .present = swapchain_present,
};
