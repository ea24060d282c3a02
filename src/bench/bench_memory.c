/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Memory as applications use it: allocate, map, touch, free.
 */

#include "bench.h"

struct allocation {
   struct bench *bench;
   VkDeviceSize bytes;
};

static bool
allocate_map_free(void *data)
{
   const struct allocation *allocation = data;
   const VkDevice dev = allocation->bench->dev.handle;
   const VkMemoryAllocateInfo info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
      .allocationSize = allocation->bytes,
      .memoryTypeIndex = allocation->bench->image.memory_type,
   };
   VkDeviceMemory memory = VK_NULL_HANDLE;
   void *map = NULL;
   bool ok;

   ok = demo_ok(vkAllocateMemory(dev, &info, NULL, &memory),
                "vkAllocateMemory") &&
        demo_ok(vkMapMemory(dev, memory, 0, VK_WHOLE_SIZE, 0, &map),
                "vkMapMemory");
   if (ok) {
      *(volatile uint32_t *)map = 1;
      vkUnmapMemory(dev, memory);
   }
   vkFreeMemory(dev, memory, NULL);
   return ok;
}

/* Many at a time, so that no cache of one free piece answers for all. */
static bool
allocate_many(void *data)
{
   const struct allocation *allocation = data;
   const VkDevice dev = allocation->bench->dev.handle;
   const VkMemoryAllocateInfo info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
      .allocationSize = allocation->bytes,
      .memoryTypeIndex = allocation->bench->image.memory_type,
   };
   VkDeviceMemory memories[64] = { 0 };
   bool ok = true;

   for (uint32_t i = 0; ok && i < 64; i++) {
      void *map = NULL;
      ok = demo_ok(vkAllocateMemory(dev, &info, NULL, &memories[i]),
                   "vkAllocateMemory") &&
           demo_ok(vkMapMemory(dev, memories[i], 0, VK_WHOLE_SIZE, 0, &map),
                   "vkMapMemory");
      if (ok)
         *(volatile uint32_t *)map = 1;
   }
   for (uint32_t i = 0; i < 64; i++)
      vkFreeMemory(dev, memories[i], NULL);
   return ok;
}

void
bench_memory(struct bench *bench)
{
   struct allocation page = { bench, 4 << 10 };
   struct allocation medium = { bench, 64 << 10 };
   struct allocation large = { bench, 1 << 20 };
   const struct bench_measure measures[] = {
      { .name = "allocate-map-free-4KiB",
        .run = allocate_map_free,
        .data = &page,
        .repeat = 10 },
      { .name = "allocate-map-free-64KiB",
        .run = allocate_map_free,
        .data = &medium,
        .repeat = 10 },
      { .name = "allocate-map-free-1MiB",
        .run = allocate_map_free,
        .data = &large,
        .repeat = 10 },
      { .name = "allocate-map-64-then-free-64KiB",
        .run = allocate_many,
        .data = &medium,
        .samples = 21,
        .divisor = 64 },
   };

   for (uint32_t i = 0; i < 4; i++)
      bench_measure(&bench->options, &measures[i]);
}
