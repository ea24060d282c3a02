/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The protocol is in <xcb/...>: requests and replies are its structs.
 */

#include "fake_x11.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xcb/bigreq.h>
#include <xcb/dri3.h>
#include <xcb/present.h>
#include <xcb/shm.h>
#include <xcb/xfixes.h>

/* their major opcodes */
enum {
   PRESENT = 130,
   XFIXES,
   SHM,
   DRI3,
   BIG_REQUESTS,
};

#define CONFIGURED_GONE (1u << 0)

static bool
write_all(struct fake_x11 *server, const void *data, size_t size)
{
   const uint8_t *bytes = data;
   while (size) {
      const ssize_t n = send(server->fd, bytes, size, MSG_NOSIGNAL);
      if (n <= 0)
         return false;
      bytes += n;
      size -= (size_t)n;
   }
   return true;
}

/* Takes fds that come along. */
static bool
read_all(struct fake_x11 *server, void *data, size_t size)
{
   uint8_t *bytes = data;
   while (size) {
      union {
         struct cmsghdr align;
         char space[CMSG_SPACE(sizeof(int) * 16)];
      } control;
      struct iovec iov = { bytes, size };
      struct msghdr message = {
         .msg_iov = &iov,
         .msg_iovlen = 1,
         .msg_control = &control,
         .msg_controllen = sizeof(control),
      };
      const ssize_t n = recvmsg(server->fd, &message, MSG_CMSG_CLOEXEC);
      if (n <= 0)
         return false;
      for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c;
           c = CMSG_NXTHDR(&message, c)) {
         const uint32_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
         for (uint32_t i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
            if (server->fd_count < 16)
               server->fds[server->fd_count++] = fd;
            else
               close(fd);
         }
      }
      bytes += n;
      size -= (size_t)n;
   }
   return true;
}

static int
take_fd(struct fake_x11 *server)
{
   if (!server->fd_count)
      return -1;
   const int fd = server->fds[0];
   server->fd_count--;
   memmove(server->fds, server->fds + 1, server->fd_count * sizeof(int));
   return fd;
}

static bool
send_setup(struct fake_x11 *server)
{
   struct {
      uint8_t order, pad;
      uint16_t major, minor, name, data, pad2;
   } request;
   uint8_t rest[512];
   if (!read_all(server, &request, sizeof(request)))
      return false;
   const size_t more =
      ((request.name + 3u) & ~3u) + ((request.data + 3u) & ~3u);
   if (more > sizeof(rest) || !read_all(server, rest, more))
      return false;

   struct {
      xcb_setup_t setup;
      xcb_format_t formats[2];
      xcb_screen_t screen;
      xcb_depth_t depth;
      xcb_visualtype_t visuals[2];
   } reply = {
      .setup = {
         .status = 1,
         .protocol_major_version = 11,
         .length = (sizeof(reply) - 8) / 4,
         .resource_id_base = 0x400000,
         .resource_id_mask = 0x1fffff,
         .maximum_request_length = UINT16_MAX,
         .roots_len = 1,
         .pixmap_formats_len = 2,
         .image_byte_order = XCB_IMAGE_ORDER_LSB_FIRST,
         .min_keycode = 8,
         .max_keycode = 255,
      },
      .formats = { { .depth = server->config.depth, .bits_per_pixel = 32,
                     .scanline_pad = 32 },
                   { .depth = 1, .bits_per_pixel = 1, .scanline_pad = 32 } },
      .screen = { .root = FAKE_X11_ROOT, .allowed_depths_len = 1,
                  .root_depth = server->config.depth,
                  .root_visual = FAKE_X11_VISUAL },
      .depth = { .depth = server->config.depth, .visuals_len = 2 },
      .visuals = { { .visual_id = FAKE_X11_VISUAL,
                     ._class = XCB_VISUAL_CLASS_TRUE_COLOR,
                     .red_mask = 0xff0000, .green_mask = 0xff00,
                     .blue_mask = 0xff },
                   { .visual_id = FAKE_X11_OTHER,
                     ._class = XCB_VISUAL_CLASS_PSEUDO_COLOR } },
   };
   if (server->config.depth == 30) {
      reply.visuals[0].red_mask = 0x3ff00000;
      reply.visuals[0].green_mask = 0xffc00;
      reply.visuals[0].blue_mask = 0x3ff;
   }
   return write_all(server, &reply, sizeof(reply));
}

/* Fills in the head. size is a multiple of 4 and at least 32. */
static bool
send_reply(struct fake_x11 *server, void *reply, size_t size)
{
   xcb_generic_reply_t *head = reply;
   head->response_type = 1;
   head->sequence = server->sequence;
   head->length = (uint32_t)((size - 32) / 4);
   return write_all(server, reply, size);
}

static bool
send_error(struct fake_x11 *server, uint8_t code, const uint8_t *request)
{
   union {
      xcb_value_error_t error;
      uint8_t bytes[32];
   } u = { .error = {
              .error_code = code,
              .sequence = server->sequence,
              .minor_opcode = request[1],
              .major_opcode = request[0],
           } };
   server->errors++;
   return write_all(server, &u, sizeof(u));
}

/* An event of Present: what is after full_sequence, which libxcb puts in,
 * comes right after the first 32 bytes.
 */
static bool
send_event(struct fake_x11 *server, void *event, size_t size)
{
   xcb_present_generic_event_t *head = event;
   const size_t more = size > 36 ? size - 36 : 0;
   head->response_type = XCB_GE_GENERIC;
   head->extension = PRESENT;
   head->sequence = server->sequence;
   head->length = (uint32_t)(more / 4);
   head->event = server->event_id;
   return !server->event_id ||
          (write_all(server, event, 32) &&
           write_all(server, (uint8_t *)event + 36, more));
}

static struct fake_x11_pixmap *
find_pixmap(struct fake_x11 *server, uint32_t id)
{
   for (uint32_t i = 0; i < FAKE_X11_MAX; i++) {
      if (server->pixmaps[i].id == id)
         return &server->pixmaps[i];
   }
   return NULL;
}

static struct fake_x11_segment *
find_segment(struct fake_x11 *server, uint32_t id)
{
   for (uint32_t i = 0; i < FAKE_X11_MAX; i++) {
      if (server->segments[i].id == id)
         return &server->segments[i];
   }
   return NULL;
}

static void
copy_rect(struct fake_x11 *server,
          uint32_t target,
          const uint8_t *pixels,
          uint32_t stride_B,
          const xcb_rectangle_t *rect)
{
   const struct fake_x11_pixmap *pixmap = find_pixmap(server, target);
   const uint32_t width = pixmap ? pixmap->width : server->config.width;
   const uint32_t height = pixmap ? pixmap->height : server->config.height;
   for (uint32_t y = 0; y < rect->height; y++) {
      for (uint32_t x = 0; x < rect->width; x++) {
         const uint32_t to_x = (uint32_t)rect->x + x;
         const uint32_t to_y = (uint32_t)rect->y + y;
         if (to_x >= width || to_y >= height)
            continue;
         uint8_t *to = pixmap ? pixmap->pixels + to_y * pixmap->stride_B
                              : (uint8_t *)(server->screen + to_y * width);
         memcpy(to + to_x * 4, pixels + y * stride_B + x * 4, 4);
      }
   }
}

static void
free_pixmap(struct fake_x11_pixmap *pixmap)
{
   free(pixmap->owned);
   if (pixmap->map)
      munmap(pixmap->map, pixmap->map_B);
   *pixmap = (struct fake_x11_pixmap){ 0 };
}

static bool
finish_frame(struct fake_x11 *server,
             const struct fake_x11_frame *frame,
             bool skip)
{
   const struct fake_x11_pixmap *pixmap = find_pixmap(server, frame->pixmap);
   if (pixmap && !skip) {
      const xcb_rectangle_t all = { 0, 0, (uint16_t)pixmap->width,
                                    (uint16_t)pixmap->height };
      const xcb_rectangle_t *rects = frame->rect_count ? frame->rects : &all;
      for (uint32_t i = 0; i < frame->rect_count + !frame->rect_count; i++)
         copy_rect(
            server, FAKE_X11_WINDOW,
            pixmap->pixels + rects[i].y * pixmap->stride_B + rects[i].x * 4,
            pixmap->stride_B, &rects[i]);
   }
   server->shown += !skip;
   server->skipped += skip;
   xcb_present_complete_notify_event_t complete = {
      .event_type = XCB_PRESENT_COMPLETE_NOTIFY,
      .kind = XCB_PRESENT_COMPLETE_KIND_PIXMAP,
      .mode = skip ? XCB_PRESENT_COMPLETE_MODE_SKIP
                   : XCB_PRESENT_COMPLETE_MODE_COPY,
      .window = FAKE_X11_WINDOW,
      .serial = frame->serial,
      .msc = server->msc,
   };
   xcb_present_idle_notify_event_t idle = {
      .event_type = XCB_PRESENT_IDLE_NOTIFY,
      .window = FAKE_X11_WINDOW,
      .serial = frame->serial,
      .pixmap = frame->pixmap,
   };
   return send_event(server, &complete, sizeof(complete)) &&
          send_event(server, &idle, sizeof(idle));
}

static bool
show_frames(struct fake_x11 *server)
{
   bool ok = true;
   for (uint32_t i = 0; i < server->frame_count && ok; i++)
      ok = finish_frame(server, &server->frames[i],
                        i + 1 < server->frame_count);
   server->frame_count = 0;
   return ok;
}

static bool
present_pixmap(struct fake_x11 *server, const uint8_t *data)
{
   const xcb_present_pixmap_request_t *request = (const void *)data;
   if (server->gone || request->window != FAKE_X11_WINDOW)
      return send_error(server, XCB_WINDOW, data);
   if (!find_pixmap(server, request->pixmap))
      return send_error(server, XCB_PIXMAP, data);

   struct fake_x11_frame frame = {
      .pixmap = request->pixmap,
      .serial = request->serial,
      .target_msc = request->target_msc,
   };
   if (request->update) {
      frame.rect_count = server->region_count;
      memcpy(frame.rects, server->region, sizeof(frame.rects));
   }
   server->options = request->options;
   server->frames[server->frame_count++] = frame;
   if (server->config.hold &&
       !(request->options & XCB_PRESENT_OPTION_ASYNC)) {
      /* what is to come in the same field takes the place of the others */
      while (server->frame_count > 1) {
         if (!finish_frame(server, &server->frames[0], true))
            return false;
         server->frame_count--;
         memmove(server->frames, server->frames + 1,
                 server->frame_count * sizeof(frame));
      }
      return true;
   }
   server->msc =
      frame.target_msc > server->msc ? frame.target_msc : server->msc + 1;
   return show_frames(server);
}

/* Replies shorter than 32 bytes are padded with zeros. */
#define SEND(type, ...)                                                      \
   ({                                                                        \
      union {                                                                \
         type reply;                                                         \
         uint8_t bytes[32];                                                  \
      } u = { .reply = { __VA_ARGS__ } };                                    \
      send_reply(server, &u, sizeof(u));                                     \
   })

static bool
query_extension(struct fake_x11 *server, const uint8_t *data)
{
   const xcb_query_extension_request_t *request = (const void *)data;
   const struct fake_x11_config *config = &server->config;
   const struct {
      const char *name;
      uint8_t opcode;
      bool present;
   } extensions[] = {
      { "Present", PRESENT, config->present },
      { "XFIXES", XFIXES, config->regions },
      { "MIT-SHM", SHM, config->shm },
      { "DRI3", DRI3, config->dri3 },
      { "BIG-REQUESTS", BIG_REQUESTS, false },
   };
   uint8_t opcode = 0;
   for (uint32_t i = 0; i < sizeof(extensions) / sizeof(*extensions); i++) {
      if (strlen(extensions[i].name) == request->name_len &&
          !memcmp(extensions[i].name, request + 1, request->name_len) &&
          extensions[i].present)
         opcode = extensions[i].opcode;
   }
   return SEND(xcb_query_extension_reply_t, .present = opcode != 0,
               .major_opcode = opcode);
}

static bool
core_request(struct fake_x11 *server, const uint8_t *data)
{
   switch (data[0]) {
   case XCB_GET_WINDOW_ATTRIBUTES: {
      if (server->gone)
         return send_error(server, XCB_WINDOW, data);
      struct {
         xcb_get_window_attributes_reply_t reply;
      } reply = { .reply = { .visual = FAKE_X11_VISUAL } };
      return send_reply(server, &reply, sizeof(reply));
   }
   case XCB_GET_GEOMETRY:
      if (server->gone)
         return send_error(server, XCB_DRAWABLE, data);
      return SEND(xcb_get_geometry_reply_t, .depth = server->config.depth,
                  .root = FAKE_X11_ROOT,
                  .width = (uint16_t)server->config.width,
                  .height = (uint16_t)server->config.height);
   case XCB_GET_INPUT_FOCUS:
      return SEND(xcb_get_input_focus_reply_t, .focus = FAKE_X11_WINDOW);
   case XCB_QUERY_EXTENSION:
      return query_extension(server, data);
   case XCB_CREATE_GC:
   case XCB_FREE_GC:
      return true;
   case XCB_CREATE_PIXMAP: {
      const xcb_create_pixmap_request_t *request = (const void *)data;
      struct fake_x11_pixmap *pixmap = find_pixmap(server, 0);
      *pixmap = (struct fake_x11_pixmap){
         .id = request->pid,
         .width = request->width,
         .height = request->height,
         .stride_B = request->width * 4u,
         .owned = calloc(request->height, request->width * 4u),
      };
      pixmap->pixels = pixmap->owned;
      return true;
   }
   case XCB_FREE_PIXMAP: {
      const xcb_free_pixmap_request_t *request = (const void *)data;
      struct fake_x11_pixmap *pixmap = find_pixmap(server, request->pixmap);
      if (!pixmap)
         return send_error(server, XCB_PIXMAP, data);
      free_pixmap(pixmap);
      return true;
   }
   case XCB_PUT_IMAGE: {
      const xcb_put_image_request_t *request = (const void *)data;
      const xcb_rectangle_t rect = { request->dst_x, request->dst_y,
                                     request->width, request->height };
      if (server->gone && request->drawable == FAKE_X11_WINDOW)
         return send_error(server, XCB_DRAWABLE, data);
      server->put_B += request->width * request->height * 4u;
      copy_rect(server, request->drawable, data + sizeof(*request),
                request->width * 4u, &rect);
      return true;
   }
   default:
      return send_error(server, XCB_REQUEST, data);
   }
}

static bool
attach_fd(struct fake_x11 *server, const uint8_t *data)
{
   const xcb_shm_attach_fd_request_t *request = (const void *)data;
   const int fd = take_fd(server);
   struct stat st;
   if (fd < 0)
      return send_error(server, XCB_MATCH, data);
   struct fake_x11_segment *segment = find_segment(server, 0);
   void *map = MAP_FAILED;
   if (!fstat(fd, &st) &&
       !(server->config.refuse_large_shm && st.st_size != 4096))
      map = mmap(NULL, (size_t)st.st_size,
                 PROT_READ | (request->read_only ? 0 : PROT_WRITE),
                 MAP_SHARED, fd, 0);
   close(fd);
   if (map == MAP_FAILED)
      return send_error(server, XCB_ACCESS, data);
   segment->id = request->shmseg;
   segment->map = map;
   segment->size_B = (size_t)st.st_size;
   segment->writable = !request->read_only;
   return true;
}

static bool
shm_request(struct fake_x11 *server, const uint8_t *data)
{
   switch (data[1]) {
   case XCB_SHM_QUERY_VERSION:
      return SEND(xcb_shm_query_version_reply_t,
                  .shared_pixmaps = server->config.shm_pixmaps,
                  .major_version = 1, .minor_version = 2,
                  .pixmap_format = XCB_IMAGE_FORMAT_Z_PIXMAP);
   case XCB_SHM_ATTACH_FD:
      return attach_fd(server, data);
   case XCB_SHM_DETACH: {
      const xcb_shm_detach_request_t *request = (const void *)data;
      struct fake_x11_segment *segment =
         find_segment(server, request->shmseg);
      if (!segment)
         return send_error(server, XCB_VALUE, data);
      munmap(segment->map, segment->size_B);
      *segment = (struct fake_x11_segment){ 0 };
      return true;
   }
   case XCB_SHM_PUT_IMAGE: {
      const xcb_shm_put_image_request_t *request = (const void *)data;
      const struct fake_x11_segment *segment =
         find_segment(server, request->shmseg);
      const uint32_t stride_B = request->total_width * 4u;
      const xcb_rectangle_t rect = { request->dst_x, request->dst_y,
                                     request->src_width,
                                     request->src_height };
      if (!segment ||
          request->offset + (size_t)stride_B * request->total_height >
             segment->size_B)
         return send_error(server, XCB_VALUE, data);
      server->shm_puts++;
      copy_rect(server, request->drawable,
                segment->map + request->offset + request->src_y * stride_B +
                   request->src_x * 4u,
                stride_B, &rect);
      return true;
   }
   case XCB_SHM_CREATE_PIXMAP: {
      const xcb_shm_create_pixmap_request_t *request = (const void *)data;
      const struct fake_x11_segment *segment =
         find_segment(server, request->shmseg);
      if (!segment || !segment->writable ||
          request->offset + (size_t)request->width * 4 * request->height >
             segment->size_B)
         return send_error(server, XCB_VALUE, data);
      *find_pixmap(server, 0) = (struct fake_x11_pixmap){
         .id = request->pid,
         .width = request->width,
         .height = request->height,
         .stride_B = request->width * 4u,
         .pixels = segment->map + request->offset,
      };
      return true;
   }
   default:
      return send_error(server, XCB_REQUEST, data);
   }
}

static bool
dri3_request(struct fake_x11 *server, const uint8_t *data)
{
   switch (data[1]) {
   case XCB_DRI3_QUERY_VERSION:
      return SEND(xcb_dri3_query_version_reply_t, .major_version = 1,
                  .minor_version = 2);
   case XCB_DRI3_GET_SUPPORTED_MODIFIERS: {
      struct {
         xcb_dri3_get_supported_modifiers_reply_t reply;
         uint64_t modifiers[2]; /* linear, and one that nobody has */
      } reply = {
         .reply = { .num_window_modifiers = 1, .num_screen_modifiers = 1 },
         .modifiers = { 0, UINT64_C(0x7f00000000000001) },
      };
      return send_reply(server, &reply, sizeof(reply));
   }
   case XCB_DRI3_PIXMAP_FROM_BUFFERS: {
      const xcb_dri3_pixmap_from_buffers_request_t *request =
         (const void *)data;
      const int fd = take_fd(server);
      struct stat st;
      void *map = MAP_FAILED;
      if (fd >= 0 && request->num_buffers == 1 && !request->modifier &&
          !fstat(fd, &st) &&
          request->offset0 + (size_t)request->stride0 * request->height <=
             (size_t)st.st_size)
         map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
      close(fd);
      if (map == MAP_FAILED)
         return send_error(server, XCB_ALLOC, data);
      *find_pixmap(server, 0) = (struct fake_x11_pixmap){
         .id = request->pixmap,
         .width = request->width,
         .height = request->height,
         .stride_B = request->stride0,
         .pixels = (uint8_t *)map + request->offset0,
         .map = map,
         .map_B = (size_t)st.st_size,
      };
      return true;
   }
   default:
      return send_error(server, XCB_REQUEST, data);
   }
}

static bool
xfixes_request(struct fake_x11 *server, const uint8_t *data)
{
   switch (data[1]) {
   case XCB_XFIXES_QUERY_VERSION:
      return SEND(xcb_xfixes_query_version_reply_t, .major_version = 5);
   case XCB_XFIXES_CREATE_REGION:
      server->region_id =
         ((const xcb_xfixes_create_region_request_t *)data)->region;
      return true;
   case XCB_XFIXES_DESTROY_REGION:
      server->region_id = 0;
      return true;
   case XCB_XFIXES_SET_REGION: {
      const xcb_xfixes_set_region_request_t *request = (const void *)data;
      server->region_count = (request->length - 2u) / 2u;
      memcpy(server->region, request + 1,
             server->region_count * sizeof(xcb_rectangle_t));
      return true;
   }
   default:
      return send_error(server, XCB_REQUEST, data);
   }
}

static bool
present_request(struct fake_x11 *server, const uint8_t *data)
{
   switch (data[1]) {
   case XCB_PRESENT_QUERY_VERSION:
      return SEND(xcb_present_query_version_reply_t, .major_version = 1,
                  .minor_version = 2);
   case XCB_PRESENT_PIXMAP:
      return present_pixmap(server, data);
   case XCB_PRESENT_SELECT_INPUT: {
      const xcb_present_select_input_request_t *request = (const void *)data;
      if (server->gone)
         return send_error(server, XCB_WINDOW, data);
      server->event_id = request->event_mask ? request->eid : 0;
      server->event_mask = request->event_mask;
      return true;
   }
   default:
      return send_error(server, XCB_REQUEST, data);
   }
}

static bool
handle(struct fake_x11 *server, const uint8_t *data)
{
   server->sequence++;
   server->request_count++;
   if (server->request_count == server->config.die_at)
      return false;
   if (server->request_count == server->config.refuse_at) {
      while (server->fd_count)
         close(take_fd(server));
      return send_error(server, XCB_ALLOC, data);
   }
   switch (data[0]) {
   case PRESENT:
      return present_request(server, data);
   case XFIXES:
      return xfixes_request(server, data);
   case SHM:
      return shm_request(server, data);
   case DRI3:
      return dri3_request(server, data);
   default:
      return core_request(server, data);
   }
}

static void *
serve(void *arg)
{
   struct fake_x11 *server = arg;
   static const size_t max_B = UINT16_MAX * 4;
   uint8_t *data = calloc(1, max_B + 64);
   bool ok = data && send_setup(server);
   while (ok && read_all(server, data, 4)) {
      const size_t size = (size_t)(data[2] | data[3] << 8) * 4;
      if (size < 4 || !read_all(server, data + 4, size - 4))
         break;
      pthread_mutex_lock(&server->mutex);
      if (server->request_count + 1 == server->config.sleep_at) {
         pthread_mutex_unlock(&server->mutex);
         struct pollfd fd = { .fd = server->wake[0], .events = POLLIN };
         poll(&fd, 1, -1);
         break;
      }
      ok = handle(server, data);
      pthread_mutex_unlock(&server->mutex);
   }
   free(data);
   /* as when a process dies */
   pthread_mutex_lock(&server->mutex);
   server->stopping = true;
   close(server->fd);
   pthread_mutex_unlock(&server->mutex);
   return NULL;
}

xcb_connection_t *
fake_x11_start(struct fake_x11 *server, const struct fake_x11_config *config)
{
   int fds[2];
   *server = (struct fake_x11){ .config = *config };
   if (!server->config.width)
      server->config.width = 64;
   if (!server->config.height)
      server->config.height = 48;
   if (!server->config.depth)
      server->config.depth = 24;
   server->screen =
      calloc(server->config.width * server->config.height, sizeof(uint32_t));
   pthread_mutex_init(&server->mutex, NULL);
   if (!server->screen || pipe(server->wake) ||
       socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
      abort();
   server->fd = fds[0];
   if (pthread_create(&server->thread, NULL, serve, server))
      abort();
   return xcb_connect_to_fd(fds[1], NULL);
}

void
fake_x11_stop(struct fake_x11 *server)
{
   pthread_mutex_lock(&server->mutex);
   if (!server->stopping)
      shutdown(server->fd, SHUT_RDWR);
   pthread_mutex_unlock(&server->mutex);
   close(server->wake[1]);
   pthread_join(server->thread, NULL);
   close(server->wake[0]);
   for (uint32_t i = 0; i < FAKE_X11_MAX; i++) {
      free_pixmap(&server->pixmaps[i]);
      if (server->segments[i].map)
         munmap(server->segments[i].map, server->segments[i].size_B);
   }
   while (server->fd_count)
      close(take_fd(server));
   free(server->screen);
   pthread_mutex_destroy(&server->mutex);
}

uint32_t
fake_x11_pixel(struct fake_x11 *server, uint32_t x, uint32_t y)
{
   pthread_mutex_lock(&server->mutex);
   const uint32_t pixel =
      server->screen[y * server->config.width + x] & 0xffffff;
   pthread_mutex_unlock(&server->mutex);
   return pixel;
}

void
fake_x11_tick(struct fake_x11 *server)
{
   pthread_mutex_lock(&server->mutex);
   server->msc++;
   if (!server->stopping)
      show_frames(server);
   pthread_mutex_unlock(&server->mutex);
}

static void
send_configure(struct fake_x11 *server, uint32_t flags)
{
   xcb_present_configure_notify_event_t event = {
      .event_type = XCB_PRESENT_CONFIGURE_NOTIFY,
      .window = FAKE_X11_WINDOW,
      .width = (uint16_t)server->config.width,
      .height = (uint16_t)server->config.height,
      .pixmap_flags = flags,
   };
   if (!server->stopping)
      send_event(server, &event, sizeof(event));
}

void
fake_x11_resize(struct fake_x11 *server, uint32_t width, uint32_t height)
{
   pthread_mutex_lock(&server->mutex);
   free(server->screen);
   server->config.width = width;
   server->config.height = height;
   server->screen = calloc(width * height, sizeof(uint32_t));
   if (!server->screen)
      abort();
   send_configure(server, 0);
   pthread_mutex_unlock(&server->mutex);
}

void
fake_x11_destroy_window(struct fake_x11 *server, bool says)
{
   pthread_mutex_lock(&server->mutex);
   if (says)
      send_configure(server, CONFIGURED_GONE);
   server->gone = true;
   server->event_id = 0;
   server->frame_count = 0;
   pthread_mutex_unlock(&server->mutex);
}

void
fake_x11_send_message(struct fake_x11 *server, uint32_t number)
{
   pthread_mutex_lock(&server->mutex);
   xcb_client_message_event_t event = {
      .response_type = XCB_CLIENT_MESSAGE,
      .format = 32,
      .sequence = server->sequence,
      .window = FAKE_X11_WINDOW,
      .data.data32 = { number },
   };
   if (!server->stopping)
      write_all(server, &event, 32);
   pthread_mutex_unlock(&server->mutex);
}

uint32_t
fake_x11_leftovers(struct fake_x11 *server)
{
   pthread_mutex_lock(&server->mutex);
   uint32_t count = server->region_id != 0;
   for (uint32_t i = 0; i < FAKE_X11_MAX; i++)
      count += (server->pixmaps[i].id != 0) + (server->segments[i].id != 0);
   pthread_mutex_unlock(&server->mutex);
   return count;
}
