/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The life of an exported fd. It is a reference to the memory, whatever
 * number it has and whichever way it went, and whoever else has freed what:
 * each case ends with an import that has to find what was written before.
 * A successful import owns the fd. In the end no more fds are open than at
 * the start, here and in the processes of the server.
 */

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ext_fixture.h"
#include "lost_processes.h"

#define COPIES 16
#define ROUNDS 12
/* A driver may keep a few files that were exported and freed, as they could
 * still come back. Each case leaks more in so many rounds, if it does. */
#define KEPT        8
#define KEPT_SERVER (4 * KEPT) /* in each of its processes */

struct fixture {
   struct ext_device devs[2];
   struct ext_object like; /* size and type of every memory here */
};

static bool
is_open(int fd)
{
   return fcntl(fd, F_GETFD) >= 0;
}

/* Gives the fd away, and checks that the buffer has the value. */
static void
check_import(struct fixture *f, int fd, uint32_t value)
{
   struct ext_object object = { 0 };

   if (!U_CHECK(is_open(fd)))
      return;
   if (U_CHECK(ext_buffer_import(&object, &f->devs[1], fd, &f->like)))
      U_CHECK(ext_gpu_sees(&object, value));
   ext_object_finish(&object);
   /* that import had a copy of it; this one takes it */
   VkDeviceMemory memory;
   if (VKT_CHECK(ext_import_memory(&f->devs[0], fd, &f->like, &memory)))
      U_CHECK(!is_open(fd));
   else
      close(fd);
   vkFreeMemory(f->devs[0].base.handle, memory, NULL);
}

/* Memory with a value, and an fd of it; nothing else is left of it. */
static int
export_only(struct fixture *f, uint32_t value)
{
   struct ext_object object = { 0 };
   int fd = -1;

   if (U_CHECK(ext_buffer_export(&object, &f->devs[0], false)) &&
       U_CHECK(ext_write_gpu(&object, value)))
      fd = ext_get_fd(&object);
   U_CHECK(fd >= 0);
   ext_object_finish(&object);
   return fd;
}

static int
send_and_receive(int fd)
{
   union {
      struct cmsghdr header;
      char space[CMSG_SPACE(sizeof(int))];
   } control = { 0 };
   char byte = 0;
   struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
   struct msghdr msg = {
      .msg_iov = &iov,
      .msg_iovlen = 1,
      .msg_control = &control,
      .msg_controllen = sizeof(control.space),
   };
   int sockets[2], received = -1;

   if (!U_CHECK_EQ(
          socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0))
      return -1;
   control.header.cmsg_level = SOL_SOCKET;
   control.header.cmsg_type = SCM_RIGHTS;
   control.header.cmsg_len = CMSG_LEN(sizeof(int));
   memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
   U_CHECK_EQ(sendmsg(sockets[0], &msg, 0), 1);
   /* now it is nowhere but in the socket */
   close(fd);
   memset(&control, 0, sizeof(control));
   if (U_CHECK_EQ(recvmsg(sockets[1], &msg, MSG_CMSG_CLOEXEC), 1) &&
       U_CHECK_EQ(control.header.cmsg_type, SCM_RIGHTS))
      memcpy(&received, CMSG_DATA(&control.header), sizeof(received));
   close(sockets[0]);
   close(sockets[1]);
   return received;
}

static void
test_copies(struct fixture *f)
{
   const int fd = export_only(f, 0x1001);
   int copies[5];

   if (fd < 0)
      return;
   copies[0] = dup(fd);
   copies[1] = dup2(fd, open("/dev/null", O_RDWR | O_CLOEXEC));
   copies[2] = dup3(fd, open("/dev/null", O_RDWR | O_CLOEXEC), O_CLOEXEC);
   copies[3] = fcntl(fd, F_DUPFD_CLOEXEC, 100);
   copies[4] = send_and_receive(dup(fd));
   close(fd);
   for (uint32_t i = 0; i < VKT_ARRAY_SIZE(copies); i++)
      check_import(f, copies[i], 0x1001);
}

/* Everything is freed while the only fd is in a socket. */
static void
test_travelling(struct fixture *f)
{
   const int fd = export_only(f, 0x2002);

   if (fd >= 0)
      check_import(f, send_and_receive(fd), 0x2002);
}

static void
test_exported_often(struct fixture *f)
{
   struct ext_object object = { 0 };
   int fds[COPIES];

   if (!U_CHECK(ext_buffer_export(&object, &f->devs[0], false)))
      goto out;
   U_CHECK(ext_write_gpu(&object, 0x3003));
   for (uint32_t i = 0; i < COPIES; i++)
      fds[i] = ext_get_fd(&object);
   /* half of them with the memory, half without */
   for (uint32_t i = 0; i < COPIES; i++) {
      if (i == COPIES / 2)
         ext_object_finish(&object);
      check_import(f, fds[i], 0x3003);
   }
out:
   ext_object_finish(&object);
}

/* Many at a time with nothing but their fds. */
static void
test_many_held(struct fixture *f)
{
   int fds[COPIES * 4];

   for (uint32_t i = 0; i < VKT_ARRAY_SIZE(fds); i++)
      fds[i] = export_only(f, 0x4000 + i);
   for (uint32_t i = 0; i < VKT_ARRAY_SIZE(fds); i++)
      check_import(f, fds[i], 0x4000 + i);
}

/* From hand to hand, each frees before the next one imports. */
static void
test_chain(struct fixture *f)
{
   const VkExportMemoryAllocateInfo export = {
      .sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
      .handleTypes = EXT_DMA_BUF,
   };
   VkImportMemoryFdInfoKHR import = {
      .sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR,
      .pNext = &export,
      .handleType = EXT_DMA_BUF,
   };
   const VkMemoryAllocateInfo info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
      .pNext = &import,
      .allocationSize = f->like.memory_size,
      .memoryTypeIndex = f->like.memory_type,
   };
   int fd = export_only(f, 0x5005);

   for (uint32_t i = 0; i < 6 && fd >= 0; i++) {
      struct ext_object middle = { .dev = &f->devs[i % 2] };

      import.fd = fd;
      fd = -1;
      if (VKT_CHECK(vkAllocateMemory(middle.dev->base.handle, &info, NULL,
                                     &middle.memory))) {
         U_CHECK(!is_open(import.fd));
         fd = ext_get_fd(&middle);
      } else {
         close(import.fd);
      }
      ext_object_finish(&middle);
   }
   if (U_CHECK(fd >= 0))
      check_import(f, fd, 0x5005);
}

/* A mapping of the fd is one more user of the memory. */
static void
test_mapped(struct fixture *f)
{
   const int fd = export_only(f, 0x6006);
   uint32_t *view;

   if (fd < 0)
      return;
   view = ext_mmap(fd, f->like.memory_size);
   if (U_CHECK(view != NULL)) {
      U_CHECK(vkt_words_are(view, EXT_WORDS, 0x6006));
      for (uint32_t i = 0; i < EXT_WORDS; i++)
         view[i] = 0x7007;
      check_import(f, dup(fd), 0x7007);
      munmap(view, f->like.memory_size);
   }
   check_import(f, fd, 0x7007);
}

/* One memory, exported under both names. */
static void
test_both_types(struct fixture *f)
{
   const VkExternalMemoryHandleTypeFlags both =
      EXT_DMA_BUF | VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT;
   const VkPhysicalDeviceExternalBufferInfo query = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO,
      .usage =
         VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT,
      .handleType = EXT_DMA_BUF,
   };
   VkExternalBufferProperties props = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES,
   };
   const VkExportMemoryAllocateInfo export = {
      .sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
      .handleTypes = both,
   };
   const VkMemoryAllocateInfo info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
      .pNext = &export,
      .allocationSize = f->like.memory_size,
      .memoryTypeIndex = f->like.memory_type,
   };
   struct ext_device *dev = &f->devs[0];
   VkDeviceMemory memory = VK_NULL_HANDLE;

   vkGetPhysicalDeviceExternalBufferProperties(dev->base.instance->pdev,
                                               &query, &props);
   if ((props.externalMemoryProperties.compatibleHandleTypes & both) !=
          both ||
       !VKT_CHECK(vkAllocateMemory(dev->base.handle, &info, NULL, &memory)))
      return;
   for (uint32_t i = 0; i < 2; i++) {
      const VkMemoryGetFdInfoKHR get = {
         .sType = VK_STRUCTURE_TYPE_MEMORY_GET_FD_INFO_KHR,
         .memory = memory,
         .handleType =
            i ? EXT_DMA_BUF : VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT,
      };
      VkImportMemoryFdInfoKHR import = {
         .sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR,
         .handleType = get.handleType,
         .fd = -1,
      };
      const VkMemoryAllocateInfo import_info = {
         .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
         .pNext = &import,
         .allocationSize = info.allocationSize,
         .memoryTypeIndex = info.memoryTypeIndex,
      };
      VkDeviceMemory imported = VK_NULL_HANDLE;

      if (!VKT_CHECK(dev->GetMemoryFd(dev->base.handle, &get, &import.fd)))
         continue;
      if (VKT_CHECK(vkAllocateMemory(f->devs[1].base.handle, &import_info,
                                     NULL, &imported)))
         U_CHECK(!is_open(import.fd));
      else
         close(import.fd);
      vkFreeMemory(f->devs[1].base.handle, imported, NULL);
   }
   vkFreeMemory(dev->base.handle, memory, NULL);
}

static void
run_all(struct fixture *f)
{
   test_copies(f);
   test_travelling(f);
   test_exported_often(f);
   test_many_held(f);
   test_chain(f);
   test_mapped(f);
   test_both_types(f);
}

/* What the server closes it closes in its own time. */
static bool
comes_down_to(pid_t server, uint32_t limit)
{
   uint32_t count = 0;

   for (uint32_t i = 0; i < 500; i++) {
      count = lost_count_server_fds(server);
      if (count <= limit)
         return true;
      usleep(10 * 1000);
   }
   fprintf(stderr, "%u fds in the server, %u before\n", count, limit);
   return false;
}

int
main(void)
{
   const char *server_text = getenv("VENUS_SERVER_PID");
   const pid_t server = server_text ? atoi(server_text) : 0;
   struct vkt_instance instance;
   static struct fixture f;

   vkt_bound(120);
   if (!U_CHECK(vkt_instance_init(&instance)) ||
       !U_CHECK(ext_device_init(&f.devs[0], &instance)) ||
       !U_CHECK(ext_device_init(&f.devs[1], &instance)) ||
       !U_CHECK(ext_buffer_export(&f.like, &f.devs[0], false)))
      goto out;
   /* the first rounds fill what is kept on purpose */
   for (uint32_t round = 0; round < 2; round++)
      run_all(&f);

   const uint32_t fds = vkt_count_fds(0);
   const uint32_t server_fds = server ? lost_count_server_fds(server) : 0;
   for (uint32_t round = 0; round < ROUNDS; round++)
      run_all(&f);
   U_CHECK(vkt_count_fds(0) <= fds + KEPT);
   if (server)
      U_CHECK(comes_down_to(server, server_fds + KEPT_SERVER));
out:
   ext_object_finish(&f.like);
   ext_device_finish(&f.devs[1]);
   ext_device_finish(&f.devs[0]);
   vkt_instance_finish(&instance);
   return u_test_result();
}
