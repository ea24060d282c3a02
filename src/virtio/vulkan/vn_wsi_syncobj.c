/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 */

#include "vn_wsi_syncobj.h"

#include <drm.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <xf86drm.h>

#include "u_fd.h"
#include "vn_instance.h"

/*
 * An eventfd that is written to when a point has signalled; Linux 6.6. The
 * header of Debian 12's libdrm does not know it.
 */
struct vn_syncobj_eventfd {
   uint32_t handle;
   uint32_t flags;
   uint64_t point;
   int32_t fd;
   uint32_t padding;
};

_Static_assert(sizeof(struct vn_syncobj_eventfd) == 24, "the kernel's");

#define VN_IOCTL_SYNCOBJ_EVENTFD DRM_IOWR(0xCF, struct vn_syncobj_eventfd)

bool
vn_wsi_timeline_init(struct vn_wsi_timeline *timeline, int device_fd)
{
   *timeline = (struct vn_wsi_timeline){ .device_fd = device_fd };
   if (!drmSyncobjCreate(device_fd, 0, &timeline->handle))
      return true;
   timeline->handle = 0;
   return false;
}

void
vn_wsi_timeline_finish(struct vn_wsi_timeline *timeline)
{
   if (timeline->handle)
      drmSyncobjDestroy(timeline->device_fd, timeline->handle);
   timeline->handle = 0;
}

int
vn_wsi_timeline_export(const struct vn_wsi_timeline *timeline)
{
   int fd;
   return drmSyncobjHandleToFD(timeline->device_fd, timeline->handle, &fd)
             ? -1
             : fd;
}

bool
vn_wsi_timeline_signal(struct vn_wsi_timeline *timeline)
{
   uint64_t point = timeline->point + 1;
   if (drmSyncobjTimelineSignal(timeline->device_fd, &timeline->handle,
                                &point, 1))
      return false;
   timeline->point = point;
   return true;
}

int
vn_wsi_timeline_watch(struct vn_wsi_timeline *timeline)
{
   int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
   if (fd < 0)
      return -1;

   struct vn_syncobj_eventfd arg = {
      .handle = timeline->handle,
      .point = timeline->point + 1,
      .fd = fd,
   };
   if (drmIoctl(timeline->device_fd, VN_IOCTL_SYNCOBJ_EVENTFD, &arg)) {
      u_fd_close(&fd);
      return -1;
   }
   timeline->point++;
   return fd;
}

/* By doing all that will be done. */
static bool
works(int device_fd)
{
   struct vn_wsi_timeline timeline;
   if (!vn_wsi_timeline_init(&timeline, device_fd))
      return false;

   bool ok = false;
   int shared = vn_wsi_timeline_export(&timeline);
   int watch = vn_wsi_timeline_watch(&timeline);
   if (shared >= 0 && watch >= 0) {
      /* the next point, which those before it signal with */
      struct pollfd poll_fd = { .fd = watch, .events = POLLIN };
      ok = !poll(&poll_fd, 1, 0) && vn_wsi_timeline_signal(&timeline) &&
           poll(&poll_fd, 1, 0) == 1;
   }
   u_fd_close(&watch);
   u_fd_close(&shared);
   vn_wsi_timeline_finish(&timeline);
   return ok;
}

static int
open_node(dev_t rdev)
{
   drmDevicePtr device;
   if (drmGetDeviceFromDevId(rdev, 0, &device))
      return -1;
   const int fd =
      device->available_nodes & 1 << DRM_NODE_RENDER
         ? open(device->nodes[DRM_NODE_RENDER], O_RDWR | O_CLOEXEC)
         : -1;
   drmFreeDevice(&device);
   return fd;
}

int
vn_wsi_syncobj_open(const struct vn_instance *instance, const char **why_out)
{
   const struct vn_renderer_info *info = &instance->renderer->info;

   if (vn_perf_flags() & VN_PERF_NO_EXPLICIT_SYNC) {
      *why_out = "VN_PERF says so";
      return -1;
   }
   if (!info->drm.has_render) {
      *why_out = "there is no DRM device";
      return -1;
   }
   int fd =
      open_node(makedev(info->drm.render_major, info->drm.render_minor));
   if (fd < 0) {
      *why_out = "the DRM device cannot be opened";
      return -1;
   }
   uint64_t value = 0;
   if (drmGetCap(fd, DRM_CAP_SYNCOBJ_TIMELINE, &value) || !value ||
       !works(fd)) {
      *why_out = "the kernel has no timelines for the DRM device";
      u_fd_close(&fd);
      return -1;
   }
   return fd;
}
