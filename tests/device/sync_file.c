/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Fences and semaphores as sync_files: what leaves one device's queue orders
 * the work of another's, in the same instance and in a second one; what is no
 * sync_file is refused and stays open. A device without them has to say so.
 */

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "vk_fixture.h"

#define FENCE_TYPE     VK_EXTERNAL_FENCE_HANDLE_TYPE_SYNC_FD_BIT
#define SEMAPHORE_TYPE VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_SYNC_FD_BIT
#define ROUNDS         16

static const char *const extensions[] = {
   VK_KHR_EXTERNAL_FENCE_FD_EXTENSION_NAME,
   VK_KHR_EXTERNAL_SEMAPHORE_FD_EXTENSION_NAME,
   VK_KHR_SYNCHRONIZATION_2_EXTENSION_NAME,
};

struct party {
   struct vkt_instance instance;
   struct vkt_device dev;
   VkFence fence;          /* can be exported */
   VkSemaphore out;        /* likewise */
   VkSemaphore in;         /* gets imports */
   struct vkt_buffer work; /* what the queue is busy with */
   uint32_t submits;
   PFN_vkQueueSubmit2KHR QueueSubmit2;
   PFN_vkGetFenceFdKHR GetFenceFd;
   PFN_vkImportFenceFdKHR ImportFenceFd;
   PFN_vkGetSemaphoreFdKHR GetSemaphoreFd;
   PFN_vkImportSemaphoreFdKHR ImportSemaphoreFd;
};

static bool
party_init(struct party *p)
{
   const VkExportFenceCreateInfo export_fence = {
      .sType = VK_STRUCTURE_TYPE_EXPORT_FENCE_CREATE_INFO,
      .handleTypes = FENCE_TYPE,
   };
   const VkFenceCreateInfo fence_info = {
      .sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO,
      .pNext = &export_fence,
   };
   const VkExportSemaphoreCreateInfo export_semaphore = {
      .sType = VK_STRUCTURE_TYPE_EXPORT_SEMAPHORE_CREATE_INFO,
      .handleTypes = SEMAPHORE_TYPE,
   };
   VkSemaphoreCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO,
      .pNext = &export_semaphore,
   };

   const VkPhysicalDeviceSynchronization2Features features = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SYNCHRONIZATION_2_FEATURES,
      .synchronization2 = VK_TRUE,
   };

   if (!vkt_device_init(&p->dev, &p->instance, extensions,
                        VKT_ARRAY_SIZE(extensions), &features) ||
       !VKT_CHECK(
          vkCreateFence(p->dev.handle, &fence_info, NULL, &p->fence)) ||
       !VKT_CHECK(vkCreateSemaphore(p->dev.handle, &info, NULL, &p->out)))
      return false;
   info.pNext = NULL;
   if (!VKT_CHECK(vkCreateSemaphore(p->dev.handle, &info, NULL, &p->in)) ||
       !vkt_buffer_init(&p->work, &p->dev, 8 << 20,
                        VK_BUFFER_USAGE_TRANSFER_DST_BIT))
      return false;
#define LOAD(name)                                                           \
   p->name = (PFN_vk##name##KHR)vkGetDeviceProcAddr(p->dev.handle,           \
                                                    "vk" #name "KHR")
   LOAD(QueueSubmit2);
   LOAD(GetFenceFd);
   LOAD(ImportFenceFd);
   LOAD(GetSemaphoreFd);
   LOAD(ImportSemaphoreFd);
#undef LOAD
   return U_CHECK(p->QueueSubmit2 && p->GetFenceFd && p->ImportFenceFd &&
                  p->GetSemaphoreFd && p->ImportSemaphoreFd);
}

static void
party_finish(struct party *p)
{
   if (p->dev.handle) {
      vkDeviceWaitIdle(p->dev.handle);
      vkDestroyFence(p->dev.handle, p->fence, NULL);
      vkDestroySemaphore(p->dev.handle, p->out, NULL);
      vkDestroySemaphore(p->dev.handle, p->in, NULL);
      vkt_buffer_finish(&p->work);
   }
   vkt_device_finish(&p->dev);
   vkt_instance_finish(&p->instance);
}

/* Fills the buffer with the value; optionally behind `in`, signalling `out`. */
static bool
submit_fill(struct party *p,
            uint32_t value,
            bool wait_in,
            bool signal_out,
            VkFence fence)
{
   const VkPipelineStageFlags stage = VK_PIPELINE_STAGE_ALL_COMMANDS_BIT;
   const VkSubmitInfo submit = {
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
      .waitSemaphoreCount = wait_in,
      .pWaitSemaphores = &p->in,
      .pWaitDstStageMask = &stage,
      .commandBufferCount = 1,
      .pCommandBuffers = &p->dev.cmd,
      .signalSemaphoreCount = signal_out,
      .pSignalSemaphores = &p->out,
   };

   const VkSemaphoreSubmitInfo wait2 = {
      .sType = VK_STRUCTURE_TYPE_SEMAPHORE_SUBMIT_INFO,
      .semaphore = p->in,
      .stageMask = VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT,
   };
   const VkSemaphoreSubmitInfo signal2 = {
      .sType = VK_STRUCTURE_TYPE_SEMAPHORE_SUBMIT_INFO,
      .semaphore = p->out,
      .stageMask = VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT,
   };
   const VkCommandBufferSubmitInfo cmd2 = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_SUBMIT_INFO,
      .commandBuffer = p->dev.cmd,
   };
   const VkSubmitInfo2 submit2 = {
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO_2,
      .waitSemaphoreInfoCount = wait_in,
      .pWaitSemaphoreInfos = &wait2,
      .commandBufferInfoCount = 1,
      .pCommandBufferInfos = &cmd2,
      .signalSemaphoreInfoCount = signal_out,
      .pSignalSemaphoreInfos = &signal2,
   };

   if (!vkt_begin(&p->dev))
      return false;
   vkCmdFillBuffer(p->dev.cmd, p->work.handle, 0, VK_WHOLE_SIZE, value);
   vkt_full_barrier(p->dev.cmd);
   /* both ways in turn; which one says nothing about the other end */
   p->submits++;
   return VKT_CHECK(vkEndCommandBuffer(p->dev.cmd)) &&
          (p->submits % 2
              ? VKT_CHECK(vkQueueSubmit(p->dev.queue, 1, &submit, fence))
              : VKT_CHECK(p->QueueSubmit2(p->dev.queue, 1, &submit2, fence)));
}

static bool
is_signalled(int fd, int timeout_ms)
{
   struct pollfd pfd = { .fd = fd, .events = POLLIN };

   return fd < 0 || poll(&pfd, 1, timeout_ms) == 1;
}

static int
fence_fd(struct party *p)
{
   const VkFenceGetFdInfoKHR info = {
      .sType = VK_STRUCTURE_TYPE_FENCE_GET_FD_INFO_KHR,
      .fence = p->fence,
      .handleType = FENCE_TYPE,
   };
   int fd = -2;

   VKT_CHECK(p->GetFenceFd(p->dev.handle, &info, &fd));
   U_CHECK(fd >= -1);
   return fd;
}

static int
semaphore_fd(struct party *p)
{
   const VkSemaphoreGetFdInfoKHR info = {
      .sType = VK_STRUCTURE_TYPE_SEMAPHORE_GET_FD_INFO_KHR,
      .semaphore = p->out,
      .handleType = SEMAPHORE_TYPE,
   };
   int fd = -2;

   VKT_CHECK(p->GetSemaphoreFd(p->dev.handle, &info, &fd));
   U_CHECK(fd >= -1);
   return fd;
}

static VkResult
import_semaphore(struct party *p, int fd)
{
   const VkImportSemaphoreFdInfoKHR info = {
      .sType = VK_STRUCTURE_TYPE_IMPORT_SEMAPHORE_FD_INFO_KHR,
      .semaphore = p->in,
      .flags = VK_SEMAPHORE_IMPORT_TEMPORARY_BIT,
      .handleType = SEMAPHORE_TYPE,
      .fd = fd,
   };

   return p->ImportSemaphoreFd(p->dev.handle, &info);
}

static VkResult
import_fence(struct party *p, int fd)
{
   const VkImportFenceFdInfoKHR info = {
      .sType = VK_STRUCTURE_TYPE_IMPORT_FENCE_FD_INFO_KHR,
      .fence = p->fence,
      .flags = VK_FENCE_IMPORT_TEMPORARY_BIT,
      .handleType = FENCE_TYPE,
      .fd = fd,
   };

   return p->ImportFenceFd(p->dev.handle, &info);
}

static void
test_fence(struct party *p)
{
   for (uint32_t i = 0; i < ROUNDS; i++) {
      if (!submit_fill(p, i, false, false, p->fence))
         return;
      int fd = fence_fd(p);
      /* "the same effect on the fence as a reset" */
      U_CHECK_EQ(vkGetFenceStatus(p->dev.handle, p->fence), VK_NOT_READY);
      U_CHECK(is_signalled(fd, 30000));
      U_CHECK(vkt_words_are(p->work.map, p->work.size / 4, i));
      if (i % 2) {
         /* and back in, which consumes it */
         VKT_CHECK(import_fence(p, fd));
         U_CHECK_EQ(vkGetFenceStatus(p->dev.handle, p->fence), VK_SUCCESS);
         VKT_CHECK(vkResetFences(p->dev.handle, 1, &p->fence));
         U_CHECK_EQ(vkGetFenceStatus(p->dev.handle, p->fence), VK_NOT_READY);
      } else if (fd >= 0) {
         close(fd);
      }
   }

   /* -1 is one that has signalled, both ways */
   VKT_CHECK(import_fence(p, -1));
   VKT_CHECK(vkWaitForFences(p->dev.handle, 1, &p->fence, VK_TRUE, 0));
   U_CHECK_EQ(fence_fd(p), -1);
   U_CHECK_EQ(vkGetFenceStatus(p->dev.handle, p->fence), VK_NOT_READY);

   /* it still is a fence */
   if (submit_fill(p, 7, false, false, p->fence)) {
      VKT_CHECK(vkWaitForFences(p->dev.handle, 1, &p->fence, VK_TRUE,
                                VKT_TIMEOUT_NS));
      U_CHECK(vkt_words_are(p->work.map, p->work.size / 4, 7));
      VKT_CHECK(vkResetFences(p->dev.handle, 1, &p->fence));
   }
}

/* a works, b waits for that with an import, and the other way round. */
static void
test_semaphores(struct party *a, struct party *b)
{
   for (uint32_t i = 0; i < ROUNDS; i++) {
      struct party *first = i % 2 ? b : a;
      struct party *second = i % 2 ? a : b;

      if (!submit_fill(first, 0x100 + i, false, true, VK_NULL_HANDLE))
         return;
      const int fd = semaphore_fd(first);
      if (!VKT_CHECK(import_semaphore(second, fd)))
         return;
      if (!submit_fill(second, 0x200 + i, true, false, second->dev.fence))
         return;
      VKT_CHECK(vkWaitForFences(second->dev.handle, 1, &second->dev.fence,
                                VK_TRUE, VKT_TIMEOUT_NS));
      VKT_CHECK(vkResetFences(second->dev.handle, 1, &second->dev.fence));
      /* the first one's work came before the second one's */
      U_CHECK(
         vkt_words_are(first->work.map, first->work.size / 4, 0x100 + i));
      U_CHECK(
         vkt_words_are(second->work.map, second->work.size / 4, 0x200 + i));
      vkQueueWaitIdle(first->dev.queue);
   }

   /* one that has signalled; an import that another replaces */
   VKT_CHECK(import_semaphore(b, -1));
   if (submit_fill(a, 1, false, true, VK_NULL_HANDLE))
      VKT_CHECK(import_semaphore(b, semaphore_fd(a)));
   if (submit_fill(b, 2, true, false, b->dev.fence)) {
      VKT_CHECK(vkWaitForFences(b->dev.handle, 1, &b->dev.fence, VK_TRUE,
                                VKT_TIMEOUT_NS));
      VKT_CHECK(vkResetFences(b->dev.handle, 1, &b->dev.fence));
   }
   vkDeviceWaitIdle(a->dev.handle);
}

static void
test_refused(struct party *p)
{
   int ends[2];

   if (!U_CHECK_EQ(pipe(ends), 0))
      return;
   U_CHECK_EQ(import_semaphore(p, ends[0]), VK_ERROR_INVALID_EXTERNAL_HANDLE);
   U_CHECK_EQ(import_fence(p, ends[0]), VK_ERROR_INVALID_EXTERNAL_HANDLE);
   /* "if the import succeeds": ours still */
   U_CHECK_EQ(close(ends[0]), 0);
   U_CHECK_EQ(close(ends[1]), 0);
   U_CHECK_EQ(import_semaphore(p, ends[0]), VK_ERROR_INVALID_EXTERNAL_HANDLE);
   U_CHECK(vkt_device_works(&p->dev));
}

static bool
offers(const struct vkt_instance *instance)
{
   const VkPhysicalDeviceExternalSemaphoreInfo semaphore_info = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_SEMAPHORE_INFO,
      .handleType = SEMAPHORE_TYPE,
   };
   const VkPhysicalDeviceExternalFenceInfo fence_info = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_FENCE_INFO,
      .handleType = FENCE_TYPE,
   };
   VkExternalSemaphoreProperties semaphore = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_SEMAPHORE_PROPERTIES,
   };
   VkExternalFenceProperties fence = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_FENCE_PROPERTIES,
   };

   vkGetPhysicalDeviceExternalSemaphoreProperties(
      instance->pdev, &semaphore_info, &semaphore);
   vkGetPhysicalDeviceExternalFenceProperties(instance->pdev, &fence_info,
                                              &fence);
   const bool has = vkt_instance_has(instance, extensions[0]) &&
                    vkt_instance_has(instance, extensions[1]);
   U_CHECK_EQ(semaphore.externalSemaphoreFeatures, has ? 3 : 0);
   U_CHECK_EQ(fence.externalFenceFeatures, has ? 3 : 0);
   return has;
}

int
main(void)
{
   struct party a = { 0 }, b = { 0 };

   vkt_bound(300);
   if (!vkt_instance_init(&a.instance) || !vkt_instance_init(&b.instance))
      return EXIT_FAILURE;
   if (!offers(&a.instance)) {
      printf("no sync_files, and none offered\n");
   } else if (party_init(&a) && party_init(&b)) {
      test_fence(&a);
      test_semaphores(&a, &b);
      /* the driver may keep what it will look at next */
      const uint32_t fds = vkt_count_fds(0);
      for (unsigned i = 0; i < 3; i++)
         test_semaphores(&a, &b);
      test_refused(&a);
      U_CHECK(vkt_count_fds(0) <= fds);
   } else {
      u_test_failures++;
   }
   party_finish(&a);
   party_finish(&b);
   return u_test_result();
}
