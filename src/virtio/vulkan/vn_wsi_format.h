/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Formats of surfaces: what Vulkan calls them and what DRM calls them.
 */

#ifndef VN_WSI_FORMAT_H
#define VN_WSI_FORMAT_H

#include "vn_wsi.h"

struct vn_wsi_format_info {
   VkFormat format;
   uint32_t opaque; /* fourcc without alpha */
   uint32_t alpha;  /* fourcc with it; 0: it has none */
   uint32_t size_B; /* of a pixel */
};

/* All of them, best first. */
extern const struct vn_wsi_format_info vn_wsi_formats[];
extern const uint32_t vn_wsi_format_count;

/* NULL: no surface has that format. */
const struct vn_wsi_format_info *vn_wsi_format_find(VkFormat format);

/*
 * The form of the format that the list has: for images that are blended
 * preferably the one with alpha, for others the one without. 0: neither.
 */
uint32_t vn_wsi_format_choose(const struct vn_wsi_format_info *info,
                              bool blended,
                              const struct vn_wsi_format_list *list);

#endif /* VN_WSI_FORMAT_H */
