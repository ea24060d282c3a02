/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The screen. One connector with its current mode, or its preferred one; what
 * was on it before is put back at the end. A flip is waited for with a bound:
 * a host that never answers must not hold the program.
 */

#include "tri.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <xf86drm.h>

#define FLIP_TIMEOUT_MS 10000

/* The CRTC that drives the connector now, or the first that could. */
static uint32_t
find_crtc(int fd, const drmModeRes *res, const drmModeConnector *connector)
{
   uint32_t crtc_id = 0;

   drmModeEncoder *encoder = drmModeGetEncoder(fd, connector->encoder_id);
   if (encoder) {
      crtc_id = encoder->crtc_id;
      drmModeFreeEncoder(encoder);
   }
   for (int i = 0; i < connector->count_encoders && !crtc_id; i++) {
      encoder = drmModeGetEncoder(fd, connector->encoders[i]);
      if (!encoder)
         continue;
      for (int j = 0; j < res->count_crtcs && !crtc_id; j++) {
         if (encoder->possible_crtcs & (1u << j))
            crtc_id = res->crtcs[j];
      }
      drmModeFreeEncoder(encoder);
   }
   return crtc_id;
}

static const drmModeModeInfo *
preferred_mode(const drmModeConnector *connector)
{
   for (int i = 0; i < connector->count_modes; i++) {
      if (connector->modes[i].type & DRM_MODE_TYPE_PREFERRED)
         return &connector->modes[i];
   }
   return &connector->modes[0];
}

static bool
use_connector(struct tri_kms *kms,
              const drmModeRes *res,
              const drmModeConnector *connector)
{
   if (connector->connection != DRM_MODE_CONNECTED || !connector->count_modes)
      return false;
   kms->crtc_id = find_crtc(kms->fd, res, connector);
   if (!kms->crtc_id)
      return false;
   kms->connector_id = connector->connector_id;
   kms->before = drmModeGetCrtc(kms->fd, kms->crtc_id);
   kms->mode = kms->before && kms->before->mode_valid
                  ? kms->before->mode
                  : *preferred_mode(connector);
   kms->width = kms->mode.hdisplay;
   kms->height = kms->mode.vdisplay;
   return true;
}

static bool
find_screen(struct tri_kms *kms)
{
   drmModeRes *res = drmModeGetResources(kms->fd);
   bool found = false;

   if (!res)
      return false;
   for (int i = 0; i < res->count_connectors && !found; i++) {
      drmModeConnector *connector =
         drmModeGetConnector(kms->fd, res->connectors[i]);

      if (!connector)
         continue;
      found = use_connector(kms, res, connector);
      drmModeFreeConnector(connector);
   }
   drmModeFreeResources(res);
   return found;
}

static bool
open_node(struct tri_kms *kms, const char *path)
{
   kms->fd = open(path, O_RDWR | O_CLOEXEC);
   if (kms->fd < 0)
      return false;
   if (find_screen(kms))
      return true;
   close(kms->fd);
   kms->fd = -1;
   errno = ENODEV;
   return false;
}

bool
tri_kms_init(struct tri_kms *kms, const char *path)
{
   drmDevice *devices[16];
   bool found = false;

   *kms = (struct tri_kms){ .fd = -1 };
   if (path)
      return open_node(kms, path) || tri_errno(path);

   const int count = drmGetDevices2(0, devices, 16);
   for (int i = 0; i < count && !found; i++) {
      if (devices[i]->available_nodes & (1 << DRM_NODE_PRIMARY))
         found = open_node(kms, devices[i]->nodes[DRM_NODE_PRIMARY]);
   }
   if (count > 0)
      drmFreeDevices(devices, count);
   if (!found)
      fprintf(stderr, "no DRM device with a connected screen\n");
   return found;
}

void
tri_kms_finish(struct tri_kms *kms)
{
   if (kms->before) {
      if (kms->changed && kms->before->mode_valid) {
         drmModeSetCrtc(kms->fd, kms->before->crtc_id, kms->before->buffer_id,
                        kms->before->x, kms->before->y, &kms->connector_id, 1,
                        &kms->before->mode);
      }
      drmModeFreeCrtc(kms->before);
   }
   if (kms->fd >= 0)
      close(kms->fd);
   *kms = (struct tri_kms){ .fd = -1 };
}

bool
tri_kms_add_fb(struct tri_kms *kms,
               const struct tri_fb_info *info,
               uint32_t *fb_out)
{
   const uint32_t handles[4] = { info->handle };
   const uint32_t strides[4] = { info->stride_B };
   const uint32_t offsets[4] = { info->offset_B };
   const uint64_t modifiers[4] = { info->modifier };
   uint64_t takes_modifiers = 0;

   /* A device that takes no modifiers has only linear framebuffers. */
   drmGetCap(kms->fd, DRM_CAP_ADDFB2_MODIFIERS, &takes_modifiers);
   if (info->has_modifier && info->modifier != DRM_FORMAT_MOD_LINEAR &&
       !takes_modifiers) {
      fprintf(stderr, "the screen takes no modifier 0x%llx\n",
              (unsigned long long)info->modifier);
      return false;
   }
   const int ret =
      info->has_modifier && takes_modifiers
         ? drmModeAddFB2WithModifiers(
              kms->fd, kms->width, kms->height, DRM_FORMAT_XRGB8888, handles,
              strides, offsets, modifiers, fb_out, DRM_MODE_FB_MODIFIERS)
         : drmModeAddFB2(kms->fd, kms->width, kms->height,
                         DRM_FORMAT_XRGB8888, handles, strides, offsets,
                         fb_out, 0);
   return !ret || tri_errno("drmModeAddFB2");
}

void
tri_kms_remove_fb(struct tri_kms *kms, uint32_t fb)
{
   if (!fb)
      return;
   drmModeRmFB(kms->fd, fb);
   /* the kernel has turned the screen off, and there is nothing to flip */
   if (fb == kms->shown_fb)
      kms->shown_fb = 0;
}

static void
on_flip(int fd,
        unsigned sequence,
        unsigned seconds,
        unsigned microseconds,
        void *data)
{
   struct tri_kms *kms = data;

   kms->flip_pending = false;
}

static bool
wait_flip(struct tri_kms *kms)
{
   drmEventContext events = {
      .version = 2,
      .page_flip_handler = on_flip,
   };

   while (kms->flip_pending) {
      struct pollfd pfd = { .fd = kms->fd, .events = POLLIN };
      const int n = poll(&pfd, 1, FLIP_TIMEOUT_MS);

      if (n < 0 && errno == EINTR)
         continue;
      if (n < 0)
         return tri_errno("poll");
      if (n == 0) {
         fprintf(stderr, "no page flip within %d s\n",
                 FLIP_TIMEOUT_MS / 1000);
         return false;
      }
      if (drmHandleEvent(kms->fd, &events))
         return tri_errno("drmHandleEvent");
   }
   return true;
}

bool
tri_kms_show(struct tri_kms *kms, uint32_t fb)
{
   if (!kms->shown_fb) {
      if (drmModeSetCrtc(kms->fd, kms->crtc_id, fb, 0, 0, &kms->connector_id,
                         1, &kms->mode))
         return tri_errno("drmModeSetCrtc");
      kms->changed = true;
      kms->shown_fb = fb;
      return true;
   }
   kms->flip_pending = true;
   if (drmModePageFlip(kms->fd, kms->crtc_id, fb, DRM_MODE_PAGE_FLIP_EVENT,
                       kms)) {
      kms->flip_pending = false;
      return tri_errno("drmModePageFlip");
   }
   kms->shown_fb = fb;
   return wait_flip(kms);
}
