/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What libgbm and a backend agree on. libgbm 21.3 and later look for
 * <name>_gbm.so, call its gbmint_get_backend, and from then on reach into the
 * structs below; Debian's libgbm-dev ships no header for them. Their layout
 * is fixed for ever: a later interface only appends. There are two versions,
 * with the same layout:
 *
 *   0  bo_create and surface_create get no usage together with modifiers;
 *      the caller then means to show the buffer
 *   1  they always get it
 *
 * The library reads width, height, format and handle of a bo, and writes its
 * user data, without asking the backend.
 */

#ifndef VG_ABI_H
#define VG_ABI_H

#include <gbm.h>
#include <stddef.h>
#include <stdint.h>

#define VG_ABI_VERSION 1

/* Aligned by itself, which matters where uint64_t is wider than a pointer. */
struct gbm_bo_fields {
   uint32_t width;
   uint32_t height;
   uint32_t stride; /* of plane 0, bytes */
   uint32_t format;
   union gbm_bo_handle handle; /* of plane 0 */
   void *user_data;
   void (*destroy_user_data)(struct gbm_bo *bo, void *data);
};

struct gbm_bo {
   struct gbm_device *gbm;
   struct gbm_bo_fields f;
};

struct gbm_surface {
   struct gbm_device *gbm;
   uint32_t width;
   uint32_t height;
   uint32_t format;
   uint32_t flags;
   uint64_t *modifiers;
   unsigned count;
};

struct gbm_device {
   struct gbm_device *(*tag)(int fd); /* set by the library */
   const void *desc;                  /* set by the library */
   uint32_t version;                  /* as passed to create_device */
   int fd;                            /* lent by the application */
   const char *name;

   void (*destroy)(struct gbm_device *gbm);
   int (*is_format_supported)(struct gbm_device *gbm,
                              uint32_t format,
                              uint32_t usage);
   int (*get_format_modifier_plane_count)(struct gbm_device *gbm,
                                          uint32_t format,
                                          uint64_t modifier);
   struct gbm_bo *(*bo_create)(struct gbm_device *gbm,
                               uint32_t width,
                               uint32_t height,
                               uint32_t format,
                               uint32_t usage,
                               const uint64_t *modifiers,
                               unsigned count);
   struct gbm_bo *(*bo_import)(struct gbm_device *gbm,
                               uint32_t type,
                               void *buffer,
                               uint32_t usage);
   void *(*bo_map)(struct gbm_bo *bo,
                   uint32_t x,
                   uint32_t y,
                   uint32_t width,
                   uint32_t height,
                   uint32_t flags,
                   uint32_t *stride,
                   void **map_data);
   void (*bo_unmap)(struct gbm_bo *bo, void *map_data);
   int (*bo_write)(struct gbm_bo *bo, const void *data, size_t size);
   int (*bo_get_fd)(struct gbm_bo *bo);
   int (*bo_get_planes)(struct gbm_bo *bo);
   union gbm_bo_handle (*bo_get_handle)(struct gbm_bo *bo, int plane);
   int (*bo_get_plane_fd)(struct gbm_bo *bo, int plane);
   uint32_t (*bo_get_stride)(struct gbm_bo *bo, int plane);
   uint32_t (*bo_get_offset)(struct gbm_bo *bo, int plane);
   uint64_t (*bo_get_modifier)(struct gbm_bo *bo);
   void (*bo_destroy)(struct gbm_bo *bo);

   struct gbm_surface *(*surface_create)(struct gbm_device *gbm,
                                         uint32_t width,
                                         uint32_t height,
                                         uint32_t format,
                                         uint32_t flags,
                                         const uint64_t *modifiers,
                                         unsigned count);
   struct gbm_bo *(*surface_lock_front_buffer)(struct gbm_surface *surface);
   void (*surface_release_buffer)(struct gbm_surface *surface,
                                  struct gbm_bo *bo);
   int (*surface_has_free_buffers)(struct gbm_surface *surface);
   void (*surface_destroy)(struct gbm_surface *surface);
};

struct gbm_core {
   uint32_t version;
   uint32_t (*format_canonicalize)(uint32_t format);
};

struct gbm_backend {
   uint32_t version;
   const char *name;
   struct gbm_device *(*create_device)(int fd, uint32_t version);
};

/* The layout of the library, on machines with 64-bit pointers. */
#if UINTPTR_MAX == UINT64_MAX
_Static_assert(offsetof(struct gbm_bo, f.handle) == 24, "libgbm's layout");
_Static_assert(offsetof(struct gbm_bo, f.user_data) == 32, "libgbm's layout");
_Static_assert(sizeof(struct gbm_bo) == 48, "libgbm's layout");
_Static_assert(offsetof(struct gbm_surface, modifiers) == 24,
               "libgbm's layout");
_Static_assert(sizeof(struct gbm_surface) == 40, "libgbm's layout");
_Static_assert(offsetof(struct gbm_device, name) == 24, "libgbm's layout");
_Static_assert(sizeof(struct gbm_device) == 200, "libgbm's layout");
_Static_assert(sizeof(struct gbm_backend) == 24, "libgbm's layout");
#endif

#endif /* VG_ABI_H */
