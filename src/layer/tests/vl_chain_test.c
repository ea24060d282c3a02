/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Chains are rewritten without touching the original: here it lies in memory
 * that cannot be written.
 */

#include <string.h>
#include <sys/mman.h>

#include "u_test.h"
#include "vl_chain.h"

#define EXTERNAL VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO
#define LIST     VK_STRUCTURE_TYPE_IMAGE_FORMAT_LIST_CREATE_INFO
#define STENCIL  VK_STRUCTURE_TYPE_IMAGE_STENCIL_USAGE_CREATE_INFO
#define UNKNOWN  ((VkStructureType)1999999999)

static bool fail_malloc;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *
__wrap_malloc(size_t size)
{
   return fail_malloc ? NULL : __real_malloc(size);
}

union any {
   VkBaseInStructure base;
   VkExternalMemoryImageCreateInfo external;
   VkImageFormatListCreateInfo list;
   VkImageStencilUsageCreateInfo stencil;
};

/* Structs of those types, linked in that order, in read-only memory. */
static union any *
make_chain(const VkStructureType *types, int count, size_t *size_B)
{
   *size_B = ((size_t)count + 1) * sizeof(union any);
   union any *items = mmap(NULL, *size_B, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
   for (int i = 0; i < count; i++) {
      items[i].base.sType = types[i];
      items[i].base.pNext = i + 1 < count ? &items[i + 1].base : NULL;
      if (types[i] == EXTERNAL)
         items[i].external.handleTypes = 100 + i;
      if (types[i] == STENCIL)
         items[i].stencil.stencilUsage = 100 + i;
      if (types[i] == LIST)
         items[i].list.viewFormatCount = 100 + i;
   }
   mprotect(items, *size_B, PROT_READ);
   return items;
}

static void
check_types(const void *chain, const VkStructureType *types, int count)
{
   const VkBaseInStructure *in = chain;
   for (int i = 0; i < count; i++) {
      if (!U_CHECK(in != NULL))
         return;
      U_CHECK_EQ(in->sType, types[i]);
      in = in->pNext;
   }
   U_CHECK(in == NULL);
}

#define CHECK_TYPES(chain, ...)                                              \
   check_types(                                                              \
      chain, (VkStructureType[]){ __VA_ARGS__ },                             \
      sizeof((VkStructureType[]){ __VA_ARGS__ }) / sizeof(VkStructureType))

static const VkStructureType external_only[] = { EXTERNAL };
static const VkStructureType both[] = { EXTERNAL, LIST };

static void
test_shapes(void)
{
   const VkStructureType types[] = { STENCIL, EXTERNAL, LIST, UNKNOWN };
   size_t size_B;
   union any *app = make_chain(types, 4, &size_B);
   struct vl_chain chain;

   /* in the middle: what follows is shared, even if unknown */
   U_CHECK(vl_chain_init(&chain, app, external_only, 1));
   CHECK_TYPES(chain.head, STENCIL, LIST, UNKNOWN);
   U_CHECK(chain.head != app);
   U_CHECK_EQ(
      ((const VkImageStencilUsageCreateInfo *)chain.head)->stencilUsage, 100);
   U_CHECK(((const VkBaseInStructure *)chain.head)->pNext == &app[2].base);

   VkExternalMemoryImageCreateInfo pushed = { .sType = EXTERNAL };
   vl_chain_push(&chain, &pushed);
   CHECK_TYPES(chain.head, EXTERNAL, STENCIL, LIST, UNKNOWN);
   U_CHECK(vl_chain_find(chain.head, EXTERNAL) == &pushed);
   U_CHECK(vl_chain_find(chain.head, UNKNOWN) == &app[3]);
   vl_chain_finish(&chain);

   /* two, the first one, none, nothing */
   U_CHECK(vl_chain_init(&chain, app, both, 2));
   CHECK_TYPES(chain.head, STENCIL, UNKNOWN);
   vl_chain_finish(&chain);
   U_CHECK(vl_chain_init(&chain, &app[1], both, 2));
   U_CHECK(chain.head == &app[3]);
   vl_chain_finish(&chain);
   U_CHECK(vl_chain_init(&chain, &app[3], both, 2));
   U_CHECK(chain.head == &app[3]);
   vl_chain_finish(&chain);
   U_CHECK(vl_chain_init(&chain, NULL, both, 2));
   U_CHECK(chain.head == NULL);
   vl_chain_finish(&chain);
   U_CHECK(!vl_chain_find(NULL, EXTERNAL));

   munmap(app, size_B);
}

static void
test_last_and_repeated(void)
{
   const VkStructureType types[] = { EXTERNAL, STENCIL, EXTERNAL };
   size_t size_B;
   union any *app = make_chain(types, 3, &size_B);
   struct vl_chain chain;
   U_CHECK(vl_chain_init(&chain, app, external_only, 1));
   CHECK_TYPES(chain.head, STENCIL);
   vl_chain_finish(&chain);
   munmap(app, size_B);
}

static void
test_unknown_in_front(void)
{
   const VkStructureType types[] = { STENCIL, UNKNOWN, EXTERNAL, LIST };
   size_t size_B;
   union any *app = make_chain(types, 4, &size_B);
   struct vl_chain chain;
   U_CHECK(vl_chain_init(&chain, app, external_only, 1));
   CHECK_TYPES(chain.head, STENCIL, LIST);
   vl_chain_finish(&chain);
   munmap(app, size_B);
}

static void
test_long(void)
{
   enum { COUNT = 1000 };
   VkStructureType types[COUNT];
   for (int i = 0; i < COUNT; i++)
      types[i] = i % 2 ? LIST : STENCIL;
   types[COUNT - 1] = EXTERNAL;
   size_t size_B;
   union any *app = make_chain(types, COUNT, &size_B);

   struct vl_chain chain;
   U_CHECK(vl_chain_init(&chain, app, external_only, 1));
   check_types(chain.head, types, COUNT - 1);
   vl_chain_finish(&chain);

   fail_malloc = true;
   const bool made = vl_chain_init(&chain, app, external_only, 1);
   fail_malloc = false;
   U_CHECK(!made);
   munmap(app, size_B);
}

int
main(void)
{
   test_shapes();
   test_last_and_repeated();
   test_unknown_in_front();
   test_long();
   return u_test_result();
}
