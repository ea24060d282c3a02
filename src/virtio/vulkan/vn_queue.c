/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Submission goes out without waiting. Whatever somebody may wait for (a
 * fence, a timeline semaphore's new value) gets a transport fence behind it
 * at once: made later, it would also cover work that was submitted in
 * between, and that work may depend on the waiter.
 */

#include "vn_queue.h"

#include "vn_calls.h"
#include "vn_chain.h"
#include "vn_entrypoints.h"
#include "vn_fence.h"
#include "vn_instance.h"
#include "vn_protocol.h"
#include "vn_semaphore.h"
#include "vn_sparse_bind.h"
#include "vn_wait.h"

VkResult
vn_queue_init(struct vn_queue *queue,
              struct vn_device *device,
              const VkDeviceQueueCreateInfo *info,
              uint32_t index)
{
   struct vn_renderer *renderer;
   const struct vn_renderer_ops *ops =
      vn_device_renderer_ops(device, &renderer);

   vn_object_init(&queue->dispatch.base, VK_OBJECT_TYPE_QUEUE);
   queue->dispatch.ring = device->dispatch.ring;
   queue->device = device;
   queue->family_index = info->queueFamilyIndex;
   queue->index = index;
   queue->flags = info->flags;

   queue->ring_idx = vn_instance_alloc_ring_idx(device->instance);
   if (!queue->ring_idx) {
      vn_log(ERROR,
             "no timeline left for another queue: the transport has "
             "%u for all devices of an instance",
             renderer->info.timeline_count);
      return VK_ERROR_INITIALIZATION_FAILED;
   }

   const VkResult result = ops->sync_create(renderer, 0, &queue->sync);
   if (result != VK_SUCCESS)
      return result;

   const VkDeviceQueueTimelineInfoMESA timeline = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_TIMELINE_INFO_MESA,
      .ringIdx = queue->ring_idx,
   };
   const VkDeviceQueueInfo2 queue_info = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_INFO_2,
      .pNext = &timeline,
      .flags = queue->flags,
      .queueFamilyIndex = queue->family_index,
      .queueIndex = queue->index,
   };
   VkQueue handle = vn_queue_to_handle(queue);
   return vn_async_vkGetDeviceQueue2(device->dispatch.ring,
                                     vn_device_to_handle(device), &queue_info,
                                     &handle);
}

void
vn_queue_finish(struct vn_queue *queue)
{
   if (!queue->sync)
      return;

   struct vn_renderer *renderer;
   const struct vn_renderer_ops *ops =
      vn_device_renderer_ops(queue->device, &renderer);
   ops->sync_destroy(renderer, queue->sync);
   queue->sync = NULL;
}

VkResult
vn_queue_submit_fence(struct vn_queue *queue,
                      uint32_t seqno,
                      uint64_t *value_out)
{
   struct vn_device *device = queue->device;

   pthread_mutex_lock(&device->submit_mutex);
   const uint64_t value = ++queue->submitted;
   pthread_mutex_unlock(&device->submit_mutex);

   *value_out = value;
   return vn_ring_submit_fence(device->dispatch.ring, seqno, queue->ring_idx,
                               queue->sync, value);
}

/* One semaphore that a submission signals; binary ones have no value. */
struct signal_op {
   struct vn_semaphore *semaphore;
   uint64_t value;
};

static bool
is_timeline(VkSemaphore semaphore)
{
   return vn_semaphore_from_handle(semaphore)->type ==
          VK_SEMAPHORE_TYPE_TIMELINE;
}

/*
 * Makes the fence and the signalled timeline semaphores know of a submission
 * that has just gone out as ring seqno. ops has op_count entries.
 */
static VkResult
track_submission(struct vn_queue *queue,
                 uint32_t seqno,
                 VkFence _fence,
                 const struct signal_op *ops,
                 uint32_t op_count)
{
   struct vn_device *device = queue->device;
   struct vn_fence *fence = vn_fence_from_handle(_fence);
   if (!fence && !op_count)
      return VK_SUCCESS;

   uint64_t value;
   VkResult result = vn_queue_submit_fence(queue, seqno, &value);
   if (result != VK_SUCCESS)
      return result;

   pthread_mutex_lock(&device->submit_mutex);
   if (fence)
      vn_fence_set_pending(fence, queue, value);
   for (uint32_t i = 0; i < op_count; i++) {
      if (!vn_semaphore_add_pending(ops[i].semaphore, ops[i].value, queue,
                                    value))
         result = VK_ERROR_OUT_OF_HOST_MEMORY;
   }
   pthread_cond_broadcast(&device->submit_cond);
   pthread_mutex_unlock(&device->submit_mutex);
   return result;
}

static VkResult
alloc_signal_ops(struct vn_queue *queue,
                 uint32_t count,
                 struct signal_op **ops_out)
{
   *ops_out = NULL;
   if (!count)
      return VK_SUCCESS;
   *ops_out =
      vn_alloc_scratch(&queue->device->alloc, count * sizeof(**ops_out));
   return *ops_out ? VK_SUCCESS : VK_ERROR_OUT_OF_HOST_MEMORY;
}

static void
add_signal_op(struct signal_op *ops,
              uint32_t *op_count,
              VkSemaphore semaphore,
              uint64_t value)
{
   if (!is_timeline(semaphore))
      return;
   ops[(*op_count)++] = (struct signal_op){
      .semaphore = vn_semaphore_from_handle(semaphore),
      .value = value,
   };
}

/* The values are in a chained struct, where there are any. */
static void
add_chained_signal_ops(struct signal_op *ops,
                       uint32_t *op_count,
                       const void *chain,
                       const VkSemaphore *semaphores,
                       uint32_t count)
{
   const VkTimelineSemaphoreSubmitInfo *timeline =
      vn_find_struct(chain, VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO);
   if (!timeline)
      return;
   count = VN_MIN(count, timeline->signalSemaphoreValueCount);
   for (uint32_t i = 0; i < count; i++) {
      add_signal_op(ops, op_count, semaphores[i],
                    timeline->pSignalSemaphoreValues[i]);
   }
}

/* Sends the encoded submission and frees ops. */
static VkResult
submit_and_track(struct vn_queue *queue,
                 struct vn_ring_cmd *cmd,
                 VkFence fence,
                 struct signal_op *ops,
                 uint32_t op_count)
{
   VkResult result = vn_ring_cmd_submit(cmd);
   if (result == VK_SUCCESS)
      result = track_submission(queue, cmd->seqno, fence, ops, op_count);
   vn_ring_cmd_finish(cmd);
   vn_free_scratch(&queue->device->alloc, ops);
   return result;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_QueueSubmit(VkQueue _queue,
               uint32_t submitCount,
               const VkSubmitInfo *pSubmits,
               VkFence fence)
{
   struct vn_queue *queue = vn_queue_from_handle(_queue);
   struct signal_op *ops;
   uint32_t op_count = 0;

   for (uint32_t i = 0; i < submitCount; i++)
      op_count += pSubmits[i].signalSemaphoreCount;
   VkResult result = alloc_signal_ops(queue, op_count, &ops);
   if (result != VK_SUCCESS)
      return vn_result(result);

   op_count = 0;
   for (uint32_t i = 0; i < submitCount; i++) {
      add_chained_signal_ops(ops, &op_count, pSubmits[i].pNext,
                             pSubmits[i].pSignalSemaphores,
                             pSubmits[i].signalSemaphoreCount);
   }

   struct vn_ring_cmd cmd;
   vn_ring_cmd_init(&cmd, queue->dispatch.ring);
   vn_encode_vkQueueSubmit(&cmd.enc, 0, _queue, submitCount, pSubmits, fence);
   return vn_result(submit_and_track(queue, &cmd, fence, ops, op_count));
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_QueueSubmit2(VkQueue _queue,
                uint32_t submitCount,
                const VkSubmitInfo2 *pSubmits,
                VkFence fence)
{
   struct vn_queue *queue = vn_queue_from_handle(_queue);
   struct signal_op *ops;
   uint32_t op_count = 0;

   for (uint32_t i = 0; i < submitCount; i++)
      op_count += pSubmits[i].signalSemaphoreInfoCount;
   VkResult result = alloc_signal_ops(queue, op_count, &ops);
   if (result != VK_SUCCESS)
      return vn_result(result);

   op_count = 0;
   for (uint32_t i = 0; i < submitCount; i++) {
      for (uint32_t j = 0; j < pSubmits[i].signalSemaphoreInfoCount; j++) {
         const VkSemaphoreSubmitInfo *info =
            &pSubmits[i].pSignalSemaphoreInfos[j];
         add_signal_op(ops, &op_count, info->semaphore, info->value);
      }
   }

   struct vn_ring_cmd cmd;
   vn_ring_cmd_init(&cmd, queue->dispatch.ring);
   vn_encode_vkQueueSubmit2(&cmd.enc, 0, _queue, submitCount, pSubmits,
                            fence);
   return vn_result(submit_and_track(queue, &cmd, fence, ops, op_count));
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_QueueBindSparse(VkQueue _queue,
                   uint32_t bindInfoCount,
                   const VkBindSparseInfo *pBindInfo,
                   VkFence fence)
{
   struct vn_queue *queue = vn_queue_from_handle(_queue);
   struct signal_op *ops;
   uint32_t op_count = 0;

   for (uint32_t i = 0; i < bindInfoCount; i++)
      op_count += pBindInfo[i].signalSemaphoreCount;
   VkResult result = alloc_signal_ops(queue, op_count, &ops);
   if (result != VK_SUCCESS)
      return vn_result(result);

   op_count = 0;
   for (uint32_t i = 0; i < bindInfoCount; i++) {
      add_chained_signal_ops(ops, &op_count, pBindInfo[i].pNext,
                             pBindInfo[i].pSignalSemaphores,
                             pBindInfo[i].signalSemaphoreCount);
   }

   const VkBindSparseInfo *binds;
   result = vn_sparse_bind_translate(queue->device, bindInfoCount, pBindInfo,
                                     &binds);
   if (result != VK_SUCCESS) {
      vn_free_scratch(&queue->device->alloc, ops);
      return vn_result(result);
   }

   struct vn_ring_cmd cmd;
   vn_ring_cmd_init(&cmd, queue->dispatch.ring);
   vn_encode_vkQueueBindSparse(&cmd.enc, 0, _queue, bindInfoCount, binds,
                               fence);
   vn_sparse_bind_finish(queue->device, pBindInfo, binds);
   return vn_result(submit_and_track(queue, &cmd, fence, ops, op_count));
}

/* Items are wait points themselves. */
static enum vn_wait_state
check_point(const void *items, uint32_t index, struct vn_wait_point *point)
{
   *point = ((const struct vn_wait_point *)items)[index];
   return point->queue->completed >= point->value ? VN_WAIT_DONE
                                                  : VN_WAIT_PENDING;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_QueueWaitIdle(VkQueue _queue)
{
   struct vn_queue *queue = vn_queue_from_handle(_queue);
   struct vn_wait_point point = { .queue = queue };
   VkResult result = vn_queue_submit_fence(
      queue, vn_ring_last_seqno(queue->dispatch.ring), &point.value);
   if (result == VK_SUCCESS) {
      result =
         vn_wait(queue->device, check_point, &point, 1, false, UINT64_MAX);
   }
   return vn_result(result);
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_DeviceWaitIdle(VkDevice _device)
{
   struct vn_device *device = vn_device_from_handle(_device);
   if (!device->queue_count)
      return VK_SUCCESS;

   const uint32_t seqno = vn_ring_last_seqno(device->dispatch.ring);
   struct vn_wait_point *points =
      vn_alloc_scratch(&device->alloc, device->queue_count * sizeof(*points));
   if (!points)
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);

   VkResult result = VK_SUCCESS;
   for (uint32_t i = 0; i < device->queue_count; i++) {
      points[i].queue = &device->queues[i];
      result =
         vn_queue_submit_fence(points[i].queue, seqno, &points[i].value);
      if (result != VK_SUCCESS)
         break;
   }
   if (result == VK_SUCCESS) {
      result = vn_wait(device, check_point, points, device->queue_count,
                       false, UINT64_MAX);
   }
   vn_free_scratch(&device->alloc, points);
   return vn_result(result);
}
