/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * linux-drm-syncobj-v1: the compositor signals a point when it no longer
 * reads an image, in place of wl_buffer.release and the fences that the
 * kernel has at the dma-buf. On the direct road, where compositor, kernel
 * and this build have it (wayland-protocols 1.34).
 *
 * A frame is committed when the GPU has finished it, as without: its acquire
 * point has signalled by then. A compositor may hand an acquire point that
 * has not to KMS, and in a guest that one may never do so (see Displays in
 * docs/presentation.md).
 *
 * What the protocol punishes with the end of the connection: a second
 * synchronisation object of a surface, and while there is one a commit of a
 * buffer of wl_shm, or of any without points. So the object is the surface's,
 * not the swapchain's, and each commit makes or destroys it as it needs.
 */

#ifndef VN_WSI_WAYLAND_SYNC_H
#define VN_WSI_WAYLAND_SYNC_H

#include "vn_wsi_wayland.h"

#ifdef VN_WAYLAND_SYNCOBJ

/* A global of the registry. False: it is none of ours. */
bool vn_wayland_sync_bind(struct vn_wayland_connection *connection,
                          uint32_t name,
                          const char *interface);
/* Destroys what bind has made. */
void vn_wayland_sync_unbind(struct vn_wayland_connection *connection);

/* Of the direct road, before its first frame. chain->sync stays NULL where it
 * cannot be had, which is no error.
 */
void vn_wayland_sync_init(struct vn_wayland_swapchain *chain);
/* After the last frame. */
void vn_wayland_sync_finish(struct vn_wayland_swapchain *chain);
void vn_wayland_sync_surface_finish(struct vn_wayland_surface *surface);

/*
 * Before a commit of the image, with the surface's present_mutex held. True:
 * the commit has its points, image->release_fd can be read when the image is
 * free. False: it has none, and the compositor says so as ever.
 */
bool vn_wayland_sync_commit(struct vn_wayland_swapchain *chain,
                            struct vn_wayland_image *image);

#else

static inline bool
vn_wayland_sync_bind(struct vn_wayland_connection *connection,
                     uint32_t name,
                     const char *interface)
{
   return false;
}

static inline void
vn_wayland_sync_unbind(struct vn_wayland_connection *connection)
{
}

static inline void
vn_wayland_sync_init(struct vn_wayland_swapchain *chain)
{
   vn_log(INFO, "wayland: implicit synchronisation (built without explicit)");
}

static inline void
vn_wayland_sync_finish(struct vn_wayland_swapchain *chain)
{
}

static inline void
vn_wayland_sync_surface_finish(struct vn_wayland_surface *surface)
{
}

static inline bool
vn_wayland_sync_commit(struct vn_wayland_swapchain *chain,
                       struct vn_wayland_image *image)
{
   return false;
}

#endif

#endif /* VN_WSI_WAYLAND_SYNC_H */
