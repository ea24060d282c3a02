/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Resources of memory, and the one table of GEM handles that are shared with
 * others. Knows what the kernel says of a resource; whether the renderer
 * takes it is for the importer to find out.
 */

#include "vn_virtgpu.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xf86drm.h>

/* All but base.refcount and base.proven is guarded by bo_mutex, or constant. */
struct virtgpu_bo {
   struct vn_renderer_bo base;
   uint32_t handle; /* owned; 0: lost on the way, see attach_again */
   void *map;       /* NULL until asked for */
   /* The renderer was handed it by the kernel, not only made it. */
   bool attached;
   /* ... and has executed that. */
   bool settled;
};

static struct virtgpu_bo *
get_bo(struct vn_renderer_bo *bo)
{
   return (struct virtgpu_bo *)bo;
}

static struct u_hash_key
handle_key(uint32_t handle)
{
   return (struct u_hash_key){ .a = handle };
}

VkResult
vn_virtgpu_bo_create(struct vn_renderer *renderer,
                     uint64_t size,
                     uint64_t memory_id,
                     uint32_t flags,
                     struct vn_renderer_bo **bo_out)
{
   struct vn_virtgpu *gpu = vn_virtgpu_from_renderer(renderer);
   struct vn_virtgpu_blob blob;
   VkResult result;

   struct virtgpu_bo *bo = calloc(1, sizeof(*bo));
   if (!bo)
      return VK_ERROR_OUT_OF_HOST_MEMORY;

   uint32_t blob_flags = 0;
   if (flags & VN_RENDERER_BO_MAPPABLE)
      blob_flags |= VIRTGPU_BLOB_MAPPABLE;
   if (flags & VN_RENDERER_BO_SHAREABLE) {
      blob_flags |= VIRTGPU_BLOB_SHAREABLE;
      if (gpu->cross_device)
         blob_flags |= VIRTGPU_BLOB_CROSS_DEVICE;
   }

   assert(memory_id);
   result = vn_virtgpu_blob_create(gpu, size, memory_id, blob_flags, &blob);
   if (result != VK_SUCCESS)
      goto fail_alloc;

   bo->base.kind = VN_RENDERER_BO_OWN;
   bo->base.flags = flags;
   bo->base.res_id = blob.res_id;
   bo->base.size = blob.size;
   bo->handle = blob.handle;
   bo->settled = true;
   /* renderers keep the file of such a blob for imports by its own context */
   bo->attached = blob_flags & VIRTGPU_BLOB_CROSS_DEVICE;
   /* relaxed: nobody else knows the bo yet */
   atomic_store_explicit(&bo->base.refcount, 1, memory_order_relaxed);
   atomic_store_explicit(&bo->base.proven, true, memory_order_relaxed);

   if (flags & VN_RENDERER_BO_MAPPABLE) {
      /* waits for the host, and is the only way to hear of its refusal;
       * mappable blobs take their place in the window anyway
       */
      bo->map = vn_virtgpu_blob_map(gpu, blob.handle, blob.size);
      if (!bo->map) {
         vn_log(WARN,
                "virtio-gpu: the host made no mappable blob of %" PRIu64 " B",
                blob.size);
         result = VK_ERROR_OUT_OF_DEVICE_MEMORY;
      }
   } else {
      result = vn_virtgpu_settle(gpu);
   }
   if (result != VK_SUCCESS)
      goto fail_blob;

   pthread_mutex_lock(&gpu->bo_mutex);
   const bool ok = u_hash_table_set(&gpu->bos, handle_key(bo->handle), bo);
   pthread_mutex_unlock(&gpu->bo_mutex);
   if (!ok) {
      result = VK_ERROR_OUT_OF_HOST_MEMORY;
      goto fail_map;
   }

   *bo_out = &bo->base;
   return VK_SUCCESS;

fail_map:
   if (bo->map)
      munmap(bo->map, (size_t)blob.size);
fail_blob:
   vn_virtgpu_blob_close(gpu, blob.handle);
fail_alloc:
   free(bo);
   return result;
}

/* With bo_mutex held. */
static VkResult
import_handle(struct vn_virtgpu *gpu, int fd, uint32_t *handle_out)
{
   /* 0 stands for none, here and in the kernel */
   if (!drmPrimeFDToHandle(gpu->fd, fd, handle_out)) {
      return *handle_out ? VK_SUCCESS
                         : vn_virtgpu_lose(gpu, "a buffer has no handle");
   }

   switch (errno) {
   case ENOMEM:
   case EMFILE:
   case ENFILE:
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   case ENODEV:
      /* of the device itself, or of a kernel that takes no foreign ones */
   default:
      vn_log(
         WARN,
         "virtio-gpu: cannot import fd %d (%s): it is no buffer of this "
         "device. Buffers for the GPU have to come from it: allocate them "
         "with Vulkan, or with GBM on %s",
         fd, strerror(errno), gpu->node);
      return VK_ERROR_INVALID_EXTERNAL_HANDLE;
   }
}

/* The kernel reports the low half only; the file knows it all. */
static uint64_t
get_real_size(int fd, uint32_t low)
{
   const off_t end = lseek(fd, 0, SEEK_END);
   return end >= 0 && (uint32_t)end == low ? (uint64_t)end : low;
}

static bool
get_kind(uint32_t blob_mem, enum vn_renderer_bo_kind *kind_out)
{
   switch (blob_mem) {
   case VIRTGPU_BLOB_MEM_CLASSIC:
      *kind_out = VN_RENDERER_BO_CLASSIC;
      return true;
   case VIRTGPU_BLOB_MEM_GUEST:
      *kind_out = VN_RENDERER_BO_GUEST;
      return true;
   case VIRTGPU_BLOB_MEM_HOST3D:
   case VIRTGPU_BLOB_MEM_HOST3D_GUEST:
      *kind_out = VN_RENDERER_BO_HOST;
      return true;
   default:
      return false;
   }
}

/* With bo_mutex held. Takes the handle on success only. */
static VkResult
add_foreign_bo(struct vn_virtgpu *gpu,
               int fd,
               uint32_t handle,
               struct virtgpu_bo **bo_out)
{
   struct virtgpu_resource_info info = { .bo_handle = handle };
   enum vn_renderer_bo_kind kind;
   if (drmIoctl(gpu->fd, VIRTGPU_IOCTL_RESOURCE_INFO, &info))
      return vn_virtgpu_alloc_error(gpu, errno);
   if (!info.res_handle || !get_kind(info.blob_mem, &kind)) {
      vn_log(
         WARN,
         "virtio-gpu: cannot import fd %d: resource %u of unknown kind %u",
         fd, info.res_handle, info.blob_mem);
      return VK_ERROR_INVALID_EXTERNAL_HANDLE;
   }

   struct virtgpu_bo *bo = calloc(1, sizeof(*bo));
   if (!bo)
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   bo->base.kind = kind;
   bo->base.res_id = info.res_handle;
   bo->base.size = get_real_size(fd, info.size);
   /* who made it knows whether it may be mapped; the kernel will tell */
   bo->base.flags = VN_RENDERER_BO_SHAREABLE;
   if (kind == VN_RENDERER_BO_HOST)
      bo->base.flags |= VN_RENDERER_BO_MAPPABLE;
   bo->handle = handle;
   bo->attached = true;
   /* relaxed: nobody else knows the bo yet */
   atomic_store_explicit(&bo->base.refcount, 1, memory_order_relaxed);

   if (!u_hash_table_set(&gpu->bos, handle_key(handle), bo)) {
      free(bo);
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   }
   *bo_out = bo;
   return VK_SUCCESS;
}

/*
 * With bo_mutex held. Renderers before 1.2 keep no file of a blob that a
 * context made, so that context cannot import it. They do for one that is
 * attached to a context, so our own is detached and attached: the fd keeps
 * it alive between the two. The handle may be another one afterwards.
 */
static VkResult
attach_again(struct vn_virtgpu *gpu, struct virtgpu_bo *bo, int fd)
{
   u_hash_table_remove(&gpu->bos, handle_key(bo->handle));
   vn_virtgpu_blob_close(gpu, bo->handle);
   bo->handle = 0;

   uint32_t handle;
   const VkResult result = import_handle(gpu, fd, &handle);
   if (result != VK_SUCCESS)
      return result;
   if (!u_hash_table_set(&gpu->bos, handle_key(handle), bo)) {
      vn_virtgpu_blob_close(gpu, handle);
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   }
   bo->handle = handle;
   bo->attached = true;
   bo->settled = false;
   return VK_SUCCESS;
}

/* With bo_mutex held. The bo with one more reference. */
static VkResult
find_or_add_bo(struct vn_virtgpu *gpu, int fd, struct virtgpu_bo **bo_out)
{
   uint32_t handle;
   VkResult result = import_handle(gpu, fd, &handle);
   if (result != VK_SUCCESS)
      return result;

   struct virtgpu_bo *bo = u_hash_table_get(&gpu->bos, handle_key(handle));
   if (!bo) {
      result = add_foreign_bo(gpu, fd, handle, bo_out);
      if (result != VK_SUCCESS)
         vn_virtgpu_blob_close(gpu, handle);
      return result;
   }

   /* no reference to the handle: the kernel gave the one we have again */
   if (!bo->attached) {
      result = attach_again(gpu, bo, fd);
      if (result != VK_SUCCESS)
         return result;
   }
   /* relaxed: the lock is held, and the count is not 0 */
   atomic_fetch_add_explicit(&bo->base.refcount, 1, memory_order_relaxed);
   *bo_out = bo;
   return VK_SUCCESS;
}

VkResult
vn_virtgpu_bo_import_fd(struct vn_renderer *renderer,
                        int fd,
                        struct vn_renderer_bo **bo_out)
{
   struct vn_virtgpu *gpu = vn_virtgpu_from_renderer(renderer);
   struct virtgpu_bo *bo = NULL;

   if (vn_virtgpu_is_lost(gpu))
      return VK_ERROR_DEVICE_LOST;

   pthread_mutex_lock(&gpu->bo_mutex);
   VkResult result = find_or_add_bo(gpu, fd, &bo);
   const bool settled = result == VK_SUCCESS && bo->settled;
   pthread_mutex_unlock(&gpu->bo_mutex);
   if (result != VK_SUCCESS)
      return result;

   if (!settled) {
      result = vn_virtgpu_settle(gpu);
      if (result != VK_SUCCESS) {
         vn_virtgpu_bo_unref(renderer, &bo->base);
         return result;
      }
      /* attached at most once, so this is about the same attachment */
      pthread_mutex_lock(&gpu->bo_mutex);
      bo->settled = true;
      pthread_mutex_unlock(&gpu->bo_mutex);
   }
   *bo_out = &bo->base;
   return VK_SUCCESS;
}

VkResult
vn_virtgpu_bo_export_fd(struct vn_renderer *renderer,
                        struct vn_renderer_bo *base,
                        int *fd_out)
{
   struct vn_virtgpu *gpu = vn_virtgpu_from_renderer(renderer);
   struct virtgpu_bo *bo = get_bo(base);

   if (vn_virtgpu_is_lost(gpu))
      return VK_ERROR_DEVICE_LOST;

   assert(base->flags & VN_RENDERER_BO_SHAREABLE);
   pthread_mutex_lock(&gpu->bo_mutex);
   int fd = -1;
   const int ret = bo->handle
                      ? drmPrimeHandleToFD(gpu->fd, bo->handle,
                                           DRM_CLOEXEC | DRM_RDWR, &fd)
                      : -1;
   pthread_mutex_unlock(&gpu->bo_mutex);
   if (ret || fd < 0)
      return VK_ERROR_TOO_MANY_OBJECTS;
   *fd_out = fd;
   return VK_SUCCESS;
}

VkResult
vn_virtgpu_bo_map(struct vn_renderer *renderer,
                  struct vn_renderer_bo *base,
                  void **map_out)
{
   struct vn_virtgpu *gpu = vn_virtgpu_from_renderer(renderer);
   struct virtgpu_bo *bo = get_bo(base);

   if (vn_virtgpu_is_lost(gpu))
      return VK_ERROR_DEVICE_LOST;
   if (!(base->flags & VN_RENDERER_BO_MAPPABLE))
      return VK_ERROR_MEMORY_MAP_FAILED;

   pthread_mutex_lock(&gpu->bo_mutex);
   if (!bo->map && bo->handle)
      bo->map = vn_virtgpu_blob_map(gpu, bo->handle, base->size);
   void *map = bo->map;
   pthread_mutex_unlock(&gpu->bo_mutex);

   if (!map)
      return VK_ERROR_MEMORY_MAP_FAILED;
   *map_out = map;
   return VK_SUCCESS;
}

VkResult
vn_virtgpu_bo_map_placed(struct vn_renderer *renderer,
                         struct vn_renderer_bo *base,
                         uint64_t offset,
                         uint64_t size,
                         void *address)
{
   struct vn_virtgpu *gpu = vn_virtgpu_from_renderer(renderer);
   const struct virtgpu_bo *bo = get_bo(base);

   if (vn_virtgpu_is_lost(gpu))
      return VK_ERROR_DEVICE_LOST;
   if (!(base->flags & VN_RENDERER_BO_MAPPABLE) || offset ||
       size != base->size)
      return VK_ERROR_MEMORY_MAP_FAILED;

   pthread_mutex_lock(&gpu->bo_mutex);
   const bool ok =
      bo->handle && vn_virtgpu_blob_map_at(gpu, bo->handle, size, address);
   pthread_mutex_unlock(&gpu->bo_mutex);
   return ok ? VK_SUCCESS : VK_ERROR_MEMORY_MAP_FAILED;
}

void
vn_virtgpu_bo_unref(struct vn_renderer *renderer, struct vn_renderer_bo *base)
{
   struct vn_virtgpu *gpu = vn_virtgpu_from_renderer(renderer);

   if (!base || !vn_renderer_bo_unref_early(base))
      return;

   /* perhaps the last one; an import could still make it two */
   struct virtgpu_bo *bo = get_bo(base);
   pthread_mutex_lock(&gpu->bo_mutex);
   const bool last = atomic_fetch_sub_explicit(&base->refcount, 1,
                                               memory_order_acq_rel) == 1;
   if (last) {
      if (bo->handle)
         u_hash_table_remove(&gpu->bos, handle_key(bo->handle));
      /* the mapping holds the object too */
      if (bo->map)
         munmap(bo->map, (size_t)base->size);
      vn_virtgpu_blob_close(gpu, bo->handle);
   }
   pthread_mutex_unlock(&gpu->bo_mutex);
   if (last)
      free(bo);
}
