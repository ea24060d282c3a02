/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * pNext chains: looking things up, and a private copy of an application's
 * const chain in which structs can be edited, dropped and added. Structs
 * that the renderer would not get are left out of a copy.
 */

#ifndef VN_CHAIN_H
#define VN_CHAIN_H

#include "vn_common.h"

/* The first struct of the type in the chain, or NULL. */
void *vn_find_struct(const void *chain, VkStructureType type);

/*
 * Zeroes the members of all structs of an output chain that the caps have,
 * counts included: for a query that has no way to say that it failed. Caps
 * of NULL, as physical devices have, have all.
 */
void vn_chain_clear_outputs(const struct vn_protocol_caps *caps, void *chain);

/* On the stack; holds the copies. */
struct vn_chain {
   VkBaseOutStructure *first; /* what to put into pNext; NULL if empty */
   void *heap;                /* owned; NULL while storage suffices */
   const VkAllocationCallbacks *alloc;
   _Alignas(8) uint8_t storage[768];
};

/*
 * Copies what `caps` have of `next`, leaving out the `drop_count` types in
 * `drop`. VK_ERROR_OUT_OF_HOST_MEMORY leaves nothing behind.
 */
VkResult vn_chain_init(struct vn_chain *chain,
                       const VkAllocationCallbacks *alloc,
                       const struct vn_protocol_caps *caps,
                       const void *next,
                       const VkStructureType *drop,
                       uint32_t drop_count);
void vn_chain_finish(struct vn_chain *chain);

/* Puts a struct of the caller's in front. */
void vn_chain_prepend(struct vn_chain *chain, void *ext);

#endif /* VN_CHAIN_H */
