/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Images with a modifier, and what the device says about them.
 */

#include "vl_device_test.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "u_test.h"

int
image_test_failures(void)
{
   return u_test_failures;
}

static VkImageMemoryBarrier
barrier(VkImage image,
        VkImageLayout from,
        VkImageLayout to,
        uint32_t src_family,
        uint32_t dst_family)
{
   return (VkImageMemoryBarrier){
      .sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
      .srcAccessMask = VK_ACCESS_MEMORY_WRITE_BIT,
      .dstAccessMask = VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT,
      .oldLayout = from,
      .newLayout = to,
      .srcQueueFamilyIndex = src_family,
      .dstQueueFamilyIndex = dst_family,
      .image = image,
      .subresourceRange = { VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1 },
   };
}

static void
record_barrier(struct vt_device *device, VkImageMemoryBarrier image_barrier)
{
   device->CmdPipelineBarrier(device->command,
                              VK_PIPELINE_STAGE_ALL_COMMANDS_BIT,
                              VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 0, NULL,
                              0, NULL, 1, &image_barrier);
}

/* Clears the image by the rasteriser and gives it away to a stranger. */
static void
render_clear(struct vt_device *device, VkImage image)
{
   if (!device->CmdBeginRendering || !device->instance->can_render) {
      const VkClearColorValue color = { .float32 = { 1.0f, 0, 1.0f, 1.0f } };
      const VkImageSubresourceRange range = { VK_IMAGE_ASPECT_COLOR_BIT, 0, 1,
                                              0, 1 };
      VkCommandBuffer command = vt_begin(device);
      record_barrier(
         device,
         barrier(image, VK_IMAGE_LAYOUT_UNDEFINED, VK_IMAGE_LAYOUT_GENERAL,
                 VK_QUEUE_FAMILY_IGNORED, VK_QUEUE_FAMILY_IGNORED));
      device->CmdClearColorImage(command, image, VK_IMAGE_LAYOUT_GENERAL,
                                 &color, 1, &range);
      record_barrier(device, barrier(image, VK_IMAGE_LAYOUT_GENERAL,
                                     VK_IMAGE_LAYOUT_GENERAL, 0,
                                     VK_QUEUE_FAMILY_FOREIGN_EXT));
      vt_submit(device);
      return;
   }

   const VkImageViewCreateInfo view_info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
      .image = image,
      .viewType = VK_IMAGE_VIEW_TYPE_2D,
      .format = VT_FORMAT,
      .subresourceRange = { VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1 },
   };
   VkImageView view;
   U_CHECK_EQ(
      device->CreateImageView(device->handle, &view_info, NULL, &view),
      VK_SUCCESS);

   const VkRenderingAttachmentInfo attachment = {
      .sType = VK_STRUCTURE_TYPE_RENDERING_ATTACHMENT_INFO,
      .imageView = view,
      .imageLayout = VK_IMAGE_LAYOUT_GENERAL,
      .loadOp = VK_ATTACHMENT_LOAD_OP_CLEAR,
      .storeOp = VK_ATTACHMENT_STORE_OP_STORE,
      .clearValue.color.float32 = { 1.0f, 0.0f, 1.0f, 1.0f },
   };
   const VkRenderingInfo rendering = {
      .sType = VK_STRUCTURE_TYPE_RENDERING_INFO,
      .renderArea.extent = { VT_WIDTH, VT_HEIGHT },
      .layerCount = 1,
      .colorAttachmentCount = 1,
      .pColorAttachments = &attachment,
   };
   VkCommandBuffer command = vt_begin(device);
   record_barrier(
      device,
      barrier(image, VK_IMAGE_LAYOUT_UNDEFINED, VK_IMAGE_LAYOUT_GENERAL,
              VK_QUEUE_FAMILY_IGNORED, VK_QUEUE_FAMILY_IGNORED));
   device->CmdBeginRendering(command, &rendering);
   device->CmdEndRendering(command);
   record_barrier(
      device, barrier(image, VK_IMAGE_LAYOUT_GENERAL, VK_IMAGE_LAYOUT_GENERAL,
                      0, VK_QUEUE_FAMILY_FOREIGN_EXT));
   vt_submit(device);
   device->DestroyImageView(device->handle, view, NULL);
}

void
test_image(struct pair *pair)
{
   struct vt_device *a = &pair->a, *b = &pair->b;
   VkImage image;
   if (!U_CHECK_EQ(vt_modifier_image(a, &vt_linear_list, &image), VK_SUCCESS))
      return;

   VkImageDrmFormatModifierPropertiesEXT modifier = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_PROPERTIES_EXT,
      .drmFormatModifier = 42,
   };
   U_CHECK_EQ(
      a->GetImageDrmFormatModifierPropertiesEXT(a->handle, image, &modifier),
      VK_SUCCESS);
   U_CHECK_EQ(modifier.drmFormatModifier, VT_LINEAR);

   const VkImageSubresource plane = {
      .aspectMask = VK_IMAGE_ASPECT_MEMORY_PLANE_0_BIT_EXT,
   };
   VkSubresourceLayout layout = { 0 };
   a->GetImageSubresourceLayout(a->handle, image, &plane, &layout);
   U_CHECK(layout.rowPitch >= VT_WIDTH * 4);

   VkMemoryRequirements requirements;
   a->GetImageMemoryRequirements(a->handle, image, &requirements);
   VkDeviceMemory memory;
   U_CHECK_EQ(vt_allocate(a, requirements.size, requirements.memoryTypeBits,
                          VT_DMA_BUF, -1, &memory),
              VK_SUCCESS);
   U_CHECK_EQ(a->BindImageMemory(a->handle, image, memory, 0), VK_SUCCESS);
   render_clear(a, image);

   const int fd = vt_export(a, memory);
   const uint64_t size_B = lseek(fd, 0, SEEK_END);
   char *cpu = mmap(NULL, size_B, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
   U_CHECK(cpu != MAP_FAILED);
   for (int y = 0; y < VT_HEIGHT; y++)
      U_CHECK(vt_is_filled(cpu + layout.offset + y * layout.rowPitch,
                           VT_WIDTH * 4, 0xffff00ff));

   /* the other device is told the layout, and reads what the CPU wrote */
   const VkSubresourceLayout told = {
      .offset = layout.offset,
      .rowPitch = layout.rowPitch,
   };
   VkImageDrmFormatModifierExplicitCreateInfoEXT told_info = {
      .sType =
         VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_EXPLICIT_CREATE_INFO_EXT,
      .drmFormatModifier = VT_LINEAR,
      .drmFormatModifierPlaneCount = 1,
      .pPlaneLayouts = &told,
   };
   VkImage theirs;
   if (U_CHECK_EQ(vt_modifier_image(b, &told_info, &theirs), VK_SUCCESS)) {
      VkDeviceMemory imported;
      U_CHECK_EQ(
         vt_allocate(b, requirements.size, requirements.memoryTypeBits, 0,
                     dup(fd), &imported),
         VK_SUCCESS);
      U_CHECK_EQ(b->BindImageMemory(b->handle, theirs, imported, 0),
                 VK_SUCCESS);
      struct vt_bound_buffer copy;
      vt_bound_buffer_init(&copy, b, VT_DMA_BUF, VT_DMA_BUF, -1);

      vt_begin(b);
      record_barrier(
         b,
         barrier(theirs, VK_IMAGE_LAYOUT_UNDEFINED, VK_IMAGE_LAYOUT_GENERAL,
                 VK_QUEUE_FAMILY_IGNORED, VK_QUEUE_FAMILY_IGNORED));
      vt_submit(b);
      for (int y = 0; y < VT_HEIGHT; y++) {
         uint32_t *row =
            (uint32_t *)(cpu + layout.offset + y * layout.rowPitch);
         for (int x = 0; x < VT_WIDTH; x++)
            row[x] = 0x00c0ffee;
      }
      VkCommandBuffer command = vt_begin(b);
      record_barrier(
         b, barrier(theirs, VK_IMAGE_LAYOUT_GENERAL, VK_IMAGE_LAYOUT_GENERAL,
                    VK_QUEUE_FAMILY_FOREIGN_EXT, 0));
      const VkBufferImageCopy region = {
         .imageSubresource = { VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1 },
         .imageExtent = { VT_WIDTH, VT_HEIGHT, 1 },
      };
      b->CmdCopyImageToBuffer(command, theirs, VK_IMAGE_LAYOUT_GENERAL,
                              copy.buffer, 1, &region);
      vt_submit(b);
      void *pointer = NULL;
      b->MapMemory(b->handle, copy.memory, 0, VK_WHOLE_SIZE, 0, &pointer);
      U_CHECK(pointer &&
              vt_is_filled(pointer, VT_WIDTH * VT_HEIGHT * 4, 0x00c0ffee));
      b->UnmapMemory(b->handle, copy.memory);
      vt_bound_buffer_finish(&copy, b);
      b->DestroyImage(b->handle, theirs, NULL);
      b->FreeMemory(b->handle, imported, NULL);
   }

   munmap(cpu, size_B);
   close(fd);
   a->DestroyImage(a->handle, image, NULL);
   a->FreeMemory(a->handle, memory, NULL);
}

void
test_wrong_layouts(struct pair *pair)
{
   VkImage image;
   if (!U_CHECK_EQ(vt_modifier_image(&pair->a, &vt_linear_list, &image),
                   VK_SUCCESS))
      return;
   const VkImageSubresource plane = {
      .aspectMask = VK_IMAGE_ASPECT_MEMORY_PLANE_0_BIT_EXT,
   };
   VkSubresourceLayout layout = { 0 };
   pair->a.GetImageSubresourceLayout(pair->a.handle, image, &plane, &layout);
   pair->a.DestroyImage(pair->a.handle, image, NULL);

   const VkSubresourceLayout wrong[] = {
      { .offset = layout.offset, .rowPitch = layout.rowPitch + 64 },
      { .offset = layout.offset, .rowPitch = layout.rowPitch / 2 },
      { .offset = layout.offset, .rowPitch = 0 },
      { .offset = layout.offset + 4096, .rowPitch = layout.rowPitch },
      { .offset = UINT64_MAX, .rowPitch = UINT64_MAX },
   };
   for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
      const VkImageDrmFormatModifierExplicitCreateInfoEXT info = {
         .sType =
            VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_EXPLICIT_CREATE_INFO_EXT,
         .drmFormatModifier = VT_LINEAR,
         .drmFormatModifierPlaneCount = 1,
         .pPlaneLayouts = &wrong[i],
      };
      U_CHECK_EQ(vt_modifier_image(&pair->b, &info, &image),
                 VK_ERROR_INVALID_DRM_FORMAT_MODIFIER_PLANE_LAYOUT_EXT);
   }
}

/* The foreign queue family through every command that can carry it. */
void
test_foreign(struct pair *pair)
{
   struct vt_device *a = &pair->a;
   if (!a->CmdPipelineBarrier2)
      return;
   struct vt_bound_buffer shared;
   vt_bound_buffer_init(&shared, a, VT_DMA_BUF, VT_DMA_BUF, -1);
   VkImage image;
   U_CHECK_EQ(vt_modifier_image(a, &vt_linear_list, &image), VK_SUCCESS);
   VkMemoryRequirements requirements;
   a->GetImageMemoryRequirements(a->handle, image, &requirements);
   VkDeviceMemory memory;
   U_CHECK_EQ(vt_allocate(a, requirements.size, requirements.memoryTypeBits,
                          VT_DMA_BUF, -1, &memory),
              VK_SUCCESS);
   a->BindImageMemory(a->handle, image, memory, 0);

   VkBufferMemoryBarrier2 buffers[2] = {
      {
         .sType = VK_STRUCTURE_TYPE_BUFFER_MEMORY_BARRIER_2,
         .srcStageMask = VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT,
         .srcAccessMask = VK_ACCESS_2_MEMORY_WRITE_BIT,
         .srcQueueFamilyIndex = 0,
         .dstQueueFamilyIndex = VK_QUEUE_FAMILY_FOREIGN_EXT,
         .buffer = shared.buffer,
         .size = VK_WHOLE_SIZE,
      },
   };
   buffers[1] = buffers[0];
   buffers[1].srcQueueFamilyIndex = VK_QUEUE_FAMILY_FOREIGN_EXT;
   buffers[1].dstQueueFamilyIndex = 0;
   const VkImageMemoryBarrier2 image_barrier = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER_2,
      .srcStageMask = VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT,
      .srcAccessMask = VK_ACCESS_2_MEMORY_WRITE_BIT,
      .oldLayout = VK_IMAGE_LAYOUT_GENERAL,
      .newLayout = VK_IMAGE_LAYOUT_GENERAL,
      .srcQueueFamilyIndex = 0,
      .dstQueueFamilyIndex = VK_QUEUE_FAMILY_FOREIGN_EXT,
      .image = image,
      .subresourceRange = { VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1 },
   };
   const VkDependencyInfo release = {
      .sType = VK_STRUCTURE_TYPE_DEPENDENCY_INFO,
      .bufferMemoryBarrierCount = 1,
      .pBufferMemoryBarriers = &buffers[0],
      .imageMemoryBarrierCount = 1,
      .pImageMemoryBarriers = &image_barrier,
   };
   const VkDependencyInfo acquire = {
      .sType = VK_STRUCTURE_TYPE_DEPENDENCY_INFO,
      .bufferMemoryBarrierCount = 1,
      .pBufferMemoryBarriers = &buffers[1],
   };

   VkCommandBuffer command = vt_begin(a);
   record_barrier(
      a, barrier(image, VK_IMAGE_LAYOUT_UNDEFINED, VK_IMAGE_LAYOUT_GENERAL,
                 VK_QUEUE_FAMILY_IGNORED, VK_QUEUE_FAMILY_IGNORED));
   a->CmdFillBuffer(command, shared.buffer, 0, VK_WHOLE_SIZE, 7);
   a->CmdPipelineBarrier2(command, &release);
   a->CmdPipelineBarrier2(command, &acquire);
   vt_submit(a);

   const VkEventCreateInfo event_info = {
      .sType = VK_STRUCTURE_TYPE_EVENT_CREATE_INFO,
   };
   VkEvent event;
   U_CHECK_EQ(a->CreateEvent(a->handle, &event_info, NULL, &event),
              VK_SUCCESS);
   command = vt_begin(a);
   a->CmdSetEvent2(command, event, &release);
   a->CmdWaitEvents2(command, 1, &event, &release);
   vt_submit(a);

   a->DestroyEvent(a->handle, event, NULL);
   vt_bound_buffer_finish(&shared, a);
   a->DestroyImage(a->handle, image, NULL);
   a->FreeMemory(a->handle, memory, NULL);
}

/* Two planes in one memory, where the driver has such linear images. */
void
test_planar(struct pair *pair)
{
   struct vt_instance *in = pair->instance;
   struct vt_device *a = &pair->a;
   const VkFormat format = VK_FORMAT_G8_B8R8_2PLANE_420_UNORM;
   VkDrmFormatModifierPropertiesEXT entry = { 0 };
   VkDrmFormatModifierPropertiesListEXT list = {
      .sType = VK_STRUCTURE_TYPE_DRM_FORMAT_MODIFIER_PROPERTIES_LIST_EXT,
      .drmFormatModifierCount = 1,
      .pDrmFormatModifierProperties = &entry,
   };
   VkFormatProperties2 properties = {
      .sType = VK_STRUCTURE_TYPE_FORMAT_PROPERTIES_2,
      .pNext = &list,
   };
   in->GetPhysicalDeviceFormatProperties2(in->physical, format, &properties);
   if (!list.drmFormatModifierCount ||
       !(entry.drmFormatModifierTilingFeatures &
         VK_FORMAT_FEATURE_TRANSFER_SRC_BIT)) {
      printf("planar: no linear images of two planes here\n");
      return;
   }
   U_CHECK_EQ(entry.drmFormatModifierPlaneCount, 2);
   U_CHECK(!(entry.drmFormatModifierTilingFeatures &
             VK_FORMAT_FEATURE_DISJOINT_BIT));

   const VkExternalMemoryImageCreateInfo external = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
      .pNext = &vt_linear_list,
      .handleTypes = VT_DMA_BUF,
   };
   VkImageCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
      .pNext = &external,
      .imageType = VK_IMAGE_TYPE_2D,
      .format = format,
      .extent = { VT_WIDTH, VT_HEIGHT, 1 },
      .mipLevels = 1,
      .arrayLayers = 1,
      .samples = VK_SAMPLE_COUNT_1_BIT,
      .tiling = VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT,
      .usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT,
   };
   VkImage image;
   if (!U_CHECK_EQ(a->CreateImage(a->handle, &info, NULL, &image),
                   VK_SUCCESS))
      return;
   VkSubresourceLayout layouts[2];
   for (int i = 0; i < 2; i++) {
      const VkImageSubresource plane = {
         .aspectMask = i ? VK_IMAGE_ASPECT_MEMORY_PLANE_1_BIT_EXT
                         : VK_IMAGE_ASPECT_MEMORY_PLANE_0_BIT_EXT,
      };
      a->GetImageSubresourceLayout(a->handle, image, &plane, &layouts[i]);
   }
   U_CHECK(layouts[0].rowPitch >= VT_WIDTH);
   U_CHECK(layouts[1].offset >= layouts[0].rowPitch * VT_HEIGHT);
   a->DestroyImage(a->handle, image, NULL);

   const VkSubresourceLayout told[2] = {
      { .offset = layouts[0].offset, .rowPitch = layouts[0].rowPitch },
      { .offset = layouts[1].offset, .rowPitch = layouts[1].rowPitch },
   };
   const VkImageDrmFormatModifierExplicitCreateInfoEXT told_info = {
      .sType =
         VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_EXPLICIT_CREATE_INFO_EXT,
      .drmFormatModifier = VT_LINEAR,
      .drmFormatModifierPlaneCount = 2,
      .pPlaneLayouts = told,
   };
   const VkExternalMemoryImageCreateInfo told_external = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
      .pNext = &told_info,
      .handleTypes = VT_DMA_BUF,
   };
   info.pNext = &told_external;
   U_CHECK_EQ(a->CreateImage(a->handle, &info, NULL, &image), VK_SUCCESS);
   a->DestroyImage(a->handle, image, NULL);
}

void
test_queries(struct pair *pair)
{
   struct vt_instance *in = pair->instance;

   const VkPhysicalDeviceExternalBufferInfo buffer_info = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO,
      .usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT,
      .handleType = VT_DMA_BUF,
   };
   VkExternalBufferProperties buffer = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES,
   };
   in->GetPhysicalDeviceExternalBufferProperties(in->physical, &buffer_info,
                                                 &buffer);
   const VkExternalMemoryFeatureFlags both =
      VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT |
      VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
   U_CHECK_EQ(buffer.externalMemoryProperties.externalMemoryFeatures, both);
   U_CHECK_EQ(buffer.externalMemoryProperties.compatibleHandleTypes,
              VT_DMA_BUF);
   U_CHECK_EQ(buffer.externalMemoryProperties.exportFromImportedHandleTypes,
              VT_DMA_BUF);

   /* count first, then with room, then with none */
   VkDrmFormatModifierPropertiesList2EXT list2 = {
      .sType = VK_STRUCTURE_TYPE_DRM_FORMAT_MODIFIER_PROPERTIES_LIST_2_EXT,
   };
   VkDrmFormatModifierPropertiesListEXT list = {
      .sType = VK_STRUCTURE_TYPE_DRM_FORMAT_MODIFIER_PROPERTIES_LIST_EXT,
      .pNext = &list2,
   };
   VkFormatProperties2 format = {
      .sType = VK_STRUCTURE_TYPE_FORMAT_PROPERTIES_2,
      .pNext = &list,
   };
   in->GetPhysicalDeviceFormatProperties2(in->physical, VT_FORMAT, &format);
   /* LINEAR, once, behind those that the driver may have of its own */
   enum { ROOM = 64 };
   const uint32_t count = list.drmFormatModifierCount;
   U_CHECK(count >= 1 && count < ROOM);
   U_CHECK_EQ(list2.drmFormatModifierCount, count);
   VkDrmFormatModifierPropertiesEXT entries[ROOM] = { 0 };
   VkDrmFormatModifierProperties2EXT entries2[ROOM] = { 0 };
   list.drmFormatModifierCount = list2.drmFormatModifierCount = ROOM;
   list.pDrmFormatModifierProperties = entries;
   list2.pDrmFormatModifierProperties = entries2;
   in->GetPhysicalDeviceFormatProperties2(in->physical, VT_FORMAT, &format);
   U_CHECK_EQ(list.drmFormatModifierCount, count);
   U_CHECK_EQ(list2.drmFormatModifierCount, count);
   uint32_t linear_count = 0;
   for (uint32_t i = 0; i < count && i < ROOM; i++) {
      U_CHECK_EQ(entries[i].drmFormatModifier, entries2[i].drmFormatModifier);
      U_CHECK_EQ(entries2[i].drmFormatModifierTilingFeatures &
                    entries[i].drmFormatModifierTilingFeatures,
                 entries[i].drmFormatModifierTilingFeatures);
      if (entries[i].drmFormatModifier != VT_LINEAR)
         continue;
      linear_count++;
      U_CHECK_EQ(entries[i].drmFormatModifierPlaneCount, 1);
      /* those of VkFormatProperties3: a driver may say more there (NVIDIA
       * says that its LINEAR images can be blended)
       */
      const VkFormatFeatureFlags linear =
         format.formatProperties.linearTilingFeatures;
      U_CHECK_EQ(entries[i].drmFormatModifierTilingFeatures & linear, linear);
      U_CHECK_EQ(
         entries[i].drmFormatModifierTilingFeatures,
         entries2[i].drmFormatModifierTilingFeatures & UINT32_C(0x7fffffff));
   }
   U_CHECK_EQ(linear_count, 1);
   list.drmFormatModifierCount = list2.drmFormatModifierCount = 0;
   in->GetPhysicalDeviceFormatProperties2(in->physical, VT_FORMAT, &format);
   U_CHECK_EQ(list.drmFormatModifierCount, 0);
   list.pDrmFormatModifierProperties = NULL;
   list2.pDrmFormatModifierProperties = NULL;
   in->GetPhysicalDeviceFormatProperties2(in->physical, VK_FORMAT_D32_SFLOAT,
                                          &format);
   U_CHECK_EQ(list.drmFormatModifierCount, 0);

   /* images: VT_LINEAR is supported, a made-up modifier is not */
   for (int i = 0; i < 3; i++) {
      VkPhysicalDeviceExternalImageFormatInfo external_info = {
         .sType =
            VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
         .handleType = VT_DMA_BUF,
      };
      const VkPhysicalDeviceImageDrmFormatModifierInfoEXT modifier_info = {
         .sType =
            VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_DRM_FORMAT_MODIFIER_INFO_EXT,
         .pNext = i == 2 ? NULL : &external_info,
         .drmFormatModifier =
            i == 1 ? UINT64_C(0x0100000000000001) : VT_LINEAR,
      };
      const VkPhysicalDeviceImageFormatInfo2 info = {
         .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
         .pNext = &modifier_info,
         .format = VT_FORMAT,
         .type = VK_IMAGE_TYPE_2D,
         .tiling = VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT,
         .usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT,
      };
      VkExternalImageFormatProperties external = {
         .sType = VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES,
      };
      VkImageFormatProperties2 image = {
         .sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2,
         .pNext = i == 2 ? NULL : &external,
      };
      const VkResult result = in->GetPhysicalDeviceImageFormatProperties2(
         in->physical, &info, &image);
      U_CHECK_EQ(result, i == 1 ? VK_ERROR_FORMAT_NOT_SUPPORTED : VK_SUCCESS);
      if (result == VK_SUCCESS)
         U_CHECK(image.imageFormatProperties.maxExtent.width >= VT_WIDTH);
      if (i == 0) {
         U_CHECK_EQ(external.externalMemoryProperties.externalMemoryFeatures,
                    both);
      }
   }
}

void
test_requirements(struct pair *pair)
{
   struct vt_device *a = &pair->a;
   if (!a->GetDeviceImageMemoryRequirements)
      return;
   const VkExternalMemoryImageCreateInfo external = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
      .pNext = &vt_linear_list,
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
      .usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT,
   };
   VkImage image;
   VkMemoryRequirements of_image;
   U_CHECK_EQ(a->CreateImage(a->handle, &info, NULL, &image), VK_SUCCESS);
   a->GetImageMemoryRequirements(a->handle, image, &of_image);
   a->DestroyImage(a->handle, image, NULL);

   const VkDeviceImageMemoryRequirements query = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_IMAGE_MEMORY_REQUIREMENTS,
      .pCreateInfo = &info,
   };
   VkMemoryRequirements2 of_device = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2,
   };
   a->GetDeviceImageMemoryRequirements(a->handle, &query, &of_device);
   U_CHECK_EQ(of_device.memoryRequirements.size, of_image.size);
   U_CHECK_EQ(of_device.memoryRequirements.memoryTypeBits,
              of_image.memoryTypeBits);
}
