/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See vn_virtgpu_timeline.h.
 */

#include "vn_virtgpu_timeline.h"

#include <poll.h>

VkResult
vn_virtgpu_fence_create(struct vn_virtgpu_fence **fence_out)
{
   struct vn_virtgpu_fence *fence = calloc(1, sizeof(*fence));
   if (!fence)
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   fence->refcount = 1;
   fence->fd = -1;
   *fence_out = fence;
   return VK_SUCCESS;
}

void
vn_virtgpu_fence_unref(struct vn_virtgpu_fence *fence)
{
   if (--fence->refcount)
      return;
   u_fd_close(&fence->fd);
   free(fence);
}

static bool
has_signalled(int fd)
{
   struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
   int ret;
   do {
      ret = poll(&poll_fd, 1, 0);
   } while (ret < 0 && errno == EINTR);
   return ret > 0;
}

void
vn_virtgpu_timeline_raise(struct vn_virtgpu_timeline *timeline,
                          uint64_t value)
{
   timeline->reached = VN_MAX(timeline->reached, value);

   uint32_t passed = 0;
   while (passed < timeline->count &&
          timeline->steps[passed].value <= timeline->reached)
      vn_virtgpu_fence_unref(timeline->steps[passed++].fence);
   if (!passed)
      return;
   timeline->count -= passed;
   memmove(timeline->steps, timeline->steps + passed,
           timeline->count * sizeof(*timeline->steps));
}

/* Fences of one timeline signal in order, those of several need not. */
void
vn_virtgpu_timeline_refresh(struct vn_virtgpu_timeline *timeline)
{
   for (uint32_t i = timeline->count; i > 0; i--) {
      if (has_signalled(timeline->steps[i - 1].fence->fd)) {
         vn_virtgpu_timeline_raise(timeline, timeline->steps[i - 1].value);
         return;
      }
   }
}

bool
vn_virtgpu_timeline_promise(struct vn_virtgpu_timeline *timeline)
{
   if (timeline->count + timeline->promised >= timeline->capacity) {
      const uint32_t capacity = VN_MAX(timeline->capacity * 2, 4u);
      struct vn_virtgpu_step *steps =
         realloc(timeline->steps, capacity * sizeof(*steps));
      if (!steps)
         return false;
      timeline->steps = steps;
      timeline->capacity = capacity;
   }
   timeline->promised++;
   return true;
}

void
vn_virtgpu_timeline_add(struct vn_virtgpu_timeline *timeline,
                        uint64_t value,
                        struct vn_virtgpu_fence *fence)
{
   timeline->promised--;
   if (value <= timeline->reached) {
      vn_virtgpu_fence_unref(fence);
      return;
   }
   uint32_t i = timeline->count++;
   for (; i > 0 && timeline->steps[i - 1].value > value; i--)
      timeline->steps[i] = timeline->steps[i - 1];
   timeline->steps[i] = (struct vn_virtgpu_step){ value, fence };
}

struct vn_virtgpu_fence *
vn_virtgpu_timeline_find(const struct vn_virtgpu_timeline *timeline,
                         uint64_t value)
{
   for (uint32_t i = 0; i < timeline->count; i++) {
      if (timeline->steps[i].value >= value)
         return timeline->steps[i].fence;
   }
   return NULL;
}
