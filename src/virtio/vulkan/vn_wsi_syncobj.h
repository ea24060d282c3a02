/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Timelines that a window system and a swapchain share: DRM syncobjs of the
 * transport's device. Both sides name a frame's two ends by points on them:
 * the acquire point (the pixels are complete) and the release point (nobody
 * reads them any more).
 *
 * Everything here may fail, and then the other side is not told of any
 * points: implicit synchronisation, as without a device. Nothing waits.
 */

#ifndef VN_WSI_SYNCOBJ_H
#define VN_WSI_SYNCOBJ_H

#include <stdbool.h>
#include <stdint.h>

struct vn_instance;

struct vn_wsi_timeline {
   int device_fd;   /* borrowed */
   uint32_t handle; /* owned; 0: none */
   uint64_t point;  /* the last one that was used */
};

/*
 * A file of the device, on which timelines have been seen to work. -1: there
 * is none (vtest), the kernel is too old (before 6.6), or VN_PERF says no;
 * *why_out is half a sentence for the log then.
 */
int vn_wsi_syncobj_open(const struct vn_instance *instance,
                        const char **why_out);

bool vn_wsi_timeline_init(struct vn_wsi_timeline *timeline, int device_fd);
void vn_wsi_timeline_finish(struct vn_wsi_timeline *timeline);

/* An fd for the other side, the caller's; -1: it failed. */
int vn_wsi_timeline_export(const struct vn_wsi_timeline *timeline);

/* Takes the next point, which has signalled. */
bool vn_wsi_timeline_signal(struct vn_wsi_timeline *timeline);

/*
 * Takes the next point, which the other side signals. An fd of the caller's
 * that can be read from then on; -1: it failed.
 */
int vn_wsi_timeline_watch(struct vn_wsi_timeline *timeline);

#endif /* VN_WSI_SYNCOBJ_H */
