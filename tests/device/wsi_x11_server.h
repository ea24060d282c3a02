/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * An Xvfb of a test's own, and a window on it. The server's extensions can be
 * hidden from the driver below the test.
 */

#ifndef WSI_X11_SERVER_H
#define WSI_X11_SERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <xcb/xcb.h>

struct x11_server {
   pid_t pid;        /* 0: none */
   char display[16]; /* ":1" */
};

/* depth: of the screen. Prints what failed. */
bool x11_server_start(struct x11_server *server, uint32_t depth);
/* At once, without a word to its clients. Waits for the process. */
void x11_server_kill(struct x11_server *server);

enum x11_hidden {
   X11_HIDE_PRESENT = 1 << 0,
   X11_HIDE_SHM = 1 << 1,
   X11_HIDE_XFIXES = 1 << 2,
};

/* Extensions that from now on seem to be missing. */
void x11_hide(uint32_t hidden);

struct x11_window {
   xcb_connection_t *conn; /* of the application */
   xcb_window_t id;
   xcb_visualid_t visual;
   uint32_t visual_depth;
   xcb_connection_t *watcher; /* another client, who looks at it */
};

/* Connects, unless conn is a connection already (of Xlib's), which the caller
 * closes. The window is on the screen when this returns.
 */
bool x11_window_init(struct x11_window *window,
                     const struct x11_server *server,
                     xcb_connection_t *conn,
                     uint32_t width,
                     uint32_t height);
void x11_window_finish(struct x11_window *window, bool disconnect);

/* What the screen shows there, as the server's pixel. */
uint32_t x11_window_pixel(struct x11_window *window, uint32_t x, uint32_t y);
/* By another client, as a window manager would. */
void
x11_window_resize(struct x11_window *window, uint32_t width, uint32_t height);

#endif /* WSI_X11_SERVER_H */
