/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * A hash table from a 128-bit key, {a, b}, to a non-NULL pointer: wide enough
 * for an object id ({id, 0}) and for a file's identity ({st_dev, st_ino}).
 * Not locked; the owner says which lock guards it. Owns neither what it
 * points to.
 */

#ifndef U_HASH_TABLE_H
#define U_HASH_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct u_hash_key {
   uint64_t a;
   uint64_t b;
};

struct u_hash_entry {
   struct u_hash_key key;
   void *value; /* NULL: free */
};

/* All zeroes is an empty table. */
struct u_hash_table {
   struct u_hash_entry *entries; /* owned */
   size_t capacity;              /* 0 or a power of two */
   size_t count;
};

void u_hash_table_finish(struct u_hash_table *table);

void *u_hash_table_get(const struct u_hash_table *table,
                       struct u_hash_key key);

/* Adds or replaces. False when out of memory; the table is then unchanged. */
bool u_hash_table_set(struct u_hash_table *table,
                      struct u_hash_key key,
                      void *value);

/* Returns what was removed, or NULL. */
void *u_hash_table_remove(struct u_hash_table *table, struct u_hash_key key);

#endif /* U_HASH_TABLE_H */
