/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Binary semaphores live on the host alone, but for what vn_sync_file.c does
 * with them. Of a timeline semaphore the driver also knows which point of
 * which queue will bring which value, and so its counter.
 */

#include "vn_semaphore.h"

#include "vn_calls.h"
#include "vn_chain.h"
#include "vn_entrypoints.h"
#include "vn_wait.h"

/*
 * Takes what has finished out of pending and into known. False: a submission
 * is pending of which only the host can say whether it has.
 */
static bool
retire_pending(struct vn_semaphore *semaphore)
{
   bool certain = true;
   uint32_t kept = 0;
   for (uint32_t i = 0; i < semaphore->pending_count; i++) {
      const struct vn_semaphore_signal *signal = &semaphore->pending[i];
      const struct vn_queue_point *point = &signal->point;
      if (!vn_queue_reached(point->queue, point->value)) {
         if (vn_queue_is_plain(point->queue, point->value))
            certain = false;
         semaphore->pending[kept++] = *signal;
      } else if (signal->value > semaphore->known) {
         semaphore->known = signal->value;
         semaphore->reached = *point;
      }
   }
   semaphore->pending_count = kept;
   return certain;
}

bool
vn_semaphore_add_pending(struct vn_semaphore *semaphore,
                         uint64_t value,
                         const struct vn_queue_point *point)
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
         .point = *point,
      };
   return true;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_CreateSemaphore(VkDevice _device,
                   const VkSemaphoreCreateInfo *pCreateInfo,
                   const VkAllocationCallbacks *pAllocator,
                   VkSemaphore *pSemaphore)
{
   struct vn_device *device = vn_device_from_handle(_device);
   struct vn_semaphore *semaphore = vn_device_object_zalloc(
      _device, pAllocator, sizeof(*semaphore), VK_OBJECT_TYPE_SEMAPHORE);
   if (!semaphore)
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);

   const VkSemaphoreTypeCreateInfo *type = vn_device_find_struct(
      device, VN_DEVICE_EXT_KHR_timeline_semaphore, pCreateInfo->pNext,
      VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO);
   if (type && type->semaphoreType == VK_SEMAPHORE_TYPE_TIMELINE) {
      semaphore->type = VK_SEMAPHORE_TYPE_TIMELINE;
      semaphore->known = type->initialValue;
      semaphore->observed = type->initialValue;
   }

   /* the handle type is between the guest and its kernel */
   static const VkStructureType ours[] = {
      VK_STRUCTURE_TYPE_EXPORT_SEMAPHORE_CREATE_INFO,
   };
   const VkExportSemaphoreCreateInfo *export_info =
      vn_device_find_struct(device, VN_DEVICE_EXT_KHR_external_semaphore,
                            pCreateInfo->pNext, ours[0]);
   semaphore->exportable = export_info && export_info->handleTypes;
   semaphore->import_fd = -1;

   struct vn_chain chain;
   VkResult result =
      vn_chain_init(&chain, &device->alloc, &device->caps, pCreateInfo->pNext,
                    ours, VN_ARRAY_SIZE(ours));
   if (result == VK_SUCCESS) {
      VkSemaphoreCreateInfo info = *pCreateInfo;
      VkSemaphore handle = vn_semaphore_to_handle(semaphore);
      info.pNext = chain.first;
      result = vn_async_vkCreateSemaphore(vn_ring_of(_device), _device, &info,
                                          NULL, &handle);
      vn_chain_finish(&chain);
   }
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
   vn_DestroySemaphore(_device, semaphore->carrier, NULL);
   u_fd_close(&semaphore->import_fd);
   free(semaphore->pending);
   vn_object_destroy(_device, pAllocator, semaphore);
}

/* The host has said, or will have on the ring from now on. */
static void
set_observed(struct vn_device *device,
             struct vn_semaphore *semaphore,
             uint64_t value)
{
   pthread_mutex_lock(&device->submit_mutex);
   semaphore->observed = VN_MAX(semaphore->observed, value);
   semaphore->known = VN_MAX(semaphore->known, value);
   pthread_mutex_unlock(&device->submit_mutex);
}

/* See vn_queue.h. value_out: what is known now, observed. May be NULL. */
static VkResult
observe_semaphore(struct vn_device *device,
                  VkSemaphore handle,
                  uint64_t *value_out)
{
   struct vn_semaphore *semaphore = vn_semaphore_from_handle(handle);

   pthread_mutex_lock(&device->submit_mutex);
   const uint64_t value = semaphore->known;
   const struct vn_queue_point point = semaphore->reached;
   /* an alarm may have done it */
   if (point.queue && point.queue->observed >= point.value)
      semaphore->observed = value;
   const bool must = semaphore->observed < value;
   pthread_mutex_unlock(&device->submit_mutex);

   if (must) {
      const VkSemaphoreWaitInfo info = {
         .sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
         .semaphoreCount = 1,
         .pSemaphores = &handle,
         .pValues = &value,
      };
      const VkResult result = vn_async_vkWaitSemaphores(
         device->dispatch.ring, vn_device_to_handle(device), &info,
         UINT64_MAX);
      if (result != VK_SUCCESS)
         return result;
      set_observed(device, semaphore, value);
      if (point.queue)
         vn_queue_set_observed(&point);
   }
   if (value_out)
      *value_out = value;
   return VK_SUCCESS;
}

static VkResult
ask_counter(struct vn_device *device, VkSemaphore handle)
{
   uint64_t value;
   const VkResult result = vn_call_vkGetSemaphoreCounterValue(
      device->dispatch.ring, vn_device_to_handle(device), handle, &value);
   if (result == VK_SUCCESS)
      set_observed(device, vn_semaphore_from_handle(handle), value);
   return result;
}

/* Whether the counter follows from the points alone. */
static bool
knows_counter(struct vn_device *device, struct vn_semaphore *semaphore)
{
   if (vn_perf_flags() & VN_PERF_NO_SEMAPHORE_FEEDBACK)
      return false;

   pthread_mutex_lock(&device->submit_mutex);
   const bool certain = retire_pending(semaphore);
   pthread_mutex_unlock(&device->submit_mutex);
   return certain;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_GetSemaphoreCounterValue(VkDevice _device,
                            VkSemaphore _semaphore,
                            uint64_t *pValue)
{
   struct vn_device *device = vn_device_from_handle(_device);
   const VkResult result =
      knows_counter(device, vn_semaphore_from_handle(_semaphore))
         ? vn_wait_look_for_life(device, 0)
         : ask_counter(device, _semaphore);
   if (result != VK_SUCCESS)
      return vn_result(result);
   /* a wait must not have said more than this */
   return vn_result(observe_semaphore(device, _semaphore, pValue));
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_SignalSemaphore(VkDevice _device, const VkSemaphoreSignalInfo *pSignalInfo)
{
   struct vn_device *device = vn_device_from_handle(_device);
   const VkResult result =
      vn_async_vkSignalSemaphore(device->dispatch.ring, _device, pSignalInfo);
   if (result != VK_SUCCESS)
      return vn_result(result);

   set_observed(device, vn_semaphore_from_handle(pSignalInfo->semaphore),
                pSignalInfo->value);
   pthread_mutex_lock(&device->submit_mutex);
   pthread_cond_broadcast(&device->submit_cond);
   pthread_mutex_unlock(&device->submit_mutex);
   return VK_SUCCESS;
}

static enum vn_wait_state
check_semaphore(const void *items,
                uint32_t index,
                struct vn_queue_point *point)
{
   const VkSemaphoreWaitInfo *info = items;
   struct vn_semaphore *semaphore =
      vn_semaphore_from_handle(info->pSemaphores[index]);
   const uint64_t wanted = info->pValues[index];

   if (semaphore->known >= wanted)
      return VN_WAIT_DONE;
   retire_pending(semaphore);
   if (semaphore->known >= wanted)
      return VN_WAIT_DONE;

   for (uint32_t i = 0; i < semaphore->pending_count; i++) {
      const struct vn_semaphore_signal *signal = &semaphore->pending[i];
      if (signal->value >= wanted) {
         *point = signal->point;
         return VN_WAIT_PENDING;
      }
   }
   return VN_WAIT_UNKNOWN;
}

static VkResult
ask_semaphore(struct vn_device *device, const void *items, uint32_t index)
{
   const VkSemaphoreWaitInfo *info = items;
   return ask_counter(device, info->pSemaphores[index]);
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_WaitSemaphores(VkDevice _device,
                  const VkSemaphoreWaitInfo *pWaitInfo,
                  uint64_t timeout)
{
   struct vn_device *device = vn_device_from_handle(_device);
   const struct vn_wait wait = {
      .check = check_semaphore,
      .ask = ask_semaphore,
      .items = pWaitInfo,
      .count = pWaitInfo->semaphoreCount,
      .any = pWaitInfo->flags & VK_SEMAPHORE_WAIT_ANY_BIT,
      .timeout_ns = timeout,
   };
   VkResult result = vn_wait(device, &wait);

   for (uint32_t i = 0; result == VK_SUCCESS && i < pWaitInfo->semaphoreCount;
        i++)
      result = observe_semaphore(device, pWaitInfo->pSemaphores[i], NULL);
   return vn_result(result);
}
