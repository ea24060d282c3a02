/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Arithmetic on sizes that come from somebody else. Each function returns
 * false, and leaves *out alone, when the true result does not fit.
 */

#ifndef U_OVERFLOW_H
#define U_OVERFLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline bool
u_add_u64(uint64_t a, uint64_t b, uint64_t *out)
{
   uint64_t sum;
   if (__builtin_add_overflow(a, b, &sum))
      return false;
   *out = sum;
   return true;
}

static inline bool
u_mul_u64(uint64_t a, uint64_t b, uint64_t *out)
{
   uint64_t product;
   if (__builtin_mul_overflow(a, b, &product))
      return false;
   *out = product;
   return true;
}

static inline bool
u_add_size(size_t a, size_t b, size_t *out)
{
   size_t sum;
   if (__builtin_add_overflow(a, b, &sum))
      return false;
   *out = sum;
   return true;
}

static inline bool
u_mul_size(size_t a, size_t b, size_t *out)
{
   size_t product;
   if (__builtin_mul_overflow(a, b, &product))
      return false;
   *out = product;
   return true;
}

/* alignment is a power of two */
static inline bool
u_align_u64(uint64_t value, uint64_t alignment, uint64_t *out)
{
   uint64_t sum;
   if (!u_add_u64(value, alignment - 1, &sum))
      return false;
   *out = sum & ~(alignment - 1);
   return true;
}

static inline bool
u_is_pot_u64(uint64_t value)
{
   return value && !(value & (value - 1));
}

#endif /* U_OVERFLOW_H */
