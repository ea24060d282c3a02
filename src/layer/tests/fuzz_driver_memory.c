/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Memory of the driver: its own, imported host pointers, and fds that it
 * consumes.
 */

#include "fuzz_driver_private.h"

#include <unistd.h>

_Alignas(FUZZ_APP_MEMORY_B) uint8_t fuzz_app_memory[FUZZ_APP_MEMORY_B];

bool
fuzz_driver_is_host_memory(VkDeviceMemory memory)
{
   return OBJECT(memory, FUZZ_KIND_MEMORY)->pointer;
}

static VkResult VKAPI_PTR
get_host_pointer_properties(VkDevice device,
                            VkExternalMemoryHandleTypeFlagBits type,
                            const void *pointer,
                            VkMemoryHostPointerPropertiesEXT *out)
{
   MAY_FAIL(VK_ERROR_INVALID_EXTERNAL_HANDLE);
   U_FUZZ_CHECK(pointer && type == HOST_ALLOCATION);
   out->memoryTypeBits = fuzz_config.host_types;
   return VK_SUCCESS;
}

/* As a device would: the first byte and the last one. */
static void
touch(uint8_t *pointer, uint64_t size_B)
{
   volatile uint8_t *bytes = pointer;
   bytes[0] = bytes[0];
   bytes[size_B - 1] = bytes[size_B - 1];
}

static VkResult VKAPI_PTR
allocate_memory(VkDevice device,
                const VkMemoryAllocateInfo *info,
                const VkAllocationCallbacks *alloc,
                VkDeviceMemory *out)
{
   MAY_FAIL(VK_ERROR_OUT_OF_DEVICE_MEMORY);
   const VkImportMemoryHostPointerInfoEXT *host = fuzz_find(
      info->pNext, VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT);
   const VkImportMemoryFdInfoKHR *fd =
      fuzz_find(info->pNext, VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR);

   if (info->memoryTypeIndex >= fuzz_config.type_count)
      return VK_ERROR_OUT_OF_DEVICE_MEMORY;
   if (host && host->handleType && host->pHostPointer) {
      /* both at once can come from an application, not from the layer */
      if (fd && fd->handleType) {
         U_FUZZ_CHECK(host->pHostPointer == fuzz_app_memory);
         return VK_ERROR_INVALID_EXTERNAL_HANDLE;
      }
      const uint64_t alignment_B = fuzz_config.host_alignment_B;
      if (!alignment_B || info->allocationSize % alignment_B ||
          (uintptr_t)host->pHostPointer % alignment_B)
         return VK_ERROR_INVALID_EXTERNAL_HANDLE;
      if (host->pHostPointer != fuzz_app_memory)
         touch(host->pHostPointer, info->allocationSize);
   } else if (fd && fd->handleType) {
      U_FUZZ_CHECK(fuzz_config.has_fd);
      /* consumed, as by a driver that takes it */
      if (fd->fd < 0 || close(fd->fd))
         return VK_ERROR_INVALID_EXTERNAL_HANDLE;
   }

   struct fuzz_object *memory =
      fuzz_object_create(FUZZ_KIND_MEMORY, OBJECT(device, FUZZ_KIND_DEVICE));
   memory->size_B = info->allocationSize;
   memory->pointer = host ? host->pHostPointer : NULL;
   *out = (VkDeviceMemory)memory;
   return VK_SUCCESS;
}

static void VKAPI_PTR
free_memory(VkDevice device,
            VkDeviceMemory memory,
            const VkAllocationCallbacks *alloc)
{
   if (memory)
      fuzz_object_destroy(OBJECT(memory, FUZZ_KIND_MEMORY));
}

static VkResult VKAPI_PTR
get_memory_fd(VkDevice device, const VkMemoryGetFdInfoKHR *info, int *fd)
{
   MAY_FAIL(VK_ERROR_TOO_MANY_OBJECTS);
   return VK_ERROR_INVALID_EXTERNAL_HANDLE;
}

static VkResult VKAPI_PTR
get_memory_fd_properties(VkDevice device,
                         VkExternalMemoryHandleTypeFlagBits type,
                         int fd,
                         VkMemoryFdPropertiesKHR *out)
{
   return VK_ERROR_INVALID_EXTERNAL_HANDLE;
}

static const struct fuzz_entry entries[] = {
   ENTRY(AllocateMemory, allocate_memory),
   ENTRY(FreeMemory, free_memory),
};

static const struct fuzz_entry fd_entries[] = {
   ENTRY(GetMemoryFdKHR, get_memory_fd),
   ENTRY(GetMemoryFdPropertiesKHR, get_memory_fd_properties),
};

static const struct fuzz_entry host_entries[] = {
   ENTRY(GetMemoryHostPointerPropertiesEXT, get_host_pointer_properties),
};

PFN_vkVoidFunction
fuzz_memory_command(const char *name)
{
   PFN_vkVoidFunction function = LOOK_UP(entries, name);
   if (!function && fuzz_config.has_fd)
      function = LOOK_UP(fd_entries, name);
   if (!function && fuzz_config.has_host_import)
      function = LOOK_UP(host_entries, name);
   return function;
}
