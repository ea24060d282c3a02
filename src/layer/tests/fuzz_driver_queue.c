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
   for (uint32_t i = 0; i < image_count; i++) {
      U_FUZZ_CHECK(fuzz_config.has_foreign || images[i].srcQueueFamilyIndex !=
                                                 VK_QUEUE_FAMILY_FOREIGN_EXT);
      U_FUZZ_CHECK(fuzz_config.has_foreign || images[i].dstQueueFamilyIndex !=
                                                 VK_QUEUE_FAMILY_FOREIGN_EXT);
   }
   for (uint32_t i = 0; i < buffer_count; i++) {
      U_FUZZ_CHECK(fuzz_config.has_foreign ||
                   buffers[i].srcQueueFamilyIndex !=
                      VK_QUEUE_FAMILY_FOREIGN_EXT);
   }
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
