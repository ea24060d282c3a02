/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Swapchains of displays. One frame is on the screen and at most one is on
 * its way there; the next is presented when that has arrived. A swapchain's
 * images are framebuffers: of the images' own memory on the direct road, dumb
 * ones on the copy road, which the CPU brings up to date by what has changed
 * since the image was last shown.
 *
 * virtio-gpu has no vertical blank on most kernels: its flips arrive at once.
 * Frames are then spaced by a clock of the mode's rate, as nobody would see
 * more of them and the application would never be held back.
 */

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <xf86drm.h>

#include "vn_wsi_damage.h"
#include "vn_wsi_display_buffer.h"
#include "vn_wsi_display_surface.h"

#define MSEC_NS UINT64_C(1000000)

/* A flip that has not happened by then never will: the screen is gone. */
#define FLIP_LIMIT_NS (10 * VN_NSEC_PER_SEC)

/* The kernel refuses a second flip; those that we do not know of end. */
#define BUSY_TRIES    500
#define BUSY_SLEEP_NS (2 * MSEC_NS)

struct display_image {
   struct vn_wsi_image base;
   struct vn_kms_buffer buffer;
   VkRect2D stale; /* copy road: what the buffer lacks, px; may be empty */
};

struct display_swapchain {
   struct vn_swapchain base;
   struct vn_display *display;       /* borrowed */
   struct vn_display_screen *screen; /* counted */
   struct vn_kms_file *file;         /* borrowed from the screen */

   int event_fd; /* owned; an eventfd: something has happened */
   struct vn_kms_event event;
   /* by the file's thread: */
   _Atomic bool arrived, lost;

   uint64_t period_ns; /* 0: the kernel keeps the time */
   uint64_t last_ns;   /* the tick of the clock that the last frame had */
   bool awaits_tick;   /* a frame is there that is too early */
   uint64_t last_serial;

   struct display_image *shown;    /* NULL: nothing of ours */
   struct display_image *flipping; /* to; NULL: to nothing */
   uint64_t flipping_id;
   uint64_t flip_limit_ns;
};

static struct display_swapchain *
swapchain_of(struct vn_swapchain *base)
{
   return (struct display_swapchain *)base;
}

static struct display_image *
image_of(struct vn_wsi_image *base)
{
   return (struct display_image *)base;
}

/* On the file's thread. */
static void
on_event(struct vn_kms_event *event, bool lost)
{
   struct display_swapchain *swapchain =
      (struct display_swapchain *)((char *)event -
                                   offsetof(struct display_swapchain, event));
   const uint64_t one = 1;

   /* release: pairs with the acquire in handle_event */
   if (lost)
      atomic_store_explicit(&swapchain->lost, true, memory_order_release);
   else
      atomic_store_explicit(&swapchain->arrived, true, memory_order_release);
   if (write(swapchain->event_fd, &one, sizeof(one)) < 0)
      return; /* full: it will be looked at in any case */
}

static bool
has_vblank(const struct vn_kms_file *file, uint32_t crtc_id)
{
   uint64_t sequence, ns;
   return !drmCrtcGetSequence(file->fd, crtc_id, &sequence, &ns);
}

static VkResult
init(struct vn_swapchain *base)
{
   struct display_swapchain *swapchain = swapchain_of(base);
   struct vn_display_surface *surface = vn_display_surface_of(base->surface);
   const drmModeModeInfo *mode = &surface->mode->info;

   swapchain->display = surface->mode->display;
   if (base->extent.width < mode->hdisplay ||
       base->extent.height < mode->vdisplay) {
      vn_log(ERROR, "display %s: images of %ux%u do not fill %ux%u",
             swapchain->display->name, base->extent.width,
             base->extent.height, mode->hdisplay, mode->vdisplay);
      return VK_ERROR_INITIALIZATION_FAILED;
   }

   vn_kms_event_init(&swapchain->event, on_event);
   swapchain->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
   if (swapchain->event_fd < 0)
      return VK_ERROR_INITIALIZATION_FAILED;

   const VkResult result = vn_display_screen_get(surface, &swapchain->screen);
   if (result != VK_SUCCESS) {
      u_fd_close(&swapchain->event_fd);
      return result;
   }
   swapchain->file = swapchain->screen->output.file;
   if (!has_vblank(swapchain->file, surface->crtc_id)) {
      const uint32_t refresh = vn_display_mode_refresh(mode);
      swapchain->period_ns =
         1000 * VN_NSEC_PER_SEC / (refresh ? refresh : 60000);
   }
   return VK_SUCCESS;
}

static void
finish(struct vn_swapchain *base)
{
   struct display_swapchain *swapchain = swapchain_of(base);

   vn_kms_file_cancel(swapchain->file, &swapchain->event);
   vn_display_screen_put(vn_display_surface_of(base->surface),
                         swapchain->screen);
   u_fd_close(&swapchain->event_fd);
}

static VkResult
image_init(struct vn_swapchain *base, struct vn_wsi_image *wsi_image)
{
   struct display_swapchain *swapchain = swapchain_of(base);
   struct display_image *image = image_of(wsi_image);
   const struct vn_wsi_pixels *pixels = &wsi_image->pixels;
   int error;

   if (base->road == VN_WSI_ROAD_DIRECT) {
      error =
         vn_kms_buffer_init_dma_buf(&image->buffer, swapchain->file, pixels);
   } else {
      error = vn_kms_buffer_init_dumb(&image->buffer, swapchain->file,
                                      pixels->fourcc,
                                      vn_display_format_bits(pixels->fourcc),
                                      pixels->width, pixels->height);
      image->stale.extent = (VkExtent2D){ pixels->width, pixels->height };
   }
   if (!error) {
      pthread_mutex_lock(&swapchain->screen->mutex);
      if (!vn_kms_output_test(&swapchain->screen->output, image->buffer.fb))
         error = EINVAL;
      pthread_mutex_unlock(&swapchain->screen->mutex);
      if (error)
         vn_kms_buffer_finish(&image->buffer, swapchain->file);
   }
   if (error) {
      vn_log(DEBUG, "display %s: no framebuffer of the %s road (%s)",
             swapchain->display->name,
             base->road == VN_WSI_ROAD_DIRECT ? "direct" : "copy",
             strerror(error));
   }
   return error == 0        ? VK_SUCCESS
          : error == ENOMEM ? VK_ERROR_OUT_OF_HOST_MEMORY
                            : VK_ERROR_INITIALIZATION_FAILED;
}

static void
image_finish(struct vn_swapchain *base, struct vn_wsi_image *wsi_image)
{
   struct display_swapchain *swapchain = swapchain_of(base);
   struct display_image *image = image_of(wsi_image);

   pthread_mutex_lock(&swapchain->screen->mutex);
   vn_kms_output_forget_fb(&swapchain->screen->output, image->buffer.fb);
   vn_kms_buffer_finish(&image->buffer, swapchain->file);
   pthread_mutex_unlock(&swapchain->screen->mutex);
}

/* What an error of the kernel means for the swapchain. */
static VkResult
result_of(struct display_swapchain *swapchain, int error)
{
   if (!error)
      return VK_SUCCESS;
   vn_log(WARN, "display %s: a frame cannot be shown (%s)%s",
          swapchain->display->name, strerror(error),
          error == EACCES || error == EPERM
             ? ": another program has taken the screen"
             : "");
   switch (error) {
   case ENOMEM:
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   case EACCES: /* no longer the master: the terminal was switched */
   case EPERM:
   case EBUSY:
      return VK_ERROR_OUT_OF_DATE_KHR;
   default:
      return VK_ERROR_SURFACE_LOST_KHR;
   }
}

/* The image is on the screen now, in the place of the one before. */
static void
set_shown(struct display_swapchain *swapchain,
          struct display_image *image,
          uint64_t present_id)
{
   if (swapchain->shown && swapchain->shown != image)
      vn_swapchain_set_idle(&swapchain->base, &swapchain->shown->base, -1);
   swapchain->shown = image;
   vn_swapchain_set_presented(&swapchain->base, present_id);
}

/* ---- the presenter's thread ---- */

static VkResult
handle_event(struct display_swapchain *swapchain)
{
   uint64_t count;
   if (read(swapchain->event_fd, &count, sizeof(count)) < 0 &&
       errno != EAGAIN)
      return VK_ERROR_SURFACE_LOST_KHR;

   /* acquire: pairs with the release in on_event */
   if (atomic_load_explicit(&swapchain->lost, memory_order_acquire)) {
      vn_log(WARN, "display %s: the device has gone",
             swapchain->display->name);
      return VK_ERROR_SURFACE_LOST_KHR;
   }
   if (swapchain->flipping &&
       atomic_exchange_explicit(&swapchain->arrived, false,
                                memory_order_acquire)) {
      struct display_image *image = swapchain->flipping;
      swapchain->flipping = NULL;
      set_shown(swapchain, image, swapchain->flipping_id);
   }
   return VK_SUCCESS;
}

static uint64_t
next_tick(const struct display_swapchain *swapchain)
{
   return swapchain->last_ns + swapchain->period_ns;
}

static VkResult
dispatch(struct vn_swapchain *base, int wake_fd, int timeout_ms)
{
   struct display_swapchain *swapchain = swapchain_of(base);
   const uint64_t now = vn_time_ns();
   uint64_t sleep_ns = timeout_ms < 0 ? UINT64_MAX : timeout_ms * MSEC_NS;

   if (swapchain->flipping) {
      sleep_ns = VN_MIN(sleep_ns, swapchain->flip_limit_ns > now
                                     ? swapchain->flip_limit_ns - now
                                     : 0);
   } else if (swapchain->awaits_tick) {
      /* which may have come since is_ready looked at the clock */
      const uint64_t next = next_tick(swapchain);
      sleep_ns = VN_MIN(sleep_ns, next > now ? next - now : 0);
   }

   struct pollfd fds[] = {
      { .fd = swapchain->event_fd, .events = POLLIN },
      { .fd = wake_fd, .events = POLLIN },
   };
   const struct timespec timeout = {
      .tv_sec = sleep_ns / VN_NSEC_PER_SEC,
      .tv_nsec = sleep_ns % VN_NSEC_PER_SEC,
   };
   if (ppoll(fds, VN_ARRAY_SIZE(fds),
             sleep_ns == UINT64_MAX ? NULL : &timeout, NULL) < 0 &&
       errno != EINTR)
      return VK_ERROR_SURFACE_LOST_KHR;

   const VkResult result = handle_event(swapchain);
   if (result != VK_SUCCESS)
      return result;
   if (swapchain->flipping && vn_time_ns() >= swapchain->flip_limit_ns) {
      vn_log(ERROR, "display %s: no page flip within %u s",
             swapchain->display->name,
             (unsigned)(FLIP_LIMIT_NS / VN_NSEC_PER_SEC));
      return VK_ERROR_SURFACE_LOST_KHR;
   }
   return VK_SUCCESS;
}

static bool
is_ready(struct vn_swapchain *base, VkPresentModeKHR mode)
{
   struct display_swapchain *swapchain = swapchain_of(base);

   if (swapchain->flipping)
      return false;
   swapchain->awaits_tick =
      swapchain->period_ns && vn_time_ns() < next_tick(swapchain);
   return !swapchain->awaits_tick;
}

/* The clock of a screen that has none: keeps its beat while it is followed. */
static void
tick(struct display_swapchain *swapchain)
{
   const uint64_t now = vn_time_ns();
   const uint64_t next = next_tick(swapchain);

   swapchain->last_ns = now < next + swapchain->period_ns ? next : now;
}

static bool
is_empty(const VkRect2D *rect)
{
   return !rect->extent.width || !rect->extent.height;
}

static void
add_stale(struct display_image *image, const VkRect2D *rect)
{
   if (is_empty(rect))
      return;
   image->stale = is_empty(&image->stale)
                     ? *rect
                     : vn_wsi_rect_around(&image->stale, rect);
}

/*
 * The damage is the difference to the frame before. So every buffer lacks it,
 * and where frames in between were replaced, everything.
 */
static void
add_damage(struct display_swapchain *swapchain,
           const struct vn_wsi_frame *frame)
{
   const VkRect2D all = { .extent = swapchain->base.extent };
   const bool complete =
      frame->damage_count && frame->serial == swapchain->last_serial + 1;

   for (uint32_t i = 0; i < swapchain->base.image_count; i++) {
      struct display_image *image = image_of(swapchain->base.images[i]);
      if (!complete)
         add_stale(image, &all);
      for (uint32_t j = 0; complete && j < frame->damage_count; j++)
         add_stale(image, &frame->damage[j]);
   }
}

static void
copy_frame(struct display_swapchain *swapchain,
           const struct vn_wsi_frame *frame)
{
   struct display_image *image = image_of(frame->image);

   add_damage(swapchain, frame);
   if (!is_empty(&image->stale)) {
      struct vn_wsi_frame copy = *frame;
      copy.damage_count = 1;
      copy.damage = &image->stale;
      vn_wsi_copy_frame(&copy, image->buffer.map, image->buffer.stride_B);
   }
   image->stale = (VkRect2D){ 0 };
}

/* A screen that is off shows nothing; the picture that it has is kept. */
static void
drop_frame(struct display_swapchain *swapchain,
           const struct vn_wsi_frame *frame)
{
   if (swapchain->shown != image_of(frame->image))
      vn_swapchain_set_idle(&swapchain->base, frame->image, -1);
   vn_swapchain_set_presented(&swapchain->base, frame->present_id);
}

static int
show(struct display_swapchain *swapchain,
     const struct vn_wsi_frame *frame,
     bool *flips_out)
{
   const struct timespec pause = { .tv_nsec = BUSY_SLEEP_NS };
   const uint32_t fb = image_of(frame->image)->buffer.fb;
   int error;

   for (uint32_t i = 0; i < BUSY_TRIES; i++) {
      pthread_mutex_lock(&swapchain->screen->mutex);
      error = vn_kms_output_show(&swapchain->screen->output, fb,
                                 frame->mode == VK_PRESENT_MODE_IMMEDIATE_KHR,
                                 swapchain->event.serial, flips_out);
      pthread_mutex_unlock(&swapchain->screen->mutex);
      if (error != EBUSY)
         break;
      /*
       * Somebody else's flip is under way: of the swapchain before this one,
       * or of the program that had the screen. Nothing tells when it ends.
       */
      nanosleep(&pause, NULL);
   }
   return error;
}

static VkResult
present(struct vn_swapchain *base, struct vn_wsi_frame *frame)
{
   struct display_swapchain *swapchain = swapchain_of(base);
   struct display_image *image = image_of(frame->image);
   bool flips;

   if (swapchain->period_ns)
      tick(swapchain);
   if (base->road == VN_WSI_ROAD_COPY)
      copy_frame(swapchain, frame);
   swapchain->last_serial = frame->serial;
   /* relaxed: a frame more or less */
   if (atomic_load_explicit(&swapchain->display->dark,
                            memory_order_relaxed)) {
      drop_frame(swapchain, frame);
      return VK_SUCCESS;
   }

   atomic_store_explicit(&swapchain->arrived, false, memory_order_relaxed);
   if (!vn_kms_file_expect(swapchain->file, &swapchain->event, 0))
      return result_of(swapchain, ENODEV);
   const int error = show(swapchain, frame, &flips);
   if (error || !flips)
      vn_kms_file_cancel(swapchain->file, &swapchain->event);
   if (error)
      return result_of(swapchain, error);
   if (flips) {
      swapchain->flipping = image;
      swapchain->flipping_id = frame->present_id;
      swapchain->flip_limit_ns = vn_time_ns() + FLIP_LIMIT_NS;
   } else {
      set_shown(swapchain, image, frame->present_id);
   }
   return VK_SUCCESS;
}

const struct vn_swapchain_ops vn_display_swapchain_ops = {
   .size = sizeof(struct display_swapchain),
   .image_size = sizeof(struct display_image),
   .init = init,
   .finish = finish,
   .image_init = image_init,
   .image_finish = image_finish,
   .dispatch = dispatch,
   .is_ready = is_ready,
   .present = present,
};
