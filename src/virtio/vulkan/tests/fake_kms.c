/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See fake_kms.h. Checks what the kernel checks: ids, being the master, that
 * a flip needs a lit screen, and that there is one at a time.
 */

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "fake_kms_private.h"

struct fake_kms fake_kms;
struct fake_kms_state kms = { .mutex = PTHREAD_MUTEX_INITIALIZER,
                              .ptmx = -1 };

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
int
fake_kms_failure(const char *function)
{
   if (!kms.fail_function || strcmp(kms.fail_function, function) ||
       --kms.fail_in)
      return 0;
   kms.fail_function = NULL;
   errno = kms.fail_error;
   return -kms.fail_error;
}

int
fake_kms_error(int code)
{
   errno = code;
   return -code;
}

void
fake_kms_send(const void *data, size_t size)
{
   if (write(kms.ptmx, data, size) != (ssize_t)size)
      abort();
}

void
fake_kms_send_flip(uint32_t screen)
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
         fake_kms_send_flip(i);
   }
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
   return has ? 0 : fake_kms_error(EOPNOTSUPP);
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
   if (fake_kms.first_master) {
      fake_kms.first_master = false;
      fake_kms.master = fd;
   }
   return !fake_kms.other_master && fake_kms.master == fd;
}

int
drmSetMaster(int fd)
{
   if (fake_kms_failure(__func__))
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
      return fake_kms_error(ENODEV);
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
   if (fake_kms_failure(__func__))
      return -1;
   if (!fake_kms.vblank) {
      errno = EOPNOTSUPP;
      return -1;
   }
   *sequence = 0;
   *ns = 0;
   return 0;
}

int
drmPrimeFDToHandle(int fd, int prime_fd, uint32_t *handle)
{
   if (fake_kms_failure(__func__))
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
