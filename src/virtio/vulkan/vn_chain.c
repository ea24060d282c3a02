/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See vn_chain.h. Knows what the generated tables say of structs, nothing
 * else.
 */

#include "vn_chain.h"

#include "vn_object.h"
#include "vn_protocol.h"
#include "vn_struct_size.h"

void *
vn_find_struct(const void *chain, VkStructureType type)
{
   for (const VkBaseInStructure *s = chain; s; s = s->pNext) {
      if (s->sType == type)
         return (void *)s;
   }
   return NULL;
}

void
vn_chain_clear_outputs(const struct vn_protocol_caps *caps, void *chain)
{
   for (VkBaseOutStructure *s = chain; s; s = s->pNext) {
      const size_t size = vn_struct_size(s->sType);
      if (size > sizeof(*s) &&
          (!caps || vn_protocol_caps_has_struct(caps, s->sType)))
         memset(s + 1, 0, size - sizeof(*s));
   }
}

static bool
is_dropped(VkStructureType type, const VkStructureType *drop, uint32_t count)
{
   for (uint32_t i = 0; i < count; i++) {
      if (drop[i] == type)
         return true;
   }
   return false;
}

/* Bytes that the copy of a struct takes, 0 if it is not to be copied. */
static size_t
copy_size(const struct vn_protocol_caps *caps,
          const VkBaseInStructure *s,
          const VkStructureType *drop,
          uint32_t drop_count)
{
   if (is_dropped(s->sType, drop, drop_count) ||
       !vn_protocol_caps_has_struct(caps, s->sType))
      return 0;
   return (vn_struct_size(s->sType) + 7) & ~(size_t)7;
}

VkResult
vn_chain_init(struct vn_chain *chain,
              const VkAllocationCallbacks *alloc,
              const struct vn_protocol_caps *caps,
              const void *next,
              const VkStructureType *drop,
              uint32_t drop_count)
{
   chain->first = NULL;
   chain->heap = NULL;
   chain->alloc = alloc;

   size_t total = 0;
   for (const VkBaseInStructure *s = next; s; s = s->pNext)
      total += copy_size(caps, s, drop, drop_count);

   uint8_t *cur = chain->storage;
   if (total > sizeof(chain->storage)) {
      chain->heap = vn_alloc_scratch(alloc, total);
      if (!chain->heap)
         return VK_ERROR_OUT_OF_HOST_MEMORY;
      cur = chain->heap;
   }

   VkBaseOutStructure **link = &chain->first;
   for (const VkBaseInStructure *s = next; s; s = s->pNext) {
      const size_t size = copy_size(caps, s, drop, drop_count);
      if (!size)
         continue;
      VkBaseOutStructure *copy = (VkBaseOutStructure *)cur;
      memcpy(copy, s, vn_struct_size(s->sType));
      copy->pNext = NULL;
      *link = copy;
      link = &copy->pNext;
      cur += size;
   }

   return VK_SUCCESS;
}

void
vn_chain_finish(struct vn_chain *chain)
{
   vn_free_scratch(chain->alloc, chain->heap);
}

void
vn_chain_prepend(struct vn_chain *chain, void *ext)
{
   VkBaseOutStructure *s = ext;
   s->pNext = chain->first;
   chain->first = s;
}
