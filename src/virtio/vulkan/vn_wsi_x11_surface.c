/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What a window of an X server is for Vulkan.
 */

#include "vn_wsi_x11.h"

#include <drm_fourcc.h>
#include <sys/eventfd.h>

#include "vn_instance.h"

VkResult
vn_x11_surface_facts(struct vn_x11_surface *surface,
                     struct vn_x11_server *server,
                     struct vn_x11_visual *visual)
{
   VkResult result = VK_SUCCESS;
   pthread_mutex_lock(&surface->mutex);
   if (!surface->known) {
      struct vn_x11_quiet quiet;
      struct vn_x11_wait wait;
      vn_x11_quiet_begin(&quiet);
      result = vn_x11_wait_init(&wait, surface->conn);
      if (result == VK_SUCCESS) {
         result =
            vn_x11_query_visual(&wait, surface->window, &surface->visual);
         if (result == VK_SUCCESS)
            result = vn_x11_query_server(&wait, &surface->server);
         vn_x11_wait_finish(&wait);
      }
      vn_x11_quiet_end(&quiet);
      surface->known = result == VK_SUCCESS;
   }
   if (result == VK_SUCCESS) {
      *server = surface->server;
      *visual = surface->visual;
   }
   pthread_mutex_unlock(&surface->mutex);
   return result;
}

static void
surface_finish(struct vn_surface *base)
{
   struct vn_x11_surface *surface = vn_x11_surface(base);
   u_fd_close(&surface->shown_fd);
   pthread_mutex_destroy(&surface->mutex);
}

static VkResult
get_capabilities(struct vn_surface *base, VkSurfaceCapabilitiesKHR *caps)
{
   struct vn_x11_surface *surface = vn_x11_surface(base);
   struct vn_x11_server server;
   struct vn_x11_visual visual;
   VkResult result = vn_x11_surface_facts(surface, &server, &visual);
   if (result != VK_SUCCESS)
      return result;

   struct vn_x11_quiet quiet;
   struct vn_x11_wait wait;
   struct vn_x11_geometry geometry;
   result = vn_x11_wait_init(&wait, surface->conn);
   if (result != VK_SUCCESS)
      return result;
   vn_x11_quiet_begin(&quiet);
   result = vn_x11_query_geometry(&wait, surface->window, &geometry);
   vn_x11_quiet_end(&quiet);
   vn_x11_wait_finish(&wait);
   if (result != VK_SUCCESS)
      return result;

   /* "With Xcb, minImageExtent, maxImageExtent, and currentExtent must always
    * equal the window size"; the same with Xlib
    */
   caps->currentExtent = (VkExtent2D){ geometry.width, geometry.height };
   caps->minImageExtent = caps->currentExtent;
   caps->maxImageExtent = caps->currentExtent;
   caps->supportedTransforms = VK_SURFACE_TRANSFORM_IDENTITY_BIT_KHR;
   caps->currentTransform = VK_SURFACE_TRANSFORM_IDENTITY_BIT_KHR;
   caps->supportedCompositeAlpha =
      VK_COMPOSITE_ALPHA_INHERIT_BIT_KHR |
      (visual.alpha ? VK_COMPOSITE_ALPHA_PRE_MULTIPLIED_BIT_KHR
                    : VK_COMPOSITE_ALPHA_OPAQUE_BIT_KHR);
   return VK_SUCCESS;
}

static VkResult
get_formats(struct vn_surface *base,
            struct vn_physical_device *physical,
            enum vn_wsi_road road,
            struct vn_wsi_format_list *list)
{
   struct vn_x11_surface *surface = vn_x11_surface(base);
   struct vn_x11_server server;
   struct vn_x11_visual visual;
   VkResult result = vn_x11_surface_facts(surface, &server, &visual);
   /* no pixels that Vulkan could draw: no format, so no swapchain */
   if (result != VK_SUCCESS || !visual.fourcc)
      return result;

   if (road == VN_WSI_ROAD_COPY)
      return vn_wsi_format_list_add(list, visual.fourcc,
                                    DRM_FORMAT_MOD_LINEAR)
                ? VK_SUCCESS
                : VK_ERROR_OUT_OF_HOST_MEMORY;

   if (!server.dri3)
      return VK_SUCCESS;
   struct vn_x11_quiet quiet;
   struct vn_x11_wait wait;
   result = vn_x11_wait_init(&wait, surface->conn);
   if (result != VK_SUCCESS)
      return result;
   vn_x11_quiet_begin(&quiet);
   result = vn_x11_query_modifiers(&wait, surface->window, &visual, list);
   vn_x11_quiet_end(&quiet);
   vn_x11_wait_finish(&wait);
   return result;
}

static uint32_t
get_present_modes(struct vn_surface *base,
                  struct vn_physical_device *physical)
{
   struct vn_x11_server server;
   struct vn_x11_visual visual;
   /* Nothing holds back what is put into a window until the screen is ready
    * for it, as MAILBOX would have it. FIFO "is required to be supported".
    */
   uint32_t modes =
      1u << VK_PRESENT_MODE_FIFO_KHR | 1u << VK_PRESENT_MODE_IMMEDIATE_KHR;
   if (vn_x11_surface_facts(vn_x11_surface(base), &server, &visual) ==
          VK_SUCCESS &&
       server.present)
      modes |= 1u << VK_PRESENT_MODE_MAILBOX_KHR |
               1u << VK_PRESENT_MODE_FIFO_RELAXED_KHR;
   return modes;
}

static uint32_t
get_min_image_count(struct vn_surface *base, VkPresentModeKHR mode)
{
   /* one on the screen, one to be shown next, one that takes its place, and
    * the application's
    */
   if (mode == VK_PRESENT_MODE_MAILBOX_KHR)
      return 4;
   /* one for the server and one for the application go round; a third is
    * there for a server that flips, and holds both while it does
    */
   return 3;
}

static const struct vn_surface_ops surface_ops = {
   .finish = surface_finish,
   .get_capabilities = get_capabilities,
   .get_formats = get_formats,
   .get_present_modes = get_present_modes,
   .get_min_image_count = get_min_image_count,
   .swapchain = &vn_x11_swapchain_ops,
};

VkResult
vn_x11_surface_create(VkInstance _instance,
                      xcb_connection_t *conn,
                      xcb_window_t window,
                      const char *platform,
                      const VkAllocationCallbacks *alloc,
                      VkSurfaceKHR *handle)
{
   struct vn_instance *instance = vn_instance_from_handle(_instance);
   struct vn_x11_surface *surface = vn_surface_zalloc(
      instance, alloc, sizeof(*surface), &surface_ops, platform);
   if (!surface)
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);
   surface->conn = conn;
   surface->window = window;
   surface->shown_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
   if (surface->shown_fd < 0) {
      vn_surface_free(&surface->base, alloc);
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);
   }
   pthread_mutex_init(&surface->mutex, NULL);
   *handle = vn_surface_to_handle(&surface->base);
   return VK_SUCCESS;
}
