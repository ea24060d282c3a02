/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Binary semaphores live on the host alone. Of a timeline semaphore the
 * driver also knows which submission will bring which value, so that a wait
 * can sleep on the transport instead of blocking the renderer.
 */

#include "vn_semaphore.h"

#include "vn_calls.h"
#include "vn_chain.h"
#include "vn_entrypoints.h"
#include "vn_wait.h"

/* Takes what has finished out of pending and into known. */
static void
retire_pending(struct vn_semaphore *semaphore)
{
   uint32_t kept = 0;
   for (uint32_t i = 0; i < semaphore->pending_count; i++) {
      const struct vn_semaphore_signal *signal = &semaphore->pending[i];
      if (signal->queue->completed >= signal->sync_value)
         semaphore->known = VN_MAX(semaphore->known, signal->value);
      else
         semaphore->pending[kept++] = *signal;
   }
   semaphore->pending_count = kept;
}

bool
vn_semaphore_add_pending(struct vn_semaphore *semaphore,
                         uint64_t value,
                         struct vn_queue *queue,
                         uint64_t sync_value)
{
   retire_pending(semaphore);

   if (semaphore->pending_count == semaphore->pending_capacity) {
      const uint32_t capacity = VN_MAX(semaphore->pending_capacity * 2, 8u);
      struct vn_semaphore_signal *pending =
         realloc(semaphore->pending, capacity * sizeof(*pending));
      if (!pending)
         return false;
      semaphore->pending = pending;
      semaphore->pending_capacity = capacity;
   }

   semaphore->pending[semaphore->pending_count++] =
      (struct vn_semaphore_signal){
         .value = value,
         .queue = queue,
         .sync_value = sync_value,
      };
   return true;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_CreateSemaphore(VkDevice _device,
                   const VkSemaphoreCreateInfo *pCreateInfo,
                   const VkAllocationCallbacks *pAllocator,
                   VkSemaphore *pSemaphore)
{
   struct vn_semaphore *semaphore = vn_device_object_zalloc(
      _device, pAllocator, sizeof(*semaphore), VK_OBJECT_TYPE_SEMAPHORE);
   if (!semaphore)
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);

   const VkSemaphoreTypeCreateInfo *type = vn_find_struct(
      pCreateInfo->pNext, VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO);
   if (type && type->semaphoreType == VK_SEMAPHORE_TYPE_TIMELINE) {
      semaphore->type = VK_SEMAPHORE_TYPE_TIMELINE;
      semaphore->known = type->initialValue;
   }

   VkSemaphore handle = vn_semaphore_to_handle(semaphore);
   const VkResult result = vn_async_vkCreateSemaphore(
      vn_ring_of(_device), _device, pCreateInfo, NULL, &handle);
   if (result != VK_SUCCESS) {
      vn_object_destroy(_device, pAllocator, semaphore);
      return vn_result(result);
   }
   *pSemaphore = vn_semaphore_to_handle(semaphore);
   return VK_SUCCESS;
}

VKAPI_ATTR void VKAPI_CALL
vn_DestroySemaphore(VkDevice _device,
                    VkSemaphore _semaphore,
                    const VkAllocationCallbacks *pAllocator)
{
   struct vn_semaphore *semaphore = vn_semaphore_from_handle(_semaphore);
   if (!semaphore)
      return;
   vn_async_vkDestroySemaphore(vn_ring_of(_device), _device, _semaphore,
                               NULL);
   free(semaphore->pending);
   vn_object_destroy(_device, pAllocator, semaphore);
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_GetSemaphoreCounterValue(VkDevice _device,
                            VkSemaphore _semaphore,
                            uint64_t *pValue)
{
   struct vn_device *device = vn_device_from_handle(_device);
   struct vn_semaphore *semaphore = vn_semaphore_from_handle(_semaphore);
   const VkResult result = vn_call_vkGetSemaphoreCounterValue(
      device->dispatch.ring, _device, _semaphore, pValue);
   if (result != VK_SUCCESS)
      return vn_result(result);

   /* a wait must not say less than this query did */
   pthread_mutex_lock(&device->submit_mutex);
   semaphore->known = VN_MAX(semaphore->known, *pValue);
   pthread_mutex_unlock(&device->submit_mutex);
   return VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_SignalSemaphore(VkDevice _device, const VkSemaphoreSignalInfo *pSignalInfo)
{
   struct vn_device *device = vn_device_from_handle(_device);
   struct vn_semaphore *semaphore =
      vn_semaphore_from_handle(pSignalInfo->semaphore);
   const VkResult result =
      vn_async_vkSignalSemaphore(device->dispatch.ring, _device, pSignalInfo);
   if (result != VK_SUCCESS)
      return vn_result(result);

   pthread_mutex_lock(&device->submit_mutex);
   semaphore->known = VN_MAX(semaphore->known, pSignalInfo->value);
   pthread_cond_broadcast(&device->submit_cond);
   pthread_mutex_unlock(&device->submit_mutex);
   return VK_SUCCESS;
}

static enum vn_wait_state
check_semaphore(const void *items,
                uint32_t index,
                struct vn_wait_point *point)
{
   const VkSemaphoreWaitInfo *info = items;
   struct vn_semaphore *semaphore =
      vn_semaphore_from_handle(info->pSemaphores[index]);
   const uint64_t wanted = info->pValues[index];

   retire_pending(semaphore);
   if (semaphore->known >= wanted)
      return VN_WAIT_DONE;

   for (uint32_t i = 0; i < semaphore->pending_count; i++) {
      const struct vn_semaphore_signal *signal = &semaphore->pending[i];
      if (signal->value >= wanted) {
         *point = (struct vn_wait_point){ signal->queue, signal->sync_value };
         return VN_WAIT_PENDING;
      }
   }
   return VN_WAIT_UNKNOWN;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_WaitSemaphores(VkDevice _device,
                  const VkSemaphoreWaitInfo *pWaitInfo,
                  uint64_t timeout)
{
   return vn_result(vn_wait(vn_device_from_handle(_device), check_semaphore,
                            pWaitInfo, pWaitInfo->semaphoreCount,
                            pWaitInfo->flags & VK_SEMAPHORE_WAIT_ANY_BIT,
                            timeout));
}
