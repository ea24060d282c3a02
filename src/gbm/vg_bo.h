/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Buffer objects, and the device that they belong to. A bo owns one counted
 * GEM handle per plane; the kernel's object behind it keeps the memory. Where
 * it came from (vg_bo_create.c, vg_bo_import.c) matters no more afterwards.
 */

#ifndef VG_BO_H
#define VG_BO_H

#include "vg_abi.h"
#include "vg_gpu.h"
#include "vg_handle.h"

struct vg_device {
   struct gbm_device base;      /* first */
   const struct gbm_core *core; /* the library's */
   struct vg_gpu *gpu;          /* owned */
   struct vg_handles handles;
};

struct vg_bo {
   struct gbm_bo base; /* first */
   const struct vg_format *format;
   uint64_t modifier;
   uint32_t plane_count;
   struct vg_plane planes[VG_MAX_PLANES];
   uint32_t handles[VG_MAX_PLANES];
   uint32_t handle_count; /* planes whose handle this bo has a count of */
   uint64_t size_B;       /* of plane 0's memory */
};

static inline struct vg_device *
vg_device(struct gbm_device *gbm)
{
   return (struct vg_device *)gbm;
}

static inline struct vg_bo *
vg_bo(struct gbm_bo *bo)
{
   return (struct vg_bo *)bo;
}

/*
 * An object without planes, or NULL with errno. vg_bo_destroy takes it back
 * however far it was built.
 */
struct vg_bo *vg_bo_alloc(struct vg_device *dev,
                          uint32_t width,
                          uint32_t height,
                          const struct vg_format *format);
void vg_bo_destroy(struct gbm_bo *bo);

/* What libgbm does on gbm_bo_destroy: the user's data goes first. */
void vg_bo_destroy_with_user_data(struct gbm_bo *bo);

/* Sets the fields that libgbm reads by itself; all planes are there. */
void vg_bo_publish(struct vg_bo *bo);

/* --- vg_bo_create.c ------------------------------------------------------ */

/* The usage of GBM as Vulkan's. */
VkImageUsageFlags vg_usage_to_vk(uint32_t usage);

/*
 * Whether the usage is one that is served by a dumb buffer: cursors, and
 * what is written by the CPU to be shown.
 */
bool vg_usage_is_dumb(uint32_t usage);

struct gbm_bo *vg_bo_create(struct gbm_device *gbm,
                            uint32_t width,
                            uint32_t height,
                            uint32_t format,
                            uint32_t usage,
                            const uint64_t *modifiers,
                            unsigned count);

/* --- vg_bo_import.c ------------------------------------------------------ */

struct gbm_bo *vg_bo_import(struct gbm_device *gbm,
                            uint32_t type,
                            void *buffer,
                            uint32_t usage);

/* --- vg_bo_map.c --------------------------------------------------------- */

void *vg_bo_map(struct gbm_bo *bo,
                uint32_t x,
                uint32_t y,
                uint32_t width,
                uint32_t height,
                uint32_t flags,
                uint32_t *stride,
                void **map_data);
void vg_bo_unmap(struct gbm_bo *bo, void *map_data);
int vg_bo_write(struct gbm_bo *bo, const void *data, size_t size);

/* --- vg_bo.c: what is asked of a bo -------------------------------------- */

int vg_bo_get_fd(struct gbm_bo *bo);
int vg_bo_get_planes(struct gbm_bo *bo);
union gbm_bo_handle vg_bo_get_handle(struct gbm_bo *bo, int plane);
int vg_bo_get_plane_fd(struct gbm_bo *bo, int plane);
uint32_t vg_bo_get_stride(struct gbm_bo *bo, int plane);
uint32_t vg_bo_get_offset(struct gbm_bo *bo, int plane);
uint64_t vg_bo_get_modifier(struct gbm_bo *bo);

#endif /* VG_BO_H */
