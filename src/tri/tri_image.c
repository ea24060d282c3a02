/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The images that are drawn into, by where their memory comes from.
 */

#include "tri.h"

#include <stdio.h>
#include <unistd.h>

#include "u_fd.h"

#define DMA_BUF    VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT
#define MOD_LINEAR 0ull

static bool
create_image(struct tri_image *image, VkImageTiling tiling, const void *next)
{
   const VkImageCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
      .pNext = next,
      .imageType = VK_IMAGE_TYPE_2D,
      .format = TRI_FORMAT,
      .extent = { image->width, image->height, 1 },
      .mipLevels = 1,
      .arrayLayers = 1,
      .samples = VK_SAMPLE_COUNT_1_BIT,
      .tiling = tiling,
      .usage = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT,
      .sharingMode = VK_SHARING_MODE_EXCLUSIVE,
      .initialLayout = VK_IMAGE_LAYOUT_UNDEFINED,
   };

   return tri_ok(vkCreateImage(image->vk->device, &info, NULL, &image->image),
                 "vkCreateImage");
}

/* next: how the memory is imported or exported, or NULL */
static VkResult
allocate(struct tri_image *image,
         uint32_t allowed_types,
         VkMemoryPropertyFlags flags,
         void *next)
{
   VkMemoryRequirements requirements;

   vkGetImageMemoryRequirements(image->vk->device, image->image,
                                &requirements);
   const VkMemoryDedicatedAllocateInfo dedicated = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
      .pNext = next,
      .image = image->image,
   };
   const VkMemoryAllocateInfo info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
      .pNext = next ? &dedicated : NULL,
      .allocationSize = requirements.size,
      .memoryTypeIndex = tri_vulkan_memory_type(
         image->vk, requirements.memoryTypeBits & allowed_types, flags),
   };
   if (info.memoryTypeIndex == UINT32_MAX)
      return VK_ERROR_FEATURE_NOT_PRESENT;
   return vkAllocateMemory(image->vk->device, &info, NULL, &image->memory);
}

static bool
bind(struct tri_image *image, VkImageAspectFlags aspect)
{
   const VkImageSubresource subresource = { .aspectMask = aspect };

   if (!tri_ok(vkBindImageMemory(image->vk->device, image->image,
                                 image->memory, 0),
               "vkBindImageMemory"))
      return false;
   vkGetImageSubresourceLayout(image->vk->device, image->image, &subresource,
                               &image->layout);
   return true;
}

bool
tri_image_init_import(struct tri_image *image,
                      struct tri_vulkan *vk,
                      uint32_t width,
                      uint32_t height,
                      int fd,
                      const struct tri_fb_info *plane)
{
   const VkSubresourceLayout layout = {
      .offset = plane->offset_B,
      .rowPitch = plane->stride_B,
   };
   const VkImageDrmFormatModifierExplicitCreateInfoEXT modifier = {
      .sType =
         VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_EXPLICIT_CREATE_INFO_EXT,
      .drmFormatModifier = plane->modifier,
      .drmFormatModifierPlaneCount = 1,
      .pPlaneLayouts = &layout,
   };
   const VkExternalMemoryImageCreateInfo external = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
      .pNext = &modifier,
      .handleTypes = DMA_BUF,
   };
   VkMemoryFdPropertiesKHR props = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_FD_PROPERTIES_KHR,
   };
   VkImportMemoryFdInfoKHR import = {
      .sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR,
      .handleType = DMA_BUF,
   };

   *image = (struct tri_image){ .vk = vk, .width = width, .height = height };
   if (!create_image(image, VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT,
                     &external) ||
       !tri_ok(vk->GetMemoryFdPropertiesKHR(vk->device, DMA_BUF, fd, &props),
               "vkGetMemoryFdPropertiesKHR"))
      return false;
   import.fd = u_fd_dup_cloexec(fd);
   if (import.fd < 0)
      return tri_errno("dup");
   const VkResult result = allocate(image, props.memoryTypeBits, 0, &import);
   if (result != VK_SUCCESS) {
      /* an fd is Vulkan's only once the import has worked */
      close(import.fd);
      return tri_ok(result, "importing the DMA-BUF");
   }
   return bind(image, VK_IMAGE_ASPECT_MEMORY_PLANE_0_BIT_EXT);
}

bool
tri_image_init_export(struct tri_image *image,
                      struct tri_vulkan *vk,
                      uint32_t width,
                      uint32_t height,
                      int *fd_out)
{
   static const uint64_t linear = MOD_LINEAR;
   const VkImageDrmFormatModifierListCreateInfoEXT modifier = {
      .sType =
         VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_LIST_CREATE_INFO_EXT,
      .drmFormatModifierCount = 1,
      .pDrmFormatModifiers = &linear,
   };
   const VkExternalMemoryImageCreateInfo external = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
      .pNext = &modifier,
      .handleTypes = DMA_BUF,
   };
   VkExportMemoryAllocateInfo export_info = {
      .sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
      .handleTypes = DMA_BUF,
   };

   *image = (struct tri_image){ .vk = vk, .width = width, .height = height };
   if (!create_image(image, VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT,
                     &external) ||
       !tri_ok(allocate(image, UINT32_MAX, 0, &export_info),
               "allocating for export") ||
       !bind(image, VK_IMAGE_ASPECT_MEMORY_PLANE_0_BIT_EXT))
      return false;
   const VkMemoryGetFdInfoKHR fd_info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_GET_FD_INFO_KHR,
      .memory = image->memory,
      .handleType = DMA_BUF,
   };
   return tri_ok(vk->GetMemoryFdKHR(vk->device, &fd_info, fd_out),
                 "vkGetMemoryFdKHR");
}

bool
tri_image_init_mapped(struct tri_image *image,
                      struct tri_vulkan *vk,
                      uint32_t width,
                      uint32_t height)
{
   void *map;

   *image = (struct tri_image){ .vk = vk, .width = width, .height = height };
   if (!create_image(image, VK_IMAGE_TILING_LINEAR, NULL) ||
       !tri_ok(allocate(image, UINT32_MAX,
                        VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT |
                           VK_MEMORY_PROPERTY_HOST_COHERENT_BIT,
                        NULL),
               "allocating mappable memory") ||
       !bind(image, VK_IMAGE_ASPECT_COLOR_BIT) ||
       !tri_ok(
          vkMapMemory(vk->device, image->memory, 0, VK_WHOLE_SIZE, 0, &map),
          "vkMapMemory"))
      return false;
   image->map = map;
   return true;
}

void
tri_image_finish(struct tri_image *image)
{
   if (image->vk) {
      vkDestroyImage(image->vk->device, image->image, NULL);
      vkFreeMemory(image->vk->device, image->memory, NULL);
   }
   *image = (struct tri_image){ 0 };
}
