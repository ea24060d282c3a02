/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 */

#ifndef VN_FENCE_H
#define VN_FENCE_H

#include "vn_queue.h"

/*
 * The host's fence is signalled before the transport fence behind its
 * submission, so the latter stands for it. Everything is guarded by
 * device->submit_mutex.
 */
struct vn_fence {
   struct vn_object_base base;
   bool signaled;
   struct vn_queue *queue; /* borrowed; NULL: no signal is pending */
   uint64_t value;         /* of the queue's sync */
};

VN_DEFINE_HANDLE_CASTS(vn_fence, VkFence)

/* With device->submit_mutex held. */
static inline void
vn_fence_set_pending(struct vn_fence *fence,
                     struct vn_queue *queue,
                     uint64_t value)
{
   fence->queue = queue;
   fence->value = value;
}

#endif /* VN_FENCE_H */
