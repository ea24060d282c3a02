/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What of a chain reaches the wire: by what a renderer knows, what the
 * device's version has, and which extensions were enabled.
 */

#include "vn_device_caps.h"

#include <stdio.h>

#include "u_test.h"
#include "vn_common.h"
#include "vn_protocol.h"

static bool
never_grow(struct vn_encoder *enc, size_t size)
{
   enc->failed = true;
   return false;
}

/* What a device of the version says with the extensions enabled. */
static struct vn_protocol_caps
caps_of(const struct vn_protocol_caps *renderer,
        uint32_t api_version,
        const char *const *names,
        uint32_t count)
{
   struct vn_ext_set set = { 0 };
   struct vn_protocol_caps caps;

   for (uint32_t i = 0; i < count; i++) {
      const int ext = vn_device_ext_find(names[i]);
      if (U_CHECK(ext >= 0))
         vn_ext_set_add(&set, ext);
   }
   vn_device_caps_add_core(&set, api_version);
   vn_device_caps_init(&caps, renderer, &set, api_version);
   return caps;
}

/* How many bytes a sampler's info takes. */
static size_t
sampler_size(const struct vn_protocol_caps *caps, const void *next)
{
   const VkSamplerCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_SAMPLER_CREATE_INFO,
      .pNext = next,
   };
   uint8_t bytes[256];
   struct vn_encoder enc = {
      .cur = bytes,
      .end = bytes + sizeof(bytes),
      .command = bytes,
      .caps = caps,
      .grow = never_grow,
   };

   vn_encode_VkSamplerCreateInfo(&enc, &info);
   U_CHECK(!enc.failed);
   return enc.cur - bytes;
}

static const char *const border[] = { "VK_EXT_custom_border_color" };
static const char *const others[] = {
   "VK_EXT_border_color_swizzle",
   "VK_EXT_provoking_vertex",
};

static void
test_enabled(const struct vn_protocol_caps *renderer)
{
   const VkSamplerCustomBorderColorCreateInfoEXT custom = {
      .sType = VK_STRUCTURE_TYPE_SAMPLER_CUSTOM_BORDER_COLOR_CREATE_INFO_EXT,
      .format = VK_FORMAT_R8G8B8A8_UNORM,
   };
   const struct vn_protocol_caps with = caps_of(renderer, VK_API_VERSION_1_3,
                                                border, 1),
                                 without = caps_of(
                                    renderer, VK_API_VERSION_1_3, others, 2),
                                 none = caps_of(renderer, VK_API_VERSION_1_3,
                                                NULL, 0);
   const size_t bare = sampler_size(&with, NULL);

   /* u64 1 and sType, then a union's tag and count with four words, a format */
   U_CHECK_EQ(sampler_size(&with, &custom), bare + 12 + 12 + 16 + 4);
   U_CHECK_EQ(sampler_size(&without, &custom), bare);
   U_CHECK_EQ(sampler_size(&none, &custom), bare);
   U_CHECK(vn_protocol_caps_has_struct(&with, custom.sType));
   U_CHECK(!vn_protocol_caps_has_struct(&without, custom.sType));
}

/* What became part of a version needs no extension from then on. */
static void
test_version(const struct vn_protocol_caps *renderer)
{
   static const char *const rendering[] = { "VK_KHR_dynamic_rendering" };
   const VkStructureType type =
      VK_STRUCTURE_TYPE_PIPELINE_RENDERING_CREATE_INFO;
   const struct vn_protocol_caps core = caps_of(renderer, VK_API_VERSION_1_3,
                                                NULL, 0),
                                 older = caps_of(renderer, VK_API_VERSION_1_2,
                                                 NULL, 0),
                                 extension =
                                    caps_of(renderer, VK_API_VERSION_1_2,
                                            rendering, 1);

   U_CHECK(vn_protocol_caps_has_struct(&core, type));
   U_CHECK(!vn_protocol_caps_has_struct(&older, type));
   U_CHECK(vn_protocol_caps_has_struct(&extension, type));
   U_CHECK_EQ(older.vk_xml_version, VK_API_VERSION_1_2);
   /* by way of another extension */
   const int ext = vn_device_ext_find("VK_EXT_global_priority");
   if (U_CHECK(ext >= 0) && vn_device_exts[ext].core_version)
      U_CHECK_EQ(vn_device_exts[ext].core_version,
                 VK_MAKE_API_VERSION(0, 1, 4, 0));
}

/* The structs of 1.1 and 1.2 follow the version that was asked for, too. */
static void
test_old_version(const struct vn_protocol_caps *renderer)
{
   static const char *const fd[] = { "VK_KHR_external_memory_fd" };
   static const char *const list[] = { "VK_KHR_image_format_list" };
   const VkStructureType export =
      VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
                         formats =
                            VK_STRUCTURE_TYPE_IMAGE_FORMAT_LIST_CREATE_INFO,
                         protected = VK_STRUCTURE_TYPE_PROTECTED_SUBMIT_INFO;
   const struct vn_protocol_caps
      v1_0 = caps_of(renderer, VK_API_VERSION_1_0, NULL, 0),
      v1_1 = caps_of(renderer, VK_API_VERSION_1_1, NULL, 0),
      v1_2 = caps_of(renderer, VK_API_VERSION_1_2, NULL, 0),
      with_list = caps_of(renderer, VK_API_VERSION_1_0, list, 1),
      with_fd = caps_of(renderer, VK_API_VERSION_1_0, fd, 1);

   U_CHECK(!vn_protocol_caps_has_struct(&v1_0, export));
   U_CHECK(vn_protocol_caps_has_struct(&v1_1, export));
   U_CHECK(!vn_protocol_caps_has_struct(&v1_0, formats));
   U_CHECK(!vn_protocol_caps_has_struct(&v1_1, formats));
   U_CHECK(vn_protocol_caps_has_struct(&v1_2, formats));
   U_CHECK(vn_protocol_caps_has_struct(&with_list, formats));
   /* of the core only */
   U_CHECK(!vn_protocol_caps_has_struct(&v1_0, protected));
   U_CHECK(vn_protocol_caps_has_struct(&v1_1, protected));
   /* what an enabled extension depends on may have been forgotten */
   U_CHECK(vn_protocol_caps_has_struct(&with_fd, export));
   U_CHECK(!vn_protocol_caps_has_struct(&with_fd, formats));
   /* the renderer itself has all of them */
   U_CHECK(vn_protocol_caps_has_struct(renderer, export));
   U_CHECK(vn_protocol_caps_has_struct(renderer, formats));

   /* and with or without the bit of the mask */
   struct vn_protocol_caps bitless = *renderer;
   memset(bitless.extension_mask, 0, sizeof(bitless.extension_mask));
   bitless.extension_mask[0] = 1;
   const struct vn_protocol_caps caps =
      caps_of(&bitless, VK_API_VERSION_1_0, list, 1);
   U_CHECK(vn_protocol_caps_has_struct(&bitless, formats));
   U_CHECK(vn_protocol_caps_has_struct(&caps, formats));
}

/* Enabled or not, what a renderer does not know it does not get. */
static void
test_renderer(const struct vn_protocol_caps *all)
{
   struct vn_protocol_caps renderer = *all;
   const uint32_t number =
      vn_device_exts[vn_device_ext_find(border[0])].number;

   renderer.extension_mask[number / 32] &= ~(UINT32_C(1) << number % 32);
   renderer.vk_xml_version = VK_API_VERSION_1_1;
   const struct vn_protocol_caps caps =
      caps_of(&renderer, VK_API_VERSION_1_3, border, 1);
   U_CHECK(!vn_protocol_caps_has_struct(
      &caps, VK_STRUCTURE_TYPE_SAMPLER_CUSTOM_BORDER_COLOR_CREATE_INFO_EXT));
   U_CHECK_EQ(caps.vk_xml_version, VK_API_VERSION_1_1);
}

/* Instance extensions, and the protocol's own, are nobody's to enable here. */
static void
test_not_of_devices(const struct vn_protocol_caps *renderer)
{
   const struct vn_protocol_caps caps =
      caps_of(renderer, VK_API_VERSION_1_0, NULL, 0);

   U_CHECK(vn_protocol_caps_has_extension(&caps, 60)); /* properties2 */
   U_CHECK(
      vn_protocol_caps_has_extension(&caps, 385)); /* MESA_venus_protocol */
   for (int ext = 0; ext < VN_DEVICE_EXT_COUNT; ext++)
      U_CHECK(
         !vn_protocol_caps_has_extension(&caps, vn_device_exts[ext].number));
}

int
main(void)
{
   struct vn_protocol_caps renderer = {
      .vk_xml_version = VN_PROTOCOL_VK_XML_VERSION,
      .venus_spec_version = VN_PROTOCOL_VENUS_SPEC_VERSION,
   };
   const struct vn_protocol_caps without_mask = renderer;

   memset(renderer.extension_mask, 0xff, sizeof(renderer.extension_mask));
   test_enabled(&renderer);
   test_enabled(&without_mask);
   test_version(&renderer);
   test_version(&without_mask);
   test_old_version(&renderer);
   test_old_version(&without_mask);
   test_renderer(&renderer);
   test_not_of_devices(&renderer);
   test_not_of_devices(&without_mask);
   return u_test_result();
}
