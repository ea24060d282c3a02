/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The globals that presentation needs.
 */

#include "linux-dmabuf-unstable-v1-client-protocol.h"
#include "presentation-time-client-protocol.h"
#include "tearing-control-v1-client-protocol.h"
#include "vn_wsi_wayland_sync.h"

/* Version 3 is the first that has modifiers, 4 the first with feedback. */
#define DMABUF_MIN_VERSION 3
#define DMABUF_MAX_VERSION 4

static void
handle_global(void *data,
              struct wl_registry *registry,
              uint32_t name,
              const char *interface,
              uint32_t version)
{
   struct vn_wayland_connection *connection = data;

   if (vn_wayland_sync_bind(connection, name, interface))
      return;
   /* A compositor can list a global twice; one is enough. */
   if (!strcmp(interface, wl_shm_interface.name) && !connection->shm) {
      connection->shm =
         wl_registry_bind(registry, name, &wl_shm_interface, 1);
      if (connection->shm)
         vn_wayland_formats_listen_shm(&connection->formats, connection->shm);
   } else if (!strcmp(interface, zwp_linux_dmabuf_v1_interface.name) &&
              version >= DMABUF_MIN_VERSION && !connection->dmabuf) {
      connection->dmabuf =
         wl_registry_bind(registry, name, &zwp_linux_dmabuf_v1_interface,
                          VN_MIN(version, DMABUF_MAX_VERSION));
      if (connection->dmabuf)
         vn_wayland_formats_listen_dmabuf(&connection->formats,
                                          connection->dmabuf);
   } else if (!strcmp(interface, wp_presentation_interface.name) &&
              !connection->presentation) {
      connection->presentation =
         wl_registry_bind(registry, name, &wp_presentation_interface, 1);
   } else if (!strcmp(interface,
                      wp_tearing_control_manager_v1_interface.name) &&
              !connection->tearing) {
      connection->tearing = wl_registry_bind(
         registry, name, &wp_tearing_control_manager_v1_interface, 1);
   }
}

static void
handle_global_remove(void *data, struct wl_registry *registry, uint32_t name)
{
   /* None of these comes and goes. If one does, its objects are inert. */
}

static const struct wl_registry_listener registry_listener = {
   .global = handle_global,
   .global_remove = handle_global_remove,
};

static VkResult
bind_globals(struct vn_wayland_connection *connection)
{
   struct wl_display *wrapper =
      vn_wayland_wrap(connection->display, connection->queue);
   if (!wrapper)
      return VK_ERROR_OUT_OF_HOST_MEMORY;

   connection->registry = wl_display_get_registry(wrapper);
   wl_proxy_wrapper_destroy(wrapper);
   if (!connection->registry)
      return VK_ERROR_OUT_OF_HOST_MEMORY;

   wl_registry_add_listener(connection->registry, &registry_listener,
                            connection);
   return VK_SUCCESS;
}

VkResult
vn_wayland_connection_init(struct vn_wayland_connection *connection,
                           struct wl_display *display,
                           struct wl_surface *surface)
{
   const uint64_t deadline_ns = vn_time_ns() + VN_WAYLAND_ANSWER_NS;

   *connection = (struct vn_wayland_connection){ .display = display };
   connection->queue = wl_display_create_queue(display);
   if (!connection->queue)
      return VK_ERROR_OUT_OF_HOST_MEMORY;

   VkResult result = bind_globals(connection);
   if (result != VK_SUCCESS)
      goto fail;
   result =
      vn_wayland_wait_done(display, connection->queue, NULL, deadline_ns);
   if (result != VK_SUCCESS)
      goto fail;

   if (connection->dmabuf &&
       wl_proxy_get_version((struct wl_proxy *)connection->dmabuf) >=
          ZWP_LINUX_DMABUF_V1_GET_SURFACE_FEEDBACK_SINCE_VERSION) {
      connection->feedback = zwp_linux_dmabuf_v1_get_surface_feedback(
         connection->dmabuf, surface);
      if (connection->feedback)
         vn_wayland_formats_listen_feedback(&connection->formats,
                                            connection->feedback);
   }

   /* the formats of what was bound */
   result =
      vn_wayland_wait_done(display, connection->queue, NULL, deadline_ns);
   if (result != VK_SUCCESS)
      goto fail;
   return VK_SUCCESS;

fail:
   vn_wayland_connection_finish(connection);
   return result;
}

void
vn_wayland_connection_finish(struct vn_wayland_connection *connection)
{
   vn_wayland_sync_unbind(connection);
   if (connection->tearing)
      wp_tearing_control_manager_v1_destroy(connection->tearing);
   if (connection->presentation)
      wp_presentation_destroy(connection->presentation);
   if (connection->feedback)
      zwp_linux_dmabuf_feedback_v1_destroy(connection->feedback);
   if (connection->dmabuf)
      zwp_linux_dmabuf_v1_destroy(connection->dmabuf);
   if (connection->shm)
      wl_shm_destroy(connection->shm);
   if (connection->registry)
      wl_registry_destroy(connection->registry);
   if (connection->queue)
      wl_event_queue_destroy(connection->queue);
   vn_wayland_formats_finish(&connection->formats);
   *connection = (struct vn_wayland_connection){ 0 };
}
