/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Which allocations are pieces of a block, and where the blocks come from:
 * one pool per memory type. The arithmetic is in vn_memory_pool.c.
 */

#include "vn_suballoc.h"

#include "vn_instance.h"
#include "vn_protocol.h"

/*
 * A block is the least that an application with a single small allocation
 * costs a heap, and one more may lie idle.
 */
#define MIN_HEAP_BLOCKS 32

/* Types that mean more than these to somebody are left alone. */
#define KNOWN_TYPE_FLAGS                                                     \
   (VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT |                                    \
    VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT |                                    \
    VK_MEMORY_PROPERTY_HOST_COHERENT_BIT |                                   \
    VK_MEMORY_PROPERTY_HOST_CACHED_BIT)

static bool
type_is_suitable(const VkPhysicalDeviceMemoryProperties *props,
                 uint32_t type_index)
{
   const VkMemoryType *type = &props->memoryTypes[type_index];

   return type->propertyFlags & VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT &&
          !(type->propertyFlags & ~KNOWN_TYPE_FLAGS) &&
          props->memoryHeaps[type->heapIndex].size >=
             MIN_HEAP_BLOCKS * VN_MEMORY_POOL_BLOCK_SIZE;
}

/* A piece could not be mapped where the application wants it. */
static bool
pieces_can_be_placed(const struct vn_device *device)
{
#ifdef VK_EXT_map_memory_placed
   return !vn_ext_set_has(&device->enabled_extensions,
                          VN_DEVICE_EXT_EXT_map_memory_placed) ||
          !device->instance->renderer->info.places_only_whole;
#else
   return true;
#endif
}

void
vn_suballoc_init(struct vn_device *device)
{
   const struct vn_physical_device *physical_device = device->physical_device;
   const VkPhysicalDeviceMemoryProperties *props =
      &physical_device->memory_properties;
   const VkPhysicalDeviceLimits *limits = &physical_device->properties.limits;
   uint32_t types = 0;

   for (uint32_t i = 0; i < props->memoryTypeCount; i++) {
      vn_memory_pool_init(&device->memory_pools[i]);
      if (type_is_suitable(props, i))
         types |= UINT32_C(1) << i;
   }
   if (!physical_device->can_map || !pieces_can_be_placed(device) ||
       limits->bufferImageGranularity > VN_MEMORY_POOL_UNIT ||
       limits->minMemoryMapAlignment > VN_MEMORY_POOL_UNIT ||
       vn_perf_flags() & VN_PERF_NO_MEMORY_SUBALLOC)
      types = 0;

   /* relaxed, as everywhere: bits of it only go, and late is not wrong */
   atomic_store_explicit(&device->suballoc_types, types,
                         memory_order_relaxed);
}

void
vn_suballoc_finish(struct vn_device *device)
{
   const uint32_t count =
      device->physical_device->memory_properties.memoryTypeCount;

   for (uint32_t i = 0; i < count; i++) {
      struct vn_memory_pool *pool = &device->memory_pools[i];
      struct vn_device_memory *block;
      while ((block = vn_memory_pool_take_block(pool)))
         vn_device_memory_destroy(device, block);
      vn_memory_pool_finish(pool);
   }
}

/*
 * Whether a chained struct asks for nothing. Flags are never suballocated,
 * DEVICE_ADDRESS neither: it may be there for
 * vkGetDeviceMemoryOpaqueCaptureAddress, whose answer is the memory's own.
 */
static bool
is_idle_struct(const struct vn_device *device, const VkBaseInStructure *s)
{
   /* the one that never gets to the renderer */
   if (s->sType == VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR) {
      return !vn_ext_set_has(&device->usable_extensions,
                             VN_DEVICE_EXT_KHR_external_memory_fd) ||
             !((const VkImportMemoryFdInfoKHR *)s)->handleType;
   }
   /* what is to be ignored asks for nothing either */
   if (!vn_protocol_caps_has_struct(&device->caps, s->sType))
      return true;
   switch ((int)s->sType) {
   case VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO:
      return !((const VkMemoryAllocateFlagsInfo *)s)->flags;
   case VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO: {
      const VkMemoryDedicatedAllocateInfo *dedicated = (const void *)s;
      return !dedicated->image && !dedicated->buffer;
   }
   case VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO:
      return !((const VkExportMemoryAllocateInfo *)s)->handleTypes;
   default:
      return false;
   }
}

static bool
may_be_piece(struct vn_device *device, const VkMemoryAllocateInfo *info)
{
   const uint32_t types =
      atomic_load_explicit(&device->suballoc_types, memory_order_relaxed);
   if (info->memoryTypeIndex >= VK_MAX_MEMORY_TYPES ||
       !(types >> info->memoryTypeIndex & 1) || !info->allocationSize ||
       info->allocationSize > VN_MEMORY_POOL_MAX_SIZE)
      return false;

   for (const VkBaseInStructure *s = info->pNext; s; s = s->pNext) {
      if (!is_idle_struct(device, s))
         return false;
   }
   return true;
}

/*
 * Two threads may find the pool full and make a block each; no lock is held
 * while the renderer is asked.
 */
static bool
alloc_from_new_block(struct vn_device *device,
                     struct vn_device_memory *memory,
                     uint64_t size)
{
   const VkMemoryAllocateInfo info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
      .allocationSize = VN_MEMORY_POOL_BLOCK_SIZE,
      .memoryTypeIndex = memory->type_index,
   };
   struct vn_device_memory *block;
   if (vn_device_memory_create(device, &info, &block) != VK_SUCCESS)
      return false;

   if (!vn_memory_pool_add_block(&device->memory_pools[memory->type_index],
                                 block, size, &memory->piece)) {
      vn_device_memory_destroy(device, block);
      return false;
   }
   return true;
}

bool
vn_suballoc_alloc(struct vn_device *device,
                  struct vn_device_memory *memory,
                  const VkMemoryAllocateInfo *info)
{
   if (!may_be_piece(device, info))
      return false;

   memory->type_index = info->memoryTypeIndex;
   return vn_memory_pool_alloc(&device->memory_pools[memory->type_index],
                               info->allocationSize, &memory->piece) ||
          alloc_from_new_block(device, memory, info->allocationSize);
}

void
vn_suballoc_free(struct vn_device *device, struct vn_device_memory *memory)
{
   struct vn_device_memory *block = vn_memory_pool_free(
      &device->memory_pools[memory->type_index], &memory->piece);
   if (block)
      vn_device_memory_destroy(device, block);
}

void
vn_suballoc_check(struct vn_device *device,
                  const VkMemoryRequirements *requirements)
{
   /* the memory is at least that large, and aligned to what it takes */
   if (requirements->alignment <= VN_MEMORY_POOL_UNIT ||
       requirements->alignment <= requirements->size)
      return;

   const uint32_t types = atomic_exchange_explicit(&device->suballoc_types, 0,
                                                   memory_order_relaxed);
   if (types) {
      vn_log(WARN,
             "the host aligns %" PRIu64 " bytes to %" PRIu64
             ": no suballocation from now on",
             requirements->size, requirements->alignment);
   }
}
