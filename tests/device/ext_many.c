/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Thousands of exports and imports at a time. Every one of them is its own
 * memory with its own fd; when they have gone, nothing is left of them: not
 * here and, on the whole stack, not in the renderer's workers either.
 *
 * Usage: device-ext-many [COUNT]
 * A process needs two fds for an export that it holds, so the limit on fds is
 * raised as far as it goes, and fewer are made where that is not far enough.
 */

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "ext_fixture.h"
#include "lost_processes.h"

#define SIZE_B UINT64_C(65536)
#define FEW    8

struct usage {
   uint32_t fds;
   uint32_t mappings; /* of shared memory */
};

/* The server and all of its descendants; without a server, this process. */
static struct usage
host_usage(void)
{
   const char *server = getenv("VENUS_SERVER_PID");
   const pid_t pid = server ? atoi(server) : 0;

   return (struct usage){
      .fds = pid ? lost_count_server_fds(pid) : vkt_count_fds(0),
      .mappings = pid ? lost_count_server_mappings(pid, "venus-shm")
                      : vkt_count_shared_mappings(0, "venus-shm"),
   };
}

struct shared {
   VkDeviceMemory exported;
   VkDeviceMemory imported;
   int fd;
};

static VkResult
allocate(struct ext_device *dev, uint32_t type, int fd, VkDeviceMemory *out)
{
   const VkExportMemoryAllocateInfo export_info = {
      .sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
      .handleTypes = EXT_DMA_BUF,
   };
   const VkImportMemoryFdInfoKHR import_info = {
      .sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR,
      .handleType = EXT_DMA_BUF,
      .fd = fd,
   };
   const VkMemoryAllocateInfo info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
      .pNext =
         fd < 0 ? (const void *)&export_info : (const void *)&import_info,
      .allocationSize = SIZE_B,
      .memoryTypeIndex = type,
   };
   return vkAllocateMemory(dev->base.handle, &info, NULL, out);
}

static bool
share(struct ext_device *a,
      struct ext_device *b,
      uint32_t type,
      uint32_t number,
      struct shared *shared)
{
   const VkMemoryGetFdInfoKHR get = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_GET_FD_INFO_KHR,
      .handleType = EXT_DMA_BUF,
   };
   VkMemoryGetFdInfoKHR get_info = get;
   uint32_t *word = NULL;

   *shared = (struct shared){ .fd = -1 };
   if (!VKT_CHECK(allocate(a, type, -1, &shared->exported)))
      return false;
   get_info.memory = shared->exported;
   if (!VKT_CHECK(a->GetMemoryFd(a->base.handle, &get_info, &shared->fd)))
      return false;
   if (VKT_CHECK(vkMapMemory(a->base.handle, shared->exported, 0, SIZE_B, 0,
                             (void **)&word))) {
      *word = number;
      vkUnmapMemory(a->base.handle, shared->exported);
   }
   const int fd = dup(shared->fd);
   if (!VKT_CHECK(allocate(b, type, fd, &shared->imported))) {
      close(fd);
      return false;
   }
   return true;
}

static void
check_word(struct ext_device *b, const struct shared *shared, uint32_t number)
{
   uint32_t *word = NULL;
   if (VKT_CHECK(vkMapMemory(b->base.handle, shared->imported, 0, SIZE_B, 0,
                             (void **)&word))) {
      U_CHECK_EQ(*word, number);
      vkUnmapMemory(b->base.handle, shared->imported);
   }
}

static void
run(struct ext_device *a, struct ext_device *b, int count)
{
   struct ext_object probe;
   if (!ext_buffer_export(&probe, a, false))
      return;
   const uint32_t type = probe.memory_type;
   ext_object_finish(&probe);

   struct shared *all = calloc((size_t)count, sizeof(*all));
   if (!U_CHECK(all != NULL))
      return;
   struct usage before = { 0 };
   for (int round = 0; round < 2; round++) {
      int made = 0;
      while (made < count &&
             share(a, b, type, (uint32_t)made * 3 + 1, &all[made]))
         made++;
      U_CHECK_EQ(made, count);
      const struct usage most = host_usage();
      for (int i = 0; i < made; i++)
         check_word(b, &all[i], (uint32_t)i * 3 + 1);

      /* half of the importers go first, half of the exporters */
      for (int i = 0; i < count; i++) {
         struct ext_device *first = i % 2 ? a : b, *second = i % 2 ? b : a;
         VkDeviceMemory of[2] = { all[i].exported, all[i].imported };
         vkFreeMemory(first->base.handle, of[i % 2 ? 0 : 1], NULL);
         if (all[i].fd >= 0)
            close(all[i].fd);
         vkFreeMemory(second->base.handle, of[i % 2 ? 1 : 0], NULL);
         all[i] = (struct shared){ .fd = -1 };
      }
      vkDeviceWaitIdle(a->base.handle);
      /* an answer says that all before it has been done */
      if (ext_buffer_export(&probe, a, false))
         ext_object_finish(&probe);
      const struct usage after = host_usage();
      printf("%d shared: host side %u fds and %u mappings, then %u and %u\n",
             made, most.fds, most.mappings, after.fds, after.mappings);
      U_CHECK(most.mappings >= (uint32_t)made);
      /* The driver keeps a few things for reuse, sometimes one more; what
       * leaks, leaks for each of the thousands.
       */
      if (round) {
         U_CHECK(after.fds <= before.fds + FEW);
         U_CHECK(after.mappings <= before.mappings + FEW);
      }
      before = after;
   }
   free(all);
}

int
main(int argc, char **argv)
{
   int count = argc > 1 ? atoi(argv[1]) : 3000;
   struct rlimit limit;
   if (!getrlimit(RLIMIT_NOFILE, &limit)) {
      limit.rlim_cur = limit.rlim_max;
      setrlimit(RLIMIT_NOFILE, &limit);
      if (limit.rlim_cur < (rlim_t)count * 3 + 256) {
         printf("no more than %d fds here\n", (int)limit.rlim_cur);
         count = (int)(limit.rlim_cur - 256) / 3;
      }
   }

   struct vkt_instance instance;
   struct ext_device a = { 0 }, b = { 0 };
   vkt_bound(100);
   if (U_CHECK(vkt_instance_init(&instance)) &&
       U_CHECK(ext_device_init(&a, &instance)) &&
       U_CHECK(ext_device_init(&b, &instance)))
      run(&a, &b, count);
   ext_device_finish(&b);
   ext_device_finish(&a);
   vkt_instance_finish(&instance);
   return u_test_result();
}
