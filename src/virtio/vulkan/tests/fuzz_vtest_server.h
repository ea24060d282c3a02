/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * A vtest server for fuzz_vtest.c: no thread, no path, no clock. It lies
 * between the client's code and libc (--wrap, see meson.build): connect()
 * leads to it, it acts whenever the client sends, receives or polls, and
 * time passes only where the client would have slept.
 */

#ifndef FUZZ_VTEST_SERVER_H
#define FUZZ_VTEST_SERVER_H

#include "u_fuzz.h"

/* How it behaves is read from `script`; at its end it hangs up. */
void fuzz_server_start(const struct u_fuzz_input *script);
void fuzz_server_stop(void);

/* CLOCK_MONOTONIC of the client */
uint64_t fuzz_server_now_ns(void);

#endif /* FUZZ_VTEST_SERVER_H */
