/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Windows of X servers, for xcb and Xlib alike.
 *
 * A frame gets to the server in one of four ways, the first that works:
 *
 *    dma-buf     the image is a pixmap (DRI3). The direct road.
 *    shm pixmap  the image's buffer is a pixmap (MIT-SHM with an fd).
 *    shm put     the server copies out of the image's buffer, which it has
 *                mapped (MIT-SHM).
 *    put         the pixels go through the socket; far servers.
 *
 * and onto the window in one of two:
 *
 *    Present     in time with the screen; what is put goes to a pixmap first.
 *    window      without the extension: it is put into the window at once.
 *                How far the server is, its replies tell.
 */

#ifndef VN_WSI_X11_H
#define VN_WSI_X11_H

#include "vn_wsi_syncobj.h"
#include "vn_wsi_x11_facts.h"

struct vn_x11_surface {
   struct vn_surface base;
   xcb_connection_t *conn; /* the application's */
   xcb_window_t window;    /* the application's */

   /*
    * Frames that the server has got by Present from all swapchains, and has
    * not shown. It may show two of them in any order if both are for the next
    * field; so a swapchain gives it none while another's are on the way.
    */
   _Atomic uint32_t awaited;
   int shown_fd; /* owned, an eventfd; an edge each time one is shown */

   /* Guards the rest, and is held while the server is asked. */
   pthread_mutex_t mutex;
   bool known;
   struct vn_x11_server server;
   struct vn_x11_visual visual;
};

static inline struct vn_x11_surface *
vn_x11_surface(struct vn_surface *surface)
{
   return (struct vn_x11_surface *)surface;
}

/* For vkCreateXcbSurfaceKHR and vkCreateXlibSurfaceKHR. Asks the server
 * nothing.
 */
VkResult vn_x11_surface_create(VkInstance instance,
                               xcb_connection_t *conn,
                               xcb_window_t window,
                               const char *platform,
                               const VkAllocationCallbacks *alloc,
                               VkSurfaceKHR *handle);

/* Asks on the first use. visual->fourcc is never 0 if it succeeds. */
VkResult vn_x11_surface_facts(struct vn_x11_surface *surface,
                              struct vn_x11_server *server,
                              struct vn_x11_visual *visual);

extern const struct vn_swapchain_ops vn_x11_swapchain_ops;

enum vn_x11_way {
   VN_X11_WAY_DMA_BUF,
   VN_X11_WAY_SHM_PIXMAP,
   VN_X11_WAY_SHM_PUT,
   VN_X11_WAY_PUT,
};

/* A timeline that the server has, too. */
struct vn_x11_timeline {
   struct vn_wsi_timeline base;
   uint32_t id; /* the server's; 0: there is none */
};

struct vn_x11_image {
   struct vn_wsi_image base;
   xcb_pixmap_t pixmap; /* 0: none */
   uint32_t segment;    /* 0: none */
   uint32_t stride_B;   /* of what the server reads */
   uint32_t offset_B;

   /* The server could not map the image's own buffer: a copy of it that it
    * could. Owned; NULL: none.
    */
   void *copy;
   size_t copy_size_B;

   struct vn_x11_timeline release; /* where frames have points */
   /* the server's, by the request with this serial of Present; not if the
    * frame has a release point
    */
   bool held;
   uint32_t held_serial;
   /* it has given it back, and its GPU still reads, which ends when the fd
    * can be read: a sync_file, or what watches the release point. Owned.
    */
   bool read;
   int read_fd;
};

#define VN_X11_MAX_RECTS 16

/* The frame that is on its way to the server. */
struct vn_x11_upload {
   struct vn_x11_image *image; /* NULL: none is */
   VkPresentModeKHR mode;
   uint64_t present_id;
   /* what changed; never empty */
   uint32_t rect_count;
   VkRect2D rects[VN_X11_MAX_RECTS];
   /* how far it is (VN_X11_WAY_PUT only) */
   uint32_t rect;
   uint32_t x;
   uint32_t y;
};

/* A frame that the server has, and has not said to be on the window. */
struct vn_x11_awaited {
   struct vn_x11_image *image;
   uint32_t serial; /* Present's */
   /* of the request that tells of it; 0: nothing more to be told */
   unsigned int sequence;
   uint64_t present_id;
   uint64_t since_ns;
};

/* One to be shown next, and one that takes its place. */
#define VN_X11_MAX_AWAITED 2

struct vn_x11_swapchain {
   struct vn_swapchain base;
   xcb_connection_t *conn; /* the application's */
   xcb_window_t window;    /* the application's */
   struct vn_x11_wait wait;
   struct vn_x11_server server;
   struct vn_x11_visual visual;
   enum vn_x11_way way;

   /* vn_wsi_x11_sync.c's */
   struct {
      int device_fd; /* owned; -1: none */
      struct vn_x11_timeline acquire;
   } sync;

   xcb_gcontext_t gc; /* for what is put; 0: none */
   uint8_t *staging;  /* owned, one request of pixels; VN_X11_WAY_PUT only */
   uint32_t staging_B;

   struct vn_x11_upload upload;
   bool has_shown; /* the window has a whole frame */
   bool too_wide;  /* a pixmap has more than the image, so that Present has to
                      be told of areas */
   uint32_t awaited_count;
   struct vn_x11_awaited awaited[VN_X11_MAX_AWAITED]; /* oldest first */

   /* vn_wsi_x11_present.c's */
   struct {
      uint32_t event_id;            /* 0: Present is not used */
      xcb_special_event_t *special; /* owned */
      uint32_t region;              /* XFIXES; 0: none */
      uint32_t serial;
      uint64_t msc;       /* when the last frame was shown */
      bool finishing;     /* there are no images any more */
      unsigned int probe; /* "is the window there?"; 0: not asked */
   } present;
};

static inline struct vn_x11_swapchain *
vn_x11_swapchain(struct vn_swapchain *swapchain)
{
   return (struct vn_x11_swapchain *)swapchain;
}

static inline struct vn_x11_image *
vn_x11_image(struct vn_wsi_image *image)
{
   return (struct vn_x11_image *)image;
}

/* What the window has become; 0: the server did not say. */
void vn_x11_swapchain_resized(struct vn_x11_swapchain *x11,
                              uint32_t width,
                              uint32_t height);
/* The server has been given a frame. */
void vn_x11_swapchain_await(struct vn_x11_swapchain *x11,
                            const struct vn_x11_awaited *awaited);
/* The frame at that place is on the window, or has been replaced. */
void vn_x11_swapchain_shown(struct vn_x11_swapchain *x11, uint32_t awaited);

/* vn_wsi_x11_pixels.c */
VkResult vn_x11_pixels_init(struct vn_x11_swapchain *x11);
void vn_x11_pixels_finish(struct vn_x11_swapchain *x11);
VkResult vn_x11_image_init(struct vn_x11_swapchain *x11,
                           struct vn_x11_image *image);
void vn_x11_image_finish(struct vn_x11_swapchain *x11,
                         struct vn_x11_image *image);
/* Whether x11->upload is on the server's side. False: when more can be sent. */
bool vn_x11_pixels_upload(struct vn_x11_swapchain *x11);

/* vn_wsi_x11_present.c and vn_wsi_x11_window.c; handle sets *any if the
 * server had something to say.
 */
VkResult vn_x11_present_init(struct vn_x11_swapchain *x11);
void vn_x11_present_finish(struct vn_x11_swapchain *x11);
VkResult vn_x11_present_show(struct vn_x11_swapchain *x11);
VkResult vn_x11_present_handle(struct vn_x11_swapchain *x11, bool *any);
VkResult vn_x11_window_show(struct vn_x11_swapchain *x11);
VkResult vn_x11_window_handle(struct vn_x11_swapchain *x11, bool *any);

#endif /* VN_WSI_X11_H */
