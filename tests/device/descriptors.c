/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * One dispatch that reads or writes through nearly every kind of descriptor:
 * combined samplers (one immutable set of them), a uniform buffer with a
 * dynamic offset, a storage image, a storage buffer, a texel buffer; some of
 * them arrived by vkCopyDescriptorSets.
 */

#include <string.h>

#include "vk_fixture.h"
#include "tint.comp.h"

#define SIDE 16

struct tint {
   struct vkt_device *dev; /* lent */
   VkSampler sampler;
   VkDescriptorSetLayout set_layouts[2];
   VkPipelineLayout layout;
   VkPipeline pipeline;
   VkDescriptorPool pool;
   VkDescriptorSet sets[3]; /* 2 is the source of copies into 1 */
   struct vkt_image a, b, out;
   struct vkt_buffer factors, addend, texels, target;
   VkBufferView texels_view;
};

static bool
create_layouts(struct tint *t)
{
   const VkSampler immutable[2] = { t->sampler, t->sampler };
   const VkDescriptorSetLayoutBinding first[2] = {
      {
         .binding = 0,
         .descriptorType = VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER,
         .descriptorCount = 2,
         .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
         .pImmutableSamplers = immutable,
      },
      {
         .binding = 2,
         .descriptorType = VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER_DYNAMIC,
         .descriptorCount = 1,
         .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
      },
   };
   const VkDescriptorSetLayoutBinding second[3] = {
      {
         .binding = 0,
         .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_IMAGE,
         .descriptorCount = 1,
         .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
      },
      {
         .binding = 4,
         .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
         .descriptorCount = 1,
         .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
      },
      {
         .binding = 5,
         .descriptorType = VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER,
         .descriptorCount = 1,
         .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
      },
   };
   const VkDescriptorSetLayoutCreateInfo infos[2] = {
      {
         .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
         .bindingCount = VKT_ARRAY_SIZE(first),
         .pBindings = first,
      },
      {
         .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
         .bindingCount = VKT_ARRAY_SIZE(second),
         .pBindings = second,
      },
   };
   const VkPipelineLayoutCreateInfo layout_info = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
      .setLayoutCount = 2,
      .pSetLayouts = t->set_layouts,
   };
   VkDescriptorSetLayoutSupport support = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_SUPPORT,
   };
   VkDevice dev = t->dev->handle;

   vkGetDescriptorSetLayoutSupport(dev, &infos[0], &support);
   U_CHECK(support.supported);
   for (uint32_t i = 0; i < 2; i++) {
      if (!VKT_CHECK(vkCreateDescriptorSetLayout(dev, &infos[i], NULL,
                                                 &t->set_layouts[i])))
         return false;
   }
   return VKT_CHECK(
      vkCreatePipelineLayout(dev, &layout_info, NULL, &t->layout));
}

static bool
create_sets(struct tint *t)
{
   static const VkDescriptorPoolSize sizes[] = {
      { VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER, 2 },
      { VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER_DYNAMIC, 1 },
      { VK_DESCRIPTOR_TYPE_STORAGE_IMAGE, 2 },
      { VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 2 },
      { VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER, 2 },
   };
   const VkDescriptorPoolCreateInfo pool_info = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
      .maxSets = 3,
      .poolSizeCount = VKT_ARRAY_SIZE(sizes),
      .pPoolSizes = sizes,
   };
   const VkDescriptorSetLayout layouts[3] = {
      t->set_layouts[0],
      t->set_layouts[1],
      t->set_layouts[1],
   };
   VkDescriptorSetAllocateInfo alloc = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
      .descriptorSetCount = 3,
      .pSetLayouts = layouts,
   };
   VkDevice dev = t->dev->handle;

   if (!VKT_CHECK(vkCreateDescriptorPool(dev, &pool_info, NULL, &t->pool)))
      return false;
   alloc.descriptorPool = t->pool;
   return VKT_CHECK(vkAllocateDescriptorSets(dev, &alloc, t->sets));
}

static bool
create_pipeline(struct tint *t)
{
   VkComputePipelineCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
      .stage = {
         .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
         .stage = VK_SHADER_STAGE_COMPUTE_BIT,
         .module = vkt_shader(t->dev, tint_comp, sizeof(tint_comp)),
         .pName = "main",
      },
      .layout = t->layout,
   };
   const VkResult result = vkCreateComputePipelines(
      t->dev->handle, VK_NULL_HANDLE, 1, &info, NULL, &t->pipeline);

   vkDestroyShaderModule(t->dev->handle, info.stage.module, NULL);
   return VKT_CHECK(result);
}

static bool
create_resources(struct tint *t)
{
   struct vkt_device *dev = t->dev;
   const VkFormat format = VK_FORMAT_R8G8B8A8_UNORM;
   const VkImageUsageFlags in =
      VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT;
   const VkImageUsageFlags out =
      VK_IMAGE_USAGE_STORAGE_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT;
   const VkSamplerCreateInfo sampler = {
      .sType = VK_STRUCTURE_TYPE_SAMPLER_CREATE_INFO,
   };
   VkBufferViewCreateInfo view = {
      .sType = VK_STRUCTURE_TYPE_BUFFER_VIEW_CREATE_INFO,
      .format = VK_FORMAT_R32G32B32A32_SFLOAT,
      .range = VK_WHOLE_SIZE,
   };

   if (!VKT_CHECK(
          vkCreateSampler(dev->handle, &sampler, NULL, &t->sampler)) ||
       !vkt_image_init(&t->a, dev, format, SIDE, SIDE, in) ||
       !vkt_image_init(&t->b, dev, format, SIDE, SIDE, in) ||
       !vkt_image_init(&t->out, dev, format, SIDE, SIDE, out) ||
       !vkt_buffer_init(&t->factors, dev, 1024,
                        VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT) ||
       !vkt_buffer_init(&t->addend, dev, 256,
                        VK_BUFFER_USAGE_STORAGE_BUFFER_BIT) ||
       !vkt_buffer_init(&t->texels, dev, 256,
                        VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT) ||
       !vkt_buffer_init(&t->target, dev, SIDE * SIDE * 4,
                        VK_BUFFER_USAGE_TRANSFER_DST_BIT))
      return false;
   view.buffer = t->texels.handle;
   return VKT_CHECK(
      vkCreateBufferView(dev->handle, &view, NULL, &t->texels_view));
}

static void
fill_resources(struct tint *t)
{
   /* the second one counts, by its dynamic offset */
   static const float unused[4] = { 9, 9, 9, 9 };
   static const float factor[4] = { 2, 0.5f, 1, 1 };
   static const float addend[4] = { 0, 0, 0.2f, 0 };
   static const float texel[4] = { 0, 0, 0.2f, 0 };

   memcpy(t->factors.map, unused, sizeof(unused));
   memcpy((char *)t->factors.map + 512, factor, sizeof(factor));
   memcpy(t->addend.map, addend, sizeof(addend));
   memcpy(t->texels.map, texel, sizeof(texel));
}

static void
update_sets(struct tint *t)
{
   const VkDescriptorImageInfo in[2] = {
      {
         .imageView = t->a.view,
         .imageLayout = VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL,
      },
      {
         .imageView = t->b.view,
         .imageLayout = VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL,
      },
   };
   const VkDescriptorImageInfo out = {
      .imageView = t->out.view,
      .imageLayout = VK_IMAGE_LAYOUT_GENERAL,
   };
   const VkDescriptorBufferInfo factors = {
      .buffer = t->factors.handle,
      .range = 16,
   };
   const VkDescriptorBufferInfo addend = {
      .buffer = t->addend.handle,
      .range = VK_WHOLE_SIZE,
   };
   const VkWriteDescriptorSet writes[] = {
      {
         .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
         .dstSet = t->sets[0],
         .dstBinding = 0,
         .descriptorCount = 2,
         .descriptorType = VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER,
         .pImageInfo = in,
      },
      {
         .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
         .dstSet = t->sets[0],
         .dstBinding = 2,
         .descriptorCount = 1,
         .descriptorType = VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER_DYNAMIC,
         .pBufferInfo = &factors,
      },
      {
         .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
         .dstSet = t->sets[2],
         .dstBinding = 0,
         .descriptorCount = 1,
         .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_IMAGE,
         .pImageInfo = &out,
      },
      {
         .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
         .dstSet = t->sets[2],
         .dstBinding = 4,
         .descriptorCount = 1,
         .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
         .pBufferInfo = &addend,
      },
      {
         .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
         .dstSet = t->sets[1],
         .dstBinding = 5,
         .descriptorCount = 1,
         .descriptorType = VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER,
         .pTexelBufferView = &t->texels_view,
      },
   };
   VkCopyDescriptorSet copies[2] = {
      { .srcBinding = 0, .dstBinding = 0 },
      { .srcBinding = 4, .dstBinding = 4 },
   };

   for (uint32_t i = 0; i < 2; i++) {
      copies[i].sType = VK_STRUCTURE_TYPE_COPY_DESCRIPTOR_SET;
      copies[i].srcSet = t->sets[2];
      copies[i].dstSet = t->sets[1];
      copies[i].descriptorCount = 1;
   }
   vkUpdateDescriptorSets(t->dev->handle, VKT_ARRAY_SIZE(writes), writes, 0,
                          NULL);
   vkUpdateDescriptorSets(t->dev->handle, 0, NULL, 2, copies);
}

static void
clear(struct tint *t, const struct vkt_image *image, float r, float g, float b)
{
   const VkClearColorValue color = { .float32 = { r, g, b, 0.5f } };
   const VkImageSubresourceRange whole = {
      .aspectMask = VK_IMAGE_ASPECT_COLOR_BIT,
      .levelCount = 1,
      .layerCount = 1,
   };

   vkt_image_barrier(t->dev->cmd, image->handle, image->aspect,
                     VK_IMAGE_LAYOUT_UNDEFINED,
                     VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL);
   vkCmdClearColorImage(t->dev->cmd, image->handle,
                        VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, &color, 1,
                        &whole);
   vkt_image_barrier(t->dev->cmd, image->handle, image->aspect,
                     VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL,
                     VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL);
}

static bool
run(struct tint *t)
{
   VkCommandBuffer cmd = t->dev->cmd;
   const uint32_t dynamic = 512;

   if (!vkt_begin(t->dev))
      return false;
   clear(t, &t->a, 0.2f, 0.0f, 0.0f);
   clear(t, &t->b, 0.0f, 0.4f, 0.0f);
   vkt_image_barrier(cmd, t->out.handle, t->out.aspect,
                     VK_IMAGE_LAYOUT_UNDEFINED, VK_IMAGE_LAYOUT_GENERAL);
   vkCmdBindPipeline(cmd, VK_PIPELINE_BIND_POINT_COMPUTE, t->pipeline);
   vkCmdBindDescriptorSets(cmd, VK_PIPELINE_BIND_POINT_COMPUTE, t->layout, 0,
                           2, t->sets, 1, &dynamic);
   vkCmdDispatch(cmd, SIDE / 8, SIDE / 8, 1);
   vkt_image_barrier(cmd, t->out.handle, t->out.aspect,
                     VK_IMAGE_LAYOUT_GENERAL,
                     VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL);
   vkt_image_read(&t->out, &t->target);
   return vkt_submit_wait(t->dev);
}

static void
tint_finish(struct tint *t)
{
   VkDevice dev = t->dev->handle;

   vkDestroyBufferView(dev, t->texels_view, NULL);
   vkt_buffer_finish(&t->target);
   vkt_buffer_finish(&t->texels);
   vkt_buffer_finish(&t->addend);
   vkt_buffer_finish(&t->factors);
   vkt_image_finish(&t->out);
   vkt_image_finish(&t->b);
   vkt_image_finish(&t->a);
   vkDestroyDescriptorPool(dev, t->pool, NULL);
   vkDestroyPipeline(dev, t->pipeline, NULL);
   vkDestroyPipelineLayout(dev, t->layout, NULL);
   for (uint32_t i = 0; i < 2; i++)
      vkDestroyDescriptorSetLayout(dev, t->set_layouts[i], NULL);
   vkDestroySampler(dev, t->sampler, NULL);
}

int
main(void)
{
   struct vkt_instance instance;
   struct vkt_device dev = { 0 };
   struct tint t = { .dev = &dev };

   vkt_bound(60);
   if (U_CHECK(vkt_instance_init(&instance)) &&
       U_CHECK(vkt_device_init(&dev, &instance, NULL, 0, NULL))) {
      if (U_CHECK(create_resources(&t)) && U_CHECK(create_layouts(&t)) &&
          U_CHECK(create_sets(&t)) && U_CHECK(create_pipeline(&t))) {
         fill_resources(&t);
         update_sets(&t);
         /* (0.2 * 2, 0.4 * 0.5, 0.2 + 0.2, 0.5 + 0.5) */
         if (U_CHECK(run(&t)))
            U_CHECK(vkt_words_are(t.target.map, SIDE * SIDE, 0xff663366));
      }
      tint_finish(&t);
   }
   vkt_device_finish(&dev);
   vkt_instance_finish(&instance);
   return u_test_result();
}
