/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What the fake shows: framebuffers, dumb ones and others, the calls that set
 * a mode or flip, and atomic commits.
 */

#include <sys/mman.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "fake_kms_private.h"

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
   return fake_kms_error(ENOMEM);
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
      return fake_kms_error(EINVAL);
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
      return fake_kms_error(ENOENT);
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
         return fake_kms_error(ENOMEM);
      memset(kms.dumbs[i], 0, DUMB_SIZE);
      fake_kms.dumbs++;
      return 0;
   }
   return fake_kms_error(ENOMEM);
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
   return fake_kms_failure("mmap") ? MAP_FAILED : kms.dumbs[offset >> 32];
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
   return drmIsMaster(fd) ? 0 : fake_kms_error(EACCES);
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
      return fake_kms_error(EBUSY);
   kms.pending[i] = user_data;
   if (!fake_kms.hold_flips)
      fake_kms_send_flip(i);
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
      return fake_kms_error(ENOENT);
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
      return fake_kms_error(ENOENT);
   if (!fake_kms.screens[i].active)
      return fake_kms_error(EINVAL);
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
      return fake_kms_error(EINVAL);
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
   return fake_kms_failure(__func__) ? NULL
                                     : calloc(1, sizeof(drmModeAtomicReq));
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
      return fake_kms_error(ENOENT);
   if (!mode && !screen->active)
      return fake_kms_error(EINVAL);
   if (mode && !(flags & DRM_MODE_ATOMIC_ALLOW_MODESET))
      return fake_kms_error(EINVAL);
   if (item(request, plane, SRC_W, 0) >> 16 !=
       item(request, plane, CRTC_W, 1))
      return fake_kms_error(ERANGE);
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
