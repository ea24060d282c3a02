/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 */

#include "wsi_paint.h"

#include <string.h>
#include <time.h>

uint32_t
wsi_pattern(uint32_t seed, uint32_t x, uint32_t y)
{
   const uint32_t red = (3 * x + 40 * seed) & 0xff;
   const uint32_t green = (5 * y + 90 * seed) & 0xff;
   const uint32_t blue = ((x ^ y) + seed) & 0xff;
   return 0xff000000 | red << 16 | green << 8 | blue;
}

uint32_t
wsi_pattern_pixel(const void *data, uint32_t x, uint32_t y)
{
   return wsi_pattern(*(const uint32_t *)data, x, y);
}

static bool
slot_init(struct wsi_paint *draw, struct wsi_paint_slot *slot)
{
   const VkSemaphoreCreateInfo semaphore_info = {
      .sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO,
   };
   const VkFenceCreateInfo fence_info = {
      .sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO,
   };
   const VkCommandBufferAllocateInfo cmd_info = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
      .commandPool = draw->dev.pool,
      .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
      .commandBufferCount = 1,
   };
   const VkDevice dev = draw->dev.handle;
   return VKT_CHECK(vkCreateSemaphore(dev, &semaphore_info, NULL,
                                      &slot->acquired)) &&
          VKT_CHECK(vkCreateFence(dev, &fence_info, NULL, &slot->fence)) &&
          VKT_CHECK(vkAllocateCommandBuffers(dev, &cmd_info, &slot->cmd));
}

bool
wsi_paint_init(struct wsi_paint *draw,
               const struct vkt_instance *instance,
               VkSurfaceKHR surface)
{
   memset(draw, 0, sizeof(*draw));
   draw->instance = instance;
   draw->surface = surface;

   VkBool32 supported = VK_FALSE;
   if (!VKT_CHECK(vkGetPhysicalDeviceSurfaceSupportKHR(
          instance->pdev, instance->queue_family, surface, &supported)) ||
       !U_CHECK(supported))
      return false;

   const char *exts[4];
   uint32_t count = 0;
   exts[count++] = VK_KHR_SWAPCHAIN_EXTENSION_NAME;
   draw->has_present_wait =
      vkt_instance_has(instance, VK_KHR_PRESENT_ID_EXTENSION_NAME) &&
      vkt_instance_has(instance, VK_KHR_PRESENT_WAIT_EXTENSION_NAME);
   if (draw->has_present_wait) {
      exts[count++] = VK_KHR_PRESENT_ID_EXTENSION_NAME;
      exts[count++] = VK_KHR_PRESENT_WAIT_EXTENSION_NAME;
   }
   draw->has_incremental_present =
      vkt_instance_has(instance, VK_KHR_INCREMENTAL_PRESENT_EXTENSION_NAME);
   if (draw->has_incremental_present)
      exts[count++] = VK_KHR_INCREMENTAL_PRESENT_EXTENSION_NAME;

   VkPhysicalDevicePresentIdFeaturesKHR id = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PRESENT_ID_FEATURES_KHR,
      .presentId = VK_TRUE,
   };
   VkPhysicalDevicePresentWaitFeaturesKHR wait = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PRESENT_WAIT_FEATURES_KHR,
      .pNext = &id,
      .presentWait = VK_TRUE,
   };
   if (!vkt_device_init(&draw->dev, instance, exts, count,
                        draw->has_present_wait ? &wait : NULL))
      return false;
   draw->wait_for_present = (PFN_vkWaitForPresentKHR)vkGetDeviceProcAddr(
      draw->dev.handle, "vkWaitForPresentKHR");
   for (uint32_t i = 0; i < WSI_PAINT_SLOTS; i++) {
      if (!slot_init(draw, &draw->slots[i]))
         return false;
   }
   return true;
}

void
wsi_paint_finish(struct wsi_paint *draw)
{
   if (!draw->dev.handle)
      return;
   wsi_paint_chain_finish(draw);
   for (uint32_t i = 0; i < WSI_PAINT_SLOTS; i++) {
      vkDestroySemaphore(draw->dev.handle, draw->slots[i].acquired, NULL);
      vkDestroyFence(draw->dev.handle, draw->slots[i].fence, NULL);
   }
   vkt_device_finish(&draw->dev);
}

/* What belongs to the swapchain but the swapchain. */
static void
chain_parts_finish(struct wsi_paint *draw)
{
   vkDeviceWaitIdle(draw->dev.handle);
   for (uint32_t i = 0; i < WSI_PAINT_SLOTS; i++)
      vkt_buffer_finish(&draw->slots[i].staging);
   for (uint32_t i = 0; i < draw->image_count; i++)
      vkDestroySemaphore(draw->dev.handle, draw->drawn[i], NULL);
   draw->image_count = 0;
}

void
wsi_paint_chain_finish(struct wsi_paint *draw)
{
   chain_parts_finish(draw);
   vkDestroySwapchainKHR(draw->dev.handle, draw->chain, NULL);
   draw->chain = VK_NULL_HANDLE;
}

static bool
chain_parts_init(struct wsi_paint *draw)
{
   const VkSemaphoreCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO,
   };
   const VkDevice dev = draw->dev.handle;
   uint32_t count = WSI_PAINT_MAX_IMAGES;
   if (!VKT_CHECK(
          vkGetSwapchainImagesKHR(dev, draw->chain, &count, draw->images)))
      return false;
   for (uint32_t i = 0; i < count; i++) {
      if (!VKT_CHECK(vkCreateSemaphore(dev, &info, NULL, &draw->drawn[i])))
         return false;
      draw->image_count++;
   }
   for (uint32_t i = 0; i < WSI_PAINT_SLOTS; i++) {
      if (!vkt_buffer_init(
             &draw->slots[i].staging, &draw->dev,
             (VkDeviceSize)draw->extent.width * draw->extent.height * 4,
             VK_BUFFER_USAGE_TRANSFER_SRC_BIT))
         return false;
   }
   return true;
}

VkResult
wsi_paint_chain(struct wsi_paint *draw, const struct wsi_paint_info *chain)
{
   VkSurfaceCapabilitiesKHR caps = { 0 };
   const VkResult result = vkGetPhysicalDeviceSurfaceCapabilitiesKHR(
      draw->instance->pdev, draw->surface, &caps);
   const VkSwapchainCreateInfoKHR info = {
      .sType = VK_STRUCTURE_TYPE_SWAPCHAIN_CREATE_INFO_KHR,
      .surface = draw->surface,
      .minImageCount = caps.minImageCount,
      .imageFormat = VK_FORMAT_B8G8R8A8_UNORM,
      .imageColorSpace = VK_COLOR_SPACE_SRGB_NONLINEAR_KHR,
      .imageExtent = chain->extent,
      .imageArrayLayers = 1,
      .imageUsage = VK_IMAGE_USAGE_TRANSFER_DST_BIT,
      .preTransform = VK_SURFACE_TRANSFORM_IDENTITY_BIT_KHR,
      .compositeAlpha =
         chain->alpha ? chain->alpha : VK_COMPOSITE_ALPHA_OPAQUE_BIT_KHR,
      .presentMode = chain->mode,
      .clipped = VK_TRUE,
      .oldSwapchain = draw->chain,
   };
   VkSwapchainKHR made = VK_NULL_HANDLE;
   const VkResult created =
      result == VK_SUCCESS
         ? vkCreateSwapchainKHR(draw->dev.handle, &info, NULL, &made)
         : result;

   wsi_paint_chain_finish(draw);
   if (created != VK_SUCCESS)
      return created;
   draw->chain = made;
   draw->extent = chain->extent;
   draw->frame_count = 0;
   return chain_parts_init(draw) ? VK_SUCCESS : VK_ERROR_UNKNOWN;
}

/* The recorded copy of a slot's pixels to an image. */
static bool
record(struct wsi_paint *draw, struct wsi_paint_slot *slot, VkImage image)
{
   const VkCommandBufferBeginInfo begin = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
      .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT,
   };
   const VkBufferImageCopy copy = {
      .imageSubresource = { VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1 },
      .imageExtent = { draw->extent.width, draw->extent.height, 1 },
   };
   if (!VKT_CHECK(vkBeginCommandBuffer(slot->cmd, &begin)))
      return false;
   vkt_image_barrier(slot->cmd, image, VK_IMAGE_ASPECT_COLOR_BIT,
                     VK_IMAGE_LAYOUT_UNDEFINED,
                     VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL);
   vkCmdCopyBufferToImage(slot->cmd, slot->staging.handle, image,
                          VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, 1, &copy);
   vkt_image_barrier(slot->cmd, image, VK_IMAGE_ASPECT_COLOR_BIT,
                     VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL,
                     VK_IMAGE_LAYOUT_PRESENT_SRC_KHR);
   return VKT_CHECK(vkEndCommandBuffer(slot->cmd));
}

static VkResult
present(struct wsi_paint *draw, uint32_t image, const VkRect2D *damage)
{
   const VkRectLayerKHR rect = {
      .offset = damage ? damage->offset : (VkOffset2D){ 0 },
      .extent = damage ? damage->extent : (VkExtent2D){ 0 },
   };
   const VkPresentRegionKHR region = {
      .rectangleCount = 1,
      .pRectangles = &rect,
   };
   VkPresentRegionsKHR regions = {
      .sType = VK_STRUCTURE_TYPE_PRESENT_REGIONS_KHR,
      .swapchainCount = 1,
      .pRegions = &region,
   };
   draw->frame_count++;
   const VkPresentIdKHR id = {
      .sType = VK_STRUCTURE_TYPE_PRESENT_ID_KHR,
      .pNext = damage && draw->has_incremental_present ? &regions : NULL,
      .swapchainCount = 1,
      .pPresentIds = &draw->frame_count,
   };
   const VkPresentInfoKHR info = {
      .sType = VK_STRUCTURE_TYPE_PRESENT_INFO_KHR,
      .pNext = draw->has_present_wait ? &id : id.pNext,
      .waitSemaphoreCount = 1,
      .pWaitSemaphores = &draw->drawn[image],
      .swapchainCount = 1,
      .pSwapchains = &draw->chain,
      .pImageIndices = &image,
   };
   return vkQueuePresentKHR(draw->dev.queue, &info);
}

static bool
slot_wait(struct wsi_paint *draw, struct wsi_paint_slot *slot)
{
   if (!slot->submitted)
      return true;
   slot->submitted = false;
   return VKT_CHECK(vkWaitForFences(draw->dev.handle, 1, &slot->fence,
                                    VK_TRUE, VKT_TIMEOUT_NS)) &&
          VKT_CHECK(vkResetFences(draw->dev.handle, 1, &slot->fence));
}

VkResult
wsi_paint_frame(struct wsi_paint *draw, const struct wsi_paint_frame *frame)
{
   struct wsi_paint_slot *slot =
      &draw->slots[draw->frame_count % WSI_PAINT_SLOTS];
   if (!slot_wait(draw, slot))
      return VK_ERROR_UNKNOWN;

   uint32_t index;
   VkResult result =
      vkAcquireNextImageKHR(draw->dev.handle, draw->chain, VKT_TIMEOUT_NS,
                            slot->acquired, VK_NULL_HANDLE, &index);
   if (result != VK_SUCCESS && result != VK_SUBOPTIMAL_KHR)
      return result;

   uint32_t *pixels = slot->staging.map;
   for (uint32_t y = 0; y < draw->extent.height; y++) {
      for (uint32_t x = 0; x < draw->extent.width; x++)
         *pixels++ = frame->pixel(frame->data, x, y);
   }
   if (!record(draw, slot, draw->images[index]))
      return VK_ERROR_UNKNOWN;

   const VkPipelineStageFlags stage = VK_PIPELINE_STAGE_ALL_COMMANDS_BIT;
   const VkSubmitInfo submit = {
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
      .waitSemaphoreCount = 1,
      .pWaitSemaphores = &slot->acquired,
      .pWaitDstStageMask = &stage,
      .commandBufferCount = 1,
      .pCommandBuffers = &slot->cmd,
      .signalSemaphoreCount = 1,
      .pSignalSemaphores = &draw->drawn[index],
   };
   if (!VKT_CHECK(vkQueueSubmit(draw->dev.queue, 1, &submit, slot->fence)))
      return VK_ERROR_UNKNOWN;
   slot->submitted = true;

   result = present(draw, index, frame->damage);
   return result == VK_SUBOPTIMAL_KHR ? VK_SUCCESS : result;
}

bool
wsi_paint_wait_shown(struct wsi_paint *draw)
{
   if (!draw->has_present_wait) {
      /* Another driver can only guess: long after the GPU is done. */
      const struct timespec some = { .tv_nsec = 500000000 };
      const bool ok = VKT_CHECK(vkDeviceWaitIdle(draw->dev.handle));
      nanosleep(&some, NULL);
      return ok;
   }

   const VkResult result = draw->wait_for_present(
      draw->dev.handle, draw->chain, draw->frame_count, VKT_TIMEOUT_NS);
   return U_CHECK(result == VK_SUCCESS || result == VK_SUBOPTIMAL_KHR);
}
