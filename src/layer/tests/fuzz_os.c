/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Linux below the layer, with a way to forget the one answer of the kernel
 * that it keeps for the life of a process.
 */

#include "../vl_os_linux.c"

#include "fuzz_os.h"

void
fuzz_os_forget(void)
{
   atomic_store_explicit(&lacks_memfds, false, memory_order_relaxed);
}
