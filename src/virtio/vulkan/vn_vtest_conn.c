/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Bytes and file descriptors over the vtest socket. The socket's own
 * timeouts (SO_RCVTIMEO, SO_SNDTIMEO) cut every wait into slices; between
 * two slices the watchdog is asked. Whatever the server sends that was not
 * asked for is an error, and no fd that it sends survives one.
 */

#include "vn_vtest.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

/* Received at once at most; the kernel closes what does not fit. */
#define MAX_FDS 4

const struct vn_vtest_limits vn_vtest_default_limits = {
   .handshake_ns = 5 * VN_NSEC_PER_SEC,
   .reply_ns = 10 * VN_NSEC_PER_SEC,
   .slice_ns = VN_NSEC_PER_SEC / 4,
};

bool
vn_vtest_conn_fail(struct vn_vtest_conn *conn, const char *fmt, ...)
{
   if (conn->why[0])
      return false;

   va_list ap;
   va_start(ap, fmt);
   vsnprintf(conn->why, sizeof(conn->why), fmt, ap);
   va_end(ap);
   return false;
}

/* An app that closed its standard streams must not find our log, which goes
 * to stderr, in the socket or in a blob.
 */
static bool
move_above_standard_streams(int *fd)
{
   if (*fd > STDERR_FILENO)
      return true;
   const int moved = u_fd_dup_cloexec(*fd);
   u_fd_close(fd);
   *fd = moved;
   return moved >= 0;
}

static bool
set_timeout(int fd, int option, uint64_t ns)
{
   const uint64_t us = VN_MAX(ns / 1000, 1);
   const struct timeval tv = {
      .tv_sec = us / 1000000,
      .tv_usec = us % 1000000,
   };
   return !setsockopt(fd, SOL_SOCKET, option, &tv, sizeof(tv));
}

bool
vn_vtest_conn_open(struct vn_vtest_conn *conn, const char *path)
{
   struct sockaddr_un addr = { .sun_family = AF_UNIX };
   if (strlen(path) >= sizeof(addr.sun_path))
      return vn_vtest_conn_fail(conn, "the path is too long");
   memcpy(addr.sun_path, path, strlen(path) + 1);

   conn->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
   if (conn->fd < 0 || !move_above_standard_streams(&conn->fd))
      return vn_vtest_conn_fail(conn, "socket: %s", strerror(errno));

   /* connect waits, for this long, while the server's backlog is full */
   if (!set_timeout(conn->fd, SO_SNDTIMEO, conn->limits.handshake_ns))
      return vn_vtest_conn_fail(conn, "setsockopt: %s", strerror(errno));

   int ret;
   do {
      ret = connect(conn->fd, (struct sockaddr *)&addr, sizeof(addr));
   } while (ret < 0 && errno == EINTR && vn_time_ns() < conn->deadline_ns);
   if (ret < 0) {
      return vn_vtest_conn_fail(
         conn, "%s",
         errno == EAGAIN ? "the server accepts nobody" : strerror(errno));
   }

   if (!set_timeout(conn->fd, SO_SNDTIMEO, conn->limits.slice_ns) ||
       !set_timeout(conn->fd, SO_RCVTIMEO, conn->limits.slice_ns))
      return vn_vtest_conn_fail(conn, "setsockopt: %s", strerror(errno));
   return true;
}

void
vn_vtest_conn_close(struct vn_vtest_conn *conn)
{
   u_fd_close(&conn->fd);
}

bool
vn_vtest_conn_may_wait(struct vn_vtest_conn *conn, uint64_t start_ns)
{
   const struct vn_renderer *renderer = conn->renderer;

   /* relaxed: a flag only; what it is about is found out independently */
   if (atomic_load_explicit(&renderer->lost, memory_order_relaxed))
      return vn_vtest_conn_fail(conn, "the renderer is lost");

   const uint64_t now = vn_time_ns();
   if (conn->deadline_ns) {
      return now < conn->deadline_ns ||
             vn_vtest_conn_fail(conn, "no answer in time");
   }
   if (renderer->watchdog) {
      return !renderer->watchdog(renderer->watchdog_data, start_ns) ||
             vn_vtest_conn_fail(conn, "the renderer gives no sign of life");
   }
   return now - start_ns < conn->limits.reply_ns ||
          vn_vtest_conn_fail(conn, "no answer in time");
}

/*
 * After a failed socket call: whether to call again. EAGAIN is the end of a
 * slice.
 */
static bool
may_retry(struct vn_vtest_conn *conn, const char *what)
{
   if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
      if (errno == EPIPE || errno == ECONNRESET)
         return vn_vtest_conn_fail(conn, "the server closed the connection");
      return vn_vtest_conn_fail(conn, "%s: %s", what, strerror(errno));
   }

   /* the clock is read only by those who wait; the first slice is over */
   if (!conn->start_ns)
      conn->start_ns = vn_time_ns() - conn->limits.slice_ns;
   return vn_vtest_conn_may_wait(conn, conn->start_ns);
}

bool
vn_vtest_conn_send(struct vn_vtest_conn *conn, struct iovec *iov, int count)
{
   conn->start_ns = 0;

   while (count) {
      const struct msghdr msg = { .msg_iov = iov, .msg_iovlen = count };
      const ssize_t ret = sendmsg(conn->fd, &msg, MSG_NOSIGNAL);
      if (ret < 0) {
         if (!may_retry(conn, "sendmsg"))
            return false;
         continue;
      }

      size_t sent = (size_t)ret;
      while (count && sent >= iov->iov_len) {
         sent -= iov->iov_len;
         iov++;
         count--;
      }
      if (count) {
         iov->iov_base = (char *)iov->iov_base + sent;
         iov->iov_len -= sent;
      }
   }
   return true;
}

bool
vn_vtest_conn_send_dwords(struct vn_vtest_conn *conn,
                          enum vtest_message id,
                          const uint32_t *dwords,
                          uint32_t count)
{
   struct vtest_header header = { .length = count, .id = id };
   struct iovec iov[2] = {
      { .iov_base = &header, .iov_len = sizeof(header) },
      { .iov_base = (void *)dwords, .iov_len = count * sizeof(*dwords) },
   };
   return vn_vtest_conn_send(conn, iov, 2);
}

/* Takes the fds out of a received message: the first into *fd, if asked for,
 * and closes all others. False if there were others.
 */
static bool
take_fds(struct msghdr *msg, int *fd)
{
   bool expected = !(msg->msg_flags & MSG_CTRUNC);

   for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg); cmsg;
        cmsg = CMSG_NXTHDR(msg, cmsg)) {
      if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS)
         continue;

      const size_t count = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      for (size_t i = 0; i < count; i++) {
         int received;
         memcpy(&received, CMSG_DATA(cmsg) + i * sizeof(int), sizeof(int));
         if (fd && *fd < 0) {
            *fd = received;
         } else {
            u_fd_close(&received);
            expected = false;
         }
      }
   }
   return expected;
}

/* All of size bytes; with fd, one that came with them, or -1. */
static bool
recv_all(struct vn_vtest_conn *conn, void *data, size_t size, int *fd)
{
   size_t done = 0;

   while (done < size) {
      union {
         struct cmsghdr align;
         char bytes[CMSG_SPACE(MAX_FDS * sizeof(int))];
      } control;
      struct iovec iov = {
         .iov_base = (char *)data + done,
         .iov_len = size - done,
      };
      struct msghdr msg = {
         .msg_iov = &iov,
         .msg_iovlen = 1,
         .msg_control = &control,
         .msg_controllen = sizeof(control),
      };
      const ssize_t ret = recvmsg(conn->fd, &msg, MSG_CMSG_CLOEXEC);
      if (ret < 0) {
         if (!may_retry(conn, "recvmsg"))
            return false;
         continue;
      }
      if (!take_fds(&msg, fd)) {
         if (fd)
            u_fd_close(fd);
         return vn_vtest_conn_fail(conn, "the server sent unexpected fds");
      }
      if (!ret)
         return vn_vtest_conn_fail(conn, "the server closed the connection");
      done += (size_t)ret;
   }
   return true;
}

bool
vn_vtest_conn_recv(struct vn_vtest_conn *conn, void *data, size_t size)
{
   return recv_all(conn, data, size, NULL);
}

bool
vn_vtest_conn_recv_header(struct vn_vtest_conn *conn,
                          enum vtest_message id,
                          uint32_t *length_out)
{
   struct vtest_header header;
   if (!vn_vtest_conn_recv(conn, &header, sizeof(header)))
      return false;
   if (header.id != id) {
      return vn_vtest_conn_fail(conn, "the server answered %u to message %u",
                                header.id, id);
   }
   *length_out = header.length;
   return true;
}

bool
vn_vtest_conn_recv_dwords(struct vn_vtest_conn *conn,
                          enum vtest_message id,
                          uint32_t *dwords,
                          uint32_t count)
{
   uint32_t length = 0;
   if (!vn_vtest_conn_recv_header(conn, id, &length))
      return false;
   if (length != count) {
      return vn_vtest_conn_fail(
         conn, "the server answered %u dwords to message %u, expected %u",
         length, id, count);
   }
   return vn_vtest_conn_recv(conn, dwords, count * sizeof(*dwords));
}

bool
vn_vtest_conn_recv_fd(struct vn_vtest_conn *conn, int *fd_out)
{
   /* the fd rides on one byte that means nothing */
   char byte;
   int fd = -1;
   if (!recv_all(conn, &byte, 1, &fd))
      return false;
   if (fd < 0)
      return vn_vtest_conn_fail(conn, "the server sent no fd");
   if (!move_above_standard_streams(&fd))
      return vn_vtest_conn_fail(conn, "dup: %s", strerror(errno));

   *fd_out = fd;
   return true;
}
