/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Which exported bos stay when nobody refers to them: all whose file is open
 * in this process, and a few others. Without a server: a bo is a memfd and
 * its entry in the table.
 */

#include "vn_vtest.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "u_test.h"

/* as in vn_vtest_retired.c */
#define SPARE 8
#define KEEP  4
#define MIB   (UINT64_C(1) << 20)

struct setup {
   struct vn_vtest vtest;
   struct vn_vtest_bo bos[64];
   int copies[64]; /* the application's, -1: none */
};

static void
start(struct setup *s)
{
   memset(s, 0, sizeof(*s));
   vn_vtest_retired_init(&s->vtest);
   for (uint32_t i = 0; i < VN_ARRAY_SIZE(s->bos); i++) {
      s->bos[i].fd = -1;
      s->copies[i] = -1;
   }
}

static void
finish(struct setup *s)
{
   struct u_list dropped;
   u_list_init(&dropped);
   vn_vtest_retired_drop_all(&s->vtest, &dropped);
   U_CHECK_EQ(s->vtest.retired.count, 0);
   U_CHECK_EQ(s->vtest.retired.size, 0);
   U_CHECK_EQ(s->vtest.retired.held_count, 0);
   U_CHECK_EQ(s->vtest.retired.held_size, 0);
   U_CHECK_EQ(s->vtest.bos.count, 0);
   u_hash_table_finish(&s->vtest.bos);
   for (uint32_t i = 0; i < VN_ARRAY_SIZE(s->bos); i++) {
      u_fd_close(&s->bos[i].fd);
      u_fd_close(&s->copies[i]);
   }
}

/* Number i retires; returns how many were dropped for it. */
static uint32_t
retire(struct setup *s, uint32_t i, uint64_t size, bool held)
{
   struct vn_vtest_bo *bo = &s->bos[i];
   struct u_list dropped;
   uint32_t count = 0;

   bo->fd = memfd_create("bo", MFD_CLOEXEC);
   bo->base.size = size;
   bo->in_table = true;
   U_CHECK(u_fd_identity(bo->fd, &bo->key, NULL));
   U_CHECK(u_hash_table_set(&s->vtest.bos, bo->key, bo));
   if (held)
      s->copies[i] = dup(bo->fd);

   u_list_init(&dropped);
   vn_vtest_retire(&s->vtest, bo, &dropped);
   u_list_for_each_safe (struct vn_vtest_bo, old, &dropped, link) {
      U_CHECK(!old->retired && !u_hash_table_get(&s->vtest.bos, old->key));
      u_fd_close(&old->fd);
      count++;
   }
   return count;
}

static void
test_few_stay(void)
{
   static struct setup s;
   start(&s);
   uint32_t stay = 0;
   for (uint32_t i = 0; i < 40; i++) {
      const bool full = stay == SPARE;
      U_CHECK_EQ(retire(&s, i, 4096, false), full ? SPARE + 1 - KEEP : 0);
      stay = full ? KEEP : stay + 1;
      U_CHECK_EQ(s.vtest.retired.count, stay);
      /* the oldest ones go */
      for (uint32_t j = 0; j <= i; j++)
         U_CHECK_EQ(s.bos[j].retired, j + stay > i);
   }
   finish(&s);
}

static void
test_held_stay(void)
{
   static struct setup s;
   start(&s);
   for (uint32_t i = 0; i < 40; i++)
      U_CHECK_EQ(retire(&s, i, 16 * MIB, true), 0);
   U_CHECK_EQ(s.vtest.retired.count, 40);

   /* closed, they are as any other; noticed when the next ones retire */
   for (uint32_t i = 0; i < 30; i++)
      u_fd_close(&s.copies[i]);
   uint32_t dropped = 0;
   for (uint32_t i = 40; i < 40 + SPARE + 1; i++)
      dropped += retire(&s, i, 4096, false);
   U_CHECK(dropped >= 30);
   for (uint32_t i = 0; i < 40; i++)
      U_CHECK_EQ(s.bos[i].retired, i >= 30);
   U_CHECK(s.vtest.retired.count <= 10 + SPARE);
   U_CHECK_EQ(s.vtest.retired.held_count, 10);
   U_CHECK_EQ(s.vtest.retired.held_size, 160 * MIB);
   finish(&s);
}

static void
test_large(void)
{
   static struct setup s;
   start(&s);
   U_CHECK_EQ(retire(&s, 0, 4096, false), 0);
   /* it goes, and not those that were there before */
   U_CHECK_EQ(retire(&s, 1, 33 * MIB, false), 1);
   U_CHECK(s.bos[0].retired && !s.bos[1].retired);
   U_CHECK_EQ(retire(&s, 2, 33 * MIB, true), 0);
   /* together they are too much: the newest ones stay */
   U_CHECK_EQ(retire(&s, 3, 12 * MIB, false), 0);
   U_CHECK_EQ(retire(&s, 4, 12 * MIB, false), 0);
   U_CHECK_EQ(retire(&s, 5, 12 * MIB, false), 2);
   U_CHECK(s.bos[0].retired && s.bos[2].retired && s.bos[5].retired);
   U_CHECK(!s.bos[3].retired && !s.bos[4].retired);
   finish(&s);
}

static void
test_revive(void)
{
   static struct setup s;
   struct u_list dropped;
   start(&s);
   for (uint32_t i = 0; i < SPARE + 1; i++)
      retire(&s, i, 4096, i == 0);
   U_CHECK(s.bos[0].held);
   vn_vtest_revive(&s.vtest, &s.bos[0]);
   vn_vtest_revive(&s.vtest, &s.bos[0]); /* in use: nothing to do */
   U_CHECK(!s.bos[0].retired);
   U_CHECK_EQ(s.vtest.retired.held_count, 0);
   U_CHECK_EQ(s.vtest.retired.count, KEEP);
   /* found while in use, and again when it retires once more */
   U_CHECK(u_hash_table_get(&s.vtest.bos, s.bos[0].key) == &s.bos[0]);
   u_list_init(&dropped);
   vn_vtest_retire(&s.vtest, &s.bos[0], &dropped);
   U_CHECK(u_list_is_empty(&dropped));
   U_CHECK(s.bos[0].retired);
   finish(&s);
}

int
main(void)
{
   test_few_stay();
   test_held_stay();
   test_large();
   test_revive();
   return u_test_result();
}
