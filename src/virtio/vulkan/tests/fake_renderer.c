/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Threads: the context thread executes submissions in order; the ring's
 * thread executes the ring; the monitor reports ALIVE. One mutex guards
 * everything that is not shared with the driver; it is not held while a
 * command is executed.
 */

#include "fake_renderer_private.h"

#include <unistd.h>

#include "vn_ring_private.h"

/* ---- timelines ---------------------------------------------------------- */

/* With the mutex. */
static bool
condition_holds(const struct fake_renderer *r,
                bool any,
                uint32_t count,
                const uint32_t *sync_ids,
                const uint64_t *values)
{
   uint32_t reached = 0;
   for (uint32_t i = 0; i < count; i++)
      reached += r->syncs[sync_ids[i] - 1].value >= values[i];
   return any ? reached > 0 : reached == count;
}

static void
drop_signal(struct fake_renderer *r, uint32_t i)
{
   struct fake_signal *signal = &r->signals[i];
   free(signal->sync_ids);
   free(signal->values);
   close(signal->event_fd);
   *signal = r->signals[--r->signal_count];
}

/* With the mutex. */
static void
set_sync(struct fake_renderer *r, uint32_t id, uint64_t value)
{
   struct fake_sync *sync = &r->syncs[id - 1];
   if (value > sync->value)
      sync->value = value;

   for (uint32_t i = 0; i < r->signal_count;) {
      struct fake_signal *s = &r->signals[i];
      if (condition_holds(r, s->any, s->count, s->sync_ids, s->values)) {
         const uint64_t one = 1;
         /* the driver's end may be gone; nothing to do about it */
         (void)!write(s->event_fd, &one, sizeof(one));
         drop_signal(r, i);
      } else {
         i++;
      }
   }
   pthread_cond_broadcast(&r->cond);
}

/* With the mutex. */
static bool
sync_is_live(const struct fake_renderer *r, uint32_t id)
{
   return id && id <= r->sync_count && r->syncs[id - 1].live;
}

uint32_t
fake_renderer_add_sync(struct fake_renderer *r, uint64_t value)
{
   uint32_t id = 0;
   pthread_mutex_lock(&r->mutex);
   if (r->sync_count < FAKE_MAX_SYNCS) {
      r->syncs[r->sync_count++] = (struct fake_sync){ true, value };
      id = r->sync_count;
      COUNT(r, syncs);
   }
   pthread_mutex_unlock(&r->mutex);
   return id;
}

bool
fake_renderer_remove_sync(struct fake_renderer *r, uint32_t id)
{
   pthread_mutex_lock(&r->mutex);
   const bool ok = sync_is_live(r, id);
   if (ok) {
      r->syncs[id - 1].live = false;
      UNCOUNT(r, syncs);
   }
   pthread_mutex_unlock(&r->mutex);
   return ok;
}

bool
fake_renderer_read_sync(struct fake_renderer *r,
                        uint32_t id,
                        uint64_t *value_out)
{
   pthread_mutex_lock(&r->mutex);
   const bool ok = sync_is_live(r, id);
   if (ok)
      *value_out = r->syncs[id - 1].value;
   pthread_mutex_unlock(&r->mutex);
   return ok;
}

bool
fake_renderer_write_sync(struct fake_renderer *r, uint32_t id, uint64_t value)
{
   pthread_mutex_lock(&r->mutex);
   const bool ok = sync_is_live(r, id);
   if (ok)
      set_sync(r, id, value);
   pthread_mutex_unlock(&r->mutex);
   return ok;
}

/* The time in `ns` from now, for pthread_cond_timedwait. */
static struct timespec
time_after(uint64_t ns)
{
   const uint64_t at = vn_time_ns() + ns;
   return (struct timespec){
      .tv_sec = (time_t)(at / VN_NSEC_PER_SEC),
      .tv_nsec = (long)(at % VN_NSEC_PER_SEC),
   };
}

bool
fake_renderer_wait(struct fake_renderer *r,
                   const struct fake_wait *wait,
                   uint64_t timeout_ns)
{
   const struct timespec until = time_after(timeout_ns);

   pthread_mutex_lock(&r->mutex);
   bool holds;
   int ret = 0;
   while (!(holds = condition_holds(r, wait->any, wait->count, wait->sync_ids,
                                    wait->values)) &&
          !ret)
      ret = pthread_cond_timedwait(&r->cond, &r->mutex, &until);
   pthread_mutex_unlock(&r->mutex);
   return holds;
}

bool
fake_renderer_signal(struct fake_renderer *r,
                     const struct fake_wait *wait,
                     int event_fd)
{
   pthread_mutex_lock(&r->mutex);
   bool ok = r->signal_count < FAKE_MAX_SIGNALS;
   for (uint32_t i = 0; i < wait->count; i++)
      ok = ok && sync_is_live(r, wait->sync_ids[i]);
   if (ok) {
      struct fake_signal *signal = &r->signals[r->signal_count++];
      *signal = (struct fake_signal){
         .any = wait->any,
         .count = wait->count,
         .sync_ids = malloc(wait->count * sizeof(*signal->sync_ids)),
         .values = malloc(wait->count * sizeof(*signal->values)),
         .event_fd = event_fd,
      };
      memcpy(signal->sync_ids, wait->sync_ids,
             wait->count * sizeof(*signal->sync_ids));
      memcpy(signal->values, wait->values,
             wait->count * sizeof(*signal->values));
      if (wait->count)
         set_sync(r, wait->sync_ids[0], 0);
   } else {
      close(event_fd);
   }
   pthread_mutex_unlock(&r->mutex);
   return ok;
}

/* ---- the context -------------------------------------------------------- */

bool
fake_renderer_submit(struct fake_renderer *r,
                     const void *cs,
                     size_t size,
                     bool has_fence,
                     uint32_t sync_id,
                     uint64_t value)
{
   struct fake_job *job = malloc(sizeof(*job) + size);
   *job = (struct fake_job){
      .has_fence = has_fence,
      .sync_id = sync_id,
      .value = value,
      .size = size,
   };
   if (size)
      memcpy(job->bytes, cs, size);

   pthread_mutex_lock(&r->mutex);
   const bool ok = !r->fatal && (!has_fence || sync_is_live(r, sync_id));
   if (ok) {
      u_list_add_tail(&r->jobs, &job->link);
      pthread_cond_broadcast(&r->cond);
   }
   pthread_mutex_unlock(&r->mutex);
   if (!ok)
      free(job);
   return ok;
}

static void *
context_main(void *data)
{
   struct fake_renderer *r = data;
   struct fake_executor executor = { .is_ring = false };

   pthread_mutex_lock(&r->mutex);
   while (!r->stop) {
      if (u_list_is_empty(&r->jobs)) {
         pthread_cond_wait(&r->cond, &r->mutex);
         continue;
      }
      struct fake_job *job = u_list_first(&r->jobs, struct fake_job, link);
      u_list_del(&job->link);
      const bool fatal = r->fatal;
      pthread_mutex_unlock(&r->mutex);

      struct fake_reader reader = { .cur = job->bytes,
                                    .end = job->bytes + job->size };
      const bool ok = !fatal && fake_renderer_execute(r, &executor, &reader);
      if (!ok)
         fake_renderer_set_fatal(r);

      pthread_mutex_lock(&r->mutex);
      if (ok && job->has_fence && KNOB(r, fences) != FAKE_FENCES_NEVER)
         set_sync(r, job->sync_id, job->value);
      free(job);
   }
   pthread_mutex_unlock(&r->mutex);
   return NULL;
}

static void *
monitor_main(void *data)
{
   struct fake_renderer *r = data;

   pthread_mutex_lock(&r->mutex);
   while (!r->stop) {
      if (r->ring.live && !KNOB(r, not_alive))
         atomic_fetch_or_explicit(r->ring.status, VN_RING_STATUS_ALIVE,
                                  memory_order_relaxed);
      const struct timespec until = time_after(KNOB(r, period_us) * 1000ull);
      while (!r->stop && !pthread_cond_timedwait(&r->cond, &r->mutex, &until))
         ;
   }
   pthread_mutex_unlock(&r->mutex);
   return NULL;
}

struct fake_renderer *
fake_renderer_create(void)
{
   struct fake_renderer *r = calloc(1, sizeof(*r));
   pthread_condattr_t attr;
   pthread_condattr_init(&attr);
   pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
   pthread_mutex_init(&r->mutex, NULL);
   pthread_cond_init(&r->cond, &attr);
   pthread_condattr_destroy(&attr);
   u_list_init(&r->jobs);
   /* much shorter than asked for, so that tests of the watchdog are short */
   atomic_store(&r->knobs.period_us, 20000);
   pthread_create(&r->context_thread, NULL, context_main, r);
   pthread_create(&r->monitor_thread, NULL, monitor_main, r);
   return r;
}

void
fake_renderer_destroy(struct fake_renderer *r)
{
   pthread_mutex_lock(&r->mutex);
   r->stop = true;
   pthread_cond_broadcast(&r->cond);
   pthread_mutex_unlock(&r->mutex);
   pthread_join(r->context_thread, NULL);
   pthread_join(r->monitor_thread, NULL);
   fake_renderer_end_ring(r);

   while (r->signal_count)
      drop_signal(r, 0);
   u_list_for_each_safe (struct fake_job, job, &r->jobs, link)
      free(job);
   pthread_cond_destroy(&r->cond);
   pthread_mutex_destroy(&r->mutex);
   free(r);
}

struct fake_knobs *
fake_renderer_knobs(struct fake_renderer *r)
{
   return &r->knobs;
}

struct fake_counts *
fake_renderer_counts(struct fake_renderer *r)
{
   return &r->counts;
}

uint32_t
fake_renderer_add_resource(struct fake_renderer *r, void *map, size_t size)
{
   uint32_t id = 0;
   pthread_mutex_lock(&r->mutex);
   if (r->resource_count < FAKE_MAX_RESOURCES) {
      r->resources[r->resource_count++] = (struct fake_resource){ map, size };
      id = r->resource_count;
      COUNT(r, resources);
   }
   pthread_mutex_unlock(&r->mutex);
   return id;
}

void *
fake_renderer_remove_resource(struct fake_renderer *r, uint32_t res_id)
{
   void *map = NULL;
   bool in_use = false;
   pthread_mutex_lock(&r->mutex);
   if (res_id && res_id <= r->resource_count) {
      struct fake_resource *res = &r->resources[res_id - 1];
      map = res->map;
      res->map = NULL;
      if (map)
         UNCOUNT(r, resources);
      in_use = map && r->ring.live && r->ring.res_id == res_id;
   }
   pthread_mutex_unlock(&r->mutex);
   if (in_use) {
      COUNT(r, mistakes);
      fake_renderer_set_fatal(r);
   }
   return map;
}
