/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Images: an id, the names of handle types in between, and requirements that
 * are remembered by everything in the create info. Layouts are the host's,
 * asked when the application asks. What cannot be remembered: images whose
 * layout the host chooses or the application gives (modifiers), disjoint
 * planes, and structs that are not known here.
 */

#include "vn_image.h"

#include "vn_calls.h"
#include "vn_chain.h"
#include "vn_entrypoints.h"
#include "vn_suballoc.h"
#include "vn_swapchain.h"

/* Texels, over all layers, above which the host's answer is waited for. */
#define ASYNC_IMAGE_LIMIT (UINT64_C(1) << 24)

/*
 * Whether creation may fail in normal use: explicit layouts and external
 * types may be refused by the host, large images run out of something.
 */
static bool
may_fail(const VkImageCreateInfo *info)
{
   if (info->pNext || info->flags)
      return true;

   uint64_t texels;
   if (!u_mul_u64(info->extent.width, info->extent.height, &texels) ||
       !u_mul_u64(texels, info->extent.depth, &texels) ||
       !u_mul_u64(texels, info->arrayLayers, &texels) ||
       !u_mul_u64(texels, info->samples, &texels))
      return true;
   return texels > ASYNC_IMAGE_LIMIT;
}

static void
add_struct(struct vn_question *question, VkBaseOutStructure *s)
{
   vn_question_add(question, s->sType);
   switch ((int)s->sType) {
   case VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO:
      vn_question_add(question,
                      ((VkExternalMemoryImageCreateInfo *)s)->handleTypes);
      break;
   case VK_STRUCTURE_TYPE_IMAGE_FORMAT_LIST_CREATE_INFO: {
      const VkImageFormatListCreateInfo *list = (const void *)s;
      vn_question_add_array(question, (const uint32_t *)list->pViewFormats,
                            list->viewFormatCount);
      break;
   }
   case VK_STRUCTURE_TYPE_IMAGE_STENCIL_USAGE_CREATE_INFO:
      vn_question_add(question,
                      ((VkImageStencilUsageCreateInfo *)s)->stencilUsage);
      break;
   default:
      question->overflow = true;
      break;
   }
}

static void
add_info(struct vn_question *question, const VkImageCreateInfo *info)
{
   vn_question_init(question);
   vn_question_add(question, info->flags);
   vn_question_add(question, info->imageType);
   vn_question_add(question, info->format);
   vn_question_add(question, info->extent.width);
   vn_question_add(question, info->extent.height);
   vn_question_add(question, info->extent.depth);
   vn_question_add(question, info->mipLevels);
   vn_question_add(question, info->arrayLayers);
   vn_question_add(question, info->samples);
   vn_question_add(question, info->tiling);
   vn_question_add(question, info->usage);
   vn_question_add(question, info->initialLayout);
   vn_question_add(question, info->sharingMode);
   if (info->sharingMode == VK_SHARING_MODE_CONCURRENT) {
      vn_question_add_array(question, info->pQueueFamilyIndices,
                            info->queueFamilyIndexCount);
   }
   if (info->flags & VK_IMAGE_CREATE_DISJOINT_BIT ||
       info->tiling == VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT)
      question->overflow = true;
}

/* The application's info in the renderer's terms. */
static VkResult
translate_info(struct vn_device *device,
               const VkImageCreateInfo *app_info,
               VkImageCreateInfo *info,
               struct vn_chain *chain,
               struct vn_question *question)
{
   const VkResult result = vn_chain_init(chain, &device->alloc, &device->caps,
                                         app_info->pNext, NULL, 0);
   if (result != VK_SUCCESS)
      return result;

   *info = *app_info;
   info->pNext = chain->first;
   VkExternalMemoryImageCreateInfo *external = vn_find_struct(
      chain->first, VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO);
   if (external && external->handleTypes)
      external->handleTypes = VN_RENDERER_HANDLE_TYPE;

   add_info(question, info);
   for (VkBaseOutStructure *s = chain->first; s; s = s->pNext)
      add_struct(question, s);
   return VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_CreateImage(VkDevice _device,
               const VkImageCreateInfo *pCreateInfo,
               const VkAllocationCallbacks *pAllocator,
               VkImage *pImage)
{
   struct vn_device *device = vn_device_from_handle(_device);
   VkResult result;

   /* "an image created with the parameters of the swapchain" */
   const VkImageSwapchainCreateInfoKHR *swapchain = vn_device_find_struct(
      device, VN_DEVICE_EXT_KHR_swapchain, pCreateInfo->pNext,
      VK_STRUCTURE_TYPE_IMAGE_SWAPCHAIN_CREATE_INFO_KHR);
   if (swapchain && swapchain->swapchain)
      pCreateInfo = vn_swapchain_image_info(swapchain->swapchain);

   struct vn_image *image = vn_device_object_zalloc(
      _device, pAllocator, sizeof(*image), VK_OBJECT_TYPE_IMAGE);
   if (!image)
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);
   image->format = pCreateInfo->format;
   image->array_layers = pCreateInfo->arrayLayers;

   VkImageCreateInfo info;
   struct vn_chain chain;
   result =
      translate_info(device, pCreateInfo, &info, &chain, &image->question);
   if (result != VK_SUCCESS)
      goto fail_object;
   image->format = info.format;
   image->array_layers = info.arrayLayers;

   /* an equal one was made before: this one will be as well */
   struct vn_requirements value;
   const bool known = vn_answer_cache_get(&device->requirements.images,
                                          &image->question, &value);
   if (known)
      vn_requirement_slot_init(&image->requirements, &value);

   VkImage handle = vn_image_to_handle(image);
   if ((may_fail(&info) && !known) ||
       vn_perf_flags() & VN_PERF_NO_ASYNC_CREATE) {
      result = vn_call_vkCreateImage(device->dispatch.ring, _device, &info,
                                     NULL, &handle);
   } else {
      result = vn_async_vkCreateImage(device->dispatch.ring, _device, &info,
                                      NULL, &handle);
   }
   vn_chain_finish(&chain);
   if (result != VK_SUCCESS)
      goto fail_object;

   *pImage = vn_image_to_handle(image);
   return VK_SUCCESS;

fail_object:
   vn_object_destroy(_device, pAllocator, image);
   return vn_result(result);
}

VKAPI_ATTR void VKAPI_CALL
vn_GetImageMemoryRequirements2(VkDevice _device,
                               const VkImageMemoryRequirementsInfo2 *pInfo,
                               VkMemoryRequirements2 *pMemoryRequirements)
{
   struct vn_device *device = vn_device_from_handle(_device);
   struct vn_image *image = vn_image_from_handle(pInfo->image);
   struct vn_requirements value = { 0 };

   pMemoryRequirements->memoryRequirements = value.memory;
   /* a plane's own requirements, for one */
   if (pInfo->pNext ||
       !vn_requirements_can_write(device, pMemoryRequirements)) {
      vn_call_vkGetImageMemoryRequirements2(device->dispatch.ring, _device,
                                            pInfo, pMemoryRequirements);
      return;
   }

   if (!vn_requirement_slot_get(&image->requirements, &value)) {
      struct vn_requirement_reply reply;
      vn_requirement_reply_init(&reply);
      if (vn_call_vkGetImageMemoryRequirements2(
             device->dispatch.ring, _device, pInfo, &reply.requirements) ==
             VK_SUCCESS &&
          vn_requirement_reply_read(device, &reply, &value)) {
         vn_requirement_slot_set(&device->requirements, &image->requirements,
                                 &value);
         vn_answer_cache_put(&device->requirements.images, &image->question,
                             &value);
      }
   }
   vn_requirements_write(&value, pMemoryRequirements);
}

VKAPI_ATTR void VKAPI_CALL
vn_GetImageMemoryRequirements(VkDevice device,
                              VkImage image,
                              VkMemoryRequirements *pMemoryRequirements)
{
   const VkImageMemoryRequirementsInfo2 info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_REQUIREMENTS_INFO_2,
      .image = image,
   };
   VkMemoryRequirements2 requirements = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2,
   };
   vn_GetImageMemoryRequirements2(device, &info, &requirements);
   *pMemoryRequirements = requirements.memoryRequirements;
}

VKAPI_ATTR void VKAPI_CALL
vn_GetDeviceImageMemoryRequirements(
   VkDevice _device,
   const VkDeviceImageMemoryRequirements *pInfo,
   VkMemoryRequirements2 *pMemoryRequirements)
{
   struct vn_device *device = vn_device_from_handle(_device);
   struct vn_requirements value = { 0 };
   struct vn_question question;
   VkImageCreateInfo info;
   struct vn_chain chain;

   pMemoryRequirements->memoryRequirements = value.memory;
   if (translate_info(device, pInfo->pCreateInfo, &info, &chain, &question) !=
       VK_SUCCESS)
      return;

   VkDeviceImageMemoryRequirements device_info = *pInfo;
   device_info.pCreateInfo = &info;
   if (pInfo->pNext ||
       !vn_requirements_can_write(device, pMemoryRequirements)) {
      vn_call_vkGetDeviceImageMemoryRequirements(
         device->dispatch.ring, _device, &device_info, pMemoryRequirements);
   } else {
      if (!vn_answer_cache_get(&device->requirements.images, &question,
                               &value)) {
         struct vn_requirement_reply reply;
         vn_requirement_reply_init(&reply);
         if (vn_call_vkGetDeviceImageMemoryRequirements(
                device->dispatch.ring, _device, &device_info,
                &reply.requirements) == VK_SUCCESS &&
             vn_requirement_reply_read(device, &reply, &value))
            vn_answer_cache_put(&device->requirements.images, &question,
                                &value);
      }
      vn_requirements_write(&value, pMemoryRequirements);
   }
   vn_chain_finish(&chain);
}

VKAPI_ATTR void VKAPI_CALL
vn_GetDeviceImageSparseMemoryRequirements(
   VkDevice _device,
   const VkDeviceImageMemoryRequirements *pInfo,
   uint32_t *pSparseMemoryRequirementCount,
   VkSparseImageMemoryRequirements2 *pSparseMemoryRequirements)
{
   struct vn_device *device = vn_device_from_handle(_device);
   VkDeviceImageMemoryRequirements device_info = *pInfo;
   struct vn_question question;
   VkImageCreateInfo info;
   struct vn_chain chain;

   if (translate_info(device, pInfo->pCreateInfo, &info, &chain, &question) !=
       VK_SUCCESS) {
      *pSparseMemoryRequirementCount = 0;
      return;
   }
   device_info.pCreateInfo = &info;
   vn_call_vkGetDeviceImageSparseMemoryRequirements(
      device->dispatch.ring, _device, &device_info,
      pSparseMemoryRequirementCount, pSparseMemoryRequirements);
   vn_chain_finish(&chain);
}

#ifdef VK_KHR_maintenance5

VKAPI_ATTR void VKAPI_CALL
vn_GetDeviceImageSubresourceLayoutKHR(
   VkDevice _device,
   const VkDeviceImageSubresourceInfoKHR *pInfo,
   VkSubresourceLayout2KHR *pLayout)
{
   struct vn_device *device = vn_device_from_handle(_device);
   VkDeviceImageSubresourceInfoKHR device_info = *pInfo;
   struct vn_question question;
   VkImageCreateInfo info;
   struct vn_chain chain;

   pLayout->subresourceLayout = (VkSubresourceLayout){ 0 };
   vn_chain_clear_outputs(&device->caps, pLayout->pNext);
   if (translate_info(device, pInfo->pCreateInfo, &info, &chain, &question) !=
       VK_SUCCESS)
      return;
   device_info.pCreateInfo = &info;
   vn_call_vkGetDeviceImageSubresourceLayoutKHR(
      device->dispatch.ring, _device, &device_info, pLayout);
   vn_chain_finish(&chain);
}

#endif

/* Can only fail for lack of host memory, which nobody can mend later. */
VKAPI_ATTR VkResult VKAPI_CALL
vn_BindImageMemory2(VkDevice device,
                    uint32_t bindInfoCount,
                    const VkBindImageMemoryInfo *pBindInfos)
{
   /* one by one, so that a copy to edit fits on the stack */
   for (uint32_t i = 0; i < bindInfoCount; i++) {
      VkBindImageMemoryInfo info = pBindInfos[i];
      vn_fill_bind_status(vn_device_from_handle(device), info.pNext);
      const VkBindImageMemorySwapchainInfoKHR *swapchain =
         vn_device_find_struct(
            vn_device_from_handle(device), VN_DEVICE_EXT_KHR_swapchain,
            info.pNext,
            VK_STRUCTURE_TYPE_BIND_IMAGE_MEMORY_SWAPCHAIN_INFO_KHR);
      if (swapchain && swapchain->swapchain) {
         /* VUID-VkBindImageMemoryInfo-pNext-01631: memory is
          * VK_NULL_HANDLE, VUID-...-01632: the offset 0
          */
         info.memory = vn_swapchain_image_memory(swapchain->swapchain,
                                                 swapchain->imageIndex);
         info.memoryOffset = 0;
      }
      vn_suballoc_translate(&info.memory, &info.memoryOffset);
      const VkResult result =
         vn_async_vkBindImageMemory2(vn_ring_of(device), device, 1, &info);
      if (result != VK_SUCCESS)
         return vn_result(result);
   }
   return VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_BindImageMemory(VkDevice device,
                   VkImage image,
                   VkDeviceMemory memory,
                   VkDeviceSize memoryOffset)
{
   vn_suballoc_translate(&memory, &memoryOffset);
   return vn_result(vn_async_vkBindImageMemory(vn_ring_of(device), device,
                                               image, memory, memoryOffset));
}
