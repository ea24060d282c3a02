/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Query results in all forms: narrow and wide, with availability, partial,
 * before and after; what must be left alone; and waiting for a result while
 * the queue itself waits for the host.
 */

#include <pthread.h>
#include <string.h>
#include <time.h>

#include "vk_fixture.h"

#define QUERIES 4
#define LATE    2 /* from here on in the second submission */
#define UNUSED  0xa5

static void
create_pool(struct vkt_device *dev, VkQueryType type, VkQueryPool *pool_out)
{
   const VkQueryPoolCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO,
      .queryType = type,
      .queryCount = QUERIES,
   };

   VKT_CHECK(vkCreateQueryPool(dev->handle, &info, NULL, pool_out));
}

/* Begins a recording of timestamps, or of occlusion queries of nothing. */
static bool
record_queries(struct vkt_device *dev,
               VkQueryPool pool,
               bool timestamps,
               uint32_t first,
               uint32_t end)
{
   if (!vkt_begin(dev))
      return false;
   for (uint32_t i = first; i < end; i++) {
      if (timestamps) {
         vkCmdWriteTimestamp(dev->cmd, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT,
                             pool, i);
      } else {
         vkCmdBeginQuery(dev->cmd, pool, i, 0);
         vkCmdEndQuery(dev->cmd, pool, i);
      }
   }
   return true;
}

static bool
is_untouched(const uint8_t *bytes, size_t size)
{
   for (size_t i = 0; i < size; i++) {
      if (bytes[i] != UNUSED)
         return false;
   }
   return true;
}

/* Asks in one form and checks the answer; queries below `done` are there. */
static void
check_form(struct vkt_device *dev,
           VkQueryPool pool,
           VkQueryResultFlags flags,
           uint32_t done)
{
   const size_t word = flags & VK_QUERY_RESULT_64_BIT ? 8 : 4;
   const size_t stride = 5 * 8;
   uint8_t data[QUERIES * 5 * 8];
   VkResult result;

   memset(data, UNUSED, sizeof(data));
   result = vkGetQueryPoolResults(dev->handle, pool, 0, QUERIES, sizeof(data),
                                  data, stride, flags);
   if (!(flags & VK_QUERY_RESULT_PARTIAL_BIT))
      U_CHECK_EQ(result, done == QUERIES ? VK_SUCCESS : VK_NOT_READY);
   for (uint32_t i = 0; i < QUERIES; i++) {
      const uint8_t *bytes = data + i * stride;
      size_t used = word;

      if (i >= done && !(flags & VK_QUERY_RESULT_PARTIAL_BIT))
         U_CHECK(is_untouched(bytes, word));
      if (flags & VK_QUERY_RESULT_WITH_AVAILABILITY_BIT) {
         uint64_t available = 0;
         memcpy(&available, bytes + word, word);
         U_CHECK_EQ(available != 0, i < done);
         used += word;
      }
      U_CHECK(is_untouched(bytes + used, stride - used));
   }
}

static void
check_forms(struct vkt_device *dev,
            VkQueryPool pool,
            bool timestamps,
            uint32_t done)
{
   for (VkQueryResultFlags flags = 0; flags < 16; flags++) {
      if ((flags & VK_QUERY_RESULT_WAIT_BIT) && done < QUERIES)
         continue;
      if ((flags & VK_QUERY_RESULT_PARTIAL_BIT) && timestamps)
         continue;
      check_form(dev, pool, flags, done);
   }
}

struct opener {
   struct vkt_device *dev;
   VkSemaphore gate;
};

static void *
open_gate(void *data)
{
   struct opener *opener = data;
   const VkSemaphoreSignalInfo info = {
      .sType = VK_STRUCTURE_TYPE_SEMAPHORE_SIGNAL_INFO,
      .semaphore = opener->gate,
      .value = 1,
   };

   /* long enough for the other thread to be in its call */
   nanosleep(&(struct timespec){ .tv_nsec = 50 * 1000 * 1000 }, NULL);
   VKT_CHECK(vkSignalSemaphore(opener->dev->handle, &info));
   return NULL;
}

static void
test_type(struct vkt_device *dev, VkQueryType type)
{
   const bool timestamps = type == VK_QUERY_TYPE_TIMESTAMP;
   const VkSemaphoreTypeCreateInfo type_info = {
      .sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
      .semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE,
   };
   const VkSemaphoreCreateInfo semaphore_info = {
      .sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO,
      .pNext = &type_info,
   };
   const uint64_t one = 1;
   const VkTimelineSemaphoreSubmitInfo values = {
      .sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
      .waitSemaphoreValueCount = 1,
      .pWaitSemaphoreValues = &one,
   };
   const VkPipelineStageFlags stage = VK_PIPELINE_STAGE_ALL_COMMANDS_BIT;
   struct opener opener = { .dev = dev };
   const VkSubmitInfo gated = {
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
      .pNext = &values,
      .waitSemaphoreCount = 1,
      .pWaitSemaphores = &opener.gate,
      .pWaitDstStageMask = &stage,
      .commandBufferCount = 1,
      .pCommandBuffers = &dev->cmd,
   };
   VkQueryPool pool = VK_NULL_HANDLE;
   uint64_t results[QUERIES] = { 0 };
   pthread_t thread;

   VKT_CHECK(
      vkCreateSemaphore(dev->handle, &semaphore_info, NULL, &opener.gate));
   create_pool(dev, type, &pool);
   vkResetQueryPool(dev->handle, pool, 0, QUERIES);
   check_forms(dev, pool, timestamps, 0);
   if (!U_CHECK(record_queries(dev, pool, timestamps, 0, LATE)) ||
       !U_CHECK(vkt_submit_wait(dev)))
      goto out;
   check_forms(dev, pool, timestamps, LATE);

   /* no look without the wait flag meanwhile: lavapipe would not return */
   if (!U_CHECK(record_queries(dev, pool, timestamps, LATE, QUERIES)))
      goto out;
   VKT_CHECK(vkEndCommandBuffer(dev->cmd));
   VKT_CHECK(vkQueueSubmit(dev->queue, 1, &gated, VK_NULL_HANDLE));
   if (!U_CHECK_EQ(pthread_create(&thread, NULL, open_gate, &opener), 0))
      exit(EXIT_FAILURE);
   VKT_CHECK(vkGetQueryPoolResults(
      dev->handle, pool, 0, QUERIES, sizeof(results), results, 8,
      VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT));
   for (uint32_t i = 1; i < QUERIES; i++)
      U_CHECK(timestamps ? results[i] >= results[i - 1] : !results[i]);
   pthread_join(thread, NULL);
   VKT_CHECK(vkQueueWaitIdle(dev->queue));
   check_forms(dev, pool, timestamps, QUERIES);
   vkResetQueryPool(dev->handle, pool, 0, QUERIES);
   check_forms(dev, pool, timestamps, 0);
out:
   vkDestroyQueryPool(dev->handle, pool, NULL);
   vkDestroySemaphore(dev->handle, opener.gate, NULL);
}

int
main(void)
{
   VkPhysicalDeviceVulkan12Features features = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES,
      .timelineSemaphore = VK_TRUE,
      .hostQueryReset = VK_TRUE,
   };
   struct vkt_instance instance;
   struct vkt_device dev = { 0 };

   vkt_bound(60);
   if (!U_CHECK(vkt_instance_init(&instance)))
      goto out;
   if (U_CHECK(vkt_device_init(&dev, &instance, NULL, 0, &features))) {
      test_type(&dev, VK_QUERY_TYPE_OCCLUSION);
      if (instance.timestamp_bits)
         test_type(&dev, VK_QUERY_TYPE_TIMESTAMP);
   }
out:
   vkt_device_finish(&dev);
   vkt_instance_finish(&instance);
   return u_test_result();
}
