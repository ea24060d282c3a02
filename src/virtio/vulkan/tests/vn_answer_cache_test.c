/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Answers are found by the whole question, replaced in the order of their
 * use, and never come back changed.
 */

#include "u_test.h"
#include "vn_answer_cache.h"

struct answer {
   uint64_t number;
   uint32_t check;
};

static struct vn_question
ask(uint32_t first, uint32_t count)
{
   struct vn_question question;
   vn_question_init(&question);
   for (uint32_t i = 0; i < count; i++)
      vn_question_add(&question, first + i);
   return question;
}

static void
put(struct vn_answer_cache *cache, uint32_t first, uint32_t count)
{
   const struct vn_question question = ask(first, count);
   const struct answer answer = { .number = first, .check = ~first };
   vn_answer_cache_put(cache, &question, &answer);
}

static bool
has(struct vn_answer_cache *cache, uint32_t first, uint32_t count)
{
   const struct vn_question question = ask(first, count);
   struct answer answer = { 0 };
   if (!vn_answer_cache_get(cache, &question, &answer))
      return false;
   U_CHECK_EQ(answer.number, first);
   U_CHECK_EQ(answer.check, ~first);
   return true;
}

static void
test_questions(void)
{
   struct vn_question question;

   vn_question_init(&question);
   vn_question_add_u64(&question, UINT64_C(0x100000002));
   U_CHECK_EQ(question.count, 2);
   U_CHECK_EQ(question.words[0], 2);
   U_CHECK_EQ(question.words[1], 1);
   vn_question_add_array(&question, (const uint32_t[]){ 7, 8 }, 2);
   U_CHECK_EQ(question.count, 5);
   U_CHECK_EQ(question.words[2], 2);
   U_CHECK_EQ(question.words[4], 8);
   U_CHECK(!question.overflow);

   const uint32_t many[100] = { 0 };
   vn_question_add_array(&question, many, VN_ARRAY_SIZE(many));
   U_CHECK(question.overflow);
}

static void
test_order(void)
{
   struct vn_answer_cache cache;

   vn_answer_cache_init(&cache, sizeof(struct answer), 3);
   U_CHECK(!has(&cache, 1, 5));
   for (uint32_t i = 1; i <= 3; i++)
      put(&cache, i, 5);
   put(&cache, 1, 5); /* no second one */
   U_CHECK_EQ(cache.count, 3);

   /* a part of a question is another question */
   U_CHECK(!has(&cache, 1, 4));
   U_CHECK(!has(&cache, 1, 6));

   U_CHECK(has(&cache, 1, 5));
   put(&cache, 4, 5);
   U_CHECK(has(&cache, 1, 5));
   U_CHECK(!has(&cache, 2, 5));
   U_CHECK(has(&cache, 3, 5));
   U_CHECK(has(&cache, 4, 5));
   U_CHECK_EQ(cache.count, 3);
   vn_answer_cache_finish(&cache);
}

static void
test_refused(void)
{
   const struct answer answer = { 0 };
   struct answer out;
   struct vn_answer_cache cache;

   vn_answer_cache_init(&cache, sizeof(answer), 3);
   const struct vn_question question = ask(0, 100);
   U_CHECK(question.overflow);
   vn_answer_cache_put(&cache, &question, &answer);
   U_CHECK(!vn_answer_cache_get(&cache, &question, &out));
   U_CHECK_EQ(cache.count, 0);
   vn_answer_cache_finish(&cache);

   vn_answer_cache_init(&cache, sizeof(answer), 0);
   put(&cache, 1, 1);
   U_CHECK(!has(&cache, 1, 1));
   vn_answer_cache_finish(&cache);
}

static void *
thread_main(void *data)
{
   struct vn_answer_cache *cache = data;
   for (uint32_t i = 0; i < 20000; i++) {
      const uint32_t first = i * 7919 % 1000;
      if (!has(cache, first, 3))
         put(cache, first, 3);
   }
   return NULL;
}

static void
test_threads(void)
{
   struct vn_answer_cache cache;
   pthread_t threads[4];

   vn_answer_cache_init(&cache, sizeof(struct answer), 300);
   for (int i = 0; i < 4; i++)
      U_CHECK(!pthread_create(&threads[i], NULL, thread_main, &cache));
   for (int i = 0; i < 4; i++)
      pthread_join(threads[i], NULL);
   U_CHECK_EQ(cache.count, 300);
   vn_answer_cache_finish(&cache);
}

int
main(void)
{
   test_questions();
   test_order();
   test_refused();
   test_threads();
   return u_test_result();
}
