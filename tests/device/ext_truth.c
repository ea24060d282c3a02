/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What is advertised works: each combination of format, tiling (with every
 * modifier), usage and handle type that the device offers for sharing is
 * made, exported by one device and imported by another; one side writes in
 * the way that the usage is for, the other reads, and has to see what a plain
 * image of the same format would have.
 *
 * An offer that cannot be proven that way is a failure; one in one direction
 * only (nothing can be exported, or imported) is counted and left. Buffers
 * are in ext_truth_buffer.c.
 *
 * usage: ext_truth [dma-buf|opaque]: looks at that handle type only: where
 * the other one is a driver's own and does not work, or does not exist.
 */

#include <string.h>
#include <unistd.h>

#include "ext_ops.h"

#define WIDTH  36
#define HEIGHT 24

struct side {
   struct ext_device dev;
   struct ext_ops ops;
};

struct truth {
   struct vkt_instance instance;
   struct side sides[2];
   VkExternalMemoryHandleTypeFlags types; /* those that are looked at */
   uint32_t cases; /* that were tried; its bits vary what is free */
   uint32_t proven;
   uint32_t one_way; /* exportable or importable, not both */
   uint32_t failed;

   /* what it has to look like: of the present format and role */
   uint8_t wanted[EXT_READ_BYTES];
   size_t wanted_size;
   uint8_t seen[EXT_READ_BYTES];
};

/* A usage, what is done to see whether it works, and the usage that the other
 * side needs for that. */
struct role {
   const char *name;
   VkImageUsageFlags usage, helper;
   enum ext_write write;
   enum ext_read read;
};

static const struct role roles[] = {
   { "transfer source", VK_IMAGE_USAGE_TRANSFER_SRC_BIT,
     VK_IMAGE_USAGE_TRANSFER_DST_BIT, EXT_WRITE_COPY, EXT_READ_COPY },
   { "transfer destination", VK_IMAGE_USAGE_TRANSFER_DST_BIT,
     VK_IMAGE_USAGE_TRANSFER_SRC_BIT, EXT_WRITE_CLEAR, EXT_READ_COPY },
   { "sampled", VK_IMAGE_USAGE_SAMPLED_BIT, VK_IMAGE_USAGE_TRANSFER_DST_BIT,
     EXT_WRITE_COPY, EXT_READ_FETCH },
   { "storage", VK_IMAGE_USAGE_STORAGE_BIT, VK_IMAGE_USAGE_TRANSFER_SRC_BIT,
     EXT_WRITE_STORE, EXT_READ_COPY },
   { "colour attachment", VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT,
     VK_IMAGE_USAGE_TRANSFER_SRC_BIT, EXT_WRITE_RENDER, EXT_READ_COPY },
   { "depth attachment", VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT,
     VK_IMAGE_USAGE_TRANSFER_SRC_BIT, EXT_WRITE_RENDER, EXT_READ_COPY },
   /* that it can be made and shared, not what a subpass reads of it */
   { "input attachment", VK_IMAGE_USAGE_INPUT_ATTACHMENT_BIT,
     VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT,
     EXT_WRITE_COPY, EXT_READ_COPY },
};

/* Where the format does not allow what the role would do, contents are copied
 * in and out: the usage is there, and the memory is shared. */
static struct role
role_for(const struct role *role,
         const struct ext_format *format,
         const struct ext_ops *ops)
{
   const bool color = !format->depth && !format->stencil;
   const bool blocks = format->block_width > 1 || format->block_height > 1;
   struct role out = *role;

   /* a clear value has 32 bits: the rest is not the same in every image */
   if (role->write == EXT_WRITE_CLEAR &&
       (!color || blocks || format->ycbcr || format->wide))
      out.write = EXT_WRITE_COPY;
   if ((role->write == EXT_WRITE_STORE &&
        (!ops->can_store || format->wide)) ||
       (role->read == EXT_READ_FETCH && (format->ycbcr || format->wide)) ||
       (role->write == EXT_WRITE_RENDER && format->wide)) {
      out.write = EXT_WRITE_COPY;
      out.read = EXT_READ_COPY;
      out.helper =
         VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT;
   }
   /* a copy may leave anything beside the bits of a depth of 24 */
   if (format->format == VK_FORMAT_X8_D24_UNORM_PACK32 ||
       format->format == VK_FORMAT_D24_UNORM_S8_UINT)
      out.helper |= VK_IMAGE_USAGE_TRANSFER_SRC_BIT;
   return out;
}

/* Seeds differ between formats and roles, so that nothing old is taken for
 * new. */
static uint32_t
seed_of(const struct ext_format *format, const struct role *role)
{
   return (uint32_t)format->format * 8 + role->usage;
}

/* What a plain image becomes, in the first tiling that can have it. */
static bool
make_wanted(struct truth *truth,
            const struct ext_image_desc *desc,
            const struct role *role)
{
   struct side *side = &truth->sides[0];
   struct ext_image_desc plain = *desc;
   struct ext_image image = { 0 };
   VkExternalMemoryProperties props;
   bool ok;

   plain.type = 0;
   plain.tiling = role->write == EXT_WRITE_HOST ? VK_IMAGE_TILING_LINEAR
                                                : VK_IMAGE_TILING_OPTIMAL;
   if (ext_image_ask(&truth->instance, &plain, &props) != VK_SUCCESS)
      plain.tiling = VK_IMAGE_TILING_LINEAR;
   ok = ext_image_plain(&image, &side->dev, &plain) &&
        ext_ops_write(&side->ops, &image, role->write,
                      seed_of(desc->format, role)) &&
        ext_ops_read(&side->ops, &image, role->read, truth->wanted,
                     &truth->wanted_size);
   ext_image_finish(&image);

   /* a device that does nothing at all must not pass */
   bool something = false;
   for (size_t i = 0; ok && i < truth->wanted_size; i++)
      something |= truth->wanted[i] != 0;
   return ok && something;
}

static bool
prove(struct truth *truth,
      const struct ext_image_desc *offered,
      const struct role *role,
      bool dedicated_only)
{
   struct ext_image_desc copy = *offered;
   const struct ext_image_desc *desc = &copy;
   const uint32_t n = truth->cases++;
   const bool importer_writes = n & 1;
   const bool dedicated = dedicated_only || (n & 2);
   const bool explicit =
      desc->tiling == VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT && (n & 4);
   struct ext_image images[2] = { 0 };
   struct side *writer = &truth->sides[importer_writes];
   struct side *reader = &truth->sides[!importer_writes];
   VkResult result = VK_SUCCESS;
   size_t size = 0;
   bool ok = false;
   int fd = -1;

   copy.behind = n & 8;
   /* the same driver, or whoever understands dma-bufs */
   writer->ops.family = reader->ops.family = desc->type == EXT_OPAQUE
                                                ? VK_QUEUE_FAMILY_EXTERNAL
                                                : VK_QUEUE_FAMILY_FOREIGN_EXT;
   if (!ext_image_make_export(&images[0], &truth->sides[0].dev, desc,
                              dedicated))
      goto out;
   fd = ext_image_fd(&images[0]);
   if (fd < 0 ||
       !ext_image_make_import(&images[1], &truth->sides[1].dev, fd,
                              &images[0], explicit, dedicated, &result)) {
      fprintf(stderr, "import: VkResult %d\n", result);
      goto out;
   }
   /* first something else by the reader: what it finds is then the writer's,
    * and not left over from a case before
    */
   if (!ext_ops_write(&reader->ops, &images[!importer_writes], role->write,
                      seed_of(desc->format, role) + 1) ||
       !ext_ops_write(&writer->ops, &images[importer_writes], role->write,
                      seed_of(desc->format, role)) ||
       !ext_ops_read(&reader->ops, &images[!importer_writes], role->read,
                     truth->seen, &size))
      goto out;
   ok =
      size == truth->wanted_size && !memcmp(truth->seen, truth->wanted, size);
   if (!ok)
      fprintf(stderr, "the other side sees something else\n");
out:
   if (fd >= 0)
      close(fd);
   ext_image_finish(&images[1]);
   ext_image_finish(&images[0]);
   return ok;
}

static void
test_image(struct truth *truth,
           const struct ext_image_desc *offered,
           const struct role *app_role,
           bool *have_wanted)
{
   const VkExternalMemoryFeatureFlags both =
      VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT |
      VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
   struct ext_image_desc desc = *offered;
   VkExternalMemoryProperties props;

   desc.usage = app_role->usage;
   if (!(truth->types & desc.type) ||
       ext_image_ask(&truth->instance, &desc, &props) != VK_SUCCESS)
      return;
   U_CHECK(props.compatibleHandleTypes & desc.type);
   if ((props.externalMemoryFeatures & both) != both) {
      truth->one_way++;
      return;
   }

   struct role role = role_for(app_role, desc.format, &truth->sides[0].ops);
   const char *problem = NULL;
   desc.usage |= role.helper;
   VkResult result = ext_image_ask(&truth->instance, &desc, &props);
   /* there are linear images that no command may write to: the host can */
   if (result == VK_ERROR_FORMAT_NOT_SUPPORTED &&
       (desc.tiling == VK_IMAGE_TILING_LINEAR ||
        (desc.tiling == VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT &&
         desc.modifier == EXT_LINEAR)) &&
       role.write == EXT_WRITE_COPY &&
       !(app_role->usage & VK_IMAGE_USAGE_TRANSFER_DST_BIT)) {
      role.write = EXT_WRITE_HOST;
      /* such a depth may be sampled by its driver's word only */
      role.read = EXT_READ_COPY;
      desc.usage |= VK_IMAGE_USAGE_TRANSFER_SRC_BIT;
      desc.usage &= ~(VkFlags)VK_IMAGE_USAGE_TRANSFER_DST_BIT;
      result = ext_image_ask(&truth->instance, &desc, &props);
      *have_wanted = false;
   }
   if (result != VK_SUCCESS)
      problem = "cannot be looked at";
   else if (!*have_wanted && !make_wanted(truth, &desc, &role))
      problem = "a plain image cannot do it";
   else if (!prove(truth, &desc, &role,
                   props.externalMemoryFeatures &
                      VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT))
      problem = "is offered and does not work";
   *have_wanted |= problem == NULL;
   if (role.write == EXT_WRITE_HOST)
      *have_wanted = false; /* not what the others write */
   if (!problem) {
      truth->proven++;
      return;
   }
   truth->failed++;
   fprintf(stderr,
           "format %d, tiling %d, modifier 0x%llx, type 0x%x, %s: %s\n",
           desc.format->format, desc.tiling,
           (unsigned long long)desc.modifier, desc.type, role.name, problem);
}

static void
test_format(struct truth *truth, const struct ext_format *format)
{
   static const VkExternalMemoryHandleTypeFlags types[2] = { EXT_OPAQUE,
                                                             EXT_DMA_BUF };
   VkDrmFormatModifierPropertiesEXT modifiers[EXT_MAX_MODIFIERS];
   const uint32_t modifier_count = ext_modifiers(
      &truth->instance, format->format, 0, modifiers, EXT_MAX_MODIFIERS);

   for (size_t r = 0; r < VKT_ARRAY_SIZE(roles); r++) {
      bool have_wanted = false;

      for (uint32_t t = 0; t < 2; t++) {
         struct ext_image_desc desc = {
            .format = format,
            .planes = 1,
            .type = types[t],
            .width = WIDTH,
            .height = HEIGHT,
         };

         desc.tiling = VK_IMAGE_TILING_OPTIMAL;
         test_image(truth, &desc, &roles[r], &have_wanted);
         desc.tiling = VK_IMAGE_TILING_LINEAR;
         test_image(truth, &desc, &roles[r], &have_wanted);
         desc.tiling = VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT;
         for (uint32_t i = 0; i < modifier_count; i++) {
            desc.modifier = modifiers[i].drmFormatModifier;
            desc.planes = modifiers[i].drmFormatModifierPlaneCount;
            test_image(truth, &desc, &roles[r], &have_wanted);
         }
      }
   }
}

int
main(int argc, char **argv)
{
   static struct truth truth;

   const bool opaque = argc > 1 && !strcmp(argv[1], "opaque");
   const bool dma_buf = argc > 1 && !strcmp(argv[1], "dma-buf");
   bool (*const init)(struct ext_device *, const struct vkt_instance *) =
      opaque ? ext_device_init_opaque : ext_device_init;

   truth.types = (opaque ? 0 : EXT_DMA_BUF) | (dma_buf ? 0 : EXT_OPAQUE);
   vkt_bound(600);
   if (U_CHECK(vkt_instance_init(&truth.instance)) &&
       U_CHECK(init(&truth.sides[0].dev, &truth.instance)) &&
       U_CHECK(init(&truth.sides[1].dev, &truth.instance)) &&
       U_CHECK(ext_ops_init(&truth.sides[0].ops, &truth.sides[0].dev)) &&
       U_CHECK(ext_ops_init(&truth.sides[1].ops, &truth.sides[1].dev))) {
      for (uint32_t i = 0; i < ext_format_count; i++)
         test_format(&truth, &ext_formats[i]);
      U_CHECK_EQ(truth.failed, 0);
      /* nothing offered, nothing proven */
      U_CHECK(truth.cases + truth.one_way > 0);
      printf(
         "images: %u offers proven, %u failed, %u in one direction only\n",
         truth.proven, truth.failed, truth.one_way);
   }
   for (uint32_t i = 0; i < 2; i++) {
      ext_ops_finish(&truth.sides[i].ops);
      ext_device_finish(&truth.sides[i].dev);
   }
   vkt_instance_finish(&truth.instance);
   return u_test_result();
}
