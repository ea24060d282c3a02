/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What Vulkan declares for the window systems of this build. To be included
 * before anything else, and only where it is needed: Xlib's header makes
 * macros of words.
 */

#ifndef VN_PLATFORMS_H
#define VN_PLATFORMS_H

#ifdef VN_PLATFORM_WAYLAND
#define VK_USE_PLATFORM_WAYLAND_KHR
#endif

#ifdef VN_PLATFORM_XCB
#define VK_USE_PLATFORM_XCB_KHR
#endif

#ifdef VN_PLATFORM_XLIB
#define VK_USE_PLATFORM_XLIB_KHR
#ifdef VN_PLATFORM_DISPLAY
#define VK_USE_PLATFORM_XLIB_XRANDR_EXT
#endif
#endif

#include <vulkan/vulkan.h>

#endif /* VN_PLATFORMS_H */
