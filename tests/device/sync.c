/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Fences, binary and timeline semaphores, and waiting: for all, for any, not
 * at all, before the signal was even submitted, and from another thread.
 */

#include <pthread.h>
#include <string.h>
#include <time.h>

#include "vk_fixture.h"

#define MS UINT64_C(1000000)

static uint64_t
now_ns(void)
{
   struct timespec ts;

   clock_gettime(CLOCK_MONOTONIC, &ts);
   return (uint64_t)ts.tv_sec * 1000 * MS + (uint64_t)ts.tv_nsec;
}

static VkFence
fence(struct vkt_device *dev, bool signaled)
{
   const VkFenceCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO,
      .flags = signaled ? VK_FENCE_CREATE_SIGNALED_BIT : 0,
   };
   VkFence handle = VK_NULL_HANDLE;

   VKT_CHECK(vkCreateFence(dev->handle, &info, NULL, &handle));
   return handle;
}

static void
test_fences(struct vkt_device *dev)
{
   VkFence f[3] = { fence(dev, true), fence(dev, false), fence(dev, false) };
   uint64_t start;

   U_CHECK_EQ(vkGetFenceStatus(dev->handle, f[0]), VK_SUCCESS);
   U_CHECK_EQ(vkGetFenceStatus(dev->handle, f[1]), VK_NOT_READY);
   VKT_CHECK(vkWaitForFences(dev->handle, 1, &f[0], VK_TRUE, 0));
   U_CHECK_EQ(vkWaitForFences(dev->handle, 1, &f[1], VK_TRUE, 0), VK_TIMEOUT);
   U_CHECK_EQ(vkWaitForFences(dev->handle, 3, f, VK_TRUE, 0), VK_TIMEOUT);
   VKT_CHECK(vkWaitForFences(dev->handle, 3, f, VK_FALSE, UINT64_MAX));
   start = now_ns();
   U_CHECK_EQ(vkWaitForFences(dev->handle, 2, &f[1], VK_FALSE, 20 * MS),
              VK_TIMEOUT);
   U_CHECK(now_ns() - start >= 19 * MS);

   /* a submission of nothing signals its fence all the same */
   VKT_CHECK(vkQueueSubmit(dev->queue, 0, NULL, f[1]));
   VKT_CHECK(vkWaitForFences(dev->handle, 1, &f[1], VK_TRUE, VKT_TIMEOUT_NS));
   VKT_CHECK(vkQueueSubmit(dev->queue, 0, NULL, f[2]));
   VKT_CHECK(vkWaitForFences(dev->handle, 3, f, VK_TRUE, VKT_TIMEOUT_NS));
   U_CHECK_EQ(vkGetFenceStatus(dev->handle, f[2]), VK_SUCCESS);

   VKT_CHECK(vkResetFences(dev->handle, 2, f));
   U_CHECK_EQ(vkGetFenceStatus(dev->handle, f[0]), VK_NOT_READY);
   U_CHECK_EQ(vkGetFenceStatus(dev->handle, f[1]), VK_NOT_READY);
   U_CHECK_EQ(vkGetFenceStatus(dev->handle, f[2]), VK_SUCCESS);
   VKT_CHECK(vkResetFences(dev->handle, 1, &f[2]));

   /* the same fence over and over, with and without work */
   for (uint32_t i = 0; i < 50; i++) {
      VKT_CHECK(vkQueueSubmit(dev->queue, 0, NULL, f[0]));
      if (!VKT_CHECK(
             vkWaitForFences(dev->handle, 1, &f[0], VK_TRUE, VKT_TIMEOUT_NS)))
         break;
      VKT_CHECK(vkResetFences(dev->handle, 1, &f[0]));
      U_CHECK_EQ(vkGetFenceStatus(dev->handle, f[0]), VK_NOT_READY);
   }
   for (uint32_t i = 0; i < 3; i++)
      vkDestroyFence(dev->handle, f[i], NULL);
}

static VkSemaphore
semaphore(struct vkt_device *dev, VkSemaphoreType type, uint64_t value)
{
   const VkSemaphoreTypeCreateInfo type_info = {
      .sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
      .semaphoreType = type,
      .initialValue = value,
   };
   const VkSemaphoreCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO,
      .pNext = type == VK_SEMAPHORE_TYPE_TIMELINE ? &type_info : NULL,
   };
   VkSemaphore handle = VK_NULL_HANDLE;

   VKT_CHECK(vkCreateSemaphore(dev->handle, &info, NULL, &handle));
   return handle;
}

/* The first submission fills, the second copies what was filled. */
static void
test_binary(struct vkt_device *dev)
{
   const VkBufferUsageFlags usage =
      VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;
   const VkCommandBufferAllocateInfo alloc = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
      .commandPool = dev->pool,
      .commandBufferCount = 2,
   };
   const VkCommandBufferBeginInfo begin = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
   };
   const VkBufferCopy all = { .size = 65536 };
   const VkPipelineStageFlags stage = VK_PIPELINE_STAGE_ALL_COMMANDS_BIT;
   VkSemaphore sem = semaphore(dev, VK_SEMAPHORE_TYPE_BINARY, 0);
   struct vkt_buffer a = { 0 }, b = { 0 };
   VkCommandBuffer cmds[2];

   if (!VKT_CHECK(vkAllocateCommandBuffers(dev->handle, &alloc, cmds)))
      return;
   if (!U_CHECK(vkt_buffer_init(&a, dev, all.size, usage)) ||
       !U_CHECK(vkt_buffer_init(&b, dev, all.size, usage)))
      goto out;
   VKT_CHECK(vkBeginCommandBuffer(cmds[0], &begin));
   vkCmdFillBuffer(cmds[0], a.handle, 0, VK_WHOLE_SIZE, 0x600dda7a);
   VKT_CHECK(vkEndCommandBuffer(cmds[0]));
   VKT_CHECK(vkBeginCommandBuffer(cmds[1], &begin));
   vkCmdCopyBuffer(cmds[1], a.handle, b.handle, 1, &all);
   vkt_full_barrier(cmds[1]);
   VKT_CHECK(vkEndCommandBuffer(cmds[1]));
   for (uint32_t i = 0; i < 10; i++) {
      const VkSubmitInfo submits[2] = {
         {
            .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
            .commandBufferCount = 1,
            .pCommandBuffers = &cmds[0],
            .signalSemaphoreCount = 1,
            .pSignalSemaphores = &sem,
         },
         {
            .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
            .waitSemaphoreCount = 1,
            .pWaitSemaphores = &sem,
            .pWaitDstStageMask = &stage,
            .commandBufferCount = 1,
            .pCommandBuffers = &cmds[1],
         },
      };
      memset(b.map, 0, all.size);
      if (i & 1) {
         VKT_CHECK(vkQueueSubmit(dev->queue, 2, submits, VK_NULL_HANDLE));
         VKT_CHECK(vkDeviceWaitIdle(dev->handle));
      } else {
         VKT_CHECK(vkQueueSubmit(dev->queue, 1, submits, VK_NULL_HANDLE));
         VKT_CHECK(vkQueueSubmit(dev->queue, 1, submits + 1, VK_NULL_HANDLE));
         VKT_CHECK(vkQueueWaitIdle(dev->queue));
      }
      if (!U_CHECK(vkt_words_are(b.map, all.size / 4, 0x600dda7a)))
         break;
      /* alive, so that the next round shows the wait to work */
      memset(a.map, 0, all.size);
   }
out:
   vkFreeCommandBuffers(dev->handle, dev->pool, 2, cmds);
   vkDestroySemaphore(dev->handle, sem, NULL);
   vkt_buffer_finish(&b);
   vkt_buffer_finish(&a);
}

static uint64_t
counter(struct vkt_device *dev, VkSemaphore sem)
{
   uint64_t value = UINT64_MAX;

   VKT_CHECK(vkGetSemaphoreCounterValue(dev->handle, sem, &value));
   return value;
}

static VkResult
wait_value(struct vkt_device *dev,
           uint32_t count,
           const VkSemaphore *sems,
           const uint64_t *values,
           VkSemaphoreWaitFlags flags,
           uint64_t timeout_ns)
{
   const VkSemaphoreWaitInfo info = {
      .sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
      .flags = flags,
      .semaphoreCount = count,
      .pSemaphores = sems,
      .pValues = values,
   };

   return vkWaitSemaphores(dev->handle, &info, timeout_ns);
}

static VkResult
signal_value(struct vkt_device *dev, VkSemaphore sem, uint64_t value)
{
   const VkSemaphoreSignalInfo info = {
      .sType = VK_STRUCTURE_TYPE_SEMAPHORE_SIGNAL_INFO,
      .semaphore = sem,
      .value = value,
   };

   return vkSignalSemaphore(dev->handle, &info);
}

/* Nothing but waiting for one value and signalling another; a value of 0 is
 * left out. */
static VkResult
submit_timeline(struct vkt_device *dev,
                VkSemaphore wait_sem,
                uint64_t wait,
                VkSemaphore signal_sem,
                uint64_t signal)
{
   const VkPipelineStageFlags stage = VK_PIPELINE_STAGE_ALL_COMMANDS_BIT;
   const VkTimelineSemaphoreSubmitInfo timeline = {
      .sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
      .waitSemaphoreValueCount = wait ? 1 : 0,
      .pWaitSemaphoreValues = &wait,
      .signalSemaphoreValueCount = signal ? 1 : 0,
      .pSignalSemaphoreValues = &signal,
   };
   const VkSubmitInfo submit = {
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
      .pNext = &timeline,
      .waitSemaphoreCount = wait ? 1 : 0,
      .pWaitSemaphores = &wait_sem,
      .pWaitDstStageMask = &stage,
      .signalSemaphoreCount = signal ? 1 : 0,
      .pSignalSemaphores = &signal_sem,
   };

   return vkQueueSubmit(dev->queue, 1, &submit, VK_NULL_HANDLE);
}

static void
test_timeline(struct vkt_device *dev)
{
   VkSemaphore s[2] = {
      semaphore(dev, VK_SEMAPHORE_TYPE_TIMELINE, 5),
      semaphore(dev, VK_SEMAPHORE_TYPE_TIMELINE, 0),
   };
   /* values that are really signalled: old validation layers wait for others
    * until they time out */
   const uint64_t both[2] = { 7, 8 };
   uint64_t value = 5;

   U_CHECK_EQ(counter(dev, s[0]), 5);
   VKT_CHECK(wait_value(dev, 1, s, &value, 0, 0));
   value = 6;
   U_CHECK_EQ(wait_value(dev, 1, s, &value, 0, 0), VK_TIMEOUT);
   U_CHECK_EQ(wait_value(dev, 1, s, &value, 0, 10 * MS), VK_TIMEOUT);
   VKT_CHECK(signal_value(dev, s[0], 7));
   U_CHECK_EQ(counter(dev, s[0]), 7);
   VKT_CHECK(
      wait_value(dev, 2, s, both, VK_SEMAPHORE_WAIT_ANY_BIT, VKT_TIMEOUT_NS));
   U_CHECK_EQ(wait_value(dev, 2, s, both, 0, 10 * MS), VK_TIMEOUT);

   VKT_CHECK(submit_timeline(dev, s[0], 7, s[1], 8));
   VKT_CHECK(wait_value(dev, 2, s, both, 0, VKT_TIMEOUT_NS));
   U_CHECK_EQ(counter(dev, s[1]), 8);

   /* a chain of values on the queue */
   for (uint64_t v = 9; v < 29; v++)
      VKT_CHECK(submit_timeline(dev, s[1], v - 1, s[1], v));
   value = 28;
   VKT_CHECK(wait_value(dev, 1, &s[1], &value, 0, VKT_TIMEOUT_NS));
   U_CHECK_EQ(counter(dev, s[1]), 28);
   VKT_CHECK(vkQueueWaitIdle(dev->queue));
   for (uint32_t i = 0; i < 2; i++)
      vkDestroySemaphore(dev->handle, s[i], NULL);
}

struct waiter {
   struct vkt_device *dev;
   VkSemaphore sem;
   VkResult result;
};

static void *
wait_for_3(void *data)
{
   struct waiter *waiter = data;
   const uint64_t value = 3;

   waiter->result =
      wait_value(waiter->dev, 1, &waiter->sem, &value, 0, VKT_TIMEOUT_NS);
   return NULL;
}

/* The wait is there first; then a submission that itself waits for the host.
 * While one thread waits, others must be able to work. */
static void
test_wait_before_submit(struct vkt_device *dev)
{
   VkSemaphore gate = semaphore(dev, VK_SEMAPHORE_TYPE_TIMELINE, 0);
   VkSemaphore done = semaphore(dev, VK_SEMAPHORE_TYPE_TIMELINE, 0);
   struct waiter waiter = { .dev = dev, .sem = done, .result = VK_NOT_READY };
   struct vkt_buffer buffer = { 0 };
   pthread_t thread;

   if (!U_CHECK_EQ(pthread_create(&thread, NULL, wait_for_3, &waiter), 0))
      return;
   /* long enough for the thread to be in its call */
   nanosleep(&(struct timespec){ .tv_nsec = 30 * MS }, NULL);
   U_CHECK(
      vkt_buffer_init(&buffer, dev, 4096, VK_BUFFER_USAGE_TRANSFER_DST_BIT));
   if (U_CHECK(vkt_begin(dev))) {
      vkCmdFillBuffer(dev->cmd, buffer.handle, 0, VK_WHOLE_SIZE, 1);
      vkt_full_barrier(dev->cmd);
      U_CHECK(vkt_submit_wait(dev));
   }

   VKT_CHECK(submit_timeline(dev, gate, 1, done, 3));
   nanosleep(&(struct timespec){ .tv_nsec = 10 * MS }, NULL);
   U_CHECK_EQ(counter(dev, done), 0);
   VKT_CHECK(signal_value(dev, gate, 1));
   pthread_join(thread, NULL);
   VKT_CHECK(waiter.result);
   U_CHECK_EQ(counter(dev, done), 3);
   VKT_CHECK(vkDeviceWaitIdle(dev->handle));
   vkt_buffer_finish(&buffer);
   vkDestroySemaphore(dev->handle, done, NULL);
   vkDestroySemaphore(dev->handle, gate, NULL);
}

static void
test_submit2(struct vkt_device *dev)
{
   VkSemaphore sem = semaphore(dev, VK_SEMAPHORE_TYPE_TIMELINE, 0);
   VkFence f = fence(dev, false);
   const VkSemaphoreSubmitInfo signal = {
      .sType = VK_STRUCTURE_TYPE_SEMAPHORE_SUBMIT_INFO,
      .semaphore = sem,
      .value = 11,
      .stageMask = VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT,
   };
   const VkCommandBufferSubmitInfo cmd = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_SUBMIT_INFO,
      .commandBuffer = dev->cmd,
   };
   const VkSubmitInfo2 submit = {
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO_2,
      .commandBufferInfoCount = 1,
      .pCommandBufferInfos = &cmd,
      .signalSemaphoreInfoCount = 1,
      .pSignalSemaphoreInfos = &signal,
   };
   const VkMemoryBarrier2 barrier = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER_2,
      .srcStageMask =
         VK_PIPELINE_STAGE_2_COPY_BIT | VK_PIPELINE_STAGE_2_CLEAR_BIT,
      .srcAccessMask = VK_ACCESS_2_TRANSFER_WRITE_BIT,
      .dstStageMask = VK_PIPELINE_STAGE_2_HOST_BIT,
      .dstAccessMask = VK_ACCESS_2_HOST_READ_BIT,
   };
   const VkDependencyInfo dependency = {
      .sType = VK_STRUCTURE_TYPE_DEPENDENCY_INFO,
      .memoryBarrierCount = 1,
      .pMemoryBarriers = &barrier,
   };
   struct vkt_buffer buffer = { 0 };

   if (U_CHECK(vkt_buffer_init(&buffer, dev, 4096,
                               VK_BUFFER_USAGE_TRANSFER_DST_BIT)) &&
       U_CHECK(vkt_begin(dev))) {
      vkCmdFillBuffer(dev->cmd, buffer.handle, 0, VK_WHOLE_SIZE, 22);
      vkCmdPipelineBarrier2(dev->cmd, &dependency);
      VKT_CHECK(vkEndCommandBuffer(dev->cmd));
      VKT_CHECK(vkQueueSubmit2(dev->queue, 1, &submit, f));
      VKT_CHECK(vkWaitForFences(dev->handle, 1, &f, VK_TRUE, VKT_TIMEOUT_NS));
      /* the fence comes after it, but not on every driver */
      VKT_CHECK(wait_value(dev, 1, &sem, &signal.value, 0, VKT_TIMEOUT_NS));
      U_CHECK_EQ(counter(dev, sem), 11);
      U_CHECK(vkt_words_are(buffer.map, 1024, 22));
   }
   vkt_buffer_finish(&buffer);
   vkDestroyFence(dev->handle, f, NULL);
   vkDestroySemaphore(dev->handle, sem, NULL);
}

int
main(void)
{
   VkPhysicalDeviceSynchronization2Features sync2 = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SYNCHRONIZATION_2_FEATURES,
      .synchronization2 = VK_TRUE,
   };
   VkPhysicalDeviceTimelineSemaphoreFeatures timeline = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES,
      .timelineSemaphore = VK_TRUE,
   };
   struct vkt_instance instance;
   struct vkt_device dev = { 0 };

   vkt_bound(90);
   if (!U_CHECK(vkt_instance_init(&instance)))
      goto out;
   if (instance.props.apiVersion >= VK_API_VERSION_1_3)
      timeline.pNext = &sync2;
   if (U_CHECK(vkt_device_init(&dev, &instance, NULL, 0, &timeline))) {
      test_fences(&dev);
      test_binary(&dev);
      test_timeline(&dev);
      test_wait_before_submit(&dev);
      if (timeline.pNext)
         test_submit2(&dev);
   }
out:
   vkt_device_finish(&dev);
   vkt_instance_finish(&instance);
   return u_test_result();
}
