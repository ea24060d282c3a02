/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * An image as a buffer of the compositor: of linux-dmabuf on the direct road,
 * of wl_shm on the copy road.
 */

#include <fcntl.h>
#include <linux/dma-buf.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "linux-dmabuf-unstable-v1-client-protocol.h"
#include "vn_wsi_wayland.h"

static struct wl_display *
chain_display(const struct vn_wayland_swapchain *chain)
{
   return ((struct vn_wayland_surface *)chain->base.surface)
      ->connection.display;
}

/*
 * A sync_file of what still reads the dma-buf, or -1. A compositor may
 * release a buffer when its GPU's reads of it are queued and rely on the
 * fences that the kernel has at the buffer. Another process's writes would
 * wait for them in the kernel; ours happen on the host, so we have to.
 */
static int
reads_of(const struct vn_wayland_swapchain *chain,
         const struct vn_wayland_image *image)
{
   if (!chain->dmabuf)
      return -1;

   struct dma_buf_export_sync_file arg = {
      .flags = DMA_BUF_SYNC_WRITE,
      .fd = -1,
   };
   /* Kernels before 6.0 cannot do it, nor can what is no dma-buf. */
   if (ioctl(image->base.pixels.fd, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, &arg))
      return -1;
   return arg.fd;
}

static bool
has_signalled(int fd)
{
   struct pollfd pfd = { .fd = fd, .events = POLLIN };
   return poll(&pfd, 1, 0) != 0;
}

static void
handle_release(void *data, struct wl_buffer *buffer)
{
   struct vn_wayland_image *image = data;
   struct vn_wayland_swapchain *chain =
      (struct vn_wayland_swapchain *)image->base.swapchain;

   /* Only once for each time. */
   if (!image->attached)
      return;
   image->attached = false;

   image->release_fd = reads_of(chain, image);
   if (image->release_fd >= 0 && !has_signalled(image->release_fd))
      return;
   u_fd_close(&image->release_fd);
   vn_swapchain_set_idle(&chain->base, &image->base, -1);
}

static const struct wl_buffer_listener buffer_listener = {
   .release = handle_release,
};

uint32_t
vn_wayland_image_fences(const struct vn_wayland_swapchain *chain,
                        struct pollfd *fds,
                        uint32_t max)
{
   uint32_t count = 0;
   for (uint32_t i = 0; i < chain->base.image_count && count < max; i++) {
      const struct vn_wayland_image *image =
         (const struct vn_wayland_image *)chain->base.images[i];
      if (image->release_fd >= 0) {
         fds[count++] = (struct pollfd){
            .fd = image->release_fd,
            .events = POLLIN,
         };
      }
   }
   return count;
}

bool
vn_wayland_image_is_expected(const struct vn_wayland_swapchain *chain)
{
   uint32_t count = 0;
   for (uint32_t i = 0; i < chain->base.image_count; i++)
      count += ((struct vn_wayland_image *)chain->base.images[i])->attached;
   return count > 1;
}

void
vn_wayland_image_look(struct vn_wayland_swapchain *chain)
{
   for (uint32_t i = 0; i < chain->base.image_count; i++) {
      struct vn_wayland_image *image =
         (struct vn_wayland_image *)chain->base.images[i];
      if (image->release_fd >= 0 && has_signalled(image->release_fd)) {
         u_fd_close(&image->release_fd);
         vn_swapchain_set_idle(&chain->base, &image->base, -1);
      }
   }
}

/* ---- linux-dmabuf ---- */

struct params_answer {
   bool done;
   struct wl_buffer *buffer; /* NULL: refused */
};

static void
handle_created(void *data,
               struct zwp_linux_buffer_params_v1 *params,
               struct wl_buffer *buffer)
{
   struct params_answer *answer = data;
   answer->buffer = buffer;
   answer->done = true;
}

static void
handle_failed(void *data, struct zwp_linux_buffer_params_v1 *params)
{
   struct params_answer *answer = data;
   answer->done = true;
}

static const struct zwp_linux_buffer_params_v1_listener params_listener = {
   .created = handle_created,
   .failed = handle_failed,
};

/*
 * By the request that waits for an answer: the immediate one may end the
 * connection when the compositor cannot import the buffer.
 */
static VkResult
create_dmabuf(struct vn_wayland_swapchain *chain,
              struct vn_wayland_image *image)
{
   const struct vn_wsi_pixels *pixels = &image->base.pixels;

   struct zwp_linux_buffer_params_v1 *params =
      zwp_linux_dmabuf_v1_create_params(chain->dmabuf);
   if (!params)
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);

   struct params_answer answer = { 0 };
   zwp_linux_buffer_params_v1_add_listener(params, &params_listener, &answer);
   for (uint32_t i = 0; i < pixels->plane_count; i++) {
      if (pixels->offset_B[i] > UINT32_MAX) {
         zwp_linux_buffer_params_v1_destroy(params);
         return vn_result(VK_ERROR_INITIALIZATION_FAILED);
      }
      zwp_linux_buffer_params_v1_add(
         params, pixels->fd, i, (uint32_t)pixels->offset_B[i],
         pixels->stride_B[i], (uint32_t)(pixels->modifier >> 32),
         (uint32_t)pixels->modifier);
   }
   zwp_linux_buffer_params_v1_create(params, (int32_t)pixels->width,
                                     (int32_t)pixels->height, pixels->fourcc,
                                     0);

   const VkResult result =
      vn_wayland_wait_done(chain_display(chain), chain->queue, &answer.done,
                           vn_time_ns() + VN_WAYLAND_ANSWER_NS);
   zwp_linux_buffer_params_v1_destroy(params);
   if (result != VK_SUCCESS)
      return vn_result(result);

   image->buffer = answer.buffer;
   return image->buffer ? VK_SUCCESS
                        : vn_result(VK_ERROR_INITIALIZATION_FAILED);
}

/* ---- wl_shm ---- */

/*
 * Whether the compositor can map it, which it does as we do here. If it could
 * not, that would be an error of the protocol and the connection's end.
 */
static bool
can_map(const struct vn_wsi_pixels *pixels)
{
   struct stat st;
   if (pixels->fd < 0 || pixels->size_B > INT32_MAX ||
       fstat(pixels->fd, &st) || st.st_size < (off_t)pixels->size_B)
      return false;

   void *map = mmap(NULL, (size_t)pixels->size_B, PROT_READ | PROT_WRITE,
                    MAP_SHARED, pixels->fd, 0);
   if (map == MAP_FAILED)
      return false;
   munmap(map, (size_t)pixels->size_B);
   return true;
}

/* Memory of our own in its place. Returns its fd, or -1. */
static int
create_shadow(struct vn_wayland_image *image)
{
   const struct vn_wsi_pixels *pixels = &image->base.pixels;
   const uint64_t size_B = (uint64_t)pixels->stride_B[0] * pixels->height;
   if (size_B > INT32_MAX)
      return -1;

   int fd = memfd_create("venus-wl_shm", MFD_CLOEXEC | MFD_ALLOW_SEALING);
   if (fd < 0)
      return -1;
   /* The compositor need not fear that it shrinks under its mapping. */
   if (ftruncate(fd, (off_t)size_B) ||
       fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
      goto fail;

   void *map =
      mmap(NULL, (size_t)size_B, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
   if (map == MAP_FAILED)
      goto fail;
   image->shadow = map;
   image->shadow_size_B = (size_t)size_B;
   image->stale.extent = (VkExtent2D){ pixels->width, pixels->height };
   return fd;

fail:
   u_fd_close(&fd);
   return -1;
}

static VkResult
create_shm(struct vn_wayland_swapchain *chain, struct vn_wayland_image *image)
{
   const struct vn_wsi_pixels *pixels = &image->base.pixels;

   int fd = pixels->fd, shadow_fd = -1;
   uint64_t size_B = pixels->size_B, offset_B = pixels->offset_B[0];
   if (!can_map(pixels)) {
      shadow_fd = create_shadow(image);
      if (shadow_fd < 0)
         return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);
      fd = shadow_fd;
      size_B = image->shadow_size_B;
      offset_B = 0;
   }

   struct wl_shm_pool *pool =
      wl_shm_create_pool(chain->shm, fd, (int32_t)size_B);
   u_fd_close(&shadow_fd);
   if (!pool)
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);

   image->buffer = wl_shm_pool_create_buffer(
      pool, (int32_t)offset_B, (int32_t)pixels->width,
      (int32_t)pixels->height, (int32_t)pixels->stride_B[0],
      vn_wayland_shm_format(pixels->fourcc));
   wl_shm_pool_destroy(pool);
   return image->buffer ? VK_SUCCESS : vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);
}

/* ---- both ---- */

static VkRect2D
rect_union(VkRect2D a, VkRect2D b)
{
   if (!a.extent.width || !a.extent.height)
      return b;
   if (!b.extent.width || !b.extent.height)
      return a;

   const int32_t x0 = VN_MIN(a.offset.x, b.offset.x);
   const int32_t y0 = VN_MIN(a.offset.y, b.offset.y);
   const int64_t x1 = VN_MAX((int64_t)a.offset.x + a.extent.width,
                             (int64_t)b.offset.x + b.extent.width);
   const int64_t y1 = VN_MAX((int64_t)a.offset.y + a.extent.height,
                             (int64_t)b.offset.y + b.extent.height);
   return (VkRect2D){ { x0, y0 },
                      { (uint32_t)(x1 - x0), (uint32_t)(y1 - y0) } };
}

void
vn_wayland_image_update(struct vn_wayland_swapchain *chain,
                        const struct vn_wsi_frame *frame)
{
   struct vn_wayland_image *image = (struct vn_wayland_image *)frame->image;
   const struct vn_wsi_pixels *pixels = &image->base.pixels;
   if (!image->shadow)
      return;

   /* The damage is what differs from the frame before. The shadow of this
    * image may miss more: all that changed since it was last presented.
    */
   VkRect2D changed = { 0 };
   for (uint32_t i = 0; i < frame->damage_count; i++)
      changed = rect_union(changed, frame->damage[i]);
   if (!frame->damage_count)
      changed.extent = (VkExtent2D){ pixels->width, pixels->height };
   for (uint32_t i = 0; i < chain->base.image_count; i++) {
      struct vn_wayland_image *other =
         (struct vn_wayland_image *)chain->base.images[i];
      other->stale = rect_union(other->stale, changed);
   }

   struct vn_wsi_frame copy = *frame;
   copy.damage_count = 1;
   copy.damage = &image->stale;
   vn_wsi_copy_frame(&copy, image->shadow, pixels->stride_B[0]);
   image->stale = (VkRect2D){ 0 };
}

VkResult
vn_wayland_image_init(struct vn_swapchain *swapchain,
                      struct vn_wsi_image *base)
{
   struct vn_wayland_swapchain *chain =
      (struct vn_wayland_swapchain *)swapchain;
   struct vn_wayland_image *image = (struct vn_wayland_image *)base;

   image->release_fd = -1;
   const VkResult result =
      chain->dmabuf ? create_dmabuf(chain, image) : create_shm(chain, image);
   if (result != VK_SUCCESS) {
      vn_wayland_image_finish(swapchain, base);
      return result;
   }
   wl_buffer_add_listener(image->buffer, &buffer_listener, image);
   return VK_SUCCESS;
}

void
vn_wayland_image_finish(struct vn_swapchain *swapchain,
                        struct vn_wsi_image *base)
{
   struct vn_wayland_image *image = (struct vn_wayland_image *)base;
   if (image->buffer)
      wl_buffer_destroy(image->buffer);
   image->buffer = NULL;
   if (image->shadow)
      munmap(image->shadow, image->shadow_size_B);
   image->shadow = NULL;
   u_fd_close(&image->release_fd);
}
