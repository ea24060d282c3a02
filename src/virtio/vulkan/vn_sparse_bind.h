/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * vkQueueBindSparse in the renderer's terms: memory that is a piece of a
 * block becomes the block.
 */

#ifndef VN_SPARSE_BIND_H
#define VN_SPARSE_BIND_H

#include "vn_suballoc.h"

/*
 * *infos_out is infos itself where nothing is to be changed, or a copy with
 * everything below it; vn_sparse_bind_finish takes either.
 * VK_ERROR_OUT_OF_HOST_MEMORY leaves nothing behind.
 */
VkResult vn_sparse_bind_translate(struct vn_device *device,
                                  uint32_t count,
                                  const VkBindSparseInfo *infos,
                                  const VkBindSparseInfo **infos_out);
void vn_sparse_bind_finish(struct vn_device *device,
                           const VkBindSparseInfo *infos,
                           const VkBindSparseInfo *translated);

#endif /* VN_SPARSE_BIND_H */
