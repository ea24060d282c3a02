/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The two threads of a swapchain. The watcher waits until the GPU is done
 * with a frame; the presenter talks to the window system. So what the window
 * system says (that an image is free again, above all) is heard while a frame
 * is still being drawn.
 *
 *    vkQueuePresentKHR -> drawing -> watcher -> ready -> presenter -> shown
 */

#ifndef VN_SWAPCHAIN_PRESENTER_H
#define VN_SWAPCHAIN_PRESENTER_H

#include "vn_queue.h"
#include "vn_wsi.h"

/* A frame on its way. Owned by whoever has it in a list. */
struct vn_queued_frame {
   struct u_list link;
   struct vn_wsi_frame frame;
   struct vn_queue_point point; /* reached when the pixels are complete */
   VkRect2D rects[];            /* room for frame.damage */
};

/* NULL: out of memory. The frame has no damage yet. */
struct vn_queued_frame *vn_queued_frame_create(uint32_t rect_count);
void vn_queued_frame_destroy(struct vn_queued_frame *queued);

/* Starts the threads. */
VkResult vn_swapchain_presenter_create(struct vn_swapchain *swapchain);

/*
 * Ends the threads: returns when the GPU is done with all frames. Those that
 * were not presented yet are dropped. Without a presenter it does nothing.
 */
void vn_swapchain_presenter_destroy(struct vn_swapchain *swapchain);

/* Takes the frame. With swapchain->mutex held. */
void vn_swapchain_presenter_queue(struct vn_swapchain *swapchain,
                                  struct vn_queued_frame *queued);

/* Waits until a point is reached, or VK_ERROR_DEVICE_LOST. */
VkResult vn_swapchain_wait_for_point(struct vn_device *device,
                                     const struct vn_queue_point *point);

#endif /* VN_SWAPCHAIN_PRESENTER_H */
