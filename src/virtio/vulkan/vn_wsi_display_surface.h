/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Surfaces and swapchains of displays.
 */

#ifndef VN_WSI_DISPLAY_SURFACE_H
#define VN_WSI_DISPLAY_SURFACE_H

#include "vn_wsi.h"
#include "vn_wsi_display.h"
#include "vn_wsi_display_output.h"

/* A plane, in a mode of a display; constant. */
struct vn_display_surface {
   struct vn_surface base;
   struct vn_displays *displays;       /* borrowed from the instance */
   const struct vn_display_mode *mode; /* likewise */
   uint32_t crtc_id;
   VkExtent2D extent;
};

extern const struct vn_surface_ops vn_display_surface_ops;
extern const struct vn_swapchain_ops vn_display_swapchain_ops;

static inline struct vn_display_surface *
vn_display_surface_of(struct vn_surface *surface)
{
   assert(surface->ops == &vn_display_surface_ops);
   return (struct vn_display_surface *)surface;
}

/*
 * A reference to the file that the surface's pictures go through; NULL: there
 * is none, as the display has not been acquired.
 */
struct vn_kms_file *
vn_display_surface_get_file(const struct vn_display_surface *surface);

/* Bits per pixel; 0: none of the formats that are presented. */
uint32_t vn_display_format_bits(uint32_t fourcc);

/*
 * What the swapchains of a display share: the screen. There is more than one
 * of them only while one replaces the other.
 */
struct vn_display_screen {
   struct vn_kms_output output; /* guarded by mutex */
   pthread_mutex_t mutex;
   uint32_t refcount;                /* guarded by displays->mutex */
   const struct vn_surface *surface; /* that it is for; borrowed */
};

/*
 * VK_ERROR_INITIALIZATION_FAILED, with a line in the log: the display is in
 * use, or another process is the master.
 */
VkResult vn_display_screen_get(struct vn_display_surface *surface,
                               struct vn_display_screen **screen_out);
/* The last one puts back what was on the screen before. */
void vn_display_screen_put(struct vn_display_surface *surface,
                           struct vn_display_screen *screen);

#endif /* VN_WSI_DISPLAY_SURFACE_H */
