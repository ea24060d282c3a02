/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What the layer adds to a physical device, and what it knows of the driver.
 */

#ifndef VL_PHYSICAL_DEVICE_H
#define VL_PHYSICAL_DEVICE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <vulkan/vulkan.h>

#include "vl_instance.h"

/* DRM_FORMAT_MOD_LINEAR of drm_fourcc.h, which is not everywhere */
#define VL_MODIFIER_LINEAR UINT64_C(0)

#define VL_LAYER_NAME "VK_LAYER_VENUS_shm"

/* The extensions that may be added, in the order of the names in
 * vl_physical_device.c.
 */
enum vl_added {
   VL_ADDED_FD,
   VL_ADDED_DMA_BUF,
   VL_ADDED_MODIFIER,
   VL_ADDED_FOREIGN,
   VL_ADDED_COUNT,
};

struct vl_physical_device {
   VkPhysicalDevice handle;
   struct vl_instance *instance; /* outlives this */

   pthread_mutex_t lock; /* held while deciding, which happens once */
   bool is_decided;      /* guarded by lock */

   /* Fixed once decided, then read without a lock. */
   VkPhysicalDeviceProperties properties;
   VkPhysicalDeviceMemoryProperties memory; /* as the driver says */
   uint32_t added;                          /* bits: 1 << enum vl_added */
   /* handle types that the layer implements over host pointers */
   VkExternalMemoryHandleTypeFlags served_types;
   uint32_t all_types;         /* every memory type: a mask of indices */
   uint32_t host_types;        /* those that take a host pointer */
   uint64_t host_alignment_B;  /* of pointers and of sizes */
   bool wraps_plain_buffers;   /* see vl_buffer.c */
   bool wraps_plain_images;    /* see vl_image.c */
   bool optimal_is_linear;     /* of shared images, see vl_image.h */
   bool offers_planar;         /* LINEAR images of several planes */
   bool needs_external_memory; /* as an extension: no Vulkan 1.1 here */
   bool has_format_properties_3;
   /* both: see vl_modifier.h */
   bool makes_modifiers;
   bool has_own_modifiers;
};

/* The decided physical device, or NULL when out of memory. While a probe runs
 * on this thread it is NULL too: callers then pass through.
 */
struct vl_physical_device *vl_physical_device_of(VkPhysicalDevice handle);
void vl_physical_device_destroy(struct vl_physical_device *physical);

/* vl_sparse.c's: whether a device is asked for with what is not offered. */
bool vl_sparse_is_refused(VkPhysicalDevice handle,
                          const VkDeviceCreateInfo *info);

const char *vl_added_name(enum vl_added added);

static inline bool
vl_adds(const struct vl_physical_device *physical, enum vl_added added)
{
   return physical->added & (1u << added);
}

#endif /* VL_PHYSICAL_DEVICE_H */
