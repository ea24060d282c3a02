/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The features of a device: the host's, without those that have no way
 * through the protocol, and with those that the driver has by itself.
 */

#include "vn_calls.h"
#include "vn_entrypoints.h"
#include "vn_physical_device.h"
#include "vn_zero_structs.h"

static void
correct_struct(VkBaseOutStructure *s)
{
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
   vn_zero_feature_structs(pFeatures);
   vn_call_vkGetPhysicalDeviceFeatures2(vn_ring_of(physicalDevice),
                                        physicalDevice, pFeatures);
   for (VkBaseOutStructure *s = pFeatures->pNext; s; s = s->pNext)
      correct_struct(s);
}
