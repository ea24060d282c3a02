/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See share_socket.h.
 */

#include "share_socket.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONTROL_SIZE CMSG_SPACE(SHARE_MAX_FDS * sizeof(int))

bool
share_send(int sock,
           const void *data,
           size_t size_B,
           const int *fds,
           unsigned fd_count)
{
   union {
      struct cmsghdr align;
      char bytes[CONTROL_SIZE];
   } control = { .bytes = { 0 } };
   struct iovec iov = { (void *)data, size_B };
   struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

   if (fd_count > SHARE_MAX_FDS)
      return false;
   if (fd_count) {
      msg.msg_control = control.bytes;
      msg.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
      struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
      cmsg->cmsg_level = SOL_SOCKET;
      cmsg->cmsg_type = SCM_RIGHTS;
      cmsg->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
      memcpy(CMSG_DATA(cmsg), fds, fd_count * sizeof(int));
   }
   return sendmsg(sock, &msg, MSG_NOSIGNAL) == (ssize_t)size_B;
}

bool
share_receive(int sock,
              void *data,
              size_t size_B,
              int *fds,
              unsigned *fd_count)
{
   const unsigned room = *fd_count;
   union {
      struct cmsghdr align;
      char bytes[CONTROL_SIZE];
   } control;
   struct iovec iov = { data, size_B };
   struct msghdr msg = {
      .msg_iov = &iov,
      .msg_iovlen = 1,
      .msg_control = control.bytes,
      .msg_controllen = sizeof(control.bytes),
   };
   int got[SHARE_MAX_FDS];
   unsigned count = 0;

   const ssize_t ret = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
   const struct cmsghdr *cmsg = ret < 0 ? NULL : CMSG_FIRSTHDR(&msg);
   if (cmsg && cmsg->cmsg_level == SOL_SOCKET &&
       cmsg->cmsg_type == SCM_RIGHTS) {
      count = (unsigned)((cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int));
      memcpy(got, CMSG_DATA(cmsg), count * sizeof(int));
   }
   *fd_count = 0;
   if (ret != (ssize_t)size_B || count > room) {
      while (count)
         close(got[--count]);
      return false;
   }
   *fd_count = count;
   if (count)
      memcpy(fds, got, count * sizeof(int));
   return true;
}
