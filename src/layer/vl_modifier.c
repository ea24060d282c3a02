/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Which modifier images the layer makes, and what an application may say of
 * them when it creates one. An explicit layout cannot be forced upon such an
 * image, only compared with the layout that the driver chose. The lists of
 * modifiers are in vl_modifier_list.c. Holds no state.
 */

#include "vl_modifier.h"

#include <stdlib.h>

#include "vl_chain.h"
#include "vl_image.h"
#include "vl_log.h"

uint32_t
vl_modifier_plane_count(const struct vl_physical_device *physical,
                        VkFormat format)
{
   const uint32_t count = vl_format_plane_count(format);
   return count > 1 && !physical->offers_planar ? 0 : count;
}

VkFormatFeatureFlags2
vl_linear_features(const struct vl_physical_device *physical, VkFormat format)
{
   VkFormatProperties3 properties3 = {
      .sType = VK_STRUCTURE_TYPE_FORMAT_PROPERTIES_3,
   };
   VkFormatProperties2 properties = {
      .sType = VK_STRUCTURE_TYPE_FORMAT_PROPERTIES_2,
      .pNext = physical->has_format_properties_3 ? &properties3 : NULL,
   };
   physical->instance->next.GetPhysicalDeviceFormatProperties2(
      physical->handle, format, &properties);
   return physical->has_format_properties_3
             ? properties3.linearTilingFeatures
             : properties.formatProperties.linearTilingFeatures;
}

VkFormatFeatureFlags2
vl_modifier_features(const struct vl_physical_device *physical,
                     VkFormat format)
{
   if (!vl_modifier_plane_count(physical, format))
      return 0;
   /* memory planes cannot be bound one by one */
   const VkFormatFeatureFlags2 features =
      vl_linear_features(physical, format) &
      ~VK_FORMAT_FEATURE_2_DISJOINT_BIT;
   /* there are drivers that can blit what they can make no image of */
   return vl_format_has_usage(features) ? features : 0;
}

bool
vl_modifier_is_made(const struct vl_physical_device *physical,
                    VkExternalMemoryHandleTypeFlags served,
                    VkExternalMemoryHandleTypeFlags types,
                    VkFormat format,
                    uint64_t modifier)
{
   if (!physical->makes_modifiers)
      return false;
   return !physical->has_own_modifiers || (types & served) ||
          (modifier == VL_MODIFIER_LINEAR &&
           vl_modifier_features(physical, format));
}

/* NULL, or what is wrong with a layout for an image that the layer makes. */
static const char *
layout_problem(const VkImageDrmFormatModifierExplicitCreateInfoEXT *layout,
               const VkImageCreateInfo *app,
               uint32_t plane_count)
{
   if (layout->drmFormatModifier != VL_MODIFIER_LINEAR)
      return "only LINEAR can be shared";
   if (layout->drmFormatModifierPlaneCount != plane_count ||
       !layout->pPlaneLayouts)
      return "wrong number of planes";
   for (uint32_t i = 0; i < plane_count; i++) {
      const VkSubresourceLayout *plane = &layout->pPlaneLayouts[i];
      /* VUID-VkImageDrmFormatModifierExplicitCreateInfoEXT-size-02267,
       * -arrayPitch-02268 and -depthPitch-02269: size must be 0, and so must
       * the pitches of what the image does not have
       */
      if (plane->size || (app->arrayLayers == 1 && plane->arrayPitch) ||
          (app->extent.depth == 1 && plane->depthPitch))
         return "size or pitch must be 0";
   }
   return NULL;
}

/* Those that the driver has to choose from. */
static VkResult
strip_list(struct vl_modifier_choice *out,
           const VkImageDrmFormatModifierListCreateInfoEXT *app)
{
   const uint32_t count = app->drmFormatModifierCount;
   uint64_t *modifiers = calloc(count, sizeof(*modifiers));
   if (!modifiers)
      return VK_ERROR_OUT_OF_HOST_MEMORY;

   uint32_t kept = 0;
   for (uint32_t i = 0; i < count; i++) {
      if (app->pDrmFormatModifiers[i] != VL_MODIFIER_LINEAR)
         modifiers[kept++] = app->pDrmFormatModifiers[i];
   }
   out->modifiers = modifiers;
   out->list = (VkImageDrmFormatModifierListCreateInfoEXT){
      .sType =
         VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_LIST_CREATE_INFO_EXT,
      .drmFormatModifierCount = kept,
      .pDrmFormatModifiers = modifiers,
   };
   return VK_SUCCESS;
}

VkResult
vl_modifier_choice_init(struct vl_modifier_choice *out,
                        const struct vl_device *device,
                        const VkImageCreateInfo *app,
                        VkExternalMemoryHandleTypeFlags types)
{
   const struct vl_physical_device *physical = device->physical;
   const VkImageDrmFormatModifierListCreateInfoEXT *list = vl_chain_find(
      app->pNext,
      VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_LIST_CREATE_INFO_EXT);
   const VkImageDrmFormatModifierExplicitCreateInfoEXT *layout = vl_chain_find(
      app->pNext,
      VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_EXPLICIT_CREATE_INFO_EXT);
   const uint32_t plane_count =
      vl_modifier_plane_count(physical, app->format);
   const uint32_t count = !list || layout || !list->pDrmFormatModifiers
                             ? 0
                             : list->drmFormatModifierCount;
   const char *problem = NULL;

   *out = (struct vl_modifier_choice){ .layout = layout };

   uint32_t made_count = 0;
   bool has_linear = false;
   for (uint32_t i = 0; i < count; i++) {
      const uint64_t modifier = list->pDrmFormatModifiers[i];
      made_count += vl_modifier_is_made(physical, device->served_types, types,
                                        app->format, modifier);
      has_linear |= modifier == VL_MODIFIER_LINEAR;
   }
   if (!layout && !count)
      problem = "neither a list nor a layout";
   else if (layout)
      out->is_made =
         vl_modifier_is_made(physical, device->served_types, types,
                             app->format, layout->drmFormatModifier);
   else
      out->is_made = made_count == count;

   if (!problem && !out->is_made) {
      out->layout = NULL;
      return made_count ? strip_list(out, list) : VK_SUCCESS;
   }
   if (!problem &&
       (!plane_count || (app->flags & VK_IMAGE_CREATE_DISJOINT_BIT)))
      problem = "format or flags are not offered";
   else if (!problem && layout)
      problem = layout_problem(layout, app, plane_count);
   else if (!problem && !has_linear)
      problem = "LINEAR is not in the list";

   if (!problem)
      return VK_SUCCESS;
   vl_log_error("image of format %d with a modifier: %s", app->format,
                problem);
   return VK_ERROR_INVALID_DRM_FORMAT_MODIFIER_PLANE_LAYOUT_EXT;
}

void
vl_modifier_choice_finish(struct vl_modifier_choice *choice)
{
   free(choice->modifiers);
}

bool
vl_modifier_layout_matches(
   const struct vl_device *device,
   VkImage image,
   const VkImageCreateInfo *info,
   const VkImageDrmFormatModifierExplicitCreateInfoEXT *layout)
{
   static const VkImageAspectFlags planes[] = {
      VK_IMAGE_ASPECT_MEMORY_PLANE_0_BIT_EXT,
      VK_IMAGE_ASPECT_MEMORY_PLANE_1_BIT_EXT,
      VK_IMAGE_ASPECT_MEMORY_PLANE_2_BIT_EXT,
   };
   const VkFormat format = info->format;

   for (uint32_t i = 0; i < vl_format_plane_count(format); i++) {
      const VkSubresourceLayout *wanted = &layout->pPlaneLayouts[i];
      const VkImageSubresource subresource = {
         .aspectMask = vl_aspect_of_memory_plane(format, planes[i]),
      };
      VkSubresourceLayout actual;
      device->next.GetImageSubresourceLayout(device->handle, image,
                                             &subresource, &actual);
      if (wanted->offset != actual.offset ||
          wanted->rowPitch != actual.rowPitch ||
          (info->arrayLayers > 1 &&
           wanted->arrayPitch != actual.arrayPitch) ||
          (info->extent.depth > 1 &&
           wanted->depthPitch != actual.depthPitch)) {
         vl_log_error("plane %u: offset %llu, pitch %llu wanted, but the "
                      "driver has offset %llu, pitch %llu",
                      i, (unsigned long long)wanted->offset,
                      (unsigned long long)wanted->rowPitch,
                      (unsigned long long)actual.offset,
                      (unsigned long long)actual.rowPitch);
         return false;
      }
   }
   return true;
}
