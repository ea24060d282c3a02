/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See share_draw.h.
 */

#include "share_draw.h"

#include <string.h>

#include "turn_frag.h"
#include "turn_quad.h"

static bool
create_pass(struct share_draw *draw)
{
   const VkAttachmentDescription attachment = {
      .format = EXT_FORMAT,
      .samples = VK_SAMPLE_COUNT_1_BIT,
      .loadOp = VK_ATTACHMENT_LOAD_OP_LOAD,
      .storeOp = VK_ATTACHMENT_STORE_OP_STORE,
      .initialLayout = VK_IMAGE_LAYOUT_GENERAL,
      .finalLayout = VK_IMAGE_LAYOUT_GENERAL,
   };
   const VkAttachmentReference reference = {
      .layout = VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL,
   };
   const VkSubpassDescription subpass = {
      .pipelineBindPoint = VK_PIPELINE_BIND_POINT_GRAPHICS,
      .colorAttachmentCount = 1,
      .pColorAttachments = &reference,
   };
   const VkRenderPassCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_RENDER_PASS_CREATE_INFO,
      .attachmentCount = 1,
      .pAttachments = &attachment,
      .subpassCount = 1,
      .pSubpasses = &subpass,
   };
   return VKT_CHECK(
      vkCreateRenderPass(draw->dev->handle, &info, NULL, &draw->pass));
}

bool
share_draw_set_target(struct share_draw *draw, VkImage image)
{
   const VkImageViewCreateInfo view = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
      .image = image,
      .viewType = VK_IMAGE_VIEW_TYPE_2D,
      .format = EXT_FORMAT,
      .subresourceRange = { VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1 },
   };
   if (!VKT_CHECK(
          vkCreateImageView(draw->dev->handle, &view, NULL, &draw->view)))
      return false;
   const VkFramebufferCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_FRAMEBUFFER_CREATE_INFO,
      .renderPass = draw->pass,
      .attachmentCount = 1,
      .pAttachments = &draw->view,
      .width = EXT_WIDTH,
      .height = EXT_HEIGHT,
      .layers = 1,
   };
   return VKT_CHECK(vkCreateFramebuffer(draw->dev->handle, &info, NULL,
                                        &draw->framebuffer));
}

/* Adds the pushed colour to every pixel. */
static bool
create_pipeline(struct share_draw *draw)
{
   const VkPushConstantRange range = {
      .stageFlags = VK_SHADER_STAGE_FRAGMENT_BIT,
      .size = 4 * sizeof(float),
   };
   const VkPipelineLayoutCreateInfo layout = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
      .pushConstantRangeCount = 1,
      .pPushConstantRanges = &range,
   };
   draw->vert = vkt_shader(draw->dev, turn_quad, sizeof(turn_quad));
   draw->frag = vkt_shader(draw->dev, turn_frag, sizeof(turn_frag));
   if (!draw->vert || !draw->frag ||
       !VKT_CHECK(vkCreatePipelineLayout(draw->dev->handle, &layout, NULL,
                                         &draw->layout)))
      return false;

   const VkPipelineShaderStageCreateInfo stages[] = {
      {
         .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
         .stage = VK_SHADER_STAGE_VERTEX_BIT,
         .module = draw->vert,
         .pName = "main",
      },
      {
         .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
         .stage = VK_SHADER_STAGE_FRAGMENT_BIT,
         .module = draw->frag,
         .pName = "main",
      },
   };
   const VkPipelineVertexInputStateCreateInfo input = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_VERTEX_INPUT_STATE_CREATE_INFO,
   };
   const VkPipelineInputAssemblyStateCreateInfo assembly = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_INPUT_ASSEMBLY_STATE_CREATE_INFO,
      .topology = VK_PRIMITIVE_TOPOLOGY_TRIANGLE_STRIP,
   };
   /* the shader fills the left half */
   const VkViewport viewport = { 0, 0, 2 * EXT_WIDTH, EXT_HEIGHT, 0, 1 };
   const VkRect2D scissor = { .extent = { EXT_WIDTH, EXT_HEIGHT } };
   const VkPipelineViewportStateCreateInfo viewports = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_VIEWPORT_STATE_CREATE_INFO,
      .viewportCount = 1,
      .pViewports = &viewport,
      .scissorCount = 1,
      .pScissors = &scissor,
   };
   const VkPipelineRasterizationStateCreateInfo raster = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_RASTERIZATION_STATE_CREATE_INFO,
      .lineWidth = 1.0f,
   };
   const VkPipelineMultisampleStateCreateInfo samples = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_MULTISAMPLE_STATE_CREATE_INFO,
      .rasterizationSamples = VK_SAMPLE_COUNT_1_BIT,
   };
   const VkPipelineColorBlendAttachmentState blend = {
      .blendEnable = VK_TRUE,
      .srcColorBlendFactor = VK_BLEND_FACTOR_ONE,
      .dstColorBlendFactor = VK_BLEND_FACTOR_ONE,
      .colorBlendOp = VK_BLEND_OP_ADD,
      .srcAlphaBlendFactor = VK_BLEND_FACTOR_ONE,
      .dstAlphaBlendFactor = VK_BLEND_FACTOR_ONE,
      .alphaBlendOp = VK_BLEND_OP_ADD,
      .colorWriteMask = 0xf,
   };
   const VkPipelineColorBlendStateCreateInfo blends = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_COLOR_BLEND_STATE_CREATE_INFO,
      .attachmentCount = 1,
      .pAttachments = &blend,
   };
   const VkGraphicsPipelineCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_GRAPHICS_PIPELINE_CREATE_INFO,
      .stageCount = VKT_ARRAY_SIZE(stages),
      .pStages = stages,
      .pVertexInputState = &input,
      .pInputAssemblyState = &assembly,
      .pViewportState = &viewports,
      .pRasterizationState = &raster,
      .pMultisampleState = &samples,
      .pColorBlendState = &blends,
      .layout = draw->layout,
      .renderPass = draw->pass,
   };
   return VKT_CHECK(vkCreateGraphicsPipelines(
      draw->dev->handle, VK_NULL_HANDLE, 1, &info, NULL, &draw->pipeline));
}

bool
share_draw_init(struct share_draw *draw, struct vkt_device *dev)
{
   memset(draw, 0, sizeof(*draw));
   draw->dev = dev;
   return create_pass(draw) && create_pipeline(draw);
}

void
share_draw_finish(struct share_draw *draw)
{
   if (draw->dev) {
      VkDevice dev = draw->dev->handle;

      vkDestroyPipeline(dev, draw->pipeline, NULL);
      vkDestroyShaderModule(dev, draw->frag, NULL);
      vkDestroyShaderModule(dev, draw->vert, NULL);
      vkDestroyPipelineLayout(dev, draw->layout, NULL);
      vkDestroyFramebuffer(dev, draw->framebuffer, NULL);
      vkDestroyImageView(dev, draw->view, NULL);
      vkDestroyRenderPass(dev, draw->pass, NULL);
   }
   memset(draw, 0, sizeof(*draw));
}

void
share_draw_record(const struct share_draw *draw,
                  VkCommandBuffer cmd,
                  const float color[4])
{
   const VkRenderPassBeginInfo begin = {
      .sType = VK_STRUCTURE_TYPE_RENDER_PASS_BEGIN_INFO,
      .renderPass = draw->pass,
      .framebuffer = draw->framebuffer,
      .renderArea.extent = { EXT_WIDTH, EXT_HEIGHT },
   };

   vkCmdBeginRenderPass(cmd, &begin, VK_SUBPASS_CONTENTS_INLINE);
   vkCmdBindPipeline(cmd, VK_PIPELINE_BIND_POINT_GRAPHICS, draw->pipeline);
   vkCmdPushConstants(cmd, draw->layout, VK_SHADER_STAGE_FRAGMENT_BIT, 0,
                      4 * sizeof(float), color);
   vkCmdDraw(cmd, 4, 1, 0, 0);
   vkCmdEndRenderPass(cmd);
}
