/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Calls of the layer that fail when it is their turn, between it and libc
 * (--wrap), and a /dev/udmabuf: what that makes has the same pages as the
 * memfd, but looks like a dma-buf: no file type, a file system of its own, no
 * size but by seeking.
 */

#include "fuzz_system.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "fuzz_driver.h"
#include "u_fd.h"
#include "u_hash_table.h"
#include "vl_os.h"

#define DMA_BUF_MAGIC 0x444d4142
#define DMA_BUF_DEV   0xdb
/* what marks an open file, and so all of its duplicates, as a dma-buf */
#define MARK O_APPEND

/* More than this is not reserved in a file: it would take time and memory. */
#define MAX_FILE_B (1 << 20)

static bool has_udmabuf;
static int error_code;

void
fuzz_system_start(bool has)
{
   has_udmabuf = has;
   error_code = ENOMEM;
}

void
fuzz_system_choose_error(uint8_t which)
{
   static const int some[] = { ENOMEM, ENOSYS, EINVAL, EMFILE, EPERM, EINTR };
   error_code = some[which % (sizeof(some) / sizeof(some[0]))];
}

static bool
fails(void)
{
   if (!fuzz_driver_fails())
      return false;
   errno = error_code;
   return true;
}

/* ---- the layer's own ------------------------------------------------------
 */

void *__real_vl_os_map(int fd, uint64_t size_B, uint64_t alignment_B);
void *__wrap_vl_os_map(int fd, uint64_t size_B, uint64_t alignment_B);
void *
__wrap_vl_os_map(int fd, uint64_t size_B, uint64_t alignment_B)
{
   return fails() ? NULL : __real_vl_os_map(fd, size_B, alignment_B);
}

int __real_u_fd_dup_cloexec(int fd);
int __wrap_u_fd_dup_cloexec(int fd);
int
__wrap_u_fd_dup_cloexec(int fd)
{
   return fails() ? -1 : __real_u_fd_dup_cloexec(fd);
}

bool __real_u_hash_table_set(struct u_hash_table *table,
                             struct u_hash_key key,
                             void *value);
bool __wrap_u_hash_table_set(struct u_hash_table *table,
                             struct u_hash_key key,
                             void *value);
bool
__wrap_u_hash_table_set(struct u_hash_table *table,
                        struct u_hash_key key,
                        void *value)
{
   return !fails() && __real_u_hash_table_set(table, key, value);
}

/* ---- libc's ---------------------------------------------------------------
 */

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *
__wrap_calloc(size_t count, size_t size)
{
   return fails() ? NULL : __real_calloc(count, size);
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *
__wrap_malloc(size_t size)
{
   return fails() ? NULL : __real_malloc(size);
}

int __real_memfd_create(const char *name, unsigned flags);
int __wrap_memfd_create(const char *name, unsigned flags);
int
__wrap_memfd_create(const char *name, unsigned flags)
{
   return fails() ? -1 : __real_memfd_create(name, flags);
}

int __real_ftruncate64(int fd, off_t size_B);
int __wrap_ftruncate64(int fd, off_t size_B);
int
__wrap_ftruncate64(int fd, off_t size_B)
{
   return fails() ? -1 : __real_ftruncate64(fd, size_B);
}

int __wrap_posix_fallocate64(int fd, off_t offset, off_t size_B);
int
__wrap_posix_fallocate64(int fd, off_t offset, off_t size_B)
{
   if (fails())
      return error_code;
   return size_B <= MAX_FILE_B && !__real_ftruncate64(fd, offset + size_B)
             ? 0
             : ENOSPC;
}

int __real_mkostemp64(char *path, int flags);
int __wrap_mkostemp64(char *path, int flags);
int
__wrap_mkostemp64(char *path, int flags)
{
   return fails() ? -1 : __real_mkostemp64(path, flags);
}

/* Without a third argument what is passed on means nothing. */
int __real_fcntl64(int fd, int command, long argument);
int __wrap_fcntl64(int fd, int command, ...);
int
__wrap_fcntl64(int fd, int command, ...)
{
   va_list ap;
   va_start(ap, command);
   const long argument = va_arg(ap, long);
   va_end(ap);
   if (command == F_ADD_SEALS && fails())
      return -1;
   return __real_fcntl64(fd, command, argument);
}

/* So that expose_math() has a reason to log. */
void *__real_dlopen(const char *file, int flags);
void *__wrap_dlopen(const char *file, int flags);
void *
__wrap_dlopen(const char *file, int flags)
{
   return __real_dlopen(fails() ? "/nonexistent" : file, flags);
}

/* ---- the module -----------------------------------------------------------
 */

static bool
is_dma_buf(int fd)
{
   const int flags = __real_fcntl64(fd, F_GETFL, 0);
   return flags >= 0 && (flags & MARK);
}

int __real_fstat64(int fd, struct stat *st);
int __wrap_fstat64(int fd, struct stat *st);
int
__wrap_fstat64(int fd, struct stat *st)
{
   const int result = fails() ? -1 : __real_fstat64(fd, st);
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
   const int result = fails() ? -1 : __real_fstatfs64(fd, fs);
   if (!result && is_dma_buf(fd))
      fs->f_type = DMA_BUF_MAGIC;
   return result;
}

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
   if (!has_udmabuf) {
      errno = ENOENT;
      return -1;
   }
   return fails() ? -1 : __real_open64("/dev/null", flags, 0);
}

static int
make_dma_buf(int memfd)
{
   char path[64];
   snprintf(path, sizeof(path), "/proc/self/fd/%d", memfd);
   return __real_open64(path, O_RDWR | O_CLOEXEC | MARK, 0);
}

int __wrap_ioctl(int fd, unsigned long request, ...);
int
__wrap_ioctl(int fd, unsigned long request, ...)
{
   va_list ap;
   va_start(ap, request);
   const struct udmabuf_create *create = va_arg(ap, void *);
   va_end(ap);
   U_FUZZ_CHECK(request == UDMABUF_CREATE);
   U_FUZZ_CHECK(create->flags == UDMABUF_FLAGS_CLOEXEC);
   if (fails())
      return -1;

   const int memfd = (int)create->memfd;
   const int seals = __real_fcntl64(memfd, F_GET_SEALS, 0);
   struct stat st;
   U_FUZZ_CHECK(seals >= 0 && (seals & F_SEAL_SHRINK) &&
                !(seals & F_SEAL_WRITE));
   U_FUZZ_CHECK(!__real_fstat64(memfd, &st) &&
                create->size <= (uint64_t)st.st_size);
   return make_dma_buf(memfd);
}

int
fuzz_system_memfd(void)
{
   return __real_memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING);
}

int
fuzz_system_dma_buf(uint64_t size_B)
{
   int memfd = fuzz_system_memfd();
   int fd = -1;
   if (memfd >= 0 && size_B <= INT64_MAX &&
       !__real_ftruncate64(memfd, (off_t)size_B))
      fd = make_dma_buf(memfd);
   u_fd_close(&memfd);
   return fd;
}
