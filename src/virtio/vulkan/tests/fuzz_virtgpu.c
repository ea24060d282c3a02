/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The virtio-gpu transport on a device, and under a kernel, that say anything
 * (fuzz_virtgpu_device.h).
 *
 * Input: u8 number of operations, u8 what fails on this side, 8 bytes for
 * each operation (u8 which, u8 object, u8 how, u8 of no meaning, u32 value);
 * the rest is what the device does, in the order in which it is asked. After
 * each input nothing may be left of it: no fd, no mapping, no memory, and of
 * each file no handle.
 */

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz_virtgpu_device.h"
#include "vn_virtgpu.h"

enum { MAX_OPERATIONS = 64, SLOTS = 8 };

enum operation {
   OP_SHMEM_CREATE,
   OP_SHMEM_DESTROY,
   OP_BO_CREATE,
   OP_BO_MAP,
   OP_BO_MAP_PLACED,
   OP_BO_EXPORT,
   OP_BO_IMPORT,
   OP_BO_UNREF,
   OP_SYNC_CREATE,
   OP_SYNC_DESTROY,
   OP_SYNC_READ,
   OP_SYNC_WRITE,
   OP_SYNC_EXPORT,
   OP_SYNC_IMPORT,
   OP_WAIT,
   OP_SUBMIT,
   OP_WATCHDOG,
   OP_ANOTHER,
   OP_TIME,
   OP_COUNT,
};

struct client {
   struct vn_renderer *renderer;
   const struct vn_renderer_ops *ops;
   struct vn_renderer *another; /* owned, or NULL */
   struct vn_renderer_shmem *shmems[SLOTS];
   struct vn_renderer_bo *bos[SLOTS]; /* a reference each */
   struct vn_renderer_sync *syncs[SLOTS];
   uint64_t promised[SLOTS]; /* the largest value submitted, or imported */
   int fds[SLOTS];           /* of buffers; owned, or -1 */
   uint32_t patience;        /* the watchdog's */
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
   U_FUZZ_CHECK(wait_start_ns <= fuzz_device_now_ns());
   if (!client->patience)
      return true;
   client->patience--;
   return false;
}

/* A lost connection stays lost, and every operation says so, unless it has no
 * memory to find that out.
 */
static void
check_result(const struct client *client, bool was_lost, VkResult result)
{
   const bool is_lost =
      atomic_load_explicit(&client->renderer->lost, memory_order_relaxed);
   U_FUZZ_CHECK(!was_lost || is_lost);
   U_FUZZ_CHECK(!was_lost || result == VK_ERROR_DEVICE_LOST ||
                result == VK_ERROR_OUT_OF_HOST_MEMORY);
   U_FUZZ_CHECK(result != VK_ERROR_DEVICE_LOST || is_lost);
   U_FUZZ_CHECK(result == VK_SUCCESS || result == VK_TIMEOUT ||
                result == VK_ERROR_DEVICE_LOST ||
                result == VK_ERROR_OUT_OF_HOST_MEMORY ||
                result == VK_ERROR_OUT_OF_DEVICE_MEMORY ||
                result == VK_ERROR_MEMORY_MAP_FAILED ||
                result == VK_ERROR_TOO_MANY_OBJECTS ||
                result == VK_ERROR_INVALID_EXTERNAL_HANDLE);
}

static VkResult
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
                              : (uint64_t)value << 4,
   };
   const uint32_t wanted = how >> 4;
   for (uint32_t i = 0; i < SLOTS * 2 && wait.count < wanted; i++) {
      struct vn_renderer_sync *sync = client->syncs[(first + i) % SLOTS];
      if (sync) {
         syncs[wait.count] = sync;
         values[wait.count++] = value >> i;
      }
   }

   const uint64_t begin = fuzz_device_now_ns();
   const VkResult result = client->ops->wait(client->renderer, &wait);
   U_FUZZ_CHECK(result != VK_TIMEOUT || wait.timeout_ns != UINT64_MAX);
   /* without a watchdog the renderer has 10 s; a look can take two times 16 */
   if (!client->renderer->watchdog && wait.timeout_ns == UINT64_MAX)
      U_FUZZ_CHECK(fuzz_device_now_ns() - begin < 80 * VN_NSEC_PER_SEC);
   return result;
}

static VkResult
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
   const VkResult result = client->ops->submit(client->renderer, &info);
   if (result == VK_SUCCESS && info.has_fence) {
      U_FUZZ_CHECK(!fuzz_device_owes_fence());
      client->promised[slot] = VN_MAX(client->promised[slot], value);
   }
   return result;
}

static VkResult
export_sync(struct client *client, uint8_t slot, uint32_t value)
{
   /* what the seam asks for: the submission has been made */
   const uint64_t wanted = VN_MIN(value, client->promised[slot]);
   int fd = -1;
   const VkResult result = client->ops->sync_export_file(
      client->renderer, client->syncs[slot], wanted, &fd);
   if (result == VK_SUCCESS && fd >= 0)
      U_FUZZ_CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
   u_fd_close(&fd);
   return result;
}

static VkResult
import_sync(struct client *client, uint8_t slot, uint8_t how, uint32_t value)
{
   int fd = fuzz_device_foreign_fence(how);
   const VkResult result = client->ops->sync_import_file(
      client->renderer, client->syncs[slot], value, fd);
   /* taken on success only */
   if (result == VK_SUCCESS)
      client->promised[slot] = VN_MAX(client->promised[slot], value);
   else
      u_fd_close(&fd);
   return result;
}

static VkResult
import_fd(struct client *client,
          struct vn_renderer *renderer,
          struct vn_renderer_bo **bo,
          uint8_t how,
          uint32_t value)
{
   static const char *const paths[] = { "/dev/null", "/", "/proc/self/exe" };
   int fd = client->fds[how % SLOTS];
   const bool is_mine = how & 0x40;
   if (how & 0x80)
      fd = is_mine ? open(paths[how % 3], O_RDONLY | O_CLOEXEC)
                   : U_FUZZ_CLOSED_FD;
   else if (is_mine)
      fd = fuzz_device_foreign((uint8_t)value, pick_size(how, value >> 8));
   const VkResult result = renderer->ops->bo_import_fd(renderer, fd, bo);
   if (result == VK_SUCCESS)
      U_FUZZ_CHECK(*bo && (*bo)->res_id);
   /* never taken */
   if (is_mine && fd >= 0)
      U_FUZZ_CHECK(!close(fd));
   return result;
}

/* False: there is no place for so much. */
static bool
map_placed(struct client *client,
           struct vn_renderer_bo *bo,
           uint8_t how,
           uint32_t value,
           VkResult *result)
{
   const uint64_t size = how & 1 ? pick_size(how >> 1, value) : bo->size;
   const uint64_t offset = how & 0x80 ? 4096 : 0;
   if (!size || size > 0x100000)
      return false;
   void *place =
      mmap(NULL, (size_t)size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
   U_FUZZ_CHECK(place != MAP_FAILED);
   *result =
      client->ops->bo_map_placed(client->renderer, bo, offset, size, place);
   if (*result == VK_SUCCESS) {
      U_FUZZ_CHECK(!offset && size == bo->size);
      touch(place, size);
   }
   U_FUZZ_CHECK(!munmap(place, (size_t)size));
   return true;
}

/* A second context: what a first import of a kind is tried in. */
static VkResult
use_another(struct client *client, uint8_t how, uint32_t value)
{
   VkResult result = VK_SUCCESS;
   if (!client->another) {
      result = client->ops->open_another(client->renderer, &client->another);
   } else if (how & 0x20) {
      struct vn_renderer_bo *bo = NULL;
      (void)import_fd(client, client->another, &bo, how & ~0x20, value);
      client->another->ops->bo_unref(client->another, bo);
   } else {
      client->another->ops->destroy(client->another);
      client->another = NULL;
   }
   return result;
}

/* What the operation returned; false: it is one that returns nothing, or that
 * there is nothing for.
 */
static bool
operate(struct client *client,
        enum operation operation,
        uint8_t slot,
        uint8_t how,
        uint32_t value,
        VkResult *result)
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
      if (*shmem)
         return false;
      *result = ops->shmem_create(renderer, pick_size(how, value), shmem);
      if (*result == VK_SUCCESS) {
         U_FUZZ_CHECK((*shmem)->res_id);
         touch((*shmem)->map, (*shmem)->size);
      }
      return true;
   case OP_SHMEM_DESTROY:
      ops->shmem_destroy(renderer, *shmem);
      *shmem = NULL;
      return false;
   case OP_BO_CREATE:
      if (*bo)
         return false;
      *result = ops->bo_create(renderer, pick_size(how, value),
                               value | UINT64_C(1) << 32, how >> 6, bo);
      if (*result == VK_SUCCESS)
         U_FUZZ_CHECK((*bo)->res_id);
      return true;
   case OP_BO_MAP:
      if (!*bo)
         return false;
      *result = ops->bo_map(renderer, *bo, &map);
      if (*result == VK_SUCCESS) {
         U_FUZZ_CHECK((*bo)->flags & VN_RENDERER_BO_MAPPABLE);
         touch(map, (*bo)->size);
      }
      return true;
   case OP_BO_MAP_PLACED:
      return *bo && map_placed(client, *bo, how, value, result);
   case OP_BO_EXPORT: {
      int *fd = &client->fds[how % SLOTS];
      if (!*bo || !((*bo)->flags & VN_RENDERER_BO_SHAREABLE))
         return false;
      u_fd_close(fd);
      *result = ops->bo_export_fd(renderer, *bo, fd);
      if (*result == VK_SUCCESS)
         U_FUZZ_CHECK(fcntl(*fd, F_GETFD) & FD_CLOEXEC);
      return true;
   }
   case OP_BO_IMPORT:
      if (*bo)
         return false;
      *result = import_fd(client, renderer, bo, how, value);
      return true;
   case OP_BO_UNREF:
      ops->bo_unref(renderer, *bo);
      *bo = NULL;
      return false;
   case OP_SYNC_CREATE:
      if (*sync)
         return false;
      *result = ops->sync_create(renderer, value, sync);
      client->promised[slot] = value;
      return true;
   case OP_SYNC_DESTROY:
      ops->sync_destroy(renderer, *sync);
      *sync = NULL;
      return false;
   case OP_SYNC_READ:
      if (!*sync)
         return false;
      *result = ops->sync_read(renderer, *sync, &seen);
      return true;
   case OP_SYNC_WRITE:
      if (!*sync)
         return false;
      *result = ops->sync_write(renderer, *sync, value);
      return true;
   case OP_SYNC_EXPORT:
      if (!*sync)
         return false;
      *result = export_sync(client, slot, value);
      return true;
   case OP_SYNC_IMPORT:
      if (!*sync)
         return false;
      *result = import_sync(client, slot, how, value);
      return true;
   case OP_WAIT:
      *result = wait_for(client, slot, how, value);
      return true;
   case OP_SUBMIT:
      *result = submit(client, slot, how, value);
      return true;
   case OP_WATCHDOG:
      client->patience = how;
      renderer->watchdog = how & 1 ? watchdog : NULL;
      renderer->watchdog_data = client;
      return false;
   case OP_ANOTHER:
      /* it lives and dies by itself */
      (void)use_another(client, how, value);
      return false;
   case OP_TIME:
      fuzz_device_let_time_pass(value);
      return false;
   case OP_COUNT:
      break;
   }
   return false;
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
   if (client->another)
      client->another->ops->destroy(client->another);
   client->ops->destroy(renderer);
}

static void
run(struct client *client, struct u_fuzz_input *operations, uint32_t count)
{
   client->ops = client->renderer->ops;
   U_FUZZ_CHECK(client->renderer->info.timeline_count &&
                client->renderer->info.timeline_count <=
                   VN_RENDERER_MAX_TIMELINES);
   U_FUZZ_CHECK(u_is_pot_u64(client->renderer->info.memory_alignment));
   for (uint32_t i = 0; i < count; i++) {
      const enum operation operation = u_fuzz_u8(operations) % OP_COUNT;
      const uint8_t slot = u_fuzz_u8(operations) % SLOTS;
      const uint8_t how = u_fuzz_u8(operations);
      (void)u_fuzz_u8(operations);
      const uint32_t value = u_fuzz_u32(operations);
      const bool was_lost =
         atomic_load_explicit(&client->renderer->lost, memory_order_relaxed);
      VkResult result;
      if (operate(client, operation, slot, how, value, &result))
         check_result(client, was_lost, result);
   }
   finish(client);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
   struct u_fuzz_input operations = { .cur = data, .end = data + size };
   const uint32_t count = u_fuzz_u8(&operations) % (MAX_OPERATIONS + 1);
   const uint32_t fail_at = u_fuzz_u8(&operations);
   struct u_fuzz_input script = operations;
   for (uint32_t i = 0; i < count; i++)
      (void)u_fuzz_u64(&script);
   operations.end = script.cur;

   struct u_fuzz_belongings before;
   u_fuzz_belongings_get(&before);
   fuzz_device_start(&script, fail_at);

   struct client client = { 0 };
   for (int i = 0; i < SLOTS; i++)
      client.fds[i] = -1;
   const VkResult result =
      vn_virtgpu_create(fail_at & 1 ? FUZZ_NODE : NULL,
                        &vn_virtgpu_default_limits, &client.renderer);
   if (result == VK_SUCCESS) {
      run(&client, &operations, count);
   } else {
      U_FUZZ_CHECK(result == VK_ERROR_INITIALIZATION_FAILED ||
                   result == VK_ERROR_OUT_OF_HOST_MEMORY);
      U_FUZZ_CHECK(!client.renderer);
   }

   fuzz_device_stop();
   u_fuzz_belongings_check(&before);
   return 0;
}
