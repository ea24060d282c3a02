/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * VK_EXT_headless_surface: a window system without windows. It takes
 * everything and is done with it at once; VN_WSI_DUMP shows what it took. It
 * is also the least that a platform has to be.
 */

#include <drm_fourcc.h>
#include <poll.h>

#include "vn_entrypoints.h"
#include "vn_instance.h"
#include "vn_wsi.h"
#include "vn_wsi_format.h"

/* One to draw into, one that is on its way. */
#define MIN_IMAGES 2

static void
finish(struct vn_surface *surface)
{
}

static VkResult
get_capabilities(struct vn_surface *surface, VkSurfaceCapabilitiesKHR *caps)
{
   /* "the surface size will be determined by the extent of a swapchain" */
   caps->currentExtent = (VkExtent2D){ UINT32_MAX, UINT32_MAX };
   caps->minImageExtent = (VkExtent2D){ 1, 1 };
   caps->maxImageExtent = (VkExtent2D){ UINT32_MAX, UINT32_MAX };
   caps->supportedTransforms = VK_SURFACE_TRANSFORM_IDENTITY_BIT_KHR;
   caps->currentTransform = VK_SURFACE_TRANSFORM_IDENTITY_BIT_KHR;
   caps->supportedCompositeAlpha = VK_COMPOSITE_ALPHA_OPAQUE_BIT_KHR |
                                   VK_COMPOSITE_ALPHA_PRE_MULTIPLIED_BIT_KHR;
   return VK_SUCCESS;
}

/* All of them; linear ones on the direct road, so that they can be dumped. */
static VkResult
get_formats(struct vn_surface *surface,
            struct vn_physical_device *physical,
            enum vn_wsi_road road,
            struct vn_wsi_format_list *list)
{
   for (uint32_t i = 0; i < vn_wsi_format_count; i++) {
      const struct vn_wsi_format_info *info = &vn_wsi_formats[i];

      if (!vn_wsi_format_list_add(list, info->opaque,
                                  DRM_FORMAT_MOD_LINEAR) ||
          (info->alpha &&
           !vn_wsi_format_list_add(list, info->alpha, DRM_FORMAT_MOD_LINEAR)))
         return VK_ERROR_OUT_OF_HOST_MEMORY;
   }
   return VK_SUCCESS;
}

static uint32_t
get_present_modes(struct vn_surface *surface,
                  struct vn_physical_device *physical)
{
   return 1u << VK_PRESENT_MODE_FIFO_KHR |
          1u << VK_PRESENT_MODE_FIFO_RELAXED_KHR |
          1u << VK_PRESENT_MODE_MAILBOX_KHR |
          1u << VK_PRESENT_MODE_IMMEDIATE_KHR;
}

static uint32_t
get_min_image_count(struct vn_surface *surface, VkPresentModeKHR mode)
{
   return MIN_IMAGES;
}

static VkResult
swapchain_init(struct vn_swapchain *swapchain)
{
   return VK_SUCCESS;
}

static void
swapchain_finish(struct vn_swapchain *swapchain)
{
}

static VkResult
image_init(struct vn_swapchain *swapchain, struct vn_wsi_image *image)
{
   return VK_SUCCESS;
}

static void
image_finish(struct vn_swapchain *swapchain, struct vn_wsi_image *image)
{
}

static VkResult
dispatch(struct vn_swapchain *swapchain, int wake_fd, int timeout_ms)
{
   struct pollfd wake = { .fd = wake_fd, .events = POLLIN };

   /* nobody else says anything; a signal only makes it look again */
   poll(&wake, 1, timeout_ms);
   return VK_SUCCESS;
}

static bool
is_ready(struct vn_swapchain *swapchain, VkPresentModeKHR mode)
{
   return true;
}

static VkResult
present(struct vn_swapchain *swapchain, struct vn_wsi_frame *frame)
{
   vn_swapchain_set_presented(swapchain, frame->present_id);
   vn_swapchain_set_idle(swapchain, frame->image, -1);
   return VK_SUCCESS;
}

static const struct vn_swapchain_ops swapchain_ops = {
   .size = sizeof(struct vn_swapchain),
   .image_size = sizeof(struct vn_wsi_image),
   .maps_direct = true,
   .init = swapchain_init,
   .finish = swapchain_finish,
   .image_init = image_init,
   .image_finish = image_finish,
   .dispatch = dispatch,
   .is_ready = is_ready,
   .present = present,
};

static const struct vn_surface_ops surface_ops = {
   .finish = finish,
   .get_capabilities = get_capabilities,
   .get_formats = get_formats,
   .get_present_modes = get_present_modes,
   .get_min_image_count = get_min_image_count,
   .swapchain = &swapchain_ops,
};

VKAPI_ATTR VkResult VKAPI_CALL
vn_CreateHeadlessSurfaceEXT(VkInstance instance,
                            const VkHeadlessSurfaceCreateInfoEXT *pCreateInfo,
                            const VkAllocationCallbacks *pAllocator,
                            VkSurfaceKHR *pSurface)
{
   struct vn_surface *surface =
      vn_surface_zalloc(vn_instance_from_handle(instance), pAllocator,
                        sizeof(*surface), &surface_ops, "headless");
   if (!surface)
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);
   *pSurface = vn_surface_to_handle(surface);
   return VK_SUCCESS;
}
