/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * A compositor of a distribution with a screen of 640x480, in memory or on
 * KMS, and pictures of that screen.
 */

#ifndef WSI_COMPOSITOR_H
#define WSI_COMPOSITOR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define WSI_SCREEN_WIDTH  640
#define WSI_SCREEN_HEIGHT 480

/* What the screen has where there is no window, as 0xRRGGBB. */
#define WSI_BACKGROUND 0x204060

enum wsi_compositor_kind {
   WSI_WESTON, /* a maximized window fills the screen */
   WSI_SWAY,   /* the windows share the screen from left to right */
   /* the same on the machine's screen, which must have the size, drawn with
    * Vulkan: it takes dma-bufs
    */
   WSI_SWAY_KMS,
};

struct wsi_compositor {
   enum wsi_compositor_kind kind;
   pid_t pid;        /* of its process group, too; 0: it is dead */
   char dir[64];     /* its runtime directory; owned */
   char display[80]; /* for wl_display_connect() */
};

/* "weston", "sway" or "sway-kms"; false: none of them, with a message. */
bool wsi_compositor_kind_from(const char *name,
                              enum wsi_compositor_kind *kind);

/* Whether it is sway, wherever its screen is. */
bool wsi_compositor_is_sway(enum wsi_compositor_kind kind);

/* Returns when clients can connect. It ends with this process. */
bool wsi_compositor_start(struct wsi_compositor *compositor,
                          enum wsi_compositor_kind kind);
/* Returns when it shows its background, and so what is in front of it. */
bool wsi_compositor_wait_background(struct wsi_compositor *compositor);
/* Kills it without a warning. */
void wsi_compositor_kill(struct wsi_compositor *compositor);
/* And removes what it has left. */
void wsi_compositor_finish(struct wsi_compositor *compositor);

/* 0xRRGGBB, row by row; to be freed. NULL with a message. */
uint32_t *wsi_compositor_screenshot(struct wsi_compositor *compositor);

#endif /* WSI_COMPOSITOR_H */
