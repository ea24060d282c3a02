/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Counts what is mapped, between the code under test and libc; part of a
 * target that is linked with u_fuzz_wrap_args (src/util/meson.build).
 */

#include "u_fuzz.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

uint64_t u_fuzz_mapped_B(void);

void *__real_mmap64(void *address,
                    size_t size,
                    int prot,
                    int flags,
                    int fd,
                    off_t offset);
void *__wrap_mmap64(void *address,
                    size_t size,
                    int prot,
                    int flags,
                    int fd,
                    off_t offset);
int __real_munmap(void *address, size_t size);
int __wrap_munmap(void *address, size_t size);

/* Of a target that has files of which not everything can be mapped: errno, or
 * 0 for what the kernel says.
 */
__attribute__((weak)) int
u_fuzz_mmap_error(int fd, size_t size, off_t offset);

/* relaxed throughout: a number, read when everybody else has finished */
static _Atomic uint64_t mapped_B;

static uint64_t
whole_pages(size_t size)
{
   const uint64_t page_B = (uint64_t)sysconf(_SC_PAGESIZE);
   return (size + page_B - 1) / page_B * page_B;
}

uint64_t
u_fuzz_mapped_B(void)
{
   return atomic_load_explicit(&mapped_B, memory_order_relaxed);
}

void *
__wrap_mmap64(void *address,
              size_t size,
              int prot,
              int flags,
              int fd,
              off_t offset)
{
   const int error =
      u_fuzz_mmap_error ? u_fuzz_mmap_error(fd, size, offset) : 0;
   if (error) {
      errno = error;
      return MAP_FAILED;
   }
   void *map = __real_mmap64(address, size, prot, flags, fd, offset);
   /* MAP_FIXED takes the place of what has been counted */
   if (map != MAP_FAILED && !(flags & MAP_FIXED)) {
      atomic_fetch_add_explicit(&mapped_B, whole_pages(size),
                                memory_order_relaxed);
   }
   return map;
}

int
__wrap_munmap(void *address, size_t size)
{
   const int ret = __real_munmap(address, size);
   U_FUZZ_CHECK(ret == 0);
   atomic_fetch_sub_explicit(&mapped_B, whole_pages(size),
                             memory_order_relaxed);
   return ret;
}
