/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * From nothing to a device with a queue, and back. Comes before everything
 * else, so that no other instance keeps the driver loaded.
 */

#include "bench.h"

struct startup {
   struct demo_instance instance;
   struct demo_device dev;
};

static bool
finish(void *data)
{
   struct startup *startup = data;

   demo_device_finish(&startup->dev);
   demo_instance_finish(&startup->instance);
   return true;
}

static bool
start(void *data)
{
   struct startup *startup = data;

   return demo_instance_init(&startup->instance) &&
          demo_device_init(&startup->dev, &startup->instance, false);
}

void
bench_startup(const struct bench_options *options)
{
   struct startup startup = { 0 };
   const struct bench_measure measure = {
      .name = "start-instance-and-device",
      .run = start,
      .before = finish,
      .data = &startup,
      .samples = 7,
   };

   bench_measure(options, &measure);
   finish(&startup);
}
