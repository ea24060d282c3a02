/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The layer from the application's side, through the real loader, on whatever
 * driver comes first: what is shared has to arrive, and what is wrong has to
 * fail without leaving anything behind.
 *
 * Usage: vl_device_test LAYERS [TEST...]
 *        vl_device_test LAYERS old-application
 * Ends with 77 if there is no device.
 */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "u_test.h"
#include "vl_test_vulkan.h"

#define DMA_BUF VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT
#define OPAQUE  VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT
#define SIZE_B  UINT64_C(70000) /* not a multiple of a page */
#define WIDTH   64
#define HEIGHT  48
#define FORMAT  VK_FORMAT_B8G8R8A8_UNORM
#define LINEAR  UINT64_C(0)

/* Two devices: one exports, the other one imports. */
struct pair {
   struct vt_instance *instance;
   struct vt_device a;
   struct vt_device b;
   uint32_t shared_types; /* memory types of a buffer that is shared */
};

static bool
is_open(int fd)
{
   return fcntl(fd, F_GETFD) >= 0;
}

static bool
is_filled(const void *memory, uint64_t size_B, uint32_t value)
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

static void
fill(struct vt_device *device, VkBuffer buffer, uint32_t value)
{
   VkCommandBuffer command = vt_begin(device);
   device->CmdFillBuffer(command, buffer, 0, VK_WHOLE_SIZE, value);
   vt_submit(device);
}

/* The memory types that the renderer forces export upon. */
static uint32_t visible_types;
/* Whether a LINEAR image of FORMAT may be rendered to. */
static bool can_render;
/* Whether every memory type takes host pointers. */
static bool is_uniform;

/* A buffer with memory of its own, for export or imported. */
struct bound_buffer {
   VkBuffer buffer;
   VkDeviceMemory memory;
};

static bool
bound_buffer_init(struct bound_buffer *bound,
                  struct vt_device *device,
                  VkExternalMemoryHandleTypeFlags buffer_types,
                  VkExternalMemoryHandleTypeFlags export_types,
                  int fd)
{
   VkMemoryRequirements requirements;
   bound->buffer = vt_buffer(device, SIZE_B, buffer_types);
   device->GetBufferMemoryRequirements(device->handle, bound->buffer,
                                       &requirements);
   /* a dma-buf's memory may be of fewer types than a plain buffer's */
   uint32_t types = requirements.memoryTypeBits;
   if (export_types && !buffer_types)
      types &= visible_types;
   return U_CHECK_EQ(vt_allocate(device, requirements.size, types,
                                 export_types, fd, &bound->memory),
                     VK_SUCCESS) &&
          U_CHECK_EQ(device->BindBufferMemory(device->handle, bound->buffer,
                                              bound->memory, 0),
                     VK_SUCCESS);
}

static void
bound_buffer_finish(struct bound_buffer *bound, struct vt_device *device)
{
   device->DestroyBuffer(device->handle, bound->buffer, NULL);
   device->FreeMemory(device->handle, bound->memory, NULL);
}

static void
find_types(struct pair *pair)
{
   VkBuffer buffer = vt_buffer(&pair->a, SIZE_B, DMA_BUF);
   VkMemoryRequirements requirements;
   pair->a.GetBufferMemoryRequirements(pair->a.handle, buffer, &requirements);
   pair->a.DestroyBuffer(pair->a.handle, buffer, NULL);
   pair->shared_types = requirements.memoryTypeBits;

   VkPhysicalDeviceMemoryProperties memory;
   pair->instance->GetPhysicalDeviceMemoryProperties(pair->instance->physical,
                                                     &memory);
   for (uint32_t i = 0; i < memory.memoryTypeCount; i++) {
      if (memory.memoryTypes[i].propertyFlags &
          VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT)
         visible_types |= 1u << i;
   }
   is_uniform = pair->shared_types == (1u << memory.memoryTypeCount) - 1;
   VkFormatProperties2 format = {
      .sType = VK_STRUCTURE_TYPE_FORMAT_PROPERTIES_2,
   };
   pair->instance->GetPhysicalDeviceFormatProperties2(
      pair->instance->physical, FORMAT, &format);
   can_render = format.formatProperties.linearTilingFeatures &
                VK_FORMAT_FEATURE_COLOR_ATTACHMENT_BIT;
   printf("memory types: 0x%x, shared 0x%x, visible 0x%x\n",
          (1u << memory.memoryTypeCount) - 1, pair->shared_types,
          visible_types);
   U_CHECK(pair->shared_types & visible_types);
}

static void
test_buffer(struct pair *pair)
{
   struct bound_buffer ours, theirs;
   if (!bound_buffer_init(&ours, &pair->a, DMA_BUF, DMA_BUF, -1))
      return;

   const int fd = vt_export(&pair->a, ours.memory);
   U_CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
   U_CHECK_EQ(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR);
   const off_t size_B = lseek(fd, 0, SEEK_END);
   U_CHECK(size_B >= (off_t)SIZE_B && size_B % 4096 == 0);

   uint32_t *cpu =
      mmap(NULL, size_B, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
   U_CHECK(cpu != MAP_FAILED);
   U_CHECK(is_filled(cpu, SIZE_B, 0));
   /* sealed, unless VENUS_SHM_BACKING asks for what cannot be */
   const char *backing = getenv("VENUS_SHM_BACKING");
   if (!backing || strcmp(backing, "file")) {
      U_CHECK_EQ(ftruncate(fd, 4096), -1);
      U_CHECK_EQ(fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE), -1);
   }

   fill(&pair->a, ours.buffer, 0x11223344);
   U_CHECK(is_filled(cpu, SIZE_B, 0x11223344));

   /* the importer sees it, and its writes come back */
   if (bound_buffer_init(&theirs, &pair->b, DMA_BUF, 0, dup(fd))) {
      struct bound_buffer copy;
      bound_buffer_init(&copy, &pair->b, DMA_BUF, DMA_BUF, -1);
      VkCommandBuffer command = vt_begin(&pair->b);
      const VkBufferCopy region = { .size = SIZE_B };
      pair->b.CmdCopyBuffer(command, theirs.buffer, copy.buffer, 1, &region);
      vt_submit(&pair->b);
      void *pointer = NULL;
      U_CHECK_EQ(pair->b.MapMemory(pair->b.handle, copy.memory, 0,
                                   VK_WHOLE_SIZE, 0, &pointer),
                 VK_SUCCESS);
      U_CHECK(pointer && is_filled(pointer, SIZE_B, 0x11223344));
      pair->b.UnmapMemory(pair->b.handle, copy.memory);
      bound_buffer_finish(&copy, &pair->b);

      fill(&pair->b, theirs.buffer, 0x55667788);
      U_CHECK(is_filled(cpu, SIZE_B, 0x55667788));

      /* the exporter goes first, the importer keeps working */
      bound_buffer_finish(&ours, &pair->a);
      fill(&pair->b, theirs.buffer, 0x99aabbcc);
      U_CHECK(is_filled(cpu, SIZE_B, 0x99aabbcc));
      bound_buffer_finish(&theirs, &pair->b);
   }

   /* everybody has gone, but the fd still is the memory */
   if (bound_buffer_init(&theirs, &pair->a, DMA_BUF, DMA_BUF, dup(fd))) {
      fill(&pair->a, theirs.buffer, 0x01020304);
      U_CHECK(is_filled(cpu, SIZE_B, 0x01020304));
      /* exported again from the import, it is still the same memory */
      const int again = vt_export(&pair->a, theirs.memory);
      struct stat st, st_again;
      U_CHECK_EQ(fstat(fd, &st) | fstat(again, &st_again), 0);
      U_CHECK(st.st_ino == st_again.st_ino && st.st_dev == st_again.st_dev);
      close(again);
      bound_buffer_finish(&theirs, &pair->a);
   }

   munmap(cpu, size_B);
   close(fd);
}

static void
test_import_twice(struct pair *pair)
{
   struct bound_buffer ours, first, second;
   bound_buffer_init(&ours, &pair->a, DMA_BUF, DMA_BUF, -1);
   const int fd = vt_export(&pair->a, ours.memory);
   const struct vt_usage before = vt_usage();

   const int fd1 = dup(fd), fd2 = dup(fd);
   bound_buffer_init(&first, &pair->b, DMA_BUF, 0, fd1);
   bound_buffer_init(&second, &pair->b, DMA_BUF, 0, fd2);
   U_CHECK(!is_open(fd1) && !is_open(fd2));
   /* one mapping for all three, no fd kept for the imports */
   U_CHECK_EQ(vt_usage().mappings, before.mappings);
   U_CHECK_EQ(vt_usage().fds, before.fds);

   fill(&pair->b, first.buffer, 0xcafe0001);
   void *p1 = NULL, *p2 = NULL;
   pair->b.MapMemory(pair->b.handle, first.memory, 0, VK_WHOLE_SIZE, 0, &p1);
   pair->b.MapMemory(pair->b.handle, second.memory, 0, VK_WHOLE_SIZE, 0, &p2);
   U_CHECK(p1 && p2 && is_filled(p2, SIZE_B, 0xcafe0001));
   pair->b.UnmapMemory(pair->b.handle, first.memory);
   pair->b.UnmapMemory(pair->b.handle, second.memory);

   bound_buffer_finish(&first, &pair->b);
   fill(&pair->b, second.buffer, 0xcafe0002);
   bound_buffer_finish(&second, &pair->b);
   bound_buffer_finish(&ours, &pair->a);
   close(fd);
}

static void
expect_refused(struct pair *pair, int fd, uint64_t size_B, const char *what)
{
   const struct vt_usage before = vt_usage();
   VkDeviceMemory memory;
   const VkResult result =
      vt_allocate(&pair->b, size_B, pair->shared_types, 0, fd, &memory);
   if (!U_CHECK_EQ(result, VK_ERROR_INVALID_EXTERNAL_HANDLE))
      fprintf(stderr, "... for %s\n", what);
   /* consumed on success only */
   U_CHECK(is_open(fd) || fd > 1000);
   U_CHECK_EQ(vt_usage().fds, before.fds);
   U_CHECK_EQ(vt_usage().mappings, before.mappings);
}

static void
test_wrong_fds(struct pair *pair)
{
   int pipes[2], sockets[2];
   U_CHECK_EQ(pipe(pipes), 0);
   U_CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
   const int directory = open("/", O_RDONLY | O_DIRECTORY);
   const int null = open("/dev/null", O_RDWR);
   const int zero = open("/dev/zero", O_RDWR);
   const int empty = memfd_create("venus-shm-test", MFD_CLOEXEC);
   const int shorter = memfd_create("venus-shm-test", MFD_ALLOW_SEALING);
   const int locked = memfd_create("venus-shm-test", MFD_ALLOW_SEALING);
   U_CHECK_EQ(ftruncate(shorter, 4096), 0);
   U_CHECK_EQ(ftruncate(locked, SIZE_B), 0);
   U_CHECK_EQ(fcntl(locked, F_ADD_SEALS, F_SEAL_WRITE), 0);
   char path[64];
   snprintf(path, sizeof(path), "/proc/self/fd/%d", shorter);
   const int read_only = open(path, O_RDONLY);

   const struct {
      int fd;
      const char *what;
   } wrong[] = {
      { pipes[0], "pipe" },       { sockets[0], "socket" },
      { directory, "directory" }, { null, "/dev/null" },
      { zero, "/dev/zero" },      { empty, "empty memfd" },
      { locked, "write-sealed" }, { read_only, "read-only" },
      { 65000, "closed number" },
   };
   for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
      expect_refused(pair, wrong[i].fd, 4096, wrong[i].what);

      VkMemoryFdPropertiesKHR properties = {
         .sType = VK_STRUCTURE_TYPE_MEMORY_FD_PROPERTIES_KHR,
      };
      if (!U_CHECK_EQ(pair->b.GetMemoryFdPropertiesKHR(
                         pair->b.handle, DMA_BUF, wrong[i].fd, &properties),
                      VK_ERROR_INVALID_EXTERNAL_HANDLE))
         fprintf(stderr, "... for %s\n", wrong[i].what);
   }
   expect_refused(pair, shorter, SIZE_B, "too short");
   expect_refused(pair, shorter, 4097, "one byte too short");
   expect_refused(pair, shorter, UINT64_C(1) << 30, "much too short");

   VkMemoryFdPropertiesKHR properties = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_FD_PROPERTIES_KHR,
   };
   U_CHECK_EQ(pair->b.GetMemoryFdPropertiesKHR(pair->b.handle, DMA_BUF,
                                               shorter, &properties),
              VK_SUCCESS);
   U_CHECK(properties.memoryTypeBits);
   /* a foreign memfd of the right size is welcome, and sealed by us */
   VkDeviceMemory memory;
   const int fd = dup(shorter);
   U_CHECK_EQ(
      vt_allocate(&pair->b, 4096, properties.memoryTypeBits, 0, fd, &memory),
      VK_SUCCESS);
   U_CHECK(!is_open(fd));
   U_CHECK(fcntl(shorter, F_GET_SEALS) & F_SEAL_SHRINK);
   pair->b.FreeMemory(pair->b.handle, memory, NULL);

   close(pipes[0]);
   close(pipes[1]);
   close(sockets[0]);
   close(sockets[1]);
   close(directory);
   close(null);
   close(zero);
   close(empty);
   close(shorter);
   close(locked);
   close(read_only);
}

/* What the renderer does to every guest: it forces export on memory that is
 * bound to objects which never heard of it.
 */
static void
test_forced_export(struct pair *pair)
{
   struct bound_buffer plain;
   if (bound_buffer_init(&plain, &pair->a, 0, DMA_BUF, -1)) {
      fill(&pair->a, plain.buffer, 0x0badcafe);
      const int fd = vt_export(&pair->a, plain.memory);
      void *cpu = mmap(NULL, SIZE_B, PROT_READ, MAP_SHARED, fd, 0);
      U_CHECK(cpu != MAP_FAILED && is_filled(cpu, SIZE_B, 0x0badcafe));
      munmap(cpu, SIZE_B);
      close(fd);
   }
   bound_buffer_finish(&plain, &pair->a);

   static const VkImageTiling tilings[] = {
      VK_IMAGE_TILING_OPTIMAL,
      VK_IMAGE_TILING_LINEAR,
   };
   for (int i = 0; i < 2; i++) {
      const VkImageCreateInfo info = {
         .sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
         .imageType = VK_IMAGE_TYPE_2D,
         .format = FORMAT,
         .extent = { WIDTH, HEIGHT, 1 },
         .mipLevels = 1,
         .arrayLayers = 1,
         .samples = VK_SAMPLE_COUNT_1_BIT,
         .tiling = tilings[i],
         .usage = VK_IMAGE_USAGE_SAMPLED_BIT,
      };
      VkImage image;
      U_CHECK_EQ(pair->a.CreateImage(pair->a.handle, &info, NULL, &image),
                 VK_SUCCESS);
      VkMemoryRequirements requirements;
      pair->a.GetImageMemoryRequirements(pair->a.handle, image,
                                         &requirements);
      VkDeviceMemory memory;
      const uint32_t types = requirements.memoryTypeBits & visible_types;
      if (!types) {
         pair->a.DestroyImage(pair->a.handle, image, NULL);
         continue;
      }
      /* a dedicated allocation, as most clients make for images */
      const VkMemoryDedicatedAllocateInfo dedicated = {
         .sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
         .image = image,
      };
      const VkExportMemoryAllocateInfo export = {
         .sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
         .pNext = &dedicated,
         .handleTypes = DMA_BUF,
      };
      const VkMemoryAllocateInfo allocate = {
         .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
         .pNext = &export,
         .allocationSize = requirements.size,
         .memoryTypeIndex = (uint32_t)__builtin_ctz(types),
      };
      U_CHECK_EQ(
         pair->a.AllocateMemory(pair->a.handle, &allocate, NULL, &memory),
         VK_SUCCESS);
      U_CHECK_EQ(pair->a.BindImageMemory(pair->a.handle, image, memory, 0),
                 VK_SUCCESS);
      pair->a.DestroyImage(pair->a.handle, image, NULL);
      pair->a.FreeMemory(pair->a.handle, memory, NULL);
   }
}

/* ---- images with a modifier ---- */

static VkResult
create_modifier_image(struct vt_device *device,
                      const void *modifier_info,
                      VkImage *image)
{
   const VkExternalMemoryImageCreateInfo external = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
      .pNext = modifier_info,
      .handleTypes = DMA_BUF,
   };
   const VkImageCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
      .pNext = &external,
      .imageType = VK_IMAGE_TYPE_2D,
      .format = FORMAT,
      .extent = { WIDTH, HEIGHT, 1 },
      .mipLevels = 1,
      .arrayLayers = 1,
      .samples = VK_SAMPLE_COUNT_1_BIT,
      .tiling = VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT,
      .usage = (can_render ? VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT : 0) |
               VK_IMAGE_USAGE_TRANSFER_SRC_BIT |
               VK_IMAGE_USAGE_TRANSFER_DST_BIT,
   };
   *image = VK_NULL_HANDLE;
   return device->CreateImage(device->handle, &info, NULL, image);
}

static const uint64_t linear_modifier = LINEAR;
static const VkImageDrmFormatModifierListCreateInfoEXT linear_list = {
   .sType = VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_LIST_CREATE_INFO_EXT,
   .drmFormatModifierCount = 1,
   .pDrmFormatModifiers = &linear_modifier,
};

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
   if (!device->CmdBeginRendering || !can_render) {
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
      .format = FORMAT,
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
      .renderArea.extent = { WIDTH, HEIGHT },
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

static void
test_image(struct pair *pair)
{
   struct vt_device *a = &pair->a, *b = &pair->b;
   VkImage image;
   if (!U_CHECK_EQ(create_modifier_image(a, &linear_list, &image),
                   VK_SUCCESS))
      return;

   VkImageDrmFormatModifierPropertiesEXT modifier = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_PROPERTIES_EXT,
      .drmFormatModifier = 42,
   };
   U_CHECK_EQ(
      a->GetImageDrmFormatModifierPropertiesEXT(a->handle, image, &modifier),
      VK_SUCCESS);
   U_CHECK_EQ(modifier.drmFormatModifier, LINEAR);

   const VkImageSubresource plane = {
      .aspectMask = VK_IMAGE_ASPECT_MEMORY_PLANE_0_BIT_EXT,
   };
   VkSubresourceLayout layout = { 0 };
   a->GetImageSubresourceLayout(a->handle, image, &plane, &layout);
   U_CHECK(layout.rowPitch >= WIDTH * 4);

   VkMemoryRequirements requirements;
   a->GetImageMemoryRequirements(a->handle, image, &requirements);
   VkDeviceMemory memory;
   U_CHECK_EQ(vt_allocate(a, requirements.size, requirements.memoryTypeBits,
                          DMA_BUF, -1, &memory),
              VK_SUCCESS);
   U_CHECK_EQ(a->BindImageMemory(a->handle, image, memory, 0), VK_SUCCESS);
   render_clear(a, image);

   const int fd = vt_export(a, memory);
   const uint64_t size_B = lseek(fd, 0, SEEK_END);
   char *cpu = mmap(NULL, size_B, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
   U_CHECK(cpu != MAP_FAILED);
   for (int y = 0; y < HEIGHT; y++)
      U_CHECK(is_filled(cpu + layout.offset + y * layout.rowPitch, WIDTH * 4,
                        0xffff00ff));

   /* the other device is told the layout, and reads what the CPU wrote */
   const VkSubresourceLayout told = {
      .offset = layout.offset,
      .rowPitch = layout.rowPitch,
   };
   VkImageDrmFormatModifierExplicitCreateInfoEXT told_info = {
      .sType =
         VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_EXPLICIT_CREATE_INFO_EXT,
      .drmFormatModifier = LINEAR,
      .drmFormatModifierPlaneCount = 1,
      .pPlaneLayouts = &told,
   };
   VkImage theirs;
   if (U_CHECK_EQ(create_modifier_image(b, &told_info, &theirs),
                  VK_SUCCESS)) {
      VkDeviceMemory imported;
      U_CHECK_EQ(
         vt_allocate(b, requirements.size, requirements.memoryTypeBits, 0,
                     dup(fd), &imported),
         VK_SUCCESS);
      U_CHECK_EQ(b->BindImageMemory(b->handle, theirs, imported, 0),
                 VK_SUCCESS);
      struct bound_buffer copy;
      bound_buffer_init(&copy, b, DMA_BUF, DMA_BUF, -1);

      vt_begin(b);
      record_barrier(
         b,
         barrier(theirs, VK_IMAGE_LAYOUT_UNDEFINED, VK_IMAGE_LAYOUT_GENERAL,
                 VK_QUEUE_FAMILY_IGNORED, VK_QUEUE_FAMILY_IGNORED));
      vt_submit(b);
      for (int y = 0; y < HEIGHT; y++) {
         uint32_t *row =
            (uint32_t *)(cpu + layout.offset + y * layout.rowPitch);
         for (int x = 0; x < WIDTH; x++)
            row[x] = 0x00c0ffee;
      }
      VkCommandBuffer command = vt_begin(b);
      record_barrier(
         b, barrier(theirs, VK_IMAGE_LAYOUT_GENERAL, VK_IMAGE_LAYOUT_GENERAL,
                    VK_QUEUE_FAMILY_FOREIGN_EXT, 0));
      const VkBufferImageCopy region = {
         .imageSubresource = { VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1 },
         .imageExtent = { WIDTH, HEIGHT, 1 },
      };
      b->CmdCopyImageToBuffer(command, theirs, VK_IMAGE_LAYOUT_GENERAL,
                              copy.buffer, 1, &region);
      vt_submit(b);
      void *pointer = NULL;
      b->MapMemory(b->handle, copy.memory, 0, VK_WHOLE_SIZE, 0, &pointer);
      U_CHECK(pointer && is_filled(pointer, WIDTH * HEIGHT * 4, 0x00c0ffee));
      b->UnmapMemory(b->handle, copy.memory);
      bound_buffer_finish(&copy, b);
      b->DestroyImage(b->handle, theirs, NULL);
      b->FreeMemory(b->handle, imported, NULL);
   }

   munmap(cpu, size_B);
   close(fd);
   a->DestroyImage(a->handle, image, NULL);
   a->FreeMemory(a->handle, memory, NULL);
}

static void
test_wrong_layouts(struct pair *pair)
{
   VkImage image;
   if (!U_CHECK_EQ(create_modifier_image(&pair->a, &linear_list, &image),
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
         .drmFormatModifier = LINEAR,
         .drmFormatModifierPlaneCount = 1,
         .pPlaneLayouts = &wrong[i],
      };
      U_CHECK_EQ(create_modifier_image(&pair->b, &info, &image),
                 VK_ERROR_INVALID_DRM_FORMAT_MODIFIER_PLANE_LAYOUT_EXT);
   }
}

/* Wrong in a way that the validation layer would speak of. */
static void
test_hostile(struct pair *pair)
{
   struct vt_device *a = &pair->a;
   VkDeviceMemory memory;
   VkImage image;

   static const uint64_t sizes[] = {
      UINT64_MAX, UINT64_MAX - 4095, INT64_MAX, UINT64_C(1) << 62, 0,
   };
   for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
      U_CHECK_EQ(vt_allocate(a, sizes[i], 1, DMA_BUF, -1, &memory),
                 VK_ERROR_OUT_OF_DEVICE_MEMORY);
   }
   U_CHECK_EQ(vt_allocate(a, 4096, 1u << 31, DMA_BUF, -1, &memory),
              VK_ERROR_OUT_OF_DEVICE_MEMORY);

   /* memory that was not allocated for export, and the wrong type */
   U_CHECK_EQ(vt_allocate(a, 4096, 1, 0, -1, &memory), VK_SUCCESS);
   VkMemoryGetFdInfoKHR get = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_GET_FD_INFO_KHR,
      .memory = memory,
      .handleType = DMA_BUF,
   };
   int fd = -1;
   U_CHECK_EQ(a->GetMemoryFdKHR(a->handle, &get, &fd),
              VK_ERROR_INVALID_EXTERNAL_HANDLE);
   U_CHECK_EQ(fd, -1);
   a->FreeMemory(a->handle, memory, NULL);

   /* a negative fd must not reach anything */
   const VkImportMemoryFdInfoKHR import = {
      .sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR,
      .handleType = DMA_BUF,
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
   const VkSubresourceLayout planes[4] = { { .rowPitch = WIDTH * 4 } };
   const VkImageDrmFormatModifierExplicitCreateInfoEXT four = {
      .sType =
         VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_EXPLICIT_CREATE_INFO_EXT,
      .drmFormatModifierPlaneCount = 4,
      .pPlaneLayouts = planes,
   };
   const VkSubresourceLayout sized = { .size = 4096, .rowPitch = WIDTH * 4 };
   const VkImageDrmFormatModifierExplicitCreateInfoEXT with_size = {
      .sType =
         VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_EXPLICIT_CREATE_INFO_EXT,
      .drmFormatModifierPlaneCount = 1,
      .pPlaneLayouts = &sized,
   };
   const void *const wrong[] = { &list, &four, &with_size, NULL };
   for (int i = 0; i < 4; i++) {
      U_CHECK_EQ(create_modifier_image(a, wrong[i], &image),
                 VK_ERROR_INVALID_DRM_FORMAT_MODIFIER_PLANE_LAYOUT_EXT);
   }
}

static void
test_queries(struct pair *pair)
{
   struct vt_instance *in = pair->instance;

   const VkPhysicalDeviceExternalBufferInfo buffer_info = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO,
      .usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT,
      .handleType = DMA_BUF,
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
   U_CHECK_EQ(buffer.externalMemoryProperties.compatibleHandleTypes, DMA_BUF);
   U_CHECK_EQ(buffer.externalMemoryProperties.exportFromImportedHandleTypes,
              DMA_BUF);

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
   in->GetPhysicalDeviceFormatProperties2(in->physical, FORMAT, &format);
   U_CHECK_EQ(list.drmFormatModifierCount, 1);
   U_CHECK_EQ(list2.drmFormatModifierCount, 1);
   VkDrmFormatModifierPropertiesEXT entries[3] = { 0 };
   VkDrmFormatModifierProperties2EXT entries2[3] = { 0 };
   list.drmFormatModifierCount = list2.drmFormatModifierCount = 3;
   list.pDrmFormatModifierProperties = entries;
   list2.pDrmFormatModifierProperties = entries2;
   in->GetPhysicalDeviceFormatProperties2(in->physical, FORMAT, &format);
   U_CHECK_EQ(list.drmFormatModifierCount, 1);
   U_CHECK_EQ(entries[0].drmFormatModifier, LINEAR);
   U_CHECK_EQ(entries[0].drmFormatModifierPlaneCount, 1);
   U_CHECK_EQ(entries[0].drmFormatModifierTilingFeatures,
              format.formatProperties.linearTilingFeatures);
   U_CHECK_EQ(list2.drmFormatModifierCount, 1);
   U_CHECK_EQ(entries2[0].drmFormatModifierTilingFeatures &
                 entries[0].drmFormatModifierTilingFeatures,
              entries[0].drmFormatModifierTilingFeatures);
   list.drmFormatModifierCount = list2.drmFormatModifierCount = 0;
   in->GetPhysicalDeviceFormatProperties2(in->physical, FORMAT, &format);
   U_CHECK_EQ(list.drmFormatModifierCount, 0);
   list.pDrmFormatModifierProperties = NULL;
   list2.pDrmFormatModifierProperties = NULL;
   in->GetPhysicalDeviceFormatProperties2(in->physical, VK_FORMAT_D32_SFLOAT,
                                          &format);
   U_CHECK_EQ(list.drmFormatModifierCount, 0);

   /* images: LINEAR is supported, a made-up modifier is not */
   for (int i = 0; i < 3; i++) {
      VkPhysicalDeviceExternalImageFormatInfo external_info = {
         .sType =
            VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
         .handleType = DMA_BUF,
      };
      const VkPhysicalDeviceImageDrmFormatModifierInfoEXT modifier_info = {
         .sType =
            VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_DRM_FORMAT_MODIFIER_INFO_EXT,
         .pNext = i == 2 ? NULL : &external_info,
         .drmFormatModifier = i == 1 ? UINT64_C(0x0100000000000001) : LINEAR,
      };
      const VkPhysicalDeviceImageFormatInfo2 info = {
         .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
         .pNext = &modifier_info,
         .format = FORMAT,
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
         U_CHECK(image.imageFormatProperties.maxExtent.width >= WIDTH);
      if (i == 0) {
         U_CHECK_EQ(external.externalMemoryProperties.externalMemoryFeatures,
                    both);
      }
   }
}

static void
test_requirements(struct pair *pair)
{
   struct vt_device *a = &pair->a;
   if (!a->GetDeviceImageMemoryRequirements)
      return;
   const VkExternalMemoryImageCreateInfo external = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
      .pNext = &linear_list,
      .handleTypes = DMA_BUF,
   };
   const VkImageCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
      .pNext = &external,
      .imageType = VK_IMAGE_TYPE_2D,
      .format = FORMAT,
      .extent = { WIDTH, HEIGHT, 1 },
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

/* The foreign queue family through every command that can carry it. */
static void
test_foreign(struct pair *pair)
{
   struct vt_device *a = &pair->a;
   if (!a->CmdPipelineBarrier2)
      return;
   struct bound_buffer shared;
   bound_buffer_init(&shared, a, DMA_BUF, DMA_BUF, -1);
   VkImage image;
   U_CHECK_EQ(create_modifier_image(a, &linear_list, &image), VK_SUCCESS);
   VkMemoryRequirements requirements;
   a->GetImageMemoryRequirements(a->handle, image, &requirements);
   VkDeviceMemory memory;
   U_CHECK_EQ(vt_allocate(a, requirements.size, requirements.memoryTypeBits,
                          DMA_BUF, -1, &memory),
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
   bound_buffer_finish(&shared, a);
   a->DestroyImage(a->handle, image, NULL);
   a->FreeMemory(a->handle, memory, NULL);
}

/* Two planes in one memory, where the driver has such linear images. */
static void
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
      .pNext = &linear_list,
      .handleTypes = DMA_BUF,
   };
   VkImageCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
      .pNext = &external,
      .imageType = VK_IMAGE_TYPE_2D,
      .format = format,
      .extent = { WIDTH, HEIGHT, 1 },
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
   U_CHECK(layouts[0].rowPitch >= WIDTH);
   U_CHECK(layouts[1].offset >= layouts[0].rowPitch * HEIGHT);
   a->DestroyImage(a->handle, image, NULL);

   const VkSubresourceLayout told[2] = {
      { .offset = layouts[0].offset, .rowPitch = layouts[0].rowPitch },
      { .offset = layouts[1].offset, .rowPitch = layouts[1].rowPitch },
   };
   const VkImageDrmFormatModifierExplicitCreateInfoEXT told_info = {
      .sType =
         VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_EXPLICIT_CREATE_INFO_EXT,
      .drmFormatModifier = LINEAR,
      .drmFormatModifierPlaneCount = 2,
      .pPlaneLayouts = told,
   };
   const VkExternalMemoryImageCreateInfo told_external = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
      .pNext = &told_info,
      .handleTypes = DMA_BUF,
   };
   info.pNext = &told_external;
   U_CHECK_EQ(a->CreateImage(a->handle, &info, NULL, &image), VK_SUCCESS);
   a->DestroyImage(a->handle, image, NULL);
}

/* With no fd left an allocation fails, and nothing stays behind. */
static void
test_no_fds(struct pair *pair)
{
   struct rlimit old;
   getrlimit(RLIMIT_NOFILE, &old);
   const struct vt_usage before = vt_usage();
   struct rlimit tight = old;
   tight.rlim_cur = (rlim_t)before.fds + 8;
   setrlimit(RLIMIT_NOFILE, &tight);

   VkDeviceMemory memories[64];
   int count = 0;
   VkResult result = VK_SUCCESS;
   while (count < 64) {
      result = vt_allocate(&pair->a, SIZE_B, pair->shared_types, DMA_BUF, -1,
                           &memories[count]);
      if (result != VK_SUCCESS)
         break;
      count++;
   }
   U_CHECK(count > 0 && count < 64);
   U_CHECK_EQ(result, VK_ERROR_TOO_MANY_OBJECTS);
   const VkMemoryGetFdInfoKHR info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_GET_FD_INFO_KHR,
      .memory = memories[0],
      .handleType = DMA_BUF,
   };
   int fd = -1;
   U_CHECK_EQ(pair->a.GetMemoryFdKHR(pair->a.handle, &info, &fd),
              VK_ERROR_TOO_MANY_OBJECTS);
   U_CHECK_EQ(fd, -1);
   while (count)
      pair->a.FreeMemory(pair->a.handle, memories[--count], NULL);
   setrlimit(RLIMIT_NOFILE, &old);
}

struct worker {
   pthread_t thread;
   struct vt_device *device;
   uint32_t types;
   int fd; /* shared by all */
   int failures;
};

static void *
work(void *data)
{
   struct worker *worker = data;
   for (int i = 0; i < 200; i++) {
      VkDeviceMemory own, imported;
      if (vt_allocate(worker->device, SIZE_B, worker->types, DMA_BUF, -1,
                      &own) != VK_SUCCESS) {
         worker->failures++;
         continue;
      }
      const int fd = i % 2 ? vt_export(worker->device, own)
                           : fcntl(worker->fd, F_DUPFD_CLOEXEC, 3);
      if (vt_allocate(worker->device, SIZE_B, worker->types, 0, fd,
                      &imported) != VK_SUCCESS) {
         worker->failures++;
         close(fd);
      }
      worker->device->FreeMemory(worker->device->handle, own, NULL);
      worker->device->FreeMemory(worker->device->handle, imported, NULL);
   }
   return NULL;
}

/* Threads that import and free the same memory while others do the same. */
static void
test_threads(struct pair *pair)
{
   struct bound_buffer shared;
   bound_buffer_init(&shared, &pair->a, DMA_BUF, DMA_BUF, -1);
   const int fd = vt_export(&pair->a, shared.memory);
   bound_buffer_finish(&shared, &pair->a);

   struct worker workers[4];
   for (int i = 0; i < 4; i++) {
      workers[i] = (struct worker){
         .device = i % 2 ? &pair->a : &pair->b,
         .types = pair->shared_types,
         .fd = fd,
      };
      pthread_create(&workers[i].thread, NULL, work, &workers[i]);
   }
   for (int i = 0; i < 4; i++) {
      pthread_join(workers[i].thread, NULL);
      U_CHECK_EQ(workers[i].failures, 0);
   }
   close(fd);
}

/* A guest that goes away does not clean up. */
static void
test_leaving(struct pair *pair)
{
   struct vt_device device;
   if (!vt_device_init(&device, pair->instance))
      return;
   VkDeviceMemory memory;
   VkImage image;
   U_CHECK_EQ(
      vt_allocate(&device, SIZE_B, pair->shared_types, DMA_BUF, -1, &memory),
      VK_SUCCESS);
   const int fd = vt_export(&device, memory);
   U_CHECK_EQ(
      vt_allocate(&device, SIZE_B, pair->shared_types, 0, fd, &memory),
      VK_SUCCESS);
   U_CHECK_EQ(create_modifier_image(&device, &linear_list, &image),
              VK_SUCCESS);
   vt_device_finish(&device);
}

static const struct {
   const char *name;
   void (*run)(struct pair *pair);
   enum {
      VALID,
      /* made valid by the layer where memory is uniform: for validation below
       * it only
       */
      VALID_BELOW,
      INVALID, /* for no validation layer */
   } usage;
} tests[] = {
   { "buffer", test_buffer, VALID },
   { "import-twice", test_import_twice, VALID },
   { "wrong-fds", test_wrong_fds, INVALID },
   { "forced-export", test_forced_export, VALID_BELOW },
   { "image", test_image, VALID },
   { "wrong-layouts", test_wrong_layouts, VALID },
   { "hostile", test_hostile, INVALID },
   { "leaving", test_leaving, INVALID },
   { "foreign", test_foreign, VALID },
   { "planar", test_planar, VALID },
   { "no-fds", test_no_fds, VALID },
   { "threads", test_threads, VALID },
   { "queries", test_queries, VALID },
   { "requirements", test_requirements, VALID },
};

static bool
is_wanted(const char *name, int argc, char **argv)
{
   for (int i = 2; i < argc; i++) {
      if (!strcmp(argv[i], name))
         return true;
   }
   return argc == 2;
}

/* An application from before Vulkan 1.1 keeps working, with or without. */
static int
test_old_application(const char *layers)
{
   struct vt_instance instance;
   struct vt_device device;
   if (!vt_instance_init(&instance, layers, VK_API_VERSION_1_0))
      return U_TEST_SKIP;
   if (vt_device_init(&device, &instance)) {
      const bool has_dma_buf = vt_has_extension(
         &instance, VK_EXT_EXTERNAL_MEMORY_DMA_BUF_EXTENSION_NAME);
      printf("dma-bufs for Vulkan 1.0: %s\n", has_dma_buf ? "yes" : "no");
      struct bound_buffer buffer;
      bound_buffer_init(&buffer, &device, 0, 0, -1);
      fill(&device, buffer.buffer, 1);
      bound_buffer_finish(&buffer, &device);
      if (has_dma_buf) {
         bound_buffer_init(&buffer, &device, DMA_BUF, DMA_BUF, -1);
         fill(&device, buffer.buffer, 1);
         close(vt_export(&device, buffer.memory));
         bound_buffer_finish(&buffer, &device);
      }
      vt_device_finish(&device);
   }
   vt_instance_finish(&instance);
   U_CHECK_EQ(vt_usage().mappings, 0);
   return vt_failures() ? EXIT_FAILURE : u_test_result();
}

int
main(int argc, char **argv)
{
   static const char *const extensions[] = {
      VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME,
      VK_EXT_EXTERNAL_MEMORY_DMA_BUF_EXTENSION_NAME,
      VK_EXT_IMAGE_DRM_FORMAT_MODIFIER_EXTENSION_NAME,
      VK_EXT_QUEUE_FAMILY_FOREIGN_EXTENSION_NAME,
   };
   const char *layers = argc > 1 ? argv[1] : "VK_LAYER_VENUS_shm";
   const char *validation = strstr(layers, "validation");
   const char *ours = strstr(layers, "VENUS_shm");
   const int allowed = !validation         ? INVALID
                       : validation > ours ? VALID_BELOW
                                           : VALID;

   if (argc > 2 && !strcmp(argv[2], "old-application"))
      return test_old_application(layers);

   struct pair pair;
   struct vt_instance instance;
   if (!vt_instance_init(&instance, layers, VK_API_VERSION_1_3))
      return U_TEST_SKIP;
   pair.instance = &instance;
   printf("device: %s\n", instance.properties.deviceName);
   for (int i = 0; i < 4; i++)
      U_CHECK(vt_has_extension(&instance, extensions[i]));

   if (vt_device_init(&pair.a, &instance) &&
       vt_device_init(&pair.b, &instance)) {
      find_types(&pair);
      for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
         if (!is_wanted(tests[i].name, argc, argv) ||
             (int)tests[i].usage > allowed ||
             (validation && tests[i].usage == VALID_BELOW && !is_uniform))
            continue;
         const struct vt_usage before = vt_usage();
         const int failures = u_test_failures + vt_failures();
         tests[i].run(&pair);
         const struct vt_usage after = vt_usage();
         U_CHECK_EQ(after.fds, before.fds);
         U_CHECK_EQ(after.mappings, before.mappings);
         printf(
            "%s: %s\n", tests[i].name,
            failures == u_test_failures + vt_failures() ? "ok" : "FAILED");
      }
      vt_device_finish(&pair.b);
      vt_device_finish(&pair.a);
   }
   vt_instance_finish(&instance);
   U_CHECK_EQ(vt_usage().mappings, 0);
   return vt_failures() ? EXIT_FAILURE : u_test_result();
}
