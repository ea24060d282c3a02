/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The fake renderer's commands, and the ring that they come from.
 */

#include "fake_renderer_private.h"

#include <sched.h>

#include "vn_ring_private.h"

enum command_type {
   CMD_ENUMERATE_INSTANCE_VERSION = 137,
   CMD_SET_REPLY_COMMAND_STREAM = 178,
   CMD_EXECUTE_COMMAND_STREAMS = 180,
   CMD_CREATE_RING = 188,
   CMD_DESTROY_RING = 189,
   CMD_NOTIFY_RING = 190,
   CMD_WAIT_RING_SEQNO = 253,
   CMD_FAKE = FAKE_COMMAND_TYPE,
};

static void
nap(void)
{
   const struct timespec ts = { .tv_nsec = 20000 };
   nanosleep(&ts, NULL);
}

/* ---- decoding ----------------------------------------------------------- */

static uint32_t
read_u32(struct fake_reader *reader)
{
   uint32_t value = 0;
   if ((size_t)(reader->end - reader->cur) < sizeof(value)) {
      reader->failed = true;
      reader->cur = reader->end;
      return 0;
   }
   memcpy(&value, reader->cur, sizeof(value));
   reader->cur += sizeof(value);
   return value;
}

static uint64_t
read_u64(struct fake_reader *reader)
{
   const uint64_t low = read_u32(reader);
   return low | (uint64_t)read_u32(reader) << 32;
}

/* NULL, and a mistake, if the range is not inside a live resource. */
static uint8_t *
find_range(struct fake_renderer *r, uint32_t res_id, size_t offset, size_t n)
{
   uint8_t *map = NULL;
   pthread_mutex_lock(&r->mutex);
   if (res_id && res_id <= r->resource_count) {
      const struct fake_resource *res = &r->resources[res_id - 1];
      if (res->map && offset <= res->size && n <= res->size - offset)
         map = res->map + offset;
   }
   pthread_mutex_unlock(&r->mutex);
   return map;
}

static bool execute(struct fake_renderer *r,
                    struct fake_executor *executor,
                    struct fake_reader *reader,
                    _Atomic uint32_t *head,
                    uint32_t head_base);

static bool
reply(struct fake_renderer *r,
      struct fake_executor *executor,
      const void *bytes,
      size_t size)
{
   if (KNOB(r, no_replies))
      return true;
   uint8_t *to =
      find_range(r, executor->reply_res, executor->reply_pos, size);
   if (!to)
      return false;
   memcpy(to, bytes, size);
   executor->reply_pos += size;
   return true;
}

static bool
set_reply_stream(struct fake_renderer *r,
                 struct fake_executor *executor,
                 struct fake_reader *reader)
{
   const bool present = read_u64(reader) == 1;
   const uint32_t res_id = read_u32(reader);
   const size_t offset = read_u64(reader);
   const size_t size = read_u64(reader);
   if (reader->failed || !present || !find_range(r, res_id, offset, size))
      return false;
   executor->reply_res = res_id;
   executor->reply_pos = offset;
   return true;
}

static bool
execute_streams(struct fake_renderer *r,
                struct fake_executor *executor,
                struct fake_reader *reader)
{
   const uint32_t count = read_u32(reader);
   if (executor->nested || !count || read_u64(reader) != count)
      return false;

   const uint8_t *const descriptions = reader->cur;
   const size_t size = count * (size_t)20;
   if ((size_t)(reader->end - reader->cur) < size)
      return false;
   reader->cur += size;
   /* no reply positions, no dependencies, no flags */
   if (read_u64(reader) || read_u32(reader) || read_u64(reader) ||
       read_u32(reader) || reader->failed)
      return false;

   executor->nested = true;
   struct fake_reader d = { .cur = descriptions, .end = descriptions + size };
   bool ok = true;
   for (uint32_t i = 0; i < count && ok; i++) {
      const uint32_t res_id = read_u32(&d);
      const size_t offset = read_u64(&d);
      const size_t length = read_u64(&d);
      const uint8_t *bytes = find_range(r, res_id, offset, length);
      struct fake_reader stream = { .cur = bytes, .end = bytes + length };
      ok = bytes && execute(r, executor, &stream, NULL, 0);
   }
   executor->nested = false;
   return ok;
}

static bool
fake_command(struct fake_renderer *r,
             struct fake_executor *executor,
             struct fake_reader *reader,
             uint32_t flags)
{
   const uint32_t n = read_u32(reader);
   const uint32_t seed = read_u32(reader);
   bool corrupt = false;
   for (uint32_t i = 0; i < n && !reader->failed; i++)
      corrupt |= read_u32(reader) != fake_payload(seed, i);
   if (corrupt)
      COUNT(r, corrupt);
   if (reader->failed)
      return false;

   const uint32_t answer[2] = { FAKE_COMMAND_TYPE, seed };
   return !(flags & VN_COMMAND_GENERATE_REPLY) ||
          reply(r, executor, answer, sizeof(answer));
}

static bool
instance_version(struct fake_renderer *r,
                 struct fake_executor *executor,
                 struct fake_reader *reader,
                 uint32_t flags)
{
   if (read_u64(reader) != 1)
      return false;
   const uint32_t answer[5] = {
      CMD_ENUMERATE_INSTANCE_VERSION, VK_SUCCESS, 1, 0, FAKE_API_VERSION,
   };
   return !(flags & VN_COMMAND_GENERATE_REPLY) ||
          reply(r, executor, answer, sizeof(answer));
}

/* ---- the ring ----------------------------------------------------------- */

void
fake_renderer_set_fatal(struct fake_renderer *r)
{
   pthread_mutex_lock(&r->mutex);
   r->fatal = true;
   if (r->ring.live)
      atomic_fetch_or_explicit(r->ring.status, VN_RING_STATUS_FATAL,
                               memory_order_seq_cst);
   pthread_cond_broadcast(&r->cond);
   pthread_mutex_unlock(&r->mutex);
}

static bool
ring_may_go_on(struct fake_renderer *r)
{
   pthread_mutex_lock(&r->mutex);
   const bool on = !r->ring.stop && !r->fatal;
   pthread_mutex_unlock(&r->mutex);
   return on;
}

/* True if there is something at `pos`; false to end. */
static bool
ring_wait_for_bytes(struct fake_renderer *r, uint32_t pos)
{
   struct fake_ring *ring = &r->ring;
   uint64_t idle_since = vn_time_ns();

   for (int i = 0; ring_may_go_on(r); i++) {
      /* acquire: with the driver's store of the tail */
      if (!KNOB(r, stalled) &&
          atomic_load_explicit(ring->tail, memory_order_acquire) != pos)
         return true;

      if (KNOB(r, stalled) ||
          vn_time_ns() - idle_since < ring->idle_timeout_ns) {
         if (i < 16)
            sched_yield();
         else
            nap();
         continue;
      }

      /* seq_cst: store IDLE, then load the tail; the driver the reverse */
      atomic_fetch_or_explicit(ring->status, VN_RING_STATUS_IDLE,
                               memory_order_seq_cst);
      if (atomic_load_explicit(ring->tail, memory_order_seq_cst) == pos) {
         COUNT(r, sleeps);
         pthread_mutex_lock(&r->mutex);
         while (!ring->notified && !ring->stop && !r->fatal)
            pthread_cond_wait(&r->cond, &r->mutex);
         ring->notified = false;
         pthread_mutex_unlock(&r->mutex);
      }
      atomic_fetch_and_explicit(ring->status, ~(uint32_t)VN_RING_STATUS_IDLE,
                                memory_order_seq_cst);
      idle_since = vn_time_ns();
      i = 0;
   }
   return false;
}

static void *
ring_main(void *data)
{
   struct fake_renderer *r = data;
   struct fake_ring *ring = &r->ring;
   struct fake_executor executor = { .is_ring = true };
   uint8_t *copy = malloc(ring->buffer_size);

   /* where a stalled ring is told to begin; 0 but for tests of the counters */
   while (KNOB(r, stalled) && ring_may_go_on(r))
      nap();
   uint32_t pos = atomic_load_explicit(ring->head, memory_order_acquire);
   atomic_store(&ring->true_head, pos);
   atomic_store(&ring->started, true);

   while (copy && ring_wait_for_bytes(r, pos)) {
      const uint32_t tail =
         atomic_load_explicit(ring->tail, memory_order_acquire);
      const uint32_t size = tail - pos;
      if (size > ring->buffer_size) {
         COUNT(r, mistakes);
         fake_renderer_set_fatal(r);
         break;
      }
      for (uint32_t i = 0; i < size; i += 4) {
         memcpy(copy + i,
                ring->buffer + ((pos + i) & (ring->buffer_size - 1)), 4);
      }
      struct fake_reader reader = { .cur = copy, .end = copy + size };
      if (!execute(r, &executor, &reader, ring->head, pos)) {
         fake_renderer_set_fatal(r);
         break;
      }
      pos = tail;
   }
   free(copy);
   return NULL;
}

static bool
create_ring(struct fake_renderer *r, struct fake_reader *reader)
{
   struct fake_ring *ring = &r->ring;
   const uint64_t id = read_u64(reader);
   bool ok = read_u64(reader) == 1 && read_u32(reader) == 1000384000 &&
             read_u64(reader) == 1 && read_u32(reader) == 1000384006 &&
             read_u64(reader) == 0;
   const uint32_t period_us = read_u32(reader);
   const uint32_t flags = read_u32(reader);
   const uint32_t res_id = read_u32(reader);
   const uint64_t offset = read_u64(reader);
   const uint64_t size = read_u64(reader);
   const uint64_t idle_timeout_ns = read_u64(reader);
   const uint64_t head = read_u64(reader);
   const uint64_t tail = read_u64(reader);
   const uint64_t status = read_u64(reader);
   const uint64_t buffer = read_u64(reader);
   const uint64_t buffer_size = read_u64(reader);
   const uint64_t extra = read_u64(reader);
   const uint64_t extra_size = read_u64(reader);
   uint8_t *map = find_range(r, res_id, offset, size);
   ok = ok && !reader->failed && map && !ring->live && id && period_us &&
        !flags && u_is_pot_u64(buffer_size) && buffer_size <= 16 << 20 &&
        head + 4 <= tail && tail + 4 <= status && status + 4 <= buffer &&
        buffer + buffer_size <= extra && extra + extra_size <= size &&
        (head | tail | status | buffer | extra | extra_size) % 4 == 0;
   if (!ok)
      return false;

   pthread_mutex_lock(&r->mutex);
   *ring = (struct fake_ring){
      .live = true,
      .id = id,
      .res_id = res_id,
      .head = (_Atomic uint32_t *)(map + head),
      .tail = (_Atomic uint32_t *)(map + tail),
      .status = (_Atomic uint32_t *)(map + status),
      .buffer = map + buffer,
      .buffer_size = (uint32_t)buffer_size,
      .idle_timeout_ns = idle_timeout_ns,
   };
   pthread_mutex_unlock(&r->mutex);
   if (atomic_load(ring->head) || atomic_load(ring->tail) ||
       atomic_load(ring->status))
      return false;
   COUNT(r, rings);
   return !pthread_create(&ring->thread, NULL, ring_main, r);
}

void
fake_renderer_end_ring(struct fake_renderer *r)
{
   pthread_mutex_lock(&r->mutex);
   const bool live = r->ring.live;
   r->ring.stop = true;
   pthread_cond_broadcast(&r->cond);
   pthread_mutex_unlock(&r->mutex);
   if (!live)
      return;

   pthread_join(r->ring.thread, NULL);
   pthread_mutex_lock(&r->mutex);
   r->ring.live = false;
   pthread_mutex_unlock(&r->mutex);
   UNCOUNT(r, rings);
}

static void
notify_ring(struct fake_renderer *r)
{
   pthread_mutex_lock(&r->mutex);
   r->ring.notified = true;
   pthread_cond_broadcast(&r->cond);
   pthread_mutex_unlock(&r->mutex);
}

static bool
wait_ring_seqno(struct fake_renderer *r, uint32_t seqno)
{
   struct fake_ring *ring = &r->ring;
   const uint32_t tail =
      atomic_load_explicit(ring->tail, memory_order_seq_cst);
   if ((int32_t)(tail - seqno) < 0)
      return false;

   notify_ring(r);
   if (KNOB(r, fences) == FAKE_FENCES_EARLY)
      return true;
   bool stop = false;
   while (!stop && (!atomic_load(&ring->started) ||
                    (int32_t)(atomic_load(&ring->true_head) - seqno) < 0)) {
      nap();
      pthread_mutex_lock(&r->mutex);
      stop = r->stop || r->fatal;
      pthread_mutex_unlock(&r->mutex);
   }
   return !stop;
}

/* ---- commands ----------------------------------------------------------- */

static bool
ring_command(struct fake_renderer *r,
             struct fake_reader *reader,
             uint32_t type)
{
   if (type == CMD_CREATE_RING)
      return create_ring(r, reader);

   const uint64_t id = read_u64(reader);
   if (reader->failed || !r->ring.live || id != r->ring.id)
      return false;
   switch (type) {
   case CMD_DESTROY_RING:
      fake_renderer_end_ring(r);
      return true;
   case CMD_NOTIFY_RING:
      read_u64(reader);
      COUNT(r, notifies);
      notify_ring(r);
      return !reader->failed;
   case CMD_WAIT_RING_SEQNO: {
      const uint32_t seqno = (uint32_t)read_u64(reader);
      return !reader->failed && wait_ring_seqno(r, seqno);
   }
   }
   return false;
}

static bool
execute_one(struct fake_renderer *r,
            struct fake_executor *executor,
            struct fake_reader *reader)
{
   const uint32_t type = read_u32(reader);
   const uint32_t flags = read_u32(reader);
   switch (type) {
   case CMD_ENUMERATE_INSTANCE_VERSION:
      return instance_version(r, executor, reader, flags);
   case CMD_SET_REPLY_COMMAND_STREAM:
      return set_reply_stream(r, executor, reader);
   case CMD_EXECUTE_COMMAND_STREAMS:
      return execute_streams(r, executor, reader);
   case CMD_FAKE:
      return fake_command(r, executor, reader, flags);
   case CMD_CREATE_RING:
   case CMD_DESTROY_RING:
   case CMD_NOTIFY_RING:
   case CMD_WAIT_RING_SEQNO:
      return !executor->is_ring && ring_command(r, reader, type);
   }
   return false;
}

/* All of the reader. With a head, that is moved behind each command. */
static bool
execute(struct fake_renderer *r,
        struct fake_executor *executor,
        struct fake_reader *reader,
        _Atomic uint32_t *head,
        uint32_t head_base)
{
   const uint8_t *const start = reader->cur;

   while (reader->cur < reader->end) {
      if (executor->is_ring) {
         const uint32_t left = KNOB(r, fatal_at);
         if (left)
            atomic_store_explicit(&r->knobs.fatal_at, left - 1,
                                  memory_order_relaxed);
         if (left == 1)
            return false;
      }
      if (!execute_one(r, executor, reader) || reader->failed) {
         pthread_mutex_lock(&r->mutex);
         const bool wanted = r->fatal || r->stop;
         pthread_mutex_unlock(&r->mutex);
         if (!wanted)
            COUNT(r, mistakes);
         return false;
      }
      if (executor->is_ring)
         COUNT(r, commands);
      if (executor->nested)
         COUNT(r, indirect);
      if (head) {
         const uint32_t seqno = head_base + (uint32_t)(reader->cur - start);
         /* release: with the driver's acquire, replies included */
         atomic_store_explicit(head, seqno + KNOB(r, head_lie),
                               memory_order_release);
         atomic_store(&r->ring.true_head, seqno);
      }
   }
   return true;
}

bool
fake_renderer_execute(struct fake_renderer *r,
                      struct fake_executor *executor,
                      struct fake_reader *reader)
{
   return execute(r, executor, reader, NULL, 0);
}
