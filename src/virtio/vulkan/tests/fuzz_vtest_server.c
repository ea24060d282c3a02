/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 */

#include "fuzz_vtest_server.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vn_vtest.h"

int __real_connect(int fd, const struct sockaddr *addr, socklen_t size);
int __wrap_connect(int fd, const struct sockaddr *addr, socklen_t size);
ssize_t __real_sendmsg(int fd, const struct msghdr *msg, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *msg, int flags);
ssize_t __real_recvmsg(int fd, struct msghdr *msg, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *msg, int flags);
int __real_ppoll(struct pollfd *fds,
                 nfds_t count,
                 const struct timespec *timeout,
                 const sigset_t *mask);
int __wrap_ppoll(struct pollfd *fds,
                 nfds_t count,
                 const struct timespec *timeout,
                 const sigset_t *mask);
uint64_t __wrap_vn_time_ns(void);

enum { MAX_FDS_SENT = 8, MAX_EVENTS = 8, MAX_REQUEST = 1 << 16 };

/* What the server does instead of an honest answer. */
enum lie {
   LIE_VALUE = 8, /* smaller numbers are honest */
   LIE_RAW,
   LIE_HEADER,
   LIE_CUT,
   LIE_HANG_UP,
   LIE_STALL,
   LIE_UNASKED,
   LIE_FDS,
   LIE_COUNT,
};

/* What it gives for a file. */
enum file {
   FILE_HONEST = 4, /* smaller numbers too */
   FILE_SMALL,
   FILE_EMPTY,
   FILE_LARGE,
   FILE_READ_ONLY,
   FILE_SEALED,
   FILE_SAME, /* as the last one */
   FILE_PIPE,
   FILE_CLOSED_PIPE,
   FILE_EVENT,
   FILE_NULL,
   FILE_FOLDER,
   FILE_COUNT,
};

static struct {
   struct u_fuzz_input script;
   int fd; /* the server's end; -1 when it has hung up */
   uint64_t now_ns;
   uint32_t stalls; /* the client sees nothing for so many calls */
   bool dribbles;   /* the client gets single bytes */

   /* bytes of the client that are no whole request yet */
   uint8_t request[MAX_REQUEST];
   size_t request_size;
   bool has_renderer; /* the first request has been seen */

   uint32_t last_resource;
   uint32_t last_sync;
   int last_file;          /* owned, or -1 */
   int events[MAX_EVENTS]; /* owned; eventfds that a client may wait on */
   uint32_t event_count;
   int pipes[MAX_EVENTS]; /* owned; ends that are kept open */
   uint32_t pipe_count;
} server;

uint64_t
fuzz_server_now_ns(void)
{
   return server.now_ns;
}

uint64_t
__wrap_vn_time_ns(void)
{
   return server.now_ns;
}

static void
hang_up(void)
{
   u_fd_close(&server.fd);
}

static void
send_bytes(const void *data, size_t size, const int *fds, uint32_t fd_count)
{
   union {
      struct cmsghdr align;
      char bytes[CMSG_SPACE(MAX_FDS_SENT * sizeof(int))];
   } control;
   struct iovec iov = { .iov_base = (void *)data, .iov_len = size };
   struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
   if (server.fd < 0 || !size)
      return;
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
   /* a client that does not read what it did not ask for gets no more */
   if (__real_sendmsg(server.fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) !=
       (ssize_t)size)
      hang_up();
}

/* ---- files ----------------------------------------------------------------
 */

static int
make_memfd(uint64_t size)
{
   const int fd = memfd_create("fuzz-blob", MFD_CLOEXEC | MFD_ALLOW_SEALING);
   U_FUZZ_CHECK(fd >= 0);
   /* too large for a file: then it is an empty one */
   if (size <= INT64_MAX)
      (void)!ftruncate(fd, (off_t)size);
   return fd;
}

static int
make_pipe(bool is_open)
{
   int fds[2];
   U_FUZZ_CHECK(!pipe2(fds, O_CLOEXEC));
   if (!is_open || server.pipe_count == MAX_EVENTS)
      u_fd_close(&fds[1]);
   else
      server.pipes[server.pipe_count++] = fds[1];
   return fds[0];
}

static int
make_event(bool is_signalled)
{
   const int fd = eventfd(is_signalled, EFD_CLOEXEC | EFD_NONBLOCK);
   U_FUZZ_CHECK(fd >= 0);
   if (server.event_count < MAX_EVENTS)
      server.events[server.event_count++] = u_fd_dup_cloexec(fd);
   return fd;
}

static int
reopen(int fd, int flags)
{
   char path[64];
   snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
   const int again = open(path, flags | O_CLOEXEC);
   close(fd);
   U_FUZZ_CHECK(again >= 0);
   return again;
}

/* Owned by the caller. size: what the client has asked for. */
static int
make_file(uint8_t kind, uint64_t size)
{
   int fd;
   switch (kind % FILE_COUNT) {
   case FILE_SMALL:
      return make_memfd(size / 2);
   case FILE_EMPTY:
      return make_memfd(0);
   case FILE_LARGE:
      return make_memfd(size <= INT64_MAX / 2 ? size * 2 : size);
   case FILE_READ_ONLY:
      return reopen(make_memfd(size), O_RDONLY);
   case FILE_SEALED:
      fd = make_memfd(size);
      (void)fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_WRITE);
      return fd;
   case FILE_SAME:
      return server.last_file >= 0 ? u_fd_dup_cloexec(server.last_file)
                                   : make_memfd(size);
   case FILE_PIPE:
      return make_pipe(true);
   case FILE_CLOSED_PIPE:
      return make_pipe(false);
   case FILE_EVENT:
      return make_event(size & 1);
   case FILE_NULL:
      return open("/dev/null", O_RDWR | O_CLOEXEC);
   case FILE_FOLDER:
      return open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
   default:
      u_fd_close(&server.last_file);
      fd = make_memfd(size);
      server.last_file = u_fd_dup_cloexec(fd);
      return fd;
   }
}

/* ---- answers --------------------------------------------------------------
 */

/* An answer: a message, then, for some, a byte with an fd. */
struct answer {
   uint32_t message[2 + 64];
   uint32_t count; /* dwords behind the header */
   bool has_fd;
   bool is_event; /* an honest fd is an eventfd, not a blob's file */
   uint64_t blob_size;
};

static void
send_message(const struct answer *answer)
{
   send_bytes(answer->message, (2 + answer->count) * sizeof(uint32_t), NULL,
              0);
}

static void
send_fds(const struct answer *answer, uint32_t count, uint8_t kind)
{
   int fds[MAX_FDS_SENT] = { -1 };
   for (uint32_t i = 0; i < count; i++) {
      fds[i] = answer->is_event && kind % FILE_COUNT <= FILE_HONEST
                  ? make_event(kind & 1)
                  : make_file(kind, answer->blob_size);
   }
   const char byte = 0;
   send_bytes(&byte, 1, fds, count);
   for (uint32_t i = 0; i < count; i++)
      u_fd_close(&fds[i]);
}

static void
send_answer(struct answer *answer)
{
   struct u_fuzz_input *script = &server.script;
   if (u_fuzz_at_end(script)) {
      hang_up();
      return;
   }

   const uint8_t lie = u_fuzz_u8(script);
   switch (lie % LIE_COUNT) {
   case LIE_VALUE:
      if (answer->count)
         answer->message[2 + u_fuzz_u8(script) % answer->count] =
            u_fuzz_u32(script);
      break;
   case LIE_RAW: {
      uint8_t raw[64];
      const size_t size = u_fuzz_u8(script) % sizeof(raw);
      u_fuzz_bytes(script, raw, size);
      send_bytes(raw, size, NULL, 0);
      return;
   }
   case LIE_HEADER:
      answer->message[0] = u_fuzz_u32(script);
      answer->message[1] = u_fuzz_u8(script);
      break;
   case LIE_CUT:
      send_bytes(answer->message, u_fuzz_u8(script) % (8 + answer->count * 4),
                 NULL, 0);
      hang_up();
      return;
   case LIE_HANG_UP:
      hang_up();
      return;
   case LIE_STALL:
      server.stalls = u_fuzz_u8(script);
      break;
   case LIE_UNASKED: {
      const uint32_t other[2] = { 0, u_fuzz_u8(script) };
      send_bytes(other, sizeof(other), NULL, 0);
      break;
   }
   case LIE_FDS: {
      /* with the header, or another number of them behind it */
      const uint8_t how = u_fuzz_u8(script);
      if (how & 0x80) {
         int fd = make_file(how, answer->blob_size);
         send_bytes(answer->message, 8 + answer->count * 4, &fd, 1);
         u_fd_close(&fd);
      } else {
         send_message(answer);
         send_fds(answer, how % (MAX_FDS_SENT + 1), how >> 3);
      }
      return;
   }
   default:
      server.dribbles = lie & 0x80;
      break;
   }
   send_message(answer);
   if (answer->has_fd)
      send_fds(answer, 1, u_fuzz_u8(script));
}

/* A request whose bytes are all there. The client is honest, and its
 * requests are well formed whatever it was told.
 */
static void
handle(uint32_t id, const uint32_t *d, uint32_t count)
{
   struct answer answer = { .message = { 0, id } };
   uint32_t *out = answer.message + 2;
   struct vn_capset capset = {
      .wire_format_version = 1,
      .vk_xml_version = VK_MAKE_API_VERSION(0, 1, 3, 269),
      .vk_ext_command_serialization_spec_version = 1,
      .vk_mesa_venus_protocol_spec_version = 2,
      .supports_blob_id_0 = 1,
      .vk_extension_mask1 = { 1 },
      .allow_vk_wait_syncs = 1,
      .supports_multiple_timelines = 1,
   };

   switch ((enum vtest_message)id) {
   case VTEST_CREATE_RENDERER:
      return;
   case VTEST_RESOURCE_UNREF:
   case VTEST_CONTEXT_INIT:
   case VTEST_SYNC_UNREF:
      U_FUZZ_CHECK(count == 1);
      return;
   case VTEST_SYNC_WRITE:
      U_FUZZ_CHECK(count == 3);
      return;
   case VTEST_SUBMIT_CMD2:
      U_FUZZ_CHECK(count >= 9);
      U_FUZZ_CHECK(d[0] == 1 && d[2] == 9 && d[4] == 9 + d[3]);
      U_FUZZ_CHECK(count == 9 + d[3] + 3 * d[5]);
      return;
   case VTEST_RESOURCE_BUSY_WAIT:
      U_FUZZ_CHECK(count == 2);
      answer.count = 1;
      break;
   case VTEST_PING_PROTOCOL_VERSION:
      U_FUZZ_CHECK(count == 0);
      break;
   case VTEST_PROTOCOL_VERSION:
      U_FUZZ_CHECK(count == 1);
      out[0] = d[0];
      answer.count = 1;
      break;
   case VTEST_GET_PARAM:
      U_FUZZ_CHECK(count == 1);
      out[0] = 1;
      out[1] = 64;
      answer.count = 2;
      break;
   case VTEST_GET_CAPSET:
      U_FUZZ_CHECK(count == 2);
      out[0] = 1;
      memcpy(out + 1, &capset, sizeof(capset));
      answer.count = 1 + sizeof(capset) / sizeof(uint32_t);
      break;
   case VTEST_RESOURCE_CREATE_BLOB:
      U_FUZZ_CHECK(count == 6);
      out[0] = ++server.last_resource;
      answer.count = 1;
      answer.has_fd = true;
      answer.blob_size = d[2] | (uint64_t)d[3] << 32;
      break;
   case VTEST_SYNC_CREATE:
      U_FUZZ_CHECK(count == 2);
      out[0] = ++server.last_sync;
      answer.count = 1;
      break;
   case VTEST_SYNC_READ:
      U_FUZZ_CHECK(count == 1);
      out[0] = u_fuzz_u8(&server.script);
      answer.count = 2;
      break;
   case VTEST_SYNC_WAIT:
      U_FUZZ_CHECK(count >= 5 && count % 3 == 2);
      answer.has_fd = true;
      answer.is_event = true;
      break;
   default:
      U_FUZZ_CHECK(!"a message that there is");
   }
   answer.message[0] = answer.count;
   send_answer(&answer);
}

/* Reads what the client has sent and answers it. */
static void
serve(void)
{
   for (;;) {
      if (server.fd < 0)
         return;
      const ssize_t ret =
         recv(server.fd, server.request + server.request_size,
              sizeof(server.request) - server.request_size, MSG_DONTWAIT);
      if (ret <= 0)
         return;
      server.request_size += (size_t)ret;

      size_t begin = 0;
      while (server.request_size - begin >= sizeof(struct vtest_header)) {
         struct vtest_header header;
         memcpy(&header, server.request + begin, sizeof(header));
         const size_t size = header.id == VTEST_CREATE_RENDERER
                                ? header.length
                                : header.length * (size_t)4;
         U_FUZZ_CHECK(sizeof(header) + size <= sizeof(server.request));
         if (server.request_size - begin < sizeof(header) + size)
            break;
         uint32_t *dwords = u_fuzz_zeros(1, size + 4);
         memcpy(dwords, server.request + begin + sizeof(header), size);
         U_FUZZ_CHECK(server.has_renderer ||
                      header.id == VTEST_CREATE_RENDERER);
         server.has_renderer = true;
         handle(header.id, dwords, header.length);
         free(dwords);
         begin += sizeof(header) + size;
      }
      server.request_size -= begin;
      memmove(server.request, server.request + begin, server.request_size);
   }
}

/* ---- between the client and libc ------------------------------------------
 */

int
__wrap_connect(int fd, const struct sockaddr *addr, socklen_t size)
{
   switch (u_fuzz_u8(&server.script)) {
   case 0xff:
      errno = ECONNREFUSED;
      return -1;
   case 0xfe:
      errno = EAGAIN;
      return -1;
   case 0xfd:
      server.now_ns += VN_NSEC_PER_SEC;
      errno = EINTR;
      return -1;
   default:
      break;
   }
   int fds[2];
   U_FUZZ_CHECK(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds));
   U_FUZZ_CHECK(dup3(fds[0], fd, O_CLOEXEC) == fd);
   close(fds[0]);
   server.fd = fds[1];
   return 0;
}

ssize_t
__wrap_sendmsg(int fd, const struct msghdr *msg, int flags)
{
   if (server.stalls) {
      server.stalls--;
      server.now_ns += VN_NSEC_PER_SEC / 4;
      errno = server.stalls % 3 ? EAGAIN : EINTR;
      return -1;
   }

   /* not all at once */
   struct msghdr some = *msg;
   struct iovec iov;
   if (server.dribbles && msg->msg_iovlen && msg->msg_iov[0].iov_len > 4) {
      iov = msg->msg_iov[0];
      iov.iov_len = 4;
      some.msg_iov = &iov;
      some.msg_iovlen = 1;
   }
   const ssize_t ret = __real_sendmsg(fd, &some, flags | MSG_DONTWAIT);
   serve();
   return ret;
}

ssize_t
__wrap_recvmsg(int fd, struct msghdr *msg, int flags)
{
   serve();
   if (server.stalls) {
      server.stalls--;
      server.now_ns += VN_NSEC_PER_SEC / 4;
      errno = server.stalls % 3 ? EAGAIN : EINTR;
      return -1;
   }
   if (server.dribbles && msg->msg_iov[0].iov_len)
      msg->msg_iov[0].iov_len = 1;
   ssize_t ret = __real_recvmsg(fd, msg, flags | MSG_DONTWAIT);
   if (ret < 0 && errno == EAGAIN) {
      /* nothing is going to come: the server has said all it had to say */
      hang_up();
      ret = __real_recvmsg(fd, msg, flags | MSG_DONTWAIT);
   }
   return ret;
}

/* Time passes, and something may happen meanwhile. */
static void
let_time_pass(uint64_t ns)
{
   server.now_ns += ns;
   if (u_fuzz_at_end(&server.script)) {
      hang_up();
      return;
   }
   const uint8_t what = u_fuzz_u8(&server.script);
   const uint64_t one = 1;
   switch (what & 3) {
   case 0:
      for (uint32_t i = 0; i < server.event_count; i++)
         (void)!write(server.events[i], &one, sizeof(one));
      break;
   case 1:
      server.now_ns += (uint64_t)what * (VN_NSEC_PER_SEC / 16);
      break;
   case 2:
      if (what & 0x80)
         hang_up();
      else
         send_bytes(&one, sizeof(one), NULL, 0);
      break;
   case 3:
      break;
   }
}

int
__wrap_ppoll(struct pollfd *fds,
             nfds_t count,
             const struct timespec *timeout,
             const sigset_t *mask)
{
   static const struct timespec zero;
   serve();
   const int ret = __real_ppoll(fds, count, &zero, mask);
   if (ret)
      return ret;
   let_time_pass((uint64_t)timeout->tv_sec * VN_NSEC_PER_SEC +
                 (uint64_t)timeout->tv_nsec);
   return __real_ppoll(fds, count, &zero, mask);
}

/* ---- life -----------------------------------------------------------------
 */

void
fuzz_server_start(const struct u_fuzz_input *script)
{
   server.script = *script;
   server.fd = -1;
   server.now_ns = VN_NSEC_PER_SEC;
   server.stalls = 0;
   server.dribbles = false;
   server.request_size = 0;
   server.has_renderer = false;
   server.last_resource = 0;
   server.last_sync = 0;
   server.last_file = -1;
   server.event_count = 0;
   server.pipe_count = 0;
}

void
fuzz_server_stop(void)
{
   hang_up();
   u_fd_close(&server.last_file);
   for (uint32_t i = 0; i < server.event_count; i++)
      u_fd_close(&server.events[i]);
   for (uint32_t i = 0; i < server.pipe_count; i++)
      u_fd_close(&server.pipes[i]);
}
