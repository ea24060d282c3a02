/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See vn_memory_pool.h. First fit over the bits of each block's units: with
 * 128 of them nothing cleverer is worth its lines.
 */

#include "vn_memory_pool.h"

#define WORD_UNITS  64
#define BLOCK_UNITS (VN_MEMORY_POOL_BLOCK_WORDS * WORD_UNITS)

_Static_assert(VN_MEMORY_POOL_BLOCK_WORDS *WORD_UNITS *VN_MEMORY_POOL_UNIT ==
                  VN_MEMORY_POOL_BLOCK_SIZE,
               "a block is whole words of units");
_Static_assert(VN_MEMORY_POOL_MAX_SIZE <= WORD_UNITS * VN_MEMORY_POOL_UNIT,
               "an aligned range never crosses a word");

static uint32_t
units_of(uint64_t size)
{
   assert(size && size <= VN_MEMORY_POOL_MAX_SIZE);
   return (uint32_t)((size + VN_MEMORY_POOL_UNIT - 1) / VN_MEMORY_POOL_UNIT);
}

static uint64_t
unit_mask(uint32_t units)
{
   return units == WORD_UNITS ? UINT64_MAX : (UINT64_C(1) << units) - 1;
}

void
vn_memory_pool_init(struct vn_memory_pool *pool)
{
   pthread_mutex_init(&pool->mutex, NULL);
   u_list_init(&pool->blocks);
   pool->has_spare = false;
}

void
vn_memory_pool_finish(struct vn_memory_pool *pool)
{
   assert(u_list_is_empty(&pool->blocks));
   pthread_mutex_destroy(&pool->mutex);
}

static bool
block_alloc(struct vn_memory_block *block,
            uint32_t units,
            uint64_t *offset_out)
{
   if (block->free_units < units)
      return false;

   uint32_t alignment = 1;
   while (alignment < units)
      alignment *= 2;

   const uint64_t mask = unit_mask(units);
   for (uint32_t unit = 0; unit < BLOCK_UNITS; unit += alignment) {
      uint64_t *word = &block->used[unit / WORD_UNITS];
      const uint32_t shift = unit % WORD_UNITS;
      if (*word >> shift & mask)
         continue;
      *word |= mask << shift;
      block->free_units -= units;
      *offset_out = unit * VN_MEMORY_POOL_UNIT;
      return true;
   }
   return false;
}

static bool
pool_alloc_locked(struct vn_memory_pool *pool,
                  uint64_t size,
                  struct vn_memory_range *range)
{
   const uint32_t units = units_of(size);

   u_list_for_each (struct vn_memory_block, block, &pool->blocks, link) {
      const bool was_empty = block->free_units == BLOCK_UNITS;
      if (!block_alloc(block, units, &range->offset))
         continue;
      if (was_empty)
         pool->has_spare = false;
      range->block = block;
      range->size = size;
      return true;
   }
   return false;
}

bool
vn_memory_pool_alloc(struct vn_memory_pool *pool,
                     uint64_t size,
                     struct vn_memory_range *range_out)
{
   pthread_mutex_lock(&pool->mutex);
   const bool ok = pool_alloc_locked(pool, size, range_out);
   pthread_mutex_unlock(&pool->mutex);
   return ok;
}

bool
vn_memory_pool_add_block(struct vn_memory_pool *pool,
                         void *backing,
                         uint64_t size,
                         struct vn_memory_range *range_out)
{
   struct vn_memory_block *block = calloc(1, sizeof(*block));
   if (!block)
      return false;
   block->backing = backing;
   block->free_units = BLOCK_UNITS;

   range_out->block = block;
   range_out->size = size;
   const bool ok = block_alloc(block, units_of(size), &range_out->offset);
   assert(ok);
   (void)ok;

   pthread_mutex_lock(&pool->mutex);
   u_list_add(&pool->blocks, &block->link);
   pthread_mutex_unlock(&pool->mutex);
   return true;
}

void *
vn_memory_pool_free(struct vn_memory_pool *pool,
                    const struct vn_memory_range *range)
{
   struct vn_memory_block *block = range->block;
   const uint32_t unit = (uint32_t)(range->offset / VN_MEMORY_POOL_UNIT);
   const uint32_t units = units_of(range->size);
   const uint64_t bits = unit_mask(units) << unit % WORD_UNITS;
   uint64_t *word = &block->used[unit / WORD_UNITS];
   void *dropped = NULL;

   pthread_mutex_lock(&pool->mutex);
   assert((*word & bits) == bits);
   *word &= ~bits;
   block->free_units += units;

   if (block->free_units == BLOCK_UNITS) {
      u_list_del(&block->link);
      if (pool->has_spare) {
         dropped = block->backing;
         free(block);
      } else {
         pool->has_spare = true;
         u_list_add_tail(&pool->blocks, &block->link);
      }
   }
   pthread_mutex_unlock(&pool->mutex);
   return dropped;
}

void *
vn_memory_pool_take_block(struct vn_memory_pool *pool)
{
   void *backing = NULL;

   pthread_mutex_lock(&pool->mutex);
   if (!u_list_is_empty(&pool->blocks)) {
      struct vn_memory_block *block =
         u_list_first(&pool->blocks, struct vn_memory_block, link);
      u_list_del(&block->link);
      backing = block->backing;
      free(block);
   }
   pool->has_spare = false;
   pthread_mutex_unlock(&pool->mutex);
   return backing;
}
