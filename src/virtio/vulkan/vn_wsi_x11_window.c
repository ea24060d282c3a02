/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Servers without Present: the pixels have been put into the window, and all
 * that is left is to know when the server has read them. It does what it is
 * asked in order, so the reply to whatever is asked next says so. What is
 * asked is the size of the window, which has to be known anyway.
 */

#include "vn_wsi_x11.h"

VkResult
vn_x11_window_show(struct vn_x11_swapchain *x11)
{
   const struct vn_x11_upload *upload = &x11->upload;
   vn_x11_swapchain_await(
      x11, &(struct vn_x11_awaited){
              .image = upload->image,
              .sequence = xcb_get_geometry(x11->conn, x11->window).sequence,
              .present_id = upload->present_id,
              .since_ns = vn_time_ns(),
           });
   return VK_SUCCESS;
}

VkResult
vn_x11_window_handle(struct vn_x11_swapchain *x11, bool *any)
{
   while (x11->awaited_count) {
      xcb_get_geometry_reply_t *reply = NULL;
      xcb_generic_error_t *error = NULL;
      struct vn_x11_image *image = x11->awaited[0].image;
      if (!xcb_poll_for_reply(x11->conn, x11->awaited[0].sequence,
                              (void **)&reply, &error))
         return VK_SUCCESS;
      *any = true;
      if (!reply) {
         free(error);
         return VK_ERROR_SURFACE_LOST_KHR;
      }
      vn_x11_swapchain_resized(x11, reply->width, reply->height);
      free(reply);
      vn_x11_swapchain_shown(x11, 0);
      vn_swapchain_set_idle(&x11->base, &image->base, -1);
   }
   return VK_SUCCESS;
}
