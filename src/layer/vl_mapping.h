/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The table of shared mappings: one per process, from the identity of a file
 * to the only place where this process maps it. Two imports of the same
 * memory, by whatever fd, find the same pages.
 *
 * Any thread may call; one mutex inside, taken last and never held across a
 * call out of this file and vl_os.
 *
 * Lifetime: create and import return a reference, unref drops one, and the
 * last one unmaps. Whoever gave the pointer to a driver drops its reference
 * only after the driver has freed its memory object.
 */

#ifndef VL_MAPPING_H
#define VL_MAPPING_H

#include <stdbool.h>
#include <stdint.h>
#include <vulkan/vulkan.h>

/* Fixed from creation to destruction, so readable without a lock. */
struct vl_mapping {
   void *pointer;   /* aligned as the first user asked */
   uint64_t size_B; /* what is mapped: whole pages, all backed by the file,
                     * at least what was asked for
                     */
};

/* Says that a device of this process will import mappings that have to be
 * aligned like that (a power of two), pointers and sizes. From now on all
 * mappings suit it, whichever device is the first to see them.
 */
void vl_mapping_prepare(uint64_t alignment_B);

/* New zero-filled memory. size_B and alignment_B: as the driver's
 * minImportedHostPointerAlignment demands; size_B must be a multiple of it.
 * VK_ERROR_OUT_OF_HOST_MEMORY (no fd left, too), or
 * VK_ERROR_OUT_OF_DEVICE_MEMORY (no such amount of memory).
 */
VkResult vl_mapping_create(uint64_t size_B,
                           uint64_t alignment_B,
                           struct vl_mapping **mapping_out);

/* The memory behind fd, at least size_B bytes of it. fd stays the caller's,
 * and none is kept: the mapping alone holds on to the memory.
 * VK_ERROR_INVALID_EXTERNAL_HANDLE if it is not memory, too short, may shrink
 * although the system could forbid that, or cannot be mapped readable and
 * writable at that alignment; VK_ERROR_OUT_OF_HOST_MEMORY.
 */
VkResult vl_mapping_import(int fd,
                           uint64_t size_B,
                           uint64_t alignment_B,
                           struct vl_mapping **mapping_out);

struct vl_mapping *vl_mapping_ref(struct vl_mapping *mapping);
void vl_mapping_unref(struct vl_mapping *mapping); /* NULL is allowed */

/* Makes imported memory exportable: keeps a duplicate of fd, by which it was
 * imported, unless one is kept already. VK_ERROR_OUT_OF_HOST_MEMORY.
 */
VkResult vl_mapping_keep_fd(struct vl_mapping *mapping, int fd);

/* A new fd for the memory, owned by the caller: a dma-buf where the system
 * has them for such memory, else the file itself. VK_ERROR_TOO_MANY_OBJECTS
 * (no fd left), or VK_ERROR_INVALID_EXTERNAL_HANDLE for an import without
 * vl_mapping_keep_fd().
 */
VkResult vl_mapping_export(struct vl_mapping *mapping, int *fd_out);

/* How many mappings exist: for tests. */
uint32_t vl_mapping_count(void);

#endif /* VL_MAPPING_H */
