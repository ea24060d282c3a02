/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Memory that is shared, and memory that must not be.
 */

#include "vl_device_test.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "u_test.h"

int
memory_test_failures(void)
{
   return u_test_failures;
}

static bool
is_open(int fd)
{
   return fcntl(fd, F_GETFD) >= 0;
}

void
test_buffer(struct pair *pair)
{
   struct vt_bound_buffer ours, theirs;
   if (!vt_bound_buffer_init(&ours, &pair->a, VT_DMA_BUF, VT_DMA_BUF, -1))
      return;

   const int fd = vt_export(&pair->a, ours.memory);
   U_CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
   U_CHECK_EQ(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR);
   const off_t size_B = lseek(fd, 0, SEEK_END);
   U_CHECK(size_B >= (off_t)VT_SIZE_B && size_B % 4096 == 0);

   uint32_t *cpu =
      mmap(NULL, size_B, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
   U_CHECK(cpu != MAP_FAILED);
   U_CHECK(vt_is_filled(cpu, VT_SIZE_B, 0));
   /* sealed, unless VENUS_SHM_BACKING asks for what cannot be */
   const char *backing = getenv("VENUS_SHM_BACKING");
   if (!backing || strcmp(backing, "file")) {
      U_CHECK_EQ(ftruncate(fd, 4096), -1);
      U_CHECK_EQ(fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE), -1);
   }

   vt_fill(&pair->a, ours.buffer, 0x11223344);
   U_CHECK(vt_is_filled(cpu, VT_SIZE_B, 0x11223344));

   /* the importer sees it, and its writes come back */
   if (vt_bound_buffer_init(&theirs, &pair->b, VT_DMA_BUF, 0, dup(fd))) {
      struct vt_bound_buffer copy;
      vt_bound_buffer_init(&copy, &pair->b, VT_DMA_BUF, VT_DMA_BUF, -1);
      VkCommandBuffer command = vt_begin(&pair->b);
      const VkBufferCopy region = { .size = VT_SIZE_B };
      pair->b.CmdCopyBuffer(command, theirs.buffer, copy.buffer, 1, &region);
      vt_submit(&pair->b);
      void *pointer = NULL;
      U_CHECK_EQ(pair->b.MapMemory(pair->b.handle, copy.memory, 0,
                                   VK_WHOLE_SIZE, 0, &pointer),
                 VK_SUCCESS);
      U_CHECK(pointer && vt_is_filled(pointer, VT_SIZE_B, 0x11223344));
      pair->b.UnmapMemory(pair->b.handle, copy.memory);
      vt_bound_buffer_finish(&copy, &pair->b);

      vt_fill(&pair->b, theirs.buffer, 0x55667788);
      U_CHECK(vt_is_filled(cpu, VT_SIZE_B, 0x55667788));

      /* the exporter goes first, the importer keeps working */
      vt_bound_buffer_finish(&ours, &pair->a);
      vt_fill(&pair->b, theirs.buffer, 0x99aabbcc);
      U_CHECK(vt_is_filled(cpu, VT_SIZE_B, 0x99aabbcc));
      vt_bound_buffer_finish(&theirs, &pair->b);
   }

   /* everybody has gone, but the fd still is the memory */
   if (vt_bound_buffer_init(&theirs, &pair->a, VT_DMA_BUF, VT_DMA_BUF,
                            dup(fd))) {
      vt_fill(&pair->a, theirs.buffer, 0x01020304);
      U_CHECK(vt_is_filled(cpu, VT_SIZE_B, 0x01020304));
      /* exported again from the import, it is still the same memory */
      const int again = vt_export(&pair->a, theirs.memory);
      struct stat st, st_again;
      U_CHECK_EQ(fstat(fd, &st) | fstat(again, &st_again), 0);
      U_CHECK(st.st_ino == st_again.st_ino && st.st_dev == st_again.st_dev);
      close(again);
      vt_bound_buffer_finish(&theirs, &pair->a);
   }

   munmap(cpu, size_B);
   close(fd);
}

void
test_import_twice(struct pair *pair)
{
   struct vt_bound_buffer ours, first, second;
   vt_bound_buffer_init(&ours, &pair->a, VT_DMA_BUF, VT_DMA_BUF, -1);
   const int fd = vt_export(&pair->a, ours.memory);
   const struct vt_usage before = vt_usage();

   const int fd1 = dup(fd), fd2 = dup(fd);
   vt_bound_buffer_init(&first, &pair->b, VT_DMA_BUF, 0, fd1);
   vt_bound_buffer_init(&second, &pair->b, VT_DMA_BUF, 0, fd2);
   U_CHECK(!is_open(fd1) && !is_open(fd2));
   /* one mapping for all three, no fd kept for the imports */
   U_CHECK_EQ(vt_usage().mappings, before.mappings);
   U_CHECK_EQ(vt_usage().fds, before.fds);

   vt_fill(&pair->b, first.buffer, 0xcafe0001);
   void *p1 = NULL, *p2 = NULL;
   pair->b.MapMemory(pair->b.handle, first.memory, 0, VK_WHOLE_SIZE, 0, &p1);
   pair->b.MapMemory(pair->b.handle, second.memory, 0, VK_WHOLE_SIZE, 0, &p2);
   U_CHECK(p1 && p2 && vt_is_filled(p2, VT_SIZE_B, 0xcafe0001));
   pair->b.UnmapMemory(pair->b.handle, first.memory);
   pair->b.UnmapMemory(pair->b.handle, second.memory);

   vt_bound_buffer_finish(&first, &pair->b);
   vt_fill(&pair->b, second.buffer, 0xcafe0002);
   vt_bound_buffer_finish(&second, &pair->b);
   vt_bound_buffer_finish(&ours, &pair->a);
   close(fd);
}

static void
expect_refused(struct pair *pair, int fd, uint64_t size_B, const char *what)
{
   const struct vt_usage before = vt_usage();
   VkDeviceMemory memory;
   const VkResult result =
      vt_allocate(&pair->b, size_B, pair->shared_types, 0, fd, &memory);
   if (!U_CHECK_EQ(result, VK_ERROR_INVALID_EXTERNAL_HANDLE))
      fprintf(stderr, "... for %s\n", what);
   /* consumed on success only */
   U_CHECK(is_open(fd) || fd > 1000);
   U_CHECK_EQ(vt_usage().fds, before.fds);
   U_CHECK_EQ(vt_usage().mappings, before.mappings);
}

void
test_wrong_fds(struct pair *pair)
{
   int pipes[2], sockets[2];
   U_CHECK_EQ(pipe(pipes), 0);
   U_CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
   const int directory = open("/", O_RDONLY | O_DIRECTORY);
   const int null = open("/dev/null", O_RDWR);
   const int zero = open("/dev/zero", O_RDWR);
   const int empty = memfd_create("venus-shm-test", MFD_CLOEXEC);
   const int shorter = memfd_create("venus-shm-test", MFD_ALLOW_SEALING);
   const int locked = memfd_create("venus-shm-test", MFD_ALLOW_SEALING);
   U_CHECK_EQ(ftruncate(shorter, 4096), 0);
   U_CHECK_EQ(ftruncate(locked, VT_SIZE_B), 0);
   U_CHECK_EQ(fcntl(locked, F_ADD_SEALS, F_SEAL_WRITE), 0);
   char path[64];
   snprintf(path, sizeof(path), "/proc/self/fd/%d", shorter);
   const int read_only = open(path, O_RDONLY);

   const struct {
      int fd;
      const char *what;
   } wrong[] = {
      { pipes[0], "pipe" },       { sockets[0], "socket" },
      { directory, "directory" }, { null, "/dev/null" },
      { zero, "/dev/zero" },      { empty, "empty memfd" },
      { locked, "write-sealed" }, { read_only, "read-only" },
      { 65000, "closed number" },
   };
   for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
      expect_refused(pair, wrong[i].fd, 4096, wrong[i].what);

      VkMemoryFdPropertiesKHR properties = {
         .sType = VK_STRUCTURE_TYPE_MEMORY_FD_PROPERTIES_KHR,
      };
      if (!U_CHECK_EQ(
             pair->b.GetMemoryFdPropertiesKHR(pair->b.handle, VT_DMA_BUF,
                                              wrong[i].fd, &properties),
             VK_ERROR_INVALID_EXTERNAL_HANDLE))
         fprintf(stderr, "... for %s\n", wrong[i].what);
   }
   expect_refused(pair, shorter, VT_SIZE_B, "too short");
   expect_refused(pair, shorter, 4097, "one byte too short");
   expect_refused(pair, shorter, UINT64_C(1) << 30, "much too short");

   VkMemoryFdPropertiesKHR properties = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_FD_PROPERTIES_KHR,
   };
   U_CHECK_EQ(pair->b.GetMemoryFdPropertiesKHR(pair->b.handle, VT_DMA_BUF,
                                               shorter, &properties),
              VK_SUCCESS);
   U_CHECK(properties.memoryTypeBits);
   /* a foreign memfd of the right size is welcome, and sealed by us */
   VkDeviceMemory memory;
   const int fd = dup(shorter);
   U_CHECK_EQ(
      vt_allocate(&pair->b, 4096, properties.memoryTypeBits, 0, fd, &memory),
      VK_SUCCESS);
   U_CHECK(!is_open(fd));
   U_CHECK(fcntl(shorter, F_GET_SEALS) & F_SEAL_SHRINK);
   pair->b.FreeMemory(pair->b.handle, memory, NULL);

   close(pipes[0]);
   close(pipes[1]);
   close(sockets[0]);
   close(sockets[1]);
   close(directory);
   close(null);
   close(zero);
   close(empty);
   close(shorter);
   close(locked);
   close(read_only);
}

/* What the renderer does to every guest: it forces export on memory that is
 * bound to objects which never heard of it.
 */
void
test_forced_export(struct pair *pair)
{
   struct vt_bound_buffer plain;
   if (vt_bound_buffer_init(&plain, &pair->a, 0, VT_DMA_BUF, -1)) {
      vt_fill(&pair->a, plain.buffer, 0x0badcafe);
      const int fd = vt_export(&pair->a, plain.memory);
      void *cpu = mmap(NULL, VT_SIZE_B, PROT_READ, MAP_SHARED, fd, 0);
      U_CHECK(cpu != MAP_FAILED && vt_is_filled(cpu, VT_SIZE_B, 0x0badcafe));
      munmap(cpu, VT_SIZE_B);
      close(fd);
   }
   vt_bound_buffer_finish(&plain, &pair->a);

   static const VkImageTiling tilings[] = {
      VK_IMAGE_TILING_OPTIMAL,
      VK_IMAGE_TILING_LINEAR,
   };
   for (int i = 0; i < 2; i++) {
      const VkImageCreateInfo info = {
         .sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
         .imageType = VK_IMAGE_TYPE_2D,
         .format = VT_FORMAT,
         .extent = { VT_WIDTH, VT_HEIGHT, 1 },
         .mipLevels = 1,
         .arrayLayers = 1,
         .samples = VK_SAMPLE_COUNT_1_BIT,
         .tiling = tilings[i],
         .usage = VK_IMAGE_USAGE_SAMPLED_BIT,
      };
      VkImage image;
      U_CHECK_EQ(pair->a.CreateImage(pair->a.handle, &info, NULL, &image),
                 VK_SUCCESS);
      VkMemoryRequirements requirements;
      pair->a.GetImageMemoryRequirements(pair->a.handle, image,
                                         &requirements);
      VkDeviceMemory memory;
      const uint32_t types =
         requirements.memoryTypeBits & pair->instance->visible_types;
      if (!types) {
         pair->a.DestroyImage(pair->a.handle, image, NULL);
         continue;
      }
      /* a dedicated allocation, as most clients make for images */
      const VkMemoryDedicatedAllocateInfo dedicated = {
         .sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
         .image = image,
      };
      const VkExportMemoryAllocateInfo export = {
         .sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
         .pNext = &dedicated,
         .handleTypes = VT_DMA_BUF,
      };
      const VkMemoryAllocateInfo allocate = {
         .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
         .pNext = &export,
         .allocationSize = requirements.size,
         .memoryTypeIndex = (uint32_t)__builtin_ctz(types),
      };
      U_CHECK_EQ(
         pair->a.AllocateMemory(pair->a.handle, &allocate, NULL, &memory),
         VK_SUCCESS);
      U_CHECK_EQ(pair->a.BindImageMemory(pair->a.handle, image, memory, 0),
                 VK_SUCCESS);
      pair->a.DestroyImage(pair->a.handle, image, NULL);
      pair->a.FreeMemory(pair->a.handle, memory, NULL);
   }
}

/* A guest that goes away does not clean up. */
void
test_leaving(struct pair *pair)
{
   struct vt_device device;
   if (!vt_device_init(&device, pair->instance))
      return;
   VkDeviceMemory memory;
   VkImage image;
   U_CHECK_EQ(vt_allocate(&device, VT_SIZE_B, pair->shared_types, VT_DMA_BUF,
                          -1, &memory),
              VK_SUCCESS);
   const int fd = vt_export(&device, memory);
   U_CHECK_EQ(
      vt_allocate(&device, VT_SIZE_B, pair->shared_types, 0, fd, &memory),
      VK_SUCCESS);
   U_CHECK_EQ(vt_modifier_image(&device, &vt_linear_list, &image),
              VK_SUCCESS);
   vt_device_finish(&device);
}

/* With no fd left an allocation fails, and nothing stays behind. */
void
test_no_fds(struct pair *pair)
{
   struct rlimit old;
   getrlimit(RLIMIT_NOFILE, &old);
   const struct vt_usage before = vt_usage();
   struct rlimit tight = old;
   tight.rlim_cur = (rlim_t)before.fds + 8;
   setrlimit(RLIMIT_NOFILE, &tight);

   VkDeviceMemory memories[64];
   int count = 0;
   VkResult result = VK_SUCCESS;
   while (count < 64) {
      result = vt_allocate(&pair->a, VT_SIZE_B, pair->shared_types,
                           VT_DMA_BUF, -1, &memories[count]);
      if (result != VK_SUCCESS)
         break;
      count++;
   }
   U_CHECK(count > 0 && count < 64);
   U_CHECK_EQ(result, VK_ERROR_OUT_OF_HOST_MEMORY);
   const VkMemoryGetFdInfoKHR info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_GET_FD_INFO_KHR,
      .memory = memories[0],
      .handleType = VT_DMA_BUF,
   };
   int fd = -1;
   U_CHECK_EQ(pair->a.GetMemoryFdKHR(pair->a.handle, &info, &fd),
              VK_ERROR_TOO_MANY_OBJECTS);
   U_CHECK_EQ(fd, -1);
   while (count)
      pair->a.FreeMemory(pair->a.handle, memories[--count], NULL);
   setrlimit(RLIMIT_NOFILE, &old);
}

struct worker {
   pthread_t thread;
   struct vt_device *device;
   uint32_t types;
   int fd; /* shared by all */
   int failures;
};

static void *
work(void *data)
{
   struct worker *worker = data;
   for (int i = 0; i < 200; i++) {
      VkDeviceMemory own, imported;
      if (vt_allocate(worker->device, VT_SIZE_B, worker->types, VT_DMA_BUF,
                      -1, &own) != VK_SUCCESS) {
         worker->failures++;
         continue;
      }
      const int fd = i % 2 ? vt_export(worker->device, own)
                           : fcntl(worker->fd, F_DUPFD_CLOEXEC, 3);
      if (vt_allocate(worker->device, VT_SIZE_B, worker->types, 0, fd,
                      &imported) != VK_SUCCESS) {
         worker->failures++;
         close(fd);
      }
      worker->device->FreeMemory(worker->device->handle, own, NULL);
      worker->device->FreeMemory(worker->device->handle, imported, NULL);
   }
   return NULL;
}

/* Threads that import and free the same memory while others do the same. */
void
test_threads(struct pair *pair)
{
   struct vt_bound_buffer shared;
   vt_bound_buffer_init(&shared, &pair->a, VT_DMA_BUF, VT_DMA_BUF, -1);
   const int fd = vt_export(&pair->a, shared.memory);
   vt_bound_buffer_finish(&shared, &pair->a);

   struct worker workers[4];
   for (int i = 0; i < 4; i++) {
      workers[i] = (struct worker){
         .device = i % 2 ? &pair->a : &pair->b,
         .types = pair->shared_types,
         .fd = fd,
      };
      pthread_create(&workers[i].thread, NULL, work, &workers[i]);
   }
   for (int i = 0; i < 4; i++) {
      pthread_join(workers[i].thread, NULL);
      U_CHECK_EQ(workers[i].failures, 0);
   }
   close(fd);
}
