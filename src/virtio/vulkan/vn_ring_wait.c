/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The ring's waiting side: what has been executed, sleeping until it has,
 * and finding out that it never will. A wait first yields a few times, as
 * most commands take microseconds; then it has the renderer put a fence
 * behind the seqno and sleeps in the transport. Nothing here polls with
 * short pauses.
 */

#include "vn_ring_private.h"

#include <sched.h>

#include "vn_protocol.h"

/*
 * How long a wait yields before it goes to sleep: as long as sleeping costs.
 * Over vtest to virglrenderer 1.1 a wait that sleeps at once takes 105 us
 * (median) for a command that takes 3 us with yielding. So whatever a command
 * takes, its wait takes at most twice the better of the two.
 */
#define YIELD_NS UINT64_C(100000)

/*
 * Fences of one wait that may retire too early before the renderer counts as
 * broken. The first may be one that was found and too old.
 */
#define MAX_EARLY_FENCES 8

/* How long a wait relies on its fence alone. */
#define LOOK_UP_NS (VN_NSEC_PER_SEC / 2)

/*
 * Looks at ALIVE that lie further apart than this say nothing about the time
 * between them: nobody waited, or this process was stopped.
 */
#define MAX_CHECK_GAP_NS VN_NSEC_PER_SEC

bool
vn_ring_is_lost(struct vn_ring *ring)
{
   /* relaxed: flags that guard nothing */
   return atomic_load_explicit(&ring->lost, memory_order_relaxed) ||
          atomic_load_explicit(&ring->renderer->lost, memory_order_relaxed);
}

void
vn_ring_set_lost(struct vn_ring *ring, const char *why)
{
   atomic_store_explicit(&ring->lost, true, memory_order_relaxed);
   if (!atomic_exchange_explicit(&ring->renderer->lost, true,
                                 memory_order_relaxed))
      u_log(&vn_log_state,
            ring->renderer->expendable ? U_LOG_DEBUG : U_LOG_ERROR,
            "ring: renderer lost: %s", why);
}

uint32_t
vn_ring_last_seqno(struct vn_ring *ring)
{
   /* acquire: with the release in vn_ring_put */
   return atomic_load_explicit(&ring->published, memory_order_acquire);
}

/*
 * A seqno is outstanding if it lies in (head, tail]. The tail is read first;
 * it is at least seqno, as the caller has that from a submission. If the
 * head is then ahead of it, others have submitted and been served meanwhile.
 * Any seqno however old is judged rightly, but for those exactly 4 GiB back
 * and within the present (head, tail]: they count as outstanding for a bit.
 */
static bool
passed(uint32_t head, uint32_t tail, uint32_t seqno)
{
   const int32_t outstanding = (int32_t)(tail - head);
   return outstanding <= 0 || tail - seqno >= (uint32_t)outstanding;
}

bool
vn_ring_seqno_passed(struct vn_ring *ring, uint32_t seqno)
{
   const uint32_t tail = vn_ring_last_seqno(ring);
   /* acquire: with the renderer's release of the head behind a command, so
    * that the reply is seen
    */
   const uint32_t head =
      atomic_load_explicit(ring->head, memory_order_acquire);
   return passed(head, tail, seqno);
}

/*
 * For a waiter that was told yes: a head that is ahead of everything ever
 * submitted is a lie. The acquire of the head comes after the renderer's
 * release of it, that after its acquire of the tail, and that after the
 * store to `reserved`; so the load of `reserved` here is not too old.
 */
static VkResult
check_head(struct vn_ring *ring)
{
   const uint32_t head =
      atomic_load_explicit(ring->head, memory_order_acquire);
   const uint32_t reserved =
      atomic_load_explicit(&ring->reserved, memory_order_relaxed);
   if ((int32_t)(reserved - head) >= 0)
      return VK_SUCCESS;

   vn_ring_set_lost(ring, "the ring's head is ahead of its tail");
   return VK_ERROR_DEVICE_LOST;
}

bool
vn_ring_watchdog(void *data, uint64_t wait_start_ns)
{
   struct vn_ring *ring = data;

   if (vn_ring_is_lost(ring))
      return true;

   /* relaxed throughout: these words carry no other data with them */
   const uint32_t status = atomic_fetch_and_explicit(
      ring->status, ~(uint32_t)VN_RING_STATUS_ALIVE, memory_order_relaxed);
   if (status & VN_RING_STATUS_FATAL) {
      vn_ring_set_lost(ring, "a command was fatal to its context");
      return true;
   }

   const uint64_t now = vn_time_ns();
   const uint64_t last_check = atomic_exchange_explicit(
      &ring->last_check_ns, now, memory_order_relaxed);
   /* signed: another thread's check may be a bit later than ours */
   const bool gap = (int64_t)(now - last_check) > (int64_t)MAX_CHECK_GAP_NS;
   if ((status & VN_RING_STATUS_ALIVE) || gap) {
      atomic_store_explicit(&ring->silent_since_ns, now,
                            memory_order_relaxed);
      return false;
   }

   const uint64_t silent_since =
      atomic_load_explicit(&ring->silent_since_ns, memory_order_relaxed);
   const uint64_t since = VN_MAX(silent_since, wait_start_ns);
   if ((int64_t)(now - since) <= (int64_t)ring->dead_ns)
      return false;

   vn_ring_set_lost(ring, "it gives no sign of life");
   return true;
}

VkResult
vn_ring_submit_fence(struct vn_ring *ring,
                     uint32_t seqno,
                     uint32_t ring_idx,
                     struct vn_renderer_sync *sync,
                     uint64_t value)
{
   struct vn_ring_encoder encoder;

   if (vn_ring_is_lost(ring))
      return VK_ERROR_DEVICE_LOST;

   vn_ring_encoder_init(&encoder, ring);
   if (!vn_ring_seqno_passed(ring, seqno))
      vn_encode_vkWaitRingSeqnoMESA(&encoder.enc, 0, ring->id, seqno);

   const struct vn_renderer_submit submit = {
      .cs = encoder.storage,
      .size = vn_ring_encoder_size(&encoder),
      .has_fence = sync != NULL,
      .ring_idx = sync ? ring_idx : 0,
      .sync = sync,
      .value = value,
   };
   return ring->renderer->ops->submit(ring->renderer, &submit);
}

/*
 * Finds or makes a fence that retires no earlier than seqno. One that is
 * under way for a later seqno is as good as a new one, as the renderer
 * executes them in order anyway.
 */
static VkResult
get_fence(struct vn_ring *ring,
          uint32_t seqno,
          bool fresh,
          uint64_t *value_out)
{
   VkResult result = VK_SUCCESS;

   pthread_mutex_lock(&ring->wait_mutex);
   /* both lie within the ring, unless wait_seqno is gigabytes old */
   if (fresh || ring->wait_seqno - seqno > ring->buffer_size) {
      result = vn_ring_submit_fence(ring, seqno, 0, ring->wait_sync,
                                    ring->wait_value + 1);
      if (result == VK_SUCCESS) {
         ring->wait_value++;
         ring->wait_seqno = seqno;
      }
   }
   *value_out = ring->wait_value;
   pthread_mutex_unlock(&ring->wait_mutex);
   return result;
}

/*
 * Woken up by the fence. It also looks up twice a second, so that a fence
 * that gets lost, or one that is held up behind another thread's later one,
 * costs no more than that.
 */
static VkResult
wait_asleep(struct vn_ring *ring, uint32_t seqno)
{
   struct vn_renderer *renderer = ring->renderer;
   const uint64_t start = vn_time_ns();

   for (uint32_t i = 0; i < MAX_EARLY_FENCES; i++) {
      uint64_t value;
      VkResult result = get_fence(ring, seqno, i > 0, &value);
      if (result != VK_SUCCESS)
         return result;

      const struct vn_renderer_wait wait = {
         .count = 1,
         .syncs = &ring->wait_sync,
         .values = &value,
         .timeout_ns = LOOK_UP_NS,
      };
      do {
         result = renderer->ops->wait(renderer, &wait);
         if (result != VK_SUCCESS && result != VK_TIMEOUT)
            return result;
         if (vn_ring_seqno_passed(ring, seqno))
            return VK_SUCCESS;
         if (vn_ring_watchdog(ring, start))
            return VK_ERROR_DEVICE_LOST;
      } while (result == VK_TIMEOUT);
   }

   vn_ring_set_lost(ring, "its fences retire before the commands");
   return VK_ERROR_DEVICE_LOST;
}

/* Whether seqno has passed, after a short time. */
static bool
wait_yielding(struct vn_ring *ring, uint32_t seqno)
{
   if (vn_ring_seqno_passed(ring, seqno))
      return true;
   if (vn_perf_flags() & VN_PERF_NO_RING_SPIN)
      return false;

   const uint64_t start = vn_time_ns();
   do {
      sched_yield();
      if (vn_ring_seqno_passed(ring, seqno))
         return true;
   } while (vn_time_ns() - start < YIELD_NS);
   return false;
}

VkResult
vn_ring_wait_seqno(struct vn_ring *ring, uint32_t seqno)
{
   if (vn_ring_is_lost(ring))
      return VK_ERROR_DEVICE_LOST;

   if (!wait_yielding(ring, seqno)) {
      const VkResult result = wait_asleep(ring, seqno);
      if (result != VK_SUCCESS)
         return result;
   }
   return check_head(ring);
}
