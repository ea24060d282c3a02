/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The part of vl_os.h that POSIX gives everywhere: aligned shared mappings
 * and unlinked files. Must not use anything that macOS lacks.
 */

#include "vl_os.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "u_fd.h"
#include "u_overflow.h"

/* the first number that does not fit into an fd_set */
#define FIRST_PARKED_FD 1024

static _Atomic int chosen_backing = VL_OS_BACKING_AUTO;

void
vl_os_choose_backing(enum vl_os_backing backing)
{
   /* relaxed: nothing else hangs on it */
   atomic_store_explicit(&chosen_backing, backing, memory_order_relaxed);
}

enum vl_os_backing
vl_os_chosen_backing(void)
{
   return (enum vl_os_backing)atomic_load_explicit(&chosen_backing,
                                                   memory_order_relaxed);
}

void
vl_os_raise_fd_limit(void)
{
   struct rlimit limit;
   if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= limit.rlim_max)
      return;
   limit.rlim_cur = limit.rlim_max;
#ifdef OPEN_MAX
   /* macOS says "infinity" and then takes no more than this */
   if (limit.rlim_cur > OPEN_MAX)
      limit.rlim_cur = OPEN_MAX;
#endif
   (void)setrlimit(RLIMIT_NOFILE, &limit);
}

int
vl_os_park_fd(int fd)
{
   if (fd < 0 || fd >= FIRST_PARKED_FD)
      return fd;
   const int saved_errno = errno;
   const int parked = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_PARKED_FD);
   errno = saved_errno;
   if (parked < 0)
      return fd;
   u_fd_close(&fd);
   return parked;
}

uint64_t
vl_os_page_size(void)
{
   const long size_B = sysconf(_SC_PAGESIZE);
   return size_B > 0 ? (uint64_t)size_B : 4096;
}

/* A file of that size, not one with holes: a page that the file system has no
 * room for would kill whoever touches it, far from here and much later.
 */
static bool
reserve(int fd, uint64_t size_B)
{
#ifdef __APPLE__
   return !ftruncate(fd, (off_t)size_B);
#else
   int error;
   do {
      error = posix_fallocate(fd, 0, (off_t)size_B);
   } while (error == EINTR);
   errno = error;
   return !error;
#endif
}

static int
create_unlinked_in(const char *directory, uint64_t size_B)
{
   char path[PATH_MAX];
   const int length =
      snprintf(path, sizeof(path), "%s/venus-shm-XXXXXX", directory);
   if (length < 0 || (size_t)length >= sizeof(path)) {
      errno = ENAMETOOLONG;
      return -1;
   }

   int fd = mkostemp(path, O_CLOEXEC);
   if (fd < 0)
      return -1;
   unlink(path);
   if (!reserve(fd, size_B))
      u_fd_close(&fd);
   return fd;
}

int
vl_os_create_unlinked_file(uint64_t size_B)
{
   if (!size_B || size_B > INT64_MAX) {
      errno = EFBIG;
      return -1;
   }

   /* memory-backed first; /dev/shm does not exist outside Linux */
   const char *const directories[] = { "/dev/shm", getenv("TMPDIR"), "/tmp" };
   int fd = -1;
   for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
      if (directories[i] && directories[i][0])
         fd = create_unlinked_in(directories[i], size_B);
      if (fd >= 0)
         break;
   }
   return fd;
}

void *
vl_os_map(int fd, uint64_t size_B, uint64_t alignment_B)
{
   const uint64_t page_B = vl_os_page_size();
   uint64_t reserve_B;

   if (!size_B || size_B % page_B || !u_is_pot_u64(alignment_B) ||
       !u_add_u64(size_B, alignment_B, &reserve_B) || reserve_B > SIZE_MAX) {
      errno = EINVAL;
      return NULL;
   }

   if (alignment_B <= page_B) {
      void *pointer =
         mmap(NULL, size_B, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
      return pointer == MAP_FAILED ? NULL : pointer;
   }

   /* Reserve more than needed, map at the first aligned address inside, and
    * give back what lies before and behind.
    */
   char *reserved =
      mmap(NULL, reserve_B, PROT_NONE, MAP_PRIVATE | MAP_ANON, -1, 0);
   if (reserved == MAP_FAILED)
      return NULL;

   const uint64_t misaligned_B = (uintptr_t)reserved & (alignment_B - 1);
   const uint64_t head_B = misaligned_B ? alignment_B - misaligned_B : 0;
   char *wanted = reserved + head_B;
   if (mmap(wanted, size_B, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
            fd, 0) == MAP_FAILED) {
      const int saved_errno = errno;
      munmap(reserved, reserve_B);
      errno = saved_errno;
      return NULL;
   }

   if (head_B)
      munmap(reserved, head_B);
   munmap(wanted + size_B, reserve_B - head_B - size_B);
   return wanted;
}

void
vl_os_unmap(void *pointer, uint64_t size_B)
{
   munmap(pointer, size_B);
}
