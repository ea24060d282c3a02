/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The vtest transport against a server that says and sends anything.
 *
 * Input: u8 number of operations, 8 bytes for each of them (u8 which, u8
 * object, u8 how, u8 of no meaning, u32 value); the rest is what the server
 * does, in the order in which it is asked. After each input nothing may be
 * left of it: no fd, no mapping, no memory.
 */

#include <fcntl.h>
#include <unistd.h>

#include "fuzz_vtest_server.h"
#include "vn_vtest.h"

enum { MAX_OPERATIONS = 64, SLOTS = 8 };

enum operation {
   OP_SHMEM_CREATE,
   OP_SHMEM_DESTROY,
   OP_BO_CREATE,
   OP_BO_MAP,
   OP_BO_EXPORT,
   OP_BO_IMPORT,
   OP_BO_UNREF,
   OP_SYNC_CREATE,
   OP_SYNC_DESTROY,
   OP_SYNC_READ,
   OP_SYNC_WRITE,
   OP_WAIT,
   OP_SUBMIT,
   OP_WATCHDOG,
   OP_COUNT,
};

struct client {
   struct vn_renderer *renderer;
   const struct vn_renderer_ops *ops;
   struct vn_renderer_shmem *shmems[SLOTS];
   struct vn_renderer_bo *bos[SLOTS]; /* a reference each */
   struct vn_renderer_sync *syncs[SLOTS];
   int fds[SLOTS];    /* exported; owned, or -1 */
   uint32_t patience; /* the watchdog's */
};

static uint64_t
pick_size(uint8_t how, uint32_t value)
{
   switch (how % 8) {
   case 0:
      return 4096;
   case 1:
      return value % 0x100000;
   case 2:
      return value;
   case 3:
      return (uint64_t)value << 12;
   case 4:
      return (uint64_t)value << 32;
   case 5:
      return UINT64_MAX - value;
   case 6:
      return INT64_MAX;
   default:
      return 65536;
   }
}

/* What was mapped is there, from the first byte to the last. */
static void
touch(void *map, uint64_t size)
{
   volatile uint8_t *bytes = map;
   U_FUZZ_CHECK(map && size);
   bytes[0] = 1;
   bytes[size - 1] = 2;
}

static bool
watchdog(void *data, uint64_t wait_start_ns)
{
   struct client *client = data;
   U_FUZZ_CHECK(wait_start_ns <= fuzz_server_now_ns());
   if (!client->patience)
      return true;
   client->patience--;
   return false;
}

static void
wait_for(struct client *client, uint8_t first, uint8_t how, uint32_t value)
{
   struct vn_renderer_sync *syncs[SLOTS * 2];
   uint64_t values[SLOTS * 2];
   struct vn_renderer_wait wait = {
      .any = how & 1,
      .syncs = syncs,
      .values = values,
      .timeout_ns = how & 2   ? UINT64_MAX
                    : how & 4 ? value
                              : (uint64_t)value << 16,
   };
   const uint32_t wanted = how >> 4;
   for (uint32_t i = 0; i < SLOTS * 2 && wait.count < wanted; i++) {
      struct vn_renderer_sync *sync = client->syncs[(first + i) % SLOTS];
      if (sync) {
         syncs[wait.count] = sync;
         values[wait.count++] = value >> i;
      }
   }

   const uint64_t begin = fuzz_server_now_ns();
   const VkResult result = client->ops->wait(client->renderer, &wait);
   U_FUZZ_CHECK(result == VK_SUCCESS || result == VK_TIMEOUT ||
                result == VK_ERROR_DEVICE_LOST ||
                result == VK_ERROR_OUT_OF_HOST_MEMORY);
   U_FUZZ_CHECK(result != VK_TIMEOUT || wait.timeout_ns != UINT64_MAX);
   /* without a watchdog a request has 10 s, and so has an endless wait */
   if (!client->renderer->watchdog && wait.timeout_ns == UINT64_MAX)
      U_FUZZ_CHECK(fuzz_server_now_ns() - begin < 80 * VN_NSEC_PER_SEC);
}

static void
submit(struct client *client, uint8_t slot, uint8_t how, uint32_t value)
{
   uint32_t words[64] = { value };
   struct vn_renderer_sync *sync = client->syncs[slot];
   const struct vn_renderer_submit info = {
      .cs = words,
      .size = how % 65 * sizeof(uint32_t),
      .has_fence = sync && (how & 0x80),
      .sync = sync,
      .value = value,
      .ring_idx = value % client->renderer->info.timeline_count,
   };
   client->ops->submit(client->renderer, &info);
}

static void
import_fd(struct client *client, uint8_t slot, uint8_t how)
{
   int fd = client->fds[how % SLOTS];
   bool is_mine = false;
   if (how & 0x80) {
      static const char *const paths[] = { "/dev/null", "/",
                                           "/proc/self/exe" };
      is_mine = how & 0x40;
      fd = is_mine ? open(paths[how % 3], O_RDONLY | O_CLOEXEC)
                   : U_FUZZ_CLOSED_FD;
   }
   VkResult result = VK_ERROR_INVALID_EXTERNAL_HANDLE;
   struct vn_renderer_bo *bo = NULL;
   if (!client->bos[slot])
      result = client->ops->bo_import_fd(client->renderer, fd, &bo);
   if (result == VK_SUCCESS) {
      /* even of these files a server can have claimed that they are its own,
       * but of no closed one
       */
      U_FUZZ_CHECK(bo && fd != U_FUZZ_CLOSED_FD);
      client->bos[slot] = bo;
   }
   /* never taken */
   if (is_mine)
      U_FUZZ_CHECK(!close(fd));
}

static void
operate(struct client *client,
        enum operation operation,
        uint8_t slot,
        uint8_t how,
        uint32_t value)
{
   struct vn_renderer *renderer = client->renderer;
   const struct vn_renderer_ops *ops = client->ops;
   struct vn_renderer_bo **bo = &client->bos[slot];
   struct vn_renderer_sync **sync = &client->syncs[slot];
   struct vn_renderer_shmem **shmem = &client->shmems[slot];
   uint64_t seen;
   void *map;

   switch (operation) {
   case OP_SHMEM_CREATE:
      if (!*shmem && ops->shmem_create(renderer, pick_size(how, value),
                                       shmem) == VK_SUCCESS) {
         U_FUZZ_CHECK((*shmem)->res_id);
         touch((*shmem)->map, (*shmem)->size);
      }
      break;
   case OP_SHMEM_DESTROY:
      ops->shmem_destroy(renderer, *shmem);
      *shmem = NULL;
      break;
   case OP_BO_CREATE:
      if (!*bo && ops->bo_create(renderer, pick_size(how, value),
                                 value | UINT64_C(1) << 32, how >> 6,
                                 bo) == VK_SUCCESS)
         U_FUZZ_CHECK((*bo)->res_id);
      break;
   case OP_BO_MAP:
      if (*bo && ops->bo_map(renderer, *bo, &map) == VK_SUCCESS) {
         U_FUZZ_CHECK((*bo)->flags & VN_RENDERER_BO_MAPPABLE);
         touch(map, (*bo)->size);
      }
      break;
   case OP_BO_EXPORT: {
      int *fd = &client->fds[how % SLOTS];
      if (*bo && ((*bo)->flags & VN_RENDERER_BO_SHAREABLE)) {
         u_fd_close(fd);
         if (ops->bo_export_fd(renderer, *bo, fd) == VK_SUCCESS)
            U_FUZZ_CHECK(fcntl(*fd, F_GETFD) & FD_CLOEXEC);
      }
      break;
   }
   case OP_BO_IMPORT:
      import_fd(client, slot, how);
      break;
   case OP_BO_UNREF:
      ops->bo_unref(renderer, *bo);
      *bo = NULL;
      break;
   case OP_SYNC_CREATE:
      if (!*sync)
         ops->sync_create(renderer, value, sync);
      break;
   case OP_SYNC_DESTROY:
      ops->sync_destroy(renderer, *sync);
      *sync = NULL;
      break;
   case OP_SYNC_READ:
      if (*sync)
         ops->sync_read(renderer, *sync, &seen);
      break;
   case OP_SYNC_WRITE:
      if (*sync)
         ops->sync_write(renderer, *sync, value);
      break;
   case OP_WAIT:
      wait_for(client, slot, how, value);
      break;
   case OP_SUBMIT:
      submit(client, slot, how, value);
      break;
   case OP_WATCHDOG:
      client->patience = how;
      renderer->watchdog = how & 1 ? watchdog : NULL;
      renderer->watchdog_data = client;
      break;
   case OP_COUNT:
      break;
   }
}

static void
finish(struct client *client)
{
   struct vn_renderer *renderer = client->renderer;
   for (int i = 0; i < SLOTS; i++) {
      client->ops->bo_unref(renderer, client->bos[i]);
      client->ops->sync_destroy(renderer, client->syncs[i]);
      client->ops->shmem_destroy(renderer, client->shmems[i]);
      u_fd_close(&client->fds[i]);
   }
   client->ops->destroy(renderer);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
   struct u_fuzz_input operations = { .cur = data, .end = data + size };
   struct u_fuzz_input script = operations;
   const uint32_t count = u_fuzz_u8(&operations) % (MAX_OPERATIONS + 1);
   script.cur = operations.cur;
   for (uint32_t i = 0; i < count; i++)
      (void)u_fuzz_u64(&script);
   operations.end = script.cur;

   struct u_fuzz_belongings before;
   u_fuzz_belongings_get(&before);
   fuzz_server_start(&script);

   struct client client = { 0 };
   for (int i = 0; i < SLOTS; i++)
      client.fds[i] = -1;
   const VkResult result =
      vn_vtest_create("/fuzz", &vn_vtest_default_limits, &client.renderer);
   if (result == VK_SUCCESS) {
      client.ops = client.renderer->ops;
      U_FUZZ_CHECK(client.renderer->info.timeline_count &&
                   client.renderer->info.timeline_count <=
                      VN_RENDERER_MAX_TIMELINES);
      for (uint32_t i = 0; i < count; i++) {
         const enum operation operation = u_fuzz_u8(&operations) % OP_COUNT;
         const uint8_t slot = u_fuzz_u8(&operations) % SLOTS;
         const uint8_t how = u_fuzz_u8(&operations);
         (void)u_fuzz_u8(&operations);
         operate(&client, operation, slot, how, u_fuzz_u32(&operations));
      }
      finish(&client);
   } else {
      U_FUZZ_CHECK(result == VK_ERROR_INITIALIZATION_FAILED);
      U_FUZZ_CHECK(!client.renderer);
   }

   fuzz_server_stop();
   u_fuzz_belongings_check(&before);
   return 0;
}
