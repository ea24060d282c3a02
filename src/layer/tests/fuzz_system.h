/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See fuzz_system.c.
 */

#ifndef FUZZ_SYSTEM_H
#define FUZZ_SYSTEM_H

#include <stdbool.h>
#include <stdint.h>

void fuzz_system_start(bool has_udmabuf);
/* What a call that fails says from now on; one of a few. */
void fuzz_system_choose_error(uint8_t which);
/* A new memfd of the test's, owned by the caller; does not fail in turn. */
int fuzz_system_memfd(void);
/* A new fd that looks like a dma-buf, owned by the caller; -1: none. */
int fuzz_system_dma_buf(uint64_t size_B);

#endif /* FUZZ_SYSTEM_H */
