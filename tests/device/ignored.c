/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Pointers and handles that the specification says are ignored lead nowhere
 * here. A driver that serialises what it is given has to know each of these
 * rules: reading one of them ends the program, sending one ends the
 * connection. None of this is for the validation layer, which looks at some.
 */

#include <string.h>

#include "vk_fixture.h"
#include "solid.vert.h"

/* Unmapped, and no handle of anything. */
#define NOWHERE       ((void *)(uintptr_t)0x10)
#define NO_HANDLE(T)  ((T)(uintptr_t)0x10)
#define UNKNOWN_STYPE ((VkStructureType)1999999999)

/* Sharing is exclusive, so there are no queue families; a struct of nobody is
 * in the chain. */
static void
test_resources(struct vkt_device *dev)
{
   const VkBaseInStructure stranger = { .sType = UNKNOWN_STYPE };
   const VkBufferCreateInfo buffer_info = {
      .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
      .pNext = &stranger,
      .size = 4096,
      .usage = VK_BUFFER_USAGE_TRANSFER_DST_BIT,
      .queueFamilyIndexCount = 9,
      .pQueueFamilyIndices = NOWHERE,
   };
   const VkImageCreateInfo image_info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
      .pNext = &stranger,
      .imageType = VK_IMAGE_TYPE_2D,
      .format = VK_FORMAT_R8G8B8A8_UNORM,
      .extent = { 16, 16, 1 },
      .mipLevels = 1,
      .arrayLayers = 1,
      .samples = VK_SAMPLE_COUNT_1_BIT,
      .usage = VK_IMAGE_USAGE_TRANSFER_DST_BIT,
      .queueFamilyIndexCount = 9,
      .pQueueFamilyIndices = NOWHERE,
   };
   VkBuffer buffer = VK_NULL_HANDLE;
   VkImage image = VK_NULL_HANDLE;

   VKT_CHECK(vkCreateBuffer(dev->handle, &buffer_info, NULL, &buffer));
   VKT_CHECK(vkCreateImage(dev->handle, &image_info, NULL, &image));
   vkDestroyImage(dev->handle, image, NULL);
   vkDestroyBuffer(dev->handle, buffer, NULL);
   U_CHECK(vkt_device_works(dev));
}

/* Counts of zero, and what belongs to secondary command buffers only. */
static void
test_commands(struct vkt_device *dev)
{
   const VkCommandBufferAllocateInfo alloc = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
      .commandPool = dev->pool,
      .level = VK_COMMAND_BUFFER_LEVEL_SECONDARY,
      .commandBufferCount = 1,
   };
   const VkCommandBufferBeginInfo primary = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
      .pInheritanceInfo = NOWHERE,
   };
   /* it does not continue a pass */
   const VkCommandBufferInheritanceInfo inherit = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_INHERITANCE_INFO,
      .renderPass = NO_HANDLE(VkRenderPass),
      .subpass = 77,
      .framebuffer = NO_HANDLE(VkFramebuffer),
   };
   const VkCommandBufferBeginInfo secondary = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
      .pInheritanceInfo = &inherit,
   };
   const VkSubmitInfo submit = {
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
      .pWaitSemaphores = NOWHERE,
      .pWaitDstStageMask = NOWHERE,
      .commandBufferCount = 1,
      .pCommandBuffers = &dev->cmd,
      .pSignalSemaphores = NOWHERE,
   };
   VkCommandBuffer cmd = VK_NULL_HANDLE;

   if (!VKT_CHECK(vkAllocateCommandBuffers(dev->handle, &alloc, &cmd)))
      return;
   VKT_CHECK(vkBeginCommandBuffer(cmd, &secondary));
   VKT_CHECK(vkEndCommandBuffer(cmd));

   VKT_CHECK(vkBeginCommandBuffer(dev->cmd, &primary));
   vkCmdExecuteCommands(dev->cmd, 1, &cmd);
   vkCmdPipelineBarrier(dev->cmd, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT,
                        VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 0, NOWHERE, 0,
                        NOWHERE, 0, NOWHERE);
   VKT_CHECK(vkEndCommandBuffer(dev->cmd));
   VKT_CHECK(vkQueueSubmit(dev->queue, 1, &submit, VK_NULL_HANDLE));
   VKT_CHECK(vkQueueSubmit(dev->queue, 0, NOWHERE, VK_NULL_HANDLE));
   VKT_CHECK(vkQueueWaitIdle(dev->queue));
   vkUpdateDescriptorSets(dev->handle, 0, NOWHERE, 0, NOWHERE);
   vkFreeCommandBuffers(dev->handle, dev->pool, 1, &cmd);
   U_CHECK(vkt_device_works(dev));
}

struct sets {
   VkSampler sampler;
   VkDescriptorSetLayout layout;
   VkDescriptorPool pool;
   VkDescriptorSet set;
};

/* Immutable samplers belong to samplers; a binding of no descriptors has
 * nothing. */
static bool
create_sets(struct vkt_device *dev, struct sets *sets)
{
   const VkSamplerCreateInfo sampler = {
      .sType = VK_STRUCTURE_TYPE_SAMPLER_CREATE_INFO,
   };
   VkDescriptorSetLayoutBinding bindings[] = {
      {
         .binding = 0,
         .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
         .descriptorCount = 1,
         .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
         .pImmutableSamplers = NOWHERE,
      },
      {
         .binding = 1,
         .descriptorType = VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER,
         .descriptorCount = 1,
         .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
         .pImmutableSamplers = &sets->sampler,
      },
      {
         .binding = 2,
         .descriptorType = VK_DESCRIPTOR_TYPE_SAMPLED_IMAGE,
         .descriptorCount = 1,
         .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
         .pImmutableSamplers = NOWHERE,
      },
      {
         .binding = 3,
         .descriptorType = VK_DESCRIPTOR_TYPE_SAMPLER,
         .descriptorCount = 1,
         .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
      },
   };
   const VkDescriptorSetLayoutCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
      .bindingCount = VKT_ARRAY_SIZE(bindings),
      .pBindings = bindings,
   };
   const VkDescriptorPoolSize sizes[] = {
      { VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1 },
      { VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER, 1 },
      { VK_DESCRIPTOR_TYPE_SAMPLED_IMAGE, 1 },
      { VK_DESCRIPTOR_TYPE_SAMPLER, 1 },
   };
   const VkDescriptorPoolCreateInfo pool_info = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
      .maxSets = 1,
      .poolSizeCount = VKT_ARRAY_SIZE(sizes),
      .pPoolSizes = sizes,
   };
   VkDescriptorSetAllocateInfo alloc = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
      .descriptorSetCount = 1,
      .pSetLayouts = &sets->layout,
   };

   if (!VKT_CHECK(
          vkCreateSampler(dev->handle, &sampler, NULL, &sets->sampler)) ||
       !VKT_CHECK(vkCreateDescriptorSetLayout(dev->handle, &info, NULL,
                                              &sets->layout)) ||
       !VKT_CHECK(
          vkCreateDescriptorPool(dev->handle, &pool_info, NULL, &sets->pool)))
      return false;
   alloc.descriptorPool = sets->pool;
   return VKT_CHECK(
      vkAllocateDescriptorSets(dev->handle, &alloc, &sets->set));
}

/* Of the three arrays of a write only one is read, and of an image's struct
 * only what its type needs. */
static void
test_descriptors(struct vkt_device *dev)
{
   struct sets sets = { 0 };
   struct vkt_buffer buffer = { 0 };
   struct vkt_image image = { 0 };

   if (!U_CHECK(create_sets(dev, &sets)) ||
       !U_CHECK(vkt_buffer_init(&buffer, dev, 256,
                                VK_BUFFER_USAGE_STORAGE_BUFFER_BIT)) ||
       !U_CHECK(vkt_image_init(&image, dev, VK_FORMAT_R8G8B8A8_UNORM, 8, 8,
                               VK_IMAGE_USAGE_SAMPLED_BIT)))
      goto out;
   const VkDescriptorBufferInfo buffer_info = {
      .buffer = buffer.handle,
      .range = VK_WHOLE_SIZE,
   };
   const VkDescriptorImageInfo no_sampler = {
      .sampler = NO_HANDLE(VkSampler),
      .imageView = image.view,
      .imageLayout = VK_IMAGE_LAYOUT_GENERAL,
   };
   const VkDescriptorImageInfo no_view = {
      .sampler = sets.sampler,
      .imageView = NO_HANDLE(VkImageView),
   };
   VkWriteDescriptorSet writes[4];
   for (uint32_t i = 0; i < 4; i++) {
      static const VkDescriptorType types[4] = {
         VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
         VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER,
         VK_DESCRIPTOR_TYPE_SAMPLED_IMAGE,
         VK_DESCRIPTOR_TYPE_SAMPLER,
      };
      writes[i] = (VkWriteDescriptorSet){
         .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
         .dstSet = sets.set,
         .dstBinding = i,
         .descriptorCount = 1,
         .descriptorType = types[i],
         .pImageInfo = NOWHERE,
         .pBufferInfo = NOWHERE,
         .pTexelBufferView = NOWHERE,
      };
   }
   writes[0].pBufferInfo = &buffer_info;
   writes[1].pImageInfo = &no_sampler;
   writes[2].pImageInfo = &no_sampler;
   writes[3].pImageInfo = &no_view;
   vkUpdateDescriptorSets(dev->handle, 4, writes, 0, NULL);
   U_CHECK(vkt_device_works(dev));
out:
   vkt_image_finish(&image);
   vkt_buffer_finish(&buffer);
   vkDestroyDescriptorPool(dev->handle, sets.pool, NULL);
   vkDestroyDescriptorSetLayout(dev->handle, sets.layout, NULL);
   vkDestroySampler(dev->handle, sets.sampler, NULL);
}

static VkRenderPass
create_empty_pass(struct vkt_device *dev)
{
   const VkSubpassDescription subpass = {
      .pipelineBindPoint = VK_PIPELINE_BIND_POINT_GRAPHICS,
      .pInputAttachments = NOWHERE,
      .pColorAttachments = NOWHERE,
      .pPreserveAttachments = NOWHERE,
   };
   const VkRenderPassCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_RENDER_PASS_CREATE_INFO,
      .pAttachments = NOWHERE,
      .subpassCount = 1,
      .pSubpasses = &subpass,
      .pDependencies = NOWHERE,
   };
   VkRenderPass pass = VK_NULL_HANDLE;

   VKT_CHECK(vkCreateRenderPass(dev->handle, &info, NULL, &pass));
   return pass;
}

enum graphics_case {
   RASTERIZER_DISCARD, /* everything behind the rasteriser is ignored */
   NO_ATTACHMENTS,     /* so are the states of attachments */
   DYNAMIC_VIEWPORT,   /* the values of dynamic states are */
};

/* And with all states dynamic, structs of which nothing is left. */

static const VkDynamicState all_states[] = {
   VK_DYNAMIC_STATE_VIEWPORT_WITH_COUNT,
   VK_DYNAMIC_STATE_SCISSOR_WITH_COUNT,
   VK_DYNAMIC_STATE_DEPTH_CLAMP_ENABLE_EXT,
   VK_DYNAMIC_STATE_RASTERIZER_DISCARD_ENABLE,
   VK_DYNAMIC_STATE_POLYGON_MODE_EXT,
   VK_DYNAMIC_STATE_CULL_MODE,
   VK_DYNAMIC_STATE_FRONT_FACE,
   VK_DYNAMIC_STATE_DEPTH_BIAS_ENABLE,
   VK_DYNAMIC_STATE_DEPTH_BIAS,
   VK_DYNAMIC_STATE_LINE_WIDTH,
   VK_DYNAMIC_STATE_RASTERIZATION_SAMPLES_EXT,
   VK_DYNAMIC_STATE_SAMPLE_MASK_EXT,
   VK_DYNAMIC_STATE_ALPHA_TO_COVERAGE_ENABLE_EXT,
   VK_DYNAMIC_STATE_DEPTH_TEST_ENABLE,
   VK_DYNAMIC_STATE_DEPTH_WRITE_ENABLE,
   VK_DYNAMIC_STATE_DEPTH_COMPARE_OP,
   VK_DYNAMIC_STATE_DEPTH_BOUNDS_TEST_ENABLE,
   VK_DYNAMIC_STATE_STENCIL_TEST_ENABLE,
   VK_DYNAMIC_STATE_STENCIL_OP,
   VK_DYNAMIC_STATE_DEPTH_BOUNDS,
   VK_DYNAMIC_STATE_COLOR_BLEND_ENABLE_EXT,
   VK_DYNAMIC_STATE_COLOR_BLEND_EQUATION_EXT,
   VK_DYNAMIC_STATE_COLOR_WRITE_MASK_EXT,
   /* from here on optional: what is before leaves the blend state, but not
    * its attachments; with logic operations nothing is left of it */
   VK_DYNAMIC_STATE_LOGIC_OP_ENABLE_EXT,
   VK_DYNAMIC_STATE_LOGIC_OP_EXT,
   VK_DYNAMIC_STATE_BLEND_CONSTANTS,
   VK_DYNAMIC_STATE_PRIMITIVE_TOPOLOGY,
   VK_DYNAMIC_STATE_PRIMITIVE_RESTART_ENABLE,
   VK_DYNAMIC_STATE_VERTEX_INPUT_EXT,
};

#define OPTIONAL_STATES 6

/* The structs are there in full, nowhere, or cut short. */
static void
check_all_dynamic(struct vkt_device *dev,
                  VkPipelineLayout layout,
                  VkShaderModule module,
                  uint32_t left_out,
                  bool unrestricted)
{
   const VkFormat format = VK_FORMAT_R8G8B8A8_UNORM;
   const VkPipelineRenderingCreateInfo rendering = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_RENDERING_CREATE_INFO,
      .colorAttachmentCount = 1,
      .pColorAttachmentFormats = &format,
      .depthAttachmentFormat = VK_FORMAT_D32_SFLOAT,
   };
   const VkVertexInputBindingDescription binding = { .stride = 28 };
   const VkVertexInputAttributeDescription attributes[2] = {
      { .location = 0, .format = VK_FORMAT_R32G32B32_SFLOAT },
      {
         .location = 1,
         .format = VK_FORMAT_R32G32B32A32_SFLOAT,
         .offset = 12,
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
   const VkPipelineColorBlendStateCreateInfo blend = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_COLOR_BLEND_STATE_CREATE_INFO,
      .attachmentCount = 1,
      .pAttachments = NOWHERE,
   };
   const VkPipelineDynamicStateCreateInfo dynamic = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_DYNAMIC_STATE_CREATE_INFO,
      .dynamicStateCount = VKT_ARRAY_SIZE(all_states) - left_out,
      .pDynamicStates = all_states,
   };
   const VkPipelineShaderStageCreateInfo stage = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
      .stage = VK_SHADER_STAGE_VERTEX_BIT,
      .module = module,
      .pName = "main",
   };
   const VkGraphicsPipelineCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_GRAPHICS_PIPELINE_CREATE_INFO,
      .pNext = &rendering,
      .stageCount = 1,
      .pStages = &stage,
      .pVertexInputState = left_out ? &vertex_input : NOWHERE,
      .pInputAssemblyState =
         left_out < 2 && unrestricted ? NOWHERE : &assembly,
      .pTessellationState = NOWHERE,
      .pViewportState = NOWHERE,
      .pRasterizationState = NOWHERE,
      .pMultisampleState = NOWHERE,
      .pDepthStencilState = NOWHERE,
      .pColorBlendState = left_out < 4 ? NOWHERE : &blend,
      .pDynamicState = &dynamic,
      .layout = layout,
      .basePipelineHandle = NO_HANDLE(VkPipeline),
   };
   VkPipeline pipeline = VK_NULL_HANDLE;

   VKT_CHECK(vkCreateGraphicsPipelines(dev->handle, VK_NULL_HANDLE, 1, &info,
                                       NULL, &pipeline));
   vkDestroyPipeline(dev->handle, pipeline, NULL);
}

static void
check_graphics(struct vkt_device *dev,
               VkRenderPass pass,
               VkPipelineLayout layout,
               VkShaderModule module,
               enum graphics_case which)
{
   static const VkDynamicState dynamic_states[2] = {
      VK_DYNAMIC_STATE_VIEWPORT,
      VK_DYNAMIC_STATE_SCISSOR,
   };
   const VkVertexInputBindingDescription binding = { .stride = 28 };
   const VkVertexInputAttributeDescription attributes[2] = {
      { .location = 0, .format = VK_FORMAT_R32G32B32_SFLOAT },
      {
         .location = 1,
         .format = VK_FORMAT_R32G32B32A32_SFLOAT,
         .offset = 12,
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
   const VkPipelineRasterizationStateCreateInfo raster = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_RASTERIZATION_STATE_CREATE_INFO,
      .rasterizerDiscardEnable = which == RASTERIZER_DISCARD,
      .lineWidth = 1.0f,
   };
   const VkViewport viewport = { .width = 8, .height = 8, .maxDepth = 1 };
   const VkRect2D scissor = { .extent = { 8, 8 } };
   const VkPipelineViewportStateCreateInfo viewport_state = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_VIEWPORT_STATE_CREATE_INFO,
      .viewportCount = 1,
      .pViewports = which == DYNAMIC_VIEWPORT ? NOWHERE : &viewport,
      .scissorCount = 1,
      .pScissors = which == DYNAMIC_VIEWPORT ? NOWHERE : &scissor,
   };
   const VkPipelineMultisampleStateCreateInfo multisample = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_MULTISAMPLE_STATE_CREATE_INFO,
      .rasterizationSamples = VK_SAMPLE_COUNT_1_BIT,
   };
   const VkPipelineDynamicStateCreateInfo dynamic = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_DYNAMIC_STATE_CREATE_INFO,
      .dynamicStateCount = which == DYNAMIC_VIEWPORT ? 2 : 0,
      .pDynamicStates = dynamic_states,
   };
   const VkPipelineShaderStageCreateInfo stage = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
      .stage = VK_SHADER_STAGE_VERTEX_BIT,
      .module = module,
      .pName = "main",
   };
   const bool discard = which == RASTERIZER_DISCARD;
   const VkGraphicsPipelineCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_GRAPHICS_PIPELINE_CREATE_INFO,
      .stageCount = 1,
      .pStages = &stage,
      .pVertexInputState = &vertex_input,
      .pInputAssemblyState = &assembly,
      .pTessellationState = NOWHERE,
      .pViewportState = discard ? NOWHERE : &viewport_state,
      .pRasterizationState = &raster,
      .pMultisampleState = discard ? NOWHERE : &multisample,
      .pDepthStencilState = NOWHERE,
      .pColorBlendState = NOWHERE,
      .pDynamicState = &dynamic,
      .layout = layout,
      .renderPass = pass,
      .basePipelineHandle = NO_HANDLE(VkPipeline),
      .basePipelineIndex = 12345,
   };
   VkPipeline pipeline = VK_NULL_HANDLE;

   VKT_CHECK(vkCreateGraphicsPipelines(dev->handle, VK_NULL_HANDLE, 1, &info,
                                       NULL, &pipeline));
   vkDestroyPipeline(dev->handle, pipeline, NULL);
}

static void
test_graphics(struct vkt_device *dev, bool all_dynamic, bool unrestricted)
{
   const VkPipelineLayoutCreateInfo layout_info = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
      .pSetLayouts = NOWHERE,
      .pPushConstantRanges = NOWHERE,
   };
   VkRenderPass pass = create_empty_pass(dev);
   VkShaderModule module = vkt_shader(dev, solid_vert, sizeof(solid_vert));
   VkPipelineLayout layout = VK_NULL_HANDLE;

   if (VKT_CHECK(
          vkCreatePipelineLayout(dev->handle, &layout_info, NULL, &layout)) &&
       U_CHECK(pass && module)) {
      check_graphics(dev, pass, layout, module, RASTERIZER_DISCARD);
      check_graphics(dev, pass, layout, module, NO_ATTACHMENTS);
      check_graphics(dev, pass, layout, module, DYNAMIC_VIEWPORT);
      for (uint32_t i = 0; all_dynamic && i <= OPTIONAL_STATES; i++)
         check_all_dynamic(dev, layout, module, i, unrestricted);
   }
   vkDestroyShaderModule(dev->handle, module, NULL);
   vkDestroyPipelineLayout(dev->handle, layout, NULL);
   vkDestroyRenderPass(dev->handle, pass, NULL);
   U_CHECK(vkt_device_works(dev));
}

/* An imageless framebuffer has no attachments, a pass that clears nothing no
 * clear values, an attachment without resolve no view to resolve to. */
static void
test_passes(struct vkt_device *dev, bool dynamic)
{
   const VkFramebufferAttachmentsCreateInfo attachments = {
      .sType = VK_STRUCTURE_TYPE_FRAMEBUFFER_ATTACHMENTS_CREATE_INFO,
      .pAttachmentImageInfos = NOWHERE,
   };
   VkRenderPass pass = create_empty_pass(dev);
   const VkFramebufferCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_FRAMEBUFFER_CREATE_INFO,
      .pNext = &attachments,
      .flags = VK_FRAMEBUFFER_CREATE_IMAGELESS_BIT,
      .renderPass = pass,
      .pAttachments = NOWHERE,
      .width = 8,
      .height = 8,
      .layers = 1,
   };
   VkFramebuffer framebuffer = VK_NULL_HANDLE;
   struct vkt_image image = { 0 };

   if (!VKT_CHECK(
          vkCreateFramebuffer(dev->handle, &info, NULL, &framebuffer)) ||
       !U_CHECK(vkt_image_init(&image, dev, VK_FORMAT_R8G8B8A8_UNORM, 8, 8,
                               VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT)) ||
       !U_CHECK(vkt_begin(dev)))
      goto out;
   const VkRenderPassBeginInfo begin = {
      .sType = VK_STRUCTURE_TYPE_RENDER_PASS_BEGIN_INFO,
      .renderPass = pass,
      .framebuffer = framebuffer,
      .renderArea.extent = { 8, 8 },
      .pClearValues = NOWHERE,
   };
   const VkRenderingAttachmentInfo color = {
      .sType = VK_STRUCTURE_TYPE_RENDERING_ATTACHMENT_INFO,
      .imageView = image.view,
      .imageLayout = VK_IMAGE_LAYOUT_GENERAL,
      .resolveMode = VK_RESOLVE_MODE_NONE,
      .resolveImageView = NO_HANDLE(VkImageView),
      .loadOp = VK_ATTACHMENT_LOAD_OP_CLEAR,
   };
   const VkRenderingInfo rendering = {
      .sType = VK_STRUCTURE_TYPE_RENDERING_INFO,
      .renderArea.extent = { 8, 8 },
      .layerCount = 1,
      .colorAttachmentCount = 1,
      .pColorAttachments = &color,
   };
   vkCmdBeginRenderPass(dev->cmd, &begin, VK_SUBPASS_CONTENTS_INLINE);
   vkCmdEndRenderPass(dev->cmd);
   if (dynamic) {
      vkt_image_barrier(dev->cmd, image.handle, image.aspect,
                        VK_IMAGE_LAYOUT_UNDEFINED, VK_IMAGE_LAYOUT_GENERAL);
      vkCmdBeginRendering(dev->cmd, &rendering);
      vkCmdEndRendering(dev->cmd);
   }
   U_CHECK(vkt_submit_wait(dev));
out:
   vkt_image_finish(&image);
   vkDestroyFramebuffer(dev->handle, framebuffer, NULL);
   vkDestroyRenderPass(dev->handle, pass, NULL);
   U_CHECK(vkt_device_works(dev));
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
      .imagelessFramebuffer = VK_TRUE,
   };
   const char *const exts[] = {
      VK_EXT_EXTENDED_DYNAMIC_STATE_3_EXTENSION_NAME,
      VK_EXT_VERTEX_INPUT_DYNAMIC_STATE_EXTENSION_NAME,
      VK_EXT_EXTENDED_DYNAMIC_STATE_2_EXTENSION_NAME,
   };
   VkPhysicalDeviceExtendedDynamicState2FeaturesEXT eds2 = {
      .sType =
         VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTENDED_DYNAMIC_STATE_2_FEATURES_EXT,
   };
   VkPhysicalDeviceVertexInputDynamicStateFeaturesEXT vertex_input = {
      .sType =
         VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VERTEX_INPUT_DYNAMIC_STATE_FEATURES_EXT,
      .pNext = &eds2,
   };
   VkPhysicalDeviceExtendedDynamicState3FeaturesEXT eds3 = {
      .sType =
         VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTENDED_DYNAMIC_STATE_3_FEATURES_EXT,
      .pNext = &vertex_input,
   };
   VkPhysicalDeviceFeatures2 offered = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2,
      .pNext = &eds3,
   };
   VkPhysicalDeviceExtendedDynamicState3PropertiesEXT eds3_props = {
      .sType =
         VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTENDED_DYNAMIC_STATE_3_PROPERTIES_EXT,
   };
   VkPhysicalDeviceProperties2 props = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
      .pNext = &eds3_props,
   };
   struct vkt_instance instance;
   struct vkt_device dev = { 0 };
   bool all_dynamic = false;

   vkt_bound(60);
   if (!U_CHECK(vkt_instance_init(&instance)))
      goto out;
   if (instance.props.apiVersion >= VK_API_VERSION_1_3) {
      vk12.pNext = &vk13;
      all_dynamic = vkt_instance_has_all(&instance, exts, 3);
   }
   if (all_dynamic) {
      vkGetPhysicalDeviceFeatures2(instance.pdev, &offered);
      vkGetPhysicalDeviceProperties2(instance.pdev, &props);
      vk13.pNext = &eds3;
   }
   if (U_CHECK(vkt_device_init(&dev, &instance, exts, all_dynamic ? 3 : 0,
                               &vk12))) {
      test_resources(&dev);
      test_commands(&dev);
      test_descriptors(&dev);
      test_graphics(&dev, all_dynamic,
                    eds3_props.dynamicPrimitiveTopologyUnrestricted);
      test_passes(&dev, vk12.pNext != NULL);
   }
out:
   vkt_device_finish(&dev);
   vkt_instance_finish(&instance);
   return u_test_result();
}
