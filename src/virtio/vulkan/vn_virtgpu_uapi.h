/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The kernel's virtio-gpu ioctls as far as the driver uses them, in our own
 * words: the header of Debian 12's libdrm knows nothing of blobs, contexts
 * and timelines. Layouts are the kernel's (since 5.16) and never change.
 */

#ifndef VN_VIRTGPU_UAPI_H
#define VN_VIRTGPU_UAPI_H

#include <drm.h>
#include <stdint.h>

enum virtgpu_param {
   VIRTGPU_3D_FEATURES = 1,
   VIRTGPU_CAPSET_QUERY_FIX = 2,
   VIRTGPU_RESOURCE_BLOB = 3,
   VIRTGPU_HOST_VISIBLE = 4,
   VIRTGPU_CROSS_DEVICE = 5,
   VIRTGPU_CONTEXT_INIT = 6,
   VIRTGPU_SUPPORTED_CAPSETS = 7, /* bit per capset id */
   VIRTGPU_EXPLICIT_DEBUG_NAME = 8,
   /*
    * Since 7.2; ENOENT if the device does not say. A downstream kernel once
    * had another meaning for the number, on devices without HOST_VISIBLE:
    * to be asked only where that is there.
    */
   VIRTGPU_BLOB_ALIGNMENT = 9,
};

#define VIRTGPU_CAPSET_VENUS 4

enum virtgpu_blob_mem {
   VIRTGPU_BLOB_MEM_CLASSIC = 0, /* not a blob; only RESOURCE_INFO says so */
   VIRTGPU_BLOB_MEM_GUEST = 1,
   VIRTGPU_BLOB_MEM_HOST3D = 2,
   VIRTGPU_BLOB_MEM_HOST3D_GUEST = 3,
};

enum virtgpu_blob_flag {
   VIRTGPU_BLOB_MAPPABLE = 1 << 0,
   VIRTGPU_BLOB_SHAREABLE = 1 << 1,
   VIRTGPU_BLOB_CROSS_DEVICE = 1 << 2,
};

enum virtgpu_execbuf_flag {
   VIRTGPU_EXECBUF_FENCE_OUT = 1 << 1, /* fence_fd gets a sync_file */
   VIRTGPU_EXECBUF_TIMELINE = 1 << 2,  /* ring_idx is valid */
};

enum virtgpu_context_param {
   VIRTGPU_CONTEXT_CAPSET_ID = 1,
   VIRTGPU_CONTEXT_NUM_RINGS = 2,
   VIRTGPU_CONTEXT_POLL_RINGS_MASK = 3,
   VIRTGPU_CONTEXT_DEBUG_NAME = 4, /* value: pointer to a string */
};

struct virtgpu_map {
   uint64_t offset; /* out: for mmap of the device */
   uint32_t handle;
   uint32_t pad;
};

struct virtgpu_execbuffer {
   uint32_t flags; /* enum virtgpu_execbuf_flag */
   uint32_t size;  /* bytes */
   uint64_t command;
   uint64_t bo_handles;
   uint32_t num_bo_handles;
   int32_t fence_fd; /* out, with FENCE_OUT */
   uint32_t ring_idx;
   /* what kernels before 6.6 do not know; all zero here */
   uint32_t syncobj_stride;
   uint32_t num_in_syncobjs;
   uint32_t num_out_syncobjs;
   uint64_t in_syncobjs;
   uint64_t out_syncobjs;
};

struct virtgpu_getparam {
   uint64_t param; /* enum virtgpu_param */
   uint64_t value; /* pointer; the kernel writes 32 bits */
};

struct virtgpu_resource_info {
   uint32_t bo_handle;
   uint32_t res_handle; /* out, as the rest */
   uint32_t size;       /* bytes, the low half */
   uint32_t blob_mem;   /* enum virtgpu_blob_mem */
};

struct virtgpu_get_caps {
   uint32_t capset_id;
   uint32_t version;
   uint64_t addr;
   uint32_t size; /* bytes; the kernel copies no more than it has */
   uint32_t pad;
};

struct virtgpu_create_blob {
   uint32_t blob_mem;
   uint32_t blob_flags;
   uint32_t bo_handle;  /* out */
   uint32_t res_handle; /* out */
   uint64_t size;       /* bytes */
   uint32_t pad;
   uint32_t cmd_size;
   uint64_t cmd;
   uint64_t blob_id;
};

struct virtgpu_context_set_param {
   uint64_t param; /* enum virtgpu_context_param */
   uint64_t value;
};

struct virtgpu_context_init {
   uint32_t num_params;
   uint32_t pad;
   uint64_t params; /* pointer to struct virtgpu_context_set_param[] */
};

_Static_assert(sizeof(struct virtgpu_map) == 16, "uapi");
_Static_assert(sizeof(struct virtgpu_execbuffer) == 64, "uapi");
_Static_assert(sizeof(struct virtgpu_getparam) == 16, "uapi");
_Static_assert(sizeof(struct virtgpu_resource_info) == 16, "uapi");
_Static_assert(sizeof(struct virtgpu_get_caps) == 24, "uapi");
_Static_assert(sizeof(struct virtgpu_create_blob) == 48, "uapi");
_Static_assert(sizeof(struct virtgpu_context_init) == 16, "uapi");

#define VIRTGPU_IOCTL(nr, type) DRM_IOWR(DRM_COMMAND_BASE + (nr), struct type)

#define VIRTGPU_IOCTL_MAP           VIRTGPU_IOCTL(0x01, virtgpu_map)
#define VIRTGPU_IOCTL_EXECBUFFER    VIRTGPU_IOCTL(0x02, virtgpu_execbuffer)
#define VIRTGPU_IOCTL_GETPARAM      VIRTGPU_IOCTL(0x03, virtgpu_getparam)
#define VIRTGPU_IOCTL_RESOURCE_INFO VIRTGPU_IOCTL(0x05, virtgpu_resource_info)
#define VIRTGPU_IOCTL_GET_CAPS      VIRTGPU_IOCTL(0x09, virtgpu_get_caps)
#define VIRTGPU_IOCTL_CREATE_BLOB   VIRTGPU_IOCTL(0x0a, virtgpu_create_blob)
#define VIRTGPU_IOCTL_CONTEXT_INIT  VIRTGPU_IOCTL(0x0b, virtgpu_context_init)

#endif /* VN_VIRTGPU_UAPI_H */
