/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The kernel's side of the device: open files with their handles, objects,
 * and the ioctls. An object is a memfd, known by its inode wherever its fd
 * turns up, and a range of the node for mappings.
 */

#include "fuzz_virtgpu_device.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xf86drm.h>

#include "vn_renderer.h"
#include "vn_virtgpu_uapi.h"

enum { MAX_OBJECTS = 256, MAX_HANDLES = 256, MAX_FILES = 4 };

#define SLOT_B (UINT64_C(1) << 20) /* of the node, per object */

struct object {
   ino_t ino;
   int fd; /* owned: the memfd, for exports */
   uint32_t blob_mem;
   uint64_t size; /* 0: there is no such object */
};

/* The index of an object is its resource id; of a handle, its name. */
struct file {
   int fd; /* the code's; -1: not open */
   bool has_context;
   uint32_t handles[MAX_HANDLES]; /* 0: closed */
};

static struct {
   struct u_fuzz_input script;
   uint32_t fail_at, calls_here;
   bool is_active;
   bool owes_fence;
   int node; /* owned; a memfd that objects are mapped from */
   struct object objects[MAX_OBJECTS];
   uint32_t last_object;
   struct file files[MAX_FILES];
} device = { .node = -1 };

struct u_fuzz_input *
fuzz_device_script(void)
{
   return &device.script;
}

enum lie
fuzz_device_lie(void)
{
   return (enum lie)(u_fuzz_u8(&device.script) % LIE_COUNT);
}

int
fuzz_device_error(void)
{
   static const int some[] = {
      EINVAL, ENOMEM, EMFILE, ENOSPC,    EIO,    ENODEV, EINTR,
      EAGAIN, E2BIG,  EACCES, EOVERFLOW, ENOENT, ENFILE, ENOTTY,
   };
   errno = some[u_fuzz_u8(&device.script) % VN_ARRAY_SIZE(some)];
   return -1;
}

bool
fuzz_device_owes_fence(void)
{
   return device.owes_fence;
}

bool
fuzz_device_fails_here(void)
{
   return device.is_active && device.fail_at &&
          ++device.calls_here == device.fail_at;
}

/* ---- objects and handles --------------------------------------------------
 */

/* 0 if there is no room. */
static uint32_t
make_object(uint32_t blob_mem, uint64_t size)
{
   if (!size || size > SLOT_B || device.last_object + 1 >= MAX_OBJECTS)
      return 0;
   const uint32_t id = ++device.last_object;
   struct object *object = &device.objects[id];
   struct stat st;
   object->fd = memfd_create("fuzz-object", MFD_CLOEXEC);
   U_FUZZ_CHECK(object->fd >= 0 && !fstat(object->fd, &st) &&
                !ftruncate(object->fd, (off_t)size));
   object->ino = st.st_ino;
   object->blob_mem = blob_mem;
   object->size = size;
   return id;
}

static struct file *
find_file(int fd)
{
   for (int i = 0; fd >= 0 && i < MAX_FILES; i++) {
      if (device.files[i].fd == fd)
         return &device.files[i];
   }
   return NULL;
}

/* One handle per object and file, as the kernel has it; 0: no room. */
static uint32_t
make_handle(struct file *file, uint32_t object)
{
   uint32_t unused = 0;
   for (uint32_t i = MAX_HANDLES - 1; i > 0; i--) {
      if (file->handles[i] == object)
         return i;
      if (!file->handles[i])
         unused = i;
   }
   if (unused)
      file->handles[unused] = object;
   return unused;
}

/* The object's id, or 0. */
static uint32_t
find_handle(const struct file *file, uint32_t handle)
{
   return handle < MAX_HANDLES ? file->handles[handle] : 0;
}

/* Any that is open, or 0. */
static uint32_t
pick_handle(const struct file *file)
{
   const uint32_t first = u_fuzz_u8(&device.script);
   for (uint32_t i = 0; i < MAX_HANDLES; i++) {
      if (file->handles[(first + i) % MAX_HANDLES])
         return (first + i) % MAX_HANDLES;
   }
   return 0;
}

static int
no_entry(void)
{
   errno = ENOENT;
   return -1;
}

/* ---- ioctls ---------------------------------------------------------------
 */

static int
get_param(struct virtgpu_getparam *args)
{
   const enum lie lie = fuzz_device_lie();
   uint32_t value = 1;
   if (lie == LIE_ERROR)
      return fuzz_device_error();
   if (lie == LIE_VALUE) {
      value = u_fuzz_u32(&device.script);
   } else if (lie == LIE_NOTHING) {
      value = 0;
   } else if (args->param == VIRTGPU_SUPPORTED_CAPSETS) {
      value = 1 << VIRTGPU_CAPSET_VENUS;
   } else if (args->param == VIRTGPU_BLOB_ALIGNMENT) {
      value = lie == LIE_ODD ? 65536 : 4096;
   }
   /* half of it, as the kernel does */
   *(uint32_t *)(uintptr_t)args->value = value;
   return 0;
}

static int
get_caps(const struct virtgpu_get_caps *args)
{
   struct vn_capset capset = {
      .wire_format_version = 1,
      .vk_xml_version = VK_API_VERSION_1_3,
      .vk_ext_command_serialization_spec_version = 1,
      .vk_mesa_venus_protocol_spec_version = 2,
      .supports_blob_id_0 = 1,
      .allow_vk_wait_syncs = 1,
      .supports_multiple_timelines = 1,
   };
   uint32_t size = sizeof(capset);
   const enum lie lie = fuzz_device_lie();
   switch (lie) {
   case LIE_ERROR:
      return fuzz_device_error();
   case LIE_SHORT:
      size = u_fuzz_u8(&device.script);
      break;
   case LIE_ODD:
      ((uint8_t *)&capset)[u_fuzz_u8(&device.script) % sizeof(capset)] ^=
         u_fuzz_u8(&device.script);
      break;
   case LIE_VALUE:
      u_fuzz_bytes(&device.script, &capset, sizeof(capset));
      break;
   default:
      break;
   }
   memcpy((void *)(uintptr_t)args->addr, &capset,
          VN_MIN(size, VN_MIN(args->size, (uint32_t)sizeof(capset))));
   return 0;
}

static int
init_context(struct file *file)
{
   if (fuzz_device_lie() == LIE_ERROR)
      return fuzz_device_error();
   U_FUZZ_CHECK(!file->has_context);
   file->has_context = true;
   return 0;
}

static int
execbuffer(const struct file *file, struct virtgpu_execbuffer *args)
{
   U_FUZZ_CHECK(file->has_context);
   U_FUZZ_CHECK(args->flags & VIRTGPU_EXECBUF_TIMELINE);
   U_FUZZ_CHECK(args->ring_idx < VN_RENDERER_MAX_TIMELINES);
   U_FUZZ_CHECK(!args->size || args->command);
   const enum lie lie = fuzz_device_lie();
   if (lie == LIE_ERROR)
      return fuzz_device_error();
   if (args->flags & VIRTGPU_EXECBUF_FENCE_OUT) {
      device.owes_fence = lie == LIE_NOTHING;
      args->fence_fd = device.owes_fence ? -1 : fuzz_device_fence(lie);
   }
   return 0;
}

static int
create_blob(struct file *file, struct virtgpu_create_blob *args)
{
   U_FUZZ_CHECK(file->has_context);
   U_FUZZ_CHECK(args->size && args->size % 4096 == 0);
   U_FUZZ_CHECK(args->blob_mem == VIRTGPU_BLOB_MEM_HOST3D);
   const enum lie lie = fuzz_device_lie();
   if (lie == LIE_ERROR)
      return fuzz_device_error();
   if (lie == LIE_SAME) {
      args->bo_handle = pick_handle(file);
      args->res_handle = find_handle(file, args->bo_handle);
      return 0;
   }
   const uint32_t id =
      make_object(args->blob_mem,
                  lie == LIE_SHORT ? VN_MIN(args->size, 4096) : args->size);
   const uint32_t handle = id ? make_handle(file, id) : 0;
   if (!handle) {
      errno = ENOSPC;
      return -1;
   }
   args->bo_handle = handle;
   args->res_handle = lie == LIE_NOTHING ? 0 : id;
   return 0;
}

static int
map(const struct file *file, struct virtgpu_map *args)
{
   const uint32_t id = find_handle(file, args->handle);
   const enum lie lie = fuzz_device_lie();
   if (lie == LIE_ERROR)
      return fuzz_device_error();
   if (!id)
      return no_entry();
   args->offset = id * SLOT_B;
   if (lie == LIE_VALUE)
      args->offset = u_fuzz_u64(&device.script);
   else if (lie == LIE_NOTHING)
      args->offset = 0;
   return 0;
}

static int
resource_info(const struct file *file, struct virtgpu_resource_info *args)
{
   const uint32_t id = find_handle(file, args->bo_handle);
   const enum lie lie = fuzz_device_lie();
   if (lie == LIE_ERROR)
      return fuzz_device_error();
   if (!id)
      return no_entry();
   args->res_handle = lie == LIE_NOTHING ? 0 : id;
   args->size = lie == LIE_VALUE ? u_fuzz_u32(&device.script)
                                 : (uint32_t)device.objects[id].size;
   args->blob_mem = lie == LIE_ODD ? u_fuzz_u8(&device.script)
                                   : device.objects[id].blob_mem;
   return 0;
}

static int
gem_close(struct file *file, uint32_t handle)
{
   if (!find_handle(file, handle)) {
      errno = EINVAL;
      return -1;
   }
   file->handles[handle] = 0;
   return 0;
}

/* Without the loop that libdrm has around EINTR: who hears of it copes. */
int
drmIoctl(int fd, unsigned long request, void *arg)
{
   struct file *file = find_file(fd);
   U_FUZZ_CHECK(file);
   switch (request) {
   case VIRTGPU_IOCTL_GETPARAM:
      return get_param(arg);
   case VIRTGPU_IOCTL_GET_CAPS:
      return get_caps(arg);
   case VIRTGPU_IOCTL_CONTEXT_INIT:
      return init_context(file);
   case VIRTGPU_IOCTL_EXECBUFFER:
      return execbuffer(file, arg);
   case VIRTGPU_IOCTL_CREATE_BLOB:
      return create_blob(file, arg);
   case VIRTGPU_IOCTL_MAP:
      return map(file, arg);
   case VIRTGPU_IOCTL_RESOURCE_INFO:
      return resource_info(file, arg);
   case DRM_IOCTL_GEM_CLOSE:
      return gem_close(file, ((struct drm_gem_close *)arg)->handle);
   default:
      U_FUZZ_CHECK(!"an ioctl of the device");
      return -1;
   }
}

int
drmPrimeHandleToFD(int fd, uint32_t handle, uint32_t flags, int *prime_fd)
{
   const struct file *file = find_file(fd);
   U_FUZZ_CHECK(file && (flags & DRM_CLOEXEC));
   const uint32_t id = find_handle(file, handle);
   const enum lie lie = fuzz_device_lie();
   if (lie == LIE_ERROR)
      return fuzz_device_error();
   if (!id)
      return no_entry();
   *prime_fd = lie == LIE_NOTHING
                  ? -1
                  : fcntl(device.objects[id].fd, F_DUPFD_CLOEXEC, 3);
   return 0;
}

int
drmPrimeFDToHandle(int fd, int prime_fd, uint32_t *handle)
{
   struct file *file = find_file(fd);
   struct stat st;
   U_FUZZ_CHECK(file);
   const enum lie lie = fuzz_device_lie();
   if (lie == LIE_ERROR || fstat(prime_fd, &st))
      return fuzz_device_error();
   if (lie == LIE_NOTHING || lie == LIE_SAME) {
      *handle = lie == LIE_SAME ? pick_handle(file) : 0;
      return 0;
   }
   for (uint32_t id = 1; id <= device.last_object; id++) {
      if (device.objects[id].ino == st.st_ino) {
         *handle = make_handle(file, id);
         errno = ENOMEM;
         return *handle ? 0 : -1;
      }
   }
   errno = EINVAL;
   return -1;
}

/* The kernel maps what it has given an offset for, and no more of it. */
int u_fuzz_mmap_error(int fd, size_t size, off_t offset);
int
u_fuzz_mmap_error(int fd, size_t size, off_t offset)
{
   if (!find_file(fd))
      return 0;
   const uint64_t id = (uint64_t)offset / SLOT_B;
   if ((uint64_t)offset % SLOT_B || !id || id > device.last_object ||
       size > device.objects[id].size)
      return EINVAL;
   return fuzz_device_lie() == LIE_ERROR ? ENOMEM : 0;
}

int
fuzz_device_foreign(uint8_t blob_mem, uint64_t size)
{
   const uint32_t id = make_object(blob_mem % 5, size);
   return id ? fcntl(device.objects[id].fd, F_DUPFD_CLOEXEC, 3) : -1;
}

/* ---- life -----------------------------------------------------------------
 */

int __real_open64(const char *path, int flags, int mode);
int __wrap_open64(const char *path, int flags, ...);
int
__wrap_open64(const char *path, int flags, ...)
{
   va_list ap;
   va_start(ap, flags);
   const int mode = va_arg(ap, int);
   va_end(ap);
   if (strcmp(path, FUZZ_NODE))
      return __real_open64(path, flags, mode);

   U_FUZZ_CHECK(flags & O_CLOEXEC);
   if (fuzz_device_lie() == LIE_ERROR)
      return fuzz_device_error();
   for (int i = 0; i < MAX_FILES; i++) {
      struct file *file = &device.files[i];
      if (file->fd < 0) {
         *file = (struct file){
            .fd = fcntl(device.node, F_DUPFD_CLOEXEC, 3),
         };
         return file->fd;
      }
   }
   errno = EMFILE;
   return -1;
}

int __real_close(int fd);
int __wrap_close(int fd);
int
__wrap_close(int fd)
{
   struct file *file = find_file(fd);
   if (file) {
      for (uint32_t i = 0; i < MAX_HANDLES; i++)
         U_FUZZ_CHECK(!file->handles[i]);
      file->fd = -1;
   }
   return __real_close(fd);
}

void
fuzz_device_start(const struct u_fuzz_input *script, uint32_t fail_at)
{
   device.script = *script;
   device.fail_at = fail_at;
   device.calls_here = 0;
   device.last_object = 0;
   device.owes_fence = false;
   device.node = memfd_create("fuzz-node", MFD_CLOEXEC);
   U_FUZZ_CHECK(device.node >= 0 &&
                !ftruncate(device.node, SLOT_B * MAX_OBJECTS));
   for (int i = 0; i < MAX_FILES; i++)
      device.files[i].fd = -1;
   fuzz_device_clock_start();
   device.is_active = true;
}

void
fuzz_device_stop(void)
{
   device.is_active = false;
   for (int i = 0; i < MAX_FILES; i++)
      U_FUZZ_CHECK(device.files[i].fd < 0);
   for (uint32_t i = 1; i <= device.last_object; i++)
      __real_close(device.objects[i].fd);
   __real_close(device.node);
   fuzz_device_clock_stop();
}
