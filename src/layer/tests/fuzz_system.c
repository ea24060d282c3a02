/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Calls between the layer and the system that fail when it is their turn
 * (--wrap), and something that stands for /dev/udmabuf.
 */

#include "fuzz_system.h"

#include <errno.h>

#include "fuzz_driver.h"
#include "fuzz_files.h"
#include "u_fd.h"
#include "u_hash_table.h"
#include "vl_os.h"

int __real_vl_os_create(uint64_t size_B);
int __wrap_vl_os_create(uint64_t size_B);
void *__real_vl_os_map(int fd, uint64_t size_B, uint64_t alignment_B);
void *__wrap_vl_os_map(int fd, uint64_t size_B, uint64_t alignment_B);
int __real_u_fd_dup_cloexec(int fd);
int __wrap_u_fd_dup_cloexec(int fd);
bool __real_u_hash_table_set(struct u_hash_table *table,
                             struct u_hash_key key,
                             void *value);
bool __wrap_u_hash_table_set(struct u_hash_table *table,
                             struct u_hash_key key,
                             void *value);
int __wrap_vl_os_create_dma_buf(int fd, uint64_t size_B);

static bool has_udmabuf;

int
__wrap_vl_os_create(uint64_t size_B)
{
   if (!fuzz_driver_fails())
      return __real_vl_os_create(size_B);
   errno = ENOMEM;
   return -1;
}

void *
__wrap_vl_os_map(int fd, uint64_t size_B, uint64_t alignment_B)
{
   if (!fuzz_driver_fails())
      return __real_vl_os_map(fd, size_B, alignment_B);
   errno = ENOMEM;
   return NULL;
}

int
__wrap_u_fd_dup_cloexec(int fd)
{
   if (!fuzz_driver_fails())
      return __real_u_fd_dup_cloexec(fd);
   errno = EMFILE;
   return -1;
}

bool
__wrap_u_hash_table_set(struct u_hash_table *table,
                        struct u_hash_key key,
                        void *value)
{
   return !fuzz_driver_fails() && __real_u_hash_table_set(table, key, value);
}

/* Stands for a dma-buf: another file, of which the layer must know that it
 * is the same memory.
 */
int
__wrap_vl_os_create_dma_buf(int fd, uint64_t size_B)
{
   errno = ENODEV;
   return has_udmabuf && !fuzz_driver_fails() ? fuzz_file(0, size_B) : -1;
}

void
fuzz_system_start(bool has)
{
   has_udmabuf = has;
}
