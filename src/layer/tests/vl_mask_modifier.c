/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The mask's own modifiers: images of other tilings that pose as such.
 */

#include "vl_mask.h"

static uint32_t
modifiers_of(VkFormat format,
             const VkFormatProperties2 *properties,
             VkDrmFormatModifierPropertiesEXT out[2])
{
   /* newer drivers answer whether they have the extension or not */
   if (!mask_is("own-modifiers") ||
       !(properties->formatProperties.optimalTilingFeatures &
         VK_FORMAT_FEATURE_SAMPLED_IMAGE_BIT))
      return 0;
   out[0] = (VkDrmFormatModifierPropertiesEXT){
      .drmFormatModifier = MASK_TILED,
      .drmFormatModifierPlaneCount = 1,
      .drmFormatModifierTilingFeatures =
         properties->formatProperties.optimalTilingFeatures,
   };
   out[1] = (VkDrmFormatModifierPropertiesEXT){
      .drmFormatModifierPlaneCount = 1,
      .drmFormatModifierTilingFeatures =
         VK_FORMAT_FEATURE_TRANSFER_SRC_BIT |
         VK_FORMAT_FEATURE_COSITED_CHROMA_SAMPLES_BIT, /* to be seen */
   };
   return format == VK_FORMAT_B8G8R8A8_UNORM ? 2 : 1;
}

struct mask_rooms
mask_note_rooms(const VkFormatProperties2 *properties)
{
   const VkDrmFormatModifierPropertiesListEXT *old_list = mask_find(
      properties, VK_STRUCTURE_TYPE_DRM_FORMAT_MODIFIER_PROPERTIES_LIST_EXT);
   const VkDrmFormatModifierPropertiesList2EXT *new_list =
      mask_find(properties,
                VK_STRUCTURE_TYPE_DRM_FORMAT_MODIFIER_PROPERTIES_LIST_2_EXT);

   return (struct mask_rooms){
      .old_list = old_list ? old_list->drmFormatModifierCount : 0,
      .new_list = new_list ? new_list->drmFormatModifierCount : 0,
   };
}

void
mask_list_modifiers(VkFormat format,
                    VkFormatProperties2 *properties,
                    struct mask_rooms rooms)
{
   VkDrmFormatModifierPropertiesListEXT *old_list = (void *)mask_find(
      properties, VK_STRUCTURE_TYPE_DRM_FORMAT_MODIFIER_PROPERTIES_LIST_EXT);
   VkDrmFormatModifierPropertiesList2EXT *new_list = (void *)mask_find(
      properties,
      VK_STRUCTURE_TYPE_DRM_FORMAT_MODIFIER_PROPERTIES_LIST_2_EXT);
   VkDrmFormatModifierPropertiesEXT own[2];
   const uint32_t count = modifiers_of(format, properties, own);

   if (old_list) {
      const bool asks = old_list->pDrmFormatModifierProperties != NULL;
      old_list->drmFormatModifierCount =
         asks && rooms.old_list < count ? rooms.old_list : count;
      for (uint32_t i = 0; asks && i < old_list->drmFormatModifierCount; i++)
         old_list->pDrmFormatModifierProperties[i] = own[i];
   }
   if (new_list) {
      const bool asks = new_list->pDrmFormatModifierProperties != NULL;
      new_list->drmFormatModifierCount =
         asks && rooms.new_list < count ? rooms.new_list : count;
      for (uint32_t i = 0; asks && i < new_list->drmFormatModifierCount;
           i++) {
         new_list->pDrmFormatModifierProperties[i] =
            (VkDrmFormatModifierProperties2EXT){
               own[i].drmFormatModifier,
               own[i].drmFormatModifierPlaneCount,
               own[i].drmFormatModifierTilingFeatures,
            };
      }
   }
}

bool
mask_tiling(VkFormat format, uint64_t modifier, VkImageTiling *tiling)
{
   *tiling = modifier ? VK_IMAGE_TILING_OPTIMAL : VK_IMAGE_TILING_LINEAR;
   return modifier == MASK_TILED ||
          (!modifier && format == VK_FORMAT_B8G8R8A8_UNORM);
}

bool
mask_choose_modifier(const VkImageCreateInfo *info, uint64_t *modifier)
{
   const VkImageDrmFormatModifierListCreateInfoEXT *list = mask_find(
      info->pNext,
      VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_LIST_CREATE_INFO_EXT);
   const VkImageDrmFormatModifierExplicitCreateInfoEXT *layout = mask_find(
      info->pNext,
      VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_EXPLICIT_CREATE_INFO_EXT);
   const uint64_t *wanted = layout ? &layout->drmFormatModifier
                            : list ? list->pDrmFormatModifiers
                                   : NULL;
   const uint32_t count = layout ? 1
                          : list ? list->drmFormatModifierCount
                                 : 0;
   VkImageTiling tiling;

   for (uint32_t i = 0; i < count; i++) {
      if (mask_tiling(info->format, wanted[i], &tiling)) {
         *modifier = wanted[i];
         return true;
      }
   }
   return false;
}

/* the last ones: enough to be asked about */
static struct {
   VkImage image;
   uint64_t modifier;
} remembered[16];

void
mask_remember_modifier(VkImage image, uint64_t modifier)
{
   static unsigned next;
   remembered[next % 16].image = image;
   remembered[next++ % 16].modifier = modifier;
}

VKAPI_ATTR VkResult VKAPI_CALL
mask_GetImageDrmFormatModifierPropertiesEXT(
   VkDevice device,
   VkImage image,
   VkImageDrmFormatModifierPropertiesEXT *properties)
{
   (void)device;
   properties->drmFormatModifier = UINT64_MAX;
   for (int i = 0; i < 16; i++) {
      if (remembered[i].image == image)
         properties->drmFormatModifier = remembered[i].modifier;
   }
   return VK_SUCCESS;
}
