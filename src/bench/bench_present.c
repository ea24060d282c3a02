/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Frames that are presented, to a headless surface: what acquiring, waiting
 * for semaphores, presenting and, on one of our two roads, the copy cost,
 * without a window system's own time. An instance of its own, since surfaces
 * are chosen when that is made.
 */

#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define WIDTH        1280
#define HEIGHT       720
#define MAX_IMAGES   8
#define FRAMES       16 /* in one sample */
#define CPU_FRAMES   400
#define QUICK_FRAMES 4

struct present {
   const struct bench_options *options;
   VkInstance instance;
   VkPhysicalDevice pdev;
   uint32_t family;
   VkSurfaceKHR surface;
   VkDevice dev;
   VkQueue queue;
   VkCommandPool pool;

   VkSwapchainKHR swapchain;
   uint32_t image_count;
   VkCommandBuffer cmds[MAX_IMAGES]; /* by image */
   VkSemaphore drawn[MAX_IMAGES];
   VkSemaphore acquired[MAX_IMAGES]; /* in turn */
   VkFence fences[MAX_IMAGES];
   uint32_t turn;
   bool has_regions; /* VK_KHR_incremental_present */
   bool says_damage; /* in each frame */
};

static bool
create_surface(struct present *present)
{
   const char *const extensions[] = {
      VK_KHR_SURFACE_EXTENSION_NAME,
      VK_EXT_HEADLESS_SURFACE_EXTENSION_NAME,
   };
   const VkApplicationInfo app = {
      .sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
      .apiVersion = VK_API_VERSION_1_1,
   };
   const VkInstanceCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
      .pApplicationInfo = &app,
      .enabledExtensionCount = 2,
      .ppEnabledExtensionNames = extensions,
   };
   const VkHeadlessSurfaceCreateInfoEXT surface_info = {
      .sType = VK_STRUCTURE_TYPE_HEADLESS_SURFACE_CREATE_INFO_EXT,
   };
   uint32_t count = 1;

   if (vkCreateInstance(&info, NULL, &present->instance) != VK_SUCCESS) {
      fprintf(stderr, "present: no headless surfaces\n");
      return false;
   }
   const VkResult result =
      vkEnumeratePhysicalDevices(present->instance, &count, &present->pdev);
   if (result < VK_SUCCESS || !count)
      return demo_ok(VK_ERROR_INITIALIZATION_FAILED,
                     "vkEnumeratePhysicalDevices");
   const PFN_vkCreateHeadlessSurfaceEXT create =
      (PFN_vkCreateHeadlessSurfaceEXT)vkGetInstanceProcAddr(
         present->instance, "vkCreateHeadlessSurfaceEXT");
   return create && demo_ok(create(present->instance, &surface_info, NULL,
                                   &present->surface),
                            "vkCreateHeadlessSurfaceEXT");
}

static bool
choose_family(struct present *present)
{
   VkQueueFamilyProperties families[8];
   uint32_t count = 8;

   vkGetPhysicalDeviceQueueFamilyProperties(present->pdev, &count, families);
   for (uint32_t i = 0; i < count; i++) {
      VkBool32 supported = VK_FALSE;

      if (families[i].queueFlags & VK_QUEUE_GRAPHICS_BIT &&
          vkGetPhysicalDeviceSurfaceSupportKHR(
             present->pdev, i, present->surface, &supported) == VK_SUCCESS &&
          supported) {
         present->family = i;
         return true;
      }
   }
   fprintf(stderr, "present: no queue presents\n");
   return false;
}

static void
look_for_regions(struct present *present)
{
   VkExtensionProperties *list;
   uint32_t count = 0;

   vkEnumerateDeviceExtensionProperties(present->pdev, NULL, &count, NULL);
   list = calloc(count + 1, sizeof(*list));
   if (list && vkEnumerateDeviceExtensionProperties(
                  present->pdev, NULL, &count, list) == VK_SUCCESS) {
      for (uint32_t i = 0; i < count; i++) {
         present->has_regions |= !strcmp(
            list[i].extensionName, VK_KHR_INCREMENTAL_PRESENT_EXTENSION_NAME);
      }
   }
   free(list);
}

static bool
create_device(struct present *present)
{
   look_for_regions(present);

   const float priority = 1.0f;
   const VkDeviceQueueCreateInfo queue_info = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
      .queueFamilyIndex = present->family,
      .queueCount = 1,
      .pQueuePriorities = &priority,
   };
   const char *const extensions[] = {
      VK_KHR_SWAPCHAIN_EXTENSION_NAME,
      VK_KHR_INCREMENTAL_PRESENT_EXTENSION_NAME,
   };
   const VkDeviceCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
      .queueCreateInfoCount = 1,
      .pQueueCreateInfos = &queue_info,
      .enabledExtensionCount = present->has_regions ? 2 : 1,
      .ppEnabledExtensionNames = extensions,
   };
   const VkCommandPoolCreateInfo pool_info = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
      .queueFamilyIndex = present->family,
   };

   if (vkCreateDevice(present->pdev, &info, NULL, &present->dev) !=
       VK_SUCCESS) {
      fprintf(stderr, "present: no swapchains\n");
      return false;
   }
   vkGetDeviceQueue(present->dev, present->family, 0, &present->queue);
   return demo_ok(
      vkCreateCommandPool(present->dev, &pool_info, NULL, &present->pool),
      "vkCreateCommandPool");
}

static void
barrier(VkCommandBuffer cmd,
        VkImage image,
        VkImageLayout from,
        VkImageLayout to)
{
   const VkImageMemoryBarrier barrier = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
      .srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
      .dstAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
      .oldLayout = from,
      .newLayout = to,
      .srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
      .dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
      .image = image,
      .subresourceRange = { VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1 },
   };
   vkCmdPipelineBarrier(cmd, VK_PIPELINE_STAGE_TRANSFER_BIT,
                        VK_PIPELINE_STAGE_TRANSFER_BIT, 0, 0, NULL, 0, NULL,
                        1, &barrier);
}

/* As little drawing as there can be. */
static bool
record(VkCommandBuffer cmd, VkImage image)
{
   const VkCommandBufferBeginInfo begin = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
   };

   if (!demo_ok(vkBeginCommandBuffer(cmd, &begin), "vkBeginCommandBuffer"))
      return false;
   barrier(cmd, image, VK_IMAGE_LAYOUT_UNDEFINED,
           VK_IMAGE_LAYOUT_PRESENT_SRC_KHR);
   return demo_ok(vkEndCommandBuffer(cmd), "vkEndCommandBuffer");
}

static bool
create_objects(struct present *present)
{
   const VkSemaphoreCreateInfo semaphore_info = {
      .sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO,
   };
   const VkFenceCreateInfo fence_info = {
      .sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO,
      .flags = VK_FENCE_CREATE_SIGNALED_BIT,
   };
   VkImage images[MAX_IMAGES];

   present->image_count = MAX_IMAGES;
   if (!demo_ok(vkGetSwapchainImagesKHR(present->dev, present->swapchain,
                                        &present->image_count, images),
                "vkGetSwapchainImagesKHR"))
      return false;
   const VkCommandBufferAllocateInfo cmd_info = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
      .commandPool = present->pool,
      .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
      .commandBufferCount = present->image_count,
   };
   if (!demo_ok(
          vkAllocateCommandBuffers(present->dev, &cmd_info, present->cmds),
          "vkAllocateCommandBuffers"))
      return false;
   for (uint32_t i = 0; i < present->image_count; i++) {
      if (!demo_ok(vkCreateSemaphore(present->dev, &semaphore_info, NULL,
                                     &present->drawn[i]),
                   "vkCreateSemaphore") ||
          !demo_ok(vkCreateSemaphore(present->dev, &semaphore_info, NULL,
                                     &present->acquired[i]),
                   "vkCreateSemaphore") ||
          !demo_ok(vkCreateFence(present->dev, &fence_info, NULL,
                                 &present->fences[i]),
                   "vkCreateFence") ||
          !record(present->cmds[i], images[i]))
         return false;
   }
   return true;
}

static bool
create_swapchain(struct present *present, VkPresentModeKHR mode)
{
   VkSurfaceCapabilitiesKHR caps;

   if (!demo_ok(vkGetPhysicalDeviceSurfaceCapabilitiesKHR(
                   present->pdev, present->surface, &caps),
                "vkGetPhysicalDeviceSurfaceCapabilitiesKHR"))
      return false;
   const VkSwapchainCreateInfoKHR info = {
      .sType = VK_STRUCTURE_TYPE_SWAPCHAIN_CREATE_INFO_KHR,
      .surface = present->surface,
      .minImageCount = caps.minImageCount > 3 ? caps.minImageCount : 3,
      .imageFormat = VK_FORMAT_B8G8R8A8_UNORM,
      .imageExtent = { WIDTH, HEIGHT },
      .imageArrayLayers = 1,
      .imageUsage = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT,
      .preTransform = VK_SURFACE_TRANSFORM_IDENTITY_BIT_KHR,
      .compositeAlpha = VK_COMPOSITE_ALPHA_OPAQUE_BIT_KHR,
      .presentMode = mode,
   };
   present->turn = 0;
   return demo_ok(vkCreateSwapchainKHR(present->dev, &info, NULL,
                                       &present->swapchain),
                  "vkCreateSwapchainKHR") &&
          create_objects(present);
}

static void
destroy_swapchain(struct present *present)
{
   vkDeviceWaitIdle(present->dev);
   vkDestroySwapchainKHR(present->dev, present->swapchain, NULL);
   for (uint32_t i = 0; i < MAX_IMAGES; i++) {
      vkDestroySemaphore(present->dev, present->drawn[i], NULL);
      vkDestroySemaphore(present->dev, present->acquired[i], NULL);
      vkDestroyFence(present->dev, present->fences[i], NULL);
      present->drawn[i] = present->acquired[i] = VK_NULL_HANDLE;
      present->fences[i] = VK_NULL_HANDLE;
      if (present->cmds[i]) {
         vkFreeCommandBuffers(present->dev, present->pool, 1,
                              &present->cmds[i]);
      }
      present->cmds[i] = VK_NULL_HANDLE;
   }
   present->swapchain = VK_NULL_HANDLE;
}

static bool
frame(void *data)
{
   struct present *present = data;
   const uint32_t turn = present->turn;
   const VkPipelineStageFlags stage = VK_PIPELINE_STAGE_TRANSFER_BIT;
   const VkRectLayerKHR rect = { { 100, 100 }, { 64, 64 }, 0 };
   const VkPresentRegionKHR region = { 1, &rect };
   const VkPresentRegionsKHR regions = {
      .sType = VK_STRUCTURE_TYPE_PRESENT_REGIONS_KHR,
      .swapchainCount = 1,
      .pRegions = &region,
   };
   uint32_t index;

   present->turn = (turn + 1) % present->image_count;
   if (!demo_ok(vkWaitForFences(present->dev, 1, &present->fences[turn],
                                VK_TRUE, UINT64_MAX),
                "vkWaitForFences") ||
       !demo_ok(vkResetFences(present->dev, 1, &present->fences[turn]),
                "vkResetFences") ||
       !demo_ok(vkAcquireNextImageKHR(present->dev, present->swapchain,
                                      UINT64_MAX, present->acquired[turn],
                                      VK_NULL_HANDLE, &index),
                "vkAcquireNextImageKHR"))
      return false;
   const VkSubmitInfo submit = {
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
      .waitSemaphoreCount = 1,
      .pWaitSemaphores = &present->acquired[turn],
      .pWaitDstStageMask = &stage,
      .commandBufferCount = 1,
      .pCommandBuffers = &present->cmds[index],
      .signalSemaphoreCount = 1,
      .pSignalSemaphores = &present->drawn[index],
   };
   const VkPresentInfoKHR info = {
      .sType = VK_STRUCTURE_TYPE_PRESENT_INFO_KHR,
      .pNext = present->says_damage ? &regions : NULL,
      .waitSemaphoreCount = 1,
      .pWaitSemaphores = &present->drawn[index],
      .swapchainCount = 1,
      .pSwapchains = &present->swapchain,
      .pImageIndices = &index,
   };
   return demo_ok(
             vkQueueSubmit(present->queue, 1, &submit, present->fences[turn]),
             "vkQueueSubmit") &&
          demo_ok(vkQueuePresentKHR(present->queue, &info),
                  "vkQueuePresentKHR");
}

static double
cpu_us(void)
{
   struct rusage usage;

   getrusage(RUSAGE_SELF, &usage);
   return usage.ru_utime.tv_sec * 1e6 + usage.ru_utime.tv_usec +
          usage.ru_stime.tv_sec * 1e6 + usage.ru_stime.tv_usec;
}

/* The CPU time of this process: what an application loses to presenting. */
static void
measure_cpu(struct present *present, const char *name)
{
   const uint32_t frames =
      present->options->quick ? QUICK_FRAMES : CPU_FRAMES;

   if (!bench_wanted(present->options, name))
      return;
   const double before = cpu_us();
   for (uint32_t i = 0; i < frames; i++) {
      if (!frame(present))
         return;
   }
   vkQueueWaitIdle(present->queue);
   bench_print(name, "us", (cpu_us() - before) / frames);
}

static void
measure_road(struct present *present, const char *road)
{
   static const struct {
      VkPresentModeKHR mode;
      const char *name;
   } modes[] = {
      { VK_PRESENT_MODE_FIFO_KHR, "fifo" },
      { VK_PRESENT_MODE_MAILBOX_KHR, "mailbox" },
      { VK_PRESENT_MODE_IMMEDIATE_KHR, "immediate" },
   };
   VkPresentModeKHR offered[8];
   uint32_t count = 8;

   setenv("VN_WSI", road, 1);
   if (vkGetPhysicalDeviceSurfacePresentModesKHR(
          present->pdev, present->surface, &count, offered) < VK_SUCCESS)
      return;
   for (uint32_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
      char name[64], cpu_name[64];
      bool found = false;

      for (uint32_t j = 0; j < count; j++)
         found |= offered[j] == modes[i].mode;
      snprintf(name, sizeof(name), "present-%s-%s", road, modes[i].name);
      snprintf(cpu_name, sizeof(cpu_name), "present-cpu-%s-%s", road,
               modes[i].name);
      if (!found || (!bench_wanted(present->options, name) &&
                     !bench_wanted(present->options, cpu_name)))
         continue;
      if (create_swapchain(present, modes[i].mode)) {
         const struct bench_measure measure = {
            .name = name,
            .run = frame,
            .data = present,
            .repeat = FRAMES,
         };
         bench_measure(present->options, &measure);
         measure_cpu(present, cpu_name);
      }
      destroy_swapchain(present);
   }
   unsetenv("VN_WSI");
}

/* A cursor's worth has changed: less has to be copied. */
static void
measure_damage(struct present *present)
{
   const struct bench_measure measure = {
      .name = "present-copy-damage",
      .run = frame,
      .data = present,
      .repeat = FRAMES,
   };

   if (!present->has_regions || !bench_wanted(present->options, measure.name))
      return;
   setenv("VN_WSI", "copy", 1);
   present->says_damage = true;
   if (create_swapchain(present, VK_PRESENT_MODE_FIFO_KHR))
      bench_measure(present->options, &measure);
   destroy_swapchain(present);
   present->says_damage = false;
   unsetenv("VN_WSI");
}

void
bench_present(const struct bench_options *options)
{
   struct present present = { .options = options };

   if (create_surface(&present) && choose_family(&present) &&
       create_device(&present)) {
      /* other drivers have one way, which is compared with both */
      measure_road(&present, "direct");
      measure_road(&present, "copy");
      measure_damage(&present);
   }
   if (present.dev) {
      vkDestroyCommandPool(present.dev, present.pool, NULL);
      vkDestroyDevice(present.dev, NULL);
   }
   if (present.instance) {
      vkDestroySurfaceKHR(present.instance, present.surface, NULL);
      vkDestroyInstance(present.instance, NULL);
   }
}
