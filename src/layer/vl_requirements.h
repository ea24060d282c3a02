/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What an object that may be bound to shared memory requires of it.
 */

#ifndef VL_REQUIREMENTS_H
#define VL_REQUIREMENTS_H

#include "vl_physical_device.h"

/* Shared objects live where a host pointer can be shared. If none of the
 * object's types is among those, the driver's answer stands: zero would be
 * invalid, and the allocation will be refused.
 */
void vl_cut_requirements(const struct vl_physical_device *physical,
                         VkMemoryRequirements *requirements);

/* The same for the extensible struct. A dedicated allocation is neither
 * needed nor of use: it would be of a host pointer, which cannot be one.
 */
void vl_cut_requirements2(const struct vl_physical_device *physical,
                          VkMemoryRequirements2 *requirements);

#endif /* VL_REQUIREMENTS_H */
