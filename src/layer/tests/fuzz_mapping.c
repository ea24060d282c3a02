/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The table of mappings with a way to forget the one thing that it keeps for
 * the life of a process, so that no input depends on those before it.
 */

#include "../vl_mapping.c"

#include "fuzz_mapping.h"

void
fuzz_mapping_forget(void)
{
   pthread_mutex_lock(&table.lock);
   table.alignment_B = 0;
   pthread_mutex_unlock(&table.lock);
}
