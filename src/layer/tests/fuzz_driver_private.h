/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What the parts of the driver of fuzz_driver.h share: its objects, what it
 * is like, and how a part says which commands it has.
 */

#ifndef FUZZ_DRIVER_PRIVATE_H
#define FUZZ_DRIVER_PRIVATE_H

#include "fuzz_driver.h"

#define HOST_ALLOCATION VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT
#define DMA_BUF         VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT

extern struct fuzz_driver_config fuzz_config;

/* ---- objects ------------------------------------------------------------- */

enum fuzz_kind {
   FUZZ_KIND_INSTANCE,
   FUZZ_KIND_DEVICE,
   FUZZ_KIND_MEMORY,
   FUZZ_KIND_BUFFER,
   FUZZ_KIND_IMAGE,
   FUZZ_KIND_POOL,
   FUZZ_KIND_FENCE,
};

/* What a handle points to. The first member is the loader's in dispatchable
 * ones: all of a device share one value.
 */
struct fuzz_object {
   void *dispatch_key;
   enum fuzz_kind kind;
   struct fuzz_object *owner; /* the device; NULL for instances and devices */
   struct fuzz_object *next;  /* of the device's objects */
   struct fuzz_object *children; /* of a device or an instance */

   uint64_t size_B;           /* memory, buffer */
   uint8_t *pointer;          /* memory that was imported */
   struct fuzz_object *bound; /* of a buffer or an image: its memory */
   uint64_t offset_B;         /* of an image, there */
   VkImageCreateInfo image;   /* without pNext */
   VkImageTiling tiling;
};

struct fuzz_object *fuzz_object_create(enum fuzz_kind kind,
                                       struct fuzz_object *owner);
/* And all that it owns. NULL is nothing. */
void fuzz_object_destroy(struct fuzz_object *object);
struct fuzz_object *fuzz_object_of(const void *handle, enum fuzz_kind kind);

#define OBJECT(handle, kind)                                                 \
   fuzz_object_of((const void *)(uintptr_t)(handle), kind)

#define MAY_FAIL(result)                                                     \
   do {                                                                      \
      if (fuzz_driver_fails())                                               \
         return result;                                                      \
   } while (0)

const void *fuzz_find(const void *chain, VkStructureType type);

/* The bytes of an image, without gaps. */
uint64_t fuzz_image_size(const VkImageCreateInfo *info);

/* Dispatchable, and nothing but a key. */
struct fuzz_dispatchable {
   void *dispatch_key;
};

/* ---- entry points ---------------------------------------------------------
 */

struct fuzz_entry {
   const char *name;
   PFN_vkVoidFunction function;
};

#define ENTRY(name, function)                                                \
   {                                                                         \
      "vk" #name, (PFN_vkVoidFunction)function                               \
   }

#define LOOK_UP(entries, name)                                               \
   fuzz_look_up(entries, sizeof(entries) / sizeof((entries)[0]), name)

PFN_vkVoidFunction fuzz_look_up(const struct fuzz_entry *entries,
                                size_t count,
                                const char *name);

/* A command of a part, or NULL. */
PFN_vkVoidFunction fuzz_physical_command(const char *name);
PFN_vkVoidFunction fuzz_memory_command(const char *name);
PFN_vkVoidFunction fuzz_resource_command(const char *name);
PFN_vkVoidFunction fuzz_queue_command(const char *name);

#endif /* FUZZ_DRIVER_PRIVATE_H */
