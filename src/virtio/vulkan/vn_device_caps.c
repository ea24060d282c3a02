/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See vn_device_caps.h. Structs go by the number of the extension that they
 * came with, even where a core version has them now.
 */

#include "vn_device_caps.h"

#include "vn_common.h"

void
vn_device_caps_add_core(struct vn_ext_set *extensions, uint32_t api_version)
{
   struct vn_ext_set all = *extensions;

   for (int ext = 0; ext < VN_DEVICE_EXT_COUNT; ext++) {
      const struct vn_device_ext_info *info = &vn_device_exts[ext];
      if (info->core_version && info->core_version <= api_version)
         vn_ext_set_add(&all, ext);
      if (!vn_ext_set_has(extensions, ext))
         continue;
      for (uint32_t i = 0; i < VN_ARRAY_SIZE(all.words); i++)
         all.words[i] |= info->needs.words[i];
   }
   *extensions = all;
}

void
vn_device_caps_init(struct vn_protocol_caps *caps,
                    const struct vn_protocol_caps *renderer,
                    const struct vn_ext_set *extensions,
                    uint32_t api_version)
{
   /* "Every renderer has the structs of Vulkan 1.0 to 1.2": gen/venus.py */
   const uint32_t known_core =
      VN_MIN(renderer->vk_xml_version, (uint32_t)VK_API_VERSION_1_2);
   uint32_t *mask = caps->extension_mask;

   *caps = *renderer;
   caps->vk_xml_version = VN_MIN(caps->vk_xml_version, api_version);
   /* without a mask the renderer knows all; the device does not */
   if (!(mask[0] & 1))
      memset(mask, 0xff, sizeof(caps->extension_mask));

   for (int ext = 0; ext < VN_DEVICE_EXT_COUNT; ext++) {
      const struct vn_device_ext_info *info = &vn_device_exts[ext];
      const uint32_t number = info->number;
      if (number / 32 >= VN_ARRAY_SIZE(caps->extension_mask))
         continue;
      const uint32_t bit = UINT32_C(1) << number % 32;
      if (!vn_ext_set_has(extensions, ext))
         mask[number / 32] &= ~bit;
      else if (info->core_version && info->core_version <= known_core)
         mask[number / 32] |= bit; /* known with or without the bit */
   }
}
