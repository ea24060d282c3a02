/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The table of formats. DRM codes name components from the highest bit of a
 * little-endian word down, Vulkan's packed formats do the same, and its other
 * formats name them in the order of bytes.
 */

#include "vg_format.h"

#include <drm_fourcc.h>
#include <stddef.h>

#define ONE(code, vk_, bytes_)                                               \
   {                                                                         \
      .fourcc = DRM_FORMAT_##code, .vk = VK_FORMAT_##vk_, .plane_count = 1,  \
      .planes = {                                                            \
         { bytes_, 1, 1 }                                                    \
      }                                                                      \
   }
/* luma, and chroma of half the size in both directions */
#define TWO(code, bytes_)                                                    \
   {                                                                         \
      .fourcc = DRM_FORMAT_##code, .vk = VK_FORMAT_UNDEFINED,                \
      .plane_count = 2, .planes = {                                          \
         { bytes_, 1, 1 },                                                   \
         { 2 * bytes_, 2, 2 }                                                \
      }                                                                      \
   }

static const struct vg_format formats[] = {
   ONE(R8, R8_UNORM, 1),
   ONE(R16, R16_UNORM, 2),
   ONE(GR88, R8G8_UNORM, 2),
   ONE(GR1616, R16G16_UNORM, 4),
   ONE(RGB565, R5G6B5_UNORM_PACK16, 2),
   ONE(BGR565, B5G6R5_UNORM_PACK16, 2),
   ONE(ARGB1555, A1R5G5B5_UNORM_PACK16, 2),
   ONE(XRGB1555, A1R5G5B5_UNORM_PACK16, 2),
   ONE(XRGB8888, B8G8R8A8_UNORM, 4),
   ONE(ARGB8888, B8G8R8A8_UNORM, 4),
   ONE(XBGR8888, R8G8B8A8_UNORM, 4),
   ONE(ABGR8888, R8G8B8A8_UNORM, 4),
   ONE(XRGB2101010, A2R10G10B10_UNORM_PACK32, 4),
   ONE(ARGB2101010, A2R10G10B10_UNORM_PACK32, 4),
   ONE(XBGR2101010, A2B10G10R10_UNORM_PACK32, 4),
   ONE(ABGR2101010, A2B10G10R10_UNORM_PACK32, 4),
   ONE(XBGR16161616, R16G16B16A16_UNORM, 8),
   ONE(ABGR16161616, R16G16B16A16_UNORM, 8),
   ONE(XBGR16161616F, R16G16B16A16_SFLOAT, 8),
   ONE(ABGR16161616F, R16G16B16A16_SFLOAT, 8),
   TWO(NV12, 1),
   TWO(P010, 2),
};

const struct vg_format *
vg_format_find(uint32_t fourcc)
{
   for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
      if (formats[i].fourcc == fourcc)
         return &formats[i];
   }
   return NULL;
}

uint64_t
vg_format_row_bytes(const struct vg_format *format,
                    unsigned plane,
                    uint32_t width)
{
   const uint32_t hsub = format->planes[plane].hsub;

   return (uint64_t)(width / hsub + (width % hsub != 0)) *
          format->planes[plane].bytes;
}

uint32_t
vg_format_rows(const struct vg_format *format,
               unsigned plane,
               uint32_t height)
{
   const uint32_t vsub = format->planes[plane].vsub;

   return height / vsub + (height % vsub != 0);
}
