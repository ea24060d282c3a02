/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See fuzz_os.c.
 */

#ifndef FUZZ_OS_H
#define FUZZ_OS_H

/* That the kernel has no memfds. */
void fuzz_os_forget(void);

#endif /* FUZZ_OS_H */
