/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Answers that are bytes: query results, of which only those that are there
 * may be written, and pipeline caches, whose data must be this device's own.
 */

#include <string.h>

#include "vk_fixture.h"

#define QUERIES   3
#define STRIDE    5 /* words */
#define UNTOUCHED 0x5a5a5a5au

static void
test_query_results(struct vkt_device *dev)
{
   const VkQueryPoolCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO,
      .queryType = VK_QUERY_TYPE_OCCLUSION,
      .queryCount = QUERIES,
      .pipelineStatistics = 0xdeadbeef, /* ignored */
   };
   _Alignas(8) uint32_t words[QUERIES * STRIDE];
   VkQueryPool pool;

   if (!VKT_CHECK(vkCreateQueryPool(dev->handle, &info, NULL, &pool)))
      return;
   if (vkt_begin(dev)) {
      vkCmdResetQueryPool(dev->cmd, pool, 0, QUERIES);
      vkCmdBeginQuery(dev->cmd, pool, 1, 0);
      vkCmdEndQuery(dev->cmd, pool, 1);
      vkt_submit_wait(dev);
   }

   memset(words, 0x5a, sizeof(words));
   U_CHECK_EQ(vkGetQueryPoolResults(dev->handle, pool, 0, QUERIES,
                                    sizeof(words), words, STRIDE * 4, 0),
              VK_NOT_READY);
   for (unsigned i = 0; i < QUERIES * STRIDE; i++)
      U_CHECK_EQ(words[i], i == STRIDE ? 0 : UNTOUCHED);

   memset(words, 0x5a, sizeof(words));
   const VkResult result = vkGetQueryPoolResults(
      dev->handle, pool, 0, QUERIES, sizeof(words), words, STRIDE * 4,
      VK_QUERY_RESULT_WITH_AVAILABILITY_BIT);
   U_CHECK(result == VK_SUCCESS || result == VK_NOT_READY);
   for (unsigned i = 0; i < QUERIES * STRIDE; i++) {
      const unsigned word = i % STRIDE;
      const bool there = i / STRIDE == 1;
      if (word == 0)
         U_CHECK_EQ(words[i], there ? 0 : UNTOUCHED);
      else if (word == 1)
         U_CHECK_EQ(words[i] != 0, there);
      else
         U_CHECK_EQ(words[i], UNTOUCHED);
   }

   memset(words, 0x5a, sizeof(words));
   VKT_CHECK(vkGetQueryPoolResults(
      dev->handle, pool, 1, 1, 8, words, 8,
      VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT));
   U_CHECK_EQ(words[0], 0);
   U_CHECK_EQ(words[1], 0);
   U_CHECK_EQ(words[2], UNTOUCHED);
   vkDestroyQueryPool(dev->handle, pool, NULL);
}

static VkPipelineCache
create_cache(struct vkt_device *dev, const void *data, size_t size)
{
   const VkPipelineCacheCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO,
      .initialDataSize = size,
      .pInitialData = data,
   };
   VkPipelineCache cache = VK_NULL_HANDLE;

   VKT_CHECK(vkCreatePipelineCache(dev->handle, &info, NULL, &cache));
   return cache;
}

/* Data of any kind makes a cache. */
static void
test_cache_from(struct vkt_device *dev, const void *data, size_t size)
{
   VkPipelineCache cache = create_cache(dev, data, size);
   size_t again = 0;

   VKT_CHECK(vkGetPipelineCacheData(dev->handle, cache, &again, NULL));
   U_CHECK(again >= sizeof(VkPipelineCacheHeaderVersionOne));
   vkDestroyPipelineCache(dev->handle, cache, NULL);
}

static void
test_cache_data(struct vkt_device *dev, VkPipelineCache cache)
{
   const VkPhysicalDeviceProperties *props = &dev->instance->props;
   VkPipelineCacheHeaderVersionOne header;
   size_t size = 0;

   VKT_CHECK(vkGetPipelineCacheData(dev->handle, cache, &size, NULL));
   uint8_t *data = calloc(1, size);
   if (!U_CHECK(size >= sizeof(header)) || !U_CHECK(data != NULL)) {
      free(data);
      return;
   }
   VKT_CHECK(vkGetPipelineCacheData(dev->handle, cache, &size, data));
   memcpy(&header, data, sizeof(header));
   U_CHECK_EQ(header.headerSize, sizeof(header));
   U_CHECK_EQ(header.headerVersion, VK_PIPELINE_CACHE_HEADER_VERSION_ONE);
   U_CHECK_EQ(header.vendorID, props->vendorID);
   U_CHECK_EQ(header.deviceID, props->deviceID);
   U_CHECK(!memcmp(header.pipelineCacheUUID, props->pipelineCacheUUID,
                   VK_UUID_SIZE));

   test_cache_from(dev, data, size);
   test_cache_from(dev, data, sizeof(header));
   test_cache_from(dev, data, sizeof(header) - 1);
   /* somebody else's, and ours with damage behind the header */
   data[offsetof(VkPipelineCacheHeaderVersionOne, pipelineCacheUUID)] ^= 1;
   test_cache_from(dev, data, size);
   data[offsetof(VkPipelineCacheHeaderVersionOne, pipelineCacheUUID)] ^= 1;
   memset(data + sizeof(header), 0xff, size - sizeof(header));
   test_cache_from(dev, data, size);

   memset(data, 0x5a, size);
   size_t short_size = sizeof(header) - 1;
   U_CHECK_EQ(vkGetPipelineCacheData(dev->handle, cache, &short_size, data),
              VK_INCOMPLETE);
   U_CHECK_EQ(short_size, 0);
   U_CHECK_EQ(data[0], 0x5a);
   short_size = sizeof(header);
   const VkResult result =
      vkGetPipelineCacheData(dev->handle, cache, &short_size, data);
   U_CHECK(result == VK_INCOMPLETE || size == sizeof(header));
   U_CHECK_EQ(short_size, sizeof(header));
   U_CHECK(!memcmp(data, &header, sizeof(header)));
   free(data);
}

int
main(void)
{
   struct vkt_instance instance;
   struct vkt_device dev = { 0 };

   vkt_bound(60);
   if (U_CHECK(vkt_instance_init(&instance)) &&
       U_CHECK(vkt_device_init(&dev, &instance, NULL, 0, NULL))) {
      VkPipelineCache cache = create_cache(&dev, NULL, 0);
      test_query_results(&dev);
      test_cache_data(&dev, cache);
      vkDestroyPipelineCache(dev.handle, cache, NULL);
   }
   vkt_device_finish(&dev);
   vkt_instance_finish(&instance);
   return u_test_result();
}
