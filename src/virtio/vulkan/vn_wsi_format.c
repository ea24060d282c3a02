/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See vn_wsi_format.h. Vulkan names the components of a packed format from
 * the highest bit, of others from the lowest address; DRM always names them
 * from the highest bit of a little-endian word.
 */

#include "vn_wsi_format.h"

#include <drm_fourcc.h>

/*
 * In the order in which surfaces list them. An application that takes the
 * first one gets an sRGB format, as it does from Mesa's drivers.
 */
const struct vn_wsi_format_info vn_wsi_formats[] = {
   { VK_FORMAT_B8G8R8A8_SRGB, DRM_FORMAT_XRGB8888, DRM_FORMAT_ARGB8888, 4 },
   { VK_FORMAT_B8G8R8A8_UNORM, DRM_FORMAT_XRGB8888, DRM_FORMAT_ARGB8888, 4 },
   { VK_FORMAT_R8G8B8A8_SRGB, DRM_FORMAT_XBGR8888, DRM_FORMAT_ABGR8888, 4 },
   { VK_FORMAT_R8G8B8A8_UNORM, DRM_FORMAT_XBGR8888, DRM_FORMAT_ABGR8888, 4 },
   { VK_FORMAT_A2R10G10B10_UNORM_PACK32, DRM_FORMAT_XRGB2101010,
     DRM_FORMAT_ARGB2101010, 4 },
   { VK_FORMAT_A2B10G10R10_UNORM_PACK32, DRM_FORMAT_XBGR2101010,
     DRM_FORMAT_ABGR2101010, 4 },
   { VK_FORMAT_R16G16B16A16_SFLOAT, DRM_FORMAT_XBGR16161616F,
     DRM_FORMAT_ABGR16161616F, 8 },
#ifdef DRM_FORMAT_ABGR16161616
   { VK_FORMAT_R16G16B16A16_UNORM, DRM_FORMAT_XBGR16161616,
     DRM_FORMAT_ABGR16161616, 8 },
#endif
   { VK_FORMAT_R5G6B5_UNORM_PACK16, DRM_FORMAT_RGB565, 0, 2 },
};

const uint32_t vn_wsi_format_count = VN_ARRAY_SIZE(vn_wsi_formats);

const struct vn_wsi_format_info *
vn_wsi_format_find(VkFormat format)
{
   for (uint32_t i = 0; i < vn_wsi_format_count; i++) {
      if (vn_wsi_formats[i].format == format)
         return &vn_wsi_formats[i];
   }
   return NULL;
}

static bool
list_has(const struct vn_wsi_format_list *list, uint32_t fourcc)
{
   for (uint32_t i = 0; fourcc && i < list->count; i++) {
      if (list->formats[i].fourcc == fourcc)
         return true;
   }
   return false;
}

uint32_t
vn_wsi_format_choose(const struct vn_wsi_format_info *info,
                     bool blended,
                     const struct vn_wsi_format_list *list)
{
   const uint32_t first = blended ? info->alpha : info->opaque;
   const uint32_t second = blended ? info->opaque : info->alpha;

   if (list_has(list, first))
      return first;
   return list_has(list, second) ? second : 0;
}

bool
vn_wsi_format_list_add(struct vn_wsi_format_list *list,
                       uint32_t fourcc,
                       uint64_t modifier)
{
   for (uint32_t i = 0; i < list->count; i++) {
      if (list->formats[i].fourcc == fourcc &&
          list->formats[i].modifier == modifier)
         return true;
   }
   if (list->count == list->capacity) {
      const uint32_t capacity = VN_MAX(list->capacity * 2, 16u);
      struct vn_wsi_format *formats =
         realloc(list->formats, capacity * sizeof(*formats));
      if (!formats)
         return false;
      list->formats = formats;
      list->capacity = capacity;
   }
   list->formats[list->count++] = (struct vn_wsi_format){
      .fourcc = fourcc,
      .modifier = modifier,
   };
   return true;
}

void
vn_wsi_format_list_finish(struct vn_wsi_format_list *list)
{
   free(list->formats);
   *list = (struct vn_wsi_format_list){ 0 };
}
