/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Displays that an application brings along: VK_EXT_acquire_drm_display, and
 * the end of it in VK_EXT_direct_mode_display. What is kept is a duplicate of
 * the application's fd, so closing it early harms nobody.
 */

#include "vn_wsi_display_acquire.h"

#include <xf86drm.h>

#include "vn_entrypoints.h"
#include "vn_physical_device.h"

VkResult
vn_display_acquire_fd(struct vn_displays *displays,
                      struct vn_display *display,
                      int fd)
{
   bool foreign;
   VkResult result = VK_SUCCESS;

   pthread_mutex_lock(&displays->mutex);
   /* the screen as this file sees it: a lease shows a part of the device */
   const struct vn_kms_device *device =
      vn_displays_probe_fd(displays, fd, &foreign);
   if (foreign || (device && device != display->device))
      result = VK_ERROR_UNKNOWN;
   else if (!device)
      result = VK_ERROR_OUT_OF_HOST_MEMORY;
   else if (display->acquired || display->screen || !drmIsMaster(fd))
      result = VK_ERROR_INITIALIZATION_FAILED;
   else {
      int copy = u_fd_dup_cloexec(fd);
      result = copy < 0 ? VK_ERROR_INITIALIZATION_FAILED
                        : vn_kms_file_create(copy, false, &display->acquired);
      if (result != VK_SUCCESS)
         u_fd_close(&copy);
   }
   pthread_mutex_unlock(&displays->mutex);
   return result;
}

/*
 * "The provided drmFd must correspond to the one owned by the physicalDevice.
 * If not, the error code VK_ERROR_UNKNOWN must be returned."
 */
VKAPI_ATTR VkResult VKAPI_CALL
vn_AcquireDrmDisplayEXT(VkPhysicalDevice physicalDevice,
                        int32_t drmFd,
                        VkDisplayKHR display)
{
   struct vn_displays *displays = vn_displays_of(physicalDevice);

   return vn_result(displays
                       ? vn_display_acquire_fd(
                            displays, vn_display_from_handle(display), drmFd)
                       : VK_ERROR_INITIALIZATION_FAILED);
}

VkResult
vn_display_find_connector(struct vn_displays *displays,
                          int fd,
                          uint32_t connector_id,
                          VkDisplayKHR *display_out)
{
   struct vn_display *display = NULL;
   bool foreign;

   pthread_mutex_lock(&displays->mutex);
   const struct vn_kms_device *device =
      vn_displays_probe_fd(displays, fd, &foreign);
   if (device)
      display = vn_displays_find_connector(displays, device, connector_id);
   pthread_mutex_unlock(&displays->mutex);

   *display_out = display ? vn_display_to_handle(display) : VK_NULL_HANDLE;
   return display ? VK_SUCCESS : VK_ERROR_UNKNOWN;
}

/*
 * "If there is no VkDisplayKHR corresponding to the connectorId on the
 * physicalDevice, the returned display must be set to VK_NULL_HANDLE."
 */
VKAPI_ATTR VkResult VKAPI_CALL
vn_GetDrmDisplayEXT(VkPhysicalDevice physicalDevice,
                    int32_t drmFd,
                    uint32_t connectorId,
                    VkDisplayKHR *display)
{
   struct vn_displays *displays = vn_displays_of(physicalDevice);

   *display = VK_NULL_HANDLE;
   return vn_result(displays ? vn_display_find_connector(displays, drmFd,
                                                         connectorId, display)
                             : VK_ERROR_OUT_OF_HOST_MEMORY);
}

/* A swapchain that is still there keeps the file until it goes. */
VKAPI_ATTR VkResult VKAPI_CALL
vn_ReleaseDisplayEXT(VkPhysicalDevice physicalDevice, VkDisplayKHR _display)
{
   struct vn_display *display = vn_display_from_handle(_display);
   struct vn_displays *displays = vn_displays_of(physicalDevice);
   if (!displays)
      return VK_SUCCESS;

   pthread_mutex_lock(&displays->mutex);
   struct vn_kms_file *file = display->acquired;
   display->acquired = NULL;
   pthread_mutex_unlock(&displays->mutex);
   vn_kms_file_unref(file);
   return VK_SUCCESS;
}
