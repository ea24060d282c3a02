/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Usage: device-wsi-wayland-screen weston|sway|sway-kms COMMAND
 *
 * A window that fills the screen of a compositor. After some frames it shows
 * a picture whose every pixel says where it is; the command runs while that
 * is there, to look at the screen from outside, and its failure is ours.
 */

#include "wsi_compositor.h"
#include "wsi_paint.h"
#include "wsi_screen.h"
#include "wsi_window.h"

static uint32_t
screen_pixel(const void *data, uint32_t x, uint32_t y)
{
   return wsi_screen_pixel(x, y);
}

static void
show(struct wsi_paint *draw, const char *command)
{
   const struct wsi_paint_info info = {
      .extent = { WSI_SCREEN_WIDTH, WSI_SCREEN_HEIGHT },
      .mode = VK_PRESENT_MODE_FIFO_KHR,
   };
   if (!VKT_CHECK(wsi_paint_chain(draw, &info)))
      return;
   for (uint32_t seed = 0; seed < 30; seed++) {
      const struct wsi_paint_frame frame = { wsi_pattern_pixel, &seed, NULL };
      if (!VKT_CHECK(wsi_paint_frame(draw, &frame)))
         return;
   }
   const struct wsi_paint_frame picture = { screen_pixel, NULL, NULL };
   if (VKT_CHECK(wsi_paint_frame(draw, &picture)) &&
       wsi_paint_wait_shown(draw))
      U_CHECK_EQ(system(command), 0);
}

int
main(int argc, char **argv)
{
   enum wsi_compositor_kind kind;
   if (argc != 3 || !wsi_compositor_kind_from(argv[1], &kind)) {
      fprintf(stderr, "usage: %s weston|sway|sway-kms COMMAND\n", argv[0]);
      return EXIT_FAILURE;
   }

   struct wsi_compositor compositor;
   struct wsi_connection connection = { 0 };
   struct vkt_instance instance = { 0 };
   struct wsi_window window = { 0 };
   struct wsi_paint draw = { 0 };
   vkt_bound(120);
   if (U_CHECK(wsi_compositor_start(&compositor, kind)) &&
       U_CHECK(wsi_connection_init(&connection, compositor.display)) &&
       U_CHECK(
          vkt_instance_init_with(&instance, wsi_window_extensions,
                                 VKT_ARRAY_SIZE(wsi_window_extensions))) &&
       U_CHECK(wsi_window_init(&window, &connection, &instance, true)) &&
       U_CHECK(wsi_paint_init(&draw, &instance, window.vk)))
      show(&draw, argv[2]);
   wsi_paint_finish(&draw);
   wsi_window_finish(&window);
   vkt_instance_finish(&instance);
   wsi_connection_finish(&connection);
   wsi_compositor_finish(&compositor);
   return u_test_result();
}
