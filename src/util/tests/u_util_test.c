/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 */

#include "u_fd.h"
#include "u_hash_table.h"
#include "u_list.h"
#include "u_overflow.h"
#include "u_test.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static void
test_overflow(void)
{
   uint64_t out = 7;
   U_CHECK(!u_add_u64(UINT64_MAX, 1, &out));
   U_CHECK(!u_mul_u64(UINT64_C(1) << 33, UINT64_C(1) << 31, &out));
   U_CHECK(!u_align_u64(UINT64_MAX - 4094, 4096, &out));
   U_CHECK_EQ(out, 7);
   U_CHECK(u_align_u64(UINT64_MAX - 4095, 4096, &out));
   U_CHECK_EQ(out, UINT64_MAX - 4095);
   U_CHECK(u_align_u64(1, 4096, &out));
   U_CHECK_EQ(out, 4096);
   size_t size = 7;
   U_CHECK(!u_add_size(SIZE_MAX, 1, &size));
   U_CHECK(!u_mul_size(SIZE_MAX, 2, &size));
   U_CHECK_EQ(size, 7);
   U_CHECK(u_is_pot_u64(64) && !u_is_pot_u64(0) && !u_is_pot_u64(65));
}

/* Against the obvious model: an array indexed by key. */
static void
test_hash_table(void)
{
   enum { KEYS = 257, STEPS = 20000 };
   static char values[KEYS];
   void *model[KEYS] = { 0 };
   struct u_hash_table table = { 0 };
   unsigned seed = 1;

   U_CHECK(!u_hash_table_get(&table, (struct u_hash_key){ 1, 1 }));
   U_CHECK(!u_hash_table_remove(&table, (struct u_hash_key){ 1, 1 }));

   for (int i = 0; i < STEPS; i++) {
      seed = seed * 1103515245u + 12345u;
      const unsigned k = (seed >> 16) % KEYS;
      const struct u_hash_key key = { k / 16, k % 16 };
      if (seed & 0x4000) {
         U_CHECK(u_hash_table_set(&table, key, &values[k]));
         model[k] = &values[k];
      } else {
         U_CHECK(u_hash_table_remove(&table, key) == model[k]);
         model[k] = NULL;
      }
   }
   size_t count = 0;
   for (unsigned k = 0; k < KEYS; k++) {
      const struct u_hash_key key = { k / 16, k % 16 };
      U_CHECK(u_hash_table_get(&table, key) == model[k]);
      count += model[k] != NULL;
   }
   U_CHECK_EQ(table.count, count);
   u_hash_table_finish(&table);
   U_CHECK_EQ(table.capacity, 0);
}

static void
test_list(void)
{
   struct item {
      int value;
      struct u_list link;
   } items[4] = {
      { .value = 0 }, { .value = 1 }, { .value = 2 }, { .value = 3 }
   };
   struct u_list a, b;
   u_list_init(&a);
   u_list_init(&b);
   u_list_add_tail(&a, &items[1].link);
   u_list_add(&a, &items[0].link);
   u_list_add_tail(&b, &items[2].link);
   u_list_add_tail(&b, &items[3].link);
   u_list_splice_tail(&a, &b);
   U_CHECK(u_list_is_empty(&b));

   int expected = 0;
   u_list_for_each (struct item, item, &a, link)
      U_CHECK_EQ(item->value, expected++);
   U_CHECK_EQ(expected, 4);

   u_list_for_each_safe (struct item, item, &a, link)
      u_list_del(&item->link);
   U_CHECK(u_list_is_empty(&a));
   u_list_del(&items[0].link);
}

static void
test_fd(void)
{
   int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
   int dup = u_fd_dup_cloexec(fd);
   U_CHECK(dup > STDERR_FILENO && dup != fd);
   U_CHECK(fcntl(dup, F_GETFD) & FD_CLOEXEC);

   struct u_hash_key a, b;
   U_CHECK(u_fd_identity(fd, &a, NULL) && u_fd_identity(dup, &b, NULL));
   U_CHECK(a.a == b.a && a.b == b.b);

   const int number = dup;
   u_fd_close(&dup);
   U_CHECK_EQ(dup, -1);
   errno = 0;
   u_fd_close(&dup);
   U_CHECK_EQ(errno, 0);
   U_CHECK(!u_fd_identity(number, &b, NULL) && errno == EBADF);
   u_fd_close(&fd);
}

int
main(void)
{
   test_overflow();
   test_hash_table();
   test_list();
   test_fd();
   return u_test_result();
}
