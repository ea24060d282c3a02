/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * A DMA_BUF imported together with an explicit modifier, and then used for
 * what a client and a compositor use it for: each renders, samples and
 * copies what the other one made, within one device, across two devices, and
 * across two instances. No other suite goes this way.
 *
 * usage: ext_modifier [closed]: "closed" is for drivers whose instances are
 * separate connections that cannot share: an import from the other instance
 * has to be refused, with the right error, and everything else goes on.
 *
 * What a device does not offer (by its modifiers' features, and by external
 * features of the format) counts as unsupported.
 */

#include <string.h>
#include <unistd.h>

#include "ext_ops.h"

#define WIDTH  36
#define HEIGHT 24
#define USAGE                                                                \
   (VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT |      \
    VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT)
#define FEATURES                                                             \
   (VK_FORMAT_FEATURE_TRANSFER_SRC_BIT |                                     \
    VK_FORMAT_FEATURE_TRANSFER_DST_BIT |                                     \
    VK_FORMAT_FEATURE_SAMPLED_IMAGE_BIT |                                    \
    VK_FORMAT_FEATURE_COLOR_ATTACHMENT_BIT)

struct side {
   const struct vkt_instance *instance;
   struct ext_device dev;
   struct ext_ops ops;
};

enum result {
   PASS,
   FAIL,
   UNSUPPORTED,
   REFUSED, /* closed drivers: as it should be */
   RESULT_COUNT,
};

struct suite {
   bool closed;
   struct vkt_instance instances[2];
   struct side sides[3]; /* two of the first instance, one of the second */
   uint32_t counts[RESULT_COUNT];

   uint8_t wanted[EXT_READ_BYTES], seen[EXT_READ_BYTES];
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

/* An exporter and an importer of one image. */
struct pair {
   struct side *sides[2];
   struct ext_image images[2];
   int fd;
};

/* What the reader sees has to be what it would see in its own image. */
static bool
road(struct suite *suite,
     struct pair *pair,
     uint32_t writer,
     enum ext_write write,
     enum ext_read read)
{
   struct side *to = pair->sides[!writer];
   struct ext_image plain = { 0 };
   struct ext_image_desc desc = pair->images[0].desc;
   static uint32_t seed;
   size_t wanted_size = 0, size = 1;
   bool ok;

   desc.tiling = VK_IMAGE_TILING_OPTIMAL;
   seed++;
   ok = ext_image_plain(&plain, &to->dev, &desc) &&
        ext_ops_write(&to->ops, &plain, write, seed) &&
        ext_ops_read(&to->ops, &plain, read, suite->wanted, &wanted_size) &&
        /* not what the reader left there */
        ext_ops_write(&to->ops, &pair->images[!writer], write, seed + 1) &&
        ext_ops_write(&pair->sides[writer]->ops, &pair->images[writer], write,
                      seed) &&
        ext_ops_read(&to->ops, &pair->images[!writer], read, suite->seen,
                     &size);
   ext_image_finish(&plain);
   if (!ok || size != wanted_size)
      return false;
   return !memcmp(suite->wanted, suite->seen, size);
}

static bool
importer_renders(struct suite *suite, struct pair *pair)
{
   return road(suite, pair, 1, EXT_WRITE_RENDER, EXT_READ_COPY);
}

static bool
importer_samples(struct suite *suite, struct pair *pair)
{
   return road(suite, pair, 0, EXT_WRITE_RENDER, EXT_READ_FETCH);
}

static bool
exporter_samples(struct suite *suite, struct pair *pair)
{
   return road(suite, pair, 1, EXT_WRITE_RENDER, EXT_READ_FETCH);
}

static bool
both_copy(struct suite *suite, struct pair *pair)
{
   return road(suite, pair, 0, EXT_WRITE_COPY, EXT_READ_COPY) &&
          road(suite, pair, 1, EXT_WRITE_COPY, EXT_READ_COPY);
}

/* As a client and a compositor do, for some frames. */
static bool
take_turns(struct suite *suite, struct pair *pair)
{
   for (uint32_t frame = 0; frame < 3; frame++) {
      if (!road(suite, pair, 0, EXT_WRITE_RENDER, EXT_READ_FETCH) ||
          !road(suite, pair, 1, EXT_WRITE_CLEAR, EXT_READ_COPY))
         return false;
   }
   return true;
}

/* Towards a user of the same driver. */
static bool
external_family(struct suite *suite, struct pair *pair)
{
   bool ok;

   for (uint32_t i = 0; i < 2; i++)
      pair->sides[i]->ops.family = VK_QUEUE_FAMILY_EXTERNAL;
   ok = road(suite, pair, 0, EXT_WRITE_RENDER, EXT_READ_FETCH) &&
        road(suite, pair, 1, EXT_WRITE_RENDER, EXT_READ_COPY);
   for (uint32_t i = 0; i < 2; i++)
      pair->sides[i]->ops.family = VK_QUEUE_FAMILY_FOREIGN_EXT;
   return ok;
}

/* Read again after a release, with the promise that nobody has written. */
static bool
acquire_unmodified(struct suite *suite, struct pair *pair)
{
   struct ext_ops *ops = &pair->sides[1]->ops;
   size_t size = 0, again = 1;
   bool ok;

   if (!road(suite, pair, 0, EXT_WRITE_RENDER, EXT_READ_COPY))
      return false;
   ok = ext_ops_read(ops, &pair->images[1], EXT_READ_FETCH, suite->wanted,
                     &size);
   ops->unmodified = true;
   ok = ok && ext_ops_read(ops, &pair->images[1], EXT_READ_FETCH, suite->seen,
                           &again);
   ops->unmodified = false;
   return ok && size == again && !memcmp(suite->wanted, suite->seen, size);
}

static const struct {
   const char *name;
   bool (*run)(struct suite *suite, struct pair *pair);
   bool needs_unmodified;
} roads[] = {
   { "importer renders, exporter copies", importer_renders, false },
   { "exporter renders, importer samples", importer_samples, false },
   { "importer renders, exporter samples", exporter_samples, false },
   { "copies both ways", both_copy, false },
   { "frames in turn", take_turns, false },
   { "queue family EXTERNAL", external_family, false },
   { "acquire unmodified", acquire_unmodified, true },
};

/* Both sides agree on the modifier and on every plane. */
static bool
same_layout(const struct pair *pair)
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
       enum result result)
{
   static const char *const names[RESULT_COUNT] = { "pass", "FAIL",
                                                    "unsupported",
                                                    "refused" };

   suite->counts[result]++;
   if (result == FAIL || getenv("EXT_VERBOSE")) {
      fprintf(stderr, "%s: %s, format %d, modifier 0x%llx, %s, %s\n",
              names[result], place->name, desc->format->format,
              (unsigned long long)desc->modifier,
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
   struct pair pair = {
      .sides = { &suite->sides[place->exporter],
                 &suite->sides[place->importer] },
      .fd = -1,
   };
   const char *what = "export";
   enum result result = FAIL;
   VkResult import = VK_SUCCESS;
   bool dedicated;

   if (!is_supported(suite, place, desc, &dedicated)) {
      report(suite, place, desc, "all", explicit, UNSUPPORTED);
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
         result = REFUSED;
      else
         fprintf(stderr, "import: VkResult %d\n", import);
      goto out;
   }
   what = "layout";
   if (!same_layout(&pair))
      goto out;
   report(suite, place, desc, what, explicit, PASS);
   for (size_t i = 0; i < VKT_ARRAY_SIZE(roads); i++) {
      if (roads[i].needs_unmodified && !pair.sides[1]->dev.acquire_unmodified)
         result = UNSUPPORTED;
      else
         result = roads[i].run(suite, &pair) ? PASS : FAIL;
      report(suite, place, desc, roads[i].name, explicit, result);
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

static void
test_format(struct suite *suite, const struct ext_format *format)
{
   VkDrmFormatModifierPropertiesEXT list[32];
   const uint32_t count =
      ext_modifiers(&suite->instances[0], format->format, FEATURES, list, 32);

   for (uint32_t i = 0; i < count && !format->ycbcr && !format->wide; i++) {
      const struct ext_image_desc desc = {
         .format = format,
         .tiling = VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT,
         .modifier = list[i].drmFormatModifier,
         .planes = list[i].drmFormatModifierPlaneCount,
         .usage = USAGE,
         .type = EXT_DMA_BUF,
         .width = WIDTH,
         .height = HEIGHT,
      };

      for (size_t p = 0; p < VKT_ARRAY_SIZE(places); p++) {
         test_pair(suite, &places[p], &desc, true);
         test_pair(suite, &places[p], &desc, false);
      }
   }
}

int
main(int argc, char **argv)
{
   static struct suite suite;
   const uint32_t count = VKT_ARRAY_SIZE(suite.sides);
   bool ok;

   vkt_bound(600);
   suite.closed = argc > 1 && !strcmp(argv[1], "closed");
   ok = U_CHECK(vkt_instance_init(&suite.instances[0])) &&
        U_CHECK(vkt_instance_init(&suite.instances[1]));
   for (uint32_t i = 0; i < count && ok; i++) {
      struct side *side = &suite.sides[i];

      side->instance = &suite.instances[i / 2];
      ok = U_CHECK(ext_device_init(&side->dev, side->instance)) &&
           U_CHECK(ext_ops_init(&side->ops, &side->dev));
   }
   for (uint32_t i = 0; i < ext_format_count && ok; i++)
      test_format(&suite, &ext_formats[i]);
   U_CHECK_EQ(suite.counts[FAIL], 0);
   U_CHECK(suite.counts[PASS] + suite.counts[UNSUPPORTED] > 0);
   printf("modifiers: %u pass, %u fail, %u unsupported, %u refused\n",
          suite.counts[PASS], suite.counts[FAIL], suite.counts[UNSUPPORTED],
          suite.counts[REFUSED]);
   for (uint32_t i = 0; i < count; i++) {
      ext_ops_finish(&suite.sides[i].ops);
      ext_device_finish(&suite.sides[i].dev);
   }
   vkt_instance_finish(&suite.instances[1]);
   vkt_instance_finish(&suite.instances[0]);
   return u_test_result();
}
