/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Many things at once: four threads that record, create, destroy and map on
 * one device and share its queue under a lock; then one device each, over two
 * instances.
 */

#include <pthread.h>
#include <string.h>

#include "vk_fixture.h"

#define THREADS 4
#define ROUNDS  40

struct worker {
   struct vkt_device dev; /* handle, queue and instance may be shared */
   pthread_mutex_t *queue_mutex;
   uint32_t seed;
   bool ok;
};

/* A command pool, buffer and fence of the thread's own on a shared device. */
static bool
worker_init(struct worker *worker, const struct vkt_device *shared)
{
   const VkCommandPoolCreateInfo pool_info = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
      .flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT,
      .queueFamilyIndex = shared->instance->queue_family,
   };
   const VkFenceCreateInfo fence_info = {
      .sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO,
   };
   VkCommandBufferAllocateInfo alloc = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
      .commandBufferCount = 1,
   };
   struct vkt_device *dev = &worker->dev;

   *dev = (struct vkt_device){
      .instance = shared->instance,
      .handle = shared->handle,
      .queue = shared->queue,
   };
   if (!vkt_ok(vkCreateCommandPool(dev->handle, &pool_info, NULL, &dev->pool),
               "vkCreateCommandPool"))
      return false;
   alloc.commandPool = dev->pool;
   return vkt_ok(vkAllocateCommandBuffers(dev->handle, &alloc, &dev->cmd),
                 "vkAllocateCommandBuffers") &&
          vkt_ok(vkCreateFence(dev->handle, &fence_info, NULL, &dev->fence),
                 "vkCreateFence");
}

static bool
submit_locked(struct worker *worker)
{
   struct vkt_device *dev = &worker->dev;
   const VkSubmitInfo submit = {
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
      .commandBufferCount = 1,
      .pCommandBuffers = &dev->cmd,
   };
   VkResult result;

   if (!vkt_ok(vkEndCommandBuffer(dev->cmd), "vkEndCommandBuffer"))
      return false;
   pthread_mutex_lock(worker->queue_mutex);
   result = vkQueueSubmit(dev->queue, 1, &submit, dev->fence);
   pthread_mutex_unlock(worker->queue_mutex);
   return vkt_ok(result, "vkQueueSubmit") &&
          vkt_ok(vkWaitForFences(dev->handle, 1, &dev->fence, VK_TRUE,
                                 VKT_TIMEOUT_NS),
                 "vkWaitForFences") &&
          vkt_ok(vkResetFences(dev->handle, 1, &dev->fence), "vkResetFences");
}

static bool
work_once(struct worker *worker, uint32_t value)
{
   struct vkt_device *dev = &worker->dev;
   const VkSamplerCreateInfo sampler_info = {
      .sType = VK_STRUCTURE_TYPE_SAMPLER_CREATE_INFO,
   };
   struct vkt_buffer buffer;
   VkSampler samplers[8] = { VK_NULL_HANDLE };
   bool ok = true;

   for (uint32_t i = 0; ok && i < 8; i++)
      ok = vkt_ok(
         vkCreateSampler(dev->handle, &sampler_info, NULL, &samplers[i]),
         "vkCreateSampler");
   ok = vkt_buffer_init(&buffer, dev, 64 << 10,
                        VK_BUFFER_USAGE_TRANSFER_DST_BIT) &&
        ok && vkt_begin(dev);
   if (ok) {
      /* 64 commands that overlap other threads' recordings */
      for (uint32_t i = 0; i < 64; i++)
         vkCmdFillBuffer(dev->cmd, buffer.handle, i * 1024, 1024, value);
      vkt_full_barrier(dev->cmd);
      ok =
         submit_locked(worker) && vkt_words_are(buffer.map, 16 << 10, value);
   }
   vkt_buffer_finish(&buffer);
   for (uint32_t i = 0; i < 8; i++)
      vkDestroySampler(dev->handle, samplers[i], NULL);
   return ok;
}

static void *
work(void *data)
{
   struct worker *worker = data;

   worker->ok = true;
   for (uint32_t i = 0; worker->ok && i < ROUNDS; i++)
      worker->ok = work_once(worker, worker->seed + i);
   return NULL;
}

static void
run_workers(struct worker *workers)
{
   pthread_t threads[THREADS];

   for (uint32_t i = 0; i < THREADS; i++) {
      workers[i].seed = (i + 1) << 16;
      if (!U_CHECK_EQ(pthread_create(&threads[i], NULL, work, &workers[i]),
                      0))
         exit(EXIT_FAILURE);
   }
   for (uint32_t i = 0; i < THREADS; i++) {
      pthread_join(threads[i], NULL);
      U_CHECK(workers[i].ok);
   }
}

static void
test_one_device(struct vkt_device *dev)
{
   pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
   struct worker workers[THREADS] = { 0 };
   bool ok = true;

   for (uint32_t i = 0; i < THREADS; i++) {
      workers[i].queue_mutex = &mutex;
      ok = U_CHECK(worker_init(&workers[i], dev)) && ok;
   }
   if (ok)
      run_workers(workers);
   for (uint32_t i = 0; i < THREADS; i++) {
      vkDestroyFence(dev->handle, workers[i].dev.fence, NULL);
      vkDestroyCommandPool(dev->handle, workers[i].dev.pool, NULL);
   }
}

/* Two devices on each of two instances, all at work. */
static void
test_many_devices(struct vkt_instance *instances)
{
   pthread_mutex_t mutexes[THREADS];
   struct worker workers[THREADS] = { 0 };
   bool ok = true;

   for (uint32_t i = 0; i < THREADS; i++) {
      pthread_mutex_init(&mutexes[i], NULL);
      workers[i].queue_mutex = &mutexes[i];
      ok = U_CHECK(vkt_device_init(&workers[i].dev, &instances[i / 2], NULL,
                                   0, NULL)) &&
           ok;
   }
   if (ok)
      run_workers(workers);
   for (uint32_t i = 0; i < THREADS; i++) {
      vkt_device_finish(&workers[i].dev);
      pthread_mutex_destroy(&mutexes[i]);
   }
}

/* Instances and devices come and go while others are at work. */
static void *
come_and_go(void *data)
{
   bool *ok = data;

   for (uint32_t i = 0; *ok && i < 5; i++) {
      struct vkt_instance instance;
      struct vkt_device dev = { 0 };

      *ok = vkt_instance_init(&instance) &&
            vkt_device_init(&dev, &instance, NULL, 0, NULL) &&
            vkt_device_works(&dev);
      vkt_device_finish(&dev);
      vkt_instance_finish(&instance);
   }
   return NULL;
}

static void
test_come_and_go(struct vkt_device *dev)
{
   pthread_t threads[2];
   bool ok[2] = { true, true };

   for (uint32_t i = 0; i < 2; i++) {
      if (!U_CHECK_EQ(pthread_create(&threads[i], NULL, come_and_go, &ok[i]),
                      0))
         exit(EXIT_FAILURE);
   }
   test_one_device(dev);
   for (uint32_t i = 0; i < 2; i++) {
      pthread_join(threads[i], NULL);
      U_CHECK(ok[i]);
   }
}

int
main(void)
{
   struct vkt_instance instances[2] = { 0 };
   struct vkt_device dev = { 0 };

   vkt_bound(120);
   if (U_CHECK(vkt_instance_init(&instances[0])) &&
       U_CHECK(vkt_instance_init(&instances[1])) &&
       U_CHECK(vkt_device_init(&dev, &instances[0], NULL, 0, NULL))) {
      test_one_device(&dev);
      test_many_devices(instances);
      test_come_and_go(&dev);
   }
   vkt_device_finish(&dev);
   vkt_instance_finish(&instances[1]);
   vkt_instance_finish(&instances[0]);
   return u_test_result();
}
