/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Swapchains without a window system: all that is the driver's own about
 * them, on both roads, with a look at each picture that would have been
 * shown (VN_WSI_DUMP).
 */

#include <string.h>
#include <unistd.h>

#include "wsi_fixture.h"

static char dump_path[64];

static VkSurfaceKHR
create_surface(struct wsi *wsi)
{
   const VkHeadlessSurfaceCreateInfoEXT info = {
      .sType = VK_STRUCTURE_TYPE_HEADLESS_SURFACE_CREATE_INFO_EXT,
   };
   VkSurfaceKHR surface = VK_NULL_HANDLE;

   VKT_CHECK(wsi->fns.create_headless_surface(wsi->instance.handle, &info,
                                              NULL, &surface));
   return surface;
}

static void
destroy_surface(struct wsi *wsi, VkSurfaceKHR surface)
{
   vkDestroySurfaceKHR(wsi->instance.handle, surface, NULL);
}

/* Whether the last picture has that size and one colour, RGBA. */
static bool
dump_is(VkExtent2D extent, const uint8_t color[4])
{
   unsigned width = 0, height = 0;
   bool ok = true;

   FILE *file = fopen(dump_path, "re");
   if (!U_CHECK(file != NULL))
      return false;
   U_CHECK_EQ(fscanf(file,
                     "P7 WIDTH %u HEIGHT %u DEPTH 4 MAXVAL 255 "
                     "TUPLTYPE RGB_ALPHA ENDHDR%*1[\n]",
                     &width, &height),
              2);
   ok = U_CHECK_EQ(width, extent.width) && U_CHECK_EQ(height, extent.height);
   for (uint32_t i = 0; ok && i < width * height; i++) {
      uint8_t pixel[4];
      ok = U_CHECK_EQ(fread(pixel, 4, 1, file), 1);
      if (ok && memcmp(pixel, color, 4)) {
         fprintf(stderr, "pixel %u is %u %u %u %u, not %u %u %u %u\n", i,
                 pixel[0], pixel[1], pixel[2], pixel[3], color[0], color[1],
                 color[2], color[3]);
         ok = U_CHECK(!"the picture is right");
      }
   }
   fclose(file);
   return ok;
}

/* Each frame is shown, with the right pixels. */
static void
test_frames(struct wsi *wsi)
{
   static const VkPresentModeKHR modes[] = {
      VK_PRESENT_MODE_FIFO_KHR,
      VK_PRESENT_MODE_FIFO_RELAXED_KHR,
      VK_PRESENT_MODE_MAILBOX_KHR,
      VK_PRESENT_MODE_IMMEDIATE_KHR,
   };
   const VkSurfaceKHR surface = create_surface(wsi);

   for (uint32_t i = 0; i < VKT_ARRAY_SIZE(modes); i++) {
      const struct wsi_params params = {
         .mode = modes[i],
         .immediate = modes[i] == VK_PRESENT_MODE_IMMEDIATE_KHR,
         .extent = { 61 + i, 37 },
      };
      struct wsi_chain chain;

      if (!U_CHECK(wsi_chain_init(&chain, wsi, surface, &params)))
         break;
      for (uint32_t frame = 0; frame < 20; frame++) {
         const uint8_t expected[4] = { frame * 10, 255 - frame, i * 50, 255 };
         const float color[4] = {
            expected[0] / 255.0f,
            expected[1] / 255.0f,
            expected[2] / 255.0f,
            0.25f,
         };
         if (!U_CHECK(wsi_frame(&chain, color)) ||
             !VKT_CHECK(wsi->fns.wait_for_present(
                wsi->device.handle, chain.handle, chain.present_id,
                VKT_TIMEOUT_NS)) ||
             !dump_is(params.extent, expected))
            break;
      }
      wsi_chain_finish(&chain);
   }
   destroy_surface(wsi, surface);
}

static void
run_all(void)
{
   struct wsi wsi;

   if (U_CHECK(wsi_init(&wsi, VK_EXT_HEADLESS_SURFACE_EXTENSION_NAME)))
      test_frames(&wsi);
   wsi_finish(&wsi);
}

int
main(int argc, char **argv)
{
   vkt_bound(100);
   snprintf(dump_path, sizeof(dump_path), "/tmp/venus-wsi-headless.%d",
            (int)getpid());
   setenv("VN_WSI_DUMP", dump_path, 1);
   for (int i = 0; i < 2; i++) {
      setenv("VN_WSI", i ? "copy" : "direct", 1);
      run_all();
   }
   unlink(dump_path);
   return u_test_result();
}
