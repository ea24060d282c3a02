/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The guest allocates, imports and exports memory, with files of its own.
 */

#include "fuzz_operations.h"

#include <fcntl.h>
#include <unistd.h>

#include "fuzz_files.h"
#include "fuzz_system.h"
#include "u_fd.h"
#include "vl_device.h"

/* of what fuzz_make_file() makes; the others are files */
#define DMA_BUF_KIND 0xdb

void
fuzz_allocate(struct fuzz_world *w)
{
   const uint32_t index = U8(w) % FUZZ_DEVICES;
   struct fuzz_memory *memory = &w->memories[U8(w) % FUZZ_SLOTS];
   const uint8_t what = U8(w);
   int *slot = NULL;
   int fd = -1;
   const void *head = NULL;
   const uint64_t size_B = fuzz_read_size(w);
   VkExternalMemoryHandleTypeFlags export_types = 0;
   VkExternalMemoryHandleTypeFlags import_type = 0;

   if (what & 0x01) {
      VkMemoryPriorityAllocateInfoEXT *priority =
         CHAIN(&head, VkMemoryPriorityAllocateInfoEXT,
               MEMORY_PRIORITY_ALLOCATE_INFO_EXT);
      priority->priority = 0.5f;
   }
   if (what & 0x02) {
      export_types = fuzz_read_types(w);
      CHAIN(&head, VkExportMemoryAllocateInfo, EXPORT_MEMORY_ALLOCATE_INFO)
         ->handleTypes = export_types;
   }
   if (what & 0x04) {
      CHAIN(&head, VkMemoryDedicatedAllocateInfo,
            MEMORY_DEDICATED_ALLOCATE_INFO);
   }
   if (what & 0x08) {
      VkImportMemoryFdInfoKHR *import =
         CHAIN(&head, VkImportMemoryFdInfoKHR, IMPORT_MEMORY_FD_INFO_KHR);
      import_type = fuzz_read_types(w);
      import->handleType = (VkExternalMemoryHandleTypeFlagBits)import_type;
      import->fd = fd = fuzz_read_fd(w, &slot);
   }
   if (what & 0x10) {
      VkImportMemoryHostPointerInfoEXT *host =
         CHAIN(&head, VkImportMemoryHostPointerInfoEXT,
               IMPORT_MEMORY_HOST_POINTER_INFO_EXT);
      host->handleType = U8(w) & 1 ? HOST_ALLOCATION : 0;
      host->pHostPointer = fuzz_app_memory;
   }
   if (what & 0x20)
      fuzz_chain(&head, sizeof(VkBaseOutStructure),
                 (VkStructureType)U32(w) | 1 << 30);
   if (what & 0x40) {
      CHAIN(&head, VkMemoryAllocateFlagsInfo, MEMORY_ALLOCATE_FLAGS_INFO)
         ->flags = U8(w);
   }

   VkMemoryAllocateInfo *info = fuzz_make(sizeof(*info));
   info->sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO;
   info->pNext = head;
   info->allocationSize = size_B;
   info->memoryTypeIndex = what & 0x80 ? U32(w) : U8(w) % FUZZ_MAX_TYPES;

   const struct vl_device *device =
      w->devices[index] ? vl_device_of(w->devices[index]) : NULL;
   /* nobody imports an fd where there are no fds */
   if (!device || memory->handle ||
       (import_type && !PROC(w, index, GetMemoryFdKHR)))
      return;
   const bool was_open = fuzz_is_open(fd);
   VkDeviceMemory handle = VK_NULL_HANDLE;
   const VkResult result =
      PROC(w, index, AllocateMemory)(w->devices[index], info, NULL, &handle);

   /* "Importing memory from a file descriptor transfers ownership", and
    * nothing else does
    */
   const bool is_open_now = fuzz_is_open(fd);
   if (result != VK_SUCCESS) {
      U_FUZZ_CHECK(is_open_now == was_open);
      return;
   }
   if (is_open_now != was_open) {
      U_FUZZ_CHECK(slot && was_open);
      *slot = -1;
   } else {
      U_FUZZ_CHECK(!(import_type & device->served_types));
   }
   if ((import_type | export_types) & device->served_types) {
      U_FUZZ_CHECK(fuzz_driver_is_host_memory(handle));
      U_FUZZ_CHECK(size_B);
   }
   *memory = (struct fuzz_memory){ .handle = handle, .device = index };
}

void
fuzz_free_memory(struct fuzz_world *w, struct fuzz_memory *memory)
{
   if (memory->handle) {
      PROC(w, memory->device, FreeMemory)
      (w->devices[memory->device], memory->handle, NULL);
   }
   memory->handle = VK_NULL_HANDLE;
}

void
fuzz_get_fd(struct fuzz_world *w)
{
   const struct fuzz_memory *memory = &w->memories[U8(w) % FUZZ_SLOTS];
   int *slot = &w->fds[U8(w) % FUZZ_SLOTS];
   VkMemoryGetFdInfoKHR *info = fuzz_make(sizeof(*info));
   info->sType = VK_STRUCTURE_TYPE_MEMORY_GET_FD_INFO_KHR;
   info->memory = memory->handle;
   info->handleType = (VkExternalMemoryHandleTypeFlagBits)fuzz_read_types(w);

   if (!memory->handle || *slot >= 0)
      return;
   const PFN_vkGetMemoryFdKHR get = PROC(w, memory->device, GetMemoryFdKHR);
   int fd = -1;
   if (get && get(w->devices[memory->device], info, &fd) == VK_SUCCESS) {
      U_FUZZ_CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
      U_FUZZ_CHECK(lseek(fd, 0, SEEK_END) > 0);
      *slot = fd;
   } else {
      U_FUZZ_CHECK(fd == -1);
   }
}

void
fuzz_get_fd_properties(struct fuzz_world *w)
{
   const uint32_t index = U8(w) % FUZZ_DEVICES;
   int *slot;
   const int fd = fuzz_read_fd(w, &slot);
   const VkExternalMemoryHandleTypeFlagBits type =
      (VkExternalMemoryHandleTypeFlagBits)fuzz_read_types(w);
   VkMemoryFdPropertiesKHR *out = fuzz_make(sizeof(*out));
   out->sType = VK_STRUCTURE_TYPE_MEMORY_FD_PROPERTIES_KHR;

   if (!w->devices[index])
      return;
   const PFN_vkGetMemoryFdPropertiesKHR get =
      PROC(w, index, GetMemoryFdPropertiesKHR);
   const bool was_open = fuzz_is_open(fd);
   if (get && get(w->devices[index], type, fd, out) == VK_SUCCESS)
      U_FUZZ_CHECK(was_open && out->memoryTypeBits);
   U_FUZZ_CHECK(fuzz_is_open(fd) == was_open);
}

/* ---- files ----------------------------------------------------------------
 */

void
fuzz_make_file(struct fuzz_world *w)
{
   int *slot = &w->fds[U8(w) % FUZZ_SLOTS];
   const uint8_t kind = U8(w);
   const uint64_t size_B = fuzz_read_size(w);
   if (*slot < 0)
      *slot = kind == DMA_BUF_KIND ? fuzz_system_dma_buf(size_B)
                                   : fuzz_file(kind, size_B);
}

void
fuzz_change_file(struct fuzz_world *w)
{
   int *slot = &w->fds[U8(w) % FUZZ_SLOTS];
   int *other = &w->fds[U8(w) % FUZZ_SLOTS];
   const uint8_t how = U8(w);
   const uint64_t size_B = fuzz_read_size(w);
   if (*slot < 0)
      return;
   switch (how % 4) {
   case 0:
      if (size_B <= INT64_MAX)
         (void)!ftruncate(*slot, (off_t)size_B);
      break;
   case 1:
      u_fd_close(slot);
      break;
   case 2:
      if (*other < 0)
         *other = fcntl(*slot, F_DUPFD_CLOEXEC, 3);
      break;
   case 3:
      (void)fcntl(*slot, F_ADD_SEALS, size_B & 0x1f);
      break;
   }
}
