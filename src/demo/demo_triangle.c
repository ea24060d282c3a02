/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Draws one triangle with a colour in each corner on a dark ground. Works on
 * any image of the demo's size and format; does not care where its memory
 * comes from.
 */

#include "demo.h"

#include <string.h>

#include "triangle.frag.h"
#include "triangle.vert.h"

static VkResult
create_shader(VkDevice dev,
              const uint32_t *code,
              size_t size,
              VkShaderModule *out_module)
{
   const VkShaderModuleCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
      .codeSize = size,
      .pCode = code,
   };

   return vkCreateShaderModule(dev, &info, NULL, out_module);
}

static bool
create_render_pass(struct demo_triangle *triangle)
{
   const VkAttachmentDescription attachment = {
      .format = DEMO_FORMAT,
      .samples = VK_SAMPLE_COUNT_1_BIT,
      .loadOp = VK_ATTACHMENT_LOAD_OP_CLEAR,
      .storeOp = VK_ATTACHMENT_STORE_OP_STORE,
      .stencilLoadOp = VK_ATTACHMENT_LOAD_OP_DONT_CARE,
      .stencilStoreOp = VK_ATTACHMENT_STORE_OP_DONT_CARE,
      .initialLayout = VK_IMAGE_LAYOUT_UNDEFINED,
      .finalLayout = VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL,
   };
   const VkAttachmentReference color = {
      .attachment = 0,
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

   return demo_ok(vkCreateRenderPass(triangle->dev->handle, &info, NULL,
                                     &triangle->render_pass),
                  "vkCreateRenderPass");
}

VkResult
demo_triangle_create_pipeline(const struct demo_triangle *triangle,
                              VkPipeline *out_pipeline)
{
   const VkDevice dev = triangle->dev->handle;
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
   const VkPipelineVertexInputStateCreateInfo vertex = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_VERTEX_INPUT_STATE_CREATE_INFO,
   };
   const VkPipelineInputAssemblyStateCreateInfo assembly = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_INPUT_ASSEMBLY_STATE_CREATE_INFO,
      .topology = VK_PRIMITIVE_TOPOLOGY_TRIANGLE_LIST,
   };
   const VkViewport viewport = {
      .width = DEMO_WIDTH,
      .height = DEMO_HEIGHT,
      .maxDepth = 1.0f,
   };
   const VkRect2D scissor = { .extent = { DEMO_WIDTH, DEMO_HEIGHT } };
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
      .frontFace = VK_FRONT_FACE_CLOCKWISE,
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
      .layout = triangle->layout,
      .renderPass = triangle->render_pass,
   };
   VkResult result;

   result = create_shader(dev, triangle_vert, sizeof(triangle_vert),
                          &stages[0].module);
   if (result == VK_SUCCESS) {
      result = create_shader(dev, triangle_frag, sizeof(triangle_frag),
                             &stages[1].module);
   }
   if (result == VK_SUCCESS) {
      result = vkCreateGraphicsPipelines(dev, VK_NULL_HANDLE, 1, &info, NULL,
                                         out_pipeline);
   }
   vkDestroyShaderModule(dev, stages[0].module, NULL);
   vkDestroyShaderModule(dev, stages[1].module, NULL);
   return result;
}

static bool
create_target(struct demo_triangle *triangle, const struct demo_image *target)
{
   const VkImageViewCreateInfo view_info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
      .image = target->handle,
      .viewType = VK_IMAGE_VIEW_TYPE_2D,
      .format = DEMO_FORMAT,
      .subresourceRange = {
         .aspectMask = VK_IMAGE_ASPECT_COLOR_BIT,
         .levelCount = 1,
         .layerCount = 1,
      },
   };
   VkFramebufferCreateInfo framebuffer_info = {
      .sType = VK_STRUCTURE_TYPE_FRAMEBUFFER_CREATE_INFO,
      .renderPass = triangle->render_pass,
      .attachmentCount = 1,
      .pAttachments = &triangle->view,
      .width = DEMO_WIDTH,
      .height = DEMO_HEIGHT,
      .layers = 1,
   };

   return demo_ok(vkCreateImageView(triangle->dev->handle, &view_info, NULL,
                                    &triangle->view),
                  "vkCreateImageView") &&
          demo_ok(
             vkCreateFramebuffer(triangle->dev->handle, &framebuffer_info,
                                 NULL, &triangle->framebuffer),
             "vkCreateFramebuffer");
}

bool
demo_triangle_init(struct demo_triangle *triangle, struct demo_image *target)
{
   const VkPipelineLayoutCreateInfo layout_info = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
   };

   memset(triangle, 0, sizeof(*triangle));
   triangle->dev = target->dev;
   return create_render_pass(triangle) &&
          demo_ok(vkCreatePipelineLayout(triangle->dev->handle, &layout_info,
                                         NULL, &triangle->layout),
                  "vkCreatePipelineLayout") &&
          demo_ok(
             demo_triangle_create_pipeline(triangle, &triangle->pipeline),
             "vkCreateGraphicsPipelines") &&
          create_target(triangle, target);
}

void
demo_triangle_finish(struct demo_triangle *triangle)
{
   VkDevice dev;

   if (!triangle->dev)
      return;
   dev = triangle->dev->handle;
   vkDestroyFramebuffer(dev, triangle->framebuffer, NULL);
   vkDestroyImageView(dev, triangle->view, NULL);
   vkDestroyPipeline(dev, triangle->pipeline, NULL);
   vkDestroyPipelineLayout(dev, triangle->layout, NULL);
   vkDestroyRenderPass(dev, triangle->render_pass, NULL);
   memset(triangle, 0, sizeof(*triangle));
}

void
demo_triangle_record(const struct demo_triangle *triangle,
                     uint32_t draw_count)
{
   const VkClearValue dark = { .color.float32 = { 0.05f, 0.05f, 0.1f,
                                                  1.0f } };
   const VkRenderPassBeginInfo info = {
      .sType = VK_STRUCTURE_TYPE_RENDER_PASS_BEGIN_INFO,
      .renderPass = triangle->render_pass,
      .framebuffer = triangle->framebuffer,
      .renderArea.extent = { DEMO_WIDTH, DEMO_HEIGHT },
      .clearValueCount = 1,
      .pClearValues = &dark,
   };
   const VkCommandBuffer cmd = triangle->dev->cmd;

   vkCmdBeginRenderPass(cmd, &info, VK_SUBPASS_CONTENTS_INLINE);
   vkCmdBindPipeline(cmd, VK_PIPELINE_BIND_POINT_GRAPHICS,
                     triangle->pipeline);
   for (uint32_t i = 0; i < draw_count; i++)
      vkCmdDraw(cmd, 3, 1, 0, 0);
   vkCmdEndRenderPass(cmd);
}
