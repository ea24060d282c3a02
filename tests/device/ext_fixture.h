/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What the tests of external memory share: devices with the extensions, and
 * buffers and LINEAR images whose memory is exported or imported as a
 * dma-buf. As in vk_fixture.h, init functions print what failed and return
 * false, finish functions may be called on a zeroed or half built struct.
 */

#ifndef EXT_FIXTURE_H
#define EXT_FIXTURE_H

#include "vk_fixture.h"

#define EXT_DMA_BUF VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT
#define EXT_FORMAT  VK_FORMAT_B8G8R8A8_UNORM
#define EXT_LINEAR  UINT64_C(0) /* DRM_FORMAT_MOD_LINEAR */
#define EXT_WIDTH   100
#define EXT_HEIGHT  60
#define EXT_WORDS   4096 /* of a buffer */
#define EXT_USAGE                                                            \
   (VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT |      \
    VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_SAMPLED_BIT)

extern const char *const ext_names[4];

struct ext_device {
   struct vkt_device base;
   PFN_vkGetMemoryFdKHR GetMemoryFd;
   PFN_vkGetMemoryFdPropertiesKHR GetMemoryFdProperties;
   PFN_vkGetImageDrmFormatModifierPropertiesEXT GetImageModifier;
   bool writes_without_format; /* shaderStorageImageWriteWithoutFormat */
   bool acquire_unmodified;    /* that extension, enabled if it is there */
   bool semaphore_fd;          /* likewise */
};

bool ext_device_init(struct ext_device *dev,
                     const struct vkt_instance *instance);
/* The same without dma-bufs, of a driver that shares opaque fds only. */
bool ext_device_init_opaque(struct ext_device *dev,
                            const struct vkt_instance *instance);
void ext_device_finish(struct ext_device *dev);

/* A buffer or an image, and its memory. */
struct ext_object {
   struct ext_device *dev; /* lent by the caller of init */
   VkBuffer buffer;        /* either this */
   VkImage image;          /* or this */
   VkDeviceMemory memory;
   VkDeviceSize memory_size;
   uint32_t memory_type;
   VkSubresourceLayout layout; /* of an image's only memory plane */
   uint8_t *map;               /* all of the memory, of an exporter */
};

bool ext_buffer_export(struct ext_object *object,
                       struct ext_device *dev,
                       bool dedicated);
bool ext_image_export(struct ext_object *object,
                      struct ext_device *dev,
                      bool dedicated);

/* The same object over the memory behind fd, which stays the caller's. */
bool ext_buffer_import(struct ext_object *object,
                       struct ext_device *dev,
                       int fd,
                       const struct ext_object *exporter);
bool ext_image_import(struct ext_object *object,
                      struct ext_device *dev,
                      int fd,
                      const struct ext_object *exporter);
void ext_object_finish(struct ext_object *object);

/* A new fd that the caller owns, or -1. */
int ext_get_fd(const struct ext_object *object);

/* vkAllocateMemory that imports the fd, with the size and type of the
 * exporter and no dedication. The driver owns the fd on success. */
VkResult ext_import_memory(struct ext_device *dev,
                           int fd,
                           const struct ext_object *exporter,
                           VkDeviceMemory *out_memory);

VkResult ext_create_explicit(struct ext_device *dev,
                             const VkSubresourceLayout *planes,
                             uint32_t plane_count,
                             VkImage *out_image);

/* The fd's own view of the memory, or NULL. */
void *ext_mmap(int fd, size_t size);

/* Fills the buffer, clears the image: every word gets the value, which for
 * an image must be 0xff followed by bytes that are 0 or 0xff. */
bool ext_write_gpu(const struct ext_object *object, uint32_t value);

/* Whether each word of the object has the value in that view of its memory. */
bool ext_words_are(const struct ext_object *object,
                   const void *view,
                   uint32_t value);

/* Copies the object on the device into other memory and looks there. */
bool ext_gpu_sees(const struct ext_object *object, uint32_t value);

/* The same as ext_words_are, written by the host. */
void
ext_write_host(const struct ext_object *object, void *view, uint32_t value);

#endif /* EXT_FIXTURE_H */
