/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * A queue is bound to one timeline of the transport (its ring_idx) and to one
 * transport sync whose value counts the submissions that somebody may want
 * to wait for.
 */

#ifndef VN_QUEUE_H
#define VN_QUEUE_H

#include "vn_device.h"

struct vn_queue {
   struct vn_dispatchable dispatch;
   struct vn_device *device; /* borrowed */
   uint32_t family_index;
   uint32_t index;
   VkDeviceQueueCreateFlags flags;
   uint32_t ring_idx; /* 1 to 63 */

   struct vn_renderer_sync *sync; /* owned */
   /* both guarded by device->submit_mutex; completed <= submitted */
   uint64_t submitted;
   uint64_t completed;
};

VN_DEFINE_HANDLE_CASTS(vn_queue, VkQueue)

/* Binds the queue on the renderer, without waiting. */
VkResult vn_queue_init(struct vn_queue *queue,
                       struct vn_device *device,
                       const VkDeviceQueueCreateInfo *info,
                       uint32_t index);
/* A queue that was not initialised is legal. Keeps ring_idx. */
void vn_queue_finish(struct vn_queue *queue);

/*
 * Puts a transport fence behind everything that was submitted to the queue
 * up to the ring's seqno. The queue is externally synchronised, so values
 * reach the transport in order.
 */
VkResult vn_queue_submit_fence(struct vn_queue *queue,
                               uint32_t seqno,
                               uint64_t *value_out);

#endif /* VN_QUEUE_H */
