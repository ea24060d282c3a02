/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Pipelines. A driver may return from their creation before anything has
 * been compiled, so besides the call itself there is the time until a draw
 * with the new pipeline is done: cold, where no cache can know the shader,
 * and cached, where it was compiled before with the same VkPipelineCache.
 */

#include "bench.h"

struct creation {
   struct bench_scene *scene;
   VkPipelineCache cache;
   float gain; /* of the last one */
   float step; /* 0: the same again */
   VkPipeline pipeline;
};

static bool
destroy(void *data)
{
   struct creation *creation = data;

   vkDestroyPipeline(creation->scene->bench->dev.handle, creation->pipeline,
                     NULL);
   creation->pipeline = VK_NULL_HANDLE;
   return true;
}

static bool
create(void *data)
{
   struct creation *creation = data;

   creation->gain += creation->step;
   return bench_scene_create_pipeline(creation->scene, creation->cache,
                                      creation->gain, &creation->pipeline);
}

static bool
create_and_draw(void *data)
{
   struct creation *creation = data;
   struct demo_device *dev = &creation->scene->bench->dev;

   if (!create(creation) || !demo_device_begin(dev))
      return false;
   bench_scene_begin_pass(creation->scene);
   bench_scene_bind(creation->scene, creation->pipeline);
   vkCmdDraw(dev->cmd, 3, 1, 0, 0);
   vkCmdEndRenderPass(dev->cmd);
   return demo_device_submit_and_wait(dev);
}

void
bench_pipeline(struct bench *bench, struct bench_scene *scene)
{
   const VkPipelineCacheCreateInfo cache_info = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO,
   };
   /* values of their own for each measure: nothing is known by accident */
   struct creation call = { .scene = scene, .gain = 2, .step = 0.001f };
   struct creation cold = { .scene = scene, .gain = 4, .step = 0.001f };
   struct creation cached = { .scene = scene, .gain = 8 };
   const struct bench_measure measures[] = {
      { .name = "create-pipeline-call",
        .run = create,
        .before = destroy,
        .data = &call,
        .samples = 51 },
      { .name = "create-pipeline-cold-and-draw",
        .run = create_and_draw,
        .before = destroy,
        .data = &cold,
        .samples = 11 },
      { .name = "create-pipeline-cached-and-draw",
        .run = create_and_draw,
        .before = destroy,
        .data = &cached,
        .samples = 51 },
   };

   if (!demo_ok(vkCreatePipelineCache(bench->dev.handle, &cache_info, NULL,
                                      &cached.cache),
                "vkCreatePipelineCache"))
      return;
   for (uint32_t i = 0; i < 3; i++)
      bench_measure(&bench->options, &measures[i]);
   destroy(&call);
   destroy(&cold);
   destroy(&cached);
   vkDestroyPipelineCache(bench->dev.handle, cached.cache, NULL);
}
