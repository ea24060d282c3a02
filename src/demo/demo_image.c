/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The three kinds of image that the demo draws into: an ordinary linear one,
 * one whose memory is exported as a dma-buf, and one over an imported
 * dma-buf. All have memory of their own (dedicated) and one plane.
 */

#include "demo.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MODIFIER_LINEAR UINT64_C(0)

/* No component of the picture is this everywhere, and alpha never is. */
#define FILL_BYTE 0x5a

static VkImageCreateInfo
image_info(VkImageTiling tiling, const void *chain)
{
   return (VkImageCreateInfo){
      .sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
      .pNext = chain,
      .imageType = VK_IMAGE_TYPE_2D,
      .format = DEMO_FORMAT,
      .extent = { DEMO_WIDTH, DEMO_HEIGHT, 1 },
      .mipLevels = 1,
      .arrayLayers = 1,
      .samples = VK_SAMPLE_COUNT_1_BIT,
      .tiling = tiling,
      .usage = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT,
      .sharingMode = VK_SHARING_MODE_EXCLUSIVE,
      .initialLayout = VK_IMAGE_LAYOUT_UNDEFINED,
   };
}

static bool
image_map(struct demo_image *image)
{
   void *map = NULL;

   if (!demo_ok(vkMapMemory(image->dev->handle, image->memory, 0,
                            VK_WHOLE_SIZE, 0, &map),
                "vkMapMemory"))
      return false;
   image->map = map;
   return true;
}

static bool
image_choose_memory(struct demo_image *image, uint32_t also_in_bits)
{
   VkMemoryRequirements reqs;

   vkGetImageMemoryRequirements(image->dev->handle, image->handle, &reqs);
   image->memory_size = reqs.size;
   image->memory_type = demo_find_memory_type(
      image->dev->instance, reqs.memoryTypeBits & also_in_bits,
      VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT |
         VK_MEMORY_PROPERTY_HOST_COHERENT_BIT);
   if (image->memory_type == UINT32_MAX) {
      fprintf(stderr,
              "no host-visible, coherent memory type for the image "
              "(image 0x%x, handle 0x%x)\n",
              reqs.memoryTypeBits, also_in_bits);
      return false;
   }
   return true;
}

static void
image_query_layout(struct demo_image *image, VkImageAspectFlags aspect)
{
   const VkImageSubresource plane = { .aspectMask = aspect };
   VkSubresourceLayout layout;

   vkGetImageSubresourceLayout(image->dev->handle, image->handle, &plane,
                               &layout);
   image->offset = layout.offset;
   image->row_pitch = layout.rowPitch;
}

bool
demo_image_init_native(struct demo_image *image, struct demo_device *dev)
{
   const VkImageCreateInfo info = image_info(VK_IMAGE_TILING_LINEAR, NULL);
   VkMemoryAllocateInfo alloc = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
   };
   VkFormatProperties format;

   memset(image, 0, sizeof(*image));
   image->dev = dev;
   vkGetPhysicalDeviceFormatProperties(dev->instance->pdev, DEMO_FORMAT,
                                       &format);
   if (!(format.linearTilingFeatures &
         VK_FORMAT_FEATURE_COLOR_ATTACHMENT_BIT)) {
      fprintf(stderr, "%s cannot draw into linear images\n",
              dev->instance->props.deviceName);
      return false;
   }
   if (!demo_ok(vkCreateImage(dev->handle, &info, NULL, &image->handle),
                "vkCreateImage (linear)") ||
       !image_choose_memory(image, UINT32_MAX))
      return false;
   alloc.allocationSize = image->memory_size;
   alloc.memoryTypeIndex = image->memory_type;
   if (!demo_ok(vkAllocateMemory(dev->handle, &alloc, NULL, &image->memory),
                "vkAllocateMemory") ||
       !demo_ok(
          vkBindImageMemory(dev->handle, image->handle, image->memory, 0),
          "vkBindImageMemory"))
      return false;
   image_query_layout(image, VK_IMAGE_ASPECT_COLOR_BIT);
   return image_map(image);
}

/* Whether an image of our kind with modifier LINEAR can be shared. */
static bool
check_shareable(const struct demo_instance *instance)
{
   const VkPhysicalDeviceImageDrmFormatModifierInfoEXT modifier = {
      .sType =
         VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_DRM_FORMAT_MODIFIER_INFO_EXT,
      .drmFormatModifier = MODIFIER_LINEAR,
      .sharingMode = VK_SHARING_MODE_EXCLUSIVE,
   };
   const VkPhysicalDeviceExternalImageFormatInfo external = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
      .pNext = &modifier,
      .handleType = DEMO_DMA_BUF,
   };
   const VkPhysicalDeviceImageFormatInfo2 info = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
      .pNext = &external,
      .format = DEMO_FORMAT,
      .type = VK_IMAGE_TYPE_2D,
      .tiling = VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT,
      .usage = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT,
   };
   VkExternalImageFormatProperties external_props = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES,
   };
   VkImageFormatProperties2 props = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2,
      .pNext = &external_props,
   };
   const VkExternalMemoryFeatureFlags needed =
      VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT |
      VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
   VkExternalMemoryFeatureFlags features;

   if (!demo_ok(vkGetPhysicalDeviceImageFormatProperties2(instance->pdev,
                                                          &info, &props),
                "BGRA8 with modifier LINEAR as a dma-buf"))
      return false;
   features = external_props.externalMemoryProperties.externalMemoryFeatures;
   if ((features & needed) != needed) {
      fprintf(
         stderr,
         "BGRA8 with modifier LINEAR: a dma-buf is%s exportable and is%s "
         "importable\n",
         features & VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT ? "" : " not",
         features & VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT ? "" : " not");
      return false;
   }
   return true;
}

bool
demo_image_init_export(struct demo_image *image, struct demo_device *dev)
{
   const uint64_t modifiers[] = { MODIFIER_LINEAR };
   const VkImageDrmFormatModifierListCreateInfoEXT list = {
      .sType =
         VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_LIST_CREATE_INFO_EXT,
      .drmFormatModifierCount = 1,
      .pDrmFormatModifiers = modifiers,
   };
   const VkExternalMemoryImageCreateInfo external = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
      .pNext = &list,
      .handleTypes = DEMO_DMA_BUF,
   };
   const VkImageCreateInfo info =
      image_info(VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT, &external);
   VkMemoryDedicatedAllocateInfo dedicated = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
   };
   const VkExportMemoryAllocateInfo export_info = {
      .sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
      .pNext = &dedicated,
      .handleTypes = DEMO_DMA_BUF,
   };
   VkMemoryAllocateInfo alloc = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
      .pNext = &export_info,
   };
   VkImageDrmFormatModifierPropertiesEXT chosen = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_PROPERTIES_EXT,
   };

   memset(image, 0, sizeof(*image));
   image->dev = dev;
   if (!check_shareable(dev->instance) ||
       !demo_ok(vkCreateImage(dev->handle, &info, NULL, &image->handle),
                "vkCreateImage (for export)") ||
       !image_choose_memory(image, UINT32_MAX))
      return false;

   dedicated.image = image->handle;
   alloc.allocationSize = image->memory_size;
   alloc.memoryTypeIndex = image->memory_type;
   if (!demo_ok(vkAllocateMemory(dev->handle, &alloc, NULL, &image->memory),
                "vkAllocateMemory (for export)") ||
       !demo_ok(
          vkBindImageMemory(dev->handle, image->handle, image->memory, 0),
          "vkBindImageMemory (for export)") ||
       !demo_ok(dev->GetImageDrmFormatModifierPropertiesEXT(
                   dev->handle, image->handle, &chosen),
                "vkGetImageDrmFormatModifierPropertiesEXT"))
      return false;
   image->modifier = chosen.drmFormatModifier;
   if (image->modifier != MODIFIER_LINEAR) {
      fprintf(stderr, "the image has modifier 0x%llx, asked was LINEAR\n",
              (unsigned long long)image->modifier);
      return false;
   }
   image_query_layout(image, VK_IMAGE_ASPECT_MEMORY_PLANE_0_BIT_EXT);
   if (image->offset + image->row_pitch * (DEMO_HEIGHT - 1) +
          DEMO_WIDTH * DEMO_PIXEL_BYTES >
       image->memory_size) {
      fprintf(stderr, "the layout of the image exceeds its memory\n");
      return false;
   }
   if (!image_map(image))
      return false;
   memset((void *)image->map, FILL_BYTE, image->memory_size);
   return true;
}

int
demo_image_export_fd(const struct demo_image *image)
{
   const VkMemoryGetFdInfoKHR info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_GET_FD_INFO_KHR,
      .memory = image->memory,
      .handleType = DEMO_DMA_BUF,
   };
   int fd = -1;

   if (!demo_ok(image->dev->GetMemoryFdKHR(image->dev->handle, &info, &fd),
                "vkGetMemoryFdKHR"))
      return -1;
   return fd;
}

VkResult
demo_import_memory(const struct demo_image *image,
                   int fd,
                   VkDeviceMemory *out_memory)
{
   const VkMemoryDedicatedAllocateInfo dedicated = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
      .image = image->handle,
   };
   const VkImportMemoryFdInfoKHR import = {
      .sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR,
      .pNext = &dedicated,
      .handleType = DEMO_DMA_BUF,
      .fd = dup(fd),
   };
   const VkMemoryAllocateInfo alloc = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
      .pNext = &import,
      .allocationSize = image->memory_size,
      .memoryTypeIndex = image->memory_type,
   };
   VkResult result;

   if (import.fd < 0) {
      perror("dup of the exported fd");
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   }
   result = vkAllocateMemory(image->dev->handle, &alloc, NULL, out_memory);
   /* An import that fails leaves the fd with us. */
   if (result != VK_SUCCESS)
      close(import.fd);
   return result;
}

bool
demo_image_init_import(struct demo_image *image,
                       struct demo_device *dev,
                       int fd,
                       const struct demo_image *exporter)
{
   const VkSubresourceLayout plane = {
      .offset = exporter->offset,
      .rowPitch = exporter->row_pitch,
   };
   const VkImageDrmFormatModifierExplicitCreateInfoEXT explicit_layout = {
      .sType =
         VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_EXPLICIT_CREATE_INFO_EXT,
      .drmFormatModifier = exporter->modifier,
      .drmFormatModifierPlaneCount = 1,
      .pPlaneLayouts = &plane,
   };
   const VkExternalMemoryImageCreateInfo external = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
      .pNext = &explicit_layout,
      .handleTypes = DEMO_DMA_BUF,
   };
   const VkImageCreateInfo info =
      image_info(VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT, &external);
   VkMemoryFdPropertiesKHR props = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_FD_PROPERTIES_KHR,
   };

   memset(image, 0, sizeof(*image));
   image->dev = dev;
   if (!demo_ok(dev->GetMemoryFdPropertiesKHR(dev->handle, DEMO_DMA_BUF, fd,
                                              &props),
                "vkGetMemoryFdPropertiesKHR") ||
       !demo_ok(vkCreateImage(dev->handle, &info, NULL, &image->handle),
                "vkCreateImage (for import)") ||
       !image_choose_memory(image, props.memoryTypeBits))
      return false;

   if (!demo_ok(demo_import_memory(image, fd, &image->memory),
                "vkAllocateMemory (import)") ||
       !demo_ok(
          vkBindImageMemory(dev->handle, image->handle, image->memory, 0),
          "vkBindImageMemory (import)"))
      return false;
   image->modifier = exporter->modifier;
   image_query_layout(image, VK_IMAGE_ASPECT_MEMORY_PLANE_0_BIT_EXT);
   if (image->offset != exporter->offset ||
       image->row_pitch != exporter->row_pitch) {
      fprintf(stderr, "the imported image does not have the layout given\n");
      return false;
   }
   return true;
}

void
demo_image_finish(struct demo_image *image)
{
   if (!image->dev)
      return;
   vkDestroyImage(image->dev->handle, image->handle, NULL);
   vkFreeMemory(image->dev->handle, image->memory, NULL);
   memset(image, 0, sizeof(*image));
}

void
demo_image_read(const struct demo_image *image, uint8_t *out_raw)
{
   const size_t row_bytes = DEMO_WIDTH * DEMO_PIXEL_BYTES;

   for (uint32_t y = 0; y < DEMO_HEIGHT; y++)
      memcpy(out_raw + y * row_bytes,
             image->map + image->offset + y * image->row_pitch, row_bytes);
}
