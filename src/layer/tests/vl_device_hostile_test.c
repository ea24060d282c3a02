/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What no honest application does, and layouts that are not the driver's.
 */

#include "vl_device_test.h"

#include <string.h>

#include "u_test.h"

int
hostile_test_failures(void)
{
   return u_test_failures;
}

/* Wrong in a way that the validation layer would speak of. */
void
test_hostile(struct pair *pair)
{
   struct vt_device *a = &pair->a;
   VkDeviceMemory memory;
   VkImage image;

   static const uint64_t sizes[] = {
      UINT64_MAX, UINT64_MAX - 4095, INT64_MAX, UINT64_C(1) << 62, 0,
   };
   for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
      U_CHECK_EQ(vt_allocate(a, sizes[i], 1, VT_DMA_BUF, -1, &memory),
                 VK_ERROR_OUT_OF_DEVICE_MEMORY);
   }
   U_CHECK_EQ(vt_allocate(a, 4096, 1u << 31, VT_DMA_BUF, -1, &memory),
              VK_ERROR_OUT_OF_DEVICE_MEMORY);

   /* memory that was not allocated for export, and the wrong type */
   U_CHECK_EQ(vt_allocate(a, 4096, 1, 0, -1, &memory), VK_SUCCESS);
   VkMemoryGetFdInfoKHR get = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_GET_FD_INFO_KHR,
      .memory = memory,
      .handleType = VT_DMA_BUF,
   };
   int fd = -1;
   U_CHECK_EQ(a->GetMemoryFdKHR(a->handle, &get, &fd),
              VK_ERROR_INVALID_EXTERNAL_HANDLE);
   U_CHECK_EQ(fd, -1);
   a->FreeMemory(a->handle, memory, NULL);

   /* a negative fd must not reach anything */
   const VkImportMemoryFdInfoKHR import = {
      .sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR,
      .handleType = VT_DMA_BUF,
      .fd = -1,
   };
   const VkMemoryAllocateInfo info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
      .pNext = &import,
      .allocationSize = 4096,
   };
   U_CHECK_EQ(a->AllocateMemory(a->handle, &info, NULL, &memory),
              VK_ERROR_INVALID_EXTERNAL_HANDLE);

   /* modifiers that do not exist, too many planes, no information at all */
   static const uint64_t tiled = UINT64_C(0x0100000000000001);
   const VkImageDrmFormatModifierListCreateInfoEXT list = {
      .sType =
         VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_LIST_CREATE_INFO_EXT,
      .drmFormatModifierCount = 1,
      .pDrmFormatModifiers = &tiled,
   };
   const VkSubresourceLayout planes[4] = { { .rowPitch = VT_WIDTH * 4 } };
   const VkImageDrmFormatModifierExplicitCreateInfoEXT four = {
      .sType =
         VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_EXPLICIT_CREATE_INFO_EXT,
      .drmFormatModifierPlaneCount = 4,
      .pPlaneLayouts = planes,
   };
   const VkSubresourceLayout sized = { .size = 4096,
                                       .rowPitch = VT_WIDTH * 4 };
   const VkImageDrmFormatModifierExplicitCreateInfoEXT with_size = {
      .sType =
         VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_EXPLICIT_CREATE_INFO_EXT,
      .drmFormatModifierPlaneCount = 1,
      .pPlaneLayouts = &sized,
   };
   /* counts without arrays, as the protocol can carry them */
   const VkImageDrmFormatModifierListCreateInfoEXT no_list = {
      .sType =
         VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_LIST_CREATE_INFO_EXT,
      .drmFormatModifierCount = UINT32_MAX,
   };
   const VkImageDrmFormatModifierExplicitCreateInfoEXT no_planes = {
      .sType =
         VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_EXPLICIT_CREATE_INFO_EXT,
      .drmFormatModifierPlaneCount = 1,
   };
   const VkImageDrmFormatModifierExplicitCreateInfoEXT zero_planes = {
      .sType =
         VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_EXPLICIT_CREATE_INFO_EXT,
   };
   const VkImageDrmFormatModifierExplicitCreateInfoEXT other_modifier = {
      .sType =
         VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_EXPLICIT_CREATE_INFO_EXT,
      .drmFormatModifier = tiled,
      .drmFormatModifierPlaneCount = 1,
      .pPlaneLayouts = planes,
   };
   const VkSubresourceLayout layered = { .rowPitch = VT_WIDTH * 4,
                                         .arrayPitch = 4096 };
   const VkSubresourceLayout deep = { .rowPitch = VT_WIDTH * 4,
                                      .depthPitch = 4096 };
   VkImageDrmFormatModifierExplicitCreateInfoEXT with_array = with_size;
   VkImageDrmFormatModifierExplicitCreateInfoEXT with_depth = with_size;
   with_array.pPlaneLayouts = &layered;
   with_depth.pPlaneLayouts = &deep;

   const void *const wrong[] = {
      &list,    &four,      &with_size,   &with_array,     &with_depth,
      &no_list, &no_planes, &zero_planes, &other_modifier, NULL,
   };
   for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
      U_CHECK_EQ(vt_modifier_image(a, wrong[i], &image),
                 VK_ERROR_INVALID_DRM_FORMAT_MODIFIER_PLANE_LAYOUT_EXT);
   }

   if (a->GetDeviceBufferMemoryRequirements) {
      const VkDeviceBufferMemoryRequirements no_buffer = {
         .sType = VK_STRUCTURE_TYPE_DEVICE_BUFFER_MEMORY_REQUIREMENTS,
      };
      const VkDeviceImageMemoryRequirements no_image = {
         .sType = VK_STRUCTURE_TYPE_DEVICE_IMAGE_MEMORY_REQUIREMENTS,
      };
      VkMemoryRequirements2 requirements = {
         .sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2,
         .memoryRequirements.size = 1,
      };
      a->GetDeviceBufferMemoryRequirements(a->handle, &no_buffer,
                                           &requirements);
      U_CHECK_EQ(requirements.memoryRequirements.size, 0);
      requirements.memoryRequirements.size = 1;
      a->GetDeviceImageMemoryRequirements(a->handle, &no_image,
                                          &requirements);
      U_CHECK_EQ(requirements.memoryRequirements.size, 0);
   }
}

/* A second plane that is not where the driver has it. */
void
test_wrong_planes(struct pair *pair)
{
   struct vt_device *a = &pair->a;
   const VkImageDrmFormatModifierListCreateInfoEXT *list = &vt_linear_list;
   VkImageCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
      .pNext = list,
      .imageType = VK_IMAGE_TYPE_2D,
      .format = VK_FORMAT_G8_B8R8_2PLANE_420_UNORM,
      .extent = { VT_WIDTH, VT_HEIGHT, 1 },
      .mipLevels = 1,
      .arrayLayers = 1,
      .samples = VK_SAMPLE_COUNT_1_BIT,
      .tiling = VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT,
      .usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT,
   };
   VkImage image;
   /* not offered here: then it cannot be made either */
   const VkResult result = a->CreateImage(a->handle, &info, NULL, &image);
   if (result != VK_SUCCESS) {
      U_CHECK_EQ(result,
                 VK_ERROR_INVALID_DRM_FORMAT_MODIFIER_PLANE_LAYOUT_EXT);
      return;
   }
   VkSubresourceLayout right[2];
   for (int i = 0; i < 2; i++) {
      const VkImageSubresource plane = {
         .aspectMask = i ? VK_IMAGE_ASPECT_MEMORY_PLANE_1_BIT_EXT
                         : VK_IMAGE_ASPECT_MEMORY_PLANE_0_BIT_EXT,
      };
      VkSubresourceLayout layout;
      a->GetImageSubresourceLayout(a->handle, image, &plane, &layout);
      right[i] = (VkSubresourceLayout){ .offset = layout.offset,
                                        .rowPitch = layout.rowPitch };
   }
   a->DestroyImage(a->handle, image, NULL);

   VkSubresourceLayout wrong[4][2];
   for (int i = 0; i < 4; i++)
      memcpy(wrong[i], right, sizeof(right));
   wrong[0][1].offset = 0;
   wrong[1][1].rowPitch *= 2;
   wrong[2][0].rowPitch += 64;
   wrong[3][1].offset += 4096;
   for (int i = 0; i < 5; i++) {
      const VkImageDrmFormatModifierExplicitCreateInfoEXT told = {
         .sType =
            VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_EXPLICIT_CREATE_INFO_EXT,
         .drmFormatModifierPlaneCount = i == 4 ? 1 : 2,
         .pPlaneLayouts = i == 4 ? right : wrong[i],
      };
      info.pNext = &told;
      U_CHECK_EQ(a->CreateImage(a->handle, &info, NULL, &image),
                 VK_ERROR_INVALID_DRM_FORMAT_MODIFIER_PLANE_LAYOUT_EXT);
   }
}
