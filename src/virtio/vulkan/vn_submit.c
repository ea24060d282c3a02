/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Submission goes out without waiting. Each batch that somebody may wait for
 * becomes a point of the queue (see vn_submission.h) and, where that is
 * possible, ends in a command buffer of the driver's that announces it.
 */

#include "vn_calls.h"
#include "vn_chain.h"
#include "vn_entrypoints.h"
#include "vn_import_wait.h"
#include "vn_protocol.h"
#include "vn_sparse_bind.h"
#include "vn_submission.h"

/* Sends the encoded submission and ends it. */
static VkResult
send(struct vn_submission *s, struct vn_ring_cmd *cmd)
{
   VkResult result = vn_ring_cmd_submit(cmd);
   if (result == VK_SUCCESS)
      result = vn_submission_track(s, cmd->seqno);
   vn_ring_cmd_finish(cmd);
   vn_submission_finish(s);
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
add_feedback(struct vn_submission *s,
             const VkSubmitInfo **submits_inout,
             uint32_t *count_inout)
{
   const uint32_t count = VN_MAX(s->batch_count, 1u);
   VkSubmitInfo *submits = vn_submission_take(s, count * sizeof(*submits));
   submits[0] = (VkSubmitInfo){ .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO };
   if (s->batch_count)
      memcpy(submits, *submits_inout, count * sizeof(*submits));

   for (uint32_t i = 0; i < count; i++) {
      if (!s->points[i])
         continue;
      const uint32_t old = submits[i].commandBufferCount;
      VkCommandBuffer *cmds =
         vn_submission_take(s, (old + 1) * sizeof(*cmds));
      if (old)
         memcpy(cmds, submits[i].pCommandBuffers, old * sizeof(*cmds));
      cmds[old] = vn_queue_feedback_announce(s->queue, s->points[i]);
      if (!cmds[old]) {
         vn_submission_make_plain(s);
         return;
      }
      submits[i].pCommandBuffers = cmds;
      submits[i].commandBufferCount = old + 1;
   }
   *submits_inout = submits;
   *count_inout = count;
}

static void
add_feedback2(struct vn_submission *s,
              const VkSubmitInfo2 **submits_inout,
              uint32_t *count_inout)
{
   const uint32_t count = VN_MAX(s->batch_count, 1u);
   VkSubmitInfo2 *submits = vn_submission_take(s, count * sizeof(*submits));
   submits[0] = (VkSubmitInfo2){ .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO_2 };
   if (s->batch_count)
      memcpy(submits, *submits_inout, count * sizeof(*submits));

   for (uint32_t i = 0; i < count; i++) {
      if (!s->points[i])
         continue;
      const uint32_t old = submits[i].commandBufferInfoCount;
      VkCommandBufferSubmitInfo *cmds =
         vn_submission_take(s, (old + 1) * sizeof(*cmds));
      if (old)
         memcpy(cmds, submits[i].pCommandBufferInfos, old * sizeof(*cmds));
      cmds[old] = (VkCommandBufferSubmitInfo){
         .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_SUBMIT_INFO,
         .commandBuffer = vn_queue_feedback_announce(s->queue, s->points[i]),
      };
      if (!cmds[old].commandBuffer) {
         vn_submission_make_plain(s);
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
   struct vn_submission s;
   size_t op_max = 0, cmd_max = 0;

   for (uint32_t i = 0; i < submitCount; i++) {
      op_max += pSubmits[i].signalSemaphoreCount;
      cmd_max += pSubmits[i].commandBufferCount;
   }
   VkResult result =
      vn_submission_init(&s, queue, fence, submitCount, op_max,
                         sizeof(*pSubmits), cmd_max, sizeof(VkCommandBuffer));
   if (result != VK_SUCCESS)
      return vn_result(result);

   for (uint32_t i = 0; i < submitCount; i++) {
      vn_submission_add_signals(&s, i, pSubmits[i].pNext,
                                pSubmits[i].pSignalSemaphores,
                                pSubmits[i].signalSemaphoreCount);
   }
   result =
      vn_import_wait_submit(s.queue, submitCount, &pSubmits, &s.import_heap);
   if (result == VK_SUCCESS)
      result = vn_submission_plan(&s, can_feed(pSubmits, submitCount));
   if (result != VK_SUCCESS) {
      vn_submission_finish(&s);
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
   struct vn_submission s;
   size_t op_max = 0, cmd_max = 0;

   for (uint32_t i = 0; i < submitCount; i++) {
      op_max += pSubmits[i].signalSemaphoreInfoCount;
      cmd_max += pSubmits[i].commandBufferInfoCount;
   }
   VkResult result = vn_submission_init(&s, queue, fence, submitCount, op_max,
                                        sizeof(*pSubmits), cmd_max,
                                        sizeof(VkCommandBufferSubmitInfo));
   if (result != VK_SUCCESS)
      return vn_result(result);

   for (uint32_t i = 0; i < submitCount; i++) {
      for (uint32_t j = 0; j < pSubmits[i].signalSemaphoreInfoCount; j++) {
         const VkSemaphoreSubmitInfo *info =
            &pSubmits[i].pSignalSemaphoreInfos[j];
         vn_submission_add_signal(&s, i, info->semaphore, info->value);
      }
   }
   result =
      vn_import_wait_submit2(s.queue, submitCount, &pSubmits, &s.import_heap);
   if (result == VK_SUCCESS)
      result = vn_submission_plan(&s, can_feed2(pSubmits, submitCount));
   if (result != VK_SUCCESS) {
      vn_submission_finish(&s);
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
   struct vn_submission s;
   size_t op_max = 0;

   for (uint32_t i = 0; i < bindInfoCount; i++)
      op_max += pBindInfo[i].signalSemaphoreCount;
   VkResult result =
      vn_submission_init(&s, queue, fence, bindInfoCount, op_max, 0, 0, 0);
   if (result != VK_SUCCESS)
      return vn_result(result);

   for (uint32_t i = 0; i < bindInfoCount; i++) {
      vn_submission_add_signals(&s, i, pBindInfo[i].pNext,
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
      vn_submission_finish(&s);
      return vn_result(result);
   }

   result = vn_submission_plan(&s, false);
   if (result != VK_SUCCESS) {
      vn_sparse_bind_finish(device, pBindInfo, binds);
      vn_submission_finish(&s);
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
