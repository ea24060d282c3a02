/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What the device says about external memory: handle types of buffers and
 * images, the list of modifiers and its two forms, and that a thing which is
 * offered in one place is not denied in another.
 */

#include <string.h>

#include "ext_fixture.h"

/* of a format: more than any driver is known to have */
#define MAX_MODIFIERS 64

#define BOTH                                                                 \
   (VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT |                              \
    VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT)

static VkExternalMemoryProperties
buffer_props(const struct vkt_instance *instance,
             VkExternalMemoryHandleTypeFlagBits type)
{
   const VkPhysicalDeviceExternalBufferInfo info = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO,
      .usage = VK_BUFFER_USAGE_TRANSFER_DST_BIT |
               VK_BUFFER_USAGE_STORAGE_BUFFER_BIT,
      .handleType = type,
   };
   VkExternalBufferProperties props = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES,
   };

   vkGetPhysicalDeviceExternalBufferProperties(instance->pdev, &info, &props);
   return props.externalMemoryProperties;
}

static void
test_buffers(const struct vkt_instance *instance)
{
   /* of another system, whatever the host is */
   static const VkExternalMemoryHandleTypeFlagBits foreign[] = {
      VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_WIN32_BIT,
      VK_EXTERNAL_MEMORY_HANDLE_TYPE_D3D11_TEXTURE_BIT,
      VK_EXTERNAL_MEMORY_HANDLE_TYPE_ANDROID_HARDWARE_BUFFER_BIT_ANDROID,
   };
   const VkExternalMemoryProperties dma_buf =
      buffer_props(instance, EXT_DMA_BUF);
   const VkExternalMemoryProperties opaque =
      buffer_props(instance, VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT);

   U_CHECK_EQ(dma_buf.externalMemoryFeatures & BOTH, BOTH);
   U_CHECK(dma_buf.compatibleHandleTypes & EXT_DMA_BUF);
   U_CHECK(dma_buf.exportFromImportedHandleTypes & EXT_DMA_BUF);
   /* VK_KHR_external_memory_fd without any fd would be an empty promise */
   U_CHECK_EQ(opaque.externalMemoryFeatures & BOTH, BOTH);
   for (size_t i = 0; i < VKT_ARRAY_SIZE(foreign); i++) {
      const VkExternalMemoryProperties props =
         buffer_props(instance, foreign[i]);
      U_CHECK_EQ(props.externalMemoryFeatures, 0);
      U_CHECK_EQ(props.exportFromImportedHandleTypes, 0);
   }
}

static uint32_t
modifier_list(const struct vkt_instance *instance,
              VkFormat format,
              VkDrmFormatModifierPropertiesEXT *list,
              uint32_t room)
{
   VkDrmFormatModifierPropertiesListEXT modifiers = {
      .sType = VK_STRUCTURE_TYPE_DRM_FORMAT_MODIFIER_PROPERTIES_LIST_EXT,
      .drmFormatModifierCount = room,
      .pDrmFormatModifierProperties = list,
   };
   VkFormatProperties2 props = {
      .sType = VK_STRUCTURE_TYPE_FORMAT_PROPERTIES_2,
      .pNext = &modifiers,
   };

   vkGetPhysicalDeviceFormatProperties2(instance->pdev, format, &props);
   return modifiers.drmFormatModifierCount;
}

static uint32_t
modifier_list2(const struct vkt_instance *instance,
               VkFormat format,
               VkDrmFormatModifierProperties2EXT *list,
               uint32_t room)
{
   VkDrmFormatModifierPropertiesList2EXT modifiers = {
      .sType = VK_STRUCTURE_TYPE_DRM_FORMAT_MODIFIER_PROPERTIES_LIST_2_EXT,
      .drmFormatModifierCount = room,
      .pDrmFormatModifierProperties = list,
   };
   VkFormatProperties2 props = {
      .sType = VK_STRUCTURE_TYPE_FORMAT_PROPERTIES_2,
      .pNext = &modifiers,
   };

   vkGetPhysicalDeviceFormatProperties2(instance->pdev, format, &props);
   return modifiers.drmFormatModifierCount;
}

static VkResult
image_props(const struct vkt_instance *instance,
            VkFormat format,
            VkImageUsageFlags usage,
            uint64_t modifier,
            VkExternalMemoryHandleTypeFlagBits type,
            VkExternalMemoryProperties *out_props)
{
   const VkPhysicalDeviceImageDrmFormatModifierInfoEXT modifier_info = {
      .sType =
         VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_DRM_FORMAT_MODIFIER_INFO_EXT,
      .drmFormatModifier = modifier,
   };
   const VkPhysicalDeviceExternalImageFormatInfo external_info = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
      .pNext = &modifier_info,
      .handleType = type,
   };
   const VkPhysicalDeviceImageFormatInfo2 info = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
      .pNext = &external_info,
      .format = format,
      .type = VK_IMAGE_TYPE_2D,
      .tiling = VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT,
      .usage = usage,
   };
   VkExternalImageFormatProperties external = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES,
   };
   VkImageFormatProperties2 props = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2,
      .pNext = &external,
   };
   const VkResult result = vkGetPhysicalDeviceImageFormatProperties2(
      instance->pdev, &info, &props);

   *out_props = external.externalMemoryProperties;
   if (result == VK_SUCCESS) {
      U_CHECK(props.imageFormatProperties.maxExtent.width >= 1920);
      U_CHECK(props.imageFormatProperties.maxMipLevels >= 1);
      U_CHECK(props.imageFormatProperties.sampleCounts &
              VK_SAMPLE_COUNT_1_BIT);
   }
   return result;
}

/* The format of every scanout buffer can be sampled, copied and shared; and
 * drawn to, if the host draws to linear images at all.
 */
static void
test_scanout_format(const struct vkt_instance *instance)
{
   VkFormatFeatureFlags needed = VK_FORMAT_FEATURE_SAMPLED_IMAGE_BIT |
                                 VK_FORMAT_FEATURE_TRANSFER_SRC_BIT |
                                 VK_FORMAT_FEATURE_TRANSFER_DST_BIT;
   VkImageUsageFlags usage =
      EXT_USAGE & ~(VkFlags)VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT;
   VkFormatProperties2 plain = {
      .sType = VK_STRUCTURE_TYPE_FORMAT_PROPERTIES_2,
   };

   vkGetPhysicalDeviceFormatProperties2(instance->pdev, EXT_FORMAT, &plain);
   if (plain.formatProperties.linearTilingFeatures &
       VK_FORMAT_FEATURE_COLOR_ATTACHMENT_BIT) {
      needed |= VK_FORMAT_FEATURE_COLOR_ATTACHMENT_BIT;
      usage = EXT_USAGE;
   }
   VkDrmFormatModifierPropertiesEXT list[MAX_MODIFIERS];
   VkExternalMemoryProperties props;
   bool found = false;
   const uint32_t count = modifier_list(instance, EXT_FORMAT, NULL, 0);

   if (!U_CHECK(count >= 1 && count <= MAX_MODIFIERS))
      return;
   U_CHECK_EQ(modifier_list(instance, EXT_FORMAT, list, MAX_MODIFIERS),
              count);
   for (uint32_t i = 0; i < count; i++) {
      if (list[i].drmFormatModifier != EXT_LINEAR)
         continue;
      found = true;
      U_CHECK_EQ(list[i].drmFormatModifierPlaneCount, 1);
      U_CHECK_EQ(list[i].drmFormatModifierTilingFeatures & needed, needed);
   }
   U_CHECK(found);
   /* no room, no entry; and no more is written than there is room */
   U_CHECK_EQ(modifier_list(instance, EXT_FORMAT, list, 0), 0);

   VKT_CHECK(image_props(instance, EXT_FORMAT, usage, EXT_LINEAR, EXT_DMA_BUF,
                         &props));
   U_CHECK_EQ(props.externalMemoryFeatures & BOTH, BOTH);
   U_CHECK(props.compatibleHandleTypes & EXT_DMA_BUF);

   /* a modifier that nobody has */
   U_CHECK_EQ(image_props(instance, EXT_FORMAT, usage,
                          UINT64_C(0x00ab123456789abc), EXT_DMA_BUF, &props),
              VK_ERROR_FORMAT_NOT_SUPPORTED);
   /* a handle of another system: not every host has the right error */
   if (image_props(instance, EXT_FORMAT, usage, EXT_LINEAR,
                   VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_WIN32_BIT,
                   &props) == VK_SUCCESS)
      U_CHECK_EQ(props.externalMemoryFeatures, 0);
}

/* What is listed can be had: shared as a dma-buf if it is LINEAR, as some
 * handle type or not at all else. */
static bool
is_true(const struct vkt_instance *instance,
        VkFormat format,
        VkImageUsageFlags usage,
        uint64_t modifier)
{
   VkExternalMemoryProperties props;

   if (image_props(instance, format, usage, modifier, EXT_DMA_BUF, &props) ==
       VK_SUCCESS)
      return U_CHECK(props.externalMemoryFeatures & BOTH);
   if (modifier == EXT_LINEAR)
      return false;
   if (image_props(instance, format, usage, modifier,
                   VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT,
                   &props) == VK_SUCCESS)
      return U_CHECK(props.externalMemoryFeatures & BOTH);
   return image_props(instance, format, usage, modifier, 0, &props) ==
          VK_SUCCESS;
}

/* For each format and modifier: both lists say the same, and what they offer
 * can be asked for as an image. */
static void
test_all_formats(const struct vkt_instance *instance)
{
   static const struct {
      VkFormatFeatureFlags feature;
      VkImageUsageFlags usage;
   } map[] = {
      { VK_FORMAT_FEATURE_SAMPLED_IMAGE_BIT, VK_IMAGE_USAGE_SAMPLED_BIT },
      { VK_FORMAT_FEATURE_STORAGE_IMAGE_BIT, VK_IMAGE_USAGE_STORAGE_BIT },
      { VK_FORMAT_FEATURE_COLOR_ATTACHMENT_BIT,
        VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT },
      { VK_FORMAT_FEATURE_TRANSFER_SRC_BIT, VK_IMAGE_USAGE_TRANSFER_SRC_BIT },
      { VK_FORMAT_FEATURE_TRANSFER_DST_BIT, VK_IMAGE_USAGE_TRANSFER_DST_BIT },
   };
   uint32_t offered = 0;

   for (int format = VK_FORMAT_R4G4_UNORM_PACK8;
        format <= VK_FORMAT_ASTC_12x12_SRGB_BLOCK; format++) {
      VkDrmFormatModifierPropertiesEXT list[MAX_MODIFIERS];
      VkDrmFormatModifierProperties2EXT list2[MAX_MODIFIERS];
      const uint32_t count = modifier_list(instance, format, NULL, 0);

      U_CHECK_EQ(modifier_list2(instance, format, NULL, 0), count);
      if (!U_CHECK(count <= MAX_MODIFIERS))
         return;
      U_CHECK_EQ(modifier_list(instance, format, list, MAX_MODIFIERS), count);
      U_CHECK_EQ(modifier_list2(instance, format, list2, MAX_MODIFIERS),
                 count);
      for (uint32_t i = 0; i < count; i++) {
         VkImageUsageFlags usage = 0;

         U_CHECK_EQ(list[i].drmFormatModifier, list2[i].drmFormatModifier);
         U_CHECK_EQ(list[i].drmFormatModifierPlaneCount,
                    list2[i].drmFormatModifierPlaneCount);
         U_CHECK(list[i].drmFormatModifierTilingFeatures != 0);
         for (size_t m = 0; m < VKT_ARRAY_SIZE(map); m++) {
            if (list[i].drmFormatModifierTilingFeatures & map[m].feature)
               usage |= map[m].usage;
         }
         offered++;
         if (!U_CHECK(usage && is_true(instance, format, usage,
                                       list[i].drmFormatModifier)))
            fprintf(stderr, "   (format %d, usage 0x%x, modifier 0x%llx)\n",
                    format, usage,
                    (unsigned long long)list[i].drmFormatModifier);
      }
   }
   U_CHECK(offered > 0);
   printf("%u formats and modifiers can be had\n", offered);
}

/* Depth has no linear layout that anybody else would understand. */
static void
test_optimal_is_not_shared(const struct vkt_instance *instance)
{
   const VkPhysicalDeviceExternalImageFormatInfo external = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
      .handleType = EXT_DMA_BUF,
   };
   const VkPhysicalDeviceImageFormatInfo2 info = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
      .pNext = &external,
      .format = VK_FORMAT_D16_UNORM,
      .type = VK_IMAGE_TYPE_2D,
      .tiling = VK_IMAGE_TILING_OPTIMAL,
      .usage = VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT,
   };
   VkExternalImageFormatProperties external_props = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES,
   };
   VkImageFormatProperties2 props = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2,
      .pNext = &external_props,
   };
   const VkResult result = vkGetPhysicalDeviceImageFormatProperties2(
      instance->pdev, &info, &props);

   /* either answer is allowed, a third one is not */
   U_CHECK(result == VK_ERROR_FORMAT_NOT_SUPPORTED || result == VK_SUCCESS);
}

int
main(void)
{
   struct vkt_instance instance;

   vkt_bound(60);
   if (U_CHECK(vkt_instance_init(&instance)) &&
       U_CHECK(vkt_instance_has_all(&instance, ext_names,
                                    VKT_ARRAY_SIZE(ext_names)))) {
      test_buffers(&instance);
      test_scanout_format(&instance);
      test_all_formats(&instance);
      test_optimal_is_not_shared(&instance);
   }
   vkt_instance_finish(&instance);
   return u_test_result();
}
