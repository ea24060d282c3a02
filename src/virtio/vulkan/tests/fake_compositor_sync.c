/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The compositor's linux-drm-syncobj: breaks off with whoever breaks a rule
 * of it, and signals release points when it is told to release.
 */

#include <stdlib.h>
#include <unistd.h>

#include "fake_compositor_private.h"
#include "fake_syncobj.h"
#include "linux-drm-syncobj-v1-server-protocol.h"

struct timeline {
   uint32_t refs; /* the resource, and points */
   int fd;        /* owned */
};

static void
timeline_unref(struct timeline *timeline)
{
   if (!timeline || --timeline->refs)
      return;
   close(timeline->fd);
   free(timeline);
}

static void
point_set(struct fake_point *point, struct timeline *timeline, uint64_t value)
{
   if (timeline)
      timeline->refs++;
   timeline_unref(point->timeline);
   point->timeline = timeline;
   point->value = value;
}

static void
destroy_resource(struct wl_client *client, struct wl_resource *resource)
{
   wl_resource_destroy(resource);
}

/* ---- timelines ---- */

static const struct wp_linux_drm_syncobj_timeline_v1_interface timeline_impl = {
   .destroy = destroy_resource,
};

static void
timeline_destroyed(struct wl_resource *resource)
{
   timeline_unref(wl_resource_get_user_data(resource));
}

static void
import_timeline(struct wl_client *client,
                struct wl_resource *resource,
                uint32_t id,
                int32_t fd)
{
   if (!fake_syncobj_is_timeline(fd)) {
      close(fd);
      wl_resource_post_error(
         resource, WP_LINUX_DRM_SYNCOBJ_MANAGER_V1_ERROR_INVALID_TIMELINE,
         "not a timeline");
      return;
   }
   struct timeline *timeline = calloc(1, sizeof(*timeline));
   timeline->refs = 1;
   timeline->fd = fd;
   struct wl_resource *made = wl_resource_create(
      client, &wp_linux_drm_syncobj_timeline_v1_interface, 1, id);
   wl_resource_set_implementation(made, &timeline_impl, timeline,
                                  timeline_destroyed);
}

/* ---- the surface's object ---- */

static void
set_point(struct fake_point *point,
          struct wl_resource *timeline,
          uint32_t hi,
          uint32_t lo)
{
   point_set(point, wl_resource_get_user_data(timeline),
             (uint64_t)hi << 32 | lo);
}

static void
set_acquire_point(struct wl_client *client,
                  struct wl_resource *resource,
                  struct wl_resource *timeline,
                  uint32_t hi,
                  uint32_t lo)
{
   struct fake_compositor *compositor = wl_resource_get_user_data(resource);
   set_point(&compositor->sync.acquire, timeline, hi, lo);
}

static void
set_release_point(struct wl_client *client,
                  struct wl_resource *resource,
                  struct wl_resource *timeline,
                  uint32_t hi,
                  uint32_t lo)
{
   struct fake_compositor *compositor = wl_resource_get_user_data(resource);
   set_point(&compositor->sync.release, timeline, hi, lo);
}

static const struct wp_linux_drm_syncobj_surface_v1_interface surface_impl = {
   .destroy = destroy_resource,
   .set_acquire_point = set_acquire_point,
   .set_release_point = set_release_point,
};

static void
surface_destroyed(struct wl_resource *resource)
{
   struct fake_compositor *compositor = wl_resource_get_user_data(resource);
   compositor->sync.object = NULL;
   point_set(&compositor->sync.acquire, NULL, 0);
   point_set(&compositor->sync.release, NULL, 0);
}

static void
get_surface(struct wl_client *client,
            struct wl_resource *resource,
            uint32_t id,
            struct wl_resource *surface)
{
   struct fake_compositor *compositor = wl_resource_get_user_data(resource);
   if (compositor->sync.object) {
      wl_resource_post_error(
         resource, WP_LINUX_DRM_SYNCOBJ_MANAGER_V1_ERROR_SURFACE_EXISTS,
         "a second one");
      return;
   }
   compositor->sync.object = wl_resource_create(
      client, &wp_linux_drm_syncobj_surface_v1_interface, 1, id);
   wl_resource_set_implementation(compositor->sync.object, &surface_impl,
                                  compositor, surface_destroyed);
}

/* ---- commits ---- */

/* The number of the error; 0: none. */
static uint32_t
find_error(const struct fake_compositor *compositor, bool is_dmabuf)
{
   const struct fake_point *acquire = &compositor->sync.acquire;
   const struct fake_point *release = &compositor->sync.release;
   if (!is_dmabuf)
      return WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_UNSUPPORTED_BUFFER;
   if (!acquire->timeline)
      return WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_NO_ACQUIRE_POINT;
   if (!release->timeline)
      return WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_NO_RELEASE_POINT;
   if (acquire->timeline == release->timeline &&
       acquire->value >= release->value)
      return WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_CONFLICTING_POINTS;
   return 0;
}

void
fake_sync_commit(struct fake_compositor *compositor,
                 struct wl_resource *buffer)
{
   struct fake_compositor_state *state = &compositor->state;
   state->is_explicit = compositor->sync.object;
   if (!state->is_explicit)
      return;

   const uint32_t error = find_error(compositor, state->is_dmabuf);
   if (error) {
      wl_resource_post_error(compositor->sync.object, error, "by the rules");
      return;
   }
   const struct fake_point *acquire = &compositor->sync.acquire;
   state->acquire_signalled =
      fake_syncobj_has_signalled(acquire->timeline->fd, acquire->value);
   if (compositor->sync.held_count == FAKE_MAX_OBJECTS)
      abort();
   struct fake_held_point *held =
      &compositor->sync.held[compositor->sync.held_count++];
   *held = (struct fake_held_point){ .buffer = buffer };
   point_set(&held->release, compositor->sync.release.timeline,
             compositor->sync.release.value);
   point_set(&compositor->sync.acquire, NULL, 0);
   point_set(&compositor->sync.release, NULL, 0);
}

bool
fake_sync_release(struct fake_compositor *compositor,
                  struct wl_resource *buffer)
{
   bool any = false;
   for (uint32_t i = 0; i < compositor->sync.held_count;) {
      struct fake_held_point *held = &compositor->sync.held[i];
      if (held->buffer != buffer) {
         i++;
         continue;
      }
      fake_syncobj_signal(held->release.timeline->fd, held->release.value);
      point_set(&held->release, NULL, 0);
      *held = compositor->sync.held[--compositor->sync.held_count];
      any = true;
   }
   return any;
}

/* ---- the global ---- */

static const struct wp_linux_drm_syncobj_manager_v1_interface manager_impl = {
   .destroy = destroy_resource,
   .get_surface = get_surface,
   .import_timeline = import_timeline,
};

static void
bind_manager(struct wl_client *client,
             void *data,
             uint32_t version,
             uint32_t id)
{
   struct wl_resource *resource = wl_resource_create(
      client, &wp_linux_drm_syncobj_manager_v1_interface, (int)version, id);
   wl_resource_set_implementation(resource, &manager_impl, data, NULL);
}

void
fake_sync_init(struct fake_compositor *compositor)
{
   wl_global_create(compositor->display,
                    &wp_linux_drm_syncobj_manager_v1_interface, 1, compositor,
                    bind_manager);
}

void
fake_sync_finish(struct fake_compositor *compositor)
{
   while (compositor->sync.held_count)
      point_set(&compositor->sync.held[--compositor->sync.held_count].release,
                NULL, 0);
}
