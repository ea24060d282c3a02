/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * venus-bench: what single operations cost on the driver in use. Absolute
 * numbers say little; bin/bench runs this on several stacks and compares.
 */

#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
help(void)
{
   puts("Usage: venus-bench [--quick] [--calls] [--filter PATTERN]\n"
        "       venus-bench --frames N\n"
        "\n"
        "Prints one line for each measure: its name, \"us\" or \"count\",\n"
        "and the median time of one operation or the count for one frame.\n"
        "\n"
        "  --quick           few samples: does it run at all\n"
        "  --calls           what each measure asks of the kernel, too\n"
        "  --filter PATTERN  the measures whose names match the shell "
        "pattern;\n"
        "                    \"frame-calls\" stands for all counts\n"
        "  --frames N        draws N frames and measures nothing, for a\n"
        "                    driver that counts by itself");
}

static bool
parse(int argc, char **argv, struct bench_options *options)
{
   for (int i = 1; i < argc; i++) {
      if (!strcmp(argv[i], "--quick")) {
         options->quick = true;
      } else if (!strcmp(argv[i], "--calls")) {
         options->calls = true;
      } else if (!strcmp(argv[i], "--filter") && i + 1 < argc) {
         options->filter = argv[++i];
      } else if (!strcmp(argv[i], "--frames") && i + 1 < argc) {
         options->frames_only = true;
         options->frames = (uint32_t)strtoul(argv[++i], NULL, 10);
      } else {
         fprintf(stderr, "venus-bench: what is %s? (see --help)\n", argv[i]);
         return false;
      }
   }
   return true;
}

int
main(int argc, char **argv)
{
   struct bench bench = { 0 };
   struct bench_scene scene = { 0 };

   if (argc == 2 && !strcmp(argv[1], "--help")) {
      help();
      return EXIT_SUCCESS;
   }
   if (!parse(argc, argv, &bench.options))
      return 2;

   if (!bench.options.frames_only)
      bench_startup(&bench.options);
   bool ok = bench_init(&bench) && bench_scene_init(&scene, &bench);
   if (ok && bench.options.frames_only) {
      ok = bench_draw_frames(&scene, bench.options.frames);
   } else if (ok) {
      bench_memory(&bench);
      bench_resource(&bench);
      bench_descriptor(&bench);
      bench_record(&bench, &scene);
      bench_submit(&bench);
      bench_pipeline(&bench, &scene);
      bench_frame(&bench, &scene);
      bench_share(&bench);
      bench_present(&bench.options);
   }
   bench_scene_finish(&scene);
   bench_finish(&bench);
   return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
