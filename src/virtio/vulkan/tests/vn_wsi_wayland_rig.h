/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What is above the seam for tests of the Wayland platform: this program is
 * in the place of swapchains and their presenter, images are memfds, and the
 * fake compositor is at the other end.
 */

#ifndef VN_WSI_WAYLAND_RIG_H
#define VN_WSI_WAYLAND_RIG_H

#include "fake_compositor.h"
#include "u_test.h"
#include "vn_wsi_wayland.h"

#define WIDTH  64
#define HEIGHT 32
#define STRIDE (WIDTH * 4 + 64)
#define OFFSET 4096
#define IMAGES 4
#define RED    0xffff0000u
#define GREEN  0xff00ff00u

/* What the platform has said since client_init. */
extern uint32_t idle_count, idle_mask, error_count, suboptimal_count;
extern uint64_t presented_id;

/* The transport has no DRM device. */
extern bool no_device;

struct client {
   struct fake_compositor *compositor;
   struct wl_display *display;
   struct wl_registry *registry;
   struct wl_compositor *globals;
   uint32_t global_count; /* seen on the application's queue */
   struct wl_surface *surface;
   struct vn_surface *vk;
   int wake_fds[2];
};

extern const struct wl_registry_listener client_registry_listener;

/* False if the compositor has died before there was a surface. */
bool client_init(struct client *client,
                 const struct fake_compositor_options *options);
void client_finish(struct client *client);

struct chain {
   struct client *client;
   struct vn_swapchain *base;
   VkResult init_result, image_result;
   int fds[IMAGES];
   char *maps[IMAGES];
   uint64_t serial;
};

uint32_t *pixel(struct chain *chain, uint32_t image, uint32_t x, uint32_t y);
void fill(struct chain *chain, uint32_t image, uint32_t colour);
void chain_init(struct chain *chain,
                struct client *client,
                enum vn_wsi_road road,
                bool shared);
void chain_finish(struct chain *chain);
VkResult present(struct chain *chain,
                 uint32_t image,
                 VkPresentModeKHR mode,
                 uint64_t id,
                 const VkRect2D *damage);
VkResult dispatch(struct chain *chain, int timeout_ms);
bool is_ready(struct chain *chain, VkPresentModeKHR mode);

/* Dispatches until the condition holds, or for 5 s, which is a hang. */
#define UNTIL(chain, cond)                                                   \
   ({                                                                        \
      const uint64_t until_ns = vn_time_ns() + 5 * VN_NSEC_PER_SEC;          \
      while (!(cond) && vn_time_ns() < until_ns) {                           \
         if (dispatch(chain, 10) != VK_SUCCESS)                              \
            break;                                                           \
      }                                                                      \
      U_CHECK(cond);                                                         \
   })

extern const struct fake_format xr24_linear[1];

#endif /* VN_WSI_WAYLAND_RIG_H */
