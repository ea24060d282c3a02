/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 */

#include "vn_wsi_wayland_sync.h"

#include "linux-drm-syncobj-v1-client-protocol.h"
#include "vn_wsi_syncobj.h"

/* One that the compositor has, too. */
struct shared_timeline {
   struct vn_wsi_timeline base;
   struct wp_linux_drm_syncobj_timeline_v1 *proxy; /* owned; NULL: none */
};

struct vn_wayland_sync {
   int device_fd; /* owned */
   struct shared_timeline acquire;
   /*
    * Each image has one: "it is generally not safe to use the same timeline
    * object for the release points of multiple buffers", which come back in
    * any order.
    */
   uint32_t release_count;
   struct shared_timeline releases[];
};

bool
vn_wayland_sync_bind(struct vn_wayland_connection *connection,
                     uint32_t name,
                     const char *interface)
{
   if (strcmp(interface, wp_linux_drm_syncobj_manager_v1_interface.name) != 0)
      return false;
   if (!connection->syncobj) {
      connection->syncobj =
         wl_registry_bind(connection->registry, name,
                          &wp_linux_drm_syncobj_manager_v1_interface, 1);
   }
   return true;
}

void
vn_wayland_sync_unbind(struct vn_wayland_connection *connection)
{
   if (connection->syncobj)
      wp_linux_drm_syncobj_manager_v1_destroy(connection->syncobj);
   connection->syncobj = NULL;
}

static struct vn_wayland_surface *
chain_surface(const struct vn_wayland_swapchain *chain)
{
   return (struct vn_wayland_surface *)chain->base.surface;
}

static bool
shared_init(struct shared_timeline *timeline,
            const struct vn_wayland_connection *connection,
            int device_fd)
{
   if (!vn_wsi_timeline_init(&timeline->base, device_fd))
      return false;
   int fd = vn_wsi_timeline_export(&timeline->base);
   if (fd >= 0) {
      timeline->proxy = wp_linux_drm_syncobj_manager_v1_import_timeline(
         connection->syncobj, fd);
   }
   u_fd_close(&fd);
   return timeline->proxy;
}

static void
shared_finish(struct shared_timeline *timeline)
{
   if (timeline->proxy)
      wp_linux_drm_syncobj_timeline_v1_destroy(timeline->proxy);
   timeline->proxy = NULL;
   vn_wsi_timeline_finish(&timeline->base);
}

static void
destroy(struct vn_wayland_sync *sync)
{
   shared_finish(&sync->acquire);
   for (uint32_t i = 0; i < sync->release_count; i++)
      shared_finish(&sync->releases[i]);
   u_fd_close(&sync->device_fd);
   free(sync);
}

static struct vn_wayland_sync *
create(const struct vn_wayland_swapchain *chain, const char **why_out)
{
   const struct vn_wayland_connection *connection =
      &chain_surface(chain)->connection;
   const uint32_t count = chain->base.image_count;

   if (!connection->syncobj) {
      *why_out = "the compositor does not offer explicit";
      return NULL;
   }
   int device_fd =
      vn_wsi_syncobj_open(chain->base.surface->instance, why_out);
   if (device_fd < 0)
      return NULL;

   *why_out = "making the timelines failed";
   struct vn_wayland_sync *sync =
      calloc(1, sizeof(*sync) + count * sizeof(sync->releases[0]));
   if (!sync) {
      u_fd_close(&device_fd);
      return NULL;
   }
   sync->device_fd = device_fd;
   sync->release_count = count;
   bool ok = shared_init(&sync->acquire, connection, device_fd);
   for (uint32_t i = 0; i < count && ok; i++)
      ok = shared_init(&sync->releases[i], connection, device_fd);
   if (!ok) {
      destroy(sync);
      return NULL;
   }
   return sync;
}

void
vn_wayland_sync_init(struct vn_wayland_swapchain *chain)
{
   const char *why = NULL;
   chain->sync = create(chain, &why);
   if (chain->sync)
      vn_log(INFO, "wayland: explicit synchronisation");
   else
      vn_log(INFO, "wayland: implicit synchronisation (%s)", why);
}

/* With the present_mutex held. Points of commits that were made stay. */
static void
drop_surface(struct vn_wayland_surface *surface)
{
   if (surface->sync)
      wp_linux_drm_syncobj_surface_v1_destroy(surface->sync);
   surface->sync = NULL;
}

void
vn_wayland_sync_finish(struct vn_wayland_swapchain *chain)
{
   struct vn_wayland_surface *surface = chain_surface(chain);

   /*
    * The surface is the application's, which may go on with something else.
    * If there is another swapchain its next commit makes a new one.
    */
   pthread_mutex_lock(&surface->base.present_mutex);
   drop_surface(surface);
   pthread_mutex_unlock(&surface->base.present_mutex);
   if (chain->sync)
      destroy(chain->sync);
   chain->sync = NULL;
}

void
vn_wayland_sync_surface_finish(struct vn_wayland_surface *surface)
{
   drop_surface(surface);
}

bool
vn_wayland_sync_commit(struct vn_wayland_swapchain *chain,
                       struct vn_wayland_image *image)
{
   struct vn_wayland_surface *surface = chain_surface(chain);
   struct vn_wayland_sync *sync = chain->sync;
   int watch = -1;

   if (!sync)
      goto implicit;
   struct shared_timeline *release = &sync->releases[image->base.index];
   watch = vn_wsi_timeline_watch(&release->base);
   if (watch < 0 || !vn_wsi_timeline_signal(&sync->acquire.base))
      goto implicit;
   if (!surface->sync) {
      surface->sync = wp_linux_drm_syncobj_manager_v1_get_surface(
         surface->connection.syncobj, surface->handle);
      if (!surface->sync)
         goto implicit;
   }

   wp_linux_drm_syncobj_surface_v1_set_acquire_point(
      surface->sync, sync->acquire.proxy,
      (uint32_t)(sync->acquire.base.point >> 32),
      (uint32_t)sync->acquire.base.point);
   wp_linux_drm_syncobj_surface_v1_set_release_point(
      surface->sync, release->proxy, (uint32_t)(release->base.point >> 32),
      (uint32_t)release->base.point);
   image->release_fd = watch;
   return true;

implicit:
   u_fd_close(&watch);
   drop_surface(surface);
   return false;
}
