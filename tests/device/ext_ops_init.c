/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See ext_ops.h: what every submission needs, made once for a device.
 */

#include <string.h>

#include "ext_draw.h"
#include "ext_fetch_float.h"
#include "ext_fetch_sint.h"
#include "ext_fetch_uint.h"
#include "ext_store_float.h"
#include "ext_store_sint.h"
#include "ext_store_uint.h"

static VkPipeline
compute_pipeline(struct ext_ops *ops,
                 VkPipelineLayout layout,
                 const uint32_t *code,
                 size_t size)
{
   VkShaderModule module = vkt_shader(&ops->dev->base, code, size);
   const VkComputePipelineCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
      .stage = {
         .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
         .stage = VK_SHADER_STAGE_COMPUTE_BIT,
         .module = module,
         .pName = "main",
      },
      .layout = layout,
   };
   VkPipeline pipeline = VK_NULL_HANDLE;

   if (module) {
      vkt_ok(vkCreateComputePipelines(ops->dev->base.handle, VK_NULL_HANDLE,
                                      1, &info, NULL, &pipeline),
             "vkCreateComputePipelines");
   }
   vkDestroyShaderModule(ops->dev->base.handle, module, NULL);
   return pipeline;
}

/* One image, and for fetching the buffer for the result. */
static bool
init_layout(struct ext_ops *ops,
            VkDescriptorType image_type,
            uint32_t count,
            VkDescriptorSetLayout *out_set,
            VkPipelineLayout *out_layout)
{
   const VkDescriptorSetLayoutBinding bindings[2] = {
      { 0, image_type, 1, VK_SHADER_STAGE_COMPUTE_BIT, NULL },
      { 1, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1, VK_SHADER_STAGE_COMPUTE_BIT,
        NULL },
   };
   const VkDescriptorSetLayoutCreateInfo set_info = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
      .bindingCount = count,
      .pBindings = bindings,
   };
   const VkPushConstantRange range = {
      .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
      .size = sizeof(struct ext_push),
   };
   const VkPipelineLayoutCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
      .setLayoutCount = 1,
      .pSetLayouts = out_set,
      .pushConstantRangeCount = 1,
      .pPushConstantRanges = &range,
   };
   VkDevice dev = ops->dev->base.handle;

   return vkt_ok(vkCreateDescriptorSetLayout(dev, &set_info, NULL, out_set),
                 "vkCreateDescriptorSetLayout") &&
          vkt_ok(vkCreatePipelineLayout(dev, &info, NULL, out_layout),
                 "vkCreatePipelineLayout");
}

static bool
init_compute(struct ext_ops *ops)
{
   static const struct {
      const uint32_t *code;
      size_t size;
   } fetch[3] = {
      [EXT_FLOAT] = { ext_fetch_float, sizeof(ext_fetch_float) },
      [EXT_SINT] = { ext_fetch_sint, sizeof(ext_fetch_sint) },
      [EXT_UINT] = { ext_fetch_uint, sizeof(ext_fetch_uint) },
   }, store[3] = {
      [EXT_FLOAT] = { ext_store_float, sizeof(ext_store_float) },
      [EXT_SINT] = { ext_store_sint, sizeof(ext_store_sint) },
      [EXT_UINT] = { ext_store_uint, sizeof(ext_store_uint) },
   };

   if (!init_layout(ops, VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER, 2,
                    &ops->fetch_set, &ops->fetch_layout) ||
       !init_layout(ops, VK_DESCRIPTOR_TYPE_STORAGE_IMAGE, 1, &ops->store_set,
                    &ops->store_layout))
      return false;
   for (uint32_t i = 0; i < 3; i++) {
      ops->fetch[i] = compute_pipeline(ops, ops->fetch_layout, fetch[i].code,
                                       fetch[i].size);
      if (ops->can_store) {
         ops->store[i] = compute_pipeline(ops, ops->store_layout,
                                          store[i].code, store[i].size);
      }
      if (!ops->fetch[i] || (ops->can_store && !ops->store[i]))
         return false;
   }
   return true;
}

bool
ext_ops_init(struct ext_ops *ops, struct ext_device *dev)
{
   const VkSamplerCreateInfo sampler = {
      .sType = VK_STRUCTURE_TYPE_SAMPLER_CREATE_INFO,
      .addressModeU = VK_SAMPLER_ADDRESS_MODE_CLAMP_TO_EDGE,
      .addressModeV = VK_SAMPLER_ADDRESS_MODE_CLAMP_TO_EDGE,
      .addressModeW = VK_SAMPLER_ADDRESS_MODE_CLAMP_TO_EDGE,
   };
   const VkDescriptorPoolSize sizes[3] = {
      { VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER, 1 },
      { VK_DESCRIPTOR_TYPE_STORAGE_IMAGE, 1 },
      { VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1 },
   };
   const VkDescriptorPoolCreateInfo pool = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
      .maxSets = 1,
      .poolSizeCount = 3,
      .pPoolSizes = sizes,
   };

   memset(ops, 0, sizeof(*ops));
   ops->dev = dev;
   ops->family = VK_QUEUE_FAMILY_FOREIGN_EXT;
   ops->can_store = dev->writes_without_format;
   return vkt_ok(
             vkCreateSampler(dev->base.handle, &sampler, NULL, &ops->sampler),
             "vkCreateSampler") &&
          vkt_ok(vkCreateDescriptorPool(dev->base.handle, &pool, NULL,
                                        &ops->pool),
                 "vkCreateDescriptorPool") &&
          vkt_buffer_init(&ops->staging, &dev->base, EXT_READ_BYTES,
                          VK_BUFFER_USAGE_TRANSFER_SRC_BIT |
                             VK_BUFFER_USAGE_TRANSFER_DST_BIT |
                             VK_BUFFER_USAGE_STORAGE_BUFFER_BIT) &&
          init_compute(ops) && ext_draw_init(ops);
}

void
ext_ops_finish(struct ext_ops *ops)
{
   if (ops->dev) {
      VkDevice dev = ops->dev->base.handle;

      ext_draw_finish(ops);
      for (uint32_t i = 0; i < 3; i++) {
         vkDestroyPipeline(dev, ops->fetch[i], NULL);
         vkDestroyPipeline(dev, ops->store[i], NULL);
      }
      vkDestroyPipelineLayout(dev, ops->fetch_layout, NULL);
      vkDestroyPipelineLayout(dev, ops->store_layout, NULL);
      vkDestroyDescriptorSetLayout(dev, ops->fetch_set, NULL);
      vkDestroyDescriptorSetLayout(dev, ops->store_set, NULL);
      vkDestroyDescriptorPool(dev, ops->pool, NULL);
      vkDestroySampler(dev, ops->sampler, NULL);
      vkt_buffer_finish(&ops->staging);
   }
   memset(ops, 0, sizeof(*ops));
}
