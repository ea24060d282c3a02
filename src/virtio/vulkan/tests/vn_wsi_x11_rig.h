/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What is above the seam for tests of what is below it: images are memfds,
 * and the thread of the test is the presenter. One rig at a time.
 */

#ifndef VN_WSI_X11_RIG_H
#define VN_WSI_X11_RIG_H

#include "vn_wsi_x11.h"

#include "fake_x11.h"

#define IMAGES 3
#define WIDTH  64u
#define HEIGHT 48u
/* more than a socket takes at once */
#define LARGE 512u

struct rig {
   struct fake_x11 server;
   xcb_connection_t *conn;
   struct vn_surface *surface;
   struct vn_swapchain *swapchain;
   struct vn_wsi_image *images[IMAGES];
   uint32_t *maps[IMAGES];
   uint32_t width;
   uint32_t height;
   uint32_t stride_B;
   uint32_t image_count; /* that are made */
   uint64_t id;
   uint64_t idle_count;
   uint64_t copied_B;
};

struct shape {
   struct fake_x11_config server;
   enum vn_wsi_road road;
   uint32_t stride_B; /* 0: no more than the pixels */
   bool no_fd;        /* pixels are in this process only */
   bool large;
};

/* The fences at each dma-buf, an fd; -1: none that can be waited for. */
extern int rig_readers;

/* The transport has no DRM device. */
extern bool rig_no_device;

/* The first failure; what there is by then is there, for rig_stop. */
VkResult rig_start(struct rig *r, const struct shape *shape);
/* alive: the server must have nothing left then, and the application must not
 * have got any event.
 */
void rig_stop(struct rig *r, bool alive);
VkResult rig_dispatch(struct rig *r);
/* Fills an idle image and presents it, when both can be done. */
VkResult rig_present(struct rig *r,
                     VkPresentModeKHR mode,
                     uint32_t pixel,
                     uint32_t damage_count,
                     const VkRect2D *damage);
/* Until all that was presented is on the window, and idle. */
VkResult rig_settle(struct rig *r);

/* Whether all checks of the rig's own have held. */
bool rig_ok(void);

#endif /* VN_WSI_X11_RIG_H */
