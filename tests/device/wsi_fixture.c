/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See wsi_fixture.h.
 */

#include "wsi_fixture.h"

#include <string.h>

static const char *const device_exts[] = {
   VK_KHR_SWAPCHAIN_EXTENSION_NAME,
   VK_KHR_SWAPCHAIN_MUTABLE_FORMAT_EXTENSION_NAME,
   VK_KHR_INCREMENTAL_PRESENT_EXTENSION_NAME,
   VK_KHR_PRESENT_ID_EXTENSION_NAME,
   VK_KHR_PRESENT_WAIT_EXTENSION_NAME,
   VK_EXT_SWAPCHAIN_MAINTENANCE_1_EXTENSION_NAME,
#ifdef VK_KHR_present_wait2
   VK_KHR_PRESENT_ID_2_EXTENSION_NAME,
   VK_KHR_PRESENT_WAIT_2_EXTENSION_NAME,
#endif
};

bool
wsi_init(struct wsi *wsi, const char *platform_ext)
{
   const char *const instance_exts[] = {
      VK_KHR_SURFACE_EXTENSION_NAME,
      VK_KHR_GET_SURFACE_CAPABILITIES_2_EXTENSION_NAME,
      VK_EXT_SURFACE_MAINTENANCE_1_EXTENSION_NAME,
      platform_ext,
   };
   VkPhysicalDeviceSwapchainMaintenance1FeaturesEXT maintenance = {
      .sType =
         VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SWAPCHAIN_MAINTENANCE_1_FEATURES_EXT,
   };
   VkPhysicalDevicePresentIdFeaturesKHR id = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PRESENT_ID_FEATURES_KHR,
      .pNext = &maintenance,
   };
   VkPhysicalDevicePresentWaitFeaturesKHR wait = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PRESENT_WAIT_FEATURES_KHR,
      .pNext = &id,
   };
   VkPhysicalDeviceFeatures2 features = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2,
      .pNext = &wait,
   };
#ifdef VK_KHR_present_wait2
   VkPhysicalDevicePresentId2FeaturesKHR id2 = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PRESENT_ID_2_FEATURES_KHR,
      .pNext = &wait,
   };
   VkPhysicalDevicePresentWait2FeaturesKHR wait2 = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PRESENT_WAIT_2_FEATURES_KHR,
      .pNext = &id2,
   };
   features.pNext = &wait2;
#endif

   memset(wsi, 0, sizeof(*wsi));
   if (!vkt_instance_init_with(&wsi->instance, instance_exts,
                               VKT_ARRAY_SIZE(instance_exts)) ||
       !vkt_instance_has_all(&wsi->instance, device_exts,
                             VKT_ARRAY_SIZE(device_exts)))
      return false;
   vkGetPhysicalDeviceFeatures2(wsi->instance.pdev, &features);
   features.features = (VkPhysicalDeviceFeatures){ 0 };
   if (!maintenance.swapchainMaintenance1 || !id.presentId ||
       !wait.presentWait) {
      fprintf(stderr, "a feature of the swapchain is missing\n");
      return false;
   }
#ifdef VK_KHR_present_wait2
   if (!id2.presentId2 || !wait2.presentWait2) {
      fprintf(stderr, "a newer feature of the swapchain is missing\n");
      return false;
   }
#endif
   if (!vkt_device_init(&wsi->device, &wsi->instance, device_exts,
                        VKT_ARRAY_SIZE(device_exts), &features))
      return false;

   const VkDevice device = wsi->device.handle;
   wsi->fns = (struct wsi_functions){
      .create_headless_surface =
         (PFN_vkCreateHeadlessSurfaceEXT)vkGetInstanceProcAddr(
            wsi->instance.handle, "vkCreateHeadlessSurfaceEXT"),
      .get_capabilities2 = (PFN_vkGetPhysicalDeviceSurfaceCapabilities2KHR)
         vkGetInstanceProcAddr(wsi->instance.handle,
                               "vkGetPhysicalDeviceSurfaceCapabilities2KHR"),
      .get_formats2 =
         (PFN_vkGetPhysicalDeviceSurfaceFormats2KHR)vkGetInstanceProcAddr(
            wsi->instance.handle, "vkGetPhysicalDeviceSurfaceFormats2KHR"),
      .wait_for_present = (PFN_vkWaitForPresentKHR)vkGetDeviceProcAddr(
         device, "vkWaitForPresentKHR"),
      .release_images = (PFN_vkReleaseSwapchainImagesEXT)vkGetDeviceProcAddr(
         device, "vkReleaseSwapchainImagesEXT"),
   };
#ifdef VK_KHR_present_wait2
   wsi->fns.wait_for_present2 = (PFN_vkWaitForPresent2KHR)vkGetDeviceProcAddr(
      device, "vkWaitForPresent2KHR");
#endif
   return true;
}

void
wsi_finish(struct wsi *wsi)
{
   vkt_device_finish(&wsi->device);
   vkt_instance_finish(&wsi->instance);
}

static bool
create_swapchain(struct wsi_chain *chain,
                 VkSurfaceKHR surface,
                 const struct wsi_params *params)
{
   VkSurfaceCapabilitiesKHR caps;

   if (!vkt_ok(vkGetPhysicalDeviceSurfaceCapabilitiesKHR(
                  chain->wsi->instance.pdev, surface, &caps),
               "vkGetPhysicalDeviceSurfaceCapabilitiesKHR"))
      return false;
   const VkSwapchainCreateInfoKHR info = {
      .sType = VK_STRUCTURE_TYPE_SWAPCHAIN_CREATE_INFO_KHR,
      .pNext = params->next,
      .flags = params->flags,
      .surface = surface,
      .minImageCount = caps.minImageCount + 1,
      .imageFormat =
         params->format ? params->format : VK_FORMAT_B8G8R8A8_UNORM,
      .imageColorSpace = VK_COLOR_SPACE_SRGB_NONLINEAR_KHR,
      .imageExtent = chain->extent,
      .imageArrayLayers = 1,
      .imageUsage = VK_IMAGE_USAGE_TRANSFER_DST_BIT | params->usage,
      .imageSharingMode = VK_SHARING_MODE_EXCLUSIVE,
      .preTransform = VK_SURFACE_TRANSFORM_IDENTITY_BIT_KHR,
      .compositeAlpha = VK_COMPOSITE_ALPHA_OPAQUE_BIT_KHR,
      .presentMode = params->immediate ? VK_PRESENT_MODE_IMMEDIATE_KHR
                     : params->mode    ? params->mode
                                       : VK_PRESENT_MODE_FIFO_KHR,
      .clipped = VK_TRUE,
      .oldSwapchain = params->old,
   };
   if (!vkt_ok(vkCreateSwapchainKHR(chain->wsi->device.handle, &info, NULL,
                                    &chain->handle),
               "vkCreateSwapchainKHR"))
      return false;
   chain->image_count = WSI_MAX_IMAGES;
   return vkt_ok(
      vkGetSwapchainImagesKHR(chain->wsi->device.handle, chain->handle,
                              &chain->image_count, chain->images),
      "vkGetSwapchainImagesKHR");
}

static bool
create_objects(struct wsi_chain *chain)
{
   const VkDevice device = chain->wsi->device.handle;
   const VkSemaphoreCreateInfo semaphore_info = {
      .sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO,
   };
   const VkFenceCreateInfo fence_info = {
      .sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO,
      .flags = VK_FENCE_CREATE_SIGNALED_BIT,
   };
   const VkCommandPoolCreateInfo pool_info = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
      .flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT,
      .queueFamilyIndex = chain->wsi->instance.queue_family,
   };

   if (!vkt_ok(vkCreateCommandPool(device, &pool_info, NULL, &chain->pool),
               "vkCreateCommandPool"))
      return false;
   const VkCommandBufferAllocateInfo cmd_info = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
      .commandPool = chain->pool,
      .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
      .commandBufferCount = chain->image_count,
   };
   if (!vkt_ok(vkAllocateCommandBuffers(device, &cmd_info, chain->cmds),
               "vkAllocateCommandBuffers"))
      return false;
   for (uint32_t i = 0; i < chain->image_count; i++) {
      if (!vkt_ok(vkCreateSemaphore(device, &semaphore_info, NULL,
                                    &chain->acquired[i]),
                  "vkCreateSemaphore") ||
          !vkt_ok(vkCreateSemaphore(device, &semaphore_info, NULL,
                                    &chain->drawn[i]),
                  "vkCreateSemaphore") ||
          !vkt_ok(vkCreateFence(device, &fence_info, NULL, &chain->fences[i]),
                  "vkCreateFence"))
         return false;
   }
   return true;
}

bool
wsi_chain_init(struct wsi_chain *chain,
               struct wsi *wsi,
               VkSurfaceKHR surface,
               const struct wsi_params *params)
{
   memset(chain, 0, sizeof(*chain));
   chain->wsi = wsi;
   chain->extent = params->extent;
   if (!chain->extent.width)
      chain->extent = (VkExtent2D){ 64, 48 };
   return create_swapchain(chain, surface, params) && create_objects(chain);
}

void
wsi_chain_finish(struct wsi_chain *chain)
{
   if (!chain->wsi)
      return;
   const VkDevice device = chain->wsi->device.handle;

   vkDeviceWaitIdle(device);
   vkDestroySwapchainKHR(device, chain->handle, NULL);
   for (uint32_t i = 0; i < chain->image_count; i++) {
      vkDestroySemaphore(device, chain->acquired[i], NULL);
      vkDestroySemaphore(device, chain->drawn[i], NULL);
      vkDestroyFence(device, chain->fences[i], NULL);
   }
   vkDestroyCommandPool(device, chain->pool, NULL);
   memset(chain, 0, sizeof(*chain));
}

VkResult
wsi_acquire(struct wsi_chain *chain, uint64_t timeout_ns, uint32_t *index_out)
{
   const VkDevice device = chain->wsi->device.handle;
   const uint32_t turn = chain->turn;

   /* the semaphore of this turn has been waited for when its fence is done */
   const VkResult result = vkWaitForFences(device, 1, &chain->fences[turn],
                                           VK_TRUE, VKT_TIMEOUT_NS);
   if (result != VK_SUCCESS)
      return result;
   return vkAcquireNextImageKHR(device, chain->handle, timeout_ns,
                                chain->acquired[turn], VK_NULL_HANDLE,
                                index_out);
}

bool
wsi_draw(struct wsi_chain *chain, uint32_t index, const float color[4])
{
   const VkDevice device = chain->wsi->device.handle;
   const VkCommandBuffer cmd = chain->cmds[chain->turn];
   const VkImage image = chain->images[index];
   const VkFence fence = chain->fences[chain->turn];
   const VkCommandBufferBeginInfo begin = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
      .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT,
   };
   const VkImageSubresourceRange range = {
      VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1,
   };
   const VkPipelineStageFlags stage = VK_PIPELINE_STAGE_TRANSFER_BIT;
   const VkSubmitInfo submit = {
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
      .waitSemaphoreCount = 1,
      .pWaitSemaphores = &chain->acquired[chain->turn],
      .pWaitDstStageMask = &stage,
      .commandBufferCount = 1,
      .pCommandBuffers = &cmd,
      .signalSemaphoreCount = 1,
      .pSignalSemaphores = &chain->drawn[index],
   };
   VkClearColorValue value;

   memcpy(value.float32, color, sizeof(value.float32));
   chain->turn = (chain->turn + 1) % chain->image_count;
   if (!vkt_ok(vkResetFences(device, 1, &fence), "vkResetFences") ||
       !vkt_ok(vkBeginCommandBuffer(cmd, &begin), "vkBeginCommandBuffer"))
      return false;
   vkt_image_barrier(cmd, image, VK_IMAGE_ASPECT_COLOR_BIT,
                     VK_IMAGE_LAYOUT_UNDEFINED,
                     VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL);
   vkCmdClearColorImage(cmd, image, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL,
                        &value, 1, &range);
   vkt_image_barrier(cmd, image, VK_IMAGE_ASPECT_COLOR_BIT,
                     VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL,
                     VK_IMAGE_LAYOUT_PRESENT_SRC_KHR);
   return vkt_ok(vkEndCommandBuffer(cmd), "vkEndCommandBuffer") &&
          vkt_ok(vkQueueSubmit(chain->wsi->device.queue, 1, &submit, fence),
                 "vkQueueSubmit");
}

VkResult
wsi_present(struct wsi_chain *chain, uint32_t index, const void *next)
{
   const uint64_t id = ++chain->present_id;
   const VkPresentIdKHR id_info = {
      .sType = VK_STRUCTURE_TYPE_PRESENT_ID_KHR,
      .pNext = next,
      .swapchainCount = 1,
      .pPresentIds = &id,
   };
   const VkPresentInfoKHR info = {
      .sType = VK_STRUCTURE_TYPE_PRESENT_INFO_KHR,
      .pNext = &id_info,
      .waitSemaphoreCount = 1,
      .pWaitSemaphores = &chain->drawn[index],
      .swapchainCount = 1,
      .pSwapchains = &chain->handle,
      .pImageIndices = &index,
   };
   return vkQueuePresentKHR(chain->wsi->device.queue, &info);
}

bool
wsi_frame(struct wsi_chain *chain, const float color[4])
{
   uint32_t index;
   VkResult result = wsi_acquire(chain, VKT_TIMEOUT_NS, &index);

   if (result != VK_SUBOPTIMAL_KHR &&
       !vkt_ok(result, "vkAcquireNextImageKHR"))
      return false;
   if (!wsi_draw(chain, index, color))
      return false;
   result = wsi_present(chain, index, NULL);
   return result == VK_SUBOPTIMAL_KHR || vkt_ok(result, "vkQueuePresentKHR");
}
