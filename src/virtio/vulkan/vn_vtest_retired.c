/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Exported bos without a reference. vkGetMemoryFdKHR gives "a
 * new file descriptor holding a reference to the memory object's payload",
 * which can be imported when every memory object of it has been freed. Over
 * vtest an import needs the resource that the export was made of, since no fd
 * can be handed to the server. So the resource stays while the file may still
 * be open somewhere.
 *
 * Where that is cannot be known: a descriptor can be on its way through a
 * socket. What can be looked at is this process's own table. A bo whose file
 * is open there is kept, whatever its size: the application has it, and it
 * would cost the same on any other driver. Of the others the last few are
 * kept, for files that travel; they are what a caller of vkFreeMemory does
 * not get back at once.
 *
 * Everything here needs bo_mutex, which is held while /proc is read.
 */

#include "vn_vtest.h"

#include <dirent.h>
#include <stdlib.h>

/* Looked for when more than so many, or bytes, are not known to be held ... */
#define MAX_SPARE_COUNT 8
#define MAX_SPARE_SIZE  (UINT64_C(32) << 20)
/* ... and then so many of those that are not are kept: fewer, so that one bo
 * that retires over and over does not make us look each time.
 */
#define KEEP_COUNT 4
#define KEEP_SIZE  (UINT64_C(16) << 20)

void
vn_vtest_retired_init(struct vn_vtest *vtest)
{
   u_list_init(&vtest->retired.bos);
   vtest->retired.count = 0;
   vtest->retired.size = 0;
   vtest->retired.held_count = 0;
   vtest->retired.held_size = 0;
}

static void
remove_bo(struct vn_vtest *vtest, struct vn_vtest_bo *bo)
{
   u_list_del(&bo->link);
   vtest->retired.count--;
   vtest->retired.size -= bo->base.size;
   if (bo->held) {
      vtest->retired.held_count--;
      vtest->retired.held_size -= bo->base.size;
   }
   bo->held = false;
   bo->retired = false;
}

static void
drop(struct vn_vtest *vtest, struct vn_vtest_bo *bo, struct u_list *dropped)
{
   remove_bo(vtest, bo);
   u_hash_table_remove(&vtest->bos, bo->key);
   u_list_add_tail(dropped, &bo->link);
}

static void
mark_held(struct vn_vtest *vtest)
{
   u_list_for_each (struct vn_vtest_bo, bo, &vtest->retired.bos, link)
      bo->held = false;
   vtest->retired.held_count = 0;
   vtest->retired.held_size = 0;

   /* without it nothing is held, and only the last few stay */
   DIR *dir = opendir("/proc/self/fd");
   if (!dir)
      return;
   const struct dirent *entry;
   while ((entry = readdir(dir))) {
      const int fd = atoi(entry->d_name); /* 0 for "." does no harm */
      struct u_hash_key key;
      if (!u_fd_identity(fd, &key, NULL))
         continue;
      struct vn_vtest_bo *bo = u_hash_table_get(&vtest->bos, key);
      /* a bo in use is not in the list, and its mark means nothing */
      if (!bo || bo->fd == fd || bo->held || !bo->retired)
         continue;
      bo->held = true;
      vtest->retired.held_count++;
      vtest->retired.held_size += bo->base.size;
   }
   closedir(dir);
}

static bool
is_over(const struct vn_vtest *vtest)
{
   return vtest->retired.count - vtest->retired.held_count >
             MAX_SPARE_COUNT ||
          vtest->retired.size - vtest->retired.held_size > MAX_SPARE_SIZE;
}

void
vn_vtest_retire(struct vn_vtest *vtest,
                struct vn_vtest_bo *bo,
                struct u_list *dropped)
{
   bo->held = false;
   bo->retired = true;
   u_list_add(&vtest->retired.bos, &bo->link);
   vtest->retired.count++;
   vtest->retired.size += bo->base.size;
   if (!is_over(vtest))
      return;

   mark_held(vtest);
   uint32_t count = 0;
   uint64_t size = 0;
   u_list_for_each_safe (struct vn_vtest_bo, old, &vtest->retired.bos, link) {
      if (old->held)
         continue;
      if (count < KEEP_COUNT && old->base.size <= KEEP_SIZE - size) {
         count++;
         size += old->base.size;
      } else {
         drop(vtest, old, dropped);
      }
   }
}

void
vn_vtest_revive(struct vn_vtest *vtest, struct vn_vtest_bo *bo)
{
   if (bo->retired)
      remove_bo(vtest, bo);
}

void
vn_vtest_retired_drop_all(struct vn_vtest *vtest, struct u_list *dropped)
{
   u_list_for_each_safe (struct vn_vtest_bo, bo, &vtest->retired.bos, link)
      drop(vtest, bo, dropped);
}
