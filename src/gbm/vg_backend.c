/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What libgbm loads: the backend, and devices made of DRM fds. A device that
 * cannot work is refused, and libgbm goes on to the next backend.
 */

#include <errno.h>
#include <stdlib.h>

#include "vg_bo.h"
#include "vg_log.h"
#include "vg_surface.h"

struct u_log vg_log_state = U_LOG_INIT("venus-gbm", "VENUS_LOG");

/* The library's, from gbmint_get_backend on; the same for all its devices. */
static const struct gbm_core *vg_core;

static void
vg_device_destroy(struct gbm_device *gbm)
{
   struct vg_device *dev = vg_device(gbm);

   vg_gpu_destroy(dev->gpu);
   vg_handles_finish(&dev->handles);
   free(dev);
}

static int
vg_is_format_supported(struct gbm_device *gbm,
                       uint32_t fourcc,
                       uint32_t usage)
{
   struct vg_device *dev = vg_device(gbm);
   const struct vg_format *format =
      vg_format_find(dev->core->format_canonicalize(fourcc));
   struct vg_modifier modifiers[VG_MAX_MODIFIERS];

   if (!format || format->vk == VK_FORMAT_UNDEFINED)
      return 0;
   if (vg_usage_is_dumb(usage))
      return 1;
   const struct vg_image_info info = {
      .format = format->vk,
      .usage = vg_usage_to_vk(usage),
      .width = 1,
      .height = 1,
   };
   const uint32_t count = vg_gpu_modifiers(dev->gpu, &info, modifiers);
   /* Without a list of modifiers a buffer is LINEAR. */
   for (uint32_t i = 0; i < count; i++) {
      if (modifiers[i].modifier == 0 /* DRM_FORMAT_MOD_LINEAR */)
         return 1;
   }
   return 0;
}

static int
vg_get_format_modifier_plane_count(struct gbm_device *gbm,
                                   uint32_t fourcc,
                                   uint64_t modifier)
{
   struct vg_device *dev = vg_device(gbm);
   const struct vg_format *format =
      vg_format_find(dev->core->format_canonicalize(fourcc));
   struct vg_modifier modifiers[VG_MAX_MODIFIERS];

   if (format && format->vk != VK_FORMAT_UNDEFINED) {
      const struct vg_image_info info = {
         .format = format->vk,
         .usage = vg_usage_to_vk(0),
         .width = 1,
         .height = 1,
      };
      const uint32_t count = vg_gpu_modifiers(dev->gpu, &info, modifiers);
      for (uint32_t i = 0; i < count; i++) {
         if (modifiers[i].modifier == modifier)
            return (int)modifiers[i].plane_count;
      }
   }
   errno = EINVAL;
   return -1;
}

static struct gbm_device *
vg_create_device(int fd, uint32_t version)
{
   struct vg_device *dev;

   if (version > VG_ABI_VERSION) {
      /* The library clamps to what vg_backend says. */
      vg_log_warn("libgbm wants interface %u of a backend that has %u",
                  version, VG_ABI_VERSION);
      errno = ENOSYS;
      return NULL;
   }
   dev = calloc(1, sizeof(*dev));
   if (!dev) {
      errno = ENOMEM;
      return NULL;
   }
   if (!vg_handles_init(&dev->handles, fd))
      goto fail_free;
   if (!vg_gpu_create(fd, &dev->gpu))
      goto fail_handles;

   dev->core = vg_core;
   dev->base = (struct gbm_device){
      .version = version,
      .fd = fd,
      .name = "venus",
      .destroy = vg_device_destroy,
      .is_format_supported = vg_is_format_supported,
      .get_format_modifier_plane_count = vg_get_format_modifier_plane_count,
      .bo_create = vg_bo_create,
      .bo_import = vg_bo_import,
      .bo_map = vg_bo_map,
      .bo_unmap = vg_bo_unmap,
      .bo_write = vg_bo_write,
      .bo_get_fd = vg_bo_get_fd,
      .bo_get_planes = vg_bo_get_planes,
      .bo_get_handle = vg_bo_get_handle,
      .bo_get_plane_fd = vg_bo_get_plane_fd,
      .bo_get_stride = vg_bo_get_stride,
      .bo_get_offset = vg_bo_get_offset,
      .bo_get_modifier = vg_bo_get_modifier,
      .bo_destroy = vg_bo_destroy,
      .surface_create = vg_surface_create,
      .surface_lock_front_buffer = vg_surface_lock_front_buffer,
      .surface_release_buffer = vg_surface_release_buffer,
      .surface_has_free_buffers = vg_surface_has_free_buffers,
      .surface_destroy = vg_surface_destroy,
   };
   return &dev->base;

fail_handles:
   vg_handles_finish(&dev->handles);
fail_free:
   free(dev);
   return NULL;
}

/* The one exported symbol. libgbm calls it before anything else. */
__attribute__((visibility("default"))) const struct gbm_backend *
gbmint_get_backend(const struct gbm_core *core);

const struct gbm_backend *
gbmint_get_backend(const struct gbm_core *core)
{
   static const struct gbm_backend backend = {
      .version = VG_ABI_VERSION,
      .name = "venus",
      .create_device = vg_create_device,
   };

   vg_core = core;
   return &backend;
}
