/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Imports and layouts that are wrong. Each is refused with the error that the
 * specification has for it, the fd stays with the application, and the device
 * goes on working: none of this may cost the connection to the renderer.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ext_fixture.h"

static void
check_alive(struct ext_device *a, struct ext_device *b)
{
   struct ext_object exporter = { 0 }, importer = { 0 };
   int fd = -1;

   if (!U_CHECK(ext_buffer_export(&exporter, a, false)))
      goto out;
   fd = ext_get_fd(&exporter);
   if (U_CHECK(fd >= 0) &&
       U_CHECK(ext_buffer_import(&importer, b, fd, &exporter))) {
      U_CHECK(ext_write_gpu(&importer, 0xa11fe));
      U_CHECK(ext_words_are(&exporter, exporter.map, 0xa11fe));
   }
out:
   if (fd >= 0)
      close(fd);
   ext_object_finish(&importer);
   ext_object_finish(&exporter);
}

/* exporter: whose size and memory type the import pretends to have */
static void
check_refused(struct ext_device *dev,
              const char *what,
              int fd,
              const struct ext_object *exporter)
{
   VkMemoryFdPropertiesKHR props = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_FD_PROPERTIES_KHR,
   };
   const int flags = fcntl(fd, F_GETFD);
   VkDeviceMemory memory;

   fprintf(stderr, "%s\n", what);
   U_CHECK_EQ(
      dev->GetMemoryFdProperties(dev->base.handle, EXT_DMA_BUF, fd, &props),
      VK_ERROR_INVALID_EXTERNAL_HANDLE);
   U_CHECK_EQ(ext_import_memory(dev, fd, exporter, &memory),
              VK_ERROR_INVALID_EXTERNAL_HANDLE);
   /* neither taken nor changed */
   U_CHECK_EQ(fcntl(fd, F_GETFD), flags);
}

/* Every kind of file that has a number, and numbers that have no file. */
static void
test_fds(struct ext_device *a, struct ext_device *b)
{
   enum {
      DEV_NULL,
      DIRECTORY,
      FILE_ON_DISK,
      PATH_ONLY,
      PIPE,
      SOCKET,
      EVENT,
      EPOLL,
      MEMFD,
      SEALED_MEMFD,
      FD_COUNT,
   };
   static const char *const names[FD_COUNT] = {
      "/dev/null",
      "a directory",
      "a file",
      "a path",
      "a pipe",
      "a socket",
      "an eventfd",
      "an epoll",
      "a memfd of the application",
      "a memfd with seals",
   };
   char name[] = "/tmp/ext-refuse-XXXXXX";
   struct ext_object exporter = { 0 };
   int pipes[2] = { -1, -1 }, sockets[2] = { -1, -1 };
   int fds[FD_COUNT], closed;

   for (uint32_t i = 0; i < FD_COUNT; i++)
      fds[i] = -1;
   if (!U_CHECK(ext_buffer_export(&exporter, a, false)) ||
       !U_CHECK_EQ(pipe2(pipes, O_CLOEXEC), 0) ||
       !U_CHECK_EQ(
          socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0))
      goto out;
   fds[DEV_NULL] = open("/dev/null", O_RDWR | O_CLOEXEC);
   fds[DIRECTORY] = open("/", O_RDONLY | O_CLOEXEC);
   fds[FILE_ON_DISK] = mkstemp(name);
   unlink(name);
   fds[PATH_ONLY] = open("/", O_PATH | O_CLOEXEC);
   fds[PIPE] = dup(pipes[0]);
   fds[SOCKET] = dup(sockets[0]);
   fds[EVENT] = eventfd(0, EFD_CLOEXEC);
   fds[EPOLL] = epoll_create1(EPOLL_CLOEXEC);
   fds[MEMFD] = memfd_create("not ours", MFD_CLOEXEC);
   fds[SEALED_MEMFD] =
      memfd_create("not ours", MFD_CLOEXEC | MFD_ALLOW_SEALING);
   /* where there is a size, it is large enough */
   U_CHECK_EQ(ftruncate(fds[FILE_ON_DISK], 1 << 20), 0);
   U_CHECK_EQ(ftruncate(fds[MEMFD], 1 << 20), 0);
   U_CHECK_EQ(ftruncate(fds[SEALED_MEMFD], 1 << 20), 0);
   U_CHECK_EQ(fcntl(fds[SEALED_MEMFD], F_ADD_SEALS,
                    F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL),
              0);

   for (uint32_t round = 0; round < 2; round++) {
      for (uint32_t i = 0; i < FD_COUNT; i++) {
         if (U_CHECK(fds[i] >= 0))
            check_refused(b, names[i], fds[i], &exporter);
      }
      closed = dup(fds[DEV_NULL]);
      close(closed);
      check_refused(b, "a closed fd", closed, &exporter);
      check_refused(b, "-1", -1, &exporter);
      check_refused(b, "a number beyond all", INT_MAX, &exporter);
      check_alive(a, b);
   }
out:
   for (uint32_t i = 0; i < FD_COUNT; i++) {
      if (fds[i] >= 0)
         close(fds[i]);
   }
   for (uint32_t i = 0; i < 2; i++) {
      close(sockets[i]);
      close(pipes[i]);
   }
   ext_object_finish(&exporter);
}

/* Numbers of files that are the driver's own, whichever they are: they are
 * not the application's to give away, and must not be closed. */
static void
test_numbers(struct ext_device *a, struct ext_device *b)
{
   struct ext_object exporter = { 0 };

   if (!U_CHECK(ext_buffer_export(&exporter, a, false)))
      return;
   /* so that it has a file */
   close(ext_get_fd(&exporter));
   for (int fd = 3; fd < 128; fd++) {
      if (fcntl(fd, F_GETFD) >= 0)
         check_refused(b, "a number of the driver", fd, &exporter);
   }
   check_alive(a, b);
   ext_object_finish(&exporter);
}

/* A request for more than there is behind the fd: the size of the file
 * counts, not the word of the application. */
static void
test_too_large(struct ext_device *a, struct ext_device *b)
{
   struct ext_object exporter = { 0 }, larger;
   VkDeviceMemory memory;
   int fd = -1;

   if (!U_CHECK(ext_buffer_export(&exporter, a, false)))
      goto out;
   fd = ext_get_fd(&exporter);
   if (!U_CHECK(fd >= 0))
      goto out;
   larger = exporter;
   for (uint32_t i = 0; i < 3; i++) {
      static const VkDeviceSize factors[3] = { 16, 1 << 20,
                                               UINT64_C(1) << 40 };
      larger.memory_size = exporter.memory_size * factors[i];
      const VkResult result = ext_import_memory(b, fd, &larger, &memory);

      U_CHECK(result == VK_ERROR_INVALID_EXTERNAL_HANDLE ||
              result == VK_ERROR_OUT_OF_DEVICE_MEMORY);
      if (result == VK_SUCCESS)
         goto out;
      U_CHECK(fcntl(fd, F_GETFD) >= 0);
   }
   check_alive(a, b);
out:
   if (fd >= 0)
      close(fd);
   ext_object_finish(&exporter);
}

/* What was exported by a connection that is gone is of no use any more; it
 * must be refused, not sent. */
static void
test_other_instance(struct ext_device *a,
                    struct ext_device *b,
                    bool may_succeed)
{
   struct vkt_instance instance = { 0 };
   struct ext_device other = { 0 };
   struct ext_object exporter = { 0 }, foreign = { 0 };
   VkDeviceMemory memory;
   int fd = -1;

   if (!U_CHECK(ext_buffer_export(&exporter, a, false)) ||
       !U_CHECK(vkt_instance_init(&instance)) ||
       !U_CHECK(ext_device_init(&other, &instance)) ||
       !U_CHECK(ext_buffer_export(&foreign, &other, false)))
      goto out;
   fd = ext_get_fd(&foreign);
   if (!U_CHECK(fd >= 0))
      goto out;
   for (uint32_t round = 0; round < 2; round++) {
      int copy = dup(fd);
      const VkResult result = ext_import_memory(b, copy, &exporter, &memory);

      U_CHECK(result == VK_ERROR_INVALID_EXTERNAL_HANDLE ||
              (result == VK_SUCCESS && may_succeed));
      if (result == VK_SUCCESS)
         vkFreeMemory(b->base.handle, memory, NULL);
      else
         close(copy);
      check_alive(a, b);
      ext_object_finish(&foreign);
      ext_device_finish(&other);
   }
out:
   if (fd >= 0)
      close(fd);
   ext_object_finish(&foreign);
   ext_device_finish(&other);
   vkt_instance_finish(&instance);
   ext_object_finish(&exporter);
}

static void
check_layout(struct ext_device *dev,
             const char *what,
             const VkSubresourceLayout *planes,
             uint32_t plane_count)
{
   VkImage image = VK_NULL_HANDLE;
   const VkResult result =
      ext_create_explicit(dev, planes, plane_count, &image);

   if (!U_CHECK_EQ(result,
                   VK_ERROR_INVALID_DRM_FORMAT_MODIFIER_PLANE_LAYOUT_EXT))
      fprintf(stderr, "   (%s)\n", what);
   if (result == VK_SUCCESS)
      vkDestroyImage(dev->base.handle, image, NULL);
}

static void
test_layouts(struct ext_device *a, struct ext_device *b, bool strict)
{
   struct ext_object exporter = { 0 };
   VkImage image = VK_NULL_HANDLE;
   VkSubresourceLayout good, planes[2];

   if (!U_CHECK(ext_image_export(&exporter, a, true)))
      goto out;
   good = (VkSubresourceLayout){
      .offset = exporter.layout.offset,
      .rowPitch = exporter.layout.rowPitch,
   };
   if (VKT_CHECK(ext_create_explicit(b, &good, 1, &image)))
      vkDestroyImage(b->base.handle, image, NULL);

   planes[0] = good;
   planes[0].rowPitch = EXT_WIDTH * 4 - 4;
   check_layout(b, "rows overlap", planes, 1);
   planes[0].rowPitch = 0;
   check_layout(b, "no pitch", planes, 1);
   planes[0].rowPitch = EXT_WIDTH * 4 + 1;
   check_layout(b, "a pitch of no whole texels", planes, 1);
   planes[0].rowPitch = UINT64_MAX - 3;
   check_layout(b, "a pitch beyond all bounds", planes, 1);
   if (strict) {
      /* a host that lays images out itself cannot have any other */
      planes[0] = good;
      planes[0].rowPitch *= 2;
      check_layout(b, "twice the pitch", planes, 1);
      planes[0] = good;
      planes[0].offset = 4096;
      check_layout(b, "an offset", planes, 1);
      planes[0].offset = UINT64_MAX - 4095;
      check_layout(b, "an offset beyond all bounds", planes, 1);
      /* what must be 0, by VUID-...-size-02267 and those after it */
      planes[0] = good;
      planes[0].size = EXT_HEIGHT * good.rowPitch;
      check_layout(b, "a size", planes, 1);
      planes[0] = good;
      planes[0].arrayPitch = EXT_HEIGHT * good.rowPitch;
      check_layout(b, "a pitch of layers", planes, 1);
      planes[0] = good;
      planes[0].depthPitch = EXT_HEIGHT * good.rowPitch;
      check_layout(b, "a pitch of slices", planes, 1);
      planes[0] = planes[1] = good;
      planes[1].offset = EXT_HEIGHT * good.rowPitch;
      check_layout(b, "a plane too many", planes, 2);
      check_layout(b, "no plane at all", planes, 0);
   }
   check_alive(a, b);
out:
   ext_object_finish(&exporter);
}

/* Memory that was not allocated for export has no fd. */
static void
test_not_exportable(struct ext_device *a)
{
   struct vkt_buffer buffer;
   const struct ext_object object = { .dev = a };
   VkMemoryGetFdInfoKHR info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_GET_FD_INFO_KHR,
      .handleType = EXT_DMA_BUF,
   };
   int fd = -1;

   if (U_CHECK(vkt_buffer_init(&buffer, &a->base, 4096,
                               VK_BUFFER_USAGE_TRANSFER_DST_BIT))) {
      info.memory = buffer.memory;
      U_CHECK(a->GetMemoryFd(object.dev->base.handle, &info, &fd) !=
              VK_SUCCESS);
      U_CHECK_EQ(fd, -1);
   }
   vkt_buffer_finish(&buffer);
}

/* The question is not for opaque fds, nor for what is no fd of this system;
 * an import of the latter is none either. */
static void
test_types(struct ext_device *a)
{
   static const VkExternalMemoryHandleTypeFlagBits types[2] = {
      VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT,
      VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_WIN32_BIT,
   };
   struct ext_object exporter = { 0 };
   int fd;

   if (!U_CHECK(ext_buffer_export(&exporter, a, false)))
      return;
   fd = ext_get_fd(&exporter);
   for (uint32_t i = 0; i < 2; i++) {
      VkMemoryFdPropertiesKHR props = {
         .sType = VK_STRUCTURE_TYPE_MEMORY_FD_PROPERTIES_KHR,
      };
      U_CHECK_EQ(
         a->GetMemoryFdProperties(a->base.handle, types[i], fd, &props),
         VK_ERROR_INVALID_EXTERNAL_HANDLE);
   }
   const VkImportMemoryFdInfoKHR import = {
      .sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR,
      .handleType = types[1],
      .fd = fd,
   };
   const VkMemoryAllocateInfo info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
      .pNext = &import,
      .allocationSize = exporter.memory_size,
      .memoryTypeIndex = exporter.memory_type,
   };
   VkDeviceMemory memory;
   U_CHECK_EQ(vkAllocateMemory(a->base.handle, &info, NULL, &memory),
              VK_ERROR_INVALID_EXTERNAL_HANDLE);
   U_CHECK(fcntl(fd, F_GETFD) >= 0);
   close(fd);
   ext_object_finish(&exporter);
}

/* usage: ext_refuse [closed | strict]: "closed" is for drivers that can
 * import nothing but what they exported on the same connection, "strict" for
 * a host whose linear images are laid out by our layer; the first is both. */
int
main(int argc, char **argv)
{
   const bool closed = argc > 1 && !strcmp(argv[1], "closed");
   const bool strict = closed || (argc > 1 && !strcmp(argv[1], "strict"));
   struct vkt_instance instance;
   struct ext_device a = { 0 }, b = { 0 };

   vkt_bound(60);
   if (U_CHECK(vkt_instance_init(&instance)) &&
       U_CHECK(ext_device_init(&a, &instance)) &&
       U_CHECK(ext_device_init(&b, &instance))) {
      if (closed) {
         test_fds(&a, &b);
         test_numbers(&a, &b);
         test_types(&a);
      }
      test_too_large(&a, &b);
      test_other_instance(&a, &b, !closed);
      test_layouts(&a, &b, strict);
      if (closed)
         test_not_exportable(&a);
      check_alive(&a, &b);
   }
   ext_device_finish(&b);
   ext_device_finish(&a);
   vkt_instance_finish(&instance);
   return u_test_result();
}
