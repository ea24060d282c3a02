/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * A pipeline with all the state that engines set for each draw.
 */

#include "bench.h"

#include <string.h>

#include "bench.frag.h"
#include "bench.vert.h"

static bool
create_modules(struct bench_scene *scene)
{
   const VkShaderModuleCreateInfo infos[2] = {
      {
         .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
         .codeSize = sizeof(bench_vert),
         .pCode = bench_vert,
      },
      {
         .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
         .codeSize = sizeof(bench_frag),
         .pCode = bench_frag,
      },
   };

   for (uint32_t i = 0; i < 2; i++) {
      if (!demo_ok(vkCreateShaderModule(scene->bench->dev.handle, &infos[i],
                                        NULL, &scene->modules[i]),
                   "vkCreateShaderModule"))
         return false;
   }
   return true;
}

static bool
create_layout(struct bench_scene *scene)
{
   const VkPushConstantRange range = {
      .stageFlags = VK_SHADER_STAGE_VERTEX_BIT,
      .size = 64,
   };
   const VkPipelineLayoutCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
      .setLayoutCount = 1,
      .pSetLayouts = &scene->bench->set_layout,
      .pushConstantRangeCount = 1,
      .pPushConstantRanges = &range,
   };

   return demo_ok(vkCreatePipelineLayout(scene->bench->dev.handle, &info,
                                         NULL, &scene->layout),
                  "vkCreatePipelineLayout");
}

bool
bench_scene_create_pipeline(const struct bench_scene *scene,
                            VkPipelineCache cache,
                            float gain,
                            VkPipeline *out_pipeline)
{
   const VkSpecializationMapEntry entry = { .size = sizeof(gain) };
   const VkSpecializationInfo constants = {
      .mapEntryCount = 1,
      .pMapEntries = &entry,
      .dataSize = sizeof(gain),
      .pData = &gain,
   };
   const VkPipelineShaderStageCreateInfo stages[2] = {
      {
         .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
         .stage = VK_SHADER_STAGE_VERTEX_BIT,
         .module = scene->modules[0],
         .pName = "main",
      },
      {
         .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
         .stage = VK_SHADER_STAGE_FRAGMENT_BIT,
         .module = scene->modules[1],
         .pName = "main",
         .pSpecializationInfo = &constants,
      },
   };
   const VkVertexInputBindingDescription bindings[2] = {
      { 0, 8, VK_VERTEX_INPUT_RATE_VERTEX },
      { 1, 12, VK_VERTEX_INPUT_RATE_VERTEX },
   };
   const VkVertexInputAttributeDescription attributes[2] = {
      { 0, 0, VK_FORMAT_R32G32_SFLOAT, 0 },
      { 1, 1, VK_FORMAT_R32G32B32_SFLOAT, 0 },
   };
   const VkPipelineVertexInputStateCreateInfo vertex = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_VERTEX_INPUT_STATE_CREATE_INFO,
      .vertexBindingDescriptionCount = 2,
      .pVertexBindingDescriptions = bindings,
      .vertexAttributeDescriptionCount = 2,
      .pVertexAttributeDescriptions = attributes,
   };
   const VkPipelineInputAssemblyStateCreateInfo assembly = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_INPUT_ASSEMBLY_STATE_CREATE_INFO,
      .topology = VK_PRIMITIVE_TOPOLOGY_TRIANGLE_LIST,
   };
   const VkPipelineViewportStateCreateInfo viewports = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_VIEWPORT_STATE_CREATE_INFO,
      .viewportCount = 1,
      .scissorCount = 1,
   };
   const VkPipelineRasterizationStateCreateInfo raster = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_RASTERIZATION_STATE_CREATE_INFO,
      .lineWidth = 1.0f,
   };
   const VkPipelineMultisampleStateCreateInfo samples = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_MULTISAMPLE_STATE_CREATE_INFO,
      .rasterizationSamples = VK_SAMPLE_COUNT_1_BIT,
   };
   const VkPipelineColorBlendAttachmentState attachment = {
      .colorWriteMask = 0xf,
   };
   const VkPipelineColorBlendStateCreateInfo blend = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_COLOR_BLEND_STATE_CREATE_INFO,
      .attachmentCount = 1,
      .pAttachments = &attachment,
   };
   const VkDynamicState states[2] = {
      VK_DYNAMIC_STATE_VIEWPORT,
      VK_DYNAMIC_STATE_SCISSOR,
   };
   const VkPipelineDynamicStateCreateInfo dynamic = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_DYNAMIC_STATE_CREATE_INFO,
      .dynamicStateCount = 2,
      .pDynamicStates = states,
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
      .pDynamicState = &dynamic,
      .layout = scene->layout,
      .renderPass = scene->render_pass,
   };

   return demo_ok(vkCreateGraphicsPipelines(scene->bench->dev.handle, cache,
                                            1, &info, NULL, out_pipeline),
                  "vkCreateGraphicsPipelines");
}

static bool
create_pass(struct bench_scene *scene)
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

   return demo_ok(vkCreateRenderPass(scene->bench->dev.handle, &info, NULL,
                                     &scene->render_pass),
                  "vkCreateRenderPass");
}

static bool
create_target(struct bench_scene *scene)
{
   const VkDevice dev = scene->bench->dev.handle;
   const VkImageViewCreateInfo view_info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
      .image = scene->bench->image.handle,
      .viewType = VK_IMAGE_VIEW_TYPE_2D,
      .format = DEMO_FORMAT,
      .subresourceRange = { VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1 },
   };

   if (!demo_ok(vkCreateImageView(dev, &view_info, NULL, &scene->view),
                "vkCreateImageView"))
      return false;
   const VkFramebufferCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_FRAMEBUFFER_CREATE_INFO,
      .renderPass = scene->render_pass,
      .attachmentCount = 1,
      .pAttachments = &scene->view,
      .width = DEMO_WIDTH,
      .height = DEMO_HEIGHT,
      .layers = 1,
   };
   return demo_ok(vkCreateFramebuffer(dev, &info, NULL, &scene->framebuffer),
                  "vkCreateFramebuffer");
}

bool
bench_scene_init(struct bench_scene *scene, struct bench *bench)
{
   memset(scene, 0, sizeof(*scene));
   scene->bench = bench;
   return create_modules(scene) && create_layout(scene) &&
          create_pass(scene) && create_target(scene) &&
          bench_scene_create_pipeline(scene, VK_NULL_HANDLE, 1.0f,
                                      &scene->pipeline);
}

void
bench_scene_finish(struct bench_scene *scene)
{
   if (!scene->bench || !scene->bench->dev.handle)
      return;
   const VkDevice dev = scene->bench->dev.handle;

   vkDestroyFramebuffer(dev, scene->framebuffer, NULL);
   vkDestroyImageView(dev, scene->view, NULL);
   vkDestroyPipeline(dev, scene->pipeline, NULL);
   vkDestroyPipelineLayout(dev, scene->layout, NULL);
   vkDestroyRenderPass(dev, scene->render_pass, NULL);
   vkDestroyShaderModule(dev, scene->modules[0], NULL);
   vkDestroyShaderModule(dev, scene->modules[1], NULL);
   memset(scene, 0, sizeof(*scene));
}

void
bench_scene_begin_pass(const struct bench_scene *scene)
{
   const VkClearValue dark = { 0 };
   const VkRenderPassBeginInfo info = {
      .sType = VK_STRUCTURE_TYPE_RENDER_PASS_BEGIN_INFO,
      .renderPass = scene->render_pass,
      .framebuffer = scene->framebuffer,
      .renderArea.extent = { DEMO_WIDTH, DEMO_HEIGHT },
      .clearValueCount = 1,
      .pClearValues = &dark,
   };

   vkCmdBeginRenderPass(scene->bench->dev.cmd, &info,
                        VK_SUBPASS_CONTENTS_INLINE);
}

void
bench_scene_bind(const struct bench_scene *scene, VkPipeline pipeline)
{
   static const float transform[16] = { 1, 0, 0, 0, 0, 1, 0, 0,
                                        0, 0, 1, 0, 0, 0, 0, 1 };
   static const VkViewport viewport = { 0, 0, DEMO_WIDTH, DEMO_HEIGHT, 0, 1 };
   static const VkRect2D scissor = { .extent = { DEMO_WIDTH, DEMO_HEIGHT } };
   const struct bench *bench = scene->bench;
   const VkCommandBuffer cmd = bench->dev.cmd;
   const VkBuffer buffers[2] = { bench->buffer, bench->buffer };
   const VkDeviceSize offsets[2] = { 0, 1024 };
   const uint32_t dynamic_offset = 0;

   vkCmdBindPipeline(cmd, VK_PIPELINE_BIND_POINT_GRAPHICS, pipeline);
   vkCmdBindDescriptorSets(cmd, VK_PIPELINE_BIND_POINT_GRAPHICS,
                           scene->layout, 0, 1, &bench->set, 1,
                           &dynamic_offset);
   vkCmdPushConstants(cmd, scene->layout, VK_SHADER_STAGE_VERTEX_BIT, 0,
                      sizeof(transform), transform);
   vkCmdSetViewport(cmd, 0, 1, &viewport);
   vkCmdSetScissor(cmd, 0, 1, &scissor);
   vkCmdBindVertexBuffers(cmd, 0, 2, buffers, offsets);
   vkCmdBindIndexBuffer(cmd, bench->buffer, 2048, VK_INDEX_TYPE_UINT16);
}
