/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Submission goes out without waiting. Each batch that somebody may wait for
 * becomes a point of the queue (see vn_queue.h) and, where that is possible,
 * ends in a command buffer of the driver's that announces it.
 */

#include "vn_calls.h"
#include "vn_chain.h"
#include "vn_entrypoints.h"
#include "vn_fence.h"
#include "vn_import_wait.h"
#include "vn_protocol.h"
#include "vn_queue.h"
#include "vn_semaphore.h"
#include "vn_sparse_bind.h"

/* What a batch signals that somebody may ask for; see vn_semaphore.h. */
struct signal_op {
   struct vn_semaphore *semaphore;
   uint64_t value; /* of a timeline semaphore */
   uint32_t batch;
};

/* On the stack, of one submission. */
struct submission {
   struct vn_queue *queue;
   VkFence fence;
   VkFence host_fence;   /* what the renderer is told of it */
   void *import_heap;    /* vn_import_wait.c's */
   uint32_t batch_count; /* of the application's */
   uint32_t op_count;
   struct signal_op *ops;
   /* of each batch, and of one more for a fence without any; 0: none */
   uint64_t *points;
   uint64_t base;        /* the point before it */
   uint32_t point_count; /* new ones */
   bool tracked;         /* there are any */
   bool fed;             /* with feedback */

   /* scratch memory; what of it is still free */
   uint8_t *cur;
   void *heap; /* owned; NULL while the storage suffices */
   uint64_t storage[128];
};

static size_t
round_up(size_t size)
{
   return (size + 7) & ~(size_t)7;
}

/* The sizes were summed up by submission_init. */
static void *
take(struct submission *s, size_t size)
{
   void *const memory = s->cur;
   s->cur += round_up(size);
   return memory;
}

/*
 * Room for op_max operations, and for batches and command buffers of the
 * given sizes: one more batch than there are, one more command buffer each.
 */
static VkResult
submission_init(struct submission *s,
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
   s->ops = take(s, ops_size);
   s->points = take(s, points_size);
   memset(s->points, 0, points_size);
   return VK_SUCCESS;
}

static void
submission_finish(struct submission *s)
{
   vn_import_wait_finish(s->queue, s->import_heap);
   vn_free_scratch(&s->queue->device->alloc, s->heap);
}

static void
add_signal_op(struct submission *s,
              uint32_t batch,
              VkSemaphore _semaphore,
              uint64_t value)
{
   struct vn_semaphore *semaphore = vn_semaphore_from_handle(_semaphore);
   if (!vn_semaphore_is_tracked(semaphore))
      return;
   s->ops[s->op_count++] = (struct signal_op){
      .semaphore = semaphore,
      .value = value,
      .batch = batch,
   };
}

/* The values are in a chained struct, where there are any. */
static void
add_signal_ops(struct submission *s,
               uint32_t batch,
               const void *chain,
               const VkSemaphore *semaphores,
               uint32_t count)
{
   const VkTimelineSemaphoreSubmitInfo *timeline =
      vn_find_struct(chain, VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO);
   for (uint32_t i = 0; i < count; i++) {
      const bool has_value =
         timeline && i < timeline->signalSemaphoreValueCount;
      add_signal_op(s, batch, semaphores[i],
                    has_value ? timeline->pSignalSemaphoreValues[i] : 0);
   }
}

/* Each batch with a point gets its number; the fence has the last one's. */
static void
number_batches(struct submission *s)
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

/* One point for all. */
static void
make_plain(struct submission *s)
{
   s->fed = false;
   s->point_count = 1;
   for (uint32_t i = 0; i <= s->batch_count; i++) {
      if (s->points[i])
         s->points[i] = s->base + 1;
   }
}

static bool
feedback_wanted(const struct submission *s)
{
   const uint32_t off = (s->fence ? VN_PERF_NO_FENCE_FEEDBACK : 0) |
                        (s->op_count ? VN_PERF_NO_SEMAPHORE_FEEDBACK : 0);
   return !(vn_perf_flags() & off);
}

/*
 * To be called when all operations are known; can_feed says whether command
 * buffers may be added. Puts the alarm behind what is about to be overtaken.
 */
static VkResult
plan_points(struct submission *s, bool can_feed)
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
      make_plain(s);
   return VK_SUCCESS;
}

/* Lets the fence and the semaphores know of what has just gone out. */
static VkResult
track(struct submission *s, uint32_t seqno)
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
         const struct signal_op *op = &s->ops[i];
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

/* Sends the encoded submission and ends it. */
static VkResult
send(struct submission *s, struct vn_ring_cmd *cmd)
{
   VkResult result = vn_ring_cmd_submit(cmd);
   if (result == VK_SUCCESS)
      result = track(s, cmd->seqno);
   vn_ring_cmd_finish(cmd);
   submission_finish(s);
   return result;
}

/* Whether a command buffer can be added to every batch. */
static bool
can_feed(const VkSubmitInfo *submits, uint32_t count)
{
   for (uint32_t i = 0; i < count; i++) {
      const void *chain = submits[i].pNext;
      /* masks for each command buffer, memory that ours must not touch,
       * passes over the same command buffers
       */
      if (vn_find_struct(chain, VK_STRUCTURE_TYPE_DEVICE_GROUP_SUBMIT_INFO) ||
          vn_find_struct(chain, VK_STRUCTURE_TYPE_PROTECTED_SUBMIT_INFO) ||
          vn_find_struct(chain,
                         VK_STRUCTURE_TYPE_PERFORMANCE_QUERY_SUBMIT_INFO_KHR))
         return false;
   }
   return true;
}

static bool
can_feed2(const VkSubmitInfo2 *submits, uint32_t count)
{
   for (uint32_t i = 0; i < count; i++) {
      if ((submits[i].flags & VK_SUBMIT_PROTECTED_BIT) ||
          vn_find_struct(submits[i].pNext,
                         VK_STRUCTURE_TYPE_PERFORMANCE_QUERY_SUBMIT_INFO_KHR))
         return false;
      for (uint32_t j = 0; j < submits[i].commandBufferInfoCount; j++) {
         if (submits[i].pCommandBufferInfos[j].deviceMask > 1)
            return false;
      }
   }
   return true;
}

/*
 * Copies of the batches with the announcements behind them. Changes
 * *submits_inout and *count_inout, or the points to a plain one if there is
 * no memory.
 */
static void
add_feedback(struct submission *s,
             const VkSubmitInfo **submits_inout,
             uint32_t *count_inout)
{
   const uint32_t count = VN_MAX(s->batch_count, 1u);
   VkSubmitInfo *submits = take(s, count * sizeof(*submits));
   submits[0] = (VkSubmitInfo){ .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO };
   if (s->batch_count)
      memcpy(submits, *submits_inout, count * sizeof(*submits));

   for (uint32_t i = 0; i < count; i++) {
      if (!s->points[i])
         continue;
      const uint32_t old = submits[i].commandBufferCount;
      VkCommandBuffer *cmds = take(s, (old + 1) * sizeof(*cmds));
      if (old)
         memcpy(cmds, submits[i].pCommandBuffers, old * sizeof(*cmds));
      cmds[old] = vn_queue_feedback_announce(s->queue, s->points[i]);
      if (!cmds[old]) {
         make_plain(s);
         return;
      }
      submits[i].pCommandBuffers = cmds;
      submits[i].commandBufferCount = old + 1;
   }
   *submits_inout = submits;
   *count_inout = count;
}

static void
add_feedback2(struct submission *s,
              const VkSubmitInfo2 **submits_inout,
              uint32_t *count_inout)
{
   const uint32_t count = VN_MAX(s->batch_count, 1u);
   VkSubmitInfo2 *submits = take(s, count * sizeof(*submits));
   submits[0] = (VkSubmitInfo2){ .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO_2 };
   if (s->batch_count)
      memcpy(submits, *submits_inout, count * sizeof(*submits));

   for (uint32_t i = 0; i < count; i++) {
      if (!s->points[i])
         continue;
      const uint32_t old = submits[i].commandBufferInfoCount;
      VkCommandBufferSubmitInfo *cmds = take(s, (old + 1) * sizeof(*cmds));
      if (old)
         memcpy(cmds, submits[i].pCommandBufferInfos, old * sizeof(*cmds));
      cmds[old] = (VkCommandBufferSubmitInfo){
         .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_SUBMIT_INFO,
         .commandBuffer = vn_queue_feedback_announce(s->queue, s->points[i]),
      };
      if (!cmds[old].commandBuffer) {
         make_plain(s);
         return;
      }
      submits[i].pCommandBufferInfos = cmds;
      submits[i].commandBufferInfoCount = old + 1;
   }
   *submits_inout = submits;
   *count_inout = count;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_QueueSubmit(VkQueue queue,
               uint32_t submitCount,
               const VkSubmitInfo *pSubmits,
               VkFence fence)
{
   struct submission s;
   size_t op_max = 0, cmd_max = 0;

   for (uint32_t i = 0; i < submitCount; i++) {
      op_max += pSubmits[i].signalSemaphoreCount;
      cmd_max += pSubmits[i].commandBufferCount;
   }
   VkResult result =
      submission_init(&s, queue, fence, submitCount, op_max,
                      sizeof(*pSubmits), cmd_max, sizeof(VkCommandBuffer));
   if (result != VK_SUCCESS)
      return vn_result(result);

   for (uint32_t i = 0; i < submitCount; i++) {
      add_signal_ops(&s, i, pSubmits[i].pNext, pSubmits[i].pSignalSemaphores,
                     pSubmits[i].signalSemaphoreCount);
   }
   result =
      vn_import_wait_submit(s.queue, submitCount, &pSubmits, &s.import_heap);
   if (result == VK_SUCCESS)
      result = plan_points(&s, can_feed(pSubmits, submitCount));
   if (result != VK_SUCCESS) {
      submission_finish(&s);
      return vn_result(result);
   }
   if (s.fed)
      add_feedback(&s, &pSubmits, &submitCount);

   struct vn_ring_cmd cmd;
   vn_ring_cmd_init(&cmd, vn_ring_of(queue));
   cmd.enc.caps = vn_caps_of(queue);
   vn_encode_vkQueueSubmit(&cmd.enc, 0, queue, submitCount, pSubmits,
                           s.host_fence);
   return vn_result(send(&s, &cmd));
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_QueueSubmit2(VkQueue queue,
                uint32_t submitCount,
                const VkSubmitInfo2 *pSubmits,
                VkFence fence)
{
   struct submission s;
   size_t op_max = 0, cmd_max = 0;

   for (uint32_t i = 0; i < submitCount; i++) {
      op_max += pSubmits[i].signalSemaphoreInfoCount;
      cmd_max += pSubmits[i].commandBufferInfoCount;
   }
   VkResult result = submission_init(&s, queue, fence, submitCount, op_max,
                                     sizeof(*pSubmits), cmd_max,
                                     sizeof(VkCommandBufferSubmitInfo));
   if (result != VK_SUCCESS)
      return vn_result(result);

   for (uint32_t i = 0; i < submitCount; i++) {
      for (uint32_t j = 0; j < pSubmits[i].signalSemaphoreInfoCount; j++) {
         const VkSemaphoreSubmitInfo *info =
            &pSubmits[i].pSignalSemaphoreInfos[j];
         add_signal_op(&s, i, info->semaphore, info->value);
      }
   }
   result =
      vn_import_wait_submit2(s.queue, submitCount, &pSubmits, &s.import_heap);
   if (result == VK_SUCCESS)
      result = plan_points(&s, can_feed2(pSubmits, submitCount));
   if (result != VK_SUCCESS) {
      submission_finish(&s);
      return vn_result(result);
   }
   if (s.fed)
      add_feedback2(&s, &pSubmits, &submitCount);

   struct vn_ring_cmd cmd;
   vn_ring_cmd_init(&cmd, vn_ring_of(queue));
   cmd.enc.caps = vn_caps_of(queue);
   vn_encode_vkQueueSubmit2(&cmd.enc, 0, queue, submitCount, pSubmits,
                            s.host_fence);
   return vn_result(send(&s, &cmd));
}

/* Bindings are no commands: a command buffer behind them says nothing. */
VKAPI_ATTR VkResult VKAPI_CALL
vn_QueueBindSparse(VkQueue queue,
                   uint32_t bindInfoCount,
                   const VkBindSparseInfo *pBindInfo,
                   VkFence fence)
{
   struct submission s;
   size_t op_max = 0;

   for (uint32_t i = 0; i < bindInfoCount; i++)
      op_max += pBindInfo[i].signalSemaphoreCount;
   VkResult result =
      submission_init(&s, queue, fence, bindInfoCount, op_max, 0, 0, 0);
   if (result != VK_SUCCESS)
      return vn_result(result);

   for (uint32_t i = 0; i < bindInfoCount; i++) {
      add_signal_ops(&s, i, pBindInfo[i].pNext,
                     pBindInfo[i].pSignalSemaphores,
                     pBindInfo[i].signalSemaphoreCount);
   }
   struct vn_device *device = s.queue->device;
   const VkBindSparseInfo *binds;
   result = vn_import_wait_bind_sparse(s.queue, bindInfoCount, &pBindInfo,
                                       &s.import_heap);
   if (result == VK_SUCCESS) {
      result =
         vn_sparse_bind_translate(device, bindInfoCount, pBindInfo, &binds);
   }
   if (result != VK_SUCCESS) {
      submission_finish(&s);
      return vn_result(result);
   }

   result = plan_points(&s, false);
   if (result != VK_SUCCESS) {
      vn_sparse_bind_finish(device, pBindInfo, binds);
      submission_finish(&s);
      return vn_result(result);
   }

   struct vn_ring_cmd cmd;
   vn_ring_cmd_init(&cmd, vn_ring_of(queue));
   cmd.enc.caps = vn_caps_of(queue);
   vn_encode_vkQueueBindSparse(&cmd.enc, 0, queue, bindInfoCount, binds,
                               s.host_fence);
   vn_sparse_bind_finish(device, pBindInfo, binds);
   return vn_result(send(&s, &cmd));
}
