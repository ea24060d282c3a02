/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 */

#ifndef VN_DEVICE_MEMORY_H
#define VN_DEVICE_MEMORY_H

#include "vn_device.h"
#include "vn_memory_pool.h"

/* Where the application wants to have it; NULL if nowhere. */
struct vn_placed_map {
   void *map; /* owned */
   size_t size;
};

/*
 * Memory that the renderer knows, or a piece of such (piece.block is set):
 * then only base, type_index, piece and placed mean anything, and the block,
 * a struct vn_device_memory as well, has the rest.
 *
 * The resource (bo) of a memory object is made when it is first mapped or
 * exported, once and for all; an import is born with the one that it was
 * imported from.
 */
struct vn_device_memory {
   struct vn_object_base base;
   uint32_t type_index;
   struct vn_memory_range piece;
   struct vn_placed_map placed; /* externally synchronised */

   uint64_t size; /* as the renderer allocated it, bytes */
   bool host_visible;
   bool exportable; /* allocated with VkExportMemoryAllocateInfo */
   bool imported;

   pthread_mutex_t mutex;     /* guards bo and map while they are NULL; taken
                                 before the transport's lock */
   struct vn_renderer_bo *bo; /* owned reference */
   void *map;                 /* of the whole bo; belongs to it */
};

VN_DEFINE_HANDLE_CASTS(vn_device_memory, VkDeviceMemory)

/* Memory that the renderer knows, from the device's allocator. */
VkResult vn_device_memory_create(struct vn_device *device,
                                 const VkMemoryAllocateInfo *info,
                                 struct vn_device_memory **memory_out);
void vn_device_memory_destroy(struct vn_device *device,
                              struct vn_device_memory *memory);

/* Makes the resource behind memory that has none yet. */
VkResult vn_device_memory_ensure_bo(struct vn_device *device,
                                    struct vn_device_memory *memory);

/*
 * Binding memory is sent without waiting and never fails here, so this puts
 * VK_SUCCESS where a chained VkBindMemoryStatus wants to have the result; the
 * wire has it as an input. To be called before encoding.
 */
void vn_fill_bind_status(const struct vn_device *device, const void *chain);

/* vn_memory_map.c's: removes a placed mapping, if there is one. */
void vn_memory_map_finish(struct vn_device_memory *memory);

#endif /* VN_DEVICE_MEMORY_H */
