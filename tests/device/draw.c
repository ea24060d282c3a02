/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The graphics pipeline: two rectangles, one behind the other, with a depth
 * test, in a render pass, in an imageless framebuffer, and with dynamic
 * rendering. Rectangles end on pixel borders, so each pixel has one right
 * value.
 */

#include <string.h>

#include "draw_scene.h"

/* Left half red and near; everything green and far; blue where neither is:
 * the far one leaves out the bottom quarter. */
static void
check_picture(const struct draw_scene *scene)
{
   const uint32_t *words = scene->pixels.map;

   for (uint32_t y = 0; y < DRAW_SIDE; y++) {
      const bool bottom = y >= DRAW_SIDE * 3 / 4;
      const uint32_t *row = words + y * DRAW_SIDE;

      if (!U_CHECK(vkt_words_are(row, DRAW_SIDE / 2, 0xff0000ff)) ||
          !U_CHECK(vkt_words_are(row + DRAW_SIDE / 2, DRAW_SIDE / 2,
                                 bottom ? 0xffff0000 : 0xff00ff00)))
         return;
   }
}

static void
draw_and_check(struct draw_scene *scene, void (*record)(struct draw_scene *))
{
   memset(scene->pixels.map, 0, scene->pixels.size);
   if (!U_CHECK(vkt_begin(scene->dev)))
      return;
   record(scene);
   vkt_image_read(&scene->color, &scene->pixels);
   if (U_CHECK(vkt_submit_wait(scene->dev)))
      check_picture(scene);
}

static void
record_render_pass(struct draw_scene *scene)
{
   draw_begin_render_pass(scene, NULL, VK_SUBPASS_CONTENTS_INLINE);
   draw_scene_record(scene, scene->dev->cmd);
   vkCmdEndRenderPass(scene->dev->cmd);
}

static void
test_render_pass(struct vkt_device *dev)
{
   struct draw_scene scene;

   if (U_CHECK(draw_scene_init(&scene, dev, DRAW_RENDER_PASS)))
      draw_and_check(&scene, record_render_pass);
   draw_scene_finish(&scene);
}

/* The draws come from a secondary command buffer that continues the pass. */
static void
record_secondary(struct draw_scene *scene)
{
   const VkCommandBufferInheritanceInfo inherit = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_INHERITANCE_INFO,
      .renderPass = scene->render_pass,
      .framebuffer = scene->framebuffer,
   };
   const VkCommandBufferBeginInfo begin = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
      .flags = VK_COMMAND_BUFFER_USAGE_RENDER_PASS_CONTINUE_BIT,
      .pInheritanceInfo = &inherit,
   };

   VKT_CHECK(vkBeginCommandBuffer(scene->secondary, &begin));
   draw_scene_record(scene, scene->secondary);
   VKT_CHECK(vkEndCommandBuffer(scene->secondary));
   draw_begin_render_pass(scene, NULL,
                          VK_SUBPASS_CONTENTS_SECONDARY_COMMAND_BUFFERS);
   vkCmdExecuteCommands(scene->dev->cmd, 1, &scene->secondary);
   vkCmdEndRenderPass(scene->dev->cmd);
}

static void
test_secondary(struct vkt_device *dev)
{
   struct draw_scene scene;

   if (U_CHECK(draw_scene_init(&scene, dev, DRAW_RENDER_PASS)))
      draw_and_check(&scene, record_secondary);
   draw_scene_finish(&scene);
}

static void
record_imageless(struct draw_scene *scene)
{
   const VkImageView views[2] = { scene->color.view, scene->depth.view };
   const VkRenderPassAttachmentBeginInfo attachments = {
      .sType = VK_STRUCTURE_TYPE_RENDER_PASS_ATTACHMENT_BEGIN_INFO,
      .attachmentCount = 2,
      .pAttachments = views,
   };

   draw_begin_render_pass(scene, &attachments, VK_SUBPASS_CONTENTS_INLINE);
   draw_scene_record(scene, scene->dev->cmd);
   vkCmdEndRenderPass(scene->dev->cmd);
}

static void
test_imageless(struct vkt_device *dev)
{
   struct draw_scene scene;

   if (U_CHECK(draw_scene_init(&scene, dev, DRAW_IMAGELESS)))
      draw_and_check(&scene, record_imageless);
   draw_scene_finish(&scene);
}

static void
record_dynamic(struct draw_scene *scene)
{
   VkCommandBuffer cmd = scene->dev->cmd;

   vkt_image_barrier(cmd, scene->color.handle, scene->color.aspect,
                     VK_IMAGE_LAYOUT_UNDEFINED,
                     VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL);
   vkt_image_barrier(cmd, scene->depth.handle, scene->depth.aspect,
                     VK_IMAGE_LAYOUT_UNDEFINED,
                     VK_IMAGE_LAYOUT_DEPTH_STENCIL_ATTACHMENT_OPTIMAL);
   draw_begin_dynamic(scene);
   draw_scene_record(scene, cmd);
   vkCmdEndRendering(cmd);
   vkt_image_barrier(cmd, scene->color.handle, scene->color.aspect,
                     VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL,
                     VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL);
}

static void
test_dynamic(struct vkt_device *dev)
{
   struct draw_scene scene;

   if (U_CHECK(draw_scene_init(&scene, dev, DRAW_DYNAMIC)))
      draw_and_check(&scene, record_dynamic);
   draw_scene_finish(&scene);
}

/* How many samples pass is known: the whole picture less the bottom quarter's
 * right half for the two rectangles together. */
static void
test_occlusion(struct vkt_device *dev)
{
   const VkQueryPoolCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO,
      .queryType = VK_QUERY_TYPE_OCCLUSION,
      .queryCount = 2,
   };
   VkQueryPool pool = VK_NULL_HANDLE;
   struct draw_scene scene;
   uint32_t results[4] = { 0 };

   if (!U_CHECK(draw_scene_init(&scene, dev, DRAW_RENDER_PASS)) ||
       !VKT_CHECK(vkCreateQueryPool(dev->handle, &info, NULL, &pool)))
      goto out;
   /* the host's own reset makes it unavailable */
   vkResetQueryPool(dev->handle, pool, 0, 2);
   U_CHECK_EQ(
      vkGetQueryPoolResults(dev->handle, pool, 0, 1, 4, results, 4, 0),
      VK_NOT_READY);
   if (!U_CHECK(vkt_begin(dev)))
      goto out;
   draw_begin_render_pass(&scene, NULL, VK_SUBPASS_CONTENTS_INLINE);
   vkCmdBeginQuery(dev->cmd, pool, 1, 0);
   draw_scene_record(&scene, dev->cmd);
   vkCmdEndQuery(dev->cmd, pool, 1);
   vkCmdEndRenderPass(dev->cmd);
   if (!U_CHECK(vkt_submit_wait(dev)))
      goto out;

   VKT_CHECK(vkGetQueryPoolResults(
      dev->handle, pool, 1, 1, 8, results, 8,
      VK_QUERY_RESULT_WITH_AVAILABILITY_BIT | VK_QUERY_RESULT_WAIT_BIT));
   U_CHECK(results[1] != 0);
   U_CHECK(results[0] >= 1);
   VKT_CHECK(vkGetQueryPoolResults(dev->handle, pool, 1, 1, 4, results, 4,
                                   VK_QUERY_RESULT_PARTIAL_BIT));
   U_CHECK_EQ(vkGetQueryPoolResults(dev->handle, pool, 0, 2, 16, results, 8,
                                    VK_QUERY_RESULT_WITH_AVAILABILITY_BIT),
              VK_NOT_READY);
   U_CHECK_EQ(results[1], 0);
   U_CHECK(results[3] != 0);
out:
   vkDestroyQueryPool(dev->handle, pool, NULL);
   draw_scene_finish(&scene);
}

int
main(void)
{
   VkPhysicalDeviceVulkan13Features vk13 = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES,
      .dynamicRendering = VK_TRUE,
   };
   VkPhysicalDeviceVulkan12Features vk12 = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES,
      .hostQueryReset = VK_TRUE,
      .imagelessFramebuffer = VK_TRUE,
   };
   struct vkt_instance instance;
   struct vkt_device dev = { 0 };

   vkt_bound(60);
   if (!U_CHECK(vkt_instance_init(&instance)))
      goto out;
   if (instance.props.apiVersion >= VK_API_VERSION_1_3)
      vk12.pNext = &vk13;
   if (U_CHECK(vkt_device_init(&dev, &instance, NULL, 0, &vk12))) {
      test_render_pass(&dev);
      test_secondary(&dev);
      test_imageless(&dev);
      test_occlusion(&dev);
      if (vk12.pNext)
         test_dynamic(&dev);
   }
out:
   vkt_device_finish(&dev);
   vkt_instance_finish(&instance);
   return u_test_result();
}
