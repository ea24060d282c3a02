/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See fake_kms.h. Checks what the kernel checks: ids, being the master, that
 * a flip needs a lit screen, and that there is one at a time.
 */

#include "fake_kms.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#define FIRST_PROPERTY 100
#define FORMAT_BLOB    90
#define CONSOLE_FB     7
#define FIRST_FB       1000
#define MAX_FBS        64
#define DUMB_SIZE      (8u << 20)

struct fake_kms fake_kms;

static const char *const property_names[] = {
   "CRTC_ID", "DPMS",   "MODE_ID", "ACTIVE", "type",
   "FB_ID",   "SRC_X",  "SRC_Y",   "SRC_W",  "SRC_H",
   "CRTC_X",  "CRTC_Y", "CRTC_W",  "CRTC_H", "IN_FORMATS",
};

enum {
   CRTC_ID,
   DPMS,
   MODE_ID,
   ACTIVE,
   TYPE,
   FB_ID,
   SRC_X,
   SRC_Y,
   SRC_W,
   SRC_H,
   CRTC_X,
   CRTC_Y,
   CRTC_W,
   CRTC_H,
   IN_FORMATS,
   PROPERTY_COUNT,
};

static struct {
   pthread_mutex_t mutex;
   int ptmx;
   char node[64];
   const char *fail_function;
   int fail_in, fail_error;
   struct {
      bool used;
      void *dumb;
      uint32_t stride;
   } fbs[MAX_FBS];
   void *dumbs[MAX_FBS];               /* by handle */
   uint64_t pending[FAKE_KMS_SCREENS]; /* serials of flips; 0: none */
   uint64_t queued[16];                /* of vertical blanks */
   uint32_t queued_count;
} kms = { .mutex = PTHREAD_MUTEX_INITIALIZER, .ptmx = -1 };

static void
open_terminal(void)
{
   /* to a process without a terminal, this becomes its own */
   signal(SIGHUP, SIG_IGN);
   if (kms.ptmx >= 0)
      close(kms.ptmx);
   kms.ptmx = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
   if (kms.ptmx < 0 || grantpt(kms.ptmx) || unlockpt(kms.ptmx) ||
       ptsname_r(kms.ptmx, kms.node, sizeof(kms.node)))
      abort();

   struct termios raw;
   if (tcgetattr(kms.ptmx, &raw))
      abort();
   cfmakeraw(&raw);
   if (tcsetattr(kms.ptmx, TCSANOW, &raw))
      abort();
}

void
fake_kms_reset(void)
{
   open_terminal();
   for (uint32_t i = 0; i < MAX_FBS; i++) {
      free(kms.dumbs[i]);
      kms.dumbs[i] = NULL;
   }
   memset(kms.fbs, 0, sizeof(kms.fbs));
   memset(kms.pending, 0, sizeof(kms.pending));
   kms.queued_count = 0;
   kms.fail_function = NULL;
   fake_kms = (struct fake_kms){
      .universal = true,
      .atomic = true,
      .master = -1,
      .screens = {
         { .connected = true, .mode_count = 3, .active = true,
           .fb = CONSOLE_FB, .mode_width = 1024, },
         { .mode_count = 0, },
      },
   };
}

int
fake_kms_open(void)
{
   return open(kms.node, O_RDWR | O_CLOEXEC | O_NOCTTY);
}

dev_t
fake_kms_rdev(void)
{
   struct stat st;
   if (stat(kms.node, &st))
      abort();
   return st.st_rdev;
}

void
fake_kms_fail(const char *function, int n, int error)
{
   kms.fail_function = function;
   kms.fail_in = n;
   kms.fail_error = error;
}

uint32_t
fake_kms_console_fb(void)
{
   return CONSOLE_FB;
}

/* Zero, or a negative errno, which is in errno too. */
static int
fail(const char *function)
{
   if (!kms.fail_function || strcmp(kms.fail_function, function) ||
       --kms.fail_in)
      return 0;
   kms.fail_function = NULL;
   errno = kms.fail_error;
   return -kms.fail_error;
}

static int
error(int code)
{
   errno = code;
   return -code;
}

#define FAIL()                                                               \
   do {                                                                      \
      const int _ret = fail(__func__);                                       \
      if (_ret)                                                              \
         return _ret;                                                        \
   } while (0)

void
fake_kms_send(const void *data, size_t size)
{
   if (write(kms.ptmx, data, size) != (ssize_t)size)
      abort();
}

static void
send_flip(uint32_t screen)
{
   const struct drm_event_vblank event = {
      .base = { DRM_EVENT_FLIP_COMPLETE, sizeof(event) },
      .user_data = kms.pending[screen],
      .crtc_id = FAKE_KMS_CRTC + screen,
   };
   kms.pending[screen] = 0;
   fake_kms_send(&event, sizeof(event));
}

void
fake_kms_flip(void)
{
   pthread_mutex_lock(&kms.mutex);
   for (uint32_t i = 0; i < FAKE_KMS_SCREENS; i++) {
      if (kms.pending[i])
         send_flip(i);
   }
   pthread_mutex_unlock(&kms.mutex);
}

void
fake_kms_vblank(void)
{
   pthread_mutex_lock(&kms.mutex);
   fake_kms.vblanks++;
   for (uint32_t i = 0; i < kms.queued_count; i++) {
      const struct drm_event_crtc_sequence event = {
         .base = { DRM_EVENT_CRTC_SEQUENCE, sizeof(event) },
         .user_data = kms.queued[i],
         .sequence = fake_kms.vblanks,
      };
      fake_kms_send(&event, sizeof(event));
   }
   kms.queued_count = 0;
   pthread_mutex_unlock(&kms.mutex);
}

void
fake_kms_unplug(void)
{
   close(kms.ptmx);
   kms.ptmx = -1;
}

void *
fake_kms_dumb_of_fb(uint32_t fb, uint32_t *stride_out)
{
   if (fb < FIRST_FB || fb >= FIRST_FB + MAX_FBS)
      return NULL;
   *stride_out = kms.fbs[fb - FIRST_FB].stride;
   return kms.fbs[fb - FIRST_FB].dumb;
}

/* ---- xf86drm.h ---- */

int
drmGetCap(int fd, uint64_t capability, uint64_t *value)
{
   FAIL();
   *value = capability == DRM_CAP_ADDFB2_MODIFIERS  ? fake_kms.modifiers
            : capability == DRM_CAP_ASYNC_PAGE_FLIP ? fake_kms.async
                                                    : 0;
   return 0;
}

int
drmSetClientCap(int fd, uint64_t capability, uint64_t value)
{
   FAIL();
   const bool has = capability == DRM_CLIENT_CAP_UNIVERSAL_PLANES
                       ? fake_kms.universal
                       : fake_kms.atomic;
   return has ? 0 : error(EOPNOTSUPP);
}

int
drmIsKMS(int fd)
{
   struct stat st;
   return !fstat(fd, &st) && S_ISCHR(st.st_mode) &&
          st.st_rdev == fake_kms_rdev();
}

int
drmIsMaster(int fd)
{
   return !fake_kms.other_master && fake_kms.master == fd;
}

int
drmSetMaster(int fd)
{
   if (fail(__func__))
      return -1;
   if (fake_kms.other_master ||
       (fake_kms.master >= 0 && fake_kms.master != fd)) {
      errno = EBUSY;
      return -1;
   }
   fake_kms.master = fd;
   return 0;
}

int
drmDropMaster(int fd)
{
   if (fake_kms.master != fd) {
      errno = EINVAL;
      return -1;
   }
   fake_kms.master = -1;
   return 0;
}

int
drmGetDeviceFromDevId(dev_t id, uint32_t flags, drmDevicePtr *device_out)
{
   FAIL();
   if (id != fake_kms_rdev())
      return error(ENODEV);
   char **nodes = calloc(DRM_NODE_MAX, sizeof(*nodes));
   drmDevice *device = calloc(1, sizeof(*device));
   nodes[DRM_NODE_PRIMARY] = strdup(kms.node);
   device->nodes = nodes;
   device->available_nodes = 1 << DRM_NODE_PRIMARY;
   *device_out = device;
   return 0;
}

void
drmFreeDevice(drmDevicePtr *device)
{
   free((*device)->nodes[DRM_NODE_PRIMARY]);
   free((*device)->nodes);
   free(*device);
   *device = NULL;
}

int
drmCrtcGetSequence(int fd, uint32_t crtc, uint64_t *sequence, uint64_t *ns)
{
   if (fail(__func__))
      return -1;
   if (!fake_kms.vblank) {
      errno = EOPNOTSUPP;
      return -1;
   }
   *sequence = fake_kms.vblanks;
   *ns = 0;
   return 0;
}

int
drmCrtcQueueSequence(int fd,
                     uint32_t crtc,
                     uint32_t flags,
                     uint64_t sequence,
                     uint64_t *queued,
                     uint64_t user_data)
{
   if (!fake_kms.vblank || fail(__func__)) {
      errno = EOPNOTSUPP;
      return -1;
   }
   pthread_mutex_lock(&kms.mutex);
   kms.queued[kms.queued_count++] = user_data;
   pthread_mutex_unlock(&kms.mutex);
   *queued = fake_kms.vblanks + 1;
   return 0;
}

int
drmPrimeFDToHandle(int fd, int prime_fd, uint32_t *handle)
{
   if (fail(__func__))
      return -1;
   *handle = 500 + fake_kms.handles++;
   return 0;
}

int
drmCloseBufferHandle(int fd, uint32_t handle)
{
   fake_kms.handles--;
   return 0;
}

/* ---- xf86drmMode.h: what there is ---- */

drmModeResPtr
drmModeGetResources(int fd)
{
   if (fail(__func__))
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
   if (fail(__func__))
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
   if (fail(__func__) || id < 20 || id >= 20 + FAKE_KMS_SCREENS)
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
   if (fail(__func__))
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
   if (fail(__func__))
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
   if (fail(__func__))
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
   if (fail(__func__))
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
   if (fail(__func__))
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
   return fail(__func__) ? NULL : calloc(1, sizeof(drmModePropertyBlobRes));
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

/* ---- framebuffers ---- */

static int
new_fb(void *dumb, uint32_t stride, uint32_t *fb_out)
{
   for (uint32_t i = 0; i < MAX_FBS; i++) {
      if (kms.fbs[i].used)
         continue;
      kms.fbs[i].used = true;
      kms.fbs[i].dumb = dumb;
      kms.fbs[i].stride = stride;
      fake_kms.fbs++;
      *fb_out = FIRST_FB + i;
      return 0;
   }
   return error(ENOMEM);
}

int
drmModeAddFB2(int fd,
              uint32_t width,
              uint32_t height,
              uint32_t format,
              const uint32_t handles[4],
              const uint32_t strides[4],
              const uint32_t offsets[4],
              uint32_t *fb_out,
              uint32_t flags)
{
   FAIL();
   return new_fb(handles[0] < MAX_FBS ? kms.dumbs[handles[0]] : NULL,
                 strides[0], fb_out);
}

int
drmModeAddFB2WithModifiers(int fd,
                           uint32_t width,
                           uint32_t height,
                           uint32_t format,
                           const uint32_t handles[4],
                           const uint32_t strides[4],
                           const uint32_t offsets[4],
                           const uint64_t modifiers[4],
                           uint32_t *fb_out,
                           uint32_t flags)
{
   FAIL();
   if (flags & DRM_MODE_FB_MODIFIERS && !fake_kms.modifiers)
      return error(EINVAL);
   fake_kms.last_fb_modifier_flag = flags & DRM_MODE_FB_MODIFIERS;
   return new_fb(NULL, strides[0], fb_out);
}

int
drmModeRmFB(int fd, uint32_t fb)
{
   for (uint32_t i = 0; i < FAKE_KMS_SCREENS; i++) {
      if (fake_kms.screens[i].fb == fb) {
         fake_kms.screens[i].fb = 0;
         fake_kms.screens[i].active = false;
      }
   }
   if (fb < FIRST_FB || !kms.fbs[fb - FIRST_FB].used)
      return error(ENOENT);
   kms.fbs[fb - FIRST_FB].used = false;
   fake_kms.fbs--;
   return 0;
}

int
drmModeCreateDumbBuffer(int fd,
                        uint32_t width,
                        uint32_t height,
                        uint32_t bpp,
                        uint32_t flags,
                        uint32_t *handle,
                        uint32_t *pitch,
                        uint64_t *size)
{
   FAIL();
   for (uint32_t i = 1; i < MAX_FBS; i++) {
      if (kms.dumbs[i])
         continue;
      *handle = i;
      *pitch = (width * bpp / 8 + 255) & ~255u;
      *size = (uint64_t)*pitch * height;
      if (*size > DUMB_SIZE || posix_memalign(&kms.dumbs[i], 4096, DUMB_SIZE))
         return error(ENOMEM);
      memset(kms.dumbs[i], 0, DUMB_SIZE);
      fake_kms.dumbs++;
      return 0;
   }
   return error(ENOMEM);
}

int
drmModeDestroyDumbBuffer(int fd, uint32_t handle)
{
   free(kms.dumbs[handle]);
   kms.dumbs[handle] = NULL;
   fake_kms.dumbs--;
   return 0;
}

int
drmModeMapDumbBuffer(int fd, uint32_t handle, uint64_t *offset)
{
   FAIL();
   *offset = (uint64_t)handle << 32;
   return 0;
}

/* The node cannot be mapped, so whoever maps it gets the memory itself. */
void *__real_mmap64(void *, size_t, int, int, int, off64_t);
void *__wrap_mmap64(void *, size_t, int, int, int, off64_t);
int __real_munmap(void *, size_t);
int __wrap_munmap(void *, size_t);

void *
__wrap_mmap64(void *addr,
              size_t size,
              int prot,
              int flags,
              int fd,
              off64_t offset)
{
   if (!(offset >> 32))
      return __real_mmap64(addr, size, prot, flags, fd, offset);
   return fail("mmap") ? MAP_FAILED : kms.dumbs[offset >> 32];
}

int
__wrap_munmap(void *addr, size_t size)
{
   for (uint32_t i = 0; i < MAX_FBS; i++) {
      if (kms.dumbs[i] == addr)
         return 0;
   }
   return __real_munmap(addr, size);
}

/* ---- putting them on the screen ---- */

static int
check_master(int fd)
{
   return drmIsMaster(fd) ? 0 : error(EACCES);
}

static bool
is_fb(uint32_t fb)
{
   return fb == CONSOLE_FB || (fb >= FIRST_FB && fb < FIRST_FB + MAX_FBS &&
                               kms.fbs[fb - FIRST_FB].used);
}

static int
start_flip(uint32_t i, uint64_t user_data)
{
   if (kms.pending[i])
      return error(EBUSY);
   kms.pending[i] = user_data;
   if (!fake_kms.hold_flips)
      send_flip(i);
   return 0;
}

int
drmModeSetCrtc(int fd,
               uint32_t crtc,
               uint32_t fb,
               uint32_t x,
               uint32_t y,
               uint32_t *connectors,
               int count,
               drmModeModeInfoPtr mode)
{
   FAIL();
   struct fake_kms_screen *screen = &fake_kms.screens[crtc - FAKE_KMS_CRTC];
   if (check_master(fd))
      return -EACCES;
   if (fb && !is_fb(fb))
      return error(ENOENT);
   fake_kms.mode_sets++;
   screen->active = fb != 0;
   screen->fb = fb;
   if (mode)
      screen->mode_width = mode->hdisplay;
   return 0;
}

int
drmModePageFlip(int fd,
                uint32_t crtc,
                uint32_t fb,
                uint32_t flags,
                void *user_data)
{
   FAIL();
   const uint32_t i = crtc - FAKE_KMS_CRTC;
   if (check_master(fd))
      return -EACCES;
   if (!is_fb(fb))
      return error(ENOENT);
   if (!fake_kms.screens[i].active)
      return error(EINVAL);
   pthread_mutex_lock(&kms.mutex);
   const int ret = start_flip(i, (uintptr_t)user_data);
   pthread_mutex_unlock(&kms.mutex);
   if (ret)
      return ret;
   fake_kms.screens[i].fb = fb;
   if (flags & DRM_MODE_PAGE_FLIP_ASYNC)
      fake_kms.async_flips++;
   else
      fake_kms.legacy_flips++;
   return 0;
}

int
drmModeConnectorSetProperty(int fd,
                            uint32_t connector,
                            uint32_t property,
                            uint64_t value)
{
   FAIL();
   if (check_master(fd))
      return -EACCES;
   if (property != FIRST_PROPERTY + DPMS)
      return error(EINVAL);
   fake_kms.screens[connector - FAKE_KMS_CONNECTOR].dpms = value;
   return 0;
}

int
drmModeCreatePropertyBlob(int fd, const void *data, size_t size, uint32_t *id)
{
   FAIL();
   fake_kms.blobs++;
   /* the width of the mode, to be found again */
   *id = 10000 + ((const drmModeModeInfo *)data)->hdisplay;
   return 0;
}

int
drmModeDestroyPropertyBlob(int fd, uint32_t id)
{
   fake_kms.blobs--;
   return 0;
}

struct _drmModeAtomicReq {
   uint32_t count;
   struct {
      uint32_t object, property;
      uint64_t value;
   } items[64];
};

drmModeAtomicReqPtr
drmModeAtomicAlloc(void)
{
   return fail(__func__) ? NULL : calloc(1, sizeof(drmModeAtomicReq));
}

void
drmModeAtomicFree(drmModeAtomicReqPtr request)
{
   free(request);
}

int
drmModeAtomicAddProperty(drmModeAtomicReqPtr request,
                         uint32_t object,
                         uint32_t property,
                         uint64_t value)
{
   FAIL();
   request->items[request->count].object = object;
   request->items[request->count].property = property;
   request->items[request->count++].value = value;
   return (int)request->count;
}

static uint64_t
item(const drmModeAtomicReq *request,
     uint32_t object,
     uint32_t property,
     uint64_t otherwise)
{
   for (uint32_t i = 0; i < request->count; i++) {
      if (request->items[i].object == object &&
          request->items[i].property == FIRST_PROPERTY + property)
         return request->items[i].value;
   }
   return otherwise;
}

static int
commit_screen(uint32_t i,
              const drmModeAtomicReq *request,
              uint32_t flags,
              uint64_t user_data)
{
   struct fake_kms_screen *screen = &fake_kms.screens[i];
   const uint32_t plane = FAKE_KMS_PLANE + i;
   const uint32_t fb = (uint32_t)item(request, plane, FB_ID, 0);
   const uint64_t mode = item(request, FAKE_KMS_CRTC + i, MODE_ID, 0);

   if (!fb)
      return 0;
   if (!is_fb(fb))
      return error(ENOENT);
   if (!mode && !screen->active)
      return error(EINVAL);
   if (mode && !(flags & DRM_MODE_ATOMIC_ALLOW_MODESET))
      return error(EINVAL);
   if (item(request, plane, SRC_W, 0) >> 16 !=
       item(request, plane, CRTC_W, 1))
      return error(ERANGE);
   if (flags & DRM_MODE_ATOMIC_TEST_ONLY) {
      fake_kms.tests++;
      return 0;
   }
   if (flags & DRM_MODE_PAGE_FLIP_EVENT) {
      const int ret = start_flip(i, user_data);
      if (ret)
         return ret;
   }
   if (mode) {
      screen->active = true;
      screen->mode_width = (uint32_t)mode - 10000;
      fake_kms.mode_sets++;
   } else {
      fake_kms.commits++;
   }
   screen->fb = fb;
   return 0;
}

int
drmModeAtomicCommit(int fd,
                    const drmModeAtomicReqPtr request,
                    uint32_t flags,
                    void *user_data)
{
   FAIL();
   if (check_master(fd))
      return -EACCES;
   pthread_mutex_lock(&kms.mutex);
   int ret = 0;
   for (uint32_t i = 0; i < FAKE_KMS_SCREENS && !ret; i++)
      ret = commit_screen(i, request, flags, (uintptr_t)user_data);
   pthread_mutex_unlock(&kms.mutex);
   return ret;
}
