/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * A driver with modifiers of its own, but no dma-bufs: its modifiers go with
 * its own handle types, the layer's LINEAR with the layer's.
 */

#include "vl_mask_test.h"

#include <string.h>

#include "u_test.h"

#define BOTH_FORMAT VK_FORMAT_B8G8R8A8_UNORM /* where both have LINEAR */

int
mask_modifier_failures(void)
{
   return u_test_failures;
}

static VkResult
query(struct vt_instance *in,
      VkFormat format,
      uint64_t modifier,
      VkExternalMemoryHandleTypeFlagBits type,
      VkExternalMemoryProperties *out)
{
   const VkPhysicalDeviceExternalImageFormatInfo external = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
      .handleType = type,
   };
   const VkPhysicalDeviceImageDrmFormatModifierInfoEXT modifier_info = {
      .sType =
         VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_DRM_FORMAT_MODIFIER_INFO_EXT,
      .pNext = type ? &external : NULL,
      .drmFormatModifier = modifier,
   };
   const VkPhysicalDeviceImageFormatInfo2 info = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
      .pNext = &modifier_info,
      .format = format,
      .type = VK_IMAGE_TYPE_2D,
      .tiling = VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT,
      .usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT,
   };
   VkExternalImageFormatProperties external_properties = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES,
   };
   VkImageFormatProperties2 properties = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2,
      .pNext = type ? &external_properties : NULL,
   };
   const VkResult result = in->GetPhysicalDeviceImageFormatProperties2(
      in->physical, &info, &properties);
   *out = external_properties.externalMemoryProperties;
   return result;
}

/* Each road takes what is its own, and only that. */
static void
check_queries(struct vt_instance *in, bool opaque_is_served)
{
   const VkExternalMemoryHandleTypeFlags served =
      DMA_BUF | (opaque_is_served ? OPAQUE : 0);
   VkExternalMemoryProperties props;

   U_CHECK_EQ(query(in, FORMAT, TILED, 0, &props), VK_SUCCESS);
   U_CHECK_EQ(query(in, FORMAT, 0, 0, &props), VK_SUCCESS);
   U_CHECK_EQ(query(in, BOTH_FORMAT, 0, 0, &props), VK_SUCCESS);
   U_CHECK_EQ(query(in, FORMAT, TILED + 1, 0, &props),
              VK_ERROR_FORMAT_NOT_SUPPORTED);

   U_CHECK_EQ(query(in, FORMAT, TILED, DMA_BUF, &props),
              VK_ERROR_FORMAT_NOT_SUPPORTED);
   U_CHECK_EQ(props.externalMemoryFeatures, 0);
   for (int i = 0; i < 2; i++) {
      U_CHECK_EQ(query(in, i ? FORMAT : BOTH_FORMAT, 0, DMA_BUF, &props),
                 VK_SUCCESS);
      U_CHECK_EQ(props.compatibleHandleTypes, served);
      U_CHECK_EQ(props.exportFromImportedHandleTypes, served);
   }

   const VkResult opaque = query(in, FORMAT, TILED, OPAQUE, &props);
   if (opaque_is_served) {
      U_CHECK_EQ(opaque, VK_ERROR_FORMAT_NOT_SUPPORTED);
      U_CHECK_EQ(query(in, FORMAT, 0, OPAQUE, &props), VK_SUCCESS);
      U_CHECK_EQ(props.compatibleHandleTypes, served);
   } else {
      U_CHECK_EQ(opaque, VK_SUCCESS);
      U_CHECK(props.externalMemoryFeatures &
              VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT);
      U_CHECK_EQ(props.compatibleHandleTypes, OPAQUE);
      U_CHECK_EQ(query(in, FORMAT, 0, OPAQUE, &props), VK_SUCCESS);
      U_CHECK_EQ(props.compatibleHandleTypes, OPAQUE);
   }
}

/* The driver's first, then LINEAR, once, with what the driver's linear images
 * can do: it is what is made of every handle type.
 */
static void
check_list(struct vt_instance *in, VkFormat format)
{
   VkDrmFormatModifierPropertiesEXT old_items[4];
   VkDrmFormatModifierProperties2EXT new_items[4];
   VkDrmFormatModifierPropertiesListEXT old_list = {
      .sType = VK_STRUCTURE_TYPE_DRM_FORMAT_MODIFIER_PROPERTIES_LIST_EXT,
   };
   VkDrmFormatModifierPropertiesList2EXT new_list = {
      .sType = VK_STRUCTURE_TYPE_DRM_FORMAT_MODIFIER_PROPERTIES_LIST_2_EXT,
      .pNext = &old_list,
   };
   VkFormatProperties3 properties3 = {
      .sType = VK_STRUCTURE_TYPE_FORMAT_PROPERTIES_3,
      .pNext = &new_list,
   };
   VkFormatProperties2 properties = {
      .sType = VK_STRUCTURE_TYPE_FORMAT_PROPERTIES_2,
      .pNext = &properties3,
   };
   in->GetPhysicalDeviceFormatProperties2(in->physical, format, &properties);
   U_CHECK_EQ(old_list.drmFormatModifierCount, 2);
   U_CHECK_EQ(new_list.drmFormatModifierCount, 2);

   /* lavapipe 25 writes one where there is room for none */
   for (uint32_t room = 1; room <= 4; room++) {
      memset(old_items, 0xff, sizeof(old_items));
      memset(new_items, 0xff, sizeof(new_items));
      old_list.drmFormatModifierCount = room;
      old_list.pDrmFormatModifierProperties = old_items;
      new_list.drmFormatModifierCount = room;
      new_list.pDrmFormatModifierProperties = new_items;
      in->GetPhysicalDeviceFormatProperties2(in->physical, format,
                                             &properties);
      U_CHECK_EQ(old_list.drmFormatModifierCount, room < 2 ? room : 2);
      U_CHECK_EQ(new_list.drmFormatModifierCount, room < 2 ? room : 2);
      for (uint32_t i = room < 2 ? room : 2; i < 4; i++) {
         U_CHECK_EQ(old_items[i].drmFormatModifier, UINT64_MAX);
         U_CHECK_EQ(new_items[i].drmFormatModifier, UINT64_MAX);
      }
   }

   const VkFormatProperties *base = &properties.formatProperties;
   U_CHECK_EQ(old_items[0].drmFormatModifier, TILED);
   U_CHECK_EQ(old_items[0].drmFormatModifierTilingFeatures,
              base->optimalTilingFeatures);
   U_CHECK_EQ(new_items[0].drmFormatModifier, TILED);
   U_CHECK_EQ(old_items[1].drmFormatModifier, 0);
   U_CHECK_EQ(old_items[1].drmFormatModifierPlaneCount, 1);
   U_CHECK_EQ(old_items[1].drmFormatModifierTilingFeatures,
              base->linearTilingFeatures);
   U_CHECK_EQ(new_items[1].drmFormatModifier, 0);
   U_CHECK_EQ(new_items[1].drmFormatModifierPlaneCount, 1);
   U_CHECK_EQ(new_items[1].drmFormatModifierTilingFeatures,
              properties3.linearTilingFeatures);
}

/* type 0: not external */
static VkResult
create(struct vt_device *device,
       VkExternalMemoryHandleTypeFlags type,
       VkFormat format,
       const void *modifier_info,
       VkImage *image)
{
   const VkExternalMemoryImageCreateInfo external = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
      .pNext = modifier_info,
      .handleTypes = type,
   };
   const VkImageCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
      .pNext = type ? &external : modifier_info,
      .imageType = VK_IMAGE_TYPE_2D,
      .format = format,
      .extent = { 16, 16, 1 },
      .mipLevels = 1,
      .arrayLayers = 1,
      .samples = VK_SAMPLE_COUNT_1_BIT,
      .tiling = VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT,
      .usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT,
   };
   return device->CreateImage(device->handle, &info, NULL, image);
}

static void
check_created(struct vt_device *device,
              VkExternalMemoryHandleTypeFlags type,
              VkFormat format,
              const uint64_t modifiers[2],
              uint64_t expected,
              bool is_cut)
{
   const VkImageDrmFormatModifierListCreateInfoEXT list = {
      .sType =
         VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_LIST_CREATE_INFO_EXT,
      .drmFormatModifierCount = 2,
      .pDrmFormatModifiers = modifiers,
   };
   VkImageDrmFormatModifierPropertiesEXT properties = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_PROPERTIES_EXT,
   };
   VkMemoryRequirements requirements;
   VkImage image;

   if (!U_CHECK_EQ(create(device, type, format, &list, &image), VK_SUCCESS))
      return;
   U_CHECK_EQ(device->GetImageDrmFormatModifierPropertiesEXT(
                 device->handle, image, &properties),
              VK_SUCCESS);
   U_CHECK_EQ(properties.drmFormatModifier, expected);
   device->GetImageMemoryRequirements(device->handle, image, &requirements);
   U_CHECK_EQ(requirements.memoryTypeBits,
              is_cut ? 2 : device->instance->all_types);
   device->DestroyImage(device->handle, image, NULL);
}

static void
check(struct vt_device *device, bool opaque_is_served)
{
   struct vt_instance *in = device->instance;
   const bool is_cut = in->all_types != 1;

   check_queries(in, opaque_is_served);
   check_list(in, FORMAT);
   check_list(in, BOTH_FORMAT);

   static const uint64_t any[2] = { 0, TILED };
   static const uint64_t linear[2] = { 0, 0 };
   for (int i = 0; i < 2; i++) {
      const VkFormat format = i ? FORMAT : BOTH_FORMAT;

      check_created(device, DMA_BUF, format, any, 0, is_cut);
      check_created(device, DMA_BUF, format, linear, 0, is_cut);
      check_created(device, 0, format, any, TILED, false);
      check_created(device, 0, format, linear, 0, false);
      check_created(device, OPAQUE, format, any, opaque_is_served ? 0 : TILED,
                    opaque_is_served && is_cut);
      check_created(device, OPAQUE, format, linear, 0,
                    opaque_is_served && is_cut);
   }

   static const VkSubresourceLayout plane = { .rowPitch = 64 };
   const VkImageDrmFormatModifierExplicitCreateInfoEXT tiled = {
      .sType =
         VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_EXPLICIT_CREATE_INFO_EXT,
      .drmFormatModifier = TILED,
      .drmFormatModifierPlaneCount = 1,
      .pPlaneLayouts = &plane,
   };
   VkImage image;
   U_CHECK_EQ(create(device, DMA_BUF, FORMAT, &tiled, &image),
              VK_ERROR_INVALID_DRM_FORMAT_MODIFIER_PLANE_LAYOUT_EXT);
   if (U_CHECK_EQ(create(device, 0, FORMAT, &tiled, &image), VK_SUCCESS))
      device->DestroyImage(device->handle, image, NULL);
}

void
test_own_modifiers(struct vt_device *device)
{
   check(device, false);
}

void
test_own_modifiers_no_fd(struct vt_device *device)
{
   check(device, true);
}

void
test_discrete_own_modifiers(struct vt_device *device)
{
   test_discrete(device);
   check(device, false);
}
