/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Counts GEM handles.
 */

#include "vg_handle.h"

#include <errno.h>
#include <xf86drm.h>

static struct u_hash_key
key_of(uint32_t handle)
{
   return (struct u_hash_key){ .a = handle };
}

static uintptr_t
count_of(struct vg_handles *handles, uint32_t handle)
{
   return (uintptr_t)u_hash_table_get(&handles->counts, key_of(handle));
}

/* Called with the lock held, for a handle that is open in the kernel. */
static bool
add_count(struct vg_handles *handles, uint32_t handle)
{
   const uintptr_t count = count_of(handles, handle);

   if (u_hash_table_set(&handles->counts, key_of(handle),
                        (void *)(count + 1)))
      return true;
   /* A handle that was counted before has other users. */
   if (!count)
      drmCloseBufferHandle(handles->fd, handle);
   errno = ENOMEM;
   return false;
}

bool
vg_handles_init(struct vg_handles *handles, int fd)
{
   *handles = (struct vg_handles){ .fd = fd };
   const int err = pthread_mutex_init(&handles->lock, NULL);
   if (err)
      errno = err;
   return !err;
}

void
vg_handles_finish(struct vg_handles *handles)
{
   u_hash_table_finish(&handles->counts);
   pthread_mutex_destroy(&handles->lock);
}

bool
vg_handles_import(struct vg_handles *handles,
                  int dmabuf_fd,
                  uint32_t *handle_out)
{
   bool ok = false;

   /* Locked over both: between them another thread could close it. */
   pthread_mutex_lock(&handles->lock);
   if (!drmPrimeFDToHandle(handles->fd, dmabuf_fd, handle_out))
      ok = add_count(handles, *handle_out);
   pthread_mutex_unlock(&handles->lock);
   return ok;
}

bool
vg_handles_adopt(struct vg_handles *handles, uint32_t handle)
{
   pthread_mutex_lock(&handles->lock);
   const bool ok = add_count(handles, handle);
   pthread_mutex_unlock(&handles->lock);
   return ok;
}

void
vg_handles_release(struct vg_handles *handles, uint32_t handle)
{
   const int saved_errno = errno;

   pthread_mutex_lock(&handles->lock);
   const uintptr_t count = count_of(handles, handle);
   if (count > 1) {
      /* Replacing a value takes no memory. */
      u_hash_table_set(&handles->counts, key_of(handle), (void *)(count - 1));
   } else if (count == 1) {
      u_hash_table_remove(&handles->counts, key_of(handle));
      drmCloseBufferHandle(handles->fd, handle);
   }
   pthread_mutex_unlock(&handles->lock);
   errno = saved_errno;
}
