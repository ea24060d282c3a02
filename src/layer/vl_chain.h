/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * pNext chains that the layer must change on their way down. An input chain
 * belongs to the application: it is const, may lie in read-only memory, and
 * may be in use by other threads. So it is never relinked, not even for the
 * length of a call. Instead the part up to the last struct that has to go is
 * copied, and the rest is shared with the application.
 *
 * A struct can be copied only if its size is known. vl_chain.c has the sizes
 * of all structs that may extend the five roots that the layer rewrites. A
 * struct that it does not know, in front of one that has to go, is left out
 * with an error in the log: everything that the venus protocol can carry is
 * known, and an unknown struct behind the last removed one passes untouched.
 *
 * The order of structs in a chain means nothing in Vulkan, so a translated
 * struct is removed here and pushed again in front.
 */

#ifndef VL_CHAIN_H
#define VL_CHAIN_H

#include <stdbool.h>
#include <stdint.h>
#include <vulkan/vulkan.h>

struct vl_chain {
   const void *head; /* what goes into pNext of the root */

   /* private */
   void *allocation; /* owned: copies that did not fit into storage */
   uint64_t storage[64];
};

/* The chain at app without any struct of those types. False when out of host
 * memory; chain then needs no finish. chain must not be moved afterwards.
 */
bool vl_chain_init(struct vl_chain *chain,
                   const void *app,
                   const VkStructureType *removed_types,
                   uint32_t removed_count);
void vl_chain_finish(struct vl_chain *chain);

/* Puts a struct of the caller in front; it must live as long as chain. */
void vl_chain_push(struct vl_chain *chain, void *vulkan_struct);

/* The first struct of that type, or NULL. */
const void *vl_chain_find(const void *chain, VkStructureType type);

/* The same for a chain that is written to. */
static inline void *
vl_chain_find_out(void *chain, VkStructureType type)
{
   return (void *)vl_chain_find(chain, type);
}

#endif /* VL_CHAIN_H */
