/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * A Wayland compositor without a screen, in a thread of the test, that does
 * what it is told and remembers what it was asked. It has one client and
 * looks at its last surface. A real compositor never refuses buffers, lies
 * or hangs up when a test needs it to.
 */

#ifndef FAKE_COMPOSITOR_H
#define FAKE_COMPOSITOR_H

#include <stdbool.h>
#include <stdint.h>

struct fake_compositor;

enum fake_dmabuf_answer {
   FAKE_DMABUF_CREATED,
   FAKE_DMABUF_FAILED,
};

struct fake_format {
   uint32_t fourcc;
   uint64_t modifier;
};

struct fake_compositor_options {
   uint32_t compositor_version; /* of wl_compositor */
   bool no_shm;
   uint32_t dmabuf_version; /* 0: none */
   enum fake_dmabuf_answer dmabuf_answer;
   bool presentation;
   bool tearing;
   bool explicit_sync;
   bool undefined_release; /* wl_buffer.release as well, and early */
   /* what linux-dmabuf lists; version 4 as one tranche for each format */
   const struct fake_format *formats;
   uint32_t format_count;
   bool short_table;   /* the format table's file is shorter than it says */
   bool bad_index;     /* an index beyond the table, too */
   bool mute;          /* reads nothing */
   uint32_t die_after; /* so many requests; 0: never */
};

/* What it has seen. */
struct fake_compositor_state {
   uint32_t commit_count;
   uint32_t frame_count;    /* frame callbacks that wait */
   uint32_t feedback_count; /* presentation feedbacks that wait */
   bool async;              /* the tearing hint */
   uint32_t buffer_count;   /* that exist now, of linux-dmabuf */
   bool has_sync;           /* the surface has a synchronisation object */

   /* the buffer of the last commit */
   bool is_dmabuf;
   int32_t width, height, stride;
   uint32_t format; /* as it was named: of wl_shm or of DRM */
   uint64_t modifier;
   uint32_t offset;
   uint32_t first_pixel, last_pixel; /* at (0, 0) and (width-1, height-1) */

   bool is_explicit;       /* it came with points */
   bool acquire_signalled; /* and the first had been reached */

   /* of the last commit; in the buffer's coordinates or not */
   uint32_t damage_count;
   bool buffer_damage;
   int32_t damage_x, damage_y, damage_width, damage_height; /* the last one */
};

struct fake_compositor *
fake_compositor_create(const struct fake_compositor_options *options);
/* Hangs up if it has not yet. */
void fake_compositor_destroy(struct fake_compositor *compositor);

/* The client's end of the connection, for wl_display_connect_to_fd(); once. */
int fake_compositor_take_fd(struct fake_compositor *compositor);

/* Handles what has been sent so far, then says what it knows. */
void fake_compositor_look(struct fake_compositor *compositor,
                          struct fake_compositor_state *state);

/* Shows the last commit: calls back, tells that it was presented, and
 * releases the buffers before it. */
void fake_compositor_show(struct fake_compositor *compositor);
/* Releases the last buffer, though it may have been before. */
void fake_compositor_release(struct fake_compositor *compositor);
void fake_compositor_discard(struct fake_compositor *compositor);
/* New feedback with these formats, on the surface's feedback object. */
void fake_compositor_send_formats(struct fake_compositor *compositor,
                                  const struct fake_format *formats,
                                  uint32_t count);
void fake_compositor_send_error(struct fake_compositor *compositor);
void fake_compositor_hang_up(struct fake_compositor *compositor);

#endif /* FAKE_COMPOSITOR_H */
