/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The Vulkan device behind vg_gpu.h; vg_gpu.c opens it, vg_gpu_image.c uses
 * it.
 */

#ifndef VG_VULKAN_H
#define VG_VULKAN_H

#include <vulkan/vulkan.h>

#include "vg_gpu.h"

struct vg_gpu {
   VkInstance instance;
   VkPhysicalDevice pdev;
   VkDevice device;
   VkPhysicalDeviceMemoryProperties memory;
   PFN_vkGetMemoryFdKHR GetMemoryFdKHR;
   PFN_vkGetImageDrmFormatModifierPropertiesEXT
      GetImageDrmFormatModifierPropertiesEXT;
};

/* The nearest errno, never 0; VK_SUCCESS is not to be passed. */
int vg_errno(VkResult result);

#endif /* VG_VULKAN_H */
