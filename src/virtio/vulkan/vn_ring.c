/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The ring's life and its writing side: layout, making it known to the
 * renderer, putting bytes in, waking the renderer up. Waiting is in
 * vn_ring_wait.c, commands are made in vn_ring_cmd.c.
 */

#include "vn_ring_private.h"

#include "vn_protocol.h"

/*
 * Where things lie in the ring's shmem. Head, tail and status have a cache
 * line each, as two processes write them. There is no extra region.
 */
enum ring_layout {
   LAYOUT_HEAD = 0,
   LAYOUT_TAIL = 64,
   LAYOUT_STATUS = 128,
   LAYOUT_BUFFER = 192,
};

#define MIN_BUFFER_SIZE (4u << 10)
#define MAX_BUFFER_SIZE (16u << 20) /* the renderer's limit */

#define REPLY_BLOCK_SIZE  (256u << 10)
#define STREAM_BLOCK_SIZE (1u << 20)

static uint64_t
next_ring_id(void)
{
   static _Atomic uint64_t last_id;
   /* relaxed: only has to differ; 0 means "no ring" to the renderer */
   return atomic_fetch_add_explicit(&last_id, 1, memory_order_relaxed) + 1;
}

/* Submits what is in the encoder and waits until it has been executed. */
static VkResult
execute_and_wait(struct vn_ring *ring, const struct vn_ring_encoder *encoder)
{
   struct vn_renderer *renderer = ring->renderer;
   const uint64_t value = ++ring->wait_value;

   const struct vn_renderer_submit submit = {
      .cs = encoder->storage,
      .size = vn_ring_encoder_size(encoder),
      .has_fence = true,
      .ring_idx = 0,
      .sync = ring->wait_sync,
      .value = value,
   };
   VkResult result = renderer->ops->submit(renderer, &submit);
   if (result != VK_SUCCESS)
      return result;

   const struct vn_renderer_wait wait = {
      .count = 1,
      .syncs = &ring->wait_sync,
      .values = &value,
      .timeout_ns = VN_RING_SETUP_NS,
   };
   return renderer->ops->wait(renderer, &wait);
}

static VkResult
create_on_renderer(struct vn_ring *ring)
{
   const VkRingMonitorInfoMESA monitor_info = {
      .sType = VK_STRUCTURE_TYPE_RING_MONITOR_INFO_MESA,
      .maxReportingPeriodMicroseconds = VN_RING_MONITOR_PERIOD_US,
   };
   const VkRingCreateInfoMESA create_info = {
      .sType = VK_STRUCTURE_TYPE_RING_CREATE_INFO_MESA,
      .pNext = &monitor_info,
      .resourceId = ring->shmem->res_id,
      .size = ring->shmem->size,
      .idleTimeout = VN_RING_IDLE_TIMEOUT_NS,
      .headOffset = LAYOUT_HEAD,
      .tailOffset = LAYOUT_TAIL,
      .statusOffset = LAYOUT_STATUS,
      .bufferOffset = LAYOUT_BUFFER,
      .bufferSize = ring->buffer_size,
      .extraOffset = LAYOUT_BUFFER + ring->buffer_size,
      .extraSize = 0,
   };
   struct vn_ring_encoder encoder;
   vn_ring_encoder_init(&encoder, ring);
   vn_encode_vkCreateRingMESA(&encoder.enc, 0, ring->id, &create_info);

   /*
    * A renderer that does not take the ring stops the context, which would
    * otherwise show seconds later, at the first wait.
    */
   const VkResult result = execute_and_wait(ring, &encoder);
   if (result == VK_TIMEOUT) {
      vn_ring_set_lost(ring, "it did not make the ring in time");
      return VK_ERROR_DEVICE_LOST;
   }
   return result;
}

VkResult
vn_ring_create(struct vn_renderer *renderer,
               const struct vn_protocol_caps *caps,
               size_t buffer_size,
               struct vn_ring **ring_out)
{
   VkResult result;

   assert(u_is_pot_u64(buffer_size) && buffer_size >= MIN_BUFFER_SIZE &&
          buffer_size <= MAX_BUFFER_SIZE);

   struct vn_ring *ring = calloc(1, sizeof(*ring));
   if (!ring)
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   ring->renderer = renderer;
   ring->caps = caps;
   ring->id = next_ring_id();
   ring->buffer_size = (uint32_t)buffer_size;
   ring->dead_ns = VN_RING_DEAD_NS;

   result = renderer->ops->shmem_create(renderer, LAYOUT_BUFFER + buffer_size,
                                        &ring->shmem);
   if (result != VK_SUCCESS)
      goto fail_alloc;

   uint8_t *map = ring->shmem->map;
   memset(map, 0, LAYOUT_BUFFER);
   ring->head = (_Atomic uint32_t *)(map + LAYOUT_HEAD);
   ring->tail = (_Atomic uint32_t *)(map + LAYOUT_TAIL);
   ring->status = (_Atomic uint32_t *)(map + LAYOUT_STATUS);
   ring->buffer = map + LAYOUT_BUFFER;

   result = renderer->ops->sync_create(renderer, 0, &ring->wait_sync);
   if (result != VK_SUCCESS)
      goto fail_shmem;

   result = create_on_renderer(ring);
   if (result != VK_SUCCESS)
      goto fail_sync;

   pthread_mutex_init(&ring->mutex, NULL);
   pthread_mutex_init(&ring->wait_mutex, NULL);
   vn_shmem_pool_init(&ring->reply_pool, renderer, ring, REPLY_BLOCK_SIZE);
   vn_shmem_pool_init(&ring->stream_pool, renderer, ring, STREAM_BLOCK_SIZE);

   /* relaxed: no other thread knows the ring yet */
   atomic_store_explicit(&ring->silent_since_ns, vn_time_ns(),
                         memory_order_relaxed);
   if (!renderer->watchdog) {
      renderer->watchdog_data = ring;
      renderer->watchdog = vn_ring_watchdog;
   }

   *ring_out = ring;
   return VK_SUCCESS;

fail_sync:
   renderer->ops->sync_destroy(renderer, ring->wait_sync);
fail_shmem:
   renderer->ops->shmem_destroy(renderer, ring->shmem);
fail_alloc:
   free(ring);
   return result;
}

/*
 * The renderer drops what it has not taken from the ring yet, so that has to
 * be empty first; and it ends the context when the shmem of a live ring goes
 * away, so the end of the ring has to be certain before that.
 */
static void
destroy_on_renderer(struct vn_ring *ring)
{
   if (vn_ring_wait_seqno(ring, ring->cur) != VK_SUCCESS) {
      vn_ring_set_lost(ring, "its ring cannot be drained");
      return;
   }

   struct vn_ring_encoder encoder;
   vn_ring_encoder_init(&encoder, ring);
   vn_encode_vkDestroyRingMESA(&encoder.enc, 0, ring->id);
   if (execute_and_wait(ring, &encoder) != VK_SUCCESS)
      vn_ring_set_lost(ring, "it did not remove the ring in time");
}

void
vn_ring_destroy(struct vn_ring *ring)
{
   if (!ring)
      return;
   struct vn_renderer *renderer = ring->renderer;

   destroy_on_renderer(ring);
   if (renderer->watchdog_data == ring) {
      renderer->watchdog = NULL;
      renderer->watchdog_data = NULL;
   }

   vn_shmem_pool_finish(&ring->stream_pool);
   vn_shmem_pool_finish(&ring->reply_pool);
   renderer->ops->sync_destroy(renderer, ring->wait_sync);
   renderer->ops->shmem_destroy(renderer, ring->shmem);
   pthread_mutex_destroy(&ring->wait_mutex);
   pthread_mutex_destroy(&ring->mutex);
   free(ring);
}

struct vn_renderer *
vn_ring_renderer(struct vn_ring *ring)
{
   return ring->renderer;
}

const struct vn_protocol_caps *
vn_ring_caps(struct vn_ring *ring)
{
   return ring->caps;
}

struct vn_shmem_pool *
vn_ring_stream_pool(struct vn_ring *ring)
{
   return &ring->stream_pool;
}

size_t
vn_ring_direct_limit(const struct vn_ring *ring)
{
   return ring->buffer_size / VN_RING_DIRECT_DIVISOR;
}

static bool
has_space(const struct vn_ring *ring, uint32_t size)
{
   return ring->buffer_size - (ring->cur - ring->head_seen) >= size;
}

/*
 * Acquire: pairs with the renderer's release of the head after it has read
 * the bytes in front of it, which may be overwritten from here on.
 */
static VkResult
look_at_head(struct vn_ring *ring)
{
   const uint32_t head =
      atomic_load_explicit(ring->head, memory_order_acquire);
   if (ring->cur - head > ring->buffer_size) {
      vn_ring_set_lost(ring, "the ring's head is out of range");
      return VK_ERROR_DEVICE_LOST;
   }
   ring->head_seen = head;
   return VK_SUCCESS;
}

static VkResult
make_space(struct vn_ring *ring, uint32_t size)
{
   VkResult result = look_at_head(ring);
   if (result != VK_SUCCESS || has_space(ring, size))
      return result;

   /*
    * For half of the ring at least: the next ones shall not have to wait,
    * for a few bytes each, as well. Never beyond cur, the published tail.
    */
   const uint32_t kept =
      VN_MIN(ring->buffer_size - size, ring->buffer_size / 2);
   result = vn_ring_wait_seqno(ring, ring->cur - kept);
   if (result == VK_SUCCESS)
      result = look_at_head(ring);
   if (result == VK_SUCCESS && !has_space(ring, size)) {
      vn_ring_set_lost(ring, "the ring's head went back");
      result = VK_ERROR_DEVICE_LOST;
   }
   return result;
}

static void
copy_in(struct vn_ring *ring, const void *data, size_t size)
{
   const size_t pos = ring->cur & (ring->buffer_size - 1);
   const size_t first = VN_MIN(size, ring->buffer_size - pos);
   memcpy(ring->buffer + pos, data, first);
   if (__builtin_expect(first < size, 0))
      memcpy(ring->buffer, (const uint8_t *)data + first, size - first);
   ring->cur += (uint32_t)size;
}

/*
 * Called after IDLE was seen behind a new tail. The renderer, once woken,
 * stays awake for its idle timeout. So after a notification at time t (a
 * time at which the ring was still idle), whatever is in the ring before
 * t + timeout will be seen without another one; half of that leaves room for
 * clocks that disagree. Most of a burst on a sleeping ring is spared its
 * notifications that way.
 */
static VkResult
notify(struct vn_ring *ring, uint32_t seqno)
{
   const uint64_t now = vn_time_ns();
   /* relaxed: see below; an old value costs a notification too many */
   const uint64_t last =
      atomic_load_explicit(&ring->notify_ns, memory_order_relaxed);
   if (last && now - last < VN_RING_IDLE_TIMEOUT_NS / 2)
      return VK_SUCCESS;

   /*
    * Was it idle at `now`? If not, it has been woken up after the tail was
    * stored. seq_cst as in vn_ring_put.
    */
   if (!(atomic_load_explicit(ring->status, memory_order_seq_cst) &
         VN_RING_STATUS_IDLE))
      return VK_SUCCESS;
   /* relaxed: whoever skips relies on the transport, where it is certain to
    * be sent or to fail for good, not on this store
    */
   atomic_store_explicit(&ring->notify_ns, now, memory_order_relaxed);

   struct vn_ring_encoder encoder;
   vn_ring_encoder_init(&encoder, ring);
   vn_encode_vkNotifyRingMESA(&encoder.enc, 0, ring->id, seqno, 0);
   const struct vn_renderer_submit submit = {
      .cs = encoder.storage,
      .size = vn_ring_encoder_size(&encoder),
   };
   return ring->renderer->ops->submit(ring->renderer, &submit);
}

VkResult
vn_ring_put(struct vn_ring *ring,
            const struct vn_ring_piece *pieces,
            uint32_t count,
            uint32_t *seqno_out)
{
   size_t size = 0;
   for (uint32_t i = 0; i < count; i++) {
      assert(pieces[i].size % 4 == 0);
      size += pieces[i].size;
   }
   assert(size && size <= ring->buffer_size);

   pthread_mutex_lock(&ring->mutex);
   VkResult result =
      vn_ring_is_lost(ring) ? VK_ERROR_DEVICE_LOST : VK_SUCCESS;
   if (result == VK_SUCCESS && !has_space(ring, (uint32_t)size))
      result = make_space(ring, (uint32_t)size);
   if (result != VK_SUCCESS) {
      pthread_mutex_unlock(&ring->mutex);
      return result;
   }

   for (uint32_t i = 0; i < count; i++)
      copy_in(ring, pieces[i].data, pieces[i].size);
   const uint32_t seqno = ring->cur;

   /* relaxed: ordered by the store to the tail, see check_head */
   atomic_store_explicit(&ring->reserved, seqno, memory_order_relaxed);
   /*
    * The tail before the status, both seq_cst: the renderer sets IDLE and
    * then looks at the tail, so at least one of us sees the other. As a
    * release it pairs with the renderer's acquire of the tail.
    */
   atomic_store_explicit(ring->tail, seqno, memory_order_seq_cst);
   const uint32_t status =
      atomic_load_explicit(ring->status, memory_order_seq_cst);
   /* release: with the acquire in vn_ring_last_seqno, so that whoever has
    * the seqno from there waits for a tail that is stored
    */
   atomic_store_explicit(&ring->published, seqno, memory_order_release);
   pthread_mutex_unlock(&ring->mutex);

   if (status & VN_RING_STATUS_FATAL) {
      vn_ring_set_lost(ring, "a command was fatal to its context");
      return VK_ERROR_DEVICE_LOST;
   }
   *seqno_out = seqno;
   return status & VN_RING_STATUS_IDLE ? notify(ring, seqno) : VK_SUCCESS;
}
