/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * VK_KHR_display and VK_KHR_get_display_properties2, as far as they ask. The
 * answer of one kind of object is filled in by one function, into the struct
 * that both extensions share.
 */

#include "vn_wsi_display.h"

#include <sys/sysmacros.h>

#include "vn_entrypoints.h"
#include "vn_instance.h"
#include "vn_physical_device.h"

struct vn_displays *
vn_displays_get(struct vn_instance *instance)
{
   pthread_mutex_lock(&instance->mutex);
   if (!instance->displays) {
      const struct vn_renderer_info *info = &instance->renderer->info;
      instance->displays = vn_displays_create(
         info->drm.has_primary,
         makedev(info->drm.primary_major, info->drm.primary_minor));
   }
   struct vn_displays *displays = instance->displays;
   pthread_mutex_unlock(&instance->mutex);
   return displays;
}

struct vn_displays *
vn_displays_of(VkPhysicalDevice physical)
{
   return vn_displays_get(vn_physical_device_from_handle(physical)->instance);
}

/*
 * What all enumerations have in common: an array of structs of either
 * extension, of which this is the next element. Counts on when it is full.
 */
struct output_array {
   void *elements; /* NULL: only the count is wanted */
   size_t stride_B;
   size_t offset_B; /* of what is filled in */
   uint32_t capacity;
   uint32_t count;
};

static void *
next_element(struct output_array *out)
{
   const uint32_t i = out->count++;
   return out->elements && i < out->capacity
             ? (uint8_t *)out->elements + i * out->stride_B + out->offset_B
             : NULL;
}

static VkResult
finish_array(const struct output_array *out, uint32_t *count)
{
   const bool truncated = out->elements && out->count > out->capacity;
   *count = truncated ? out->capacity : out->count;
   return truncated ? VK_INCOMPLETE : VK_SUCCESS;
}

#define OUTPUT_ARRAY(array, count, member_offset)                            \
   {                                                                         \
      .elements = (array), .stride_B = sizeof(*(array)),                     \
      .offset_B = (member_offset), .capacity = (array) ? *(count) : 0,       \
   }

static VkExtent2D
preferred_size(const struct vn_display *display)
{
   VkExtent2D size = { 0, 0 };
   u_list_for_each (struct vn_display_mode, mode, &display->modes, link) {
      if (!mode->listed)
         continue;
      if (!size.width || mode->preferred)
         size = (VkExtent2D){ mode->info.hdisplay, mode->info.vdisplay };
      if (mode->preferred)
         break;
   }
   return size;
}

static void
fill_display(const struct vn_display *display, VkDisplayPropertiesKHR *out)
{
   *out = (VkDisplayPropertiesKHR){
      .display = vn_display_to_handle(display),
      .displayName = display->name,
      .physicalDimensions = { display->width_mm, display->height_mm },
      .physicalResolution = preferred_size(display),
      .supportedTransforms = VK_SURFACE_TRANSFORM_IDENTITY_BIT_KHR,
      .planeReorderPossible = VK_FALSE,
      .persistentContent = VK_FALSE,
   };
}

static VkResult
enumerate_displays(VkPhysicalDevice physical,
                   struct output_array *out,
                   uint32_t *count)
{
   struct vn_displays *displays = vn_displays_of(physical);
   if (!displays)
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);

   pthread_mutex_lock(&displays->mutex);
   const bool ok = vn_displays_probe(displays);
   u_list_for_each (struct vn_display, display, &displays->displays, link) {
      VkDisplayPropertiesKHR *props =
         display->connected ? next_element(out) : NULL;
      if (props)
         fill_display(display, props);
   }
   pthread_mutex_unlock(&displays->mutex);
   return ok ? finish_array(out, count)
             : vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_GetPhysicalDeviceDisplayPropertiesKHR(VkPhysicalDevice physicalDevice,
                                         uint32_t *pPropertyCount,
                                         VkDisplayPropertiesKHR *pProperties)
{
   struct output_array out = OUTPUT_ARRAY(pProperties, pPropertyCount, 0);
   return enumerate_displays(physicalDevice, &out, pPropertyCount);
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_GetPhysicalDeviceDisplayProperties2KHR(VkPhysicalDevice physicalDevice,
                                          uint32_t *pPropertyCount,
                                          VkDisplayProperties2KHR *pProperties)
{
   struct output_array out =
      OUTPUT_ARRAY(pProperties, pPropertyCount,
                   offsetof(VkDisplayProperties2KHR, displayProperties));
   return enumerate_displays(physicalDevice, &out, pPropertyCount);
}

static VkResult
enumerate_planes(VkPhysicalDevice physical,
                 struct output_array *out,
                 uint32_t *count)
{
   struct vn_displays *displays = vn_displays_of(physical);
   if (!displays)
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);

   pthread_mutex_lock(&displays->mutex);
   const bool ok = vn_displays_probe(displays);
   u_list_for_each (struct vn_display_plane, plane, &displays->planes, link) {
      VkDisplayPlanePropertiesKHR *props = next_element(out);
      if (!props)
         continue;
      *props = (VkDisplayPlanePropertiesKHR){ .currentStackIndex = 0 };
      u_list_for_each (struct vn_display, display, &displays->displays,
                       link) {
         if (display->device == plane->device && display->connected &&
             display->crtc_id == plane->crtc_id)
            props->currentDisplay = vn_display_to_handle(display);
      }
   }
   pthread_mutex_unlock(&displays->mutex);
   return ok ? finish_array(out, count)
             : vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_GetPhysicalDeviceDisplayPlanePropertiesKHR(
   VkPhysicalDevice physicalDevice,
   uint32_t *pPropertyCount,
   VkDisplayPlanePropertiesKHR *pProperties)
{
   struct output_array out = OUTPUT_ARRAY(pProperties, pPropertyCount, 0);
   return enumerate_planes(physicalDevice, &out, pPropertyCount);
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_GetPhysicalDeviceDisplayPlaneProperties2KHR(
   VkPhysicalDevice physicalDevice,
   uint32_t *pPropertyCount,
   VkDisplayPlaneProperties2KHR *pProperties)
{
   struct output_array out = OUTPUT_ARRAY(
      pProperties, pPropertyCount,
      offsetof(VkDisplayPlaneProperties2KHR, displayPlaneProperties));
   return enumerate_planes(physicalDevice, &out, pPropertyCount);
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_GetDisplayPlaneSupportedDisplaysKHR(VkPhysicalDevice physicalDevice,
                                       uint32_t planeIndex,
                                       uint32_t *pDisplayCount,
                                       VkDisplayKHR *pDisplays)
{
   struct vn_displays *displays = vn_displays_of(physicalDevice);
   if (!displays)
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);

   struct output_array out = OUTPUT_ARRAY(pDisplays, pDisplayCount, 0);
   pthread_mutex_lock(&displays->mutex);
   const struct vn_display_plane *plane =
      vn_displays_find_plane(displays, planeIndex);
   u_list_for_each (struct vn_display, display, &displays->displays, link) {
      if (!plane || !display->connected ||
          !vn_display_can_use(display, plane))
         continue;
      VkDisplayKHR *handle = next_element(&out);
      if (handle)
         *handle = vn_display_to_handle(display);
   }
   pthread_mutex_unlock(&displays->mutex);
   return finish_array(&out, pDisplayCount);
}

static void
fill_mode(const struct vn_display_mode *mode, VkDisplayModePropertiesKHR *out)
{
   *out = (VkDisplayModePropertiesKHR){
      .displayMode = vn_display_mode_to_handle(mode),
      .parameters = {
         .visibleRegion = { mode->info.hdisplay, mode->info.vdisplay },
         .refreshRate = vn_display_mode_refresh(&mode->info),
      },
   };
}

static VkResult
enumerate_modes(VkPhysicalDevice physical,
                VkDisplayKHR _display,
                struct output_array *out,
                uint32_t *count)
{
   const struct vn_display *display = vn_display_from_handle(_display);
   struct vn_displays *displays = vn_displays_of(physical);
   if (!displays)
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);

   pthread_mutex_lock(&displays->mutex);
   u_list_for_each (struct vn_display_mode, mode, &display->modes, link) {
      VkDisplayModePropertiesKHR *props =
         mode->listed ? next_element(out) : NULL;
      if (props)
         fill_mode(mode, props);
   }
   pthread_mutex_unlock(&displays->mutex);
   return finish_array(out, count);
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_GetDisplayModePropertiesKHR(VkPhysicalDevice physicalDevice,
                               VkDisplayKHR display,
                               uint32_t *pPropertyCount,
                               VkDisplayModePropertiesKHR *pProperties)
{
   struct output_array out = OUTPUT_ARRAY(pProperties, pPropertyCount, 0);
   return enumerate_modes(physicalDevice, display, &out, pPropertyCount);
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_GetDisplayModeProperties2KHR(VkPhysicalDevice physicalDevice,
                                VkDisplayKHR display,
                                uint32_t *pPropertyCount,
                                VkDisplayModeProperties2KHR *pProperties)
{
   struct output_array out = OUTPUT_ARRAY(
      pProperties, pPropertyCount,
      offsetof(VkDisplayModeProperties2KHR, displayModeProperties));
   return enumerate_modes(physicalDevice, display, &out, pPropertyCount);
}

/*
 * Timings of modes that the screen has not told of would have to be made up,
 * so a mode is created only where there is one already.
 */
VKAPI_ATTR VkResult VKAPI_CALL
vn_CreateDisplayModeKHR(VkPhysicalDevice physicalDevice,
                        VkDisplayKHR _display,
                        const VkDisplayModeCreateInfoKHR *pCreateInfo,
                        const VkAllocationCallbacks *pAllocator,
                        VkDisplayModeKHR *pMode)
{
   const VkDisplayModeParametersKHR *wanted = &pCreateInfo->parameters;
   const struct vn_display *display = vn_display_from_handle(_display);
   struct vn_displays *displays = vn_displays_of(physicalDevice);
   if (!displays)
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);

   VkResult result = VK_ERROR_INITIALIZATION_FAILED;
   pthread_mutex_lock(&displays->mutex);
   u_list_for_each (struct vn_display_mode, mode, &display->modes, link) {
      if (mode->listed &&
          mode->info.hdisplay == wanted->visibleRegion.width &&
          mode->info.vdisplay == wanted->visibleRegion.height &&
          vn_display_mode_refresh(&mode->info) == wanted->refreshRate) {
         *pMode = vn_display_mode_to_handle(mode);
         result = VK_SUCCESS;
         break;
      }
   }
   pthread_mutex_unlock(&displays->mutex);
   return vn_result(result);
}

/* Nothing is scaled and nothing is moved. */
static void
fill_plane_capabilities(const struct vn_display_mode *mode,
                        VkDisplayPlaneCapabilitiesKHR *out)
{
   const VkExtent2D size = { mode->info.hdisplay, mode->info.vdisplay };

   *out = (VkDisplayPlaneCapabilitiesKHR){
      .supportedAlpha = VK_DISPLAY_PLANE_ALPHA_OPAQUE_BIT_KHR,
      .minSrcExtent = size,
      .maxSrcExtent = size,
      .minDstExtent = size,
      .maxDstExtent = size,
   };
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_GetDisplayPlaneCapabilitiesKHR(VkPhysicalDevice physicalDevice,
                                  VkDisplayModeKHR mode,
                                  uint32_t planeIndex,
                                  VkDisplayPlaneCapabilitiesKHR *pCapabilities)
{
   fill_plane_capabilities(vn_display_mode_from_handle(mode), pCapabilities);
   return VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_GetDisplayPlaneCapabilities2KHR(
   VkPhysicalDevice physicalDevice,
   const VkDisplayPlaneInfo2KHR *pDisplayPlaneInfo,
   VkDisplayPlaneCapabilities2KHR *pCapabilities)
{
   fill_plane_capabilities(
      vn_display_mode_from_handle(pDisplayPlaneInfo->mode),
      &pCapabilities->capabilities);
   return VK_SUCCESS;
}
