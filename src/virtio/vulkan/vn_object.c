/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Ids and memory of objects. Sends nothing.
 */

#include "vn_object.h"

#include <stddef.h>

#include "vn_device.h"

/* 0 means VK_NULL_HANDLE on the wire. One counter serves all contexts of the
 * process: ids only have to be unique within each.
 */
static _Atomic uint64_t next_id = 1;

static VKAPI_ATTR void *VKAPI_CALL
default_alloc(void *data,
              size_t size,
              size_t alignment,
              VkSystemAllocationScope scope)
{
   void *memory;
   /* what malloc aligns to by itself, and in a third of the instructions */
   if (alignment <= _Alignof(max_align_t))
      return malloc(size);
   return posix_memalign(&memory, alignment, size) ? NULL : memory;
}

static VKAPI_ATTR void *VKAPI_CALL
default_realloc(void *data,
                void *original,
                size_t size,
                size_t alignment,
                VkSystemAllocationScope scope)
{
   /* the driver never reallocates through the callbacks */
   return NULL;
}

static VKAPI_ATTR void VKAPI_CALL
default_free(void *data, void *memory)
{
   free(memory);
}

const VkAllocationCallbacks vn_default_allocator = {
   .pfnAllocation = default_alloc,
   .pfnReallocation = default_realloc,
   .pfnFree = default_free,
};

void
vn_object_init(struct vn_object_base *base, VkObjectType type)
{
   set_loader_magic_value(base);
   /* relaxed: only uniqueness matters */
   base->id = atomic_fetch_add_explicit(&next_id, 1, memory_order_relaxed);
   base->type = type;
}

void *
vn_object_zalloc(const VkAllocationCallbacks *parent,
                 const VkAllocationCallbacks *alloc,
                 size_t size,
                 VkObjectType type,
                 VkSystemAllocationScope scope)
{
   if (!alloc)
      alloc = parent;

   struct vn_object_base *base =
      alloc->pfnAllocation(alloc->pUserData, size, 8, scope);
   if (!base)
      return NULL;

   memset(base, 0, size);
   vn_object_init(base, type);
   return base;
}

void
vn_object_free(const VkAllocationCallbacks *parent,
               const VkAllocationCallbacks *alloc,
               void *object)
{
   if (!object)
      return;
   if (!alloc)
      alloc = parent;
   alloc->pfnFree(alloc->pUserData, object);
}

void *
vn_device_object_zalloc(VkDevice device,
                        const VkAllocationCallbacks *alloc,
                        size_t size,
                        VkObjectType type)
{
   return vn_object_zalloc(&vn_device_from_handle(device)->alloc, alloc, size,
                           type, VK_SYSTEM_ALLOCATION_SCOPE_OBJECT);
}

struct vn_object_base *
vn_object_create(VkDevice device,
                 const VkAllocationCallbacks *alloc,
                 VkObjectType type)
{
   return vn_device_object_zalloc(device, alloc,
                                  sizeof(struct vn_object_base), type);
}

void
vn_object_destroy(VkDevice device,
                  const VkAllocationCallbacks *alloc,
                  void *object)
{
   vn_object_free(&vn_device_from_handle(device)->alloc, alloc, object);
}

void *
vn_alloc_scratch(const VkAllocationCallbacks *alloc, size_t size)
{
   return alloc->pfnAllocation(alloc->pUserData, size, 8,
                               VK_SYSTEM_ALLOCATION_SCOPE_COMMAND);
}

void
vn_free_scratch(const VkAllocationCallbacks *alloc, void *memory)
{
   if (memory)
      alloc->pfnFree(alloc->pUserData, memory);
}

VkResult
vn_result_log(VkResult result, const char *function, int line)
{
   if (result < VK_SUCCESS && vn_debug_flags() & VN_DEBUG_RESULT)
      vn_log(ERROR, "%s:%d: VkResult %d", function, line, (int)result);
   return result;
}
