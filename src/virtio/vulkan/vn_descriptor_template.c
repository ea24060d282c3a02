/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Descriptor update templates, which the driver turns into writes.
 */

#include "vn_calls.h"
#include "vn_command_buffer.h"
#include "vn_descriptor_update.h"
#include "vn_entrypoints.h"
#include "vn_protocol.h"

/*
 * A template lives in the driver alone: the renderer has no decoder for
 * updates by template.
 */
struct vn_descriptor_update_template {
   struct vn_object_base base;
   VkDescriptorUpdateTemplateType type;
   VkPipelineBindPoint bind_point;
   const struct vn_descriptor_set_layout *push_layout; /* owned reference */
   uint32_t entry_count;
   VkDescriptorUpdateTemplateEntry entries[];
};

VN_DEFINE_HANDLE_CASTS(vn_descriptor_update_template,
                       VkDescriptorUpdateTemplate)

VKAPI_ATTR VkResult VKAPI_CALL
vn_CreateDescriptorUpdateTemplate(
   VkDevice device,
   const VkDescriptorUpdateTemplateCreateInfo *pCreateInfo,
   const VkAllocationCallbacks *pAllocator,
   VkDescriptorUpdateTemplate *pDescriptorUpdateTemplate)
{
   const uint32_t count = pCreateInfo->descriptorUpdateEntryCount;
   struct vn_descriptor_update_template *template = vn_device_object_zalloc(
      device, pAllocator,
      sizeof(*template) + count * sizeof(template->entries[0]),
      VK_OBJECT_TYPE_DESCRIPTOR_UPDATE_TEMPLATE);
   if (!template)
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);

   template->type = pCreateInfo->templateType;
   template->bind_point = pCreateInfo->pipelineBindPoint;
   template->entry_count = count;
   memcpy(template->entries, pCreateInfo->pDescriptorUpdateEntries,
          count * sizeof(template->entries[0]));

   if (template->type ==
       VK_DESCRIPTOR_UPDATE_TEMPLATE_TYPE_PUSH_DESCRIPTORS_KHR) {
      const struct vn_descriptor_set_layout *layout = vn_pipeline_set_layout(
         pCreateInfo->pipelineLayout, pCreateInfo->set);
      if (layout) {
         template->push_layout = vn_descriptor_set_layout_ref(
            (struct vn_descriptor_set_layout *)layout);
      }
   }

   *pDescriptorUpdateTemplate =
      vn_descriptor_update_template_to_handle(template);
   return VK_SUCCESS;
}

VKAPI_ATTR void VKAPI_CALL
vn_DestroyDescriptorUpdateTemplate(
   VkDevice device,
   VkDescriptorUpdateTemplate descriptorUpdateTemplate,
   const VkAllocationCallbacks *pAllocator)
{
   struct vn_descriptor_update_template *template =
      vn_descriptor_update_template_from_handle(descriptorUpdateTemplate);
   if (!template)
      return;
   vn_descriptor_set_layout_unref(
      (struct vn_descriptor_set_layout *)template->push_layout);
   vn_object_destroy(device, pAllocator, template);
}

/* What the writes of a template point to, besides the write_list. */
union template_chain {
   VkWriteDescriptorSetInlineUniformBlock inline_block;
   VkWriteDescriptorSetAccelerationStructureKHR accel;
};

struct expansion {
   struct vn_write_list list;
   VkDescriptorImageInfo *images;
   VkDescriptorBufferInfo *buffers;
   VkBufferView *views;
   VkAccelerationStructureKHR *accels;
   union template_chain *chains;
   void *memory; /* owned; NULL while the storage suffices */
   _Alignas(8) uint8_t storage[2048];
};

/*
 * Gathers the application's scattered data into arrays. False when out of
 * memory.
 */
static bool
expand_template(const struct vn_descriptor_update_template *template,
                const VkAllocationCallbacks *alloc,
                const void *data,
                VkDescriptorSet set,
                const struct vn_descriptor_set_layout *layout,
                struct expansion *out)
{
   uint32_t total = 0;
   for (uint32_t i = 0; i < template->entry_count; i++) {
      /* the count of an inline block is in bytes */
      if (template->entries[i].descriptorType !=
          VK_DESCRIPTOR_TYPE_INLINE_UNIFORM_BLOCK)
         total += template->entries[i].descriptorCount;
   }

   const size_t each = sizeof(*out->images) + sizeof(*out->buffers) +
                       sizeof(*out->views) + sizeof(*out->accels);
   const size_t size =
      total * each + template->entry_count * sizeof(*out->chains);
   void *start = out->storage;

   out->memory = NULL;
   if (size > sizeof(out->storage)) {
      out->memory = vn_alloc_scratch(alloc, size);
      if (!out->memory)
         return false;
      start = out->memory;
   }
   if (!vn_write_list_init(&out->list, alloc, template->entry_count, total)) {
      vn_free_scratch(alloc, out->memory);
      return false;
   }
   out->chains = start;
   out->images = (void *)(out->chains + template->entry_count);
   out->buffers = (void *)(out->images + total);
   out->views = (void *)(out->buffers + total);
   out->accels = (void *)(out->views + total);

   uint32_t next = 0;
   for (uint32_t i = 0; i < template->entry_count; i++) {
      const VkDescriptorUpdateTemplateEntry *entry = &template->entries[i];
      const uint8_t *src = (const uint8_t *)data + entry->offset;
      VkWriteDescriptorSet write = {
         .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
         .dstSet = set,
         .dstBinding = entry->dstBinding,
         .dstArrayElement = entry->dstArrayElement,
         .descriptorCount = entry->descriptorCount,
         .descriptorType = entry->descriptorType,
         .pImageInfo = &out->images[next],
         .pBufferInfo = &out->buffers[next],
         .pTexelBufferView = &out->views[next],
      };

      if (entry->descriptorType == VK_DESCRIPTOR_TYPE_INLINE_UNIFORM_BLOCK) {
         out->chains[i].inline_block =
            (VkWriteDescriptorSetInlineUniformBlock){
               .sType =
                  VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET_INLINE_UNIFORM_BLOCK,
               .dataSize = entry->descriptorCount,
               .pData = src,
            };
         write.pNext = &out->chains[i].inline_block;
         vn_write_list_add(&out->list, &write, layout);
         continue;
      }

      if (entry->descriptorType ==
          VK_DESCRIPTOR_TYPE_ACCELERATION_STRUCTURE_KHR) {
         out->chains[i].accel = (VkWriteDescriptorSetAccelerationStructureKHR){
            .sType =
               VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET_ACCELERATION_STRUCTURE_KHR,
            .accelerationStructureCount = entry->descriptorCount,
            .pAccelerationStructures = &out->accels[next],
         };
         write.pNext = &out->chains[i].accel;
      }

      const enum vn_write_payload payload =
         vn_write_payload_of(entry->descriptorType);
      for (uint32_t j = 0; j < entry->descriptorCount; j++) {
         const void *item = src + j * entry->stride;
         switch (payload) {
         case VN_PAYLOAD_IMAGE:
            memcpy(&out->images[next], item, sizeof(*out->images));
            break;
         case VN_PAYLOAD_BUFFER:
            memcpy(&out->buffers[next], item, sizeof(*out->buffers));
            break;
         case VN_PAYLOAD_TEXEL_BUFFER:
            memcpy(&out->views[next], item, sizeof(*out->views));
            break;
         case VN_PAYLOAD_CHAINED:
            memcpy(&out->accels[next], item, sizeof(*out->accels));
            break;
         }
         next++;
      }
      vn_write_list_add(&out->list, &write, layout);
   }
   return true;
}

static void
expansion_finish(struct expansion *expansion,
                 const VkAllocationCallbacks *alloc)
{
   vn_write_list_finish(&expansion->list, alloc);
   vn_free_scratch(alloc, expansion->memory);
}

VKAPI_ATTR void VKAPI_CALL
vn_UpdateDescriptorSetWithTemplate(
   VkDevice _device,
   VkDescriptorSet descriptorSet,
   VkDescriptorUpdateTemplate descriptorUpdateTemplate,
   const void *pData)
{
   struct vn_device *device = vn_device_from_handle(_device);
   struct expansion expansion;

   if (!expand_template(
          vn_descriptor_update_template_from_handle(descriptorUpdateTemplate),
          &device->alloc, pData, descriptorSet,
          vn_descriptor_set_from_handle(descriptorSet)->layout, &expansion)) {
      vn_log(ERROR, "out of memory: descriptor writes are lost");
      return;
   }
   vn_async_vkUpdateDescriptorSets(device->dispatch.ring, _device,
                                   expansion.list.count,
                                   expansion.list.writes, 0, NULL);
   expansion_finish(&expansion, &device->alloc);
}

VKAPI_ATTR void VKAPI_CALL
vn_CmdPushDescriptorSetWithTemplateKHR(
   VkCommandBuffer commandBuffer,
   VkDescriptorUpdateTemplate descriptorUpdateTemplate,
   VkPipelineLayout layout,
   uint32_t set,
   const void *pData)
{
   const struct vn_descriptor_update_template *template =
      vn_descriptor_update_template_from_handle(descriptorUpdateTemplate);
   struct vn_encoder *enc = vn_command_buffer_encoder(commandBuffer);
   const VkAllocationCallbacks *alloc =
      &vn_command_buffer_from_handle(commandBuffer)->pool->alloc;
   struct expansion expansion;

   if (!expand_template(template, alloc, pData, VK_NULL_HANDLE,
                        template->push_layout, &expansion)) {
      enc->failed = true;
      return;
   }
   vn_encode_vkCmdPushDescriptorSetKHR(
      enc, 0, commandBuffer, template->bind_point, layout, set,
      expansion.list.count, expansion.list.writes);
   expansion_finish(&expansion, alloc);
}

#ifdef VK_KHR_maintenance6

static VkShaderStageFlags
stages_of(VkPipelineBindPoint bind_point)
{
   switch ((int)bind_point) {
   case VK_PIPELINE_BIND_POINT_GRAPHICS:
      return VK_SHADER_STAGE_ALL_GRAPHICS;
   case VK_PIPELINE_BIND_POINT_COMPUTE:
      return VK_SHADER_STAGE_COMPUTE_BIT;
   case VK_PIPELINE_BIND_POINT_RAY_TRACING_KHR:
      return VK_SHADER_STAGE_RAYGEN_BIT_KHR |
             VK_SHADER_STAGE_ANY_HIT_BIT_KHR |
             VK_SHADER_STAGE_CLOSEST_HIT_BIT_KHR |
             VK_SHADER_STAGE_MISS_BIT_KHR |
             VK_SHADER_STAGE_INTERSECTION_BIT_KHR |
             VK_SHADER_STAGE_CALLABLE_BIT_KHR;
   default:
      return VK_SHADER_STAGE_ALL;
   }
}

VKAPI_ATTR void VKAPI_CALL
vn_CmdPushDescriptorSetWithTemplate2KHR(
   VkCommandBuffer commandBuffer,
   const VkPushDescriptorSetWithTemplateInfoKHR
      *pPushDescriptorSetWithTemplateInfo)
{
   const VkPushDescriptorSetWithTemplateInfoKHR *info =
      pPushDescriptorSetWithTemplateInfo;
   const struct vn_descriptor_update_template *template =
      vn_descriptor_update_template_from_handle(
         info->descriptorUpdateTemplate);
   struct vn_encoder *enc = vn_command_buffer_encoder(commandBuffer);
   const VkAllocationCallbacks *alloc =
      &vn_command_buffer_from_handle(commandBuffer)->pool->alloc;
   struct expansion expansion;

   if (!expand_template(
          template, alloc, info->pData, VK_NULL_HANDLE,
          vn_push_set_layout(info->layout, info->set, info->pNext),
          &expansion)) {
      enc->failed = true;
      return;
   }
   const VkPushDescriptorSetInfoKHR push = {
      .sType = VK_STRUCTURE_TYPE_PUSH_DESCRIPTOR_SET_INFO_KHR,
      .pNext = info->pNext,
      .stageFlags = stages_of(template->bind_point),
      .layout = info->layout,
      .set = info->set,
      .descriptorWriteCount = expansion.list.count,
      .pDescriptorWrites = expansion.list.writes,
   };
   vn_encode_vkCmdPushDescriptorSet2KHR(enc, 0, commandBuffer, &push);
   expansion_finish(&expansion, alloc);
}

#endif
