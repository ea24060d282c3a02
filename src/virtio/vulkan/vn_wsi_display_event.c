/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See vn_wsi_display_event.h. An event stays with its fence after it has
 * happened: the thread that tells of it may not free what it holds.
 */

#include "vn_wsi_display_event.h"

#include "vn_entrypoints.h"

/* With the lock of whoever tells of it; the device's is taken after it. */
static void
on_event(struct vn_kms_event *kms_event, bool lost)
{
   struct vn_fence_event *event =
      (struct vn_fence_event *)((char *)kms_event -
                                offsetof(struct vn_fence_event, event));
   struct vn_device *device = event->device;

   /* also if it is lost: a wait for it must end */
   pthread_mutex_lock(&device->submit_mutex);
   event->fence->signaled = true;
   pthread_cond_broadcast(&device->submit_cond);
   pthread_mutex_unlock(&device->submit_mutex);
}

static void
destroy(struct vn_fence_source *source)
{
   struct vn_fence_event *event = (struct vn_fence_event *)source;

   if (event->file)
      vn_kms_file_cancel(event->file, &event->event);
   if (event->hotplug)
      vn_hotplug_cancel(event->hotplug, &event->event);
   vn_kms_file_unref(event->file);
   free(event);
}

VkResult
vn_fence_event_create(VkDevice device,
                      const VkAllocationCallbacks *alloc,
                      struct vn_fence_event **event_out,
                      VkFence *fence_out)
{
   const VkFenceCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO,
   };
   struct vn_fence_event *event = calloc(1, sizeof(*event));
   if (!event)
      return VK_ERROR_OUT_OF_HOST_MEMORY;

   const VkResult result = vn_CreateFence(device, &info, alloc, fence_out);
   if (result != VK_SUCCESS) {
      free(event);
      return result;
   }
   vn_kms_event_init(&event->event, on_event);
   event->source.destroy = destroy;
   event->device = vn_device_from_handle(device);
   event->fence = vn_fence_from_handle(*fence_out);
   event->fence->source = &event->source;
   *event_out = event;
   return VK_SUCCESS;
}
