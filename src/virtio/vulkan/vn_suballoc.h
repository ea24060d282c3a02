/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Small mappable allocations as pieces of large ones. A resource of the
 * transport costs the host an export, a file and a mapping on both sides; a
 * piece of one that is there already costs nothing but bookkeeping here, and
 * the renderer never hears of it.
 *
 * The renderer knows the block, under the block's own id, so whatever sends
 * a VkDeviceMemory sends that of the block, and an offset with the piece's
 * added: vn_suballoc_translate.
 */

#ifndef VN_SUBALLOC_H
#define VN_SUBALLOC_H

#include "vn_device_memory.h"

void vn_suballoc_init(struct vn_device *device);
/* Frees what is left of the blocks, before the renderer's device goes. */
void vn_suballoc_finish(struct vn_device *device);

/*
 * Makes memory a piece of a block if it may be one. False: it has to be
 * allocated by itself, for whatever reason.
 */
bool vn_suballoc_alloc(struct vn_device *device,
                       struct vn_device_memory *memory,
                       const VkMemoryAllocateInfo *info);
/*
 * Gives the piece back. It may be handed out again at once: Vulkan wants the
 * device to be done with memory that is freed, and what is still on its way
 * to the renderer (binds) is executed before anything that comes later.
 */
void vn_suballoc_free(struct vn_device *device,
                      struct vn_device_memory *memory);

/*
 * To be told of every requirement that the host states. One that pieces of
 * blocks would not meet ends suballocation on this device.
 */
void vn_suballoc_check(struct vn_device *device,
                       const VkMemoryRequirements *requirements);

static inline bool
vn_suballoc_is_piece(VkDeviceMemory memory)
{
   return memory && vn_device_memory_from_handle(memory)->piece.block;
}

/* What the renderer calls the memory, and the offset in that. */
static inline void
vn_suballoc_translate(VkDeviceMemory *memory, VkDeviceSize *offset)
{
   if (!vn_suballoc_is_piece(*memory))
      return;
   const struct vn_device_memory *piece =
      vn_device_memory_from_handle(*memory);
   *memory = vn_device_memory_to_handle(piece->piece.block->backing);
   *offset += piece->piece.offset;
}

#endif /* VN_SUBALLOC_H */
