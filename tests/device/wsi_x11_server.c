/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See wsi_x11_server.h.
 */

#include "wsi_x11_server.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xcb/xcbext.h>

/* Xvfb is there in less than a second, but not on a machine that is busy. */
#define START_MS 60000

bool
x11_server_start(struct x11_server *server, uint32_t depth)
{
   char screen[32], number[8] = "";
   int fds[2];

   *server = (struct x11_server){ 0 };
   snprintf(screen, sizeof(screen), "400x300x%u", depth);
   if (pipe2(fds, O_CLOEXEC))
      return false;
   server->pid = fork();
   if (!server->pid) {
      const int null = open("/dev/null", O_RDWR);
      char fd[8];
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      dup2(null, 2);
      fcntl(fds[1], F_SETFD, 0);
      snprintf(fd, sizeof(fd), "%d", fds[1]);
      /* what the test is built or preloaded with is not the server's */
      unsetenv("LD_PRELOAD");
      execlp("Xvfb", "Xvfb", "-displayfd", fd, "-screen", "0", screen,
             "-nolisten", "tcp", "-noreset", NULL);
      _exit(127);
   }
   close(fds[1]);

   /* the number of the display, and a newline, when it listens */
   size_t got = 0;
   struct pollfd poll_fd = { .fd = fds[0], .events = POLLIN };
   while (got < sizeof(number) - 1 && !strchr(number, '\n') &&
          poll(&poll_fd, 1, START_MS) == 1) {
      const ssize_t n = read(fds[0], number + got, 1);
      if (n <= 0)
         break;
      got++;
   }
   close(fds[0]);
   if (server->pid < 0 || !strchr(number, '\n')) {
      fprintf(stderr, "Xvfb (package xvfb) does not start\n");
      x11_server_kill(server);
      return false;
   }
   snprintf(server->display, sizeof(server->display), ":%d", atoi(number));
   return true;
}

void
x11_server_kill(struct x11_server *server)
{
   if (server->pid > 0) {
      kill(server->pid, SIGKILL);
      waitpid(server->pid, NULL, 0);
   }
   server->pid = 0;
}

static uint32_t hidden_extensions;

void
x11_hide(uint32_t hidden)
{
   hidden_extensions = hidden;
}

/* In the place of libxcb's, which the driver calls. */
__attribute__((visibility("default"))) const xcb_query_extension_reply_t *
xcb_get_extension_data(xcb_connection_t *conn, xcb_extension_t *extension)
{
   static const xcb_query_extension_reply_t none;
   typedef const xcb_query_extension_reply_t *(*function)(
      xcb_connection_t * conn, xcb_extension_t * extension);
   static function real;
   const struct {
      uint32_t bit;
      const char *name;
   } names[] = {
      { X11_HIDE_PRESENT, "Present" },
      { X11_HIDE_SHM, "MIT-SHM" },
      { X11_HIDE_XFIXES, "XFIXES" },
   };

   if (!real)
      real = (function)dlsym(RTLD_NEXT, "xcb_get_extension_data");
   for (uint32_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
      if (hidden_extensions & names[i].bit &&
          !strcmp(extension->name, names[i].name))
         return &none;
   }
   return real(conn, extension);
}

static xcb_screen_t *
screen_of(xcb_connection_t *conn)
{
   return xcb_setup_roots_iterator(xcb_get_setup(conn)).data;
}

/* Until the server has done all that it was asked. */
static void
sync_with(xcb_connection_t *conn)
{
   free(xcb_get_input_focus_reply(conn, xcb_get_input_focus(conn), NULL));
}

bool
x11_window_init(struct x11_window *window,
                const struct x11_server *server,
                xcb_connection_t *conn,
                uint32_t width,
                uint32_t height)
{
   *window = (struct x11_window){ .conn = conn };
   if (!conn)
      window->conn = xcb_connect(server->display, NULL);
   window->watcher = xcb_connect(server->display, NULL);
   if (xcb_connection_has_error(window->conn) ||
       xcb_connection_has_error(window->watcher)) {
      fprintf(stderr, "no connection to %s\n", server->display);
      x11_window_finish(window, !conn);
      return false;
   }
   const xcb_screen_t *screen = screen_of(window->conn);
   const uint32_t values[] = { screen->black_pixel, 1 };
   window->id = xcb_generate_id(window->conn);
   window->visual = screen->root_visual;
   window->visual_depth = screen->root_depth;
   xcb_create_window(window->conn, XCB_COPY_FROM_PARENT, window->id,
                     screen->root, 0, 0, (uint16_t)width, (uint16_t)height, 0,
                     XCB_WINDOW_CLASS_INPUT_OUTPUT, screen->root_visual,
                     XCB_CW_BACK_PIXEL | XCB_CW_OVERRIDE_REDIRECT, values);
   xcb_map_window(window->conn, window->id);
   sync_with(window->conn);
   return true;
}

void
x11_window_finish(struct x11_window *window, bool disconnect)
{
   if (window->watcher)
      xcb_disconnect(window->watcher);
   if (window->conn && disconnect)
      xcb_disconnect(window->conn);
   *window = (struct x11_window){ 0 };
}

uint32_t
x11_window_pixel(struct x11_window *window, uint32_t x, uint32_t y)
{
   uint32_t pixel = UINT32_MAX;
   xcb_get_image_reply_t *reply = xcb_get_image_reply(
      window->watcher,
      xcb_get_image(window->watcher, XCB_IMAGE_FORMAT_Z_PIXMAP, window->id,
                    (int16_t)x, (int16_t)y, 1, 1, UINT32_MAX),
      NULL);
   if (reply && xcb_get_image_data_length(reply) >= (int)sizeof(pixel))
      memcpy(&pixel, xcb_get_image_data(reply), sizeof(pixel));
   free(reply);
   return window->visual_depth == 30 ? pixel & 0x3fffffff : pixel & 0xffffff;
}

void
x11_window_resize(struct x11_window *window, uint32_t width, uint32_t height)
{
   const uint32_t values[] = { width, height };
   xcb_configure_window(window->watcher, window->id,
                        XCB_CONFIG_WINDOW_WIDTH | XCB_CONFIG_WINDOW_HEIGHT,
                        values);
   sync_with(window->watcher);
}
