/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * GEM handles of one DRM file. The kernel gives the same handle for every
 * import of the same buffer and counts nothing: one GEM_CLOSE ends it for
 * all. So the count is kept here. The table lives in the gbm_device; two
 * devices made on one fd do not share it, as anywhere in the field.
 */

#ifndef VG_HANDLE_H
#define VG_HANDLE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "u_hash_table.h"

struct vg_handles {
   int fd;               /* lent by the owner of the gbm_device */
   pthread_mutex_t lock; /* guards the table, and import against close */
   struct u_hash_table counts; /* {handle, 0} -> its count, as a pointer */
};

bool vg_handles_init(struct vg_handles *handles, int fd);
/* All handles have been released. */
void vg_handles_finish(struct vg_handles *handles);

/*
 * The handle of the buffer behind a DMA-BUF, counted once more. The DMA-BUF
 * stays the caller's. False with errno.
 */
bool vg_handles_import(struct vg_handles *handles,
                       int dmabuf_fd,
                       uint32_t *handle_out);

/* Takes over a handle that the kernel has just made. Closes it on failure. */
bool vg_handles_adopt(struct vg_handles *handles, uint32_t handle);

/* Gives back one count; the last one closes the handle. */
void vg_handles_release(struct vg_handles *handles, uint32_t handle);

#endif /* VG_HANDLE_H */
