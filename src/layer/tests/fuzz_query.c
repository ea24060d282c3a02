/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What the guest asks of the physical device.
 */

#include "fuzz_operations.h"

#include "fuzz_system.h"
#include "vl_physical_device.h"

void
fuzz_query_formats(struct fuzz_world *w)
{
   const VkFormat format = fuzz_read_format(w);
   const uint8_t what = U8(w);
   const uint32_t room = U8(w) % 3;
   VkFormatProperties2 *out = fuzz_make(sizeof(*out));
   const void *head = NULL;
   VkDrmFormatModifierPropertiesListEXT *list = NULL;
   VkDrmFormatModifierPropertiesList2EXT *list2 = NULL;
   if (what & 1) {
      list = CHAIN(&head, VkDrmFormatModifierPropertiesListEXT,
                   DRM_FORMAT_MODIFIER_PROPERTIES_LIST_EXT);
      list->drmFormatModifierCount = room;
      list->pDrmFormatModifierProperties =
         what & 4 ? fuzz_make(room * sizeof(VkDrmFormatModifierPropertiesEXT))
                  : NULL;
   }
   if (what & 2) {
      list2 = CHAIN(&head, VkDrmFormatModifierPropertiesList2EXT,
                    DRM_FORMAT_MODIFIER_PROPERTIES_LIST_2_EXT);
      list2->drmFormatModifierCount = room;
      list2->pDrmFormatModifierProperties =
         what & 4
            ? fuzz_make(room * sizeof(VkDrmFormatModifierProperties2EXT))
            : NULL;
   }
   if (what & 8)
      CHAIN(&head, VkFormatProperties3, FORMAT_PROPERTIES_3);
   out->sType = VK_STRUCTURE_TYPE_FORMAT_PROPERTIES_2;
   out->pNext = (void *)head;
   vl_GetPhysicalDeviceFormatProperties2(w->physical, format, out);
   if (list && (what & 4))
      U_FUZZ_CHECK(list->drmFormatModifierCount <= room);
   if (list2 && (what & 4))
      U_FUZZ_CHECK(list2->drmFormatModifierCount <= room);
}

void
fuzz_query_image_formats(struct fuzz_world *w)
{
   const uint8_t what = U8(w);
   VkPhysicalDeviceImageFormatInfo2 *info = fuzz_make(sizeof(*info));
   info->sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2;
   info->format = fuzz_read_format(w);
   info->type = VK_IMAGE_TYPE_2D;
   info->tiling = what & 0x80   ? VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT
                  : what & 0x40 ? VK_IMAGE_TILING_LINEAR
                                : VK_IMAGE_TILING_OPTIMAL;
   info->usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT;
   info->flags = what & 0x20 ? U32(w) : 0;
   if (what & 1) {
      CHAIN(&info->pNext, VkPhysicalDeviceExternalImageFormatInfo,
            PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO)
         ->handleType =
         (VkExternalMemoryHandleTypeFlagBits)fuzz_read_types(w);
   }
   if (what & 2) {
      CHAIN(&info->pNext, VkPhysicalDeviceImageDrmFormatModifierInfoEXT,
            PHYSICAL_DEVICE_IMAGE_DRM_FORMAT_MODIFIER_INFO_EXT)
         ->drmFormatModifier = U8(w);
   }
   if (what & 4) {
      fuzz_chain(&info->pNext, sizeof(VkBaseOutStructure),
                 (VkStructureType)U32(w) | 1 << 30);
   }
   VkImageFormatProperties2 *out = fuzz_make(sizeof(*out));
   const void *head = NULL;
   if (what & 8) {
      CHAIN(&head, VkExternalImageFormatProperties,
            EXTERNAL_IMAGE_FORMAT_PROPERTIES);
   }
   out->sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2;
   out->pNext = (void *)head;
   vl_GetPhysicalDeviceImageFormatProperties2(w->physical, info, out);
}

void
fuzz_query_device(struct fuzz_world *w)
{
   const uint8_t what = U8(w);
   uint32_t count = what >> 4;
   switch (what & 7) {
   case 0: {
      VkExtensionProperties *list = fuzz_make(count * sizeof(*list));
      const uint32_t room = count;
      const VkResult result = vl_EnumerateDeviceExtensionProperties(
         w->physical, NULL, &count, count ? list : NULL);
      U_FUZZ_CHECK(!room || result < 0 || count <= room);
      break;
   }
   case 1: {
      VkPhysicalDeviceExternalBufferInfo *info = fuzz_make(sizeof(*info));
      info->sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO;
      info->handleType =
         (VkExternalMemoryHandleTypeFlagBits)fuzz_read_types(w);
      VkExternalBufferProperties *out = fuzz_make(sizeof(*out));
      out->sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES;
      vl_GetPhysicalDeviceExternalBufferProperties(w->physical, info, out);
      break;
   }
   case 2:
      vl_GetPhysicalDeviceMemoryProperties(
         w->physical, fuzz_make(sizeof(VkPhysicalDeviceMemoryProperties)));
      break;
   case 3: {
      VkQueueFamilyProperties2 *families =
         fuzz_make(count * sizeof(*families));
      vl_GetPhysicalDeviceQueueFamilyProperties2(w->physical, &count,
                                                 count ? families : NULL);
      break;
   }
   case 4: {
      VkPhysicalDeviceFeatures2 *out = fuzz_make(sizeof(*out));
      const void *head = NULL;
      CHAIN(&head, VkPhysicalDeviceShaderImageAtomicInt64FeaturesEXT,
            PHYSICAL_DEVICE_SHADER_IMAGE_ATOMIC_INT64_FEATURES_EXT);
      out->pNext = (void *)head;
      vl_GetPhysicalDeviceFeatures2(w->physical, out);
      break;
   }
   case 5:
      fuzz_query_sparse(w, U8(w));
      break;
   case 6:
      fuzz_ask_loader(w, U8(w));
      break;
   case 7:
      fuzz_driver_fail_in(U8(w));
      fuzz_system_choose_error((uint8_t)count);
      break;
   }
}
