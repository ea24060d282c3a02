/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Memory of the driver's own that the GPU writes and the CPU reads: what
 * queues, events and query pools have come to, without a message. It is
 * handed out in small pieces of buffers that all queues of the device share.
 */

#ifndef VN_FEEDBACK_HEAP_H
#define VN_FEEDBACK_HEAP_H

#include "vn_common.h"

struct vn_device;
struct vn_feedback_chunk;

/* Of a device. Its first buffer is made when it is first wanted. */
struct vn_feedback_heap {
   pthread_mutex_t mutex; /* guards the rest, the making included; no lock is
                             taken before it, the ring's and the transport's
                             are behind it */
   struct u_list chunks;  /* vn_feedback_chunk::link */
   bool tried;            /* once only */
   bool failed;           /* there is no such memory on this device */

   /* written once, before there is any range */
   uint32_t families[64]; /* that can fill and copy buffers */
   uint32_t family_count;
   uint64_t family_mask;
   uint64_t query_family_mask; /* those that can also copy query results */
};

/* A piece; all zero if there is none. */
struct vn_feedback_range {
   struct vn_feedback_chunk *chunk; /* borrowed */
   VkBuffer buffer;                 /* borrowed */
   VkDeviceSize offset;             /* in the buffer */
   uint64_t size;
   uint8_t *map; /* of the piece; NULL: there is none */
};

void vn_feedback_heap_init(struct vn_feedback_heap *heap);
/* Objects of the renderer, before its device goes. */
void vn_feedback_heap_drop_objects(struct vn_device *device);
void vn_feedback_heap_finish(struct vn_feedback_heap *heap);

/*
 * A zeroed piece that begins on a cache line, or a zeroed range if there is
 * no memory: everything that uses feedback can do without.
 */
void vn_feedback_heap_alloc(struct vn_device *device,
                            uint64_t size,
                            struct vn_feedback_range *range_out);
/* The GPU must be done with it. A zeroed range is legal. */
void vn_feedback_heap_free(struct vn_device *device,
                           struct vn_feedback_range *range);

/* Whether queues of a family can do what feedback needs. Needs a range. */
static inline bool
vn_feedback_heap_has_family(const struct vn_feedback_heap *heap,
                            uint32_t family)
{
   return family < 64 && heap->family_mask >> family & 1;
}

static inline bool
vn_feedback_heap_has_query_family(const struct vn_feedback_heap *heap,
                                  uint32_t family)
{
   return family < 64 && heap->query_family_mask >> family & 1;
}

#endif /* VN_FEEDBACK_HEAP_H */
