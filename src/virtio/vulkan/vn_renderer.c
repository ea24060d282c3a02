/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What all transports share: whether a capset is one this driver can work
 * with, and counting references. Sends nothing.
 */

#include "vn_renderer.h"

bool
vn_capset_check(const struct vn_capset *capset, const char **why_out)
{
   if (capset->wire_format_version != 1) {
      *why_out = "its Venus wire format version is not 1";
      return false;
   }
   if (capset->vk_xml_version < VK_API_VERSION_1_1) {
      *why_out = "it decodes less than Vulkan 1.1";
      return false;
   }
   if (!capset->supports_blob_id_0) {
      *why_out = "it cannot make shared memory (blob id 0)";
      return false;
   }
   if (!capset->allow_vk_wait_syncs) {
      *why_out = "it does not allow waits";
      return false;
   }
   if (!capset->supports_multiple_timelines) {
      *why_out = "it has no timelines";
      return false;
   }
   return true;
}

bool
vn_renderer_bo_unref_early(struct vn_renderer_bo *bo)
{
   /* release here and acquire with the last: whoever frees sees all that was
    * done
    */
   uint32_t count = atomic_load_explicit(&bo->refcount, memory_order_relaxed);
   while (count > 1) {
      if (atomic_compare_exchange_weak_explicit(
             &bo->refcount, &count, count - 1, memory_order_release,
             memory_order_relaxed))
         return false;
   }
   return true;
}
