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
#include <sys/resource.h>
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

int __real_posix_fallocate64(int fd, off_t at, off_t size);
int __wrap_posix_fallocate64(int fd, off_t at, off_t size);
int
__wrap_posix_fallocate64(int fd, off_t at, off_t size)
{
   return inject() ? injected_errno : __real_posix_fallocate64(fd, at, size);
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
   const int stand_in =
      memfd_create("stand-in", MFD_CLOEXEC | MFD_ALLOW_SEALING);
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
   const int fd =
      memfd_create("venus-shm-test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
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
   /* its owner may grow it, but the mapping stays what it is */
   struct vl_mapping *second;
   U_CHECK_EQ(ftruncate(fd, (off_t)(4 * page_B)), 0);
   U_CHECK_EQ(vl_mapping_import(fd, 4 * page_B, page_B, &second),
              VK_ERROR_INVALID_EXTERNAL_HANDLE);
   U_CHECK_EQ(vl_mapping_import(fd, 2 * page_B, page_B, &second), VK_SUCCESS);
   U_CHECK(second == mapping);
   vl_mapping_unref(second);
   if (has_seals) {
      U_CHECK_EQ(ftruncate(fd, (off_t)page_B), -1);
   } else {
      U_CHECK_EQ(ftruncate(fd, (off_t)page_B), 0);
      U_CHECK_EQ(vl_mapping_import(fd, 2 * page_B, page_B, &second),
                 VK_ERROR_INVALID_EXTERNAL_HANDLE);
   }
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

/* Memory that its owner may cut off below us: not where that can be
 * forbidden, but a process whose own memory is like that has to trust.
 */
static void
test_shrinkable(uint64_t page_B)
{
   char path[] = "/tmp/venus-shm-test-XXXXXX";
   const int fds[] = {
      memfd_create("venus-shm-test", MFD_CLOEXEC),
      mkstemp(path),
   };
   unlink(path);
   for (int i = 0; i < 2; i++) {
      struct vl_mapping *mapping;
      U_CHECK_EQ(ftruncate(fds[i], (off_t)page_B), 0);
      const VkResult result =
         vl_mapping_import(fds[i], page_B, page_B, &mapping);
      U_CHECK_EQ(result,
                 has_seals ? VK_ERROR_INVALID_EXTERNAL_HANDLE : VK_SUCCESS);
      if (result == VK_SUCCESS)
         vl_mapping_unref(mapping);

      vl_os_choose_backing(VL_OS_BACKING_FILE);
      U_CHECK_EQ(vl_mapping_import(fds[i], page_B, page_B, &mapping),
                 VK_SUCCESS);
      vl_mapping_unref(mapping);
      vl_os_choose_backing(VL_OS_BACKING_AUTO);
      close(fds[i]);
   }
}

/* A file on disk or in /dev/shm: seekable, with all of its pages there. */
static void
test_file_backing(uint64_t page_B)
{
   struct vl_mapping *mapping;
   vl_os_choose_backing(VL_OS_BACKING_FILE);
   if (U_CHECK_EQ(vl_mapping_create(5 * page_B, page_B, &mapping),
                  VK_SUCCESS)) {
      int fd = -1;
      struct stat st;
      U_CHECK_EQ(vl_mapping_export(mapping, &fd), VK_SUCCESS);
      U_CHECK_EQ(lseek(fd, 0, SEEK_END), 5 * page_B);
      U_CHECK_EQ(fstat(fd, &st), 0);
      U_CHECK(S_ISREG(st.st_mode) && !st.st_nlink);
      U_CHECK(st.st_blocks * 512 >= (blkcnt_t)(5 * page_B));
      U_CHECK_EQ(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR);
      close(fd);
      vl_mapping_unref(mapping);
   }
   /* more than any file system here has: refused now, not at a touch */
   U_CHECK(vl_mapping_create(UINT64_C(1) << 50, page_B, &mapping) !=
           VK_SUCCESS);
   vl_os_choose_backing(VL_OS_BACKING_AUTO);
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
      int fd = -1;
      U_CHECK_EQ(vl_mapping_export(mapping, &fd), VK_SUCCESS);
      U_CHECK_EQ(lseek(fd, 0, SEEK_END), 3 * alignment_B);
      vl_mapping_unref(mapping);

      /* mapped where one page will do, it may not do for the next importer,
       * and is not mapped a second time
       */
      struct vl_mapping *second = NULL;
      U_CHECK_EQ(vl_mapping_import(fd, page_B, page_B, &mapping), VK_SUCCESS);
      const bool fits = (uintptr_t)mapping->pointer % alignment_B == 0;
      U_CHECK_EQ(vl_mapping_import(fd, alignment_B, alignment_B, &second),
                 fits ? VK_SUCCESS : VK_ERROR_INVALID_EXTERNAL_HANDLE);
      if (fits)
         vl_mapping_unref(second);
      vl_mapping_unref(mapping);
      close(fd);
   }
}

/* Two devices in a process, of which one asks for more. */
static void
test_prepared(uint64_t page_B)
{
   enum { ALIGNMENT_B = 1 << 16 };
   struct vl_mapping *mapping, *same;
   int fd = -1;
   vl_mapping_prepare(page_B);
   vl_mapping_prepare(ALIGNMENT_B);
   vl_mapping_prepare(page_B);
   for (int i = 0; i < 20; i++) {
      U_CHECK_EQ(vl_mapping_create(page_B, page_B, &mapping), VK_SUCCESS);
      U_CHECK_EQ((uintptr_t)mapping->pointer % ALIGNMENT_B, 0);
      U_CHECK_EQ(mapping->size_B, ALIGNMENT_B);
      U_CHECK_EQ(vl_mapping_export(mapping, &fd), VK_SUCCESS);
      U_CHECK_EQ(lseek(fd, 0, SEEK_END), ALIGNMENT_B);
      U_CHECK_EQ(vl_mapping_import(fd, ALIGNMENT_B, ALIGNMENT_B, &same),
                 VK_SUCCESS);
      U_CHECK(same == mapping);
      vl_mapping_unref(same);
      vl_mapping_unref(mapping);

      /* somebody else's, first by the one that asks for less */
      U_CHECK_EQ(vl_mapping_import(fd, page_B, page_B, &mapping), VK_SUCCESS);
      U_CHECK_EQ(vl_mapping_import(fd, ALIGNMENT_B, ALIGNMENT_B, &same),
                 VK_SUCCESS);
      U_CHECK(same == mapping);
      vl_mapping_unref(same);
      vl_mapping_unref(mapping);
      close(fd);
   }

   /* memory of one page is too short for the other device */
   fd = memfd_create("venus-shm-test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
   U_CHECK_EQ(ftruncate(fd, (off_t)page_B), 0);
   U_CHECK_EQ(vl_mapping_import(fd, ALIGNMENT_B, ALIGNMENT_B, &mapping),
              VK_ERROR_INVALID_EXTERNAL_HANDLE);
   U_CHECK_EQ(vl_mapping_import(fd, page_B, page_B, &mapping), VK_SUCCESS);
   vl_mapping_unref(mapping);
   close(fd);
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

/* Imports keep no fd, exports keep one each, out of the way of select(). */
static void
test_many(uint64_t page_B)
{
   enum { COUNT = 3000 };
   static struct vl_mapping *made[COUNT], *imported[COUNT];
   struct rlimit old, tight;
   getrlimit(RLIMIT_NOFILE, &old);

   /* thousands of imports with room for a few fds */
   tight = old;
   tight.rlim_cur = 64;
   setrlimit(RLIMIT_NOFILE, &tight);
   for (int i = 0; i < COUNT; i++) {
      const int fd =
         memfd_create("venus-shm-test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
      if (!U_CHECK_EQ(ftruncate(fd, (off_t)page_B), 0) ||
          !U_CHECK_EQ(vl_mapping_import(fd, page_B, page_B, &imported[i]),
                      VK_SUCCESS))
         return;
      close(fd);
   }
   U_CHECK_EQ(vl_mapping_count(), COUNT);
   int fd = -1;
   U_CHECK_EQ(vl_mapping_export(imported[0], &fd),
              VK_ERROR_INVALID_EXTERNAL_HANDLE);
   U_CHECK_EQ(fd, -1);
   for (int i = 0; i < COUNT; i++)
      vl_mapping_unref(imported[i]);

   /* exports up to the limit: an error, and what there is goes on working */
   int count = 0;
   VkResult result = VK_SUCCESS;
   while (count < COUNT && result == VK_SUCCESS) {
      result = vl_mapping_create(page_B, page_B, &made[count]);
      count += result == VK_SUCCESS;
   }
   U_CHECK_EQ(result, VK_ERROR_OUT_OF_HOST_MEMORY);
   U_CHECK(count > 32 && count < 64);
   U_CHECK_EQ(vl_mapping_export(made[0], &fd), VK_ERROR_TOO_MANY_OBJECTS);
   U_CHECK_EQ(fd, -1);
   while (count)
      vl_mapping_unref(made[--count]);

   /* and with the limit that a process may have */
   vl_os_raise_fd_limit();
   getrlimit(RLIMIT_NOFILE, &tight);
   U_CHECK_EQ(tight.rlim_cur, old.rlim_max);
   if (tight.rlim_cur > COUNT + 2048) {
      const int low = dup(0);
      for (int i = 0; i < COUNT; i++) {
         U_CHECK_EQ(vl_mapping_create(page_B, page_B, &made[i]), VK_SUCCESS);
         fd = -1;
         U_CHECK_EQ(vl_mapping_export(made[i], &fd), VK_SUCCESS);
         U_CHECK_EQ(vl_mapping_import(fd, page_B, page_B, &imported[i]),
                    VK_SUCCESS);
         U_CHECK(imported[i] == made[i]);
         /* the process's own numbers are where they were */
         U_CHECK(fd <= low + 1);
         close(fd);
      }
      close(low);
      U_CHECK_EQ(vl_mapping_count(), COUNT);
      for (int i = 0; i < COUNT; i++) {
         vl_mapping_unref(made[i]);
         vl_mapping_unref(imported[i]);
      }
   } else {
      printf("many: only %d fds here\n", (int)tight.rlim_cur);
   }
   setrlimit(RLIMIT_NOFILE, &old);
}

/* An import that may be exported keeps an fd of its own. */
static void
test_export_of_import(uint64_t page_B)
{
   const int fd =
      memfd_create("venus-shm-test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
   struct vl_mapping *mapping;
   struct stat st, st_out;
   U_CHECK_EQ(ftruncate(fd, (off_t)page_B), 0);
   U_CHECK_EQ(fstat(fd, &st), 0);
   U_CHECK_EQ(vl_mapping_import(fd, page_B, page_B, &mapping), VK_SUCCESS);
   U_CHECK_EQ(vl_mapping_keep_fd(mapping, fd), VK_SUCCESS);
   const struct usage before = usage();
   U_CHECK_EQ(vl_mapping_keep_fd(mapping, fd), VK_SUCCESS);
   U_CHECK_EQ(usage().fds, before.fds);
   close(fd);
   int out = -1;
   U_CHECK_EQ(vl_mapping_export(mapping, &out), VK_SUCCESS);
   U_CHECK_EQ(fstat(out, &st_out), 0);
   U_CHECK(st.st_ino == st_out.st_ino && st.st_dev == st_out.st_dev);
   close(out);
   vl_mapping_unref(mapping);
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
         if (result == VK_SUCCESS) {
            result = vl_mapping_keep_fd(imported, fd);
            vl_mapping_unref(imported);
         }
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
      { "shrinkable", test_shrinkable },
      { "file", test_file_backing },
      { "alignment", test_alignment },
      { "wrong kinds", test_wrong_kinds },
      { "export of import", test_export_of_import },
      { "many", test_many },
      { "injected", test_injected },
      { "prepared", test_prepared }, /* last: it holds for the process */
   };
   has_seals = argc > 1 && !strcmp(argv[1], "sealed");

   for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
      const struct usage before = usage();
      tests[i].run(page_B);
      check_same(before, tests[i].name);
   }
   return u_test_result();
}
