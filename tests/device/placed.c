/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * VK_EXT_map_memory_placed: small and large memory, all of it and a part, at
 * a place of the caller's; what the GPU writes is seen there, and after the
 * unmapping the place is free, or reserved, as asked for.
 *
 *    device-placed [parts]      parts: there has to be memoryMapRangePlaced
 */

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vk_fixture.h"

static PFN_vkMapMemory2KHR map_memory;
static PFN_vkUnmapMemory2KHR unmap_memory;
static VkDeviceSize page;

/* Whether the address can be read, without a fault. */
static bool
is_readable(const void *address)
{
   int fds[2];
   bool ok = false;

   if (U_CHECK_EQ(pipe(fds), 0)) {
      ok = write(fds[1], address, 1) == 1;
      close(fds[0]);
      close(fds[1]);
   }
   return ok;
}

static void
test_size(struct vkt_device *dev, VkDeviceSize size, VkDeviceSize offset)
{
   struct vkt_buffer buffer;
   const size_t room = (size_t)((size + 3 * page - 1) & ~(page - 1));
   uint8_t *reserved =
      mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
   uint8_t *const place = reserved + page;

   if (!U_CHECK(reserved != MAP_FAILED))
      exit(EXIT_FAILURE);
   if (!U_CHECK(vkt_buffer_init(&buffer, dev, size,
                                VK_BUFFER_USAGE_TRANSFER_DST_BIT)))
      goto out;
   vkUnmapMemory(dev->handle, buffer.memory);

   const VkMemoryMapPlacedInfoEXT placed = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_MAP_PLACED_INFO_EXT,
      .pPlacedAddress = place,
   };
   const VkMemoryMapInfoKHR info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_MAP_INFO_KHR,
      .pNext = &placed,
      .flags = VK_MEMORY_MAP_PLACED_BIT_EXT,
      .memory = buffer.memory,
      .offset = offset,
      .size = VK_WHOLE_SIZE,
   };
   VkMemoryUnmapInfoKHR unmap = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_UNMAP_INFO_KHR,
      .flags = VK_MEMORY_UNMAP_RESERVE_BIT_EXT,
      .memory = buffer.memory,
   };
   for (uint32_t turn = 1; turn <= 3; turn++) {
      void *map = NULL;

      VKT_CHECK(map_memory(dev->handle, &info, &map));
      U_CHECK(map == place);
      U_CHECK(vkt_begin(dev));
      vkCmdFillBuffer(dev->cmd, buffer.handle, 0, VK_WHOLE_SIZE, turn);
      vkt_full_barrier(dev->cmd);
      U_CHECK(vkt_submit_wait(dev));
      U_CHECK(vkt_words_are(map, (size - offset) / 4, turn));
      /* the pages around it are none of its business */
      U_CHECK(!is_readable(reserved));
      if (turn == 3)
         break; /* freed while it is mapped */
      VKT_CHECK(unmap_memory(dev->handle, &unmap));
      U_CHECK(!is_readable(place));
      /* reserved: nothing else can have come there */
      if (turn == 1) {
         errno = 0;
         U_CHECK_EQ(msync(place, page, MS_ASYNC), 0);
      } else {
         errno = 0;
         U_CHECK_EQ(msync(place, page, MS_ASYNC), -1);
         U_CHECK_EQ(errno, ENOMEM);
      }
      unmap.flags = 0;
   }
   buffer.map = NULL;
   vkt_buffer_finish(&buffer);
   U_CHECK(!is_readable(place));
out:
   munmap(reserved, room);
}

int
main(int argc, char **argv)
{
   const char *const exts[] = { VK_KHR_MAP_MEMORY_2_EXTENSION_NAME,
                                VK_EXT_MAP_MEMORY_PLACED_EXTENSION_NAME };
   VkPhysicalDeviceMapMemoryPlacedFeaturesEXT features = {
      .sType =
         VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAP_MEMORY_PLACED_FEATURES_EXT,
   };
   VkPhysicalDeviceFeatures2 features2 = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2,
      .pNext = &features,
   };
   VkPhysicalDeviceMapMemoryPlacedPropertiesEXT props = {
      .sType =
         VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAP_MEMORY_PLACED_PROPERTIES_EXT,
   };
   VkPhysicalDeviceProperties2 props2 = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
      .pNext = &props,
   };
   struct vkt_instance instance;
   struct vkt_device dev = { 0 };

   vkt_bound(60);
   if (!U_CHECK(vkt_instance_init(&instance)) ||
       !U_CHECK(vkt_instance_has_all(&instance, exts, VKT_ARRAY_SIZE(exts))))
      goto out;
   vkGetPhysicalDeviceFeatures2(instance.pdev, &features2);
   vkGetPhysicalDeviceProperties2(instance.pdev, &props2);
   page = props.minPlacedMemoryMapAlignment;
   U_CHECK(features.memoryMapPlaced && features.memoryUnmapReserve);
   U_CHECK(features.memoryMapRangePlaced || argc < 2 ||
           strcmp(argv[1], "parts"));
   if (!U_CHECK(page && page <= 65536) ||
       !U_CHECK(vkt_device_init(&dev, &instance, exts, VKT_ARRAY_SIZE(exts),
                                &features)))
      goto out;
   map_memory =
      (PFN_vkMapMemory2KHR)vkGetDeviceProcAddr(dev.handle, "vkMapMemory2KHR");
   unmap_memory = (PFN_vkUnmapMemory2KHR)vkGetDeviceProcAddr(
      dev.handle, "vkUnmapMemory2KHR");
   if (!U_CHECK(map_memory && unmap_memory))
      goto out;
   test_size(&dev, page, 0);
   test_size(&dev, 5 * page / 2, 0);
   test_size(&dev, 16 << 20, 0);
   if (features.memoryMapRangePlaced) {
      test_size(&dev, 4 * page, page);
      test_size(&dev, 16 << 20, 3 * page);
   }
out:
   vkt_device_finish(&dev);
   vkt_instance_finish(&instance);
   return u_test_result();
}
