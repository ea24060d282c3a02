/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Buffers: an id, and the names of handle types in between.
 */

#include "vn_calls.h"
#include "vn_chain.h"
#include "vn_device.h"
#include "vn_entrypoints.h"
#include "vn_suballoc.h"

/* Larger ones may well fail on the host, and the application must hear it. */
#define ASYNC_BUFFER_LIMIT (UINT64_C(64) << 20)

VKAPI_ATTR VkResult VKAPI_CALL
vn_CreateBuffer(VkDevice _device,
                const VkBufferCreateInfo *pCreateInfo,
                const VkAllocationCallbacks *pAllocator,
                VkBuffer *pBuffer)
{
   struct vn_device *device = vn_device_from_handle(_device);
   struct vn_chain chain;
   VkResult result =
      vn_chain_init(&chain, &device->alloc, pCreateInfo->pNext, NULL, 0);
   if (result != VK_SUCCESS)
      return vn_result(result);

   VkBufferCreateInfo info = *pCreateInfo;
   info.pNext = chain.first;
   VkExternalMemoryBufferCreateInfo *external = vn_find_struct(
      chain.first, VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO);
   if (external && external->handleTypes)
      external->handleTypes = VN_RENDERER_HANDLE_TYPE;

   struct vn_object_base *object =
      vn_object_create(_device, pAllocator, VK_OBJECT_TYPE_BUFFER);
   if (!object) {
      vn_chain_finish(&chain);
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);
   }

   VkBuffer handle = (VkBuffer)(uintptr_t)object;
   if (external || info.size > ASYNC_BUFFER_LIMIT || info.flags ||
       vn_perf_flags() & VN_PERF_NO_ASYNC_CREATE) {
      result = vn_call_vkCreateBuffer(device->dispatch.ring, _device, &info,
                                      NULL, &handle);
   } else {
      result = vn_async_vkCreateBuffer(device->dispatch.ring, _device, &info,
                                       NULL, &handle);
   }
   vn_chain_finish(&chain);

   if (result != VK_SUCCESS) {
      vn_object_destroy(_device, pAllocator, object);
      return vn_result(result);
   }
   *pBuffer = (VkBuffer)(uintptr_t)object;
   return VK_SUCCESS;
}

/* Can only fail for lack of host memory, which nobody can mend later. */
VKAPI_ATTR VkResult VKAPI_CALL
vn_BindBufferMemory2(VkDevice device,
                     uint32_t bindInfoCount,
                     const VkBindBufferMemoryInfo *pBindInfos)
{
   /* one by one, so that a copy to edit fits on the stack */
   for (uint32_t i = 0; i < bindInfoCount; i++) {
      VkBindBufferMemoryInfo info = pBindInfos[i];
      vn_fill_bind_status(info.pNext);
      vn_suballoc_translate(&info.memory, &info.memoryOffset);
      const VkResult result =
         vn_async_vkBindBufferMemory2(vn_ring_of(device), device, 1, &info);
      if (result != VK_SUCCESS)
         return vn_result(result);
   }
   return VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_BindBufferMemory(VkDevice device,
                    VkBuffer buffer,
                    VkDeviceMemory memory,
                    VkDeviceSize memoryOffset)
{
   vn_suballoc_translate(&memory, &memoryOffset);
   return vn_result(vn_async_vkBindBufferMemory(
      vn_ring_of(device), device, buffer, memory, memoryOffset));
}
