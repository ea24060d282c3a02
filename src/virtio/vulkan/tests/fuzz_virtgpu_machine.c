/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The machine around the device of fuzz_virtgpu_device.h: which DRM devices
 * it has, its clock and sync_files, and this side's own calls that fail.
 */

#include "fuzz_virtgpu_device.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <xf86drm.h>

#include "vn_common.h"

enum { MAX_FENCES = 64 };

static struct {
   uint64_t now_ns;
   int fences[MAX_FENCES]; /* owned: of those that have not signalled */
   uint32_t fence_count;
} machine;

/* ---- devices --------------------------------------------------------------
 */

static char *
copy_string(const char *text)
{
   char *copy = u_fuzz_zeros(1, strlen(text) + 1);
   memcpy(copy, text, strlen(text));
   return copy;
}

drmVersionPtr
drmGetVersion(int fd)
{
   const enum lie lie = fuzz_device_lie();
   if (lie == LIE_ERROR) {
      fuzz_device_error();
      return NULL;
   }
   drmVersionPtr version = u_fuzz_zeros(1, sizeof(*version));
   if (lie != LIE_NOTHING)
      version->name = copy_string(lie == LIE_ODD ? "i915" : "virtio_gpu");
   version->version_major = lie == LIE_VALUE;
   return version;
}

void
drmFreeVersion(drmVersionPtr version)
{
   if (version)
      free(version->name);
   free(version);
}

static drmDevicePtr
make_device(void)
{
   static const int buses[] = { DRM_BUS_PLATFORM, DRM_BUS_USB,
                                DRM_BUS_HOST1X };
   drmDevicePtr device = u_fuzz_zeros(1, sizeof(*device));
   device->nodes = u_fuzz_zeros(DRM_NODE_MAX, sizeof(*device->nodes));
   device->nodes[DRM_NODE_RENDER] = copy_string(FUZZ_NODE);
   device->available_nodes = 1 << DRM_NODE_RENDER;
   device->bustype = DRM_BUS_PCI;
   device->businfo.pci = u_fuzz_zeros(1, sizeof(*device->businfo.pci));
   device->deviceinfo.pci = u_fuzz_zeros(1, sizeof(*device->deviceinfo.pci));
   device->deviceinfo.pci->vendor_id = 0x1af4;
   device->deviceinfo.pci->device_id = 0x1050;

   const enum lie lie = fuzz_device_lie();
   struct u_fuzz_input *script = fuzz_device_script();
   if (lie == LIE_VALUE) {
      device->deviceinfo.pci->vendor_id = u_fuzz_u16(script);
   } else if (lie == LIE_NOTHING) {
      device->available_nodes = 0;
   } else if (lie == LIE_ODD) {
      device->bustype = buses[u_fuzz_u8(script) % VN_ARRAY_SIZE(buses)];
   } else if (lie == LIE_SAME) {
      /* one that is there, in the eyes of stat() */
      device->nodes[DRM_NODE_PRIMARY] = copy_string("/dev/null");
      device->available_nodes |= 1 << DRM_NODE_PRIMARY;
   }
   return device;
}

int
drmGetDevices2(uint32_t flags, drmDevicePtr devices[], int max_devices)
{
   const enum lie lie = fuzz_device_lie();
   if (lie == LIE_ERROR) {
      fuzz_device_error();
      return -errno;
   }
   int count = 1;
   if (lie == LIE_VALUE)
      count = u_fuzz_u8(fuzz_device_script()) % (max_devices + 1);
   for (int i = 0; i < count; i++)
      devices[i] = make_device();
   return count;
}

int
drmGetDevice2(int fd, uint32_t flags, drmDevicePtr *device)
{
   if (fuzz_device_lie() == LIE_ERROR) {
      fuzz_device_error();
      return -errno;
   }
   *device = make_device();
   return 0;
}

void
drmFreeDevice(drmDevicePtr *device)
{
   free((*device)->nodes[DRM_NODE_PRIMARY]);
   free((*device)->nodes[DRM_NODE_RENDER]);
   free((*device)->nodes);
   free((*device)->businfo.pci);
   free((*device)->deviceinfo.pci);
   free(*device);
   *device = NULL;
}

void
drmFreeDevices(drmDevicePtr devices[], int count)
{
   for (int i = 0; i < count; i++)
      drmFreeDevice(&devices[i]);
}

/* ---- sync_files -----------------------------------------------------------
 */

int __real_eventfd(unsigned value, int flags);
int __wrap_eventfd(unsigned value, int flags);
int
__wrap_eventfd(unsigned value, int flags)
{
   if (!fuzz_device_fails_here())
      return __real_eventfd(value, flags);
   errno = EMFILE;
   return -1;
}

int
fuzz_device_fence(enum lie lie)
{
   int pipes[2];
   switch (lie) {
   case LIE_ODD: /* nobody is at the other end */
      U_FUZZ_CHECK(!pipe2(pipes, O_CLOEXEC));
      close(pipes[1]);
      return pipes[0];
   case LIE_SAME:
      return open("/dev/null", O_RDWR | O_CLOEXEC);
   default:
      break;
   }
   const bool waits = (lie == LIE_LATE || lie == LIE_VALUE) &&
                      machine.fence_count < MAX_FENCES;
   const int fd = __real_eventfd(!waits, EFD_CLOEXEC | EFD_NONBLOCK);
   U_FUZZ_CHECK(fd >= 0);
   if (waits)
      machine.fences[machine.fence_count++] = fcntl(fd, F_DUPFD_CLOEXEC, 3);
   return fd;
}

int
fuzz_device_foreign_fence(uint8_t how)
{
   return fuzz_device_fence((enum lie)(how % LIE_COUNT));
}

/* Those from the first to the one before the end. */
static void
signal_fences(uint32_t first, uint32_t end)
{
   end = VN_MIN(end, machine.fence_count);
   if (first >= end)
      return;
   for (uint32_t i = first; i < end; i++) {
      const uint64_t one = 1;
      (void)!write(machine.fences[i], &one, sizeof(one));
      close(machine.fences[i]);
   }
   memmove(machine.fences + first, machine.fences + end,
           (machine.fence_count - end) * sizeof(machine.fences[0]));
   machine.fence_count -= end - first;
}

/* ---- the clock ------------------------------------------------------------
 */

uint64_t
fuzz_device_now_ns(void)
{
   return machine.now_ns;
}

uint64_t __wrap_vn_time_ns(void);
uint64_t
__wrap_vn_time_ns(void)
{
   return machine.now_ns;
}

void
fuzz_device_let_time_pass(uint64_t ns)
{
   machine.now_ns += ns;
   const uint8_t what = u_fuzz_u8(fuzz_device_script());
   switch (what & 3) {
   case 0:
      signal_fences(0, MAX_FENCES);
      break;
   case 1: /* not in order */
      signal_fences(what >> 2, (what >> 2) + 1u);
      break;
   case 2:
      machine.now_ns += (uint64_t)what * (VN_NSEC_PER_SEC / 16);
      break;
   case 3:
      break;
   }
}

int __real_ppoll(struct pollfd *fds,
                 nfds_t count,
                 const struct timespec *timeout,
                 const sigset_t *mask);
int __wrap_ppoll(struct pollfd *fds,
                 nfds_t count,
                 const struct timespec *timeout,
                 const sigset_t *mask);
int
__wrap_ppoll(struct pollfd *fds,
             nfds_t count,
             const struct timespec *timeout,
             const sigset_t *mask)
{
   static const struct timespec zero;
   const int ret = __real_ppoll(fds, count, &zero, mask);
   if (ret)
      return ret;
   const enum lie lie = fuzz_device_lie();
   /* a signal comes before the time is over */
   if (lie == LIE_ERROR) {
      machine.now_ns += 1000;
      return fuzz_device_error();
   }
   fuzz_device_let_time_pass((uint64_t)timeout->tv_sec * VN_NSEC_PER_SEC +
                             (uint64_t)timeout->tv_nsec);
   return __real_ppoll(fds, count, &zero, mask);
}

void
fuzz_device_clock_start(void)
{
   machine.now_ns = VN_NSEC_PER_SEC;
   machine.fence_count = 0;
}

void
fuzz_device_clock_stop(void)
{
   signal_fences(0, MAX_FENCES);
}

/* ---- this side ------------------------------------------------------------
 */

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *
__wrap_calloc(size_t count, size_t size)
{
   return fuzz_device_fails_here() ? NULL : __real_calloc(count, size);
}

void *__real_realloc(void *data, size_t size);
void *__wrap_realloc(void *data, size_t size);
void *
__wrap_realloc(void *data, size_t size)
{
   return fuzz_device_fails_here() ? NULL : __real_realloc(data, size);
}

int __real_u_fd_dup_cloexec(int fd);
int __wrap_u_fd_dup_cloexec(int fd);
int
__wrap_u_fd_dup_cloexec(int fd)
{
   if (!fuzz_device_fails_here())
      return __real_u_fd_dup_cloexec(fd);
   errno = EMFILE;
   return -1;
}
