/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Explicit synchronisation with a compositor that breaks off with whoever
 * breaks the protocol's rules.
 */

#include <unistd.h>

#include "fake_syncobj.h"
#include "vn_wsi_wayland_rig.h"

static const struct fake_compositor_options explicit_options = {
   .dmabuf_version = 4,
   .formats = xr24_linear,
   .format_count = 1,
   .explicit_sync = true,
};

#define MAILBOX VK_PRESENT_MODE_MAILBOX_KHR

/* What the compositor has seen after one more frame of the image. */
static struct fake_compositor_state
show_one(struct chain *chain, uint32_t image)
{
   struct fake_compositor_state state;
   U_CHECK_EQ(present(chain, image, MAILBOX, 0, NULL), VK_SUCCESS);
   fake_compositor_look(chain->client->compositor, &state);
   return state;
}

/* The connection has survived all that the compositor was sent. */
static void
check_alive(struct client *client)
{
   U_CHECK(wl_display_roundtrip(client->display) >= 0);
}

static void
test_points(bool undefined_release)
{
   struct fake_compositor_options options = explicit_options;
   options.undefined_release = undefined_release;
   fake_syncobj_reset(true);

   struct client client;
   struct chain chain;
   if (client_init(&client, &options)) {
      chain_init(&chain, &client, VN_WSI_ROAD_DIRECT, true);
      U_CHECK_EQ(chain.image_result, VK_SUCCESS);
      U_CHECK_EQ(fake_syncobj_count(), 1 + IMAGES);
      for (uint32_t round = 0; round < 3; round++) {
         idle_mask = 0;
         struct fake_compositor_state state = show_one(&chain, 0);
         U_CHECK(state.is_explicit);
         U_CHECK(state.acquire_signalled);
         state = show_one(&chain, 1);
         U_CHECK(state.is_explicit);

         /* what wl_buffer.release says does not count, late or never */
         for (int i = 0; i < 5; i++)
            dispatch(&chain, 5);
         U_CHECK_EQ(idle_mask, 0);
         /* out of order: the last one first */
         fake_compositor_release(client.compositor);
         UNTIL(&chain, idle_mask == 2);
         fake_compositor_show(client.compositor);
         UNTIL(&chain, idle_mask == 3);
         fake_compositor_release(client.compositor);
      }
      U_CHECK_EQ(idle_count, 6);

      /* nothing is read of the connection for it, and nothing polled */
      show_one(&chain, 2);
      U_CHECK(!vn_wayland_image_is_expected(
         (struct vn_wayland_swapchain *)chain.base));
      check_alive(&client);
      chain_finish(&chain);
      U_CHECK_EQ(fake_syncobj_count(), 0);

      /* the surface is left as it was found */
      struct fake_compositor_state state;
      wl_display_roundtrip(client.display);
      fake_compositor_look(client.compositor, &state);
      U_CHECK(!state.has_sync);
      U_CHECK_EQ(state.buffer_count, 0);
   }
   client_finish(&client);
}

/* The successor takes over, on either road, while frames are held. */
static void
test_successor(enum vn_wsi_road first, enum vn_wsi_road second)
{
   struct client client;
   struct chain old, new;
   fake_syncobj_reset(true);
   if (client_init(&client, &explicit_options)) {
      chain_init(&old, &client, first, true);
      struct fake_compositor_state state = show_one(&old, 0);
      U_CHECK_EQ(state.is_explicit, first == VN_WSI_ROAD_DIRECT);
      chain_init(&new, &client, second, true);
      state = show_one(&old, 1);
      U_CHECK_EQ(state.is_explicit, first == VN_WSI_ROAD_DIRECT);
      state = show_one(&new, 2);
      U_CHECK_EQ(state.is_explicit, second == VN_WSI_ROAD_DIRECT);
      U_CHECK_EQ(state.has_sync, second == VN_WSI_ROAD_DIRECT);

      /* the old one gets its own back, and takes nothing along */
      idle_mask = 0;
      fake_compositor_show(client.compositor);
      UNTIL(&old, idle_mask == 3);
      chain_finish(&old);
      state = show_one(&new, 3);
      U_CHECK_EQ(state.is_explicit, second == VN_WSI_ROAD_DIRECT);
      fake_compositor_show(client.compositor);
      UNTIL(&new, idle_mask == 7);
      check_alive(&client);
      chain_finish(&new);
   }
   client_finish(&client);
   U_CHECK_EQ(fake_syncobj_count(), 0);
}

/* The road is the same where one of the sides lacks it. */
static void
test_without(void)
{
   for (int what = 0; what < 3; what++) {
      struct fake_compositor_options options = explicit_options;
      options.explicit_sync = what != 0;
      no_device = what == 1;
      fake_syncobj_reset(what != 2);
      struct client client;
      struct chain chain;
      if (client_init(&client, &options)) {
         chain_init(&chain, &client, VN_WSI_ROAD_DIRECT, true);
         const struct fake_compositor_state state = show_one(&chain, 0);
         U_CHECK(state.is_dmabuf);
         U_CHECK(!state.has_sync);
         fake_compositor_release(client.compositor);
         UNTIL(&chain, idle_mask == 1);
         chain_finish(&chain);
      }
      client_finish(&client);
   }
   no_device = false;
}

/*
 * Each call to the kernel fails in turn, at the start or at a frame: that
 * frame, or all, come without points, and the next may have them again.
 */
static void
test_failures(void)
{
   uint32_t n, explicit_count = 0;
   for (n = 1; n < 100; n++) {
      struct client client;
      struct chain chain;
      fake_syncobj_reset(true);
      if (client_init(&client, &explicit_options)) {
         fake_syncobj_fail(n);
         chain_init(&chain, &client, VN_WSI_ROAD_DIRECT, true);
         U_CHECK_EQ(chain.init_result, VK_SUCCESS);
         for (uint32_t i = 0; i < 6; i++) {
            idle_mask = 0;
            const struct fake_compositor_state state =
               show_one(&chain, i % 2);
            explicit_count += state.is_explicit;
            U_CHECK_EQ(state.has_sync, state.is_explicit);
            fake_compositor_release(client.compositor);
            UNTIL(&chain, idle_mask == 1u << i % 2);
         }
         check_alive(&client);
         chain_finish(&chain);
      }
      client_finish(&client);
      U_CHECK_EQ(fake_syncobj_count(), 0);
      if (!fake_syncobj_has_failed())
         break;
   }
   /* 6 at the device, 2 for each timeline, 2 for each frame */
   U_CHECK_EQ(n, 6 + 2 * (1 + IMAGES) + 2 * 6 + 1);
   /* a frame's failure is that frame's alone */
   U_CHECK_EQ(explicit_count, 12 * 5 + 6);
}

/* The compositor dies at each of its requests in turn. */
static void
test_death(void)
{
   bool survived = false;
   uint32_t after;
   for (after = 1; !survived && after < 200; after++) {
      struct fake_compositor_options options = explicit_options;
      options.die_after = after;
      struct client client;
      struct chain chain;
      fake_syncobj_reset(true);
      if (client_init(&client, &options)) {
         chain_init(&chain, &client, VN_WSI_ROAD_DIRECT, true);
         VkResult result =
            chain.init_result ? chain.init_result : chain.image_result;
         for (uint32_t i = 0; i < 6 && result == VK_SUCCESS; i++) {
            struct fake_compositor_state state;
            result = present(&chain, i % IMAGES, MAILBOX, 0, NULL);
            fake_compositor_look(client.compositor, &state);
            fake_compositor_show(client.compositor);
            if (result == VK_SUCCESS)
               result = dispatch(&chain, 10);
         }
         survived = result == VK_SUCCESS;
         if (!survived)
            U_CHECK_EQ(result, VK_ERROR_SURFACE_LOST_KHR);
         chain_finish(&chain);
      }
      client_finish(&client);
      U_CHECK_EQ(fake_syncobj_count(), 0);
   }
   U_CHECK(survived);
   U_CHECK(after > 60);
}

int
main(void)
{
   /* what hangs ends */
   alarm(300);
   test_points(false);
   test_points(true);
   test_successor(VN_WSI_ROAD_DIRECT, VN_WSI_ROAD_DIRECT);
   test_successor(VN_WSI_ROAD_DIRECT, VN_WSI_ROAD_COPY);
   test_successor(VN_WSI_ROAD_COPY, VN_WSI_ROAD_DIRECT);
   test_without();
   test_failures();
   test_death();
   return u_test_result();
}
