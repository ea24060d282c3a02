/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What the tests of displays stand on: a driver's instance and devices, as
 * far as displays look at them, over the screens of fake_kms.h.
 */

#ifndef DISPLAY_STAGE_H
#define DISPLAY_STAGE_H

#include "fake_kms.h"
#include "vn_device.h"
#include "vn_entrypoints.h"
#include "vn_instance.h"
#include "vn_physical_device.h"
#include "vn_wsi_display.h"

extern struct vn_instance stage_instance;
extern struct vn_device stage_device;

/* has_node: the driver's own device has one, as with virtio-gpu. */
VkPhysicalDevice stage_begin(bool has_node);
/* Whether nothing is left of all that was made. */
bool stage_end(void);

/* The first that is connected. */
VkDisplayKHR stage_display(VkPhysicalDevice physical);

int stage_count_fds(void);

#endif /* DISPLAY_STAGE_H */
