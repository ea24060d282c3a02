/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Waiting for fences and timeline semaphores without ever blocking the
 * renderer: each of them is satisfied by a point of a queue (vn_queue.h).
 */

#ifndef VN_WAIT_H
#define VN_WAIT_H

#include "vn_queue.h"

/*
 * How long a wait yields before it goes to sleep: about what sleeping costs,
 * which is two messages to the server and the wake-ups.
 */
#define VN_WAIT_YIELD_NS UINT64_C(100000)

enum vn_wait_state {
   VN_WAIT_DONE,
   VN_WAIT_PENDING, /* done when the point is reached */
   VN_WAIT_UNKNOWN, /* nothing that would satisfy it was submitted yet */
};

struct vn_wait {
   /* With device->submit_mutex held; fills *point if PENDING. */
   enum vn_wait_state (*check)(const void *items,
                               uint32_t index,
                               struct vn_queue_point *point);
   /*
    * Asks the host about an item and remembers what it says. Called now and
    * then for points that only an alarm can tell of, as that may come late.
    */
   VkResult (*ask)(struct vn_device *device,
                   const void *items,
                   uint32_t index);
   const void *items;
   uint32_t count;
   bool any;            /* else all */
   uint64_t timeout_ns; /* relative, as in the API */
};

/*
 * VK_SUCCESS when all (or any) of the items are done, VK_TIMEOUT, or
 * VK_ERROR_DEVICE_LOST. Looks at the feedback for a short time. Then it
 * sleeps; wakes up by the transport's fences, by new submissions, and a few
 * times a second to see whether the renderer lives. What is done has still
 * to be observed.
 */
VkResult vn_wait(struct vn_device *device, const struct vn_wait *wait);

/*
 * VK_ERROR_DEVICE_LOST if the renderer is dead. wait_start_ns as for the
 * watchdog; 0 for somebody who polls and has no other way to learn of it.
 */
VkResult vn_wait_look_for_life(struct vn_device *device,
                               uint64_t wait_start_ns);

/* Returns when something new was submitted, or earlier. */
void vn_wait_for_submission(struct vn_device *device, uint64_t timeout_ns);

#endif /* VN_WAIT_H */
