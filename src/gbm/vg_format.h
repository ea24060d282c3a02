/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The formats that the backend knows, by their DRM fourcc code.
 */

#ifndef VG_FORMAT_H
#define VG_FORMAT_H

#include <stdint.h>
#include <vulkan/vulkan_core.h>

#define VG_MAX_PLANES 4

struct vg_format {
   uint32_t fourcc;
   /*
    * How Vulkan names it. Two codes that differ only in whether alpha counts
    * have the same format. VK_FORMAT_UNDEFINED: is imported, never made.
    */
   VkFormat vk;
   uint8_t plane_count;
   /* per plane: bytes of a block, and how many pixels it stands for */
   struct {
      uint8_t bytes;
      uint8_t hsub;
      uint8_t vsub;
   } planes[3];
};

/* NULL: unknown. */
const struct vg_format *vg_format_find(uint32_t fourcc);

/* Bytes of a row and rows of a plane of such a picture. */
uint64_t vg_format_row_bytes(const struct vg_format *format,
                             unsigned plane,
                             uint32_t width);
uint32_t vg_format_rows(const struct vg_format *format,
                        unsigned plane,
                        uint32_t height);

#endif /* VG_FORMAT_H */
