/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Submissions, and what is asked about their timelines without sleeping.
 */

#include "vn_virtgpu_timeline.h"

#include <xf86drm.h>

/* Without a lock: the kernel may wait for room in the device's queue. */
static VkResult
execbuffer(struct vn_virtgpu *gpu,
           const struct vn_renderer_submit *submit,
           int *fd_out)
{
   struct virtgpu_execbuffer args = {
      .flags =
         VIRTGPU_EXECBUF_TIMELINE | (fd_out ? VIRTGPU_EXECBUF_FENCE_OUT : 0),
      .size = (uint32_t)submit->size,
      .command = (uintptr_t)submit->cs,
      .fence_fd = -1,
      .ring_idx = submit->ring_idx,
   };
   if (!drmIoctl(gpu->fd, VIRTGPU_IOCTL_EXECBUFFER, &args)) {
      if (!fd_out)
         return VK_SUCCESS;
      if (args.fence_fd < 0)
         return vn_virtgpu_lose(gpu, "a submission got no fence");
      *fd_out = args.fence_fd;
      return VK_SUCCESS;
   }
   return vn_virtgpu_alloc_error(gpu, errno);
}

VkResult
vn_virtgpu_submit(struct vn_renderer *renderer,
                  const struct vn_renderer_submit *submit)
{
   struct vn_virtgpu *gpu = vn_virtgpu_from_renderer(renderer);

   assert(submit->size % 4 == 0);
   assert(submit->ring_idx < renderer->info.timeline_count);

   if (vn_virtgpu_is_lost(gpu))
      return VK_ERROR_DEVICE_LOST;
   if (submit->size > UINT32_MAX)
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   if (!submit->has_fence)
      return submit->size ? execbuffer(gpu, submit, NULL) : VK_SUCCESS;

   struct vn_virtgpu_timeline *timeline =
      vn_virtgpu_timeline_from_sync(submit->sync);
   struct vn_virtgpu_fence *fence;
   VkResult result = vn_virtgpu_fence_create(&fence);
   if (result != VK_SUCCESS)
      return result;

   /* first what can fail: a submission cannot be taken back */
   pthread_mutex_lock(&gpu->sync_mutex);
   const bool promised = vn_virtgpu_timeline_promise(timeline);
   pthread_mutex_unlock(&gpu->sync_mutex);

   result = promised ? execbuffer(gpu, submit, &fence->fd)
                     : VK_ERROR_OUT_OF_HOST_MEMORY;

   pthread_mutex_lock(&gpu->sync_mutex);
   if (result == VK_SUCCESS) {
      vn_virtgpu_timeline_add(timeline, submit->value, fence);
      vn_virtgpu_wake_waiters(gpu);
   } else {
      timeline->promised -= promised;
      vn_virtgpu_fence_unref(fence);
   }
   pthread_mutex_unlock(&gpu->sync_mutex);
   return result;
}

VkResult
vn_virtgpu_sync_create(struct vn_renderer *renderer,
                       uint64_t value,
                       struct vn_renderer_sync **sync_out)
{
   if (vn_virtgpu_is_lost(vn_virtgpu_from_renderer(renderer)))
      return VK_ERROR_DEVICE_LOST;

   struct vn_virtgpu_timeline *timeline = calloc(1, sizeof(*timeline));
   if (!timeline)
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   timeline->reached = value;
   *sync_out = &timeline->base;
   return VK_SUCCESS;
}

void
vn_virtgpu_sync_destroy(struct vn_renderer *renderer,
                        struct vn_renderer_sync *base)
{
   struct vn_virtgpu *gpu = vn_virtgpu_from_renderer(renderer);
   if (!base)
      return;

   struct vn_virtgpu_timeline *timeline = vn_virtgpu_timeline_from_sync(base);
   pthread_mutex_lock(&gpu->sync_mutex);
   vn_virtgpu_timeline_raise(timeline, UINT64_MAX);
   pthread_mutex_unlock(&gpu->sync_mutex);
   free(timeline->steps);
   free(timeline);
}

VkResult
vn_virtgpu_sync_read(struct vn_renderer *renderer,
                     struct vn_renderer_sync *base,
                     uint64_t *value_out)
{
   struct vn_virtgpu *gpu = vn_virtgpu_from_renderer(renderer);
   struct vn_virtgpu_timeline *timeline = vn_virtgpu_timeline_from_sync(base);

   if (vn_virtgpu_is_lost(gpu))
      return VK_ERROR_DEVICE_LOST;

   pthread_mutex_lock(&gpu->sync_mutex);
   vn_virtgpu_timeline_refresh(timeline);
   *value_out = timeline->reached;
   pthread_mutex_unlock(&gpu->sync_mutex);
   return VK_SUCCESS;
}

VkResult
vn_virtgpu_sync_write(struct vn_renderer *renderer,
                      struct vn_renderer_sync *sync,
                      uint64_t value)
{
   struct vn_virtgpu *gpu = vn_virtgpu_from_renderer(renderer);

   if (vn_virtgpu_is_lost(gpu))
      return VK_ERROR_DEVICE_LOST;

   pthread_mutex_lock(&gpu->sync_mutex);
   vn_virtgpu_timeline_raise(vn_virtgpu_timeline_from_sync(sync), value);
   vn_virtgpu_wake_waiters(gpu);
   pthread_mutex_unlock(&gpu->sync_mutex);
   return VK_SUCCESS;
}

VkResult
vn_virtgpu_sync_export_file(struct vn_renderer *renderer,
                            struct vn_renderer_sync *base,
                            uint64_t value,
                            int *fd_out)
{
   struct vn_virtgpu *gpu = vn_virtgpu_from_renderer(renderer);
   struct vn_virtgpu_timeline *timeline = vn_virtgpu_timeline_from_sync(base);
   VkResult result = VK_SUCCESS;

   if (vn_virtgpu_is_lost(gpu))
      return VK_ERROR_DEVICE_LOST;

   pthread_mutex_lock(&gpu->sync_mutex);
   vn_virtgpu_timeline_refresh(timeline);
   if (value <= timeline->reached) {
      *fd_out = -1;
   } else {
      const struct vn_virtgpu_fence *fence =
         vn_virtgpu_timeline_find(timeline, value);
      assert(fence); /* submitted before, says the seam */
      *fd_out = u_fd_dup_cloexec(fence->fd);
      if (*fd_out < 0)
         result = VK_ERROR_TOO_MANY_OBJECTS;
   }
   pthread_mutex_unlock(&gpu->sync_mutex);
   return result;
}

VkResult
vn_virtgpu_sync_import_file(struct vn_renderer *renderer,
                            struct vn_renderer_sync *base,
                            uint64_t value,
                            int fd)
{
   struct vn_virtgpu *gpu = vn_virtgpu_from_renderer(renderer);
   struct vn_virtgpu_timeline *timeline = vn_virtgpu_timeline_from_sync(base);

   if (vn_virtgpu_is_lost(gpu))
      return VK_ERROR_DEVICE_LOST;

   struct vn_virtgpu_fence *fence;
   VkResult result = vn_virtgpu_fence_create(&fence);
   if (result != VK_SUCCESS)
      return result;

   pthread_mutex_lock(&gpu->sync_mutex);
   if (vn_virtgpu_timeline_promise(timeline)) {
      fence->fd = fd;
      vn_virtgpu_timeline_add(timeline, value, fence);
      vn_virtgpu_wake_waiters(gpu);
   } else {
      result = VK_ERROR_OUT_OF_HOST_MEMORY;
      vn_virtgpu_fence_unref(fence);
   }
   pthread_mutex_unlock(&gpu->sync_mutex);
   return result;
}
