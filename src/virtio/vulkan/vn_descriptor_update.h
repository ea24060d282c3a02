/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Descriptor writes as they may be sent.
 */

#ifndef VN_DESCRIPTOR_UPDATE_H
#define VN_DESCRIPTOR_UPDATE_H

#include "vn_descriptor_set.h"

/* Which of its pointers a write is about. */
enum vn_write_payload {
   VN_PAYLOAD_IMAGE,
   VN_PAYLOAD_BUFFER,
   VN_PAYLOAD_TEXEL_BUFFER,
   VN_PAYLOAD_CHAINED, /* inline uniform blocks, acceleration structures */
};

static inline enum vn_write_payload
vn_write_payload_of(VkDescriptorType type)
{
   switch ((int)type) {
   case VK_DESCRIPTOR_TYPE_SAMPLER:
   case VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER:
   case VK_DESCRIPTOR_TYPE_SAMPLED_IMAGE:
   case VK_DESCRIPTOR_TYPE_STORAGE_IMAGE:
   case VK_DESCRIPTOR_TYPE_INPUT_ATTACHMENT:
      return VN_PAYLOAD_IMAGE;
   case VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER:
   case VK_DESCRIPTOR_TYPE_STORAGE_BUFFER:
   case VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER_DYNAMIC:
   case VK_DESCRIPTOR_TYPE_STORAGE_BUFFER_DYNAMIC:
      return VN_PAYLOAD_BUFFER;
   case VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER:
   case VK_DESCRIPTOR_TYPE_STORAGE_TEXEL_BUFFER:
      return VN_PAYLOAD_TEXEL_BUFFER;
   default:
      return VN_PAYLOAD_CHAINED;
   }
}

/* NULL if the layout has no such set. */
static inline const struct vn_descriptor_set_layout *
vn_pipeline_set_layout(VkPipelineLayout _layout, uint32_t set)
{
   const struct vn_pipeline_layout *layout =
      vn_pipeline_layout_from_handle(_layout);
   return set < layout->set_count ? layout->sets[set] : NULL;
}

/* Cleaned copies of writes. On the stack, and not to be moved. */
struct vn_write_list {
   VkWriteDescriptorSet *writes;
   VkDescriptorImageInfo *image_infos;
   uint32_t image_info_count;
   uint32_t count;
   void *memory; /* owned; NULL while the storage suffices */
   _Alignas(8) uint8_t storage[1024];
};

/*
 * Room for so many writes, and image infos of all of them. False when out of
 * memory; vn_write_list_finish is not needed then.
 */
bool vn_write_list_init(struct vn_write_list *list,
                        const VkAllocationCallbacks *alloc,
                        uint32_t write_count,
                        uint32_t image_info_count);
/* With the allocator of init. */
void vn_write_list_finish(struct vn_write_list *list,
                          const VkAllocationCallbacks *alloc);

/* layout is that of the set, or NULL: no sampler is immutable. */
void vn_write_list_add(struct vn_write_list *list,
                       const VkWriteDescriptorSet *write,
                       const struct vn_descriptor_set_layout *layout);

#ifdef VK_KHR_maintenance6
/*
 * The layout of the set to push to, or NULL. With VK_NULL_HANDLE as the
 * pipeline layout its create info is chained instead.
 */
const struct vn_descriptor_set_layout *
vn_push_set_layout(VkPipelineLayout layout, uint32_t set, const void *chain);
#endif

#endif /* VN_DESCRIPTOR_UPDATE_H */
