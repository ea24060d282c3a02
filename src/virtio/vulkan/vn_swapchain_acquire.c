/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Where the application gets its images: acquiring them, giving them back
 * unused, and waiting for a present. Nothing is asked of the window system
 * or the host; the presenter tells.
 */

#include "vn_swapchain.h"

#include "vn_entrypoints.h"
#include "vn_fence.h"
#include "vn_sync_file.h"

/* The one that has been idle the longest: the least likely to be waited for
 * by the GPU.
 */
static struct vn_wsi_image *
find_idle(struct vn_swapchain *swapchain)
{
   struct vn_wsi_image *found = NULL;

   for (uint32_t i = 0; i < swapchain->image_count; i++) {
      struct vn_wsi_image *image = swapchain->images[i];
      if (image->state == VN_WSI_IMAGE_IDLE &&
          (!found || image->idle_serial < found->idle_serial))
         found = image;
   }
   return found;
}

/* What ends every wait; with the mutex held. */
static VkResult
get_status(const struct vn_swapchain *swapchain)
{
   struct vn_ring *ring = swapchain->device->dispatch.ring;

   /* known before a frame that is under way could tell */
   if (swapchain->status >= VK_SUCCESS && ring && vn_ring_is_lost(ring))
      return VK_ERROR_DEVICE_LOST;
   return swapchain->status;
}

/* Takes an image, with its release_fd. */
static VkResult
take_image(struct vn_swapchain *swapchain,
           uint64_t timeout_ns,
           struct vn_wsi_image **image_out,
           int *release_fd_out)
{
   const uint64_t deadline = vn_swapchain_deadline(timeout_ns);
   struct vn_wsi_image *image = NULL;
   VkResult result = VK_SUCCESS;

   pthread_mutex_lock(&swapchain->mutex);
   for (;;) {
      result = swapchain->retired ? VK_ERROR_OUT_OF_DATE_KHR
                                  : get_status(swapchain);
      if (result < VK_SUCCESS)
         break;
      image = find_idle(swapchain);
      if (image)
         break;
      if (!timeout_ns) {
         result = VK_NOT_READY;
         break;
      }
      if (!vn_swapchain_sleep(swapchain, deadline)) {
         image = find_idle(swapchain);
         if (!image)
            result = VK_TIMEOUT;
         break;
      }
   }
   if (image) {
      image->state = VN_WSI_IMAGE_ACQUIRED;
      *release_fd_out = image->release_fd;
      image->release_fd = -1;
   }
   pthread_mutex_unlock(&swapchain->mutex);
   *image_out = image;
   return result;
}

/*
 * Both signal when release_fd does; without one they have signalled when
 * this returns. Takes the fd on success only.
 */
static VkResult
signal(struct vn_device *device,
       VkSemaphore semaphore,
       VkFence fence,
       int release_fd)
{
   if (fence) {
      /* waits for it, and so does what comes after */
      const VkResult result =
         vn_sync_file_import_fence(device, fence, release_fd);
      if (result != VK_SUCCESS)
         return result;
   }
   if (semaphore)
      return vn_sync_file_import_semaphore(device, semaphore, release_fd);
   u_fd_close(&release_fd);
   return VK_SUCCESS;
}

static VkResult
acquire(struct vn_swapchain *swapchain,
        uint64_t timeout_ns,
        VkSemaphore semaphore,
        VkFence fence,
        uint32_t *index_out)
{
   struct vn_wsi_image *image;
   int release_fd = -1;

   const VkResult result =
      take_image(swapchain, timeout_ns, &image, &release_fd);
   if (!image)
      return result;
   const VkResult signal_result =
      signal(swapchain->device, semaphore, fence, release_fd);
   if (signal_result != VK_SUCCESS) {
      vn_swapchain_set_idle(swapchain, image, release_fd);
      return signal_result;
   }
   *index_out = image->index;
   return result;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_AcquireNextImageKHR(VkDevice device,
                       VkSwapchainKHR swapchain,
                       uint64_t timeout,
                       VkSemaphore semaphore,
                       VkFence fence,
                       uint32_t *pImageIndex)
{
   return vn_result(acquire(vn_swapchain_from_handle(swapchain), timeout,
                            semaphore, fence, pImageIndex));
}

/* The mask has the one device of the group. */
VKAPI_ATTR VkResult VKAPI_CALL
vn_AcquireNextImage2KHR(VkDevice device,
                        const VkAcquireNextImageInfoKHR *pAcquireInfo,
                        uint32_t *pImageIndex)
{
   return vn_AcquireNextImageKHR(
      device, pAcquireInfo->swapchain, pAcquireInfo->timeout,
      pAcquireInfo->semaphore, pAcquireInfo->fence, pImageIndex);
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_ReleaseSwapchainImagesEXT(
   VkDevice device,
   const VkReleaseSwapchainImagesInfoEXT *pReleaseInfo)
{
   struct vn_swapchain *swapchain =
      vn_swapchain_from_handle(pReleaseInfo->swapchain);

   pthread_mutex_lock(&swapchain->mutex);
   for (uint32_t i = 0; i < pReleaseInfo->imageIndexCount; i++) {
      vn_swapchain_set_idle_locked(
         swapchain, swapchain->images[pReleaseInfo->pImageIndices[i]], -1);
   }
   pthread_mutex_unlock(&swapchain->mutex);
   return VK_SUCCESS;
}

static VkResult
wait_for_present(struct vn_swapchain *swapchain,
                 uint64_t present_id,
                 uint64_t timeout_ns)
{
   const uint64_t deadline = vn_swapchain_deadline(timeout_ns);
   VkResult result;

   pthread_mutex_lock(&swapchain->mutex);
   for (;;) {
      result = VK_SUCCESS;
      if (swapchain->presented_id >= present_id)
         break;
      result = get_status(swapchain);
      if (result < VK_SUCCESS)
         break;
      result = VK_TIMEOUT;
      if (!timeout_ns || !vn_swapchain_sleep(swapchain, deadline)) {
         if (swapchain->presented_id >= present_id)
            result = VK_SUCCESS;
         break;
      }
   }
   pthread_mutex_unlock(&swapchain->mutex);
   return result;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_WaitForPresentKHR(VkDevice device,
                     VkSwapchainKHR swapchain,
                     uint64_t presentId,
                     uint64_t timeout)
{
   return vn_result(wait_for_present(vn_swapchain_from_handle(swapchain),
                                     presentId, timeout));
}

#ifdef VK_KHR_present_wait2

VKAPI_ATTR VkResult VKAPI_CALL
vn_WaitForPresent2KHR(VkDevice device,
                      VkSwapchainKHR swapchain,
                      const VkPresentWait2InfoKHR *pPresentWait2Info)
{
   return vn_result(wait_for_present(vn_swapchain_from_handle(swapchain),
                                     pPresentWait2Info->presentId,
                                     pPresentWait2Info->timeout));
}

#endif
