/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Descriptor writes, and templates, which the driver turns into writes. The
 * renderer looks up every handle in a write, so whatever the specification
 * lets an application leave undefined is cleared first.
 */

#include "vn_calls.h"
#include "vn_chain.h"
#include "vn_command_buffer.h"
#include "vn_descriptor_set.h"
#include "vn_entrypoints.h"
#include "vn_protocol.h"

enum write_payload {
   PAYLOAD_IMAGE,
   PAYLOAD_BUFFER,
   PAYLOAD_TEXEL_BUFFER,
   PAYLOAD_CHAINED, /* inline uniform blocks, acceleration structures */
};

static enum write_payload
payload_of(VkDescriptorType type)
{
   switch ((int)type) {
   case VK_DESCRIPTOR_TYPE_SAMPLER:
   case VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER:
   case VK_DESCRIPTOR_TYPE_SAMPLED_IMAGE:
   case VK_DESCRIPTOR_TYPE_STORAGE_IMAGE:
   case VK_DESCRIPTOR_TYPE_INPUT_ATTACHMENT:
      return PAYLOAD_IMAGE;
   case VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER:
   case VK_DESCRIPTOR_TYPE_STORAGE_BUFFER:
   case VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER_DYNAMIC:
   case VK_DESCRIPTOR_TYPE_STORAGE_BUFFER_DYNAMIC:
      return PAYLOAD_BUFFER;
   case VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER:
   case VK_DESCRIPTOR_TYPE_STORAGE_TEXEL_BUFFER:
      return PAYLOAD_TEXEL_BUFFER;
   default:
      return PAYLOAD_CHAINED;
   }
}

static void
clean_image_info(VkDescriptorImageInfo *info,
                 VkDescriptorType type,
                 bool immutable_samplers)
{
   const bool uses_sampler =
      type == VK_DESCRIPTOR_TYPE_SAMPLER ||
      type == VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER;

   if (!uses_sampler || immutable_samplers)
      info->sampler = VK_NULL_HANDLE;
   if (type == VK_DESCRIPTOR_TYPE_SAMPLER) {
      info->imageView = VK_NULL_HANDLE;
      info->imageLayout = VK_IMAGE_LAYOUT_UNDEFINED;
   }
}

/* Cleaned copies of writes. On the stack, and not to be moved. */
struct write_list {
   VkWriteDescriptorSet *writes;
   VkDescriptorImageInfo *image_infos;
   uint32_t image_info_count;
   uint32_t count;
   void *memory; /* owned; NULL while the storage suffices */
   _Alignas(8) uint8_t storage[1024];
};

/* write_list_finish is not needed when this fails. */
static bool
write_list_init(struct write_list *list,
                const VkAllocationCallbacks *alloc,
                uint32_t write_count,
                uint32_t image_info_count)
{
   const size_t writes_size = (size_t)write_count * sizeof(*list->writes);
   const size_t size =
      writes_size + (size_t)image_info_count * sizeof(*list->image_infos);
   uint8_t *start = list->storage;

   list->image_info_count = 0;
   list->count = 0;
   list->memory = NULL;
   if (size > sizeof(list->storage)) {
      list->memory = vn_alloc_scratch(alloc, size);
      if (!list->memory)
         return false;
      start = list->memory;
   }
   list->writes = (void *)start;
   list->image_infos = (void *)(start + writes_size);
   return true;
}

static void
write_list_finish(struct write_list *list, const VkAllocationCallbacks *alloc)
{
   vn_free_scratch(alloc, list->memory);
}

static void
write_list_add(struct write_list *list,
               const VkWriteDescriptorSet *write,
               const struct vn_descriptor_set_layout *layout)
{
   const enum write_payload payload = payload_of(write->descriptorType);
   VkWriteDescriptorSet *out = &list->writes[list->count++];
   *out = (VkWriteDescriptorSet){
      .sType = write->sType,
      .pNext = write->pNext,
      .dstSet = write->dstSet,
      .dstBinding = write->dstBinding,
      .dstArrayElement = write->dstArrayElement,
      .descriptorCount = write->descriptorCount,
      .descriptorType = write->descriptorType,
      .pBufferInfo = payload == PAYLOAD_BUFFER ? write->pBufferInfo : NULL,
      .pTexelBufferView =
         payload == PAYLOAD_TEXEL_BUFFER ? write->pTexelBufferView : NULL,
   };
   if (payload != PAYLOAD_IMAGE)
      return;

   const struct vn_descriptor_binding *binding =
      layout ? vn_descriptor_set_layout_find(layout, write->dstBinding)
             : NULL;
   VkDescriptorImageInfo *infos = &list->image_infos[list->image_info_count];
   memcpy(infos, write->pImageInfo, write->descriptorCount * sizeof(*infos));
   for (uint32_t i = 0; i < write->descriptorCount; i++) {
      clean_image_info(&infos[i], write->descriptorType,
                       binding && binding->immutable_samplers);
   }
   out->pImageInfo = infos;
   list->image_info_count += write->descriptorCount;
}

static uint32_t
count_image_infos(const VkWriteDescriptorSet *writes, uint32_t count)
{
   uint32_t total = 0;
   for (uint32_t i = 0; i < count; i++) {
      if (payload_of(writes[i].descriptorType) == PAYLOAD_IMAGE)
         total += writes[i].descriptorCount;
   }
   return total;
}

/*
 * Whether the writes can be sent as they are: buffers only, and nothing in
 * the pointers that the specification says are ignored.
 */
static bool
writes_are_clean(const VkWriteDescriptorSet *writes, uint32_t count)
{
   for (uint32_t i = 0; i < count; i++) {
      if (payload_of(writes[i].descriptorType) != PAYLOAD_BUFFER ||
          writes[i].pImageInfo || writes[i].pTexelBufferView)
         return false;
   }
   return true;
}

VKAPI_ATTR void VKAPI_CALL
vn_UpdateDescriptorSets(VkDevice _device,
                        uint32_t descriptorWriteCount,
                        const VkWriteDescriptorSet *pDescriptorWrites,
                        uint32_t descriptorCopyCount,
                        const VkCopyDescriptorSet *pDescriptorCopies)
{
   struct vn_device *device = vn_device_from_handle(_device);
   struct write_list list;

   if (writes_are_clean(pDescriptorWrites, descriptorWriteCount)) {
      vn_async_vkUpdateDescriptorSets(device->dispatch.ring, _device,
                                      descriptorWriteCount, pDescriptorWrites,
                                      descriptorCopyCount, pDescriptorCopies);
      return;
   }
   if (!write_list_init(
          &list, &device->alloc, descriptorWriteCount,
          count_image_infos(pDescriptorWrites, descriptorWriteCount))) {
      /* there is no way to say so in this call */
      vn_log(ERROR, "out of memory: descriptor writes are lost");
      return;
   }
   for (uint32_t i = 0; i < descriptorWriteCount; i++) {
      write_list_add(
         &list, &pDescriptorWrites[i],
         vn_descriptor_set_from_handle(pDescriptorWrites[i].dstSet)->layout);
   }
   vn_async_vkUpdateDescriptorSets(device->dispatch.ring, _device, list.count,
                                   list.writes, descriptorCopyCount,
                                   pDescriptorCopies);
   write_list_finish(&list, &device->alloc);
}

static const struct vn_descriptor_set_layout *
pipeline_set_layout(VkPipelineLayout _layout, uint32_t set)
{
   const struct vn_pipeline_layout *layout =
      vn_pipeline_layout_from_handle(_layout);
   return set < layout->set_count ? layout->sets[set] : NULL;
}

/* False when out of memory. */
static bool
write_list_init_push(struct write_list *list,
                     const VkAllocationCallbacks *alloc,
                     uint32_t count,
                     const VkWriteDescriptorSet *writes,
                     const struct vn_descriptor_set_layout *layout)
{
   if (!write_list_init(list, alloc, count, count_image_infos(writes, count)))
      return false;
   for (uint32_t i = 0; i < count; i++) {
      write_list_add(list, &writes[i], layout);
      /* "dstSet is ignored" */
      list->writes[i].dstSet = VK_NULL_HANDLE;
   }
   return true;
}

VKAPI_ATTR void VKAPI_CALL
vn_CmdPushDescriptorSetKHR(VkCommandBuffer commandBuffer,
                           VkPipelineBindPoint pipelineBindPoint,
                           VkPipelineLayout layout,
                           uint32_t set,
                           uint32_t descriptorWriteCount,
                           const VkWriteDescriptorSet *pDescriptorWrites)
{
   struct vn_encoder *enc = vn_command_buffer_encoder(commandBuffer);
   const VkAllocationCallbacks *alloc =
      &vn_command_buffer_from_handle(commandBuffer)->pool->alloc;
   struct write_list list;

   if (!write_list_init_push(&list, alloc, descriptorWriteCount,
                             pDescriptorWrites,
                             pipeline_set_layout(layout, set))) {
      enc->failed = true;
      return;
   }
   vn_encode_vkCmdPushDescriptorSetKHR(enc, 0, commandBuffer,
                                       pipelineBindPoint, layout, set,
                                       list.count, list.writes);
   write_list_finish(&list, alloc);
}

#ifdef VK_KHR_maintenance6

/* With VK_NULL_HANDLE as the layout its create info is chained instead. */
static const struct vn_descriptor_set_layout *
push_set_layout(VkPipelineLayout layout, uint32_t set, const void *chain)
{
   if (layout)
      return pipeline_set_layout(layout, set);

   const VkPipelineLayoutCreateInfo *info =
      vn_find_struct(chain, VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO);
   return info && set < info->setLayoutCount
             ? vn_descriptor_set_layout_from_handle(info->pSetLayouts[set])
             : NULL;
}

VKAPI_ATTR void VKAPI_CALL
vn_CmdPushDescriptorSet2KHR(
   VkCommandBuffer commandBuffer,
   const VkPushDescriptorSetInfoKHR *pPushDescriptorSetInfo)
{
   struct vn_encoder *enc = vn_command_buffer_encoder(commandBuffer);
   const VkAllocationCallbacks *alloc =
      &vn_command_buffer_from_handle(commandBuffer)->pool->alloc;
   VkPushDescriptorSetInfoKHR info = *pPushDescriptorSetInfo;
   struct write_list list;

   if (!write_list_init_push(
          &list, alloc, info.descriptorWriteCount, info.pDescriptorWrites,
          push_set_layout(info.layout, info.set, info.pNext))) {
      enc->failed = true;
      return;
   }
   info.pDescriptorWrites = list.writes;
   vn_encode_vkCmdPushDescriptorSet2KHR(enc, 0, commandBuffer, &info);
   vn_free_scratch(alloc, list.memory);
}

#endif

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
      const struct vn_descriptor_set_layout *layout =
         pipeline_set_layout(pCreateInfo->pipelineLayout, pCreateInfo->set);
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
   struct write_list list;
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
   if (!write_list_init(&out->list, alloc, template->entry_count, total)) {
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
         write_list_add(&out->list, &write, layout);
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

      const enum write_payload payload = payload_of(entry->descriptorType);
      for (uint32_t j = 0; j < entry->descriptorCount; j++) {
         const void *item = src + j * entry->stride;
         switch (payload) {
         case PAYLOAD_IMAGE:
            memcpy(&out->images[next], item, sizeof(*out->images));
            break;
         case PAYLOAD_BUFFER:
            memcpy(&out->buffers[next], item, sizeof(*out->buffers));
            break;
         case PAYLOAD_TEXEL_BUFFER:
            memcpy(&out->views[next], item, sizeof(*out->views));
            break;
         case PAYLOAD_CHAINED:
            memcpy(&out->accels[next], item, sizeof(*out->accels));
            break;
         }
         next++;
      }
      write_list_add(&out->list, &write, layout);
   }
   return true;
}

static void
expansion_finish(struct expansion *expansion,
                 const VkAllocationCallbacks *alloc)
{
   write_list_finish(&expansion->list, alloc);
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

   if (!expand_template(template, alloc, info->pData, VK_NULL_HANDLE,
                        push_set_layout(info->layout, info->set, info->pNext),
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
