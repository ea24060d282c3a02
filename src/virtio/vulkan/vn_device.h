/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 */

#ifndef VN_DEVICE_H
#define VN_DEVICE_H

#include "vn_chain.h"
#include "vn_extensions.h"
#include "vn_feedback_heap.h"
#include "vn_memory_pool.h"
#include "vn_memory_report.h"
#include "vn_object.h"
#include "vn_physical_device.h"
#include "vn_requirements.h"
#include "vn_ring.h"

struct vn_queue;

struct vn_device {
   struct vn_dispatchable dispatch;
   VkAllocationCallbacks alloc;
   struct vn_instance *instance;               /* borrowed */
   struct vn_physical_device *physical_device; /* borrowed */
   struct vn_ext_set enabled_extensions;
   uint32_t api_version; /* min(the application's, the physical device's) */
   /* Those of which structs count in a chain: the enabled ones and those that
    * are part of api_version. What the driver needs for itself has to be
    * here, too.
    */
   struct vn_ext_set usable_extensions;
   struct vn_protocol_caps caps; /* the same, for the encoders */
   bool alpha_to_one;            /* the feature is enabled */
   struct vn_memory_report memory_report;

   uint32_t queue_count;
   struct vn_queue *queues; /* owned */

   /*
    * Guards what fences, semaphores and queues know of submissions. Nothing
    * is sent and no other lock is taken while it is held. The condition is
    * broadcast when something new was submitted or signalled by the host.
    */
   pthread_mutex_t submit_mutex;
   pthread_cond_t submit_cond; /* CLOCK_MONOTONIC */

   struct vn_feedback_heap feedback_heap;

   /* guards the data of all private data slots; leaf */
   pthread_mutex_t private_data_mutex;

   struct vn_requirement_caches requirements;

   /* vn_suballoc.c's. Bit per memory type: small allocations are pieces. */
   _Atomic uint32_t suballoc_types;
   struct vn_memory_pool memory_pools[VK_MAX_MEMORY_TYPES];
};

VN_DEFINE_HANDLE_CASTS(vn_device, VkDevice)

/*
 * vn_find_struct() for a struct that an extension has brought, be it part of
 * a core version since: without the extension it must not be looked at.
 */
static inline void *
vn_device_find_struct(const struct vn_device *device,
                      enum vn_device_ext ext,
                      const void *chain,
                      VkStructureType type)
{
   return vn_ext_set_has(&device->usable_extensions, ext)
             ? vn_find_struct(chain, type)
             : NULL;
}

static inline const struct vn_renderer_ops *
vn_device_renderer_ops(const struct vn_device *device,
                       struct vn_renderer **renderer_out)
{
   *renderer_out = vn_ring_renderer(device->dispatch.ring);
   return (*renderer_out)->ops;
}

#endif /* VN_DEVICE_H */
