/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 */

#ifndef VN_WSI_DISPLAY_ACQUIRE_H
#define VN_WSI_DISPLAY_ACQUIRE_H

#include "vn_wsi_display.h"

/*
 * From now on pictures for the display go through the file, of which a
 * duplicate is kept until vkReleaseDisplayEXT; the fd stays the caller's. It
 * must be a master's or a lease. VK_ERROR_UNKNOWN: it is another device's;
 * VK_ERROR_INITIALIZATION_FAILED: not a master, or the display is in use.
 */
VkResult vn_display_acquire_fd(struct vn_displays *displays,
                               struct vn_display *display,
                               int fd);

/* VK_ERROR_UNKNOWN, and no handle: it has none, or is another device. */
VkResult vn_display_find_connector(struct vn_displays *displays,
                                   int fd,
                                   uint32_t connector_id,
                                   VkDisplayKHR *display_out);

#endif /* VN_WSI_DISPLAY_ACQUIRE_H */
