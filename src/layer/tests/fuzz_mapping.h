/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See fuzz_mapping.c.
 */

#ifndef FUZZ_MAPPING_H
#define FUZZ_MAPPING_H

/* The alignments that devices have announced so far. */
void fuzz_mapping_forget(void);

#endif /* FUZZ_MAPPING_H */
