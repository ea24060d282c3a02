/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The guest hands images over to other queue families.
 */

#include "fuzz_operations.h"

#include "vl_device.h"

void
fuzz_record_barrier(struct fuzz_world *w)
{
   static const uint32_t families[] = {
      0,
      VK_QUEUE_FAMILY_IGNORED,
      VK_QUEUE_FAMILY_EXTERNAL,
      VK_QUEUE_FAMILY_FOREIGN_EXT,
   };
   const uint32_t index = U8(w) % FUZZ_DEVICES;
   const uint8_t what = U8(w);
   const uint32_t count = what >> 4 & 3;
   VkImageMemoryBarrier *images = fuzz_make(count * sizeof(*images));
   for (uint32_t i = 0; i < count; i++) {
      images[i].sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER;
      images[i].srcQueueFamilyIndex = families[what & 3];
      images[i].dstQueueFamilyIndex = families[what >> 2 & 3];
   }
   struct vl_device *device =
      w->devices[index] ? vl_device_of(w->devices[index]) : NULL;
   /* who names the foreign family has enabled it */
   if (!device || !(device->wants & VL_WANTS_FOREIGN))
      return;
   /* dispatchable objects start with the device's key */
   void *key = vl_dispatch_key(w->devices[index]);
   PROC(w, index, CmdPipelineBarrier)
   ((VkCommandBuffer)&key, 0, 0, 0, 0, NULL, 0, NULL, count, images);
}
