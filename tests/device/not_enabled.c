/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Structs of extensions that the device was made without, in chains of all
 * kinds. Of such a struct nothing but sType and pNext may be looked at: the
 * memory ends there, so a driver that reads, copies or sends any of it ends
 * the program. None of this is for the validation layer, and a driver that
 * does not care which extensions are enabled does not survive it either.
 */

#include <string.h>

#include "strangers.h"
#include "solid.frag.h"
#include "solid.vert.h"

static void
test_resources(struct vkt_device *dev)
{
   const VkBufferCreateInfo buffer_info = {
      .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
      .pNext = VKT_STRANGERS(
         VK_STRUCTURE_TYPE_BUFFER_DEVICE_ADDRESS_CREATE_INFO_EXT),
      .size = 4096,
      .usage = VK_BUFFER_USAGE_TRANSFER_DST_BIT,
   };
   const VkImageCreateInfo image_info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
      .pNext = VKT_STRANGERS(
         VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_LIST_CREATE_INFO_EXT,
         VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_EXPLICIT_CREATE_INFO_EXT),
      .imageType = VK_IMAGE_TYPE_2D,
      .format = VK_FORMAT_R8G8B8A8_UNORM,
      .extent = { 16, 16, 1 },
      .mipLevels = 1,
      .arrayLayers = 1,
      .samples = VK_SAMPLE_COUNT_1_BIT,
      .usage = VK_IMAGE_USAGE_SAMPLED_BIT,
   };
   const VkSamplerCreateInfo sampler_info = {
      .sType = VK_STRUCTURE_TYPE_SAMPLER_CREATE_INFO,
      .pNext = VKT_STRANGERS(
         VK_STRUCTURE_TYPE_SAMPLER_CUSTOM_BORDER_COLOR_CREATE_INFO_EXT,
         VK_STRUCTURE_TYPE_SAMPLER_BORDER_COLOR_COMPONENT_MAPPING_CREATE_INFO_EXT),
   };
   VkBuffer buffer = VK_NULL_HANDLE;
   VkImage image = VK_NULL_HANDLE;
   VkSampler sampler = VK_NULL_HANDLE;
   VkImageView view = VK_NULL_HANDLE;
   VkDeviceMemory memory = VK_NULL_HANDLE;
   VkMemoryRequirements reqs;

   VKT_CHECK(vkCreateBuffer(dev->handle, &buffer_info, NULL, &buffer));
   VKT_CHECK(vkCreateSampler(dev->handle, &sampler_info, NULL, &sampler));
   if (!VKT_CHECK(vkCreateImage(dev->handle, &image_info, NULL, &image)))
      goto out;
   vkGetImageMemoryRequirements(dev->handle, image, &reqs);
   const VkMemoryAllocateInfo alloc = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
      .pNext =
         VKT_STRANGERS(VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT,
                       VK_STRUCTURE_TYPE_MEMORY_PRIORITY_ALLOCATE_INFO_EXT),
      .allocationSize = reqs.size,
      .memoryTypeIndex =
         vkt_memory_type(dev->instance, reqs.memoryTypeBits, 0),
   };
   const VkImageViewCreateInfo view_info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
      .pNext =
         VKT_STRANGERS(VK_STRUCTURE_TYPE_IMAGE_VIEW_MIN_LOD_CREATE_INFO_EXT),
      .image = image,
      .viewType = VK_IMAGE_VIEW_TYPE_2D,
      .format = image_info.format,
      .subresourceRange = { VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1 },
   };
   if (VKT_CHECK(vkAllocateMemory(dev->handle, &alloc, NULL, &memory)) &&
       VKT_CHECK(vkBindImageMemory(dev->handle, image, memory, 0)))
      VKT_CHECK(vkCreateImageView(dev->handle, &view_info, NULL, &view));
   U_CHECK(vkt_device_works(dev));
out:
   vkDestroyImageView(dev->handle, view, NULL);
   vkDestroyImage(dev->handle, image, NULL);
   vkFreeMemory(dev->handle, memory, NULL);
   vkDestroySampler(dev->handle, sampler, NULL);
   vkDestroyBuffer(dev->handle, buffer, NULL);
}

/* An fd that is nobody's to import. The size is one that can be a piece of
 * another allocation, and one that cannot. */
static void
test_import(struct vkt_device *dev)
{
   for (VkDeviceSize size = 4096; size <= 64 << 20; size <<= 14) {
      const VkMemoryAllocateInfo info = {
         .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
         .pNext = VKT_STRANGERS(VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR),
         .allocationSize = size,
         .memoryTypeIndex = vkt_memory_type(
            dev->instance, ~0u, VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT),
      };
      VkDeviceMemory memory = VK_NULL_HANDLE;
      void *map;

      if (VKT_CHECK(vkAllocateMemory(dev->handle, &info, NULL, &memory)) &&
          VKT_CHECK(vkMapMemory(dev->handle, memory, 0, 4096, 0, &map)))
         memset(map, 1, 4096);
      vkFreeMemory(dev->handle, memory, NULL);
   }
}

static void
test_descriptors(struct vkt_device *dev)
{
   const VkDescriptorSetLayoutBinding binding = {
      .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
      .descriptorCount = 1,
      .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
   };
   const VkDescriptorSetLayoutCreateInfo layout_info = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
      .pNext = VKT_STRANGERS(
         VK_STRUCTURE_TYPE_MUTABLE_DESCRIPTOR_TYPE_CREATE_INFO_EXT),
      .bindingCount = 1,
      .pBindings = &binding,
   };
   const VkDescriptorPoolSize size = { VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1 };
   const VkDescriptorPoolCreateInfo pool_info = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
      .pNext = VKT_STRANGERS(
         VK_STRUCTURE_TYPE_MUTABLE_DESCRIPTOR_TYPE_CREATE_INFO_EXT),
      .maxSets = 1,
      .poolSizeCount = 1,
      .pPoolSizes = &size,
   };
   VkDescriptorSetLayout layout = VK_NULL_HANDLE;
   VkDescriptorPool pool = VK_NULL_HANDLE;
   VkDescriptorSet set = VK_NULL_HANDLE;
   struct vkt_buffer buffer = { 0 };

   VKT_CHECK(
      vkCreateDescriptorSetLayout(dev->handle, &layout_info, NULL, &layout));
   VKT_CHECK(vkCreateDescriptorPool(dev->handle, &pool_info, NULL, &pool));
   const VkDescriptorSetAllocateInfo alloc = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
      .descriptorPool = pool,
      .descriptorSetCount = 1,
      .pSetLayouts = &layout,
   };
   if (VKT_CHECK(vkAllocateDescriptorSets(dev->handle, &alloc, &set)) &&
       U_CHECK(vkt_buffer_init(&buffer, dev, 256,
                               VK_BUFFER_USAGE_STORAGE_BUFFER_BIT))) {
      const VkDescriptorBufferInfo info = {
         .buffer = buffer.handle,
         .range = VK_WHOLE_SIZE,
      };
      const VkWriteDescriptorSet write = {
         .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
         .pNext = VKT_STRANGERS(
            VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET_ACCELERATION_STRUCTURE_KHR),
         .dstSet = set,
         .descriptorCount = 1,
         .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
         .pBufferInfo = &info,
      };
      vkUpdateDescriptorSets(dev->handle, 1, &write, 0, NULL);
   }
   U_CHECK(vkt_device_works(dev));
   vkt_buffer_finish(&buffer);
   vkDestroyDescriptorPool(dev->handle, pool, NULL);
   vkDestroyDescriptorSetLayout(dev->handle, layout, NULL);
}

static VkPipeline
create_pipeline(struct vkt_device *dev,
                VkRenderPass pass,
                VkPipelineLayout layout,
                const VkShaderModule modules[2])
{
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
      .pNext = VKT_STRANGERS(
         VK_STRUCTURE_TYPE_PIPELINE_RASTERIZATION_CONSERVATIVE_STATE_CREATE_INFO_EXT,
         VK_STRUCTURE_TYPE_PIPELINE_RASTERIZATION_DEPTH_CLIP_STATE_CREATE_INFO_EXT,
         VK_STRUCTURE_TYPE_PIPELINE_RASTERIZATION_PROVOKING_VERTEX_STATE_CREATE_INFO_EXT,
         VK_STRUCTURE_TYPE_PIPELINE_RASTERIZATION_STATE_STREAM_CREATE_INFO_EXT),
      .lineWidth = 1.0f,
   };
   const VkViewport viewport = { .width = 8, .height = 8, .maxDepth = 1 };
   const VkRect2D scissor = { .extent = { 8, 8 } };
   const VkPipelineViewportStateCreateInfo viewport_state = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_VIEWPORT_STATE_CREATE_INFO,
      .pNext = VKT_STRANGERS(
         VK_STRUCTURE_TYPE_PIPELINE_VIEWPORT_DEPTH_CLIP_CONTROL_CREATE_INFO_EXT),
      .viewportCount = 1,
      .pViewports = &viewport,
      .scissorCount = 1,
      .pScissors = &scissor,
   };
   const VkPipelineMultisampleStateCreateInfo multisample = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_MULTISAMPLE_STATE_CREATE_INFO,
      .pNext = VKT_STRANGERS(
         VK_STRUCTURE_TYPE_PIPELINE_SAMPLE_LOCATIONS_STATE_CREATE_INFO_EXT),
      .rasterizationSamples = VK_SAMPLE_COUNT_1_BIT,
   };
   const VkPipelineColorBlendAttachmentState attachment = {
      .colorWriteMask = 0xf,
   };
   const VkPipelineColorBlendStateCreateInfo blend = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_COLOR_BLEND_STATE_CREATE_INFO,
      .pNext = VKT_STRANGERS(
         VK_STRUCTURE_TYPE_PIPELINE_COLOR_WRITE_CREATE_INFO_EXT,
         VK_STRUCTURE_TYPE_PIPELINE_COLOR_BLEND_ADVANCED_STATE_CREATE_INFO_EXT),
      .attachmentCount = 1,
      .pAttachments = &attachment,
   };
   const VkPipelineShaderStageCreateInfo stages[2] = {
      {
         .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
         .stage = VK_SHADER_STAGE_VERTEX_BIT,
         .module = modules[0],
         .pName = "main",
      },
      {
         .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
         .stage = VK_SHADER_STAGE_FRAGMENT_BIT,
         .module = modules[1],
         .pName = "main",
      },
   };
   const VkGraphicsPipelineCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_GRAPHICS_PIPELINE_CREATE_INFO,
      .pNext = VKT_STRANGERS(
         VK_STRUCTURE_TYPE_GRAPHICS_PIPELINE_LIBRARY_CREATE_INFO_EXT,
         VK_STRUCTURE_TYPE_PIPELINE_LIBRARY_CREATE_INFO_KHR,
         VK_STRUCTURE_TYPE_PIPELINE_FRAGMENT_SHADING_RATE_STATE_CREATE_INFO_KHR),
      .stageCount = 2,
      .pStages = stages,
      .pVertexInputState = &vertex_input,
      .pInputAssemblyState = &assembly,
      .pViewportState = &viewport_state,
      .pRasterizationState = &raster,
      .pMultisampleState = &multisample,
      .pColorBlendState = &blend,
      .layout = layout,
      .renderPass = pass,
   };
   VkPipeline pipeline = VK_NULL_HANDLE;

   VKT_CHECK(vkCreateGraphicsPipelines(dev->handle, VK_NULL_HANDLE, 1, &info,
                                       NULL, &pipeline));
   return pipeline;
}

static VkRenderPass
create_pass(struct vkt_device *dev)
{
   const VkAttachmentDescription2 attachment = {
      .sType = VK_STRUCTURE_TYPE_ATTACHMENT_DESCRIPTION_2,
      .format = VK_FORMAT_R8G8B8A8_UNORM,
      .samples = VK_SAMPLE_COUNT_1_BIT,
      .loadOp = VK_ATTACHMENT_LOAD_OP_CLEAR,
      .storeOp = VK_ATTACHMENT_STORE_OP_STORE,
      .finalLayout = VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL,
   };
   const VkAttachmentReference2 reference = {
      .sType = VK_STRUCTURE_TYPE_ATTACHMENT_REFERENCE_2,
      .layout = VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL,
      .aspectMask = VK_IMAGE_ASPECT_COLOR_BIT,
   };
   const VkSubpassDescription2 subpass = {
      .sType = VK_STRUCTURE_TYPE_SUBPASS_DESCRIPTION_2,
      .pNext = VKT_STRANGERS(
         VK_STRUCTURE_TYPE_FRAGMENT_SHADING_RATE_ATTACHMENT_INFO_KHR,
         VK_STRUCTURE_TYPE_MULTISAMPLED_RENDER_TO_SINGLE_SAMPLED_INFO_EXT),
      .pipelineBindPoint = VK_PIPELINE_BIND_POINT_GRAPHICS,
      .colorAttachmentCount = 1,
      .pColorAttachments = &reference,
   };
   const VkRenderPassCreateInfo2 info = {
      .sType = VK_STRUCTURE_TYPE_RENDER_PASS_CREATE_INFO_2,
      .attachmentCount = 1,
      .pAttachments = &attachment,
      .subpassCount = 1,
      .pSubpasses = &subpass,
   };
   VkRenderPass pass = VK_NULL_HANDLE;

   VKT_CHECK(vkCreateRenderPass2(dev->handle, &info, NULL, &pass));
   return pass;
}

/* Draws nothing, but in a pass that clears, and looks at the pixels. */
static void
record_pass(struct vkt_device *dev,
            VkRenderPass pass,
            VkFramebuffer framebuffer,
            VkPipeline pipeline,
            const struct vkt_image *image)
{
   const VkClearValue clear = { .color.float32 = { 1, 1, 1, 1 } };
   const VkRenderPassBeginInfo begin = {
      .sType = VK_STRUCTURE_TYPE_RENDER_PASS_BEGIN_INFO,
      .pNext = VKT_STRANGERS(
         VK_STRUCTURE_TYPE_RENDER_PASS_SAMPLE_LOCATIONS_BEGIN_INFO_EXT),
      .renderPass = pass,
      .framebuffer = framebuffer,
      .renderArea.extent = { 8, 8 },
      .clearValueCount = 1,
      .pClearValues = &clear,
   };
   struct vkt_buffer pixels = { 0 };

   if (U_CHECK(vkt_buffer_init(&pixels, dev, 8 * 8 * 4,
                               VK_BUFFER_USAGE_TRANSFER_DST_BIT)) &&
       U_CHECK(vkt_begin(dev))) {
      vkCmdBeginRenderPass(dev->cmd, &begin, VK_SUBPASS_CONTENTS_INLINE);
      vkCmdBindPipeline(dev->cmd, VK_PIPELINE_BIND_POINT_GRAPHICS, pipeline);
      vkCmdEndRenderPass(dev->cmd);
      vkt_image_read(image, &pixels);
      if (U_CHECK(vkt_submit_wait(dev)))
         U_CHECK(vkt_words_are(pixels.map, 8 * 8, 0xffffffff));
   }
   vkt_buffer_finish(&pixels);
}

static void
test_graphics(struct vkt_device *dev)
{
   const VkPipelineLayoutCreateInfo layout_info = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
   };
   const VkShaderModule modules[2] = {
      vkt_shader(dev, solid_vert, sizeof(solid_vert)),
      vkt_shader(dev, solid_frag, sizeof(solid_frag)),
   };
   VkPipelineLayout layout = VK_NULL_HANDLE;
   VkRenderPass pass = create_pass(dev);
   VkPipeline pipeline = VK_NULL_HANDLE;
   VkFramebuffer framebuffer = VK_NULL_HANDLE;
   struct vkt_image image = { 0 };

   if (!VKT_CHECK(
          vkCreatePipelineLayout(dev->handle, &layout_info, NULL, &layout)) ||
       !U_CHECK(vkt_image_init(&image, dev, VK_FORMAT_R8G8B8A8_UNORM, 8, 8,
                               VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT |
                                  VK_IMAGE_USAGE_TRANSFER_SRC_BIT)))
      goto out;
   const VkFramebufferCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_FRAMEBUFFER_CREATE_INFO,
      .renderPass = pass,
      .attachmentCount = 1,
      .pAttachments = &image.view,
      .width = 8,
      .height = 8,
      .layers = 1,
   };
   VKT_CHECK(vkCreateFramebuffer(dev->handle, &info, NULL, &framebuffer));
   pipeline = create_pipeline(dev, pass, layout, modules);
   record_pass(dev, pass, framebuffer, pipeline, &image);
out:
   vkDestroyPipeline(dev->handle, pipeline, NULL);
   vkDestroyFramebuffer(dev->handle, framebuffer, NULL);
   vkt_image_finish(&image);
   vkDestroyRenderPass(dev->handle, pass, NULL);
   vkDestroyPipelineLayout(dev->handle, layout, NULL);
   for (int i = 0; i < 2; i++)
      vkDestroyShaderModule(dev->handle, modules[i], NULL);
}

/* In what is recorded, submitted, and asked. */
static void
test_commands(struct vkt_device *dev)
{
   const VkCommandBufferAllocateInfo alloc = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
      .commandPool = dev->pool,
      .level = VK_COMMAND_BUFFER_LEVEL_SECONDARY,
      .commandBufferCount = 1,
   };
   const VkCommandBufferInheritanceInfo inherit = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_INHERITANCE_INFO,
      .pNext = VKT_STRANGERS(
         VK_STRUCTURE_TYPE_COMMAND_BUFFER_INHERITANCE_CONDITIONAL_RENDERING_INFO_EXT),
   };
   const VkCommandBufferBeginInfo begin = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
      .pInheritanceInfo = &inherit,
   };
   VkCommandBuffer cmd = VK_NULL_HANDLE;

   if (!VKT_CHECK(vkAllocateCommandBuffers(dev->handle, &alloc, &cmd)))
      return;
   VKT_CHECK(vkBeginCommandBuffer(cmd, &begin));
   VKT_CHECK(vkEndCommandBuffer(cmd));
   const VkSubmitInfo submit = {
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
      .pNext =
         VKT_STRANGERS(VK_STRUCTURE_TYPE_PERFORMANCE_QUERY_SUBMIT_INFO_KHR),
      .commandBufferCount = 1,
      .pCommandBuffers = &dev->cmd,
   };
   if (U_CHECK(vkt_begin(dev))) {
      vkCmdExecuteCommands(dev->cmd, 1, &cmd);
      VKT_CHECK(vkEndCommandBuffer(dev->cmd));
      VKT_CHECK(vkQueueSubmit(dev->queue, 1, &submit, VK_NULL_HANDLE));
      VKT_CHECK(vkQueueWaitIdle(dev->queue));
   }
   vkFreeCommandBuffers(dev->handle, dev->pool, 1, &cmd);
   U_CHECK(vkt_device_works(dev));
}

int
main(void)
{
   struct vkt_instance instance;
   struct vkt_device dev = { 0 };

   vkt_bound(60);
   if (U_CHECK(vkt_strangers_init()) &&
       U_CHECK(vkt_instance_init(&instance)) &&
       U_CHECK(vkt_device_init(
          &dev, &instance, NULL, 0,
          VKT_STRANGERS(
             VK_STRUCTURE_TYPE_DEVICE_DEVICE_MEMORY_REPORT_CREATE_INFO_EXT)))) {
      test_resources(&dev);
      test_import(&dev);
      test_descriptors(&dev);
      test_graphics(&dev);
      test_commands(&dev);
   }
   vkt_device_finish(&dev);
   vkt_instance_finish(&instance);
   return u_test_result();
}
