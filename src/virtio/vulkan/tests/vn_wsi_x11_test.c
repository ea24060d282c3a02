/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What is below the seam for X servers, against a server in this process.
 * What is above the seam is here: images are memfds, and this thread is the
 * presenter.
 */

#include "vn_wsi_x11.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xcb/present.h>

#include "fake_x11.h"
#include "u_test.h"

#define IMAGES 3
#define WIDTH  64u
#define HEIGHT 48u
/* more than a socket takes at once */
#define LARGE 512u

struct rig {
   struct fake_x11 server;
   xcb_connection_t *conn;
   struct vn_surface *surface;
   struct vn_swapchain *swapchain;
   struct vn_wsi_image *images[IMAGES];
   uint32_t *maps[IMAGES];
   uint32_t width;
   uint32_t height;
   uint32_t stride_B;
   uint32_t image_count; /* that are made */
   uint64_t id;
   uint64_t idle_count;
   uint64_t copied_B;
};

static struct rig *rig; /* of the stubs below */

/* ---- what is above the seam ---- */

void *
vn_surface_zalloc(struct vn_instance *instance,
                  const VkAllocationCallbacks *alloc,
                  size_t size,
                  const struct vn_surface_ops *ops,
                  const char *platform)
{
   struct vn_surface *surface = calloc(1, size);
   surface->ops = ops;
   surface->platform = platform;
   return surface;
}

VkResult
vn_result_log(VkResult result, const char *function, int line)
{
   return result;
}

bool
vn_wsi_format_list_add(struct vn_wsi_format_list *list,
                       uint32_t fourcc,
                       uint64_t modifier)
{
   list->formats =
      realloc(list->formats, (list->count + 1) * sizeof(list->formats[0]));
   list->formats[list->count++] = (struct vn_wsi_format){ fourcc, modifier };
   return true;
}

void
vn_swapchain_set_idle(struct vn_swapchain *swapchain,
                      struct vn_wsi_image *image,
                      int release_fd)
{
   U_CHECK_EQ(release_fd, -1);
   U_CHECK_EQ(image->state, VN_WSI_IMAGE_HELD);
   image->state = VN_WSI_IMAGE_IDLE;
   rig->idle_count++;
}

void
vn_swapchain_set_presented(struct vn_swapchain *swapchain, uint64_t id)
{
   U_CHECK(id > swapchain->presented_id);
   swapchain->presented_id = id;
}

void
vn_swapchain_set_status(struct vn_swapchain *swapchain, VkResult status)
{
   if (swapchain->status >= 0)
      swapchain->status = status;
}

void
vn_wsi_copy_frame(const struct vn_wsi_frame *frame,
                  void *dst,
                  uint32_t dst_stride_B)
{
   const struct vn_wsi_pixels *pixels = &frame->image->pixels;
   for (uint32_t i = 0; i < frame->damage_count; i++) {
      const VkRect2D *rect = &frame->damage[i];
      for (uint32_t y = 0; y < rect->extent.height; y++) {
         const uint32_t row = (uint32_t)rect->offset.y + y;
         const size_t x_B = (size_t)rect->offset.x * 4;
         memcpy((uint8_t *)dst + row * dst_stride_B + x_B,
                (const uint8_t *)pixels->map + pixels->offset_B[0] +
                   row * pixels->stride_B[0] + x_B,
                rect->extent.width * 4);
         rig->copied_B += rect->extent.width * 4;
      }
   }
}

/* ---- the rig ---- */

struct shape {
   struct fake_x11_config server;
   enum vn_wsi_road road;
   uint32_t stride_B; /* 0: no more than the pixels */
   bool no_fd;        /* pixels are in this process only */
   bool large;
};

static VkResult
make_image(struct rig *r, uint32_t i, const struct shape *shape)
{
   const struct vn_swapchain_ops *ops = r->surface->ops->swapchain;
   struct vn_wsi_image *image = calloc(1, ops->image_size);
   const size_t size_B = (size_t)r->stride_B * r->height;
   const int fd = memfd_create("image", MFD_CLOEXEC);
   U_CHECK(fd >= 0 && !ftruncate(fd, (off_t)size_B));
   r->maps[i] = mmap(NULL, size_B, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
   image->swapchain = r->swapchain;
   image->index = i;
   image->pixels = (struct vn_wsi_pixels){
      .fourcc = r->swapchain->wsi_format.fourcc,
      .width = r->width,
      .height = r->height,
      .plane_count = 1,
      .stride_B = { r->stride_B },
      .size_B = size_B,
      .fd = shape->no_fd ? -1 : fd,
      .map = r->maps[i],
   };
   if (shape->no_fd)
      close(fd);
   const VkResult result = ops->image_init(r->swapchain, image);
   if (result == VK_SUCCESS) {
      r->images[i] = image;
      r->image_count++;
      return result;
   }
   munmap(r->maps[i], size_B);
   u_fd_close(&image->pixels.fd);
   free(image);
   return result;
}

/* Everything that can be made is; false if not all. */
static VkResult
rig_start(struct rig *r, const struct shape *shape)
{
   *r = (struct rig){ 0 };
   rig = r;
   r->conn = fake_x11_start(&r->server, &shape->server);
   if (xcb_connection_has_error(r->conn))
      return VK_ERROR_SURFACE_LOST_KHR;
   VkSurfaceKHR handle;
   VkResult result = vn_x11_surface_create(NULL, r->conn, FAKE_X11_WINDOW,
                                           "test", NULL, &handle);
   if (result != VK_SUCCESS)
      return result;
   r->surface = vn_surface_from_handle(handle);

   struct vn_wsi_format_list list = { 0 };
   VkSurfaceCapabilitiesKHR caps;
   result = r->surface->ops->get_capabilities(r->surface, &caps);
   if (result == VK_SUCCESS)
      result =
         r->surface->ops->get_formats(r->surface, NULL, shape->road, &list);
   if (result == VK_SUCCESS && !list.count)
      result = VK_ERROR_INITIALIZATION_FAILED;
   if (result != VK_SUCCESS) {
      free(list.formats);
      return result;
   }

   const struct vn_swapchain_ops *ops = r->surface->ops->swapchain;
   struct vn_swapchain *swapchain = calloc(1, ops->size);
   swapchain->surface = r->surface;
   swapchain->ops = ops;
   r->width = shape->large ? LARGE : WIDTH;
   r->height = shape->large ? LARGE : HEIGHT;
   swapchain->extent = (VkExtent2D){ r->width, r->height };
   swapchain->road = shape->road;
   swapchain->wsi_format = list.formats[0];
   swapchain->images = r->images;
   free(list.formats);
   result = ops->init(swapchain);
   if (result != VK_SUCCESS) {
      free(swapchain);
      return result;
   }
   r->swapchain = swapchain;
   r->stride_B = shape->stride_B ? shape->stride_B : r->width * 4;
   for (uint32_t i = 0; i < IMAGES && result == VK_SUCCESS; i++)
      result = make_image(r, i, shape);
   swapchain->image_count = r->image_count;
   return result;
}

/* A server that has died must leave nothing either, but cannot be asked. */
static void
rig_stop(struct rig *r, bool alive)
{
   for (uint32_t i = 0; i < r->image_count; i++) {
      r->swapchain->ops->image_finish(r->swapchain, r->images[i]);
      munmap(r->maps[i], r->images[i]->pixels.size_B);
      u_fd_close(&r->images[i]->pixels.fd);
      free(r->images[i]);
   }
   if (r->swapchain)
      r->swapchain->ops->finish(r->swapchain);
   free(r->swapchain);
   if (r->surface)
      r->surface->ops->finish(r->surface);
   free(r->surface);
   if (alive) {
      /* the application has got nothing of ours, and the server nothing left */
      free(xcb_get_input_focus_reply(r->conn, xcb_get_input_focus(r->conn),
                                     NULL));
      U_CHECK_EQ(fake_x11_leftovers(&r->server), 0);
      xcb_generic_event_t *event = xcb_poll_for_event(r->conn);
      U_CHECK(!event);
      free(event);
   }
   xcb_disconnect(r->conn);
   fake_x11_stop(&r->server);
}

static uint32_t
idle_image(const struct rig *r)
{
   for (uint32_t i = 0; i < r->image_count; i++) {
      if (r->images[i]->state == VN_WSI_IMAGE_IDLE)
         return i;
   }
   return UINT32_MAX;
}

static VkResult
dispatch(struct rig *r)
{
   return r->swapchain->ops->dispatch(r->swapchain, -1, 10000);
}

/* Until an image can be drawn to and a frame can be presented. */
static VkResult
wait_ready(struct rig *r, VkPresentModeKHR mode)
{
   while (idle_image(r) == UINT32_MAX ||
          !r->swapchain->ops->is_ready(r->swapchain, mode)) {
      const VkResult result = dispatch(r);
      if (result != VK_SUCCESS)
         return result;
   }
   return VK_SUCCESS;
}

static VkResult
present(struct rig *r,
        VkPresentModeKHR mode,
        uint32_t pixel,
        uint32_t damage_count,
        const VkRect2D *damage)
{
   VkResult result = wait_ready(r, mode);
   if (result != VK_SUCCESS)
      return result;
   const uint32_t i = idle_image(r);
   for (uint32_t k = 0; k < r->stride_B / 4 * r->height; k++)
      r->maps[i][k] = k % (r->stride_B / 4) < r->width ? pixel : 0xdeadbeef;
   r->images[i]->state = VN_WSI_IMAGE_HELD;
   struct vn_wsi_frame frame = {
      .image = r->images[i],
      .mode = mode,
      .serial = r->id + 1,
      .present_id = r->id + 1,
      .ready_fd = -1,
      .damage_count = damage_count,
      .damage = damage,
   };
   r->id++;
   return r->swapchain->ops->present(r->swapchain, &frame);
}

/* Until all that was presented is on the window. */
static VkResult
settle(struct rig *r)
{
   while (r->swapchain->presented_id < r->id || r->idle_count < r->id) {
      const VkResult result = dispatch(r);
      if (result != VK_SUCCESS)
         return result;
   }
   return VK_SUCCESS;
}

/* ---- the tests ---- */

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
            present(r, modes[m], 0x102030 * (m + 1) + i, 0, NULL);
         if (result != VK_SUCCESS)
            return result;
      }
   }
   const VkRect2D parts[] = {
      { { 8, 4 }, { 5, 3 } },
      { { 0, HEIGHT - 1 }, { WIDTH, 1 } },
   };
   const VkResult result = present(r, VK_PRESENT_MODE_FIFO_KHR, 0xfedcba,
                                   VN_ARRAY_SIZE(parts), parts);
   return result == VK_SUCCESS ? settle(r) : result;
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
         through = r.server.request_count < at;
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
      U_CHECK_EQ(present(&r, VK_PRESENT_MODE_FIFO_KHR, i, 0, NULL),
                 VK_SUCCESS);
      U_CHECK(!ops->is_ready(r.swapchain, VK_PRESENT_MODE_FIFO_KHR));
      /* the server must have it before the field ends */
      free(xcb_get_input_focus_reply(r.conn, xcb_get_input_focus(r.conn),
                                     NULL));
      U_CHECK_EQ(server->frames[0].target_msc, i ? server->msc + 1 : 1);
      fake_x11_tick(server);
      U_CHECK_EQ(settle(&r), VK_SUCCESS);
      U_CHECK_EQ(fake_x11_pixel(server, 3, 3), i);
   }
   U_CHECK_EQ(server->shown, 5);
   U_CHECK_EQ(server->skipped, 0);
   U_CHECK_EQ(server->options, XCB_PRESENT_OPTION_NONE);

   for (uint32_t i = 0; i < 7; i++)
      U_CHECK_EQ(present(&r, VK_PRESENT_MODE_MAILBOX_KHR, 100 + i, 0, NULL),
                 VK_SUCCESS);
   U_CHECK_EQ(fake_x11_pixel(server, 3, 3), 4);
   free(xcb_get_input_focus_reply(r.conn, xcb_get_input_focus(r.conn), NULL));
   fake_x11_tick(server);
   U_CHECK_EQ(settle(&r), VK_SUCCESS);
   U_CHECK_EQ(fake_x11_pixel(server, 3, 3), 106);
   U_CHECK_EQ(server->shown, 6);
   U_CHECK_EQ(server->skipped, 6);
   U_CHECK_EQ(server->options, XCB_PRESENT_OPTION_NONE);

   /* no field ends */
   U_CHECK_EQ(present(&r, VK_PRESENT_MODE_IMMEDIATE_KHR, 200, 0, NULL),
              VK_SUCCESS);
   U_CHECK_EQ(settle(&r), VK_SUCCESS);
   U_CHECK_EQ(fake_x11_pixel(server, 3, 3), 200);
   U_CHECK_EQ(server->options, XCB_PRESENT_OPTION_ASYNC);
   U_CHECK_EQ(present(&r, VK_PRESENT_MODE_FIFO_RELAXED_KHR, 201, 0, NULL),
              VK_SUCCESS);
   U_CHECK_EQ(settle(&r), VK_SUCCESS);
   U_CHECK_EQ(server->options, XCB_PRESENT_OPTION_ASYNC);
   rig_stop(&r, true);
}

static void
test_resize(void)
{
   for (uint32_t i = 0; i < VN_ARRAY_SIZE(shapes); i++) {
      if (shapes[i].shape.server.width)
         continue;
      struct rig r;
      U_CHECK_EQ(rig_start(&r, &shapes[i].shape), VK_SUCCESS);
      U_CHECK_EQ(present(&r, VK_PRESENT_MODE_FIFO_KHR, 1, 0, NULL),
                 VK_SUCCESS);
      U_CHECK_EQ(settle(&r), VK_SUCCESS);
      U_CHECK_EQ(r.swapchain->status, VK_SUCCESS);
      fake_x11_resize(&r.server, 80, 60);
      /* with Present the server says so, else the next frame finds out */
      if (shapes[i].shape.server.present) {
         U_CHECK_EQ(dispatch(&r), VK_SUCCESS);
         U_CHECK_EQ(r.swapchain->status, VK_SUBOPTIMAL_KHR);
      }
      U_CHECK_EQ(present(&r, VK_PRESENT_MODE_FIFO_KHR, 2, 0, NULL),
                 VK_SUCCESS);
      U_CHECK_EQ(settle(&r), VK_SUCCESS);
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
         VkResult result = present(&r, VK_PRESENT_MODE_FIFO_KHR, 1, 0, NULL);
         U_CHECK_EQ(result, VK_SUCCESS);
         if (!under_way)
            U_CHECK_EQ(settle(&r), VK_SUCCESS);
         free(xcb_get_input_focus_reply(r.conn, xcb_get_input_focus(r.conn),
                                        NULL));
         fake_x11_destroy_window(&r.server, says);
         if (says || (under_way && shape.server.present))
            result = settle(&r);
         if (says && result == VK_SUCCESS)
            result = dispatch(&r);
         if (result == VK_SUCCESS)
            result = present(&r, VK_PRESENT_MODE_FIFO_KHR, 2, 0, NULL);
         if (result == VK_SUCCESS)
            result = settle(&r);
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
 * VN_X11_PATIENCE_MS, which is short in this test.
 */
static void
test_asleep(void)
{
   for (uint32_t i = 0; i < VN_ARRAY_SIZE(shapes); i++) {
      for (uint32_t at = 1; at < 40; at += 3) {
         struct shape shape = shapes[i].shape;
         shape.server.sleep_at = at;
         struct rig r;
         if (rig_start(&r, &shape) == VK_SUCCESS) {
            U_CHECK_EQ(present(&r, VK_PRESENT_MODE_FIFO_KHR, 1, 0, NULL),
                       VK_SUCCESS);
            U_CHECK_EQ(r.swapchain->ops->dispatch(r.swapchain, -1, 10),
                       VK_SUCCESS);
         }
         rig_stop(&r, false);
      }
   }
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
   U_CHECK_EQ(present(&r, VK_PRESENT_MODE_FIFO_KHR, 0xabcdef, 0, NULL),
              VK_SUCCESS);
   U_CHECK_EQ(r.swapchain->ops->dispatch(r.swapchain, -1, 10), VK_SUCCESS);
   U_CHECK(vn_x11_swapchain(r.swapchain)->upload.image);
   U_CHECK(!r.swapchain->ops->is_ready(r.swapchain,
                                       VK_PRESENT_MODE_IMMEDIATE_KHR));
   pthread_mutex_unlock(&r.server.mutex);
   U_CHECK_EQ(settle(&r), VK_SUCCESS);
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
         U_CHECK_EQ(present(&r, VK_PRESENT_MODE_FIFO_KHR, k, 0, NULL),
                    VK_SUCCESS);
         fake_x11_send_message(&r.server, 2 * k + 1);
         U_CHECK_EQ(settle(&r), VK_SUCCESS);
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
   test_resize();
   test_destroyed();
   test_wake();
   test_asleep();
   test_large();
   test_events(true);
   test_events(false);
   test_every_request(true);
   test_every_request(false);
   return u_test_result();
}
