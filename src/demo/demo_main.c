/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * venus-demo: reads the options, runs one of the four modes. What it prints
 * on stdout is "key: text" lines, which bin/demo reads.
 */

#include "demo.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum mode {
   MODE_SHARE,
   MODE_NATIVE,
   MODE_IMPORT_COST,
   MODE_LIST_EXTENSIONS,
};

struct options {
   enum mode mode;
   const char *native_output;
   bool require_stats;
   struct demo_share_options share;
};

static const char usage_text[] =
   "Usage: venus-demo [OPTIONS]\n"
   "\n"
   "Device A exports an image as a dma-buf, device B imports it and draws a\n"
   "triangle into it, A looks at it through its own mapping.\n"
   "\n"
   "  --output FILE         write what A sees as PNG\n"
   "  --reference FILE      compare it with a raw picture made by --native\n"
   "  --server-pid PID      look for the pages in the processes below PID "
   "too\n"
   "  --require-stats       fail if the driver does not count its commands\n"
   "\n"
   "Other modes:\n"
   "  --native FILE         draw into an ordinary image; FILE is raw, or "
   "PNG\n"
   "                        if it ends in .png\n"
   "  --import-cost         measure one import of a dma-buf\n"
   "  --list-extensions     which extensions for sharing the device has\n"
   "  --help                this text\n";

static bool
parse_pid(const char *text, pid_t *out_pid)
{
   char *end;
   long value;

   errno = 0;
   value = strtol(text, &end, 10);
   if (errno || end == text || *end || value <= 0 || value > INT_MAX) {
      fprintf(stderr, "'%s' is not a process id\n", text);
      return false;
   }
   *out_pid = (pid_t)value;
   return true;
}

static bool
parse_options(int argc, char **argv, struct options *options)
{
   enum {
      OUTPUT = 1,
      REFERENCE,
      SERVER_PID,
      STATS,
      NATIVE,
      COST,
      LIST,
      HELP
   };
   static const struct option known[] = {
      { "output", required_argument, NULL, OUTPUT },
      { "reference", required_argument, NULL, REFERENCE },
      { "server-pid", required_argument, NULL, SERVER_PID },
      { "require-stats", no_argument, NULL, STATS },
      { "native", required_argument, NULL, NATIVE },
      { "import-cost", no_argument, NULL, COST },
      { "list-extensions", no_argument, NULL, LIST },
      { "help", no_argument, NULL, HELP },
      { 0 },
   };
   int option;

   while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
      switch (option) {
      case OUTPUT:
         options->share.output = optarg;
         break;
      case REFERENCE:
         options->share.reference = optarg;
         break;
      case SERVER_PID:
         if (!parse_pid(optarg, &options->share.server_pid))
            return false;
         break;
      case STATS:
         options->require_stats = true;
         break;
      case NATIVE:
         options->mode = MODE_NATIVE;
         options->native_output = optarg;
         break;
      case COST:
         options->mode = MODE_IMPORT_COST;
         break;
      case LIST:
         options->mode = MODE_LIST_EXTENSIONS;
         break;
      case HELP:
         fputs(usage_text, stdout);
         exit(EXIT_SUCCESS);
      default:
         return false;
      }
   }
   if (optind < argc) {
      fprintf(stderr, "'%s' is not expected here\n", argv[optind]);
      return false;
   }
   return true;
}

static bool
write_picture(const char *path, const uint8_t *raw)
{
   const size_t length = strlen(path);

   if (length > 4 && !strcmp(path + length - 4, ".png"))
      return demo_png_write(path, raw);
   return demo_raw_write(path, raw);
}

/* Waits for the drawing and makes it visible to the host. */
static bool
draw_for_host(const struct demo_triangle *triangle,
              const struct demo_image *image)
{
   const VkImageMemoryBarrier to_host = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
      .srcAccessMask = VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT,
      .dstAccessMask = VK_ACCESS_HOST_READ_BIT,
      .oldLayout = VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL,
      .newLayout = VK_IMAGE_LAYOUT_GENERAL,
      .srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
      .dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
      .image = image->handle,
      .subresourceRange = {
         .aspectMask = VK_IMAGE_ASPECT_COLOR_BIT,
         .levelCount = 1,
         .layerCount = 1,
      },
   };

   if (!demo_device_begin(image->dev))
      return false;
   demo_triangle_record(triangle, 1);
   vkCmdPipelineBarrier(
      image->dev->cmd, VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT,
      VK_PIPELINE_STAGE_HOST_BIT, 0, 0, NULL, 0, NULL, 1, &to_host);
   return demo_device_submit_and_wait(image->dev);
}

static bool
run_native(const struct demo_instance *instance, const char *path)
{
   struct demo_device dev = { 0 };
   struct demo_image image = { 0 };
   struct demo_triangle triangle = { 0 };
   uint8_t *raw = malloc(DEMO_RAW_BYTES);
   bool ok = raw && demo_device_init(&dev, instance, false) &&
             demo_image_init_native(&image, &dev) &&
             demo_triangle_init(&triangle, &image) &&
             draw_for_host(&triangle, &image);

   if (ok) {
      demo_image_read(&image, raw);
      ok = write_picture(path, raw);
   }
   demo_triangle_finish(&triangle);
   demo_image_finish(&image);
   demo_device_finish(&dev);
   free(raw);
   return ok;
}

static bool
list_extensions(const struct demo_instance *instance)
{
   /* The three that sharing is about; the fourth only helps. */
   for (uint32_t i = 0; i < DEMO_EXT_QUEUE_FAMILY_FOREIGN; i++) {
      printf("extension: %s %s\n", demo_extension_names[i],
             instance->has_extension[i] ? "yes" : "no");
   }
   return true;
}

int
main(int argc, char **argv)
{
   struct options options = { .mode = MODE_SHARE };
   struct demo_instance instance;
   bool ok;

   if (!parse_options(argc, argv, &options)) {
      fputs(usage_text, stderr);
      return 2;
   }
   ok = demo_instance_init(&instance);
   if (ok) {
      printf("device: %s\n", instance.props.deviceName);
      switch (options.mode) {
      case MODE_SHARE:
         ok = demo_share(&instance, &options.share);
         ok = demo_proof_no_copies(&instance, options.require_stats) && ok;
         break;
      case MODE_NATIVE:
         ok = run_native(&instance, options.native_output);
         break;
      case MODE_IMPORT_COST:
         ok = demo_import_cost(&instance);
         break;
      case MODE_LIST_EXTENSIONS:
         ok = list_extensions(&instance);
         break;
      }
   }
   demo_instance_finish(&instance);
   return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
