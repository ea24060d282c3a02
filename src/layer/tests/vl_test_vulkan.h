/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * A small Vulkan client for the device tests: an instance with chosen layers,
 * devices on it, and the few operations that the tests repeat. Whatever the
 * validation layer says, if it is among the layers, counts as a failure.
 */

#ifndef VL_TEST_VULKAN_H
#define VL_TEST_VULKAN_H

#include <stdbool.h>
#include <stdint.h>
#include <vulkan/vulkan.h>

#define VT_DMA_BUF VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT
#define VT_SIZE_B  UINT64_C(70000) /* not a multiple of a page */
#define VT_WIDTH   64
#define VT_HEIGHT  48
#define VT_FORMAT  VK_FORMAT_B8G8R8A8_UNORM
#define VT_LINEAR  UINT64_C(0)

#define VT_INSTANCE_FUNCTIONS(X)                                             \
   X(CreateDebugUtilsMessengerEXT)                                           \
   X(DestroyDebugUtilsMessengerEXT)                                          \
   X(CreateDevice)                                                           \
   X(DestroyInstance)                                                        \
   X(EnumerateDeviceExtensionProperties)                                     \
   X(EnumeratePhysicalDevices)                                               \
   X(GetDeviceProcAddr)                                                      \
   X(GetPhysicalDeviceExternalBufferProperties)                              \
   X(GetPhysicalDeviceFeatures)                                              \
   X(GetPhysicalDeviceFormatProperties2)                                     \
   X(GetPhysicalDeviceImageFormatProperties2)                                \
   X(GetPhysicalDeviceMemoryProperties)                                      \
   X(GetPhysicalDeviceMemoryProperties2)                                     \
   X(GetPhysicalDeviceProperties)                                            \
   X(GetPhysicalDeviceQueueFamilyProperties)                                 \
   X(GetPhysicalDeviceSparseImageFormatProperties)

#define VT_DEVICE_FUNCTIONS(X)                                               \
   X(AllocateCommandBuffers)                                                 \
   X(AllocateMemory)                                                         \
   X(BeginCommandBuffer)                                                     \
   X(BindBufferMemory)                                                       \
   X(BindImageMemory)                                                        \
   X(CmdBeginRendering)                                                      \
   X(CmdClearColorImage)                                                     \
   X(CmdCopyBuffer)                                                          \
   X(CmdCopyImageToBuffer)                                                   \
   X(CmdEndRendering)                                                        \
   X(CmdFillBuffer)                                                          \
   X(CmdPipelineBarrier)                                                     \
   X(CmdPipelineBarrier2)                                                    \
   X(CmdSetEvent2)                                                           \
   X(CmdWaitEvents)                                                          \
   X(CmdWaitEvents2)                                                         \
   X(CreateBuffer)                                                           \
   X(CreateCommandPool)                                                      \
   X(CreateEvent)                                                            \
   X(CreateImage)                                                            \
   X(CreateImageView)                                                        \
   X(DestroyBuffer)                                                          \
   X(DestroyCommandPool)                                                     \
   X(DestroyDevice)                                                          \
   X(DestroyEvent)                                                           \
   X(DestroyImage)                                                           \
   X(DestroyImageView)                                                       \
   X(DeviceWaitIdle)                                                         \
   X(EndCommandBuffer)                                                       \
   X(FreeMemory)                                                             \
   X(GetBufferMemoryRequirements)                                            \
   X(GetBufferMemoryRequirements2)                                           \
   X(GetDeviceBufferMemoryRequirements)                                      \
   X(GetDeviceImageMemoryRequirements)                                       \
   X(GetDeviceQueue)                                                         \
   X(GetImageDrmFormatModifierPropertiesEXT)                                 \
   X(GetImageMemoryRequirements)                                             \
   X(GetImageMemoryRequirements2)                                            \
   X(GetImageSubresourceLayout)                                              \
   X(GetMemoryFdKHR)                                                         \
   X(GetMemoryFdPropertiesKHR)                                               \
   X(MapMemory)                                                              \
   X(QueueSubmit)                                                            \
   X(UnmapMemory)

#define VT_MEMBER(name) PFN_vk##name name;

struct vt_instance {
   VkInstance handle;
   VkPhysicalDevice physical; /* the first one, or what was picked */
   VkPhysicalDeviceProperties properties;
   VkDebugUtilsMessengerEXT messenger;
   uint32_t all_types;     /* memory types: a mask of indices */
   uint32_t visible_types; /* those that the renderer forces export upon */
   bool can_render;        /* to a LINEAR image of VT_FORMAT */
   uint32_t api_version;   /* of the first device, at most what was asked */
   VT_INSTANCE_FUNCTIONS(VT_MEMBER)
};

struct vt_device {
   VkDevice handle;
   struct vt_instance *instance;
   VkQueue queue;
   VkCommandPool pool;
   VkCommandBuffer command; /* being recorded between begin and submit */
   VT_DEVICE_FUNCTIONS(VT_MEMBER)
};

#undef VT_MEMBER

/* Checks that failed in here; each source file counts its own. */
int vt_failures(void);

/* layers: separated by commas, the first one nearest to the application; may
 * be empty. False: no instance, or no device on it.
 */
bool vt_instance_init(struct vt_instance *instance,
                      const char *layers,
                      uint32_t api_version);
/* The same with one more extension and more structs for its creation. */
bool vt_instance_init_with(struct vt_instance *instance,
                           const char *layers,
                           uint32_t api_version,
                           const char *extension,
                           const void *chain);
void vt_instance_finish(struct vt_instance *instance);

/* Turns to another physical device; false if there are not so many. */
bool vt_instance_pick(struct vt_instance *instance, uint32_t index);

/* What vkEnumerateInstanceExtensionProperties says about a layer. */
bool vt_layer_has_extension(const char *layer, const char *name);

bool vt_has_extension(const struct vt_instance *instance, const char *name);

/* Enables those of the layer's extensions that are listed. */
bool vt_device_init(struct vt_device *device, struct vt_instance *instance);
void vt_device_finish(struct vt_device *device);

VkCommandBuffer vt_begin(struct vt_device *device);
/* Submits what was recorded since and waits. */
bool vt_submit(struct vt_device *device);

/* A buffer of size_B bytes for transfers; types: external handle types. */
VkBuffer vt_buffer(struct vt_device *device,
                   uint64_t size_B,
                   VkExternalMemoryHandleTypeFlags types);

/* The result of allocating for export (export_types) or importing (fd >= 0)
 * as a dma-buf, in the first memory type of type_bits.
 */
VkResult vt_allocate(struct vt_device *device,
                     uint64_t size_B,
                     uint32_t type_bits,
                     VkExternalMemoryHandleTypeFlags export_types,
                     int fd,
                     VkDeviceMemory *memory);

/* A new fd, or -1. */
int vt_export(struct vt_device *device, VkDeviceMemory memory);

bool vt_is_filled(const void *memory, uint64_t size_B, uint32_t value);
void vt_fill(struct vt_device *device, VkBuffer buffer, uint32_t value);

/* A buffer of VT_SIZE_B with memory of its own, for export or imported. */
struct vt_bound_buffer {
   VkBuffer buffer;
   VkDeviceMemory memory;
};

bool vt_bound_buffer_init(struct vt_bound_buffer *bound,
                          struct vt_device *device,
                          VkExternalMemoryHandleTypeFlags buffer_types,
                          VkExternalMemoryHandleTypeFlags export_types,
                          int fd);
void vt_bound_buffer_finish(struct vt_bound_buffer *bound,
                            struct vt_device *device);

/* A dma-buf image; modifier_info: a modifier list or an explicit layout. */
VkResult vt_modifier_image(struct vt_device *device,
                           const void *modifier_info,
                           VkImage *image);

extern const VkImageDrmFormatModifierListCreateInfoEXT vt_linear_list;

/* Open fds and mappings of shared memory in this process. */
struct vt_usage {
   int fds;
   int mappings;
};
struct vt_usage vt_usage(void);

#endif /* VL_TEST_VULKAN_H */
