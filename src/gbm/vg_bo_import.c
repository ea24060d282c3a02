/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Makes buffer objects of somebody else's DMA-BUFs. Whatever they say of
 * their layout must fit into the memory that is there. The fds stay the
 * application's.
 *
 * A wl_buffer or an EGLImage belongs to a GL driver, and this backend has
 * none: those types are refused with ENOSYS.
 */

#include "vg_bo.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <sys/types.h>
#include <unistd.h>

#include "u_overflow.h"
#include "vg_log.h"

/* Fills *out with the end of the plane, or fails if it cannot have one. */
static bool
plane_end(const struct vg_bo *bo, uint32_t i, uint64_t *out)
{
   const uint32_t rows = vg_format_rows(bo->format, i, bo->base.f.height);
   const uint64_t row = vg_format_row_bytes(bo->format, i, bo->base.f.width);
   uint64_t end;

   if (bo->planes[i].stride_B < row)
      return false;
   return u_mul_u64(bo->planes[i].stride_B, rows - 1, &end) &&
          u_add_u64(end, row, &end) &&
          u_add_u64(end, bo->planes[i].offset_B, out);
}

/*
 * Takes one plane. What a tiled layout needs only its driver knows, so only
 * linear ones are checked against the size of the memory.
 */
static bool
import_plane(struct vg_device *dev, struct vg_bo *bo, uint32_t i, int fd)
{
   const bool linear = bo->modifier == DRM_FORMAT_MOD_LINEAR ||
                       bo->modifier == DRM_FORMAT_MOD_INVALID;
   const off_t size = lseek(fd, 0, SEEK_END);
   uint64_t end;

   if (size < 0)
      return false;
   if (linear && (!plane_end(bo, i, &end) || end > (uint64_t)size)) {
      vg_log_debug("plane %u of %ux%u does not fit its %lld bytes", i,
                   bo->base.f.width, bo->base.f.height, (long long)size);
      errno = EINVAL;
      return false;
   }
   if (!vg_handles_import(&dev->handles, fd, &bo->handles[i]))
      return false;
   if (i == 0)
      bo->size_B = (uint64_t)size;
   bo->handle_count = i + 1;
   return true;
}

static struct gbm_bo *
import_planes(struct vg_device *dev,
              const struct gbm_import_fd_modifier_data *data)
{
   const struct vg_format *format =
      vg_format_find(dev->core->format_canonicalize(data->format));
   const bool linear = data->modifier == DRM_FORMAT_MOD_LINEAR ||
                       data->modifier == DRM_FORMAT_MOD_INVALID;

   if (!format || !data->width || !data->height || !data->num_fds ||
       data->num_fds > VG_MAX_PLANES ||
       (linear && data->num_fds != format->plane_count)) {
      errno = EINVAL;
      return NULL;
   }
   struct vg_bo *bo = vg_bo_alloc(dev, data->width, data->height, format);
   if (!bo)
      return NULL;
   bo->modifier = data->modifier;
   bo->plane_count = data->num_fds;
   for (uint32_t i = 0; i < data->num_fds; i++) {
      if (data->strides[i] <= 0 || data->offsets[i] < 0) {
         errno = EINVAL;
         goto fail;
      }
      bo->planes[i].stride_B = (uint32_t)data->strides[i];
      bo->planes[i].offset_B = (uint32_t)data->offsets[i];
      if (!import_plane(dev, bo, i, data->fds[i]))
         goto fail;
   }
   vg_bo_publish(bo);
   return &bo->base;

fail:
   vg_bo_destroy(&bo->base);
   return NULL;
}

struct gbm_bo *
vg_bo_import(struct gbm_device *gbm,
             uint32_t type,
             void *buffer,
             uint32_t usage)
{
   struct vg_device *dev = vg_device(gbm);

   if (!buffer) {
      errno = EINVAL;
      return NULL;
   }
   switch (type) {
   case GBM_BO_IMPORT_FD: {
      const struct gbm_import_fd_data *data = buffer;
      const struct gbm_import_fd_modifier_data planes = {
         .width = data->width,
         .height = data->height,
         .format = data->format,
         .num_fds = 1,
         .fds = { data->fd },
         /* more than INT_MAX becomes negative, and is refused as such */
         .strides = { (int)data->stride },
         /* what this device implies where none is named */
         .modifier = DRM_FORMAT_MOD_LINEAR,
      };
      return import_planes(dev, &planes);
   }
   case GBM_BO_IMPORT_FD_MODIFIER:
      return import_planes(dev, buffer);
   case GBM_BO_IMPORT_WL_BUFFER:
   case GBM_BO_IMPORT_EGL_IMAGE:
      vg_log_info("this GBM backend imports DMA-BUFs only");
      errno = ENOSYS;
      return NULL;
   default: /* a number of the application's, not an enum of ours */
      errno = EINVAL;
      return NULL;
   }
}
