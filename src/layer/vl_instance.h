/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * An instance that was created through the layer.
 */

#ifndef VL_INSTANCE_H
#define VL_INSTANCE_H

#include <pthread.h>
#include <vulkan/vulkan.h>
#include <vulkan/vk_layer.h>

#include "u_hash_table.h"
#include "vl_dispatch.h"

struct vl_instance {
   /* fixed from vkCreateInstance to vkDestroyInstance */
   VkInstance handle;
   struct vl_instance_dispatch next;
   uint32_t api_version; /* what the application asked for, 1.0 if nothing */
   /* how a layer makes a device of its own; NULL if the loader is too old */
   PFN_vkLayerCreateDevice layer_create_device;
   PFN_vkLayerDestroyDevice layer_destroy_device;

   pthread_mutex_t lock;
   /* VkPhysicalDevice -> struct vl_physical_device, owned; guarded by lock */
   struct u_hash_table physical_devices;
};

/* The instance that an instance or physical device belongs to. NULL only if
 * it was not created through the layer. Valid until vkDestroyInstance, which
 * Vulkan forbids to overlap with other uses.
 */
struct vl_instance *vl_instance_of(const void *dispatchable);

#endif /* VL_INSTANCE_H */
