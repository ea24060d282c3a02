/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Threads that make, export, import and free the same memory at the same
 * time. Built with ThreadSanitizer where the compiler has it, together with
 * everything that it tests.
 */

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "u_fd.h"
#include "u_test.h"
#include "vl_mapping.h"
#include "vl_os.h"

enum {
   THREADS = 4,
   ROUNDS = 2000,
   FILES = 3, /* few, so that the threads meet */
};

static int files[FILES];
static uint64_t page_B;

struct worker {
   pthread_t thread;
   unsigned seed;
   int failures;
};

static void *
work(void *data)
{
   struct worker *worker = data;
   struct vl_mapping *held = NULL;

   for (int i = 0; i < ROUNDS; i++) {
      const int fd = files[rand_r(&worker->seed) % FILES];
      struct vl_mapping *one = NULL, *two = NULL, *own = NULL, *back = NULL;
      int out = -1;
      worker->failures +=
         vl_mapping_import(fd, page_B, page_B, &one) != VK_SUCCESS;
      if (i % 3 == 0)
         worker->failures += vl_mapping_keep_fd(one, fd) != VK_SUCCESS;
      /* while it is held there is one truth only */
      worker->failures +=
         vl_mapping_import(fd, 2 * page_B, page_B, &two) != VK_SUCCESS;
      worker->failures += one != two;
      vl_mapping_unref(one);
      if (i % 3 == 0) {
         worker->failures += vl_mapping_export(two, &out) != VK_SUCCESS;
         u_fd_close(&out);
      }
      /* kept over the next round, so that others find it */
      vl_mapping_unref(held);
      held = vl_mapping_ref(two);
      vl_mapping_unref(two);

      worker->failures +=
         vl_mapping_create(page_B, page_B, &own) != VK_SUCCESS;
      memset(own->pointer, i, 16);
      worker->failures += vl_mapping_export(own, &out) != VK_SUCCESS;
      if (i % 2) {
         vl_mapping_unref(own);
         own = NULL;
      }
      worker->failures +=
         vl_mapping_import(out, page_B, page_B, &back) != VK_SUCCESS;
      worker->failures += ((unsigned char *)back->pointer)[15] != (i & 0xff);
      vl_mapping_unref(own);
      vl_mapping_unref(back);
      u_fd_close(&out);
   }
   vl_mapping_unref(held);
   return NULL;
}

int
main(void)
{
   page_B = vl_os_page_size();
   for (int i = 0; i < FILES; i++) {
      files[i] =
         memfd_create("venus-shm-test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
      U_CHECK_EQ(ftruncate(files[i], (off_t)(2 * page_B)), 0);
   }

   struct worker workers[THREADS] = { 0 };
   for (unsigned i = 0; i < THREADS; i++) {
      workers[i].seed = i + 1;
      U_CHECK_EQ(pthread_create(&workers[i].thread, NULL, work, &workers[i]),
                 0);
   }
   for (int i = 0; i < THREADS; i++) {
      pthread_join(workers[i].thread, NULL);
      U_CHECK_EQ(workers[i].failures, 0);
   }
   U_CHECK_EQ(vl_mapping_count(), 0);
   for (int i = 0; i < FILES; i++)
      close(files[i]);
   return u_test_result();
}
