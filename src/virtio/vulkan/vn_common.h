/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What every file of the driver needs: headers, the log, time, memory.
 */

#ifndef VN_COMMON_H
#define VN_COMMON_H

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <vulkan/vk_icd.h>
#include <vulkan/vulkan_core.h>

#include "u_fd.h"
#include "u_hash_table.h"
#include "u_list.h"
#include "u_log.h"
#include "u_overflow.h"
#include "vn_wire.h"

#define VN_MIN(a, b)     ((a) < (b) ? (a) : (b))
#define VN_MAX(a, b)     ((a) > (b) ? (a) : (b))
#define VN_ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define VN_NSEC_PER_SEC UINT64_C(1000000000)

extern struct u_log vn_log_state;

#define vn_log(level, ...) u_log(&vn_log_state, U_LOG_##level, __VA_ARGS__)

/* VN_DEBUG and VN_PERF: comma separated names; docs/env_vars.md has both
 * tables.
 */
enum vn_debug_flag {
   VN_DEBUG_VTEST = 1 << 0,  /* use the vtest transport */
   VN_DEBUG_RESULT = 1 << 1, /* log every failing result with its place */
   VN_DEBUG_STATS = 1 << 2,  /* count commands, print at instance destroy */
};

enum vn_perf_flag {
   VN_PERF_NO_ASYNC_CREATE = 1 << 0, /* every create waits */
   VN_PERF_NO_RING_SPIN = 1 << 1,    /* sleep at once, never yield first */
   VN_PERF_NO_SHMEM_REUSE = 1 << 2,  /* a new block each time */
   /* each VkDeviceMemory is one of the renderer */
   VN_PERF_NO_MEMORY_SUBALLOC = 1 << 3,
   VN_PERF_NO_FORMAT_CACHE = 1 << 4, /* each format query is asked */
   /* each query of memory requirements is asked */
   VN_PERF_NO_REQUIREMENT_CACHE = 1 << 5,
   /* the host is asked instead of memory */
   VN_PERF_NO_FENCE_FEEDBACK = 1 << 6,
   VN_PERF_NO_SEMAPHORE_FEEDBACK = 1 << 7,
   VN_PERF_NO_EVENT_FEEDBACK = 1 << 8,
   VN_PERF_NO_QUERY_FEEDBACK = 1 << 9,
   VN_PERF_NO_PARTIAL_COPY = 1 << 10,  /* a present copies all of the image */
   VN_PERF_NO_EXPLICIT_SYNC = 1 << 11, /* window systems get no points */
};

/* Parsed once per process, on first use; read-only from then on. */
struct vn_flags {
   _Atomic bool parsed;
   uint32_t debug;
   uint32_t perf;
};

extern struct vn_flags vn_flags;

void vn_flags_parse(void);

static inline const struct vn_flags *
vn_flags_get(void)
{
   /* acquire: pairs with the release where they are parsed */
   if (__builtin_expect(
          !atomic_load_explicit(&vn_flags.parsed, memory_order_acquire), 0))
      vn_flags_parse();
   return &vn_flags;
}

static inline uint32_t
vn_debug_flags(void)
{
   return vn_flags_get()->debug;
}

static inline uint32_t
vn_perf_flags(void)
{
   return vn_flags_get()->perf;
}

/* CLOCK_MONOTONIC */
uint64_t vn_time_ns(void);

#endif /* VN_COMMON_H */
