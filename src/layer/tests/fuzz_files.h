/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Every kind of fd that a guest could get hold of, for fuzz_layer.c.
 */

#ifndef FUZZ_FILES_H
#define FUZZ_FILES_H

#include <stdint.h>

/* A new fd, owned by the caller; -1 where this machine has no such thing. */
int fuzz_file(uint8_t kind, uint64_t size_B);

#endif /* FUZZ_FILES_H */
