/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * VK_LAYER_VENUS_test_mask: sits between the layer under test and a real
 * driver, and makes it one with opaque fds but no dma-bufs, whatever the
 * driver is. VENUS_TEST_MASK makes that poorer, richer or a liar; it is read
 * when an instance is created:
 *
 *    hide-host      no VK_EXT_external_memory_host
 *    hide-fd        no VK_KHR_external_memory_fd, so no dma-bufs either
 *    no-device      a second device cannot be created
 *    fail-import    host pointers are refused
 *    fail-buffer    buffers with the host-allocation type are refused
 *    fail-image     the same for images
 *    no-types       a host pointer fits no memory type
 *    elsewhere      imports succeed, but the device writes to other memory
 *    bad-alignment  minImportedHostPointerAlignment is not a power of two
 *    discrete       two memory types, only the second takes host pointers
 *    own-modifiers  the driver has a tiled modifier of its own
 *    complete       the driver has dma-bufs and modifiers of its own
 *
 * One driver, one thread: the next functions are kept in plain globals.
 */

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <vulkan/vk_layer.h>
#include <vulkan/vulkan.h>

#define HOST           VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT
#define DMA_BUF        VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT
#define TILED          UINT64_C(0x0100000000000001)
#define SCRATCH_SIZE_B (UINT64_C(1) << 20)

static char mode[32];
static VkInstance the_instance;
static PFN_vkGetInstanceProcAddr next_gipa;
static PFN_vkGetDeviceProcAddr next_gdpa;
static void *scratch;

/* Looked up while the instance is being created: afterwards the loader
 * answers with the top of the chain.
 */
#define MASKED(X)                                                            \
   X(EnumerateDeviceExtensionProperties)                                     \
   X(GetPhysicalDeviceFeatures)                                              \
   X(GetPhysicalDeviceQueueFamilyProperties)                                 \
   X(GetPhysicalDeviceMemoryProperties)                                      \
   X(GetPhysicalDeviceProperties2)                                           \
   X(GetPhysicalDeviceExternalBufferProperties)                              \
   X(GetPhysicalDeviceImageFormatProperties2)
#define MEMBER(name) PFN_vk##name name;
static struct {
   MASKED(MEMBER)
} next_instance;

#define NEXT_INSTANCE(name) (next_instance.name)
#define NEXT_DEVICE(name)   ((PFN_vk##name)next_gdpa(device, "vk" #name))

static bool
mode_is(const char *name)
{
   return !strcmp(mode, name);
}

static const void *
find(const void *chain, VkStructureType type)
{
   const VkBaseInStructure *in = chain;
   while (in && in->sType != type)
      in = in->pNext;
   return in;
}

static VKAPI_ATTR VkResult VKAPI_CALL
mask_CreateInstance(const VkInstanceCreateInfo *info,
                    const VkAllocationCallbacks *allocator,
                    VkInstance *instance)
{
   const VkBaseInStructure *in = info->pNext;
   while (in &&
          !(in->sType == VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO &&
            ((const VkLayerInstanceCreateInfo *)in)->function ==
               VK_LAYER_LINK_INFO))
      in = in->pNext;
   if (!in)
      return VK_ERROR_INITIALIZATION_FAILED;
   VkLayerInstanceCreateInfo *link = (VkLayerInstanceCreateInfo *)in;
   next_gipa = link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
   link->u.pLayerInfo = link->u.pLayerInfo->pNext;

   const char *wanted = getenv("VENUS_TEST_MASK");
   strncpy(mode, wanted ? wanted : "", sizeof(mode) - 1);

   const VkResult result = ((PFN_vkCreateInstance)next_gipa(
      NULL, "vkCreateInstance"))(info, allocator, instance);
   if (result != VK_SUCCESS)
      return result;
   the_instance = *instance;
#define LOAD(name)                                                           \
   next_instance.name = (PFN_vk##name)next_gipa(the_instance, "vk" #name);
   MASKED(LOAD)
#undef LOAD
   return VK_SUCCESS;
}

static bool
is_own(const char *name)
{
   return ((mode_is("own-modifiers") || mode_is("complete")) &&
           (!strcmp(name, VK_EXT_IMAGE_DRM_FORMAT_MODIFIER_EXTENSION_NAME) ||
            !strcmp(name, VK_EXT_QUEUE_FAMILY_FOREIGN_EXTENSION_NAME))) ||
          (mode_is("complete") &&
           !strcmp(name, VK_EXT_EXTERNAL_MEMORY_DMA_BUF_EXTENSION_NAME));
}

static VKAPI_ATTR VkResult VKAPI_CALL
mask_CreateDevice(VkPhysicalDevice physical,
                  const VkDeviceCreateInfo *info,
                  const VkAllocationCallbacks *allocator,
                  VkDevice *device)
{
   const VkLayerDeviceCreateInfo *in = info->pNext;
   while (in && !(in->sType == VK_STRUCTURE_TYPE_LOADER_DEVICE_CREATE_INFO &&
                  in->function == VK_LAYER_LINK_INFO))
      in = in->pNext;
   if (!in)
      return VK_ERROR_INITIALIZATION_FAILED;
   VkLayerDeviceCreateInfo *link = (VkLayerDeviceCreateInfo *)in;
   next_gdpa = link->u.pLayerInfo->pfnNextGetDeviceProcAddr;
   const PFN_vkCreateDevice create =
      (PFN_vkCreateDevice)link->u.pLayerInfo->pfnNextGetInstanceProcAddr(
         the_instance, "vkCreateDevice");
   link->u.pLayerInfo = link->u.pLayerInfo->pNext;

   static int device_count;
   if (mode_is("no-device") && device_count++ == 0)
      return VK_ERROR_INITIALIZATION_FAILED;

   VkDeviceCreateInfo copy = *info;
   const char *names[64];
   copy.enabledExtensionCount = 0;
   copy.ppEnabledExtensionNames = names;
   for (uint32_t i = 0; i < info->enabledExtensionCount && i < 64; i++) {
      if (!is_own(info->ppEnabledExtensionNames[i]))
         names[copy.enabledExtensionCount++] =
            info->ppEnabledExtensionNames[i];
   }
   return create(physical, &copy, allocator, device);
}

/* Newer drivers have some of what the layer under test is there to add. */
static bool
is_too_new(const char *name)
{
   return !strcmp(name, VK_EXT_EXTERNAL_MEMORY_DMA_BUF_EXTENSION_NAME) ||
          !strcmp(name, VK_EXT_IMAGE_DRM_FORMAT_MODIFIER_EXTENSION_NAME) ||
          !strcmp(name, VK_EXT_QUEUE_FAMILY_FOREIGN_EXTENSION_NAME);
}

static bool
is_hidden(const char *name)
{
   return is_too_new(name) ||
          (mode_is("hide-host") &&
           !strcmp(name, VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME)) ||
          (mode_is("hide-fd") &&
           !strcmp(name, VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME));
}

static VKAPI_ATTR VkResult VKAPI_CALL
mask_EnumerateDeviceExtensionProperties(VkPhysicalDevice physical,
                                        const char *layer,
                                        uint32_t *count,
                                        VkExtensionProperties *properties)
{
   static const char *const own[] = {
      VK_EXT_IMAGE_DRM_FORMAT_MODIFIER_EXTENSION_NAME,
      VK_EXT_QUEUE_FAMILY_FOREIGN_EXTENSION_NAME,
      VK_EXT_EXTERNAL_MEMORY_DMA_BUF_EXTENSION_NAME,
   };
   static VkExtensionProperties list[512];
   uint32_t total = 500, kept = 0;
   VkResult result = NEXT_INSTANCE(EnumerateDeviceExtensionProperties)(
      physical, layer, &total, list);
   if (result != VK_SUCCESS)
      return result;
   for (uint32_t i = 0; i < total; i++) {
      if (!is_hidden(list[i].extensionName))
         list[kept++] = list[i];
   }
   for (int i = 0; i < 3; i++) {
      if (is_own(own[i])) {
         memset(&list[kept], 0, sizeof(list[kept]));
         strcpy(list[kept].extensionName, own[i]);
         list[kept++].specVersion = 1;
      }
   }
   if (!properties) {
      *count = kept;
      return VK_SUCCESS;
   }
   result = *count < kept ? VK_INCOMPLETE : VK_SUCCESS;
   if (*count > kept)
      *count = kept;
   memcpy(properties, list, *count * sizeof(list[0]));
   return result;
}

/* Claimed only: nobody binds anything here. */
static VKAPI_ATTR void VKAPI_CALL
mask_GetPhysicalDeviceFeatures(VkPhysicalDevice physical,
                               VkPhysicalDeviceFeatures *features)
{
   NEXT_INSTANCE(GetPhysicalDeviceFeatures)(physical, features);
   features->sparseBinding = VK_TRUE;
}

static VKAPI_ATTR void VKAPI_CALL
mask_GetPhysicalDeviceQueueFamilyProperties(VkPhysicalDevice physical,
                                            uint32_t *count,
                                            VkQueueFamilyProperties *families)
{
   NEXT_INSTANCE(GetPhysicalDeviceQueueFamilyProperties)
   (physical, count, families);
   for (uint32_t i = 0; families && i < *count; i++)
      families[i].queueFlags |= VK_QUEUE_SPARSE_BINDING_BIT;
}

static VKAPI_ATTR void VKAPI_CALL
mask_GetPhysicalDeviceMemoryProperties(
   VkPhysicalDevice physical,
   VkPhysicalDeviceMemoryProperties *memory)
{
   NEXT_INSTANCE(GetPhysicalDeviceMemoryProperties)(physical, memory);
   if (mode_is("discrete")) {
      memory->memoryTypeCount = 2;
      memory->memoryTypes[1] = memory->memoryTypes[0];
   }
}

static VKAPI_ATTR void VKAPI_CALL
mask_GetPhysicalDeviceProperties2(VkPhysicalDevice physical,
                                  VkPhysicalDeviceProperties2 *properties)
{
   NEXT_INSTANCE(GetPhysicalDeviceProperties2)(physical, properties);
   VkPhysicalDeviceExternalMemoryHostPropertiesEXT *host = (void *)find(
      properties,
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_MEMORY_HOST_PROPERTIES_EXT);
   if (host && mode_is("bad-alignment"))
      host->minImportedHostPointerAlignment = 4097;
}

static VKAPI_ATTR void VKAPI_CALL
mask_GetPhysicalDeviceExternalBufferProperties(
   VkPhysicalDevice physical,
   const VkPhysicalDeviceExternalBufferInfo *info,
   VkExternalBufferProperties *properties)
{
   NEXT_INSTANCE(GetPhysicalDeviceExternalBufferProperties)
   (physical, info, properties);
   if (info->handleType == DMA_BUF) {
      properties->externalMemoryProperties =
         (VkExternalMemoryProperties){ 0 };
      if (mode_is("complete")) {
         properties->externalMemoryProperties.externalMemoryFeatures =
            VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT |
            VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
      }
   }
}

static VKAPI_ATTR VkResult VKAPI_CALL
mask_GetPhysicalDeviceImageFormatProperties2(
   VkPhysicalDevice physical,
   const VkPhysicalDeviceImageFormatInfo2 *info,
   VkImageFormatProperties2 *properties)
{
   VkPhysicalDeviceImageFormatInfo2 copy = *info;
   if (mode_is("own-modifiers") &&
       info->tiling == VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT) {
      copy.tiling = VK_IMAGE_TILING_OPTIMAL;
      copy.pNext = NULL;
   }
   return NEXT_INSTANCE(GetPhysicalDeviceImageFormatProperties2)(
      physical, &copy, properties);
}

static VKAPI_ATTR VkResult VKAPI_CALL
mask_AllocateMemory(VkDevice device,
                    const VkMemoryAllocateInfo *info,
                    const VkAllocationCallbacks *allocator,
                    VkDeviceMemory *memory)
{
   VkMemoryAllocateInfo copy = *info;
   const VkImportMemoryHostPointerInfoEXT *import = find(
      info->pNext, VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT);
   VkImportMemoryHostPointerInfoEXT other;
   if (import && mode_is("fail-import"))
      return VK_ERROR_INVALID_EXTERNAL_HANDLE;
   if (import && mode_is("elsewhere")) {
      other = *import;
      other.pHostPointer = scratch;
      copy.pNext = &other;
   }
   if (mode_is("discrete"))
      copy.memoryTypeIndex = 0;
   return NEXT_DEVICE(AllocateMemory)(device, &copy, allocator, memory);
}

static VKAPI_ATTR VkResult VKAPI_CALL
mask_GetMemoryHostPointerPropertiesEXT(
   VkDevice device,
   VkExternalMemoryHandleTypeFlagBits type,
   const void *pointer,
   VkMemoryHostPointerPropertiesEXT *properties)
{
   const VkResult result = NEXT_DEVICE(GetMemoryHostPointerPropertiesEXT)(
      device, type, pointer, properties);
   if (mode_is("no-types"))
      properties->memoryTypeBits = 0;
   if (mode_is("discrete"))
      properties->memoryTypeBits = 2;
   return result;
}

static VKAPI_ATTR VkResult VKAPI_CALL
mask_CreateBuffer(VkDevice device,
                  const VkBufferCreateInfo *info,
                  const VkAllocationCallbacks *allocator,
                  VkBuffer *buffer)
{
   const VkExternalMemoryBufferCreateInfo *external =
      find(info->pNext, VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO);
   if (external && (external->handleTypes & HOST) && mode_is("fail-buffer"))
      return VK_ERROR_OUT_OF_DEVICE_MEMORY;
   return NEXT_DEVICE(CreateBuffer)(device, info, allocator, buffer);
}

static VKAPI_ATTR VkResult VKAPI_CALL
mask_CreateImage(VkDevice device,
                 const VkImageCreateInfo *info,
                 const VkAllocationCallbacks *allocator,
                 VkImage *image)
{
   const VkExternalMemoryImageCreateInfo *external =
      find(info->pNext, VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO);
   if (external && (external->handleTypes & HOST) && mode_is("fail-image"))
      return VK_ERROR_OUT_OF_DEVICE_MEMORY;
   return NEXT_DEVICE(CreateImage)(device, info, allocator, image);
}

static VKAPI_ATTR void VKAPI_CALL
mask_GetBufferMemoryRequirements(VkDevice device,
                                 VkBuffer buffer,
                                 VkMemoryRequirements *requirements)
{
   NEXT_DEVICE(GetBufferMemoryRequirements)(device, buffer, requirements);
   if (mode_is("discrete"))
      requirements->memoryTypeBits = 3;
}

static VKAPI_ATTR void VKAPI_CALL
mask_GetImageMemoryRequirements(VkDevice device,
                                VkImage image,
                                VkMemoryRequirements *requirements)
{
   NEXT_DEVICE(GetImageMemoryRequirements)(device, image, requirements);
   if (mode_is("discrete"))
      requirements->memoryTypeBits = 3;
}

/* A driver that dies of a queue family that it does not know. */
static void
check_families(uint32_t src, uint32_t dst)
{
   if (!is_own(VK_EXT_QUEUE_FAMILY_FOREIGN_EXTENSION_NAME) &&
       (src == VK_QUEUE_FAMILY_FOREIGN_EXT ||
        dst == VK_QUEUE_FAMILY_FOREIGN_EXT))
      abort();
}

static PFN_vkCmdPipelineBarrier next_CmdPipelineBarrier;

static VKAPI_ATTR void VKAPI_CALL
mask_CmdPipelineBarrier(VkCommandBuffer command,
                        VkPipelineStageFlags src,
                        VkPipelineStageFlags dst,
                        VkDependencyFlags flags,
                        uint32_t memory_count,
                        const VkMemoryBarrier *memories,
                        uint32_t buffer_count,
                        const VkBufferMemoryBarrier *buffers,
                        uint32_t image_count,
                        const VkImageMemoryBarrier *images)
{
   for (uint32_t i = 0; i < buffer_count; i++)
      check_families(buffers[i].srcQueueFamilyIndex,
                     buffers[i].dstQueueFamilyIndex);
   for (uint32_t i = 0; i < image_count; i++)
      check_families(images[i].srcQueueFamilyIndex,
                     images[i].dstQueueFamilyIndex);
   next_CmdPipelineBarrier(command, src, dst, flags, memory_count, memories,
                           buffer_count, buffers, image_count, images);
}

static PFN_vkCmdPipelineBarrier2 next_CmdPipelineBarrier2;

static VKAPI_ATTR void VKAPI_CALL
mask_CmdPipelineBarrier2(VkCommandBuffer command,
                         const VkDependencyInfo *info)
{
   for (uint32_t i = 0; i < info->bufferMemoryBarrierCount; i++)
      check_families(info->pBufferMemoryBarriers[i].srcQueueFamilyIndex,
                     info->pBufferMemoryBarriers[i].dstQueueFamilyIndex);
   next_CmdPipelineBarrier2(command, info);
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL
mask_GetDeviceProcAddr(VkDevice device, const char *name);

static const struct {
   const char *name;
   PFN_vkVoidFunction function;
   bool is_device;
} entries[] = {
#define ENTRY(name, is_device)                                               \
   {                                                                         \
      "vk" #name, (PFN_vkVoidFunction)mask_##name, is_device                 \
   }
   ENTRY(CreateInstance, false),
   ENTRY(CreateDevice, false),
   ENTRY(EnumerateDeviceExtensionProperties, false),
   ENTRY(GetPhysicalDeviceFeatures, false),
   ENTRY(GetPhysicalDeviceQueueFamilyProperties, false),
   ENTRY(GetPhysicalDeviceMemoryProperties, false),
   ENTRY(GetPhysicalDeviceProperties2, false),
   ENTRY(GetPhysicalDeviceExternalBufferProperties, false),
   ENTRY(GetPhysicalDeviceImageFormatProperties2, false),
   ENTRY(GetDeviceProcAddr, true),
   ENTRY(AllocateMemory, true),
   ENTRY(GetMemoryHostPointerPropertiesEXT, true),
   ENTRY(CreateBuffer, true),
   ENTRY(CreateImage, true),
   ENTRY(GetBufferMemoryRequirements, true),
   ENTRY(GetImageMemoryRequirements, true),
   ENTRY(CmdPipelineBarrier, true),
   ENTRY(CmdPipelineBarrier2, true),
#undef ENTRY
};

static PFN_vkVoidFunction
lookup(const char *name, bool device_only)
{
   for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
      if (!strcmp(entries[i].name, name) &&
          (entries[i].is_device || !device_only))
         return entries[i].function;
   }
   return NULL;
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL
mask_GetDeviceProcAddr(VkDevice device, const char *name)
{
   const PFN_vkVoidFunction function = lookup(name, true);
   next_CmdPipelineBarrier =
      (PFN_vkCmdPipelineBarrier)next_gdpa(device, "vkCmdPipelineBarrier");
   next_CmdPipelineBarrier2 =
      (PFN_vkCmdPipelineBarrier2)next_gdpa(device, "vkCmdPipelineBarrier2");
   return function ? function : next_gdpa(device, name);
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL
mask_GetInstanceProcAddr(VkInstance instance, const char *name)
{
   const PFN_vkVoidFunction function = lookup(name, false);
   return function ? function : next_gipa(instance, name);
}

VKAPI_ATTR VkResult VKAPI_CALL
vkNegotiateLoaderLayerInterfaceVersion(VkNegotiateLayerInterface *version);

__attribute__((visibility("default"))) VKAPI_ATTR VkResult VKAPI_CALL
vkNegotiateLoaderLayerInterfaceVersion(VkNegotiateLayerInterface *version)
{
   if (!scratch) {
      scratch = mmap(NULL, SCRATCH_SIZE_B, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
   }
   version->loaderLayerInterfaceVersion = 2;
   version->pfnGetInstanceProcAddr = mask_GetInstanceProcAddr;
   version->pfnGetDeviceProcAddr = mask_GetDeviceProcAddr;
   version->pfnGetPhysicalDeviceProcAddr = NULL;
   return VK_SUCCESS;
}
