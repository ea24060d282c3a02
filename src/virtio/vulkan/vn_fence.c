/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Fences. Status and waits are answered from the points of the queues, never
 * by a wait on the host.
 */

#include "vn_fence.h"

#include "vn_calls.h"
#include "vn_chain.h"
#include "vn_entrypoints.h"
#include "vn_wait.h"

VKAPI_ATTR VkResult VKAPI_CALL
vn_CreateFence(VkDevice _device,
               const VkFenceCreateInfo *pCreateInfo,
               const VkAllocationCallbacks *pAllocator,
               VkFence *pFence)
{
   struct vn_fence *fence = vn_device_object_zalloc(
      _device, pAllocator, sizeof(*fence), VK_OBJECT_TYPE_FENCE);
   if (!fence)
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);

   fence->signaled = pCreateInfo->flags & VK_FENCE_CREATE_SIGNALED_BIT;

   /* the handle type is between the guest and its kernel */
   static const VkStructureType ours[] = {
      VK_STRUCTURE_TYPE_EXPORT_FENCE_CREATE_INFO,
   };
   const VkExportFenceCreateInfo *export_info = vn_device_find_struct(
      vn_device_from_handle(_device), VN_DEVICE_EXT_KHR_external_fence,
      pCreateInfo->pNext, ours[0]);
   fence->exportable = export_info && export_info->handleTypes;

   struct vn_chain chain;
   VkResult result = vn_chain_init(
      &chain, &vn_device_from_handle(_device)->alloc, vn_caps_of(_device),
      pCreateInfo->pNext, ours, VN_ARRAY_SIZE(ours));
   if (result == VK_SUCCESS) {
      VkFenceCreateInfo info = *pCreateInfo;
      VkFence handle = vn_fence_to_handle(fence);
      info.pNext = chain.first;
      result = vn_async_vkCreateFence(vn_ring_of(_device), _device, &info,
                                      NULL, &handle);
      vn_chain_finish(&chain);
   }
   if (result != VK_SUCCESS) {
      vn_object_destroy(_device, pAllocator, fence);
      return vn_result(result);
   }
   *pFence = vn_fence_to_handle(fence);
   return VK_SUCCESS;
}

VKAPI_ATTR void VKAPI_CALL
vn_DestroyFence(VkDevice _device,
                VkFence _fence,
                const VkAllocationCallbacks *pAllocator)
{
   if (!_fence)
      return;
   struct vn_fence_source *source = vn_fence_from_handle(_fence)->source;
   if (source)
      source->destroy(source);
   vn_async_vkDestroyFence(vn_ring_of(_device), _device, _fence, NULL);
   vn_object_destroy(_device, pAllocator, vn_fence_from_handle(_fence));
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_ResetFences(VkDevice _device, uint32_t fenceCount, const VkFence *pFences)
{
   struct vn_device *device = vn_device_from_handle(_device);

   pthread_mutex_lock(&device->submit_mutex);
   for (uint32_t i = 0; i < fenceCount; i++) {
      struct vn_fence *fence = vn_fence_from_handle(pFences[i]);
      fence->signaled = false;
      fence->point.queue = NULL;
   }
   pthread_mutex_unlock(&device->submit_mutex);

   return vn_result(vn_async_vkResetFences(device->dispatch.ring, _device,
                                           fenceCount, pFences));
}

static enum vn_wait_state
check_fence(const void *items, uint32_t index, struct vn_queue_point *point)
{
   struct vn_fence *fence =
      vn_fence_from_handle(((const VkFence *)items)[index]);

   if (fence->signaled)
      return VN_WAIT_DONE;
   if (!fence->point.queue)
      return VN_WAIT_UNKNOWN;
   if (vn_queue_reached(fence->point.queue, fence->point.value)) {
      fence->signaled = true;
      return VN_WAIT_DONE;
   }
   *point = fence->point;
   return VN_WAIT_PENDING;
}

static VkResult
ask_fence(struct vn_device *device, const void *items, uint32_t index)
{
   const VkFence handle = ((const VkFence *)items)[index];
   /* the host knows nothing of it; its point has an alarm */
   if (vn_fence_from_handle(handle)->exportable)
      return VK_SUCCESS;
   const VkResult result = vn_call_vkGetFenceStatus(
      device->dispatch.ring, vn_device_to_handle(device), handle);
   if (result != VK_SUCCESS)
      return result == VK_NOT_READY ? VK_SUCCESS : result;

   pthread_mutex_lock(&device->submit_mutex);
   vn_fence_from_handle(handle)->signaled = true;
   pthread_mutex_unlock(&device->submit_mutex);
   return VK_SUCCESS;
}

/* See vn_queue.h. What is not done yet stays as it is. */
static VkResult
observe_fences(struct vn_device *device,
               uint32_t count,
               const VkFence *handles)
{
   for (uint32_t i = 0; i < count; i++) {
      struct vn_fence *fence = vn_fence_from_handle(handles[i]);

      pthread_mutex_lock(&device->submit_mutex);
      const struct vn_queue_point point = fence->point;
      const bool must = fence->signaled && !fence->exportable &&
                        point.queue && point.queue->observed < point.value;
      pthread_mutex_unlock(&device->submit_mutex);
      if (!must)
         continue;

      const VkResult result = vn_async_vkWaitForFences(
         device->dispatch.ring, vn_device_to_handle(device), 1, &handles[i],
         VK_TRUE, UINT64_MAX);
      if (result != VK_SUCCESS)
         return result;
      vn_queue_set_observed(&point);
   }
   return VK_SUCCESS;
}

static VkResult
wait_for_fences(VkDevice _device,
                uint32_t count,
                const VkFence *handles,
                bool any,
                uint64_t timeout_ns)
{
   struct vn_device *device = vn_device_from_handle(_device);
   const struct vn_wait wait = {
      .check = check_fence,
      .ask = ask_fence,
      .items = handles,
      .count = count,
      .any = any,
      .timeout_ns = timeout_ns,
   };
   const VkResult result = vn_wait(device, &wait);
   return result == VK_SUCCESS ? observe_fences(device, count, handles)
                               : result;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_WaitForFences(VkDevice device,
                 uint32_t fenceCount,
                 const VkFence *pFences,
                 VkBool32 waitAll,
                 uint64_t timeout)
{
   return vn_result(
      wait_for_fences(device, fenceCount, pFences, !waitAll, timeout));
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_GetFenceStatus(VkDevice device, VkFence fence)
{
   const VkResult result = wait_for_fences(device, 1, &fence, false, 0);
   return result == VK_TIMEOUT ? VK_NOT_READY : vn_result(result);
}
