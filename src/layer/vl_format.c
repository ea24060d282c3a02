/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Facts about formats. Holds no state.
 */

#include "vl_image.h"

uint32_t
vl_format_plane_count(VkFormat format)
{
   /* an int, since a driver may be newer than the enum */
   switch ((int)format) {
   case VK_FORMAT_UNDEFINED:
   case VK_FORMAT_D16_UNORM:
   case VK_FORMAT_X8_D24_UNORM_PACK32:
   case VK_FORMAT_D32_SFLOAT:
   case VK_FORMAT_S8_UINT:
   case VK_FORMAT_D16_UNORM_S8_UINT:
   case VK_FORMAT_D24_UNORM_S8_UINT:
   case VK_FORMAT_D32_SFLOAT_S8_UINT:
      return 0;
   case VK_FORMAT_G8_B8R8_2PLANE_420_UNORM:
   case VK_FORMAT_G8_B8R8_2PLANE_422_UNORM:
   case VK_FORMAT_G8_B8R8_2PLANE_444_UNORM:
   case VK_FORMAT_G10X6_B10X6R10X6_2PLANE_420_UNORM_3PACK16:
   case VK_FORMAT_G10X6_B10X6R10X6_2PLANE_422_UNORM_3PACK16:
   case VK_FORMAT_G10X6_B10X6R10X6_2PLANE_444_UNORM_3PACK16:
   case VK_FORMAT_G12X4_B12X4R12X4_2PLANE_420_UNORM_3PACK16:
   case VK_FORMAT_G12X4_B12X4R12X4_2PLANE_422_UNORM_3PACK16:
   case VK_FORMAT_G12X4_B12X4R12X4_2PLANE_444_UNORM_3PACK16:
   case VK_FORMAT_G16_B16R16_2PLANE_420_UNORM:
   case VK_FORMAT_G16_B16R16_2PLANE_422_UNORM:
   case VK_FORMAT_G16_B16R16_2PLANE_444_UNORM:
      return 2;
   case VK_FORMAT_G8_B8_R8_3PLANE_420_UNORM:
   case VK_FORMAT_G8_B8_R8_3PLANE_422_UNORM:
   case VK_FORMAT_G8_B8_R8_3PLANE_444_UNORM:
   case VK_FORMAT_G10X6_B10X6_R10X6_3PLANE_420_UNORM_3PACK16:
   case VK_FORMAT_G10X6_B10X6_R10X6_3PLANE_422_UNORM_3PACK16:
   case VK_FORMAT_G10X6_B10X6_R10X6_3PLANE_444_UNORM_3PACK16:
   case VK_FORMAT_G12X4_B12X4_R12X4_3PLANE_420_UNORM_3PACK16:
   case VK_FORMAT_G12X4_B12X4_R12X4_3PLANE_422_UNORM_3PACK16:
   case VK_FORMAT_G12X4_B12X4_R12X4_3PLANE_444_UNORM_3PACK16:
   case VK_FORMAT_G16_B16_R16_3PLANE_420_UNORM:
   case VK_FORMAT_G16_B16_R16_3PLANE_422_UNORM:
   case VK_FORMAT_G16_B16_R16_3PLANE_444_UNORM:
      return 3;
   default:
      return 1;
   }
}

VkImageAspectFlags
vl_aspect_of_memory_plane(VkFormat format, VkImageAspectFlags aspect)
{
   const bool has_planes = vl_format_plane_count(format) > 1;

   if (aspect == VK_IMAGE_ASPECT_MEMORY_PLANE_0_BIT_EXT)
      return has_planes ? VK_IMAGE_ASPECT_PLANE_0_BIT
                        : VK_IMAGE_ASPECT_COLOR_BIT;
   if (aspect == VK_IMAGE_ASPECT_MEMORY_PLANE_1_BIT_EXT)
      return VK_IMAGE_ASPECT_PLANE_1_BIT;
   if (aspect == VK_IMAGE_ASPECT_MEMORY_PLANE_2_BIT_EXT)
      return VK_IMAGE_ASPECT_PLANE_2_BIT;
   return aspect;
}

static const struct {
   VkImageUsageFlags usage;
   VkFormatFeatureFlags2 features; /* any of these */
} needs[] = {
   { VK_IMAGE_USAGE_TRANSFER_SRC_BIT, VK_FORMAT_FEATURE_2_TRANSFER_SRC_BIT },
   { VK_IMAGE_USAGE_TRANSFER_DST_BIT, VK_FORMAT_FEATURE_2_TRANSFER_DST_BIT },
   { VK_IMAGE_USAGE_SAMPLED_BIT, VK_FORMAT_FEATURE_2_SAMPLED_IMAGE_BIT },
   { VK_IMAGE_USAGE_STORAGE_BIT, VK_FORMAT_FEATURE_2_STORAGE_IMAGE_BIT },
   { VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT,
     VK_FORMAT_FEATURE_2_COLOR_ATTACHMENT_BIT },
   { VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT,
     VK_FORMAT_FEATURE_2_DEPTH_STENCIL_ATTACHMENT_BIT },
   { VK_IMAGE_USAGE_INPUT_ATTACHMENT_BIT,
     VK_FORMAT_FEATURE_2_COLOR_ATTACHMENT_BIT |
        VK_FORMAT_FEATURE_2_DEPTH_STENCIL_ATTACHMENT_BIT },
};

bool
vl_format_can(VkFormatFeatureFlags2 features, VkImageUsageFlags usage)
{
   for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
      if ((usage & needs[i].usage) && !(features & needs[i].features))
         return false;
   }
   return true;
}

bool
vl_format_has_usage(VkFormatFeatureFlags2 features)
{
   for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
      if (features & needs[i].features)
         return true;
   }
   return false;
}
