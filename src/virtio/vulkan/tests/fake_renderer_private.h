/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The inside of the fake renderer, for its own files.
 */

#ifndef FAKE_RENDERER_PRIVATE_H
#define FAKE_RENDERER_PRIVATE_H

#include "fake_renderer.h"

enum {
   FAKE_MAX_RESOURCES = 4096,
   FAKE_MAX_SYNCS = 256,
   FAKE_MAX_SIGNALS = 256,
};

struct fake_resource {
   uint8_t *map; /* borrowed; NULL: removed */
   size_t size;
};

struct fake_sync {
   bool live;
   uint64_t value;
};

struct fake_signal {
   bool any;
   uint32_t count;
   uint32_t *sync_ids; /* owned, as values and event_fd */
   uint64_t *values;
   int event_fd;
};

struct fake_job {
   struct u_list link;
   bool has_fence;
   uint32_t sync_id;
   uint64_t value;
   size_t size;
   uint8_t bytes[];
};

struct fake_ring {
   bool live;
   uint64_t id;
   uint32_t res_id;
   _Atomic uint32_t *head;
   _Atomic uint32_t *tail;
   _Atomic uint32_t *status;
   const uint8_t *buffer;
   uint32_t buffer_size;
   uint64_t idle_timeout_ns;
   bool notified; /* guarded by mutex */
   bool stop;     /* guarded by mutex */
   pthread_t thread;
   _Atomic bool started;       /* true_head is set */
   _Atomic uint32_t true_head; /* whatever it says in shared memory */
};

/* Of a ring or of the context thread. */
struct fake_executor {
   bool is_ring;
   bool nested;
   uint32_t reply_res; /* 0: none set */
   size_t reply_pos;   /* in the resource */
};

struct fake_reader {
   const uint8_t *cur;
   const uint8_t *end;
   bool failed;
};

struct fake_renderer {
   struct fake_knobs knobs;
   struct fake_counts counts;

   pthread_mutex_t mutex;
   pthread_cond_t cond; /* anything changed */
   struct fake_resource resources[FAKE_MAX_RESOURCES];
   uint32_t resource_count;
   struct fake_sync syncs[FAKE_MAX_SYNCS];
   uint32_t sync_count;
   struct fake_signal signals[FAKE_MAX_SIGNALS];
   uint32_t signal_count;
   struct u_list jobs;
   bool fatal;
   bool stop;

   pthread_t context_thread;
   pthread_t monitor_thread;
   struct fake_ring ring;
};

#define KNOB(r, name)                                                        \
   atomic_load_explicit(&(r)->knobs.name, memory_order_relaxed)
#define COUNT(r, name)                                                       \
   atomic_fetch_add_explicit(&(r)->counts.name, 1, memory_order_relaxed)
#define UNCOUNT(r, name)                                                     \
   atomic_fetch_sub_explicit(&(r)->counts.name, 1, memory_order_relaxed)

/* All of the reader; false if something was fatal. */
bool fake_renderer_execute(struct fake_renderer *r,
                           struct fake_executor *executor,
                           struct fake_reader *reader);
void fake_renderer_set_fatal(struct fake_renderer *r);
/* Stops and joins its thread, if there is one. */
void fake_renderer_end_ring(struct fake_renderer *r);

#endif /* FAKE_RENDERER_PRIVATE_H */
