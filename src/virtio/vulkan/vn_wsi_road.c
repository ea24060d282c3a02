/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See vn_wsi_road.h. What the application has enabled does not matter: the
 * images are the driver's own, and vn_device.c has the host enable what they
 * need.
 */

#include "vn_wsi_road.h"

#include "vn_chain.h"
#include "vn_entrypoints.h"
#include "vn_instance.h"
#include "vn_physical_device.h"
#include "vn_wsi_format.h"
#include "vn_wsi_modifiers.h"

bool
vn_wsi_road_is_allowed(enum vn_wsi_road road)
{
   const char *forced = getenv("VN_WSI");

   if (!forced || !*forced)
      return true;
   if (strcmp(forced, "direct") && strcmp(forced, "copy")) {
      vn_log(WARN, "VN_WSI is \"direct\" or \"copy\", not \"%s\"", forced);
      return true;
   }
   return !strcmp(forced, "direct") == (road == VN_WSI_ROAD_DIRECT);
}

static bool
device_exports_images(const struct vn_physical_device *physical)
{
   return vn_ext_set_has(&physical->extensions,
                         VN_DEVICE_EXT_EXT_external_memory_dma_buf) &&
          vn_ext_set_has(&physical->extensions,
                         VN_DEVICE_EXT_EXT_image_drm_format_modifier);
}

/* Those of `from` that the device can draw with, without their modifiers. */
static bool
add_drawable(struct vn_physical_device *physical,
             const struct vn_wsi_format_list *from,
             struct vn_wsi_format_list *list)
{
   bool ok = true;

   for (uint32_t i = 0; i < vn_wsi_format_count; i++) {
      const struct vn_wsi_format_info *info = &vn_wsi_formats[i];
      struct vn_wsi_modifiers modifiers;

      /* the device is asked only about what the surface takes */
      if (!vn_wsi_format_choose(info, false, from))
         continue;
      vn_wsi_modifiers_get(physical, info->format, &modifiers);
      for (uint32_t j = 0; j < from->count; j++) {
         const struct vn_wsi_format *format = &from->formats[j];

         if ((format->fourcc == info->opaque ||
              format->fourcc == info->alpha) &&
             vn_wsi_modifiers_find(&modifiers, format->modifier))
            ok &= vn_wsi_format_list_add(list, format->fourcc, 0);
      }
   }
   return ok;
}

/*
 * Over vtest a file need not be a dma-buf, whatever the window system takes;
 * only its images will tell.
 */
static bool
direct_is_certain(const struct vn_surface *surface,
                  const struct vn_physical_device *physical)
{
   return surface->ops->swapchain->maps_direct ||
          physical->instance->renderer->info.drm.has_render;
}

VkResult
vn_wsi_road_formats(struct vn_surface *surface,
                    struct vn_physical_device *physical,
                    struct vn_wsi_format_list *list)
{
   VkResult result = VK_SUCCESS;

   if (vn_wsi_road_is_allowed(VN_WSI_ROAD_DIRECT) &&
       device_exports_images(physical) &&
       direct_is_certain(surface, physical)) {
      struct vn_wsi_format_list direct = { 0 };

      result = surface->ops->get_formats(surface, physical,
                                         VN_WSI_ROAD_DIRECT, &direct);
      if (result == VK_SUCCESS && !add_drawable(physical, &direct, list))
         result = VK_ERROR_OUT_OF_HOST_MEMORY;
      vn_wsi_format_list_finish(&direct);
   }
   if (result == VK_SUCCESS && vn_wsi_road_is_allowed(VN_WSI_ROAD_COPY)) {
      result =
         surface->ops->get_formats(surface, physical, VN_WSI_ROAD_COPY, list);
   }
   return result;
}

/* Whether such an image can be made, and its memory exported. */
static bool
can_make(struct vn_physical_device *physical,
         const VkImageCreateInfo *image_info,
         uint64_t modifier)
{
   const VkPhysicalDeviceImageDrmFormatModifierInfoEXT modifier_info = {
      .sType =
         VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_DRM_FORMAT_MODIFIER_INFO_EXT,
      .pNext = vn_find_struct(
         image_info->pNext, VK_STRUCTURE_TYPE_IMAGE_FORMAT_LIST_CREATE_INFO),
      .drmFormatModifier = modifier,
      .sharingMode = image_info->sharingMode,
      .queueFamilyIndexCount = image_info->queueFamilyIndexCount,
      .pQueueFamilyIndices = image_info->pQueueFamilyIndices,
   };
   const VkPhysicalDeviceExternalImageFormatInfo external_info = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
      .pNext = &modifier_info,
      .handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT,
   };
   const VkPhysicalDeviceImageFormatInfo2 info = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
      .pNext = &external_info,
      .format = image_info->format,
      .type = image_info->imageType,
      .tiling = VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT,
      .usage = image_info->usage,
      .flags = image_info->flags,
   };
   VkExternalImageFormatProperties external = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES,
   };
   VkImageFormatProperties2 props = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2,
      .pNext = &external,
   };

   const VkExtent3D *max = &props.imageFormatProperties.maxExtent;
   return vn_GetPhysicalDeviceImageFormatProperties2(
             vn_physical_device_to_handle(physical), &info, &props) ==
             VK_SUCCESS &&
          external.externalMemoryProperties.externalMemoryFeatures &
             VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT &&
          image_info->extent.width <= max->width &&
          image_info->extent.height <= max->height;
}

static VkResult
plan_modifiers(struct vn_physical_device *physical,
               const VkImageCreateInfo *image_info,
               const struct vn_wsi_format_list *list,
               struct vn_wsi_road_plan *plan,
               const char **why)
{
   struct vn_wsi_modifiers modifiers;

   vn_wsi_modifiers_get(physical, image_info->format, &modifiers);
   /* never empty: the format was found in it */
   plan->modifiers = calloc(list->count, sizeof(*plan->modifiers));
   plan->plane_counts = calloc(list->count, sizeof(*plan->plane_counts));
   if (!plan->modifiers || !plan->plane_counts)
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   for (uint32_t i = 0; i < list->count; i++) {
      const struct vn_wsi_format *format = &list->formats[i];
      const VkDrmFormatModifierPropertiesEXT *found =
         vn_wsi_modifiers_find(&modifiers, format->modifier);

      if (format->fourcc == plan->fourcc && found &&
          can_make(physical, image_info, format->modifier)) {
         plan->modifiers[plan->modifier_count] = format->modifier;
         plan->plane_counts[plan->modifier_count++] =
            found->drmFormatModifierPlaneCount;
      }
   }
   if (!plan->modifier_count)
      *why = "no modifier that both sides take";
   return VK_SUCCESS;
}

VkResult
vn_wsi_road_plan(struct vn_surface *surface,
                 struct vn_physical_device *physical,
                 const VkSwapchainCreateInfoKHR *info,
                 const VkImageCreateInfo *image_info,
                 enum vn_wsi_road road,
                 struct vn_wsi_road_plan *plan_out,
                 const char **why)
{
   const struct vn_wsi_format_info *format =
      vn_wsi_format_find(info->imageFormat);
   const bool blended =
      info->compositeAlpha & (VK_COMPOSITE_ALPHA_PRE_MULTIPLIED_BIT_KHR |
                              VK_COMPOSITE_ALPHA_POST_MULTIPLIED_BIT_KHR);
   struct vn_wsi_format_list list = { 0 };

   *plan_out = (struct vn_wsi_road_plan){ 0 };
   *why = NULL;
   if (!vn_wsi_road_is_allowed(road))
      *why = "VN_WSI says so";
   else if (road == VN_WSI_ROAD_DIRECT && !device_exports_images(physical))
      *why = "the host cannot share images";
   else if (road == VN_WSI_ROAD_COPY && !physical->can_map)
      *why = "the host's memory cannot be mapped";
   else if (!format)
      *why = "no surface has this format";
   if (*why)
      return VK_SUCCESS;

   VkResult result =
      surface->ops->get_formats(surface, physical, road, &list);
   if (result == VK_SUCCESS) {
      plan_out->fourcc = vn_wsi_format_choose(format, blended, &list);
      if (!plan_out->fourcc) {
         *why = list.count ? "the window system does not take the format"
                           : "the window system has no such road";
      } else if (road == VN_WSI_ROAD_DIRECT) {
         result = plan_modifiers(physical, image_info, &list, plan_out, why);
      }
   }
   vn_wsi_format_list_finish(&list);
   if (result != VK_SUCCESS || *why)
      vn_wsi_road_plan_finish(plan_out);
   return result;
}

void
vn_wsi_road_plan_finish(struct vn_wsi_road_plan *plan)
{
   free(plan->modifiers);
   free(plan->plane_counts);
   *plan = (struct vn_wsi_road_plan){ 0 };
}
