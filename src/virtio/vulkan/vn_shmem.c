/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The pool of shared memory. A block is in one of four states: current (it
 * is being cut), full (no room, slices out), retired (all slices back, the
 * renderer may still use them) or idle. Only what the renderer has passed
 * is written to again.
 */

#include "vn_shmem.h"

#include "vn_ring.h"

#define SLICE_ALIGNMENT 8
#define BLOCK_ALIGNMENT 4096

/* More blocks than these, ready for reuse, go back to the system. */
#define MAX_IDLE_BLOCKS 4

struct vn_shmem_block {
   struct u_list link; /* vn_shmem_pool's full, retired or idle */
   struct vn_renderer_shmem *shmem; /* owned */
   size_t used;                     /* bytes cut off from the start */
   uint32_t slice_count;            /* slices that are out */
   bool in_use; /* the renderer had not passed last_seqno when asked */
   uint32_t last_seqno;
};

void
vn_shmem_pool_init(struct vn_shmem_pool *pool,
                   struct vn_renderer *renderer,
                   struct vn_ring *ring,
                   size_t block_size)
{
   memset(pool, 0, sizeof(*pool));
   pthread_mutex_init(&pool->mutex, NULL);
   pool->renderer = renderer;
   pool->ring = ring;
   pool->block_size = block_size;
   u_list_init(&pool->full);
   u_list_init(&pool->retired);
   u_list_init(&pool->idle);
}

static void
block_destroy(struct vn_shmem_pool *pool, struct vn_shmem_block *block)
{
   if (!block)
      return;
   pool->renderer->ops->shmem_destroy(pool->renderer, block->shmem);
   free(block);
}

static void
destroy_list(struct vn_shmem_pool *pool, struct u_list *list)
{
   u_list_for_each_safe (struct vn_shmem_block, block, list, link)
      block_destroy(pool, block);
   u_list_init(list);
}

void
vn_shmem_pool_finish(struct vn_shmem_pool *pool)
{
   assert(u_list_is_empty(&pool->full));
   assert(!pool->current || !pool->current->slice_count);

   block_destroy(pool, pool->current);
   pool->current = NULL;
   destroy_list(pool, &pool->full);
   destroy_list(pool, &pool->retired);
   destroy_list(pool, &pool->idle);
   pool->idle_count = 0;
   pthread_mutex_destroy(&pool->mutex);
}

static VkResult
block_create(struct vn_shmem_pool *pool,
             size_t size,
             struct vn_shmem_block **block_out)
{
   struct vn_shmem_block *block = calloc(1, sizeof(*block));
   if (!block)
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   u_list_init(&block->link);

   const VkResult result =
      pool->renderer->ops->shmem_create(pool->renderer, size, &block->shmem);
   if (result != VK_SUCCESS) {
      free(block);
      return result == VK_ERROR_DEVICE_LOST ? result
                                            : VK_ERROR_OUT_OF_HOST_MEMORY;
   }
   *block_out = block;
   return VK_SUCCESS;
}

/* All slices are back and the renderer has passed them. */
static bool
block_is_free(struct vn_shmem_pool *pool, struct vn_shmem_block *block)
{
   if (block->slice_count)
      return false;
   if (block->in_use && vn_ring_seqno_passed(pool->ring, block->last_seqno))
      block->in_use = false;
   return !block->in_use;
}

static bool
may_reuse(void)
{
   return !(vn_perf_flags() & VN_PERF_NO_SHMEM_REUSE);
}

/* Blocks of their own, made for one large slice, are not kept. */
static void
recycle(struct vn_shmem_pool *pool, struct vn_shmem_block *block)
{
   u_list_del(&block->link);
   if (block->shmem->size != pool->block_size ||
       pool->idle_count >= MAX_IDLE_BLOCKS || !may_reuse()) {
      block_destroy(pool, block);
      return;
   }
   block->used = 0;
   u_list_add(&pool->idle, &block->link);
   pool->idle_count++;
}

/* Retired blocks are in the order of their seqnos, or nearly so. */
static void
recycle_retired(struct vn_shmem_pool *pool)
{
   u_list_for_each_safe (struct vn_shmem_block, block, &pool->retired, link) {
      if (!block_is_free(pool, block))
         break;
      recycle(pool, block);
   }
}

/* The block is no longer cut. */
static void
retire(struct vn_shmem_pool *pool, struct vn_shmem_block *block)
{
   u_list_add_tail(block->slice_count ? &pool->full : &pool->retired,
                   &block->link);
}

static void
cut(struct vn_shmem_block *block,
    size_t size,
    struct vn_shmem_slice *slice_out)
{
   *slice_out = (struct vn_shmem_slice){
      .block = block,
      .res_id = block->shmem->res_id,
      .offset = block->used,
      .size = size,
      .map = (uint8_t *)block->shmem->map + block->used,
   };
   block->used += size;
   block->slice_count++;
}

/* Gives pool->current room for size <= block_size. */
static VkResult
make_room(struct vn_shmem_pool *pool, size_t size)
{
   struct vn_shmem_block *current = pool->current;

   if (current) {
      if (current->shmem->size - current->used >= size)
         return VK_SUCCESS;
      /* the usual case of replies: the same block over and over */
      if (may_reuse() && block_is_free(pool, current)) {
         current->used = 0;
         return VK_SUCCESS;
      }
      pool->current = NULL;
      retire(pool, current);
   }

   recycle_retired(pool);
   if (!u_list_is_empty(&pool->idle)) {
      pool->current = u_list_first(&pool->idle, struct vn_shmem_block, link);
      u_list_del(&pool->current->link);
      pool->idle_count--;
      return VK_SUCCESS;
   }
   return block_create(pool, pool->block_size, &pool->current);
}

static VkResult
alloc_own_block(struct vn_shmem_pool *pool,
                size_t size,
                struct vn_shmem_slice *slice_out)
{
   uint64_t block_size;
   if (!u_align_u64(size, BLOCK_ALIGNMENT, &block_size) ||
       block_size > SIZE_MAX)
      return VK_ERROR_OUT_OF_HOST_MEMORY;

   recycle_retired(pool);
   struct vn_shmem_block *block;
   const VkResult result = block_create(pool, (size_t)block_size, &block);
   if (result != VK_SUCCESS)
      return result;
   cut(block, size, slice_out);
   retire(pool, block);
   return VK_SUCCESS;
}

VkResult
vn_shmem_pool_alloc(struct vn_shmem_pool *pool,
                    size_t size,
                    struct vn_shmem_slice *slice_out)
{
   uint64_t aligned;
   if (!u_align_u64(VN_MAX(size, 1), SLICE_ALIGNMENT, &aligned) ||
       aligned > SIZE_MAX)
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   if (vn_ring_is_lost(pool->ring))
      return VK_ERROR_DEVICE_LOST;

   VkResult result;
   pthread_mutex_lock(&pool->mutex);
   if (aligned > pool->block_size) {
      result = alloc_own_block(pool, (size_t)aligned, slice_out);
   } else {
      result = make_room(pool, (size_t)aligned);
      if (result == VK_SUCCESS)
         cut(pool->current, (size_t)aligned, slice_out);
   }
   pthread_mutex_unlock(&pool->mutex);
   return result;
}

void
vn_shmem_pool_free(struct vn_shmem_pool *pool,
                   struct vn_shmem_slice *slice,
                   uint32_t last_seqno)
{
   struct vn_shmem_block *block = slice->block;
   if (!block)
      return;
   slice->block = NULL;

   pthread_mutex_lock(&pool->mutex);
   /*
    * Only seqnos that are outstanding are compared: those lie within one
    * ring size of each other, others may be gigabytes apart.
    */
   if (!vn_ring_seqno_passed(pool->ring, last_seqno)) {
      if (!block->in_use ||
          vn_ring_seqno_passed(pool->ring, block->last_seqno) ||
          (int32_t)(last_seqno - block->last_seqno) > 0)
         block->last_seqno = last_seqno;
      block->in_use = true;
   }

   assert(block->slice_count);
   block->slice_count--;
   if (!block->slice_count && block != pool->current) {
      u_list_del(&block->link);
      if (block_is_free(pool, block))
         recycle(pool, block);
      else
         u_list_add_tail(&pool->retired, &block->link);
   }
   pthread_mutex_unlock(&pool->mutex);
}
