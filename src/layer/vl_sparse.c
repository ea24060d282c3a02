/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Takes sparse binding away where it cannot be kept. A sparse resource is
 * bound page by page to memory that the driver must be able to map again;
 * there are drivers that accept an imported host pointer for that and then
 * use other pages. Where every memory type takes host pointers, the renderer
 * lets the layer share every allocation, so no other memory is left for it.
 * A driver with memory types of its own keeps the feature. Owns nothing.
 */

#include <string.h>

#include "vl_chain.h"
#include "vl_entrypoints.h"
#include "vl_physical_device.h"

static bool
loses_sparse(VkPhysicalDevice handle)
{
   const struct vl_physical_device *physical = vl_physical_device_of(handle);
   return physical && physical->served_types &&
          physical->host_types == physical->all_types;
}

static void
clear_features(VkPhysicalDeviceFeatures *features)
{
   features->sparseBinding = VK_FALSE;
   features->sparseResidencyBuffer = VK_FALSE;
   features->sparseResidencyImage2D = VK_FALSE;
   features->sparseResidencyImage3D = VK_FALSE;
   features->sparseResidency2Samples = VK_FALSE;
   features->sparseResidency4Samples = VK_FALSE;
   features->sparseResidency8Samples = VK_FALSE;
   features->sparseResidency16Samples = VK_FALSE;
   features->sparseResidencyAliased = VK_FALSE;
   features->shaderResourceResidency = VK_FALSE;
}

bool
vl_sparse_is_refused(VkPhysicalDevice handle, const VkDeviceCreateInfo *info)
{
   if (!loses_sparse(handle))
      return false;

   const VkPhysicalDeviceFeatures2 *features2 = vl_chain_find(
      info->pNext, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2);
   const VkPhysicalDeviceFeatures *asked =
      features2 ? &features2->features : info->pEnabledFeatures;
   if (asked) {
      VkPhysicalDeviceFeatures allowed = *asked;
      clear_features(&allowed);
      if (memcmp(&allowed, asked, sizeof(allowed)))
         return true;
   }
   const VkPhysicalDeviceShaderImageAtomicInt64FeaturesEXT *atomics =
      vl_chain_find(
         info->pNext,
         VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_IMAGE_ATOMIC_INT64_FEATURES_EXT);
   return atomics && atomics->sparseImageInt64Atomics;
}

VKAPI_ATTR void VKAPI_CALL
vl_GetPhysicalDeviceFeatures(VkPhysicalDevice physicalDevice,
                             VkPhysicalDeviceFeatures *pFeatures)
{
   vl_instance_of(physicalDevice)
      ->next.GetPhysicalDeviceFeatures(physicalDevice, pFeatures);
   if (loses_sparse(physicalDevice))
      clear_features(pFeatures);
}

VKAPI_ATTR void VKAPI_CALL
vl_GetPhysicalDeviceFeatures2(VkPhysicalDevice physicalDevice,
                              VkPhysicalDeviceFeatures2 *pFeatures)
{
   vl_instance_of(physicalDevice)
      ->next.GetPhysicalDeviceFeatures2(physicalDevice, pFeatures);
   if (!loses_sparse(physicalDevice))
      return;

   clear_features(&pFeatures->features);
   VkPhysicalDeviceShaderImageAtomicInt64FeaturesEXT *atomics = vl_chain_find_out(
      pFeatures->pNext,
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_IMAGE_ATOMIC_INT64_FEATURES_EXT);
   if (atomics)
      atomics->sparseImageInt64Atomics = VK_FALSE;
}

VKAPI_ATTR void VKAPI_CALL
vl_GetPhysicalDeviceFeatures2KHR(VkPhysicalDevice physicalDevice,
                                 VkPhysicalDeviceFeatures2 *pFeatures)
{
   vl_GetPhysicalDeviceFeatures2(physicalDevice, pFeatures);
}

VKAPI_ATTR void VKAPI_CALL
vl_GetPhysicalDeviceQueueFamilyProperties(
   VkPhysicalDevice physicalDevice,
   uint32_t *pQueueFamilyPropertyCount,
   VkQueueFamilyProperties *pQueueFamilyProperties)
{
   vl_instance_of(physicalDevice)
      ->next.GetPhysicalDeviceQueueFamilyProperties(
         physicalDevice, pQueueFamilyPropertyCount, pQueueFamilyProperties);
   if (!pQueueFamilyProperties || !loses_sparse(physicalDevice))
      return;
   for (uint32_t i = 0; i < *pQueueFamilyPropertyCount; i++) {
      pQueueFamilyProperties[i].queueFlags &=
         ~(VkQueueFlags)VK_QUEUE_SPARSE_BINDING_BIT;
   }
}

VKAPI_ATTR void VKAPI_CALL
vl_GetPhysicalDeviceQueueFamilyProperties2(
   VkPhysicalDevice physicalDevice,
   uint32_t *pQueueFamilyPropertyCount,
   VkQueueFamilyProperties2 *pQueueFamilyProperties)
{
   vl_instance_of(physicalDevice)
      ->next.GetPhysicalDeviceQueueFamilyProperties2(
         physicalDevice, pQueueFamilyPropertyCount, pQueueFamilyProperties);
   if (!pQueueFamilyProperties || !loses_sparse(physicalDevice))
      return;
   for (uint32_t i = 0; i < *pQueueFamilyPropertyCount; i++) {
      pQueueFamilyProperties[i].queueFamilyProperties.queueFlags &=
         ~(VkQueueFlags)VK_QUEUE_SPARSE_BINDING_BIT;
   }
}

VKAPI_ATTR void VKAPI_CALL
vl_GetPhysicalDeviceQueueFamilyProperties2KHR(
   VkPhysicalDevice physicalDevice,
   uint32_t *pQueueFamilyPropertyCount,
   VkQueueFamilyProperties2 *pQueueFamilyProperties)
{
   vl_GetPhysicalDeviceQueueFamilyProperties2(
      physicalDevice, pQueueFamilyPropertyCount, pQueueFamilyProperties);
}

/* Without sparse binding there is no sparse format, so the count is 0. */
VKAPI_ATTR void VKAPI_CALL
vl_GetPhysicalDeviceSparseImageFormatProperties(
   VkPhysicalDevice physicalDevice,
   VkFormat format,
   VkImageType type,
   VkSampleCountFlagBits samples,
   VkImageUsageFlags usage,
   VkImageTiling tiling,
   uint32_t *pPropertyCount,
   VkSparseImageFormatProperties *pProperties)
{
   if (loses_sparse(physicalDevice)) {
      *pPropertyCount = 0;
      return;
   }
   vl_instance_of(physicalDevice)
      ->next.GetPhysicalDeviceSparseImageFormatProperties(
         physicalDevice, format, type, samples, usage, tiling, pPropertyCount,
         pProperties);
}

VKAPI_ATTR void VKAPI_CALL
vl_GetPhysicalDeviceSparseImageFormatProperties2(
   VkPhysicalDevice physicalDevice,
   const VkPhysicalDeviceSparseImageFormatInfo2 *pFormatInfo,
   uint32_t *pPropertyCount,
   VkSparseImageFormatProperties2 *pProperties)
{
   if (loses_sparse(physicalDevice)) {
      *pPropertyCount = 0;
      return;
   }
   vl_instance_of(physicalDevice)
      ->next.GetPhysicalDeviceSparseImageFormatProperties2(
         physicalDevice, pFormatInfo, pPropertyCount, pProperties);
}

VKAPI_ATTR void VKAPI_CALL
vl_GetPhysicalDeviceSparseImageFormatProperties2KHR(
   VkPhysicalDevice physicalDevice,
   const VkPhysicalDeviceSparseImageFormatInfo2 *pFormatInfo,
   uint32_t *pPropertyCount,
   VkSparseImageFormatProperties2 *pProperties)
{
   vl_GetPhysicalDeviceSparseImageFormatProperties2(
      physicalDevice, pFormatInfo, pPropertyCount, pProperties);
}
