/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The modifiers that a device has for the formats of surfaces. They never
 * change, and surfaces ask for them at each query of their formats and for
 * each swapchain: the host is asked once.
 *
 * Threads: init and finish belong to the physical device; the rest may be
 * called from any thread.
 */

#ifndef VN_WSI_MODIFIERS_H
#define VN_WSI_MODIFIERS_H

#include "vn_common.h"

struct vn_physical_device;

/* Several times what any driver lists; more are left out. */
#define VN_WSI_MAX_MODIFIERS 128

struct vn_wsi_modifiers {
   uint32_t count;
   VkDrmFormatModifierPropertiesEXT props[VN_WSI_MAX_MODIFIERS];
};

void vn_wsi_modifiers_init(struct vn_physical_device *physical);
void vn_wsi_modifiers_finish(struct vn_physical_device *physical);

/* None, if there are none or the host could not be asked. */
void vn_wsi_modifiers_get(struct vn_physical_device *physical,
                          VkFormat format,
                          struct vn_wsi_modifiers *modifiers_out);

/*
 * The modifier, if it is there, can be drawn to, and has no more planes than
 * a buffer can have; else NULL. It points into the list.
 */
const VkDrmFormatModifierPropertiesEXT *
vn_wsi_modifiers_find(const struct vn_wsi_modifiers *modifiers,
                      uint64_t modifier);

#endif /* VN_WSI_MODIFIERS_H */
