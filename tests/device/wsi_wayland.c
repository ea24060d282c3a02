/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Swapchains on the windows of a real compositor, judged by pictures of its
 * screen.
 */

#include "wsi_compositor.h"
#include "wsi_paint.h"
#include "wsi_window.h"

#include <string.h>
#include <time.h>

struct test {
   struct wsi_compositor compositor;
   struct wsi_connection connection;
   struct vkt_instance instance;
};

static uint64_t
now_ns(void)
{
   struct timespec ts;
   clock_gettime(CLOCK_MONOTONIC, &ts);
   return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/*
 * Whether the part of the screen has the function's colours; prints the first
 * that it has not.
 */
static bool
screen_is(struct test *test,
          VkRect2D part,
          wsi_pixel_func pixel,
          const void *data)
{
   uint32_t *screen = wsi_compositor_screenshot(&test->compositor);
   if (!U_CHECK(screen))
      return false;

   bool same = true;
   for (uint32_t y = 0; same && y < part.extent.height; y++) {
      for (uint32_t x = 0; same && x < part.extent.width; x++) {
         const uint32_t seen =
            screen[((uint32_t)part.offset.y + y) * WSI_SCREEN_WIDTH +
                   (uint32_t)part.offset.x + x];
         const uint32_t expected = pixel(data, x, y) & 0xffffff;
         same = seen == expected;
         if (!same) {
            fprintf(stderr, "(%u, %u) is %06x, expected %06x\n", x, y, seen,
                    expected);
         }
      }
   }
   free(screen);
   return U_CHECK(same);
}

static const VkRect2D whole_screen = {
   { 0, 0 },
   { WSI_SCREEN_WIDTH, WSI_SCREEN_HEIGHT },
};

/* A window that fills the screen, with a swapchain. */
static bool
start(struct test *test,
      struct wsi_window *window,
      struct wsi_paint *draw,
      VkPresentModeKHR mode)
{
   const struct wsi_paint_info info = {
      .extent = whole_screen.extent,
      .mode = mode,
   };
   *draw = (struct wsi_paint){ 0 };
   return U_CHECK(wsi_window_init(window, &test->connection, &test->instance,
                                  true)) &&
          wsi_paint_init(draw, &test->instance, window->vk) &&
          VKT_CHECK(wsi_paint_chain(draw, &info));
}

static void
stop(struct wsi_window *window, struct wsi_paint *draw)
{
   wsi_paint_finish(draw);
   wsi_window_finish(window);
}

static bool
draw_seed(struct wsi_paint *draw, uint32_t seed)
{
   const struct wsi_paint_frame frame = { wsi_pattern_pixel, &seed, NULL };
   return VKT_CHECK(wsi_paint_frame(draw, &frame));
}

/* ---- the cases ---- */

static void
test_colours(struct test *test)
{
   static const VkPresentModeKHR modes[] = { VK_PRESENT_MODE_FIFO_KHR,
                                             VK_PRESENT_MODE_MAILBOX_KHR };
   for (uint32_t m = 0; m < VKT_ARRAY_SIZE(modes); m++) {
      struct wsi_window window;
      struct wsi_paint draw;
      if (start(test, &window, &draw, modes[m])) {
         uint32_t seed = 0;
         bool ok = true;
         for (int i = 0; ok && i < 20; i++)
            ok = draw_seed(&draw, ++seed);
         if (ok && wsi_paint_wait_shown(&draw))
            screen_is(test, whole_screen, wsi_pattern_pixel, &seed);
      }
      stop(&window, &draw);
   }
}

/* Nothing on the left, a pattern on the right. */
static uint32_t
half_pixel(const void *data, uint32_t x, uint32_t y)
{
   return x < WSI_SCREEN_WIDTH / 2 ? 0 : wsi_pattern(3, x, y);
}

static uint32_t
half_expected(const void *data, uint32_t x, uint32_t y)
{
   return x < WSI_SCREEN_WIDTH / 2 ? *(const uint32_t *)data
                                   : wsi_pattern(3, x, y);
}

static uint32_t
hole_pixel(const void *data, uint32_t x, uint32_t y)
{
   return wsi_pattern(3, x, y) & ((x ^ y) & 4 ? 0xffffff : 0xffffffff);
}

/* Alpha counts when it is said to, else it is none. */
static void
test_alpha(struct test *test)
{
   const struct wsi_paint_info info = {
      .extent = whole_screen.extent,
      .mode = VK_PRESENT_MODE_FIFO_KHR,
      .alpha = VK_COMPOSITE_ALPHA_PRE_MULTIPLIED_BIT_KHR,
   };
   const uint32_t behind = WSI_BACKGROUND;
   const struct wsi_paint_frame holes = { hole_pixel, NULL, NULL };
   const struct wsi_paint_frame half = { half_pixel, NULL, NULL };
   struct wsi_window window;
   struct wsi_paint draw;
   bool ok = start(test, &window, &draw, VK_PRESENT_MODE_FIFO_KHR) &&
             VKT_CHECK(wsi_paint_frame(&draw, &holes)) &&
             wsi_paint_wait_shown(&draw);
   /* the screenshots of weston have the alpha of what is in front */
   if (ok && wsi_compositor_is_sway(test->compositor.kind))
      screen_is(test, whole_screen, hole_pixel, NULL);
   if (ok && VKT_CHECK(wsi_paint_chain(&draw, &info)) &&
       VKT_CHECK(wsi_paint_frame(&draw, &half)) &&
       wsi_paint_wait_shown(&draw))
      screen_is(test, whole_screen, half_expected, &behind);
   stop(&window, &draw);
}

struct patched {
   uint32_t seed, patch_seed;
   VkRect2D patch;
};

static uint32_t
patched_pixel(const void *data, uint32_t x, uint32_t y)
{
   const struct patched *p = data;
   const bool inside = x >= (uint32_t)p->patch.offset.x &&
                       y >= (uint32_t)p->patch.offset.y &&
                       x < p->patch.offset.x + p->patch.extent.width &&
                       y < p->patch.offset.y + p->patch.extent.height;
   return wsi_pattern(inside ? p->patch_seed : p->seed, x, y);
}

/* Frames that say what has changed, in every image. */
static void
test_damage(struct test *test)
{
   struct wsi_window window;
   struct wsi_paint draw;
   struct patched patched = { .seed = 5 };
   if (start(test, &window, &draw, VK_PRESENT_MODE_FIFO_KHR) &&
       U_CHECK(draw.has_incremental_present) && draw_seed(&draw, 5)) {
      bool ok = true;
      VkRect2D last = { { 0, 0 }, { 1, 1 } };
      for (uint32_t i = 0; ok && i < 12; i++) {
         patched.patch_seed = 10 + i;
         patched.patch = (VkRect2D){
            { (int32_t)(17 * i), (int32_t)(23 * i) },
            { 31, 29 },
         };
         /* the old patch goes, the new one comes */
         const VkRect2D both = {
            last.offset,
            { last.extent.width + 17, last.extent.height + 23 },
         };
         const struct wsi_paint_frame frame = { patched_pixel, &patched,
                                                i ? &both : NULL };
         ok = VKT_CHECK(wsi_paint_frame(&draw, &frame));
         last = patched.patch;
      }
      if (ok && wsi_paint_wait_shown(&draw))
         screen_is(test, whole_screen, patched_pixel, &patched);
   }
   stop(&window, &draw);
}

/* Swapchains of many sizes, each in the place of the one before. */
static void
test_resize(struct test *test)
{
   struct wsi_window window;
   struct wsi_paint draw;
   if (start(test, &window, &draw, VK_PRESENT_MODE_FIFO_KHR)) {
      const bool weston = test->compositor.kind == WSI_WESTON;
      bool ok =
         !weston || (draw_seed(&draw, 1) && wsi_paint_wait_shown(&draw) &&
                     U_CHECK(wsi_window_set_maximized(&window, false)));
      for (uint32_t i = 0; ok && i <= 40; i++) {
         if (i == 40 && weston)
            ok = draw_seed(&draw, i) && wsi_paint_wait_shown(&draw) &&
                 U_CHECK(wsi_window_set_maximized(&window, true));
         const struct wsi_paint_info info = {
            .extent = { i < 40 ? 1 + 31 * i % 640 : 640,
                        i < 40 ? 480 - 11 * i : 480 },
            .mode =
               i % 3 ? VK_PRESENT_MODE_FIFO_KHR : VK_PRESENT_MODE_MAILBOX_KHR,
         };
         ok = VKT_CHECK(wsi_paint_chain(&draw, &info));
         for (uint32_t j = 0; ok && j < i % 4; j++)
            ok = draw_seed(&draw, i + j);
         ok = ok && wsi_window_look(&window);
      }
      uint32_t seed = 9;
      if (ok && draw_seed(&draw, seed) && wsi_paint_wait_shown(&draw))
         screen_is(test, whole_screen, wsi_pattern_pixel, &seed);
   }
   stop(&window, &draw);
}

/* Two windows on one connection, one swapchain each. */
static void
test_two(struct test *test)
{
   const bool sway = wsi_compositor_is_sway(test->compositor.kind);
   struct wsi_window windows[2] = { 0 };
   struct wsi_paint draws[2] = { 0 };
   uint32_t seeds[2] = { 0, 100 };
   bool ok = true;
   for (int i = 0; ok && i < 2; i++) {
      ok = U_CHECK(wsi_window_init(&windows[i], &test->connection,
                                   &test->instance, !sway)) &&
           wsi_paint_init(&draws[i], &test->instance, windows[i].vk);
      const struct wsi_paint_info info = {
         .extent = whole_screen.extent,
         .mode = VK_PRESENT_MODE_FIFO_KHR,
      };
      ok = ok && VKT_CHECK(wsi_paint_chain(&draws[i], &info)) &&
           draw_seed(&draws[i], seeds[i]);
   }

   /* sway makes room for the second one when that has something to show */
   for (int i = 0; ok && sway && i < 100; i++) {
      ok = wsi_window_look(&windows[0]) && draw_seed(&draws[0], 0) &&
           draw_seed(&draws[1], 0);
      if (windows[0].extent.width == WSI_SCREEN_WIDTH / 2 &&
          windows[1].extent.width == WSI_SCREEN_WIDTH / 2)
         break;
   }
   for (int i = 0; ok && sway && i < 2; i++) {
      const struct wsi_paint_info info = {
         .extent = windows[i].extent,
         .mode = VK_PRESENT_MODE_FIFO_KHR,
      };
      ok = U_CHECK_EQ(info.extent.width, WSI_SCREEN_WIDTH / 2) &&
           VKT_CHECK(wsi_paint_chain(&draws[i], &info));
   }
   for (int i = 0; ok && i < 10; i++)
      ok =
         draw_seed(&draws[0], ++seeds[0]) && draw_seed(&draws[1], ++seeds[1]);
   ok = ok && wsi_paint_wait_shown(&draws[0]) &&
        wsi_paint_wait_shown(&draws[1]);

   const VkExtent2D half = { WSI_SCREEN_WIDTH / 2, WSI_SCREEN_HEIGHT };
   if (ok && sway) {
      const VkRect2D left = { { 0, 0 }, half };
      const VkRect2D right = { { WSI_SCREEN_WIDTH / 2, 0 }, half };
      screen_is(test, left, wsi_pattern_pixel, &seeds[0]);
      screen_is(test, right, wsi_pattern_pixel, &seeds[1]);
   } else if (ok) {
      screen_is(test, whole_screen, wsi_pattern_pixel, &seeds[1]);
   }
   for (int i = 0; i < 2; i++)
      stop(&windows[i], &draws[i]);
}

/* FIFO does not run ahead of the screen, which has 60 frames in a second. */
static void
test_pace(struct test *test)
{
   struct wsi_window window;
   struct wsi_paint draw;
   if (start(test, &window, &draw, VK_PRESENT_MODE_FIFO_KHR)) {
      bool ok = true;
      const uint64_t start_ns = now_ns();
      for (uint32_t i = 0; ok && i < 60; i++)
         ok = draw_seed(&draw, i);
      if (ok && wsi_paint_wait_shown(&draw)) {
         const uint64_t ns = now_ns() - start_ns;
         printf("60 frames in %u ms\n", (unsigned)(ns / 1000000));
         U_CHECK(ns > UINT64_C(900000000));
      }
   }
   stop(&window, &draw);
}

/* Everything goes while frames are on their way, and nothing stays. */
static void
test_leave(struct test *test)
{
   uint32_t fds = 0;
   for (uint32_t i = 0; i < 60; i++) {
      struct wsi_window window;
      struct wsi_paint draw;
      if (start(test, &window, &draw,
                i % 2 ? VK_PRESENT_MODE_FIFO_KHR
                      : VK_PRESENT_MODE_MAILBOX_KHR)) {
         for (uint32_t j = 0; j < i % 5; j++)
            draw_seed(&draw, j);
      }
      stop(&window, &draw);
      if (i == 10)
         fds = vkt_count_fds(0);
   }
   /* some memory that was shared is kept for later, see docs/testing.md */
   U_CHECK(vkt_count_fds(0) <= fds + 4);
}

static const struct {
   const char *name;
   void (*func)(struct test *test);
} cases[] = {
   { "colours", test_colours }, { "alpha", test_alpha },
   { "damage", test_damage },   { "resize", test_resize },
   { "two", test_two },         { "pace", test_pace },
   { "leave", test_leave },
};

int
main(int argc, char **argv)
{
   struct test test = { 0 };
   enum wsi_compositor_kind kind;
   if (argc < 2 || !wsi_compositor_kind_from(argv[1], &kind)) {
      fprintf(stderr, "usage: %s weston|sway|sway-kms [CASE]...\n", argv[0]);
      return EXIT_FAILURE;
   }

   vkt_bound(500);
   if (U_CHECK(wsi_compositor_start(&test.compositor, kind)) &&
       U_CHECK(wsi_compositor_wait_background(&test.compositor)) &&
       U_CHECK(
          wsi_connection_init(&test.connection, test.compositor.display)) &&
       U_CHECK(
          vkt_instance_init_with(&test.instance, wsi_window_extensions,
                                 VKT_ARRAY_SIZE(wsi_window_extensions)))) {
      for (uint32_t i = 0; i < VKT_ARRAY_SIZE(cases); i++) {
         bool wanted = argc == 2;
         for (int j = 2; j < argc; j++)
            wanted = wanted || !strcmp(argv[j], cases[i].name);
         if (wanted) {
            printf("%s\n", cases[i].name);
            fflush(stdout);
            cases[i].func(&test);
         }
      }
   }
   vkt_instance_finish(&test.instance);
   wsi_connection_finish(&test.connection);
   wsi_compositor_finish(&test.compositor);
   return u_test_result();
}
