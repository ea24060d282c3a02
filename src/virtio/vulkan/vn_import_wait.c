/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See vn_import_wait.h. The three kinds of batches differ in where their
 * semaphores are.
 */

#include "vn_import_wait.h"

#include "vn_sync_file.h"

/* Room for so many copies of a batch and of a semaphore's entry. */
static void *
alloc_copies(struct vn_queue *queue,
             uint32_t count,
             size_t batch_size,
             size_t wait_count,
             size_t wait_size)
{
   return vn_alloc_scratch(&queue->device->alloc,
                           count * batch_size + wait_count * wait_size);
}

static VkResult
replace_imports(struct vn_queue *queue,
                VkSemaphore *semaphores,
                uint32_t count)
{
   for (uint32_t i = 0; i < count; i++) {
      if (!vn_sync_file_has_import(semaphores[i]))
         continue;
      const VkResult result = vn_sync_file_wait_op(queue, &semaphores[i]);
      if (result != VK_SUCCESS)
         return result;
   }
   return VK_SUCCESS;
}

static bool
has_import(const VkSemaphore *semaphores, uint32_t count)
{
   for (uint32_t i = 0; i < count; i++) {
      if (vn_sync_file_has_import(semaphores[i]))
         return true;
   }
   return false;
}

VkResult
vn_import_wait_submit(struct vn_queue *queue,
                      uint32_t count,
                      const VkSubmitInfo **batches_inout,
                      void **heap_out)
{
   const VkSubmitInfo *batches = *batches_inout;
   size_t wait_count = 0;
   bool any = false;

   *heap_out = NULL;
   for (uint32_t i = 0; i < count; i++) {
      wait_count += batches[i].waitSemaphoreCount;
      any |= has_import(batches[i].pWaitSemaphores,
                        batches[i].waitSemaphoreCount);
   }
   if (!any)
      return VK_SUCCESS;

   VkSubmitInfo *copies = alloc_copies(queue, count, sizeof(*copies),
                                       wait_count, sizeof(VkSemaphore));
   if (!copies)
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   VkSemaphore *waits = (VkSemaphore *)(copies + count);
   memcpy(copies, batches, count * sizeof(*copies));
   for (uint32_t i = 0; i < count; i++) {
      const uint32_t n = copies[i].waitSemaphoreCount;

      if (!n)
         continue;
      memcpy(waits, copies[i].pWaitSemaphores, n * sizeof(*waits));
      copies[i].pWaitSemaphores = waits;
      const VkResult result = replace_imports(queue, waits, n);
      if (result != VK_SUCCESS) {
         vn_import_wait_finish(queue, copies);
         return result;
      }
      waits += n;
   }
   *batches_inout = copies;
   *heap_out = copies;
   return VK_SUCCESS;
}

VkResult
vn_import_wait_submit2(struct vn_queue *queue,
                       uint32_t count,
                       const VkSubmitInfo2 **batches_inout,
                       void **heap_out)
{
   const VkSubmitInfo2 *batches = *batches_inout;
   size_t wait_count = 0;
   bool any = false;

   *heap_out = NULL;
   for (uint32_t i = 0; i < count; i++) {
      wait_count += batches[i].waitSemaphoreInfoCount;
      for (uint32_t j = 0; j < batches[i].waitSemaphoreInfoCount; j++) {
         any |= vn_sync_file_has_import(
            batches[i].pWaitSemaphoreInfos[j].semaphore);
      }
   }
   if (!any)
      return VK_SUCCESS;

   VkSubmitInfo2 *copies =
      alloc_copies(queue, count, sizeof(*copies), wait_count,
                   sizeof(VkSemaphoreSubmitInfo));
   if (!copies)
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   VkSemaphoreSubmitInfo *waits = (VkSemaphoreSubmitInfo *)(copies + count);
   memcpy(copies, batches, count * sizeof(*copies));
   for (uint32_t i = 0; i < count; i++) {
      const uint32_t n = copies[i].waitSemaphoreInfoCount;

      if (!n)
         continue;
      memcpy(waits, copies[i].pWaitSemaphoreInfos, n * sizeof(*waits));
      copies[i].pWaitSemaphoreInfos = waits;
      for (uint32_t j = 0; j < n; j++) {
         const VkResult result =
            replace_imports(queue, &waits[j].semaphore, 1);
         if (result != VK_SUCCESS) {
            vn_import_wait_finish(queue, copies);
            return result;
         }
      }
      waits += n;
   }
   *batches_inout = copies;
   *heap_out = copies;
   return VK_SUCCESS;
}

VkResult
vn_import_wait_bind_sparse(struct vn_queue *queue,
                           uint32_t count,
                           const VkBindSparseInfo **batches_inout,
                           void **heap_out)
{
   const VkBindSparseInfo *batches = *batches_inout;
   size_t wait_count = 0;
   bool any = false;

   *heap_out = NULL;
   for (uint32_t i = 0; i < count; i++) {
      wait_count += batches[i].waitSemaphoreCount;
      any |= has_import(batches[i].pWaitSemaphores,
                        batches[i].waitSemaphoreCount);
   }
   if (!any)
      return VK_SUCCESS;

   VkBindSparseInfo *copies = alloc_copies(queue, count, sizeof(*copies),
                                           wait_count, sizeof(VkSemaphore));
   if (!copies)
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   VkSemaphore *waits = (VkSemaphore *)(copies + count);
   memcpy(copies, batches, count * sizeof(*copies));
   for (uint32_t i = 0; i < count; i++) {
      const uint32_t n = copies[i].waitSemaphoreCount;

      if (!n)
         continue;
      memcpy(waits, copies[i].pWaitSemaphores, n * sizeof(*waits));
      copies[i].pWaitSemaphores = waits;
      const VkResult result = replace_imports(queue, waits, n);
      if (result != VK_SUCCESS) {
         vn_import_wait_finish(queue, copies);
         return result;
      }
      waits += n;
   }
   *batches_inout = copies;
   *heap_out = copies;
   return VK_SUCCESS;
}

void
vn_import_wait_finish(struct vn_queue *queue, void *heap)
{
   vn_free_scratch(&queue->device->alloc, heap);
}
