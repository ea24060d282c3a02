/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Copies between images and the application's memory without a queue. The
 * wire has no memory, so the bytes travel in the command or in its answer,
 * tightly packed: what lies between the rows in the application's memory is
 * neither read nor written.
 */

#include "vn_calls.h"
#include "vn_entrypoints.h"
#include "vn_formats.h"
#include "vn_image.h"
#include "vn_protocol.h"

#ifdef VK_EXT_host_image_copy

/*
 * One region: `slices` (layers times depth) of `rows` rows of blocks. Sizes
 * in bytes. Pitches are those of the application's memory.
 */
struct region {
   size_t row_size;
   size_t row_pitch;
   size_t slice_pitch;
   size_t size; /* packed */
   uint32_t rows;
   uint32_t slices;
};

struct region_info {
   uint32_t memory_row_length;   /* texels, 0: tight */
   uint32_t memory_image_height; /* texels, 0: tight */
   VkImageSubresourceLayers subresource;
   VkExtent3D extent;
};

static uint32_t
blocks(uint32_t texels, uint32_t per_block)
{
   return texels / per_block + (texels % per_block != 0);
}

static uint32_t
layer_count(const struct vn_image *image,
            const VkImageSubresourceLayers *subresource)
{
   return subresource->layerCount == VK_REMAINING_ARRAY_LAYERS
             ? image->array_layers - subresource->baseArrayLayer
             : subresource->layerCount;
}

/*
 * "VK_HOST_IMAGE_COPY_MEMCPY ... data in host memory should have swizzling
 * layout identical to the image layout": how large that is, the host knows.
 */
static bool
memcpy_region_init(struct vn_device *device,
                   VkImage image,
                   const struct region_info *info,
                   struct region *region)
{
   VkSubresourceHostMemcpySizeEXT memcpy_size = {
      .sType = VK_STRUCTURE_TYPE_SUBRESOURCE_HOST_MEMCPY_SIZE_EXT,
   };
   VkSubresourceLayout2EXT layout = {
      .sType = VK_STRUCTURE_TYPE_SUBRESOURCE_LAYOUT_2_EXT,
      .pNext = &memcpy_size,
   };
   const VkImageSubresource2EXT subresource = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_SUBRESOURCE_2_EXT,
      .imageSubresource = {
         .aspectMask = info->subresource.aspectMask,
         .mipLevel = info->subresource.mipLevel,
         .arrayLayer = info->subresource.baseArrayLayer,
      },
   };
   if (vn_call_vkGetImageSubresourceLayout2EXT(
          device->dispatch.ring, vn_device_to_handle(device), image,
          &subresource, &layout) != VK_SUCCESS)
      return false;

   uint64_t size;
   region->slices =
      layer_count(vn_image_from_handle(image), &info->subresource);
   region->rows = 1;
   if (!u_mul_u64(memcpy_size.size, region->slices, &size) || size > SIZE_MAX)
      return false;
   region->row_size = memcpy_size.size;
   region->row_pitch = memcpy_size.size;
   region->slice_pitch = memcpy_size.size;
   region->size = size;
   return true;
}

/* False if it is more than fits anywhere. */
static bool
region_init(struct vn_device *device,
            VkImage _image,
            VkHostImageCopyFlagsEXT flags,
            const struct region_info *info,
            struct region *region)
{
   if (flags & VK_HOST_IMAGE_COPY_MEMCPY_EXT)
      return memcpy_region_init(device, _image, info, region);

   const struct vn_image *image = vn_image_from_handle(_image);
   const struct vn_format_block block =
      vn_format_block(image->format, info->subresource.aspectMask);
   if (!block.size) {
      vn_log(ERROR, "host image copy: format %d has no aspect 0x%x",
             (int)image->format, info->subresource.aspectMask);
      return false;
   }

   const uint32_t row_length =
      info->memory_row_length ? info->memory_row_length : info->extent.width;
   const uint32_t image_height = info->memory_image_height
                                    ? info->memory_image_height
                                    : info->extent.height;
   uint64_t slices, row_size, row_pitch, slice_pitch, packed, extent;

   region->rows = blocks(info->extent.height, block.height);
   if (!u_mul_u64(layer_count(image, &info->subresource), info->extent.depth,
                  &slices) ||
       slices > UINT32_MAX ||
       !u_mul_u64(blocks(info->extent.width, block.width), block.size,
                  &row_size) ||
       !u_mul_u64(blocks(row_length, block.width), block.size, &row_pitch) ||
       !u_mul_u64(row_pitch, blocks(image_height, block.height),
                  &slice_pitch) ||
       !u_mul_u64(slice_pitch, slices, &extent) || extent > SIZE_MAX ||
       !u_mul_u64(row_size, region->rows, &packed) ||
       !u_mul_u64(packed, slices, &packed) || packed > SIZE_MAX)
      return false;

   region->slices = slices;
   region->row_size = row_size;
   region->row_pitch = row_pitch;
   region->slice_pitch = slice_pitch;
   region->size = packed;
   return true;
}

static bool
is_packed(const struct region *region)
{
   const size_t slice_size = region->row_size * region->rows;
   return (region->row_pitch == region->row_size || region->rows == 1) &&
          (region->slice_pitch == slice_size || region->slices == 1);
}

static void
pack(const struct region *region, const void *memory, void *packed)
{
   uint8_t *out = packed;
   for (uint32_t slice = 0; slice < region->slices; slice++) {
      const uint8_t *row =
         (const uint8_t *)memory + slice * region->slice_pitch;
      for (uint32_t i = 0; i < region->rows; i++) {
         memcpy(out, row, region->row_size);
         out += region->row_size;
         row += region->row_pitch;
      }
   }
}

static void
unpack(const struct region *region, const void *packed, void *memory)
{
   const uint8_t *in = packed;
   for (uint32_t slice = 0; slice < region->slices; slice++) {
      uint8_t *row = (uint8_t *)memory + slice * region->slice_pitch;
      for (uint32_t i = 0; i < region->rows; i++) {
         memcpy(row, in, region->row_size);
         in += region->row_size;
         row += region->row_pitch;
      }
   }
}

static VkResult
read_region(struct vn_device *device,
            const VkCopyImageToMemoryInfoEXT *copy,
            const VkImageToMemoryCopyEXT *app)
{
   const struct region_info info = {
      .memory_row_length = app->memoryRowLength,
      .memory_image_height = app->memoryImageHeight,
      .subresource = app->imageSubresource,
      .extent = app->imageExtent,
   };
   struct region region;
   if (!region_init(device, copy->srcImage, copy->flags, &info, &region))
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   if (!region.size)
      return VK_SUCCESS;

   void *data = app->pHostPointer;
   const bool packed = is_packed(&region);
   if (!packed) {
      data = vn_alloc_scratch(&device->alloc, region.size);
      if (!data)
         return VK_ERROR_OUT_OF_HOST_MEMORY;
   }

   const VkCopyImageToMemoryInfoMESA renderer_info = {
      .sType = VK_STRUCTURE_TYPE_COPY_IMAGE_TO_MEMORY_INFO_MESA,
      .flags = copy->flags,
      .srcImage = copy->srcImage,
      .srcImageLayout = copy->srcImageLayout,
      .imageSubresource = app->imageSubresource,
      .imageOffset = app->imageOffset,
      .imageExtent = app->imageExtent,
   };
   const VkResult result = vn_call_vkCopyImageToMemoryMESA(
      device->dispatch.ring, vn_device_to_handle(device), &renderer_info,
      region.size, data);

   if (!packed) {
      if (result == VK_SUCCESS)
         unpack(&region, data, app->pHostPointer);
      vn_free_scratch(&device->alloc, data);
   }
   return result;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_CopyImageToMemoryEXT(
   VkDevice _device,
   const VkCopyImageToMemoryInfoEXT *pCopyImageToMemoryInfo)
{
   struct vn_device *device = vn_device_from_handle(_device);
   VkResult result = VK_SUCCESS;

   for (uint32_t i = 0; i < pCopyImageToMemoryInfo->regionCount; i++) {
      result = read_region(device, pCopyImageToMemoryInfo,
                           &pCopyImageToMemoryInfo->pRegions[i]);
      if (result != VK_SUCCESS)
         break;
   }
   return vn_result(result);
}

/*
 * The region as the renderer wants it. *scratch_out is what has to be freed
 * after sending, NULL if the application's memory is packed already.
 */
static VkResult
prepare_write(struct vn_device *device,
              const VkCopyMemoryToImageInfoEXT *copy,
              const VkMemoryToImageCopyEXT *app,
              VkMemoryToImageCopyMESA *out,
              void **scratch_out)
{
   const struct region_info info = {
      .memory_row_length = app->memoryRowLength,
      .memory_image_height = app->memoryImageHeight,
      .subresource = app->imageSubresource,
      .extent = app->imageExtent,
   };
   struct region region;
   if (!region_init(device, copy->dstImage, copy->flags, &info, &region))
      return VK_ERROR_OUT_OF_HOST_MEMORY;

   const void *data = app->pHostPointer;
   *scratch_out = NULL;
   if (!is_packed(&region)) {
      *scratch_out = vn_alloc_scratch(&device->alloc, region.size);
      if (!*scratch_out)
         return VK_ERROR_OUT_OF_HOST_MEMORY;
      pack(&region, data, *scratch_out);
      data = *scratch_out;
   }

   *out = (VkMemoryToImageCopyMESA){
      .sType = VK_STRUCTURE_TYPE_MEMORY_TO_IMAGE_COPY_MESA,
      .dataSize = region.size,
      .pData = data,
      .imageSubresource = app->imageSubresource,
      .imageOffset = app->imageOffset,
      .imageExtent = app->imageExtent,
   };
   return VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_CopyMemoryToImageEXT(
   VkDevice _device,
   const VkCopyMemoryToImageInfoEXT *pCopyMemoryToImageInfo)
{
   struct vn_device *device = vn_device_from_handle(_device);
   const uint32_t count = pCopyMemoryToImageInfo->regionCount;
   VkMemoryToImageCopyMESA *regions;
   VkResult result = VK_SUCCESS;

   regions = vn_alloc_scratch(&device->alloc,
                              count * (sizeof(*regions) + sizeof(void *)));
   if (!regions)
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);
   void **scratches = (void **)(regions + count);

   uint32_t ready;
   for (ready = 0; ready < count; ready++) {
      result = prepare_write(device, pCopyMemoryToImageInfo,
                             &pCopyMemoryToImageInfo->pRegions[ready],
                             &regions[ready], &scratches[ready]);
      if (result != VK_SUCCESS)
         break;
   }

   if (result == VK_SUCCESS) {
      const VkCopyMemoryToImageInfoMESA info = {
         .sType = VK_STRUCTURE_TYPE_COPY_MEMORY_TO_IMAGE_INFO_MESA,
         .flags = pCopyMemoryToImageInfo->flags,
         .dstImage = pCopyMemoryToImageInfo->dstImage,
         .dstImageLayout = pCopyMemoryToImageInfo->dstImageLayout,
         .regionCount = count,
         .pRegions = regions,
      };
      result = vn_call_vkCopyMemoryToImageMESA(device->dispatch.ring, _device,
                                               &info);
   }

   for (uint32_t i = 0; i < ready; i++)
      vn_free_scratch(&device->alloc, scratches[i]);
   vn_free_scratch(&device->alloc, regions);
   return vn_result(result);
}

#endif
