/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Events. The state of one that the host may look at is also in memory that
 * the GPU writes, right behind each command that changes it; so asking for it
 * sends nothing. What the host itself sets goes there at once and to the
 * renderer without waiting: the ring orders it before what is submitted next.
 */

#include "vn_calls.h"
#include "vn_command_buffer.h"
#include "vn_entrypoints.h"
#include "vn_protocol.h"
#include "vn_wait.h"

#define STATE_RESET 0u
#define STATE_SET   1u

struct vn_event {
   struct vn_object_base base;
   /* a word with one of the states; none: the host is asked */
   struct vn_feedback_range range;
   _Atomic bool range_incomplete; /* so it is if this is set */
};

VN_DEFINE_HANDLE_CASTS(vn_event, VkEvent)

static _Atomic uint32_t *
state_of(const struct vn_event *event)
{
   return (_Atomic uint32_t *)event->range.map;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_CreateEvent(VkDevice _device,
               const VkEventCreateInfo *pCreateInfo,
               const VkAllocationCallbacks *pAllocator,
               VkEvent *pEvent)
{
   struct vn_device *device = vn_device_from_handle(_device);
   struct vn_event *event = vn_device_object_zalloc(
      _device, pAllocator, sizeof(*event), VK_OBJECT_TYPE_EVENT);
   if (!event)
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);

   /* "host event commands will not be used with this event" */
   if (!(pCreateInfo->flags & VK_EVENT_CREATE_DEVICE_ONLY_BIT) &&
       !(vn_perf_flags() & VN_PERF_NO_EVENT_FEEDBACK))
      vn_feedback_heap_alloc(device, sizeof(uint32_t), &event->range);

   VkEvent handle = vn_event_to_handle(event);
   const VkResult result = vn_async_vkCreateEvent(
      device->dispatch.ring, _device, pCreateInfo, NULL, &handle);
   if (result != VK_SUCCESS) {
      vn_feedback_heap_free(device, &event->range);
      vn_object_destroy(_device, pAllocator, event);
      return vn_result(result);
   }
   *pEvent = vn_event_to_handle(event);
   return VK_SUCCESS;
}

VKAPI_ATTR void VKAPI_CALL
vn_DestroyEvent(VkDevice _device,
                VkEvent _event,
                const VkAllocationCallbacks *pAllocator)
{
   struct vn_event *event = vn_event_from_handle(_event);
   if (!event)
      return;
   vn_async_vkDestroyEvent(vn_ring_of(_device), _device, _event, NULL);
   vn_feedback_heap_free(vn_device_from_handle(_device), &event->range);
   vn_object_destroy(_device, pAllocator, event);
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_GetEventStatus(VkDevice _device, VkEvent _event)
{
   struct vn_device *device = vn_device_from_handle(_device);
   const struct vn_event *event = vn_event_from_handle(_event);

   /* relaxed: what makes it incomplete is submitted later */
   if (!event->range.map ||
       atomic_load_explicit(&event->range_incomplete, memory_order_relaxed)) {
      return vn_result(
         vn_call_vkGetEventStatus(device->dispatch.ring, _device, _event));
   }
   if (vn_ring_is_lost(device->dispatch.ring))
      return vn_result(VK_ERROR_DEVICE_LOST);
   /* acquire: what the GPU wrote before it set the event is read after */
   if (atomic_load_explicit(state_of(event), memory_order_acquire) ==
       STATE_SET)
      return VK_EVENT_SET;
   /* whoever polls has no other way to learn of a loss */
   const VkResult result = vn_wait_look_for_life(device, 0);
   return result == VK_SUCCESS ? VK_EVENT_RESET : vn_result(result);
}

/* Before it is sent: the GPU may act on it, and write again, at once. */
static uint32_t
exchange_state(VkEvent _event, uint32_t state)
{
   const struct vn_event *event = vn_event_from_handle(_event);
   /* relaxed: the ring's store to its tail comes after it */
   return event->range.map ? atomic_exchange_explicit(state_of(event), state,
                                                      memory_order_relaxed)
                           : state;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_SetEvent(VkDevice device, VkEvent event)
{
   const uint32_t old = exchange_state(event, STATE_SET);
   const VkResult result =
      vn_async_vkSetEvent(vn_ring_of(device), device, event);
   if (result != VK_SUCCESS)
      exchange_state(event, old);
   return vn_result(result);
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_ResetEvent(VkDevice device, VkEvent event)
{
   const uint32_t old = exchange_state(event, STATE_RESET);
   const VkResult result =
      vn_async_vkResetEvent(vn_ring_of(device), device, event);
   if (result != VK_SUCCESS)
      exchange_state(event, old);
   return vn_result(result);
}

/*
 * Writes the state behind the stages that the event itself waits for, and
 * behind what was written there before. Only outside of render passes, as the
 * commands that it follows are.
 */
static void
record_state(VkCommandBuffer commandBuffer,
             VkEvent _event,
             VkPipelineStageFlags2 stages,
             uint32_t state)
{
   struct vn_event *event = vn_event_from_handle(_event);
   struct vn_command_buffer *cmd =
      vn_command_buffer_from_handle(commandBuffer);
   if (!event->range.map)
      return;
   /* what others must not see may not be written to an ordinary buffer */
   if (cmd->pool->is_protected) {
      atomic_store_explicit(&event->range_incomplete, true,
                            memory_order_relaxed);
      return;
   }

   const VkMemoryBarrier before = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
      .srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
      .dstAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
   };
   const VkMemoryBarrier after = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
      .srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
      .dstAccessMask = VK_ACCESS_HOST_READ_BIT,
   };
   /* the low stages have the same bits in both sets of them */
   VkPipelineStageFlags src = stages > UINT32_MAX
                                 ? VK_PIPELINE_STAGE_ALL_COMMANDS_BIT
                                 : (VkPipelineStageFlags)stages;
   src = (src & ~(VkPipelineStageFlags)VK_PIPELINE_STAGE_HOST_BIT) |
         VK_PIPELINE_STAGE_TRANSFER_BIT;

   /* parts of the command before, as far as statistics go */
   struct vn_encoder *enc = &cmd->enc;
   vn_encode_vkCmdPipelineBarrier(enc, 0, commandBuffer, src,
                                  VK_PIPELINE_STAGE_TRANSFER_BIT, 0, 1,
                                  &before, 0, NULL, 0, NULL);
   vn_encode_vkCmdFillBuffer(enc, 0, commandBuffer, event->range.buffer,
                             event->range.offset, sizeof(uint32_t), state);
   vn_encode_vkCmdPipelineBarrier(
      enc, 0, commandBuffer, VK_PIPELINE_STAGE_TRANSFER_BIT,
      VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &after, 0, NULL, 0, NULL);
}

VKAPI_ATTR void VKAPI_CALL
vn_CmdSetEvent(VkCommandBuffer commandBuffer,
               VkEvent event,
               VkPipelineStageFlags stageMask)
{
   vn_encode_vkCmdSetEvent(vn_command_buffer_encoder(commandBuffer), 0,
                           commandBuffer, event, stageMask);
   record_state(commandBuffer, event, stageMask, STATE_SET);
}

VKAPI_ATTR void VKAPI_CALL
vn_CmdResetEvent(VkCommandBuffer commandBuffer,
                 VkEvent event,
                 VkPipelineStageFlags stageMask)
{
   vn_encode_vkCmdResetEvent(vn_command_buffer_encoder(commandBuffer), 0,
                             commandBuffer, event, stageMask);
   record_state(commandBuffer, event, stageMask, STATE_RESET);
}

/* All that come before the dependency. */
static VkPipelineStageFlags2
first_stages(const VkDependencyInfo *info)
{
   VkPipelineStageFlags2 stages = 0;
   for (uint32_t i = 0; i < info->memoryBarrierCount; i++)
      stages |= info->pMemoryBarriers[i].srcStageMask;
   for (uint32_t i = 0; i < info->bufferMemoryBarrierCount; i++)
      stages |= info->pBufferMemoryBarriers[i].srcStageMask;
   for (uint32_t i = 0; i < info->imageMemoryBarrierCount; i++)
      stages |= info->pImageMemoryBarriers[i].srcStageMask;
   return stages;
}

VKAPI_ATTR void VKAPI_CALL
vn_CmdSetEvent2(VkCommandBuffer commandBuffer,
                VkEvent event,
                const VkDependencyInfo *pDependencyInfo)
{
   vn_encode_vkCmdSetEvent2(vn_command_buffer_encoder(commandBuffer), 0,
                            commandBuffer, event, pDependencyInfo);
   record_state(commandBuffer, event, first_stages(pDependencyInfo),
                STATE_SET);
}

VKAPI_ATTR void VKAPI_CALL
vn_CmdResetEvent2(VkCommandBuffer commandBuffer,
                  VkEvent event,
                  VkPipelineStageFlags2 stageMask)
{
   vn_encode_vkCmdResetEvent2(vn_command_buffer_encoder(commandBuffer), 0,
                              commandBuffer, event, stageMask);
   record_state(commandBuffer, event, stageMask, STATE_RESET);
}

/*
 * The caller may look at results before it sets the event. No render pass is
 * open then: VUID-vkCmdWaitEvents-srcStageMask-07308, "If vkCmdWaitEvents is
 * being called inside a render pass instance, srcStageMask must not include
 * VK_PIPELINE_STAGE_HOST_BIT".
 */
static void
flush_before_host(VkCommandBuffer commandBuffer, VkPipelineStageFlags2 stages)
{
   if (stages & VK_PIPELINE_STAGE_HOST_BIT) {
      vn_query_feedback_flush(vn_command_buffer_from_handle(commandBuffer),
                              true);
   }
}

VKAPI_ATTR void VKAPI_CALL
vn_CmdWaitEvents(VkCommandBuffer commandBuffer,
                 uint32_t eventCount,
                 const VkEvent *pEvents,
                 VkPipelineStageFlags srcStageMask,
                 VkPipelineStageFlags dstStageMask,
                 uint32_t memoryBarrierCount,
                 const VkMemoryBarrier *pMemoryBarriers,
                 uint32_t bufferMemoryBarrierCount,
                 const VkBufferMemoryBarrier *pBufferMemoryBarriers,
                 uint32_t imageMemoryBarrierCount,
                 const VkImageMemoryBarrier *pImageMemoryBarriers)
{
   flush_before_host(commandBuffer, srcStageMask);
   vn_encode_vkCmdWaitEvents(
      vn_command_buffer_encoder(commandBuffer), 0, commandBuffer, eventCount,
      pEvents, srcStageMask, dstStageMask, memoryBarrierCount,
      pMemoryBarriers, bufferMemoryBarrierCount, pBufferMemoryBarriers,
      imageMemoryBarrierCount, pImageMemoryBarriers);
}

VKAPI_ATTR void VKAPI_CALL
vn_CmdWaitEvents2(VkCommandBuffer commandBuffer,
                  uint32_t eventCount,
                  const VkEvent *pEvents,
                  const VkDependencyInfo *pDependencyInfos)
{
   for (uint32_t i = 0; i < eventCount; i++)
      flush_before_host(commandBuffer, first_stages(&pDependencyInfos[i]));
   vn_encode_vkCmdWaitEvents2(vn_command_buffer_encoder(commandBuffer), 0,
                              commandBuffer, eventCount, pEvents,
                              pDependencyInfos);
}
