/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The direct road: an image's memory leaves as a dma-buf.
 */

#include "vn_wsi_image.h"

#include <sys/vfs.h>

#include "vn_device_memory.h"
#include "vn_entrypoints.h"

/* DMA_BUF_MAGIC of linux/magic.h, which not every system's has */
#define DMA_BUF_FS_MAGIC 0x444d4142

static bool
is_dma_buf(int fd)
{
   struct statfs fs;
   int ret;

   do {
      ret = fstatfs(fd, &fs);
   } while (ret == -1 && errno == EINTR);
   return ret == 0 && fs.f_type == DMA_BUF_FS_MAGIC;
}

static VkImageAspectFlagBits
plane_aspect(uint32_t plane)
{
   return VK_IMAGE_ASPECT_MEMORY_PLANE_0_BIT_EXT << plane;
}

VkResult
vn_wsi_image_direct_init(struct vn_swapchain *swapchain,
                         struct vn_wsi_image *image,
                         const char **why)
{
   const VkDevice device = vn_device_to_handle(swapchain->device);
   struct vn_wsi_image_vk *vk = image->vk;
   struct vn_wsi_pixels *pixels = &image->pixels;

   for (uint32_t i = 0; i < pixels->plane_count; i++) {
      const VkImageSubresource subresource = {
         .aspectMask = plane_aspect(i),
      };
      VkSubresourceLayout layout = { 0 };

      vn_GetImageSubresourceLayout(device, vk->image, &subresource, &layout);
      if (layout.rowPitch == 0 || layout.rowPitch > UINT32_MAX) {
         *why = "the host says nonsense of the image's layout";
         return VK_SUCCESS;
      }
      pixels->offset_B[i] = layout.offset;
      pixels->stride_B[i] = layout.rowPitch;
   }
   const VkMemoryGetFdInfoKHR info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_GET_FD_INFO_KHR,
      .memory = vk->memory,
      .handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT,
   };
   const VkResult result = vn_GetMemoryFdKHR(device, &info, &pixels->fd);
   if (result != VK_SUCCESS)
      return result;
   pixels->size_B = vn_device_memory_from_handle(vk->memory)->size;
   if (!swapchain->ops->maps_direct && !is_dma_buf(pixels->fd))
      *why = "the host's shared memory is no dma-buf";
   return VK_SUCCESS;
}
