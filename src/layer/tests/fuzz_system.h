/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See fuzz_system.c.
 */

#ifndef FUZZ_SYSTEM_H
#define FUZZ_SYSTEM_H

#include <stdbool.h>

/* Whether there is something like /dev/udmabuf. */
void fuzz_system_start(bool has_udmabuf);

#endif /* FUZZ_SYSTEM_H */
