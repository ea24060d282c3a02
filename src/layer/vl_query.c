/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The physical device's answers about images and buffers: what the driver
 * says about host pointers and linear images, said about the handle types and
 * the modifier that the layer makes of them. Holds no state.
 */

#include <stddef.h>

#include "vl_chain.h"
#include "vl_entrypoints.h"
#include "vl_image.h"
#include "vl_modifier.h"
#include "vl_physical_device.h"

#define HOST_ALLOCATION VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT

/* The driver's properties of host pointers, as those of a served type. */
static void
translate_properties(const struct vl_physical_device *physical,
                     VkExternalMemoryProperties *properties)
{
   if (!(properties->externalMemoryFeatures &
         VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT)) {
      *properties = (VkExternalMemoryProperties){ 0 };
      return;
   }

   /* All served types are the same shared memory. A dedicated allocation is
    * never needed, since a host pointer cannot be one.
    */
   *properties = (VkExternalMemoryProperties){
      .externalMemoryFeatures = VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT |
                                VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT,
      .exportFromImportedHandleTypes = physical->served_types,
      .compatibleHandleTypes = physical->served_types,
   };
}

VKAPI_ATTR void VKAPI_CALL
vl_GetPhysicalDeviceExternalBufferProperties(
   VkPhysicalDevice handle,
   const VkPhysicalDeviceExternalBufferInfo *pExternalBufferInfo,
   VkExternalBufferProperties *pExternalBufferProperties)
{
   const struct vl_instance *instance = vl_instance_of(handle);
   const struct vl_physical_device *physical = vl_physical_device_of(handle);

   VkPhysicalDeviceExternalBufferInfo info = *pExternalBufferInfo;
   const bool is_served =
      physical && (info.handleType & physical->served_types);
   if (is_served)
      info.handleType = HOST_ALLOCATION;

   instance->next.GetPhysicalDeviceExternalBufferProperties(
      handle, &info, pExternalBufferProperties);
   if (is_served) {
      translate_properties(
         physical, &pExternalBufferProperties->externalMemoryProperties);
   }
}

VKAPI_ATTR void VKAPI_CALL
vl_GetPhysicalDeviceExternalBufferPropertiesKHR(
   VkPhysicalDevice handle,
   const VkPhysicalDeviceExternalBufferInfo *pExternalBufferInfo,
   VkExternalBufferProperties *pExternalBufferProperties)
{
   vl_GetPhysicalDeviceExternalBufferProperties(handle, pExternalBufferInfo,
                                                pExternalBufferProperties);
}

/* Not supported: nothing in the answer may say otherwise, whatever the driver
 * has left there.
 */
static void
clear_answer(VkImageFormatProperties2 *properties)
{
   VkExternalImageFormatProperties *external = vl_chain_find_out(
      properties->pNext, VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES);
   properties->imageFormatProperties = (VkImageFormatProperties){ 0 };
   if (external)
      external->externalMemoryProperties = (VkExternalMemoryProperties){ 0 };
}

/* The driver's answer about an image that the layer translates. */
static VkResult
translated_image_properties(const struct vl_physical_device *physical,
                            const VkPhysicalDeviceImageFormatInfo2 *app,
                            bool is_served,
                            bool is_modifier,
                            VkImageFormatProperties2 *pProperties)
{
   static const VkStructureType removed[] = {
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_DRM_FORMAT_MODIFIER_INFO_EXT,
   };
   VkPhysicalDeviceExternalImageFormatInfo external = {
      .sType = removed[0],
      .handleType = HOST_ALLOCATION,
   };
   const VkPhysicalDeviceExternalImageFormatInfo *app_external =
      vl_chain_find(app->pNext, removed[0]);
   if (!is_served && app_external)
      external.handleType = app_external->handleType;

   struct vl_chain chain;
   if (!vl_chain_init(&chain, app->pNext, removed, 2))
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   if (app_external)
      vl_chain_push(&chain, &external);
   VkPhysicalDeviceImageFormatInfo2 info = *app;
   info.pNext = chain.head;
   if (is_modifier)
      info.tiling = VK_IMAGE_TILING_LINEAR;
   else if (is_served)
      info.tiling = vl_shared_tiling(physical, app->tiling);

   /* Whether the driver can import has to be known even if the application
    * does not ask; and there are drivers that die of a question about a
    * handle type without room for the answer.
    */
   VkExternalImageFormatProperties own = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES,
      .pNext = pProperties->pNext,
   };
   VkImageFormatProperties2 properties = *pProperties;
   VkExternalImageFormatProperties *external_properties = vl_chain_find_out(
      pProperties->pNext, VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES);
   if (app_external && !external_properties) {
      external_properties = &own;
      properties.pNext = &own;
   }

   VkResult result =
      physical->instance->next.GetPhysicalDeviceImageFormatProperties2(
         physical->handle, &info, &properties);
   vl_chain_finish(&chain);

   if (result == VK_SUCCESS && is_served) {
      translate_properties(physical,
                           &external_properties->externalMemoryProperties);
      if (!external_properties->externalMemoryProperties
              .externalMemoryFeatures)
         result = VK_ERROR_FORMAT_NOT_SUPPORTED;
   }
   if (result == VK_ERROR_FORMAT_NOT_SUPPORTED)
      clear_answer(pProperties);
   else
      pProperties->imageFormatProperties = properties.imageFormatProperties;
   return result;
}

/* Features of which one at least lets a command write to an image. */
#define FILLING                                                              \
   (VK_FORMAT_FEATURE_2_TRANSFER_DST_BIT |                                   \
    VK_FORMAT_FEATURE_2_COLOR_ATTACHMENT_BIT |                               \
    VK_FORMAT_FEATURE_2_STORAGE_IMAGE_BIT)

/* Whether the layer stands for images of that kind. A driver may answer for a
 * usage that the features of the format do not include, and lose the device
 * over it: seen with drawing to linear images.
 */
static bool
is_offered(const struct vl_physical_device *physical,
           const VkPhysicalDeviceImageFormatInfo2 *info,
           bool is_modifier)
{
   VkFormatFeatureFlags2 features;

   if (is_modifier) {
      const VkPhysicalDeviceImageDrmFormatModifierInfoEXT *modifier =
         vl_chain_find(
            info->pNext,
            VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_DRM_FORMAT_MODIFIER_INFO_EXT);
      features = vl_modifier_features(physical, info->format);
      if (!features || !modifier ||
          modifier->drmFormatModifier != VL_MODIFIER_LINEAR ||
          (info->flags & VK_IMAGE_CREATE_DISJOINT_BIT))
         return false;
   } else if (vl_shared_tiling(physical, info->tiling) ==
              VK_IMAGE_TILING_LINEAR) {
      /* nobody can say what a depth or stencil is in memory, and there are
       * drivers that lose the device when a linear one is sampled
       */
      if (!vl_format_plane_count(info->format))
         return false;
      features = vl_linear_features(physical, info->format);
      /* the host cannot write what says to be OPTIMAL: somebody must */
      if (info->tiling == VK_IMAGE_TILING_OPTIMAL && !(features & FILLING))
         return false;
   } else {
      return true;
   }
   return (info->flags & VK_IMAGE_CREATE_EXTENDED_USAGE_BIT) ||
          vl_format_can(features, info->usage);
}

VKAPI_ATTR VkResult VKAPI_CALL
vl_GetPhysicalDeviceImageFormatProperties2(
   VkPhysicalDevice handle,
   const VkPhysicalDeviceImageFormatInfo2 *pImageFormatInfo,
   VkImageFormatProperties2 *pImageFormatProperties)
{
   const struct vl_instance *instance = vl_instance_of(handle);
   const struct vl_physical_device *physical = vl_physical_device_of(handle);
   const VkPhysicalDeviceImageFormatInfo2 *info = pImageFormatInfo;

   const VkPhysicalDeviceExternalImageFormatInfo *external = vl_chain_find(
      info->pNext,
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO);
   const bool is_served =
      physical && external && (external->handleType & physical->served_types);
   const VkPhysicalDeviceImageDrmFormatModifierInfoEXT *modifier =
      vl_chain_find(
         info->pNext,
         VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_DRM_FORMAT_MODIFIER_INFO_EXT);
   const bool is_modifier =
      physical && info->tiling == VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT &&
      vl_modifier_is_made(
         physical, physical->served_types,
         external ? external->handleType : 0, info->format,
         modifier ? modifier->drmFormatModifier : UINT64_MAX);
   if (!is_served && !is_modifier) {
      return instance->next.GetPhysicalDeviceImageFormatProperties2(
         handle, pImageFormatInfo, pImageFormatProperties);
   }

   if (!is_offered(physical, info, is_modifier)) {
      clear_answer(pImageFormatProperties);
      return VK_ERROR_FORMAT_NOT_SUPPORTED;
   }
   return translated_image_properties(physical, info, is_served, is_modifier,
                                      pImageFormatProperties);
}

VKAPI_ATTR VkResult VKAPI_CALL
vl_GetPhysicalDeviceImageFormatProperties2KHR(
   VkPhysicalDevice handle,
   const VkPhysicalDeviceImageFormatInfo2 *pImageFormatInfo,
   VkImageFormatProperties2 *pImageFormatProperties)
{
   return vl_GetPhysicalDeviceImageFormatProperties2(handle, pImageFormatInfo,
                                                     pImageFormatProperties);
}
