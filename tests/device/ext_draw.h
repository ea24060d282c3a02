/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Rendering into an image of ext_image.h. The parts of ext_ops that
 * ext_draw.c needs are here as well.
 */

#ifndef EXT_DRAW_H
#define EXT_DRAW_H

#include "ext_ops.h"

/* The push constants of the compute shaders. */
struct ext_push {
   uint32_t width, height;
   uint32_t seed; /* of what is stored */
};

bool ext_draw_init(struct ext_ops *ops);
void ext_draw_finish(struct ext_ops *ops);

/* One submission: clears the attachment, and fills the left half of a colour
 * by drawing. */
bool
ext_draw(struct ext_ops *ops, const struct ext_image *image, uint32_t seed);

/* Of ext_ops.c. A shared image is taken from whoever has it outside, and
 * handed over; a plain one stays where it is. */
void ext_ops_acquire(const struct ext_ops *ops,
                     const struct ext_image *image,
                     VkImageLayout layout);
/* Takes it without its contents. */
void ext_ops_discard(const struct ext_ops *ops,
                     const struct ext_image *image,
                     VkImageLayout layout);
void ext_ops_release(const struct ext_ops *ops,
                     const struct ext_image *image,
                     VkImageLayout layout);
/* A colour that a format can round in one way only. */
VkClearColorValue ext_ops_clear_value(const struct ext_image *image,
                                      uint32_t seed);
/* For one usage; NULL on failure. */
VkImageView ext_ops_view(struct ext_ops *ops,
                         const struct ext_image *image,
                         VkImageUsageFlags usage);

#endif /* EXT_DRAW_H */
