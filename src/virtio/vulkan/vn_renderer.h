/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The seam between the driver and a transport: what a connection to one
 * renderer context can do. vn_renderer_virtgpu.c and vn_renderer_vtest.c
 * fill it. An implementation knows nothing of Vulkan objects but ids; callers
 * know nothing of sockets and ioctls.
 *
 * All operations may be called from any thread. Everything that comes from
 * the other side is checked here, once; what passes is trusted above. When
 * the connection is gone every operation fails with VK_ERROR_DEVICE_LOST,
 * at once and for ever.
 *
 * Lock order: nothing of the driver is locked below the transport's lock.
 */

#ifndef VN_RENDERER_H
#define VN_RENDERER_H

#include "vn_common.h"

#define VN_RENDERER_MAX_TIMELINES 64

/* Capset 4 of the renderer, version 0; fields it did not send are zero. */
struct vn_capset {
   uint32_t wire_format_version;
   uint32_t vk_xml_version;
   uint32_t vk_ext_command_serialization_spec_version;
   uint32_t vk_mesa_venus_protocol_spec_version;
   uint32_t supports_blob_id_0;
   uint32_t vk_extension_mask1[32];
   uint32_t allow_vk_wait_syncs;
   uint32_t supports_multiple_timelines;
   uint32_t use_guest_vram;
};

_Static_assert(sizeof(struct vn_capset) == 160, "40 dwords on the wire");

struct vn_renderer_info {
   struct vn_capset capset;
   uint32_t timeline_count; /* ring_idx 0 .. timeline_count - 1 */

   /*
    * fds of others (GBM, other processes) can be imported, not only ours;
    * open_another is there then
    */
   bool has_foreign_import;
   /* fences can leave the transport, and come back, as sync_files */
   bool has_sync_file;
   /*
    * Only memory that the host exports as a dma-buf can be mapped; asking
    * for anything else ends the connection (vtest).
    */
   bool maps_only_dma_buf;
   /* bo_map_placed takes nothing but the whole of a bo (virtio-gpu) */
   bool places_only_whole;
   /*
    * Bytes, a power of two: what mapped memory has to be whole pages of, as
    * far as the transport knows. The guest's page, or the host's where the
    * device says that it is larger.
    */
   uint32_t memory_alignment;

   /* The device file, as far as there is one. */
   struct {
      bool has_primary, has_render;
      uint32_t primary_major, primary_minor;
      uint32_t render_major, render_minor;
   } drm;
   struct {
      bool valid;
      uint32_t domain, bus, device, function;
   } pci;
};

/* Plain shared memory, mapped here and by the renderer, zero filled. */
struct vn_renderer_shmem {
   uint32_t res_id;
   size_t size;
   void *map;
};

enum vn_renderer_bo_flags {
   VN_RENDERER_BO_MAPPABLE = 1 << 0,
   VN_RENDERER_BO_SHAREABLE = 1 << 1,
};

/* What a resource is, as far as this side can tell. */
enum vn_renderer_bo_kind {
   VN_RENDERER_BO_OWN,     /* bo_create made it */
   VN_RENDERER_BO_HOST,    /* the host's memory, of any context or use */
   VN_RENDERER_BO_GUEST,   /* the guest's own pages */
   VN_RENDERER_BO_CLASSIC, /* not a blob: GBM through virgl, dumb buffers */
};

#define VN_RENDERER_BO_KIND_COUNT 4

/*
 * A resource made of a VkDeviceMemory, or handed in by somebody. Reference
 * counted: an import of the same file gives the same bo. The last unref
 * drops the resource.
 */
struct vn_renderer_bo {
   _Atomic uint32_t refcount; /* 0 -> 1 only under the transport's lock */
   enum vn_renderer_bo_kind kind;
   /*
    * The renderer is known to take the resource for memory, so its id may be
    * sent. Own ones are; the importer finds out about the others and sets it.
    */
   _Atomic bool proven;
   uint32_t res_id;
   uint32_t flags; /* enum vn_renderer_bo_flags */
   uint64_t size;  /* of the resource, bytes */
};

/* A timeline of the transport: a u64 that only grows. */
struct vn_renderer_sync {
   uint32_t sync_id;
};

struct vn_renderer_submit {
   const void *cs;    /* whole commands for the virtqueue path */
   size_t size;       /* bytes, a multiple of 4; 0 for a pure fence */
   bool has_fence;    /* then sync reaches value when the fence retires */
   uint32_t ring_idx; /* the fence's timeline */
   struct vn_renderer_sync *sync;
   uint64_t value;
};

struct vn_renderer_wait {
   bool any; /* else all */
   uint32_t count;
   struct vn_renderer_sync *const *syncs;
   const uint64_t *values;
   uint64_t timeout_ns; /* UINT64_MAX: no limit but the watchdog's */
};

struct vn_renderer;

struct vn_renderer_ops {
   void (*destroy)(struct vn_renderer *renderer);

   /*
    * A second context on the same device, which lives and dies by itself.
    * NULL where contexts share nothing (vtest).
    */
   VkResult (*open_another)(struct vn_renderer *renderer,
                            struct vn_renderer **other_out);

   /*
    * Executed in order on the context's own thread. Returns when the bytes
    * have left; failure of a command shows as a lost connection.
    */
   VkResult (*submit)(struct vn_renderer *renderer,
                      const struct vn_renderer_submit *submit);

   VkResult (*shmem_create)(struct vn_renderer *renderer,
                            size_t size,
                            struct vn_renderer_shmem **shmem_out);
   void (*shmem_destroy)(struct vn_renderer *renderer,
                         struct vn_renderer_shmem *shmem);

   /*
    * Makes the resource of a live VkDeviceMemory, once per memory. The
    * caller has made sure that the renderer has executed the allocation
    * before this reaches it (vkWaitRingSeqnoMESA on the virtqueue path). On
    * return the renderer has made it: the memory may be freed and the id
    * used.
    */
   VkResult (*bo_create)(struct vn_renderer *renderer,
                         uint64_t size,
                         uint64_t memory_id,
                         uint32_t flags,
                         struct vn_renderer_bo **bo_out);
   /*
    * Never takes the fd. VK_ERROR_INVALID_EXTERNAL_HANDLE, with a line in
    * the log that says why, for what is no resource of this device. The
    * caller owns a reference to *bo_out. Its id must not be sent before it
    * is proven: the renderer may not know it, which is fatal.
    */
   VkResult (*bo_import_fd)(struct vn_renderer *renderer,
                            int fd,
                            struct vn_renderer_bo **bo_out);
   /* A new close-on-exec fd, owned by the caller. */
   VkResult (*bo_export_fd)(struct vn_renderer *renderer,
                            struct vn_renderer_bo *bo,
                            int *fd_out);
   /* The one mapping of the whole bo; lives as long as the bo does. */
   VkResult (*bo_map)(struct vn_renderer *renderer,
                      struct vn_renderer_bo *bo,
                      void **map_out);
   /*
    * Another one of a part, in place of what is at the address. All three are
    * multiples of a page. VK_ERROR_MEMORY_MAP_FAILED may leave a hole. NULL:
    * the transport cannot.
    */
   VkResult (*bo_map_placed)(struct vn_renderer *renderer,
                             struct vn_renderer_bo *bo,
                             uint64_t offset,
                             uint64_t size,
                             void *address);
   void (*bo_unref)(struct vn_renderer *renderer, struct vn_renderer_bo *bo);

   VkResult (*sync_create)(struct vn_renderer *renderer,
                           uint64_t value,
                           struct vn_renderer_sync **sync_out);
   void (*sync_destroy)(struct vn_renderer *renderer,
                        struct vn_renderer_sync *sync);
   /* A round trip to the transport, not to the renderer. */
   VkResult (*sync_read)(struct vn_renderer *renderer,
                         struct vn_renderer_sync *sync,
                         uint64_t *value_out);
   VkResult (*sync_write)(struct vn_renderer *renderer,
                          struct vn_renderer_sync *sync,
                          uint64_t value);
   /*
    * Only with has_sync_file. A new close-on-exec fd of the caller's that
    * signals when the sync reaches the value, or -1 if it has. The
    * submission that takes it there must have been made.
    */
   VkResult (*sync_export_file)(struct vn_renderer *renderer,
                                struct vn_renderer_sync *sync,
                                uint64_t value,
                                int *fd_out);
   /* Only with has_sync_file. The sync reaches the value when the fd, which
    * it takes on success, signals.
    */
   VkResult (*sync_import_file)(struct vn_renderer *renderer,
                                struct vn_renderer_sync *sync,
                                uint64_t value,
                                int fd);
   /*
    * Sleeps until the condition holds (VK_SUCCESS), the time is over
    * (VK_TIMEOUT), or the connection or the watchdog says that nobody will
    * ever answer (VK_ERROR_DEVICE_LOST). Wakes up a few times a second to
    * ask the watchdog. No lock is held while it sleeps.
    */
   VkResult (*wait)(struct vn_renderer *renderer,
                    const struct vn_renderer_wait *wait);
};

struct vn_renderer {
   struct vn_renderer_info info;
   const struct vn_renderer_ops *ops;

   /*
    * Asked by whoever waits for the other side, at most with the
    * transport's own lock held; it locks nothing. wait_start_ns is when
    * that wait began (CLOCK_MONOTONIC). True: give up, the renderer is dead
    * or stuck. Set by the ring while it lives; without it the transport
    * gives a reply a fixed time.
    */
   bool (*watchdog)(void *data, uint64_t wait_start_ns);
   void *watchdog_data;

   /* sticky; set by the transport (socket closed) and by the ring */
   _Atomic bool lost;
   /* constant: losing this one is no news, it was made to be lost */
   bool expendable;
};

/*
 * For the transports: drops a reference unless it may be the last one, which
 * only the transport's lock can tell. False: done. True: it is still there,
 * to be dropped under the lock.
 */
bool vn_renderer_bo_unref_early(struct vn_renderer_bo *bo);

/*
 * Whether this driver can work with such a renderer; if not, *why_out gets
 * half a sentence for the log ("its ...", "it ...").
 */
bool vn_capset_check(const struct vn_capset *capset, const char **why_out);

/*
 * Connects to the vtest server at VTEST_SOCKET_NAME (or its default) and
 * makes a Venus context. VK_ERROR_INITIALIZATION_FAILED when there is no
 * server, or none that this driver can work with; the log says which.
 */
VkResult vn_renderer_create_vtest(struct vn_renderer **renderer_out);

/*
 * Makes a Venus context on the first virtio-gpu device that can have one.
 * VK_ERROR_INITIALIZATION_FAILED when there is none; the log says why, a line
 * for each device.
 */
VkResult vn_renderer_create_virtgpu(struct vn_renderer **renderer_out);

#endif /* VN_RENDERER_H */
