/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Taking samples, and the lines that bin/bench reads.
 */

#include "bench.h"

#include <fnmatch.h>
#include <stdio.h>

#define MAX_SAMPLES     101
#define DEFAULT_SAMPLES 101
#define QUICK_SAMPLES   3
#define WARM_UP         5

bool
bench_wanted(const struct bench_options *options, const char *name)
{
   return !options->filter || !fnmatch(options->filter, name, 0);
}

void
bench_print(const char *name, const char *unit, double value)
{
   printf("%s %s %.4f\n", name, unit, value);
   fflush(stdout);
}

static bool
take_sample(const struct bench_measure *measure, double *out_us)
{
   const uint32_t repeat = measure->repeat ? measure->repeat : 1;
   const uint32_t divisor = measure->divisor ? measure->divisor : 1;

   if (measure->before && !measure->before(measure->data))
      return false;
   const double start = demo_now_us();
   for (uint32_t i = 0; i < repeat; i++) {
      if (!measure->run(measure->data))
         return false;
   }
   *out_us = (demo_now_us() - start) / repeat / divisor;
   return true;
}

void
bench_measure(const struct bench_options *options,
              const struct bench_measure *measure)
{
   double samples[MAX_SAMPLES];
   uint32_t count = measure->samples ? measure->samples : DEFAULT_SAMPLES;
   uint32_t warm_up = WARM_UP;
   struct bench_calls before = { 0 };
   uint64_t server_before = 0;

   if (!bench_wanted(options, measure->name))
      return;
   if (options->quick) {
      count = QUICK_SAMPLES;
      warm_up = 1;
   }
   for (uint32_t i = 0; i < warm_up + count; i++) {
      double sample;

      if (options->calls && i == warm_up) {
         server_before = bench_server_switches();
         bench_calls_read(&before);
      }
      if (!take_sample(measure, &sample)) {
         fprintf(stderr, "%s: not measured\n", measure->name);
         return;
      }
      if (i >= warm_up)
         samples[i - warm_up] = sample;
   }
   if (options->calls) {
      /* with what happens before each sample */
      bench_calls_print(measure->name, &before, server_before,
                        count * (measure->repeat ? measure->repeat : 1) *
                           (measure->divisor ? measure->divisor : 1));
   }
   bench_print(measure->name, "us", demo_median(samples, count));
}
