/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Finds and opens the Vulkan device that belongs to a DRM fd.
 */

#include "vg_vulkan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "vg_log.h"

/* What must be there; what these need is core in Vulkan 1.1, but for one. */
static const char *const wanted_extensions[] = {
   VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME,
   VK_EXT_EXTERNAL_MEMORY_DMA_BUF_EXTENSION_NAME,
   VK_EXT_IMAGE_DRM_FORMAT_MODIFIER_EXTENSION_NAME,
   VK_KHR_IMAGE_FORMAT_LIST_EXTENSION_NAME,
};

#define WANTED_COUNT                                                         \
   (sizeof(wanted_extensions) / sizeof(wanted_extensions[0]))

int
vg_errno(VkResult result)
{
   switch ((int)result) {
   case VK_ERROR_OUT_OF_HOST_MEMORY:
   case VK_ERROR_OUT_OF_DEVICE_MEMORY:
      return ENOMEM;
   case VK_ERROR_TOO_MANY_OBJECTS:
      return EMFILE;
   case VK_ERROR_FORMAT_NOT_SUPPORTED:
      return EINVAL;
   case VK_ERROR_DEVICE_LOST:
      return EIO;
   default:
      return ENODEV;
   }
}

static bool
list_has(const VkExtensionProperties *list, uint32_t count, const char *name)
{
   for (uint32_t i = 0; i < count; i++) {
      if (!strcmp(list[i].extensionName, name))
         return true;
   }
   return false;
}

/* NULL when the driver cannot say. The caller frees it. */
static VkExtensionProperties *
device_extensions(VkPhysicalDevice pdev, uint32_t *count_out)
{
   VkExtensionProperties *list;
   uint32_t count = 0;

   if (vkEnumerateDeviceExtensionProperties(pdev, NULL, &count, NULL) !=
          VK_SUCCESS ||
       !count)
      return NULL;
   list = calloc(count, sizeof(*list));
   if (!list)
      return NULL;
   if (vkEnumerateDeviceExtensionProperties(pdev, NULL, &count, list) !=
       VK_SUCCESS) {
      free(list);
      return NULL;
   }
   *count_out = count;
   return list;
}

/* Whether the device is the one with this DRM node, of either kind. */
static bool
has_node(VkPhysicalDevice pdev, dev_t node, const char *name)
{
   VkPhysicalDeviceDrmPropertiesEXT drm = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRM_PROPERTIES_EXT,
   };
   VkPhysicalDeviceProperties2 props = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
      .pNext = &drm,
   };

   vkGetPhysicalDeviceProperties2(pdev, &props);
   vg_log_debug("%s has DRM nodes %lld:%lld and %lld:%lld", name,
                (long long)drm.primaryMajor, (long long)drm.primaryMinor,
                (long long)drm.renderMajor, (long long)drm.renderMinor);
   return (drm.hasPrimary && drm.primaryMajor == (int64_t)major(node) &&
           drm.primaryMinor == (int64_t)minor(node)) ||
          (drm.hasRender && drm.renderMajor == (int64_t)major(node) &&
           drm.renderMinor == (int64_t)minor(node));
}

static bool
is_usable(VkPhysicalDevice pdev, dev_t node)
{
   VkPhysicalDeviceProperties props;
   VkExtensionProperties *list;
   uint32_t count = 0;
   bool usable = false;

   vkGetPhysicalDeviceProperties(pdev, &props);
   if (props.apiVersion < VK_API_VERSION_1_1)
      return false;
   list = device_extensions(pdev, &count);
   if (!list)
      return false;
   if (!list_has(list, count, VK_EXT_PHYSICAL_DEVICE_DRM_EXTENSION_NAME) ||
       !has_node(pdev, node, props.deviceName))
      goto out;
   for (uint32_t i = 0; i < WANTED_COUNT; i++) {
      if (!list_has(list, count, wanted_extensions[i])) {
         vg_log_warn("%s lacks %s: its memory cannot be shared",
                     props.deviceName, wanted_extensions[i]);
         goto out;
      }
   }
   vg_log_info("allocates with %s", props.deviceName);
   usable = true;

out:
   free(list);
   return usable;
}

static bool
find_device(struct vg_gpu *gpu, dev_t node)
{
   VkPhysicalDevice *pdevs = NULL;
   uint32_t count = 0;
   VkResult result;
   int err = ENODEV;

   result = vkEnumeratePhysicalDevices(gpu->instance, &count, NULL);
   if (result == VK_SUCCESS && count) {
      pdevs = calloc(count, sizeof(*pdevs));
      if (!pdevs) {
         errno = ENOMEM;
         return false;
      }
      result = vkEnumeratePhysicalDevices(gpu->instance, &count, pdevs);
   }
   if (result == VK_SUCCESS || result == VK_INCOMPLETE) {
      for (uint32_t i = 0; i < count && !gpu->pdev; i++) {
         if (is_usable(pdevs[i], node))
            gpu->pdev = pdevs[i];
      }
   } else {
      err = vg_errno(result);
   }
   free(pdevs);
   if (gpu->pdev)
      return true;
   vg_log_warn("no Vulkan device can allocate for DRM device %u:%u; GBM goes "
               "on without this backend",
               major(node), minor(node));
   errno = err;
   return false;
}

static bool
open_device(struct vg_gpu *gpu)
{
   static const float priority = 1.0f;
   /* A device needs a queue, though nothing is submitted. */
   const VkDeviceQueueCreateInfo queue_info = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
      .queueFamilyIndex = 0,
      .queueCount = 1,
      .pQueuePriorities = &priority,
   };
   const VkDeviceCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
      .queueCreateInfoCount = 1,
      .pQueueCreateInfos = &queue_info,
      .enabledExtensionCount = WANTED_COUNT,
      .ppEnabledExtensionNames = wanted_extensions,
   };
   const VkResult result =
      vkCreateDevice(gpu->pdev, &info, NULL, &gpu->device);

   if (result != VK_SUCCESS) {
      vg_log_warn("vkCreateDevice gives %d", (int)result);
      errno = vg_errno(result);
      return false;
   }
   vkGetPhysicalDeviceMemoryProperties(gpu->pdev, &gpu->memory);
   gpu->GetMemoryFdKHR = (PFN_vkGetMemoryFdKHR)vkGetDeviceProcAddr(
      gpu->device, "vkGetMemoryFdKHR");
   gpu->GetImageDrmFormatModifierPropertiesEXT =
      (PFN_vkGetImageDrmFormatModifierPropertiesEXT)vkGetDeviceProcAddr(
         gpu->device, "vkGetImageDrmFormatModifierPropertiesEXT");
   if (gpu->GetMemoryFdKHR && gpu->GetImageDrmFormatModifierPropertiesEXT)
      return true;
   vg_log_warn("the Vulkan driver lacks commands of its own extensions");
   errno = ENODEV;
   return false;
}

bool
vg_gpu_create(int drm_fd, struct vg_gpu **gpu_out)
{
   const VkApplicationInfo app = {
      .sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
      .pApplicationName = "venus-gbm",
      .apiVersion = VK_API_VERSION_1_1,
   };
   const VkInstanceCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
      .pApplicationInfo = &app,
   };
   struct vg_gpu *gpu;
   struct stat st;

   if (fstat(drm_fd, &st))
      return false;
   if (!S_ISCHR(st.st_mode)) {
      errno = EINVAL;
      return false;
   }
   gpu = calloc(1, sizeof(*gpu));
   if (!gpu) {
      errno = ENOMEM;
      return false;
   }
   const VkResult result = vkCreateInstance(&info, NULL, &gpu->instance);
   if (result != VK_SUCCESS) {
      gpu->instance = VK_NULL_HANDLE;
      vg_log_warn("vkCreateInstance gives %d", (int)result);
      errno = vg_errno(result);
      goto fail;
   }
   if (!find_device(gpu, st.st_rdev) || !open_device(gpu))
      goto fail;
   *gpu_out = gpu;
   return true;

fail:
   vg_gpu_destroy(gpu);
   return false;
}

void
vg_gpu_destroy(struct vg_gpu *gpu)
{
   const int saved_errno = errno;

   if (!gpu)
      return;
   /* The loader stops at a NULL instance, and at a NULL device. */
   vkDestroyDevice(gpu->device, NULL);
   vkDestroyInstance(gpu->instance, NULL);
   free(gpu);
   errno = saved_errno;
}
