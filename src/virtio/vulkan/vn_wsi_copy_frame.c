/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The second copy of the copy road, for platforms that cannot do without.
 */

#include "vn_swapchain.h"

#include "vn_wsi_format.h"

static void
copy_rect(const struct vn_wsi_pixels *pixels,
          const VkRect2D *rect,
          uint32_t pixel_size,
          uint8_t *dst,
          uint32_t dst_stride_B)
{
   const size_t left = (size_t)rect->offset.x * pixel_size;
   const size_t length = (size_t)rect->extent.width * pixel_size;
   const uint8_t *src = (const uint8_t *)pixels->map + pixels->offset_B[0];
   size_t row = rect->offset.y;

   for (uint32_t i = 0; i < rect->extent.height; i++, row++) {
      memcpy(dst + row * dst_stride_B + left,
             src + row * pixels->stride_B[0] + left, length);
   }
}

void
vn_wsi_copy_frame(const struct vn_wsi_frame *frame,
                  void *dst,
                  uint32_t dst_stride_B)
{
   const struct vn_wsi_pixels *pixels = &frame->image->pixels;
   const uint32_t pixel_size =
      vn_wsi_format_find(frame->image->swapchain->format)->size_B;
   const VkRect2D all = {
      .extent = { pixels->width, pixels->height },
   };

   if (!frame->damage_count)
      copy_rect(pixels, &all, pixel_size, dst, dst_stride_B);
   for (uint32_t i = 0; i < frame->damage_count; i++) {
      copy_rect(pixels, &frame->damage[i], pixel_size, dst, dst_stride_B);
   }
}
