/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The road with a copy, for hosts and guests that can share nothing, and as
 * what the others are measured against. Done as well as it can be: the main
 * thread draws a frame while a second one copies the last into a dumb buffer
 * and brings it to the screen.
 *
 * A slot is drawn into, then full, then copied, then empty again. The lock
 * guards the states; the images and fences of an empty slot are the main
 * thread's, of a full one the copier's. Vulkan's queue is the main thread's,
 * and the screen the copier's.
 */

#include "tri.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <xf86drm.h>

struct slot {
   struct tri_image image;
   struct tri_target target;
   bool full;
};

struct dumb {
   uint32_t handle;
   uint32_t stride_B;
   uint64_t size_B;
   uint8_t *map;
   uint32_t fb;
};

struct copy {
   struct tri_run *run;
   struct slot slots[TRI_BUFFERS];
   struct dumb dumbs[TRI_BUFFERS];
   pthread_mutex_t lock;
   pthread_cond_t changed; /* a slot's state, or one of the two below */
   bool no_more;           /* the main thread draws no further frame */
   bool failed;            /* the copier's */
};

static bool
make_dumb(struct copy *copy, struct dumb *dumb)
{
   struct tri_kms *kms = copy->run->kms;
   uint64_t offset;

   if (drmModeCreateDumbBuffer(kms->fd, kms->width, kms->height,
                               8 * TRI_PIXEL_BYTES, 0, &dumb->handle,
                               &dumb->stride_B, &dumb->size_B))
      return tri_errno("drmModeCreateDumbBuffer");
   if (drmModeMapDumbBuffer(kms->fd, dumb->handle, &offset))
      return tri_errno("drmModeMapDumbBuffer");
   void *map = mmap(NULL, dumb->size_B, PROT_READ | PROT_WRITE, MAP_SHARED,
                    kms->fd, (off_t)offset);
   if (map == MAP_FAILED)
      return tri_errno("mmap of a dumb buffer");
   dumb->map = map;
   const struct tri_fb_info info = {
      .handle = dumb->handle,
      .stride_B = dumb->stride_B,
   };
   return tri_kms_add_fb(kms, &info, &dumb->fb);
}

static bool
make_all(struct copy *copy)
{
   const struct tri_kms *kms = copy->run->kms;

   for (uint32_t i = 0; i < TRI_BUFFERS; i++) {
      struct slot *slot = &copy->slots[i];

      if (!tri_image_init_mapped(&slot->image, copy->run->vk, kms->width,
                                 kms->height) ||
          !tri_target_init(&slot->target, copy->run->draw, &slot->image,
                           false) ||
          !make_dumb(copy, &copy->dumbs[i]))
         return false;
   }
   return true;
}

static void
destroy_all(struct copy *copy)
{
   struct tri_kms *kms = copy->run->kms;

   for (uint32_t i = 0; i < TRI_BUFFERS; i++) {
      struct dumb *dumb = &copy->dumbs[i];

      tri_kms_remove_fb(kms, dumb->fb);
      if (dumb->map)
         munmap(dumb->map, dumb->size_B);
      if (dumb->handle)
         drmModeDestroyDumbBuffer(kms->fd, dumb->handle);
      tri_target_finish(&copy->slots[i].target);
      tri_image_finish(&copy->slots[i].image);
   }
}

static void
copy_picture(struct copy *copy,
             const struct tri_image *image,
             uint8_t *to,
             uint32_t stride_B)
{
   const uint32_t row_B = image->width * TRI_PIXEL_BYTES;
   const uint8_t *from = image->map + image->layout.offset;

   for (uint32_t y = 0; y < image->height; y++) {
      memcpy(to + (uint64_t)y * stride_B, from + y * image->layout.rowPitch,
             row_B);
   }
   copy->run->copied_B += (uint64_t)row_B * image->height;
}

/* Waits until the slot is full, or no frame will come any more. */
static bool
wait_full(struct copy *copy, const struct slot *slot)
{
   pthread_mutex_lock(&copy->lock);
   while (!slot->full && !copy->no_more)
      pthread_cond_wait(&copy->changed, &copy->lock);
   const bool full = slot->full;
   pthread_mutex_unlock(&copy->lock);
   return full;
}

static void *
copier(void *data)
{
   struct copy *copy = data;
   struct tri_run *run = copy->run;
   bool ok = true;

   for (uint32_t i = 0; ok; i++) {
      struct slot *slot = &copy->slots[i % TRI_BUFFERS];
      struct dumb *dumb = &copy->dumbs[i % TRI_BUFFERS];

      if (!wait_full(copy, slot))
         break;
      ok = tri_target_wait(&slot->target);
      if (ok)
         copy_picture(copy, &slot->image, dumb->map, dumb->stride_B);
      pthread_mutex_lock(&copy->lock);
      slot->full = false;
      copy->failed = !ok;
      pthread_cond_signal(&copy->changed);
      pthread_mutex_unlock(&copy->lock);
      if (ok) {
         ok = tri_kms_show(run->kms, dumb->fb);
         run->shown += ok;
      }
   }
   pthread_mutex_lock(&copy->lock);
   copy->failed = !ok;
   pthread_cond_signal(&copy->changed);
   pthread_mutex_unlock(&copy->lock);
   return NULL;
}

/* Waits until the slot is empty. False if the copier has given up. */
static bool
wait_empty(struct copy *copy, const struct slot *slot)
{
   pthread_mutex_lock(&copy->lock);
   while (slot->full && !copy->failed)
      pthread_cond_wait(&copy->changed, &copy->lock);
   const bool ok = !copy->failed;
   pthread_mutex_unlock(&copy->lock);
   return ok;
}

static bool
draw_frames(struct copy *copy)
{
   struct tri_run *run = copy->run;
   bool ok = true;

   for (uint32_t i = 0; i < run->frames && ok && !*run->stop; i++) {
      struct slot *slot = &copy->slots[i % TRI_BUFFERS];

      ok = wait_empty(copy, slot) &&
           tri_target_submit(&slot->target, tri_angle(run, i));
      pthread_mutex_lock(&copy->lock);
      slot->full = ok;
      pthread_cond_signal(&copy->changed);
      pthread_mutex_unlock(&copy->lock);
   }
   pthread_mutex_lock(&copy->lock);
   copy->no_more = true;
   pthread_cond_signal(&copy->changed);
   pthread_mutex_unlock(&copy->lock);
   return ok;
}

bool
tri_run_copy(struct tri_run *run)
{
   struct copy copy = {
      .run = run,
      .lock = PTHREAD_MUTEX_INITIALIZER,
      .changed = PTHREAD_COND_INITIALIZER,
   };
   pthread_t thread;
   bool ok = false;

   run->impossible = !make_all(&copy);
   if (!run->impossible) {
      const double start = tri_now();

      if (pthread_create(&thread, NULL, copier, &copy)) {
         fprintf(stderr, "no thread to copy with\n");
      } else {
         ok = draw_frames(&copy);
         pthread_join(thread, NULL);
         ok = ok && !copy.failed;
         run->seconds = tri_now() - start;
      }
   }
   if (ok && run->on_last)
      ok = run->on_last(run->on_last_data);
   vkDeviceWaitIdle(run->vk->device);
   destroy_all(&copy);
   return ok;
}
