/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The life of a buffer object, and the questions about it. gbm.h says what
 * each answers when there is nothing to answer: -1, or 0, with errno.
 */

#include "vg_bo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <xf86drm.h>

struct vg_bo *
vg_bo_alloc(struct vg_device *dev,
            uint32_t width,
            uint32_t height,
            const struct vg_format *format)
{
   struct vg_bo *bo = calloc(1, sizeof(*bo));

   if (!bo) {
      errno = ENOMEM;
      return NULL;
   }
   bo->base.gbm = &dev->base;
   bo->base.f.width = width;
   bo->base.f.height = height;
   bo->base.f.format = format->fourcc;
   bo->format = format;
   return bo;
}

void
vg_bo_destroy(struct gbm_bo *base)
{
   struct vg_bo *bo = vg_bo(base);
   struct vg_device *dev = vg_device(base->gbm);

   for (uint32_t i = 0; i < bo->handle_count; i++)
      vg_handles_release(&dev->handles, bo->handles[i]);
   free(bo);
}

void
vg_bo_destroy_with_user_data(struct gbm_bo *bo)
{
   if (bo->f.destroy_user_data)
      bo->f.destroy_user_data(bo, bo->f.user_data);
   vg_bo_destroy(bo);
}

void
vg_bo_publish(struct vg_bo *bo)
{
   bo->base.f.stride = bo->planes[0].stride_B;
   bo->base.f.handle = (union gbm_bo_handle){ .u64 = bo->handles[0] };
}

/* Checks what an application says about planes. */
static bool
has_plane(const struct vg_bo *bo, int plane)
{
   if (plane >= 0 && (uint32_t)plane < bo->plane_count)
      return true;
   errno = EINVAL;
   return false;
}

int
vg_bo_get_planes(struct gbm_bo *bo)
{
   return (int)vg_bo(bo)->plane_count;
}

union gbm_bo_handle
vg_bo_get_handle(struct gbm_bo *bo, int plane)
{
   if (!has_plane(vg_bo(bo), plane))
      return (union gbm_bo_handle){ .s32 = -1 };
   return (union gbm_bo_handle){ .u64 = vg_bo(bo)->handles[plane] };
}

int
vg_bo_get_plane_fd(struct gbm_bo *bo, int plane)
{
   int fd = -1;

   if (!has_plane(vg_bo(bo), plane))
      return -1;
   if (drmPrimeHandleToFD(vg_device(bo->gbm)->base.fd,
                          vg_bo(bo)->handles[plane], DRM_CLOEXEC | DRM_RDWR,
                          &fd))
      return -1;
   return fd;
}

int
vg_bo_get_fd(struct gbm_bo *bo)
{
   return vg_bo_get_plane_fd(bo, 0);
}

uint32_t
vg_bo_get_stride(struct gbm_bo *bo, int plane)
{
   return has_plane(vg_bo(bo), plane) ? vg_bo(bo)->planes[plane].stride_B : 0;
}

uint32_t
vg_bo_get_offset(struct gbm_bo *bo, int plane)
{
   return has_plane(vg_bo(bo), plane) ? vg_bo(bo)->planes[plane].offset_B : 0;
}

uint64_t
vg_bo_get_modifier(struct gbm_bo *bo)
{
   return vg_bo(bo)->modifier;
}
