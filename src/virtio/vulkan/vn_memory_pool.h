/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Small pieces of large blocks: the arithmetic of suballocation, which knows
 * neither Vulkan objects nor the renderer. A pool hands out ranges of blocks
 * that its owner supplies, and says when a block is not needed any more.
 *
 * Alignment. A VkDeviceMemory begins where every resource that fits into it
 * could begin, and its owner may not even have asked yet what its resources
 * want. So a range begins at a multiple of the smallest power of two that is
 * not smaller than it, and of the unit: a resource is misplaced only if its
 * alignment is larger than the unit and larger than the memory that holds it
 * (vn_suballoc.c deals with that). The end is rounded up to the unit only: no
 * two ranges share a unit, which keeps bufferImageGranularity.
 *
 * Threads: everything but init and finish may be called from any thread. The
 * mutex is a leaf; nothing is called with it held.
 */

#ifndef VN_MEMORY_POOL_H
#define VN_MEMORY_POOL_H

#include "vn_common.h"

#define VN_MEMORY_POOL_UNIT       (UINT64_C(64) << 10)
#define VN_MEMORY_POOL_BLOCK_SIZE (UINT64_C(8) << 20)
/* An eighth of a block; has to fit into one word of the block's bit map. */
#define VN_MEMORY_POOL_MAX_SIZE (VN_MEMORY_POOL_BLOCK_SIZE / 8)

#define VN_MEMORY_POOL_BLOCK_WORDS                                           \
   (VN_MEMORY_POOL_BLOCK_SIZE / VN_MEMORY_POOL_UNIT / 64)

struct vn_memory_block {
   struct u_list link; /* vn_memory_pool's blocks */
   void *backing;      /* the owner's; never NULL */
   uint32_t free_units;
   uint64_t used[VN_MEMORY_POOL_BLOCK_WORDS]; /* bit per unit */
};

struct vn_memory_pool {
   pthread_mutex_t mutex; /* guards the list and what is in it */
   struct u_list blocks;  /* owned; those without any range last */
   bool has_spare;        /* one block without any range is in the list */
};

/* A piece of a block; the block lives at least as long. */
struct vn_memory_range {
   struct vn_memory_block *block; /* borrowed from the pool */
   uint64_t offset;               /* bytes, from the block's start */
   uint64_t size;                 /* bytes, as asked for */
};

void vn_memory_pool_init(struct vn_memory_pool *pool);
/* The blocks must be gone: see vn_memory_pool_take_block. */
void vn_memory_pool_finish(struct vn_memory_pool *pool);

/*
 * False when no block has room. size is in [1, VN_MEMORY_POOL_MAX_SIZE].
 */
bool vn_memory_pool_alloc(struct vn_memory_pool *pool,
                          uint64_t size,
                          struct vn_memory_range *range_out);

/*
 * Adds a block of VN_MEMORY_POOL_BLOCK_SIZE and allocates from it. False when
 * out of memory; the backing is then still the caller's alone.
 */
bool vn_memory_pool_add_block(struct vn_memory_pool *pool,
                              void *backing,
                              uint64_t size,
                              struct vn_memory_range *range_out);

/*
 * Returns the backing of a block that the pool has dropped, for the caller
 * to destroy, or NULL. One block is kept though nothing is in it, so that an
 * application that allocates and frees in turn does not make it each time.
 */
void *vn_memory_pool_free(struct vn_memory_pool *pool,
                          const struct vn_memory_range *range);

/* Drops any block, used or not, and returns its backing; NULL: none left. */
void *vn_memory_pool_take_block(struct vn_memory_pool *pool);

#endif /* VN_MEMORY_POOL_H */
