/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Threads that import and destroy the same buffer: its handle is never closed
 * while somebody has it (the mock checks), and is closed in the end.
 */

#include <drm_fourcc.h>
#include <pthread.h>
#include <unistd.h>

#include "u_test.h"
#include "vg_mock.h"

#define THREADS 4
#define ROUNDS  500

static struct gbm_device *gbm;
static int shared_fd;

static void *
import_and_destroy(void *arg)
{
   bool *ok = arg;

   for (unsigned i = 0; i < ROUNDS && *ok; i++) {
      struct gbm_import_fd_data data = {
         .fd = shared_fd,
         .width = 16,
         .height = 16,
         .stride = 64,
         .format = DRM_FORMAT_XRGB8888,
      };
      struct gbm_bo *bo = gbm->bo_import(gbm, GBM_BO_IMPORT_FD, &data, 0);
      const int fd = bo ? gbm->bo_get_fd(bo) : -1;

      *ok = fd >= 0;
      if (fd >= 0)
         close(fd);
      if (bo)
         gbm->bo_destroy(bo);
   }
   return NULL;
}

int
main(void)
{
   pthread_t threads[THREADS];
   bool ok[THREADS];

   gbm = mock_open(VG_ABI_VERSION);
   shared_fd = mock_foreign(64 * 16);
   if (!U_CHECK(gbm) || !U_CHECK(shared_fd >= 0))
      return u_test_result();
   for (unsigned i = 0; i < THREADS; i++) {
      ok[i] = true;
      if (pthread_create(&threads[i], NULL, import_and_destroy, &ok[i]))
         return EXIT_FAILURE;
   }
   for (unsigned i = 0; i < THREADS; i++) {
      pthread_join(threads[i], NULL);
      U_CHECK(ok[i]);
   }
   close(shared_fd);
   mock_close(gbm);
   return u_test_result();
}
