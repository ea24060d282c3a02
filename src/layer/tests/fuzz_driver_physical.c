/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What the driver says about itself before there is a device.
 */

#include "fuzz_driver_private.h"

static VkResult VKAPI_PTR
enumerate_extensions(VkPhysicalDevice physical,
                     const char *layer,
                     uint32_t *count,
                     VkExtensionProperties *out)
{
   const struct {
      bool has;
      const char *name;
   } all[] = {
      { true, VK_KHR_IMAGE_FORMAT_LIST_EXTENSION_NAME },
      { fuzz_config.has_host_import,
        VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME },
      { fuzz_config.has_fd, VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME },
      { fuzz_config.has_dma_buf,
        VK_EXT_EXTERNAL_MEMORY_DMA_BUF_EXTENSION_NAME },
      { fuzz_config.has_modifier,
        VK_EXT_IMAGE_DRM_FORMAT_MODIFIER_EXTENSION_NAME },
      { fuzz_config.has_foreign, VK_EXT_QUEUE_FAMILY_FOREIGN_EXTENSION_NAME },
   };
   uint32_t total = 0;
   MAY_FAIL(VK_ERROR_OUT_OF_HOST_MEMORY);
   for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
      if (!all[i].has)
         continue;
      if (out && total < *count) {
         memset(&out[total], 0, sizeof(out[total]));
         strcpy(out[total].extensionName, all[i].name);
         out[total].specVersion = 1;
      }
      total++;
   }
   const bool incomplete = out && *count < total;
   if (!out || *count > total)
      *count = total;
   return incomplete ? VK_INCOMPLETE : VK_SUCCESS;
}

static void VKAPI_PTR
get_properties(VkPhysicalDevice physical, VkPhysicalDeviceProperties *out)
{
   *out = (VkPhysicalDeviceProperties){
      .apiVersion = fuzz_config.api_version,
      .deviceName = "fuzz",
   };
}

static void VKAPI_PTR
get_properties2(VkPhysicalDevice physical, VkPhysicalDeviceProperties2 *out)
{
   get_properties(physical, &out->properties);
   VkPhysicalDeviceExternalMemoryHostPropertiesEXT *host = (void *)fuzz_find(
      out->pNext,
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_MEMORY_HOST_PROPERTIES_EXT);
   if (host)
      host->minImportedHostPointerAlignment = fuzz_config.host_alignment_B;
}

static void VKAPI_PTR
get_memory_properties(VkPhysicalDevice physical,
                      VkPhysicalDeviceMemoryProperties *out)
{
   memset(out, 0, sizeof(*out));
   out->memoryHeapCount = 1;
   out->memoryHeaps[0].size = fuzz_config.heap_size_B;
   out->memoryTypeCount = fuzz_config.type_count;
   for (uint32_t i = 0; i < fuzz_config.type_count; i++) {
      out->memoryTypes[i].propertyFlags =
         VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT |
         VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
   }
}

static void VKAPI_PTR
get_memory_properties2(VkPhysicalDevice physical,
                       VkPhysicalDeviceMemoryProperties2 *out)
{
   get_memory_properties(physical, &out->memoryProperties);
}

static void VKAPI_PTR
get_queue_families(VkPhysicalDevice physical,
                   uint32_t *count,
                   VkQueueFamilyProperties *out)
{
   if (out && *count) {
      out[0] = (VkQueueFamilyProperties){
         .queueFlags = VK_QUEUE_GRAPHICS_BIT | VK_QUEUE_SPARSE_BINDING_BIT,
         .queueCount = 1,
      };
   }
   *count = out && !*count ? 0 : 1;
}

static void VKAPI_PTR
get_queue_families2(VkPhysicalDevice physical,
                    uint32_t *count,
                    VkQueueFamilyProperties2 *out)
{
   VkQueueFamilyProperties one;
   get_queue_families(physical, count, out && *count ? &one : NULL);
   if (out && *count)
      out[0].queueFamilyProperties = one;
}

static void VKAPI_PTR
get_features(VkPhysicalDevice physical, VkPhysicalDeviceFeatures *out)
{
   memset(out, 0, sizeof(*out));
   out->sparseBinding = VK_TRUE;
}

static void VKAPI_PTR
get_features2(VkPhysicalDevice physical, VkPhysicalDeviceFeatures2 *out)
{
   get_features(physical, &out->features);
}

static VkFormatFeatureFlags
linear_features(VkFormat format)
{
   if (!(format % 5))
      return 0;
   return VK_FORMAT_FEATURE_SAMPLED_IMAGE_BIT |
          VK_FORMAT_FEATURE_TRANSFER_SRC_BIT |
          (fuzz_config.can_clear ? VK_FORMAT_FEATURE_TRANSFER_DST_BIT : 0);
}

static void VKAPI_PTR
get_format_properties2(VkPhysicalDevice physical,
                       VkFormat format,
                       VkFormatProperties2 *out)
{
   out->formatProperties = (VkFormatProperties){
      .linearTilingFeatures = linear_features(format),
   };
   VkFormatProperties3 *three =
      (void *)fuzz_find(out->pNext, VK_STRUCTURE_TYPE_FORMAT_PROPERTIES_3);
   if (three)
      three->linearTilingFeatures = linear_features(format);
   /* answered without being asked to know them: the layer has to cope */
   VkDrmFormatModifierPropertiesListEXT *list = (void *)fuzz_find(
      out->pNext, VK_STRUCTURE_TYPE_DRM_FORMAT_MODIFIER_PROPERTIES_LIST_EXT);
   if (list && (!list->pDrmFormatModifierProperties ||
                list->drmFormatModifierCount)) {
      if (list->pDrmFormatModifierProperties) {
         list->pDrmFormatModifierProperties[0] =
            (VkDrmFormatModifierPropertiesEXT){ .drmFormatModifier = 77 };
      }
      list->drmFormatModifierCount = 1;
   }
   VkDrmFormatModifierPropertiesList2EXT *list2 = (void *)fuzz_find(
      out->pNext,
      VK_STRUCTURE_TYPE_DRM_FORMAT_MODIFIER_PROPERTIES_LIST_2_EXT);
   if (list2 && fuzz_config.has_modifier) {
      const uint32_t count = (uint32_t)format % 3;
      VkDrmFormatModifierProperties2EXT *items =
         list2->pDrmFormatModifierProperties;
      if (!items || list2->drmFormatModifierCount > count)
         list2->drmFormatModifierCount = count;
      for (uint32_t i = 0; items && i < list2->drmFormatModifierCount; i++)
         items[i].drmFormatModifier = 77 * ((i + (uint32_t)format) & 1);
   }
}

static VkResult VKAPI_PTR
get_image_format_properties2(VkPhysicalDevice physical,
                             const VkPhysicalDeviceImageFormatInfo2 *info,
                             VkImageFormatProperties2 *out)
{
   MAY_FAIL(VK_ERROR_FORMAT_NOT_SUPPORTED);
   const VkPhysicalDeviceExternalImageFormatInfo *external =
      fuzz_find(info->pNext,
                VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO);
   VkExternalImageFormatProperties *answer = (void *)fuzz_find(
      out->pNext, VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES);
   if (answer)
      answer->externalMemoryProperties = (VkExternalMemoryProperties){ 0 };
   if (!linear_features(info->format))
      return VK_ERROR_FORMAT_NOT_SUPPORTED;
   if (answer && external && external->handleType == HOST_ALLOCATION &&
       !fuzz_config.hides_host_import) {
      answer->externalMemoryProperties.externalMemoryFeatures =
         VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
   }
   out->imageFormatProperties = (VkImageFormatProperties){
      .maxExtent = { 4096, 4096, 16 },
      .maxMipLevels = 1,
      .maxArrayLayers = 4,
      .sampleCounts = VK_SAMPLE_COUNT_1_BIT,
      .maxResourceSize = UINT64_C(1) << 32,
   };
   return VK_SUCCESS;
}

static void VKAPI_PTR
get_sparse_formats(VkPhysicalDevice physical,
                   VkFormat format,
                   VkImageType type,
                   VkSampleCountFlagBits samples,
                   VkImageUsageFlags usage,
                   VkImageTiling tiling,
                   uint32_t *count,
                   VkSparseImageFormatProperties *out)
{
   if (out && *count)
      out[0] = (VkSparseImageFormatProperties){ .flags = 1 };
   *count = out && !*count ? 0 : 1;
}

static void VKAPI_PTR
get_sparse_formats2(VkPhysicalDevice physical,
                    const VkPhysicalDeviceSparseImageFormatInfo2 *info,
                    uint32_t *count,
                    VkSparseImageFormatProperties2 *out)
{
   get_sparse_formats(physical, info->format, info->type, info->samples,
                      info->usage, info->tiling, count,
                      out && *count ? &out[0].properties : NULL);
}

static void VKAPI_PTR
get_external_buffer_properties(VkPhysicalDevice physical,
                               const VkPhysicalDeviceExternalBufferInfo *info,
                               VkExternalBufferProperties *out)
{
   const VkExternalMemoryFeatureFlags both =
      VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT |
      VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
   VkExternalMemoryFeatureFlags features = 0;
   if (info->handleType == HOST_ALLOCATION && fuzz_config.has_host_import &&
       !fuzz_config.hides_host_import)
      features = VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
   else if (info->handleType == DMA_BUF && fuzz_config.has_dma_buf)
      features = fuzz_config.can_export_dma_buf
                    ? both
                    : VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
   else if (info->handleType != DMA_BUF && fuzz_config.has_fd)
      features = both;
   out->externalMemoryProperties = (VkExternalMemoryProperties){
      .externalMemoryFeatures = features,
      .compatibleHandleTypes = info->handleType,
   };
}

static const struct fuzz_entry entries[] = {
   ENTRY(EnumerateDeviceExtensionProperties, enumerate_extensions),
   ENTRY(GetPhysicalDeviceProperties, get_properties),
   ENTRY(GetPhysicalDeviceProperties2, get_properties2),
   ENTRY(GetPhysicalDeviceMemoryProperties, get_memory_properties),
   ENTRY(GetPhysicalDeviceMemoryProperties2, get_memory_properties2),
   ENTRY(GetPhysicalDeviceQueueFamilyProperties, get_queue_families),
   ENTRY(GetPhysicalDeviceQueueFamilyProperties2, get_queue_families2),
   ENTRY(GetPhysicalDeviceFeatures, get_features),
   ENTRY(GetPhysicalDeviceFeatures2, get_features2),
   ENTRY(GetPhysicalDeviceSparseImageFormatProperties, get_sparse_formats),
   ENTRY(GetPhysicalDeviceSparseImageFormatProperties2, get_sparse_formats2),
   ENTRY(GetPhysicalDeviceFormatProperties2, get_format_properties2),
   ENTRY(GetPhysicalDeviceImageFormatProperties2,
         get_image_format_properties2),
   ENTRY(GetPhysicalDeviceExternalBufferProperties,
         get_external_buffer_properties),
};

PFN_vkVoidFunction
fuzz_physical_command(const char *name)
{
   return LOOK_UP(entries, name);
}
