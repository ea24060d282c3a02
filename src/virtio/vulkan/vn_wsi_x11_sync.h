/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * PresentPixmapSynced (DRI3 1.4, Present 1.4): the server signals a point
 * when it no longer reads a pixmap, in place of IdleNotify and the fences
 * that the kernel has at the dma-buf. On the direct road, where server,
 * kernel and this build have it (libxcb 1.17).
 *
 * A frame is presented when the GPU has finished it, as without: its acquire
 * point has signalled by then. vn_wsi_wayland_sync.h says why. Here a frame
 * with points and one without may follow each other as they like.
 */

#ifndef VN_WSI_X11_SYNC_H
#define VN_WSI_X11_SYNC_H

#include "vn_wsi_x11.h"

/* What is shown, as PresentPixmap has it. */
struct vn_x11_frame {
   uint32_t serial;
   uint32_t valid;
   uint32_t update;
   uint32_t options;
   uint64_t target_msc;
};

#ifdef VN_X11_SYNCOBJ

/*
 * Of the direct road, and of each image of it. That it cannot be had is no
 * error; VK_ERROR_SURFACE_LOST_KHR is.
 */
VkResult vn_x11_sync_init(struct vn_x11_swapchain *x11);
void vn_x11_sync_finish(struct vn_x11_swapchain *x11);
VkResult vn_x11_sync_image_init(struct vn_x11_swapchain *x11,
                                struct vn_x11_image *image);
void vn_x11_sync_image_finish(struct vn_x11_swapchain *x11,
                              struct vn_x11_image *image);

/*
 * Presents the image with points; it is idle when image->read_fd can be read.
 * False: it can not be done for this one, and nothing was.
 */
bool vn_x11_sync_show(struct vn_x11_swapchain *x11,
                      struct vn_x11_image *image,
                      const struct vn_x11_frame *frame,
                      unsigned int *sequence_out);

#else

static inline VkResult
vn_x11_sync_init(struct vn_x11_swapchain *x11)
{
   vn_log(INFO, "x11: implicit synchronisation (built without explicit)");
   return VK_SUCCESS;
}

static inline void
vn_x11_sync_finish(struct vn_x11_swapchain *x11)
{
}

static inline VkResult
vn_x11_sync_image_init(struct vn_x11_swapchain *x11,
                       struct vn_x11_image *image)
{
   return VK_SUCCESS;
}

static inline void
vn_x11_sync_image_finish(struct vn_x11_swapchain *x11,
                         struct vn_x11_image *image)
{
}

static inline bool
vn_x11_sync_show(struct vn_x11_swapchain *x11,
                 struct vn_x11_image *image,
                 const struct vn_x11_frame *frame,
                 unsigned int *sequence_out)
{
   return false;
}

#endif

#endif /* VN_WSI_X11_SYNC_H */
