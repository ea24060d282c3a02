/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See fake_drm.h. An object is a memfd, known by its inode wherever its fd
 * turns up; a handle refers to one. Offsets for mmap are ranges of the node.
 */

#include "fake_drm.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xf86drm.h>

#include "vn_virtgpu_uapi.h"

#define MAX_HANDLES 4096
#define MAX_FENCES  256
#define SLOT_SIZE   (UINT64_C(1) << 24) /* of the node, per object */

struct object {
   ino_t ino; /* of the memfd */
   int fd;    /* owned: one more of it, for exports */
   uint32_t res_id;
   uint32_t blob_mem;
   uint64_t size;
   uint64_t offset;
};

static struct {
   pthread_mutex_t mutex;
   char node[64];
   struct object *handles[MAX_HANDLES]; /* all of one file; borrowed */
   struct object *objects[MAX_HANDLES]; /* owned, by resource id */
   uint32_t last_res_id;
   int fences[MAX_FENCES]; /* owned duplicates of those not signalled yet */
   uint32_t fence_count;
   bool hold;
   uint32_t submits;
   int fail_in, fail_error;
   bool failed;
} drm = { .mutex = PTHREAD_MUTEX_INITIALIZER };

struct fake_device fake_device;

static void
remove_node(void)
{
   unlink(drm.node);
}

static void
make_node(void)
{
   if (drm.node[0])
      return;
   snprintf(drm.node, sizeof(drm.node), "/tmp/fake-drm-XXXXXX");
   int fd = mkstemp(drm.node);
   if (fd < 0 || ftruncate(fd, SLOT_SIZE * MAX_HANDLES))
      abort();
   close(fd);
   atexit(remove_node);
}

void
fake_drm_reset(void)
{
   make_node();
   for (uint32_t i = 0; i < MAX_HANDLES; i++) {
      drm.handles[i] = NULL;
      if (drm.objects[i]) {
         close(drm.objects[i]->fd);
         free(drm.objects[i]);
      }
      drm.objects[i] = NULL;
   }
   fake_drm_signal_fences();
   drm.hold = false;
   drm.last_res_id = 0;
   drm.submits = 0;
   drm.fail_in = 0;
   drm.failed = false;
   fake_device = (struct fake_device){
      .exists = true,
      .bus = FAKE_BUS_PCI,
      .vendor = 0x1af4,
      .driver = "virtio_gpu",
      .params = {
         [0] = -EINVAL,
         [VIRTGPU_3D_FEATURES] = 1,
         [VIRTGPU_CAPSET_QUERY_FIX] = 1,
         [VIRTGPU_RESOURCE_BLOB] = 1,
         [VIRTGPU_HOST_VISIBLE] = 1,
         [VIRTGPU_CONTEXT_INIT] = 1,
         [VIRTGPU_SUPPORTED_CAPSETS] = 1 << VIRTGPU_CAPSET_VENUS,
         [VIRTGPU_EXPLICIT_DEBUG_NAME] = -EINVAL,
         [VIRTGPU_BLOB_ALIGNMENT] = -EINVAL,
      },
      .capset = {
         .wire_format_version = 1,
         .vk_xml_version = VK_API_VERSION_1_3,
         .vk_ext_command_serialization_spec_version = 1,
         .vk_mesa_venus_protocol_spec_version = 2,
         .supports_blob_id_0 = 1,
         .allow_vk_wait_syncs = 1,
         .supports_multiple_timelines = 1,
      },
      .capset_size = sizeof(struct vn_capset),
   };
}

void
fake_drm_fail(int n, int error)
{
   drm.fail_in = n;
   drm.fail_error = error;
   drm.failed = false;
}

bool
fake_drm_has_failed(void)
{
   return drm.failed;
}

void
fake_drm_hold_fences(bool hold)
{
   drm.hold = hold;
}

void
fake_drm_signal_fences(void)
{
   pthread_mutex_lock(&drm.mutex);
   for (uint32_t i = 0; i < drm.fence_count; i++) {
      if (eventfd_write(drm.fences[i], 1))
         abort();
      close(drm.fences[i]);
   }
   drm.fence_count = 0;
   pthread_mutex_unlock(&drm.mutex);
}

uint32_t
fake_drm_handles(void)
{
   uint32_t count = 0;
   for (uint32_t i = 0; i < MAX_HANDLES; i++)
      count += drm.handles[i] != NULL;
   return count;
}

uint32_t
fake_drm_submits(void)
{
   return drm.submits;
}

/* With the mutex held, as all below. */
static bool
fails(void)
{
   if (!drm.fail_in || --drm.fail_in)
      return false;
   drm.failed = true;
   errno = drm.fail_error;
   return true;
}

static struct object *
make_object(uint32_t blob_mem, uint64_t size)
{
   struct object *object = calloc(1, sizeof(*object));
   struct stat st;
   object->fd = memfd_create("object", MFD_CLOEXEC);
   if (object->fd < 0 || fstat(object->fd, &st) ||
       ftruncate(object->fd, (off_t)size))
      abort();
   object->ino = st.st_ino;
   object->blob_mem = blob_mem;
   object->size = size;
   object->res_id = ++drm.last_res_id;
   if (object->res_id >= MAX_HANDLES)
      abort();
   object->offset = object->res_id * SLOT_SIZE;
   drm.objects[object->res_id] = object;
   return object;
}

int
fake_drm_foreign_buffer(uint32_t blob_mem, uint64_t size)
{
   pthread_mutex_lock(&drm.mutex);
   const struct object *object = make_object(blob_mem, size);
   const int fd = fcntl(object->fd, F_DUPFD_CLOEXEC, 3);
   pthread_mutex_unlock(&drm.mutex);
   return fd;
}

/* The lowest free one, as the kernel does. */
static uint32_t
make_handle(struct object *object)
{
   for (uint32_t i = 1; i < MAX_HANDLES; i++) {
      if (!drm.handles[i]) {
         drm.handles[i] = object;
         return i;
      }
   }
   abort();
}

static struct object *
find_handle(uint32_t handle)
{
   return handle < MAX_HANDLES ? drm.handles[handle] : NULL;
}

static int
error(int value)
{
   errno = value;
   return -1;
}

static int
get_param(struct virtgpu_getparam *args)
{
   const int64_t value = args->param < VN_ARRAY_SIZE(fake_device.params)
                            ? fake_device.params[args->param]
                            : -EINVAL;
   if (value < 0)
      return error((int)-value);
   /* half of it, as the kernel does */
   *(uint32_t *)(uintptr_t)args->value = (uint32_t)value;
   return 0;
}

static int
execbuffer(struct virtgpu_execbuffer *args)
{
   drm.submits++;
   if (!(args->flags & VIRTGPU_EXECBUF_TIMELINE) || args->ring_idx >= 64)
      return error(EINVAL);
   if (!(args->flags & VIRTGPU_EXECBUF_FENCE_OUT))
      return 0;
   args->fence_fd = eventfd(!drm.hold, EFD_CLOEXEC | EFD_NONBLOCK);
   if (args->fence_fd < 0)
      return -1;
   if (drm.hold) {
      if (drm.fence_count == MAX_FENCES)
         abort();
      drm.fences[drm.fence_count++] =
         fcntl(args->fence_fd, F_DUPFD_CLOEXEC, 3);
   }
   return 0;
}

static int
call(unsigned long request, void *arg)
{
   switch (request) {
   case VIRTGPU_IOCTL_GETPARAM:
      return get_param(arg);
   case VIRTGPU_IOCTL_GET_CAPS: {
      const struct virtgpu_get_caps *args = arg;
      memcpy((void *)(uintptr_t)args->addr, &fake_device.capset,
             VN_MIN(args->size, fake_device.capset_size));
      return 0;
   }
   case VIRTGPU_IOCTL_CONTEXT_INIT:
      return 0;
   case VIRTGPU_IOCTL_EXECBUFFER:
      return execbuffer(arg);
   case VIRTGPU_IOCTL_CREATE_BLOB: {
      struct virtgpu_create_blob *args = arg;
      if (!args->size || args->size % 4096 || args->size > SLOT_SIZE)
         return error(EINVAL);
      struct object *object = make_object(args->blob_mem, args->size);
      args->res_handle = object->res_id;
      args->bo_handle = make_handle(object);
      return 0;
   }
   case VIRTGPU_IOCTL_MAP: {
      struct virtgpu_map *args = arg;
      const struct object *object = find_handle(args->handle);
      if (!object)
         return error(ENOENT);
      args->offset = object->offset;
      return 0;
   }
   case VIRTGPU_IOCTL_RESOURCE_INFO: {
      struct virtgpu_resource_info *args = arg;
      const struct object *object = find_handle(args->bo_handle);
      if (!object)
         return error(ENOENT);
      args->res_handle = object->res_id;
      args->size = (uint32_t)object->size;
      args->blob_mem = object->blob_mem;
      return 0;
   }
   default:
      return error(EINVAL);
   }
}

int
drmIoctl(int fd, unsigned long request, void *arg)
{
   pthread_mutex_lock(&drm.mutex);
   int ret;
   if (request == DRM_IOCTL_GEM_CLOSE) {
      /* never fails for a handle that is open */
      const uint32_t handle = ((struct drm_gem_close *)arg)->handle;
      ret = find_handle(handle) ? 0 : error(EINVAL);
      if (!ret)
         drm.handles[handle] = NULL;
   } else {
      ret = fails() ? -1 : call(request, arg);
   }
   pthread_mutex_unlock(&drm.mutex);
   return ret;
}

int
drmPrimeHandleToFD(int fd, uint32_t handle, uint32_t flags, int *prime_fd)
{
   pthread_mutex_lock(&drm.mutex);
   const struct object *object = fails() ? NULL : find_handle(handle);
   *prime_fd = object ? fcntl(object->fd, F_DUPFD_CLOEXEC, 3) : -1;
   pthread_mutex_unlock(&drm.mutex);
   return *prime_fd < 0 ? -1 : 0;
}

int
drmPrimeFDToHandle(int fd, int prime_fd, uint32_t *handle)
{
   struct stat st;
   if (fstat(prime_fd, &st))
      return -1;

   int ret = -1;
   pthread_mutex_lock(&drm.mutex);
   if (!fails()) {
      struct object *object = NULL;
      for (uint32_t i = 1; i <= drm.last_res_id && !object; i++) {
         if (drm.objects[i]->ino == st.st_ino)
            object = drm.objects[i];
      }
      errno = EINVAL;
      for (uint32_t i = 1; object && ret && i < MAX_HANDLES; i++) {
         if (drm.handles[i] == object) {
            *handle = i;
            ret = 0;
         }
      }
      if (object && ret) {
         *handle = make_handle(object);
         ret = 0;
      }
   }
   pthread_mutex_unlock(&drm.mutex);
   return ret;
}

drmVersionPtr
drmGetVersion(int fd)
{
   drmVersionPtr version = calloc(1, sizeof(*version));
   version->name = strdup(fake_device.driver);
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
   drmDevicePtr device = calloc(1, sizeof(*device));
   device->nodes = calloc(DRM_NODE_MAX, sizeof(*device->nodes));
   device->nodes[DRM_NODE_RENDER] =
      strdup(fake_device.node ? fake_device.node : drm.node);
   device->available_nodes = 1 << DRM_NODE_RENDER;
   device->businfo.pci = calloc(1, sizeof(*device->businfo.pci));
   device->businfo.pci->dev = 7;
   device->deviceinfo.pci = calloc(1, sizeof(*device->deviceinfo.pci));
   device->deviceinfo.pci->vendor_id = fake_device.vendor;
   device->deviceinfo.pci->device_id = 0x1050;
   device->bustype = fake_device.bus == FAKE_BUS_PCI        ? DRM_BUS_PCI
                     : fake_device.bus == FAKE_BUS_PLATFORM ? DRM_BUS_PLATFORM
                                                            : DRM_BUS_USB;
   return device;
}

int
drmGetDevices2(uint32_t flags, drmDevicePtr devices[], int max_devices)
{
   if (!fake_device.exists)
      return 0;
   devices[0] = make_device();
   return 1;
}

int
drmGetDevice2(int fd, uint32_t flags, drmDevicePtr *device)
{
   *device = make_device();
   return 0;
}

void
drmFreeDevice(drmDevicePtr *device)
{
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
