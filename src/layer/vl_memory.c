/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * vkAllocateMemory and what belongs to it: an export or import of a handle
 * type that the layer serves becomes an import of a shared mapping. Owns the
 * link from a memory object to its mapping. Must not believe a size of the
 * application, nor close an fd unless the import succeeds.
 */

#include <stdlib.h>

#include "u_fd.h"
#include "u_overflow.h"
#include "vl_chain.h"
#include "vl_device.h"
#include "vl_entrypoints.h"
#include "vl_log.h"
#include "vl_mapping.h"

#define HOST_ALLOCATION VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT

static struct u_hash_key
memory_key(VkDeviceMemory memory)
{
   return (struct u_hash_key){ .a = (uint64_t)memory };
}

/* Memory types in which a pointer can be shared, 0 if the driver will not
 * have it. */
static uint32_t
types_of_pointer(const struct vl_device *device, void *pointer)
{
   VkMemoryHostPointerPropertiesEXT properties = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_HOST_POINTER_PROPERTIES_EXT,
   };
   if (device->next.GetMemoryHostPointerPropertiesEXT(
          device->handle, HOST_ALLOCATION, pointer, &properties) !=
       VK_SUCCESS)
      return 0;
   return properties.memoryTypeBits & device->physical->host_types;
}

/* An allocation that the layer backs, validated. */
struct shared_allocation {
   const VkImportMemoryFdInfoKHR *import; /* NULL: for export */
   bool is_export;  /* an import may be exported again */
   uint64_t size_B; /* rounded up for the driver */
};

static VkResult
check_allocation(const struct vl_device *device,
                 const VkMemoryAllocateInfo *info,
                 struct shared_allocation *shared)
{
   const VkPhysicalDeviceMemoryProperties *memory = &device->physical->memory;

   /* VUID-vkAllocateMemory-pAllocateInfo-01714: memoryTypeIndex must be less
    * than memoryTypeCount
    */
   if (info->memoryTypeIndex >= memory->memoryTypeCount)
      return VK_ERROR_OUT_OF_DEVICE_MEMORY;

   /* VUID-vkAllocateMemory-pAllocateInfo-01713: allocationSize must be at
    * most the size of the heap. memfds are sparse, so nothing else would
    * stop a size that nobody can ever fill.
    */
   const uint32_t heap = memory->memoryTypes[info->memoryTypeIndex].heapIndex;
   if (!info->allocationSize ||
       info->allocationSize > memory->memoryHeaps[heap].size ||
       !u_align_u64(info->allocationSize, device->physical->host_alignment_B,
                    &shared->size_B) ||
       shared->size_B > SIZE_MAX)
      return VK_ERROR_OUT_OF_DEVICE_MEMORY;

   return VK_SUCCESS;
}

static VkResult
get_mapping(const struct vl_device *device,
            const VkMemoryAllocateInfo *info,
            const struct shared_allocation *shared,
            struct vl_mapping **mapping_out)
{
   const uint64_t alignment_B = device->physical->host_alignment_B;
   struct vl_mapping *mapping;
   const VkResult result =
      shared->import
         ? vl_mapping_import(shared->import->fd, shared->size_B, alignment_B,
                             &mapping)
         : vl_mapping_create(shared->size_B, alignment_B, &mapping);
   if (result != VK_SUCCESS)
      return result;

   if (shared->import && shared->is_export) {
      const VkResult kept = vl_mapping_keep_fd(mapping, shared->import->fd);
      if (kept != VK_SUCCESS) {
         vl_mapping_unref(mapping);
         return kept;
      }
   }

   if (!(types_of_pointer(device, mapping->pointer) &
         (1u << info->memoryTypeIndex))) {
      vl_log_error("memory type %u takes no host pointer",
                   info->memoryTypeIndex);
      vl_mapping_unref(mapping);
      return shared->import ? VK_ERROR_INVALID_EXTERNAL_HANDLE
                            : VK_ERROR_OUT_OF_DEVICE_MEMORY;
   }

   *mapping_out = mapping;
   return VK_SUCCESS;
}

/* The driver's allocation: an import of the mapping instead of whatever the
 * application asked for.
 */
static VkResult
import_mapping(const struct vl_device *device,
               const VkMemoryAllocateInfo *app_info,
               const struct shared_allocation *shared,
               const struct vl_mapping *mapping,
               const VkAllocationCallbacks *pAllocator,
               VkDeviceMemory *memory_out)
{
   static const VkStructureType removed[] = {
      VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR,
      VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
      /* VUID-VkMemoryAllocateInfo-pNext-02806: with a host pointer there
       * must be no VkMemoryDedicatedAllocateInfo
       */
      VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
   };
   VkImportMemoryHostPointerInfoEXT import = {
      .sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT,
      .handleType = HOST_ALLOCATION,
      .pHostPointer = mapping->pointer,
   };

   struct vl_chain chain;
   if (!vl_chain_init(&chain, app_info->pNext, removed,
                      sizeof(removed) / sizeof(removed[0])))
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   vl_chain_push(&chain, &import);

   VkMemoryAllocateInfo info = *app_info;
   info.pNext = chain.head;
   info.allocationSize = shared->size_B;
   const VkResult result = device->next.AllocateMemory(
      device->handle, &info, pAllocator, memory_out);
   vl_chain_finish(&chain);
   return result;
}

static VkResult
allocate_shared(struct vl_device *device,
                const VkMemoryAllocateInfo *info,
                struct shared_allocation *shared,
                const VkAllocationCallbacks *pAllocator,
                VkDeviceMemory *pMemory)
{
   struct vl_mapping *mapping = NULL;
   VkDeviceMemory memory;

   VkResult result = check_allocation(device, info, shared);
   if (result != VK_SUCCESS)
      return result;

   result = get_mapping(device, info, shared, &mapping);
   if (result != VK_SUCCESS)
      return result;

   result =
      import_mapping(device, info, shared, mapping, pAllocator, &memory);
   if (result != VK_SUCCESS)
      goto fail_mapping;

   pthread_mutex_lock(&device->lock);
   const bool added =
      u_hash_table_set(&device->memories, memory_key(memory), mapping);
   pthread_mutex_unlock(&device->lock);
   if (!added) {
      result = VK_ERROR_OUT_OF_HOST_MEMORY;
      goto fail_memory;
   }

   /* "Importing memory from a file descriptor transfers ownership of the file
    * descriptor from the application to the Vulkan implementation. The
    * application must not perform any operations on the file descriptor after
    * a successful import." The mapping has its own.
    */
   if (shared->import) {
      int fd = shared->import->fd;
      u_fd_close(&fd);
   }
   *pMemory = memory;
   return VK_SUCCESS;

fail_memory:
   device->next.FreeMemory(device->handle, memory, pAllocator);
fail_mapping:
   vl_mapping_unref(mapping);
   return result;
}

/* Whether the memory comes from somewhere else than a served fd. */
static bool
is_foreign_import(const struct vl_device *device, const void *chain)
{
   const VkImportMemoryFdInfoKHR *fd =
      vl_chain_find(chain, VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR);
   const VkImportMemoryHostPointerInfoEXT *pointer = vl_chain_find(
      chain, VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT);
   return (fd && fd->handleType &&
           !vl_device_serves(device, fd->handleType)) ||
          (pointer && pointer->handleType);
}

VKAPI_ATTR VkResult VKAPI_CALL
vl_AllocateMemory(VkDevice handle,
                  const VkMemoryAllocateInfo *pAllocateInfo,
                  const VkAllocationCallbacks *pAllocator,
                  VkDeviceMemory *pMemory)
{
   struct vl_device *device = vl_device_of(handle);
   const VkImportMemoryFdInfoKHR *import = vl_chain_find(
      pAllocateInfo->pNext, VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR);
   const VkExportMemoryAllocateInfo *export = vl_chain_find(
      pAllocateInfo->pNext, VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO);

   const bool is_import =
      import && vl_device_serves(device, import->handleType);
   const bool is_export =
      export && vl_device_serves(device, export->handleTypes);
   /* VUID-VkImportMemoryFdInfoKHR-handleType-00667: the handle type must be
    * supported for import. A driver that knows no fds would leave the struct
    * unread and give memory that has nothing to do with the fd.
    */
   if (import && import->handleType && !is_import &&
       !device->next.GetMemoryFdKHR) {
      vl_log_error("handle type 0x%x cannot be imported as an fd here",
                   import->handleType);
      return VK_ERROR_INVALID_EXTERNAL_HANDLE;
   }
   if (!is_import && !is_export) {
      return device->next.AllocateMemory(handle, pAllocateInfo, pAllocator,
                                         pMemory);
   }
   if (is_foreign_import(device, pAllocateInfo->pNext)) {
      vl_log_error("memory from elsewhere cannot be exported as a dma-buf");
      return VK_ERROR_INVALID_EXTERNAL_HANDLE;
   }

   struct shared_allocation shared = {
      .import = is_import ? import : NULL,
      .is_export = is_export,
   };
   return allocate_shared(device, pAllocateInfo, &shared, pAllocator,
                          pMemory);
}

VKAPI_ATTR void VKAPI_CALL
vl_FreeMemory(VkDevice handle,
              VkDeviceMemory memory,
              const VkAllocationCallbacks *pAllocator)
{
   struct vl_device *device = vl_device_of(handle);

   /* Out of the table before the driver can give the handle to somebody else,
    * unmapped only when the driver has let go of the pages.
    */
   pthread_mutex_lock(&device->lock);
   struct vl_mapping *mapping =
      u_hash_table_remove(&device->memories, memory_key(memory));
   pthread_mutex_unlock(&device->lock);

   device->next.FreeMemory(handle, memory, pAllocator);
   vl_mapping_unref(mapping);
}

VKAPI_ATTR VkResult VKAPI_CALL
vl_GetMemoryFdKHR(VkDevice handle,
                  const VkMemoryGetFdInfoKHR *pGetFdInfo,
                  int *pFd)
{
   struct vl_device *device = vl_device_of(handle);

   pthread_mutex_lock(&device->lock);
   struct vl_mapping *mapping =
      u_hash_table_get(&device->memories, memory_key(pGetFdInfo->memory));
   if (mapping)
      vl_mapping_ref(mapping);
   pthread_mutex_unlock(&device->lock);

   const bool is_served = vl_device_serves(device, pGetFdInfo->handleType);
   if (!mapping && !is_served && device->next.GetMemoryFdKHR)
      return device->next.GetMemoryFdKHR(handle, pGetFdInfo, pFd);

   VkResult result = VK_ERROR_INVALID_EXTERNAL_HANDLE;
   if (mapping && is_served)
      result = vl_mapping_export(mapping, pFd);
   else
      vl_log_error("memory was not allocated for export as handle type 0x%x",
                   pGetFdInfo->handleType);
   vl_mapping_unref(mapping);
   return result;
}

VKAPI_ATTR VkResult VKAPI_CALL
vl_GetMemoryFdPropertiesKHR(VkDevice handle,
                            VkExternalMemoryHandleTypeFlagBits handleType,
                            int fd,
                            VkMemoryFdPropertiesKHR *pMemoryFdProperties)
{
   struct vl_device *device = vl_device_of(handle);

   if (!vl_device_serves(device, handleType)) {
      if (!device->next.GetMemoryFdPropertiesKHR)
         return VK_ERROR_INVALID_EXTERNAL_HANDLE;
      return device->next.GetMemoryFdPropertiesKHR(handle, handleType, fd,
                                                   pMemoryFdProperties);
   }

   /* Asked of the very mapping that an import, the smallest that there can
    * be, would use.
    */
   const uint64_t alignment_B = device->physical->host_alignment_B;
   struct vl_mapping *mapping;
   const VkResult result =
      vl_mapping_import(fd, alignment_B, alignment_B, &mapping);
   if (result != VK_SUCCESS)
      return result;

   const uint32_t types = types_of_pointer(device, mapping->pointer);
   vl_mapping_unref(mapping);
   if (!types)
      return VK_ERROR_INVALID_EXTERNAL_HANDLE;

   pMemoryFdProperties->memoryTypeBits = types;
   return VK_SUCCESS;
}
