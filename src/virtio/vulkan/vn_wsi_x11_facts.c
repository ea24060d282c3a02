/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The questions to an X server. None is asked for each frame.
 */

#include "vn_wsi_x11_facts.h"

#include <drm_fourcc.h>
#include <endian.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <xcb/bigreq.h>
#include <xcb/dri3.h>
#include <xcb/present.h>
#include <xcb/shm.h>
#include <xcb/xfixes.h>

/* A pixel of 32 or 16 bits with these masks is that fourcc. */
static const struct {
   uint8_t depth;
   uint8_t bits_per_pixel;
   uint32_t red;
   uint32_t green;
   uint32_t blue;
   uint32_t fourcc;
   bool alpha;
} pixel_table[] = {
   { 24, 32, 0xff0000, 0xff00, 0xff, DRM_FORMAT_XRGB8888, false },
   { 24, 32, 0xff, 0xff00, 0xff0000, DRM_FORMAT_XBGR8888, false },
   { 32, 32, 0xff0000, 0xff00, 0xff, DRM_FORMAT_ARGB8888, true },
   { 32, 32, 0xff, 0xff00, 0xff0000, DRM_FORMAT_ABGR8888, true },
   { 30, 32, 0x3ff00000, 0xffc00, 0x3ff, DRM_FORMAT_XRGB2101010, false },
   { 30, 32, 0x3ff, 0xffc00, 0x3ff00000, DRM_FORMAT_XBGR2101010, false },
   { 16, 16, 0xf800, 0x7e0, 0x1f, DRM_FORMAT_RGB565, false },
};

static struct vn_x11_visual
describe_visual(const xcb_setup_t *setup,
                uint8_t depth,
                const xcb_visualtype_t *type)
{
   struct vn_x11_visual visual = { .depth = depth };
   for (xcb_format_iterator_t it = xcb_setup_pixmap_formats_iterator(setup);
        it.rem; xcb_format_next(&it)) {
      /* rows are padded to what a pixel of 32 bits is padded to anyway */
      if (it.data->depth == depth && it.data->scanline_pad <= 32)
         visual.bits_per_pixel = it.data->bits_per_pixel;
   }

   /* pixels are sent as they lie in memory */
   const uint8_t order = __BYTE_ORDER == __LITTLE_ENDIAN
                            ? XCB_IMAGE_ORDER_LSB_FIRST
                            : XCB_IMAGE_ORDER_MSB_FIRST;
   if (setup->image_byte_order != order ||
       (type->_class != XCB_VISUAL_CLASS_TRUE_COLOR &&
        type->_class != XCB_VISUAL_CLASS_DIRECT_COLOR))
      return visual;

   for (uint32_t i = 0; i < VN_ARRAY_SIZE(pixel_table); i++) {
      if (pixel_table[i].depth == depth &&
          pixel_table[i].bits_per_pixel == visual.bits_per_pixel &&
          pixel_table[i].red == type->red_mask &&
          pixel_table[i].green == type->green_mask &&
          pixel_table[i].blue == type->blue_mask) {
         visual.fourcc = pixel_table[i].fourcc;
         visual.alpha = pixel_table[i].alpha;
      }
   }
   return visual;
}

struct vn_x11_visual
vn_x11_find_visual(xcb_connection_t *conn, xcb_visualid_t id)
{
   const xcb_setup_t *setup = xcb_get_setup(conn);
   if (!setup)
      return (struct vn_x11_visual){ 0 };

   for (xcb_screen_iterator_t screen = xcb_setup_roots_iterator(setup);
        screen.rem; xcb_screen_next(&screen)) {
      for (xcb_depth_iterator_t depth =
              xcb_screen_allowed_depths_iterator(screen.data);
           depth.rem; xcb_depth_next(&depth)) {
         for (xcb_visualtype_iterator_t type =
                 xcb_depth_visuals_iterator(depth.data);
              type.rem; xcb_visualtype_next(&type)) {
            if (type.data->visual_id == id)
               return describe_visual(setup, depth.data->depth, type.data);
         }
      }
   }
   return (struct vn_x11_visual){ 0 };
}

static bool
at_least(uint32_t major, uint32_t minor, uint32_t want_major, uint32_t want)
{
   return major > want_major || (major == want_major && minor >= want);
}

/* fds go over a socket of the same machine only */
static bool
can_pass_fds(xcb_connection_t *conn)
{
   int domain = -1;
   socklen_t size = sizeof(domain);
   return !getsockopt(xcb_get_file_descriptor(conn), SOL_SOCKET, SO_DOMAIN,
                      &domain, &size) &&
          domain == AF_UNIX;
}

/*
 * MIT-SHM may be there for a client that shares no memory with the server, in
 * another container or behind a proxy. So it is tried.
 */
static VkResult
try_shm(struct vn_x11_wait *wait, bool *works)
{
   *works = false;
   const uint32_t segment = xcb_generate_id(wait->conn);
   int fd = memfd_create("venus-x11-probe", MFD_CLOEXEC);
   if (segment == UINT32_MAX || fd < 0 || ftruncate(fd, 4096)) {
      u_fd_close(&fd);
      return VK_SUCCESS;
   }

   uint8_t error;
   /* the fd is libxcb's now */
   const VkResult result = vn_x11_check(
      wait, xcb_shm_attach_fd_checked(wait->conn, segment, fd, false),
      &error);
   if (result == VK_SUCCESS && !error) {
      vn_x11_ignore(wait->conn, xcb_shm_detach_checked(wait->conn, segment));
      *works = true;
   }
   return result;
}

#define REPLY(type, request)                                                 \
   struct type *reply = NULL;                                                \
   uint8_t error;                                                            \
   const VkResult result =                                                   \
      vn_x11_reply(wait, (request).sequence, (void **)&reply, &error);       \
   if (result != VK_SUCCESS)                                                 \
      return result;

static VkResult
query_shm(struct vn_x11_wait *wait, struct vn_x11_server *server)
{
   if (!can_pass_fds(wait->conn))
      return VK_SUCCESS;
   REPLY(xcb_shm_query_version_reply_t, xcb_shm_query_version(wait->conn))
   bool attach = false;
   if (reply) {
      attach = at_least(reply->major_version, reply->minor_version, 1, 2);
      server->shm_pixmaps = attach && reply->shared_pixmaps &&
                            reply->pixmap_format == XCB_IMAGE_FORMAT_Z_PIXMAP;
   }
   free(reply);
   if (!attach)
      return VK_SUCCESS;
   const VkResult tried = try_shm(wait, &server->shm);
   server->shm_pixmaps = server->shm_pixmaps && server->shm;
   return tried;
}

static VkResult
query_present(struct vn_x11_wait *wait, struct vn_x11_server *server)
{
   REPLY(xcb_present_query_version_reply_t,
         xcb_present_query_version(wait->conn, XCB_PRESENT_MAJOR_VERSION,
                                   XCB_PRESENT_MINOR_VERSION))
   server->present =
      reply && at_least(reply->major_version, reply->minor_version, 1, 0);
   server->syncobj =
      reply && at_least(reply->major_version, reply->minor_version, 1, 4);
   free(reply);
   return VK_SUCCESS;
}

static VkResult
query_regions(struct vn_x11_wait *wait, struct vn_x11_server *server)
{
   /*
    * "The client must negotiate the version of the extension before executing
    * extension requests"; the server goes by what was said last, and answers
    * with less if it has less. So this says a lot, or it might take from the
    * application what that has negotiated.
    */
   REPLY(xcb_xfixes_query_version_reply_t,
         xcb_xfixes_query_version(wait->conn, 99, 0))
   server->regions =
      reply && at_least(reply->major_version, reply->minor_version, 2, 0);
   free(reply);
   return VK_SUCCESS;
}

static VkResult
query_dri3(struct vn_x11_wait *wait, struct vn_x11_server *server)
{
   if (!can_pass_fds(wait->conn))
      return VK_SUCCESS;
   REPLY(xcb_dri3_query_version_reply_t,
         xcb_dri3_query_version(wait->conn, XCB_DRI3_MAJOR_VERSION,
                                XCB_DRI3_MINOR_VERSION))
   server->dri3 =
      reply && at_least(reply->major_version, reply->minor_version, 1, 2);
   server->syncobj =
      server->syncobj && reply &&
      at_least(reply->major_version, reply->minor_version, 1, 4);
   free(reply);
   return VK_SUCCESS;
}

/* Until the server has answered all that it was asked. */
static VkResult
catch_up(struct vn_x11_wait *wait)
{
   REPLY(xcb_get_input_focus_reply_t, xcb_get_input_focus(wait->conn))
   free(reply);
   return VK_SUCCESS;
}

VkResult
vn_x11_query_server(struct vn_x11_wait *wait, struct vn_x11_server *server)
{
   const struct {
      xcb_extension_t *id;
      VkResult (*query)(struct vn_x11_wait *wait,
                        struct vn_x11_server *server);
   } extensions[] = {
      { &xcb_present_id, query_present },
      { &xcb_xfixes_id, query_regions },
      { &xcb_shm_id, query_shm },
      { &xcb_dri3_id, query_dri3 },
   };
   *server = (struct vn_x11_server){ 0 };

   /*
    * libxcb asks what its caller has not asked before, and waits for the
    * answer for as long as it takes. Afterwards it remembers. So everything
    * is asked here, and the wait for what comes last has a bound.
    */
   for (uint32_t i = 0; i < VN_ARRAY_SIZE(extensions); i++)
      xcb_prefetch_extension_data(wait->conn, extensions[i].id);
   xcb_prefetch_extension_data(wait->conn, &xcb_big_requests_id);
   VkResult result = catch_up(wait);
   if (result != VK_SUCCESS)
      return result;
   xcb_prefetch_maximum_request_length(wait->conn);
   result = catch_up(wait);
   if (result != VK_SUCCESS)
      return result;
   /* in words of four bytes */
   const uint32_t max_request = xcb_get_maximum_request_length(wait->conn);
   server->max_request_B = VN_MIN(max_request, UINT32_MAX / 4) * 4;

   for (uint32_t i = 0; i < VN_ARRAY_SIZE(extensions); i++) {
      const xcb_query_extension_reply_t *extension =
         xcb_get_extension_data(wait->conn, extensions[i].id);
      if (!extension || !extension->present)
         continue;
      result = extensions[i].query(wait, server);
      if (result != VK_SUCCESS)
         return result;
   }
   server->dri3 = server->dri3 && server->present;
   server->syncobj = server->syncobj && server->dri3;
   return VK_SUCCESS;
}

VkResult
vn_x11_query_geometry(struct vn_x11_wait *wait,
                      xcb_window_t window,
                      struct vn_x11_geometry *geometry)
{
   REPLY(xcb_get_geometry_reply_t, xcb_get_geometry(wait->conn, window))
   if (!reply)
      return VK_ERROR_SURFACE_LOST_KHR;
   *geometry = (struct vn_x11_geometry){
      .width = reply->width,
      .height = reply->height,
      .depth = reply->depth,
   };
   free(reply);
   return VK_SUCCESS;
}

VkResult
vn_x11_query_visual(struct vn_x11_wait *wait,
                    xcb_window_t window,
                    struct vn_x11_visual *visual)
{
   REPLY(xcb_get_window_attributes_reply_t,
         xcb_get_window_attributes(wait->conn, window))
   if (!reply)
      return VK_ERROR_SURFACE_LOST_KHR;
   *visual = vn_x11_find_visual(wait->conn, reply->visual);
   free(reply);
   return VK_SUCCESS;
}

VkResult
vn_x11_query_modifiers(struct vn_x11_wait *wait,
                       xcb_window_t window,
                       const struct vn_x11_visual *visual,
                       struct vn_wsi_format_list *list)
{
   REPLY(xcb_dri3_get_supported_modifiers_reply_t,
         xcb_dri3_get_supported_modifiers(wait->conn, window, visual->depth,
                                          visual->bits_per_pixel))
   if (!reply)
      return VK_SUCCESS;
   /* libxcb believes the counts */
   if ((uint64_t)reply->num_window_modifiers + reply->num_screen_modifiers >
       (uint64_t)reply->length * 4 / sizeof(uint64_t)) {
      free(reply);
      return VK_SUCCESS;
   }

   /* those of the window can be shown without a copy by the server */
   const struct {
      const uint64_t *modifiers;
      int count;
   } parts[] = {
      { xcb_dri3_get_supported_modifiers_window_modifiers(reply),
        xcb_dri3_get_supported_modifiers_window_modifiers_length(reply) },
      { xcb_dri3_get_supported_modifiers_screen_modifiers(reply),
        xcb_dri3_get_supported_modifiers_screen_modifiers_length(reply) },
   };
   VkResult added = VK_SUCCESS;
   for (uint32_t i = 0; i < VN_ARRAY_SIZE(parts); i++) {
      for (int k = 0; k < parts[i].count; k++) {
         uint64_t modifier;
         /* libxcb does not align them */
         memcpy(&modifier, &parts[i].modifiers[k], sizeof(modifier));
         if (modifier != DRM_FORMAT_MOD_INVALID &&
             !vn_wsi_format_list_add(list, visual->fourcc, modifier))
            added = VK_ERROR_OUT_OF_HOST_MEMORY;
      }
   }
   free(reply);
   return added;
}
