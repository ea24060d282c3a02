/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The host's devices as the driver offers them: which there are, and which
 * extensions each has. What they are is in vn_properties.c, features are in
 * vn_features.c, external memory queries in vn_external_memory.c, format
 * queries in vn_format.c.
 */

#include "vn_physical_device.h"

#include "vn_calls.h"
#include "vn_entrypoints.h"
#include "vn_external_memory.h"
#include "vn_format.h"
#include "vn_instance.h"
#include "vn_properties.h"
#include "vn_scout.h"
#include "vn_surface.h"
#include "vn_sync_file.h"
#include "vn_wsi_modifiers.h"

/* What the renderer lists of the extensions that this build knows. */
static VkResult
query_renderer_extensions(struct vn_physical_device *physical_device)
{
   struct vn_instance *instance = physical_device->instance;
   const VkPhysicalDevice handle =
      vn_physical_device_to_handle(physical_device);
   uint32_t count = 0;
   VkResult result = vn_call_vkEnumerateDeviceExtensionProperties(
      instance->ring, handle, NULL, &count, NULL);
   if (result != VK_SUCCESS)
      return result;
   if (!count)
      return VK_SUCCESS;
   /* registry numbers end long before; a liar gets no memory */
   if (count > 4096)
      return VK_ERROR_INITIALIZATION_FAILED;

   VkExtensionProperties *list =
      vn_alloc_scratch(&instance->alloc, count * sizeof(*list));
   if (!list)
      return VK_ERROR_OUT_OF_HOST_MEMORY;

   result = vn_call_vkEnumerateDeviceExtensionProperties(
      instance->ring, handle, NULL, &count, list);
   if (result >= VK_SUCCESS) {
      result = VK_SUCCESS;
      for (uint32_t i = 0; i < count; i++) {
         list[i].extensionName[VK_MAX_EXTENSION_NAME_SIZE - 1] = '\0';
         const int ext = vn_device_ext_find(list[i].extensionName);
         if (ext < 0)
            continue;
         vn_ext_set_add(&physical_device->renderer_extensions, ext);
         physical_device->extension_spec_versions[ext] =
            VN_MIN(list[i].specVersion, vn_device_exts[ext].spec_version);
      }
   }
   vn_free_scratch(&instance->alloc, list);
   return result;
}

/* Of an extension that is the driver's own. */
static bool
driver_can(const struct vn_physical_device *physical_device, int ext)
{
   switch (ext) {
   case VN_DEVICE_EXT_EXT_swapchain_maintenance1:
   case VN_DEVICE_EXT_KHR_incremental_present:
   case VN_DEVICE_EXT_KHR_present_id:
   case VN_DEVICE_EXT_KHR_present_wait:
   case VN_DEVICE_EXT_KHR_swapchain:
   case VN_DEVICE_EXT_KHR_swapchain_mutable_format:
#ifdef VK_KHR_present_id2
   case VN_DEVICE_EXT_KHR_present_id2:
#endif
#ifdef VK_KHR_present_wait2
   case VN_DEVICE_EXT_KHR_present_wait2:
#endif
#ifdef VK_KHR_swapchain_maintenance1
   case VN_DEVICE_EXT_KHR_swapchain_maintenance1:
#endif
      return vn_surface_device_can_present(physical_device);
#ifdef VK_EXT_map_memory_placed
   case VN_DEVICE_EXT_EXT_map_memory_placed:
      return physical_device->can_map &&
             physical_device->instance->renderer->ops->bo_map_placed;
#endif
   case VN_DEVICE_EXT_EXT_pci_bus_info:
      return physical_device->instance->renderer->info.pci.valid;
   case VN_DEVICE_EXT_KHR_external_fence_fd:
   case VN_DEVICE_EXT_KHR_external_semaphore_fd:
      return vn_sync_file_is_supported(physical_device);
   case VN_DEVICE_EXT_EXT_physical_device_drm:
      return physical_device->instance->renderer->info.drm.has_render;
   default:
      return true;
   }
}

static void
choose_extensions(struct vn_physical_device *physical_device)
{
   const struct vn_instance *instance = physical_device->instance;

   for (int ext = 0; ext < VN_DEVICE_EXT_COUNT; ext++) {
      const struct vn_device_ext_info *info = &vn_device_exts[ext];
      const bool listed =
         vn_ext_set_has(&physical_device->renderer_extensions, ext);
      bool offered = false;

      switch (info->kind) {
      case VN_EXT_PASS:
         offered =
            listed &&
            vn_protocol_caps_has_extension(&instance->caps, info->number) &&
            instance->caps.venus_spec_version >= info->protocol_spec;
         break;
      case VN_EXT_NATIVE:
      case VN_EXT_TRANSPORT:
         offered = driver_can(physical_device, ext);
         physical_device->extension_spec_versions[ext] = info->spec_version;
         break;
      case VN_EXT_EXTERNAL:
         offered = vn_external_memory_offers(physical_device, ext);
         if (!listed) {
            physical_device->extension_spec_versions[ext] =
               info->spec_version;
         }
         break;
      case VN_EXT_OMIT:
         break;
      }

      if (offered)
         vn_ext_set_add(&physical_device->extensions, ext);
   }
}

/* VK_ERROR_INCOMPATIBLE_DRIVER: this device is not for us, go on without. */
static VkResult
init_physical_device(struct vn_physical_device *physical_device)
{
   struct vn_instance *instance = physical_device->instance;
   const VkPhysicalDevice handle =
      vn_physical_device_to_handle(physical_device);

   VkResult result = vn_properties_init(physical_device);
   if (result != VK_SUCCESS)
      return result;
   result = query_renderer_extensions(physical_device);
   if (result != VK_SUCCESS)
      return result;
   result = vn_external_memory_init(physical_device);
   if (result != VK_SUCCESS)
      return result;
   choose_extensions(physical_device);
   physical_device->has_maintenance4 =
      physical_device->api_version >= VK_API_VERSION_1_3 ||
      vn_ext_set_has(&physical_device->renderer_extensions,
                     VN_DEVICE_EXT_KHR_maintenance4);

   if (vn_ext_set_has(&physical_device->extensions,
                      VN_DEVICE_EXT_EXT_extended_dynamic_state3)) {
      VkPhysicalDeviceExtendedDynamicState3PropertiesEXT eds3 = {
         .sType =
            VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTENDED_DYNAMIC_STATE_3_PROPERTIES_EXT,
      };
      VkPhysicalDeviceProperties2 props = {
         .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
         .pNext = &eds3,
      };
      result = vn_call_vkGetPhysicalDeviceProperties2(instance->ring, handle,
                                                      &props);
      if (result != VK_SUCCESS)
         return result;
      physical_device->topology_unrestricted =
         eds3.dynamicPrimitiveTopologyUnrestricted;
   }

   vn_log(INFO, "%s: Vulkan %u.%u, mapping %s, dma-buf %s",
          physical_device->properties.deviceName,
          VK_API_VERSION_MAJOR(physical_device->api_version),
          VK_API_VERSION_MINOR(physical_device->api_version),
          physical_device->can_map ? "yes" : "no",
          physical_device->external_handle_types ? "yes" : "no");
   return VK_SUCCESS;
}

static VkResult
enumerate(struct vn_instance *instance)
{
   const VkInstance instance_handle = vn_instance_to_handle(instance);
   uint32_t count = 0;
   VkResult result = vn_call_vkEnumeratePhysicalDevices(
      instance->ring, instance_handle, &count, NULL);
   if (result != VK_SUCCESS || !count)
      return result;
   if (count > VK_MAX_DEVICE_GROUP_SIZE)
      return VK_ERROR_INITIALIZATION_FAILED;

   struct vn_physical_device *devices = instance->alloc.pfnAllocation(
      instance->alloc.pUserData, count * sizeof(*devices), 8,
      VK_SYSTEM_ALLOCATION_SCOPE_INSTANCE);
   if (!devices)
      return VK_ERROR_OUT_OF_HOST_MEMORY;

   VkPhysicalDevice handles[VK_MAX_DEVICE_GROUP_SIZE];
   memset(devices, 0, count * sizeof(*devices));
   for (uint32_t i = 0; i < count; i++) {
      vn_object_init(&devices[i].dispatch.base,
                     VK_OBJECT_TYPE_PHYSICAL_DEVICE);
      devices[i].dispatch.ring = instance->ring;
      devices[i].instance = instance;
      devices[i].host_index = i;
      handles[i] = vn_physical_device_to_handle(&devices[i]);
   }

   uint32_t written = count;
   result = vn_call_vkEnumeratePhysicalDevices(
      instance->ring, instance_handle, &written, handles);
   if (result >= VK_SUCCESS)
      result = VK_SUCCESS;

   uint32_t kept = 0;
   for (uint32_t i = 0; result == VK_SUCCESS && i < written; i++) {
      result = init_physical_device(&devices[i]);
      if (result == VK_SUCCESS) {
         devices[kept++] = devices[i];
      } else if (result == VK_ERROR_INCOMPATIBLE_DRIVER) {
         result = VK_SUCCESS;
      }
   }

   if (result != VK_SUCCESS) {
      instance->alloc.pfnFree(instance->alloc.pUserData, devices);
      return result;
   }
   struct vn_scout *scouts = instance->alloc.pfnAllocation(
      instance->alloc.pUserData, VN_MAX(kept, 1u) * sizeof(*scouts), 8,
      VK_SYSTEM_ALLOCATION_SCOPE_INSTANCE);
   if (!scouts) {
      instance->alloc.pfnFree(instance->alloc.pUserData, devices);
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   }
   /* now that they stay where they are */
   for (uint32_t i = 0; i < kept; i++) {
      devices[i].scout = &scouts[i];
      vn_scout_init(&scouts[i]);
      vn_format_caches_init(&devices[i]);
      vn_wsi_modifiers_init(&devices[i]);
   }
   instance->scouts = scouts;
   vn_external_memory_limit_caps(devices, kept, &instance->caps);
   instance->physical_devices = devices;
   instance->physical_device_count = kept;
   return VK_SUCCESS;
}

VkResult
vn_physical_devices_init(struct vn_instance *instance)
{
   VkResult result = VK_SUCCESS;

   pthread_mutex_lock(&instance->mutex);
   if (!instance->enumerated && instance->ring) {
      result = enumerate(instance);
      /* ids are bound to devices now: a second attempt must not change them,
       * so a renderer that fails half-way is given up
       */
      if (result != VK_SUCCESS) {
         vn_log(WARN, "the renderer's devices cannot be used: VkResult %d",
                (int)result);
         vn_ring_set_lost(instance->ring, "enumeration failed");
      }
   }
   instance->enumerated = true;
   pthread_mutex_unlock(&instance->mutex);

   return result == VK_ERROR_OUT_OF_HOST_MEMORY ? result : VK_SUCCESS;
}

void
vn_physical_devices_finish(struct vn_instance *instance)
{
   for (uint32_t i = 0; i < instance->physical_device_count; i++) {
      vn_wsi_modifiers_finish(&instance->physical_devices[i]);
      vn_format_caches_finish(&instance->physical_devices[i]);
      vn_scout_finish(&instance->scouts[i]);
   }
   if (instance->scouts) {
      instance->alloc.pfnFree(instance->alloc.pUserData, instance->scouts);
   }
   if (instance->physical_devices) {
      instance->alloc.pfnFree(instance->alloc.pUserData,
                              instance->physical_devices);
   }
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_EnumerateDeviceExtensionProperties(VkPhysicalDevice physicalDevice,
                                      const char *pLayerName,
                                      uint32_t *pPropertyCount,
                                      VkExtensionProperties *pProperties)
{
   const struct vn_physical_device *physical_device =
      vn_physical_device_from_handle(physicalDevice);
   if (pLayerName)
      return vn_result(VK_ERROR_LAYER_NOT_PRESENT);

   uint32_t available = 0;
   for (int ext = 0; ext < VN_DEVICE_EXT_COUNT; ext++) {
      if (!vn_ext_set_has(&physical_device->extensions, ext))
         continue;
      if (pProperties && available < *pPropertyCount) {
         VkExtensionProperties *out = &pProperties[available];
         memset(out->extensionName, 0, sizeof(out->extensionName));
         strcpy(out->extensionName, vn_device_exts[ext].name);
         out->specVersion = physical_device->extension_spec_versions[ext];
      }
      available++;
   }

   if (!pProperties) {
      *pPropertyCount = available;
      return VK_SUCCESS;
   }
   const bool incomplete = *pPropertyCount < available;
   *pPropertyCount = VN_MIN(*pPropertyCount, available);
   return incomplete ? VK_INCOMPLETE : VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_EnumerateDeviceLayerProperties(VkPhysicalDevice physicalDevice,
                                  uint32_t *pPropertyCount,
                                  VkLayerProperties *pProperties)
{
   *pPropertyCount = 0;
   return VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_GetPhysicalDeviceToolProperties(
   VkPhysicalDevice physicalDevice,
   uint32_t *pToolCount,
   VkPhysicalDeviceToolProperties *pToolProperties)
{
   *pToolCount = 0;
   return VK_SUCCESS;
}
