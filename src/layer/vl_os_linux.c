/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Linux: sealed memfds, and dma-bufs over them where /dev/udmabuf exists.
 */

#include "vl_os.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <gnu/lib-names.h>
#endif

#include "u_fd.h"
#include "vl_log.h"

/* from linux/magic.h, which older kernel headers lack it in */
#define VL_DMA_BUF_MAGIC 0x444d4142
/* from linux/memfd.h, the same */
#define VL_MFD_NOEXEC_SEAL 0x0008u

/* Set once the kernel has said that it has no memfds. */
static _Atomic bool lacks_memfds;

/* ENOSYS from a kernel, the others from a sandbox or a policy. */
static bool
is_absent(int error)
{
   return error == ENOSYS || error == EPERM || error == EACCES;
}

/* Kernels from 6.3 on want to hear that nobody will execute it, and with
 * vm.memfd_noexec=2 insist; older ones do not know the flag.
 */
static int
create_memfd(void)
{
   static const char name[] = "venus-shm";
   const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
   const int fd = memfd_create(name, flags | VL_MFD_NOEXEC_SEAL);
   return fd < 0 && errno == EINVAL ? memfd_create(name, flags) : fd;
}

bool
vl_os_has_seals(void)
{
   return vl_os_chosen_backing() != VL_OS_BACKING_FILE &&
          !atomic_load_explicit(&lacks_memfds, memory_order_relaxed);
}

int
vl_os_create(uint64_t size_B)
{
   if (vl_os_chosen_backing() == VL_OS_BACKING_FILE)
      return vl_os_create_unlinked_file(size_B);
   if (size_B > INT64_MAX) {
      errno = EFBIG;
      return -1;
   }

   int fd = create_memfd();
   if (fd < 0) {
      if (!is_absent(errno))
         return -1;
      /* relaxed: a race finds the same answer twice */
      atomic_store_explicit(&lacks_memfds, true, memory_order_relaxed);
      return vl_os_create_unlinked_file(size_B);
   }

   /* SHRINK keeps every mapping of it safe, and udmabuf demands it. GROW
    * keeps the size that was announced the true one. SEAL keeps others from
    * adding a write seal, which would lock the next importer out.
    */
   if (ftruncate(fd, (off_t)size_B) ||
       fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
      u_fd_close(&fd);
   return fd;
}

static bool
inspect_dma_buf(int fd, struct vl_os_file *file)
{
   /* Anonymous inodes other than dma-bufs share one inode number, so the
    * identity of such an fd would mean nothing.
    */
   struct statfs fs;
   if (fstatfs(fd, &fs))
      return false;
   if (fs.f_type != VL_DMA_BUF_MAGIC) {
      errno = EINVAL;
      return false;
   }

   /* st_size of a dma-buf is 0 on many kernels; its size cannot change */
   const off_t size_B = lseek(fd, 0, SEEK_END);
   if (size_B < 0)
      return false;

   file->size_B = (uint64_t)size_B;
   file->is_sealed = true;
   file->is_dma_buf = true;
   return true;
}

bool
vl_os_inspect(int fd, struct vl_os_file *file)
{
   struct stat st;
   if (fstat(fd, &st))
      return false;

   *file = (struct vl_os_file){
      .key = { .a = st.st_dev, .b = st.st_ino },
   };
   if (!S_ISREG(st.st_mode)) {
      if ((st.st_mode & S_IFMT) == 0)
         return inspect_dma_buf(fd, file);
      errno = EINVAL;
      return false;
   }

   /* Sealing fails where the file has no seals, or no more may be added; the
    * question is what holds afterwards. The size counts only from then on.
    */
   (void)fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK);
   const int seals = fcntl(fd, F_GET_SEALS);
   if (fstat(fd, &st))
      return false;
   if (st.st_size < 0) {
      errno = EINVAL;
      return false;
   }

   file->size_B = (uint64_t)st.st_size;
   file->is_sealed = seals >= 0 && (seals & F_SEAL_SHRINK);
   return true;
}

int
vl_os_create_dma_buf(int fd, uint64_t size_B)
{
   const enum vl_os_backing backing = vl_os_chosen_backing();
   if (backing == VL_OS_BACKING_MEMFD || !vl_os_has_seals()) {
      errno = ENODEV;
      return -1;
   }

   const enum u_log_level level =
      backing == VL_OS_BACKING_UDMABUF ? U_LOG_WARN : U_LOG_DEBUG;
   int device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
   if (device < 0) {
      vl_log(level, "/dev/udmabuf: %s; sharing the memfd itself",
             strerror(errno));
      return -1;
   }

   /* fails above the module's size limit, among other reasons */
   struct udmabuf_create create = {
      .memfd = (uint32_t)fd,
      .flags = UDMABUF_FLAGS_CLOEXEC,
      .size = size_B,
   };
   const int dma_buf = ioctl(device, UDMABUF_CREATE, &create);
   if (dma_buf < 0) {
      vl_log(level, "UDMABUF_CREATE of %llu bytes: %s; sharing the memfd",
             (unsigned long long)size_B, strerror(errno));
   }
   u_fd_close(&device);
   return dma_buf;
}

void
vl_os_expose_math(void)
{
   /* other C libraries have no libm, or an empty one */
#ifdef LIBM_SO
   /* If a driver has loaded it for itself only, this makes it global. As it
    * stays for good, no handle is needed.
    */
   void *libm = dlopen(LIBM_SO, RTLD_NOW | RTLD_GLOBAL | RTLD_NODELETE);
   if (libm)
      dlclose(libm);
   else
      vl_log_debug("%s", dlerror());
#endif
}
