/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The part of libdrm that KMS clients use, over screens that exist only in
 * this process: linked in libdrm's place. Two connectors, each with a CRTC
 * and a primary plane, as virtio-gpu has them. The node is a pseudo terminal,
 * through which events come; its other end going is the device going. Each
 * function can be made to fail.
 */

#ifndef FAKE_KMS_H
#define FAKE_KMS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define FAKE_KMS_SCREENS   2
#define FAKE_KMS_CONNECTOR 10 /* the first one's; the next has one more */
#define FAKE_KMS_CRTC      30
#define FAKE_KMS_PLANE     40

struct fake_kms_screen {
   bool connected;
   uint32_t mode_count; /* of 3: 800x600, 1024x768 (preferred), 640x480 */
   /* what is on it */
   bool active;
   uint32_t fb;
   uint32_t mode_width;
   uint64_t dpms;
};

struct fake_kms {
   /* what it can */
   bool universal, atomic, modifiers, async, vblank;
   struct fake_kms_screen screens[FAKE_KMS_SCREENS];

   int master;        /* the fd that is; -1: none */
   bool other_master; /* another process is it */
   bool first_master; /* the first who asks has become it by opening */
   bool hold_flips;   /* until fake_kms_flip */

   /* what there is and has happened */
   uint32_t fbs, handles, blobs, dumbs;
   uint32_t commits, tests, legacy_flips, async_flips, mode_sets;
   uint32_t last_fb_modifier_flag;
};

extern struct fake_kms fake_kms;

/* Screens that work, and nothing that is open. */
void fake_kms_reset(void);
/* A new fd of the node. */
int fake_kms_open(void);
dev_t fake_kms_rdev(void);

/* The n-th call (1: the next) of the function fails with the errno. */
void fake_kms_fail(const char *function, int n, int error);

/* Events of the flips that were held. */
void fake_kms_flip(void);
/* The framebuffer of the program that had the screen before. */
uint32_t fake_kms_console_fb(void);
/* Raw bytes in place of an event. */
void fake_kms_send(const void *data, size_t size);
void fake_kms_unplug(void);
/* A mapped dumb buffer; NULL: no such framebuffer. */
void *fake_kms_dumb_of_fb(uint32_t fb, uint32_t *stride_out);

#endif /* FAKE_KMS_H */
