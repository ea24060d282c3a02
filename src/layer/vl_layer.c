/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The door of the layer: negotiation with the loader and the lookup of entry
 * points. A command that is not intercepted on a device is answered with the
 * next layer's own pointer, so it never passes through here again.
 */

#include <stdlib.h>
#include <string.h>
#include <vulkan/vk_layer.h>

#include "vl_device.h"
#include "vl_entrypoints.h"
#include "vl_instance.h"
#include "vl_physical_device.h"
#include "vl_settings.h"

#define VL_INTERFACE_VERSION 2

struct entry_point {
   const char *name;
   PFN_vkVoidFunction function;
   uint32_t wants; /* any of these; unused for instance commands */
   bool is_added;  /* exists even if the next layer does not have it */
};

static const struct entry_point instance_entry_points[] = {
#define ENTRY(name_)                                                         \
   { .name = "vk" #name_, .function = (PFN_vkVoidFunction)vl_##name_ },
   VL_INSTANCE_ENTRYPOINTS(ENTRY)
#undef ENTRY
};

static const struct entry_point device_entry_points[] = {
#define ENTRY(name_, function_, wants_, added_)                              \
   { .name = "vk" #name_,                                                    \
     .function = (PFN_vkVoidFunction)vl_##function_,                         \
     .wants = VL_WANTS_##wants_,                                             \
     .is_added = added_ },
   VL_DEVICE_ENTRYPOINTS(ENTRY)
#undef ENTRY

   /* promoted under names that the oldest headers do not have */
   { .name = "vkGetImageSubresourceLayout2KHR",
     .function = (PFN_vkVoidFunction)vl_GetImageSubresourceLayout2EXT,
     .wants = VL_WANTS_MODIFIER },
   { .name = "vkGetImageSubresourceLayout2",
     .function = (PFN_vkVoidFunction)vl_GetImageSubresourceLayout2EXT,
     .wants = VL_WANTS_MODIFIER },
   { .name = "vkGetDeviceImageSubresourceLayoutKHR",
     .function = (PFN_vkVoidFunction)vl_GetDeviceImageSubresourceLayoutKHR,
     .wants = VL_WANTS_MODIFIER | VL_WANTS_SHARED },
   { .name = "vkGetDeviceImageSubresourceLayout",
     .function = (PFN_vkVoidFunction)vl_GetDeviceImageSubresourceLayoutKHR,
     .wants = VL_WANTS_MODIFIER | VL_WANTS_SHARED },
};

static const struct entry_point *
find_entry_point(const struct entry_point *entries,
                 size_t count,
                 const char *name)
{
   for (size_t i = 0; i < count; i++) {
      if (!strcmp(entries[i].name, name))
         return &entries[i];
   }
   return NULL;
}

#define FIND(entries, name)                                                  \
   find_entry_point(entries, sizeof(entries) / sizeof((entries)[0]), name)

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL
vl_GetDeviceProcAddr(VkDevice handle, const char *pName)
{
   const struct vl_device *device = vl_device_of(handle);
   if (!device)
      return NULL;

   const PFN_vkVoidFunction next =
      device->next.GetDeviceProcAddr(handle, pName);
   const struct entry_point *entry = FIND(device_entry_points, pName);
   if (!entry || !(entry->wants & device->wants))
      return next;
   return next || entry->is_added ? entry->function : NULL;
}

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL
vl_GetInstanceProcAddr(VkInstance handle, const char *pName)
{
   const struct entry_point *entry = FIND(instance_entry_points, pName);
   /* These work without an instance. The loader asks for vkCreateInstance
    * with whatever lies in the caller's *pInstance, so the handle says
    * nothing here.
    */
   static const char *const global[] = {
      "vkCreateInstance",
      "vkGetInstanceProcAddr",
      "vkEnumerateInstanceLayerProperties",
      "vkEnumerateInstanceExtensionProperties",
   };
   for (size_t i = 0; i < sizeof(global) / sizeof(global[0]); i++) {
      if (!strcmp(pName, global[i]))
         return entry->function;
   }
   if (!handle)
      return NULL;

   const struct vl_instance *instance = vl_instance_of(handle);
   if (!instance)
      return NULL;

   const PFN_vkVoidFunction next =
      instance->next.GetInstanceProcAddr(handle, pName);
   if (entry)
      return next ? entry->function : NULL;

   /* A device command found through the instance may be called with any
    * device, so the layer's version is given out; each of them passes through
    * on a device that does not want it. The loader never takes this way.
    */
   entry = FIND(device_entry_points, pName);
   if (entry && (next || entry->is_added))
      return entry->function;
   return next;
}

/* The manifest says the same, but the loader may ask the library. */
static const VkLayerProperties layer_properties = {
   .layerName = VL_LAYER_NAME,
   .specVersion = VK_HEADER_VERSION_COMPLETE,
   .implementationVersion = 1,
   .description = "dma-bufs and LINEAR modifiers over host memory",
};

static VkResult
report_layer(uint32_t *count, VkLayerProperties *properties)
{
   if (!properties) {
      *count = 1;
      return VK_SUCCESS;
   }
   if (!*count)
      return VK_INCOMPLETE;
   *count = 1;
   properties[0] = layer_properties;
   return VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL
vl_EnumerateInstanceLayerProperties(uint32_t *pPropertyCount,
                                    VkLayerProperties *pProperties)
{
   return report_layer(pPropertyCount, pProperties);
}

VKAPI_ATTR VkResult VKAPI_CALL
vl_EnumerateDeviceLayerProperties(VkPhysicalDevice physicalDevice,
                                  uint32_t *pPropertyCount,
                                  VkLayerProperties *pProperties)
{
   return report_layer(pPropertyCount, pProperties);
}

VKAPI_ATTR VkResult VKAPI_CALL
vl_EnumerateInstanceExtensionProperties(const char *pLayerName,
                                        uint32_t *pPropertyCount,
                                        VkExtensionProperties *pProperties)
{
   static const VkExtensionProperties settings = {
      VK_EXT_LAYER_SETTINGS_EXTENSION_NAME,
      VK_EXT_LAYER_SETTINGS_SPEC_VERSION,
   };
   if (!pLayerName || strcmp(pLayerName, VL_LAYER_NAME))
      return VK_ERROR_LAYER_NOT_PRESENT;
   if (!pProperties) {
      *pPropertyCount = 1;
      return VK_SUCCESS;
   }
   if (!*pPropertyCount)
      return VK_INCOMPLETE;
   *pPropertyCount = 1;
   pProperties[0] = settings;
   return VK_SUCCESS;
}

__attribute__((visibility("default"))) VKAPI_ATTR VkResult VKAPI_CALL
vkNegotiateLoaderLayerInterfaceVersion(
   VkNegotiateLayerInterface *pVersionStruct);

VKAPI_ATTR VkResult VKAPI_CALL
vkNegotiateLoaderLayerInterfaceVersion(
   VkNegotiateLayerInterface *pVersionStruct)
{
   if (pVersionStruct->sType != LAYER_NEGOTIATE_INTERFACE_STRUCT ||
       pVersionStruct->loaderLayerInterfaceVersion < VL_INTERFACE_VERSION)
      return VK_ERROR_INITIALIZATION_FAILED;

   pVersionStruct->loaderLayerInterfaceVersion = VL_INTERFACE_VERSION;
   pVersionStruct->pfnGetInstanceProcAddr = vl_GetInstanceProcAddr;
   pVersionStruct->pfnGetDeviceProcAddr = vl_GetDeviceProcAddr;
   /* no physical-device command that the loader does not know itself */
   pVersionStruct->pfnGetPhysicalDeviceProcAddr = NULL;
   return VK_SUCCESS;
}
