/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What the device tests share: an ordinary Vulkan client's instance, device,
 * buffer and image, made with few words. It knows nothing of the driver below
 * it, so each test also runs on any other Vulkan device. Each init function
 * prints what failed and returns false; each finish function may be called on
 * a struct that is zeroed or half built.
 */

#ifndef VK_FIXTURE_H
#define VK_FIXTURE_H

#include <sys/types.h>
#include <vulkan/vulkan.h>

#include "u_test.h"

/* Nothing that the tests submit takes a software driver longer than some
 * tens of milliseconds. */
#define VKT_TIMEOUT_NS (UINT64_C(30) * 1000 * 1000 * 1000)

#define VKT_ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* A call that must succeed; evaluates to whether it did. */
#define VKT_CHECK(call) U_CHECK_EQ(call, VK_SUCCESS)

/* Prints "what: VkResult n" unless the result is VK_SUCCESS. */
bool vkt_ok(VkResult result, const char *what);

/* Ends the program with a message and status 1 if it is still there after so
 * many seconds: a call that never returns must not stop the suite. */
void vkt_bound(unsigned seconds);

struct vkt_instance {
   VkInstance handle;
   VkPhysicalDevice pdev; /* the first one */
   VkPhysicalDeviceProperties props;
   VkPhysicalDeviceMemoryProperties memory;
   uint32_t queue_family; /* the first with graphics and compute */
   uint32_t timestamp_bits;
   VkExtensionProperties *exts; /* owned */
   uint32_t ext_count;
};

bool vkt_instance_init(struct vkt_instance *instance);
/* With instance extensions. */
bool vkt_instance_init_with(struct vkt_instance *instance,
                            const char *const *exts,
                            uint32_t ext_count);
/* With instance extensions, and an apiVersion of one's own. */
bool vkt_instance_init_version(struct vkt_instance *instance,
                               uint32_t api_version,
                               const char *const *exts,
                               uint32_t ext_count);
void vkt_instance_finish(struct vkt_instance *instance);
bool vkt_instance_has(const struct vkt_instance *instance, const char *ext);

/* Prints what is missing. */
bool vkt_instance_has_all(const struct vkt_instance *instance,
                          const char *const *exts,
                          uint32_t count);

/* Returns UINT32_MAX if there is none. */
uint32_t vkt_memory_type(const struct vkt_instance *instance,
                         uint32_t allowed_bits,
                         VkMemoryPropertyFlags flags);

/* A device with one queue, one command buffer and one fence. */
struct vkt_device {
   const struct vkt_instance *instance; /* lent by the caller of init */
   VkDevice handle;
   VkQueue queue;
   VkCommandPool pool;
   VkCommandBuffer cmd;
   VkFence fence;
};

/* features: the pNext of VkDeviceCreateInfo, or NULL */
bool vkt_device_init(struct vkt_device *dev,
                     const struct vkt_instance *instance,
                     const char *const *exts,
                     uint32_t ext_count,
                     const void *features);
void vkt_device_finish(struct vkt_device *dev);

/* Begins the device's command buffer, one time use. */
bool vkt_begin(struct vkt_device *dev);

/* Ends it, submits it and waits until it is done. */
bool vkt_submit_wait(struct vkt_device *dev);

/* A global memory barrier between all that the tests do, the host's looks
 * included. */
void vkt_full_barrier(VkCommandBuffer cmd);

struct vkt_buffer {
   struct vkt_device *dev; /* lent by the caller of init */
   VkBuffer handle;
   VkDeviceMemory memory;
   VkDeviceSize size;
   void *map; /* all of it */
};

/* Host-visible, coherent and mapped. */
bool vkt_buffer_init(struct vkt_buffer *buffer,
                     struct vkt_device *dev,
                     VkDeviceSize size,
                     VkBufferUsageFlags usage);

/* In any memory at all, not mapped. */
bool vkt_buffer_init_unmapped(struct vkt_buffer *buffer,
                              struct vkt_device *dev,
                              VkDeviceSize size,
                              VkBufferUsageFlags usage);
void vkt_buffer_finish(struct vkt_buffer *buffer);

/* Whether each word of the mapping has that value; prints the first that has
 * not. */
bool vkt_words_are(const void *map, size_t count, uint32_t value);

/* An optimal 2D image of one level and layer, with a view. */
struct vkt_image {
   struct vkt_device *dev; /* lent by the caller of init */
   VkImage handle;
   VkDeviceMemory memory;
   VkImageView view;
   VkImageAspectFlags aspect;
   uint32_t width, height;
};

bool vkt_image_init(struct vkt_image *image,
                    struct vkt_device *dev,
                    VkFormat format,
                    uint32_t width,
                    uint32_t height,
                    VkImageUsageFlags usage);
void vkt_image_finish(struct vkt_image *image);

/* Everything before, everything after. */
void vkt_image_barrier(VkCommandBuffer cmd,
                       VkImage image,
                       VkImageAspectFlags aspect,
                       VkImageLayout from,
                       VkImageLayout to);

/* Records the copy of a whole image in TRANSFER_SRC_OPTIMAL, tightly packed,
 * and makes it visible to the host. */
void vkt_image_read(const struct vkt_image *image,
                    const struct vkt_buffer *buffer);

/* Whether the device still maps, records, submits and waits. */
bool vkt_device_works(struct vkt_device *dev);

VkShaderModule
vkt_shader(struct vkt_device *dev, const uint32_t *code, size_t size_bytes);

/* How many fds a process has, for comparison with another count; pid 0: this
 * one. 0 for another process that is gone. */
uint32_t vkt_count_fds(pid_t pid);

/* The same for mappings that are shared with somebody (the heap may grow as
 * it likes), of files whose name contains that, or NULL for all. */
uint32_t vkt_count_shared_mappings(pid_t pid, const char *of);

#endif /* VK_FIXTURE_H */
