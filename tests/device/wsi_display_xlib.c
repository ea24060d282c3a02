/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * VK_EXT_acquire_xlib_display with a server that has nothing to lease: its
 * outputs are no displays, nor are things that are no outputs; and one that
 * has gone takes nobody with it.
 */

#define VK_USE_PLATFORM_XLIB_XRANDR_EXT
#include <X11/Xlib-xcb.h>
#include <string.h>
#include <xcb/randr.h>

#include "vk_fixture.h"
#include "wsi_x11_server.h"

/* never closed: Xlib would end the process, the server is gone by then */
static Display *dpy;

static xcb_randr_output_t
first_output(xcb_connection_t *conn)
{
   const xcb_window_t root =
      xcb_setup_roots_iterator(xcb_get_setup(conn)).data->root;
   xcb_randr_get_screen_resources_current_reply_t *res =
      xcb_randr_get_screen_resources_current_reply(
         conn, xcb_randr_get_screen_resources_current(conn, root), NULL);
   xcb_randr_output_t output = 0;

   if (res && res->num_outputs)
      output = *xcb_randr_get_screen_resources_current_outputs(res);
   free(res);
   return output;
}

static void
test_server(const struct vkt_instance *instance, struct x11_server *server)
{
   const PFN_vkGetRandROutputDisplayEXT get =
      (PFN_vkGetRandROutputDisplayEXT)vkGetInstanceProcAddr(
         instance->handle, "vkGetRandROutputDisplayEXT");
   const xcb_randr_output_t output = first_output(XGetXCBConnection(dpy));
   VkDisplayKHR display = (VkDisplayKHR)(uintptr_t)1;

   if (!U_CHECK(get) || !U_CHECK(output))
      return;
   VKT_CHECK(get(instance->pdev, dpy, output, &display));
   U_CHECK(!display);
   VKT_CHECK(get(instance->pdev, dpy, 0x7ffffff, &display));
   U_CHECK(!display);
   /* what the server said to that has not reached the application */
   U_CHECK(!xcb_connection_has_error(XGetXCBConnection(dpy)));
   U_CHECK(!XPending(dpy));

   x11_server_kill(server);
   for (uint32_t i = 0; i < 3; i++) {
      display = (VkDisplayKHR)(uintptr_t)1;
      VKT_CHECK(get(instance->pdev, dpy, output, &display));
      U_CHECK(!display);
   }
}

int
main(void)
{
   static const char *const exts[] = {
      VK_KHR_SURFACE_EXTENSION_NAME,
      VK_KHR_DISPLAY_EXTENSION_NAME,
      VK_EXT_DIRECT_MODE_DISPLAY_EXTENSION_NAME,
      VK_EXT_ACQUIRE_XLIB_DISPLAY_EXTENSION_NAME,
   };
   struct vkt_instance instance = { 0 };
   struct x11_server server = { 0 };

   vkt_bound(60);
   if (U_CHECK(x11_server_start(&server, 24)) &&
       U_CHECK(
          vkt_instance_init_with(&instance, exts, VKT_ARRAY_SIZE(exts)))) {
      dpy = XOpenDisplay(server.display);
      if (U_CHECK(dpy))
         test_server(&instance, &server);
   }
   x11_server_kill(&server);
   vkt_instance_finish(&instance);
   return u_test_result();
}
