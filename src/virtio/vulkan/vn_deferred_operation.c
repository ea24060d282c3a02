/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Deferred host operations. The renderer has none, and the host's threads do
 * the work in any case: whatever is to be deferred is done at once, and an
 * operation is an object with nothing to be done in it.
 */

#include "vn_entrypoints.h"
#include "vn_object.h"

VKAPI_ATTR VkResult VKAPI_CALL
vn_CreateDeferredOperationKHR(VkDevice device,
                              const VkAllocationCallbacks *pAllocator,
                              VkDeferredOperationKHR *pDeferredOperation)
{
   struct vn_object_base *object = vn_object_create(
      device, pAllocator, VK_OBJECT_TYPE_DEFERRED_OPERATION_KHR);
   if (!object)
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);
   *pDeferredOperation = (VkDeferredOperationKHR)(uintptr_t)object;
   return VK_SUCCESS;
}

VKAPI_ATTR void VKAPI_CALL
vn_DestroyDeferredOperationKHR(VkDevice device,
                               VkDeferredOperationKHR operation,
                               const VkAllocationCallbacks *pAllocator)
{
   vn_object_destroy(device, pAllocator, (void *)(uintptr_t)operation);
}

/* 0 would stop an application that makes so many threads and waits for them. */
VKAPI_ATTR uint32_t VKAPI_CALL
vn_GetDeferredOperationMaxConcurrencyKHR(VkDevice device,
                                         VkDeferredOperationKHR operation)
{
   return 1;
}

/* "If no command has been deferred on operation ... returns VK_SUCCESS" */
VKAPI_ATTR VkResult VKAPI_CALL
vn_GetDeferredOperationResultKHR(VkDevice device,
                                 VkDeferredOperationKHR operation)
{
   return VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_DeferredOperationJoinKHR(VkDevice device, VkDeferredOperationKHR operation)
{
   return VK_SUCCESS;
}
