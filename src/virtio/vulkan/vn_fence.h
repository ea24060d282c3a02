/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 */

#ifndef VN_FENCE_H
#define VN_FENCE_H

#include "vn_queue.h"

/* What else may signal a fence besides queues; goes with the fence. */
struct vn_fence_source {
   /* afterwards the fence is not touched any more */
   void (*destroy)(struct vn_fence_source *source);
};

/*
 * The point that the submission became stands for the host's fence.
 * Everything is guarded by device->submit_mutex.
 */
struct vn_fence {
   struct vn_object_base base;
   bool signaled;
   /*
    * Can be exported as a sync_file, which resets it at once: the host's
    * fence, which is in use until its submission is done, then never sees
    * one. The point, which is a plain one, is all there is.
    */
   bool exportable;
   struct vn_queue_point point; /* of the submission since the last reset */
   struct vn_fence_source *source; /* owned, constant; NULL: none */
};

VN_DEFINE_HANDLE_CASTS(vn_fence, VkFence)

/* With device->submit_mutex held. */
static inline void
vn_fence_set_pending(struct vn_fence *fence,
                     struct vn_queue *queue,
                     uint64_t value)
{
   fence->point = (struct vn_queue_point){ queue, value };
}

#endif /* VN_FENCE_H */
