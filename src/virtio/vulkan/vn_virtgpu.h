/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The transport over a guest's virtio-gpu device, between the files that
 * make it up. One open file is one context of the renderer. Only
 * vn_renderer_virtgpu.c, vn_virtgpu_*.c and their tests include this.
 *
 * How the kernel's calls fail matters here: creating a blob, attaching one
 * to a context and submitting only queue a message to the device, and say
 * yes. What the host made of it shows when a blob is mapped, and in fences.
 */

#ifndef VN_VIRTGPU_H
#define VN_VIRTGPU_H

#include "vn_renderer.h"
#include "vn_virtgpu_uapi.h"

/* the kernel's page size on all hosts that run 4 KiB guests, and the least
 * that a blob's size must be a multiple of
 */
#define VN_VIRTGPU_PAGE_SIZE 4096

struct vn_virtgpu_limits {
   uint64_t reply_ns; /* a fence on ring_idx 0, while there is no watchdog */
   uint64_t slice_ns; /* between two looks at the watchdog */
};

extern const struct vn_virtgpu_limits vn_virtgpu_default_limits;

struct vn_virtgpu {
   struct vn_renderer base;
   struct vn_virtgpu_limits limits;
   int fd;             /* owned; the context */
   char node[64];      /* path of the render node */
   bool cross_device;  /* blobs may be made for other devices */
   uint64_t page_size; /* blob sizes are multiples of this, bytes */

   /*
    * Held from a PRIME import to the look into the table, and from the last
    * unref to GEM_CLOSE: the kernel gives one handle per object and file,
    * which must not be closed while somebody is handed it again.
    */
   pthread_mutex_t bo_mutex;
   struct u_hash_table bos; /* {handle, 0} -> bo */

   /* Guards all syncs. Leaf; nobody sleeps with it. */
   pthread_mutex_t sync_mutex;
   struct u_list waiters; /* of threads waiting for what is not sent yet */

   /* for waits until the context's thread has come to a place */
   pthread_mutex_t settle_mutex; /* guards settle_value; above sync_mutex */
   struct vn_renderer_sync *settle_sync; /* owned */
   uint64_t settle_value;                /* the last one submitted */
};

static inline struct vn_virtgpu *
vn_virtgpu_from_renderer(struct vn_renderer *renderer)
{
   return (struct vn_virtgpu *)renderer;
}

bool vn_virtgpu_is_lost(struct vn_virtgpu *gpu);
/* The first reason goes to the log; returns VK_ERROR_DEVICE_LOST. */
VkResult vn_virtgpu_lose(struct vn_virtgpu *gpu, const char *why);
/* What an ioctl's errno means for an allocation. */
VkResult vn_virtgpu_alloc_error(struct vn_virtgpu *gpu, int error);

/* ---- device ------------------------------------------------------------ */

/*
 * Opens a render node that a Venus context can be made on, asks what it has
 * and makes the context. path NULL: the first usable one of the machine. On
 * failure nothing is left open and the log says why, a line per device.
 */
bool vn_virtgpu_open(struct vn_virtgpu *gpu, const char *path);

/* ---- blobs ------------------------------------------------------------- */

struct vn_virtgpu_blob {
   uint32_t handle; /* GEM's, of this file */
   uint32_t res_id;
   uint64_t size; /* as created: rounded up, bytes */
};

VkResult vn_virtgpu_blob_create(struct vn_virtgpu *gpu,
                                uint64_t size,
                                uint64_t blob_id,
                                uint32_t flags, /* enum virtgpu_blob_flag */
                                struct vn_virtgpu_blob *blob);
void vn_virtgpu_blob_close(struct vn_virtgpu *gpu, uint32_t handle);
/*
 * Waits until the host has made the blob and put it into the guest's
 * window. NULL if it has not; the caller unmaps.
 */
void *
vn_virtgpu_blob_map(struct vn_virtgpu *gpu, uint32_t handle, uint64_t size);
/*
 * The same in place of what is at the address. Kernels before 6.15 map
 * nothing but whole blobs, none maps one from the middle.
 */
bool vn_virtgpu_blob_map_at(struct vn_virtgpu *gpu,
                            uint32_t handle,
                            uint64_t size,
                            void *address);

/*
 * Until the host has executed all that was asked of the context before:
 * blobs made, resources attached.
 */
VkResult vn_virtgpu_settle(struct vn_virtgpu *gpu);

/* ---- the operations of vn_renderer.h that have a file of their own ------ */

VkResult vn_virtgpu_bo_create(struct vn_renderer *renderer,
                              uint64_t size,
                              uint64_t memory_id,
                              uint32_t flags,
                              struct vn_renderer_bo **bo_out);
VkResult vn_virtgpu_bo_import_fd(struct vn_renderer *renderer,
                                 int fd,
                                 struct vn_renderer_bo **bo_out);
VkResult vn_virtgpu_bo_export_fd(struct vn_renderer *renderer,
                                 struct vn_renderer_bo *bo,
                                 int *fd_out);
VkResult vn_virtgpu_bo_map(struct vn_renderer *renderer,
                           struct vn_renderer_bo *bo,
                           void **map_out);
VkResult vn_virtgpu_bo_map_placed(struct vn_renderer *renderer,
                                  struct vn_renderer_bo *bo,
                                  uint64_t offset,
                                  uint64_t size,
                                  void *address);
void vn_virtgpu_bo_unref(struct vn_renderer *renderer,
                         struct vn_renderer_bo *bo);

VkResult vn_virtgpu_submit(struct vn_renderer *renderer,
                           const struct vn_renderer_submit *submit);
VkResult vn_virtgpu_sync_create(struct vn_renderer *renderer,
                                uint64_t value,
                                struct vn_renderer_sync **sync_out);
void vn_virtgpu_sync_destroy(struct vn_renderer *renderer,
                             struct vn_renderer_sync *sync);
VkResult vn_virtgpu_sync_read(struct vn_renderer *renderer,
                              struct vn_renderer_sync *sync,
                              uint64_t *value_out);
VkResult vn_virtgpu_sync_write(struct vn_renderer *renderer,
                               struct vn_renderer_sync *sync,
                               uint64_t value);
VkResult vn_virtgpu_sync_export_file(struct vn_renderer *renderer,
                                     struct vn_renderer_sync *sync,
                                     uint64_t value,
                                     int *fd_out);
VkResult vn_virtgpu_sync_import_file(struct vn_renderer *renderer,
                                     struct vn_renderer_sync *sync,
                                     uint64_t value,
                                     int fd);
VkResult vn_virtgpu_wait(struct vn_renderer *renderer,
                         const struct vn_renderer_wait *wait);

/* With sync_mutex held: a timeline has moved, or will. */
void vn_virtgpu_wake_waiters(struct vn_virtgpu *gpu);

/* vn_renderer_create_virtgpu with everything said. */
VkResult vn_virtgpu_create(const char *path,
                           const struct vn_virtgpu_limits *limits,
                           struct vn_renderer **renderer_out);

#endif /* VN_VIRTGPU_H */
