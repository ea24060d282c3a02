/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Timelines made of sync_files. The kernel gives a sync_file for a
 * submission; a sync is the value that it has reached and the files that
 * will take it further. Kernel timelines (syncobj) would need 6.6.
 *
 * A file that is being polled must stay open although another thread finds
 * out that it has signalled, so each is counted.
 */

#include "vn_virtgpu.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <xf86drm.h>

/* Items of a wait that need no memory from the heap. */
#define FEW 8

/* A sync_file. refcount is guarded by gpu->sync_mutex. */
struct fence {
   uint32_t refcount;
   int fd; /* owned */
};

/* The sync reaches the value, if it has not yet, when the fence signals. */
struct step {
   uint64_t value;
   struct fence *fence; /* one reference */
};

/* Everything is guarded by gpu->sync_mutex. */
struct sync {
   struct vn_renderer_sync base;
   uint64_t reached;
   uint32_t count, capacity;
   uint32_t promised;  /* steps that are about to be added */
   struct step *steps; /* owned; rising values, all above reached */
};

/* Of a thread that waits for a value that nobody has submitted yet. */
struct waiter {
   struct u_list link; /* vn_virtgpu's waiters */
   int fd;             /* an eventfd, owned: something was submitted */
};

static struct sync *
get_sync(struct vn_renderer_sync *sync)
{
   return (struct sync *)sync;
}

/* With sync_mutex held, as all the static functions down to wake_waiters. */
static void
fence_unref(struct fence *fence)
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

static void
raise_to(struct sync *sync, uint64_t value)
{
   sync->reached = VN_MAX(sync->reached, value);

   uint32_t passed = 0;
   while (passed < sync->count && sync->steps[passed].value <= sync->reached)
      fence_unref(sync->steps[passed++].fence);
   if (!passed)
      return;
   sync->count -= passed;
   memmove(sync->steps, sync->steps + passed,
           sync->count * sizeof(*sync->steps));
}

/* Fences of one timeline signal in order, those of several need not. */
static void
refresh(struct sync *sync)
{
   for (uint32_t i = sync->count; i > 0; i--) {
      if (has_signalled(sync->steps[i - 1].fence->fd)) {
         raise_to(sync, sync->steps[i - 1].value);
         return;
      }
   }
}

/* Promises room for one more step, so that add_step cannot fail. */
static bool
promise_step(struct sync *sync)
{
   if (sync->count + sync->promised >= sync->capacity) {
      const uint32_t capacity = VN_MAX(sync->capacity * 2, 4u);
      struct step *steps = realloc(sync->steps, capacity * sizeof(*steps));
      if (!steps)
         return false;
      sync->steps = steps;
      sync->capacity = capacity;
   }
   sync->promised++;
   return true;
}

/* Keeps the promise. Takes the reference. */
static void
add_step(struct sync *sync, uint64_t value, struct fence *fence)
{
   sync->promised--;
   if (value <= sync->reached) {
      fence_unref(fence);
      return;
   }
   uint32_t i = sync->count++;
   for (; i > 0 && sync->steps[i - 1].value > value; i--)
      sync->steps[i] = sync->steps[i - 1];
   sync->steps[i] = (struct step){ value, fence };
}

/* The one that takes the sync to the value, or NULL: not submitted yet. */
static struct fence *
find_fence(const struct sync *sync, uint64_t value)
{
   for (uint32_t i = 0; i < sync->count; i++) {
      if (sync->steps[i].value >= value)
         return sync->steps[i].fence;
   }
   return NULL;
}

static void
wake_waiters(struct vn_virtgpu *gpu)
{
   u_list_for_each_safe (struct waiter, waiter, &gpu->waiters, link) {
      /* it cannot be full: nobody writes anything but these ones */
      const ssize_t ret =
         write(waiter->fd, &(uint64_t){ 1 }, sizeof(uint64_t));
      (void)ret;
   }
}

static VkResult
make_fence(struct fence **fence_out)
{
   struct fence *fence = calloc(1, sizeof(*fence));
   if (!fence)
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   fence->refcount = 1;
   fence->fd = -1;
   *fence_out = fence;
   return VK_SUCCESS;
}

/* Without a lock: the kernel may wait for room in the device's queue. */
static VkResult
execbuffer(struct vn_virtgpu *gpu,
           const struct vn_renderer_submit *submit,
           int *fd_out)
{
   struct virtgpu_execbuffer args = {
      .flags =
         VIRTGPU_EXECBUF_TIMELINE | (fd_out ? VIRTGPU_EXECBUF_FENCE_OUT : 0),
      .size = (uint32_t)submit->size,
      .command = (uintptr_t)submit->cs,
      .fence_fd = -1,
      .ring_idx = submit->ring_idx,
   };
   if (!drmIoctl(gpu->fd, VIRTGPU_IOCTL_EXECBUFFER, &args)) {
      if (!fd_out)
         return VK_SUCCESS;
      if (args.fence_fd < 0)
         return vn_virtgpu_lose(gpu, "a submission got no fence");
      *fd_out = args.fence_fd;
      return VK_SUCCESS;
   }
   return vn_virtgpu_alloc_error(gpu, errno);
}

VkResult
vn_virtgpu_submit(struct vn_renderer *renderer,
                  const struct vn_renderer_submit *submit)
{
   struct vn_virtgpu *gpu = vn_virtgpu_from_renderer(renderer);

   assert(submit->size % 4 == 0);
   assert(submit->ring_idx < renderer->info.timeline_count);

   if (vn_virtgpu_is_lost(gpu))
      return VK_ERROR_DEVICE_LOST;
   if (submit->size > UINT32_MAX)
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   if (!submit->has_fence)
      return submit->size ? execbuffer(gpu, submit, NULL) : VK_SUCCESS;

   struct sync *sync = get_sync(submit->sync);
   struct fence *fence;
   VkResult result = make_fence(&fence);
   if (result != VK_SUCCESS)
      return result;

   /* first what can fail: a submission cannot be taken back */
   pthread_mutex_lock(&gpu->sync_mutex);
   const bool promised = promise_step(sync);
   pthread_mutex_unlock(&gpu->sync_mutex);

   result = promised ? execbuffer(gpu, submit, &fence->fd)
                     : VK_ERROR_OUT_OF_HOST_MEMORY;

   pthread_mutex_lock(&gpu->sync_mutex);
   if (result == VK_SUCCESS) {
      add_step(sync, submit->value, fence);
      wake_waiters(gpu);
   } else {
      sync->promised -= promised;
      fence_unref(fence);
   }
   pthread_mutex_unlock(&gpu->sync_mutex);
   return result;
}

VkResult
vn_virtgpu_sync_create(struct vn_renderer *renderer,
                       uint64_t value,
                       struct vn_renderer_sync **sync_out)
{
   if (vn_virtgpu_is_lost(vn_virtgpu_from_renderer(renderer)))
      return VK_ERROR_DEVICE_LOST;

   struct sync *sync = calloc(1, sizeof(*sync));
   if (!sync)
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   sync->reached = value;
   *sync_out = &sync->base;
   return VK_SUCCESS;
}

void
vn_virtgpu_sync_destroy(struct vn_renderer *renderer,
                        struct vn_renderer_sync *base)
{
   struct vn_virtgpu *gpu = vn_virtgpu_from_renderer(renderer);
   if (!base)
      return;

   struct sync *sync = get_sync(base);
   pthread_mutex_lock(&gpu->sync_mutex);
   raise_to(sync, UINT64_MAX);
   pthread_mutex_unlock(&gpu->sync_mutex);
   free(sync->steps);
   free(sync);
}

VkResult
vn_virtgpu_sync_read(struct vn_renderer *renderer,
                     struct vn_renderer_sync *base,
                     uint64_t *value_out)
{
   struct vn_virtgpu *gpu = vn_virtgpu_from_renderer(renderer);
   struct sync *sync = get_sync(base);

   if (vn_virtgpu_is_lost(gpu))
      return VK_ERROR_DEVICE_LOST;

   pthread_mutex_lock(&gpu->sync_mutex);
   refresh(sync);
   *value_out = sync->reached;
   pthread_mutex_unlock(&gpu->sync_mutex);
   return VK_SUCCESS;
}

VkResult
vn_virtgpu_sync_write(struct vn_renderer *renderer,
                      struct vn_renderer_sync *sync,
                      uint64_t value)
{
   struct vn_virtgpu *gpu = vn_virtgpu_from_renderer(renderer);

   if (vn_virtgpu_is_lost(gpu))
      return VK_ERROR_DEVICE_LOST;

   pthread_mutex_lock(&gpu->sync_mutex);
   raise_to(get_sync(sync), value);
   wake_waiters(gpu);
   pthread_mutex_unlock(&gpu->sync_mutex);
   return VK_SUCCESS;
}

VkResult
vn_virtgpu_sync_export_file(struct vn_renderer *renderer,
                            struct vn_renderer_sync *base,
                            uint64_t value,
                            int *fd_out)
{
   struct vn_virtgpu *gpu = vn_virtgpu_from_renderer(renderer);
   struct sync *sync = get_sync(base);
   VkResult result = VK_SUCCESS;

   if (vn_virtgpu_is_lost(gpu))
      return VK_ERROR_DEVICE_LOST;

   pthread_mutex_lock(&gpu->sync_mutex);
   refresh(sync);
   if (value <= sync->reached) {
      *fd_out = -1;
   } else {
      const struct fence *fence = find_fence(sync, value);
      assert(fence); /* submitted before, says the seam */
      *fd_out = u_fd_dup_cloexec(fence->fd);
      if (*fd_out < 0)
         result = VK_ERROR_TOO_MANY_OBJECTS;
   }
   pthread_mutex_unlock(&gpu->sync_mutex);
   return result;
}

VkResult
vn_virtgpu_sync_import_file(struct vn_renderer *renderer,
                            struct vn_renderer_sync *base,
                            uint64_t value,
                            int fd)
{
   struct vn_virtgpu *gpu = vn_virtgpu_from_renderer(renderer);
   struct sync *sync = get_sync(base);

   if (vn_virtgpu_is_lost(gpu))
      return VK_ERROR_DEVICE_LOST;

   struct fence *fence;
   VkResult result = make_fence(&fence);
   if (result != VK_SUCCESS)
      return result;

   pthread_mutex_lock(&gpu->sync_mutex);
   if (promise_step(sync)) {
      fence->fd = fd;
      add_step(sync, value, fence);
      wake_waiters(gpu);
   } else {
      result = VK_ERROR_OUT_OF_HOST_MEMORY;
      fence_unref(fence);
   }
   pthread_mutex_unlock(&gpu->sync_mutex);
   return result;
}

/* ---- waiting ------------------------------------------------------------ */

/* What a look at the syncs of a wait gave. */
struct look {
   bool over;      /* the condition holds */
   bool unknown;   /* a value is waited for that nobody has submitted */
   uint32_t count; /* fences to sleep on, each with a reference */
};

/* With sync_mutex held. */
static struct look
look_at_syncs(const struct vn_renderer_wait *wait,
              struct fence **fences,
              struct pollfd *fds)
{
   struct look look = { 0 };
   uint32_t reached = 0;

   for (uint32_t i = 0; i < wait->count; i++) {
      struct sync *sync = get_sync(wait->syncs[i]);
      if (sync->reached < wait->values[i])
         refresh(sync);
      if (sync->reached >= wait->values[i])
         reached++;
   }
   look.over =
      wait->any && wait->count ? reached > 0 : reached == wait->count;
   if (look.over || !fences)
      return look;

   for (uint32_t i = 0; i < wait->count; i++) {
      struct sync *sync = get_sync(wait->syncs[i]);
      if (sync->reached >= wait->values[i])
         continue;
      struct fence *fence = find_fence(sync, wait->values[i]);
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
          struct fence **fences,
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
         fence_unref(fences[i]);
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

   struct fence *few_fences[FEW];
   struct pollfd few_fds[FEW + 1];
   struct fence **fences = few_fences;
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
