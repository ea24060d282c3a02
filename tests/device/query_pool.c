/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Query results in all forms: narrow and wide, with availability, partial,
 * before and after; what must be left alone; waiting for a result while the
 * queue itself waits for the host; and queries in passes with several views.
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

/* How a pass with views comes about. */
enum views {
   VIEWS_PASS,      /* by a render pass */
   VIEWS_PASS2,     /* by one of the second kind */
   VIEWS_SECONDARY, /* by either, seen from a secondary command buffer */
   VIEWS_DYNAMIC,
};

/* Two views in the first subpass, one of two in the second. */
static const uint32_t view_masks[2] = { 3, 2 };

static VkRenderPass
create_views(struct vkt_device *dev, enum views how)
{
   const VkSubpassDescription subpasses[2] = { 0 };
   const VkRenderPassMultiviewCreateInfo views = {
      .sType = VK_STRUCTURE_TYPE_RENDER_PASS_MULTIVIEW_CREATE_INFO,
      .subpassCount = 2,
      .pViewMasks = view_masks,
   };
   const VkRenderPassCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_RENDER_PASS_CREATE_INFO,
      .pNext = &views,
      .subpassCount = 2,
      .pSubpasses = subpasses,
   };
   VkSubpassDescription2 subpasses2[2];
   const VkRenderPassCreateInfo2 info2 = {
      .sType = VK_STRUCTURE_TYPE_RENDER_PASS_CREATE_INFO_2,
      .subpassCount = 2,
      .pSubpasses = subpasses2,
   };
   VkRenderPass pass = VK_NULL_HANDLE;

   for (uint32_t i = 0; i < 2; i++) {
      subpasses2[i] = (VkSubpassDescription2){
         .sType = VK_STRUCTURE_TYPE_SUBPASS_DESCRIPTION_2,
         .viewMask = view_masks[i],
      };
   }
   if (how == VIEWS_PASS)
      VKT_CHECK(vkCreateRenderPass(dev->handle, &info, NULL, &pass));
   else if (how != VIEWS_DYNAMIC)
      VKT_CHECK(vkCreateRenderPass2(dev->handle, &info2, NULL, &pass));
   return pass;
}

static void
record_query(VkCommandBuffer cmd, VkQueryPool pool, uint32_t query)
{
   vkCmdBeginQuery(cmd, pool, query, 0);
   vkCmdEndQuery(cmd, pool, query);
}

/* The queries of a subpass, in a secondary command buffer of their own. */
static VkCommandBuffer
record_secondary(struct vkt_device *dev,
                 VkQueryPool pool,
                 VkRenderPass pass,
                 uint32_t subpass,
                 uint32_t query)
{
   const VkCommandBufferAllocateInfo alloc = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
      .commandPool = dev->pool,
      .level = VK_COMMAND_BUFFER_LEVEL_SECONDARY,
      .commandBufferCount = 1,
   };
   const VkCommandBufferInheritanceInfo inherit = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_INHERITANCE_INFO,
      .renderPass = pass,
      .subpass = subpass,
   };
   const VkCommandBufferBeginInfo begin = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
      .flags = VK_COMMAND_BUFFER_USAGE_RENDER_PASS_CONTINUE_BIT,
      .pInheritanceInfo = &inherit,
   };
   VkCommandBuffer cmd = VK_NULL_HANDLE;

   if (VKT_CHECK(vkAllocateCommandBuffers(dev->handle, &alloc, &cmd))) {
      VKT_CHECK(vkBeginCommandBuffer(cmd, &begin));
      record_query(cmd, pool, query);
      VKT_CHECK(vkEndCommandBuffer(cmd));
   }
   return cmd;
}

/* Queries 0 and 1 in the first subpass, 2 in the second, 3 behind both. */
static void
record_views(struct vkt_device *dev,
             enum views how,
             VkQueryPool pool,
             VkRenderPass pass,
             VkFramebuffer framebuffer,
             VkCommandBuffer secondary[2])
{
   const VkRenderPassBeginInfo begin = {
      .sType = VK_STRUCTURE_TYPE_RENDER_PASS_BEGIN_INFO,
      .renderPass = pass,
      .framebuffer = framebuffer,
      .renderArea.extent = { 8, 8 },
   };
   VkRenderingInfo rendering = {
      .sType = VK_STRUCTURE_TYPE_RENDERING_INFO,
      .renderArea.extent = { 8, 8 },
   };
   const VkSubpassContents contents =
      how == VIEWS_SECONDARY ? VK_SUBPASS_CONTENTS_SECONDARY_COMMAND_BUFFERS
                             : VK_SUBPASS_CONTENTS_INLINE;
   const VkSubpassBeginInfo begin2 = {
      .sType = VK_STRUCTURE_TYPE_SUBPASS_BEGIN_INFO,
      .contents = contents,
   };
   const VkSubpassEndInfo end2 = {
      .sType = VK_STRUCTURE_TYPE_SUBPASS_END_INFO,
   };
   static const uint32_t queries[2] = { 0, 2 };

   if (how == VIEWS_PASS2)
      vkCmdBeginRenderPass2(dev->cmd, &begin, &begin2);
   else if (how != VIEWS_DYNAMIC)
      vkCmdBeginRenderPass(dev->cmd, &begin, contents);
   for (uint32_t i = 0; i < 2; i++) {
      if (how == VIEWS_DYNAMIC) {
         rendering.viewMask = view_masks[i];
         vkCmdBeginRendering(dev->cmd, &rendering);
      } else if (i && how == VIEWS_PASS2) {
         vkCmdNextSubpass2(dev->cmd, &begin2, &end2);
      } else if (i) {
         vkCmdNextSubpass(dev->cmd, contents);
      }
      if (how == VIEWS_SECONDARY) {
         secondary[i] = record_secondary(dev, pool, pass, i, queries[i]);
         vkCmdExecuteCommands(dev->cmd, 1, &secondary[i]);
      } else {
         record_query(dev->cmd, pool, queries[i]);
      }
      if (how == VIEWS_DYNAMIC)
         vkCmdEndRendering(dev->cmd);
   }
   if (how == VIEWS_PASS2)
      vkCmdEndRenderPass2(dev->cmd, &end2);
   else if (how != VIEWS_DYNAMIC)
      vkCmdEndRenderPass(dev->cmd);
   record_query(dev->cmd, pool, 3);
}

/* With views a query takes as many numbers as the subpass has views. The
 * answer is asked for so many times. */
static void
test_views(struct vkt_device *dev, enum views how, unsigned long times)
{
   VkRenderPass pass = create_views(dev, how);
   const VkFramebufferCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_FRAMEBUFFER_CREATE_INFO,
      .renderPass = pass,
      .width = 8,
      .height = 8,
      .layers = 1,
   };
   VkQueryPool pool = VK_NULL_HANDLE;
   VkFramebuffer framebuffer = VK_NULL_HANDLE;
   VkCommandBuffer secondary[2] = { VK_NULL_HANDLE };

   create_pool(dev, VK_QUERY_TYPE_OCCLUSION, &pool);
   if (pass)
      VKT_CHECK(vkCreateFramebuffer(dev->handle, &info, NULL, &framebuffer));
   if (!U_CHECK(vkt_begin(dev)))
      goto out;
   vkCmdResetQueryPool(dev->cmd, pool, 0, QUERIES);
   record_views(dev, how, pool, pass, framebuffer, secondary);
   if (!U_CHECK(vkt_submit_wait(dev)))
      goto out;
   if (times)
      check_form(dev, pool, VK_QUERY_RESULT_WITH_AVAILABILITY_BIT, QUERIES);
   else
      check_forms(dev, pool, false, QUERIES);
   for (; times > 1; times--)
      check_form(dev, pool, VK_QUERY_RESULT_WITH_AVAILABILITY_BIT, QUERIES);
out:
   for (uint32_t i = 0; i < 2 && secondary[i]; i++)
      vkFreeCommandBuffers(dev->handle, dev->pool, 1, &secondary[i]);
   vkDestroyFramebuffer(dev->handle, framebuffer, NULL);
   vkDestroyRenderPass(dev->handle, pass, NULL);
   vkDestroyQueryPool(dev->handle, pool, NULL);
}

static void
test_all_views(struct vkt_device *dev, bool dynamic, unsigned long times)
{
   test_views(dev, VIEWS_PASS, times);
   test_views(dev, VIEWS_PASS2, times);
   test_views(dev, VIEWS_SECONDARY, times);
   if (dynamic)
      test_views(dev, VIEWS_DYNAMIC, times);
}

/* "poll N": queries of passes with views only, whose results are asked for N
 * times; feedback_test.sh counts the answers. */
int
main(int argc, char **argv)
{
   VkPhysicalDeviceVulkan13Features vk13 = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES,
      .dynamicRendering = VK_TRUE,
   };
   VkPhysicalDeviceVulkan11Features vk11 = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES,
      .multiview = VK_TRUE,
   };
   VkPhysicalDeviceVulkan12Features features = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES,
      .pNext = &vk11,
      .timelineSemaphore = VK_TRUE,
      .hostQueryReset = VK_TRUE,
   };
   const unsigned long times =
      argc == 3 && !strcmp(argv[1], "poll") ? strtoul(argv[2], NULL, 10) : 0;
   struct vkt_instance instance;
   struct vkt_device dev = { 0 };

   vkt_bound(60);
   if (!U_CHECK(vkt_instance_init(&instance)))
      goto out;
   const bool dynamic = instance.props.apiVersion >= VK_API_VERSION_1_3;
   if (dynamic)
      vk11.pNext = &vk13;
   if (U_CHECK(vkt_device_init(&dev, &instance, NULL, 0, &features))) {
      if (!times) {
         test_type(&dev, VK_QUERY_TYPE_OCCLUSION);
         if (instance.timestamp_bits)
            test_type(&dev, VK_QUERY_TYPE_TIMESTAMP);
      }
      test_all_views(&dev, dynamic, times);
   }
out:
   vkt_device_finish(&dev);
   vkt_instance_finish(&instance);
   return u_test_result();
}
