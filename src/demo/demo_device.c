/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The instance and the devices of the demo: which extensions there are, one
 * queue, one command buffer. Everything else hangs on these.
 */

#include "demo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const demo_extension_names[DEMO_EXT_COUNT] = {
   [DEMO_EXT_MEMORY_FD] = VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME,
   [DEMO_EXT_DMA_BUF] = VK_EXT_EXTERNAL_MEMORY_DMA_BUF_EXTENSION_NAME,
   [DEMO_EXT_MODIFIER] = VK_EXT_IMAGE_DRM_FORMAT_MODIFIER_EXTENSION_NAME,
   [DEMO_EXT_QUEUE_FAMILY_FOREIGN] =
      VK_EXT_QUEUE_FAMILY_FOREIGN_EXTENSION_NAME,
};

const char *
demo_result_name(VkResult result)
{
   static char number[24];

#define NAME(r)                                                              \
   case r:                                                                   \
      return #r
   switch ((int)result) {
      NAME(VK_SUCCESS);
      NAME(VK_NOT_READY);
      NAME(VK_TIMEOUT);
      NAME(VK_INCOMPLETE);
      NAME(VK_ERROR_OUT_OF_HOST_MEMORY);
      NAME(VK_ERROR_OUT_OF_DEVICE_MEMORY);
      NAME(VK_ERROR_INITIALIZATION_FAILED);
      NAME(VK_ERROR_DEVICE_LOST);
      NAME(VK_ERROR_MEMORY_MAP_FAILED);
      NAME(VK_ERROR_LAYER_NOT_PRESENT);
      NAME(VK_ERROR_EXTENSION_NOT_PRESENT);
      NAME(VK_ERROR_FEATURE_NOT_PRESENT);
      NAME(VK_ERROR_INCOMPATIBLE_DRIVER);
      NAME(VK_ERROR_TOO_MANY_OBJECTS);
      NAME(VK_ERROR_FORMAT_NOT_SUPPORTED);
      NAME(VK_ERROR_INVALID_EXTERNAL_HANDLE);
      NAME(VK_ERROR_INVALID_DRM_FORMAT_MODIFIER_PLANE_LAYOUT_EXT);
      NAME(VK_ERROR_UNKNOWN);
   }
#undef NAME
   snprintf(number, sizeof(number), "VkResult %d", (int)result);
   return number;
}

bool
demo_ok(VkResult result, const char *what)
{
   if (result == VK_SUCCESS)
      return true;
   fprintf(stderr, "%s: %s\n", what, demo_result_name(result));
   return false;
}

static bool
find_extensions(struct demo_instance *instance)
{
   VkExtensionProperties *list = NULL;
   uint32_t count = 0;
   VkResult result;

   result = vkEnumerateDeviceExtensionProperties(instance->pdev, NULL, &count,
                                                 NULL);
   if (!demo_ok(result, "vkEnumerateDeviceExtensionProperties"))
      return false;
   if (!count)
      return true;
   list = calloc(count, sizeof(*list));
   if (!list)
      return demo_ok(VK_ERROR_OUT_OF_HOST_MEMORY, "list of extensions");
   result = vkEnumerateDeviceExtensionProperties(instance->pdev, NULL, &count,
                                                 list);
   if (!demo_ok(result, "vkEnumerateDeviceExtensionProperties")) {
      free(list);
      return false;
   }
   for (uint32_t i = 0; i < count; i++) {
      for (uint32_t j = 0; j < DEMO_EXT_COUNT; j++) {
         if (!strcmp(list[i].extensionName, demo_extension_names[j]))
            instance->has_extension[j] = true;
      }
   }
   free(list);
   return true;
}

static bool
find_queue_family(struct demo_instance *instance)
{
   VkQueueFamilyProperties families[16];
   uint32_t count = 16;

   vkGetPhysicalDeviceQueueFamilyProperties(instance->pdev, &count, families);
   for (uint32_t i = 0; i < count; i++) {
      if (families[i].queueFlags & VK_QUEUE_GRAPHICS_BIT) {
         instance->queue_family = i;
         return true;
      }
   }
   fprintf(stderr, "%s has no graphics queue\n", instance->props.deviceName);
   return false;
}

bool
demo_instance_init(struct demo_instance *instance)
{
   const VkApplicationInfo app = {
      .sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
      .pApplicationName = "venus-demo",
      .apiVersion = VK_API_VERSION_1_1,
   };
   const VkInstanceCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
      .pApplicationInfo = &app,
   };
   uint32_t count = 1;
   VkResult result;

   memset(instance, 0, sizeof(*instance));
   if (!demo_ok(vkCreateInstance(&info, NULL, &instance->handle),
                "vkCreateInstance"))
      return false;

   result =
      vkEnumeratePhysicalDevices(instance->handle, &count, &instance->pdev);
   if (result != VK_INCOMPLETE &&
       !demo_ok(result, "vkEnumeratePhysicalDevices"))
      return false;
   if (!count) {
      fprintf(stderr, "there is no Vulkan device\n");
      return false;
   }

   vkGetPhysicalDeviceProperties(instance->pdev, &instance->props);
   vkGetPhysicalDeviceMemoryProperties(instance->pdev, &instance->memory);
   if (instance->props.apiVersion < VK_API_VERSION_1_1) {
      fprintf(stderr, "%s lacks Vulkan 1.1\n", instance->props.deviceName);
      return false;
   }
   return find_queue_family(instance) && find_extensions(instance);
}

void
demo_instance_finish(struct demo_instance *instance)
{
   if (instance->handle)
      vkDestroyInstance(instance->handle, NULL);
   instance->handle = VK_NULL_HANDLE;
}

bool
demo_instance_can_share(const struct demo_instance *instance)
{
   bool all = true;

   for (uint32_t i = 0; i < DEMO_EXT_COUNT; i++) {
      if (!instance->has_extension[i]) {
         fprintf(stderr, "%s lacks %s\n", instance->props.deviceName,
                 demo_extension_names[i]);
         all = false;
      }
   }
   return all;
}

bool
demo_device_init(struct demo_device *dev,
                 const struct demo_instance *instance,
                 bool for_sharing)
{
   const float priority = 1.0f;
   const VkDeviceQueueCreateInfo queue_info = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
      .queueFamilyIndex = instance->queue_family,
      .queueCount = 1,
      .pQueuePriorities = &priority,
   };
   /* The modifier extension depends on this one below Vulkan 1.2. */
   const char *extensions[DEMO_EXT_COUNT + 1];
   VkDeviceCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
      .queueCreateInfoCount = 1,
      .pQueueCreateInfos = &queue_info,
   };
   VkCommandPoolCreateInfo pool_info = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
      .flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT,
      .queueFamilyIndex = instance->queue_family,
   };
   VkCommandBufferAllocateInfo cmd_info = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
      .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
      .commandBufferCount = 1,
   };
   const VkFenceCreateInfo fence_info = {
      .sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO,
   };

   memset(dev, 0, sizeof(*dev));
   dev->instance = instance;
   if (for_sharing) {
      if (!demo_instance_can_share(instance))
         return false;
      for (uint32_t i = 0; i < DEMO_EXT_COUNT; i++)
         extensions[info.enabledExtensionCount++] = demo_extension_names[i];
      extensions[info.enabledExtensionCount++] =
         VK_KHR_IMAGE_FORMAT_LIST_EXTENSION_NAME;
      info.ppEnabledExtensionNames = extensions;
   }
   if (!demo_ok(vkCreateDevice(instance->pdev, &info, NULL, &dev->handle),
                "vkCreateDevice"))
      return false;
   vkGetDeviceQueue(dev->handle, instance->queue_family, 0, &dev->queue);

   if (!demo_ok(
          vkCreateCommandPool(dev->handle, &pool_info, NULL, &dev->pool),
          "vkCreateCommandPool"))
      return false;
   cmd_info.commandPool = dev->pool;
   if (!demo_ok(vkAllocateCommandBuffers(dev->handle, &cmd_info, &dev->cmd),
                "vkAllocateCommandBuffers"))
      return false;
   if (!demo_ok(vkCreateFence(dev->handle, &fence_info, NULL, &dev->fence),
                "vkCreateFence"))
      return false;

   if (!for_sharing)
      return true;
   dev->GetMemoryFdKHR = (PFN_vkGetMemoryFdKHR)vkGetDeviceProcAddr(
      dev->handle, "vkGetMemoryFdKHR");
   dev->GetMemoryFdPropertiesKHR =
      (PFN_vkGetMemoryFdPropertiesKHR)vkGetDeviceProcAddr(
         dev->handle, "vkGetMemoryFdPropertiesKHR");
   dev->GetImageDrmFormatModifierPropertiesEXT =
      (PFN_vkGetImageDrmFormatModifierPropertiesEXT)vkGetDeviceProcAddr(
         dev->handle, "vkGetImageDrmFormatModifierPropertiesEXT");
   if (!dev->GetMemoryFdKHR || !dev->GetMemoryFdPropertiesKHR ||
       !dev->GetImageDrmFormatModifierPropertiesEXT) {
      fprintf(stderr, "%s lacks an entry point of an enabled extension\n",
              instance->props.deviceName);
      return false;
   }
   return true;
}

void
demo_device_finish(struct demo_device *dev)
{
   if (!dev->handle)
      return;
   vkDestroyFence(dev->handle, dev->fence, NULL);
   vkDestroyCommandPool(dev->handle, dev->pool, NULL);
   vkDestroyDevice(dev->handle, NULL);
   memset(dev, 0, sizeof(*dev));
}

bool
demo_device_begin(struct demo_device *dev)
{
   const VkCommandBufferBeginInfo info = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
   };

   return demo_ok(vkBeginCommandBuffer(dev->cmd, &info),
                  "vkBeginCommandBuffer");
}

bool
demo_device_submit_and_wait(struct demo_device *dev)
{
   const VkSubmitInfo submit = {
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
      .commandBufferCount = 1,
      .pCommandBuffers = &dev->cmd,
   };
   /* A software driver needs milliseconds for all that is drawn here. */
   const uint64_t timeout_ns = UINT64_C(30) * 1000 * 1000 * 1000;

   return demo_ok(vkEndCommandBuffer(dev->cmd), "vkEndCommandBuffer") &&
          demo_ok(vkQueueSubmit(dev->queue, 1, &submit, dev->fence),
                  "vkQueueSubmit") &&
          demo_ok(vkWaitForFences(dev->handle, 1, &dev->fence, VK_TRUE,
                                  timeout_ns),
                  "vkWaitForFences") &&
          demo_ok(vkResetFences(dev->handle, 1, &dev->fence),
                  "vkResetFences");
}

uint32_t
demo_find_memory_type(const struct demo_instance *instance,
                      uint32_t allowed_bits,
                      VkMemoryPropertyFlags flags)
{
   for (uint32_t i = 0; i < instance->memory.memoryTypeCount; i++) {
      if ((allowed_bits & (1u << i)) &&
          (instance->memory.memoryTypes[i].propertyFlags & flags) == flags)
         return i;
   }
   return UINT32_MAX;
}
