/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What the operations of fuzz_layer.c work on: an instance on the driver of
 * fuzz_driver.h, devices, objects and fds, and the input that says what to
 * do. Also the structs of an operation, and values that are odd more often
 * than not.
 */

#ifndef FUZZ_WORLD_H
#define FUZZ_WORLD_H

#include "fuzz_driver.h"
#include "vl_entrypoints.h"

#define DMA_BUF         VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT
#define OPAQUE_FD       VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT
#define HOST_ALLOCATION VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT

enum { FUZZ_DEVICES = 2, FUZZ_SLOTS = 8 };

struct fuzz_memory {
   VkDeviceMemory handle;
   uint32_t device;
};

struct fuzz_buffer {
   VkBuffer handle;
   uint32_t device;
};

struct fuzz_image {
   VkImage handle;
   uint32_t device;
   bool has_modifier;
};

struct fuzz_world {
   struct u_fuzz_input in;
   VkInstance instance;
   VkPhysicalDevice physical;
   VkDevice devices[FUZZ_DEVICES];
   struct fuzz_memory memories[FUZZ_SLOTS];
   struct fuzz_buffer buffers[FUZZ_SLOTS];
   struct fuzz_image images[FUZZ_SLOTS];
   int fds[FUZZ_SLOTS]; /* owned, or -1 */
};

#define U8(w)  u_fuzz_u8(&(w)->in)
#define U32(w) u_fuzz_u32(&(w)->in)
#define U64(w) u_fuzz_u64(&(w)->in)

/* As the renderer does: a command that the device does not have is not
 * called.
 */
#define PROC(world, device, name)                                            \
   ((PFN_vk##name)vl_GetDeviceProcAddr((world)->devices[device], "v"         \
                                                                 "k" #name))

/* Of the present operation: an allocation of exactly its size. */
void *fuzz_make(size_t size);
/* The same, in front of the chain. */
void *fuzz_chain(const void **head, size_t size, VkStructureType type);

#define CHAIN(head, type, stype)                                             \
   ((type *)fuzz_chain(head, sizeof(type), VK_STRUCTURE_TYPE_##stype))

void fuzz_free_structs(void);

uint64_t fuzz_read_size(struct fuzz_world *w);
VkExternalMemoryHandleTypeFlags fuzz_read_types(struct fuzz_world *w);
VkFormat fuzz_read_format(struct fuzz_world *w);
/* Of an fd slot, or none of ours. */
int fuzz_read_fd(struct fuzz_world *w, int **slot_out);

bool fuzz_is_open(int fd);

#endif /* FUZZ_WORLD_H */
