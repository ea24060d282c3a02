/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Resources made of a VkDeviceMemory, and the table of shareable files that
 * this connection made: the only ones that an import can find, since vtest
 * has no way to hand a file to the server. How long they are found when
 * nobody refers to them is up to vn_vtest_retired.c.
 */

#include "vn_vtest.h"

#include <sys/mman.h>

static struct vn_vtest_bo *
get_bo(struct vn_renderer_bo *bo)
{
   return (struct vn_vtest_bo *)bo;
}

/*
 * A second resource of a file that is in the table already stays out of it:
 * an import then finds the first one, or none when that is gone.
 */
static bool
publish_bo(struct vn_vtest *vtest, struct vn_vtest_bo *bo)
{
   if (!u_fd_identity(bo->fd, &bo->key, NULL))
      return false;

   bool ok = true;
   pthread_mutex_lock(&vtest->bo_mutex);
   if (!u_hash_table_get(&vtest->bos, bo->key)) {
      ok = u_hash_table_set(&vtest->bos, bo->key, bo);
      bo->in_table = ok;
   }
   pthread_mutex_unlock(&vtest->bo_mutex);
   return ok;
}

VkResult
vn_vtest_bo_create(struct vn_renderer *renderer,
                   uint64_t size,
                   uint64_t memory_id,
                   uint32_t flags,
                   struct vn_renderer_bo **bo_out)
{
   struct vn_vtest *vtest = vn_vtest_from_renderer(renderer);
   VkResult result;

   struct vn_vtest_bo *bo = calloc(1, sizeof(*bo));
   if (!bo)
      return VK_ERROR_OUT_OF_HOST_MEMORY;

   /*
    * Renderers before 1.2 keep the file for a later import only if the blob
    * is CROSS_DEVICE; the server itself makes no difference.
    */
   uint32_t blob_flags = 0;
   if (flags & VN_RENDERER_BO_MAPPABLE)
      blob_flags |= VTEST_BLOB_MAPPABLE;
   if (flags & VN_RENDERER_BO_SHAREABLE)
      blob_flags |= VTEST_BLOB_SHAREABLE | VTEST_BLOB_CROSS_DEVICE;

   assert(memory_id);
   bo->base.kind = VN_RENDERER_BO_OWN;
   bo->base.flags = flags;
   bo->base.size = size;
   /* relaxed: nobody else knows the bo yet */
   atomic_store_explicit(&bo->base.refcount, 1, memory_order_relaxed);
   atomic_store_explicit(&bo->base.proven, true, memory_order_relaxed);
   result = vn_vtest_create_blob(vtest, size, memory_id, blob_flags,
                                 &bo->base.res_id, &bo->fd);
   if (result != VK_SUCCESS)
      goto fail_alloc;

   if ((flags & VN_RENDERER_BO_SHAREABLE) && !publish_bo(vtest, bo)) {
      result = VK_ERROR_OUT_OF_HOST_MEMORY;
      goto fail_blob;
   }

   *bo_out = &bo->base;
   return VK_SUCCESS;

fail_blob:
   u_fd_close(&bo->fd);
   vn_vtest_unref_resource(vtest, bo->base.res_id);
fail_alloc:
   free(bo);
   return result;
}

VkResult
vn_vtest_bo_import_fd(struct vn_renderer *renderer,
                      int fd,
                      struct vn_renderer_bo **bo_out)
{
   struct vn_vtest *vtest = vn_vtest_from_renderer(renderer);

   if (vn_vtest_is_lost(vtest))
      return VK_ERROR_DEVICE_LOST;

   struct u_hash_key key;
   if (!u_fd_identity(fd, &key, NULL)) {
      vn_log(WARN, "vtest: cannot import fd %d: %s", fd, strerror(errno));
      return VK_ERROR_INVALID_EXTERNAL_HANDLE;
   }

   /* under the lock: the last unref takes the bo out of the table first */
   pthread_mutex_lock(&vtest->bo_mutex);
   struct vn_vtest_bo *bo = u_hash_table_get(&vtest->bos, key);
   /* our own number is not the application's to give away: it means one that
    * was closed, and the import would close it again
    */
   if (bo && bo->fd == fd)
      bo = NULL;
   if (bo) {
      vn_vtest_revive(vtest, bo);
      atomic_fetch_add_explicit(&bo->base.refcount, 1, memory_order_relaxed);
   }
   pthread_mutex_unlock(&vtest->bo_mutex);

   if (!bo) {
      vn_log(WARN,
             "vtest: cannot import fd %d: it is not of this connection, or "
             "everything of it was freed long ago; vtest has no way to pass "
             "it on",
             fd);
      return VK_ERROR_INVALID_EXTERNAL_HANDLE;
   }
   *bo_out = &bo->base;
   return VK_SUCCESS;
}

VkResult
vn_vtest_bo_export_fd(struct vn_renderer *renderer,
                      struct vn_renderer_bo *base,
                      int *fd_out)
{
   struct vn_vtest *vtest = vn_vtest_from_renderer(renderer);
   struct vn_vtest_bo *bo = get_bo(base);

   if (vn_vtest_is_lost(vtest))
      return VK_ERROR_DEVICE_LOST;

   assert(base->flags & VN_RENDERER_BO_SHAREABLE);
   const int fd = u_fd_dup_cloexec(bo->fd);
   if (fd < 0)
      return VK_ERROR_TOO_MANY_OBJECTS;

   pthread_mutex_lock(&vtest->bo_mutex);
   bo->exported = true;
   pthread_mutex_unlock(&vtest->bo_mutex);
   *fd_out = fd;
   return VK_SUCCESS;
}

VkResult
vn_vtest_bo_map(struct vn_renderer *renderer,
                struct vn_renderer_bo *base,
                void **map_out)
{
   struct vn_vtest *vtest = vn_vtest_from_renderer(renderer);
   struct vn_vtest_bo *bo = get_bo(base);

   if (vn_vtest_is_lost(vtest))
      return VK_ERROR_DEVICE_LOST;
   if (!(base->flags & VN_RENDERER_BO_MAPPABLE))
      return VK_ERROR_MEMORY_MAP_FAILED;

   pthread_mutex_lock(&vtest->bo_mutex);
   if (!bo->map)
      bo->map = vn_vtest_map_fd(bo->fd, base->size);
   void *map = bo->map;
   pthread_mutex_unlock(&vtest->bo_mutex);

   if (!map)
      return VK_ERROR_MEMORY_MAP_FAILED;
   *map_out = map;
   return VK_SUCCESS;
}

VkResult
vn_vtest_bo_map_placed(struct vn_renderer *renderer,
                       struct vn_renderer_bo *base,
                       uint64_t offset,
                       uint64_t size,
                       void *address)
{
   const struct vn_vtest_bo *bo = get_bo(base);
   uint64_t end;

   if (vn_vtest_is_lost(vn_vtest_from_renderer(renderer)))
      return VK_ERROR_DEVICE_LOST;
   if (!(base->flags & VN_RENDERER_BO_MAPPABLE) ||
       !u_add_u64(offset, size, &end) || end > base->size)
      return VK_ERROR_MEMORY_MAP_FAILED;
   return mmap(address, (size_t)size, PROT_READ | PROT_WRITE,
               MAP_SHARED | MAP_FIXED, bo->fd, (off_t)offset) == MAP_FAILED
             ? VK_ERROR_MEMORY_MAP_FAILED
             : VK_SUCCESS;
}

/* Of the driver's own copy only; the file lives on with other fds of it. */
static void
unmap_bo(struct vn_vtest_bo *bo)
{
   if (bo->map)
      munmap(bo->map, (size_t)bo->base.size);
   bo->map = NULL;
}

static void
destroy_bo(struct vn_vtest *vtest, struct vn_vtest_bo *bo)
{
   unmap_bo(bo);
   u_fd_close(&bo->fd);
   vn_vtest_unref_resource(vtest, bo->base.res_id);
   free(bo);
}

static void
destroy_bos(struct vn_vtest *vtest, struct u_list *bos)
{
   u_list_for_each_safe (struct vn_vtest_bo, bo, bos, link)
      destroy_bo(vtest, bo);
}

void
vn_vtest_bo_unref(struct vn_renderer *renderer, struct vn_renderer_bo *base)
{
   struct vn_vtest *vtest = vn_vtest_from_renderer(renderer);
   struct u_list dropped;

   if (!base || !vn_renderer_bo_unref_early(base))
      return;

   /* perhaps the last one; an import could still make it two */
   struct vn_vtest_bo *bo = get_bo(base);
   u_list_init(&dropped);
   pthread_mutex_lock(&vtest->bo_mutex);
   if (atomic_fetch_sub_explicit(&base->refcount, 1, memory_order_acq_rel) ==
       1) {
      unmap_bo(bo);
      if (bo->in_table && bo->exported && !vn_vtest_is_lost(vtest)) {
         vn_vtest_retire(vtest, bo, &dropped);
      } else {
         if (bo->in_table)
            u_hash_table_remove(&vtest->bos, bo->key);
         u_list_add(&dropped, &bo->link);
      }
   }
   pthread_mutex_unlock(&vtest->bo_mutex);
   destroy_bos(vtest, &dropped);
}

void
vn_vtest_bos_finish(struct vn_vtest *vtest)
{
   struct u_list dropped;

   u_list_init(&dropped);
   pthread_mutex_lock(&vtest->bo_mutex);
   vn_vtest_retired_drop_all(vtest, &dropped);
   pthread_mutex_unlock(&vtest->bo_mutex);
   destroy_bos(vtest, &dropped);
   assert(!vtest->bos.count);
}
