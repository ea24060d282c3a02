/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Pipeline caches. What an application stores is the host's data behind a
 * header of ours, whose UUID no other driver has: data that was not made
 * here never reaches the host, and what did is checked by the host again.
 */

#include "vn_calls.h"
#include "vn_device.h"
#include "vn_entrypoints.h"

typedef VkPipelineCacheHeaderVersionOne cache_header;

static cache_header
own_header(const struct vn_device *device)
{
   const VkPhysicalDeviceProperties *props =
      &device->physical_device->properties;
   cache_header header = {
      .headerSize = sizeof(header),
      .headerVersion = VK_PIPELINE_CACHE_HEADER_VERSION_ONE,
      .vendorID = props->vendorID,
      .deviceID = props->deviceID,
   };
   memcpy(header.pipelineCacheUUID, props->pipelineCacheUUID, VK_UUID_SIZE);
   return header;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_CreatePipelineCache(VkDevice _device,
                       const VkPipelineCacheCreateInfo *pCreateInfo,
                       const VkAllocationCallbacks *pAllocator,
                       VkPipelineCache *pPipelineCache)
{
   struct vn_device *device = vn_device_from_handle(_device);
   const cache_header header = own_header(device);
   VkPipelineCacheCreateInfo info = *pCreateInfo;

   if (info.initialDataSize > sizeof(header) &&
       !memcmp(info.pInitialData, &header, sizeof(header))) {
      info.pInitialData = (const uint8_t *)info.pInitialData + sizeof(header);
      info.initialDataSize -= sizeof(header);
   } else {
      info.pInitialData = NULL;
      info.initialDataSize = 0;
   }

   struct vn_object_base *object =
      vn_object_create(_device, pAllocator, VK_OBJECT_TYPE_PIPELINE_CACHE);
   if (!object)
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);

   VkPipelineCache handle = (VkPipelineCache)(uintptr_t)object;
   const VkResult result = vn_async_vkCreatePipelineCache(
      device->dispatch.ring, _device, &info, NULL, &handle);
   if (result != VK_SUCCESS) {
      vn_object_destroy(_device, pAllocator, object);
      return vn_result(result);
   }
   *pPipelineCache = (VkPipelineCache)(uintptr_t)object;
   return VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_GetPipelineCacheData(VkDevice _device,
                        VkPipelineCache pipelineCache,
                        size_t *pDataSize,
                        void *pData)
{
   struct vn_device *device = vn_device_from_handle(_device);
   const cache_header header = own_header(device);
   size_t size = 0;

   if (!pData) {
      const VkResult result = vn_call_vkGetPipelineCacheData(
         device->dispatch.ring, _device, pipelineCache, &size, NULL);
      *pDataSize = sizeof(header) + size;
      return vn_result(result);
   }

   /* "If pDataSize is less than what is necessary to store this header,
    * nothing will be written to pData and zero will be written to pDataSize."
    */
   if (*pDataSize < sizeof(header)) {
      *pDataSize = 0;
      return VK_INCOMPLETE;
   }

   size = *pDataSize - sizeof(header);
   uint8_t *host_data = (uint8_t *)pData + sizeof(header);
   if (!size) {
      /* an array of no bytes would ask for the size */
      memcpy(pData, &header, sizeof(header));
      *pDataSize = sizeof(header);
      return VK_INCOMPLETE;
   }
   const VkResult result = vn_call_vkGetPipelineCacheData(
      device->dispatch.ring, _device, pipelineCache, &size, host_data);
   if (result < VK_SUCCESS)
      return vn_result(result);
   memcpy(pData, &header, sizeof(header));
   *pDataSize = sizeof(header) + size;
   return result;
}
