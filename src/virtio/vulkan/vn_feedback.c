/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The memory and the command buffers of feedback, made with the driver's own
 * entry points like those of any application. Nothing here knows of fences
 * and semaphores.
 */

#include "vn_feedback.h"

#include "vn_command_buffer.h"
#include "vn_entrypoints.h"
#include "vn_queue.h"

/*
 * A queue's part of the buffer: `done` in a cache line of its own, as it is
 * read all the time, then `next`.
 */
#define NEXT_OFFSET 64
#define QUEUE_STRIDE                                                         \
   (NEXT_OFFSET + VN_FEEDBACK_DEPTH * (uint32_t)sizeof(uint32_t))

_Static_assert(sizeof(_Atomic uint32_t) == sizeof(uint32_t) &&
                  ATOMIC_INT_LOCK_FREE == 2,
               "the GPU writes plain words");

void
vn_feedback_init(struct vn_feedback *feedback)
{
   pthread_mutex_init(&feedback->mutex, NULL);
}

/* Families with a queue of this device that can copy buffers. */
static VkResult
find_families(struct vn_device *device,
              uint64_t *able_out,
              uint32_t *families,
              uint32_t *family_count)
{
   const VkQueueFlags able =
      VK_QUEUE_GRAPHICS_BIT | VK_QUEUE_COMPUTE_BIT | VK_QUEUE_TRANSFER_BIT;
   const VkPhysicalDevice physical_device =
      vn_physical_device_to_handle(device->physical_device);
   uint32_t count = 0;
   vn_GetPhysicalDeviceQueueFamilyProperties(physical_device, &count, NULL);
   if (!count)
      return VK_ERROR_INITIALIZATION_FAILED;

   VkQueueFamilyProperties *props =
      vn_alloc_scratch(&device->alloc, count * sizeof(*props));
   if (!props)
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   vn_GetPhysicalDeviceQueueFamilyProperties(physical_device, &count, props);

   uint64_t seen = 0;
   *family_count = 0;
   *able_out = 0;
   for (uint32_t i = 0; i < device->queue_count; i++) {
      const uint32_t family = device->queues[i].family_index;
      if (family >= VN_MIN(count, 64u) || (seen >> family & 1) ||
          !(props[family].queueFlags & able))
         continue;
      seen |= UINT64_C(1) << family;
      *able_out |= UINT64_C(1) << family;
      families[(*family_count)++] = family;
   }
   vn_free_scratch(&device->alloc, props);
   return *family_count ? VK_SUCCESS : VK_ERROR_FEATURE_NOT_PRESENT;
}

/* Cached memory if there is a choice: it is read far more than written. */
static bool
find_memory_type(const struct vn_device *device,
                 uint32_t allowed,
                 uint32_t *index_out)
{
   const VkPhysicalDeviceMemoryProperties *props =
      &device->physical_device->memory_properties;
   const VkMemoryPropertyFlags needed = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT |
                                        VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
   const VkMemoryPropertyFlags unwanted =
      VK_MEMORY_PROPERTY_PROTECTED_BIT |
      VK_MEMORY_PROPERTY_DEVICE_COHERENT_BIT_AMD;
   bool found = false;

   for (uint32_t i = 0; i < props->memoryTypeCount; i++) {
      const VkMemoryPropertyFlags flags = props->memoryTypes[i].propertyFlags;
      if (!(allowed >> i & 1) || (flags & needed) != needed ||
          (flags & unwanted))
         continue;
      if (!found || (flags & VK_MEMORY_PROPERTY_HOST_CACHED_BIT))
         *index_out = i;
      found = true;
      if (flags & VK_MEMORY_PROPERTY_HOST_CACHED_BIT)
         break;
   }
   return found;
}

static VkResult
create_buffer(struct vn_device *device)
{
   struct vn_feedback *feedback = &device->feedback;
   const VkDevice handle = vn_device_to_handle(device);
   uint32_t families[64];
   VkBufferCreateInfo buffer_info = {
      .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
      .size = (VkDeviceSize)device->queue_count * QUEUE_STRIDE,
      .usage =
         VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT,
      .pQueueFamilyIndices = families,
   };
   VkResult result = find_families(device, &feedback->family_mask, families,
                                   &buffer_info.queueFamilyIndexCount);
   if (result != VK_SUCCESS)
      return result;
   if (buffer_info.queueFamilyIndexCount > 1)
      buffer_info.sharingMode = VK_SHARING_MODE_CONCURRENT;

   result = vn_CreateBuffer(handle, &buffer_info, NULL, &feedback->buffer);
   if (result != VK_SUCCESS)
      return result;

   VkMemoryRequirements reqs;
   vn_GetBufferMemoryRequirements(handle, feedback->buffer, &reqs);
   VkMemoryAllocateInfo memory_info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
      .allocationSize = reqs.size,
   };
   if (!find_memory_type(device, reqs.memoryTypeBits,
                         &memory_info.memoryTypeIndex))
      return VK_ERROR_FEATURE_NOT_PRESENT;
   result = vn_AllocateMemory(handle, &memory_info, NULL, &feedback->memory);
   if (result != VK_SUCCESS)
      return result;

   void *map;
   result = vn_MapMemory(handle, feedback->memory, 0, VK_WHOLE_SIZE, 0, &map);
   if (result != VK_SUCCESS)
      return result;
   memset(map, 0, buffer_info.size);
   result =
      vn_BindBufferMemory(handle, feedback->buffer, feedback->memory, 0);
   if (result == VK_SUCCESS)
      feedback->map = map;
   return result;
}

void
vn_feedback_drop_objects(struct vn_device *device)
{
   struct vn_feedback *feedback = &device->feedback;
   const VkDevice handle = vn_device_to_handle(device);

   feedback->map = NULL;
   vn_DestroyBuffer(handle, feedback->buffer, NULL);
   feedback->buffer = VK_NULL_HANDLE;
   vn_FreeMemory(handle, feedback->memory, NULL);
   feedback->memory = VK_NULL_HANDLE;
}

void
vn_feedback_finish(struct vn_feedback *feedback)
{
   pthread_mutex_destroy(&feedback->mutex);
}

void
vn_queue_feedback_drop_objects(struct vn_queue_feedback *feedback,
                               struct vn_device *device)
{
   vn_DestroyCommandPool(vn_device_to_handle(device), feedback->pool, NULL);
   memset(feedback, 0, sizeof(*feedback));
}

static bool
device_ready(struct vn_device *device)
{
   struct vn_feedback *feedback = &device->feedback;

   pthread_mutex_lock(&feedback->mutex);
   if (!feedback->tried) {
      feedback->tried = true;
      const VkResult result = device->physical_device->can_map
                                 ? create_buffer(device)
                                 : VK_ERROR_MEMORY_MAP_FAILED;
      if (result != VK_SUCCESS) {
         vn_log(DEBUG, "no feedback on this device: VkResult %d", result);
         vn_feedback_drop_objects(device);
      }
   }
   const bool ready = feedback->map != NULL;
   pthread_mutex_unlock(&feedback->mutex);
   return ready;
}

static void
set_up_queue(struct vn_queue *queue)
{
   struct vn_device *device = queue->device;
   struct vn_queue_feedback *feedback = &queue->feedback;

   /* what others must not see may not be copied by an ordinary buffer */
   if ((queue->flags & VK_DEVICE_QUEUE_CREATE_PROTECTED_BIT) ||
       !device_ready(device) || queue->family_index >= 64 ||
       !(device->feedback.family_mask >> queue->family_index & 1))
      return;

   const VkCommandPoolCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
      .queueFamilyIndex = queue->family_index,
   };
   if (vn_CreateCommandPool(vn_device_to_handle(device), &info, NULL,
                            &feedback->pool) != VK_SUCCESS)
      return;

   uint8_t *const map =
      device->feedback.map + (queue - device->queues) * QUEUE_STRIDE;
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
   const VkDeviceSize offset =
      (VkDeviceSize)(queue - device->queues) * QUEUE_STRIDE;
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
      .srcOffset = offset + NEXT_OFFSET + index * sizeof(uint32_t),
      .dstOffset = offset,
      .size = sizeof(uint32_t),
   };

   VkCommandBuffer cmd;
   VkResult result = vn_AllocateCommandBuffers(vn_device_to_handle(device),
                                               &alloc_info, &cmd);
   if (result != VK_SUCCESS)
      return result;
   /* the application is told that its contents are not copied */
   vn_command_buffer_from_handle(cmd)->uncounted = true;
   result = vn_BeginCommandBuffer(cmd, &begin_info);
   if (result == VK_SUCCESS) {
      vn_CmdPipelineBarrier(cmd, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT,
                            VK_PIPELINE_STAGE_TRANSFER_BIT, 0, 1, &before, 0,
                            NULL, 0, NULL);
      vn_CmdCopyBuffer(cmd, device->feedback.buffer, device->feedback.buffer,
                       1, &word);
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
