/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Fences and semaphores that leave and enter as sync_files, on a transport
 * that has them. The host need not know the handle type: what leaves is a
 * fence of the transport behind the signal operation, and what enters is
 * waited for in the guest.
 *
 * VkExternalSemaphoreHandleTypeFlagBits, SYNC_FD: copy transference and
 * temporary permanence. So an export also resets, and an import lasts until
 * the next wait (of a fence: until its reset).
 */

#ifndef VN_SYNC_FILE_H
#define VN_SYNC_FILE_H

#include "vn_queue.h"

struct vn_physical_device;

/* Whether this device can have any. */
bool vn_sync_file_is_supported(const struct vn_physical_device *physical);

/*
 * What an import does; a swapchain acquires with it. -1: it has signalled,
 * which works without sync_files as well. The semaphore takes the fd, on
 * success only; the fence waits for the file and leaves the fd to the caller.
 * VkImportSemaphoreFdInfoKHR: external synchronisation is as of a wait.
 */
VkResult vn_sync_file_import_semaphore(struct vn_device *device,
                                       VkSemaphore semaphore,
                                       int fd);
VkResult
vn_sync_file_import_fence(struct vn_device *device, VkFence fence, int fd);

/*
 * The file behind a point that has been submitted, the caller's; -1: it was
 * reached. Only where sync_files are supported.
 */
VkResult vn_sync_file_export_point(struct vn_device *device,
                                   const struct vn_queue_point *point,
                                   int *fd_out);

/* Whether the next wait is for an imported payload. */
bool vn_sync_file_has_import(VkSemaphore semaphore);

/*
 * The wait operation of a submission on such a semaphore, before it is
 * encoded: waits until the payload has signalled. The submission has to wait
 * for *semaphore_inout, which the queue is made to signal, in its place.
 */
VkResult vn_sync_file_wait_op(struct vn_queue *queue,
                              VkSemaphore *semaphore_inout);

#endif /* VN_SYNC_FILE_H */
