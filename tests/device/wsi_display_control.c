/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Displays in the hands of an application: its own fd and who the master is
 * (VK_EXT_acquire_drm_display), power, events and counters
 * (VK_EXT_display_control). For a guest of its own: it expects that nobody
 * else has the screen.
 */

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "wsi_fixture.h"

static const char *const instance_exts[] = {
   VK_KHR_SURFACE_EXTENSION_NAME,
   VK_KHR_DISPLAY_EXTENSION_NAME,
   VK_EXT_DIRECT_MODE_DISPLAY_EXTENSION_NAME,
   VK_EXT_ACQUIRE_DRM_DISPLAY_EXTENSION_NAME,
   VK_EXT_DISPLAY_SURFACE_COUNTER_EXTENSION_NAME,
};

static const char *const device_exts[] = {
   VK_KHR_SWAPCHAIN_EXTENSION_NAME,
   VK_EXT_DISPLAY_CONTROL_EXTENSION_NAME,
};

#define INSTANCE_FUNCTIONS(X)                                                \
   X(GetDrmDisplayEXT)                                                       \
   X(AcquireDrmDisplayEXT)                                                   \
   X(ReleaseDisplayEXT)                                                      \
   X(GetPhysicalDeviceSurfaceCapabilities2EXT)

#define DEVICE_FUNCTIONS(X)                                                  \
   X(DisplayPowerControlEXT)                                                 \
   X(RegisterDeviceEventEXT)                                                 \
   X(RegisterDisplayEventEXT)                                                \
   X(GetSwapchainCounterEXT)

#define DECLARE(name) static PFN_vk##name p##name;
INSTANCE_FUNCTIONS(DECLARE)
DEVICE_FUNCTIONS(DECLARE)

static struct wsi wsi;
static VkDisplayKHR display;
static VkSurfaceKHR surface;
static VkExtent2D size;

static bool
set_up(void)
{
   if (!U_CHECK(vkt_instance_init_with(&wsi.instance, instance_exts,
                                       VKT_ARRAY_SIZE(instance_exts))) ||
       !U_CHECK(vkt_device_init(&wsi.device, &wsi.instance, device_exts,
                                VKT_ARRAY_SIZE(device_exts), NULL)))
      return false;
#define LOAD_INSTANCE(name)                                                  \
   p##name =                                                                 \
      (PFN_vk##name)vkGetInstanceProcAddr(wsi.instance.handle, "vk" #name);
#define LOAD_DEVICE(name)                                                    \
   p##name =                                                                 \
      (PFN_vk##name)vkGetDeviceProcAddr(wsi.device.handle, "v"               \
                                                           "k" #name);
   INSTANCE_FUNCTIONS(LOAD_INSTANCE)
   DEVICE_FUNCTIONS(LOAD_DEVICE)
   return U_CHECK(pGetDrmDisplayEXT && pAcquireDrmDisplayEXT &&
                  pReleaseDisplayEXT && pDisplayPowerControlEXT &&
                  pRegisterDeviceEventEXT && pRegisterDisplayEventEXT &&
                  pGetSwapchainCounterEXT &&
                  pGetPhysicalDeviceSurfaceCapabilities2EXT);
}

static bool
create_surface(void)
{
   VkDisplayPropertiesKHR props;
   VkDisplayModePropertiesKHR mode;
   uint32_t count = 1;

   if (vkGetPhysicalDeviceDisplayPropertiesKHR(wsi.instance.pdev, &count,
                                               &props) < 0 ||
       !count) {
      printf("there is no display\n");
      exit(U_TEST_SKIP);
   }
   display = props.display;
   count = 1;
   if (!U_CHECK(vkGetDisplayModePropertiesKHR(wsi.instance.pdev, display,
                                              &count, &mode) >= 0) ||
       !U_CHECK_EQ(count, 1))
      return false;
   size = mode.parameters.visibleRegion;
   const VkDisplaySurfaceCreateInfoKHR info = {
      .sType = VK_STRUCTURE_TYPE_DISPLAY_SURFACE_CREATE_INFO_KHR,
      .displayMode = mode.displayMode,
      .transform = VK_SURFACE_TRANSFORM_IDENTITY_BIT_KHR,
      .alphaMode = VK_DISPLAY_PLANE_ALPHA_OPAQUE_BIT_KHR,
      .imageExtent = size,
   };
   return VKT_CHECK(vkCreateDisplayPlaneSurfaceKHR(wsi.instance.handle, &info,
                                                   NULL, &surface));
}

/* Without present ids, which this device has not enabled. */
static bool
present(struct wsi_chain *chain)
{
   const float color[4] = { 0.25f, 0.5f, 0.75f, 1.0f };
   uint32_t index;

   if (!VKT_CHECK(wsi_acquire(chain, VKT_TIMEOUT_NS, &index)) ||
       !U_CHECK(wsi_draw(chain, index, color)))
      return false;
   const VkPresentInfoKHR info = {
      .sType = VK_STRUCTURE_TYPE_PRESENT_INFO_KHR,
      .waitSemaphoreCount = 1,
      .pWaitSemaphores = &chain->drawn[index],
      .swapchainCount = 1,
      .pSwapchains = &chain->handle,
      .pImageIndices = &index,
   };
   return VKT_CHECK(vkQueuePresentKHR(wsi.device.queue, &info));
}

static bool
can_present(uint32_t frames)
{
   const struct wsi_params params = { .extent = size };
   struct wsi_chain chain;
   bool ok = wsi_chain_init(&chain, &wsi, surface, &params);

   for (uint32_t i = 0; i < frames && ok; i++)
      ok = present(&chain);
   wsi_chain_finish(&chain);
   return ok;
}

/* The application's node, of which it is the master by opening it. */
static int
open_node(void)
{
   drmDevice *devices[8];
   int fd = -1;
   const int count = drmGetDevices2(0, devices, 8);

   for (int i = 0; i < count && fd < 0; i++) {
      if (devices[i]->available_nodes & 1 << DRM_NODE_PRIMARY)
         fd = open(devices[i]->nodes[DRM_NODE_PRIMARY], O_RDWR | O_CLOEXEC);
   }
   if (count > 0)
      drmFreeDevices(devices, count);
   return fd;
}

static void
test_acquire(void)
{
   VkDisplayKHR found = VK_NULL_HANDLE;
   const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
   int fd = open_node();
   drmModeRes *res = drmModeGetResources(fd);

   if (!U_CHECK(res && res->count_connectors))
      return;
   const uint32_t connector = res->connectors[0];
   drmModeFreeResources(res);
   U_CHECK_EQ(pGetDrmDisplayEXT(wsi.instance.pdev, null, connector, &found),
              VK_ERROR_UNKNOWN);
   close(null);
   U_CHECK(pGetDrmDisplayEXT(wsi.instance.pdev, fd, 0x7fffffff, &found) !=
              VK_SUCCESS &&
           !found);
   VKT_CHECK(pGetDrmDisplayEXT(wsi.instance.pdev, fd, connector, &found));
   U_CHECK(found == display);

   /* this process has two files, and the driver's is not the master */
   U_CHECK(drmIsMaster(fd));
   fprintf(stderr, "to be refused: ");
   U_CHECK(!can_present(1));
   VKT_CHECK(pAcquireDrmDisplayEXT(wsi.instance.pdev, fd, display));
   U_CHECK_EQ(pAcquireDrmDisplayEXT(wsi.instance.pdev, fd, display),
              VK_ERROR_INITIALIZATION_FAILED);
   U_CHECK(can_present(5));
   VKT_CHECK(pReleaseDisplayEXT(wsi.instance.pdev, display));
   fprintf(stderr, "to be refused: ");
   U_CHECK(!can_present(1));

   /* no longer a master, as after a switch of the terminal */
   VKT_CHECK(pAcquireDrmDisplayEXT(wsi.instance.pdev, fd, display));
   const struct wsi_params params = { .extent = size };
   struct wsi_chain chain;
   if (U_CHECK(wsi_chain_init(&chain, &wsi, surface, &params)) &&
       present(&chain)) {
      U_CHECK_EQ(drmDropMaster(fd), 0);
      uint32_t index;
      VkResult result = VK_SUCCESS;
      for (uint32_t i = 0; i < 20 && result == VK_SUCCESS; i++) {
         result = wsi_acquire(&chain, VKT_TIMEOUT_NS, &index);
         if (result != VK_SUCCESS ||
             !wsi_draw(&chain, index, (float[4]){ 0 }))
            break;
         const VkPresentInfoKHR info = {
            .sType = VK_STRUCTURE_TYPE_PRESENT_INFO_KHR,
            .waitSemaphoreCount = 1,
            .pWaitSemaphores = &chain.drawn[index],
            .swapchainCount = 1,
            .pSwapchains = &chain.handle,
            .pImageIndices = &index,
         };
         result = vkQueuePresentKHR(wsi.device.queue, &info);
      }
      U_CHECK_EQ(result, VK_ERROR_OUT_OF_DATE_KHR);
   }
   wsi_chain_finish(&chain);
   VKT_CHECK(pReleaseDisplayEXT(wsi.instance.pdev, display));
   close(fd);
   U_CHECK(can_present(5));
}

static VkResult
register_refresh(VkFence *fence)
{
   const VkDisplayEventInfoEXT info = {
      .sType = VK_STRUCTURE_TYPE_DISPLAY_EVENT_INFO_EXT,
      .displayEvent = VK_DISPLAY_EVENT_TYPE_FIRST_PIXEL_OUT_EXT,
   };
   return pRegisterDisplayEventEXT(wsi.device.handle, display, &info, NULL,
                                   fence);
}

static void
test_refresh(void)
{
   VkFence fences[50];

   for (uint32_t i = 0; i < VKT_ARRAY_SIZE(fences); i++) {
      if (!VKT_CHECK(register_refresh(&fences[i])))
         return;
   }
   VKT_CHECK(vkWaitForFences(wsi.device.handle, VKT_ARRAY_SIZE(fences),
                             fences, VK_TRUE, VKT_TIMEOUT_NS));
   U_CHECK_EQ(vkGetFenceStatus(wsi.device.handle, fences[0]), VK_SUCCESS);
   for (uint32_t i = 0; i < VKT_ARRAY_SIZE(fences); i++)
      vkDestroyFence(wsi.device.handle, fences[i], NULL);
   /* gone before it happens */
   for (uint32_t i = 0; i < 200; i++) {
      if (VKT_CHECK(register_refresh(&fences[0])))
         vkDestroyFence(wsi.device.handle, fences[0], NULL);
   }
}

/* Nothing can be plugged here: that it has not happened, and may go. */
static void
test_hotplug(void)
{
   const VkDeviceEventInfoEXT info = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_EVENT_INFO_EXT,
      .deviceEvent = VK_DEVICE_EVENT_TYPE_DISPLAY_HOTPLUG_EXT,
   };
   VkFence fences[2];

   for (uint32_t i = 0; i < 2; i++) {
      if (!VKT_CHECK(pRegisterDeviceEventEXT(wsi.device.handle, &info, NULL,
                                             &fences[i])))
         return;
   }
   U_CHECK_EQ(vkGetFenceStatus(wsi.device.handle, fences[0]), VK_NOT_READY);
   U_CHECK_EQ(vkWaitForFences(wsi.device.handle, 2, fences, VK_FALSE, 1000),
              VK_TIMEOUT);
   vkDestroyFence(wsi.device.handle, fences[1], NULL);
   vkDestroyFence(wsi.device.handle, fences[0], NULL);
}

static void
set_power(VkDisplayPowerStateEXT state)
{
   const VkDisplayPowerInfoEXT info = {
      .sType = VK_STRUCTURE_TYPE_DISPLAY_POWER_INFO_EXT,
      .powerState = state,
   };
   VKT_CHECK(pDisplayPowerControlEXT(wsi.device.handle, display, &info));
}

/* Frames for a screen that is off go nowhere, and hold nobody up. */
static void
test_power(void)
{
   const struct wsi_params params = { .extent = size };
   struct wsi_chain chain;

   if (!U_CHECK(wsi_chain_init(&chain, &wsi, surface, &params)))
      return;
   for (uint32_t i = 0; i < 30; i++) {
      if (i == 10)
         set_power(VK_DISPLAY_POWER_STATE_OFF_EXT);
      if (i == 20)
         set_power(VK_DISPLAY_POWER_STATE_ON_EXT);
      if (!present(&chain))
         break;
   }
   set_power(VK_DISPLAY_POWER_STATE_SUSPEND_EXT);
   set_power(VK_DISPLAY_POWER_STATE_ON_EXT);
   U_CHECK(present(&chain));
   wsi_chain_finish(&chain);
}

static void
test_counters(void)
{
   VkSurfaceCapabilities2EXT caps = {
      .sType = VK_STRUCTURE_TYPE_SURFACE_CAPABILITIES_2_EXT,
   };
   VKT_CHECK(pGetPhysicalDeviceSurfaceCapabilities2EXT(wsi.instance.pdev,
                                                       surface, &caps));
   U_CHECK_EQ(caps.currentExtent.width, size.width);
   U_CHECK(caps.minImageCount >= 2);
   printf("counters: 0x%x\n", caps.supportedSurfaceCounters);

   const VkSwapchainCounterCreateInfoEXT info = {
      .sType = VK_STRUCTURE_TYPE_SWAPCHAIN_COUNTER_CREATE_INFO_EXT,
      .surfaceCounters = caps.supportedSurfaceCounters,
   };
   const struct wsi_params params = { .extent = size, .next = &info };
   struct wsi_chain chain;
   uint64_t before = 0, after = 0;
   if (!U_CHECK(wsi_chain_init(&chain, &wsi, surface, &params)) ||
       !present(&chain))
      return;
   if (caps.supportedSurfaceCounters & VK_SURFACE_COUNTER_VBLANK_BIT_EXT) {
      VKT_CHECK(pGetSwapchainCounterEXT(wsi.device.handle, chain.handle,
                                        VK_SURFACE_COUNTER_VBLANK_BIT_EXT,
                                        &before));
      for (uint32_t i = 0; i < 10; i++)
         present(&chain);
      VKT_CHECK(pGetSwapchainCounterEXT(wsi.device.handle, chain.handle,
                                        VK_SURFACE_COUNTER_VBLANK_BIT_EXT,
                                        &after));
      U_CHECK(after > before);
   }
   wsi_chain_finish(&chain);
}

int
main(void)
{
   vkt_bound(120);
   if (set_up() && create_surface()) {
      test_acquire();
      test_refresh();
      test_power();
      test_counters();
      test_hotplug();
      vkDestroySurfaceKHR(wsi.instance.handle, surface, NULL);
   }
   wsi_finish(&wsi);
   return u_test_result();
}
