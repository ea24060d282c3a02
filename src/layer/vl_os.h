/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The one place that knows the operating system: how anonymous shareable
 * memory is made, what may be done with an fd from somebody else, and how it
 * is mapped. vl_os.c is what every POSIX system does alike; vl_os_linux.c
 * (memfd, seals, udmabuf) or vl_os_posix.c (an unlinked file) is the rest.
 * Knows nothing of Vulkan, keeps no state but the choice of a backing and
 * answers that never change, and takes ownership of an fd only in
 * vl_os_park_fd().
 */

#ifndef VL_OS_H
#define VL_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "u_hash_table.h"

/* What an fd from somebody else turned out to be. */
struct vl_os_file {
   struct u_hash_key key; /* {st_dev, st_ino}: what makes it the same memory */
   uint64_t size_B;       /* as the kernel says, read after sealing */
   bool is_sealed;        /* can no longer shrink below size_B */
   bool is_dma_buf;
};

/* What shared memory is made of; a process has one answer (vl_settings.h). */
enum vl_os_backing {
   VL_OS_BACKING_AUTO,    /* a dma-buf over a memfd if there can be one */
   VL_OS_BACKING_UDMABUF, /* the same, but says so when there cannot */
   VL_OS_BACKING_MEMFD,
   VL_OS_BACKING_FILE, /* without a name, the only one that POSIX has */
};

/* For memory that is made from now on. Systems without memfds have files. */
void vl_os_choose_backing(enum vl_os_backing backing);
enum vl_os_backing vl_os_chosen_backing(void);

uint64_t vl_os_page_size(void);

/* New zero-filled memory of size_B bytes, a non-zero multiple of the page
 * size, that cannot shrink where the system can promise that. Returns an fd
 * (close-on-exec, readable and writable) that the caller owns, or -1 with
 * errno.
 */
int vl_os_create(uint64_t size_B);

/* Whether the memory that is made here is sealed, so that memory from others
 * can be expected to be. Where it is not (no memfds, or VL_OS_BACKING_FILE),
 * honest memory looks like a trap, and has to be trusted.
 */
bool vl_os_has_seals(void);

/* Looks at an fd and, where possible, forbids shrinking. False with errno if
 * it is not memory: regular files (so memfds and POSIX shared memory) and
 * dma-bufs are. Everything else could share its inode with unrelated things.
 */
bool vl_os_inspect(int fd, struct vl_os_file *file);

/* A real dma-buf over the memory of vl_os_create(), owned by the caller, or
 * -1 with errno when there are none here. The caller falls back to fd itself.
 */
int vl_os_create_dma_buf(int fd, uint64_t size_B);

/* Maps size_B bytes of fd, shared, readable and writable, at an address that
 * is a multiple of alignment_B (a power of two). NULL with errno on failure.
 */
void *vl_os_map(int fd, uint64_t size_B, uint64_t alignment_B);
void vl_os_unmap(void *pointer, uint64_t size_B);

/* Lifts this process's limit on fds to what it may be lifted to. Each piece
 * of memory that may be exported needs one for as long as it lives, and the
 * usual limit of 1024 dates from select(), which nothing here uses.
 */
void vl_os_raise_fd_limit(void);

/* Takes ownership of an fd that will be kept for long, and returns what it is
 * called from now on: a number that select() cannot name, where the limit has
 * room for that. So the fds of the layer leave the process its low numbers.
 * Never fails: without room the number stays.
 */
int vl_os_park_fd(int fd);

/* Puts the C library's math functions where code that looks symbols up by
 * name finds them, for the rest of the process. Software Vulkan drivers
 * compile shaders to calls of them, and LLVM looks for the callees among the
 * symbols of the process: in one that is not linked with libm, such as the
 * stock renderer's worker, it finds nothing for acosh() and the compiled
 * shader calls NULL. Does nothing where they are in the C library itself;
 * failing to find libm leaves things as they are.
 */
void vl_os_expose_math(void);

/* For the files behind this interface: the portable backing, a file without
 * a name.
 */
int vl_os_create_unlinked_file(uint64_t size_B);

#endif /* VL_OS_H */
