/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * VK_KHR_incremental_present: what an application says has changed is all
 * that need be copied, and whatever changed since an image was shown last has
 * to be. Pictures grow rectangle by rectangle, in images that take turns.
 */

#include "wsi_headless.h"

#include <string.h>

#define WIDTH  70
#define HEIGHT 50
#define EXTENT ((VkExtent2D){ WIDTH, HEIGHT })
#define FRAMES 60

/* As it should be, and what the image is filled from. */
struct picture {
   struct vkt_buffer buffer; /* of R8G8B8A8 */
   uint32_t seed;
};

static uint32_t
next_random(struct picture *picture, uint32_t below)
{
   picture->seed = picture->seed * 1664525 + 1013904223;
   return (picture->seed >> 8) % below;
}

static void
fill(struct picture *picture, const VkRect2D *rect, uint32_t value)
{
   for (uint32_t y = 0; y < rect->extent.height; y++) {
      for (uint32_t x = 0; x < rect->extent.width; x++) {
         const uint8_t color[4] = { value, value >> 8, value >> 16, 255 };
         memcpy((uint8_t *)picture->buffer.map +
                   4 * ((rect->offset.y + y) * WIDTH + rect->offset.x + x),
                color, 4);
      }
   }
}

static bool
draw(struct wsi *wsi, const struct picture *picture, VkImage image)
{
   const VkCommandBuffer cmd = wsi->device.cmd;
   const VkBufferImageCopy region = {
      .imageSubresource = { VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1 },
      .imageExtent = { WIDTH, HEIGHT, 1 },
   };

   if (!vkt_begin(&wsi->device))
      return false;
   vkt_image_barrier(cmd, image, VK_IMAGE_ASPECT_COLOR_BIT,
                     VK_IMAGE_LAYOUT_UNDEFINED,
                     VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL);
   vkCmdCopyBufferToImage(cmd, picture->buffer.handle, image,
                          VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, 1, &region);
   vkt_image_barrier(cmd, image, VK_IMAGE_ASPECT_COLOR_BIT,
                     VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL,
                     VK_IMAGE_LAYOUT_PRESENT_SRC_KHR);
   return vkt_submit_wait(&wsi->device);
}

static bool
show(struct wsi_chain *chain,
     const struct picture *picture,
     const VkRectLayerKHR *rects,
     uint32_t count)
{
   struct wsi *wsi = chain->wsi;
   const VkDevice device = wsi->device.handle;
   const VkFence fence = wsi->device.fence;
   const VkPresentRegionKHR region = { count, rects };
   const uint64_t id = ++chain->present_id;
   const VkPresentRegionsKHR regions = {
      .sType = VK_STRUCTURE_TYPE_PRESENT_REGIONS_KHR,
      .swapchainCount = 1,
      .pRegions = &region,
   };
   const VkPresentIdKHR id_info = {
      .sType = VK_STRUCTURE_TYPE_PRESENT_ID_KHR,
      .pNext = count ? &regions : NULL,
      .swapchainCount = 1,
      .pPresentIds = &id,
   };
   uint32_t index;

   if (!VKT_CHECK(vkAcquireNextImageKHR(device, chain->handle, VKT_TIMEOUT_NS,
                                        VK_NULL_HANDLE, fence, &index)) ||
       !VKT_CHECK(
          vkWaitForFences(device, 1, &fence, VK_TRUE, VKT_TIMEOUT_NS)) ||
       !VKT_CHECK(vkResetFences(device, 1, &fence)) ||
       !U_CHECK(draw(wsi, picture, chain->images[index])))
      return false;
   const VkPresentInfoKHR info = {
      .sType = VK_STRUCTURE_TYPE_PRESENT_INFO_KHR,
      .pNext = &id_info,
      .swapchainCount = 1,
      .pSwapchains = &chain->handle,
      .pImageIndices = &index,
   };
   return VKT_CHECK(vkQueuePresentKHR(wsi->device.queue, &info)) &&
          headless_wait(chain);
}

/* One to eleven of them, more than are remembered one by one. */
static uint32_t
change(struct picture *picture, VkRectLayerKHR rects[11])
{
   const uint32_t count = 1 + next_random(picture, 11);

   for (uint32_t i = 0; i < count; i++) {
      VkRect2D rect;

      rect.offset.x = (int32_t)next_random(picture, WIDTH);
      rect.offset.y = (int32_t)next_random(picture, HEIGHT);
      rect.extent.width =
         1 + next_random(picture, WIDTH - (uint32_t)rect.offset.x);
      rect.extent.height =
         1 + next_random(picture, HEIGHT - (uint32_t)rect.offset.y);
      fill(picture, &rect, next_random(picture, 1 << 24));
      rects[i] = (VkRectLayerKHR){ rect.offset, rect.extent, 0 };
   }
   return count;
}

static void
test_growing(struct wsi_chain *chain, struct picture *picture)
{
   const VkRect2D all = { .extent = EXTENT };

   fill(picture, &all, 0x808080);
   for (uint32_t frame = 0; frame < FRAMES; frame++) {
      VkRectLayerKHR rects[11];
      const uint32_t count = change(picture, rects);

      /* now and then it does not say what has changed */
      if (!show(chain, picture, rects, frame % 16 ? count : 0) ||
          !headless_shows_picture(EXTENT, picture->buffer.map))
         break;
   }
}

/* What changes secretly, once all images are known, is not looked for. */
static void
test_limits(struct wsi_chain *chain, struct picture *picture)
{
   const VkRectLayerKHR rect = { { 5, 6 }, { 7, 8 }, 0 };
   const VkRect2D all = { .extent = EXTENT };
   const VkRect2D part = { rect.offset, rect.extent };
   bool ok = true;

   fill(picture, &all, 0x112233);
   ok = show(chain, picture, NULL, 0);
   for (uint32_t i = 0; ok && i < chain->image_count; i++)
      ok = show(chain, picture, &rect, 1);
   fill(picture, &all, 0x445566);
   ok = ok && show(chain, picture, &rect, 1);
   fill(picture, &all, 0x112233);
   fill(picture, &part, 0x445566);
   if (ok)
      headless_shows_picture(EXTENT, picture->buffer.map);
}

int
headless_test_damage(struct wsi *wsi)
{
   const struct wsi_params params = {
      .extent = EXTENT,
      .format = VK_FORMAT_R8G8B8A8_UNORM,
   };
   const VkSurfaceKHR surface = headless_create(wsi);
   const bool copies = !strcmp(getenv("VN_WSI"), "copy");
   struct picture picture = { .seed = 1 };
   struct wsi_chain chain;

   if (U_CHECK(wsi_chain_init(&chain, wsi, surface, &params)) &&
       U_CHECK(vkt_buffer_init(&picture.buffer, &wsi->device,
                               WIDTH * HEIGHT * 4,
                               VK_BUFFER_USAGE_TRANSFER_SRC_BIT))) {
      test_growing(&chain, &picture);
      if (copies)
         test_limits(&chain, &picture);
   }
   vkt_buffer_finish(&picture.buffer);
   wsi_chain_finish(&chain);
   headless_destroy(wsi, surface);
   return u_test_failures;
}
