/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Fences that something other than a queue signals.
 */

#ifndef VN_WSI_DISPLAY_EVENT_H
#define VN_WSI_DISPLAY_EVENT_H

#include "vn_fence.h"
#include "vn_wsi_display_file.h"
#include "vn_wsi_display_hotplug.h"

/* Owned by the fence, and freed with it. */
struct vn_fence_event {
   struct vn_fence_source source;
   struct vn_kms_event event;
   struct vn_device *device; /* borrowed */
   struct vn_fence *fence;   /* borrowed */
   /* who the event is expected of; one of them */
   struct vn_kms_file *file;   /* a reference */
   struct vn_hotplug *hotplug; /* borrowed from the displays */
};

/* A new fence with an event that nobody expects yet. */
VkResult vn_fence_event_create(VkDevice device,
                               const VkAllocationCallbacks *alloc,
                               struct vn_fence_event **event_out,
                               VkFence *fence_out);

#endif /* VN_WSI_DISPLAY_EVENT_H */
