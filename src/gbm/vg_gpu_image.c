/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Images as memory with a layout: which modifiers, how long the rows are, and
 * the DMA-BUF. The VkImage and its VkDeviceMemory live only as long as it
 * takes to find out; the DMA-BUF keeps the memory.
 */

#include "vg_vulkan.h"

#include <errno.h>
#include <stdlib.h>

#include "vg_log.h"

#define DMA_BUF VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT

static VkImageCreateInfo
image_create_info(const struct vg_image_info *info)
{
   return (VkImageCreateInfo){
      .sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
      .imageType = VK_IMAGE_TYPE_2D,
      .format = info->format,
      .extent = { info->width, info->height, 1 },
      .mipLevels = 1,
      .arrayLayers = 1,
      .samples = VK_SAMPLE_COUNT_1_BIT,
      .tiling = VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT,
      .usage = info->usage,
      .sharingMode = VK_SHARING_MODE_EXCLUSIVE,
      .initialLayout = VK_IMAGE_LAYOUT_UNDEFINED,
   };
}

/* Whether such an image with this modifier can be made and exported. */
static bool
modifier_works(struct vg_gpu *gpu,
               const struct vg_image_info *info,
               uint64_t modifier)
{
   const VkPhysicalDeviceImageDrmFormatModifierInfoEXT modifier_info = {
      .sType =
         VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_DRM_FORMAT_MODIFIER_INFO_EXT,
      .drmFormatModifier = modifier,
      .sharingMode = VK_SHARING_MODE_EXCLUSIVE,
   };
   const VkPhysicalDeviceExternalImageFormatInfo external_info = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
      .pNext = &modifier_info,
      .handleType = DMA_BUF,
   };
   const VkPhysicalDeviceImageFormatInfo2 format_info = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
      .pNext = &external_info,
      .format = info->format,
      .type = VK_IMAGE_TYPE_2D,
      .tiling = VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT,
      .usage = info->usage,
   };
   VkExternalImageFormatProperties external = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES,
   };
   VkImageFormatProperties2 props = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2,
      .pNext = &external,
   };

   return vkGetPhysicalDeviceImageFormatProperties2(gpu->pdev, &format_info,
                                                    &props) == VK_SUCCESS &&
          (external.externalMemoryProperties.externalMemoryFeatures &
           VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT) &&
          info->width <= props.imageFormatProperties.maxExtent.width &&
          info->height <= props.imageFormatProperties.maxExtent.height;
}

uint32_t
vg_gpu_modifiers(struct vg_gpu *gpu,
                 const struct vg_image_info *info,
                 struct vg_modifier out[static VG_MAX_MODIFIERS])
{
   VkDrmFormatModifierPropertiesEXT offered[VG_MAX_MODIFIERS];
   VkDrmFormatModifierPropertiesListEXT list = {
      .sType = VK_STRUCTURE_TYPE_DRM_FORMAT_MODIFIER_PROPERTIES_LIST_EXT,
      .drmFormatModifierCount = VG_MAX_MODIFIERS,
      .pDrmFormatModifierProperties = offered,
   };
   VkFormatProperties2 props = {
      .sType = VK_STRUCTURE_TYPE_FORMAT_PROPERTIES_2,
      .pNext = &list,
   };
   uint32_t count = 0;

   vkGetPhysicalDeviceFormatProperties2(gpu->pdev, info->format, &props);
   for (uint32_t i = 0; i < list.drmFormatModifierCount; i++) {
      const uint32_t planes = offered[i].drmFormatModifierPlaneCount;

      if (planes < 1 || planes > VG_MAX_PLANES ||
          !modifier_works(gpu, info, offered[i].drmFormatModifier))
         continue;
      out[count++] = (struct vg_modifier){
         .modifier = offered[i].drmFormatModifier,
         .plane_count = planes,
      };
   }
   return count;
}

/*
 * One that the CPU can reach is what everybody expects of a shared buffer;
 * a device that has none for this image gets its first.
 */
static uint32_t
choose_memory_type(const struct vg_gpu *gpu, uint32_t allowed)
{
   static const VkMemoryPropertyFlags wishes[] = {
      VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT |
         VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT,
      VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT,
      0,
   };

   for (size_t w = 0; w < sizeof(wishes) / sizeof(wishes[0]); w++) {
      for (uint32_t i = 0; i < gpu->memory.memoryTypeCount; i++) {
         const VkMemoryPropertyFlags flags =
            gpu->memory.memoryTypes[i].propertyFlags;
         if ((allowed & (1u << i)) && (flags & wishes[w]) == wishes[w])
            return i;
      }
   }
   return UINT32_MAX;
}

/* vkGetImageSubresourceLayout of each memory plane, as GBM counts: 32 bits. */
static bool
read_layout(struct vg_gpu *gpu,
            VkImage image,
            const struct vg_modifier *modifiers,
            uint32_t modifier_count,
            struct vg_layout *layout)
{
   VkImageDrmFormatModifierPropertiesEXT props = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_PROPERTIES_EXT,
   };
   const VkResult result =
      gpu->GetImageDrmFormatModifierPropertiesEXT(gpu->device, image, &props);

   if (result != VK_SUCCESS) {
      errno = vg_errno(result);
      return false;
   }
   for (uint32_t i = 0; i < modifier_count; i++) {
      if (modifiers[i].modifier == props.drmFormatModifier)
         layout->plane_count = modifiers[i].plane_count;
   }
   layout->modifier = props.drmFormatModifier;
   for (uint32_t i = 0; i < layout->plane_count; i++) {
      const VkImageSubresource subresource = {
         .aspectMask = VK_IMAGE_ASPECT_MEMORY_PLANE_0_BIT_EXT << i,
      };
      VkSubresourceLayout plane;

      vkGetImageSubresourceLayout(gpu->device, image, &subresource, &plane);
      if (plane.offset > UINT32_MAX || plane.rowPitch > INT32_MAX) {
         errno = EOVERFLOW;
         return false;
      }
      layout->planes[i] = (struct vg_plane){
         .offset_B = (uint32_t)plane.offset,
         .stride_B = (uint32_t)plane.rowPitch,
      };
   }
   if (layout->plane_count)
      return true;
   errno = ENODEV;
   return false;
}

static bool
allocate(struct vg_gpu *gpu, VkImage image, uint64_t *size_out, int *fd_out)
{
   const VkMemoryDedicatedAllocateInfo dedicated = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
      .image = image,
   };
   const VkExportMemoryAllocateInfo export_info = {
      .sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
      .pNext = &dedicated,
      .handleTypes = DMA_BUF,
   };
   VkMemoryRequirements requirements;
   VkMemoryAllocateInfo info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
      .pNext = &export_info,
   };
   VkMemoryGetFdInfoKHR fd_info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_GET_FD_INFO_KHR,
      .handleType = DMA_BUF,
   };
   VkDeviceMemory memory = VK_NULL_HANDLE;
   VkResult result;

   vkGetImageMemoryRequirements(gpu->device, image, &requirements);
   info.allocationSize = requirements.size;
   info.memoryTypeIndex =
      choose_memory_type(gpu, requirements.memoryTypeBits);
   if (info.memoryTypeIndex == UINT32_MAX) {
      errno = ENODEV;
      return false;
   }
   result = vkAllocateMemory(gpu->device, &info, NULL, &memory);
   if (result != VK_SUCCESS)
      goto fail;
   /* The driver may have laid the image out with the memory in view. */
   result = vkBindImageMemory(gpu->device, image, memory, 0);
   if (result == VK_SUCCESS) {
      fd_info.memory = memory;
      result = gpu->GetMemoryFdKHR(gpu->device, &fd_info, fd_out);
   }
   vkFreeMemory(gpu->device, memory, NULL);
   if (result == VK_SUCCESS) {
      *size_out = requirements.size;
      return true;
   }

fail:
   vg_log_warn("%llu bytes to be shared: VkResult %d",
               (unsigned long long)requirements.size, (int)result);
   errno = vg_errno(result);
   return false;
}

bool
vg_gpu_allocate(struct vg_gpu *gpu,
                const struct vg_image_info *info,
                const struct vg_modifier *modifiers,
                uint32_t modifier_count,
                struct vg_layout *layout_out,
                int *fd_out)
{
   uint64_t numbers[VG_MAX_MODIFIERS];
   const VkImageDrmFormatModifierListCreateInfoEXT list = {
      .sType =
         VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_LIST_CREATE_INFO_EXT,
      .drmFormatModifierCount = modifier_count,
      .pDrmFormatModifiers = numbers,
   };
   const VkExternalMemoryImageCreateInfo external = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
      .pNext = &list,
      .handleTypes = DMA_BUF,
   };
   VkImageCreateInfo create_info = image_create_info(info);
   struct vg_layout layout = { 0 };
   VkImage image = VK_NULL_HANDLE;
   bool ok;

   for (uint32_t i = 0; i < modifier_count; i++)
      numbers[i] = modifiers[i].modifier;
   create_info.pNext = &external;
   const VkResult result =
      vkCreateImage(gpu->device, &create_info, NULL, &image);
   if (result != VK_SUCCESS) {
      vg_log_warn("vkCreateImage gives %d", (int)result);
      errno = vg_errno(result);
      return false;
   }
   ok = read_layout(gpu, image, modifiers, modifier_count, &layout) &&
        allocate(gpu, image, &layout.size_B, fd_out);
   const int saved_errno = errno;
   vkDestroyImage(gpu->device, image, NULL);
   errno = saved_errno;
   if (ok)
      *layout_out = layout;
   return ok;
}
