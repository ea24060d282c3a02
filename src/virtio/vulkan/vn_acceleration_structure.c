/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Acceleration structures. Builds on the device pass, cleared of handles that
 * are ignored. Commands that work in host memory have no way to the host: the
 * feature accelerationStructureHostCommands is not offered, and what is here
 * for them only answers a program that calls them all the same.
 */

#include "vn_calls.h"
#include "vn_command_buffer.h"
#include "vn_entrypoints.h"
#include "vn_protocol.h"

static void
clean_build(VkAccelerationStructureBuildGeometryInfoKHR *info)
{
   /* only an update has a source */
   if (info->mode != VK_BUILD_ACCELERATION_STRUCTURE_MODE_UPDATE_KHR)
      info->srcAccelerationStructure = VK_NULL_HANDLE;
}

/* Scratch copies without what is ignored; NULL when out of memory. */
static VkAccelerationStructureBuildGeometryInfoKHR *
clean_builds(const VkAllocationCallbacks *alloc,
             uint32_t count,
             const VkAccelerationStructureBuildGeometryInfoKHR *infos)
{
   VkAccelerationStructureBuildGeometryInfoKHR *copies =
      vn_alloc_scratch(alloc, count * sizeof(*copies));
   for (uint32_t i = 0; copies && i < count; i++) {
      copies[i] = infos[i];
      clean_build(&copies[i]);
   }
   return copies;
}

VKAPI_ATTR void VKAPI_CALL
vn_CmdBuildAccelerationStructuresKHR(
   VkCommandBuffer commandBuffer,
   uint32_t infoCount,
   const VkAccelerationStructureBuildGeometryInfoKHR *pInfos,
   const VkAccelerationStructureBuildRangeInfoKHR *const *ppBuildRangeInfos)
{
   struct vn_encoder *enc = vn_command_buffer_encoder(commandBuffer);
   const VkAllocationCallbacks *alloc =
      &vn_command_buffer_from_handle(commandBuffer)->pool->alloc;
   VkAccelerationStructureBuildGeometryInfoKHR *infos =
      clean_builds(alloc, infoCount, pInfos);
   if (!infos) {
      enc->failed = true;
      return;
   }
   vn_encode_vkCmdBuildAccelerationStructuresKHR(
      enc, 0, commandBuffer, infoCount, infos, ppBuildRangeInfos);
   vn_free_scratch(alloc, infos);
}

VKAPI_ATTR void VKAPI_CALL
vn_CmdBuildAccelerationStructuresIndirectKHR(
   VkCommandBuffer commandBuffer,
   uint32_t infoCount,
   const VkAccelerationStructureBuildGeometryInfoKHR *pInfos,
   const VkDeviceAddress *pIndirectDeviceAddresses,
   const uint32_t *pIndirectStrides,
   const uint32_t *const *ppMaxPrimitiveCounts)
{
   struct vn_encoder *enc = vn_command_buffer_encoder(commandBuffer);
   const VkAllocationCallbacks *alloc =
      &vn_command_buffer_from_handle(commandBuffer)->pool->alloc;
   VkAccelerationStructureBuildGeometryInfoKHR *infos =
      clean_builds(alloc, infoCount, pInfos);
   if (!infos) {
      enc->failed = true;
      return;
   }
   vn_encode_vkCmdBuildAccelerationStructuresIndirectKHR(
      enc, 0, commandBuffer, infoCount, infos, pIndirectDeviceAddresses,
      pIndirectStrides, ppMaxPrimitiveCounts);
   vn_free_scratch(alloc, infos);
}

VKAPI_ATTR void VKAPI_CALL
vn_GetAccelerationStructureBuildSizesKHR(
   VkDevice device,
   VkAccelerationStructureBuildTypeKHR buildType,
   const VkAccelerationStructureBuildGeometryInfoKHR *pBuildInfo,
   const uint32_t *pMaxPrimitiveCounts,
   VkAccelerationStructureBuildSizesInfoKHR *pSizeInfo)
{
   /* "The srcAccelerationStructure, dstAccelerationStructure, and mode
    * members of pBuildInfo are ignored."
    */
   VkAccelerationStructureBuildGeometryInfoKHR info = *pBuildInfo;
   info.srcAccelerationStructure = VK_NULL_HANDLE;
   info.dstAccelerationStructure = VK_NULL_HANDLE;
   info.mode = VK_BUILD_ACCELERATION_STRUCTURE_MODE_BUILD_KHR;

   pSizeInfo->accelerationStructureSize = 0;
   pSizeInfo->updateScratchSize = 0;
   pSizeInfo->buildScratchSize = 0;
   vn_call_vkGetAccelerationStructureBuildSizesKHR(
      vn_ring_of(device), device, buildType, &info, pMaxPrimitiveCounts,
      pSizeInfo);
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_BuildAccelerationStructuresKHR(
   VkDevice device,
   VkDeferredOperationKHR deferredOperation,
   uint32_t infoCount,
   const VkAccelerationStructureBuildGeometryInfoKHR *pInfos,
   const VkAccelerationStructureBuildRangeInfoKHR *const *ppBuildRangeInfos)
{
   return vn_result(VK_ERROR_FEATURE_NOT_PRESENT);
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_CopyAccelerationStructureKHR(
   VkDevice device,
   VkDeferredOperationKHR deferredOperation,
   const VkCopyAccelerationStructureInfoKHR *pInfo)
{
   return vn_result(VK_ERROR_FEATURE_NOT_PRESENT);
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_CopyAccelerationStructureToMemoryKHR(
   VkDevice device,
   VkDeferredOperationKHR deferredOperation,
   const VkCopyAccelerationStructureToMemoryInfoKHR *pInfo)
{
   return vn_result(VK_ERROR_FEATURE_NOT_PRESENT);
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_CopyMemoryToAccelerationStructureKHR(
   VkDevice device,
   VkDeferredOperationKHR deferredOperation,
   const VkCopyMemoryToAccelerationStructureInfoKHR *pInfo)
{
   return vn_result(VK_ERROR_FEATURE_NOT_PRESENT);
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_WriteAccelerationStructuresPropertiesKHR(
   VkDevice device,
   uint32_t accelerationStructureCount,
   const VkAccelerationStructureKHR *pAccelerationStructures,
   VkQueryType queryType,
   size_t dataSize,
   void *pData,
   size_t stride)
{
   return vn_result(VK_ERROR_FEATURE_NOT_PRESENT);
}
