/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Answers of the host that cannot change, by everything that was in the
 * question. The whole question is kept and compared, so that an answer is
 * never another question's. Bounded: the answer that was not wanted for the
 * longest time is dropped.
 *
 * Threads: everything but init and finish may be called from any thread. The
 * mutex is a leaf.
 */

#ifndef VN_ANSWER_CACHE_H
#define VN_ANSWER_CACHE_H

#include "vn_common.h"

/* A question, member by member: padding and pointers are not in it. */
struct vn_question {
   uint32_t count;
   bool overflow; /* too long or not understood: never in a cache */
   uint32_t words[60];
};

static inline void
vn_question_init(struct vn_question *question)
{
   question->count = 0;
   question->overflow = false;
}

static inline void
vn_question_add(struct vn_question *question, uint32_t word)
{
   if (question->count < VN_ARRAY_SIZE(question->words))
      question->words[question->count++] = word;
   else
      question->overflow = true;
}

static inline void
vn_question_add_u64(struct vn_question *question, uint64_t value)
{
   vn_question_add(question, (uint32_t)value);
   vn_question_add(question, (uint32_t)(value >> 32));
}

/* The count is in it as well. */
static inline void
vn_question_add_array(struct vn_question *question,
                      const uint32_t *words,
                      uint32_t count)
{
   vn_question_add(question, count);
   for (uint32_t i = 0; i < count && !question->overflow; i++)
      vn_question_add(question, words[i]);
}

#define VN_ANSWER_CACHE_BUCKETS 128

struct vn_answer;

struct vn_answer_cache {
   size_t answer_size;
   uint32_t max_count; /* 0: remembers nothing */

   pthread_mutex_t mutex; /* guards the rest */
   uint32_t count;
   struct u_list order;                                /* oldest first */
   struct vn_answer *buckets[VN_ANSWER_CACHE_BUCKETS]; /* owned */
};

void vn_answer_cache_init(struct vn_answer_cache *cache,
                          size_t answer_size,
                          uint32_t max_count);
void vn_answer_cache_finish(struct vn_answer_cache *cache);

bool vn_answer_cache_get(struct vn_answer_cache *cache,
                         const struct vn_question *question,
                         void *answer_out);
/* Silently forgets when out of memory. */
void vn_answer_cache_put(struct vn_answer_cache *cache,
                         const struct vn_question *question,
                         const void *answer);

#endif /* VN_ANSWER_CACHE_H */
