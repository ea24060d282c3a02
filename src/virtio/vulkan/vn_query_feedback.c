/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See vn_query_feedback.h. Here are the commands that end or reset queries.
 */

#include "vn_query_feedback.h"

#include "vn_calls.h"
#include "vn_command_buffer.h"
#include "vn_entrypoints.h"
#include "vn_protocol.h"

/* Where the words of availability begin. */
static VkDeviceSize
marks_offset(const struct vn_query_pool *pool)
{
   return (VkDeviceSize)pool->count * pool->value_count * sizeof(uint64_t);
}

void
vn_query_feedback_init(struct vn_device *device, struct vn_query_pool *pool)
{
   uint64_t size;
   if (vn_perf_flags() & VN_PERF_NO_QUERY_FEEDBACK ||
       !u_mul_u64(pool->count,
                  pool->value_count * sizeof(uint64_t) + sizeof(uint32_t),
                  &size))
      return;
   vn_feedback_heap_alloc(device, size, &pool->range);
}

void
vn_query_feedback_finish(struct vn_device *device, struct vn_query_pool *pool)
{
   vn_feedback_heap_free(device, &pool->range);
}

static void
give_up(struct vn_query_pool *pool)
{
   /* relaxed: before anything is submitted that makes it true */
   atomic_store_explicit(&pool->range_incomplete, true, memory_order_relaxed);
}

static bool
grow_spans(struct vn_command_buffer *cmd, struct vn_query_spans *list)
{
   const VkAllocationCallbacks *alloc = &cmd->pool->alloc;
   const uint32_t capacity = VN_MAX(list->capacity * 2, 4u);
   struct vn_query_span *spans =
      alloc->pfnAllocation(alloc->pUserData, capacity * sizeof(*spans), 8,
                           VK_SYSTEM_ALLOCATION_SCOPE_OBJECT);
   if (!spans)
      return false;
   if (list->count)
      memcpy(spans, list->spans, list->count * sizeof(*spans));
   vn_free_scratch(alloc, list->spans);
   list->spans = spans;
   list->capacity = capacity;
   return true;
}

static void
add_span(struct vn_command_buffer *cmd,
         struct vn_query_spans *list,
         const struct vn_query_span *span)
{
   struct vn_query_span *last =
      list->count ? &list->spans[list->count - 1] : NULL;
   if (last && last->pool == span->pool && last->end == span->first) {
      last->end = span->end;
      return;
   }
   if (list->count == list->capacity && !grow_spans(cmd, list)) {
      give_up(span->pool);
      return;
   }
   list->spans[list->count++] = *span;
}

/* Takes the queries of `gone` out of the list. */
static void
remove_span(struct vn_command_buffer *cmd,
            struct vn_query_spans *list,
            const struct vn_query_span *gone)
{
   for (uint32_t i = 0; i < list->count;) {
      struct vn_query_span *span = &list->spans[i];
      if (span->pool != gone->pool || span->first >= gone->end ||
          span->end <= gone->first) {
         i++;
         continue;
      }
      const struct vn_query_span before = { span->pool, span->first,
                                            gone->first };
      const struct vn_query_span after = { span->pool, gone->end, span->end };
      *span = list->spans[--list->count];
      /* what is put at the end has nothing of `gone` in it */
      if (before.first < before.end)
         add_span(cmd, list, &before);
      if (after.first < after.end)
         add_span(cmd, list, &after);
   }
}

void
vn_query_recording_finish(struct vn_command_buffer *cmd)
{
   vn_free_scratch(&cmd->pool->alloc, cmd->queries.ended.spans);
   vn_free_scratch(&cmd->pool->alloc, cmd->queries.reset.spans);
}

/* Behind every write of the memory, for the next one and for the CPU. */
static void
record_barrier(struct vn_command_buffer *cmd)
{
   const VkMemoryBarrier barrier = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
      .srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
      .dstAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT | VK_ACCESS_HOST_READ_BIT,
   };
   vn_encode_vkCmdPipelineBarrier(
      &cmd->enc, 0, vn_command_buffer_to_handle(cmd),
      VK_PIPELINE_STAGE_TRANSFER_BIT,
      VK_PIPELINE_STAGE_TRANSFER_BIT | VK_PIPELINE_STAGE_HOST_BIT, 0, 1,
      &barrier, 0, NULL, 0, NULL);
}

static void
record_marks(struct vn_command_buffer *cmd,
             const struct vn_query_span *span,
             uint32_t value)
{
   const struct vn_query_pool *pool = span->pool;
   vn_encode_vkCmdFillBuffer(
      &cmd->enc, 0, vn_command_buffer_to_handle(cmd), pool->range.buffer,
      pool->range.offset + marks_offset(pool) +
         span->first * sizeof(uint32_t),
      (span->end - span->first) * sizeof(uint32_t), value);
}

/* The host says when all are there. */
static void
record_copy(struct vn_command_buffer *cmd, const struct vn_query_span *span)
{
   const struct vn_query_pool *pool = span->pool;
   const VkDeviceSize stride = pool->value_count * sizeof(uint64_t);
   vn_encode_vkCmdCopyQueryPoolResults(
      &cmd->enc, 0, vn_command_buffer_to_handle(cmd),
      vn_query_pool_to_handle(pool), span->first, span->end - span->first,
      pool->range.buffer, pool->range.offset + span->first * stride, stride,
      VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT);
}

void
vn_query_feedback_flush(struct vn_command_buffer *cmd, bool can_copy)
{
   struct vn_query_spans *ended = &cmd->queries.ended;
   if (!ended->count)
      return;

   for (uint32_t i = 0; i < ended->count; i++) {
      if (can_copy)
         record_copy(cmd, &ended->spans[i]);
      else
         give_up(ended->spans[i].pool);
   }
   if (can_copy) {
      /* marked only when the values are there */
      record_barrier(cmd);
      for (uint32_t i = 0; i < ended->count; i++)
         record_marks(cmd, &ended->spans[i], 1);
      record_barrier(cmd);
   }
   ended->count = 0;
}

/* Whether the queue can write what the pool needs. */
static bool
can_record(struct vn_command_buffer *cmd, struct vn_query_pool *pool)
{
   if (!vn_query_feedback_is_complete(pool))
      return false;
   if (cmd->pool->is_protected ||
       !vn_feedback_heap_has_query_family(&cmd->pool->device->feedback_heap,
                                          cmd->pool->family_index)) {
      give_up(pool);
      return false;
   }
   return true;
}

static void
end_queries(VkCommandBuffer commandBuffer,
            VkQueryPool _pool,
            uint32_t first,
            uint32_t count)
{
   struct vn_command_buffer *cmd =
      vn_command_buffer_from_handle(commandBuffer);
   struct vn_query_pool *pool = vn_query_pool_from_handle(_pool);
   /*
    * "If queries are used while executing a render pass instance that has
    * multiview enabled, the query uses N consecutive query indices in the
    * query pool (starting at query) where N is the number of bits set in the
    * view mask in the subpass the query is used in". All of these have
    * results afterwards, whichever of them has the sum.
    */
   if (cmd->view_mask)
      count *= (uint32_t)__builtin_popcount(cmd->view_mask);
   const struct vn_query_span span = { pool, first, first + count };

   if (!can_record(cmd, pool))
      return;
   add_span(cmd, &cmd->queries.ended, &span);
}

VKAPI_ATTR void VKAPI_CALL
vn_CmdEndQuery(VkCommandBuffer commandBuffer,
               VkQueryPool queryPool,
               uint32_t query)
{
   vn_encode_vkCmdEndQuery(vn_command_buffer_encoder(commandBuffer), 0,
                           commandBuffer, queryPool, query);
   end_queries(commandBuffer, queryPool, query, 1);
}

VKAPI_ATTR void VKAPI_CALL
vn_CmdEndQueryIndexedEXT(VkCommandBuffer commandBuffer,
                         VkQueryPool queryPool,
                         uint32_t query,
                         uint32_t index)
{
   vn_encode_vkCmdEndQueryIndexedEXT(vn_command_buffer_encoder(commandBuffer),
                                     0, commandBuffer, queryPool, query,
                                     index);
   end_queries(commandBuffer, queryPool, query, 1);
}

VKAPI_ATTR void VKAPI_CALL
vn_CmdWriteTimestamp(VkCommandBuffer commandBuffer,
                     VkPipelineStageFlagBits pipelineStage,
                     VkQueryPool queryPool,
                     uint32_t query)
{
   vn_encode_vkCmdWriteTimestamp(vn_command_buffer_encoder(commandBuffer), 0,
                                 commandBuffer, pipelineStage, queryPool,
                                 query);
   end_queries(commandBuffer, queryPool, query, 1);
}

VKAPI_ATTR void VKAPI_CALL
vn_CmdWriteTimestamp2(VkCommandBuffer commandBuffer,
                      VkPipelineStageFlags2 stage,
                      VkQueryPool queryPool,
                      uint32_t query)
{
   vn_encode_vkCmdWriteTimestamp2(vn_command_buffer_encoder(commandBuffer), 0,
                                  commandBuffer, stage, queryPool, query);
   end_queries(commandBuffer, queryPool, query, 1);
}

VKAPI_ATTR void VKAPI_CALL
vn_CmdWriteAccelerationStructuresPropertiesKHR(
   VkCommandBuffer commandBuffer,
   uint32_t accelerationStructureCount,
   const VkAccelerationStructureKHR *pAccelerationStructures,
   VkQueryType queryType,
   VkQueryPool queryPool,
   uint32_t firstQuery)
{
   vn_encode_vkCmdWriteAccelerationStructuresPropertiesKHR(
      vn_command_buffer_encoder(commandBuffer), 0, commandBuffer,
      accelerationStructureCount, pAccelerationStructures, queryType,
      queryPool, firstQuery);
   end_queries(commandBuffer, queryPool, firstQuery,
               accelerationStructureCount);
}

VKAPI_ATTR void VKAPI_CALL
vn_CmdResetQueryPool(VkCommandBuffer commandBuffer,
                     VkQueryPool queryPool,
                     uint32_t firstQuery,
                     uint32_t queryCount)
{
   struct vn_command_buffer *cmd =
      vn_command_buffer_from_handle(commandBuffer);
   struct vn_query_pool *pool = vn_query_pool_from_handle(queryPool);
   const struct vn_query_span span = { pool, firstQuery,
                                       firstQuery + queryCount };

   vn_encode_vkCmdResetQueryPool(vn_command_buffer_encoder(commandBuffer), 0,
                                 commandBuffer, queryPool, firstQuery,
                                 queryCount);
   if (!queryCount || !can_record(cmd, pool))
      return;
   remove_span(cmd, &cmd->queries.ended, &span);
   if (cmd->level == VK_COMMAND_BUFFER_LEVEL_SECONDARY)
      add_span(cmd, &cmd->queries.reset, &span);
   record_marks(cmd, &span, 0);
   record_barrier(cmd);
}

VKAPI_ATTR void VKAPI_CALL
vn_ResetQueryPool(VkDevice device,
                  VkQueryPool queryPool,
                  uint32_t firstQuery,
                  uint32_t queryCount)
{
   const struct vn_query_pool *pool = vn_query_pool_from_handle(queryPool);

   if (pool->range.map) {
      uint32_t *marks = (uint32_t *)(pool->range.map + marks_offset(pool));
      memset(&marks[firstQuery], 0, queryCount * sizeof(*marks));
   }
   vn_async_vkResetQueryPool(vn_ring_of(device), device, queryPool,
                             firstQuery, queryCount);
}

/* The secondary ones' queries are as if they were its own. */
static void
execute_secondary(struct vn_command_buffer *cmd,
                  const struct vn_command_buffer *secondary)
{
   const struct vn_query_recording *other = &secondary->queries;

   for (uint32_t i = 0; i < other->reset.count; i++) {
      remove_span(cmd, &cmd->queries.ended, &other->reset.spans[i]);
      if (cmd->level == VK_COMMAND_BUFFER_LEVEL_SECONDARY)
         add_span(cmd, &cmd->queries.reset, &other->reset.spans[i]);
   }
   if (secondary->has_rendering) {
      cmd->has_rendering = true;
      cmd->suspended = secondary->suspended;
   }
   for (uint32_t i = 0; i < other->ended.count; i++) {
      if (can_record(cmd, other->ended.spans[i].pool))
         add_span(cmd, &cmd->queries.ended, &other->ended.spans[i]);
   }
}

VKAPI_ATTR void VKAPI_CALL
vn_CmdExecuteCommands(VkCommandBuffer commandBuffer,
                      uint32_t commandBufferCount,
                      const VkCommandBuffer *pCommandBuffers)
{
   vn_encode_vkCmdExecuteCommands(vn_command_buffer_encoder(commandBuffer), 0,
                                  commandBuffer, commandBufferCount,
                                  pCommandBuffers);
   for (uint32_t i = 0; i < commandBufferCount; i++) {
      execute_secondary(vn_command_buffer_from_handle(commandBuffer),
                        vn_command_buffer_from_handle(pCommandBuffers[i]));
   }
}
