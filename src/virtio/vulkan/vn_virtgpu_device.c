/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * From the machine's DRM devices to a Venus context: which devices are
 * virtio-gpu, what they offer, and why one of them is of no use. Says the
 * reason once per device. Makes nothing but the context.
 */

#include "vn_virtgpu.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <xf86drm.h>

#define MAX_DEVICES 64

#define VIRTIO_PCI_VENDOR  0x1af4
#define VIRTGPU_PCI_DEVICE 0x1050

/* larger alignments are no page sizes of any host */
#define MAX_ALIGNMENT (UINT64_C(1) << 24)

static bool __attribute__((format(printf, 2, 3)))
reject(const char *node, const char *fmt, ...)
{
   char why[160];
   va_list ap;
   va_start(ap, fmt);
   vsnprintf(why, sizeof(why), fmt, ap);
   va_end(ap);
   /* a warning: the process may have other devices to work with */
   vn_log(WARN, "virtio-gpu %s: %s; it is not offered", node, why);
   return false;
}

/* False with errno if the kernel does not know the parameter. */
static bool
get_param(int fd, enum virtgpu_param param, uint64_t *value_out)
{
   uint64_t value = 0; /* only half of it gets written */
   struct virtgpu_getparam args = {
      .param = param,
      .value = (uintptr_t)&value,
   };
   if (drmIoctl(fd, VIRTGPU_IOCTL_GETPARAM, &args))
      return false;
   *value_out = value;
   return true;
}

static bool
has_param(int fd, enum virtgpu_param param)
{
   uint64_t value;
   return get_param(fd, param, &value) && value;
}

static bool
is_virtio_gpu(int fd)
{
   drmVersion *version = drmGetVersion(fd);
   const bool yes = version && version->name &&
                    !strcmp(version->name, "virtio_gpu") &&
                    version->version_major == 0;
   drmFreeVersion(version);
   return yes;
}

static bool
check_params(int fd, const char *node)
{
   static const struct {
      enum virtgpu_param param;
      const char *why;
   } needed[] = {
      { VIRTGPU_3D_FEATURES, "it has no 3D (is it a virtio-gpu-gl device?)" },
      { VIRTGPU_CAPSET_QUERY_FIX, "the kernel cannot read its capsets" },
      { VIRTGPU_RESOURCE_BLOB, "it has no blob resources (blob=on)" },
      { VIRTGPU_HOST_VISIBLE, "it has no host-visible window (hostmem=...)" },
      { VIRTGPU_CONTEXT_INIT,
        "contexts of a kind cannot be made (the kernel is older than 5.16, "
        "or the device does not offer it)" },
   };
   for (uint32_t i = 0; i < VN_ARRAY_SIZE(needed); i++) {
      if (!has_param(fd, needed[i].param))
         return reject(node, "%s", needed[i].why);
   }

   /* not being able to ask means that only GET_CAPS can tell */
   uint64_t capsets;
   if (get_param(fd, VIRTGPU_SUPPORTED_CAPSETS, &capsets) &&
       !(capsets >> VIRTGPU_CAPSET_VENUS & 1))
      return reject(node, "it has no Venus capset (venus=on)");
   return true;
}

static bool
read_capset(int fd, const char *node, struct vn_capset *capset)
{
   memset(capset, 0, sizeof(*capset));
   struct virtgpu_get_caps args = {
      .capset_id = VIRTGPU_CAPSET_VENUS,
      .addr = (uintptr_t)capset,
      .size = sizeof(*capset),
   };
   if (drmIoctl(fd, VIRTGPU_IOCTL_GET_CAPS, &args)) {
      return reject(node, "its Venus capset cannot be read (%s)",
                    strerror(errno));
   }

   const char *why;
   if (!vn_capset_check(capset, &why))
      return reject(node, "%s", why);
   if (capset->use_guest_vram) {
      return reject(node, "its memory has to come from the guest, which this "
                          "driver cannot do");
   }
   return true;
}

static bool
init_context(int fd, const char *node)
{
   /* no ring's fences have to be polled for: all are waited for by fd */
   const struct virtgpu_context_set_param params[] = {
      { VIRTGPU_CONTEXT_CAPSET_ID, VIRTGPU_CAPSET_VENUS },
      { VIRTGPU_CONTEXT_NUM_RINGS, VN_RENDERER_MAX_TIMELINES },
      { VIRTGPU_CONTEXT_POLL_RINGS_MASK, 0 },
   };
   struct virtgpu_context_init args = {
      .num_params = VN_ARRAY_SIZE(params),
      .params = (uintptr_t)params,
   };
   if (drmIoctl(fd, VIRTGPU_IOCTL_CONTEXT_INIT, &args)) {
      return reject(node, "a Venus context cannot be made (%s)",
                    strerror(errno));
   }
   return true;
}

/* What device this is, for VK_EXT_pci_bus_info and _physical_device_drm. */
static void
identify(int fd, struct vn_renderer_info *info)
{
   drmDevice *device;
   if (drmGetDevice2(fd, 0, &device))
      return;

   struct stat st;
   if (device->available_nodes & 1 << DRM_NODE_PRIMARY &&
       !stat(device->nodes[DRM_NODE_PRIMARY], &st)) {
      info->drm.has_primary = true;
      info->drm.primary_major = major(st.st_rdev);
      info->drm.primary_minor = minor(st.st_rdev);
   }
   if (device->available_nodes & 1 << DRM_NODE_RENDER &&
       !stat(device->nodes[DRM_NODE_RENDER], &st)) {
      info->drm.has_render = true;
      info->drm.render_major = major(st.st_rdev);
      info->drm.render_minor = minor(st.st_rdev);
   }
   if (device->bustype == DRM_BUS_PCI) {
      info->pci.valid = true;
      info->pci.domain = device->businfo.pci->domain;
      info->pci.bus = device->businfo.pci->bus;
      info->pci.device = device->businfo.pci->dev;
      info->pci.function = device->businfo.pci->func;
   }
   drmFreeDevice(&device);
}

/* Takes the fd on success only. */
static bool
set_up(struct vn_virtgpu *gpu, int fd, const char *node)
{
   struct vn_renderer_info *info = &gpu->base.info;
   uint64_t alignment;

   if (!check_params(fd, node) || !read_capset(fd, node, &info->capset))
      return false;

   gpu->page_size = VN_VIRTGPU_PAGE_SIZE;
   if (get_param(fd, VIRTGPU_BLOB_ALIGNMENT, &alignment) &&
       alignment > gpu->page_size) {
      if (!u_is_pot_u64(alignment) || alignment > MAX_ALIGNMENT) {
         return reject(node, "its blobs are to be aligned to %" PRIu64 " B",
                       alignment);
      }
      gpu->page_size = alignment;
   }
   if (!init_context(fd, node))
      return false;

   gpu->cross_device = has_param(fd, VIRTGPU_CROSS_DEVICE);
   info->timeline_count = VN_RENDERER_MAX_TIMELINES;
   info->memory_alignment = (uint32_t)gpu->page_size;
   info->has_foreign_import = true;
   info->has_sync_file = true;
   info->places_only_whole = true;
   identify(fd, info);
   gpu->fd = fd;
   snprintf(gpu->node, sizeof(gpu->node), "%s", node);
   return true;
}

static bool
open_node(struct vn_virtgpu *gpu, const char *node)
{
   int fd = open(node, O_RDWR | O_CLOEXEC);
   /* an application that closed its standard streams must not find our log,
    * which goes to stderr, in the device
    */
   if (fd >= 0 && fd <= STDERR_FILENO) {
      const int moved = u_fd_dup_cloexec(fd);
      u_fd_close(&fd);
      fd = moved;
   }
   if (fd < 0) {
      return reject(
         node, "it cannot be opened (%s)%s", strerror(errno),
         errno == EACCES ? ": is the user in the group of the file?" : "");
   }
   if (!is_virtio_gpu(fd)) {
      u_fd_close(&fd);
      return reject(node, "its kernel driver is not virtio_gpu");
   }
   if (!set_up(gpu, fd, node)) {
      u_fd_close(&fd);
      return false;
   }
   return true;
}

/* Whether opening it can be worth it. */
static bool
is_candidate(const drmDevice *device)
{
   if (!(device->available_nodes & 1 << DRM_NODE_RENDER))
      return false;
   switch (device->bustype) {
   case DRM_BUS_PCI:
      return device->deviceinfo.pci->vendor_id == VIRTIO_PCI_VENDOR &&
             device->deviceinfo.pci->device_id == VIRTGPU_PCI_DEVICE;
   case DRM_BUS_PLATFORM:
      return true; /* virtio-mmio, or anything else of a board */
   default:
      return false;
   }
}

/*
 * A board has other devices on the platform bus, of which nothing is to be
 * said. One that cannot be opened is mentioned: it may be it.
 */
static bool
is_foreign_platform_device(const drmDevice *device, const char *node)
{
   if (device->bustype != DRM_BUS_PLATFORM)
      return false;
   int fd = open(node, O_RDWR | O_CLOEXEC);
   if (fd < 0)
      return errno != EACCES;
   const bool foreign = !is_virtio_gpu(fd);
   u_fd_close(&fd);
   return foreign;
}

bool
vn_virtgpu_open(struct vn_virtgpu *gpu, const char *path)
{
   if (path)
      return open_node(gpu, path);

   drmDevice *devices[MAX_DEVICES];
   const int count = drmGetDevices2(0, devices, MAX_DEVICES);
   if (count < 0) {
      vn_log(WARN, "virtio-gpu: there is no DRM device (%s)",
             strerror(-count));
      return false;
   }

   bool found = false, opened = false;
   for (int i = 0; i < VN_MIN(count, MAX_DEVICES) && !opened; i++) {
      if (!is_candidate(devices[i]))
         continue;
      const char *node = devices[i]->nodes[DRM_NODE_RENDER];
      if (is_foreign_platform_device(devices[i], node))
         continue;
      found = true;
      opened = open_node(gpu, node);
   }
   if (!found) {
      vn_log(WARN, "virtio-gpu: there is no such device (of %d DRM devices)",
             count);
   }
   drmFreeDevices(devices, VN_MIN(count, MAX_DEVICES));
   return opened;
}
