/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Surfaces. With a GL driver's backend, EGL draws into a surface and the
 * application locks what was drawn last. No GL draws here, so a surface is a
 * ring of buffers for whoever draws with Vulkan: lock gives the buffer that
 * was released longest ago, to draw into and to show, and release gives it
 * back.
 */

#ifndef VG_SURFACE_H
#define VG_SURFACE_H

#include "vg_bo.h"

struct gbm_surface *vg_surface_create(struct gbm_device *gbm,
                                      uint32_t width,
                                      uint32_t height,
                                      uint32_t format,
                                      uint32_t flags,
                                      const uint64_t *modifiers,
                                      unsigned count);
/* NULL with EBUSY while all buffers are locked. */
struct gbm_bo *vg_surface_lock_front_buffer(struct gbm_surface *surface);
void vg_surface_release_buffer(struct gbm_surface *surface,
                               struct gbm_bo *bo);
int vg_surface_has_free_buffers(struct gbm_surface *surface);
void vg_surface_destroy(struct gbm_surface *surface);

#endif /* VG_SURFACE_H */
