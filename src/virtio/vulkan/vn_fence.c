/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Fences. Status and waits are answered from the transport, never by a wait
 * on the host.
 */

#include "vn_fence.h"

#include "vn_calls.h"
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

   VkFence handle = vn_fence_to_handle(fence);
   const VkResult result = vn_async_vkCreateFence(
      vn_ring_of(_device), _device, pCreateInfo, NULL, &handle);
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
      fence->queue = NULL;
   }
   pthread_mutex_unlock(&device->submit_mutex);

   return vn_result(vn_async_vkResetFences(device->dispatch.ring, _device,
                                           fenceCount, pFences));
}

static enum vn_wait_state
check_fence(const void *items, uint32_t index, struct vn_wait_point *point)
{
   struct vn_fence *fence =
      vn_fence_from_handle(((const VkFence *)items)[index]);

   if (fence->queue && fence->queue->completed >= fence->value) {
      fence->signaled = true;
      fence->queue = NULL;
   }
   if (fence->signaled)
      return VN_WAIT_DONE;
   if (!fence->queue)
      return VN_WAIT_UNKNOWN;

   *point = (struct vn_wait_point){ fence->queue, fence->value };
   return VN_WAIT_PENDING;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_WaitForFences(VkDevice _device,
                 uint32_t fenceCount,
                 const VkFence *pFences,
                 VkBool32 waitAll,
                 uint64_t timeout)
{
   return vn_result(vn_wait(vn_device_from_handle(_device), check_fence,
                            pFences, fenceCount, !waitAll, timeout));
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_GetFenceStatus(VkDevice _device, VkFence fence)
{
   const VkResult result = vn_wait(vn_device_from_handle(_device),
                                   check_fence, &fence, 1, false, 0);
   return result == VK_TIMEOUT ? VK_NOT_READY : vn_result(result);
}
