/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Descriptor updates: one, sixteen in one call, sixteen by template.
 */

#include "bench.h"

struct update {
   struct bench *bench;
   VkDescriptorUpdateTemplate template;
   VkDescriptorBufferInfo buffers[BENCH_SET_BUFFERS];
};

static bool
update_one(void *data)
{
   const struct update *update = data;
   const VkWriteDescriptorSet write = {
      .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
      .dstSet = update->bench->set,
      .dstBinding = 2,
      .descriptorCount = 1,
      .descriptorType = VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER,
      .pBufferInfo = update->buffers,
   };

   vkUpdateDescriptorSets(update->bench->dev.handle, 1, &write, 0, NULL);
   return true;
}

static bool
update_many(void *data)
{
   const struct update *update = data;
   VkWriteDescriptorSet writes[BENCH_SET_BUFFERS];

   for (uint32_t i = 0; i < BENCH_SET_BUFFERS; i++) {
      writes[i] = (VkWriteDescriptorSet){
         .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
         .dstSet = update->bench->set,
         .dstBinding = 2,
         .dstArrayElement = i,
         .descriptorCount = 1,
         .descriptorType = VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER,
         .pBufferInfo = &update->buffers[i],
      };
   }
   vkUpdateDescriptorSets(update->bench->dev.handle, BENCH_SET_BUFFERS,
                          writes, 0, NULL);
   return true;
}

static bool
update_by_template(void *data)
{
   const struct update *update = data;

   vkUpdateDescriptorSetWithTemplate(update->bench->dev.handle,
                                     update->bench->set, update->template,
                                     update->buffers);
   return true;
}

static bool
create_template(struct update *update)
{
   const VkDescriptorUpdateTemplateEntry entry = {
      .dstBinding = 2,
      .descriptorCount = BENCH_SET_BUFFERS,
      .descriptorType = VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER,
      .stride = sizeof(update->buffers[0]),
   };
   const VkDescriptorUpdateTemplateCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_UPDATE_TEMPLATE_CREATE_INFO,
      .descriptorUpdateEntryCount = 1,
      .pDescriptorUpdateEntries = &entry,
      .templateType = VK_DESCRIPTOR_UPDATE_TEMPLATE_TYPE_DESCRIPTOR_SET,
      .descriptorSetLayout = update->bench->set_layout,
   };

   return demo_ok(
      vkCreateDescriptorUpdateTemplate(update->bench->dev.handle, &info, NULL,
                                       &update->template),
      "vkCreateDescriptorUpdateTemplate");
}

void
bench_descriptor(struct bench *bench)
{
   struct update update = { .bench = bench };
   const struct bench_measure measures[] = {
      { .name = "update-descriptor",
        .run = update_one,
        .data = &update,
        .repeat = 100 },
      { .name = "update-16-descriptors",
        .run = update_many,
        .data = &update,
        .repeat = 20 },
      { .name = "update-16-descriptors-by-template",
        .run = update_by_template,
        .data = &update,
        .repeat = 20 },
   };

   for (uint32_t i = 0; i < BENCH_SET_BUFFERS; i++)
      update.buffers[i] = (VkDescriptorBufferInfo){ bench->buffer, 0, 256 };
   if (!create_template(&update))
      return;
   for (uint32_t i = 0; i < 3; i++)
      bench_measure(&bench->options, &measures[i]);
   vkDestroyDescriptorUpdateTemplate(bench->dev.handle, update.template,
                                     NULL);
}
