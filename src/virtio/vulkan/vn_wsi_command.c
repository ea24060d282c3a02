/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What the GPU does at a present. Recorded at an image's first present on a
 * queue family, for all images of the swapchain, and submitted again at each
 * later one; but where only a part of the buffer has to be copied, that is
 * recorded anew.
 */

#include "vn_wsi_image.h"

#include <drm_fourcc.h>

#include "vn_entrypoints.h"
#include "vn_physical_device.h"
#include "vn_wsi_format.h"

#define MAX_FAMILIES 64

static VkQueueFlags
family_flags(struct vn_physical_device *physical, uint32_t family_index)
{
   VkQueueFamilyProperties families[MAX_FAMILIES];
   uint32_t count = MAX_FAMILIES;

   vn_GetPhysicalDeviceQueueFamilyProperties(
      vn_physical_device_to_handle(physical), &count, families);
   return family_index < count ? families[family_index].queueFlags : 0;
}

bool
vn_wsi_family_can_copy(struct vn_physical_device *physical,
                       uint32_t family_index)
{
   return family_flags(physical, family_index) &
          (VK_QUEUE_GRAPHICS_BIT | VK_QUEUE_COMPUTE_BIT |
           VK_QUEUE_TRANSFER_BIT);
}

/* The renderer reads PRESENT_SRC as GENERAL; see venus.xml. */
static VkImageMemoryBarrier
image_barrier(const struct vn_wsi_image *image,
              uint32_t from_family,
              uint32_t to_family)
{
   return (VkImageMemoryBarrier){
      .sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
      .srcAccessMask = VK_ACCESS_MEMORY_WRITE_BIT,
      .dstAccessMask = VK_ACCESS_MEMORY_READ_BIT,
      .oldLayout = VK_IMAGE_LAYOUT_PRESENT_SRC_KHR,
      .newLayout = VK_IMAGE_LAYOUT_PRESENT_SRC_KHR,
      .srcQueueFamilyIndex = from_family,
      .dstQueueFamilyIndex = to_family,
      .image = image->vk->image,
      .subresourceRange = {
         .aspectMask = VK_IMAGE_ASPECT_COLOR_BIT,
         .levelCount = 1,
         .layerCount = 1,
      },
   };
}

static void
record_barrier(VkCommandBuffer cmd, const VkImageMemoryBarrier *barrier)
{
   vn_CmdPipelineBarrier(cmd, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT,
                         VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 0, NULL, 0,
                         NULL, 1, barrier);
}

/*
 * The image is given away and taken back at once: what the host does to make
 * the memory readable for others, such as decompressing, is done with the
 * first half, and the second keeps it the application's without a barrier of
 * its own. Nobody writes to it before it is drawn into again.
 */
static void
record_hand_over(VkCommandBuffer cmd,
                 const struct vn_wsi_image *image,
                 uint32_t family_index)
{
   const VkImageMemoryBarrier release =
      image_barrier(image, family_index, VK_QUEUE_FAMILY_FOREIGN_EXT);
   const VkImageMemoryBarrier acquire =
      image_barrier(image, VK_QUEUE_FAMILY_FOREIGN_EXT, family_index);

   record_barrier(cmd, &release);
   record_barrier(cmd, &acquire);
}

static void
record_copy(VkCommandBuffer cmd,
            const struct vn_wsi_image *image,
            uint32_t pixel_size,
            const VkRect2D *rects,
            uint32_t rect_count)
{
   const struct vn_wsi_pixels *pixels = &image->pixels;
   const VkImageMemoryBarrier before =
      image_barrier(image, VK_QUEUE_FAMILY_IGNORED, VK_QUEUE_FAMILY_IGNORED);
   VkBufferImageCopy regions[VN_WSI_DAMAGE_MAX];

   for (uint32_t i = 0; i < rect_count; i++) {
      const VkRect2D *rect = &rects[i];

      regions[i] = (VkBufferImageCopy){
         .bufferOffset =
            (VkDeviceSize)rect->offset.y * pixels->stride_B[0] +
            (VkDeviceSize)rect->offset.x * pixel_size,
         .bufferRowLength = pixels->stride_B[0] / pixel_size,
         .imageSubresource = {
            .aspectMask = VK_IMAGE_ASPECT_COLOR_BIT,
            .layerCount = 1,
         },
         .imageOffset = { rect->offset.x, rect->offset.y, 0 },
         .imageExtent = { rect->extent.width, rect->extent.height, 1 },
      };
   }
   const VkBufferMemoryBarrier after = {
      .sType = VK_STRUCTURE_TYPE_BUFFER_MEMORY_BARRIER,
      .srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
      .dstAccessMask = VK_ACCESS_HOST_READ_BIT,
      .srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
      .dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
      .buffer = image->vk->buffer,
      .size = VK_WHOLE_SIZE,
   };

   record_barrier(cmd, &before);
   vn_CmdCopyImageToBuffer(cmd, image->vk->image,
                           VK_IMAGE_LAYOUT_PRESENT_SRC_KHR, image->vk->buffer,
                           rect_count, regions);
   vn_CmdPipelineBarrier(cmd, VK_PIPELINE_STAGE_TRANSFER_BIT,
                         VK_PIPELINE_STAGE_HOST_BIT, 0, 0, NULL, 1, &after, 0,
                         NULL);
}

/* The rectangles, VN_WSI_DAMAGE_MAX at most, are the copy road's. */
static VkResult
record(const struct vn_swapchain *swapchain,
       const struct vn_wsi_image *image,
       uint32_t family_index,
       VkCommandBufferUsageFlags flags,
       const VkRect2D *rects,
       uint32_t rect_count,
       VkCommandBuffer cmd)
{
   const VkCommandBufferBeginInfo begin = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
      .flags = flags,
   };
   const VkResult result = vn_BeginCommandBuffer(cmd, &begin);
   if (result != VK_SUCCESS)
      return result;
   if (swapchain->road == VN_WSI_ROAD_COPY) {
      record_copy(cmd, image, vn_wsi_format_find(swapchain->format)->size_B,
                  rects, rect_count);
   } else {
      const bool exclusive =
         swapchain->image_set->info.sharingMode == VK_SHARING_MODE_EXCLUSIVE;
      record_hand_over(cmd, image,
                       exclusive ? family_index : VK_QUEUE_FAMILY_IGNORED);
   }
   return vn_EndCommandBuffer(cmd);
}

/* On failure nothing is left. */
static VkResult
commands_init(struct vn_swapchain *swapchain,
              uint32_t family_index,
              struct vn_wsi_family_commands *commands)
{
   const VkDevice device = vn_device_to_handle(swapchain->device);
   const VkCommandPoolCreateInfo pool_info = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
      .flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT,
      .queueFamilyIndex = family_index,
   };

   /* a queue that only transfers may want whole blocks of the image */
   *commands = (struct vn_wsi_family_commands){
      .family_index = family_index,
      .has_partial =
         swapchain->road == VN_WSI_ROAD_COPY &&
         family_flags(swapchain->device->physical_device, family_index) &
            (VK_QUEUE_GRAPHICS_BIT | VK_QUEUE_COMPUTE_BIT),
   };
   const uint32_t count =
      swapchain->image_count * (commands->has_partial ? 2 : 1);
   commands->buffers = calloc(count, sizeof(*commands->buffers));
   if (!commands->buffers)
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   commands->partial = commands->buffers + swapchain->image_count;
   VkResult result =
      vn_CreateCommandPool(device, &pool_info, NULL, &commands->pool);
   if (result != VK_SUCCESS)
      goto fail_buffers;
   const VkCommandBufferAllocateInfo alloc_info = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
      .commandPool = commands->pool,
      .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
      .commandBufferCount = count,
   };
   const VkRect2D all = { .extent = swapchain->extent };
   result = vn_AllocateCommandBuffers(device, &alloc_info, commands->buffers);
   for (uint32_t i = 0; result == VK_SUCCESS && i < swapchain->image_count;
        i++) {
      /* that the last use is over is known here before the host says so */
      result = record(swapchain, swapchain->images[i], family_index,
                      VK_COMMAND_BUFFER_USAGE_SIMULTANEOUS_USE_BIT, &all, 1,
                      commands->buffers[i]);
   }
   if (result == VK_SUCCESS)
      return VK_SUCCESS;

   vn_DestroyCommandPool(device, commands->pool, NULL);
fail_buffers:
   free(commands->buffers);
   return result;
}

/* A linear image is readable as it is. */
static bool
needs_commands(const struct vn_swapchain *swapchain)
{
   const struct vn_physical_device *physical =
      swapchain->device->physical_device;

   return swapchain->road == VN_WSI_ROAD_COPY ||
          (swapchain->wsi_format.modifier != DRM_FORMAT_MOD_LINEAR &&
           vn_ext_set_has(&physical->renderer_extensions,
                          VN_DEVICE_EXT_EXT_queue_family_foreign));
}

/* Of the family; made at the first use. */
static VkResult
get_commands(struct vn_swapchain *swapchain,
             uint32_t family_index,
             struct vn_wsi_family_commands **commands_out)
{
   struct vn_wsi_image_set *set = swapchain->image_set;

   for (uint32_t i = 0; i < set->family_count; i++) {
      if (set->commands[i].family_index == family_index) {
         *commands_out = &set->commands[i];
         return VK_SUCCESS;
      }
   }

   struct vn_wsi_family_commands *commands = realloc(
      set->commands, (set->family_count + 1) * sizeof(*set->commands));
   if (!commands)
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   set->commands = commands;
   commands += set->family_count;
   const VkResult result = commands_init(swapchain, family_index, commands);
   if (result != VK_SUCCESS)
      return result;
   set->family_count++;
   *commands_out = commands;
   return VK_SUCCESS;
}

/*
 * Whether the host knows that what the last present submitted is over. An
 * image can be back before: without a wait for the GPU (takes_sync_file), or
 * dropped.
 */
static bool
is_over(struct vn_device *device, const struct vn_queue_point *point)
{
   if (!point->queue)
      return true;
   pthread_mutex_lock(&device->submit_mutex);
   const bool over = point->queue->observed >= point->value;
   pthread_mutex_unlock(&device->submit_mutex);
   return over;
}

VkResult
vn_wsi_present_commands(struct vn_swapchain *swapchain,
                        const struct vn_wsi_frame *frame,
                        uint32_t family_index,
                        VkCommandBuffer *buffer_out)
{
   const struct vn_wsi_image *image = frame->image;
   struct vn_wsi_family_commands *commands;

   *buffer_out = VK_NULL_HANDLE;
   if (!needs_commands(swapchain))
      return VK_SUCCESS;
   VkResult result = get_commands(swapchain, family_index, &commands);
   if (result != VK_SUCCESS)
      return result;

   struct vn_wsi_damage damage = image->vk->stale;
   vn_wsi_damage_add(&damage, frame->damage, frame->damage_count);
   if (damage.all || !commands->has_partial ||
       vn_perf_flags() & VN_PERF_NO_PARTIAL_COPY ||
       !is_over(swapchain->device, &image->vk->point)) {
      *buffer_out = commands->buffers[image->index];
      return VK_SUCCESS;
   }
   *buffer_out = commands->partial[image->index];
   return record(swapchain, image, family_index,
                 VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT, damage.rects,
                 damage.count, *buffer_out);
}

void
vn_wsi_present_submitted(struct vn_swapchain *swapchain,
                         const struct vn_wsi_frame *frame,
                         const struct vn_queue_point *point)
{
   struct vn_wsi_image_vk *vk = frame->image->vk;

   vk->point = *point;
   vk->stale = (struct vn_wsi_damage){ 0 };
   for (uint32_t i = 0; i < swapchain->image_count; i++) {
      struct vn_wsi_image_vk *other = swapchain->images[i]->vk;
      if (other != vk) {
         vn_wsi_damage_add(&other->stale, frame->damage, frame->damage_count);
      }
   }
}

void
vn_wsi_commands_finish(struct vn_swapchain *swapchain)
{
   struct vn_wsi_image_set *set = swapchain->image_set;

   for (uint32_t i = 0; i < set->family_count; i++) {
      vn_DestroyCommandPool(vn_device_to_handle(swapchain->device),
                            set->commands[i].pool, NULL);
      free(set->commands[i].buffers);
   }
   free(set->commands);
   set->commands = NULL;
   set->family_count = 0;
}
