/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The images of a probe: a linear one whose clear has to arrive in shared
 * memory, and one with planes whose layouts have to be true. Must leave
 * nothing behind that vl_probe.c does not know.
 */

#include "vl_probe_private.h"

#include "vl_log.h"
#include "vl_physical_device.h"

#define IMAGE_SIZE_PX 16
#define IMAGE_FORMAT  VK_FORMAT_R8G8B8A8_UNORM
#define IMAGE_TEXEL_B 4
#define PLANAR_FORMAT VK_FORMAT_G8_B8R8_2PLANE_420_UNORM

/* Unbound, and made to be bound to a host pointer. */
static VkResult
create_image(const struct vl_probe *probe,
             VkFormat format,
             VkImageTiling tiling,
             VkImageUsageFlags usage,
             VkImage *image)
{
   const VkExternalMemoryImageCreateInfo external = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
      .handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT,
   };
   const VkImageCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
      .pNext = &external,
      .imageType = VK_IMAGE_TYPE_2D,
      .format = format,
      .extent = { IMAGE_SIZE_PX, IMAGE_SIZE_PX, 1 },
      .mipLevels = 1,
      .arrayLayers = 1,
      .samples = VK_SAMPLE_COUNT_1_BIT,
      .tiling = tiling,
      .usage = usage,
   };
   return probe->next.CreateImage(probe->device, &info, NULL, image);
}

bool
vl_probe_create_image(struct vl_probe *probe)
{
   VkFormatProperties2 format = {
      .sType = VK_STRUCTURE_TYPE_FORMAT_PROPERTIES_2,
   };
   probe->instance_next->GetPhysicalDeviceFormatProperties2(
      probe->physical->handle, IMAGE_FORMAT, &format);
   const VkFormatFeatureFlags features =
      format.formatProperties.linearTilingFeatures;
   probe->can_clear = features & VK_FORMAT_FEATURE_TRANSFER_DST_BIT;

   const VkResult result = create_image(
      probe, IMAGE_FORMAT, VK_IMAGE_TILING_LINEAR,
      (features & VK_FORMAT_FEATURE_SAMPLED_IMAGE_BIT
          ? VK_IMAGE_USAGE_SAMPLED_BIT
          : VK_IMAGE_USAGE_TRANSFER_SRC_BIT) |
         (probe->can_clear ? VK_IMAGE_USAGE_TRANSFER_DST_BIT : 0),
      &probe->image);
   if (result != VK_SUCCESS)
      return vl_probe_failed(probe, "vkCreateImage", result);
   probe->next.GetImageMemoryRequirements(probe->device, probe->image,
                                          &probe->image_requirements);
   return true;
}

void
vl_probe_record_clear(struct vl_probe *probe, VkCommandBuffer command)
{
   if (!probe->can_clear)
      return;

   const VkImageSubresourceRange range = {
      .aspectMask = VK_IMAGE_ASPECT_COLOR_BIT,
      .levelCount = 1,
      .layerCount = 1,
   };
   const VkImageMemoryBarrier to_general = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
      .dstAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
      .oldLayout = VK_IMAGE_LAYOUT_UNDEFINED,
      .newLayout = VK_IMAGE_LAYOUT_GENERAL,
      .srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
      .dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
      .image = probe->image,
      .subresourceRange = range,
   };
   probe->next.CmdPipelineBarrier(command, VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT,
                                  VK_PIPELINE_STAGE_TRANSFER_BIT, 0, 0, NULL,
                                  0, NULL, 1, &to_general);
   const VkClearColorValue white = { .float32 = { 1, 1, 1, 1 } };
   probe->next.CmdClearColorImage(command, probe->image,
                                  VK_IMAGE_LAYOUT_GENERAL, &white, 1, &range);
}

bool
vl_probe_check_clear(const struct vl_probe *probe)
{
   if (!probe->can_clear)
      return true;

   const VkImageSubresource color = {
      .aspectMask = VK_IMAGE_ASPECT_COLOR_BIT,
   };
   VkSubresourceLayout layout;
   probe->next.GetImageSubresourceLayout(probe->device, probe->image, &color,
                                         &layout);

   /* a driver's numbers: they must stay inside of what is mapped */
   const uint64_t size_B = probe->image_requirements.size;
   const uint64_t row_B = IMAGE_SIZE_PX * IMAGE_TEXEL_B;
   if (layout.rowPitch < row_B || layout.rowPitch > size_B ||
       layout.offset > size_B ||
       size_B - layout.offset < layout.rowPitch * (IMAGE_SIZE_PX - 1) + row_B)
      return vl_probe_failed(probe, "reading an image's layout", VK_SUCCESS);

   const uint8_t *first = (const uint8_t *)probe->mapping->pointer +
                          probe->image_offset_B + layout.offset;
   for (uint32_t y = 0; y < IMAGE_SIZE_PX; y++) {
      for (uint64_t i = 0; i < row_B; i++) {
         if (first[y * layout.rowPitch + i] != 0xff) {
            vl_log_warn("%s: probe of host memory: a cleared image does not "
                        "arrive (row %u)",
                        probe->physical->properties.deviceName, y);
            return false;
         }
      }
   }
   return true;
}

/* There are drivers that say of optimal images that they can be imported, and
 * then want them in memory that takes no host pointer. It is no failure.
 */
void
vl_probe_check_optimal(struct vl_probe *probe)
{
   VkImage image;
   if (create_image(
          probe, IMAGE_FORMAT, VK_IMAGE_TILING_OPTIMAL,
          VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT,
          &image) != VK_SUCCESS)
      return;
   VkMemoryRequirements requirements;
   probe->next.GetImageMemoryRequirements(probe->device, image,
                                          &requirements);
   probe->result.optimal_images_fit =
      requirements.memoryTypeBits & probe->result.host_types;
   probe->next.DestroyImage(probe->device, image, NULL);
}

/* There are drivers that say of a linear image with two planes in one memory
 * that both start at 0. Whether this one is right decides if such formats are
 * offered; it is no failure.
 */
void
vl_probe_check_planes(struct vl_probe *probe)
{
   const VkPhysicalDeviceExternalImageFormatInfo external_query = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
      .handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT,
   };
   const VkPhysicalDeviceImageFormatInfo2 query = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
      .pNext = &external_query,
      .format = PLANAR_FORMAT,
      .type = VK_IMAGE_TYPE_2D,
      .tiling = VK_IMAGE_TILING_LINEAR,
      .usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT,
   };
   VkImageFormatProperties2 properties = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2,
   };
   if (probe->instance_next->GetPhysicalDeviceImageFormatProperties2(
          probe->physical->handle, &query, &properties) != VK_SUCCESS)
      return;

   VkImage image;
   if (create_image(probe, PLANAR_FORMAT, VK_IMAGE_TILING_LINEAR,
                    VK_IMAGE_USAGE_TRANSFER_SRC_BIT, &image) != VK_SUCCESS)
      return;

   const VkImageSubresource first = {
      .aspectMask = VK_IMAGE_ASPECT_PLANE_0_BIT,
   };
   const VkImageSubresource second = {
      .aspectMask = VK_IMAGE_ASPECT_PLANE_1_BIT,
   };
   VkSubresourceLayout luma, chroma;
   probe->next.GetImageSubresourceLayout(probe->device, image, &first, &luma);
   probe->next.GetImageSubresourceLayout(probe->device, image, &second,
                                         &chroma);
   probe->result.planar_layouts_true =
      chroma.offset >= luma.offset + luma.rowPitch * IMAGE_SIZE_PX;
   probe->next.DestroyImage(probe->device, image, NULL);
}
