/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 */

#ifndef VN_DEVICE_MEMORY_H
#define VN_DEVICE_MEMORY_H

#include "vn_device.h"

/*
 * The resource (bo) of a memory object is made when it is first mapped or
 * exported, once and for all; an import is born with the one that it was
 * imported from.
 */
struct vn_device_memory {
   struct vn_object_base base;
   uint64_t size; /* as the renderer allocated it, bytes */
   bool host_visible;
   bool exportable; /* allocated with VkExportMemoryAllocateInfo */

   pthread_mutex_t mutex;     /* guards bo and map while they are NULL; taken
                                 before the transport's lock */
   struct vn_renderer_bo *bo; /* owned reference */
   void *map;                 /* of the whole bo; belongs to it */
};

VN_DEFINE_HANDLE_CASTS(vn_device_memory, VkDeviceMemory)

#endif /* VN_DEVICE_MEMORY_H */
