/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * A stock server without the host layer, on a host that cannot export memory
 * as dma-bufs: nothing can be shared and nothing can be mapped over vtest.
 * The device says so, refuses what was not offered, and does all the rest.
 */

#include <string.h>

#include "vk_fixture.h"

#define DMA_BUF VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT

static void
test_not_offered(const struct vkt_instance *instance)
{
   static const char *const names[] = {
      VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME,
      VK_EXT_EXTERNAL_MEMORY_DMA_BUF_EXTENSION_NAME,
      VK_EXT_IMAGE_DRM_FORMAT_MODIFIER_EXTENSION_NAME,
      VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME,
   };
   const VkPhysicalDeviceExternalBufferInfo buffer_info = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO,
      .usage = VK_BUFFER_USAGE_TRANSFER_DST_BIT,
      .handleType = DMA_BUF,
   };
   VkExternalBufferProperties buffer = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES,
   };
   const VkPhysicalDeviceExternalImageFormatInfo external = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
      .handleType = DMA_BUF,
   };
   const VkPhysicalDeviceImageFormatInfo2 image_info = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
      .pNext = &external,
      .format = VK_FORMAT_B8G8R8A8_UNORM,
      .type = VK_IMAGE_TYPE_2D,
      .tiling = VK_IMAGE_TILING_LINEAR,
      .usage = VK_IMAGE_USAGE_TRANSFER_DST_BIT,
   };
   VkImageFormatProperties2 image = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2,
   };

   for (size_t i = 0; i < VKT_ARRAY_SIZE(names); i++) {
      if (!U_CHECK(!vkt_instance_has(instance, names[i])))
         fprintf(stderr, "   (%s)\n", names[i]);
   }
   vkGetPhysicalDeviceExternalBufferProperties(instance->pdev, &buffer_info,
                                               &buffer);
   U_CHECK_EQ(buffer.externalMemoryProperties.externalMemoryFeatures, 0);
   U_CHECK_EQ(vkGetPhysicalDeviceImageFormatProperties2(instance->pdev,
                                                        &image_info, &image),
              VK_ERROR_FORMAT_NOT_SUPPORTED);
}

static void
test_map(struct vkt_device *dev)
{
   const uint32_t type = vkt_memory_type(dev->instance, UINT32_MAX,
                                         VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT);
   const VkMemoryAllocateInfo info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
      .allocationSize = 65536,
      .memoryTypeIndex = type,
   };
   VkDeviceMemory memory = VK_NULL_HANDLE;
   void *map = NULL;

   /* No visible type at all would be as truthful. */
   if (type == UINT32_MAX ||
       !VKT_CHECK(vkAllocateMemory(dev->handle, &info, NULL, &memory)))
      return;
   for (uint32_t i = 0; i < 3; i++)
      U_CHECK_EQ(vkMapMemory(dev->handle, memory, 0, VK_WHOLE_SIZE, 0, &map),
                 VK_ERROR_MEMORY_MAP_FAILED);
   vkFreeMemory(dev->handle, memory, NULL);
}

/* Nothing can be looked at, but a query counts what was drawn or computed:
 * here the time stamps before and after some work. */
static void
test_work(struct vkt_device *dev)
{
   const VkQueryPoolCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO,
      .queryType = VK_QUERY_TYPE_TIMESTAMP,
      .queryCount = 2,
   };
   const VkClearColorValue color = { .float32 = { 1, 1, 1, 1 } };
   const VkImageSubresourceRange whole = {
      .aspectMask = VK_IMAGE_ASPECT_COLOR_BIT,
      .levelCount = 1,
      .layerCount = 1,
   };
   struct vkt_buffer buffer = { 0 };
   struct vkt_image image = { 0 };
   VkQueryPool pool = VK_NULL_HANDLE;
   uint64_t times[2] = { 0 };

   if (!VKT_CHECK(vkCreateQueryPool(dev->handle, &info, NULL, &pool)) ||
       !U_CHECK(vkt_buffer_init_unmapped(&buffer, dev, 1 << 20,
                                         VK_BUFFER_USAGE_TRANSFER_DST_BIT)) ||
       !U_CHECK(vkt_image_init(&image, dev, VK_FORMAT_R8G8B8A8_UNORM, 256,
                               256,
                               VK_IMAGE_USAGE_TRANSFER_DST_BIT |
                                  VK_IMAGE_USAGE_TRANSFER_SRC_BIT)) ||
       !U_CHECK(vkt_begin(dev)))
      goto out;
   vkCmdResetQueryPool(dev->cmd, pool, 0, 2);
   vkCmdWriteTimestamp(dev->cmd, VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT, pool, 0);
   vkt_image_barrier(dev->cmd, image.handle, image.aspect,
                     VK_IMAGE_LAYOUT_UNDEFINED,
                     VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL);
   vkCmdClearColorImage(dev->cmd, image.handle,
                        VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, &color, 1,
                        &whole);
   vkt_image_barrier(dev->cmd, image.handle, image.aspect,
                     VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL,
                     VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL);
   vkt_image_read(&image, &buffer);
   vkCmdWriteTimestamp(dev->cmd, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, pool,
                       1);
   if (!U_CHECK(vkt_submit_wait(dev)))
      goto out;
   VKT_CHECK(vkGetQueryPoolResults(dev->handle, pool, 0, 2, 16, times, 8,
                                   VK_QUERY_RESULT_64_BIT));
   U_CHECK(times[0] && times[1] >= times[0]);
out:
   vkDestroyQueryPool(dev->handle, pool, NULL);
   vkt_image_finish(&image);
   vkt_buffer_finish(&buffer);
}

int
main(void)
{
   struct vkt_instance instance;
   struct vkt_device dev = { 0 };

   vkt_bound(60);
   if (U_CHECK(vkt_instance_init(&instance)) &&
       U_CHECK(vkt_device_init(&dev, &instance, NULL, 0, NULL))) {
      test_not_offered(&instance);
      test_work(&dev);
      test_map(&dev);
      test_work(&dev);
   }
   vkt_device_finish(&dev);
   vkt_instance_finish(&instance);
   return u_test_result();
}
