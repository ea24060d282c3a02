/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 */

#ifndef VN_RENDER_PASS_H
#define VN_RENDER_PASS_H

#include "vn_object.h"

/* What pipeline creation has to know of a subpass. */
struct vn_subpass {
   bool has_color;
   bool has_depth_stencil;
};

struct vn_render_pass {
   struct vn_object_base base;
   uint32_t subpass_count;
   struct vn_subpass subpasses[];
};

VN_DEFINE_HANDLE_CASTS(vn_render_pass, VkRenderPass)

#endif /* VN_RENDER_PASS_H */
