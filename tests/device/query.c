/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Everything that can be asked without a device: lists and their idiom of
 * two calls, properties and features in their old and new forms, formats.
 * What is said in two places must be the same. At last a device with every
 * extension and feature that was offered.
 *
 * usage: query [MINIMAL_MINOR_VERSION]
 */

#include <string.h>

#include "vk_fixture.h"

static void
test_instance_lists(void)
{
   uint32_t version = 0, count = 0;

   VKT_CHECK(vkEnumerateInstanceVersion(&version));
   U_CHECK(version >= VK_API_VERSION_1_1);
   VKT_CHECK(vkEnumerateInstanceLayerProperties(&count, NULL));
   count = 0;
   VKT_CHECK(vkEnumerateInstanceExtensionProperties(NULL, &count, NULL));
   U_CHECK(count > 0);
}

static void
test_device_list(const struct vkt_instance *instance)
{
   VkPhysicalDevice pdevs[8];
   VkPhysicalDeviceGroupProperties groups[8];
   uint32_t count = 0, again;

   VKT_CHECK(vkEnumeratePhysicalDevices(instance->handle, &count, NULL));
   if (!U_CHECK(count >= 1 && count <= 8))
      return;
   again = count;
   VKT_CHECK(vkEnumeratePhysicalDevices(instance->handle, &again, pdevs));
   U_CHECK_EQ(again, count);
   U_CHECK(pdevs[0] == instance->pdev);
   again = count - 1;
   U_CHECK_EQ(vkEnumeratePhysicalDevices(instance->handle, &again, pdevs),
              VK_INCOMPLETE);
   U_CHECK_EQ(again, count - 1);

   count = 0;
   VKT_CHECK(vkEnumeratePhysicalDeviceGroups(instance->handle, &count, NULL));
   if (!U_CHECK(count >= 1 && count <= 8))
      return;
   for (uint32_t i = 0; i < count; i++) {
      groups[i] = (VkPhysicalDeviceGroupProperties){
         .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_GROUP_PROPERTIES,
      };
   }
   VKT_CHECK(
      vkEnumeratePhysicalDeviceGroups(instance->handle, &count, groups));
   U_CHECK(groups[0].physicalDeviceCount >= 1);
   U_CHECK(groups[0].physicalDevices[0] == instance->pdev);
}

static void
test_extension_list(const struct vkt_instance *instance)
{
   const uint32_t full = instance->ext_count;
   VkExtensionProperties *list = calloc(full + 1, sizeof(*list));
   uint32_t count = full / 2;

   if (!U_CHECK(list != NULL) || !U_CHECK(full > 1))
      return;
   U_CHECK_EQ(vkEnumerateDeviceExtensionProperties(instance->pdev, NULL,
                                                   &count, list),
              VK_INCOMPLETE);
   U_CHECK_EQ(count, full / 2);
   count = full + 1;
   VKT_CHECK(vkEnumerateDeviceExtensionProperties(instance->pdev, NULL,
                                                  &count, list));
   U_CHECK_EQ(count, full);
   for (uint32_t i = 0; i < full; i++) {
      U_CHECK(!strncmp(list[i].extensionName, "VK_", 3));
      U_CHECK(list[i].specVersion >= 1);
      for (uint32_t j = 0; j < i; j++)
         U_CHECK(strcmp(list[i].extensionName, list[j].extensionName) != 0);
   }
   free(list);
}

static void
test_properties(const struct vkt_instance *instance)
{
   VkPhysicalDeviceDriverProperties driver = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES,
   };
   VkPhysicalDeviceIDProperties id = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES,
      .pNext = &driver,
   };
   VkPhysicalDeviceVulkan12Properties vk12 = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_PROPERTIES,
   };
   VkPhysicalDeviceVulkan11Properties vk11 = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_PROPERTIES,
      .pNext = &vk12,
   };
   VkPhysicalDeviceProperties2 props = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
   };
   const VkPhysicalDeviceProperties *old = &instance->props;

   vkGetPhysicalDeviceProperties2(instance->pdev, &props);
   U_CHECK(!strcmp(props.properties.deviceName, old->deviceName));
   U_CHECK_EQ(props.properties.apiVersion, old->apiVersion);
   U_CHECK_EQ(props.properties.driverVersion, old->driverVersion);
   /* not memcmp: there is padding between the limits */
   U_CHECK_EQ(props.properties.limits.maxMemoryAllocationCount,
              old->limits.maxMemoryAllocationCount);
   U_CHECK_EQ(props.properties.limits.nonCoherentAtomSize,
              old->limits.nonCoherentAtomSize);
   U_CHECK(memchr(old->deviceName, 0, sizeof(old->deviceName)) != NULL);
   U_CHECK(old->limits.maxImageDimension2D >= 4096);
   U_CHECK(old->limits.maxPushConstantsSize >= 128);
   if (old->apiVersion < VK_API_VERSION_1_2)
      return;

   props.pNext = &id;
   vkGetPhysicalDeviceProperties2(instance->pdev, &props);
   props.pNext = &vk11;
   vkGetPhysicalDeviceProperties2(instance->pdev, &props);
   U_CHECK(!memcmp(id.deviceUUID, vk11.deviceUUID, VK_UUID_SIZE));
   U_CHECK(!memcmp(id.driverUUID, vk11.driverUUID, VK_UUID_SIZE));
   U_CHECK_EQ(id.deviceLUIDValid, vk11.deviceLUIDValid);
   U_CHECK_EQ(driver.driverID, vk12.driverID);
   U_CHECK(!strcmp(driver.driverName, vk12.driverName));
   U_CHECK(!strcmp(driver.driverInfo, vk12.driverInfo));
   U_CHECK(vk11.maxMemoryAllocationSize >= 1u << 30);
}

static void
test_features(const struct vkt_instance *instance)
{
   VkPhysicalDeviceVulkan13Features vk13 = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES,
   };
   VkPhysicalDeviceVulkan12Features vk12 = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES,
   };
   VkPhysicalDeviceTimelineSemaphoreFeatures timeline = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES,
   };
   VkPhysicalDeviceFeatures2 features = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2,
   };
   VkPhysicalDeviceFeatures old;

   vkGetPhysicalDeviceFeatures(instance->pdev, &old);
   vkGetPhysicalDeviceFeatures2(instance->pdev, &features);
   U_CHECK(!memcmp(&old, &features.features, sizeof(old)));
   U_CHECK(old.robustBufferAccess);
   if (instance->props.apiVersion < VK_API_VERSION_1_2)
      return;

   features.pNext = &vk12;
   vkGetPhysicalDeviceFeatures2(instance->pdev, &features);
   features.pNext = &timeline;
   vkGetPhysicalDeviceFeatures2(instance->pdev, &features);
   U_CHECK(vk12.timelineSemaphore);
   U_CHECK_EQ(vk12.timelineSemaphore, timeline.timelineSemaphore);
   U_CHECK(vk12.hostQueryReset);
   if (instance->props.apiVersion < VK_API_VERSION_1_3)
      return;

   features.pNext = &vk13;
   vkGetPhysicalDeviceFeatures2(instance->pdev, &features);
   /* what Vulkan 1.3 requires of everybody */
   U_CHECK(vk13.synchronization2);
   U_CHECK(vk13.dynamicRendering);
   U_CHECK(vk13.privateData);
   U_CHECK(vk13.maintenance4);
}

static void
test_memory(const struct vkt_instance *instance)
{
   const VkPhysicalDeviceMemoryProperties *memory = &instance->memory;
   VkPhysicalDeviceMemoryBudgetPropertiesEXT budget = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT,
   };
   VkPhysicalDeviceMemoryProperties2 props = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2,
   };
   const bool has_budget =
      vkt_instance_has(instance, VK_EXT_MEMORY_BUDGET_EXTENSION_NAME);

   U_CHECK(memory->memoryTypeCount >= 1 && memory->memoryHeapCount >= 1);
   for (uint32_t i = 0; i < memory->memoryTypeCount; i++)
      U_CHECK(memory->memoryTypes[i].heapIndex < memory->memoryHeapCount);
   U_CHECK(vkt_memory_type(instance, UINT32_MAX,
                           VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT |
                              VK_MEMORY_PROPERTY_HOST_COHERENT_BIT) !=
           UINT32_MAX);

   if (has_budget)
      props.pNext = &budget;
   vkGetPhysicalDeviceMemoryProperties2(instance->pdev, &props);
   U_CHECK_EQ(props.memoryProperties.memoryTypeCount,
              memory->memoryTypeCount);
   for (uint32_t i = 0; i < memory->memoryTypeCount; i++)
      U_CHECK_EQ(props.memoryProperties.memoryTypes[i].propertyFlags,
                 memory->memoryTypes[i].propertyFlags);
   if (has_budget)
      U_CHECK(budget.heapBudget[0] > 0);
}

static void
test_queue_families(const struct vkt_instance *instance)
{
   VkQueueFamilyProperties old[16];
   VkQueueFamilyProperties2 props[16];
   uint32_t count = 0, again = 16;

   vkGetPhysicalDeviceQueueFamilyProperties(instance->pdev, &count, NULL);
   if (!U_CHECK(count >= 1 && count <= 16))
      return;
   vkGetPhysicalDeviceQueueFamilyProperties(instance->pdev, &again, old);
   U_CHECK_EQ(again, count);
   for (uint32_t i = 0; i < 16; i++) {
      props[i] = (VkQueueFamilyProperties2){
         .sType = VK_STRUCTURE_TYPE_QUEUE_FAMILY_PROPERTIES_2,
      };
   }
   again = 16;
   vkGetPhysicalDeviceQueueFamilyProperties2(instance->pdev, &again, props);
   U_CHECK_EQ(again, count);
   for (uint32_t i = 0; i < count; i++) {
      U_CHECK(old[i].queueCount >= 1);
      U_CHECK(
         !memcmp(&old[i], &props[i].queueFamilyProperties, sizeof(old[i])));
   }
}

/* All formats of Vulkan 1.0, the feature bits in their three forms. */
static void
test_formats(const struct vkt_instance *instance)
{
   const bool has_3 = instance->props.apiVersion >= VK_API_VERSION_1_3;

   for (int format = VK_FORMAT_UNDEFINED + 1;
        format <= VK_FORMAT_ASTC_12x12_SRGB_BLOCK; format++) {
      VkFormatProperties3 props3 = {
         .sType = VK_STRUCTURE_TYPE_FORMAT_PROPERTIES_3,
      };
      VkFormatProperties2 props2 = {
         .sType = VK_STRUCTURE_TYPE_FORMAT_PROPERTIES_2,
         .pNext = has_3 ? &props3 : NULL,
      };
      VkFormatProperties old;
      VkImageFormatProperties image;

      vkGetPhysicalDeviceFormatProperties(instance->pdev, format, &old);
      vkGetPhysicalDeviceFormatProperties2(instance->pdev, format, &props2);
      U_CHECK(!memcmp(&old, &props2.formatProperties, sizeof(old)));
      if (has_3)
         U_CHECK_EQ(old.optimalTilingFeatures & ~props3.optimalTilingFeatures,
                    0);
      const VkResult result = vkGetPhysicalDeviceImageFormatProperties(
         instance->pdev, format, VK_IMAGE_TYPE_2D, VK_IMAGE_TILING_OPTIMAL,
         VK_IMAGE_USAGE_SAMPLED_BIT, 0, &image);
      if (old.optimalTilingFeatures & VK_FORMAT_FEATURE_SAMPLED_IMAGE_BIT) {
         VKT_CHECK(result);
         U_CHECK(image.maxExtent.width >= 4096);
      } else {
         U_CHECK_EQ(result, VK_ERROR_FORMAT_NOT_SUPPORTED);
      }
   }
}

static void
test_rest(const struct vkt_instance *instance)
{
   const VkPhysicalDeviceExternalFenceInfo fence_info = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_FENCE_INFO,
      .handleType = VK_EXTERNAL_FENCE_HANDLE_TYPE_SYNC_FD_BIT,
   };
   VkExternalFenceProperties fence = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_FENCE_PROPERTIES,
   };
   const VkPhysicalDeviceExternalSemaphoreInfo semaphore_info = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_SEMAPHORE_INFO,
      .handleType = VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_SYNC_FD_BIT,
   };
   VkExternalSemaphoreProperties semaphore = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_SEMAPHORE_PROPERTIES,
   };
   uint32_t count = 0;

   vkGetPhysicalDeviceExternalFenceProperties(instance->pdev, &fence_info,
                                              &fence);
   if (!vkt_instance_has(instance, VK_KHR_EXTERNAL_FENCE_FD_EXTENSION_NAME))
      U_CHECK_EQ(fence.externalFenceFeatures, 0);
   vkGetPhysicalDeviceExternalSemaphoreProperties(
      instance->pdev, &semaphore_info, &semaphore);
   if (!vkt_instance_has(instance,
                         VK_KHR_EXTERNAL_SEMAPHORE_FD_EXTENSION_NAME))
      U_CHECK_EQ(semaphore.externalSemaphoreFeatures, 0);

   vkGetPhysicalDeviceSparseImageFormatProperties(
      instance->pdev, VK_FORMAT_R8G8B8A8_UNORM, VK_IMAGE_TYPE_2D,
      VK_SAMPLE_COUNT_1_BIT, VK_IMAGE_USAGE_SAMPLED_BIT,
      VK_IMAGE_TILING_OPTIMAL, &count, NULL);
   if (instance->props.apiVersion >= VK_API_VERSION_1_3) {
      count = 0;
      VKT_CHECK(
         vkGetPhysicalDeviceToolProperties(instance->pdev, &count, NULL));
   }
}

/* Whether an application can enable the extension without more ado: those
 * left out exclude another one, or need an instance extension. */
static bool
can_enable(const char *name)
{
   static const char *const left_out[] = {
      "VK_EXT_buffer_device_address",
      "VK_KHR_swapchain",
      "VK_KHR_swapchain_mutable_format",
      "VK_KHR_incremental_present",
      "VK_EXT_display_control",
      "VK_EXT_swapchain_maintenance1",
      "VK_EXT_hdr_metadata",
      "VK_KHR_present_id",
      "VK_KHR_present_wait",
      "VK_GOOGLE_display_timing",
      "VK_KHR_shared_presentable_image",
      "VK_EXT_swapchain_colorspace",
      "VK_EXT_full_screen_exclusive",
      "VK_KHR_swapchain_maintenance1",
      "VK_KHR_present_id2",
      "VK_KHR_present_wait2",
      "VK_EXT_present_mode_fifo_latest_ready",
      "VK_KHR_present_mode_fifo_latest_ready",
   };

   for (size_t i = 0; i < VKT_ARRAY_SIZE(left_out); i++) {
      if (!strcmp(name, left_out[i]))
         return false;
   }
   return true;
}

static void
test_enable_all(const struct vkt_instance *instance)
{
   const char **names = calloc(instance->ext_count, sizeof(*names));
   VkPhysicalDeviceVulkan13Features vk13 = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES,
   };
   VkPhysicalDeviceVulkan12Features vk12 = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES,
   };
   VkPhysicalDeviceVulkan11Features vk11 = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES,
   };
   VkPhysicalDeviceFeatures2 features = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2,
   };
   struct vkt_device dev;
   uint32_t count = 0;

   if (!U_CHECK(names != NULL))
      return;
   if (instance->props.apiVersion >= VK_API_VERSION_1_2) {
      features.pNext = &vk11;
      vk11.pNext = &vk12;
   }
   if (instance->props.apiVersion >= VK_API_VERSION_1_3)
      vk12.pNext = &vk13;
   vkGetPhysicalDeviceFeatures2(instance->pdev, &features);
   /* needs bufferDeviceAddress of capture tools */
   vk12.bufferDeviceAddressCaptureReplay = VK_FALSE;
   for (uint32_t i = 0; i < instance->ext_count; i++) {
      if (can_enable(instance->exts[i].extensionName))
         names[count++] = instance->exts[i].extensionName;
   }
   if (U_CHECK(vkt_device_init(&dev, instance, names, count, &features)))
      VKT_CHECK(vkDeviceWaitIdle(dev.handle));
   vkt_device_finish(&dev);
   free(names);
}

static void
test_refusals(const struct vkt_instance *instance)
{
   const char *const unknown = "VK_VENUS_no_such_extension";
   const float priority = 1.0f;
   const VkDeviceQueueCreateInfo queue = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
      .queueFamilyIndex = instance->queue_family,
      .queueCount = 1,
      .pQueuePriorities = &priority,
   };
   const VkDeviceCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
      .queueCreateInfoCount = 1,
      .pQueueCreateInfos = &queue,
      .enabledExtensionCount = 1,
      .ppEnabledExtensionNames = &unknown,
   };
   VkDevice dev = VK_NULL_HANDLE;

   U_CHECK_EQ(vkCreateDevice(instance->pdev, &info, NULL, &dev),
              VK_ERROR_EXTENSION_NOT_PRESENT);
}

int
main(int argc, char **argv)
{
   struct vkt_instance instance;

   vkt_bound(60);
   test_instance_lists();
   if (U_CHECK(vkt_instance_init(&instance))) {
      if (argc > 1)
         U_CHECK(VK_API_VERSION_MINOR(instance.props.apiVersion) >=
                 (uint32_t)atoi(argv[1]));
      test_device_list(&instance);
      test_extension_list(&instance);
      test_properties(&instance);
      test_features(&instance);
      test_memory(&instance);
      test_queue_families(&instance);
      test_formats(&instance);
      test_rest(&instance);
      test_enable_all(&instance);
      test_refusals(&instance);
   }
   vkt_instance_finish(&instance);
   return u_test_result();
}
