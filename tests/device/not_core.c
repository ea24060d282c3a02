/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Structs of core versions that are newer than what the application has asked
 * for, on a device without the extensions that brought them: see strangers.h.
 * The argument is the minor version to ask for. Only commands of Vulkan 1.0
 * are called, but where an extension has them.
 */

#include <stdlib.h>
#include <string.h>

#include "strangers.h"
#include "solid.frag.h"
#include "solid.vert.h"

static uint32_t asked_minor;

struct newcomer {
   uint32_t minor; /* of the version that made it core */
   VkStructureType type;
};

/* Those that are too new. */
static void *
chain(const struct newcomer *newcomers, uint32_t count)
{
   VkStructureType types[8];
   uint32_t too_new = 0;

   if (!U_CHECK(count <= VKT_ARRAY_SIZE(types)))
      return NULL;
   for (uint32_t i = 0; i < count; i++) {
      if (newcomers[i].minor > asked_minor)
         types[too_new++] = newcomers[i].type;
   }
   return vkt_strangers(types, too_new);
}

#define NEWER(...)                                                           \
   chain((const struct newcomer[]){ __VA_ARGS__ },                           \
         VKT_ARRAY_SIZE(((const struct newcomer[]){ __VA_ARGS__ })))

static void
test_resources(struct vkt_device *dev)
{
   const VkBufferCreateInfo buffer_info = {
      .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
      .pNext = NEWER(
         { 1, VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO },
         { 2, VK_STRUCTURE_TYPE_BUFFER_OPAQUE_CAPTURE_ADDRESS_CREATE_INFO }),
      .size = 4096,
      .usage = VK_BUFFER_USAGE_TRANSFER_DST_BIT,
   };
   const VkImageCreateInfo image_info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
      .pNext =
         NEWER({ 1, VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO },
               { 2, VK_STRUCTURE_TYPE_IMAGE_FORMAT_LIST_CREATE_INFO },
               { 2, VK_STRUCTURE_TYPE_IMAGE_STENCIL_USAGE_CREATE_INFO }),
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
      .pNext =
         NEWER({ 1, VK_STRUCTURE_TYPE_SAMPLER_YCBCR_CONVERSION_INFO },
               { 2, VK_STRUCTURE_TYPE_SAMPLER_REDUCTION_MODE_CREATE_INFO }),
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
      .pNext = NEWER(
         { 1, VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO },
         { 1, VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO },
         { 1, VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO },
         { 2,
           VK_STRUCTURE_TYPE_MEMORY_OPAQUE_CAPTURE_ADDRESS_ALLOCATE_INFO }),
      .allocationSize = reqs.size,
      .memoryTypeIndex =
         vkt_memory_type(dev->instance, reqs.memoryTypeBits, 0),
   };
   const VkImageViewCreateInfo view_info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
      .pNext = NEWER({ 1, VK_STRUCTURE_TYPE_IMAGE_VIEW_USAGE_CREATE_INFO },
                     { 1, VK_STRUCTURE_TYPE_SAMPLER_YCBCR_CONVERSION_INFO }),
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

/* Small and large, where the host sees it: a driver may cut such memory from
 * a block. */
static void
test_memory(struct vkt_device *dev)
{
   for (VkDeviceSize size = 4096; size <= 64 << 20; size <<= 14) {
      const VkMemoryAllocateInfo info = {
         .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
         .pNext =
            NEWER({ 1, VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO },
                  { 1, VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO },
                  { 1, VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO }),
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
      .pNext = NEWER(
         { 2,
           VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_BINDING_FLAGS_CREATE_INFO }),
      .bindingCount = 1,
      .pBindings = &binding,
   };
   const VkDescriptorPoolSize size = { VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1 };
   const VkDescriptorPoolCreateInfo pool_info = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
      .pNext = NEWER(
         { 3,
           VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_INLINE_UNIFORM_BLOCK_CREATE_INFO }),
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
      .pNext = NEWER(
         { 2,
           VK_STRUCTURE_TYPE_DESCRIPTOR_SET_VARIABLE_DESCRIPTOR_COUNT_ALLOCATE_INFO }),
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
         .pNext = NEWER(
            { 3,
              VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET_INLINE_UNIFORM_BLOCK }),
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

/* A struct that makes a semaphore another kind of thing, and one that asks
 * for fds. */
static void
test_sync(struct vkt_device *dev)
{
   const VkSemaphoreCreateInfo semaphore_info = {
      .sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO,
      .pNext = NEWER({ 1, VK_STRUCTURE_TYPE_EXPORT_SEMAPHORE_CREATE_INFO },
                     { 2, VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO }),
   };
   const VkFenceCreateInfo fence_info = {
      .sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO,
      .pNext = NEWER({ 1, VK_STRUCTURE_TYPE_EXPORT_FENCE_CREATE_INFO }),
   };
   const VkPipelineStageFlags stage = VK_PIPELINE_STAGE_ALL_COMMANDS_BIT;
   VkSemaphore semaphore = VK_NULL_HANDLE;
   VkFence fence = VK_NULL_HANDLE;

   if (VKT_CHECK(vkCreateSemaphore(dev->handle, &semaphore_info, NULL,
                                   &semaphore)) &&
       VKT_CHECK(vkCreateFence(dev->handle, &fence_info, NULL, &fence))) {
      const VkSubmitInfo submits[2] = {
         {
            .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
            .pNext =
               NEWER({ 1, VK_STRUCTURE_TYPE_DEVICE_GROUP_SUBMIT_INFO },
                     { 1, VK_STRUCTURE_TYPE_PROTECTED_SUBMIT_INFO },
                     { 2, VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO }),
            .signalSemaphoreCount = 1,
            .pSignalSemaphores = &semaphore,
         },
         {
            .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
            .waitSemaphoreCount = 1,
            .pWaitSemaphores = &semaphore,
            .pWaitDstStageMask = &stage,
         },
      };
      VKT_CHECK(vkQueueSubmit(dev->queue, 2, submits, fence));
      VKT_CHECK(
         vkWaitForFences(dev->handle, 1, &fence, VK_TRUE, VKT_TIMEOUT_NS));
   }
   vkDestroyFence(dev->handle, fence, NULL);
   vkDestroySemaphore(dev->handle, semaphore, NULL);
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
      .lineWidth = 1.0f,
   };
   const VkViewport viewport = { .width = 8, .height = 8, .maxDepth = 1 };
   const VkRect2D scissor = { .extent = { 8, 8 } };
   const VkPipelineViewportStateCreateInfo viewport_state = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_VIEWPORT_STATE_CREATE_INFO,
      .viewportCount = 1,
      .pViewports = &viewport,
      .scissorCount = 1,
      .pScissors = &scissor,
   };
   const VkPipelineMultisampleStateCreateInfo multisample = {
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
   VkPipelineShaderStageCreateInfo stages[2];
   for (int i = 0; i < 2; i++) {
      stages[i] = (VkPipelineShaderStageCreateInfo){
         .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
         .pNext = NEWER(
            { 3,
              VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_REQUIRED_SUBGROUP_SIZE_CREATE_INFO }),
         .stage =
            i ? VK_SHADER_STAGE_FRAGMENT_BIT : VK_SHADER_STAGE_VERTEX_BIT,
         .module = modules[i],
         .pName = "main",
      };
   }
   const VkGraphicsPipelineCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_GRAPHICS_PIPELINE_CREATE_INFO,
      .pNext = NEWER(
         { 3, VK_STRUCTURE_TYPE_PIPELINE_CREATION_FEEDBACK_CREATE_INFO },
         { 3, VK_STRUCTURE_TYPE_PIPELINE_RENDERING_CREATE_INFO }),
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
   const VkAttachmentDescription attachment = {
      .format = VK_FORMAT_R8G8B8A8_UNORM,
      .samples = VK_SAMPLE_COUNT_1_BIT,
      .loadOp = VK_ATTACHMENT_LOAD_OP_CLEAR,
      .storeOp = VK_ATTACHMENT_STORE_OP_STORE,
      .finalLayout = VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL,
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
      .pNext = NEWER(
         { 1,
           VK_STRUCTURE_TYPE_RENDER_PASS_INPUT_ATTACHMENT_ASPECT_CREATE_INFO },
         { 1, VK_STRUCTURE_TYPE_RENDER_PASS_MULTIVIEW_CREATE_INFO }),
      .attachmentCount = 1,
      .pAttachments = &attachment,
      .subpassCount = 1,
      .pSubpasses = &subpass,
   };
   VkRenderPass pass = VK_NULL_HANDLE;

   VKT_CHECK(vkCreateRenderPass(dev->handle, &info, NULL, &pass));
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
   const VkCommandBufferAllocateInfo alloc = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
      .commandPool = dev->pool,
      .level = VK_COMMAND_BUFFER_LEVEL_SECONDARY,
      .commandBufferCount = 1,
   };
   const VkCommandBufferInheritanceInfo inherit = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_INHERITANCE_INFO,
      .pNext = NEWER(
         { 3, VK_STRUCTURE_TYPE_COMMAND_BUFFER_INHERITANCE_RENDERING_INFO }),
      .renderPass = pass,
   };
   const VkCommandBufferBeginInfo begin_info = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
      .pNext = NEWER(
         { 1, VK_STRUCTURE_TYPE_DEVICE_GROUP_COMMAND_BUFFER_BEGIN_INFO }),
      .flags = VK_COMMAND_BUFFER_USAGE_RENDER_PASS_CONTINUE_BIT,
      .pInheritanceInfo = &inherit,
   };
   const VkClearValue clear = { .color.float32 = { 1, 1, 1, 1 } };
   const VkRenderPassBeginInfo begin = {
      .sType = VK_STRUCTURE_TYPE_RENDER_PASS_BEGIN_INFO,
      .pNext =
         NEWER({ 1, VK_STRUCTURE_TYPE_DEVICE_GROUP_RENDER_PASS_BEGIN_INFO },
               { 2, VK_STRUCTURE_TYPE_RENDER_PASS_ATTACHMENT_BEGIN_INFO }),
      .renderPass = pass,
      .framebuffer = framebuffer,
      .renderArea.extent = { 8, 8 },
      .clearValueCount = 1,
      .pClearValues = &clear,
   };
   struct vkt_buffer pixels = { 0 };
   VkCommandBuffer inner = VK_NULL_HANDLE;

   if (!VKT_CHECK(vkAllocateCommandBuffers(dev->handle, &alloc, &inner)))
      return;
   if (VKT_CHECK(vkBeginCommandBuffer(inner, &begin_info))) {
      vkCmdBindPipeline(inner, VK_PIPELINE_BIND_POINT_GRAPHICS, pipeline);
      VKT_CHECK(vkEndCommandBuffer(inner));
   }
   if (U_CHECK(vkt_buffer_init(&pixels, dev, 8 * 8 * 4,
                               VK_BUFFER_USAGE_TRANSFER_DST_BIT)) &&
       U_CHECK(vkt_begin(dev))) {
      vkCmdBeginRenderPass(dev->cmd, &begin,
                           VK_SUBPASS_CONTENTS_SECONDARY_COMMAND_BUFFERS);
      vkCmdExecuteCommands(dev->cmd, 1, &inner);
      vkCmdEndRenderPass(dev->cmd);
      vkt_image_read(image, &pixels);
      if (U_CHECK(vkt_submit_wait(dev)))
         U_CHECK(vkt_words_are(pixels.map, 8 * 8, 0xffffffff));
   }
   vkt_buffer_finish(&pixels);
   vkFreeCommandBuffers(dev->handle, dev->pool, 1, &inner);
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
      .pNext =
         NEWER({ 2, VK_STRUCTURE_TYPE_FRAMEBUFFER_ATTACHMENTS_CREATE_INFO }),
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

/* An answer goes into what is chained if the extension is there, and nowhere
 * if only the extension of the question is. */
static void
test_answers(const struct vkt_instance *instance)
{
   static const char *const exts[] = {
      "VK_KHR_get_memory_requirements2",
      "VK_KHR_dedicated_allocation",
   };

   for (uint32_t count = 1; count <= 2; count++) {
      VkMemoryDedicatedRequirements dedicated = {
         .sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS,
         .prefersDedicatedAllocation = 77,
      };
      VkMemoryRequirements2 reqs = {
         .sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2,
         .pNext = count == 2 || asked_minor ? (void *)&dedicated
                                            : NEWER({ 1, dedicated.sType }),
      };
      struct vkt_device dev = { 0 };
      struct vkt_buffer buffer = { 0 };

      if (U_CHECK(vkt_device_init(&dev, instance, exts, count, NULL)) &&
          U_CHECK(vkt_buffer_init(&buffer, &dev, 4096,
                                  VK_BUFFER_USAGE_TRANSFER_DST_BIT))) {
         const VkBufferMemoryRequirementsInfo2 info = {
            .sType = VK_STRUCTURE_TYPE_BUFFER_MEMORY_REQUIREMENTS_INFO_2,
            .buffer = buffer.handle,
         };
         const PFN_vkGetBufferMemoryRequirements2KHR get =
            (PFN_vkGetBufferMemoryRequirements2KHR)vkGetDeviceProcAddr(
               dev.handle, "vkGetBufferMemoryRequirements2KHR");
         if (U_CHECK(get)) {
            get(dev.handle, &info, &reqs);
            U_CHECK(reqs.memoryRequirements.size >= 4096);
            if (reqs.pNext == &dedicated)
               U_CHECK(dedicated.prefersDedicatedAllocation <= 1);
         }
      }
      vkt_buffer_finish(&buffer);
      vkt_device_finish(&dev);
   }
}

int
main(int argc, char **argv)
{
   struct vkt_instance instance = { 0 };
   struct vkt_device dev = { 0 };

   if (argc != 2) {
      fprintf(stderr, "usage: %s MINOR\n", argv[0]);
      return 2;
   }
   asked_minor = (uint32_t)atoi(argv[1]);
   vkt_bound(60);
   if (U_CHECK(vkt_strangers_init()) &&
       U_CHECK(vkt_instance_init_version(
          &instance, VK_MAKE_API_VERSION(0, 1, asked_minor, 0), NULL, 0)) &&
       U_CHECK(vkt_device_init(&dev, &instance, NULL, 0, NULL))) {
      test_resources(&dev);
      test_memory(&dev);
      test_descriptors(&dev);
      test_sync(&dev);
      test_graphics(&dev);
      test_answers(&instance);
   }
   vkt_device_finish(&dev);
   vkt_instance_finish(&instance);
   return u_test_result();
}
