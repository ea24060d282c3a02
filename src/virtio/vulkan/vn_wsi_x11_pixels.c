/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * How the pixels of an image get to the X server: what has to be made for it,
 * and what is sent for each frame. Where they are put is a pixmap or, without
 * Present, the window itself.
 */

#include "vn_wsi_x11_sync.h"

#include <sys/mman.h>
#include <unistd.h>
#include <xcb/dri3.h>
#include <xcb/shm.h>

/* Of pixels in one request. A socket that can be written to takes that much
 * without blocking.
 */
#define PUT_MAX_B 65536u
/* PutImage and the length of a big request */
#define PUT_HEAD_B 28u

static uint32_t
pixel_size(const struct vn_x11_swapchain *x11)
{
   return x11->visual.bits_per_pixel / 8u;
}

/* The server takes rows to begin at words of 32 bits. */
static uint32_t
row_size(const struct vn_x11_swapchain *x11, uint32_t width)
{
   return (width * pixel_size(x11) + 3) & ~3u;
}

/* Whether the server may be told of a part of a pixmap. */
static bool
has_areas(const struct vn_x11_swapchain *x11)
{
   return !x11->server.present || x11->server.regions;
}

VkResult
vn_x11_pixels_init(struct vn_x11_swapchain *x11)
{
   if (x11->base.road == VN_WSI_ROAD_DIRECT) {
      if (!x11->server.dri3)
         return VK_ERROR_INITIALIZATION_FAILED;
      x11->way = VN_X11_WAY_DMA_BUF;
      return vn_x11_sync_init(x11);
   }

   if (x11->server.shm_pixmaps && x11->server.present)
      x11->way = VN_X11_WAY_SHM_PIXMAP;
   else if (x11->server.shm)
      x11->way = VN_X11_WAY_SHM_PUT;
   else
      x11->way = VN_X11_WAY_PUT;
   if (x11->way == VN_X11_WAY_SHM_PIXMAP)
      return VK_SUCCESS;

   if (x11->way == VN_X11_WAY_PUT) {
      if (x11->server.max_request_B < PUT_HEAD_B + 4)
         return VK_ERROR_SURFACE_LOST_KHR;
      x11->staging_B =
         VN_MIN(PUT_MAX_B, (x11->server.max_request_B - PUT_HEAD_B) & ~3u);
      x11->staging = malloc(x11->staging_B);
      if (!x11->staging)
         return VK_ERROR_OUT_OF_HOST_MEMORY;
   }

   x11->gc = xcb_generate_id(x11->conn);
   if (x11->gc == UINT32_MAX) {
      x11->gc = 0;
      vn_x11_pixels_finish(x11);
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   }
   /* or each copy out of a pixmap would be an event of the application's */
   const uint32_t no_exposures = 0;
   vn_x11_ignore(x11->conn, xcb_create_gc_checked(
                               x11->conn, x11->gc, x11->window,
                               XCB_GC_GRAPHICS_EXPOSURES, &no_exposures));
   return VK_SUCCESS;
}

void
vn_x11_pixels_finish(struct vn_x11_swapchain *x11)
{
   if (x11->gc)
      vn_x11_ignore(x11->conn, xcb_free_gc_checked(x11->conn, x11->gc));
   x11->gc = 0;
   free(x11->staging);
   x11->staging = NULL;
   vn_x11_sync_finish(x11);
}

static VkResult
import_dma_buf(struct vn_x11_swapchain *x11, struct vn_x11_image *image)
{
   const struct vn_wsi_pixels *pixels = &image->base.pixels;
   uint32_t stride_B[VN_WSI_MAX_PLANES] = { 0 };
   uint32_t offset_B[VN_WSI_MAX_PLANES] = { 0 };
   int32_t fds[VN_WSI_MAX_PLANES];
   for (uint32_t i = 0; i < pixels->plane_count; i++) {
      stride_B[i] = pixels->stride_B[i];
      offset_B[i] = (uint32_t)pixels->offset_B[i];
      fds[i] = offset_B[i] == pixels->offset_B[i]
                  ? u_fd_dup_cloexec(pixels->fd)
                  : -1;
      if (fds[i] < 0) {
         while (i--)
            close(fds[i]);
         return VK_ERROR_INITIALIZATION_FAILED;
      }
   }

   image->pixmap = xcb_generate_id(x11->conn);
   /* the fds are libxcb's now */
   const xcb_void_cookie_t cookie = xcb_dri3_pixmap_from_buffers_checked(
      x11->conn, image->pixmap, x11->window, (uint8_t)pixels->plane_count,
      (uint16_t)pixels->width, (uint16_t)pixels->height, stride_B[0],
      offset_B[0], stride_B[1], offset_B[1], stride_B[2], offset_B[2],
      stride_B[3], offset_B[3], x11->visual.depth, x11->visual.bits_per_pixel,
      pixels->modifier, fds);
   uint8_t error;
   const VkResult result = vn_x11_check(&x11->wait, cookie, &error);
   if (result == VK_SUCCESS && !error)
      return vn_x11_sync_image_init(x11, image);
   image->pixmap = 0;
   return result != VK_SUCCESS ? result : VK_ERROR_INITIALIZATION_FAILED;
}

/* A buffer of the server's own, if the frames are put somewhere first. */
static VkResult
create_pixmap(struct vn_x11_swapchain *x11, struct vn_x11_image *image)
{
   if (!x11->server.present)
      return VK_SUCCESS;
   image->pixmap = xcb_generate_id(x11->conn);
   const xcb_void_cookie_t cookie = xcb_create_pixmap_checked(
      x11->conn, x11->visual.depth, image->pixmap, x11->window,
      (uint16_t)image->base.pixels.width,
      (uint16_t)image->base.pixels.height);
   uint8_t error;
   const VkResult result = vn_x11_check(&x11->wait, cookie, &error);
   if (result == VK_SUCCESS && !error)
      return VK_SUCCESS;
   image->pixmap = 0;
   return result != VK_SUCCESS ? result : vn_x11_result(error);
}

/*
 * Takes fd. *refused: the server cannot use the fd. On success the segment,
 * and the pixmap if that is the way, are there.
 */
static VkResult
attach(struct vn_x11_swapchain *x11,
       struct vn_x11_image *image,
       int fd,
       bool *refused)
{
   const bool is_pixmap = x11->way == VN_X11_WAY_SHM_PIXMAP;
   *refused = false;

   const uint32_t segment = xcb_generate_id(x11->conn);
   /* the fd is libxcb's now; pixmaps are for writing, the server says */
   const xcb_void_cookie_t attached = xcb_shm_attach_fd_checked(
      x11->conn, segment, fd, /* read_only */ !is_pixmap);
   uint32_t pixmap = 0;
   xcb_void_cookie_t created = { 0 };
   if (is_pixmap) {
      pixmap = xcb_generate_id(x11->conn);
      /* Its rows are as long as its width says. What it is too wide for the
       * image is kept off the window by the areas that Present is given.
       */
      created = xcb_shm_create_pixmap_checked(
         x11->conn, pixmap, x11->window,
         (uint16_t)(image->stride_B / pixel_size(x11)),
         (uint16_t)image->base.pixels.height, x11->visual.depth, segment,
         image->offset_B);
   }

   uint8_t attach_error, create_error = 0;
   VkResult result = vn_x11_check(&x11->wait, attached, &attach_error);
   if (is_pixmap && result == VK_SUCCESS) {
      void *reply;
      result =
         vn_x11_reply(&x11->wait, created.sequence, &reply, &create_error);
   }
   if (result != VK_SUCCESS)
      return result;
   if (!attach_error && create_error)
      vn_x11_ignore(x11->conn, xcb_shm_detach_checked(x11->conn, segment));
   if (attach_error || create_error) {
      *refused = true;
      return VK_SUCCESS;
   }
   image->segment = segment;
   image->pixmap = pixmap;
   if (is_pixmap &&
       image->stride_B != row_size(x11, image->base.pixels.width))
      x11->too_wide = true;
   return VK_SUCCESS;
}

/* Whether the server can read the rows where they are. */
static bool
rows_fit(const struct vn_x11_swapchain *x11,
         const struct vn_wsi_pixels *pixels)
{
   const uint32_t stride_B = pixels->stride_B[0];
   return pixels->fd >= 0 && pixels->offset_B[0] <= UINT32_MAX &&
          stride_B % 4 == 0 &&
          row_size(x11, stride_B / pixel_size(x11)) == stride_B &&
          stride_B / pixel_size(x11) <= UINT16_MAX &&
          (has_areas(x11) || row_size(x11, pixels->width) == stride_B);
}

static VkResult
attach_copy(struct vn_x11_swapchain *x11, struct vn_x11_image *image)
{
   image->offset_B = 0;
   image->stride_B = row_size(x11, image->base.pixels.width);
   image->copy_size_B = (size_t)image->stride_B * image->base.pixels.height;

   int fd = memfd_create("venus-x11", MFD_CLOEXEC);
   if (fd < 0)
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   void *map = MAP_FAILED;
   if (!ftruncate(fd, (off_t)image->copy_size_B))
      map = mmap(NULL, image->copy_size_B, PROT_READ | PROT_WRITE, MAP_SHARED,
                 fd, 0);
   if (map == MAP_FAILED) {
      close(fd);
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   }
   bool refused;
   const VkResult result = attach(x11, image, fd, &refused);
   if (result != VK_SUCCESS || refused) {
      munmap(map, image->copy_size_B);
      /* of an fd like it the server has taken one before */
      return result != VK_SUCCESS ? result : VK_ERROR_OUT_OF_HOST_MEMORY;
   }
   image->copy = map;
   return VK_SUCCESS;
}

VkResult
vn_x11_image_init(struct vn_x11_swapchain *x11, struct vn_x11_image *image)
{
   const struct vn_wsi_pixels *pixels = &image->base.pixels;
   /* the protocol's coordinates are signed and have 16 bits */
   if (!pixels->width || pixels->width > INT16_MAX || !pixels->height ||
       pixels->height > INT16_MAX)
      return VK_ERROR_INITIALIZATION_FAILED;

   image->offset_B = (uint32_t)pixels->offset_B[0];
   image->stride_B = pixels->stride_B[0];
   VkResult result = VK_SUCCESS;
   switch (x11->way) {
   case VN_X11_WAY_DMA_BUF:
      return import_dma_buf(x11, image);
   case VN_X11_WAY_PUT:
      return create_pixmap(x11, image);
   case VN_X11_WAY_SHM_PIXMAP:
   case VN_X11_WAY_SHM_PUT:
      break;
   }

   bool refused = true;
   if (rows_fit(x11, pixels)) {
      const int fd = u_fd_dup_cloexec(pixels->fd);
      if (fd >= 0)
         result = attach(x11, image, fd, &refused);
   }
   if (result == VK_SUCCESS && refused)
      result = attach_copy(x11, image);
   if (result == VK_SUCCESS && x11->way == VN_X11_WAY_SHM_PUT)
      result = create_pixmap(x11, image);
   if (result != VK_SUCCESS)
      vn_x11_image_finish(x11, image);
   return result;
}

void
vn_x11_image_finish(struct vn_x11_swapchain *x11, struct vn_x11_image *image)
{
   if (image->pixmap)
      vn_x11_ignore(x11->conn,
                    xcb_free_pixmap_checked(x11->conn, image->pixmap));
   if (image->segment)
      vn_x11_ignore(x11->conn,
                    xcb_shm_detach_checked(x11->conn, image->segment));
   if (image->copy)
      munmap(image->copy, image->copy_size_B);
   if (image->read) {
      vn_x11_wait_remove(&x11->wait, image->read_fd);
      u_fd_close(&image->read_fd);
   }
   vn_x11_sync_image_finish(x11, image);
   image->read = false;
   image->pixmap = 0;
   image->segment = 0;
   image->copy = NULL;
}

static xcb_drawable_t
target_of(const struct vn_x11_swapchain *x11,
          const struct vn_x11_image *image)
{
   return image->pixmap ? image->pixmap : x11->window;
}

static void
shm_put(struct vn_x11_swapchain *x11)
{
   const struct vn_x11_upload *upload = &x11->upload;
   const struct vn_x11_image *image = upload->image;
   for (uint32_t i = 0; i < upload->rect_count; i++) {
      const VkRect2D *rect = &upload->rects[i];
      const xcb_void_cookie_t cookie = xcb_shm_put_image_checked(
         x11->conn, target_of(x11, image), x11->gc,
         (uint16_t)(image->stride_B / pixel_size(x11)),
         (uint16_t)image->base.pixels.height, (uint16_t)rect->offset.x,
         (uint16_t)rect->offset.y, (uint16_t)rect->extent.width,
         (uint16_t)rect->extent.height, (int16_t)rect->offset.x,
         (int16_t)rect->offset.y, x11->visual.depth,
         XCB_IMAGE_FORMAT_Z_PIXMAP, /* send_event */ false, image->segment,
         image->offset_B);
      vn_x11_ignore(x11->conn, cookie);
   }
}

/* One request of pixels, at the place where upload is, and moves that on. */
static void
put_some(struct vn_x11_swapchain *x11)
{
   struct vn_x11_upload *upload = &x11->upload;
   const struct vn_x11_image *image = upload->image;
   const struct vn_wsi_pixels *pixels = &image->base.pixels;
   const VkRect2D *rect = &upload->rects[upload->rect];

   const uint32_t width = VN_MIN(rect->extent.width - upload->x,
                                 x11->staging_B / pixel_size(x11));
   const uint32_t row_B = row_size(x11, width);
   /* more than one row only of whole ones */
   const uint32_t rows = width < rect->extent.width
                            ? 1
                            : VN_MIN(rect->extent.height - upload->y,
                                     VN_MAX(x11->staging_B / row_B, 1));
   const uint32_t x = (uint32_t)rect->offset.x + upload->x;
   const uint32_t y = (uint32_t)rect->offset.y + upload->y;

   for (uint32_t row = 0; row < rows; row++)
      memcpy(x11->staging + (size_t)row * row_B,
             (const uint8_t *)pixels->map + pixels->offset_B[0] +
                (size_t)(y + row) * pixels->stride_B[0] +
                (size_t)x * pixel_size(x11),
             (size_t)width * pixel_size(x11));
   vn_x11_ignore(
      x11->conn,
      xcb_put_image_checked(
         x11->conn, XCB_IMAGE_FORMAT_Z_PIXMAP, target_of(x11, image), x11->gc,
         (uint16_t)width, (uint16_t)rows, (int16_t)x, (int16_t)y,
         /* left_pad */ 0, x11->visual.depth, rows * row_B, x11->staging));

   upload->x += width;
   if (upload->x < rect->extent.width)
      return;
   upload->x = 0;
   upload->y += rows;
   if (upload->y < rect->extent.height)
      return;
   upload->y = 0;
   upload->rect++;
}

bool
vn_x11_pixels_upload(struct vn_x11_swapchain *x11)
{
   switch (x11->way) {
   case VN_X11_WAY_DMA_BUF:
   case VN_X11_WAY_SHM_PIXMAP:
      return true;
   case VN_X11_WAY_SHM_PUT:
      shm_put(x11);
      return true;
   case VN_X11_WAY_PUT:
      while (x11->upload.rect < x11->upload.rect_count) {
         if (!vn_x11_can_send(x11->conn, 0))
            return false;
         put_some(x11);
      }
      return true;
   }
   return true;
}
