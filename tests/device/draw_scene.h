/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What is drawn by the tests of graphics: a red rectangle in the left half,
 * a green one behind it that leaves out the bottom quarter, on blue. The
 * caller begins and ends the pass.
 */

#ifndef DRAW_SCENE_H
#define DRAW_SCENE_H

#include "vk_fixture.h"

#define DRAW_SIDE   64
#define DRAW_FORMAT VK_FORMAT_R8G8B8A8_UNORM

enum draw_way {
   DRAW_RENDER_PASS,
   DRAW_IMAGELESS,
   DRAW_DYNAMIC,
};

struct draw_scene {
   struct vkt_device *dev; /* lent by the caller of init */
   struct vkt_image color, depth;
   struct vkt_buffer vertices, indices, pixels;
   VkRenderPass render_pass;  /* not for DRAW_DYNAMIC */
   VkFramebuffer framebuffer; /* not for DRAW_DYNAMIC */
   VkPipelineLayout layout;
   VkPipeline pipeline;
   VkCommandBuffer secondary; /* goes with the device's pool */
};

bool draw_scene_init(struct draw_scene *scene,
                     struct vkt_device *dev,
                     enum draw_way way);
void draw_scene_finish(struct draw_scene *scene);

/* Binds everything and draws, inside of a pass. */
void draw_scene_record(const struct draw_scene *scene, VkCommandBuffer cmd);

/* Clears to blue; the pass ends with the colour ready to be read by a
 * transfer. */
void draw_begin_render_pass(const struct draw_scene *scene,
                            const void *chain,
                            VkSubpassContents contents);

/* The attachments must be in their layouts. */
void draw_begin_dynamic(const struct draw_scene *scene);

#endif /* DRAW_SCENE_H */
