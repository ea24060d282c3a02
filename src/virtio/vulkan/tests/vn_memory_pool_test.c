/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The arithmetic of suballocation, without a device: blocks are numbers.
 */

#include "u_test.h"
#include "vn_memory_pool.h"

#define UNIT        VN_MEMORY_POOL_UNIT
#define BLOCK       VN_MEMORY_POOL_BLOCK_SIZE
#define BLOCK_UNITS ((uint32_t)(BLOCK / UNIT))

static int backings[64];

static void
drop_all(struct vn_memory_pool *pool)
{
   while (vn_memory_pool_take_block(pool))
      ;
   vn_memory_pool_finish(pool);
}

static void
test_empty(void)
{
   struct vn_memory_pool pool;
   struct vn_memory_range range;

   vn_memory_pool_init(&pool);
   U_CHECK(!vn_memory_pool_alloc(&pool, 1, &range));
   U_CHECK(!vn_memory_pool_take_block(&pool));
   vn_memory_pool_finish(&pool);
}

static void
test_fill(void)
{
   struct vn_memory_pool pool;
   struct vn_memory_range ranges[BLOCK_UNITS];

   vn_memory_pool_init(&pool);
   U_CHECK(vn_memory_pool_add_block(&pool, &backings[0], 1, &ranges[0]));
   for (uint32_t i = 1; i < BLOCK_UNITS; i++)
      U_CHECK(vn_memory_pool_alloc(&pool, 1, &ranges[i]));
   for (uint32_t i = 0; i < BLOCK_UNITS; i++)
      U_CHECK_EQ(ranges[i].offset, i * UNIT);

   struct vn_memory_range none;
   U_CHECK(!vn_memory_pool_alloc(&pool, 1, &none));

   /* a hole is found again, and only by what fits */
   U_CHECK(!vn_memory_pool_free(&pool, &ranges[70]));
   U_CHECK(!vn_memory_pool_alloc(&pool, UNIT + 1, &none));
   U_CHECK(vn_memory_pool_alloc(&pool, UNIT, &ranges[70]));
   U_CHECK_EQ(ranges[70].offset, 70 * UNIT);
   drop_all(&pool);
}

static void
test_alignment(void)
{
   struct vn_memory_pool pool;
   struct vn_memory_range small, ranges[3];

   /* three units start at four, and the one that is left over is usable */
   vn_memory_pool_init(&pool);
   U_CHECK(vn_memory_pool_add_block(&pool, &backings[0], 1, &small));
   U_CHECK(vn_memory_pool_alloc(&pool, 3 * UNIT, &ranges[0]));
   U_CHECK_EQ(ranges[0].offset, 4 * UNIT);
   U_CHECK(vn_memory_pool_alloc(&pool, 2 * UNIT, &ranges[1]));
   U_CHECK_EQ(ranges[1].offset, 2 * UNIT);
   U_CHECK(vn_memory_pool_alloc(&pool, VN_MEMORY_POOL_MAX_SIZE, &ranges[2]));
   U_CHECK_EQ(ranges[2].offset, VN_MEMORY_POOL_MAX_SIZE);
   for (uint32_t i = 0; i < 2; i++) {
      U_CHECK(vn_memory_pool_alloc(&pool, UNIT, &small));
      U_CHECK_EQ(small.offset, (i ? 7 : 1) * UNIT);
   }
   drop_all(&pool);
}

static void
test_spare(void)
{
   struct vn_memory_pool pool;
   struct vn_memory_range a, b, c;

   vn_memory_pool_init(&pool);
   U_CHECK(vn_memory_pool_add_block(&pool, &backings[0], 1, &a));
   U_CHECK(vn_memory_pool_add_block(&pool, &backings[1], 1, &b));

   /* the first empty block stays, the second goes */
   U_CHECK(!vn_memory_pool_free(&pool, &a));
   U_CHECK(vn_memory_pool_free(&pool, &b) == &backings[1]);

   /* the spare is used, and is then none */
   U_CHECK(vn_memory_pool_alloc(&pool, 1, &a));
   U_CHECK(a.block->backing == &backings[0]);
   U_CHECK(vn_memory_pool_add_block(&pool, &backings[2], 1, &b));
   U_CHECK(!vn_memory_pool_free(&pool, &b));

   /* blocks in use are filled before the spare is */
   U_CHECK(vn_memory_pool_alloc(&pool, 1, &c));
   U_CHECK(c.block == a.block);
   U_CHECK(!vn_memory_pool_free(&pool, &c));
   U_CHECK(vn_memory_pool_free(&pool, &a) == &backings[0]);

   U_CHECK(vn_memory_pool_take_block(&pool) == &backings[2]);
   U_CHECK(!vn_memory_pool_take_block(&pool));
   vn_memory_pool_finish(&pool);
}

static bool
overlap(const struct vn_memory_range *a, const struct vn_memory_range *b)
{
   /* no unit is shared either */
   return a->block == b->block &&
          a->offset / UNIT <= (b->offset + b->size - 1) / UNIT &&
          b->offset / UNIT <= (a->offset + a->size - 1) / UNIT;
}

static void
test_random(void)
{
   enum { COUNT = 200, STEPS = 20000 };
   struct vn_memory_range ranges[COUNT] = { 0 };
   struct vn_memory_pool pool;
   uint32_t blocks = 0;

   vn_memory_pool_init(&pool);
   srand(1);
   for (int step = 0; step < STEPS && !u_test_failures; step++) {
      struct vn_memory_range *range = &ranges[rand() % COUNT];

      if (range->size) {
         if (vn_memory_pool_free(&pool, range))
            blocks--;
         range->size = 0;
         continue;
      }

      const uint64_t size =
         1 +
         (uint64_t)rand() % (rand() % 4 ? 3 * UNIT : VN_MEMORY_POOL_MAX_SIZE);
      if (!vn_memory_pool_alloc(&pool, size, range)) {
         if (!U_CHECK(blocks < 64) ||
             !U_CHECK(vn_memory_pool_add_block(&pool, &backings[blocks], size,
                                               range)))
            break;
         blocks++;
      }

      uint64_t alignment = UNIT;
      while (alignment < size)
         alignment *= 2;
      U_CHECK_EQ(range->offset % alignment, 0);
      U_CHECK_EQ(range->size, size);
      U_CHECK(range->offset + size <= BLOCK);
      for (uint32_t i = 0; i < COUNT; i++) {
         if (&ranges[i] != range && ranges[i].size)
            U_CHECK(!overlap(range, &ranges[i]));
      }
   }

   for (uint32_t i = 0; i < COUNT; i++) {
      if (ranges[i].size && vn_memory_pool_free(&pool, &ranges[i]))
         blocks--;
   }
   U_CHECK_EQ(blocks, 1);
   drop_all(&pool);
}

static void *
thread_main(void *data)
{
   struct vn_memory_pool *pool = data;
   struct vn_memory_range ranges[8];

   for (int round = 0; round < 2000; round++) {
      uint32_t count = 0;
      while (count < 8 && vn_memory_pool_alloc(pool, UNIT, &ranges[count]))
         count++;
      while (count)
         vn_memory_pool_free(pool, &ranges[--count]);
   }
   return NULL;
}

static void
test_threads(void)
{
   struct vn_memory_pool pool;
   struct vn_memory_range held;
   pthread_t threads[4];

   vn_memory_pool_init(&pool);
   U_CHECK(vn_memory_pool_add_block(&pool, &backings[0], 1, &held));
   for (int i = 0; i < 4; i++)
      U_CHECK(!pthread_create(&threads[i], NULL, thread_main, &pool));
   for (int i = 0; i < 4; i++)
      pthread_join(threads[i], NULL);
   U_CHECK_EQ(held.block->free_units, BLOCK_UNITS - 1);
   drop_all(&pool);
}

int
main(void)
{
   test_empty();
   test_fill();
   test_alignment();
   test_spare();
   test_random();
   test_threads();
   return u_test_result();
}
