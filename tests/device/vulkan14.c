/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What Vulkan 1.4 brought and the driver does by itself: mapping by struct,
 * the status of a binding, and copies between images and plain memory, whose
 * rows lie apart there. Built where the headers are of 1.4; on an older
 * device it checks that nothing of 1.4 is there.
 */

#include <string.h>

#include "vk_fixture.h"

#define WIDTH  5
#define HEIGHT 3
#define LAYERS 2
/* in memory, in texels */
#define ROW_LENGTH   8
#define IMAGE_HEIGHT 4
#define TEXELS       (LAYERS * ROW_LENGTH * IMAGE_HEIGHT)
#define GAP          0xdeadbeefu

#define DEVICE_PROC(dev, name)                                               \
   PFN_##name name = (PFN_##name)vkGetDeviceProcAddr((dev)->handle, #name);  \
   if (!U_CHECK(name != NULL))                                               \
   return

static void
test_map(struct vkt_device *dev)
{
   DEVICE_PROC(dev, vkMapMemory2);
   DEVICE_PROC(dev, vkUnmapMemory2);
   const VkMemoryAllocateInfo alloc_info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
      .allocationSize = 8192,
      .memoryTypeIndex = vkt_memory_type(dev->instance, ~0u,
                                         VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT),
   };
   VkDeviceMemory memory;
   uint8_t *whole = NULL, *rest = NULL;

   if (!VKT_CHECK(vkAllocateMemory(dev->handle, &alloc_info, NULL, &memory)))
      return;
   VkMemoryMapInfo map_info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_MAP_INFO,
      .memory = memory,
      .size = VK_WHOLE_SIZE,
   };
   const VkMemoryUnmapInfo unmap_info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_UNMAP_INFO,
      .memory = memory,
   };
   if (VKT_CHECK(vkMapMemory2(dev->handle, &map_info, (void **)&whole))) {
      memset(whole, 0x5a, 8192);
      whole[4096] = 0xa5;
      VKT_CHECK(vkUnmapMemory2(dev->handle, &unmap_info));
   }
   map_info.offset = 4096;
   if (VKT_CHECK(vkMapMemory2(dev->handle, &map_info, (void **)&rest))) {
      U_CHECK_EQ(rest[0], 0xa5);
      U_CHECK_EQ(rest[4095], 0x5a);
      VKT_CHECK(vkUnmapMemory2(dev->handle, &unmap_info));
   }
   vkFreeMemory(dev->handle, memory, NULL);
}

static bool
is_gap(unsigned i)
{
   return i % ROW_LENGTH >= WIDTH || i / ROW_LENGTH % IMAGE_HEIGHT >= HEIGHT;
}

static void
copy_there_and_back(struct vkt_device *dev, VkImage image)
{
   DEVICE_PROC(dev, vkTransitionImageLayout);
   DEVICE_PROC(dev, vkCopyMemoryToImage);
   DEVICE_PROC(dev, vkCopyImageToMemory);
   const VkImageSubresourceLayers layers = {
      .aspectMask = VK_IMAGE_ASPECT_COLOR_BIT,
      .layerCount = LAYERS,
   };
   const VkExtent3D extent = { WIDTH, HEIGHT, 1 };
   uint32_t in[TEXELS], out[TEXELS], packed[LAYERS * WIDTH * HEIGHT];

   for (unsigned i = 0; i < TEXELS; i++) {
      in[i] = is_gap(i) ? 0x11111111 : i * 0x01010101;
      out[i] = GAP;
   }

   const VkHostImageLayoutTransitionInfo transition = {
      .sType = VK_STRUCTURE_TYPE_HOST_IMAGE_LAYOUT_TRANSITION_INFO,
      .image = image,
      .newLayout = VK_IMAGE_LAYOUT_GENERAL,
      .subresourceRange = { VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, LAYERS },
   };
   VKT_CHECK(vkTransitionImageLayout(dev->handle, 1, &transition));

   const VkMemoryToImageCopy write = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_TO_IMAGE_COPY,
      .pHostPointer = in,
      .memoryRowLength = ROW_LENGTH,
      .memoryImageHeight = IMAGE_HEIGHT,
      .imageSubresource = layers,
      .imageExtent = extent,
   };
   const VkCopyMemoryToImageInfo write_info = {
      .sType = VK_STRUCTURE_TYPE_COPY_MEMORY_TO_IMAGE_INFO,
      .dstImage = image,
      .dstImageLayout = VK_IMAGE_LAYOUT_GENERAL,
      .regionCount = 1,
      .pRegions = &write,
   };
   VKT_CHECK(vkCopyMemoryToImage(dev->handle, &write_info));

   const VkImageToMemoryCopy reads[2] = {
      {
         .sType = VK_STRUCTURE_TYPE_IMAGE_TO_MEMORY_COPY,
         .pHostPointer = out,
         .memoryRowLength = ROW_LENGTH,
         .memoryImageHeight = IMAGE_HEIGHT,
         .imageSubresource = layers,
         .imageExtent = extent,
      },
      {
         .sType = VK_STRUCTURE_TYPE_IMAGE_TO_MEMORY_COPY,
         .pHostPointer = packed,
         .imageSubresource = layers,
         .imageExtent = extent,
      },
   };
   const VkCopyImageToMemoryInfo read_info = {
      .sType = VK_STRUCTURE_TYPE_COPY_IMAGE_TO_MEMORY_INFO,
      .srcImage = image,
      .srcImageLayout = VK_IMAGE_LAYOUT_GENERAL,
      .regionCount = 2,
      .pRegions = reads,
   };
   VKT_CHECK(vkCopyImageToMemory(dev->handle, &read_info));

   unsigned next = 0;
   for (unsigned i = 0; i < TEXELS; i++) {
      if (is_gap(i)) {
         U_CHECK_EQ(out[i], GAP);
      } else {
         U_CHECK_EQ(out[i], in[i]);
         U_CHECK_EQ(packed[next++], in[i]);
      }
   }
}

static void
test_host_copies(struct vkt_device *dev)
{
   const VkImageCreateInfo image_info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
      .imageType = VK_IMAGE_TYPE_2D,
      .format = VK_FORMAT_R8G8B8A8_UINT,
      .extent = { WIDTH, HEIGHT, 1 },
      .mipLevels = 1,
      .arrayLayers = LAYERS,
      .samples = VK_SAMPLE_COUNT_1_BIT,
      .tiling = VK_IMAGE_TILING_OPTIMAL,
      .usage = VK_IMAGE_USAGE_HOST_TRANSFER_BIT,
   };
   VkImage image;
   if (!VKT_CHECK(vkCreateImage(dev->handle, &image_info, NULL, &image)))
      return;

   VkMemoryRequirements reqs;
   vkGetImageMemoryRequirements(dev->handle, image, &reqs);
   const VkMemoryAllocateInfo alloc_info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
      .allocationSize = reqs.size,
      .memoryTypeIndex =
         vkt_memory_type(dev->instance, reqs.memoryTypeBits, 0),
   };
   VkDeviceMemory memory = VK_NULL_HANDLE;
   VkResult bound = VK_ERROR_UNKNOWN;
   const VkBindMemoryStatus status = {
      .sType = VK_STRUCTURE_TYPE_BIND_MEMORY_STATUS,
      .pResult = &bound,
   };
   if (VKT_CHECK(vkAllocateMemory(dev->handle, &alloc_info, NULL, &memory))) {
      const VkBindImageMemoryInfo bind = {
         .sType = VK_STRUCTURE_TYPE_BIND_IMAGE_MEMORY_INFO,
         .pNext = &status,
         .image = image,
         .memory = memory,
      };
      VKT_CHECK(vkBindImageMemory2(dev->handle, 1, &bind));
      U_CHECK_EQ(bound, VK_SUCCESS);
      copy_there_and_back(dev, image);
   }
   vkDestroyImage(dev->handle, image, NULL);
   vkFreeMemory(dev->handle, memory, NULL);
}

static void
test_absent(const struct vkt_instance *instance)
{
   struct vkt_device dev = { 0 };

   printf("Vulkan 1.3 here: checking that there is nothing of 1.4\n");
   if (!U_CHECK(vkt_device_init(&dev, instance, NULL, 0, NULL)))
      return;
   U_CHECK(!vkGetDeviceProcAddr(dev.handle, "vkMapMemory2"));
   U_CHECK(!vkGetDeviceProcAddr(dev.handle, "vkCopyMemoryToImage"));
   U_CHECK(!vkGetDeviceProcAddr(dev.handle, "vkCmdBindDescriptorSets2"));
   vkt_device_finish(&dev);
}

int
main(void)
{
   struct vkt_instance instance;
   struct vkt_device dev = { 0 };
   VkPhysicalDeviceVulkan14Features features = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_4_FEATURES,
   };

   vkt_bound(60);
   if (!U_CHECK(vkt_instance_init(&instance)))
      return u_test_result();
   if (instance.props.apiVersion < VK_API_VERSION_1_4) {
      test_absent(&instance);
      vkt_instance_finish(&instance);
      return u_test_result();
   }

   VkPhysicalDeviceFeatures2 query = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2,
      .pNext = &features,
   };
   vkGetPhysicalDeviceFeatures2(instance.pdev, &query);
   if (U_CHECK(vkt_device_init(&dev, &instance, NULL, 0, &features))) {
      test_map(&dev);
      if (features.hostImageCopy)
         test_host_copies(&dev);
   }
   vkt_device_finish(&dev);
   vkt_instance_finish(&instance);
   return u_test_result();
}
