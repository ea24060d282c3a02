/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See vn_wsi_damage.h.
 */

#include "vn_wsi_damage.h"

static bool
is_inside(const VkRect2D *inner, const VkRect2D *outer)
{
   const VkRect2D both = vn_wsi_rect_around(inner, outer);

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
      sum = vn_wsi_rect_around(&sum, &damage->rects[i]);
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
