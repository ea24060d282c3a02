/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What swapchains owe the application besides pictures: results, timeouts,
 * old and new ones, several at once, fences, ids, modes.
 */

#include "wsi_headless.h"

#include <string.h>

static const float black[4] = { 0.0f, 0.0f, 0.0f, 1.0f };
static const float green[4] = { 0.0f, 1.0f, 0.0f, 1.0f };
static const uint8_t green_bytes[4] = { 0, 255, 0, 255 };
static const float blue[4] = { 0.0f, 0.0f, 1.0f, 1.0f };
static const uint8_t blue_bytes[4] = { 0, 0, 255, 255 };

/* All images, by fence; then there is none, and none comes in time. */
static void
test_acquire(struct wsi *wsi, VkSurfaceKHR surface)
{
   const VkDevice device = wsi->device.handle;
   const VkFence fence = wsi->device.fence;
   struct wsi_chain chain;
   uint32_t index, seen = 0;

   if (!U_CHECK(
          wsi_chain_init(&chain, wsi, surface, &(struct wsi_params){ 0 })))
      goto out;
   for (uint32_t i = 0; i < chain.image_count; i++) {
      VKT_CHECK(vkAcquireNextImageKHR(device, chain.handle, 0, VK_NULL_HANDLE,
                                      fence, &index));
      /* it is free, so that there is nothing to wait for */
      VKT_CHECK(vkGetFenceStatus(device, fence));
      VKT_CHECK(vkResetFences(device, 1, &fence));
      U_CHECK_EQ(vkGetFenceStatus(device, fence), VK_NOT_READY);
      seen |= 1u << index;
   }
   U_CHECK_EQ(seen, (1u << chain.image_count) - 1);
   U_CHECK_EQ(vkAcquireNextImageKHR(device, chain.handle, 0, VK_NULL_HANDLE,
                                    fence, &index),
              VK_NOT_READY);
   U_CHECK_EQ(vkAcquireNextImageKHR(device, chain.handle, 1000000,
                                    VK_NULL_HANDLE, fence, &index),
              VK_TIMEOUT);
   U_CHECK_EQ(vkGetFenceStatus(device, fence), VK_NOT_READY);

   /* given back, unused */
   const uint32_t indices[] = { 0, 1 };
   const VkReleaseSwapchainImagesInfoEXT release = {
      .sType = VK_STRUCTURE_TYPE_RELEASE_SWAPCHAIN_IMAGES_INFO_EXT,
      .swapchain = chain.handle,
      .imageIndexCount = 2,
      .pImageIndices = indices,
   };
   VKT_CHECK(wsi->fns.release_images(device, &release));
   const VkAcquireNextImageInfoKHR info = {
      .sType = VK_STRUCTURE_TYPE_ACQUIRE_NEXT_IMAGE_INFO_KHR,
      .swapchain = chain.handle,
      .timeout = VKT_TIMEOUT_NS,
      .fence = fence,
      .deviceMask = 1,
   };
   VKT_CHECK(vkAcquireNextImage2KHR(device, &info, &index));
   U_CHECK_EQ(index, 0);
   VKT_CHECK(vkWaitForFences(device, 1, &fence, VK_TRUE, VKT_TIMEOUT_NS));
   VKT_CHECK(vkResetFences(device, 1, &fence));

out:
   wsi_chain_finish(&chain);
}

static bool
init_chain(struct wsi_chain *chain,
           struct wsi *wsi,
           VkSurfaceKHR surface,
           VkSwapchainKHR old)
{
   const struct wsi_params params = { .old = old, .extent = { 64, 48 } };
   return U_CHECK(wsi_chain_init(chain, wsi, surface, &params));
}

/* An old swapchain gives no images, but takes what it gave before. */
static void
test_retirement(struct wsi *wsi, VkSurfaceKHR surface, bool old_goes_first)
{
   const VkExtent2D extent = { 64, 48 };
   struct wsi_chain old, new;
   uint32_t index, none;

   memset(&new, 0, sizeof(new));
   if (!init_chain(&old, wsi, surface, VK_NULL_HANDLE) ||
       !U_CHECK(wsi_frame(&old, black)) ||
       !VKT_CHECK(wsi_acquire(&old, VKT_TIMEOUT_NS, &index)) ||
       !init_chain(&new, wsi, surface, old.handle))
      goto out;

   /* VUID-vkAcquireNextImageKHR-swapchain-01285 forbids it, an error is kind */
   if (!headless_only_valid) {
      U_CHECK_EQ(
         vkAcquireNextImageKHR(wsi->device.handle, old.handle, 0,
                               VK_NULL_HANDLE, wsi->device.fence, &none),
         VK_ERROR_OUT_OF_DATE_KHR);
   }
   U_CHECK(wsi_draw(&old, index, green));
   VKT_CHECK(wsi_present(&old, index, NULL));
   /* VUID-vkWaitForPresentKHR-swapchain-04997: not on a retired one */
   if (!headless_only_valid) {
      headless_wait(&old);
      headless_shows(extent, green_bytes);
   }

   U_CHECK(wsi_frame(&new, blue));
   headless_wait(&new);
   headless_shows(extent, blue_bytes);

out:
   if (old_goes_first) {
      wsi_chain_finish(&old);
      U_CHECK(wsi_frame(&new, green));
      headless_wait(&new);
      headless_shows(extent, green_bytes);
      wsi_chain_finish(&new);
   } else {
      wsi_chain_finish(&new);
      wsi_chain_finish(&old);
   }
}

/* One surface, one swapchain; it is free again when that is gone. */
static void
test_in_use(struct wsi *wsi, VkSurfaceKHR surface)
{
   struct wsi_chain first, second;

   if (init_chain(&first, wsi, surface, VK_NULL_HANDLE)) {
      fprintf(stderr, "expected to fail: ");
      U_CHECK(
         !wsi_chain_init(&second, wsi, surface, &(struct wsi_params){ 0 }));
      wsi_chain_finish(&second);
      U_CHECK(wsi_frame(&first, green));
   }
   wsi_chain_finish(&first);
   if (init_chain(&second, wsi, surface, VK_NULL_HANDLE))
      U_CHECK(wsi_frame(&second, green));
   wsi_chain_finish(&second);
}

/* With frames under way, in any order. */
static void
test_destroy(struct wsi *wsi, VkSurfaceKHR surface)
{
   struct wsi_chain chain;

   for (uint32_t i = 0; i < 20; i++) {
      if (!init_chain(&chain, wsi, surface, VK_NULL_HANDLE))
         break;
      for (uint32_t j = 0; j < i % 4; j++)
         U_CHECK(wsi_frame(&chain, j ? green : blue));
      wsi_chain_finish(&chain);
   }
}

/* Several swapchains of a present; each has its own result and id. */
static void
test_several(struct wsi *wsi, VkSurfaceKHR surface)
{
   const VkSurfaceKHR other = headless_create(wsi);
   struct wsi_chain chains[2];
   uint32_t indices[2];

   memset(chains, 0, sizeof(chains));
   if (!init_chain(&chains[0], wsi, surface, VK_NULL_HANDLE) ||
       !init_chain(&chains[1], wsi, other, VK_NULL_HANDLE))
      goto out;
   for (uint64_t frame = 1; frame <= 10; frame++) {
      VkResult results[2] = { VK_ERROR_UNKNOWN, VK_ERROR_UNKNOWN };
      bool ok = true;

      for (uint32_t i = 0; i < 2; i++) {
         ok =
            ok &&
            VKT_CHECK(wsi_acquire(&chains[i], VKT_TIMEOUT_NS, &indices[i])) &&
            U_CHECK(wsi_draw(&chains[i], indices[i], green));
      }
      if (!ok)
         break;
      const uint64_t ids[2] = { frame, 2 * frame };
      const VkPresentIdKHR id_info = {
         .sType = VK_STRUCTURE_TYPE_PRESENT_ID_KHR,
         .swapchainCount = 2,
         .pPresentIds = ids,
      };
      const VkSemaphore semaphores[2] = { chains[0].drawn[indices[0]],
                                          chains[1].drawn[indices[1]] };
      const VkSwapchainKHR handles[2] = { chains[0].handle,
                                          chains[1].handle };
      const VkPresentInfoKHR info = {
         .sType = VK_STRUCTURE_TYPE_PRESENT_INFO_KHR,
         .pNext = &id_info,
         .waitSemaphoreCount = 2,
         .pWaitSemaphores = semaphores,
         .swapchainCount = 2,
         .pSwapchains = handles,
         .pImageIndices = indices,
         .pResults = results,
      };
      VKT_CHECK(vkQueuePresentKHR(wsi->device.queue, &info));
      U_CHECK_EQ(results[0], VK_SUCCESS);
      U_CHECK_EQ(results[1], VK_SUCCESS);
      for (uint32_t i = 0; i < 2; i++) {
         chains[i].present_id = ids[i];
         headless_wait(&chains[i]);
      }
   }

out:
   wsi_chain_finish(&chains[1]);
   wsi_chain_finish(&chains[0]);
   headless_destroy(wsi, other);
}

/* VK_KHR_present_wait: what was not presented is waited for in vain. */
static void
test_present_wait(struct wsi *wsi, VkSurfaceKHR surface)
{
   const VkDevice device = wsi->device.handle;
   struct wsi_chain chain;

   if (init_chain(&chain, wsi, surface, VK_NULL_HANDLE) &&
       U_CHECK(wsi_frame(&chain, green))) {
      headless_wait(&chain);
      VKT_CHECK(wsi->fns.wait_for_present(device, chain.handle, 1, 0));
      U_CHECK_EQ(wsi->fns.wait_for_present(device, chain.handle, 2, 0),
                 VK_TIMEOUT);
      U_CHECK_EQ(wsi->fns.wait_for_present(device, chain.handle, 2, 2000000),
                 VK_TIMEOUT);
   }
   wsi_chain_finish(&chain);
}

#ifdef VK_KHR_present_wait2

/* The newer form of the same, and that surfaces say they have it. */
static void
test_present_wait2(struct wsi *wsi, VkSurfaceKHR surface)
{
   const VkPhysicalDeviceSurfaceInfo2KHR surface_info = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SURFACE_INFO_2_KHR,
      .surface = surface,
   };
   VkSurfaceCapabilitiesPresentId2KHR id_caps = {
      .sType = VK_STRUCTURE_TYPE_SURFACE_CAPABILITIES_PRESENT_ID_2_KHR,
   };
   VkSurfaceCapabilitiesPresentWait2KHR wait_caps = {
      .sType = VK_STRUCTURE_TYPE_SURFACE_CAPABILITIES_PRESENT_WAIT_2_KHR,
      .pNext = &id_caps,
   };
   VkSurfaceCapabilities2KHR caps = {
      .sType = VK_STRUCTURE_TYPE_SURFACE_CAPABILITIES_2_KHR,
      .pNext = &wait_caps,
   };
   const struct wsi_params params = {
      .flags = VK_SWAPCHAIN_CREATE_PRESENT_ID_2_BIT_KHR |
               VK_SWAPCHAIN_CREATE_PRESENT_WAIT_2_BIT_KHR,
   };
   const uint64_t id = 7;
   const VkPresentId2KHR id_info = {
      .sType = VK_STRUCTURE_TYPE_PRESENT_ID_2_KHR,
      .swapchainCount = 1,
      .pPresentIds = &id,
   };
   VkPresentWait2InfoKHR wait = {
      .sType = VK_STRUCTURE_TYPE_PRESENT_WAIT_2_INFO_KHR,
      .presentId = id,
      .timeout = VKT_TIMEOUT_NS,
   };
   struct wsi_chain chain;
   uint32_t index;

   VKT_CHECK(
      wsi->fns.get_capabilities2(wsi->instance.pdev, &surface_info, &caps));
   U_CHECK_EQ(id_caps.presentId2Supported, VK_TRUE);
   U_CHECK_EQ(wait_caps.presentWait2Supported, VK_TRUE);
   if (U_CHECK(wsi_chain_init(&chain, wsi, surface, &params)) &&
       VKT_CHECK(wsi_acquire(&chain, VKT_TIMEOUT_NS, &index)) &&
       U_CHECK(wsi_draw(&chain, index, green))) {
      const VkPresentInfoKHR info = {
         .sType = VK_STRUCTURE_TYPE_PRESENT_INFO_KHR,
         .pNext = &id_info,
         .waitSemaphoreCount = 1,
         .pWaitSemaphores = &chain.drawn[index],
         .swapchainCount = 1,
         .pSwapchains = &chain.handle,
         .pImageIndices = &index,
      };
      VKT_CHECK(vkQueuePresentKHR(wsi->device.queue, &info));
      VKT_CHECK(
         wsi->fns.wait_for_present2(wsi->device.handle, chain.handle, &wait));
      wait.presentId = id + 1;
      wait.timeout = 0;
      U_CHECK_EQ(
         wsi->fns.wait_for_present2(wsi->device.handle, chain.handle, &wait),
         VK_TIMEOUT);
   }
   wsi_chain_finish(&chain);
}

#endif

/*
 * VK_EXT_swapchain_maintenance1: a fence for each present, and modes that
 * change from one to the next.
 */
static void
test_maintenance(struct wsi *wsi, VkSurfaceKHR surface)
{
   static const VkPresentModeKHR modes[] = {
      VK_PRESENT_MODE_FIFO_KHR,
      VK_PRESENT_MODE_MAILBOX_KHR,
      VK_PRESENT_MODE_IMMEDIATE_KHR,
   };
   const VkSwapchainPresentModesCreateInfoEXT modes_info = {
      .sType = VK_STRUCTURE_TYPE_SWAPCHAIN_PRESENT_MODES_CREATE_INFO_EXT,
      .presentModeCount = VKT_ARRAY_SIZE(modes),
      .pPresentModes = modes,
   };
   const struct wsi_params params = { .next = &modes_info };
   const VkDevice device = wsi->device.handle;
   const VkFence fence = wsi->device.fence;
   struct wsi_chain chain;

   if (!U_CHECK(wsi_chain_init(&chain, wsi, surface, &params)))
      goto out;
   for (uint32_t i = 0; i < 9; i++) {
      VkSwapchainPresentModeInfoEXT mode_info = {
         .sType = VK_STRUCTURE_TYPE_SWAPCHAIN_PRESENT_MODE_INFO_EXT,
         .swapchainCount = 1,
         .pPresentModes = &modes[i % 3],
      };
      const VkSwapchainPresentFenceInfoEXT fence_info = {
         .sType = VK_STRUCTURE_TYPE_SWAPCHAIN_PRESENT_FENCE_INFO_EXT,
         .pNext = &mode_info,
         .swapchainCount = 1,
         .pFences = &fence,
      };
      uint32_t index;

      if (!VKT_CHECK(wsi_acquire(&chain, VKT_TIMEOUT_NS, &index)) ||
          !U_CHECK(wsi_draw(&chain, index, green)) ||
          !VKT_CHECK(wsi_present(&chain, index, &fence_info)) ||
          !VKT_CHECK(
             vkWaitForFences(device, 1, &fence, VK_TRUE, VKT_TIMEOUT_NS)))
         break;
      VKT_CHECK(vkResetFences(device, 1, &fence));
   }
   headless_wait(&chain);
   headless_shows(chain.extent, green_bytes);

out:
   wsi_chain_finish(&chain);
}

/*
 * The list of modes that a mode can change to has that mode, also if there is
 * no room for others.
 */
static void
test_compatibility(struct wsi *wsi, VkSurfaceKHR surface)
{
   VkPresentModeKHR modes[8];
   VkSurfacePresentModeCompatibilityEXT compatibility = {
      .sType = VK_STRUCTURE_TYPE_SURFACE_PRESENT_MODE_COMPATIBILITY_EXT,
      .presentModeCount = VKT_ARRAY_SIZE(modes),
      .pPresentModes = modes,
   };
   VkSurfacePresentScalingCapabilitiesEXT scaling = {
      .sType = VK_STRUCTURE_TYPE_SURFACE_PRESENT_SCALING_CAPABILITIES_EXT,
      .pNext = &compatibility,
      .supportedPresentScaling = 77,
   };
   VkSurfaceCapabilities2KHR caps = {
      .sType = VK_STRUCTURE_TYPE_SURFACE_CAPABILITIES_2_KHR,
      .pNext = &scaling,
   };
   VkSurfacePresentModeEXT mode = {
      .sType = VK_STRUCTURE_TYPE_SURFACE_PRESENT_MODE_EXT,
      .presentMode = VK_PRESENT_MODE_MAILBOX_KHR,
   };
   const VkPhysicalDeviceSurfaceInfo2KHR info = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SURFACE_INFO_2_KHR,
      .pNext = &mode,
      .surface = surface,
   };
   bool found = false;

   VKT_CHECK(wsi->fns.get_capabilities2(wsi->instance.pdev, &info, &caps));
   for (uint32_t i = 0; i < compatibility.presentModeCount; i++)
      found |= modes[i] == mode.presentMode;
   U_CHECK(found);
   U_CHECK_EQ(scaling.supportedPresentScaling, 0);
   U_CHECK_EQ(scaling.maxScaledImageExtent.width,
              caps.surfaceCapabilities.maxImageExtent.width);

   const uint32_t count = compatibility.presentModeCount;
   for (uint32_t i = 0; i < count; i++) {
      VkPresentModeKHR short_modes[2] = { VK_PRESENT_MODE_MAX_ENUM_KHR,
                                          VK_PRESENT_MODE_MAX_ENUM_KHR };

      mode.presentMode = modes[i];
      compatibility.presentModeCount = 1;
      compatibility.pPresentModes = short_modes;
      VKT_CHECK(wsi->fns.get_capabilities2(wsi->instance.pdev, &info, &caps));
      U_CHECK_EQ(compatibility.presentModeCount, 1);
      U_CHECK_EQ(short_modes[0], modes[i]);
      U_CHECK_EQ(short_modes[1], VK_PRESENT_MODE_MAX_ENUM_KHR);
   }
}

/* VK_KHR_incremental_present: any rectangles, also those outside. */
static void
test_damage(struct wsi *wsi, VkSurfaceKHR surface)
{
   const VkRectLayerKHR rects[] = {
      { { 1, 2 }, { 3, 4 }, 0 },
      { { 60, 40 }, { 4, 8 }, 0 },
   };
   const VkPresentRegionKHR regions[] = { { 2, rects }, { 0, NULL } };
   /* what else the specification allows is too much for some layers */
   const uint32_t kinds = headless_only_valid ? 1 : 3;
   struct wsi_chain chain;

   if (!init_chain(&chain, wsi, surface, VK_NULL_HANDLE))
      goto out;
   for (uint32_t i = 0; i < 6; i++) {
      const VkPresentRegionsKHR info = {
         .sType = VK_STRUCTURE_TYPE_PRESENT_REGIONS_KHR,
         .swapchainCount = 1,
         .pRegions = i % kinds == 2 ? NULL : &regions[i % kinds],
      };
      uint32_t index;

      if (!VKT_CHECK(wsi_acquire(&chain, VKT_TIMEOUT_NS, &index)) ||
          !U_CHECK(wsi_draw(&chain, index, green)) ||
          !VKT_CHECK(wsi_present(&chain, index, &info)))
         break;
   }
   headless_wait(&chain);

out:
   wsi_chain_finish(&chain);
}

static void
test_group(struct wsi *wsi, VkSurfaceKHR surface)
{
   VkDeviceGroupPresentCapabilitiesKHR caps = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_GROUP_PRESENT_CAPABILITIES_KHR,
   };
   VkDeviceGroupPresentModeFlagsKHR modes = 0;

   VKT_CHECK(
      vkGetDeviceGroupPresentCapabilitiesKHR(wsi->device.handle, &caps));
   U_CHECK_EQ(caps.presentMask[0], 1);
   U_CHECK_EQ(caps.presentMask[1], 0);
   VKT_CHECK(vkGetDeviceGroupSurfacePresentModesKHR(wsi->device.handle,
                                                    surface, &modes));
   U_CHECK_EQ(modes, VK_DEVICE_GROUP_PRESENT_MODE_LOCAL_BIT_KHR);
}

int
headless_test_rules(struct wsi *wsi)
{
   const VkSurfaceKHR surface = headless_create(wsi);

   test_acquire(wsi, surface);
   test_retirement(wsi, surface, true);
   test_retirement(wsi, surface, false);
   test_in_use(wsi, surface);
   test_destroy(wsi, surface);
   test_several(wsi, surface);
   test_present_wait(wsi, surface);
#ifdef VK_KHR_present_wait2
   test_present_wait2(wsi, surface);
#endif
   test_maintenance(wsi, surface);
   test_compatibility(wsi, surface);
   test_damage(wsi, surface);
   test_group(wsi, surface);
   headless_destroy(wsi, surface);
   return u_test_failures;
}
