/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * A queue is bound to one timeline of the transport (its ring_idx). What
 * somebody may want to wait for, a fence or a new value of a timeline
 * semaphore, is a point of the queue: points are numbered from 1 in the
 * order of submission, and reaching one means that all earlier ones have
 * been reached.
 *
 * How it is known that a point was reached:
 *
 *    feedback   the GPU writes its number into memory (vn_feedback.h). Seen
 *               at once, by anybody, without a message.
 *    alarm      a transport fence behind it, on which one can sleep. Its
 *               sync goes to the number of the last point it covers.
 *
 * A point with feedback gets its alarm when somebody goes to sleep for it,
 * or just before something else is submitted to the queue: made later, the
 * alarm would also cover that work, and that work may depend on the waiter.
 * The renderer takes alarms and submissions on two threads, so even then
 * they may change places. So a sleep also looks up at growing intervals.
 *
 * A point without feedback (a "plain" one) gets its alarm at once. While one
 * is under way the next ones are plain too: feedback only orders commands,
 * and a plain point may be something else.
 *
 * The host signals its fences and semaphores a bit after the GPU has written
 * the feedback. Before the application hears that a point was reached, the
 * ring gets a wait on the host for it, which makes everything on the ring
 * from then on come after. That is called observing. Points reached by an
 * alarm are observed: the fence of the transport comes after the host's.
 */

#ifndef VN_QUEUE_H
#define VN_QUEUE_H

#include "vn_device.h"
#include "vn_feedback.h"

struct vn_queue {
   struct vn_dispatchable dispatch;
   struct vn_device *device; /* borrowed */
   uint32_t family_index;
   uint32_t index;
   VkDeviceQueueCreateFlags flags;
   uint32_t ring_idx; /* 1 to 63 */

   struct vn_renderer_sync *sync; /* owned */
   struct vn_queue_feedback feedback;

   /* of the waits for idle; made at the first, owned */
   VkFence idle_fence;

   /*
    * Points. Guarded by device->submit_mutex; only the submitting thread
    * changes `submitted` and `fed`.
    */
   uint64_t submitted; /* the last one */
   uint64_t fed;       /* the last one with feedback */
   uint64_t completed; /* known to have been reached; <= submitted */
   uint64_t observed;  /* <= completed */
   uint64_t alarmed;   /* the last one that an alarm was sent for */
   uint32_t seqno;     /* the ring's, of the last submission */
   bool untracked;     /* something behind the last point was submitted */

   /* held while an alarm is sent, so that they go out in order; taken before
    * device->submit_mutex, which is not held then */
   pthread_mutex_t alarm_mutex;
};

VN_DEFINE_HANDLE_CASTS(vn_queue, VkQueue)

struct vn_queue_point {
   struct vn_queue *queue; /* borrowed; NULL: none */
   uint64_t value;
};

/* Binds the queue on the renderer, without waiting. */
VkResult vn_queue_init(struct vn_queue *queue,
                       struct vn_device *device,
                       const VkDeviceQueueCreateInfo *info,
                       uint32_t index);
/* Objects of the renderer, before its device goes. */
void vn_queue_drop_objects(struct vn_queue *queue, struct vn_device *device);
/* A queue that was not initialised is legal. Keeps ring_idx. */
void vn_queue_finish(struct vn_queue *queue);

/* With device->submit_mutex held. Looks at the feedback. */
bool vn_queue_reached(struct vn_queue *queue, uint64_t value);
/* With device->submit_mutex held. */
static inline bool
vn_queue_is_plain(const struct vn_queue *queue, uint64_t value)
{
   return value > queue->fed;
}

/* Makes sure that there is an alarm that covers the point. */
VkResult vn_queue_alarm(struct vn_queue *queue, uint64_t value);

/* An alarm has rung: the transport says that a point was reached. */
void vn_queue_set_reached(struct vn_queue *queue, uint64_t value);

/* The host has signalled it, or the ring is made to wait until it has. */
void vn_queue_set_observed(const struct vn_queue_point *point);

#endif /* VN_QUEUE_H */
