/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The images of a swapchain as images: views of other formats, aliases, and
 * drawing with render passes that leave them in the layout for presenting.
 */

#include "wsi_headless.h"

#include <string.h>

#define EXTENT ((VkExtent2D){ 64, 48 })

/* What a render pass that clears needs. */
struct pass {
   VkRenderPass handle;
   VkImageView view;
   VkFramebuffer framebuffer;
};

static bool
pass_init(struct pass *pass, VkDevice device, VkImage image, VkFormat format)
{
   const VkAttachmentDescription attachment = {
      .format = format,
      .samples = VK_SAMPLE_COUNT_1_BIT,
      .loadOp = VK_ATTACHMENT_LOAD_OP_CLEAR,
      .storeOp = VK_ATTACHMENT_STORE_OP_STORE,
      .stencilLoadOp = VK_ATTACHMENT_LOAD_OP_DONT_CARE,
      .stencilStoreOp = VK_ATTACHMENT_STORE_OP_DONT_CARE,
      .finalLayout = VK_IMAGE_LAYOUT_PRESENT_SRC_KHR,
   };
   const VkAttachmentReference reference = {
      .layout = VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL,
   };
   const VkSubpassDescription subpass = {
      .pipelineBindPoint = VK_PIPELINE_BIND_POINT_GRAPHICS,
      .colorAttachmentCount = 1,
      .pColorAttachments = &reference,
   };
   const VkSubpassDependency dependency = {
      .srcSubpass = VK_SUBPASS_EXTERNAL,
      .srcStageMask = VK_PIPELINE_STAGE_TRANSFER_BIT,
      .dstStageMask = VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT,
      .dstAccessMask = VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT,
   };
   const VkRenderPassCreateInfo pass_info = {
      .sType = VK_STRUCTURE_TYPE_RENDER_PASS_CREATE_INFO,
      .attachmentCount = 1,
      .pAttachments = &attachment,
      .subpassCount = 1,
      .pSubpasses = &subpass,
      .dependencyCount = 1,
      .pDependencies = &dependency,
   };
   const VkImageViewCreateInfo view_info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
      .image = image,
      .viewType = VK_IMAGE_VIEW_TYPE_2D,
      .format = format,
      .subresourceRange = { VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1 },
   };

   memset(pass, 0, sizeof(*pass));
   if (!VKT_CHECK(
          vkCreateRenderPass(device, &pass_info, NULL, &pass->handle)) ||
       !VKT_CHECK(vkCreateImageView(device, &view_info, NULL, &pass->view)))
      return false;
   const VkFramebufferCreateInfo framebuffer_info = {
      .sType = VK_STRUCTURE_TYPE_FRAMEBUFFER_CREATE_INFO,
      .renderPass = pass->handle,
      .attachmentCount = 1,
      .pAttachments = &pass->view,
      .width = EXTENT.width,
      .height = EXTENT.height,
      .layers = 1,
   };
   return VKT_CHECK(vkCreateFramebuffer(device, &framebuffer_info, NULL,
                                        &pass->framebuffer));
}

static void
pass_finish(struct pass *pass, VkDevice device)
{
   vkDestroyFramebuffer(device, pass->framebuffer, NULL);
   vkDestroyImageView(device, pass->view, NULL);
   vkDestroyRenderPass(device, pass->handle, NULL);
}

/* Clears the attachment; a wait for the device stands for all semaphores. */
static bool
pass_draw(struct pass *pass, struct wsi *wsi, const float color[4])
{
   VkClearValue clear;
   const VkRenderPassBeginInfo begin = {
      .sType = VK_STRUCTURE_TYPE_RENDER_PASS_BEGIN_INFO,
      .renderPass = pass->handle,
      .framebuffer = pass->framebuffer,
      .renderArea.extent = EXTENT,
      .clearValueCount = 1,
      .pClearValues = &clear,
   };

   memcpy(clear.color.float32, color, sizeof(clear.color.float32));
   if (!vkt_begin(&wsi->device))
      return false;
   vkCmdBeginRenderPass(wsi->device.cmd, &begin, VK_SUBPASS_CONTENTS_INLINE);
   vkCmdEndRenderPass(wsi->device.cmd);
   return vkt_submit_wait(&wsi->device);
}

/* Acquires with the fence, draws, presents without a semaphore. */
static bool
show(struct wsi_chain *chain,
     VkImage (*image_of)(struct wsi_chain *chain, uint32_t index),
     VkFormat format,
     const float color[4])
{
   struct wsi *wsi = chain->wsi;
   const VkDevice device = wsi->device.handle;
   const VkFence fence = wsi->device.fence;
   struct pass pass;
   uint32_t index;

   if (!VKT_CHECK(vkAcquireNextImageKHR(device, chain->handle, VKT_TIMEOUT_NS,
                                        VK_NULL_HANDLE, fence, &index)) ||
       !VKT_CHECK(
          vkWaitForFences(device, 1, &fence, VK_TRUE, VKT_TIMEOUT_NS)) ||
       !VKT_CHECK(vkResetFences(device, 1, &fence)))
      return false;
   const uint64_t id = ++chain->present_id;
   const VkPresentIdKHR id_info = {
      .sType = VK_STRUCTURE_TYPE_PRESENT_ID_KHR,
      .swapchainCount = 1,
      .pPresentIds = &id,
   };
   const VkPresentInfoKHR info = {
      .sType = VK_STRUCTURE_TYPE_PRESENT_INFO_KHR,
      .pNext = &id_info,
      .swapchainCount = 1,
      .pSwapchains = &chain->handle,
      .pImageIndices = &index,
   };
   const bool ok = pass_init(&pass, device, image_of(chain, index), format) &&
                   U_CHECK(pass_draw(&pass, wsi, color)) &&
                   VKT_CHECK(vkQueuePresentKHR(wsi->device.queue, &info)) &&
                   headless_wait(chain);
   pass_finish(&pass, device);
   return ok;
}

static VkImage
own_image(struct wsi_chain *chain, uint32_t index)
{
   return chain->images[index];
}

/* VK_KHR_swapchain_mutable_format: half of the light is 188 of 255. */
static void
test_mutable(struct wsi *wsi, VkSurfaceKHR surface)
{
   const VkFormat formats[] = {
      VK_FORMAT_B8G8R8A8_UNORM,
      VK_FORMAT_B8G8R8A8_SRGB,
   };
   const VkImageFormatListCreateInfo list = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_LIST_CREATE_INFO,
      .viewFormatCount = 2,
      .pViewFormats = formats,
   };
   const struct wsi_params params = {
      .extent = EXTENT,
      .usage = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT,
      .flags = VK_SWAPCHAIN_CREATE_MUTABLE_FORMAT_BIT_KHR,
      .next = &list,
   };
   const float half[4] = { 0.5f, 1.0f, 0.0f, 1.0f };
   struct wsi_chain chain;

   if (U_CHECK(wsi_chain_init(&chain, wsi, surface, &params))) {
      if (show(&chain, own_image, formats[1], half))
         headless_shows(EXTENT, (const uint8_t[4]){ 188, 255, 0, 255 });
      if (show(&chain, own_image, formats[0], half))
         headless_shows(EXTENT, (const uint8_t[4]){ 128, 255, 0, 255 });
   }
   wsi_chain_finish(&chain);
}

/* Made by make_aliases, for the test that is under way. */
static VkImage aliases[WSI_MAX_IMAGES];

static VkImage
alias_image(struct wsi_chain *chain, uint32_t index)
{
   return aliases[index];
}

/* Images with the memory of the swapchain's. */
static bool
make_aliases(struct wsi_chain *chain)
{
   const VkDevice device = chain->wsi->device.handle;
   const VkImageSwapchainCreateInfoKHR swapchain_info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_SWAPCHAIN_CREATE_INFO_KHR,
      .swapchain = chain->handle,
   };
   const VkImageCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
      .pNext = &swapchain_info,
      .imageType = VK_IMAGE_TYPE_2D,
      .format = VK_FORMAT_B8G8R8A8_UNORM,
      .extent = { EXTENT.width, EXTENT.height, 1 },
      .mipLevels = 1,
      .arrayLayers = 1,
      .samples = VK_SAMPLE_COUNT_1_BIT,
      .tiling = VK_IMAGE_TILING_OPTIMAL,
      .usage = VK_IMAGE_USAGE_TRANSFER_DST_BIT |
               VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT,
   };

   for (uint32_t i = 0; i < chain->image_count; i++) {
      const VkBindImageMemorySwapchainInfoKHR bind_swapchain = {
         .sType = VK_STRUCTURE_TYPE_BIND_IMAGE_MEMORY_SWAPCHAIN_INFO_KHR,
         .swapchain = chain->handle,
         .imageIndex = i,
      };
      if (!VKT_CHECK(vkCreateImage(device, &info, NULL, &aliases[i])))
         return false;
      const VkBindImageMemoryInfo bind = {
         .sType = VK_STRUCTURE_TYPE_BIND_IMAGE_MEMORY_INFO,
         .pNext = &bind_swapchain,
         .image = aliases[i],
      };
      if (!VKT_CHECK(vkBindImageMemory2(device, 1, &bind)))
         return false;
   }
   return true;
}

static void
test_alias(struct wsi *wsi, VkSurfaceKHR surface)
{
   const struct wsi_params params = {
      .extent = EXTENT,
      .usage = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT,
   };
   const float red[4] = { 1.0f, 0.0f, 0.2f, 1.0f };
   struct wsi_chain chain;

   memset(aliases, 0, sizeof(aliases));
   if (U_CHECK(wsi_chain_init(&chain, wsi, surface, &params)) &&
       make_aliases(&chain) &&
       show(&chain, alias_image, VK_FORMAT_B8G8R8A8_UNORM, red))
      headless_shows(EXTENT, (const uint8_t[4]){ 255, 0, 51, 255 });
   vkDeviceWaitIdle(wsi->device.handle);
   for (uint32_t i = 0; i < WSI_MAX_IMAGES; i++)
      vkDestroyImage(wsi->device.handle, aliases[i], NULL);
   wsi_chain_finish(&chain);
}

/* Every format that is offered can be drawn to. */
static void
test_formats(struct wsi *wsi, VkSurfaceKHR surface)
{
   const float color[4] = { 0.0f, 1.0f, 0.0f, 1.0f };
   VkSurfaceFormatKHR formats[32];
   uint32_t count = VKT_ARRAY_SIZE(formats);

   VKT_CHECK(vkGetPhysicalDeviceSurfaceFormatsKHR(wsi->instance.pdev, surface,
                                                  &count, formats));
   for (uint32_t i = 0; i < count; i++) {
      const struct wsi_params params = {
         .extent = EXTENT,
         .format = formats[i].format,
         .usage = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT,
      };
      struct wsi_chain chain;

      if (!U_CHECK(wsi_chain_init(&chain, wsi, surface, &params)) ||
          !U_CHECK(show(&chain, own_image, formats[i].format, color)))
         fprintf(stderr, "format %d\n", (int)formats[i].format);
      wsi_chain_finish(&chain);
   }
}

int
headless_test_images(struct wsi *wsi)
{
   const VkSurfaceKHR surface = headless_create(wsi);

   test_mutable(wsi, surface);
   test_alias(wsi, surface);
   test_formats(wsi, surface);
   headless_destroy(wsi, surface);
   return u_test_failures;
}
