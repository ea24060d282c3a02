/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * DRM format modifiers. A modifier image takes one of two roads:
 *
 *   the layer's: an image of VK_IMAGE_TILING_LINEAR that poses as
 *   DRM_FORMAT_MOD_LINEAR. It is what can be shared with a handle type that
 *   the layer serves, and all there is if the driver has no modifiers.
 *
 *   the driver's own, where it has modifiers but leaves the sharing of
 *   dma-bufs to the layer: all but LINEAR, without a handle type or with one
 *   that is the driver's (opaque fds).
 *
 * LINEAR is the same image for every handle type, so that it has one set of
 * features. There are drivers that lose the device over what they say of
 * theirs: seen with drawing to LINEAR images.
 *
 * The list of a format has the modifiers of both roads, since it cannot say
 * what goes with what. The query about an image with its handle type can.
 */

#ifndef VL_MODIFIER_H
#define VL_MODIFIER_H

#include "vl_device.h"
#include "vl_physical_device.h"

/* Whether images with that modifier and those handle types, of which served
 * are the layer's at present, take the layer's road.
 */
bool vl_modifier_is_made(const struct vl_physical_device *physical,
                         VkExternalMemoryHandleTypeFlags served,
                         VkExternalMemoryHandleTypeFlags types,
                         VkFormat format,
                         uint64_t modifier);

/* Memory planes of a LINEAR modifier image that the layer makes; 0 if it
 * makes none of that format.
 */
uint32_t vl_modifier_plane_count(const struct vl_physical_device *physical,
                                 VkFormat format);

/* What the driver's images of VK_IMAGE_TILING_LINEAR can be used for. */
VkFormatFeatureFlags2
vl_linear_features(const struct vl_physical_device *physical,
                   VkFormat format);

/* The same for the layer's LINEAR modifier; 0: it is not offered. */
VkFormatFeatureFlags2
vl_modifier_features(const struct vl_physical_device *physical,
                     VkFormat format);

/* How a modifier image is created. Must not be moved. */
struct vl_modifier_choice {
   bool is_made; /* by the layer */
   /* the application's, to be compared once the image is there; or NULL */
   const VkImageDrmFormatModifierExplicitCreateInfoEXT *layout;
   /* The driver's road: what replaces the application's list, without the
    * layer's LINEAR, which the driver may not know. sType 0: nothing does.
    */
   VkImageDrmFormatModifierListCreateInfoEXT list;
   uint64_t *modifiers; /* owned: the list's */
};

/* Chooses the road, and checks what the application says about modifiers; app
 * has VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT and those handle types. Needs
 * vl_modifier_choice_finish() only if it succeeds. Errors:
 * VK_ERROR_INVALID_DRM_FORMAT_MODIFIER_PLANE_LAYOUT_EXT,
 * VK_ERROR_OUT_OF_HOST_MEMORY.
 */
VkResult vl_modifier_choice_init(struct vl_modifier_choice *out,
                                 const struct vl_device *device,
                                 const VkImageCreateInfo *app,
                                 VkExternalMemoryHandleTypeFlags types);
void vl_modifier_choice_finish(struct vl_modifier_choice *choice);

/* Whether the driver laid the image out as the application wants it. layout
 * is that of a choice.
 */
bool vl_modifier_layout_matches(
   const struct vl_device *device,
   VkImage image,
   const VkImageCreateInfo *info,
   const VkImageDrmFormatModifierExplicitCreateInfoEXT *layout);

#endif /* VL_MODIFIER_H */
