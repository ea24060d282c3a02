/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Which of the two roads of vn_wsi.h a swapchain can take. The direct one is
 * preferred; VN_WSI=direct or VN_WSI=copy leaves only one.
 */

#ifndef VN_WSI_ROAD_H
#define VN_WSI_ROAD_H

#include "vn_wsi.h"

/* False: VN_WSI forbids it. */
bool vn_wsi_road_is_allowed(enum vn_wsi_road road);

/* What the surface takes from this device on any road; modifiers are 0. */
VkResult vn_wsi_road_formats(struct vn_surface *surface,
                             struct vn_physical_device *physical,
                             struct vn_wsi_format_list *list);

/* How a swapchain's images are made on a road. */
struct vn_wsi_road_plan {
   uint32_t fourcc;
   /* direct: what both sides take, in the window system's order, and how
    * many planes an image has with each; owned
    */
   uint32_t modifier_count;
   uint64_t *modifiers;
   uint32_t *plane_counts;
};

/*
 * VK_SUCCESS with *why NULL: the plan must be finished. VK_SUCCESS with a
 * reason in *why: the road is closed.
 */
VkResult vn_wsi_road_plan(struct vn_surface *surface,
                          struct vn_physical_device *physical,
                          const VkSwapchainCreateInfoKHR *info,
                          const VkImageCreateInfo *image_info,
                          enum vn_wsi_road road,
                          struct vn_wsi_road_plan *plan_out,
                          const char **why);
void vn_wsi_road_plan_finish(struct vn_wsi_road_plan *plan);

#endif /* VN_WSI_ROAD_H */
