/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Render passes, framebuffers and dynamic rendering. Both creation calls of a
 * render pass tell which subpasses have which attachments and views; nothing
 * else is kept. A command buffer knows the views that it renders to.
 */

#include "vn_render_pass.h"

#include "vn_calls.h"
#include "vn_chain.h"
#include "vn_command_buffer.h"
#include "vn_device.h"
#include "vn_entrypoints.h"
#include "vn_protocol.h"

static struct vn_render_pass *
alloc_render_pass(VkDevice device,
                  const VkAllocationCallbacks *alloc,
                  uint32_t subpass_count)
{
   struct vn_render_pass *pass = vn_device_object_zalloc(
      device, alloc,
      sizeof(*pass) + subpass_count * sizeof(pass->subpasses[0]),
      VK_OBJECT_TYPE_RENDER_PASS);
   if (pass)
      pass->subpass_count = subpass_count;
   return pass;
}

static VkResult
finish_creation(VkDevice device,
                const VkAllocationCallbacks *alloc,
                struct vn_render_pass *pass,
                VkResult result,
                VkRenderPass *out)
{
   if (result != VK_SUCCESS) {
      vn_object_destroy(device, alloc, pass);
      return result;
   }
   *out = vn_render_pass_to_handle(pass);
   return VK_SUCCESS;
}

uint32_t
vn_render_pass_view_mask(const struct vn_render_pass *pass, uint32_t subpass)
{
   return pass && subpass < pass->subpass_count
             ? pass->subpasses[subpass].view_mask
             : 0;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_CreateRenderPass(VkDevice device,
                    const VkRenderPassCreateInfo *pCreateInfo,
                    const VkAllocationCallbacks *pAllocator,
                    VkRenderPass *pRenderPass)
{
   struct vn_render_pass *pass =
      alloc_render_pass(device, pAllocator, pCreateInfo->subpassCount);
   if (!pass)
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);

   for (uint32_t i = 0; i < pass->subpass_count; i++) {
      const VkSubpassDescription *desc = &pCreateInfo->pSubpasses[i];
      for (uint32_t j = 0; j < desc->colorAttachmentCount; j++) {
         pass->subpasses[i].has_color |=
            desc->pColorAttachments[j].attachment != VK_ATTACHMENT_UNUSED;
      }
      pass->subpasses[i].has_depth_stencil =
         desc->pDepthStencilAttachment &&
         desc->pDepthStencilAttachment->attachment != VK_ATTACHMENT_UNUSED;
   }
   const VkRenderPassMultiviewCreateInfo *views = vn_device_find_struct(
      vn_device_from_handle(device), VN_DEVICE_EXT_KHR_multiview,
      pCreateInfo->pNext,
      VK_STRUCTURE_TYPE_RENDER_PASS_MULTIVIEW_CREATE_INFO);
   /* "If subpassCount is zero, each subpass in the render pass is treated as
    * having a view mask of zero"
    */
   for (uint32_t i = 0; views && i < pass->subpass_count; i++) {
      if (i < views->subpassCount)
         pass->subpasses[i].view_mask = views->pViewMasks[i];
   }

   VkRenderPass handle = vn_render_pass_to_handle(pass);
   const VkResult result = vn_async_vkCreateRenderPass(
      vn_ring_of(device), device, pCreateInfo, NULL, &handle);
   return vn_result(
      finish_creation(device, pAllocator, pass, result, pRenderPass));
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_CreateRenderPass2(VkDevice device,
                     const VkRenderPassCreateInfo2 *pCreateInfo,
                     const VkAllocationCallbacks *pAllocator,
                     VkRenderPass *pRenderPass)
{
   struct vn_render_pass *pass =
      alloc_render_pass(device, pAllocator, pCreateInfo->subpassCount);
   if (!pass)
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);

   for (uint32_t i = 0; i < pass->subpass_count; i++) {
      const VkSubpassDescription2 *desc = &pCreateInfo->pSubpasses[i];
      pass->subpasses[i].view_mask = desc->viewMask;
      for (uint32_t j = 0; j < desc->colorAttachmentCount; j++) {
         pass->subpasses[i].has_color |=
            desc->pColorAttachments[j].attachment != VK_ATTACHMENT_UNUSED;
      }
      pass->subpasses[i].has_depth_stencil =
         desc->pDepthStencilAttachment &&
         desc->pDepthStencilAttachment->attachment != VK_ATTACHMENT_UNUSED;
   }

   VkRenderPass handle = vn_render_pass_to_handle(pass);
   const VkResult result = vn_async_vkCreateRenderPass2(
      vn_ring_of(device), device, pCreateInfo, NULL, &handle);
   return vn_result(
      finish_creation(device, pAllocator, pass, result, pRenderPass));
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_CreateFramebuffer(VkDevice device,
                     const VkFramebufferCreateInfo *pCreateInfo,
                     const VkAllocationCallbacks *pAllocator,
                     VkFramebuffer *pFramebuffer)
{
   VkFramebufferCreateInfo info = *pCreateInfo;
   /* "If flags includes VK_FRAMEBUFFER_CREATE_IMAGELESS_BIT, pAttachments is
    * ignored"; the count stays, an optional array may be absent
    */
   if (info.flags & VK_FRAMEBUFFER_CREATE_IMAGELESS_BIT)
      info.pAttachments = NULL;

   struct vn_object_base *object =
      vn_object_create(device, pAllocator, VK_OBJECT_TYPE_FRAMEBUFFER);
   if (!object)
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);

   VkFramebuffer handle = (VkFramebuffer)(uintptr_t)object;
   const VkResult result = vn_async_vkCreateFramebuffer(
      vn_ring_of(device), device, &info, NULL, &handle);
   if (result != VK_SUCCESS) {
      vn_object_destroy(device, pAllocator, object);
      return vn_result(result);
   }
   *pFramebuffer = (VkFramebuffer)(uintptr_t)object;
   return VK_SUCCESS;
}

/*
 * "If imageView is VK_NULL_HANDLE, other members of this structure are
 * ignored", and resolveImageView is where resolveMode is NONE.
 */
static void
clean_attachment(VkRenderingAttachmentInfo *attachment)
{
   if (!attachment->imageView ||
       attachment->resolveMode == VK_RESOLVE_MODE_NONE)
      attachment->resolveImageView = VK_NULL_HANDLE;
}

static const VkRenderingAttachmentInfo *
clean_optional_attachment(const VkRenderingAttachmentInfo *attachment,
                          VkRenderingAttachmentInfo *copy)
{
   if (!attachment)
      return NULL;
   *copy = *attachment;
   clean_attachment(copy);
   return copy;
}

VKAPI_ATTR void VKAPI_CALL
vn_CmdBeginRendering(VkCommandBuffer commandBuffer,
                     const VkRenderingInfo *pRenderingInfo)
{
   struct vn_encoder *enc = vn_command_buffer_encoder(commandBuffer);
   struct vn_command_buffer *cmd =
      vn_command_buffer_from_handle(commandBuffer);
   const VkAllocationCallbacks *alloc = &cmd->pool->alloc;
   VkRenderingInfo info = *pRenderingInfo;

   cmd->view_mask = info.viewMask;
   cmd->has_rendering = true;
   cmd->suspended = info.flags & VK_RENDERING_SUSPENDING_BIT;

   const size_t color_size =
      info.colorAttachmentCount * sizeof(VkRenderingAttachmentInfo);
   VkRenderingAttachmentInfo *color = NULL;
   if (color_size) {
      color = vn_alloc_scratch(alloc, color_size);
      if (!color) {
         enc->failed = true;
         return;
      }
      memcpy(color, info.pColorAttachments, color_size);
      for (uint32_t i = 0; i < info.colorAttachmentCount; i++)
         clean_attachment(&color[i]);
      info.pColorAttachments = color;
   }

   VkRenderingAttachmentInfo depth, stencil;
   info.pDepthAttachment =
      clean_optional_attachment(info.pDepthAttachment, &depth);
   info.pStencilAttachment =
      clean_optional_attachment(info.pStencilAttachment, &stencil);

   vn_encode_vkCmdBeginRendering(enc, 0, commandBuffer, &info);
   vn_free_scratch(alloc, color);
}

static void
enter_subpass(VkCommandBuffer commandBuffer,
              const struct vn_render_pass *pass,
              uint32_t subpass)
{
   struct vn_command_buffer *cmd =
      vn_command_buffer_from_handle(commandBuffer);
   cmd->pass = pass;
   cmd->subpass = subpass;
   cmd->view_mask = vn_render_pass_view_mask(pass, subpass);
}

static void
next_subpass(VkCommandBuffer commandBuffer)
{
   const struct vn_command_buffer *cmd =
      vn_command_buffer_from_handle(commandBuffer);
   enter_subpass(commandBuffer, cmd->pass, cmd->subpass + 1);
}

VKAPI_ATTR void VKAPI_CALL
vn_CmdBeginRenderPass(VkCommandBuffer commandBuffer,
                      const VkRenderPassBeginInfo *pRenderPassBegin,
                      VkSubpassContents contents)
{
   vn_encode_vkCmdBeginRenderPass(vn_command_buffer_encoder(commandBuffer), 0,
                                  commandBuffer, pRenderPassBegin, contents);
   enter_subpass(commandBuffer,
                 vn_render_pass_from_handle(pRenderPassBegin->renderPass), 0);
}

VKAPI_ATTR void VKAPI_CALL
vn_CmdBeginRenderPass2(VkCommandBuffer commandBuffer,
                       const VkRenderPassBeginInfo *pRenderPassBegin,
                       const VkSubpassBeginInfo *pSubpassBeginInfo)
{
   vn_encode_vkCmdBeginRenderPass2(vn_command_buffer_encoder(commandBuffer),
                                   0, commandBuffer, pRenderPassBegin,
                                   pSubpassBeginInfo);
   enter_subpass(commandBuffer,
                 vn_render_pass_from_handle(pRenderPassBegin->renderPass), 0);
}

VKAPI_ATTR void VKAPI_CALL
vn_CmdNextSubpass(VkCommandBuffer commandBuffer, VkSubpassContents contents)
{
   vn_encode_vkCmdNextSubpass(vn_command_buffer_encoder(commandBuffer), 0,
                              commandBuffer, contents);
   next_subpass(commandBuffer);
}

VKAPI_ATTR void VKAPI_CALL
vn_CmdNextSubpass2(VkCommandBuffer commandBuffer,
                   const VkSubpassBeginInfo *pSubpassBeginInfo,
                   const VkSubpassEndInfo *pSubpassEndInfo)
{
   vn_encode_vkCmdNextSubpass2(vn_command_buffer_encoder(commandBuffer), 0,
                               commandBuffer, pSubpassBeginInfo,
                               pSubpassEndInfo);
   next_subpass(commandBuffer);
}

VKAPI_ATTR void VKAPI_CALL
vn_CmdEndRenderPass(VkCommandBuffer commandBuffer)
{
   vn_encode_vkCmdEndRenderPass(vn_command_buffer_encoder(commandBuffer), 0,
                                commandBuffer);
   enter_subpass(commandBuffer, NULL, 0);
}

VKAPI_ATTR void VKAPI_CALL
vn_CmdEndRenderPass2(VkCommandBuffer commandBuffer,
                     const VkSubpassEndInfo *pSubpassEndInfo)
{
   vn_encode_vkCmdEndRenderPass2(vn_command_buffer_encoder(commandBuffer), 0,
                                 commandBuffer, pSubpassEndInfo);
   enter_subpass(commandBuffer, NULL, 0);
}

VKAPI_ATTR void VKAPI_CALL
vn_CmdEndRendering(VkCommandBuffer commandBuffer)
{
   vn_encode_vkCmdEndRendering(vn_command_buffer_encoder(commandBuffer), 0,
                               commandBuffer);
   enter_subpass(commandBuffer, NULL, 0);
}
