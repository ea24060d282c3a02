/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 */

#include "vl_test_vulkan.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "u_test.h"

/* from libvulkan itself; the headers declare no prototypes here */
extern VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL
vkGetInstanceProcAddr(VkInstance instance, const char *pName);

#define MAX_LAYERS 8

int
vt_failures(void)
{
   return u_test_failures;
}

static VKAPI_ATTR VkBool32 VKAPI_CALL
on_message(VkDebugUtilsMessageSeverityFlagBitsEXT severity,
           VkDebugUtilsMessageTypeFlagsEXT types,
           const VkDebugUtilsMessengerCallbackDataEXT *data,
           void *user)
{
   /* the loader uses the general type for its own remarks */
   if (types & VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT) {
      fprintf(stderr, "validation: %s\n", data->pMessage);
      U_CHECK(!"a validation message");
   }
   return VK_FALSE;
}

#define MAX_DEVICES 8

bool
vt_instance_pick(struct vt_instance *instance, uint32_t index)
{
   VkPhysicalDevice devices[MAX_DEVICES];
   uint32_t count = MAX_DEVICES;
   instance->EnumeratePhysicalDevices(instance->handle, &count, devices);
   if (index >= count)
      return false;
   instance->physical = devices[index];
   instance->GetPhysicalDeviceProperties(instance->physical,
                                         &instance->properties);
   instance->all_types = instance->visible_types = 0;
   if (instance->api_version > instance->properties.apiVersion)
      instance->api_version = instance->properties.apiVersion;

   VkPhysicalDeviceMemoryProperties memory;
   instance->GetPhysicalDeviceMemoryProperties(instance->physical, &memory);
   for (uint32_t i = 0; i < memory.memoryTypeCount; i++) {
      instance->all_types |= 1u << i;
      if (memory.memoryTypes[i].propertyFlags &
          VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT)
         instance->visible_types |= 1u << i;
   }

   if (instance->GetPhysicalDeviceFormatProperties2 &&
       instance->api_version >= VK_API_VERSION_1_1) {
      VkFormatProperties2 format = {
         .sType = VK_STRUCTURE_TYPE_FORMAT_PROPERTIES_2,
      };
      instance->GetPhysicalDeviceFormatProperties2(instance->physical,
                                                   VT_FORMAT, &format);
      instance->can_render = format.formatProperties.linearTilingFeatures &
                             VK_FORMAT_FEATURE_COLOR_ATTACHMENT_BIT;
   }
   return true;
}

bool
vt_instance_init(struct vt_instance *instance,
                 const char *layers,
                 uint32_t api_version)
{
   return vt_instance_init_with(instance, layers, api_version, NULL, NULL);
}

bool
vt_layer_has_extension(const char *layer, const char *name)
{
   const PFN_vkEnumerateInstanceExtensionProperties enumerate =
      (PFN_vkEnumerateInstanceExtensionProperties)vkGetInstanceProcAddr(
         NULL, "vkEnumerateInstanceExtensionProperties");
   VkExtensionProperties list[16];
   uint32_t count = 16;
   if (!U_CHECK_EQ(enumerate(layer, &count, list), VK_SUCCESS))
      return false;
   for (uint32_t i = 0; i < count; i++) {
      if (!strcmp(list[i].extensionName, name))
         return true;
   }
   return false;
}

bool
vt_instance_init_with(struct vt_instance *instance,
                      const char *layers,
                      uint32_t api_version,
                      const char *extension,
                      const void *chain)
{
   *instance = (struct vt_instance){ .api_version = api_version };

   char *copy = strdup(layers);
   const char *names[MAX_LAYERS];
   uint32_t count = 0;
   for (char *name = strtok(copy, ","); name && count < MAX_LAYERS;
        name = strtok(NULL, ","))
      names[count++] = name;

   const VkDebugUtilsMessengerCreateInfoEXT messenger = {
      .sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT,
      .pNext = chain,
      .messageSeverity = VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT |
                         VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT,
      .messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT,
      .pfnUserCallback = on_message,
   };
   const char *const extensions[] = { VK_EXT_DEBUG_UTILS_EXTENSION_NAME,
                                      extension };
   const VkApplicationInfo application = {
      .sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
      .apiVersion = api_version,
   };
   const VkInstanceCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
      .pNext = &messenger,
      .pApplicationInfo = &application,
      .enabledLayerCount = count,
      .ppEnabledLayerNames = names,
      .enabledExtensionCount = extension ? 2 : 1,
      .ppEnabledExtensionNames = extensions,
   };
   const PFN_vkCreateInstance create =
      (PFN_vkCreateInstance)vkGetInstanceProcAddr(NULL, "vkCreateInstance");
   /* the loader hands what lies there to layers */
   instance->handle = (VkInstance)(uintptr_t)0x1234;
   const VkResult result = create(&info, NULL, &instance->handle);
   free(copy);
   if (result != VK_SUCCESS) {
      fprintf(stderr, "no instance with layers '%s': %d\n", layers, result);
      return false;
   }

#define LOAD(name)                                                           \
   instance->name =                                                          \
      (PFN_vk##name)vkGetInstanceProcAddr(instance->handle, "vk" #name);
   VT_INSTANCE_FUNCTIONS(LOAD)
#undef LOAD

   if (!vt_instance_pick(instance, 0)) {
      fprintf(stderr, "no Vulkan device\n");
      instance->DestroyInstance(instance->handle, NULL);
      return false;
   }
   VkDebugUtilsMessengerCreateInfoEXT alone = messenger;
   alone.pNext = NULL;
   instance->CreateDebugUtilsMessengerEXT(instance->handle, &alone, NULL,
                                          &instance->messenger);
   return true;
}

void
vt_instance_finish(struct vt_instance *instance)
{
   instance->DestroyDebugUtilsMessengerEXT(instance->handle,
                                           instance->messenger, NULL);
   instance->DestroyInstance(instance->handle, NULL);
}

bool
vt_has_extension(const struct vt_instance *instance, const char *name)
{
   uint32_t count = 0;
   instance->EnumerateDeviceExtensionProperties(instance->physical, NULL,
                                                &count, NULL);
   VkExtensionProperties *list = calloc(count + 1u, sizeof(*list));
   instance->EnumerateDeviceExtensionProperties(instance->physical, NULL,
                                                &count, list);
   int found = 0;
   for (uint32_t i = 0; i < count; i++)
      found += !strcmp(list[i].extensionName, name);
   free(list);
   U_CHECK(found <= 1);
   return found;
}

bool
vt_device_init(struct vt_device *device, struct vt_instance *instance)
{
   static const char *const wanted[] = {
      VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME,
      VK_EXT_EXTERNAL_MEMORY_DMA_BUF_EXTENSION_NAME,
      VK_EXT_IMAGE_DRM_FORMAT_MODIFIER_EXTENSION_NAME,
      VK_EXT_QUEUE_FAMILY_FOREIGN_EXTENSION_NAME,
   };
   const char *names[4];
   uint32_t count = 0;
   for (int i = 0; i < 4; i++) {
      if (vt_has_extension(instance, wanted[i]))
         names[count++] = wanted[i];
   }

   *device = (struct vt_device){ .instance = instance };
   const float priority = 1.0f;
   const VkDeviceQueueCreateInfo queue = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
      .queueCount = 1,
      .pQueuePriorities = &priority,
   };
   VkPhysicalDeviceVulkan13Features features = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES,
      .dynamicRendering = VK_TRUE,
      .synchronization2 = VK_TRUE,
      .maintenance4 = VK_TRUE,
   };
   const VkDeviceCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
      .pNext = instance->api_version >= VK_API_VERSION_1_3 ? &features : NULL,
      .queueCreateInfoCount = 1,
      .pQueueCreateInfos = &queue,
      .enabledExtensionCount = count,
      .ppEnabledExtensionNames = names,
   };
   if (!U_CHECK_EQ(instance->CreateDevice(instance->physical, &info, NULL,
                                          &device->handle),
                   VK_SUCCESS))
      return false;

#define LOAD(name)                                                           \
   device->name =                                                            \
      (PFN_vk##name)instance->GetDeviceProcAddr(device->handle, "vk" #name);
   VT_DEVICE_FUNCTIONS(LOAD)
#undef LOAD

   device->GetDeviceQueue(device->handle, 0, 0, &device->queue);
   const VkCommandPoolCreateInfo pool = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
      .flags = VK_COMMAND_POOL_CREATE_TRANSIENT_BIT,
   };
   return U_CHECK_EQ(
      device->CreateCommandPool(device->handle, &pool, NULL, &device->pool),
      VK_SUCCESS);
}

void
vt_device_finish(struct vt_device *device)
{
   device->DestroyCommandPool(device->handle, device->pool, NULL);
   device->DestroyDevice(device->handle, NULL);
}

VkCommandBuffer
vt_begin(struct vt_device *device)
{
   const VkCommandBufferAllocateInfo allocate = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
      .commandPool = device->pool,
      .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
      .commandBufferCount = 1,
   };
   const VkCommandBufferBeginInfo begin = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
      .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT,
   };
   device->AllocateCommandBuffers(device->handle, &allocate,
                                  &device->command);
   device->BeginCommandBuffer(device->command, &begin);
   return device->command;
}

bool
vt_submit(struct vt_device *device)
{
   const VkSubmitInfo submit = {
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
      .commandBufferCount = 1,
      .pCommandBuffers = &device->command,
   };
   return U_CHECK_EQ(device->EndCommandBuffer(device->command), VK_SUCCESS) &&
          U_CHECK_EQ(
             device->QueueSubmit(device->queue, 1, &submit, VK_NULL_HANDLE),
             VK_SUCCESS) &&
          U_CHECK_EQ(device->DeviceWaitIdle(device->handle), VK_SUCCESS);
}

VkBuffer
vt_buffer(struct vt_device *device,
          uint64_t size_B,
          VkExternalMemoryHandleTypeFlags types)
{
   const VkExternalMemoryBufferCreateInfo external = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
      .handleTypes = types,
   };
   const VkBufferCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
      .pNext = types ? &external : NULL,
      .size = size_B,
      .usage =
         VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT,
   };
   VkBuffer buffer = VK_NULL_HANDLE;
   U_CHECK_EQ(device->CreateBuffer(device->handle, &info, NULL, &buffer),
              VK_SUCCESS);
   return buffer;
}

VkResult
vt_allocate(struct vt_device *device,
            uint64_t size_B,
            uint32_t type_bits,
            VkExternalMemoryHandleTypeFlags export_types,
            int fd,
            VkDeviceMemory *memory)
{
   const VkExportMemoryAllocateInfo export = {
      .sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
      .handleTypes = export_types,
   };
   const VkImportMemoryFdInfoKHR import = {
      .sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR,
      .pNext = export_types ? &export : NULL,
      .handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT,
      .fd = fd,
   };
   const VkMemoryAllocateInfo info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
      .pNext = fd >= 0 ? (const void *)&import : import.pNext,
      .allocationSize = size_B,
      .memoryTypeIndex = (uint32_t)__builtin_ctz(type_bits),
   };
   *memory = VK_NULL_HANDLE;
   return device->AllocateMemory(device->handle, &info, NULL, memory);
}

int
vt_export(struct vt_device *device, VkDeviceMemory memory)
{
   const VkMemoryGetFdInfoKHR info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_GET_FD_INFO_KHR,
      .memory = memory,
      .handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT,
   };
   int fd = -1;
   U_CHECK_EQ(device->GetMemoryFdKHR(device->handle, &info, &fd), VK_SUCCESS);
   return fd;
}

struct vt_usage
vt_usage(void)
{
   struct vt_usage usage = { 0 };

   DIR *directory = opendir("/proc/self/fd");
   if (directory) {
      while (readdir(directory))
         usage.fds++;
      closedir(directory);
   }

   FILE *maps = fopen("/proc/self/maps", "re");
   if (maps) {
      char line[512];
      while (fgets(line, sizeof(line), maps))
         usage.mappings += strstr(line, "venus-shm") != NULL;
      fclose(maps);
   }
   return usage;
}

bool
vt_is_filled(const void *memory, uint64_t size_B, uint32_t value)
{
   const uint32_t *words = memory;
   for (uint64_t i = 0; i < size_B / 4; i++) {
      if (words[i] != value) {
         fprintf(stderr, "word %" PRIu64 " is %08x, not %08x\n", i, words[i],
                 value);
         return false;
      }
   }
   return true;
}

void
vt_fill(struct vt_device *device, VkBuffer buffer, uint32_t value)
{
   VkCommandBuffer command = vt_begin(device);
   device->CmdFillBuffer(command, buffer, 0, VK_WHOLE_SIZE, value);
   vt_submit(device);
}

bool
vt_bound_buffer_init(struct vt_bound_buffer *bound,
                     struct vt_device *device,
                     VkExternalMemoryHandleTypeFlags buffer_types,
                     VkExternalMemoryHandleTypeFlags export_types,
                     int fd)
{
   VkMemoryRequirements requirements;
   bound->buffer = vt_buffer(device, VT_SIZE_B, buffer_types);
   device->GetBufferMemoryRequirements(device->handle, bound->buffer,
                                       &requirements);
   /* a dma-buf's memory may be of fewer types than a plain buffer's */
   uint32_t types = requirements.memoryTypeBits;
   if (export_types && !buffer_types)
      types &= device->instance->visible_types;
   return U_CHECK_EQ(vt_allocate(device, requirements.size, types,
                                 export_types, fd, &bound->memory),
                     VK_SUCCESS) &&
          U_CHECK_EQ(device->BindBufferMemory(device->handle, bound->buffer,
                                              bound->memory, 0),
                     VK_SUCCESS);
}

void
vt_bound_buffer_finish(struct vt_bound_buffer *bound,
                       struct vt_device *device)
{
   device->DestroyBuffer(device->handle, bound->buffer, NULL);
   device->FreeMemory(device->handle, bound->memory, NULL);
}

static const uint64_t linear_modifier = VT_LINEAR;
const VkImageDrmFormatModifierListCreateInfoEXT vt_linear_list = {
   .sType = VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_LIST_CREATE_INFO_EXT,
   .drmFormatModifierCount = 1,
   .pDrmFormatModifiers = &linear_modifier,
};

VkResult
vt_modifier_image(struct vt_device *device,
                  const void *modifier_info,
                  VkImage *image)
{
   const VkExternalMemoryImageCreateInfo external = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
      .pNext = modifier_info,
      .handleTypes = VT_DMA_BUF,
   };
   const VkImageCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
      .pNext = &external,
      .imageType = VK_IMAGE_TYPE_2D,
      .format = VT_FORMAT,
      .extent = { VT_WIDTH, VT_HEIGHT, 1 },
      .mipLevels = 1,
      .arrayLayers = 1,
      .samples = VK_SAMPLE_COUNT_1_BIT,
      .tiling = VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT,
      .usage =
         (device->instance->can_render ? VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT
                                       : 0) |
         VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT,
   };
   *image = VK_NULL_HANDLE;
   return device->CreateImage(device->handle, &info, NULL, image);
}
