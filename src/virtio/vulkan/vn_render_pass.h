/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 */

#ifndef VN_RENDER_PASS_H
#define VN_RENDER_PASS_H

#include "vn_object.h"

/* What pipelines and queries have to know of a subpass. */
struct vn_subpass {
   bool has_color;
   bool has_depth_stencil;
   uint32_t view_mask;
};

struct vn_render_pass {
   struct vn_object_base base;
   uint32_t subpass_count;
   struct vn_subpass subpasses[];
};

VN_DEFINE_HANDLE_CASTS(vn_render_pass, VkRenderPass)

/* The views of a subpass, 0 without multiview. */
uint32_t vn_render_pass_view_mask(const struct vn_render_pass *pass,
                                  uint32_t subpass);

#endif /* VN_RENDER_PASS_H */
