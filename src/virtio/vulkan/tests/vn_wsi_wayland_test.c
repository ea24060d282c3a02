/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The Wayland platform alone: below it a compositor that does what it is
 * told, above it this program in the place of swapchains and their presenter.
 */

#include "vn_platforms.h"

#include <drm_fourcc.h>
#include <pthread.h>
#include <unistd.h>

#include "vn_entrypoints.h"
#include "vn_wsi_wayland_rig.h"

/* ---- what the surface says ---- */

static void
check_lists(const struct fake_compositor_options *options,
            uint32_t shm_count,
            const struct fake_format *expected,
            uint32_t expected_count)
{
   struct client client;
   if (client_init(&client, options)) {
      struct vn_wsi_format_list shm = { 0 }, dmabuf = { 0 };
      U_CHECK_EQ(
         client.vk->ops->get_formats(client.vk, NULL, VN_WSI_ROAD_COPY, &shm),
         VK_SUCCESS);
      U_CHECK_EQ(client.vk->ops->get_formats(client.vk, NULL,
                                             VN_WSI_ROAD_DIRECT, &dmabuf),
                 VK_SUCCESS);
      U_CHECK_EQ(shm.count, shm_count);
      for (uint32_t i = 0; i < shm.count; i++) {
         U_CHECK(shm.formats[i].fourcc == DRM_FORMAT_XRGB8888 ||
                 shm.formats[i].fourcc == DRM_FORMAT_ARGB8888);
      }
      if (U_CHECK_EQ(dmabuf.count, expected_count)) {
         for (uint32_t i = 0; i < expected_count; i++) {
            U_CHECK_EQ(dmabuf.formats[i].fourcc, expected[i].fourcc);
            U_CHECK_EQ(dmabuf.formats[i].modifier, expected[i].modifier);
         }
      }
      vn_wsi_format_list_finish(&shm);
      vn_wsi_format_list_finish(&dmabuf);
      U_CHECK_EQ(client.vk->ops->is_supported(client.vk, NULL),
                 shm_count || options->dmabuf_version);
   }
   client_finish(&client);
}

static void
test_formats(void)
{
   static const struct fake_format told[] = {
      { DRM_FORMAT_ABGR8888, DRM_FORMAT_MOD_INVALID },
      { DRM_FORMAT_XRGB8888, UINT64_C(0x0300000000606010) },
      { DRM_FORMAT_ARGB8888, DRM_FORMAT_MOD_LINEAR },
   };
   static const struct fake_format last = { DRM_FORMAT_ARGB8888, 0 };
   struct fake_compositor_options options = {
      .formats = told,
      .format_count = 3,
   };

   check_lists(&options, 2, NULL, 0);
   options.dmabuf_version = 2; /* knows no modifiers */
   check_lists(&options, 2, NULL, 0);
   options.dmabuf_version = 3;
   check_lists(&options, 2, told + 1, 2);
   options.dmabuf_version = 4;
   check_lists(&options, 2, told + 1, 2);
   options.bad_index = true;
   check_lists(&options, 2, told + 1, 2);
   options.no_shm = true;
   check_lists(&options, 0, told + 1, 2);
   options.short_table = true;
   check_lists(&options, 0, NULL, 0);
   options = (struct fake_compositor_options){ .no_shm = true };
   check_lists(&options, 0, &last, 0);
}

static void
test_capabilities(void)
{
   struct fake_compositor_options options = { 0 };
   struct client client;
   if (client_init(&client, &options)) {
      const struct vn_surface_ops *ops = client.vk->ops;
      VkSurfaceCapabilitiesKHR caps = { 0 };
      U_CHECK_EQ(ops->get_capabilities(client.vk, &caps), VK_SUCCESS);
      U_CHECK_EQ(caps.currentExtent.width, UINT32_MAX);
      U_CHECK_EQ(caps.currentExtent.height, UINT32_MAX);
      U_CHECK_EQ(
         ops->get_present_modes(client.vk, NULL),
         1 << VK_PRESENT_MODE_FIFO_KHR | 1 << VK_PRESENT_MODE_MAILBOX_KHR);
      U_CHECK(vn_GetPhysicalDeviceWaylandPresentationSupportKHR(
         NULL, 0, client.display));

      /* before anybody has read of it */
      fake_compositor_hang_up(client.compositor);
      U_CHECK_EQ(ops->get_capabilities(client.vk, &caps),
                 VK_ERROR_SURFACE_LOST_KHR);
      struct vn_wsi_format_list list = { 0 };
      U_CHECK_EQ(ops->get_formats(client.vk, NULL, VN_WSI_ROAD_COPY, &list),
                 VK_ERROR_SURFACE_LOST_KHR);
      vn_wsi_format_list_finish(&list);
   }
   client_finish(&client);

   options.tearing = true;
   if (client_init(&client, &options)) {
      U_CHECK(client.vk->ops->get_present_modes(client.vk, NULL) &
              1 << VK_PRESENT_MODE_IMMEDIATE_KHR);
   }
   client_finish(&client);
}

/* Events of the application are left to the application. */
static void
test_queues(void)
{
   const struct fake_compositor_options options = { 0 };
   struct client client;
   struct chain chain;
   if (client_init(&client, &options)) {
      const uint32_t before = client.global_count;
      struct wl_registry *registry = wl_display_get_registry(client.display);
      wl_registry_add_listener(registry, &client_registry_listener, &client);
      chain_init(&chain, &client, VN_WSI_ROAD_COPY, true);
      U_CHECK_EQ(present(&chain, 0, VK_PRESENT_MODE_FIFO_KHR, 0, NULL),
                 VK_SUCCESS);
      struct fake_compositor_state state;
      fake_compositor_look(client.compositor, &state);
      fake_compositor_show(client.compositor);
      UNTIL(&chain, is_ready(&chain, VK_PRESENT_MODE_FIFO_KHR));
      U_CHECK_EQ(client.global_count, before);
      struct wl_compositor *first = client.globals;
      wl_display_dispatch_pending(client.display);
      U_CHECK(client.global_count > before);
      wl_compositor_destroy(first);
      wl_registry_destroy(registry);
      chain_finish(&chain);
   }
   client_finish(&client);
}

static void *
dispatch_once(void *data)
{
   dispatch(data, -1);
   return NULL;
}

/*
 * An application that reads without waiting for something to be there is not
 * held up by a presenter that sleeps, and what it reads for the presenter
 * gets there.
 */
static void
test_readers(void)
{
   const struct fake_compositor_options options = { .presentation = true };
   struct client client;
   struct chain chain;
   if (client_init(&client, &options)) {
      chain_init(&chain, &client, VN_WSI_ROAD_COPY, true);
      pthread_t thread;
      if (U_CHECK(!pthread_create(&thread, NULL, dispatch_once, &chain))) {
         /* it is asleep by then */
         usleep(100000);
         for (int i = 0; i < 10; i++) {
            while (wl_display_prepare_read(client.display))
               wl_display_dispatch_pending(client.display);
            U_CHECK_EQ(wl_display_read_events(client.display), 0);
         }
         U_CHECK_EQ(write(client.wake_fds[1], "", 1), 1);
         pthread_join(thread, NULL);
         char byte;
         U_CHECK_EQ(read(client.wake_fds[0], &byte, 1), 1);
      }

      present(&chain, 0, VK_PRESENT_MODE_FIFO_KHR, 1, NULL);
      struct fake_compositor_state state;
      fake_compositor_look(client.compositor, &state);
      fake_compositor_show(client.compositor);
      wl_display_roundtrip(client.display);
      UNTIL(&chain,
            is_ready(&chain, VK_PRESENT_MODE_FIFO_KHR) && presented_id == 1);
      chain_finish(&chain);
   }
   client_finish(&client);
}

/* ---- frames ---- */

static void
test_shm(void)
{
   const struct fake_compositor_options options = { 0 };
   struct client client;
   struct chain chain;
   struct fake_compositor_state state;
   if (!client_init(&client, &options))
      goto out;

   chain_init(&chain, &client, VN_WSI_ROAD_COPY, true);
   if (U_CHECK_EQ(chain.init_result, VK_SUCCESS) &&
       U_CHECK_EQ(chain.image_result, VK_SUCCESS)) {
      fill(&chain, 0, RED);
      *pixel(&chain, 0, WIDTH - 1, HEIGHT - 1) = GREEN;
      U_CHECK_EQ(present(&chain, 0, VK_PRESENT_MODE_FIFO_KHR, 0, NULL),
                 VK_SUCCESS);
      fake_compositor_look(client.compositor, &state);
      U_CHECK_EQ(state.commit_count, 1);
      U_CHECK(!state.is_dmabuf);
      U_CHECK_EQ(state.width, WIDTH);
      U_CHECK_EQ(state.height, HEIGHT);
      U_CHECK_EQ(state.stride, STRIDE);
      U_CHECK_EQ(state.format, 1 /* WL_SHM_FORMAT_XRGB8888 */);
      U_CHECK_EQ(state.first_pixel, RED);
      U_CHECK_EQ(state.last_pixel, GREEN);
      U_CHECK_EQ(state.damage_count, 1);
      U_CHECK(state.buffer_damage);
      U_CHECK(state.damage_width >= WIDTH && state.damage_height >= HEIGHT);

      /* no copy: nothing but the application's pages */
      U_CHECK(!((struct vn_wayland_image *)chain.base->images[0])->shadow);

      const VkRect2D part = { { 3, 5 }, { 7, 11 } };
      U_CHECK_EQ(present(&chain, 1, VK_PRESENT_MODE_MAILBOX_KHR, 0, &part),
                 VK_SUCCESS);
      fake_compositor_look(client.compositor, &state);
      U_CHECK_EQ(state.damage_x, 3);
      U_CHECK_EQ(state.damage_y, 5);
      U_CHECK_EQ(state.damage_width, 7);
      U_CHECK_EQ(state.damage_height, 11);

      U_CHECK_EQ(idle_count, 0);
      fake_compositor_show(client.compositor);
      UNTIL(&chain, idle_count == 1);
      U_CHECK_EQ(idle_mask, 1);
      fake_compositor_release(client.compositor);
      fake_compositor_release(client.compositor);
      UNTIL(&chain, idle_count == 2);
      dispatch(&chain, 50);
      U_CHECK_EQ(idle_count, 2);
      U_CHECK_EQ(idle_mask, 3);
   }
   chain_finish(&chain);
out:
   client_finish(&client);
}

/* The compositor cannot map the pixels: it gets copies of what changed. */
static void
test_shadow(void)
{
   const struct fake_compositor_options options = { .compositor_version = 3 };
   struct client client;
   struct chain chain;
   struct fake_compositor_state state;
   if (!client_init(&client, &options))
      goto out;

   chain_init(&chain, &client, VN_WSI_ROAD_COPY, false);
   if (U_CHECK_EQ(chain.image_result, VK_SUCCESS)) {
      /* every image shows a red frame once */
      for (uint32_t i = 0; i < IMAGES; i++) {
         fill(&chain, i, RED);
         U_CHECK_EQ(present(&chain, i, VK_PRESENT_MODE_MAILBOX_KHR, 0, NULL),
                    VK_SUCCESS);
         fake_compositor_look(client.compositor, &state);
         U_CHECK_EQ(state.first_pixel, RED);
         U_CHECK_EQ(state.last_pixel, RED);
         /* before version 4 there is none in the buffer's coordinates */
         U_CHECK(!state.buffer_damage);
         U_CHECK(state.damage_width >= WIDTH);
      }

      /* one corner changes in one frame, another one in the next: the image
       * of the second must show both
       */
      const VkRect2D first = { { 0, 0 }, { 1, 1 } };
      const VkRect2D last = { { WIDTH - 1, HEIGHT - 1 }, { 1, 1 } };
      *pixel(&chain, 0, 0, 0) = GREEN;
      present(&chain, 0, VK_PRESENT_MODE_MAILBOX_KHR, 0, &first);
      fake_compositor_look(client.compositor, &state);
      U_CHECK_EQ(state.first_pixel, GREEN);
      U_CHECK_EQ(state.last_pixel, RED);

      *pixel(&chain, 1, 0, 0) = GREEN;
      *pixel(&chain, 1, WIDTH - 1, HEIGHT - 1) = GREEN;
      present(&chain, 1, VK_PRESENT_MODE_MAILBOX_KHR, 0, &last);
      fake_compositor_look(client.compositor, &state);
      U_CHECK_EQ(state.first_pixel, GREEN);
      U_CHECK_EQ(state.last_pixel, GREEN);

      /* and what did not change is not copied */
      *pixel(&chain, 0, 0, 0) = RED;
      *pixel(&chain, 0, WIDTH - 1, HEIGHT - 1) = GREEN;
      present(&chain, 0, VK_PRESENT_MODE_MAILBOX_KHR, 0, &last);
      fake_compositor_look(client.compositor, &state);
      U_CHECK_EQ(state.first_pixel, GREEN);
      U_CHECK_EQ(state.last_pixel, GREEN);
   }
   chain_finish(&chain);
out:
   client_finish(&client);
}

static void
test_modes(void)
{
   const struct fake_compositor_options options = { .tearing = true };
   const VkPresentModeKHR fifo = VK_PRESENT_MODE_FIFO_KHR;
   const VkPresentModeKHR mailbox = VK_PRESENT_MODE_MAILBOX_KHR;
   const VkPresentModeKHR immediate = VK_PRESENT_MODE_IMMEDIATE_KHR;
   struct client client;
   struct chain chain;
   struct fake_compositor_state state;
   if (!client_init(&client, &options))
      goto out;

   chain_init(&chain, &client, VN_WSI_ROAD_COPY, true);
   U_CHECK(is_ready(&chain, fifo));
   present(&chain, 0, fifo, 0, NULL);
   U_CHECK(!is_ready(&chain, fifo));
   U_CHECK(is_ready(&chain, mailbox));
   fake_compositor_look(client.compositor, &state);
   U_CHECK_EQ(state.frame_count, 1);
   U_CHECK(!state.async);
   fake_compositor_show(client.compositor);
   UNTIL(&chain, is_ready(&chain, fifo));

   present(&chain, 1, mailbox, 0, NULL);
   U_CHECK(is_ready(&chain, fifo));
   present(&chain, 2, immediate, 0, NULL);
   fake_compositor_look(client.compositor, &state);
   U_CHECK_EQ(state.commit_count, 3);
   U_CHECK_EQ(state.frame_count, 0);
   U_CHECK(state.async);
   present(&chain, 3, fifo, 0, NULL);
   fake_compositor_look(client.compositor, &state);
   U_CHECK(!state.async);
   chain_finish(&chain);
out:
   client_finish(&client);
}

/* The compositor says nothing of a hidden window: nothing waits for long. */
static void
test_hidden(void)
{
   for (int presentation = 0; presentation < 2; presentation++) {
      const struct fake_compositor_options options = {
         .presentation = presentation,
      };
      struct client client;
      struct chain chain;
      if (client_init(&client, &options)) {
         chain_init(&chain, &client, VN_WSI_ROAD_COPY, true);
         present(&chain, 0, VK_PRESENT_MODE_FIFO_KHR, 7, NULL);
         dispatch(&chain, 100);
         U_CHECK(!is_ready(&chain, VK_PRESENT_MODE_FIFO_KHR));
         U_CHECK_EQ(presented_id, 0);
         UNTIL(&chain, is_ready(&chain, VK_PRESENT_MODE_FIFO_KHR) &&
                          presented_id == 7);
         chain_finish(&chain);
      }
      client_finish(&client);
   }
}

static void
test_presented(void)
{
   for (int presentation = 0; presentation < 2; presentation++) {
      const struct fake_compositor_options options = {
         .presentation = presentation,
      };
      struct client client;
      struct chain chain;
      struct fake_compositor_state state;
      if (client_init(&client, &options)) {
         chain_init(&chain, &client, VN_WSI_ROAD_COPY, true);
         present(&chain, 0, VK_PRESENT_MODE_MAILBOX_KHR, 3, NULL);
         fake_compositor_look(client.compositor, &state);
         U_CHECK_EQ(state.feedback_count, presentation ? 1 : 0);
         U_CHECK_EQ(state.frame_count, presentation ? 0 : 1);
         U_CHECK_EQ(presented_id, 0);
         fake_compositor_show(client.compositor);
         UNTIL(&chain, presented_id == 3);

         present(&chain, 1, VK_PRESENT_MODE_MAILBOX_KHR, 4, NULL);
         fake_compositor_look(client.compositor, &state);
         fake_compositor_discard(client.compositor);
         if (!presentation)
            fake_compositor_show(client.compositor);
         UNTIL(&chain, presented_id == 4);
         /* one is under way at the end */
         present(&chain, 2, VK_PRESENT_MODE_MAILBOX_KHR, 5, NULL);
         chain_finish(&chain);
      }
      client_finish(&client);
   }
}

static void
test_dmabuf(uint32_t version)
{
   const struct fake_compositor_options options = {
      .dmabuf_version = version,
      .formats = xr24_linear,
      .format_count = 1,
   };
   struct client client;
   struct chain chain;
   struct fake_compositor_state state;
   if (!client_init(&client, &options))
      goto out;

   chain_init(&chain, &client, VN_WSI_ROAD_DIRECT, true);
   if (U_CHECK_EQ(chain.init_result, VK_SUCCESS) &&
       U_CHECK_EQ(chain.image_result, VK_SUCCESS)) {
      fill(&chain, 1, GREEN);
      present(&chain, 1, VK_PRESENT_MODE_FIFO_KHR, 0, NULL);
      fake_compositor_look(client.compositor, &state);
      U_CHECK_EQ(state.buffer_count, IMAGES);
      U_CHECK(state.is_dmabuf);
      U_CHECK_EQ(state.width, WIDTH);
      U_CHECK_EQ(state.height, HEIGHT);
      U_CHECK_EQ(state.stride, STRIDE);
      U_CHECK_EQ(state.offset, OFFSET);
      U_CHECK_EQ(state.format, DRM_FORMAT_XRGB8888);
      U_CHECK_EQ(state.modifier, DRM_FORMAT_MOD_LINEAR);
      U_CHECK_EQ(state.first_pixel, GREEN);
      U_CHECK_EQ(state.last_pixel, GREEN);

      fake_compositor_release(client.compositor);
      UNTIL(&chain, idle_mask == 2);
   }
   chain_finish(&chain);
   wl_display_flush(client.display);
   fake_compositor_look(client.compositor, &state);
   U_CHECK_EQ(state.buffer_count, 0);
out:
   client_finish(&client);
}

/* A refusal is no harm: the connection stays, and the other road is open. */
static void
test_refused(void)
{
   const struct fake_compositor_options options = {
      .dmabuf_version = 4,
      .dmabuf_answer = FAKE_DMABUF_FAILED,
      .formats = xr24_linear,
      .format_count = 1,
   };
   struct client client;
   struct chain chain;
   if (client_init(&client, &options)) {
      chain_init(&chain, &client, VN_WSI_ROAD_DIRECT, true);
      U_CHECK_EQ(chain.init_result, VK_SUCCESS);
      U_CHECK_EQ(chain.image_result, VK_ERROR_INITIALIZATION_FAILED);
      chain_finish(&chain);

      chain_init(&chain, &client, VN_WSI_ROAD_COPY, true);
      U_CHECK_EQ(chain.image_result, VK_SUCCESS);
      U_CHECK_EQ(present(&chain, 0, VK_PRESENT_MODE_FIFO_KHR, 0, NULL),
                 VK_SUCCESS);
      chain_finish(&chain);
   }
   client_finish(&client);

   /* neither is there */
   const struct fake_compositor_options none = { .no_shm = true };
   if (client_init(&client, &none)) {
      for (int road = 0; road < VN_WSI_ROAD_COUNT; road++) {
         chain_init(&chain, &client, (enum vn_wsi_road)road, true);
         U_CHECK_EQ(chain.init_result, VK_ERROR_INITIALIZATION_FAILED);
         chain_finish(&chain);
      }
   }
   client_finish(&client);
}

/* The compositor changes its mind about formats. */
static void
test_suboptimal(void)
{
   static const struct fake_format other[] = {
      { DRM_FORMAT_XRGB8888, UINT64_C(0x0300000000606010) },
   };
   static const struct fake_format more[] = {
      { DRM_FORMAT_ARGB8888, DRM_FORMAT_MOD_LINEAR },
      { DRM_FORMAT_XRGB8888, DRM_FORMAT_MOD_LINEAR },
   };
   const struct fake_compositor_options options = {
      .dmabuf_version = 4,
      .formats = xr24_linear,
      .format_count = 1,
   };
   struct client client;
   struct chain chain;
   if (client_init(&client, &options)) {
      chain_init(&chain, &client, VN_WSI_ROAD_DIRECT, true);
      fake_compositor_send_formats(client.compositor, more, 2);
      for (int i = 0; i < 5; i++)
         dispatch(&chain, 20);
      U_CHECK_EQ(suboptimal_count, 0);
      fake_compositor_send_formats(client.compositor, other, 1);
      UNTIL(&chain, suboptimal_count == 1);

      struct vn_wsi_format_list list = { 0 };
      client.vk->ops->get_formats(client.vk, NULL, VN_WSI_ROAD_DIRECT, &list);
      U_CHECK_EQ(list.count, 1);
      if (list.count == 1)
         U_CHECK_EQ(list.formats[0].modifier, other[0].modifier);
      vn_wsi_format_list_finish(&list);
      U_CHECK_EQ(error_count, 0);
      chain_finish(&chain);
   }
   client_finish(&client);
}

/* ---- ends ---- */

static void
test_lost(void (*end)(struct fake_compositor *compositor))
{
   const struct fake_compositor_options options = { .presentation = true };
   struct client client;
   struct chain chain;
   if (client_init(&client, &options)) {
      chain_init(&chain, &client, VN_WSI_ROAD_COPY, true);
      present(&chain, 0, VK_PRESENT_MODE_FIFO_KHR, 1, NULL);
      end(client.compositor);

      VkResult result = VK_SUCCESS;
      for (int i = 0; i < 50 && result == VK_SUCCESS; i++)
         result = dispatch(&chain, 100);
      U_CHECK_EQ(result, VK_ERROR_SURFACE_LOST_KHR);
      U_CHECK_EQ(dispatch(&chain, -1), VK_ERROR_SURFACE_LOST_KHR);
      U_CHECK_EQ(present(&chain, 1, VK_PRESENT_MODE_FIFO_KHR, 2, NULL),
                 VK_ERROR_SURFACE_LOST_KHR);
      chain_finish(&chain);
      chain_init(&chain, &client, VN_WSI_ROAD_COPY, true);
      U_CHECK_EQ(chain.init_result, VK_ERROR_SURFACE_LOST_KHR);
      chain_finish(&chain);
   }
   client_finish(&client);
}

/* The compositor dies at every step of a swapchain's life in turn. */
static void
test_death(void)
{
   bool survived = false;
   uint32_t after;
   for (after = 1; !survived && after < 200; after++) {
      const struct fake_compositor_options options = {
         .dmabuf_version = 4,
         .formats = xr24_linear,
         .format_count = 1,
         .presentation = true,
         .tearing = true,
         .die_after = after,
      };
      struct client client;
      struct chain chain;
      if (client_init(&client, &options)) {
         chain_init(&chain, &client,
                    after % 2 ? VN_WSI_ROAD_DIRECT : VN_WSI_ROAD_COPY, true);
         VkResult result =
            chain.init_result ? chain.init_result : chain.image_result;
         for (uint32_t i = 0; i < 8 && result == VK_SUCCESS; i++) {
            result = present(&chain, i % IMAGES, (VkPresentModeKHR)(i % 3),
                             i + 1, NULL);
            struct fake_compositor_state state;
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
   }
   U_CHECK(survived);
   U_CHECK(after > 40);
}

/* One that never answers costs time, not the application. */
static void
test_mute(void)
{
   const struct fake_compositor_options options = { .mute = true };
   const uint64_t start_ns = vn_time_ns();
   struct client client;
   if (client_init(&client, &options)) {
      VkSurfaceCapabilitiesKHR caps;
      U_CHECK_EQ(client.vk->ops->get_capabilities(client.vk, &caps),
                 VK_ERROR_SURFACE_LOST_KHR);
      U_CHECK(vn_time_ns() - start_ns >= VN_WAYLAND_ANSWER_NS);
   }
   client_finish(&client);
}

int
main(int argc, char **argv)
{
   /* what hangs ends */
   alarm(300);
   if (argc > 1 && !strcmp(argv[1], "mute")) {
      test_mute();
      return u_test_result();
   }

   test_formats();
   test_capabilities();
   test_queues();
   test_readers();
   test_shm();
   test_shadow();
   test_modes();
   test_hidden();
   test_presented();
   test_dmabuf(3);
   test_dmabuf(4);
   test_refused();
   test_suboptimal();
   test_lost(fake_compositor_hang_up);
   test_lost(fake_compositor_send_error);
   test_death();
   return u_test_result();
}
