/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What the tests of window systems share: an instance and a device that can
 * present, a swapchain, and frames of one colour. As vk_fixture.h says, it
 * knows nothing of the driver, and each init function prints what failed.
 */

#ifndef WSI_FIXTURE_H
#define WSI_FIXTURE_H

#include "vk_fixture.h"

#define WSI_MAX_IMAGES 16

/* Commands of extensions, which the loader does not export. */
struct wsi_functions {
   PFN_vkCreateHeadlessSurfaceEXT create_headless_surface;
   PFN_vkWaitForPresentKHR wait_for_present;
   PFN_vkReleaseSwapchainImagesEXT release_images;
#ifdef VK_KHR_present_wait2
   PFN_vkWaitForPresent2KHR wait_for_present2;
#endif
   PFN_vkGetPhysicalDeviceSurfaceCapabilities2KHR get_capabilities2;
   PFN_vkGetPhysicalDeviceSurfaceFormats2KHR get_formats2;
};

struct wsi {
   struct vkt_instance instance;
   struct vkt_device device;
   struct wsi_functions fns;
};

/*
 * Instance extensions: surface, get_surface_capabilities2, surface
 * maintenance, and the one given. Device extensions: swapchain and all that
 * come with it.
 */
bool wsi_init(struct wsi *wsi, const char *platform_ext);
void wsi_finish(struct wsi *wsi);

/* What to make a swapchain with; zeroed is a sensible one. */
struct wsi_params {
   VkPresentModeKHR mode; /* of IMMEDIATE one has to say so, see below */
   bool immediate;
   VkExtent2D extent;       /* 0: 64 x 48 */
   VkFormat format;         /* 0: B8G8R8A8_UNORM */
   VkImageUsageFlags usage; /* more than TRANSFER_DST */
   VkSwapchainCreateFlagsKHR flags;
   VkSwapchainKHR old;
   const void *next;
};

/* A swapchain and what it takes to draw its frames. */
struct wsi_chain {
   struct wsi *wsi; /* lent by the caller of init */
   VkSwapchainKHR handle;
   VkExtent2D extent;
   uint32_t image_count;
   VkImage images[WSI_MAX_IMAGES];
   VkCommandPool pool;
   VkCommandBuffer cmds[WSI_MAX_IMAGES];
   VkSemaphore acquired[WSI_MAX_IMAGES]; /* in turn */
   VkSemaphore drawn[WSI_MAX_IMAGES];    /* by image */
   VkFence fences[WSI_MAX_IMAGES];       /* in turn */
   uint32_t turn;
   uint64_t present_id; /* of the last frame */
};

bool wsi_chain_init(struct wsi_chain *chain,
                    struct wsi *wsi,
                    VkSurfaceKHR surface,
                    const struct wsi_params *params);
/* Waits until the device is idle. */
void wsi_chain_finish(struct wsi_chain *chain);

/* Acquires an image, which wsi_draw waits for. */
VkResult wsi_acquire(struct wsi_chain *chain,
                     uint64_t timeout_ns,
                     uint32_t *index_out);
/* Fills an acquired image with a colour, R G B A, 0 to 1. */
bool wsi_draw(struct wsi_chain *chain, uint32_t index, const float color[4]);
/* Presents what was drawn, with the next id. next: more structs. */
VkResult
wsi_present(struct wsi_chain *chain, uint32_t index, const void *next);
/* All three of them. What is no error is success. */
bool wsi_frame(struct wsi_chain *chain, const float color[4]);

#endif /* WSI_FIXTURE_H */
