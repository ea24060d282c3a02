/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * In a guest: buffers that a host need not be able to hand to Vulkan. Each
 * is imported or refused with VK_ERROR_INVALID_EXTERNAL_HANDLE, the same in
 * vkGetMemoryFdPropertiesKHR and vkAllocateMemory, and the context renders
 * on. Needs a virtio-gpu device; status 77 without.
 *
 *    device-import-refusal [--must-refuse] [KIND]
 *
 * KIND (gbm, dumb, shmem, guest, foreign) tries that one alone: a driver that
 * does not survive it can be asked about the others.
 */

#include <errno.h>
#include <fcntl.h>
#include <gbm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "ext_fixture.h"

#define SIZE (1u << 20)

/* What the kernel's call is made of; libdrm of Debian 12 lacks it. */
struct create_blob {
   uint32_t blob_mem, blob_flags;
   uint32_t bo_handle, res_handle;
   uint64_t size;
   uint32_t pad, cmd_size;
   uint64_t cmd, blob_id;
};

struct context_param {
   uint64_t param, value;
};

struct context_init {
   uint32_t count, pad;
   uint64_t params;
};

#define IOCTL_CREATE_BLOB DRM_IOWR(DRM_COMMAND_BASE + 10, struct create_blob)
#define IOCTL_CONTEXT_INIT                                                   \
   DRM_IOWR(DRM_COMMAND_BASE + 11, struct context_init)

enum { BLOB_GUEST = 1, BLOB_HOST3D = 2, BLOB_MAPPABLE = 1 };

static bool must_refuse;
static const char *only; /* NULL: all */

static bool
wanted(const char *kind)
{
   return !only || !strcmp(only, kind);
}

static int
open_node(int type)
{
   drmDevice *devices[16];
   const int count = drmGetDevices2(0, devices, 16);
   int fd = -1;

   for (int i = 0; i < count && fd < 0; i++) {
      if (!(devices[i]->available_nodes & 1 << type))
         continue;
      fd = open(devices[i]->nodes[type], O_RDWR | O_CLOEXEC);
      drmVersion *version = fd < 0 ? NULL : drmGetVersion(fd);
      if (version && strcmp(version->name, "virtio_gpu")) {
         close(fd);
         fd = -1;
      }
      drmFreeVersion(version);
   }
   if (count > 0)
      drmFreeDevices(devices, count);
   return fd;
}

static int
export_handle(int drm, uint32_t handle)
{
   int fd = -1;
   if (drmPrimeHandleToFD(drm, handle, DRM_CLOEXEC | DRM_RDWR, &fd))
      return -1;
   return fd;
}

/* A blob of a context of its own, of the Venus kind. */
static int
make_blob(int drm, uint32_t mem, uint32_t flags)
{
   const struct context_param params[] = { { 1, 4 }, { 2, 64 }, { 3, 0 } };
   struct context_init init = { 3, 0, (uintptr_t)params };
   struct create_blob blob = {
      .blob_mem = mem,
      .blob_flags = flags,
      .size = SIZE,
   };
   /* the second time it is there already */
   if (drmIoctl(drm, IOCTL_CONTEXT_INIT, &init) && errno != EEXIST)
      return -1;
   if (drmIoctl(drm, IOCTL_CREATE_BLOB, &blob))
      return -1;
   return export_handle(drm, blob.bo_handle);
}

static int
make_dumb(int drm)
{
   struct drm_mode_create_dumb dumb = {
      .width = 512,
      .height = 512,
      .bpp = 32,
   };
   if (drmIoctl(drm, DRM_IOCTL_MODE_CREATE_DUMB, &dumb))
      return -1;
   return export_handle(drm, dumb.handle);
}

static int
make_gbm(struct gbm_device *gbm, struct gbm_bo **bo)
{
   *bo = gbm_bo_create(gbm, 512, 512, GBM_FORMAT_XRGB8888,
                       GBM_BO_USE_RENDERING | GBM_BO_USE_SCANOUT);
   return *bo ? gbm_bo_get_fd(*bo) : -1;
}

static bool
still_works(struct ext_device *dev)
{
   struct ext_object object = { 0 };
   const bool ok = ext_buffer_export(&object, dev, false) &&
                   ext_write_gpu(&object, 0xa11fe) &&
                   ext_words_are(&object, object.map, 0xa11fe);
   ext_object_finish(&object);
   return ok;
}

/* Closes the fd. */
static void
check(struct ext_device *dev, const char *what, int fd, bool foreign)
{
   const struct ext_object like = {
      .dev = dev,
      .memory_size = SIZE,
      .memory_type = 0,
   };
   VkMemoryFdPropertiesKHR props = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_FD_PROPERTIES_KHR,
   };
   VkDeviceMemory memory = VK_NULL_HANDLE;
   struct timespec start, end;

   if (!U_CHECK(fd >= 0)) {
      fprintf(stderr, "%s: cannot be made\n", what);
      return;
   }
   clock_gettime(CLOCK_MONOTONIC, &start);
   const VkResult asked =
      dev->GetMemoryFdProperties(dev->base.handle, EXT_DMA_BUF, fd, &props);
   clock_gettime(CLOCK_MONOTONIC, &end);
   const VkResult got = ext_import_memory(dev, fd, &like, &memory);
   printf("%s: properties %d after %ld ms, import %d\n", what, asked,
          (long)((end.tv_sec - start.tv_sec) * 1000 +
                 (end.tv_nsec - start.tv_nsec) / 1000000),
          got);

   U_CHECK(asked == VK_SUCCESS || asked == VK_ERROR_INVALID_EXTERNAL_HANDLE);
   U_CHECK_EQ(got, asked);
   if (must_refuse || foreign)
      U_CHECK_EQ(got, VK_ERROR_INVALID_EXTERNAL_HANDLE);
   if (got == VK_SUCCESS) {
      vkFreeMemory(dev->base.handle, memory, NULL);
   } else {
      U_CHECK(fcntl(fd, F_GETFD) >= 0);
      close(fd);
   }
   U_CHECK(still_works(dev));
}

int
main(int argc, char **argv)
{
   struct vkt_instance instance = { 0 };
   struct ext_device dev = { 0 };

   for (int i = 1; i < argc; i++) {
      if (!strcmp(argv[i], "--must-refuse"))
         must_refuse = true;
      else
         only = argv[i];
   }
   /* a driver may end the process */
   setvbuf(stdout, NULL, _IOLBF, 0);
   int card = open_node(DRM_NODE_PRIMARY);
   int render = open_node(DRM_NODE_RENDER);
   if (card < 0 || render < 0) {
      fprintf(stderr, "no virtio-gpu device\n");
      return 77;
   }
   /* stock GBM: this is about what others make */
   unsetenv("GBM_BACKEND");
   unsetenv("GBM_BACKENDS_PATH");
   struct gbm_device *gbm = gbm_create_device(card);
   struct gbm_bo *bo = NULL;

   vkt_bound(300);
   if (U_CHECK(vkt_instance_init(&instance)) &&
       U_CHECK(ext_device_init(&dev, &instance))) {
      /* twice: what was learned from the first must not hurt the second */
      for (int round = 0; round < 2; round++) {
         if (wanted("gbm") && U_CHECK(gbm != NULL))
            check(&dev, "GBM buffer", make_gbm(gbm, &bo), false);
         if (wanted("dumb"))
            check(&dev, "dumb buffer", make_dumb(card), false);
         if (wanted("shmem")) {
            check(&dev, "shmem blob",
                  make_blob(render, BLOB_HOST3D, BLOB_MAPPABLE), false);
         }
         if (wanted("guest")) {
            check(&dev, "guest blob",
                  make_blob(render, BLOB_GUEST, BLOB_MAPPABLE), false);
         }
         if (wanted("foreign")) {
            const int memfd = memfd_create("foreign", MFD_CLOEXEC);
            U_CHECK_EQ(ftruncate(memfd, SIZE), 0);
            check(&dev, "foreign fd", memfd, true);
         }
         if (bo)
            gbm_bo_destroy(bo);
         bo = NULL;
      }
   }
   ext_device_finish(&dev);
   vkt_instance_finish(&instance);
   if (gbm)
      gbm_device_destroy(gbm);
   close(render);
   close(card);
   return u_test_result();
}
