/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The ring, and the shared memory for commands and replies, against a
 * renderer that writes anything where it may write: head, tail, status, the
 * buffer, replies; whose fences retire when it likes, and whose transport
 * fails. It acts whenever the driver yields, waits, submits or looks at the
 * clock, so there is no thread and nothing sleeps.
 *
 * Input: u8 number of operations, 4 bytes for each (u8 which, u8 object, u16
 * value); the rest is what the renderer does, in the order of its chances.
 */

#include "u_fuzz.h"
#include "vn_protocol.h"
#include "vn_ring_private.h"

#include <sched.h>
#include <sys/mman.h>

enum { MAX_OPERATIONS = 64, SLOTS = 8, RING_SIZE = 4096 };

int __wrap_sched_yield(void);
uint64_t __wrap_vn_time_ns(void);

/* ---- the renderer ---------------------------------------------------------
 */

struct shmem {
   struct vn_renderer_shmem base; /* what the driver gets */
   struct shmem *next;
   uint8_t *pages;
   size_t size; /* of the pages, with one at each end that nobody may touch */
   bool is_out;
};

struct sync {
   struct vn_renderer_sync base;
   uint64_t value;  /* reached */
   uint64_t wanted; /* of the last fence */
};

static struct {
   struct vn_renderer base;
   struct u_fuzz_input script;
   uint64_t now_ns;
   bool is_on;     /* an input runs; the sanitizers yield as well */
   bool is_acting; /* no chance within a chance */

   uint32_t shmem_count; /* those that exist */
   uint32_t sync_count;
   uint32_t last_id;
   struct sync *sync; /* the ring's only one */

   struct vn_ring *ring;         /* once it exists */
   struct vn_shmem_slice *reply; /* where the driver waits for an answer */
   size_t reply_size;
} host;

enum act {
   ACT_EXECUTE = 4, /* smaller numbers too: everything, honestly */
   ACT_HEAD,
   ACT_STATUS,
   ACT_TAIL,
   ACT_BUFFER,
   ACT_REPLY,
   ACT_FENCE,
   ACT_NOTHING,
   ACT_LATE,
   ACT_COUNT,
};

static void
retire_fences(void)
{
   if (host.sync)
      host.sync->value = host.sync->wanted;
}

static void
write_reply(void)
{
   if (!host.reply || !host.reply->block)
      return;
   const uint8_t size = u_fuzz_u8(&host.script);
   u_fuzz_bytes(&host.script, host.reply->map,
                VN_MIN(size, host.reply->size));
}

/* One of the renderer's chances to do something. */
static void
act(void)
{
   struct vn_ring *ring = host.ring;
   struct u_fuzz_input *script = &host.script;
   if (!host.is_on || host.is_acting || u_fuzz_at_end(script))
      return;
   host.is_acting = true;

   switch (u_fuzz_u8(script) % ACT_COUNT) {
   case ACT_HEAD:
      if (ring) {
         const uint8_t how = u_fuzz_u8(script);
         const uint32_t tail = atomic_load(ring->tail);
         atomic_store(ring->head,
                      how & 1 ? tail + (how >> 1) - 64 : u_fuzz_u32(script));
      }
      break;
   case ACT_STATUS:
      if (ring)
         atomic_store(ring->status, u_fuzz_u8(script));
      break;
   case ACT_TAIL:
      if (ring)
         atomic_store(ring->tail, u_fuzz_u32(script));
      break;
   case ACT_BUFFER:
      if (ring) {
         uint8_t *at =
            ring->buffer + u_fuzz_u16(script) % (ring->buffer_size - 8);
         u_fuzz_bytes(script, at, 8);
      }
      break;
   case ACT_REPLY:
      write_reply();
      if (ring)
         atomic_store(ring->head, atomic_load(ring->tail));
      break;
   case ACT_FENCE:
      retire_fences();
      break;
   case ACT_NOTHING:
      break;
   case ACT_LATE:
      host.now_ns += (uint64_t)u_fuzz_u8(script) << 24;
      break;
   default:
      /* it takes all, sets ALIVE, and goes to sleep */
      if (ring) {
         atomic_store(ring->head, atomic_load(ring->tail));
         atomic_store(
            ring->status,
            VN_RING_STATUS_ALIVE | (u_fuzz_u8(script) & VN_RING_STATUS_IDLE));
      }
      retire_fences();
      break;
   }
   host.is_acting = false;
}

int
__wrap_sched_yield(void)
{
   act();
   return 0;
}

uint64_t
__wrap_vn_time_ns(void)
{
   host.now_ns += 20000;
   return host.now_ns;
}

/* ---- its transport --------------------------------------------------------
 */

static bool
fails(void)
{
   return !u_fuzz_at_end(&host.script) && u_fuzz_u8(&host.script) == 0xff;
}

static VkResult
host_submit(struct vn_renderer *renderer,
            const struct vn_renderer_submit *submit)
{
   U_FUZZ_CHECK(submit->size % 4 == 0);
   /* reads all of it, as the kernel would */
   uint8_t sum = 0;
   for (size_t i = 0; i < submit->size; i++)
      sum ^= ((const uint8_t *)submit->cs)[i];
   __asm__ volatile("" : : "r"(sum)); /* or it would not be read */
   if (atomic_load(&renderer->lost))
      return VK_ERROR_DEVICE_LOST;
   if (fails()) {
      atomic_store(&renderer->lost, true);
      return VK_ERROR_DEVICE_LOST;
   }
   if (submit->has_fence) {
      struct sync *sync = (struct sync *)submit->sync;
      /* a timeline only grows */
      U_FUZZ_CHECK(submit->value > sync->wanted);
      sync->wanted = submit->value;
   }
   act();
   return VK_SUCCESS;
}

/* Mapped once and used again by later inputs, which is ten times as fast. */
static struct shmem *shmems;

static struct shmem *
find_shmem(size_t size)
{
   const size_t page = 4096;
   const size_t wanted = (size + page - 1) / page * page + 2 * page;
   struct shmem *shmem;
   for (shmem = shmems; shmem; shmem = shmem->next) {
      if (!shmem->is_out && shmem->size == wanted)
         return shmem;
   }
   shmem = u_fuzz_zeros(1, sizeof(*shmem));
   shmem->size = wanted;
   shmem->pages = mmap(NULL, wanted, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
   U_FUZZ_CHECK(shmem->pages != MAP_FAILED);
   U_FUZZ_CHECK(!mprotect(shmem->pages, page, PROT_NONE));
   U_FUZZ_CHECK(!mprotect(shmem->pages + wanted - page, page, PROT_NONE));
   shmem->next = shmems;
   shmems = shmem;
   return shmem;
}

static VkResult
host_shmem_create(struct vn_renderer *renderer,
                  size_t size,
                  struct vn_renderer_shmem **out)
{
   if (atomic_load(&renderer->lost))
      return VK_ERROR_DEVICE_LOST;
   if (fails() || size > 64u << 20)
      return VK_ERROR_OUT_OF_DEVICE_MEMORY;
   struct shmem *shmem = find_shmem(size);
   shmem->is_out = true;
   /* its last byte is the last that may be touched */
   shmem->base = (struct vn_renderer_shmem){
      .res_id = ++host.last_id,
      .size = size,
      .map = shmem->pages + shmem->size - 4096 - size,
   };
   host.shmem_count++;
   *out = &shmem->base;
   return VK_SUCCESS;
}

static void
host_shmem_destroy(struct vn_renderer *renderer,
                   struct vn_renderer_shmem *base)
{
   struct shmem *shmem = (struct shmem *)base;
   if (!shmem)
      return;
   U_FUZZ_CHECK(shmem->is_out);
   shmem->is_out = false;
   host.shmem_count--;
   /* zeroes for the next one */
   U_FUZZ_CHECK(
      !madvise(shmem->pages + 4096, shmem->size - 2 * 4096, MADV_DONTNEED));
}

static VkResult
host_sync_create(struct vn_renderer *renderer,
                 uint64_t value,
                 struct vn_renderer_sync **out)
{
   if (fails())
      return VK_ERROR_OUT_OF_DEVICE_MEMORY;
   struct sync *sync = u_fuzz_zeros(1, sizeof(*sync));
   sync->value = sync->wanted = value;
   host.sync_count++;
   host.sync = sync;
   *out = &sync->base;
   return VK_SUCCESS;
}

static void
host_sync_destroy(struct vn_renderer *renderer, struct vn_renderer_sync *sync)
{
   if (!sync)
      return;
   host.sync = NULL;
   host.sync_count--;
   free(sync);
}

static VkResult
host_wait(struct vn_renderer *renderer, const struct vn_renderer_wait *wait)
{
   U_FUZZ_CHECK(wait->count == 1 && wait->timeout_ns != UINT64_MAX);
   const struct sync *sync = (const struct sync *)wait->syncs[0];
   act();
   if (atomic_load(&renderer->lost))
      return VK_ERROR_DEVICE_LOST;
   if (sync->value >= wait->values[0])
      return VK_SUCCESS;
   host.now_ns += wait->timeout_ns;
   return VK_TIMEOUT;
}

static const struct vn_renderer_ops host_ops = {
   .submit = host_submit,
   .shmem_create = host_shmem_create,
   .shmem_destroy = host_shmem_destroy,
   .sync_create = host_sync_create,
   .sync_destroy = host_sync_destroy,
   .wait = host_wait,
};

/* ---- the driver's side ----------------------------------------------------
 */

enum operation {
   OP_CALL,
   OP_CALL_LONG,
   OP_SUBMIT,
   OP_STREAM_ALLOC,
   OP_STREAM_SUBMIT,
   OP_STREAM_FREE,
   OP_WAIT,
   OP_PASSED,
   OP_FENCE,
   OP_WATCHDOG,
   OP_COUNT,
};

struct slot {
   struct vn_shmem_slice slice;
   uint32_t seqno; /* of its last use */
};

struct driver {
   struct vn_ring *ring;
   struct vn_object_base objects[2]; /* a device and a pool */
   struct slot slots[SLOTS];
   uint32_t seqno; /* the last one that a submission gave */
};

/* What is out is nobody else's, whatever the renderer says of its head. */
static void
check_slices(const struct driver *driver)
{
   for (int i = 0; i < SLOTS; i++) {
      const struct vn_shmem_slice *a = &driver->slots[i].slice;
      for (int j = 0; a->block && j < i; j++) {
         const struct vn_shmem_slice *b = &driver->slots[j].slice;
         U_FUZZ_CHECK(!b->block ||
                      (uintptr_t)a->map >= (uintptr_t)b->map + b->size ||
                      (uintptr_t)b->map >= (uintptr_t)a->map + a->size);
      }
   }
}

/* A query of `size` bytes of results: as long a reply as one likes. */
static void
call(struct driver *driver, size_t size)
{
   VkDevice device = (VkDevice)&driver->objects[0];
   VkQueryPool pool = (VkQueryPool)&driver->objects[1];
   uint8_t *results = u_fuzz_zeros(1, size);
   struct vn_ring_cmd cmd;
   vn_ring_cmd_init(&cmd, driver->ring);
   vn_encode_vkGetQueryPoolResults(&cmd.enc, VN_COMMAND_GENERATE_REPLY,
                                   device, pool, 0, 1, size, results, 4, 0);
   host.reply = &cmd.reply;
   const VkResult called =
      vn_ring_cmd_call(&cmd, vn_sizeof_vkGetQueryPoolResults_reply(
                                device, pool, 0, 1, size, results, 4, 0));
   if (called == VK_SUCCESS) {
      const VkResult result = vn_decode_vkGetQueryPoolResults_reply(
         &cmd.dec, device, pool, 0, 1, size, results, 4, 0);
      U_FUZZ_CHECK(!cmd.dec.failed || result == VK_ERROR_DEVICE_LOST);
      driver->seqno = cmd.seqno;
   }
   host.reply = NULL;
   vn_ring_cmd_finish(&cmd);
   free(results);
}

/* A command of about `size` bytes, with a reply or without. */
static void
send(struct driver *driver, size_t size, bool is_call)
{
   const size_t words = size / 4 + 1;
   uint32_t *code = u_fuzz_zeros(words, sizeof(*code));
   const VkShaderModuleCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
      .codeSize = words * sizeof(*code),
      .pCode = code,
   };
   VkShaderModule module = (VkShaderModule)&driver->objects[1];
   VkDevice device = (VkDevice)&driver->objects[0];
   struct vn_ring_cmd cmd;
   vn_ring_cmd_init(&cmd, driver->ring);
   vn_encode_vkCreateShaderModule(&cmd.enc,
                                  is_call ? VN_COMMAND_GENERATE_REPLY : 0,
                                  device, &info, NULL, &module);
   host.reply = &cmd.reply;
   VkResult result;
   if (is_call) {
      result = vn_ring_cmd_call(&cmd, vn_sizeof_vkCreateShaderModule_reply(
                                         device, &info, NULL, &module));
      if (result == VK_SUCCESS) {
         vn_decode_vkCreateShaderModule_reply(&cmd.dec, device, &info, NULL,
                                              &module);
         U_FUZZ_CHECK(!module ||
                      module == (VkShaderModule)&driver->objects[1]);
      }
   } else {
      result = vn_ring_cmd_submit(&cmd);
   }
   if (result == VK_SUCCESS)
      driver->seqno = cmd.seqno;
   host.reply = NULL;
   vn_ring_cmd_finish(&cmd);
   free(code);
}

static void
submit_streams(struct driver *driver)
{
   struct vn_ring_stream streams[SLOTS];
   uint32_t count = 0;
   for (int i = 0; i < SLOTS; i++) {
      const struct vn_shmem_slice *slice = &driver->slots[i].slice;
      if (slice->block) {
         streams[count++] = (struct vn_ring_stream){
            .slice = slice,
            .size = slice->size,
         };
      }
   }
   uint32_t seqno;
   if (vn_ring_submit_streams(driver->ring, streams, count, &seqno) ==
       VK_SUCCESS) {
      driver->seqno = seqno;
      for (int i = 0; i < SLOTS; i++)
         driver->slots[i].seqno = seqno;
   }
}

static void
operate(struct driver *driver,
        enum operation operation,
        struct slot *slot,
        uint16_t value)
{
   struct vn_ring *ring = driver->ring;
   struct vn_shmem_pool *pool = vn_ring_stream_pool(ring);
   switch (operation) {
   case OP_CALL:
      call(driver, value & 0x8000 ? (size_t)value << 3 : value & 0xff);
      break;
   case OP_CALL_LONG:
      send(driver, value, true);
      break;
   case OP_SUBMIT:
      send(driver, value & 0xfff, false);
      break;
   case OP_STREAM_ALLOC:
      if (!slot->slice.block &&
          vn_shmem_pool_alloc(
             pool, value & 0x8000 ? (size_t)(value & 0xff) << 13 : value,
             &slot->slice) == VK_SUCCESS) {
         uint8_t *bytes = slot->slice.map;
         bytes[0] = bytes[slot->slice.size - 1] = 0x5a;
         slot->seqno = vn_ring_last_seqno(ring);
         check_slices(driver);
      }
      break;
   case OP_STREAM_SUBMIT:
      submit_streams(driver);
      break;
   case OP_STREAM_FREE:
      vn_shmem_pool_free(pool, &slot->slice, slot->seqno);
      break;
   case OP_WAIT:
      vn_ring_wait_seqno(ring, driver->seqno);
      break;
   case OP_PASSED:
      vn_ring_seqno_passed(ring, driver->seqno - value);
      break;
   case OP_FENCE:
      if (vn_ring_submit_fence(ring, driver->seqno, 0, NULL, 0) != VK_SUCCESS)
         U_FUZZ_CHECK(vn_ring_is_lost(ring));
      break;
   case OP_WATCHDOG:
      vn_ring_watchdog(ring, host.now_ns - value);
      break;
   case OP_COUNT:
      break;
   }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
   static const struct vn_protocol_caps caps = {
      .vk_xml_version = VK_API_VERSION_1_3,
   };
   struct u_fuzz_input operations = { .cur = data, .end = data + size };
   struct u_fuzz_input script = operations;
   const uint32_t count = u_fuzz_u8(&operations) % (MAX_OPERATIONS + 1);
   script.cur = operations.cur;
   for (uint32_t i = 0; i < count; i++)
      (void)u_fuzz_u32(&script);
   operations.end = script.cur;

   memset(&host, 0, sizeof(host));
   host.is_on = true;
   host.base.ops = &host_ops;
   host.base.info.timeline_count = 64;
   host.script = script;
   host.now_ns = VN_NSEC_PER_SEC;

   struct driver driver = {
      .objects = { { .id = 1 }, { .id = 2 } },
   };
   if (vn_ring_create(&host.base, &caps, RING_SIZE, &driver.ring) ==
       VK_SUCCESS) {
      host.ring = driver.ring;
      bool was_lost = false;
      for (uint32_t i = 0; i < count; i++) {
         const enum operation operation = u_fuzz_u8(&operations) % OP_COUNT;
         struct slot *slot = &driver.slots[u_fuzz_u8(&operations) % SLOTS];
         operate(&driver, operation, slot, u_fuzz_u16(&operations));
         /* for good */
         U_FUZZ_CHECK(!was_lost || vn_ring_is_lost(driver.ring));
         was_lost = vn_ring_is_lost(driver.ring);
      }
      for (int i = 0; i < SLOTS; i++) {
         vn_shmem_pool_free(vn_ring_stream_pool(driver.ring),
                            &driver.slots[i].slice, driver.slots[i].seqno);
      }
      vn_ring_destroy(driver.ring);
   }
   host.is_on = false;
   U_FUZZ_CHECK(!host.shmem_count && !host.sync_count);
   return 0;
}
