/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The handing over of one image between two devices: A owns the memory and
 * looks at it through its own mapping, B draws into it. No pixel is moved by
 * any command that is recorded here.
 */

#include "demo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define IMPORT_SAMPLES 201

static VkImageMemoryBarrier
whole_image(const struct demo_image *image)
{
   return (VkImageMemoryBarrier){
      .sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
      .oldLayout = VK_IMAGE_LAYOUT_GENERAL,
      .newLayout = VK_IMAGE_LAYOUT_GENERAL,
      .srcQueueFamilyIndex = VK_QUEUE_FAMILY_FOREIGN_EXT,
      .dstQueueFamilyIndex = VK_QUEUE_FAMILY_FOREIGN_EXT,
      .image = image->handle,
      .subresourceRange = {
         .aspectMask = VK_IMAGE_ASPECT_COLOR_BIT,
         .levelCount = 1,
         .layerCount = 1,
      },
   };
}

/* B draws and releases the image to whoever is outside of its device. What
 * was in it before does not matter, so there is nothing to acquire first. */
static bool
draw_and_release(const struct demo_triangle *triangle,
                 const struct demo_image *image)
{
   struct demo_device *dev = image->dev;
   VkImageMemoryBarrier release = whole_image(image);

   release.srcAccessMask = VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT;
   release.oldLayout = VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL;
   release.srcQueueFamilyIndex = dev->instance->queue_family;

   if (!demo_device_begin(dev))
      return false;
   demo_triangle_record(triangle, 1);
   vkCmdPipelineBarrier(
      dev->cmd, VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT,
      VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, 0, 0, NULL, 0, NULL, 1, &release);
   return demo_device_submit_and_wait(dev);
}

/* A takes the image back, for reading on the host. That takes two steps: the
 * host stage may not be part of a transfer of ownership
 * (VUID-vkCmdPipelineBarrier-srcStageMask-09633). */
static bool
acquire_for_host(const struct demo_image *image)
{
   struct demo_device *dev = image->dev;
   VkImageMemoryBarrier acquire = whole_image(image);
   const VkMemoryBarrier to_host = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
      .srcAccessMask = VK_ACCESS_MEMORY_WRITE_BIT,
      .dstAccessMask = VK_ACCESS_HOST_READ_BIT,
   };

   acquire.dstAccessMask = VK_ACCESS_MEMORY_READ_BIT;
   acquire.dstQueueFamilyIndex = dev->instance->queue_family;

   if (!demo_device_begin(dev))
      return false;
   vkCmdPipelineBarrier(dev->cmd, VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT,
                        VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 0, NULL, 0,
                        NULL, 1, &acquire);
   vkCmdPipelineBarrier(dev->cmd, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT,
                        VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &to_host, 0, NULL,
                        0, NULL);
   return demo_device_submit_and_wait(dev);
}

static bool
check_picture(const struct demo_image *image,
              const struct demo_share_options *options)
{
   uint8_t *raw = malloc(DEMO_RAW_BYTES);
   uint8_t *reference = malloc(DEMO_RAW_BYTES);
   bool ok = raw && reference;

   if (!ok) {
      fprintf(stderr, "no memory for the pictures\n");
   } else {
      demo_image_read(image, raw);
      if (options->output)
         ok = demo_png_write(options->output, raw);
      if (options->reference)
         ok = demo_raw_read(options->reference, reference) &&
              demo_compare(raw, reference) && ok;
   }
   free(reference);
   free(raw);
   return ok;
}

bool
demo_share(const struct demo_instance *instance,
           const struct demo_share_options *options)
{
   struct demo_device a = { 0 }, b = { 0 };
   struct demo_image exported = { 0 }, imported = { 0 };
   struct demo_triangle triangle = { 0 };
   bool ok = false;
   int fd = -1;

   if (!demo_device_init(&a, instance, true) ||
       !demo_device_init(&b, instance, true) ||
       !demo_image_init_export(&exported, &a))
      goto out;
   fd = demo_image_export_fd(&exported);
   if (fd < 0 || !demo_image_init_import(&imported, &b, fd, &exported) ||
       !demo_triangle_init(&triangle, &imported))
      goto out;

   if (!draw_and_release(&triangle, &imported) ||
       !acquire_for_host(&exported))
      goto out;

   /* Both are worth knowing even if one fails. */
   ok = check_picture(&exported, options);
   ok = demo_proof_same_pages(fd, options->server_pid) && ok;

out:
   demo_triangle_finish(&triangle);
   demo_image_finish(&imported);
   if (fd >= 0)
      close(fd);
   demo_image_finish(&exported);
   demo_device_finish(&b);
   demo_device_finish(&a);
   return ok;
}

/* One import of memory that is already alive, as a compositor does it for
 * each new buffer of a client. */
static bool
measure_imports(const struct demo_image *target, int fd, double *samples)
{
   for (uint32_t i = 0; i < IMPORT_SAMPLES; i++) {
      VkDeviceMemory memory = VK_NULL_HANDLE;
      const double start = demo_now_us();
      const VkResult result = demo_import_memory(target, fd, &memory);

      vkFreeMemory(target->dev->handle, memory, NULL);
      samples[i] = demo_now_us() - start;
      if (!demo_ok(result, "vkAllocateMemory (import)"))
         return false;
   }
   return true;
}

bool
demo_import_cost(const struct demo_instance *instance)
{
   struct demo_device a = { 0 }, b = { 0 };
   struct demo_image exported = { 0 }, imported = { 0 };
   double samples[IMPORT_SAMPLES];
   bool ok = false;
   int fd = -1;

   if (!demo_device_init(&a, instance, true) ||
       !demo_device_init(&b, instance, true) ||
       !demo_image_init_export(&exported, &a))
      goto out;
   fd = demo_image_export_fd(&exported);
   if (fd < 0 || !demo_image_init_import(&imported, &b, fd, &exported))
      goto out;
   ok = measure_imports(&imported, fd, samples);
   if (ok) {
      printf("import-cost-us: %.1f (median of %d, import and free)\n",
             demo_median(samples, IMPORT_SAMPLES), IMPORT_SAMPLES);
   }

out:
   demo_image_finish(&imported);
   if (fd >= 0)
      close(fd);
   demo_image_finish(&exported);
   demo_device_finish(&b);
   demo_device_finish(&a);
   return ok;
}
