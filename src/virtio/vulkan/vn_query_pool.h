/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 */

#ifndef VN_QUERY_POOL_H
#define VN_QUERY_POOL_H

#include "vn_device.h"

struct vn_query_pool {
   struct vn_object_base base;
   uint32_t count;       /* queries */
   uint32_t value_count; /* of one query, without its availability */

   /*
    * See vn_query_feedback.h: value_count 64-bit values of each query, then
    * a 32-bit word of each that says whether they are there.
    */
   struct vn_feedback_range range;
   _Atomic bool range_incomplete; /* not all that the GPU did is in it */
};

VN_DEFINE_HANDLE_CASTS(vn_query_pool, VkQueryPool)

#endif /* VN_QUERY_POOL_H */
