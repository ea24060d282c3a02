/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 */

#ifndef VN_INSTANCE_H
#define VN_INSTANCE_H

#include "vn_extensions.h"
#include "vn_object.h"
#include "vn_renderer.h"
#include "vn_ring.h"

/* The newest version that the driver speaks; gen/extensions.py has it too. */
#ifdef VK_VERSION_1_4
#define VN_MAX_API_VERSION VK_MAKE_API_VERSION(0, 1, 4, VK_HEADER_VERSION)
#else
#define VN_MAX_API_VERSION VK_MAKE_API_VERSION(0, 1, 3, VK_HEADER_VERSION)
#endif

struct vn_displays;

/*
 * One connection to one renderer context. Without a renderer the instance
 * exists all the same, with no physical device, so that other drivers in the
 * process are unharmed.
 */
struct vn_instance {
   struct vn_dispatchable dispatch;
   VkAllocationCallbacks alloc;
   struct vn_ext_set enabled_extensions;
   uint32_t app_api_version; /* what the application asked for */

   struct vn_renderer *renderer; /* owned; NULL: none was found */
   struct vn_ring *ring;         /* owned; NULL as well then */
   struct vn_protocol_caps caps;
   uint32_t renderer_api_version; /* min(host's, vk_xml_version, ours) */

   pthread_mutex_t mutex; /* guards the rest; held while sending */
   bool enumerated;
   uint32_t physical_device_count;
   struct vn_physical_device *physical_devices; /* owned */
   struct vn_scout *scouts;                     /* owned; one for each */
   uint64_t ring_idx_in_use;     /* bit per timeline of the transport */
   struct vn_displays *displays; /* owned; NULL: nobody has asked for them */
};

VN_DEFINE_HANDLE_CASTS(vn_instance, VkInstance)

/*
 * A timeline (1 to 63) for a queue, unique in the context; 0 when all are
 * taken. Freed once the renderer has executed vkDestroyDevice.
 */
uint32_t vn_instance_alloc_ring_idx(struct vn_instance *instance);
void vn_instance_free_ring_idx(struct vn_instance *instance,
                               uint32_t ring_idx);

#endif /* VN_INSTANCE_H */
