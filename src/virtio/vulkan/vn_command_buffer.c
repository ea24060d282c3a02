/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Command pools and buffers. Recording takes no lock but when a slice of
 * shared memory is full.
 */

#include "vn_command_buffer.h"

#include "vn_calls.h"
#include "vn_entrypoints.h"
#include "vn_protocol.h"
#include "vn_stats.h"

#define FIRST_SLICE_SIZE (8u << 10)
#define MAX_SLICE_SIZE   (512u << 10)

void
vn_command_buffer_count(const struct vn_command_buffer *cmd)
{
   const struct vn_encoder *enc = &cmd->enc;
   if (enc->cur > enc->command && !enc->failed) {
      uint32_t command;
      memcpy(&command, enc->command, sizeof(command));
      vn_stats_count(command);
   }
}

static struct vn_command_slice *
add_slice(struct vn_command_buffer *cmd, size_t size)
{
   if (cmd->slice_count == cmd->slice_capacity) {
      const VkAllocationCallbacks *alloc = &cmd->pool->alloc;
      const uint32_t capacity = VN_MAX(cmd->slice_capacity * 2, 4u);
      struct vn_command_slice *slices =
         alloc->pfnAllocation(alloc->pUserData, capacity * sizeof(*slices), 8,
                              VK_SYSTEM_ALLOCATION_SCOPE_OBJECT);
      if (!slices)
         return NULL;
      if (cmd->slice_count)
         memcpy(slices, cmd->slices, cmd->slice_count * sizeof(*slices));
      vn_free_scratch(alloc, cmd->slices);
      cmd->slices = slices;
      cmd->slice_capacity = capacity;
   }

   struct vn_command_slice *slice = &cmd->slices[cmd->slice_count];
   slice->used = 0;
   if (vn_shmem_pool_alloc(vn_ring_stream_pool(cmd->dispatch.ring), size,
                           &slice->shmem) != VK_SUCCESS)
      return NULL;
   cmd->slice_count++;
   return slice;
}

/*
 * A stream is a sequence of whole commands, so the beginning of the one that
 * does not fit any more moves along to the next slice.
 */
static bool
grow_recording(struct vn_encoder *enc, size_t size)
{
   struct vn_command_buffer *cmd =
      u_list_entry(enc, struct vn_command_buffer, enc);
   const size_t begun = enc->cur - enc->command;
   size_t needed;
   if (!u_add_size(begun, size, &needed))
      goto fail;

   const size_t last_size =
      cmd->slice_count ? cmd->slices[cmd->slice_count - 1].shmem.size : 0;
   size_t wanted = VN_MIN(VN_MAX(last_size * 2, (size_t)FIRST_SLICE_SIZE),
                          (size_t)MAX_SLICE_SIZE);
   wanted = VN_MAX(wanted, needed);

   struct vn_command_slice *slice = add_slice(cmd, wanted);
   if (!slice)
      goto fail;

   uint8_t *map = slice->shmem.map;
   if (begun)
      memcpy(map, enc->command, begun);
   if (cmd->slice_count > 1) {
      struct vn_command_slice *full = slice - 1;
      full->used = enc->command - (uint8_t *)full->shmem.map;
   }
   enc->command = map;
   enc->cur = map + begun;
   enc->end = map + slice->shmem.size;
   return true;

fail:
   /* what was written stays where it is, nothing more is written */
   enc->failed = true;
   enc->end = enc->cur;
   return false;
}

/* Gives all slices back; the renderer is done with them after seqno. */
static void
release_slices(struct vn_command_buffer *cmd, uint32_t seqno)
{
   struct vn_shmem_pool *pool = vn_ring_stream_pool(cmd->dispatch.ring);
   for (uint32_t i = 0; i < cmd->slice_count; i++)
      vn_shmem_pool_free(pool, &cmd->slices[i].shmem, seqno);
   cmd->slice_count = 0;
   cmd->enc.cur = NULL;
   cmd->enc.end = NULL;
   cmd->enc.command = NULL;
   cmd->enc.failed = false;
}

/* Drops a recording that was not ended: the renderer never saw it. */
static void
discard_recording(struct vn_command_buffer *cmd)
{
   release_slices(cmd, vn_ring_last_seqno(cmd->dispatch.ring));
   vn_query_recording_clear(&cmd->queries);
   cmd->has_rendering = false;
   cmd->suspended = false;
   cmd->pass = NULL;
   cmd->subpass = 0;
   cmd->view_mask = 0;
}

static VkResult
submit_recording(struct vn_command_buffer *cmd)
{
   struct vn_ring_stream *streams = NULL;
   struct vn_ring_stream stack[8];
   VkResult result;
   uint32_t seqno;

   if (cmd->enc.failed)
      return VK_ERROR_OUT_OF_HOST_MEMORY;

   streams = stack;
   if (cmd->slice_count > VN_ARRAY_SIZE(stack)) {
      streams = vn_alloc_scratch(&cmd->pool->alloc,
                                 cmd->slice_count * sizeof(*streams));
      if (!streams)
         return VK_ERROR_OUT_OF_HOST_MEMORY;
   }

   for (uint32_t i = 0; i < cmd->slice_count; i++) {
      const struct vn_command_slice *slice = &cmd->slices[i];
      const bool last = i + 1 == cmd->slice_count;
      streams[i] = (struct vn_ring_stream){
         .slice = &slice->shmem,
         .size = last ? (size_t)(cmd->enc.cur - (uint8_t *)slice->shmem.map)
                      : slice->used,
      };
   }
   result = vn_ring_submit_streams(cmd->dispatch.ring, streams,
                                   cmd->slice_count, &seqno);
   if (result == VK_SUCCESS)
      release_slices(cmd, seqno);

   if (streams != stack)
      vn_free_scratch(&cmd->pool->alloc, streams);
   return result;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_CreateCommandPool(VkDevice _device,
                     const VkCommandPoolCreateInfo *pCreateInfo,
                     const VkAllocationCallbacks *pAllocator,
                     VkCommandPool *pCommandPool)
{
   struct vn_device *device = vn_device_from_handle(_device);
   struct vn_command_pool *pool = vn_device_object_zalloc(
      _device, pAllocator, sizeof(*pool), VK_OBJECT_TYPE_COMMAND_POOL);
   if (!pool)
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);

   pool->device = device;
   pool->alloc = pAllocator ? *pAllocator : device->alloc;
   u_list_init(&pool->buffers);
   pool->family_index = pCreateInfo->queueFamilyIndex;
   pool->is_protected =
      pCreateInfo->flags & VK_COMMAND_POOL_CREATE_PROTECTED_BIT;

   VkCommandPool handle = vn_command_pool_to_handle(pool);
   const VkResult result = vn_async_vkCreateCommandPool(
      device->dispatch.ring, _device, pCreateInfo, NULL, &handle);
   if (result != VK_SUCCESS) {
      vn_object_destroy(_device, pAllocator, pool);
      return vn_result(result);
   }
   *pCommandPool = vn_command_pool_to_handle(pool);
   return VK_SUCCESS;
}

static void
destroy_command_buffer(struct vn_command_buffer *cmd)
{
   discard_recording(cmd);
   vn_query_recording_finish(cmd);
   vn_free_scratch(&cmd->pool->alloc, cmd->slices);
   u_list_del(&cmd->pool_link);
   vn_object_free(&cmd->pool->alloc, NULL, cmd);
}

VKAPI_ATTR void VKAPI_CALL
vn_DestroyCommandPool(VkDevice _device,
                      VkCommandPool commandPool,
                      const VkAllocationCallbacks *pAllocator)
{
   struct vn_command_pool *pool = vn_command_pool_from_handle(commandPool);
   if (!pool)
      return;

   u_list_for_each_safe (struct vn_command_buffer, cmd, &pool->buffers,
                         pool_link)
      destroy_command_buffer(cmd);

   vn_async_vkDestroyCommandPool(vn_ring_of(_device), _device, commandPool,
                                 NULL);
   vn_object_destroy(_device, pAllocator, pool);
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_ResetCommandPool(VkDevice device,
                    VkCommandPool commandPool,
                    VkCommandPoolResetFlags flags)
{
   struct vn_command_pool *pool = vn_command_pool_from_handle(commandPool);
   u_list_for_each (struct vn_command_buffer, cmd, &pool->buffers, pool_link)
      discard_recording(cmd);

   return vn_result(vn_async_vkResetCommandPool(vn_ring_of(device), device,
                                                commandPool, flags));
}

VKAPI_ATTR void VKAPI_CALL
vn_TrimCommandPool(VkDevice device,
                   VkCommandPool commandPool,
                   VkCommandPoolTrimFlags flags)
{
   vn_async_vkTrimCommandPool(vn_ring_of(device), device, commandPool, flags);
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_AllocateCommandBuffers(VkDevice _device,
                          const VkCommandBufferAllocateInfo *pAllocateInfo,
                          VkCommandBuffer *pCommandBuffers)
{
   struct vn_device *device = vn_device_from_handle(_device);
   struct vn_command_pool *pool =
      vn_command_pool_from_handle(pAllocateInfo->commandPool);
   const uint32_t count = pAllocateInfo->commandBufferCount;
   VkResult result = VK_ERROR_OUT_OF_HOST_MEMORY;

   memset(pCommandBuffers, 0, count * sizeof(*pCommandBuffers));
   for (uint32_t i = 0; i < count; i++) {
      struct vn_command_buffer *cmd = vn_object_zalloc(
         &pool->alloc, NULL, sizeof(*cmd), VK_OBJECT_TYPE_COMMAND_BUFFER,
         VK_SYSTEM_ALLOCATION_SCOPE_OBJECT);
      if (!cmd)
         goto fail;
      cmd->dispatch.ring = device->dispatch.ring;
      cmd->dispatch.caps = &device->caps;
      cmd->pool = pool;
      cmd->level = pAllocateInfo->level;
      cmd->counted = vn_debug_flags() & VN_DEBUG_STATS;
      cmd->enc.caps = &device->caps;
      cmd->enc.grow = grow_recording;
      u_list_add_tail(&pool->buffers, &cmd->pool_link);
      pCommandBuffers[i] = vn_command_buffer_to_handle(cmd);
   }

   result = vn_async_vkAllocateCommandBuffers(device->dispatch.ring, _device,
                                              pAllocateInfo, pCommandBuffers);
   if (result == VK_SUCCESS)
      return VK_SUCCESS;

fail:
   for (uint32_t i = 0; i < count; i++) {
      if (pCommandBuffers[i]) {
         destroy_command_buffer(
            vn_command_buffer_from_handle(pCommandBuffers[i]));
      }
      pCommandBuffers[i] = VK_NULL_HANDLE;
   }
   return vn_result(result);
}

VKAPI_ATTR void VKAPI_CALL
vn_FreeCommandBuffers(VkDevice device,
                      VkCommandPool commandPool,
                      uint32_t commandBufferCount,
                      const VkCommandBuffer *pCommandBuffers)
{
   if (!commandBufferCount || !pCommandBuffers)
      return;
   vn_async_vkFreeCommandBuffers(vn_ring_of(device), device, commandPool,
                                 commandBufferCount, pCommandBuffers);
   for (uint32_t i = 0; i < commandBufferCount; i++) {
      if (pCommandBuffers[i]) {
         destroy_command_buffer(
            vn_command_buffer_from_handle(pCommandBuffers[i]));
      }
   }
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_ResetCommandBuffer(VkCommandBuffer commandBuffer,
                      VkCommandBufferResetFlags flags)
{
   discard_recording(vn_command_buffer_from_handle(commandBuffer));
   return vn_result(vn_async_vkResetCommandBuffer(vn_ring_of(commandBuffer),
                                                  commandBuffer, flags));
}

/* The views that a secondary command buffer within a pass renders to. */
static uint32_t
inherited_view_mask(const struct vn_command_buffer *cmd,
                    const VkCommandBufferInheritanceInfo *info)
{
   if (info->renderPass) {
      return vn_render_pass_view_mask(
         vn_render_pass_from_handle(info->renderPass), info->subpass);
   }
   const VkCommandBufferInheritanceRenderingInfo *rendering =
      vn_device_find_struct(
         cmd->pool->device, VN_DEVICE_EXT_KHR_dynamic_rendering, info->pNext,
         VK_STRUCTURE_TYPE_COMMAND_BUFFER_INHERITANCE_RENDERING_INFO);
   return rendering ? rendering->viewMask : 0;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_BeginCommandBuffer(VkCommandBuffer commandBuffer,
                      const VkCommandBufferBeginInfo *pBeginInfo)
{
   struct vn_command_buffer *cmd =
      vn_command_buffer_from_handle(commandBuffer);
   discard_recording(cmd);

   VkCommandBufferBeginInfo info = *pBeginInfo;
   VkCommandBufferInheritanceInfo inheritance;
   /* "If this is a primary command buffer, then this value is ignored" */
   if (cmd->level == VK_COMMAND_BUFFER_LEVEL_PRIMARY)
      info.pInheritanceInfo = NULL;
   if (!info.pInheritanceInfo) {
      /* nothing to inherit */
   } else if (info.flags & VK_COMMAND_BUFFER_USAGE_RENDER_PASS_CONTINUE_BIT) {
      cmd->view_mask = inherited_view_mask(cmd, info.pInheritanceInfo);
   } else {
      /* render pass, subpass and framebuffer are ignored */
      inheritance = *info.pInheritanceInfo;
      inheritance.renderPass = VK_NULL_HANDLE;
      inheritance.framebuffer = VK_NULL_HANDLE;
      info.pInheritanceInfo = &inheritance;
   }

   vn_encode_vkBeginCommandBuffer(vn_command_buffer_encoder(commandBuffer), 0,
                                  commandBuffer, &info);
   return vn_result(cmd->enc.failed ? VK_ERROR_OUT_OF_HOST_MEMORY
                                    : VK_SUCCESS);
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_EndCommandBuffer(VkCommandBuffer commandBuffer)
{
   struct vn_command_buffer *cmd =
      vn_command_buffer_from_handle(commandBuffer);
   /* nothing may come between a suspended rendering and its other half */
   if (cmd->level == VK_COMMAND_BUFFER_LEVEL_PRIMARY)
      vn_query_feedback_flush(cmd, !cmd->suspended);

   struct vn_encoder *enc = vn_command_buffer_encoder(commandBuffer);
   vn_encode_vkEndCommandBuffer(enc, 0, commandBuffer);
   if (cmd->counted)
      vn_command_buffer_count(cmd);

   const VkResult result = submit_recording(cmd);
   if (result != VK_SUCCESS)
      discard_recording(cmd);
   return vn_result(result);
}
