/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See vn_swapchain_presenter.h. Both threads end when they are told to; the
 * waits in between end with the GPU's work or, if that never ends, with the
 * watchdog of the ring. No lock is held during any of them.
 */

#include "vn_swapchain_presenter.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "vn_swapchain.h"
#include "vn_wait.h"
#include "vn_wsi_dump.h"

struct vn_swapchain_presenter {
   pthread_t watcher;
   pthread_t presenter;
   int wake_fd;          /* owned; written to when the presenter is to look */
   pthread_cond_t drawn; /* the watcher's: something to watch, or stop */

   /* guarded by swapchain->mutex, of struct vn_queued_frame */
   struct u_list drawing;
   struct u_list ready;
   bool stop;
};

struct vn_queued_frame *
vn_queued_frame_create(uint32_t rect_count)
{
   struct vn_queued_frame *queued =
      calloc(1, sizeof(*queued) + rect_count * sizeof(*queued->rects));
   if (!queued)
      return NULL;
   queued->frame.ready_fd = -1;
   queued->frame.damage = queued->rects;
   return queued;
}

void
vn_queued_frame_destroy(struct vn_queued_frame *queued)
{
   if (!queued)
      return;
   u_fd_close(&queued->frame.ready_fd);
   free(queued);
}

static void
wake(struct vn_swapchain_presenter *presenter)
{
   const uint64_t one = 1;
   ssize_t ret;

   do {
      ret = write(presenter->wake_fd, &one, sizeof(one));
   } while (ret == -1 && errno == EINTR);
}

/* ---- the watcher --------------------------------------------------------- */

static enum vn_wait_state
check_point(const void *items, uint32_t index, struct vn_queue_point *point)
{
   const struct vn_queue_point *points = items;

   *point = points[index];
   return vn_queue_reached(point->queue, point->value) ? VN_WAIT_DONE
                                                       : VN_WAIT_PENDING;
}

/* It has an alarm, which is all there is. */
static VkResult
ask_nobody(struct vn_device *device, const void *items, uint32_t index)
{
   return VK_SUCCESS;
}

VkResult
vn_swapchain_wait_for_point(struct vn_device *device,
                            const struct vn_queue_point *point)
{
   const struct vn_wait wait = {
      .check = check_point,
      .ask = ask_nobody,
      .items = point,
      .count = 1,
      .timeout_ns = UINT64_MAX,
   };
   return vn_wait(device, &wait);
}

/* The first frame that is being drawn; NULL: to stop, and none is left. */
static struct vn_queued_frame *
next_drawing(struct vn_swapchain *swapchain)
{
   struct vn_swapchain_presenter *presenter = swapchain->presenter;
   struct vn_queued_frame *queued = NULL;

   pthread_mutex_lock(&swapchain->mutex);
   while (u_list_is_empty(&presenter->drawing) && !presenter->stop)
      pthread_cond_wait(&presenter->drawn, &swapchain->mutex);
   if (!u_list_is_empty(&presenter->drawing)) {
      queued =
         u_list_first(&presenter->drawing, struct vn_queued_frame, link);
      u_list_del(&queued->link);
   }
   pthread_mutex_unlock(&swapchain->mutex);
   return queued;
}

static void *
watch(void *data)
{
   struct vn_swapchain *swapchain = data;
   struct vn_swapchain_presenter *presenter = swapchain->presenter;
   struct vn_queued_frame *queued;

   while ((queued = next_drawing(swapchain))) {
      const VkResult result =
         vn_swapchain_wait_for_point(swapchain->device, &queued->point);
      if (result != VK_SUCCESS)
         vn_swapchain_set_status(swapchain, result);

      pthread_mutex_lock(&swapchain->mutex);
      u_list_add_tail(&presenter->ready, &queued->link);
      pthread_mutex_unlock(&swapchain->mutex);
      wake(presenter);
   }
   return NULL;
}

/* ---- the presenter ------------------------------------------------------- */

static bool
is_replaceable(const struct vn_queued_frame *queued)
{
   return queued->frame.mode == VK_PRESENT_MODE_MAILBOX_KHR ||
          queued->frame.mode == VK_PRESENT_MODE_IMMEDIATE_KHR;
}

/* The frame will not be shown: its image is free. */
static void
drop_frame(struct vn_swapchain *swapchain, struct vn_queued_frame *queued)
{
   vn_swapchain_set_idle(swapchain, queued->frame.image, -1);
   vn_queued_frame_destroy(queued);
}

/* Whoever waits for a frame that another has replaced waits no longer. */
static void
drop_replaced(struct vn_swapchain *swapchain, struct vn_queued_frame *queued)
{
   vn_swapchain_set_presented(swapchain, queued->frame.present_id);
   drop_frame(swapchain, queued);
}

/*
 * The next frame, which stays in the list; NULL: none. What a later one
 * replaces is moved to *replaced.
 */
static struct vn_queued_frame *
peek_ready(struct vn_swapchain *swapchain, struct u_list *replaced)
{
   struct vn_swapchain_presenter *presenter = swapchain->presenter;
   struct vn_queued_frame *first = NULL;

   while (!u_list_is_empty(&presenter->ready)) {
      first = u_list_first(&presenter->ready, struct vn_queued_frame, link);
      if (first->link.next == &presenter->ready || !is_replaceable(first))
         break;
      struct vn_queued_frame *second =
         u_list_entry(first->link.next, struct vn_queued_frame, link);
      if (!is_replaceable(second))
         break;
      /* its damage is what changed since a frame that nobody will see */
      second->frame.damage_count = 0;
      u_list_del(&first->link);
      u_list_add_tail(replaced, &first->link);
   }
   return first;
}

static void
drop_list(struct vn_swapchain *swapchain,
          struct u_list *list,
          void (*drop)(struct vn_swapchain *swapchain,
                       struct vn_queued_frame *queued))
{
   u_list_for_each_safe (struct vn_queued_frame, queued, list, link) {
      u_list_del(&queued->link);
      drop(swapchain, queued);
   }
}

/*
 * Frames of a retired swapchain are shown until its successor has shown one.
 */
static void
present_frame(struct vn_swapchain *swapchain, struct vn_queued_frame *queued)
{
   struct vn_surface *surface = swapchain->surface;

   pthread_mutex_lock(&surface->present_mutex);
   const bool overtaken = surface->shown > swapchain->generation;
   if (!overtaken) {
      surface->shown = swapchain->generation;
      vn_wsi_dump_frame(swapchain, &queued->frame);
      const VkResult result =
         swapchain->ops->present(swapchain, &queued->frame);
      if (result != VK_SUCCESS)
         vn_swapchain_set_status(swapchain, result);
   }
   pthread_mutex_unlock(&surface->present_mutex);

   if (overtaken)
      drop_replaced(swapchain, queued);
   else
      vn_queued_frame_destroy(queued);
}

enum step {
   STEP_SLEEP, /* until there is something to do */
   STEP_AGAIN, /* something was done, look again */
   STEP_STOP,
};

static enum step
present_next(struct vn_swapchain *swapchain)
{
   struct vn_swapchain_presenter *presenter = swapchain->presenter;
   struct vn_queued_frame *queued = NULL;
   struct u_list replaced, failed;

   u_list_init(&replaced);
   u_list_init(&failed);
   pthread_mutex_lock(&swapchain->mutex);
   const bool stopped = presenter->stop;
   if (swapchain->status < VK_SUCCESS)
      u_list_splice_tail(&failed, &presenter->ready);
   else if (!stopped)
      queued = peek_ready(swapchain, &replaced);
   pthread_mutex_unlock(&swapchain->mutex);

   drop_list(swapchain, &replaced, drop_replaced);
   drop_list(swapchain, &failed, drop_frame);
   if (stopped)
      return STEP_STOP;
   if (!queued)
      return STEP_SLEEP;
   /* only this thread takes frames off the list */
   if (!swapchain->ops->is_ready(swapchain, queued->frame.mode))
      return STEP_SLEEP;
   pthread_mutex_lock(&swapchain->mutex);
   u_list_del(&queued->link);
   queued->frame.image->state = VN_WSI_IMAGE_HELD;
   pthread_mutex_unlock(&swapchain->mutex);
   present_frame(swapchain, queued);
   return STEP_AGAIN;
}

static void
drain(int fd)
{
   uint64_t value;
   ssize_t ret;

   do {
      ret = read(fd, &value, sizeof(value));
   } while (ret == -1 && errno == EINTR);
}

/* Nothing more is said to a window system that has failed. */
static void
wait_for_wake(int fd)
{
   struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
   int ret;

   do {
      ret = poll(&poll_fd, 1, -1);
   } while (ret == -1 && errno == EINTR);
}

static bool
has_failed(struct vn_swapchain *swapchain)
{
   pthread_mutex_lock(&swapchain->mutex);
   const bool failed = swapchain->status < VK_SUCCESS;
   pthread_mutex_unlock(&swapchain->mutex);
   return failed;
}

static void *
run(void *data)
{
   struct vn_swapchain *swapchain = data;
   struct vn_swapchain_presenter *presenter = swapchain->presenter;

   for (;;) {
      const enum step step = present_next(swapchain);

      if (step == STEP_STOP)
         return NULL;
      if (step == STEP_AGAIN)
         continue;
      if (has_failed(swapchain)) {
         wait_for_wake(presenter->wake_fd);
      } else {
         const VkResult result =
            swapchain->ops->dispatch(swapchain, presenter->wake_fd, -1);
         if (result != VK_SUCCESS)
            vn_swapchain_set_status(swapchain, result);
      }
      drain(presenter->wake_fd);
   }
}

/* ---- both ---------------------------------------------------------------- */

/* Signals are the application's, for its own threads. */
static bool
start_thread(pthread_t *thread, void *(*function)(void *), void *data)
{
   sigset_t all, old;

   sigfillset(&all);
   pthread_sigmask(SIG_SETMASK, &all, &old);
   const bool ok = !pthread_create(thread, NULL, function, data);
   pthread_sigmask(SIG_SETMASK, &old, NULL);
   return ok;
}

static void
stop(struct vn_swapchain *swapchain)
{
   struct vn_swapchain_presenter *presenter = swapchain->presenter;

   pthread_mutex_lock(&swapchain->mutex);
   presenter->stop = true;
   pthread_cond_signal(&presenter->drawn);
   pthread_mutex_unlock(&swapchain->mutex);
   wake(presenter);
}

VkResult
vn_swapchain_presenter_create(struct vn_swapchain *swapchain)
{
   struct vn_swapchain_presenter *presenter = calloc(1, sizeof(*presenter));
   if (!presenter)
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   u_list_init(&presenter->drawing);
   u_list_init(&presenter->ready);
   pthread_cond_init(&presenter->drawn, NULL);
   swapchain->presenter = presenter;

   presenter->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
   if (presenter->wake_fd == -1)
      goto fail_presenter;
   if (!start_thread(&presenter->watcher, watch, swapchain))
      goto fail_fd;
   if (!start_thread(&presenter->presenter, run, swapchain))
      goto fail_watcher;
   return VK_SUCCESS;

fail_watcher:
   stop(swapchain);
   pthread_join(presenter->watcher, NULL);
fail_fd:
   u_fd_close(&presenter->wake_fd);
fail_presenter:
   pthread_cond_destroy(&presenter->drawn);
   free(presenter);
   swapchain->presenter = NULL;
   return VK_ERROR_OUT_OF_HOST_MEMORY;
}

void
vn_swapchain_presenter_destroy(struct vn_swapchain *swapchain)
{
   struct vn_swapchain_presenter *presenter = swapchain->presenter;
   if (!presenter)
      return;

   stop(swapchain);
   pthread_join(presenter->watcher, NULL);
   pthread_join(presenter->presenter, NULL);
   drop_list(swapchain, &presenter->ready, drop_frame);
   u_fd_close(&presenter->wake_fd);
   pthread_cond_destroy(&presenter->drawn);
   free(presenter);
   swapchain->presenter = NULL;
}

void
vn_swapchain_presenter_queue(struct vn_swapchain *swapchain,
                             struct vn_queued_frame *queued)
{
   struct vn_swapchain_presenter *presenter = swapchain->presenter;

   if (swapchain->takes_sync_file) {
      u_list_add_tail(&presenter->ready, &queued->link);
      wake(presenter);
   } else {
      u_list_add_tail(&presenter->drawing, &queued->link);
      pthread_cond_signal(&presenter->drawn);
   }
}
