/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Images of any format and tiling whose memory crosses from one device to
 * another: asking for them, making, exporting and importing them. Init
 * functions print what failed and return false; finish may be called on a
 * zeroed or half built struct.
 */

#ifndef EXT_IMAGE_H
#define EXT_IMAGE_H

#include "ext_fixture.h"

#define EXT_OPAQUE     VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT
#define EXT_MAX_PLANES 4
/* of a format: more than any driver is known to have */
#define EXT_MAX_MODIFIERS 64

/* As a shader sees the texels. */
enum ext_kind {
   EXT_FLOAT,
   EXT_SINT,
   EXT_UINT,
};

struct ext_format {
   VkFormat format;
   uint32_t block_bytes; /* 0 for what is copied by aspects of other sizes */
   uint32_t block_width, block_height;
   enum ext_kind kind;
   bool depth, stencil;
   uint32_t planes; /* of the format; 0 for one that is not multi-planar */
   uint32_t plane_bytes[3];
   uint32_t chroma_x, chroma_y; /* texels of plane 0 per texel of others */
   bool wide;                   /* 64 bits in a component */
   bool ycbcr;                  /* a shader needs a conversion to see it */
};

/* All that the registry knows without an extension. */
extern const struct ext_format *const ext_formats;
extern const uint32_t ext_format_count;
const struct ext_format *ext_find_format(VkFormat format);

struct ext_image_desc {
   const struct ext_format *format;
   VkImageTiling tiling;
   uint64_t modifier; /* with tiling DRM_FORMAT_MODIFIER */
   uint32_t planes;   /* of the memory, with a modifier; else 1 */
   VkImageUsageFlags usage;
   VkImageCreateFlags flags;
   VkExternalMemoryHandleTypeFlags type; /* one bit; 0: not external */
   uint32_t width, height;
   bool behind; /* not at the start of its memory, unless that is dedicated */
};

/* What the device says. VK_ERROR_FORMAT_NOT_SUPPORTED also where it says
 * that nothing can be done with the handle type, or not of that size. */
VkResult ext_image_ask(const struct vkt_instance *instance,
                       const struct ext_image_desc *desc,
                       VkExternalMemoryProperties *out_props);

/* Modifiers of a format that have all those features; returns how many of
 * them are in list. */
uint32_t ext_modifiers(const struct vkt_instance *instance,
                       VkFormat format,
                       VkFormatFeatureFlags features,
                       VkDrmFormatModifierPropertiesEXT *list,
                       uint32_t room);

struct ext_image {
   struct ext_device *dev; /* lent by the caller of init */
   struct ext_image_desc desc;
   VkImage handle;
   VkDeviceMemory memory;
   VkDeviceSize size, offset; /* of the memory; of the image, there */
   uint32_t memory_type;
   VkSubresourceLayout planes[EXT_MAX_PLANES]; /* but for OPTIMAL */
};

/* Without memory: of a disjoint image each plane has its own. */
bool ext_image_create(struct ext_image *image,
                      struct ext_device *dev,
                      const struct ext_image_desc *desc);

/* For comparison: not external. */
bool ext_image_plain(struct ext_image *image,
                     struct ext_device *dev,
                     const struct ext_image_desc *desc);

bool ext_image_make_export(struct ext_image *image,
                           struct ext_device *dev,
                           const struct ext_image_desc *desc,
                           bool dedicated);

/* fd stays the caller's. explicit: with the exporter's plane layouts, else
 * the device chooses among one modifier. *out_result is that of the import:
 * the only thing that may fail without a message. */
bool ext_image_make_import(struct ext_image *image,
                           struct ext_device *dev,
                           int fd,
                           const struct ext_image *exporter,
                           bool explicit,
                           bool dedicated,
                           VkResult *out_result);

/* A new fd that the caller owns, or -1. */
int ext_image_fd(const struct ext_image *image);

/* Of the handle the image was made from, VK_IMAGE_ASPECT_COLOR_BIT included;
 * a copy takes one bit of it at a time. */
VkImageAspectFlags ext_image_aspects(const struct ext_image *image);

void ext_image_finish(struct ext_image *image);

#endif /* EXT_IMAGE_H */
