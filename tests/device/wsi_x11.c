/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Swapchains on windows of an Xvfb: what another client of that sees there.
 *
 *    wsi_x11 [30]       pictures, modes, resizing, events; depth of the screen
 *    wsi_x11 kill N     the server dies while frames are on the way, N times
 */

#define VK_USE_PLATFORM_XCB_KHR
#define VK_USE_PLATFORM_XLIB_KHR

#include <X11/Xlib-xcb.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "wsi_fixture.h"
#include "wsi_x11_server.h"

#define WIDTH  120u
#define HEIGHT 90u

static uint32_t depth = 24;

static VkSurfaceKHR
create_surface(const struct wsi *wsi, const struct x11_window *window)
{
   const VkXcbSurfaceCreateInfoKHR info = {
      .sType = VK_STRUCTURE_TYPE_XCB_SURFACE_CREATE_INFO_KHR,
      .connection = window->conn,
      .window = window->id,
   };
   PFN_vkCreateXcbSurfaceKHR create =
      (PFN_vkCreateXcbSurfaceKHR)vkGetInstanceProcAddr(
         wsi->instance.handle, "vkCreateXcbSurfaceKHR");
   VkSurfaceKHR surface = VK_NULL_HANDLE;
   VKT_CHECK(create(wsi->instance.handle, &info, NULL, &surface));
   return surface;
}

static struct wsi_params
params_for(VkPresentModeKHR mode)
{
   return (struct wsi_params){
      .mode = mode,
      .immediate = mode == VK_PRESENT_MODE_IMMEDIATE_KHR,
      .extent = { WIDTH, HEIGHT },
      .format = depth == 30 ? VK_FORMAT_A2R10G10B10_UNORM_PACK32
                            : VK_FORMAT_B8G8R8A8_UNORM,
   };
}

/* Colours of 8 bits, as floats and as the server's pixel. */
static void
color_of(uint32_t rgb, float color[4])
{
   color[0] = (float)(rgb >> 16 & 0xff) / 255.0f;
   color[1] = (float)(rgb >> 8 & 0xff) / 255.0f;
   color[2] = (float)(rgb & 0xff) / 255.0f;
   color[3] = 1.0f;
}

/* Whether the server's pixel is that colour, to a step of its channels. */
static bool
is_color(uint32_t pixel, uint32_t rgb)
{
   if (depth == 24)
      return pixel == rgb;
   for (uint32_t i = 0; i < 3; i++) {
      const uint32_t got = pixel >> (i * 10) & 0x3ff;
      const uint32_t want = ((rgb >> (i * 8) & 0xff) * 1023 + 127) / 255;
      if (got + 1 < want || got > want + 1)
         return false;
   }
   return true;
}

static bool
window_is(struct x11_window *window, uint32_t x, uint32_t y, uint32_t rgb)
{
   const uint32_t pixel = x11_window_pixel(window, x, y);
   if (!is_color(pixel, rgb))
      fprintf(stderr, "pixel %u,%u is %08x, not %06x\n", x, y, pixel, rgb);
   return is_color(pixel, rgb);
}

static bool
wait_shown(struct wsi_chain *chain)
{
   const VkResult result = chain->wsi->fns.wait_for_present(
      chain->wsi->device.handle, chain->handle, chain->present_id,
      VKT_TIMEOUT_NS);
   return result == VK_SUBOPTIMAL_KHR ||
          vkt_ok(result, "vkWaitForPresentKHR");
}

/* A frame of one colour that is on the window when this returns. */
static bool
show(struct wsi_chain *chain, uint32_t rgb)
{
   float color[4];
   color_of(rgb, color);
   return wsi_frame(chain, color) && wait_shown(chain);
}

static bool
has_mode(const struct wsi *wsi, VkSurfaceKHR surface, VkPresentModeKHR mode)
{
   VkPresentModeKHR modes[16];
   uint32_t count = VKT_ARRAY_SIZE(modes);
   VKT_CHECK(vkGetPhysicalDeviceSurfacePresentModesKHR(
      wsi->instance.pdev, surface, &count, modes));
   for (uint32_t i = 0; i < count; i++) {
      if (modes[i] == mode)
         return true;
   }
   return false;
}

static void
test_modes(struct wsi *wsi, struct x11_window *window, VkSurfaceKHR surface)
{
   static const VkPresentModeKHR modes[] = {
      VK_PRESENT_MODE_FIFO_KHR,
      VK_PRESENT_MODE_FIFO_RELAXED_KHR,
      VK_PRESENT_MODE_MAILBOX_KHR,
      VK_PRESENT_MODE_IMMEDIATE_KHR,
   };
   for (uint32_t i = 0; i < VKT_ARRAY_SIZE(modes); i++) {
      const struct wsi_params params = params_for(modes[i]);
      struct wsi_chain chain;
      if (!has_mode(wsi, surface, modes[i])) {
         U_CHECK(modes[i] != VK_PRESENT_MODE_FIFO_KHR);
         continue;
      }
      if (!U_CHECK(wsi_chain_init(&chain, wsi, surface, &params)))
         break;
      for (uint32_t k = 0; k < 10; k++) {
         const uint32_t rgb = (k * 20) << 16 | (255 - k) << 8 | i * 50;
         if (!U_CHECK(show(&chain, rgb)) ||
             !U_CHECK(window_is(window, 0, 0, rgb)) ||
             !U_CHECK(window_is(window, WIDTH - 1, HEIGHT - 1, rgb)) ||
             !U_CHECK(window_is(window, WIDTH / 3, HEIGHT / 2, rgb)))
            break;
      }
      /* as fast as it goes; the last one is what stays */
      for (uint32_t k = 0; k < 30; k++) {
         float color[4];
         color_of(k, color);
         if (!U_CHECK(wsi_frame(&chain, color)))
            break;
      }
      U_CHECK(wait_shown(&chain));
      U_CHECK(window_is(window, 5, 5, 29));
      wsi_chain_finish(&chain);
   }
}

/* Only the part that is said to have changed is taken over. */
static void
test_damage(struct wsi *wsi, struct x11_window *window, VkSurfaceKHR surface)
{
   const struct wsi_params params = params_for(VK_PRESENT_MODE_FIFO_KHR);
   struct wsi_chain chain;
   if (U_CHECK(wsi_chain_init(&chain, wsi, surface, &params)) &&
       U_CHECK(show(&chain, 0x112233))) {
      VkRectLayerKHR rects[20];
      for (uint32_t i = 0; i < VKT_ARRAY_SIZE(rects); i++)
         rects[i] = (VkRectLayerKHR){
            .offset = { 10 + (int32_t)i, 20 },
            .extent = { 3, 4 },
         };
      /* few of them, and more than go into one request */
      for (uint32_t count = 1; count <= 20; count += 19) {
         const VkPresentRegionKHR region = {
            .rectangleCount = count,
            .pRectangles = rects,
         };
         const VkPresentRegionsKHR regions = {
            .sType = VK_STRUCTURE_TYPE_PRESENT_REGIONS_KHR,
            .swapchainCount = 1,
            .pRegions = &region,
         };
         const uint32_t right = 10 + count - 1 + 2;
         uint32_t index;
         float color[4];
         color_of(0x778800 + count, color);
         if (!VKT_CHECK(wsi_acquire(&chain, VKT_TIMEOUT_NS, &index)) ||
             !U_CHECK(wsi_draw(&chain, index, color)) ||
             !VKT_CHECK(wsi_present(&chain, index, &regions)) ||
             !U_CHECK(wait_shown(&chain)))
            break;
         U_CHECK(window_is(window, 10, 20, 0x778800 + count));
         U_CHECK(window_is(window, right, 23, 0x778800 + count));
         U_CHECK(window_is(window, 9, 20, 0x112233));
         U_CHECK(window_is(window, 10, 19, 0x112233));
         U_CHECK(window_is(window, right + 1, 23, 0x112233));
         U_CHECK(window_is(window, right, 24, 0x112233));
      }
   }
   wsi_chain_finish(&chain);
}

static void
test_resize(struct wsi *wsi, struct x11_window *window, VkSurfaceKHR surface)
{
   struct wsi_params params = params_for(VK_PRESENT_MODE_FIFO_KHR);
   struct wsi_chain chain, next;
   if (!U_CHECK(wsi_chain_init(&chain, wsi, surface, &params)))
      return;
   U_CHECK(show(&chain, 0x808080));

   for (uint32_t i = 1; i <= 4; i++) {
      const VkExtent2D extent = { WIDTH + i * 13, HEIGHT + (i & 1) * 31 };
      x11_window_resize(window, extent.width, extent.height);
      /* found out sooner or later, and the picture is shown until then */
      float color[4];
      VkResult result = VK_SUCCESS;
      color_of(0x334400 + i, color);
      for (uint32_t k = 0; k < 1000 && result == VK_SUCCESS; k++) {
         uint32_t index;
         result = wsi_acquire(&chain, VKT_TIMEOUT_NS, &index);
         if (result < VK_SUCCESS || !U_CHECK(wsi_draw(&chain, index, color)))
            break;
         const VkResult presented = wsi_present(&chain, index, NULL);
         if (result == VK_SUCCESS)
            result = presented;
      }
      U_CHECK(result == VK_SUBOPTIMAL_KHR ||
              result == VK_ERROR_OUT_OF_DATE_KHR);

      VkSurfaceCapabilitiesKHR caps;
      VKT_CHECK(vkGetPhysicalDeviceSurfaceCapabilitiesKHR(wsi->instance.pdev,
                                                          surface, &caps));
      U_CHECK_EQ(caps.currentExtent.width, extent.width);
      U_CHECK_EQ(caps.currentExtent.height, extent.height);
      params.extent = extent;
      params.old = chain.handle;
      if (!U_CHECK(wsi_chain_init(&next, wsi, surface, &params)))
         break;
      wsi_chain_finish(&chain);
      chain = next;
      U_CHECK(show(&chain, 0xaabb00 + i));
      U_CHECK(window_is(window, extent.width - 1, extent.height - 1,
                        0xaabb00 + i));
      U_CHECK(window_is(window, 0, 0, 0xaabb00 + i));
   }
   wsi_chain_finish(&chain);
   x11_window_resize(window, WIDTH, HEIGHT);
}

/* ---- the application's events ---- */

#define EVENTS 300

struct reader {
   xcb_connection_t *conn;
   uint32_t next;
   uint32_t wrong;
};

static void *
read_events(void *data)
{
   struct reader *reader = data;
   while (reader->next < EVENTS) {
      xcb_generic_event_t *event = xcb_wait_for_event(reader->conn);
      if (!event)
         break;
      const xcb_client_message_event_t *message =
         (const xcb_client_message_event_t *)event;
      if ((event->response_type & 0x7f) != XCB_CLIENT_MESSAGE ||
          message->data.data32[0] != reader->next)
         reader->wrong++;
      reader->next++;
      free(event);
   }
   return NULL;
}

static void
test_events(struct wsi *wsi, struct x11_window *window, VkSurfaceKHR surface)
{
   const struct wsi_params params = params_for(VK_PRESENT_MODE_IMMEDIATE_KHR);
   struct wsi_chain chain;
   struct reader reader = { .conn = window->conn };
   pthread_t thread;

   if (!U_CHECK(wsi_chain_init(&chain, wsi, surface, &params)))
      return;
   U_CHECK(!pthread_create(&thread, NULL, read_events, &reader));
   for (uint32_t i = 0; i < EVENTS; i++) {
      xcb_client_message_event_t message = {
         .response_type = XCB_CLIENT_MESSAGE,
         .format = 32,
         .window = window->id,
         .data.data32 = { i },
      };
      xcb_send_event(window->watcher, false, window->id, 0,
                     (const char *)&message);
      xcb_flush(window->watcher);
      float color[4];
      color_of(i, color);
      if (!U_CHECK(wsi_frame(&chain, color)))
         break;
   }
   U_CHECK(wait_shown(&chain));
   pthread_join(thread, NULL);
   U_CHECK_EQ(reader.next, EVENTS);
   U_CHECK_EQ(reader.wrong, 0);
   wsi_chain_finish(&chain);
   xcb_generic_event_t *event = xcb_poll_for_event(window->conn);
   U_CHECK(!event);
   free(event);
}

/* ---- windows and servers that go ---- */

/* Frames until something is wrong. */
static VkResult
frames_until_error(struct wsi_chain *chain)
{
   for (;;) {
      const float color[4] = { 0.5f, 0.5f, 0.5f, 1.0f };
      uint32_t index;
      VkResult result = wsi_acquire(chain, VKT_TIMEOUT_NS, &index);
      if (result < VK_SUCCESS)
         return result;
      if (!U_CHECK(wsi_draw(chain, index, color)))
         return VK_ERROR_UNKNOWN;
      result = wsi_present(chain, index, NULL);
      if (result < VK_SUCCESS)
         return result;
   }
}

static void
test_destroyed(struct wsi *wsi,
               const struct x11_server *server,
               VkPresentModeKHR mode)
{
   const struct wsi_params params = params_for(mode);
   struct x11_window window;
   struct wsi_chain chain = { 0 };
   if (!U_CHECK(x11_window_init(&window, server, NULL, WIDTH, HEIGHT)))
      return;
   const VkSurfaceKHR surface = create_surface(wsi, &window);
   if (U_CHECK(wsi_chain_init(&chain, wsi, surface, &params)) &&
       U_CHECK(show(&chain, 0x123456))) {
      VkSurfaceCapabilitiesKHR caps;
      xcb_destroy_window(window.watcher, window.id);
      xcb_flush(window.watcher);
      U_CHECK_EQ(frames_until_error(&chain), VK_ERROR_SURFACE_LOST_KHR);
      U_CHECK_EQ(vkGetPhysicalDeviceSurfaceCapabilitiesKHR(wsi->instance.pdev,
                                                           surface, &caps),
                 VK_ERROR_SURFACE_LOST_KHR);
   }
   wsi_chain_finish(&chain);
   vkDestroySurfaceKHR(wsi->instance.handle, surface, NULL);
   xcb_generic_event_t *event = xcb_poll_for_event(window.conn);
   U_CHECK(!event);
   free(event);
   x11_window_finish(&window, true);
}

struct killer {
   struct x11_server *server;
   useconds_t delay_us;
};

static void *
kill_server(void *data)
{
   const struct killer *killer = data;
   usleep(killer->delay_us);
   x11_server_kill(killer->server);
   return NULL;
}

static void
kill_once(struct wsi *wsi, uint32_t i)
{
   static const uint32_t hidden[] = { 0, X11_HIDE_PRESENT, X11_HIDE_SHM,
                                      X11_HIDE_SHM | X11_HIDE_PRESENT };
   const struct wsi_params params = params_for(
      i % 3 == 1 ? VK_PRESENT_MODE_IMMEDIATE_KHR : VK_PRESENT_MODE_FIFO_KHR);
   struct x11_server server;
   struct x11_window window = { 0 };
   struct wsi_chain chain = { 0 };

   x11_hide(hidden[i % 4]);
   if (!U_CHECK(x11_server_start(&server, depth)) ||
       !U_CHECK(x11_window_init(&window, &server, NULL, WIDTH, HEIGHT)))
      return;
   const VkSurfaceKHR surface = create_surface(wsi, &window);
   if (U_CHECK(wsi_chain_init(&chain, wsi, surface, &params))) {
      struct killer killer = { &server, i * 7919 % 20000 };
      pthread_t thread;
      U_CHECK(!pthread_create(&thread, NULL, kill_server, &killer));
      U_CHECK_EQ(frames_until_error(&chain), VK_ERROR_SURFACE_LOST_KHR);
      pthread_join(thread, NULL);
      VkSurfaceCapabilitiesKHR caps;
      U_CHECK_EQ(vkGetPhysicalDeviceSurfaceCapabilitiesKHR(wsi->instance.pdev,
                                                           surface, &caps),
                 VK_ERROR_SURFACE_LOST_KHR);
   }
   wsi_chain_finish(&chain);
   vkDestroySurfaceKHR(wsi->instance.handle, surface, NULL);
   x11_window_finish(&window, true);
   x11_server_kill(&server);
}

static void
test_killed(struct wsi *wsi, uint32_t times)
{
   uint32_t fds = 0;
   for (uint32_t i = 0; i < times + 4; i++) {
      kill_once(wsi, i);
      /* once in each way, what is made on first use is there */
      if (i == 3)
         fds = vkt_count_fds(0);
   }
   /* a driver may keep a few buffers for the next time, not one for each */
   U_CHECK(vkt_count_fds(0) <= fds + 4);
}

/* ---- Xlib ---- */

static void
test_xlib(const struct x11_server *server)
{
   struct wsi wsi;
   struct x11_window window;
   Display *display = XOpenDisplay(server->display);
   if (!U_CHECK(display) ||
       !U_CHECK(wsi_init(&wsi, VK_KHR_XLIB_SURFACE_EXTENSION_NAME)) ||
       !U_CHECK(x11_window_init(&window, server, XGetXCBConnection(display),
                                WIDTH, HEIGHT)))
      return;
   PFN_vkCreateXlibSurfaceKHR create =
      (PFN_vkCreateXlibSurfaceKHR)vkGetInstanceProcAddr(
         wsi.instance.handle, "vkCreateXlibSurfaceKHR");
   PFN_vkGetPhysicalDeviceXlibPresentationSupportKHR supports =
      (PFN_vkGetPhysicalDeviceXlibPresentationSupportKHR)vkGetInstanceProcAddr(
         wsi.instance.handle,
         "vkGetPhysicalDeviceXlibPresentationSupportKHR");
   U_CHECK(supports(wsi.instance.pdev, 0, display, window.visual));
   U_CHECK(!supports(wsi.instance.pdev, 0, display, 0));
   const VkXlibSurfaceCreateInfoKHR info = {
      .sType = VK_STRUCTURE_TYPE_XLIB_SURFACE_CREATE_INFO_KHR,
      .dpy = display,
      .window = window.id,
   };
   VkSurfaceKHR surface = VK_NULL_HANDLE;
   if (VKT_CHECK(create(wsi.instance.handle, &info, NULL, &surface))) {
      /* Xlib's own requests in between, which it sends when it likes */
      XStoreName(display, window.id, "wsi_x11");
      test_modes(&wsi, &window, surface);
      XStoreName(display, window.id, "resized");
      test_resize(&wsi, &window, surface);
      U_CHECK_EQ(XPending(display), 0);
   }
   vkDestroySurfaceKHR(wsi.instance.handle, surface, NULL);
   wsi_finish(&wsi);
   x11_window_finish(&window, false);
   XCloseDisplay(display);
}

static void
test_server(struct wsi *wsi, const struct x11_server *server, uint32_t hidden)
{
   struct x11_window window;
   x11_hide(hidden);
   if (!U_CHECK(x11_window_init(&window, server, NULL, WIDTH, HEIGHT)))
      return;
   PFN_vkGetPhysicalDeviceXcbPresentationSupportKHR supports =
      (PFN_vkGetPhysicalDeviceXcbPresentationSupportKHR)vkGetInstanceProcAddr(
         wsi->instance.handle,
         "vkGetPhysicalDeviceXcbPresentationSupportKHR");
   U_CHECK(supports(wsi->instance.pdev, 0, window.conn, window.visual));
   U_CHECK(!supports(wsi->instance.pdev, 0, window.conn, 0));

   const VkSurfaceKHR surface = create_surface(wsi, &window);
   test_modes(wsi, &window, surface);
   if (!(hidden & X11_HIDE_XFIXES))
      test_damage(wsi, &window, surface);
   test_resize(wsi, &window, surface);
   test_events(wsi, &window, surface);
   vkDestroySurfaceKHR(wsi->instance.handle, surface, NULL);
   x11_window_finish(&window, true);
   test_destroyed(wsi, server, VK_PRESENT_MODE_FIFO_KHR);
   test_destroyed(wsi, server, VK_PRESENT_MODE_IMMEDIATE_KHR);
}

int
main(int argc, char **argv)
{
   const bool kills = argc > 2 && !strcmp(argv[1], "kill");
   struct x11_server server;
   struct wsi wsi;

   vkt_bound(kills ? 1000 : 200);
   if (argc == 2)
      depth = (uint32_t)atoi(argv[1]);
   if (!U_CHECK(wsi_init(&wsi, VK_KHR_XCB_SURFACE_EXTENSION_NAME))) {
      wsi_finish(&wsi);
      return u_test_result();
   }
   if (kills) {
      test_killed(&wsi, (uint32_t)atoi(argv[2]));
   } else if (U_CHECK(x11_server_start(&server, depth))) {
      static const uint32_t hidden[] = {
         0,
         X11_HIDE_XFIXES,
         X11_HIDE_SHM,
         X11_HIDE_PRESENT,
         X11_HIDE_SHM | X11_HIDE_PRESENT,
      };
      for (uint32_t i = 0; i < VKT_ARRAY_SIZE(hidden); i++)
         test_server(&wsi, &server, hidden[i]);
      x11_hide(0);
      test_xlib(&server);
      x11_server_kill(&server);
   }
   wsi_finish(&wsi);
   return u_test_result();
}
