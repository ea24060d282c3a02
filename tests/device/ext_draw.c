/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See ext_draw.h. A pipeline for each image: formats come only a few times.
 */

#include "ext_draw.h"

#include <string.h>

#include "ext_fill_float.h"
#include "ext_fill_sint.h"
#include "ext_fill_uint.h"
#include "ext_quad.h"

/* What is made for one drawing. */
struct drawing {
   VkImageView view;
   VkRenderPass pass;
   VkFramebuffer framebuffer;
   VkPipeline pipeline; /* only for a colour */
};

bool
ext_draw_init(struct ext_ops *ops)
{
   static const struct {
      const uint32_t *code;
      size_t size;
   } fill[3] = {
      [EXT_FLOAT] = { ext_fill_float, sizeof(ext_fill_float) },
      [EXT_SINT] = { ext_fill_sint, sizeof(ext_fill_sint) },
      [EXT_UINT] = { ext_fill_uint, sizeof(ext_fill_uint) },
   };
   const VkPipelineLayoutCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
   };

   ops->vert = vkt_shader(&ops->dev->base, ext_quad, sizeof(ext_quad));
   for (uint32_t i = 0; i < 3; i++)
      ops->frag[i] = vkt_shader(&ops->dev->base, fill[i].code, fill[i].size);
   return ops->vert && ops->frag[0] && ops->frag[1] && ops->frag[2] &&
          vkt_ok(vkCreatePipelineLayout(ops->dev->base.handle, &info, NULL,
                                        &ops->draw_layout),
                 "vkCreatePipelineLayout");
}

void
ext_draw_finish(struct ext_ops *ops)
{
   VkDevice dev = ops->dev->base.handle;

   vkDestroyPipelineLayout(dev, ops->draw_layout, NULL);
   for (uint32_t i = 0; i < 3; i++)
      vkDestroyShaderModule(dev, ops->frag[i], NULL);
   vkDestroyShaderModule(dev, ops->vert, NULL);
}

static bool
is_color(const struct ext_image *image)
{
   return !image->desc.format->depth && !image->desc.format->stencil;
}

static VkImageLayout
layout_of(const struct ext_image *image)
{
   return is_color(image) ? VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL
                          : VK_IMAGE_LAYOUT_DEPTH_STENCIL_ATTACHMENT_OPTIMAL;
}

static bool
create_pass(struct ext_ops *ops,
            const struct ext_image *image,
            VkRenderPass *out_pass)
{
   const VkAttachmentDescription attachment = {
      .format = image->desc.format->format,
      .samples = VK_SAMPLE_COUNT_1_BIT,
      .loadOp = VK_ATTACHMENT_LOAD_OP_CLEAR,
      .storeOp = VK_ATTACHMENT_STORE_OP_STORE,
      .stencilLoadOp = VK_ATTACHMENT_LOAD_OP_CLEAR,
      .stencilStoreOp = VK_ATTACHMENT_STORE_OP_STORE,
      .initialLayout = layout_of(image),
      .finalLayout = layout_of(image),
   };
   const VkAttachmentReference reference = {
      .layout = layout_of(image),
   };
   const VkSubpassDescription subpass = {
      .pipelineBindPoint = VK_PIPELINE_BIND_POINT_GRAPHICS,
      .colorAttachmentCount = is_color(image),
      .pColorAttachments = &reference,
      .pDepthStencilAttachment = is_color(image) ? NULL : &reference,
   };
   const VkRenderPassCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_RENDER_PASS_CREATE_INFO,
      .attachmentCount = 1,
      .pAttachments = &attachment,
      .subpassCount = 1,
      .pSubpasses = &subpass,
   };

   return vkt_ok(
      vkCreateRenderPass(ops->dev->base.handle, &info, NULL, out_pass),
      "vkCreateRenderPass");
}

static bool
create_pipeline(struct ext_ops *ops,
                const struct ext_image *image,
                VkRenderPass pass,
                VkPipeline *out_pipeline)
{
   const VkPipelineShaderStageCreateInfo stages[2] = {
      {
         .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
         .stage = VK_SHADER_STAGE_VERTEX_BIT,
         .module = ops->vert,
         .pName = "main",
      },
      {
         .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
         .stage = VK_SHADER_STAGE_FRAGMENT_BIT,
         .module = ops->frag[ext_image_kind(image)],
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
   const VkViewport viewport = {
      .width = (float)image->desc.width,
      .height = (float)image->desc.height,
      .maxDepth = 1.0f,
   };
   const VkRect2D scissor = {
      .extent = { image->desc.width, image->desc.height },
   };
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
      .colorWriteMask = 0xf,
   };
   const VkPipelineColorBlendStateCreateInfo blends = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_COLOR_BLEND_STATE_CREATE_INFO,
      .attachmentCount = 1,
      .pAttachments = &blend,
   };
   const VkGraphicsPipelineCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_GRAPHICS_PIPELINE_CREATE_INFO,
      .stageCount = 2,
      .pStages = stages,
      .pVertexInputState = &input,
      .pInputAssemblyState = &assembly,
      .pViewportState = &viewports,
      .pRasterizationState = &raster,
      .pMultisampleState = &samples,
      .pColorBlendState = &blends,
      .layout = ops->draw_layout,
      .renderPass = pass,
   };

   return vkt_ok(
      vkCreateGraphicsPipelines(ops->dev->base.handle, VK_NULL_HANDLE, 1,
                                &info, NULL, out_pipeline),
      "vkCreateGraphicsPipelines");
}

static bool
drawing_init(struct drawing *drawing,
             struct ext_ops *ops,
             const struct ext_image *image)
{
   memset(drawing, 0, sizeof(*drawing));
   drawing->view = ext_ops_view(
      ops, image,
      is_color(image) ? VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT
                      : VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT);
   if (!drawing->view || !create_pass(ops, image, &drawing->pass))
      return false;

   const VkFramebufferCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_FRAMEBUFFER_CREATE_INFO,
      .renderPass = drawing->pass,
      .attachmentCount = 1,
      .pAttachments = &drawing->view,
      .width = image->desc.width,
      .height = image->desc.height,
      .layers = 1,
   };
   return vkt_ok(vkCreateFramebuffer(ops->dev->base.handle, &info, NULL,
                                     &drawing->framebuffer),
                 "vkCreateFramebuffer") &&
          (!is_color(image) ||
           create_pipeline(ops, image, drawing->pass, &drawing->pipeline));
}

static void
drawing_finish(struct drawing *drawing, struct ext_ops *ops)
{
   VkDevice dev = ops->dev->base.handle;

   vkDestroyPipeline(dev, drawing->pipeline, NULL);
   vkDestroyFramebuffer(dev, drawing->framebuffer, NULL);
   vkDestroyRenderPass(dev, drawing->pass, NULL);
   vkDestroyImageView(dev, drawing->view, NULL);
}

static VkClearValue
clear_value(const struct ext_image *image, uint32_t seed)
{
   VkClearValue value = { .color = ext_ops_clear_value(image, seed) };

   if (!is_color(image)) {
      value.depthStencil.depth = (float)(seed % 7 + 1) / 8;
      value.depthStencil.stencil = seed % 7 + 1;
   }
   return value;
}

bool
ext_draw(struct ext_ops *ops, const struct ext_image *image, uint32_t seed)
{
   const VkClearValue clear = clear_value(image, seed);
   VkCommandBuffer cmd = ops->dev->base.cmd;
   struct drawing drawing;
   bool ok = false;

   if (!drawing_init(&drawing, ops, image) || !vkt_begin(&ops->dev->base))
      goto out;
   const VkRenderPassBeginInfo begin = {
      .sType = VK_STRUCTURE_TYPE_RENDER_PASS_BEGIN_INFO,
      .renderPass = drawing.pass,
      .framebuffer = drawing.framebuffer,
      .renderArea.extent = { image->desc.width, image->desc.height },
      .clearValueCount = 1,
      .pClearValues = &clear,
   };
   ext_ops_discard(ops, image, layout_of(image));
   vkCmdBeginRenderPass(cmd, &begin, VK_SUBPASS_CONTENTS_INLINE);
   if (drawing.pipeline) {
      vkCmdBindPipeline(cmd, VK_PIPELINE_BIND_POINT_GRAPHICS,
                        drawing.pipeline);
      vkCmdDraw(cmd, 4, 1, 0, 0);
   }
   vkCmdEndRenderPass(cmd);
   ext_ops_release(ops, image, layout_of(image));
   vkt_full_barrier(cmd);
   ok = vkt_submit_wait(&ops->dev->base);
out:
   drawing_finish(&drawing, ops);
   return ok;
}
