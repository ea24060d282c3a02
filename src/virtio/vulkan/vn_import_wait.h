/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Submissions that wait for a semaphore with an imported payload: copies of
 * their batches, in which another semaphore stands for it. Everything else
 * passes through untouched, at the cost of a look at each waited semaphore.
 */

#ifndef VN_IMPORT_WAIT_H
#define VN_IMPORT_WAIT_H

#include "vn_queue.h"

/*
 * Each changes *batches_inout, and *heap_out is to be given to
 * vn_import_wait_finish once the batches have been encoded; NULL is legal.
 * Waits until the payloads have signalled. On failure nothing is left to
 * finish.
 */
VkResult vn_import_wait_submit(struct vn_queue *queue,
                               uint32_t count,
                               const VkSubmitInfo **batches_inout,
                               void **heap_out);
VkResult vn_import_wait_submit2(struct vn_queue *queue,
                                uint32_t count,
                                const VkSubmitInfo2 **batches_inout,
                                void **heap_out);
VkResult vn_import_wait_bind_sparse(struct vn_queue *queue,
                                    uint32_t count,
                                    const VkBindSparseInfo **batches_inout,
                                    void **heap_out);
void vn_import_wait_finish(struct vn_queue *queue, void *heap);

#endif /* VN_IMPORT_WAIT_H */
