/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What fuzz targets share: reading an input piece by piece, a check that ends
 * the run, and what the process holds (fds, mappings) before and after.
 *
 * A target defines LLVMFuzzerTestOneInput(). With -Dfuzz=enabled libFuzzer
 * calls it, else u_fuzz_main.c does, once for each file of a corpus.
 */

#ifndef U_FUZZ_H
#define U_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The run ends here: libFuzzer keeps the input, a replay fails. */
#define U_FUZZ_CHECK(cond)                                                   \
   do {                                                                      \
      if (!(cond)) {                                                         \
         fprintf(stderr, "%s:%d: %s: failed: %s\n", __FILE__, __LINE__,      \
                 __func__, #cond);                                           \
         abort();                                                            \
      }                                                                      \
   } while (0)

/* What is left of an input; behind its end there are only zeroes. */
struct u_fuzz_input {
   const uint8_t *cur;
   const uint8_t *end;
};

static inline bool
u_fuzz_at_end(const struct u_fuzz_input *in)
{
   return in->cur == in->end;
}

static inline void
u_fuzz_bytes(struct u_fuzz_input *in, void *data, size_t size)
{
   const size_t left = (size_t)(in->end - in->cur);
   const size_t have = size < left ? size : left;
   if (have)
      memcpy(data, in->cur, have);
   if (have < size)
      memset((char *)data + have, 0, size - have);
   in->cur += have;
}

static inline uint8_t
u_fuzz_u8(struct u_fuzz_input *in)
{
   uint8_t value;
   u_fuzz_bytes(in, &value, sizeof(value));
   return value;
}

static inline uint16_t
u_fuzz_u16(struct u_fuzz_input *in)
{
   uint16_t value;
   u_fuzz_bytes(in, &value, sizeof(value));
   return value;
}

static inline uint32_t
u_fuzz_u32(struct u_fuzz_input *in)
{
   uint32_t value;
   u_fuzz_bytes(in, &value, sizeof(value));
   return value;
}

static inline uint64_t
u_fuzz_u64(struct u_fuzz_input *in)
{
   uint64_t value;
   u_fuzz_bytes(in, &value, sizeof(value));
   return value;
}

/* Zeroes, or the end of the run: an input is not to blame for a machine
 * without memory. The caller frees them. Not from calloc() or malloc(), which
 * a target may make fail.
 */
static inline void *
u_fuzz_zeros(size_t count, size_t size)
{
   void *data = NULL;
   U_FUZZ_CHECK(!size || count <= SIZE_MAX / size);
   U_FUZZ_CHECK(!posix_memalign(&data, 16, count * size));
   memset(data, 0, count * size);
   return data;
}

/*
 * The open fds among the lowest numbers and from 1024 on, where the layer
 * keeps its own, and the bytes of the mappings that instrumented code has
 * made; the latter needs u_fuzz_wrap.c and its link arguments, else it is 0.
 */
#define U_FUZZ_MAX_FDS 256

struct u_fuzz_belongings {
   bool fds[U_FUZZ_MAX_FDS];
   uint64_t mapped_B;
};

void u_fuzz_belongings_get(struct u_fuzz_belongings *belongings);
/* Ends the run if there is more, or less, than before. */
void u_fuzz_belongings_check(const struct u_fuzz_belongings *before);

/* A pseudo-fd that no process of ours has open. */
#define U_FUZZ_CLOSED_FD 9999

#endif /* U_FUZZ_H */
