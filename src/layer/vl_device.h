/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * A device that was created through the layer, and what the layer remembers
 * of its objects.
 */

#ifndef VL_DEVICE_H
#define VL_DEVICE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <vulkan/vulkan.h>

#include "u_hash_table.h"
#include "vl_dispatch.h"
#include "vl_physical_device.h"

struct vl_device {
   /* fixed from vkCreateDevice to vkDestroyDevice */
   VkDevice handle;
   const struct vl_physical_device *physical; /* the instance's */
   struct vl_device_dispatch next;
   uint32_t wants; /* enum vl_device_wants */
   /* what physical serves, as far as its extension is enabled here */
   VkExternalMemoryHandleTypeFlags served_types;

   /* Guards the tables; taken before the lock of vl_mapping.c, never held
    * while the driver is called.
    */
   pthread_mutex_t lock;
   struct u_hash_table memories; /* -> struct vl_mapping, one reference each */
   struct u_hash_table buffers;  /* shared ones -> the device (a mark) */
   struct u_hash_table images;   /* -> struct vl_image, owned */
};

/* The device that a device or command buffer belongs to. NULL only if it was
 * not created through the layer. Valid until vkDestroyDevice.
 */
struct vl_device *vl_device_of(const void *dispatchable);

static inline bool
vl_device_serves(const struct vl_device *device,
                 VkExternalMemoryHandleTypeFlags types)
{
   return device->served_types & types;
}

/* Handle types as the driver gets them: those that the layer serves become
 * host pointers, the others stay.
 */
static inline VkExternalMemoryHandleTypeFlags
vl_device_translate_types(const struct vl_device *device,
                          VkExternalMemoryHandleTypeFlags types)
{
   if (types & device->served_types)
      types |= VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT;
   return types & ~device->served_types;
}

#endif /* VL_DEVICE_H */
