/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * VK_EXT_display_control and VK_EXT_display_surface_counter: power, events
 * and counters. Where the kernel knows no vertical blanks, as with virtio-gpu
 * on most kernels, there is no counter, and the next refresh is when the
 * clock that spaces the frames (vn_wsi_display_swapchain.c) would have one.
 */

#include <xf86drm.h>

#include "vn_entrypoints.h"
#include "vn_instance.h"
#include "vn_wsi_display_event.h"
#include "vn_wsi_display_surface.h"

static struct vn_displays *
displays_of(VkDevice device)
{
   return vn_displays_get(vn_device_from_handle(device)->instance);
}

/* What the kernel calls them. */
static uint64_t
dpms_of(VkDisplayPowerStateEXT state)
{
   switch (state) {
   case VK_DISPLAY_POWER_STATE_OFF_EXT:
      return DRM_MODE_DPMS_OFF;
   case VK_DISPLAY_POWER_STATE_SUSPEND_EXT:
      return DRM_MODE_DPMS_SUSPEND;
   default:
      return DRM_MODE_DPMS_ON;
   }
}

static int
set_dpms(struct vn_kms_file *file, uint32_t connector_id, uint64_t value)
{
   const uint32_t property = vn_kms_find_property(
      file->fd, connector_id, DRM_MODE_OBJECT_CONNECTOR, "DPMS", NULL);
   if (!property)
      return ENOTSUP;
   if (!vn_kms_file_take_master(file))
      return errno;
   const int ret =
      drmModeConnectorSetProperty(file->fd, connector_id, property, value);
   vn_kms_file_drop_master(file);
   return -ret;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_DisplayPowerControlEXT(VkDevice _device,
                          VkDisplayKHR _display,
                          const VkDisplayPowerInfoEXT *pDisplayPowerInfo)
{
   struct vn_display *display = vn_display_from_handle(_display);
   const uint64_t dpms = dpms_of(pDisplayPowerInfo->powerState);
   struct vn_displays *displays = displays_of(_device);
   if (!displays)
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);

   pthread_mutex_lock(&displays->mutex);
   struct vn_kms_file *file = vn_display_file(display);
   const int error =
      file ? set_dpms(file, display->connector_id, dpms) : ENODEV;
   /* relaxed: a frame more or less */
   if (!error) {
      atomic_store_explicit(&display->dark, dpms != DRM_MODE_DPMS_ON,
                            memory_order_relaxed);
   }
   pthread_mutex_unlock(&displays->mutex);
   if (error) {
      vn_log(WARN, "display %s: its power cannot be controlled (%s)",
             display->name, strerror(error));
   }
   return error ? vn_result(VK_ERROR_INITIALIZATION_FAILED) : VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_RegisterDeviceEventEXT(VkDevice device,
                          const VkDeviceEventInfoEXT *pDeviceEventInfo,
                          const VkAllocationCallbacks *pAllocator,
                          VkFence *pFence)
{
   struct vn_displays *displays = displays_of(device);
   if (!displays)
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);

   pthread_mutex_lock(&displays->mutex);
   if (!displays->hotplug)
      displays->hotplug = vn_hotplug_create();
   struct vn_hotplug *hotplug = displays->hotplug;
   pthread_mutex_unlock(&displays->mutex);
   if (!hotplug)
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);

   struct vn_fence_event *event;
   VkFence fence;
   const VkResult result =
      vn_fence_event_create(device, pAllocator, &event, &fence);
   if (result != VK_SUCCESS)
      return vn_result(result);
   if (!vn_hotplug_expect(hotplug, &event->event)) {
      vn_DestroyFence(device, fence, pAllocator);
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);
   }
   event->hotplug = hotplug;
   *pFence = fence;
   return VK_SUCCESS;
}

/* How long a refresh of the display takes, by the mode that is most likely. */
static uint64_t
refresh_ns(const struct vn_display *display)
{
   uint32_t refresh = 60000;

   u_list_for_each (struct vn_display_mode, mode, &display->modes, link) {
      const uint32_t of_mode = vn_display_mode_refresh(&mode->info);
      if (mode->listed && of_mode) {
         refresh = of_mode;
         if (mode->preferred)
            break;
      }
   }
   return 1000 * VN_NSEC_PER_SEC / refresh;
}

/* With displays->mutex held. */
static bool
expect_refresh(struct vn_display *display, struct vn_fence_event *event)
{
   struct vn_kms_file *file = vn_display_file(display);
   if (!file || !vn_kms_file_expect(file, &event->event,
                                    vn_time_ns() + 4 * refresh_ns(display)))
      return false;
   event->file = vn_kms_file_ref(file);

   uint64_t queued;
   if (drmCrtcQueueSequence(file->fd, display->crtc_id,
                            DRM_CRTC_SEQUENCE_RELATIVE, 1, &queued,
                            event->event.serial)) {
      vn_kms_file_cancel(file, &event->event);
      return vn_kms_file_expect(file, &event->event,
                                vn_time_ns() + refresh_ns(display));
   }
   return true;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_RegisterDisplayEventEXT(VkDevice device,
                           VkDisplayKHR display,
                           const VkDisplayEventInfoEXT *pDisplayEventInfo,
                           const VkAllocationCallbacks *pAllocator,
                           VkFence *pFence)
{
   struct vn_displays *displays = displays_of(device);
   if (!displays)
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);

   struct vn_fence_event *event;
   VkFence fence;
   const VkResult result =
      vn_fence_event_create(device, pAllocator, &event, &fence);
   if (result != VK_SUCCESS)
      return vn_result(result);

   pthread_mutex_lock(&displays->mutex);
   const bool ok = expect_refresh(vn_display_from_handle(display), event);
   pthread_mutex_unlock(&displays->mutex);
   if (!ok) {
      vn_DestroyFence(device, fence, pAllocator);
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);
   }
   *pFence = fence;
   return VK_SUCCESS;
}

/* An errno. */
static int
read_vblanks(const struct vn_kms_file *file,
             uint32_t crtc_id,
             uint64_t *value_out)
{
   uint64_t ns;
   return drmCrtcGetSequence(file->fd, crtc_id, value_out, &ns) ? errno : 0;
}

/* Swapchains of other surfaces have no counter that could be enabled. */
VKAPI_ATTR VkResult VKAPI_CALL
vn_GetSwapchainCounterEXT(VkDevice device,
                          VkSwapchainKHR _swapchain,
                          VkSurfaceCounterFlagBitsEXT counter,
                          uint64_t *pCounterValue)
{
   struct vn_swapchain *swapchain = vn_swapchain_from_handle(_swapchain);
   if (swapchain->surface->ops != &vn_display_surface_ops)
      return vn_result(VK_ERROR_OUT_OF_DATE_KHR);

   const struct vn_display_surface *surface =
      vn_display_surface_of(swapchain->surface);
   struct vn_kms_file *file = vn_display_surface_get_file(surface);
   const int error =
      file ? read_vblanks(file, surface->crtc_id, pCounterValue) : ENODEV;
   vn_kms_file_unref(file);
   return error ? vn_result(VK_ERROR_OUT_OF_DATE_KHR) : VK_SUCCESS;
}

static VkSurfaceCounterFlagsEXT
counters_of(struct vn_surface *base)
{
   if (base->ops != &vn_display_surface_ops)
      return 0;

   const struct vn_display_surface *surface = vn_display_surface_of(base);
   struct vn_kms_file *file = vn_display_surface_get_file(surface);
   uint64_t value;
   const bool has = file && !read_vblanks(file, surface->crtc_id, &value);
   vn_kms_file_unref(file);
   return has ? VK_SURFACE_COUNTER_VBLANK_BIT_EXT : 0;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_GetPhysicalDeviceSurfaceCapabilities2EXT(
   VkPhysicalDevice physicalDevice,
   VkSurfaceKHR surface,
   VkSurfaceCapabilities2EXT *pSurfaceCapabilities)
{
   VkSurfaceCapabilitiesKHR caps;
   const VkResult result = vn_GetPhysicalDeviceSurfaceCapabilitiesKHR(
      physicalDevice, surface, &caps);
   if (result != VK_SUCCESS)
      return result;

   VkSurfaceCapabilities2EXT *out = pSurfaceCapabilities;
   out->minImageCount = caps.minImageCount;
   out->maxImageCount = caps.maxImageCount;
   out->currentExtent = caps.currentExtent;
   out->minImageExtent = caps.minImageExtent;
   out->maxImageExtent = caps.maxImageExtent;
   out->maxImageArrayLayers = caps.maxImageArrayLayers;
   out->supportedTransforms = caps.supportedTransforms;
   out->currentTransform = caps.currentTransform;
   out->supportedCompositeAlpha = caps.supportedCompositeAlpha;
   out->supportedUsageFlags = caps.supportedUsageFlags;
   out->supportedSurfaceCounters =
      counters_of(vn_surface_from_handle(surface));
   return VK_SUCCESS;
}
