/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See fuzz_world.h.
 */

#include "fuzz_world.h"

#include <fcntl.h>

enum { MAX_STRUCTS = 64 };

/* Of the present operation: each an allocation of exactly its size. */
static void *structs[MAX_STRUCTS];
static uint32_t struct_count;

void *
fuzz_make(size_t size)
{
   U_FUZZ_CHECK(struct_count < MAX_STRUCTS);
   return structs[struct_count++] = u_fuzz_zeros(1, size);
}

void *
fuzz_chain(const void **head, size_t size, VkStructureType type)
{
   VkBaseOutStructure *out = fuzz_make(size);
   out->sType = type;
   out->pNext = (VkBaseOutStructure *)*head;
   *head = out;
   return out;
}

void
fuzz_free_structs(void)
{
   while (struct_count)
      free(structs[--struct_count]);
}

uint64_t
fuzz_read_size(struct fuzz_world *w)
{
   const uint8_t how = U8(w);
   switch (how % 10) {
   case 0:
      return 4096;
   case 1:
      return UINT64_C(4096) * U8(w);
   case 2:
      return 70000;
   case 3:
      return U32(w) % 0x100000;
   case 4:
      return (uint64_t)U32(w) << 12;
   case 5:
      return U64(w);
   case 6:
      return UINT64_MAX - U8(w);
   case 7:
      return INT64_MAX + (uint64_t)U8(w) - 2;
   case 8:
      return 0;
   default:
      return 65536;
   }
}

VkExternalMemoryHandleTypeFlags
fuzz_read_types(struct fuzz_world *w)
{
   static const VkExternalMemoryHandleTypeFlags some[] = {
      DMA_BUF,         OPAQUE_FD, DMA_BUF | OPAQUE_FD,
      HOST_ALLOCATION, 0,         DMA_BUF | HOST_ALLOCATION,
   };
   const uint8_t how = U8(w) % 8;
   return how < 6 ? some[how] : U32(w);
}

VkFormat
fuzz_read_format(struct fuzz_world *w)
{
   static const VkFormat some[] = {
      VK_FORMAT_B8G8R8A8_UNORM,
      VK_FORMAT_R8G8B8A8_UNORM,
      VK_FORMAT_G8_B8R8_2PLANE_420_UNORM,
      VK_FORMAT_G8_B8_R8_3PLANE_420_UNORM,
      VK_FORMAT_D32_SFLOAT,
      VK_FORMAT_UNDEFINED,
   };
   const uint8_t how = U8(w) % 8;
   return how < 6 ? some[how] : (VkFormat)U32(w);
}

bool
fuzz_is_open(int fd)
{
   return fcntl(fd, F_GETFD) >= 0;
}

int
fuzz_read_fd(struct fuzz_world *w, int **slot_out)
{
   static const int odd[] = { -1, U_FUZZ_CLOSED_FD, INT32_MIN, INT32_MAX };
   const uint8_t how = U8(w);
   *slot_out = NULL;
   if (how & 0x80)
      return odd[how % 4];
   *slot_out = &w->fds[how % FUZZ_SLOTS];
   return **slot_out;
}
