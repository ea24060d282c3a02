/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What the fake lists: connectors, planes, CRTCs, and their properties.
 */

#include <drm_fourcc.h>
#include <stdio.h>
#include <xf86drmMode.h>

#include "fake_kms_private.h"

static const char *const property_names[] = {
   "CRTC_ID", "DPMS",   "MODE_ID", "ACTIVE", "type",
   "FB_ID",   "SRC_X",  "SRC_Y",   "SRC_W",  "SRC_H",
   "CRTC_X",  "CRTC_Y", "CRTC_W",  "CRTC_H", "IN_FORMATS",
};

drmModeResPtr
drmModeGetResources(int fd)
{
   if (fake_kms_failure(__func__))
      return NULL;
   drmModeRes *res = calloc(1, sizeof(*res));
   res->count_crtcs = res->count_connectors = FAKE_KMS_SCREENS;
   res->crtcs = calloc(FAKE_KMS_SCREENS, sizeof(uint32_t));
   res->connectors = calloc(FAKE_KMS_SCREENS, sizeof(uint32_t));
   for (uint32_t i = 0; i < FAKE_KMS_SCREENS; i++) {
      res->crtcs[i] = FAKE_KMS_CRTC + i;
      res->connectors[i] = FAKE_KMS_CONNECTOR + i;
   }
   return res;
}

void
drmModeFreeResources(drmModeResPtr res)
{
   if (!res)
      return;
   free(res->crtcs);
   free(res->connectors);
   free(res);
}

static drmModeModeInfo
mode_info(uint32_t width, uint32_t height, bool preferred)
{
   drmModeModeInfo info = {
      .clock = (uint32_t)((uint64_t)width * height * 60 / 1000),
      .hdisplay = (uint16_t)width,
      .htotal = (uint16_t)width,
      .vdisplay = (uint16_t)height,
      .vtotal = (uint16_t)height,
      .vrefresh = 60,
      .type = preferred ? DRM_MODE_TYPE_PREFERRED : 0,
   };
   return info;
}

drmModeConnectorPtr
drmModeGetConnector(int fd, uint32_t id)
{
   if (fake_kms_failure(__func__))
      return NULL;
   const uint32_t i = id - FAKE_KMS_CONNECTOR;
   const struct fake_kms_screen *screen = &fake_kms.screens[i];
   drmModeConnector *connector = calloc(1, sizeof(*connector));
   connector->connector_id = id;
   connector->connector_type = DRM_MODE_CONNECTOR_VIRTUAL;
   connector->connector_type_id = i + 1;
   connector->connection =
      screen->connected ? DRM_MODE_CONNECTED : DRM_MODE_DISCONNECTED;
   connector->mmWidth = 300;
   connector->mmHeight = 200;
   connector->encoder_id = screen->active ? 20 + i : 0;
   connector->count_encoders = 1;
   connector->encoders = calloc(1, sizeof(uint32_t));
   connector->encoders[0] = 20 + i;
   connector->modes = calloc(3, sizeof(drmModeModeInfo));
   connector->count_modes = (int)screen->mode_count;
   connector->modes[0] = mode_info(800, 600, false);
   connector->modes[1] = mode_info(1024, 768, true);
   connector->modes[2] = mode_info(640, 480, false);
   return connector;
}

void
drmModeFreeConnector(drmModeConnectorPtr connector)
{
   free(connector->encoders);
   free(connector->modes);
   free(connector);
}

const char *
drmModeGetConnectorTypeName(uint32_t type)
{
   return "Virtual";
}

drmModeEncoderPtr
drmModeGetEncoder(int fd, uint32_t id)
{
   if (fake_kms_failure(__func__) || id < 20 || id >= 20 + FAKE_KMS_SCREENS)
      return NULL;
   drmModeEncoder *encoder = calloc(1, sizeof(*encoder));
   encoder->encoder_id = id;
   encoder->crtc_id =
      fake_kms.screens[id - 20].active ? FAKE_KMS_CRTC + id - 20 : 0;
   encoder->possible_crtcs = 1u << (id - 20);
   return encoder;
}

void
drmModeFreeEncoder(drmModeEncoderPtr encoder)
{
   free(encoder);
}

/* With a cursor plane, which is of no use here, before the others. */
drmModePlaneResPtr
drmModeGetPlaneResources(int fd)
{
   if (fake_kms_failure(__func__))
      return NULL;
   drmModePlaneRes *res = calloc(1, sizeof(*res));
   res->count_planes = FAKE_KMS_SCREENS + 1;
   res->planes = calloc(res->count_planes, sizeof(uint32_t));
   res->planes[0] = FAKE_KMS_PLANE + FAKE_KMS_SCREENS;
   for (uint32_t i = 0; i < FAKE_KMS_SCREENS; i++)
      res->planes[i + 1] = FAKE_KMS_PLANE + i;
   return res;
}

void
drmModeFreePlaneResources(drmModePlaneResPtr res)
{
   if (!res)
      return;
   free(res->planes);
   free(res);
}

drmModePlanePtr
drmModeGetPlane(int fd, uint32_t id)
{
   if (fake_kms_failure(__func__))
      return NULL;
   const bool primary = id < FAKE_KMS_PLANE + FAKE_KMS_SCREENS;
   drmModePlane *plane = calloc(1, sizeof(*plane));
   plane->plane_id = id;
   plane->possible_crtcs =
      primary ? 1u << (id - FAKE_KMS_PLANE) : (1u << FAKE_KMS_SCREENS) - 1;
   plane->count_formats = 1;
   plane->formats = calloc(1, sizeof(uint32_t));
   plane->formats[0] = primary ? DRM_FORMAT_XRGB8888 : DRM_FORMAT_ARGB8888;
   return plane;
}

void
drmModeFreePlane(drmModePlanePtr plane)
{
   if (!plane)
      return;
   free(plane->formats);
   free(plane);
}

drmModeCrtcPtr
drmModeGetCrtc(int fd, uint32_t id)
{
   if (fake_kms_failure(__func__))
      return NULL;
   const struct fake_kms_screen *screen =
      &fake_kms.screens[id - FAKE_KMS_CRTC];
   drmModeCrtc *crtc = calloc(1, sizeof(*crtc));
   crtc->crtc_id = id;
   crtc->buffer_id = screen->fb;
   crtc->mode_valid = screen->active;
   crtc->mode = mode_info(screen->mode_width, 768, false);
   return crtc;
}

void
drmModeFreeCrtc(drmModeCrtcPtr crtc)
{
   free(crtc);
}

static bool
has_property(uint32_t object_type, uint32_t property)
{
   switch (object_type) {
   case DRM_MODE_OBJECT_CONNECTOR:
      return property == CRTC_ID || property == DPMS;
   case DRM_MODE_OBJECT_CRTC:
      return property == MODE_ID || property == ACTIVE;
   default:
      return property == CRTC_ID ||
             (property >= TYPE && property <= CRTC_H) ||
             (property == IN_FORMATS && fake_kms.modifiers);
   }
}

drmModeObjectPropertiesPtr
drmModeObjectGetProperties(int fd, uint32_t id, uint32_t type)
{
   if (fake_kms_failure(__func__))
      return NULL;
   drmModeObjectProperties *all = calloc(1, sizeof(*all));
   all->props = calloc(PROPERTY_COUNT, sizeof(*all->props));
   all->prop_values = calloc(PROPERTY_COUNT, sizeof(*all->prop_values));
   for (uint32_t i = 0; i < PROPERTY_COUNT; i++) {
      if (!has_property(type, i))
         continue;
      all->props[all->count_props] = FIRST_PROPERTY + i;
      all->prop_values[all->count_props] =
         i == TYPE
            ? (id < FAKE_KMS_PLANE + FAKE_KMS_SCREENS ? DRM_PLANE_TYPE_PRIMARY
                                                      : DRM_PLANE_TYPE_CURSOR)
         : i == IN_FORMATS ? FORMAT_BLOB
                           : 0;
      all->count_props++;
   }
   return all;
}

void
drmModeFreeObjectProperties(drmModeObjectPropertiesPtr all)
{
   free(all->props);
   free(all->prop_values);
   free(all);
}

drmModePropertyPtr
drmModeGetProperty(int fd, uint32_t id)
{
   if (fake_kms_failure(__func__))
      return NULL;
   drmModePropertyRes *property = calloc(1, sizeof(*property));
   property->prop_id = id;
   snprintf(property->name, sizeof(property->name), "%s",
            property_names[id - FIRST_PROPERTY]);
   return property;
}

void
drmModeFreeProperty(drmModePropertyPtr property)
{
   free(property);
}

drmModePropertyBlobPtr
drmModeGetPropertyBlob(int fd, uint32_t id)
{
   return fake_kms_failure(__func__)
             ? NULL
             : calloc(1, sizeof(drmModePropertyBlobRes));
}

void
drmModeFreePropertyBlob(drmModePropertyBlobPtr blob)
{
   free(blob);
}

bool
drmModeFormatModifierBlobIterNext(const drmModePropertyBlobRes *blob,
                                  drmModeFormatModifierIterator *it)
{
   static const drmModeFormatModifierIterator list[] = {
      { .fmt = DRM_FORMAT_XRGB8888, .mod = I915_FORMAT_MOD_X_TILED },
      { .fmt = DRM_FORMAT_XRGB8888, .mod = DRM_FORMAT_MOD_LINEAR },
      { .fmt = DRM_FORMAT_XRGB2101010, .mod = DRM_FORMAT_MOD_LINEAR },
   };
   if (it->fmt_idx >= 3)
      return false;
   const uint32_t next = it->fmt_idx;
   *it = list[next];
   it->fmt_idx = next + 1;
   return true;
}
