/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 */

#include "wsi_window.h"

#include <string.h>

#include "xdg-shell-client-protocol.h"

const char *const wsi_window_extensions[2] = {
   VK_KHR_SURFACE_EXTENSION_NAME,
   VK_KHR_WAYLAND_SURFACE_EXTENSION_NAME,
};

static void
handle_ping(void *data, struct xdg_wm_base *wm_base, uint32_t serial)
{
   xdg_wm_base_pong(wm_base, serial);
}

static const struct xdg_wm_base_listener wm_base_listener = {
   .ping = handle_ping,
};

static void
handle_global(void *data,
              struct wl_registry *registry,
              uint32_t name,
              const char *interface,
              uint32_t version)
{
   struct wsi_connection *connection = data;
   if (!strcmp(interface, wl_compositor_interface.name)) {
      connection->compositor =
         wl_registry_bind(registry, name, &wl_compositor_interface, 4);
   } else if (!strcmp(interface, xdg_wm_base_interface.name)) {
      connection->wm_base =
         wl_registry_bind(registry, name, &xdg_wm_base_interface, 1);
      xdg_wm_base_add_listener(connection->wm_base, &wm_base_listener, NULL);
   }
}

static void
handle_global_remove(void *data, struct wl_registry *registry, uint32_t name)
{
}

static const struct wl_registry_listener registry_listener = {
   .global = handle_global,
   .global_remove = handle_global_remove,
};

bool
wsi_connection_init(struct wsi_connection *connection, const char *display)
{
   *connection = (struct wsi_connection){ 0 };
   connection->display = wl_display_connect(display);
   if (!connection->display) {
      fprintf(stderr, "no connection to the compositor %s\n", display);
      return false;
   }
   connection->registry = wl_display_get_registry(connection->display);
   wl_registry_add_listener(connection->registry, &registry_listener,
                            connection);
   if (wl_display_roundtrip(connection->display) < 0 ||
       !connection->compositor || !connection->wm_base) {
      fprintf(stderr, "the compositor has no windows\n");
      return false;
   }
   return true;
}

void
wsi_connection_finish(struct wsi_connection *connection)
{
   if (connection->wm_base)
      xdg_wm_base_destroy(connection->wm_base);
   if (connection->compositor)
      wl_compositor_destroy(connection->compositor);
   if (connection->registry)
      wl_registry_destroy(connection->registry);
   if (connection->display)
      wl_display_disconnect(connection->display);
   *connection = (struct wsi_connection){ 0 };
}

static void
handle_surface_configure(void *data,
                         struct xdg_surface *surface,
                         uint32_t serial)
{
   struct wsi_window *window = data;
   xdg_surface_ack_configure(surface, serial);
   window->configured = true;
}

static const struct xdg_surface_listener surface_listener = {
   .configure = handle_surface_configure,
};

static void
handle_toplevel_configure(void *data,
                          struct xdg_toplevel *toplevel,
                          int32_t width,
                          int32_t height,
                          struct wl_array *states)
{
   struct wsi_window *window = data;
   window->extent = (VkExtent2D){ (uint32_t)width, (uint32_t)height };
}

static void
handle_toplevel_close(void *data, struct xdg_toplevel *toplevel)
{
}

static const struct xdg_toplevel_listener toplevel_listener = {
   .configure = handle_toplevel_configure,
   .close = handle_toplevel_close,
};

static bool
wait_configured(struct wsi_window *window)
{
   window->configured = false;
   while (!window->configured) {
      if (wl_display_dispatch(window->connection->display) < 0) {
         fprintf(stderr, "the compositor has no place for a window\n");
         return false;
      }
   }
   return true;
}

bool
wsi_window_init(struct wsi_window *window,
                struct wsi_connection *connection,
                const struct vkt_instance *instance,
                bool maximized)
{
   *window = (struct wsi_window){
      .connection = connection,
      .instance = instance->handle,
   };
   window->surface = wl_compositor_create_surface(connection->compositor);
   window->xdg_surface =
      xdg_wm_base_get_xdg_surface(connection->wm_base, window->surface);
   xdg_surface_add_listener(window->xdg_surface, &surface_listener, window);
   window->toplevel = xdg_surface_get_toplevel(window->xdg_surface);
   xdg_toplevel_add_listener(window->toplevel, &toplevel_listener, window);
   if (maximized)
      xdg_toplevel_set_maximized(window->toplevel);
   wl_surface_commit(window->surface);
   if (!wait_configured(window))
      return false;

   const VkWaylandSurfaceCreateInfoKHR info = {
      .sType = VK_STRUCTURE_TYPE_WAYLAND_SURFACE_CREATE_INFO_KHR,
      .display = connection->display,
      .surface = window->surface,
   };
   return VKT_CHECK(
      vkCreateWaylandSurfaceKHR(instance->handle, &info, NULL, &window->vk));
}

void
wsi_window_finish(struct wsi_window *window)
{
   if (window->vk)
      vkDestroySurfaceKHR(window->instance, window->vk, NULL);
   if (window->toplevel)
      xdg_toplevel_destroy(window->toplevel);
   if (window->xdg_surface)
      xdg_surface_destroy(window->xdg_surface);
   if (window->surface)
      wl_surface_destroy(window->surface);
   *window = (struct wsi_window){ 0 };
}

bool
wsi_window_set_maximized(struct wsi_window *window, bool maximized)
{
   if (maximized)
      xdg_toplevel_set_maximized(window->toplevel);
   else
      xdg_toplevel_unset_maximized(window->toplevel);
   return wait_configured(window);
}

bool
wsi_window_look(struct wsi_window *window)
{
   return wl_display_roundtrip(window->connection->display) >= 0;
}
