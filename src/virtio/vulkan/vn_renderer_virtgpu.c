/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The transport over virtio-gpu: its life, how it fails, blobs and shared
 * memory. Knows ids, not what they stand for.
 *
 * A call that fails for want of memory, of file descriptors or of room in
 * the window fails alone. Any other failure means that the device is gone or
 * that we do not understand it: the connection counts as lost.
 */

#include "vn_virtgpu.h"

#include <stdio.h>
#include <sys/mman.h>
#include <xf86drm.h>

const struct vn_virtgpu_limits vn_virtgpu_default_limits = {
   .reply_ns = 10 * VN_NSEC_PER_SEC,
   .slice_ns = VN_NSEC_PER_SEC / 4,
};

bool
vn_virtgpu_is_lost(struct vn_virtgpu *gpu)
{
   /* relaxed: says only that asking is of no use */
   return atomic_load_explicit(&gpu->base.lost, memory_order_relaxed);
}

VkResult
vn_virtgpu_lose(struct vn_virtgpu *gpu, const char *why)
{
   /* relaxed: a flag that guards nothing */
   if (!atomic_exchange_explicit(&gpu->base.lost, true, memory_order_relaxed))
      u_log(&vn_log_state, gpu->base.expendable ? U_LOG_DEBUG : U_LOG_ERROR,
            "virtio-gpu %s: device lost: %s", gpu->node, why);
   return VK_ERROR_DEVICE_LOST;
}

VkResult
vn_virtgpu_alloc_error(struct vn_virtgpu *gpu, int error)
{
   switch (error) {
   case ENOMEM:
   case EMFILE:
   case ENFILE:
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   case ENOSPC: /* the host-visible window is full */
      return VK_ERROR_OUT_OF_DEVICE_MEMORY;
   default:
      return vn_virtgpu_lose(gpu, strerror(error));
   }
}

VkResult
vn_virtgpu_blob_create(struct vn_virtgpu *gpu,
                       uint64_t size,
                       uint64_t blob_id,
                       uint32_t flags,
                       struct vn_virtgpu_blob *blob)
{
   if (vn_virtgpu_is_lost(gpu))
      return VK_ERROR_DEVICE_LOST;

   struct virtgpu_create_blob args = {
      .blob_mem = VIRTGPU_BLOB_MEM_HOST3D,
      .blob_flags = flags,
      .blob_id = blob_id,
   };
   if (!size || !u_align_u64(size, gpu->page_size, &args.size))
      return VK_ERROR_OUT_OF_DEVICE_MEMORY;

   if (drmIoctl(gpu->fd, VIRTGPU_IOCTL_CREATE_BLOB, &args)) {
      const int error = errno;
      vn_log(DEBUG, "virtio-gpu: no blob of %" PRIu64 " B: %s", args.size,
             strerror(error));
      /* more than the kernel can count pages of */
      return error == EINVAL || error == E2BIG || error == EOVERFLOW
                ? VK_ERROR_OUT_OF_DEVICE_MEMORY
                : vn_virtgpu_alloc_error(gpu, error);
   }
   if (!args.bo_handle || !args.res_handle) {
      vn_virtgpu_blob_close(gpu, args.bo_handle);
      return vn_virtgpu_lose(gpu, "a blob has no id");
   }

   *blob = (struct vn_virtgpu_blob){
      .handle = args.bo_handle,
      .res_id = args.res_handle,
      .size = args.size,
   };
   return VK_SUCCESS;
}

void
vn_virtgpu_blob_close(struct vn_virtgpu *gpu, uint32_t handle)
{
   struct drm_gem_close args = { .handle = handle };
   /* the kernel knows the handle, or is of no help anyway */
   if (handle)
      drmIoctl(gpu->fd, DRM_IOCTL_GEM_CLOSE, &args);
}

/* At the address, which flags say more about, or NULL. */
static void *
map_blob(struct vn_virtgpu *gpu,
         uint32_t handle,
         uint64_t size,
         void *address,
         int flags)
{
   struct virtgpu_map args = { .handle = handle };

   if (!size || size > SIZE_MAX ||
       drmIoctl(gpu->fd, VIRTGPU_IOCTL_MAP, &args) ||
       args.offset > (uint64_t)INT64_MAX)
      return NULL;
   void *map = mmap(address, (size_t)size, PROT_READ | PROT_WRITE,
                    MAP_SHARED | flags, gpu->fd, (off_t)args.offset);
   return map == MAP_FAILED ? NULL : map;
}

void *
vn_virtgpu_blob_map(struct vn_virtgpu *gpu, uint32_t handle, uint64_t size)
{
   return map_blob(gpu, handle, size, NULL, 0);
}

bool
vn_virtgpu_blob_map_at(struct vn_virtgpu *gpu,
                       uint32_t handle,
                       uint64_t size,
                       void *address)
{
   return map_blob(gpu, handle, size, address, MAP_FIXED);
}

VkResult
vn_virtgpu_settle(struct vn_virtgpu *gpu)
{
   struct vn_renderer *renderer = &gpu->base;

   pthread_mutex_lock(&gpu->settle_mutex);
   const uint64_t value = ++gpu->settle_value;
   const struct vn_renderer_submit submit = {
      .has_fence = true,
      .ring_idx = 0,
      .sync = gpu->settle_sync,
      .value = value,
   };
   VkResult result = vn_virtgpu_submit(renderer, &submit);
   pthread_mutex_unlock(&gpu->settle_mutex);
   if (result != VK_SUCCESS)
      return result;

   const struct vn_renderer_wait wait = {
      .count = 1,
      .syncs = &gpu->settle_sync,
      .values = &value,
      .timeout_ns = UINT64_MAX,
   };
   return vn_virtgpu_wait(renderer, &wait);
}

struct virtgpu_shmem {
   struct vn_renderer_shmem base;
   struct vn_virtgpu_blob blob;
};

static VkResult
virtgpu_shmem_create(struct vn_renderer *renderer,
                     size_t size,
                     struct vn_renderer_shmem **shmem_out)
{
   struct vn_virtgpu *gpu = vn_virtgpu_from_renderer(renderer);

   struct virtgpu_shmem *shmem = calloc(1, sizeof(*shmem));
   if (!shmem)
      return VK_ERROR_OUT_OF_HOST_MEMORY;

   /* exactly this flag: the renderer refuses any other for blob id 0 */
   const VkResult result = vn_virtgpu_blob_create(
      gpu, size, 0, VIRTGPU_BLOB_MAPPABLE, &shmem->blob);
   if (result != VK_SUCCESS)
      goto fail_alloc;

   shmem->base.size = size;
   shmem->base.res_id = shmem->blob.res_id;
   shmem->base.map =
      vn_virtgpu_blob_map(gpu, shmem->blob.handle, shmem->blob.size);
   if (!shmem->base.map)
      goto fail_blob;

   *shmem_out = &shmem->base;
   return VK_SUCCESS;

fail_blob:
   vn_virtgpu_blob_close(gpu, shmem->blob.handle);
   free(shmem);
   return VK_ERROR_OUT_OF_HOST_MEMORY;
fail_alloc:
   free(shmem);
   return result;
}

static void
virtgpu_shmem_destroy(struct vn_renderer *renderer,
                      struct vn_renderer_shmem *base)
{
   if (!base)
      return;

   struct virtgpu_shmem *shmem = (struct virtgpu_shmem *)base;
   munmap(base->map, (size_t)shmem->blob.size);
   vn_virtgpu_blob_close(vn_virtgpu_from_renderer(renderer),
                         shmem->blob.handle);
   free(shmem);
}

static VkResult
virtgpu_open_another(struct vn_renderer *renderer,
                     struct vn_renderer **other_out)
{
   struct vn_virtgpu *gpu = vn_virtgpu_from_renderer(renderer);
   return vn_virtgpu_create(gpu->node, &gpu->limits, other_out);
}

static void
virtgpu_destroy(struct vn_renderer *renderer)
{
   struct vn_virtgpu *gpu = vn_virtgpu_from_renderer(renderer);

   assert(!gpu->bos.count);
   vn_virtgpu_sync_destroy(renderer, gpu->settle_sync);
   u_fd_close(&gpu->fd);
   u_hash_table_finish(&gpu->bos);
   pthread_mutex_destroy(&gpu->settle_mutex);
   pthread_mutex_destroy(&gpu->sync_mutex);
   pthread_mutex_destroy(&gpu->bo_mutex);
   free(gpu);
}

static const struct vn_renderer_ops virtgpu_ops = {
   .destroy = virtgpu_destroy,
   .open_another = virtgpu_open_another,
   .submit = vn_virtgpu_submit,
   .shmem_create = virtgpu_shmem_create,
   .shmem_destroy = virtgpu_shmem_destroy,
   .bo_create = vn_virtgpu_bo_create,
   .bo_import_fd = vn_virtgpu_bo_import_fd,
   .bo_export_fd = vn_virtgpu_bo_export_fd,
   .bo_map = vn_virtgpu_bo_map,
   .bo_map_placed = vn_virtgpu_bo_map_placed,
   .bo_unref = vn_virtgpu_bo_unref,
   .sync_create = vn_virtgpu_sync_create,
   .sync_destroy = vn_virtgpu_sync_destroy,
   .sync_read = vn_virtgpu_sync_read,
   .sync_write = vn_virtgpu_sync_write,
   .sync_export_file = vn_virtgpu_sync_export_file,
   .sync_import_file = vn_virtgpu_sync_import_file,
   .wait = vn_virtgpu_wait,
};

VkResult
vn_virtgpu_create(const char *path,
                  const struct vn_virtgpu_limits *limits,
                  struct vn_renderer **renderer_out)
{
   struct vn_virtgpu *gpu = calloc(1, sizeof(*gpu));
   if (!gpu)
      return VK_ERROR_OUT_OF_HOST_MEMORY;

   gpu->base.ops = &virtgpu_ops;
   gpu->limits = *limits;
   gpu->fd = -1;
   u_list_init(&gpu->waiters);
   pthread_mutex_init(&gpu->bo_mutex, NULL);
   pthread_mutex_init(&gpu->sync_mutex, NULL);
   pthread_mutex_init(&gpu->settle_mutex, NULL);

   VkResult result =
      vn_virtgpu_open(gpu, path)
         ? vn_virtgpu_sync_create(&gpu->base, 0, &gpu->settle_sync)
         : VK_ERROR_INITIALIZATION_FAILED;
   if (result != VK_SUCCESS) {
      virtgpu_destroy(&gpu->base);
      return result;
   }

   const struct vn_capset *capset = &gpu->base.info.capset;
   vn_log(INFO,
          "virtio-gpu %s: renderer with Vulkan %u.%u.%u, Venus %u, blobs in "
          "units of %" PRIu64 " B",
          gpu->node, VK_API_VERSION_MAJOR(capset->vk_xml_version),
          VK_API_VERSION_MINOR(capset->vk_xml_version),
          VK_API_VERSION_PATCH(capset->vk_xml_version),
          capset->vk_mesa_venus_protocol_spec_version, gpu->page_size);
   *renderer_out = &gpu->base;
   return VK_SUCCESS;
}

VkResult
vn_renderer_create_virtgpu(struct vn_renderer **renderer_out)
{
   return vn_virtgpu_create(NULL, &vn_virtgpu_default_limits, renderer_out);
}
