/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The layer on drivers that are poorer, richer or less honest than the one
 * of this machine (vl_mask_layer.c). Whatever the driver does, ordinary
 * Vulkan must keep working, and nothing may be advertised that does not.
 *
 * Usage: vl_mask_test MODE
 */

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "u_test.h"
#include "vl_test_vulkan.h"

#define LAYERS  "VK_LAYER_VENUS_shm,VK_LAYER_VENUS_test_mask"
#define DMA_BUF VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT
#define OPAQUE  VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT
#define FORMAT  VK_FORMAT_R8G8B8A8_UNORM
#define SIZE_B  8192
#define TILED   UINT64_C(0x0100000000000001)

static const char *const names[4] = {
   VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME,
   VK_EXT_EXTERNAL_MEMORY_DMA_BUF_EXTENSION_NAME,
   VK_EXT_IMAGE_DRM_FORMAT_MODIFIER_EXTENSION_NAME,
   VK_EXT_QUEUE_FAMILY_FOREIGN_EXTENSION_NAME,
};

/* To an owner that this driver may not know by name. */
static void
give_away(struct vt_device *device, VkBuffer buffer)
{
   const VkBufferMemoryBarrier barrier = {
      .sType = VK_STRUCTURE_TYPE_BUFFER_MEMORY_BARRIER,
      .srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
      .srcQueueFamilyIndex = 0,
      .dstQueueFamilyIndex = VK_QUEUE_FAMILY_FOREIGN_EXT,
      .buffer = buffer,
      .size = VK_WHOLE_SIZE,
   };
   device->CmdPipelineBarrier(device->command, VK_PIPELINE_STAGE_TRANSFER_BIT,
                              VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, 0, 0,
                              NULL, 1, &barrier, 0, NULL);
   const VkBufferMemoryBarrier2 barrier2 = {
      .sType = VK_STRUCTURE_TYPE_BUFFER_MEMORY_BARRIER_2,
      .srcQueueFamilyIndex = VK_QUEUE_FAMILY_FOREIGN_EXT,
      .dstQueueFamilyIndex = 0,
      .buffer = buffer,
      .size = VK_WHOLE_SIZE,
   };
   const VkDependencyInfo info = {
      .sType = VK_STRUCTURE_TYPE_DEPENDENCY_INFO,
      .bufferMemoryBarrierCount = 1,
      .pBufferMemoryBarriers = &barrier2,
   };
   device->CmdPipelineBarrier2(device->command, &info);
}

/* Allocates, fills and reads back, through an fd if the memory is external.
 * What an opaque fd of the driver's own looks like inside is its business.
 */
static void
use_buffer(struct vt_device *device,
           VkExternalMemoryHandleTypeFlagBits type,
           uint32_t type_bits,
           bool is_native)
{
   VkBuffer buffer = vt_buffer(device, SIZE_B, type);
   VkMemoryRequirements requirements;
   device->GetBufferMemoryRequirements(device->handle, buffer, &requirements);
   U_CHECK_EQ(requirements.memoryTypeBits, type_bits);

   VkDeviceMemory memory;
   if (!U_CHECK_EQ(vt_allocate(device, requirements.size, type_bits, type, -1,
                               &memory),
                   VK_SUCCESS))
      return;
   device->BindBufferMemory(device->handle, buffer, memory, 0);
   VkCommandBuffer command = vt_begin(device);
   device->CmdFillBuffer(command, buffer, 0, SIZE_B, 0x12345678);
   if (type == DMA_BUF)
      give_away(device, buffer);
   vt_submit(device);

   uint32_t *seen = NULL;
   int fd = -1;
   if (type) {
      const VkMemoryGetFdInfoKHR info = {
         .sType = VK_STRUCTURE_TYPE_MEMORY_GET_FD_INFO_KHR,
         .memory = memory,
         .handleType = type,
      };
      U_CHECK_EQ(device->GetMemoryFdKHR(device->handle, &info, &fd),
                 VK_SUCCESS);
      seen = mmap(NULL, SIZE_B, PROT_READ, MAP_SHARED, fd, 0);
      U_CHECK(seen != MAP_FAILED);
   } else {
      device->MapMemory(device->handle, memory, 0, SIZE_B, 0, (void **)&seen);
   }
   if (!is_native) {
      U_CHECK_EQ(seen[0], 0x12345678);
      U_CHECK_EQ(seen[SIZE_B / 4 - 1], 0x12345678);
   }
   if (type) {
      munmap(seen, SIZE_B);
      close(fd);
   } else {
      device->UnmapMemory(device->handle, memory);
   }
   device->DestroyBuffer(device->handle, buffer, NULL);
   device->FreeMemory(device->handle, memory, NULL);
}

static VkResult
query_modifier(struct vt_instance *in,
               uint64_t modifier,
               VkExternalMemoryHandleTypeFlagBits type)
{
   const VkPhysicalDeviceExternalImageFormatInfo external = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
      .handleType = type,
   };
   const VkPhysicalDeviceImageDrmFormatModifierInfoEXT modifier_info = {
      .sType =
         VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_DRM_FORMAT_MODIFIER_INFO_EXT,
      .pNext = type ? &external : NULL,
      .drmFormatModifier = modifier,
   };
   const VkPhysicalDeviceImageFormatInfo2 info = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
      .pNext = &modifier_info,
      .format = FORMAT,
      .type = VK_IMAGE_TYPE_2D,
      .tiling = VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT,
      .usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT,
   };
   VkImageFormatProperties2 properties = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2,
   };
   return in->GetPhysicalDeviceImageFormatProperties2(in->physical, &info,
                                                      &properties);
}

/* The driver's modifiers cannot be shared, so they are not offered. */
static void
test_own_modifiers(struct vt_device *device)
{
   struct vt_instance *in = device->instance;
   U_CHECK_EQ(query_modifier(in, TILED, 0), VK_ERROR_FORMAT_NOT_SUPPORTED);
   U_CHECK_EQ(query_modifier(in, TILED, DMA_BUF),
              VK_ERROR_FORMAT_NOT_SUPPORTED);
   U_CHECK_EQ(query_modifier(in, 0, DMA_BUF), VK_SUCCESS);

   static const uint64_t modifiers[] = { TILED, 0 };
   const VkImageDrmFormatModifierListCreateInfoEXT list = {
      .sType =
         VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_LIST_CREATE_INFO_EXT,
      .drmFormatModifierCount = 2,
      .pDrmFormatModifiers = modifiers,
   };
   const VkExternalMemoryImageCreateInfo external = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
      .pNext = &list,
      .handleTypes = DMA_BUF,
   };
   const VkImageCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
      .pNext = &external,
      .imageType = VK_IMAGE_TYPE_2D,
      .format = FORMAT,
      .extent = { 16, 16, 1 },
      .mipLevels = 1,
      .arrayLayers = 1,
      .samples = VK_SAMPLE_COUNT_1_BIT,
      .tiling = VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT,
      .usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT,
   };
   VkImage image;
   if (!U_CHECK_EQ(device->CreateImage(device->handle, &info, NULL, &image),
                   VK_SUCCESS))
      return;
   VkImageDrmFormatModifierPropertiesEXT properties = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_PROPERTIES_EXT,
      .drmFormatModifier = TILED,
   };
   U_CHECK_EQ(device->GetImageDrmFormatModifierPropertiesEXT(
                 device->handle, image, &properties),
              VK_SUCCESS);
   U_CHECK_EQ(properties.drmFormatModifier, 0);
   device->DestroyImage(device->handle, image, NULL);
}

/* Two memory types, of which only the second one can be shared. */
static void
test_discrete(struct vt_device *device)
{
   struct vt_instance *in = device->instance;
   VkPhysicalDeviceMemoryProperties memory_properties;
   in->GetPhysicalDeviceMemoryProperties(in->physical, &memory_properties);
   U_CHECK_EQ(memory_properties.memoryTypeCount, 2);
   U_CHECK_EQ(memory_properties.memoryTypes[0].propertyFlags,
              VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT);
   U_CHECK(memory_properties.memoryTypes[1].propertyFlags &
           VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT);

   /* plain objects keep all types, shared ones do not */
   use_buffer(device, 0, 3, false);
   use_buffer(device, DMA_BUF, 2, false);

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

/* The mask claims sparse binding; it must go where all memory is shared. */
static void
check_sparse(const struct vt_instance *instance, bool kept)
{
   VkPhysicalDeviceFeatures features;
   VkQueueFamilyProperties family;
   uint32_t count = 1;

   instance->GetPhysicalDeviceFeatures(instance->physical, &features);
   instance->GetPhysicalDeviceQueueFamilyProperties(instance->physical,
                                                    &count, &family);
   U_CHECK_EQ(features.sparseBinding, kept);
   U_CHECK_EQ(!!(family.queueFlags & VK_QUEUE_SPARSE_BINDING_BIT), kept);
}

int
main(int argc, char **argv)
{
   /* which of names[] there are, and what else to check */
   static const struct {
      const char *mode;
      bool listed[4];
      uint32_t plain_types;
      void (*run)(struct vt_device *device);
   } cases[] = {
      { "", { 1, 1, 1, 1 }, 1, NULL },
      { "hide-host", { 1, 0, 0, 0 }, 1, NULL },
      { "no-device", { 1, 0, 0, 0 }, 1, NULL },
      { "fail-import", { 1, 0, 0, 0 }, 1, NULL },
      { "fail-buffer", { 1, 0, 0, 0 }, 1, NULL },
      { "fail-image", { 1, 0, 0, 0 }, 1, NULL },
      { "no-types", { 1, 0, 0, 0 }, 1, NULL },
      { "elsewhere", { 1, 0, 0, 0 }, 1, NULL },
      { "bad-alignment", { 1, 0, 0, 0 }, 1, NULL },
      { "hide-fd", { 1, 1, 1, 1 }, 1, NULL },
      { "discrete", { 1, 1, 1, 1 }, 3, test_discrete },
      { "own-modifiers", { 1, 1, 1, 1 }, 1, test_own_modifiers },
      { "complete", { 1, 1, 1, 1 }, 1, NULL },
   };
   const char *mode = argc > 1 ? argv[1] : "";
   setenv("VENUS_TEST_MASK", mode, 1);

   struct vt_instance instance;
   if (!vt_instance_init(&instance, LAYERS, VK_API_VERSION_1_3))
      return U_TEST_SKIP;
   bool found = false;
   for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
      if (strcmp(cases[i].mode, mode))
         continue;
      found = true;
      for (int j = 0; j < 4; j++)
         U_CHECK_EQ(vt_has_extension(&instance, names[j]),
                    cases[i].listed[j]);
      check_sparse(&instance, !cases[i].listed[1] ||
                                 !strcmp(mode, "discrete") ||
                                 !strcmp(mode, "complete"));

      struct vt_device device;
      if (!vt_device_init(&device, &instance))
         break;
      const struct vt_usage before = vt_usage();
      use_buffer(&device, 0, cases[i].plain_types, false);
      /* dma-bufs of the "complete" driver are only claimed */
      if (cases[i].listed[1] && strcmp(mode, "complete"))
         use_buffer(&device, DMA_BUF, cases[i].plain_types & 2 ? 2 : 1,
                    false);
      use_buffer(&device, OPAQUE, cases[i].plain_types,
                 strcmp(mode, "hide-fd") != 0);
      if (cases[i].run)
         cases[i].run(&device);
      U_CHECK_EQ(vt_usage().fds, before.fds);
      U_CHECK_EQ(vt_usage().mappings, before.mappings);
      vt_device_finish(&device);
   }
   U_CHECK(found);
   vt_instance_finish(&instance);
   U_CHECK_EQ(vt_usage().mappings, 0);
   return vt_failures() ? EXIT_FAILURE : u_test_result();
}
