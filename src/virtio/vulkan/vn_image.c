/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Images: an id, and the names of handle types in between. Layouts and
 * requirements are the host's, asked when the application asks.
 */

#include "vn_image.h"

#include "vn_calls.h"
#include "vn_chain.h"
#include "vn_entrypoints.h"
#include "vn_suballoc.h"

/* Texels, over all layers, above which the host's answer is waited for. */
#define ASYNC_IMAGE_LIMIT (UINT64_C(1) << 24)

/*
 * Whether creation may fail in normal use: explicit layouts and external
 * types may be refused by the host, large images run out of something.
 */
static bool
must_wait(const VkImageCreateInfo *info)
{
   if (vn_perf_flags() & VN_PERF_NO_ASYNC_CREATE)
      return true;
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

VKAPI_ATTR VkResult VKAPI_CALL
vn_CreateImage(VkDevice _device,
               const VkImageCreateInfo *pCreateInfo,
               const VkAllocationCallbacks *pAllocator,
               VkImage *pImage)
{
   struct vn_device *device = vn_device_from_handle(_device);
   struct vn_chain chain;
   VkResult result =
      vn_chain_init(&chain, &device->alloc, pCreateInfo->pNext, NULL, 0);
   if (result != VK_SUCCESS)
      return vn_result(result);

   VkImageCreateInfo info = *pCreateInfo;
   info.pNext = chain.first;
   VkExternalMemoryImageCreateInfo *external = vn_find_struct(
      chain.first, VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO);
   if (external && external->handleTypes)
      external->handleTypes = VN_RENDERER_HANDLE_TYPE;

   struct vn_image *image = vn_device_object_zalloc(
      _device, pAllocator, sizeof(*image), VK_OBJECT_TYPE_IMAGE);
   if (!image) {
      vn_chain_finish(&chain);
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);
   }

   image->format = info.format;
   image->array_layers = info.arrayLayers;

   VkImage handle = vn_image_to_handle(image);
   if (must_wait(&info)) {
      result = vn_call_vkCreateImage(device->dispatch.ring, _device, &info,
                                     NULL, &handle);
   } else {
      result = vn_async_vkCreateImage(device->dispatch.ring, _device, &info,
                                      NULL, &handle);
   }
   vn_chain_finish(&chain);

   if (result != VK_SUCCESS) {
      vn_object_destroy(_device, pAllocator, image);
      return vn_result(result);
   }
   *pImage = vn_image_to_handle(image);
   return VK_SUCCESS;
}

/* Can only fail for lack of host memory, which nobody can mend later. */
VKAPI_ATTR VkResult VKAPI_CALL
vn_BindImageMemory2(VkDevice device,
                    uint32_t bindInfoCount,
                    const VkBindImageMemoryInfo *pBindInfos)
{
   /* one by one, so that a copy to edit fits on the stack */
   for (uint32_t i = 0; i < bindInfoCount; i++) {
      VkBindImageMemoryInfo info = pBindInfos[i];
      vn_fill_bind_status(info.pNext);
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
