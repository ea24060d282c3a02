/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Surfaces, and what can be asked about them. The answers put together what
 * the window system takes and what the device can make; nothing here changes
 * a surface.
 */

#include "vn_surface.h"

#include "vn_chain.h"
#include "vn_entrypoints.h"
#include "vn_instance.h"
#include "vn_physical_device.h"
#include "vn_wsi_format.h"
#include "vn_wsi_image.h"
#include "vn_wsi_road.h"

void *
vn_surface_zalloc(struct vn_instance *instance,
                  const VkAllocationCallbacks *alloc,
                  size_t size,
                  const struct vn_surface_ops *ops,
                  const char *platform)
{
   struct vn_surface *surface = vn_object_zalloc(
      &instance->alloc, alloc, size, VK_OBJECT_TYPE_SURFACE_KHR,
      VK_SYSTEM_ALLOCATION_SCOPE_OBJECT);
   if (!surface)
      return NULL;
   surface->instance = instance;
   surface->ops = ops;
   surface->platform = platform;
   pthread_mutex_init(&surface->mutex, NULL);
   pthread_mutex_init(&surface->present_mutex, NULL);
   return surface;
}

void
vn_surface_free(struct vn_surface *surface,
                const VkAllocationCallbacks *alloc)
{
   pthread_mutex_destroy(&surface->present_mutex);
   pthread_mutex_destroy(&surface->mutex);
   vn_object_free(&surface->instance->alloc, alloc, surface);
}

VKAPI_ATTR void VKAPI_CALL
vn_DestroySurfaceKHR(VkInstance instance,
                     VkSurfaceKHR _surface,
                     const VkAllocationCallbacks *pAllocator)
{
   struct vn_surface *surface = vn_surface_from_handle(_surface);
   if (!surface)
      return;
   surface->ops->finish(surface);
   vn_surface_free(surface, pAllocator);
}

bool
vn_surface_device_can_present(const struct vn_physical_device *physical)
{
   /* the copy road is the one that is always there */
   return physical->can_map;
}

bool
vn_surface_is_supported(struct vn_surface *surface,
                        struct vn_physical_device *physical)
{
   return vn_surface_device_can_present(physical) &&
          (!surface->ops->is_supported ||
           surface->ops->is_supported(surface, physical));
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_GetPhysicalDeviceSurfaceSupportKHR(VkPhysicalDevice physicalDevice,
                                      uint32_t queueFamilyIndex,
                                      VkSurfaceKHR surface,
                                      VkBool32 *pSupported)
{
   struct vn_physical_device *physical =
      vn_physical_device_from_handle(physicalDevice);

   *pSupported =
      vn_wsi_family_can_copy(physical, queueFamilyIndex) &&
      vn_surface_is_supported(vn_surface_from_handle(surface), physical);
   return VK_SUCCESS;
}

VkResult
vn_surface_get_capabilities(struct vn_surface *surface,
                            struct vn_physical_device *physical,
                            VkSurfaceCapabilitiesKHR *caps)
{
   const uint32_t limit = physical->properties.limits.maxImageDimension2D;

   memset(caps, 0, sizeof(*caps));
   const VkResult result = surface->ops->get_capabilities(surface, caps);
   if (result != VK_SUCCESS)
      return result;
   caps->minImageCount =
      surface->ops->get_min_image_count(surface, VK_PRESENT_MODE_FIFO_KHR);
   caps->maxImageCount = 0;
   caps->maxImageArrayLayers = 1;
   caps->supportedUsageFlags = VN_SURFACE_IMAGE_USAGE;
   if (vn_ext_set_has(&physical->extensions,
                      VN_DEVICE_EXT_EXT_attachment_feedback_loop_layout)) {
      caps->supportedUsageFlags |=
         VK_IMAGE_USAGE_ATTACHMENT_FEEDBACK_LOOP_BIT_EXT;
   }
   caps->maxImageExtent.width = VN_MIN(caps->maxImageExtent.width, limit);
   caps->maxImageExtent.height = VN_MIN(caps->maxImageExtent.height, limit);
   return VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_GetPhysicalDeviceSurfaceCapabilitiesKHR(
   VkPhysicalDevice physicalDevice,
   VkSurfaceKHR surface,
   VkSurfaceCapabilitiesKHR *pSurfaceCapabilities)
{
   return vn_result(vn_surface_get_capabilities(
      vn_surface_from_handle(surface),
      vn_physical_device_from_handle(physicalDevice), pSurfaceCapabilities));
}

/* ---- VK_KHR_get_surface_capabilities2 ------------------------------------ */

/* Modes among which a swapchain can switch from one present to the next. */
static uint32_t
compatible_modes(struct vn_surface *surface,
                 struct vn_physical_device *physical)
{
   return surface->ops->get_present_modes(surface, physical);
}

/*
 * The modes of a mask, those of `first` before the others; their number in
 * *count_inout as VK_INCOMPLETE wants.
 */
static VkResult
write_modes(uint32_t mask,
            uint32_t first,
            uint32_t *count_inout,
            VkPresentModeKHR *modes)
{
   const uint32_t passes[2] = { mask & first, mask & ~first };
   uint32_t count = 0;

   for (uint32_t i = 0; i < 64; i++) {
      if (!(passes[i / 32] >> i % 32 & 1))
         continue;
      if (modes && count < *count_inout)
         modes[count] = (VkPresentModeKHR)(i % 32);
      count++;
   }
   const bool incomplete = modes && *count_inout < count;
   *count_inout = modes ? VN_MIN(*count_inout, count) : count;
   return incomplete ? VK_INCOMPLETE : VK_SUCCESS;
}

static void
fill_chained(struct vn_surface *surface,
             struct vn_physical_device *physical,
             const VkSurfacePresentModeEXT *mode,
             VkSurfaceCapabilitiesKHR *caps,
             VkBaseOutStructure *s)
{
   switch ((int)s->sType) {
   case VK_STRUCTURE_TYPE_SURFACE_PROTECTED_CAPABILITIES_KHR:
      ((VkSurfaceProtectedCapabilitiesKHR *)s)->supportsProtected = VK_FALSE;
      break;
   case VK_STRUCTURE_TYPE_SHARED_PRESENT_SURFACE_CAPABILITIES_KHR:
      ((VkSharedPresentSurfaceCapabilitiesKHR *)s)
         ->sharedPresentSupportedUsageFlags = 0;
      break;
   case VK_STRUCTURE_TYPE_SURFACE_PRESENT_SCALING_CAPABILITIES_EXT: {
      /* images are never scaled here, so their sizes are those of the
       * surface
       */
      VkSurfacePresentScalingCapabilitiesEXT *scaling = (void *)s;
      scaling->supportedPresentScaling = 0;
      scaling->supportedPresentGravityX = 0;
      scaling->supportedPresentGravityY = 0;
      scaling->minScaledImageExtent = caps->minImageExtent;
      scaling->maxScaledImageExtent = caps->maxImageExtent;
      break;
   }
   case VK_STRUCTURE_TYPE_SURFACE_PRESENT_MODE_COMPATIBILITY_EXT: {
      VkSurfacePresentModeCompatibilityEXT *compatibility = (void *)s;
      /* "The implementation must include the present mode passed to
       * VkSurfacePresentModeEXT in pPresentModes": first, for an array that
       * is too short for all
       */
      const uint32_t own = mode ? vn_wsi_mode_bit(mode->presentMode) : 0;
      write_modes(compatible_modes(surface, physical) | own, own,
                  &compatibility->presentModeCount,
                  compatibility->pPresentModes);
      break;
   }
#ifdef VK_KHR_present_id2
   case VK_STRUCTURE_TYPE_SURFACE_CAPABILITIES_PRESENT_ID_2_KHR:
      ((VkSurfaceCapabilitiesPresentId2KHR *)s)->presentId2Supported =
         VK_TRUE;
      break;
#endif
#ifdef VK_KHR_present_wait2
   case VK_STRUCTURE_TYPE_SURFACE_CAPABILITIES_PRESENT_WAIT_2_KHR:
      ((VkSurfaceCapabilitiesPresentWait2KHR *)s)->presentWait2Supported =
         VK_TRUE;
      break;
#endif
   default:
      break;
   }
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_GetPhysicalDeviceSurfaceCapabilities2KHR(
   VkPhysicalDevice physicalDevice,
   const VkPhysicalDeviceSurfaceInfo2KHR *pSurfaceInfo,
   VkSurfaceCapabilities2KHR *pSurfaceCapabilities)
{
   struct vn_physical_device *physical =
      vn_physical_device_from_handle(physicalDevice);
   struct vn_surface *surface = vn_surface_from_handle(pSurfaceInfo->surface);
   const VkSurfacePresentModeEXT *mode = vn_find_struct(
      pSurfaceInfo->pNext, VK_STRUCTURE_TYPE_SURFACE_PRESENT_MODE_EXT);
   VkSurfaceCapabilitiesKHR *caps =
      &pSurfaceCapabilities->surfaceCapabilities;

   const VkResult result =
      vn_surface_get_capabilities(surface, physical, caps);
   if (result != VK_SUCCESS)
      return vn_result(result);
   if (mode) {
      caps->minImageCount =
         surface->ops->get_min_image_count(surface, mode->presentMode);
   }
   for (VkBaseOutStructure *s = pSurfaceCapabilities->pNext; s; s = s->pNext)
      fill_chained(surface, physical, mode, caps, s);
   return VK_SUCCESS;
}

/* ---- formats ------------------------------------------------------------- */

static bool
can_render(struct vn_physical_device *physical, VkFormat format)
{
   VkFormatProperties props;

   vn_GetPhysicalDeviceFormatProperties(
      vn_physical_device_to_handle(physical), format, &props);
   return props.optimalTilingFeatures &
          VK_FORMAT_FEATURE_COLOR_ATTACHMENT_BIT;
}

/* formats_out has room for 2 * vn_wsi_format_count. */
static VkResult
list_formats(struct vn_surface *surface,
             struct vn_physical_device *physical,
             VkSurfaceFormatKHR *formats_out,
             uint32_t *count_out)
{
   const bool pass_through =
      vn_ext_set_has(&surface->instance->enabled_extensions,
                     VN_INSTANCE_EXT_EXT_swapchain_colorspace);
   struct vn_wsi_format_list list = { 0 };
   uint32_t count = 0;

   const VkResult result = vn_wsi_road_formats(surface, physical, &list);
   for (uint32_t i = 0; result == VK_SUCCESS && i < vn_wsi_format_count;
        i++) {
      const struct vn_wsi_format_info *info = &vn_wsi_formats[i];

      if (!vn_wsi_format_choose(info, false, &list) ||
          !can_render(physical, info->format))
         continue;
      formats_out[count++] = (VkSurfaceFormatKHR){
         info->format,
         VK_COLOR_SPACE_SRGB_NONLINEAR_KHR,
      };
      /* nothing on the way to the window system looks at the values */
      if (pass_through) {
         formats_out[count++] = (VkSurfaceFormatKHR){
            info->format,
            VK_COLOR_SPACE_PASS_THROUGH_EXT,
         };
      }
   }
   vn_wsi_format_list_finish(&list);
   *count_out = count;
   return result;
}

#define MAX_FORMATS 32

VKAPI_ATTR VkResult VKAPI_CALL
vn_GetPhysicalDeviceSurfaceFormatsKHR(VkPhysicalDevice physicalDevice,
                                      VkSurfaceKHR surface,
                                      uint32_t *pSurfaceFormatCount,
                                      VkSurfaceFormatKHR *pSurfaceFormats)
{
   VkSurfaceFormatKHR formats[MAX_FORMATS];
   uint32_t count;

   const VkResult result = list_formats(
      vn_surface_from_handle(surface),
      vn_physical_device_from_handle(physicalDevice), formats, &count);
   if (result != VK_SUCCESS)
      return vn_result(result);
   if (!pSurfaceFormats) {
      *pSurfaceFormatCount = count;
      return VK_SUCCESS;
   }
   const bool incomplete = *pSurfaceFormatCount < count;
   *pSurfaceFormatCount = VN_MIN(*pSurfaceFormatCount, count);
   memcpy(pSurfaceFormats, formats, *pSurfaceFormatCount * sizeof(*formats));
   return incomplete ? VK_INCOMPLETE : VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_GetPhysicalDeviceSurfaceFormats2KHR(
   VkPhysicalDevice physicalDevice,
   const VkPhysicalDeviceSurfaceInfo2KHR *pSurfaceInfo,
   uint32_t *pSurfaceFormatCount,
   VkSurfaceFormat2KHR *pSurfaceFormats)
{
   VkSurfaceFormatKHR formats[MAX_FORMATS];
   uint32_t count = *pSurfaceFormatCount;

   if (!pSurfaceFormats) {
      return vn_GetPhysicalDeviceSurfaceFormatsKHR(
         physicalDevice, pSurfaceInfo->surface, pSurfaceFormatCount, NULL);
   }
   count = VN_MIN(count, (uint32_t)MAX_FORMATS);
   const VkResult result = vn_GetPhysicalDeviceSurfaceFormatsKHR(
      physicalDevice, pSurfaceInfo->surface, &count, formats);
   if (result < VK_SUCCESS)
      return result;
   for (uint32_t i = 0; i < count; i++)
      pSurfaceFormats[i].surfaceFormat = formats[i];
   *pSurfaceFormatCount = count;
   return result;
}

/* ---- modes, rectangles, groups ------------------------------------------- */

VKAPI_ATTR VkResult VKAPI_CALL
vn_GetPhysicalDeviceSurfacePresentModesKHR(VkPhysicalDevice physicalDevice,
                                           VkSurfaceKHR _surface,
                                           uint32_t *pPresentModeCount,
                                           VkPresentModeKHR *pPresentModes)
{
   struct vn_surface *surface = vn_surface_from_handle(_surface);
   const uint32_t modes = surface->ops->get_present_modes(
      surface, vn_physical_device_from_handle(physicalDevice));

   return write_modes(modes, 0, pPresentModeCount, pPresentModes);
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_GetPhysicalDevicePresentRectanglesKHR(VkPhysicalDevice physicalDevice,
                                         VkSurfaceKHR surface,
                                         uint32_t *pRectCount,
                                         VkRect2D *pRects)
{
   if (!pRects) {
      *pRectCount = 1;
      return VK_SUCCESS;
   }
   if (!*pRectCount)
      return VK_INCOMPLETE;

   VkSurfaceCapabilitiesKHR caps;
   const VkResult result = vn_surface_get_capabilities(
      vn_surface_from_handle(surface),
      vn_physical_device_from_handle(physicalDevice), &caps);
   if (result != VK_SUCCESS)
      return vn_result(result);
   *pRectCount = 1;
   pRects[0] = (VkRect2D){ .extent = caps.currentExtent };
   return VK_SUCCESS;
}

/* A group has one device, see vn_EnumeratePhysicalDeviceGroups. */
VKAPI_ATTR VkResult VKAPI_CALL
vn_GetDeviceGroupPresentCapabilitiesKHR(
   VkDevice device,
   VkDeviceGroupPresentCapabilitiesKHR *pCapabilities)
{
   memset(pCapabilities->presentMask, 0, sizeof(pCapabilities->presentMask));
   pCapabilities->presentMask[0] = 1;
   pCapabilities->modes = VK_DEVICE_GROUP_PRESENT_MODE_LOCAL_BIT_KHR;
   return VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_GetDeviceGroupSurfacePresentModesKHR(
   VkDevice device,
   VkSurfaceKHR surface,
   VkDeviceGroupPresentModeFlagsKHR *pModes)
{
   *pModes = VK_DEVICE_GROUP_PRESENT_MODE_LOCAL_BIT_KHR;
   return VK_SUCCESS;
}
