/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What is sent of the create info of a graphics pipeline. The renderer
 * decodes every pointer and looks up every handle, while the specification
 * lets an application leave many of them undefined; what is ignored is never
 * read, and cleared in a copy.
 */

#ifndef VN_GRAPHICS_INFO_H
#define VN_GRAPHICS_INFO_H

#include "vn_chain.h"

struct vn_device;

/* Copies of those structs of one create info that need editing. */
struct vn_graphics_copy {
   VkPipelineViewportStateCreateInfo viewport;
   VkPipelineMultisampleStateCreateInfo multisample;
   VkPipelineColorBlendStateCreateInfo blend;
   struct vn_chain chain; /* to be finished in any case */
};

/* Edits *info, the caller's copy, which then points into *copy. */
VkResult vn_graphics_info_clean(const struct vn_device *device,
                                VkGraphicsPipelineCreateInfo *info,
                                struct vn_graphics_copy *copy);

/* Of any pipeline: the chained flags, if there are such. */
uint64_t vn_pipeline_create_flags(const struct vn_device *device,
                                  VkPipelineCreateFlags flags,
                                  const void *chain);

#endif /* VN_GRAPHICS_INFO_H */
