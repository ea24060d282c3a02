/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * A libdrm of the same functions, over a virtio-gpu device that exists only
 * in this process: linked in libdrm's place, so that the transport does not
 * know. The node is a temporary file, which blobs are mapped from; sync_files
 * are eventfds. Each call can be made to fail.
 */

#ifndef FAKE_DRM_H
#define FAKE_DRM_H

#include <stdbool.h>
#include <stdint.h>

#include "vn_renderer.h"

enum fake_bus { FAKE_BUS_PCI, FAKE_BUS_PLATFORM, FAKE_BUS_USB };

/* What the next device to be opened is like. */
struct fake_device {
   bool exists;
   enum fake_bus bus;
   uint16_t vendor;
   const char *driver;
   const char *node;   /* NULL: the temporary file */
   int64_t params[10]; /* by number; negative: an errno */
   struct vn_capset capset;
   uint32_t capset_size;
};

extern struct fake_device fake_device;

/* Back to a device that works; forgets all that happened. */
void fake_drm_reset(void);

/* The n-th call from now (1: the next) that can fail fails with the errno. */
void fake_drm_fail(int n, int error);
/* Whether a failure that was asked for has happened. */
bool fake_drm_has_failed(void);

/* Fences of submissions signal at once (the default), or when told to. */
void fake_drm_hold_fences(bool hold);
void fake_drm_signal_fences(void);

/* An fd of a buffer of somebody else's; the kernel says this blob_mem of it.
 * The caller closes it. */
int fake_drm_foreign_buffer(uint32_t blob_mem, uint64_t size);

/* GEM handles that are open, of all files. */
uint32_t fake_drm_handles(void);
uint32_t fake_drm_submits(void);

#endif /* FAKE_DRM_H */
