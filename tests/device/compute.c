/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Compute: every way of handing data to a shader (descriptor sets, update
 * templates, pushed descriptors, push and specialization constants), every
 * kind of descriptor, indirect dispatch, and pipeline caches.
 */

#include <stddef.h>
#include <string.h>

#include "vk_fixture.h"
#include "scale.comp.h"

#define WORDS  256
#define BYTES  (WORDS * 4)
#define FACTOR 3

struct scale {
   struct vkt_device *dev; /* lent */
   VkDescriptorSetLayout set_layout;
   VkPipelineLayout layout;
   VkPipelineCache cache;
   VkPipeline pipeline;
   VkDescriptorPool pool;
   VkDescriptorSet set; /* not for pushed descriptors */
   struct vkt_buffer source, target;
};

static bool
scale_init(struct scale *s,
           struct vkt_device *dev,
           VkDescriptorSetLayoutCreateFlags flags)
{
   const VkDescriptorSetLayoutBinding bindings[2] = {
      {
         .binding = 0,
         .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
         .descriptorCount = 1,
         .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
      },
      {
         .binding = 1,
         .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
         .descriptorCount = 1,
         .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
      },
   };
   const VkDescriptorSetLayoutCreateInfo set_info = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
      .flags = flags,
      .bindingCount = 2,
      .pBindings = bindings,
   };
   const VkPushConstantRange range = {
      .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
      .offset = 8,
      .size = 4,
   };
   VkPipelineLayoutCreateInfo layout_info = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
      .setLayoutCount = 1,
      .pSetLayouts = &s->set_layout,
      .pushConstantRangeCount = 1,
      .pPushConstantRanges = &range,
   };
   const VkPipelineCacheCreateInfo cache_info = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO,
   };
   const uint32_t factor = FACTOR;
   const VkSpecializationMapEntry entry = { .constantID = 3, .size = 4 };
   const VkSpecializationInfo spec = {
      .mapEntryCount = 1,
      .pMapEntries = &entry,
      .dataSize = sizeof(factor),
      .pData = &factor,
   };
   VkComputePipelineCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
      .stage = {
         .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
         .stage = VK_SHADER_STAGE_COMPUTE_BIT,
         .pName = "main",
         .pSpecializationInfo = &spec,
      },
   };
   const VkDescriptorPoolSize size = {
      .type = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
      .descriptorCount = 2,
   };
   const VkDescriptorPoolCreateInfo pool_info = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
      .maxSets = 1,
      .poolSizeCount = 1,
      .pPoolSizes = &size,
   };
   VkDescriptorSetAllocateInfo alloc = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
      .descriptorSetCount = 1,
      .pSetLayouts = &s->set_layout,
   };

   memset(s, 0, sizeof(*s));
   s->dev = dev;
   if (!vkt_buffer_init(&s->source, dev, BYTES,
                        VK_BUFFER_USAGE_STORAGE_BUFFER_BIT) ||
       !vkt_buffer_init(&s->target, dev, BYTES,
                        VK_BUFFER_USAGE_STORAGE_BUFFER_BIT) ||
       !VKT_CHECK(vkCreateDescriptorSetLayout(dev->handle, &set_info, NULL,
                                              &s->set_layout)) ||
       !VKT_CHECK(vkCreatePipelineLayout(dev->handle, &layout_info, NULL,
                                         &s->layout)) ||
       !VKT_CHECK(
          vkCreatePipelineCache(dev->handle, &cache_info, NULL, &s->cache)))
      return false;
   for (uint32_t i = 0; i < WORDS; i++)
      ((uint32_t *)s->source.map)[i] = i;

   info.layout = s->layout;
   info.stage.module = vkt_shader(dev, scale_comp, sizeof(scale_comp));
   const VkResult result = vkCreateComputePipelines(
      dev->handle, s->cache, 1, &info, NULL, &s->pipeline);
   vkDestroyShaderModule(dev->handle, info.stage.module, NULL);
   if (!VKT_CHECK(result))
      return false;
   if (flags)
      return true;
   if (!VKT_CHECK(
          vkCreateDescriptorPool(dev->handle, &pool_info, NULL, &s->pool)))
      return false;
   alloc.descriptorPool = s->pool;
   return VKT_CHECK(vkAllocateDescriptorSets(dev->handle, &alloc, &s->set));
}

static void
scale_finish(struct scale *s)
{
   VkDevice dev = s->dev->handle;

   vkDestroyDescriptorPool(dev, s->pool, NULL);
   vkDestroyPipeline(dev, s->pipeline, NULL);
   vkDestroyPipelineCache(dev, s->cache, NULL);
   vkDestroyPipelineLayout(dev, s->layout, NULL);
   vkDestroyDescriptorSetLayout(dev, s->set_layout, NULL);
   vkt_buffer_finish(&s->target);
   vkt_buffer_finish(&s->source);
}

static VkDescriptorBufferInfo
whole_buffer(const struct vkt_buffer *buffer)
{
   return (VkDescriptorBufferInfo){
      .buffer = buffer->handle,
      .range = VK_WHOLE_SIZE,
   };
}

static void
scale_dispatch(struct scale *s, uint32_t addend)
{
   vkCmdBindPipeline(s->dev->cmd, VK_PIPELINE_BIND_POINT_COMPUTE,
                     s->pipeline);
   vkCmdPushConstants(s->dev->cmd, s->layout, VK_SHADER_STAGE_COMPUTE_BIT, 8,
                      4, &addend);
   vkCmdDispatch(s->dev->cmd, WORDS / 64, 1, 1);
   vkt_full_barrier(s->dev->cmd);
}

static void
scale_check(struct scale *s, uint32_t addend)
{
   const uint32_t *words = s->target.map;

   for (uint32_t i = 0; i < WORDS; i++) {
      if (!U_CHECK_EQ(words[i], i * FACTOR + addend))
         return;
   }
}

static void
write_set(struct scale *s)
{
   const VkDescriptorBufferInfo infos[2] = {
      whole_buffer(&s->source),
      whole_buffer(&s->target),
   };
   /* one write that runs over into the next binding */
   const VkWriteDescriptorSet write = {
      .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
      .dstSet = s->set,
      .descriptorCount = 2,
      .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
      .pBufferInfo = infos,
   };

   vkUpdateDescriptorSets(s->dev->handle, 1, &write, 0, NULL);
}

static void
bind_set(struct scale *s)
{
   vkCmdBindDescriptorSets(s->dev->cmd, VK_PIPELINE_BIND_POINT_COMPUTE,
                           s->layout, 0, 1, &s->set, 0, NULL);
}

static void
test_set(struct vkt_device *dev)
{
   struct scale s;

   if (!U_CHECK(scale_init(&s, dev, 0)))
      goto out;
   write_set(&s);
   if (!U_CHECK(vkt_begin(dev)))
      goto out;
   bind_set(&s);
   scale_dispatch(&s, 41);
   if (U_CHECK(vkt_submit_wait(dev)))
      scale_check(&s, 41);
out:
   scale_finish(&s);
}

static void
test_indirect(struct vkt_device *dev)
{
   const uint32_t addend = 5;
   struct vkt_buffer args = { 0 };
   struct scale s;

   if (!U_CHECK(scale_init(&s, dev, 0)) ||
       !U_CHECK(vkt_buffer_init(&args, dev, 64,
                                VK_BUFFER_USAGE_INDIRECT_BUFFER_BIT)))
      goto out;
   *(VkDispatchIndirectCommand *)((char *)args.map + 16) =
      (VkDispatchIndirectCommand){ WORDS / 64, 1, 1 };
   write_set(&s);
   if (!U_CHECK(vkt_begin(dev)))
      goto out;
   bind_set(&s);
   vkCmdBindPipeline(dev->cmd, VK_PIPELINE_BIND_POINT_COMPUTE, s.pipeline);
   vkCmdPushConstants(dev->cmd, s.layout, VK_SHADER_STAGE_COMPUTE_BIT, 8, 4,
                      &addend);
   vkCmdDispatchIndirect(dev->cmd, args.handle, 16);
   vkt_full_barrier(dev->cmd);
   if (U_CHECK(vkt_submit_wait(dev)))
      scale_check(&s, addend);
out:
   vkt_buffer_finish(&args);
   scale_finish(&s);
}

/* The application's own struct, with holes, as a template reads it. */
struct template_data {
   uint64_t unrelated;
   VkDescriptorBufferInfo source;
   uint8_t hole[24];
   VkDescriptorBufferInfo target;
};

static const VkDescriptorUpdateTemplateEntry template_entries[2] = {
   {
      .dstBinding = 0,
      .descriptorCount = 1,
      .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
      .offset = offsetof(struct template_data, source),
      .stride = 0,
   },
   {
      .dstBinding = 1,
      .descriptorCount = 1,
      .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
      .offset = offsetof(struct template_data, target),
      .stride = sizeof(struct template_data),
   },
};

static void
test_template(struct vkt_device *dev)
{
   VkDescriptorUpdateTemplateCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_UPDATE_TEMPLATE_CREATE_INFO,
      .descriptorUpdateEntryCount = 2,
      .pDescriptorUpdateEntries = template_entries,
      .templateType = VK_DESCRIPTOR_UPDATE_TEMPLATE_TYPE_DESCRIPTOR_SET,
   };
   VkDescriptorUpdateTemplate template = VK_NULL_HANDLE;
   struct template_data data;
   struct scale s;

   memset(&data, 0xee, sizeof(data));
   if (!U_CHECK(scale_init(&s, dev, 0)))
      goto out;
   info.descriptorSetLayout = s.set_layout;
   if (!VKT_CHECK(vkCreateDescriptorUpdateTemplate(dev->handle, &info, NULL,
                                                   &template)))
      goto out;
   data.source = whole_buffer(&s.source);
   data.target = whole_buffer(&s.target);
   vkUpdateDescriptorSetWithTemplate(dev->handle, s.set, template, &data);
   if (!U_CHECK(vkt_begin(dev)))
      goto out;
   bind_set(&s);
   scale_dispatch(&s, 1000);
   if (U_CHECK(vkt_submit_wait(dev)))
      scale_check(&s, 1000);
out:
   vkDestroyDescriptorUpdateTemplate(dev->handle, template, NULL);
   scale_finish(&s);
}

static void
test_push(struct vkt_device *dev)
{
   PFN_vkCmdPushDescriptorSetKHR push =
      (PFN_vkCmdPushDescriptorSetKHR)vkGetDeviceProcAddr(
         dev->handle, "vkCmdPushDescriptorSetKHR");
   PFN_vkCmdPushDescriptorSetWithTemplateKHR push_template =
      (PFN_vkCmdPushDescriptorSetWithTemplateKHR)vkGetDeviceProcAddr(
         dev->handle, "vkCmdPushDescriptorSetWithTemplateKHR");
   VkDescriptorUpdateTemplateCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_UPDATE_TEMPLATE_CREATE_INFO,
      .descriptorUpdateEntryCount = 2,
      .pDescriptorUpdateEntries = template_entries,
      .templateType = VK_DESCRIPTOR_UPDATE_TEMPLATE_TYPE_PUSH_DESCRIPTORS_KHR,
      .pipelineBindPoint = VK_PIPELINE_BIND_POINT_COMPUTE,
   };
   VkDescriptorUpdateTemplate template = VK_NULL_HANDLE;
   struct template_data data;
   struct scale s;

   memset(&data, 0xee, sizeof(data));
   if (!U_CHECK(push && push_template) ||
       !U_CHECK(scale_init(
          &s, dev, VK_DESCRIPTOR_SET_LAYOUT_CREATE_PUSH_DESCRIPTOR_BIT_KHR)))
      return;
   data.source = whole_buffer(&s.source);
   data.target = whole_buffer(&s.target);
   const VkDescriptorBufferInfo infos[2] = { data.source, data.target };
   const VkWriteDescriptorSet write = {
      .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
      .descriptorCount = 2,
      .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
      .pBufferInfo = infos,
   };
   info.pipelineLayout = s.layout;
   info.descriptorSetLayout = s.set_layout;
   if (!VKT_CHECK(vkCreateDescriptorUpdateTemplate(dev->handle, &info, NULL,
                                                   &template)))
      goto out;

   if (!U_CHECK(vkt_begin(dev)))
      goto out;
   push(dev->cmd, VK_PIPELINE_BIND_POINT_COMPUTE, s.layout, 0, 1, &write);
   scale_dispatch(&s, 7);
   if (U_CHECK(vkt_submit_wait(dev)))
      scale_check(&s, 7);

   if (!U_CHECK(vkt_begin(dev)))
      goto out;
   push_template(dev->cmd, template, s.layout, 0, &data);
   scale_dispatch(&s, 8);
   if (U_CHECK(vkt_submit_wait(dev)))
      scale_check(&s, 8);
out:
   vkDestroyDescriptorUpdateTemplate(dev->handle, template, NULL);
   scale_finish(&s);
}

/* What a cache gives it takes again; bytes of somebody else it ignores. */
static void
test_cache(struct vkt_device *dev)
{
   VkPipelineCacheCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO,
   };
   VkPipelineCache again = VK_NULL_HANDLE, stranger = VK_NULL_HANDLE;
   VkPipelineCacheHeaderVersionOne header;
   uint8_t *data = NULL;
   size_t size = 0, partial;
   struct scale s;

   if (!U_CHECK(scale_init(&s, dev, 0)) ||
       !VKT_CHECK(
          vkGetPipelineCacheData(dev->handle, s.cache, &size, NULL)) ||
       !U_CHECK(size >= sizeof(header)))
      goto out;
   data = malloc(size);
   if (!U_CHECK(data != NULL) ||
       !VKT_CHECK(vkGetPipelineCacheData(dev->handle, s.cache, &size, data)))
      goto out;
   memcpy(&header, data, sizeof(header));
   U_CHECK(header.headerSize >= 32 && header.headerSize <= size);
   U_CHECK_EQ(header.headerVersion, VK_PIPELINE_CACHE_HEADER_VERSION_ONE);
   U_CHECK_EQ(header.vendorID, dev->instance->props.vendorID);
   U_CHECK_EQ(header.deviceID, dev->instance->props.deviceID);
   U_CHECK(!memcmp(header.pipelineCacheUUID,
                   dev->instance->props.pipelineCacheUUID, VK_UUID_SIZE));

   info.initialDataSize = size;
   info.pInitialData = data;
   VKT_CHECK(vkCreatePipelineCache(dev->handle, &info, NULL, &again));
   VKT_CHECK(vkMergePipelineCaches(dev->handle, again, 1, &s.cache));

   /* shorter than the header: nothing may be written */
   partial = 8;
   data[0] = 0x77;
   U_CHECK_EQ(vkGetPipelineCacheData(dev->handle, s.cache, &partial, data),
              VK_INCOMPLETE);
   U_CHECK_EQ(partial, 0);
   U_CHECK_EQ(data[0], 0x77);

   /* a header of another device */
   header.deviceID ^= 0x5555;
   memset(header.pipelineCacheUUID, 0x33, VK_UUID_SIZE);
   memcpy(data, &header, sizeof(header));
   VKT_CHECK(vkCreatePipelineCache(dev->handle, &info, NULL, &stranger));
out:
   vkDestroyPipelineCache(dev->handle, stranger, NULL);
   vkDestroyPipelineCache(dev->handle, again, NULL);
   free(data);
   scale_finish(&s);
}

int
main(void)
{
   static const char *const push[] = { VK_KHR_PUSH_DESCRIPTOR_EXTENSION_NAME };
   struct vkt_instance instance;
   struct vkt_device dev = { 0 };

   vkt_bound(60);
   if (U_CHECK(vkt_instance_init(&instance)) &&
       U_CHECK(vkt_instance_has_all(&instance, push, 1)) &&
       U_CHECK(vkt_device_init(&dev, &instance, push, 1, NULL))) {
      test_set(&dev);
      test_indirect(&dev);
      test_template(&dev);
      test_push(&dev);
      test_cache(&dev);
   }
   vkt_device_finish(&dev);
   vkt_instance_finish(&instance);
   return u_test_result();
}
