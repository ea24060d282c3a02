/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See vn_submission.h.
 */

#include "vn_submission.h"

#include "vn_chain.h"
#include "vn_fence.h"
#include "vn_import_wait.h"

static size_t
round_up(size_t size)
{
   return (size + 7) & ~(size_t)7;
}

void *
vn_submission_take(struct vn_submission *s, size_t size)
{
   void *const memory = s->cur;
   s->cur += round_up(size);
   return memory;
}

VkResult
vn_submission_init(struct vn_submission *s,
                   VkQueue queue,
                   VkFence fence,
                   uint32_t batch_count,
                   size_t op_max,
                   size_t batch_size,
                   size_t cmd_max,
                   size_t cmd_size)
{
   s->queue = vn_queue_from_handle(queue);
   s->fence = fence;
   s->host_fence = fence && vn_fence_from_handle(fence)->exportable
                      ? VK_NULL_HANDLE
                      : fence;
   s->import_heap = NULL;
   s->batch_count = batch_count;
   s->op_count = 0;
   s->base = 0;
   s->point_count = 0;
   s->tracked = false;
   s->fed = false;
   s->heap = NULL;

   const size_t ops_size = op_max * sizeof(*s->ops);
   const size_t points_size = ((size_t)batch_count + 1) * sizeof(*s->points);
   const size_t size = round_up(ops_size) + round_up(points_size) +
                       ((size_t)batch_count + 1) * (batch_size + cmd_size) +
                       cmd_max * cmd_size;
   if (size > sizeof(s->storage)) {
      s->heap = vn_alloc_scratch(&s->queue->device->alloc, size);
      if (!s->heap)
         return VK_ERROR_OUT_OF_HOST_MEMORY;
   }
   s->cur = s->heap ? s->heap : (uint8_t *)s->storage;
   s->ops = vn_submission_take(s, ops_size);
   s->points = vn_submission_take(s, points_size);
   memset(s->points, 0, points_size);
   return VK_SUCCESS;
}

void
vn_submission_finish(struct vn_submission *s)
{
   vn_import_wait_finish(s->queue, s->import_heap);
   vn_free_scratch(&s->queue->device->alloc, s->heap);
}

void
vn_submission_add_signal(struct vn_submission *s,
                         uint32_t batch,
                         VkSemaphore _semaphore,
                         uint64_t value)
{
   struct vn_semaphore *semaphore = vn_semaphore_from_handle(_semaphore);
   if (!vn_semaphore_is_tracked(semaphore))
      return;
   s->ops[s->op_count++] = (struct vn_signal_op){
      .semaphore = semaphore,
      .value = value,
      .batch = batch,
   };
}

void
vn_submission_add_signals(struct vn_submission *s,
                          uint32_t batch,
                          const void *chain,
                          const VkSemaphore *semaphores,
                          uint32_t count)
{
   const VkTimelineSemaphoreSubmitInfo *timeline = vn_device_find_struct(
      s->queue->device, VN_DEVICE_EXT_KHR_timeline_semaphore, chain,
      VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO);
   for (uint32_t i = 0; i < count; i++) {
      const bool has_value =
         timeline && i < timeline->signalSemaphoreValueCount;
      vn_submission_add_signal(
         s, batch, semaphores[i],
         has_value ? timeline->pSignalSemaphoreValues[i] : 0);
   }
}

/* Each batch with a point gets its number; the fence has the last one's. */
static void
number_batches(struct vn_submission *s)
{
   if (s->fence)
      s->points[s->batch_count ? s->batch_count - 1 : 0] = 1;
   for (uint32_t i = 0; i < s->op_count; i++)
      s->points[s->ops[i].batch] = 1;

   for (uint32_t i = 0; i <= s->batch_count; i++) {
      if (s->points[i])
         s->points[i] = s->base + ++s->point_count;
   }
}

void
vn_submission_make_plain(struct vn_submission *s)
{
   s->fed = false;
   s->point_count = 1;
   for (uint32_t i = 0; i <= s->batch_count; i++) {
      if (s->points[i])
         s->points[i] = s->base + 1;
   }
}

static bool
feedback_wanted(const struct vn_submission *s)
{
   const uint32_t off = (s->fence ? VN_PERF_NO_FENCE_FEEDBACK : 0) |
                        (s->op_count ? VN_PERF_NO_SEMAPHORE_FEEDBACK : 0);
   return !(vn_perf_flags() & off);
}

VkResult
vn_submission_plan(struct vn_submission *s, bool can_feed)
{
   struct vn_queue *queue = s->queue;
   struct vn_device *device = queue->device;

   pthread_mutex_lock(&device->submit_mutex);
   s->base = queue->submitted;
   const bool overtaken =
      !vn_queue_reached(queue, s->base) && queue->alarmed < s->base;
   const uint64_t under_way = s->base - queue->completed;
   const bool plain_under_way =
      under_way && vn_queue_is_plain(queue, s->base);
   pthread_mutex_unlock(&device->submit_mutex);

   if (overtaken) {
      const VkResult result = vn_queue_alarm(queue, s->base);
      if (result != VK_SUCCESS)
         return result;
   }

   s->tracked = s->fence || s->op_count;
   if (!s->tracked)
      return VK_SUCCESS;
   number_batches(s);
   /* nothing but an alarm can stand for a fence that the host does not see */
   s->fed = can_feed && s->host_fence == s->fence && !plain_under_way &&
            feedback_wanted(s) &&
            under_way + s->point_count <= VN_FEEDBACK_DEPTH &&
            vn_queue_feedback_ready(queue);
   if (!s->fed)
      vn_submission_make_plain(s);
   return VK_SUCCESS;
}

VkResult
vn_submission_track(struct vn_submission *s, uint32_t seqno)
{
   struct vn_queue *queue = s->queue;
   struct vn_device *device = queue->device;
   struct vn_fence *fence = vn_fence_from_handle(s->fence);
   const uint64_t last = s->base + s->point_count;
   VkResult result = VK_SUCCESS;

   pthread_mutex_lock(&device->submit_mutex);
   queue->seqno = seqno;
   /* a plain point covers the whole submission, one with feedback what lies
    * before it
    */
   queue->untracked =
      !s->tracked ||
      (s->fed && !s->points[s->batch_count ? s->batch_count - 1 : 0]);
   if (s->tracked) {
      queue->submitted = last;
      if (s->fed)
         queue->fed = last;
      if (fence)
         vn_fence_set_pending(fence, queue, last);
      for (uint32_t i = 0; i < s->op_count; i++) {
         const struct vn_signal_op *op = &s->ops[i];
         const struct vn_queue_point point = {
            queue,
            s->points[op->batch],
         };
         if (op->semaphore->type == VK_SEMAPHORE_TYPE_BINARY)
            op->semaphore->signal = point;
         else if (!vn_semaphore_add_pending(op->semaphore, op->value, &point))
            result = VK_ERROR_OUT_OF_HOST_MEMORY;
      }
   }
   pthread_cond_broadcast(&device->submit_cond);
   pthread_mutex_unlock(&device->submit_mutex);

   if (s->tracked && !s->fed) {
      const VkResult alarm_result = vn_queue_alarm(queue, last);
      if (alarm_result != VK_SUCCESS)
         result = alarm_result;
   }
   return result;
}
