/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Between fuzz_reply.c and the calls that fuzz_commands.py writes.
 */

#ifndef FUZZ_REPLY_H
#define FUZZ_REPLY_H

#include "u_fuzz.h"
#include "vn_protocol.h"

#define FUZZ_MAX_ROOM 8

/* How the caller calls. */
struct fuzz_call {
   uint32_t room;  /* elements of every array that it has, 0: no array */
   uint32_t chain; /* which structs it chains: bit i for i, i + 32, ... */
};

struct fuzz_command {
   uint32_t number; /* sorted by it */
   void (*run)(struct vn_decoder *dec, const struct fuzz_call *call);
};

extern const struct fuzz_command fuzz_commands[];
extern const size_t fuzz_command_count;

/* Memory of exactly this size that lives as long as the input. */
void *fuzz_zeros(size_t count, size_t size);
/* Object i, whose id is i + 1, as a handle. */
uintptr_t fuzz_handle(uint32_t i);

/* Reads all of it; a string up to its NUL, which has to be within. */
void fuzz_look(const void *data, size_t size);
void fuzz_look_string(const char *string, size_t size);

static inline bool
fuzz_wants(const struct fuzz_call *call, uint32_t i)
{
   return call->chain >> i % 32 & 1;
}

#endif /* FUZZ_REPLY_H */
