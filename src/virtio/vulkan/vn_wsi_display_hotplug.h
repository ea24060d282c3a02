/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 */

#ifndef VN_WSI_DISPLAY_HOTPLUG_H
#define VN_WSI_DISPLAY_HOTPLUG_H

#include "vn_wsi_display_file.h"

struct vn_hotplug;

/*
 * What the kernel says of screens that come and go. Listens from the first
 * event that is expected on.
 */
struct vn_hotplug *vn_hotplug_create(void);
/* NULL is legal. */
void vn_hotplug_destroy(struct vn_hotplug *hotplug);
/* False: there can be no thread or no socket. */
bool vn_hotplug_expect(struct vn_hotplug *hotplug,
                       struct vn_kms_event *event);
void vn_hotplug_cancel(struct vn_hotplug *hotplug,
                       struct vn_kms_event *event);

/* Whether such a message of the kernel's tells of a screen. */
bool vn_hotplug_is_message(const char *message, size_t size);

#endif /* VN_WSI_DISPLAY_HOTPLUG_H */
