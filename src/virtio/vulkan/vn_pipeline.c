/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Graphics, compute and ray tracing pipelines: the objects and their
 * creation. See vn_graphics_info.h for what is sent of a graphics pipeline.
 */

#include "vn_calls.h"
#include "vn_chain.h"
#include "vn_descriptor_set.h"
#include "vn_device.h"
#include "vn_entrypoints.h"
#include "vn_graphics_info.h"

/* Creation feedback is an output that the wire carries as an input: nothing
 * comes back, so it has to say "not valid".
 */
static void
clear_feedback(const struct vn_device *device, const void *chain)
{
   const VkPipelineCreationFeedbackCreateInfo *feedback =
      vn_device_find_struct(
         device, VN_DEVICE_EXT_EXT_pipeline_creation_feedback, chain,
         VK_STRUCTURE_TYPE_PIPELINE_CREATION_FEEDBACK_CREATE_INFO);
   if (!feedback)
      return;
   *feedback->pPipelineCreationFeedback = (VkPipelineCreationFeedback){ 0 };
   for (uint32_t i = 0; i < feedback->pipelineStageCreationFeedbackCount; i++)
      feedback->pPipelineStageCreationFeedbacks[i] =
         (VkPipelineCreationFeedback){ 0 };
}

#define RESULT_MATTERS                                                       \
   (VK_PIPELINE_CREATE_FAIL_ON_PIPELINE_COMPILE_REQUIRED_BIT |               \
    VK_PIPELINE_CREATE_EARLY_RETURN_ON_FAILURE_BIT |                         \
    VK_PIPELINE_CREATE_LIBRARY_BIT_KHR)

struct vn_pipeline {
   struct vn_object_base base;
   struct vn_pipeline_layout *layout; /* owned reference, or NULL */
};

VN_DEFINE_HANDLE_CASTS(vn_pipeline, VkPipeline)

static void
free_pipeline(VkDevice device,
              const VkAllocationCallbacks *alloc,
              struct vn_pipeline *pipeline)
{
   vn_pipeline_layout_unref(device, pipeline->layout);
   vn_object_destroy(device, alloc, pipeline);
}

static void
destroy_pipelines(VkDevice device,
                  const VkAllocationCallbacks *alloc,
                  struct vn_pipeline *const *objects,
                  const VkPipeline *alive,
                  VkPipeline *pipelines,
                  uint32_t count)
{
   for (uint32_t i = 0; i < count; i++) {
      if (alive && alive[i])
         continue;
      free_pipeline(device, alloc, objects[i]);
      pipelines[i] = VK_NULL_HANDLE;
   }
}

/*
 * Objects for count pipelines, put into handles. *objects_out is scratch
 * memory of the device's allocator.
 */
static VkResult
alloc_pipelines(struct vn_device *device,
                const VkAllocationCallbacks *alloc,
                uint32_t count,
                VkPipeline *handles,
                struct vn_pipeline ***objects_out)
{
   const VkDevice handle = vn_device_to_handle(device);
   memset(handles, 0, count * sizeof(*handles));
   *objects_out =
      vn_alloc_scratch(&device->alloc, count * sizeof(**objects_out));
   if (!*objects_out)
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   memset(*objects_out, 0, count * sizeof(**objects_out));

   for (uint32_t i = 0; i < count; i++) {
      (*objects_out)[i] = vn_device_object_zalloc(
         handle, alloc, sizeof(struct vn_pipeline), VK_OBJECT_TYPE_PIPELINE);
      if (!(*objects_out)[i]) {
         destroy_pipelines(handle, alloc, *objects_out, NULL, handles, i);
         vn_free_scratch(&device->alloc, *objects_out);
         return VK_ERROR_OUT_OF_HOST_MEMORY;
      }
      handles[i] = vn_pipeline_to_handle((*objects_out)[i]);
   }
   return VK_SUCCESS;
}

/*
 * After the answer: the reply has turned the handles of pipelines that do
 * not exist into NULL. A failure of the transport leaves none.
 */
static VkResult
finish_pipelines(struct vn_device *device,
                 const VkAllocationCallbacks *alloc,
                 VkResult result,
                 uint32_t count,
                 struct vn_pipeline **objects,
                 VkPipeline *handles)
{
   if (result != VK_SUCCESS) {
      /* VK_ERROR_DEVICE_LOST may be ours, with no reply decoded */
      const bool none = result == VK_ERROR_DEVICE_LOST ||
                        result == VK_ERROR_OUT_OF_HOST_MEMORY;
      destroy_pipelines(vn_device_to_handle(device), alloc, objects,
                        none ? NULL : handles, handles, count);
   }
   vn_free_scratch(&device->alloc, objects);
   return result;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_CreateGraphicsPipelines(VkDevice _device,
                           VkPipelineCache pipelineCache,
                           uint32_t createInfoCount,
                           const VkGraphicsPipelineCreateInfo *pCreateInfos,
                           const VkAllocationCallbacks *pAllocator,
                           VkPipeline *pPipelines)
{
   struct vn_device *device = vn_device_from_handle(_device);
   struct vn_ring *ring = device->dispatch.ring;
   struct vn_pipeline **objects;
   VkResult result = alloc_pipelines(device, pAllocator, createInfoCount,
                                     pPipelines, &objects);
   if (result != VK_SUCCESS)
      return vn_result(result);

   const size_t each =
      sizeof(VkGraphicsPipelineCreateInfo) + sizeof(struct vn_graphics_copy);
   VkGraphicsPipelineCreateInfo *infos =
      vn_alloc_scratch(&device->alloc, createInfoCount * each);
   if (!infos) {
      return vn_result(
         finish_pipelines(device, pAllocator, VK_ERROR_OUT_OF_HOST_MEMORY,
                          createInfoCount, objects, pPipelines));
   }
   struct vn_graphics_copy *copies = (void *)(infos + createInfoCount);

   bool wait = vn_perf_flags() & VN_PERF_NO_ASYNC_CREATE;
   uint32_t ready;
   for (ready = 0; ready < createInfoCount && result == VK_SUCCESS; ready++) {
      VkGraphicsPipelineCreateInfo *info = &infos[ready];
      *info = pCreateInfos[ready];
      clear_feedback(device, info->pNext);
      wait |= (vn_pipeline_create_flags(device, info->flags, info->pNext) &
               RESULT_MATTERS) != 0;
      result = vn_graphics_info_clean(device, info, &copies[ready]);
      objects[ready]->layout = vn_pipeline_layout_ref(info->layout);
   }

   if (result != VK_SUCCESS) {
      /* not sent */
   } else if (wait) {
      result = vn_call_vkCreateGraphicsPipelines(ring, _device, pipelineCache,
                                                 createInfoCount, infos, NULL,
                                                 pPipelines);
   } else {
      result = vn_async_vkCreateGraphicsPipelines(
         ring, _device, pipelineCache, createInfoCount, infos, NULL,
         pPipelines);
   }
   for (uint32_t i = 0; i < ready; i++)
      vn_chain_finish(&copies[i].chain);
   vn_free_scratch(&device->alloc, infos);
   return vn_result(finish_pipelines(device, pAllocator, result,
                                     createInfoCount, objects, pPipelines));
}

/*
 * What the create infos of compute and ray tracing pipelines have in common.
 * True if the result of the creation has to be waited for.
 */
static bool
prepare_pipeline(const struct vn_device *device,
                 struct vn_pipeline *object,
                 VkPipelineCreateFlags legacy_flags,
                 const void *chain,
                 VkPipelineLayout layout,
                 VkPipeline *base)
{
   const uint64_t flags =
      vn_pipeline_create_flags(device, legacy_flags, chain);

   clear_feedback(device, chain);
   if (!(flags & VK_PIPELINE_CREATE_DERIVATIVE_BIT))
      *base = VK_NULL_HANDLE;
   object->layout = vn_pipeline_layout_ref(layout);
   return flags & RESULT_MATTERS;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_CreateComputePipelines(VkDevice _device,
                          VkPipelineCache pipelineCache,
                          uint32_t createInfoCount,
                          const VkComputePipelineCreateInfo *pCreateInfos,
                          const VkAllocationCallbacks *pAllocator,
                          VkPipeline *pPipelines)
{
   struct vn_device *device = vn_device_from_handle(_device);
   struct vn_ring *ring = device->dispatch.ring;
   struct vn_pipeline **objects;
   VkResult result = alloc_pipelines(device, pAllocator, createInfoCount,
                                     pPipelines, &objects);
   if (result != VK_SUCCESS)
      return vn_result(result);

   VkComputePipelineCreateInfo *infos =
      vn_alloc_scratch(&device->alloc, createInfoCount * sizeof(*infos));
   if (!infos) {
      return vn_result(
         finish_pipelines(device, pAllocator, VK_ERROR_OUT_OF_HOST_MEMORY,
                          createInfoCount, objects, pPipelines));
   }

   bool wait = vn_perf_flags() & VN_PERF_NO_ASYNC_CREATE;
   for (uint32_t i = 0; i < createInfoCount; i++) {
      infos[i] = pCreateInfos[i];
      wait |=
         prepare_pipeline(device, objects[i], infos[i].flags, infos[i].pNext,
                          infos[i].layout, &infos[i].basePipelineHandle);
   }

   if (wait) {
      result = vn_call_vkCreateComputePipelines(ring, _device, pipelineCache,
                                                createInfoCount, infos, NULL,
                                                pPipelines);
   } else {
      result = vn_async_vkCreateComputePipelines(ring, _device, pipelineCache,
                                                 createInfoCount, infos, NULL,
                                                 pPipelines);
   }
   vn_free_scratch(&device->alloc, infos);
   return vn_result(finish_pipelines(device, pAllocator, result,
                                     createInfoCount, objects, pPipelines));
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_CreateRayTracingPipelinesKHR(
   VkDevice _device,
   VkDeferredOperationKHR deferredOperation,
   VkPipelineCache pipelineCache,
   uint32_t createInfoCount,
   const VkRayTracingPipelineCreateInfoKHR *pCreateInfos,
   const VkAllocationCallbacks *pAllocator,
   VkPipeline *pPipelines)
{
   struct vn_device *device = vn_device_from_handle(_device);
   struct vn_ring *ring = device->dispatch.ring;
   struct vn_pipeline **objects;
   VkResult result = alloc_pipelines(device, pAllocator, createInfoCount,
                                     pPipelines, &objects);
   if (result != VK_SUCCESS)
      return vn_result(result);

   VkRayTracingPipelineCreateInfoKHR *infos =
      vn_alloc_scratch(&device->alloc, createInfoCount * sizeof(*infos));
   if (!infos) {
      return vn_result(
         finish_pipelines(device, pAllocator, VK_ERROR_OUT_OF_HOST_MEMORY,
                          createInfoCount, objects, pPipelines));
   }

   bool wait = vn_perf_flags() & VN_PERF_NO_ASYNC_CREATE;
   for (uint32_t i = 0; i < createInfoCount; i++) {
      infos[i] = pCreateInfos[i];
      wait |=
         prepare_pipeline(device, objects[i], infos[i].flags, infos[i].pNext,
                          infos[i].layout, &infos[i].basePipelineHandle);
   }

   /* done at once, never deferred: see vn_deferred_operation.c */
   if (wait) {
      result = vn_call_vkCreateRayTracingPipelinesKHR(
         ring, _device, VK_NULL_HANDLE, pipelineCache, createInfoCount, infos,
         NULL, pPipelines);
   } else {
      result = vn_async_vkCreateRayTracingPipelinesKHR(
         ring, _device, VK_NULL_HANDLE, pipelineCache, createInfoCount, infos,
         NULL, pPipelines);
   }
   vn_free_scratch(&device->alloc, infos);
   result = finish_pipelines(device, pAllocator, result, createInfoCount,
                             objects, pPipelines);
   if (result == VK_SUCCESS && deferredOperation)
      return VK_OPERATION_NOT_DEFERRED_KHR;
   return vn_result(result);
}

VKAPI_ATTR void VKAPI_CALL
vn_DestroyPipeline(VkDevice device,
                   VkPipeline pipeline,
                   const VkAllocationCallbacks *pAllocator)
{
   if (!pipeline)
      return;
   vn_async_vkDestroyPipeline(vn_ring_of(device), device, pipeline, NULL);
   free_pipeline(device, pAllocator, vn_pipeline_from_handle(pipeline));
}
