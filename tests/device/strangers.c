/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See strangers.h.
 */

#include "strangers.h"

#include <sys/mman.h>
#include <unistd.h>

#define MAX_STRANGERS 64

static uint8_t *strangers; /* two pages for each */
static size_t page_size;
static uint32_t stranger_count;

void *
vkt_strangers(const VkStructureType *types, uint32_t count)
{
   VkBaseOutStructure *next = NULL;

   for (uint32_t i = count; i-- > 0;) {
      if (!U_CHECK(stranger_count < MAX_STRANGERS))
         return NULL;
      uint8_t *page = strangers + 2 * page_size * stranger_count++;
      VkBaseOutStructure *s =
         (VkBaseOutStructure *)(page + page_size - sizeof(*s));
      *s = (VkBaseOutStructure){ .sType = types[i], .pNext = next };
      next = s;
   }
   return next;
}

bool
vkt_strangers_init(void)
{
   page_size = (size_t)sysconf(_SC_PAGESIZE);
   strangers = mmap(NULL, 2 * page_size * MAX_STRANGERS,
                    PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
   if (strangers == MAP_FAILED)
      return false;
   for (uint32_t i = 0; i < MAX_STRANGERS; i++)
      mprotect(strangers + (2 * i + 1) * page_size, page_size, PROT_NONE);
   return true;
}
