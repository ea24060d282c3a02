/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The mask's devices.
 */

#include "vl_mask.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define SCRATCH_SIZE_B (UINT64_C(1) << 20)

/* where "elsewhere" is; never given back */
static void *
scratch(void)
{
   static void *memory;
   if (!memory) {
      void *mapped = mmap(NULL, SCRATCH_SIZE_B, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      memory = mapped == MAP_FAILED ? NULL : mapped;
   }
   return memory;
}

/* The driver below has opaque fds where the mask has dma-bufs. The handle
 * types that an application wrote are changed for the length of a call.
 */
static void
swap_types(const VkExternalMemoryHandleTypeFlags *types)
{
   VkExternalMemoryHandleTypeFlags *writable = (void *)types;
   if (!mask_is("native-dma-buf"))
      return;
   if (*types & MASK_DMA_BUF)
      *writable = (*types & ~(VkFlags)MASK_DMA_BUF) | MASK_OPAQUE;
   else if (*types & MASK_OPAQUE)
      *writable = (*types & ~(VkFlags)MASK_OPAQUE) | MASK_DMA_BUF;
}

static VKAPI_ATTR VkResult VKAPI_CALL
mask_AllocateMemory(VkDevice device,
                    const VkMemoryAllocateInfo *info,
                    const VkAllocationCallbacks *allocator,
                    VkDeviceMemory *memory)
{
   VkMemoryAllocateInfo copy = *info;
   const VkImportMemoryHostPointerInfoEXT *import = mask_find(
      info->pNext, VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT);
   VkImportMemoryHostPointerInfoEXT other;
   if (import && mask_is("fail-import"))
      return VK_ERROR_INVALID_EXTERNAL_HANDLE;
   if (import && mask_alignment() &&
       (((uintptr_t)import->pHostPointer | info->allocationSize) &
        (mask_alignment() - 1)))
      return VK_ERROR_INVALID_EXTERNAL_HANDLE;
   if (import && mask_is("elsewhere")) {
      other = *import;
      other.pHostPointer = scratch();
      copy.pNext = &other;
   }
   if (mask_has_two_types())
      copy.memoryTypeIndex = 0;

   const VkExportMemoryAllocateInfo *export =
      mask_find(info->pNext, VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO);
   const VkImportMemoryFdInfoKHR *fd =
      mask_find(info->pNext, VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR);
   VkExternalMemoryHandleTypeFlags *fd_type =
      fd ? (void *)&fd->handleType : NULL;
   if (export)
      swap_types(&export->handleTypes);
   if (fd_type)
      swap_types(fd_type);
   const VkResult result =
      MASK_NEXT_DEVICE(AllocateMemory)(device, &copy, allocator, memory);
   if (export)
      swap_types(&export->handleTypes);
   if (fd_type)
      swap_types(fd_type);
   return result;
}

static VKAPI_ATTR VkResult VKAPI_CALL
mask_GetMemoryFdKHR(VkDevice device,
                    const VkMemoryGetFdInfoKHR *info,
                    int *fd)
{
   VkMemoryGetFdInfoKHR copy = *info;
   if (mask_is("native-dma-buf"))
      copy.handleType = MASK_OPAQUE;
   return MASK_NEXT_DEVICE(GetMemoryFdKHR)(device, &copy, fd);
}

static VKAPI_ATTR VkResult VKAPI_CALL
mask_GetMemoryHostPointerPropertiesEXT(
   VkDevice device,
   VkExternalMemoryHandleTypeFlagBits type,
   const void *pointer,
   VkMemoryHostPointerPropertiesEXT *properties)
{
   const VkResult result = MASK_NEXT_DEVICE(
      GetMemoryHostPointerPropertiesEXT)(device, type, pointer, properties);
   if (mask_is("no-types"))
      properties->memoryTypeBits = 0;
   if (mask_is("discrete"))
      properties->memoryTypeBits = 2;
   if (mask_is("non-coherent"))
      properties->memoryTypeBits = 3;
   return result;
}

static VKAPI_ATTR VkResult VKAPI_CALL
mask_CreateBuffer(VkDevice device,
                  const VkBufferCreateInfo *info,
                  const VkAllocationCallbacks *allocator,
                  VkBuffer *buffer)
{
   const VkExternalMemoryBufferCreateInfo *external = mask_find(
      info->pNext, VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO);
   if (external && (external->handleTypes & MASK_HOST) &&
       mask_is("fail-buffer"))
      return VK_ERROR_OUT_OF_DEVICE_MEMORY;
   if (external)
      swap_types(&external->handleTypes);
   const VkResult result =
      MASK_NEXT_DEVICE(CreateBuffer)(device, info, allocator, buffer);
   if (external)
      swap_types(&external->handleTypes);
   return result;
}

/* the last images of optimal tiling: enough to ask for their requirements */
static VkImage optimal_images[16];
static unsigned optimal_count;

static bool
is_optimal(VkImage image)
{
   for (int i = 0; i < 16; i++) {
      if (optimal_images[i] == image)
         return true;
   }
   return false;
}

static VKAPI_ATTR VkResult VKAPI_CALL
mask_CreateImage(VkDevice device,
                 const VkImageCreateInfo *info,
                 const VkAllocationCallbacks *allocator,
                 VkImage *image)
{
   const VkExternalMemoryImageCreateInfo *external = mask_find(
      info->pNext, VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO);
   if (external && (external->handleTypes & MASK_HOST) &&
       mask_is("fail-image"))
      return VK_ERROR_OUT_OF_DEVICE_MEMORY;

   const bool has_modifier =
      mask_is("own-modifiers") &&
      info->tiling == VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT;
   VkImageCreateInfo copy = *info;
   VkExternalMemoryImageCreateInfo alone;
   uint64_t modifier = 0;
   if (has_modifier) {
      if (!mask_choose_modifier(info, &modifier))
         return VK_ERROR_INVALID_DRM_FORMAT_MODIFIER_PLANE_LAYOUT_EXT;
      mask_tiling(info->format, modifier, &copy.tiling);
      copy.pNext = NULL;
      if (external) {
         alone = *external;
         alone.pNext = NULL;
         external = &alone;
         copy.pNext = external;
      }
   }
   if (external)
      swap_types(&external->handleTypes);
   const VkResult result =
      MASK_NEXT_DEVICE(CreateImage)(device, &copy, allocator, image);
   if (external)
      swap_types(&external->handleTypes);
   for (int i = 0; result == VK_SUCCESS && i < 16; i++) {
      if (optimal_images[i] == *image)
         optimal_images[i] = VK_NULL_HANDLE;
   }
   if (result == VK_SUCCESS && has_modifier)
      mask_remember_modifier(*image, modifier);
   if (result == VK_SUCCESS && copy.tiling == VK_IMAGE_TILING_OPTIMAL)
      optimal_images[optimal_count++ % 16] = *image;
   return result;
}

/* The copy that some driver keeps of an image in host memory. */
static VKAPI_ATTR VkResult VKAPI_CALL
mask_BindImageMemory(VkDevice device,
                     VkImage image,
                     VkDeviceMemory memory,
                     VkDeviceSize offset)
{
   if (mask_is("elsewhere-image")) {
      /* leaked: it has to live as long as the image */
      const VkMemoryAllocateInfo info = {
         .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
         .allocationSize = SCRATCH_SIZE_B,
      };
      if (MASK_NEXT_DEVICE(AllocateMemory)(device, &info, NULL, &memory))
         return VK_ERROR_OUT_OF_DEVICE_MEMORY;
   }
   return MASK_NEXT_DEVICE(BindImageMemory)(device, image, memory, offset);
}

static void
mask_requirements(VkMemoryRequirements *requirements)
{
   if (mask_has_two_types())
      requirements->memoryTypeBits = 3;
}

static void
mask_requirements2(VkMemoryRequirements2 *requirements)
{
   mask_requirements(&requirements->memoryRequirements);
   VkMemoryDedicatedRequirements *dedicated = (void *)mask_find(
      requirements->pNext, VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS);
   if (dedicated && mask_is("discrete")) {
      dedicated->prefersDedicatedAllocation = VK_TRUE;
      dedicated->requiresDedicatedAllocation = VK_TRUE;
   }
}

static VKAPI_ATTR void VKAPI_CALL
mask_GetBufferMemoryRequirements(VkDevice device,
                                 VkBuffer buffer,
                                 VkMemoryRequirements *requirements)
{
   MASK_NEXT_DEVICE(GetBufferMemoryRequirements)
   (device, buffer, requirements);
   mask_requirements(requirements);
}

static VKAPI_ATTR void VKAPI_CALL
mask_GetImageMemoryRequirements(VkDevice device,
                                VkImage image,
                                VkMemoryRequirements *requirements)
{
   MASK_NEXT_DEVICE(GetImageMemoryRequirements)(device, image, requirements);
   mask_requirements(requirements);
   if (mask_is("optimal-elsewhere") && is_optimal(image))
      requirements->memoryTypeBits = 1;
}

static VKAPI_ATTR void VKAPI_CALL
mask_GetBufferMemoryRequirements2(VkDevice device,
                                  const VkBufferMemoryRequirementsInfo2 *info,
                                  VkMemoryRequirements2 *requirements)
{
   MASK_NEXT_DEVICE(GetBufferMemoryRequirements2)(device, info, requirements);
   mask_requirements2(requirements);
}

static VKAPI_ATTR void VKAPI_CALL
mask_GetImageMemoryRequirements2(VkDevice device,
                                 const VkImageMemoryRequirementsInfo2 *info,
                                 VkMemoryRequirements2 *requirements)
{
   MASK_NEXT_DEVICE(GetImageMemoryRequirements2)(device, info, requirements);
   mask_requirements2(requirements);
}

static VKAPI_ATTR void VKAPI_CALL
mask_GetDeviceBufferMemoryRequirements(
   VkDevice device,
   const VkDeviceBufferMemoryRequirements *info,
   VkMemoryRequirements2 *requirements)
{
   MASK_NEXT_DEVICE(GetDeviceBufferMemoryRequirements)
   (device, info, requirements);
   mask_requirements2(requirements);
}

static VKAPI_ATTR void VKAPI_CALL
mask_GetDeviceImageMemoryRequirements(
   VkDevice device,
   const VkDeviceImageMemoryRequirements *info,
   VkMemoryRequirements2 *requirements)
{
   MASK_NEXT_DEVICE(GetDeviceImageMemoryRequirements)
   (device, info, requirements);
   mask_requirements2(requirements);
}

/* A driver that dies of a queue family that it does not know. */
static void
check_families(uint32_t src, uint32_t dst)
{
   if (!mask_is_own(VK_EXT_QUEUE_FAMILY_FOREIGN_EXTENSION_NAME) &&
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

void
mask_load_device(VkDevice device)
{
   next_CmdPipelineBarrier = MASK_NEXT_DEVICE(CmdPipelineBarrier);
   next_CmdPipelineBarrier2 = MASK_NEXT_DEVICE(CmdPipelineBarrier2);
}

PFN_vkVoidFunction
mask_device_command(const char *name)
{
   static const struct {
      const char *name;
      PFN_vkVoidFunction function;
   } entries[] = {
#define ENTRY(name) { "vk" #name, (PFN_vkVoidFunction)mask_##name }
      ENTRY(AllocateMemory),
      ENTRY(BindImageMemory),
      ENTRY(CmdPipelineBarrier),
      ENTRY(CmdPipelineBarrier2),
      ENTRY(CreateBuffer),
      ENTRY(CreateImage),
      ENTRY(GetBufferMemoryRequirements),
      ENTRY(GetBufferMemoryRequirements2),
      ENTRY(GetDeviceBufferMemoryRequirements),
      ENTRY(GetDeviceImageMemoryRequirements),
      ENTRY(GetImageDrmFormatModifierPropertiesEXT),
      ENTRY(GetImageMemoryRequirements),
      ENTRY(GetImageMemoryRequirements2),
      ENTRY(GetMemoryFdKHR),
      ENTRY(GetMemoryHostPointerPropertiesEXT),
#undef ENTRY
   };
   for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
      if (!strcmp(entries[i].name, name))
         return entries[i].function;
   }
   return NULL;
}
