/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * VK_EXT_acquire_xlib_display: an X server that runs on the same KMS device
 * leases one of its screens, with RandR 1.6. The lease is a file like any
 * other master's, so the rest is as with VK_EXT_acquire_drm_display. A server
 * without such a device (Xvfb, one on another machine) knows no connectors,
 * and so has no displays.
 *
 * The Display is the application's. Only its xcb connection is used, since
 * Xlib ends the process when the server has gone; and no answer is waited for
 * without a bound. What is sent to a server that has gone raises no SIGPIPE.
 */

#include "vn_platforms.h"

#include "vn_wsi_display_acquire.h"

#include <X11/Xlib-xcb.h>
#include <poll.h>
#include <unistd.h>
#include <xcb/randr.h>
#include <xcb/xcbext.h>

#include "vn_entrypoints.h"
#include "vn_physical_device.h"
#include "vn_wsi_x11_connection.h"

#define REPLY_LIMIT_NS (5 * VN_NSEC_PER_SEC)

/* The answer, which the caller frees; NULL: there is none, or an error. */
static void *
wait_for_reply(xcb_connection_t *conn, unsigned sequence)
{
   const uint64_t limit = vn_time_ns() + REPLY_LIMIT_NS;
   xcb_generic_error_t *error = NULL;
   void *reply = NULL;

   if (xcb_flush(conn) <= 0)
      return NULL;
   while (!xcb_poll_for_reply(conn, sequence, &reply, &error)) {
      struct pollfd pfd = {
         .fd = xcb_get_file_descriptor(conn),
         .events = POLLIN,
      };
      const uint64_t now = vn_time_ns();
      if (now >= limit || xcb_connection_has_error(conn)) {
         xcb_discard_reply(conn, sequence);
         return NULL;
      }
      /* short, as another thread may be the one that reads the answer */
      poll(&pfd, 1, 20);
   }
   free(error);
   return reply;
}

/*
 * After the atom: that a server answers must be known before xcb asks it for
 * an extension, which it does without a bound.
 */
static bool
has_leases(xcb_connection_t *conn)
{
   const xcb_query_extension_reply_t *extension =
      xcb_get_extension_data(conn, &xcb_randr_id);
   if (!extension || !extension->present)
      return false;

   xcb_randr_query_version_reply_t *version =
      wait_for_reply(conn, xcb_randr_query_version(conn, 1, 6).sequence);
   const bool has =
      version &&
      (version->major_version > 1 ||
       (version->major_version == 1 && version->minor_version >= 6));
   free(version);
   return has;
}

static xcb_atom_t
connector_id_atom(xcb_connection_t *conn)
{
   static const char name[] = "CONNECTOR_ID";
   xcb_intern_atom_reply_t *reply = wait_for_reply(
      conn, xcb_intern_atom(conn, true, sizeof(name) - 1, name).sequence);
   const xcb_atom_t atom = reply ? reply->atom : XCB_ATOM_NONE;
   free(reply);
   return atom;
}

/* The KMS connector of an output; 0: none. */
static uint32_t
connector_of(xcb_connection_t *conn,
             xcb_atom_t atom,
             xcb_randr_output_t output)
{
   uint32_t id = 0;
   xcb_randr_get_output_property_reply_t *reply = wait_for_reply(
      conn, xcb_randr_get_output_property(conn, output, atom, XCB_ATOM_NONE,
                                          0, 1, false, false)
               .sequence);
   if (reply && reply->format == 32 && reply->num_items == 1)
      memcpy(&id, xcb_randr_get_output_property_data(reply), sizeof(id));
   free(reply);
   return id;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_GetRandROutputDisplayEXT(VkPhysicalDevice physicalDevice,
                            Display *dpy,
                            RROutput rrOutput,
                            VkDisplayKHR *pDisplay)
{
   xcb_connection_t *conn = XGetXCBConnection(dpy);
   struct vn_displays *displays = vn_displays_of(physicalDevice);

   *pDisplay = VK_NULL_HANDLE;
   if (!displays)
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);
   struct vn_x11_quiet quiet;
   vn_x11_quiet_begin(&quiet);
   const xcb_atom_t atom = connector_id_atom(conn);
   const uint32_t connector =
      atom && has_leases(conn)
         ? connector_of(conn, atom, (xcb_randr_output_t)rrOutput)
         : 0;
   vn_x11_quiet_end(&quiet);
   if (!connector)
      return VK_SUCCESS;

   pthread_mutex_lock(&displays->mutex);
   const bool ok = vn_displays_probe(displays);
   u_list_for_each (struct vn_display, display, &displays->displays, link) {
      if (display->device->rdev == displays->rdev &&
          display->connector_id == connector)
         *pDisplay = vn_display_to_handle(display);
   }
   pthread_mutex_unlock(&displays->mutex);
   return ok ? VK_SUCCESS : vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);
}

/* What is to be leased. */
struct leasable {
   xcb_window_t root;
   xcb_randr_output_t output;
   xcb_randr_crtc_t crtc;
};

/* The output's own CRTC, or one that drives nothing. */
static xcb_randr_crtc_t
find_crtc(xcb_connection_t *conn,
          const xcb_randr_get_output_info_reply_t *info,
          xcb_timestamp_t timestamp)
{
   const xcb_randr_crtc_t *crtcs = xcb_randr_get_output_info_crtcs(info);
   xcb_randr_crtc_t found = info->crtc;

   for (int i = 0; i < xcb_randr_get_output_info_crtcs_length(info) && !found;
        i++) {
      xcb_randr_get_crtc_info_reply_t *crtc = wait_for_reply(
         conn, xcb_randr_get_crtc_info(conn, crtcs[i], timestamp).sequence);
      if (crtc && !crtc->num_outputs)
         found = crtcs[i];
      free(crtc);
   }
   return found;
}

static bool
find_on_screen(xcb_connection_t *conn,
               xcb_window_t root,
               xcb_atom_t atom,
               uint32_t connector,
               struct leasable *out)
{
   xcb_randr_get_screen_resources_current_reply_t *res = wait_for_reply(
      conn, xcb_randr_get_screen_resources_current(conn, root).sequence);
   if (!res)
      return false;

   const xcb_randr_output_t *outputs =
      xcb_randr_get_screen_resources_current_outputs(res);
   *out = (struct leasable){ .root = root };
   for (int i = 0; i < res->num_outputs && !out->crtc; i++) {
      if (connector_of(conn, atom, outputs[i]) != connector)
         continue;
      xcb_randr_get_output_info_reply_t *info = wait_for_reply(
         conn,
         xcb_randr_get_output_info(conn, outputs[i], res->config_timestamp)
            .sequence);
      out->output = outputs[i];
      out->crtc = info ? find_crtc(conn, info, res->config_timestamp) : 0;
      free(info);
   }
   free(res);
   return out->crtc != 0;
}

/* A new fd, or -1. */
static int
lease(xcb_connection_t *conn, uint32_t connector)
{
   const xcb_atom_t atom = connector_id_atom(conn);
   struct leasable what = { 0 };
   bool found = false;
   int fd = -1;

   if (!atom || !has_leases(conn))
      return -1;
   for (xcb_screen_iterator_t it =
           xcb_setup_roots_iterator(xcb_get_setup(conn));
        it.rem && !found; xcb_screen_next(&it))
      found = find_on_screen(conn, it.data->root, atom, connector, &what);
   if (!found)
      return -1;

   xcb_randr_create_lease_reply_t *reply = wait_for_reply(
      conn, xcb_randr_create_lease(conn, what.root, xcb_generate_id(conn), 1,
                                   1, &what.crtc, &what.output)
               .sequence);
   if (reply) {
      int *fds = xcb_randr_create_lease_reply_fds(conn, reply);
      for (uint8_t i = 1; i < reply->nfd; i++)
         u_fd_close(&fds[i]);
      if (reply->nfd)
         fd = fds[0];
   }
   free(reply);
   return fd;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_AcquireXlibDisplayEXT(VkPhysicalDevice physicalDevice,
                         Display *dpy,
                         VkDisplayKHR _display)
{
   xcb_connection_t *conn = XGetXCBConnection(dpy);
   struct vn_display *display = vn_display_from_handle(_display);
   struct vn_displays *displays = vn_displays_of(physicalDevice);
   if (!displays)
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);

   struct vn_x11_quiet quiet;
   vn_x11_quiet_begin(&quiet);
   int fd = lease(conn, display->connector_id);
   vn_x11_quiet_end(&quiet);
   if (fd < 0) {
      vn_log(WARN, "display %s: the X server does not lease it",
             display->name);
      return vn_result(VK_ERROR_INITIALIZATION_FAILED);
   }
   const VkResult result = vn_display_acquire_fd(displays, display, fd);
   /* which has a duplicate */
   u_fd_close(&fd);
   return vn_result(
      result == VK_ERROR_UNKNOWN ? VK_ERROR_INITIALIZATION_FAILED : result);
}
