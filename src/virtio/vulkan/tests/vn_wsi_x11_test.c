/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What is below the seam for X servers, against a server in this process.
 */

#include "vn_wsi_x11_rig.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <xcb/present.h>

#include "fake_syncobj.h"
#include "u_test.h"

static const struct {
   const char *name;
   struct shape shape;
} shapes[] = {
   { "dri3",
     { .server = { .present = true, .regions = true, .dri3 = true },
       .road = VN_WSI_ROAD_DIRECT } },
   { "shm-pixmap",
     { .server = { .present = true,
                   .regions = true,
                   .shm = true,
                   .shm_pixmaps = true },
       .road = VN_WSI_ROAD_COPY } },
   { "shm-pixmap-wide",
     { .server = { .present = true,
                   .regions = true,
                   .shm = true,
                   .shm_pixmaps = true,
                   .width = WIDTH + 8 },
       .road = VN_WSI_ROAD_COPY,
       .stride_B = 320 } },
   { "shm-pixmap-wide-without-regions",
     { .server = { .present = true,
                   .shm = true,
                   .shm_pixmaps = true,
                   .width = WIDTH + 8 },
       .road = VN_WSI_ROAD_COPY,
       .stride_B = 320 } },
   { "shm-pixmap-copied",
     { .server = { .present = true,
                   .regions = true,
                   .shm = true,
                   .shm_pixmaps = true },
       .road = VN_WSI_ROAD_COPY,
       .no_fd = true } },
   { "shm-put",
     { .server = { .present = true, .regions = true, .shm = true },
       .road = VN_WSI_ROAD_COPY,
       .stride_B = 320 } },
   { "shm-put-window",
     { .server = { .shm = true },
       .road = VN_WSI_ROAD_COPY,
       .stride_B = 320 } },
   { "shm-put-copied",
     { .server = { .shm = true }, .road = VN_WSI_ROAD_COPY, .no_fd = true } },
   { "put",
     { .server = { .present = true, .regions = true },
       .road = VN_WSI_ROAD_COPY,
       .stride_B = 320 } },
   { "put-window", { .road = VN_WSI_ROAD_COPY, .no_fd = true } },
#ifdef VN_X11_SYNCOBJ
#define POINTS_SHAPE 10
   { "dri3-points",
     { .server = { .present = true,
                   .regions = true,
                   .dri3 = true,
                   .syncobj = true },
       .road = VN_WSI_ROAD_DIRECT } },
#endif
};

static const VkPresentModeKHR modes[] = {
   VK_PRESENT_MODE_FIFO_KHR,
   VK_PRESENT_MODE_MAILBOX_KHR,
   VK_PRESENT_MODE_IMMEDIATE_KHR,
   VK_PRESENT_MODE_FIFO_RELAXED_KHR,
};

/* Whole frames and parts, in every mode, until the last; then what is left. */
static VkResult
scenario(struct rig *r)
{
   for (uint32_t m = 0; m < VN_ARRAY_SIZE(modes); m++) {
      for (uint32_t i = 0; i < 4; i++) {
         const VkResult result =
            rig_present(r, modes[m], 0x102030 * (m + 1) + i, 0, NULL);
         if (result != VK_SUCCESS)
            return result;
      }
   }
   const VkRect2D parts[] = {
      { { 8, 4 }, { 5, 3 } },
      { { 0, HEIGHT - 1 }, { WIDTH, 1 } },
   };
   const VkResult result = rig_present(r, VK_PRESENT_MODE_FIFO_KHR, 0xfedcba,
                                       VN_ARRAY_SIZE(parts), parts);
   return result == VK_SUCCESS ? rig_settle(r) : result;
}

static void
check_screen(struct rig *r, bool parts)
{
   const uint32_t before = 0x102030 * VN_ARRAY_SIZE(modes) + 3;
   const uint32_t elsewhere = parts ? before : 0xfedcba;
   U_CHECK_EQ(fake_x11_pixel(&r->server, 0, 0), elsewhere);
   U_CHECK_EQ(fake_x11_pixel(&r->server, 13, 4), elsewhere);
   U_CHECK_EQ(fake_x11_pixel(&r->server, 8, 7), elsewhere);
   U_CHECK_EQ(fake_x11_pixel(&r->server, WIDTH - 1, HEIGHT - 2), elsewhere);
   U_CHECK_EQ(fake_x11_pixel(&r->server, 8, 4), 0xfedcba);
   U_CHECK_EQ(fake_x11_pixel(&r->server, 12, 6), 0xfedcba);
   U_CHECK_EQ(fake_x11_pixel(&r->server, WIDTH - 1, HEIGHT - 1), 0xfedcba);
   /* nothing right of the image */
   if (r->server.config.width > WIDTH)
      U_CHECK_EQ(fake_x11_pixel(&r->server, WIDTH, 0), 0);
}

static void
test_ways(void)
{
   for (uint32_t i = 0; i < VN_ARRAY_SIZE(shapes); i++) {
      struct rig r;
      const struct shape *shape = &shapes[i].shape;
      fprintf(stderr, "%s\n", shapes[i].name);
      U_CHECK_EQ(rig_start(&r, shape), VK_SUCCESS);
      U_CHECK_EQ(scenario(&r), VK_SUCCESS);
      const bool wide = shape->server.width > WIDTH;
      U_CHECK_EQ(r.swapchain->status, wide ? VK_SUBOPTIMAL_KHR : VK_SUCCESS);
      check_screen(&r, shape->server.regions || !shape->server.present);
      U_CHECK_EQ(r.server.errors, 0);
      if (shape->server.present)
         U_CHECK_EQ(r.server.shown, r.id);
      U_CHECK_EQ(r.server.synced, shape->server.syncobj ? r.id : 0);
      U_CHECK_EQ(r.server.early, 0);
      const bool put = shape->road == VN_WSI_ROAD_COPY && !shape->server.shm;
      /* 16 whole frames and two parts */
      const uint32_t all_B = 16 * WIDTH * HEIGHT * 4 + (5 * 3 + WIDTH) * 4;
      U_CHECK_EQ(r.server.put_B, put ? all_B : 0);
      /* what the server can map is not copied here */
      const bool copies = shape->server.shm &&
                          (shape->no_fd || (wide && !shape->server.regions));
      U_CHECK_EQ(r.copied_B != 0, copies);
      rig_stop(&r, true);
   }
}

/* The server could map a page, but not what the images are in. */
static void
test_refused_buffers(void)
{
   struct shape shape = {
      .server = { .present = true,
                  .regions = true,
                  .shm = true,
                  .shm_pixmaps = true,
                  .refuse_large_shm = true },
      .road = VN_WSI_ROAD_COPY,
   };
   struct rig r;
   U_CHECK_EQ(rig_start(&r, &shape), VK_ERROR_OUT_OF_HOST_MEMORY);
   rig_stop(&r, true);

   /* a modifier that it cannot import */
   shape.server.dri3 = true;
   shape.road = VN_WSI_ROAD_DIRECT;
   shape.stride_B = 0;
   U_CHECK_EQ(rig_start(&r, &shape), VK_SUCCESS);
   struct vn_wsi_image *image = calloc(1, r.swapchain->ops->image_size);
   image->pixels = r.images[0]->pixels;
   image->pixels.modifier = 1;
   U_CHECK_EQ(r.swapchain->ops->image_init(r.swapchain, image),
              VK_ERROR_INITIALIZATION_FAILED);
   image->pixels = r.images[0]->pixels;
   image->pixels.offset_B[0] = UINT64_C(1) << 32;
   U_CHECK_EQ(r.swapchain->ops->image_init(r.swapchain, image),
              VK_ERROR_INITIALIZATION_FAILED);
   image->pixels = r.images[0]->pixels;
   image->pixels.width = INT16_MAX + 1;
   U_CHECK_EQ(r.swapchain->ops->image_init(r.swapchain, image),
              VK_ERROR_INITIALIZATION_FAILED);
   free(image);
   rig_stop(&r, true);
}

/* At each request, the server dies; or it refuses it. */
static void
test_every_request(bool die)
{
   for (uint32_t i = 0; i < VN_ARRAY_SIZE(shapes); i++) {
      uint32_t at = 1;
      bool through = false;
      for (; !through; at++) {
         struct shape shape = shapes[i].shape;
         if (die)
            shape.server.die_at = at;
         else
            shape.server.refuse_at = at;
         struct rig r;
         VkResult result = rig_start(&r, &shape);
         if (result == VK_SUCCESS)
            result = scenario(&r);
         through = fake_x11_request_count(&r.server) < at;
         if (through)
            U_CHECK_EQ(result, VK_SUCCESS);
         else if (die)
            U_CHECK_EQ(result, VK_ERROR_SURFACE_LOST_KHR);
         rig_stop(&r, false);
      }
      fprintf(stderr, "%s: %s at each of %u requests\n", shapes[i].name,
              die ? "died" : "refused", at - 2);
      U_CHECK(at > 40);
   }
}

/* FIFO shows each frame, MAILBOX the last one of a field. */
static void
test_modes(void)
{
   struct shape shape = shapes[1].shape;
   shape.server.hold = true;
   struct rig r;
   U_CHECK_EQ(rig_start(&r, &shape), VK_SUCCESS);
   const struct vn_swapchain_ops *ops = r.swapchain->ops;
   struct fake_x11 *server = &r.server;

   for (uint32_t i = 0; i < 5; i++) {
      U_CHECK_EQ(rig_present(&r, VK_PRESENT_MODE_FIFO_KHR, i, 0, NULL),
                 VK_SUCCESS);
      U_CHECK(!ops->is_ready(r.swapchain, VK_PRESENT_MODE_FIFO_KHR));
      /* the server must have it before the field ends */
      free(xcb_get_input_focus_reply(r.conn, xcb_get_input_focus(r.conn),
                                     NULL));
      U_CHECK_EQ(server->frames[0].target_msc, i ? server->msc + 1 : 1);
      fake_x11_tick(server);
      U_CHECK_EQ(rig_settle(&r), VK_SUCCESS);
      U_CHECK_EQ(fake_x11_pixel(server, 3, 3), i);
   }
   U_CHECK_EQ(server->shown, 5);
   U_CHECK_EQ(server->skipped, 0);
   U_CHECK_EQ(server->options, XCB_PRESENT_OPTION_NONE);

   for (uint32_t i = 0; i < 7; i++)
      U_CHECK_EQ(
         rig_present(&r, VK_PRESENT_MODE_MAILBOX_KHR, 100 + i, 0, NULL),
         VK_SUCCESS);
   U_CHECK_EQ(fake_x11_pixel(server, 3, 3), 4);
   free(xcb_get_input_focus_reply(r.conn, xcb_get_input_focus(r.conn), NULL));
   fake_x11_tick(server);
   U_CHECK_EQ(rig_settle(&r), VK_SUCCESS);
   U_CHECK_EQ(fake_x11_pixel(server, 3, 3), 106);
   U_CHECK_EQ(server->shown, 6);
   U_CHECK_EQ(server->skipped, 6);
   U_CHECK_EQ(server->options, XCB_PRESENT_OPTION_NONE);

   /* no field ends */
   U_CHECK_EQ(rig_present(&r, VK_PRESENT_MODE_IMMEDIATE_KHR, 200, 0, NULL),
              VK_SUCCESS);
   U_CHECK_EQ(rig_settle(&r), VK_SUCCESS);
   U_CHECK_EQ(fake_x11_pixel(server, 3, 3), 200);
   U_CHECK_EQ(server->options, XCB_PRESENT_OPTION_ASYNC);
   U_CHECK_EQ(rig_present(&r, VK_PRESENT_MODE_FIFO_RELAXED_KHR, 201, 0, NULL),
              VK_SUCCESS);
   U_CHECK_EQ(rig_settle(&r), VK_SUCCESS);
   U_CHECK_EQ(server->options, XCB_PRESENT_OPTION_ASYNC);
   rig_stop(&r, true);
}

/* A pixmap that the server has given back, with a GPU that still reads it. */
static void
test_readers(void)
{
   struct rig r;
   const uint64_t one = 1;
   rig_readers = eventfd(0, EFD_CLOEXEC);
   U_CHECK_EQ(rig_start(&r, &shapes[0].shape), VK_SUCCESS);
   for (uint32_t i = 0; i < 2; i++) {
      U_CHECK_EQ(rig_present(&r, VK_PRESENT_MODE_FIFO_KHR, i, 0, NULL),
                 VK_SUCCESS);
      /* it comes first, and the rest with it */
      while (r.swapchain->presented_id < r.id)
         U_CHECK_EQ(rig_dispatch(&r), VK_SUCCESS);
      U_CHECK_EQ(r.swapchain->ops->dispatch(r.swapchain, -1, 20), VK_SUCCESS);
      U_CHECK_EQ(r.idle_count, 0);
   }
   U_CHECK_EQ(write(rig_readers, &one, sizeof(one)), sizeof(one));
   U_CHECK_EQ(rig_settle(&r), VK_SUCCESS);
   U_CHECK_EQ(r.idle_count, 2);
   /* no longer */
   U_CHECK_EQ(rig_present(&r, VK_PRESENT_MODE_FIFO_KHR, 3, 0, NULL),
              VK_SUCCESS);
   U_CHECK_EQ(rig_settle(&r), VK_SUCCESS);
   /* and one that is destroyed meanwhile */
   uint64_t value;
   U_CHECK_EQ(read(rig_readers, &value, sizeof(value)), sizeof(value));
   U_CHECK_EQ(rig_present(&r, VK_PRESENT_MODE_FIFO_KHR, 4, 0, NULL),
              VK_SUCCESS);
   while (r.swapchain->presented_id < r.id)
      U_CHECK_EQ(rig_dispatch(&r), VK_SUCCESS);
   U_CHECK_EQ(r.swapchain->ops->dispatch(r.swapchain, -1, 20), VK_SUCCESS);
   U_CHECK_EQ(r.idle_count, 3);
   rig_stop(&r, true);
   u_fd_close(&rig_readers);
}

#ifdef VN_X11_SYNCOBJ

/* A pixmap is idle when its point says so, and by nothing else. */
static void
test_points(void)
{
   struct shape shape = shapes[POINTS_SHAPE].shape;
   shape.server.hold_points = true;
   struct rig r;
   /* fences that never signal at each dma-buf, which are not asked for */
   rig_readers = eventfd(0, EFD_CLOEXEC);
   U_CHECK_EQ(rig_start(&r, &shape), VK_SUCCESS);
   U_CHECK_EQ(fake_syncobj_count(), 1 + IMAGES);
   for (uint32_t round = 0; round < 3; round++) {
      for (uint32_t i = 0; i < IMAGES; i++) {
         U_CHECK_EQ(rig_present(&r, VK_PRESENT_MODE_FIFO_KHR, i, 0, NULL),
                    VK_SUCCESS);
         while (r.swapchain->presented_id < r.id)
            U_CHECK_EQ(rig_dispatch(&r), VK_SUCCESS);
      }
      U_CHECK_EQ(r.swapchain->ops->dispatch(r.swapchain, -1, 20), VK_SUCCESS);
      U_CHECK_EQ(r.idle_count, round * IMAGES);
      fake_x11_release(&r.server);
      U_CHECK_EQ(rig_settle(&r), VK_SUCCESS);
   }
   U_CHECK_EQ(r.server.synced, r.id);
   U_CHECK_EQ(r.server.early, 0);
   /* one is held at the end */
   U_CHECK_EQ(rig_present(&r, VK_PRESENT_MODE_FIFO_KHR, 1, 0, NULL),
              VK_SUCCESS);
   rig_stop(&r, true);
   U_CHECK_EQ(fake_syncobj_count(), 0);
   u_fd_close(&rig_readers);
}

/* One of the sides lacks it. */
static void
test_without_points(void)
{
   for (uint32_t what = 0; what < 3; what++) {
      struct shape shape = shapes[POINTS_SHAPE].shape;
      shape.server.no_points = what == 0;
      rig_no_device = what == 1;
      fake_syncobj_reset(what != 2);
      struct rig r;
      U_CHECK_EQ(rig_start(&r, &shape), VK_SUCCESS);
      U_CHECK_EQ(scenario(&r), VK_SUCCESS);
      U_CHECK_EQ(r.server.synced, 0);
      U_CHECK_EQ(r.server.errors, 0);
      rig_stop(&r, true);
   }
   rig_no_device = false;
   fake_syncobj_reset(true);
}

/* Each call to the kernel fails in turn: some frames come without points. */
static void
test_kernel_failures(void)
{
   uint32_t n;
   for (n = 1; n < 200; n++) {
      struct rig r;
      fake_syncobj_fail(n);
      U_CHECK_EQ(rig_start(&r, &shapes[POINTS_SHAPE].shape), VK_SUCCESS);
      U_CHECK_EQ(scenario(&r), VK_SUCCESS);
      check_screen(&r, true);
      U_CHECK_EQ(r.server.errors, 0);
      U_CHECK_EQ(r.server.early, 0);
      const bool failed = fake_syncobj_has_failed();
      /* 6 at the device, 2 for each timeline, 2 for each frame */
      const bool at_frame = n > 6 + 2 * (1 + IMAGES);
      if (!failed || at_frame)
         U_CHECK_EQ(r.server.synced, r.id - failed);
      else if (n <= 6 + 2)
         U_CHECK_EQ(r.server.synced, 0);
      rig_stop(&r, true);
      U_CHECK_EQ(fake_syncobj_count(), 0);
      if (!failed)
         break;
   }
   U_CHECK_EQ(n, 6 + 2 * (1 + IMAGES) + 2 * 17 + 1);
   fake_syncobj_reset(true);
}

#endif

static void
test_resize(void)
{
   for (uint32_t i = 0; i < VN_ARRAY_SIZE(shapes); i++) {
      if (shapes[i].shape.server.width)
         continue;
      struct rig r;
      U_CHECK_EQ(rig_start(&r, &shapes[i].shape), VK_SUCCESS);
      U_CHECK_EQ(rig_present(&r, VK_PRESENT_MODE_FIFO_KHR, 1, 0, NULL),
                 VK_SUCCESS);
      U_CHECK_EQ(rig_settle(&r), VK_SUCCESS);
      U_CHECK_EQ(r.swapchain->status, VK_SUCCESS);
      fake_x11_resize(&r.server, 80, 60);
      /* with Present the server says so, else the next frame finds out */
      if (shapes[i].shape.server.present) {
         U_CHECK_EQ(rig_dispatch(&r), VK_SUCCESS);
         U_CHECK_EQ(r.swapchain->status, VK_SUBOPTIMAL_KHR);
      }
      U_CHECK_EQ(rig_present(&r, VK_PRESENT_MODE_FIFO_KHR, 2, 0, NULL),
                 VK_SUCCESS);
      U_CHECK_EQ(rig_settle(&r), VK_SUCCESS);
      U_CHECK_EQ(r.swapchain->status, VK_SUBOPTIMAL_KHR);
      U_CHECK_EQ(fake_x11_pixel(&r.server, 5, 5), 2);

      VkSurfaceCapabilitiesKHR caps;
      U_CHECK_EQ(r.surface->ops->get_capabilities(r.surface, &caps),
                 VK_SUCCESS);
      U_CHECK_EQ(caps.currentExtent.width, 80);
      U_CHECK_EQ(caps.maxImageExtent.height, 60);
      rig_stop(&r, true);
   }
}

/* A window that is destroyed: between frames, or with one under way. */
static void
test_destroyed(void)
{
   for (uint32_t i = 0; i < VN_ARRAY_SIZE(shapes); i++) {
      for (uint32_t k = 0; k < 4; k++) {
         const bool says = k & 1, under_way = k & 2;
         struct shape shape = shapes[i].shape;
         shape.server.hold = under_way;
         if (says && !shape.server.present)
            continue;
         struct rig r;
         U_CHECK_EQ(rig_start(&r, &shape), VK_SUCCESS);
         VkResult result =
            rig_present(&r, VK_PRESENT_MODE_FIFO_KHR, 1, 0, NULL);
         U_CHECK_EQ(result, VK_SUCCESS);
         if (!under_way)
            U_CHECK_EQ(rig_settle(&r), VK_SUCCESS);
         free(xcb_get_input_focus_reply(r.conn, xcb_get_input_focus(r.conn),
                                        NULL));
         fake_x11_destroy_window(&r.server, says);
         if (says || (under_way && shape.server.present))
            result = rig_settle(&r);
         if (says && result == VK_SUCCESS)
            result = rig_dispatch(&r);
         if (result == VK_SUCCESS)
            result = rig_present(&r, VK_PRESENT_MODE_FIFO_KHR, 2, 0, NULL);
         if (result == VK_SUCCESS)
            result = rig_settle(&r);
         U_CHECK_EQ(result, VK_ERROR_SURFACE_LOST_KHR);
         VkSurfaceCapabilitiesKHR caps;
         U_CHECK_EQ(r.surface->ops->get_capabilities(r.surface, &caps),
                    VK_ERROR_SURFACE_LOST_KHR);
         rig_stop(&r, true);
      }
   }
}

/*
 * A server that no longer does anything: no call takes much longer than
 * vn_x11_patience_ms.
 */
static void
test_asleep(void)
{
   const uint32_t patience_ms = vn_x11_patience_ms;
   vn_x11_patience_ms = 50;
   for (uint32_t i = 0; i < VN_ARRAY_SIZE(shapes); i++) {
      for (uint32_t at = 1; at < 40; at += 3) {
         struct shape shape = shapes[i].shape;
         shape.server.sleep_at = at;
         struct rig r;
         if (rig_start(&r, &shape) == VK_SUCCESS) {
            U_CHECK_EQ(rig_present(&r, VK_PRESENT_MODE_FIFO_KHR, 1, 0, NULL),
                       VK_SUCCESS);
            U_CHECK_EQ(r.swapchain->ops->dispatch(r.swapchain, -1, 10),
                       VK_SUCCESS);
         }
         rig_stop(&r, false);
      }
   }
   vn_x11_patience_ms = patience_ms;
}

/* More than fits into a socket: the presenter stays awake, and goes on when
 * the server does.
 */
static void
test_large(void)
{
   struct shape shape = {
      .server = { .width = LARGE, .height = LARGE },
      .road = VN_WSI_ROAD_COPY,
      .large = true,
   };
   struct rig r;
   U_CHECK_EQ(rig_start(&r, &shape), VK_SUCCESS);
   pthread_mutex_lock(&r.server.mutex);
   U_CHECK_EQ(rig_present(&r, VK_PRESENT_MODE_FIFO_KHR, 0xabcdef, 0, NULL),
              VK_SUCCESS);
   U_CHECK_EQ(r.swapchain->ops->dispatch(r.swapchain, -1, 10), VK_SUCCESS);
   U_CHECK(vn_x11_swapchain(r.swapchain)->upload.image);
   U_CHECK(!r.swapchain->ops->is_ready(r.swapchain,
                                       VK_PRESENT_MODE_IMMEDIATE_KHR));
   pthread_mutex_unlock(&r.server.mutex);
   U_CHECK_EQ(rig_settle(&r), VK_SUCCESS);
   U_CHECK_EQ(r.server.put_B, LARGE * LARGE * 4);
   U_CHECK_EQ(fake_x11_pixel(&r.server, 0, 0), 0xabcdef);
   U_CHECK_EQ(fake_x11_pixel(&r.server, LARGE - 1, LARGE - 1), 0xabcdef);
   U_CHECK_EQ(fake_x11_pixel(&r.server, 17, LARGE / 2), 0xabcdef);
   rig_stop(&r, true);
}

/* ---- the application reads its events meanwhile ---- */

struct reader {
   xcb_connection_t *conn;
   bool waits; /* in xcb_wait_for_event; else it polls */
   uint32_t next;
   uint32_t wrong;
   uint32_t count;
};

static void *
read_events(void *arg)
{
   struct reader *reader = arg;
   while (reader->next < reader->count) {
      xcb_generic_event_t *event = reader->waits
                                      ? xcb_wait_for_event(reader->conn)
                                      : xcb_poll_for_event(reader->conn);
      if (!event) {
         if (xcb_connection_has_error(reader->conn))
            break;
         continue;
      }
      const xcb_client_message_event_t *message = (const void *)event;
      if ((event->response_type & 0x7f) != XCB_CLIENT_MESSAGE ||
          message->data.data32[0] != reader->next)
         reader->wrong++;
      reader->next++;
      free(event);
   }
   return NULL;
}

/*
 * Every event of the application's arrives there in order, and none of ours
 * does; and no wake-up of ours is lost to a thread that reads all the time.
 */
static void
test_events(bool waits)
{
   for (uint32_t i = 0; i < VN_ARRAY_SIZE(shapes); i++) {
      const uint32_t frames = 200;
      struct rig r;
      U_CHECK_EQ(rig_start(&r, &shapes[i].shape), VK_SUCCESS);
      struct reader reader = {
         .conn = r.conn,
         .waits = waits,
         .count = frames * 2,
      };
      pthread_t thread;
      U_CHECK(!pthread_create(&thread, NULL, read_events, &reader));
      const uint64_t start = vn_time_ns();
      for (uint32_t k = 0; k < frames; k++) {
         fake_x11_send_message(&r.server, 2 * k);
         U_CHECK_EQ(rig_present(&r, VK_PRESENT_MODE_FIFO_KHR, k, 0, NULL),
                    VK_SUCCESS);
         fake_x11_send_message(&r.server, 2 * k + 1);
         U_CHECK_EQ(rig_settle(&r), VK_SUCCESS);
      }
      pthread_join(thread, NULL);
      fprintf(stderr, "%s: %u us per frame\n", shapes[i].name,
              (uint32_t)((vn_time_ns() - start) / 1000 / frames));
      U_CHECK_EQ(reader.next, frames * 2);
      U_CHECK_EQ(reader.wrong, 0);
      rig_stop(&r, true);
   }
}

/* What woke the presenter: another thread, though nothing was said. */
static void
test_wake(void)
{
   struct rig r;
   int fds[2];
   U_CHECK_EQ(rig_start(&r, &shapes[1].shape), VK_SUCCESS);
   U_CHECK(!pipe2(fds, O_CLOEXEC));
   U_CHECK_EQ(write(fds[1], "", 1), 1);
   U_CHECK_EQ(r.swapchain->ops->dispatch(r.swapchain, fds[0], -1),
              VK_SUCCESS);
   U_CHECK_EQ(r.swapchain->ops->dispatch(r.swapchain, -1, 0), VK_SUCCESS);
   close(fds[0]);
   close(fds[1]);
   rig_stop(&r, true);
}

static void
test_visuals(void)
{
   const struct {
      uint8_t depth;
      uint32_t fourcc;
      bool alpha;
   } depths[] = {
      { 24, 0x34325258 /* XR24 */, false },
      { 30, 0x30335258 /* XR30 */, false },
      { 32, 0x34325241 /* AR24 */, true },
      { 8, 0, false },
   };
   for (uint32_t i = 0; i < VN_ARRAY_SIZE(depths); i++) {
      struct fake_x11 server;
      xcb_connection_t *conn = fake_x11_start(
         &server, &(struct fake_x11_config){ .depth = depths[i].depth });
      const struct vn_x11_visual visual =
         vn_x11_find_visual(conn, FAKE_X11_VISUAL);
      U_CHECK_EQ(visual.fourcc, depths[i].fourcc);
      U_CHECK_EQ(visual.alpha, depths[i].alpha);
      U_CHECK_EQ(visual.depth, depths[i].depth);
      U_CHECK_EQ(vn_x11_find_visual(conn, FAKE_X11_OTHER).fourcc, 0);
      U_CHECK_EQ(vn_x11_find_visual(conn, 7).fourcc, 0);

      VkSurfaceKHR handle;
      U_CHECK_EQ(vn_x11_surface_create(NULL, conn, FAKE_X11_WINDOW, "test",
                                       NULL, &handle),
                 VK_SUCCESS);
      struct vn_surface *surface = vn_surface_from_handle(handle);
      VkSurfaceCapabilitiesKHR caps;
      U_CHECK_EQ(surface->ops->get_capabilities(surface, &caps), VK_SUCCESS);
      U_CHECK_EQ(
         caps.supportedCompositeAlpha,
         VK_COMPOSITE_ALPHA_INHERIT_BIT_KHR |
            (depths[i].alpha ? VK_COMPOSITE_ALPHA_PRE_MULTIPLIED_BIT_KHR
                             : VK_COMPOSITE_ALPHA_OPAQUE_BIT_KHR));
      struct vn_wsi_format_list list = { 0 };
      U_CHECK_EQ(
         surface->ops->get_formats(surface, NULL, VN_WSI_ROAD_COPY, &list),
         VK_SUCCESS);
      U_CHECK_EQ(list.count, depths[i].fourcc != 0);
      U_CHECK_EQ(surface->ops->get_present_modes(surface, NULL),
                 1u << VK_PRESENT_MODE_FIFO_KHR |
                    1u << VK_PRESENT_MODE_IMMEDIATE_KHR);
      free(list.formats);
      surface->ops->finish(surface);
      free(surface);
      xcb_disconnect(conn);
      fake_x11_stop(&server);
   }
}

int
main(void)
{
   test_visuals();
   test_ways();
   test_refused_buffers();
   test_modes();
   test_readers();
#ifdef VN_X11_SYNCOBJ
   test_points();
   test_without_points();
   test_kernel_failures();
#endif
   test_resize();
   test_destroyed();
   test_wake();
   test_asleep();
   test_large();
   test_events(true);
   test_events(false);
   test_every_request(true);
   test_every_request(false);
   U_CHECK(rig_ok());
   return u_test_result();
}
