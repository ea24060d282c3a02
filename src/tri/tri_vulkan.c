/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The Vulkan device that belongs to the screen. One that does not say which
 * DRM node it has can still draw for the road with a copy.
 */

#include "tri.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static const char *const sharing_extensions[] = {
   VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME,
   VK_EXT_EXTERNAL_MEMORY_DMA_BUF_EXTENSION_NAME,
   VK_EXT_IMAGE_DRM_FORMAT_MODIFIER_EXTENSION_NAME,
   VK_KHR_IMAGE_FORMAT_LIST_EXTENSION_NAME,
   VK_EXT_QUEUE_FAMILY_FOREIGN_EXTENSION_NAME,
};

#define SHARING_COUNT                                                        \
   (sizeof(sharing_extensions) / sizeof(sharing_extensions[0]))

bool
tri_ok(VkResult result, const char *what)
{
   if (result != VK_SUCCESS)
      fprintf(stderr, "%s: VkResult %d\n", what, (int)result);
   return result == VK_SUCCESS;
}

bool
tri_errno(const char *what)
{
   fprintf(stderr, "%s: %s\n", what, strerror(errno));
   return false;
}

static bool
has_extension(const VkExtensionProperties *list,
              uint32_t count,
              const char *name)
{
   for (uint32_t i = 0; i < count; i++) {
      if (!strcmp(list[i].extensionName, name))
         return true;
   }
   return false;
}

/* Whether the device has the node, and whether it can share memory. */
static bool
inspect(VkPhysicalDevice pdev, dev_t node, bool *same_node, bool *can_share)
{
   VkPhysicalDeviceDrmPropertiesEXT drm = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRM_PROPERTIES_EXT,
   };
   VkPhysicalDeviceProperties2 props = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
      .pNext = &drm,
   };
   uint32_t count = 0;
   VkResult result;

   *same_node = false;
   *can_share = true;
   result = vkEnumerateDeviceExtensionProperties(pdev, NULL, &count, NULL);
   VkExtensionProperties *list = calloc(count + 1, sizeof(*list));
   if (!list)
      return tri_errno("list of extensions");
   if (result == VK_SUCCESS) {
      result = vkEnumerateDeviceExtensionProperties(pdev, NULL, &count, list);
   }
   if (!tri_ok(result, "vkEnumerateDeviceExtensionProperties")) {
      free(list);
      return false;
   }
   for (uint32_t i = 0; i < SHARING_COUNT; i++)
      *can_share &= has_extension(list, count, sharing_extensions[i]);
   if (has_extension(list, count,
                     VK_EXT_PHYSICAL_DEVICE_DRM_EXTENSION_NAME)) {
      vkGetPhysicalDeviceProperties2(pdev, &props);
      *same_node = drm.hasPrimary &&
                   drm.primaryMajor == (int64_t)major(node) &&
                   drm.primaryMinor == (int64_t)minor(node);
   }
   free(list);
   return true;
}

static bool
choose_device(struct tri_vulkan *vk, int drm_fd)
{
   VkPhysicalDevice pdevs[16];
   uint32_t count = 16;
   struct stat st = { 0 };
   bool can_share = false, same_node = false;

   if (drm_fd >= 0 && fstat(drm_fd, &st))
      return tri_errno("the screen's node");
   const VkResult result =
      vkEnumeratePhysicalDevices(vk->instance, &count, pdevs);
   if (result != VK_INCOMPLETE &&
       !tri_ok(result, "vkEnumeratePhysicalDevices"))
      return false;
   if (!count) {
      fprintf(stderr, "no Vulkan device\n");
      return false;
   }
   for (uint32_t i = 0; i < count && !same_node; i++) {
      if (!inspect(pdevs[i], st.st_rdev, &same_node, &can_share))
         return false;
      if (same_node)
         vk->pdev = pdevs[i];
   }
   if (!same_node)
      vk->pdev = pdevs[0];
   vk->can_share = same_node && can_share;
   vkGetPhysicalDeviceProperties(vk->pdev, &vk->props);
   vkGetPhysicalDeviceMemoryProperties(vk->pdev, &vk->memory);
   return true;
}

static bool
find_queue_family(struct tri_vulkan *vk)
{
   VkQueueFamilyProperties families[16];
   uint32_t count = 16;

   vkGetPhysicalDeviceQueueFamilyProperties(vk->pdev, &count, families);
   for (uint32_t i = 0; i < count; i++) {
      if (families[i].queueFlags & VK_QUEUE_GRAPHICS_BIT) {
         vk->queue_family = i;
         return true;
      }
   }
   fprintf(stderr, "%s has no graphics queue\n", vk->props.deviceName);
   return false;
}

static bool
create_device(struct tri_vulkan *vk)
{
   static const float priority = 1.0f;
   const VkDeviceQueueCreateInfo queue_info = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
      .queueFamilyIndex = vk->queue_family,
      .queueCount = 1,
      .pQueuePriorities = &priority,
   };
   const VkDeviceCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
      .queueCreateInfoCount = 1,
      .pQueueCreateInfos = &queue_info,
      .enabledExtensionCount = vk->can_share ? SHARING_COUNT : 0,
      .ppEnabledExtensionNames = sharing_extensions,
   };

   if (!tri_ok(vkCreateDevice(vk->pdev, &info, NULL, &vk->device),
               "vkCreateDevice"))
      return false;
   vkGetDeviceQueue(vk->device, vk->queue_family, 0, &vk->queue);
   if (vk->can_share) {
      vk->GetMemoryFdKHR = (PFN_vkGetMemoryFdKHR)vkGetDeviceProcAddr(
         vk->device, "vkGetMemoryFdKHR");
      vk->GetMemoryFdPropertiesKHR =
         (PFN_vkGetMemoryFdPropertiesKHR)vkGetDeviceProcAddr(
            vk->device, "vkGetMemoryFdPropertiesKHR");
   }
   return true;
}

bool
tri_vulkan_init(struct tri_vulkan *vk, int drm_fd)
{
   const VkApplicationInfo app = {
      .sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
      .pApplicationName = "test_tri",
      .apiVersion = VK_API_VERSION_1_1,
   };
   const VkInstanceCreateInfo instance_info = {
      .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
      .pApplicationInfo = &app,
   };

   *vk = (struct tri_vulkan){ 0 };
   if (!tri_ok(vkCreateInstance(&instance_info, NULL, &vk->instance),
               "vkCreateInstance")) {
      vk->instance = VK_NULL_HANDLE;
      return false;
   }
   if (!choose_device(vk, drm_fd) || !find_queue_family(vk) ||
       !create_device(vk))
      return false;

   const VkCommandPoolCreateInfo pool_info = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
      .flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT,
      .queueFamilyIndex = vk->queue_family,
   };
   return tri_ok(vkCreateCommandPool(vk->device, &pool_info, NULL, &vk->pool),
                 "vkCreateCommandPool");
}

void
tri_vulkan_finish(struct tri_vulkan *vk)
{
   if (vk->device) {
      vkDeviceWaitIdle(vk->device);
      vkDestroyCommandPool(vk->device, vk->pool, NULL);
      vkDestroyDevice(vk->device, NULL);
   }
   if (vk->instance)
      vkDestroyInstance(vk->instance, NULL);
   *vk = (struct tri_vulkan){ 0 };
}

uint32_t
tri_vulkan_memory_type(const struct tri_vulkan *vk,
                       uint32_t allowed,
                       VkMemoryPropertyFlags flags)
{
   for (uint32_t i = 0; i < vk->memory.memoryTypeCount; i++) {
      if ((allowed & (1u << i)) &&
          (vk->memory.memoryTypes[i].propertyFlags & flags) == flags)
         return i;
   }
   return UINT32_MAX;
}
