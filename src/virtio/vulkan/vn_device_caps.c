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
   for (int ext = 0; ext < VN_DEVICE_EXT_COUNT; ext++) {
      const uint32_t core_version = vn_device_exts[ext].core_version;
      if (core_version && core_version <= api_version)
         vn_ext_set_add(extensions, ext);
   }
}

void
vn_device_caps_init(struct vn_protocol_caps *caps,
                    const struct vn_protocol_caps *renderer,
                    const struct vn_ext_set *extensions,
                    uint32_t api_version)
{
   uint32_t *mask = caps->extension_mask;

   *caps = *renderer;
   caps->vk_xml_version = VN_MIN(caps->vk_xml_version, api_version);
   /* without a mask the renderer knows all; the device does not */
   if (!(mask[0] & 1))
      memset(mask, 0xff, sizeof(caps->extension_mask));

   for (int ext = 0; ext < VN_DEVICE_EXT_COUNT; ext++) {
      const uint32_t number = vn_device_exts[ext].number;
      if (!vn_ext_set_has(extensions, ext) &&
          number / 32 < VN_ARRAY_SIZE(caps->extension_mask))
         mask[number / 32] &= ~(UINT32_C(1) << number % 32);
   }
}
