/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Questions asked again: the second answer, which a driver may remember, is
 * the first one, byte for byte, whatever was asked in between, and questions
 * that differ in one chained struct only are not taken for each other.
 *
 * usage: repeat [peer FILE]
 *
 * With "peer" every answer is also written to, or compared with, FILE: two
 * drivers, or two settings of one, must say the same.
 */

#include <string.h>

#include "vk_fixture.h"

static FILE *record; /* NULL: none */
static bool comparing;

/* An answer in the order of the questions. */
static void
note(const void *answer, size_t size)
{
   uint8_t other[256];

   if (!record || !U_CHECK(size <= sizeof(other)))
      return;
   if (!comparing) {
      U_CHECK(fwrite(answer, size, 1, record) == 1);
      return;
   }
   U_CHECK(fread(other, size, 1, record) == 1);
   U_CHECK(!memcmp(other, answer, size));
}

struct image_question {
   VkFormat format;
   VkImageTiling tiling;
   VkImageUsageFlags usage;
   VkImageCreateFlags flags;
   bool stencil;
   VkExternalMemoryHandleTypeFlagBits handle_type;
   uint32_t list_count;
};

struct image_answer {
   VkResult result;
   VkImageFormatProperties props;
   VkExternalMemoryProperties external;
   uint32_t descriptors;
};

/* Chained structs are filled with garbage first: what comes back has to have
 * been written. */
static struct image_answer
ask_image(const struct vkt_instance *instance,
          const struct image_question *question,
          int garbage)
{
   const VkFormat list[3] = { question->format, VK_FORMAT_R32_SFLOAT,
                              VK_FORMAT_R32_UINT };
   const VkImageFormatListCreateInfo format_list = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_LIST_CREATE_INFO,
      .viewFormatCount = question->list_count,
      .pViewFormats = list,
   };
   VkImageStencilUsageCreateInfo stencil = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_STENCIL_USAGE_CREATE_INFO,
      .stencilUsage = VK_IMAGE_USAGE_SAMPLED_BIT,
   };
   VkPhysicalDeviceExternalImageFormatInfo external_info = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
      .handleType = question->handle_type,
   };
   VkPhysicalDeviceImageFormatInfo2 info = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
      .pNext = question->list_count ? &format_list : NULL,
      .format = question->format,
      .type = VK_IMAGE_TYPE_2D,
      .tiling = question->tiling,
      .usage = question->usage,
      .flags = question->flags,
   };
   VkExternalImageFormatProperties external = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES,
   };
   VkSamplerYcbcrConversionImageFormatProperties ycbcr = {
      .sType =
         VK_STRUCTURE_TYPE_SAMPLER_YCBCR_CONVERSION_IMAGE_FORMAT_PROPERTIES,
   };
   VkImageFormatProperties2 props = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2,
      .pNext = &ycbcr,
   };
   struct image_answer answer;

   if (question->stencil) {
      stencil.pNext = info.pNext;
      info.pNext = &stencil;
   }
   if (question->handle_type) {
      external_info.pNext = info.pNext;
      info.pNext = &external_info;
      ycbcr.pNext = &external;
   }
   memset(&answer, 0, sizeof(answer));
   memset(&props.imageFormatProperties, garbage,
          sizeof(props.imageFormatProperties));
   ycbcr.combinedImageSamplerDescriptorCount = (uint32_t)garbage;
   answer.result = vkGetPhysicalDeviceImageFormatProperties2(instance->pdev,
                                                             &info, &props);
   if (answer.result == VK_SUCCESS) {
      answer.props = props.imageFormatProperties;
      answer.external = external.externalMemoryProperties;
      answer.descriptors = ycbcr.combinedImageSamplerDescriptorCount;
   }
   return answer;
}

static void
test_image_formats(const struct vkt_instance *instance)
{
   static const struct image_question kinds[] = {
      { .usage = VK_IMAGE_USAGE_SAMPLED_BIT },
      { .usage = VK_IMAGE_USAGE_SAMPLED_BIT, .stencil = true },
      { .usage = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT },
      { .usage = VK_IMAGE_USAGE_STORAGE_BIT },
      { .tiling = VK_IMAGE_TILING_LINEAR,
        .usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT },
      { .usage = VK_IMAGE_USAGE_SAMPLED_BIT,
        .flags = VK_IMAGE_CREATE_MUTABLE_FORMAT_BIT },
      { .usage = VK_IMAGE_USAGE_SAMPLED_BIT,
        .flags = VK_IMAGE_CREATE_MUTABLE_FORMAT_BIT,
        .list_count = 1 },
      { .usage = VK_IMAGE_USAGE_SAMPLED_BIT,
        .flags = VK_IMAGE_CREATE_MUTABLE_FORMAT_BIT,
        .list_count = 3 },
      { .usage = VK_IMAGE_USAGE_SAMPLED_BIT,
        .handle_type = VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT },
      { .usage = VK_IMAGE_USAGE_SAMPLED_BIT,
        .tiling = VK_IMAGE_TILING_LINEAR,
        .handle_type = VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT },
   };
   enum { KINDS = VKT_ARRAY_SIZE(kinds), FORMATS = 130 };
   static struct image_answer first[FORMATS][KINDS];

   for (int round = 0; round < 3; round++) {
      for (uint32_t format = 1; format < FORMATS; format++) {
         for (uint32_t kind = 0; kind < KINDS; kind++) {
            struct image_question question = kinds[kind];
            if (question.handle_type &&
                !vkt_instance_has(instance, "VK_KHR_external_memory_fd"))
               continue;
            question.format = (VkFormat)format;
            /* twice in a row, and in rounds too long to be remembered */
            for (int i = 0; i < 2; i++) {
               const struct image_answer answer =
                  ask_image(instance, &question, i ? 0x55 : 0xaa);
               if (!round && !i) {
                  first[format][kind] = answer;
                  note(&answer, sizeof(answer));
               } else {
                  U_CHECK(
                     !memcmp(&answer, &first[format][kind], sizeof(answer)));
               }
            }
         }
      }
   }
}

static void
test_formats(const struct vkt_instance *instance)
{
   for (uint32_t format = 1; format < 185; format++) {
      VkFormatProperties old = { 0 };
      VkFormatProperties3 props3[2];
      VkFormatProperties2 props[2];
      for (int i = 0; i < 2; i++) {
         memset(&props3[i], i, sizeof(props3[i]));
         props3[i].sType = VK_STRUCTURE_TYPE_FORMAT_PROPERTIES_3;
         props3[i].pNext = NULL;
         props[i].sType = VK_STRUCTURE_TYPE_FORMAT_PROPERTIES_2;
         props[i].pNext = &props3[i];
         vkGetPhysicalDeviceFormatProperties2(instance->pdev,
                                              (VkFormat)format, &props[i]);
      }
      vkGetPhysicalDeviceFormatProperties(instance->pdev, (VkFormat)format,
                                          &old);
      U_CHECK(!memcmp(&old, &props[0].formatProperties, sizeof(old)) &&
              !memcmp(&old, &props[1].formatProperties, sizeof(old)));
      U_CHECK_EQ(props3[0].linearTilingFeatures,
                 props3[1].linearTilingFeatures);
      U_CHECK_EQ(props3[0].optimalTilingFeatures,
                 props3[1].optimalTilingFeatures);
      U_CHECK_EQ(props3[0].bufferFeatures, props3[1].bufferFeatures);
      U_CHECK_EQ((uint32_t)props3[0].bufferFeatures & old.bufferFeatures,
                 old.bufferFeatures);
      note(&old, sizeof(old));
      note(&props3[0].linearTilingFeatures,
           3 * sizeof(VkFormatFeatureFlags2));
   }
}

struct requirements {
   VkMemoryRequirements memory;
   VkBool32 prefers_dedicated;
   VkBool32 requires_dedicated;
};

/* By all three ways; image or buffer is not NULL. */
static void
check_requirements(struct vkt_device *dev, VkBuffer buffer, VkImage image)
{
   const VkBufferMemoryRequirementsInfo2 buffer_info = {
      .sType = VK_STRUCTURE_TYPE_BUFFER_MEMORY_REQUIREMENTS_INFO_2,
      .buffer = buffer,
   };
   const VkImageMemoryRequirementsInfo2 image_info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_REQUIREMENTS_INFO_2,
      .image = image,
   };
   struct requirements answers[3];

   memset(answers, 0, sizeof(answers));
   for (int i = 0; i < 3; i++) {
      VkMemoryDedicatedRequirements dedicated = {
         .sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS,
         .prefersDedicatedAllocation = 77,
         .requiresDedicatedAllocation = 77,
      };
      VkMemoryRequirements2 out = {
         .sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2,
         .pNext = &dedicated,
      };
      if (buffer)
         vkGetBufferMemoryRequirements2(dev->handle, &buffer_info, &out);
      else
         vkGetImageMemoryRequirements2(dev->handle, &image_info, &out);
      answers[i].memory = out.memoryRequirements;
      answers[i].prefers_dedicated = dedicated.prefersDedicatedAllocation;
      answers[i].requires_dedicated = dedicated.requiresDedicatedAllocation;
      U_CHECK(!memcmp(&answers[i], &answers[0], sizeof(answers[0])));
   }
   note(&answers[0], sizeof(answers[0]));

   VkMemoryRequirements old;
   if (buffer)
      vkGetBufferMemoryRequirements(dev->handle, buffer, &old);
   else
      vkGetImageMemoryRequirements(dev->handle, image, &old);
   U_CHECK_EQ(old.size, answers[0].memory.size);
   U_CHECK_EQ(old.alignment, answers[0].memory.alignment);
   U_CHECK_EQ(old.memoryTypeBits, answers[0].memory.memoryTypeBits);
}

/* Live in pairs, so that the second is made with what the first taught. */
static void
test_buffers(struct vkt_device *dev)
{
   static const VkBufferUsageFlags usages[] = {
      VK_BUFFER_USAGE_TRANSFER_SRC_BIT,
      VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT,
      VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT,
      VK_BUFFER_USAGE_STORAGE_TEXEL_BUFFER_BIT,
   };
   static const VkDeviceSize sizes[] = {
      4096, 1, 4097, 63, 64, 65, 1000000, 64 << 20, (64 << 20) + 1, 256,
   };

   for (uint32_t i = 0; i < VKT_ARRAY_SIZE(usages); i++) {
      for (uint32_t j = 0; j < VKT_ARRAY_SIZE(sizes); j++) {
         const VkBufferCreateInfo info = {
            .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
            .size = sizes[j],
            .usage = usages[i],
         };
         for (int k = 0; k < 2; k++) {
            VkBuffer buffer = VK_NULL_HANDLE;
            if (VKT_CHECK(vkCreateBuffer(dev->handle, &info, NULL, &buffer)))
               check_requirements(dev, buffer, VK_NULL_HANDLE);
            vkDestroyBuffer(dev->handle, buffer, NULL);
         }
      }
   }
}

static void
test_images(struct vkt_device *dev)
{
   const VkFormat views[2] = { VK_FORMAT_R8G8B8A8_UNORM,
                               VK_FORMAT_R8G8B8A8_SRGB };
   const VkImageFormatListCreateInfo list = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_LIST_CREATE_INFO,
      .viewFormatCount = 2,
      .pViewFormats = views,
   };

   for (uint32_t size = 1; size < 3000; size = size * 3 + 1) {
      for (uint32_t kind = 0; kind < 8; kind++) {
         const bool is_mutable = kind & 2;
         const VkImageCreateInfo info = {
            .sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
            .pNext = is_mutable && kind & 4 ? &list : NULL,
            .flags = is_mutable ? VK_IMAGE_CREATE_MUTABLE_FORMAT_BIT : 0,
            .imageType = VK_IMAGE_TYPE_2D,
            .format = VK_FORMAT_R8G8B8A8_UNORM,
            .extent = { size, kind & 4 ? size : 2 * size, 1 },
            .mipLevels = 1,
            .arrayLayers = 1,
            .samples = VK_SAMPLE_COUNT_1_BIT,
            .tiling =
               kind & 1 ? VK_IMAGE_TILING_LINEAR : VK_IMAGE_TILING_OPTIMAL,
            .usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT,
         };
         for (int i = 0; i < 2; i++) {
            VkImage image = VK_NULL_HANDLE;
            if (VKT_CHECK(vkCreateImage(dev->handle, &info, NULL, &image)))
               check_requirements(dev, VK_NULL_HANDLE, image);
            vkDestroyImage(dev->handle, image, NULL);
         }
      }
   }
}

int
main(int argc, char **argv)
{
   struct vkt_instance instance;
   struct vkt_device dev = { 0 };

   vkt_bound(100);
   if (argc > 2) {
      record = fopen(argv[2], "rb");
      comparing = record;
      if (!record)
         record = fopen(argv[2], "wb");
      if (!U_CHECK(record))
         return u_test_result();
   }
   if (U_CHECK(vkt_instance_init(&instance))) {
      test_formats(&instance);
      test_image_formats(&instance);
      if (U_CHECK(vkt_device_init(&dev, &instance, NULL, 0, NULL))) {
         test_buffers(&dev);
         test_images(&dev);
      }
   }
   vkt_device_finish(&dev);
   vkt_instance_finish(&instance);
   if (record)
      fclose(record);
   return u_test_result();
}
