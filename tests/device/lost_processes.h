/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The processes of a test server: the listener that bin/venus-run started,
 * one more for each connection, the render server of each of these, and its
 * workers. Found through /proc, since none of them tells.
 */

#ifndef LOST_PROCESSES_H
#define LOST_PROCESSES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Sends the signal to the server and all of its descendants, or to those that
 * are render servers and workers only. Returns how many got it. */
uint32_t lost_signal(pid_t server, bool workers_only, int signal_number);

/* vkt_count_fds() and vkt_count_shared_mappings() of the server and all of
 * its descendants. */
uint32_t lost_count_server_fds(pid_t server);
uint32_t lost_count_server_mappings(pid_t server, const char *of);

#endif /* LOST_PROCESSES_H */
