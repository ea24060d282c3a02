/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The copy road: each image has a linear buffer, which this process can read
 * and, if the host can share memory, others as well.
 */

#include "vn_wsi_image.h"

#include "vn_device_memory.h"
#include "vn_entrypoints.h"
#include "vn_physical_device.h"
#include "vn_wsi_format.h"

/* What window systems and display engines want of a row, bytes. */
#define STRIDE_ALIGNMENT 256

static VkResult
create_buffer(struct vn_swapchain *swapchain,
              struct vn_wsi_image *image,
              uint64_t size,
              bool shared)
{
   struct vn_device *device = swapchain->device;
   const VkDevice handle = vn_device_to_handle(device);
   struct vn_wsi_image_vk *vk = image->vk;
   const VkExternalMemoryBufferCreateInfo external = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
      .handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT,
   };
   const VkBufferCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
      .pNext = shared ? &external : NULL,
      .size = size,
      .usage = VK_BUFFER_USAGE_TRANSFER_DST_BIT,
      .sharingMode = VK_SHARING_MODE_EXCLUSIVE,
   };
   VkResult result = vn_CreateBuffer(handle, &info, NULL, &vk->buffer);
   if (result != VK_SUCCESS)
      return result;

   struct vn_wsi_allocation allocation;
   vn_wsi_allocation_init(&allocation);
   allocation.buffer = vk->buffer;
   allocation.needed = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT |
                       VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
   /* it is read by a CPU */
   allocation.preferred = VK_MEMORY_PROPERTY_HOST_CACHED_BIT;
   allocation.exported = shared;
   const VkBufferMemoryRequirementsInfo2 requirements_info = {
      .sType = VK_STRUCTURE_TYPE_BUFFER_MEMORY_REQUIREMENTS_INFO_2,
      .buffer = vk->buffer,
   };
   vn_GetBufferMemoryRequirements2(handle, &requirements_info,
                                   &allocation.requirements);
   result = vn_wsi_allocate(device, &allocation, &vk->buffer_memory);
   if (result != VK_SUCCESS)
      return result;
   result = vn_BindBufferMemory(handle, vk->buffer, vk->buffer_memory, 0);
   if (result != VK_SUCCESS)
      return result;

   void *map;
   result =
      vn_MapMemory(handle, vk->buffer_memory, 0, VK_WHOLE_SIZE, 0, &map);
   if (result != VK_SUCCESS)
      return result;
   image->pixels.map = map;
   image->pixels.size_B = size;
   if (!shared)
      return VK_SUCCESS;
   const VkMemoryGetFdInfoKHR fd_info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_GET_FD_INFO_KHR,
      .memory = vk->buffer_memory,
      .handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT,
   };
   result = vn_GetMemoryFdKHR(handle, &fd_info, &image->pixels.fd);
   if (result == VK_SUCCESS) {
      image->pixels.size_B =
         vn_device_memory_from_handle(vk->buffer_memory)->size;
   }
   return result;
}

static void
destroy_buffer(struct vn_swapchain *swapchain, struct vn_wsi_image *image)
{
   const VkDevice device = vn_device_to_handle(swapchain->device);
   struct vn_wsi_image_vk *vk = image->vk;

   vn_DestroyBuffer(device, vk->buffer, NULL);
   vn_FreeMemory(device, vk->buffer_memory, NULL);
   vk->buffer = VK_NULL_HANDLE;
   vk->buffer_memory = VK_NULL_HANDLE;
   image->pixels.map = NULL;
}

VkResult
vn_wsi_image_copy_init(struct vn_swapchain *swapchain,
                       struct vn_wsi_image *image,
                       const char **why)
{
   struct vn_wsi_pixels *pixels = &image->pixels;
   const uint32_t pixel_size = vn_wsi_format_find(swapchain->format)->size_B;
   uint64_t stride, size;

   if (!u_mul_u64(pixels->width, pixel_size, &stride) ||
       !u_align_u64(stride, STRIDE_ALIGNMENT, &stride) ||
       stride > UINT32_MAX || !u_mul_u64(stride, pixels->height, &size))
      return VK_ERROR_OUT_OF_DEVICE_MEMORY;
   pixels->stride_B[0] = stride;

   if (swapchain->device->physical_device->external_handle_types &
       VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT) {
      const VkResult result = create_buffer(swapchain, image, size, true);
      if (result == VK_SUCCESS || result == VK_ERROR_DEVICE_LOST)
         return result;
      destroy_buffer(swapchain, image);
   }
   return create_buffer(swapchain, image, size, false);
}
