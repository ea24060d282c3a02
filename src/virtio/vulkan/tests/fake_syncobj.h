/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The syncobjs of a DRM device that exists only in this process: linked in
 * libdrm's place. Both ends of a connection are in the process, so that the
 * other side finds a timeline by the fd that it was sent. Each call can be
 * made to fail.
 */

#ifndef FAKE_SYNCOBJ_H
#define FAKE_SYNCOBJ_H

#include <stdbool.h>
#include <stdint.h>

struct vn_instance;

/* An instance on the device, or on a transport without one. */
struct vn_instance *fake_syncobj_instance(bool has_device);

/* The device forgets the failure, and has timelines or not. */
void fake_syncobj_reset(bool has_timelines);
/* The n-th call from now (1: the next) fails; 0: none. */
void fake_syncobj_fail(uint32_t n);
/* Whether it has. */
bool fake_syncobj_has_failed(void);
/* Handles that are open. */
uint32_t fake_syncobj_count(void);

/* The other side's; false: the fd is no timeline. */
bool fake_syncobj_is_timeline(int fd);
bool fake_syncobj_has_signalled(int fd, uint64_t point);
void fake_syncobj_signal(int fd, uint64_t point);

#endif /* FAKE_SYNCOBJ_H */
