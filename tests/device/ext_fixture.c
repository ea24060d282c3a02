/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See ext_fixture.h. Images are kept in the GENERAL layout and handed over
 * through VK_QUEUE_FAMILY_FOREIGN_EXT by each command buffer that touches
 * them: acquired at its start, released at its end.
 */

#include "ext_fixture.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

const char *const ext_names[4] = {
   VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME,
   VK_EXT_EXTERNAL_MEMORY_DMA_BUF_EXTENSION_NAME,
   VK_EXT_IMAGE_DRM_FORMAT_MODIFIER_EXTENSION_NAME,
   VK_EXT_QUEUE_FAMILY_FOREIGN_EXTENSION_NAME,
};

static bool
init_device(struct ext_device *dev,
            const struct vkt_instance *instance,
            bool with_dma_buf)
{
   const char *names[VKT_ARRAY_SIZE(ext_names) + 2];
   uint32_t count = 0;
   VkPhysicalDeviceFeatures2 features = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2,
   };
   VkPhysicalDeviceFeatures has;

   memset(dev, 0, sizeof(*dev));
   for (size_t i = 0; i < VKT_ARRAY_SIZE(ext_names); i++) {
      if (with_dma_buf ||
          strcmp(ext_names[i], VK_EXT_EXTERNAL_MEMORY_DMA_BUF_EXTENSION_NAME))
         names[count++] = ext_names[i];
   }
   if (!vkt_instance_has_all(instance, names, count))
      return false;
#ifdef VK_EXT_external_memory_acquire_unmodified
   if (vkt_instance_has(
          instance,
          VK_EXT_EXTERNAL_MEMORY_ACQUIRE_UNMODIFIED_EXTENSION_NAME)) {
      names[count++] =
         VK_EXT_EXTERNAL_MEMORY_ACQUIRE_UNMODIFIED_EXTENSION_NAME;
      dev->acquire_unmodified = true;
   }
#endif
   if (vkt_instance_has(instance,
                        VK_KHR_EXTERNAL_SEMAPHORE_FD_EXTENSION_NAME)) {
      names[count++] = VK_KHR_EXTERNAL_SEMAPHORE_FD_EXTENSION_NAME;
      dev->semaphore_fd = true;
   }
   vkGetPhysicalDeviceFeatures(instance->pdev, &has);
   dev->writes_without_format = has.shaderStorageImageWriteWithoutFormat;
   features.features.shaderStorageImageWriteWithoutFormat =
      has.shaderStorageImageWriteWithoutFormat;
   if (!vkt_device_init(&dev->base, instance, names, count, &features))
      return false;
   dev->GetMemoryFd = (PFN_vkGetMemoryFdKHR)vkGetDeviceProcAddr(
      dev->base.handle, "vkGetMemoryFdKHR");
   dev->GetMemoryFdProperties =
      (PFN_vkGetMemoryFdPropertiesKHR)vkGetDeviceProcAddr(
         dev->base.handle, "vkGetMemoryFdPropertiesKHR");
   dev->GetImageModifier =
      (PFN_vkGetImageDrmFormatModifierPropertiesEXT)vkGetDeviceProcAddr(
         dev->base.handle, "vkGetImageDrmFormatModifierPropertiesEXT");
   if (!dev->GetMemoryFd || !dev->GetMemoryFdProperties ||
       !dev->GetImageModifier) {
      fprintf(stderr, "an entry point of an enabled extension is missing\n");
      return false;
   }
   return true;
}

bool
ext_device_init(struct ext_device *dev, const struct vkt_instance *instance)
{
   return init_device(dev, instance, true);
}

bool
ext_device_init_opaque(struct ext_device *dev,
                       const struct vkt_instance *instance)
{
   return init_device(dev, instance, false);
}

void
ext_device_finish(struct ext_device *dev)
{
   vkt_device_finish(&dev->base);
}

static VkResult
create_buffer(struct ext_device *dev, VkBuffer *out_buffer)
{
   const VkExternalMemoryBufferCreateInfo external = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
      .handleTypes = EXT_DMA_BUF,
   };
   const VkBufferCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
      .pNext = &external,
      .size = EXT_WORDS * 4,
      .usage =
         VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT,
   };

   return vkCreateBuffer(dev->base.handle, &info, NULL, out_buffer);
}

static VkResult
create_image(struct ext_device *dev, const void *chain, VkImage *out_image)
{
   const VkExternalMemoryImageCreateInfo external = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
      .pNext = chain,
      .handleTypes = EXT_DMA_BUF,
   };
   VkFormatProperties2 props = {
      .sType = VK_STRUCTURE_TYPE_FORMAT_PROPERTIES_2,
   };
   vkGetPhysicalDeviceFormatProperties2(dev->base.instance->pdev, EXT_FORMAT,
                                        &props);
   /* there are hosts that do not draw to linear images */
   const bool renders = props.formatProperties.linearTilingFeatures &
                        VK_FORMAT_FEATURE_COLOR_ATTACHMENT_BIT;
   const VkImageCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
      .pNext = &external,
      .imageType = VK_IMAGE_TYPE_2D,
      .format = EXT_FORMAT,
      .extent = { EXT_WIDTH, EXT_HEIGHT, 1 },
      .mipLevels = 1,
      .arrayLayers = 1,
      .samples = VK_SAMPLE_COUNT_1_BIT,
      .tiling = VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT,
      .usage = renders
                  ? EXT_USAGE
                  : EXT_USAGE & ~(VkFlags)VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT,
   };

   return vkCreateImage(dev->base.handle, &info, NULL, out_image);
}

VkResult
ext_create_explicit(struct ext_device *dev,
                    const VkSubresourceLayout *planes,
                    uint32_t plane_count,
                    VkImage *out_image)
{
   const VkImageDrmFormatModifierExplicitCreateInfoEXT info = {
      .sType =
         VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_EXPLICIT_CREATE_INFO_EXT,
      .drmFormatModifier = EXT_LINEAR,
      .drmFormatModifierPlaneCount = plane_count,
      .pPlaneLayouts = planes,
   };

   return create_image(dev, &info, out_image);
}

static VkResult
create_listed(struct ext_device *dev, VkImage *out_image)
{
   const uint64_t linear = EXT_LINEAR;
   const VkImageDrmFormatModifierListCreateInfoEXT list = {
      .sType =
         VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_LIST_CREATE_INFO_EXT,
      .drmFormatModifierCount = 1,
      .pDrmFormatModifiers = &linear,
   };

   return create_image(dev, &list, out_image);
}

static void
requirements(struct ext_object *object, VkMemoryRequirements *reqs)
{
   VkDevice dev = object->dev->base.handle;

   if (object->buffer)
      vkGetBufferMemoryRequirements(dev, object->buffer, reqs);
   else
      vkGetImageMemoryRequirements(dev, object->image, reqs);
}

/* chain: what makes the allocation an export or an import */
static bool
allocate_and_bind(struct ext_object *object,
                  uint32_t allowed_types,
                  bool dedicated,
                  const void *chain,
                  VkResult *out_result)
{
   const VkMemoryDedicatedAllocateInfo dedicated_info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
      .pNext = chain,
      .image = object->image,
      .buffer = object->buffer,
   };
   VkMemoryAllocateInfo info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
      .pNext = dedicated ? &dedicated_info : chain,
   };
   VkDevice dev = object->dev->base.handle;
   VkMemoryRequirements reqs;

   *out_result = VK_ERROR_UNKNOWN;
   requirements(object, &reqs);
   object->memory_size = info.allocationSize = reqs.size;
   object->memory_type = info.memoryTypeIndex = vkt_memory_type(
      object->dev->base.instance, reqs.memoryTypeBits & allowed_types,
      VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT |
         VK_MEMORY_PROPERTY_HOST_COHERENT_BIT);
   if (info.memoryTypeIndex == UINT32_MAX) {
      fprintf(stderr, "no memory type in 0x%x and 0x%x\n",
              reqs.memoryTypeBits, allowed_types);
      return false;
   }
   *out_result = vkAllocateMemory(dev, &info, NULL, &object->memory);
   if (!vkt_ok(*out_result, "vkAllocateMemory"))
      return false;
   if (object->buffer)
      return vkt_ok(
         vkBindBufferMemory(dev, object->buffer, object->memory, 0),
         "vkBindBufferMemory");
   return vkt_ok(vkBindImageMemory(dev, object->image, object->memory, 0),
                 "vkBindImageMemory");
}

static bool
export_memory(struct ext_object *object, bool dedicated)
{
   const VkExportMemoryAllocateInfo info = {
      .sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
      .handleTypes = EXT_DMA_BUF,
   };
   VkResult result;

   return allocate_and_bind(object, UINT32_MAX, dedicated, &info, &result) &&
          vkt_ok(vkMapMemory(object->dev->base.handle, object->memory, 0,
                             VK_WHOLE_SIZE, 0, (void **)&object->map),
                 "vkMapMemory");
}

static bool
import_memory(struct ext_object *object, int fd, bool dedicated)
{
   const VkImportMemoryFdInfoKHR info = {
      .sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR,
      .handleType = EXT_DMA_BUF,
      .fd = dup(fd),
   };
   VkMemoryFdPropertiesKHR props = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_FD_PROPERTIES_KHR,
   };
   VkResult result = VK_ERROR_UNKNOWN;
   bool ok;

   ok = vkt_ok(object->dev->GetMemoryFdProperties(object->dev->base.handle,
                                                  EXT_DMA_BUF, fd, &props),
               "vkGetMemoryFdPropertiesKHR") &&
        allocate_and_bind(object, props.memoryTypeBits, dedicated, &info,
                          &result);
   /* an import that fails leaves the fd with us */
   if (result != VK_SUCCESS)
      close(info.fd);
   return ok;
}

static void
query_layout(struct ext_object *object)
{
   const VkImageSubresource plane = {
      .aspectMask = VK_IMAGE_ASPECT_MEMORY_PLANE_0_BIT_EXT,
   };

   vkGetImageSubresourceLayout(object->dev->base.handle, object->image,
                               &plane, &object->layout);
}

bool
ext_buffer_export(struct ext_object *object,
                  struct ext_device *dev,
                  bool dedicated)
{
   memset(object, 0, sizeof(*object));
   object->dev = dev;
   return vkt_ok(create_buffer(dev, &object->buffer), "vkCreateBuffer") &&
          export_memory(object, dedicated);
}

bool
ext_image_export(struct ext_object *object,
                 struct ext_device *dev,
                 bool dedicated)
{
   memset(object, 0, sizeof(*object));
   object->dev = dev;
   if (!vkt_ok(create_listed(dev, &object->image), "vkCreateImage"))
      return false;
   query_layout(object);
   return export_memory(object, dedicated);
}

bool
ext_buffer_import(struct ext_object *object,
                  struct ext_device *dev,
                  int fd,
                  const struct ext_object *exporter)
{
   memset(object, 0, sizeof(*object));
   object->dev = dev;
   return vkt_ok(create_buffer(dev, &object->buffer), "vkCreateBuffer") &&
          import_memory(object, fd, false);
}

bool
ext_image_import(struct ext_object *object,
                 struct ext_device *dev,
                 int fd,
                 const struct ext_object *exporter)
{
   const VkSubresourceLayout plane = {
      .offset = exporter->layout.offset,
      .rowPitch = exporter->layout.rowPitch,
   };

   memset(object, 0, sizeof(*object));
   object->dev = dev;
   if (!vkt_ok(ext_create_explicit(dev, &plane, 1, &object->image),
               "vkCreateImage (explicit layout)"))
      return false;
   query_layout(object);
   return import_memory(object, fd, true);
}

void
ext_object_finish(struct ext_object *object)
{
   if (object->dev) {
      VkDevice dev = object->dev->base.handle;

      vkDestroyBuffer(dev, object->buffer, NULL);
      vkDestroyImage(dev, object->image, NULL);
      vkFreeMemory(dev, object->memory, NULL);
   }
   memset(object, 0, sizeof(*object));
}

int
ext_get_fd(const struct ext_object *object)
{
   const VkMemoryGetFdInfoKHR info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_GET_FD_INFO_KHR,
      .memory = object->memory,
      .handleType = EXT_DMA_BUF,
   };
   int fd = -1;

   if (!vkt_ok(object->dev->GetMemoryFd(object->dev->base.handle, &info, &fd),
               "vkGetMemoryFdKHR"))
      return -1;
   return fd;
}

VkResult
ext_import_memory(struct ext_device *dev,
                  int fd,
                  const struct ext_object *exporter,
                  VkDeviceMemory *out_memory)
{
   const VkImportMemoryFdInfoKHR import = {
      .sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR,
      .handleType = EXT_DMA_BUF,
      .fd = fd,
   };
   const VkMemoryAllocateInfo info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
      .pNext = &import,
      .allocationSize = exporter->memory_size,
      .memoryTypeIndex = exporter->memory_type,
   };

   *out_memory = VK_NULL_HANDLE;
   return vkAllocateMemory(dev->base.handle, &info, NULL, out_memory);
}

void *
ext_mmap(int fd, size_t size)
{
   void *view = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

   if (view == MAP_FAILED) {
      perror("mmap of the exported fd");
      return NULL;
   }
   return view;
}

static const VkImageSubresourceRange whole_range = {
   .aspectMask = VK_IMAGE_ASPECT_COLOR_BIT,
   .levelCount = 1,
   .layerCount = 1,
};

/* Takes the image from, or hands it to, whoever is outside. */
static void
transfer_image(const struct ext_object *object, bool acquire, bool discard)
{
   const uint32_t own = object->dev->base.instance->queue_family;
   const uint32_t foreign = VK_QUEUE_FAMILY_FOREIGN_EXT;
   const VkImageMemoryBarrier barrier = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
      .srcAccessMask = acquire ? 0 : VK_ACCESS_TRANSFER_WRITE_BIT,
      .dstAccessMask =
         acquire ? VK_ACCESS_TRANSFER_READ_BIT | VK_ACCESS_TRANSFER_WRITE_BIT
                 : 0,
      .oldLayout =
         discard ? VK_IMAGE_LAYOUT_UNDEFINED : VK_IMAGE_LAYOUT_GENERAL,
      .newLayout = VK_IMAGE_LAYOUT_GENERAL,
      .srcQueueFamilyIndex = discard   ? VK_QUEUE_FAMILY_IGNORED
                             : acquire ? foreign
                                       : own,
      .dstQueueFamilyIndex = discard   ? VK_QUEUE_FAMILY_IGNORED
                             : acquire ? own
                                       : foreign,
      .image = object->image,
      .subresourceRange = whole_range,
   };

   vkCmdPipelineBarrier(object->dev->base.cmd,
                        acquire ? VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT
                                : VK_PIPELINE_STAGE_TRANSFER_BIT,
                        acquire ? VK_PIPELINE_STAGE_TRANSFER_BIT
                                : VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT,
                        0, 0, NULL, 0, NULL, 1, &barrier);
}

bool
ext_write_gpu(const struct ext_object *object, uint32_t value)
{
   VkCommandBuffer cmd = object->dev->base.cmd;

   if (!vkt_begin(&object->dev->base))
      return false;
   if (object->buffer) {
      vkCmdFillBuffer(cmd, object->buffer, 0, VK_WHOLE_SIZE, value);
   } else {
      /* B8G8R8A8: blue is the lowest byte of the word */
      const VkClearColorValue color = { .float32 = {
                                           (value >> 16 & 0xff) / 255.0f,
                                           (value >> 8 & 0xff) / 255.0f,
                                           (value & 0xff) / 255.0f,
                                           (value >> 24) / 255.0f,
                                        } };

      transfer_image(object, true, true);
      vkCmdClearColorImage(cmd, object->image, VK_IMAGE_LAYOUT_GENERAL,
                           &color, 1, &whole_range);
      transfer_image(object, false, false);
   }
   vkt_full_barrier(cmd);
   return vkt_submit_wait(&object->dev->base);
}

bool
ext_words_are(const struct ext_object *object,
              const void *view,
              uint32_t value)
{
   const uint8_t *bytes = view;

   if (object->buffer)
      return vkt_words_are(view, EXT_WORDS, value);
   for (uint32_t y = 0; y < EXT_HEIGHT; y++) {
      if (!vkt_words_are(
             bytes + object->layout.offset + y * object->layout.rowPitch,
             EXT_WIDTH, value))
         return false;
   }
   return true;
}

void
ext_write_host(const struct ext_object *object, void *view, uint32_t value)
{
   const uint32_t rows = object->buffer ? 1 : EXT_HEIGHT;
   const uint32_t words = object->buffer ? EXT_WORDS : EXT_WIDTH;
   uint8_t *bytes = view;

   for (uint32_t y = 0; y < rows; y++) {
      volatile uint32_t *row = (void *)(bytes + object->layout.offset +
                                        (size_t)y * object->layout.rowPitch);

      for (uint32_t i = 0; i < words; i++)
         row[i] = value;
   }
}

bool
ext_gpu_sees(const struct ext_object *object, uint32_t value)
{
   const VkBufferCopy copy = { .size = EXT_WORDS * 4 };
   const VkBufferImageCopy image_copy = {
      .imageSubresource = { VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1 },
      .imageExtent = { EXT_WIDTH, EXT_HEIGHT, 1 },
   };
   const size_t words = object->buffer ? EXT_WORDS : EXT_WIDTH * EXT_HEIGHT;
   struct vkt_device *dev = &object->dev->base;
   struct vkt_buffer buffer;
   bool ok;

   ok = vkt_buffer_init(&buffer, dev, words * 4,
                        VK_BUFFER_USAGE_TRANSFER_DST_BIT) &&
        vkt_begin(dev);
   if (ok) {
      if (object->buffer) {
         vkCmdCopyBuffer(dev->cmd, object->buffer, buffer.handle, 1, &copy);
      } else {
         transfer_image(object, true, false);
         vkt_image_barrier(dev->cmd, object->image, whole_range.aspectMask,
                           VK_IMAGE_LAYOUT_GENERAL,
                           VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL);
         vkCmdCopyImageToBuffer(dev->cmd, object->image,
                                VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL,
                                buffer.handle, 1, &image_copy);
         vkt_image_barrier(dev->cmd, object->image, whole_range.aspectMask,
                           VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL,
                           VK_IMAGE_LAYOUT_GENERAL);
         transfer_image(object, false, false);
      }
      vkt_full_barrier(dev->cmd);
      ok = vkt_submit_wait(dev) && vkt_words_are(buffer.map, words, value);
   }
   vkt_buffer_finish(&buffer);
   return ok;
}
