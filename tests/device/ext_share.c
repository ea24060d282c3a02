/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Memory that two devices share: what is written on one side, by the GPU or
 * through any of the mappings, is read on every other.
 */

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ext_fixture.h"

#define RED   0xffff0000u
#define GREEN 0xff00ff00u
#define BLUE  0xff0000ffu
#define WHITE 0xffffffffu

struct pair {
   struct ext_device a, b;
};

static bool
same_file(int a, int b)
{
   struct stat sa, sb;

   return !fstat(a, &sa) && !fstat(b, &sb) && sa.st_dev == sb.st_dev &&
          sa.st_ino == sb.st_ino;
}

/* Every road between exporter and importer. */
static void
check_shared(struct ext_object *a, struct ext_object *b, int fd)
{
   void *view = ext_mmap(fd, a->memory_size);

   if (!U_CHECK(view != NULL))
      return;
   /* importer's GPU to everybody */
   U_CHECK(ext_write_gpu(b, RED));
   U_CHECK(ext_words_are(a, a->map, RED));
   U_CHECK(ext_words_are(a, view, RED));
   U_CHECK(ext_gpu_sees(a, RED));

   /* exporter's GPU to everybody */
   U_CHECK(ext_write_gpu(a, GREEN));
   U_CHECK(ext_words_are(b, view, GREEN));
   U_CHECK(ext_words_are(a, a->map, GREEN));
   U_CHECK(ext_gpu_sees(b, GREEN));

   /* the host, through the exporter's mapping and through the fd */
   ext_write_host(a, a->map, BLUE);
   U_CHECK(ext_words_are(a, view, BLUE));
   U_CHECK(ext_gpu_sees(b, BLUE));
   ext_write_host(a, view, WHITE);
   U_CHECK(ext_words_are(a, a->map, WHITE));
   U_CHECK(ext_gpu_sees(b, WHITE));
   U_CHECK(ext_gpu_sees(a, WHITE));
   munmap(view, a->memory_size);
}

/* An importer's own mapping of what it imported. */
static void
check_importer_map(struct ext_object *a, struct ext_object *b)
{
   void *map = NULL;

   if (!VKT_CHECK(vkMapMemory(b->dev->base.handle, b->memory, 0,
                              VK_WHOLE_SIZE, 0, &map)))
      return;
   U_CHECK(ext_write_gpu(a, GREEN));
   U_CHECK(ext_words_are(b, map, GREEN));
   ext_write_host(b, map, RED);
   U_CHECK(ext_words_are(a, a->map, RED));
   U_CHECK(ext_gpu_sees(a, RED));
   vkUnmapMemory(b->dev->base.handle, b->memory);
}

static void
test_buffer(struct pair *pair, bool dedicated)
{
   struct ext_object a = { 0 }, b = { 0 };
   int fd = -1;

   if (!U_CHECK(ext_buffer_export(&a, &pair->a, dedicated)))
      goto out;
   fd = ext_get_fd(&a);
   if (!U_CHECK(fd >= 0) || !U_CHECK(ext_buffer_import(&b, &pair->b, fd, &a)))
      goto out;
   U_CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
   check_shared(&a, &b, fd);
   check_importer_map(&a, &b);
out:
   if (fd >= 0)
      close(fd);
   ext_object_finish(&b);
   ext_object_finish(&a);
}

static void
test_image(struct pair *pair, bool dedicated)
{
   VkImageDrmFormatModifierPropertiesEXT modifier = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_PROPERTIES_EXT,
      .drmFormatModifier = UINT64_MAX,
   };
   struct ext_object a = { 0 }, b = { 0 };
   int fd = -1;

   if (!U_CHECK(ext_image_export(&a, &pair->a, dedicated)))
      goto out;
   VKT_CHECK(
      pair->a.GetImageModifier(pair->a.base.handle, a.image, &modifier));
   U_CHECK_EQ(modifier.drmFormatModifier, EXT_LINEAR);
   U_CHECK(a.layout.rowPitch >= EXT_WIDTH * 4);
   U_CHECK(a.layout.offset + a.layout.rowPitch * (EXT_HEIGHT - 1) +
              EXT_WIDTH * 4 <=
           a.memory_size);

   fd = ext_get_fd(&a);
   if (!U_CHECK(fd >= 0) || !U_CHECK(ext_image_import(&b, &pair->b, fd, &a)))
      goto out;
   U_CHECK(lseek(fd, 0, SEEK_END) >= (off_t)a.memory_size);
   modifier.drmFormatModifier = UINT64_MAX;
   VKT_CHECK(
      pair->b.GetImageModifier(pair->b.base.handle, b.image, &modifier));
   U_CHECK_EQ(modifier.drmFormatModifier, EXT_LINEAR);
   U_CHECK_EQ(b.layout.offset, a.layout.offset);
   U_CHECK_EQ(b.layout.rowPitch, a.layout.rowPitch);
   check_shared(&a, &b, fd);
   check_importer_map(&a, &b);
out:
   if (fd >= 0)
      close(fd);
   ext_object_finish(&b);
   ext_object_finish(&a);
}

/* Exported several times, imported several times, also into the device that
 * owns it and from a copy of the fd: always the same pages. */
static void
test_many(struct pair *pair)
{
   struct ext_object a = { 0 }, others[4] = { 0 };
   struct ext_device *devs[4] = { &pair->b, &pair->b, &pair->a, &pair->b };
   int fds[4] = { -1, -1, -1, -1 };

   if (!U_CHECK(ext_buffer_export(&a, &pair->a, false)))
      goto out;
   for (uint32_t i = 0; i < 3; i++) {
      fds[i] = ext_get_fd(&a);
      if (!U_CHECK(fds[i] >= 0))
         goto out;
      U_CHECK(same_file(fds[0], fds[i]));
   }
   fds[3] = dup(fds[0]);
   for (uint32_t i = 0; i < 4; i++) {
      if (!U_CHECK(ext_buffer_import(&others[i], devs[i], fds[i], &a)))
         goto out;
   }
   for (uint32_t writer = 0; writer < 4; writer++) {
      U_CHECK(ext_write_gpu(&others[writer], 0x100 + writer));
      U_CHECK(ext_words_are(&a, a.map, 0x100 + writer));
      for (uint32_t reader = 0; reader < 4; reader++)
         U_CHECK(ext_gpu_sees(&others[reader], 0x100 + writer));
   }
out:
   for (uint32_t i = 0; i < 4; i++) {
      if (fds[i] >= 0)
         close(fds[i]);
      ext_object_finish(&others[i]);
   }
   ext_object_finish(&a);
}

/* A chain: what was imported with an export type is exported on. */
static void
test_re_export(struct pair *pair)
{
   const VkExportMemoryAllocateInfo export = {
      .sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
      .handleTypes = EXT_DMA_BUF,
   };
   VkImportMemoryFdInfoKHR import = {
      .sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR,
      .pNext = &export,
      .handleType = EXT_DMA_BUF,
      .fd = -1,
   };
   VkMemoryAllocateInfo info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
      .pNext = &import,
   };
   struct ext_object a = { 0 }, middle = { 0 }, b = { 0 };
   int fd = -1;

   if (!U_CHECK(ext_buffer_export(&a, &pair->a, false)))
      goto out;
   import.fd = ext_get_fd(&a);
   info.allocationSize = a.memory_size;
   info.memoryTypeIndex = a.memory_type;
   middle.dev = &pair->b;
   if (!U_CHECK(import.fd >= 0) ||
       !VKT_CHECK(
          vkAllocateMemory(pair->b.base.handle, &info, NULL, &middle.memory)))
      goto out;
   fd = ext_get_fd(&middle);
   if (!U_CHECK(fd >= 0))
      goto out;
   ext_object_finish(&middle);
   if (U_CHECK(ext_buffer_import(&b, &pair->a, fd, &a))) {
      U_CHECK(ext_write_gpu(&b, 0x1234));
      U_CHECK(ext_words_are(&a, a.map, 0x1234));
   }
out:
   if (fd >= 0)
      close(fd);
   ext_object_finish(&b);
   ext_object_finish(&middle);
   ext_object_finish(&a);
}

/* The memory lives as long as anybody has it: importers outlive the exporter,
 * the fd outlives both. */
static void
test_lifetimes(struct pair *pair)
{
   struct ext_object a = { 0 }, b = { 0 }, c = { 0 };
   const uint32_t *view = NULL;
   size_t size;
   int fd = -1;

   if (!U_CHECK(ext_buffer_export(&a, &pair->a, false)))
      goto out;
   size = a.memory_size;
   fd = ext_get_fd(&a);
   if (!U_CHECK(fd >= 0) || !U_CHECK(ext_buffer_import(&b, &pair->b, fd, &a)))
      goto out;
   U_CHECK(ext_write_gpu(&a, 0x77));
   ext_object_finish(&a);
   U_CHECK(ext_gpu_sees(&b, 0x77));
   U_CHECK(ext_write_gpu(&b, 0x88));

   /* the fd still names it, for a new import and for mmap */
   view = ext_mmap(fd, size);
   if (U_CHECK(view != NULL)) {
      U_CHECK(vkt_words_are(view, EXT_WORDS, 0x88));
      munmap((void *)view, size);
   }
   if (U_CHECK(ext_buffer_import(&c, &pair->a, fd, &b)))
      U_CHECK(ext_gpu_sees(&c, 0x88));
   ext_object_finish(&b);
   U_CHECK(ext_write_gpu(&c, 0x99));
   ext_object_finish(&c);
   view = ext_mmap(fd, size);
   if (U_CHECK(view != NULL)) {
      U_CHECK(vkt_words_are(view, EXT_WORDS, 0x99));
      munmap((void *)view, size);
   }
out:
   if (fd >= 0)
      close(fd);
   ext_object_finish(&c);
   ext_object_finish(&b);
   ext_object_finish(&a);
}

/* The fd is the driver's after an import that succeeded. */
static void
test_consumed(struct pair *pair)
{
   VkDeviceMemory memory = VK_NULL_HANDLE;
   struct ext_object a = { 0 };
   int fd;

   if (!U_CHECK(ext_buffer_export(&a, &pair->a, false)))
      goto out;
   fd = ext_get_fd(&a);
   if (!U_CHECK(fd >= 0))
      goto out;
   if (VKT_CHECK(ext_import_memory(&pair->b, fd, &a, &memory))) {
      vkFreeMemory(pair->b.base.handle, memory, NULL);
      U_CHECK_EQ(fcntl(fd, F_GETFD), -1);
   } else {
      close(fd);
   }
out:
   ext_object_finish(&a);
}

int
main(void)
{
   struct vkt_instance instance;
   struct pair pair = { 0 };

   vkt_bound(60);
   if (U_CHECK(vkt_instance_init(&instance)) &&
       U_CHECK(ext_device_init(&pair.a, &instance)) &&
       U_CHECK(ext_device_init(&pair.b, &instance))) {
      test_buffer(&pair, false);
      test_buffer(&pair, true);
      test_image(&pair, true);
      test_image(&pair, false);
      test_many(&pair);
      test_re_export(&pair);
      test_lifetimes(&pair);
      test_consumed(&pair);
   }
   ext_device_finish(&pair.b);
   ext_device_finish(&pair.a);
   vkt_instance_finish(&instance);
   return u_test_result();
}
