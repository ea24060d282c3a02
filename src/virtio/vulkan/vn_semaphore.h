/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 */

#ifndef VN_SEMAPHORE_H
#define VN_SEMAPHORE_H

#include "vn_queue.h"

/* A value that a submission will signal, and the point that says it did. */
struct vn_semaphore_signal {
   uint64_t value;
   struct vn_queue_point point;
};

struct vn_semaphore {
   struct vn_object_base base;
   VkSemaphoreType type;

   /*
    * Timeline only; guarded by device->submit_mutex. known is a lower bound
    * of the counter, and reached the point that raised it to its value, if a
    * submission did. The host has been seen at observed. pending has the
    * submissions not known to have finished, in the order in which they were
    * made.
    */
   uint64_t known;
   uint64_t observed;
   struct vn_queue_point reached;
   uint32_t pending_count;
   uint32_t pending_capacity;
   struct vn_semaphore_signal *pending; /* owned, malloc'ed */

   /*
    * Binary only, see vn_sync_file.h; guarded by device->submit_mutex.
    * signal is the operation that has been submitted and not waited for, if
    * the semaphore can be exported. has_import also has its external
    * synchronisation: the application's, as every wait has.
    */
   bool exportable;
   bool has_import;
   int import_fd; /* owned; -1: none, or one that has signalled */
   struct vn_queue_point signal;
   VkSemaphore carrier; /* owned; made at the first import */
};

VN_DEFINE_HANDLE_CASTS(vn_semaphore, VkSemaphore)

/* Whether a submission has to note that it signals the semaphore. */
static inline bool
vn_semaphore_is_tracked(const struct vn_semaphore *semaphore)
{
   return semaphore->type == VK_SEMAPHORE_TYPE_TIMELINE ||
          semaphore->exportable;
}

/* With device->submit_mutex held. False: out of memory. */
bool vn_semaphore_add_pending(struct vn_semaphore *semaphore,
                              uint64_t value,
                              const struct vn_queue_point *point);

#endif /* VN_SEMAPHORE_H */
