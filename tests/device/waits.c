/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Waiting where it is easy to wait for too much or to be told too early: work
 * behind the awaited one that itself waits for the caller, more submissions
 * under way than anybody plans for, objects that go as soon as a poll says
 * that they may, several threads. At last what idle queues cost.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "vk_fixture.h"

#define MANY    150
#define ROUNDS  200
#define THREADS 4

static VkSemaphore
timeline(struct vkt_device *dev)
{
   const VkSemaphoreTypeCreateInfo type_info = {
      .sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
      .semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE,
   };
   const VkSemaphoreCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO,
      .pNext = &type_info,
   };
   VkSemaphore handle = VK_NULL_HANDLE;

   VKT_CHECK(vkCreateSemaphore(dev->handle, &info, NULL, &handle));
   return handle;
}

static VkFence
fence(struct vkt_device *dev)
{
   const VkFenceCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO,
   };
   VkFence handle = VK_NULL_HANDLE;

   VKT_CHECK(vkCreateFence(dev->handle, &info, NULL, &handle));
   return handle;
}

static uint64_t
counter(struct vkt_device *dev, VkSemaphore semaphore)
{
   uint64_t value = UINT64_MAX;

   VKT_CHECK(vkGetSemaphoreCounterValue(dev->handle, semaphore, &value));
   return value;
}

static VkResult
wait_value(struct vkt_device *dev, VkSemaphore semaphore, uint64_t value)
{
   const VkSemaphoreWaitInfo info = {
      .sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
      .semaphoreCount = 1,
      .pSemaphores = &semaphore,
      .pValues = &value,
   };

   return vkWaitSemaphores(dev->handle, &info, VKT_TIMEOUT_NS);
}

static void
signal_value(struct vkt_device *dev, VkSemaphore semaphore, uint64_t value)
{
   const VkSemaphoreSignalInfo info = {
      .sType = VK_STRUCTURE_TYPE_SEMAPHORE_SIGNAL_INFO,
      .semaphore = semaphore,
      .value = value,
   };

   VKT_CHECK(vkSignalSemaphore(dev->handle, &info));
}

/* A batch and what hangs on it. */
struct batch {
   VkTimelineSemaphoreSubmitInfo values;
   VkSubmitInfo info;
   VkSemaphore wait_semaphore, signal_semaphore;
   uint64_t wait_value, signal_value;
};

/* A semaphore that is NULL is left out. */
static void
batch_init(struct batch *batch,
           VkSemaphore wait,
           uint64_t wait_for,
           VkSemaphore signal,
           uint64_t signal_with)
{
   static const VkPipelineStageFlags stage =
      VK_PIPELINE_STAGE_ALL_COMMANDS_BIT;

   *batch = (struct batch){
      .wait_semaphore = wait,
      .signal_semaphore = signal,
      .wait_value = wait_for,
      .signal_value = signal_with,
   };
   batch->values = (VkTimelineSemaphoreSubmitInfo){
      .sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
      .waitSemaphoreValueCount = wait ? 1 : 0,
      .pWaitSemaphoreValues = &batch->wait_value,
      .signalSemaphoreValueCount = signal ? 1 : 0,
      .pSignalSemaphoreValues = &batch->signal_value,
   };
   batch->info = (VkSubmitInfo){
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
      .pNext = &batch->values,
      .waitSemaphoreCount = wait ? 1 : 0,
      .pWaitSemaphores = &batch->wait_semaphore,
      .pWaitDstStageMask = &stage,
      .signalSemaphoreCount = signal ? 1 : 0,
      .pSignalSemaphores = &batch->signal_semaphore,
   };
}

/* Fills that keep a software driver busy for some milliseconds. */
static bool
record_work(struct vkt_device *dev, struct vkt_buffer *buffer, uint32_t value)
{
   if (!vkt_begin(dev))
      return false;
   for (uint32_t i = 0; i < 8; i++) {
      vkCmdFillBuffer(dev->cmd, buffer->handle, 0, VK_WHOLE_SIZE, value);
      vkt_full_barrier(dev->cmd);
   }
   return VKT_CHECK(vkEndCommandBuffer(dev->cmd));
}

/* The fence of one submission while the next one waits for the host. */
static void
test_overtaken(struct vkt_device *dev)
{
   VkSemaphore gate = timeline(dev);
   struct vkt_buffer buffer;
   struct batch behind;
   VkSubmitInfo work = {
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
      .commandBufferCount = 1,
      .pCommandBuffers = &dev->cmd,
   };

   if (!U_CHECK(vkt_buffer_init(&buffer, dev, 4 << 20,
                                VK_BUFFER_USAGE_TRANSFER_DST_BIT)))
      goto out;
   for (uint32_t i = 1; i <= 10; i++) {
      batch_init(&behind, gate, i, VK_NULL_HANDLE, 0);
      if (!U_CHECK(record_work(dev, &buffer, i)))
         break;
      VKT_CHECK(vkQueueSubmit(dev->queue, 1, &work, dev->fence));
      VKT_CHECK(vkQueueSubmit(dev->queue, 1, &behind.info, VK_NULL_HANDLE));
      VKT_CHECK(vkWaitForFences(dev->handle, 1, &dev->fence, VK_TRUE,
                                VKT_TIMEOUT_NS));
      U_CHECK(vkt_words_are(buffer.map, buffer.size / 4, i));
      VKT_CHECK(vkResetFences(dev->handle, 1, &dev->fence));
      signal_value(dev, gate, i);
   }
   VKT_CHECK(vkQueueWaitIdle(dev->queue));
out:
   vkt_buffer_finish(&buffer);
   vkDestroySemaphore(dev->handle, gate, NULL);
}

/* The same within one submission. */
static void
test_batches(struct vkt_device *dev)
{
   VkSemaphore gate = timeline(dev), done = timeline(dev);
   struct batch batches[3];
   VkSubmitInfo infos[3];

   batch_init(&batches[0], VK_NULL_HANDLE, 0, done, 1);
   batch_init(&batches[1], gate, 1, done, 2);
   batch_init(&batches[2], gate, 2, VK_NULL_HANDLE, 0);
   for (uint32_t i = 0; i < 3; i++)
      infos[i] = batches[i].info;
   VKT_CHECK(vkQueueSubmit(dev->queue, 3, infos, dev->fence));
   VKT_CHECK(wait_value(dev, done, 1));
   U_CHECK_EQ(counter(dev, done), 1);
   signal_value(dev, gate, 1);
   VKT_CHECK(wait_value(dev, done, 2));
   U_CHECK_EQ(counter(dev, done), 2);
   U_CHECK_EQ(vkGetFenceStatus(dev->handle, dev->fence), VK_NOT_READY);
   signal_value(dev, gate, 2);
   VKT_CHECK(
      vkWaitForFences(dev->handle, 1, &dev->fence, VK_TRUE, VKT_TIMEOUT_NS));
   VKT_CHECK(vkResetFences(dev->handle, 1, &dev->fence));
   vkDestroySemaphore(dev->handle, done, NULL);
   vkDestroySemaphore(dev->handle, gate, NULL);
}

static void
test_many(struct vkt_device *dev)
{
   VkSemaphore gate = timeline(dev), done = timeline(dev);
   VkFence fences[MANY];

   for (uint32_t i = 0; i < MANY; i++) {
      struct batch batch;
      batch_init(&batch, gate, 1 + i / (MANY / 2), done, i + 1);
      fences[i] = fence(dev);
      VKT_CHECK(vkQueueSubmit(dev->queue, 1, &batch.info, fences[i]));
   }
   U_CHECK_EQ(counter(dev, done), 0);
   U_CHECK_EQ(vkWaitForFences(dev->handle, MANY, fences, VK_FALSE, 5000000),
              VK_TIMEOUT);
   signal_value(dev, gate, 1);
   VKT_CHECK(wait_value(dev, done, MANY / 2));
   U_CHECK_EQ(counter(dev, done), MANY / 2);
   VKT_CHECK(vkWaitForFences(dev->handle, MANY / 2, fences, VK_TRUE,
                             VKT_TIMEOUT_NS));
   for (uint32_t i = MANY / 2; i < MANY; i++)
      U_CHECK_EQ(vkGetFenceStatus(dev->handle, fences[i]), VK_NOT_READY);
   signal_value(dev, gate, 2);
   VKT_CHECK(vkQueueWaitIdle(dev->queue));
   U_CHECK_EQ(counter(dev, done), MANY);
   for (uint32_t i = 0; i < MANY; i++) {
      U_CHECK_EQ(vkGetFenceStatus(dev->handle, fences[i]), VK_SUCCESS);
      vkDestroyFence(dev->handle, fences[i], NULL);
   }
   vkDestroySemaphore(dev->handle, done, NULL);
   vkDestroySemaphore(dev->handle, gate, NULL);
}

/* Whatever a poll says goes at once: the fence, the semaphore, the commands
 * and the buffer that they wrote. */
static void
test_poll_and_destroy(struct vkt_device *dev)
{
   const VkCommandBufferAllocateInfo alloc = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
      .commandPool = dev->pool,
      .commandBufferCount = 1,
   };

   for (uint32_t i = 0; i < ROUNDS; i++) {
      struct vkt_device own = *dev;
      struct vkt_buffer buffer;
      struct batch batch;
      VkResult result;

      if (!VKT_CHECK(vkAllocateCommandBuffers(dev->handle, &alloc, &own.cmd)))
         return;
      U_CHECK(vkt_buffer_init(&buffer, &own, 65536,
                              VK_BUFFER_USAGE_TRANSFER_DST_BIT));
      U_CHECK(record_work(&own, &buffer, i));
      own.fence = fence(dev);
      batch_init(&batch, VK_NULL_HANDLE, 0, timeline(dev), 7);
      batch.info.commandBufferCount = 1;
      batch.info.pCommandBuffers = &own.cmd;
      VKT_CHECK(vkQueueSubmit(dev->queue, 1, &batch.info, own.fence));
      do {
         result = vkGetFenceStatus(dev->handle, own.fence);
         if (i & 1 && counter(dev, batch.signal_semaphore) == 7)
            result = VK_SUCCESS;
      } while (result == VK_NOT_READY);
      VKT_CHECK(result);
      U_CHECK(vkt_words_are(buffer.map, buffer.size / 4, i));
      if (i & 1) {
         VKT_CHECK(vkWaitForFences(dev->handle, 1, &own.fence, VK_TRUE,
                                   VKT_TIMEOUT_NS));
      }
      U_CHECK_EQ(vkGetFenceStatus(dev->handle, own.fence), VK_SUCCESS);
      VKT_CHECK(vkResetFences(dev->handle, 1, &own.fence));
      U_CHECK_EQ(vkGetFenceStatus(dev->handle, own.fence), VK_NOT_READY);
      vkDestroyFence(dev->handle, own.fence, NULL);
      VKT_CHECK(wait_value(dev, batch.signal_semaphore, 7));
      vkDestroySemaphore(dev->handle, batch.signal_semaphore, NULL);
      vkFreeCommandBuffers(dev->handle, dev->pool, 1, &own.cmd);
      vkt_buffer_finish(&buffer);
   }
}

struct worker {
   struct vkt_device *dev;
   pthread_mutex_t *queue_mutex;
   VkSemaphore all; /* raised by each submission */
   _Atomic uint64_t *last;
};

/* Submits, then waits in one of four ways. */
static void *
run_worker(void *data)
{
   struct worker *worker = data;
   struct vkt_device *dev = worker->dev;
   VkFence own = fence(dev);

   for (uint32_t i = 0; i < ROUNDS; i++) {
      struct batch batch;
      uint64_t value;

      pthread_mutex_lock(worker->queue_mutex);
      value = atomic_load(worker->last) + 1;
      atomic_store(worker->last, value);
      batch_init(&batch, VK_NULL_HANDLE, 0, worker->all, value);
      VKT_CHECK(vkQueueSubmit(dev->queue, 1, &batch.info, own));
      pthread_mutex_unlock(worker->queue_mutex);

      switch (i % 4) {
      case 0:
         VKT_CHECK(wait_value(dev, worker->all, value));
         break;
      case 1:
         while (counter(dev, worker->all) < value)
            ;
         break;
      case 2:
         while (vkGetFenceStatus(dev->handle, own) == VK_NOT_READY)
            ;
         break;
      case 3:
         pthread_mutex_lock(worker->queue_mutex);
         VKT_CHECK(vkQueueWaitIdle(dev->queue));
         pthread_mutex_unlock(worker->queue_mutex);
         break;
      }
      U_CHECK(i % 4 == 2 || counter(dev, worker->all) >= value);
      VKT_CHECK(
         vkWaitForFences(dev->handle, 1, &own, VK_TRUE, VKT_TIMEOUT_NS));
      VKT_CHECK(vkResetFences(dev->handle, 1, &own));
   }
   vkDestroyFence(dev->handle, own, NULL);
   return NULL;
}

static void
test_threads(struct vkt_device *dev)
{
   pthread_mutex_t queue_mutex = PTHREAD_MUTEX_INITIALIZER;
   _Atomic uint64_t last = 0;
   struct worker worker = {
      .dev = dev,
      .queue_mutex = &queue_mutex,
      .all = timeline(dev),
      .last = &last,
   };
   pthread_t threads[THREADS];

   for (uint32_t i = 0; i < THREADS; i++) {
      if (!U_CHECK_EQ(pthread_create(&threads[i], NULL, run_worker, &worker),
                      0))
         exit(EXIT_FAILURE);
   }
   for (uint32_t i = 0; i < THREADS; i++)
      pthread_join(threads[i], NULL);
   U_CHECK_EQ(counter(dev, worker.all), THREADS * ROUNDS);
   VKT_CHECK(vkDeviceWaitIdle(dev->handle));
   vkDestroySemaphore(dev->handle, worker.all, NULL);
}

/* Work without a fence is waited for; no work at all costs no time. */
static void
test_idle(struct vkt_device *dev)
{
   struct vkt_buffer buffer;
   const VkSubmitInfo work = {
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
      .commandBufferCount = 1,
      .pCommandBuffers = &dev->cmd,
   };

   if (!U_CHECK(vkt_buffer_init(&buffer, dev, 1 << 20,
                                VK_BUFFER_USAGE_TRANSFER_DST_BIT)))
      goto out;
   for (uint32_t i = 1; i <= 20; i++) {
      if (!U_CHECK(record_work(dev, &buffer, i)))
         break;
      VKT_CHECK(vkQueueSubmit(dev->queue, 1, &work,
                              i & 2 ? dev->fence : VK_NULL_HANDLE));
      VKT_CHECK(i & 1 ? vkQueueWaitIdle(dev->queue)
                      : vkDeviceWaitIdle(dev->handle));
      U_CHECK(vkt_words_are(buffer.map, buffer.size / 4, i));
      if (i & 2) {
         U_CHECK_EQ(vkGetFenceStatus(dev->handle, dev->fence), VK_SUCCESS);
         VKT_CHECK(vkResetFences(dev->handle, 1, &dev->fence));
      }
   }
   for (uint32_t i = 0; i < 10000; i++)
      VKT_CHECK(vkDeviceWaitIdle(dev->handle));
out:
   vkt_buffer_finish(&buffer);
}

int
main(void)
{
   VkPhysicalDeviceTimelineSemaphoreFeatures features = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES,
      .timelineSemaphore = VK_TRUE,
   };
   struct vkt_instance instance;
   struct vkt_device dev = { 0 };

   vkt_bound(110);
   if (!U_CHECK(vkt_instance_init(&instance)))
      goto out;
   if (U_CHECK(vkt_device_init(&dev, &instance, NULL, 0, &features))) {
      test_overtaken(&dev);
      test_batches(&dev);
      test_many(&dev);
      test_poll_and_destroy(&dev);
      test_threads(&dev);
      test_idle(&dev);
   }
out:
   vkt_device_finish(&dev);
   vkt_instance_finish(&instance);
   return u_test_result();
}
