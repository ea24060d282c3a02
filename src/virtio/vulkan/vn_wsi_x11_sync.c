/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 */

#include "vn_wsi_x11_sync.h"

#include <xcb/dri3.h>
#include <xcb/present.h>

static void
timeline_finish(struct vn_x11_swapchain *x11,
                struct vn_x11_timeline *timeline)
{
   if (timeline->id)
      vn_x11_ignore(x11->conn,
                    xcb_dri3_free_syncobj_checked(x11->conn, timeline->id));
   timeline->id = 0;
   vn_wsi_timeline_finish(&timeline->base);
}

/* id stays 0 if it cannot be made. */
static VkResult
timeline_init(struct vn_x11_swapchain *x11, struct vn_x11_timeline *timeline)
{
   *timeline = (struct vn_x11_timeline){ 0 };
   if (!vn_wsi_timeline_init(&timeline->base, x11->sync.device_fd))
      return VK_SUCCESS;
   const int fd = vn_wsi_timeline_export(&timeline->base);
   const uint32_t id = fd >= 0 ? xcb_generate_id(x11->conn) : 0;
   if (!id) {
      vn_wsi_timeline_finish(&timeline->base);
      return VK_SUCCESS;
   }

   uint8_t error;
   /* the fd is libxcb's now */
   const VkResult result = vn_x11_check(
      &x11->wait,
      xcb_dri3_import_syncobj_checked(x11->conn, id, x11->window, fd),
      &error);
   if (result != VK_SUCCESS || error)
      vn_wsi_timeline_finish(&timeline->base);
   else
      timeline->id = id;
   return result;
}

/* Whether the server can do it for the window: that may depend on a GPU. */
static VkResult
query_window(struct vn_x11_swapchain *x11, bool *can_out)
{
   uint8_t error;
   xcb_present_query_capabilities_reply_t *reply = NULL;
   const VkResult result = vn_x11_reply(
      &x11->wait,
      xcb_present_query_capabilities(x11->conn, x11->window).sequence,
      (void **)&reply, &error);
   *can_out = result == VK_SUCCESS && reply &&
              reply->capabilities & XCB_PRESENT_CAPABILITY_SYNCOBJ;
   free(reply);
   return result;
}

VkResult
vn_x11_sync_init(struct vn_x11_swapchain *x11)
{
   const char *why = NULL;
   bool can = x11->server.syncobj;
   VkResult result = can ? query_window(x11, &can) : VK_SUCCESS;
   if (result != VK_SUCCESS)
      return result;

   if (!can) {
      why = "the server does not offer explicit";
   } else {
      x11->sync.device_fd =
         vn_wsi_syncobj_open(x11->base.surface->instance, &why);
   }
   if (!why) {
      result = timeline_init(x11, &x11->sync.acquire);
      if (result != VK_SUCCESS || !x11->sync.acquire.id) {
         u_fd_close(&x11->sync.device_fd);
         why = "making the timelines failed";
      }
   }
   if (result != VK_SUCCESS)
      return result;
   if (why)
      vn_log(INFO, "x11: implicit synchronisation (%s)", why);
   else
      vn_log(INFO, "x11: explicit synchronisation");
   return VK_SUCCESS;
}

void
vn_x11_sync_finish(struct vn_x11_swapchain *x11)
{
   timeline_finish(x11, &x11->sync.acquire);
   u_fd_close(&x11->sync.device_fd);
}

VkResult
vn_x11_sync_image_init(struct vn_x11_swapchain *x11,
                       struct vn_x11_image *image)
{
   return x11->sync.acquire.id ? timeline_init(x11, &image->release)
                               : VK_SUCCESS;
}

void
vn_x11_sync_image_finish(struct vn_x11_swapchain *x11,
                         struct vn_x11_image *image)
{
   timeline_finish(x11, &image->release);
}

bool
vn_x11_sync_show(struct vn_x11_swapchain *x11,
                 struct vn_x11_image *image,
                 const struct vn_x11_frame *frame,
                 unsigned int *sequence_out)
{
   if (!image->release.id)
      return false;
   int watch = vn_wsi_timeline_watch(&image->release.base);
   if (watch < 0)
      return false;
   if (!vn_x11_wait_add(&x11->wait, watch, false)) {
      u_fd_close(&watch);
      return false;
   }
   if (!vn_wsi_timeline_signal(&x11->sync.acquire.base)) {
      vn_x11_wait_remove(&x11->wait, watch);
      u_fd_close(&watch);
      return false;
   }

   *sequence_out =
      xcb_present_pixmap_synced_checked(
         x11->conn, x11->window, image->pixmap, frame->serial, frame->valid,
         frame->update, /* x_off */ 0, /* y_off */ 0, /* target_crtc */ 0,
         x11->sync.acquire.id, image->release.id,
         x11->sync.acquire.base.point, image->release.base.point,
         frame->options, frame->target_msc, /* divisor */ 0,
         /* remainder */ 0, 0, NULL)
         .sequence;
   image->read = true;
   image->read_fd = watch;
   return true;
}
