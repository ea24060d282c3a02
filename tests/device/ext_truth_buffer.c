/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * As ext_truth.c, for buffers: each usage and handle type that is offered,
 * with and without a dedicated allocation, alone in its memory and behind an
 * offset, filled on one side and copied out on the other.
 */

#include <string.h>
#include <unistd.h>

#include "ext_image.h"

#define SIZE 12288 /* of a buffer: three small pages, not a large one */

static const VkBufferUsageFlags usages[] = {
   VK_BUFFER_USAGE_TRANSFER_SRC_BIT,
   VK_BUFFER_USAGE_TRANSFER_DST_BIT,
   VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT,
   VK_BUFFER_USAGE_STORAGE_TEXEL_BUFFER_BIT,
   VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT,
   VK_BUFFER_USAGE_STORAGE_BUFFER_BIT,
   VK_BUFFER_USAGE_INDEX_BUFFER_BIT,
   VK_BUFFER_USAGE_VERTEX_BUFFER_BIT,
   VK_BUFFER_USAGE_INDIRECT_BUFFER_BIT,
};

#define BOTH_WAYS                                                            \
   (VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT)

struct buffer {
   struct ext_device *dev;
   VkBuffer handle;
   VkDeviceMemory memory;
   VkDeviceSize memory_size;
   uint32_t memory_type;
};

struct offer {
   VkBufferUsageFlags usage;
   VkExternalMemoryHandleTypeFlagBits type;
   bool dedicated;
   bool behind; /* not at the start of the memory */
};

static VkExternalMemoryFeatureFlags
ask(const struct vkt_instance *instance, const struct offer *offer)
{
   const VkPhysicalDeviceExternalBufferInfo info = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO,
      .usage = offer->usage,
      .handleType = offer->type,
   };
   VkExternalBufferProperties props = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES,
   };

   vkGetPhysicalDeviceExternalBufferProperties(instance->pdev, &info, &props);
   /* "must include at least handleType" */
   U_CHECK(props.externalMemoryProperties.compatibleHandleTypes &
           offer->type);
   return props.externalMemoryProperties.externalMemoryFeatures;
}

/* like: the exporter, or NULL for the exporter itself; chain: what makes the
 * allocation what it is. */
static bool
buffer_init(struct buffer *buffer,
            struct ext_device *dev,
            const struct offer *offer,
            const struct buffer *like,
            uint32_t allowed_types,
            const void *chain,
            VkResult *out_result)
{
   const VkExternalMemoryBufferCreateInfo external = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
      .handleTypes = offer->type,
   };
   const VkBufferCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
      .pNext = &external,
      .size = SIZE,
      .usage = offer->usage,
   };
   VkMemoryDedicatedAllocateInfo dedicated = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
      .pNext = chain,
   };
   VkMemoryAllocateInfo alloc = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
      .pNext = offer->dedicated ? &dedicated : chain,
   };
   VkMemoryRequirements reqs;

   buffer->dev = dev;
   if (!vkt_ok(vkCreateBuffer(dev->base.handle, &info, NULL, &buffer->handle),
               "vkCreateBuffer"))
      return false;
   vkGetBufferMemoryRequirements(dev->base.handle, buffer->handle, &reqs);
   dedicated.buffer = buffer->handle;
   const VkDeviceSize offset =
      offer->behind ? (4096 + reqs.alignment - 1) & ~(reqs.alignment - 1) : 0;
   alloc.allocationSize = like ? like->memory_size : offset + reqs.size;
   alloc.memoryTypeIndex =
      like && offer->type == EXT_OPAQUE
         ? like->memory_type
         : vkt_memory_type(dev->base.instance,
                           reqs.memoryTypeBits & allowed_types, 0);
   if (!U_CHECK(alloc.memoryTypeIndex != UINT32_MAX))
      return false;
   buffer->memory_size = alloc.allocationSize;
   buffer->memory_type = alloc.memoryTypeIndex;
   *out_result =
      vkAllocateMemory(dev->base.handle, &alloc, NULL, &buffer->memory);
   return vkt_ok(*out_result, "vkAllocateMemory") &&
          vkt_ok(vkBindBufferMemory(dev->base.handle, buffer->handle,
                                    buffer->memory, offset),
                 "vkBindBufferMemory");
}

static void
buffer_finish(struct buffer *buffer)
{
   if (buffer->dev) {
      vkDestroyBuffer(buffer->dev->base.handle, buffer->handle, NULL);
      vkFreeMemory(buffer->dev->base.handle, buffer->memory, NULL);
   }
   memset(buffer, 0, sizeof(*buffer));
}

static bool
export_buffer(struct buffer *buffer,
              struct ext_device *dev,
              const struct offer *offer,
              int *out_fd)
{
   const VkExportMemoryAllocateInfo info = {
      .sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
      .handleTypes = offer->type,
   };
   VkResult result;

   if (!buffer_init(buffer, dev, offer, NULL, UINT32_MAX, &info, &result))
      return false;
   const VkMemoryGetFdInfoKHR get = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_GET_FD_INFO_KHR,
      .memory = buffer->memory,
      .handleType = offer->type,
   };
   return vkt_ok(dev->GetMemoryFd(dev->base.handle, &get, out_fd),
                 "vkGetMemoryFdKHR");
}

static bool
import_buffer(struct buffer *buffer,
              struct ext_device *dev,
              const struct offer *offer,
              const struct buffer *exporter,
              int fd)
{
   const VkImportMemoryFdInfoKHR info = {
      .sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR,
      .handleType = offer->type,
      .fd = dup(fd),
   };
   VkMemoryFdPropertiesKHR props = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_FD_PROPERTIES_KHR,
      .memoryTypeBits = UINT32_MAX,
   };
   VkResult result = VK_ERROR_UNKNOWN;
   bool ok;

   ok = (offer->type == EXT_OPAQUE ||
         vkt_ok(dev->GetMemoryFdProperties(dev->base.handle, offer->type, fd,
                                           &props),
                "vkGetMemoryFdPropertiesKHR")) &&
        buffer_init(buffer, dev, offer, exporter, props.memoryTypeBits, &info,
                    &result);
   /* an import that fails leaves the fd with us */
   if (result != VK_SUCCESS)
      close(info.fd);
   return ok;
}

static bool
fill(const struct buffer *buffer, uint32_t value)
{
   VkCommandBuffer cmd = buffer->dev->base.cmd;

   if (!vkt_begin(&buffer->dev->base))
      return false;
   vkCmdFillBuffer(cmd, buffer->handle, 0, VK_WHOLE_SIZE, value);
   vkt_full_barrier(cmd);
   return vkt_submit_wait(&buffer->dev->base);
}

static bool
sees(const struct buffer *buffer, uint32_t value)
{
   const VkBufferCopy copy = { .size = SIZE };
   struct vkt_device *dev = &buffer->dev->base;
   struct vkt_buffer out;
   bool ok;

   ok = vkt_buffer_init(&out, dev, SIZE, VK_BUFFER_USAGE_TRANSFER_DST_BIT) &&
        vkt_begin(dev);
   if (ok) {
      vkCmdCopyBuffer(dev->cmd, buffer->handle, out.handle, 1, &copy);
      vkt_full_barrier(dev->cmd);
      ok = vkt_submit_wait(dev) && vkt_words_are(out.map, SIZE / 4, value);
   }
   vkt_buffer_finish(&out);
   return ok;
}

static bool
prove(struct ext_device devs[2], const struct offer *offer)
{
   struct buffer a = { 0 }, b = { 0 };
   int fd = -1;
   bool ok;

   ok = export_buffer(&a, &devs[0], offer, &fd) &&
        import_buffer(&b, &devs[1], offer, &a, fd) && fill(&a, 0x1234567) &&
        sees(&b, 0x1234567) && fill(&b, 0xfedcba9) && sees(&a, 0xfedcba9);
   if (fd >= 0)
      close(fd);
   buffer_finish(&b);
   buffer_finish(&a);
   return ok;
}

int
main(void)
{
   const VkExternalMemoryFeatureFlags both =
      VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT |
      VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
   uint32_t proven = 0, one_way = 0, failed = 0;
   struct ext_device devs[2] = { 0 };
   struct vkt_instance instance;

   vkt_bound(120);
   if (!U_CHECK(vkt_instance_init(&instance)) ||
       !U_CHECK(ext_device_init(&devs[0], &instance)) ||
       !U_CHECK(ext_device_init(&devs[1], &instance)))
      goto out;
   /* each by itself, and all of them at once */
   for (uint32_t i = 0; i < 8 * (VKT_ARRAY_SIZE(usages) + 1); i++) {
      struct offer offer = {
         .type = i & 1 ? EXT_DMA_BUF : EXT_OPAQUE,
         .dedicated = i & 2,
         .behind = i & 4,
      };

      /* a dedicated allocation has nothing in front */
      if (offer.dedicated && offer.behind)
         continue;
      for (uint32_t u = 0; u < VKT_ARRAY_SIZE(usages); u++) {
         if (u == i / 8 || i / 8 == VKT_ARRAY_SIZE(usages))
            offer.usage |= usages[u];
      }
      VkExternalMemoryFeatureFlags features = ask(&instance, &offer);
      if (!(features & both))
         continue;
      if ((features & both) != both) {
         one_way++;
         continue;
      }
      offer.usage |= BOTH_WAYS;
      features = ask(&instance, &offer);
      if (features & VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT &&
          !offer.dedicated)
         continue;
      if ((features & both) == both && prove(devs, &offer)) {
         proven++;
      } else {
         failed++;
         fprintf(stderr,
                 "usage 0x%x, type 0x%x, dedicated %d, behind an offset %d: "
                 "is offered and does not work\n",
                 offer.usage, offer.type, offer.dedicated, offer.behind);
      }
   }
   U_CHECK_EQ(failed, 0);
   U_CHECK(proven + one_way > 0);
   printf("buffers: %u offers proven, %u failed, %u in one direction only\n",
          proven, failed, one_way);
out:
   ext_device_finish(&devs[1]);
   ext_device_finish(&devs[0]);
   vkt_instance_finish(&instance);
   return u_test_result();
}
