/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Sleeping until timelines are where they have to be. A thread polls the files
 * of the steps that it waits for; where there is none yet, because nobody has
 * submitted that far, it polls an eventfd that each submission rings.
 */

#include "vn_virtgpu_timeline.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Items of a wait that need no memory from the heap. */
#define FEW 8

/* Of a thread that waits for a value that nobody has submitted yet. */
struct waiter {
   struct u_list link; /* vn_virtgpu's waiters */
   int fd;             /* an eventfd, owned: something was submitted */
};

void
vn_virtgpu_wake_waiters(struct vn_virtgpu *gpu)
{
   u_list_for_each_safe (struct waiter, waiter, &gpu->waiters, link) {
      /* it cannot be full: nobody writes anything but these ones */
      const ssize_t ret =
         write(waiter->fd, &(uint64_t){ 1 }, sizeof(uint64_t));
      (void)ret;
   }
}

/* What a look at the syncs of a wait gave. */
struct look {
   bool over;      /* the condition holds */
   bool unknown;   /* a value is waited for that nobody has submitted */
   uint32_t count; /* fences to sleep on, each with a reference */
};

/* With sync_mutex held. */
static struct look
look_at_syncs(const struct vn_renderer_wait *wait,
              struct vn_virtgpu_fence **fences,
              struct pollfd *fds)
{
   struct look look = { 0 };
   uint32_t reached = 0;

   for (uint32_t i = 0; i < wait->count; i++) {
      struct vn_virtgpu_timeline *timeline =
         vn_virtgpu_timeline_from_sync(wait->syncs[i]);
      if (timeline->reached < wait->values[i])
         vn_virtgpu_timeline_refresh(timeline);
      if (timeline->reached >= wait->values[i])
         reached++;
   }
   look.over =
      wait->any && wait->count ? reached > 0 : reached == wait->count;
   if (look.over || !fences)
      return look;

   for (uint32_t i = 0; i < wait->count; i++) {
      struct vn_virtgpu_timeline *timeline =
         vn_virtgpu_timeline_from_sync(wait->syncs[i]);
      if (timeline->reached >= wait->values[i])
         continue;
      struct vn_virtgpu_fence *fence =
         vn_virtgpu_timeline_find(timeline, wait->values[i]);
      if (!fence) {
         look.unknown = true;
         continue;
      }
      fence->refcount++;
      fds[look.count] = (struct pollfd){ .fd = fence->fd, .events = POLLIN };
      fences[look.count++] = fence;
   }
   return look;
}

static bool
waiter_start(struct vn_virtgpu *gpu, struct waiter *waiter)
{
   waiter->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
   if (waiter->fd < 0)
      return false;
   pthread_mutex_lock(&gpu->sync_mutex);
   u_list_add(&gpu->waiters, &waiter->link);
   pthread_mutex_unlock(&gpu->sync_mutex);
   return true;
}

static void
waiter_stop(struct vn_virtgpu *gpu, struct waiter *waiter)
{
   if (waiter->fd < 0)
      return;
   pthread_mutex_lock(&gpu->sync_mutex);
   u_list_del(&waiter->link);
   pthread_mutex_unlock(&gpu->sync_mutex);
   u_fd_close(&waiter->fd);
}

/* Sleeps until one of the fds is ready, all are (!any), or the time is up. */
static VkResult
sleep_on(struct pollfd *fds, uint32_t count, bool any, uint64_t timeout_ns)
{
   const uint64_t end = vn_time_ns() + timeout_ns;

   while (true) {
      const uint64_t now = vn_time_ns();
      const uint64_t left = now < end ? end - now : 0;
      const struct timespec timeout = {
         .tv_sec = (time_t)(left / VN_NSEC_PER_SEC),
         .tv_nsec = (long)(left % VN_NSEC_PER_SEC),
      };
      const int ret = ppoll(fds, count, &timeout, NULL);
      if (ret < 0 && errno != EINTR)
         return VK_ERROR_OUT_OF_HOST_MEMORY;
      if (!left || (ret > 0 && any))
         return VK_SUCCESS;
      if (ret <= 0)
         continue;

      /* poll(2) ignores negative ones */
      uint32_t open = 0;
      for (uint32_t i = 0; i < count; i++) {
         if (fds[i].revents)
            fds[i].fd = -1;
         open += fds[i].fd >= 0;
      }
      if (!open)
         return VK_SUCCESS;
   }
}

static VkResult
wait_loop(struct vn_virtgpu *gpu,
          const struct vn_renderer_wait *wait,
          struct vn_virtgpu_fence **fences,
          struct pollfd *fds, /* one more than fences */
          struct waiter *waiter)
{
   const struct vn_renderer *renderer = &gpu->base;
   const uint64_t start = vn_time_ns();

   while (true) {
      if (vn_virtgpu_is_lost(gpu))
         return VK_ERROR_DEVICE_LOST;

      if (waiter->fd >= 0) {
         uint64_t count;
         const ssize_t ret = read(waiter->fd, &count, sizeof(count));
         (void)ret;
      }
      pthread_mutex_lock(&gpu->sync_mutex);
      const struct look look = look_at_syncs(wait, fences, fds);
      pthread_mutex_unlock(&gpu->sync_mutex);
      if (look.over)
         return VK_SUCCESS;

      const uint64_t waited = vn_time_ns() - start;
      const uint64_t left =
         waited < wait->timeout_ns ? wait->timeout_ns - waited : 0;
      VkResult result = VK_SUCCESS;
      bool looked_again = false;
      if (look.unknown && waiter->fd < 0) {
         /* from here on submissions are not missed; so look again */
         if (!waiter_start(gpu, waiter))
            result = VK_ERROR_OUT_OF_HOST_MEMORY;
         looked_again = true;
      } else if (left) {
         uint32_t count = look.count;
         if (look.unknown) {
            fds[count++] =
               (struct pollfd){ .fd = waiter->fd, .events = POLLIN };
         }
         result = sleep_on(fds, count, wait->any || look.unknown,
                           VN_MIN(left, gpu->limits.slice_ns));
      }

      pthread_mutex_lock(&gpu->sync_mutex);
      for (uint32_t i = 0; i < look.count; i++)
         vn_virtgpu_fence_unref(fences[i]);
      pthread_mutex_unlock(&gpu->sync_mutex);

      if (result != VK_SUCCESS)
         return result;
      if (looked_again)
         continue;
      if (!left)
         return VK_TIMEOUT;
      if (renderer->watchdog
             ? renderer->watchdog(renderer->watchdog_data, start)
             : wait->timeout_ns == UINT64_MAX &&
                  waited >= gpu->limits.reply_ns)
         return vn_virtgpu_lose(gpu, "the renderer gives no sign of life");
   }
}

VkResult
vn_virtgpu_wait(struct vn_renderer *renderer,
                const struct vn_renderer_wait *wait)
{
   struct vn_virtgpu *gpu = vn_virtgpu_from_renderer(renderer);

   if (vn_virtgpu_is_lost(gpu))
      return VK_ERROR_DEVICE_LOST;

   /* usual: it is over already, or only asked about */
   pthread_mutex_lock(&gpu->sync_mutex);
   const bool over = look_at_syncs(wait, NULL, NULL).over;
   pthread_mutex_unlock(&gpu->sync_mutex);
   if (over || !wait->timeout_ns)
      return over ? VK_SUCCESS : VK_TIMEOUT;

   struct vn_virtgpu_fence *few_fences[FEW];
   struct pollfd few_fds[FEW + 1];
   struct vn_virtgpu_fence **fences = few_fences;
   struct pollfd *fds = few_fds;
   void *heap = NULL;
   if (wait->count > FEW) {
      heap = calloc((size_t)wait->count + 1, sizeof(*fences) + sizeof(*fds));
      if (!heap)
         return VK_ERROR_OUT_OF_HOST_MEMORY;
      fences = heap;
      fds = (struct pollfd *)(fences + wait->count + 1);
   }

   struct waiter waiter = { .fd = -1 };
   const VkResult result = wait_loop(gpu, wait, fences, fds, &waiter);
   waiter_stop(gpu, &waiter);
   free(heap);
   return result;
}
