/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See vn_wsi_x11_rig.h.
 */

#include "vn_wsi_x11_rig.h"

#include <fcntl.h>
#include <linux/dma-buf.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fake_syncobj.h"
#include "u_test.h"
#include "vn_instance.h"

static struct rig *rig; /* of the stubs below */
bool rig_no_device;
int rig_readers = -1; /* of each dma-buf; -1: none that can be waited for */

int __wrap_ioctl(int fd, unsigned long request, ...);

/* The kernel's part: the fences at a dma-buf. */
int
__wrap_ioctl(int fd, unsigned long request, ...)
{
   va_list args;
   va_start(args, request);
   struct dma_buf_export_sync_file *arg = va_arg(args, void *);
   va_end(args);
   if (request != DMA_BUF_IOCTL_EXPORT_SYNC_FILE || rig_readers < 0) {
      errno = ENOTTY;
      return -1;
   }
   U_CHECK_EQ(arg->flags, DMA_BUF_SYNC_WRITE);
   arg->fd = dup(rig_readers);
   return 0;
}

/* ---- what is above the seam ---- */

void
vn_swapchain_set_idle(struct vn_swapchain *swapchain,
                      struct vn_wsi_image *image,
                      int release_fd)
{
   U_CHECK_EQ(release_fd, -1);
   U_CHECK_EQ(image->state, VN_WSI_IMAGE_HELD);
   image->state = VN_WSI_IMAGE_IDLE;
   rig->idle_count++;
}

void
vn_swapchain_set_presented(struct vn_swapchain *swapchain, uint64_t id)
{
   U_CHECK(id > swapchain->presented_id);
   swapchain->presented_id = id;
}

void
vn_swapchain_set_status(struct vn_swapchain *swapchain, VkResult status)
{
   if (swapchain->status >= 0)
      swapchain->status = status;
}

void
vn_wsi_copy_frame(const struct vn_wsi_frame *frame,
                  void *dst,
                  uint32_t dst_stride_B)
{
   const struct vn_wsi_pixels *pixels = &frame->image->pixels;
   for (uint32_t i = 0; i < frame->damage_count; i++) {
      const VkRect2D *rect = &frame->damage[i];
      for (uint32_t y = 0; y < rect->extent.height; y++) {
         const uint32_t row = (uint32_t)rect->offset.y + y;
         const size_t x_B = (size_t)rect->offset.x * 4;
         memcpy((uint8_t *)dst + row * dst_stride_B + x_B,
                (const uint8_t *)pixels->map + pixels->offset_B[0] +
                   row * pixels->stride_B[0] + x_B,
                rect->extent.width * 4);
         rig->copied_B += rect->extent.width * 4;
      }
   }
}

static VkResult
make_image(struct rig *r, uint32_t i, const struct shape *shape)
{
   const struct vn_swapchain_ops *ops = r->surface->ops->swapchain;
   struct vn_wsi_image *image = calloc(1, ops->image_size);
   const size_t size_B = (size_t)r->stride_B * r->height;
   const int fd = memfd_create("image", MFD_CLOEXEC);
   U_CHECK(fd >= 0 && !ftruncate(fd, (off_t)size_B));
   r->maps[i] = mmap(NULL, size_B, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
   image->swapchain = r->swapchain;
   image->index = i;
   image->pixels = (struct vn_wsi_pixels){
      .fourcc = r->swapchain->wsi_format.fourcc,
      .width = r->width,
      .height = r->height,
      .plane_count = 1,
      .stride_B = { r->stride_B },
      .size_B = size_B,
      .fd = shape->no_fd ? -1 : fd,
      .map = r->maps[i],
   };
   if (shape->no_fd)
      close(fd);
   const VkResult result = ops->image_init(r->swapchain, image);
   if (result == VK_SUCCESS) {
      r->images[i] = image;
      r->image_count++;
      return result;
   }
   munmap(r->maps[i], size_B);
   u_fd_close(&image->pixels.fd);
   free(image);
   return result;
}

VkResult
rig_start(struct rig *r, const struct shape *shape)
{
   *r = (struct rig){ 0 };
   rig = r;
   r->conn = fake_x11_start(&r->server, &shape->server);
   if (xcb_connection_has_error(r->conn))
      return VK_ERROR_SURFACE_LOST_KHR;
   VkSurfaceKHR handle;
   VkResult result = vn_x11_surface_create(
      vn_instance_to_handle(fake_syncobj_instance(!rig_no_device)), r->conn,
      FAKE_X11_WINDOW, "test", NULL, &handle);
   if (result != VK_SUCCESS)
      return result;
   r->surface = vn_surface_from_handle(handle);

   struct vn_wsi_format_list list = { 0 };
   VkSurfaceCapabilitiesKHR caps;
   result = r->surface->ops->get_capabilities(r->surface, &caps);
   if (result == VK_SUCCESS)
      result =
         r->surface->ops->get_formats(r->surface, NULL, shape->road, &list);
   if (result == VK_SUCCESS && !list.count)
      result = VK_ERROR_INITIALIZATION_FAILED;
   if (result != VK_SUCCESS) {
      free(list.formats);
      return result;
   }

   const struct vn_swapchain_ops *ops = r->surface->ops->swapchain;
   struct vn_swapchain *swapchain = calloc(1, ops->size);
   swapchain->surface = r->surface;
   swapchain->ops = ops;
   r->width = shape->large ? LARGE : WIDTH;
   r->height = shape->large ? LARGE : HEIGHT;
   swapchain->extent = (VkExtent2D){ r->width, r->height };
   swapchain->road = shape->road;
   swapchain->wsi_format = list.formats[0];
   swapchain->images = r->images;
   free(list.formats);
   result = ops->init(swapchain);
   if (result != VK_SUCCESS) {
      free(swapchain);
      return result;
   }
   r->swapchain = swapchain;
   r->stride_B = shape->stride_B ? shape->stride_B : r->width * 4;
   for (uint32_t i = 0; i < IMAGES && result == VK_SUCCESS; i++)
      result = make_image(r, i, shape);
   swapchain->image_count = r->image_count;
   return result;
}

void
rig_stop(struct rig *r, bool alive)
{
   for (uint32_t i = 0; i < r->image_count; i++) {
      r->swapchain->ops->image_finish(r->swapchain, r->images[i]);
      munmap(r->maps[i], r->images[i]->pixels.size_B);
      u_fd_close(&r->images[i]->pixels.fd);
      free(r->images[i]);
   }
   if (r->swapchain)
      r->swapchain->ops->finish(r->swapchain);
   free(r->swapchain);
   if (r->surface)
      r->surface->ops->finish(r->surface);
   free(r->surface);
   if (alive) {
      /* the application has got nothing of ours, and the server nothing left */
      free(xcb_get_input_focus_reply(r->conn, xcb_get_input_focus(r->conn),
                                     NULL));
      U_CHECK_EQ(fake_x11_leftovers(&r->server), 0);
      xcb_generic_event_t *event = xcb_poll_for_event(r->conn);
      U_CHECK(!event);
      free(event);
   }
   xcb_disconnect(r->conn);
   fake_x11_stop(&r->server);
}

static uint32_t
idle_image(const struct rig *r)
{
   for (uint32_t i = 0; i < r->image_count; i++) {
      if (r->images[i]->state == VN_WSI_IMAGE_IDLE)
         return i;
   }
   return UINT32_MAX;
}

VkResult
rig_dispatch(struct rig *r)
{
   return r->swapchain->ops->dispatch(r->swapchain, -1, 10000);
}

/* Until an image can be drawn to and a frame can be presented. */
static VkResult
wait_ready(struct rig *r, VkPresentModeKHR mode)
{
   while (idle_image(r) == UINT32_MAX ||
          !r->swapchain->ops->is_ready(r->swapchain, mode)) {
      const VkResult result = rig_dispatch(r);
      if (result != VK_SUCCESS)
         return result;
   }
   return VK_SUCCESS;
}

VkResult
rig_present(struct rig *r,
            VkPresentModeKHR mode,
            uint32_t pixel,
            uint32_t damage_count,
            const VkRect2D *damage)
{
   VkResult result = wait_ready(r, mode);
   if (result != VK_SUCCESS)
      return result;
   const uint32_t i = idle_image(r);
   for (uint32_t k = 0; k < r->stride_B / 4 * r->height; k++)
      r->maps[i][k] = k % (r->stride_B / 4) < r->width ? pixel : 0xdeadbeef;
   r->images[i]->state = VN_WSI_IMAGE_HELD;
   struct vn_wsi_frame frame = {
      .image = r->images[i],
      .mode = mode,
      .serial = r->id + 1,
      .present_id = r->id + 1,
      .ready_fd = -1,
      .damage_count = damage_count,
      .damage = damage,
   };
   r->id++;
   return r->swapchain->ops->present(r->swapchain, &frame);
}

VkResult
rig_settle(struct rig *r)
{
   while (r->swapchain->presented_id < r->id || r->idle_count < r->id) {
      const VkResult result = rig_dispatch(r);
      if (result != VK_SUCCESS)
         return result;
   }
   return VK_SUCCESS;
}

bool
rig_ok(void)
{
   return u_test_result() == EXIT_SUCCESS;
}
