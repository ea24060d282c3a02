/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * How far a queue has come, written by the GPU into memory that is mapped
 * here. Each queue of a device has a word `done` and a few words `next`, all
 * in one buffer. A submission that ends in a command buffer of the queue's
 * feedback copies one word of `next`, to which the driver has given the
 * number of a point (see vn_queue.h), to `done`. So fences and timeline
 * semaphores, which the driver maps to points, need no memory of their own.
 *
 * The word says that the commands are done. The host may signal the fence
 * and the semaphores of that submission a little later.
 */

#ifndef VN_FEEDBACK_H
#define VN_FEEDBACK_H

#include "vn_common.h"

struct vn_device;
struct vn_queue;

/* Points of a queue that can be under way with feedback at the same time. */
#define VN_FEEDBACK_DEPTH 64

/* Of a device. Made when it is first wanted. */
struct vn_feedback {
   pthread_mutex_t mutex; /* guards the making; no lock is taken before it,
                             the ring's and the transport's are behind it */
   bool tried;
   VkBuffer buffer; /* owned, as is the memory */
   VkDeviceMemory memory;
   uint8_t *map;         /* NULL: there is no feedback on this device */
   uint64_t family_mask; /* families that can copy buffers */
};

/* Of a queue; externally synchronised with the submissions to it. */
struct vn_queue_feedback {
   bool tried;
   VkCommandPool pool; /* owned, with the command buffers */
   VkCommandBuffer cmds[VN_FEEDBACK_DEPTH]; /* recorded when first used */
   _Atomic uint32_t *next; /* [VN_FEEDBACK_DEPTH], read by the GPU */
   _Atomic uint32_t *done; /* written by it; NULL: no feedback */
};

void vn_feedback_init(struct vn_feedback *feedback);
/* Objects of the renderer, before its device goes; the queues' first. */
void vn_feedback_drop_objects(struct vn_device *device);
void vn_feedback_finish(struct vn_feedback *feedback);

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
