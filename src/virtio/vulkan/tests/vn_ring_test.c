/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The ring and its pools against the fake renderer, over memory that both
 * share for real: run it under the thread sanitizer as well.
 */

#include "fake_transport.h"
#include "u_test.h"
#include "vn_protocol.h"
#include "vn_ring_private.h"

#include <unistd.h>

#define MS UINT64_C(1000000)

static const struct vn_protocol_caps caps = {
   .vk_xml_version = VK_API_VERSION_1_3,
   .venus_spec_version = 1,
};

struct setup {
   struct vn_renderer *renderer;
   struct vn_ring *ring;
   struct fake_knobs *knobs;
   struct fake_counts *counts;
};

static void
prepare(struct setup *s)
{
   s->renderer = fake_transport_create();
   s->ring = NULL;
   struct fake_renderer *peer = fake_transport_peer(s->renderer);
   s->knobs = fake_renderer_knobs(peer);
   s->counts = fake_renderer_counts(peer);
}

static void
start(struct setup *s, size_t buffer_size)
{
   prepare(s);
   U_CHECK_EQ(vn_ring_create(s->renderer, &caps, buffer_size, &s->ring),
              VK_SUCCESS);
}

/* Nothing may be left, and nothing may have been wrong but by a knob. */
static void
finish(struct setup *s, bool lost)
{
   vn_ring_destroy(s->ring);
   U_CHECK_EQ(atomic_load(&s->renderer->lost), lost);
   U_CHECK(!s->renderer->watchdog);
   U_CHECK_EQ(atomic_load(&s->counts->mistakes), 0);
   U_CHECK_EQ(atomic_load(&s->counts->corrupt), 0);
   if (!lost) {
      U_CHECK_EQ(atomic_load(&s->counts->rings), 0);
      U_CHECK_EQ(atomic_load(&s->counts->resources), 0);
      U_CHECK_EQ(atomic_load(&s->counts->syncs), 0);
   }
   s->renderer->ops->destroy(s->renderer);
}

static void
sleep_ns(uint64_t ns)
{
   const struct timespec ts = {
      .tv_sec = (time_t)(ns / VN_NSEC_PER_SEC),
      .tv_nsec = (long)(ns % VN_NSEC_PER_SEC),
   };
   nanosleep(&ts, NULL);
}

static void
encode_fake(struct vn_encoder *enc, uint32_t flags, uint32_t n, uint32_t seed)
{
   if (!vn_encoder_reserve(enc, 16 + n * (size_t)4))
      return;
   const uint32_t head[4] = { FAKE_COMMAND_TYPE, flags, n, seed };
   memcpy(enc->cur, head, sizeof(head));
   enc->cur += sizeof(head);
   for (uint32_t i = 0; i < n; i++) {
      const uint32_t dword = fake_payload(seed, i);
      memcpy(enc->cur, &dword, 4);
      enc->cur += 4;
   }
}

static VkResult
submit_fake(struct vn_ring *ring, uint32_t n, uint32_t seed)
{
   struct vn_ring_cmd cmd;
   vn_ring_cmd_init(&cmd, ring);
   encode_fake(&cmd.enc, 0, n, seed);
   const VkResult result = vn_ring_cmd_submit(&cmd);
   vn_ring_cmd_finish(&cmd);
   return result;
}

/* VK_ERROR_UNKNOWN for a reply that is not its own. */
static VkResult
call_fake(struct vn_ring *ring, uint32_t n, uint32_t seed, size_t reply_size)
{
   struct vn_ring_cmd cmd;
   vn_ring_cmd_init(&cmd, ring);
   encode_fake(&cmd.enc, VN_COMMAND_GENERATE_REPLY, n, seed);
   VkResult result = vn_ring_cmd_call(&cmd, reply_size);
   if (result == VK_SUCCESS) {
      const uint32_t expected[2] = { FAKE_COMMAND_TYPE, seed };
      U_CHECK_EQ(cmd.dec.end - cmd.dec.cur, reply_size);
      if (memcmp(cmd.dec.cur, expected, sizeof(expected)))
         result = VK_ERROR_UNKNOWN;
   }
   vn_ring_cmd_finish(&cmd);
   return result;
}

static uint32_t
next_random(uint32_t *state)
{
   *state = *state * 1664525u + 1013904223u;
   return *state >> 8;
}

/* ---- what works --------------------------------------------------------- */

static void
test_version(void)
{
   struct setup s;
   start(&s, 128 << 10);
   U_CHECK(vn_ring_renderer(s.ring) == s.renderer);
   U_CHECK(vn_ring_caps(s.ring) == &caps);

   uint32_t version = 0;
   struct vn_ring_cmd cmd;
   vn_ring_cmd_init(&cmd, s.ring);
   vn_encode_vkEnumerateInstanceVersion(&cmd.enc, VN_COMMAND_GENERATE_REPLY,
                                        &version);
   U_CHECK_EQ(cmd.enc.cur - cmd.storage, 16);
   U_CHECK_EQ(vn_ring_cmd_call(
                 &cmd, vn_sizeof_vkEnumerateInstanceVersion_reply(&version)),
              VK_SUCCESS);
   U_CHECK_EQ(vn_decode_vkEnumerateInstanceVersion_reply(&cmd.dec, &version),
              VK_SUCCESS);
   U_CHECK(!cmd.dec.failed);
   U_CHECK_EQ(version, FAKE_API_VERSION);
   /* what is on the ring: vkSetReplyCommandStreamMESA and the command */
   U_CHECK_EQ(cmd.seqno, 36 + 16);
   U_CHECK_EQ(vn_ring_last_seqno(s.ring), cmd.seqno);
   U_CHECK(vn_ring_seqno_passed(s.ring, cmd.seqno));
   vn_ring_cmd_finish(&cmd);
   vn_ring_cmd_finish(&cmd);
   finish(&s, false);
}

/* Commands of changing sizes until each position has been a tail. */
static void
run_around(struct setup *s, uint32_t count)
{
   const uint32_t size = s->ring->buffer_size;
   bool *seen = calloc(size / 4, sizeof(*seen));
   uint32_t state = 1, positions = 0;

   for (uint32_t i = 0; i < count; i++) {
      const uint32_t n = next_random(&state) % 60;
      U_CHECK_EQ(submit_fake(s->ring, n, i), VK_SUCCESS);
      const uint32_t pos = (vn_ring_last_seqno(s->ring) & (size - 1)) / 4;
      positions += !seen[pos];
      seen[pos] = true;
      if (i % 100 == 0)
         U_CHECK_EQ(call_fake(s->ring, n, i, 8), VK_SUCCESS);
   }
   U_CHECK_EQ(vn_ring_wait_seqno(s->ring, vn_ring_last_seqno(s->ring)),
              VK_SUCCESS);
   U_CHECK_EQ(positions, size / 4);
   free(seen);
}

static void
test_wrap_around(void)
{
   struct setup s;
   start(&s, 4096);
   run_around(&s, 20000);
   /* each call is two commands; the few large ones are executed inside of
    * another one
    */
   U_CHECK_EQ(
      atomic_load(&s.counts->commands) - atomic_load(&s.counts->indirect),
      20000 + 2 * 200);
   finish(&s, false);
}

/* The counters pass 2^32 on the way. */
static void
test_counter_wrap(void)
{
   const uint32_t begin = UINT32_MAX - 100000 + 1;
   struct setup s;
   prepare(&s);
   atomic_store(&s.knobs->stalled, true);
   U_CHECK_EQ(vn_ring_create(s.renderer, &caps, 4096, &s.ring), VK_SUCCESS);
   atomic_store(s.ring->head, begin);
   atomic_store(s.ring->tail, begin);
   atomic_store(&s.ring->reserved, begin);
   atomic_store(&s.ring->published, begin);
   s.ring->cur = begin;
   s.ring->head_seen = begin;
   s.ring->wait_seqno = begin;
   atomic_store(&s.knobs->stalled, false);
   run_around(&s, 20000);
   U_CHECK(vn_ring_last_seqno(s.ring) < UINT32_MAX / 2);
   U_CHECK(vn_ring_seqno_passed(s.ring, begin));
   finish(&s, false);
}

static void
test_seqno_passed(void)
{
   _Atomic uint32_t head;
   struct vn_ring ring = { .head = &head, .buffer_size = 4096 };
   static const struct {
      uint32_t head, tail, seqno;
      bool passed;
   } cases[] = {
      { 0, 0, 0, true },
      { 0, 100, 100, false },
      { 0, 100, 0, true },
      { 50, 100, 50, true },
      { 50, 100, 51, false },
      { 100, 100, 100, true },
      /* others' commands were executed since the tail was read */
      { 120, 100, 100, true },
      /* old ones, of any age */
      { 100, 200, 4000000000u, true },
      { 100, 200, 2200000000u, true },
      { 4000000100u, 4000000200u, 100, true },
      /* around 2^32 */
      { 0xffffff00u, 0x100, 0xfffffff0u, false },
      { 0xffffff00u, 0x100, 0xffffff00u, true },
      { 0xffffff00u, 0x100, 0x100, false },
      { 0x80, 0x100, 0xfffffff0u, true },
      { 0x80, 0x100, 0x81, false },
   };
   for (size_t i = 0; i < VN_ARRAY_SIZE(cases); i++) {
      atomic_store(&head, cases[i].head);
      atomic_store(&ring.published, cases[i].tail);
      if (!U_CHECK_EQ(vn_ring_seqno_passed(&ring, cases[i].seqno),
                      cases[i].passed))
         fprintf(stderr, "case %zu\n", i);
   }
}

/* Through the heap and through shared memory; replies of all sizes. */
static void
test_sizes(void)
{
   struct setup s;
   start(&s, 16 << 10);
   for (uint32_t n = 0; n < 1000000; n = n * 2 + 1) {
      U_CHECK_EQ(submit_fake(s.ring, n, n), VK_SUCCESS);
      U_CHECK_EQ(call_fake(s.ring, n, n ^ 5, 8 + n * (size_t)4), VK_SUCCESS);
   }
   U_CHECK(atomic_load(&s.counts->indirect) > 20);

   /* several commands in one, around the size that goes in directly */
   for (uint32_t bytes = 900; bytes < 1100; bytes += 4) {
      struct vn_ring_cmd cmd;
      vn_ring_cmd_init(&cmd, s.ring);
      encode_fake(&cmd.enc, 0, 17, bytes);
      encode_fake(&cmd.enc, VN_COMMAND_GENERATE_REPLY,
                  (bytes - 2 * 16) / 4 - 17, bytes);
      U_CHECK_EQ(vn_ring_cmd_call(&cmd, 8), VK_SUCCESS);
      vn_ring_cmd_finish(&cmd);
   }

   /* too much for anybody */
   struct vn_ring_cmd cmd;
   vn_ring_cmd_init(&cmd, s.ring);
   encode_fake(&cmd.enc, 0, 4, 4);
   U_CHECK(!vn_encoder_reserve(&cmd.enc, SIZE_MAX - 8) && cmd.enc.failed);
   U_CHECK(!vn_encoder_reserve(&cmd.enc, SIZE_MAX - 8));
   U_CHECK_EQ(vn_ring_cmd_submit(&cmd), VK_ERROR_OUT_OF_HOST_MEMORY);
   U_CHECK_EQ(vn_ring_cmd_call(&cmd, 8), VK_ERROR_OUT_OF_HOST_MEMORY);
   vn_ring_cmd_finish(&cmd);
   finish(&s, false);
}

static void
test_streams(void)
{
   enum { COUNT = 21 };
   struct setup s;
   start(&s, 4096);
   struct vn_shmem_pool *pool = vn_ring_stream_pool(s.ring);
   struct vn_shmem_slice slices[COUNT];
   struct vn_ring_stream streams[COUNT];
   uint32_t expected = 0;
   for (uint32_t i = 0; i < COUNT; i++) {
      U_CHECK_EQ(vn_shmem_pool_alloc(pool, 4000 + i, &slices[i]), VK_SUCCESS);
      struct vn_encoder enc = {
         .cur = slices[i].map,
         .end = (uint8_t *)slices[i].map + slices[i].size,
      };
      for (uint32_t j = 0; j < i % 4; j++)
         encode_fake(&enc, 0, 10 * j, i);
      streams[i].slice = &slices[i];
      streams[i].size = (size_t)(enc.cur - (uint8_t *)slices[i].map);
      expected += i % 4;
   }
   uint32_t seqno = 77;
   U_CHECK_EQ(vn_ring_submit_streams(s.ring, streams, 0, &seqno), VK_SUCCESS);
   U_CHECK_EQ(seqno, 0);
   U_CHECK_EQ(vn_ring_submit_streams(s.ring, streams, COUNT, &seqno),
              VK_SUCCESS);
   U_CHECK_EQ(seqno, vn_ring_last_seqno(s.ring));
   U_CHECK_EQ(vn_ring_wait_seqno(s.ring, seqno), VK_SUCCESS);
   U_CHECK_EQ(atomic_load(&s.counts->indirect), expected);
   for (uint32_t i = 0; i < COUNT; i++)
      vn_shmem_pool_free(pool, &slices[i], seqno);
   finish(&s, false);
}

/* ---- full, idle, many --------------------------------------------------- */

struct filler {
   struct vn_ring *ring;
   uint32_t count;
   _Atomic uint32_t done;
   VkResult result;
};

static void *
fill(void *data)
{
   struct filler *filler = data;
   for (uint32_t i = 0; i < filler->count; i++) {
      filler->result = submit_fake(filler->ring, 12, i);
      if (filler->result != VK_SUCCESS)
         break;
      atomic_fetch_add(&filler->done, 1);
   }
   return NULL;
}

static void
test_full(void)
{
   struct setup s;
   start(&s, 4096);
   atomic_store(&s.knobs->stalled, true);
   struct filler fillers[3];
   pthread_t threads[3];
   for (int i = 0; i < 3; i++) {
      fillers[i] = (struct filler){ .ring = s.ring, .count = 1000 };
      pthread_create(&threads[i], NULL, fill, &fillers[i]);
   }
   sleep_ns(200 * MS);
   uint32_t done = 0;
   for (int i = 0; i < 3; i++)
      done += atomic_load(&fillers[i].done);
   U_CHECK_EQ(done, 4096 / 64);

   atomic_store(&s.knobs->stalled, false);
   for (int i = 0; i < 3; i++) {
      pthread_join(threads[i], NULL);
      U_CHECK_EQ(fillers[i].result, VK_SUCCESS);
      U_CHECK_EQ(atomic_load(&fillers[i].done), 1000);
   }
   finish(&s, false);
   /* finish waited for all of them */
}

/* Everything that is on the ring is executed before it goes. */
static void
test_drain(void)
{
   struct setup s;
   start(&s, 128 << 10);
   struct fake_counts *counts = s.counts;
   for (uint32_t i = 0; i < 1000; i++)
      U_CHECK_EQ(submit_fake(s.ring, 3, i), VK_SUCCESS);
   vn_ring_destroy(s.ring);
   s.ring = NULL;
   U_CHECK_EQ(atomic_load(&counts->commands), 1000);
   finish(&s, false);
}

/*
 * Submissions around the time at which the renderer falls asleep. Without
 * any wait, which would wake it up, each has to arrive.
 */
static void
test_idle(void)
{
   struct setup s;
   start(&s, 16 << 10);
   uint32_t state = 7;
   for (uint32_t i = 0; i < 1000; i++) {
      const uint32_t burst = 1 + next_random(&state) % 4;
      for (uint32_t j = 0; j < burst; j++) {
         U_CHECK_EQ(submit_fake(s.ring, 2, i), VK_SUCCESS);
         if (j)
            sleep_ns(next_random(&state) % 200000);
      }
      const uint32_t seqno = vn_ring_last_seqno(s.ring);
      const uint64_t begin = vn_time_ns();
      while (!vn_ring_seqno_passed(s.ring, seqno) &&
             vn_time_ns() - begin < 5 * VN_NSEC_PER_SEC)
         sleep_ns(5000);
      if (!U_CHECK(vn_ring_seqno_passed(s.ring, seqno)))
         break;
      sleep_ns(VN_RING_IDLE_TIMEOUT_NS * 3 / 4 +
               next_random(&state) % (VN_RING_IDLE_TIMEOUT_NS / 2));
   }
   U_CHECK(atomic_load(&s.counts->sleeps) > 50);
   finish(&s, false);
}

/* A burst on a sleeping ring costs a few notifications, not one each. */
static void
test_burst(void)
{
   struct setup s;
   start(&s, 128 << 10);
   sleep_ns(20 * MS);
   const uint32_t before = fake_transport_submit_count(s.renderer);
   for (uint32_t i = 0; i < 1000; i++)
      U_CHECK_EQ(submit_fake(s.ring, 0, i), VK_SUCCESS);
   U_CHECK(fake_transport_submit_count(s.renderer) - before < 20);
   finish(&s, false);
}

struct worker {
   struct vn_ring *ring;
   uint32_t seed;
   uint32_t failed;
};

static void *
work(void *data)
{
   struct worker *worker = data;
   uint32_t state = worker->seed;
   for (uint32_t i = 0; i < 1500; i++) {
      const uint32_t kind = next_random(&state) % 16;
      const uint32_t n = next_random(&state) % (kind ? 40 : 8000);
      VkResult result;
      if (kind < 6)
         result = call_fake(worker->ring, n, state, 8 + n);
      else
         result = submit_fake(worker->ring, n, state);
      worker->failed += result != VK_SUCCESS;
   }
   return NULL;
}

static void
test_threads(void)
{
   enum { COUNT = 8 };
   struct setup s;
   start(&s, 4096);
   struct worker workers[COUNT];
   pthread_t threads[COUNT];
   for (uint32_t i = 0; i < COUNT; i++) {
      workers[i] = (struct worker){ .ring = s.ring, .seed = i * 77 };
      pthread_create(&threads[i], NULL, work, &workers[i]);
   }
   for (uint32_t i = 0; i < COUNT; i++) {
      pthread_join(threads[i], NULL);
      U_CHECK_EQ(workers[i].failed, 0);
   }
   finish(&s, false);
}

static void
test_fence(void)
{
   struct setup s;
   start(&s, 4096);
   const struct vn_renderer_ops *ops = s.renderer->ops;
   struct vn_renderer_sync *sync;
   U_CHECK_EQ(ops->sync_create(s.renderer, 0, &sync), VK_SUCCESS);

   atomic_store(&s.knobs->stalled, true);
   U_CHECK_EQ(submit_fake(s.ring, 3, 3), VK_SUCCESS);
   const uint32_t seqno = vn_ring_last_seqno(s.ring);
   U_CHECK_EQ(vn_ring_submit_fence(s.ring, seqno, 0, sync, 1), VK_SUCCESS);
   const uint64_t value = 1;
   struct vn_renderer_wait wait = {
      .count = 1,
      .syncs = &sync,
      .values = &value,
      .timeout_ns = 20 * MS,
   };
   U_CHECK_EQ(ops->wait(s.renderer, &wait), VK_TIMEOUT);
   atomic_store(&s.knobs->stalled, false);
   wait.timeout_ns = UINT64_MAX;
   U_CHECK_EQ(ops->wait(s.renderer, &wait), VK_SUCCESS);
   U_CHECK(vn_ring_seqno_passed(s.ring, seqno));

   /* nothing to wait for, nothing to signal: nothing is sent */
   const uint32_t before = fake_transport_submit_count(s.renderer);
   U_CHECK_EQ(vn_ring_submit_fence(s.ring, seqno, 0, NULL, 0), VK_SUCCESS);
   U_CHECK_EQ(fake_transport_submit_count(s.renderer), before);

   ops->sync_destroy(s.renderer, sync);
   finish(&s, false);
}

/* ---- what goes wrong ---------------------------------------------------- */

/* Lost, with everything at once and for ever. */
static void
check_lost(struct setup *s)
{
   const uint64_t begin = vn_time_ns();
   struct vn_shmem_slice slice = { 0 };
   uint32_t seqno;
   U_CHECK(vn_ring_is_lost(s->ring));
   U_CHECK_EQ(submit_fake(s->ring, 1, 1), VK_ERROR_DEVICE_LOST);
   U_CHECK_EQ(call_fake(s->ring, 1, 1, 8), VK_ERROR_DEVICE_LOST);
   U_CHECK_EQ(vn_ring_wait_seqno(s->ring, 0), VK_ERROR_DEVICE_LOST);
   U_CHECK_EQ(vn_ring_submit_streams(s->ring, NULL, 0, &seqno),
              VK_ERROR_DEVICE_LOST);
   U_CHECK_EQ(vn_ring_submit_fence(s->ring, 0, 0, NULL, 0),
              VK_ERROR_DEVICE_LOST);
   U_CHECK_EQ(vn_shmem_pool_alloc(vn_ring_stream_pool(s->ring), 8, &slice),
              VK_ERROR_DEVICE_LOST);
   vn_shmem_pool_free(vn_ring_stream_pool(s->ring), &slice, 0);
   U_CHECK(vn_time_ns() - begin < 50 * MS);
}

static void
test_fatal(void)
{
   struct setup s;
   start(&s, 4096);
   U_CHECK_EQ(call_fake(s.ring, 1, 1, 8), VK_SUCCESS);
   atomic_store(&s.knobs->fatal_at, 2);
   const uint64_t begin = vn_time_ns();
   U_CHECK_EQ(call_fake(s.ring, 1, 1, 8), VK_ERROR_DEVICE_LOST);
   U_CHECK(vn_time_ns() - begin < VN_NSEC_PER_SEC);
   check_lost(&s);
   finish(&s, true);
}

/* FATAL shows at the next submission as well. */
static void
test_fatal_without_wait(void)
{
   struct setup s;
   start(&s, 4096);
   atomic_store(&s.knobs->fatal_at, 1);
   U_CHECK_EQ(submit_fake(s.ring, 1, 1), VK_SUCCESS);
   VkResult result = VK_SUCCESS;
   for (uint32_t i = 0; i < 1000 && result == VK_SUCCESS; i++) {
      sleep_ns(MS);
      result = submit_fake(s.ring, 1, 1);
   }
   U_CHECK_EQ(result, VK_ERROR_DEVICE_LOST);
   check_lost(&s);
   finish(&s, true);
}

/* Stuck, but alive: as long as it takes. Then dead: not longer than that. */
static void
test_watchdog(void)
{
   struct setup s;
   start(&s, 4096);
   s.ring->dead_ns = 300 * MS;
   atomic_store(&s.knobs->stalled, true);
   struct filler filler = { .ring = s.ring, .count = 1000 };
   pthread_t thread;
   pthread_create(&thread, NULL, fill, &filler);
   sleep_ns(1200 * MS);
   U_CHECK(!vn_ring_is_lost(s.ring));

   atomic_store(&s.knobs->not_alive, true);
   const uint64_t begin = vn_time_ns();
   /* a second one, that waits for the mutex that the first holds */
   U_CHECK_EQ(submit_fake(s.ring, 30, 1), VK_ERROR_DEVICE_LOST);
   pthread_join(thread, NULL);
   const uint64_t took = vn_time_ns() - begin;
   U_CHECK_EQ(filler.result, VK_ERROR_DEVICE_LOST);
   U_CHECK(took >= 200 * MS && took < 1200 * MS);
   check_lost(&s);
   finish(&s, true);
}

/* A wait that begins long after the last sign of life has its full time. */
static void
test_watchdog_counts_from_wait(void)
{
   struct setup s;
   start(&s, 4096);
   s.ring->dead_ns = 600 * MS;
   atomic_store(&s.knobs->not_alive, true);
   sleep_ns(900 * MS);
   U_CHECK_EQ(call_fake(s.ring, 1, 1, 8), VK_SUCCESS);
   atomic_store(&s.knobs->stalled, true);
   const uint64_t begin = vn_time_ns();
   U_CHECK_EQ(call_fake(s.ring, 1, 1, 8), VK_ERROR_DEVICE_LOST);
   const uint64_t took = vn_time_ns() - begin;
   U_CHECK(took >= 600 * MS && took < 2000 * MS);
   check_lost(&s);
   finish(&s, true);
}

static void
test_head_lies(void)
{
   /* ahead of the tail, by a little and by a lot; and behind it */
   static const uint32_t lies[] = { 4, 1u << 20, 1u << 31, -(1u << 13) };
   for (size_t i = 0; i < VN_ARRAY_SIZE(lies); i++) {
      struct setup s;
      start(&s, 4096);
      s.ring->dead_ns = 100 * MS;
      U_CHECK_EQ(call_fake(s.ring, 1, 1, 8), VK_SUCCESS);
      atomic_store(&s.knobs->head_lie, lies[i]);
      VkResult result = VK_SUCCESS;
      for (uint32_t j = 0; j < 1000 && result == VK_SUCCESS; j++)
         result =
            j % 100 ? submit_fake(s.ring, 3, j) : call_fake(s.ring, 3, j, 8);
      U_CHECK_EQ(result, VK_ERROR_DEVICE_LOST);
      check_lost(&s);
      finish(&s, true);
   }
}

static void
test_fence_lies(void)
{
   struct setup s;

   /* too early: the ring is not where the fence says */
   start(&s, 4096);
   atomic_store(&s.knobs->fences, FAKE_FENCES_EARLY);
   atomic_store(&s.knobs->stalled, true);
   U_CHECK_EQ(call_fake(s.ring, 1, 1, 8), VK_ERROR_DEVICE_LOST);
   check_lost(&s);
   finish(&s, true);

   /* never: found out without it */
   start(&s, 4096);
   atomic_store(&s.knobs->stalled, true);
   U_CHECK_EQ(submit_fake(s.ring, 1, 1), VK_SUCCESS);
   struct filler filler = { .ring = s.ring, .count = 200 };
   pthread_t thread;
   pthread_create(&thread, NULL, fill, &filler);
   sleep_ns(50 * MS);
   atomic_store(&s.knobs->fences, FAKE_FENCES_NEVER);
   atomic_store(&s.knobs->stalled, false);
   pthread_join(thread, NULL);
   U_CHECK_EQ(filler.result, VK_SUCCESS);
   atomic_store(&s.knobs->fences, FAKE_FENCES_RIGHT);
   finish(&s, false);
}

/* The bytes of an older reply are not taken for the answer. */
static void
test_no_reply(void)
{
   struct setup s;
   start(&s, 4096);
   for (uint32_t i = 0; i < 40000; i++)
      U_CHECK_EQ(call_fake(s.ring, 0, 9, 8), VK_SUCCESS);
   atomic_store(&s.knobs->no_replies, true);
   U_CHECK_EQ(call_fake(s.ring, 0, 9, 8), VK_ERROR_UNKNOWN);
   finish(&s, false);
}

static void
test_create_fails(void)
{
   struct setup s;
   prepare(&s);
   fake_transport_fail_shmem_after(s.renderer, 0);
   U_CHECK(vn_ring_create(s.renderer, &caps, 4096, &s.ring) != VK_SUCCESS);
   finish(&s, false);

   /* a context that is broken already */
   prepare(&s);
   const uint32_t nonsense = 1;
   const struct vn_renderer_submit submit = { .cs = &nonsense, .size = 4 };
   U_CHECK_EQ(s.renderer->ops->submit(s.renderer, &submit), VK_SUCCESS);
   while (!atomic_load(&s.counts->mistakes))
      sleep_ns(MS);
   atomic_store(&s.counts->mistakes, 0);
   sleep_ns(10 * MS);
   U_CHECK_EQ(vn_ring_create(s.renderer, &caps, 4096, &s.ring),
              VK_ERROR_DEVICE_LOST);
   finish(&s, true);
   vn_ring_destroy(NULL);
}

static void
test_out_of_shmem(void)
{
   struct setup s;
   start(&s, 4096);
   fake_transport_fail_shmem_after(s.renderer, 0);
   U_CHECK_EQ(call_fake(s.ring, 1, 1, 8), VK_ERROR_OUT_OF_HOST_MEMORY);
   U_CHECK_EQ(submit_fake(s.ring, 10000, 1), VK_ERROR_OUT_OF_HOST_MEMORY);
   /* a reply, but no room for the command */
   fake_transport_fail_shmem_after(s.renderer, 1);
   U_CHECK_EQ(call_fake(s.ring, 10000, 1, 8), VK_ERROR_OUT_OF_HOST_MEMORY);
   fake_transport_fail_shmem_after(s.renderer, 100);
   U_CHECK_EQ(call_fake(s.ring, 10000, 1, 8), VK_SUCCESS);
   U_CHECK(!vn_ring_is_lost(s.ring));
   finish(&s, false);
}

/* ---- the pool ----------------------------------------------------------- */

static void
test_pool(void)
{
   const bool reuse = !(vn_perf_flags() & VN_PERF_NO_SHMEM_REUSE);
   struct setup s;
   start(&s, 4096);
   struct vn_shmem_pool pool;
   vn_shmem_pool_init(&pool, s.renderer, s.ring, 4096);

   /* cut, aligned, and all its own */
   struct vn_shmem_slice a, b, c;
   U_CHECK_EQ(vn_shmem_pool_alloc(&pool, 1, &a), VK_SUCCESS);
   U_CHECK_EQ(vn_shmem_pool_alloc(&pool, 4080, &b), VK_SUCCESS);
   U_CHECK(a.block == b.block && a.res_id == b.res_id);
   U_CHECK(a.size == 8 && a.offset == 0 && b.offset == 8);
   U_CHECK((uint8_t *)b.map == (uint8_t *)a.map + 8);
   U_CHECK_EQ(vn_shmem_pool_alloc(&pool, 8, &c), VK_SUCCESS);
   U_CHECK_EQ(c.offset, 4088);

   /* full: another block; the first one waits for its last slice */
   struct vn_shmem_slice d;
   U_CHECK_EQ(vn_shmem_pool_alloc(&pool, 8, &d), VK_SUCCESS);
   U_CHECK(d.block != a.block);

   atomic_store(&s.knobs->stalled, true);
   U_CHECK_EQ(submit_fake(s.ring, 1, 1), VK_SUCCESS);
   const uint32_t seqno = vn_ring_last_seqno(s.ring);
   const uint32_t first = a.res_id;
   vn_shmem_pool_free(&pool, &b, 0);
   vn_shmem_pool_free(&pool, &b, 0);
   vn_shmem_pool_free(&pool, &a, seqno);
   vn_shmem_pool_free(&pool, &c, 0);
   U_CHECK(!a.block && !b.block && !c.block);

   /* the renderer has not passed it: not the first block */
   struct vn_shmem_slice e, f;
   U_CHECK_EQ(vn_shmem_pool_alloc(&pool, 4096, &e), VK_SUCCESS);
   U_CHECK(e.res_id != first && e.res_id != d.res_id);
   atomic_store(&s.knobs->stalled, false);
   U_CHECK_EQ(vn_ring_wait_seqno(s.ring, seqno), VK_SUCCESS);
   U_CHECK_EQ(vn_shmem_pool_alloc(&pool, 4096, &f), VK_SUCCESS);
   U_CHECK_EQ(f.res_id == first, reuse);

   /* larger than a block */
   struct vn_shmem_slice big;
   U_CHECK_EQ(vn_shmem_pool_alloc(&pool, 100000, &big), VK_SUCCESS);
   U_CHECK_EQ(big.size, 100000);
   memset(big.map, 1, big.size);
   const uint32_t live = atomic_load(&s.counts->resources);
   vn_shmem_pool_free(&pool, &big, seqno);
   U_CHECK_EQ(atomic_load(&s.counts->resources), live - 1);
   U_CHECK_EQ(vn_shmem_pool_alloc(&pool, SIZE_MAX, &big),
              VK_ERROR_OUT_OF_HOST_MEMORY);

   vn_shmem_pool_free(&pool, &d, seqno);
   vn_shmem_pool_free(&pool, &e, seqno);
   vn_shmem_pool_free(&pool, &f, seqno);
   vn_shmem_pool_finish(&pool);
   finish(&s, false);
}

/* The memory of a pool does not grow with use. */
static void
test_pool_is_bounded(void)
{
   if (vn_perf_flags() & VN_PERF_NO_SHMEM_REUSE)
      return;
   struct setup s;
   start(&s, 16 << 10);
   for (uint32_t i = 0; i < 3000; i++)
      U_CHECK_EQ(submit_fake(s.ring, 5000, i), VK_SUCCESS);
   U_CHECK_EQ(vn_ring_wait_seqno(s.ring, vn_ring_last_seqno(s.ring)),
              VK_SUCCESS);
   U_CHECK(call_fake(s.ring, 5000, 1, 8) == VK_SUCCESS);
   U_CHECK(s.ring->stream_pool.idle_count <= 4);
   /* a full ring of 16 KiB holds 300 references of 20 KB: 6 MB */
   U_CHECK(atomic_load(&s.counts->resources) < 16);
   finish(&s, false);
}

#define RUN(test)                                                            \
   do {                                                                      \
      const int before = u_test_failures;                                    \
      test();                                                                \
      if (u_test_failures != before)                                         \
         fprintf(stderr, "%s failed\n", #test);                              \
   } while (0)

int
main(void)
{
   RUN(test_seqno_passed);
   RUN(test_version);
   RUN(test_wrap_around);
   RUN(test_counter_wrap);
   RUN(test_sizes);
   RUN(test_streams);
   RUN(test_full);
   RUN(test_drain);
   RUN(test_idle);
   RUN(test_burst);
   RUN(test_threads);
   RUN(test_fence);
   RUN(test_fatal);
   RUN(test_fatal_without_wait);
   RUN(test_watchdog);
   RUN(test_watchdog_counts_from_wait);
   RUN(test_head_lies);
   RUN(test_fence_lies);
   RUN(test_no_reply);
   RUN(test_create_fails);
   RUN(test_out_of_shmem);
   RUN(test_pool);
   RUN(test_pool_is_bounded);
   return u_test_result();
}
