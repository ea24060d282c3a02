/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Memory and what moves bytes: mappings, fills, updates, copies between
 * buffers and images. Each result is read through a mapping.
 */

#include <string.h>

#include "vk_fixture.h"

#define WORDS 4096
#define BYTES (WORDS * 4)

static void
test_map(struct vkt_device *dev)
{
   struct vkt_buffer buffer;
   uint8_t *again = NULL;

   if (!U_CHECK(vkt_buffer_init(&buffer, dev, BYTES,
                                VK_BUFFER_USAGE_TRANSFER_DST_BIT)))
      goto out;
   for (uint32_t i = 0; i < WORDS; i++)
      ((uint32_t *)buffer.map)[i] = i;

   /* The contents outlive the mapping; an offset is an offset. */
   vkUnmapMemory(dev->handle, buffer.memory);
   VKT_CHECK(vkMapMemory(dev->handle, buffer.memory, 1024, 2048, 0,
                         (void **)&again));
   if (U_CHECK(again != NULL))
      U_CHECK_EQ(*(uint32_t *)again, 256);
   const VkMappedMemoryRange range = {
      .sType = VK_STRUCTURE_TYPE_MAPPED_MEMORY_RANGE,
      .memory = buffer.memory,
      .offset = 1024,
      .size = 1024,
   };
   VKT_CHECK(vkFlushMappedMemoryRanges(dev->handle, 1, &range));
   VKT_CHECK(vkInvalidateMappedMemoryRanges(dev->handle, 1, &range));
   vkUnmapMemory(dev->handle, buffer.memory);
out:
   vkt_buffer_finish(&buffer);
}

static void
test_fill_update_copy(struct vkt_device *dev)
{
   const VkBufferUsageFlags usage =
      VK_BUFFER_USAGE_TRANSFER_DST_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT;
   struct vkt_buffer a = { 0 }, middle = { 0 }, b = { 0 };
   uint32_t pattern[64];
   const VkBufferCopy all = { .size = BYTES };
   const VkBufferCopy swap[2] = {
      { .srcOffset = 0, .dstOffset = BYTES / 2, .size = BYTES / 2 },
      { .srcOffset = BYTES / 2, .dstOffset = 0, .size = BYTES / 2 },
   };

   for (uint32_t i = 0; i < VKT_ARRAY_SIZE(pattern); i++)
      pattern[i] = 0xabc00000 + i;
   if (!U_CHECK(vkt_buffer_init(&a, dev, BYTES, usage)) ||
       !U_CHECK(vkt_buffer_init_unmapped(&middle, dev, BYTES, usage)) ||
       !U_CHECK(vkt_buffer_init(&b, dev, BYTES, usage)) ||
       !U_CHECK(vkt_begin(dev)))
      goto out;

   vkCmdFillBuffer(dev->cmd, a.handle, 0, BYTES / 2, 0x11111111);
   vkCmdFillBuffer(dev->cmd, a.handle, BYTES / 2, VK_WHOLE_SIZE, 0x22222222);
   vkt_full_barrier(dev->cmd);
   vkCmdUpdateBuffer(dev->cmd, a.handle, 512, sizeof(pattern), pattern);
   vkt_full_barrier(dev->cmd);
   vkCmdCopyBuffer(dev->cmd, a.handle, middle.handle, 1, &all);
   vkt_full_barrier(dev->cmd);
   vkCmdCopyBuffer(dev->cmd, middle.handle, b.handle, 2, swap);
   vkt_full_barrier(dev->cmd);
   if (!U_CHECK(vkt_submit_wait(dev)))
      goto out;

   const uint32_t *words = b.map;
   U_CHECK(vkt_words_are(words, WORDS / 2, 0x22222222));
   U_CHECK(vkt_words_are(words + WORDS / 2, 128, 0x11111111));
   U_CHECK(!memcmp(words + WORDS / 2 + 128, pattern, sizeof(pattern)));
   U_CHECK(vkt_words_are(words + WORDS / 2 + 128 + 64, WORDS / 2 - 192,
                         0x11111111));
out:
   vkt_buffer_finish(&b);
   vkt_buffer_finish(&middle);
   vkt_buffer_finish(&a);
}

/* What the host writes between two submissions reaches the second one. */
static void
test_host_write(struct vkt_device *dev)
{
   const VkBufferCopy all = { .size = BYTES };
   struct vkt_buffer a = { 0 }, b = { 0 };

   if (!U_CHECK(vkt_buffer_init(&a, dev, BYTES,
                                VK_BUFFER_USAGE_TRANSFER_SRC_BIT)) ||
       !U_CHECK(
          vkt_buffer_init(&b, dev, BYTES, VK_BUFFER_USAGE_TRANSFER_DST_BIT)))
      goto out;
   for (uint32_t round = 0; round < 20; round++) {
      for (uint32_t i = 0; i < WORDS; i++)
         ((volatile uint32_t *)a.map)[i] = 0x1000 + round;
      if (!U_CHECK(vkt_begin(dev)))
         goto out;
      vkCmdCopyBuffer(dev->cmd, a.handle, b.handle, 1, &all);
      vkt_full_barrier(dev->cmd);
      if (!U_CHECK(vkt_submit_wait(dev)) ||
          !U_CHECK(vkt_words_are(b.map, WORDS, 0x1000 + round)))
         goto out;
   }
out:
   vkt_buffer_finish(&b);
   vkt_buffer_finish(&a);
}

/* Clear, copy between images, copy in and out of buffers. */
static void
test_images(struct vkt_device *dev)
{
   const VkImageUsageFlags usage =
      VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT;
   const VkClearColorValue color = { .float32 = { 1.0f, 0.0f, 0.0f, 1.0f } };
   const VkImageSubresourceRange whole = {
      .aspectMask = VK_IMAGE_ASPECT_COLOR_BIT,
      .levelCount = 1,
      .layerCount = 1,
   };
   const VkImageSubresourceLayers layers = {
      .aspectMask = VK_IMAGE_ASPECT_COLOR_BIT,
      .layerCount = 1,
   };
   const VkImageCopy copy = {
      .srcSubresource = layers,
      .dstSubresource = layers,
      .extent = { 64, 64, 1 },
   };
   /* a quarter of the picture out of a buffer with a pitch of 100 texels */
   const VkBufferImageCopy in = {
      .bufferRowLength = 100,
      .imageSubresource = layers,
      .imageOffset = { 32, 32, 0 },
      .imageExtent = { 32, 32, 1 },
   };
   struct vkt_image a = { 0 }, b = { 0 };
   struct vkt_buffer source = { 0 }, target = { 0 };
   const VkFormat format = VK_FORMAT_R8G8B8A8_UNORM;

   if (!U_CHECK(vkt_image_init(&a, dev, format, 64, 64, usage)) ||
       !U_CHECK(vkt_image_init(&b, dev, format, 64, 64, usage)) ||
       !U_CHECK(vkt_buffer_init(&source, dev, 100 * 32 * 4,
                                VK_BUFFER_USAGE_TRANSFER_SRC_BIT)) ||
       !U_CHECK(vkt_buffer_init(&target, dev, 64 * 64 * 4,
                                VK_BUFFER_USAGE_TRANSFER_DST_BIT)))
      goto out;
   for (uint32_t i = 0; i < 100 * 32; i++)
      ((uint32_t *)source.map)[i] = 0xff00ff00;
   if (!U_CHECK(vkt_begin(dev)))
      goto out;

   vkt_image_barrier(dev->cmd, a.handle, a.aspect, VK_IMAGE_LAYOUT_UNDEFINED,
                     VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL);
   vkt_image_barrier(dev->cmd, b.handle, b.aspect, VK_IMAGE_LAYOUT_UNDEFINED,
                     VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL);
   vkCmdClearColorImage(dev->cmd, a.handle,
                        VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, &color, 1,
                        &whole);
   vkt_image_barrier(dev->cmd, a.handle, a.aspect,
                     VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL,
                     VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL);
   vkCmdCopyImage(dev->cmd, a.handle, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL,
                  b.handle, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, 1, &copy);
   vkt_full_barrier(dev->cmd);
   vkCmdCopyBufferToImage(dev->cmd, source.handle, b.handle,
                          VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, 1, &in);
   vkt_image_barrier(dev->cmd, b.handle, b.aspect,
                     VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL,
                     VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL);
   vkt_image_read(&b, &target);
   if (!U_CHECK(vkt_submit_wait(dev)))
      goto out;

   const uint32_t *words = target.map;
   for (uint32_t y = 0; y < 64; y++) {
      if (!U_CHECK(vkt_words_are(words + y * 64, 32, 0xff0000ff)) ||
          !U_CHECK(vkt_words_are(words + y * 64 + 32, 32,
                                 y < 32 ? 0xff0000ff : 0xff00ff00)))
         break;
   }
out:
   vkt_buffer_finish(&target);
   vkt_buffer_finish(&source);
   vkt_image_finish(&b);
   vkt_image_finish(&a);
}

/* The layout of a linear image as said is the layout as it is. */
static void
test_linear_layout(struct vkt_device *dev)
{
   const VkImageCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
      .imageType = VK_IMAGE_TYPE_2D,
      .format = VK_FORMAT_R8G8B8A8_UNORM,
      .extent = { 33, 17, 1 },
      .mipLevels = 1,
      .arrayLayers = 1,
      .samples = VK_SAMPLE_COUNT_1_BIT,
      .tiling = VK_IMAGE_TILING_LINEAR,
      .usage = VK_IMAGE_USAGE_TRANSFER_DST_BIT,
   };
   const VkImageSubresource color = {
      .aspectMask = VK_IMAGE_ASPECT_COLOR_BIT,
   };
   const VkImageSubresourceRange whole = {
      .aspectMask = VK_IMAGE_ASPECT_COLOR_BIT,
      .levelCount = 1,
      .layerCount = 1,
   };
   const VkClearColorValue value = { .float32 = { 0.0f, 0.0f, 1.0f, 1.0f } };
   VkMemoryAllocateInfo alloc = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
   };
   VkDeviceMemory memory = VK_NULL_HANDLE;
   VkImage image = VK_NULL_HANDLE;
   VkMemoryRequirements reqs;
   VkSubresourceLayout layout;
   uint8_t *map = NULL;

   if (!VKT_CHECK(vkCreateImage(dev->handle, &info, NULL, &image)))
      return;
   vkGetImageMemoryRequirements(dev->handle, image, &reqs);
   vkGetImageSubresourceLayout(dev->handle, image, &color, &layout);
   U_CHECK(layout.rowPitch >= 33 * 4);
   U_CHECK(layout.offset + layout.rowPitch * 16 + 33 * 4 <= reqs.size);
   alloc.allocationSize = reqs.size;
   alloc.memoryTypeIndex =
      vkt_memory_type(dev->instance, reqs.memoryTypeBits,
                      VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT |
                         VK_MEMORY_PROPERTY_HOST_COHERENT_BIT);
   if (!U_CHECK(alloc.memoryTypeIndex != UINT32_MAX) ||
       !VKT_CHECK(vkAllocateMemory(dev->handle, &alloc, NULL, &memory)) ||
       !VKT_CHECK(vkBindImageMemory(dev->handle, image, memory, 0)) ||
       !VKT_CHECK(vkMapMemory(dev->handle, memory, 0, VK_WHOLE_SIZE, 0,
                              (void **)&map)) ||
       !U_CHECK(vkt_begin(dev)))
      goto out;
   vkt_image_barrier(dev->cmd, image, whole.aspectMask,
                     VK_IMAGE_LAYOUT_UNDEFINED, VK_IMAGE_LAYOUT_GENERAL);
   vkCmdClearColorImage(dev->cmd, image, VK_IMAGE_LAYOUT_GENERAL, &value, 1,
                        &whole);
   vkt_full_barrier(dev->cmd);
   if (!U_CHECK(vkt_submit_wait(dev)))
      goto out;
   for (uint32_t y = 0; y < 17; y++) {
      if (!U_CHECK(vkt_words_are(map + layout.offset + y * layout.rowPitch,
                                 33, 0xffff0000)))
         break;
   }
out:
   vkDestroyImage(dev->handle, image, NULL);
   vkFreeMemory(dev->handle, memory, NULL);
}

int
main(void)
{
   struct vkt_instance instance;
   struct vkt_device dev = { 0 };

   vkt_bound(60);
   if (U_CHECK(vkt_instance_init(&instance)) &&
       U_CHECK(vkt_device_init(&dev, &instance, NULL, 0, NULL))) {
      test_map(&dev);
      test_fill_update_copy(&dev);
      test_host_write(&dev);
      test_images(&dev);
      test_linear_layout(&dev);
   }
   vkt_device_finish(&dev);
   vkt_instance_finish(&instance);
   return u_test_result();
}
