/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What fake_x11.c does when it is asked. Requests and replies are the structs
 * of <xcb/...>. Sizes and ids are the client's, which is to be tested, so
 * there is little to check.
 */

#include "fake_x11_private.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xcb/dri3.h>
#include <xcb/present.h>
#include <xcb/shm.h>
#include <xcb/xfixes.h>

#include "fake_syncobj.h"

/* their major opcodes */
enum {
   PRESENT = 130,
   XFIXES,
   SHM,
   DRI3,
   BIG_REQUESTS,
};

/* Fills in the head. size is a multiple of 4 and at least 32. */
static bool
send_reply(struct fake_x11 *server, void *reply, size_t size)
{
   xcb_generic_reply_t *head = reply;
   head->response_type = 1;
   head->sequence = server->sequence;
   head->length = (uint32_t)((size - 32) / 4);
   return fake_x11_write(server, reply, size);
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
   return fake_x11_write(server, &u, sizeof(u));
}

/* An event of Present: what is after full_sequence, which libxcb puts in,
 * comes right after the first 32 bytes.
 */
bool
fake_x11_send_event(struct fake_x11 *server, void *event, size_t size)
{
   xcb_present_generic_event_t *head = event;
   const size_t more = size > 36 ? size - 36 : 0;
   head->response_type = XCB_GE_GENERIC;
   head->extension = PRESENT;
   head->sequence = server->sequence;
   head->length = (uint32_t)(more / 4);
   head->event = server->event_id;
   return !server->event_id ||
          (fake_x11_write(server, event, 32) &&
           fake_x11_write(server, (uint8_t *)event + 36, more));
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

void
fake_x11_free_pixmap(struct fake_x11_pixmap *pixmap)
{
   free(pixmap->owned);
   if (pixmap->map)
      munmap(pixmap->map, pixmap->map_B);
   *pixmap = (struct fake_x11_pixmap){ 0 };
}

/* ---- points ---- */

void
fake_x11_signal_points(struct fake_x11 *server)
{
   while (server->point_count) {
      const struct fake_x11_point *point =
         &server->points[--server->point_count];
      fake_syncobj_signal(point->fd, point->value);
      close(point->fd);
   }
}

void
fake_x11_drop_points(struct fake_x11 *server)
{
   while (server->point_count)
      close(server->points[--server->point_count].fd);
   for (uint32_t i = 0; i < server->frame_count; i++) {
      if (server->frames[i].release.fd >= 0)
         close(server->frames[i].release.fd);
      server->frames[i].release.fd = -1;
   }
   for (uint32_t i = 0; i < FAKE_X11_MAX; i++) {
      if (server->syncobjs[i].id)
         close(server->syncobjs[i].fd);
   }
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
   if (frame->release.fd >= 0) {
      server->points[server->point_count++] = frame->release;
      if (!server->config.hold_points)
         fake_x11_signal_points(server);
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
   return fake_x11_send_event(server, &complete, sizeof(complete)) &&
          fake_x11_send_event(server, &idle, sizeof(idle));
}

bool
fake_x11_show_frames(struct fake_x11 *server)
{
   bool ok = true;
   for (uint32_t i = 0; i < server->frame_count && ok; i++)
      ok = finish_frame(server, &server->frames[i],
                        i + 1 < server->frame_count);
   server->frame_count = 0;
   return ok;
}

static bool
add_frame(struct fake_x11 *server,
          struct fake_x11_frame frame,
          uint32_t update,
          uint32_t options)
{
   if (update) {
      frame.rect_count = server->region_count;
      memcpy(frame.rects, server->region, sizeof(frame.rects));
   }
   server->options = options;
   server->frames[server->frame_count++] = frame;
   if (server->config.hold && !(options & XCB_PRESENT_OPTION_ASYNC)) {
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
   return fake_x11_show_frames(server);
}

static bool
present_pixmap(struct fake_x11 *server, const uint8_t *data)
{
   const xcb_present_pixmap_request_t *request = (const void *)data;
   if (server->gone || request->window != FAKE_X11_WINDOW)
      return send_error(server, XCB_WINDOW, data);
   if (!find_pixmap(server, request->pixmap))
      return send_error(server, XCB_PIXMAP, data);

   const struct fake_x11_frame frame = {
      .release = { .fd = -1 },
      .pixmap = request->pixmap,
      .serial = request->serial,
      .target_msc = request->target_msc,
   };
   return add_frame(server, frame, request->update, request->options);
}

#ifdef VN_X11_SYNCOBJ

static struct fake_x11_syncobj *
find_syncobj(struct fake_x11 *server, uint32_t id)
{
   for (uint32_t i = 0; i < FAKE_X11_MAX; i++) {
      if (server->syncobjs[i].id == id)
         return &server->syncobjs[i];
   }
   return NULL;
}

static bool
present_pixmap_synced(struct fake_x11 *server, const uint8_t *data)
{
   const xcb_present_pixmap_synced_request_t *request = (const void *)data;
   if (server->gone || request->window != FAKE_X11_WINDOW)
      return send_error(server, XCB_WINDOW, data);
   if (!find_pixmap(server, request->pixmap))
      return send_error(server, XCB_PIXMAP, data);
   const struct fake_x11_syncobj *acquire =
      find_syncobj(server, request->acquire_syncobj);
   const struct fake_x11_syncobj *release =
      find_syncobj(server, request->release_syncobj);
   if (!server->config.syncobj || server->config.no_points ||
       !request->acquire_syncobj || !request->release_syncobj || !acquire ||
       !release || !request->acquire_point || !request->release_point ||
       (acquire == release &&
        request->acquire_point >= request->release_point))
      return send_error(server, XCB_VALUE, data);

   server->synced++;
   server->early +=
      !fake_syncobj_has_signalled(acquire->fd, request->acquire_point);
   const struct fake_x11_frame frame = {
      .release = { .fd = dup(release->fd), .value = request->release_point },
      .pixmap = request->pixmap,
      .serial = request->serial,
      .target_msc = request->target_msc,
   };
   return add_frame(server, frame, request->update, request->options);
}

#endif

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
      fake_x11_free_pixmap(pixmap);
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
   const int fd = fake_x11_take_fd(server);
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
                  .minor_version = server->config.syncobj ? 4 : 2);
#ifdef VN_X11_SYNCOBJ
   case XCB_DRI3_IMPORT_SYNCOBJ: {
      const xcb_dri3_import_syncobj_request_t *request = (const void *)data;
      const int fd = fake_x11_take_fd(server);
      if (!fake_syncobj_is_timeline(fd)) {
         close(fd);
         return send_error(server, XCB_VALUE, data);
      }
      *find_syncobj(server, 0) =
         (struct fake_x11_syncobj){ .id = request->syncobj, .fd = fd };
      return true;
   }
   case XCB_DRI3_FREE_SYNCOBJ: {
      const xcb_dri3_free_syncobj_request_t *request = (const void *)data;
      struct fake_x11_syncobj *syncobj =
         find_syncobj(server, request->syncobj);
      if (!syncobj)
         return send_error(server, XCB_VALUE, data);
      close(syncobj->fd);
      *syncobj = (struct fake_x11_syncobj){ 0 };
      return true;
   }
#endif
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
      const int fd = fake_x11_take_fd(server);
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
                  .minor_version = server->config.syncobj ? 4 : 2);
#ifdef VN_X11_SYNCOBJ
   case XCB_PRESENT_QUERY_CAPABILITIES:
      return SEND(xcb_present_query_capabilities_reply_t,
                  .capabilities = server->config.no_points
                                     ? XCB_PRESENT_CAPABILITY_ASYNC
                                     : XCB_PRESENT_CAPABILITY_SYNCOBJ);
   case XCB_PRESENT_PIXMAP_SYNCED:
      return present_pixmap_synced(server, data);
#endif
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

bool
fake_x11_handle(struct fake_x11 *server, const uint8_t *data)
{
   server->sequence++;
   server->request_count++;
   if (server->request_count == server->config.die_at)
      return false;
   if (server->request_count == server->config.refuse_at) {
      while (server->fd_count)
         close(fake_x11_take_fd(server));
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
