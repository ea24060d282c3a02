/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * How far a queue has come, written by the GPU into memory that is mapped
 * here. Each queue of a device has a word `done` and a few words `next`. A
 * submission that ends in a command buffer of the queue's feedback copies one
 * word of `next`, to which the driver has given the number of a point (see
 * vn_queue.h), to `done`. So fences and timeline semaphores, which the driver
 * maps to points, need no memory of their own.
 *
 * The word says that the commands are done. The host may signal the fence
 * and the semaphores of that submission a little later.
 */

#ifndef VN_FEEDBACK_H
#define VN_FEEDBACK_H

#include "vn_feedback_heap.h"

struct vn_device;
struct vn_queue;

/* Points of a queue that can be under way with feedback at the same time. */
#define VN_FEEDBACK_DEPTH 64

/* Of a queue; externally synchronised with the submissions to it. */
struct vn_queue_feedback {
   bool tried;
   struct vn_feedback_range range; /* owned; what next and done point into */
   VkCommandPool pool;             /* owned, with the command buffers */
   VkCommandBuffer cmds[VN_FEEDBACK_DEPTH]; /* recorded when first used */
   _Atomic uint32_t *next; /* [VN_FEEDBACK_DEPTH], read by the GPU */
   _Atomic uint32_t *done; /* written by it; NULL: no feedback */
};

/* Objects of the renderer, before its device goes. */
void vn_queue_feedback_drop_objects(struct vn_queue_feedback *feedback,
                                    struct vn_device *device);

/* Whether submissions to the queue can have feedback. Sets it up at first. */
bool vn_queue_feedback_ready(struct vn_queue *queue);

/*
 * The command buffer that announces a point of the queue, VK_NULL_HANDLE if
 * there is no memory. The point VN_FEEDBACK_DEPTH before it must have been
 * reached.
 */
VkCommandBuffer vn_queue_feedback_announce(struct vn_queue *queue,
                                           uint64_t point);

#endif /* VN_FEEDBACK_H */
