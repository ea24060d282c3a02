/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Descriptor set layouts, pools and sets. The driver keeps of a layout only
 * what tells which pointers of a descriptor write have a meaning.
 */

#ifndef VN_DESCRIPTOR_SET_H
#define VN_DESCRIPTOR_SET_H

#include "vn_device.h"

struct vn_descriptor_binding {
   uint32_t binding;
   VkDescriptorType type;
   uint32_t count;
   bool immutable_samplers;
};

/*
 * Outlives its handle while sets, templates or pipeline layouts refer to it;
 * malloc'ed for that reason. The last reference frees it.
 */
struct vn_descriptor_set_layout {
   struct vn_object_base base;
   _Atomic uint32_t refcount; /* 1 for the handle, while it lives */
   uint32_t binding_count;
   struct vn_descriptor_binding bindings[]; /* by ascending number */
};

VN_DEFINE_HANDLE_CASTS(vn_descriptor_set_layout, VkDescriptorSetLayout)

struct vn_descriptor_set_layout *
vn_descriptor_set_layout_ref(struct vn_descriptor_set_layout *layout);
/* NULL is legal. */
void vn_descriptor_set_layout_unref(struct vn_descriptor_set_layout *layout);

/* NULL if the layout has no such binding. */
const struct vn_descriptor_binding *
vn_descriptor_set_layout_find(const struct vn_descriptor_set_layout *layout,
                              uint32_t binding);

/*
 * Pipelines refer to the layout that they were made with. An application may
 * destroy a layout as soon as it has what it wanted from it, and commands
 * that name it may not have been sent by then: the renderer's layout lives
 * as long as any pipeline made with it. malloc'ed, since it can outlive the
 * allocator of its handle.
 */
struct vn_pipeline_layout {
   struct vn_object_base base;
   _Atomic uint32_t refcount; /* 1 for the handle, while it lives */
   uint32_t set_count;
   struct vn_descriptor_set_layout *sets[]; /* owned references, or NULL */
};

VN_DEFINE_HANDLE_CASTS(vn_pipeline_layout, VkPipelineLayout)

/* VK_NULL_HANDLE gives NULL. */
struct vn_pipeline_layout *vn_pipeline_layout_ref(VkPipelineLayout layout);
/* The last reference destroys it on the renderer too. NULL is legal. */
void vn_pipeline_layout_unref(VkDevice device,
                              struct vn_pipeline_layout *layout);

struct vn_descriptor_pool {
   struct vn_object_base base;
   VkAllocationCallbacks alloc; /* also for the sets */
   struct u_list sets;          /* vn_descriptor_set::pool_link */
};

VN_DEFINE_HANDLE_CASTS(vn_descriptor_pool, VkDescriptorPool)

struct vn_descriptor_set {
   struct vn_object_base base;
   struct u_list pool_link;                 /* in vn_descriptor_pool::sets */
   struct vn_descriptor_set_layout *layout; /* owned reference */
};

VN_DEFINE_HANDLE_CASTS(vn_descriptor_set, VkDescriptorSet)

#endif /* VN_DESCRIPTOR_SET_H */
