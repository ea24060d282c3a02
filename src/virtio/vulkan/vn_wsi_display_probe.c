/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Fills the lists of vn_wsi_display.h from what KMS says, again and again:
 * what is known already keeps its place and its handle. Being the master is
 * not needed for any of it, and not kept.
 */

#include "vn_wsi_display.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <xf86drm.h>

#include "vn_wsi_display_hotplug.h"

/* of one display, over time */
#define MAX_MODES 1024

struct vn_displays *
vn_displays_create(bool has_rdev, dev_t rdev)
{
   struct vn_displays *displays = calloc(1, sizeof(*displays));
   if (!displays)
      return NULL;
   pthread_mutex_init(&displays->mutex, NULL);
   displays->has_rdev = has_rdev;
   displays->rdev = rdev;
   u_list_init(&displays->devices);
   u_list_init(&displays->displays);
   u_list_init(&displays->planes);
   return displays;
}

void
vn_displays_destroy(struct vn_displays *displays)
{
   if (!displays)
      return;
   u_list_for_each_safe (struct vn_display, display, &displays->displays,
                         link) {
      u_list_for_each_safe (struct vn_display_mode, mode, &display->modes,
                            link)
         free(mode);
      vn_kms_file_unref(display->acquired);
      free(display);
   }
   u_list_for_each_safe (struct vn_display_plane, plane, &displays->planes,
                         link)
      free(plane);
   u_list_for_each_safe (struct vn_kms_device, device, &displays->devices,
                         link) {
      vn_kms_file_unref(device->own);
      free(device);
   }
   vn_hotplug_destroy(displays->hotplug);
   pthread_mutex_destroy(&displays->mutex);
   free(displays);
}

uint32_t
vn_display_mode_refresh(const drmModeModeInfo *info)
{
   /* in millihertz: the clock is in kHz */
   uint64_t refresh = (uint64_t)info->clock * 1000000;
   uint64_t pixels = (uint64_t)info->htotal * info->vtotal;

   if (!pixels)
      return (uint32_t)info->vrefresh * 1000;
   if (info->flags & DRM_MODE_FLAG_INTERLACE)
      refresh *= 2;
   if (info->flags & DRM_MODE_FLAG_DBLSCAN)
      pixels *= 2;
   if (info->vscan > 1)
      pixels *= info->vscan;
   return (uint32_t)((refresh + pixels / 2) / pixels);
}

struct vn_kms_file *
vn_display_file(const struct vn_display *display)
{
   return display->acquired ? display->acquired : display->device->own;
}

struct vn_display *
vn_displays_find_connector(struct vn_displays *displays,
                           const struct vn_kms_device *device,
                           uint32_t connector_id)
{
   u_list_for_each (struct vn_display, display, &displays->displays, link) {
      if (display->device == device && display->connector_id == connector_id)
         return display;
   }
   return NULL;
}

struct vn_display_plane *
vn_displays_find_plane(struct vn_displays *displays, uint32_t index)
{
   u_list_for_each (struct vn_display_plane, plane, &displays->planes, link) {
      if (plane->index == index)
         return plane;
   }
   return NULL;
}

bool
vn_display_can_use(const struct vn_display *display,
                   const struct vn_display_plane *plane)
{
   if (display->device != plane->device)
      return false;
   for (uint32_t i = 0; i < display->crtc_count; i++) {
      if (display->crtcs[i] == plane->crtc_id)
         return true;
   }
   return false;
}

static bool
add_plane(struct vn_displays *displays,
          const struct vn_kms_device *device,
          uint32_t crtc_id)
{
   u_list_for_each (struct vn_display_plane, known, &displays->planes, link) {
      if (known->device == device && known->crtc_id == crtc_id)
         return true;
   }
   struct vn_display_plane *plane = calloc(1, sizeof(*plane));
   if (!plane)
      return false;
   plane->device = device;
   plane->crtc_id = crtc_id;
   plane->index = displays->plane_count++;
   u_list_add_tail(&displays->planes, &plane->link);
   return true;
}

/* The kernel's idea of the name is left out, it says nothing. */
static bool
is_same_mode(const drmModeModeInfo *a, const drmModeModeInfo *b)
{
   return a->clock == b->clock && a->hdisplay == b->hdisplay &&
          a->hsync_start == b->hsync_start && a->hsync_end == b->hsync_end &&
          a->htotal == b->htotal && a->hskew == b->hskew &&
          a->vdisplay == b->vdisplay && a->vsync_start == b->vsync_start &&
          a->vsync_end == b->vsync_end && a->vtotal == b->vtotal &&
          a->vscan == b->vscan && a->flags == b->flags;
}

static bool
add_mode(struct vn_display *display, const drmModeModeInfo *info)
{
   uint32_t count = 0;
   u_list_for_each (struct vn_display_mode, known, &display->modes, link) {
      if (is_same_mode(&known->info, info)) {
         known->listed = true;
         known->preferred = info->type & DRM_MODE_TYPE_PREFERRED;
         return true;
      }
      count++;
   }
   /* a screen that is resized all the time has a new mode each time */
   if (count >= MAX_MODES)
      return true;

   struct vn_display_mode *mode = calloc(1, sizeof(*mode));
   if (!mode)
      return false;
   vn_object_init(&mode->base, VK_OBJECT_TYPE_DISPLAY_MODE_KHR);
   mode->display = display;
   mode->info = *info;
   mode->listed = true;
   mode->preferred = info->type & DRM_MODE_TYPE_PREFERRED;
   u_list_add_tail(&display->modes, &mode->link);
   return true;
}

/* The CRTCs that can drive a connector; the first is the one that does. */
static void
find_crtcs(struct vn_display *display,
           int fd,
           const drmModeRes *res,
           const drmModeConnector *connector)
{
   uint32_t possible = 0;

   display->crtc_id = 0;
   for (int i = 0; i < connector->count_encoders; i++) {
      drmModeEncoder *encoder = drmModeGetEncoder(fd, connector->encoders[i]);
      if (!encoder)
         continue;
      possible |= encoder->possible_crtcs;
      if (encoder->encoder_id == connector->encoder_id)
         display->crtc_id = encoder->crtc_id;
      drmModeFreeEncoder(encoder);
   }

   display->crtc_count = 0;
   for (int i = 0; i < VN_MIN(res->count_crtcs, 32); i++) {
      if (possible >> i & 1)
         display->crtcs[display->crtc_count++] = res->crtcs[i];
   }
}

static struct vn_display *
add_display(struct vn_displays *displays,
            struct vn_kms_device *device,
            const drmModeConnector *connector)
{
   struct vn_display *display =
      vn_displays_find_connector(displays, device, connector->connector_id);
   if (display)
      return display;

   display = calloc(1, sizeof(*display));
   if (!display)
      return NULL;
   vn_object_init(&display->base, VK_OBJECT_TYPE_DISPLAY_KHR);
   display->device = device;
   display->connector_id = connector->connector_id;
   const char *type = drmModeGetConnectorTypeName(connector->connector_type);
   snprintf(display->name, sizeof(display->name), "%s-%u",
            type ? type : "Unknown", connector->connector_type_id);
   u_list_init(&display->modes);
   u_list_add_tail(&displays->displays, &display->link);
   return display;
}

static bool
update_display(struct vn_displays *displays,
               struct vn_kms_device *device,
               int fd,
               const drmModeRes *res,
               const drmModeConnector *connector)
{
   /* it goes to memory, not to a screen */
   if (connector->connector_type == DRM_MODE_CONNECTOR_WRITEBACK)
      return true;

   struct vn_display *display = add_display(displays, device, connector);
   if (!display)
      return false;
   display->connected = connector->connection == DRM_MODE_CONNECTED &&
                        connector->count_modes > 0;
   display->width_mm = connector->mmWidth;
   display->height_mm = connector->mmHeight;
   find_crtcs(display, fd, res, connector);

   u_list_for_each (struct vn_display_mode, mode, &display->modes, link)
      mode->listed = false;
   for (int i = 0; i < connector->count_modes; i++) {
      if (!add_mode(display, &connector->modes[i]))
         return false;
   }
   return true;
}

static bool
probe(struct vn_displays *displays, struct vn_kms_device *device, int fd)
{
   drmModeRes *res = drmModeGetResources(fd);
   if (!res)
      return true; /* gone; what is known stays */

   bool ok = true;
   for (int i = 0; i < VN_MIN(res->count_crtcs, 32) && ok; i++)
      ok = add_plane(displays, device, res->crtcs[i]);
   for (int i = 0; i < res->count_connectors && ok; i++) {
      drmModeConnector *connector =
         drmModeGetConnector(fd, res->connectors[i]);
      if (!connector)
         continue;
      ok = update_display(displays, device, fd, res, connector);
      drmModeFreeConnector(connector);
   }
   drmModeFreeResources(res);
   return ok;
}

static struct vn_kms_device *
find_device(struct vn_displays *displays, dev_t rdev)
{
   u_list_for_each (struct vn_kms_device, device, &displays->devices, link) {
      if (device->rdev == rdev)
         return device;
   }
   struct vn_kms_device *device = calloc(1, sizeof(*device));
   if (!device)
      return NULL;
   device->rdev = rdev;
   u_list_add_tail(&displays->devices, &device->link);
   return device;
}

/* False: out of memory. */
static bool
open_own(struct vn_displays *displays, struct vn_kms_device *device)
{
   drmDevice *drm;
   if (drmGetDeviceFromDevId(displays->rdev, 0, &drm)) {
      vn_log(WARN, "display: the device has no node");
      return true;
   }

   bool ok = true;

   const char *node = drm->nodes[DRM_NODE_PRIMARY];
   int fd = open(node, O_RDWR | O_CLOEXEC);
   if (fd >= 0 && fd <= 2) {
      const int moved = u_fd_dup_cloexec(fd);
      u_fd_close(&fd);
      fd = moved;
   }
   if (fd < 0) {
      vn_log(WARN, "display: %s cannot be opened (%s)", node,
             strerror(errno));
   } else if (vn_kms_file_create(fd, true, &device->own) != VK_SUCCESS) {
      vn_log(WARN, "display: %s has no screens (%s)", node, strerror(errno));
      u_fd_close(&fd);
   } else if (drmIsMaster(fd)) {
      /*
       * Whoever opens the node first is its master, which keeps others out.
       * But only the master sees the modes of a screen that nobody has asked
       * for yet.
       */
      ok = probe(displays, device, fd);
      drmDropMaster(fd);
   }
   drmFreeDevice(&drm);
   return ok;
}

bool
vn_displays_probe(struct vn_displays *displays)
{
   if (!displays->has_rdev)
      return true;

   struct vn_kms_device *device = find_device(displays, displays->rdev);
   if (!device)
      return false;
   if (!displays->tried_own) {
      displays->tried_own = true;
      if (!open_own(displays, device))
         return false;
   }
   return !device->own || probe(displays, device, device->own->fd);
}

struct vn_kms_device *
vn_displays_probe_fd(struct vn_displays *displays, int fd, bool *foreign_out)
{
   struct stat st;
   *foreign_out = fstat(fd, &st) || !S_ISCHR(st.st_mode) ||
                  (displays->has_rdev && st.st_rdev != displays->rdev) ||
                  !drmIsKMS(fd);
   if (*foreign_out)
      return NULL;

   struct vn_kms_device *device = find_device(displays, st.st_rdev);
   return device && probe(displays, device, fd) ? device : NULL;
}
