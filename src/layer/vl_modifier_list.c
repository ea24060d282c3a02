/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The modifiers of a format: the driver's own, if it has any, and the LINEAR
 * that the layer makes. Holds no state.
 */

#include <stdlib.h>

#include "vl_chain.h"
#include "vl_entrypoints.h"
#include "vl_modifier.h"

/* Features as the newer struct has them; those of the older one are its lower
 * bits but for bit 31, which has no meaning there.
 */
#define OLD_FEATURES UINT64_C(0x7fffffff)

struct modifier_list {
   VkDrmFormatModifierProperties2EXT *items; /* owned, NULL if count is 0 */
   uint32_t count;
};

/* What the driver says in one of the two structs. Room for one more is
 * there. False when out of memory; list->items is NULL then.
 */
static bool
driver_list_init(struct modifier_list *out,
                 const struct vl_physical_device *physical,
                 VkFormat format,
                 bool is_new)
{
   VkDrmFormatModifierPropertiesList2EXT new_list = {
      .sType = VK_STRUCTURE_TYPE_DRM_FORMAT_MODIFIER_PROPERTIES_LIST_2_EXT,
   };
   VkDrmFormatModifierPropertiesListEXT old_list = {
      .sType = VK_STRUCTURE_TYPE_DRM_FORMAT_MODIFIER_PROPERTIES_LIST_EXT,
   };
   VkFormatProperties2 properties = {
      .sType = VK_STRUCTURE_TYPE_FORMAT_PROPERTIES_2,
      .pNext = is_new ? (void *)&new_list : (void *)&old_list,
   };
   const struct vl_instance_dispatch *next = &physical->instance->next;
   VkDrmFormatModifierPropertiesEXT *old_items = NULL;

   /* some drivers answer without having the extension */
   if (physical->has_own_modifiers)
      next->GetPhysicalDeviceFormatProperties2(physical->handle, format,
                                               &properties);
   out->count = is_new ? new_list.drmFormatModifierCount
                       : old_list.drmFormatModifierCount;
   out->items = calloc(out->count + (size_t)1, sizeof(*out->items));
   if (!out->items)
      return false;
   if (!out->count)
      return true;

   if (is_new) {
      new_list.pDrmFormatModifierProperties = out->items;
   } else {
      old_items = calloc(out->count, sizeof(*old_items));
      if (!old_items) {
         free(out->items);
         out->items = NULL;
         return false;
      }
      old_list.pDrmFormatModifierProperties = old_items;
   }
   next->GetPhysicalDeviceFormatProperties2(physical->handle, format,
                                            &properties);
   /* never more than there was room for, whatever the driver says */
   const uint32_t written = is_new ? new_list.drmFormatModifierCount
                                   : old_list.drmFormatModifierCount;
   if (written < out->count)
      out->count = written;
   for (uint32_t i = 0; old_items && i < out->count; i++) {
      out->items[i] = (VkDrmFormatModifierProperties2EXT){
         .drmFormatModifier = old_items[i].drmFormatModifier,
         .drmFormatModifierPlaneCount =
            old_items[i].drmFormatModifierPlaneCount,
         .drmFormatModifierTilingFeatures =
            old_items[i].drmFormatModifierTilingFeatures,
      };
   }
   free(old_items);
   return true;
}

/* The layer's LINEAR, if there is one for the format, replaces the driver's.
 */
static void
set_linear(struct modifier_list *list,
           uint32_t plane_count,
           VkFormatFeatureFlags2 features)
{
   uint32_t i = 0;

   if (!features)
      return;
   while (i < list->count &&
          list->items[i].drmFormatModifier != VL_MODIFIER_LINEAR)
      i++;
   if (i == list->count)
      list->count++;
   list->items[i] = (VkDrmFormatModifierProperties2EXT){
      .drmFormatModifier = VL_MODIFIER_LINEAR,
      .drmFormatModifierPlaneCount = plane_count,
      .drmFormatModifierTilingFeatures = features,
   };
}

static void
write_old(const struct modifier_list *list,
          VkDrmFormatModifierPropertiesListEXT *out,
          uint32_t room)
{
   out->drmFormatModifierCount = list->count;
   if (!out->pDrmFormatModifierProperties)
      return;
   if (room < list->count)
      out->drmFormatModifierCount = room;
   for (uint32_t i = 0; i < out->drmFormatModifierCount; i++) {
      const VkDrmFormatModifierProperties2EXT *item = &list->items[i];
      out->pDrmFormatModifierProperties[i] =
         (VkDrmFormatModifierPropertiesEXT){
            .drmFormatModifier = item->drmFormatModifier,
            .drmFormatModifierPlaneCount = item->drmFormatModifierPlaneCount,
            .drmFormatModifierTilingFeatures =
               (VkFormatFeatureFlags)(item->drmFormatModifierTilingFeatures &
                                      OLD_FEATURES),
         };
   }
}

static void
write_new(const struct modifier_list *list,
          VkDrmFormatModifierPropertiesList2EXT *out,
          uint32_t room)
{
   out->drmFormatModifierCount = list->count;
   if (!out->pDrmFormatModifierProperties)
      return;
   if (room < list->count)
      out->drmFormatModifierCount = room;
   for (uint32_t i = 0; i < out->drmFormatModifierCount; i++)
      out->pDrmFormatModifierProperties[i] = list->items[i];
}

VKAPI_ATTR void VKAPI_CALL
vl_GetPhysicalDeviceFormatProperties2(VkPhysicalDevice handle,
                                      VkFormat format,
                                      VkFormatProperties2 *pFormatProperties)
{
   const struct vl_instance *instance = vl_instance_of(handle);
   const struct vl_physical_device *physical = vl_physical_device_of(handle);

   VkDrmFormatModifierPropertiesListEXT *old_list = NULL;
   VkDrmFormatModifierPropertiesList2EXT *new_list = NULL;
   if (physical && physical->makes_modifiers) {
      old_list = vl_chain_find_out(
         pFormatProperties,
         VK_STRUCTURE_TYPE_DRM_FORMAT_MODIFIER_PROPERTIES_LIST_EXT);
      new_list = vl_chain_find_out(
         pFormatProperties,
         VK_STRUCTURE_TYPE_DRM_FORMAT_MODIFIER_PROPERTIES_LIST_2_EXT);
   }

   /* What the driver writes into the lists is replaced, so the room that the
    * application has is noted first.
    */
   const uint32_t old_room = old_list ? old_list->drmFormatModifierCount : 0;
   const uint32_t new_room = new_list ? new_list->drmFormatModifierCount : 0;
   instance->next.GetPhysicalDeviceFormatProperties2(handle, format,
                                                     pFormatProperties);
   if (!old_list && !new_list)
      return;

   const VkFormatFeatureFlags2 features =
      vl_modifier_features(physical, format);
   const uint32_t plane_count = vl_modifier_plane_count(physical, format);
   for (int is_new = 0; is_new < 2; is_new++) {
      struct modifier_list list;

      if (is_new ? !new_list : !old_list)
         continue;
      /* the command cannot fail: an empty list is not wrong */
      if (driver_list_init(&list, physical, format, is_new))
         set_linear(&list, plane_count,
                    is_new ? features : features & OLD_FEATURES);
      else
         list.count = 0;
      if (is_new)
         write_new(&list, new_list, new_room);
      else
         write_old(&list, old_list, old_room);
      free(list.items);
   }
}

VKAPI_ATTR void VKAPI_CALL
vl_GetPhysicalDeviceFormatProperties2KHR(
   VkPhysicalDevice handle,
   VkFormat format,
   VkFormatProperties2 *pFormatProperties)
{
   vl_GetPhysicalDeviceFormatProperties2(handle, format, pFormatProperties);
}
