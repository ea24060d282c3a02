/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * A driver with dma-bufs and modifiers of its own must not notice the layer:
 * every answer and every command is the same with it and without it.
 */

#include <stdlib.h>
#include <string.h>

#include "u_test.h"
#include "vl_test_vulkan.h"

#define MASK "VK_LAYER_VENUS_test_mask"
#define BOTH "VK_LAYER_VENUS_shm," MASK

enum {
   FORMATS = 185, /* those of Vulkan 1.0 */
   TILINGS = 3,
};

/* All zeroes but what is asked for, so that it can be compared as bytes. */
struct answers {
   uint32_t extension_count;
   VkExtensionProperties extensions[512];
   VkPhysicalDeviceFeatures features;
   VkPhysicalDeviceMemoryProperties memory;
   uint32_t family_count;
   VkQueueFamilyProperties families[8];
   VkExternalMemoryProperties buffers[32];
   struct {
      VkFormatProperties properties;
      uint32_t modifier_count;
      VkDrmFormatModifierPropertiesEXT modifier;
      VkResult image_result[TILINGS][2];
      VkImageFormatProperties image[TILINGS][2];
      VkExternalMemoryProperties external[TILINGS];
   } formats[FORMATS];
   /* vkGetDeviceProcAddr */
   PFN_vkVoidFunction commands[64];
};

static void
ask_format(struct vt_instance *in, struct answers *out, int index)
{
   static const VkImageTiling tilings[TILINGS] = {
      VK_IMAGE_TILING_OPTIMAL,
      VK_IMAGE_TILING_LINEAR,
      VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT,
   };
   VkDrmFormatModifierPropertiesListEXT list = {
      .sType = VK_STRUCTURE_TYPE_DRM_FORMAT_MODIFIER_PROPERTIES_LIST_EXT,
      .drmFormatModifierCount = 1,
      .pDrmFormatModifierProperties = &out->formats[index].modifier,
   };
   VkFormatProperties2 properties = {
      .sType = VK_STRUCTURE_TYPE_FORMAT_PROPERTIES_2,
      .pNext = &list,
   };
   const VkFormat format = (VkFormat)index;
   in->GetPhysicalDeviceFormatProperties2(in->physical, format, &properties);
   out->formats[index].properties = properties.formatProperties;
   out->formats[index].modifier_count = list.drmFormatModifierCount;

   for (int i = 0; i < TILINGS; i++) {
      for (int shared = 0; shared < 2; shared++) {
         VkPhysicalDeviceExternalImageFormatInfo external_info = {
            .sType =
               VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
            .handleType = VT_DMA_BUF,
         };
         const VkPhysicalDeviceImageDrmFormatModifierInfoEXT modifier_info = {
            .sType =
               VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_DRM_FORMAT_MODIFIER_INFO_EXT,
            .pNext = shared ? &external_info : NULL,
         };
         const VkPhysicalDeviceImageFormatInfo2 info = {
            .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
            .pNext = i == 2   ? (const void *)&modifier_info
                     : shared ? (const void *)&external_info
                              : NULL,
            .format = format,
            .type = VK_IMAGE_TYPE_2D,
            .tiling = tilings[i],
            .usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT,
         };
         VkExternalImageFormatProperties external = {
            .sType = VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES,
         };
         VkImageFormatProperties2 image = {
            .sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2,
            .pNext = shared ? &external : NULL,
         };
         out->formats[index].image_result[i][shared] =
            in->GetPhysicalDeviceImageFormatProperties2(in->physical, &info,
                                                        &image);
         out->formats[index].image[i][shared] = image.imageFormatProperties;
         if (shared)
            out->formats[index].external[i] =
               external.externalMemoryProperties;
      }
   }
}

static bool
ask(const char *layers, struct answers *out)
{
   struct vt_instance in;
   if (!vt_instance_init(&in, layers, VK_API_VERSION_1_3))
      return false;
   out->extension_count = 512;
   in.EnumerateDeviceExtensionProperties(
      in.physical, NULL, &out->extension_count, out->extensions);
   in.GetPhysicalDeviceFeatures(in.physical, &out->features);
   in.GetPhysicalDeviceMemoryProperties(in.physical, &out->memory);
   out->family_count = 8;
   in.GetPhysicalDeviceQueueFamilyProperties(in.physical, &out->family_count,
                                             out->families);
   for (int i = 0; i < 32; i++) {
      const VkPhysicalDeviceExternalBufferInfo info = {
         .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO,
         .usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT,
         .handleType = (VkExternalMemoryHandleTypeFlagBits)(1u << i),
      };
      VkExternalBufferProperties properties = {
         .sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES,
      };
      in.GetPhysicalDeviceExternalBufferProperties(in.physical, &info,
                                                   &properties);
      out->buffers[i] = properties.externalMemoryProperties;
   }
   for (int i = 0; i < FORMATS; i++)
      ask_format(&in, out, i);

   struct vt_device device;
   if (vt_device_init(&device, &in)) {
      static const char *const names[] = {
#define NAME(name) "vk" #name,
         VT_DEVICE_FUNCTIONS(NAME)
#undef NAME
      };
      for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
         out->commands[i] = in.GetDeviceProcAddr(device.handle, names[i]);
      vt_device_finish(&device);
   }
   vt_instance_finish(&in);
   return true;
}

#define CHECK_SAME(member)                                                   \
   U_CHECK(!memcmp(&with->member, &without->member, sizeof(with->member)))

int
main(void)
{
   setenv("VENUS_TEST_MASK", "native-dma-buf,own-modifiers", 1);
   struct answers *with = calloc(1, sizeof(*with));
   struct answers *without = calloc(1, sizeof(*without));
   /* keeps every library where it is, so that pointers can be compared */
   struct vt_instance holder;
   if (!with || !without ||
       !vt_instance_init(&holder, BOTH, VK_API_VERSION_1_3)) {
      free(with);
      free(without);
      return U_TEST_SKIP;
   }
   U_CHECK(ask(MASK, without));
   U_CHECK(ask(BOTH, with));
   vt_instance_finish(&holder);

   CHECK_SAME(extension_count);
   CHECK_SAME(extensions);
   CHECK_SAME(features);
   CHECK_SAME(memory);
   CHECK_SAME(family_count);
   CHECK_SAME(families);
   CHECK_SAME(buffers);
   U_CHECK(without->buffers[9].externalMemoryFeatures); /* dma-bufs */
   for (int i = 0; i < FORMATS; i++) {
      if (!CHECK_SAME(formats[i]))
         fprintf(stderr, "... format %d\n", i);
   }
   /* DestroyDevice is where the layer forgets the device */
   static const char *const names[] = {
#define NAME(name) #name,
      VT_DEVICE_FUNCTIONS(NAME)
#undef NAME
   };
   for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
      if (strcmp(names[i], "DestroyDevice") &&
          !U_CHECK(with->commands[i] == without->commands[i]))
         fprintf(stderr, "... vk%s\n", names[i]);
   }
   free(with);
   free(without);
   return vt_failures() ? EXIT_FAILURE : u_test_result();
}
