/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * A device with a swapchain on any surface, and frames whose every pixel is
 * known.
 */

#ifndef WSI_PAINT_H
#define WSI_PAINT_H

#include "vk_fixture.h"

#define WSI_PAINT_MAX_IMAGES 8
#define WSI_PAINT_SLOTS      3

/* 0xAARRGGBB */
typedef uint32_t (*wsi_pixel_func)(const void *data, uint32_t x, uint32_t y);

/* What draws one frame, with what it must not be used by twice at once. */
struct wsi_paint_slot {
   VkSemaphore acquired;
   VkFence fence;
   bool submitted; /* the fence will signal */
   VkCommandBuffer cmd;
   struct vkt_buffer staging;
};

struct wsi_paint {
   struct vkt_device dev;
   const struct vkt_instance *instance; /* lent by the caller of init */
   VkSurfaceKHR surface;                /* lent by the caller of init */
   bool has_present_wait, has_incremental_present;
   PFN_vkWaitForPresentKHR wait_for_present;

   VkSwapchainKHR chain;
   VkExtent2D extent;
   uint32_t image_count;
   VkImage images[WSI_PAINT_MAX_IMAGES];
   VkSemaphore drawn[WSI_PAINT_MAX_IMAGES];
   struct wsi_paint_slot slots[WSI_PAINT_SLOTS];
   uint64_t frame_count; /* the last present id, too */
};

/* The instance has the extensions of the surface. */
bool wsi_paint_init(struct wsi_paint *draw,
                    const struct vkt_instance *instance,
                    VkSurfaceKHR surface);
void wsi_paint_finish(struct wsi_paint *draw);

struct wsi_paint_info {
   VkExtent2D extent;
   VkPresentModeKHR mode;
   VkCompositeAlphaFlagBitsKHR alpha; /* 0: opaque */
};

/*
 * A swapchain in B8G8R8A8_UNORM in the place of the one that is there, if
 * any. What vkCreateSwapchainKHR says; the old one is gone in any case.
 */
VkResult wsi_paint_chain(struct wsi_paint *draw,
                         const struct wsi_paint_info *info);
void wsi_paint_chain_finish(struct wsi_paint *draw);

struct wsi_paint_frame {
   wsi_pixel_func pixel;
   const void *data;
   const VkRect2D *damage; /* NULL: all */
};

/*
 * Acquires, draws and presents. The first result that is not VK_SUCCESS or
 * VK_SUBOPTIMAL_KHR; VK_TIMEOUT when no image came within VKT_TIMEOUT_NS.
 */
VkResult wsi_paint_frame(struct wsi_paint *draw,
                         const struct wsi_paint_frame *frame);

/* Returns when the last frame is visible, as far as the driver can tell. */
bool wsi_paint_wait_shown(struct wsi_paint *draw);

/* An opaque colour that depends on all of its arguments. */
uint32_t wsi_pattern(uint32_t seed, uint32_t x, uint32_t y);
/* As a wsi_pixel_func; data is the seed's address. */
uint32_t wsi_pattern_pixel(const void *data, uint32_t x, uint32_t y);

#endif /* WSI_PAINT_H */
