/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Sparse binds of memory that is a piece of a block, without a device: hosts
 * that can be tested on bind nothing sparsely that the guest can map.
 */

#include "u_test.h"
#include "vn_sparse_bind.h"

static int live_copies;
static bool fail_alloc;

void *
vn_alloc_scratch(const VkAllocationCallbacks *alloc, size_t size)
{
   if (fail_alloc)
      return NULL;
   live_copies++;
   return malloc(size);
}

void
vn_free_scratch(const VkAllocationCallbacks *alloc, void *memory)
{
   live_copies--;
   free(memory);
}

static struct vn_device device;
static struct vn_device_memory whole;
static struct vn_memory_block block = { .backing = &whole };
static struct vn_device_memory own;
static struct vn_device_memory piece = {
   .piece = { .block = &block, .offset = 0x30000, .size = 0x10000 },
};

#define HANDLE(memory) vn_device_memory_to_handle(&memory)

static void
test_nothing(void)
{
   const VkSparseMemoryBind bind = { .memory = HANDLE(own), .size = 1 };
   const VkSparseMemoryBind unbind = { .size = 1 };
   const VkSparseBufferMemoryBindInfo buffers[2] = {
      { .bindCount = 1, .pBinds = &bind },
      { .bindCount = 1, .pBinds = &unbind },
   };
   const VkBindSparseInfo infos[2] = {
      { .bufferBindCount = 2, .pBufferBinds = buffers },
      { .waitSemaphoreCount = 1 },
   };
   const VkBindSparseInfo *out = NULL;

   U_CHECK_EQ(vn_sparse_bind_translate(&device, 2, infos, &out), VK_SUCCESS);
   U_CHECK(out == infos);
   vn_sparse_bind_finish(&device, infos, out);

   U_CHECK_EQ(vn_sparse_bind_translate(&device, 0, NULL, &out), VK_SUCCESS);
   U_CHECK(!out);
   vn_sparse_bind_finish(&device, NULL, out);
   U_CHECK_EQ(live_copies, 0);
}

static void
test_pieces(void)
{
   const VkSparseMemoryBind binds[3] = {
      { .resourceOffset = 1, .memory = HANDLE(own), .memoryOffset = 5 },
      { .resourceOffset = 2, .memory = HANDLE(piece), .memoryOffset = 6 },
      { .resourceOffset = 3 },
   };
   const VkSparseImageMemoryBind image_bind = {
      .offset = { 1, 2, 3 },
      .memory = HANDLE(piece),
   };
   const VkSparseBufferMemoryBindInfo buffer = { .bindCount = 3,
                                                 .pBinds = binds };
   const VkSparseImageOpaqueMemoryBindInfo opaque = { .bindCount = 2,
                                                      .pBinds = &binds[1] };
   const VkSparseImageMemoryBindInfo image = { .bindCount = 1,
                                               .pBinds = &image_bind };
   const VkSemaphore semaphore = VK_NULL_HANDLE;
   const VkBindSparseInfo infos[2] = {
      {
         .bufferBindCount = 1,
         .pBufferBinds = &buffer,
         .signalSemaphoreCount = 1,
         .pSignalSemaphores = &semaphore,
      },
      {
         .imageOpaqueBindCount = 1,
         .pImageOpaqueBinds = &opaque,
         .imageBindCount = 1,
         .pImageBinds = &image,
      },
   };
   const VkBindSparseInfo *out = NULL;

   U_CHECK_EQ(vn_sparse_bind_translate(&device, 2, infos, &out), VK_SUCCESS);
   if (!U_CHECK(out && out != infos))
      return;
   const VkSparseMemoryBind *copy = out[0].pBufferBinds[0].pBinds;
   U_CHECK(copy[0].memory == HANDLE(own));
   U_CHECK_EQ(copy[0].memoryOffset, 5);
   U_CHECK(copy[1].memory == HANDLE(whole));
   U_CHECK_EQ(copy[1].memoryOffset, 0x30006);
   U_CHECK_EQ(copy[1].resourceOffset, 2);
   U_CHECK(!copy[2].memory);
   U_CHECK_EQ(copy[2].memoryOffset, 0);
   U_CHECK(out[0].pSignalSemaphores == &semaphore);
   copy = out[1].pImageOpaqueBinds[0].pBinds;
   U_CHECK_EQ(copy[0].memoryOffset, 0x30006);
   U_CHECK_EQ(out[1].pImageOpaqueBinds[0].bindCount, 2);
   U_CHECK(out[1].pImageBinds[0].pBinds[0].memory == HANDLE(whole));
   U_CHECK_EQ(out[1].pImageBinds[0].pBinds[0].memoryOffset, 0x30000);
   U_CHECK_EQ(out[1].pImageBinds[0].pBinds[0].offset.z, 3);

   /* the application's own are as they were */
   U_CHECK(binds[1].memory == HANDLE(piece));
   U_CHECK_EQ(binds[1].memoryOffset, 6);

   U_CHECK_EQ(live_copies, 1);
   vn_sparse_bind_finish(&device, infos, out);
   U_CHECK_EQ(live_copies, 0);

   fail_alloc = true;
   U_CHECK_EQ(vn_sparse_bind_translate(&device, 2, infos, &out),
              VK_ERROR_OUT_OF_HOST_MEMORY);
   fail_alloc = false;
}

int
main(void)
{
   test_nothing();
   test_pieces();
   return u_test_result();
}
