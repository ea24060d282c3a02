/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Decides, once per physical device, what is added to it, and answers the
 * queries that follow from that alone: the extension list and the memory
 * types. Must never promise what vl_probe has not seen to work.
 */

#include "vl_physical_device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vl_entrypoints.h"
#include "vl_log.h"
#include "vl_mapping.h"
#include "vl_probe.h"

static const VkExtensionProperties added_extensions[VL_ADDED_COUNT] = {
   [VL_ADDED_FD] = { VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME,
                     VK_KHR_EXTERNAL_MEMORY_FD_SPEC_VERSION },
   [VL_ADDED_DMA_BUF] = { VK_EXT_EXTERNAL_MEMORY_DMA_BUF_EXTENSION_NAME,
                          VK_EXT_EXTERNAL_MEMORY_DMA_BUF_SPEC_VERSION },
   [VL_ADDED_MODIFIER] = { VK_EXT_IMAGE_DRM_FORMAT_MODIFIER_EXTENSION_NAME,
                           VK_EXT_IMAGE_DRM_FORMAT_MODIFIER_SPEC_VERSION },
   [VL_ADDED_FOREIGN] = { VK_EXT_QUEUE_FAMILY_FOREIGN_EXTENSION_NAME,
                          VK_EXT_QUEUE_FAMILY_FOREIGN_SPEC_VERSION },
};

/* The probe creates a device, for which the loader asks the layer's own
 * vkEnumerateDeviceExtensionProperties on the same thread.
 */
static _Thread_local bool is_deciding;

const char *
vl_added_name(enum vl_added added)
{
   return added_extensions[added].extensionName;
}

struct extension_list {
   VkExtensionProperties *items; /* owned */
   uint32_t count;
};

static bool
extension_list_init(struct extension_list *list,
                    const struct vl_physical_device *physical)
{
   const struct vl_instance_dispatch *next = &physical->instance->next;
   VkResult result;

   /* the list may grow between the two calls */
   do {
      *list = (struct extension_list){ 0 };
      result = next->EnumerateDeviceExtensionProperties(
         physical->handle, NULL, &list->count, NULL);
      if (result != VK_SUCCESS)
         return false;
      list->items = calloc(list->count + 1u, sizeof(*list->items));
      if (!list->items)
         return false;
      result = next->EnumerateDeviceExtensionProperties(
         physical->handle, NULL, &list->count, list->items);
      if (result != VK_SUCCESS)
         free(list->items);
   } while (result == VK_INCOMPLETE);
   return result == VK_SUCCESS;
}

static bool
extension_list_has(const struct extension_list *list, const char *name)
{
   for (uint32_t i = 0; i < list->count; i++) {
      if (!strcmp(list->items[i].extensionName, name))
         return true;
   }
   return false;
}

static VkExternalMemoryFeatureFlags
buffer_features(const struct vl_physical_device *physical,
                VkExternalMemoryHandleTypeFlagBits type)
{
   const struct vl_instance_dispatch *next = &physical->instance->next;
   if (!next->GetPhysicalDeviceExternalBufferProperties)
      return 0;

   /* the question that virglrenderer asks */
   const VkPhysicalDeviceExternalBufferInfo info = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO,
      .usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT,
      .handleType = type,
   };
   VkExternalBufferProperties properties = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES,
   };
   next->GetPhysicalDeviceExternalBufferProperties(physical->handle, &info,
                                                   &properties);
   return properties.externalMemoryProperties.externalMemoryFeatures;
}

static void
log_decision(const struct vl_physical_device *physical, const char *why)
{
   char names[VL_ADDED_COUNT * 64] = "nothing added";
   size_t length = 0;
   for (int i = 0; i < VL_ADDED_COUNT; i++) {
      if (vl_adds(physical, i)) {
         length += snprintf(names + length, sizeof(names) - length, "%s%s",
                            length ? " " : "added ", vl_added_name(i));
      }
   }
   vl_log_info("%s: %s: %s", physical->properties.deviceName, names, why);
}

/* Called with physical->lock held. */
static void
decide(struct vl_physical_device *physical)
{
   const struct vl_instance_dispatch *next = &physical->instance->next;

   next->GetPhysicalDeviceProperties(physical->handle, &physical->properties);
   next->GetPhysicalDeviceMemoryProperties(physical->handle,
                                           &physical->memory);
   physical->all_types =
      (uint32_t)((UINT64_C(1) << physical->memory.memoryTypeCount) - 1);
   physical->host_types = physical->all_types;

   const uint32_t api_version =
      physical->properties.apiVersion < physical->instance->api_version
         ? physical->properties.apiVersion
         : physical->instance->api_version;
   physical->needs_external_memory = api_version < VK_API_VERSION_1_1;

   struct extension_list list;
   if (!extension_list_init(&list, physical)) {
      log_decision(physical, "the driver's extensions cannot be listed");
      return;
   }
   const bool has_host =
      extension_list_has(&list, VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME);
   const bool has_fd = extension_list_has(&list, vl_added_name(VL_ADDED_FD));
   const bool has_dma_buf =
      has_fd && extension_list_has(&list, vl_added_name(VL_ADDED_DMA_BUF));
   const bool has_foreign =
      extension_list_has(&list, vl_added_name(VL_ADDED_FOREIGN));
   /* what the modifier extension builds upon */
   const bool has_format_list =
      physical->properties.apiVersion >= VK_API_VERSION_1_2 ||
      extension_list_has(&list, VK_KHR_IMAGE_FORMAT_LIST_EXTENSION_NAME);
   const bool has_modifier =
      extension_list_has(&list, vl_added_name(VL_ADDED_MODIFIER));
   physical->has_format_properties_3 =
      api_version >= VK_API_VERSION_1_3 ||
      extension_list_has(&list, VK_KHR_FORMAT_FEATURE_FLAGS_2_EXTENSION_NAME);
   free(list.items);

   if (!has_host) {
      log_decision(physical,
                   "no " VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME);
      return;
   }
   if (physical->properties.apiVersion < VK_API_VERSION_1_1) {
      log_decision(physical, "the driver is older than Vulkan 1.1");
      return;
   }

   /* An extension that is listed proves nothing: export and import each have
    * to be there.
    */
   const VkExternalMemoryFeatureFlags both =
      VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT |
      VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
   const VkExternalMemoryFeatureFlags dma_buf =
      has_dma_buf
         ? buffer_features(physical,
                           VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT)
         : 0;
   const bool dma_buf_complete = (dma_buf & both) == both;
   if (dma_buf_complete && has_modifier) {
      log_decision(physical, "dma-bufs and modifiers are the driver's own");
      return;
   }

   VkExternalMemoryHandleTypeFlags served = 0;
   if (!dma_buf_complete)
      served |= VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT;
   if (!has_fd)
      served |= VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT;

   if (served) {
      struct vl_probe_result probed;
      if (!(buffer_features(
               physical,
               VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT) &
            VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT)) {
         log_decision(physical, "host pointers are not importable");
         return;
      }
      if (!vl_probe_run(physical, &probed)) {
         log_decision(physical, "the driver cannot do what it claims");
         return;
      }
      physical->host_types = probed.host_types & physical->all_types;
      physical->host_alignment_B = probed.alignment_B;
      vl_mapping_prepare(probed.alignment_B);
      physical->optimal_is_linear = !probed.optimal_images_fit;
      physical->offers_planar = probed.planar_layouts_true;
      physical->wraps_plain_buffers = probed.plain_buffers_unchanged;
      physical->wraps_plain_images =
         physical->host_types == physical->all_types;
      physical->served_types = served;
   }

   physical->added =
      (!has_fd ? 1u << VL_ADDED_FD : 0) |
      (!has_dma_buf ? 1u << VL_ADDED_DMA_BUF : 0) |
      (!has_modifier && has_format_list ? 1u << VL_ADDED_MODIFIER : 0) |
      (!has_foreign ? 1u << VL_ADDED_FOREIGN : 0);

   /* a driver's own modifiers do not go with dma-bufs that are host memory */
   physical->has_own_modifiers = has_modifier;
   physical->makes_modifiers =
      vl_adds(physical, VL_ADDED_MODIFIER) || (has_modifier && served);

   const char *why = "the driver's dma-bufs are complete, modifiers are not";
   if (served && !has_fd)
      why = "the driver shares no fds; host memory does";
   else if (served && !has_dma_buf)
      why = "the driver shares no dma-bufs; host memory does";
   else if (served)
      why = "the driver cannot export its dma-bufs; host memory can";
   log_decision(physical, why);
   if (served) {
      vl_log_debug("%s: host pointers in memory types 0x%x of 0x%x",
                   physical->properties.deviceName, physical->host_types,
                   physical->all_types);
   }
}

static struct vl_physical_device *
find_or_create(VkPhysicalDevice handle)
{
   struct vl_instance *instance = vl_instance_of(handle);
   if (!instance)
      return NULL;

   const struct u_hash_key key = { .a = (uintptr_t)handle };
   pthread_mutex_lock(&instance->lock);
   struct vl_physical_device *physical =
      u_hash_table_get(&instance->physical_devices, key);
   if (!physical) {
      physical = calloc(1, sizeof(*physical));
      if (physical) {
         physical->handle = handle;
         physical->instance = instance;
         pthread_mutex_init(&physical->lock, NULL);
         if (!u_hash_table_set(&instance->physical_devices, key, physical)) {
            vl_physical_device_destroy(physical);
            physical = NULL;
         }
      }
   }
   pthread_mutex_unlock(&instance->lock);
   return physical;
}

struct vl_physical_device *
vl_physical_device_of(VkPhysicalDevice handle)
{
   if (is_deciding)
      return NULL;

   struct vl_physical_device *physical = find_or_create(handle);
   if (!physical)
      return NULL;

   pthread_mutex_lock(&physical->lock);
   if (!physical->is_decided) {
      is_deciding = true;
      decide(physical);
      is_deciding = false;
      physical->is_decided = true;
   }
   pthread_mutex_unlock(&physical->lock);
   return physical;
}

void
vl_physical_device_destroy(struct vl_physical_device *physical)
{
   if (!physical)
      return;
   pthread_mutex_destroy(&physical->lock);
   free(physical);
}

VKAPI_ATTR VkResult VKAPI_CALL
vl_EnumerateDeviceExtensionProperties(VkPhysicalDevice physicalDevice,
                                      const char *pLayerName,
                                      uint32_t *pPropertyCount,
                                      VkExtensionProperties *pProperties)
{
   const struct vl_instance *instance = vl_instance_of(physicalDevice);
   if (!instance)
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   if (pLayerName && !strcmp(pLayerName, VL_LAYER_NAME)) {
      /* what is added belongs to the device, not to the layer: it depends */
      *pPropertyCount = 0;
      return VK_SUCCESS;
   }

   const struct vl_physical_device *physical =
      pLayerName ? NULL : vl_physical_device_of(physicalDevice);
   if (!physical || !physical->added) {
      return instance->next.EnumerateDeviceExtensionProperties(
         physicalDevice, pLayerName, pPropertyCount, pProperties);
   }

   struct extension_list list;
   if (!extension_list_init(&list, physical))
      return VK_ERROR_OUT_OF_HOST_MEMORY;

   const uint32_t total =
      list.count + (uint32_t)__builtin_popcount(physical->added);
   if (!pProperties) {
      free(list.items);
      *pPropertyCount = total;
      return VK_SUCCESS;
   }

   uint32_t written = 0;
   for (uint32_t i = 0; i < list.count && written < *pPropertyCount; i++)
      pProperties[written++] = list.items[i];
   for (int i = 0; i < VL_ADDED_COUNT && written < *pPropertyCount; i++) {
      if (vl_adds(physical, i))
         pProperties[written++] = added_extensions[i];
   }
   free(list.items);

   *pPropertyCount = written;
   return written < total ? VK_INCOMPLETE : VK_SUCCESS;
}

/* The renderer exports every allocation in a host-visible type, or fails it.
 * So a type that is host visible but takes no host pointer (video memory seen
 * through a PCI window) must not look mappable: it stays usable as the device
 * memory that it is.
 */
static void
hide_unshareable_types(const struct vl_physical_device *physical,
                       VkPhysicalDeviceMemoryProperties *memory)
{
   if (!physical || !physical->served_types)
      return;

   for (uint32_t i = 0; i < memory->memoryTypeCount; i++) {
      if (!(physical->host_types & (1u << i))) {
         memory->memoryTypes[i].propertyFlags &=
            ~(VkMemoryPropertyFlags)(VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT |
                                     VK_MEMORY_PROPERTY_HOST_COHERENT_BIT |
                                     VK_MEMORY_PROPERTY_HOST_CACHED_BIT);
      }
   }
}

VKAPI_ATTR void VKAPI_CALL
vl_GetPhysicalDeviceMemoryProperties(
   VkPhysicalDevice physicalDevice,
   VkPhysicalDeviceMemoryProperties *pMemoryProperties)
{
   const struct vl_instance *instance = vl_instance_of(physicalDevice);
   instance->next.GetPhysicalDeviceMemoryProperties(physicalDevice,
                                                    pMemoryProperties);
   hide_unshareable_types(vl_physical_device_of(physicalDevice),
                          pMemoryProperties);
}

VKAPI_ATTR void VKAPI_CALL
vl_GetPhysicalDeviceMemoryProperties2(
   VkPhysicalDevice physicalDevice,
   VkPhysicalDeviceMemoryProperties2 *pMemoryProperties)
{
   const struct vl_instance *instance = vl_instance_of(physicalDevice);
   instance->next.GetPhysicalDeviceMemoryProperties2(physicalDevice,
                                                     pMemoryProperties);
   hide_unshareable_types(vl_physical_device_of(physicalDevice),
                          &pMemoryProperties->memoryProperties);
}

VKAPI_ATTR void VKAPI_CALL
vl_GetPhysicalDeviceMemoryProperties2KHR(
   VkPhysicalDevice physicalDevice,
   VkPhysicalDeviceMemoryProperties2 *pMemoryProperties)
{
   vl_GetPhysicalDeviceMemoryProperties2(physicalDevice, pMemoryProperties);
}
