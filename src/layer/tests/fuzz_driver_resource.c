/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Buffers and images of the driver. What a command writes into them goes to
 * the memory that they are bound to: fuzz_driver_queue.c.
 */

#include "fuzz_driver_private.h"

static VkResult VKAPI_PTR
create_buffer(VkDevice device,
              const VkBufferCreateInfo *info,
              const VkAllocationCallbacks *alloc,
              VkBuffer *out)
{
   MAY_FAIL(VK_ERROR_OUT_OF_DEVICE_MEMORY);
   struct fuzz_object *buffer =
      fuzz_object_create(FUZZ_KIND_BUFFER, OBJECT(device, FUZZ_KIND_DEVICE));
   buffer->size_B = info->size;
   *out = (VkBuffer)buffer;
   return VK_SUCCESS;
}

static void VKAPI_PTR
destroy_buffer(VkDevice device,
               VkBuffer buffer,
               const VkAllocationCallbacks *alloc)
{
   if (buffer)
      fuzz_object_destroy(OBJECT(buffer, FUZZ_KIND_BUFFER));
}

static void
fill_requirements(uint64_t size_B, VkMemoryRequirements *out)
{
   *out = (VkMemoryRequirements){
      .size = size_B,
      .alignment = fuzz_config.image_alignment_B,
      .memoryTypeBits = (1u << fuzz_config.type_count) - 1,
   };
}

static void VKAPI_PTR
get_buffer_requirements(VkDevice device,
                        VkBuffer buffer,
                        VkMemoryRequirements *out)
{
   fill_requirements(OBJECT(buffer, FUZZ_KIND_BUFFER)->size_B, out);
}

static void VKAPI_PTR
get_buffer_requirements2(VkDevice device,
                         const VkBufferMemoryRequirementsInfo2 *info,
                         VkMemoryRequirements2 *out)
{
   get_buffer_requirements(device, info->buffer, &out->memoryRequirements);
}

static void VKAPI_PTR
get_device_buffer_requirements(VkDevice device,
                               const VkDeviceBufferMemoryRequirements *info,
                               VkMemoryRequirements2 *out)
{
   fill_requirements(info->pCreateInfo->size, &out->memoryRequirements);
}

static VkResult VKAPI_PTR
create_image(VkDevice device,
             const VkImageCreateInfo *info,
             const VkAllocationCallbacks *alloc,
             VkImage *out)
{
   MAY_FAIL(VK_ERROR_OUT_OF_DEVICE_MEMORY);
   struct fuzz_object *image =
      fuzz_object_create(FUZZ_KIND_IMAGE, OBJECT(device, FUZZ_KIND_DEVICE));
   image->image = *info;
   image->image.pNext = NULL;
   *out = (VkImage)image;
   return VK_SUCCESS;
}

static void VKAPI_PTR
destroy_image(VkDevice device,
              VkImage image,
              const VkAllocationCallbacks *alloc)
{
   if (image)
      fuzz_object_destroy(OBJECT(image, FUZZ_KIND_IMAGE));
}

uint64_t
fuzz_image_size(const VkImageCreateInfo *info)
{
   return (uint64_t)info->extent.width * info->extent.height * 4;
}

static void VKAPI_PTR
get_image_requirements(VkDevice device,
                       VkImage image,
                       VkMemoryRequirements *out)
{
   const VkImageCreateInfo *info = &OBJECT(image, FUZZ_KIND_IMAGE)->image;
   fill_requirements(fuzz_image_size(info), out);
   if (fuzz_config.optimal_elsewhere &&
       info->tiling == VK_IMAGE_TILING_OPTIMAL)
      out->memoryTypeBits = 1;
}

static void VKAPI_PTR
get_image_requirements2(VkDevice device,
                        const VkImageMemoryRequirementsInfo2 *info,
                        VkMemoryRequirements2 *out)
{
   get_image_requirements(device, info->image, &out->memoryRequirements);
}

static void VKAPI_PTR
get_device_image_requirements(VkDevice device,
                              const VkDeviceImageMemoryRequirements *info,
                              VkMemoryRequirements2 *out)
{
   fill_requirements(fuzz_image_size(info->pCreateInfo),
                     &out->memoryRequirements);
}

static void
fill_layout(const VkImageCreateInfo *info,
            const VkImageSubresource *subresource,
            VkSubresourceLayout *out)
{
   const VkImageAspectFlags memory_planes =
      VK_IMAGE_ASPECT_MEMORY_PLANE_0_BIT_EXT |
      VK_IMAGE_ASPECT_MEMORY_PLANE_1_BIT_EXT |
      VK_IMAGE_ASPECT_MEMORY_PLANE_2_BIT_EXT;
   /* a linear image has no memory planes; the layer has made it one */
   U_FUZZ_CHECK(info->tiling != VK_IMAGE_TILING_LINEAR ||
                !(subresource->aspectMask & memory_planes));
   *out = (VkSubresourceLayout){
      .size = fuzz_image_size(info),
      .rowPitch = fuzz_config.lies_about_pitch
                     ? UINT64_MAX / (info->extent.height + 1)
                     : (uint64_t)info->extent.width * 4,
      .offset = !fuzz_config.lies_about_planes &&
                      (subresource->aspectMask & VK_IMAGE_ASPECT_PLANE_1_BIT)
                   ? fuzz_image_size(info)
                   : 0,
   };
}

static void VKAPI_PTR
get_subresource_layout(VkDevice device,
                       VkImage image,
                       const VkImageSubresource *subresource,
                       VkSubresourceLayout *out)
{
   fill_layout(&OBJECT(image, FUZZ_KIND_IMAGE)->image, subresource, out);
}

static void VKAPI_PTR
get_subresource_layout2(VkDevice device,
                        VkImage image,
                        const VkImageSubresource2EXT *subresource,
                        VkSubresourceLayout2EXT *out)
{
   fill_layout(&OBJECT(image, FUZZ_KIND_IMAGE)->image,
               &subresource->imageSubresource, &out->subresourceLayout);
}

static VkResult VKAPI_PTR
get_modifier(VkDevice device,
             VkImage image,
             VkImageDrmFormatModifierPropertiesEXT *out)
{
   out->drmFormatModifier = 77;
   return VK_SUCCESS;
}

static VkResult VKAPI_PTR
bind_buffer(VkDevice device,
            VkBuffer buffer,
            VkDeviceMemory memory,
            VkDeviceSize offset)
{
   MAY_FAIL(VK_ERROR_OUT_OF_DEVICE_MEMORY);
   OBJECT(buffer, FUZZ_KIND_BUFFER)->bound = OBJECT(memory, FUZZ_KIND_MEMORY);
   return VK_SUCCESS;
}

static VkResult VKAPI_PTR
bind_image(VkDevice device,
           VkImage image,
           VkDeviceMemory memory,
           VkDeviceSize offset)
{
   MAY_FAIL(VK_ERROR_OUT_OF_DEVICE_MEMORY);
   struct fuzz_object *object = OBJECT(image, FUZZ_KIND_IMAGE);
   U_FUZZ_CHECK(offset <= OBJECT(memory, FUZZ_KIND_MEMORY)->size_B);
   object->bound = OBJECT(memory, FUZZ_KIND_MEMORY);
   object->offset_B = offset;
   return VK_SUCCESS;
}

static const struct fuzz_entry entries[] = {
   ENTRY(BindBufferMemory, bind_buffer),
   ENTRY(BindImageMemory, bind_image),
   ENTRY(CreateBuffer, create_buffer),
   ENTRY(DestroyBuffer, destroy_buffer),
   ENTRY(GetBufferMemoryRequirements, get_buffer_requirements),
   ENTRY(GetBufferMemoryRequirements2, get_buffer_requirements2),
   ENTRY(GetDeviceBufferMemoryRequirements, get_device_buffer_requirements),
   ENTRY(CreateImage, create_image),
   ENTRY(DestroyImage, destroy_image),
   ENTRY(GetImageMemoryRequirements, get_image_requirements),
   ENTRY(GetImageMemoryRequirements2, get_image_requirements2),
   ENTRY(GetDeviceImageMemoryRequirements, get_device_image_requirements),
   ENTRY(GetImageSubresourceLayout, get_subresource_layout),
   ENTRY(GetImageSubresourceLayout2EXT, get_subresource_layout2),
};

static const struct fuzz_entry modifier_entries[] = {
   ENTRY(GetImageDrmFormatModifierPropertiesEXT, get_modifier),
};

PFN_vkVoidFunction
fuzz_resource_command(const char *name)
{
   PFN_vkVoidFunction function = LOOK_UP(entries, name);
   if (!function && fuzz_config.has_modifier)
      function = LOOK_UP(modifier_entries, name);
   return function;
}
