/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Memory that leaves the process: allocation for export, the export, the
 * import. As a dma-buf where there are any, else as an opaque fd, which is
 * what a driver without dma-bufs has itself. A device of its own, since
 * extensions are chosen when a device is made.
 */

#include "bench.h"

#include <stdio.h>
#include <unistd.h>

#define SHARE_BYTES (1u << 20)

struct share {
   struct bench *bench;
   VkDevice dev;
   VkExternalMemoryHandleTypeFlagBits type;
   uint32_t memory_type;
   PFN_vkGetMemoryFdKHR GetMemoryFdKHR;
   VkDeviceMemory memory; /* the exporter's */
   int fd;                /* of it */
};

static bool
create_device(struct share *share)
{
   const struct demo_instance *instance = &share->bench->instance;
   const float priority = 1.0f;
   const VkDeviceQueueCreateInfo queue_info = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
      .queueFamilyIndex = instance->queue_family,
      .queueCount = 1,
      .pQueuePriorities = &priority,
   };
   const char *extensions[2] = {
      demo_extension_names[DEMO_EXT_MEMORY_FD],
      demo_extension_names[DEMO_EXT_DMA_BUF],
   };
   const VkDeviceCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
      .queueCreateInfoCount = 1,
      .pQueueCreateInfos = &queue_info,
      .enabledExtensionCount =
         instance->has_extension[DEMO_EXT_DMA_BUF] ? 2 : 1,
      .ppEnabledExtensionNames = extensions,
   };

   if (!demo_ok(vkCreateDevice(instance->pdev, &info, NULL, &share->dev),
                "vkCreateDevice (for sharing)"))
      return false;
   share->GetMemoryFdKHR = (PFN_vkGetMemoryFdKHR)vkGetDeviceProcAddr(
      share->dev, "vkGetMemoryFdKHR");
   return share->GetMemoryFdKHR != NULL;
}

static VkResult
allocate(const struct share *share, VkDeviceMemory *out_memory)
{
   const VkExportMemoryAllocateInfo export = {
      .sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
      .handleTypes = share->type,
   };
   const VkMemoryAllocateInfo info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
      .pNext = &export,
      .allocationSize = SHARE_BYTES,
      .memoryTypeIndex = share->memory_type,
   };

   return vkAllocateMemory(share->dev, &info, NULL, out_memory);
}

static VkResult
export_fd(const struct share *share, int *out_fd)
{
   const VkMemoryGetFdInfoKHR info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_GET_FD_INFO_KHR,
      .memory = share->memory,
      .handleType = share->type,
   };

   return share->GetMemoryFdKHR(share->dev, &info, out_fd);
}

static bool
allocate_for_export(void *data)
{
   const struct share *share = data;
   VkDeviceMemory memory = VK_NULL_HANDLE;

   if (!demo_ok(allocate(share, &memory), "vkAllocateMemory (for export)"))
      return false;
   vkFreeMemory(share->dev, memory, NULL);
   return true;
}

static bool
export_and_close(void *data)
{
   int fd = -1;

   if (!demo_ok(export_fd(data, &fd), "vkGetMemoryFdKHR"))
      return false;
   close(fd);
   return true;
}

static bool
import_and_free(void *data)
{
   const struct share *share = data;
   const VkImportMemoryFdInfoKHR import = {
      .sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR,
      .handleType = share->type,
      .fd = dup(share->fd),
   };
   const VkMemoryAllocateInfo info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
      .pNext = &import,
      .allocationSize = SHARE_BYTES,
      .memoryTypeIndex = share->memory_type,
   };
   VkDeviceMemory memory = VK_NULL_HANDLE;

   if (import.fd < 0) {
      perror("dup of the exported fd");
      return false;
   }
   if (!demo_ok(vkAllocateMemory(share->dev, &info, NULL, &memory),
                "vkAllocateMemory (import)")) {
      /* an import that fails leaves the fd with us */
      close(import.fd);
      return false;
   }
   vkFreeMemory(share->dev, memory, NULL);
   return true;
}

/* Some drivers name dma-bufs and cannot make any: what counts is one made. */
static bool
make_exporter(struct share *share)
{
   const struct demo_instance *instance = &share->bench->instance;

   if (instance->has_extension[DEMO_EXT_DMA_BUF]) {
      share->type = DEMO_DMA_BUF;
      if (allocate(share, &share->memory) == VK_SUCCESS)
         return true;
   }
   share->type = VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT;
   return demo_ok(allocate(share, &share->memory),
                  "vkAllocateMemory (for export)");
}

void
bench_share(struct bench *bench)
{
   struct share share = {
      .bench = bench,
      .memory_type = bench->image.memory_type,
      .fd = -1,
   };
   const struct bench_measure measures[] = {
      { .name = "share-allocate-free-1MiB",
        .run = allocate_for_export,
        .data = &share },
      { .name = "share-export-fd", .run = export_and_close, .data = &share },
      { .name = "share-import-free-1MiB",
        .run = import_and_free,
        .data = &share },
   };

   if (!bench->instance.has_extension[DEMO_EXT_MEMORY_FD]) {
      fprintf(stderr, "share: no fds here\n");
      return;
   }
   if (create_device(&share) && make_exporter(&share) &&
       demo_ok(export_fd(&share, &share.fd), "vkGetMemoryFdKHR")) {
      fprintf(stderr, "share: %s\n",
              share.type == DEMO_DMA_BUF ? "dma-bufs" : "opaque fds");
      for (uint32_t i = 0; i < 3; i++)
         bench_measure(&bench->options, &measures[i]);
   }
   if (share.fd >= 0)
      close(share.fd);
   if (share.dev) {
      vkFreeMemory(share.dev, share.memory, NULL);
      vkDestroyDevice(share.dev, NULL);
   }
}
