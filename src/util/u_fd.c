/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 */

#include "u_fd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

void
u_fd_close(int *fd)
{
   if (*fd < 0)
      return;

   /* no retry on EINTR: Linux has released the number by then */
   const int saved_errno = errno;
   close(*fd);
   errno = saved_errno;
   *fd = -1;
}

int
u_fd_dup_cloexec(int fd)
{
   return fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

bool
u_fd_identity(int fd, struct u_hash_key *key, uint64_t *size_out)
{
   struct stat st;
   if (fstat(fd, &st))
      return false;

   *key = (struct u_hash_key){ .a = st.st_dev, .b = st.st_ino };
   if (size_out)
      *size_out = st.st_size < 0 ? 0 : (uint64_t)st.st_size;
   return true;
}
