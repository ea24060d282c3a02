/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * A virtio-gpu device that says anything, and a libdrm and a clock on top of
 * it, for fuzz_virtgpu.c. What it does is read from a script, a byte per call
 * (enum lie), at whose end it is honest. It keeps the kernel's books:
 * objects, the handles of each open file, sync_files.
 */

#ifndef FUZZ_VIRTGPU_DEVICE_H
#define FUZZ_VIRTGPU_DEVICE_H

#include "u_fuzz.h"

#define FUZZ_NODE "/fuzz/renderD128"

/* fail_at: the allocation of memory or of an fd on this side that fails,
 * counted from 1; 0: none.
 */
void fuzz_device_start(const struct u_fuzz_input *script, uint32_t fail_at);
/* Ends the run if a file of the device is still open. */
void fuzz_device_stop(void);

/* CLOCK_MONOTONIC */
uint64_t fuzz_device_now_ns(void);

/* Whether the last submission was to get a sync_file and got none. */
bool fuzz_device_owes_fence(void);

/* An fd of a buffer of somebody else's, a sync_file of somebody else's; the
 * caller owns them. -1: none left.
 */
int fuzz_device_foreign(uint8_t blob_mem, uint64_t size);
int fuzz_device_foreign_fence(uint8_t how);

/* ---- between its parts ---------------------------------------------------
 */

/* Smaller numbers are honest, and so are those that mean nothing to a call. */
enum lie {
   LIE_ERROR = 8, /* the next byte says which */
   LIE_VALUE,     /* read from the script */
   LIE_NOTHING,   /* 0 or -1 for a handle, id or fd */
   LIE_SAME,      /* as another one */
   LIE_SHORT,
   LIE_LATE,
   LIE_ODD,
   LIE_COUNT,
};

struct u_fuzz_input *fuzz_device_script(void);
/* What the next call does. */
enum lie fuzz_device_lie(void);
/* -1 with an errno from the script. */
int fuzz_device_error(void);
/* A call on this side that fails if it is its turn. */
bool fuzz_device_fails_here(void);

/* What a submission, or somebody else, gives for a sync_file. */
int fuzz_device_fence(enum lie lie);
/* Time passes, and sync_files may signal. */
void fuzz_device_let_time_pass(uint64_t ns);
void fuzz_device_clock_start(void);
void fuzz_device_clock_stop(void);

#endif /* FUZZ_VIRTGPU_DEVICE_H */
