/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Waiting for fences, timeline semaphores and queues without ever blocking
 * the renderer: each of them is satisfied by a point on a queue's transport
 * sync, and the waiting is a sleep on those.
 */

#ifndef VN_WAIT_H
#define VN_WAIT_H

#include "vn_queue.h"

enum vn_wait_state {
   VN_WAIT_DONE,
   VN_WAIT_PENDING, /* done when the point is reached */
   VN_WAIT_UNKNOWN, /* nothing that would satisfy it was submitted yet */
};

struct vn_wait_point {
   struct vn_queue *queue;
   uint64_t value;
};

/* Called with device->submit_mutex held; fills *point if PENDING. */
typedef enum vn_wait_state (*vn_wait_check)(const void *items,
                                            uint32_t index,
                                            struct vn_wait_point *point);

/*
 * VK_SUCCESS when all (or any) of count items are done, VK_TIMEOUT, or
 * VK_ERROR_DEVICE_LOST. timeout_ns is relative, as in the API. Wakes up by
 * the transport's fences, by new submissions, and a few times a second to
 * see whether the renderer lives.
 */
VkResult vn_wait(struct vn_device *device,
                 vn_wait_check check,
                 const void *items,
                 uint32_t count,
                 bool any,
                 uint64_t timeout_ns);

#endif /* VN_WAIT_H */
