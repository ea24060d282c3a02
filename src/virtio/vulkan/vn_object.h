/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What all objects behind Vulkan handles have in common: an id on the wire,
 * memory from the application's allocator, and casts from and to handles.
 */

#ifndef VN_OBJECT_H
#define VN_OBJECT_H

#include "vn_common.h"

struct vn_ring;

/*
 * The head of every dispatchable object, so that a generated entry point can
 * reach the ring from whatever handle it is called on.
 */
struct vn_dispatchable {
   struct vn_object_base base;
   struct vn_ring *ring; /* borrowed from the instance; NULL: no renderer */

   /* Of a device and what belongs to it: what a call on it may hold. Borrowed
    * from the device; see vn_device_caps.h.
    */
   const struct vn_protocol_caps *caps;
};

static inline struct vn_ring *
vn_ring_of(const void *handle)
{
   return ((const struct vn_dispatchable *)handle)->ring;
}

static inline const struct vn_protocol_caps *
vn_caps_of(const void *handle)
{
   return ((const struct vn_dispatchable *)handle)->caps;
}

/* malloc and friends as callbacks: what is used where the application gives
 * none.
 */
extern const VkAllocationCallbacks vn_default_allocator;

/* Gives zeroed memory its identity. */
void vn_object_init(struct vn_object_base *base, VkObjectType type);

/*
 * Zeroed memory with an id and a type, from alloc or, if that is NULL, from
 * parent (never NULL). NULL when out of memory.
 */
void *vn_object_zalloc(const VkAllocationCallbacks *parent,
                       const VkAllocationCallbacks *alloc,
                       size_t size,
                       VkObjectType type,
                       VkSystemAllocationScope scope);
/* NULL is legal. */
void vn_object_free(const VkAllocationCallbacks *parent,
                    const VkAllocationCallbacks *alloc,
                    void *object);

/*
 * For objects that are nothing but an id, and child objects of a device in
 * general (size at least that of struct vn_object_base).
 */
struct vn_object_base *vn_object_create(VkDevice device,
                                        const VkAllocationCallbacks *alloc,
                                        VkObjectType type);
void *vn_device_object_zalloc(VkDevice device,
                              const VkAllocationCallbacks *alloc,
                              size_t size,
                              VkObjectType type);
void vn_object_destroy(VkDevice device,
                       const VkAllocationCallbacks *alloc,
                       void *object);

/* Scratch memory for the length of one call. */
void *vn_alloc_scratch(const VkAllocationCallbacks *alloc, size_t size);
void vn_free_scratch(const VkAllocationCallbacks *alloc, void *memory);

#define VN_DEFINE_HANDLE_CASTS(vn_type, VkType)                              \
   static inline struct vn_type *vn_type##_from_handle(VkType handle)        \
   {                                                                         \
      return (struct vn_type *)(uintptr_t)handle;                            \
   }                                                                         \
   static inline VkType vn_type##_to_handle(const struct vn_type *object)    \
   {                                                                         \
      return (VkType)(uintptr_t)object;                                      \
   }

/* Logs a failing result with its place if VN_DEBUG=result asks for it. */
VkResult vn_result_log(VkResult result, const char *function, int line);

#define vn_result(result) vn_result_log((result), __func__, __LINE__)

#endif /* VN_OBJECT_H */
