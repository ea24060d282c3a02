/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What the specification lets several threads do at once with one device, all
 * of it at once: each has its own pools, sets and command buffers, and shares
 * layouts, a pipeline cache, a timeline, and the queues under a lock. For the
 * thread sanitizer above all.
 */

#include <pthread.h>
#include <string.h>

#include "vk_fixture.h"

#include "scale.comp.h"

#define THREADS    4
#define ROUNDS     24
#define WORDS      256
#define MAX_QUEUES 4

struct shared {
   struct vkt_device *dev;
   uint32_t queue_count;
   VkQueue queues[MAX_QUEUES];
   pthread_mutex_t mutexes[MAX_QUEUES];
   VkShaderModule shader;
   VkDescriptorSetLayout set_layout;
   VkPipelineLayout layout;
   VkPipelineCache cache;
};

struct worker {
   struct shared *shared;
   uint32_t number;
   struct vkt_device dev; /* handle and instance are shared */
   VkCommandBuffer secondary;
   VkDescriptorPool sets;
   VkQueryPool queries;
   VkEvent event;
   VkSemaphore timeline;
   uint64_t value;
};

static void
init_worker(struct worker *worker)
{
   struct vkt_device *dev = &worker->dev;
   const VkCommandPoolCreateInfo pool_info = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
      .flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT,
      .queueFamilyIndex = dev->instance->queue_family,
   };
   const VkDescriptorPoolSize size = {
      VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
      2 * 4,
   };
   const VkDescriptorPoolCreateInfo sets_info = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
      .maxSets = 4,
      .poolSizeCount = 1,
      .pPoolSizes = &size,
   };
   const VkQueryPoolCreateInfo query_info = {
      .sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO,
      .queryType = VK_QUERY_TYPE_TIMESTAMP,
      .queryCount = 2,
   };
   const VkEventCreateInfo event_info = {
      .sType = VK_STRUCTURE_TYPE_EVENT_CREATE_INFO,
   };
   const VkFenceCreateInfo fence_info = {
      .sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO,
   };
   const VkSemaphoreTypeCreateInfo type_info = {
      .sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
      .semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE,
   };
   const VkSemaphoreCreateInfo semaphore_info = {
      .sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO,
      .pNext = &type_info,
   };

   VKT_CHECK(vkCreateCommandPool(dev->handle, &pool_info, NULL, &dev->pool));
   for (uint32_t level = 0; level < 2; level++) {
      const VkCommandBufferAllocateInfo alloc = {
         .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
         .commandPool = dev->pool,
         .level = level ? VK_COMMAND_BUFFER_LEVEL_SECONDARY
                        : VK_COMMAND_BUFFER_LEVEL_PRIMARY,
         .commandBufferCount = 1,
      };
      VKT_CHECK(vkAllocateCommandBuffers(
         dev->handle, &alloc, level ? &worker->secondary : &dev->cmd));
   }
   VKT_CHECK(
      vkCreateDescriptorPool(dev->handle, &sets_info, NULL, &worker->sets));
   VKT_CHECK(
      vkCreateQueryPool(dev->handle, &query_info, NULL, &worker->queries));
   VKT_CHECK(vkCreateEvent(dev->handle, &event_info, NULL, &worker->event));
   VKT_CHECK(vkCreateFence(dev->handle, &fence_info, NULL, &dev->fence));
   VKT_CHECK(vkCreateSemaphore(dev->handle, &semaphore_info, NULL,
                               &worker->timeline));
}

static void
finish_worker(struct worker *worker)
{
   struct vkt_device *dev = &worker->dev;

   vkDestroySemaphore(dev->handle, worker->timeline, NULL);
   vkDestroyFence(dev->handle, dev->fence, NULL);
   vkDestroyEvent(dev->handle, worker->event, NULL);
   vkDestroyQueryPool(dev->handle, worker->queries, NULL);
   vkDestroyDescriptorPool(dev->handle, worker->sets, NULL);
   vkDestroyCommandPool(dev->handle, dev->pool, NULL);
}

/* The factor is the thread's own, so half of them have the same. */
static VkPipeline
create_pipeline(struct worker *worker)
{
   const struct shared *shared = worker->shared;
   const uint32_t factor = 1 + worker->number % 2;
   const VkSpecializationMapEntry entry = { .constantID = 3, .size = 4 };
   const VkSpecializationInfo specialization = {
      .mapEntryCount = 1,
      .pMapEntries = &entry,
      .dataSize = sizeof(factor),
      .pData = &factor,
   };
   const VkComputePipelineCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
      .stage = {
         .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
         .stage = VK_SHADER_STAGE_COMPUTE_BIT,
         .module = shared->shader,
         .pName = "main",
         .pSpecializationInfo = &specialization,
      },
      .layout = shared->layout,
   };
   VkPipeline pipeline = VK_NULL_HANDLE;

   VKT_CHECK(vkCreateComputePipelines(worker->dev.handle, shared->cache, 1,
                                      &info, NULL, &pipeline));
   return pipeline;
}

static VkDescriptorSet
write_set(struct worker *worker,
          const struct vkt_buffer *source,
          const struct vkt_buffer *target)
{
   const VkDescriptorSetAllocateInfo info = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
      .descriptorPool = worker->sets,
      .descriptorSetCount = 1,
      .pSetLayouts = &worker->shared->set_layout,
   };
   const VkDescriptorBufferInfo buffers[2] = {
      { source->handle, 0, VK_WHOLE_SIZE },
      { target->handle, 0, VK_WHOLE_SIZE },
   };
   VkWriteDescriptorSet write = {
      .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
      .descriptorCount = 2,
      .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
      .pBufferInfo = buffers,
   };
   VkDescriptorSet set = VK_NULL_HANDLE;

   VKT_CHECK(vkResetDescriptorPool(worker->dev.handle, worker->sets, 0));
   VKT_CHECK(vkAllocateDescriptorSets(worker->dev.handle, &info, &set));
   write.dstSet = set;
   vkUpdateDescriptorSets(worker->dev.handle, 1, &write, 0, NULL);
   return set;
}

static void
record_dispatch(struct worker *worker,
                VkCommandBuffer cmd,
                VkPipeline pipeline,
                VkDescriptorSet set,
                uint32_t addend)
{
   const struct shared *shared = worker->shared;

   vkCmdBindPipeline(cmd, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline);
   vkCmdBindDescriptorSets(cmd, VK_PIPELINE_BIND_POINT_COMPUTE,
                           shared->layout, 0, 1, &set, 0, NULL);
   vkCmdPushConstants(cmd, shared->layout, VK_SHADER_STAGE_COMPUTE_BIT, 8, 4,
                      &addend);
   vkCmdDispatch(cmd, WORDS / 64, 1, 1);
}

/* Every other round the dispatch is in a secondary command buffer. */
static void
record(struct worker *worker,
       VkPipeline pipeline,
       VkDescriptorSet set,
       uint32_t round)
{
   const VkCommandBufferInheritanceInfo inheritance = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_INHERITANCE_INFO,
   };
   const VkCommandBufferBeginInfo begin = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
      .pInheritanceInfo = &inheritance,
   };
   const VkCommandBuffer cmd = worker->dev.cmd;

   U_CHECK(vkt_begin(&worker->dev));
   vkCmdResetQueryPool(cmd, worker->queries, 0, 2);
   vkCmdWriteTimestamp(cmd, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT,
                       worker->queries, 0);
   if (round & 1) {
      VKT_CHECK(vkBeginCommandBuffer(worker->secondary, &begin));
      record_dispatch(worker, worker->secondary, pipeline, set, round);
      vkCmdWriteTimestamp(worker->secondary,
                          VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, worker->queries,
                          1);
      VKT_CHECK(vkEndCommandBuffer(worker->secondary));
      vkCmdExecuteCommands(cmd, 1, &worker->secondary);
   } else {
      record_dispatch(worker, cmd, pipeline, set, round);
      vkCmdWriteTimestamp(cmd, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT,
                          worker->queries, 1);
   }
   vkCmdSetEvent(cmd, worker->event, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT);
   vkt_full_barrier(cmd);
   VKT_CHECK(vkEndCommandBuffer(cmd));
}

static void
submit(struct worker *worker, uint32_t round)
{
   struct shared *shared = worker->shared;
   const uint32_t queue = (worker->number + round) % shared->queue_count;
   const uint64_t value = ++worker->value;
   const VkTimelineSemaphoreSubmitInfo values = {
      .sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
      .signalSemaphoreValueCount = 1,
      .pSignalSemaphoreValues = &value,
   };
   const VkSubmitInfo info = {
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
      .pNext = &values,
      .commandBufferCount = 1,
      .pCommandBuffers = &worker->dev.cmd,
      .signalSemaphoreCount = 1,
      .pSignalSemaphores = &worker->timeline,
   };

   pthread_mutex_lock(&shared->mutexes[queue]);
   VKT_CHECK(
      vkQueueSubmit(shared->queues[queue], 1, &info, worker->dev.fence));
   if (round % 6 == 5)
      VKT_CHECK(vkQueueWaitIdle(shared->queues[queue]));
   pthread_mutex_unlock(&shared->mutexes[queue]);
}

static void
wait_somehow(struct worker *worker, uint32_t round)
{
   const VkDevice device = worker->dev.handle;
   const VkSemaphoreWaitInfo info = {
      .sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
      .semaphoreCount = 1,
      .pSemaphores = &worker->timeline,
      .pValues = &worker->value,
   };
   uint64_t stamps[2] = { 0 }, value = 0;

   switch (round % 4) {
   case 0:
      VKT_CHECK(vkWaitSemaphores(device, &info, VKT_TIMEOUT_NS));
      break;
   case 1:
      while (vkGetEventStatus(device, worker->event) == VK_EVENT_RESET)
         ;
      break;
   case 2:
      while (vkGetFenceStatus(device, worker->dev.fence) == VK_NOT_READY)
         ;
      break;
   case 3:
      break;
   }
   VKT_CHECK(vkGetQueryPoolResults(
      device, worker->queries, 0, 2, sizeof(stamps), stamps, 8,
      VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT));
   U_CHECK(stamps[1] >= stamps[0]);
   VKT_CHECK(vkWaitForFences(device, 1, &worker->dev.fence, VK_TRUE,
                             VKT_TIMEOUT_NS));
   VKT_CHECK(vkResetFences(device, 1, &worker->dev.fence));
   VKT_CHECK(vkGetSemaphoreCounterValue(device, worker->timeline, &value));
   U_CHECK_EQ(value, worker->value);
   U_CHECK_EQ(vkGetEventStatus(device, worker->event), VK_EVENT_SET);
   VKT_CHECK(vkResetEvent(device, worker->event));
}

/* Questions that a driver may remember the answers of. */
static void
ask(struct worker *worker, uint32_t round)
{
   const VkFormat format = VK_FORMAT_R8_UNORM + (round * 7) % 60;
   VkFormatProperties props;
   VkImageFormatProperties image_props;

   vkGetPhysicalDeviceFormatProperties(worker->dev.instance->pdev, format,
                                       &props);
   vkGetPhysicalDeviceImageFormatProperties(
      worker->dev.instance->pdev, format, VK_IMAGE_TYPE_2D,
      VK_IMAGE_TILING_OPTIMAL, VK_IMAGE_USAGE_SAMPLED_BIT, 0, &image_props);
}

static void *
run(void *data)
{
   struct worker *worker = data;
   struct vkt_device *dev = &worker->dev;
   const uint32_t factor = 1 + worker->number % 2;
   const VkBufferUsageFlags usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT;

   init_worker(worker);
   for (uint32_t round = 0; round < ROUNDS; round++) {
      struct vkt_buffer source, target;
      const VkPipeline pipeline = create_pipeline(worker);
      const bool ok =
         U_CHECK(vkt_buffer_init(&source, dev, WORDS * 4, usage)) &&
         U_CHECK(vkt_buffer_init(&target, dev, WORDS * 4, usage));

      if (!ok)
         exit(EXIT_FAILURE);
      for (uint32_t i = 0; i < WORDS; i++)
         ((uint32_t *)source.map)[i] = worker->number;
      record(worker, pipeline, write_set(worker, &source, &target), round);
      submit(worker, round);
      ask(worker, round);
      wait_somehow(worker, round);
      U_CHECK(
         vkt_words_are(target.map, WORDS, worker->number * factor + round));
      vkt_buffer_finish(&target);
      vkt_buffer_finish(&source);
      vkDestroyPipeline(dev->handle, pipeline, NULL);
   }
   finish_worker(worker);
   return NULL;
}

static bool
init_shared(struct shared *shared, struct vkt_device *dev)
{
   const VkDescriptorSetLayoutBinding bindings[2] = {
      {
         .binding = 0,
         .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
         .descriptorCount = 1,
         .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
      },
      {
         .binding = 1,
         .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
         .descriptorCount = 1,
         .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
      },
   };
   const VkDescriptorSetLayoutCreateInfo set_info = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
      .bindingCount = 2,
      .pBindings = bindings,
   };
   const VkPushConstantRange push = { VK_SHADER_STAGE_COMPUTE_BIT, 8, 4 };
   const VkPipelineLayoutCreateInfo layout_info = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
      .setLayoutCount = 1,
      .pSetLayouts = &shared->set_layout,
      .pushConstantRangeCount = 1,
      .pPushConstantRanges = &push,
   };
   const VkPipelineCacheCreateInfo cache_info = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO,
   };

   shared->dev = dev;
   shared->shader = vkt_shader(dev, scale_comp, sizeof(scale_comp));
   return VKT_CHECK(vkCreateDescriptorSetLayout(dev->handle, &set_info, NULL,
                                                &shared->set_layout)) &&
          VKT_CHECK(vkCreatePipelineLayout(dev->handle, &layout_info, NULL,
                                           &shared->layout)) &&
          VKT_CHECK(vkCreatePipelineCache(dev->handle, &cache_info, NULL,
                                          &shared->cache));
}

static void
finish_shared(struct shared *shared)
{
   const VkDevice device = shared->dev->handle;

   vkDestroyPipelineCache(device, shared->cache, NULL);
   vkDestroyPipelineLayout(device, shared->layout, NULL);
   vkDestroyDescriptorSetLayout(device, shared->set_layout, NULL);
   vkDestroyShaderModule(device, shared->shader, NULL);
}

/* All queues of the family, up to MAX_QUEUES. */
static bool
init_device(struct vkt_device *dev,
            const struct vkt_instance *instance,
            struct shared *shared)
{
   const float priorities[MAX_QUEUES] = { 1.0f, 1.0f, 1.0f, 1.0f };
   const VkPhysicalDeviceTimelineSemaphoreFeatures features = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES,
      .timelineSemaphore = VK_TRUE,
   };
   VkQueueFamilyProperties families[32];
   uint32_t count = VKT_ARRAY_SIZE(families);

   vkGetPhysicalDeviceQueueFamilyProperties(instance->pdev, &count, families);
   shared->queue_count = families[instance->queue_family].queueCount;
   if (shared->queue_count > MAX_QUEUES)
      shared->queue_count = MAX_QUEUES;
   const VkDeviceQueueCreateInfo queue_info = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
      .queueFamilyIndex = instance->queue_family,
      .queueCount = shared->queue_count,
      .pQueuePriorities = priorities,
   };
   const VkDeviceCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
      .pNext = &features,
      .queueCreateInfoCount = 1,
      .pQueueCreateInfos = &queue_info,
   };

   dev->instance = instance;
   if (!VKT_CHECK(vkCreateDevice(instance->pdev, &info, NULL, &dev->handle)))
      return false;
   for (uint32_t i = 0; i < shared->queue_count; i++) {
      vkGetDeviceQueue(dev->handle, instance->queue_family, i,
                       &shared->queues[i]);
      pthread_mutex_init(&shared->mutexes[i], NULL);
   }
   return true;
}

int
main(void)
{
   struct vkt_instance instance;
   struct vkt_device dev = { 0 };
   struct shared shared = { 0 };
   struct worker workers[THREADS] = { 0 };
   pthread_t threads[THREADS];

   vkt_bound(120);
   if (!U_CHECK(vkt_instance_init(&instance)) ||
       !U_CHECK(init_device(&dev, &instance, &shared)) ||
       !U_CHECK(init_shared(&shared, &dev)))
      return EXIT_FAILURE;
   for (uint32_t i = 0; i < THREADS; i++) {
      workers[i] = (struct worker){
         .shared = &shared,
         .number = i,
         .dev = { .instance = &instance, .handle = dev.handle },
      };
      if (!U_CHECK_EQ(pthread_create(&threads[i], NULL, run, &workers[i]), 0))
         return EXIT_FAILURE;
   }
   for (uint32_t i = 0; i < THREADS; i++)
      pthread_join(threads[i], NULL);
   VKT_CHECK(vkDeviceWaitIdle(dev.handle));
   finish_shared(&shared);
   vkDestroyDevice(dev.handle, NULL);
   for (uint32_t i = 0; i < shared.queue_count; i++)
      pthread_mutex_destroy(&shared.mutexes[i]);
   vkt_instance_finish(&instance);
   return u_test_result();
}
