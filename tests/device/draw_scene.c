/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See draw_scene.h.
 */

#include "draw_scene.h"

#include <stddef.h>
#include <string.h>

#include "solid.frag.h"
#include "solid.vert.h"

struct vertex {
   float position[3];
   float color[4];
};

/* The first four are the near rectangle, the others the far one. */
static const struct vertex scene_vertices[8] = {
   { { -1.0f, -1.0f, 0.25f }, { 1, 0, 0, 1 } },
   { { 0.0f, -1.0f, 0.25f }, { 1, 0, 0, 1 } },
   { { -1.0f, 1.0f, 0.25f }, { 1, 0, 0, 1 } },
   { { 0.0f, 1.0f, 0.25f }, { 1, 0, 0, 1 } },
   { { -1.0f, -1.0f, 0.5f }, { 0, 1, 0, 1 } },
   { { 1.0f, -1.0f, 0.5f }, { 0, 1, 0, 1 } },
   { { -1.0f, 0.5f, 0.5f }, { 0, 1, 0, 1 } },
   { { 1.0f, 0.5f, 0.5f }, { 0, 1, 0, 1 } },
};

static const uint16_t scene_indices[6] = { 0, 1, 2, 2, 1, 3 };

static bool
create_render_pass(struct draw_scene *scene)
{
   const VkAttachmentDescription attachments[2] = {
      {
         .format = DRAW_FORMAT,
         .samples = VK_SAMPLE_COUNT_1_BIT,
         .loadOp = VK_ATTACHMENT_LOAD_OP_CLEAR,
         .storeOp = VK_ATTACHMENT_STORE_OP_STORE,
         .stencilLoadOp = VK_ATTACHMENT_LOAD_OP_DONT_CARE,
         .stencilStoreOp = VK_ATTACHMENT_STORE_OP_DONT_CARE,
         .finalLayout = VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL,
      },
      {
         .format = VK_FORMAT_D16_UNORM,
         .samples = VK_SAMPLE_COUNT_1_BIT,
         .loadOp = VK_ATTACHMENT_LOAD_OP_CLEAR,
         .storeOp = VK_ATTACHMENT_STORE_OP_DONT_CARE,
         .stencilLoadOp = VK_ATTACHMENT_LOAD_OP_DONT_CARE,
         .stencilStoreOp = VK_ATTACHMENT_STORE_OP_DONT_CARE,
         .finalLayout = VK_IMAGE_LAYOUT_DEPTH_STENCIL_ATTACHMENT_OPTIMAL,
      },
   };
   const VkAttachmentReference color = {
      .layout = VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL,
   };
   const VkAttachmentReference depth = {
      .attachment = 1,
      .layout = VK_IMAGE_LAYOUT_DEPTH_STENCIL_ATTACHMENT_OPTIMAL,
   };
   const VkSubpassDescription subpass = {
      .pipelineBindPoint = VK_PIPELINE_BIND_POINT_GRAPHICS,
      .colorAttachmentCount = 1,
      .pColorAttachments = &color,
      .pDepthStencilAttachment = &depth,
   };
   const VkSubpassDependency dependencies[2] = {
      {
         .srcSubpass = VK_SUBPASS_EXTERNAL,
         .srcStageMask = VK_PIPELINE_STAGE_ALL_COMMANDS_BIT,
         .dstStageMask = VK_PIPELINE_STAGE_ALL_GRAPHICS_BIT,
         .srcAccessMask = VK_ACCESS_MEMORY_WRITE_BIT,
         .dstAccessMask =
            VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT,
      },
      {
         .dstSubpass = VK_SUBPASS_EXTERNAL,
         .srcStageMask = VK_PIPELINE_STAGE_ALL_GRAPHICS_BIT,
         .dstStageMask = VK_PIPELINE_STAGE_ALL_COMMANDS_BIT,
         .srcAccessMask = VK_ACCESS_MEMORY_WRITE_BIT,
         .dstAccessMask =
            VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT,
      },
   };
   const VkRenderPassCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_RENDER_PASS_CREATE_INFO,
      .attachmentCount = 2,
      .pAttachments = attachments,
      .subpassCount = 1,
      .pSubpasses = &subpass,
      .dependencyCount = 2,
      .pDependencies = dependencies,
   };

   return vkt_ok(vkCreateRenderPass(scene->dev->handle, &info, NULL,
                                    &scene->render_pass),
                 "vkCreateRenderPass");
}

static bool
create_framebuffer(struct draw_scene *scene, bool imageless)
{
   const VkFormat formats[2] = { DRAW_FORMAT, VK_FORMAT_D16_UNORM };
   const VkFramebufferAttachmentImageInfo images[2] = {
      {
         .sType = VK_STRUCTURE_TYPE_FRAMEBUFFER_ATTACHMENT_IMAGE_INFO,
         .usage = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT |
                  VK_IMAGE_USAGE_TRANSFER_SRC_BIT,
         .width = DRAW_SIDE,
         .height = DRAW_SIDE,
         .layerCount = 1,
         .viewFormatCount = 1,
         .pViewFormats = &formats[0],
      },
      {
         .sType = VK_STRUCTURE_TYPE_FRAMEBUFFER_ATTACHMENT_IMAGE_INFO,
         .usage = VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT,
         .width = DRAW_SIDE,
         .height = DRAW_SIDE,
         .layerCount = 1,
         .viewFormatCount = 1,
         .pViewFormats = &formats[1],
      },
   };
   const VkFramebufferAttachmentsCreateInfo attachments = {
      .sType = VK_STRUCTURE_TYPE_FRAMEBUFFER_ATTACHMENTS_CREATE_INFO,
      .attachmentImageInfoCount = 2,
      .pAttachmentImageInfos = images,
   };
   const VkImageView views[2] = { scene->color.view, scene->depth.view };
   /* pAttachments is ignored without images: it points nowhere then */
   const VkFramebufferCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_FRAMEBUFFER_CREATE_INFO,
      .pNext = imageless ? &attachments : NULL,
      .flags = imageless ? VK_FRAMEBUFFER_CREATE_IMAGELESS_BIT : 0,
      .renderPass = scene->render_pass,
      .attachmentCount = 2,
      .pAttachments = imageless ? NULL : views,
      .width = DRAW_SIDE,
      .height = DRAW_SIDE,
      .layers = 1,
   };

   return vkt_ok(vkCreateFramebuffer(scene->dev->handle, &info, NULL,
                                     &scene->framebuffer),
                 "vkCreateFramebuffer");
}

static bool
create_pipeline(struct draw_scene *scene)
{
   static const VkFormat format = DRAW_FORMAT;
   static const VkDynamicState dynamic_states[2] = {
      VK_DYNAMIC_STATE_VIEWPORT,
      VK_DYNAMIC_STATE_SCISSOR,
   };
   static const VkVertexInputBindingDescription binding = {
      .stride = sizeof(struct vertex),
   };
   static const VkVertexInputAttributeDescription attributes[2] = {
      {
         .location = 0,
         .format = VK_FORMAT_R32G32B32_SFLOAT,
         .offset = offsetof(struct vertex, position),
      },
      {
         .location = 1,
         .format = VK_FORMAT_R32G32B32A32_SFLOAT,
         .offset = offsetof(struct vertex, color),
      },
   };
   const VkPipelineShaderStageCreateInfo stages[2] = {
      {
         .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
         .stage = VK_SHADER_STAGE_VERTEX_BIT,
         .module = vkt_shader(scene->dev, solid_vert, sizeof(solid_vert)),
         .pName = "main",
      },
      {
         .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
         .stage = VK_SHADER_STAGE_FRAGMENT_BIT,
         .module = vkt_shader(scene->dev, solid_frag, sizeof(solid_frag)),
         .pName = "main",
      },
   };
   const VkPipelineVertexInputStateCreateInfo vertex_input = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_VERTEX_INPUT_STATE_CREATE_INFO,
      .vertexBindingDescriptionCount = 1,
      .pVertexBindingDescriptions = &binding,
      .vertexAttributeDescriptionCount = 2,
      .pVertexAttributeDescriptions = attributes,
   };
   const VkPipelineInputAssemblyStateCreateInfo assembly = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_INPUT_ASSEMBLY_STATE_CREATE_INFO,
      .topology = VK_PRIMITIVE_TOPOLOGY_TRIANGLE_LIST,
   };
   const VkPipelineViewportStateCreateInfo viewport = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_VIEWPORT_STATE_CREATE_INFO,
      .viewportCount = 1,
      .scissorCount = 1,
   };
   const VkPipelineRasterizationStateCreateInfo raster = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_RASTERIZATION_STATE_CREATE_INFO,
      .lineWidth = 1.0f,
   };
   const VkPipelineMultisampleStateCreateInfo multisample = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_MULTISAMPLE_STATE_CREATE_INFO,
      .rasterizationSamples = VK_SAMPLE_COUNT_1_BIT,
   };
   const VkPipelineDepthStencilStateCreateInfo depth = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_DEPTH_STENCIL_STATE_CREATE_INFO,
      .depthTestEnable = VK_TRUE,
      .depthWriteEnable = VK_TRUE,
      .depthCompareOp = VK_COMPARE_OP_LESS,
   };
   const VkPipelineColorBlendAttachmentState blend_attachment = {
      .colorWriteMask = 0xf,
   };
   const VkPipelineColorBlendStateCreateInfo blend = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_COLOR_BLEND_STATE_CREATE_INFO,
      .attachmentCount = 1,
      .pAttachments = &blend_attachment,
   };
   const VkPipelineDynamicStateCreateInfo dynamic = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_DYNAMIC_STATE_CREATE_INFO,
      .dynamicStateCount = 2,
      .pDynamicStates = dynamic_states,
   };
   const VkPipelineRenderingCreateInfo rendering = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_RENDERING_CREATE_INFO,
      .colorAttachmentCount = 1,
      .pColorAttachmentFormats = &format,
      .depthAttachmentFormat = VK_FORMAT_D16_UNORM,
   };
   const VkGraphicsPipelineCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_GRAPHICS_PIPELINE_CREATE_INFO,
      .pNext = scene->render_pass ? NULL : &rendering,
      .stageCount = 2,
      .pStages = stages,
      .pVertexInputState = &vertex_input,
      .pInputAssemblyState = &assembly,
      .pViewportState = &viewport,
      .pRasterizationState = &raster,
      .pMultisampleState = &multisample,
      .pDepthStencilState = &depth,
      .pColorBlendState = &blend,
      .pDynamicState = &dynamic,
      .layout = scene->layout,
      .renderPass = scene->render_pass,
   };
   const VkResult result = vkCreateGraphicsPipelines(
      scene->dev->handle, VK_NULL_HANDLE, 1, &info, NULL, &scene->pipeline);

   for (uint32_t i = 0; i < 2; i++)
      vkDestroyShaderModule(scene->dev->handle, stages[i].module, NULL);
   return vkt_ok(result, "vkCreateGraphicsPipelines");
}

static bool
create_resources(struct draw_scene *scene)
{
   struct vkt_device *dev = scene->dev;
   const VkPipelineLayoutCreateInfo layout = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
   };
   const VkCommandBufferAllocateInfo alloc = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
      .commandPool = dev->pool,
      .level = VK_COMMAND_BUFFER_LEVEL_SECONDARY,
      .commandBufferCount = 1,
   };

   if (!vkt_image_init(&scene->color, dev, DRAW_FORMAT, DRAW_SIDE, DRAW_SIDE,
                       VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT |
                          VK_IMAGE_USAGE_TRANSFER_SRC_BIT) ||
       !vkt_image_init(&scene->depth, dev, VK_FORMAT_D16_UNORM, DRAW_SIDE,
                       DRAW_SIDE,
                       VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT) ||
       !vkt_buffer_init(&scene->vertices, dev, sizeof(scene_vertices),
                        VK_BUFFER_USAGE_VERTEX_BUFFER_BIT) ||
       !vkt_buffer_init(&scene->indices, dev, sizeof(scene_indices),
                        VK_BUFFER_USAGE_INDEX_BUFFER_BIT) ||
       !vkt_buffer_init(&scene->pixels, dev, DRAW_SIDE * DRAW_SIDE * 4,
                        VK_BUFFER_USAGE_TRANSFER_DST_BIT))
      return false;
   memcpy(scene->vertices.map, scene_vertices, sizeof(scene_vertices));
   memcpy(scene->indices.map, scene_indices, sizeof(scene_indices));
   return vkt_ok(vkCreatePipelineLayout(dev->handle, &layout, NULL,
                                        &scene->layout),
                 "vkCreatePipelineLayout") &&
          vkt_ok(
             vkAllocateCommandBuffers(dev->handle, &alloc, &scene->secondary),
             "vkAllocateCommandBuffers");
}

bool
draw_scene_init(struct draw_scene *scene,
                struct vkt_device *dev,
                enum draw_way way)
{
   memset(scene, 0, sizeof(*scene));
   scene->dev = dev;
   if (!create_resources(scene))
      return false;
   if (way != DRAW_DYNAMIC &&
       (!create_render_pass(scene) ||
        !create_framebuffer(scene, way == DRAW_IMAGELESS)))
      return false;
   return create_pipeline(scene);
}

void
draw_scene_finish(struct draw_scene *scene)
{
   VkDevice dev = scene->dev->handle;

   vkFreeCommandBuffers(dev, scene->dev->pool, 1, &scene->secondary);
   vkDestroyPipeline(dev, scene->pipeline, NULL);
   vkDestroyPipelineLayout(dev, scene->layout, NULL);
   vkDestroyFramebuffer(dev, scene->framebuffer, NULL);
   vkDestroyRenderPass(dev, scene->render_pass, NULL);
   vkt_buffer_finish(&scene->pixels);
   vkt_buffer_finish(&scene->indices);
   vkt_buffer_finish(&scene->vertices);
   vkt_image_finish(&scene->depth);
   vkt_image_finish(&scene->color);
}

void
draw_scene_record(const struct draw_scene *scene, VkCommandBuffer cmd)
{
   const VkViewport viewport = {
      .width = DRAW_SIDE,
      .height = DRAW_SIDE,
      .maxDepth = 1.0f,
   };
   const VkRect2D scissor = { .extent = { DRAW_SIDE, DRAW_SIDE } };
   const VkDeviceSize offset = 0;

   vkCmdBindPipeline(cmd, VK_PIPELINE_BIND_POINT_GRAPHICS, scene->pipeline);
   vkCmdSetViewport(cmd, 0, 1, &viewport);
   vkCmdSetScissor(cmd, 0, 1, &scissor);
   vkCmdBindVertexBuffers(cmd, 0, 1, &scene->vertices.handle, &offset);
   vkCmdBindIndexBuffer(cmd, scene->indices.handle, 0, VK_INDEX_TYPE_UINT16);
   vkCmdDrawIndexed(cmd, 6, 1, 0, 0, 0);
   vkCmdDrawIndexed(cmd, 6, 1, 0, 4, 1);
}

void
draw_begin_render_pass(const struct draw_scene *scene,
                       const void *chain,
                       VkSubpassContents contents)
{
   const VkClearValue clears[2] = {
      { .color.float32 = { 0, 0, 1, 1 } },
      { .depthStencil.depth = 1.0f },
   };
   const VkRenderPassBeginInfo begin = {
      .sType = VK_STRUCTURE_TYPE_RENDER_PASS_BEGIN_INFO,
      .pNext = chain,
      .renderPass = scene->render_pass,
      .framebuffer = scene->framebuffer,
      .renderArea.extent = { DRAW_SIDE, DRAW_SIDE },
      .clearValueCount = 2,
      .pClearValues = clears,
   };

   vkCmdBeginRenderPass(scene->dev->cmd, &begin, contents);
}

void
draw_begin_dynamic(const struct draw_scene *scene)
{
   const VkRenderingAttachmentInfo color = {
      .sType = VK_STRUCTURE_TYPE_RENDERING_ATTACHMENT_INFO,
      .imageView = scene->color.view,
      .imageLayout = VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL,
      .loadOp = VK_ATTACHMENT_LOAD_OP_CLEAR,
      .storeOp = VK_ATTACHMENT_STORE_OP_STORE,
      .clearValue.color.float32 = { 0, 0, 1, 1 },
   };
   const VkRenderingAttachmentInfo depth = {
      .sType = VK_STRUCTURE_TYPE_RENDERING_ATTACHMENT_INFO,
      .imageView = scene->depth.view,
      .imageLayout = VK_IMAGE_LAYOUT_DEPTH_STENCIL_ATTACHMENT_OPTIMAL,
      .loadOp = VK_ATTACHMENT_LOAD_OP_CLEAR,
      .storeOp = VK_ATTACHMENT_STORE_OP_DONT_CARE,
      .clearValue.depthStencil.depth = 1.0f,
   };
   const VkRenderingInfo info = {
      .sType = VK_STRUCTURE_TYPE_RENDERING_INFO,
      .renderArea.extent = { DRAW_SIDE, DRAW_SIDE },
      .layerCount = 1,
      .colorAttachmentCount = 1,
      .pColorAttachments = &color,
      .pDepthAttachment = &depth,
   };

   vkCmdBeginRendering(scene->dev->cmd, &info);
}
