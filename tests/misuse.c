/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * A client with one mistake: it destroys a device that still has a buffer.
 * Any driver survives that, and the validation layer must notice it; the test
 * of bin/venus-run --validate is built on it.
 */

#include <stdio.h>
#include <stdlib.h>
#include <vulkan/vulkan.h>

int
main(void)
{
   const VkApplicationInfo app = {
      .sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
      .apiVersion = VK_API_VERSION_1_1,
   };
   const VkInstanceCreateInfo instance_info = {
      .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
      .pApplicationInfo = &app,
   };
   const float priority = 1.0f;
   const VkDeviceQueueCreateInfo queue_info = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
      .queueCount = 1,
      .pQueuePriorities = &priority,
   };
   const VkDeviceCreateInfo device_info = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
      .queueCreateInfoCount = 1,
      .pQueueCreateInfos = &queue_info,
   };
   const VkBufferCreateInfo buffer_info = {
      .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
      .size = 4096,
      .usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT,
   };
   VkPhysicalDevice pdev;
   uint32_t count = 1;
   VkInstance instance;
   VkBuffer buffer;
   VkDevice dev;

   if (vkCreateInstance(&instance_info, NULL, &instance) != VK_SUCCESS ||
       vkEnumeratePhysicalDevices(instance, &count, &pdev) < VK_SUCCESS ||
       !count || vkCreateDevice(pdev, &device_info, NULL, &dev) ||
       vkCreateBuffer(dev, &buffer_info, NULL, &buffer)) {
      fprintf(stderr, "could not get as far as the mistake\n");
      return 3;
   }
   vkDestroyDevice(dev, NULL);
   vkDestroyInstance(instance, NULL);
   return EXIT_SUCCESS;
}
