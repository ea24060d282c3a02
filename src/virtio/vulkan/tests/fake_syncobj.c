/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See fake_syncobj.h. A timeline is a memfd, known by its inode; it stays in
 * the table as the other side may have an fd of it when its handle is closed.
 */

#include "fake_syncobj.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xf86drm.h>

#include "u_fd.h"
#include "vn_instance.h"

#define MAX_TIMELINES 8192
#define MAX_WATCHES   64

struct watch {
   uint64_t point;
   int fd; /* owned, a duplicate */
};

struct timeline {
   bool open; /* the handle */
   int fd;    /* owned; -1: closed with the handle */
   ino_t ino;
   uint64_t signalled;
   uint32_t watch_count;
   struct watch watches[MAX_WATCHES];
};

static struct {
   pthread_mutex_t mutex;
   bool has_timelines;
   uint32_t fail_in;
   bool failed;
   uint32_t count; /* of timelines; the handle is the place plus one */
   struct timeline *timelines[MAX_TIMELINES];
} fake = { .mutex = PTHREAD_MUTEX_INITIALIZER, .has_timelines = true };

static struct vn_renderer renderers[2];
static struct vn_instance instances[2];

struct vn_instance *
fake_syncobj_instance(bool has_device)
{
   renderers[has_device].info.drm.has_render = has_device;
   instances[has_device].renderer = &renderers[has_device];
   return &instances[has_device];
}

static void
free_timelines(void)
{
   for (uint32_t i = 0; i < fake.count; i++)
      free(fake.timelines[i]);
   fake.count = 0;
}

void
fake_syncobj_reset(bool has_timelines)
{
   pthread_mutex_lock(&fake.mutex);
   if (!fake.count)
      atexit(free_timelines);
   fake.has_timelines = has_timelines;
   fake.fail_in = 0;
   fake.failed = false;
   pthread_mutex_unlock(&fake.mutex);
}

void
fake_syncobj_fail(uint32_t n)
{
   pthread_mutex_lock(&fake.mutex);
   fake.fail_in = n;
   fake.failed = false;
   pthread_mutex_unlock(&fake.mutex);
}

bool
fake_syncobj_has_failed(void)
{
   pthread_mutex_lock(&fake.mutex);
   const bool failed = fake.failed;
   pthread_mutex_unlock(&fake.mutex);
   return failed;
}

uint32_t
fake_syncobj_count(void)
{
   uint32_t count = 0;
   pthread_mutex_lock(&fake.mutex);
   for (uint32_t i = 0; i < fake.count; i++)
      count += fake.timelines[i]->open;
   pthread_mutex_unlock(&fake.mutex);
   return count;
}

/* With the mutex held, as all below. */
static struct timeline *
find_fd(int fd)
{
   struct stat st;
   if (fstat(fd, &st))
      return NULL;
   /* the newest: inodes come again */
   for (uint32_t i = fake.count; i > 0; i--) {
      if (fake.timelines[i - 1]->ino == st.st_ino)
         return fake.timelines[i - 1];
   }
   return NULL;
}

static struct timeline *
find_handle(uint32_t handle)
{
   return handle && handle <= fake.count && fake.timelines[handle - 1]->open
             ? fake.timelines[handle - 1]
             : NULL;
}

static void
signal_point(struct timeline *timeline, uint64_t point)
{
   if (point > timeline->signalled)
      timeline->signalled = point;
   for (uint32_t i = 0; i < timeline->watch_count;) {
      struct watch *watch = &timeline->watches[i];
      if (watch->point > timeline->signalled) {
         i++;
         continue;
      }
      if (eventfd_write(watch->fd, 1))
         abort();
      close(watch->fd);
      *watch = timeline->watches[--timeline->watch_count];
   }
}

bool
fake_syncobj_is_timeline(int fd)
{
   pthread_mutex_lock(&fake.mutex);
   const bool is = find_fd(fd);
   pthread_mutex_unlock(&fake.mutex);
   return is;
}

bool
fake_syncobj_has_signalled(int fd, uint64_t point)
{
   pthread_mutex_lock(&fake.mutex);
   const struct timeline *timeline = find_fd(fd);
   const bool has = timeline && timeline->signalled >= point;
   pthread_mutex_unlock(&fake.mutex);
   return has;
}

void
fake_syncobj_signal(int fd, uint64_t point)
{
   pthread_mutex_lock(&fake.mutex);
   struct timeline *timeline = find_fd(fd);
   if (!timeline)
      abort();
   signal_point(timeline, point);
   pthread_mutex_unlock(&fake.mutex);
}

/* ---- in libdrm's place ---- */

static int
fail(int error)
{
   errno = error;
   return -1;
}

/* At the start of each call; with the mutex. */
static bool
is_to_fail(void)
{
   if (!fake.fail_in || --fake.fail_in)
      return false;
   fake.failed = true;
   return true;
}

int
drmGetDeviceFromDevId(dev_t id, uint32_t flags, drmDevicePtr *device_out)
{
   pthread_mutex_lock(&fake.mutex);
   const bool failing = is_to_fail();
   pthread_mutex_unlock(&fake.mutex);
   if (failing)
      return -ENODEV;
   drmDevicePtr device = calloc(1, sizeof(*device));
   device->nodes = calloc(DRM_NODE_MAX, sizeof(*device->nodes));
   device->available_nodes = 1 << DRM_NODE_RENDER;
   device->nodes[DRM_NODE_RENDER] = strdup("/dev/null");
   *device_out = device;
   return 0;
}

void
drmFreeDevice(drmDevicePtr *device)
{
   free((*device)->nodes[DRM_NODE_RENDER]);
   free((*device)->nodes);
   free(*device);
   *device = NULL;
}

int
drmGetCap(int fd, uint64_t capability, uint64_t *value)
{
   pthread_mutex_lock(&fake.mutex);
   const bool failing = is_to_fail();
   *value = capability == DRM_CAP_SYNCOBJ_TIMELINE && fake.has_timelines;
   pthread_mutex_unlock(&fake.mutex);
   return failing ? fail(EINVAL) : 0;
}

int
drmSyncobjCreate(int fd, uint32_t flags, uint32_t *handle)
{
   int ret = 0;
   pthread_mutex_lock(&fake.mutex);
   struct timeline *timeline = calloc(1, sizeof(*timeline));
   struct stat st;
   if (is_to_fail() || fake.count == MAX_TIMELINES) {
      free(timeline);
      ret = fail(ENOMEM);
   } else {
      timeline->fd = memfd_create("timeline", MFD_CLOEXEC);
      if (fstat(timeline->fd, &st))
         abort();
      timeline->ino = st.st_ino;
      timeline->open = true;
      fake.timelines[fake.count++] = timeline;
      *handle = fake.count;
   }
   pthread_mutex_unlock(&fake.mutex);
   return ret;
}

int
drmSyncobjDestroy(int fd, uint32_t handle)
{
   pthread_mutex_lock(&fake.mutex);
   struct timeline *timeline = find_handle(handle);
   if (!timeline)
      abort();
   timeline->open = false;
   u_fd_close(&timeline->fd);
   while (timeline->watch_count)
      close(timeline->watches[--timeline->watch_count].fd);
   pthread_mutex_unlock(&fake.mutex);
   return 0;
}

int
drmSyncobjHandleToFD(int fd, uint32_t handle, int *fd_out)
{
   pthread_mutex_lock(&fake.mutex);
   const struct timeline *timeline = find_handle(handle);
   *fd_out = is_to_fail() || !timeline ? -1 : u_fd_dup_cloexec(timeline->fd);
   pthread_mutex_unlock(&fake.mutex);
   return *fd_out < 0 ? fail(EMFILE) : 0;
}

int
drmSyncobjTimelineSignal(int fd,
                         const uint32_t *handles,
                         uint64_t *points,
                         uint32_t count)
{
   int ret = 0;
   pthread_mutex_lock(&fake.mutex);
   struct timeline *timeline = find_handle(handles[0]);
   if (is_to_fail() || !timeline || count != 1)
      ret = fail(ENOMEM);
   else
      signal_point(timeline, points[0]);
   pthread_mutex_unlock(&fake.mutex);
   return ret;
}

struct eventfd_arg {
   uint32_t handle, flags;
   uint64_t point;
   int32_t fd;
   uint32_t padding;
};

int
drmIoctl(int fd, unsigned long request, void *data)
{
   const struct eventfd_arg *arg = data;
   int ret = 0;
   if (request != DRM_IOWR(0xCF, struct eventfd_arg))
      abort();
   pthread_mutex_lock(&fake.mutex);
   struct timeline *timeline = find_handle(arg->handle);
   if (is_to_fail() || !timeline || arg->flags || arg->padding ||
       timeline->watch_count == MAX_WATCHES) {
      ret = fail(EINVAL);
   } else {
      timeline->watches[timeline->watch_count++] = (struct watch){
         .point = arg->point,
         .fd = u_fd_dup_cloexec(arg->fd),
      };
      signal_point(timeline, 0);
   }
   pthread_mutex_unlock(&fake.mutex);
   return ret;
}
