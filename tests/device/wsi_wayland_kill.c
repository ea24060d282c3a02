/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The compositor is killed while frames are drawn, again and again: each time
 * the application is told that its surface is lost, can take everything
 * apart, and has lost neither memory nor fds.
 */

#include "wsi_compositor.h"
#include "wsi_paint.h"
#include "wsi_window.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>

struct killer {
   pid_t pid;
   long delay_us;
};

static void *
kill_later(void *data)
{
   const struct killer *killer = data;
   const struct timespec delay = { .tv_nsec = killer->delay_us * 1000 };
   nanosleep(&delay, NULL);
   kill(-killer->pid, SIGKILL);
   return NULL;
}

static uint32_t
mappings(void)
{
   FILE *file = fopen("/proc/self/maps", "r");
   uint32_t count = 0;
   int c;
   while (file && (c = getc(file)) != EOF)
      count += c == '\n';
   if (file)
      fclose(file);
   return count;
}

/* Draws until the surface is lost. */
static void
draw_until_lost(struct wsi_paint *draw, const struct wsi_paint_info *info)
{
   VkResult result = wsi_paint_chain(draw, info);
   for (uint32_t i = 0; result == VK_SUCCESS && i < 100000; i++) {
      const struct wsi_paint_frame frame = { wsi_pattern_pixel, &i, NULL };
      result = wsi_paint_frame(draw, &frame);
   }
   U_CHECK_EQ(result, VK_ERROR_SURFACE_LOST_KHR);
   if (!draw->chain)
      return;

   /* it stays lost, whatever is asked */
   uint32_t index;
   U_CHECK_EQ(
      vkAcquireNextImageKHR(draw->dev.handle, draw->chain, 0,
                            draw->slots[0].acquired, VK_NULL_HANDLE, &index),
      VK_ERROR_SURFACE_LOST_KHR);
   VkSurfaceCapabilitiesKHR caps;
   U_CHECK_EQ(vkGetPhysicalDeviceSurfaceCapabilitiesKHR(draw->instance->pdev,
                                                        draw->surface, &caps),
              VK_ERROR_SURFACE_LOST_KHR);
   U_CHECK_EQ(wsi_paint_chain(draw, info), VK_ERROR_SURFACE_LOST_KHR);
}

static void
one_death(const struct vkt_instance *instance,
          enum wsi_compositor_kind kind,
          uint32_t round)
{
   struct wsi_compositor compositor;
   struct wsi_connection connection = { 0 };
   struct wsi_window window = { 0 };
   struct wsi_paint draw = { 0 };
   if (U_CHECK(wsi_compositor_start(&compositor, kind)) &&
       U_CHECK(wsi_connection_init(&connection, compositor.display)) &&
       U_CHECK(wsi_window_init(&window, &connection, instance, false)) &&
       U_CHECK(wsi_paint_init(&draw, instance, window.vk))) {
      const struct wsi_paint_info info = {
         .extent = { 320, 200 },
         .mode = round % 2 ? VK_PRESENT_MODE_FIFO_KHR
                           : VK_PRESENT_MODE_MAILBOX_KHR,
      };
      /* from before the swapchain to some frames later */
      struct killer killer = {
         .pid = compositor.pid,
         .delay_us = (long)(round * 7919 % 120000),
      };
      pthread_t thread;
      if (U_CHECK(!pthread_create(&thread, NULL, kill_later, &killer))) {
         draw_until_lost(&draw, &info);
         pthread_join(thread, NULL);
      }
   }
   wsi_paint_finish(&draw);
   wsi_window_finish(&window);
   wsi_connection_finish(&connection);
   wsi_compositor_finish(&compositor);
}

int
main(int argc, char **argv)
{
   enum wsi_compositor_kind kind;
   if (argc < 3 || !wsi_compositor_kind_from(argv[1], &kind)) {
      fprintf(stderr, "usage: %s weston|sway|sway-kms ROUNDS\n", argv[0]);
      return EXIT_FAILURE;
   }

   const uint32_t rounds = (uint32_t)atoi(argv[2]);
   struct vkt_instance instance;
   uint32_t fds = 0, maps = 0;
   vkt_bound(500);
   if (U_CHECK(
          vkt_instance_init_with(&instance, wsi_window_extensions,
                                 VKT_ARRAY_SIZE(wsi_window_extensions)))) {
      for (uint32_t i = 0; i < rounds && !u_test_failures; i++) {
         one_death(&instance, kind, i);
         /* what is made once, and what is kept for later, is there by then */
         if (i == 9) {
            fds = vkt_count_fds(0);
            maps = mappings();
         }
      }
      printf("%u rounds, %u fds, %u mappings\n", rounds, vkt_count_fds(0),
             mappings());
      if (rounds > 10) {
         U_CHECK_EQ(vkt_count_fds(0), fds);
         /* the C library keeps what it has once taken */
         U_CHECK(mappings() <= maps + 16);
      }
   }
   vkt_instance_finish(&instance);
   return u_test_result();
}
