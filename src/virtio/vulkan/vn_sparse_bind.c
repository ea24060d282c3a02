/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See vn_sparse_bind.h. Arrays of arrays in one allocation: the same walk is
 * done twice, first to add up sizes, then to copy. What is not a bind
 * (semaphores, chains) stays the application's.
 */

#include "vn_sparse_bind.h"

struct copier {
   uint8_t *cur; /* NULL: only adding up */
   size_t size;  /* bytes so far; every array starts 8-aligned */
   bool has_piece;
};

static void *
copy_array(struct copier *copier,
           const void *array,
           size_t count,
           size_t element_size)
{
   const size_t size = (count * element_size + 7) & ~(size_t)7;
   void *copy = NULL;

   copier->size += size;
   if (copier->cur) {
      copy = copier->cur;
      copier->cur += size;
      if (count)
         memcpy(copy, array, count * element_size);
   }
   return copy;
}

#define DEFINE_COPY_BINDS(name, type)                                        \
   static type *name(struct copier *copier, const type *binds,               \
                     uint32_t count)                                         \
   {                                                                         \
      type *copy = copy_array(copier, binds, count, sizeof(*binds));         \
      for (uint32_t i = 0; i < count; i++) {                                 \
         copier->has_piece |= vn_suballoc_is_piece(binds[i].memory);         \
         if (copy)                                                           \
            vn_suballoc_translate(&copy[i].memory, &copy[i].memoryOffset);   \
      }                                                                      \
      return copy;                                                           \
   }

DEFINE_COPY_BINDS(copy_memory_binds, VkSparseMemoryBind)
DEFINE_COPY_BINDS(copy_image_binds, VkSparseImageMemoryBind)

#define DEFINE_COPY_INFOS(name, type, copy_binds)                            \
   static type *name(struct copier *copier, const type *infos,               \
                     uint32_t count)                                         \
   {                                                                         \
      type *copy = copy_array(copier, infos, count, sizeof(*infos));         \
      for (uint32_t i = 0; i < count; i++) {                                 \
         void *binds =                                                       \
            copy_binds(copier, infos[i].pBinds, infos[i].bindCount);         \
         if (copy)                                                           \
            copy[i].pBinds = binds;                                          \
      }                                                                      \
      return copy;                                                           \
   }

DEFINE_COPY_INFOS(copy_buffers,
                  VkSparseBufferMemoryBindInfo,
                  copy_memory_binds)
DEFINE_COPY_INFOS(copy_opaques,
                  VkSparseImageOpaqueMemoryBindInfo,
                  copy_memory_binds)
DEFINE_COPY_INFOS(copy_images, VkSparseImageMemoryBindInfo, copy_image_binds)

static VkBindSparseInfo *
copy_infos(struct copier *copier,
           const VkBindSparseInfo *infos,
           uint32_t count)
{
   VkBindSparseInfo *copy = copy_array(copier, infos, count, sizeof(*infos));
   for (uint32_t i = 0; i < count; i++) {
      const VkBindSparseInfo *info = &infos[i];
      void *buffers =
         copy_buffers(copier, info->pBufferBinds, info->bufferBindCount);
      void *opaques = copy_opaques(copier, info->pImageOpaqueBinds,
                                   info->imageOpaqueBindCount);
      void *images =
         copy_images(copier, info->pImageBinds, info->imageBindCount);
      if (copy) {
         copy[i].pBufferBinds = buffers;
         copy[i].pImageOpaqueBinds = opaques;
         copy[i].pImageBinds = images;
      }
   }
   return copy;
}

VkResult
vn_sparse_bind_translate(struct vn_device *device,
                         uint32_t count,
                         const VkBindSparseInfo *infos,
                         const VkBindSparseInfo **infos_out)
{
   struct copier copier = { 0 };
   copy_infos(&copier, infos, count);
   if (!copier.has_piece) {
      *infos_out = infos;
      return VK_SUCCESS;
   }

   copier.cur = vn_alloc_scratch(&device->alloc, copier.size);
   if (!copier.cur)
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   *infos_out = copy_infos(&copier, infos, count);
   return VK_SUCCESS;
}

void
vn_sparse_bind_finish(struct vn_device *device,
                      const VkBindSparseInfo *infos,
                      const VkBindSparseInfo *translated)
{
   if (translated != infos)
      vn_free_scratch(&device->alloc, (void *)translated);
}
