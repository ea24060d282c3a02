/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Memory requirements of buffers and images: asked of the host once for each
 * object, and once for all objects that are made alike. vn_buffer.c and
 * vn_image.c say what alike means and ask; the answers are kept here.
 */

#ifndef VN_REQUIREMENTS_H
#define VN_REQUIREMENTS_H

#include "vn_answer_cache.h"
#include "vn_object.h"

struct vn_device;

/* As an answer in a cache: no padding but at the end. */
struct vn_requirements {
   VkMemoryRequirements memory;
   VkBool32 prefers_dedicated;
   VkBool32 requires_dedicated;
};

/* For buffers of all sizes; see vn_buffer.c. */
struct vn_buffer_rule {
   struct vn_requirements requirements; /* but for the size */
   VkBool32 rounds_up;                  /* false: there is no rule */
};

/* Of a device. */
struct vn_requirement_caches {
   struct vn_answer_cache buffers;      /* struct vn_requirements */
   struct vn_answer_cache buffer_rules; /* struct vn_buffer_rule */
   struct vn_answer_cache images;       /* struct vn_requirements */
   pthread_mutex_t mutex; /* guards writing to all object slots; leaf */
};

/* Of an object; zeroed is empty. */
struct vn_requirement_slot {
   _Atomic bool known; /* release when value has been written */
   struct vn_requirements value;
};

void vn_requirement_caches_init(struct vn_requirement_caches *caches);
void vn_requirement_caches_finish(struct vn_requirement_caches *caches);

/* While nobody else knows the object. */
static inline void
vn_requirement_slot_init(struct vn_requirement_slot *slot,
                         const struct vn_requirements *value)
{
   slot->value = *value;
   atomic_store_explicit(&slot->known, true, memory_order_relaxed);
}

bool vn_requirement_slot_get(struct vn_requirement_slot *slot,
                             struct vn_requirements *value_out);
void vn_requirement_slot_set(struct vn_requirement_caches *caches,
                             struct vn_requirement_slot *slot,
                             const struct vn_requirements *value);

/* What to ask the host with. */
struct vn_requirement_reply {
   VkMemoryRequirements2 requirements;
   VkMemoryDedicatedRequirements dedicated;
};

void vn_requirement_reply_init(struct vn_requirement_reply *reply);
/* False if the host said nonsense. Not to be called if the question failed. */
bool vn_requirement_reply_read(struct vn_device *device,
                               const struct vn_requirement_reply *reply,
                               struct vn_requirements *value_out);

/* Whether vn_requirements_write can answer with all that is chained. */
bool vn_requirements_can_write(const struct vn_device *device,
                               const VkMemoryRequirements2 *out);
void vn_requirements_write(const struct vn_requirements *value,
                           VkMemoryRequirements2 *out);

#endif /* VN_REQUIREMENTS_H */
