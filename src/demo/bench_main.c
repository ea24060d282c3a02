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
#define BUFFER_BYTES 1024
#define UPDATES      100

struct bench {
   struct demo_instance instance;
   struct demo_device dev;
   struct demo_image image;
   struct demo_triangle triangle;
   VkDeviceSize memory_bytes; /* what allocate_and_map asks for */
   VkDeviceMemory memory; /* for buffers and descriptors, of MEMORY_BYTES */
   VkBuffer buffer;
   VkDescriptorSetLayout set_layout;
   VkDescriptorPool set_pool;
   VkDescriptorSet set;
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
      .allocationSize = bench->memory_bytes,
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

static const VkBufferCreateInfo buffer_info = {
   .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
   .size = BUFFER_BYTES,
   .usage =
      VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT,
};

static bool
create_and_bind_buffer(struct bench *bench)
{
   const VkDevice dev = bench->dev.handle;
   VkMemoryRequirements requirements;
   VkBuffer buffer = VK_NULL_HANDLE;

   if (!demo_ok(vkCreateBuffer(dev, &buffer_info, NULL, &buffer),
                "vkCreateBuffer"))
      return false;
   vkGetBufferMemoryRequirements(dev, buffer, &requirements);
   const bool ok = requirements.size <= MEMORY_BYTES &&
                   demo_ok(vkBindBufferMemory(dev, buffer, bench->memory, 0),
                           "vkBindBufferMemory");
   vkDestroyBuffer(dev, buffer, NULL);
   return ok;
}

static bool
create_image(struct bench *bench)
{
   const VkDevice dev = bench->dev.handle;
   const VkImageCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
      .imageType = VK_IMAGE_TYPE_2D,
      .format = DEMO_FORMAT,
      .extent = { DEMO_WIDTH, DEMO_HEIGHT, 1 },
      .mipLevels = 1,
      .arrayLayers = 1,
      .samples = VK_SAMPLE_COUNT_1_BIT,
      .tiling = VK_IMAGE_TILING_OPTIMAL,
      .usage = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT |
               VK_IMAGE_USAGE_TRANSFER_SRC_BIT,
   };
   VkMemoryRequirements requirements;
   VkImage image = VK_NULL_HANDLE;

   if (!demo_ok(vkCreateImage(dev, &info, NULL, &image), "vkCreateImage"))
      return false;
   vkGetImageMemoryRequirements(dev, image, &requirements);
   vkDestroyImage(dev, image, NULL);
   return requirements.size > 0;
}

static bool
update_descriptor(struct bench *bench)
{
   const VkDescriptorBufferInfo buffer = {
      .buffer = bench->buffer,
      .range = VK_WHOLE_SIZE,
   };
   const VkWriteDescriptorSet write = {
      .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
      .dstSet = bench->set,
      .descriptorCount = 1,
      .descriptorType = VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER,
      .pBufferInfo = &buffer,
   };

   for (uint32_t i = 0; i < UPDATES; i++)
      vkUpdateDescriptorSets(bench->dev.handle, 1, &write, 0, NULL);
   return true;
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

static void
measure_memory(struct bench *bench)
{
   bench->memory_bytes = 4 << 10;
   measure(bench, "allocate-map-free-4KiB", allocate_and_map, 1);
   bench->memory_bytes = 64 << 10;
   measure(bench, "allocate-map-free-64KiB", allocate_and_map, 1);
   bench->memory_bytes = MEMORY_BYTES;
   measure(bench, "allocate-map-free-1MiB", allocate_and_map, 1);
}

/* A buffer with memory, and a descriptor set that it can be written into. */
static bool
prepare_buffer(struct bench *bench)
{
   const VkDevice dev = bench->dev.handle;
   const VkMemoryAllocateInfo memory_info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
      .allocationSize = MEMORY_BYTES,
      .memoryTypeIndex = bench->image.memory_type,
   };
   const VkDescriptorSetLayoutBinding binding = {
      .descriptorType = VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER,
      .descriptorCount = 1,
      .stageFlags = VK_SHADER_STAGE_VERTEX_BIT,
   };
   const VkDescriptorSetLayoutCreateInfo layout_info = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
      .bindingCount = 1,
      .pBindings = &binding,
   };
   const VkDescriptorPoolSize pool_size = {
      .type = VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER,
      .descriptorCount = 1,
   };
   const VkDescriptorPoolCreateInfo pool_info = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
      .maxSets = 1,
      .poolSizeCount = 1,
      .pPoolSizes = &pool_size,
   };
   VkMemoryRequirements requirements;

   if (!demo_ok(vkAllocateMemory(dev, &memory_info, NULL, &bench->memory),
                "vkAllocateMemory") ||
       !demo_ok(vkCreateBuffer(dev, &buffer_info, NULL, &bench->buffer),
                "vkCreateBuffer"))
      return false;
   vkGetBufferMemoryRequirements(dev, bench->buffer, &requirements);
   if (!demo_ok(vkBindBufferMemory(dev, bench->buffer, bench->memory, 0),
                "vkBindBufferMemory") ||
       !demo_ok(vkCreateDescriptorSetLayout(dev, &layout_info, NULL,
                                            &bench->set_layout),
                "vkCreateDescriptorSetLayout") ||
       !demo_ok(
          vkCreateDescriptorPool(dev, &pool_info, NULL, &bench->set_pool),
          "vkCreateDescriptorPool"))
      return false;

   const VkDescriptorSetAllocateInfo set_info = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
      .descriptorPool = bench->set_pool,
      .descriptorSetCount = 1,
      .pSetLayouts = &bench->set_layout,
   };
   return demo_ok(vkAllocateDescriptorSets(dev, &set_info, &bench->set),
                  "vkAllocateDescriptorSets");
}

static void
finish_buffer(struct bench *bench)
{
   const VkDevice dev = bench->dev.handle;

   if (!dev)
      return;
   vkDestroyDescriptorPool(dev, bench->set_pool, NULL);
   vkDestroyDescriptorSetLayout(dev, bench->set_layout, NULL);
   vkDestroyBuffer(dev, bench->buffer, NULL);
   vkFreeMemory(dev, bench->memory, NULL);
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
        prepare_buffer(&bench) &&
        demo_triangle_init(&bench.triangle, &bench.image);
   if (ok) {
      prepare_import(&bench);
      measure_memory(&bench);
      measure(&bench, "create-and-bind-buffer", create_and_bind_buffer, 1);
      measure(&bench, "create-image", create_image, 1);
      measure(&bench, "update-descriptor", update_descriptor, UPDATES);
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
   finish_buffer(&bench);
   demo_image_finish(&bench.image);
   demo_device_finish(&bench.dev);
   demo_instance_finish(&bench.instance);
   return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
