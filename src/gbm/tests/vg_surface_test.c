/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Surfaces as rings of buffers.
 */

#include <drm_fourcc.h>
#include <errno.h>

#include "u_test.h"
#include "vg_mock.h"

static unsigned destroyed;

static void
count_destroyed(struct gbm_bo *bo, void *data)
{
   U_CHECK(data == &destroyed);
   destroyed++;
}

static void
test_ring(struct gbm_device *gbm)
{
   static const uint64_t linear = DRM_FORMAT_MOD_LINEAR;
   struct gbm_surface *surface = gbm->surface_create(
      gbm, 32, 32, DRM_FORMAT_XRGB8888, GBM_BO_USE_SCANOUT, &linear, 1);
   struct gbm_bo *bos[4];

   if (!U_CHECK(surface))
      return;
   for (unsigned i = 0; i < 4; i++) {
      U_CHECK_EQ(gbm->surface_has_free_buffers(surface), 1);
      bos[i] = gbm->surface_lock_front_buffer(surface);
      if (!U_CHECK(bos[i]))
         return;
      for (unsigned j = 0; j < i; j++)
         U_CHECK(bos[j] != bos[i]);
   }
   bos[1]->f.user_data = &destroyed;
   bos[1]->f.destroy_user_data = count_destroyed;

   U_CHECK_EQ(gbm->surface_has_free_buffers(surface), 0);
   errno = 0;
   U_CHECK(!gbm->surface_lock_front_buffer(surface));
   U_CHECK_EQ(errno, EBUSY);

   /* the one that was released first comes back first */
   gbm->surface_release_buffer(surface, bos[2]);
   gbm->surface_release_buffer(surface, bos[0]);
   gbm->surface_release_buffer(surface, bos[0]); /* not locked: refused */
   U_CHECK(gbm->surface_lock_front_buffer(surface) == bos[2]);
   U_CHECK(gbm->surface_lock_front_buffer(surface) == bos[0]);
   U_CHECK(!gbm->surface_lock_front_buffer(surface));

   gbm->surface_destroy(surface);
   U_CHECK_EQ(destroyed, 1);
   U_CHECK_EQ(mock_open_handles(), 0);
}

static void
test_failures(struct gbm_device *gbm)
{
   errno = 0;
   U_CHECK(!gbm->surface_create(gbm, 32, 32, 0x12345678, 0, NULL, 0));
   U_CHECK_EQ(errno, EINVAL);
   mock_fail(MOCK_GPU_ALLOCATE, 1, ENOMEM);
   U_CHECK(
      !gbm->surface_create(gbm, 32, 32, DRM_FORMAT_XRGB8888, 0, NULL, 0));
   U_CHECK_EQ(errno, ENOMEM);

   struct gbm_surface *surface =
      gbm->surface_create(gbm, 32, 32, DRM_FORMAT_XRGB8888, 0, NULL, 0);
   if (!U_CHECK(surface))
      return;
   U_CHECK(gbm->surface_lock_front_buffer(surface));
   /* the second buffer cannot be made now, and can be later */
   mock_fail(MOCK_GPU_ALLOCATE, 1, ENOMEM);
   U_CHECK(!gbm->surface_lock_front_buffer(surface));
   U_CHECK_EQ(errno, ENOMEM);
   U_CHECK(gbm->surface_lock_front_buffer(surface));
   gbm->surface_destroy(surface);
}

int
main(void)
{
   struct gbm_device *gbm = mock_open(VG_ABI_VERSION);

   if (!U_CHECK(gbm))
      return u_test_result();
   const unsigned fds = mock_open_fds();
   test_ring(gbm);
   test_failures(gbm);
   U_CHECK_EQ(mock_open_fds(), fds);
   mock_close(gbm);
   return u_test_result();
}
