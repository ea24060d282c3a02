/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Displays on screens that exist only here (fake_kms.h): what is listed, what
 * an application brings along, and what the kernel says of screens that come
 * and go.
 */

#include <drm_fourcc.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <xf86drm.h>

#include "display_stage.h"
#include "u_test.h"
#include "vn_wsi_display_acquire.h"
#include "vn_wsi_display_hotplug.h"

#define WIDTH  1024
#define HEIGHT 768

/* ---- the lists ---- */

static void
test_lists(void)
{
   const VkPhysicalDevice p = stage_begin(true);
   fake_kms.first_master = true;
   VkDisplayPropertiesKHR display;
   VkDisplayPlanePropertiesKHR planes[3];
   VkDisplayModePropertiesKHR modes[4];
   VkDisplayKHR supported;
   uint32_t count = 0;

   U_CHECK_EQ(vn_GetPhysicalDeviceDisplayPropertiesKHR(p, &count, NULL),
              VK_SUCCESS);
   if (!U_CHECK_EQ(count, 1)) /* one of two is connected */
      return;
   U_CHECK_EQ(vn_GetPhysicalDeviceDisplayPropertiesKHR(p, &count, &display),
              VK_SUCCESS);
   U_CHECK(!strcmp(display.displayName, "Virtual-1"));
   U_CHECK_EQ(display.physicalDimensions.width, 300);
   U_CHECK_EQ(display.physicalResolution.width, WIDTH);
   U_CHECK_EQ(display.physicalResolution.height, HEIGHT);
   /* nobody is kept out by asking */
   U_CHECK_EQ(fake_kms.master, -1);

   count = 3;
   U_CHECK_EQ(
      vn_GetPhysicalDeviceDisplayPlanePropertiesKHR(p, &count, planes),
      VK_SUCCESS);
   U_CHECK_EQ(count, 2);
   U_CHECK(planes[0].currentDisplay == display.display);
   U_CHECK(!planes[1].currentDisplay);
   count = 1;
   U_CHECK_EQ(
      vn_GetPhysicalDeviceDisplayPlanePropertiesKHR(p, &count, planes),
      VK_INCOMPLETE);
   U_CHECK_EQ(count, 1);

   count = 1;
   U_CHECK_EQ(
      vn_GetDisplayPlaneSupportedDisplaysKHR(p, 0, &count, &supported),
      VK_SUCCESS);
   U_CHECK_EQ(count, 1);
   U_CHECK(supported == display.display);
   U_CHECK_EQ(vn_GetDisplayPlaneSupportedDisplaysKHR(p, 1, &count, NULL),
              VK_SUCCESS);
   U_CHECK_EQ(count, 0);
   U_CHECK_EQ(vn_GetDisplayPlaneSupportedDisplaysKHR(p, 99, &count, NULL),
              VK_SUCCESS);
   U_CHECK_EQ(count, 0);

   count = 4;
   U_CHECK_EQ(
      vn_GetDisplayModePropertiesKHR(p, display.display, &count, modes),
      VK_SUCCESS);
   U_CHECK_EQ(count, 3);
   U_CHECK_EQ(modes[1].parameters.visibleRegion.width, WIDTH);
   U_CHECK_EQ(modes[1].parameters.refreshRate, 59999);
   const VkDisplayModeKHR second = modes[1].displayMode;

   /* the other extension's forms say the same */
   VkDisplayModeProperties2KHR modes2[2] = {
      { .sType = VK_STRUCTURE_TYPE_DISPLAY_MODE_PROPERTIES_2_KHR },
      { .sType = VK_STRUCTURE_TYPE_DISPLAY_MODE_PROPERTIES_2_KHR },
   };
   count = 2;
   U_CHECK_EQ(
      vn_GetDisplayModeProperties2KHR(p, display.display, &count, modes2),
      VK_INCOMPLETE);
   U_CHECK(modes2[1].displayModeProperties.displayMode == second);
   U_CHECK_EQ(modes2[1].sType,
              VK_STRUCTURE_TYPE_DISPLAY_MODE_PROPERTIES_2_KHR);
   VkDisplayPlaneProperties2KHR plane2 = { 0 };
   count = 1;
   U_CHECK_EQ(
      vn_GetPhysicalDeviceDisplayPlaneProperties2KHR(p, &count, &plane2),
      VK_INCOMPLETE);
   U_CHECK(plane2.displayPlaneProperties.currentDisplay == display.display);
   VkDisplayProperties2KHR display2 = { 0 };
   count = 1;
   U_CHECK_EQ(vn_GetPhysicalDeviceDisplayProperties2KHR(p, &count, &display2),
              VK_SUCCESS);
   U_CHECK(display2.displayProperties.display == display.display);

   /* a mode is found, and not made up */
   VkDisplayModeCreateInfoKHR create = { .parameters = modes[1].parameters };
   VkDisplayModeKHR mode = VK_NULL_HANDLE;
   U_CHECK_EQ(
      vn_CreateDisplayModeKHR(p, display.display, &create, NULL, &mode),
      VK_SUCCESS);
   U_CHECK(mode == second);
   create.parameters.refreshRate++;
   U_CHECK_EQ(
      vn_CreateDisplayModeKHR(p, display.display, &create, NULL, &mode),
      VK_ERROR_INITIALIZATION_FAILED);

   VkDisplayPlaneCapabilitiesKHR caps;
   U_CHECK_EQ(vn_GetDisplayPlaneCapabilitiesKHR(p, second, 0, &caps),
              VK_SUCCESS);
   U_CHECK_EQ(caps.minDstExtent.width, WIDTH);
   U_CHECK_EQ(caps.maxSrcExtent.height, HEIGHT);
   U_CHECK_EQ(caps.supportedAlpha, VK_DISPLAY_PLANE_ALPHA_OPAQUE_BIT_KHR);

   /* what comes and goes keeps its handle */
   fake_kms.screens[0].mode_count = 1;
   fake_kms.screens[1].connected = true;
   fake_kms.screens[1].mode_count = 3;
   count = 0;
   U_CHECK_EQ(vn_GetPhysicalDeviceDisplayPropertiesKHR(p, &count, NULL),
              VK_SUCCESS);
   U_CHECK_EQ(count, 2);
   U_CHECK(stage_display(p) == display.display);
   count = 4;
   vn_GetDisplayModePropertiesKHR(p, display.display, &count, modes);
   U_CHECK_EQ(count, 1);
   fake_kms.screens[0].connected = false;
   U_CHECK_EQ(vn_GetPhysicalDeviceDisplayPropertiesKHR(p, &count, NULL),
              VK_SUCCESS);
   U_CHECK_EQ(count, 1);
   U_CHECK(stage_display(p) != display.display);
   U_CHECK(stage_end());
}

/* Each call fails in turn: less is listed then, and nothing else. */
static void
test_list_failures(void)
{
   static const char *const functions[] = {
      "drmGetDeviceFromDevId", "drmModeGetResources", "drmModeGetConnector",
      "drmModeGetEncoder",     "drmSetClientCap",     "drmGetCap",
   };
   for (uint32_t i = 0; i < VN_ARRAY_SIZE(functions); i++) {
      const VkPhysicalDevice p = stage_begin(true);
      const int fds = stage_count_fds();
      uint32_t count;
      fake_kms_fail(functions[i], 1, EACCES);
      U_CHECK_EQ(vn_GetPhysicalDeviceDisplayPropertiesKHR(p, &count, NULL),
                 VK_SUCCESS);
      U_CHECK(count <= 1);
      U_CHECK(stage_end());
      U_CHECK_EQ(stage_count_fds(), fds);
   }

   /* no node at all */
   const VkPhysicalDevice p = stage_begin(false);
   uint32_t count = 9;
   U_CHECK_EQ(vn_GetPhysicalDeviceDisplayPropertiesKHR(p, &count, NULL),
              VK_SUCCESS);
   U_CHECK_EQ(count, 0);
   U_CHECK(stage_end());
}

/* ---- an application's own fd ---- */

static void
test_acquire(bool has_device)
{
   const VkPhysicalDevice p = stage_begin(has_device);
   const int fds = stage_count_fds();
   const int fd = fake_kms_open();
   VkDisplayKHR display, other;

   /* fds of other things */
   int event = eventfd(0, 0);
   U_CHECK_EQ(vn_GetDrmDisplayEXT(p, event, FAKE_KMS_CONNECTOR, &display),
              VK_ERROR_UNKNOWN);
   U_CHECK(!display);
   close(event);
   U_CHECK_EQ(vn_GetDrmDisplayEXT(p, -1, FAKE_KMS_CONNECTOR, &display),
              VK_ERROR_UNKNOWN);
   /* a connector that is not there */
   U_CHECK_EQ(vn_GetDrmDisplayEXT(p, fd, 99, &display), VK_ERROR_UNKNOWN);
   U_CHECK(!display);

   U_CHECK_EQ(vn_GetDrmDisplayEXT(p, fd, FAKE_KMS_CONNECTOR, &display),
              VK_SUCCESS);
   if (!U_CHECK(display != VK_NULL_HANDLE))
      return;
   U_CHECK_EQ(vn_GetDrmDisplayEXT(p, fd, FAKE_KMS_CONNECTOR, &other),
              VK_SUCCESS);
   U_CHECK(other == display);

   /* only a master's */
   U_CHECK_EQ(vn_AcquireDrmDisplayEXT(p, fd, display),
              VK_ERROR_INITIALIZATION_FAILED);
   U_CHECK_EQ(drmSetMaster(fd), 0);
   U_CHECK_EQ(vn_AcquireDrmDisplayEXT(p, fd, display), VK_SUCCESS);
   /* once */
   U_CHECK_EQ(vn_AcquireDrmDisplayEXT(p, fd, display),
              VK_ERROR_INITIALIZATION_FAILED);
   U_CHECK_EQ(vn_ReleaseDisplayEXT(p, display), VK_SUCCESS);
   U_CHECK_EQ(vn_ReleaseDisplayEXT(p, display), VK_SUCCESS);
   fake_kms_fail("drmModeGetResources", 2, EIO);
   U_CHECK_EQ(vn_AcquireDrmDisplayEXT(p, fd, display),
              VK_ERROR_INITIALIZATION_FAILED);
   U_CHECK_EQ(vn_AcquireDrmDisplayEXT(p, fd, display), VK_SUCCESS);

   drmDropMaster(fd);
   close(fd);
   U_CHECK(stage_end()); /* gives the duplicate back */
   U_CHECK_EQ(stage_count_fds(), fds);
}

/* What the kernel says of devices, of which few things are screens. */
static void
test_messages(void)
{
   static const char hotplug[] =
      "change@/devices/pci0000:00/0000:00:02.0/drm/card0\0ACTION=change\0"
      "SUBSYSTEM=drm\0HOTPLUG=1\0DEVTYPE=drm_minor";
   static const char lease[] =
      "change@/devices/pci0000:00/0000:00:02.0/drm/card0\0ACTION=change\0"
      "SUBSYSTEM=drm\0LEASE=1";
   static const char usb[] = "add@/devices/usb1\0SUBSYSTEM=usb\0HOTPLUG=1";

   U_CHECK(vn_hotplug_is_message(hotplug, sizeof(hotplug)));
   U_CHECK(!vn_hotplug_is_message(hotplug, sizeof(hotplug) - 1));
   U_CHECK(!vn_hotplug_is_message(lease, sizeof(lease)));
   U_CHECK(!vn_hotplug_is_message(usb, sizeof(usb)));
   U_CHECK(!vn_hotplug_is_message("", 0));
}

static void
on_hotplug(struct vn_kms_event *event, bool lost)
{
   U_CHECK(!"a screen came or went");
}

static void
test_hotplug(void)
{
   const int fds = stage_count_fds();
   struct vn_hotplug *hotplug = vn_hotplug_create();
   struct vn_kms_event event;

   vn_kms_event_init(&event, on_hotplug);
   for (uint32_t i = 0; i < 3; i++) {
      if (U_CHECK(vn_hotplug_expect(hotplug, &event)))
         vn_hotplug_cancel(hotplug, &event);
   }
   vn_hotplug_destroy(hotplug);
   U_CHECK_EQ(stage_count_fds(), fds);
   vn_hotplug_destroy(NULL);
}

int
main(void)
{
   /* what never returns is a failure */
   alarm(60);
   test_messages();
   test_hotplug();
   test_lists();
   test_list_failures();
   test_acquire(true);
   test_acquire(false);
   return u_test_result();
}
