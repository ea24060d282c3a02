/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See vk_fixture.h. Nothing here may be clever: a test that fails should fail
 * because of what it tests.
 */

#include "vk_fixture.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

bool
vkt_ok(VkResult result, const char *what)
{
   if (result == VK_SUCCESS)
      return true;
   fprintf(stderr, "%s: VkResult %d\n", what, (int)result);
   return false;
}

static void
on_alarm(int signal_number)
{
   static const char message[] = "a call has not returned in time\n";

   /* Nothing can be done about a write that fails here. */
   if (write(STDERR_FILENO, message, sizeof(message) - 1) < 0)
      _exit(2);
   _exit(EXIT_FAILURE);
}

void
vkt_bound(unsigned seconds)
{
   /* A CPU that is emulated is many times slower. */
   const char *slow = getenv("VENUS_TEST_SLOW");
   const unsigned long factor = slow ? strtoul(slow, NULL, 10) : 1;

   if (factor > 1 && factor <= 100)
      seconds *= (unsigned)factor;
   signal(SIGALRM, on_alarm);
   alarm(seconds);
}

static bool
list_extensions(struct vkt_instance *instance)
{
   uint32_t count = 0;

   if (!vkt_ok(vkEnumerateDeviceExtensionProperties(instance->pdev, NULL,
                                                    &count, NULL),
               "vkEnumerateDeviceExtensionProperties"))
      return false;
   instance->exts = calloc(count + 1, sizeof(*instance->exts));
   if (!instance->exts)
      return vkt_ok(VK_ERROR_OUT_OF_HOST_MEMORY, "list of extensions");
   instance->ext_count = count;
   return vkt_ok(
      vkEnumerateDeviceExtensionProperties(
         instance->pdev, NULL, &instance->ext_count, instance->exts),
      "vkEnumerateDeviceExtensionProperties");
}

static bool
find_queue_family(struct vkt_instance *instance)
{
   const VkQueueFlags needed = VK_QUEUE_GRAPHICS_BIT | VK_QUEUE_COMPUTE_BIT;
   VkQueueFamilyProperties families[16];
   uint32_t count = VKT_ARRAY_SIZE(families);

   vkGetPhysicalDeviceQueueFamilyProperties(instance->pdev, &count, families);
   for (uint32_t i = 0; i < count; i++) {
      if ((families[i].queueFlags & needed) == needed) {
         instance->queue_family = i;
         instance->timestamp_bits = families[i].timestampValidBits;
         return true;
      }
   }
   fprintf(stderr, "no queue family has graphics and compute\n");
   return false;
}

/* The newest version that a test may use. */
#ifdef VK_VERSION_1_4
#define API_VERSION VK_API_VERSION_1_4
#else
#define API_VERSION VK_API_VERSION_1_3
#endif

bool
vkt_instance_init(struct vkt_instance *instance)
{
   return vkt_instance_init_with(instance, NULL, 0);
}

bool
vkt_instance_init_with(struct vkt_instance *instance,
                       const char *const *exts,
                       uint32_t ext_count)
{
   return vkt_instance_init_version(instance, API_VERSION, exts, ext_count);
}

bool
vkt_instance_init_version(struct vkt_instance *instance,
                          uint32_t api_version,
                          const char *const *exts,
                          uint32_t ext_count)
{
   const VkApplicationInfo app = {
      .sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
      .pApplicationName = "venus-dmabuf device test",
      .apiVersion = api_version,
   };
   const VkInstanceCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
      .pApplicationInfo = &app,
      .enabledExtensionCount = ext_count,
      .ppEnabledExtensionNames = exts,
   };
   uint32_t count = 1;
   VkResult result;

   memset(instance, 0, sizeof(*instance));
   if (!vkt_ok(vkCreateInstance(&info, NULL, &instance->handle),
               "vkCreateInstance"))
      return false;
   result =
      vkEnumeratePhysicalDevices(instance->handle, &count, &instance->pdev);
   if (result != VK_INCOMPLETE &&
       !vkt_ok(result, "vkEnumeratePhysicalDevices"))
      return false;
   if (!count) {
      fprintf(stderr, "there is no Vulkan device\n");
      return false;
   }
   vkGetPhysicalDeviceProperties(instance->pdev, &instance->props);
   vkGetPhysicalDeviceMemoryProperties(instance->pdev, &instance->memory);
   return find_queue_family(instance) && list_extensions(instance);
}

void
vkt_instance_finish(struct vkt_instance *instance)
{
   if (instance->handle)
      vkDestroyInstance(instance->handle, NULL);
   free(instance->exts);
   memset(instance, 0, sizeof(*instance));
}

bool
vkt_instance_has(const struct vkt_instance *instance, const char *ext)
{
   for (uint32_t i = 0; i < instance->ext_count; i++) {
      if (!strcmp(instance->exts[i].extensionName, ext))
         return true;
   }
   return false;
}

bool
vkt_instance_has_all(const struct vkt_instance *instance,
                     const char *const *exts,
                     uint32_t count)
{
   bool all = true;

   for (uint32_t i = 0; i < count; i++) {
      if (!vkt_instance_has(instance, exts[i])) {
         fprintf(stderr, "%s lacks %s\n", instance->props.deviceName,
                 exts[i]);
         all = false;
      }
   }
   return all;
}

uint32_t
vkt_memory_type(const struct vkt_instance *instance,
                uint32_t allowed_bits,
                VkMemoryPropertyFlags flags)
{
   for (uint32_t i = 0; i < instance->memory.memoryTypeCount; i++) {
      if ((allowed_bits >> i & 1) &&
          (instance->memory.memoryTypes[i].propertyFlags & flags) == flags)
         return i;
   }
   return UINT32_MAX;
}

bool
vkt_device_init(struct vkt_device *dev,
                const struct vkt_instance *instance,
                const char *const *exts,
                uint32_t ext_count,
                const void *features)
{
   const float priority = 1.0f;
   const VkDeviceQueueCreateInfo queue_info = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
      .queueFamilyIndex = instance->queue_family,
      .queueCount = 1,
      .pQueuePriorities = &priority,
   };
   const VkDeviceCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
      .pNext = features,
      .queueCreateInfoCount = 1,
      .pQueueCreateInfos = &queue_info,
      .enabledExtensionCount = ext_count,
      .ppEnabledExtensionNames = exts,
   };
   const VkCommandPoolCreateInfo pool_info = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
      .flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT,
      .queueFamilyIndex = instance->queue_family,
   };
   VkCommandBufferAllocateInfo cmd_info = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
      .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
      .commandBufferCount = 1,
   };
   const VkFenceCreateInfo fence_info = {
      .sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO,
   };

   memset(dev, 0, sizeof(*dev));
   dev->instance = instance;
   if (!vkt_ok(vkCreateDevice(instance->pdev, &info, NULL, &dev->handle),
               "vkCreateDevice"))
      return false;
   vkGetDeviceQueue(dev->handle, instance->queue_family, 0, &dev->queue);
   if (!vkt_ok(vkCreateCommandPool(dev->handle, &pool_info, NULL, &dev->pool),
               "vkCreateCommandPool"))
      return false;
   cmd_info.commandPool = dev->pool;
   return vkt_ok(vkAllocateCommandBuffers(dev->handle, &cmd_info, &dev->cmd),
                 "vkAllocateCommandBuffers") &&
          vkt_ok(vkCreateFence(dev->handle, &fence_info, NULL, &dev->fence),
                 "vkCreateFence");
}

void
vkt_device_finish(struct vkt_device *dev)
{
   if (dev->handle) {
      vkDestroyFence(dev->handle, dev->fence, NULL);
      vkDestroyCommandPool(dev->handle, dev->pool, NULL);
      vkDestroyDevice(dev->handle, NULL);
   }
   memset(dev, 0, sizeof(*dev));
}

bool
vkt_begin(struct vkt_device *dev)
{
   const VkCommandBufferBeginInfo info = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
      .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT,
   };

   return vkt_ok(vkBeginCommandBuffer(dev->cmd, &info),
                 "vkBeginCommandBuffer");
}

bool
vkt_submit_wait(struct vkt_device *dev)
{
   const VkSubmitInfo submit = {
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
      .commandBufferCount = 1,
      .pCommandBuffers = &dev->cmd,
   };

   return vkt_ok(vkEndCommandBuffer(dev->cmd), "vkEndCommandBuffer") &&
          vkt_ok(vkQueueSubmit(dev->queue, 1, &submit, dev->fence),
                 "vkQueueSubmit") &&
          vkt_ok(vkWaitForFences(dev->handle, 1, &dev->fence, VK_TRUE,
                                 VKT_TIMEOUT_NS),
                 "vkWaitForFences") &&
          vkt_ok(vkResetFences(dev->handle, 1, &dev->fence), "vkResetFences");
}

void
vkt_full_barrier(VkCommandBuffer cmd)
{
   const VkMemoryBarrier barrier = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
      .srcAccessMask = VK_ACCESS_MEMORY_WRITE_BIT,
      .dstAccessMask = VK_ACCESS_MEMORY_READ_BIT |
                       VK_ACCESS_MEMORY_WRITE_BIT | VK_ACCESS_HOST_READ_BIT,
   };

   vkCmdPipelineBarrier(
      cmd, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT,
      VK_PIPELINE_STAGE_ALL_COMMANDS_BIT | VK_PIPELINE_STAGE_HOST_BIT, 0, 1,
      &barrier, 0, NULL, 0, NULL);
}

static bool
buffer_init(struct vkt_buffer *buffer,
            struct vkt_device *dev,
            VkDeviceSize size,
            VkBufferUsageFlags usage,
            VkMemoryPropertyFlags flags)
{
   const VkBufferCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
      .size = size,
      .usage = usage,
   };
   VkMemoryAllocateInfo alloc = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
   };
   VkMemoryRequirements reqs;

   memset(buffer, 0, sizeof(*buffer));
   buffer->dev = dev;
   buffer->size = size;
   if (!vkt_ok(vkCreateBuffer(dev->handle, &info, NULL, &buffer->handle),
               "vkCreateBuffer"))
      return false;
   vkGetBufferMemoryRequirements(dev->handle, buffer->handle, &reqs);
   alloc.allocationSize = reqs.size;
   alloc.memoryTypeIndex =
      vkt_memory_type(dev->instance, reqs.memoryTypeBits, flags);
   if (alloc.memoryTypeIndex == UINT32_MAX) {
      fprintf(stderr, "no memory type with flags 0x%x for a buffer\n", flags);
      return false;
   }
   if (!vkt_ok(vkAllocateMemory(dev->handle, &alloc, NULL, &buffer->memory),
               "vkAllocateMemory") ||
       !vkt_ok(
          vkBindBufferMemory(dev->handle, buffer->handle, buffer->memory, 0),
          "vkBindBufferMemory"))
      return false;
   return !flags || vkt_ok(vkMapMemory(dev->handle, buffer->memory, 0,
                                       VK_WHOLE_SIZE, 0, &buffer->map),
                           "vkMapMemory");
}

bool
vkt_buffer_init(struct vkt_buffer *buffer,
                struct vkt_device *dev,
                VkDeviceSize size,
                VkBufferUsageFlags usage)
{
   return buffer_init(buffer, dev, size, usage,
                      VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT |
                         VK_MEMORY_PROPERTY_HOST_COHERENT_BIT);
}

bool
vkt_buffer_init_unmapped(struct vkt_buffer *buffer,
                         struct vkt_device *dev,
                         VkDeviceSize size,
                         VkBufferUsageFlags usage)
{
   return buffer_init(buffer, dev, size, usage, 0);
}

void
vkt_buffer_finish(struct vkt_buffer *buffer)
{
   if (buffer->dev) {
      vkDestroyBuffer(buffer->dev->handle, buffer->handle, NULL);
      vkFreeMemory(buffer->dev->handle, buffer->memory, NULL);
   }
   memset(buffer, 0, sizeof(*buffer));
}

bool
vkt_words_are(const void *map, size_t count, uint32_t value)
{
   const volatile uint32_t *words = map;

   for (size_t i = 0; i < count; i++) {
      const uint32_t word = words[i];
      if (word != value) {
         fprintf(stderr, "word %zu of %zu is 0x%08x, expected 0x%08x\n", i,
                 count, word, value);
         return false;
      }
   }
   return true;
}

bool
vkt_image_init(struct vkt_image *image,
               struct vkt_device *dev,
               VkFormat format,
               uint32_t width,
               uint32_t height,
               VkImageUsageFlags usage)
{
   const VkImageCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
      .imageType = VK_IMAGE_TYPE_2D,
      .format = format,
      .extent = { width, height, 1 },
      .mipLevels = 1,
      .arrayLayers = 1,
      .samples = VK_SAMPLE_COUNT_1_BIT,
      .tiling = VK_IMAGE_TILING_OPTIMAL,
      .usage = usage,
   };
   const VkImageUsageFlags viewed =
      VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_STORAGE_BIT |
      VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT |
      VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT;
   VkMemoryAllocateInfo alloc = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
   };
   VkImageViewCreateInfo view = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
      .viewType = VK_IMAGE_VIEW_TYPE_2D,
      .format = format,
      .subresourceRange = { .levelCount = 1, .layerCount = 1 },
   };
   VkMemoryRequirements reqs;

   memset(image, 0, sizeof(*image));
   image->dev = dev;
   image->width = width;
   image->height = height;
   image->aspect = format == VK_FORMAT_D16_UNORM ? VK_IMAGE_ASPECT_DEPTH_BIT
                                                 : VK_IMAGE_ASPECT_COLOR_BIT;
   if (!vkt_ok(vkCreateImage(dev->handle, &info, NULL, &image->handle),
               "vkCreateImage"))
      return false;
   vkGetImageMemoryRequirements(dev->handle, image->handle, &reqs);
   alloc.allocationSize = reqs.size;
   alloc.memoryTypeIndex =
      vkt_memory_type(dev->instance, reqs.memoryTypeBits, 0);
   if (!vkt_ok(vkAllocateMemory(dev->handle, &alloc, NULL, &image->memory),
               "vkAllocateMemory (image)") ||
       !vkt_ok(
          vkBindImageMemory(dev->handle, image->handle, image->memory, 0),
          "vkBindImageMemory"))
      return false;
   if (!(usage & viewed))
      return true;
   view.image = image->handle;
   view.subresourceRange.aspectMask = image->aspect;
   return vkt_ok(vkCreateImageView(dev->handle, &view, NULL, &image->view),
                 "vkCreateImageView");
}

void
vkt_image_finish(struct vkt_image *image)
{
   if (image->dev) {
      vkDestroyImageView(image->dev->handle, image->view, NULL);
      vkDestroyImage(image->dev->handle, image->handle, NULL);
      vkFreeMemory(image->dev->handle, image->memory, NULL);
   }
   memset(image, 0, sizeof(*image));
}

void
vkt_image_barrier(VkCommandBuffer cmd,
                  VkImage image,
                  VkImageAspectFlags aspect,
                  VkImageLayout from,
                  VkImageLayout to)
{
   const VkImageMemoryBarrier barrier = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
      .srcAccessMask = VK_ACCESS_MEMORY_WRITE_BIT,
      .dstAccessMask = VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT,
      .oldLayout = from,
      .newLayout = to,
      .srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
      .dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
      .image = image,
      .subresourceRange = {
         .aspectMask = aspect,
         .levelCount = 1,
         .layerCount = 1,
      },
   };

   vkCmdPipelineBarrier(cmd, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT,
                        VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 0, NULL, 0,
                        NULL, 1, &barrier);
}

void
vkt_image_read(const struct vkt_image *image, const struct vkt_buffer *buffer)
{
   const VkBufferImageCopy region = {
      .imageSubresource = { .aspectMask = image->aspect, .layerCount = 1 },
      .imageExtent = { image->width, image->height, 1 },
   };

   vkCmdCopyImageToBuffer(image->dev->cmd, image->handle,
                          VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL,
                          buffer->handle, 1, &region);
   vkt_full_barrier(image->dev->cmd);
}

VkShaderModule
vkt_shader(struct vkt_device *dev, const uint32_t *code, size_t size_bytes)
{
   const VkShaderModuleCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
      .codeSize = size_bytes,
      .pCode = code,
   };
   VkShaderModule module = VK_NULL_HANDLE;

   vkt_ok(vkCreateShaderModule(dev->handle, &info, NULL, &module),
          "vkCreateShaderModule");
   return module;
}

bool
vkt_device_works(struct vkt_device *dev)
{
   struct vkt_buffer buffer;
   bool ok;

   ok =
      vkt_buffer_init(&buffer, dev, 4096, VK_BUFFER_USAGE_TRANSFER_DST_BIT) &&
      vkt_begin(dev);
   if (ok) {
      vkCmdFillBuffer(dev->cmd, buffer.handle, 0, VK_WHOLE_SIZE, 0xa11fe);
      vkt_full_barrier(dev->cmd);
      ok = vkt_submit_wait(dev) && vkt_words_are(buffer.map, 1024, 0xa11fe);
   }
   vkt_buffer_finish(&buffer);
   return ok;
}
