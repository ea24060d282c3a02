/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 */

#include "fake_compositor_private.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "presentation-time-server-protocol.h"
#include "tearing-control-v1-server-protocol.h"

struct fake_entry {
   struct fake_list *list;
   struct wl_resource *resource;
   struct wl_listener destroyed;
};

static void
remove_at(struct fake_list *list, uint32_t index)
{
   wl_list_remove(&list->entries[index]->destroyed.link);
   free(list->entries[index]);
   list->count--;
   for (uint32_t i = index; i < list->count; i++)
      list->entries[i] = list->entries[i + 1];
}

void
fake_list_remove(struct fake_list *list, struct wl_resource *resource)
{
   for (uint32_t i = 0; i < list->count; i++) {
      if (list->entries[i]->resource == resource) {
         remove_at(list, i);
         return;
      }
   }
}

static void
handle_destroyed(struct wl_listener *listener, void *data)
{
   struct fake_entry *entry = wl_container_of(listener, entry, destroyed);
   fake_list_remove(entry->list, entry->resource);
}

void
fake_list_add(struct fake_list *list, struct wl_resource *resource)
{
   struct fake_entry *entry = calloc(1, sizeof(*entry));
   if (!entry || list->count == FAKE_MAX_OBJECTS)
      abort();
   entry->list = list;
   entry->resource = resource;
   entry->destroyed.notify = handle_destroyed;
   wl_resource_add_destroy_listener(resource, &entry->destroyed);
   list->entries[list->count++] = entry;
}

struct wl_resource *
fake_list_get(const struct fake_list *list, uint32_t index)
{
   return list->entries[index]->resource;
}

static void
destroy_resource(struct wl_client *client, struct wl_resource *resource)
{
   wl_resource_destroy(resource);
}

/* ---- wl_surface ---- */

static void
surface_attach(struct wl_client *client,
               struct wl_resource *resource,
               struct wl_resource *buffer,
               int32_t x,
               int32_t y)
{
   struct fake_compositor *compositor = wl_resource_get_user_data(resource);
   compositor->pending_buffer = buffer;
}

static void
add_damage(struct fake_compositor *compositor,
           bool in_buffer,
           int32_t x,
           int32_t y,
           int32_t width,
           int32_t height)
{
   struct fake_compositor_state *state = &compositor->state;
   compositor->pending_damage_count++;
   compositor->pending_buffer_damage = in_buffer;
   state->damage_x = x;
   state->damage_y = y;
   state->damage_width = width;
   state->damage_height = height;
}

static void
surface_damage(struct wl_client *client,
               struct wl_resource *resource,
               int32_t x,
               int32_t y,
               int32_t width,
               int32_t height)
{
   add_damage(wl_resource_get_user_data(resource), false, x, y, width,
              height);
}

static void
surface_damage_buffer(struct wl_client *client,
                      struct wl_resource *resource,
                      int32_t x,
                      int32_t y,
                      int32_t width,
                      int32_t height)
{
   add_damage(wl_resource_get_user_data(resource), true, x, y, width, height);
}

static void
surface_frame(struct wl_client *client,
              struct wl_resource *resource,
              uint32_t id)
{
   struct fake_compositor *compositor = wl_resource_get_user_data(resource);
   struct wl_resource *callback =
      wl_resource_create(client, &wl_callback_interface, 1, id);
   wl_resource_set_implementation(callback, NULL, NULL, NULL);
   fake_list_add(&compositor->frames, callback);
}

static void
look_at_buffer(struct fake_compositor *compositor, struct wl_resource *buffer)
{
   struct fake_compositor_state *state = &compositor->state;
   if (fake_dmabuf_look(compositor, buffer))
      return;

   struct wl_shm_buffer *shm = wl_shm_buffer_get(buffer);
   state->is_dmabuf = false;
   state->width = wl_shm_buffer_get_width(shm);
   state->height = wl_shm_buffer_get_height(shm);
   state->stride = wl_shm_buffer_get_stride(shm);
   state->format = wl_shm_buffer_get_format(shm);
   wl_shm_buffer_begin_access(shm);
   const char *pixels = wl_shm_buffer_get_data(shm);
   memcpy(&state->first_pixel, pixels, 4);
   memcpy(&state->last_pixel,
          pixels + (size_t)state->stride * (size_t)(state->height - 1) +
             4 * (size_t)(state->width - 1),
          4);
   wl_shm_buffer_end_access(shm);
}

static void
surface_commit(struct wl_client *client, struct wl_resource *resource)
{
   struct fake_compositor *compositor = wl_resource_get_user_data(resource);
   struct fake_compositor_state *state = &compositor->state;

   state->commit_count++;
   state->damage_count = compositor->pending_damage_count;
   state->buffer_damage = compositor->pending_buffer_damage;
   compositor->pending_damage_count = 0;
   if (compositor->pending_buffer) {
      look_at_buffer(compositor, compositor->pending_buffer);
      fake_list_remove(&compositor->held, compositor->pending_buffer);
      fake_list_add(&compositor->held, compositor->pending_buffer);
#ifdef VN_WAYLAND_SYNCOBJ
      fake_sync_commit(compositor, compositor->pending_buffer);
#endif
      if (compositor->options.undefined_release)
         wl_buffer_send_release(compositor->pending_buffer);
      compositor->pending_buffer = NULL;
   }
}

static const struct wl_surface_interface surface_impl = {
   .destroy = destroy_resource,
   .attach = surface_attach,
   .damage = surface_damage,
   .damage_buffer = surface_damage_buffer,
   .frame = surface_frame,
   .commit = surface_commit,
};

static void
create_surface(struct wl_client *client,
               struct wl_resource *resource,
               uint32_t id)
{
   struct wl_resource *surface = wl_resource_create(
      client, &wl_surface_interface, wl_resource_get_version(resource), id);
   wl_resource_set_implementation(surface, &surface_impl,
                                  wl_resource_get_user_data(resource), NULL);
}

static const struct wl_compositor_interface compositor_impl = {
   .create_surface = create_surface,
};

static void
bind_compositor(struct wl_client *client,
                void *data,
                uint32_t version,
                uint32_t id)
{
   struct wl_resource *resource =
      wl_resource_create(client, &wl_compositor_interface, (int)version, id);
   wl_resource_set_implementation(resource, &compositor_impl, data, NULL);
}

/* ---- wp_presentation ---- */

static void
presentation_feedback(struct wl_client *client,
                      struct wl_resource *resource,
                      struct wl_resource *surface,
                      uint32_t id)
{
   struct fake_compositor *compositor = wl_resource_get_user_data(resource);
   struct wl_resource *feedback =
      wl_resource_create(client, &wp_presentation_feedback_interface, 1, id);
   wl_resource_set_implementation(feedback, NULL, NULL, NULL);
   fake_list_add(&compositor->feedbacks, feedback);
}

static const struct wp_presentation_interface presentation_impl = {
   .destroy = destroy_resource,
   .feedback = presentation_feedback,
};

static void
bind_presentation(struct wl_client *client,
                  void *data,
                  uint32_t version,
                  uint32_t id)
{
   struct wl_resource *resource = wl_resource_create(
      client, &wp_presentation_interface, (int)version, id);
   wl_resource_set_implementation(resource, &presentation_impl, data, NULL);
   wp_presentation_send_clock_id(resource, 1);
}

/* ---- wp_tearing_control_manager_v1 ---- */

static void
tearing_set_hint(struct wl_client *client,
                 struct wl_resource *resource,
                 uint32_t hint)
{
   struct fake_compositor *compositor = wl_resource_get_user_data(resource);
   compositor->state.async =
      hint == WP_TEARING_CONTROL_V1_PRESENTATION_HINT_ASYNC;
}

static const struct wp_tearing_control_v1_interface tearing_impl = {
   .set_presentation_hint = tearing_set_hint,
   .destroy = destroy_resource,
};

static void
get_tearing_control(struct wl_client *client,
                    struct wl_resource *resource,
                    uint32_t id,
                    struct wl_resource *surface)
{
   struct wl_resource *control =
      wl_resource_create(client, &wp_tearing_control_v1_interface, 1, id);
   wl_resource_set_implementation(control, &tearing_impl,
                                  wl_resource_get_user_data(resource), NULL);
}

static const struct wp_tearing_control_manager_v1_interface
   tearing_manager_impl = {
      .destroy = destroy_resource,
      .get_tearing_control = get_tearing_control,
   };

static void
bind_tearing(struct wl_client *client,
             void *data,
             uint32_t version,
             uint32_t id)
{
   struct wl_resource *resource = wl_resource_create(
      client, &wp_tearing_control_manager_v1_interface, (int)version, id);
   wl_resource_set_implementation(resource, &tearing_manager_impl, data,
                                  NULL);
}

/* ---- the thread ---- */

static void
handle_client_destroyed(struct wl_listener *listener, void *data)
{
   struct fake_compositor *compositor =
      wl_container_of(listener, compositor, client_destroyed);
   compositor->client = NULL;
}

static void
hang_up(void *data)
{
   struct fake_compositor *compositor = data;
   if (compositor->client)
      wl_client_destroy(compositor->client);
}

static void
count_request(void *data,
              enum wl_protocol_logger_type direction,
              const struct wl_protocol_logger_message *message)
{
   struct fake_compositor *compositor = data;
   if (direction == WL_PROTOCOL_LOGGER_REQUEST &&
       ++compositor->request_count == compositor->options.die_after) {
      /* not in the middle of the request */
      wl_event_loop_add_idle(wl_display_get_event_loop(compositor->display),
                             hang_up, compositor);
   }
}

static int
run_task(int fd, uint32_t mask, void *data)
{
   struct fake_compositor *compositor = data;
   uint64_t count;
   if (read(fd, &count, sizeof(count)) != sizeof(count))
      return 0;

   pthread_mutex_lock(&compositor->mutex);
   if (compositor->task) {
      compositor->task(compositor, compositor->task_data);
      compositor->task = NULL;
      pthread_cond_signal(&compositor->cond);
   }
   pthread_mutex_unlock(&compositor->mutex);
   return 0;
}

static void
task(struct fake_compositor *compositor,
     void (*func)(struct fake_compositor *compositor, void *data),
     void *data)
{
   const uint64_t one = 1;
   pthread_mutex_lock(&compositor->mutex);
   compositor->task = func;
   compositor->task_data = data;
   if (write(compositor->wake_fd, &one, sizeof(one)) != sizeof(one))
      abort();
   while (compositor->task)
      pthread_cond_wait(&compositor->cond, &compositor->mutex);
   pthread_mutex_unlock(&compositor->mutex);
}

static void *
thread_main(void *data)
{
   struct fake_compositor *compositor = data;
   wl_display_run(compositor->display);
   return NULL;
}

struct fake_compositor *
fake_compositor_create(const struct fake_compositor_options *options)
{
   struct fake_compositor *compositor = calloc(1, sizeof(*compositor));
   int fds[2];
   if (!compositor || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
      abort();

   compositor->options = *options;
   compositor->client_fd = fds[0];
   pthread_mutex_init(&compositor->mutex, NULL);
   pthread_cond_init(&compositor->cond, NULL);
   compositor->wake_fd = eventfd(0, EFD_CLOEXEC);

   struct wl_display *display = wl_display_create();
   compositor->display = display;
   compositor->logger =
      wl_display_add_protocol_logger(display, count_request, compositor);
   if (!options->no_shm)
      wl_display_init_shm(display);
   wl_global_create(
      display, &wl_compositor_interface,
      options->compositor_version ? (int)options->compositor_version : 4,
      compositor, bind_compositor);
   fake_dmabuf_init(compositor);
   if (options->presentation)
      wl_global_create(display, &wp_presentation_interface, 1, compositor,
                       bind_presentation);
   if (options->tearing)
      wl_global_create(display, &wp_tearing_control_manager_v1_interface, 1,
                       compositor, bind_tearing);

#ifdef VN_WAYLAND_SYNCOBJ
   if (options->explicit_sync)
      fake_sync_init(compositor);
#endif
   compositor->wake_source = wl_event_loop_add_fd(
      wl_display_get_event_loop(display), compositor->wake_fd,
      WL_EVENT_READABLE, run_task, compositor);
   if (options->mute) {
      /* nobody reads that end */
      compositor->mute_fd = fds[1];
   } else {
      compositor->client = wl_client_create(display, fds[1]);
      compositor->client_destroyed.notify = handle_client_destroyed;
      wl_client_add_destroy_listener(compositor->client,
                                     &compositor->client_destroyed);
   }
   if (pthread_create(&compositor->thread, NULL, thread_main, compositor))
      abort();
   return compositor;
}

static void
terminate(struct fake_compositor *compositor, void *data)
{
   hang_up(compositor);
   wl_display_terminate(compositor->display);
}

void
fake_compositor_destroy(struct fake_compositor *compositor)
{
   task(compositor, terminate, NULL);
   pthread_join(compositor->thread, NULL);
   if (compositor->options.mute)
      close(compositor->mute_fd);
   wl_event_source_remove(compositor->wake_source);
   wl_protocol_logger_destroy(compositor->logger);
   wl_display_destroy(compositor->display);
#ifdef VN_WAYLAND_SYNCOBJ
   fake_sync_finish(compositor);
#endif
   close(compositor->wake_fd);
   if (compositor->client_fd >= 0)
      close(compositor->client_fd);
   pthread_cond_destroy(&compositor->cond);
   pthread_mutex_destroy(&compositor->mutex);
   free(compositor);
}

int
fake_compositor_take_fd(struct fake_compositor *compositor)
{
   const int fd = compositor->client_fd;
   compositor->client_fd = -1;
   return fd;
}

/* ---- what the test tells it ---- */

/* What is in the socket may come after the task's wake-up in one round. */
static void
nothing(struct fake_compositor *compositor, void *data)
{
}

static void
copy_state(struct fake_compositor *compositor, void *data)
{
   compositor->state.frame_count = compositor->frames.count;
   compositor->state.has_sync = compositor->sync.object;
   compositor->state.feedback_count = compositor->feedbacks.count;
   *(struct fake_compositor_state *)data = compositor->state;
}

void
fake_compositor_look(struct fake_compositor *compositor,
                     struct fake_compositor_state *state)
{
   task(compositor, nothing, NULL);
   task(compositor, copy_state, state);
}

static void
release_buffer(struct fake_compositor *compositor, struct wl_resource *buffer)
{
#ifdef VN_WAYLAND_SYNCOBJ
   if (fake_sync_release(compositor, buffer))
      return;
#endif
   wl_buffer_send_release(buffer);
}

static void
show(struct fake_compositor *compositor, void *data)
{
   while (compositor->frames.count) {
      struct wl_resource *frame = fake_list_get(&compositor->frames, 0);
      wl_callback_send_done(frame, 0);
      wl_resource_destroy(frame);
   }
   while (compositor->feedbacks.count) {
      struct wl_resource *feedback = fake_list_get(&compositor->feedbacks, 0);
      wp_presentation_feedback_send_presented(feedback, 0, 0, 0, 0, 0, 0, 0);
      wl_resource_destroy(feedback);
   }
   while (compositor->held.count > 1) {
      release_buffer(compositor, fake_list_get(&compositor->held, 0));
      remove_at(&compositor->held, 0);
   }
}

void
fake_compositor_show(struct fake_compositor *compositor)
{
   task(compositor, nothing, NULL);
   task(compositor, show, NULL);
}

static void
release(struct fake_compositor *compositor, void *data)
{
   if (compositor->held.count)
      release_buffer(compositor, fake_list_get(&compositor->held,
                                               compositor->held.count - 1));
}

void
fake_compositor_release(struct fake_compositor *compositor)
{
   task(compositor, nothing, NULL);
   task(compositor, release, NULL);
}

static void
discard(struct fake_compositor *compositor, void *data)
{
   while (compositor->feedbacks.count) {
      struct wl_resource *feedback = fake_list_get(&compositor->feedbacks, 0);
      wp_presentation_feedback_send_discarded(feedback);
      wl_resource_destroy(feedback);
   }
}

void
fake_compositor_discard(struct fake_compositor *compositor)
{
   task(compositor, nothing, NULL);
   task(compositor, discard, NULL);
}

static void
send_formats(struct fake_compositor *compositor, void *data)
{
   const struct fake_compositor_options *options = data;
   if (compositor->feedback)
      fake_dmabuf_send_feedback(compositor, compositor->feedback,
                                options->formats, options->format_count);
}

void
fake_compositor_send_formats(struct fake_compositor *compositor,
                             const struct fake_format *formats,
                             uint32_t count)
{
   struct fake_compositor_options options = {
      .formats = formats,
      .format_count = count,
   };
   task(compositor, send_formats, &options);
}

static void
send_error(struct fake_compositor *compositor, void *data)
{
   if (compositor->client)
      wl_client_post_implementation_error(compositor->client, "as told");
}

void
fake_compositor_send_error(struct fake_compositor *compositor)
{
   task(compositor, send_error, NULL);
}

static void
hang_up_task(struct fake_compositor *compositor, void *data)
{
   hang_up(compositor);
}

void
fake_compositor_hang_up(struct fake_compositor *compositor)
{
   task(compositor, hang_up_task, NULL);
}
