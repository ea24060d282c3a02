/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The state of one probe, for the files that it is made of: vl_probe.c has
 * the device, the memory and a buffer, vl_probe_image.c the images.
 */

#ifndef VL_PROBE_PRIVATE_H
#define VL_PROBE_PRIVATE_H

#include <vulkan/vulkan.h>

#include "vl_dispatch.h"
#include "vl_mapping.h"
#include "vl_probe.h"

struct vl_probe {
   const struct vl_physical_device *physical;
   const struct vl_instance_dispatch *instance_next;
   struct vl_device_dispatch next;

   uint32_t queue_family;
   VkDevice device;
   VkBuffer buffer;
   VkImage image;
   struct vl_mapping *mapping;
   VkDeviceMemory memory;
   VkCommandPool pool;
   VkFence fence;
   bool is_stuck; /* work never ended: nothing may be destroyed */

   VkMemoryRequirements buffer_requirements;
   VkMemoryRequirements image_requirements;
   uint64_t image_offset_B; /* in memory */
   bool can_clear;          /* a linear image, by a transfer */
   struct vl_probe_result result;
};

/* Logs that a step has failed, and returns false. */
bool vl_probe_failed(const struct vl_probe *probe,
                     const char *step,
                     VkResult result);

#define VL_PROBE_TRY(command, ...)                                           \
   do {                                                                      \
      const VkResult try_result = probe->next.command(__VA_ARGS__);          \
      if (try_result != VK_SUCCESS)                                          \
         return vl_probe_failed(probe, "vk" #command, try_result);           \
   } while (0)

/* Creates the image, unbound, and asks for its requirements. */
bool vl_probe_create_image(struct vl_probe *probe);

/* Records a clear of the image, if it can be cleared. */
void vl_probe_record_clear(struct vl_probe *probe, VkCommandBuffer command);

/* Whether the clear has reached the mapping. */
bool vl_probe_check_clear(const struct vl_probe *probe);

/* Finds out whether an image of optimal tiling fits shared memory. */
void vl_probe_check_optimal(struct vl_probe *probe);

/* Finds out whether the driver tells the planes of a linear image apart. */
void vl_probe_check_planes(struct vl_probe *probe);

#endif /* VL_PROBE_PRIVATE_H */
