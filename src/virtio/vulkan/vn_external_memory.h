/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Which memory can be shared through file descriptors, and how that is said
 * to applications and to the renderer.
 */

#ifndef VN_EXTERNAL_MEMORY_H
#define VN_EXTERNAL_MEMORY_H

#include "vn_common.h"

struct vn_physical_device;
struct vn_protocol_caps;

/* Asks the renderer. Needs renderer_extensions; fills external_handle_types
 * and can_map.
 */
VkResult vn_external_memory_init(struct vn_physical_device *physical_device);

/* Whether an extension of the kind VN_EXT_EXTERNAL is offered. */
bool
vn_external_memory_offers(const struct vn_physical_device *physical_device,
                          int ext);

/*
 * Takes from the protocol what is offered though not every one of the
 * devices has it on the host, so that it is not sent. Before there is a
 * device.
 */
void vn_external_memory_limit_caps(const struct vn_physical_device *devices,
                                   uint32_t count,
                                   struct vn_protocol_caps *caps);

/* What the host says of a dma-buf, as it is said to applications. */
void vn_external_memory_widen(VkExternalMemoryProperties *props);

#endif /* VN_EXTERNAL_MEMORY_H */
