/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Buffers: an id, the names of handle types in between, and requirements
 * that are mostly known before the buffer is made.
 *
 * The specification: alignment and memoryTypeBits are the same for all
 * buffers of equal flags, usage and external handle types; and with
 * maintenance4 "size is never greater than the result of aligning
 * VkBufferCreateInfo::size with the alignment". So for a host that has
 * maintenance4, and rounds up like that where it was asked (one byte, and
 * the application's first size), the size is computed: it is never less than
 * what the host would say. Everything else is remembered for its exact size.
 */

#include "vn_calls.h"
#include "vn_chain.h"
#include "vn_device.h"
#include "vn_entrypoints.h"
#include "vn_suballoc.h"

/* Larger ones may well fail on the host, and the application must hear it. */
#define ASYNC_BUFFER_LIMIT (UINT64_C(64) << 20)

/* What requirements depend on, in the renderer's terms. */
struct buffer_kind {
   VkDeviceSize size;
   VkBufferCreateFlags flags;
   VkBufferUsageFlags usage;
   VkExternalMemoryHandleTypeFlags handle_types;
   bool unknown; /* something else is chained: never in a cache */
};

struct vn_buffer {
   struct vn_object_base base;
   struct buffer_kind kind;
   struct vn_requirement_slot requirements;
};

VN_DEFINE_HANDLE_CASTS(vn_buffer, VkBuffer)

/* The application's info in the renderer's terms. */
static VkResult
translate_info(struct vn_device *device,
               const VkBufferCreateInfo *app_info,
               VkBufferCreateInfo *info,
               struct vn_chain *chain,
               struct buffer_kind *kind)
{
   const VkResult result = vn_chain_init(chain, &device->alloc, &device->caps,
                                         app_info->pNext, NULL, 0);
   if (result != VK_SUCCESS)
      return result;

   *info = *app_info;
   info->pNext = chain->first;
   *kind = (struct buffer_kind){
      .size = info->size,
      .flags = info->flags,
      .usage = info->usage,
   };
   for (VkBaseOutStructure *s = chain->first; s; s = s->pNext) {
      if (s->sType != VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO) {
         kind->unknown = true;
         continue;
      }
      VkExternalMemoryBufferCreateInfo *external = (void *)s;
      if (external->handleTypes)
         external->handleTypes = VN_RENDERER_HANDLE_TYPE;
      kind->handle_types = external->handleTypes;
   }
   return VK_SUCCESS;
}

static bool
may_have_rule(const struct vn_device *device, const struct buffer_kind *kind)
{
   return device->physical_device->has_maintenance4 && !kind->unknown &&
          !kind->flags && !kind->handle_types &&
          kind->size <= ASYNC_BUFFER_LIMIT;
}

static void
ask_of_rule(const struct buffer_kind *kind, struct vn_question *question)
{
   vn_question_init(question);
   vn_question_add(question, kind->usage);
}

static void
ask_of_size(const struct buffer_kind *kind, struct vn_question *question)
{
   vn_question_init(question);
   vn_question_add(question, kind->flags);
   vn_question_add(question, kind->usage);
   vn_question_add(question, kind->handle_types);
   vn_question_add_u64(question, kind->size);
   question->overflow |= kind->unknown;
}

static VkDeviceSize
round_up(const struct buffer_kind *kind, const struct vn_requirements *value)
{
   /* the size is far from the end of the range, the alignment a power of 2 */
   return (kind->size + value->memory.alignment - 1) &
          ~(value->memory.alignment - 1);
}

static bool
find_requirements(struct vn_device *device,
                  const struct buffer_kind *kind,
                  struct vn_requirements *value_out)
{
   struct vn_question question;

   /* a miss costs less than a hit, so the one that ends the search is first */
   ask_of_size(kind, &question);
   if (vn_answer_cache_get(&device->requirements.buffers, &question,
                           value_out))
      return true;

   struct vn_buffer_rule rule;
   if (!may_have_rule(device, kind))
      return false;
   ask_of_rule(kind, &question);
   if (!vn_answer_cache_get(&device->requirements.buffer_rules, &question,
                            &rule) ||
       !rule.rounds_up)
      return false;
   *value_out = rule.requirements;
   value_out->memory.size = round_up(kind, value_out);
   return true;
}

/* The smallest buffer of that usage, only to ask. */
static bool
ask_for_one_byte(struct vn_device *device,
                 const struct buffer_kind *kind,
                 struct vn_requirements *value_out)
{
   struct vn_ring *ring = device->dispatch.ring;
   const VkDevice device_handle = vn_device_to_handle(device);
   const VkBufferCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
      .size = 1,
      .usage = kind->usage,
   };
   struct vn_object_base object;
   VkBuffer handle = (VkBuffer)(uintptr_t)&object;

   vn_object_init(&object, VK_OBJECT_TYPE_BUFFER);
   if (vn_call_vkCreateBuffer(ring, device_handle, &info, NULL, &handle) !=
       VK_SUCCESS)
      return false;

   const VkBufferMemoryRequirementsInfo2 buffer_info = {
      .sType = VK_STRUCTURE_TYPE_BUFFER_MEMORY_REQUIREMENTS_INFO_2,
      .buffer = (VkBuffer)(uintptr_t)&object,
   };
   struct vn_requirement_reply reply;
   vn_requirement_reply_init(&reply);
   const bool ok = vn_call_vkGetBufferMemoryRequirements2(
                      ring, device_handle, &buffer_info,
                      &reply.requirements) == VK_SUCCESS &&
                   vn_requirement_reply_read(device, &reply, value_out);
   vn_async_vkDestroyBuffer(ring, device_handle, buffer_info.buffer, NULL);
   return ok;
}

/* Keeps what the host said, and finds the rule in it on the first time. */
static void
learn_requirements(struct vn_device *device,
                   const struct buffer_kind *kind,
                   const struct vn_requirements *value)
{
   struct vn_requirement_caches *caches = &device->requirements;
   struct vn_question question;
   struct vn_buffer_rule rule;

   ask_of_size(kind, &question);
   vn_answer_cache_put(&caches->buffers, &question, value);

   ask_of_rule(kind, &question);
   if (!may_have_rule(device, kind) || !caches->buffer_rules.max_count ||
       vn_answer_cache_get(&caches->buffer_rules, &question, &rule))
      return;

   struct vn_requirements one;
   if (!ask_for_one_byte(device, kind, &one))
      return;
   memset(&rule, 0, sizeof(rule));
   rule.requirements = *value;
   rule.rounds_up =
      one.memory.size == one.memory.alignment &&
      one.memory.alignment == value->memory.alignment &&
      one.memory.memoryTypeBits == value->memory.memoryTypeBits &&
      one.prefers_dedicated == value->prefers_dedicated &&
      one.requires_dedicated == value->requires_dedicated &&
      value->memory.size == round_up(kind, value);
   vn_answer_cache_put(&caches->buffer_rules, &question, &rule);
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_CreateBuffer(VkDevice _device,
                const VkBufferCreateInfo *pCreateInfo,
                const VkAllocationCallbacks *pAllocator,
                VkBuffer *pBuffer)
{
   struct vn_device *device = vn_device_from_handle(_device);
   VkBufferCreateInfo info;
   struct vn_chain chain;
   struct buffer_kind kind;
   VkResult result =
      translate_info(device, pCreateInfo, &info, &chain, &kind);
   if (result != VK_SUCCESS)
      return vn_result(result);

   struct vn_buffer *buffer = vn_device_object_zalloc(
      _device, pAllocator, sizeof(*buffer), VK_OBJECT_TYPE_BUFFER);
   if (!buffer) {
      vn_chain_finish(&chain);
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);
   }
   buffer->kind = kind;

   /* an equal one was made before: this one will be as well */
   struct vn_requirements value;
   const bool known = find_requirements(device, &kind, &value);
   if (known)
      vn_requirement_slot_init(&buffer->requirements, &value);

   VkBuffer handle = vn_buffer_to_handle(buffer);
   const bool may_fail =
      kind.handle_types || kind.flags || kind.size > ASYNC_BUFFER_LIMIT;
   if ((may_fail && !known) || vn_perf_flags() & VN_PERF_NO_ASYNC_CREATE) {
      result = vn_call_vkCreateBuffer(device->dispatch.ring, _device, &info,
                                      NULL, &handle);
   } else {
      result = vn_async_vkCreateBuffer(device->dispatch.ring, _device, &info,
                                       NULL, &handle);
   }
   vn_chain_finish(&chain);

   if (result != VK_SUCCESS) {
      vn_object_destroy(_device, pAllocator, buffer);
      return vn_result(result);
   }
   *pBuffer = vn_buffer_to_handle(buffer);
   return VK_SUCCESS;
}

VKAPI_ATTR void VKAPI_CALL
vn_GetBufferMemoryRequirements2(VkDevice _device,
                                const VkBufferMemoryRequirementsInfo2 *pInfo,
                                VkMemoryRequirements2 *pMemoryRequirements)
{
   struct vn_device *device = vn_device_from_handle(_device);
   struct vn_buffer *buffer = vn_buffer_from_handle(pInfo->buffer);
   struct vn_requirements value = { 0 };

   pMemoryRequirements->memoryRequirements = value.memory;
   if (pInfo->pNext ||
       !vn_requirements_can_write(device, pMemoryRequirements)) {
      vn_call_vkGetBufferMemoryRequirements2(device->dispatch.ring, _device,
                                             pInfo, pMemoryRequirements);
      return;
   }

   if (!vn_requirement_slot_get(&buffer->requirements, &value)) {
      struct vn_requirement_reply reply;
      vn_requirement_reply_init(&reply);
      if (vn_call_vkGetBufferMemoryRequirements2(
             device->dispatch.ring, _device, pInfo, &reply.requirements) ==
             VK_SUCCESS &&
          vn_requirement_reply_read(device, &reply, &value)) {
         vn_requirement_slot_set(&device->requirements, &buffer->requirements,
                                 &value);
         learn_requirements(device, &buffer->kind, &value);
      }
   }
   vn_requirements_write(&value, pMemoryRequirements);
}

VKAPI_ATTR void VKAPI_CALL
vn_GetBufferMemoryRequirements(VkDevice device,
                               VkBuffer buffer,
                               VkMemoryRequirements *pMemoryRequirements)
{
   const VkBufferMemoryRequirementsInfo2 info = {
      .sType = VK_STRUCTURE_TYPE_BUFFER_MEMORY_REQUIREMENTS_INFO_2,
      .buffer = buffer,
   };
   VkMemoryRequirements2 requirements = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2,
   };
   vn_GetBufferMemoryRequirements2(device, &info, &requirements);
   *pMemoryRequirements = requirements.memoryRequirements;
}

VKAPI_ATTR void VKAPI_CALL
vn_GetDeviceBufferMemoryRequirements(
   VkDevice _device,
   const VkDeviceBufferMemoryRequirements *pInfo,
   VkMemoryRequirements2 *pMemoryRequirements)
{
   struct vn_device *device = vn_device_from_handle(_device);
   struct vn_requirements value = { 0 };
   VkBufferCreateInfo info;
   struct vn_chain chain;
   struct buffer_kind kind;

   pMemoryRequirements->memoryRequirements = value.memory;
   if (translate_info(device, pInfo->pCreateInfo, &info, &chain, &kind) !=
       VK_SUCCESS)
      return;

   VkDeviceBufferMemoryRequirements device_info = *pInfo;
   device_info.pCreateInfo = &info;
   if (pInfo->pNext ||
       !vn_requirements_can_write(device, pMemoryRequirements)) {
      vn_call_vkGetDeviceBufferMemoryRequirements(
         device->dispatch.ring, _device, &device_info, pMemoryRequirements);
   } else {
      if (!find_requirements(device, &kind, &value)) {
         struct vn_requirement_reply reply;
         vn_requirement_reply_init(&reply);
         if (vn_call_vkGetDeviceBufferMemoryRequirements(
                device->dispatch.ring, _device, &device_info,
                &reply.requirements) == VK_SUCCESS &&
             vn_requirement_reply_read(device, &reply, &value))
            learn_requirements(device, &kind, &value);
      }
      vn_requirements_write(&value, pMemoryRequirements);
   }
   vn_chain_finish(&chain);
}

/* Can only fail for lack of host memory, which nobody can mend later. */
VKAPI_ATTR VkResult VKAPI_CALL
vn_BindBufferMemory2(VkDevice device,
                     uint32_t bindInfoCount,
                     const VkBindBufferMemoryInfo *pBindInfos)
{
   /* one by one, so that a copy to edit fits on the stack */
   for (uint32_t i = 0; i < bindInfoCount; i++) {
      VkBindBufferMemoryInfo info = pBindInfos[i];
      vn_fill_bind_status(vn_device_from_handle(device), info.pNext);
      vn_suballoc_translate(&info.memory, &info.memoryOffset);
      const VkResult result =
         vn_async_vkBindBufferMemory2(vn_ring_of(device), device, 1, &info);
      if (result != VK_SUCCESS)
         return vn_result(result);
   }
   return VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_BindBufferMemory(VkDevice device,
                    VkBuffer buffer,
                    VkDeviceMemory memory,
                    VkDeviceSize memoryOffset)
{
   vn_suballoc_translate(&memory, &memoryOffset);
   return vn_result(vn_async_vkBindBufferMemory(
      vn_ring_of(device), device, buffer, memory, memoryOffset));
}
