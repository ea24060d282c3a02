/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The guest's buffers and images.
 */

#include "fuzz_operations.h"

#include "vl_device.h"

/* ---- buffers --------------------------------------------------------------
 */

static void
fill_buffer_info(struct fuzz_world *w, VkBufferCreateInfo *info)
{
   const uint8_t what = U8(w);
   info->sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO;
   info->size = fuzz_read_size(w);
   info->usage = U8(w);
   info->flags = what >> 4;
   if (what & 1) {
      CHAIN(&info->pNext, VkBufferOpaqueCaptureAddressCreateInfo,
            BUFFER_OPAQUE_CAPTURE_ADDRESS_CREATE_INFO);
   }
   if (what & 2) {
      CHAIN(&info->pNext, VkExternalMemoryBufferCreateInfo,
            EXTERNAL_MEMORY_BUFFER_CREATE_INFO)
         ->handleTypes = fuzz_read_types(w);
   }
   if (what & 4) {
      fuzz_chain(&info->pNext, sizeof(VkBaseOutStructure),
                 (VkStructureType)U32(w) | 1 << 30);
   }
   if (what & 8)
      CHAIN(&info->pNext, VkBufferDeviceAddressCreateInfoEXT,
            BUFFER_DEVICE_ADDRESS_CREATE_INFO_EXT);
}

void
fuzz_create_buffer(struct fuzz_world *w)
{
   const uint32_t index = U8(w) % FUZZ_DEVICES;
   struct fuzz_buffer *buffer = &w->buffers[U8(w) % FUZZ_SLOTS];
   VkBufferCreateInfo *info = fuzz_make(sizeof(*info));
   fill_buffer_info(w, info);

   if (!w->devices[index] || buffer->handle)
      return;
   VkMemoryRequirements2 *out = fuzz_make(sizeof(*out));
   out->sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2;
   VkDeviceBufferMemoryRequirements *query = fuzz_make(sizeof(*query));
   query->sType = VK_STRUCTURE_TYPE_DEVICE_BUFFER_MEMORY_REQUIREMENTS;
   query->pCreateInfo = info;
   PROC(w, index, GetDeviceBufferMemoryRequirements)
   (w->devices[index], query, out);
   U_FUZZ_CHECK(out->memoryRequirements.memoryTypeBits);

   buffer->device = index;
   if (PROC(w, index, CreateBuffer)(w->devices[index], info, NULL,
                                    &buffer->handle) != VK_SUCCESS)
      buffer->handle = VK_NULL_HANDLE;
}

void
fuzz_query_buffer(struct fuzz_world *w)
{
   const struct fuzz_buffer *buffer = &w->buffers[U8(w) % FUZZ_SLOTS];
   if (!buffer->handle)
      return;
   VkDevice device = w->devices[buffer->device];
   VkBufferMemoryRequirementsInfo2 *info = fuzz_make(sizeof(*info));
   info->sType = VK_STRUCTURE_TYPE_BUFFER_MEMORY_REQUIREMENTS_INFO_2;
   info->buffer = buffer->handle;
   VkMemoryRequirements2 *out = fuzz_make(sizeof(*out));
   out->sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2;
   PROC(w, buffer->device, GetBufferMemoryRequirements2)(device, info, out);
   VkMemoryRequirements *old = fuzz_make(sizeof(*old));
   PROC(w, buffer->device, GetBufferMemoryRequirements)
   (device, buffer->handle, old);
   U_FUZZ_CHECK(old->memoryTypeBits &&
                old->memoryTypeBits ==
                   out->memoryRequirements.memoryTypeBits);
}

void
fuzz_destroy_buffer(struct fuzz_world *w, struct fuzz_buffer *buffer)
{
   if (buffer->handle) {
      PROC(w, buffer->device, DestroyBuffer)
      (w->devices[buffer->device], buffer->handle, NULL);
   }
   buffer->handle = VK_NULL_HANDLE;
}

/* ---- images ---------------------------------------------------------------
 */

static void
fill_image_info(struct fuzz_world *w, VkImageCreateInfo *info)
{
   static const VkImageTiling tilings[] = {
      VK_IMAGE_TILING_OPTIMAL,
      VK_IMAGE_TILING_LINEAR,
      VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT,
      VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT,
   };
   const uint8_t what = U8(w);
   const uint8_t shape = U8(w);
   info->sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO;
   info->imageType = VK_IMAGE_TYPE_2D;
   info->format = fuzz_read_format(w);
   info->extent = (VkExtent3D){ shape & 0x3f, 48, 1 + (shape >> 7) };
   info->mipLevels = 1;
   info->arrayLayers = 1 + (shape >> 6 & 1);
   info->samples = VK_SAMPLE_COUNT_1_BIT;
   info->tiling = tilings[what >> 6];
   info->usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT;
   info->flags = what & 0x20 ? U32(w) : 0;

   if (what & 0x01) {
      CHAIN(&info->pNext, VkExternalMemoryImageCreateInfo,
            EXTERNAL_MEMORY_IMAGE_CREATE_INFO)
         ->handleTypes = fuzz_read_types(w);
   }
   if (what & 0x02) {
      VkImageDrmFormatModifierListCreateInfoEXT *list =
         CHAIN(&info->pNext, VkImageDrmFormatModifierListCreateInfoEXT,
               IMAGE_DRM_FORMAT_MODIFIER_LIST_CREATE_INFO_EXT);
      list->drmFormatModifierCount = U8(w) % 5;
      uint64_t *modifiers =
         fuzz_make(list->drmFormatModifierCount * sizeof(*modifiers));
      for (uint32_t i = 0; i < list->drmFormatModifierCount; i++)
         modifiers[i] = U8(w);
      list->pDrmFormatModifiers = modifiers;
   }
   if (what & 0x04) {
      VkImageDrmFormatModifierExplicitCreateInfoEXT *layout =
         CHAIN(&info->pNext, VkImageDrmFormatModifierExplicitCreateInfoEXT,
               IMAGE_DRM_FORMAT_MODIFIER_EXPLICIT_CREATE_INFO_EXT);
      layout->drmFormatModifier = U8(w);
      layout->drmFormatModifierPlaneCount = U8(w) % 5;
      VkSubresourceLayout *planes =
         fuzz_make(layout->drmFormatModifierPlaneCount * sizeof(*planes));
      for (uint32_t i = 0; i < layout->drmFormatModifierPlaneCount; i++) {
         /* the right one, unless the input says otherwise */
         planes[i].rowPitch = (uint64_t)info->extent.width * 4 + U8(w);
         planes[i].offset =
            i ? (uint64_t)info->extent.width * 48 * 4 * i + U8(w) : U8(w);
         planes[i].size = U8(w);
      }
      layout->pPlaneLayouts = planes;
   }
   if (what & 0x08) {
      VkImageFormatListCreateInfo *formats =
         CHAIN(&info->pNext, VkImageFormatListCreateInfo,
               IMAGE_FORMAT_LIST_CREATE_INFO);
      VkFormat *format = fuzz_make(sizeof(*format));
      *format = fuzz_read_format(w);
      formats->viewFormatCount = 1;
      formats->pViewFormats = format;
   }
   if (what & 0x10) {
      CHAIN(&info->pNext, VkImageStencilUsageCreateInfo,
            IMAGE_STENCIL_USAGE_CREATE_INFO)
         ->stencilUsage = U8(w);
      fuzz_chain(&info->pNext, sizeof(VkBaseOutStructure),
                 (VkStructureType)U32(w) | 1 << 30);
   }
}

void
fuzz_create_image(struct fuzz_world *w)
{
   const uint32_t index = U8(w) % FUZZ_DEVICES;
   struct fuzz_image *image = &w->images[U8(w) % FUZZ_SLOTS];
   VkImageCreateInfo *info = fuzz_make(sizeof(*info));
   fill_image_info(w, info);
   const struct vl_device *device =
      w->devices[index] ? vl_device_of(w->devices[index]) : NULL;
   /* without the extension there is no such tiling */
   if (!device || image->handle ||
       (info->tiling == VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT &&
        !PROC(w, index, GetImageDrmFormatModifierPropertiesEXT)))
      return;

   VkMemoryRequirements2 *out = fuzz_make(sizeof(*out));
   out->sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2;
   VkDeviceImageMemoryRequirements *query = fuzz_make(sizeof(*query));
   query->sType = VK_STRUCTURE_TYPE_DEVICE_IMAGE_MEMORY_REQUIREMENTS;
   query->pCreateInfo = info;
   PROC(w, index, GetDeviceImageMemoryRequirements)
   (w->devices[index], query, out);
   U_FUZZ_CHECK(out->memoryRequirements.memoryTypeBits);

   image->device = index;
   image->has_modifier =
      info->tiling == VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT;
   if (PROC(w, index, CreateImage)(w->devices[index], info, NULL,
                                   &image->handle) != VK_SUCCESS)
      image->handle = VK_NULL_HANDLE;
}

void
fuzz_query_image(struct fuzz_world *w)
{
   const struct fuzz_image *image = &w->images[U8(w) % FUZZ_SLOTS];
   const VkImageAspectFlags aspect = 1u << U8(w) % 12;
   if (!image->handle)
      return;
   const uint32_t index = image->device;
   VkDevice device = w->devices[index];

   VkImageMemoryRequirementsInfo2 *info = fuzz_make(sizeof(*info));
   info->sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_REQUIREMENTS_INFO_2;
   info->image = image->handle;
   VkMemoryRequirements2 *out = fuzz_make(sizeof(*out));
   out->sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2;
   PROC(w, index, GetImageMemoryRequirements2)(device, info, out);
   VkMemoryRequirements *old = fuzz_make(sizeof(*old));
   PROC(w, index, GetImageMemoryRequirements)(device, image->handle, old);
   U_FUZZ_CHECK(old->memoryTypeBits ==
                out->memoryRequirements.memoryTypeBits);

   if (image->has_modifier) {
      VkImageDrmFormatModifierPropertiesEXT *modifier =
         fuzz_make(sizeof(*modifier));
      modifier->sType =
         VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_PROPERTIES_EXT;
      PROC(w, index, GetImageDrmFormatModifierPropertiesEXT)
      (device, image->handle, modifier);
   }

   /* memory planes are for images with a modifier */
   VkImageSubresource2EXT *subresource = fuzz_make(sizeof(*subresource));
   subresource->sType = VK_STRUCTURE_TYPE_IMAGE_SUBRESOURCE_2_EXT;
   subresource->imageSubresource.aspectMask =
      image->has_modifier || aspect <= VK_IMAGE_ASPECT_PLANE_2_BIT
         ? aspect
         : VK_IMAGE_ASPECT_COLOR_BIT;
   VkSubresourceLayout2EXT *layout = fuzz_make(sizeof(*layout));
   layout->sType = VK_STRUCTURE_TYPE_SUBRESOURCE_LAYOUT_2_EXT;
   PROC(w, index, GetImageSubresourceLayout2EXT)
   (device, image->handle, subresource, layout);
   PROC(w, index, GetImageSubresourceLayout)
   (device, image->handle, &subresource->imageSubresource,
    &layout->subresourceLayout);
}

void
fuzz_destroy_image(struct fuzz_world *w, struct fuzz_image *image)
{
   if (image->handle) {
      PROC(w, image->device, DestroyImage)
      (w->devices[image->device], image->handle, NULL);
   }
   image->handle = VK_NULL_HANDLE;
}
