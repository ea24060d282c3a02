/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See vn_requirements.h. Sends nothing.
 */

#include "vn_requirements.h"

#include "vn_suballoc.h"

#define MAX_BUFFERS      512
#define MAX_BUFFER_RULES 128
#define MAX_IMAGES       512

void
vn_requirement_caches_init(struct vn_requirement_caches *caches)
{
   const bool off = vn_perf_flags() & VN_PERF_NO_REQUIREMENT_CACHE;

   vn_answer_cache_init(&caches->buffers, sizeof(struct vn_requirements),
                        off ? 0 : MAX_BUFFERS);
   vn_answer_cache_init(&caches->buffer_rules, sizeof(struct vn_buffer_rule),
                        off ? 0 : MAX_BUFFER_RULES);
   vn_answer_cache_init(&caches->images, sizeof(struct vn_requirements),
                        off ? 0 : MAX_IMAGES);
   pthread_mutex_init(&caches->mutex, NULL);
}

void
vn_requirement_caches_finish(struct vn_requirement_caches *caches)
{
   pthread_mutex_destroy(&caches->mutex);
   vn_answer_cache_finish(&caches->images);
   vn_answer_cache_finish(&caches->buffer_rules);
   vn_answer_cache_finish(&caches->buffers);
}

bool
vn_requirement_slot_get(struct vn_requirement_slot *slot,
                        struct vn_requirements *value_out)
{
   /* pairs with the release in vn_requirement_slot_set */
   if (!atomic_load_explicit(&slot->known, memory_order_acquire))
      return false;
   *value_out = slot->value;
   return true;
}

void
vn_requirement_slot_set(struct vn_requirement_caches *caches,
                        struct vn_requirement_slot *slot,
                        const struct vn_requirements *value)
{
   if (vn_perf_flags() & VN_PERF_NO_REQUIREMENT_CACHE)
      return;

   pthread_mutex_lock(&caches->mutex);
   /* relaxed: it is only written under the mutex */
   if (!atomic_load_explicit(&slot->known, memory_order_relaxed)) {
      slot->value = *value;
      atomic_store_explicit(&slot->known, true, memory_order_release);
   }
   pthread_mutex_unlock(&caches->mutex);
}

void
vn_requirement_reply_init(struct vn_requirement_reply *reply)
{
   *reply = (struct vn_requirement_reply){
      .requirements = {
         .sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2,
         .pNext = &reply->dedicated,
      },
      .dedicated = {
         .sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS,
      },
   };
}

bool
vn_requirement_reply_read(struct vn_device *device,
                          const struct vn_requirement_reply *reply,
                          struct vn_requirements *value_out)
{
   const VkMemoryRequirements *memory =
      &reply->requirements.memoryRequirements;

   memset(value_out, 0, sizeof(*value_out));
   value_out->memory = *memory;
   value_out->prefers_dedicated = reply->dedicated.prefersDedicatedAllocation;
   value_out->requires_dedicated =
      reply->dedicated.requiresDedicatedAllocation;
   if (!u_is_pot_u64(memory->alignment))
      return false;
   vn_suballoc_check(device, memory);
   return true;
}

bool
vn_requirements_can_write(const struct vn_device *device,
                          const VkMemoryRequirements2 *out)
{
   /* else a struct of the kind is nothing to write to */
   if (!vn_ext_set_has(&device->usable_extensions,
                       VN_DEVICE_EXT_KHR_dedicated_allocation))
      return !out->pNext;
   for (const VkBaseInStructure *s = out->pNext; s; s = s->pNext) {
      if (s->sType != VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS)
         return false;
   }
   return true;
}

void
vn_requirements_write(const struct vn_requirements *value,
                      VkMemoryRequirements2 *out)
{
   out->memoryRequirements = value->memory;
   for (VkBaseOutStructure *s = out->pNext; s; s = s->pNext) {
      VkMemoryDedicatedRequirements *dedicated = (void *)s;
      dedicated->prefersDedicatedAllocation = value->prefers_dedicated;
      dedicated->requiresDedicatedAllocation = value->requires_dedicated;
   }
}
