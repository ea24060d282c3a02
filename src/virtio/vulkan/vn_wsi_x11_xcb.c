/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * VK_KHR_xcb_surface.
 */

#include "vn_platforms.h"

#include "vn_entrypoints.h"
#include "vn_wsi_x11.h"

VKAPI_ATTR VkResult VKAPI_CALL
vn_CreateXcbSurfaceKHR(VkInstance instance,
                       const VkXcbSurfaceCreateInfoKHR *pCreateInfo,
                       const VkAllocationCallbacks *pAllocator,
                       VkSurfaceKHR *pSurface)
{
   return vn_x11_surface_create(instance, pCreateInfo->connection,
                                pCreateInfo->window, "xcb", pAllocator,
                                pSurface);
}

VKAPI_ATTR VkBool32 VKAPI_CALL
vn_GetPhysicalDeviceXcbPresentationSupportKHR(VkPhysicalDevice physicalDevice,
                                              uint32_t queueFamilyIndex,
                                              xcb_connection_t *connection,
                                              xcb_visualid_t visual_id)
{
   return vn_x11_find_visual(connection, visual_id).fourcc != 0;
}
