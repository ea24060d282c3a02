/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * A drawing that adds a colour to every pixel of an image of ext_fixture.h,
 * so that it depends on what was there. The image is in the GENERAL layout
 * before and after.
 */

#ifndef SHARE_DRAW_H
#define SHARE_DRAW_H

#include "ext_fixture.h"

struct share_draw {
   struct vkt_device *dev; /* lent by the caller of init */
   VkRenderPass pass;
   VkPipelineLayout layout;
   VkShaderModule vert, frag;
   VkPipeline pipeline;
   VkImageView view;          /* of the target */
   VkFramebuffer framebuffer; /* likewise */
};

bool share_draw_init(struct share_draw *draw, struct vkt_device *dev);
/* Once; the image must outlive the drawing. */
bool share_draw_set_target(struct share_draw *draw, VkImage image);
void share_draw_finish(struct share_draw *draw);

/* Outside of a pass; red, green, blue and alpha from 0 to 1. */
void share_draw_record(const struct share_draw *draw,
                       VkCommandBuffer cmd,
                       const float color[4]);

#endif /* SHARE_DRAW_H */
