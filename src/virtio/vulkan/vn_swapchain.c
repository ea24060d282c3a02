/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Swapchains: which road one takes, making and destroying it, and what its
 * threads tell each other through it.
 */

#include "vn_swapchain.h"

#include <stdio.h>

#include "vn_chain.h"
#include "vn_entrypoints.h"
#include "vn_physical_device.h"
#include "vn_surface.h"
#include "vn_swapchain_presenter.h"
#include "vn_sync_file.h"
#include "vn_wsi_image.h"
#include "vn_wsi_road.h"

/* ---- what happens to its images ------------------------------------------ */

bool
vn_swapchain_sleep(struct vn_swapchain *swapchain, uint64_t deadline_ns)
{
   if (deadline_ns == UINT64_MAX) {
      pthread_cond_wait(&swapchain->cond, &swapchain->mutex);
      return true;
   }
   const struct timespec deadline = {
      .tv_sec = deadline_ns / VN_NSEC_PER_SEC,
      .tv_nsec = deadline_ns % VN_NSEC_PER_SEC,
   };
   return pthread_cond_timedwait(&swapchain->cond, &swapchain->mutex,
                                 &deadline) != ETIMEDOUT;
}

uint64_t
vn_swapchain_deadline(uint64_t timeout_ns)
{
   uint64_t deadline;

   /* what no clock here will ever show */
   return u_add_u64(vn_time_ns(), timeout_ns, &deadline) &&
                deadline <= INT64_MAX
             ? deadline
             : UINT64_MAX;
}

void
vn_swapchain_set_idle_locked(struct vn_swapchain *swapchain,
                             struct vn_wsi_image *image,
                             int release_fd)
{
   u_fd_close(&image->release_fd);
   image->release_fd = release_fd;
   image->state = VN_WSI_IMAGE_IDLE;
   image->idle_serial = ++swapchain->idle_serial;
   pthread_cond_broadcast(&swapchain->cond);
}

void
vn_swapchain_set_idle(struct vn_swapchain *swapchain,
                      struct vn_wsi_image *image,
                      int release_fd)
{
   pthread_mutex_lock(&swapchain->mutex);
   vn_swapchain_set_idle_locked(swapchain, image, release_fd);
   pthread_mutex_unlock(&swapchain->mutex);
}

void
vn_swapchain_set_presented(struct vn_swapchain *swapchain,
                           uint64_t present_id)
{
   pthread_mutex_lock(&swapchain->mutex);
   if (present_id > swapchain->presented_id) {
      swapchain->presented_id = present_id;
      pthread_cond_broadcast(&swapchain->cond);
   }
   pthread_mutex_unlock(&swapchain->mutex);
}

void
vn_swapchain_set_status(struct vn_swapchain *swapchain, VkResult status)
{
   pthread_mutex_lock(&swapchain->mutex);
   if (swapchain->status >= VK_SUCCESS && status != VK_SUCCESS &&
       swapchain->status != status) {
      swapchain->status = status;
      vn_log(DEBUG, "%s swapchain: VkResult %d", swapchain->surface->platform,
             (int)status);
      pthread_cond_broadcast(&swapchain->cond);
   }
   pthread_mutex_unlock(&swapchain->mutex);
}

/* ---- making it ----------------------------------------------------------- */

static const char *
mode_name(VkPresentModeKHR mode)
{
   switch ((int)mode) {
   case VK_PRESENT_MODE_IMMEDIATE_KHR:
      return "immediate";
   case VK_PRESENT_MODE_MAILBOX_KHR:
      return "mailbox";
   case VK_PRESENT_MODE_FIFO_KHR:
      return "fifo";
   case VK_PRESENT_MODE_FIFO_RELAXED_KHR:
      return "fifo-relaxed";
   default:
      return "other";
   }
}

static void
log_choice(const struct vn_swapchain *swapchain, const char *why_not_direct)
{
   const uint32_t fourcc = swapchain->wsi_format.fourcc;
   char road[160];

   if (swapchain->road == VN_WSI_ROAD_DIRECT) {
      snprintf(road, sizeof(road), "direct, modifier 0x%" PRIx64,
               swapchain->wsi_format.modifier);
   } else {
      snprintf(road, sizeof(road), "copy (not direct: %s)", why_not_direct);
   }
   vn_log(INFO, "swapchain on %s: %ux%u %c%c%c%c, %s, %u images, %s",
          swapchain->surface->platform, swapchain->extent.width,
          swapchain->extent.height, fourcc & 0xff, fourcc >> 8 & 0xff,
          fourcc >> 16 & 0xff, fourcc >> 24, mode_name(swapchain->mode),
          swapchain->image_count, road);
}

void *
vn_find_maintenance1_struct(const struct vn_device *device,
                            const void *chain,
                            VkStructureType type)
{
   bool usable = vn_ext_set_has(&device->usable_extensions,
                                VN_DEVICE_EXT_EXT_swapchain_maintenance1);
#ifdef VK_KHR_swapchain_maintenance1
   usable =
      usable || vn_ext_set_has(&device->usable_extensions,
                               VN_DEVICE_EXT_KHR_swapchain_maintenance1);
#endif
   return usable ? vn_find_struct(chain, type) : NULL;
}

static uint32_t
mode_mask(const struct vn_device *device,
          const VkSwapchainCreateInfoKHR *info)
{
   const VkSwapchainPresentModesCreateInfoEXT *modes =
      vn_find_maintenance1_struct(
         device, info->pNext,
         VK_STRUCTURE_TYPE_SWAPCHAIN_PRESENT_MODES_CREATE_INFO_EXT);
   uint32_t mask = vn_wsi_mode_bit(info->presentMode);

   for (uint32_t i = 0; modes && i < modes->presentModeCount; i++)
      mask |= vn_wsi_mode_bit(modes->pPresentModes[i]);
   return mask;
}

/* What was asked for, or more if one of the modes needs more. */
static uint32_t
image_count(struct vn_surface *surface,
            uint32_t modes,
            const VkSwapchainCreateInfoKHR *info)
{
   uint32_t count = info->minImageCount;

   for (uint32_t i = 0; i < 32; i++) {
      if (modes >> i & 1) {
         const uint32_t least =
            surface->ops->get_min_image_count(surface, (VkPresentModeKHR)i);
         count = VN_MAX(count, least);
      }
   }
   return count;
}

static void
init_head(struct vn_swapchain *swapchain,
          struct vn_device *device,
          const VkSwapchainCreateInfoKHR *info,
          uint64_t generation,
          enum vn_wsi_road road)
{
   pthread_condattr_t attr;

   swapchain->device = device;
   swapchain->surface = vn_surface_from_handle(info->surface);
   swapchain->ops = swapchain->surface->ops->swapchain;
   swapchain->format = info->imageFormat;
   swapchain->color_space = info->imageColorSpace;
   swapchain->extent = info->imageExtent;
   swapchain->alpha = info->compositeAlpha;
   swapchain->transform = info->preTransform;
   swapchain->mode = info->presentMode;
   swapchain->modes = mode_mask(swapchain->device, info);
   swapchain->generation = generation;
   swapchain->road = road;
   pthread_mutex_init(&swapchain->mutex, NULL);
   pthread_condattr_init(&attr);
   pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
   pthread_cond_init(&swapchain->cond, &attr);
   pthread_condattr_destroy(&attr);
}

static void
free_images(struct vn_swapchain *swapchain)
{
   for (uint32_t i = 0; swapchain->images && i < swapchain->image_count;
        i++) {
      struct vn_wsi_image *image = swapchain->images[i];
      if (!image)
         continue;
      vn_wsi_image_finish(swapchain, image);
      u_fd_close(&image->release_fd);
      free(image);
   }
   free(swapchain->images);
   swapchain->images = NULL;
}

/* Without their Vulkan side. What was made stays to be freed. */
static VkResult
alloc_images(struct vn_swapchain *swapchain, uint32_t count)
{
   swapchain->images = calloc(count, sizeof(*swapchain->images));
   if (!swapchain->images)
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   swapchain->image_count = count;
   for (uint32_t i = 0; i < count; i++) {
      struct vn_wsi_image *image = calloc(1, swapchain->ops->image_size);
      if (!image)
         return VK_ERROR_OUT_OF_HOST_MEMORY;
      image->swapchain = swapchain;
      image->index = i;
      image->release_fd = -1;
      image->idle_serial = ++swapchain->idle_serial;
      swapchain->images[i] = image;
   }
   return VK_SUCCESS;
}

/* The platform's part, and the threads. */
static VkResult
init_platform(struct vn_swapchain *swapchain)
{
   const struct vn_swapchain_ops *ops = swapchain->ops;
   uint32_t ready;

   VkResult result = ops->init(swapchain);
   if (result != VK_SUCCESS)
      return result;
   for (ready = 0; ready < swapchain->image_count; ready++) {
      result = ops->image_init(swapchain, swapchain->images[ready]);
      if (result != VK_SUCCESS)
         break;
   }
   if (result == VK_SUCCESS)
      result = vn_swapchain_presenter_create(swapchain);
   if (result == VK_SUCCESS)
      return VK_SUCCESS;

   while (ready)
      ops->image_finish(swapchain, swapchain->images[--ready]);
   ops->finish(swapchain);
   return result;
}

static void
destroy(struct vn_swapchain *swapchain, const VkAllocationCallbacks *alloc)
{
   struct vn_device *device = swapchain->device;

   free_images(swapchain);
   vn_wsi_image_set_finish(swapchain);
   pthread_cond_destroy(&swapchain->cond);
   pthread_mutex_destroy(&swapchain->mutex);
   vn_object_free(&device->alloc, alloc, swapchain);
}

/* Ordinary images may work where shared ones do not. */
static bool
is_about_the_road(VkResult result, enum vn_wsi_road road)
{
   return road == VN_WSI_ROAD_DIRECT && result != VK_ERROR_DEVICE_LOST &&
          result != VK_ERROR_OUT_OF_HOST_MEMORY;
}

/*
 * On one road. VK_SUCCESS with *why: it is closed, and why. A platform that
 * cannot show such images closes it as well.
 */
static VkResult
create_on_road(struct vn_device *device,
               const VkSwapchainCreateInfoKHR *info,
               const VkAllocationCallbacks *alloc,
               uint64_t generation,
               enum vn_wsi_road road,
               struct vn_swapchain **swapchain_out,
               const char **why)
{
   struct vn_surface *surface = vn_surface_from_handle(info->surface);
   struct vn_wsi_road_plan plan;

   struct vn_swapchain *swapchain = vn_device_object_zalloc(
      vn_device_to_handle(device), alloc, surface->ops->swapchain->size,
      VK_OBJECT_TYPE_SWAPCHAIN_KHR);
   if (!swapchain)
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   init_head(swapchain, device, info, generation, road);

   VkResult result = vn_wsi_image_set_init(swapchain, info);
   if (result != VK_SUCCESS)
      goto out;
   result = vn_wsi_road_plan(surface, device->physical_device, info,
                             &swapchain->image_set->info, road, &plan, why);
   if (result != VK_SUCCESS || *why)
      goto out;
   result =
      alloc_images(swapchain, image_count(surface, swapchain->modes, info));
   if (result == VK_SUCCESS)
      result = vn_wsi_images_init(swapchain, &plan, why);
   vn_wsi_road_plan_finish(&plan);
   if (result != VK_SUCCESS && is_about_the_road(result, road)) {
      *why = "the host cannot make or share such images";
      result = VK_SUCCESS;
   }
   if (result != VK_SUCCESS || *why)
      goto out;

   result = init_platform(swapchain);
   if (result == VK_ERROR_INITIALIZATION_FAILED) {
      *why = "the window system refuses the images";
      result = VK_SUCCESS;
   }

out:
   if (result != VK_SUCCESS || *why) {
      destroy(swapchain, alloc);
      return result;
   }
   *swapchain_out = swapchain;
   return VK_SUCCESS;
}

/* Whatever comes of its successor. */
static void
retire(struct vn_swapchain *swapchain)
{
   pthread_mutex_lock(&swapchain->mutex);
   swapchain->retired = true;
   pthread_cond_broadcast(&swapchain->cond);
   pthread_mutex_unlock(&swapchain->mutex);
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_CreateSwapchainKHR(VkDevice _device,
                      const VkSwapchainCreateInfoKHR *pCreateInfo,
                      const VkAllocationCallbacks *pAllocator,
                      VkSwapchainKHR *pSwapchain)
{
   struct vn_device *device = vn_device_from_handle(_device);
   struct vn_surface *surface = vn_surface_from_handle(pCreateInfo->surface);
   struct vn_swapchain *old =
      vn_swapchain_from_handle(pCreateInfo->oldSwapchain);
   struct vn_swapchain *swapchain = NULL;
   const char *why_not_direct = NULL, *why_not_copy = NULL;

   pthread_mutex_lock(&surface->mutex);
   const bool in_use = surface->swapchain && surface->swapchain != old;
   if (!in_use && old) {
      retire(old);
      surface->swapchain = NULL;
   }
   const uint64_t generation = ++surface->generation;
   pthread_mutex_unlock(&surface->mutex);
   if (in_use)
      return vn_result(VK_ERROR_NATIVE_WINDOW_IN_USE_KHR);

   VkResult result =
      create_on_road(device, pCreateInfo, pAllocator, generation,
                     VN_WSI_ROAD_DIRECT, &swapchain, &why_not_direct);
   if (result == VK_SUCCESS && !swapchain) {
      result = create_on_road(device, pCreateInfo, pAllocator, generation,
                              VN_WSI_ROAD_COPY, &swapchain, &why_not_copy);
   }
   if (result != VK_SUCCESS)
      return vn_result(result);
   if (!swapchain) {
      vn_log(ERROR, "no swapchain on %s: not direct (%s), not by copy (%s)",
             surface->platform, why_not_direct, why_not_copy);
      return vn_result(VK_ERROR_INITIALIZATION_FAILED);
   }

   log_choice(swapchain, why_not_direct);
   pthread_mutex_lock(&surface->mutex);
   surface->swapchain = swapchain;
   pthread_mutex_unlock(&surface->mutex);
   *pSwapchain = vn_swapchain_to_handle(swapchain);
   return VK_SUCCESS;
}

VKAPI_ATTR void VKAPI_CALL
vn_DestroySwapchainKHR(VkDevice device,
                       VkSwapchainKHR _swapchain,
                       const VkAllocationCallbacks *pAllocator)
{
   struct vn_swapchain *swapchain = vn_swapchain_from_handle(_swapchain);
   if (!swapchain)
      return;
   struct vn_surface *surface = swapchain->surface;

   pthread_mutex_lock(&surface->mutex);
   if (surface->swapchain == swapchain)
      surface->swapchain = NULL;
   pthread_mutex_unlock(&surface->mutex);

   vn_swapchain_presenter_destroy(swapchain);
   for (uint32_t i = 0; i < swapchain->image_count; i++) {
      struct vn_wsi_image *image = swapchain->images[i];

      /* a device that is lost has nothing under way */
      if (image->vk->point.queue)
         vn_swapchain_wait_for_point(swapchain->device, &image->vk->point);
      swapchain->ops->image_finish(swapchain, image);
   }
   swapchain->ops->finish(swapchain);
   destroy(swapchain, pAllocator);
}

/* ---- what it has --------------------------------------------------------- */

VKAPI_ATTR VkResult VKAPI_CALL
vn_GetSwapchainImagesKHR(VkDevice device,
                         VkSwapchainKHR _swapchain,
                         uint32_t *pSwapchainImageCount,
                         VkImage *pSwapchainImages)
{
   struct vn_swapchain *swapchain = vn_swapchain_from_handle(_swapchain);
   const uint32_t available = swapchain->image_count;

   if (!pSwapchainImages) {
      *pSwapchainImageCount = available;
      return VK_SUCCESS;
   }
   const uint32_t count = VN_MIN(*pSwapchainImageCount, available);
   for (uint32_t i = 0; i < count; i++)
      pSwapchainImages[i] = swapchain->images[i]->vk->image;
   *pSwapchainImageCount = count;
   return count < available ? VK_INCOMPLETE : VK_SUCCESS;
}

const VkImageCreateInfo *
vn_swapchain_image_info(VkSwapchainKHR swapchain)
{
   return &vn_swapchain_from_handle(swapchain)->image_set->info;
}

VkDeviceMemory
vn_swapchain_image_memory(VkSwapchainKHR swapchain, uint32_t index)
{
   return vn_swapchain_from_handle(swapchain)->images[index]->vk->memory;
}
