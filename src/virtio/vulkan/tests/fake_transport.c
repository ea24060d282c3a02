/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 */

#include "fake_transport.h"

#define SLICE_NS UINT64_C(50000000)

struct fake_transport {
   struct vn_renderer base;
   struct fake_renderer *peer;
   _Atomic int shmem_left;
   _Atomic uint32_t submit_count;

   pthread_mutex_t mutex;
   void **graveyard; /* memory to free at the end */
   size_t graveyard_count;
};

static struct fake_transport *
get_transport(struct vn_renderer *renderer)
{
   return (struct fake_transport *)renderer;
}

static bool
is_lost(struct vn_renderer *renderer)
{
   return atomic_load_explicit(&renderer->lost, memory_order_relaxed);
}

static VkResult
lose(struct vn_renderer *renderer)
{
   atomic_store_explicit(&renderer->lost, true, memory_order_relaxed);
   return VK_ERROR_DEVICE_LOST;
}

static VkResult
fake_submit(struct vn_renderer *renderer,
            const struct vn_renderer_submit *submit)
{
   struct fake_transport *transport = get_transport(renderer);
   if (is_lost(renderer))
      return VK_ERROR_DEVICE_LOST;
   if (!submit->size && !submit->has_fence)
      return VK_SUCCESS;
   atomic_fetch_add(&transport->submit_count, 1);
   if (!fake_renderer_submit(
          transport->peer, submit->cs, submit->size, submit->has_fence,
          submit->has_fence ? submit->sync->sync_id : 0, submit->value))
      return lose(renderer);
   return VK_SUCCESS;
}

static VkResult
fake_shmem_create(struct vn_renderer *renderer,
                  size_t size,
                  struct vn_renderer_shmem **shmem_out)
{
   struct fake_transport *transport = get_transport(renderer);
   if (is_lost(renderer))
      return VK_ERROR_DEVICE_LOST;
   if (atomic_fetch_sub(&transport->shmem_left, 1) <= 0)
      return VK_ERROR_OUT_OF_DEVICE_MEMORY;

   struct vn_renderer_shmem *shmem = calloc(1, sizeof(*shmem));
   shmem->size = size;
   shmem->map = aligned_alloc(64, (size + 63) & ~(size_t)63);
   memset(shmem->map, 0, size);
   shmem->res_id =
      fake_renderer_add_resource(transport->peer, shmem->map, size);
   *shmem_out = shmem;
   return VK_SUCCESS;
}

static void
fake_shmem_destroy(struct vn_renderer *renderer,
                   struct vn_renderer_shmem *shmem)
{
   struct fake_transport *transport = get_transport(renderer);
   if (is_lost(renderer)) {
      /* as a real transport: nothing is sent any more */
      pthread_mutex_lock(&transport->mutex);
      transport->graveyard =
         realloc(transport->graveyard, (transport->graveyard_count + 1) *
                                          sizeof(*transport->graveyard));
      transport->graveyard[transport->graveyard_count++] = shmem->map;
      pthread_mutex_unlock(&transport->mutex);
   } else {
      fake_renderer_remove_resource(transport->peer, shmem->res_id);
      free(shmem->map);
   }
   free(shmem);
}

static VkResult
fake_sync_create(struct vn_renderer *renderer,
                 uint64_t value,
                 struct vn_renderer_sync **sync_out)
{
   if (is_lost(renderer))
      return VK_ERROR_DEVICE_LOST;
   struct vn_renderer_sync *sync = calloc(1, sizeof(*sync));
   sync->sync_id =
      fake_renderer_add_sync(get_transport(renderer)->peer, value);
   *sync_out = sync;
   return VK_SUCCESS;
}

static void
fake_sync_destroy(struct vn_renderer *renderer, struct vn_renderer_sync *sync)
{
   fake_renderer_remove_sync(get_transport(renderer)->peer, sync->sync_id);
   free(sync);
}

static VkResult
fake_sync_read(struct vn_renderer *renderer,
               struct vn_renderer_sync *sync,
               uint64_t *value_out)
{
   return fake_renderer_read_sync(get_transport(renderer)->peer,
                                  sync->sync_id, value_out)
             ? VK_SUCCESS
             : lose(renderer);
}

static VkResult
fake_sync_write(struct vn_renderer *renderer,
                struct vn_renderer_sync *sync,
                uint64_t value)
{
   return fake_renderer_write_sync(get_transport(renderer)->peer,
                                   sync->sync_id, value)
             ? VK_SUCCESS
             : lose(renderer);
}

static VkResult
fake_wait(struct vn_renderer *renderer, const struct vn_renderer_wait *wait)
{
   const uint64_t start = vn_time_ns();
   uint32_t ids[8];
   assert(wait->count <= VN_ARRAY_SIZE(ids));
   for (uint32_t i = 0; i < wait->count; i++)
      ids[i] = wait->syncs[i]->sync_id;
   const struct fake_wait fake = {
      .any = wait->any,
      .count = wait->count,
      .sync_ids = ids,
      .values = wait->values,
   };

   for (;;) {
      if (is_lost(renderer))
         return VK_ERROR_DEVICE_LOST;
      const uint64_t waited = vn_time_ns() - start;
      const uint64_t left =
         waited < wait->timeout_ns ? wait->timeout_ns - waited : 0;
      if (fake_renderer_wait(get_transport(renderer)->peer, &fake,
                             VN_MIN(left, SLICE_NS)))
         return VK_SUCCESS;
      if (!left)
         return VK_TIMEOUT;
      if (renderer->watchdog &&
          renderer->watchdog(renderer->watchdog_data, start))
         return lose(renderer);
   }
}

static void
fake_destroy(struct vn_renderer *renderer)
{
   struct fake_transport *transport = get_transport(renderer);
   fake_renderer_destroy(transport->peer);
   for (size_t i = 0; i < transport->graveyard_count; i++)
      free(transport->graveyard[i]);
   free(transport->graveyard);
   pthread_mutex_destroy(&transport->mutex);
   free(transport);
}

static const struct vn_renderer_ops fake_ops = {
   .destroy = fake_destroy,
   .submit = fake_submit,
   .shmem_create = fake_shmem_create,
   .shmem_destroy = fake_shmem_destroy,
   .sync_create = fake_sync_create,
   .sync_destroy = fake_sync_destroy,
   .sync_read = fake_sync_read,
   .sync_write = fake_sync_write,
   .wait = fake_wait,
};

struct vn_renderer *
fake_transport_create(void)
{
   struct fake_transport *transport = calloc(1, sizeof(*transport));
   transport->base.ops = &fake_ops;
   transport->base.info.timeline_count = 1;
   transport->peer = fake_renderer_create();
   atomic_store(&transport->shmem_left, INT32_MAX);
   pthread_mutex_init(&transport->mutex, NULL);
   return &transport->base;
}

struct fake_renderer *
fake_transport_peer(struct vn_renderer *renderer)
{
   return get_transport(renderer)->peer;
}

void
fake_transport_fail_shmem_after(struct vn_renderer *renderer, int n)
{
   atomic_store(&get_transport(renderer)->shmem_left, n);
}

uint32_t
fake_transport_submit_count(struct vn_renderer *renderer)
{
   return atomic_load(&get_transport(renderer)->submit_count);
}
