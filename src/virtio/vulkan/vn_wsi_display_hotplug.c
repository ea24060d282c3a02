/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Screens that come and go, from the kernel itself: a udev need not run in a
 * guest, and nothing of what one adds is needed here.
 */

#include "vn_wsi_display_hotplug.h"

#include <linux/netlink.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define KERNEL_GROUP 1 /* udev's own messages are in group 2 */

struct vn_hotplug {
   pthread_mutex_t mutex; /* guards the rest */
   struct u_list events;  /* that are expected */
   bool has_thread;
   pthread_t thread;
   int socket_fd; /* owned, as the next; -1 until there is a thread */
   int stop_fd;
};

struct vn_hotplug *
vn_hotplug_create(void)
{
   struct vn_hotplug *hotplug = calloc(1, sizeof(*hotplug));
   if (!hotplug)
      return NULL;
   pthread_mutex_init(&hotplug->mutex, NULL);
   u_list_init(&hotplug->events);
   hotplug->socket_fd = hotplug->stop_fd = -1;
   return hotplug;
}

void
vn_hotplug_destroy(struct vn_hotplug *hotplug)
{
   if (!hotplug)
      return;
   if (hotplug->has_thread) {
      const uint64_t one = 1;
      if (write(hotplug->stop_fd, &one, sizeof(one)) == sizeof(one))
         pthread_join(hotplug->thread, NULL);
   }
   u_fd_close(&hotplug->stop_fd);
   u_fd_close(&hotplug->socket_fd);
   pthread_mutex_destroy(&hotplug->mutex);
   free(hotplug);
}

bool
vn_hotplug_is_message(const char *message, size_t size)
{
   bool is_drm = false, is_hotplug = false;

   /* "change@/devices/...", then "KEY=VALUE", each with its final zero */
   for (size_t at = 0; at < size;) {
      const char *word = message + at;
      const size_t length = strnlen(word, size - at);
      if (at + length == size)
         return false; /* cut off */
      is_drm = is_drm || !strcmp(word, "SUBSYSTEM=drm");
      is_hotplug = is_hotplug || !strcmp(word, "HOTPLUG=1");
      at += length + 1;
   }
   return is_drm && is_hotplug;
}

static void
read_message(struct vn_hotplug *hotplug)
{
   char message[4096];
   struct sockaddr_nl from = { 0 };
   socklen_t from_size = sizeof(from);
   const ssize_t size =
      recvfrom(hotplug->socket_fd, message, sizeof(message), MSG_DONTWAIT,
               (struct sockaddr *)&from, &from_size);

   /* 0 is the kernel; any process may send to the address */
   if (size <= 0 || from.nl_pid != 0 ||
       !vn_hotplug_is_message(message, (size_t)size))
      return;
   pthread_mutex_lock(&hotplug->mutex);
   u_list_for_each_safe (struct vn_kms_event, event, &hotplug->events, link) {
      u_list_del(&event->link);
      event->happened(event, false);
   }
   pthread_mutex_unlock(&hotplug->mutex);
}

static void *
listen_main(void *data)
{
   struct vn_hotplug *hotplug = data;

   while (true) {
      struct pollfd fds[] = {
         { .fd = hotplug->stop_fd, .events = POLLIN },
         { .fd = hotplug->socket_fd, .events = POLLIN },
      };
      if (poll(fds, VN_ARRAY_SIZE(fds), -1) < 0)
         continue; /* a signal */
      if (fds[0].revents)
         return NULL;
      if (fds[1].revents)
         read_message(hotplug);
   }
}

static bool
open_socket(struct vn_hotplug *hotplug)
{
   const struct sockaddr_nl address = {
      .nl_family = AF_NETLINK,
      .nl_groups = KERNEL_GROUP,
   };
   hotplug->socket_fd =
      socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
   return hotplug->socket_fd >= 0 &&
          !bind(hotplug->socket_fd, (const struct sockaddr *)&address,
                sizeof(address));
}

/* With the lock held. */
static bool
start_thread(struct vn_hotplug *hotplug)
{
   if (hotplug->has_thread)
      return true;
   hotplug->stop_fd = eventfd(0, EFD_CLOEXEC);
   if (hotplug->stop_fd >= 0 && open_socket(hotplug)) {
      sigset_t all, before;
      sigfillset(&all);
      pthread_sigmask(SIG_SETMASK, &all, &before);
      hotplug->has_thread =
         !pthread_create(&hotplug->thread, NULL, listen_main, hotplug);
      pthread_sigmask(SIG_SETMASK, &before, NULL);
   }
   if (!hotplug->has_thread) {
      u_fd_close(&hotplug->stop_fd);
      u_fd_close(&hotplug->socket_fd);
   }
   return hotplug->has_thread;
}

bool
vn_hotplug_expect(struct vn_hotplug *hotplug, struct vn_kms_event *event)
{
   pthread_mutex_lock(&hotplug->mutex);
   const bool can = start_thread(hotplug);
   if (can)
      u_list_add_tail(&hotplug->events, &event->link);
   pthread_mutex_unlock(&hotplug->mutex);
   return can;
}

void
vn_hotplug_cancel(struct vn_hotplug *hotplug, struct vn_kms_event *event)
{
   pthread_mutex_lock(&hotplug->mutex);
   u_list_del(&event->link);
   pthread_mutex_unlock(&hotplug->mutex);
}
