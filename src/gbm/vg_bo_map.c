/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The CPU's way to a buffer object: a mapping of its DMA-BUF, framed by the
 * kernel's DMA_BUF_IOCTL_SYNC, which waits for what is under way and makes
 * caches agree. No copy, so only linear layouts; every map is a mapping of
 * its own, so that maps may overlap.
 */

#include "vg_bo.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <linux/dma-buf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "u_fd.h"
#include "vg_log.h"

struct vg_map {
   void *base; /* owned, size_B bytes */
   uint64_t size_B;
   int fd;              /* owned */
   uint64_t sync_flags; /* DMA_BUF_SYNC_READ, _WRITE */
};

static bool
sync_dmabuf(int fd, uint64_t flags)
{
   struct dma_buf_sync sync = { .flags = flags };
   int ret;

   do {
      ret = ioctl(fd, DMA_BUF_IOCTL_SYNC, &sync);
   } while (ret == -1 && (errno == EINTR || errno == EAGAIN));
   return ret == 0;
}

static struct vg_map *
map_all(struct vg_bo *bo, uint64_t sync_flags)
{
   struct vg_map *map = calloc(1, sizeof(*map));

   if (!map) {
      errno = ENOMEM;
      return NULL;
   }
   map->size_B = bo->size_B;
   map->sync_flags = sync_flags;
   map->fd = vg_bo_get_plane_fd(&bo->base, 0);
   if (map->fd < 0)
      goto fail_free;
   map->base =
      mmap(NULL, map->size_B, PROT_READ | PROT_WRITE, MAP_SHARED, map->fd, 0);
   if (map->base == MAP_FAILED) {
      vg_log_debug("mapping a DMA-BUF: %s", strerror(errno));
      goto fail_fd;
   }
   if (!sync_dmabuf(map->fd, DMA_BUF_SYNC_START | sync_flags)) {
      vg_log_debug("DMA_BUF_IOCTL_SYNC: %s", strerror(errno));
      goto fail_map;
   }
   return map;

fail_map:
   munmap(map->base, map->size_B);
fail_fd:
   u_fd_close(&map->fd);
fail_free:
   free(map);
   return NULL;
}

/* Whether the end of the CPU's access arrived. */
static bool
unmap_all(struct vg_map *map)
{
   const bool ok = sync_dmabuf(map->fd, DMA_BUF_SYNC_END | map->sync_flags);

   munmap(map->base, map->size_B);
   u_fd_close(&map->fd);
   free(map);
   return ok;
}

void *
vg_bo_map(struct gbm_bo *base,
          uint32_t x,
          uint32_t y,
          uint32_t width,
          uint32_t height,
          uint32_t flags,
          uint32_t *stride,
          void **map_data)
{
   struct vg_bo *bo = vg_bo(base);
   uint64_t sync_flags = 0;

   if (bo->plane_count != 1 || x > base->f.width || y > base->f.height ||
       width > base->f.width - x || height > base->f.height - y ||
       !(flags & GBM_BO_TRANSFER_READ_WRITE) ||
       (flags & ~(uint32_t)GBM_BO_TRANSFER_READ_WRITE)) {
      errno = EINVAL;
      return NULL;
   }
   if (bo->modifier != DRM_FORMAT_MOD_LINEAR &&
       bo->modifier != DRM_FORMAT_MOD_INVALID) {
      vg_log_info("a tiled buffer cannot be mapped; make it with "
                  "GBM_BO_USE_LINEAR or DRM_FORMAT_MOD_LINEAR");
      errno = ENOTSUP;
      return NULL;
   }
   if (flags & GBM_BO_TRANSFER_READ)
      sync_flags |= DMA_BUF_SYNC_READ;
   if (flags & GBM_BO_TRANSFER_WRITE)
      sync_flags |= DMA_BUF_SYNC_WRITE;

   struct vg_map *map = map_all(bo, sync_flags);
   if (!map)
      return NULL;
   *map_data = map;
   *stride = bo->planes[0].stride_B;
   return (uint8_t *)map->base + bo->planes[0].offset_B +
          (uint64_t)y * bo->planes[0].stride_B +
          (uint64_t)x * bo->format->planes[0].bytes;
}

void
vg_bo_unmap(struct gbm_bo *bo, void *map_data)
{
   /* gbm.h: "The map_data"; there is nobody to tell of a failure. */
   unmap_all(map_data);
}

int
vg_bo_write(struct gbm_bo *base, const void *data, size_t size)
{
   struct vg_bo *bo = vg_bo(base);

   if (size > bo->size_B || (size && !data)) {
      errno = EINVAL;
      return -1;
   }
   struct vg_map *map = map_all(bo, DMA_BUF_SYNC_WRITE);
   if (!map)
      return -1;
   if (size)
      memcpy(map->base, data, size);
   return unmap_all(map) ? 0 : -1;
}
