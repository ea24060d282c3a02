/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See ext_roads.h.
 */

#include "ext_roads.h"

#include <string.h>

static VkImageUsageFlags
usage_of(const struct ext_pair *pair)
{
   return pair->images[0].desc.usage;
}

/* As a GPU does it, if that is possible. */
static enum ext_write
best_write(const struct ext_pair *pair)
{
   return usage_of(pair) & VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT
             ? EXT_WRITE_RENDER
          : usage_of(pair) & VK_IMAGE_USAGE_STORAGE_BIT      ? EXT_WRITE_STORE
          : usage_of(pair) & VK_IMAGE_USAGE_TRANSFER_DST_BIT ? EXT_WRITE_COPY
                                                             : EXT_WRITE_HOST;
}

static enum ext_write
copy_write(const struct ext_pair *pair)
{
   return usage_of(pair) & VK_IMAGE_USAGE_TRANSFER_DST_BIT ? EXT_WRITE_COPY
                                                           : EXT_WRITE_HOST;
}

static enum ext_write
clear_write(const struct ext_pair *pair)
{
   const struct ext_format *format = pair->images[0].desc.format;

   if (!(usage_of(pair) & VK_IMAGE_USAGE_TRANSFER_DST_BIT))
      return best_write(pair);
   return format->depth || format->stencil || format->ycbcr || format->wide ||
                format->block_width > 1 || format->block_height > 1
             ? EXT_WRITE_COPY
             : EXT_WRITE_CLEAR;
}

static uint8_t wanted[EXT_READ_BYTES], seen[EXT_READ_BYTES];

/* What the reader sees has to be what it would see in its own image. */
static enum ext_result
road(struct ext_pair *pair,
     uint32_t writer,
     enum ext_write write,
     enum ext_read read)
{
   struct ext_side *to = pair->sides[!writer];
   struct ext_image plain = { 0 };
   struct ext_image_desc desc = pair->images[0].desc;
   VkExternalMemoryProperties props;
   static uint32_t seed;
   size_t wanted_size = 0, size = 1;
   bool ok;

   if (!(usage_of(pair) &
         (read == EXT_READ_FETCH ? VK_IMAGE_USAGE_SAMPLED_BIT
                                 : VK_IMAGE_USAGE_TRANSFER_SRC_BIT)))
      return EXT_UNSUPPORTED;
   desc.type = 0;
   /* what the host writes compares within a tiling only */
   if (write != EXT_WRITE_HOST) {
      desc.tiling = VK_IMAGE_TILING_OPTIMAL;
      if (ext_image_ask(to->instance, &desc, &props) != VK_SUCCESS)
         desc.tiling = VK_IMAGE_TILING_LINEAR;
   }
   seed++;
   ok = ext_image_plain(&plain, &to->dev, &desc) &&
        ext_ops_write(&to->ops, &plain, write, seed) &&
        ext_ops_read(&to->ops, &plain, read, wanted, &wanted_size) &&
        /* not what the reader left there */
        ext_ops_write(&to->ops, &pair->images[!writer], write, seed + 1) &&
        ext_ops_write(&pair->sides[writer]->ops, &pair->images[writer], write,
                      seed) &&
        ext_ops_read(&to->ops, &pair->images[!writer], read, seen, &size);
   ext_image_finish(&plain);
   if (!ok || size != wanted_size || memcmp(wanted, seen, size))
      return EXT_FAIL;
   return EXT_PASS;
}

/* Of two roads, of which one may be closed. */
static enum ext_result
both(enum ext_result a, enum ext_result b)
{
   if (a == EXT_FAIL || b == EXT_FAIL)
      return EXT_FAIL;
   return a == EXT_PASS || b == EXT_PASS ? EXT_PASS : EXT_UNSUPPORTED;
}

static enum ext_result
importer_writes(struct ext_pair *pair)
{
   return road(pair, 1, best_write(pair), EXT_READ_COPY);
}

static enum ext_result
importer_samples(struct ext_pair *pair)
{
   return road(pair, 0, best_write(pair), EXT_READ_FETCH);
}

static enum ext_result
exporter_samples(struct ext_pair *pair)
{
   return road(pair, 1, best_write(pair), EXT_READ_FETCH);
}

static enum ext_result
both_copy(struct ext_pair *pair)
{
   return both(road(pair, 0, copy_write(pair), EXT_READ_COPY),
               road(pair, 1, copy_write(pair), EXT_READ_COPY));
}

/* As a client and a compositor do, for some frames. */
static enum ext_result
take_turns(struct ext_pair *pair)
{
   enum ext_result result = EXT_UNSUPPORTED;

   for (uint32_t frame = 0; frame < 3 && result != EXT_FAIL; frame++) {
      result = both(road(pair, 0, best_write(pair), EXT_READ_FETCH),
                    road(pair, 1, clear_write(pair), EXT_READ_COPY));
   }
   return result;
}

/* Towards a user of the same driver. */
static enum ext_result
external_family(struct ext_pair *pair)
{
   enum ext_result result;

   for (uint32_t i = 0; i < 2; i++)
      pair->sides[i]->ops.family = VK_QUEUE_FAMILY_EXTERNAL;
   result = both(road(pair, 0, best_write(pair), EXT_READ_FETCH),
                 road(pair, 1, best_write(pair), EXT_READ_COPY));
   for (uint32_t i = 0; i < 2; i++)
      pair->sides[i]->ops.family = VK_QUEUE_FAMILY_FOREIGN_EXT;
   return result;
}

/* Read again after a release, with the promise that nobody has written. */
static enum ext_result
acquire_unmodified(struct ext_pair *pair)
{
   struct ext_ops *ops = &pair->sides[1]->ops;
   const enum ext_read read = usage_of(pair) & VK_IMAGE_USAGE_SAMPLED_BIT
                                 ? EXT_READ_FETCH
                                 : EXT_READ_COPY;
   size_t size = 0, again = 1;
   bool ok;

   if (!pair->sides[1]->dev.acquire_unmodified)
      return EXT_UNSUPPORTED;
   const enum ext_result first = road(pair, 0, best_write(pair), read);
   if (first != EXT_PASS)
      return first;
   ok = ext_ops_read(ops, &pair->images[1], read, wanted, &size);
   ops->unmodified = true;
   ok = ok && ext_ops_read(ops, &pair->images[1], read, seen, &again);
   ops->unmodified = false;
   return ok && size == again && !memcmp(wanted, seen, size) ? EXT_PASS
                                                             : EXT_FAIL;
}

const struct ext_road ext_roads[] = {
   { "importer writes, exporter copies", importer_writes },
   { "exporter writes, importer samples", importer_samples },
   { "importer writes, exporter samples", exporter_samples },
   { "copies both ways", both_copy },
   { "frames in turn", take_turns },
   { "queue family EXTERNAL", external_family },
   { "acquire unmodified", acquire_unmodified },
};
const uint32_t ext_road_count = VKT_ARRAY_SIZE(ext_roads);
