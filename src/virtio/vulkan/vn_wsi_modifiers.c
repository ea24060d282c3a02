/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See vn_wsi_modifiers.h.
 */

#include "vn_wsi_modifiers.h"

#include "vn_entrypoints.h"
#include "vn_physical_device.h"
#include "vn_wsi.h"

/* More than there are formats of surfaces. */
#define MAX_FORMATS 16

void
vn_wsi_modifiers_init(struct vn_physical_device *physical)
{
   const bool off = vn_perf_flags() & VN_PERF_NO_FORMAT_CACHE;

   vn_answer_cache_init(&physical->wsi_modifiers,
                        sizeof(struct vn_wsi_modifiers),
                        off ? 0 : MAX_FORMATS);
}

void
vn_wsi_modifiers_finish(struct vn_physical_device *physical)
{
   vn_answer_cache_finish(&physical->wsi_modifiers);
}

void
vn_wsi_modifiers_get(struct vn_physical_device *physical,
                     VkFormat format,
                     struct vn_wsi_modifiers *modifiers_out)
{
   struct vn_question question;

   vn_question_init(&question);
   vn_question_add(&question, format);
   if (vn_answer_cache_get(&physical->wsi_modifiers, &question,
                           modifiers_out))
      return;

   *modifiers_out = (struct vn_wsi_modifiers){ 0 };
   VkDrmFormatModifierPropertiesListEXT list = {
      .sType = VK_STRUCTURE_TYPE_DRM_FORMAT_MODIFIER_PROPERTIES_LIST_EXT,
      .drmFormatModifierCount = VN_WSI_MAX_MODIFIERS,
      .pDrmFormatModifierProperties = modifiers_out->props,
   };
   VkFormatProperties2 props = {
      .sType = VK_STRUCTURE_TYPE_FORMAT_PROPERTIES_2,
      .pNext = &list,
   };
   vn_GetPhysicalDeviceFormatProperties2(
      vn_physical_device_to_handle(physical), format, &props);
   modifiers_out->count =
      VN_MIN(list.drmFormatModifierCount, (uint32_t)VN_WSI_MAX_MODIFIERS);
   /* none is also what a host that did not answer leaves: ask again */
   if (modifiers_out->count)
      vn_answer_cache_put(&physical->wsi_modifiers, &question, modifiers_out);
}

const VkDrmFormatModifierPropertiesEXT *
vn_wsi_modifiers_find(const struct vn_wsi_modifiers *modifiers,
                      uint64_t modifier)
{
   for (uint32_t i = 0; i < modifiers->count; i++) {
      const VkDrmFormatModifierPropertiesEXT *props = &modifiers->props[i];

      if (props->drmFormatModifier == modifier) {
         const bool can_draw = props->drmFormatModifierTilingFeatures &
                               VK_FORMAT_FEATURE_COLOR_ATTACHMENT_BIT;
         return can_draw &&
                      props->drmFormatModifierPlaneCount <= VN_WSI_MAX_PLANES
                   ? props
                   : NULL;
      }
   }
   return NULL;
}
