/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Presenting to a Wayland compositor, over the application's connection. What
 * the files vn_wsi_wayland*.c share.
 *
 * The connection belongs to the application, which may read and dispatch it
 * in any of its threads. So nothing of ours is on its default queue: each
 * surface and each swapchain has an event queue, and requests that make
 * objects go through proxy wrappers, which put the new objects on that
 * queue. Reading the socket is shared in the way that libwayland has for it.
 *
 * Nothing here waits for the compositor without a bound, which may be
 * stopped in a debugger, hide the window, or be gone.
 */

#ifndef VN_WSI_WAYLAND_H
#define VN_WSI_WAYLAND_H

#include <poll.h>
#include <wayland-client.h>

#include "vn_wsi.h"

struct vn_wayland_sync;
struct wp_linux_drm_syncobj_manager_v1;
struct wp_linux_drm_syncobj_surface_v1;
struct wp_presentation;
struct wp_tearing_control_manager_v1;
struct wp_tearing_control_v1;
struct zwp_linux_dmabuf_feedback_v1;
struct zwp_linux_dmabuf_v1;

/* How long a compositor may take for an answer that it gives at once when it
 * is alive. A surface whose compositor takes longer is lost.
 */
#define VN_WAYLAND_ANSWER_NS (10 * VN_NSEC_PER_SEC)

/*
 * How long a frame of FIFO waits for the one before it to be shown. The
 * compositor does not tell of frames of a window that is hidden; a second is
 * longer than any refresh, and still lets the application live.
 */
#define VN_WAYLAND_HIDDEN_NS VN_NSEC_PER_SEC

/* Some fences are waited for at a time, the others when those are done. */
#define VN_WAYLAND_MAX_POLL 16

/* ---- vn_wsi_wayland_queue.c ---- */

/*
 * Sends what is buffered, handles the events of the queue, and sleeps until
 * there are any, one of the fds has events, or timeout_ms (-1: no limit) is
 * over. May return early, and late if another thread has read our events: see
 * below. fds[0] is filled in here. VK_SUCCESS, or VK_ERROR_SURFACE_LOST_KHR
 * when the connection is broken.
 */
VkResult vn_wayland_wait(struct wl_display *display,
                         struct wl_event_queue *queue,
                         struct pollfd *fds,
                         uint32_t fd_count,
                         int timeout_ms,
                         bool *handled_out);

#define VN_WAYLAND_MAX_PATIENCE_MS 64

/*
 * How long to sleep while events are expected that another thread may read:
 * about as long again as one has waited. Zeroed when something has happened.
 */
struct vn_wayland_patience {
   int ms; /* of the next sleep; 0: at the start */
};

/* The next sleep, at most timeout_ms (-1: no limit). */
int vn_wayland_patience_ms(struct vn_wayland_patience *patience,
                           int timeout_ms);

/*
 * Waits until *done or, with done NULL, until the compositor has handled all
 * requests so far, but not beyond deadline_ns (vn_time_ns).
 * VK_ERROR_SURFACE_LOST_KHR if that was too late, too.
 */
VkResult vn_wayland_wait_done(struct wl_display *display,
                              struct wl_event_queue *queue,
                              const bool *done,
                              uint64_t deadline_ns);

/* A wrapper of the proxy whose new objects are on the queue; NULL: out of
 * memory. Ends with wl_proxy_wrapper_destroy.
 */
void *vn_wayland_wrap(void *proxy, struct wl_event_queue *queue);

/* Milliseconds from now to then, rounded up; 0: it is over. */
int vn_wayland_ms_until(uint64_t then_ns);

/* ---- vn_wsi_wayland_formats.c ---- */

/* What the compositor takes, as it says. */
struct vn_wayland_formats {
   struct vn_wsi_format_list shm;
   struct vn_wsi_format_list dmabuf; /* without implicit modifiers */
   /* grows when the compositor replaces the list of dmabuf */
   uint32_t generation;
   bool out_of_memory;

   /* what is collected until the feedback is complete */
   uint32_t table_count;
   struct vn_wsi_format *table; /* owned */
   struct vn_wsi_format_list tranches;
};

/* Each makes the events of the object fill the lists. */
void vn_wayland_formats_listen_shm(struct vn_wayland_formats *formats,
                                   struct wl_shm *shm);
void vn_wayland_formats_listen_dmabuf(struct vn_wayland_formats *formats,
                                      struct zwp_linux_dmabuf_v1 *dmabuf);
void vn_wayland_formats_listen_feedback(
   struct vn_wayland_formats *formats,
   struct zwp_linux_dmabuf_feedback_v1 *feedback);
void vn_wayland_formats_finish(struct vn_wayland_formats *formats);

/* The name that wl_shm has for a format of DRM. */
uint32_t vn_wayland_shm_format(uint32_t fourcc);

/* ---- vn_wsi_wayland_connection.c ---- */

/* The globals of a connection as one surface has bound them. */
struct vn_wayland_connection {
   struct wl_display *display;   /* the application's */
   struct wl_event_queue *queue; /* owned, as all below */
   struct wl_registry *registry;
   struct wl_shm *shm;                              /* NULL: not there */
   struct zwp_linux_dmabuf_v1 *dmabuf;              /* NULL: not there */
   struct zwp_linux_dmabuf_feedback_v1 *feedback;   /* version 4 of dmabuf */
   struct wp_presentation *presentation;            /* NULL: not there */
   struct wp_tearing_control_manager_v1 *tearing;   /* NULL: not there */
   struct wp_linux_drm_syncobj_manager_v1 *syncobj; /* NULL: not there */
   struct vn_wayland_formats formats;
};

/*
 * Binds the globals and waits for the formats that the surface can have.
 * VK_ERROR_OUT_OF_HOST_MEMORY, or VK_ERROR_SURFACE_LOST_KHR when the
 * compositor does not answer. After a failure nothing is left.
 */
VkResult vn_wayland_connection_init(struct vn_wayland_connection *connection,
                                    struct wl_display *display,
                                    struct wl_surface *surface);
void vn_wayland_connection_finish(struct vn_wayland_connection *connection);

/* ---- vn_wsi_wayland_surface.c ---- */

struct vn_wayland_surface {
   struct vn_surface base;
   struct wl_surface *handle; /* the application's */
   /* sticky: the compositor did not answer at the start, or is gone */
   _Atomic bool lost;

   /* guards the events of connection.queue with what they fill in */
   pthread_mutex_t mutex;
   struct vn_wayland_connection connection;

   /* guarded by base.present_mutex, as a frame is one commit of the surface */
   struct wp_tearing_control_v1 *tearing; /* owned; NULL: not asked for yet */
   bool may_tear;                         /* what it was told last */
   /* owned; NULL: the last commit had no points */
   struct wp_linux_drm_syncobj_surface_v1 *sync;
};

/* Whether it has been lost; finds out that the compositor is gone. */
bool vn_wayland_surface_is_lost(struct vn_wayland_surface *surface);

/* Returns its result, and remembers if it is VK_ERROR_SURFACE_LOST_KHR. */
VkResult vn_wayland_surface_note(struct vn_wayland_surface *surface,
                                 VkResult result);

/*
 * Handles what the compositor has said of formats. Returns how often the list
 * of the direct road has changed, and whether the format is in it.
 */
uint32_t vn_wayland_surface_look(struct vn_wayland_surface *surface,
                                 const struct vn_wsi_format *format,
                                 bool *has_out);

/* ---- vn_wsi_wayland_swapchain.c ---- */

struct vn_wayland_swapchain {
   struct vn_swapchain base;
   uint32_t formats_generation;

   struct wl_event_queue *queue; /* owned, as all below */
   struct wl_surface *surface;
   struct wl_shm *shm;                   /* copy road only */
   struct zwp_linux_dmabuf_v1 *dmabuf;   /* direct road only */
   struct wp_presentation *presentation; /* NULL: not there */
   struct vn_wayland_sync *sync;         /* NULL: implicit synchronisation */

   /* from here on the presenter's */
   struct vn_wayland_patience patience;
   struct wl_callback *frame; /* NULL: the last frame of FIFO was shown */
   uint64_t frame_deadline_ns;
   struct u_list presents; /* of vn_wayland_present, oldest first */
};

extern const struct vn_swapchain_ops vn_wayland_swapchain_ops;

/* ---- vn_wsi_wayland_present.c ---- */

/*
 * Between attach and commit: asks the compositor to say when this frame is
 * shown, for the id.
 */
void vn_wayland_present_watch(struct vn_wayland_swapchain *chain,
                              uint64_t present_id);
/* Gives up what takes too long; false: nothing does. *next_ns_out becomes the
 * time to look again if that is sooner.
 */
bool vn_wayland_present_expire(struct vn_wayland_swapchain *chain,
                               uint64_t now_ns,
                               uint64_t *next_ns_out);
void vn_wayland_present_finish(struct vn_wayland_swapchain *chain);

/* ---- vn_wsi_wayland_buffer.c ---- */

struct vn_wayland_image {
   struct vn_wsi_image base;
   struct wl_buffer *buffer; /* owned */

   /* copy road, if the compositor cannot map pixels.fd: what it maps */
   void *shadow; /* owned; NULL: it can */
   size_t shadow_size_B;
   VkRect2D stale; /* what has changed since the shadow was written */

   /* the presenter's */
   bool attached; /* and the compositor is to release the buffer */
   /* owned; can be read when the last reads are over: a sync_file, or what
    * watches the release point. -1: none
    */
   int release_fd;
};

VkResult vn_wayland_image_init(struct vn_swapchain *swapchain,
                               struct vn_wsi_image *image);
void vn_wayland_image_finish(struct vn_swapchain *swapchain,
                             struct vn_wsi_image *image);

/* Brings the frame to where the compositor reads it. */
void vn_wayland_image_update(struct vn_wayland_swapchain *chain,
                             const struct vn_wsi_frame *frame);

/* Fills in at most so many fds that wait for the last reads of an image, and
 * returns how many.
 */
uint32_t vn_wayland_image_fences(const struct vn_wayland_swapchain *chain,
                                 struct pollfd *fds,
                                 uint32_t max);
/* Whether the compositor has more images than the one that it shows. */
bool vn_wayland_image_is_expected(const struct vn_wayland_swapchain *chain);
/* Tells of the images whose last reads are over. */
void vn_wayland_image_look(struct vn_wayland_swapchain *chain);

#endif /* VN_WSI_WAYLAND_H */
