/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The connection, the thread, and what a test does to them.
 */

#include "fake_x11_private.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <xcb/present.h>

#define CONFIGURED_GONE (1u << 0)

bool
fake_x11_write(struct fake_x11 *server, const void *data, size_t size)
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

int
fake_x11_take_fd(struct fake_x11 *server)
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
   return fake_x11_write(server, &reply, sizeof(reply));
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
      ok = fake_x11_handle(server, data);
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
      fake_x11_free_pixmap(&server->pixmaps[i]);
      if (server->segments[i].map)
         munmap(server->segments[i].map, server->segments[i].size_B);
   }
   fake_x11_drop_points(server);
   while (server->fd_count)
      close(fake_x11_take_fd(server));
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
fake_x11_release(struct fake_x11 *server)
{
   pthread_mutex_lock(&server->mutex);
   fake_x11_signal_points(server);
   pthread_mutex_unlock(&server->mutex);
}

void
fake_x11_tick(struct fake_x11 *server)
{
   pthread_mutex_lock(&server->mutex);
   server->msc++;
   if (!server->stopping)
      fake_x11_show_frames(server);
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
      fake_x11_send_event(server, &event, sizeof(event));
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
      fake_x11_write(server, &event, 32);
   pthread_mutex_unlock(&server->mutex);
}

uint32_t
fake_x11_request_count(struct fake_x11 *server)
{
   pthread_mutex_lock(&server->mutex);
   const uint32_t count = server->request_count;
   pthread_mutex_unlock(&server->mutex);
   return count;
}

uint32_t
fake_x11_leftovers(struct fake_x11 *server)
{
   pthread_mutex_lock(&server->mutex);
   uint32_t count = server->region_id != 0;
   for (uint32_t i = 0; i < FAKE_X11_MAX; i++)
      count += (server->pixmaps[i].id != 0) + (server->segments[i].id != 0) +
               (server->syncobjs[i].id != 0);
   pthread_mutex_unlock(&server->mutex);
   return count;
}
