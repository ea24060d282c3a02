/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Swapchains on screens that exist only here (fake_kms.h): atomic commits and
 * the older calls, both roads, each call failing in turn, another program as
 * the master, and a device that goes away.
 */

#include <drm_fourcc.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <xf86drm.h>

#include "display_stage.h"
#include "u_test.h"
#include "vn_wsi_display_surface.h"

#define WIDTH  1024
#define HEIGHT 768

/* ---- what is above the seam, as little of it as there has to be ---- */

static uint64_t presented_id;
static VkRect2D last_copy;

void
vn_swapchain_set_idle(struct vn_swapchain *swapchain,
                      struct vn_wsi_image *image,
                      int release_fd)
{
   U_CHECK_EQ(image->state, VN_WSI_IMAGE_HELD);
   image->state = VN_WSI_IMAGE_IDLE;
}

void
vn_swapchain_set_presented(struct vn_swapchain *swapchain, uint64_t id)
{
   presented_id = id;
}

void
vn_wsi_copy_frame(const struct vn_wsi_frame *frame,
                  void *dst,
                  uint32_t stride_B)
{
   U_CHECK_EQ(frame->damage_count, 1);
   last_copy = frame->damage[0];
   const uint8_t *src = frame->image->pixels.map;
   for (uint32_t y = 0; y < last_copy.extent.height; y++) {
      const size_t row = (size_t)last_copy.offset.y + y;
      const size_t x = (size_t)last_copy.offset.x * 4;
      memcpy((uint8_t *)dst + row * stride_B + x,
             src + row * frame->image->pixels.stride_B[0] + x,
             last_copy.extent.width * 4);
   }
}

/* ---- the swapchains ---- */

#define MAX_IMAGES 3

struct setup {
   VkPhysicalDevice physical;
   struct vn_surface *surface;
   struct vn_swapchain *swapchain;
   struct vn_wsi_image *images[MAX_IMAGES];
   uint32_t image_count;
   uint32_t *pixels;
   uint64_t serial;
   int wake_fd;
};

static struct vn_surface *
create_surface(VkPhysicalDevice p)
{
   const VkDisplayKHR display = stage_display(p);
   VkDisplayModePropertiesKHR modes[3];
   uint32_t count = 3;

   vn_GetDisplayModePropertiesKHR(p, display, &count, modes);
   const VkDisplaySurfaceCreateInfoKHR info = {
      .sType = VK_STRUCTURE_TYPE_DISPLAY_SURFACE_CREATE_INFO_KHR,
      .displayMode = modes[1].displayMode,
      .planeIndex = 0,
      .transform = VK_SURFACE_TRANSFORM_IDENTITY_BIT_KHR,
      .alphaMode = VK_DISPLAY_PLANE_ALPHA_OPAQUE_BIT_KHR,
      .imageExtent = { WIDTH, HEIGHT },
   };
   VkSurfaceKHR surface = VK_NULL_HANDLE;
   U_CHECK_EQ(
      vn_CreateDisplayPlaneSurfaceKHR(vn_instance_to_handle(&stage_instance),
                                      &info, NULL, &surface),
      VK_SUCCESS);
   return vn_surface_from_handle(surface);
}

static VkResult
create_swapchain(struct setup *s, enum vn_wsi_road road)
{
   const struct vn_swapchain_ops *ops = s->surface->ops->swapchain;
   struct vn_swapchain *swapchain = calloc(1, ops->size);

   swapchain->device = &stage_device;
   swapchain->surface = s->surface;
   swapchain->ops = ops;
   swapchain->extent = (VkExtent2D){ WIDTH, HEIGHT };
   swapchain->road = road;
   swapchain->images = s->images;
   const VkResult result = ops->init(swapchain);
   if (result == VK_SUCCESS)
      s->swapchain = swapchain;
   else
      free(swapchain);
   return result;
}

static void
destroy_swapchain(struct setup *s)
{
   for (uint32_t i = 0; i < s->image_count; i++) {
      s->swapchain->ops->image_finish(s->swapchain, s->images[i]);
      free(s->images[i]);
   }
   if (s->swapchain) {
      s->swapchain->ops->finish(s->swapchain);
      free(s->swapchain);
   }
   s->swapchain = NULL;
   s->image_count = 0;
}

static VkResult
create_image(struct setup *s)
{
   struct vn_wsi_image *image = calloc(1, s->swapchain->ops->image_size);

   image->pixels = (struct vn_wsi_pixels){
      .fourcc = DRM_FORMAT_XRGB8888,
      .modifier = DRM_FORMAT_MOD_LINEAR,
      .width = WIDTH,
      .height = HEIGHT,
      .plane_count = 1,
      .stride_B = { WIDTH * 4 },
      .size_B = WIDTH * HEIGHT * 4,
      .fd = -1,
      .map = s->pixels,
   };
   const VkResult result = s->swapchain->ops->image_init(s->swapchain, image);
   if (result == VK_SUCCESS) {
      s->images[s->image_count++] = image;
      s->swapchain->image_count = s->image_count;
   } else {
      free(image);
   }
   return result;
}

static void
set_up(struct setup *s, enum vn_wsi_road road)
{
   memset(s, 0, sizeof(*s));
   s->physical = vn_physical_device_to_handle(stage_device.physical_device);
   s->pixels = calloc(WIDTH * HEIGHT, 4);
   s->wake_fd = eventfd(0, EFD_CLOEXEC);
   s->surface = create_surface(s->physical);
   U_CHECK_EQ(create_swapchain(s, road), VK_SUCCESS);
   for (uint32_t i = 0; i < MAX_IMAGES; i++)
      U_CHECK_EQ(create_image(s), VK_SUCCESS);
}

static void
tear_down(struct setup *s)
{
   destroy_swapchain(s);
   free(s->surface);
   free(s->pixels);
   close(s->wake_fd);
}

/* Until a frame may come, as the presenter does. */
static VkResult
dispatch_until_ready(struct setup *s)
{
   const struct vn_swapchain_ops *ops = s->swapchain->ops;
   VkResult result = VK_SUCCESS;

   for (uint32_t i = 0;
        i < 100 && result == VK_SUCCESS &&
        !ops->is_ready(s->swapchain, VK_PRESENT_MODE_FIFO_KHR);
        i++)
      result = ops->dispatch(s->swapchain, s->wake_fd, 1000);
   if (result == VK_SUCCESS)
      U_CHECK(ops->is_ready(s->swapchain, VK_PRESENT_MODE_FIFO_KHR));
   return result;
}

static VkResult
present(struct setup *s, uint32_t index, VkPresentModeKHR mode)
{
   struct vn_wsi_frame frame = {
      .image = s->images[index],
      .mode = mode,
      .serial = ++s->serial,
      .present_id = s->serial,
      .ready_fd = -1,
   };
   frame.image->state = VN_WSI_IMAGE_HELD;
   return s->swapchain->ops->present(s->swapchain, &frame);
}

static VkResult
present_fifo(struct setup *s, uint32_t index)
{
   const VkResult result = dispatch_until_ready(s);
   return result == VK_SUCCESS ? present(s, index, VK_PRESENT_MODE_FIFO_KHR)
                               : result;
}

/* Round and round: one picture after the other, each held while it is seen. */
static void
test_flips(bool atomic, enum vn_wsi_road road)
{
   struct setup s;
   stage_begin(true);
   fake_kms.atomic = atomic;
   fake_kms.vblank = true;
   const int fds = stage_count_fds();
   set_up(&s, road);
   /* the kernel is never made to wait for the GPU */
   U_CHECK(!s.swapchain->takes_sync_file);
   U_CHECK_EQ(fake_kms.tests, atomic ? MAX_IMAGES : 0);
   /* nothing has changed yet */
   U_CHECK_EQ(fake_kms.screens[0].fb, fake_kms_console_fb());

   U_CHECK_EQ(present_fifo(&s, 0), VK_SUCCESS);
   U_CHECK_EQ(fake_kms.mode_sets, 1);
   U_CHECK_EQ(presented_id, 1);
   for (uint32_t i = 1; i < 10; i++) {
      const uint32_t before = fake_kms.screens[0].fb;
      U_CHECK_EQ(present_fifo(&s, i % MAX_IMAGES), VK_SUCCESS);
      U_CHECK(fake_kms.screens[0].fb != before);
      U_CHECK_EQ(dispatch_until_ready(&s), VK_SUCCESS);
      U_CHECK_EQ(presented_id, i + 1);
      for (uint32_t j = 0; j < MAX_IMAGES; j++) {
         U_CHECK_EQ(s.images[j]->state, j == i % MAX_IMAGES
                                           ? VN_WSI_IMAGE_HELD
                                           : VN_WSI_IMAGE_IDLE);
      }
   }
   U_CHECK_EQ(fake_kms.mode_sets, 1);
   U_CHECK_EQ(fake_kms.commits, atomic ? 9 : 0);
   U_CHECK_EQ(fake_kms.legacy_flips, atomic ? 0 : 9);
   U_CHECK_EQ(fake_kms.screens[0].mode_width, WIDTH);

   tear_down(&s);
   /* as it was */
   U_CHECK_EQ(fake_kms.screens[0].fb, fake_kms_console_fb());
   U_CHECK(fake_kms.screens[0].active);
   U_CHECK(stage_end());
   /* but for the fake's own */
   U_CHECK_EQ(stage_count_fds(), fds);
}

/* A flip that waits keeps the next one back, and the image before it. */
static void
test_held(void)
{
   struct setup s;
   stage_begin(true);
   fake_kms.vblank = true;
   set_up(&s, VN_WSI_ROAD_DIRECT);
   const struct vn_swapchain_ops *ops = s.swapchain->ops;

   U_CHECK_EQ(present_fifo(&s, 0), VK_SUCCESS);
   fake_kms.hold_flips = true;
   U_CHECK_EQ(present_fifo(&s, 1), VK_SUCCESS);
   U_CHECK_EQ(ops->dispatch(s.swapchain, s.wake_fd, 20), VK_SUCCESS);
   U_CHECK(!ops->is_ready(s.swapchain, VK_PRESENT_MODE_FIFO_KHR));
   U_CHECK_EQ(s.images[0]->state, VN_WSI_IMAGE_HELD);
   U_CHECK_EQ(presented_id, 1);

   /* whatever else comes from the node is no flip */
   const struct drm_event_vblank strange[] = {
      { .base = { 77, sizeof(strange[0]) }, .user_data = 2 },
      { .base = { DRM_EVENT_FLIP_COMPLETE, sizeof(strange[0]) },
        .user_data = 12345 },
      { .base = { DRM_EVENT_FLIP_COMPLETE, 3 } },
   };
   fake_kms_send(strange, sizeof(strange));
   U_CHECK_EQ(ops->dispatch(s.swapchain, s.wake_fd, 20), VK_SUCCESS);
   U_CHECK(!ops->is_ready(s.swapchain, VK_PRESENT_MODE_FIFO_KHR));

   fake_kms_flip();
   U_CHECK_EQ(dispatch_until_ready(&s), VK_SUCCESS);
   U_CHECK_EQ(s.images[0]->state, VN_WSI_IMAGE_IDLE);
   U_CHECK_EQ(s.images[1]->state, VN_WSI_IMAGE_HELD);
   U_CHECK_EQ(presented_id, 2);

   /* destroyed with a flip under way; its event comes later */
   U_CHECK_EQ(present_fifo(&s, 2), VK_SUCCESS);
   destroy_swapchain(&s);
   fake_kms_flip();
   tear_down(&s);
   U_CHECK(stage_end());
}

/* A screen without vertical blanks: frames come no faster than its rate. */
static void
test_pace(void)
{
   struct setup s;
   stage_begin(true);
   set_up(&s, VN_WSI_ROAD_DIRECT);
   U_CHECK_EQ(present_fifo(&s, 0), VK_SUCCESS);
   const uint64_t start = vn_time_ns();
   for (uint32_t i = 1; i <= 12; i++)
      U_CHECK_EQ(present_fifo(&s, i % MAX_IMAGES), VK_SUCCESS);
   /* 12 of 60 in a second */
   U_CHECK(vn_time_ns() - start >= VN_NSEC_PER_SEC * 11 / 60);

   /* the tick comes between the question and the sleep, which has no end */
   U_CHECK_EQ(dispatch_until_ready(&s), VK_SUCCESS);
   U_CHECK_EQ(present(&s, 1, VK_PRESENT_MODE_FIFO_KHR), VK_SUCCESS);
   U_CHECK_EQ(s.swapchain->ops->dispatch(s.swapchain, s.wake_fd, 1000),
              VK_SUCCESS);
   if (!s.swapchain->ops->is_ready(s.swapchain, VK_PRESENT_MODE_FIFO_KHR)) {
      usleep(50000);
      U_CHECK_EQ(s.swapchain->ops->dispatch(s.swapchain, s.wake_fd, -1),
                 VK_SUCCESS);
   }
   tear_down(&s);
   U_CHECK(stage_end());
}

/* Only what has changed since the buffer was last shown is copied. */
static void
test_damage(void)
{
   struct setup s;
   uint32_t stride;
   stage_begin(true);
   fake_kms.vblank = true;
   set_up(&s, VN_WSI_ROAD_COPY);

   for (uint32_t i = 0; i < 40; i++) {
      VkRect2D damage[2] = {
         { { (int32_t)(i * 7 % 500), (int32_t)(i * 11 % 400) }, { 30, 20 } },
         { { 600, 700 }, { i % 3, 5 } },
      };
      for (uint32_t j = 0; j < 2; j++) {
         for (uint32_t y = 0; y < damage[j].extent.height; y++) {
            for (uint32_t x = 0; x < damage[j].extent.width; x++)
               s.pixels[((uint32_t)damage[j].offset.y + y) * WIDTH +
                        (uint32_t)damage[j].offset.x + x] = i + 1;
         }
      }
      struct vn_wsi_frame frame = {
         .image = s.images[i % MAX_IMAGES],
         /* one was replaced on its way, in between */
         .serial = i < 30 ? i + 1 : i + 2,
         .ready_fd = -1,
         .damage_count = 2,
         .damage = damage,
      };
      frame.image->state = VN_WSI_IMAGE_HELD;
      U_CHECK_EQ(dispatch_until_ready(&s), VK_SUCCESS);
      U_CHECK_EQ(s.swapchain->ops->present(s.swapchain, &frame), VK_SUCCESS);
      U_CHECK_EQ(last_copy.extent.width == WIDTH,
                 i < 3 || (i >= 30 && i < 33));

      const uint8_t *dumb =
         fake_kms_dumb_of_fb(fake_kms.screens[0].fb, &stride);
      for (uint32_t y = 0; y < HEIGHT; y++) {
         if (!U_CHECK(!memcmp(dumb + (size_t)y * stride, s.pixels + y * WIDTH,
                              WIDTH * 4)))
            break;
      }
   }
   tear_down(&s);
   U_CHECK(stage_end());
}

/* What is wrong with the screen, and what becomes of the swapchain. */
static void
test_errors(bool atomic)
{
   static const struct {
      int error;
      VkResult result;
   } cases[] = {
      { EACCES, VK_ERROR_OUT_OF_DATE_KHR },
      { EPERM, VK_ERROR_OUT_OF_DATE_KHR },
      { ENODEV, VK_ERROR_SURFACE_LOST_KHR },
      { ENOMEM, VK_ERROR_OUT_OF_HOST_MEMORY },
      { EINVAL, VK_SUCCESS }, /* the mode is set once more */
      { EBUSY, VK_SUCCESS },  /* tried again */
   };
   for (uint32_t i = 0; i < VN_ARRAY_SIZE(cases); i++) {
      struct setup s;
      stage_begin(true);
      fake_kms.atomic = atomic;
      fake_kms.vblank = true;
      set_up(&s, VN_WSI_ROAD_DIRECT);
      U_CHECK_EQ(present_fifo(&s, 0), VK_SUCCESS);
      U_CHECK_EQ(dispatch_until_ready(&s), VK_SUCCESS);
      fake_kms_fail(atomic ? "drmModeAtomicCommit" : "drmModePageFlip", 1,
                    cases[i].error);
      U_CHECK_EQ(present_fifo(&s, 1), cases[i].result);
      tear_down(&s);
      U_CHECK(stage_end());
   }
}

/* Another program is the master, from the start or later. */
static void
test_master(void)
{
   struct setup s = { 0 };
   stage_begin(true);
   fake_kms.other_master = true;
   s.surface = create_surface(
      vn_physical_device_to_handle(stage_device.physical_device));
   U_CHECK_EQ(create_swapchain(&s, VN_WSI_ROAD_DIRECT),
              VK_ERROR_INITIALIZATION_FAILED);
   free(s.surface);
   fake_kms.other_master = false;

   set_up(&s, VN_WSI_ROAD_DIRECT);
   U_CHECK_EQ(present_fifo(&s, 0), VK_SUCCESS);
   fake_kms.other_master = true;
   U_CHECK_EQ(present_fifo(&s, 1), VK_ERROR_OUT_OF_DATE_KHR);
   fake_kms.other_master = false;
   tear_down(&s);

   /* two surfaces, one screen */
   struct setup other = { 0 };
   set_up(&s, VN_WSI_ROAD_DIRECT);
   other.surface = create_surface(s.physical);
   U_CHECK_EQ(create_swapchain(&other, VN_WSI_ROAD_DIRECT),
              VK_ERROR_INITIALIZATION_FAILED);
   free(other.surface);
   tear_down(&s);
   U_CHECK(stage_end());
}

/* A swapchain takes over from another: the screen stays on. */
static void
test_replace(void)
{
   struct setup old, new;
   stage_begin(true);
   fake_kms.vblank = true;
   set_up(&old, VN_WSI_ROAD_DIRECT);
   U_CHECK_EQ(present_fifo(&old, 0), VK_SUCCESS);

   memset(&new, 0, sizeof(new));
   new.surface = old.surface;
   new.wake_fd = old.wake_fd;
   U_CHECK_EQ(create_swapchain(&new, VN_WSI_ROAD_DIRECT), VK_SUCCESS);
   U_CHECK_EQ(create_image(&new), VK_SUCCESS);
   U_CHECK_EQ(create_image(&new), VK_SUCCESS);
   U_CHECK_EQ(present_fifo(&new, 0), VK_SUCCESS);
   U_CHECK_EQ(fake_kms.mode_sets, 1);
   destroy_swapchain(&old);
   U_CHECK(fake_kms.screens[0].active);
   U_CHECK(fake_kms.screens[0].fb != fake_kms_console_fb());
   U_CHECK_EQ(present_fifo(&new, 1), VK_SUCCESS);
   U_CHECK_EQ(fake_kms.mode_sets, 1);

   destroy_swapchain(&new);
   U_CHECK_EQ(fake_kms.screens[0].fb, fake_kms_console_fb());
   tear_down(&old);
   U_CHECK(stage_end());
}

static void
test_unplug(void)
{
   struct setup s;
   stage_begin(true);
   fake_kms.vblank = true;
   set_up(&s, VN_WSI_ROAD_DIRECT);
   U_CHECK_EQ(present_fifo(&s, 0), VK_SUCCESS);
   fake_kms.hold_flips = true;
   U_CHECK_EQ(present_fifo(&s, 1), VK_SUCCESS);
   fake_kms_unplug();
   VkResult result = VK_SUCCESS;
   for (uint32_t i = 0; i < 10 && result == VK_SUCCESS; i++)
      result = s.swapchain->ops->dispatch(s.swapchain, s.wake_fd, 1000);
   U_CHECK_EQ(result, VK_ERROR_SURFACE_LOST_KHR);
   U_CHECK_EQ(present(&s, 2, VK_PRESENT_MODE_FIFO_KHR),
              VK_ERROR_SURFACE_LOST_KHR);
   tear_down(&s);
   U_CHECK(stage_end());
}

/* Each call that makes something fails in turn; nothing is left behind. */
static void
test_init_failures(enum vn_wsi_road road)
{
   static const char *const functions[] = {
      "drmSetMaster",
      "drmPrimeFDToHandle",
      "drmModeAddFB2",
      "drmModeAddFB2WithModifiers",
      "drmModeCreateDumbBuffer",
      "drmModeMapDumbBuffer",
      "mmap",
      "drmModeAtomicCommit",
      "drmModeCreatePropertyBlob",
      "drmModeGetPlaneResources",
      "drmModeObjectGetProperties",
      "drmModeGetCrtc",
      "drmModeAtomicAlloc",
   };
   for (uint32_t i = 0; i < VN_ARRAY_SIZE(functions); i++) {
      struct setup s = { 0 };
      stage_begin(true);
      s.pixels = calloc(WIDTH * HEIGHT, 4);
      s.wake_fd = eventfd(0, EFD_CLOEXEC);
      s.surface = create_surface(
         vn_physical_device_to_handle(stage_device.physical_device));
      fake_kms_fail(functions[i], 1, ENOSYS);
      VkResult result = create_swapchain(&s, road);
      if (result == VK_SUCCESS)
         result = create_image(&s);
      if (result == VK_SUCCESS)
         result = present_fifo(&s, 0);
      U_CHECK(result == VK_SUCCESS ||
              result == VK_ERROR_INITIALIZATION_FAILED);
      tear_down(&s);
      U_CHECK(stage_end());
   }
}

static void
test_formats(void)
{
   struct vn_wsi_format_list list = { 0 };
   const VkPhysicalDevice p = stage_begin(true);
   struct vn_surface *surface = create_surface(p);

   /* a plane that takes XR24 alone, without modifiers */
   U_CHECK_EQ(surface->ops->get_formats(surface, stage_device.physical_device,
                                        VN_WSI_ROAD_DIRECT, &list),
              VK_SUCCESS);
   U_CHECK_EQ(list.count, 1);
   U_CHECK_EQ(list.formats[0].fourcc, DRM_FORMAT_XRGB8888);
   U_CHECK_EQ(list.formats[0].modifier, DRM_FORMAT_MOD_LINEAR);
   U_CHECK_EQ(
      surface->ops->get_present_modes(surface, stage_device.physical_device),
      1 << VK_PRESENT_MODE_FIFO_KHR | 1 << VK_PRESENT_MODE_MAILBOX_KHR);
   free(list.formats);
   free(surface);
   U_CHECK(stage_end());

   /* more of everything */
   memset(&list, 0, sizeof(list));
   stage_begin(true);
   fake_kms.modifiers = fake_kms.async = true;
   surface = create_surface(p);
   U_CHECK_EQ(surface->ops->get_formats(surface, stage_device.physical_device,
                                        VN_WSI_ROAD_DIRECT, &list),
              VK_SUCCESS);
   U_CHECK_EQ(list.count, 3);
   U_CHECK_EQ(list.formats[0].modifier, I915_FORMAT_MOD_X_TILED);
   U_CHECK_EQ(list.formats[2].fourcc, DRM_FORMAT_XRGB2101010);
   list.count = 0;
   U_CHECK_EQ(surface->ops->get_formats(surface, stage_device.physical_device,
                                        VN_WSI_ROAD_COPY, &list),
              VK_SUCCESS);
   U_CHECK_EQ(list.count, 2);
   U_CHECK(
      surface->ops->get_present_modes(surface, stage_device.physical_device) &
      1 << VK_PRESENT_MODE_IMMEDIATE_KHR);
   free(list.formats);
   free(surface);

   struct setup s;
   set_up(&s, VN_WSI_ROAD_DIRECT);
   U_CHECK_EQ(fake_kms.last_fb_modifier_flag, DRM_MODE_FB_MODIFIERS);
   U_CHECK_EQ(present_fifo(&s, 0), VK_SUCCESS);
   U_CHECK_EQ(dispatch_until_ready(&s), VK_SUCCESS);
   U_CHECK_EQ(present(&s, 1, VK_PRESENT_MODE_IMMEDIATE_KHR), VK_SUCCESS);
   U_CHECK_EQ(fake_kms.async_flips, 1);
   /* refused at once: with the next blank then */
   U_CHECK_EQ(dispatch_until_ready(&s), VK_SUCCESS);
   fake_kms_fail("drmModePageFlip", 1, EINVAL);
   U_CHECK_EQ(present(&s, 2, VK_PRESENT_MODE_IMMEDIATE_KHR), VK_SUCCESS);
   U_CHECK_EQ(fake_kms.async_flips, 1);
   U_CHECK_EQ(fake_kms.commits, 1);
   tear_down(&s);
   U_CHECK(stage_end());
}

int
main(void)
{
   /* what never returns is a failure */
   alarm(60);
   test_formats();
   for (uint32_t atomic = 0; atomic < 2; atomic++) {
      test_flips(atomic, VN_WSI_ROAD_DIRECT);
      test_flips(atomic, VN_WSI_ROAD_COPY);
      test_errors(atomic);
   }
   test_held();
   test_pace();
   test_damage();
   test_master();
   test_replace();
   test_unplug();
   test_init_failures(VN_WSI_ROAD_DIRECT);
   test_init_failures(VN_WSI_ROAD_COPY);
   return u_test_result();
}
