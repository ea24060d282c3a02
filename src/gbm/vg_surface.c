/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Rings of buffers (vg_surface.h). The first buffer is made at once, so that
 * a surface that cannot work is refused; the others when they are needed.
 */

#include "vg_surface.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vg_log.h"

/* One on the screen, one on its way there, one being drawn, one spare. */
#define BUFFER_COUNT 4

struct vg_surface {
   struct gbm_surface base; /* first; modifiers is owned */
   struct {
      struct gbm_bo *bo; /* owned; NULL: not made yet */
      bool locked;
      uint64_t released; /* when, counted in releases */
   } buffers[BUFFER_COUNT];
   uint64_t releases;
};

static struct vg_surface *
vg_surface(struct gbm_surface *surface)
{
   return (struct vg_surface *)surface;
}

static bool
make_buffer(struct vg_surface *surface, unsigned i)
{
   const struct gbm_surface *s = &surface->base;

   surface->buffers[i].bo =
      vg_bo_create(s->gbm, s->width, s->height, s->format, s->flags,
                   s->modifiers, s->count);
   return surface->buffers[i].bo;
}

struct gbm_surface *
vg_surface_create(struct gbm_device *gbm,
                  uint32_t width,
                  uint32_t height,
                  uint32_t format,
                  uint32_t flags,
                  const uint64_t *modifiers,
                  unsigned count)
{
   struct vg_surface *surface = calloc(1, sizeof(*surface));

   if (!surface)
      goto no_memory;
   surface->base = (struct gbm_surface){
      .gbm = gbm,
      .width = width,
      .height = height,
      .format = format,
      .flags = flags,
      .count = count,
   };
   if (count) {
      surface->base.modifiers = calloc(count, sizeof(*modifiers));
      if (!surface->base.modifiers)
         goto no_memory;
      memcpy(surface->base.modifiers, modifiers, count * sizeof(*modifiers));
   }
   if (!make_buffer(surface, 0))
      goto fail;
   return &surface->base;

no_memory:
   errno = ENOMEM;
fail:
   if (surface)
      vg_surface_destroy(&surface->base);
   return NULL;
}

void
vg_surface_destroy(struct gbm_surface *base)
{
   struct vg_surface *surface = vg_surface(base);
   const int saved_errno = errno;

   for (unsigned i = 0; i < BUFFER_COUNT; i++) {
      if (surface->buffers[i].bo)
         vg_bo_destroy_with_user_data(surface->buffers[i].bo);
   }
   free(surface->base.modifiers);
   free(surface);
   errno = saved_errno;
}

struct gbm_bo *
vg_surface_lock_front_buffer(struct gbm_surface *base)
{
   struct vg_surface *surface = vg_surface(base);
   unsigned best = BUFFER_COUNT;

   for (unsigned i = 0; i < BUFFER_COUNT; i++) {
      if (surface->buffers[i].locked)
         continue;
      /* One that was never made counts as released at the very start. */
      if (best == BUFFER_COUNT ||
          surface->buffers[i].released < surface->buffers[best].released)
         best = i;
   }
   if (best == BUFFER_COUNT) {
      errno = EBUSY;
      return NULL;
   }
   if (!surface->buffers[best].bo && !make_buffer(surface, best))
      return NULL;
   surface->buffers[best].locked = true;
   return surface->buffers[best].bo;
}

void
vg_surface_release_buffer(struct gbm_surface *base, struct gbm_bo *bo)
{
   struct vg_surface *surface = vg_surface(base);

   for (unsigned i = 0; i < BUFFER_COUNT; i++) {
      if (surface->buffers[i].bo == bo && surface->buffers[i].locked) {
         surface->buffers[i].locked = false;
         surface->buffers[i].released = ++surface->releases;
         return;
      }
   }
   vg_log_warn("gbm_surface_release_buffer: not a locked buffer of this "
               "surface");
}

int
vg_surface_has_free_buffers(struct gbm_surface *base)
{
   for (unsigned i = 0; i < BUFFER_COUNT; i++) {
      if (!vg_surface(base)->buffers[i].locked)
         return 1;
   }
   return 0;
}
