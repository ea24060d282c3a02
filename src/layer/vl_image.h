/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Images that the layer remembers, and what it knows of formats.
 */

#ifndef VL_IMAGE_H
#define VL_IMAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <vulkan/vulkan.h>

struct vl_physical_device;

/* Kept only for images that differ from what the application asked for. */
struct vl_image {
   VkFormat format;
   bool is_shared;   /* made with a served handle type */
   bool is_modifier; /* VK_IMAGE_TILING_LINEAR that poses as a modifier */
};

void vl_image_destroy(struct vl_image *image); /* NULL is allowed */

/*
 * The tiling that the driver is told for a shared image. Where its OPTIMAL
 * images fit no memory that takes host pointers, a discrete GPU's, those that
 * are shared are LINEAR: what OPTIMAL is in memory is the implementation's
 * affair, and both sides of such an image are made here.
 */
VkImageTiling vl_shared_tiling(const struct vl_physical_device *physical,
                               VkImageTiling tiling);

/* Memory planes of a LINEAR image of the format, as many as it has format
 * planes; 0 if such images are not offered: depth and stencil have no place
 * in a dma-buf.
 */
uint32_t vl_format_plane_count(VkFormat format);

/* VK_IMAGE_ASPECT_MEMORY_PLANE_n, which a driver without modifiers does not
 * know, to the aspect of a linear image that means the same. Other aspects
 * are returned as they are.
 */
VkImageAspectFlags vl_aspect_of_memory_plane(VkFormat format,
                                             VkImageAspectFlags aspect);

/* Whether a format with these features has all of the usages; those that no
 * feature stands for are not looked at.
 */
bool vl_format_can(VkFormatFeatureFlags2 features, VkImageUsageFlags usage);

/* Whether there is a usage at all that such a format can have. */
bool vl_format_has_usage(VkFormatFeatureFlags2 features);

#endif /* VL_IMAGE_H */
