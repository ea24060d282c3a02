/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Descriptor writes. The renderer looks up every handle in a write, so
 * whatever the specification lets an application leave undefined is cleared
 * first.
 */

#include "vn_descriptor_update.h"

#include "vn_calls.h"
#include "vn_chain.h"
#include "vn_command_buffer.h"
#include "vn_entrypoints.h"
#include "vn_protocol.h"

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

bool
vn_write_list_init(struct vn_write_list *list,
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

void
vn_write_list_finish(struct vn_write_list *list,
                     const VkAllocationCallbacks *alloc)
{
   vn_free_scratch(alloc, list->memory);
}

void
vn_write_list_add(struct vn_write_list *list,
                  const VkWriteDescriptorSet *write,
                  const struct vn_descriptor_set_layout *layout)
{
   const enum vn_write_payload payload =
      vn_write_payload_of(write->descriptorType);
   VkWriteDescriptorSet *out = &list->writes[list->count++];
   *out = (VkWriteDescriptorSet){
      .sType = write->sType,
      .pNext = write->pNext,
      .dstSet = write->dstSet,
      .dstBinding = write->dstBinding,
      .dstArrayElement = write->dstArrayElement,
      .descriptorCount = write->descriptorCount,
      .descriptorType = write->descriptorType,
      .pBufferInfo = payload == VN_PAYLOAD_BUFFER ? write->pBufferInfo : NULL,
      .pTexelBufferView =
         payload == VN_PAYLOAD_TEXEL_BUFFER ? write->pTexelBufferView : NULL,
   };
   if (payload != VN_PAYLOAD_IMAGE)
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
      if (vn_write_payload_of(writes[i].descriptorType) == VN_PAYLOAD_IMAGE)
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
      if (vn_write_payload_of(writes[i].descriptorType) !=
             VN_PAYLOAD_BUFFER ||
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
   struct vn_write_list list;

   if (writes_are_clean(pDescriptorWrites, descriptorWriteCount)) {
      vn_async_vkUpdateDescriptorSets(device->dispatch.ring, _device,
                                      descriptorWriteCount, pDescriptorWrites,
                                      descriptorCopyCount, pDescriptorCopies);
      return;
   }
   if (!vn_write_list_init(
          &list, &device->alloc, descriptorWriteCount,
          count_image_infos(pDescriptorWrites, descriptorWriteCount))) {
      /* there is no way to say so in this call */
      vn_log(ERROR, "out of memory: descriptor writes are lost");
      return;
   }
   for (uint32_t i = 0; i < descriptorWriteCount; i++) {
      vn_write_list_add(
         &list, &pDescriptorWrites[i],
         vn_descriptor_set_from_handle(pDescriptorWrites[i].dstSet)->layout);
   }
   vn_async_vkUpdateDescriptorSets(device->dispatch.ring, _device, list.count,
                                   list.writes, descriptorCopyCount,
                                   pDescriptorCopies);
   vn_write_list_finish(&list, &device->alloc);
}

/* False when out of memory. */
static bool
write_list_init_push(struct vn_write_list *list,
                     const VkAllocationCallbacks *alloc,
                     uint32_t count,
                     const VkWriteDescriptorSet *writes,
                     const struct vn_descriptor_set_layout *layout)
{
   if (!vn_write_list_init(list, alloc, count,
                           count_image_infos(writes, count)))
      return false;
   for (uint32_t i = 0; i < count; i++) {
      vn_write_list_add(list, &writes[i], layout);
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
   struct vn_write_list list;

   if (!write_list_init_push(&list, alloc, descriptorWriteCount,
                             pDescriptorWrites,
                             vn_pipeline_set_layout(layout, set))) {
      enc->failed = true;
      return;
   }
   vn_encode_vkCmdPushDescriptorSetKHR(enc, 0, commandBuffer,
                                       pipelineBindPoint, layout, set,
                                       list.count, list.writes);
   vn_write_list_finish(&list, alloc);
}

#ifdef VK_KHR_maintenance6

const struct vn_descriptor_set_layout *
vn_push_set_layout(VkPipelineLayout layout, uint32_t set, const void *chain)
{
   if (layout)
      return vn_pipeline_set_layout(layout, set);

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
   struct vn_write_list list;

   if (!write_list_init_push(
          &list, alloc, info.descriptorWriteCount, info.pDescriptorWrites,
          vn_push_set_layout(info.layout, info.set, info.pNext))) {
      enc->failed = true;
      return;
   }
   info.pDescriptorWrites = list.writes;
   vn_encode_vkCmdPushDescriptorSet2KHR(enc, 0, commandBuffer, &info);
   vn_free_scratch(alloc, list.memory);
}

#endif
