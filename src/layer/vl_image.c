/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Images that may be bound to shared memory, and images with a DRM format
 * modifier on drivers that have none (or whose own modifiers cannot be shared
 * because the layer does the sharing): they are images of
 * VK_IMAGE_TILING_LINEAR that pose as DRM_FORMAT_MOD_LINEAR.
 *
 * An explicit layout cannot be forced upon such an image, only compared with
 * the layout that the driver chose.
 *
 * Plain images get the host-allocation type for the reason that vl_buffer.c
 * gives for plain buffers, but only where every memory type takes a host
 * pointer, so that any image may meet one, and only if the driver says that
 * an image of exactly this kind can be imported. Discrete GPUs, where it
 * could cost compression, have other types.
 */

#include "vl_image.h"

#include <stdlib.h>

#include "vl_chain.h"
#include "vl_device.h"
#include "vl_entrypoints.h"
#include "vl_log.h"
#include "vl_requirements.h"

#define HOST_ALLOCATION VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT

static struct u_hash_key
image_key(VkImage image)
{
   return (struct u_hash_key){ .a = (uint64_t)image };
}

void
vl_image_destroy(struct vl_image *image)
{
   free(image);
}

/* A create info as the driver gets it. Must not be moved. */
struct image_info {
   VkImageCreateInfo info;
   bool is_shared;
   bool is_modifier;
   /* the application's; NULL unless is_modifier */
   const VkImageDrmFormatModifierExplicitCreateInfoEXT *explicit_layout;

   /* private */
   struct vl_chain chain;
   VkExternalMemoryImageCreateInfo external;
};

static bool
fits(const VkImageCreateInfo *info, const VkImageFormatProperties *limits)
{
   return info->extent.width <= limits->maxExtent.width &&
          info->extent.height <= limits->maxExtent.height &&
          info->extent.depth <= limits->maxExtent.depth &&
          info->mipLevels <= limits->maxMipLevels &&
          info->arrayLayers <= limits->maxArrayLayers &&
          (info->samples & limits->sampleCounts);
}

static bool
can_wrap_plain(const struct vl_device *device, const VkImageCreateInfo *info)
{
   const struct vl_physical_device *physical = device->physical;
   const struct vl_instance_dispatch *next = &physical->instance->next;

   /* VUID-VkImageCreateInfo-pNext-01443: with external handle types
    * initialLayout must be VK_IMAGE_LAYOUT_UNDEFINED
    */
   if (!device->served_types || !physical->wraps_plain_images ||
       info->initialLayout != VK_IMAGE_LAYOUT_UNDEFINED ||
       vl_chain_find(info->pNext,
                     VK_STRUCTURE_TYPE_IMAGE_SWAPCHAIN_CREATE_INFO_KHR))
      return false;

   VkPhysicalDeviceExternalImageFormatInfo external = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
      .handleType = HOST_ALLOCATION,
   };
   const VkPhysicalDeviceImageFormatInfo2 query = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
      .pNext = &external,
      .format = info->format,
      .type = info->imageType,
      .tiling = info->tiling,
      .usage = info->usage,
      .flags = info->flags,
   };
   VkExternalImageFormatProperties external_properties = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES,
   };
   VkImageFormatProperties2 properties = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2,
      .pNext = &external_properties,
   };

   /* Both of these structs may extend the query as well as the create info,
    * and the validation layer wants them to agree.
    */
   VkImageFormatListCreateInfo list;
   const VkImageFormatListCreateInfo *app_list = vl_chain_find(
      info->pNext, VK_STRUCTURE_TYPE_IMAGE_FORMAT_LIST_CREATE_INFO);
   if (app_list) {
      list = *app_list;
      list.pNext = external.pNext;
      external.pNext = &list;
   }
   VkImageStencilUsageCreateInfo stencil;
   const VkImageStencilUsageCreateInfo *app_stencil = vl_chain_find(
      info->pNext, VK_STRUCTURE_TYPE_IMAGE_STENCIL_USAGE_CREATE_INFO);
   if (app_stencil) {
      stencil = *app_stencil;
      stencil.pNext = external.pNext;
      external.pNext = &stencil;
   }

   return next->GetPhysicalDeviceImageFormatProperties2(
             physical->handle, &query, &properties) == VK_SUCCESS &&
          (external_properties.externalMemoryProperties.externalMemoryFeatures &
           VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT) &&
          fits(info, &properties.imageFormatProperties);
}

/* What an application says about modifiers when it creates an image. */
static VkResult
check_modifiers(const struct vl_device *device,
                const VkImageCreateInfo *app,
                struct image_info *out)
{
   const VkImageDrmFormatModifierListCreateInfoEXT *list = vl_chain_find(
      app->pNext,
      VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_LIST_CREATE_INFO_EXT);
   const VkImageDrmFormatModifierExplicitCreateInfoEXT *layout = vl_chain_find(
      app->pNext,
      VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_EXPLICIT_CREATE_INFO_EXT);
   const uint32_t plane_count =
      vl_modifier_plane_count(device->physical, app->format);
   const char *problem = "neither a list nor a layout";

   if (!plane_count || (app->flags & VK_IMAGE_CREATE_DISJOINT_BIT)) {
      problem = "format or flags are not offered";
   } else if (layout) {
      problem = NULL;
      if (layout->drmFormatModifier != VL_MODIFIER_LINEAR)
         problem = "only LINEAR can be shared";
      else if (layout->drmFormatModifierPlaneCount != plane_count ||
               !layout->pPlaneLayouts)
         problem = "wrong number of planes";
      for (uint32_t i = 0; !problem && i < plane_count; i++) {
         const VkSubresourceLayout *plane = &layout->pPlaneLayouts[i];
         /* VUID-VkImageDrmFormatModifierExplicitCreateInfoEXT-size-02267,
          * -arrayPitch-02268 and -depthPitch-02269: size must be 0, and so
          * must the pitches of what the image does not have
          */
         if (plane->size || (app->arrayLayers == 1 && plane->arrayPitch) ||
             (app->extent.depth == 1 && plane->depthPitch))
            problem = "size or pitch must be 0";
      }
      out->explicit_layout = layout;
   } else if (list) {
      problem = "LINEAR is not in the list";
      const uint32_t count =
         list->pDrmFormatModifiers ? list->drmFormatModifierCount : 0;
      for (uint32_t i = 0; i < count; i++) {
         if (list->pDrmFormatModifiers[i] == VL_MODIFIER_LINEAR)
            problem = NULL;
      }
   }

   if (!problem)
      return VK_SUCCESS;
   vl_log_error("image of format %d with a modifier: %s", app->format,
                problem);
   return VK_ERROR_INVALID_DRM_FORMAT_MODIFIER_PLANE_LAYOUT_EXT;
}

/* Needs image_info_finish() only if it succeeds. */
static VkResult
image_info_init(struct image_info *out,
                const struct vl_device *device,
                const VkImageCreateInfo *app)
{
   static const VkStructureType removed[] = {
      VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
      VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_LIST_CREATE_INFO_EXT,
      VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_EXPLICIT_CREATE_INFO_EXT,
   };
   const VkExternalMemoryImageCreateInfo *app_external =
      vl_chain_find(app->pNext, removed[0]);
   const VkExternalMemoryHandleTypeFlags app_types =
      app_external ? app_external->handleTypes : 0;

   out->info = *app;
   out->is_shared = vl_device_serves(device, app_types);
   out->is_modifier =
      app->tiling == VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT &&
      (device->wants & VL_WANTS_MODIFIER);
   out->explicit_layout = NULL;

   if (out->is_modifier) {
      const VkResult result = check_modifiers(device, app, out);
      if (result != VK_SUCCESS)
         return result;
      out->info.tiling = VK_IMAGE_TILING_LINEAR;
   }

   VkExternalMemoryHandleTypeFlags types =
      vl_device_translate_types(device, app_types);
   if (!types && !out->is_modifier && can_wrap_plain(device, app))
      types = HOST_ALLOCATION;

   /* without emulation the modifier structs stay */
   if (!vl_chain_init(&out->chain, app->pNext, removed,
                      out->is_modifier ? 3 : 1))
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   if (types) {
      out->external = (VkExternalMemoryImageCreateInfo){
         .sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
         .handleTypes = types,
      };
      vl_chain_push(&out->chain, &out->external);
   }
   out->info.pNext = out->chain.head;
   return VK_SUCCESS;
}

static void
image_info_finish(struct image_info *info)
{
   vl_chain_finish(&info->chain);
}

/* What the layer knows of an image; all false for most. */
static struct vl_image
image_of(struct vl_device *device, VkImage handle)
{
   struct vl_image copy = { 0 };
   pthread_mutex_lock(&device->lock);
   const struct vl_image *image =
      u_hash_table_get(&device->images, image_key(handle));
   if (image)
      copy = *image;
   pthread_mutex_unlock(&device->lock);
   return copy;
}

static bool
layout_matches(const struct vl_device *device,
               VkImage image,
               const struct image_info *info)
{
   static const VkImageAspectFlags planes[] = {
      VK_IMAGE_ASPECT_MEMORY_PLANE_0_BIT_EXT,
      VK_IMAGE_ASPECT_MEMORY_PLANE_1_BIT_EXT,
      VK_IMAGE_ASPECT_MEMORY_PLANE_2_BIT_EXT,
   };
   const VkFormat format = info->info.format;

   for (uint32_t i = 0; i < vl_format_plane_count(format); i++) {
      const VkSubresourceLayout *wanted =
         &info->explicit_layout->pPlaneLayouts[i];
      const VkImageSubresource subresource = {
         .aspectMask = vl_aspect_of_memory_plane(format, planes[i]),
      };
      VkSubresourceLayout actual;
      device->next.GetImageSubresourceLayout(device->handle, image,
                                             &subresource, &actual);
      if (wanted->offset != actual.offset ||
          wanted->rowPitch != actual.rowPitch ||
          (info->info.arrayLayers > 1 &&
           wanted->arrayPitch != actual.arrayPitch) ||
          (info->info.extent.depth > 1 &&
           wanted->depthPitch != actual.depthPitch)) {
         vl_log_error("plane %u: offset %llu, pitch %llu wanted, but the "
                      "driver has offset %llu, pitch %llu",
                      i, (unsigned long long)wanted->offset,
                      (unsigned long long)wanted->rowPitch,
                      (unsigned long long)actual.offset,
                      (unsigned long long)actual.rowPitch);
         return false;
      }
   }
   return true;
}

/* Everything that has to hold before the application may have the image. */
static VkResult
remember_image(struct vl_device *device,
               VkImage handle,
               const struct image_info *info)
{
   if (info->explicit_layout && !layout_matches(device, handle, info))
      return VK_ERROR_INVALID_DRM_FORMAT_MODIFIER_PLANE_LAYOUT_EXT;

   const bool is_cut = info->is_shared && (device->wants & VL_WANTS_CUT);
   if (is_cut && !(info->info.flags & VK_IMAGE_CREATE_DISJOINT_BIT)) {
      VkMemoryRequirements requirements;
      device->next.GetImageMemoryRequirements(device->handle, handle,
                                              &requirements);
      if (!(requirements.memoryTypeBits & device->physical->host_types)) {
         vl_log_error("image of format %d fits no memory that can be shared",
                      info->info.format);
         return VK_ERROR_OUT_OF_DEVICE_MEMORY;
      }
   }
   if (!is_cut && !info->is_modifier)
      return VK_SUCCESS;

   struct vl_image *image = malloc(sizeof(*image));
   if (!image)
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   *image = (struct vl_image){
      .format = info->info.format,
      .is_shared = info->is_shared,
      .is_modifier = info->is_modifier,
   };

   pthread_mutex_lock(&device->lock);
   const bool added =
      u_hash_table_set(&device->images, image_key(handle), image);
   pthread_mutex_unlock(&device->lock);
   if (!added) {
      vl_image_destroy(image);
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   }
   return VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL
vl_CreateImage(VkDevice handle,
               const VkImageCreateInfo *pCreateInfo,
               const VkAllocationCallbacks *pAllocator,
               VkImage *pImage)
{
   struct vl_device *device = vl_device_of(handle);
   struct image_info info;
   VkResult result = image_info_init(&info, device, pCreateInfo);
   if (result != VK_SUCCESS)
      return result;

   VkImage image;
   result = device->next.CreateImage(handle, &info.info, pAllocator, &image);
   if (result == VK_SUCCESS) {
      result = remember_image(device, image, &info);
      if (result == VK_SUCCESS)
         *pImage = image;
      else
         device->next.DestroyImage(handle, image, pAllocator);
   }

   image_info_finish(&info);
   return result;
}

VKAPI_ATTR void VKAPI_CALL
vl_DestroyImage(VkDevice handle,
                VkImage image,
                const VkAllocationCallbacks *pAllocator)
{
   struct vl_device *device = vl_device_of(handle);

   pthread_mutex_lock(&device->lock);
   struct vl_image *removed =
      u_hash_table_remove(&device->images, image_key(image));
   pthread_mutex_unlock(&device->lock);

   vl_image_destroy(removed);
   device->next.DestroyImage(handle, image, pAllocator);
}

VKAPI_ATTR void VKAPI_CALL
vl_GetImageMemoryRequirements(VkDevice handle,
                              VkImage image,
                              VkMemoryRequirements *pMemoryRequirements)
{
   struct vl_device *device = vl_device_of(handle);
   device->next.GetImageMemoryRequirements(handle, image,
                                           pMemoryRequirements);
   if (image_of(device, image).is_shared)
      vl_cut_requirements(device->physical, pMemoryRequirements);
}

VKAPI_ATTR void VKAPI_CALL
vl_GetImageMemoryRequirements2(VkDevice handle,
                               const VkImageMemoryRequirementsInfo2 *pInfo,
                               VkMemoryRequirements2 *pMemoryRequirements)
{
   struct vl_device *device = vl_device_of(handle);
   device->next.GetImageMemoryRequirements2(handle, pInfo,
                                            pMemoryRequirements);
   if (image_of(device, pInfo->image).is_shared)
      vl_cut_requirements2(device->physical, pMemoryRequirements);
}

VKAPI_ATTR void VKAPI_CALL
vl_GetDeviceImageMemoryRequirements(
   VkDevice handle,
   const VkDeviceImageMemoryRequirements *pInfo,
   VkMemoryRequirements2 *pMemoryRequirements)
{
   struct vl_device *device = vl_device_of(handle);
   VkDeviceImageMemoryRequirements query = *pInfo;
   struct image_info info;

   /* as a hostile guest can send it */
   if (!pInfo->pCreateInfo) {
      pMemoryRequirements->memoryRequirements = (VkMemoryRequirements){ 0 };
      return;
   }

   /* The command cannot fail. An image that could not be created gets the
    * answer of the driver for what it understands of it.
    */
   const bool is_translated =
      image_info_init(&info, device, pInfo->pCreateInfo) == VK_SUCCESS;
   if (is_translated)
      query.pCreateInfo = &info.info;
   device->next.GetDeviceImageMemoryRequirements(handle, &query,
                                                 pMemoryRequirements);
   if (is_translated) {
      if (info.is_shared)
         vl_cut_requirements2(device->physical, pMemoryRequirements);
      image_info_finish(&info);
   }
}

VKAPI_ATTR void VKAPI_CALL
vl_GetImageSubresourceLayout(VkDevice handle,
                             VkImage image,
                             const VkImageSubresource *pSubresource,
                             VkSubresourceLayout *pLayout)
{
   struct vl_device *device = vl_device_of(handle);
   VkImageSubresource subresource = *pSubresource;
   const struct vl_image known = image_of(device, image);
   if (known.is_modifier) {
      subresource.aspectMask =
         vl_aspect_of_memory_plane(known.format, subresource.aspectMask);
   }
   device->next.GetImageSubresourceLayout(handle, image, &subresource,
                                          pLayout);
}

VKAPI_ATTR void VKAPI_CALL
vl_GetImageSubresourceLayout2EXT(VkDevice handle,
                                 VkImage image,
                                 const VkImageSubresource2EXT *pSubresource,
                                 VkSubresourceLayout2EXT *pLayout)
{
   struct vl_device *device = vl_device_of(handle);
   VkImageSubresource2EXT subresource = *pSubresource;
   const struct vl_image known = image_of(device, image);
   if (known.is_modifier) {
      subresource.imageSubresource.aspectMask = vl_aspect_of_memory_plane(
         known.format, subresource.imageSubresource.aspectMask);
   }
   device->next.GetImageSubresourceLayout2(handle, image, &subresource,
                                           pLayout);
}

VKAPI_ATTR void VKAPI_CALL
vl_GetDeviceImageSubresourceLayoutKHR(
   VkDevice handle,
   const VkDeviceImageSubresourceInfoKHR *pInfo,
   VkSubresourceLayout2KHR *pLayout)
{
   struct vl_device *device = vl_device_of(handle);
   VkDeviceImageSubresourceInfoKHR query = *pInfo;
   struct image_info info;

   if (!pInfo->pCreateInfo || !pInfo->pSubresource) {
      pLayout->subresourceLayout = (VkSubresourceLayout){ 0 };
      return;
   }
   VkImageSubresource2KHR subresource = *pInfo->pSubresource;

   const bool is_translated =
      image_info_init(&info, device, pInfo->pCreateInfo) == VK_SUCCESS;
   if (is_translated) {
      query.pCreateInfo = &info.info;
      if (info.is_modifier) {
         subresource.imageSubresource.aspectMask = vl_aspect_of_memory_plane(
            info.info.format, subresource.imageSubresource.aspectMask);
         query.pSubresource = &subresource;
      }
   }
   device->next.GetDeviceImageSubresourceLayout(handle, &query, pLayout);
   if (is_translated)
      image_info_finish(&info);
}

VKAPI_ATTR VkResult VKAPI_CALL
vl_GetImageDrmFormatModifierPropertiesEXT(
   VkDevice handle,
   VkImage image,
   VkImageDrmFormatModifierPropertiesEXT *pProperties)
{
   struct vl_device *device = vl_device_of(handle);
   if (!image_of(device, image).is_modifier &&
       device->next.GetImageDrmFormatModifierPropertiesEXT) {
      return device->next.GetImageDrmFormatModifierPropertiesEXT(
         handle, image, pProperties);
   }

   pProperties->drmFormatModifier = VL_MODIFIER_LINEAR;
   return VK_SUCCESS;
}
