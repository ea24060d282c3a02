/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Memory of masked drivers: its types, and what it has to be aligned to.
 */

#include "vl_mask_test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "u_test.h"

#define SIZE_B 8192

int
mask_memory_failures(void)
{
   return u_test_failures;
}

/* What a 16x16 image requires, as the four queries say. */
static void
check_image_requirements(struct vt_device *device,
                         VkExternalMemoryHandleTypeFlags handle_types,
                         uint32_t type_bits,
                         bool is_dedicated)
{
   const VkExternalMemoryImageCreateInfo external = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
      .handleTypes = handle_types,
   };
   const VkImageCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
      .pNext = handle_types ? &external : NULL,
      .imageType = VK_IMAGE_TYPE_2D,
      .format = FORMAT,
      .extent = { 16, 16, 1 },
      .mipLevels = 1,
      .arrayLayers = 1,
      .samples = VK_SAMPLE_COUNT_1_BIT,
      .tiling = VK_IMAGE_TILING_LINEAR,
      .usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT,
   };
   VkImage image;
   if (!U_CHECK_EQ(device->CreateImage(device->handle, &info, NULL, &image),
                   VK_SUCCESS))
      return;
   VkMemoryRequirements requirements;
   device->GetImageMemoryRequirements(device->handle, image, &requirements);
   U_CHECK_EQ(requirements.memoryTypeBits, type_bits);

   const VkImageMemoryRequirementsInfo2 info2 = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_REQUIREMENTS_INFO_2,
      .image = image,
   };
   const VkDeviceImageMemoryRequirements of_device = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_IMAGE_MEMORY_REQUIREMENTS,
      .pCreateInfo = &info,
   };
   for (int i = 0; i < 2; i++) {
      VkMemoryDedicatedRequirements dedicated = {
         .sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS,
      };
      VkMemoryRequirements2 requirements2 = {
         .sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2,
         .pNext = &dedicated,
      };
      if (i)
         device->GetDeviceImageMemoryRequirements(device->handle, &of_device,
                                                  &requirements2);
      else
         device->GetImageMemoryRequirements2(device->handle, &info2,
                                             &requirements2);
      U_CHECK_EQ(requirements2.memoryRequirements.memoryTypeBits, type_bits);
      U_CHECK_EQ(requirements2.memoryRequirements.size, requirements.size);
      U_CHECK_EQ(dedicated.prefersDedicatedAllocation, is_dedicated);
      U_CHECK_EQ(dedicated.requiresDedicatedAllocation, is_dedicated);
   }
   device->DestroyImage(device->handle, image, NULL);
}

/* The same for a buffer. */
static void
check_buffer_requirements(struct vt_device *device,
                          VkExternalMemoryHandleTypeFlags handle_types,
                          uint32_t type_bits,
                          bool is_dedicated)
{
   const VkExternalMemoryBufferCreateInfo external = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
      .handleTypes = handle_types,
   };
   const VkBufferCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
      .pNext = handle_types ? &external : NULL,
      .size = SIZE_B,
      .usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT,
   };
   VkBuffer buffer = vt_buffer(device, SIZE_B, handle_types);
   const VkBufferMemoryRequirementsInfo2 info2 = {
      .sType = VK_STRUCTURE_TYPE_BUFFER_MEMORY_REQUIREMENTS_INFO_2,
      .buffer = buffer,
   };
   const VkDeviceBufferMemoryRequirements of_device = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_BUFFER_MEMORY_REQUIREMENTS,
      .pCreateInfo = &info,
   };
   for (int i = 0; i < 2; i++) {
      VkMemoryDedicatedRequirements dedicated = {
         .sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS,
      };
      VkMemoryRequirements2 requirements2 = {
         .sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2,
         .pNext = &dedicated,
      };
      if (i)
         device->GetDeviceBufferMemoryRequirements(device->handle, &of_device,
                                                   &requirements2);
      else
         device->GetBufferMemoryRequirements2(device->handle, &info2,
                                              &requirements2);
      U_CHECK_EQ(requirements2.memoryRequirements.memoryTypeBits, type_bits);
      U_CHECK_EQ(dedicated.prefersDedicatedAllocation, is_dedicated);
      U_CHECK_EQ(dedicated.requiresDedicatedAllocation, is_dedicated);
   }
   device->DestroyBuffer(device->handle, buffer, NULL);
}

/* Two memory types, of which only the second one can be shared. */
void
test_discrete(struct vt_device *device)
{
   struct vt_instance *in = device->instance;
   VkPhysicalDeviceMemoryProperties2 memory_properties = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2,
   };
   const VkMemoryType *types = memory_properties.memoryProperties.memoryTypes;
   for (int i = 0; i < 2; i++) {
      if (i)
         in->GetPhysicalDeviceMemoryProperties2(in->physical,
                                                &memory_properties);
      else
         in->GetPhysicalDeviceMemoryProperties(
            in->physical, &memory_properties.memoryProperties);
      U_CHECK_EQ(memory_properties.memoryProperties.memoryTypeCount, 2);
      U_CHECK_EQ(types[0].propertyFlags, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT);
      U_CHECK(types[1].propertyFlags & VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT);
   }

   /* plain objects keep all types, shared ones do not */
   check_buffer_requirements(device, 0, 3, true);
   check_buffer_requirements(device, DMA_BUF, 2, false);
   check_image_requirements(device, 0, 3, true);
   check_image_requirements(device, DMA_BUF, 2, false);

   VkDeviceMemory memory;
   U_CHECK_EQ(vt_allocate(device, SIZE_B, 1, DMA_BUF, -1, &memory),
              VK_ERROR_OUT_OF_DEVICE_MEMORY);
   U_CHECK_EQ(vt_allocate(device, SIZE_B, 2, DMA_BUF, -1, &memory),
              VK_SUCCESS);
   const int fd = vt_export(device, memory);
   VkMemoryFdPropertiesKHR properties = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_FD_PROPERTIES_KHR,
   };
   U_CHECK_EQ(device->GetMemoryFdPropertiesKHR(device->handle, DMA_BUF, fd,
                                               &properties),
              VK_SUCCESS);
   U_CHECK_EQ(properties.memoryTypeBits, 2);
   VkDeviceMemory imported;
   U_CHECK_EQ(vt_allocate(device, SIZE_B, 1, 0, fd, &imported),
              VK_ERROR_INVALID_EXTERNAL_HANDLE);
   close(fd); /* still ours, then */
   device->FreeMemory(device->handle, memory, NULL);
}

/* A type that nobody could flush for others: not shared, and not mappable. */
void
test_non_coherent(struct vt_device *device)
{
   struct vt_instance *in = device->instance;
   VkPhysicalDeviceMemoryProperties memory_properties;
   in->GetPhysicalDeviceMemoryProperties(in->physical, &memory_properties);
   const VkMemoryType *types = memory_properties.memoryTypes;
   U_CHECK_EQ(types[0].propertyFlags, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT);
   /* uncached is slow, not wrong */
   U_CHECK_EQ(types[1].propertyFlags,
              VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT |
                 VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT |
                 VK_MEMORY_PROPERTY_HOST_COHERENT_BIT);
   check_buffer_requirements(device, DMA_BUF, 2, false);
   check_image_requirements(device, DMA_BUF, 2, false);

   VkDeviceMemory memory;
   U_CHECK_EQ(vt_allocate(device, SIZE_B, 1, DMA_BUF, -1, &memory),
              VK_ERROR_OUT_OF_DEVICE_MEMORY);
}

static int
memfd_of(uint64_t size_B)
{
   const int fd =
      memfd_create("venus-shm-test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
   U_CHECK_EQ(ftruncate(fd, (off_t)size_B), 0);
   return fd;
}

/* Host pointers of more than a page, the size likewise. */
void
test_alignment(struct vt_device *device)
{
   const char *mode = getenv("VENUS_TEST_MASK");
   const uint64_t alignment_B = strstr(mode, "16k") ? 16384 : 65536;
   const uint32_t types = strstr(mode, "discrete") ? 2 : 1;
   const uint64_t sizes_B[] = { 1, 4096, 16384, 65536, 65537, 70000 };

   for (int i = 0; i < 6; i++) {
      VkDeviceMemory memory, imported;
      const uint64_t size_B = sizes_B[i];
      const uint64_t whole_B =
         (size_B + alignment_B - 1) / alignment_B * alignment_B;
      if (!U_CHECK_EQ(
             vt_allocate(device, size_B, types, DMA_BUF, -1, &memory),
             VK_SUCCESS))
         continue;
      const int fd = vt_export(device, memory);
      U_CHECK_EQ(lseek(fd, 0, SEEK_END), whole_B);
      char *cpu =
         mmap(NULL, whole_B, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
      char *mapped = NULL;
      U_CHECK_EQ(device->MapMemory(device->handle, memory, 0, VK_WHOLE_SIZE,
                                   0, (void **)&mapped),
                 VK_SUCCESS);
      U_CHECK_EQ((uintptr_t)mapped % alignment_B, 0);
      mapped[size_B - 1] = 0x77;
      U_CHECK_EQ(cpu[size_B - 1], 0x77);
      munmap(cpu, whole_B);

      /* by its size, and by all that the fd has */
      for (int j = 0; j < 2; j++) {
         U_CHECK_EQ(vt_allocate(device, j ? whole_B : size_B, types, 0,
                                dup(fd), &imported),
                    VK_SUCCESS);
         device->FreeMemory(device->handle, imported, NULL);
      }
      U_CHECK_EQ(vt_allocate(device, whole_B + 1, types, 0, fd, &imported),
                 VK_ERROR_INVALID_EXTERNAL_HANDLE);
      device->UnmapMemory(device->handle, memory);
      device->FreeMemory(device->handle, memory, NULL);

      /* whoever mapped it first, and after the exporter has gone */
      U_CHECK_EQ(vt_allocate(device, size_B, types, 0, fd, &imported),
                 VK_SUCCESS);
      device->FreeMemory(device->handle, imported, NULL);
   }

   /* Memory made with smaller pages: the driver would reach behind its end. */
   const uint64_t foreign_B[] = { 4096, alignment_B - 4096, alignment_B };
   for (int i = 0; i < 3; i++) {
      const bool fits = i == 2;
      const VkResult expected =
         fits ? VK_SUCCESS : VK_ERROR_INVALID_EXTERNAL_HANDLE;
      const int fd = memfd_of(foreign_B[i]);
      VkMemoryFdPropertiesKHR properties = {
         .sType = VK_STRUCTURE_TYPE_MEMORY_FD_PROPERTIES_KHR,
      };
      U_CHECK_EQ(device->GetMemoryFdPropertiesKHR(device->handle, DMA_BUF, fd,
                                                  &properties),
                 expected);
      VkDeviceMemory memory;
      U_CHECK_EQ(vt_allocate(device, 4096, types, 0, fd, &memory), expected);
      if (fits)
         device->FreeMemory(device->handle, memory, NULL);
      else
         close(fd);
   }
}
