/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Time and medians.
 */

#include "demo.h"

#include <stdlib.h>
#include <time.h>

double
demo_now_us(void)
{
   struct timespec now;

   clock_gettime(CLOCK_MONOTONIC, &now);
   return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int
compare_doubles(const void *a, const void *b)
{
   const double x = *(const double *)a, y = *(const double *)b;

   return (x > y) - (x < y);
}

double
demo_median(double *samples, size_t count)
{
   qsort(samples, count, sizeof(*samples), compare_doubles);
   return count % 2 ? samples[count / 2]
                    : (samples[count / 2 - 1] + samples[count / 2]) / 2.0;
}
