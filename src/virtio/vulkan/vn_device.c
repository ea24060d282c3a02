/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Creation and destruction of the device, and its queues by number.
 */

#include "vn_device.h"

#include "vn_calls.h"
#include "vn_chain.h"
#include "vn_device_caps.h"
#include "vn_entrypoints.h"
#include "vn_instance.h"
#include "vn_queue.h"
#include "vn_suballoc.h"

/*
 * What the driver itself needs on the host: the images of swapchains leave as
 * dma-bufs whether the application can do that or not.
 */
static const int swapchain_needs[] = {
   VN_DEVICE_EXT_EXT_external_memory_dma_buf,
   VN_DEVICE_EXT_EXT_image_drm_format_modifier,
   VN_DEVICE_EXT_EXT_queue_family_foreign,
   VN_DEVICE_EXT_KHR_external_memory_fd,
   VN_DEVICE_EXT_KHR_image_format_list,
};

/* Of the same, what every physical device has in its core version. */
static const int swapchain_core_needs[] = {
   VN_DEVICE_EXT_KHR_dedicated_allocation,
   VN_DEVICE_EXT_KHR_external_memory,
};

/* Adds those that the application has not enabled and the host has. */
static uint32_t
add_needs(struct vn_device *device, const char **names, uint32_t count)
{
   if (!vn_ext_set_has(&device->enabled_extensions,
                       VN_DEVICE_EXT_KHR_swapchain))
      return count;
   for (uint32_t i = 0; i < VN_ARRAY_SIZE(swapchain_core_needs); i++)
      vn_ext_set_add(&device->usable_extensions, swapchain_core_needs[i]);
   for (uint32_t i = 0; i < VN_ARRAY_SIZE(swapchain_needs); i++) {
      const int ext = swapchain_needs[i];
      if (!vn_ext_set_has(&device->enabled_extensions, ext) &&
          vn_ext_set_has(&device->physical_device->extensions, ext) &&
          vn_ext_set_has(&device->physical_device->renderer_extensions,
                         ext)) {
         vn_ext_set_add(&device->usable_extensions, ext);
         names[count++] = vn_device_exts[ext].name;
      }
   }
   return count;
}

/*
 * Names that the renderer must enable; the rest is the driver's own. Room for
 * swapchain_needs is behind those of the application.
 */
static VkResult
collect_extensions(struct vn_device *device,
                   const VkDeviceCreateInfo *info,
                   const char **names,
                   uint32_t *count_out)
{
   const struct vn_physical_device *physical_device = device->physical_device;
   uint32_t count = 0;

   for (uint32_t i = 0; i < info->enabledExtensionCount; i++) {
      const char *name = info->ppEnabledExtensionNames[i];
      const int ext = vn_device_ext_find(name);
      if (ext < 0 || !vn_ext_set_has(&physical_device->extensions, ext)) {
         vn_log(DEBUG, "no device extension %s", name);
         return VK_ERROR_EXTENSION_NOT_PRESENT;
      }
      vn_ext_set_add(&device->enabled_extensions, ext);
      vn_ext_set_add(&device->usable_extensions, ext);
      if (vn_ext_set_has(&physical_device->renderer_extensions, ext) &&
          vn_device_exts[ext].kind != VN_EXT_NATIVE &&
          vn_device_exts[ext].kind != VN_EXT_TRANSPORT)
         names[count++] = vn_device_exts[ext].name;
   }

   *count_out = add_needs(device, names, count);
   return VK_SUCCESS;
}

/* From here on calls on the device hold what its extensions allow. */
static void
init_caps(struct vn_device *device)
{
   vn_device_caps_add_core(&device->usable_extensions, device->api_version);
   vn_device_caps_init(&device->caps, &device->instance->caps,
                       &device->usable_extensions, device->api_version);
   device->dispatch.caps = &device->caps;
}

/* What the driver has to know of the enabled features. */
static void
note_features(struct vn_device *device, const VkDeviceCreateInfo *info)
{
   const VkPhysicalDeviceFeatures2 *features2 = vn_find_struct(
      info->pNext, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2);
   const VkPhysicalDeviceFeatures *features =
      features2 ? &features2->features : info->pEnabledFeatures;
   device->alpha_to_one = features && features->alphaToOne;
}

static VkResult
create_renderer_device(struct vn_device *device,
                       const VkDeviceCreateInfo *info)
{
   static const VkStructureType native_structs[] = {
      VK_STRUCTURE_TYPE_DEVICE_PRIVATE_DATA_CREATE_INFO,
      VK_STRUCTURE_TYPE_DEVICE_DEVICE_MEMORY_REPORT_CREATE_INFO_EXT,
#ifdef VK_EXT_map_memory_placed
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAP_MEMORY_PLACED_FEATURES_EXT,
#endif
   };
   const VkAllocationCallbacks *alloc = &device->alloc;
   VkResult result;

   const char **names = vn_alloc_scratch(
      alloc, (info->enabledExtensionCount + VN_ARRAY_SIZE(swapchain_needs)) *
                sizeof(*names));
   if (!names)
      return VK_ERROR_OUT_OF_HOST_MEMORY;

   struct vn_chain chain;
   result = vn_chain_init(&chain, alloc, &device->instance->caps, info->pNext,
                          native_structs, VN_ARRAY_SIZE(native_structs));
   if (result != VK_SUCCESS)
      goto out_names;

   uint32_t name_count;
   result = collect_extensions(device, info, names, &name_count);
   if (result != VK_SUCCESS)
      goto out_chain;
   init_caps(device);

   VkDeviceCreateInfo renderer_info = *info;
   renderer_info.pNext = chain.first;
   /* "enabledLayerCount is deprecated and ignored" */
   renderer_info.enabledLayerCount = 0;
   renderer_info.ppEnabledLayerNames = NULL;
   renderer_info.enabledExtensionCount = name_count;
   renderer_info.ppEnabledExtensionNames = names;

   VkDevice handle = vn_device_to_handle(device);
   result = vn_call_vkCreateDevice(
      device->dispatch.ring,
      vn_physical_device_to_handle(device->physical_device), &renderer_info,
      NULL, &handle);

out_chain:
   vn_chain_finish(&chain);
out_names:
   vn_free_scratch(alloc, names);
   return result;
}

/* The renderer has dropped the queues when this returns, unless it is lost. */
static void
destroy_renderer_device(struct vn_device *device)
{
   struct vn_ring *ring = device->dispatch.ring;

   for (uint32_t i = 0; i < device->queue_count; i++)
      vn_queue_drop_objects(&device->queues[i], device);
   vn_feedback_heap_drop_objects(device);
   /* after all that may have a piece of a block */
   vn_suballoc_finish(device);
   vn_async_vkDestroyDevice(ring, vn_device_to_handle(device), NULL);
   vn_ring_wait_seqno(ring, vn_ring_last_seqno(ring));
}

static void
finish_queues(struct vn_device *device)
{
   for (uint32_t i = 0; i < device->queue_count; i++) {
      vn_queue_finish(&device->queues[i]);
      if (device->queues[i].ring_idx) {
         vn_instance_free_ring_idx(device->instance,
                                   device->queues[i].ring_idx);
      }
   }
   vn_free_scratch(&device->alloc, device->queues);
}

static VkResult
init_queues(struct vn_device *device, const VkDeviceCreateInfo *info)
{
   uint32_t count = 0;
   for (uint32_t i = 0; i < info->queueCreateInfoCount; i++)
      count += info->pQueueCreateInfos[i].queueCount;
   if (!count)
      return VK_SUCCESS;

   device->queues = device->alloc.pfnAllocation(
      device->alloc.pUserData, count * sizeof(*device->queues), 8,
      VK_SYSTEM_ALLOCATION_SCOPE_DEVICE);
   if (!device->queues)
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   memset(device->queues, 0, count * sizeof(*device->queues));
   device->queue_count = count;

   struct vn_queue *queue = device->queues;
   for (uint32_t i = 0; i < info->queueCreateInfoCount; i++) {
      const VkDeviceQueueCreateInfo *queue_info = &info->pQueueCreateInfos[i];
      for (uint32_t j = 0; j < queue_info->queueCount; j++) {
         const VkResult result =
            vn_queue_init(queue++, device, queue_info, j);
         if (result != VK_SUCCESS)
            return result;
      }
   }
   return VK_SUCCESS;
}

/* What threads share: locks, and the caches that have their own. */
static void
init_shared(struct vn_device *device)
{
   pthread_condattr_t attr;
   pthread_condattr_init(&attr);
   pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
   pthread_cond_init(&device->submit_cond, &attr);
   pthread_condattr_destroy(&attr);
   pthread_mutex_init(&device->submit_mutex, NULL);
   pthread_mutex_init(&device->private_data_mutex, NULL);
   vn_requirement_caches_init(&device->requirements);
   vn_feedback_heap_init(&device->feedback_heap);
}

static void
finish_shared(struct vn_device *device)
{
   vn_requirement_caches_finish(&device->requirements);
   vn_feedback_heap_finish(&device->feedback_heap);
   pthread_mutex_destroy(&device->private_data_mutex);
   pthread_mutex_destroy(&device->submit_mutex);
   pthread_cond_destroy(&device->submit_cond);
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_CreateDevice(VkPhysicalDevice physicalDevice,
                const VkDeviceCreateInfo *pCreateInfo,
                const VkAllocationCallbacks *pAllocator,
                VkDevice *pDevice)
{
   struct vn_physical_device *physical_device =
      vn_physical_device_from_handle(physicalDevice);
   struct vn_instance *instance = physical_device->instance;
   VkResult result;

   struct vn_device *device = vn_object_zalloc(
      &instance->alloc, pAllocator, sizeof(*device), VK_OBJECT_TYPE_DEVICE,
      VK_SYSTEM_ALLOCATION_SCOPE_DEVICE);
   if (!device)
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);

   device->dispatch.ring = instance->ring;
   device->alloc = pAllocator ? *pAllocator : instance->alloc;
   device->instance = instance;
   device->physical_device = physical_device;
   device->api_version =
      VN_MIN(physical_device->api_version, instance->app_api_version);
   init_shared(device);

   note_features(device, pCreateInfo);
   result = create_renderer_device(device, pCreateInfo);
   if (result != VK_SUCCESS)
      goto fail_shared;

   vn_suballoc_init(device);
   if (vn_ext_set_has(&device->enabled_extensions,
                      VN_DEVICE_EXT_EXT_device_memory_report) &&
       !vn_memory_report_init(&device->memory_report, &device->alloc,
                              pCreateInfo->pNext)) {
      result = VK_ERROR_OUT_OF_HOST_MEMORY;
      goto fail_device;
   }
   result = init_queues(device, pCreateInfo);
   if (result != VK_SUCCESS)
      goto fail_device;

   *pDevice = vn_device_to_handle(device);
   return VK_SUCCESS;

fail_device:
   destroy_renderer_device(device);
   finish_queues(device);
   vn_memory_report_finish(&device->memory_report, &device->alloc);
fail_shared:
   finish_shared(device);
   vn_object_free(&instance->alloc, pAllocator, device);
   return vn_result(result);
}

VKAPI_ATTR void VKAPI_CALL
vn_DestroyDevice(VkDevice _device, const VkAllocationCallbacks *pAllocator)
{
   struct vn_device *device = vn_device_from_handle(_device);
   if (!device)
      return;

   destroy_renderer_device(device);
   finish_queues(device);
   vn_memory_report_finish(&device->memory_report, &device->alloc);
   finish_shared(device);
   vn_object_free(&device->instance->alloc, pAllocator, device);
}

VKAPI_ATTR void VKAPI_CALL
vn_GetDeviceQueue2(VkDevice _device,
                   const VkDeviceQueueInfo2 *pQueueInfo,
                   VkQueue *pQueue)
{
   struct vn_device *device = vn_device_from_handle(_device);

   *pQueue = VK_NULL_HANDLE;
   for (uint32_t i = 0; i < device->queue_count; i++) {
      struct vn_queue *queue = &device->queues[i];
      if (queue->family_index == pQueueInfo->queueFamilyIndex &&
          queue->index == pQueueInfo->queueIndex &&
          queue->flags == pQueueInfo->flags) {
         *pQueue = vn_queue_to_handle(queue);
         return;
      }
   }
}

VKAPI_ATTR void VKAPI_CALL
vn_GetDeviceQueue(VkDevice device,
                  uint32_t queueFamilyIndex,
                  uint32_t queueIndex,
                  VkQueue *pQueue)
{
   const VkDeviceQueueInfo2 info = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_INFO_2,
      .queueFamilyIndex = queueFamilyIndex,
      .queueIndex = queueIndex,
   };
   vn_GetDeviceQueue2(device, &info, pQueue);
}
