/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Structs to chain of which nothing but sType and pNext is there: the page
 * ends behind them, so that a driver which reads, copies, sends or writes any
 * more of one ends the program.
 */

#ifndef STRANGERS_H
#define STRANGERS_H

#include "vk_fixture.h"

/* To be called once, before the first chain. */
bool vkt_strangers_init(void);

/* A chain of structs of the types. It stays. */
void *vkt_strangers(const VkStructureType *types, uint32_t count);

#define VKT_STRANGERS(...)                                                   \
   vkt_strangers((const VkStructureType[]){ __VA_ARGS__ },                   \
                 VKT_ARRAY_SIZE(((const VkStructureType[]){ __VA_ARGS__ })))

#endif /* STRANGERS_H */
