/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * A swapchain on a window of an X server: the order of things. How pixels are
 * sent is in vn_wsi_x11_pixels.c, how they are shown in vn_wsi_x11_present.c
 * and vn_wsi_x11_window.c.
 */

#include "vn_wsi_damage.h"
#include "vn_wsi_x11.h"

#include <unistd.h>

/* While the server owes something, it is looked after at least this often. */
#define LOOK_AFTER_MS 1000

void
vn_x11_swapchain_resized(struct vn_x11_swapchain *x11,
                         uint32_t width,
                         uint32_t height)
{
   /* a pixmap of another size can still be shown, in the corner */
   if (width != x11->base.extent.width || height != x11->base.extent.height)
      vn_swapchain_set_status(&x11->base, VK_SUBOPTIMAL_KHR);
}

static struct vn_x11_surface *
surface_of(const struct vn_x11_swapchain *x11)
{
   return vn_x11_surface(x11->base.surface);
}

void
vn_x11_swapchain_await(struct vn_x11_swapchain *x11,
                       const struct vn_x11_awaited *awaited)
{
   x11->awaited[x11->awaited_count++] = *awaited;
   /* release, and so below: pairs with the acquire in others_awaited */
   atomic_fetch_add_explicit(&surface_of(x11)->awaited, 1,
                             memory_order_release);
}

void
vn_x11_swapchain_shown(struct vn_x11_swapchain *x11, uint32_t awaited)
{
   const uint64_t present_id = x11->awaited[awaited].present_id;
   x11->awaited_count--;
   memmove(&x11->awaited[awaited], &x11->awaited[awaited + 1],
           (x11->awaited_count - awaited) * sizeof(x11->awaited[0]));
   atomic_fetch_sub_explicit(&surface_of(x11)->awaited, 1,
                             memory_order_release);
   /* never read; that it has become full does not matter to an edge */
   const uint64_t one = 1;
   while (write(surface_of(x11)->shown_fd, &one, sizeof(one)) < 0 &&
          errno == EINTR)
      ;
   if (present_id)
      vn_swapchain_set_presented(&x11->base, present_id);
}

static VkResult
init(struct vn_x11_swapchain *x11)
{
   VkResult result = vn_x11_wait_init(&x11->wait, x11->conn);
   if (result != VK_SUCCESS)
      return result;
   if (!vn_x11_wait_add(&x11->wait, surface_of(x11)->shown_fd, true)) {
      result = VK_ERROR_OUT_OF_HOST_MEMORY;
      goto fail_wait;
   }
   if (x11->server.present) {
      result = vn_x11_present_init(x11);
      if (result != VK_SUCCESS)
         goto fail_wait;
   }
   result = vn_x11_pixels_init(x11);
   if (result != VK_SUCCESS)
      goto fail_present;

   /* changes are told from now on, but not what was before */
   struct vn_x11_geometry geometry;
   result = vn_x11_query_geometry(&x11->wait, x11->window, &geometry);
   if (result != VK_SUCCESS)
      goto fail_pixels;
   vn_x11_swapchain_resized(x11, geometry.width, geometry.height);

   static const char *const ways[] = {
      [VN_X11_WAY_DMA_BUF] = "dma-buf pixmaps",
      [VN_X11_WAY_SHM_PIXMAP] = "shared memory pixmaps",
      [VN_X11_WAY_SHM_PUT] = "ShmPutImage",
      [VN_X11_WAY_PUT] = "PutImage",
   };
   vn_log(DEBUG, "x11: %s %s Present", ways[x11->way],
          x11->server.present ? "with" : "without");
   return VK_SUCCESS;

fail_pixels:
   vn_x11_pixels_finish(x11);
fail_present:
   if (x11->server.present)
      vn_x11_present_finish(x11);
fail_wait:
   vn_x11_wait_finish(&x11->wait);
   return result;
}

static void
finish(struct vn_x11_swapchain *x11)
{
   vn_x11_pixels_finish(x11);
   if (x11->server.present) {
      vn_x11_present_finish(x11);
   } else {
      while (x11->awaited_count) {
         xcb_discard_reply(x11->conn, x11->awaited[0].sequence);
         x11->awaited[0].present_id = 0;
         vn_x11_swapchain_shown(x11, 0);
      }
   }
   if (vn_x11_can_send(x11->conn, 0))
      xcb_flush(x11->conn);
   vn_x11_wait_finish(&x11->wait);
}

/* The upload is complete. */
static VkResult
show(struct vn_x11_swapchain *x11)
{
   const VkResult result = x11->server.present ? vn_x11_present_show(x11)
                                               : vn_x11_window_show(x11);
   x11->upload.image = NULL;
   x11->has_shown = true;
   xcb_flush(x11->conn);
   return result;
}

/* Frames of the swapchain before this one, or of the one after it. */
static bool
others_awaited(const struct vn_x11_swapchain *x11)
{
   return atomic_load_explicit(&surface_of(x11)->awaited,
                               memory_order_acquire) != x11->awaited_count;
}

static VkResult
send(struct vn_x11_swapchain *x11)
{
   if (x11->upload.image && !others_awaited(x11) && vn_x11_pixels_upload(x11))
      return show(x11);
   return vn_x11_is_alive(x11->conn) ? VK_SUCCESS : VK_ERROR_SURFACE_LOST_KHR;
}

static VkResult
handle(struct vn_x11_swapchain *x11, bool *any)
{
   return x11->server.present ? vn_x11_present_handle(x11, any)
                              : vn_x11_window_handle(x11, any);
}

static VkResult
dispatch(struct vn_x11_swapchain *x11, int wake_fd, int timeout_ms)
{
   bool any = false;
   VkResult result = handle(x11, &any);
   if (result != VK_SUCCESS || any)
      return result;
   result = send(x11);
   if (result != VK_SUCCESS)
      return result;

   if (x11->awaited_count && (timeout_ms < 0 || timeout_ms > LOOK_AFTER_MS))
      timeout_ms = LOOK_AFTER_MS;
   vn_x11_wait_sleep(&x11->wait, wake_fd, timeout_ms);
   do
      result = handle(x11, &any);
   while (result == VK_SUCCESS && !any && vn_x11_wait_unread(&x11->wait));
   if (result != VK_SUCCESS)
      return result;
   return send(x11);
}

/* What of the frame has to be sent; one rectangle around many. */
static void
set_rects(struct vn_x11_swapchain *x11, const struct vn_wsi_frame *frame)
{
   struct vn_x11_upload *upload = &x11->upload;
   const struct vn_wsi_pixels *pixels = &frame->image->pixels;
   const bool can_part = !x11->server.present || x11->server.regions;
   upload->rect_count = 0;

   /* a frame that may be dropped for this one has damage, too */
   if (!can_part || !x11->has_shown || x11->awaited_count ||
       !frame->damage_count) {
      upload->rects[upload->rect_count++] = (VkRect2D){
         .extent = { pixels->width, pixels->height },
      };
      return;
   }
   if (frame->damage_count <= VN_X11_MAX_RECTS) {
      for (uint32_t i = 0; i < frame->damage_count; i++)
         upload->rects[upload->rect_count++] = frame->damage[i];
      return;
   }
   VkRect2D sum = frame->damage[0];
   for (uint32_t i = 1; i < frame->damage_count; i++)
      sum = vn_wsi_rect_around(&sum, &frame->damage[i]);
   upload->rects[upload->rect_count++] = sum;
}

static VkResult
present(struct vn_x11_swapchain *x11, const struct vn_wsi_frame *frame)
{
   struct vn_x11_image *image = vn_x11_image(frame->image);
   if (!vn_x11_is_alive(x11->conn))
      return VK_ERROR_SURFACE_LOST_KHR;

   x11->upload = (struct vn_x11_upload){
      .image = image,
      .mode = frame->mode,
      .present_id = frame->present_id,
   };
   set_rects(x11, frame);
   if (image->copy) {
      struct vn_wsi_frame part = *frame;
      part.damage_count = x11->upload.rect_count;
      part.damage = x11->upload.rects;
      vn_wsi_copy_frame(&part, image->copy, image->stride_B);
   }
   return send(x11);
}

/* ---- the operations: the above, and no SIGPIPE ---- */

static VkResult
swapchain_init(struct vn_swapchain *swapchain)
{
   struct vn_x11_swapchain *x11 = vn_x11_swapchain(swapchain);
   struct vn_x11_surface *surface = vn_x11_surface(swapchain->surface);
   x11->sync.device_fd = -1;
   x11->conn = surface->conn;
   x11->window = surface->window;
   VkResult result =
      vn_x11_surface_facts(surface, &x11->server, &x11->visual);
   if (result != VK_SUCCESS)
      return result;
   if (x11->visual.fourcc != swapchain->wsi_format.fourcc)
      return VK_ERROR_INITIALIZATION_FAILED;

   struct vn_x11_quiet quiet;
   vn_x11_quiet_begin(&quiet);
   result = init(x11);
   vn_x11_quiet_end(&quiet);
   return result;
}

static void
swapchain_finish(struct vn_swapchain *swapchain)
{
   struct vn_x11_quiet quiet;
   vn_x11_quiet_begin(&quiet);
   finish(vn_x11_swapchain(swapchain));
   vn_x11_quiet_end(&quiet);
}

static VkResult
swapchain_image_init(struct vn_swapchain *swapchain,
                     struct vn_wsi_image *image)
{
   struct vn_x11_quiet quiet;
   vn_x11_quiet_begin(&quiet);
   const VkResult result =
      vn_x11_image_init(vn_x11_swapchain(swapchain), vn_x11_image(image));
   vn_x11_quiet_end(&quiet);
   return result;
}

static void
swapchain_image_finish(struct vn_swapchain *swapchain,
                       struct vn_wsi_image *image)
{
   struct vn_x11_quiet quiet;
   vn_x11_quiet_begin(&quiet);
   vn_x11_image_finish(vn_x11_swapchain(swapchain), vn_x11_image(image));
   vn_x11_quiet_end(&quiet);
}

static VkResult
swapchain_dispatch(struct vn_swapchain *swapchain,
                   int wake_fd,
                   int timeout_ms)
{
   struct vn_x11_quiet quiet;
   vn_x11_quiet_begin(&quiet);
   const VkResult result =
      dispatch(vn_x11_swapchain(swapchain), wake_fd, timeout_ms);
   vn_x11_quiet_end(&quiet);
   return result;
}

static bool
swapchain_is_ready(struct vn_swapchain *swapchain, VkPresentModeKHR mode)
{
   struct vn_x11_swapchain *x11 = vn_x11_swapchain(swapchain);
   /*
    * One frame at a time waits for the screen, so that each is shown. A
    * second one that does not wait for it makes the server drop the first; if
    * it is of the whole pixmap, that is.
    */
   const uint32_t limit = (mode == VK_PRESENT_MODE_IMMEDIATE_KHR ||
                           mode == VK_PRESENT_MODE_MAILBOX_KHR) &&
                                !x11->too_wide
                             ? VN_X11_MAX_AWAITED
                             : 1;
   return !x11->upload.image && x11->awaited_count < limit &&
          vn_x11_can_send(x11->conn, 0);
}

static VkResult
swapchain_present(struct vn_swapchain *swapchain, struct vn_wsi_frame *frame)
{
   struct vn_x11_quiet quiet;
   vn_x11_quiet_begin(&quiet);
   const VkResult result = present(vn_x11_swapchain(swapchain), frame);
   vn_x11_quiet_end(&quiet);
   return result;
}

const struct vn_swapchain_ops vn_x11_swapchain_ops = {
   .size = sizeof(struct vn_x11_swapchain),
   .image_size = sizeof(struct vn_x11_image),
   .init = swapchain_init,
   .finish = swapchain_finish,
   .image_init = swapchain_image_init,
   .image_finish = swapchain_image_finish,
   .dispatch = swapchain_dispatch,
   .is_ready = swapchain_is_ready,
   .present = swapchain_present,
};
