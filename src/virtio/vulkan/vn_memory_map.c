/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Mapping of device memory. The one mapping of a resource belongs to it and
 * stays until it goes; a mapping at a place that the application has chosen
 * is a second one of the same pages, and belongs to the memory object.
 */

#include <sys/mman.h>

#include "vn_chain.h"
#include "vn_device_memory.h"
#include "vn_entrypoints.h"
#include "vn_instance.h"
#include "vn_suballoc.h"

/* The memory and its resource, if it can be mapped. */
static VkResult
prepare(struct vn_device *device, struct vn_device_memory *memory)
{
   if (!memory->host_visible || !device->physical_device->can_map)
      return VK_ERROR_MEMORY_MAP_FAILED;
   return vn_device_memory_ensure_bo(device, memory);
}

/* The start of the whole memory, in the driver's address space. */
static VkResult
map_whole(struct vn_device *device,
          struct vn_device_memory *memory,
          uint8_t **map_out)
{
   VkResult result = prepare(device, memory);
   if (result != VK_SUCCESS)
      return result;

   struct vn_renderer *renderer;
   const struct vn_renderer_ops *ops =
      vn_device_renderer_ops(device, &renderer);
   pthread_mutex_lock(&memory->mutex);
   if (!memory->map)
      result = ops->bo_map(renderer, memory->bo, &memory->map);
   *map_out = memory->map;
   pthread_mutex_unlock(&memory->mutex);
   return result;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_MapMemory(VkDevice _device,
             VkDeviceMemory _memory,
             VkDeviceSize offset,
             VkDeviceSize size,
             VkMemoryMapFlags flags,
             void **ppData)
{
   uint8_t *map;

   vn_suballoc_translate(&_memory, &offset);
   const VkResult result =
      map_whole(vn_device_from_handle(_device),
                vn_device_memory_from_handle(_memory), &map);
   if (result != VK_SUCCESS)
      return vn_result(result);

   *ppData = map + offset;
   return VK_SUCCESS;
}

void
vn_memory_map_finish(struct vn_device_memory *memory)
{
   if (memory->placed.map)
      munmap(memory->placed.map, memory->placed.size);
   memory->placed.map = NULL;
}

VKAPI_ATTR void VKAPI_CALL
vn_UnmapMemory(VkDevice device, VkDeviceMemory memory)
{
   vn_memory_map_finish(vn_device_memory_from_handle(memory));
}

/* Mappings are coherent: types that are not are not offered as visible. */
VKAPI_ATTR VkResult VKAPI_CALL
vn_FlushMappedMemoryRanges(VkDevice device,
                           uint32_t memoryRangeCount,
                           const VkMappedMemoryRange *pMemoryRanges)
{
   return VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_InvalidateMappedMemoryRanges(VkDevice device,
                                uint32_t memoryRangeCount,
                                const VkMappedMemoryRange *pMemoryRanges)
{
   return VK_SUCCESS;
}

#ifdef VK_EXT_map_memory_placed

/*
 * What is behind the end of the memory on its last page belongs to it as
 * well: pieces and resources are whole pages.
 */
static VkResult
map_placed(struct vn_device *device,
           const VkMemoryMapInfoKHR *info,
           void *address)
{
   struct vn_device_memory *memory =
      vn_device_memory_from_handle(info->memory);
   const VkDeviceSize memory_size =
      memory->piece.block ? memory->piece.size : memory->size;
   const VkDeviceSize page =
      device->instance->renderer->info.memory_alignment;
   VkDeviceSize size =
      info->size == VK_WHOLE_SIZE ? memory_size - info->offset : info->size;
   size = (size + page - 1) & ~(page - 1);

   VkDeviceMemory whole = info->memory;
   VkDeviceSize offset = info->offset;
   vn_suballoc_translate(&whole, &offset);
   struct vn_device_memory *backing = vn_device_memory_from_handle(whole);
   VkResult result = prepare(device, backing);
   if (result != VK_SUCCESS)
      return result;

   struct vn_renderer *renderer;
   const struct vn_renderer_ops *ops =
      vn_device_renderer_ops(device, &renderer);
   result = ops->bo_map_placed(renderer, backing->bo, offset, size, address);
   if (result != VK_SUCCESS)
      return result;
   memory->placed.map = address;
   memory->placed.size = (size_t)size;
   return VK_SUCCESS;
}

#endif

#ifdef VK_KHR_map_memory2

VKAPI_ATTR VkResult VKAPI_CALL
vn_MapMemory2KHR(VkDevice device,
                 const VkMemoryMapInfoKHR *pMemoryMapInfo,
                 void **ppData)
{
#ifdef VK_EXT_map_memory_placed
   if (pMemoryMapInfo->flags & VK_MEMORY_MAP_PLACED_BIT_EXT) {
      /* VUID-VkMemoryMapInfo-flags-09570: pPlacedAddress is not NULL then */
      const VkMemoryMapPlacedInfoEXT *placed = vn_device_find_struct(
         vn_device_from_handle(device), VN_DEVICE_EXT_EXT_map_memory_placed,
         pMemoryMapInfo->pNext, VK_STRUCTURE_TYPE_MEMORY_MAP_PLACED_INFO_EXT);
      if (!placed || !placed->pPlacedAddress)
         return vn_result(VK_ERROR_MEMORY_MAP_FAILED);
      const VkResult result =
         map_placed(vn_device_from_handle(device), pMemoryMapInfo,
                    placed->pPlacedAddress);
      if (result == VK_SUCCESS)
         *ppData = placed->pPlacedAddress;
      return vn_result(result);
   }
#endif
   return vn_MapMemory(device, pMemoryMapInfo->memory, pMemoryMapInfo->offset,
                       pMemoryMapInfo->size, pMemoryMapInfo->flags, ppData);
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_UnmapMemory2KHR(VkDevice device,
                   const VkMemoryUnmapInfoKHR *pMemoryUnmapInfo)
{
#ifdef VK_EXT_map_memory_placed
   struct vn_device_memory *memory =
      vn_device_memory_from_handle(pMemoryUnmapInfo->memory);
   if ((pMemoryUnmapInfo->flags & VK_MEMORY_UNMAP_RESERVE_BIT_EXT) &&
       memory->placed.map) {
      /* "the memory range ... remains reserved", for whoever placed it */
      if (mmap(memory->placed.map, memory->placed.size, PROT_NONE,
               MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
         return vn_result(VK_ERROR_MEMORY_MAP_FAILED);
      memory->placed.map = NULL;
      return VK_SUCCESS;
   }
#endif
   vn_UnmapMemory(device, pMemoryUnmapInfo->memory);
   return VK_SUCCESS;
}

#endif
