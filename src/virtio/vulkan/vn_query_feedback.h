/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Query results in memory. A command buffer remembers which queries end in
 * it, and copies their results at its end; then it marks them as available. A
 * reset takes the mark away where it stands in the commands. So the memory
 * knows what the host knows, at the latest when the command buffer is done.
 * Where a command buffer cannot copy, its pools are no longer answered from
 * memory, once and for all.
 */

#ifndef VN_QUERY_FEEDBACK_H
#define VN_QUERY_FEEDBACK_H

#include "vn_query_pool.h"

struct vn_command_buffer;

struct vn_query_span {
   struct vn_query_pool *pool; /* borrowed: lives as long as the recording */
   uint32_t first, end;
};

struct vn_query_spans {
   struct vn_query_span *spans; /* owned, from the pool's allocator */
   uint32_t count, capacity;
};

/* Of a command buffer; externally synchronised as that is. */
struct vn_query_recording {
   struct vn_query_spans ended; /* and not copied yet */
   struct vn_query_spans reset; /* of a secondary one: for who executes it */
};

/* Of a pool. */
void vn_query_feedback_init(struct vn_device *device,
                            struct vn_query_pool *pool);
void vn_query_feedback_finish(struct vn_device *device,
                              struct vn_query_pool *pool);

/* Forgets the recording; its memory stays. */
static inline void
vn_query_recording_clear(struct vn_query_recording *recording)
{
   recording->ended.count = 0;
   recording->reset.count = 0;
}
void vn_query_recording_finish(struct vn_command_buffer *cmd);

/*
 * Copies what has ended, behind the last command and as a part of it. Only
 * outside of render passes. With can_copy false, gives the pools up instead.
 */
void vn_query_feedback_flush(struct vn_command_buffer *cmd, bool can_copy);

/* Whether the pool's memory has all that there is. */
static inline bool
vn_query_feedback_is_complete(const struct vn_query_pool *pool)
{
   /* relaxed: what makes it incomplete is submitted later */
   return pool->range.map && !atomic_load_explicit(&pool->range_incomplete,
                                                   memory_order_relaxed);
}

static inline bool
vn_query_feedback_is_available(const struct vn_query_pool *pool,
                               uint32_t query)
{
   const _Atomic uint32_t *words =
      (const _Atomic uint32_t *)(pool->range.map + (size_t)pool->count *
                                                      pool->value_count *
                                                      sizeof(uint64_t));
   /* acquire: the values were written before */
   return atomic_load_explicit(&words[query], memory_order_acquire) != 0;
}

/* [value_count]; to be read when they are available. */
static inline const uint64_t *
vn_query_feedback_values(const struct vn_query_pool *pool, uint32_t query)
{
   return (const uint64_t *)pool->range.map +
          (size_t)query * pool->value_count;
}

#endif /* VN_QUERY_FEEDBACK_H */
