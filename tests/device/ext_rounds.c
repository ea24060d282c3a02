/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Sharing over and over: after a hundred rounds the process has no more fds
 * and no more mappings than after the first ones, whatever the order in which
 * things went, and although some rounds fail.
 */

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "ext_fixture.h"

#define FENCES  4
#define WARM_UP 20
#define ROUNDS  100

/* The order is the low bits of the round. */
static bool
share_once(struct ext_device *a, struct ext_device *b, uint32_t round)
{
   struct ext_object exporter = { 0 }, importer = { 0 };
   const bool image = round & 4;
   bool ok = false;
   int fd = -1;

   if (image ? !ext_image_export(&exporter, a, round & 8)
             : !ext_buffer_export(&exporter, a, round & 8))
      goto out;
   fd = ext_get_fd(&exporter);
   if (fd < 0 || (image ? !ext_image_import(&importer, b, fd, &exporter)
                        : !ext_buffer_import(&importer, b, fd, &exporter)))
      goto out;
   if (round & 1) {
      close(fd);
      fd = -1;
   }
   ok = ext_write_gpu(&importer, 0xff00ff00) &&
        ext_words_are(&exporter, exporter.map, 0xff00ff00);
   if (round & 2)
      ext_object_finish(&exporter);
out:
   ext_object_finish(&importer);
   ext_object_finish(&exporter);
   if (fd >= 0)
      close(fd);
   return ok;
}

static bool
fail_once(struct ext_device *a)
{
   struct ext_object like = { .memory_size = 65536 };
   int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
   VkDeviceMemory memory;
   VkResult result;

   result = ext_import_memory(a, fd, &like, &memory);
   close(fd);
   return result == VK_ERROR_INVALID_EXTERNAL_HANDLE;
}

int
main(void)
{
   struct vkt_instance instance;
   struct ext_device a = { 0 }, b = { 0 };
   uint32_t fds = 0, mappings = 0;

   vkt_bound(90);
   if (!U_CHECK(vkt_instance_init(&instance)) ||
       !U_CHECK(ext_device_init(&a, &instance)) ||
       !U_CHECK(ext_device_init(&b, &instance)))
      goto out;
   for (uint32_t round = 0; round < WARM_UP + ROUNDS; round++) {
      if (round == WARM_UP) {
         fds = vkt_count_fds(0);
         mappings = vkt_count_shared_mappings(0, NULL);
      }
      if (!U_CHECK(share_once(&a, &b, round)) || !U_CHECK(fail_once(&a)))
         goto out;
   }
   /* the driver may have the fences of its last waits, and no more */
   U_CHECK(vkt_count_fds(0) <= fds + FENCES);
   U_CHECK_EQ(vkt_count_shared_mappings(0, NULL), mappings);
out:
   ext_device_finish(&b);
   ext_device_finish(&a);
   vkt_instance_finish(&instance);

   /* whole connections, too */
   fds = vkt_count_fds(0);
   mappings = vkt_count_shared_mappings(0, NULL);
   for (uint32_t round = 0; round < 5; round++) {
      if (U_CHECK(vkt_instance_init(&instance)) &&
          U_CHECK(ext_device_init(&a, &instance)))
         U_CHECK(share_once(&a, &a, round));
      ext_device_finish(&a);
      vkt_instance_finish(&instance);
   }
   U_CHECK_EQ(vkt_count_fds(0), fds);
   U_CHECK_EQ(vkt_count_shared_mappings(0, NULL), mappings);
   return u_test_result();
}
