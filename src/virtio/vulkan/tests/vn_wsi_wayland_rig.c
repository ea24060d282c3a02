/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 */

#include "vn_platforms.h"

#include "vn_wsi_wayland_rig.h"

#include <drm_fourcc.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fake_syncobj.h"
#include "vn_entrypoints.h"
#include "vn_instance.h"

const struct fake_format xr24_linear[1] = {
   { DRM_FORMAT_XRGB8888, DRM_FORMAT_MOD_LINEAR },
};

/* ---- in the place of what is above ---- */

uint32_t idle_count, idle_mask, error_count, suboptimal_count;
uint64_t presented_id;
bool no_device;

void
vn_swapchain_set_idle(struct vn_swapchain *swapchain,
                      struct vn_wsi_image *image,
                      int release_fd)
{
   U_CHECK_EQ(release_fd, -1);
   idle_count++;
   idle_mask |= 1u << image->index;
}

void
vn_swapchain_set_presented(struct vn_swapchain *swapchain, uint64_t id)
{
   presented_id = VN_MAX(presented_id, id);
}

void
vn_swapchain_set_status(struct vn_swapchain *swapchain, VkResult status)
{
   if (status == VK_SUBOPTIMAL_KHR)
      suboptimal_count++;
   else
      error_count++;
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
         const size_t row = (size_t)rect->offset.y + y;
         const size_t x_B = (size_t)rect->offset.x * 4;
         memcpy((char *)dst + row * dst_stride_B + x_B,
                (const char *)pixels->map + pixels->offset_B[0] +
                   row * pixels->stride_B[0] + x_B,
                (size_t)rect->extent.width * 4);
      }
   }
}

/* ---- a client ---- */

static void
handle_global(void *data,
              struct wl_registry *registry,
              uint32_t name,
              const char *interface,
              uint32_t version)
{
   struct client *client = data;
   client->global_count++;
   if (!strcmp(interface, "wl_compositor"))
      client->globals =
         wl_registry_bind(registry, name, &wl_compositor_interface, version);
}

const struct wl_registry_listener client_registry_listener = {
   .global = handle_global,
};

/* False if the compositor has died before there was a surface. */
bool
client_init(struct client *client,
            const struct fake_compositor_options *options)
{
   *client = (struct client){
      .compositor = fake_compositor_create(options),
   };
   idle_count = idle_mask = error_count = suboptimal_count = 0;
   presented_id = 0;
   if (!U_CHECK(!pipe(client->wake_fds)))
      return false;

   client->display =
      wl_display_connect_to_fd(fake_compositor_take_fd(client->compositor));
   client->registry = wl_display_get_registry(client->display);
   wl_registry_add_listener(client->registry, &client_registry_listener,
                            client);
   if (options->mute) {
      /* any proxy will do, nobody looks at it */
      client->surface = (struct wl_surface *)wl_proxy_create(
         (struct wl_proxy *)client->registry, &wl_surface_interface);
   } else {
      wl_display_roundtrip(client->display);
      if (!client->globals)
         return false;
      client->surface = wl_compositor_create_surface(client->globals);
   }

   const VkWaylandSurfaceCreateInfoKHR info = {
      .sType = VK_STRUCTURE_TYPE_WAYLAND_SURFACE_CREATE_INFO_KHR,
      .display = client->display,
      .surface = client->surface,
   };
   VkSurfaceKHR handle;
   if (!U_CHECK_EQ(
          vn_CreateWaylandSurfaceKHR(
             vn_instance_to_handle(fake_syncobj_instance(!no_device)), &info,
             NULL, &handle),
          VK_SUCCESS))
      return false;
   client->vk = vn_surface_from_handle(handle);
   return true;
}

void
client_finish(struct client *client)
{
   if (client->vk) {
      client->vk->ops->finish(client->vk);
      vn_surface_free(client->vk, NULL);
   }
   if (client->surface)
      wl_proxy_destroy((struct wl_proxy *)client->surface);
   if (client->globals)
      wl_compositor_destroy(client->globals);
   wl_registry_destroy(client->registry);
   wl_display_disconnect(client->display);
   close(client->wake_fds[0]);
   close(client->wake_fds[1]);
   fake_compositor_destroy(client->compositor);
}

/* ---- a swapchain ---- */

uint32_t *
pixel(struct chain *chain, uint32_t image, uint32_t x, uint32_t y)
{
   return (uint32_t *)(chain->maps[image] + OFFSET + y * STRIDE) + x;
}

void
fill(struct chain *chain, uint32_t image, uint32_t colour)
{
   for (uint32_t y = 0; y < HEIGHT; y++) {
      for (uint32_t x = 0; x < WIDTH; x++)
         *pixel(chain, image, x, y) = colour;
   }
}

void
chain_init(struct chain *chain,
           struct client *client,
           enum vn_wsi_road road,
           bool shared)
{
   const struct vn_swapchain_ops *ops = client->vk->ops->swapchain;
   const size_t size_B = OFFSET + STRIDE * HEIGHT;

   *chain = (struct chain){ .client = client, .base = calloc(1, ops->size) };
   struct vn_swapchain *base = chain->base;
   base->surface = client->vk;
   base->ops = ops;
   base->extent = (VkExtent2D){ WIDTH, HEIGHT };
   base->road = road;
   base->wsi_format =
      (struct vn_wsi_format){ DRM_FORMAT_XRGB8888, DRM_FORMAT_MOD_LINEAR };
   base->image_count = IMAGES;
   base->images = calloc(IMAGES, sizeof(*base->images));
   for (uint32_t i = 0; i < IMAGES; i++)
      chain->fds[i] = -1;

   chain->init_result = ops->init(base);
   if (chain->init_result != VK_SUCCESS)
      return;
   for (uint32_t i = 0; i < IMAGES && !chain->image_result; i++) {
      int fd = memfd_create("image", MFD_CLOEXEC);
      U_CHECK(!ftruncate(fd, (off_t)size_B));
      chain->fds[i] = fd;
      chain->maps[i] =
         mmap(NULL, size_B, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

      struct vn_wsi_image *image = calloc(1, ops->image_size);
      image->swapchain = base;
      image->index = i;
      image->release_fd = -1;
      image->pixels = (struct vn_wsi_pixels){
         .fourcc = base->wsi_format.fourcc,
         .modifier = base->wsi_format.modifier,
         .width = WIDTH,
         .height = HEIGHT,
         .plane_count = 1,
         .offset_B = { OFFSET },
         .stride_B = { STRIDE },
         .size_B = size_B,
         .fd = shared ? fd : -1,
         .map = chain->maps[i],
      };
      chain->image_result = ops->image_init(base, image);
      if (chain->image_result == VK_SUCCESS)
         base->images[i] = image;
      else
         free(image);
   }
}

void
chain_finish(struct chain *chain)
{
   struct vn_swapchain *base = chain->base;
   for (uint32_t i = 0; i < IMAGES; i++) {
      if (base->images[i]) {
         base->ops->image_finish(base, base->images[i]);
         free(base->images[i]);
      }
      if (chain->fds[i] >= 0) {
         close(chain->fds[i]);
         munmap(chain->maps[i], OFFSET + STRIDE * HEIGHT);
      }
   }
   if (chain->init_result == VK_SUCCESS)
      base->ops->finish(base);
   free(base->images);
   free(base);
}

VkResult
present(struct chain *chain,
        uint32_t image,
        VkPresentModeKHR mode,
        uint64_t id,
        const VkRect2D *damage)
{
   struct vn_wsi_frame frame = {
      .image = chain->base->images[image],
      .mode = mode,
      .serial = ++chain->serial,
      .present_id = id,
      .ready_fd = -1,
      .damage_count = damage ? 1 : 0,
      .damage = damage,
   };
   return chain->base->ops->present(chain->base, &frame);
}

VkResult
dispatch(struct chain *chain, int timeout_ms)
{
   return chain->base->ops->dispatch(chain->base, chain->client->wake_fds[0],
                                     timeout_ms);
}

bool
is_ready(struct chain *chain, VkPresentModeKHR mode)
{
   return chain->base->ops->is_ready(chain->base, mode);
}
