/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The operating system as far as plain POSIX goes, which is what macOS has:
 * unlinked files, no seals, no dma-bufs. Built and tested on Linux too.
 */

#include "vl_os.h"

#include <errno.h>
#include <sys/stat.h>

int
vl_os_create(uint64_t size_B)
{
   return vl_os_create_unlinked_file(size_B);
}

bool
vl_os_has_seals(void)
{
   return false;
}

bool
vl_os_inspect(int fd, struct vl_os_file *file)
{
   struct stat st;
   if (fstat(fd, &st))
      return false;
   if (!S_ISREG(st.st_mode) || st.st_size < 0) {
      errno = EINVAL;
      return false;
   }

   *file = (struct vl_os_file){
      .key = { .a = (uint64_t)st.st_dev, .b = (uint64_t)st.st_ino },
      .size_B = (uint64_t)st.st_size,
   };
   return true;
}

int
vl_os_create_dma_buf(int fd, uint64_t size_B)
{
   errno = ENODEV;
   return -1;
}

void
vl_os_expose_math(void)
{
   /* macOS has them in the library that every process has */
}
