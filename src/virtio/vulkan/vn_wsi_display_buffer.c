/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See vn_wsi_display_buffer.h. A framebuffer holds its memory, so the handle
 * of a dma-buf is closed as soon as there is one.
 */

#include "vn_wsi_display_buffer.h"

#include <drm_fourcc.h>
#include <sys/mman.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

int
vn_kms_buffer_init_dma_buf(struct vn_kms_buffer *buffer,
                           const struct vn_kms_file *file,
                           const struct vn_wsi_pixels *pixels)
{
   uint32_t handles[4] = { 0 }, strides[4] = { 0 }, offsets[4] = { 0 };
   uint64_t modifiers[4] = { 0 };
   uint32_t handle;

   memset(buffer, 0, sizeof(*buffer));
   /* a device that takes no modifiers has only linear framebuffers */
   if (!file->takes_modifiers && pixels->modifier != DRM_FORMAT_MOD_LINEAR)
      return EINVAL;
   if (drmPrimeFDToHandle(file->fd, pixels->fd, &handle))
      return errno;

   int ret = 0;
   for (uint32_t i = 0; i < pixels->plane_count; i++) {
      handles[i] = handle;
      strides[i] = pixels->stride_B[i];
      offsets[i] = (uint32_t)pixels->offset_B[i];
      modifiers[i] = pixels->modifier;
      if (offsets[i] != pixels->offset_B[i])
         ret = -EOVERFLOW;
   }
   if (!ret) {
      ret = drmModeAddFB2WithModifiers(
         file->fd, pixels->width, pixels->height, pixels->fourcc, handles,
         strides, offsets, file->takes_modifiers ? modifiers : NULL,
         &buffer->fb, file->takes_modifiers ? DRM_MODE_FB_MODIFIERS : 0);
   }
   drmCloseBufferHandle(file->fd, handle);
   return -ret;
}

static int
add_dumb_fb(struct vn_kms_buffer *buffer,
            const struct vn_kms_file *file,
            uint32_t fourcc,
            uint32_t width,
            uint32_t height)
{
   const uint32_t handles[4] = { buffer->handle };
   const uint32_t strides[4] = { buffer->stride_B };
   const uint32_t offsets[4] = { 0 };

   return -drmModeAddFB2(file->fd, width, height, fourcc, handles, strides,
                         offsets, &buffer->fb, 0);
}

static int
map_dumb(struct vn_kms_buffer *buffer, const struct vn_kms_file *file)
{
   uint64_t offset;
   const int ret = drmModeMapDumbBuffer(file->fd, buffer->handle, &offset);
   if (ret)
      return -ret;

   void *map = mmap(NULL, buffer->size_B, PROT_READ | PROT_WRITE, MAP_SHARED,
                    file->fd, (off_t)offset);
   if (map == MAP_FAILED)
      return errno;
   buffer->map = map;
   return 0;
}

int
vn_kms_buffer_init_dumb(struct vn_kms_buffer *buffer,
                        const struct vn_kms_file *file,
                        uint32_t fourcc,
                        uint32_t bits_per_pixel,
                        uint32_t width,
                        uint32_t height)
{
   memset(buffer, 0, sizeof(*buffer));
   int ret = -drmModeCreateDumbBuffer(file->fd, width, height, bits_per_pixel,
                                      0, &buffer->handle, &buffer->stride_B,
                                      &buffer->size_B);
   if (ret)
      return ret;

   ret = add_dumb_fb(buffer, file, fourcc, width, height);
   if (!ret)
      ret = map_dumb(buffer, file);
   if (ret)
      vn_kms_buffer_finish(buffer, file);
   return ret;
}

void
vn_kms_buffer_finish(struct vn_kms_buffer *buffer,
                     const struct vn_kms_file *file)
{
   if (buffer->fb)
      drmModeRmFB(file->fd, buffer->fb);
   if (buffer->map)
      munmap(buffer->map, buffer->size_B);
   if (buffer->handle)
      drmModeDestroyDumbBuffer(file->fd, buffer->handle);
   memset(buffer, 0, sizeof(*buffer));
}
