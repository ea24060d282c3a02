/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The inside of a ring, for vn_ring*.c and their tests.
 */

#ifndef VN_RING_PRIVATE_H
#define VN_RING_PRIVATE_H

#include "vn_ring.h"

/* bits of the status word */
enum vn_ring_status {
   VN_RING_STATUS_IDLE = 1 << 0,  /* asleep: needs vkNotifyRingMESA */
   VN_RING_STATUS_FATAL = 1 << 1, /* the context is broken for good */
   VN_RING_STATUS_ALIVE = 1 << 2, /* set each period, cleared by us */
};

/* How long the renderer's thread polls the tail before it sleeps. */
#define VN_RING_IDLE_TIMEOUT_NS UINT64_C(1000000)

/* The bound of making and removing a ring, when no watchdog runs. */
#define VN_RING_SETUP_NS (15 * VN_NSEC_PER_SEC)

/* Larger commands go into shared memory and are executed from there. */
#define VN_RING_DIRECT_DIVISOR 16

struct vn_ring {
   struct vn_renderer *renderer;        /* borrowed; outlives the ring */
   const struct vn_protocol_caps *caps; /* borrowed; outlives the ring */
   uint64_t id;                         /* unique in the renderer context */
   struct vn_renderer_shmem *shmem;     /* owned */

   /*
    * In shmem. The renderer writes head and status, the driver the tail; of
    * the status the driver clears ALIVE.
    */
   _Atomic uint32_t *head;
   _Atomic uint32_t *tail;
   _Atomic uint32_t *status;
   uint8_t *buffer;
   uint32_t buffer_size; /* bytes, a power of two */

   /*
    * Locked while bytes go into the buffer, and while somebody waits for
    * space in it. Below it: the wait mutex and the transport.
    */
   pthread_mutex_t mutex;
   uint32_t cur;       /* position of the next byte; free running */
   uint32_t head_seen; /* a head read before; never ahead of the real one */

   /*
    * The tail, twice, where the renderer cannot write: `reserved` changes
    * before the one in shmem and `published` after it, so that the first
    * bounds any honest head and the second is a seqno that may be waited
    * for.
    */
   _Atomic uint32_t reserved;
   _Atomic uint32_t published;

   /* When the last vkNotifyRingMESA was about to be sent. */
   _Atomic uint64_t notify_ns;

   /*
    * The fence on ring_idx 0 behind vkWaitRingSeqnoMESA. One timeline for
    * all waits; the mutex keeps values and seqnos in the same order, and is
    * not held while somebody sleeps.
    */
   pthread_mutex_t wait_mutex;
   struct vn_renderer_sync *wait_sync; /* owned */
   uint64_t wait_value;                /* the last one submitted */
   uint32_t wait_seqno;                /* what it stands for */

   /* The watchdog, shared by all who wait. */
   uint64_t dead_ns;                 /* VN_RING_DEAD_NS; tests shorten it */
   _Atomic uint64_t silent_since_ns; /* no ALIVE from then on */
   _Atomic uint64_t last_check_ns;

   _Atomic uint64_t answers; /* relaxed: it only counts */

   _Atomic bool lost; /* sticky; implies renderer->lost */

   struct vn_shmem_pool reply_pool;
   struct vn_shmem_pool stream_pool;
};

/* A part of a submission; the parts lie in the ring one behind the other. */
struct vn_ring_piece {
   const void *data;
   size_t size; /* bytes, a multiple of 4 */
};

/* The most that one submission may put into the ring itself. */
size_t vn_ring_direct_limit(const struct vn_ring *ring);

/* All of it at once, or nothing. Never sleeps unless the ring is full. */
VkResult vn_ring_put(struct vn_ring *ring,
                     const struct vn_ring_piece *pieces,
                     uint32_t count,
                     uint32_t *seqno_out);

/* The watchdog of vn_renderer.h; data is the ring. Locks nothing. */
bool vn_ring_watchdog(void *data, uint64_t wait_start_ns);

/* For a handful of small commands that the ring itself encodes. */
struct vn_ring_encoder {
   struct vn_encoder enc;
   uint8_t storage[1024];
};

void vn_ring_encoder_init(struct vn_ring_encoder *encoder,
                          const struct vn_ring *ring);
size_t vn_ring_encoder_size(const struct vn_ring_encoder *encoder);

#endif /* VN_RING_PRIVATE_H */
