/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See vn_answer_cache.h. A hash table with chains, and a list by last use.
 */

#include "vn_answer_cache.h"

struct vn_answer {
   struct u_list link; /* vn_answer_cache's order */
   struct vn_answer *next_in_bucket;
   uint64_t hash;
   uint32_t word_count;
   uint32_t words[]; /* the question, then the answer */
};

static uint64_t
hash_words(const uint32_t *words, uint32_t count)
{
   uint64_t hash = UINT64_C(0xcbf29ce484222325);
   for (uint32_t i = 0; i < count; i++) {
      hash = (hash ^ words[i]) * UINT64_C(0x9e3779b97f4a7c15);
      hash ^= hash >> 32;
   }
   return hash;
}

static struct vn_answer **
bucket_of(struct vn_answer_cache *cache, uint64_t hash)
{
   return &cache->buckets[hash % VN_ANSWER_CACHE_BUCKETS];
}

void
vn_answer_cache_init(struct vn_answer_cache *cache,
                     size_t answer_size,
                     uint32_t max_count)
{
   memset(cache, 0, sizeof(*cache));
   cache->answer_size = answer_size;
   cache->max_count = max_count;
   pthread_mutex_init(&cache->mutex, NULL);
   u_list_init(&cache->order);
}

void
vn_answer_cache_finish(struct vn_answer_cache *cache)
{
   u_list_for_each_safe (struct vn_answer, answer, &cache->order, link)
      free(answer);
   pthread_mutex_destroy(&cache->mutex);
}

static struct vn_answer *
find_locked(struct vn_answer_cache *cache,
            const struct vn_question *question,
            uint64_t hash)
{
   struct vn_answer *answer = *bucket_of(cache, hash);
   while (answer &&
          (answer->hash != hash || answer->word_count != question->count ||
           memcmp(answer->words, question->words,
                  question->count * sizeof(uint32_t))))
      answer = answer->next_in_bucket;
   return answer;
}

bool
vn_answer_cache_get(struct vn_answer_cache *cache,
                    const struct vn_question *question,
                    void *answer_out)
{
   if (question->overflow || !cache->max_count)
      return false;

   const uint64_t hash = hash_words(question->words, question->count);
   pthread_mutex_lock(&cache->mutex);
   struct vn_answer *answer = find_locked(cache, question, hash);
   if (answer) {
      if (answer->link.next != &cache->order) {
         u_list_del(&answer->link);
         u_list_add_tail(&cache->order, &answer->link);
      }
      memcpy(answer_out, &answer->words[answer->word_count],
             cache->answer_size);
   }
   pthread_mutex_unlock(&cache->mutex);
   return answer;
}

static void
drop_oldest_locked(struct vn_answer_cache *cache)
{
   struct vn_answer *oldest =
      u_list_first(&cache->order, struct vn_answer, link);
   struct vn_answer **link = bucket_of(cache, oldest->hash);
   while (*link != oldest)
      link = &(*link)->next_in_bucket;
   *link = oldest->next_in_bucket;
   u_list_del(&oldest->link);
   free(oldest);
   cache->count--;
}

void
vn_answer_cache_put(struct vn_answer_cache *cache,
                    const struct vn_question *question,
                    const void *answer)
{
   if (question->overflow || !cache->max_count)
      return;

   const size_t words_size = question->count * sizeof(uint32_t);
   struct vn_answer *added =
      malloc(sizeof(*added) + words_size + cache->answer_size);
   if (!added)
      return;
   added->hash = hash_words(question->words, question->count);
   added->word_count = question->count;
   memcpy(added->words, question->words, words_size);
   memcpy(&added->words[question->count], answer, cache->answer_size);

   pthread_mutex_lock(&cache->mutex);
   /* another thread may have asked the same */
   if (find_locked(cache, question, added->hash)) {
      free(added);
   } else {
      struct vn_answer **bucket = bucket_of(cache, added->hash);
      added->next_in_bucket = *bucket;
      *bucket = added;
      u_list_add_tail(&cache->order, &added->link);
      if (++cache->count > cache->max_count)
         drop_oldest_locked(cache);
   }
   pthread_mutex_unlock(&cache->mutex);
}
