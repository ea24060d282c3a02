/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See display_stage.h.
 */

#include "display_stage.h"

#include <dirent.h>
#include <sys/sysmacros.h>

static struct vn_renderer renderer;
static struct vn_physical_device physical_device;
struct vn_instance stage_instance;
struct vn_device stage_device;

int
stage_count_fds(void)
{
   DIR *dir = opendir("/proc/self/fd");
   int count = 0;
   while (readdir(dir))
      count++;
   closedir(dir);
   return count;
}

VkPhysicalDevice
stage_begin(bool has_node)
{
   fake_kms_reset();
   const dev_t rdev = fake_kms_rdev();
   renderer.info.drm.has_primary = has_node;
   renderer.info.drm.primary_major = major(rdev);
   renderer.info.drm.primary_minor = minor(rdev);
   stage_instance.renderer = &renderer;
   pthread_mutex_init(&stage_instance.mutex, NULL);
   physical_device.instance = &stage_instance;
   stage_device.instance = &stage_instance;
   stage_device.physical_device = &physical_device;
   return vn_physical_device_to_handle(&physical_device);
}

bool
stage_end(void)
{
   vn_displays_destroy(stage_instance.displays);
   stage_instance.displays = NULL;
   return fake_kms.master == -1 && !fake_kms.fbs && !fake_kms.blobs &&
          !fake_kms.dumbs && !fake_kms.handles;
}

VkDisplayKHR
stage_display(VkPhysicalDevice physical)
{
   VkDisplayPropertiesKHR props = { 0 };
   uint32_t count = 1;

   vn_GetPhysicalDeviceDisplayPropertiesKHR(physical, &count, &props);
   return count ? props.display : VK_NULL_HANDLE;
}
