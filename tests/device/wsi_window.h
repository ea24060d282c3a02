/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * A Wayland window with a Vulkan surface.
 */

#ifndef WSI_WINDOW_H
#define WSI_WINDOW_H

#include <wayland-client.h>

#define VK_USE_PLATFORM_WAYLAND_KHR
#include "vk_fixture.h"

struct xdg_surface;
struct xdg_toplevel;
struct xdg_wm_base;

/* For vkt_instance_init_with(). */
extern const char *const wsi_window_extensions[2];

/* A connection, which can have several windows. */
struct wsi_connection {
   struct wl_display *display; /* owned, as all below */
   struct wl_registry *registry;
   struct wl_compositor *compositor;
   struct xdg_wm_base *wm_base;
};

bool wsi_connection_init(struct wsi_connection *connection,
                         const char *display);
void wsi_connection_finish(struct wsi_connection *connection);

struct wsi_window {
   struct wsi_connection *connection; /* lent by the caller of init */
   VkInstance instance;               /* lent by the caller of init */
   struct wl_surface *surface;        /* owned, as all below */
   struct xdg_surface *xdg_surface;
   struct xdg_toplevel *toplevel;
   VkSurfaceKHR vk;

   bool configured;
   VkExtent2D extent; /* what the compositor wants; 0: it does not care */
};

/* Returns when the compositor has said what size it wants. */
bool wsi_window_init(struct wsi_window *window,
                     struct wsi_connection *connection,
                     const struct vkt_instance *instance,
                     bool maximized);
void wsi_window_finish(struct wsi_window *window);

/*
 * It can have any size when it is not. What is drawn next must have the new
 * size, and all frames before must have been shown.
 */
bool wsi_window_set_maximized(struct wsi_window *window, bool maximized);

/* Handles what the compositor has said since. */
bool wsi_window_look(struct wsi_window *window);

#endif /* WSI_WINDOW_H */
