/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * An fd imported together with an explicit modifier, and then used for what a
 * client and a compositor use it for: each renders, samples and copies what
 * the other one made, within one device, across two devices, and across two
 * instances. No other suite goes this way.
 *
 * usage: ext_modifier [closed] [none] [dma-buf|opaque]: "closed" is for
 * drivers whose instances are separate connections that cannot share: an
 * import from the other instance has to be refused, with the right error, and
 * everything else goes on. "none" allows that nothing at all can be imported.
 * "dma-buf" and "opaque" look at that handle type only: where the other one
 * is a driver's own and does not work, or does not exist.
 *
 * Each modifier of a format is used in the ways that it has, with either
 * handle type. What cannot be rendered to is written by a shader, by a copy,
 * or by the host. What a device does not offer counts as unsupported; what it
 * says can be imported has to be imported and looked at.
 */

#include <string.h>
#include <unistd.h>

#include "ext_roads.h"

#define WIDTH  36
#define HEIGHT 24

struct suite {
   bool closed, dma_buf_only, opaque_only;
   struct vkt_instance instances[2];
   struct ext_side sides[3]; /* two of the first instance, one of the second */
   uint32_t counts[EXT_RESULT_COUNT];
   /* modifiers with a handle type that are importable, and those of them of
    * which something was seen on the other side
    */
   uint32_t offered, proven;
   bool seen_something; /* of the present one */
};

/* Who has the buffer, and who gets it. */
struct place {
   const char *name;
   uint32_t exporter, importer;
   bool apart; /* in different instances */
};

static const struct place places[] = {
   { "one device", 0, 0, false },
   { "two devices", 0, 1, false },
   { "two instances", 0, 2, true },
   { "two instances, back", 2, 1, true },
};

/* Both sides agree on the modifier and on every plane. */
static bool
same_layout(const struct ext_pair *pair)
{
   for (uint32_t i = 0; i < 2; i++) {
      const struct ext_image *image = &pair->images[i];
      VkImageDrmFormatModifierPropertiesEXT props = {
         .sType = VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_PROPERTIES_EXT,
      };

      if (!vkt_ok(image->dev->GetImageModifier(image->dev->base.handle,
                                               image->handle, &props),
                  "vkGetImageDrmFormatModifierPropertiesEXT") ||
          props.drmFormatModifier != image->desc.modifier)
         return false;
   }
   for (uint32_t p = 0; p < pair->images[0].desc.planes; p++) {
      const VkSubresourceLayout *a = &pair->images[0].planes[p];
      const VkSubresourceLayout *b = &pair->images[1].planes[p];

      if (a->offset != b->offset || a->rowPitch != b->rowPitch ||
          a->offset + a->rowPitch > pair->images[0].size)
         return false;
   }
   return true;
}

static void
report(struct suite *suite,
       const struct place *place,
       const struct ext_image_desc *desc,
       const char *what,
       bool explicit,
       enum ext_result result)
{
   static const char *const names[EXT_RESULT_COUNT] = { "pass", "FAIL",
                                                        "unsupported",
                                                        "refused" };

   suite->counts[result]++;
   if (result == EXT_FAIL || getenv("EXT_VERBOSE")) {
      fprintf(stderr,
              "%s: %s, format %d, modifier 0x%llx, type 0x%x, usage 0x%x, "
              "%s, %s\n",
              names[result], place->name, desc->format->format,
              (unsigned long long)desc->modifier, desc->type, desc->usage,
              explicit ? "explicit" : "list", what);
   }
}

static bool
is_supported(const struct suite *suite,
             const struct place *place,
             const struct ext_image_desc *desc,
             bool *out_dedicated)
{
   const uint32_t ends[2] = { place->exporter, place->importer };
   const VkExternalMemoryFeatureFlags needed[2] = {
      VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT,
      VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT,
   };

   *out_dedicated = false;
   for (uint32_t i = 0; i < 2; i++) {
      VkExternalMemoryProperties props;

      if (ext_image_ask(suite->sides[ends[i]].instance, desc, &props) !=
             VK_SUCCESS ||
          !(props.externalMemoryFeatures & needed[i]))
         return false;
      *out_dedicated |= (props.externalMemoryFeatures &
                         VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT) != 0;
   }
   return true;
}

static void
test_pair(struct suite *suite,
          const struct place *place,
          const struct ext_image_desc *desc,
          bool explicit)
{
   struct ext_pair pair = {
      .sides = { &suite->sides[place->exporter],
                 &suite->sides[place->importer] },
      .fd = -1,
   };
   const char *what = "export";
   enum ext_result result = EXT_FAIL;
   VkResult import = VK_SUCCESS;
   bool dedicated;

   if (!is_supported(suite, place, desc, &dedicated)) {
      report(suite, place, desc, "all", explicit, EXT_UNSUPPORTED);
      return;
   }
   /* vary what is free */
   dedicated |= desc->format->format & 1;
   if (!ext_image_make_export(&pair.images[0], &pair.sides[0]->dev, desc,
                              dedicated))
      goto out;
   pair.fd = ext_image_fd(&pair.images[0]);
   if (pair.fd < 0)
      goto out;
   what = "import";
   if (!ext_image_make_import(&pair.images[1], &pair.sides[1]->dev, pair.fd,
                              &pair.images[0], explicit, dedicated,
                              &import)) {
      if (place->apart && suite->closed &&
          import == VK_ERROR_INVALID_EXTERNAL_HANDLE)
         result = EXT_REFUSED;
      else
         fprintf(stderr, "import: VkResult %d\n", import);
      goto out;
   }
   what = "layout";
   if (!same_layout(&pair))
      goto out;
   report(suite, place, desc, what, explicit, EXT_PASS);
   for (uint32_t i = 0; i < ext_road_count; i++) {
      result = ext_roads[i].run(&pair);
      suite->seen_something |= result == EXT_PASS;
      report(suite, place, desc, ext_roads[i].name, explicit, result);
   }
   what = NULL;
out:
   if (what)
      report(suite, place, desc, what, explicit, result);
   if (pair.fd >= 0)
      close(pair.fd);
   ext_image_finish(&pair.images[1]);
   ext_image_finish(&pair.images[0]);
}

/* The usages that the device offers, together and with that handle type, of
 * those that the modifier's features stand for.
 */
static VkImageUsageFlags
choose_usage(const struct suite *suite,
             const struct ext_image_desc *offer,
             VkFormatFeatureFlags features)
{
   static const struct {
      VkImageUsageFlags usage;
      VkFormatFeatureFlags feature;
      bool by_shader; /* which sees no YCbCr without a conversion */
   } kinds[] = {
      { VK_IMAGE_USAGE_TRANSFER_SRC_BIT, VK_FORMAT_FEATURE_TRANSFER_SRC_BIT,
        false },
      { VK_IMAGE_USAGE_TRANSFER_DST_BIT, VK_FORMAT_FEATURE_TRANSFER_DST_BIT,
        false },
      { VK_IMAGE_USAGE_SAMPLED_BIT, VK_FORMAT_FEATURE_SAMPLED_IMAGE_BIT,
        true },
      { VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT,
        VK_FORMAT_FEATURE_COLOR_ATTACHMENT_BIT, true },
      { VK_IMAGE_USAGE_STORAGE_BIT, VK_FORMAT_FEATURE_STORAGE_IMAGE_BIT,
        true },
   };
   const bool no_shader = offer->format->ycbcr || offer->format->wide;
   struct ext_image_desc desc = *offer;
   VkExternalMemoryProperties props;
   VkImageUsageFlags usage = 0;

   for (size_t i = 0; i < VKT_ARRAY_SIZE(kinds); i++) {
      if (!(features & kinds[i].feature) || (kinds[i].by_shader && no_shader))
         continue;
      if (kinds[i].usage == VK_IMAGE_USAGE_STORAGE_BIT &&
          ((usage & VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT) ||
           !suite->sides[0].ops.can_store))
         continue;
      desc.usage = usage | kinds[i].usage;
      if (ext_image_ask(&suite->instances[0], &desc, &props) == VK_SUCCESS)
         usage = desc.usage;
   }
   return usage &
                (VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_SAMPLED_BIT)
             ? usage
             : 0;
}

/* Returns whether there is any usage. */
static bool
test_modifier(struct suite *suite,
              const struct ext_format *format,
              const VkDrmFormatModifierPropertiesEXT *modifier,
              VkExternalMemoryHandleTypeFlags type)
{
   struct ext_image_desc desc = {
      .format = format,
      .tiling = VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT,
      .modifier = modifier->drmFormatModifier,
      .planes = modifier->drmFormatModifierPlaneCount,
      .type = type,
      .width = WIDTH,
      .height = HEIGHT,
   };
   VkExternalMemoryProperties props;

   desc.usage =
      choose_usage(suite, &desc, modifier->drmFormatModifierTilingFeatures);
   if (!desc.usage || !type || (type == EXT_OPAQUE && suite->dma_buf_only) ||
       (type == EXT_DMA_BUF && suite->opaque_only))
      return desc.usage != 0;
   suite->seen_something = false;
   for (size_t p = 0; p < VKT_ARRAY_SIZE(places); p++) {
      /* what differs between the handle types is not how an image is made */
      if (type == EXT_DMA_BUF)
         test_pair(suite, &places[p], &desc, false);
      if (type == EXT_DMA_BUF || places[p].importer)
         test_pair(suite, &places[p], &desc, true);
   }
   if (ext_image_ask(&suite->instances[0], &desc, &props) != VK_SUCCESS ||
       !(props.externalMemoryFeatures &
         VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT))
      return true;
   suite->offered++;
   suite->proven += suite->seen_something;
   if (!suite->seen_something) {
      fprintf(stderr,
              "format %d, modifier 0x%llx, type 0x%x: importable, and "
              "nothing could be seen\n",
              format->format, (unsigned long long)desc.modifier, type);
   }
   return true;
}

static void
test_format(struct suite *suite, const struct ext_format *format)
{
   VkDrmFormatModifierPropertiesEXT list[EXT_MAX_MODIFIERS];
   const uint32_t count = ext_modifiers(&suite->instances[0], format->format,
                                        0, list, EXT_MAX_MODIFIERS);

   for (uint32_t i = 0; i < count; i++) {
      static const VkExternalMemoryHandleTypeFlags types[] = { EXT_DMA_BUF,
                                                               EXT_OPAQUE,
                                                               0 };
      bool usable = false;

      for (size_t t = 0; t < VKT_ARRAY_SIZE(types); t++)
         usable |= test_modifier(suite, format, &list[i], types[t]);
      if (!U_CHECK(usable))
         fprintf(stderr, "... format %d, modifier 0x%llx\n", format->format,
                 (unsigned long long)list[i].drmFormatModifier);
   }
}

int
main(int argc, char **argv)
{
   static struct suite suite;
   const uint32_t count = VKT_ARRAY_SIZE(suite.sides);
   bool none_allowed = false;
   bool ok;

   vkt_bound(600);
   for (int i = 1; i < argc; i++) {
      suite.closed |= !strcmp(argv[i], "closed");
      none_allowed |= !strcmp(argv[i], "none");
      suite.dma_buf_only |= !strcmp(argv[i], "dma-buf");
      suite.opaque_only |= !strcmp(argv[i], "opaque");
   }
   ok = U_CHECK(vkt_instance_init(&suite.instances[0])) &&
        U_CHECK(vkt_instance_init(&suite.instances[1]));
   for (uint32_t i = 0; i < count && ok; i++) {
      struct ext_side *side = &suite.sides[i];

      side->instance = &suite.instances[i / 2];
      ok = U_CHECK(suite.opaque_only
                      ? ext_device_init_opaque(&side->dev, side->instance)
                      : ext_device_init(&side->dev, side->instance)) &&
           U_CHECK(ext_ops_init(&side->ops, &side->dev));
   }
   for (uint32_t i = 0; i < ext_format_count && ok; i++)
      test_format(&suite, &ext_formats[i]);
   U_CHECK_EQ(suite.counts[EXT_FAIL], 0);
   U_CHECK_EQ(suite.proven, suite.offered);
   U_CHECK(suite.offered || none_allowed);
   printf("modifiers: %u of %u proven: %u pass, %u fail, %u unsupported, "
          "%u refused\n",
          suite.proven, suite.offered, suite.counts[EXT_PASS],
          suite.counts[EXT_FAIL], suite.counts[EXT_UNSUPPORTED],
          suite.counts[EXT_REFUSED]);
   for (uint32_t i = 0; i < count; i++) {
      ext_ops_finish(&suite.sides[i].ops);
      ext_device_finish(&suite.sides[i].dev);
   }
   vkt_instance_finish(&suite.instances[1]);
   vkt_instance_finish(&suite.instances[0]);
   return u_test_result();
}
