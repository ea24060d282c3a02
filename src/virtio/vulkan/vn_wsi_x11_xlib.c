/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * VK_KHR_xlib_surface: the connection behind a display. No function of Xlib
 * that talks to the server is called: those exit when it is gone.
 */

#include "vn_platforms.h"

#include <X11/Xlib-xcb.h>

#include "vn_entrypoints.h"
#include "vn_wsi_x11.h"

VKAPI_ATTR VkResult VKAPI_CALL
vn_CreateXlibSurfaceKHR(VkInstance instance,
                        const VkXlibSurfaceCreateInfoKHR *pCreateInfo,
                        const VkAllocationCallbacks *pAllocator,
                        VkSurfaceKHR *pSurface)
{
   return vn_x11_surface_create(instance, XGetXCBConnection(pCreateInfo->dpy),
                                (xcb_window_t)pCreateInfo->window, "xlib",
                                pAllocator, pSurface);
}

VKAPI_ATTR VkBool32 VKAPI_CALL
vn_GetPhysicalDeviceXlibPresentationSupportKHR(VkPhysicalDevice physicalDevice,
                                               uint32_t queueFamilyIndex,
                                               Display *dpy,
                                               VisualID visualID)
{
   return vn_x11_find_visual(XGetXCBConnection(dpy), (uint32_t)visualID)
             .fourcc != 0;
}
