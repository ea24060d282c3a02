/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The system's libgbm with GBM_BACKEND=venus: it finds the backend, the
 * backend refuses a device that is no GPU of Vulkan's, and libgbm goes on to
 * its own, which may or may not make something of /dev/null.
 */

#include <fcntl.h>
#include <gbm.h>
#include <string.h>
#include <unistd.h>

#include "u_test.h"

int
main(void)
{
   const int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
   int ends[2];
   char log[4096];

   if (!U_CHECK(fd >= 0) || !U_CHECK_EQ(pipe(ends), 0))
      return u_test_result();
   /* What the backend says is how we know that it was asked. */
   const int saved = dup(STDERR_FILENO);
   dup2(ends[1], STDERR_FILENO);
   struct gbm_device *gbm = gbm_create_device(fd);
   dup2(saved, STDERR_FILENO);
   close(ends[1]);

   const ssize_t n = read(ends[0], log, sizeof(log) - 1);
   if (U_CHECK(n > 0)) {
      log[n] = '\0';
      fputs(log, stderr);
      U_CHECK(strstr(log, "venus-gbm: "));
   }
   if (gbm) {
      U_CHECK(strcmp(gbm_device_get_backend_name(gbm), "venus"));
      gbm_device_destroy(gbm);
   }
   close(ends[0]);
   close(saved);
   close(fd);
   return u_test_result();
}
