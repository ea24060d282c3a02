/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See ext_ops.h. Outside, images are in the GENERAL layout. Drawing is in
 * ext_draw.c.
 */

#include "ext_ops.h"

#include <string.h>

#include "ext_draw.h"

enum ext_kind
ext_image_kind(const struct ext_image *image)
{
   const struct ext_format *format = image->desc.format;

   return format->stencil && !format->depth ? EXT_UINT : format->kind;
}

static VkImageMemoryBarrier
barrier_of(const struct ext_image *image,
           VkImageLayout old_layout,
           VkImageLayout new_layout)
{
   const VkAccessFlags all =
      VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT;

   return (VkImageMemoryBarrier){
      .sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
      .srcAccessMask = VK_ACCESS_MEMORY_WRITE_BIT,
      .dstAccessMask = all,
      .oldLayout = old_layout,
      .newLayout = new_layout,
      .srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
      .dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
      .image = image->handle,
      .subresourceRange = {
         .aspectMask = image->desc.format->planes ? VK_IMAGE_ASPECT_COLOR_BIT
                                                  : ext_image_aspects(image),
         .levelCount = 1,
         .layerCount = 1,
      },
   };
}

static void
record_barrier(const struct ext_ops *ops, const VkImageMemoryBarrier *barrier)
{
   vkCmdPipelineBarrier(
      ops->dev->base.cmd, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT,
      VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 0, NULL, 0, NULL, 1, barrier);
}

void
ext_ops_acquire(const struct ext_ops *ops,
                const struct ext_image *image,
                VkImageLayout layout)
{
   VkImageMemoryBarrier barrier =
      barrier_of(image, VK_IMAGE_LAYOUT_GENERAL, VK_IMAGE_LAYOUT_GENERAL);
#ifdef VK_EXT_external_memory_acquire_unmodified
   const VkExternalMemoryAcquireUnmodifiedEXT unmodified = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_ACQUIRE_UNMODIFIED_EXT,
      .acquireUnmodifiedMemory = VK_TRUE,
   };

   if (ops->unmodified)
      barrier.pNext = &unmodified;
#endif
   if (image->desc.type) {
      barrier.srcAccessMask = 0;
      barrier.srcQueueFamilyIndex = ops->family;
      barrier.dstQueueFamilyIndex = ops->dev->base.instance->queue_family;
      record_barrier(ops, &barrier);
   }
   barrier = barrier_of(image, VK_IMAGE_LAYOUT_GENERAL, layout);
   record_barrier(ops, &barrier);
}

void
ext_ops_discard(const struct ext_ops *ops,
                const struct ext_image *image,
                VkImageLayout layout)
{
   const VkImageMemoryBarrier barrier =
      barrier_of(image, VK_IMAGE_LAYOUT_UNDEFINED, layout);

   record_barrier(ops, &barrier);
}

void
ext_ops_release(const struct ext_ops *ops,
                const struct ext_image *image,
                VkImageLayout layout)
{
   VkImageMemoryBarrier barrier =
      barrier_of(image, layout, VK_IMAGE_LAYOUT_GENERAL);

   record_barrier(ops, &barrier);
   if (!image->desc.type)
      return;
   barrier =
      barrier_of(image, VK_IMAGE_LAYOUT_GENERAL, VK_IMAGE_LAYOUT_GENERAL);
   barrier.dstAccessMask = 0;
   barrier.srcQueueFamilyIndex = ops->dev->base.instance->queue_family;
   barrier.dstQueueFamilyIndex = ops->family;
   record_barrier(ops, &barrier);
}

/* Bytes of a block in a copy of that aspect alone, and its size in blocks. */
struct aspect_size {
   uint32_t block_bytes, width, height; /* in texels of the aspect */
   VkDeviceSize bytes;
};

static struct aspect_size
size_of_aspect(const struct ext_image *image, VkImageAspectFlags aspect)
{
   const struct ext_format *format = image->desc.format;
   struct aspect_size size = {
      .block_bytes = format->block_bytes,
      .width = image->desc.width,
      .height = image->desc.height,
   };

   if (aspect == VK_IMAGE_ASPECT_STENCIL_BIT) {
      size.block_bytes = 1;
   } else if (aspect == VK_IMAGE_ASPECT_DEPTH_BIT) {
      size.block_bytes = format->format == VK_FORMAT_D16_UNORM ||
                               format->format == VK_FORMAT_D16_UNORM_S8_UINT
                            ? 2
                            : 4;
   } else if (aspect != VK_IMAGE_ASPECT_COLOR_BIT) {
      const uint32_t plane = aspect == VK_IMAGE_ASPECT_PLANE_0_BIT   ? 0
                             : aspect == VK_IMAGE_ASPECT_PLANE_1_BIT ? 1
                                                                     : 2;
      size.block_bytes = format->plane_bytes[plane];
      if (plane) {
         size.width /= format->chroma_x;
         size.height /= format->chroma_y;
      }
   }
   if (format->planes) {
      size.bytes = (VkDeviceSize)size.block_bytes * size.width * size.height;
      return size;
   }
   size.bytes =
      (VkDeviceSize)size.block_bytes *
      ((size.width + format->block_width - 1) / format->block_width) *
      ((size.height + format->block_height - 1) / format->block_height);
   return size;
}

/* A region for each aspect, one behind the other; returns their number. */
static uint32_t
copy_regions(const struct ext_image *image,
             VkBufferImageCopy regions[3],
             VkDeviceSize *out_bytes)
{
   VkImageAspectFlags aspects = ext_image_aspects(image);
   VkDeviceSize offset = 0;
   uint32_t count = 0;

   while (aspects) {
      const VkImageAspectFlags aspect = aspects & (~aspects + 1);
      const struct aspect_size size = size_of_aspect(image, aspect);

      regions[count++] = (VkBufferImageCopy){
         .bufferOffset = offset,
         .imageSubresource = { aspect, 0, 0, 1 },
         .imageExtent = { size.width, size.height, 1 },
      };
      /* a multiple of 4 and of every block's size */
      offset += (size.bytes + 191) / 192 * 192;
      aspects &= ~aspect;
   }
   *out_bytes = offset;
   return count;
}

/* Bytes that differ from each other; for a depth of 32 bits also numbers
 * between 0 and 1, as a copy must have them. */
static void
fill_pattern(const struct ext_image *image,
             uint8_t *bytes,
             size_t size,
             uint32_t seed)
{
   const bool numbers = image->desc.format->depth;
   uint32_t state = seed * 2654435761u + 1;

   for (size_t i = 0; i < size / 4; i++) {
      uint32_t word;

      state = state * 1664525u + 1013904223u;
      word = state;
      if (numbers)
         word = 0x3f000000u | (state >> 9 & 0x7fffff);
      memcpy(bytes + i * 4, &word, 4);
   }
}

static bool
bind_image(struct ext_ops *ops,
           const struct ext_image *image,
           VkDescriptorType type,
           VkDescriptorSetLayout layout,
           VkPipelineLayout pipeline_layout,
           VkImageView view,
           uint32_t seed)
{
   const VkDescriptorSetAllocateInfo alloc = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
      .descriptorPool = ops->pool,
      .descriptorSetCount = 1,
      .pSetLayouts = &layout,
   };
   const bool fetch = type == VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER;
   const VkDescriptorImageInfo image_info = {
      .sampler = fetch ? ops->sampler : VK_NULL_HANDLE,
      .imageView = view,
      .imageLayout = fetch ? VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL
                           : VK_IMAGE_LAYOUT_GENERAL,
   };
   const VkDescriptorBufferInfo buffer_info = {
      .buffer = ops->staging.handle,
      .range = VK_WHOLE_SIZE,
   };
   const struct ext_push push = {
      image->desc.width,
      image->desc.height,
      seed % 8,
   };
   VkCommandBuffer cmd = ops->dev->base.cmd;
   VkDescriptorSet set;

   if (!vkt_ok(vkAllocateDescriptorSets(ops->dev->base.handle, &alloc, &set),
               "vkAllocateDescriptorSets"))
      return false;
   const VkWriteDescriptorSet writes[2] = {
      {
         .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
         .dstSet = set,
         .descriptorCount = 1,
         .descriptorType = type,
         .pImageInfo = &image_info,
      },
      {
         .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
         .dstSet = set,
         .dstBinding = 1,
         .descriptorCount = 1,
         .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
         .pBufferInfo = &buffer_info,
      },
   };
   vkUpdateDescriptorSets(ops->dev->base.handle, fetch ? 2 : 1, writes, 0,
                          NULL);
   vkCmdBindDescriptorSets(cmd, VK_PIPELINE_BIND_POINT_COMPUTE,
                           pipeline_layout, 0, 1, &set, 0, NULL);
   vkCmdPushConstants(cmd, pipeline_layout, VK_SHADER_STAGE_COMPUTE_BIT, 0,
                      sizeof(push), &push);
   return true;
}

static void
dispatch(const struct ext_ops *ops,
         const struct ext_image *image,
         VkPipeline pipeline)
{
   vkCmdBindPipeline(ops->dev->base.cmd, VK_PIPELINE_BIND_POINT_COMPUTE,
                     pipeline);
   vkCmdDispatch(ops->dev->base.cmd, (image->desc.width + 3) / 4,
                 (image->desc.height + 3) / 4, 1);
}

VkImageView
ext_ops_view(struct ext_ops *ops,
             const struct ext_image *image,
             VkImageUsageFlags usage)
{
   const struct ext_format *format = image->desc.format;
   const VkImageViewUsageCreateInfo usage_info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_USAGE_CREATE_INFO,
      .usage = usage,
   };
   const VkImageViewCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
      .pNext = &usage_info,
      .image = image->handle,
      .viewType = VK_IMAGE_VIEW_TYPE_2D,
      .format = format->format,
      .subresourceRange = {
         /* a shader sees one aspect */
         .aspectMask = usage == VK_IMAGE_USAGE_SAMPLED_BIT && format->depth
                          ? VK_IMAGE_ASPECT_DEPTH_BIT
                          : ext_image_aspects(image),
         .levelCount = 1,
         .layerCount = 1,
      },
   };
   VkImageView view = VK_NULL_HANDLE;

   vkt_ok(vkCreateImageView(ops->dev->base.handle, &info, NULL, &view),
          "vkCreateImageView");
   return view;
}

/* Ends what vkt_begin began, and what was made for it. */
static bool
finish_submission(struct ext_ops *ops, VkImageView view, bool ok)
{
   vkt_full_barrier(ops->dev->base.cmd);
   if (!vkt_submit_wait(&ops->dev->base))
      ok = false;
   vkDestroyImageView(ops->dev->base.handle, view, NULL);
   vkResetDescriptorPool(ops->dev->base.handle, ops->pool, 0);
   return ok;
}

VkClearColorValue
ext_ops_clear_value(const struct ext_image *image, uint32_t seed)
{
   /* Eighths are exact in every float format. None of these lies half way
    * between two numbers of a UNORM or SNORM format, as 4/8 does, nor near
    * that of an sRGB one, as 7/8 does: what does may be rounded either way
    * and not the same in every tiling.
    */
   static const float eighths[5] = { 1, 2, 3, 5, 8 };

   if (ext_image_kind(image) == EXT_FLOAT) {
      return (VkClearColorValue){
         .float32 = { eighths[seed % 5] / 8, 0.375f, 0.25f, 1.0f },
      };
   }
   return (VkClearColorValue){ .uint32 = { seed % 7 + 1, 2, 3, 1 } };
}

static void
clear(const struct ext_ops *ops, const struct ext_image *image, uint32_t seed)
{
   const VkImageSubresourceRange range = {
      .aspectMask = VK_IMAGE_ASPECT_COLOR_BIT,
      .levelCount = 1,
      .layerCount = 1,
   };
   const VkClearColorValue color = ext_ops_clear_value(image, seed);

   vkCmdClearColorImage(ops->dev->base.cmd, image->handle,
                        VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, &color, 1,
                        &range);
}

/* Where no command may write: through the mapping, in a layout that the host
 * may look at. Each row begins anew, so that pitches do not matter. */
static bool
write_by_host(struct ext_ops *ops,
              const struct ext_image *image,
              uint32_t seed)
{
   struct vkt_device *dev = &ops->dev->base;
   const VkMemoryType *type =
      &dev->instance->memory.memoryTypes[image->memory_type];
   const VkDeviceSize pitch = image->planes[0].rowPitch;
   void *map;

   if (!(type->propertyFlags & VK_MEMORY_PROPERTY_HOST_COHERENT_BIT) ||
       !pitch || !vkt_begin(dev))
      return false;
   ext_ops_discard(ops, image, VK_IMAGE_LAYOUT_GENERAL);
   vkt_full_barrier(dev->cmd);
   if (!vkt_submit_wait(dev) ||
       !vkt_ok(
          vkMapMemory(dev->handle, image->memory, 0, VK_WHOLE_SIZE, 0, &map),
          "vkMapMemory"))
      return false;
   uint8_t *first = (uint8_t *)map + image->offset;
   const VkDeviceSize size = image->size - image->offset;
   for (VkDeviceSize row = 0; (row + 1) * pitch <= size; row++) {
      fill_pattern(image, first + row * pitch, (size_t)pitch,
                   seed * 4096 + (uint32_t)row);
   }
   vkUnmapMemory(dev->handle, image->memory);
   if (!vkt_begin(dev))
      return false;
   ext_ops_release(ops, image, VK_IMAGE_LAYOUT_GENERAL);
   return finish_submission(ops, VK_NULL_HANDLE, true);
}

bool
ext_ops_write(struct ext_ops *ops,
              const struct ext_image *image,
              enum ext_write how,
              uint32_t seed)
{
   const VkImageLayout layout = how == EXT_WRITE_STORE
                                   ? VK_IMAGE_LAYOUT_GENERAL
                                   : VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL;
   VkCommandBuffer cmd = ops->dev->base.cmd;
   VkBufferImageCopy regions[3];
   VkDeviceSize bytes;
   VkImageView view = VK_NULL_HANDLE;
   bool ok = true;

   if (how == EXT_WRITE_RENDER)
      return ext_draw(ops, image, seed);
   if (how == EXT_WRITE_HOST)
      return write_by_host(ops, image, seed);

   if (how == EXT_WRITE_STORE) {
      view = ext_ops_view(ops, image, VK_IMAGE_USAGE_STORAGE_BIT);
      if (!view)
         return false;
   }
   fill_pattern(image, ops->staging.map, EXT_READ_BYTES, seed);
   if (!vkt_begin(&ops->dev->base)) {
      vkDestroyImageView(ops->dev->base.handle, view, NULL);
      return false;
   }
   ext_ops_discard(ops, image, layout);
   switch (how) {
   case EXT_WRITE_COPY: {
      const uint32_t count = copy_regions(image, regions, &bytes);
      vkCmdCopyBufferToImage(cmd, ops->staging.handle, image->handle, layout,
                             count, regions);
      break;
   }
   case EXT_WRITE_CLEAR:
      clear(ops, image, seed);
      break;
   case EXT_WRITE_STORE:
      ok = bind_image(ops, image, VK_DESCRIPTOR_TYPE_STORAGE_IMAGE,
                      ops->store_set, ops->store_layout, view, seed);
      if (ok)
         dispatch(ops, image, ops->store[ext_image_kind(image)]);
      break;
   case EXT_WRITE_RENDER:
   case EXT_WRITE_HOST:
      break;
   }
   ext_ops_release(ops, image, layout);
   return finish_submission(ops, view, ok);
}

bool
ext_ops_read(struct ext_ops *ops,
             const struct ext_image *image,
             enum ext_read how,
             uint8_t *bytes,
             size_t *out_size)
{
   const VkImageLayout layout = how == EXT_READ_FETCH
                                   ? VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL
                                   : VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL;
   VkCommandBuffer cmd = ops->dev->base.cmd;
   VkBufferImageCopy regions[3];
   VkDeviceSize size =
      (VkDeviceSize)16 * image->desc.width * image->desc.height;
   VkImageView view = VK_NULL_HANDLE;
   bool ok = true;

   if (how == EXT_READ_FETCH) {
      view = ext_ops_view(ops, image, VK_IMAGE_USAGE_SAMPLED_BIT);
      if (!view)
         return false;
   }
   memset(ops->staging.map, 0, EXT_READ_BYTES);
   if (!vkt_begin(&ops->dev->base)) {
      vkDestroyImageView(ops->dev->base.handle, view, NULL);
      return false;
   }
   ext_ops_acquire(ops, image, layout);
   switch (how) {
   case EXT_READ_COPY: {
      const uint32_t count = copy_regions(image, regions, &size);
      vkCmdCopyImageToBuffer(cmd, image->handle, layout, ops->staging.handle,
                             count, regions);
      break;
   }
   case EXT_READ_FETCH:
      ok = bind_image(ops, image, VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER,
                      ops->fetch_set, ops->fetch_layout, view, 0);
      if (ok)
         dispatch(ops, image, ops->fetch[ext_image_kind(image)]);
      break;
   }
   ext_ops_release(ops, image, layout);
   ok = finish_submission(ops, view, ok);
   if (size > EXT_READ_BYTES) {
      fprintf(stderr, "the image is too large for the test\n");
      return false;
   }
   memcpy(bytes, ops->staging.map, size);
   *out_size = size;
   return ok;
}
