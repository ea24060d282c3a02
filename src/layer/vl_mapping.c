/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Owns every shared mapping of the process. Talks to vl_os only; knows no
 * Vulkan object. Must never believe a size that the kernel has not said.
 */

#include "vl_mapping.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "u_fd.h"
#include "u_hash_table.h"
#include "u_overflow.h"
#include "vl_log.h"
#include "vl_os.h"

struct vl_mapping_private {
   struct vl_mapping base; /* first, so one is the other */

   /* all guarded by the table's lock */
   uint32_t refcount;
   /* Owned, what is exported: the file, or the dma-buf over it once that has
    * been made. -1 for an import that nobody may export. The mapping itself
    * keeps the file and so its identity in use, with or without an fd.
    */
   int fd;
   bool may_have_dma_buf;     /* false: fd is shared as it is */
   bool has_dma_key;          /* dma_key leads here, too */
   struct u_hash_key key;     /* identity of the file that is mapped */
   struct u_hash_key dma_key; /* identity of the dma-buf over it */
};

static struct {
   pthread_mutex_t lock;
   struct u_hash_table by_identity; /* -> struct vl_mapping_private */
   uint32_t count;
   uint64_t alignment_B; /* the largest that a device has announced, or 0 */
} table = { .lock = PTHREAD_MUTEX_INITIALIZER };

static struct vl_mapping_private *
private_of(struct vl_mapping *mapping)
{
   return (struct vl_mapping_private *)mapping;
}

static struct vl_mapping_private *
alloc_mapping(void)
{
   struct vl_mapping_private *priv = calloc(1, sizeof(*priv));
   if (priv) {
      priv->refcount = 1;
      priv->fd = -1;
   }
   return priv;
}

/* The destructor of a mapping that is in no table any more, or never was. */
static void
free_mapping(struct vl_mapping_private *priv)
{
   if (priv->base.pointer)
      vl_os_unmap(priv->base.pointer, priv->base.size_B);
   u_fd_close(&priv->fd);
   free(priv);
}

/* vkAllocateMemory has no result for "no fd left". */
static VkResult
result_of_errno(int error)
{
   switch (error) {
   case EMFILE:
   case ENFILE:
   case ENOMEM:
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   default:
      return VK_ERROR_OUT_OF_DEVICE_MEMORY;
   }
}

void
vl_mapping_prepare(uint64_t alignment_B)
{
   pthread_mutex_lock(&table.lock);
   if (alignment_B > table.alignment_B)
      table.alignment_B = alignment_B;
   pthread_mutex_unlock(&table.lock);
}

VkResult
vl_mapping_create(uint64_t size_B,
                  uint64_t alignment_B,
                  struct vl_mapping **mapping_out)
{
   pthread_mutex_lock(&table.lock);
   if (table.alignment_B > alignment_B) {
      alignment_B = table.alignment_B;
      if (!u_align_u64(size_B, alignment_B, &size_B))
         size_B = UINT64_MAX; /* which nobody has */
   }
   pthread_mutex_unlock(&table.lock);

   VkResult result = VK_ERROR_OUT_OF_HOST_MEMORY;
   struct vl_mapping_private *priv = alloc_mapping();
   if (!priv)
      return result;

   priv->fd = vl_os_create(size_B);
   if (priv->fd < 0) {
      result = result_of_errno(errno);
      vl_log_error("no %llu bytes to share: %s", (unsigned long long)size_B,
                   strerror(errno));
      goto fail;
   }
   priv->fd = vl_os_park_fd(priv->fd);

   struct vl_os_file file;
   if (!vl_os_inspect(priv->fd, &file)) {
      result = result_of_errno(errno);
      goto fail;
   }

   priv->base.pointer = vl_os_map(priv->fd, size_B, alignment_B);
   if (!priv->base.pointer) {
      result = result_of_errno(errno);
      vl_log_error("no room to map %llu bytes: %s",
                   (unsigned long long)size_B, strerror(errno));
      goto fail;
   }
   priv->base.size_B = size_B;
   priv->key = file.key;
   priv->may_have_dma_buf = true;

   pthread_mutex_lock(&table.lock);
   const bool added = u_hash_table_set(&table.by_identity, priv->key, priv);
   table.count += added;
   pthread_mutex_unlock(&table.lock);
   if (!added) {
      result = VK_ERROR_OUT_OF_HOST_MEMORY;
      goto fail;
   }

   *mapping_out = &priv->base;
   return VK_SUCCESS;

fail:
   free_mapping(priv);
   return result;
}

/* Called locked: the mapping of a file that is not in the table yet. */
static VkResult
import_new(int fd,
           const struct vl_os_file *file,
           uint64_t alignment_B,
           struct vl_mapping_private **priv_out)
{
   VkResult result = VK_ERROR_INVALID_EXTERNAL_HANDLE;
   struct vl_mapping_private *priv = alloc_mapping();
   if (!priv)
      return VK_ERROR_OUT_OF_HOST_MEMORY;

   if (table.alignment_B > alignment_B)
      alignment_B = table.alignment_B;

   /* The last page of a file may be used up to its end. */
   uint64_t size_B;
   if (!u_align_u64(file->size_B, vl_os_page_size(), &size_B))
      goto fail;

   priv->base.pointer = vl_os_map(fd, size_B, alignment_B);
   if (!priv->base.pointer) {
      vl_log_error("fd of %llu bytes cannot be mapped: %s",
                   (unsigned long long)file->size_B, strerror(errno));
      if (errno == ENOMEM)
         result = VK_ERROR_OUT_OF_HOST_MEMORY;
      goto fail;
   }
   priv->base.size_B = size_B;
   priv->key = file->key;

   if (!u_hash_table_set(&table.by_identity, priv->key, priv)) {
      result = VK_ERROR_OUT_OF_HOST_MEMORY;
      goto fail;
   }
   table.count++;

   *priv_out = priv;
   return VK_SUCCESS;

fail:
   free_mapping(priv);
   return result;
}

VkResult
vl_mapping_import(int fd,
                  uint64_t size_B,
                  uint64_t alignment_B,
                  struct vl_mapping **mapping_out)
{
   struct vl_os_file file;
   if (!vl_os_inspect(fd, &file)) {
      vl_log_error("fd %d is not shareable memory: %s", fd, strerror(errno));
      return VK_ERROR_INVALID_EXTERNAL_HANDLE;
   }
   if (!file.size_B || !u_is_pot_u64(alignment_B))
      return VK_ERROR_INVALID_EXTERNAL_HANDLE;
   /* Shrunk behind our back it would kill this process at the next touch. */
   if (!file.is_sealed && vl_os_has_seals()) {
      vl_log_error("fd %d cannot be sealed against shrinking", fd);
      return VK_ERROR_INVALID_EXTERNAL_HANDLE;
   }

   VkResult result = VK_SUCCESS;
   pthread_mutex_lock(&table.lock);

   struct vl_mapping_private *priv =
      u_hash_table_get(&table.by_identity, file.key);
   if (priv)
      priv->refcount++;
   else
      result = import_new(fd, &file, alignment_B, &priv);

   pthread_mutex_unlock(&table.lock);
   if (result != VK_SUCCESS)
      return result;

   /* A file that has grown since it was mapped is not mapped again: there
    * would be two truths. One that was cut in the meantime (it had no seals)
    * is not handed out beyond its new end.
    */
   uint64_t usable_B;
   if (!u_align_u64(file.size_B, vl_os_page_size(), &usable_B) ||
       usable_B > priv->base.size_B)
      usable_B = priv->base.size_B;
   if (size_B > usable_B ||
       ((uintptr_t)priv->base.pointer & (alignment_B - 1))) {
      vl_log_error("fd %d: %llu bytes at alignment %llu wanted, %llu there",
                   fd, (unsigned long long)size_B,
                   (unsigned long long)alignment_B,
                   (unsigned long long)usable_B);
      vl_mapping_unref(&priv->base);
      return VK_ERROR_INVALID_EXTERNAL_HANDLE;
   }

   *mapping_out = &priv->base;
   return VK_SUCCESS;
}

struct vl_mapping *
vl_mapping_ref(struct vl_mapping *mapping)
{
   pthread_mutex_lock(&table.lock);
   private_of(mapping)->refcount++;
   pthread_mutex_unlock(&table.lock);
   return mapping;
}

void
vl_mapping_unref(struct vl_mapping *mapping)
{
   if (!mapping)
      return;
   struct vl_mapping_private *priv = private_of(mapping);

   pthread_mutex_lock(&table.lock);
   const bool is_last = --priv->refcount == 0;
   if (is_last) {
      u_hash_table_remove(&table.by_identity, priv->key);
      if (priv->has_dma_key)
         u_hash_table_remove(&table.by_identity, priv->dma_key);
      if (--table.count == 0)
         u_hash_table_finish(&table.by_identity);
   }
   pthread_mutex_unlock(&table.lock);

   if (is_last)
      free_mapping(priv);
}

VkResult
vl_mapping_keep_fd(struct vl_mapping *mapping, int fd)
{
   struct vl_mapping_private *priv = private_of(mapping);
   VkResult result = VK_SUCCESS;

   pthread_mutex_lock(&table.lock);
   if (priv->fd < 0) {
      priv->fd = vl_os_park_fd(u_fd_dup_cloexec(fd));
      if (priv->fd < 0)
         result = result_of_errno(errno);
   }
   pthread_mutex_unlock(&table.lock);
   return result;
}

/* Called locked. On success fd is a dma-buf whose identity leads here, and
 * the file lives on in it and in the mapping.
 */
static void
try_dma_buf(struct vl_mapping_private *priv)
{
   if (!priv->may_have_dma_buf)
      return;
   priv->may_have_dma_buf = false;

   int fd = vl_os_create_dma_buf(priv->fd, priv->base.size_B);
   if (fd < 0)
      return;

   struct vl_os_file file;
   if (!vl_os_inspect(fd, &file) ||
       !u_hash_table_set(&table.by_identity, file.key, priv)) {
      u_fd_close(&fd);
      return;
   }
   u_fd_close(&priv->fd);
   priv->fd = vl_os_park_fd(fd);
   priv->dma_key = file.key;
   priv->has_dma_key = true;
}

VkResult
vl_mapping_export(struct vl_mapping *mapping, int *fd_out)
{
   struct vl_mapping_private *priv = private_of(mapping);
   VkResult result = VK_SUCCESS;
   int fd = -1;

   pthread_mutex_lock(&table.lock);
   if (priv->fd < 0) {
      vl_log_error("memory was imported, and not for export");
      result = VK_ERROR_INVALID_EXTERNAL_HANDLE;
   } else {
      try_dma_buf(priv);
      fd = u_fd_dup_cloexec(priv->fd);
      if (fd < 0)
         result = errno == EMFILE || errno == ENFILE
                     ? VK_ERROR_TOO_MANY_OBJECTS
                     : VK_ERROR_OUT_OF_HOST_MEMORY;
   }
   pthread_mutex_unlock(&table.lock);

   if (result == VK_SUCCESS)
      *fd_out = fd;
   return result;
}

uint32_t
vl_mapping_count(void)
{
   pthread_mutex_lock(&table.lock);
   const uint32_t count = table.count;
   pthread_mutex_unlock(&table.lock);
   return count;
}
