/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Queue family ownership for drivers that do not know
 * VK_QUEUE_FAMILY_FOREIGN_EXT: it becomes VK_QUEUE_FAMILY_EXTERNAL, which
 * they must know and which means the same towards a driver whose memory is
 * coherent host memory. Only devices that need it are sent through here.
 *
 * A hostile guest can have a count without an array.
 *
 * The commands return nothing. If there is no memory for a changed copy, the
 * original is passed on with a log line: an ownership transfer that the
 * driver takes for one between its own queues is the lesser evil.
 */

#include <stdlib.h>
#include <string.h>

#include "vl_device.h"
#include "vl_entrypoints.h"
#include "vl_log.h"

/* A copy of an array of barriers, or nothing if none needs to change. */
struct barrier_copy {
   void *items; /* owned, or NULL: use the application's */
};

static bool
is_foreign(uint32_t src, uint32_t dst)
{
   return src == VK_QUEUE_FAMILY_FOREIGN_EXT ||
          dst == VK_QUEUE_FAMILY_FOREIGN_EXT;
}

static void
rename_foreign(uint32_t *family)
{
   if (*family == VK_QUEUE_FAMILY_FOREIGN_EXT)
      *family = VK_QUEUE_FAMILY_EXTERNAL;
}

/* Four barrier structs have the same two members at different places. */
#define DEFINE_COPY(function, type)                                          \
   static const type *function(struct barrier_copy *copy,                    \
                               const type *barriers, uint32_t count)         \
   {                                                                         \
      bool found = false;                                                    \
      copy->items = NULL;                                                    \
      for (uint32_t i = 0; barriers && i < count && !found; i++) {           \
         found = is_foreign(barriers[i].srcQueueFamilyIndex,                 \
                            barriers[i].dstQueueFamilyIndex);                \
      }                                                                      \
      if (!found)                                                            \
         return barriers;                                                    \
                                                                             \
      type *items = calloc(count, sizeof(*items));                           \
      if (!items) {                                                          \
         vl_log_error("out of memory for barriers");                         \
         return barriers;                                                    \
      }                                                                      \
      for (uint32_t i = 0; i < count; i++) {                                 \
         items[i] = barriers[i];                                             \
         rename_foreign(&items[i].srcQueueFamilyIndex);                      \
         rename_foreign(&items[i].dstQueueFamilyIndex);                      \
      }                                                                      \
      copy->items = items;                                                   \
      return items;                                                          \
   }

DEFINE_COPY(copy_buffer_barriers, VkBufferMemoryBarrier)
DEFINE_COPY(copy_image_barriers, VkImageMemoryBarrier)
DEFINE_COPY(copy_buffer_barriers2, VkBufferMemoryBarrier2)
DEFINE_COPY(copy_image_barriers2, VkImageMemoryBarrier2)

/* A dependency info as the driver gets it. */
struct dependency_copy {
   VkDependencyInfo info;
   struct barrier_copy buffers;
   struct barrier_copy images;
};

static void
dependency_copy_init(struct dependency_copy *copy,
                     const VkDependencyInfo *app)
{
   copy->info = *app;
   copy->info.pBufferMemoryBarriers =
      copy_buffer_barriers2(&copy->buffers, app->pBufferMemoryBarriers,
                            app->bufferMemoryBarrierCount);
   copy->info.pImageMemoryBarriers = copy_image_barriers2(
      &copy->images, app->pImageMemoryBarriers, app->imageMemoryBarrierCount);
}

static void
dependency_copy_finish(struct dependency_copy *copy)
{
   free(copy->buffers.items);
   free(copy->images.items);
}

VKAPI_ATTR void VKAPI_CALL
vl_CmdPipelineBarrier(VkCommandBuffer commandBuffer,
                      VkPipelineStageFlags srcStageMask,
                      VkPipelineStageFlags dstStageMask,
                      VkDependencyFlags dependencyFlags,
                      uint32_t memoryBarrierCount,
                      const VkMemoryBarrier *pMemoryBarriers,
                      uint32_t bufferMemoryBarrierCount,
                      const VkBufferMemoryBarrier *pBufferMemoryBarriers,
                      uint32_t imageMemoryBarrierCount,
                      const VkImageMemoryBarrier *pImageMemoryBarriers)
{
   const struct vl_device *device = vl_device_of(commandBuffer);
   struct barrier_copy buffers, images;
   device->next.CmdPipelineBarrier(
      commandBuffer, srcStageMask, dstStageMask, dependencyFlags,
      memoryBarrierCount, pMemoryBarriers, bufferMemoryBarrierCount,
      copy_buffer_barriers(&buffers, pBufferMemoryBarriers,
                           bufferMemoryBarrierCount),
      imageMemoryBarrierCount,
      copy_image_barriers(&images, pImageMemoryBarriers,
                          imageMemoryBarrierCount));
   free(buffers.items);
   free(images.items);
}

VKAPI_ATTR void VKAPI_CALL
vl_CmdWaitEvents(VkCommandBuffer commandBuffer,
                 uint32_t eventCount,
                 const VkEvent *pEvents,
                 VkPipelineStageFlags srcStageMask,
                 VkPipelineStageFlags dstStageMask,
                 uint32_t memoryBarrierCount,
                 const VkMemoryBarrier *pMemoryBarriers,
                 uint32_t bufferMemoryBarrierCount,
                 const VkBufferMemoryBarrier *pBufferMemoryBarriers,
                 uint32_t imageMemoryBarrierCount,
                 const VkImageMemoryBarrier *pImageMemoryBarriers)
{
   const struct vl_device *device = vl_device_of(commandBuffer);
   struct barrier_copy buffers, images;
   device->next.CmdWaitEvents(
      commandBuffer, eventCount, pEvents, srcStageMask, dstStageMask,
      memoryBarrierCount, pMemoryBarriers, bufferMemoryBarrierCount,
      copy_buffer_barriers(&buffers, pBufferMemoryBarriers,
                           bufferMemoryBarrierCount),
      imageMemoryBarrierCount,
      copy_image_barriers(&images, pImageMemoryBarriers,
                          imageMemoryBarrierCount));
   free(buffers.items);
   free(images.items);
}

VKAPI_ATTR void VKAPI_CALL
vl_CmdPipelineBarrier2(VkCommandBuffer commandBuffer,
                       const VkDependencyInfo *pDependencyInfo)
{
   const struct vl_device *device = vl_device_of(commandBuffer);
   struct dependency_copy copy;
   dependency_copy_init(&copy, pDependencyInfo);
   device->next.CmdPipelineBarrier2(commandBuffer, &copy.info);
   dependency_copy_finish(&copy);
}

VKAPI_ATTR void VKAPI_CALL
vl_CmdSetEvent2(VkCommandBuffer commandBuffer,
                VkEvent event,
                const VkDependencyInfo *pDependencyInfo)
{
   const struct vl_device *device = vl_device_of(commandBuffer);
   struct dependency_copy copy;
   dependency_copy_init(&copy, pDependencyInfo);
   device->next.CmdSetEvent2(commandBuffer, event, &copy.info);
   dependency_copy_finish(&copy);
}

VKAPI_ATTR void VKAPI_CALL
vl_CmdWaitEvents2(VkCommandBuffer commandBuffer,
                  uint32_t eventCount,
                  const VkEvent *pEvents,
                  const VkDependencyInfo *pDependencyInfos)
{
   const struct vl_device *device = vl_device_of(commandBuffer);
   /* one more than needed, so that NULL means that there is no memory */
   const size_t count = pDependencyInfos ? (size_t)eventCount : 0;
   struct dependency_copy *copies = calloc(count + 1, sizeof(*copies));
   VkDependencyInfo *infos = calloc(count + 1, sizeof(*infos));
   if (!copies || !infos || !pDependencyInfos) {
      vl_log_error("no memory for barriers, or none given");
      device->next.CmdWaitEvents2(commandBuffer, eventCount, pEvents,
                                  pDependencyInfos);
      free(copies);
      free(infos);
      return;
   }

   for (size_t i = 0; i < count; i++) {
      dependency_copy_init(&copies[i], &pDependencyInfos[i]);
      infos[i] = copies[i].info;
   }
   device->next.CmdWaitEvents2(commandBuffer, eventCount, pEvents, infos);
   for (size_t i = 0; i < count; i++)
      dependency_copy_finish(&copies[i]);
   free(copies);
   free(infos);
}
