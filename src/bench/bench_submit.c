/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Submission and waiting with nothing to do.
 */

#include "bench.h"

static bool
submit_and_wait(void *data)
{
   const struct demo_device *dev = &((struct bench *)data)->dev;

   return demo_ok(vkQueueSubmit(dev->queue, 0, NULL, dev->fence),
                  "vkQueueSubmit") &&
          demo_ok(vkWaitForFences(dev->handle, 1, &dev->fence, VK_TRUE,
                                  UINT64_C(10000000000)),
                  "vkWaitForFences") &&
          demo_ok(vkResetFences(dev->handle, 1, &dev->fence),
                  "vkResetFences");
}

static bool
wait_idle_device(void *data)
{
   return demo_ok(vkDeviceWaitIdle(((struct bench *)data)->dev.handle),
                  "vkDeviceWaitIdle");
}

static bool
wait_idle_queue(void *data)
{
   return demo_ok(vkQueueWaitIdle(((struct bench *)data)->dev.queue),
                  "vkQueueWaitIdle");
}

void
bench_submit(struct bench *bench)
{
   const struct bench_measure measures[] = {
      { .name = "submit-fence-round-trip",
        .run = submit_and_wait,
        .data = bench },
      { .name = "idle-vkDeviceWaitIdle",
        .run = wait_idle_device,
        .data = bench },
      { .name = "idle-vkQueueWaitIdle",
        .run = wait_idle_queue,
        .data = bench },
   };

   for (uint32_t i = 0; i < 3; i++)
      bench_measure(&bench->options, &measures[i]);
}
