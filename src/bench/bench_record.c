/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Recording: draws alone, and draws that each set all their state. What was
 * recorded is never submitted. Before each sample the renderer is waited
 * for, so that the recorder does not compete with it for a processor.
 */

#include "bench.h"

#define DRAWS       10000
#define LARGE_DRAWS 1000
#define QUICK_DRAWS 10

struct record {
   struct bench_scene *scene;
   uint32_t draws;
   bool large;
};

static bool
settle(void *data)
{
   const struct record *record = data;
   const struct demo_device *dev = &record->scene->bench->dev;

   return demo_ok(vkQueueSubmit(dev->queue, 0, NULL, dev->fence),
                  "vkQueueSubmit") &&
          demo_ok(vkWaitForFences(dev->handle, 1, &dev->fence, VK_TRUE,
                                  UINT64_C(30000000000)),
                  "vkWaitForFences") &&
          demo_ok(vkResetFences(dev->handle, 1, &dev->fence),
                  "vkResetFences");
}

static bool
record_draws(void *data)
{
   const struct record *record = data;
   const struct bench_scene *scene = record->scene;
   const VkCommandBuffer cmd = scene->bench->dev.cmd;

   if (!demo_device_begin(&scene->bench->dev))
      return false;
   bench_scene_begin_pass(scene);
   bench_scene_bind(scene, scene->pipeline);
   for (uint32_t i = 0; i < record->draws; i++) {
      if (record->large) {
         bench_scene_bind(scene, scene->pipeline);
         vkCmdDrawIndexed(cmd, 3, 1, 0, 0, 0);
      } else {
         vkCmdDraw(cmd, 3, 1, 0, 0);
      }
   }
   vkCmdEndRenderPass(cmd);
   return demo_ok(vkEndCommandBuffer(cmd), "vkEndCommandBuffer");
}

void
bench_record(struct bench *bench, struct bench_scene *scene)
{
   const bool quick = bench->options.quick;
   struct record small = { scene, quick ? QUICK_DRAWS : DRAWS, false };
   struct record large = { scene, quick ? QUICK_DRAWS : LARGE_DRAWS, true };
   const struct bench_measure measures[] = {
      { .name = "record-draw-small-state",
        .run = record_draws,
        .before = settle,
        .data = &small,
        .divisor = small.draws },
      { .name = "record-draw-large-state",
        .run = record_draws,
        .before = settle,
        .data = &large,
        .divisor = large.draws },
   };

   for (uint32_t i = 0; i < 2; i++)
      bench_measure(&bench->options, &measures[i]);
}
