/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The mask's door, instance and physical devices.
 */

#include "vl_mask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

VkInstance mask_instance;
PFN_vkGetDeviceProcAddr mask_next_gdpa;

static char words[256]; /* VENUS_TEST_MASK between commas */
static PFN_vkGetInstanceProcAddr next_gipa;
static VkPhysicalDevice first_physical;

/* Looked up while the instance is being created: afterwards the loader
 * answers with the top of the chain.
 */
#define MASKED(X)                                                            \
   X(EnumerateDeviceExtensionProperties)                                     \
   X(EnumeratePhysicalDevices)                                               \
   X(GetPhysicalDeviceFeatures)                                              \
   X(GetPhysicalDeviceFormatProperties2)                                     \
   X(GetPhysicalDeviceQueueFamilyProperties)                                 \
   X(GetPhysicalDeviceMemoryProperties)                                      \
   X(GetPhysicalDeviceMemoryProperties2)                                     \
   X(GetPhysicalDeviceProperties2)                                           \
   X(GetPhysicalDeviceExternalBufferProperties)                              \
   X(GetPhysicalDeviceImageFormatProperties2)
#define MEMBER(name) PFN_vk##name name;
static struct {
   MASKED(MEMBER)
} next;

bool
mask_is(const char *word)
{
   char wanted[64];
   snprintf(wanted, sizeof(wanted), ",%s,", word);
   return strstr(words, wanted) != NULL;
}

uint64_t
mask_alignment(void)
{
   return mask_is("align-64k") ? 65536 : mask_is("align-16k") ? 16384 : 0;
}

bool
mask_has_two_types(void)
{
   return mask_is("discrete") || mask_is("non-coherent");
}

const void *
mask_find(const void *chain, VkStructureType type)
{
   const VkBaseInStructure *in = chain;
   while (in && in->sType != type)
      in = in->pNext;
   return in;
}

static VKAPI_ATTR VkResult VKAPI_CALL
mask_CreateInstance(const VkInstanceCreateInfo *info,
                    const VkAllocationCallbacks *allocator,
                    VkInstance *instance)
{
   const VkBaseInStructure *in = info->pNext;
   while (in &&
          !(in->sType == VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO &&
            ((const VkLayerInstanceCreateInfo *)in)->function ==
               VK_LAYER_LINK_INFO))
      in = in->pNext;
   if (!in)
      return VK_ERROR_INITIALIZATION_FAILED;
   VkLayerInstanceCreateInfo *link = (VkLayerInstanceCreateInfo *)in;
   next_gipa = link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
   link->u.pLayerInfo = link->u.pLayerInfo->pNext;

   const char *wanted = getenv("VENUS_TEST_MASK");
   snprintf(words, sizeof(words), ",%s,", wanted ? wanted : "");

   const VkResult result = ((PFN_vkCreateInstance)next_gipa(
      NULL, "vkCreateInstance"))(info, allocator, instance);
   if (result != VK_SUCCESS)
      return result;
   mask_instance = *instance;
#define LOAD(name)                                                           \
   next.name = (PFN_vk##name)next_gipa(mask_instance, "vk" #name);
   MASKED(LOAD)
#undef LOAD
   uint32_t count = 1;
   next.EnumeratePhysicalDevices(mask_instance, &count, &first_physical);
   return VK_SUCCESS;
}

bool
mask_is_own(const char *name)
{
   return (mask_is("own-modifiers") &&
           !strcmp(name, VK_EXT_IMAGE_DRM_FORMAT_MODIFIER_EXTENSION_NAME)) ||
          ((mask_is("own-modifiers") || mask_is("native-dma-buf")) &&
           !strcmp(name, VK_EXT_QUEUE_FAMILY_FOREIGN_EXTENSION_NAME)) ||
          (mask_is("native-dma-buf") &&
           !strcmp(name, VK_EXT_EXTERNAL_MEMORY_DMA_BUF_EXTENSION_NAME));
}

static VKAPI_ATTR VkResult VKAPI_CALL
mask_CreateDevice(VkPhysicalDevice physical,
                  const VkDeviceCreateInfo *info,
                  const VkAllocationCallbacks *allocator,
                  VkDevice *device)
{
   const VkLayerDeviceCreateInfo *in = info->pNext;
   while (in && !(in->sType == VK_STRUCTURE_TYPE_LOADER_DEVICE_CREATE_INFO &&
                  in->function == VK_LAYER_LINK_INFO))
      in = in->pNext;
   if (!in)
      return VK_ERROR_INITIALIZATION_FAILED;
   VkLayerDeviceCreateInfo *link = (VkLayerDeviceCreateInfo *)in;
   mask_next_gdpa = link->u.pLayerInfo->pfnNextGetDeviceProcAddr;
   const PFN_vkCreateDevice create =
      (PFN_vkCreateDevice)link->u.pLayerInfo->pfnNextGetInstanceProcAddr(
         mask_instance, "vkCreateDevice");
   link->u.pLayerInfo = link->u.pLayerInfo->pNext;

   static int device_count;
   if (mask_is("no-device") && device_count++ == 0)
      return VK_ERROR_INITIALIZATION_FAILED;

   VkDeviceCreateInfo copy = *info;
   const char *names[64];
   copy.enabledExtensionCount = 0;
   copy.ppEnabledExtensionNames = names;
   for (uint32_t i = 0; i < info->enabledExtensionCount && i < 64; i++) {
      if (!mask_is_own(info->ppEnabledExtensionNames[i]))
         names[copy.enabledExtensionCount++] =
            info->ppEnabledExtensionNames[i];
   }
   const VkResult result = create(physical, &copy, allocator, device);
   if (result == VK_SUCCESS)
      mask_load_device(*device);
   return result;
}

/* Newer drivers have some of what the layer under test is there to add. */
static bool
is_too_new(const char *name)
{
   return !strcmp(name, VK_EXT_EXTERNAL_MEMORY_DMA_BUF_EXTENSION_NAME) ||
          !strcmp(name, VK_EXT_IMAGE_DRM_FORMAT_MODIFIER_EXTENSION_NAME) ||
          !strcmp(name, VK_EXT_QUEUE_FAMILY_FOREIGN_EXTENSION_NAME);
}

static bool
is_hidden(VkPhysicalDevice physical, const char *name)
{
   const bool hides_host =
      mask_is("hide-host") ||
      (mask_is("second-hides-host") && physical != first_physical);
   return is_too_new(name) ||
          (hides_host &&
           !strcmp(name, VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME)) ||
          (mask_is("hide-fd") &&
           !strcmp(name, VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME));
}

static VKAPI_ATTR VkResult VKAPI_CALL
mask_EnumerateDeviceExtensionProperties(VkPhysicalDevice physical,
                                        const char *layer,
                                        uint32_t *count,
                                        VkExtensionProperties *properties)
{
   static const char *const own[] = {
      VK_EXT_IMAGE_DRM_FORMAT_MODIFIER_EXTENSION_NAME,
      VK_EXT_QUEUE_FAMILY_FOREIGN_EXTENSION_NAME,
      VK_EXT_EXTERNAL_MEMORY_DMA_BUF_EXTENSION_NAME,
   };
   static VkExtensionProperties list[512];
   uint32_t total = 500, kept = 0;
   VkResult result =
      next.EnumerateDeviceExtensionProperties(physical, layer, &total, list);
   if (result != VK_SUCCESS)
      return result;
   for (uint32_t i = 0; i < total; i++) {
      if (!is_hidden(physical, list[i].extensionName))
         list[kept++] = list[i];
   }
   for (int i = 0; i < 3; i++) {
      if (mask_is_own(own[i])) {
         memset(&list[kept], 0, sizeof(list[kept]));
         strcpy(list[kept].extensionName, own[i]);
         list[kept++].specVersion = 1;
      }
   }
   if (!properties) {
      *count = kept;
      return VK_SUCCESS;
   }
   result = *count < kept ? VK_INCOMPLETE : VK_SUCCESS;
   if (*count > kept)
      *count = kept;
   memcpy(properties, list, *count * sizeof(list[0]));
   return result;
}

/* Claimed only: nobody binds anything here. */
static VKAPI_ATTR void VKAPI_CALL
mask_GetPhysicalDeviceFeatures(VkPhysicalDevice physical,
                               VkPhysicalDeviceFeatures *features)
{
   next.GetPhysicalDeviceFeatures(physical, features);
   features->sparseBinding = VK_TRUE;
}

static VKAPI_ATTR void VKAPI_CALL
mask_GetPhysicalDeviceQueueFamilyProperties(VkPhysicalDevice physical,
                                            uint32_t *count,
                                            VkQueueFamilyProperties *families)
{
   next.GetPhysicalDeviceQueueFamilyProperties(physical, count, families);
   for (uint32_t i = 0; families && i < *count; i++)
      families[i].queueFlags |= VK_QUEUE_SPARSE_BINDING_BIT;
}

static void
mask_memory(VkPhysicalDeviceMemoryProperties *memory)
{
   if (mask_has_two_types()) {
      memory->memoryTypeCount = 2;
      memory->memoryTypes[1] = memory->memoryTypes[0];
   }
   if (mask_is("non-coherent")) {
      memory->memoryTypes[1].propertyFlags &=
         ~(VkMemoryPropertyFlags)VK_MEMORY_PROPERTY_HOST_CACHED_BIT;
   }
   if (mask_is("non-coherent") || mask_is("only-non-coherent")) {
      memory->memoryTypes[0].propertyFlags &=
         ~(VkMemoryPropertyFlags)VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
   }
}

static VKAPI_ATTR void VKAPI_CALL
mask_GetPhysicalDeviceMemoryProperties(
   VkPhysicalDevice physical,
   VkPhysicalDeviceMemoryProperties *memory)
{
   next.GetPhysicalDeviceMemoryProperties(physical, memory);
   mask_memory(memory);
}

static VKAPI_ATTR void VKAPI_CALL
mask_GetPhysicalDeviceMemoryProperties2(
   VkPhysicalDevice physical,
   VkPhysicalDeviceMemoryProperties2 *memory)
{
   next.GetPhysicalDeviceMemoryProperties2(physical, memory);
   mask_memory(&memory->memoryProperties);
}

static VKAPI_ATTR void VKAPI_CALL
mask_GetPhysicalDeviceProperties2(VkPhysicalDevice physical,
                                  VkPhysicalDeviceProperties2 *properties)
{
   next.GetPhysicalDeviceProperties2(physical, properties);
   VkPhysicalDeviceExternalMemoryHostPropertiesEXT *host = (void *)mask_find(
      properties,
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_MEMORY_HOST_PROPERTIES_EXT);
   if (host && mask_is("bad-alignment"))
      host->minImportedHostPointerAlignment = 4097;
   if (host && mask_alignment())
      host->minImportedHostPointerAlignment = mask_alignment();
}

/* Properties of opaque fds as those of dma-bufs. */
static void
rename_types(VkExternalMemoryProperties *properties)
{
   if (properties->externalMemoryFeatures) {
      properties->compatibleHandleTypes = MASK_DMA_BUF;
      properties->exportFromImportedHandleTypes = MASK_DMA_BUF;
   }
}

static VKAPI_ATTR void VKAPI_CALL
mask_GetPhysicalDeviceExternalBufferProperties(
   VkPhysicalDevice physical,
   const VkPhysicalDeviceExternalBufferInfo *info,
   VkExternalBufferProperties *properties)
{
   VkPhysicalDeviceExternalBufferInfo copy = *info;
   if (info->handleType == MASK_DMA_BUF)
      copy.handleType = MASK_OPAQUE;
   next.GetPhysicalDeviceExternalBufferProperties(physical, &copy,
                                                  properties);
   if (info->handleType != MASK_DMA_BUF)
      return;
   if (mask_is("native-dma-buf"))
      rename_types(&properties->externalMemoryProperties);
   else
      properties->externalMemoryProperties =
         (VkExternalMemoryProperties){ 0 };
}

static VKAPI_ATTR void VKAPI_CALL
mask_GetPhysicalDeviceFormatProperties2(VkPhysicalDevice physical,
                                        VkFormat format,
                                        VkFormatProperties2 *properties)
{
   const struct mask_rooms rooms = mask_note_rooms(properties);
   next.GetPhysicalDeviceFormatProperties2(physical, format, properties);
   VkFormatProperties3 *properties3 =
      (void *)mask_find(properties, VK_STRUCTURE_TYPE_FORMAT_PROPERTIES_3);
   const VkFormatFeatureFlags added =
      mask_is("linear-depth") && format == VK_FORMAT_D16_UNORM
         ? VK_FORMAT_FEATURE_SAMPLED_IMAGE_BIT
         : 0;
   properties->formatProperties.linearTilingFeatures |= added;
   if (properties3)
      properties3->linearTilingFeatures |= added;
   /* the bits of the two are the same */
   const VkFormatFeatureFlags missing =
      (mask_is("no-linear-render") ? VK_FORMAT_FEATURE_COLOR_ATTACHMENT_BIT
                                   : 0) |
      (mask_is("no-linear-write") ? VK_FORMAT_FEATURE_TRANSFER_DST_BIT |
                                       VK_FORMAT_FEATURE_STORAGE_IMAGE_BIT
                                  : 0);
   properties->formatProperties.linearTilingFeatures &= ~missing;
   if (properties3)
      properties3->linearTilingFeatures &= ~(VkFormatFeatureFlags2)missing;
   mask_list_modifiers(format, properties, rooms);
}

static VKAPI_ATTR VkResult VKAPI_CALL
mask_GetPhysicalDeviceImageFormatProperties2(
   VkPhysicalDevice physical,
   const VkPhysicalDeviceImageFormatInfo2 *info,
   VkImageFormatProperties2 *properties)
{
   VkPhysicalDeviceImageFormatInfo2 copy = *info;
   VkPhysicalDeviceExternalImageFormatInfo *external = (void *)mask_find(
      info->pNext,
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO);
   VkPhysicalDeviceExternalImageFormatInfo alone;
   if (mask_is("own-modifiers") &&
       info->tiling == VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT) {
      const VkPhysicalDeviceImageDrmFormatModifierInfoEXT *modifier = mask_find(
         info->pNext,
         VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_DRM_FORMAT_MODIFIER_INFO_EXT);
      if (!modifier || !mask_tiling(info->format, modifier->drmFormatModifier,
                                    &copy.tiling))
         return VK_ERROR_FORMAT_NOT_SUPPORTED;
      /* nothing else that the driver below would need is asked for */
      copy.pNext = NULL;
      if (external) {
         alone = *external;
         alone.pNext = NULL;
         external = &alone;
         copy.pNext = external;
      }
   }
   if (mask_is("linear-depth") && info->format == VK_FORMAT_D16_UNORM)
      copy.tiling = VK_IMAGE_TILING_OPTIMAL;
   if (mask_is("no-linear-write") && copy.tiling == VK_IMAGE_TILING_LINEAR &&
       (info->usage &
        (VK_IMAGE_USAGE_TRANSFER_DST_BIT | VK_IMAGE_USAGE_STORAGE_BIT)))
      return VK_ERROR_FORMAT_NOT_SUPPORTED;
   const bool renamed = external && mask_is("native-dma-buf") &&
                        external->handleType == MASK_DMA_BUF;
   if (renamed)
      external->handleType = MASK_OPAQUE;
   const VkResult result = next.GetPhysicalDeviceImageFormatProperties2(
      physical, &copy, properties);
   if (renamed) {
      external->handleType = MASK_DMA_BUF;
      VkExternalImageFormatProperties *out = (void *)mask_find(
         properties->pNext,
         VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES);
      if (out)
         rename_types(&out->externalMemoryProperties);
   }
   return result;
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL
mask_GetDeviceProcAddr(VkDevice device, const char *name);

static const struct {
   const char *name;
   PFN_vkVoidFunction function;
} entries[] = {
#define ENTRY(name)                                                          \
   {                                                                         \
      "vk" #name, (PFN_vkVoidFunction)mask_##name                            \
   }
   ENTRY(CreateInstance),
   ENTRY(CreateDevice),
   ENTRY(EnumerateDeviceExtensionProperties),
   ENTRY(GetPhysicalDeviceFeatures),
   ENTRY(GetPhysicalDeviceFormatProperties2),
   ENTRY(GetPhysicalDeviceQueueFamilyProperties),
   ENTRY(GetPhysicalDeviceMemoryProperties),
   ENTRY(GetPhysicalDeviceMemoryProperties2),
   ENTRY(GetPhysicalDeviceProperties2),
   ENTRY(GetPhysicalDeviceExternalBufferProperties),
   ENTRY(GetPhysicalDeviceImageFormatProperties2),
   ENTRY(GetDeviceProcAddr),
#undef ENTRY
};

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL
mask_GetDeviceProcAddr(VkDevice device, const char *name)
{
   if (!strcmp(name, "vkGetDeviceProcAddr"))
      return (PFN_vkVoidFunction)mask_GetDeviceProcAddr;
   const PFN_vkVoidFunction function = mask_device_command(name);
   const PFN_vkVoidFunction below = mask_next_gdpa(device, name);
   /* what the driver below has not is the mask's alone */
   if (function && (below || (mask_is("own-modifiers") &&
                              !strcmp(name, MASK_MODIFIER_COMMAND))))
      return function;
   return below;
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL
mask_GetInstanceProcAddr(VkInstance instance, const char *name)
{
   for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
      if (!strcmp(entries[i].name, name))
         return entries[i].function;
   }
   const PFN_vkVoidFunction function = mask_device_command(name);
   return function ? function : next_gipa(instance, name);
}

VKAPI_ATTR VkResult VKAPI_CALL
vkNegotiateLoaderLayerInterfaceVersion(VkNegotiateLayerInterface *version);

__attribute__((visibility("default"))) VKAPI_ATTR VkResult VKAPI_CALL
vkNegotiateLoaderLayerInterfaceVersion(VkNegotiateLayerInterface *version)
{
   version->loaderLayerInterfaceVersion = 2;
   version->pfnGetInstanceProcAddr = mask_GetInstanceProcAddr;
   version->pfnGetDeviceProcAddr = mask_GetDeviceProcAddr;
   version->pfnGetPhysicalDeviceProcAddr = NULL;
   return VK_SUCCESS;
}
