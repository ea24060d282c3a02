/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Device memory in small pieces: that no two of them are the same bytes, that
 * the device writes where the mapping reads, whichever way a resource was
 * bound, and that ten thousand of them leave neither files nor mappings.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vulkan/vulkan.h>

#define VISIBLE                                                              \
   (VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT |                                    \
    VK_MEMORY_PROPERTY_HOST_COHERENT_BIT)
#define PIECES       40
#define SPARSE_BYTES 65536

/* Files and mappings that come and go with the weather. */
#define SLACK 8

struct test {
   VkInstance instance;
   VkPhysicalDevice pdev;
   VkDevice dev;
   VkQueue queue;
   VkCommandPool pool;
   VkCommandBuffer cmd;
   uint32_t type;
   bool sparse;
};

#define CHECK(cond)                                                          \
   do {                                                                      \
      if (!(cond)) {                                                         \
         fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #cond);  \
         exit(EXIT_FAILURE);                                                 \
      }                                                                      \
   } while (0)

static int
count_lines(const char *command)
{
   FILE *pipe = popen(command, "r");
   int count = -1;

   CHECK(pipe);
   CHECK(fscanf(pipe, "%d", &count) == 1);
   pclose(pipe);
   return count;
}

static int
count_files(void)
{
   return count_lines("ls /proc/$PPID/fd | wc -l");
}

static int
count_maps(void)
{
   return count_lines("wc -l < /proc/$PPID/maps");
}

static void
init(struct test *t)
{
   const VkApplicationInfo app = {
      .sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
      .apiVersion = VK_API_VERSION_1_1,
   };
   const VkInstanceCreateInfo instance_info = {
      .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
      .pApplicationInfo = &app,
   };
   const float priority = 1.0f;
   const VkDeviceQueueCreateInfo queue_info = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
      .queueCount = 1,
      .pQueuePriorities = &priority,
   };
   VkPhysicalDeviceFeatures has, wanted = { 0 };
   VkQueueFamilyProperties family;
   VkPhysicalDeviceMemoryProperties props;
   uint32_t count = 1;

   CHECK(!vkCreateInstance(&instance_info, NULL, &t->instance));
   if (vkEnumeratePhysicalDevices(t->instance, &count, &t->pdev) < 0 ||
       !count) {
      fprintf(stderr, "no device\n");
      exit(77);
   }

   count = 1;
   vkGetPhysicalDeviceQueueFamilyProperties(t->pdev, &count, &family);
   vkGetPhysicalDeviceFeatures(t->pdev, &has);
   t->sparse =
      has.sparseBinding && family.queueFlags & VK_QUEUE_SPARSE_BINDING_BIT;
   wanted.sparseBinding = t->sparse;
   const VkDeviceCreateInfo device_info = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
      .queueCreateInfoCount = 1,
      .pQueueCreateInfos = &queue_info,
      .pEnabledFeatures = &wanted,
   };
   CHECK(!vkCreateDevice(t->pdev, &device_info, NULL, &t->dev));
   vkGetDeviceQueue(t->dev, 0, 0, &t->queue);

   const VkCommandPoolCreateInfo pool_info = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
      .flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT,
   };
   CHECK(!vkCreateCommandPool(t->dev, &pool_info, NULL, &t->pool));
   const VkCommandBufferAllocateInfo cmd_info = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
      .commandPool = t->pool,
      .commandBufferCount = 1,
   };
   CHECK(!vkAllocateCommandBuffers(t->dev, &cmd_info, &t->cmd));

   vkGetPhysicalDeviceMemoryProperties(t->pdev, &props);
   t->type = props.memoryTypeCount;
   for (uint32_t i = props.memoryTypeCount; i-- > 0;) {
      if ((props.memoryTypes[i].propertyFlags & VISIBLE) == VISIBLE)
         t->type = i;
   }
   CHECK(t->type < props.memoryTypeCount);
}

static VkDeviceMemory
allocate(const struct test *t, VkDeviceSize size)
{
   const VkMemoryAllocateInfo info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
      .allocationSize = size,
      .memoryTypeIndex = t->type,
   };
   VkDeviceMemory memory;

   CHECK(!vkAllocateMemory(t->dev, &info, NULL, &memory));
   return memory;
}

static uint8_t *
map(const struct test *t, VkDeviceMemory memory, VkDeviceSize offset)
{
   void *data;

   CHECK(!vkMapMemory(t->dev, memory, offset, VK_WHOLE_SIZE, 0, &data));
   return data;
}

static VkBuffer
create_buffer(const struct test *t,
              VkDeviceSize size,
              VkBufferCreateFlags flags)
{
   const VkBufferCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
      .flags = flags,
      .size = size,
      .usage =
         VK_BUFFER_USAGE_TRANSFER_DST_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT,
   };
   VkMemoryRequirements requirements;
   VkBuffer buffer;

   CHECK(!vkCreateBuffer(t->dev, &info, NULL, &buffer));
   vkGetBufferMemoryRequirements(t->dev, buffer, &requirements);
   CHECK(requirements.memoryTypeBits >> t->type & 1);
   return buffer;
}

static VkDeviceSize
piece_size(uint32_t index)
{
   static const VkDeviceSize sizes[] = { 256, 4096, 65536, 70000, 300000 };
   return sizes[index % 5];
}

static void
begin(const struct test *t)
{
   const VkCommandBufferBeginInfo info = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
   };
   CHECK(!vkBeginCommandBuffer(t->cmd, &info));
}

static void
submit(const struct test *t)
{
   const VkMemoryBarrier barrier = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
      .srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
      .dstAccessMask = VK_ACCESS_HOST_READ_BIT,
   };
   const VkSubmitInfo info = {
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
      .commandBufferCount = 1,
      .pCommandBuffers = &t->cmd,
   };

   vkCmdPipelineBarrier(t->cmd, VK_PIPELINE_STAGE_TRANSFER_BIT,
                        VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &barrier, 0, NULL,
                        0, NULL);
   CHECK(!vkEndCommandBuffer(t->cmd));
   CHECK(!vkQueueSubmit(t->queue, 1, &info, VK_NULL_HANDLE));
   CHECK(!vkQueueWaitIdle(t->queue));
}

/* Each piece gets its own number from the device, by either way of binding;
 * every byte of it must be there, and nothing of the neighbours'.
 */
static void
test_pieces(const struct test *t)
{
   VkDeviceMemory memories[PIECES];
   VkBuffer buffers[PIECES];

   begin(t);
   for (uint32_t i = 0; i < PIECES; i++) {
      const VkDeviceSize size = piece_size(i);
      buffers[i] = create_buffer(t, size / 4 * 4, 0);
      memories[i] = allocate(t, size + 256);
      if (i % 2) {
         const VkBindBufferMemoryInfo info = {
            .sType = VK_STRUCTURE_TYPE_BIND_BUFFER_MEMORY_INFO,
            .buffer = buffers[i],
            .memory = memories[i],
            .memoryOffset = 256,
         };
         CHECK(!vkBindBufferMemory2(t->dev, 1, &info));
      } else {
         CHECK(!vkBindBufferMemory(t->dev, buffers[i], memories[i], 256));
      }
      memset(map(t, memories[i], 0), 0x77, size + 256);
      vkUnmapMemory(t->dev, memories[i]);
      vkCmdFillBuffer(t->cmd, buffers[i], 0, VK_WHOLE_SIZE,
                      0x01010101u * (i + 1));
   }
   submit(t);

   for (uint32_t i = 0; i < PIECES; i++) {
      const VkDeviceSize size = piece_size(i) / 4 * 4;
      const uint8_t *data = map(t, memories[i], 256);
      for (VkDeviceSize j = 0; j < size; j++)
         CHECK(data[j] == i + 1);
      CHECK(data[-1] == 0x77);
      vkUnmapMemory(t->dev, memories[i]);
      vkDestroyBuffer(t->dev, buffers[i], NULL);
      vkFreeMemory(t->dev, memories[i], NULL);
   }
}

static void
test_image(const struct test *t)
{
   const VkImageCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
      .imageType = VK_IMAGE_TYPE_2D,
      .format = VK_FORMAT_R8G8B8A8_UNORM,
      .extent = { 16, 16, 1 },
      .mipLevels = 1,
      .arrayLayers = 1,
      .samples = VK_SAMPLE_COUNT_1_BIT,
      .tiling = VK_IMAGE_TILING_LINEAR,
      .usage = VK_IMAGE_USAGE_TRANSFER_DST_BIT,
   };
   const VkImageSubresource subresource = {
      .aspectMask = VK_IMAGE_ASPECT_COLOR_BIT,
   };
   const VkImageSubresourceRange range = {
      .aspectMask = VK_IMAGE_ASPECT_COLOR_BIT,
      .levelCount = 1,
      .layerCount = 1,
   };
   const VkClearColorValue color = { .float32 = { 1.0f, 0.0f, 1.0f, 1.0f } };
   VkDeviceMemory filler = allocate(t, 4096);

   for (uint32_t i = 0; i < 2; i++) {
      VkMemoryRequirements requirements;
      VkSubresourceLayout layout;
      VkImage image;
      CHECK(!vkCreateImage(t->dev, &info, NULL, &image));
      vkGetImageMemoryRequirements(t->dev, image, &requirements);
      CHECK(requirements.memoryTypeBits >> t->type & 1);
      VkDeviceMemory memory = allocate(t, requirements.size);
      if (i) {
         const VkBindImageMemoryInfo bind = {
            .sType = VK_STRUCTURE_TYPE_BIND_IMAGE_MEMORY_INFO,
            .image = image,
            .memory = memory,
         };
         CHECK(!vkBindImageMemory2(t->dev, 1, &bind));
      } else {
         CHECK(!vkBindImageMemory(t->dev, image, memory, 0));
      }
      vkGetImageSubresourceLayout(t->dev, image, &subresource, &layout);

      const VkImageMemoryBarrier barrier = {
         .sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
         .dstAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
         .newLayout = VK_IMAGE_LAYOUT_GENERAL,
         .image = image,
         .subresourceRange = range,
      };
      begin(t);
      vkCmdPipelineBarrier(t->cmd, VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT,
                           VK_PIPELINE_STAGE_TRANSFER_BIT, 0, 0, NULL, 0,
                           NULL, 1, &barrier);
      vkCmdClearColorImage(t->cmd, image, VK_IMAGE_LAYOUT_GENERAL, &color, 1,
                           &range);
      submit(t);

      const uint8_t *data = map(t, memory, layout.offset);
      for (uint32_t y = 0; y < 16; y++) {
         for (uint32_t x = 0; x < 16; x++) {
            const uint8_t *pixel = data + y * layout.rowPitch + x * 4;
            CHECK(!memcmp(pixel, "\xff\x00\xff\xff", 4));
         }
      }
      vkDestroyImage(t->dev, image, NULL);
      vkFreeMemory(t->dev, memory, NULL);
   }
   vkFreeMemory(t->dev, filler, NULL);
}

/*
 * The two halves of a sparse buffer in two memory objects, in the wrong
 * order. Whether the device wrote them, and nothing else, is returned.
 */
static bool
bind_sparsely(const struct test *t, VkBuffer buffer, VkDeviceSize size)
{
   VkDeviceMemory memories[2] = { allocate(t, size), allocate(t, size) };
   uint8_t *maps[2];
   const VkSparseMemoryBind binds[2] = {
      {
         .size = SPARSE_BYTES,
         .memory = memories[1],
      },
      {
         .resourceOffset = SPARSE_BYTES,
         .size = SPARSE_BYTES,
         .memory = memories[0],
         .memoryOffset = SPARSE_BYTES,
      },
   };
   const VkSparseBufferMemoryBindInfo buffer_bind = { buffer, 2, binds };
   const VkBindSparseInfo info = {
      .sType = VK_STRUCTURE_TYPE_BIND_SPARSE_INFO,
      .bufferBindCount = 1,
      .pBufferBinds = &buffer_bind,
   };

   for (uint32_t i = 0; i < 2; i++) {
      maps[i] = map(t, memories[i], 0);
      memset(maps[i], 0x77, size);
   }
   CHECK(!vkQueueBindSparse(t->queue, 1, &info, VK_NULL_HANDLE));
   CHECK(!vkQueueWaitIdle(t->queue));

   begin(t);
   vkCmdFillBuffer(t->cmd, buffer, 0, SPARSE_BYTES, 0x11111111);
   vkCmdFillBuffer(t->cmd, buffer, SPARSE_BYTES, SPARSE_BYTES, 0x22222222);
   submit(t);

   const bool ok = maps[0][0] == 0x77 && maps[0][SPARSE_BYTES - 1] == 0x77 &&
                   maps[0][SPARSE_BYTES] == 0x22 &&
                   maps[0][2 * SPARSE_BYTES - 1] == 0x22 &&
                   maps[1][0] == 0x11 && maps[1][SPARSE_BYTES - 1] == 0x11 &&
                   maps[1][SPARSE_BYTES] == 0x77;
   for (uint32_t i = 0; i < 2; i++)
      vkFreeMemory(t->dev, memories[i], NULL);
   return ok;
}

static void
test_sparse(const struct test *t)
{
   if (!t->sparse)
      return;

   VkDeviceMemory filler = allocate(t, 4096);
   for (uint32_t i = 0; i < 2; i++) {
      VkBuffer buffer = create_buffer(t, 2 * SPARSE_BYTES,
                                      VK_BUFFER_CREATE_SPARSE_BINDING_BIT);
      VkMemoryRequirements requirements;
      vkGetBufferMemoryRequirements(t->dev, buffer, &requirements);
      bool ok = !(SPARSE_BYTES % requirements.alignment);

      /* large ones first: a host that binds sparsely what it cannot map (a
       * software driver, memory of a host pointer) is not what is tested
       */
      ok = ok &&
           bind_sparsely(t, buffer, i ? 2 * SPARSE_BYTES : 64 * SPARSE_BYTES);
      vkDestroyBuffer(t->dev, buffer, NULL);
      if (!ok) {
         fprintf(stderr, "sparse binding does not work here\n");
         CHECK(!i);
         break;
      }
   }
   vkFreeMemory(t->dev, filler, NULL);
}

static void
test_leaks(const struct test *t)
{
   VkDeviceMemory memories[100];
   int files = 0, maps = 0;

   for (uint32_t round = 0; round < 100; round++) {
      for (uint32_t i = 0; i < 100; i++) {
         memories[i] = allocate(t, piece_size(i));
         map(t, memories[i], 0)[0] = 1;
      }
      for (uint32_t i = 0; i < 100; i++)
         vkFreeMemory(t->dev, memories[i], NULL);
      if (!round) {
         files = count_files();
         maps = count_maps();
      }
   }
   CHECK(count_files() <= files + SLACK);
   CHECK(count_maps() <= maps + SLACK);
}

struct worker {
   const struct test *t;
   pthread_t thread;
   uint8_t mark;
};

static void *
worker_main(void *data)
{
   const struct worker *worker = data;
   const struct test *t = worker->t;
   const uint8_t mark = worker->mark;

   for (uint32_t round = 0; round < 50; round++) {
      VkDeviceMemory memories[20];
      for (uint32_t i = 0; i < 20; i++) {
         memories[i] = allocate(t, piece_size(i));
         memset(map(t, memories[i], 0), mark + i, piece_size(i));
         vkUnmapMemory(t->dev, memories[i]);
      }
      for (uint32_t i = 0; i < 20; i++) {
         const uint8_t *bytes = map(t, memories[i], 0);
         for (VkDeviceSize j = 0; j < piece_size(i); j++)
            CHECK(bytes[j] == (uint8_t)(mark + i));
         vkFreeMemory(t->dev, memories[i], NULL);
      }
   }
   return NULL;
}

static void
test_threads(const struct test *t)
{
   struct worker workers[4];

   for (uint32_t i = 0; i < 4; i++) {
      workers[i] = (struct worker){ .t = t, .mark = (uint8_t)(50 * i) };
      CHECK(
         !pthread_create(&workers[i].thread, NULL, worker_main, &workers[i]));
   }
   for (uint32_t i = 0; i < 4; i++)
      pthread_join(workers[i].thread, NULL);
}

int
main(void)
{
   struct test t = { 0 };

   init(&t);
   test_pieces(&t);
   test_image(&t);
   test_sparse(&t);
   test_leaks(&t);
   test_threads(&t);
   test_pieces(&t);

   vkDestroyCommandPool(t.dev, t.pool, NULL);
   vkDestroyDevice(t.dev, NULL);
   vkDestroyInstance(t.instance, NULL);
   return EXIT_SUCCESS;
}
