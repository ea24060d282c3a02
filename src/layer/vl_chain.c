/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Owns the copies of parts of chains; see vl_chain.h for why there are any.
 * Must never write to what it was given.
 */

#include "vl_chain.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "vl_log.h"

#define CASE(type, name)                                                     \
   case VK_STRUCTURE_TYPE_##type:                                            \
      return sizeof(name)

/* Structs that extend VkImageCreateInfo, VkBufferCreateInfo,
 * VkMemoryAllocateInfo, VkPhysicalDeviceImageFormatInfo2 or
 * VkPhysicalDeviceExternalBufferInfo. 0: unknown.
 */
static size_t
size_of_struct(VkStructureType type)
{
   /* an int, since a driver may be newer than the enum */
   switch ((int)type) {
      CASE(BUFFER_DEVICE_ADDRESS_CREATE_INFO_EXT,
           VkBufferDeviceAddressCreateInfoEXT);
      CASE(BUFFER_OPAQUE_CAPTURE_ADDRESS_CREATE_INFO,
           VkBufferOpaqueCaptureAddressCreateInfo);
      CASE(DEDICATED_ALLOCATION_BUFFER_CREATE_INFO_NV,
           VkDedicatedAllocationBufferCreateInfoNV);
      CASE(DEDICATED_ALLOCATION_IMAGE_CREATE_INFO_NV,
           VkDedicatedAllocationImageCreateInfoNV);
      CASE(DEDICATED_ALLOCATION_MEMORY_ALLOCATE_INFO_NV,
           VkDedicatedAllocationMemoryAllocateInfoNV);
      CASE(EXPORT_MEMORY_ALLOCATE_INFO, VkExportMemoryAllocateInfo);
      CASE(EXPORT_MEMORY_ALLOCATE_INFO_NV, VkExportMemoryAllocateInfoNV);
      CASE(EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
           VkExternalMemoryBufferCreateInfo);
      CASE(EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
           VkExternalMemoryImageCreateInfo);
      CASE(EXTERNAL_MEMORY_IMAGE_CREATE_INFO_NV,
           VkExternalMemoryImageCreateInfoNV);
      CASE(IMAGE_COMPRESSION_CONTROL_EXT, VkImageCompressionControlEXT);
      CASE(IMAGE_DRM_FORMAT_MODIFIER_EXPLICIT_CREATE_INFO_EXT,
           VkImageDrmFormatModifierExplicitCreateInfoEXT);
      CASE(IMAGE_DRM_FORMAT_MODIFIER_LIST_CREATE_INFO_EXT,
           VkImageDrmFormatModifierListCreateInfoEXT);
      CASE(IMAGE_FORMAT_LIST_CREATE_INFO, VkImageFormatListCreateInfo);
      CASE(IMAGE_STENCIL_USAGE_CREATE_INFO, VkImageStencilUsageCreateInfo);
      CASE(IMAGE_SWAPCHAIN_CREATE_INFO_KHR, VkImageSwapchainCreateInfoKHR);
      CASE(IMPORT_MEMORY_FD_INFO_KHR, VkImportMemoryFdInfoKHR);
      CASE(IMPORT_MEMORY_HOST_POINTER_INFO_EXT,
           VkImportMemoryHostPointerInfoEXT);
      CASE(MEMORY_ALLOCATE_FLAGS_INFO, VkMemoryAllocateFlagsInfo);
      CASE(MEMORY_DEDICATED_ALLOCATE_INFO, VkMemoryDedicatedAllocateInfo);
      CASE(MEMORY_OPAQUE_CAPTURE_ADDRESS_ALLOCATE_INFO,
           VkMemoryOpaqueCaptureAddressAllocateInfo);
      CASE(MEMORY_PRIORITY_ALLOCATE_INFO_EXT,
           VkMemoryPriorityAllocateInfoEXT);
      CASE(OPAQUE_CAPTURE_DESCRIPTOR_DATA_CREATE_INFO_EXT,
           VkOpaqueCaptureDescriptorDataCreateInfoEXT);
      CASE(OPTICAL_FLOW_IMAGE_FORMAT_INFO_NV, VkOpticalFlowImageFormatInfoNV);
      CASE(PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
           VkPhysicalDeviceExternalImageFormatInfo);
      CASE(PHYSICAL_DEVICE_IMAGE_DRM_FORMAT_MODIFIER_INFO_EXT,
           VkPhysicalDeviceImageDrmFormatModifierInfoEXT);
      CASE(PHYSICAL_DEVICE_IMAGE_VIEW_IMAGE_FORMAT_INFO_EXT,
           VkPhysicalDeviceImageViewImageFormatInfoEXT);
      CASE(VIDEO_PROFILE_LIST_INFO_KHR, VkVideoProfileListInfoKHR);
#ifdef VK_KHR_maintenance5
      CASE(BUFFER_USAGE_FLAGS_2_CREATE_INFO_KHR,
           VkBufferUsageFlags2CreateInfoKHR);
#endif
#ifdef VK_EXT_host_image_copy
      CASE(HOST_IMAGE_COPY_DEVICE_PERFORMANCE_QUERY_EXT,
           VkHostImageCopyDevicePerformanceQueryEXT);
#endif
#ifdef VK_MESA_image_alignment_control
      CASE(IMAGE_ALIGNMENT_CONTROL_CREATE_INFO_MESA,
           VkImageAlignmentControlCreateInfoMESA);
#endif
   default:
      return 0;
   }
}

#undef CASE

static bool
is_removed(VkStructureType type, const VkStructureType *types, uint32_t count)
{
   for (uint32_t i = 0; i < count; i++) {
      if (types[i] == type)
         return true;
   }
   return false;
}

bool
vl_chain_init(struct vl_chain *chain,
              const void *app,
              const VkStructureType *removed_types,
              uint32_t removed_count)
{
   chain->head = app;
   chain->allocation = NULL;

   /* everything from here on is shared */
   const VkBaseInStructure *tail = app;
   for (const VkBaseInStructure *in = app; in; in = in->pNext) {
      if (is_removed(in->sType, removed_types, removed_count))
         tail = in->pNext;
   }

   size_t total_B = 0;
   for (const VkBaseInStructure *in = app; in != tail; in = in->pNext) {
      if (!is_removed(in->sType, removed_types, removed_count))
         total_B += (size_of_struct(in->sType) + 7) & ~(size_t)7;
   }

   char *copy = (char *)chain->storage;
   if (total_B > sizeof(chain->storage)) {
      copy = chain->allocation = malloc(total_B);
      if (!copy)
         return false;
   }

   const void **link = &chain->head;
   for (const VkBaseInStructure *in = app; in != tail; in = in->pNext) {
      if (is_removed(in->sType, removed_types, removed_count))
         continue;
      const size_t size_B = size_of_struct(in->sType);
      if (!size_B) {
         vl_log_error("struct %d in a pNext chain is unknown and left out",
                      (int)in->sType);
         continue;
      }
      memcpy(copy, in, size_B);
      *link = copy;
      link = (const void **)(copy + offsetof(VkBaseInStructure, pNext));
      copy += (size_B + 7) & ~(size_t)7;
   }
   *link = tail;
   return true;
}

void
vl_chain_finish(struct vl_chain *chain)
{
   free(chain->allocation);
   chain->allocation = NULL;
   chain->head = NULL;
}

void
vl_chain_push(struct vl_chain *chain, void *vulkan_struct)
{
   VkBaseOutStructure *out = vulkan_struct;
   out->pNext = (VkBaseOutStructure *)chain->head;
   chain->head = out;
}

const void *
vl_chain_find(const void *chain, VkStructureType type)
{
   for (const VkBaseInStructure *in = chain; in; in = in->pNext) {
      if (in->sType == type)
         return in;
   }
   return NULL;
}
