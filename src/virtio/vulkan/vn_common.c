/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The process-wide state of the driver: its log and its two option words,
 * each read once from the environment and constant from then on.
 */

#include "vn_common.h"

struct u_log vn_log_state = U_LOG_INIT("venus", "VENUS_LOG");

struct option {
   const char *name;
   uint32_t bit;
   const char *description;
};

static const struct option debug_options[] = {
   { "vtest", VN_DEBUG_VTEST, "use the vtest transport" },
   { "result", VN_DEBUG_RESULT, "log every failing result with its place" },
   { "stats", VN_DEBUG_STATS, "count commands, print at instance destroy" },
};

static const struct option perf_options[] = {
   { "no_async_create", VN_PERF_NO_ASYNC_CREATE, "every create waits" },
   { "no_ring_spin", VN_PERF_NO_RING_SPIN, "sleep at once, never yield" },
   { "no_fence_feedback", VN_PERF_NO_FENCE_FEEDBACK,
     "fences by messages, not by memory that the GPU writes" },
   { "no_semaphore_feedback", VN_PERF_NO_SEMAPHORE_FEEDBACK,
     "the same for timeline semaphores" },
   { "no_event_feedback", VN_PERF_NO_EVENT_FEEDBACK,
     "the host is asked for the status of an event" },
   { "no_query_feedback", VN_PERF_NO_QUERY_FEEDBACK,
     "the host is asked for the results of queries" },
   { "no_partial_copy", VN_PERF_NO_PARTIAL_COPY,
     "a present copies all of the image" },
   { "no_explicit_sync", VN_PERF_NO_EXPLICIT_SYNC,
     "presents rely on implicit synchronisation" },
   { "no_shmem_reuse", VN_PERF_NO_SHMEM_REUSE, "a new block each time" },
   { "no_memory_suballoc", VN_PERF_NO_MEMORY_SUBALLOC,
     "each memory object is the renderer's" },
   { "no_format_cache", VN_PERF_NO_FORMAT_CACHE,
     "each format query is asked" },
   { "no_requirement_cache", VN_PERF_NO_REQUIREMENT_CACHE,
     "each query of memory requirements is asked" },
};

struct vn_flags vn_flags;

static void
list_options(const char *variable, const struct option *options, size_t count)
{
   for (size_t i = 0; i < count; i++) {
      vn_log(WARN, "%s: %s: %s", variable, options[i].name,
             options[i].description);
   }
}

static uint32_t
parse_options(const char *variable,
              const struct option *options,
              size_t count)
{
   uint32_t flags = 0;
   bool unknown = false;

   const char *cur = getenv(variable);
   while (cur && *cur) {
      const size_t len = strcspn(cur, ",");
      size_t i;
      for (i = 0; i < count; i++) {
         if (strlen(options[i].name) == len &&
             !strncmp(options[i].name, cur, len))
            break;
      }

      if (i < count) {
         flags |= options[i].bit;
      } else if (len) {
         vn_log(WARN, "%s: ignoring the unknown name %.*s", variable,
                (int)VN_MIN(len, 64), cur);
         unknown = true;
      }

      cur += len;
      if (*cur)
         cur++;
   }

   if (unknown)
      list_options(variable, options, count);
   return flags;
}

static void
parse_environment(void)
{
   vn_flags.debug =
      parse_options("VN_DEBUG", debug_options, VN_ARRAY_SIZE(debug_options));
   vn_flags.perf =
      parse_options("VN_PERF", perf_options, VN_ARRAY_SIZE(perf_options));
   /* release: pairs with the acquire in vn_flags_get */
   atomic_store_explicit(&vn_flags.parsed, true, memory_order_release);
}

static pthread_once_t parse_once = PTHREAD_ONCE_INIT;

void
vn_flags_parse(void)
{
   pthread_once(&parse_once, parse_environment);
}

uint64_t
vn_time_ns(void)
{
   struct timespec ts;
   clock_gettime(CLOCK_MONOTONIC, &ts);
   return (uint64_t)ts.tv_sec * VN_NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}
