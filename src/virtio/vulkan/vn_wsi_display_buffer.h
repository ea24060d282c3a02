/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Framebuffers: of dma-bufs, which the screen is to read from, and dumb ones,
 * which pixels are copied to.
 */

#ifndef VN_WSI_DISPLAY_BUFFER_H
#define VN_WSI_DISPLAY_BUFFER_H

#include "vn_wsi.h"
#include "vn_wsi_display_file.h"

/* All belongs to whoever has initialised it. */
struct vn_kms_buffer {
   uint32_t fb; /* 0: none */
   /* dumb only */
   uint32_t handle;
   uint32_t stride_B;
   uint64_t size_B;
   void *map;
};

/* Zero or an errno, with nothing left behind. The fd is not kept. */
int vn_kms_buffer_init_dma_buf(struct vn_kms_buffer *buffer,
                               const struct vn_kms_file *file,
                               const struct vn_wsi_pixels *pixels);
int vn_kms_buffer_init_dumb(struct vn_kms_buffer *buffer,
                            const struct vn_kms_file *file,
                            uint32_t fourcc,
                            uint32_t bits_per_pixel,
                            uint32_t width,
                            uint32_t height);
/* Legal for one that is all zero. */
void vn_kms_buffer_finish(struct vn_kms_buffer *buffer,
                          const struct vn_kms_file *file);

#endif /* VN_WSI_DISPLAY_BUFFER_H */
