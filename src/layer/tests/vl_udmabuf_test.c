/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * /dev/udmabuf on machines that have none: the linker puts a module of ours
 * between the code and the C library. It asks what the kernel's asks (a
 * sealed memfd, whole pages, a size limit), and what it returns has the same
 * pages as the memfd, but looks like a dma-buf: no file type, a file system
 * of its own, no size but by seeking.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "u_test.h"
#include "vl_mapping.h"
#include "vl_os.h"

#define DMA_BUF_MAGIC 0x444d4142
#define DMA_BUF_DEV   0xdb
/* what marks the open file, and so all of its duplicates, as a dma-buf */
#define MARK O_APPEND

/* ---- the module ---- */

static struct {
   int open_error; /* 0: there is a device */
   int ioctl_error;
   uint64_t limit_B; /* size_limit_mb */
   int opened;
   int created;
   int device; /* the number of the last one */
} udmabuf;

int __real_open64(const char *path, int flags, int mode);
int __wrap_open64(const char *path, int flags, ...);
int
__wrap_open64(const char *path, int flags, ...)
{
   va_list ap;
   va_start(ap, flags);
   const int mode = va_arg(ap, int);
   va_end(ap);
   if (strcmp(path, "/dev/udmabuf"))
      return __real_open64(path, flags, mode);

   U_CHECK(flags & O_CLOEXEC);
   udmabuf.opened++;
   if (udmabuf.open_error) {
      errno = udmabuf.open_error;
      return -1;
   }
   udmabuf.device = __real_open64("/dev/null", flags, 0);
   return udmabuf.device;
}

int __wrap_ioctl(int fd, unsigned long request, ...);
int
__wrap_ioctl(int fd, unsigned long request, ...)
{
   va_list ap;
   va_start(ap, request);
   const struct udmabuf_create *create = va_arg(ap, void *);
   va_end(ap);
   U_CHECK_EQ(fd, udmabuf.device);
   U_CHECK_EQ(request, UDMABUF_CREATE);
   U_CHECK_EQ(create->flags, UDMABUF_FLAGS_CLOEXEC);

   errno = udmabuf.ioctl_error;
   if (errno)
      return -1;
   const int memfd = (int)create->memfd;
   const int seals = fcntl(memfd, F_GET_SEALS);
   struct stat st;
   if (!U_CHECK(seals >= 0 && (seals & F_SEAL_SHRINK) &&
                !(seals & F_SEAL_WRITE)) ||
       !U_CHECK(create->size && create->size % 4096 == 0) ||
       !U_CHECK(create->offset % 4096 == 0) ||
       !U_CHECK(!fstat(memfd, &st) &&
                create->offset + create->size <= (uint64_t)st.st_size) ||
       create->size > udmabuf.limit_B) {
      errno = EINVAL;
      return -1;
   }
   char path[64];
   snprintf(path, sizeof(path), "/proc/self/fd/%d", memfd);
   udmabuf.created++;
   return __real_open64(path, O_RDWR | O_CLOEXEC | MARK, 0);
}

static bool
is_dma_buf(int fd)
{
   const int flags = fcntl(fd, F_GETFL);
   return flags >= 0 && (flags & MARK);
}

int __real_fstat64(int fd, struct stat *st);
int __wrap_fstat64(int fd, struct stat *st);
int
__wrap_fstat64(int fd, struct stat *st)
{
   const int result = __real_fstat64(fd, st);
   if (!result && is_dma_buf(fd)) {
      st->st_mode &= ~(mode_t)S_IFMT;
      st->st_dev = DMA_BUF_DEV;
      st->st_size = 0;
   }
   return result;
}

int __real_fstatfs64(int fd, struct statfs *fs);
int __wrap_fstatfs64(int fd, struct statfs *fs);
int
__wrap_fstatfs64(int fd, struct statfs *fs)
{
   const int result = __real_fstatfs64(fd, fs);
   if (!result && is_dma_buf(fd))
      fs->f_type = DMA_BUF_MAGIC;
   return result;
}

/* ---- tests ---- */

static uint64_t page_B;

/* A new mapping of that size and its export. */
static struct vl_mapping *
make(uint64_t size_B, int *fd)
{
   struct vl_mapping *mapping = NULL;
   *fd = -1;
   U_CHECK_EQ(vl_mapping_create(size_B, page_B, &mapping), VK_SUCCESS);
   U_CHECK_EQ(vl_mapping_export(mapping, fd), VK_SUCCESS);
   return mapping;
}

static void
test_real_dma_buf(void)
{
   int first = -1, second = -1;
   struct vl_mapping *made = make(3 * page_B, &first), *same;
   U_CHECK(is_dma_buf(first));
   U_CHECK(fcntl(first, F_GETFD) & FD_CLOEXEC);
   U_CHECK_EQ(lseek(first, 0, SEEK_END), 3 * page_B);
   /* made once */
   U_CHECK_EQ(vl_mapping_export(made, &second), VK_SUCCESS);
   U_CHECK_EQ(udmabuf.created, 1);
   close(second);

   /* the same pages, and the same memory when it comes back */
   char *seen = mmap(NULL, page_B, PROT_READ, MAP_SHARED, first, 0);
   memset(made->pointer, 0x5a, page_B);
   U_CHECK(seen != MAP_FAILED && seen[page_B - 1] == 0x5a);
   munmap(seen, page_B);
   U_CHECK_EQ(vl_mapping_import(first, 3 * page_B, page_B, &same),
              VK_SUCCESS);
   U_CHECK(same == made);
   vl_mapping_unref(made);
   vl_mapping_unref(same);
   U_CHECK_EQ(vl_mapping_count(), 0);

   /* a stranger's: mapped by itself, exported as what it is */
   U_CHECK_EQ(vl_mapping_import(first, 3 * page_B, page_B, &same),
              VK_SUCCESS);
   U_CHECK_EQ(same->size_B, 3 * page_B);
   U_CHECK_EQ(((char *)same->pointer)[0], 0x5a);
   U_CHECK_EQ(vl_mapping_keep_fd(same, first), VK_SUCCESS);
   U_CHECK_EQ(vl_mapping_export(same, &second), VK_SUCCESS);
   U_CHECK(is_dma_buf(second));
   U_CHECK_EQ(udmabuf.created, 1);
   close(second);
   vl_mapping_unref(same);
   close(first);
}

/* Wherever there can be no dma-buf, the memfd does instead. */
static void
test_fallbacks(void)
{
   static const int errors[] = { ENOENT, EACCES, ENODEV, EMFILE };
   int fd;
   for (int i = 0; i < 4; i++) {
      udmabuf.open_error = errors[i];
      struct vl_mapping *mapping = make(page_B, &fd);
      U_CHECK(fd >= 0 && !is_dma_buf(fd));
      close(fd);
      vl_mapping_unref(mapping);
      udmabuf.open_error = 0;

      udmabuf.ioctl_error = errors[i];
      mapping = make(page_B, &fd);
      U_CHECK(fd >= 0 && !is_dma_buf(fd));
      close(fd);
      vl_mapping_unref(mapping);
      udmabuf.ioctl_error = 0;
   }
   U_CHECK_EQ(udmabuf.created, 0);
}

static void
test_size_limit(void)
{
   const uint64_t sizes_B[] = { udmabuf.limit_B, udmabuf.limit_B + page_B };
   for (int i = 0; i < 2; i++) {
      int fd = -1;
      struct vl_mapping *mapping = make(sizes_B[i], &fd), *same = NULL;
      U_CHECK_EQ(is_dma_buf(fd), i == 0);
      U_CHECK_EQ(lseek(fd, 0, SEEK_END), sizes_B[i]);
      U_CHECK_EQ(vl_mapping_import(fd, sizes_B[i], page_B, &same),
                 VK_SUCCESS);
      U_CHECK(same == mapping);
      vl_mapping_unref(same);
      vl_mapping_unref(mapping);
      close(fd);
   }
}

static void
test_not_wanted(void)
{
   static const enum vl_os_backing backings[] = {
      VL_OS_BACKING_MEMFD,
      VL_OS_BACKING_FILE,
   };
   for (int i = 0; i < 2; i++) {
      int fd;
      vl_os_choose_backing(backings[i]);
      struct vl_mapping *mapping = make(page_B, &fd);
      U_CHECK(!is_dma_buf(fd));
      close(fd);
      vl_mapping_unref(mapping);
   }
   U_CHECK_EQ(udmabuf.opened, 0);
   vl_os_choose_backing(VL_OS_BACKING_UDMABUF);
   int fd;
   struct vl_mapping *mapping = make(page_B, &fd);
   U_CHECK(is_dma_buf(fd));
   close(fd);
   vl_mapping_unref(mapping);
   vl_os_choose_backing(VL_OS_BACKING_AUTO);
}

int
main(void)
{
   static void (*const tests[])(void) = {
      test_real_dma_buf,
      test_fallbacks,
      test_size_limit,
      test_not_wanted,
   };
   page_B = vl_os_page_size();
   for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
      udmabuf.limit_B = UINT64_C(1) << 20;
      udmabuf.created = udmabuf.opened = 0;
      const int before = dup(0);
      close(before);
      tests[i]();
      /* the lowest free number is the same if nothing was left open */
      const int after = dup(0);
      close(after);
      U_CHECK_EQ(after, before);
      U_CHECK(fcntl(1024, F_GETFD) < 0);
      U_CHECK_EQ(vl_mapping_count(), 0);
   }
   return u_test_result();
}
