/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 */

#ifndef VN_SEMAPHORE_H
#define VN_SEMAPHORE_H

#include "vn_queue.h"

/* A value that a submission will signal, and the point that says it did. */
struct vn_semaphore_signal {
   uint64_t value;
   struct vn_queue_point point;
};

struct vn_semaphore {
   struct vn_object_base base;
   VkSemaphoreType type;

   /*
    * Timeline only; guarded by device->submit_mutex. known is a lower bound
    * of the counter, and reached the point that raised it to its value, if a
    * submission did. The host has been seen at observed. pending has the
    * submissions not known to have finished, in the order in which they were
    * made.
    */
   uint64_t known;
   uint64_t observed;
   struct vn_queue_point reached;
   uint32_t pending_count;
   uint32_t pending_capacity;
   struct vn_semaphore_signal *pending; /* owned, malloc'ed */
};

VN_DEFINE_HANDLE_CASTS(vn_semaphore, VkSemaphore)

/* With device->submit_mutex held. False: out of memory. */
bool vn_semaphore_add_pending(struct vn_semaphore *semaphore,
                              uint64_t value,
                              const struct vn_queue_point *point);

#endif /* VN_SEMAPHORE_H */
