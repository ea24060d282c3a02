/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The renderer dies, or stops for a while, while threads are in the middle of
 * every kind of call. Each call returns soon, with a success or an error; all
 * that exists can be destroyed; the process goes on and finds no device, or a
 * new one. A renderer that was only slow is not lost.
 *
 * usage: lost server|workers|listener|pause, under bin/venus-run, which names
 * the server in VENUS_SERVER_PID. "server" kills all of its processes,
 * "workers" only what renders, "listener" only what would accept new
 * connections.
 */

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lost_processes.h"
#include "vk_fixture.h"

#define LIMIT_MS 5000

enum job {
   JOB_WAIT_FENCE,     /* blocked: the fence's work waits for the gate */
   JOB_WAIT_SEMAPHORE, /* blocked on the semaphore of the same work */
   JOB_WAIT_IDLE,      /* blocked in vkQueueWaitIdle, on a second device */
   JOB_POLL,           /* vkGetFenceStatus of the same fence, forever */
   JOB_SUBMIT,         /* record, submit, wait, on a device of its own */
   JOB_MAP,            /* allocate, map, write, free, on the same */
   JOB_COUNT,
};

static const char *const job_names[JOB_COUNT] = {
   "vkWaitForFences",  "vkWaitSemaphores",  "vkQueueWaitIdle",
   "vkGetFenceStatus", "record and submit", "allocate and map",
};

/* A device whose queue waits for the host: nothing of it is finished before
 * the gate is at 1. */
struct blocked {
   struct vkt_device dev;
   VkSemaphore gate, done;
};

struct state {
   struct vkt_instance instance;
   struct blocked blocked[2];
   struct vkt_device busy;
   atomic_uint_least64_t event_ms; /* when the renderer was hit, 0 before */
   atomic_bool stop;
};

struct thread {
   pthread_t handle;
   struct state *state;
   enum job job;
   VkResult result;   /* the last one */
   uint64_t worst_ms; /* the longest a call took after the event */
   uint64_t end_ms;
};

static uint64_t
now_ms(void)
{
   struct timespec ts;

   clock_gettime(CLOCK_MONOTONIC, &ts);
   return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void
sleep_ms(long ms)
{
   nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

static VkSemaphore
timeline(struct vkt_device *dev)
{
   const VkSemaphoreTypeCreateInfo type = {
      .sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
      .semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE,
   };
   const VkSemaphoreCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO,
      .pNext = &type,
   };
   VkSemaphore semaphore = VK_NULL_HANDLE;

   VKT_CHECK(vkCreateSemaphore(dev->handle, &info, NULL, &semaphore));
   return semaphore;
}

static bool
blocked_init(struct blocked *blocked, const struct vkt_instance *instance)
{
   const VkPhysicalDeviceTimelineSemaphoreFeatures features = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES,
      .timelineSemaphore = VK_TRUE,
   };
   const VkPipelineStageFlags stage = VK_PIPELINE_STAGE_ALL_COMMANDS_BIT;
   const uint64_t one = 1;
   const VkTimelineSemaphoreSubmitInfo values = {
      .sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
      .waitSemaphoreValueCount = 1,
      .pWaitSemaphoreValues = &one,
      .signalSemaphoreValueCount = 1,
      .pSignalSemaphoreValues = &one,
   };
   const VkSubmitInfo submit = {
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
      .pNext = &values,
      .waitSemaphoreCount = 1,
      .pWaitSemaphores = &blocked->gate,
      .pWaitDstStageMask = &stage,
      .signalSemaphoreCount = 1,
      .pSignalSemaphores = &blocked->done,
   };
   struct vkt_device *dev = &blocked->dev;

   if (!vkt_device_init(dev, instance, NULL, 0, &features))
      return false;
   blocked->gate = timeline(dev);
   blocked->done = timeline(dev);
   return blocked->gate && blocked->done &&
          vkt_ok(vkQueueSubmit(dev->queue, 1, &submit, dev->fence),
                 "vkQueueSubmit");
}

static void
blocked_finish(struct blocked *blocked)
{
   if (blocked->dev.handle) {
      vkDestroySemaphore(blocked->dev.handle, blocked->done, NULL);
      vkDestroySemaphore(blocked->dev.handle, blocked->gate, NULL);
   }
   vkt_device_finish(&blocked->dev);
}

static VkResult
open_gate(struct blocked *blocked)
{
   const VkSemaphoreSignalInfo info = {
      .sType = VK_STRUCTURE_TYPE_SEMAPHORE_SIGNAL_INFO,
      .semaphore = blocked->gate,
      .value = 1,
   };

   return vkSignalSemaphore(blocked->dev.handle, &info);
}

static VkResult
wait_semaphore(struct blocked *blocked)
{
   const uint64_t one = 1;
   const VkSemaphoreWaitInfo info = {
      .sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
      .semaphoreCount = 1,
      .pSemaphores = &blocked->done,
      .pValues = &one,
   };

   return vkWaitSemaphores(blocked->dev.handle, &info, UINT64_MAX);
}

/* Some commands and a wait; the first result that is not VK_SUCCESS. */
static VkResult
submit_once(struct vkt_device *dev)
{
   const VkCommandBufferBeginInfo begin = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
   };
   const VkSubmitInfo submit = {
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
      .commandBufferCount = 1,
      .pCommandBuffers = &dev->cmd,
   };
   VkResult result = vkBeginCommandBuffer(dev->cmd, &begin);

   for (uint32_t i = 0; i < 200; i++)
      vkt_full_barrier(dev->cmd);
   if (result == VK_SUCCESS)
      result = vkEndCommandBuffer(dev->cmd);
   if (result == VK_SUCCESS)
      result = vkQueueSubmit(dev->queue, 1, &submit, dev->fence);
   if (result == VK_SUCCESS)
      result =
         vkWaitForFences(dev->handle, 1, &dev->fence, VK_TRUE, UINT64_MAX);
   if (result == VK_SUCCESS)
      result = vkResetFences(dev->handle, 1, &dev->fence);
   return result;
}

static VkResult
map_once(struct vkt_device *dev)
{
   const VkMemoryAllocateInfo info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
      .allocationSize = 65536,
      .memoryTypeIndex =
         vkt_memory_type(dev->instance, UINT32_MAX,
                         VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT |
                            VK_MEMORY_PROPERTY_HOST_COHERENT_BIT),
   };
   VkDeviceMemory memory;
   uint8_t *map;
   VkResult result = vkAllocateMemory(dev->handle, &info, NULL, &memory);

   if (result != VK_SUCCESS)
      return result;
   result =
      vkMapMemory(dev->handle, memory, 0, VK_WHOLE_SIZE, 0, (void **)&map);
   if (result == VK_SUCCESS) {
      memset(map, 0x5a, 65536);
      vkUnmapMemory(dev->handle, memory);
   }
   vkFreeMemory(dev->handle, memory, NULL);
   return result;
}

static VkResult
job_once(struct state *state, enum job job)
{
   struct blocked *first = &state->blocked[0];

   switch (job) {
   case JOB_WAIT_FENCE:
      return vkWaitForFences(first->dev.handle, 1, &first->dev.fence, VK_TRUE,
                             UINT64_MAX);
   case JOB_WAIT_SEMAPHORE:
      return wait_semaphore(first);
   case JOB_WAIT_IDLE:
      return vkQueueWaitIdle(state->blocked[1].dev.queue);
   case JOB_POLL:
      sleep_ms(1);
      return vkGetFenceStatus(first->dev.handle, first->dev.fence);
   case JOB_SUBMIT:
      return submit_once(&state->busy);
   case JOB_MAP:
      return map_once(&state->busy);
   case JOB_COUNT:
      break;
   }
   abort();
}

static bool
is_blocking(enum job job)
{
   return job <= JOB_WAIT_IDLE;
}

static void *
run_job(void *data)
{
   struct thread *thread = data;
   struct state *state = thread->state;

   do {
      const uint64_t start = now_ms();
      thread->result = job_once(state, thread->job);
      const uint64_t end = now_ms();
      const uint64_t event = atomic_load(&state->event_ms);
      const uint64_t from = start > event ? start : event;

      if (event && end > from && end - from > thread->worst_ms)
         thread->worst_ms = end - from;
   } while (thread->result >= VK_SUCCESS && !is_blocking(thread->job) &&
            !atomic_load(&state->stop));
   thread->end_ms = now_ms();
   return NULL;
}

static bool
state_init(struct state *state)
{
   memset(state, 0, sizeof(*state));
   return vkt_instance_init(&state->instance) &&
          blocked_init(&state->blocked[0], &state->instance) &&
          blocked_init(&state->blocked[1], &state->instance) &&
          vkt_device_init(&state->busy, &state->instance, NULL, 0, NULL);
}

/* Each destruction has the same limit as any other call. */
static void
state_finish(struct state *state)
{
   const uint64_t start = now_ms();

   vkt_device_finish(&state->busy);
   blocked_finish(&state->blocked[1]);
   blocked_finish(&state->blocked[0]);
   vkt_instance_finish(&state->instance);
   U_CHECK(now_ms() - start < LIMIT_MS);
}

static void
start_threads(struct state *state, struct thread *threads)
{
   for (enum job job = 0; job < JOB_COUNT; job++) {
      threads[job] = (struct thread){ .state = state, .job = job };
      if (!U_CHECK_EQ(pthread_create(&threads[job].handle, NULL, run_job,
                                     &threads[job]),
                      0))
         exit(EXIT_FAILURE);
   }
   /* all of them in the middle of their calls */
   sleep_ms(300);
}

static void
join_threads(struct thread *threads, bool lost)
{
   for (enum job job = 0; job < JOB_COUNT; job++) {
      struct thread *thread = &threads[job];
      const uint64_t event = atomic_load(&thread->state->event_ms);

      pthread_join(thread->handle, NULL);
      fprintf(stderr, "%-18s VkResult %d, longest call %d ms, over %d ms\n",
              job_names[job], (int)thread->result, (int)thread->worst_ms,
              (int)(thread->end_ms - event));
      U_CHECK(thread->worst_ms < LIMIT_MS);
      /* A server whose worker is gone lets all waits succeed; that is
       * allowed. */
      if (is_blocking(job) && lost)
         U_CHECK(thread->result == VK_ERROR_DEVICE_LOST ||
                 thread->result == VK_SUCCESS);
      else
         U_CHECK_EQ(thread->result < VK_SUCCESS, lost);
      if (lost)
         U_CHECK(thread->end_ms - event < LIMIT_MS);
   }
}

/* Everything that reports loss goes on reporting it, at once. */
static void
check_stays_lost(struct state *state)
{
   struct vkt_device *dev = &state->busy;
   const uint64_t start = now_ms();
   VkCommandPool pool = VK_NULL_HANDLE;
   const VkCommandPoolCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
      .queueFamilyIndex = state->instance.queue_family,
   };

   U_CHECK_EQ(vkQueueSubmit(dev->queue, 0, NULL, VK_NULL_HANDLE),
              VK_ERROR_DEVICE_LOST);
   U_CHECK_EQ(vkQueueWaitIdle(dev->queue), VK_ERROR_DEVICE_LOST);
   U_CHECK_EQ(vkDeviceWaitIdle(dev->handle), VK_ERROR_DEVICE_LOST);
   /* may be too late to fail; must not crash */
   if (vkCreateCommandPool(dev->handle, &info, NULL, &pool) == VK_SUCCESS)
      vkDestroyCommandPool(dev->handle, pool, NULL);
   U_CHECK(now_ms() - start < LIMIT_MS);
}

/* The process can still make an instance; whether there is a device in it
 * depends on who is left. */
static void
check_new_instance(bool may_have_device)
{
   const VkInstanceCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
   };
   const uint64_t start = now_ms();
   VkInstance instance = VK_NULL_HANDLE;
   uint32_t count = 0;

   if (!VKT_CHECK(vkCreateInstance(&info, NULL, &instance)))
      return;
   /* loaders have an error for no devices at all */
   if (vkEnumeratePhysicalDevices(instance, &count, NULL) == VK_SUCCESS)
      U_CHECK(may_have_device || !count);
   vkDestroyInstance(instance, NULL);
   U_CHECK(now_ms() - start < 2 * LIMIT_MS);
}

static void
test_killed(pid_t server, bool workers_only)
{
   struct thread threads[JOB_COUNT];
   struct state state;
   const uint32_t fds = vkt_count_fds(0);

   if (!U_CHECK(state_init(&state)))
      return;
   start_threads(&state, threads);
   atomic_store(&state.event_ms, now_ms());
   U_CHECK(lost_signal(server, workers_only, SIGKILL) > 0);
   join_threads(threads, true);
   check_stays_lost(&state);
   state_finish(&state);
   U_CHECK_EQ(vkt_count_fds(0), fds);
   check_new_instance(workers_only);
   U_CHECK_EQ(vkt_count_fds(0), fds);
}

/* After some normal life the gates open, and everything is as it should. */
static void
finish_normally(struct state *state, struct thread *threads)
{
   sleep_ms(500);
   atomic_store(&state->stop, true);
   VKT_CHECK(open_gate(&state->blocked[0]));
   VKT_CHECK(open_gate(&state->blocked[1]));
   join_threads(threads, false);
   U_CHECK(vkt_device_works(&state->busy));
   state_finish(state);
}

static void
test_paused(pid_t server)
{
   struct thread threads[JOB_COUNT];
   struct state state;

   if (!U_CHECK(state_init(&state)))
      return;
   start_threads(&state, threads);
   atomic_store(&state.event_ms, now_ms());
   U_CHECK(lost_signal(server, true, SIGSTOP) > 0);
   sleep_ms(1800);
   U_CHECK(lost_signal(server, true, SIGCONT) > 0);
   finish_normally(&state, threads);
}

/* Each connection has processes of its own, which live on. */
static void
test_listener_killed(pid_t server)
{
   struct thread threads[JOB_COUNT];
   struct state state;

   if (!U_CHECK(state_init(&state)))
      return;
   start_threads(&state, threads);
   atomic_store(&state.event_ms, now_ms());
   U_CHECK_EQ(kill(server, SIGKILL), 0);
   finish_normally(&state, threads);
   check_new_instance(false);
}

int
main(int argc, char **argv)
{
   const char *server = getenv("VENUS_SERVER_PID");
   const char *what = argc > 1 ? argv[1] : "";

   vkt_bound(60);
   if (!server) {
      fprintf(stderr, "no VENUS_SERVER_PID: run this with bin/venus-run\n");
      return EXIT_FAILURE;
   }
   if (!strcmp(what, "server"))
      test_killed(atoi(server), false);
   else if (!strcmp(what, "workers"))
      test_killed(atoi(server), true);
   else if (!strcmp(what, "listener"))
      test_listener_killed(atoi(server));
   else if (!strcmp(what, "pause"))
      test_paused(atoi(server));
   else
      U_CHECK(!"a known argument");
   return u_test_result();
}
