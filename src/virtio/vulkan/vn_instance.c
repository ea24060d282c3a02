/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The instance owns the connection, the ring and the physical devices, in
 * this order, and gives them back in the reverse one.
 */

#include "vn_instance.h"

#include "vn_calls.h"
#include "vn_entrypoints.h"
#include "vn_physical_device.h"
#include "vn_protocol.h"
#include "vn_stats.h"
#include "vn_wsi_display.h"

#define RING_BUFFER_SIZE (128u << 10)

/* What both sides know. The transport has checked the capset. */
static void
fill_caps(const struct vn_capset *capset, struct vn_protocol_caps *caps)
{
   caps->vk_xml_version =
      VN_MIN(capset->vk_xml_version, (uint32_t)VN_PROTOCOL_VK_XML_VERSION);
   caps->venus_spec_version =
      VN_MIN(capset->vk_mesa_venus_protocol_spec_version,
             (uint32_t)VN_PROTOCOL_VENUS_SPEC_VERSION);
   memcpy(caps->extension_mask, capset->vk_extension_mask1,
          sizeof(caps->extension_mask));
}

static VkResult
create_renderer_instance(struct vn_instance *instance,
                         const VkInstanceCreateInfo *info)
{
   uint32_t version = 0;
   VkResult result =
      vn_call_vkEnumerateInstanceVersion(instance->ring, &version);
   if (result != VK_SUCCESS)
      return result;

   instance->renderer_api_version =
      VN_MIN(VN_MIN(version, instance->caps.vk_xml_version),
             (uint32_t)VN_MAX_API_VERSION);

   /*
    * The renderer looks up host functions by what this version promises, so
    * it is ours rather than the application's. The names stay: host drivers
    * have workarounds by name.
    */
   VkApplicationInfo app = {
      .sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
      .apiVersion = instance->renderer_api_version,
   };
   if (info->pApplicationInfo) {
      app.pApplicationName = info->pApplicationInfo->pApplicationName;
      app.applicationVersion = info->pApplicationInfo->applicationVersion;
      app.pEngineName = info->pApplicationInfo->pEngineName;
      app.engineVersion = info->pApplicationInfo->engineVersion;
   }
   const VkInstanceCreateInfo renderer_info = {
      .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
      .pApplicationInfo = &app,
   };
   VkInstance handle = vn_instance_to_handle(instance);
   return vn_call_vkCreateInstance(instance->ring, &renderer_info, NULL,
                                   &handle);
}

static void
disconnect(struct vn_instance *instance)
{
   vn_ring_destroy(instance->ring);
   instance->ring = NULL;
   instance->dispatch.ring = NULL;
   if (instance->renderer)
      instance->renderer->ops->destroy(instance->renderer);
   instance->renderer = NULL;
}

/* On failure the instance is left without a renderer. */
static void
connect(struct vn_instance *instance, const VkInstanceCreateInfo *info)
{
   /* unasked the driver must not talk to whoever listens at a well-known
    * path in /tmp
    */
   const VkResult connected =
      vn_debug_flags() & VN_DEBUG_VTEST
         ? vn_renderer_create_vtest(&instance->renderer)
         : vn_renderer_create_virtgpu(&instance->renderer);
   if (connected != VK_SUCCESS)
      return;

   fill_caps(&instance->renderer->info.capset, &instance->caps);
   if (vn_ring_create(instance->renderer, &instance->caps, RING_BUFFER_SIZE,
                      &instance->ring) != VK_SUCCESS) {
      disconnect(instance);
      return;
   }
   instance->dispatch.ring = instance->ring;

   const VkResult result = create_renderer_instance(instance, info);
   if (result != VK_SUCCESS) {
      vn_log(WARN, "the renderer cannot create an instance: VkResult %d",
             (int)result);
      disconnect(instance);
   }
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_EnumerateInstanceVersion(uint32_t *pApiVersion)
{
   *pApiVersion = VN_MAX_API_VERSION;
   return VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_EnumerateInstanceExtensionProperties(const char *pLayerName,
                                        uint32_t *pPropertyCount,
                                        VkExtensionProperties *pProperties)
{
   if (pLayerName)
      return vn_result(VK_ERROR_LAYER_NOT_PRESENT);

   return vn_instance_ext_enumerate(pPropertyCount, pProperties);
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_EnumerateInstanceLayerProperties(uint32_t *pPropertyCount,
                                    VkLayerProperties *pProperties)
{
   *pPropertyCount = 0;
   return VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_CreateInstance(const VkInstanceCreateInfo *pCreateInfo,
                  const VkAllocationCallbacks *pAllocator,
                  VkInstance *pInstance)
{
   struct vn_instance *instance = vn_object_zalloc(
      &vn_default_allocator, pAllocator, sizeof(*instance),
      VK_OBJECT_TYPE_INSTANCE, VK_SYSTEM_ALLOCATION_SCOPE_INSTANCE);
   if (!instance)
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);

   instance->alloc = pAllocator ? *pAllocator : vn_default_allocator;

   for (uint32_t i = 0; i < pCreateInfo->enabledExtensionCount; i++) {
      const int ext =
         vn_instance_ext_find(pCreateInfo->ppEnabledExtensionNames[i]);
      if (ext < 0) {
         vn_log(DEBUG, "no instance extension %s",
                pCreateInfo->ppEnabledExtensionNames[i]);
         vn_object_free(&instance->alloc, NULL, instance);
         return vn_result(VK_ERROR_EXTENSION_NOT_PRESENT);
      }
      vn_ext_set_add(&instance->enabled_extensions, ext);
   }

   const VkApplicationInfo *app = pCreateInfo->pApplicationInfo;
   instance->app_api_version =
      app && app->apiVersion ? app->apiVersion : VK_API_VERSION_1_0;

   pthread_mutex_init(&instance->mutex, NULL);
   instance->ring_idx_in_use = 1; /* 0 is the context's own timeline */

   connect(instance, pCreateInfo);

   *pInstance = vn_instance_to_handle(instance);
   return VK_SUCCESS;
}

VKAPI_ATTR void VKAPI_CALL
vn_DestroyInstance(VkInstance _instance,
                   const VkAllocationCallbacks *pAllocator)
{
   struct vn_instance *instance = vn_instance_from_handle(_instance);
   if (!instance)
      return;

   if (instance->ring)
      vn_async_vkDestroyInstance(instance->ring, _instance, NULL);

   vn_physical_devices_finish(instance);
   const uint64_t answers =
      instance->ring ? vn_ring_answer_count(instance->ring) : 0;
   disconnect(instance);
   vn_stats_print(answers);
#ifdef VN_PLATFORM_DISPLAY
   vn_displays_destroy(instance->displays);
#endif
   pthread_mutex_destroy(&instance->mutex);

   const VkAllocationCallbacks alloc = instance->alloc;
   vn_object_free(&alloc, pAllocator, instance);
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_EnumeratePhysicalDevices(VkInstance _instance,
                            uint32_t *pPhysicalDeviceCount,
                            VkPhysicalDevice *pPhysicalDevices)
{
   struct vn_instance *instance = vn_instance_from_handle(_instance);
   VkResult result = vn_physical_devices_init(instance);
   if (result != VK_SUCCESS)
      return vn_result(result);

   const uint32_t available = instance->physical_device_count;
   if (!pPhysicalDevices) {
      *pPhysicalDeviceCount = available;
      return VK_SUCCESS;
   }

   const uint32_t count = VN_MIN(*pPhysicalDeviceCount, available);
   for (uint32_t i = 0; i < count; i++) {
      pPhysicalDevices[i] =
         vn_physical_device_to_handle(&instance->physical_devices[i]);
   }
   *pPhysicalDeviceCount = count;
   return count < available ? VK_INCOMPLETE : VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_EnumeratePhysicalDeviceGroups(
   VkInstance _instance,
   uint32_t *pPhysicalDeviceGroupCount,
   VkPhysicalDeviceGroupProperties *pPhysicalDeviceGroupProperties)
{
   struct vn_instance *instance = vn_instance_from_handle(_instance);
   VkResult result = vn_physical_devices_init(instance);
   if (result != VK_SUCCESS)
      return vn_result(result);

   /*
    * One group per device. Real groups of the host would need feedback from
    * it that names devices which the driver may have hidden; a group of one
    * is always right.
    */
   const uint32_t available = instance->physical_device_count;
   if (!pPhysicalDeviceGroupProperties) {
      *pPhysicalDeviceGroupCount = available;
      return VK_SUCCESS;
   }

   const uint32_t count = VN_MIN(*pPhysicalDeviceGroupCount, available);
   for (uint32_t i = 0; i < count; i++) {
      VkPhysicalDeviceGroupProperties *group =
         &pPhysicalDeviceGroupProperties[i];
      memset(group->physicalDevices, 0, sizeof(group->physicalDevices));
      group->physicalDeviceCount = 1;
      group->physicalDevices[0] =
         vn_physical_device_to_handle(&instance->physical_devices[i]);
      group->subsetAllocation = VK_FALSE;
   }
   *pPhysicalDeviceGroupCount = count;
   return count < available ? VK_INCOMPLETE : VK_SUCCESS;
}

uint32_t
vn_instance_alloc_ring_idx(struct vn_instance *instance)
{
   const uint32_t limit = VN_MIN(instance->renderer->info.timeline_count,
                                 (uint32_t)VN_RENDERER_MAX_TIMELINES);
   uint32_t ring_idx = 0;

   pthread_mutex_lock(&instance->mutex);
   for (uint32_t i = 1; i < limit; i++) {
      if (!(instance->ring_idx_in_use >> i & 1)) {
         instance->ring_idx_in_use |= UINT64_C(1) << i;
         ring_idx = i;
         break;
      }
   }
   pthread_mutex_unlock(&instance->mutex);
   return ring_idx;
}

void
vn_instance_free_ring_idx(struct vn_instance *instance, uint32_t ring_idx)
{
   pthread_mutex_lock(&instance->mutex);
   instance->ring_idx_in_use &= ~(UINT64_C(1) << ring_idx);
   pthread_mutex_unlock(&instance->mutex);
}
