/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 */

#ifndef VN_IMAGE_H
#define VN_IMAGE_H

#include "vn_device.h"
#include "vn_requirements.h"

struct vn_image {
   struct vn_object_base base;
   VkFormat format;
   uint32_t array_layers;
   struct vn_requirement_slot requirements;
   struct vn_question question; /* the create info */
};

VN_DEFINE_HANDLE_CASTS(vn_image, VkImage)

#endif /* VN_IMAGE_H */
