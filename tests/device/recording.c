/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Command buffers as such: long ones that outgrow whatever the driver records
 * into, secondary ones, reuse and reset, events and queries.
 */

#include <string.h>

#include "vk_fixture.h"

/* An update carries its data: with some ten kilobytes each, a few dozen of
 * them fill any slice. */
#define LONG_COMMANDS 20000
#define UPDATE_BYTES  16384

static void
test_long(struct vkt_device *dev)
{
   const VkDeviceSize size = LONG_COMMANDS * 4;
   struct vkt_buffer buffer = { 0 };

   if (!U_CHECK(vkt_buffer_init(&buffer, dev, size,
                                VK_BUFFER_USAGE_TRANSFER_DST_BIT)) ||
       !U_CHECK(vkt_begin(dev)))
      goto out;
   for (uint32_t i = 0; i < LONG_COMMANDS; i++)
      vkCmdFillBuffer(dev->cmd, buffer.handle, i * 4, 4, ~i);
   vkt_full_barrier(dev->cmd);
   if (!U_CHECK(vkt_submit_wait(dev)))
      goto out;
   for (uint32_t i = 0; i < LONG_COMMANDS; i++) {
      if (!U_CHECK_EQ(((uint32_t *)buffer.map)[i], ~i))
         break;
   }
out:
   vkt_buffer_finish(&buffer);
}

static void
test_long_data(struct vkt_device *dev)
{
   static uint32_t data[UPDATE_BYTES / 4];
   struct vkt_buffer buffer = { 0 };
   const uint32_t rounds = 200;

   if (!U_CHECK(vkt_buffer_init(&buffer, dev, rounds * UPDATE_BYTES,
                                VK_BUFFER_USAGE_TRANSFER_DST_BIT)) ||
       !U_CHECK(vkt_begin(dev)))
      goto out;
   for (uint32_t round = 0; round < rounds; round++) {
      for (uint32_t i = 0; i < VKT_ARRAY_SIZE(data); i++)
         data[i] = round << 16 | i;
      /* the data is the caller's again as soon as the call returns */
      vkCmdUpdateBuffer(dev->cmd, buffer.handle, round * UPDATE_BYTES,
                        UPDATE_BYTES, data);
   }
   vkt_full_barrier(dev->cmd);
   if (!U_CHECK(vkt_submit_wait(dev)))
      goto out;
   for (uint32_t round = 0; round < rounds; round++) {
      const uint32_t *words = buffer.map;
      words += round * VKT_ARRAY_SIZE(data);
      for (uint32_t i = 0; i < VKT_ARRAY_SIZE(data); i++) {
         if (!U_CHECK_EQ(words[i], round << 16 | i))
            goto out;
      }
   }
out:
   vkt_buffer_finish(&buffer);
}

static void
test_secondary(struct vkt_device *dev)
{
   const VkCommandBufferAllocateInfo alloc = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
      .commandPool = dev->pool,
      .level = VK_COMMAND_BUFFER_LEVEL_SECONDARY,
      .commandBufferCount = 3,
   };
   const VkCommandBufferInheritanceInfo inherit = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_INHERITANCE_INFO,
   };
   const VkCommandBufferBeginInfo begin = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
      .pInheritanceInfo = &inherit,
   };
   struct vkt_buffer buffer = { 0 };
   VkCommandBuffer cmds[3];

   if (!VKT_CHECK(vkAllocateCommandBuffers(dev->handle, &alloc, cmds)))
      return;
   if (!U_CHECK(vkt_buffer_init(&buffer, dev, 3 * 1024,
                                VK_BUFFER_USAGE_TRANSFER_DST_BIT)))
      goto out;
   for (uint32_t i = 0; i < 3; i++) {
      VKT_CHECK(vkBeginCommandBuffer(cmds[i], &begin));
      vkCmdFillBuffer(cmds[i], buffer.handle, i * 1024, 1024, 7 + i);
      VKT_CHECK(vkEndCommandBuffer(cmds[i]));
   }
   /* twice: a secondary one may be executed again */
   for (uint32_t round = 0; round < 2; round++) {
      memset(buffer.map, 0, 3 * 1024);
      if (!U_CHECK(vkt_begin(dev)))
         goto out;
      vkCmdExecuteCommands(dev->cmd, 2, cmds);
      vkCmdExecuteCommands(dev->cmd, 1, &cmds[2]);
      vkt_full_barrier(dev->cmd);
      if (!U_CHECK(vkt_submit_wait(dev)))
         goto out;
      for (uint32_t i = 0; i < 3; i++)
         U_CHECK(vkt_words_are((uint32_t *)buffer.map + i * 256, 256, 7 + i));
   }
out:
   vkFreeCommandBuffers(dev->handle, dev->pool, 3, cmds);
   vkt_buffer_finish(&buffer);
}

/* One recording submitted several times; pool resets; trims. */
static void
test_reuse(struct vkt_device *dev)
{
   const VkCommandPoolCreateInfo pool_info = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
      .queueFamilyIndex = dev->instance->queue_family,
   };
   VkCommandBufferAllocateInfo alloc = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
      .commandBufferCount = 1,
   };
   const VkCommandBufferBeginInfo begin = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
   };
   VkSubmitInfo submit = {
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
      .commandBufferCount = 1,
   };
   struct vkt_buffer buffer = { 0 };
   VkCommandPool pool = VK_NULL_HANDLE;
   VkCommandBuffer cmd;

   if (!VKT_CHECK(vkCreateCommandPool(dev->handle, &pool_info, NULL, &pool)))
      return;
   alloc.commandPool = pool;
   if (!VKT_CHECK(vkAllocateCommandBuffers(dev->handle, &alloc, &cmd)) ||
       !U_CHECK(vkt_buffer_init(&buffer, dev, 1024,
                                VK_BUFFER_USAGE_TRANSFER_DST_BIT)))
      goto out;
   submit.pCommandBuffers = &cmd;
   for (uint32_t round = 0; round < 4; round++) {
      VKT_CHECK(vkBeginCommandBuffer(cmd, &begin));
      vkCmdFillBuffer(cmd, buffer.handle, 0, 1024, round + 1);
      vkt_full_barrier(cmd);
      VKT_CHECK(vkEndCommandBuffer(cmd));
      for (uint32_t again = 0; again < 3; again++) {
         memset(buffer.map, 0, 1024);
         VKT_CHECK(vkQueueSubmit(dev->queue, 1, &submit, VK_NULL_HANDLE));
         VKT_CHECK(vkQueueWaitIdle(dev->queue));
         U_CHECK(vkt_words_are(buffer.map, 256, round + 1));
      }
      VKT_CHECK(vkResetCommandPool(
         dev->handle, pool,
         round & 1 ? VK_COMMAND_POOL_RESET_RELEASE_RESOURCES_BIT : 0));
      vkTrimCommandPool(dev->handle, pool, 0);
   }
out:
   vkDestroyCommandPool(dev->handle, pool, NULL);
   vkt_buffer_finish(&buffer);
}

static void
test_events(struct vkt_device *dev)
{
   const VkEventCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_EVENT_CREATE_INFO,
   };
   const VkMemoryBarrier barrier = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
      .srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
      .dstAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
   };
   VkEvent event = VK_NULL_HANDLE;

   if (!VKT_CHECK(vkCreateEvent(dev->handle, &info, NULL, &event)))
      return;
   U_CHECK_EQ(vkGetEventStatus(dev->handle, event), VK_EVENT_RESET);
   VKT_CHECK(vkSetEvent(dev->handle, event));
   U_CHECK_EQ(vkGetEventStatus(dev->handle, event), VK_EVENT_SET);
   VKT_CHECK(vkResetEvent(dev->handle, event));
   U_CHECK_EQ(vkGetEventStatus(dev->handle, event), VK_EVENT_RESET);

   if (U_CHECK(vkt_begin(dev))) {
      vkCmdSetEvent(dev->cmd, event, VK_PIPELINE_STAGE_TRANSFER_BIT);
      vkCmdWaitEvents(dev->cmd, 1, &event, VK_PIPELINE_STAGE_TRANSFER_BIT,
                      VK_PIPELINE_STAGE_TRANSFER_BIT, 1, &barrier, 0, NULL, 0,
                      NULL);
      U_CHECK(vkt_submit_wait(dev));
      U_CHECK_EQ(vkGetEventStatus(dev->handle, event), VK_EVENT_SET);
   }
   if (U_CHECK(vkt_begin(dev))) {
      vkCmdResetEvent(dev->cmd, event, VK_PIPELINE_STAGE_TRANSFER_BIT);
      U_CHECK(vkt_submit_wait(dev));
      U_CHECK_EQ(vkGetEventStatus(dev->handle, event), VK_EVENT_RESET);
   }
   vkDestroyEvent(dev->handle, event, NULL);
}

/* Timestamps 0 and 1 are written, 2 is not. */
static void
test_timestamps(struct vkt_device *dev)
{
   const VkQueryPoolCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO,
      .queryType = VK_QUERY_TYPE_TIMESTAMP,
      .queryCount = 3,
   };
   struct vkt_buffer buffer = { 0 };
   VkQueryPool pool = VK_NULL_HANDLE;
   uint64_t results[6] = { 0 };

   if (!dev->instance->timestamp_bits)
      return;
   if (!VKT_CHECK(vkCreateQueryPool(dev->handle, &info, NULL, &pool)) ||
       !U_CHECK(vkt_buffer_init(&buffer, dev, 64,
                                VK_BUFFER_USAGE_TRANSFER_DST_BIT)) ||
       !U_CHECK(vkt_begin(dev)))
      goto out;
   vkCmdResetQueryPool(dev->cmd, pool, 0, 3);
   vkCmdWriteTimestamp(dev->cmd, VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT, pool, 0);
   vkCmdWriteTimestamp(dev->cmd, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, pool,
                       1);
   vkCmdCopyQueryPoolResults(dev->cmd, pool, 0, 2, buffer.handle, 0, 16,
                             VK_QUERY_RESULT_64_BIT |
                                VK_QUERY_RESULT_WAIT_BIT |
                                VK_QUERY_RESULT_WITH_AVAILABILITY_BIT);
   vkt_full_barrier(dev->cmd);
   if (!U_CHECK(vkt_submit_wait(dev)))
      goto out;

   VKT_CHECK(vkGetQueryPoolResults(dev->handle, pool, 0, 2, 16, results, 8,
                                   VK_QUERY_RESULT_64_BIT));
   U_CHECK(results[0] && results[1] >= results[0]);
   const uint64_t *copied = buffer.map;
   U_CHECK_EQ(copied[0], results[0]);
   U_CHECK(copied[1] != 0);
   U_CHECK_EQ(copied[2], results[1]);
   U_CHECK(copied[3] != 0);

   U_CHECK_EQ(vkGetQueryPoolResults(dev->handle, pool, 2, 1, 8, results, 8,
                                    VK_QUERY_RESULT_64_BIT),
              VK_NOT_READY);
   memset(results, 0xff, sizeof(results));
   U_CHECK_EQ(
      vkGetQueryPoolResults(
         dev->handle, pool, 0, 3, sizeof(results), results, 16,
         VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WITH_AVAILABILITY_BIT),
      VK_NOT_READY);
   U_CHECK(results[1] && results[3]);
   U_CHECK_EQ(results[5], 0);
out:
   vkDestroyQueryPool(dev->handle, pool, NULL);
   vkt_buffer_finish(&buffer);
}

int
main(void)
{
   struct vkt_instance instance;
   struct vkt_device dev = { 0 };

   vkt_bound(90);
   if (U_CHECK(vkt_instance_init(&instance)) &&
       U_CHECK(vkt_device_init(&dev, &instance, NULL, 0, NULL))) {
      test_long(&dev);
      test_long_data(&dev);
      test_secondary(&dev);
      test_reuse(&dev);
      test_events(&dev);
      test_timestamps(&dev);
   }
   vkt_device_finish(&dev);
   vkt_instance_finish(&instance);
   return u_test_result();
}
