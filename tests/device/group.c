/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * A device group, of one device as everywhere here: its structs in every
 * place that takes one, masks, and submissions in both forms.
 */

#include <string.h>

#include "vk_fixture.h"

#define WORDS 1024

static bool
find_group(const struct vkt_instance *instance,
           VkPhysicalDeviceGroupProperties *group)
{
   VkPhysicalDeviceGroupProperties groups[8];
   uint32_t count = VKT_ARRAY_SIZE(groups);

   for (uint32_t i = 0; i < count; i++) {
      groups[i] = (VkPhysicalDeviceGroupProperties){
         .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_GROUP_PROPERTIES,
      };
   }
   if (!VKT_CHECK(
          vkEnumeratePhysicalDeviceGroups(instance->handle, &count, groups)))
      return false;
   for (uint32_t i = 0; i < count; i++) {
      if (groups[i].physicalDevices[0] == instance->pdev) {
         *group = groups[i];
         return U_CHECK_EQ(group->physicalDeviceCount, 1);
      }
   }
   return U_CHECK(!"the device is in no group");
}

/* With masks and indices of devices. */
static bool
init_buffer(struct vkt_device *dev, struct vkt_buffer *buffer)
{
   const VkBufferCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
      .size = WORDS * 4,
      .usage = VK_BUFFER_USAGE_TRANSFER_DST_BIT,
   };
   const VkMemoryAllocateFlagsInfo flags = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO,
      .flags = VK_MEMORY_ALLOCATE_DEVICE_MASK_BIT,
      .deviceMask = 1,
   };
   VkMemoryAllocateInfo alloc = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
      .pNext = &flags,
   };
   const uint32_t index = 0;
   const VkBindBufferMemoryDeviceGroupInfo bind_group = {
      .sType = VK_STRUCTURE_TYPE_BIND_BUFFER_MEMORY_DEVICE_GROUP_INFO,
      .deviceIndexCount = 1,
      .pDeviceIndices = &index,
   };
   VkBindBufferMemoryInfo bind = {
      .sType = VK_STRUCTURE_TYPE_BIND_BUFFER_MEMORY_INFO,
      .pNext = &bind_group,
   };
   VkMemoryRequirements reqs;

   *buffer = (struct vkt_buffer){ .dev = dev, .size = info.size };
   if (!VKT_CHECK(vkCreateBuffer(dev->handle, &info, NULL, &buffer->handle)))
      return false;
   vkGetBufferMemoryRequirements(dev->handle, buffer->handle, &reqs);
   alloc.allocationSize = reqs.size;
   alloc.memoryTypeIndex =
      vkt_memory_type(dev->instance, reqs.memoryTypeBits,
                      VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT |
                         VK_MEMORY_PROPERTY_HOST_COHERENT_BIT);
   if (!VKT_CHECK(
          vkAllocateMemory(dev->handle, &alloc, NULL, &buffer->memory)))
      return false;
   bind.buffer = buffer->handle;
   bind.memory = buffer->memory;
   return VKT_CHECK(vkBindBufferMemory2(dev->handle, 1, &bind)) &&
          VKT_CHECK(vkMapMemory(dev->handle, buffer->memory, 0, VK_WHOLE_SIZE,
                                0, &buffer->map));
}

static void
record(struct vkt_device *dev, struct vkt_buffer *buffer, uint32_t value)
{
   const VkDeviceGroupCommandBufferBeginInfo group = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_GROUP_COMMAND_BUFFER_BEGIN_INFO,
      .deviceMask = 1,
   };
   const VkCommandBufferBeginInfo begin = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
      .pNext = &group,
      .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT,
   };

   VKT_CHECK(vkBeginCommandBuffer(dev->cmd, &begin));
   vkCmdSetDeviceMask(dev->cmd, 1);
   vkCmdFillBuffer(dev->cmd, buffer->handle, 0, VK_WHOLE_SIZE, value);
   vkt_full_barrier(dev->cmd);
   VKT_CHECK(vkEndCommandBuffer(dev->cmd));
}

static VkSemaphore
timeline(struct vkt_device *dev)
{
   const VkSemaphoreTypeCreateInfo type = {
      .sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
      .semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE,
   };
   const VkSemaphoreCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO,
      .pNext = &type,
   };
   VkSemaphore handle = VK_NULL_HANDLE;

   VKT_CHECK(vkCreateSemaphore(dev->handle, &info, NULL, &handle));
   return handle;
}

static void
submit_old(struct vkt_device *dev, VkSemaphore semaphore, uint64_t value)
{
   const uint32_t mask = 1, index = 0;
   const VkDeviceGroupSubmitInfo group = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_GROUP_SUBMIT_INFO,
      .commandBufferCount = 1,
      .pCommandBufferDeviceMasks = &mask,
      .signalSemaphoreCount = 1,
      .pSignalSemaphoreDeviceIndices = &index,
   };
   const VkTimelineSemaphoreSubmitInfo values = {
      .sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
      .pNext = &group,
      .signalSemaphoreValueCount = 1,
      .pSignalSemaphoreValues = &value,
   };
   const VkSubmitInfo submit = {
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
      .pNext = &values,
      .commandBufferCount = 1,
      .pCommandBuffers = &dev->cmd,
      .signalSemaphoreCount = 1,
      .pSignalSemaphores = &semaphore,
   };

   VKT_CHECK(vkQueueSubmit(dev->queue, 1, &submit, dev->fence));
}

static void
submit_new(struct vkt_device *dev, VkSemaphore semaphore, uint64_t value)
{
   const VkCommandBufferSubmitInfo cmd = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_SUBMIT_INFO,
      .commandBuffer = dev->cmd,
      .deviceMask = 1,
   };
   const VkSemaphoreSubmitInfo signal = {
      .sType = VK_STRUCTURE_TYPE_SEMAPHORE_SUBMIT_INFO,
      .semaphore = semaphore,
      .value = value,
      .stageMask = VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT,
   };
   const VkSubmitInfo2 submit = {
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO_2,
      .commandBufferInfoCount = 1,
      .pCommandBufferInfos = &cmd,
      .signalSemaphoreInfoCount = 1,
      .pSignalSemaphoreInfos = &signal,
   };

   VKT_CHECK(vkQueueSubmit2(dev->queue, 1, &submit, dev->fence));
}

static void
test_submissions(struct vkt_device *dev, bool both)
{
   struct vkt_buffer buffer = { 0 };
   VkSemaphore semaphore = timeline(dev);

   if (!U_CHECK(init_buffer(dev, &buffer)))
      goto out;
   for (uint32_t i = 1; i <= 20; i++) {
      const uint64_t value = i;
      const VkSemaphoreWaitInfo wait = {
         .sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
         .semaphoreCount = 1,
         .pSemaphores = &semaphore,
         .pValues = &value,
      };

      record(dev, &buffer, i);
      if (both && i & 1)
         submit_new(dev, semaphore, value);
      else
         submit_old(dev, semaphore, value);
      VKT_CHECK(vkWaitSemaphores(dev->handle, &wait, VKT_TIMEOUT_NS));
      U_CHECK(vkt_words_are(buffer.map, WORDS, i));
      VKT_CHECK(vkWaitForFences(dev->handle, 1, &dev->fence, VK_TRUE,
                                VKT_TIMEOUT_NS));
      VKT_CHECK(vkResetFences(dev->handle, 1, &dev->fence));
   }
out:
   vkDestroySemaphore(dev->handle, semaphore, NULL);
   vkt_buffer_finish(&buffer);
}

int
main(void)
{
   VkPhysicalDeviceGroupProperties group = { 0 };
   VkPhysicalDeviceSynchronization2Features sync2 = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SYNCHRONIZATION_2_FEATURES,
      .synchronization2 = VK_TRUE,
   };
   VkPhysicalDeviceTimelineSemaphoreFeatures features = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES,
      .timelineSemaphore = VK_TRUE,
   };
   VkDeviceGroupDeviceCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_GROUP_DEVICE_CREATE_INFO,
      .pNext = &features,
      .physicalDeviceCount = 1,
   };
   struct vkt_instance instance;
   struct vkt_device dev = { 0 };

   vkt_bound(60);
   if (!U_CHECK(vkt_instance_init(&instance)) ||
       !U_CHECK(find_group(&instance, &group)))
      goto out;
   const bool has_sync2 = instance.props.apiVersion >= VK_API_VERSION_1_3;
   features.pNext = has_sync2 ? &sync2 : NULL;
   info.pPhysicalDevices = group.physicalDevices;
   if (U_CHECK(vkt_device_init(&dev, &instance, NULL, 0, &info)))
      test_submissions(&dev, has_sync2);
out:
   vkt_device_finish(&dev);
   vkt_instance_finish(&instance);
   return u_test_result();
}
