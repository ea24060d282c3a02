/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * File descriptors: closing, duplicating, identity, and passing them over a
 * UNIX socket.
 */

#ifndef U_FD_H
#define U_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "u_hash_table.h"

/* Closes *fd if it is open (>= 0) and sets it to -1. Leaves errno alone. */
void u_fd_close(int *fd);

/* A close-on-exec duplicate above the standard streams, or -1 with errno. */
int u_fd_dup_cloexec(int fd);

/* What makes two fds the same file: {st_dev, st_ino}. size_out (optional)
 * receives st_size. False with errno when fd is not open.
 */
bool u_fd_identity(int fd, struct u_hash_key *key, uint64_t *size_out);

#endif /* U_FD_H */
