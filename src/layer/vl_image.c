/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Images that may be bound to shared memory, and the modifier images that the
 * layer makes (vl_modifier.h).
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
#include "vl_modifier.h"
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

VkImageTiling
vl_shared_tiling(const struct vl_physical_device *physical,
                 VkImageTiling tiling)
{
   return tiling == VK_IMAGE_TILING_OPTIMAL && physical->optimal_is_linear
             ? VK_IMAGE_TILING_LINEAR
             : tiling;
}

/* A create info as the driver gets it. Must not be moved. */
struct image_info {
   VkImageCreateInfo info;
   bool is_shared;
   struct vl_modifier_choice modifier; /* zeroed without one */

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
   out->modifier = (struct vl_modifier_choice){ 0 };
   if (out->is_shared)
      out->info.tiling = vl_shared_tiling(device->physical, app->tiling);

   if (app->tiling == VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT &&
       (device->wants & VL_WANTS_MODIFIER)) {
      const VkResult result =
         vl_modifier_choice_init(&out->modifier, device, app, app_types);
      if (result != VK_SUCCESS)
         return result;
      if (out->modifier.is_made)
         out->info.tiling = VK_IMAGE_TILING_LINEAR;
   }

   VkExternalMemoryHandleTypeFlags types =
      vl_device_translate_types(device, app_types);
   /* the driver's own modifier is not known before the image is there */
   if (!types && app->tiling != VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT &&
       can_wrap_plain(device, app))
      types = HOST_ALLOCATION;

   /* on the driver's road the modifier structs stay, unless replaced */
   const bool has_list = out->modifier.list.sType != 0;
   if (!vl_chain_init(&out->chain, app->pNext, removed,
                      out->modifier.is_made ? 3
                      : has_list            ? 2
                                            : 1)) {
      vl_modifier_choice_finish(&out->modifier);
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   }
   if (has_list)
      vl_chain_push(&out->chain, &out->modifier.list);
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
   vl_modifier_choice_finish(&info->modifier);
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

/* Everything that has to hold before the application may have the image. */
static VkResult
remember_image(struct vl_device *device,
               VkImage handle,
               const struct image_info *info)
{
   if (info->modifier.layout &&
       !vl_modifier_layout_matches(device, handle, &info->info,
                                   info->modifier.layout))
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
   if (!is_cut && !info->modifier.is_made)
      return VK_SUCCESS;

   struct vl_image *image = malloc(sizeof(*image));
   if (!image)
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   *image = (struct vl_image){
      .format = info->info.format,
      .is_shared = info->is_shared,
      .is_modifier = info->modifier.is_made,
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
      if (info.modifier.is_made) {
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
