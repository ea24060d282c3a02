/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Requests that must fail: each gives the error that the specification names
 * for it, and the device lives on. Private data is here as well, since it is
 * kept in the driver alone.
 *
 * usage: limits [exact]
 *
 * Drivers may be generous: lavapipe gives descriptor sets without end, and
 * memory that no machine has. With "exact" there is no such memory.
 */

#include <string.h>

#include "vk_fixture.h"

static bool exact;

static bool
is_pool_result(VkResult result)
{
   return result == VK_ERROR_OUT_OF_POOL_MEMORY ||
          result == VK_ERROR_FRAGMENTED_POOL || result == VK_SUCCESS;
}

static bool
is_memory_error(VkResult result)
{
   return result == VK_ERROR_OUT_OF_DEVICE_MEMORY ||
          result == VK_ERROR_OUT_OF_HOST_MEMORY ||
          (result == VK_SUCCESS && !exact);
}

static VkDescriptorSetLayout
uniform_layout(struct vkt_device *dev, uint32_t count)
{
   const VkDescriptorSetLayoutBinding binding = {
      .descriptorType = VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER,
      .descriptorCount = count,
      .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
   };
   const VkDescriptorSetLayoutCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
      .bindingCount = 1,
      .pBindings = &binding,
   };
   VkDescriptorSetLayout layout = VK_NULL_HANDLE;

   VKT_CHECK(vkCreateDescriptorSetLayout(dev->handle, &info, NULL, &layout));
   return layout;
}

static VkResult
allocate_sets(struct vkt_device *dev,
              VkDescriptorPool pool,
              VkDescriptorSetLayout layout,
              uint32_t count,
              VkDescriptorSet *sets)
{
   const VkDescriptorSetLayout layouts[8] = {
      layout, layout, layout, layout, layout, layout, layout, layout
   };
   const VkDescriptorSetAllocateInfo info = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
      .descriptorPool = pool,
      .descriptorSetCount = count,
      .pSetLayouts = layouts,
   };

   return vkAllocateDescriptorSets(dev->handle, &info, sets);
}

/* Out of sets, out of descriptors, and full again after a reset. With
 * free_sets, also after single sets were freed. */
static void
test_pool(struct vkt_device *dev, bool free_sets)
{
   const VkDescriptorPoolSize size = {
      .type = VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER,
      .descriptorCount = 8,
   };
   const VkDescriptorPoolCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
      .flags =
         free_sets ? VK_DESCRIPTOR_POOL_CREATE_FREE_DESCRIPTOR_SET_BIT : 0,
      .maxSets = 4,
      .poolSizeCount = 1,
      .pPoolSizes = &size,
   };
   VkDescriptorSetLayout one = uniform_layout(dev, 1);
   VkDescriptorSetLayout five = uniform_layout(dev, 5);
   VkDescriptorPool pool = VK_NULL_HANDLE;
   VkDescriptorSet sets[8];

   if (!VKT_CHECK(vkCreateDescriptorPool(dev->handle, &info, NULL, &pool)))
      goto out;
   for (uint32_t round = 0; round < 3; round++) {
      VKT_CHECK(allocate_sets(dev, pool, one, 4, sets));
      U_CHECK(is_pool_result(allocate_sets(dev, pool, one, 1, &sets[4])));
      if (free_sets) {
         VKT_CHECK(vkFreeDescriptorSets(dev->handle, pool, 2, sets));
         VKT_CHECK(allocate_sets(dev, pool, one, 2, sets));
         U_CHECK(is_pool_result(allocate_sets(dev, pool, one, 1, &sets[4])));
      }
      VKT_CHECK(vkResetDescriptorPool(dev->handle, pool, 0));

      /* all or nothing: of two sets the second does not fit */
      memset(sets, 0xff, sizeof(sets));
      const VkResult result = allocate_sets(dev, pool, five, 2, sets);
      U_CHECK(is_pool_result(result));
      if (result != VK_SUCCESS)
         U_CHECK(sets[0] == VK_NULL_HANDLE && sets[1] == VK_NULL_HANDLE);
      else
         VKT_CHECK(vkResetDescriptorPool(dev->handle, pool, 0));
      VKT_CHECK(allocate_sets(dev, pool, five, 1, sets));
      VKT_CHECK(allocate_sets(dev, pool, one, 3, &sets[1]));
      VKT_CHECK(vkResetDescriptorPool(dev->handle, pool, 0));
   }
out:
   vkDestroyDescriptorPool(dev->handle, pool, NULL);
   vkDestroyDescriptorSetLayout(dev->handle, five, NULL);
   vkDestroyDescriptorSetLayout(dev->handle, one, NULL);
}

/* More than any machine has, up to the largest number there is. */
static void
test_huge_memory(struct vkt_device *dev)
{
   static const VkDeviceSize sizes[] = {
      UINT64_C(1) << 46,
      UINT64_C(1) << 62,
      UINT64_MAX - 4095,
   };

   for (uint32_t type = 0; type < dev->instance->memory.memoryTypeCount;
        type++) {
      for (size_t i = 0; i < VKT_ARRAY_SIZE(sizes); i++) {
         const VkMemoryAllocateInfo info = {
            .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
            .allocationSize = sizes[i],
            .memoryTypeIndex = type,
         };
         VkDeviceMemory memory = VK_NULL_HANDLE;
         const VkResult result =
            vkAllocateMemory(dev->handle, &info, NULL, &memory);

         U_CHECK(is_memory_error(result));
         if (result == VK_SUCCESS)
            vkFreeMemory(dev->handle, memory, NULL);
      }
   }
   U_CHECK(vkt_device_works(dev));
}

/* A driver may create a buffer of any size and say no when memory is asked
 * for it. */
static void
test_huge_objects(struct vkt_device *dev)
{
   const VkBufferCreateInfo buffer_info = {
      .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
      .size = UINT64_C(1) << 60,
      .usage = VK_BUFFER_USAGE_TRANSFER_DST_BIT,
   };
   VkBuffer buffer = VK_NULL_HANDLE;
   VkResult result = vkCreateBuffer(dev->handle, &buffer_info, NULL, &buffer);

   U_CHECK(result == VK_SUCCESS || is_memory_error(result));
   if (result == VK_SUCCESS) {
      VkMemoryRequirements reqs;

      vkGetBufferMemoryRequirements(dev->handle, buffer, &reqs);
      U_CHECK(reqs.size >= buffer_info.size);
      vkDestroyBuffer(dev->handle, buffer, NULL);
   }
   U_CHECK(vkt_device_works(dev));
}

static void
test_private_data(struct vkt_device *dev)
{
   const VkPrivateDataSlotCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_PRIVATE_DATA_SLOT_CREATE_INFO,
   };
   VkPrivateDataSlot slots[2] = { VK_NULL_HANDLE, VK_NULL_HANDLE };
   struct vkt_buffer buffer;
   uint64_t data = 77;

   if (!U_CHECK(vkt_buffer_init(&buffer, dev, 64,
                                VK_BUFFER_USAGE_TRANSFER_DST_BIT)))
      goto out;
   for (uint32_t i = 0; i < 2; i++)
      VKT_CHECK(vkCreatePrivateDataSlot(dev->handle, &info, NULL, &slots[i]));

   const uint64_t handle = (uint64_t)(uintptr_t)buffer.handle;
   vkGetPrivateData(dev->handle, VK_OBJECT_TYPE_BUFFER, handle, slots[0],
                    &data);
   U_CHECK_EQ(data, 0);
   VKT_CHECK(vkSetPrivateData(dev->handle, VK_OBJECT_TYPE_BUFFER, handle,
                              slots[0], 0x1234567890));
   VKT_CHECK(vkSetPrivateData(dev->handle, VK_OBJECT_TYPE_QUEUE,
                              (uint64_t)(uintptr_t)dev->queue, slots[0], 5));
   vkGetPrivateData(dev->handle, VK_OBJECT_TYPE_BUFFER, handle, slots[0],
                    &data);
   U_CHECK_EQ(data, 0x1234567890);
   vkGetPrivateData(dev->handle, VK_OBJECT_TYPE_BUFFER, handle, slots[1],
                    &data);
   U_CHECK_EQ(data, 0);
   vkGetPrivateData(dev->handle, VK_OBJECT_TYPE_QUEUE,
                    (uint64_t)(uintptr_t)dev->queue, slots[0], &data);
   U_CHECK_EQ(data, 5);
out:
   for (uint32_t i = 0; i < 2; i++)
      vkDestroyPrivateDataSlot(dev->handle, slots[i], NULL);
   vkt_buffer_finish(&buffer);
}

/* Destroying nothing does nothing. */
static void
test_null_handles(struct vkt_device *dev)
{
   VkCommandBuffer cmd = VK_NULL_HANDLE;

   vkDestroyBuffer(dev->handle, VK_NULL_HANDLE, NULL);
   vkDestroyImage(dev->handle, VK_NULL_HANDLE, NULL);
   vkDestroyImageView(dev->handle, VK_NULL_HANDLE, NULL);
   vkDestroySampler(dev->handle, VK_NULL_HANDLE, NULL);
   vkDestroyPipeline(dev->handle, VK_NULL_HANDLE, NULL);
   vkDestroyFence(dev->handle, VK_NULL_HANDLE, NULL);
   vkDestroySemaphore(dev->handle, VK_NULL_HANDLE, NULL);
   vkDestroyQueryPool(dev->handle, VK_NULL_HANDLE, NULL);
   vkDestroyCommandPool(dev->handle, VK_NULL_HANDLE, NULL);
   vkDestroyDescriptorPool(dev->handle, VK_NULL_HANDLE, NULL);
   vkFreeMemory(dev->handle, VK_NULL_HANDLE, NULL);
   vkFreeCommandBuffers(dev->handle, dev->pool, 1, &cmd);
   vkDestroyDevice(VK_NULL_HANDLE, NULL);
   vkDestroyInstance(VK_NULL_HANDLE, NULL);
   U_CHECK(vkt_device_works(dev));
}

/* Objects come and go by thousands; ids must not run out or collide. */
static void
test_churn(struct vkt_device *dev)
{
   const VkSamplerCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_SAMPLER_CREATE_INFO,
   };
   VkSampler samplers[64];

   for (uint32_t round = 0; round < 50; round++) {
      for (uint32_t i = 0; i < 64; i++) {
         if (!VKT_CHECK(
                vkCreateSampler(dev->handle, &info, NULL, &samplers[i])))
            return;
      }
      for (uint32_t i = 0; i < 64; i++)
         vkDestroySampler(dev->handle, samplers[i], NULL);
   }
   U_CHECK(vkt_device_works(dev));
}

/* A feature that is said to be missing cannot be had, whichever of the two
 * ways it is asked for.
 */
static void
test_missing_features(const struct vkt_instance *instance)
{
   const uint32_t count = sizeof(VkPhysicalDeviceFeatures) / sizeof(VkBool32);
   const float priority = 1;
   const VkDeviceQueueCreateInfo queue = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
      .queueFamilyIndex = instance->queue_family,
      .queueCount = 1,
      .pQueuePriorities = &priority,
   };
   VkPhysicalDeviceFeatures offered;

   vkGetPhysicalDeviceFeatures(instance->pdev, &offered);
   for (uint32_t i = 0; i < 2 * count; i++) {
      VkPhysicalDeviceFeatures2 asked = {
         .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2,
      };
      const VkDeviceCreateInfo info = {
         .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
         .pNext = i < count ? NULL : &asked,
         .queueCreateInfoCount = 1,
         .pQueueCreateInfos = &queue,
         .pEnabledFeatures = i < count ? &asked.features : NULL,
      };
      VkDevice device = VK_NULL_HANDLE;

      if (((const VkBool32 *)&offered)[i % count])
         continue;
      ((VkBool32 *)&asked.features)[i % count] = VK_TRUE;
      if (!U_CHECK_EQ(vkCreateDevice(instance->pdev, &info, NULL, &device),
                      VK_ERROR_FEATURE_NOT_PRESENT))
         vkDestroyDevice(device, NULL);
   }
}

int
main(int argc, char **argv)
{
   VkPhysicalDevicePrivateDataFeatures private_data = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PRIVATE_DATA_FEATURES,
      .privateData = VK_TRUE,
   };
   struct vkt_instance instance;
   struct vkt_device dev = { 0 };
   bool has_private_data;

   exact = argc > 1 && !strcmp(argv[1], "exact");
   vkt_bound(60);
   if (!U_CHECK(vkt_instance_init(&instance)))
      goto out;
   test_missing_features(&instance);
   has_private_data = instance.props.apiVersion >= VK_API_VERSION_1_3;
   if (U_CHECK(vkt_device_init(&dev, &instance, NULL, 0,
                               has_private_data ? &private_data : NULL))) {
      test_pool(&dev, false);
      test_pool(&dev, true);
      test_huge_memory(&dev);
      test_huge_objects(&dev);
      test_null_handles(&dev);
      test_churn(&dev);
      if (has_private_data)
         test_private_data(&dev);
   }
out:
   vkt_device_finish(&dev);
   vkt_instance_finish(&instance);
   return u_test_result();
}
