/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Mapping and writing: the pages are those of the DMA-BUF, and no place
 * outside the picture can be asked for.
 */

#include <drm_fourcc.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "u_test.h"
#include "vg_mock.h"

#define WIDTH  64
#define HEIGHT 32

static void
test_map(struct gbm_device *gbm, struct gbm_bo *bo)
{
   void *data_a = NULL, *data_b = NULL;
   uint32_t stride = 0;
   uint32_t *a = gbm->bo_map(bo, 0, 0, WIDTH, HEIGHT,
                             GBM_BO_TRANSFER_READ_WRITE, &stride, &data_a);
   const uint32_t *b =
      gbm->bo_map(bo, 3, 2, 1, 1, GBM_BO_TRANSFER_READ, &stride, &data_b);

   if (!U_CHECK(a) || !U_CHECK(b))
      return;
   U_CHECK_EQ(stride, 256);
   a[2 * (stride / 4) + 3] = 0x11223344;
   U_CHECK_EQ(*b, 0x11223344);
   gbm->bo_unmap(bo, data_a);
   /* a map of its own: still there */
   U_CHECK_EQ(*b, 0x11223344);
   gbm->bo_unmap(bo, data_b);

   uint8_t row[256];
   memset(row, 0x5a, sizeof(row));
   U_CHECK_EQ(gbm->bo_write(bo, row, sizeof(row)), 0);
   a = gbm->bo_map(bo, 0, 0, 1, 1, GBM_BO_TRANSFER_READ, &stride, &data_a);
   if (U_CHECK(a)) {
      U_CHECK_EQ(a[0], 0x5a5a5a5a);
      gbm->bo_unmap(bo, data_a);
   }
   U_CHECK_EQ(gbm->bo_write(bo, NULL, 0), 0);
   errno = 0;
   U_CHECK_EQ(gbm->bo_write(bo, row, (size_t)stride * HEIGHT + 1), -1);
   U_CHECK_EQ(errno, EINVAL);
   U_CHECK_EQ(gbm->bo_write(bo, NULL, 1), -1);
}

static void
test_refused(struct gbm_device *gbm, struct gbm_bo *bo)
{
   static const struct {
      uint32_t x, y, width, height, flags;
   } bad[] = {
      { 1, 0, WIDTH, 1, GBM_BO_TRANSFER_READ },
      { 0, 1, 1, HEIGHT, GBM_BO_TRANSFER_READ },
      { WIDTH + 1, 0, 1, 1, GBM_BO_TRANSFER_READ },
      { UINT32_MAX, 0, 2, 1, GBM_BO_TRANSFER_READ },
      { 0, UINT32_MAX, 1, 2, GBM_BO_TRANSFER_WRITE },
      { 0, 0, 1, 1, 0 },
      { 0, 0, 1, 1, 0x100 | GBM_BO_TRANSFER_READ },
   };
   uint32_t stride;
   void *data;

   for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
      errno = 0;
      U_CHECK(!gbm->bo_map(bo, bad[i].x, bad[i].y, bad[i].width,
                           bad[i].height, bad[i].flags, &stride, &data));
      U_CHECK_EQ(errno, EINVAL);
   }
   mock_fail(MOCK_HANDLE_TO_FD, 1, EMFILE);
   U_CHECK(
      !gbm->bo_map(bo, 0, 0, 1, 1, GBM_BO_TRANSFER_READ, &stride, &data));
   U_CHECK_EQ(errno, EMFILE);
   mock_fail(MOCK_HANDLE_TO_FD, 1, EMFILE);
   U_CHECK_EQ(gbm->bo_write(bo, &stride, sizeof(stride)), -1);
}

static void
test_tiled(struct gbm_device *gbm)
{
   static const uint64_t tiled = MOCK_TILED;
   struct gbm_import_fd_modifier_data import = {
      .width = WIDTH,
      .height = HEIGHT,
      .format = DRM_FORMAT_XRGB8888,
      .num_fds = 1,
      .fds = { mock_foreign(WIDTH * HEIGHT * 4) },
      .strides = { WIDTH * 4 },
      .modifier = tiled,
   };
   struct gbm_bo *bo =
      gbm->bo_import(gbm, GBM_BO_IMPORT_FD_MODIFIER, &import, 0);
   uint32_t stride;
   void *data;

   close(import.fds[0]);
   if (!U_CHECK(bo))
      return;
   errno = 0;
   U_CHECK(
      !gbm->bo_map(bo, 0, 0, 1, 1, GBM_BO_TRANSFER_READ, &stride, &data));
   U_CHECK_EQ(errno, ENOTSUP);
   gbm->bo_destroy(bo);
}

int
main(void)
{
   struct gbm_device *gbm = mock_open(VG_ABI_VERSION);

   if (!U_CHECK(gbm))
      return u_test_result();
   const unsigned fds = mock_open_fds();
   struct gbm_bo *bo = gbm->bo_create(gbm, WIDTH, HEIGHT, DRM_FORMAT_XRGB8888,
                                      GBM_BO_USE_LINEAR, NULL, 0);
   if (U_CHECK(bo)) {
      test_map(gbm, bo);
      test_refused(gbm, bo);
      gbm->bo_destroy(bo);
   }
   test_tiled(gbm);
   U_CHECK_EQ(mock_open_fds(), fds);
   mock_close(gbm);
   return u_test_result();
}
