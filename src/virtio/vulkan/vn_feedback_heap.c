/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See vn_feedback_heap.h. Buffers and memory are made with the driver's own
 * entry points like those of any application.
 */

#include "vn_feedback_heap.h"

#include "vn_device.h"
#include "vn_entrypoints.h"
#include "vn_queue.h"

/* What is handed out: a cache line, so that nothing is falsely shared. */
#define UNIT_SIZE 64

/* A chunk from which several pieces are taken; a larger piece has its own. */
#define CHUNK_UNITS 1024
#define MAP_WORDS   (CHUNK_UNITS / 64)

struct vn_feedback_chunk {
   struct u_list link; /* in vn_feedback_heap::chunks */
   VkBuffer buffer;    /* owned, as is the memory */
   VkDeviceMemory memory;
   uint8_t *map;
   bool whole;               /* one piece has all of it */
   uint64_t used[MAP_WORDS]; /* bit per unit */
};

void
vn_feedback_heap_init(struct vn_feedback_heap *heap)
{
   pthread_mutex_init(&heap->mutex, NULL);
   u_list_init(&heap->chunks);
}

void
vn_feedback_heap_finish(struct vn_feedback_heap *heap)
{
   pthread_mutex_destroy(&heap->mutex);
}

/* Families with a queue of this device that can copy buffers. */
static VkResult
find_families(struct vn_device *device)
{
   const VkQueueFlags query_able =
      VK_QUEUE_GRAPHICS_BIT | VK_QUEUE_COMPUTE_BIT;
   const VkQueueFlags able = query_able | VK_QUEUE_TRANSFER_BIT;
   struct vn_feedback_heap *heap = &device->feedback_heap;
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

   for (uint32_t i = 0; i < device->queue_count; i++) {
      const uint32_t family = device->queues[i].family_index;
      if (family >= VN_MIN(count, 64u) || (heap->family_mask >> family & 1) ||
          !(props[family].queueFlags & able))
         continue;
      heap->family_mask |= UINT64_C(1) << family;
      if (props[family].queueFlags & query_able)
         heap->query_family_mask |= UINT64_C(1) << family;
      heap->families[heap->family_count++] = family;
   }
   vn_free_scratch(&device->alloc, props);
   return heap->family_count ? VK_SUCCESS : VK_ERROR_FEATURE_NOT_PRESENT;
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
init_chunk(struct vn_device *device,
           struct vn_feedback_chunk *chunk,
           uint64_t size)
{
   const struct vn_feedback_heap *heap = &device->feedback_heap;
   const VkDevice handle = vn_device_to_handle(device);
   const VkBufferCreateInfo buffer_info = {
      .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
      .size = size,
      .usage =
         VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT,
      .sharingMode = heap->family_count > 1 ? VK_SHARING_MODE_CONCURRENT
                                            : VK_SHARING_MODE_EXCLUSIVE,
      .queueFamilyIndexCount = heap->family_count,
      .pQueueFamilyIndices = heap->families,
   };
   VkResult result =
      vn_CreateBuffer(handle, &buffer_info, NULL, &chunk->buffer);
   if (result != VK_SUCCESS)
      return result;

   VkMemoryRequirements reqs;
   vn_GetBufferMemoryRequirements(handle, chunk->buffer, &reqs);
   VkMemoryAllocateInfo memory_info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
      .allocationSize = reqs.size,
   };
   if (!find_memory_type(device, reqs.memoryTypeBits,
                         &memory_info.memoryTypeIndex))
      return VK_ERROR_FEATURE_NOT_PRESENT;
   result = vn_AllocateMemory(handle, &memory_info, NULL, &chunk->memory);
   if (result != VK_SUCCESS)
      return result;

   void *map;
   result = vn_MapMemory(handle, chunk->memory, 0, VK_WHOLE_SIZE, 0, &map);
   if (result != VK_SUCCESS)
      return result;
   result = vn_BindBufferMemory(handle, chunk->buffer, chunk->memory, 0);
   if (result == VK_SUCCESS)
      chunk->map = map;
   return result;
}

static void
destroy_chunk(struct vn_device *device, struct vn_feedback_chunk *chunk)
{
   const VkDevice handle = vn_device_to_handle(device);
   vn_DestroyBuffer(handle, chunk->buffer, NULL);
   vn_FreeMemory(handle, chunk->memory, NULL);
   vn_free_scratch(&device->alloc, chunk);
}

/* With the heap's mutex held. size is a multiple of the unit. */
static struct vn_feedback_chunk *
create_chunk(struct vn_device *device, uint64_t size)
{
   struct vn_feedback_chunk *chunk =
      device->alloc.pfnAllocation(device->alloc.pUserData, sizeof(*chunk), 8,
                                  VK_SYSTEM_ALLOCATION_SCOPE_DEVICE);
   if (!chunk)
      return NULL;
   memset(chunk, 0, sizeof(*chunk));

   const uint64_t chunk_size =
      VN_MAX(size, (uint64_t)CHUNK_UNITS * UNIT_SIZE);
   const VkResult result = init_chunk(device, chunk, chunk_size);
   if (result != VK_SUCCESS) {
      vn_log(DEBUG, "no memory for feedback: VkResult %d", (int)result);
      destroy_chunk(device, chunk);
      return NULL;
   }
   chunk->whole = size > (uint64_t)CHUNK_UNITS * UNIT_SIZE;
   u_list_add_tail(&device->feedback_heap.chunks, &chunk->link);
   return chunk;
}

void
vn_feedback_heap_drop_objects(struct vn_device *device)
{
   struct vn_feedback_heap *heap = &device->feedback_heap;

   u_list_for_each_safe (struct vn_feedback_chunk, chunk, &heap->chunks, link)
      destroy_chunk(device, chunk);
   u_list_init(&heap->chunks);
}

static bool
unit_is_used(const struct vn_feedback_chunk *chunk, uint32_t unit)
{
   return chunk->used[unit / 64] >> (unit % 64) & 1;
}

static void
mark_units(struct vn_feedback_chunk *chunk,
           uint32_t first,
           uint32_t count,
           bool used)
{
   for (uint32_t i = first; i < first + count; i++) {
      const uint64_t bit = UINT64_C(1) << (i % 64);
      chunk->used[i / 64] =
         used ? chunk->used[i / 64] | bit : chunk->used[i / 64] & ~bit;
   }
}

/* The first run of so many free units, or CHUNK_UNITS. */
static uint32_t
find_units(const struct vn_feedback_chunk *chunk, uint32_t count)
{
   uint32_t run = 0;

   for (uint32_t i = 0; i < CHUNK_UNITS; i++) {
      if (i % 64 == 0 && chunk->used[i / 64] == UINT64_MAX) {
         run = 0;
         i += 63;
         continue;
      }
      run = unit_is_used(chunk, i) ? 0 : run + 1;
      if (run == count)
         return i + 1 - count;
   }
   return CHUNK_UNITS;
}

/* With the heap's mutex held. */
static bool
is_ready(struct vn_device *device)
{
   struct vn_feedback_heap *heap = &device->feedback_heap;

   if (!heap->tried) {
      heap->tried = true;
      heap->failed = !device->physical_device->can_map ||
                     find_families(device) != VK_SUCCESS;
   }
   return !heap->failed;
}

/* With the heap's mutex held. */
static struct vn_feedback_chunk *
find_place(struct vn_device *device, uint64_t size, uint32_t *unit_out)
{
   struct vn_feedback_heap *heap = &device->feedback_heap;
   struct vn_feedback_chunk *made;

   *unit_out = 0;
   if (size <= (uint64_t)CHUNK_UNITS * UNIT_SIZE) {
      const uint32_t count = (uint32_t)(size / UNIT_SIZE);
      u_list_for_each (struct vn_feedback_chunk, chunk, &heap->chunks, link) {
         const uint32_t unit =
            chunk->whole ? CHUNK_UNITS : find_units(chunk, count);
         if (unit < CHUNK_UNITS) {
            *unit_out = unit;
            mark_units(chunk, unit, count, true);
            return chunk;
         }
      }
      made = create_chunk(device, size);
      if (made)
         mark_units(made, 0, count, true);
      return made;
   }
   return create_chunk(device, size);
}

void
vn_feedback_heap_alloc(struct vn_device *device,
                       uint64_t size,
                       struct vn_feedback_range *range_out)
{
   struct vn_feedback_heap *heap = &device->feedback_heap;

   memset(range_out, 0, sizeof(*range_out));
   if (!size || size > UINT32_MAX)
      return;
   size = (size + UNIT_SIZE - 1) & ~(uint64_t)(UNIT_SIZE - 1);

   pthread_mutex_lock(&heap->mutex);
   uint32_t unit;
   struct vn_feedback_chunk *chunk =
      is_ready(device) ? find_place(device, size, &unit) : NULL;
   pthread_mutex_unlock(&heap->mutex);
   if (!chunk)
      return;

   *range_out = (struct vn_feedback_range){
      .chunk = chunk,
      .buffer = chunk->buffer,
      .offset = (VkDeviceSize)unit * UNIT_SIZE,
      .size = size,
      .map = chunk->map + (size_t)unit * UNIT_SIZE,
   };
   memset(range_out->map, 0, size);
}

void
vn_feedback_heap_free(struct vn_device *device,
                      struct vn_feedback_range *range)
{
   struct vn_feedback_heap *heap = &device->feedback_heap;
   struct vn_feedback_chunk *chunk = range->chunk;
   if (!chunk)
      return;

   pthread_mutex_lock(&heap->mutex);
   if (chunk->whole) {
      u_list_del(&chunk->link);
   } else {
      mark_units(chunk, (uint32_t)(range->offset / UNIT_SIZE),
                 (uint32_t)(range->size / UNIT_SIZE), false);
      chunk = NULL; /* stays for others */
   }
   pthread_mutex_unlock(&heap->mutex);
   if (chunk)
      destroy_chunk(device, chunk);
   memset(range, 0, sizeof(*range));
}
