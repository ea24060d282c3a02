/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See vn_import_wait.h. The three kinds of batches differ only in where the
 * semaphores are that they wait for, which a table says.
 */

#include "vn_import_wait.h"

#include <stddef.h>

#include "vn_sync_file.h"

/* Offsets and sizes in bytes. */
struct batch_kind {
   size_t size;      /* of a batch */
   size_t count;     /* uint32_t: how many it waits for */
   size_t waits;     /* pointer: the array of those */
   size_t wait_size; /* of an element of the array */
   size_t semaphore; /* VkSemaphore: in the element */
};

static const struct batch_kind submit_kind = {
   .size = sizeof(VkSubmitInfo),
   .count = offsetof(VkSubmitInfo, waitSemaphoreCount),
   .waits = offsetof(VkSubmitInfo, pWaitSemaphores),
   .wait_size = sizeof(VkSemaphore),
};

static const struct batch_kind submit2_kind = {
   .size = sizeof(VkSubmitInfo2),
   .count = offsetof(VkSubmitInfo2, waitSemaphoreInfoCount),
   .waits = offsetof(VkSubmitInfo2, pWaitSemaphoreInfos),
   .wait_size = sizeof(VkSemaphoreSubmitInfo),
   .semaphore = offsetof(VkSemaphoreSubmitInfo, semaphore),
};

static const struct batch_kind bind_sparse_kind = {
   .size = sizeof(VkBindSparseInfo),
   .count = offsetof(VkBindSparseInfo, waitSemaphoreCount),
   .waits = offsetof(VkBindSparseInfo, pWaitSemaphores),
   .wait_size = sizeof(VkSemaphore),
};

static uint32_t
count_of(const struct batch_kind *kind, const uint8_t *batch)
{
   return *(const uint32_t *)(batch + kind->count);
}

/* The array of a batch; const or not as the batch's owner knows. */
static uint8_t **
waits_of(const struct batch_kind *kind, const uint8_t *batch)
{
   return (uint8_t **)(batch + kind->waits);
}

static VkSemaphore *
semaphore_of(const struct batch_kind *kind, uint8_t *waits, uint32_t i)
{
   return (VkSemaphore *)(waits + i * kind->wait_size + kind->semaphore);
}

static bool
has_import(const struct batch_kind *kind, const uint8_t *batch)
{
   for (uint32_t i = 0; i < count_of(kind, batch); i++) {
      if (vn_sync_file_has_import(
             *semaphore_of(kind, *waits_of(kind, batch), i)))
         return true;
   }
   return false;
}

/* Gives the copy of a batch an array of its own, with what stands in. */
static VkResult
replace_imports(struct vn_queue *queue,
                const struct batch_kind *kind,
                uint8_t *batch,
                uint8_t *waits)
{
   const uint32_t count = count_of(kind, batch);

   if (!count)
      return VK_SUCCESS;
   memcpy(waits, *waits_of(kind, batch), count * kind->wait_size);
   *waits_of(kind, batch) = waits;
   for (uint32_t i = 0; i < count; i++) {
      VkSemaphore *semaphore = semaphore_of(kind, waits, i);

      if (!vn_sync_file_has_import(*semaphore))
         continue;
      const VkResult result = vn_sync_file_wait_op(queue, semaphore);
      if (result != VK_SUCCESS)
         return result;
   }
   return VK_SUCCESS;
}

static VkResult
rewrite(struct vn_queue *queue,
        const struct batch_kind *kind,
        uint32_t count,
        const void **batches_inout,
        void **heap_out)
{
   const uint8_t *batches = *batches_inout;
   size_t wait_count = 0;
   bool any = false;

   *heap_out = NULL;
   for (uint32_t i = 0; i < count; i++) {
      wait_count += count_of(kind, batches + i * kind->size);
      any |= has_import(kind, batches + i * kind->size);
   }
   if (!any)
      return VK_SUCCESS;

   uint8_t *copies =
      vn_alloc_scratch(&queue->device->alloc,
                       count * kind->size + wait_count * kind->wait_size);
   if (!copies)
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   uint8_t *waits = copies + count * kind->size;
   memcpy(copies, batches, count * kind->size);
   for (uint32_t i = 0; i < count; i++) {
      uint8_t *batch = copies + i * kind->size;
      const VkResult result = replace_imports(queue, kind, batch, waits);

      if (result != VK_SUCCESS) {
         vn_import_wait_finish(queue, copies);
         return result;
      }
      waits += count_of(kind, batch) * kind->wait_size;
   }
   *batches_inout = copies;
   *heap_out = copies;
   return VK_SUCCESS;
}

VkResult
vn_import_wait_submit(struct vn_queue *queue,
                      uint32_t count,
                      const VkSubmitInfo **batches_inout,
                      void **heap_out)
{
   return rewrite(queue, &submit_kind, count, (const void **)batches_inout,
                  heap_out);
}

VkResult
vn_import_wait_submit2(struct vn_queue *queue,
                       uint32_t count,
                       const VkSubmitInfo2 **batches_inout,
                       void **heap_out)
{
   return rewrite(queue, &submit2_kind, count, (const void **)batches_inout,
                  heap_out);
}

VkResult
vn_import_wait_bind_sparse(struct vn_queue *queue,
                           uint32_t count,
                           const VkBindSparseInfo **batches_inout,
                           void **heap_out)
{
   return rewrite(queue, &bind_sparse_kind, count,
                  (const void **)batches_inout, heap_out);
}

void
vn_import_wait_finish(struct vn_queue *queue, void *heap)
{
   vn_free_scratch(&queue->device->alloc, heap);
}
