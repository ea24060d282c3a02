/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See vn_sync_file.h.
 */

#include "vn_sync_file.h"

#include <linux/sync_file.h>
#include <sys/ioctl.h>

#include "vn_calls.h"
#include "vn_chain.h"
#include "vn_entrypoints.h"
#include "vn_fence.h"
#include "vn_instance.h"
#include "vn_physical_device.h"
#include "vn_protocol.h"
#include "vn_semaphore.h"

#define FENCE_TYPE     VK_EXTERNAL_FENCE_HANDLE_TYPE_SYNC_FD_BIT
#define SEMAPHORE_TYPE VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_SYNC_FD_BIT

bool
vn_sync_file_is_supported(const struct vn_physical_device *physical)
{
   return physical->instance->renderer->info.has_sync_file;
}

static bool
is_sync_file(int fd)
{
   struct sync_file_info info = { 0 };
   int ret;

   do {
      ret = ioctl(fd, SYNC_IOC_FILE_INFO, &info);
   } while (ret == -1 && (errno == EINTR || errno == EAGAIN));
   return ret == 0;
}

/*
 * Until a sync_file has signalled. Such a file only stands for work that is
 * under way, so this ends; the transport's watchdog ends it if the renderer
 * is lost meanwhile. Takes the fd in any case.
 */
static VkResult
wait_for_file(struct vn_device *device, int fd)
{
   struct vn_renderer *renderer;
   const struct vn_renderer_ops *ops =
      vn_device_renderer_ops(device, &renderer);
   struct vn_renderer_sync *sync;
   const uint64_t value = 1;

   VkResult result = ops->sync_create(renderer, 0, &sync);
   if (result != VK_SUCCESS) {
      u_fd_close(&fd);
      return result;
   }
   result = ops->sync_import_file(renderer, sync, value, fd);
   if (result != VK_SUCCESS) {
      u_fd_close(&fd);
   } else {
      const struct vn_renderer_wait wait = {
         .count = 1,
         .syncs = &sync,
         .values = &value,
         .timeout_ns = UINT64_MAX,
      };
      result = ops->wait(renderer, &wait);
   }
   ops->sync_destroy(renderer, sync);
   return result;
}

VkResult
vn_sync_file_export_point(struct vn_device *device,
                          const struct vn_queue_point *point,
                          int *fd_out)
{
   struct vn_renderer *renderer;
   const struct vn_renderer_ops *ops =
      vn_device_renderer_ops(device, &renderer);
   const VkResult result = vn_queue_alarm(point->queue, point->value);

   return result == VK_SUCCESS
             ? ops->sync_export_file(renderer, point->queue->sync,
                                     point->value, fd_out)
             : result;
}

/*
 * A batch without commands, of the driver's own: the ring orders it between
 * those of the application.
 */
static VkResult
send_batch(struct vn_queue *queue, const VkSubmitInfo *batch)
{
   struct vn_ring_cmd cmd;

   vn_ring_cmd_init(&cmd, queue->device->dispatch.ring);
   cmd.enc.caps = &queue->device->caps;
   vn_encode_vkQueueSubmit(&cmd.enc, 0, vn_queue_to_handle(queue), 1, batch,
                           VK_NULL_HANDLE);
   const VkResult result = vn_ring_cmd_submit(&cmd);
   if (result == VK_SUCCESS) {
      pthread_mutex_lock(&queue->device->submit_mutex);
      queue->seqno = cmd.seqno;
      queue->untracked = true;
      pthread_mutex_unlock(&queue->device->submit_mutex);
   }
   vn_ring_cmd_finish(&cmd);
   return result;
}

/* ---- semaphores --------------------------------------------------------- */

bool
vn_sync_file_has_import(VkSemaphore semaphore)
{
   return vn_semaphore_from_handle(semaphore)->has_import;
}

VkResult
vn_sync_file_wait_op(struct vn_queue *queue, VkSemaphore *handle)
{
   struct vn_semaphore *semaphore = vn_semaphore_from_handle(*handle);
   struct vn_device *device = queue->device;

   /* "restored to its prior permanent payload" */
   pthread_mutex_lock(&device->submit_mutex);
   const int fd = semaphore->import_fd;
   semaphore->has_import = false;
   semaphore->import_fd = -1;
   pthread_mutex_unlock(&device->submit_mutex);

   if (fd >= 0) {
      const VkResult result = wait_for_file(device, fd);
      if (result != VK_SUCCESS)
         return result;
   }
   const VkSubmitInfo batch = {
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
      .signalSemaphoreCount = 1,
      .pSignalSemaphores = &semaphore->carrier,
   };
   *handle = semaphore->carrier;
   return send_batch(queue, &batch);
}

VkResult
vn_sync_file_import_semaphore(struct vn_device *device,
                              VkSemaphore handle,
                              int fd)
{
   struct vn_semaphore *semaphore = vn_semaphore_from_handle(handle);

   if (!semaphore->carrier) {
      const VkSemaphoreCreateInfo info = {
         .sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO,
      };
      const VkResult result = vn_CreateSemaphore(
         vn_device_to_handle(device), &info, NULL, &semaphore->carrier);
      if (result != VK_SUCCESS)
         return result;
   }

   pthread_mutex_lock(&device->submit_mutex);
   /* one import replaces another */
   u_fd_close(&semaphore->import_fd);
   semaphore->import_fd = fd;
   semaphore->has_import = true;
   pthread_mutex_unlock(&device->submit_mutex);
   return VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_ImportSemaphoreFdKHR(VkDevice _device,
                        const VkImportSemaphoreFdInfoKHR *info)
{
   struct vn_device *device = vn_device_from_handle(_device);

   if (info->handleType != SEMAPHORE_TYPE ||
       !vn_sync_file_is_supported(device->physical_device) ||
       vn_semaphore_from_handle(info->semaphore)->type !=
          VK_SEMAPHORE_TYPE_BINARY ||
       (info->fd >= 0 && !is_sync_file(info->fd)))
      return vn_result(VK_ERROR_INVALID_EXTERNAL_HANDLE);
   return vn_result(
      vn_sync_file_import_semaphore(device, info->semaphore, info->fd));
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_GetSemaphoreFdKHR(VkDevice _device,
                     const VkSemaphoreGetFdInfoKHR *info,
                     int *pFd)
{
   struct vn_device *device = vn_device_from_handle(_device);
   struct vn_semaphore *semaphore = vn_semaphore_from_handle(info->semaphore);

   if (info->handleType != SEMAPHORE_TYPE)
      return vn_result(VK_ERROR_INVALID_EXTERNAL_HANDLE);

   pthread_mutex_lock(&device->submit_mutex);
   const bool has_import = semaphore->has_import;
   const struct vn_queue_point point = semaphore->signal;
   if (has_import) {
      *pFd = semaphore->import_fd;
      semaphore->has_import = false;
      semaphore->import_fd = -1;
   } else {
      semaphore->signal.queue = NULL;
   }
   pthread_mutex_unlock(&device->submit_mutex);
   if (has_import)
      return VK_SUCCESS;

   /* VUID-VkSemaphoreGetFdInfoKHR-handleType-03254: signalled, or with a
    * signal operation under way
    */
   if (!point.queue)
      return vn_result(VK_ERROR_INVALID_EXTERNAL_HANDLE);

   int fd = -1;
   VkResult result = vn_sync_file_export_point(device, &point, &fd);
   if (result != VK_SUCCESS) {
      pthread_mutex_lock(&device->submit_mutex);
      semaphore->signal = point;
      pthread_mutex_unlock(&device->submit_mutex);
      return vn_result(result);
   }
   /* the export has the effect of a wait, on the host's semaphore as well */
   const VkPipelineStageFlags stages = VK_PIPELINE_STAGE_ALL_COMMANDS_BIT;
   const VkSubmitInfo batch = {
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
      .waitSemaphoreCount = 1,
      .pWaitSemaphores = &info->semaphore,
      .pWaitDstStageMask = &stages,
   };
   result = send_batch(point.queue, &batch);
   if (result != VK_SUCCESS) {
      u_fd_close(&fd);
      return vn_result(result);
   }
   *pFd = fd;
   return VK_SUCCESS;
}

VKAPI_ATTR void VKAPI_CALL
vn_GetPhysicalDeviceExternalSemaphoreProperties(
   VkPhysicalDevice physicalDevice,
   const VkPhysicalDeviceExternalSemaphoreInfo *info,
   VkExternalSemaphoreProperties *props)
{
   const VkSemaphoreTypeCreateInfo *type = vn_find_struct(
      info->pNext, VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO);
   const bool offered =
      info->handleType == SEMAPHORE_TYPE &&
      (!type || type->semaphoreType == VK_SEMAPHORE_TYPE_BINARY) &&
      vn_sync_file_is_supported(
         vn_physical_device_from_handle(physicalDevice));

   props->exportFromImportedHandleTypes = offered ? SEMAPHORE_TYPE : 0;
   props->compatibleHandleTypes = offered ? SEMAPHORE_TYPE : 0;
   props->externalSemaphoreFeatures =
      offered ? VK_EXTERNAL_SEMAPHORE_FEATURE_EXPORTABLE_BIT |
                   VK_EXTERNAL_SEMAPHORE_FEATURE_IMPORTABLE_BIT
              : 0;
}

/* ---- fences -------------------------------------------------------------- */

/*
 * The file is waited for at once: it stands for work that is under way, and
 * what a fence is for is to be waited for.
 */
VkResult
vn_sync_file_import_fence(struct vn_device *device, VkFence handle, int fd)
{
   struct vn_fence *fence = vn_fence_from_handle(handle);

   if (fd >= 0) {
      int copy = u_fd_dup_cloexec(fd);
      if (copy < 0)
         return VK_ERROR_OUT_OF_HOST_MEMORY;
      const VkResult result = wait_for_file(device, copy);
      if (result != VK_SUCCESS)
         return result;
   }

   pthread_mutex_lock(&device->submit_mutex);
   fence->signaled = true;
   fence->point.queue = NULL;
   pthread_cond_broadcast(&device->submit_cond);
   pthread_mutex_unlock(&device->submit_mutex);
   return VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_ImportFenceFdKHR(VkDevice _device, const VkImportFenceFdInfoKHR *info)
{
   struct vn_device *device = vn_device_from_handle(_device);

   if (info->handleType != FENCE_TYPE ||
       !vn_sync_file_is_supported(device->physical_device) ||
       (info->fd >= 0 && !is_sync_file(info->fd)))
      return vn_result(VK_ERROR_INVALID_EXTERNAL_HANDLE);
   const VkResult result =
      vn_sync_file_import_fence(device, info->fence, info->fd);
   if (result == VK_SUCCESS) {
      int fd = info->fd;
      u_fd_close(&fd);
   }
   return vn_result(result);
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_GetFenceFdKHR(VkDevice _device, const VkFenceGetFdInfoKHR *info, int *pFd)
{
   struct vn_device *device = vn_device_from_handle(_device);
   struct vn_fence *fence = vn_fence_from_handle(info->fence);
   int fd = -1;

   pthread_mutex_lock(&device->submit_mutex);
   const bool signaled = fence->signaled;
   const struct vn_queue_point point = fence->point;
   pthread_mutex_unlock(&device->submit_mutex);

   /* VUID-VkFenceGetFdInfoKHR-handleType-01454: signalled, or with a signal
    * operation under way
    */
   if (info->handleType != FENCE_TYPE || (!signaled && !point.queue))
      return vn_result(VK_ERROR_INVALID_EXTERNAL_HANDLE);
   if (!signaled) {
      const VkResult result = vn_sync_file_export_point(device, &point, &fd);
      if (result != VK_SUCCESS)
         return vn_result(result);
   }
   /* the export has the effect of a reset */
   const VkResult result = vn_ResetFences(_device, 1, &info->fence);
   if (result != VK_SUCCESS) {
      u_fd_close(&fd);
      return result;
   }
   *pFd = fd;
   return VK_SUCCESS;
}

VKAPI_ATTR void VKAPI_CALL
vn_GetPhysicalDeviceExternalFenceProperties(
   VkPhysicalDevice physicalDevice,
   const VkPhysicalDeviceExternalFenceInfo *info,
   VkExternalFenceProperties *props)
{
   const bool offered = info->handleType == FENCE_TYPE &&
                        vn_sync_file_is_supported(
                           vn_physical_device_from_handle(physicalDevice));

   props->exportFromImportedHandleTypes = offered ? FENCE_TYPE : 0;
   props->compatibleHandleTypes = offered ? FENCE_TYPE : 0;
   props->externalFenceFeatures =
      offered ? VK_EXTERNAL_FENCE_FEATURE_EXPORTABLE_BIT |
                   VK_EXTERNAL_FENCE_FEATURE_IMPORTABLE_BIT
              : 0;
}
