/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 */

#include "fuzz_files.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum kind {
   KIND_MEMFD,
   KIND_MEMFD_NO_SEALS,
   KIND_MEMFD_SHRINK_SEALED,
   KIND_MEMFD_WRITE_SEALED,
   KIND_MEMFD_READ_ONLY,
   KIND_MEMFD_WRITE_ONLY,
   KIND_FILE,
   KIND_PIPE,
   KIND_SOCKET,
   KIND_EVENT,
   KIND_EPOLL,
   KIND_NULL,
   KIND_ZERO,
   KIND_FOLDER,
   KIND_PATH,
   KIND_PROC,
   KIND_COUNT,
};

static int
memfd(unsigned flags, uint64_t size_B)
{
   const int fd = memfd_create("fuzz-layer", MFD_CLOEXEC | flags);
   if (fd >= 0 && size_B <= INT64_MAX)
      (void)!ftruncate(fd, (off_t)size_B);
   return fd;
}

static int
reopened(int fd, int flags)
{
   char path[64];
   snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
   const int again = open(path, flags | O_CLOEXEC);
   close(fd);
   return again;
}

int
fuzz_file(uint8_t kind, uint64_t size_B)
{
   int fds[2];
   int fd;
   switch ((enum kind)(kind % KIND_COUNT)) {
   case KIND_MEMFD:
      return memfd(MFD_ALLOW_SEALING, size_B);
   case KIND_MEMFD_NO_SEALS:
      return memfd(0, size_B);
   case KIND_MEMFD_SHRINK_SEALED:
      fd = memfd(MFD_ALLOW_SEALING, size_B);
      (void)fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK);
      return fd;
   case KIND_MEMFD_WRITE_SEALED:
      fd = memfd(MFD_ALLOW_SEALING, size_B);
      (void)fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SEAL);
      return fd;
   case KIND_MEMFD_READ_ONLY:
      return reopened(memfd(MFD_ALLOW_SEALING, size_B), O_RDONLY);
   case KIND_MEMFD_WRITE_ONLY:
      return reopened(memfd(MFD_ALLOW_SEALING, size_B), O_WRONLY);
   case KIND_FILE:
      fd = open("/dev/shm", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
      if (fd >= 0 && size_B <= INT64_MAX)
         (void)!ftruncate(fd, (off_t)size_B);
      return fd;
   case KIND_PIPE:
      if (pipe2(fds, O_CLOEXEC))
         return -1;
      close(fds[1]);
      return fds[0];
   case KIND_SOCKET:
      return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
   case KIND_EVENT:
      return eventfd(0, EFD_CLOEXEC);
   case KIND_EPOLL:
      return epoll_create1(EPOLL_CLOEXEC);
   case KIND_NULL:
      return open("/dev/null", O_RDWR | O_CLOEXEC);
   case KIND_ZERO:
      return open("/dev/zero", O_RDWR | O_CLOEXEC);
   case KIND_FOLDER:
      return open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
   case KIND_PATH:
      return open("/proc/self/exe", O_PATH | O_CLOEXEC);
   case KIND_PROC:
      return open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
   case KIND_COUNT:
      break;
   }
   return -1;
}
