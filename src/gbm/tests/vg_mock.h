/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * In place of libdrm and of Vulkan: handles are numbers in a table over
 * memfds, one handle per file as in the kernel, and a GPU with one tiled and
 * one linear modifier.
 */

#ifndef VG_MOCK_H
#define VG_MOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "vg_abi.h"

#define MOCK_TILED 0x0700000000000001ull /* two memory planes */

/* The device of the tests; the library's part is played here. */
struct gbm_device *mock_open(uint32_t version);
void mock_close(struct gbm_device *gbm);

enum mock_call {
   MOCK_FD_TO_HANDLE,
   MOCK_HANDLE_TO_FD,
   MOCK_CREATE_DUMB,
   MOCK_GPU_CREATE,
   MOCK_GPU_ALLOCATE,
   MOCK_CALL_COUNT,
};

/* From now on the nth call (1: the next) of the kind fails with err, once. */
void mock_fail(enum mock_call call, unsigned nth, int err);

/* The usage with which the seam was asked last. */
uint32_t mock_last_usage(void);

unsigned mock_open_handles(void);
unsigned mock_open_fds(void); /* of the whole process */

/* A file as somebody else's DMA-BUF; the caller closes it. */
int mock_foreign(uint64_t size_B);

#endif /* VG_MOCK_H */
