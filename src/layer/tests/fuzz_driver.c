/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 */

#include "fuzz_driver.h"

#include <unistd.h>

#include "u_overflow.h"

#define HOST_ALLOCATION VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT
#define DMA_BUF         VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT

static struct fuzz_driver_config config;
static uint32_t call_count;
static uint32_t object_count;

_Alignas(FUZZ_APP_MEMORY_B) uint8_t fuzz_app_memory[FUZZ_APP_MEMORY_B];

/* ---- objects ------------------------------------------------------------- */

enum kind {
   KIND_INSTANCE,
   KIND_DEVICE,
   KIND_MEMORY,
   KIND_BUFFER,
   KIND_IMAGE,
   KIND_POOL,
   KIND_FENCE,
};

/* What a handle points to. The first member is the loader's in dispatchable
 * ones: all of a device share one value.
 */
struct object {
   void *dispatch_key;
   enum kind kind;
   struct object *owner;    /* the device; NULL for instances and devices */
   struct object *next;     /* of the device's objects */
   struct object *children; /* of a device or an instance */

   uint64_t size_B;         /* memory, buffer */
   uint8_t *pointer;        /* memory that was imported */
   struct object *bound;    /* of a buffer or an image: its memory */
   uint64_t offset_B;       /* of an image, there */
   VkImageCreateInfo image; /* without pNext */
   VkImageTiling tiling;
};

/* Dispatchable, and nothing but a key. */
struct dispatchable {
   void *dispatch_key;
};

static struct dispatchable physical_device, queue, command_buffer;

static struct object *
create(enum kind kind, struct object *owner)
{
   struct object *object = u_fuzz_zeros(1, sizeof(*object));
   object->kind = kind;
   object->owner = owner;
   object->dispatch_key = object;
   object_count++;
   if (owner) {
      object->next = owner->children;
      owner->children = object;
   }
   return object;
}

static void
destroy(struct object *object)
{
   if (!object)
      return;
   while (object->children)
      destroy(object->children);
   if (object->owner) {
      struct object **link = &object->owner->children;
      while (*link != object) {
         U_FUZZ_CHECK(*link);
         link = &(*link)->next;
      }
      *link = object->next;
   }
   object_count--;
   free(object);
}

static struct object *
object_of(const void *handle, enum kind kind)
{
   struct object *object = (struct object *)handle;
   U_FUZZ_CHECK(object && object->kind == kind);
   return object;
}

#define OBJECT(handle, kind)                                                 \
   object_of((const void *)(uintptr_t)(handle), kind)

uint32_t
fuzz_driver_object_count(void)
{
   return object_count;
}

bool
fuzz_driver_is_host_memory(VkDeviceMemory memory)
{
   return OBJECT(memory, KIND_MEMORY)->pointer;
}

bool
fuzz_driver_fails(void)
{
   call_count++;
   return config.fail_at && call_count == config.fail_at;
}

#define MAY_FAIL(result)                                                     \
   do {                                                                      \
      if (fuzz_driver_fails())                                               \
         return result;                                                      \
   } while (0)

static const void *
find(const void *chain, VkStructureType type)
{
   const VkBaseInStructure *in;
   for (in = chain; in; in = in->pNext) {
      if (in->sType == type)
         return in;
   }
   return NULL;
}

/* ---- the physical device --------------------------------------------------
 */

static VkResult VKAPI_PTR
enumerate_extensions(VkPhysicalDevice physical,
                     const char *layer,
                     uint32_t *count,
                     VkExtensionProperties *out)
{
   const struct {
      bool has;
      const char *name;
   } all[] = {
      { true, VK_KHR_IMAGE_FORMAT_LIST_EXTENSION_NAME },
      { config.has_host_import, VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME },
      { config.has_fd, VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME },
      { config.has_dma_buf, VK_EXT_EXTERNAL_MEMORY_DMA_BUF_EXTENSION_NAME },
      { config.has_modifier,
        VK_EXT_IMAGE_DRM_FORMAT_MODIFIER_EXTENSION_NAME },
      { config.has_foreign, VK_EXT_QUEUE_FAMILY_FOREIGN_EXTENSION_NAME },
   };
   uint32_t total = 0;
   MAY_FAIL(VK_ERROR_OUT_OF_HOST_MEMORY);
   for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
      if (!all[i].has)
         continue;
      if (out && total < *count) {
         memset(&out[total], 0, sizeof(out[total]));
         strcpy(out[total].extensionName, all[i].name);
         out[total].specVersion = 1;
      }
      total++;
   }
   const bool incomplete = out && *count < total;
   if (!out || *count > total)
      *count = total;
   return incomplete ? VK_INCOMPLETE : VK_SUCCESS;
}

static void VKAPI_PTR
get_properties(VkPhysicalDevice physical, VkPhysicalDeviceProperties *out)
{
   *out = (VkPhysicalDeviceProperties){
      .apiVersion = config.api_version,
      .deviceName = "fuzz",
   };
}

static void VKAPI_PTR
get_properties2(VkPhysicalDevice physical, VkPhysicalDeviceProperties2 *out)
{
   get_properties(physical, &out->properties);
   VkPhysicalDeviceExternalMemoryHostPropertiesEXT *host = (void *)find(
      out->pNext,
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_MEMORY_HOST_PROPERTIES_EXT);
   if (host)
      host->minImportedHostPointerAlignment = config.host_alignment_B;
}

static void VKAPI_PTR
get_memory_properties(VkPhysicalDevice physical,
                      VkPhysicalDeviceMemoryProperties *out)
{
   memset(out, 0, sizeof(*out));
   out->memoryHeapCount = 1;
   out->memoryHeaps[0].size = config.heap_size_B;
   out->memoryTypeCount = config.type_count;
   for (uint32_t i = 0; i < config.type_count; i++) {
      out->memoryTypes[i].propertyFlags =
         VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT |
         VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
   }
}

static void VKAPI_PTR
get_memory_properties2(VkPhysicalDevice physical,
                       VkPhysicalDeviceMemoryProperties2 *out)
{
   get_memory_properties(physical, &out->memoryProperties);
}

static void VKAPI_PTR
get_queue_families(VkPhysicalDevice physical,
                   uint32_t *count,
                   VkQueueFamilyProperties *out)
{
   if (out && *count) {
      out[0] = (VkQueueFamilyProperties){
         .queueFlags = VK_QUEUE_GRAPHICS_BIT | VK_QUEUE_SPARSE_BINDING_BIT,
         .queueCount = 1,
      };
   }
   *count = out && !*count ? 0 : 1;
}

static void VKAPI_PTR
get_queue_families2(VkPhysicalDevice physical,
                    uint32_t *count,
                    VkQueueFamilyProperties2 *out)
{
   VkQueueFamilyProperties one;
   get_queue_families(physical, count, out && *count ? &one : NULL);
   if (out && *count)
      out[0].queueFamilyProperties = one;
}

static void VKAPI_PTR
get_features(VkPhysicalDevice physical, VkPhysicalDeviceFeatures *out)
{
   memset(out, 0, sizeof(*out));
   out->sparseBinding = VK_TRUE;
}

static void VKAPI_PTR
get_features2(VkPhysicalDevice physical, VkPhysicalDeviceFeatures2 *out)
{
   get_features(physical, &out->features);
}

static VkFormatFeatureFlags
linear_features(VkFormat format)
{
   if (!(format % 5))
      return 0;
   return VK_FORMAT_FEATURE_SAMPLED_IMAGE_BIT |
          VK_FORMAT_FEATURE_TRANSFER_SRC_BIT |
          (config.can_clear ? VK_FORMAT_FEATURE_TRANSFER_DST_BIT : 0);
}

static void VKAPI_PTR
get_format_properties2(VkPhysicalDevice physical,
                       VkFormat format,
                       VkFormatProperties2 *out)
{
   out->formatProperties = (VkFormatProperties){
      .linearTilingFeatures = linear_features(format),
   };
   VkFormatProperties3 *three =
      (void *)find(out->pNext, VK_STRUCTURE_TYPE_FORMAT_PROPERTIES_3);
   if (three)
      three->linearTilingFeatures = linear_features(format);
   /* answered without being asked to know them: the layer has to cope */
   VkDrmFormatModifierPropertiesListEXT *list = (void *)find(
      out->pNext, VK_STRUCTURE_TYPE_DRM_FORMAT_MODIFIER_PROPERTIES_LIST_EXT);
   if (list && (!list->pDrmFormatModifierProperties ||
                list->drmFormatModifierCount)) {
      if (list->pDrmFormatModifierProperties) {
         list->pDrmFormatModifierProperties[0] =
            (VkDrmFormatModifierPropertiesEXT){ .drmFormatModifier = 77 };
      }
      list->drmFormatModifierCount = 1;
   }
   VkDrmFormatModifierPropertiesList2EXT *list2 = (void *)find(
      out->pNext,
      VK_STRUCTURE_TYPE_DRM_FORMAT_MODIFIER_PROPERTIES_LIST_2_EXT);
   if (list2 && config.has_modifier) {
      const uint32_t count = (uint32_t)format % 3;
      VkDrmFormatModifierProperties2EXT *items =
         list2->pDrmFormatModifierProperties;
      if (!items || list2->drmFormatModifierCount > count)
         list2->drmFormatModifierCount = count;
      for (uint32_t i = 0; items && i < list2->drmFormatModifierCount; i++)
         items[i].drmFormatModifier = 77 * ((i + (uint32_t)format) & 1);
   }
}

static VkResult VKAPI_PTR
get_image_format_properties2(VkPhysicalDevice physical,
                             const VkPhysicalDeviceImageFormatInfo2 *info,
                             VkImageFormatProperties2 *out)
{
   MAY_FAIL(VK_ERROR_FORMAT_NOT_SUPPORTED);
   const VkPhysicalDeviceExternalImageFormatInfo *external =
      find(info->pNext,
           VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO);
   VkExternalImageFormatProperties *answer = (void *)find(
      out->pNext, VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES);
   if (answer)
      answer->externalMemoryProperties = (VkExternalMemoryProperties){ 0 };
   if (!linear_features(info->format))
      return VK_ERROR_FORMAT_NOT_SUPPORTED;
   if (answer && external && external->handleType == HOST_ALLOCATION &&
       !config.hides_host_import) {
      answer->externalMemoryProperties.externalMemoryFeatures =
         VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
   }
   out->imageFormatProperties = (VkImageFormatProperties){
      .maxExtent = { 4096, 4096, 16 },
      .maxMipLevels = 1,
      .maxArrayLayers = 4,
      .sampleCounts = VK_SAMPLE_COUNT_1_BIT,
      .maxResourceSize = UINT64_C(1) << 32,
   };
   return VK_SUCCESS;
}

static void VKAPI_PTR
get_external_buffer_properties(VkPhysicalDevice physical,
                               const VkPhysicalDeviceExternalBufferInfo *info,
                               VkExternalBufferProperties *out)
{
   const VkExternalMemoryFeatureFlags both =
      VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT |
      VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
   VkExternalMemoryFeatureFlags features = 0;
   if (info->handleType == HOST_ALLOCATION && config.has_host_import &&
       !config.hides_host_import)
      features = VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
   else if (info->handleType == DMA_BUF && config.has_dma_buf)
      features = config.can_export_dma_buf
                    ? both
                    : VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
   else if (info->handleType != DMA_BUF && config.has_fd)
      features = both;
   out->externalMemoryProperties = (VkExternalMemoryProperties){
      .externalMemoryFeatures = features,
      .compatibleHandleTypes = info->handleType,
   };
}

/* ---- instances and devices ------------------------------------------------
 */

static VkResult VKAPI_PTR
create_instance(const VkInstanceCreateInfo *info,
                const VkAllocationCallbacks *alloc,
                VkInstance *out)
{
   MAY_FAIL(VK_ERROR_EXTENSION_NOT_PRESENT);
   struct object *instance = create(KIND_INSTANCE, NULL);
   physical_device.dispatch_key = instance->dispatch_key;
   *out = (VkInstance)instance;
   return VK_SUCCESS;
}

static void VKAPI_PTR
destroy_instance(VkInstance instance, const VkAllocationCallbacks *alloc)
{
   destroy(OBJECT(instance, KIND_INSTANCE));
}

VkPhysicalDevice
fuzz_driver_physical(VkInstance instance)
{
   return (VkPhysicalDevice)&physical_device;
}

static VkResult VKAPI_PTR
create_device(VkPhysicalDevice physical,
              const VkDeviceCreateInfo *info,
              const VkAllocationCallbacks *alloc,
              VkDevice *out)
{
   MAY_FAIL(VK_ERROR_INITIALIZATION_FAILED);
   /* what the layer has added must not get here */
   for (uint32_t i = 0; i < info->enabledExtensionCount; i++) {
      const char *name = info->ppEnabledExtensionNames[i];
      U_FUZZ_CHECK(config.has_fd ||
                   strcmp(name, VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME));
      U_FUZZ_CHECK(
         config.has_dma_buf ||
         strcmp(name, VK_EXT_EXTERNAL_MEMORY_DMA_BUF_EXTENSION_NAME));
      U_FUZZ_CHECK(
         config.has_modifier ||
         strcmp(name, VK_EXT_IMAGE_DRM_FORMAT_MODIFIER_EXTENSION_NAME));
   }
   *out = (VkDevice)create(KIND_DEVICE, NULL);
   return VK_SUCCESS;
}

static void VKAPI_PTR
destroy_device(VkDevice device, const VkAllocationCallbacks *alloc)
{
   destroy(OBJECT(device, KIND_DEVICE));
}

VkResult VKAPI_PTR
fuzz_layer_create_device(VkInstance instance,
                         VkPhysicalDevice physical,
                         const VkDeviceCreateInfo *info,
                         const VkAllocationCallbacks *alloc,
                         VkDevice *device,
                         PFN_vkGetInstanceProcAddr gipa,
                         PFN_vkGetDeviceProcAddr *next)
{
   *next = fuzz_gdpa;
   return create_device(physical, info, alloc, device);
}

void VKAPI_PTR
fuzz_layer_destroy_device(VkDevice device,
                          const VkAllocationCallbacks *alloc,
                          PFN_vkDestroyDevice destroy_function)
{
   destroy_device(device, alloc);
}

/* ---- memory ---------------------------------------------------------------
 */

static VkResult VKAPI_PTR
get_host_pointer_properties(VkDevice device,
                            VkExternalMemoryHandleTypeFlagBits type,
                            const void *pointer,
                            VkMemoryHostPointerPropertiesEXT *out)
{
   MAY_FAIL(VK_ERROR_INVALID_EXTERNAL_HANDLE);
   U_FUZZ_CHECK(pointer && type == HOST_ALLOCATION);
   out->memoryTypeBits = config.host_types;
   return VK_SUCCESS;
}

/* As a device would: the first byte and the last one. */
static void
touch(uint8_t *pointer, uint64_t size_B)
{
   volatile uint8_t *bytes = pointer;
   bytes[0] = bytes[0];
   bytes[size_B - 1] = bytes[size_B - 1];
}

static VkResult VKAPI_PTR
allocate_memory(VkDevice device,
                const VkMemoryAllocateInfo *info,
                const VkAllocationCallbacks *alloc,
                VkDeviceMemory *out)
{
   MAY_FAIL(VK_ERROR_OUT_OF_DEVICE_MEMORY);
   const VkImportMemoryHostPointerInfoEXT *host = find(
      info->pNext, VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT);
   const VkImportMemoryFdInfoKHR *fd =
      find(info->pNext, VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR);

   if (info->memoryTypeIndex >= config.type_count)
      return VK_ERROR_OUT_OF_DEVICE_MEMORY;
   if (host && host->handleType && host->pHostPointer) {
      /* both at once can come from an application, not from the layer */
      if (fd && fd->handleType) {
         U_FUZZ_CHECK(host->pHostPointer == fuzz_app_memory);
         return VK_ERROR_INVALID_EXTERNAL_HANDLE;
      }
      const uint64_t alignment_B = config.host_alignment_B;
      if (!alignment_B || info->allocationSize % alignment_B ||
          (uintptr_t)host->pHostPointer % alignment_B)
         return VK_ERROR_INVALID_EXTERNAL_HANDLE;
      if (host->pHostPointer != fuzz_app_memory)
         touch(host->pHostPointer, info->allocationSize);
   } else if (fd && fd->handleType) {
      U_FUZZ_CHECK(config.has_fd);
      /* consumed, as by a driver that takes it */
      if (fd->fd < 0 || close(fd->fd))
         return VK_ERROR_INVALID_EXTERNAL_HANDLE;
   }

   struct object *memory = create(KIND_MEMORY, OBJECT(device, KIND_DEVICE));
   memory->size_B = info->allocationSize;
   memory->pointer = host ? host->pHostPointer : NULL;
   *out = (VkDeviceMemory)memory;
   return VK_SUCCESS;
}

static void VKAPI_PTR
free_memory(VkDevice device,
            VkDeviceMemory memory,
            const VkAllocationCallbacks *alloc)
{
   if (memory)
      destroy(OBJECT(memory, KIND_MEMORY));
}

static VkResult VKAPI_PTR
get_memory_fd(VkDevice device, const VkMemoryGetFdInfoKHR *info, int *fd)
{
   MAY_FAIL(VK_ERROR_TOO_MANY_OBJECTS);
   return VK_ERROR_INVALID_EXTERNAL_HANDLE;
}

static VkResult VKAPI_PTR
get_memory_fd_properties(VkDevice device,
                         VkExternalMemoryHandleTypeFlagBits type,
                         int fd,
                         VkMemoryFdPropertiesKHR *out)
{
   return VK_ERROR_INVALID_EXTERNAL_HANDLE;
}

/* ---- buffers and images ---------------------------------------------------
 */

static VkResult VKAPI_PTR
create_buffer(VkDevice device,
              const VkBufferCreateInfo *info,
              const VkAllocationCallbacks *alloc,
              VkBuffer *out)
{
   MAY_FAIL(VK_ERROR_OUT_OF_DEVICE_MEMORY);
   struct object *buffer = create(KIND_BUFFER, OBJECT(device, KIND_DEVICE));
   buffer->size_B = info->size;
   *out = (VkBuffer)buffer;
   return VK_SUCCESS;
}

static void VKAPI_PTR
destroy_buffer(VkDevice device,
               VkBuffer buffer,
               const VkAllocationCallbacks *alloc)
{
   if (buffer)
      destroy(OBJECT(buffer, KIND_BUFFER));
}

static void
fill_requirements(uint64_t size_B, VkMemoryRequirements *out)
{
   *out = (VkMemoryRequirements){
      .size = size_B,
      .alignment = config.image_alignment_B,
      .memoryTypeBits = (1u << config.type_count) - 1,
   };
}

static void VKAPI_PTR
get_buffer_requirements(VkDevice device,
                        VkBuffer buffer,
                        VkMemoryRequirements *out)
{
   fill_requirements(OBJECT(buffer, KIND_BUFFER)->size_B, out);
}

static void VKAPI_PTR
get_buffer_requirements2(VkDevice device,
                         const VkBufferMemoryRequirementsInfo2 *info,
                         VkMemoryRequirements2 *out)
{
   get_buffer_requirements(device, info->buffer, &out->memoryRequirements);
}

static void VKAPI_PTR
get_device_buffer_requirements(VkDevice device,
                               const VkDeviceBufferMemoryRequirements *info,
                               VkMemoryRequirements2 *out)
{
   fill_requirements(info->pCreateInfo->size, &out->memoryRequirements);
}

static VkResult VKAPI_PTR
create_image(VkDevice device,
             const VkImageCreateInfo *info,
             const VkAllocationCallbacks *alloc,
             VkImage *out)
{
   MAY_FAIL(VK_ERROR_OUT_OF_DEVICE_MEMORY);
   struct object *image = create(KIND_IMAGE, OBJECT(device, KIND_DEVICE));
   image->image = *info;
   image->image.pNext = NULL;
   *out = (VkImage)image;
   return VK_SUCCESS;
}

static void VKAPI_PTR
destroy_image(VkDevice device,
              VkImage image,
              const VkAllocationCallbacks *alloc)
{
   if (image)
      destroy(OBJECT(image, KIND_IMAGE));
}

static uint64_t
image_size(const VkImageCreateInfo *info)
{
   return (uint64_t)info->extent.width * info->extent.height * 4;
}

static void VKAPI_PTR
get_image_requirements(VkDevice device,
                       VkImage image,
                       VkMemoryRequirements *out)
{
   const VkImageCreateInfo *info = &OBJECT(image, KIND_IMAGE)->image;
   fill_requirements(image_size(info), out);
   if (config.optimal_elsewhere && info->tiling == VK_IMAGE_TILING_OPTIMAL)
      out->memoryTypeBits = 1;
}

static void VKAPI_PTR
get_image_requirements2(VkDevice device,
                        const VkImageMemoryRequirementsInfo2 *info,
                        VkMemoryRequirements2 *out)
{
   get_image_requirements(device, info->image, &out->memoryRequirements);
}

static void VKAPI_PTR
get_device_image_requirements(VkDevice device,
                              const VkDeviceImageMemoryRequirements *info,
                              VkMemoryRequirements2 *out)
{
   fill_requirements(image_size(info->pCreateInfo), &out->memoryRequirements);
}

static void
fill_layout(const VkImageCreateInfo *info,
            const VkImageSubresource *subresource,
            VkSubresourceLayout *out)
{
   const VkImageAspectFlags memory_planes =
      VK_IMAGE_ASPECT_MEMORY_PLANE_0_BIT_EXT |
      VK_IMAGE_ASPECT_MEMORY_PLANE_1_BIT_EXT |
      VK_IMAGE_ASPECT_MEMORY_PLANE_2_BIT_EXT;
   /* a linear image has no memory planes; the layer has made it one */
   U_FUZZ_CHECK(info->tiling != VK_IMAGE_TILING_LINEAR ||
                !(subresource->aspectMask & memory_planes));
   *out = (VkSubresourceLayout){
      .size = image_size(info),
      .rowPitch = config.lies_about_pitch
                     ? UINT64_MAX / (info->extent.height + 1)
                     : (uint64_t)info->extent.width * 4,
      .offset = !config.lies_about_planes &&
                      (subresource->aspectMask & VK_IMAGE_ASPECT_PLANE_1_BIT)
                   ? image_size(info)
                   : 0,
   };
}

static void VKAPI_PTR
get_subresource_layout(VkDevice device,
                       VkImage image,
                       const VkImageSubresource *subresource,
                       VkSubresourceLayout *out)
{
   fill_layout(&OBJECT(image, KIND_IMAGE)->image, subresource, out);
}

static void VKAPI_PTR
get_subresource_layout2(VkDevice device,
                        VkImage image,
                        const VkImageSubresource2EXT *subresource,
                        VkSubresourceLayout2EXT *out)
{
   fill_layout(&OBJECT(image, KIND_IMAGE)->image,
               &subresource->imageSubresource, &out->subresourceLayout);
}

static VkResult VKAPI_PTR
get_modifier(VkDevice device,
             VkImage image,
             VkImageDrmFormatModifierPropertiesEXT *out)
{
   out->drmFormatModifier = 77;
   return VK_SUCCESS;
}

static VkResult VKAPI_PTR
bind_buffer(VkDevice device,
            VkBuffer buffer,
            VkDeviceMemory memory,
            VkDeviceSize offset)
{
   MAY_FAIL(VK_ERROR_OUT_OF_DEVICE_MEMORY);
   OBJECT(buffer, KIND_BUFFER)->bound = OBJECT(memory, KIND_MEMORY);
   return VK_SUCCESS;
}

static VkResult VKAPI_PTR
bind_image(VkDevice device,
           VkImage image,
           VkDeviceMemory memory,
           VkDeviceSize offset)
{
   MAY_FAIL(VK_ERROR_OUT_OF_DEVICE_MEMORY);
   struct object *object = OBJECT(image, KIND_IMAGE);
   U_FUZZ_CHECK(offset <= OBJECT(memory, KIND_MEMORY)->size_B);
   object->bound = OBJECT(memory, KIND_MEMORY);
   object->offset_B = offset;
   return VK_SUCCESS;
}

/* ---- queues and commands --------------------------------------------------
 */

static void VKAPI_PTR
get_queue(VkDevice device, uint32_t family, uint32_t index, VkQueue *out)
{
   queue.dispatch_key = OBJECT(device, KIND_DEVICE)->dispatch_key;
   *out = (VkQueue)&queue;
}

static VkResult VKAPI_PTR
create_pool(VkDevice device,
            const VkCommandPoolCreateInfo *info,
            const VkAllocationCallbacks *alloc,
            VkCommandPool *out)
{
   MAY_FAIL(VK_ERROR_OUT_OF_HOST_MEMORY);
   *out = (VkCommandPool)create(KIND_POOL, OBJECT(device, KIND_DEVICE));
   return VK_SUCCESS;
}

static void VKAPI_PTR
destroy_pool(VkDevice device,
             VkCommandPool pool,
             const VkAllocationCallbacks *alloc)
{
   if (pool)
      destroy(OBJECT(pool, KIND_POOL));
}

static VkResult VKAPI_PTR
allocate_commands(VkDevice device,
                  const VkCommandBufferAllocateInfo *info,
                  VkCommandBuffer *out)
{
   MAY_FAIL(VK_ERROR_OUT_OF_HOST_MEMORY);
   command_buffer.dispatch_key = OBJECT(device, KIND_DEVICE)->dispatch_key;
   *out = (VkCommandBuffer)&command_buffer;
   return VK_SUCCESS;
}

static VkResult VKAPI_PTR
begin_commands(VkCommandBuffer command, const VkCommandBufferBeginInfo *info)
{
   MAY_FAIL(VK_ERROR_OUT_OF_HOST_MEMORY);
   return VK_SUCCESS;
}

static VkResult VKAPI_PTR
end_commands(VkCommandBuffer command)
{
   MAY_FAIL(VK_ERROR_OUT_OF_HOST_MEMORY);
   return VK_SUCCESS;
}

static void VKAPI_PTR
fill_buffer(VkCommandBuffer command,
            VkBuffer handle,
            VkDeviceSize offset,
            VkDeviceSize size,
            uint32_t value)
{
   const struct object *buffer = OBJECT(handle, KIND_BUFFER);
   if (config.loses_writes || !buffer->bound || !buffer->bound->pointer)
      return;
   U_FUZZ_CHECK(offset + size <= buffer->bound->size_B);
   for (uint64_t i = 0; i < size; i += 4)
      memcpy(buffer->bound->pointer + offset + i, &value, 4);
}

/* The probe's: white, without gaps between the rows. */
static void VKAPI_PTR
clear_image(VkCommandBuffer command,
            VkImage handle,
            VkImageLayout layout,
            const VkClearColorValue *color,
            uint32_t count,
            const VkImageSubresourceRange *ranges)
{
   const struct object *image = OBJECT(handle, KIND_IMAGE);
   const uint64_t size_B = image_size(&image->image);
   U_FUZZ_CHECK(config.can_clear);
   if (config.loses_writes || !image->bound || !image->bound->pointer)
      return;
   U_FUZZ_CHECK(image->offset_B + size_B <= image->bound->size_B);
   memset(image->bound->pointer + image->offset_B, 0xff, size_B);
}

static void VKAPI_PTR
pipeline_barrier(VkCommandBuffer command,
                 VkPipelineStageFlags src,
                 VkPipelineStageFlags dst,
                 VkDependencyFlags flags,
                 uint32_t count,
                 const VkMemoryBarrier *barriers,
                 uint32_t buffer_count,
                 const VkBufferMemoryBarrier *buffers,
                 uint32_t image_count,
                 const VkImageMemoryBarrier *images)
{
   for (uint32_t i = 0; i < image_count; i++) {
      U_FUZZ_CHECK(config.has_foreign || images[i].srcQueueFamilyIndex !=
                                            VK_QUEUE_FAMILY_FOREIGN_EXT);
      U_FUZZ_CHECK(config.has_foreign || images[i].dstQueueFamilyIndex !=
                                            VK_QUEUE_FAMILY_FOREIGN_EXT);
   }
   for (uint32_t i = 0; i < buffer_count; i++) {
      U_FUZZ_CHECK(config.has_foreign || buffers[i].srcQueueFamilyIndex !=
                                            VK_QUEUE_FAMILY_FOREIGN_EXT);
   }
}

static VkResult VKAPI_PTR
create_fence(VkDevice device,
             const VkFenceCreateInfo *info,
             const VkAllocationCallbacks *alloc,
             VkFence *out)
{
   MAY_FAIL(VK_ERROR_OUT_OF_HOST_MEMORY);
   *out = (VkFence)create(KIND_FENCE, OBJECT(device, KIND_DEVICE));
   return VK_SUCCESS;
}

static void VKAPI_PTR
destroy_fence(VkDevice device,
              VkFence fence,
              const VkAllocationCallbacks *alloc)
{
   if (fence)
      destroy(OBJECT(fence, KIND_FENCE));
}

static VkResult VKAPI_PTR
wait_for_fences(VkDevice device,
                uint32_t count,
                const VkFence *fences,
                VkBool32 all,
                uint64_t timeout)
{
   MAY_FAIL(VK_ERROR_DEVICE_LOST);
   return VK_SUCCESS;
}

static VkResult VKAPI_PTR
queue_submit(VkQueue q,
             uint32_t count,
             const VkSubmitInfo *submits,
             VkFence fence)
{
   MAY_FAIL(VK_ERROR_DEVICE_LOST);
   return VK_SUCCESS;
}

/* ---- entry points ---------------------------------------------------------
 */

struct entry {
   const char *name;
   PFN_vkVoidFunction function;
};

#define ENTRY(name, function)                                                \
   {                                                                         \
      "vk" #name, (PFN_vkVoidFunction)function                               \
   }

static const struct entry instance_entries[] = {
   ENTRY(CreateInstance, create_instance),
   ENTRY(DestroyInstance, destroy_instance),
   ENTRY(CreateDevice, create_device),
   ENTRY(EnumerateDeviceExtensionProperties, enumerate_extensions),
   ENTRY(GetPhysicalDeviceProperties, get_properties),
   ENTRY(GetPhysicalDeviceProperties2, get_properties2),
   ENTRY(GetPhysicalDeviceMemoryProperties, get_memory_properties),
   ENTRY(GetPhysicalDeviceMemoryProperties2, get_memory_properties2),
   ENTRY(GetPhysicalDeviceQueueFamilyProperties, get_queue_families),
   ENTRY(GetPhysicalDeviceQueueFamilyProperties2, get_queue_families2),
   ENTRY(GetPhysicalDeviceFeatures, get_features),
   ENTRY(GetPhysicalDeviceFeatures2, get_features2),
   ENTRY(GetPhysicalDeviceFormatProperties2, get_format_properties2),
   ENTRY(GetPhysicalDeviceImageFormatProperties2,
         get_image_format_properties2),
   ENTRY(GetPhysicalDeviceExternalBufferProperties,
         get_external_buffer_properties),
};

static const struct entry device_entries[] = {
   ENTRY(GetDeviceProcAddr, fuzz_gdpa),
   ENTRY(DestroyDevice, destroy_device),
   ENTRY(GetDeviceQueue, get_queue),
   ENTRY(AllocateMemory, allocate_memory),
   ENTRY(FreeMemory, free_memory),
   ENTRY(BindBufferMemory, bind_buffer),
   ENTRY(BindImageMemory, bind_image),
   ENTRY(CreateBuffer, create_buffer),
   ENTRY(DestroyBuffer, destroy_buffer),
   ENTRY(GetBufferMemoryRequirements, get_buffer_requirements),
   ENTRY(GetBufferMemoryRequirements2, get_buffer_requirements2),
   ENTRY(GetDeviceBufferMemoryRequirements, get_device_buffer_requirements),
   ENTRY(CreateImage, create_image),
   ENTRY(DestroyImage, destroy_image),
   ENTRY(GetImageMemoryRequirements, get_image_requirements),
   ENTRY(GetImageMemoryRequirements2, get_image_requirements2),
   ENTRY(GetDeviceImageMemoryRequirements, get_device_image_requirements),
   ENTRY(GetImageSubresourceLayout, get_subresource_layout),
   ENTRY(GetImageSubresourceLayout2EXT, get_subresource_layout2),
   ENTRY(CmdPipelineBarrier, pipeline_barrier),
   ENTRY(CreateCommandPool, create_pool),
   ENTRY(DestroyCommandPool, destroy_pool),
   ENTRY(AllocateCommandBuffers, allocate_commands),
   ENTRY(BeginCommandBuffer, begin_commands),
   ENTRY(EndCommandBuffer, end_commands),
   ENTRY(CmdClearColorImage, clear_image),
   ENTRY(CmdFillBuffer, fill_buffer),
   ENTRY(CreateFence, create_fence),
   ENTRY(DestroyFence, destroy_fence),
   ENTRY(WaitForFences, wait_for_fences),
   ENTRY(QueueSubmit, queue_submit),
};

static const struct entry fd_entries[] = {
   ENTRY(GetMemoryFdKHR, get_memory_fd),
   ENTRY(GetMemoryFdPropertiesKHR, get_memory_fd_properties),
};
static const struct entry modifier_entries[] = {
   ENTRY(GetImageDrmFormatModifierPropertiesEXT, get_modifier),
};
static const struct entry host_entries[] = {
   ENTRY(GetMemoryHostPointerPropertiesEXT, get_host_pointer_properties),
};

#define LOOK_UP(entries, name)                                               \
   look_up(entries, sizeof(entries) / sizeof((entries)[0]), name)

static PFN_vkVoidFunction
look_up(const struct entry *entries, size_t count, const char *name)
{
   for (size_t i = 0; i < count; i++) {
      if (!strcmp(entries[i].name, name))
         return entries[i].function;
   }
   return NULL;
}

PFN_vkVoidFunction VKAPI_PTR
fuzz_gipa(VkInstance instance, const char *name)
{
   return LOOK_UP(instance_entries, name);
}

PFN_vkVoidFunction VKAPI_PTR
fuzz_gdpa(VkDevice device, const char *name)
{
   PFN_vkVoidFunction function = LOOK_UP(device_entries, name);
   if (!function && config.has_fd)
      function = LOOK_UP(fd_entries, name);
   if (!function && config.has_modifier)
      function = LOOK_UP(modifier_entries, name);
   if (!function && config.has_host_import)
      function = LOOK_UP(host_entries, name);
   return function;
}

void
fuzz_driver_start(const struct fuzz_driver_config *new_config)
{
   config = *new_config;
   call_count = 0;
}
