/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The parts of an image that have changed, in a few rectangles. More than
 * those become one that is around them: never too little.
 */

#ifndef VN_WSI_DAMAGE_H
#define VN_WSI_DAMAGE_H

#include "vn_common.h"

#define VN_WSI_DAMAGE_MAX 8

/* Zeroed: nothing has changed. */
struct vn_wsi_damage {
   bool all; /* the rest means nothing then */
   uint32_t count;
   VkRect2D rects[VN_WSI_DAMAGE_MAX];
};

/* The smallest that has both. */
static inline VkRect2D
vn_wsi_rect_around(const VkRect2D *a, const VkRect2D *b)
{
   const int32_t x0 = VN_MIN(a->offset.x, b->offset.x);
   const int32_t y0 = VN_MIN(a->offset.y, b->offset.y);
   const int64_t x1 = VN_MAX((int64_t)a->offset.x + a->extent.width,
                             (int64_t)b->offset.x + b->extent.width);
   const int64_t y1 = VN_MAX((int64_t)a->offset.y + a->extent.height,
                             (int64_t)b->offset.y + b->extent.height);

   return (VkRect2D){
      .offset = { x0, y0 },
      .extent = { (uint32_t)(x1 - x0), (uint32_t)(y1 - y0) },
   };
}

/* The rectangles are inside of the image. 0 of them: all of it, as in struct
 * vn_wsi_frame.
 */
void vn_wsi_damage_add(struct vn_wsi_damage *damage,
                       const VkRect2D *rects,
                       uint32_t count);

#endif /* VN_WSI_DAMAGE_H */
