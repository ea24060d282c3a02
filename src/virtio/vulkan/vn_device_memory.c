/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Device memory: allocation, and the two directions of external memory. An
 * import is sent as the id of a resource that the renderer is known to have;
 * an export is the resource's own file.
 */

#include "vn_device_memory.h"

#include <unistd.h>

#include "vn_calls.h"
#include "vn_chain.h"
#include "vn_entrypoints.h"
#include "vn_instance.h"
#include "vn_protocol.h"
#include "vn_scout.h"
#include "vn_suballoc.h"

/* The least that whole pages are; see vn_renderer_info's memory_alignment. */
#define MIN_PAGE_SIZE 4096

/*
 * An allocation that fails without anybody waiting for it is noticed when
 * its id is used next, and that is fatal. Small device-local allocations
 * are taken for granted, everything else waits.
 */
#define ASYNC_ALLOC_LIMIT (UINT64_C(1) << 20)

struct alloc_request {
   VkMemoryAllocateInfo info; /* pNext: the chain below */
   struct vn_chain chain;
   VkImportMemoryResourceInfoMESA import;
   bool wait;
};

/*
 * Renderers before 1.3 do not round allocations that they export, and what is
 * mapped has to be whole pages on both sides: a host of 16 KiB pages refuses
 * a resource that ends within one of its own.
 */
static uint64_t
page_size(const struct vn_device *device)
{
   return VN_MAX(device->instance->renderer->info.memory_alignment,
                 (uint32_t)MIN_PAGE_SIZE);
}

/* Everything about the memory type comes from our own copy. */
static VkMemoryPropertyFlags
type_flags(const struct vn_device *device, uint32_t type_index)
{
   const VkPhysicalDeviceMemoryProperties *props =
      &device->physical_device->memory_properties;
   return type_index < props->memoryTypeCount
             ? props->memoryTypes[type_index].propertyFlags
             : 0;
}

/*
 * Adjusts size and export type to what the renderer wants; on success the
 * chain must be finished.
 */
static VkResult
prepare_request(struct vn_device *device,
                struct vn_device_memory *memory,
                const VkMemoryAllocateInfo *app_info,
                struct alloc_request *request)
{
   static const VkStructureType replaced[] = {
      VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR,
   };
   VkResult result =
      vn_chain_init(&request->chain, &device->alloc, &device->caps,
                    app_info->pNext, replaced, VN_ARRAY_SIZE(replaced));
   if (result != VK_SUCCESS)
      return result;

   request->info = *app_info;

   const VkMemoryDedicatedAllocateInfo *dedicated = vn_find_struct(
      request->chain.first, VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO);
   /*
    * Renderers before 1.3 do not round allocations that they export; what is
    * mapped here has to be whole pages on the host. A dedicated allocation
    * keeps the size that its requirements gave.
    */
   const bool is_dedicated =
      dedicated && (dedicated->image || dedicated->buffer);
   if (memory->host_visible && !is_dedicated && !memory->bo &&
       !u_align_u64(app_info->allocationSize, page_size(device),
                    &request->info.allocationSize)) {
      vn_chain_finish(&request->chain);
      return VK_ERROR_OUT_OF_DEVICE_MEMORY;
   }

   VkExportMemoryAllocateInfo *export_info = vn_find_struct(
      request->chain.first, VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO);
   if (export_info && export_info->handleTypes) {
      memory->exportable = true;
      export_info->handleTypes = VN_RENDERER_HANDLE_TYPE;
   }

   if (memory->bo) {
      request->import = (VkImportMemoryResourceInfoMESA){
         .sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_RESOURCE_INFO_MESA,
         .resourceId = memory->bo->res_id,
      };
      vn_chain_prepend(&request->chain, &request->import);
   }

   request->info.pNext = request->chain.first;
   request->wait = memory->host_visible || memory->exportable || memory->bo ||
                   request->info.allocationSize > ASYNC_ALLOC_LIMIT ||
                   vn_perf_flags() & VN_PERF_NO_ASYNC_CREATE;
   return VK_SUCCESS;
}

static VkResult
send_allocation(struct vn_device *device,
                struct vn_device_memory *memory,
                const VkMemoryAllocateInfo *app_info)
{
   struct alloc_request request;
   VkResult result = prepare_request(device, memory, app_info, &request);
   if (result != VK_SUCCESS)
      return result;

   memory->size = request.info.allocationSize;

   struct vn_ring *ring = device->dispatch.ring;
   const VkDevice handle = vn_device_to_handle(device);
   VkDeviceMemory memory_handle = vn_device_memory_to_handle(memory);
   if (request.wait) {
      result = vn_call_vkAllocateMemory(ring, handle, &request.info, NULL,
                                        &memory_handle);
   } else {
      result = vn_async_vkAllocateMemory(ring, handle, &request.info, NULL,
                                         &memory_handle);
   }
   vn_chain_finish(&request.chain);
   return result;
}

VkResult
vn_device_memory_ensure_bo(struct vn_device *device,
                           struct vn_device_memory *memory)
{
   struct vn_renderer *renderer;
   const struct vn_renderer_ops *ops =
      vn_device_renderer_ops(device, &renderer);
   VkResult result = VK_SUCCESS;

   pthread_mutex_lock(&memory->mutex);
   if (!memory->bo) {
      const uint32_t flags =
         (memory->host_visible ? VN_RENDERER_BO_MAPPABLE : 0) |
         (memory->exportable ? VN_RENDERER_BO_SHAREABLE : 0);
      /* whoever needs a resource waited for the allocation: the renderer
       * has it
       */
      result = ops->bo_create(renderer, memory->size, memory->base.id, flags,
                              &memory->bo);
   }
   pthread_mutex_unlock(&memory->mutex);
   return result;
}

/* VK_SUCCESS without a bo when the application imports nothing. */
static VkResult
import_fd(struct vn_device *device,
          struct vn_device_memory *memory,
          const VkImportMemoryFdInfoKHR *info)
{
   if (!info || !info->handleType)
      return VK_SUCCESS;

   if (!(info->handleType & device->physical_device->external_handle_types))
      return VK_ERROR_INVALID_EXTERNAL_HANDLE;

   memory->imported = true;
   return vn_scout_import_fd(device, info->fd, &memory->bo);
}

static void
free_memory(struct vn_device *device,
            const VkAllocationCallbacks *alloc,
            struct vn_device_memory *memory)
{
   struct vn_renderer *renderer;
   const struct vn_renderer_ops *ops =
      vn_device_renderer_ops(device, &renderer);
   if (memory->bo)
      ops->bo_unref(renderer, memory->bo);
   pthread_mutex_destroy(&memory->mutex);
   vn_object_free(&device->alloc, alloc, memory);
}

static const VkImportMemoryFdInfoKHR *
find_import(const struct vn_device *device, const VkMemoryAllocateInfo *info)
{
   return vn_device_find_struct(device, VN_DEVICE_EXT_KHR_external_memory_fd,
                                info->pNext,
                                VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR);
}

static VkResult
init_memory(struct vn_device *device,
            struct vn_device_memory *memory,
            const VkMemoryAllocateInfo *info)
{
   const VkMemoryPropertyFlags flags =
      type_flags(device, info->memoryTypeIndex);

   pthread_mutex_init(&memory->mutex, NULL);
   memory->type_index = info->memoryTypeIndex;
   memory->host_visible = flags & VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT;

   VkResult result = import_fd(device, memory, find_import(device, info));
   if (result == VK_SUCCESS)
      result = send_allocation(device, memory, info);
   return result;
}

VkResult
vn_device_memory_create(struct vn_device *device,
                        const VkMemoryAllocateInfo *info,
                        struct vn_device_memory **memory_out)
{
   struct vn_device_memory *memory =
      vn_device_object_zalloc(vn_device_to_handle(device), NULL,
                              sizeof(*memory), VK_OBJECT_TYPE_DEVICE_MEMORY);
   if (!memory)
      return VK_ERROR_OUT_OF_HOST_MEMORY;

   const VkResult result = init_memory(device, memory, info);
   if (result != VK_SUCCESS) {
      free_memory(device, NULL, memory);
      return result;
   }
   *memory_out = memory;
   return VK_SUCCESS;
}

void
vn_device_memory_destroy(struct vn_device *device,
                         struct vn_device_memory *memory)
{
   vn_async_vkFreeMemory(device->dispatch.ring, vn_device_to_handle(device),
                         vn_device_memory_to_handle(memory), NULL);
   free_memory(device, NULL, memory);
}

/* Shared memory is known by its resource, the rest by its object. */
static uint64_t
report_id(const struct vn_device_memory *memory)
{
   return (memory->imported || memory->exportable) && memory->bo
             ? UINT64_C(1) << 63 | memory->bo->res_id
             : memory->base.id;
}

static void
report_allocation(struct vn_device *device,
                  struct vn_device_memory *memory,
                  const VkMemoryAllocateInfo *info)
{
   if (!device->memory_report.callback_count)
      return;
   if (memory->exportable)
      vn_device_memory_ensure_bo(
         device, memory); /* or else has the id of the object */
   vn_memory_report_event(
      device,
      memory->imported ? VK_DEVICE_MEMORY_REPORT_EVENT_TYPE_IMPORT_EXT
                       : VK_DEVICE_MEMORY_REPORT_EVENT_TYPE_ALLOCATE_EXT,
      report_id(memory), info->allocationSize,
      vn_device_memory_to_handle(memory), info->memoryTypeIndex);
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_AllocateMemory(VkDevice _device,
                  const VkMemoryAllocateInfo *pAllocateInfo,
                  const VkAllocationCallbacks *pAllocator,
                  VkDeviceMemory *pMemory)
{
   struct vn_device *device = vn_device_from_handle(_device);

   /* a piece of a block could still be had */
   if (vn_ring_is_lost(device->dispatch.ring))
      return vn_result(VK_ERROR_DEVICE_LOST);

   struct vn_device_memory *memory = vn_device_object_zalloc(
      _device, pAllocator, sizeof(*memory), VK_OBJECT_TYPE_DEVICE_MEMORY);
   if (!memory)
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);

   if (vn_suballoc_alloc(device, memory, pAllocateInfo)) {
      report_allocation(device, memory, pAllocateInfo);
      *pMemory = vn_device_memory_to_handle(memory);
      return VK_SUCCESS;
   }

   const VkResult result = init_memory(device, memory, pAllocateInfo);
   if (result != VK_SUCCESS) {
      free_memory(device, pAllocator, memory);
      vn_memory_report_event(
         device, VK_DEVICE_MEMORY_REPORT_EVENT_TYPE_ALLOCATION_FAILED_EXT, 0,
         pAllocateInfo->allocationSize, VK_NULL_HANDLE,
         pAllocateInfo->memoryTypeIndex);
      return vn_result(result);
   }
   report_allocation(device, memory, pAllocateInfo);

   /*
    * Importing memory from a file descriptor transfers ownership of the file
    * descriptor from the application to the Vulkan implementation, if the
    * import succeeds (VkImportMemoryFdInfoKHR).
    */
   const VkImportMemoryFdInfoKHR *import_info =
      find_import(device, pAllocateInfo);
   if (memory->bo && import_info) {
      int fd = import_info->fd;
      u_fd_close(&fd);
   }

   *pMemory = vn_device_memory_to_handle(memory);
   return VK_SUCCESS;
}

VKAPI_ATTR void VKAPI_CALL
vn_FreeMemory(VkDevice _device,
              VkDeviceMemory _memory,
              const VkAllocationCallbacks *pAllocator)
{
   struct vn_device *device = vn_device_from_handle(_device);
   struct vn_device_memory *memory = vn_device_memory_from_handle(_memory);
   if (!memory)
      return;

   /* "the memory will be unmapped" */
   vn_memory_map_finish(memory);
   vn_memory_report_event(device,
                          memory->imported
                             ? VK_DEVICE_MEMORY_REPORT_EVENT_TYPE_UNIMPORT_EXT
                             : VK_DEVICE_MEMORY_REPORT_EVENT_TYPE_FREE_EXT,
                          report_id(memory), 0, _memory, memory->type_index);
   if (memory->piece.block) {
      vn_suballoc_free(device, memory);
      vn_object_free(&device->alloc, pAllocator, memory);
      return;
   }
   vn_async_vkFreeMemory(vn_ring_of(_device), _device, _memory, NULL);
   free_memory(device, pAllocator, memory);
}

/* The memory types and allocate flags that these two are about have no
 * pieces; but an id that the renderer does not know would be fatal.
 */
VKAPI_ATTR void VKAPI_CALL
vn_GetDeviceMemoryCommitment(VkDevice device,
                             VkDeviceMemory memory,
                             VkDeviceSize *pCommittedMemoryInBytes)
{
   *pCommittedMemoryInBytes = 0;
   vn_suballoc_translate(&memory, &(VkDeviceSize){ 0 });
   vn_call_vkGetDeviceMemoryCommitment(vn_ring_of(device), device, memory,
                                       pCommittedMemoryInBytes);
}

VKAPI_ATTR uint64_t VKAPI_CALL
vn_GetDeviceMemoryOpaqueCaptureAddress(
   VkDevice device,
   const VkDeviceMemoryOpaqueCaptureAddressInfo *pInfo)
{
   VkDeviceMemoryOpaqueCaptureAddressInfo info = *pInfo;

   vn_suballoc_translate(&info.memory, &(VkDeviceSize){ 0 });
   return vn_call_vkGetDeviceMemoryOpaqueCaptureAddress(vn_ring_of(device),
                                                        device, &info);
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_GetMemoryFdKHR(VkDevice _device,
                  const VkMemoryGetFdInfoKHR *pGetFdInfo,
                  int *pFd)
{
   struct vn_device *device = vn_device_from_handle(_device);
   struct vn_device_memory *memory =
      vn_device_memory_from_handle(pGetFdInfo->memory);

   /*
    * VUID-VkMemoryGetFdInfoKHR-handleType-00671: handleType must have been
    * included in VkExportMemoryAllocateInfo::handleTypes
    */
   if (!memory->exportable)
      return vn_result(VK_ERROR_TOO_MANY_OBJECTS);

   VkResult result = vn_device_memory_ensure_bo(device, memory);
   if (result != VK_SUCCESS)
      return vn_result(result);

   struct vn_renderer *renderer;
   const struct vn_renderer_ops *ops =
      vn_device_renderer_ops(device, &renderer);
   return vn_result(ops->bo_export_fd(renderer, memory->bo, pFd));
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_GetMemoryFdPropertiesKHR(VkDevice _device,
                            VkExternalMemoryHandleTypeFlagBits handleType,
                            int fd,
                            VkMemoryFdPropertiesKHR *pMemoryFdProperties)
{
   struct vn_device *device = vn_device_from_handle(_device);

   /* VUID-vkGetMemoryFdPropertiesKHR-handleType-00674: handleType must not
    * be VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT
    */
   if (handleType != VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT ||
       !(handleType & device->physical_device->external_handle_types))
      return vn_result(VK_ERROR_INVALID_EXTERNAL_HANDLE);

   struct vn_renderer *renderer;
   const struct vn_renderer_ops *ops =
      vn_device_renderer_ops(device, &renderer);
   struct vn_renderer_bo *bo;
   VkResult result = vn_scout_import_fd(device, fd, &bo);
   if (result != VK_SUCCESS)
      return vn_result(result);

   VkMemoryResourcePropertiesMESA props = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_RESOURCE_PROPERTIES_MESA,
   };
   result = vn_call_vkGetMemoryResourcePropertiesMESA(
      device->dispatch.ring, _device, bo->res_id, &props);
   ops->bo_unref(renderer, bo);
   if (result != VK_SUCCESS)
      return vn_result(result);

   pMemoryFdProperties->memoryTypeBits = props.memoryTypeBits;
   return VK_SUCCESS;
}

void
vn_fill_bind_status(const struct vn_device *device, const void *chain)
{
#ifdef VK_KHR_maintenance6
   const VkBindMemoryStatusKHR *status =
      vn_device_find_struct(device, VN_DEVICE_EXT_KHR_maintenance6, chain,
                            VK_STRUCTURE_TYPE_BIND_MEMORY_STATUS_KHR);
   if (status && status->pResult)
      *status->pResult = VK_SUCCESS;
#endif
}
