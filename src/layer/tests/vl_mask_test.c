/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The layer on drivers that are poorer, richer or less honest than the one
 * of this machine (vl_mask.h). Whatever the driver does, ordinary
 * Vulkan must keep working, and nothing may be advertised that does not.
 *
 * Usage: vl_mask_test MODE
 */

#include "vl_mask_test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "u_test.h"

#define LAYERS "VK_LAYER_VENUS_shm,VK_LAYER_VENUS_test_mask"
#define SIZE_B 8192

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

/* A host of which nothing is made up: not by the queries either. */
static void
check_nothing_served(struct vt_device *device)
{
   struct vt_instance *in = device->instance;
   const VkPhysicalDeviceExternalBufferInfo info = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO,
      .usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT,
      .handleType = DMA_BUF,
   };
   VkExternalBufferProperties properties = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES,
   };
   in->GetPhysicalDeviceExternalBufferProperties(in->physical, &info,
                                                 &properties);
   U_CHECK_EQ(properties.externalMemoryProperties.externalMemoryFeatures, 0);

   VkDrmFormatModifierPropertiesListEXT list = {
      .sType = VK_STRUCTURE_TYPE_DRM_FORMAT_MODIFIER_PROPERTIES_LIST_EXT,
   };
   VkFormatProperties2 format = {
      .sType = VK_STRUCTURE_TYPE_FORMAT_PROPERTIES_2,
      .pNext = &list,
   };
   in->GetPhysicalDeviceFormatProperties2(in->physical, FORMAT, &format);
   U_CHECK_EQ(list.drmFormatModifierCount, 0);

   VkPhysicalDeviceMemoryProperties memory;
   in->GetPhysicalDeviceMemoryProperties(in->physical, &memory);
   U_CHECK(memory.memoryTypes[0].propertyFlags &
           VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT);
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
   if (kept)
      return;
   /* no sparse binding, no sparse format, whatever the driver has */
   count = UINT32_MAX;
   instance->GetPhysicalDeviceSparseImageFormatProperties(
      instance->physical, FORMAT, VK_IMAGE_TYPE_2D, VK_SAMPLE_COUNT_1_BIT,
      VK_IMAGE_USAGE_SAMPLED_BIT, VK_IMAGE_TILING_OPTIMAL, &count, NULL);
   U_CHECK_EQ(count, 0);
}

struct mask_case {
   const char *mode;
   bool listed[4];       /* which of names[] there are */
   uint32_t plain_types; /* memory types of a plain buffer */
   uint32_t shared_types;
   void (*run)(struct vt_device *device);
};

/* Words of a mode are separated by commas. */
static bool
has_word(const char *mode, const char *word)
{
   const char *found = strstr(mode, word);
   const size_t length = strlen(word);
   return found && (found == mode || found[-1] == ',') &&
          (!found[length] || found[length] == ',');
}

static void
run_case(const struct mask_case *test, struct vt_instance *instance)
{
   for (int j = 0; j < 4; j++)
      U_CHECK_EQ(vt_has_extension(instance, names[j]), test->listed[j]);
   const bool is_native = has_word(test->mode, "native-dma-buf");
   check_sparse(instance, !test->listed[1] || is_native ||
                             test->shared_types != test->plain_types);

   struct vt_device device;
   if (!vt_device_init(&device, instance))
      return;
   /* Ordinary Vulkan works on all of them. */
   const struct vt_usage before = vt_usage();
   use_buffer(&device, 0, test->plain_types, false);
   use_plain_image(&device);
   if (test->listed[1])
      use_buffer(&device, DMA_BUF, test->shared_types, is_native);
   if (test->listed[0] && !is_native) {
      const bool is_served = has_word(test->mode, "hide-fd");
      use_buffer(&device, OPAQUE,
                 is_served ? test->shared_types : test->plain_types,
                 !is_served);
   }
   if (!test->listed[1])
      check_nothing_served(&device);
   if (test->run)
      test->run(&device);
   U_CHECK_EQ(vt_usage().fds, before.fds);
   U_CHECK_EQ(vt_usage().mappings, before.mappings);
   vt_device_finish(&device);
}

int
main(int argc, char **argv)
{
   static const struct mask_case cases[] = {
      { "", { 1, 1, 1, 1 }, 1, 1, NULL },
      { "hide-fd", { 1, 1, 1, 1 }, 1, 1, NULL },
      { "native-dma-buf", { 1, 1, 1, 1 }, 1, 1, test_native },
      { "own-modifiers", { 1, 1, 1, 1 }, 1, 1, test_own_modifiers },
      { "discrete", { 1, 1, 1, 1 }, 3, 2, test_discrete },
      { "hide-fd,own-modifiers",
        { 1, 1, 1, 1 },
        1,
        1,
        test_own_modifiers_no_fd },
      { "discrete,own-modifiers",
        { 1, 1, 1, 1 },
        3,
        2,
        test_discrete_own_modifiers },
      { "discrete,optimal-elsewhere",
        { 1, 1, 1, 1 },
        3,
        2,
        test_optimal_elsewhere },
      { "discrete,hide-fd", { 1, 1, 1, 1 }, 3, 2, test_discrete },
      { "linear-depth", { 1, 1, 1, 1 }, 1, 1, test_linear_depth },
      { "no-linear-render", { 1, 1, 1, 1 }, 1, 1, test_no_linear_render },
      { "non-coherent", { 1, 1, 1, 1 }, 3, 2, test_non_coherent },
      { "only-non-coherent", { 1, 0, 0, 0 }, 1, 1, NULL },
      { "align-16k", { 1, 1, 1, 1 }, 1, 1, test_alignment },
      { "align-64k", { 1, 1, 1, 1 }, 1, 1, test_alignment },
      { "align-64k,hide-fd,discrete", { 1, 1, 1, 1 }, 3, 2, test_alignment },
      { "bad-alignment", { 1, 0, 0, 0 }, 1, 1, NULL },
      { "hide-host", { 1, 0, 0, 0 }, 1, 1, NULL },
      { "hide-host,hide-fd", { 0, 0, 0, 0 }, 1, 1, NULL },
      { "no-device", { 1, 0, 0, 0 }, 1, 1, NULL },
      { "fail-import", { 1, 0, 0, 0 }, 1, 1, NULL },
      { "fail-import,hide-fd", { 0, 0, 0, 0 }, 1, 1, NULL },
      { "fail-buffer", { 1, 0, 0, 0 }, 1, 1, NULL },
      { "fail-buffer,hide-fd", { 0, 0, 0, 0 }, 1, 1, NULL },
      { "fail-image", { 1, 0, 0, 0 }, 1, 1, NULL },
      { "fail-image,hide-fd", { 0, 0, 0, 0 }, 1, 1, NULL },
      { "no-types", { 1, 0, 0, 0 }, 1, 1, NULL },
      { "elsewhere", { 1, 0, 0, 0 }, 1, 1, NULL },
      { "elsewhere,hide-fd", { 0, 0, 0, 0 }, 1, 1, NULL },
      { "elsewhere-image", { 1, 0, 0, 0 }, 1, 1, NULL },
      { "elsewhere-image,hide-fd", { 0, 0, 0, 0 }, 1, 1, NULL },
   };
   const char *mode = argc > 1 ? argv[1] : "";
   setenv("VENUS_TEST_MASK", mode, 1);

   struct vt_instance instance;
   if (!vt_instance_init(&instance, LAYERS, VK_API_VERSION_1_3))
      return U_TEST_SKIP;
   bool found = false;
   for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
      if (!strcmp(cases[i].mode, mode)) {
         found = true;
         run_case(&cases[i], &instance);
      }
   }
   U_CHECK(found);
   vt_instance_finish(&instance);
   U_CHECK_EQ(vt_usage().mappings, 0);
   return vt_failures() || mask_memory_failures() || mask_image_failures() ||
                mask_modifier_failures()
             ? EXIT_FAILURE
             : u_test_result();
}
