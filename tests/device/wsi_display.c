/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Usage: device-wsi-display [--frames N] [--exec COMMAND]
 *        device-wsi-display --reference FILE.png WxH
 *
 * Presents to the first display there is, without a window system: the rules
 * of VK_KHR_display, one swapchain in the place of another, and the screen as
 * it was afterwards. The last frame is a picture, whose every pixel says
 * where it is; the command runs while it is shown, and its failure is ours.
 * The second form only writes that picture, to compare a screenshot with.
 */

#include <png.h>
#include <string.h>

#include "wsi_fixture.h"
#include "wsi_screen.h"

struct display {
   VkDisplayKHR handle;
   VkDisplayModeKHR mode;
   VkExtent2D size; /* of the mode */
   uint32_t refresh;
   uint32_t plane;
};

static int
write_reference(const char *path, const char *size)
{
   png_image png = { .version = PNG_IMAGE_VERSION, .format = PNG_FORMAT_RGB };
   if (sscanf(size, "%4ux%4u", &png.width, &png.height) != 2)
      return EXIT_FAILURE;
   uint8_t *rgb = malloc((size_t)png.width * png.height * 3);
   uint8_t *to = rgb;
   for (uint32_t y = 0; y < png.height; y++) {
      for (uint32_t x = 0; x < png.width; x++) {
         const uint32_t pixel = wsi_screen_pixel(x, y);
         *to++ = (uint8_t)(pixel >> 16);
         *to++ = (uint8_t)(pixel >> 8);
         *to++ = (uint8_t)pixel;
      }
   }
   const bool ok = png_image_write_to_file(&png, path, 0, rgb, 0, NULL);
   free(rgb);
   return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* A plane that is free, or shows this display already. */
static bool
find_plane(VkPhysicalDevice pdev, struct display *display)
{
   VkDisplayPlanePropertiesKHR planes[16];
   uint32_t count = VKT_ARRAY_SIZE(planes);

   if (!VKT_CHECK(
          vkGetPhysicalDeviceDisplayPlanePropertiesKHR(pdev, &count, planes)))
      return false;
   for (uint32_t i = 0; i < count; i++) {
      if (planes[i].currentDisplay &&
          planes[i].currentDisplay != display->handle)
         continue;
      VkDisplayKHR displays[16];
      uint32_t supported = VKT_ARRAY_SIZE(displays);
      if (!VKT_CHECK(vkGetDisplayPlaneSupportedDisplaysKHR(
             pdev, i, &supported, displays)))
         return false;
      for (uint32_t j = 0; j < supported; j++) {
         if (displays[j] == display->handle) {
            display->plane = i;
            return true;
         }
      }
   }
   return U_CHECK(!"a plane for the display");
}

/* The mode that the display would rather have. */
static bool
find_mode(VkPhysicalDevice pdev,
          const VkDisplayPropertiesKHR *props,
          struct display *display)
{
   VkDisplayModePropertiesKHR modes[64];
   uint32_t count = VKT_ARRAY_SIZE(modes);
   const VkResult result =
      vkGetDisplayModePropertiesKHR(pdev, display->handle, &count, modes);

   if (!U_CHECK(result == VK_SUCCESS || result == VK_INCOMPLETE))
      return false;
   for (uint32_t i = 0; i < count; i++) {
      const VkDisplayModeParametersKHR *mode = &modes[i].parameters;
      if (mode->visibleRegion.width != props->physicalResolution.width ||
          mode->visibleRegion.height != props->physicalResolution.height)
         continue;
      display->mode = modes[i].displayMode;
      display->size = mode->visibleRegion;
      display->refresh = mode->refreshRate;

      /* creating what is there gives what is there, and nothing else is */
      VkDisplayModeCreateInfoKHR info = {
         .sType = VK_STRUCTURE_TYPE_DISPLAY_MODE_CREATE_INFO_KHR,
         .parameters = *mode,
      };
      VkDisplayModeKHR made;
      VKT_CHECK(
         vkCreateDisplayModeKHR(pdev, display->handle, &info, NULL, &made));
      info.parameters.visibleRegion.width += 1;
      U_CHECK_EQ(
         vkCreateDisplayModeKHR(pdev, display->handle, &info, NULL, &made),
         VK_ERROR_INITIALIZATION_FAILED);
      return true;
   }
   return U_CHECK(!"a mode of the display's resolution");
}

static bool
find_display(VkPhysicalDevice pdev, struct display *display)
{
   VkDisplayPropertiesKHR props;
   uint32_t count = 1;
   const VkResult result =
      vkGetPhysicalDeviceDisplayPropertiesKHR(pdev, &count, &props);

   if (!U_CHECK(result == VK_SUCCESS || result == VK_INCOMPLETE))
      return false;
   if (!count) {
      printf("there is no display\n");
      exit(U_TEST_SKIP);
   }
   display->handle = props.display;
   if (!find_mode(pdev, &props, display) || !find_plane(pdev, display))
      return false;
   printf("display %s, %ux%u at %u mHz, plane %u\n", props.displayName,
          display->size.width, display->size.height, display->refresh,
          display->plane);

   VkDisplayPlaneCapabilitiesKHR caps;
   VKT_CHECK(vkGetDisplayPlaneCapabilitiesKHR(pdev, display->mode,
                                              display->plane, &caps));
   U_CHECK(caps.supportedAlpha & VK_DISPLAY_PLANE_ALPHA_OPAQUE_BIT_KHR);
   U_CHECK_EQ(caps.maxDstExtent.width, display->size.width);
   return true;
}

static VkSurfaceKHR
create_surface(const struct wsi *wsi, const struct display *display)
{
   const VkDisplaySurfaceCreateInfoKHR info = {
      .sType = VK_STRUCTURE_TYPE_DISPLAY_SURFACE_CREATE_INFO_KHR,
      .displayMode = display->mode,
      .planeIndex = display->plane,
      .transform = VK_SURFACE_TRANSFORM_IDENTITY_BIT_KHR,
      .alphaMode = VK_DISPLAY_PLANE_ALPHA_OPAQUE_BIT_KHR,
      .globalAlpha = 1.0f,
      .imageExtent = display->size,
   };
   VkSurfaceKHR surface = VK_NULL_HANDLE;
   VKT_CHECK(vkCreateDisplayPlaneSurfaceKHR(wsi->instance.handle, &info, NULL,
                                            &surface));
   return surface;
}

static bool
present_colors(struct wsi_chain *chain, uint32_t frames)
{
   for (uint32_t i = 0; i < frames; i++) {
      const float color[4] = { (float)(i % 7) / 6, (float)(i % 5) / 4,
                               (float)(i % 3) / 2, 0.0f };
      if (!U_CHECK(wsi_frame(chain, color)))
         return false;
   }
   return true;
}

/* The picture, of which each image gets a copy at the end of its turn. */
static bool
present_picture(struct wsi_chain *chain, const struct vkt_buffer *picture)
{
   const VkBufferImageCopy copy = {
      .imageSubresource = { VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1 },
      .imageExtent = { chain->extent.width, chain->extent.height, 1 },
   };
   struct vkt_device *device = &chain->wsi->device;
   const float black[4] = { 0 };
   uint32_t index;

   if (!VKT_CHECK(wsi_acquire(chain, VKT_TIMEOUT_NS, &index)) ||
       !U_CHECK(wsi_draw(chain, index, black)) || !vkt_begin(device))
      return false;
   vkt_image_barrier(
      device->cmd, chain->images[index], VK_IMAGE_ASPECT_COLOR_BIT,
      VK_IMAGE_LAYOUT_PRESENT_SRC_KHR, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL);
   vkCmdCopyBufferToImage(device->cmd, picture->handle, chain->images[index],
                          VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, 1, &copy);
   vkt_image_barrier(
      device->cmd, chain->images[index], VK_IMAGE_ASPECT_COLOR_BIT,
      VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, VK_IMAGE_LAYOUT_PRESENT_SRC_KHR);
   return vkt_submit_wait(device) &&
          VKT_CHECK(wsi_present(chain, index, NULL)) &&
          VKT_CHECK(chain->wsi->fns.wait_for_present(
             device->handle, chain->handle, chain->present_id,
             VKT_TIMEOUT_NS));
}

static bool
show_picture(struct wsi_chain *chain, const char *command)
{
   struct vkt_buffer picture = { 0 };
   const VkExtent2D size = chain->extent;
   bool ok = vkt_buffer_init(&picture, &chain->wsi->device,
                             (VkDeviceSize)size.width * size.height * 4,
                             VK_BUFFER_USAGE_TRANSFER_SRC_BIT);
   if (ok) {
      uint32_t *to = picture.map;
      for (uint32_t y = 0; y < size.height; y++) {
         for (uint32_t x = 0; x < size.width; x++)
            *to++ = wsi_screen_pixel(x, y);
      }
      ok = present_picture(chain, &picture);
   }
   if (ok && command)
      ok = U_CHECK_EQ(system(command), 0);
   vkt_buffer_finish(&picture);
   return ok;
}

/* A display is one surface's. */
static void
check_second_surface(struct wsi *wsi, const struct display *display)
{
   const VkSurfaceKHR surface = create_surface(wsi, display);
   struct wsi_chain chain;
   const struct wsi_params params = { .extent = display->size };

   fprintf(stderr, "to be refused: ");
   U_CHECK(!wsi_chain_init(&chain, wsi, surface, &params));
   wsi_chain_finish(&chain);
   vkDestroySurfaceKHR(wsi->instance.handle, surface, NULL);
}

static void
test_display(struct wsi *wsi, uint32_t frames, const char *command)
{
   struct display display;
   struct wsi_chain first, second;
   struct wsi_params params = { 0 };

   if (!find_display(wsi->instance.pdev, &display))
      return;
   const VkSurfaceKHR surface = create_surface(wsi, &display);
   params.extent = display.size;
   if (!U_CHECK(wsi_chain_init(&first, wsi, surface, &params)))
      return;
   check_second_surface(wsi, &display);

   if (present_colors(&first, frames)) {
      params.old = first.handle;
      params.mode = VK_PRESENT_MODE_MAILBOX_KHR;
      if (U_CHECK(wsi_chain_init(&second, wsi, surface, &params)) &&
          present_colors(&second, frames))
         show_picture(&second, command);
      /* in the order in which it is harder */
      wsi_chain_finish(&first);
      wsi_chain_finish(&second);
   } else {
      wsi_chain_finish(&first);
   }
   vkDestroySurfaceKHR(wsi->instance.handle, surface, NULL);
}

int
main(int argc, char **argv)
{
   const char *command = NULL;
   uint32_t frames = 10;
   struct wsi wsi;

   if (argc == 4 && !strcmp(argv[1], "--reference"))
      return write_reference(argv[2], argv[3]);
   for (int i = 1; i + 1 < argc; i += 2) {
      if (!strcmp(argv[i], "--frames"))
         frames = (uint32_t)strtoul(argv[i + 1], NULL, 10);
      else if (!strcmp(argv[i], "--exec"))
         command = argv[i + 1];
   }
   vkt_bound(60 + frames / 10);
   if (!U_CHECK(wsi_init(&wsi, VK_KHR_DISPLAY_EXTENSION_NAME)))
      return EXIT_FAILURE;
   test_display(&wsi, frames, command);
   wsi_finish(&wsi);
   return u_test_result();
}
