/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 */

#include "wsi_compositor.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <png.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* sway does not run as root; a test may. */
#define NOBODY 65534

static const char sway_config[] = "xwayland disable\n"
                                  "default_border none\n"
                                  "default_floating_border none\n"
                                  "focus_follows_mouse no\n"
                                  "output HEADLESS-1 resolution 640x480\n"
                                  "output * bg #204060 solid_color\n";

static const char weston_config[] = "[core]\n"
                                    "idle-time=0\n"
                                    "[shell]\n"
                                    "panel-position=none\n"
                                    "background-color=0xff204060\n"
                                    "startup-animation=none\n"
                                    "close-animation=none\n"
                                    "locking=false\n";

static void
sleep_ms(long ms)
{
   const struct timespec time = { .tv_nsec = ms * 1000000 };
   nanosleep(&time, NULL);
}

bool
wsi_compositor_kind_from(const char *name, enum wsi_compositor_kind *kind)
{
   if (!strcmp(name, "weston")) {
      *kind = WSI_WESTON;
      return true;
   }
   if (!strcmp(name, "sway")) {
      *kind = WSI_SWAY;
      return true;
   }
   if (!strcmp(name, "sway-kms")) {
      *kind = WSI_SWAY_KMS;
      return true;
   }
   fprintf(stderr, "no compositor is called %s\n", name);
   return false;
}

bool
wsi_compositor_is_sway(enum wsi_compositor_kind kind)
{
   return kind == WSI_SWAY || kind == WSI_SWAY_KMS;
}

/* Nothing of the user's, and no cache of fonts in the directory. */
static void
become_sway(const struct wsi_compositor *compositor)
{
   const bool kms = compositor->kind == WSI_SWAY_KMS;
   char path[128];

   setenv("HOME", "/nonexistent", 1);
   unsetenv("XDG_CACHE_HOME");
   unsetenv("XDG_CONFIG_HOME");
   setenv("WLR_BACKENDS", kms ? "drm" : "headless", 1);
   setenv("WLR_RENDERER", kms ? "vulkan" : "pixman", 1);
   setenv("WLR_LIBINPUT_NO_DEVICES", "1", 1);
   snprintf(path, sizeof(path), "%s/sway.sock", compositor->dir);
   setenv("SWAYSOCK", path, 1);
   if (kms) {
      /* a machine with no udev and no seat manager */
      setenv("WLR_DRM_DEVICES", "/dev/dri/card0", 1);
      setenv("LIBSEAT_BACKEND", "builtin", 1);
      unsetenv("VN_WSI");
   } else if (!getuid() && (setgid(NOBODY) || setuid(NOBODY))) {
      _exit(127);
   }
}

/*
 * In the child, whose memory is a copy. A preloaded sanitizer is for the
 * client of Vulkan.
 */
static void
become(const struct wsi_compositor *compositor, char *const *args)
{
   const int log = open("/dev/null", O_RDWR);

   prctl(PR_SET_PDEATHSIG, SIGKILL);
   setsid();
   dup2(log, STDIN_FILENO);
   if (!getenv("VENUS_TEST_COMPOSITOR_LOG")) {
      dup2(log, STDOUT_FILENO);
      dup2(log, STDERR_FILENO);
   }
   unsetenv("LD_PRELOAD");
   unsetenv("WAYLAND_DISPLAY");
   unsetenv("DISPLAY");
   setenv("XDG_RUNTIME_DIR", compositor->dir, 1);
   if (wsi_compositor_is_sway(compositor->kind)) {
      become_sway(compositor);
      /* a new user id has ended that */
      prctl(PR_SET_PDEATHSIG, SIGKILL);
   }
   execvp(args[0], args);
   fprintf(stderr, "%s: %s\n", args[0], strerror(errno));
   _exit(127);
}

static bool
can_connect(const char *path)
{
   struct sockaddr_un addr = { .sun_family = AF_UNIX };
   snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
   const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
   const bool ok = !connect(fd, (struct sockaddr *)&addr, sizeof(addr));
   close(fd);
   return ok;
}

static bool
write_config(const char *path, const char *text)
{
   FILE *file = fopen(path, "w");
   if (!file)
      return false;
   fputs(text, file);
   return !fclose(file);
}

bool
wsi_compositor_start(struct wsi_compositor *compositor,
                     enum wsi_compositor_kind kind)
{
   char config[80], config_word[96];
   char *weston[] = {
      (char *)"weston",
      (char *)"--backend=headless-backend.so",
      (char *)"--use-pixman",
      (char *)"--shell=desktop-shell.so",
      (char *)"--debug",
      (char *)"--width=640",
      (char *)"--height=480",
      (char *)"--socket=wayland-1",
      config_word,
      NULL,
   };
   char *sway[] = { (char *)"sway", (char *)"-c", config, NULL };

   *compositor = (struct wsi_compositor){
      .kind = kind,
      .dir = "/tmp/wsi-compositor.XXXXXX",
   };
   if (!mkdtemp(compositor->dir)) {
      compositor->dir[0] = '\0';
      return false;
   }
   snprintf(config, sizeof(config), "%s/config", compositor->dir);
   snprintf(config_word, sizeof(config_word), "--config=%s", config);
   const bool is_sway = wsi_compositor_is_sway(kind);
   if (!write_config(config, is_sway ? sway_config : weston_config))
      return false;
   if (kind == WSI_SWAY && !getuid() &&
       chown(compositor->dir, NOBODY, NOBODY))
      return false;
   snprintf(compositor->display, sizeof(compositor->display), "%s/wayland-1",
            compositor->dir);

   compositor->pid = fork();
   if (!compositor->pid)
      become(compositor, is_sway ? sway : weston);

   /* There is nothing to wait for but the socket: look every 5 ms, for
    * 30 s at most.
    */
   for (int i = 0; compositor->pid > 0 && i < 6000; i++) {
      if (can_connect(compositor->display))
         return true;
      if (waitpid(compositor->pid, NULL, WNOHANG)) {
         compositor->pid = 0;
         break;
      }
      sleep_ms(5);
   }
   fprintf(stderr, "%s did not start; VENUS_TEST_COMPOSITOR_LOG=1 says why\n",
           is_sway ? "sway" : "weston");
   return false;
}

void
wsi_compositor_kill(struct wsi_compositor *compositor)
{
   if (compositor->pid <= 0)
      return;
   kill(-compositor->pid, SIGKILL);
   kill(compositor->pid, SIGKILL);
   waitpid(compositor->pid, NULL, 0);
   compositor->pid = 0;
}

void
wsi_compositor_finish(struct wsi_compositor *compositor)
{
   wsi_compositor_kill(compositor);
   if (!compositor->dir[0])
      return;

   DIR *dir = opendir(compositor->dir);
   struct dirent *entry;
   while (dir && (entry = readdir(dir))) {
      if (entry->d_name[0] != '.')
         unlinkat(dirfd(dir), entry->d_name, 0);
   }
   if (dir)
      closedir(dir);
   rmdir(compositor->dir);
   compositor->dir[0] = '\0';
}

/* ---- pictures ---- */

/* Runs the compositor's tool, which leaves a PNG file in the directory. */
static bool
run_tool(struct wsi_compositor *compositor)
{
   char *grim[] = { (char *)"grim", (char *)"shot.png", NULL };
   char *weston[] = { (char *)"weston-screenshooter", NULL };
   char *const *args =
      wsi_compositor_is_sway(compositor->kind) ? grim : weston;

   const pid_t pid = fork();
   if (!pid) {
      unsetenv("LD_PRELOAD");
      setenv("WAYLAND_DISPLAY", compositor->display, 1);
      setenv("XDG_RUNTIME_DIR", compositor->dir, 1);
      alarm(30);
      if (!chdir(compositor->dir))
         execvp(args[0], args);
      fprintf(stderr, "%s: %s\n", args[0], strerror(errno));
      _exit(127);
   }
   int status = -1;
   if (pid < 0 || waitpid(pid, &status, 0) != pid || status) {
      fprintf(stderr, "%s failed: status 0x%x\n", args[0], status);
      return false;
   }
   return true;
}

/* The tool of weston names its file by the time. */
static bool
find_picture(const struct wsi_compositor *compositor, char *path, size_t size)
{
   DIR *dir = opendir(compositor->dir);
   struct dirent *entry;
   bool found = false;
   while (dir && !found && (entry = readdir(dir))) {
      const char *dot = strrchr(entry->d_name, '.');
      found = dot && !strcmp(dot, ".png");
      if (found)
         snprintf(path, size, "%s/%s", compositor->dir, entry->d_name);
   }
   if (dir)
      closedir(dir);
   return found;
}

static uint32_t *
read_picture(const char *path)
{
   png_image image = { .version = PNG_IMAGE_VERSION };
   if (!png_image_begin_read_from_file(&image, path)) {
      fprintf(stderr, "%s: %s\n", path, image.message);
      return NULL;
   }
   if (image.width != WSI_SCREEN_WIDTH || image.height != WSI_SCREEN_HEIGHT) {
      fprintf(stderr, "the screen is %ux%u\n", image.width, image.height);
      png_image_free(&image);
      return NULL;
   }

   const size_t count = WSI_SCREEN_WIDTH * WSI_SCREEN_HEIGHT;
   image.format = PNG_FORMAT_BGRA;
   uint32_t *pixels = malloc(count * 4);
   if (!pixels || !png_image_finish_read(&image, NULL, pixels,
                                         WSI_SCREEN_WIDTH * 4, NULL)) {
      png_image_free(&image);
      free(pixels);
      return NULL;
   }
   for (size_t i = 0; i < count; i++)
      pixels[i] &= 0xffffff;
   return pixels;
}

uint32_t *
wsi_compositor_screenshot(struct wsi_compositor *compositor)
{
   char path[512];
   if (!run_tool(compositor))
      return NULL;
   if (!find_picture(compositor, path, sizeof(path))) {
      fprintf(stderr, "there is no screenshot\n");
      return NULL;
   }
   uint32_t *pixels = read_picture(path);
   unlink(path);
   return pixels;
}

bool
wsi_compositor_wait_background(struct wsi_compositor *compositor)
{
   /* It is drawn by clients of its own, which it starts and which take some
    * tens of milliseconds; there is nothing to wait for. 30 s at most.
    */
   for (int i = 0; i < 600; i++) {
      uint32_t *screen = wsi_compositor_screenshot(compositor);
      if (!screen)
         return false;
      const bool there = screen[0] == WSI_BACKGROUND;
      free(screen);
      if (there)
         return true;
      sleep_ms(50);
   }
   fprintf(stderr, "the screen has no background\n");
   return false;
}
