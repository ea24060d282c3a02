/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 */

#ifndef VN_PHYSICAL_DEVICE_H
#define VN_PHYSICAL_DEVICE_H

#include "vn_answer_cache.h"
#include "vn_extensions.h"
#include "vn_object.h"

struct vn_instance;
struct vn_scout;

/*
 * A host device. All fields but the caches are written once, at the first
 * enumeration, and read-only from then on.
 */
struct vn_physical_device {
   struct vn_dispatchable dispatch;
   struct vn_instance *instance; /* borrowed */

   uint32_t host_index;    /* in the renderer's list */
   struct vn_scout *scout; /* the instance's */

   uint32_t api_version;
   VkPhysicalDeviceProperties properties;
   VkPhysicalDeviceMemoryProperties memory_properties;

   /* what the renderer lists, and what the driver offers */
   struct vn_ext_set renderer_extensions;
   struct vn_ext_set extensions;
   uint32_t extension_spec_versions[VN_DEVICE_EXT_COUNT];

   /*
    * External memory as the application sees it. Both handle types are a
    * dma-buf towards the renderer. Empty when the host cannot both export
    * and import one.
    */
   VkExternalMemoryHandleTypeFlags external_handle_types;
   /* host-visible memory of this device can be mapped here */
   bool can_map;
   /* the host keeps its promises about sizes of buffers */
   bool has_maintenance4;
   bool topology_unrestricted; /* dynamicPrimitiveTopologyUnrestricted */

   /* vn_format.c's */
   struct vn_answer_cache formats;
   struct vn_answer_cache image_formats;
   /* vn_wsi_modifiers.c's */
   struct vn_answer_cache wsi_modifiers;
};

VN_DEFINE_HANDLE_CASTS(vn_physical_device, VkPhysicalDevice)

/*
 * Fills instance->physical_devices on the first successful call. On failure
 * nothing changes, and a later call tries again.
 */
VkResult vn_physical_devices_init(struct vn_instance *instance);
void vn_physical_devices_finish(struct vn_instance *instance);

/* Handle types that reach the renderer, where both of ours mean dma-buf. */
#define VN_RENDERER_HANDLE_TYPE VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT

#endif /* VN_PHYSICAL_DEVICE_H */
