/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Surfaces on planes of displays: what they can, and the screen behind them.
 */

#include "vn_wsi_display_surface.h"

#include <drm_fourcc.h>

#include "vn_entrypoints.h"
#include "vn_instance.h"

/*
 * Best first. The forms with alpha are for planes that take nothing else:
 * there is nothing below a primary plane to be blended with.
 */
static const struct {
   uint32_t fourcc;
   uint32_t bits;
} formats[] = {
   { DRM_FORMAT_XRGB8888, 32 },      { DRM_FORMAT_XBGR8888, 32 },
   { DRM_FORMAT_XRGB2101010, 32 },   { DRM_FORMAT_XBGR2101010, 32 },
   { DRM_FORMAT_XBGR16161616F, 64 }, { DRM_FORMAT_RGB565, 16 },
   { DRM_FORMAT_ARGB8888, 32 },      { DRM_FORMAT_ABGR8888, 32 },
   { DRM_FORMAT_ARGB2101010, 32 },   { DRM_FORMAT_ABGR2101010, 32 },
   { DRM_FORMAT_ABGR16161616F, 64 },
};

uint32_t
vn_display_format_bits(uint32_t fourcc)
{
   for (uint32_t i = 0; i < VN_ARRAY_SIZE(formats); i++) {
      if (formats[i].fourcc == fourcc)
         return formats[i].bits;
   }
   return 0;
}

struct vn_kms_file *
vn_display_surface_get_file(const struct vn_display_surface *surface)
{
   pthread_mutex_lock(&surface->displays->mutex);
   struct vn_kms_file *file = vn_display_file(surface->mode->display);
   if (file)
      vn_kms_file_ref(file);
   pthread_mutex_unlock(&surface->displays->mutex);
   return file;
}

static void
finish(struct vn_surface *surface)
{
}

static VkResult
get_capabilities(struct vn_surface *base, VkSurfaceCapabilitiesKHR *caps)
{
   const struct vn_display_surface *surface = vn_display_surface_of(base);

   caps->currentExtent = surface->extent;
   caps->minImageExtent = surface->extent;
   caps->maxImageExtent = surface->extent;
   caps->supportedTransforms = VK_SURFACE_TRANSFORM_IDENTITY_BIT_KHR;
   caps->currentTransform = VK_SURFACE_TRANSFORM_IDENTITY_BIT_KHR;
   caps->supportedCompositeAlpha = VK_COMPOSITE_ALPHA_OPAQUE_BIT_KHR;
   return VK_SUCCESS;
}

/* On the copy road the modifier says nothing. */
static bool
add_format(struct vn_wsi_format_list *list,
           const struct vn_kms_plane *plane,
           uint32_t fourcc,
           enum vn_wsi_road road)
{
   for (uint32_t i = 0; i < plane->count; i++) {
      if (plane->formats[i].fourcc != fourcc)
         continue;
      const uint64_t modifier = road == VN_WSI_ROAD_DIRECT
                                   ? plane->formats[i].modifier
                                   : DRM_FORMAT_MOD_LINEAR;
      if (!vn_wsi_format_list_add(list, fourcc, modifier))
         return false;
   }
   return true;
}

static VkResult
get_formats(struct vn_surface *base,
            struct vn_physical_device *physical,
            enum vn_wsi_road road,
            struct vn_wsi_format_list *list)
{
   const struct vn_display_surface *surface = vn_display_surface_of(base);
   struct vn_kms_file *file = vn_display_surface_get_file(surface);
   struct vn_kms_plane plane;

   bool ok = vn_kms_plane_init(&plane, file, surface->crtc_id);
   for (uint32_t i = 0; i < VN_ARRAY_SIZE(formats) && ok; i++)
      ok = add_format(list, &plane, formats[i].fourcc, road);
   vn_kms_plane_finish(&plane);
   vn_kms_file_unref(file);
   return ok ? VK_SUCCESS : VK_ERROR_OUT_OF_HOST_MEMORY;
}

/* MAILBOX: what is queued is replaced, above the seam. */
static uint32_t
get_present_modes(struct vn_surface *base,
                  struct vn_physical_device *physical)
{
   struct vn_kms_file *file =
      vn_display_surface_get_file(vn_display_surface_of(base));
   uint32_t modes =
      1u << VK_PRESENT_MODE_FIFO_KHR | 1u << VK_PRESENT_MODE_MAILBOX_KHR;

   if (file && file->flips_at_once)
      modes |= 1u << VK_PRESENT_MODE_IMMEDIATE_KHR;
   vn_kms_file_unref(file);
   return modes;
}

/*
 * One is on the screen and one is with the application; with MAILBOX two more
 * may be on their way, as an acquire must not wait for the screen.
 */
static uint32_t
get_min_image_count(struct vn_surface *surface, VkPresentModeKHR mode)
{
   if (mode == VK_PRESENT_MODE_MAILBOX_KHR)
      return 4;
   return mode == VK_PRESENT_MODE_IMMEDIATE_KHR ? 3 : 2;
}

const struct vn_surface_ops vn_display_surface_ops = {
   .finish = finish,
   .get_capabilities = get_capabilities,
   .get_formats = get_formats,
   .get_present_modes = get_present_modes,
   .get_min_image_count = get_min_image_count,
   .swapchain = &vn_display_swapchain_ops,
};

VKAPI_ATTR VkResult VKAPI_CALL
vn_CreateDisplayPlaneSurfaceKHR(
   VkInstance _instance,
   const VkDisplaySurfaceCreateInfoKHR *pCreateInfo,
   const VkAllocationCallbacks *pAllocator,
   VkSurfaceKHR *pSurface)
{
   struct vn_instance *instance = vn_instance_from_handle(_instance);
   const struct vn_display_mode *mode =
      vn_display_mode_from_handle(pCreateInfo->displayMode);
   struct vn_displays *displays = vn_displays_get(instance);
   if (!displays)
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);

   struct vn_display_surface *surface =
      vn_surface_zalloc(instance, pAllocator, sizeof(*surface),
                        &vn_display_surface_ops, "display");
   if (!surface)
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);

   pthread_mutex_lock(&displays->mutex);
   const struct vn_display_plane *plane =
      vn_displays_find_plane(displays, pCreateInfo->planeIndex);
   /* 0 is no CRTC: a swapchain cannot be made then */
   surface->crtc_id = plane ? plane->crtc_id : 0;
   pthread_mutex_unlock(&displays->mutex);
   surface->displays = displays;
   surface->mode = mode;
   surface->extent = pCreateInfo->imageExtent;
   *pSurface = vn_surface_to_handle(&surface->base);
   return VK_SUCCESS;
}

static VkResult
init_screen(struct vn_display_screen *screen,
            const struct vn_display_surface *surface)
{
   const struct vn_display *display = surface->mode->display;
   struct vn_kms_file *file = vn_display_file(display);
   if (!file || !surface->crtc_id) {
      vn_log(ERROR, "display %s: %s", display->name,
             file ? "the plane does not exist"
                  : "it has to be acquired before it is presented to");
      return VK_ERROR_INITIALIZATION_FAILED;
   }

   const int error =
      vn_kms_output_init(&screen->output, file, display->connector_id,
                         surface->crtc_id, &surface->mode->info);
   if (error) {
      vn_log(ERROR, "display %s: it cannot be controlled (%s)%s",
             display->name, strerror(error),
             error == EACCES || error == EPERM || error == EBUSY
                ? ": is another program, as a compositor, using it?"
                : "");
      return error == ENOMEM ? VK_ERROR_OUT_OF_HOST_MEMORY
                             : VK_ERROR_INITIALIZATION_FAILED;
   }
   pthread_mutex_init(&screen->mutex, NULL);
   screen->surface = &surface->base;
   screen->refcount = 1;
   return VK_SUCCESS;
}

/* With displays->mutex held. */
static VkResult
get_screen(struct vn_display_surface *surface,
           struct vn_display_screen **screen_out)
{
   struct vn_display *display = surface->mode->display;
   struct vn_display_screen *screen = display->screen;

   if (screen && screen->surface != &surface->base) {
      vn_log(ERROR, "display %s: another surface is on it", display->name);
      return VK_ERROR_INITIALIZATION_FAILED;
   }
   if (screen) {
      screen->refcount++;
      *screen_out = screen;
      return VK_SUCCESS;
   }

   screen = calloc(1, sizeof(*screen));
   if (!screen)
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   const VkResult result = init_screen(screen, surface);
   if (result != VK_SUCCESS) {
      free(screen);
      return result;
   }
   *screen_out = display->screen = screen;
   return VK_SUCCESS;
}

VkResult
vn_display_screen_get(struct vn_display_surface *surface,
                      struct vn_display_screen **screen_out)
{
   pthread_mutex_lock(&surface->displays->mutex);
   const VkResult result = get_screen(surface, screen_out);
   pthread_mutex_unlock(&surface->displays->mutex);
   return result;
}

void
vn_display_screen_put(struct vn_display_surface *surface,
                      struct vn_display_screen *screen)
{
   struct vn_displays *displays = surface->displays;

   pthread_mutex_lock(&displays->mutex);
   const bool last = !--screen->refcount;
   if (last) {
      /* under the lock: the next one must find the screen as it was */
      vn_kms_output_finish(&screen->output);
      surface->mode->display->screen = NULL;
   }
   pthread_mutex_unlock(&displays->mutex);
   if (last) {
      pthread_mutex_destroy(&screen->mutex);
      free(screen);
   }
}
