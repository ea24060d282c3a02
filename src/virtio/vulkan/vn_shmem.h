/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Slices of shared memory for replies, command streams and large commands.
 * Cut from big blocks, so that a slice costs no round trip. A slice goes
 * back with the ring seqno that last used it; its block is reused only when
 * all its slices are back and the renderer has passed the latest of them.
 */

#ifndef VN_SHMEM_H
#define VN_SHMEM_H

#include "vn_renderer.h"

struct vn_ring;
struct vn_shmem_block;

struct vn_shmem_slice {
   struct vn_shmem_block *block; /* borrowed from the pool; NULL: no slice */
   uint32_t res_id;
   size_t offset; /* in the resource */
   size_t size;   /* usable bytes, a multiple of 8 */
   void *map;     /* of the slice's first byte */
};

struct vn_shmem_pool {
   pthread_mutex_t mutex;          /* leaf: nothing is locked below it but the
                                      transport */
   struct vn_renderer *renderer;   /* borrowed */
   struct vn_ring *ring;           /* borrowed; whose seqnos slices carry */
   size_t block_size;              /* bytes; larger slices get their own */
   struct vn_shmem_block *current; /* the block that is being cut */
   struct u_list full;             /* no room left, slices still out */
   struct u_list retired; /* blocks waiting for their seqno, oldest first */
   uint32_t idle_count;
   struct u_list idle; /* blocks ready for reuse, at most a few */
};

void vn_shmem_pool_init(struct vn_shmem_pool *pool,
                        struct vn_renderer *renderer,
                        struct vn_ring *ring,
                        size_t block_size);
/* All slices must be back and the ring destroyed or lost. */
void vn_shmem_pool_finish(struct vn_shmem_pool *pool);

/* VK_ERROR_OUT_OF_HOST_MEMORY or VK_ERROR_DEVICE_LOST on failure. */
VkResult vn_shmem_pool_alloc(struct vn_shmem_pool *pool,
                             size_t size,
                             struct vn_shmem_slice *slice_out);
/* Sets slice->block to NULL; does nothing if it is already. */
void vn_shmem_pool_free(struct vn_shmem_pool *pool,
                        struct vn_shmem_slice *slice,
                        uint32_t last_seqno);

#endif /* VN_SHMEM_H */
