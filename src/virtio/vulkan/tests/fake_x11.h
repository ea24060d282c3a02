/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * An X server in a thread, for one client and one window. It has the
 * extensions that it is told to have, and can die, refuse or fall asleep at
 * each request.
 */

#ifndef FAKE_X11_H
#define FAKE_X11_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <xcb/xcb.h>

#define FAKE_X11_MAX    64
#define FAKE_X11_ROOT   0x100u
#define FAKE_X11_WINDOW 0x101u
#define FAKE_X11_VISUAL 0x21u
#define FAKE_X11_OTHER  0x22u /* a visual that nobody can draw */

struct fake_x11_config {
   bool present;
   bool regions;
   bool shm;
   bool shm_pixmaps;
   bool dri3;
   bool syncobj;    /* DRI3 and Present are 1.4 */
   bool no_points;  /* but not for this window */
   uint32_t width;  /* of the window; 0: 64 */
   uint32_t height; /* 0: 48 */
   uint8_t depth;   /* 0: 24 */

   /* Number of a request, counted from 1, at which ...; 0: none. */
   uint32_t die_at;    /* it closes the connection */
   uint32_t refuse_at; /* it answers with BadAlloc */
   uint32_t sleep_at;  /* it stops, until it is ended */

   bool refuse_large_shm; /* only the probe of a page can be attached */
   bool hold_points;      /* frames are released by fake_x11_release only */
   bool hold;             /* frames are shown by fake_x11_tick only */
};

struct fake_x11_pixmap {
   uint32_t id;
   uint32_t width;
   uint32_t height;
   uint32_t stride_B;
   uint8_t *pixels;
   void *owned; /* malloc'ed; NULL: pixels are in a mapping */
   void *map;   /* of a dma-buf */
   size_t map_B;
};

struct fake_x11_segment {
   uint32_t id;
   uint8_t *map;
   size_t size_B;
   bool writable;
};

/* Of DRI3; each import is another fd. */
struct fake_x11_syncobj {
   uint32_t id;
   int fd; /* owned */
};

/* A release point, whose syncobj may have been freed. */
struct fake_x11_point {
   int fd; /* owned; -1: none */
   uint64_t value;
};

struct fake_x11_frame {
   struct fake_x11_point release;
   uint32_t pixmap;
   uint32_t serial;
   uint64_t target_msc;
   uint32_t rect_count;
   xcb_rectangle_t rects[16]; /* none: all */
};

struct fake_x11 {
   struct fake_x11_config config;
   int fd;
   pthread_t thread;
   int fds[16];
   uint32_t fd_count;
   int wake[2];

   pthread_mutex_t mutex; /* guards the rest */
   uint32_t request_count;
   uint16_t sequence;
   bool gone;        /* the window */
   bool stopping;    /* the server */
   uint32_t *screen; /* what the window shows */
   uint32_t event_id;
   uint32_t event_mask;
   uint64_t msc;
   uint32_t shown;   /* frames by Present */
   uint32_t skipped; /* frames that others took the place of */
   uint32_t put_B;   /* bytes of pixels in PutImage */
   uint32_t shm_puts;
   uint32_t options; /* of the last PresentPixmap */
   uint32_t errors;  /* that were sent */
   uint32_t region_id;
   uint32_t region_count;
   xcb_rectangle_t region[16];
   struct fake_x11_pixmap pixmaps[FAKE_X11_MAX];
   struct fake_x11_segment segments[FAKE_X11_MAX];
   struct fake_x11_syncobj syncobjs[FAKE_X11_MAX];
   uint32_t synced; /* frames that came with points */
   uint32_t early;  /* of them, whose acquire point had not been reached */
   uint32_t point_count; /* that are held */
   struct fake_x11_point points[FAKE_X11_MAX];
   uint32_t frame_count;
   struct fake_x11_frame frames[FAKE_X11_MAX];
};

/* A connection to the server; NULL: it did not come to be. */
xcb_connection_t *fake_x11_start(struct fake_x11 *server,
                                 const struct fake_x11_config *config);
/* Ends the server. The connection is disconnected before or after. */
void fake_x11_stop(struct fake_x11 *server);

/* 0 to 0xffffff */
uint32_t fake_x11_pixel(struct fake_x11 *server, uint32_t x, uint32_t y);
/* The screen goes on by one field. */
void fake_x11_tick(struct fake_x11 *server);
/* The points that it has held. */
void fake_x11_release(struct fake_x11 *server);
void
fake_x11_resize(struct fake_x11 *server, uint32_t width, uint32_t height);
/* says: with an event of Present, as servers since 21.1 do */
void fake_x11_destroy_window(struct fake_x11 *server, bool says);
/* An event of the application's, a ClientMessage. */
void fake_x11_send_message(struct fake_x11 *server, uint32_t number);
/* That it has got. */
uint32_t fake_x11_request_count(struct fake_x11 *server);
/* Pixmaps, segments, syncobjs and regions that the client has not freed. */
uint32_t fake_x11_leftovers(struct fake_x11 *server);

#endif /* FAKE_X11_H */
