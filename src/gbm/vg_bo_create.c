/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Makes buffer objects. Two kinds:
 *
 *   what the GPU works with is Vulkan's memory, handed over by PRIME;
 *   cursors, and what the CPU writes to be shown (GBM_BO_USE_WRITE), is a
 * dumb buffer, since the kernel uploads those to the host when they are
 * shown. Vulkan cannot import them.
 *
 * Without a list of modifiers the layout is LINEAR: whoever is not told a
 * modifier expects that of this device.
 */

#include "vg_bo.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "u_fd.h"
#include "vg_log.h"

/* Everything that gbm.h of any version defines. */
#define USAGE_FRONT_RENDERING (1u << 6)
#define USAGE_FIXED_RATE      (0xfu << 7)
#define KNOWN_USAGE                                                          \
   (GBM_BO_USE_SCANOUT | GBM_BO_USE_CURSOR | GBM_BO_USE_RENDERING |          \
    GBM_BO_USE_WRITE | GBM_BO_USE_LINEAR | USAGE_FRONT_RENDERING)

VkImageUsageFlags
vg_usage_to_vk(uint32_t usage)
{
   VkImageUsageFlags vk = VK_IMAGE_USAGE_SAMPLED_BIT |
                          VK_IMAGE_USAGE_TRANSFER_SRC_BIT |
                          VK_IMAGE_USAGE_TRANSFER_DST_BIT;

   if (usage & (GBM_BO_USE_RENDERING | USAGE_FRONT_RENDERING))
      vk |= VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT;
   return vk;
}

bool
vg_usage_is_dumb(uint32_t usage)
{
   return usage & (GBM_BO_USE_CURSOR | GBM_BO_USE_WRITE);
}

static bool
create_dumb(struct vg_device *dev, struct vg_bo *bo)
{
   const uint32_t bpp = 8u * bo->format->planes[0].bytes;
   uint32_t handle, stride;
   uint64_t size;

   if (drmModeCreateDumbBuffer(dev->base.fd, bo->base.f.width,
                               bo->base.f.height, bpp, 0, &handle, &stride,
                               &size))
      return false;
   if (!vg_handles_adopt(&dev->handles, handle))
      return false;
   bo->handles[0] = handle;
   bo->handle_count = 1;
   bo->plane_count = 1;
   bo->planes[0].stride_B = stride;
   bo->modifier = DRM_FORMAT_MOD_LINEAR;
   bo->size_B = size;
   return true;
}

/* Those of the application that the driver has, in the driver's order. */
static uint32_t
choose_modifiers(struct vg_device *dev,
                 const struct vg_image_info *info,
                 const uint64_t *wanted,
                 unsigned wanted_count,
                 struct vg_modifier chosen[static VG_MAX_MODIFIERS])
{
   struct vg_modifier offered[VG_MAX_MODIFIERS];
   const uint32_t count = vg_gpu_modifiers(dev->gpu, info, offered);
   uint32_t n = 0;

   for (uint32_t i = 0; i < count; i++) {
      for (unsigned j = 0; j < wanted_count; j++) {
         /* INVALID: no modifier is named, so the implied one. */
         const uint64_t modifier = wanted[j] == DRM_FORMAT_MOD_INVALID
                                      ? DRM_FORMAT_MOD_LINEAR
                                      : wanted[j];
         if (modifier == offered[i].modifier) {
            chosen[n++] = offered[i];
            break;
         }
      }
   }
   return n;
}

static bool
create_gpu(struct vg_device *dev,
           struct vg_bo *bo,
           uint32_t usage,
           const uint64_t *modifiers,
           unsigned modifier_count)
{
   const struct vg_image_info info = {
      .format = bo->format->vk,
      .usage = vg_usage_to_vk(usage),
      .width = bo->base.f.width,
      .height = bo->base.f.height,
   };
   static const uint64_t linear = DRM_FORMAT_MOD_LINEAR;
   struct vg_modifier chosen[VG_MAX_MODIFIERS];
   struct vg_layout layout;
   int fd = -1;

   if (!modifier_count) {
      modifiers = &linear;
      modifier_count = 1;
   }
   const uint32_t count =
      choose_modifiers(dev, &info, modifiers, modifier_count, chosen);
   if (!count) {
      vg_log_debug("no modifier for %ux%u of %.4s with usage 0x%x",
                   info.width, info.height, (const char *)&bo->base.f.format,
                   usage);
      errno = EINVAL;
      return false;
   }
   if (!vg_gpu_allocate(dev->gpu, &info, chosen, count, &layout, &fd))
      return false;

   bo->modifier = layout.modifier;
   bo->plane_count = layout.plane_count;
   bo->size_B = layout.size_B;
   for (; bo->handle_count < layout.plane_count; bo->handle_count++) {
      const uint32_t i = bo->handle_count;

      bo->planes[i] = layout.planes[i];
      if (!vg_handles_import(&dev->handles, fd, &bo->handles[i])) {
         vg_log_warn("the DRM device does not take what Vulkan allocated");
         break;
      }
   }
   const int saved_errno = errno;
   u_fd_close(&fd);
   errno = saved_errno;
   return bo->handle_count == layout.plane_count;
}

struct gbm_bo *
vg_bo_create(struct gbm_device *gbm,
             uint32_t width,
             uint32_t height,
             uint32_t fourcc,
             uint32_t usage,
             const uint64_t *modifiers,
             unsigned count)
{
   struct vg_device *dev = vg_device(gbm);
   const struct vg_format *format =
      vg_format_find(dev->core->format_canonicalize(fourcc));

   /* A fixed rate of compression is a wish; NULL alone is not. */
   if (!format || format->vk == VK_FORMAT_UNDEFINED || !width || !height ||
       (usage & ~(uint32_t)(KNOWN_USAGE | USAGE_FIXED_RATE))) {
      errno = EINVAL;
      return NULL;
   }
   /* Version 0 says nothing of the use of a buffer that has modifiers. */
   if (count && gbm->version == 0)
      usage |= GBM_BO_USE_SCANOUT | GBM_BO_USE_RENDERING;
   if (count && vg_usage_is_dumb(usage)) {
      /* A dumb buffer's layout is the kernel's choice. */
      errno = EINVAL;
      return NULL;
   }

   struct vg_bo *bo = vg_bo_alloc(dev, width, height, format);
   if (!bo)
      return NULL;
   if (!(vg_usage_is_dumb(usage)
            ? create_dumb(dev, bo)
            : create_gpu(dev, bo, usage, modifiers, count))) {
      vg_bo_destroy(&bo->base);
      return NULL;
   }
   vg_bo_publish(bo);
   return &bo->base;
}
