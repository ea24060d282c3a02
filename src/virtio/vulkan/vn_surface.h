/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What the swapchain has to know of a surface beyond vn_wsi.h.
 */

#ifndef VN_SURFACE_H
#define VN_SURFACE_H

#include "vn_wsi.h"

/* Whether this device can show anything at all. */
bool vn_surface_device_can_present(const struct vn_physical_device *physical);

/* Whether anything can be presented to this surface from this device. */
bool vn_surface_is_supported(struct vn_surface *surface,
                             struct vn_physical_device *physical);

/* All of VkSurfaceCapabilitiesKHR. */
VkResult vn_surface_get_capabilities(struct vn_surface *surface,
                                     struct vn_physical_device *physical,
                                     VkSurfaceCapabilitiesKHR *caps);

/* What every road's images can be used for, if their format can. */
#define VN_SURFACE_IMAGE_USAGE                                               \
   (VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT |      \
    VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_STORAGE_BIT |                \
    VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT |                                    \
    VK_IMAGE_USAGE_INPUT_ATTACHMENT_BIT)

#endif /* VN_SURFACE_H */
