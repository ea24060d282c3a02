/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Swapchains without a window system: all that is the driver's own about
 * them, on both roads, with a look at each picture that would have been
 * shown (VN_WSI_DUMP).
 */

#include "wsi_headless.h"

#include <string.h>
#include <unistd.h>

static char dump_path[64];

bool headless_only_valid;

VkSurfaceKHR
headless_create(struct wsi *wsi)
{
   const VkHeadlessSurfaceCreateInfoEXT info = {
      .sType = VK_STRUCTURE_TYPE_HEADLESS_SURFACE_CREATE_INFO_EXT,
   };
   VkSurfaceKHR surface = VK_NULL_HANDLE;

   VKT_CHECK(wsi->fns.create_headless_surface(wsi->instance.handle, &info,
                                              NULL, &surface));
   return surface;
}

void
headless_destroy(struct wsi *wsi, VkSurfaceKHR surface)
{
   vkDestroySurfaceKHR(wsi->instance.handle, surface, NULL);
}

bool
headless_wait(struct wsi_chain *chain)
{
   return VKT_CHECK(chain->wsi->fns.wait_for_present(
      chain->wsi->device.handle, chain->handle, chain->present_id,
      VKT_TIMEOUT_NS));
}

/* The pixel that is expected comes from one of the two. */
static bool
dump_is(VkExtent2D extent, const uint8_t color[4], const uint8_t *picture)
{
   unsigned width = 0, height = 0;

   FILE *file = fopen(dump_path, "re");
   if (!U_CHECK(file != NULL))
      return false;
   U_CHECK_EQ(fscanf(file,
                     "P7 WIDTH %u HEIGHT %u DEPTH 4 MAXVAL 255 "
                     "TUPLTYPE RGB_ALPHA ENDHDR%*1[\n]",
                     &width, &height),
              2);
   bool ok =
      U_CHECK_EQ(width, extent.width) && U_CHECK_EQ(height, extent.height);
   for (uint32_t i = 0; ok && i < width * height; i++) {
      const uint8_t *expected = picture ? &picture[4 * i] : color;
      uint8_t pixel[4];

      ok = U_CHECK_EQ(fread(pixel, 4, 1, file), 1);
      if (ok && memcmp(pixel, expected, 4)) {
         fprintf(stderr, "pixel %u, %u is %u %u %u %u, not %u %u %u %u\n",
                 i % width, i / width, pixel[0], pixel[1], pixel[2], pixel[3],
                 expected[0], expected[1], expected[2], expected[3]);
         ok = U_CHECK(!"the picture is right");
      }
   }
   fclose(file);
   return ok;
}

bool
headless_shows(VkExtent2D extent, const uint8_t color[4])
{
   return dump_is(extent, color, NULL);
}

bool
headless_shows_picture(VkExtent2D extent, const uint8_t *picture)
{
   return dump_is(extent, NULL, picture);
}

/* Each frame is shown, with the right pixels. */
static void
test_frames(struct wsi *wsi,
            VkSurfaceKHR surface,
            uint32_t variant,
            const struct wsi_params *params)
{
   struct wsi_chain chain;

   if (!U_CHECK(wsi_chain_init(&chain, wsi, surface, params))) {
      wsi_chain_finish(&chain);
      return;
   }
   for (uint32_t frame = 0; frame < 20; frame++) {
      const uint8_t expected[4] = { frame * 10, 255 - frame, variant * 50,
                                    255 };
      const float color[4] = {
         expected[0] / 255.0f,
         expected[1] / 255.0f,
         expected[2] / 255.0f,
         0.25f,
      };
      if (!U_CHECK(wsi_frame(&chain, color)) || !headless_wait(&chain) ||
          !headless_shows(params->extent, expected))
         break;
   }
   /* and without looking, as fast as it goes */
   const float last[4] = { 1.0f, 0.0f, 1.0f, 1.0f };
   for (uint32_t frame = 0; frame < 200; frame++) {
      const float color[4] = { 0.0f, (frame % 7) / 7.0f, 0.0f, 1.0f };
      if (!U_CHECK(wsi_frame(&chain, frame == 199 ? last : color)))
         break;
   }
   headless_wait(&chain);
   headless_shows(params->extent, (const uint8_t[4]){ 255, 0, 255, 255 });
   wsi_chain_finish(&chain);
}

static void
test_modes(struct wsi *wsi)
{
   static const VkPresentModeKHR modes[] = {
      VK_PRESENT_MODE_FIFO_KHR,
      VK_PRESENT_MODE_FIFO_RELAXED_KHR,
      VK_PRESENT_MODE_MAILBOX_KHR,
      VK_PRESENT_MODE_IMMEDIATE_KHR,
   };
   const VkSurfaceKHR surface = headless_create(wsi);

   for (uint32_t i = 0; i < VKT_ARRAY_SIZE(modes); i++) {
      const struct wsi_params params = {
         .mode = modes[i],
         .immediate = modes[i] == VK_PRESENT_MODE_IMMEDIATE_KHR,
         .extent = { 61 + i, 37 },
         .format = i & 1 ? VK_FORMAT_R8G8B8A8_UNORM : VK_FORMAT_UNDEFINED,
      };
      test_frames(wsi, surface, i, &params);
   }
   headless_destroy(wsi, surface);
}

/* Both forms of each question say the same. */
static void
test_questions(struct wsi *wsi)
{
   const VkPhysicalDevice pdev = wsi->instance.pdev;
   const VkSurfaceKHR surface = headless_create(wsi);
   const VkPhysicalDeviceSurfaceInfo2KHR info = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SURFACE_INFO_2_KHR,
      .surface = surface,
   };
   VkSurfaceCapabilitiesKHR caps;
   VkSurfaceCapabilities2KHR caps2 = {
      .sType = VK_STRUCTURE_TYPE_SURFACE_CAPABILITIES_2_KHR,
   };
   VkSurfaceFormatKHR formats[32];
   VkSurfaceFormat2KHR formats2[32];
   VkPresentModeKHR modes[8];
   VkBool32 supported = VK_FALSE;
   VkRect2D rects[2];
   uint32_t count = 0, few = 1;

   VKT_CHECK(vkGetPhysicalDeviceSurfaceSupportKHR(
      pdev, wsi->instance.queue_family, surface, &supported));
   U_CHECK_EQ(supported, VK_TRUE);

   VKT_CHECK(vkGetPhysicalDeviceSurfaceCapabilitiesKHR(pdev, surface, &caps));
   VKT_CHECK(wsi->fns.get_capabilities2(pdev, &info, &caps2));
   U_CHECK(!memcmp(&caps, &caps2.surfaceCapabilities, sizeof(caps)));
   U_CHECK(caps.minImageCount >= 1);
   U_CHECK_EQ(caps.maxImageArrayLayers, 1);
   U_CHECK(caps.maxImageExtent.width <=
           wsi->instance.props.limits.maxImageDimension2D);
   U_CHECK(caps.supportedUsageFlags & VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT);
   const bool loops = caps.supportedUsageFlags &
                      VK_IMAGE_USAGE_ATTACHMENT_FEEDBACK_LOOP_BIT_EXT;
   U_CHECK_EQ(loops,
              vkt_instance_has(
                 &wsi->instance,
                 VK_EXT_ATTACHMENT_FEEDBACK_LOOP_LAYOUT_EXTENSION_NAME));

   VKT_CHECK(
      vkGetPhysicalDeviceSurfaceFormatsKHR(pdev, surface, &count, NULL));
   U_CHECK(count >= 4 && count <= VKT_ARRAY_SIZE(formats));
   count = VKT_ARRAY_SIZE(formats);
   VKT_CHECK(
      vkGetPhysicalDeviceSurfaceFormatsKHR(pdev, surface, &count, formats));
   U_CHECK_EQ(
      vkGetPhysicalDeviceSurfaceFormatsKHR(pdev, surface, &few, formats),
      VK_INCOMPLETE);
   U_CHECK_EQ(few, 1);
   /* what an application gets that takes the first one */
   U_CHECK_EQ(formats[0].format, VK_FORMAT_B8G8R8A8_SRGB);
   for (uint32_t i = 0; i < count; i++) {
      formats2[i] = (VkSurfaceFormat2KHR){
         .sType = VK_STRUCTURE_TYPE_SURFACE_FORMAT_2_KHR,
      };
   }
   VKT_CHECK(wsi->fns.get_formats2(pdev, &info, &count, formats2));
   for (uint32_t i = 0; i < count; i++) {
      U_CHECK(!memcmp(&formats[i], &formats2[i].surfaceFormat,
                      sizeof(formats[i])));
      U_CHECK_EQ(formats[i].colorSpace, VK_COLOR_SPACE_SRGB_NONLINEAR_KHR);
   }

   count = VKT_ARRAY_SIZE(modes);
   VKT_CHECK(vkGetPhysicalDeviceSurfacePresentModesKHR(pdev, surface, &count,
                                                       modes));
   U_CHECK_EQ(count, 4);
   few = 2;
   U_CHECK_EQ(
      vkGetPhysicalDeviceSurfacePresentModesKHR(pdev, surface, &few, modes),
      VK_INCOMPLETE);
   U_CHECK_EQ(few, 2);

   count = VKT_ARRAY_SIZE(rects);
   VKT_CHECK(
      vkGetPhysicalDevicePresentRectanglesKHR(pdev, surface, &count, rects));
   U_CHECK_EQ(count, 1);
   headless_destroy(wsi, surface);
}

static void
test_all(void)
{
   struct wsi wsi;

   if (U_CHECK(wsi_init(&wsi, VK_EXT_HEADLESS_SURFACE_EXTENSION_NAME))) {
      test_questions(&wsi);
      test_modes(&wsi);
      U_CHECK_EQ(headless_test_rules(&wsi), 0);
      U_CHECK_EQ(headless_test_images(&wsi), 0);
      U_CHECK_EQ(headless_test_damage(&wsi), 0);
   }
   wsi_finish(&wsi);
}

int
main(int argc, char **argv)
{
   headless_only_valid = argc > 1 && !strcmp(argv[1], "valid");
   vkt_bound(100);
   snprintf(dump_path, sizeof(dump_path), "/tmp/venus-wsi-headless.%d",
            (int)getpid());
   setenv("VN_WSI_DUMP", dump_path, 1);
   for (int i = 0; i < 2; i++) {
      setenv("VN_WSI", i ? "copy" : "direct", 1);
      test_all();
   }
   unlink(dump_path);
   return u_test_result();
}
