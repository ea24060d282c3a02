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

/* The rectangles are inside of the image. 0 of them: all of it, as in struct
 * vn_wsi_frame.
 */
void vn_wsi_damage_add(struct vn_wsi_damage *damage,
                       const VkRect2D *rects,
                       uint32_t count);

#endif /* VN_WSI_DAMAGE_H */
