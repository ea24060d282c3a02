/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Timelines made of sync_files. The kernel gives a sync_file for a
 * submission; a timeline is the value that it has reached and the files that
 * will take it further. Kernel timelines (syncobj) would need 6.6.
 *
 * A file that is being polled must stay open although another thread finds
 * out that it has signalled, so each is counted.
 *
 * Everything but vn_virtgpu_fence_create() is called with gpu->sync_mutex
 * held; nothing here sleeps.
 */

#ifndef VN_VIRTGPU_TIMELINE_H
#define VN_VIRTGPU_TIMELINE_H

#include "vn_virtgpu.h"

/* A sync_file. refcount is guarded by gpu->sync_mutex. */
struct vn_virtgpu_fence {
   uint32_t refcount;
   int fd; /* owned */
};

/* The sync reaches the value, if it has not yet, when the fence signals. */
struct vn_virtgpu_step {
   uint64_t value;
   struct vn_virtgpu_fence *fence; /* one reference */
};

/* What a vn_renderer_sync is here. Guarded by gpu->sync_mutex. */
struct vn_virtgpu_timeline {
   struct vn_renderer_sync base;
   uint64_t reached;
   uint32_t count, capacity;
   uint32_t promised;             /* steps that are about to be added */
   struct vn_virtgpu_step *steps; /* owned; rising values, all above reached */
};

static inline struct vn_virtgpu_timeline *
vn_virtgpu_timeline_from_sync(struct vn_renderer_sync *sync)
{
   return (struct vn_virtgpu_timeline *)sync;
}

/* With one reference and no file yet. */
VkResult vn_virtgpu_fence_create(struct vn_virtgpu_fence **fence_out);
/* The last one closes the file. */
void vn_virtgpu_fence_unref(struct vn_virtgpu_fence *fence);

/* The value is reached, whatever the files say. */
void vn_virtgpu_timeline_raise(struct vn_virtgpu_timeline *timeline,
                               uint64_t value);
/* Asks the files how far it is. */
void vn_virtgpu_timeline_refresh(struct vn_virtgpu_timeline *timeline);

/* Promises room for one more step, so that vn_virtgpu_timeline_add() cannot
 * fail. False: no memory. Who does not add it takes one off `promised`.
 */
bool vn_virtgpu_timeline_promise(struct vn_virtgpu_timeline *timeline);
/* Keeps the promise. Takes the reference. */
void vn_virtgpu_timeline_add(struct vn_virtgpu_timeline *timeline,
                             uint64_t value,
                             struct vn_virtgpu_fence *fence);
/* The one that takes it to the value, lent; NULL: not submitted yet. */
struct vn_virtgpu_fence *
vn_virtgpu_timeline_find(const struct vn_virtgpu_timeline *timeline,
                         uint64_t value);

#endif /* VN_VIRTGPU_TIMELINE_H */
