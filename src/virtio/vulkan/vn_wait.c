/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See vn_wait.h. Each turn of the loop looks at all items under the lock,
 * then sleeps, without it, on what the unfinished ones need.
 */

#include "vn_wait.h"

#include <sched.h>

/* Sleeps that may have to be cut short begin with this length and double. */
#define FIRST_SLICE_NS (VN_NSEC_PER_SEC / 500)

/* How long a sleep lasts in which the renderer's death could not wake us. */
#define LIVENESS_SLICE_NS (VN_NSEC_PER_SEC / 4)

/*
 * A wait for any of several items, some of them not submitted yet, has two
 * sources that cannot be slept on at once: the transport's fence and the
 * condition. Submissions are then noticed with this delay.
 */
#define MIXED_SLICE_NS (VN_NSEC_PER_SEC / 500)

struct wait_list {
   uint32_t count;
   bool any_fed, any_plain;         /* kinds of points that are waited for */
   struct vn_queue_point *points;   /* one per queue that is waited for */
   struct vn_renderer_sync **syncs; /* their syncs and values, as the */
   uint64_t *values;                /* transport wants them */
};

static uint64_t
deadline_after(uint64_t start, uint64_t timeout_ns)
{
   uint64_t deadline;
   return u_add_u64(start, timeout_ns, &deadline) ? deadline : UINT64_MAX;
}

/* One point per queue suffices: the latest for all, the earliest for any. */
static void
add_point(struct wait_list *list,
          const struct vn_queue_point *point,
          bool any)
{
   for (uint32_t i = 0; i < list->count; i++) {
      struct vn_queue_point *have = &list->points[i];
      if (have->queue != point->queue)
         continue;
      if (any ? point->value < have->value : point->value > have->value)
         have->value = point->value;
      return;
   }
   list->points[list->count++] = *point;
}

/* Lets the queues know how far the transport says they are. */
static VkResult
refresh_completed(struct vn_device *device, const struct wait_list *list)
{
   struct vn_renderer *renderer;
   const struct vn_renderer_ops *ops =
      vn_device_renderer_ops(device, &renderer);

   for (uint32_t i = 0; i < list->count; i++) {
      struct vn_queue *queue = list->points[i].queue;
      uint64_t value;
      const VkResult result = ops->sync_read(renderer, queue->sync, &value);
      if (result != VK_SUCCESS)
         return result;
      vn_queue_set_reached(queue, value);
   }
   return VK_SUCCESS;
}

/* Returns early; the caller looks again. */
static void
wait_for_submission(struct vn_device *device, uint64_t until_ns)
{
   const struct timespec until = {
      .tv_sec = until_ns / VN_NSEC_PER_SEC,
      .tv_nsec = until_ns % VN_NSEC_PER_SEC,
   };
   pthread_cond_timedwait(&device->submit_cond, &device->submit_mutex,
                          &until);
}

void
vn_wait_for_submission(struct vn_device *device, uint64_t timeout_ns)
{
   pthread_mutex_lock(&device->submit_mutex);
   wait_for_submission(device, vn_time_ns() + timeout_ns);
   pthread_mutex_unlock(&device->submit_mutex);
}

VkResult
vn_wait_look_for_life(struct vn_device *device, uint64_t wait_start_ns)
{
   struct vn_renderer *renderer = vn_ring_renderer(device->dispatch.ring);
   return renderer->watchdog(renderer->watchdog_data, wait_start_ns)
             ? VK_ERROR_DEVICE_LOST
             : VK_SUCCESS;
}

static VkResult
sleep_on_alarms(struct vn_device *device,
                struct wait_list *list,
                bool any,
                uint64_t timeout_ns)
{
   struct vn_renderer *renderer;
   const struct vn_renderer_ops *ops =
      vn_device_renderer_ops(device, &renderer);

   for (uint32_t i = 0; i < list->count; i++) {
      struct vn_queue *queue = list->points[i].queue;
      const VkResult result = vn_queue_alarm(queue, list->points[i].value);
      if (result != VK_SUCCESS)
         return result;
      list->syncs[i] = queue->sync;
      list->values[i] = list->points[i].value;
   }
   const struct vn_renderer_wait wait = {
      .any = any,
      .count = list->count,
      .syncs = list->syncs,
      .values = list->values,
      .timeout_ns = timeout_ns,
   };
   const VkResult result = ops->wait(renderer, &wait);
   if (result == VK_SUCCESS && any)
      return refresh_completed(device, list);
   if (result == VK_SUCCESS) {
      for (uint32_t i = 0; i < list->count; i++)
         vn_queue_set_reached(list->points[i].queue, list->points[i].value);
   }
   return result;
}

/* What a look at all items gave. */
struct look {
   uint32_t done, unknown;
   bool over; /* the condition holds */
};

/* With device->submit_mutex held. */
static struct look
look_at_items(const struct vn_wait *wait, struct wait_list *list)
{
   struct look look = { 0 };

   list->count = 0;
   list->any_fed = list->any_plain = false;
   for (uint32_t i = 0; i < wait->count; i++) {
      struct vn_queue_point point;
      switch (wait->check(wait->items, i, &point)) {
      case VN_WAIT_DONE:
         look.done++;
         break;
      case VN_WAIT_PENDING:
         if (vn_queue_is_plain(point.queue, point.value))
            list->any_plain = true;
         else
            list->any_fed = true;
         add_point(list, &point, wait->any);
         break;
      case VN_WAIT_UNKNOWN:
         look.unknown++;
         break;
      }
   }
   look.over = wait->any ? look.done > 0 : look.done == wait->count;
   return look;
}

static VkResult
ask_host(struct vn_device *device, const struct vn_wait *wait)
{
   for (uint32_t i = 0; i < wait->count; i++) {
      struct vn_queue_point point;
      pthread_mutex_lock(&device->submit_mutex);
      const bool pending =
         wait->check(wait->items, i, &point) == VN_WAIT_PENDING &&
         vn_queue_is_plain(point.queue, point.value);
      pthread_mutex_unlock(&device->submit_mutex);

      const VkResult result =
         pending ? wait->ask(device, wait->items, i) : VK_SUCCESS;
      if (result != VK_SUCCESS)
         return result;
   }
   return VK_SUCCESS;
}

static VkResult
wait_loop(struct vn_device *device,
          const struct vn_wait *wait,
          struct wait_list *list)
{
   const uint64_t start = vn_time_ns();
   const uint64_t deadline = deadline_after(start, wait->timeout_ns);
   const uint64_t yield_until = vn_perf_flags() & VN_PERF_NO_RING_SPIN
                                   ? start
                                   : start + VN_WAIT_YIELD_NS;
   uint64_t slice_ns = FIRST_SLICE_NS;
   bool refreshed = false;

   while (true) {
      VkResult result;

      pthread_mutex_lock(&device->submit_mutex);
      const struct look look = look_at_items(wait, list);
      if (look.over) {
         pthread_mutex_unlock(&device->submit_mutex);
         return VK_SUCCESS;
      }

      const uint64_t now = vn_time_ns();
      const bool expired = now >= deadline;

      /* nothing that is submitted can satisfy this wait */
      if (!list->count || (!wait->any && look.unknown)) {
         if (!expired) {
            wait_for_submission(device,
                                VN_MIN(deadline, now + LIVENESS_SLICE_NS));
         }
         pthread_mutex_unlock(&device->submit_mutex);

         result = vn_wait_look_for_life(device, expired ? 0 : start);
         if (result != VK_SUCCESS)
            return result;
         if (expired)
            return VK_TIMEOUT;
         continue;
      }
      pthread_mutex_unlock(&device->submit_mutex);

      if (expired) {
         /* "If timeout is zero, vkWaitForFences does not wait, but simply
          * returns the current state": ask once before giving up
          */
         if (refreshed || !list->any_plain) {
            /* whoever polls has no other way to learn of a loss */
            result = vn_wait_look_for_life(device, 0);
            return result == VK_SUCCESS ? VK_TIMEOUT : result;
         }
         result = refresh_completed(device, list);
         if (result != VK_SUCCESS)
            return result;
         refreshed = true;
         continue;
      }

      if (list->any_fed && now < yield_until) {
         sched_yield();
         continue;
      }

      uint64_t sleep_ns = VN_MIN(deadline - now, slice_ns);
      if (wait->any && look.unknown)
         sleep_ns = VN_MIN(sleep_ns, MIXED_SLICE_NS);
      result = sleep_on_alarms(device, list, wait->any, sleep_ns);
      /* the transport counts silence within one sleep only */
      if (result == VK_TIMEOUT) {
         result = vn_wait_look_for_life(device, start);
         if (result == VK_SUCCESS && list->any_plain)
            result = ask_host(device, wait);
      }
      if (result != VK_SUCCESS && result != VK_TIMEOUT)
         return result;
      slice_ns = VN_MIN(slice_ns * 2, LIVENESS_SLICE_NS);
   }
}

VkResult
vn_wait(struct vn_device *device, const struct vn_wait *wait)
{
   if (vn_ring_is_lost(device->dispatch.ring))
      return VK_ERROR_DEVICE_LOST;

   /* no more points than queues, and no more than items */
   const uint32_t max = VN_MIN(wait->count, device->queue_count);
   const size_t point_size = sizeof(struct vn_queue_point) +
                             sizeof(struct vn_renderer_sync *) +
                             sizeof(uint64_t);
   uint64_t stack[128];
   uint8_t *storage = (uint8_t *)stack;
   void *heap = NULL;
   if (max * point_size > sizeof(stack)) {
      heap = vn_alloc_scratch(&device->alloc, max * point_size);
      if (!heap)
         return VK_ERROR_OUT_OF_HOST_MEMORY;
      storage = heap;
   }

   struct wait_list list;
   list.points = (void *)storage;
   list.values = (void *)(list.points + max);
   list.syncs = (void *)(list.values + max);

   const VkResult result = wait_loop(device, wait, &list);
   vn_free_scratch(&device->alloc, heap);
   return result;
}
