/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See vn_wsi_damage.h.
 */

#include "vn_wsi_damage.h"

static VkRect2D
around(const VkRect2D *a, const VkRect2D *b)
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

static bool
is_inside(const VkRect2D *inner, const VkRect2D *outer)
{
   const VkRect2D both = around(inner, outer);

   return both.offset.x == outer->offset.x &&
          both.offset.y == outer->offset.y &&
          both.extent.width == outer->extent.width &&
          both.extent.height == outer->extent.height;
}

static void
add_rect(struct vn_wsi_damage *damage, const VkRect2D *rect)
{
   for (uint32_t i = 0; i < damage->count; i++) {
      if (is_inside(rect, &damage->rects[i]))
         return;
   }
   if (damage->count < VN_WSI_DAMAGE_MAX) {
      damage->rects[damage->count++] = *rect;
      return;
   }
   VkRect2D sum = *rect;
   for (uint32_t i = 0; i < damage->count; i++)
      sum = around(&sum, &damage->rects[i]);
   damage->rects[0] = sum;
   damage->count = 1;
}

void
vn_wsi_damage_add(struct vn_wsi_damage *damage,
                  const VkRect2D *rects,
                  uint32_t count)
{
   if (!count)
      damage->all = true;
   for (uint32_t i = 0; i < count && !damage->all; i++)
      add_rect(damage, &rects[i]);
}
