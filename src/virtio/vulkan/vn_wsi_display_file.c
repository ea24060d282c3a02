/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See vn_wsi_display_file.h. The kernel has one queue of events for a file,
 * which several swapchains may wait for: a thread of the file's, started when
 * the first event is expected, reads it and tells each its own. Events are
 * known by serials, never by pointers, so one that nobody expects any more is
 * harmless.
 */

#include "vn_wsi_display_file.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

static bool
has_cap(int fd, uint64_t cap)
{
   uint64_t value = 0;
   return !drmGetCap(fd, cap, &value) && value;
}

VkResult
vn_kms_file_create(int fd, bool own, struct vn_kms_file **file_out)
{
   drmModeRes *res = drmModeGetResources(fd);
   if (!res)
      return VK_ERROR_INITIALIZATION_FAILED;
   drmModeFreeResources(res);

   struct vn_kms_file *file = calloc(1, sizeof(*file));
   if (!file)
      return VK_ERROR_OUT_OF_HOST_MEMORY;

   atomic_init(&file->refcount, 1);
   file->fd = fd;
   file->own = own;
   file->wake_fd = -1;
   file->universal = !drmSetClientCap(fd, DRM_CLIENT_CAP_UNIVERSAL_PLANES, 1);
   file->atomic =
      file->universal && !drmSetClientCap(fd, DRM_CLIENT_CAP_ATOMIC, 1);
   file->takes_modifiers = has_cap(fd, DRM_CAP_ADDFB2_MODIFIERS);
   file->flips_at_once = has_cap(fd, DRM_CAP_ASYNC_PAGE_FLIP);
   pthread_mutex_init(&file->mutex, NULL);
   u_list_init(&file->events);
   *file_out = file;
   return VK_SUCCESS;
}

struct vn_kms_file *
vn_kms_file_ref(struct vn_kms_file *file)
{
   /* relaxed: whoever adds a reference has one */
   atomic_fetch_add_explicit(&file->refcount, 1, memory_order_relaxed);
   return file;
}

static void
wake_thread(struct vn_kms_file *file)
{
   const uint64_t one = 1;
   /* full means that it is awake already */
   if (write(file->wake_fd, &one, sizeof(one)) < 0)
      return;
}

void
vn_kms_file_unref(struct vn_kms_file *file)
{
   /* acq_rel: the last one sees what the others have done */
   if (!file || atomic_fetch_sub_explicit(&file->refcount, 1,
                                          memory_order_acq_rel) != 1)
      return;

   if (file->has_thread) {
      pthread_mutex_lock(&file->mutex);
      file->stop = true;
      pthread_mutex_unlock(&file->mutex);
      wake_thread(file);
      pthread_join(file->thread, NULL);
   }
   u_fd_close(&file->wake_fd);
   u_fd_close(&file->fd);
   pthread_mutex_destroy(&file->mutex);
   free(file);
}

bool
vn_kms_file_take_master(struct vn_kms_file *file)
{
   bool is_master = true;

   pthread_mutex_lock(&file->mutex);
   if (!file->master_count && !drmIsMaster(file->fd))
      is_master = file->own && !drmSetMaster(file->fd);
   if (is_master)
      file->master_count++;
   const int error = file->own ? errno : EACCES;
   pthread_mutex_unlock(&file->mutex);
   errno = error;
   return is_master;
}

void
vn_kms_file_drop_master(struct vn_kms_file *file)
{
   pthread_mutex_lock(&file->mutex);
   if (!--file->master_count && file->own)
      drmDropMaster(file->fd);
   pthread_mutex_unlock(&file->mutex);
}

/* With the lock held. */
static void
tell(struct vn_kms_event *event, bool lost)
{
   u_list_del(&event->link);
   event->happened(event, lost);
}

static void
tell_serial(struct vn_kms_file *file, uint64_t serial)
{
   u_list_for_each_safe (struct vn_kms_event, event, &file->events, link) {
      if (event->serial == serial)
         tell(event, false);
   }
}

static void
tell_lost(struct vn_kms_file *file)
{
   file->lost = true;
   u_list_for_each_safe (struct vn_kms_event, event, &file->events, link)
      tell(event, true);
}

/* What the kernel's layout of events says of lengths is checked: the file may
 * be an application's, and of any kind.
 */
static void
parse_events(struct vn_kms_file *file, const uint8_t *data, size_t size)
{
   struct drm_event head;

   for (size_t at = 0; size - at >= sizeof(head); at += head.length) {
      memcpy(&head, data + at, sizeof(head));
      if (head.length < sizeof(head) || head.length > size - at)
         return;

      if (head.type == DRM_EVENT_FLIP_COMPLETE &&
          head.length >= sizeof(struct drm_event_vblank)) {
         struct drm_event_vblank flip;
         memcpy(&flip, data + at, sizeof(flip));
         tell_serial(file, flip.user_data);
      } else if (head.type == DRM_EVENT_CRTC_SEQUENCE &&
                 head.length >= sizeof(struct drm_event_crtc_sequence)) {
         struct drm_event_crtc_sequence vblank;
         memcpy(&vblank, data + at, sizeof(vblank));
         tell_serial(file, vblank.user_data);
      }
   }
}

/* With the lock held. Milliseconds until the first deadline; -1: none. */
static int
handle_deadlines(struct vn_kms_file *file)
{
   const uint64_t now = vn_time_ns();
   uint64_t first = UINT64_MAX;

   u_list_for_each_safe (struct vn_kms_event, event, &file->events, link) {
      if (!event->deadline_ns)
         continue;
      if (event->deadline_ns <= now)
         tell(event, false);
      else
         first = VN_MIN(first, event->deadline_ns);
   }
   /* upwards: to wake up early would be to wake up twice */
   return first == UINT64_MAX
             ? -1
             : (int)VN_MIN((first - now + 999999) / 1000000, 60000u);
}

static void *
read_events(void *data)
{
   struct vn_kms_file *file = data;
   uint64_t buffer[128];

   while (true) {
      pthread_mutex_lock(&file->mutex);
      const bool stop = file->stop;
      const bool lost = file->lost;
      const int timeout_ms = handle_deadlines(file);
      pthread_mutex_unlock(&file->mutex);
      if (stop)
         return NULL;

      struct pollfd fds[] = {
         { .fd = file->wake_fd, .events = POLLIN },
         { .fd = lost ? -1 : file->fd, .events = POLLIN },
      };
      if (poll(fds, VN_ARRAY_SIZE(fds), timeout_ms) < 0)
         continue; /* a signal */
      if (fds[0].revents && read(file->wake_fd, buffer, sizeof(*buffer)) < 0)
         vn_log(DEBUG, "display: an empty wake-up");
      if (!fds[1].revents)
         continue;

      const ssize_t size =
         fds[1].revents & POLLIN ? read(file->fd, buffer, sizeof(buffer)) : 0;
      const bool gone =
         size == 0 || (size < 0 && errno != EINTR && errno != EAGAIN);
      pthread_mutex_lock(&file->mutex);
      if (size > 0)
         parse_events(file, (const uint8_t *)buffer, size);
      else if (gone)
         tell_lost(file);
      pthread_mutex_unlock(&file->mutex);
   }
}

/* With the lock held. */
static bool
start_thread(struct vn_kms_file *file)
{
   if (file->has_thread)
      return true;
   if (file->wake_fd < 0)
      file->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
   if (file->wake_fd < 0)
      return false;

   /* the application's signals are not for a thread that it does not know */
   sigset_t all, before;
   sigfillset(&all);
   pthread_sigmask(SIG_SETMASK, &all, &before);
   file->has_thread = !pthread_create(&file->thread, NULL, read_events, file);
   pthread_sigmask(SIG_SETMASK, &before, NULL);
   return file->has_thread;
}

bool
vn_kms_file_expect(struct vn_kms_file *file,
                   struct vn_kms_event *event,
                   uint64_t deadline_ns)
{
   pthread_mutex_lock(&file->mutex);
   const bool can = !file->lost && start_thread(file);
   if (can) {
      event->serial = ++file->last_serial;
      event->deadline_ns = deadline_ns;
      u_list_add_tail(&file->events, &event->link);
   }
   pthread_mutex_unlock(&file->mutex);
   if (can && deadline_ns)
      wake_thread(file);
   return can;
}

void
vn_kms_file_cancel(struct vn_kms_file *file, struct vn_kms_event *event)
{
   pthread_mutex_lock(&file->mutex);
   u_list_del(&event->link);
   pthread_mutex_unlock(&file->mutex);
}

uint32_t
vn_kms_find_property(int fd,
                     uint32_t object_id,
                     uint32_t object_type,
                     const char *name,
                     uint64_t *value_out)
{
   drmModeObjectProperties *all =
      drmModeObjectGetProperties(fd, object_id, object_type);
   uint32_t id = 0;

   if (!all)
      return 0;
   for (uint32_t i = 0; i < all->count_props && !id; i++) {
      drmModePropertyRes *property = drmModeGetProperty(fd, all->props[i]);
      if (property && !strcmp(property->name, name)) {
         id = property->prop_id;
         if (value_out)
            *value_out = all->prop_values[i];
      }
      drmModeFreeProperty(property);
   }
   drmModeFreeObjectProperties(all);
   return id;
}
