/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Command buffers are recorded straight into shared memory and executed by
 * reference when recording ends; from then on the host has the commands and
 * the memory goes back.
 */

#ifndef VN_COMMAND_BUFFER_H
#define VN_COMMAND_BUFFER_H

#include "vn_device.h"
#include "vn_query_feedback.h"
#include "vn_render_pass.h"

struct vn_command_pool {
   struct vn_object_base base;
   struct vn_device *device;    /* borrowed */
   VkAllocationCallbacks alloc; /* also for the buffers */
   struct u_list buffers;       /* vn_command_buffer::pool_link */
   uint32_t family_index;
   bool is_protected;
};

VN_DEFINE_HANDLE_CASTS(vn_command_pool, VkCommandPool)

/* Filled slices of a recording; the last one is being written. */
struct vn_command_slice {
   struct vn_shmem_slice shmem; /* owned */
   size_t used;                 /* bytes; of the last one: see enc.cur */
};

struct vn_command_buffer {
   struct vn_dispatchable dispatch;
   struct vn_command_pool *pool; /* borrowed */
   struct u_list pool_link;      /* in vn_command_pool::buffers */
   VkCommandBufferLevel level;
   bool counted; /* by VN_DEBUG=stats; never the driver's own */

   /* Externally synchronised, as the command buffer is. */
   struct vn_encoder enc;
   uint32_t slice_count;
   uint32_t slice_capacity;
   struct vn_command_slice *slices; /* owned, from the pool's allocator */
   struct vn_query_recording queries;
   bool has_rendering; /* one was begun, here or in a secondary one */
   bool suspended;     /* the last one goes on in another command buffer */

   /* Where in a render pass the recording is; pass is borrowed, NULL outside
    * and in a dynamic rendering.
    */
   const struct vn_render_pass *pass;
   uint32_t subpass;
   uint32_t view_mask; /* 0 outside and without multiview */
};

VN_DEFINE_HANDLE_CASTS(vn_command_buffer, VkCommandBuffer)

/* Counts the command that has just been completed, if there is one. */
void vn_command_buffer_count(const struct vn_command_buffer *cmd);

/* Begins a command. Used by all recording entry points. */
static inline struct vn_encoder *
vn_command_buffer_encoder(VkCommandBuffer commandBuffer)
{
   struct vn_command_buffer *cmd =
      vn_command_buffer_from_handle(commandBuffer);
   if (__builtin_expect(cmd->counted, 0))
      vn_command_buffer_count(cmd);
   cmd->enc.command = cmd->enc.cur;
   return &cmd->enc;
}

#endif /* VN_COMMAND_BUFFER_H */
