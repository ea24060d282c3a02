/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The functions of the next layer, or driver, that the layer calls: one row
 * each, in two tables. A function that was promoted to core is looked up by
 * its core name first and then by the suffix given here; NONE has only one
 * name. A pointer is NULL where the next layer does not have it.
 */

#ifndef VL_DISPATCH_H
#define VL_DISPATCH_H

#include <vulkan/vulkan.h>

/* Newer than the oldest supported headers; layout as in the registry. */
#ifndef VK_KHR_maintenance5
#define VK_STRUCTURE_TYPE_DEVICE_IMAGE_SUBRESOURCE_INFO_KHR                  \
   ((VkStructureType)1000470004)
typedef VkImageSubresource2EXT VkImageSubresource2KHR;
typedef VkSubresourceLayout2EXT VkSubresourceLayout2KHR;
typedef struct VkDeviceImageSubresourceInfoKHR {
   VkStructureType sType;
   const void *pNext;
   const VkImageCreateInfo *pCreateInfo;
   const VkImageSubresource2KHR *pSubresource;
} VkDeviceImageSubresourceInfoKHR;
typedef void(VKAPI_PTR *PFN_vkGetDeviceImageSubresourceLayoutKHR)(
   VkDevice,
   const VkDeviceImageSubresourceInfoKHR *,
   VkSubresourceLayout2KHR *);
#endif

/* X(name, suffix) */
#define VL_INSTANCE_FUNCTIONS(X)                                             \
   X(CreateDevice, NONE)                                                     \
   X(DestroyInstance, NONE)                                                  \
   X(EnumerateDeviceExtensionProperties, NONE)                               \
   X(GetPhysicalDeviceProperties, NONE)                                      \
   X(GetPhysicalDeviceMemoryProperties, NONE)                                \
   X(GetPhysicalDeviceQueueFamilyProperties, NONE)                           \
   X(GetPhysicalDeviceFeatures, NONE)                                        \
   X(GetPhysicalDeviceFeatures2, KHR)                                        \
   X(GetPhysicalDeviceSparseImageFormatProperties, NONE)                     \
   X(GetPhysicalDeviceSparseImageFormatProperties2, KHR)                     \
   X(GetPhysicalDeviceQueueFamilyProperties2, KHR)                           \
   X(GetPhysicalDeviceMemoryProperties2, KHR)                                \
   X(GetPhysicalDeviceProperties2, KHR)                                      \
   X(GetPhysicalDeviceFormatProperties2, KHR)                                \
   X(GetPhysicalDeviceImageFormatProperties2, KHR)                           \
   X(GetPhysicalDeviceExternalBufferProperties, KHR)

#define VL_DEVICE_FUNCTIONS(X)                                               \
   X(DestroyDevice, NONE)                                                    \
   X(GetDeviceQueue, NONE)                                                   \
   X(AllocateMemory, NONE)                                                   \
   X(FreeMemory, NONE)                                                       \
   X(BindBufferMemory, NONE)                                                 \
   X(BindImageMemory, NONE)                                                  \
   X(GetMemoryFdKHR, NONE)                                                   \
   X(GetMemoryFdPropertiesKHR, NONE)                                         \
   X(GetMemoryHostPointerPropertiesEXT, NONE)                                \
   X(CreateBuffer, NONE)                                                     \
   X(DestroyBuffer, NONE)                                                    \
   X(GetBufferMemoryRequirements, NONE)                                      \
   X(GetBufferMemoryRequirements2, KHR)                                      \
   X(GetDeviceBufferMemoryRequirements, KHR)                                 \
   X(CreateImage, NONE)                                                      \
   X(DestroyImage, NONE)                                                     \
   X(GetImageMemoryRequirements, NONE)                                       \
   X(GetImageMemoryRequirements2, KHR)                                       \
   X(GetDeviceImageMemoryRequirements, KHR)                                  \
   X(GetImageSubresourceLayout, NONE)                                        \
   X(GetImageDrmFormatModifierPropertiesEXT, NONE)                           \
   X(CmdPipelineBarrier, NONE)                                               \
   X(CmdPipelineBarrier2, KHR)                                               \
   X(CmdWaitEvents, NONE)                                                    \
   X(CmdWaitEvents2, KHR)                                                    \
   X(CmdSetEvent2, KHR)                                                      \
   /* for the probe */                                                       \
   X(CreateCommandPool, NONE)                                                \
   X(DestroyCommandPool, NONE)                                               \
   X(AllocateCommandBuffers, NONE)                                           \
   X(BeginCommandBuffer, NONE)                                               \
   X(EndCommandBuffer, NONE)                                                 \
   X(CmdClearColorImage, NONE)                                               \
   X(CmdFillBuffer, NONE)                                                    \
   X(CreateFence, NONE)                                                      \
   X(DestroyFence, NONE)                                                     \
   X(WaitForFences, NONE)                                                    \
   X(QueueSubmit, NONE)

#define VL_MEMBER(name, suffix) PFN_vk##name name;

struct vl_instance_dispatch {
   PFN_vkGetInstanceProcAddr GetInstanceProcAddr;
   VL_INSTANCE_FUNCTIONS(VL_MEMBER)
};

struct vl_device_dispatch {
   PFN_vkGetDeviceProcAddr GetDeviceProcAddr;
   VL_DEVICE_FUNCTIONS(VL_MEMBER)

   /* The layer may be built with headers older than the driver. The structs
    * of these commands have the same layout under all their names.
    */
   PFN_vkGetImageSubresourceLayout2EXT GetImageSubresourceLayout2;
   PFN_vkGetDeviceImageSubresourceLayoutKHR GetDeviceImageSubresourceLayout;
};

#undef VL_MEMBER

void vl_instance_dispatch_init(struct vl_instance_dispatch *next,
                               VkInstance instance,
                               PFN_vkGetInstanceProcAddr gipa);
void vl_device_dispatch_init(struct vl_device_dispatch *next,
                             VkDevice device,
                             PFN_vkGetDeviceProcAddr gdpa);

/* Every dispatchable object starts with a pointer that the loader put there:
 * the same one for an instance and its physical devices, and for a device,
 * its queues and its command buffers.
 */
static inline void *
vl_dispatch_key(const void *dispatchable)
{
   return *(void *const *)dispatchable;
}

#endif /* VL_DISPATCH_H */
