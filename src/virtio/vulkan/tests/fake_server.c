/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 */

#include "fake_server.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "vn_vtest.h"

enum { MAX_BLOBS = 1024, MAX_MESSAGE = 64 << 20 };

struct blob {
   void *map;
   size_t size;
};

struct fake_server {
   struct fake_script script;
   char dir[64];
   char path[80];
   int listen_fd;
   pthread_t thread;

   pthread_mutex_t mutex; /* conn_fd and peer against other threads */
   int conn_fd;
   struct fake_renderer *peer;
   bool stop;

   _Atomic uint32_t lie_next; /* enum fake_lie */
   _Atomic uint32_t message_count;
   _Atomic uint32_t mistakes;

   /* of the present connection; only its thread */
   enum fake_lie lie;
   uint32_t version;
   bool has_context;
   struct blob blobs[MAX_BLOBS]; /* unmapped at its end: rings may go on */
   uint32_t blob_count;
   char *message; /* with its capacity */
   size_t message_capacity;
};

void
fake_script_init(struct fake_script *script)
{
   *script = (struct fake_script){
      .version = 4,
      .timelines = 64,
      .capset_dwords = 40,
   };
   const struct vn_capset capset = {
      .wire_format_version = 1,
      .vk_xml_version = VK_MAKE_API_VERSION(0, 1, 3, 269),
      .vk_ext_command_serialization_spec_version = 1,
      .vk_mesa_venus_protocol_spec_version = 2,
      .supports_blob_id_0 = 1,
      .vk_extension_mask1 = { 1 },
      .allow_vk_wait_syncs = 1,
      .supports_multiple_timelines = 1,
   };
   memcpy(script->capset, &capset, sizeof(capset));
}

/* ---- bytes -------------------------------------------------------------- */

static bool
send_bytes(struct fake_server *server,
           const void *data,
           size_t size,
           const int *fds,
           uint32_t fd_count)
{
   union {
      struct cmsghdr align;
      char bytes[CMSG_SPACE(32 * sizeof(int))];
   } control;
   const char *bytes = data;

   while (size) {
      size_t now = size;
      if (server->script.dribble)
         now = VN_MIN(now, server->script.dribble);
      struct iovec iov = { .iov_base = (void *)bytes, .iov_len = now };
      struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
      if (fd_count) {
         memset(&control, 0, sizeof(control));
         msg.msg_control = &control;
         msg.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
         struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
         cmsg->cmsg_level = SOL_SOCKET;
         cmsg->cmsg_type = SCM_RIGHTS;
         cmsg->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
         memcpy(CMSG_DATA(cmsg), fds, fd_count * sizeof(int));
      }
      const ssize_t ret = sendmsg(server->conn_fd, &msg, MSG_NOSIGNAL);
      if (ret < 0)
         return false;
      bytes += ret;
      size -= (size_t)ret;
      fd_count = 0;
      if (server->script.dribble)
         sched_yield();
   }
   return true;
}

static bool
recv_bytes(struct fake_server *server, void *data, size_t size)
{
   char *bytes = data;
   while (size) {
      const ssize_t ret = recv(server->conn_fd, bytes, size, 0);
      if (ret <= 0)
         return false;
      bytes += ret;
      size -= (size_t)ret;
   }
   return true;
}

/* Until the driver hangs up, or the test does. */
static void
wait_for_end(struct fake_server *server)
{
   struct timespec pause = { .tv_nsec = 1000000 };
   char byte;
   for (;;) {
      /* only a look: a mute server does not make room by reading */
      const ssize_t ret =
         recv(server->conn_fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
      pthread_mutex_lock(&server->mutex);
      const bool stop = server->stop;
      pthread_mutex_unlock(&server->mutex);
      if (stop || !ret || (ret < 0 && errno != EAGAIN))
         return;
      /* with unread bytes the end shows only to a writer */
      if (ret > 0 && send(server->conn_fd, NULL, 0, MSG_NOSIGNAL) < 0)
         return;
      nanosleep(&pause, NULL);
   }
}

static bool
answer(struct fake_server *server,
       uint32_t id,
       const uint32_t *dwords,
       uint32_t count)
{
   const int fd = STDERR_FILENO;
   uint32_t message[2 + 512] = { count, id };
   uint32_t fd_count = 0;
   assert(count < 500);
   if (count)
      memcpy(message + 2, dwords, count * sizeof(*dwords));

   switch (server->lie) {
   case FAKE_LIE_HALF:
      send_bytes(server, message, (8 + count * 4) / 2, NULL, 0);
      return false;
   case FAKE_LIE_WRONG_ID:
      message[1]++;
      break;
   case FAKE_LIE_SHORT:
      /* of an empty one, a header that is cut */
      message[0] = count = count ? count - 1 : 0;
      if (!message[0])
         message[1] += 100;
      break;
   case FAKE_LIE_LONG:
      message[0] = ++count;
      break;
   case FAKE_LIE_HUGE:
      message[0] = UINT32_MAX;
      break;
   case FAKE_LIE_UNASKED: {
      const uint32_t other[2] = { 0, 77 };
      if (!send_bytes(server, other, sizeof(other), NULL, 0))
         return false;
      break;
   }
   case FAKE_LIE_EARLY_FD:
      fd_count = 1;
      break;
   case FAKE_LIE_NOISE: {
      uint32_t noise = server->script.noise;
      for (uint32_t i = 0; i < count + 2; i++) {
         noise = noise * 1664525u + 1013904223u;
         /* a header with a wrong bit is not the only thing to find */
         if (i >= 2 || noise >> 28 == 0)
            message[i] ^= 1u << (noise >> 20) % 32 & noise << 3;
      }
      break;
   }
   case FAKE_LIE_ZERO:
      memset(message + 2, 0, count * sizeof(*dwords));
      break;
   default:
      break;
   }
   return send_bytes(server, message, 8 + count * sizeof(*dwords), &fd,
                     fd_count);
}

/* Takes the fd. */
static bool
answer_fd(struct fake_server *server, int fd)
{
   int fds[32];
   int pipe_fds[2] = { -1, -1 };
   uint32_t count = 1;
   for (uint32_t i = 0; i < 32; i++)
      fds[i] = fd;

   switch (server->lie) {
   case FAKE_LIE_NO_FD:
      count = 0;
      break;
   case FAKE_LIE_TWO_FDS:
      count = 2;
      break;
   case FAKE_LIE_MANY_FDS:
      count = 20;
      break;
   case FAKE_LIE_PIPE:
   case FAKE_LIE_CLOSED_PIPE:
      if (pipe2(pipe_fds, O_CLOEXEC))
         return false;
      fds[0] = pipe_fds[0];
      if (server->lie == FAKE_LIE_CLOSED_PIPE)
         u_fd_close(&pipe_fds[1]);
      break;
   default:
      break;
   }
   const char byte = 0;
   const bool ok = send_bytes(server, &byte, 1, fds, count);
   u_fd_close(&fd);
   u_fd_close(&pipe_fds[0]);
   /* an open pipe stays so: the leak is the lie's, for a test's length */
   u_fd_close(&pipe_fds[1]);
   return ok;
}

static bool
mistake(struct fake_server *server)
{
   atomic_fetch_add(&server->mistakes, 1);
   return false;
}

/* ---- messages ----------------------------------------------------------- */

static uint64_t
u64_at(const uint32_t *dwords)
{
   return dwords[0] | (uint64_t)dwords[1] << 32;
}

static bool
create_blob(struct fake_server *server, const uint32_t *d, uint32_t count)
{
   if (count != 6 || d[0] != VTEST_BLOB_HOST3D ||
       server->blob_count >= MAX_BLOBS)
      return mistake(server);
   uint64_t size = u64_at(d + 2);
   const uint64_t blob_id = u64_at(d + 4);
   if (blob_id
          ? (d[1] & VTEST_BLOB_SHAREABLE) && !(d[1] & VTEST_BLOB_CROSS_DEVICE)
          : d[1] != VTEST_BLOB_MAPPABLE)
      return mistake(server);

   if (server->lie == FAKE_LIE_SMALL_FILE)
      size /= 2;
   int fd = memfd_create("fake-blob", MFD_CLOEXEC);
   if (fd < 0 || ftruncate(fd, (off_t)size))
      return false;
   void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
   if (map == MAP_FAILED)
      return false;
   server->blobs[server->blob_count++] = (struct blob){ map, size };
   const uint32_t res_id =
      fake_renderer_add_resource(server->peer, map, size);
   if (!answer(server, VTEST_RESOURCE_CREATE_BLOB, &res_id, 1)) {
      close(fd);
      return false;
   }
   return answer_fd(server, fd);
}

static bool
sync_wait(struct fake_server *server, const uint32_t *d, uint32_t count)
{
   if (count < 2 || (count - 2) % 3)
      return mistake(server);
   const uint32_t n = (count - 2) / 3;
   uint32_t *ids = calloc(n + 1, sizeof(*ids));
   uint64_t *values = calloc(n + 1, sizeof(*values));
   for (uint32_t i = 0; i < n; i++) {
      ids[i] = d[2 + 3 * i];
      values[i] = u64_at(d + 3 + 3 * i);
   }
   const struct fake_wait wait = {
      .any = d[0] & VTEST_SYNC_WAIT_ANY,
      .count = n,
      .sync_ids = ids,
      .values = values,
   };
   int fd = eventfd(0, EFD_CLOEXEC);
   bool ok =
      fake_renderer_signal(server->peer, &wait, u_fd_dup_cloexec(fd)) ||
      mistake(server);
   free(ids);
   free(values);
   ok = ok && answer(server, VTEST_SYNC_WAIT, NULL, 0);
   if (!ok) {
      close(fd);
      return false;
   }
   return answer_fd(server, fd);
}

static bool
submit(struct fake_server *server, const uint32_t *d, uint32_t count)
{
   if (count < 9 || d[0] != 1)
      return mistake(server);
   const uint32_t flags = d[1], cmd_offset = d[2], cmd_size = d[3];
   const uint32_t sync_offset = d[4], sync_count = d[5];
   if (cmd_offset > count || cmd_size > count - cmd_offset ||
       sync_count > 1 || sync_offset > count ||
       sync_count * 3 > count - sync_offset || d[6] >= 64)
      return mistake(server);
   if (sync_count && !(flags & VTEST_BATCH_RING_IDX))
      return mistake(server);
   const uint32_t *sync = d + sync_offset;
   return fake_renderer_submit(
      server->peer, d + cmd_offset, cmd_size * (size_t)4, sync_count != 0,
      sync_count ? sync[0] : 0, sync_count ? u64_at(sync + 1) : 0);
}

static bool
get_capset(struct fake_server *server)
{
   const struct fake_script *script = &server->script;
   uint32_t dwords[1 + 256] = { script->capset_dwords != 0 };
   memcpy(dwords + 1, script->capset,
          script->capset_dwords * sizeof(uint32_t));
   return answer(server, VTEST_GET_CAPSET, dwords, 1 + script->capset_dwords);
}

static bool
handle_handshake(struct fake_server *server,
                 uint32_t id,
                 const uint32_t *d,
                 uint32_t count)
{
   const struct fake_script *script = &server->script;
   switch (id) {
   case VTEST_RESOURCE_BUSY_WAIT:
      return count == 2 && answer(server, id, (uint32_t[]){ 0 }, 1);
   case VTEST_PING_PROTOCOL_VERSION:
      return script->no_ping || answer(server, id, NULL, 0);
   case VTEST_PROTOCOL_VERSION:
      if (count != 1)
         return mistake(server);
      server->version =
         script->insists ? script->version : VN_MIN(d[0], script->version);
      return answer(server, id, &server->version, 1);
   case VTEST_GET_PARAM: {
      const uint32_t value[2] = { script->timelines != UINT32_MAX,
                                  script->timelines };
      return count == 1 && answer(server, id, value, 2);
   }
   case VTEST_GET_CAPSET:
      return count == 2 && d[0] == 4 && !d[1] && get_capset(server);
   case VTEST_CONTEXT_INIT:
      server->has_context = true;
      return count == 1 && d[0] == 4 && !script->no_context;
   }
   return mistake(server);
}

static bool
handle(struct fake_server *server,
       uint32_t id,
       const uint32_t *d,
       uint32_t count)
{
   uint64_t value = 0;
   if (!server->has_context || id < VTEST_RESOURCE_CREATE_BLOB) {
      if (id != VTEST_RESOURCE_UNREF)
         return handle_handshake(server, id, d, count);
   }
   switch (id) {
   case VTEST_RESOURCE_UNREF:
      return (count == 1 &&
              fake_renderer_remove_resource(server->peer, d[0])) ||
             mistake(server);
   case VTEST_RESOURCE_CREATE_BLOB:
      return create_blob(server, d, count);
   case VTEST_SYNC_CREATE: {
      if (count != 2)
         return mistake(server);
      const uint32_t sync = fake_renderer_add_sync(server->peer, u64_at(d));
      return answer(server, id, &sync, 1);
   }
   case VTEST_SYNC_UNREF:
      return (count == 1 && fake_renderer_remove_sync(server->peer, d[0])) ||
             mistake(server);
   case VTEST_SYNC_READ:
      if (count != 1 || !fake_renderer_read_sync(server->peer, d[0], &value))
         return mistake(server);
      return answer(server, id,
                    (uint32_t[]){ (uint32_t)value, (uint32_t)(value >> 32) },
                    2);
   case VTEST_SYNC_WRITE:
      return (count == 3 &&
              fake_renderer_write_sync(server->peer, d[0], u64_at(d + 1))) ||
             mistake(server);
   case VTEST_SYNC_WAIT:
      return sync_wait(server, d, count);
   case VTEST_SUBMIT_CMD2:
      return submit(server, d, count);
   }
   return mistake(server);
}

static bool
handle_next(struct fake_server *server)
{
   struct vtest_header header;
   if (!recv_bytes(server, &header, sizeof(header)))
      return false;
   const uint32_t number = atomic_fetch_add(&server->message_count, 1) + 1;
   server->lie = atomic_exchange(&server->lie_next, FAKE_LIE_NONE);
   if (number == server->script.lie_at)
      server->lie = server->script.lie;
   if (server->lie == FAKE_LIE_CLOSE)
      return false;
   if (server->lie == FAKE_LIE_MUTE) {
      wait_for_end(server);
      return false;
   }

   const size_t size = header.id == VTEST_CREATE_RENDERER
                          ? header.length
                          : header.length * (size_t)4;
   if (size > MAX_MESSAGE)
      return mistake(server);
   if (size > server->message_capacity) {
      free(server->message);
      server->message = malloc(size);
      server->message_capacity = size;
   }
   if (!recv_bytes(server, server->message, size))
      return false;
   if (number == 1)
      return header.id == VTEST_CREATE_RENDERER || mistake(server);
   return handle(server, header.id, (const uint32_t *)server->message,
                 header.length);
}

static void
serve(struct fake_server *server)
{
   struct fake_renderer *peer = fake_renderer_create();
   pthread_mutex_lock(&server->mutex);
   server->peer = peer;
   pthread_mutex_unlock(&server->mutex);
   atomic_store(&server->message_count, 0);
   server->has_context = false;

   while (handle_next(server))
      ;

   pthread_mutex_lock(&server->mutex);
   u_fd_close(&server->conn_fd);
   server->peer = NULL;
   pthread_mutex_unlock(&server->mutex);
   atomic_fetch_add(&server->mistakes,
                    atomic_load(&fake_renderer_counts(peer)->mistakes));
   fake_renderer_destroy(peer);
   for (uint32_t i = 0; i < server->blob_count; i++)
      munmap(server->blobs[i].map, server->blobs[i].size);
   server->blob_count = 0;
}

static void *
server_main(void *data)
{
   struct fake_server *server = data;
   for (;;) {
      const int fd = accept4(server->listen_fd, NULL, NULL, SOCK_CLOEXEC);
      if (fd < 0)
         break;
      pthread_mutex_lock(&server->mutex);
      server->conn_fd = fd;
      pthread_mutex_unlock(&server->mutex);
      serve(server);
   }
   return NULL;
}

/* ---- life --------------------------------------------------------------- */

struct fake_server *
fake_server_create(const struct fake_script *script)
{
   struct fake_server *server = calloc(1, sizeof(*server));
   server->script = *script;
   server->conn_fd = -1;
   pthread_mutex_init(&server->mutex, NULL);
   snprintf(server->dir, sizeof(server->dir), "/tmp/fake-vtest-XXXXXX");
   if (!mkdtemp(server->dir))
      abort();
   snprintf(server->path, sizeof(server->path), "%s/s", server->dir);

   struct sockaddr_un addr = { .sun_family = AF_UNIX };
   memcpy(addr.sun_path, server->path, sizeof(server->path));
   server->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
   if (bind(server->listen_fd, (struct sockaddr *)&addr, sizeof(addr)) ||
       listen(server->listen_fd, 4) ||
       pthread_create(&server->thread, NULL, server_main, server))
      abort();
   return server;
}

void
fake_server_destroy(struct fake_server *server)
{
   pthread_mutex_lock(&server->mutex);
   server->stop = true;
   shutdown(server->listen_fd, SHUT_RDWR);
   pthread_mutex_unlock(&server->mutex);
   fake_server_hang_up(server);
   pthread_join(server->thread, NULL);
   close(server->listen_fd);
   unlink(server->path);
   rmdir(server->dir);
   free(server->message);
   pthread_mutex_destroy(&server->mutex);
   free(server);
}

const char *
fake_server_path(struct fake_server *server)
{
   return server->path;
}

void
fake_server_lie_next(struct fake_server *server, enum fake_lie lie)
{
   atomic_store(&server->lie_next, lie);
}

void
fake_server_hang_up(struct fake_server *server)
{
   pthread_mutex_lock(&server->mutex);
   if (server->conn_fd >= 0)
      shutdown(server->conn_fd, SHUT_RDWR);
   pthread_mutex_unlock(&server->mutex);
}

uint32_t
fake_server_message_count(struct fake_server *server)
{
   return atomic_load(&server->message_count);
}

uint32_t
fake_server_mistakes(struct fake_server *server)
{
   return atomic_load(&server->mistakes);
}

struct fake_renderer *
fake_server_peer(struct fake_server *server)
{
   pthread_mutex_lock(&server->mutex);
   struct fake_renderer *peer = server->peer;
   pthread_mutex_unlock(&server->mutex);
   return peer;
}
