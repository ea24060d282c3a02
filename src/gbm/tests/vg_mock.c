/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The kernel and the GPU of the tests (vg_mock.h). A memfd is a DMA-BUF here,
 * so DMA_BUF_IOCTL_SYNC goes through ioctl below, which counts its frames.
 */

#include "vg_mock.h"

#include <dirent.h>
#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "u_fd.h"
#include "u_test.h"
#include "vg_gpu.h"

const struct gbm_backend *gbmint_get_backend(const struct gbm_core *core);

#define HANDLES 64

static int handle_fds[HANDLES]; /* fd + 1; 0: free; index 0 is no handle */
static struct {
   unsigned nth;
   int err;
} failures[MOCK_CALL_COUNT];
static uint32_t last_usage;
static int gpu_dummy;

static bool
fails(enum mock_call call)
{
   if (!failures[call].nth || --failures[call].nth)
      return false;
   errno = failures[call].err;
   return true;
}

void
mock_fail(enum mock_call call, unsigned nth, int err)
{
   failures[call].nth = nth;
   failures[call].err = err;
}

uint32_t
mock_last_usage(void)
{
   return last_usage;
}

unsigned
mock_open_handles(void)
{
   unsigned n = 0;

   for (unsigned i = 1; i < HANDLES; i++)
      n += handle_fds[i] != 0;
   return n;
}

unsigned
mock_open_fds(void)
{
   DIR *dir = opendir("/proc/self/fd");
   unsigned n = 0;

   while (dir && readdir(dir))
      n++;
   if (dir)
      closedir(dir);
   return n;
}

int
mock_foreign(uint64_t size_B)
{
   const int fd = memfd_create("mock", MFD_CLOEXEC);

   if (fd >= 0 && ftruncate(fd, (off_t)size_B))
      abort();
   return fd;
}

/* --- libdrm --------------------------------------------------------------- */

static uint32_t
new_handle(int fd)
{
   for (uint32_t i = 1; i < HANDLES; i++) {
      if (!handle_fds[i]) {
         handle_fds[i] = fd + 1;
         return i;
      }
   }
   abort();
}

int
drmPrimeFDToHandle(int fd, int prime_fd, uint32_t *handle)
{
   struct u_hash_key wanted, have;

   if (fails(MOCK_FD_TO_HANDLE))
      return -1;
   if (!u_fd_identity(prime_fd, &wanted, NULL))
      return -1;
   for (uint32_t i = 1; i < HANDLES; i++) {
      if (handle_fds[i] && u_fd_identity(handle_fds[i] - 1, &have, NULL) &&
          have.a == wanted.a && have.b == wanted.b) {
         *handle = i;
         return 0;
      }
   }
   *handle = new_handle(u_fd_dup_cloexec(prime_fd));
   return 0;
}

int
drmPrimeHandleToFD(int fd, uint32_t handle, uint32_t flags, int *prime_fd)
{
   if (fails(MOCK_HANDLE_TO_FD))
      return -1;
   if (!U_CHECK(handle && handle < HANDLES && handle_fds[handle]) ||
       !U_CHECK_EQ(flags, DRM_CLOEXEC | DRM_RDWR)) {
      errno = ENOENT;
      return -1;
   }
   *prime_fd = u_fd_dup_cloexec(handle_fds[handle] - 1);
   return *prime_fd < 0 ? -1 : 0;
}

int
drmCloseBufferHandle(int fd, uint32_t handle)
{
   if (!U_CHECK(handle && handle < HANDLES && handle_fds[handle]))
      return -1;
   close(handle_fds[handle] - 1);
   handle_fds[handle] = 0;
   return 0;
}

int
drmModeCreateDumbBuffer(int fd,
                        uint32_t width,
                        uint32_t height,
                        uint32_t bpp,
                        uint32_t flags,
                        uint32_t *handle,
                        uint32_t *pitch,
                        uint64_t *size)
{
   if (fails(MOCK_CREATE_DUMB))
      return -1;
   *pitch = width * bpp / 8;
   *size = (uint64_t)*pitch * height;
   *handle = new_handle(mock_foreign(*size));
   return 0;
}

/* --- the seam to Vulkan ----------------------------------------------------
 */

bool
vg_gpu_create(int drm_fd, struct vg_gpu **gpu_out)
{
   if (fails(MOCK_GPU_CREATE))
      return false;
   *gpu_out = (struct vg_gpu *)&gpu_dummy;
   return true;
}

void
vg_gpu_destroy(struct vg_gpu *gpu)
{
   U_CHECK(gpu == (struct vg_gpu *)&gpu_dummy);
}

/* R16_UNORM has no layout at all, R8_UNORM no linear one. */
uint32_t
vg_gpu_modifiers(struct vg_gpu *gpu,
                 const struct vg_image_info *info,
                 struct vg_modifier out[static VG_MAX_MODIFIERS])
{
   uint32_t n = 0;

   last_usage = info->usage;
   if (info->format == VK_FORMAT_R16_UNORM || info->width > 16384)
      return 0;
   out[n++] = (struct vg_modifier){ MOCK_TILED, 2 };
   if (info->format != VK_FORMAT_R8_UNORM)
      out[n++] = (struct vg_modifier){ DRM_FORMAT_MOD_LINEAR, 1 };
   return n;
}

bool
vg_gpu_allocate(struct vg_gpu *gpu,
                const struct vg_image_info *info,
                const struct vg_modifier *modifiers,
                uint32_t modifier_count,
                struct vg_layout *layout_out,
                int *fd_out)
{
   if (fails(MOCK_GPU_ALLOCATE))
      return false;
   U_CHECK(modifier_count > 0);
   const uint32_t stride = (info->width * 4 + 255) & ~255u;
   const uint64_t size = (uint64_t)stride * info->height;

   last_usage = info->usage;
   *layout_out = (struct vg_layout){
      .modifier = modifiers[0].modifier,
      .size_B = size,
      .plane_count = modifiers[0].plane_count,
      .planes = { { 0, stride }, { 64, 32 } },
   };
   *fd_out = mock_foreign(size);
   return true;
}

/* --- the kernel's DMA-BUF, and the library ---------------------------------
 */

int
ioctl(int fd, unsigned long request, ...)
{
   va_list args;

   va_start(args, request);
   const struct dma_buf_sync *sync = va_arg(args, struct dma_buf_sync *);
   va_end(args);
   U_CHECK_EQ(request, DMA_BUF_IOCTL_SYNC);
   U_CHECK(sync->flags & DMA_BUF_SYNC_RW);
   return 0;
}

static uint32_t
canonicalize(uint32_t format)
{
   return format == 0   ? DRM_FORMAT_XRGB8888
          : format == 1 ? DRM_FORMAT_ARGB8888
                        : format;
}

struct gbm_device *
mock_open(uint32_t version)
{
   static const struct gbm_core core = {
      .version = VG_ABI_VERSION,
      .format_canonicalize = canonicalize,
   };
   const struct gbm_backend *backend = gbmint_get_backend(&core);
   struct gbm_device *gbm = backend->create_device(3, version);

   if (gbm) {
      U_CHECK_EQ(gbm->version, version);
      U_CHECK(!strcmp(gbm->name, "venus"));
   }
   return gbm;
}

void
mock_close(struct gbm_device *gbm)
{
   gbm->destroy(gbm);
   U_CHECK_EQ(mock_open_handles(), 0);
}
