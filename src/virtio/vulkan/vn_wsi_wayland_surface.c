/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 */

#include "vn_platforms.h"

#include "tearing-control-v1-client-protocol.h"
#include "vn_entrypoints.h"
#include "vn_instance.h"
#include "vn_wsi_wayland_sync.h"

static struct vn_wayland_surface *
wayland_surface(struct vn_surface *base)
{
   return (struct vn_wayland_surface *)base;
}

static void
surface_finish(struct vn_surface *base)
{
   struct vn_wayland_surface *surface = wayland_surface(base);
   if (surface->tearing)
      wp_tearing_control_v1_destroy(surface->tearing);
   vn_wayland_sync_surface_finish(surface);
   vn_wayland_connection_finish(&surface->connection);
   pthread_mutex_destroy(&surface->mutex);
}

VkResult
vn_wayland_surface_note(struct vn_wayland_surface *surface, VkResult result)
{
   /* relaxed: the flag alone is looked at */
   if (result == VK_ERROR_SURFACE_LOST_KHR)
      atomic_store_explicit(&surface->lost, true, memory_order_relaxed);
   return result;
}

bool
vn_wayland_surface_is_lost(struct vn_wayland_surface *surface)
{
   /* relaxed: see above */
   if (atomic_load_explicit(&surface->lost, memory_order_relaxed))
      return true;

   /* libwayland knows of an error when somebody has read it, of a compositor
    * that is gone when somebody has read all before.
    */
   struct pollfd fd = {
      .fd = wl_display_get_fd(surface->connection.display),
   };
   if (!wl_display_get_error(surface->connection.display) &&
       (poll(&fd, 1, 0) <= 0 || !(fd.revents & (POLLHUP | POLLERR))))
      return false;
   vn_wayland_surface_note(surface, VK_ERROR_SURFACE_LOST_KHR);
   return true;
}

/* With the mutex held: takes in what has been read of the queue. */
static void
handle_events(struct vn_wayland_surface *surface)
{
   if (!vn_wayland_surface_is_lost(surface))
      wl_display_dispatch_queue_pending(surface->connection.display,
                                        surface->connection.queue);
}

uint32_t
vn_wayland_surface_look(struct vn_wayland_surface *surface,
                        const struct vn_wsi_format *format,
                        bool *has_out)
{
   pthread_mutex_lock(&surface->mutex);
   handle_events(surface);

   const struct vn_wsi_format_list *list =
      &surface->connection.formats.dmabuf;
   bool has = false;
   for (uint32_t i = 0; i < list->count && !has; i++) {
      has = list->formats[i].fourcc == format->fourcc &&
            list->formats[i].modifier == format->modifier;
   }
   *has_out = has;
   const uint32_t generation = surface->connection.formats.generation;
   pthread_mutex_unlock(&surface->mutex);
   return generation;
}

static bool
surface_is_supported(struct vn_surface *base,
                     struct vn_physical_device *physical)
{
   struct vn_wayland_surface *surface = wayland_surface(base);

   /* When it is lost, the functions that can say so do. */
   return vn_wayland_surface_is_lost(surface) || surface->connection.shm ||
          surface->connection.dmabuf;
}

static VkResult
surface_get_capabilities(struct vn_surface *base,
                         VkSurfaceCapabilitiesKHR *caps)
{
   if (vn_wayland_surface_is_lost(wayland_surface(base)))
      return vn_result(VK_ERROR_SURFACE_LOST_KHR);

   /*
    * "currentExtent is the current width and height of the surface, or the
    *  special value (0xFFFFFFFF, 0xFFFFFFFF) indicating that the surface size
    *  will be determined by the extent of a swapchain targeting the surface."
    */
   caps->currentExtent = (VkExtent2D){ UINT32_MAX, UINT32_MAX };
   caps->minImageExtent = (VkExtent2D){ 1, 1 };
   /* sizes on the wire are signed */
   caps->maxImageExtent = (VkExtent2D){ INT32_MAX, INT32_MAX };
   caps->supportedTransforms = VK_SURFACE_TRANSFORM_IDENTITY_BIT_KHR;
   caps->currentTransform = VK_SURFACE_TRANSFORM_IDENTITY_BIT_KHR;
   caps->supportedCompositeAlpha = VK_COMPOSITE_ALPHA_OPAQUE_BIT_KHR |
                                   VK_COMPOSITE_ALPHA_PRE_MULTIPLIED_BIT_KHR;
   return VK_SUCCESS;
}

static VkResult
surface_get_formats(struct vn_surface *base,
                    struct vn_physical_device *physical,
                    enum vn_wsi_road road,
                    struct vn_wsi_format_list *list)
{
   struct vn_wayland_surface *surface = wayland_surface(base);

   pthread_mutex_lock(&surface->mutex);
   handle_events(surface);

   const struct vn_wayland_formats *formats = &surface->connection.formats;
   const struct vn_wsi_format_list *from =
      road == VN_WSI_ROAD_DIRECT ? &formats->dmabuf : &formats->shm;
   bool complete = !formats->out_of_memory;
   for (uint32_t i = 0; i < from->count && complete; i++) {
      complete = vn_wsi_format_list_add(list, from->formats[i].fourcc,
                                        from->formats[i].modifier);
   }
   const bool lost = vn_wayland_surface_is_lost(surface);
   pthread_mutex_unlock(&surface->mutex);

   if (lost)
      return vn_result(VK_ERROR_SURFACE_LOST_KHR);
   return complete ? VK_SUCCESS : vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);
}

/*
 * FIFO waits for the compositor to ask for the next frame; MAILBOX does not,
 * and the compositor shows what came last. Only one that lets frames tear has
 * something to show at once.
 */
static uint32_t
surface_get_present_modes(struct vn_surface *base,
                          struct vn_physical_device *physical)
{
   const struct vn_wayland_surface *surface = wayland_surface(base);
   uint32_t modes =
      1u << VK_PRESENT_MODE_FIFO_KHR | 1u << VK_PRESENT_MODE_MAILBOX_KHR;
   if (surface->connection.tearing)
      modes |= 1u << VK_PRESENT_MODE_IMMEDIATE_KHR;
   return modes;
}

/*
 * The compositor holds what it shows and what it will show at the next
 * refresh. With MAILBOX the presenter holds one more, while it replaces the
 * latter.
 */
static uint32_t
surface_get_min_image_count(struct vn_surface *base, VkPresentModeKHR mode)
{
   return mode == VK_PRESENT_MODE_FIFO_KHR ? 3 : 4;
}

static const struct vn_surface_ops surface_ops = {
   .finish = surface_finish,
   .is_supported = surface_is_supported,
   .get_capabilities = surface_get_capabilities,
   .get_formats = surface_get_formats,
   .get_present_modes = surface_get_present_modes,
   .get_min_image_count = surface_get_min_image_count,
   .swapchain = &vn_wayland_swapchain_ops,
};

VKAPI_ATTR VkResult VKAPI_CALL
vn_CreateWaylandSurfaceKHR(VkInstance handle,
                           const VkWaylandSurfaceCreateInfoKHR *create_info,
                           const VkAllocationCallbacks *alloc,
                           VkSurfaceKHR *surface_out)
{
   struct vn_instance *instance = vn_instance_from_handle(handle);
   struct vn_wayland_surface *surface = vn_surface_zalloc(
      instance, alloc, sizeof(*surface), &surface_ops, "wayland");
   if (!surface)
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);

   pthread_mutex_init(&surface->mutex, NULL);
   surface->handle = create_info->surface;

   const VkResult result = vn_wayland_connection_init(
      &surface->connection, create_info->display, create_info->surface);
   if (result == VK_ERROR_OUT_OF_HOST_MEMORY) {
      pthread_mutex_destroy(&surface->mutex);
      vn_surface_free(&surface->base, alloc);
      return vn_result(result);
   }
   if (result != VK_SUCCESS) {
      /* That a surface is lost is for the queries to say. */
      vn_log(WARN, "wayland: the compositor does not answer");
      vn_wayland_surface_note(surface, VK_ERROR_SURFACE_LOST_KHR);
   }

   *surface_out = vn_surface_to_handle(&surface->base);
   return VK_SUCCESS;
}

/* Every queue can copy, and every compositor takes wl_shm. */
VKAPI_ATTR VkBool32 VKAPI_CALL
vn_GetPhysicalDeviceWaylandPresentationSupportKHR(VkPhysicalDevice handle,
                                                  uint32_t queue_family_index,
                                                  struct wl_display *display)
{
   return !wl_display_get_error(display);
}
