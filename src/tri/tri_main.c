/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * test_tri: options, the choice of the road, and what was measured. Lines on
 * stdout are "key: text".
 */

#include "tri.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const char *const tri_road_names[] = {
   [TRI_ROAD_GBM] = "gbm",
   [TRI_ROAD_EXPORT] = "export",
   [TRI_ROAD_COPY] = "copy",
};

#define ROAD_COUNT (sizeof(tri_road_names) / sizeof(tri_road_names[0]))

struct options {
   const char *device;
   int road; /* enum tri_road, or -1: the first that works */
   bool bench;
   uint32_t frames;
   const char *command;
   const char *reference;
   uint32_t width, height; /* of the reference */
};

static const char usage_text[] =
   "Usage: test_tri [OPTIONS]\n"
   "\n"
   "Shows a turning triangle on the screen, drawn by Vulkan into buffers "
   "that\n"
   "the display reads, and says how many frames a second that makes.\n"
   "\n"
   "  --road ROAD          gbm: gbm_bo_create, imported into Vulkan\n"
   "                       export: Vulkan's memory, exported to KMS\n"
   "                       copy: drawn elsewhere, copied by the CPU\n"
   "                       auto (default): the first of these that works\n"
   "  --bench              the road and the copy, one after the other, and\n"
   "                       the ratio\n"
   "  --frames N           how many (default 120); the last one never "
   "differs\n"
   "  --exec COMMAND       run by a shell while the last frame is shown; "
   "its\n"
   "                       failure is ours (default: that of the variable\n"
   "                       TEST_TRI_EXEC, which bin/guest-vm sets)\n"
   "  --device NODE        the DRM device (default: the first with a "
   "screen)\n"
   "  --reference FILE.png only draw the last frame, into a picture, "
   "without\n"
   "                       a screen\n"
   "  --size WxH           of that picture (default 1280x800)\n"
   "  --help               this text\n";

static volatile bool stop;

static void
on_signal(int number)
{
   stop = true;
}

double
tri_now(void)
{
   struct timespec ts;

   clock_gettime(CLOCK_MONOTONIC, &ts);
   return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

float
tri_angle(const struct tri_run *run, uint32_t frame)
{
   return (float)(run->frames - 1 - frame) * (float)(M_PI / 90.0);
}

static bool
parse_u32(const char *text, uint32_t max, uint32_t *out)
{
   char *end;

   errno = 0;
   const unsigned long value = strtoul(text, &end, 10);
   if (errno || end == text || *end || *text == '-' || !value ||
       value > max) {
      fprintf(stderr, "'%s' is not a number from 1 to %u\n", text, max);
      return false;
   }
   *out = (uint32_t)value;
   return true;
}

static bool
parse_size(const char *text, struct options *options)
{
   unsigned width, height;
   char rest;

   if (sscanf(text, "%5ux%5u%c", &width, &height, &rest) != 2 || !width ||
       !height || width > 16384 || height > 16384) {
      fprintf(stderr, "'%s' is not a size such as 1280x800\n", text);
      return false;
   }
   options->width = width;
   options->height = height;
   return true;
}

static bool
parse_road(const char *text, int *road)
{
   *road = -1;
   if (!strcmp(text, "auto"))
      return true;
   for (unsigned i = 0; i < ROAD_COUNT; i++) {
      if (!strcmp(text, tri_road_names[i])) {
         *road = (int)i;
         return true;
      }
   }
   fprintf(stderr, "'%s' is no road (see --help)\n", text);
   return false;
}

static bool
parse_options(int argc, char **argv, struct options *options)
{
   enum { ROAD = 1, BENCH, FRAMES, EXEC, DEVICE, REFERENCE, SIZE, HELP };
   static const struct option table[] = {
      { "road", required_argument, NULL, ROAD },
      { "bench", no_argument, NULL, BENCH },
      { "frames", required_argument, NULL, FRAMES },
      { "exec", required_argument, NULL, EXEC },
      { "device", required_argument, NULL, DEVICE },
      { "reference", required_argument, NULL, REFERENCE },
      { "size", required_argument, NULL, SIZE },
      { "help", no_argument, NULL, HELP },
      { 0 },
   };
   bool ok = true;
   int opt;

   while (ok && (opt = getopt_long(argc, argv, "", table, NULL)) != -1) {
      switch (opt) {
      case ROAD:
         ok = parse_road(optarg, &options->road);
         break;
      case BENCH:
         options->bench = true;
         break;
      case FRAMES:
         ok = parse_u32(optarg, 1000000, &options->frames);
         break;
      case EXEC:
         options->command = optarg;
         break;
      case DEVICE:
         options->device = optarg;
         break;
      case REFERENCE:
         options->reference = optarg;
         break;
      case SIZE:
         ok = parse_size(optarg, options);
         break;
      case HELP:
         fputs(usage_text, stdout);
         exit(EXIT_SUCCESS);
      default:
         ok = false;
      }
   }
   if (ok && optind < argc) {
      fprintf(stderr, "unexpected argument '%s' (see --help)\n",
              argv[optind]);
      ok = false;
   }
   return ok;
}

static bool
run_command(void *data)
{
   const char *command = data;
   const int status = system(command);

   if (status)
      fprintf(stderr, "'%s' ended with status %d\n", command, status);
   return status == 0;
}

static bool
run_road(struct tri_run *run, enum tri_road road)
{
   run->shown = 0;
   run->copied_B = 0;
   printf("road: %s\n", tri_road_names[road]);
   if (!(road == TRI_ROAD_COPY ? tri_run_copy(run) : tri_run_zero(run, road)))
      return false;
   printf("%s: %u frames in %.3f s, %.1f a second, %llu bytes copied by the "
          "CPU\n",
          tri_road_names[road], run->shown, run->seconds,
          run->shown / run->seconds, (unsigned long long)run->copied_B);
   return true;
}

/* The road that was taken, or -1. */
static int
run_first(struct tri_run *run, int wanted)
{
   if (wanted >= 0)
      return run_road(run, (enum tri_road)wanted) ? wanted : -1;
   for (unsigned i = 0; i < ROAD_COUNT; i++) {
      if (run_road(run, (enum tri_road)i))
         return (int)i;
      if (!run->impossible)
         return -1;
      if (i + 1 < ROAD_COUNT)
         fprintf(stderr, "the road %s is not possible here; trying %s\n",
                 tri_road_names[i], tri_road_names[i + 1]);
   }
   return -1;
}

static bool
run_all(struct tri_run *run, const struct options *options)
{
   const int road = run_first(run, options->road);

   if (road < 0)
      return false;
   if (!options->bench || road == TRI_ROAD_COPY || stop)
      return true;
   const double rate = run->shown / run->seconds;
   run->on_last = NULL; /* the picture has been looked at */
   if (!run_road(run, TRI_ROAD_COPY))
      return false;
   printf("ratio: %s shows %.2f times as many frames as copy\n",
          tri_road_names[road], rate / (run->shown / run->seconds));
   return true;
}

static bool
show(const struct options *options)
{
   struct tri_kms kms = { .fd = -1 };
   struct tri_vulkan vk = { 0 };
   struct tri_draw draw = { 0 };
   struct tri_run run = {
      .kms = &kms,
      .vk = &vk,
      .draw = &draw,
      .frames = options->frames,
      .stop = &stop,
      .on_last = options->command ? run_command : NULL,
      .on_last_data = (void *)options->command,
   };
   bool ok = false;

   if (tri_kms_init(&kms, options->device) && tri_vulkan_init(&vk, kms.fd)) {
      printf("screen: %ux%u\n", kms.width, kms.height);
      printf("device: %s\n", vk.props.deviceName);
      ok = tri_draw_init(&draw, &vk, kms.width, kms.height) &&
           run_all(&run, options);
   }
   tri_draw_finish(&draw);
   tri_vulkan_finish(&vk);
   tri_kms_finish(&kms);
   return ok;
}

int
main(int argc, char **argv)
{
   struct options options = {
      .road = -1,
      .command = getenv("TEST_TRI_EXEC"),
      .frames = 120,
      .width = 1280,
      .height = 800,
   };
   const struct sigaction action = { .sa_handler = on_signal };

   if (!parse_options(argc, argv, &options))
      return 2;
   setvbuf(stdout, NULL, _IOLBF, 0);
   sigaction(SIGINT, &action, NULL);
   sigaction(SIGTERM, &action, NULL);
   const bool ok =
      options.reference
         ? tri_reference(options.width, options.height, options.reference)
         : show(&options);
   return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
