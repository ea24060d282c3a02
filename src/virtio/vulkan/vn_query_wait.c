/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See vn_query_wait.h.
 */

#include "vn_query_wait.h"

#include "vn_queue.h"
#include "vn_wait.h"

/* How long to sleep for a result that is not there, at first and at most. */
#define FIRST_SLEEP_NS (VN_NSEC_PER_SEC / 1000)
#define MAX_SLEEP_NS   (VN_NSEC_PER_SEC / 4)

/*
 * Puts a transport fence behind everything that was sent to the queues and
 * sleeps until all have retired, but not longer than sleep_ns: what comes
 * after the query may take long, or depend on the caller.
 */
static VkResult
sleep_until_idle(struct vn_device *device, uint64_t sleep_ns)
{
   struct vn_renderer *renderer;
   const struct vn_renderer_ops *ops =
      vn_device_renderer_ops(device, &renderer);
   const uint32_t seqno = vn_ring_last_seqno(device->dispatch.ring);
   /* a transport has no more timelines */
   struct vn_renderer_sync *syncs[VN_RENDERER_MAX_TIMELINES];
   uint64_t values[VN_RENDERER_MAX_TIMELINES];
   VkResult result = VK_SUCCESS;
   uint32_t count = 0;

   for (uint32_t i = 0; i < device->queue_count && result == VK_SUCCESS;
        i++) {
      result = ops->sync_create(renderer, 0, &syncs[count]);
      if (result != VK_SUCCESS)
         break;
      values[count++] = 1;
      result = vn_ring_submit_fence(device->dispatch.ring, seqno,
                                    device->queues[i].ring_idx,
                                    syncs[count - 1], 1);
   }
   if (result == VK_SUCCESS) {
      const struct vn_renderer_wait wait = {
         .count = count,
         .syncs = syncs,
         .values = values,
         .timeout_ns = sleep_ns,
      };
      result = ops->wait(renderer, &wait);
   }
   while (count)
      ops->sync_destroy(renderer, syncs[--count]);
   return result;
}

/*
 * lavapipe waits for an idle device before it looks at any query, whatever
 * the flags are. Natively that blocks the caller, here it would block all.
 */
static bool
host_waits_for_idle(const struct vn_device *device)
{
   return strstr(device->physical_device->properties.deviceName, "llvmpipe");
}

static bool
is_known_idle(struct vn_device *device)
{
   bool idle = true;

   pthread_mutex_lock(&device->submit_mutex);
   for (uint32_t i = 0; i < device->queue_count && idle; i++) {
      struct vn_queue *queue = &device->queues[i];
      idle = !queue->untracked && vn_queue_reached(queue, queue->submitted);
   }
   pthread_mutex_unlock(&device->submit_mutex);
   return idle;
}

VkResult
vn_query_prepare_host(struct vn_device *device, uint64_t start_ns)
{
   if (!host_waits_for_idle(device) || is_known_idle(device))
      return VK_SUCCESS;

   VkResult result;
   while ((result = sleep_until_idle(device, MAX_SLEEP_NS)) == VK_TIMEOUT) {
      result = vn_wait_look_for_life(device, start_ns);
      if (result != VK_SUCCESS)
         return result;
   }
   return result;
}

VkResult
vn_query_sleep(struct vn_device *device, uint64_t start_ns, uint32_t turn)
{
   const uint64_t sleep_ns =
      VN_MIN(FIRST_SLEEP_NS << VN_MIN(turn, 16u), MAX_SLEEP_NS);
   const VkResult result = sleep_until_idle(device, sleep_ns);
   if (result != VK_SUCCESS && result != VK_TIMEOUT)
      return result;
   if (result == VK_SUCCESS && turn > 0)
      vn_wait_for_submission(device, sleep_ns);
   return vn_wait_look_for_life(device, start_ns);
}
