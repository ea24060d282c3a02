/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Frames as an application makes them: a descriptor update, a hundred draws
 * with all their state, a submission, a wait. Its time; and over many of
 * them what the driver asked of the kernel, which is the only view of a
 * foreign driver's round trips: a wait for the ring or for the GPU shows as
 * yields, as sleeps, or as a message that is answered. Our own driver counts
 * the answers that it waits for (VN_DEBUG=stats); bin/bench has it draw some
 * frames and none.
 */

#include "bench.h"

#define DRAWS        100
#define FRAMES       200
#define QUICK_FRAMES 3

struct frame {
   struct bench_scene *scene;
};

static bool
draw_frame(void *data)
{
   const struct frame *frame = data;
   const struct bench_scene *scene = frame->scene;
   struct bench *bench = scene->bench;
   struct demo_device *dev = &bench->dev;
   const VkDescriptorBufferInfo buffer = { bench->buffer, 0, 256 };
   const VkWriteDescriptorSet write = {
      .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
      .dstSet = bench->set,
      .descriptorCount = 1,
      .descriptorType = VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER_DYNAMIC,
      .pBufferInfo = &buffer,
   };

   vkUpdateDescriptorSets(dev->handle, 1, &write, 0, NULL);
   if (!demo_device_begin(dev))
      return false;
   bench_scene_begin_pass(scene);
   for (uint32_t i = 0; i < DRAWS; i++) {
      bench_scene_bind(scene, scene->pipeline);
      vkCmdDrawIndexed(dev->cmd, 3, 1, 0, 0, 0);
   }
   vkCmdEndRenderPass(dev->cmd);
   return demo_device_submit_and_wait(dev);
}

bool
bench_draw_frames(struct bench_scene *scene, uint32_t count)
{
   struct frame frame = { scene };

   for (uint32_t i = 0; i < count; i++) {
      if (!draw_frame(&frame))
         return false;
   }
   return true;
}

static void
count_frames(const struct bench *bench, struct bench_scene *scene)
{
   const uint32_t frames = bench->options.quick ? QUICK_FRAMES : FRAMES;
   struct bench_calls before;

   if (!bench_wanted(&bench->options, "frame-calls"))
      return;
   const uint64_t server_before = bench_server_switches();
   bench_calls_read(&before);
   if (!bench_draw_frames(scene, frames))
      return;
   bench_calls_print("frame", &before, server_before, frames);
}

void
bench_frame(struct bench *bench, struct bench_scene *scene)
{
   struct frame frame = { scene };
   const struct bench_measure measure = {
      .name = "frame-of-100-draws",
      .run = draw_frame,
      .data = &frame,
   };

   bench_measure(&bench->options, &measure);
   count_frames(bench, scene);
}
