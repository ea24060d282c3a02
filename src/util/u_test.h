/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The whole test framework: a check that prints what it saw and counts.
 * A test program ends with `return u_test_result();`; 77 says that this
 * machine has no device for it.
 */

#ifndef U_TEST_H
#define U_TEST_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define U_TEST_SKIP 77

static int u_test_failures;

/* Evaluates to whether the condition held, so a test can stop early. */
#define U_CHECK(cond)                                                        \
   ({                                                                        \
      const bool u_ok = (cond);                                              \
      if (!u_ok) {                                                           \
         fprintf(stderr, "%s:%d: %s: failed: %s\n", __FILE__, __LINE__,      \
                 __func__, #cond);                                           \
         u_test_failures++;                                                  \
      }                                                                      \
      u_ok;                                                                  \
   })

/* Compares as signed 64-bit integers and prints both sides. */
#define U_CHECK_EQ(a, b)                                                     \
   ({                                                                        \
      const int64_t u_a = (int64_t)(a);                                      \
      const int64_t u_b = (int64_t)(b);                                      \
      if (u_a != u_b) {                                                      \
         fprintf(stderr,                                                     \
                 "%s:%d: %s: %s is %" PRId64 " (0x%" PRIx64                  \
                 "), expected %s = %" PRId64 " (0x%" PRIx64 ")\n",           \
                 __FILE__, __LINE__, __func__, #a, u_a, (uint64_t)u_a, #b,   \
                 u_b, (uint64_t)u_b);                                        \
         u_test_failures++;                                                  \
      }                                                                      \
      u_a == u_b;                                                            \
   })

static inline int
u_test_result(void)
{
   return u_test_failures ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif /* U_TEST_H */
