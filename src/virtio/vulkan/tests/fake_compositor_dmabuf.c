/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The compositor's linux-dmabuf. Buffers are memfds here, which it maps.
 */

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fake_compositor_private.h"
#include "linux-dmabuf-unstable-v1-server-protocol.h"

struct fake_buffer {
   struct fake_compositor *compositor;
   int fd;
   uint32_t offset, stride, format;
   uint64_t modifier;
   int32_t width, height;
};

static void
destroy_resource(struct wl_client *client, struct wl_resource *resource)
{
   wl_resource_destroy(resource);
}

static const struct wl_buffer_interface buffer_impl = {
   .destroy = destroy_resource,
};

static void
free_buffer(struct fake_buffer *buffer)
{
   if (buffer->fd >= 0)
      close(buffer->fd);
   free(buffer);
}

static void
buffer_destroyed(struct wl_resource *resource)
{
   struct fake_buffer *buffer = wl_resource_get_user_data(resource);
   struct fake_compositor *compositor = buffer->compositor;
   if (compositor->pending_buffer == resource)
      compositor->pending_buffer = NULL;
   compositor->state.buffer_count--;
   free_buffer(buffer);
}

bool
fake_dmabuf_look(struct fake_compositor *compositor,
                 struct wl_resource *resource)
{
   if (!wl_resource_instance_of(resource, &wl_buffer_interface, &buffer_impl))
      return false;

   const struct fake_buffer *buffer = wl_resource_get_user_data(resource);
   struct fake_compositor_state *state = &compositor->state;
   state->is_dmabuf = true;
   state->width = buffer->width;
   state->height = buffer->height;
   state->stride = (int32_t)buffer->stride;
   state->format = buffer->format;
   state->modifier = buffer->modifier;
   state->offset = buffer->offset;

   const size_t size =
      buffer->offset + (size_t)buffer->stride * (size_t)buffer->height;
   const char *map = mmap(NULL, size, PROT_READ, MAP_SHARED, buffer->fd, 0);
   if (map == MAP_FAILED)
      return true;
   memcpy(&state->first_pixel, map + buffer->offset, 4);
   memcpy(&state->last_pixel,
          map + size - buffer->stride + 4 * (size_t)(buffer->width - 1), 4);
   munmap((void *)map, size);
   return true;
}

static void
params_destroyed(struct wl_resource *resource)
{
   struct fake_buffer *buffer = wl_resource_get_user_data(resource);
   if (buffer)
      free_buffer(buffer);
}

static void
params_add(struct wl_client *client,
           struct wl_resource *resource,
           int32_t fd,
           uint32_t plane,
           uint32_t offset,
           uint32_t stride,
           uint32_t modifier_hi,
           uint32_t modifier_lo)
{
   struct fake_buffer *buffer = wl_resource_get_user_data(resource);
   if (plane) {
      close(fd);
      return;
   }
   buffer->fd = fd;
   buffer->offset = offset;
   buffer->stride = stride;
   buffer->modifier = (uint64_t)modifier_hi << 32 | modifier_lo;
}

static void
params_create(struct wl_client *client,
              struct wl_resource *resource,
              int32_t width,
              int32_t height,
              uint32_t format,
              uint32_t flags)
{
   struct fake_buffer *buffer = wl_resource_get_user_data(resource);
   if (buffer->compositor->options.dmabuf_answer == FAKE_DMABUF_FAILED) {
      zwp_linux_buffer_params_v1_send_failed(resource);
      return;
   }

   buffer->width = width;
   buffer->height = height;
   buffer->format = format;
   buffer->compositor->state.buffer_count++;
   struct wl_resource *made =
      wl_resource_create(client, &wl_buffer_interface, 1, 0);
   wl_resource_set_implementation(made, &buffer_impl, buffer,
                                  buffer_destroyed);
   wl_resource_set_user_data(resource, NULL);
   zwp_linux_buffer_params_v1_send_created(resource, made);
}

/* What ends a connection when it fails is not for clients that can wait. */
static void
params_create_immed(struct wl_client *client,
                    struct wl_resource *resource,
                    uint32_t id,
                    int32_t width,
                    int32_t height,
                    uint32_t format,
                    uint32_t flags)
{
   wl_resource_post_error(resource,
                          ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_WL_BUFFER,
                          "not with this compositor");
}

static const struct zwp_linux_buffer_params_v1_interface params_impl = {
   .destroy = destroy_resource,
   .add = params_add,
   .create = params_create,
   .create_immed = params_create_immed,
};

static void
dmabuf_create_params(struct wl_client *client,
                     struct wl_resource *resource,
                     uint32_t id)
{
   struct fake_buffer *buffer = calloc(1, sizeof(*buffer));
   buffer->compositor = wl_resource_get_user_data(resource);
   buffer->fd = -1;
   struct wl_resource *params =
      wl_resource_create(client, &zwp_linux_buffer_params_v1_interface,
                         wl_resource_get_version(resource), id);
   wl_resource_set_implementation(params, &params_impl, buffer,
                                  params_destroyed);
}

static const struct zwp_linux_dmabuf_feedback_v1_interface feedback_impl = {
   .destroy = destroy_resource,
};

static void
feedback_destroyed(struct wl_resource *resource)
{
   struct fake_compositor *compositor = wl_resource_get_user_data(resource);
   compositor->feedback = NULL;
}

struct table_entry {
   uint32_t fourcc, padding;
   uint64_t modifier;
};

void
fake_dmabuf_send_feedback(struct fake_compositor *compositor,
                          struct wl_resource *feedback,
                          const struct fake_format *formats,
                          uint32_t count)
{
   const uint32_t size = count * (uint32_t)sizeof(struct table_entry);
   int fd = memfd_create("table", MFD_CLOEXEC);
   for (uint32_t i = 0; i < count - compositor->options.short_table; i++) {
      const struct table_entry entry = {
         .fourcc = formats[i].fourcc,
         .modifier = formats[i].modifier,
      };
      if (write(fd, &entry, sizeof(entry)) != sizeof(entry))
         abort();
   }
   zwp_linux_dmabuf_feedback_v1_send_format_table(feedback, fd, size);
   close(fd);

   dev_t device = 0;
   struct wl_array array = { .size = sizeof(device), .data = &device };
   zwp_linux_dmabuf_feedback_v1_send_main_device(feedback, &array);
   for (uint32_t i = 0; i < count; i++) {
      uint16_t indices[2] = { (uint16_t)i, UINT16_MAX };
      struct wl_array list = {
         .size = compositor->options.bad_index ? 4 : 2,
         .data = indices,
      };
      zwp_linux_dmabuf_feedback_v1_send_tranche_target_device(feedback,
                                                              &array);
      zwp_linux_dmabuf_feedback_v1_send_tranche_flags(feedback, 0);
      zwp_linux_dmabuf_feedback_v1_send_tranche_formats(feedback, &list);
      zwp_linux_dmabuf_feedback_v1_send_tranche_done(feedback);
   }
   zwp_linux_dmabuf_feedback_v1_send_done(feedback);
}

static void
create_feedback(struct wl_client *client,
                struct wl_resource *resource,
                uint32_t id)
{
   struct fake_compositor *compositor = wl_resource_get_user_data(resource);
   struct wl_resource *feedback =
      wl_resource_create(client, &zwp_linux_dmabuf_feedback_v1_interface,
                         wl_resource_get_version(resource), id);
   wl_resource_set_implementation(feedback, &feedback_impl, compositor,
                                  feedback_destroyed);
   compositor->feedback = feedback;
   fake_dmabuf_send_feedback(compositor, feedback,
                             compositor->options.formats,
                             compositor->options.format_count);
}

static void
dmabuf_get_surface_feedback(struct wl_client *client,
                            struct wl_resource *resource,
                            uint32_t id,
                            struct wl_resource *surface)
{
   create_feedback(client, resource, id);
}

static const struct zwp_linux_dmabuf_v1_interface dmabuf_impl = {
   .destroy = destroy_resource,
   .create_params = dmabuf_create_params,
   .get_default_feedback = create_feedback,
   .get_surface_feedback = dmabuf_get_surface_feedback,
};

static void
bind_dmabuf(struct wl_client *client,
            void *data,
            uint32_t version,
            uint32_t id)
{
   const struct fake_compositor *compositor = data;
   struct wl_resource *resource = wl_resource_create(
      client, &zwp_linux_dmabuf_v1_interface, (int)version, id);
   wl_resource_set_implementation(resource, &dmabuf_impl, data, NULL);
   if (version != 3)
      return;
   for (uint32_t i = 0; i < compositor->options.format_count; i++) {
      const struct fake_format *format = &compositor->options.formats[i];
      zwp_linux_dmabuf_v1_send_modifier(resource, format->fourcc,
                                        (uint32_t)(format->modifier >> 32),
                                        (uint32_t)format->modifier);
   }
}

void
fake_dmabuf_init(struct fake_compositor *compositor)
{
   if (compositor->options.dmabuf_version) {
      wl_global_create(compositor->display, &zwp_linux_dmabuf_v1_interface,
                       (int)compositor->options.dmabuf_version, compositor,
                       bind_dmabuf);
   }
}
