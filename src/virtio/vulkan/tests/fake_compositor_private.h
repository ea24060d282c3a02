/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What the parts of the compositor share. All of it belongs to its thread.
 */

#ifndef FAKE_COMPOSITOR_PRIVATE_H
#define FAKE_COMPOSITOR_PRIVATE_H

#include <pthread.h>
#include <wayland-server.h>

#include "fake_compositor.h"

#define FAKE_MAX_OBJECTS 64

/* Resources that wait for an event, oldest first; they leave when they are
 * destroyed.
 */
struct fake_list {
   uint32_t count;
   struct fake_entry *entries[FAKE_MAX_OBJECTS];
};

/* Of linux-drm-syncobj. */
struct fake_point {
   struct timeline *timeline; /* owned; NULL: none */
   uint64_t value;
};

struct fake_held_point {
   struct wl_resource *buffer; /* may be gone */
   struct fake_point release;
};

struct fake_compositor {
   struct fake_compositor_options options;
   struct wl_display *display;
   struct wl_client *client; /* NULL: hung up */
   struct wl_listener client_destroyed;
   struct wl_protocol_logger *logger;
   uint32_t request_count;
   int client_fd;
   int mute_fd; /* the other end, if nobody reads it */

   pthread_t thread;
   int wake_fd; /* an eventfd: there is a task */
   struct wl_event_source *wake_source;
   /* the task of the test's thread, which waits until it is done */
   pthread_mutex_t mutex;
   pthread_cond_t cond;
   void (*task)(struct fake_compositor *compositor, void *data);
   void *task_data;

   struct fake_compositor_state state;
   struct wl_resource *feedback; /* of linux-dmabuf */

   /* the surface: what comes with the next commit, and what is shown */
   struct wl_resource *pending_buffer;
   uint32_t pending_damage_count;
   bool pending_buffer_damage;
   struct fake_list frames, feedbacks;
   struct fake_list held; /* buffers */
   struct {
      struct wl_resource *object; /* the surface's; NULL: none */
      struct fake_point acquire, release;
      uint32_t held_count; /* of commits with a release point */
      struct fake_held_point held[FAKE_MAX_OBJECTS];
   } sync;
};

void fake_list_add(struct fake_list *list, struct wl_resource *resource);
void fake_list_remove(struct fake_list *list, struct wl_resource *resource);
struct wl_resource *fake_list_get(const struct fake_list *list,
                                  uint32_t index);

/* fake_compositor_dmabuf.c */
void fake_dmabuf_init(struct fake_compositor *compositor);
void fake_dmabuf_send_feedback(struct fake_compositor *compositor,
                               struct wl_resource *feedback,
                               const struct fake_format *formats,
                               uint32_t count);
/* False: the buffer is none of linux-dmabuf. Fills in what it is. */
bool fake_dmabuf_look(struct fake_compositor *compositor,
                      struct wl_resource *buffer);

/* fake_compositor_sync.c */
void fake_sync_init(struct fake_compositor *compositor);
void fake_sync_finish(struct fake_compositor *compositor);
/* The buffer is committed; it has been looked at. */
void fake_sync_commit(struct fake_compositor *compositor,
                      struct wl_resource *buffer);
/* False: its commits had no points. */
bool fake_sync_release(struct fake_compositor *compositor,
                       struct wl_resource *buffer);

#endif /* FAKE_COMPOSITOR_PRIVATE_H */
