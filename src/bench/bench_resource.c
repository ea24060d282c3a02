/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Buffers and images, with the questions that come with them.
 */

#include "bench.h"

static bool
create_bind_buffer(void *data)
{
   struct bench *bench = data;
   const VkDevice dev = bench->dev.handle;
   VkMemoryRequirements requirements;
   VkBuffer buffer = VK_NULL_HANDLE;

   if (!demo_ok(vkCreateBuffer(dev, &bench_buffer_info, NULL, &buffer),
                "vkCreateBuffer"))
      return false;
   vkGetBufferMemoryRequirements(dev, buffer, &requirements);
   const bool ok = requirements.size <= BENCH_MEMORY_BYTES &&
                   demo_ok(vkBindBufferMemory(dev, buffer, bench->memory, 0),
                           "vkBindBufferMemory");
   vkDestroyBuffer(dev, buffer, NULL);
   return ok;
}

static bool
create_image(void *data)
{
   const struct bench *bench = data;
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
query_format(void *data)
{
   const struct bench *bench = data;
   VkImageFormatProperties props;

   return demo_ok(vkGetPhysicalDeviceImageFormatProperties(
                     bench->instance.pdev, DEMO_FORMAT, VK_IMAGE_TYPE_2D,
                     VK_IMAGE_TILING_OPTIMAL,
                     VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT, 0, &props),
                  "vkGetPhysicalDeviceImageFormatProperties");
}

void
bench_resource(struct bench *bench)
{
   const struct bench_measure measures[] = {
      { .name = "create-bind-buffer",
        .run = create_bind_buffer,
        .data = bench,
        .repeat = 20 },
      { .name = "create-image-ask-requirements",
        .run = create_image,
        .data = bench,
        .repeat = 20 },
      { .name = "query-image-format",
        .run = query_format,
        .data = bench,
        .repeat = 20 },
   };

   for (uint32_t i = 0; i < 3; i++)
      bench_measure(&bench->options, &measures[i]);
}
