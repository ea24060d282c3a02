/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Every command that the layer intercepts, one row each, with the condition
 * under which a device sees the layer's version at all. What is not listed
 * goes from the loader straight to the next layer.
 */

#ifndef VL_ENTRYPOINTS_H
#define VL_ENTRYPOINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <vulkan/vulkan.h>

#include "vl_dispatch.h"

/* What a device needs the layer for, decided once at vkCreateDevice. */
enum vl_device_wants {
   VL_WANTS_DEVICE = 1 << 0,   /* every device: find and forget it */
   VL_WANTS_SHARED = 1 << 1,   /* the layer serves some handle type */
   VL_WANTS_FD = 1 << 2,       /* ... and the fd commands are enabled */
   VL_WANTS_MODIFIER = 1 << 3, /* modifier images may be made by the layer */
   VL_WANTS_CUT = 1 << 4,      /* not every memory type can be shared */
   VL_WANTS_FOREIGN = 1 << 5,  /* the driver has no foreign queue family */
};

/* X(name) */
#define VL_INSTANCE_ENTRYPOINTS(X)                                           \
   X(CreateInstance)                                                         \
   X(DestroyInstance)                                                        \
   X(GetInstanceProcAddr)                                                    \
   X(EnumerateInstanceLayerProperties)                                       \
   X(EnumerateInstanceExtensionProperties)                                   \
   X(EnumerateDeviceLayerProperties)                                         \
   X(EnumerateDeviceExtensionProperties)                                     \
   X(CreateDevice)                                                           \
   X(GetPhysicalDeviceFeatures)                                              \
   X(GetPhysicalDeviceFeatures2)                                             \
   X(GetPhysicalDeviceFeatures2KHR)                                          \
   X(GetPhysicalDeviceSparseImageFormatProperties)                           \
   X(GetPhysicalDeviceSparseImageFormatProperties2)                          \
   X(GetPhysicalDeviceSparseImageFormatProperties2KHR)                       \
   X(GetPhysicalDeviceQueueFamilyProperties)                                 \
   X(GetPhysicalDeviceQueueFamilyProperties2)                                \
   X(GetPhysicalDeviceQueueFamilyProperties2KHR)                             \
   X(GetPhysicalDeviceMemoryProperties)                                      \
   X(GetPhysicalDeviceMemoryProperties2)                                     \
   X(GetPhysicalDeviceMemoryProperties2KHR)                                  \
   X(GetPhysicalDeviceFormatProperties2)                                     \
   X(GetPhysicalDeviceFormatProperties2KHR)                                  \
   X(GetPhysicalDeviceImageFormatProperties2)                                \
   X(GetPhysicalDeviceImageFormatProperties2KHR)                             \
   X(GetPhysicalDeviceExternalBufferProperties)                              \
   X(GetPhysicalDeviceExternalBufferPropertiesKHR)

/* X(name, the function of the layer, wants, added): added commands exist even
 * if the next layer does not have them.
 */
#define VL_DEVICE_ENTRYPOINTS(X)                                             \
   X(GetDeviceProcAddr, GetDeviceProcAddr, DEVICE, true)                     \
   X(DestroyDevice, DestroyDevice, DEVICE, false)                            \
   X(AllocateMemory, AllocateMemory, SHARED, false)                          \
   X(FreeMemory, FreeMemory, SHARED, false)                                  \
   X(GetMemoryFdKHR, GetMemoryFdKHR, FD, true)                               \
   X(GetMemoryFdPropertiesKHR, GetMemoryFdPropertiesKHR, FD, true)           \
   X(CreateBuffer, CreateBuffer, SHARED, false)                              \
   X(DestroyBuffer, DestroyBuffer, CUT, false)                               \
   X(GetBufferMemoryRequirements, GetBufferMemoryRequirements, CUT, false)   \
   X(GetBufferMemoryRequirements2, GetBufferMemoryRequirements2, CUT, false) \
   X(GetBufferMemoryRequirements2KHR, GetBufferMemoryRequirements2, CUT,     \
     false)                                                                  \
   X(GetDeviceBufferMemoryRequirements, GetDeviceBufferMemoryRequirements,   \
     SHARED, false)                                                          \
   X(GetDeviceBufferMemoryRequirementsKHR,                                   \
     GetDeviceBufferMemoryRequirements, SHARED, false)                       \
   X(CreateImage, CreateImage, SHARED | VL_WANTS_MODIFIER, false)            \
   X(DestroyImage, DestroyImage, CUT | VL_WANTS_MODIFIER, false)             \
   X(GetImageMemoryRequirements, GetImageMemoryRequirements, CUT, false)     \
   X(GetImageMemoryRequirements2, GetImageMemoryRequirements2, CUT, false)   \
   X(GetImageMemoryRequirements2KHR, GetImageMemoryRequirements2, CUT,       \
     false)                                                                  \
   X(GetDeviceImageMemoryRequirements, GetDeviceImageMemoryRequirements,     \
     SHARED | VL_WANTS_MODIFIER, false)                                      \
   X(GetDeviceImageMemoryRequirementsKHR, GetDeviceImageMemoryRequirements,  \
     SHARED | VL_WANTS_MODIFIER, false)                                      \
   X(GetImageSubresourceLayout, GetImageSubresourceLayout, MODIFIER, false)  \
   X(GetImageSubresourceLayout2EXT, GetImageSubresourceLayout2EXT, MODIFIER, \
     false)                                                                  \
   X(GetImageDrmFormatModifierPropertiesEXT,                                 \
     GetImageDrmFormatModifierPropertiesEXT, MODIFIER, true)                 \
   X(CmdPipelineBarrier, CmdPipelineBarrier, FOREIGN, false)                 \
   X(CmdPipelineBarrier2, CmdPipelineBarrier2, FOREIGN, false)               \
   X(CmdPipelineBarrier2KHR, CmdPipelineBarrier2, FOREIGN, false)            \
   X(CmdWaitEvents, CmdWaitEvents, FOREIGN, false)                           \
   X(CmdWaitEvents2, CmdWaitEvents2, FOREIGN, false)                         \
   X(CmdWaitEvents2KHR, CmdWaitEvents2, FOREIGN, false)                      \
   X(CmdSetEvent2, CmdSetEvent2, FOREIGN, false)                             \
   X(CmdSetEvent2KHR, CmdSetEvent2, FOREIGN, false)

#define VL_DECLARE(name) extern __typeof__(*((PFN_vk##name)NULL)) vl_##name;

/* Aliases of one function have one type, so declaring it again is harmless. */
#define VL_DECLARE_DEVICE(name, function, wants, added) VL_DECLARE(function)

VL_INSTANCE_ENTRYPOINTS(VL_DECLARE)
VL_DEVICE_ENTRYPOINTS(VL_DECLARE_DEVICE)
VL_DECLARE(GetDeviceImageSubresourceLayoutKHR)

#undef VL_DECLARE
#undef VL_DECLARE_DEVICE

#endif /* VL_ENTRYPOINTS_H */
