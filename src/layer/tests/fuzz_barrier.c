/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The guest hands buffers and images over to other queue families, with
 * every command that can do that, and with counts that have no array.
 */

#include "fuzz_operations.h"

#include "vl_device.h"

enum command {
   COMMAND_PIPELINE_BARRIER_OF_IMAGES,
   COMMAND_PIPELINE_BARRIER,
   COMMAND_WAIT_EVENTS,
   COMMAND_PIPELINE_BARRIER2,
   COMMAND_SET_EVENT2,
   COMMAND_WAIT_EVENTS2,
   COMMAND_COUNT,
};

/* What the input says of the barriers of one command. */
struct barriers {
   uint32_t src, dst; /* queue families */
   uint32_t count;    /* of each kind */
   bool has_arrays;
};

static struct barriers
read_barriers(struct fuzz_world *w)
{
   static const uint32_t families[] = {
      0,
      VK_QUEUE_FAMILY_IGNORED,
      VK_QUEUE_FAMILY_EXTERNAL,
      VK_QUEUE_FAMILY_FOREIGN_EXT,
   };
   const uint8_t what = U8(w);
   return (struct barriers){
      .src = families[what & 3],
      .dst = families[what >> 2 & 3],
      .count = what >> 4 & 3,
      .has_arrays = !(what & 0x40),
   };
}

/* Only the last one has the families: the layer has to look at all. */
#define MAKE(type, stype, barriers)                                          \
   ({                                                                        \
      type *items_ = (barriers)->has_arrays                                  \
                        ? fuzz_make((barriers)->count * sizeof(*items_))     \
                        : NULL;                                              \
      for (uint32_t i_ = 0; items_ && i_ < (barriers)->count; i_++) {        \
         const bool is_last_ = i_ + 1 == (barriers)->count;                  \
         items_[i_].sType = VK_STRUCTURE_TYPE_##stype;                       \
         items_[i_].srcQueueFamilyIndex = is_last_ ? (barriers)->src : 0;    \
         items_[i_].dstQueueFamilyIndex = is_last_ ? (barriers)->dst : 0;    \
      }                                                                      \
      items_;                                                                \
   })

static void
fill_dependency(const struct barriers *barriers, VkDependencyInfo *info)
{
   info->sType = VK_STRUCTURE_TYPE_DEPENDENCY_INFO;
   info->bufferMemoryBarrierCount = barriers->count;
   info->pBufferMemoryBarriers =
      MAKE(VkBufferMemoryBarrier2, BUFFER_MEMORY_BARRIER_2, barriers);
   info->imageMemoryBarrierCount = barriers->count;
   info->pImageMemoryBarriers =
      MAKE(VkImageMemoryBarrier2, IMAGE_MEMORY_BARRIER_2, barriers);
}

static void
record_old(struct fuzz_world *w,
           uint32_t index,
           VkCommandBuffer buffer,
           enum command command)
{
   const struct barriers b = read_barriers(w);
   const VkImageMemoryBarrier *images =
      MAKE(VkImageMemoryBarrier, IMAGE_MEMORY_BARRIER, &b);
   const VkBufferMemoryBarrier *buffers = NULL;
   uint32_t buffer_count = 0;
   if (command != COMMAND_PIPELINE_BARRIER_OF_IMAGES) {
      buffers = MAKE(VkBufferMemoryBarrier, BUFFER_MEMORY_BARRIER, &b);
      buffer_count = b.count;
   }
   if (command == COMMAND_WAIT_EVENTS) {
      PROC(w, index, CmdWaitEvents)
      (buffer, 0, NULL, 0, 0, 0, NULL, buffer_count, buffers, b.count,
       images);
   } else {
      PROC(w, index, CmdPipelineBarrier)
      (buffer, 0, 0, 0, 0, NULL, buffer_count, buffers, b.count, images);
   }
}

static void
record_new(struct fuzz_world *w,
           uint32_t index,
           VkCommandBuffer buffer,
           enum command command)
{
   const uint32_t count = command == COMMAND_WAIT_EVENTS2 ? U8(w) & 7 : 1;
   VkDependencyInfo *infos = NULL;
   /* a guest can leave these out, too */
   if (count < 6) {
      infos = fuzz_make(count * sizeof(*infos));
      for (uint32_t i = 0; i < count; i++) {
         const struct barriers b = read_barriers(w);
         fill_dependency(&b, &infos[i]);
      }
   }
   switch (command) {
   case COMMAND_PIPELINE_BARRIER2:
      PROC(w, index, CmdPipelineBarrier2)(buffer, infos);
      break;
   case COMMAND_SET_EVENT2:
      PROC(w, index, CmdSetEvent2)(buffer, VK_NULL_HANDLE, infos);
      break;
   default:
      PROC(w, index, CmdWaitEvents2)(buffer, count, NULL, infos);
      break;
   }
}

void
fuzz_record_barrier(struct fuzz_world *w, uint8_t what)
{
   const enum command command = (what & 7) % COMMAND_COUNT;
   const uint32_t index = U8(w) % FUZZ_DEVICES;
   struct vl_device *device =
      w->devices[index] ? vl_device_of(w->devices[index]) : NULL;
   /* who names the foreign family has enabled it */
   if (!device || !(device->wants & VL_WANTS_FOREIGN))
      return;
   /* dispatchable objects start with the device's key */
   void *key = vl_dispatch_key(w->devices[index]);
   VkCommandBuffer buffer = (VkCommandBuffer)&key;
   /* what failed before does not count for the driver's check */
   (void)fuzz_driver_has_failed();
   if (what & 8)
      fuzz_driver_fail_in(what >> 4 & 3);
   if (command < COMMAND_PIPELINE_BARRIER2)
      record_old(w, index, buffer, command);
   else
      record_new(w, index, buffer, command);
}
