/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Query pools. Results are read from memory that the GPU writes where the
 * pool has such (vn_query_feedback.h). Else the renderer answers a request
 * for results with a block of bytes, whole, while the application is promised
 * that only results which are available are written, and nothing in between.
 * So results are asked for packed and with their availability, and are put
 * where they belong here.
 */

#include <sched.h>

#include "vn_calls.h"
#include "vn_entrypoints.h"
#include "vn_query_feedback.h"
#include "vn_query_wait.h"
#include "vn_wait.h"

/* Results whose bytes fit on the stack. */
#define STACK_BYTES 512

static uint32_t
value_count(const VkQueryPoolCreateInfo *info)
{
   switch ((int)info->queryType) {
   case VK_QUERY_TYPE_PIPELINE_STATISTICS:
      return (uint32_t)__builtin_popcount(info->pipelineStatistics);
   case VK_QUERY_TYPE_TRANSFORM_FEEDBACK_STREAM_EXT:
      return 2;
   default:
      return 1;
   }
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_CreateQueryPool(VkDevice device,
                   const VkQueryPoolCreateInfo *pCreateInfo,
                   const VkAllocationCallbacks *pAllocator,
                   VkQueryPool *pQueryPool)
{
   struct vn_query_pool *pool = vn_device_object_zalloc(
      device, pAllocator, sizeof(*pool), VK_OBJECT_TYPE_QUERY_POOL);
   if (!pool)
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);
   pool->count = pCreateInfo->queryCount;
   pool->value_count = value_count(pCreateInfo);
   vn_query_feedback_init(vn_device_from_handle(device), pool);

   VkQueryPoolCreateInfo info = *pCreateInfo;
   /* "pipelineStatistics is ignored" */
   if (info.queryType != VK_QUERY_TYPE_PIPELINE_STATISTICS)
      info.pipelineStatistics = 0;

   VkQueryPool handle = vn_query_pool_to_handle(pool);
   const VkResult result = vn_async_vkCreateQueryPool(
      vn_ring_of(device), device, &info, NULL, &handle);
   if (result != VK_SUCCESS) {
      vn_query_feedback_finish(vn_device_from_handle(device), pool);
      vn_object_destroy(device, pAllocator, pool);
      return vn_result(result);
   }
   *pQueryPool = vn_query_pool_to_handle(pool);
   return VK_SUCCESS;
}

VKAPI_ATTR void VKAPI_CALL
vn_DestroyQueryPool(VkDevice device,
                    VkQueryPool queryPool,
                    const VkAllocationCallbacks *pAllocator)
{
   struct vn_query_pool *pool = vn_query_pool_from_handle(queryPool);
   if (!pool)
      return;
   vn_async_vkDestroyQueryPool(vn_ring_of(device), device, queryPool, NULL);
   vn_query_feedback_finish(vn_device_from_handle(device), pool);
   vn_object_destroy(device, pAllocator, pool);
}

struct results {
   uint32_t count;
   size_t value_size;
   size_t values_size; /* of one query */
   size_t packed_size; /* of one query, with its availability */
   VkQueryResultFlags flags;
};

static bool
is_available(const struct results *results, const uint8_t *packed)
{
   const uint8_t *word = packed + results->values_size;
   uint64_t value = 0;
   memcpy(&value, word, results->value_size); /* little endian, as all is */
   return value != 0;
}

static bool
all_available(const struct results *results, const uint8_t *packed)
{
   for (uint32_t i = 0; i < results->count; i++) {
      if (!is_available(results, packed + i * results->packed_size))
         return false;
   }
   return true;
}

/* True if all are available. */
static bool
unpack(const struct results *results,
       const uint8_t *packed,
       uint8_t *data,
       size_t stride)
{
   const size_t written =
      results->flags & VK_QUERY_RESULT_WITH_AVAILABILITY_BIT
         ? results->packed_size
         : results->values_size;
   bool all = true;

   for (uint32_t i = 0; i < results->count; i++) {
      if (is_available(results, packed) ||
          results->flags & VK_QUERY_RESULT_PARTIAL_BIT) {
         memcpy(data, packed, written);
      } else if (results->flags & VK_QUERY_RESULT_WITH_AVAILABILITY_BIT) {
         memcpy(data + results->values_size, packed + results->values_size,
                results->value_size);
      }
      all &= is_available(results, packed);
      packed += results->packed_size;
      data += stride;
   }
   return all;
}

static bool
range_is_available(const struct vn_query_pool *pool,
                   uint32_t first,
                   uint32_t count)
{
   for (uint32_t i = 0; i < count; i++) {
      if (!vn_query_feedback_is_available(pool, first + i))
         return false;
   }
   return true;
}

/* "32-bit ... the value may either wrap or saturate": little endian, as all */
static void
put_value(uint8_t **data, const struct results *results, uint64_t value)
{
   memcpy(*data, &value, results->value_size);
   *data += results->value_size;
}

/* True if all are available. */
static bool
read_memory(const struct vn_query_pool *pool,
            const struct results *results,
            uint32_t first,
            uint8_t *data,
            size_t stride)
{
   bool all = true;

   for (uint32_t i = 0; i < results->count; i++, data += stride) {
      const bool available = vn_query_feedback_is_available(pool, first + i);
      uint8_t *out = data + results->values_size;

      if (results->flags & VK_QUERY_RESULT_WITH_AVAILABILITY_BIT)
         put_value(&out, results, available);
      all &= available;
      if (!available)
         continue;
      out = data;
      for (uint32_t j = 0; j < pool->value_count; j++) {
         put_value(&out, results,
                   vn_query_feedback_values(pool, first + i)[j]);
      }
   }
   return all;
}

/* Looking costs nothing, so the sleeps that a later submission may draw out
 * are kept short.
 */
#define MAX_MEMORY_TURN 3

/* Sends nothing but transport fences, to sleep on. */
static VkResult
wait_for_memory(struct vn_device *device,
                const struct vn_query_pool *pool,
                uint32_t first,
                uint32_t count)
{
   const uint64_t start_ns = vn_time_ns();
   const uint64_t yield_until = vn_perf_flags() & VN_PERF_NO_RING_SPIN
                                   ? start_ns
                                   : start_ns + VN_WAIT_YIELD_NS;
   uint32_t turn = 0;

   while (!range_is_available(pool, first, count)) {
      if (vn_time_ns() < yield_until) {
         sched_yield();
         continue;
      }
      const VkResult result = vn_query_sleep(device, start_ns, turn);
      if (result != VK_SUCCESS)
         return result;
      turn = VN_MIN(turn + 1, (uint32_t)MAX_MEMORY_TURN);
   }
   return VK_SUCCESS;
}

/* False: the host has to be asked. */
static bool
answer_from_memory(struct vn_device *device,
                   const struct vn_query_pool *pool,
                   const struct results *results,
                   uint32_t first,
                   void *data,
                   size_t stride,
                   VkResult *result_out)
{
   if (!vn_query_feedback_is_complete(pool))
      return false;
   /* what there is before the end only the host knows */
   if ((results->flags & VK_QUERY_RESULT_PARTIAL_BIT) &&
       !(results->flags & VK_QUERY_RESULT_WAIT_BIT) &&
       !range_is_available(pool, first, results->count))
      return false;

   *result_out = VK_SUCCESS;
   if (vn_ring_is_lost(device->dispatch.ring))
      *result_out = VK_ERROR_DEVICE_LOST;
   else if (results->flags & VK_QUERY_RESULT_WAIT_BIT)
      *result_out = wait_for_memory(device, pool, first, results->count);
   if (*result_out != VK_SUCCESS)
      return true;

   if (!read_memory(pool, results, first, data, stride)) {
      /* whoever polls has no other way to learn of a loss */
      *result_out = vn_wait_look_for_life(device, 0);
      if (*result_out == VK_SUCCESS)
         *result_out = VK_NOT_READY;
   }
   return true;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_GetQueryPoolResults(VkDevice _device,
                       VkQueryPool queryPool,
                       uint32_t firstQuery,
                       uint32_t queryCount,
                       size_t dataSize,
                       void *pData,
                       VkDeviceSize stride,
                       VkQueryResultFlags flags)
{
   struct vn_device *device = vn_device_from_handle(_device);
   const struct vn_query_pool *pool = vn_query_pool_from_handle(queryPool);
   VkResult result;
   const size_t value_size = flags & VK_QUERY_RESULT_64_BIT ? 8 : 4;
   const struct results results = {
      .count = queryCount,
      .value_size = value_size,
      .values_size = pool->value_count * value_size,
      .packed_size = (pool->value_count + 1) * value_size,
      .flags = flags,
   };
   if (answer_from_memory(device, pool, &results, firstQuery, pData, stride,
                          &result))
      return vn_result(result);

   uint64_t size;
   if (!u_mul_u64(queryCount, results.packed_size, &size) || size > SIZE_MAX)
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);

   _Alignas(8) uint8_t stack[STACK_BYTES];
   uint8_t *packed = stack;
   if (size > sizeof(stack)) {
      packed = vn_alloc_scratch(&device->alloc, size);
      if (!packed)
         return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);
   }

   const VkQueryResultFlags host_flags =
      (flags & ~VK_QUERY_RESULT_WAIT_BIT) |
      VK_QUERY_RESULT_WITH_AVAILABILITY_BIT;
   const uint64_t start_ns = vn_time_ns();
   for (uint32_t turn = 0;; turn++) {
      result = vn_query_prepare_host(device, start_ns);
      if (result != VK_SUCCESS)
         break;
      result = vn_call_vkGetQueryPoolResults(
         device->dispatch.ring, _device, queryPool, firstQuery, queryCount,
         size, packed, results.packed_size, host_flags);
      if (result < VK_SUCCESS)
         break;
      if (!(flags & VK_QUERY_RESULT_WAIT_BIT))
         break;
      if (all_available(&results, packed)) {
         result = VK_SUCCESS;
         break;
      }
      result = vn_query_sleep(device, start_ns, turn);
      if (result != VK_SUCCESS)
         break;
   }
   if (result >= VK_SUCCESS) {
      const bool all = unpack(&results, packed, pData, stride);
      /* what the host says counts the availability as a result */
      const VkQueryResultFlags may_lack =
         VK_QUERY_RESULT_WITH_AVAILABILITY_BIT | VK_QUERY_RESULT_PARTIAL_BIT;
      if (!all && !(flags & may_lack))
         result = VK_NOT_READY;
   }
   if (packed != stack)
      vn_free_scratch(&device->alloc, packed);
   return vn_result(result);
}
