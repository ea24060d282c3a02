/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See ext_image.h.
 */

#include "ext_image.h"

#include <string.h>
#include <unistd.h>

#include "ext_formats.h"

const struct ext_format *const ext_formats = ext_format_table;
const uint32_t ext_format_count = VKT_ARRAY_SIZE(ext_format_table);

const struct ext_format *
ext_find_format(VkFormat format)
{
   for (uint32_t i = 0; i < ext_format_count; i++) {
      if (ext_formats[i].format == format)
         return &ext_formats[i];
   }
   return NULL;
}

VkResult
ext_image_ask(const struct vkt_instance *instance,
              const struct ext_image_desc *desc,
              VkExternalMemoryProperties *out_props)
{
   const VkPhysicalDeviceImageDrmFormatModifierInfoEXT modifier = {
      .sType =
         VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_DRM_FORMAT_MODIFIER_INFO_EXT,
      .drmFormatModifier = desc->modifier,
   };
   const VkPhysicalDeviceExternalImageFormatInfo external = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
      .pNext = desc->tiling == VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT
                  ? &modifier
                  : NULL,
      .handleType = desc->type,
   };
   const VkPhysicalDeviceImageFormatInfo2 info = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
      .pNext = desc->type ? &external : external.pNext,
      .format = desc->format->format,
      .type = VK_IMAGE_TYPE_2D,
      .tiling = desc->tiling,
      .usage = desc->usage,
      .flags = desc->flags,
   };
   VkExternalImageFormatProperties external_props = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES,
   };
   VkImageFormatProperties2 props = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2,
      .pNext = desc->type ? &external_props : NULL,
   };
   const VkResult result = vkGetPhysicalDeviceImageFormatProperties2(
      instance->pdev, &info, &props);

   *out_props = external_props.externalMemoryProperties;
   if (result != VK_SUCCESS)
      return result;
   if ((desc->type && !out_props->externalMemoryFeatures) ||
       props.imageFormatProperties.maxExtent.width < desc->width ||
       props.imageFormatProperties.maxExtent.height < desc->height)
      return VK_ERROR_FORMAT_NOT_SUPPORTED;
   return VK_SUCCESS;
}

uint32_t
ext_modifiers(const struct vkt_instance *instance,
              VkFormat format,
              VkFormatFeatureFlags features,
              VkDrmFormatModifierPropertiesEXT *list,
              uint32_t room)
{
   VkDrmFormatModifierPropertiesListEXT modifiers = {
      .sType = VK_STRUCTURE_TYPE_DRM_FORMAT_MODIFIER_PROPERTIES_LIST_EXT,
      .drmFormatModifierCount = room,
      .pDrmFormatModifierProperties = list,
   };
   VkFormatProperties2 props = {
      .sType = VK_STRUCTURE_TYPE_FORMAT_PROPERTIES_2,
      .pNext = &modifiers,
   };
   uint32_t count = 0;

   vkGetPhysicalDeviceFormatProperties2(instance->pdev, format, &props);
   for (uint32_t i = 0; i < modifiers.drmFormatModifierCount; i++) {
      if ((list[i].drmFormatModifierTilingFeatures & features) == features &&
          list[i].drmFormatModifierPlaneCount <= EXT_MAX_PLANES)
         list[count++] = list[i];
   }
   return count;
}

/* chain: what the tiling needs */
static VkResult
create(struct ext_image *image, const void *chain)
{
   const struct ext_image_desc *desc = &image->desc;
   const VkExternalMemoryImageCreateInfo external = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
      .pNext = chain,
      .handleTypes = desc->type,
   };
   const VkImageCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
      .pNext = desc->type ? &external : chain,
      .flags = desc->flags,
      .imageType = VK_IMAGE_TYPE_2D,
      .format = desc->format->format,
      .extent = { desc->width, desc->height, 1 },
      .mipLevels = 1,
      .arrayLayers = 1,
      .samples = VK_SAMPLE_COUNT_1_BIT,
      .tiling = desc->tiling,
      .usage = desc->usage,
   };

   return vkCreateImage(image->dev->base.handle, &info, NULL, &image->handle);
}

static VkResult
create_chosen(struct ext_image *image)
{
   const VkImageDrmFormatModifierListCreateInfoEXT list = {
      .sType =
         VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_LIST_CREATE_INFO_EXT,
      .drmFormatModifierCount = 1,
      .pDrmFormatModifiers = &image->desc.modifier,
   };

   return create(image,
                 image->desc.tiling == VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT
                    ? &list
                    : NULL);
}

static VkResult
create_explicit(struct ext_image *image, const struct ext_image *exporter)
{
   VkSubresourceLayout planes[EXT_MAX_PLANES] = { 0 };
   const VkImageDrmFormatModifierExplicitCreateInfoEXT info = {
      .sType =
         VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_EXPLICIT_CREATE_INFO_EXT,
      .drmFormatModifier = image->desc.modifier,
      .drmFormatModifierPlaneCount = image->desc.planes,
      .pPlaneLayouts = planes,
   };

   for (uint32_t i = 0; i < image->desc.planes; i++) {
      planes[i].offset = exporter->planes[i].offset;
      planes[i].rowPitch = exporter->planes[i].rowPitch;
   }
   return create(image, &info);
}

static void
ask_layouts(struct ext_image *image)
{
   const bool modifier =
      image->desc.tiling == VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT;
   const uint32_t planes = modifier ? image->desc.planes
                           : image->desc.format->planes
                              ? image->desc.format->planes
                              : 1;

   if (image->desc.tiling == VK_IMAGE_TILING_OPTIMAL)
      return;
   for (uint32_t i = 0; i < planes; i++) {
      VkImageSubresource plane = {
         .aspectMask = VK_IMAGE_ASPECT_MEMORY_PLANE_0_BIT_EXT << i,
      };

      if (!modifier && image->desc.format->planes) {
         plane.aspectMask = VK_IMAGE_ASPECT_PLANE_0_BIT << i;
      } else if (!modifier) {
         const VkImageAspectFlags aspects = ext_image_aspects(image);
         plane.aspectMask = aspects & (~aspects + 1); /* the lowest */
      }
      vkGetImageSubresourceLayout(image->dev->base.handle, image->handle,
                                  &plane, &image->planes[i]);
   }
}

/* chain: what makes the allocation an export or an import */
static VkResult
allocate(struct ext_image *image,
         uint32_t allowed_types,
         bool dedicated,
         const void *chain)
{
   const VkMemoryDedicatedAllocateInfo dedicated_info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
      .pNext = chain,
      .image = image->handle,
   };
   const VkImageMemoryRequirementsInfo2 reqs_info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_REQUIREMENTS_INFO_2,
      .image = image->handle,
   };
   VkMemoryDedicatedRequirements dedicated_reqs = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS,
   };
   VkMemoryRequirements2 reqs = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2,
      .pNext = &dedicated_reqs,
   };
   const struct vkt_instance *instance = image->dev->base.instance;

   vkGetImageMemoryRequirements2(image->dev->base.handle, &reqs_info, &reqs);
   dedicated |= dedicated_reqs.requiresDedicatedAllocation;

   /* visible memory if there is a choice, so that the host can look */
   const uint32_t types =
      reqs.memoryRequirements.memoryTypeBits & allowed_types;
   uint32_t type = vkt_memory_type(instance, types,
                                   VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT |
                                      VK_MEMORY_PROPERTY_HOST_COHERENT_BIT);
   if (type == UINT32_MAX)
      type = vkt_memory_type(instance, types, 0);
   if (type == UINT32_MAX) {
      fprintf(stderr, "no memory type in 0x%x and 0x%x\n",
              reqs.memoryRequirements.memoryTypeBits, allowed_types);
      return VK_ERROR_UNKNOWN;
   }
   image->memory_type = type;
   image->size = reqs.memoryRequirements.size;
   if (image->desc.behind && !dedicated) {
      const VkDeviceSize alignment = reqs.memoryRequirements.alignment;

      image->offset = (image->size + alignment - 1) / alignment * alignment;
      image->size += image->offset;
   }

   const VkMemoryAllocateInfo info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
      .pNext = dedicated ? &dedicated_info : chain,
      .allocationSize = image->size,
      .memoryTypeIndex = type,
   };
   return vkAllocateMemory(image->dev->base.handle, &info, NULL,
                           &image->memory);
}

static bool
bind(struct ext_image *image)
{
   ask_layouts(image);
   return vkt_ok(vkBindImageMemory(image->dev->base.handle, image->handle,
                                   image->memory, image->offset),
                 "vkBindImageMemory");
}

static void
init(struct ext_image *image,
     struct ext_device *dev,
     const struct ext_image_desc *desc)
{
   memset(image, 0, sizeof(*image));
   image->dev = dev;
   image->desc = *desc;
}

bool
ext_image_create(struct ext_image *image,
                 struct ext_device *dev,
                 const struct ext_image_desc *desc)
{
   init(image, dev, desc);
   return vkt_ok(create_chosen(image), "vkCreateImage");
}

bool
ext_image_plain(struct ext_image *image,
                struct ext_device *dev,
                const struct ext_image_desc *desc)
{
   init(image, dev, desc);
   image->desc.type = 0;
   return vkt_ok(create_chosen(image), "vkCreateImage") &&
          vkt_ok(allocate(image, UINT32_MAX, false, NULL),
                 "vkAllocateMemory") &&
          bind(image);
}

bool
ext_image_make_export(struct ext_image *image,
                      struct ext_device *dev,
                      const struct ext_image_desc *desc,
                      bool dedicated)
{
   const VkExportMemoryAllocateInfo info = {
      .sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
      .handleTypes = desc->type,
   };

   init(image, dev, desc);
   return vkt_ok(create_chosen(image), "vkCreateImage") &&
          vkt_ok(allocate(image, UINT32_MAX, dedicated, &info),
                 "vkAllocateMemory (export)") &&
          bind(image);
}

bool
ext_image_make_import(struct ext_image *image,
                      struct ext_device *dev,
                      int fd,
                      const struct ext_image *exporter,
                      bool explicit,
                      bool dedicated,
                      VkResult *out_result)
{
   VkMemoryFdPropertiesKHR props = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_FD_PROPERTIES_KHR,
   };
   VkImportMemoryFdInfoKHR info = {
      .sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR,
      .handleType = exporter->desc.type,
   };
   uint32_t types = UINT32_MAX;

   init(image, dev, &exporter->desc);
   *out_result = VK_ERROR_UNKNOWN;
   if (!vkt_ok(
          explicit ? create_explicit(image, exporter) : create_chosen(image),
          "vkCreateImage (import)"))
      return false;
   if (exporter->desc.type == EXT_DMA_BUF) {
      *out_result = dev->GetMemoryFdProperties(
         dev->base.handle, exporter->desc.type, fd, &props);
      if (*out_result != VK_SUCCESS)
         return false;
      types = props.memoryTypeBits;
   } else {
      /* "allocationSize and memoryTypeIndex must match" for an opaque fd */
      types = 1u << exporter->memory_type;
   }
   info.fd = dup(fd);
   *out_result = allocate(image, types, dedicated, &info);
   /* an import that fails leaves the fd with us */
   if (*out_result != VK_SUCCESS) {
      close(info.fd);
      return false;
   }
   return bind(image);
}

int
ext_image_fd(const struct ext_image *image)
{
   const VkMemoryGetFdInfoKHR info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_GET_FD_INFO_KHR,
      .memory = image->memory,
      .handleType = image->desc.type,
   };
   int fd = -1;

   if (!vkt_ok(image->dev->GetMemoryFd(image->dev->base.handle, &info, &fd),
               "vkGetMemoryFdKHR"))
      return -1;
   return fd;
}

VkImageAspectFlags
ext_image_aspects(const struct ext_image *image)
{
   const struct ext_format *format = image->desc.format;

   if (format->planes) {
      return VK_IMAGE_ASPECT_PLANE_0_BIT | VK_IMAGE_ASPECT_PLANE_1_BIT |
             (format->planes > 2 ? VK_IMAGE_ASPECT_PLANE_2_BIT : 0);
   }
   if (format->depth || format->stencil) {
      return (format->depth ? VK_IMAGE_ASPECT_DEPTH_BIT : 0) |
             (format->stencil ? VK_IMAGE_ASPECT_STENCIL_BIT : 0);
   }
   return VK_IMAGE_ASPECT_COLOR_BIT;
}

void
ext_image_finish(struct ext_image *image)
{
   if (image->dev) {
      VkDevice dev = image->dev->base.handle;

      vkDestroyImage(dev, image->handle, NULL);
      vkFreeMemory(dev, image->memory, NULL);
   }
   memset(image, 0, sizeof(*image));
}
