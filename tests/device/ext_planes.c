/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Disjoint images of multi-planar formats: each plane in memory of its own,
 * exported and imported by itself. For each format, tiling and handle type
 * that is offered so: what one device copies into the planes, the other one
 * copies out, and the fds show that they are different files.
 */

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ext_ops.h"

#define WIDTH      36
#define HEIGHT     24
#define MAX_PLANES 3

struct side {
   struct ext_device dev;
   struct ext_ops ops;
   struct ext_image image;
   VkDeviceMemory memories[MAX_PLANES];
   uint32_t types[MAX_PLANES];
};

struct suite {
   struct vkt_instance instance;
   struct side sides[2];
   uint32_t proven, one_way, failed;
   uint8_t wanted[EXT_READ_BYTES], seen[EXT_READ_BYTES];
};

static VkImageAspectFlagBits
aspect_of(const struct ext_image *image, uint32_t plane)
{
   return image->desc.tiling == VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT
             ? VK_IMAGE_ASPECT_MEMORY_PLANE_0_BIT_EXT << plane
             : VK_IMAGE_ASPECT_PLANE_0_BIT << plane;
}

/* chain: export or import. Dedicated memory cannot be of one plane. */
static VkResult
allocate_plane(struct side *side,
               uint32_t plane,
               uint32_t allowed_types,
               const void *chain)
{
   const VkImagePlaneMemoryRequirementsInfo plane_info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_PLANE_MEMORY_REQUIREMENTS_INFO,
      .planeAspect = aspect_of(&side->image, plane),
   };
   const VkImageMemoryRequirementsInfo2 info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_REQUIREMENTS_INFO_2,
      .pNext = &plane_info,
      .image = side->image.handle,
   };
   VkMemoryRequirements2 reqs = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2,
   };

   vkGetImageMemoryRequirements2(side->dev.base.handle, &info, &reqs);
   const uint32_t type = vkt_memory_type(
      side->dev.base.instance,
      reqs.memoryRequirements.memoryTypeBits & allowed_types, 0);
   const VkMemoryAllocateInfo alloc = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
      .pNext = chain,
      .allocationSize = reqs.memoryRequirements.size,
      .memoryTypeIndex = type,
   };
   if (type == UINT32_MAX)
      return VK_ERROR_UNKNOWN;
   side->types[plane] = type;
   return vkAllocateMemory(side->dev.base.handle, &alloc, NULL,
                           &side->memories[plane]);
}

static bool
bind_planes(struct side *side, uint32_t count)
{
   VkBindImagePlaneMemoryInfo planes[MAX_PLANES];
   VkBindImageMemoryInfo infos[MAX_PLANES];

   for (uint32_t i = 0; i < count; i++) {
      planes[i] = (VkBindImagePlaneMemoryInfo){
         .sType = VK_STRUCTURE_TYPE_BIND_IMAGE_PLANE_MEMORY_INFO,
         .planeAspect = aspect_of(&side->image, i),
      };
      infos[i] = (VkBindImageMemoryInfo){
         .sType = VK_STRUCTURE_TYPE_BIND_IMAGE_MEMORY_INFO,
         .pNext = &planes[i],
         .image = side->image.handle,
         .memory = side->memories[i],
      };
   }
   return vkt_ok(vkBindImageMemory2(side->dev.base.handle, count, infos),
                 "vkBindImageMemory2");
}

static int
export_plane(struct side *side, uint32_t plane)
{
   const VkExportMemoryAllocateInfo info = {
      .sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
      .handleTypes = side->image.desc.type,
   };
   int fd = -1;

   if (!vkt_ok(allocate_plane(side, plane, UINT32_MAX, &info),
               "vkAllocateMemory (export)"))
      return -1;
   const VkMemoryGetFdInfoKHR get = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_GET_FD_INFO_KHR,
      .memory = side->memories[plane],
      .handleType = side->image.desc.type,
   };
   vkt_ok(side->dev.GetMemoryFd(side->dev.base.handle, &get, &fd),
          "vkGetMemoryFdKHR");
   return fd;
}

/* Takes the fd if it succeeds. */
static bool
import_plane(struct side *side,
             uint32_t plane,
             int fd,
             const struct side *exporter)
{
   const VkImportMemoryFdInfoKHR info = {
      .sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR,
      .handleType = side->image.desc.type,
      .fd = fd,
   };
   VkMemoryFdPropertiesKHR props = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_FD_PROPERTIES_KHR,
      .memoryTypeBits = 1u << exporter->types[plane],
   };

   if (side->image.desc.type == EXT_DMA_BUF &&
       !vkt_ok(side->dev.GetMemoryFdProperties(side->dev.base.handle,
                                               EXT_DMA_BUF, fd, &props),
               "vkGetMemoryFdPropertiesKHR"))
      return false;
   return vkt_ok(allocate_plane(side, plane, props.memoryTypeBits, &info),
                 "vkAllocateMemory (import)");
}

static bool
prove(struct suite *suite, const struct ext_image_desc *desc)
{
   struct side *a = &suite->sides[0], *b = &suite->sides[1];
   const uint32_t planes = desc->format->planes;
   struct ext_image plain = { 0 };
   struct ext_image_desc plain_desc = *desc;
   size_t wanted_size = 0, size = 1;
   struct stat stats[MAX_PLANES];
   bool ok;

   plain_desc.flags = 0;
   plain_desc.tiling = VK_IMAGE_TILING_OPTIMAL;
   ok = ext_image_create(&a->image, &a->dev, desc) &&
        ext_image_create(&b->image, &b->dev, desc);
   for (uint32_t i = 0; i < planes && ok; i++) {
      int fd = export_plane(a, i);

      ok = fd >= 0 && !fstat(fd, &stats[i]);
      if (ok && i && desc->type == EXT_DMA_BUF)
         ok = stats[i].st_ino != stats[0].st_ino;
      if (ok)
         ok = import_plane(b, i, fd, a);
      if (!ok && fd >= 0)
         close(fd);
   }
   ok = ok && bind_planes(a, planes) && bind_planes(b, planes) &&
        ext_image_plain(&plain, &b->dev, &plain_desc) &&
        ext_ops_write(&b->ops, &plain, EXT_WRITE_COPY, 77) &&
        ext_ops_read(&b->ops, &plain, EXT_READ_COPY, suite->wanted,
                     &wanted_size) &&
        ext_ops_write(&b->ops, &b->image, EXT_WRITE_COPY, 78) &&
        ext_ops_write(&a->ops, &a->image, EXT_WRITE_COPY, 77) &&
        ext_ops_read(&b->ops, &b->image, EXT_READ_COPY, suite->seen, &size) &&
        size == wanted_size && !memcmp(suite->wanted, suite->seen, size);
   ext_image_finish(&plain);
   for (uint32_t s = 0; s < 2; s++) {
      struct side *side = &suite->sides[s];

      ext_image_finish(&side->image);
      for (uint32_t i = 0; i < MAX_PLANES; i++) {
         vkFreeMemory(side->dev.base.handle, side->memories[i], NULL);
         side->memories[i] = VK_NULL_HANDLE;
      }
   }
   return ok;
}

static void
test_offer(struct suite *suite, const struct ext_image_desc *desc)
{
   const VkExternalMemoryFeatureFlags both =
      VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT |
      VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
   VkExternalMemoryProperties props;

   if (ext_image_ask(&suite->instance, desc, &props) != VK_SUCCESS)
      return;
   if ((props.externalMemoryFeatures & both) != both ||
       props.externalMemoryFeatures &
          VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT) {
      suite->one_way++;
   } else if (prove(suite, desc)) {
      suite->proven++;
   } else {
      suite->failed++;
      fprintf(stderr,
              "format %d, tiling %d, type 0x%x: disjoint is offered and does "
              "not work\n",
              desc->format->format, desc->tiling, desc->type);
   }
}

static void
test_format(struct suite *suite, const struct ext_format *format)
{
   VkDrmFormatModifierPropertiesEXT modifiers[EXT_MAX_MODIFIERS];
   const uint32_t modifier_count = ext_modifiers(
      &suite->instance, format->format, VK_FORMAT_FEATURE_DISJOINT_BIT,
      modifiers, EXT_MAX_MODIFIERS);
   VkFormatProperties props;

   vkGetPhysicalDeviceFormatProperties(suite->instance.pdev, format->format,
                                       &props);
   for (uint32_t t = 0; t < 2; t++) {
      struct ext_image_desc desc = {
         .format = format,
         .planes = format->planes,
         .usage =
            VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT,
         .flags = VK_IMAGE_CREATE_DISJOINT_BIT,
         .type = t ? EXT_DMA_BUF : EXT_OPAQUE,
         .width = WIDTH,
         .height = HEIGHT,
      };

      desc.tiling = VK_IMAGE_TILING_OPTIMAL;
      if (props.optimalTilingFeatures & VK_FORMAT_FEATURE_DISJOINT_BIT)
         test_offer(suite, &desc);
      desc.tiling = VK_IMAGE_TILING_LINEAR;
      if (props.linearTilingFeatures & VK_FORMAT_FEATURE_DISJOINT_BIT)
         test_offer(suite, &desc);
      desc.tiling = VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT;
      for (uint32_t i = 0; i < modifier_count; i++) {
         desc.modifier = modifiers[i].drmFormatModifier;
         /* other memory planes than those of the format hold no texels */
         if (modifiers[i].drmFormatModifierPlaneCount == format->planes)
            test_offer(suite, &desc);
      }
   }
}

int
main(void)
{
   static struct suite suite;

   vkt_bound(120);
   if (U_CHECK(vkt_instance_init(&suite.instance)) &&
       U_CHECK(ext_device_init(&suite.sides[0].dev, &suite.instance)) &&
       U_CHECK(ext_device_init(&suite.sides[1].dev, &suite.instance)) &&
       U_CHECK(ext_ops_init(&suite.sides[0].ops, &suite.sides[0].dev)) &&
       U_CHECK(ext_ops_init(&suite.sides[1].ops, &suite.sides[1].dev))) {
      for (uint32_t i = 0; i < ext_format_count; i++) {
         if (ext_formats[i].planes)
            test_format(&suite, &ext_formats[i]);
      }
      U_CHECK_EQ(suite.failed, 0);
      printf("disjoint: %u offers proven, %u failed, %u in one direction "
             "only\n",
             suite.proven, suite.failed, suite.one_way);
   }
   for (uint32_t i = 0; i < 2; i++) {
      ext_ops_finish(&suite.sides[i].ops);
      ext_device_finish(&suite.sides[i].dev);
   }
   vkt_instance_finish(&suite.instance);
   return u_test_result();
}
