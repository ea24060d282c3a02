/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The table of shared mappings and the operating system below it. Built once
 * for each vl_os implementation. The linker puts the __wrap functions between
 * the code and the C library, so every call that can fail does so here, one
 * after the other.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "u_test.h"
#include "vl_mapping.h"
#include "vl_os.h"

/* ---- injected failures ---- */

static int calls_until_failure; /* 0: none */
static int injected_errno;
static bool was_injected;

static bool
inject(void)
{
   if (!calls_until_failure || --calls_until_failure)
      return false;
   errno = injected_errno;
   was_injected = true;
   return true;
}

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *
__wrap_calloc(size_t count, size_t size)
{
   return inject() ? NULL : __real_calloc(count, size);
}

void *__real_mmap64(void *, size_t, int, int, int, off_t);
void *__wrap_mmap64(void *, size_t, int, int, int, off_t);
void *
__wrap_mmap64(void *address,
              size_t size,
              int prot,
              int flags,
              int fd,
              off_t at)
{
   return inject() ? MAP_FAILED
                   : __real_mmap64(address, size, prot, flags, fd, at);
}

int __real_ftruncate64(int fd, off_t size);
int __wrap_ftruncate64(int fd, off_t size);
int
__wrap_ftruncate64(int fd, off_t size)
{
   return inject() ? -1 : __real_ftruncate64(fd, size);
}

int __real_fstat64(int fd, struct stat *st);
int __wrap_fstat64(int fd, struct stat *st);
int
__wrap_fstat64(int fd, struct stat *st)
{
   return inject() ? -1 : __real_fstat64(fd, st);
}

int __real_fcntl64(int fd, int command, long argument);
int __wrap_fcntl64(int fd, int command, ...);
int
__wrap_fcntl64(int fd, int command, ...)
{
   va_list ap;
   va_start(ap, command);
   const long argument = va_arg(ap, long);
   va_end(ap);
   return inject() ? -1 : __real_fcntl64(fd, command, argument);
}

int __real_memfd_create(const char *name, unsigned flags);
int __wrap_memfd_create(const char *name, unsigned flags);
int
__wrap_memfd_create(const char *name, unsigned flags)
{
   return inject() ? -1 : __real_memfd_create(name, flags);
}

int __real_mkostemp64(char *path, int flags);
int __wrap_mkostemp64(char *path, int flags);
int
__wrap_mkostemp64(char *path, int flags)
{
   return inject() ? -1 : __real_mkostemp64(path, flags);
}

/* A stand-in for a dma-buf: what counts is that it has another identity. */
static bool has_dma_bufs;

int __real_vl_os_create_dma_buf(int fd, uint64_t size_B);
int __wrap_vl_os_create_dma_buf(int fd, uint64_t size_B);
int
__wrap_vl_os_create_dma_buf(int fd, uint64_t size_B)
{
   if (!has_dma_bufs)
      return __real_vl_os_create_dma_buf(fd, size_B);
   const int stand_in = memfd_create("stand-in", MFD_CLOEXEC);
   if (stand_in >= 0 && ftruncate(stand_in, (off_t)size_B)) {
      close(stand_in);
      return -1;
   }
   return stand_in;
}

/* ---- leaks ---- */

struct usage {
   int fds;
   int mappings;
};

static struct usage
usage(void)
{
   struct usage now = { 0 };
   DIR *directory = opendir("/proc/self/fd");
   while (readdir(directory))
      now.fds++;
   closedir(directory);

   FILE *maps = fopen("/proc/self/maps", "re");
   char line[512];
   while (fgets(line, sizeof(line), maps))
      now.mappings += strstr(line, "venus-shm") != NULL;
   fclose(maps);
   return now;
}

static void
check_same(struct usage before, const char *what)
{
   const struct usage after = usage();
   if (!U_CHECK_EQ(after.fds, before.fds) ||
       !U_CHECK_EQ(after.mappings, before.mappings) ||
       !U_CHECK_EQ(vl_mapping_count(), 0))
      fprintf(stderr, "... after %s\n", what);
}

/* ---- tests ---- */

static bool has_seals; /* of this implementation's own memory */

static void
test_identity(uint64_t page_B)
{
   struct vl_mapping *made, *same;
   if (!U_CHECK_EQ(vl_mapping_create(4 * page_B, page_B, &made), VK_SUCCESS))
      return;
   U_CHECK_EQ(made->size_B, 4 * page_B);
   U_CHECK_EQ(((char *)made->pointer)[4 * page_B - 1], 0);

   int fd = -1;
   U_CHECK_EQ(vl_mapping_export(made, &fd), VK_SUCCESS);
   U_CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
   const int duplicate = dup(fd);
   char path[64];
   snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
   const int opened = open(path, O_RDWR | O_CLOEXEC);

   const int all[] = { fd, duplicate, opened };
   for (int i = 0; i < 3; i++) {
      U_CHECK_EQ(vl_mapping_import(all[i], 4 * page_B, page_B, &same),
                 VK_SUCCESS);
      U_CHECK(same == made);
      U_CHECK_EQ(vl_mapping_count(), 1);
      vl_mapping_unref(same);
   }
   if (has_seals)
      U_CHECK_EQ(ftruncate(fd, (off_t)page_B), -1);

   /* the last reference may be an importer's */
   vl_mapping_import(duplicate, page_B, page_B, &same);
   memset(made->pointer, 0x77, page_B);
   vl_mapping_unref(made);
   U_CHECK_EQ(vl_mapping_count(), 1);
   U_CHECK_EQ(((char *)same->pointer)[page_B - 1], 0x77);
   vl_mapping_unref(vl_mapping_ref(same));
   vl_mapping_unref(same);
   U_CHECK_EQ(vl_mapping_count(), 0);

   /* the memory lives as long as an fd does */
   U_CHECK_EQ(vl_mapping_import(fd, page_B, page_B, &same), VK_SUCCESS);
   U_CHECK_EQ(((char *)same->pointer)[0], 0x77);
   U_CHECK_EQ(same->size_B, 4 * page_B);
   vl_mapping_unref(same);
   vl_mapping_unref(NULL);

   close(fd);
   close(duplicate);
   close(opened);
}

static void
test_dma_buf_alias(uint64_t page_B)
{
   struct vl_mapping *made, *same;
   has_dma_bufs = true;
   U_CHECK_EQ(vl_mapping_create(page_B, page_B, &made), VK_SUCCESS);
   int first = -1, second = -1;
   U_CHECK_EQ(vl_mapping_export(made, &first), VK_SUCCESS);
   U_CHECK_EQ(vl_mapping_export(made, &second), VK_SUCCESS);
   U_CHECK_EQ(vl_mapping_import(first, page_B, page_B, &same), VK_SUCCESS);
   U_CHECK(same == made);
   vl_mapping_unref(same);
   U_CHECK_EQ(vl_mapping_import(second, page_B, page_B, &same), VK_SUCCESS);
   U_CHECK(same == made);
   vl_mapping_unref(made);
   vl_mapping_unref(same);
   has_dma_bufs = false;

   /* now a stranger's: mapped on its own */
   U_CHECK_EQ(vl_mapping_import(first, page_B, page_B, &same), VK_SUCCESS);
   vl_mapping_unref(same);
   close(first);
   close(second);
}

static void
test_sizes(uint64_t page_B)
{
   struct vl_mapping *mapping;
   const int fd = memfd_create("venus-shm-test", MFD_CLOEXEC);
   U_CHECK_EQ(ftruncate(fd, (off_t)(page_B + 1)), 0);

   U_CHECK_EQ(vl_mapping_import(fd, 3 * page_B, page_B, &mapping),
              VK_ERROR_INVALID_EXTERNAL_HANDLE);
   U_CHECK_EQ(vl_mapping_import(fd, UINT64_MAX, page_B, &mapping),
              VK_ERROR_INVALID_EXTERNAL_HANDLE);
   U_CHECK_EQ(vl_mapping_import(fd, page_B, 0, &mapping),
              VK_ERROR_INVALID_EXTERNAL_HANDLE);
   U_CHECK_EQ(vl_mapping_count(), 0);

   /* the last page counts in full */
   U_CHECK_EQ(vl_mapping_import(fd, 2 * page_B, page_B, &mapping),
              VK_SUCCESS);
   /* it cannot be sealed, so its owner may grow and shrink it */
   struct vl_mapping *second;
   U_CHECK_EQ(ftruncate(fd, (off_t)(4 * page_B)), 0);
   U_CHECK_EQ(vl_mapping_import(fd, 4 * page_B, page_B, &second),
              VK_ERROR_INVALID_EXTERNAL_HANDLE);
   U_CHECK_EQ(ftruncate(fd, (off_t)page_B), 0);
   U_CHECK_EQ(vl_mapping_import(fd, 2 * page_B, page_B, &second),
              VK_ERROR_INVALID_EXTERNAL_HANDLE);
   U_CHECK_EQ(vl_mapping_import(fd, page_B, page_B, &second), VK_SUCCESS);
   U_CHECK(second == mapping);
   vl_mapping_unref(second);
   vl_mapping_unref(mapping);
   close(fd);

   static const uint64_t impossible[] = {
      UINT64_MAX & ~UINT64_C(65535),
      UINT64_C(1) << 63,
      UINT64_C(1) << 62,
      1,
      0,
   };
   for (size_t i = 0; i < sizeof(impossible) / sizeof(impossible[0]); i++)
      U_CHECK(vl_mapping_create(impossible[i], page_B, &mapping) !=
              VK_SUCCESS);
}

static void
test_alignment(uint64_t page_B)
{
   static const uint64_t alignments_B[] = { 1 << 14, 1 << 16, 1 << 21 };
   for (int i = 0; i < 3; i++) {
      struct vl_mapping *mapping;
      const uint64_t alignment_B = alignments_B[i];
      if (!U_CHECK_EQ(
             vl_mapping_create(3 * alignment_B, alignment_B, &mapping),
             VK_SUCCESS))
         continue;
      U_CHECK_EQ((uintptr_t)mapping->pointer % alignment_B, 0);
      memset(mapping->pointer, 1, mapping->size_B);
      vl_mapping_unref(mapping);
   }
}

static void
test_wrong_kinds(uint64_t page_B)
{
   int pipes[2], sockets[2];
   U_CHECK_EQ(pipe(pipes), 0);
   U_CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
   const int fds[] = {
      pipes[0],
      pipes[1],
      sockets[0],
      open("/", O_RDONLY | O_DIRECTORY),
      open("/dev/null", O_RDWR),
      open("/dev/zero", O_RDWR),
      open("/proc/self/maps", O_RDONLY),
      open("/etc/passwd", O_RDONLY),
      open("/etc/passwd", O_PATH),
      -1,
      65000,
      INT32_MAX,
      INT32_MIN,
   };
   const int count = sizeof(fds) / sizeof(fds[0]);
   for (int i = 0; i < count; i++) {
      struct vl_mapping *mapping;
      if (!U_CHECK_EQ(vl_mapping_import(fds[i], page_B, page_B, &mapping),
                      VK_ERROR_INVALID_EXTERNAL_HANDLE))
         fprintf(stderr, "... for number %d\n", i);
   }
   for (int i = 3; i < 9; i++)
      close(fds[i]);
   close(pipes[0]);
   close(pipes[1]);
   close(sockets[0]);
   close(sockets[1]);
}

/* Fails the first call that can, then the second one, and so on. */
static void
test_injected(uint64_t page_B)
{
   static const int errors[] = { EMFILE, ENOMEM };
   for (int e = 0; e < 2; e++) {
      injected_errno = errors[e];
      bool ended = false;
      for (int n = 1; n < 100 && !ended; n++) {
         const struct usage before = usage();
         struct vl_mapping *mapping = NULL, *imported = NULL;
         int fd = -1;

         was_injected = false;
         calls_until_failure = n;
         VkResult result =
            vl_mapping_create(16 * page_B, 4 * page_B, &mapping);
         if (result == VK_SUCCESS)
            result = vl_mapping_export(mapping, &fd);
         vl_mapping_unref(mapping);
         if (result == VK_SUCCESS)
            result = vl_mapping_import(fd, page_B, page_B, &imported);
         if (result == VK_SUCCESS)
            vl_mapping_unref(imported);
         calls_until_failure = 0;
         if (fd >= 0)
            close(fd);

         ended = !was_injected;
         U_CHECK(!ended || result == VK_SUCCESS);
         check_same(before, "an injected failure");
      }
      U_CHECK(ended);
   }
}

int
main(int argc, char **argv)
{
   const uint64_t page_B = vl_os_page_size();
   const struct {
      const char *name;
      void (*run)(uint64_t page_B);
   } tests[] = {
      { "identity", test_identity },
      { "alias", test_dma_buf_alias },
      { "sizes", test_sizes },
      { "alignment", test_alignment },
      { "wrong kinds", test_wrong_kinds },
      { "injected", test_injected },
   };
   has_seals = argc > 1 && !strcmp(argv[1], "sealed");

   for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
      const struct usage before = usage();
      tests[i].run(page_B);
      check_same(before, tests[i].name);
   }
   return u_test_result();
}
