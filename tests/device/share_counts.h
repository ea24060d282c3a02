/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What a process of a guest holds of its virtio-gpu device, and what the
 * host's processes hold for it: what has to be the same before and after.
 */

#ifndef SHARE_COUNTS_H
#define SHARE_COUNTS_H

#include <stdbool.h>

#define SHARE_HOST_PROCESSES 8

struct share_counts {
   int fds;     /* all that are open */
   int maps;    /* of the device */
   int handles; /* GEM's, of all open files of the device */

   /* QEMU and what it has started, in the order of the host's list */
   int host_count;
   struct {
      char name[32];
      int fds, maps;
   } host[SHARE_HOST_PROCESSES];
};

/*
 * host_command prints a line "NAME fds N maps N" for each process of the
 * host; NULL: nobody asks about those. False, with a message, if something
 * could not be counted.
 */
bool share_count(struct share_counts *counts, const char *host_command);

/* Prints both; false if there is more afterwards. */
bool share_counts_check(const struct share_counts *before,
                        const struct share_counts *after);

#endif /* SHARE_COUNTS_H */
