/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What a submission means to those who may wait for it: which points of the
 * queue it makes (see vn_queue.h), and which fence and semaphores they stand
 * for. Knows nothing of the form that the batches have.
 */

#ifndef VN_SUBMISSION_H
#define VN_SUBMISSION_H

#include "vn_queue.h"
#include "vn_semaphore.h"

/* What a batch signals that somebody may ask for; see vn_semaphore.h. */
struct vn_signal_op {
   struct vn_semaphore *semaphore;
   uint64_t value; /* of a timeline semaphore */
   uint32_t batch;
};

/* On the stack, of one submission. */
struct vn_submission {
   struct vn_queue *queue;
   VkFence fence;
   VkFence host_fence;   /* what the renderer is told of it */
   void *import_heap;    /* vn_import_wait.c's */
   uint32_t batch_count; /* of the application's */
   uint32_t op_count;
   struct vn_signal_op *ops;
   /* of each batch, and of one more for a fence without any; 0: none */
   uint64_t *points;
   uint64_t base;        /* the point before it */
   uint32_t point_count; /* new ones */
   bool tracked;         /* there are any */
   bool fed;             /* with feedback */

   /* scratch memory; what of it is still free */
   uint8_t *cur;
   void *heap; /* owned; NULL while the storage suffices */
   uint64_t storage[128];
};

/*
 * Room for op_max operations, and for batches and command buffers of the
 * given sizes: one more batch than there are, one more command buffer each.
 * VK_ERROR_OUT_OF_HOST_MEMORY leaves nothing behind.
 */
VkResult vn_submission_init(struct vn_submission *s,
                            VkQueue queue,
                            VkFence fence,
                            uint32_t batch_count,
                            size_t op_max,
                            size_t batch_size,
                            size_t cmd_max,
                            size_t cmd_size);

void vn_submission_finish(struct vn_submission *s);

/* A piece of the room, bytes; belongs to the submission. */
void *vn_submission_take(struct vn_submission *s, size_t size);

void vn_submission_add_signal(struct vn_submission *s,
                              uint32_t batch,
                              VkSemaphore _semaphore,
                              uint64_t value);

/* The values are in a chained struct, where there are any. */
void vn_submission_add_signals(struct vn_submission *s,
                               uint32_t batch,
                               const void *chain,
                               const VkSemaphore *semaphores,
                               uint32_t count);

/*
 * To be called when all operations are known; can_feed says whether command
 * buffers may be added. Puts the alarm behind what is about to be overtaken.
 */
VkResult vn_submission_plan(struct vn_submission *s, bool can_feed);

/* One point for all that have one, without feedback. */
void vn_submission_make_plain(struct vn_submission *s);

/* Lets the fence and the semaphores know of what has just gone out. */
VkResult vn_submission_track(struct vn_submission *s, uint32_t seqno);

#endif /* VN_SUBMISSION_H */
