/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See vn_wsi_display_output.h. The first picture sets the mode, which waits;
 * each later one is a flip, which the kernel makes by itself and tells of.
 * When a flip is refused because somebody has changed the screen meanwhile,
 * the mode is set once more.
 *
 * Neither fence of an atomic commit is used. IN_FENCE_FD: the kernel waits
 * for it without a bound and with the screen's locks held, and virtio-gpu's
 * fences never signal when the host's renderer dies: then nobody in the guest
 * can use a screen again (seen with Linux 6.12). The presenter waits instead,
 * which the ring's watchdog ends. OUT_FENCE_PTR: a semaphore of this driver
 * waits for a foreign fence in the guest, so an image given back early with
 * such a fence would only make vkQueueSubmit, which has no timeout, wait in
 * place of vkAcquireNextImageKHR, which has one.
 */

#include "vn_wsi_display_output.h"

#include <xf86drm.h>

static const struct {
   const char *name;
   uint32_t object_type;
} property_names[VN_KMS_PROPERTY_COUNT] = {
   [VN_KMS_CONNECTOR_CRTC_ID] = { "CRTC_ID", DRM_MODE_OBJECT_CONNECTOR },
   [VN_KMS_CRTC_MODE_ID] = { "MODE_ID", DRM_MODE_OBJECT_CRTC },
   [VN_KMS_CRTC_ACTIVE] = { "ACTIVE", DRM_MODE_OBJECT_CRTC },
   [VN_KMS_PLANE_FB_ID] = { "FB_ID", DRM_MODE_OBJECT_PLANE },
   [VN_KMS_PLANE_CRTC_ID] = { "CRTC_ID", DRM_MODE_OBJECT_PLANE },
   [VN_KMS_PLANE_SRC_X] = { "SRC_X", DRM_MODE_OBJECT_PLANE },
   [VN_KMS_PLANE_SRC_Y] = { "SRC_Y", DRM_MODE_OBJECT_PLANE },
   [VN_KMS_PLANE_SRC_W] = { "SRC_W", DRM_MODE_OBJECT_PLANE },
   [VN_KMS_PLANE_SRC_H] = { "SRC_H", DRM_MODE_OBJECT_PLANE },
   [VN_KMS_PLANE_CRTC_X] = { "CRTC_X", DRM_MODE_OBJECT_PLANE },
   [VN_KMS_PLANE_CRTC_Y] = { "CRTC_Y", DRM_MODE_OBJECT_PLANE },
   [VN_KMS_PLANE_CRTC_W] = { "CRTC_W", DRM_MODE_OBJECT_PLANE },
   [VN_KMS_PLANE_CRTC_H] = { "CRTC_H", DRM_MODE_OBJECT_PLANE },
};

static uint32_t
object_of(const struct vn_kms_output *output, enum vn_kms_property property)
{
   switch (property_names[property].object_type) {
   case DRM_MODE_OBJECT_CONNECTOR:
      return output->connector_id;
   case DRM_MODE_OBJECT_CRTC:
      return output->crtc_id;
   default:
      return output->plane_id;
   }
}

/* Whether the screen can be driven by atomic commits. */
static bool
init_atomic(struct vn_kms_output *output)
{
   const int fd = output->file->fd;

   if (!output->file->atomic || !output->plane_id)
      return false;
   for (uint32_t i = 0; i < VN_KMS_PROPERTY_COUNT; i++) {
      output->properties[i] = vn_kms_find_property(
         fd, object_of(output, i), property_names[i].object_type,
         property_names[i].name, NULL);
      if (!output->properties[i])
         return false;
   }
   return !drmModeCreatePropertyBlob(fd, &output->mode, sizeof(output->mode),
                                     &output->mode_blob);
}

int
vn_kms_output_init(struct vn_kms_output *output,
                   struct vn_kms_file *file,
                   uint32_t connector_id,
                   uint32_t crtc_id,
                   const drmModeModeInfo *mode)
{
   struct vn_kms_plane plane;

   memset(output, 0, sizeof(*output));
   if (!vn_kms_plane_init(&plane, file, crtc_id))
      return ENOMEM;
   output->plane_id = plane.id;
   vn_kms_plane_finish(&plane);
   if (!vn_kms_file_take_master(file))
      return errno ? errno : EACCES;

   output->file = vn_kms_file_ref(file);
   output->connector_id = connector_id;
   output->crtc_id = crtc_id;
   output->mode = *mode;
   output->before = drmModeGetCrtc(file->fd, crtc_id);
   output->atomic = init_atomic(output);
   return 0;
}

/* What was there before, or nothing if that has gone. */
static void
restore(struct vn_kms_output *output)
{
   const drmModeCrtc *before = output->before;
   const int fd = output->file->fd;

   if (before && before->mode_valid && before->buffer_id) {
      drmModeModeInfo mode = before->mode;
      if (!drmModeSetCrtc(fd, before->crtc_id, before->buffer_id, before->x,
                          before->y, &output->connector_id, 1, &mode))
         return;
   }
   drmModeSetCrtc(fd, output->crtc_id, 0, 0, 0, NULL, 0, NULL);
}

void
vn_kms_output_finish(struct vn_kms_output *output)
{
   if (!output->file)
      return;
   if (output->changed)
      restore(output);
   drmModeFreeCrtc(output->before);
   if (output->mode_blob)
      drmModeDestroyPropertyBlob(output->file->fd, output->mode_blob);
   vn_kms_file_drop_master(output->file);
   vn_kms_file_unref(output->file);
   memset(output, 0, sizeof(*output));
}

static bool
add(drmModeAtomicReq *request,
    const struct vn_kms_output *output,
    enum vn_kms_property property,
    uint64_t value)
{
   return drmModeAtomicAddProperty(request, object_of(output, property),
                                   output->properties[property], value) >= 0;
}

/* The upper left part of the framebuffer fills the screen. */
static bool
add_plane(drmModeAtomicReq *request,
          const struct vn_kms_output *output,
          uint32_t fb)
{
   const uint64_t width = output->mode.hdisplay;
   const uint64_t height = output->mode.vdisplay;

   return add(request, output, VN_KMS_PLANE_FB_ID, fb) &&
          add(request, output, VN_KMS_PLANE_CRTC_ID, output->crtc_id) &&
          add(request, output, VN_KMS_PLANE_SRC_X, 0) &&
          add(request, output, VN_KMS_PLANE_SRC_Y, 0) &&
          /* 16.16 */
          add(request, output, VN_KMS_PLANE_SRC_W, width << 16) &&
          add(request, output, VN_KMS_PLANE_SRC_H, height << 16) &&
          add(request, output, VN_KMS_PLANE_CRTC_X, 0) &&
          add(request, output, VN_KMS_PLANE_CRTC_Y, 0) &&
          add(request, output, VN_KMS_PLANE_CRTC_W, width) &&
          add(request, output, VN_KMS_PLANE_CRTC_H, height);
}

static int
commit(const struct vn_kms_output *output,
       uint32_t fb,
       uint32_t flags,
       uint64_t serial)
{
   drmModeAtomicReq *request = drmModeAtomicAlloc();
   if (!request)
      return ENOMEM;

   bool ok = add_plane(request, output, fb);
   if (ok && flags & DRM_MODE_ATOMIC_ALLOW_MODESET) {
      ok = add(request, output, VN_KMS_CONNECTOR_CRTC_ID, output->crtc_id) &&
           add(request, output, VN_KMS_CRTC_MODE_ID, output->mode_blob) &&
           add(request, output, VN_KMS_CRTC_ACTIVE, 1);
   }

   const int ret = ok ? drmModeAtomicCommit(output->file->fd, request, flags,
                                            (void *)(uintptr_t)serial)
                      : -ENOMEM;
   drmModeAtomicFree(request);
   return -ret;
}

bool
vn_kms_output_test(const struct vn_kms_output *output, uint32_t fb)
{
   return !output->atomic ||
          !commit(output, fb,
                  DRM_MODE_ATOMIC_TEST_ONLY | DRM_MODE_ATOMIC_ALLOW_MODESET,
                  0);
}

static int
set_mode(struct vn_kms_output *output, uint32_t fb)
{
   if (output->atomic)
      return commit(output, fb, DRM_MODE_ATOMIC_ALLOW_MODESET, 0);
   return -drmModeSetCrtc(output->file->fd, output->crtc_id, fb, 0, 0,
                          &output->connector_id, 1, &output->mode);
}

static int
flip(struct vn_kms_output *output, uint32_t fb, bool at_once, uint64_t serial)
{
   const int fd = output->file->fd;
   void *data = (void *)(uintptr_t)serial;

   /* atomic commits learned this much later than the older call */
   if (at_once && output->file->flips_at_once) {
      const int ret = -drmModePageFlip(
         fd, output->crtc_id, fb,
         DRM_MODE_PAGE_FLIP_EVENT | DRM_MODE_PAGE_FLIP_ASYNC, data);
      /* a driver can do it for some framebuffers and not for others */
      if (ret != EINVAL)
         return ret;
   }
   if (output->atomic) {
      return commit(output, fb,
                    DRM_MODE_ATOMIC_NONBLOCK | DRM_MODE_PAGE_FLIP_EVENT,
                    serial);
   }
   return -drmModePageFlip(fd, output->crtc_id, fb, DRM_MODE_PAGE_FLIP_EVENT,
                           data);
}

/* What a flip says of a screen that is off, or in another mode by now. */
static bool
needs_mode(int error)
{
   return error == EINVAL || error == ENOSPC || error == ERANGE;
}

int
vn_kms_output_show(struct vn_kms_output *output,
                   uint32_t fb,
                   bool at_once,
                   uint64_t serial,
                   bool *flips_out)
{
   *flips_out = false;
   if (output->lit) {
      const int ret = flip(output, fb, at_once, serial);
      if (ret == 0) {
         *flips_out = true;
         output->shown_fb = fb;
         return 0;
      }
      if (!needs_mode(ret))
         return ret;
      output->lit = false;
   }

   const int ret = set_mode(output, fb);
   if (ret == 0) {
      output->lit = output->changed = true;
      output->shown_fb = fb;
   }
   return ret;
}

void
vn_kms_output_forget_fb(struct vn_kms_output *output, uint32_t fb)
{
   if (output->shown_fb == fb) {
      output->shown_fb = 0;
      output->lit = false;
   }
}
