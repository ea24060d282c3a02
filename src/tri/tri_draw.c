/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The triangle. What it looks like hangs on the size and the angle alone, so
 * that two devices of one kind draw the same pixels.
 */

#include "tri.h"

#include <math.h>

#include "tri.frag.h"
#include "tri.vert.h"

static bool
create_render_pass(struct tri_draw *draw)
{
   const VkAttachmentDescription attachment = {
      .format = TRI_FORMAT,
      .samples = VK_SAMPLE_COUNT_1_BIT,
      .loadOp = VK_ATTACHMENT_LOAD_OP_CLEAR,
      .storeOp = VK_ATTACHMENT_STORE_OP_STORE,
      .stencilLoadOp = VK_ATTACHMENT_LOAD_OP_DONT_CARE,
      .stencilStoreOp = VK_ATTACHMENT_STORE_OP_DONT_CARE,
      .initialLayout = VK_IMAGE_LAYOUT_UNDEFINED,
      .finalLayout = VK_IMAGE_LAYOUT_GENERAL,
   };
   const VkAttachmentReference color = {
      .layout = VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL,
   };
   const VkSubpassDescription subpass = {
      .pipelineBindPoint = VK_PIPELINE_BIND_POINT_GRAPHICS,
      .colorAttachmentCount = 1,
      .pColorAttachments = &color,
   };
   const VkRenderPassCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_RENDER_PASS_CREATE_INFO,
      .attachmentCount = 1,
      .pAttachments = &attachment,
      .subpassCount = 1,
      .pSubpasses = &subpass,
   };

   return tri_ok(
      vkCreateRenderPass(draw->vk->device, &info, NULL, &draw->render_pass),
      "vkCreateRenderPass");
}

static bool
create_layout(struct tri_draw *draw)
{
   const VkPushConstantRange range = {
      .stageFlags = VK_SHADER_STAGE_VERTEX_BIT,
      .size = 2 * sizeof(float),
   };
   const VkPipelineLayoutCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
      .pushConstantRangeCount = 1,
      .pPushConstantRanges = &range,
   };

   return tri_ok(
      vkCreatePipelineLayout(draw->vk->device, &info, NULL, &draw->layout),
      "vkCreatePipelineLayout");
}

static bool
create_shader(struct tri_draw *draw,
              const uint32_t *code,
              size_t size,
              VkShaderModule *module_out)
{
   const VkShaderModuleCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
      .codeSize = size,
      .pCode = code,
   };

   return tri_ok(
      vkCreateShaderModule(draw->vk->device, &info, NULL, module_out),
      "vkCreateShaderModule");
}

static VkResult
create_pipeline(struct tri_draw *draw,
                const VkPipelineShaderStageCreateInfo stages[static 2])
{
   const VkPipelineVertexInputStateCreateInfo vertex = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_VERTEX_INPUT_STATE_CREATE_INFO,
   };
   const VkPipelineInputAssemblyStateCreateInfo assembly = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_INPUT_ASSEMBLY_STATE_CREATE_INFO,
      .topology = VK_PRIMITIVE_TOPOLOGY_TRIANGLE_LIST,
   };
   const VkViewport viewport = {
      .width = (float)draw->width,
      .height = (float)draw->height,
      .maxDepth = 1.0f,
   };
   const VkRect2D scissor = { .extent = { draw->width, draw->height } };
   const VkPipelineViewportStateCreateInfo viewports = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_VIEWPORT_STATE_CREATE_INFO,
      .viewportCount = 1,
      .pViewports = &viewport,
      .scissorCount = 1,
      .pScissors = &scissor,
   };
   const VkPipelineRasterizationStateCreateInfo raster = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_RASTERIZATION_STATE_CREATE_INFO,
      .polygonMode = VK_POLYGON_MODE_FILL,
      .cullMode = VK_CULL_MODE_NONE,
      .lineWidth = 1.0f,
   };
   const VkPipelineMultisampleStateCreateInfo samples = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_MULTISAMPLE_STATE_CREATE_INFO,
      .rasterizationSamples = VK_SAMPLE_COUNT_1_BIT,
   };
   const VkPipelineColorBlendAttachmentState attachment = {
      .colorWriteMask = VK_COLOR_COMPONENT_R_BIT | VK_COLOR_COMPONENT_G_BIT |
                        VK_COLOR_COMPONENT_B_BIT | VK_COLOR_COMPONENT_A_BIT,
   };
   const VkPipelineColorBlendStateCreateInfo blend = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_COLOR_BLEND_STATE_CREATE_INFO,
      .attachmentCount = 1,
      .pAttachments = &attachment,
   };
   const VkGraphicsPipelineCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_GRAPHICS_PIPELINE_CREATE_INFO,
      .stageCount = 2,
      .pStages = stages,
      .pVertexInputState = &vertex,
      .pInputAssemblyState = &assembly,
      .pViewportState = &viewports,
      .pRasterizationState = &raster,
      .pMultisampleState = &samples,
      .pColorBlendState = &blend,
      .layout = draw->layout,
      .renderPass = draw->render_pass,
   };

   return vkCreateGraphicsPipelines(draw->vk->device, VK_NULL_HANDLE, 1,
                                    &info, NULL, &draw->pipeline);
}

bool
tri_draw_init(struct tri_draw *draw,
              struct tri_vulkan *vk,
              uint32_t width,
              uint32_t height)
{
   VkPipelineShaderStageCreateInfo stages[2] = {
      {
         .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
         .stage = VK_SHADER_STAGE_VERTEX_BIT,
         .pName = "main",
      },
      {
         .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
         .stage = VK_SHADER_STAGE_FRAGMENT_BIT,
         .pName = "main",
      },
   };

   *draw = (struct tri_draw){ .vk = vk, .width = width, .height = height };
   const bool ok =
      create_render_pass(draw) && create_layout(draw) &&
      create_shader(draw, tri_vert, sizeof(tri_vert), &stages[0].module) &&
      create_shader(draw, tri_frag, sizeof(tri_frag), &stages[1].module) &&
      tri_ok(create_pipeline(draw, stages), "vkCreateGraphicsPipelines");
   vkDestroyShaderModule(vk->device, stages[0].module, NULL);
   vkDestroyShaderModule(vk->device, stages[1].module, NULL);
   return ok;
}

void
tri_draw_finish(struct tri_draw *draw)
{
   if (draw->vk) {
      const VkDevice device = draw->vk->device;

      vkDestroyPipeline(device, draw->pipeline, NULL);
      vkDestroyPipelineLayout(device, draw->layout, NULL);
      vkDestroyRenderPass(device, draw->render_pass, NULL);
   }
   *draw = (struct tri_draw){ 0 };
}

bool
tri_target_init(struct tri_target *target,
                struct tri_draw *draw,
                const struct tri_image *image,
                bool foreign)
{
   const VkDevice device = draw->vk->device;
   const VkImageViewCreateInfo view_info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
      .image = image->image,
      .viewType = VK_IMAGE_VIEW_TYPE_2D,
      .format = TRI_FORMAT,
      .subresourceRange = { VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1 },
   };
   const VkCommandBufferAllocateInfo cmd_info = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
      .commandPool = draw->vk->pool,
      .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
      .commandBufferCount = 1,
   };
   const VkFenceCreateInfo fence_info = {
      .sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO,
   };

   *target = (struct tri_target){
      .draw = draw,
      .image = image->image,
      .foreign = foreign,
   };
   if (!tri_ok(vkCreateImageView(device, &view_info, NULL, &target->view),
               "vkCreateImageView"))
      return false;
   const VkFramebufferCreateInfo fb_info = {
      .sType = VK_STRUCTURE_TYPE_FRAMEBUFFER_CREATE_INFO,
      .renderPass = draw->render_pass,
      .attachmentCount = 1,
      .pAttachments = &target->view,
      .width = draw->width,
      .height = draw->height,
      .layers = 1,
   };
   return tri_ok(vkCreateFramebuffer(device, &fb_info, NULL,
                                     &target->framebuffer),
                 "vkCreateFramebuffer") &&
          tri_ok(vkAllocateCommandBuffers(device, &cmd_info, &target->cmd),
                 "vkAllocateCommandBuffers") &&
          tri_ok(vkCreateFence(device, &fence_info, NULL, &target->fence),
                 "vkCreateFence");
}

void
tri_target_finish(struct tri_target *target)
{
   if (target->draw) {
      const VkDevice device = target->draw->vk->device;

      vkDestroyFence(device, target->fence, NULL);
      if (target->cmd) {
         vkFreeCommandBuffers(device, target->draw->vk->pool, 1,
                              &target->cmd);
      }
      vkDestroyFramebuffer(device, target->framebuffer, NULL);
      vkDestroyImageView(device, target->view, NULL);
   }
   *target = (struct tri_target){ 0 };
}

/*
 * Behind the render pass the image goes to whoever looks at it: the screen
 * (FOREIGN), or the CPU. Nothing is taken back before it: its contents are
 * not wanted, and a layout of UNDEFINED says so.
 */
static void
hand_over(struct tri_target *target)
{
   const uint32_t family = target->draw->vk->queue_family;
   const VkImageMemoryBarrier barrier = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
      .srcAccessMask = VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT,
      .dstAccessMask = target->foreign ? 0 : VK_ACCESS_HOST_READ_BIT,
      .oldLayout = VK_IMAGE_LAYOUT_GENERAL,
      .newLayout = VK_IMAGE_LAYOUT_GENERAL,
      .srcQueueFamilyIndex =
         target->foreign ? family : VK_QUEUE_FAMILY_IGNORED,
      .dstQueueFamilyIndex = target->foreign ? VK_QUEUE_FAMILY_FOREIGN_EXT
                                             : VK_QUEUE_FAMILY_IGNORED,
      .image = target->image,
      .subresourceRange = { VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1 },
   };

   vkCmdPipelineBarrier(target->cmd,
                        VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT,
                        target->foreign ? VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT
                                        : VK_PIPELINE_STAGE_HOST_BIT,
                        0, 0, NULL, 0, NULL, 1, &barrier);
}

bool
tri_target_submit(struct tri_target *target, float angle)
{
   const struct tri_draw *draw = target->draw;
   const float cos_sin[2] = { cosf(angle), sinf(angle) };
   const VkCommandBufferBeginInfo begin = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
      .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT,
   };
   const VkClearValue clear = { .color.float32 = { 0.1f, 0.1f, 0.2f, 1.0f } };
   const VkRenderPassBeginInfo pass = {
      .sType = VK_STRUCTURE_TYPE_RENDER_PASS_BEGIN_INFO,
      .renderPass = draw->render_pass,
      .framebuffer = target->framebuffer,
      .renderArea = { .extent = { draw->width, draw->height } },
      .clearValueCount = 1,
      .pClearValues = &clear,
   };
   const VkSubmitInfo submit = {
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
      .commandBufferCount = 1,
      .pCommandBuffers = &target->cmd,
   };

   if (!tri_ok(vkBeginCommandBuffer(target->cmd, &begin),
               "vkBeginCommandBuffer"))
      return false;
   vkCmdBeginRenderPass(target->cmd, &pass, VK_SUBPASS_CONTENTS_INLINE);
   vkCmdBindPipeline(target->cmd, VK_PIPELINE_BIND_POINT_GRAPHICS,
                     draw->pipeline);
   vkCmdPushConstants(target->cmd, draw->layout, VK_SHADER_STAGE_VERTEX_BIT,
                      0, sizeof(cos_sin), cos_sin);
   vkCmdDraw(target->cmd, 3, 1, 0, 0);
   vkCmdEndRenderPass(target->cmd);
   hand_over(target);
   return tri_ok(vkEndCommandBuffer(target->cmd), "vkEndCommandBuffer") &&
          tri_ok(vkResetFences(draw->vk->device, 1, &target->fence),
                 "vkResetFences") &&
          tri_ok(vkQueueSubmit(draw->vk->queue, 1, &submit, target->fence),
                 "vkQueueSubmit");
}

bool
tri_target_wait(struct tri_target *target)
{
   return tri_ok(vkWaitForFences(target->draw->vk->device, 1, &target->fence,
                                 VK_TRUE, UINT64_MAX),
                 "vkWaitForFences");
}
