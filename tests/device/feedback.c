/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What the GPU has said about events and queries, where a driver that keeps
 * it in memory of its own could miss something: resets and uses in one
 * command buffer and over several, secondary command buffers, commands that
 * wait for the host behind a query, many pools and events that come and go.
 *
 *    feedback         all of that
 *    feedback poll N  asks N times, for VN_DEBUG=stats
 */

#include <pthread.h>
#include <string.h>

#include "vk_fixture.h"

#define QUERIES 8
#define EVENTS  300
#define POOLS   100

static VkQueryPool
timestamps(struct vkt_device *dev, uint32_t count)
{
   const VkQueryPoolCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO,
      .queryType = VK_QUERY_TYPE_TIMESTAMP,
      .queryCount = count,
   };
   VkQueryPool pool = VK_NULL_HANDLE;

   VKT_CHECK(vkCreateQueryPool(dev->handle, &info, NULL, &pool));
   return pool;
}

static VkEvent
event(struct vkt_device *dev)
{
   const VkEventCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_EVENT_CREATE_INFO,
   };
   VkEvent handle = VK_NULL_HANDLE;

   VKT_CHECK(vkCreateEvent(dev->handle, &info, NULL, &handle));
   return handle;
}

static void
stamp(VkCommandBuffer cmd, VkQueryPool pool, uint32_t query)
{
   vkCmdWriteTimestamp(cmd, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, pool, query);
}

/* Which of the queries are available, bit per query. */
static uint32_t
available(struct vkt_device *dev, VkQueryPool pool)
{
   uint64_t results[QUERIES][2];
   uint32_t mask = 0;

   memset(results, 0, sizeof(results));
   const VkResult result = vkGetQueryPoolResults(
      dev->handle, pool, 0, QUERIES, sizeof(results), results, 16,
      VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WITH_AVAILABILITY_BIT);
   for (uint32_t i = 0; i < QUERIES; i++)
      mask |= (results[i][1] != 0) << i;
   U_CHECK_EQ(result, mask == (1 << QUERIES) - 1 ? VK_SUCCESS : VK_NOT_READY);
   return mask;
}

static void
test_resets(struct vkt_device *dev)
{
   VkQueryPool pool = timestamps(dev, QUERIES);

   U_CHECK(vkt_begin(dev));
   vkCmdResetQueryPool(dev->cmd, pool, 0, QUERIES);
   for (uint32_t i = 0; i < QUERIES; i++)
      stamp(dev->cmd, pool, i);
   vkCmdResetQueryPool(dev->cmd, pool, 2, 3);
   stamp(dev->cmd, pool, 3);
   U_CHECK(vkt_submit_wait(dev));
   U_CHECK_EQ(available(dev, pool), 0xeb);

   /* the reset of what another command buffer has written */
   U_CHECK(vkt_begin(dev));
   vkCmdResetQueryPool(dev->cmd, pool, 0, 2);
   U_CHECK(vkt_submit_wait(dev));
   U_CHECK_EQ(available(dev, pool), 0xe8);

   vkResetQueryPool(dev->handle, pool, 7, 1);
   U_CHECK_EQ(available(dev, pool), 0x68);

   /* everything anew, in another order, and the values are new */
   uint64_t old[1], new[QUERIES];
   VKT_CHECK(vkGetQueryPoolResults(dev->handle, pool, 3, 1, sizeof(old), old,
                                   8, VK_QUERY_RESULT_64_BIT));
   U_CHECK(vkt_begin(dev));
   vkCmdResetQueryPool(dev->cmd, pool, 0, QUERIES);
   for (uint32_t i = QUERIES; i > 0; i--)
      stamp(dev->cmd, pool, i - 1);
   U_CHECK(vkt_submit_wait(dev));
   VKT_CHECK(vkGetQueryPoolResults(dev->handle, pool, 0, QUERIES, sizeof(new),
                                   new, 8, VK_QUERY_RESULT_64_BIT));
   for (uint32_t i = 0; i < QUERIES; i++)
      U_CHECK(new[i] >= old[0] && (!i || new[i] <= new[i - 1]));
   vkDestroyQueryPool(dev->handle, pool, NULL);
}

static VkCommandBuffer
begin_secondary(struct vkt_device *dev)
{
   const VkCommandBufferAllocateInfo alloc = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
      .commandPool = dev->pool,
      .level = VK_COMMAND_BUFFER_LEVEL_SECONDARY,
      .commandBufferCount = 1,
   };
   const VkCommandBufferInheritanceInfo inheritance = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_INHERITANCE_INFO,
   };
   const VkCommandBufferBeginInfo begin = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
      .flags = VK_COMMAND_BUFFER_USAGE_SIMULTANEOUS_USE_BIT,
      .pInheritanceInfo = &inheritance,
   };
   VkCommandBuffer cmd = VK_NULL_HANDLE;

   VKT_CHECK(vkAllocateCommandBuffers(dev->handle, &alloc, &cmd));
   VKT_CHECK(vkBeginCommandBuffer(cmd, &begin));
   return cmd;
}

/* One secondary command buffer resets and writes, one only resets. */
static void
test_secondary(struct vkt_device *dev)
{
   VkQueryPool pool = timestamps(dev, QUERIES);
   VkCommandBuffer write = begin_secondary(dev);
   VkCommandBuffer reset = begin_secondary(dev);

   vkCmdResetQueryPool(write, pool, 0, 4);
   for (uint32_t i = 0; i < 4; i++)
      stamp(write, pool, i);
   vkCmdResetQueryPool(write, pool, 0, 1);
   VKT_CHECK(vkEndCommandBuffer(write));
   vkCmdResetQueryPool(reset, pool, 2, 4);
   VKT_CHECK(vkEndCommandBuffer(reset));

   vkResetQueryPool(dev->handle, pool, 0, QUERIES);
   for (uint32_t turn = 0; turn < 2; turn++) {
      U_CHECK(vkt_begin(dev));
      vkCmdResetQueryPool(dev->cmd, pool, 0, QUERIES);
      stamp(dev->cmd, pool, 5);
      stamp(dev->cmd, pool, 6);
      vkCmdExecuteCommands(dev->cmd, 1, &write);
      U_CHECK(vkt_submit_wait(dev));
      U_CHECK_EQ(available(dev, pool), 0x6e);

      U_CHECK(vkt_begin(dev));
      vkCmdExecuteCommands(dev->cmd, 1, &write);
      vkCmdExecuteCommands(dev->cmd, 1, &reset);
      U_CHECK(vkt_submit_wait(dev));
      U_CHECK_EQ(available(dev, pool), 0x42);
   }
   vkFreeCommandBuffers(dev->handle, dev->pool, 1, &write);
   vkFreeCommandBuffers(dev->handle, dev->pool, 1, &reset);
   vkDestroyQueryPool(dev->handle, pool, NULL);
}

/* The commands of one recording run several times. */
static void
test_again(struct vkt_device *dev)
{
   const VkCommandBufferBeginInfo begin = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
   };
   const VkSubmitInfo submit = {
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
      .commandBufferCount = 1,
      .pCommandBuffers = &dev->cmd,
   };
   VkQueryPool pool = timestamps(dev, 1);
   uint64_t last = 0;

   VKT_CHECK(vkBeginCommandBuffer(dev->cmd, &begin));
   stamp(dev->cmd, pool, 0);
   VKT_CHECK(vkEndCommandBuffer(dev->cmd));
   for (uint32_t i = 0; i < 20; i++) {
      uint64_t value = 0;

      vkResetQueryPool(dev->handle, pool, 0, 1);
      U_CHECK_EQ(vkGetQueryPoolResults(dev->handle, pool, 0, 1, 8, &value, 8,
                                       VK_QUERY_RESULT_64_BIT),
                 VK_NOT_READY);
      VKT_CHECK(vkQueueSubmit(dev->queue, 1, &submit, VK_NULL_HANDLE));
      VKT_CHECK(vkGetQueryPoolResults(
         dev->handle, pool, 0, 1, 8, &value, 8,
         VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT));
      U_CHECK(value > last);
      last = value;
      /* the results do not say that the commands are done */
      VKT_CHECK(vkQueueWaitIdle(dev->queue));
   }
   vkDestroyQueryPool(dev->handle, pool, NULL);
}

/* Events that the GPU sets, seen by somebody who polls. */
static void
test_events(struct vkt_device *dev)
{
   VkEvent done = event(dev), gate = event(dev);
   const VkSubmitInfo submit = {
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
      .commandBufferCount = 1,
      .pCommandBuffers = &dev->cmd,
   };

   for (uint32_t i = 0; i < 20; i++) {
      U_CHECK(vkt_begin(dev));
      vkCmdWaitEvents(dev->cmd, 1, &gate, VK_PIPELINE_STAGE_HOST_BIT,
                      VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, NULL, 0, NULL, 0,
                      NULL);
      vkCmdResetEvent(dev->cmd, gate, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT);
      vkCmdSetEvent(dev->cmd, done, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT);
      VKT_CHECK(vkEndCommandBuffer(dev->cmd));
      VKT_CHECK(vkQueueSubmit(dev->queue, 1, &submit, dev->fence));
      U_CHECK_EQ(vkGetEventStatus(dev->handle, done), VK_EVENT_RESET);
      VKT_CHECK(vkSetEvent(dev->handle, gate));
      VkResult status;
      do {
         status = vkGetEventStatus(dev->handle, done);
      } while (status == VK_EVENT_RESET);
      U_CHECK_EQ(status, VK_EVENT_SET);
      VKT_CHECK(vkWaitForFences(dev->handle, 1, &dev->fence, VK_TRUE,
                                VKT_TIMEOUT_NS));
      U_CHECK_EQ(vkGetEventStatus(dev->handle, gate), VK_EVENT_RESET);
      VKT_CHECK(vkResetFences(dev->handle, 1, &dev->fence));
      VKT_CHECK(vkResetEvent(dev->handle, done));
      U_CHECK_EQ(vkGetEventStatus(dev->handle, done), VK_EVENT_RESET);
   }
   vkDestroyEvent(dev->handle, gate, NULL);
   vkDestroyEvent(dev->handle, done, NULL);
}

/* More than one buffer of feedback holds, and each keeps what is its own. */
static void
test_many(struct vkt_device *dev)
{
   VkEvent events[EVENTS];
   VkQueryPool pools[POOLS];

   for (uint32_t i = 0; i < EVENTS; i++)
      events[i] = event(dev);
   for (uint32_t i = 0; i < POOLS; i++) {
      pools[i] = timestamps(dev, QUERIES << (i % 8));
      vkResetQueryPool(dev->handle, pools[i], 0, QUERIES);
   }
   U_CHECK(vkt_begin(dev));
   for (uint32_t i = 0; i < EVENTS; i += 3) {
      vkCmdSetEvent(dev->cmd, events[i], VK_PIPELINE_STAGE_ALL_COMMANDS_BIT);
   }
   for (uint32_t i = 0; i < POOLS; i++)
      stamp(dev->cmd, pools[i], i % QUERIES);
   U_CHECK(vkt_submit_wait(dev));
   for (uint32_t i = 0; i < EVENTS; i++) {
      U_CHECK_EQ(vkGetEventStatus(dev->handle, events[i]),
                 i % 3 ? VK_EVENT_RESET : VK_EVENT_SET);
      vkDestroyEvent(dev->handle, events[i], NULL);
      events[i] = i % 3 ? VK_NULL_HANDLE : event(dev);
      if (events[i])
         U_CHECK_EQ(vkGetEventStatus(dev->handle, events[i]), VK_EVENT_RESET);
   }
   for (uint32_t i = 0; i < POOLS; i++) {
      U_CHECK_EQ(available(dev, pools[i]), 1u << i % QUERIES);
      vkDestroyQueryPool(dev->handle, pools[i], NULL);
   }
   for (uint32_t i = 0; i < EVENTS; i++)
      vkDestroyEvent(dev->handle, events[i], NULL);
}

/* Another thread submits what this one waits for. (lavapipe itself does not
 * wait for that.) */
struct late {
   struct vkt_device *dev;
};

static void *
submit_late(void *data)
{
   const struct late *late = data;
   const VkSubmitInfo submit = {
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
      .commandBufferCount = 1,
      .pCommandBuffers = &late->dev->cmd,
   };

   nanosleep(&(struct timespec){ .tv_nsec = 20 * 1000 * 1000 }, NULL);
   VKT_CHECK(vkQueueSubmit(late->dev->queue, 1, &submit, VK_NULL_HANDLE));
   return NULL;
}

static void
test_late(struct vkt_device *dev)
{
   VkQueryPool pool = timestamps(dev, 2);
   struct late late = { dev };
   uint32_t values[2][2] = { 0 };
   pthread_t thread;

   vkResetQueryPool(dev->handle, pool, 0, 2);
   U_CHECK(vkt_begin(dev));
   stamp(dev->cmd, pool, 0);
   stamp(dev->cmd, pool, 1);
   VKT_CHECK(vkEndCommandBuffer(dev->cmd));
   if (!U_CHECK_EQ(pthread_create(&thread, NULL, submit_late, &late), 0))
      exit(EXIT_FAILURE);
   VKT_CHECK(vkGetQueryPoolResults(
      dev->handle, pool, 0, 2, sizeof(values), values, 8,
      VK_QUERY_RESULT_WAIT_BIT | VK_QUERY_RESULT_WITH_AVAILABILITY_BIT));
   U_CHECK(values[0][0] && values[0][1] && values[1][0] && values[1][1]);
   pthread_join(thread, NULL);
   VKT_CHECK(vkQueueWaitIdle(dev->queue));
   vkDestroyQueryPool(dev->handle, pool, NULL);
}

/* Nothing may be recorded behind a rendering that goes on in the next command
 * buffer; the last one is begun in a secondary command buffer. */
static void
test_suspended(struct vkt_device *dev)
{
   const VkRenderingInfo first = {
      .sType = VK_STRUCTURE_TYPE_RENDERING_INFO,
      .flags = VK_RENDERING_SUSPENDING_BIT,
      .renderArea.extent = { 8, 8 },
      .layerCount = 1,
   };
   VkRenderingInfo second = first;
   const VkCommandBufferAllocateInfo alloc = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
      .commandPool = dev->pool,
      .commandBufferCount = 1,
   };
   struct vkt_device other = *dev;
   VkQueryPool pools[2] = { timestamps(dev, 1), timestamps(dev, 1) };

   second.flags = VK_RENDERING_RESUMING_BIT;
   if (!VKT_CHECK(vkAllocateCommandBuffers(dev->handle, &alloc, &other.cmd)))
      return;
   for (uint32_t secondary = 0; secondary < 2; secondary++) {
      VkCommandBuffer inner =
         secondary ? begin_secondary(dev) : VK_NULL_HANDLE;
      const VkCommandBuffer cmds[2] = { dev->cmd, other.cmd };
      const VkSubmitInfo submit = {
         .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
         .commandBufferCount = 2,
         .pCommandBuffers = cmds,
      };
      const VkQueryPool pool = pools[secondary];
      uint64_t value = 0;

      U_CHECK(vkt_begin(dev));
      vkCmdResetQueryPool(dev->cmd, pool, 0, 1);
      stamp(dev->cmd, pool, 0);
      if (secondary) {
         vkCmdBeginRendering(inner, &first);
         vkCmdEndRendering(inner);
         VKT_CHECK(vkEndCommandBuffer(inner));
         vkCmdExecuteCommands(dev->cmd, 1, &inner);
      } else {
         vkCmdBeginRendering(dev->cmd, &first);
         vkCmdEndRendering(dev->cmd);
      }
      VKT_CHECK(vkEndCommandBuffer(dev->cmd));
      U_CHECK(vkt_begin(&other));
      vkCmdBeginRendering(other.cmd, &second);
      vkCmdEndRendering(other.cmd);
      VKT_CHECK(vkEndCommandBuffer(other.cmd));
      VKT_CHECK(vkQueueSubmit(dev->queue, 1, &submit, VK_NULL_HANDLE));
      VKT_CHECK(vkQueueWaitIdle(dev->queue));
      VKT_CHECK(vkGetQueryPoolResults(dev->handle, pool, 0, 1, 8, &value, 8,
                                      VK_QUERY_RESULT_64_BIT));
      U_CHECK(value != 0);
      if (inner)
         vkFreeCommandBuffers(dev->handle, dev->pool, 1, &inner);
      vkDestroyQueryPool(dev->handle, pool, NULL);
   }
   vkFreeCommandBuffers(dev->handle, dev->pool, 1, &other.cmd);
}

static void
poll(struct vkt_device *dev, long count)
{
   VkQueryPool pool = timestamps(dev, 2);
   VkEvent done = event(dev);
   uint64_t value;

   U_CHECK(vkt_begin(dev));
   vkCmdResetQueryPool(dev->cmd, pool, 0, 2);
   stamp(dev->cmd, pool, 0);
   vkCmdSetEvent(dev->cmd, done, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT);
   U_CHECK(vkt_submit_wait(dev));
   for (long i = 0; i < count; i++) {
      U_CHECK_EQ(vkGetEventStatus(dev->handle, done), VK_EVENT_SET);
      VKT_CHECK(vkGetQueryPoolResults(
         dev->handle, pool, 0, 1, 8, &value, 8,
         VK_QUERY_RESULT_64_BIT | (i & 1 ? VK_QUERY_RESULT_WAIT_BIT : 0)));
      U_CHECK_EQ(vkGetQueryPoolResults(dev->handle, pool, 0, 2, 16, &value, 0,
                                       VK_QUERY_RESULT_64_BIT),
                 VK_NOT_READY);
      VKT_CHECK(vkQueueWaitIdle(dev->queue));
      VKT_CHECK(vkDeviceWaitIdle(dev->handle));
   }
   vkDestroyEvent(dev->handle, done, NULL);
   vkDestroyQueryPool(dev->handle, pool, NULL);
}

int
main(int argc, char **argv)
{
   VkPhysicalDeviceVulkan13Features vk13 = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES,
      .dynamicRendering = VK_TRUE,
   };
   VkPhysicalDeviceVulkan12Features features = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES,
      .hostQueryReset = VK_TRUE,
   };
   struct vkt_instance instance;
   struct vkt_device dev = { 0 };

   vkt_bound(100);
   if (!U_CHECK(vkt_instance_init(&instance)))
      goto out;
   if (instance.props.apiVersion >= VK_API_VERSION_1_3)
      features.pNext = &vk13;
   if (!U_CHECK(vkt_device_init(&dev, &instance, NULL, 0, &features)))
      goto out;
   if (!instance.timestamp_bits) {
      printf("no timestamps on this device\n");
      vkt_device_finish(&dev);
      vkt_instance_finish(&instance);
      return 77;
   }
   if (argc == 3 && !strcmp(argv[1], "poll")) {
      poll(&dev, strtol(argv[2], NULL, 10));
      goto out;
   }
   test_resets(&dev);
   test_secondary(&dev);
   test_again(&dev);
   test_events(&dev);
   test_many(&dev);
   test_late(&dev);
   if (features.pNext)
      test_suspended(&dev);
out:
   vkt_device_finish(&dev);
   vkt_instance_finish(&instance);
   return u_test_result();
}
