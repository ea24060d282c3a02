/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Importing what others made, and what they say wrongly about it.
 */

#include <drm_fourcc.h>
#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "u_test.h"
#include "vg_mock.h"

#define SIZE (256 * 64)

static struct gbm_import_fd_data
good_fd(int fd)
{
   return (struct gbm_import_fd_data){
      .fd = fd,
      .width = 64,
      .height = 64,
      .stride = 256,
      .format = GBM_BO_FORMAT_XRGB8888,
   };
}

static struct gbm_import_fd_modifier_data
good_nv12(int fd)
{
   return (struct gbm_import_fd_modifier_data){
      .width = 63,
      .height = 63,
      .format = DRM_FORMAT_NV12,
      .num_fds = 2,
      .fds = { fd, fd },
      .strides = { 64, 64 },
      .offsets = { 0, 64 * 63 },
      .modifier = DRM_FORMAT_MOD_LINEAR,
   };
}

static void
refuse_fd(struct gbm_device *gbm, struct gbm_import_fd_data data, int err)
{
   errno = 0;
   U_CHECK(!gbm->bo_import(gbm, GBM_BO_IMPORT_FD, &data, 0));
   U_CHECK_EQ(errno, err);
   U_CHECK_EQ(mock_open_handles(), 0);
}

static void
refuse_planes(struct gbm_device *gbm,
              struct gbm_import_fd_modifier_data data,
              int err)
{
   errno = 0;
   U_CHECK(!gbm->bo_import(gbm, GBM_BO_IMPORT_FD_MODIFIER, &data, 0));
   U_CHECK_EQ(errno, err);
   U_CHECK_EQ(mock_open_handles(), 0);
}

static void
test_good(struct gbm_device *gbm, int fd)
{
   struct gbm_import_fd_data one = good_fd(fd);
   struct gbm_import_fd_modifier_data two = good_nv12(fd);
   struct gbm_bo *a = gbm->bo_import(gbm, GBM_BO_IMPORT_FD, &one, 0);
   struct gbm_bo *b = gbm->bo_import(gbm, GBM_BO_IMPORT_FD_MODIFIER, &two, 0);

   if (!U_CHECK(a) || !U_CHECK(b))
      return;
   U_CHECK_EQ(a->f.stride, 256);
   U_CHECK_EQ(a->f.format, DRM_FORMAT_XRGB8888);
   U_CHECK_EQ(gbm->bo_get_modifier(a), DRM_FORMAT_MOD_LINEAR);
   U_CHECK_EQ(gbm->bo_get_planes(b), 2);
   U_CHECK_EQ(gbm->bo_get_offset(b, 1), 64 * 63);
   /* one file: the kernel gives one handle, and it must outlive a */
   U_CHECK_EQ(a->f.handle.u32, b->f.handle.u32);
   gbm->bo_destroy(a);
   U_CHECK_EQ(mock_open_handles(), 1);
   gbm->bo_destroy(b);
   U_CHECK_EQ(mock_open_handles(), 0);
}

static void
test_bad_fd(struct gbm_device *gbm, int fd)
{
   struct gbm_import_fd_data data;
   int ends[2];

   data = good_fd(-1);
   refuse_fd(gbm, data, EBADF);
   if (U_CHECK_EQ(pipe(ends), 0)) {
      data = good_fd(ends[0]);
      refuse_fd(gbm, data, ESPIPE);
      close(ends[0]);
      close(ends[1]);
   }
   data = good_fd(fd);
   data.stride = 252; /* shorter than a row */
   refuse_fd(gbm, data, EINVAL);
   data.stride = 0;
   refuse_fd(gbm, data, EINVAL);
   data.stride = UINT32_MAX;
   refuse_fd(gbm, data, EINVAL);
   data = good_fd(fd);
   data.height = 65; /* beyond the end */
   refuse_fd(gbm, data, EINVAL);
   data.height = 0;
   refuse_fd(gbm, data, EINVAL);
   data = good_fd(fd);
   data.width = UINT32_MAX;
   refuse_fd(gbm, data, EINVAL);
   data = good_fd(fd);
   data.format = 0x12345678;
   refuse_fd(gbm, data, EINVAL);
   data.format = DRM_FORMAT_NV12; /* needs two planes */
   refuse_fd(gbm, data, EINVAL);

   mock_fail(MOCK_FD_TO_HANDLE, 1, EINVAL);
   refuse_fd(gbm, good_fd(fd), EINVAL);
}

static void
test_bad_planes(struct gbm_device *gbm, int fd)
{
   struct gbm_import_fd_modifier_data data;

   data = good_nv12(fd);
   data.num_fds = 0;
   refuse_planes(gbm, data, EINVAL);
   data.num_fds = 5;
   refuse_planes(gbm, data, EINVAL);
   data.num_fds = 1;
   refuse_planes(gbm, data, EINVAL);
   data = good_nv12(fd);
   data.offsets[1] = INT_MAX;
   refuse_planes(gbm, data, EINVAL);
   data.offsets[1] = -1;
   refuse_planes(gbm, data, EINVAL);
   data = good_nv12(fd);
   data.strides[1] = -64;
   refuse_planes(gbm, data, EINVAL);
   data = good_nv12(fd);
   data.fds[1] = -1;
   refuse_planes(gbm, data, EBADF);
   /* the second plane's handle: the first must be given back */
   mock_fail(MOCK_FD_TO_HANDLE, 2, ENOMEM);
   refuse_planes(gbm, good_nv12(fd), ENOMEM);
}

int
main(void)
{
   struct gbm_device *gbm = mock_open(VG_ABI_VERSION);
   const int fd = mock_foreign(SIZE);

   if (!U_CHECK(gbm) || !U_CHECK(fd >= 0))
      return u_test_result();
   const unsigned fds = mock_open_fds();
   test_good(gbm, fd);
   test_bad_fd(gbm, fd);
   test_bad_planes(gbm, fd);

   static const uint32_t types[] = { GBM_BO_IMPORT_WL_BUFFER,
                                     GBM_BO_IMPORT_EGL_IMAGE };
   for (unsigned i = 0; i < 2; i++) {
      errno = 0;
      U_CHECK(!gbm->bo_import(gbm, types[i], &gbm, 0));
      U_CHECK_EQ(errno, ENOSYS);
   }
   errno = 0;
   U_CHECK(!gbm->bo_import(gbm, 0xdead, &gbm, 0));
   U_CHECK_EQ(errno, EINVAL);
   U_CHECK(!gbm->bo_import(gbm, GBM_BO_IMPORT_FD, NULL, 0));

   U_CHECK_EQ(mock_open_fds(), fds);
   close(fd);
   mock_close(gbm);
   return u_test_result();
}
