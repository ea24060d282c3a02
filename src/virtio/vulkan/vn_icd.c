/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What the Vulkan loader calls: version negotiation and the way from a name
 * to an entry point. The only exported symbols of the driver.
 */

#include "vn_device.h"
#include "vn_entrypoints.h"
#include "vn_instance.h"

#define EXPORT __attribute__((visibility("default")))

/* The newest interface that we know; 5 is the first without a bug with
 * apiVersion 1.1 applications.
 */
#define MAX_LOADER_INTERFACE 5
#define MIN_LOADER_INTERFACE 2

EXPORT VKAPI_ATTR VkResult VKAPI_CALL
vk_icdNegotiateLoaderICDInterfaceVersion(uint32_t *pVersion);
EXPORT VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL
vk_icdGetInstanceProcAddr(VkInstance instance, const char *pName);
EXPORT VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL
vk_icdGetPhysicalDeviceProcAddr(VkInstance instance, const char *pName);

VKAPI_ATTR VkResult VKAPI_CALL
vk_icdNegotiateLoaderICDInterfaceVersion(uint32_t *pVersion)
{
   if (*pVersion < MIN_LOADER_INTERFACE)
      return VK_ERROR_INCOMPATIBLE_DRIVER;
   *pVersion = VN_MIN(*pVersion, (uint32_t)MAX_LOADER_INTERFACE);
   return VK_SUCCESS;
}

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL
vn_GetInstanceProcAddr(VkInstance _instance, const char *pName)
{
   const struct vn_instance *instance = vn_instance_from_handle(_instance);
   return vn_entrypoint_for_instance(
      instance ? &instance->enabled_extensions : NULL, pName);
}

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL
vn_GetDeviceProcAddr(VkDevice _device, const char *pName)
{
   const struct vn_device *device = vn_device_from_handle(_device);
   /* "The function pointer must only be called with ... commands of core
    * versions up to and including the version specified by
    * VkApplicationInfo:: apiVersion"
    */
   return vn_entrypoint_for_device(&device->enabled_extensions,
                                   device->api_version, pName);
}

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL
vk_icdGetInstanceProcAddr(VkInstance instance, const char *pName)
{
   return vn_GetInstanceProcAddr(instance, pName);
}

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL
vk_icdGetPhysicalDeviceProcAddr(VkInstance instance, const char *pName)
{
   return vn_entrypoint_for_physical_device(pName);
}
