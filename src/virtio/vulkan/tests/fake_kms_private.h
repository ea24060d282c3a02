/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What the parts of the fake share: fake_kms.c has the node, its events and
 * masters, fake_kms_objects.c what is listed, fake_kms_screen.c what is shown.
 */

#ifndef FAKE_KMS_PRIVATE_H
#define FAKE_KMS_PRIVATE_H

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "fake_kms.h"

#define FIRST_PROPERTY 100
#define FORMAT_BLOB    90
#define CONSOLE_FB     7
#define FIRST_FB       1000
#define MAX_FBS        64
#define DUMB_SIZE      (8u << 20)

/* Ids are these on top of FIRST_PROPERTY. */
enum {
   CRTC_ID,
   DPMS,
   MODE_ID,
   ACTIVE,
   TYPE,
   FB_ID,
   SRC_X,
   SRC_Y,
   SRC_W,
   SRC_H,
   CRTC_X,
   CRTC_Y,
   CRTC_W,
   CRTC_H,
   IN_FORMATS,
   PROPERTY_COUNT,
};

struct fake_kms_state {
   pthread_mutex_t mutex;
   int ptmx;
   char node[64];
   const char *fail_function;
   int fail_in, fail_error;
   struct {
      bool used;
      void *dumb;
      uint32_t stride;
   } fbs[MAX_FBS];
   void *dumbs[MAX_FBS];               /* by handle */
   uint64_t pending[FAKE_KMS_SCREENS]; /* serials of flips; 0: none */
};

extern struct fake_kms_state kms;

/* Zero, or a negative errno, which is in errno too. */
int fake_kms_failure(const char *function);
int fake_kms_error(int code);
/* With the lock held: the event of the screen's flip. */
void fake_kms_send_flip(uint32_t screen);

#define FAIL()                                                               \
   do {                                                                      \
      const int _ret = fake_kms_failure(__func__);                           \
      if (_ret)                                                              \
         return _ret;                                                        \
   } while (0)

#endif /* FAKE_KMS_PRIVATE_H */
