/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What a plane takes, from the kernel's two lists: formats alone, or the
 * IN_FORMATS property, which has the modifiers of each as well.
 */

#include "vn_wsi_display_output.h"

#include <drm_fourcc.h>
#include <xf86drm.h>

static bool
add_format(struct vn_kms_plane *plane, uint32_t fourcc, uint64_t modifier)
{
   struct vn_kms_format *grown =
      realloc(plane->formats, (plane->count + 1) * sizeof(*plane->formats));
   if (!grown)
      return false;
   plane->formats = grown;
   plane->formats[plane->count++] =
      (struct vn_kms_format){ fourcc, modifier };
   return true;
}

static bool
is_primary_of(int fd, const drmModePlane *plane, uint32_t crtc_bit)
{
   uint64_t type = 0;

   return plane->possible_crtcs & crtc_bit &&
          vn_kms_find_property(fd, plane->plane_id, DRM_MODE_OBJECT_PLANE,
                               "type", &type) &&
          type == DRM_PLANE_TYPE_PRIMARY;
}

static uint32_t
crtc_bit_of(int fd, uint32_t crtc_id)
{
   drmModeRes *res = drmModeGetResources(fd);
   uint32_t bit = 0;

   for (int i = 0; res && i < VN_MIN(res->count_crtcs, 32); i++) {
      if (res->crtcs[i] == crtc_id)
         bit = 1u << i;
   }
   drmModeFreeResources(res);
   return bit;
}

/*
 * Where a plane could be of several CRTCs, the one that this CRTC has now, or
 * else one that no other has.
 */
static drmModePlane *
find_primary(int fd, uint32_t crtc_id)
{
   const uint32_t crtc_bit = crtc_bit_of(fd, crtc_id);
   drmModePlaneRes *res = drmModeGetPlaneResources(fd);
   drmModePlane *best = NULL;

   for (uint32_t i = 0; res && i < res->count_planes; i++) {
      drmModePlane *plane = drmModeGetPlane(fd, res->planes[i]);
      if (!plane)
         continue;
      if (is_primary_of(fd, plane, crtc_bit) &&
          (plane->crtc_id == crtc_id || (!plane->crtc_id && !best))) {
         drmModeFreePlane(best);
         best = plane;
      } else {
         drmModeFreePlane(plane);
      }
   }
   drmModeFreePlaneResources(res);
   return best;
}

static bool
add_modifiers(struct vn_kms_plane *plane, int fd, uint32_t blob_id)
{
   drmModePropertyBlobRes *blob = drmModeGetPropertyBlob(fd, blob_id);
   drmModeFormatModifierIterator it = { 0 };
   bool ok = true;

   while (ok && blob && drmModeFormatModifierBlobIterNext(blob, &it))
      ok = add_format(plane, it.fmt, it.mod);
   drmModeFreePropertyBlob(blob);
   return ok;
}

bool
vn_kms_plane_init(struct vn_kms_plane *plane,
                  const struct vn_kms_file *file,
                  uint32_t crtc_id)
{
   memset(plane, 0, sizeof(*plane));
   drmModePlane *kms =
      file && file->universal ? find_primary(file->fd, crtc_id) : NULL;
   bool ok = true;

   if (kms) {
      uint64_t blob_id = 0;
      plane->id = kms->plane_id;
      if (file->takes_modifiers) {
         vn_kms_find_property(file->fd, plane->id, DRM_MODE_OBJECT_PLANE,
                              "IN_FORMATS", &blob_id);
         ok = !blob_id || add_modifiers(plane, file->fd, (uint32_t)blob_id);
      }
      for (uint32_t i = 0; ok && !blob_id && i < kms->count_formats; i++)
         ok = add_format(plane, kms->formats[i], DRM_FORMAT_MOD_LINEAR);
      drmModeFreePlane(kms);
   }
   if (ok && !plane->count)
      ok = add_format(plane, DRM_FORMAT_XRGB8888, DRM_FORMAT_MOD_LINEAR);
   if (!ok)
      vn_kms_plane_finish(plane);
   return ok;
}

void
vn_kms_plane_finish(struct vn_kms_plane *plane)
{
   free(plane->formats);
   memset(plane, 0, sizeof(*plane));
}
