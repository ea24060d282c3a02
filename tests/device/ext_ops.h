/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What a device does with an image of ext_image.h: one submission that takes
 * the image from outside, does one thing and hands it back. Whoever does the
 * same to a plain image has what a shared one must look like.
 */

#ifndef EXT_OPS_H
#define EXT_OPS_H

#include "ext_image.h"

/* Room for what is read of an image. */
#define EXT_READ_BYTES (64u << 10)

struct ext_ops {
   struct ext_device *dev; /* lent by the caller of init */
   uint32_t family;        /* FOREIGN or EXTERNAL: who has it outside */
   bool unmodified;        /* acquires promise that nobody has written */

   VkSampler sampler;
   VkDescriptorSetLayout fetch_set, store_set;
   VkPipelineLayout fetch_layout, store_layout, draw_layout;
   VkPipeline fetch[3], store[3]; /* by enum ext_kind; store: or NULL */
   VkShaderModule vert, frag[3];
   VkDescriptorPool pool;
   struct vkt_buffer staging; /* written and read by the host */
   bool can_store;            /* without a format in the shader */
};

bool ext_ops_init(struct ext_ops *ops, struct ext_device *dev);
void ext_ops_finish(struct ext_ops *ops);

enum ext_write {
   EXT_WRITE_COPY,   /* TRANSFER_DST: bytes from a buffer */
   EXT_WRITE_CLEAR,  /* TRANSFER_DST: vkCmdClearColorImage */
   EXT_WRITE_STORE,  /* STORAGE: a compute shader */
   EXT_WRITE_RENDER, /* an attachment: cleared, and drawn in its left half */
   EXT_WRITE_HOST,   /* no usage: LINEAR, in memory that can be mapped */
};

/* seed makes it differ; the old contents are gone. What the host has written
 * compares only with another image of the same tiling. */
bool ext_ops_write(struct ext_ops *ops,
                   const struct ext_image *image,
                   enum ext_write how,
                   uint32_t seed);

enum ext_read {
   EXT_READ_COPY,  /* TRANSFER_SRC: the texels, aspect after aspect */
   EXT_READ_FETCH, /* SAMPLED: what a shader gets */
};

/* Writes at most EXT_READ_BYTES. */
bool ext_ops_read(struct ext_ops *ops,
                  const struct ext_image *image,
                  enum ext_read how,
                  uint8_t *bytes,
                  size_t *out_size);

/* As the shaders see it: a stencil is UINT. */
enum ext_kind ext_image_kind(const struct ext_image *image);

#endif /* EXT_OPS_H */
