/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * vkQueuePresentKHR: one submission for all images, which waits for the
 * application's semaphores and does what the roads want done, and a frame for
 * each swapchain's presenter. Returns without waiting for anything.
 */

#include "vn_swapchain.h"

#include "vn_chain.h"
#include "vn_entrypoints.h"
#include "vn_fence.h"
#include "vn_swapchain_presenter.h"
#include "vn_sync_file.h"
#include "vn_wsi_image.h"

/* One vkQueuePresentKHR. The arrays are in one block of scratch memory. */
struct present {
   struct vn_queue *queue;
   const VkPresentInfoKHR *info;
   const VkPresentRegionsKHR *regions;
   const VkPresentIdKHR *ids;
#ifdef VK_KHR_present_id2
   const VkPresentId2KHR *ids2;
#endif
   const VkSwapchainPresentFenceInfoEXT *fences;
   const VkSwapchainPresentModeInfoEXT *modes;

   void *heap;                      /* owned */
   struct vn_queued_frame **frames; /* one per swapchain; owned */
   VkPipelineStageFlags *stages;    /* one per semaphore */
   VkCommandBuffer *commands;
   uint32_t command_count;
};

static struct vn_swapchain *
swapchain_of(const struct present *present, uint32_t i)
{
   return vn_swapchain_from_handle(present->info->pSwapchains[i]);
}

static struct vn_wsi_image *
image_of(const struct present *present, uint32_t i)
{
   return swapchain_of(present, i)->images[present->info->pImageIndices[i]];
}

static VkResult
present_init(struct present *present,
             VkQueue queue,
             const VkPresentInfoKHR *info)
{
   const uint32_t count = info->swapchainCount;
   const uint32_t waits = info->waitSemaphoreCount;

   const struct vn_device *device = vn_queue_from_handle(queue)->device;
   const void *chain = info->pNext;

   *present = (struct present){
      .queue = vn_queue_from_handle(queue),
      .info = info,
      .regions =
         vn_device_find_struct(device, VN_DEVICE_EXT_KHR_incremental_present,
                               chain, VK_STRUCTURE_TYPE_PRESENT_REGIONS_KHR),
      .ids = vn_device_find_struct(device, VN_DEVICE_EXT_KHR_present_id,
                                   chain, VK_STRUCTURE_TYPE_PRESENT_ID_KHR),
#ifdef VK_KHR_present_id2
      .ids2 =
         vn_device_find_struct(device, VN_DEVICE_EXT_KHR_present_id2, chain,
                               VK_STRUCTURE_TYPE_PRESENT_ID_2_KHR),
#endif
      .fences = vn_find_maintenance1_struct(
         device, chain, VK_STRUCTURE_TYPE_SWAPCHAIN_PRESENT_FENCE_INFO_EXT),
      .modes = vn_find_maintenance1_struct(
         device, chain, VK_STRUCTURE_TYPE_SWAPCHAIN_PRESENT_MODE_INFO_EXT),
   };
   const size_t frames_size = count * sizeof(*present->frames);
   const size_t commands_size = count * sizeof(*present->commands);
   const size_t size =
      frames_size + commands_size + waits * sizeof(*present->stages);

   present->heap = vn_alloc_scratch(&present->queue->device->alloc, size);
   if (!present->heap)
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   memset(present->heap, 0, size);
   present->frames = present->heap;
   present->commands =
      (VkCommandBuffer *)((uint8_t *)present->heap + frames_size);
   present->stages =
      (VkPipelineStageFlags *)((uint8_t *)present->commands + commands_size);
   for (uint32_t i = 0; i < waits; i++)
      present->stages[i] = VK_PIPELINE_STAGE_ALL_COMMANDS_BIT;
   return VK_SUCCESS;
}

static void
present_finish(struct present *present)
{
   for (uint32_t i = 0; present->heap && i < present->info->swapchainCount;
        i++)
      vn_queued_frame_destroy(present->frames[i]);
   vn_free_scratch(&present->queue->device->alloc, present->heap);
}

/* The part of a rectangle inside of the image. False: there is none. */
static bool
clip(const VkRectLayerKHR *from, VkExtent2D extent, VkRect2D *rect_out)
{
   const int64_t x0 = VN_MAX((int64_t)from->offset.x, 0);
   const int64_t y0 = VN_MAX((int64_t)from->offset.y, 0);
   const int64_t x1 = VN_MIN((int64_t)from->offset.x + from->extent.width,
                             (int64_t)extent.width);
   const int64_t y1 = VN_MIN((int64_t)from->offset.y + from->extent.height,
                             (int64_t)extent.height);

   *rect_out = (VkRect2D){
      .offset = { (int32_t)x0, (int32_t)y0 },
      .extent = { (uint32_t)(x1 - x0), (uint32_t)(y1 - y0) },
   };
   return x1 > x0 && y1 > y0;
}

static void
set_damage(struct vn_queued_frame *queued,
           const VkPresentRegionKHR *region,
           VkExtent2D extent)
{
   uint32_t count = 0;

   for (uint32_t i = 0; i < region->rectangleCount; i++) {
      if (clip(&region->pRectangles[i], extent, &queued->rects[count]))
         count++;
   }
   /* nothing has changed: one pixel says so, no rectangle would say all */
   if (region->rectangleCount && !count) {
      queued->rects[0] = (VkRect2D){ .extent = { 1, 1 } };
      count = 1;
   }
   queued->frame.damage_count = count;
}

static uint64_t
present_id(const struct present *present, uint32_t i)
{
#ifdef VK_KHR_present_id2
   if (present->ids2 && present->ids2->pPresentIds)
      return present->ids2->pPresentIds[i];
#endif
   return present->ids && present->ids->pPresentIds
             ? present->ids->pPresentIds[i]
             : 0;
}

/* The frame and the command buffer for one swapchain. */
static VkResult
prepare(struct present *present, uint32_t i)
{
   struct vn_swapchain *swapchain = swapchain_of(present, i);
   struct vn_wsi_image *image = image_of(present, i);
   const VkPresentRegionKHR *region =
      present->regions && present->regions->pRegions
         ? &present->regions->pRegions[i]
         : NULL;
   const bool has_rects = region && region->pRectangles;

   struct vn_queued_frame *queued =
      vn_queued_frame_create(has_rects ? region->rectangleCount : 0);
   if (!queued)
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   present->frames[i] = queued;
   queued->frame.image = image;
   queued->frame.mode =
      present->modes ? present->modes->pPresentModes[i] : swapchain->mode;
   queued->frame.present_id = present_id(present, i);
   if (has_rects)
      set_damage(queued, region, swapchain->extent);

   VkCommandBuffer cmd;
   const VkResult result = vn_wsi_present_commands(
      swapchain, &queued->frame, present->queue->family_index, &cmd);
   if (result == VK_SUCCESS && cmd)
      present->commands[present->command_count++] = cmd;
   return result;
}

/*
 * A fence that the host never sees, as of the application's exportable ones:
 * what is left of it is its point, which an alarm goes off for.
 */
static VkResult
submit(struct present *present, struct vn_queue_point *point_out)
{
   const VkQueue queue = vn_queue_to_handle(present->queue);
   struct vn_fence fence = { .exportable = true };
   const VkSubmitInfo info = {
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
      .waitSemaphoreCount = present->info->waitSemaphoreCount,
      .pWaitSemaphores = present->info->pWaitSemaphores,
      .pWaitDstStageMask = present->stages,
      .commandBufferCount = present->command_count,
      .pCommandBuffers = present->commands,
   };

   vn_object_init(&fence.base, VK_OBJECT_TYPE_FENCE);
   VkResult result =
      vn_QueueSubmit(queue, 1, &info, vn_fence_to_handle(&fence));
   *point_out = fence.point;
   /* VkSwapchainPresentFenceInfo: when what the present used is free again */
   for (uint32_t i = 0; result == VK_SUCCESS && present->fences &&
                        i < present->fences->swapchainCount;
        i++) {
      if (present->fences->pFences[i])
         result = vn_QueueSubmit(queue, 0, NULL, present->fences->pFences[i]);
   }
   return result;
}

/* Gives the frame to the presenter, unless the swapchain has failed. */
static VkResult
queue_frame(struct present *present,
            uint32_t i,
            const struct vn_queue_point *point)
{
   struct vn_swapchain *swapchain = swapchain_of(present, i);
   struct vn_queued_frame *queued = present->frames[i];
   struct vn_wsi_image *image = queued->frame.image;

   queued->point = *point;
   vn_wsi_present_submitted(swapchain, &queued->frame, point);
   if (swapchain->takes_sync_file) {
      const VkResult result = vn_sync_file_export_point(
         swapchain->device, point, &queued->frame.ready_fd);
      if (result != VK_SUCCESS)
         vn_swapchain_set_status(swapchain, result);
   }

   pthread_mutex_lock(&swapchain->mutex);
   const VkResult status = swapchain->status;
   if (status >= VK_SUCCESS) {
      image->state = VN_WSI_IMAGE_QUEUED;
      queued->frame.serial = ++swapchain->frame_serial;
      vn_swapchain_presenter_queue(swapchain, queued);
      present->frames[i] = NULL;
   } else {
      vn_swapchain_set_idle_locked(swapchain, image, -1);
   }
   pthread_mutex_unlock(&swapchain->mutex);
   return status;
}

/* The worse of two results of one call: an error, or what is no success. */
static VkResult
worse(VkResult a, VkResult b)
{
   if (a == VK_ERROR_DEVICE_LOST || b == VK_ERROR_DEVICE_LOST)
      return VK_ERROR_DEVICE_LOST;
   if (a < VK_SUCCESS)
      return a;
   return b != VK_SUCCESS ? b : a;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_QueuePresentKHR(VkQueue queue, const VkPresentInfoKHR *pPresentInfo)
{
   struct vn_queue_point point = { 0 };
   struct present present;

   VkResult result = present_init(&present, queue, pPresentInfo);
   for (uint32_t i = 0;
        result == VK_SUCCESS && i < pPresentInfo->swapchainCount; i++)
      result = prepare(&present, i);
   if (result == VK_SUCCESS)
      result = submit(&present, &point);
   const VkResult common = result;

   for (uint32_t i = 0; i < pPresentInfo->swapchainCount; i++) {
      const VkResult one =
         point.queue ? queue_frame(&present, i, &point) : common;

      /* whoever waits for this frame waits no longer */
      if (common == VK_ERROR_DEVICE_LOST)
         vn_swapchain_set_status(swapchain_of(&present, i), common);

      if (pPresentInfo->pResults)
         pPresentInfo->pResults[i] = one;
      result = worse(result, one);
   }
   present_finish(&present);
   return vn_result(result);
}
