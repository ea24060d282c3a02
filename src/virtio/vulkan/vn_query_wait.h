/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Waiting for the results of queries. The host must never do it: it would
 * stop the ring, and with it what the query may be waiting for.
 */

#ifndef VN_QUERY_WAIT_H
#define VN_QUERY_WAIT_H

#include "vn_device.h"

/*
 * Sleeps until the host can be asked for results without blocking the ring.
 * start_ns is when the caller began to wait, for the watchdog.
 */
VkResult vn_query_prepare_host(struct vn_device *device, uint64_t start_ns);

/*
 * For a result that was not there, `turn` times before. It is taken to come
 * with work that was submitted already; if all that is done, with the next
 * submission. Returns when it is worth to ask again.
 */
VkResult
vn_query_sleep(struct vn_device *device, uint64_t start_ns, uint32_t turn);

#endif /* VN_QUERY_WAIT_H */
