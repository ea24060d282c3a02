/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What a device is asked when a surface's formats and a swapchain's road are
 * looked for: the device and the window system are the test's, and count.
 */

#include <drm_fourcc.h>

#include "u_test.h"
#include "vn_entrypoints.h"
#include "vn_instance.h"
#include "vn_physical_device.h"
#include "vn_wsi_format.h"
#include "vn_wsi_modifiers.h"
#include "vn_wsi_road.h"

#define TILED UINT64_C(0x0100000000000001)

static atomic_uint asked;
static uint32_t modifier_count; /* what the device has; 0: does not answer */

VKAPI_ATTR void VKAPI_CALL
vn_GetPhysicalDeviceFormatProperties2(VkPhysicalDevice physical,
                                      VkFormat format,
                                      VkFormatProperties2 *props)
{
   VkDrmFormatModifierPropertiesListEXT *list = props->pNext;
   VkDrmFormatModifierPropertiesEXT *out = list->pDrmFormatModifierProperties;

   atomic_fetch_add_explicit(&asked, 1, memory_order_relaxed);
   U_CHECK(out != NULL);
   list->drmFormatModifierCount =
      VN_MIN(list->drmFormatModifierCount, modifier_count);
   for (uint32_t i = 0; i < list->drmFormatModifierCount; i++) {
      out[i] = (VkDrmFormatModifierPropertiesEXT){
         .drmFormatModifier = i ? TILED + i - 1 : DRM_FORMAT_MOD_LINEAR,
         .drmFormatModifierPlaneCount = i < 3 ? 1 : VN_WSI_MAX_PLANES + 1,
         .drmFormatModifierTilingFeatures =
            i == 2 ? 0 : VK_FORMAT_FEATURE_COLOR_ATTACHMENT_BIT,
      };
   }
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_GetPhysicalDeviceImageFormatProperties2(
   VkPhysicalDevice physical,
   const VkPhysicalDeviceImageFormatInfo2 *info,
   VkImageFormatProperties2 *props)
{
   VkExternalImageFormatProperties *external = props->pNext;

   external->externalMemoryProperties.externalMemoryFeatures =
      VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT;
   props->imageFormatProperties.maxExtent = (VkExtent3D){ 64, 64, 1 };
   return VK_SUCCESS;
}

/* ---- the window system --------------------------------------------------- */

static VkResult
get_formats(struct vn_surface *surface,
            struct vn_physical_device *physical,
            enum vn_wsi_road road,
            struct vn_wsi_format_list *list)
{
   const uint64_t modifiers[] = { TILED, TILED + 1, TILED + 2,
                                  DRM_FORMAT_MOD_LINEAR };

   for (uint32_t i = 0; i < VN_ARRAY_SIZE(modifiers); i++) {
      if (road == VN_WSI_ROAD_DIRECT)
         U_CHECK(
            vn_wsi_format_list_add(list, DRM_FORMAT_XRGB8888, modifiers[i]));
   }
   return VK_SUCCESS;
}

static const struct vn_swapchain_ops swapchain_ops = { .maps_direct = true };
static const struct vn_surface_ops surface_ops = {
   .get_formats = get_formats,
   .swapchain = &swapchain_ops,
};
static struct vn_surface surface = { .ops = &surface_ops };
static struct vn_physical_device physical;

static void
init_device(uint32_t modifiers)
{
   physical = (struct vn_physical_device){ .can_map = true };
   vn_ext_set_add(&physical.extensions,
                  VN_DEVICE_EXT_EXT_external_memory_dma_buf);
   vn_ext_set_add(&physical.extensions,
                  VN_DEVICE_EXT_EXT_image_drm_format_modifier);
   vn_wsi_modifiers_init(&physical);
   modifier_count = modifiers;
   asked = 0;
}

static uint32_t
count_formats(void)
{
   struct vn_wsi_format_list list = { 0 };

   U_CHECK_EQ(vn_wsi_road_formats(&surface, &physical, &list), VK_SUCCESS);
   const uint32_t count = list.count;
   vn_wsi_format_list_finish(&list);
   return count;
}

/* Of the formats only two (UNORM and sRGB) are what the window takes. */
static void
test_once(void)
{
   init_device(4);
   for (uint32_t i = 0; i < 10; i++)
      U_CHECK_EQ(count_formats(), 1);
   U_CHECK_EQ(asked, 2);
   vn_wsi_modifiers_finish(&physical);
}

static void
test_plan(void)
{
   const VkSwapchainCreateInfoKHR info = {
      .imageFormat = VK_FORMAT_B8G8R8A8_UNORM,
   };
   const VkImageCreateInfo image_info = {
      .format = VK_FORMAT_B8G8R8A8_UNORM,
      .extent = { 64, 64, 1 },
   };
   struct vn_wsi_road_plan plan;
   const char *why;

   init_device(4);
   for (uint32_t i = 0; i < 3; i++) {
      U_CHECK_EQ(vn_wsi_road_plan(&surface, &physical, &info, &image_info,
                                  VN_WSI_ROAD_DIRECT, &plan, &why),
                 VK_SUCCESS);
      U_CHECK(!why);
      /* not what cannot be drawn to, nor what has too many planes */
      if (U_CHECK_EQ(plan.modifier_count, 2)) {
         U_CHECK_EQ(plan.modifiers[0], TILED);
         U_CHECK_EQ(plan.modifiers[1], DRM_FORMAT_MOD_LINEAR);
      }
      vn_wsi_road_plan_finish(&plan);
   }
   U_CHECK_EQ(asked, 1);
   vn_wsi_modifiers_finish(&physical);
}

/* A failure is not remembered; a device with more than there is room is. */
static void
test_silence(void)
{
   struct vn_wsi_modifiers modifiers;

   init_device(0);
   U_CHECK_EQ(count_formats(), 0);
   modifier_count = 1000;
   U_CHECK_EQ(count_formats(), 1);
   U_CHECK_EQ(asked, 4);
   vn_wsi_modifiers_get(&physical, VK_FORMAT_B8G8R8A8_UNORM, &modifiers);
   U_CHECK_EQ(modifiers.count, VN_WSI_MAX_MODIFIERS);
   U_CHECK_EQ(asked, 4);
   vn_wsi_modifiers_finish(&physical);
}

static void *
ask_often(void *data)
{
   for (uint32_t i = 0; i < 1000; i++)
      U_CHECK_EQ(count_formats(), 1);
   return NULL;
}

/* Each thread may ask before the first answer is known, and no more. */
static void
test_threads(void)
{
   pthread_t threads[4];

   init_device(4);
   for (uint32_t i = 0; i < VN_ARRAY_SIZE(threads); i++)
      U_CHECK_EQ(pthread_create(&threads[i], NULL, ask_often, NULL), 0);
   for (uint32_t i = 0; i < VN_ARRAY_SIZE(threads); i++)
      pthread_join(threads[i], NULL);
   U_CHECK(asked >= 2 && asked <= 2 * VN_ARRAY_SIZE(threads));
   U_CHECK_EQ(physical.wsi_modifiers.count, 2);
   vn_wsi_modifiers_finish(&physical);
}

int
main(void)
{
   test_once();
   test_plan();
   test_silence();
   test_threads();
   return u_test_result();
}
