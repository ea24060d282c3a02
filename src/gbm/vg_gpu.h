/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The seam between GBM and Vulkan: which modifiers a format has, and memory
 * with the layout of an image, as a DMA-BUF. Any Vulkan driver with
 * VK_EXT_image_drm_format_modifier, VK_EXT_external_memory_dma_buf and
 * VK_EXT_physical_device_drm will do. Nothing is ever submitted.
 *
 * Functions that fail return false with errno set. All may be called from any
 * thread.
 */

#ifndef VG_GPU_H
#define VG_GPU_H

#include <stdbool.h>
#include <stdint.h>

#include "vg_format.h"

/* A driver with more modifiers for one format than this is not known. */
#define VG_MAX_MODIFIERS 256

struct vg_gpu;

struct vg_modifier {
   uint64_t modifier;
   uint32_t plane_count; /* 1 .. VG_MAX_PLANES */
};

struct vg_image_info {
   VkFormat format;
   VkImageUsageFlags usage;
   uint32_t width;
   uint32_t height;
};

struct vg_plane {
   uint32_t offset_B;
   uint32_t stride_B;
};

struct vg_layout {
   uint64_t modifier;
   uint64_t size_B; /* of the memory */
   uint32_t plane_count;
   struct vg_plane planes[VG_MAX_PLANES];
};

/*
 * Opens the Vulkan device whose DRM node drm_fd is. ENODEV: there is none, or
 * it cannot share memory; the log says why. The fd stays the caller's.
 */
bool vg_gpu_create(int drm_fd, struct vg_gpu **gpu_out);

/* NULL is legal. */
void vg_gpu_destroy(struct vg_gpu *gpu);

/*
 * The modifiers with which such an image can be made and exported, in the
 * driver's order. width and height may be 1 to ask in general.
 */
uint32_t vg_gpu_modifiers(struct vg_gpu *gpu,
                          const struct vg_image_info *info,
                          struct vg_modifier out[static VG_MAX_MODIFIERS]);

/*
 * Memory for such an image, with one of these modifiers, which the driver
 * chooses; all are from vg_gpu_modifiers, at most VG_MAX_MODIFIERS. The
 * DMA-BUF is all that remains of it: it keeps the memory, and the caller owns
 * it.
 */
bool vg_gpu_allocate(struct vg_gpu *gpu,
                     const struct vg_image_info *info,
                     const struct vg_modifier *modifiers,
                     uint32_t modifier_count,
                     struct vg_layout *layout_out,
                     int *fd_out);

#endif /* VG_GPU_H */
