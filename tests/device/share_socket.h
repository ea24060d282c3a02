/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Messages with file descriptors between two test processes, over a
 * SOCK_SEQPACKET pair. Print nothing.
 */

#ifndef SHARE_SOCKET_H
#define SHARE_SOCKET_H

#include <stdbool.h>
#include <stddef.h>

#define SHARE_MAX_FDS 2

/* The fds stay the caller's. */
bool share_send(int sock,
                const void *data,
                size_t size_B,
                const int *fds,
                unsigned fd_count);

/*
 * Exactly size_B bytes; *fd_count says how many fds there may be, and then
 * how many came, which are the caller's. False, and no fd, for anything else.
 */
bool share_receive(int sock,
                   void *data,
                   size_t size_B,
                   int *fds,
                   unsigned *fd_count);

#endif /* SHARE_SOCKET_H */
