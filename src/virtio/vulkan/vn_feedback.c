/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The command buffers of feedback, made with the driver's own entry points
 * like those of any application. Nothing here knows of fences and semaphores.
 */

#include "vn_feedback.h"

#include "vn_command_buffer.h"
#include "vn_entrypoints.h"
#include "vn_queue.h"

/*
 * A queue's memory: `done` in a cache line of its own, as it is read all the
 * time, then `next`.
 */
#define NEXT_OFFSET 64
#define QUEUE_SIZE                                                           \
   (NEXT_OFFSET + VN_FEEDBACK_DEPTH * (uint32_t)sizeof(uint32_t))

_Static_assert(sizeof(_Atomic uint32_t) == sizeof(uint32_t) &&
                  ATOMIC_INT_LOCK_FREE == 2,
               "the GPU writes plain words");

void
vn_queue_feedback_drop_objects(struct vn_queue_feedback *feedback,
                               struct vn_device *device)
{
   vn_DestroyCommandPool(vn_device_to_handle(device), feedback->pool, NULL);
   vn_feedback_heap_free(device, &feedback->range);
   memset(feedback, 0, sizeof(*feedback));
}

static void
set_up_queue(struct vn_queue *queue)
{
   struct vn_device *device = queue->device;
   struct vn_queue_feedback *feedback = &queue->feedback;

   /* what others must not see may not be copied by an ordinary buffer */
   if (queue->flags & VK_DEVICE_QUEUE_CREATE_PROTECTED_BIT)
      return;
   vn_feedback_heap_alloc(device, QUEUE_SIZE, &feedback->range);
   if (!feedback->range.map ||
       !vn_feedback_heap_has_family(&device->feedback_heap,
                                    queue->family_index))
      return;

   const VkCommandPoolCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
      .queueFamilyIndex = queue->family_index,
   };
   if (vn_CreateCommandPool(vn_device_to_handle(device), &info, NULL,
                            &feedback->pool) != VK_SUCCESS)
      return;

   uint8_t *const map = feedback->range.map;
   feedback->next = (_Atomic uint32_t *)(map + NEXT_OFFSET);

   /* where the reading side looks, under this lock */
   pthread_mutex_lock(&device->submit_mutex);
   feedback->done = (_Atomic uint32_t *)map;
   /* relaxed: the ring orders it before the first submission */
   atomic_store_explicit(feedback->done, (uint32_t)queue->completed,
                         memory_order_relaxed);
   pthread_mutex_unlock(&device->submit_mutex);
}

bool
vn_queue_feedback_ready(struct vn_queue *queue)
{
   struct vn_queue_feedback *feedback = &queue->feedback;
   if (!feedback->tried) {
      feedback->tried = true;
      set_up_queue(queue);
   }
   return feedback->done != NULL;
}

/*
 * The copy comes after everything that was submitted to the queue before,
 * and makes what that wrote available, as the fence would. It may be under
 * way more than once as far as the host knows: that notices the end of a
 * submission later than the word says it.
 */
static VkResult
record_copy(struct vn_queue *queue, uint32_t index)
{
   struct vn_device *device = queue->device;
   struct vn_queue_feedback *feedback = &queue->feedback;
   const struct vn_feedback_range *range = &feedback->range;
   const VkCommandBufferAllocateInfo alloc_info = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
      .commandPool = feedback->pool,
      .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
      .commandBufferCount = 1,
   };
   const VkCommandBufferBeginInfo begin_info = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
      .flags = VK_COMMAND_BUFFER_USAGE_SIMULTANEOUS_USE_BIT,
   };
   const VkMemoryBarrier before = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
      .srcAccessMask = VK_ACCESS_MEMORY_WRITE_BIT,
      .dstAccessMask =
         VK_ACCESS_TRANSFER_READ_BIT | VK_ACCESS_TRANSFER_WRITE_BIT,
   };
   const VkMemoryBarrier after = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
      .srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
      .dstAccessMask = VK_ACCESS_HOST_READ_BIT,
   };
   const VkBufferCopy word = {
      .srcOffset = range->offset + NEXT_OFFSET + index * sizeof(uint32_t),
      .dstOffset = range->offset,
      .size = sizeof(uint32_t),
   };

   VkCommandBuffer cmd;
   VkResult result = vn_AllocateCommandBuffers(vn_device_to_handle(device),
                                               &alloc_info, &cmd);
   if (result != VK_SUCCESS)
      return result;
   /* the application is told that its contents are not copied */
   vn_command_buffer_from_handle(cmd)->counted = false;
   result = vn_BeginCommandBuffer(cmd, &begin_info);
   if (result == VK_SUCCESS) {
      vn_CmdPipelineBarrier(cmd, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT,
                            VK_PIPELINE_STAGE_TRANSFER_BIT, 0, 1, &before, 0,
                            NULL, 0, NULL);
      vn_CmdCopyBuffer(cmd, range->buffer, range->buffer, 1, &word);
      vn_CmdPipelineBarrier(cmd, VK_PIPELINE_STAGE_TRANSFER_BIT,
                            VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &after, 0, NULL,
                            0, NULL);
      result = vn_EndCommandBuffer(cmd);
   }
   if (result != VK_SUCCESS) {
      vn_FreeCommandBuffers(vn_device_to_handle(device), feedback->pool, 1,
                            &cmd);
      return result;
   }
   feedback->cmds[index] = cmd;
   return VK_SUCCESS;
}

VkCommandBuffer
vn_queue_feedback_announce(struct vn_queue *queue, uint64_t point)
{
   struct vn_queue_feedback *feedback = &queue->feedback;
   const uint32_t index = point % VN_FEEDBACK_DEPTH;

   if (!feedback->cmds[index] && record_copy(queue, index) != VK_SUCCESS)
      return VK_NULL_HANDLE;
   /* relaxed: the ring's store to its tail comes after it */
   atomic_store_explicit(&feedback->next[index], (uint32_t)point,
                         memory_order_relaxed);
   return feedback->cmds[index];
}
