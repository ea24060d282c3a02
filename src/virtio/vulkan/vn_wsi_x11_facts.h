/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What an X server can do, and what a window of it is like.
 */

#ifndef VN_WSI_X11_FACTS_H
#define VN_WSI_X11_FACTS_H

#include "vn_wsi.h"
#include "vn_wsi_x11_connection.h"

/* Of a connection. All false: a server from 1987, or a far one. */
struct vn_x11_server {
   bool present;     /* Present 1.0 */
   bool regions;     /* XFIXES 2, for Present's areas */
   bool shm;         /* MIT-SHM 1.2, and the server could map an fd of ours */
   bool shm_pixmaps; /* and pixmaps can be in such memory */
   bool dri3;        /* DRI3 1.2: pixmaps of dma-bufs with modifiers */
   bool syncobj;     /* and DRI3 1.4, Present 1.4, if this build has them */
   uint32_t max_request_B;
};

/* The pixels of a visual. fourcc 0: none that Vulkan could draw. */
struct vn_x11_visual {
   uint32_t fourcc;
   uint8_t depth;
   uint8_t bits_per_pixel;
   bool alpha; /* a compositor blends with it */
};

struct vn_x11_geometry {
   uint16_t width;  /* px */
   uint16_t height; /* px */
   uint8_t depth;
};

/*
 * All of these fail with VK_ERROR_SURFACE_LOST_KHR if the server is gone or
 * does not answer, and the last two also if the window is gone.
 */
VkResult vn_x11_query_server(struct vn_x11_wait *wait,
                             struct vn_x11_server *server);
VkResult vn_x11_query_geometry(struct vn_x11_wait *wait,
                               xcb_window_t window,
                               struct vn_x11_geometry *geometry);
VkResult vn_x11_query_visual(struct vn_x11_wait *wait,
                             xcb_window_t window,
                             struct vn_x11_visual *visual);
/* Adds them to the list, those of the window first. dri3 only. */
VkResult vn_x11_query_modifiers(struct vn_x11_wait *wait,
                                xcb_window_t window,
                                const struct vn_x11_visual *visual,
                                struct vn_wsi_format_list *list);

/* Asks nobody: what the server says of itself is in the connection. */
struct vn_x11_visual vn_x11_find_visual(xcb_connection_t *conn,
                                        xcb_visualid_t id);

#endif /* VN_WSI_X11_FACTS_H */
