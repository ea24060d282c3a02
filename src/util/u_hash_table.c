/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Open addressing with linear probing. Removal shifts the rest of the run
 * back instead of leaving tombstones, so a table that lives as long as a
 * process does not decay.
 */

#include "u_hash_table.h"

#include <assert.h>
#include <stdlib.h>

#define MIN_CAPACITY 16

static size_t
home_of(const struct u_hash_table *table, struct u_hash_key key)
{
   /* the finaliser of splitmix64, once per half */
   uint64_t x = key.a * UINT64_C(0x9e3779b97f4a7c15) ^ key.b;
   x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
   x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
   x ^= x >> 31;
   return (size_t)x & (table->capacity - 1);
}

/* The entry with that key, or the free one where it would go. */
static struct u_hash_entry *
find(const struct u_hash_table *table, struct u_hash_key key)
{
   size_t i = home_of(table, key);
   while (table->entries[i].value && (table->entries[i].key.a != key.a ||
                                      table->entries[i].key.b != key.b))
      i = (i + 1) & (table->capacity - 1);
   return &table->entries[i];
}

static bool
grow(struct u_hash_table *table)
{
   struct u_hash_table bigger = {
      .capacity = table->capacity ? table->capacity * 2 : MIN_CAPACITY,
      .count = table->count,
   };
   bigger.entries = calloc(bigger.capacity, sizeof(*bigger.entries));
   if (!bigger.entries)
      return false;

   for (size_t i = 0; i < table->capacity; i++) {
      const struct u_hash_entry *entry = &table->entries[i];
      if (entry->value)
         *find(&bigger, entry->key) = *entry;
   }

   free(table->entries);
   *table = bigger;
   return true;
}

void
u_hash_table_finish(struct u_hash_table *table)
{
   free(table->entries);
   *table = (struct u_hash_table){ 0 };
}

void *
u_hash_table_get(const struct u_hash_table *table, struct u_hash_key key)
{
   return table->capacity ? find(table, key)->value : NULL;
}

bool
u_hash_table_set(struct u_hash_table *table,
                 struct u_hash_key key,
                 void *value)
{
   assert(value);

   /* at most three quarters full, so every probe ends at a free entry */
   if (table->count + 1 > table->capacity / 4 * 3 && !grow(table))
      return false;

   struct u_hash_entry *entry = find(table, key);
   if (!entry->value)
      table->count++;
   *entry = (struct u_hash_entry){ .key = key, .value = value };
   return true;
}

void *
u_hash_table_remove(struct u_hash_table *table, struct u_hash_key key)
{
   if (!table->capacity)
      return NULL;

   struct u_hash_entry *entry = find(table, key);
   void *removed = entry->value;
   if (!removed)
      return NULL;

   const size_t mask = table->capacity - 1;
   size_t hole = entry - table->entries;
   for (size_t i = (hole + 1) & mask; table->entries[i].value;
        i = (i + 1) & mask) {
      /* an entry may fill the hole unless its home lies behind the hole */
      const size_t home = home_of(table, table->entries[i].key);
      if (((i - home) & mask) >= ((i - hole) & mask)) {
         table->entries[hole] = table->entries[i];
         hole = i;
      }
   }
   table->entries[hole].value = NULL;
   table->count--;
   return removed;
}
