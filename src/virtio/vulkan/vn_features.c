/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The features of a device: the host's, without those that have no way
 * through the protocol, and with those that the driver has by itself.
 */

#include "vn_calls.h"
#include "vn_entrypoints.h"
#include "vn_instance.h"
#include "vn_physical_device.h"
#include "vn_zero_structs.h"

static void
correct_struct(VkBaseOutStructure *s,
               const struct vn_physical_device *physical_device)
{
   const struct vn_ext_set *extensions = &physical_device->extensions;

   switch ((int)s->sType) {
   case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ACCELERATION_STRUCTURE_FEATURES_KHR: {
      VkPhysicalDeviceAccelerationStructureFeaturesKHR *features = (void *)s;
      features->accelerationStructureHostCommands = VK_FALSE;
      break;
   }
   case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_RAY_TRACING_PIPELINE_FEATURES_KHR: {
      /* the wire carries no handle to be replayed */
      VkPhysicalDeviceRayTracingPipelineFeaturesKHR *features = (void *)s;
      features->rayTracingPipelineShaderGroupHandleCaptureReplay = VK_FALSE;
      features->rayTracingPipelineShaderGroupHandleCaptureReplayMixed =
         VK_FALSE;
      break;
   }
   case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTENDED_DYNAMIC_STATE_3_FEATURES_EXT: {
      /* states of NV extensions, which the protocol does not have */
      VkPhysicalDeviceExtendedDynamicState3FeaturesEXT *features = (void *)s;
      features->extendedDynamicState3ViewportWScalingEnable = VK_FALSE;
      features->extendedDynamicState3ViewportSwizzle = VK_FALSE;
      features->extendedDynamicState3CoverageToColorEnable = VK_FALSE;
      features->extendedDynamicState3CoverageToColorLocation = VK_FALSE;
      features->extendedDynamicState3CoverageModulationMode = VK_FALSE;
      features->extendedDynamicState3CoverageModulationTableEnable = VK_FALSE;
      features->extendedDynamicState3CoverageModulationTable = VK_FALSE;
      features->extendedDynamicState3CoverageReductionMode = VK_FALSE;
      features->extendedDynamicState3RepresentativeFragmentTestEnable =
         VK_FALSE;
      features->extendedDynamicState3ShadingRateImageEnable = VK_FALSE;
      break;
   }
   case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DEVICE_MEMORY_REPORT_FEATURES_EXT: {
      VkPhysicalDeviceDeviceMemoryReportFeaturesEXT *features = (void *)s;
      features->deviceMemoryReport = VK_TRUE;
      break;
   }
#ifdef VK_EXT_map_memory_placed
   case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAP_MEMORY_PLACED_FEATURES_EXT: {
      VkPhysicalDeviceMapMemoryPlacedFeaturesEXT *features = (void *)s;
      const VkBool32 offered =
         vn_ext_set_has(extensions, VN_DEVICE_EXT_EXT_map_memory_placed);
      features->memoryMapPlaced = offered;
      features->memoryMapRangePlaced =
         offered &&
         !physical_device->instance->renderer->info.places_only_whole;
      features->memoryUnmapReserve = offered;
      break;
   }
#endif
   case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PRESENT_ID_FEATURES_KHR:
      ((VkPhysicalDevicePresentIdFeaturesKHR *)s)->presentId =
         vn_ext_set_has(extensions, VN_DEVICE_EXT_KHR_present_id);
      break;
   case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PRESENT_WAIT_FEATURES_KHR:
      ((VkPhysicalDevicePresentWaitFeaturesKHR *)s)->presentWait =
         vn_ext_set_has(extensions, VN_DEVICE_EXT_KHR_present_wait);
      break;
#ifdef VK_KHR_present_id2
   case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PRESENT_ID_2_FEATURES_KHR:
      ((VkPhysicalDevicePresentId2FeaturesKHR *)s)->presentId2 =
         vn_ext_set_has(extensions, VN_DEVICE_EXT_KHR_present_id2);
      break;
#endif
#ifdef VK_KHR_present_wait2
   case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PRESENT_WAIT_2_FEATURES_KHR:
      ((VkPhysicalDevicePresentWait2FeaturesKHR *)s)->presentWait2 =
         vn_ext_set_has(extensions, VN_DEVICE_EXT_KHR_present_wait2);
      break;
#endif
   /* the KHR one has the same number */
   case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SWAPCHAIN_MAINTENANCE_1_FEATURES_EXT:
      ((VkPhysicalDeviceSwapchainMaintenance1FeaturesEXT *)s)
         ->swapchainMaintenance1 =
         vn_ext_set_has(extensions, VN_DEVICE_EXT_EXT_swapchain_maintenance1);
      break;
   case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PRIVATE_DATA_FEATURES: {
      VkPhysicalDevicePrivateDataFeatures *features = (void *)s;
      features->privateData = VK_TRUE;
      break;
   }
   default:
      break;
   }
}

VKAPI_ATTR void VKAPI_CALL
vn_GetPhysicalDeviceFeatures2(VkPhysicalDevice physicalDevice,
                              VkPhysicalDeviceFeatures2 *pFeatures)
{
   const struct vn_physical_device *physical_device =
      vn_physical_device_from_handle(physicalDevice);

   vn_zero_feature_structs(pFeatures);
   vn_call_vkGetPhysicalDeviceFeatures2(physical_device->dispatch.ring,
                                        physicalDevice, pFeatures);
   vn_mask_feature_structs(pFeatures, &physical_device->extensions,
                           physical_device->api_version);
   for (VkBaseOutStructure *s = pFeatures->pNext; s; s = s->pNext)
      correct_struct(s, physical_device);
}
