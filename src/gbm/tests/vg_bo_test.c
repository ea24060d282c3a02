/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Making buffer objects, of both kinds, and every step of it that can fail.
 */

#include <drm_fourcc.h>
#include <errno.h>
#include <unistd.h>

#include "u_test.h"
#include "vg_gpu.h"
#include "vg_mock.h"

#define USE_BOTH (GBM_BO_USE_SCANOUT | GBM_BO_USE_RENDERING)

static const uint64_t tiled_first[] = { MOCK_TILED, DRM_FORMAT_MOD_LINEAR };
static const uint64_t unknown[] = { 0x0a00000000000042ull };
static const uint64_t implied[] = { DRM_FORMAT_MOD_INVALID };

static void
expect_error(struct gbm_bo *bo, int err)
{
   const int saved_errno = errno;

   U_CHECK(!bo);
   U_CHECK_EQ(saved_errno, err);
   errno = 0;
}

static void
test_linear(struct gbm_device *gbm)
{
   struct gbm_bo *bo =
      gbm->bo_create(gbm, 100, 50, GBM_BO_FORMAT_XRGB8888, USE_BOTH, NULL, 0);

   if (!U_CHECK(bo))
      return;
   U_CHECK_EQ(bo->f.width, 100);
   U_CHECK_EQ(bo->f.height, 50);
   U_CHECK_EQ(bo->f.format, DRM_FORMAT_XRGB8888);
   U_CHECK_EQ(bo->f.stride, 512);
   U_CHECK_EQ(gbm->bo_get_modifier(bo), DRM_FORMAT_MOD_LINEAR);
   U_CHECK_EQ(gbm->bo_get_planes(bo), 1);
   U_CHECK_EQ(gbm->bo_get_stride(bo, 0), 512);
   U_CHECK_EQ(gbm->bo_get_offset(bo, 0), 0);
   U_CHECK(bo->f.handle.u32 != 0);
   U_CHECK_EQ(gbm->bo_get_handle(bo, 0).u32, bo->f.handle.u32);
   U_CHECK(mock_last_usage() & VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT);
   U_CHECK(mock_last_usage() & VK_IMAGE_USAGE_SAMPLED_BIT);

   const int fd = gbm->bo_get_fd(bo);
   U_CHECK(fd >= 0);
   close(fd);

   /* planes that are not there */
   errno = 0;
   U_CHECK_EQ(gbm->bo_get_plane_fd(bo, 1), -1);
   U_CHECK_EQ(errno, EINVAL);
   U_CHECK_EQ(gbm->bo_get_plane_fd(bo, -1), -1);
   U_CHECK_EQ(gbm->bo_get_handle(bo, 1).s32, -1);
   U_CHECK_EQ(gbm->bo_get_stride(bo, 4), 0);
   U_CHECK_EQ(gbm->bo_get_offset(bo, -1), 0);

   mock_fail(MOCK_HANDLE_TO_FD, 1, EMFILE);
   U_CHECK_EQ(gbm->bo_get_fd(bo), -1);
   U_CHECK_EQ(errno, EMFILE);
   gbm->bo_destroy(bo);
}

static void
test_modifiers(struct gbm_device *gbm)
{
   struct gbm_bo *bo = gbm->bo_create(gbm, 64, 64, DRM_FORMAT_ARGB8888,
                                      USE_BOTH, tiled_first, 2);

   if (U_CHECK(bo)) {
      U_CHECK_EQ(gbm->bo_get_modifier(bo), MOCK_TILED);
      U_CHECK_EQ(gbm->bo_get_planes(bo), 2);
      U_CHECK_EQ(gbm->bo_get_offset(bo, 1), 64);
      /* one file, so one handle, counted twice */
      U_CHECK_EQ(gbm->bo_get_handle(bo, 1).u32,
                 gbm->bo_get_handle(bo, 0).u32);
      U_CHECK_EQ(mock_open_handles(), 1);
      gbm->bo_destroy(bo);
   }
   bo =
      gbm->bo_create(gbm, 64, 64, DRM_FORMAT_ARGB8888, USE_BOTH, implied, 1);
   if (U_CHECK(bo)) {
      U_CHECK_EQ(gbm->bo_get_modifier(bo), DRM_FORMAT_MOD_LINEAR);
      gbm->bo_destroy(bo);
   }
   expect_error(
      gbm->bo_create(gbm, 64, 64, DRM_FORMAT_ARGB8888, USE_BOTH, unknown, 1),
      EINVAL);
}

static void
test_dumb(struct gbm_device *gbm)
{
   struct gbm_bo *bo =
      gbm->bo_create(gbm, 64, 64, DRM_FORMAT_ARGB8888,
                     GBM_BO_USE_CURSOR | GBM_BO_USE_WRITE, NULL, 0);

   if (U_CHECK(bo)) {
      U_CHECK_EQ(bo->f.stride, 256);
      U_CHECK_EQ(gbm->bo_get_modifier(bo), DRM_FORMAT_MOD_LINEAR);
      gbm->bo_destroy(bo);
   }
   mock_fail(MOCK_CREATE_DUMB, 1, EACCES);
   expect_error(gbm->bo_create(gbm, 64, 64, DRM_FORMAT_ARGB8888,
                               GBM_BO_USE_CURSOR, NULL, 0),
                EACCES);
   expect_error(gbm->bo_create(gbm, 64, 64, DRM_FORMAT_ARGB8888,
                               GBM_BO_USE_WRITE, tiled_first, 2),
                EINVAL);
}

static void
test_refused(struct gbm_device *gbm)
{
   expect_error(gbm->bo_create(gbm, 8, 8, 0x12345678, USE_BOTH, NULL, 0),
                EINVAL);
   expect_error(gbm->bo_create(gbm, 8, 8, DRM_FORMAT_NV12, USE_BOTH, NULL, 0),
                EINVAL);
   expect_error(gbm->bo_create(gbm, 8, 8, DRM_FORMAT_XRGB8888,
                               GBM_BO_USE_PROTECTED, NULL, 0),
                EINVAL);
   expect_error(
      gbm->bo_create(gbm, 8, 8, DRM_FORMAT_XRGB8888, 1u << 30, NULL, 0),
      EINVAL);
   expect_error(
      gbm->bo_create(gbm, 20000, 8, DRM_FORMAT_XRGB8888, 0, NULL, 0), EINVAL);
   /* a format without a linear layout, and nobody who would know another */
   expect_error(gbm->bo_create(gbm, 8, 8, DRM_FORMAT_R8, 0, NULL, 0), EINVAL);

   mock_fail(MOCK_GPU_ALLOCATE, 1, ENOMEM);
   expect_error(gbm->bo_create(gbm, 8, 8, DRM_FORMAT_XRGB8888, 0, NULL, 0),
                ENOMEM);
   for (unsigned nth = 1; nth <= 2; nth++) {
      mock_fail(MOCK_FD_TO_HANDLE, nth, ENOTTY);
      expect_error(
         gbm->bo_create(gbm, 8, 8, DRM_FORMAT_XRGB8888, 0, tiled_first, 2),
         ENOTTY);
   }
   U_CHECK_EQ(mock_open_handles(), 0);
}

static void
test_queries(struct gbm_device *gbm)
{
   U_CHECK(gbm->is_format_supported(gbm, GBM_BO_FORMAT_ARGB8888, USE_BOTH));
   U_CHECK(
      gbm->is_format_supported(gbm, DRM_FORMAT_XRGB8888, GBM_BO_USE_CURSOR));
   U_CHECK(!gbm->is_format_supported(gbm, DRM_FORMAT_R16, USE_BOTH));
   U_CHECK(!gbm->is_format_supported(gbm, DRM_FORMAT_R8, USE_BOTH));
   U_CHECK(!gbm->is_format_supported(gbm, DRM_FORMAT_NV12, USE_BOTH));
   U_CHECK(!gbm->is_format_supported(gbm, 0x12345678, 0));

   U_CHECK_EQ(gbm->get_format_modifier_plane_count(gbm, DRM_FORMAT_XRGB8888,
                                                   MOCK_TILED),
              2);
   U_CHECK_EQ(gbm->get_format_modifier_plane_count(gbm, DRM_FORMAT_XRGB8888,
                                                   DRM_FORMAT_MOD_LINEAR),
              1);
   errno = 0;
   U_CHECK_EQ(gbm->get_format_modifier_plane_count(gbm, DRM_FORMAT_XRGB8888,
                                                   unknown[0]),
              -1);
   U_CHECK_EQ(errno, EINVAL);
   U_CHECK_EQ(
      gbm->get_format_modifier_plane_count(gbm, DRM_FORMAT_NV12, MOCK_TILED),
      -1);
}

/* Version 0 of the interface leaves the usage out. */
static void
test_version_0(void)
{
   struct gbm_device *gbm = mock_open(0);

   if (!U_CHECK(gbm))
      return;
   struct gbm_bo *bo =
      gbm->bo_create(gbm, 64, 64, DRM_FORMAT_ARGB8888, 0, tiled_first, 2);
   if (U_CHECK(bo)) {
      U_CHECK(mock_last_usage() & VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT);
      gbm->bo_destroy(bo);
   }
   mock_close(gbm);
}

int
main(void)
{
   struct gbm_device *gbm = mock_open(VG_ABI_VERSION);

   if (!U_CHECK(gbm))
      return u_test_result();
   const unsigned fds = mock_open_fds();
   test_linear(gbm);
   test_modifiers(gbm);
   test_dumb(gbm);
   test_refused(gbm);
   test_queries(gbm);
   U_CHECK_EQ(mock_open_fds(), fds);
   mock_close(gbm);
   test_version_0();

   /* devices that cannot be */
   U_CHECK(!mock_open(VG_ABI_VERSION + 1));
   mock_fail(MOCK_GPU_CREATE, 1, ENODEV);
   U_CHECK(!mock_open(VG_ABI_VERSION));
   U_CHECK_EQ(errno, ENODEV);
   return u_test_result();
}
