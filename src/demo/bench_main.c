/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * venus-bench: what single operations cost on the driver in use, in
 * microseconds, as the median of many. Absolute numbers say little; bin/bench
 * runs this on several stacks and compares. What a stack cannot do is left
 * out.
 */

#include "demo.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SAMPLES      101
#define WARM_UP      5
#define DRAWS        10000
#define MEMORY_BYTES (1u << 20)

struct bench {
   struct demo_instance instance;
   struct demo_device dev;
   struct demo_image image;
   struct demo_triangle triangle;
   struct demo_device exporter;
   struct demo_image exported;
   struct demo_image imported;
   int fd; /* of exported, -1 if sharing does not work here */
};

/* One operation; false ends the measurement of it. */
typedef bool (*operation)(struct bench *bench);

static bool
allocate_and_map(struct bench *bench)
{
   const VkMemoryAllocateInfo info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
      .allocationSize = MEMORY_BYTES,
      .memoryTypeIndex = bench->image.memory_type,
   };
   VkDeviceMemory memory = VK_NULL_HANDLE;
   void *map = NULL;
   bool ok;

   ok = demo_ok(vkAllocateMemory(bench->dev.handle, &info, NULL, &memory),
                "vkAllocateMemory") &&
        demo_ok(
           vkMapMemory(bench->dev.handle, memory, 0, VK_WHOLE_SIZE, 0, &map),
           "vkMapMemory");
   if (ok) {
      *(volatile uint32_t *)map = 1;
      vkUnmapMemory(bench->dev.handle, memory);
   }
   vkFreeMemory(bench->dev.handle, memory, NULL);
   return ok;
}

static bool
submit_nothing(struct bench *bench)
{
   const VkDevice dev = bench->dev.handle;

   return demo_ok(vkQueueSubmit(bench->dev.queue, 0, NULL, bench->dev.fence),
                  "vkQueueSubmit") &&
          demo_ok(vkWaitForFences(dev, 1, &bench->dev.fence, VK_TRUE,
                                  UINT64_C(10000000000)),
                  "vkWaitForFences") &&
          demo_ok(vkResetFences(dev, 1, &bench->dev.fence), "vkResetFences");
}

static bool
record_draws(struct bench *bench)
{
   if (!demo_device_begin(&bench->dev))
      return false;
   demo_triangle_record(&bench->triangle, DRAWS);
   return demo_ok(vkEndCommandBuffer(bench->dev.cmd), "vkEndCommandBuffer");
}

static bool
draw_and_wait(struct bench *bench)
{
   if (!demo_device_begin(&bench->dev))
      return false;
   demo_triangle_record(&bench->triangle, 1);
   return demo_device_submit_and_wait(&bench->dev);
}

static bool
create_pipeline(struct bench *bench)
{
   VkPipeline pipeline = VK_NULL_HANDLE;
   const bool ok =
      demo_ok(demo_triangle_create_pipeline(&bench->triangle, &pipeline),
              "vkCreateGraphicsPipelines");

   vkDestroyPipeline(bench->dev.handle, pipeline, NULL);
   return ok;
}

static bool
query_format(struct bench *bench)
{
   VkImageFormatProperties props;

   return demo_ok(vkGetPhysicalDeviceImageFormatProperties(
                     bench->instance.pdev, DEMO_FORMAT, VK_IMAGE_TYPE_2D,
                     VK_IMAGE_TILING_OPTIMAL,
                     VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT, 0, &props),
                  "vkGetPhysicalDeviceImageFormatProperties");
}

static bool
import_memory(struct bench *bench)
{
   VkDeviceMemory memory = VK_NULL_HANDLE;
   const VkResult result =
      demo_import_memory(&bench->imported, bench->fd, &memory);

   vkFreeMemory(bench->imported.dev->handle, memory, NULL);
   return demo_ok(result, "vkAllocateMemory (import)");
}

static void
measure(struct bench *bench, const char *name, operation op, double divisor)
{
   double samples[SAMPLES];

   for (uint32_t i = 0; i < WARM_UP + SAMPLES; i++) {
      const double start = demo_now_us();

      if (!op(bench)) {
         fprintf(stderr, "%s: not measured\n", name);
         return;
      }
      if (i >= WARM_UP)
         samples[i - WARM_UP] = (demo_now_us() - start) / divisor;
   }
   printf("%s: %.3f\n", name, demo_median(samples, SAMPLES));
   fflush(stdout);
}

/* Not every stack can import. */
static void
prepare_import(struct bench *bench)
{
   for (uint32_t i = 0; i < DEMO_EXT_COUNT; i++) {
      if (!bench->instance.has_extension[i])
         return;
   }
   if (!demo_device_init(&bench->exporter, &bench->instance, true) ||
       !demo_image_init_export(&bench->exported, &bench->exporter))
      return;
   bench->fd = demo_image_export_fd(&bench->exported);
   if (bench->fd >= 0 &&
       !demo_image_init_import(&bench->imported, &bench->exporter, bench->fd,
                               &bench->exported)) {
      close(bench->fd);
      bench->fd = -1;
   }
}

int
main(void)
{
   struct bench bench = { .fd = -1 };
   bool ok;

   ok = demo_instance_init(&bench.instance) &&
        demo_device_init(&bench.dev, &bench.instance, false) &&
        demo_image_init_native(&bench.image, &bench.dev) &&
        demo_triangle_init(&bench.triangle, &bench.image);
   if (ok) {
      prepare_import(&bench);
      measure(&bench, "allocate-map-free-1MiB", allocate_and_map, 1);
      measure(&bench, "submit-nothing-and-wait", submit_nothing, 1);
      measure(&bench, "draw-triangle-and-wait", draw_and_wait, 1);
      measure(&bench, "record-one-draw", record_draws, DRAWS);
      measure(&bench, "create-pipeline", create_pipeline, 1);
      measure(&bench, "query-image-format", query_format, 1);
      if (bench.fd >= 0)
         measure(&bench, "import-dma-buf", import_memory, 1);
   }
   demo_image_finish(&bench.imported);
   if (bench.fd >= 0)
      close(bench.fd);
   demo_image_finish(&bench.exported);
   demo_device_finish(&bench.exporter);
   demo_triangle_finish(&bench.triangle);
   demo_image_finish(&bench.image);
   demo_device_finish(&bench.dev);
   demo_instance_finish(&bench.instance);
   return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
