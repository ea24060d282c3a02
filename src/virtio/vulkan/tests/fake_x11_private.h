/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Between fake_x11.c and fake_x11_requests.c. The mutex is held. Functions
 * that return bool send something, and return false if that failed.
 */

#ifndef FAKE_X11_PRIVATE_H
#define FAKE_X11_PRIVATE_H

#include "fake_x11.h"

#include <stddef.h>

bool fake_x11_write(struct fake_x11 *server, const void *data, size_t size);
/* The oldest fd that came; -1: none. */
int fake_x11_take_fd(struct fake_x11 *server);

/* One request, as long as it says. False also if the server is to die. */
bool fake_x11_handle(struct fake_x11 *server, const uint8_t *data);
/* An event of Present, from a struct of xcb's. */
bool fake_x11_send_event(struct fake_x11 *server, void *event, size_t size);
/* What waits for the field that has ended: the last is shown. */
bool fake_x11_show_frames(struct fake_x11 *server);
/* Reaches what is held; forgets it and what is on the way. */
void fake_x11_signal_points(struct fake_x11 *server);
void fake_x11_drop_points(struct fake_x11 *server);
void fake_x11_free_pixmap(struct fake_x11_pixmap *pixmap);

#endif /* FAKE_X11_PRIVATE_H */
