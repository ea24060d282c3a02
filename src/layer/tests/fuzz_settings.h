/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See fuzz_settings.c.
 */

#ifndef FUZZ_SETTINGS_H
#define FUZZ_SETTINGS_H

#include "fuzz_world.h"

/* Nothing is set. */
void fuzz_settings_start(void);
/* The environment and a file, from the input. */
void fuzz_settings_read(struct fuzz_world *w);
/* In front of the chain of an instance: from the input, or what asks for
 * files. Structs of the present operation.
 */
void fuzz_settings_chain(struct fuzz_world *w, const void **head);
void fuzz_settings_chain_file(const void **head);
void fuzz_settings_stop(void);

#endif /* FUZZ_SETTINGS_H */
