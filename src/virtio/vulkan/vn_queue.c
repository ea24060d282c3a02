/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The queue itself, how far it has come, and waiting until it is idle. See
 * vn_submit.c for submissions.
 */

#include "vn_queue.h"

#include "vn_calls.h"
#include "vn_entrypoints.h"
#include "vn_instance.h"

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
   queue->dispatch.caps = &device->caps;
   queue->device = device;
   queue->family_index = info->queueFamilyIndex;
   queue->index = index;
   queue->flags = info->flags;
   pthread_mutex_init(&queue->alarm_mutex, NULL);

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
vn_queue_drop_objects(struct vn_queue *queue, struct vn_device *device)
{
   const VkDevice handle = vn_device_to_handle(device);
   vn_DestroyFence(handle, queue->idle_fence, NULL);
   queue->idle_fence = VK_NULL_HANDLE;
   vn_queue_feedback_drop_objects(&queue->feedback, device);
}

void
vn_queue_finish(struct vn_queue *queue)
{
   if (!queue->device)
      return;
   pthread_mutex_destroy(&queue->alarm_mutex);
   if (!queue->sync)
      return;

   struct vn_renderer *renderer;
   const struct vn_renderer_ops *ops =
      vn_device_renderer_ops(queue->device, &renderer);
   ops->sync_destroy(renderer, queue->sync);
   queue->sync = NULL;
}

/*
 * Takes the feedback into `completed`. The word has the low half of a number
 * that is close to it; what is not plausible is not believed.
 */
static void
read_feedback(struct vn_queue *queue)
{
   if (!queue->feedback.done)
      return;

   /* acquire: what the GPU wrote before is read after */
   const uint32_t word =
      atomic_load_explicit(queue->feedback.done, memory_order_acquire);
   const uint32_t ahead = word - (uint32_t)queue->completed;
   if (queue->completed < queue->fed && ahead <= VN_FEEDBACK_DEPTH) {
      queue->completed = VN_MIN(queue->completed + ahead, queue->fed);
   }
}

bool
vn_queue_reached(struct vn_queue *queue, uint64_t value)
{
   if (queue->completed < value)
      read_feedback(queue);
   return queue->completed >= value;
}

VkResult
vn_queue_alarm(struct vn_queue *queue, uint64_t value)
{
   struct vn_device *device = queue->device;
   VkResult result = VK_SUCCESS;

   pthread_mutex_lock(&queue->alarm_mutex);
   pthread_mutex_lock(&device->submit_mutex);
   const bool wanted = queue->alarmed < value;
   const uint64_t last = queue->submitted;
   const uint32_t seqno = queue->seqno;
   pthread_mutex_unlock(&device->submit_mutex);

   if (wanted) {
      result = vn_ring_submit_fence(device->dispatch.ring, seqno,
                                    queue->ring_idx, queue->sync, last);
      if (result == VK_SUCCESS) {
         pthread_mutex_lock(&device->submit_mutex);
         queue->alarmed = last;
         pthread_mutex_unlock(&device->submit_mutex);
      }
   }
   pthread_mutex_unlock(&queue->alarm_mutex);
   return result;
}

void
vn_queue_set_reached(struct vn_queue *queue, uint64_t value)
{
   pthread_mutex_lock(&queue->device->submit_mutex);
   /* a server that lies ahead is not believed beyond what was sent */
   value = VN_MIN(value, queue->submitted);
   queue->completed = VN_MAX(queue->completed, value);
   queue->observed = VN_MAX(queue->observed, value);
   pthread_mutex_unlock(&queue->device->submit_mutex);
}

void
vn_queue_set_observed(const struct vn_queue_point *point)
{
   struct vn_queue *queue = point->queue;
   pthread_mutex_lock(&queue->device->submit_mutex);
   queue->completed = VN_MAX(queue->completed, point->value);
   queue->observed = VN_MAX(queue->observed, point->value);
   pthread_mutex_unlock(&queue->device->submit_mutex);
}

/* Everything was reached, and the host knows. */
static bool
is_idle(struct vn_queue *queue)
{
   pthread_mutex_lock(&queue->device->submit_mutex);
   const bool idle = !queue->untracked && queue->observed == queue->submitted;
   pthread_mutex_unlock(&queue->device->submit_mutex);
   return idle;
}

/* Puts the queue's own fence behind everything. */
static VkResult
submit_idle_fence(struct vn_queue *queue)
{
   if (!queue->idle_fence) {
      const VkFenceCreateInfo info = {
         .sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO,
      };
      const VkResult result = vn_CreateFence(
         vn_device_to_handle(queue->device), &info, NULL, &queue->idle_fence);
      if (result != VK_SUCCESS)
         return result;
   }
   return vn_QueueSubmit(vn_queue_to_handle(queue), 0, NULL,
                         queue->idle_fence);
}

/* fences has room for count. No message if all are idle. */
static VkResult
wait_idle(struct vn_device *device,
          struct vn_queue *queues,
          uint32_t count,
          VkFence *fences)
{
   const VkDevice handle = vn_device_to_handle(device);
   uint32_t busy = 0;

   if (vn_ring_is_lost(device->dispatch.ring))
      return VK_ERROR_DEVICE_LOST;

   for (uint32_t i = 0; i < count; i++) {
      if (is_idle(&queues[i]))
         continue;
      const VkResult result = submit_idle_fence(&queues[i]);
      if (result != VK_SUCCESS)
         return result;
      fences[busy++] = queues[i].idle_fence;
   }
   if (!busy)
      return VK_SUCCESS;

   const VkResult result =
      vn_WaitForFences(handle, busy, fences, VK_TRUE, UINT64_MAX);
   if (result != VK_SUCCESS)
      return result;
   return vn_ResetFences(handle, busy, fences);
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_QueueWaitIdle(VkQueue _queue)
{
   struct vn_queue *queue = vn_queue_from_handle(_queue);
   VkFence fence;
   return vn_result(wait_idle(queue->device, queue, 1, &fence));
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_DeviceWaitIdle(VkDevice _device)
{
   struct vn_device *device = vn_device_from_handle(_device);
   /* a transport has no more timelines */
   VkFence fences[VN_RENDERER_MAX_TIMELINES];
   return vn_result(
      wait_idle(device, device->queues, device->queue_count, fences));
}
