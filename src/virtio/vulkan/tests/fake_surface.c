/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What the platforms take from vn_surface.c, for their unit tests: surfaces
 * without an instance.
 */

#include "vn_wsi.h"

void *
vn_surface_zalloc(struct vn_instance *instance,
                  const VkAllocationCallbacks *alloc,
                  size_t size,
                  const struct vn_surface_ops *ops,
                  const char *platform)
{
   struct vn_surface *surface = calloc(1, size);
   if (surface) {
      surface->instance = instance;
      surface->ops = ops;
      pthread_mutex_init(&surface->present_mutex, NULL);
      surface->platform = platform;
   }
   return surface;
}

void
vn_surface_free(struct vn_surface *surface,
                const VkAllocationCallbacks *alloc)
{
   pthread_mutex_destroy(&surface->present_mutex);
   free(surface);
}
