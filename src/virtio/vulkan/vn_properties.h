/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 */

#ifndef VN_PROPERTIES_H
#define VN_PROPERTIES_H

#include <vulkan/vulkan_core.h>

struct vn_physical_device;

/*
 * Asks for the properties and the memory of a device that is otherwise empty,
 * and sets its API version. VK_ERROR_INCOMPATIBLE_DRIVER: the device is not
 * one for us.
 */
VkResult vn_properties_init(struct vn_physical_device *physical_device);

#endif /* VN_PROPERTIES_H */
