/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What a call on a device may hold. "Each structure included in the pNext
 * chain must be defined at runtime by either: a core version which is
 * supported, an extension which is enabled, ..."; whatever else is in a chain
 * is passed over, however little its members make sense. The core version is
 * what VkApplicationInfo::apiVersion asked for, or the physical device's if
 * that is lower. Calls on instances and physical devices, vkCreateDevice
 * among them, may hold what the renderer knows: there a supported extension
 * suffices.
 */

#ifndef VN_DEVICE_CAPS_H
#define VN_DEVICE_CAPS_H

#include "vn_extensions.h"
#include "vn_wire.h"

/*
 * Adds the extensions that have become part of the version, and those that
 * the ones in the set need and that have become part of any: programs that
 * forget to enable the latter run everywhere else.
 */
void vn_device_caps_add_core(struct vn_ext_set *extensions,
                             uint32_t api_version);

/*
 * Of what the renderer knows, that which belongs to api_version or to one of
 * the extensions. Instance extensions stay.
 */
void vn_device_caps_init(struct vn_protocol_caps *caps,
                         const struct vn_protocol_caps *renderer,
                         const struct vn_ext_set *extensions,
                         uint32_t api_version);

#endif /* VN_DEVICE_CAPS_H */
