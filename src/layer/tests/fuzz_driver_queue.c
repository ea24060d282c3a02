/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Queues, command buffers and fences. A command is carried out when it is
 * recorded.
 */

#include "fuzz_driver_private.h"

static struct fuzz_dispatchable queue, command_buffer;

static void VKAPI_PTR
get_queue(VkDevice device, uint32_t family, uint32_t index, VkQueue *out)
{
   queue.dispatch_key = OBJECT(device, FUZZ_KIND_DEVICE)->dispatch_key;
   *out = (VkQueue)&queue;
}

static VkResult VKAPI_PTR
create_pool(VkDevice device,
            const VkCommandPoolCreateInfo *info,
            const VkAllocationCallbacks *alloc,
            VkCommandPool *out)
{
   MAY_FAIL(VK_ERROR_OUT_OF_HOST_MEMORY);
   *out = (VkCommandPool)fuzz_object_create(FUZZ_KIND_POOL,
                                            OBJECT(device, FUZZ_KIND_DEVICE));
   return VK_SUCCESS;
}

static void VKAPI_PTR
destroy_pool(VkDevice device,
             VkCommandPool pool,
             const VkAllocationCallbacks *alloc)
{
   if (pool)
      fuzz_object_destroy(OBJECT(pool, FUZZ_KIND_POOL));
}

static VkResult VKAPI_PTR
allocate_commands(VkDevice device,
                  const VkCommandBufferAllocateInfo *info,
                  VkCommandBuffer *out)
{
   MAY_FAIL(VK_ERROR_OUT_OF_HOST_MEMORY);
   command_buffer.dispatch_key =
      OBJECT(device, FUZZ_KIND_DEVICE)->dispatch_key;
   *out = (VkCommandBuffer)&command_buffer;
   return VK_SUCCESS;
}

static VkResult VKAPI_PTR
begin_commands(VkCommandBuffer command, const VkCommandBufferBeginInfo *info)
{
   MAY_FAIL(VK_ERROR_OUT_OF_HOST_MEMORY);
   return VK_SUCCESS;
}

static VkResult VKAPI_PTR
end_commands(VkCommandBuffer command)
{
   MAY_FAIL(VK_ERROR_OUT_OF_HOST_MEMORY);
   return VK_SUCCESS;
}

static void VKAPI_PTR
fill_buffer(VkCommandBuffer command,
            VkBuffer handle,
            VkDeviceSize offset,
            VkDeviceSize size,
            uint32_t value)
{
   const struct fuzz_object *buffer = OBJECT(handle, FUZZ_KIND_BUFFER);
   if (fuzz_config.loses_writes || !buffer->bound || !buffer->bound->pointer)
      return;
   U_FUZZ_CHECK(offset + size <= buffer->bound->size_B);
   for (uint64_t i = 0; i < size; i += 4)
      memcpy(buffer->bound->pointer + offset + i, &value, 4);
}

/* The probe's: white, without gaps between the rows. */
static void VKAPI_PTR
clear_image(VkCommandBuffer command,
            VkImage handle,
            VkImageLayout layout,
            const VkClearColorValue *color,
            uint32_t count,
            const VkImageSubresourceRange *ranges)
{
   const struct fuzz_object *image = OBJECT(handle, FUZZ_KIND_IMAGE);
   const uint64_t size_B = fuzz_image_size(&image->image);
   U_FUZZ_CHECK(fuzz_config.can_clear);
   if (fuzz_config.loses_writes || !image->bound || !image->bound->pointer)
      return;
   U_FUZZ_CHECK(image->offset_B + size_B <= image->bound->size_B);
   memset(image->bound->pointer + image->offset_B, 0xff, size_B);
}

/* A barrier between queue families. The layer may pass on what the driver
 * does not know only where it has no memory for a copy, which is the case
 * when the call before this one has failed.
 */
static void
check_families(uint32_t src, uint32_t dst, bool may_be_foreign)
{
   U_FUZZ_CHECK(may_be_foreign || (src != VK_QUEUE_FAMILY_FOREIGN_EXT &&
                                   dst != VK_QUEUE_FAMILY_FOREIGN_EXT));
}

/* All four kinds have the same members. */
#define CHECK_ALL(barriers, count, may)                                      \
   do {                                                                      \
      for (uint32_t i_ = 0; (barriers) && i_ < (count); i_++)                \
         check_families((barriers)[i_].srcQueueFamilyIndex,                  \
                        (barriers)[i_].dstQueueFamilyIndex, may);            \
   } while (0)

static void VKAPI_PTR
pipeline_barrier(VkCommandBuffer command,
                 VkPipelineStageFlags src,
                 VkPipelineStageFlags dst,
                 VkDependencyFlags flags,
                 uint32_t count,
                 const VkMemoryBarrier *barriers,
                 uint32_t buffer_count,
                 const VkBufferMemoryBarrier *buffers,
                 uint32_t image_count,
                 const VkImageMemoryBarrier *images)
{
   const bool may = fuzz_config.has_foreign || fuzz_driver_has_failed();
   CHECK_ALL(buffers, buffer_count, may);
   CHECK_ALL(images, image_count, may);
}

static void VKAPI_PTR
wait_events(VkCommandBuffer command,
            uint32_t event_count,
            const VkEvent *events,
            VkPipelineStageFlags src,
            VkPipelineStageFlags dst,
            uint32_t count,
            const VkMemoryBarrier *barriers,
            uint32_t buffer_count,
            const VkBufferMemoryBarrier *buffers,
            uint32_t image_count,
            const VkImageMemoryBarrier *images)
{
   pipeline_barrier(command, src, dst, 0, count, barriers, buffer_count,
                    buffers, image_count, images);
}

static void VKAPI_PTR
wait_events2(VkCommandBuffer command,
             uint32_t event_count,
             const VkEvent *events,
             const VkDependencyInfo *infos)
{
   const bool may = fuzz_config.has_foreign || fuzz_driver_has_failed();
   for (uint32_t i = 0; infos && i < event_count; i++) {
      CHECK_ALL(infos[i].pBufferMemoryBarriers,
                infos[i].bufferMemoryBarrierCount, may);
      CHECK_ALL(infos[i].pImageMemoryBarriers,
                infos[i].imageMemoryBarrierCount, may);
   }
}

static void VKAPI_PTR
pipeline_barrier2(VkCommandBuffer command, const VkDependencyInfo *info)
{
   wait_events2(command, 1, NULL, info);
}

static void VKAPI_PTR
set_event2(VkCommandBuffer command,
           VkEvent event,
           const VkDependencyInfo *info)
{
   wait_events2(command, 1, &event, info);
}

static VkResult VKAPI_PTR
create_fence(VkDevice device,
             const VkFenceCreateInfo *info,
             const VkAllocationCallbacks *alloc,
             VkFence *out)
{
   MAY_FAIL(VK_ERROR_OUT_OF_HOST_MEMORY);
   *out = (VkFence)fuzz_object_create(FUZZ_KIND_FENCE,
                                      OBJECT(device, FUZZ_KIND_DEVICE));
   return VK_SUCCESS;
}

static void VKAPI_PTR
destroy_fence(VkDevice device,
              VkFence fence,
              const VkAllocationCallbacks *alloc)
{
   if (fence)
      fuzz_object_destroy(OBJECT(fence, FUZZ_KIND_FENCE));
}

static VkResult VKAPI_PTR
wait_for_fences(VkDevice device,
                uint32_t count,
                const VkFence *fences,
                VkBool32 all,
                uint64_t timeout)
{
   MAY_FAIL(VK_ERROR_DEVICE_LOST);
   return VK_SUCCESS;
}

static VkResult VKAPI_PTR
queue_submit(VkQueue q,
             uint32_t count,
             const VkSubmitInfo *submits,
             VkFence fence)
{
   MAY_FAIL(VK_ERROR_DEVICE_LOST);
   return VK_SUCCESS;
}

static const struct fuzz_entry entries[] = {
   ENTRY(GetDeviceQueue, get_queue),
   ENTRY(CmdPipelineBarrier, pipeline_barrier),
   ENTRY(CmdPipelineBarrier2, pipeline_barrier2),
   ENTRY(CmdPipelineBarrier2KHR, pipeline_barrier2),
   ENTRY(CmdWaitEvents, wait_events),
   ENTRY(CmdWaitEvents2, wait_events2),
   ENTRY(CmdWaitEvents2KHR, wait_events2),
   ENTRY(CmdSetEvent2, set_event2),
   ENTRY(CmdSetEvent2KHR, set_event2),
   ENTRY(CreateCommandPool, create_pool),
   ENTRY(DestroyCommandPool, destroy_pool),
   ENTRY(AllocateCommandBuffers, allocate_commands),
   ENTRY(BeginCommandBuffer, begin_commands),
   ENTRY(EndCommandBuffer, end_commands),
   ENTRY(CmdClearColorImage, clear_image),
   ENTRY(CmdFillBuffer, fill_buffer),
   ENTRY(CreateFence, create_fence),
   ENTRY(DestroyFence, destroy_fence),
   ENTRY(WaitForFences, wait_for_fences),
   ENTRY(QueueSubmit, queue_submit),
};

PFN_vkVoidFunction
fuzz_queue_command(const char *name)
{
   return LOOK_UP(entries, name);
}
