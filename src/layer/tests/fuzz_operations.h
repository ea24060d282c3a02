/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What a guest can do, each read from the input: fuzz_memory.c,
 * fuzz_resource.c, fuzz_query.c, fuzz_sparse.c, fuzz_door.c, fuzz_device.c
 * and fuzz_barrier.c.
 */

#ifndef FUZZ_OPERATIONS_H
#define FUZZ_OPERATIONS_H

#include "fuzz_world.h"

void fuzz_allocate(struct fuzz_world *w);
void fuzz_free_memory(struct fuzz_world *w, struct fuzz_memory *memory);
void fuzz_get_fd(struct fuzz_world *w);
void fuzz_get_fd_properties(struct fuzz_world *w);

void fuzz_make_file(struct fuzz_world *w);
void fuzz_change_file(struct fuzz_world *w);

void fuzz_create_buffer(struct fuzz_world *w);
void fuzz_query_buffer(struct fuzz_world *w);
void fuzz_destroy_buffer(struct fuzz_world *w, struct fuzz_buffer *buffer);
void fuzz_create_image(struct fuzz_world *w);
void fuzz_query_image(struct fuzz_world *w);
void fuzz_destroy_image(struct fuzz_world *w, struct fuzz_image *image);

void fuzz_query_formats(struct fuzz_world *w);
void fuzz_query_image_formats(struct fuzz_world *w);
void fuzz_query_device(struct fuzz_world *w);
/* which and how, by bits of what */
void fuzz_query_sparse(struct fuzz_world *w, uint8_t what);
void fuzz_ask_loader(struct fuzz_world *w, uint8_t what);

/* Not of the extensions whose bits are set in what. */
void fuzz_create_device(struct fuzz_world *w, uint32_t index, uint8_t what);
void fuzz_destroy_device(struct fuzz_world *w, uint32_t index);
void fuzz_record_barrier(struct fuzz_world *w, uint8_t what);

#endif /* FUZZ_OPERATIONS_H */
