/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Memory requirements before an object is made and after, with and without
 * the handle types of external memory: both are the same, and both names of a
 * file descriptor mean the same memory.
 */

#include <string.h>

#include "vk_fixture.h"

static const VkExternalMemoryHandleTypeFlags handle_types[] = {
   0,
   VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT,
   VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT,
   VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT |
      VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT,
};

struct answer {
   VkMemoryDedicatedRequirements dedicated;
   VkMemoryRequirements2 memory;
};

static void
answer_init(struct answer *answer)
{
   memset(answer, 0xa5, sizeof(*answer));
   answer->dedicated.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS;
   answer->dedicated.pNext = NULL;
   answer->memory.sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2;
   answer->memory.pNext = &answer->dedicated;
}

static void
check_same(const struct answer *a, const struct answer *b)
{
   const VkMemoryRequirements *x = &a->memory.memoryRequirements;
   const VkMemoryRequirements *y = &b->memory.memoryRequirements;

   U_CHECK(x->size != 0);
   U_CHECK_EQ(x->size, y->size);
   U_CHECK_EQ(x->alignment, y->alignment);
   U_CHECK(x->memoryTypeBits != 0);
   U_CHECK_EQ(x->memoryTypeBits, y->memoryTypeBits);
   U_CHECK_EQ(a->dedicated.prefersDedicatedAllocation,
              b->dedicated.prefersDedicatedAllocation);
   U_CHECK_EQ(a->dedicated.requiresDedicatedAllocation,
              b->dedicated.requiresDedicatedAllocation);
}

static void
ask_buffer(struct vkt_device *dev,
           VkExternalMemoryHandleTypeFlags types,
           VkDeviceSize size,
           struct answer *before)
{
   const VkExternalMemoryBufferCreateInfo external = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
      .handleTypes = types,
   };
   const VkBufferCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
      .pNext = &external,
      .size = size,
      .usage = VK_BUFFER_USAGE_TRANSFER_DST_BIT,
   };
   const VkDeviceBufferMemoryRequirements device_info = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_BUFFER_MEMORY_REQUIREMENTS,
      .pCreateInfo = &info,
   };
   VkBufferMemoryRequirementsInfo2 buffer_info = {
      .sType = VK_STRUCTURE_TYPE_BUFFER_MEMORY_REQUIREMENTS_INFO_2,
   };
   struct answer after;

   answer_init(before);
   answer_init(&after);
   vkGetDeviceBufferMemoryRequirements(dev->handle, &device_info,
                                       &before->memory);
   /* the application's struct is as it was */
   U_CHECK_EQ(external.handleTypes, types);
   if (!VKT_CHECK(
          vkCreateBuffer(dev->handle, &info, NULL, &buffer_info.buffer)))
      return;
   vkGetBufferMemoryRequirements2(dev->handle, &buffer_info, &after.memory);
   check_same(before, &after);
   vkDestroyBuffer(dev->handle, buffer_info.buffer, NULL);
}

static void
ask_sparse(struct vkt_device *dev,
           const VkDeviceImageMemoryRequirements *device_info,
           VkImage image)
{
   const VkImageSparseMemoryRequirementsInfo2 image_info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_SPARSE_MEMORY_REQUIREMENTS_INFO_2,
      .image = image,
   };
   uint32_t before = 77, after = 77;

   /* the image is not sparse */
   vkGetDeviceImageSparseMemoryRequirements(dev->handle, device_info, &before,
                                            NULL);
   vkGetImageSparseMemoryRequirements2(dev->handle, &image_info, &after,
                                       NULL);
   U_CHECK_EQ(before, after);
}

#ifdef VK_KHR_maintenance5
static void
ask_layout(struct vkt_device *dev,
           const VkImageCreateInfo *info,
           VkImage image)
{
   const PFN_vkGetDeviceImageSubresourceLayoutKHR get =
      (PFN_vkGetDeviceImageSubresourceLayoutKHR)vkGetDeviceProcAddr(
         dev->handle, "vkGetDeviceImageSubresourceLayoutKHR");
   const VkImageSubresource2KHR subresource = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_SUBRESOURCE_2_KHR,
      .imageSubresource.aspectMask = VK_IMAGE_ASPECT_COLOR_BIT,
   };
   const VkDeviceImageSubresourceInfoKHR device_info = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_IMAGE_SUBRESOURCE_INFO_KHR,
      .pCreateInfo = info,
      .pSubresource = &subresource,
   };
   VkSubresourceLayout2KHR before = {
      .sType = VK_STRUCTURE_TYPE_SUBRESOURCE_LAYOUT_2_KHR,
      .subresourceLayout.rowPitch = 77,
   };
   VkSubresourceLayout after;

   if (!get)
      return;
   get(dev->handle, &device_info, &before);
   vkGetImageSubresourceLayout(dev->handle, image,
                               &subresource.imageSubresource, &after);
   U_CHECK(after.rowPitch != 0);
   U_CHECK_EQ(before.subresourceLayout.rowPitch, after.rowPitch);
   U_CHECK_EQ(before.subresourceLayout.size, after.size);
   U_CHECK_EQ(before.subresourceLayout.offset, after.offset);
}
#endif

static void
ask_image(struct vkt_device *dev,
          VkExternalMemoryHandleTypeFlags types,
          uint32_t side,
          struct answer *before)
{
   const VkExternalMemoryImageCreateInfo external = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
      .handleTypes = types,
   };
   const VkImageCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
      .pNext = &external,
      .imageType = VK_IMAGE_TYPE_2D,
      .format = VK_FORMAT_R8G8B8A8_UNORM,
      .extent = { side, side, 1 },
      .mipLevels = 1,
      .arrayLayers = 1,
      .samples = VK_SAMPLE_COUNT_1_BIT,
      .tiling = VK_IMAGE_TILING_LINEAR,
      .usage = VK_IMAGE_USAGE_TRANSFER_DST_BIT,
   };
   const VkDeviceImageMemoryRequirements device_info = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_IMAGE_MEMORY_REQUIREMENTS,
      .pCreateInfo = &info,
   };
   VkImageMemoryRequirementsInfo2 image_info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_REQUIREMENTS_INFO_2,
   };
   struct answer after;

   answer_init(before);
   answer_init(&after);
   vkGetDeviceImageMemoryRequirements(dev->handle, &device_info,
                                      &before->memory);
   U_CHECK_EQ(external.handleTypes, types);
   if (!VKT_CHECK(vkCreateImage(dev->handle, &info, NULL, &image_info.image)))
      return;
   vkGetImageMemoryRequirements2(dev->handle, &image_info, &after.memory);
   check_same(before, &after);
   ask_sparse(dev, &device_info, image_info.image);
#ifdef VK_KHR_maintenance5
   ask_layout(dev, &info, image_info.image);
#endif
   vkDestroyImage(dev->handle, image_info.image, NULL);
}

int
main(void)
{
   const char *exts[] = {
      VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME,
      VK_EXT_EXTERNAL_MEMORY_DMA_BUF_EXTENSION_NAME,
      "VK_KHR_maintenance5",
   };
   VkPhysicalDeviceVulkan13Features features = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES,
      .maintenance4 = VK_TRUE,
      .dynamicRendering = VK_TRUE,
   };
   struct vkt_instance instance;
   struct vkt_device dev = { 0 };

   vkt_bound(60);
   if (!U_CHECK(vkt_instance_init(&instance)) ||
       !U_CHECK(vkt_instance_has_all(&instance, exts, 2)) ||
       !U_CHECK(vkt_device_init(&dev, &instance, exts,
                                vkt_instance_has(&instance, exts[2]) ? 3 : 2,
                                &features)))
      goto out;
   for (uint32_t size = 1; size < 5000; size = size * 5 + 2) {
      struct answer buffers[4], images[4];

      for (size_t i = 0; i < VKT_ARRAY_SIZE(handle_types); i++) {
         ask_buffer(&dev, handle_types[i], size * 100, &buffers[i]);
         ask_image(&dev, handle_types[i], size, &images[i]);
      }
      for (size_t i = 2; i < VKT_ARRAY_SIZE(handle_types); i++) {
         check_same(&buffers[i], &buffers[1]);
         check_same(&images[i], &images[1]);
      }
   }
out:
   vkt_device_finish(&dev);
   vkt_instance_finish(&instance);
   return u_test_result();
}
