/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The vtest transport against a server that behaves, and against one that
 * lies, falls silent or hangs up at every message. Each case has to end in
 * the right result, in time, and with no fd and no mapping left behind.
 */

#include "fake_server.h"
#include "u_test.h"
#include "vn_protocol.h"
#include "vn_ring_private.h"
#include "vn_vtest.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define MS UINT64_C(1000000)

/* Messages of a handshake: CREATE_RENDERER .. the GET_PARAM at its end. */
#define HANDSHAKE_MESSAGES 8

static const struct vn_vtest_limits short_limits = {
   .handshake_ns = 300 * MS,
   .reply_ns = 300 * MS,
   .slice_ns = 20 * MS,
};

static const struct vn_vtest_limits long_limits = {
   .handshake_ns = 20 * VN_NSEC_PER_SEC,
   .reply_ns = 20 * VN_NSEC_PER_SEC,
   .slice_ns = 20 * MS,
};

static const struct vn_protocol_caps caps = {
   .vk_xml_version = VK_API_VERSION_1_3,
};

static void
sleep_ns(uint64_t ns)
{
   const struct timespec ts = {
      .tv_sec = (time_t)(ns / VN_NSEC_PER_SEC),
      .tv_nsec = (long)(ns % VN_NSEC_PER_SEC),
   };
   nanosleep(&ts, NULL);
}

/* ---- what a process has ------------------------------------------------- */

struct belongings {
   int fds;
   int maps; /* of the server's blobs */
};

static struct belongings
count_belongings(void)
{
   struct belongings b = { 0 };
   DIR *dir = opendir("/proc/self/fd");
   while (dir && readdir(dir))
      b.fds++;
   if (dir)
      closedir(dir);

   char line[512];
   FILE *file = fopen("/proc/self/maps", "re");
   while (file && fgets(line, sizeof(line), file))
      b.maps += strstr(line, "memfd:fake-blob") != NULL;
   if (file)
      fclose(file);
   return b;
}

static void
check_belongings(const struct belongings *before)
{
   const struct belongings now = count_belongings();
   U_CHECK_EQ(now.fds, before->fds);
   U_CHECK_EQ(now.maps, before->maps);
}

/* ---- the handshake ------------------------------------------------------ */

/* Result of one attempt; everything is gone again after it. */
static VkResult
try_connect(const struct fake_script *script,
            const struct vn_vtest_limits *limits)
{
   const struct belongings before = count_belongings();
   struct fake_server *server = fake_server_create(script);
   struct vn_renderer *renderer = NULL;

   const uint64_t begin = vn_time_ns();
   const VkResult result =
      vn_vtest_create(fake_server_path(server), limits, &renderer);
   U_CHECK(vn_time_ns() - begin < limits->handshake_ns + 500 * MS);
   U_CHECK_EQ(renderer != NULL, result == VK_SUCCESS);
   if (renderer) {
      U_CHECK_EQ(fake_server_message_count(server), HANDSHAKE_MESSAGES);
      renderer->ops->destroy(renderer);
   }
   fake_server_destroy(server);
   check_belongings(&before);
   return result;
}

static void
test_no_server(void)
{
   const struct belongings before = count_belongings();
   struct vn_renderer *renderer;
   const VkResult failed = VK_ERROR_INITIALIZATION_FAILED;
   char path[200];

   U_CHECK_EQ(vn_vtest_create("/nonexistent/s", &short_limits, &renderer),
              failed);
   memset(path, 'a', sizeof(path));
   path[199] = '\0';
   U_CHECK_EQ(vn_vtest_create(path, &short_limits, &renderer), failed);

   /* a socket that nobody listens on, and one that nobody accepts from */
   snprintf(path, sizeof(path), "/tmp/vn-vtest-test-%d", (int)getpid());
   struct sockaddr_un addr = { .sun_family = AF_UNIX };
   memcpy(addr.sun_path, path, sizeof(addr.sun_path));
   const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
   unlink(path);
   U_CHECK_EQ(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
   U_CHECK_EQ(vn_vtest_create(path, &short_limits, &renderer), failed);
   U_CHECK_EQ(listen(fd, 0), 0);
   for (int i = 0; i < 3; i++) {
      const uint64_t begin = vn_time_ns();
      U_CHECK_EQ(vn_vtest_create(path, &short_limits, &renderer), failed);
      U_CHECK(vn_time_ns() - begin < 2 * short_limits.handshake_ns);
   }
   close(fd);
   unlink(path);

   /* the public one, by its variable */
   setenv("VTEST_SOCKET_NAME", "/nonexistent/t", 1);
   U_CHECK_EQ(vn_renderer_create_vtest(&renderer), failed);
   unsetenv("VTEST_SOCKET_NAME");
   check_belongings(&before);
}

static void
test_versions(void)
{
   struct fake_script script;
   fake_script_init(&script);
   for (script.version = 0; script.version < 5; script.version++) {
      U_CHECK_EQ(
         try_connect(&script, &long_limits),
         script.version >= 3 ? VK_SUCCESS : VK_ERROR_INITIALIZATION_FAILED);
   }
   script.insists = true;
   U_CHECK_EQ(try_connect(&script, &long_limits),
              VK_ERROR_INITIALIZATION_FAILED);

   fake_script_init(&script);
   script.no_ping = true;
   U_CHECK_EQ(try_connect(&script, &long_limits),
              VK_ERROR_INITIALIZATION_FAILED);
   fake_script_init(&script);
   script.timelines = 0;
   U_CHECK_EQ(try_connect(&script, &long_limits),
              VK_ERROR_INITIALIZATION_FAILED);
   script.timelines = UINT32_MAX; /* not valid */
   U_CHECK_EQ(try_connect(&script, &long_limits),
              VK_ERROR_INITIALIZATION_FAILED);
   fake_script_init(&script);
   script.no_context = true;
   U_CHECK_EQ(try_connect(&script, &long_limits),
              VK_ERROR_INITIALIZATION_FAILED);
}

static void
test_capsets(void)
{
   struct fake_script script;
   fake_script_init(&script);

   /* none, all sizes, and each needed field missing */
   for (uint32_t dwords = 0; dwords < 256; dwords++) {
      script.capset_dwords = dwords;
      /* supports_multiple_timelines is the last one that is needed */
      U_CHECK_EQ(try_connect(&script, &long_limits),
                 dwords >= 39 ? VK_SUCCESS : VK_ERROR_INITIALIZATION_FAILED);
   }
   static const uint32_t needed[] = { 0, 1, 4, 37, 38 };
   for (size_t i = 0; i < VN_ARRAY_SIZE(needed); i++) {
      fake_script_init(&script);
      script.capset[needed[i]] = 0;
      U_CHECK_EQ(try_connect(&script, &long_limits),
                 VK_ERROR_INITIALIZATION_FAILED);
   }
   fake_script_init(&script);
   memset(script.capset, 0x5a, sizeof(script.capset));
   U_CHECK_EQ(try_connect(&script, &long_limits),
              VK_ERROR_INITIALIZATION_FAILED);
}

static void
test_handshake_lies(void)
{
   struct fake_script script;
   fake_script_init(&script);
   /* 1 and 7 have no answer that could be wrong; a wrong count of timelines
    * in 8 is nobody's concern any more
    */
   for (uint32_t at = 1; at <= HANDSHAKE_MESSAGES; at++) {
      for (int lie = FAKE_LIE_CLOSE; lie < FAKE_LIE_COUNT; lie++) {
         const bool has_answer = at != 1 && at != 7;
         const bool about_fd =
            lie >= FAKE_LIE_NO_FD && lie <= FAKE_LIE_CLOSED_PIPE;
         bool harmless = about_fd || (lie > FAKE_LIE_MUTE && !has_answer);
         /* zero dwords, or zero for "busy": no lie */
         harmless |= lie == FAKE_LIE_ZERO && (at == 2 || at == 3);
         /* a longer capset is fine, and a shorter one down to 39 */
         harmless |=
            at == 6 && (lie == FAKE_LIE_LONG || lie == FAKE_LIE_SHORT);
         harmless |= lie == FAKE_LIE_HALF && !has_answer;
         script.lie = lie;
         script.lie_at = at;
         const bool silent = lie == FAKE_LIE_MUTE;
         if (!U_CHECK_EQ(
                try_connect(&script, silent ? &short_limits : &long_limits),
                harmless ? VK_SUCCESS : VK_ERROR_INITIALIZATION_FAILED))
            fprintf(stderr, "message %u, lie %d\n", at, lie);
      }
   }
}

/* ---- after it ----------------------------------------------------------- */

struct setup {
   struct belongings before;
   struct fake_server *server;
   struct vn_renderer *renderer;
   const struct vn_renderer_ops *ops;
};

static bool
start(struct setup *s, uint32_t dribble, const struct vn_vtest_limits *limits)
{
   struct fake_script script;
   fake_script_init(&script);
   script.dribble = dribble;
   s->before = count_belongings();
   s->server = fake_server_create(&script);
   if (!U_CHECK_EQ(
          vn_vtest_create(fake_server_path(s->server), limits, &s->renderer),
          VK_SUCCESS)) {
      fake_server_destroy(s->server);
      return false;
   }
   s->ops = s->renderer->ops;
   return true;
}

static void
finish(struct setup *s, bool lost)
{
   U_CHECK_EQ(atomic_load(&s->renderer->lost), lost);
   s->ops->destroy(s->renderer);
   U_CHECK_EQ(fake_server_mistakes(s->server), 0);
   fake_server_destroy(s->server);
   check_belongings(&s->before);
}

static VkResult
wait_for(struct setup *s,
         struct vn_renderer_sync *sync,
         uint64_t value,
         uint64_t timeout_ns)
{
   const struct vn_renderer_wait wait = {
      .count = 1,
      .syncs = &sync,
      .values = &value,
      .timeout_ns = timeout_ns,
   };
   return s->ops->wait(s->renderer, &wait);
}

static VkResult
fence(struct setup *s, struct vn_renderer_sync *sync, uint64_t value)
{
   const struct vn_renderer_submit submit = {
      .has_fence = true,
      .sync = sync,
      .value = value,
   };
   return s->ops->submit(s->renderer, &submit);
}

/* All of the interface; with one byte at a time as well. */
static void
use_everything(uint32_t dribble)
{
   struct setup s;
   if (!start(&s, dribble, &long_limits))
      return;
   const struct vn_renderer_ops *ops = s.ops;
   U_CHECK_EQ(s.renderer->info.timeline_count, 64);
   U_CHECK_EQ(s.renderer->info.capset.vk_xml_version,
              VK_MAKE_API_VERSION(0, 1, 3, 269));

   struct vn_renderer_shmem *shmem;
   U_CHECK_EQ(ops->shmem_create(s.renderer, 10000, &shmem), VK_SUCCESS);
   memset(shmem->map, 7, shmem->size);

   struct vn_renderer_sync *syncs[20];
   uint64_t values[20];
   for (uint32_t i = 0; i < 20; i++) {
      values[i] = (UINT64_C(5) << 32) + i;
      U_CHECK_EQ(ops->sync_create(s.renderer, i, &syncs[i]), VK_SUCCESS);
   }
   uint64_t value;
   U_CHECK_EQ(ops->sync_read(s.renderer, syncs[9], &value), VK_SUCCESS);
   U_CHECK_EQ(value, 9);
   struct vn_renderer_wait wait = {
      .count = 20,
      .syncs = syncs,
      .values = values,
   };
   U_CHECK_EQ(ops->wait(s.renderer, &wait), VK_TIMEOUT);
   wait.any = true;
   U_CHECK_EQ(ops->wait(s.renderer, &wait), VK_TIMEOUT);
   U_CHECK_EQ(ops->sync_write(s.renderer, syncs[19], values[19]), VK_SUCCESS);
   U_CHECK_EQ(ops->wait(s.renderer, &wait), VK_SUCCESS);
   wait.timeout_ns = UINT64_MAX;
   U_CHECK_EQ(ops->wait(s.renderer, &wait), VK_SUCCESS);
   wait.any = false;
   wait.timeout_ns = 1;
   U_CHECK_EQ(ops->wait(s.renderer, &wait), VK_TIMEOUT);
   for (uint32_t i = 0; i < 20; i++)
      U_CHECK_EQ(fence(&s, syncs[i], values[i]), VK_SUCCESS);
   wait.timeout_ns = UINT64_MAX - 1;
   U_CHECK_EQ(ops->wait(s.renderer, &wait), VK_SUCCESS);
   wait.count = 0;
   U_CHECK_EQ(ops->wait(s.renderer, &wait), VK_SUCCESS);
   U_CHECK_EQ(ops->sync_read(s.renderer, syncs[9], &value), VK_SUCCESS);
   U_CHECK_EQ(value, values[9]);
   for (uint32_t i = 0; i < 20; i++)
      ops->sync_destroy(s.renderer, syncs[i]);

   /* nothing to do, nothing sent */
   const struct vn_renderer_submit nothing = { 0 };
   U_CHECK_EQ(ops->submit(s.renderer, &nothing), VK_SUCCESS);

   ops->shmem_destroy(s.renderer, shmem);
   struct fake_renderer *peer = fake_server_peer(s.server);
   U_CHECK_EQ(ops->sync_create(s.renderer, 0, &syncs[0]), VK_SUCCESS);
   U_CHECK_EQ(atomic_load(&fake_renderer_counts(peer)->resources), 0);
   U_CHECK_EQ(atomic_load(&fake_renderer_counts(peer)->syncs), 1);
   ops->sync_destroy(s.renderer, syncs[0]);
   finish(&s, false);
}

static void
test_everything(void)
{
   use_everything(0);
   use_everything(1);
   use_everything(3);
}

/* A whole ring on top. */
static void
test_ring(void)
{
   for (uint32_t dribble = 0; dribble < 2; dribble++) {
      struct setup s;
      struct vn_ring *ring;
      if (!start(&s, dribble, &long_limits))
         return;
      U_CHECK_EQ(vn_ring_create(s.renderer, &caps, 4096, &ring), VK_SUCCESS);
      for (int i = 0; i < 500; i++) {
         uint32_t version = 0;
         struct vn_ring_cmd cmd;
         vn_ring_cmd_init(&cmd, ring);
         vn_encode_vkEnumerateInstanceVersion(
            &cmd.enc, VN_COMMAND_GENERATE_REPLY, &version);
         U_CHECK_EQ(
            vn_ring_cmd_call(
               &cmd, vn_sizeof_vkEnumerateInstanceVersion_reply(&version)),
            VK_SUCCESS);
         U_CHECK_EQ(
            vn_decode_vkEnumerateInstanceVersion_reply(&cmd.dec, &version),
            VK_SUCCESS);
         U_CHECK_EQ(version, FAKE_API_VERSION);
         vn_ring_cmd_finish(&cmd);
         /* now and then long enough for the renderer to fall asleep */
         if (i % 100 == 0)
            sleep_ns(3 * MS);
      }
      vn_ring_destroy(ring);
      finish(&s, false);
   }
}

static void
test_cloexec(void)
{
   bool open_before[256];
   for (int fd = 0; fd < 256; fd++)
      open_before[fd] = fcntl(fd, F_GETFD) >= 0;

   struct setup s;
   if (!start(&s, 0, &long_limits))
      return;
   struct vn_renderer_bo *bo;
   int exported;
   U_CHECK_EQ(
      s.ops->bo_create(s.renderer, 4096, 7, VN_RENDERER_BO_SHAREABLE, &bo),
      VK_SUCCESS);
   U_CHECK_EQ(s.ops->bo_export_fd(s.renderer, bo, &exported), VK_SUCCESS);
   int count = 0;
   for (int fd = 0; fd < 256; fd++) {
      const int flags = fcntl(fd, F_GETFD);
      if (flags >= 0 && !open_before[fd]) {
         U_CHECK(flags & FD_CLOEXEC);
         count++;
      }
   }
   U_CHECK(count >= 3);
   close(exported);
   s.ops->bo_unref(s.renderer, bo);
   finish(&s, false);
}

/* Without a stdin, the socket does not become it. */
static void
test_closed_streams(void)
{
   const int saved = u_fd_dup_cloexec(STDIN_FILENO);
   close(STDIN_FILENO);
   /* the server's own sockets come first; so only the blob can land there */
   struct setup s;
   if (start(&s, 0, &long_limits)) {
      struct vn_renderer_bo *bo;
      U_CHECK_EQ(
         s.ops->bo_create(s.renderer, 4096, 7, VN_RENDERER_BO_SHAREABLE, &bo),
         VK_SUCCESS);
      struct stat st;
      U_CHECK(fstat(STDIN_FILENO, &st) || !S_ISREG(st.st_mode));
      s.ops->bo_unref(s.renderer, bo);
      finish(&s, false);
   }
   if (saved >= 0) {
      dup2(saved, STDIN_FILENO);
      close(saved);
   }
}

/* ---- lies after the handshake ------------------------------------------- */

enum op {
   OP_SHMEM_CREATE,
   OP_BO_CREATE,
   OP_SYNC_CREATE,
   OP_SYNC_READ,
   OP_WAIT,
   OP_COUNT,
};

static VkResult
run_op(struct setup *s, enum op op, struct vn_renderer_sync *sync)
{
   struct vn_renderer_shmem *shmem;
   struct vn_renderer_bo *bo;
   struct vn_renderer_sync *other;
   uint64_t value;
   VkResult result = VK_ERROR_UNKNOWN;
   switch (op) {
   case OP_SHMEM_CREATE:
      result = s->ops->shmem_create(s->renderer, 8192, &shmem);
      if (result == VK_SUCCESS) {
         memset(shmem->map, 1, shmem->size);
         s->ops->shmem_destroy(s->renderer, shmem);
      }
      break;
   case OP_BO_CREATE:
      result = s->ops->bo_create(
         s->renderer, 8192, 1,
         VN_RENDERER_BO_SHAREABLE | VN_RENDERER_BO_MAPPABLE, &bo);
      if (result == VK_SUCCESS)
         s->ops->bo_unref(s->renderer, bo);
      break;
   case OP_SYNC_CREATE:
      result = s->ops->sync_create(s->renderer, 0, &other);
      if (result == VK_SUCCESS)
         s->ops->sync_destroy(s->renderer, other);
      break;
   case OP_SYNC_READ:
      result = s->ops->sync_read(s->renderer, sync, &value);
      break;
   case OP_WAIT:
      result = wait_for(s, sync, 5, 50 * MS);
      break;
   case OP_COUNT:
      break;
   }
   return result;
}

static VkResult
expected_result(enum op op, enum fake_lie lie)
{
   const bool blob = op == OP_SHMEM_CREATE || op == OP_BO_CREATE;
   const VkResult right = op == OP_WAIT ? VK_TIMEOUT : VK_SUCCESS;
   switch (lie) {
   case FAKE_LIE_NO_FD:
   case FAKE_LIE_TWO_FDS:
   case FAKE_LIE_MANY_FDS:
      return blob || op == OP_WAIT ? VK_ERROR_DEVICE_LOST : right;
   case FAKE_LIE_SMALL_FILE:
      return blob ? VK_ERROR_OUT_OF_DEVICE_MEMORY : right;
   case FAKE_LIE_PIPE:
   case FAKE_LIE_CLOSED_PIPE:
      /* an empty pipe whose writer closes at once */
      return blob            ? VK_ERROR_OUT_OF_DEVICE_MEMORY
             : op == OP_WAIT ? VK_ERROR_DEVICE_LOST
                             : right;
   case FAKE_LIE_ZERO:
      return blob ? VK_ERROR_DEVICE_LOST : right;
   case FAKE_LIE_NONE:
      return right;
   default:
      return VK_ERROR_DEVICE_LOST;
   }
}

static void
check_lost(struct setup *s)
{
   const uint64_t begin = vn_time_ns();
   struct vn_renderer_sync sync = { 1 };
   struct vn_renderer_bo *bo;
   U_CHECK_EQ(fence(s, &sync, 1), VK_ERROR_DEVICE_LOST);
   for (int op = 0; op < OP_COUNT; op++)
      U_CHECK_EQ(run_op(s, op, &sync), VK_ERROR_DEVICE_LOST);
   U_CHECK_EQ(wait_for(s, &sync, 5, 0), VK_ERROR_DEVICE_LOST);
   U_CHECK_EQ(s->ops->sync_write(s->renderer, &sync, 1),
              VK_ERROR_DEVICE_LOST);
   U_CHECK_EQ(s->ops->bo_import_fd(s->renderer, 0, &bo),
              VK_ERROR_DEVICE_LOST);
   U_CHECK(vn_time_ns() - begin < 50 * MS);
}

static void
test_lies(void)
{
   for (int op = 0; op < OP_COUNT; op++) {
      for (int lie = 0; lie < FAKE_LIE_COUNT; lie++) {
         struct setup s;
         struct vn_renderer_sync *sync;
         /* 0 is a sync id like any other until it is used */
         if (op == OP_SYNC_CREATE && lie == FAKE_LIE_ZERO)
            continue;
         if (!start(&s, 0, &short_limits))
            return;
         U_CHECK_EQ(s.ops->sync_create(s.renderer, 0, &sync), VK_SUCCESS);

         const VkResult expected = expected_result(op, lie);
         fake_server_lie_next(s.server, lie);
         const uint64_t begin = vn_time_ns();
         if (!U_CHECK_EQ(run_op(&s, op, sync), expected))
            fprintf(stderr, "operation %d, lie %d\n", op, lie);
         U_CHECK(vn_time_ns() - begin < VN_NSEC_PER_SEC);
         /* a lie of which there is more to come shows at the next message */
         const bool lost = expected == VK_ERROR_DEVICE_LOST;
         if (lost)
            check_lost(&s);
         s.ops->sync_destroy(s.renderer, sync);
         finish(&s, lost);
      }
   }
}

/* ---- silence ------------------------------------------------------------ */

static _Atomic bool give_up;

static bool
watchdog(void *data, uint64_t wait_start_ns)
{
   U_CHECK(wait_start_ns && data == &give_up);
   return atomic_load(&give_up);
}

struct later {
   struct setup *s;
   enum { LATER_WATCHDOG, LATER_HANG_UP, LATER_WRITE } what;
   struct vn_renderer_sync *sync;
   uint64_t at_ns;
};

static void *
do_later(void *data)
{
   struct later *later = data;
   sleep_ns(300 * MS);
   later->at_ns = vn_time_ns();
   switch (later->what) {
   case LATER_WATCHDOG:
      atomic_store(&give_up, true);
      break;
   case LATER_HANG_UP:
      fake_server_hang_up(later->s->server);
      break;
   case LATER_WRITE:
      later->s->ops->sync_write(later->s->renderer, later->sync, 5);
      break;
   }
   return NULL;
}

static void
check_ends(struct setup *s, struct later *later, VkResult expected, int op)
{
   static uint32_t big[4 << 20];
   pthread_t thread;
   pthread_create(&thread, NULL, do_later, later);
   VkResult result;
   if (op == OP_COUNT) {
      /* more than a socket takes */
      const struct vn_renderer_submit submit = {
         .cs = big,
         .size = sizeof(big),
      };
      result = s->ops->submit(s->renderer, &submit);
   } else if (op == OP_WAIT) {
      result = wait_for(s, later->sync, 5, UINT64_MAX);
   } else {
      result = run_op(s, op, later->sync);
   }
   const uint64_t end = vn_time_ns();
   pthread_join(thread, NULL);
   U_CHECK_EQ(result, expected);
   U_CHECK(end >= later->at_ns && end - later->at_ns < 250 * MS);
}

/*
 * A server that says nothing: for as long as the watchdog has patience. A
 * server that hangs up, in a request, in a blocked write and in a wait: at
 * once.
 */
static void
test_silence(void)
{
   static const int ops[] = { OP_SHMEM_CREATE, OP_WAIT, OP_COUNT };
   for (int what = LATER_WATCHDOG; what <= LATER_HANG_UP; what++) {
      for (size_t i = 0; i < VN_ARRAY_SIZE(ops); i++) {
         struct setup s;
         struct later later = { .s = &s, .what = what };
         if (!start(&s, 0, &short_limits))
            return;
         U_CHECK_EQ(s.ops->sync_create(s.renderer, 0, &later.sync),
                    VK_SUCCESS);
         atomic_store(&give_up, false);
         s.renderer->watchdog = watchdog;
         s.renderer->watchdog_data = &give_up;
         if (ops[i] != OP_WAIT)
            fake_server_lie_next(s.server, FAKE_LIE_MUTE);
         check_ends(&s, &later, VK_ERROR_DEVICE_LOST, ops[i]);
         check_lost(&s);
         s.ops->sync_destroy(s.renderer, later.sync);
         finish(&s, true);
      }
   }
}

/* Without a watchdog there is a time for each reply. */
static void
test_silence_unwatched(void)
{
   static const int ops[] = { OP_SYNC_READ, OP_WAIT, OP_COUNT };
   for (size_t i = 0; i < VN_ARRAY_SIZE(ops); i++) {
      struct setup s;
      struct vn_renderer_sync *sync;
      static uint32_t big[1 << 20];
      if (!start(&s, 0, &short_limits))
         return;
      U_CHECK_EQ(s.ops->sync_create(s.renderer, 0, &sync), VK_SUCCESS);
      fake_server_lie_next(s.server, FAKE_LIE_MUTE);
      const struct vn_renderer_submit submit = {
         .cs = big,
         .size = sizeof(big),
      };
      const uint64_t begin = vn_time_ns();
      U_CHECK_EQ(ops[i] == OP_COUNT ? s.ops->submit(s.renderer, &submit)
                                    : run_op(&s, ops[i], sync),
                 VK_ERROR_DEVICE_LOST);
      const uint64_t took = vn_time_ns() - begin;
      U_CHECK(took >= 250 * MS && took < 800 * MS);
      s.ops->sync_destroy(s.renderer, sync);
      finish(&s, true);
   }
}

/* Others go on while one sleeps, and may be what it waits for. */
static void *
read_often(void *data)
{
   struct later *later = data;
   uint64_t value = 0;
   for (int i = 0; i < 2000 && value < 5; i++) {
      U_CHECK_EQ(
         later->s->ops->sync_read(later->s->renderer, later->sync, &value),
         VK_SUCCESS);
      sleep_ns(MS / 10);
   }
   return NULL;
}

static void
test_wait_among_others(void)
{
   struct setup s;
   struct later later = { .s = &s, .what = LATER_WRITE };
   pthread_t threads[3];
   if (!start(&s, 0, &long_limits))
      return;
   U_CHECK_EQ(s.ops->sync_create(s.renderer, 0, &later.sync), VK_SUCCESS);
   for (int i = 0; i < 3; i++)
      pthread_create(&threads[i], NULL, read_often, &later);
   check_ends(&s, &later, VK_SUCCESS, OP_WAIT);
   for (int i = 0; i < 3; i++)
      pthread_join(threads[i], NULL);
   s.ops->sync_destroy(s.renderer, later.sync);
   finish(&s, false);
}

/* ---- buffer objects ----------------------------------------------------- */

static void
test_bo(void)
{
   struct setup s;
   if (!start(&s, 0, &long_limits))
      return;
   const struct vn_renderer_ops *ops = s.ops;
   const uint32_t all = VN_RENDERER_BO_MAPPABLE | VN_RENDERER_BO_SHAREABLE;
   struct vn_renderer_bo *bo, *again, *plain;
   int fd;
   void *map, *map2;

   U_CHECK_EQ(ops->bo_create(s.renderer, 6000, 11, all, &bo), VK_SUCCESS);
   U_CHECK(bo->res_id && bo->size == 6000 && bo->flags == all);
   U_CHECK_EQ(ops->bo_map(s.renderer, bo, &map), VK_SUCCESS);
   U_CHECK_EQ(ops->bo_map(s.renderer, bo, &map2), VK_SUCCESS);
   U_CHECK(map == map2);
   memset(map, 3, 6000);

   /* the same file, the same bo; the fd stays the caller's */
   U_CHECK_EQ(ops->bo_export_fd(s.renderer, bo, &fd), VK_SUCCESS);
   U_CHECK_EQ(ops->bo_import_fd(s.renderer, fd, &again), VK_SUCCESS);
   U_CHECK(again == bo && fcntl(fd, F_GETFD) >= 0);
   ops->bo_unref(s.renderer, bo);
   U_CHECK_EQ(((uint8_t *)map)[5999], 3);
   ops->bo_unref(s.renderer, again);

   /* the fd is a reference too */
   U_CHECK_EQ(ops->bo_import_fd(s.renderer, fd, &again), VK_SUCCESS);
   U_CHECK_EQ(ops->bo_map(s.renderer, again, &map), VK_SUCCESS);
   U_CHECK_EQ(((uint8_t *)map)[5999], 3);
   ops->bo_unref(s.renderer, again);
   close(fd);

   /* gone with its last reference when nobody ever had the file */
   struct fake_renderer *peer = fake_server_peer(s.server);
   struct vn_renderer_sync *sync;
   U_CHECK_EQ(ops->bo_create(s.renderer, 4096, 10, all, &plain), VK_SUCCESS);
   ops->bo_unref(s.renderer, plain);
   U_CHECK_EQ(ops->sync_create(s.renderer, 0, &sync), VK_SUCCESS);
   U_CHECK_EQ(atomic_load(&fake_renderer_counts(peer)->resources), 1);
   ops->sync_destroy(s.renderer, sync);

   /* what was not made to be shared cannot be found */
   U_CHECK_EQ(
      ops->bo_create(s.renderer, 4096, 12, VN_RENDERER_BO_MAPPABLE, &plain),
      VK_SUCCESS);
   DIR *dir = opendir("/proc/self/fd");
   struct dirent *entry;
   while ((entry = readdir(dir)))
      U_CHECK_EQ(ops->bo_import_fd(s.renderer, atoi(entry->d_name), &again),
                 VK_ERROR_INVALID_EXTERNAL_HANDLE);
   closedir(dir);
   ops->bo_unref(s.renderer, plain);

   U_CHECK_EQ(
      ops->bo_create(s.renderer, 4096, 13, VN_RENDERER_BO_SHAREABLE, &plain),
      VK_SUCCESS);
   U_CHECK_EQ(ops->bo_map(s.renderer, plain, &map),
              VK_ERROR_MEMORY_MAP_FAILED);
   ops->bo_unref(s.renderer, plain);
   ops->bo_unref(s.renderer, NULL);
   finish(&s, false);
}

struct importer {
   struct setup *s;
   int fd;
   uint32_t found;
};

static void *
import_often(void *data)
{
   struct importer *importer = data;
   struct vn_renderer_bo *bo;
   for (int i = 0; i < 20000; i++) {
      if (importer->s->ops->bo_import_fd(importer->s->renderer, importer->fd,
                                         &bo) == VK_SUCCESS) {
         importer->found++;
         importer->s->ops->bo_unref(importer->s->renderer, bo);
      } else {
         break;
      }
   }
   return NULL;
}

/* Imports against the last unref. */
static void
test_bo_race(void)
{
   struct setup s;
   if (!start(&s, 0, &long_limits))
      return;
   for (int round = 0; round < 20; round++) {
      struct importer importers[2];
      pthread_t threads[2];
      struct vn_renderer_bo *bo;
      int fd;
      U_CHECK_EQ(s.ops->bo_create(s.renderer, 4096, 1 + round,
                                  VN_RENDERER_BO_SHAREABLE, &bo),
                 VK_SUCCESS);
      U_CHECK_EQ(s.ops->bo_export_fd(s.renderer, bo, &fd), VK_SUCCESS);
      for (int i = 0; i < 2; i++) {
         importers[i] = (struct importer){ .s = &s, .fd = fd };
         pthread_create(&threads[i], NULL, import_often, &importers[i]);
      }
      sleep_ns(MS / 4 * (uint64_t)(round % 5));
      s.ops->bo_unref(s.renderer, bo);
      for (int i = 0; i < 2; i++)
         pthread_join(threads[i], NULL);
      close(fd);
   }
   struct vn_renderer_sync *sync;
   struct fake_renderer *peer = fake_server_peer(s.server);
   U_CHECK_EQ(s.ops->sync_create(s.renderer, 0, &sync), VK_SUCCESS);
   /* few are kept, see vn_vtest_retired.c */
   U_CHECK(atomic_load(&fake_renderer_counts(peer)->resources) <= 9);
   s.ops->sync_destroy(s.renderer, sync);
   finish(&s, false);
}

/* What was made before a loss goes away without a word after it. */
static void
test_lost_with_belongings(void)
{
   struct setup s;
   struct vn_renderer_shmem *shmem;
   struct vn_renderer_bo *bo;
   struct vn_renderer_sync *sync;
   struct vn_ring *ring;
   void *map;
   if (!start(&s, 0, &short_limits))
      return;
   U_CHECK_EQ(vn_ring_create(s.renderer, &caps, 4096, &ring), VK_SUCCESS);
   U_CHECK_EQ(s.ops->shmem_create(s.renderer, 4096, &shmem), VK_SUCCESS);
   U_CHECK_EQ(s.ops->bo_create(
                 s.renderer, 4096, 5,
                 VN_RENDERER_BO_MAPPABLE | VN_RENDERER_BO_SHAREABLE, &bo),
              VK_SUCCESS);
   U_CHECK_EQ(s.ops->bo_map(s.renderer, bo, &map), VK_SUCCESS);
   U_CHECK_EQ(s.ops->sync_create(s.renderer, 0, &sync), VK_SUCCESS);
   fake_server_hang_up(s.server);
   U_CHECK_EQ(wait_for(&s, sync, 1, UINT64_MAX), VK_ERROR_DEVICE_LOST);
   U_CHECK(vn_ring_is_lost(ring));
   /* the memory itself stays until it is given back */
   memset(map, 1, 4096);
   memset(shmem->map, 1, 4096);

   s.ops->sync_destroy(s.renderer, sync);
   s.ops->bo_unref(s.renderer, bo);
   s.ops->shmem_destroy(s.renderer, shmem);
   vn_ring_destroy(ring);
   finish(&s, true);
}

/*
 * Whatever the bits of the answers: an end in time, and nothing left. What
 * the results are depends on the bits.
 */
static void
test_noise(void)
{
   const struct belongings before = count_belongings();
   struct fake_script script;
   fake_script_init(&script);
   script.lie = FAKE_LIE_NOISE;
   for (script.noise = 1; script.noise < 200; script.noise++) {
      struct setup s = { 0 };
      struct vn_renderer_sync *sync;
      script.lie_at = 2 + script.noise % 16;
      s.server = fake_server_create(&script);
      const uint64_t begin = vn_time_ns();
      if (vn_vtest_create(fake_server_path(s.server), &short_limits,
                          &s.renderer) == VK_SUCCESS) {
         s.ops = s.renderer->ops;
         if (s.ops->sync_create(s.renderer, 0, &sync) == VK_SUCCESS) {
            fence(&s, sync, 1);
            for (int op = 0; op < OP_COUNT; op++)
               run_op(&s, op, sync);
            wait_for(&s, sync, 1, MS);
            s.ops->sync_destroy(s.renderer, sync);
         }
         s.ops->destroy(s.renderer);
      }
      U_CHECK(vn_time_ns() - begin < VN_NSEC_PER_SEC);
      fake_server_destroy(s.server);
   }
   check_belongings(&before);
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
   RUN(test_no_server);
   RUN(test_versions);
   RUN(test_capsets);
   RUN(test_handshake_lies);
   RUN(test_everything);
   RUN(test_ring);
   RUN(test_cloexec);
   RUN(test_closed_streams);
   RUN(test_lies);
   RUN(test_noise);
   RUN(test_silence);
   RUN(test_silence_unwatched);
   RUN(test_wait_among_others);
   RUN(test_bo);
   RUN(test_bo_race);
   RUN(test_lost_with_belongings);
   return u_test_result();
}
