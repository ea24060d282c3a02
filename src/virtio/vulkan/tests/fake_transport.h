/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * A transport without a socket: the fake renderer in the same process, over
 * the very same memory, so that sanitizers see both sides of the ring. Has
 * no buffer objects. Memory that the driver gives back is freed at once,
 * unless the connection is lost: the renderer may still use it then.
 */

#ifndef FAKE_TRANSPORT_H
#define FAKE_TRANSPORT_H

#include "fake_renderer.h"
#include "vn_renderer.h"

struct vn_renderer *fake_transport_create(void);
struct fake_renderer *fake_transport_peer(struct vn_renderer *renderer);

/* After n more allocations of shared memory, none succeeds. */
void fake_transport_fail_shmem_after(struct vn_renderer *renderer, int n);
/* Submissions of the driver so far. */
uint32_t fake_transport_submit_count(struct vn_renderer *renderer);

#endif /* FAKE_TRANSPORT_H */
