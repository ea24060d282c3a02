/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Frames by the Present extension: a pixmap is shown at a time that the
 * screen counts (MSC). The server says when it was (CompleteNotify), when the
 * pixmap is no longer read (IdleNotify), and what becomes of the window
 * (ConfigureNotify). These events go to a queue of their own.
 */

#include "vn_wsi_x11_sync.h"

#include <linux/dma-buf.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <xcb/present.h>
#include <xcb/xfixes.h>

/* How long a frame may take before the server is asked whether the window is
 * still there. Servers before 21.1 do not say that it is not.
 */
#define PROBE_AFTER_NS VN_NSEC_PER_SEC

#define DRAIN_NS (VN_NSEC_PER_SEC / 10)

/* xcb/present.h has no name for it: PresentWindowDestroyed */
#define WINDOW_DESTROYED (1u << 0)

VkResult
vn_x11_present_init(struct vn_x11_swapchain *x11)
{
   x11->present.event_id = xcb_generate_id(x11->conn);
   if (x11->present.event_id == UINT32_MAX) {
      x11->present.event_id = 0;
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   }
   /* before anything can arrive, or the application would get it */
   x11->present.special = xcb_register_for_special_xge(
      x11->conn, &xcb_present_id, x11->present.event_id, NULL);
   if (!x11->present.special) {
      x11->present.event_id = 0;
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   }

   const xcb_void_cookie_t cookie = xcb_present_select_input_checked(
      x11->conn, x11->present.event_id, x11->window,
      XCB_PRESENT_EVENT_MASK_CONFIGURE_NOTIFY |
         XCB_PRESENT_EVENT_MASK_COMPLETE_NOTIFY |
         XCB_PRESENT_EVENT_MASK_IDLE_NOTIFY);
   uint8_t error;
   VkResult result = vn_x11_check(&x11->wait, cookie, &error);
   if (result == VK_SUCCESS && error)
      result = VK_ERROR_SURFACE_LOST_KHR;
   if (result != VK_SUCCESS) {
      vn_x11_present_finish(x11);
      return result;
   }

   if (x11->server.regions) {
      x11->present.region = xcb_generate_id(x11->conn);
      vn_x11_ignore(x11->conn, xcb_xfixes_create_region_checked(
                                  x11->conn, x11->present.region, 0, NULL));
   }
   return VK_SUCCESS;
}

/* 0: the whole pixmap, which is the image, has changed. */
static uint32_t
changed_region(struct vn_x11_swapchain *x11)
{
   const struct vn_x11_upload *upload = &x11->upload;
   const struct vn_wsi_pixels *pixels = &upload->image->base.pixels;
   const bool all = upload->rect_count == 1 &&
                    upload->rects[0].extent.width == pixels->width &&
                    upload->rects[0].extent.height == pixels->height;
   if (!x11->present.region || (all && !x11->too_wide))
      return 0;

   xcb_rectangle_t rects[VN_X11_MAX_RECTS];
   for (uint32_t i = 0; i < upload->rect_count; i++) {
      rects[i] = (xcb_rectangle_t){
         .x = (int16_t)upload->rects[i].offset.x,
         .y = (int16_t)upload->rects[i].offset.y,
         .width = (uint16_t)upload->rects[i].extent.width,
         .height = (uint16_t)upload->rects[i].extent.height,
      };
   }
   vn_x11_ignore(x11->conn,
                 xcb_xfixes_set_region_checked(x11->conn, x11->present.region,
                                               upload->rect_count, rects));
   return x11->present.region;
}

VkResult
vn_x11_present_show(struct vn_x11_swapchain *x11)
{
   const struct vn_x11_upload *upload = &x11->upload;
   struct vn_x11_image *image = upload->image;

   /*
    * "If divisor is zero, presentation occurs after the current field if
    * target-msc is less than or equal to the current MSC", or at once with
    * ASYNC. FIFO shows each frame for one field at least: so that it comes
    * after the last one, also where the server has several fields to go.
    */
   uint32_t options = XCB_PRESENT_OPTION_NONE;
   uint64_t target_msc = 0;
   if (upload->mode == VK_PRESENT_MODE_IMMEDIATE_KHR ||
       upload->mode == VK_PRESENT_MODE_FIFO_RELAXED_KHR)
      options |= XCB_PRESENT_OPTION_ASYNC;
   if (upload->mode == VK_PRESENT_MODE_FIFO_KHR ||
       upload->mode == VK_PRESENT_MODE_FIFO_RELAXED_KHR)
      target_msc = x11->present.msc + 1;

   const uint32_t region = changed_region(x11);
   /* Only what has changed is right in a pixmap that frames are put to. The
    * server must not show the rest, as it would if it flipped.
    */
   const bool partial = x11->way == VN_X11_WAY_SHM_PUT ||
                        x11->way == VN_X11_WAY_PUT || image->copy;
   const struct vn_x11_frame frame = {
      .serial = ++x11->present.serial,
      .valid = partial ? region : 0,
      .update = region,
      .options = options,
      .target_msc = target_msc,
   };
   unsigned int sequence;
   if (!vn_x11_sync_show(x11, image, &frame, &sequence)) {
      sequence = xcb_present_pixmap_checked(
                    x11->conn, x11->window, image->pixmap, frame.serial,
                    frame.valid, frame.update, /* x_off */ 0, /* y_off */ 0,
                    /* target_crtc */ 0, /* wait_fence */ 0,
                    /* idle_fence */ 0, frame.options, frame.target_msc,
                    /* divisor */ 0, /* remainder */ 0, 0, NULL)
                    .sequence;
      image->held = true;
      image->held_serial = frame.serial;
   }
   vn_x11_swapchain_await(x11, &(struct vn_x11_awaited){
                                  .image = image,
                                  .serial = frame.serial,
                                  .sequence = sequence,
                                  .present_id = upload->present_id,
                                  .since_ns = vn_time_ns(),
                               });
   return VK_SUCCESS;
}

static void
handle_complete(struct vn_x11_swapchain *x11,
                const xcb_present_complete_notify_event_t *event)
{
   if (event->kind != XCB_PRESENT_COMPLETE_KIND_PIXMAP)
      return;
   if (event->mode != XCB_PRESENT_COMPLETE_MODE_SKIP)
      x11->present.msc = event->msc;
   for (uint32_t i = 0; i < x11->awaited_count; i++) {
      if (x11->awaited[i].serial == event->serial) {
         /* that it was done says that it was no error */
         if (x11->awaited[i].sequence)
            xcb_discard_reply(x11->conn, x11->awaited[i].sequence);
         vn_x11_swapchain_shown(x11, i);
         return;
      }
   }
}

static uint32_t
image_count(const struct vn_x11_swapchain *x11)
{
   return x11->present.finishing ? 0 : x11->base.image_count;
}

static bool
has_signalled(int fd)
{
   struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
   return poll(&poll_fd, 1, 0) != 0;
}

/*
 * A server that copies or shows with a GPU gives a pixmap back when it has
 * queued that, and relies on the fences that the kernel has at the dma-buf.
 * The kernel would make another process's writes wait for them; ours happen
 * on the host. So the fences are asked for, and if one is not done, read_fd
 * is waited for before the image is drawn to. Kernels before 6.0 cannot tell.
 */
static bool
is_read(struct vn_x11_swapchain *x11, struct vn_x11_image *image)
{
   if (x11->way != VN_X11_WAY_DMA_BUF)
      return false;
   struct dma_buf_export_sync_file arg = {
      .flags = DMA_BUF_SYNC_WRITE,
      .fd = -1,
   };
   if (ioctl(image->base.pixels.fd, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, &arg))
      return false;
   if (has_signalled(arg.fd) || !vn_x11_wait_add(&x11->wait, arg.fd, false)) {
      u_fd_close(&arg.fd);
      return false;
   }
   image->read = true;
   image->read_fd = arg.fd;
   return true;
}

static void
handle_idle(struct vn_x11_swapchain *x11,
            const xcb_present_idle_notify_event_t *event)
{
   for (uint32_t i = 0; i < image_count(x11); i++) {
      struct vn_x11_image *image = vn_x11_image(x11->base.images[i]);
      if (image->held && image->held_serial == event->serial &&
          image->pixmap == event->pixmap) {
         image->held = false;
         if (!is_read(x11, image))
            vn_swapchain_set_idle(&x11->base, &image->base, -1);
         return;
      }
   }
}

/* The images that are read no longer. */
static void
handle_readers(struct vn_x11_swapchain *x11, bool *any)
{
   for (uint32_t i = 0; i < image_count(x11); i++) {
      struct vn_x11_image *image = vn_x11_image(x11->base.images[i]);
      if (!image->read || !has_signalled(image->read_fd))
         continue;
      *any = true;
      image->read = false;
      vn_x11_wait_remove(&x11->wait, image->read_fd);
      u_fd_close(&image->read_fd);
      vn_swapchain_set_idle(&x11->base, &image->base, -1);
   }
}

static VkResult
handle_event(struct vn_x11_swapchain *x11, const xcb_generic_event_t *event)
{
   const xcb_present_generic_event_t *head =
      (const xcb_present_generic_event_t *)event;
   switch (head->evtype) {
   case XCB_PRESENT_EVENT_CONFIGURE_NOTIFY: {
      const xcb_present_configure_notify_event_t *configure =
         (const xcb_present_configure_notify_event_t *)event;
      if (configure->pixmap_flags & WINDOW_DESTROYED)
         return VK_ERROR_SURFACE_LOST_KHR;
      vn_x11_swapchain_resized(x11, configure->width, configure->height);
      return VK_SUCCESS;
   }
   case XCB_PRESENT_EVENT_COMPLETE_NOTIFY:
      handle_complete(x11,
                      (const xcb_present_complete_notify_event_t *)event);
      return VK_SUCCESS;
   case XCB_PRESENT_EVENT_IDLE_NOTIFY:
      handle_idle(x11, (const xcb_present_idle_notify_event_t *)event);
      return VK_SUCCESS;
   default: /* newer than this */
      return VK_SUCCESS;
   }
}

/* The server refuses a frame when the window is gone. */
static VkResult
handle_refusals(struct vn_x11_swapchain *x11)
{
   for (uint32_t i = 0; i < x11->awaited_count; i++) {
      void *reply = NULL;
      xcb_generic_error_t *error = NULL;
      if (!x11->awaited[i].sequence ||
          !xcb_poll_for_reply(x11->conn, x11->awaited[i].sequence, &reply,
                              &error))
         continue;
      x11->awaited[i].sequence = 0;
      free(reply);
      if (error) {
         const VkResult result = vn_x11_result(error->error_code);
         free(error);
         return result;
      }
   }
   return VK_SUCCESS;
}

static VkResult
handle_probe(struct vn_x11_swapchain *x11)
{
   if (!x11->present.probe) {
      if (x11->awaited_count &&
          vn_time_ns() - x11->awaited[0].since_ns >= PROBE_AFTER_NS &&
          vn_x11_can_send(x11->conn, 0)) {
         x11->present.probe =
            xcb_get_geometry(x11->conn, x11->window).sequence;
         xcb_flush(x11->conn);
      }
      return VK_SUCCESS;
   }

   void *reply = NULL;
   xcb_generic_error_t *error = NULL;
   if (!xcb_poll_for_reply(x11->conn, x11->present.probe, &reply, &error))
      return VK_SUCCESS;
   x11->present.probe = 0;
   /* it is, and the frame will come; ask again later */
   if (x11->awaited_count)
      x11->awaited[0].since_ns = vn_time_ns();
   const bool there = reply;
   free(reply);
   free(error);
   return there ? VK_SUCCESS : VK_ERROR_SURFACE_LOST_KHR;
}

VkResult
vn_x11_present_handle(struct vn_x11_swapchain *x11, bool *any)
{
   xcb_generic_event_t *event;
   while (
      (event = xcb_poll_for_special_event(x11->conn, x11->present.special))) {
      *any = true;
      const VkResult result = handle_event(x11, event);
      free(event);
      if (result != VK_SUCCESS)
         return result;
   }
   handle_readers(x11, any);
   const VkResult result = handle_refusals(x11);
   return result == VK_SUCCESS ? handle_probe(x11) : result;
}

/*
 * What the server has not shown yet it will show, also when the swapchain is
 * gone, and perhaps after a frame of the next one. That is a matter of a
 * field or two; a server that takes longer is not waited for.
 */
static void
drain(struct vn_x11_swapchain *x11)
{
   x11->present.finishing = true;
   const uint64_t end = vn_time_ns() + DRAIN_NS;
   while (x11->awaited_count && vn_x11_is_alive(x11->conn)) {
      bool any = false;
      if (vn_x11_present_handle(x11, &any) != VK_SUCCESS)
         return;
      if (any || vn_x11_wait_unread(&x11->wait))
         continue;
      const uint64_t now = vn_time_ns();
      if (now >= end)
         return;
      vn_x11_wait_sleep(&x11->wait, -1, (int)((end - now) / 1000000) + 1);
   }
}

void
vn_x11_present_finish(struct vn_x11_swapchain *x11)
{
   drain(x11);
   if (x11->present.region)
      vn_x11_ignore(x11->conn, xcb_xfixes_destroy_region_checked(
                                  x11->conn, x11->present.region));
   x11->present.region = 0;
   if (x11->present.probe)
      xcb_discard_reply(x11->conn, x11->present.probe);
   while (x11->awaited_count) {
      if (x11->awaited[0].sequence)
         xcb_discard_reply(x11->conn, x11->awaited[0].sequence);
      x11->awaited[0].present_id = 0;
      vn_x11_swapchain_shown(x11, 0);
   }

   if (vn_x11_is_alive(x11->conn)) {
      /* what is on the way must still find its queue, or it would go to the
       * application
       */
      uint8_t error;
      vn_x11_check(&x11->wait,
                   xcb_present_select_input_checked(
                      x11->conn, x11->present.event_id, x11->window,
                      XCB_PRESENT_EVENT_MASK_NO_EVENT),
                   &error);
   }
   xcb_unregister_for_special_event(x11->conn, x11->present.special);
   x11->present.special = NULL;
   x11->present.event_id = 0;
}
