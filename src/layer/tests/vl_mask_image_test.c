/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Images of masked drivers.
 */

#include "vl_mask_test.h"

#include <unistd.h>

#include "u_test.h"

int
mask_image_failures(void)
{
   return u_test_failures;
}

/* An image that nobody shares: cleared, and copied to where it can be seen. */
void
use_plain_image(struct vt_device *device)
{
   enum { SIDE_PX = 16, BYTES = SIDE_PX * SIDE_PX * 4 };
   const VkImageCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
      .imageType = VK_IMAGE_TYPE_2D,
      .format = FORMAT,
      .extent = { SIDE_PX, SIDE_PX, 1 },
      .mipLevels = 1,
      .arrayLayers = 1,
      .samples = VK_SAMPLE_COUNT_1_BIT,
      .usage =
         VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT,
   };
   VkImage image;
   if (!U_CHECK_EQ(device->CreateImage(device->handle, &info, NULL, &image),
                   VK_SUCCESS))
      return;
   VkMemoryRequirements requirements;
   VkDeviceMemory memory, seen_memory;
   device->GetImageMemoryRequirements(device->handle, image, &requirements);
   U_CHECK_EQ(vt_allocate(device, requirements.size,
                          requirements.memoryTypeBits, 0, -1, &memory),
              VK_SUCCESS);
   U_CHECK_EQ(device->BindImageMemory(device->handle, image, memory, 0),
              VK_SUCCESS);
   const VkBuffer buffer = vt_buffer(device, BYTES, 0);
   device->GetBufferMemoryRequirements(device->handle, buffer, &requirements);
   U_CHECK_EQ(vt_allocate(device, requirements.size,
                          requirements.memoryTypeBits, 0, -1, &seen_memory),
              VK_SUCCESS);
   device->BindBufferMemory(device->handle, buffer, seen_memory, 0);

   const VkImageSubresourceRange range = { VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0,
                                           1 };
   const VkImageMemoryBarrier barrier = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
      .dstAccessMask =
         VK_ACCESS_TRANSFER_WRITE_BIT | VK_ACCESS_TRANSFER_READ_BIT,
      .newLayout = VK_IMAGE_LAYOUT_GENERAL,
      .srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
      .dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
      .image = image,
      .subresourceRange = range,
   };
   const VkMemoryBarrier between = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
      .srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
      .dstAccessMask = VK_ACCESS_TRANSFER_READ_BIT,
   };
   const VkClearColorValue color = { .float32 = { 1, 0, 1, 0 } };
   const VkBufferImageCopy region = {
      .imageSubresource = { VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1 },
      .imageExtent = { SIDE_PX, SIDE_PX, 1 },
   };
   VkCommandBuffer command = vt_begin(device);
   device->CmdPipelineBarrier(command, VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT,
                              VK_PIPELINE_STAGE_TRANSFER_BIT, 0, 0, NULL, 0,
                              NULL, 1, &barrier);
   device->CmdClearColorImage(command, image, VK_IMAGE_LAYOUT_GENERAL, &color,
                              1, &range);
   device->CmdPipelineBarrier(command, VK_PIPELINE_STAGE_TRANSFER_BIT,
                              VK_PIPELINE_STAGE_TRANSFER_BIT, 0, 1, &between,
                              0, NULL, 0, NULL);
   device->CmdCopyImageToBuffer(command, image, VK_IMAGE_LAYOUT_GENERAL,
                                buffer, 1, &region);
   vt_submit(device);
   void *seen = NULL;
   device->MapMemory(device->handle, seen_memory, 0, BYTES, 0, &seen);
   U_CHECK(seen && vt_is_filled(seen, BYTES, 0x00ff00ff));
   device->UnmapMemory(device->handle, seen_memory);

   device->DestroyImage(device->handle, image, NULL);
   device->DestroyBuffer(device->handle, buffer, NULL);
   device->FreeMemory(device->handle, memory, NULL);
   device->FreeMemory(device->handle, seen_memory, NULL);
}

static VkResult
query_usage(struct vt_instance *in,
            uint64_t modifier,
            VkExternalMemoryHandleTypeFlagBits type,
            VkImageUsageFlags usage,
            VkImageCreateFlags flags)
{
   const VkPhysicalDeviceExternalImageFormatInfo external = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
      .handleType = type,
   };
   const VkPhysicalDeviceImageDrmFormatModifierInfoEXT modifier_info = {
      .sType =
         VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_DRM_FORMAT_MODIFIER_INFO_EXT,
      .pNext = type ? &external : NULL,
      .drmFormatModifier = modifier,
   };
   const VkPhysicalDeviceImageFormatInfo2 info = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
      .pNext = &modifier_info,
      .format = FORMAT,
      .type = VK_IMAGE_TYPE_2D,
      .tiling = VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT,
      .usage = usage,
      .flags = flags,
   };
   VkImageFormatProperties2 properties = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2,
   };
   return in->GetPhysicalDeviceImageFormatProperties2(in->physical, &info,
                                                      &properties);
}

static VkResult
query_modifier(struct vt_instance *in,
               uint64_t modifier,
               VkExternalMemoryHandleTypeFlagBits type)
{
   return query_usage(in, modifier, type, VK_IMAGE_USAGE_TRANSFER_SRC_BIT, 0);
}

static VkResult
query_format(struct vt_instance *in,
             VkFormat format,
             VkImageTiling tiling,
             VkExternalMemoryHandleTypeFlagBits type,
             VkImageUsageFlags usage)
{
   const VkPhysicalDeviceExternalImageFormatInfo external = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
      .handleType = type,
   };
   const VkPhysicalDeviceImageFormatInfo2 info = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
      .pNext = type ? &external : NULL,
      .format = format,
      .type = VK_IMAGE_TYPE_2D,
      .tiling = tiling,
      .usage = usage,
   };
   VkImageFormatProperties2 properties = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2,
   };
   return in->GetPhysicalDeviceImageFormatProperties2(in->physical, &info,
                                                      &properties);
}

static VkResult
query_tiling(struct vt_instance *in,
             VkImageTiling tiling,
             VkExternalMemoryHandleTypeFlagBits type,
             VkImageUsageFlags usage)
{
   return query_format(in, FORMAT, tiling, type, usage);
}

/* Nobody else could make sense of a depth, so a linear one is not shared. */
void
test_linear_depth(struct vt_device *device)
{
   struct vt_instance *in = device->instance;
   const VkImageUsageFlags usage = VK_IMAGE_USAGE_SAMPLED_BIT;
   U_CHECK_EQ(
      query_format(in, VK_FORMAT_D16_UNORM, VK_IMAGE_TILING_LINEAR, 0, usage),
      VK_SUCCESS);
   U_CHECK_EQ(query_format(in, VK_FORMAT_D16_UNORM, VK_IMAGE_TILING_LINEAR,
                           DMA_BUF, usage),
              VK_ERROR_FORMAT_NOT_SUPPORTED);
   U_CHECK_EQ(query_format(in, VK_FORMAT_D16_UNORM, VK_IMAGE_TILING_OPTIMAL,
                           DMA_BUF, usage),
              VK_SUCCESS);
}

/* An OPTIMAL image that fits no shared memory is LINEAR if it is shared. */
void
test_optimal_elsewhere(struct vt_device *device)
{
   struct vt_instance *in = device->instance;
   const VkImageUsageFlags usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT;
   U_CHECK_EQ(query_tiling(in, VK_IMAGE_TILING_OPTIMAL, 0, usage),
              VK_SUCCESS);
   U_CHECK_EQ(query_tiling(in, VK_IMAGE_TILING_OPTIMAL, DMA_BUF, usage),
              VK_SUCCESS);
   U_CHECK_EQ(query_tiling(in, VK_IMAGE_TILING_LINEAR, DMA_BUF, usage),
              VK_SUCCESS);
   U_CHECK_EQ(query_modifier(in, 0, DMA_BUF), VK_SUCCESS);

   VkExternalMemoryImageCreateInfo external = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
   };
   const VkImageCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
      .pNext = &external,
      .imageType = VK_IMAGE_TYPE_2D,
      .format = FORMAT,
      .extent = { 64, 64, 1 },
      .mipLevels = 1,
      .arrayLayers = 1,
      .samples = VK_SAMPLE_COUNT_1_BIT,
      .tiling = VK_IMAGE_TILING_OPTIMAL,
      .usage = usage,
   };
   for (int shared = 0; shared < 2; shared++) {
      VkMemoryRequirements requirements = { 0 };
      VkImage image;
      external.handleTypes = shared ? DMA_BUF : 0;
      if (!U_CHECK_EQ(
             device->CreateImage(device->handle, &info, NULL, &image),
             VK_SUCCESS))
         return;
      device->GetImageMemoryRequirements(device->handle, image,
                                         &requirements);
      /* the first type takes no host pointer, the second does */
      U_CHECK_EQ(requirements.memoryTypeBits, shared ? 2 : 1);
      device->DestroyImage(device->handle, image, NULL);
   }
}

/* What the format's features do not include is not offered. */
void
test_no_linear_render(struct vt_device *device)
{
   struct vt_instance *in = device->instance;
   const VkImageUsageFlags render = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT;
   const VkImageUsageFlags sample = VK_IMAGE_USAGE_SAMPLED_BIT;
   for (int shared = 0; shared < 2; shared++) {
      const VkExternalMemoryHandleTypeFlagBits type = shared ? DMA_BUF : 0;
      U_CHECK_EQ(query_usage(in, 0, type, sample, 0), VK_SUCCESS);
      U_CHECK_EQ(query_tiling(in, VK_IMAGE_TILING_LINEAR, type, sample),
                 VK_SUCCESS);
      /* what is the driver's own stays its own business */
      U_CHECK_EQ(
         query_tiling(in, VK_IMAGE_TILING_LINEAR, type, sample | render),
         shared ? VK_ERROR_FORMAT_NOT_SUPPORTED : VK_SUCCESS);
      U_CHECK_EQ(query_usage(in, 0, type, sample | render, 0),
                 VK_ERROR_FORMAT_NOT_SUPPORTED);
      /* views of another format may have what the image's has not */
      U_CHECK_EQ(query_usage(in, 0, type, sample | render,
                             VK_IMAGE_CREATE_MUTABLE_FORMAT_BIT |
                                VK_IMAGE_CREATE_EXTENDED_USAGE_BIT),
                 VK_SUCCESS);
   }
}

/* The driver's dma-bufs with the layer's modifier: every fd is the driver's.
 */
void
test_native(struct vt_device *device)
{
   VkImage image, second;
   if (!U_CHECK_EQ(vt_modifier_image(device, &vt_linear_list, &image),
                   VK_SUCCESS))
      return;
   VkImageDrmFormatModifierPropertiesEXT modifier = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_PROPERTIES_EXT,
      .drmFormatModifier = TILED,
   };
   U_CHECK_EQ(device->GetImageDrmFormatModifierPropertiesEXT(
                 device->handle, image, &modifier),
              VK_SUCCESS);
   U_CHECK_EQ(modifier.drmFormatModifier, 0);
   const VkImageSubresource plane = {
      .aspectMask = VK_IMAGE_ASPECT_MEMORY_PLANE_0_BIT_EXT,
   };
   VkSubresourceLayout layout;
   device->GetImageSubresourceLayout(device->handle, image, &plane, &layout);
   const VkSubresourceLayout told = { .rowPitch = layout.rowPitch };
   VkImageDrmFormatModifierExplicitCreateInfoEXT told_info = {
      .sType =
         VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_EXPLICIT_CREATE_INFO_EXT,
      .drmFormatModifierPlaneCount = 1,
      .pPlaneLayouts = &told,
   };
   U_CHECK_EQ(vt_modifier_image(device, &told_info, &second), VK_SUCCESS);
   U_CHECK_EQ(query_modifier(device->instance, 0, DMA_BUF), VK_SUCCESS);
   U_CHECK_EQ(query_modifier(device->instance, TILED, DMA_BUF),
              VK_ERROR_FORMAT_NOT_SUPPORTED);

   VkMemoryRequirements requirements;
   VkDeviceMemory memory, imported;
   device->GetImageMemoryRequirements(device->handle, image, &requirements);
   U_CHECK_EQ(vt_allocate(device, requirements.size, 1, DMA_BUF, -1, &memory),
              VK_SUCCESS);
   U_CHECK_EQ(vt_usage().mappings, 0); /* none of the layer's */
   U_CHECK_EQ(vt_allocate(device, requirements.size, 1, 0,
                          vt_export(device, memory), &imported),
              VK_SUCCESS);
   U_CHECK_EQ(device->BindImageMemory(device->handle, image, memory, 0),
              VK_SUCCESS);
   U_CHECK_EQ(device->BindImageMemory(device->handle, second, imported, 0),
              VK_SUCCESS);

   VkImageMemoryBarrier barriers[2] = { { 0 } };
   const VkImageSubresourceRange range = { VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0,
                                           1 };
   for (int i = 0; i < 2; i++) {
      barriers[i] = (VkImageMemoryBarrier){
         .sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
         .newLayout = VK_IMAGE_LAYOUT_GENERAL,
         .srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
         .dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
         .image = i ? second : image,
         .subresourceRange = range,
      };
   }
   const VkClearColorValue color = { .float32 = { 1, 1, 1, 1 } };
   const VkBuffer buffer = vt_buffer(device, VT_WIDTH * VT_HEIGHT * 4, 0);
   VkMemoryRequirements buffer_requirements;
   VkDeviceMemory seen_memory;
   device->GetBufferMemoryRequirements(device->handle, buffer,
                                       &buffer_requirements);
   vt_allocate(device, buffer_requirements.size, 1, 0, -1, &seen_memory);
   device->BindBufferMemory(device->handle, buffer, seen_memory, 0);
   VkCommandBuffer command = vt_begin(device);
   device->CmdPipelineBarrier(command, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT,
                              VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 0, NULL,
                              0, NULL, 2, barriers);
   device->CmdClearColorImage(command, image, VK_IMAGE_LAYOUT_GENERAL, &color,
                              1, &range);
   vt_submit(device);
   command = vt_begin(device);
   const VkBufferImageCopy region = {
      .imageSubresource = { VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1 },
      .imageExtent = { VT_WIDTH, VT_HEIGHT, 1 },
   };
   device->CmdCopyImageToBuffer(command, second, VK_IMAGE_LAYOUT_GENERAL,
                                buffer, 1, &region);
   vt_submit(device);
   void *seen = NULL;
   device->MapMemory(device->handle, seen_memory, 0, VK_WHOLE_SIZE, 0, &seen);
   U_CHECK(seen && vt_is_filled(seen, VT_WIDTH * VT_HEIGHT * 4, 0xffffffff));
   device->UnmapMemory(device->handle, seen_memory);

   device->DestroyBuffer(device->handle, buffer, NULL);
   device->DestroyImage(device->handle, image, NULL);
   device->DestroyImage(device->handle, second, NULL);
   device->FreeMemory(device->handle, seen_memory, NULL);
   device->FreeMemory(device->handle, imported, NULL);
   device->FreeMemory(device->handle, memory, NULL);
}
