/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Transport and ring against a stock server, at VTEST_SOCKET_NAME. The
 * server's process id in VENUS_SERVER_PID lets it also be killed in the
 * middle of a wait, last. Skips without a socket. Prints what a round trip
 * and a submission cost.
 */

#include "vn_ring_private.h"
#include "vn_protocol.h"
#include "u_test.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static struct vn_protocol_caps caps;

/* ---- a few processes ---------------------------------------------------- */

static pid_t
parent_of(pid_t pid)
{
   char path[64], line[512];
   snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
   FILE *file = fopen(path, "re");
   if (!file)
      return 0;
   int parent = 0;
   /* "pid (name) state ppid": the name may hold anything */
   if (fgets(line, sizeof(line), file)) {
      const char *end = strrchr(line, ')');
      if (end)
         sscanf(end + 1, " %*c %d", &parent);
   }
   fclose(file);
   return parent;
}

/* Fills pids with the children of parent, newest last by number. */
static int
children_of(pid_t parent, pid_t *pids, int max)
{
   int count = 0;
   DIR *dir = opendir("/proc");
   struct dirent *entry;
   while (dir && (entry = readdir(dir)) && count < max) {
      const pid_t pid = atoi(entry->d_name);
      if (pid > 0 && parent_of(pid) == parent)
         pids[count++] = pid;
   }
   if (dir)
      closedir(dir);
   return count;
}

/* ---- the pieces --------------------------------------------------------- */

static bool
connect_both(struct vn_renderer **renderer, struct vn_ring **ring)
{
   if (!U_CHECK_EQ(vn_renderer_create_vtest(renderer), VK_SUCCESS))
      return false;
   memcpy(caps.extension_mask, (*renderer)->info.capset.vk_extension_mask1,
          sizeof(caps.extension_mask));
   caps.vk_xml_version = (*renderer)->info.capset.vk_xml_version;
   caps.venus_spec_version = 1;
   if (!U_CHECK_EQ(vn_ring_create(*renderer, &caps, 128 << 10, ring),
                   VK_SUCCESS)) {
      (*renderer)->ops->destroy(*renderer);
      return false;
   }
   return true;
}

static VkResult
call_version(struct vn_ring *ring, uint32_t *version)
{
   struct vn_ring_cmd cmd;
   vn_ring_cmd_init(&cmd, ring);
   vn_encode_vkEnumerateInstanceVersion(&cmd.enc, VN_COMMAND_GENERATE_REPLY,
                                        version);
   VkResult result = vn_ring_cmd_call(&cmd, 20);
   if (result == VK_SUCCESS) {
      result = vn_decode_vkEnumerateInstanceVersion_reply(&cmd.dec, version);
      if (cmd.dec.failed)
         result = VK_ERROR_UNKNOWN;
   }
   vn_ring_cmd_finish(&cmd);
   return result;
}

static VkResult
submit_version(struct vn_ring *ring)
{
   uint32_t version;
   struct vn_ring_cmd cmd;
   vn_ring_cmd_init(&cmd, ring);
   vn_encode_vkEnumerateInstanceVersion(&cmd.enc, 0, &version);
   const VkResult result = vn_ring_cmd_submit(&cmd);
   vn_ring_cmd_finish(&cmd);
   return result;
}

static void
test_info(struct vn_renderer *renderer)
{
   const struct vn_renderer_info *info = &renderer->info;
   U_CHECK_EQ(info->capset.wire_format_version, 1);
   U_CHECK(info->timeline_count > 1);
   U_CHECK(info->maps_only_dma_buf && !info->has_foreign_import);
}

static void
test_virtqueue(struct vn_renderer *renderer)
{
   const struct vn_renderer_ops *ops = renderer->ops;
   struct vn_renderer_shmem *shmem;
   struct vn_renderer_sync *sync;
   if (!U_CHECK_EQ(ops->shmem_create(renderer, 65536, &shmem), VK_SUCCESS) ||
       !U_CHECK_EQ(ops->sync_create(renderer, 3, &sync), VK_SUCCESS))
      return;
   U_CHECK(shmem->res_id && shmem->size == 65536);
   for (size_t i = 0; i < shmem->size; i++)
      U_CHECK_EQ(((uint8_t *)shmem->map)[i], 0);

   uint32_t version = 0;
   uint8_t bytes[128];
   struct vn_encoder enc = {
      .cur = bytes,
      .end = bytes + sizeof(bytes),
      .caps = &caps,
   };
   const VkCommandStreamDescriptionMESA stream = {
      .resourceId = shmem->res_id,
      .offset = 256,
      .size = 64,
   };
   vn_encode_vkSetReplyCommandStreamMESA(&enc, 0, &stream);
   vn_encode_vkEnumerateInstanceVersion(&enc, VN_COMMAND_GENERATE_REPLY,
                                        &version);
   const struct vn_renderer_submit submit = {
      .cs = bytes,
      .size = (size_t)(enc.cur - bytes),
      .has_fence = true,
      .sync = sync,
      .value = 10,
   };
   U_CHECK_EQ(ops->submit(renderer, &submit), VK_SUCCESS);

   uint64_t value = 10;
   struct vn_renderer_wait wait = {
      .count = 1,
      .syncs = &sync,
      .values = &value,
      .timeout_ns = 5 * VN_NSEC_PER_SEC,
   };
   U_CHECK_EQ(ops->wait(renderer, &wait), VK_SUCCESS);
   struct vn_decoder dec = {
      .cur = (uint8_t *)shmem->map + 256,
      .end = (uint8_t *)shmem->map + 256 + 20,
   };
   U_CHECK_EQ(vn_decode_vkEnumerateInstanceVersion_reply(&dec, &version),
              VK_SUCCESS);
   U_CHECK(!dec.failed && version >= VK_API_VERSION_1_1);

   U_CHECK_EQ(ops->sync_read(renderer, sync, &value), VK_SUCCESS);
   U_CHECK_EQ(value, 10);

   /* a value that nobody will reach: own timeouts, zero and not */
   value = 11;
   wait.timeout_ns = 0;
   U_CHECK_EQ(ops->wait(renderer, &wait), VK_TIMEOUT);
   const uint64_t start = vn_time_ns();
   wait.timeout_ns = 30 * 1000000;
   U_CHECK_EQ(ops->wait(renderer, &wait), VK_TIMEOUT);
   const uint64_t waited = vn_time_ns() - start;
   U_CHECK(waited >= 30 * 1000000 && waited < VN_NSEC_PER_SEC);

   /* until somebody writes it; then zero and long waits agree */
   U_CHECK_EQ(ops->sync_write(renderer, sync, 11), VK_SUCCESS);
   wait.timeout_ns = UINT64_MAX;
   U_CHECK_EQ(ops->wait(renderer, &wait), VK_SUCCESS);
   wait.timeout_ns = 0;
   U_CHECK_EQ(ops->wait(renderer, &wait), VK_SUCCESS);

   /* any and all */
   struct vn_renderer_sync *other;
   U_CHECK_EQ(ops->sync_create(renderer, 0, &other), VK_SUCCESS);
   struct vn_renderer_sync *both[2] = { sync, other };
   const uint64_t values[2] = { 11, 1 };
   wait = (struct vn_renderer_wait){
      .any = true,
      .count = 2,
      .syncs = both,
      .values = values,
      .timeout_ns = VN_NSEC_PER_SEC,
   };
   U_CHECK_EQ(ops->wait(renderer, &wait), VK_SUCCESS);
   wait.any = false;
   wait.timeout_ns = 20 * 1000000;
   U_CHECK_EQ(ops->wait(renderer, &wait), VK_TIMEOUT);
   ops->sync_destroy(renderer, other);

   ops->sync_destroy(renderer, sync);
   ops->shmem_destroy(renderer, shmem);
}

static void
test_bo_of_nothing(struct vn_renderer *renderer)
{
   struct vn_renderer_bo *bo;
   U_CHECK_EQ(renderer->ops->bo_import_fd(renderer, STDERR_FILENO, &bo),
              VK_ERROR_INVALID_EXTERNAL_HANDLE);
   U_CHECK_EQ(renderer->ops->bo_import_fd(renderer, -1, &bo),
              VK_ERROR_INVALID_EXTERNAL_HANDLE);
}

/* Through shared memory; whole commands, one behind the other. */
static void
test_streams(struct vn_ring *ring)
{
   struct vn_shmem_slice slices[20];
   struct vn_ring_stream streams[20];
   for (uint32_t i = 0; i < 20; i++) {
      U_CHECK_EQ(
         vn_shmem_pool_alloc(vn_ring_stream_pool(ring), 4096, &slices[i]),
         VK_SUCCESS);
      uint32_t version;
      struct vn_encoder enc = {
         .cur = slices[i].map,
         .end = (uint8_t *)slices[i].map + slices[i].size,
         .caps = &caps,
      };
      for (uint32_t j = 0; j < 100; j++)
         vn_encode_vkEnumerateInstanceVersion(&enc, 0, &version);
      streams[i] = (struct vn_ring_stream){ &slices[i], i % 3 ? 1600 : 0 };
   }
   uint32_t seqno = 0;
   U_CHECK_EQ(vn_ring_submit_streams(ring, streams, 20, &seqno), VK_SUCCESS);
   U_CHECK_EQ(vn_ring_wait_seqno(ring, seqno), VK_SUCCESS);
   for (uint32_t i = 0; i < 20; i++)
      vn_shmem_pool_free(vn_ring_stream_pool(ring), &slices[i], seqno);
}

/* Commands of all sizes, direct and indirect, with and without reply. */
static void
test_large(struct vn_ring *ring)
{
   for (uint32_t count = 1; count < 40000; count = count * 3 + 1) {
      uint32_t version = 0;
      struct vn_ring_cmd cmd;
      vn_ring_cmd_init(&cmd, ring);
      for (uint32_t i = 1; i < count; i++)
         vn_encode_vkEnumerateInstanceVersion(&cmd.enc, 0, &version);
      vn_encode_vkEnumerateInstanceVersion(
         &cmd.enc, VN_COMMAND_GENERATE_REPLY, &version);
      U_CHECK_EQ(vn_ring_cmd_call(&cmd, 20), VK_SUCCESS);
      U_CHECK_EQ(
         vn_decode_vkEnumerateInstanceVersion_reply(&cmd.dec, &version),
         VK_SUCCESS);
      U_CHECK(!cmd.dec.failed && version);
      vn_ring_cmd_finish(&cmd);
   }
}

static void
test_queue_fence(struct vn_ring *ring)
{
   struct vn_renderer *renderer = vn_ring_renderer(ring);
   struct vn_renderer_sync *sync;
   U_CHECK_EQ(renderer->ops->sync_create(renderer, 0, &sync), VK_SUCCESS);
   for (uint64_t i = 1; i < 50; i++) {
      U_CHECK_EQ(submit_version(ring), VK_SUCCESS);
      U_CHECK_EQ(
         vn_ring_submit_fence(ring, vn_ring_last_seqno(ring), 0, sync, i),
         VK_SUCCESS);
      const struct vn_renderer_wait wait = {
         .count = 1,
         .syncs = &sync,
         .values = &i,
         .timeout_ns = UINT64_MAX,
      };
      U_CHECK_EQ(renderer->ops->wait(renderer, &wait), VK_SUCCESS);
      U_CHECK(vn_ring_seqno_passed(ring, vn_ring_last_seqno(ring)));
   }
   renderer->ops->sync_destroy(renderer, sync);
}

enum { THREADS = 4, CALLS = 1000 };

static void *
call_many(void *data)
{
   struct vn_ring *ring = data;
   intptr_t failed = 0;
   for (int i = 0; i < CALLS; i++) {
      uint32_t version = 0;
      if (i % 4)
         failed += submit_version(ring) != VK_SUCCESS;
      failed += call_version(ring, &version) != VK_SUCCESS || !version;
   }
   return (void *)failed;
}

static void
test_threads(struct vn_ring *ring)
{
   pthread_t threads[THREADS];
   for (int i = 0; i < THREADS; i++)
      pthread_create(&threads[i], NULL, call_many, ring);
   for (int i = 0; i < THREADS; i++) {
      void *failed;
      pthread_join(threads[i], &failed);
      U_CHECK_EQ((intptr_t)failed, 0);
   }
}

/* ---- numbers ------------------------------------------------------------ */

static int
compare_u64(const void *a, const void *b)
{
   const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
   return x < y ? -1 : x > y;
}

/* The cheapest command that there is: the ring without what is on it. */
static VkResult
submit_nothing(struct vn_ring *ring, const struct vn_shmem_slice *slice)
{
   const VkCommandStreamDescriptionMESA stream = {
      .resourceId = slice->res_id,
      .offset = slice->offset,
      .size = slice->size,
   };
   struct vn_ring_cmd cmd;
   vn_ring_cmd_init(&cmd, ring);
   vn_encode_vkSetReplyCommandStreamMESA(&cmd.enc, 0, &stream);
   const VkResult result = vn_ring_cmd_submit(&cmd);
   vn_ring_cmd_finish(&cmd);
   return result;
}

static void
print_times(const char *what, uint64_t *times, int count)
{
   uint64_t total = 0;
   for (int i = 0; i < count; i++)
      total += times[i];
   qsort(times, count, sizeof(*times), compare_u64);
   printf("%d %s: mean %.1f us, median %.1f us, 90%% %.1f us, 99%% %.1f us\n",
          count, what, (double)total / 1e3 / count, times[count / 2] / 1e3,
          times[count * 9 / 10] / 1e3, times[count * 99 / 100] / 1e3);
}

static void
measure_round_trips(struct vn_ring *ring, int count)
{
   struct vn_shmem_slice slice;
   uint64_t *times = calloc(count, sizeof(*times));
   int failed = 0;
   U_CHECK_EQ(vn_shmem_pool_alloc(vn_ring_stream_pool(ring), 64, &slice),
              VK_SUCCESS);

   for (int i = 0; i < count; i++) {
      const uint64_t begin = vn_time_ns();
      uint32_t version = 0;
      failed += call_version(ring, &version) != VK_SUCCESS || !version;
      times[i] = vn_time_ns() - begin;
   }
   print_times("calls of vkEnumerateInstanceVersion", times, count);

   for (int i = 0; i < count; i++) {
      const uint64_t begin = vn_time_ns();
      failed += submit_nothing(ring, &slice) != VK_SUCCESS;
      failed += vn_ring_wait_seqno(ring, vn_ring_last_seqno(ring));
      times[i] = vn_time_ns() - begin;
   }
   print_times("empty round trips", times, count);

   for (int i = 0; i < count / 10; i++) {
      const struct timespec pause = { .tv_nsec = 2500000 };
      nanosleep(&pause, NULL);
      const uint64_t begin = vn_time_ns();
      failed += submit_nothing(ring, &slice) != VK_SUCCESS;
      failed += vn_ring_wait_seqno(ring, vn_ring_last_seqno(ring));
      times[i] = vn_time_ns() - begin;
   }
   print_times("empty round trips on a sleeping ring", times, count / 10);

   U_CHECK_EQ(failed, 0);
   vn_shmem_pool_free(vn_ring_stream_pool(ring), &slice,
                      vn_ring_last_seqno(ring));
   free(times);
}

static void
measure_submits(struct vn_ring *ring, int count)
{
   struct vn_shmem_slice slice;
   int failed = 0;
   U_CHECK_EQ(vn_shmem_pool_alloc(vn_ring_stream_pool(ring), 64, &slice),
              VK_SUCCESS);

   const uint64_t start = vn_time_ns();
   for (int i = 0; i < count; i++)
      failed += submit_nothing(ring, &slice) != VK_SUCCESS;
   const uint64_t submitted = vn_time_ns() - start;
   U_CHECK_EQ(failed, 0);
   U_CHECK_EQ(vn_ring_wait_seqno(ring, vn_ring_last_seqno(ring)), VK_SUCCESS);
   printf("%d submissions: %.3f us each, %.3f us with their execution\n",
          count, submitted / 1e3 / count,
          (vn_time_ns() - start) / 1e3 / count);
   vn_shmem_pool_free(vn_ring_stream_pool(ring), &slice,
                      vn_ring_last_seqno(ring));
}

/* ---- death -------------------------------------------------------------- */

struct end {
   const char *what;
   bool stop_worker; /* first, so that the driver is in the middle of a wait */
   bool kill_worker;
   bool kill_server;
   uint64_t max_ns; /* to the loss */
};

struct end_run {
   const struct end *end;
   pid_t worker;
   pid_t connection;
   uint64_t at_ns;
};

static void *
end_soon(void *data)
{
   struct end_run *run = data;
   const struct timespec pause = { .tv_nsec = 300 * 1000000 };

   nanosleep(&pause, NULL);
   run->at_ns = vn_time_ns();
   if (run->end->stop_worker)
      kill(run->worker, SIGSTOP);
   if (run->end->kill_worker || run->end->kill_server) {
      nanosleep(&pause, NULL);
      run->at_ns = vn_time_ns();
      kill(run->end->kill_worker ? run->worker : run->connection, SIGKILL);
   }
   return NULL;
}

/* Calls until it fails, and says how long after the end that was. */
static void
end_and_measure(struct vn_ring *ring, struct end_run *run)
{
   pthread_t thread;
   VkResult result = VK_SUCCESS;
   uint32_t version;

   const uint64_t start = vn_time_ns();
   pthread_create(&thread, NULL, end_soon, run);
   while (result == VK_SUCCESS && vn_time_ns() - start < 10 * VN_NSEC_PER_SEC)
      result = call_version(ring, &version);
   const uint64_t end = vn_time_ns();
   pthread_join(thread, NULL);

   U_CHECK_EQ(result, VK_ERROR_DEVICE_LOST);
   U_CHECK(end >= run->at_ns && end - run->at_ns < run->end->max_ns);
   printf("%s: lost after %.0f ms\n", run->end->what,
          (double)(end - run->at_ns) / 1e6);

   /* for ever, and at once */
   const uint64_t again = vn_time_ns();
   U_CHECK_EQ(call_version(ring, &version), VK_ERROR_DEVICE_LOST);
   U_CHECK_EQ(submit_version(ring), VK_ERROR_DEVICE_LOST);
   U_CHECK_EQ(vn_ring_wait_seqno(ring, 0), VK_ERROR_DEVICE_LOST);
   U_CHECK(vn_ring_is_lost(ring));
   U_CHECK(vn_time_ns() - again < VN_NSEC_PER_SEC / 10);
}

/*
 * The server has a child for each connection, that a render server, and that
 * a worker for the context.
 */
static void
test_ends(pid_t server)
{
   static const struct end ends[] = {
      { "worker killed", false, true, false, VN_NSEC_PER_SEC * 5 },
      { "server killed", false, false, true, VN_NSEC_PER_SEC },
      { "worker stopped", true, false, false, VN_NSEC_PER_SEC * 5 },
      { "worker stopped, killed", true, true, false, VN_NSEC_PER_SEC * 5 },
      { "worker stopped, server killed", true, false, true, VN_NSEC_PER_SEC },
   };
   for (size_t e = 0; e < VN_ARRAY_SIZE(ends); e++) {
      struct vn_renderer *renderer;
      struct vn_ring *ring;
      pid_t before[64], after[64];
      const int before_count = children_of(server, before, 64);
      if (!connect_both(&renderer, &ring))
         return;

      struct end_run run = { .end = &ends[e] };
      const int after_count = children_of(server, after, 64);
      for (int i = 0; i < after_count; i++) {
         bool known = false;
         for (int j = 0; j < before_count; j++)
            known |= before[j] == after[i];
         if (!known)
            run.connection = after[i];
      }
      pid_t children[64];
      run.worker = run.connection;
      while (run.worker && children_of(run.worker, children, 64) > 0)
         run.worker = children[0];

      if (U_CHECK(run.worker && run.worker != run.connection)) {
         end_and_measure(ring, &run);
         kill(run.worker, SIGKILL);
      }
      vn_ring_destroy(ring);
      renderer->ops->destroy(renderer);
   }
}

int
main(void)
{
   struct vn_renderer *renderer;
   struct vn_ring *ring;

   if (!getenv("VTEST_SOCKET_NAME")) {
      fprintf(stderr, "skipped: no server at VTEST_SOCKET_NAME\n");
      return U_TEST_SKIP;
   }
   setvbuf(stdout, NULL, _IOLBF, 0);
   if (!connect_both(&renderer, &ring))
      return u_test_result();

   test_info(renderer);
   test_virtqueue(renderer);
   test_bo_of_nothing(renderer);
   test_large(ring);
   test_streams(ring);
   test_queue_fence(ring);
   test_threads(ring);
   measure_round_trips(ring, 10000);
   measure_submits(ring, 1000000);
   vn_ring_destroy(ring);
   U_CHECK(!atomic_load(&renderer->lost));
   renderer->ops->destroy(renderer);

   const char *pid = getenv("VENUS_SERVER_PID");
   if (pid && atoi(pid) > 1)
      test_ends(atoi(pid));
   return u_test_result();
}
