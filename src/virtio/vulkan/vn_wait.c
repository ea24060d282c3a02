/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See vn_wait.h. Each turn of the loop looks at all items under the lock,
 * then sleeps, without it, on what the unfinished ones need.
 */

#include "vn_wait.h"

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
   struct vn_wait_point *points;    /* one per queue that is waited for */
   struct vn_renderer_sync **syncs; /* their syncs and values, as the */
   uint64_t *values;                /* transport wants them */
};

static uint64_t
deadline_after(uint64_t timeout_ns)
{
   uint64_t deadline;
   return u_add_u64(vn_time_ns(), timeout_ns, &deadline) ? deadline
                                                         : UINT64_MAX;
}

/* One point per queue suffices: the latest for all, the earliest for any. */
static void
add_point(struct wait_list *list, const struct vn_wait_point *point, bool any)
{
   for (uint32_t i = 0; i < list->count; i++) {
      struct vn_wait_point *have = &list->points[i];
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

      pthread_mutex_lock(&device->submit_mutex);
      /* a server that lies ahead is not believed beyond what was sent */
      value = VN_MIN(value, queue->submitted);
      queue->completed = VN_MAX(queue->completed, value);
      pthread_mutex_unlock(&device->submit_mutex);
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

static VkResult
wait_for_points(struct vn_device *device,
                struct wait_list *list,
                bool any,
                uint64_t timeout_ns)
{
   struct vn_renderer *renderer;
   const struct vn_renderer_ops *ops =
      vn_device_renderer_ops(device, &renderer);

   for (uint32_t i = 0; i < list->count; i++) {
      list->syncs[i] = list->points[i].queue->sync;
      list->values[i] = list->points[i].value;
   }
   const struct vn_renderer_wait wait = {
      .any = any,
      .count = list->count,
      .syncs = list->syncs,
      .values = list->values,
      .timeout_ns = timeout_ns,
   };
   return ops->wait(renderer, &wait);
}

static VkResult
wait_loop(struct vn_device *device,
          vn_wait_check check,
          const void *items,
          uint32_t count,
          bool any,
          uint64_t timeout_ns,
          struct wait_list *list)
{
   const uint64_t start = vn_time_ns();
   const uint64_t deadline = deadline_after(timeout_ns);
   bool refreshed = false;

   while (true) {
      uint32_t done = 0, unknown = 0;
      list->count = 0;

      pthread_mutex_lock(&device->submit_mutex);
      for (uint32_t i = 0; i < count; i++) {
         struct vn_wait_point point;
         switch (check(items, i, &point)) {
         case VN_WAIT_DONE:
            done++;
            break;
         case VN_WAIT_PENDING:
            add_point(list, &point, any);
            break;
         case VN_WAIT_UNKNOWN:
            unknown++;
            break;
         }
      }
      if (any ? done > 0 : done == count) {
         pthread_mutex_unlock(&device->submit_mutex);
         return VK_SUCCESS;
      }

      const uint64_t now = vn_time_ns();
      const bool expired = now >= deadline;

      /* nothing that is submitted can satisfy this wait */
      if (!list->count || (!any && unknown)) {
         if (expired) {
            pthread_mutex_unlock(&device->submit_mutex);
            return VK_TIMEOUT;
         }
         wait_for_submission(device,
                             VN_MIN(deadline, now + LIVENESS_SLICE_NS));
         pthread_mutex_unlock(&device->submit_mutex);

         struct vn_renderer *renderer =
            vn_ring_renderer(device->dispatch.ring);
         if (renderer->watchdog(renderer->watchdog_data, start))
            return VK_ERROR_DEVICE_LOST;
         continue;
      }
      pthread_mutex_unlock(&device->submit_mutex);

      if (expired) {
         if (refreshed)
            return VK_TIMEOUT;
         /* "If timeout is zero, vkWaitForFences does not wait, but simply
          * returns the current state": ask once before giving up
          */
         const VkResult result = refresh_completed(device, list);
         if (result != VK_SUCCESS)
            return result;
         refreshed = true;
         continue;
      }

      uint64_t sleep_ns =
         deadline == UINT64_MAX ? UINT64_MAX : deadline - now;
      if (any && unknown)
         sleep_ns = VN_MIN(sleep_ns, MIXED_SLICE_NS);

      VkResult result = wait_for_points(device, list, any, sleep_ns);
      if (result == VK_SUCCESS && !any) {
         pthread_mutex_lock(&device->submit_mutex);
         for (uint32_t i = 0; i < list->count; i++) {
            const struct vn_wait_point *point = &list->points[i];
            point->queue->completed =
               VN_MAX(point->queue->completed, point->value);
         }
         pthread_mutex_unlock(&device->submit_mutex);
      } else if (result == VK_SUCCESS) {
         result = refresh_completed(device, list);
      }
      if (result != VK_SUCCESS && result != VK_TIMEOUT)
         return result;
   }
}

VkResult
vn_wait(struct vn_device *device,
        vn_wait_check check,
        const void *items,
        uint32_t count,
        bool any,
        uint64_t timeout_ns)
{
   if (vn_ring_is_lost(device->dispatch.ring))
      return VK_ERROR_DEVICE_LOST;

   /* no more points than queues, and no more than items */
   const uint32_t max = VN_MIN(count, device->queue_count);
   const size_t point_size = sizeof(struct vn_wait_point) +
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

   const VkResult result =
      wait_loop(device, check, items, count, any, timeout_ns, &list);
   vn_free_scratch(&device->alloc, heap);
   return result;
}
