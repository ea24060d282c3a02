/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The objects that most areas share: a device, a target, memory, a buffer,
 * a descriptor set.
 */

#include "bench.h"

#include <string.h>

const VkBufferCreateInfo bench_buffer_info = {
   .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
   .size = BENCH_BUFFER_BYTES,
   .usage = VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT |
            VK_BUFFER_USAGE_VERTEX_BUFFER_BIT |
            VK_BUFFER_USAGE_INDEX_BUFFER_BIT,
};

static bool
init_buffer(struct bench *bench)
{
   const VkDevice dev = bench->dev.handle;
   const VkMemoryAllocateInfo memory_info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
      .allocationSize = BENCH_MEMORY_BYTES,
      .memoryTypeIndex = bench->image.memory_type,
   };
   VkMemoryRequirements requirements;
   void *map = NULL;

   if (!demo_ok(vkAllocateMemory(dev, &memory_info, NULL, &bench->memory),
                "vkAllocateMemory") ||
       !demo_ok(vkCreateBuffer(dev, &bench_buffer_info, NULL, &bench->buffer),
                "vkCreateBuffer"))
      return false;
   vkGetBufferMemoryRequirements(dev, bench->buffer, &requirements);
   if (requirements.size > BENCH_MEMORY_BYTES ||
       !(requirements.memoryTypeBits & 1u << bench->image.memory_type))
      return demo_ok(VK_ERROR_FEATURE_NOT_PRESENT, "memory of the buffer");
   if (!demo_ok(vkBindBufferMemory(dev, bench->buffer, bench->memory, 0),
                "vkBindBufferMemory") ||
       !demo_ok(vkMapMemory(dev, bench->memory, 0, VK_WHOLE_SIZE, 0, &map),
                "vkMapMemory"))
      return false;
   /* all indices and positions 0: draws cost recording, not pixels */
   memset(map, 0, BENCH_BUFFER_BYTES);
   vkUnmapMemory(dev, bench->memory);
   return true;
}

static bool
init_set(struct bench *bench)
{
   const VkDevice dev = bench->dev.handle;
   const VkDescriptorSetLayoutBinding bindings[] = {
      {
         .binding = 0,
         .descriptorType = VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER_DYNAMIC,
         .descriptorCount = 1,
         .stageFlags = VK_SHADER_STAGE_VERTEX_BIT,
      },
      {
         .binding = 1,
         .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
         .descriptorCount = 0, /* a hole, as engines leave them */
      },
      {
         .binding = 2,
         .descriptorType = VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER,
         .descriptorCount = BENCH_SET_BUFFERS,
         .stageFlags = VK_SHADER_STAGE_VERTEX_BIT,
      },
   };
   const VkDescriptorSetLayoutCreateInfo layout_info = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
      .bindingCount = 3,
      .pBindings = bindings,
   };
   const VkDescriptorPoolSize pool_sizes[] = {
      { VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER_DYNAMIC, 1 },
      { VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER, BENCH_SET_BUFFERS },
   };
   const VkDescriptorPoolCreateInfo pool_info = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
      .maxSets = 1,
      .poolSizeCount = 2,
      .pPoolSizes = pool_sizes,
   };

   if (!demo_ok(vkCreateDescriptorSetLayout(dev, &layout_info, NULL,
                                            &bench->set_layout),
                "vkCreateDescriptorSetLayout") ||
       !demo_ok(
          vkCreateDescriptorPool(dev, &pool_info, NULL, &bench->set_pool),
          "vkCreateDescriptorPool"))
      return false;

   const VkDescriptorSetAllocateInfo set_info = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
      .descriptorPool = bench->set_pool,
      .descriptorSetCount = 1,
      .pSetLayouts = &bench->set_layout,
   };
   if (!demo_ok(vkAllocateDescriptorSets(dev, &set_info, &bench->set),
                "vkAllocateDescriptorSets"))
      return false;

   const VkDescriptorBufferInfo buffer = { bench->buffer, 0, 256 };
   const VkWriteDescriptorSet write = {
      .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
      .dstSet = bench->set,
      .descriptorCount = 1,
      .descriptorType = VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER_DYNAMIC,
      .pBufferInfo = &buffer,
   };
   vkUpdateDescriptorSets(dev, 1, &write, 0, NULL);
   return true;
}

bool
bench_init(struct bench *bench)
{
   return demo_instance_init(&bench->instance) &&
          demo_device_init(&bench->dev, &bench->instance, false) &&
          demo_image_init_native(&bench->image, &bench->dev) &&
          init_buffer(bench) && init_set(bench);
}

void
bench_finish(struct bench *bench)
{
   const VkDevice dev = bench->dev.handle;

   if (dev) {
      vkDestroyDescriptorPool(dev, bench->set_pool, NULL);
      vkDestroyDescriptorSetLayout(dev, bench->set_layout, NULL);
      vkDestroyBuffer(dev, bench->buffer, NULL);
      vkFreeMemory(dev, bench->memory, NULL);
   }
   demo_image_finish(&bench->image);
   demo_device_finish(&bench->dev);
   demo_instance_finish(&bench->instance);
}
