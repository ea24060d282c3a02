/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Graphics, compute and ray tracing pipelines. The renderer decodes every
 * pointer of a create info and looks up every handle, while the
 * specification lets an application leave many of them undefined; what is
 * ignored is cleared in a copy.
 */

#include "vn_calls.h"
#include "vn_chain.h"
#include "vn_descriptor_set.h"
#include "vn_device.h"
#include "vn_entrypoints.h"
#include "vn_render_pass.h"

/* Dynamic states that make a pointer or an array of the create info void. */
enum dynamic_flag {
   DYNAMIC_VERTEX_INPUT = 1 << 0,
   DYNAMIC_VIEWPORT = 1 << 1,
   DYNAMIC_SCISSOR = 1 << 2,
   DYNAMIC_RASTERIZER_DISCARD = 1 << 3,
   DYNAMIC_SAMPLE_MASK = 1 << 4,
};

static uint32_t
dynamic_flags(const VkGraphicsPipelineCreateInfo *info)
{
   const VkPipelineDynamicStateCreateInfo *dynamic = info->pDynamicState;
   uint32_t flags = 0;

   for (uint32_t i = 0; dynamic && i < dynamic->dynamicStateCount; i++) {
      switch ((int)dynamic->pDynamicStates[i]) {
      case VK_DYNAMIC_STATE_VERTEX_INPUT_EXT:
         flags |= DYNAMIC_VERTEX_INPUT;
         break;
      case VK_DYNAMIC_STATE_VIEWPORT:
      case VK_DYNAMIC_STATE_VIEWPORT_WITH_COUNT:
         flags |= DYNAMIC_VIEWPORT;
         break;
      case VK_DYNAMIC_STATE_SCISSOR:
      case VK_DYNAMIC_STATE_SCISSOR_WITH_COUNT:
         flags |= DYNAMIC_SCISSOR;
         break;
      case VK_DYNAMIC_STATE_RASTERIZER_DISCARD_ENABLE:
         flags |= DYNAMIC_RASTERIZER_DISCARD;
         break;
      case VK_DYNAMIC_STATE_SAMPLE_MASK_EXT:
         flags |= DYNAMIC_SAMPLE_MASK;
         break;
      default:
         break;
      }
   }
   return flags;
}

/*
 * "If this structure is included in the pNext chain of a pipeline creation
 * structure, flags is used instead of the corresponding flags value".
 */
static uint64_t
create_flags(VkPipelineCreateFlags flags, const void *chain)
{
#ifdef VK_KHR_maintenance5
   const VkPipelineCreateFlags2CreateInfoKHR *flags2 = vn_find_struct(
      chain, VK_STRUCTURE_TYPE_PIPELINE_CREATE_FLAGS_2_CREATE_INFO_KHR);
   if (flags2)
      return flags2->flags;
#endif
   return flags;
}

/* The parts of a pipeline that this create info describes itself. */
struct graphics_parts {
   bool vertex_input;
   bool pre_rasterization;
   bool fragment_shader;
   bool fragment_output;
};

static struct graphics_parts
parts_of(const VkGraphicsPipelineCreateInfo *info)
{
   const VkGraphicsPipelineLibraryCreateInfoEXT *library = vn_find_struct(
      info->pNext,
      VK_STRUCTURE_TYPE_GRAPHICS_PIPELINE_LIBRARY_CREATE_INFO_EXT);
   const VkPipelineLibraryCreateInfoKHR *linked = vn_find_struct(
      info->pNext, VK_STRUCTURE_TYPE_PIPELINE_LIBRARY_CREATE_INFO_KHR);

   /* "If this structure is omitted, and either VkGraphicsPipelineCreateInfo::
    * flags includes VK_PIPELINE_CREATE_LIBRARY_BIT_KHR or ... libraryCount
    * greater than 0, it is as if flags is 0. Otherwise ... all possible
    * subsets"
    */
   VkGraphicsPipelineLibraryFlagsEXT flags = ~0u;
   if (library)
      flags = library->flags;
   else if (create_flags(info->flags, info->pNext) &
               VK_PIPELINE_CREATE_LIBRARY_BIT_KHR ||
            (linked && linked->libraryCount))
      flags = 0;

   return (struct graphics_parts){
      .vertex_input =
         flags & VK_GRAPHICS_PIPELINE_LIBRARY_VERTEX_INPUT_INTERFACE_BIT_EXT,
      .pre_rasterization =
         flags &
         VK_GRAPHICS_PIPELINE_LIBRARY_PRE_RASTERIZATION_SHADERS_BIT_EXT,
      .fragment_shader =
         flags & VK_GRAPHICS_PIPELINE_LIBRARY_FRAGMENT_SHADER_BIT_EXT,
      .fragment_output =
         flags &
         VK_GRAPHICS_PIPELINE_LIBRARY_FRAGMENT_OUTPUT_INTERFACE_BIT_EXT,
   };
}

/* A copy of one create info, and of those structs of it that need editing. */
struct graphics_copy {
   VkPipelineViewportStateCreateInfo viewport;
   VkPipelineMultisampleStateCreateInfo multisample;
   struct vn_chain chain;
};

static void
clean_attachment_state(VkGraphicsPipelineCreateInfo *info,
                       const struct graphics_parts *parts)
{
   const struct vn_render_pass *pass =
      vn_render_pass_from_handle(info->renderPass);
   if (!pass) {
      /* Dynamic rendering: formats of the chained struct decide, and only in
       * the fragment output part. Without it there is no attachment at all.
       */
      const VkPipelineRenderingCreateInfo *rendering = vn_find_struct(
         info->pNext, VK_STRUCTURE_TYPE_PIPELINE_RENDERING_CREATE_INFO);
      if (parts->fragment_output &&
          (!rendering || !rendering->colorAttachmentCount))
         info->pColorBlendState = NULL;
      if (parts->fragment_output && parts->fragment_shader &&
          (!rendering ||
           (rendering->depthAttachmentFormat == VK_FORMAT_UNDEFINED &&
            rendering->stencilAttachmentFormat == VK_FORMAT_UNDEFINED)))
         info->pDepthStencilState = NULL;
      return;
   }

   if (info->subpass >= pass->subpass_count)
      return;
   const struct vn_subpass *subpass = &pass->subpasses[info->subpass];
   if (!subpass->has_color)
      info->pColorBlendState = NULL;
   if (!subpass->has_depth_stencil)
      info->pDepthStencilState = NULL;
}

/*
 * Handles that a library part has no use for: the layout belongs to the two
 * parts with shaders, the render pass to all but the vertex input.
 */
static void
clean_part_handles(VkGraphicsPipelineCreateInfo *info,
                   const struct graphics_parts *parts)
{
   if (parts->pre_rasterization || parts->fragment_shader)
      return;
   if (parts->vertex_input || parts->fragment_output)
      info->layout = VK_NULL_HANDLE;
   if (parts->vertex_input && !parts->fragment_output)
      info->renderPass = VK_NULL_HANDLE;
}

/*
 * The formats in VkPipelineRenderingCreateInfo are part of the fragment
 * output, and of nothing when there is a render pass. Replaces the chain by
 * a copy without them, which is to be finished in any case.
 */
static VkResult
clean_rendering_info(VkGraphicsPipelineCreateInfo *info,
                     const struct graphics_parts *parts,
                     const VkAllocationCallbacks *alloc,
                     struct vn_chain *chain)
{
   *chain = (struct vn_chain){ .alloc = alloc };
   const VkPipelineRenderingCreateInfo *rendering = vn_find_struct(
      info->pNext, VK_STRUCTURE_TYPE_PIPELINE_RENDERING_CREATE_INFO);
   if (!rendering || (parts->fragment_output && !info->renderPass))
      return VK_SUCCESS;

   const VkResult result = vn_chain_init(chain, alloc, info->pNext, NULL, 0);
   if (result != VK_SUCCESS)
      return result;
   VkPipelineRenderingCreateInfo *copy = vn_find_struct(
      chain->first, VK_STRUCTURE_TYPE_PIPELINE_RENDERING_CREATE_INFO);
   copy->colorAttachmentCount = 0;
   copy->pColorAttachmentFormats = NULL;
   info->pNext = chain->first;
   return VK_SUCCESS;
}

static VkResult
clean_graphics_info(VkGraphicsPipelineCreateInfo *info,
                    const VkAllocationCallbacks *alloc,
                    struct graphics_copy *copy)
{
   const struct graphics_parts parts = parts_of(info);
   const uint32_t dynamic = dynamic_flags(info);

   clean_part_handles(info, &parts);
   const VkResult result =
      clean_rendering_info(info, &parts, alloc, &copy->chain);
   if (result != VK_SUCCESS)
      return result;

   bool has_tessellation = false;
   bool has_vertex = false;
   if (parts.pre_rasterization || parts.fragment_shader) {
      for (uint32_t i = 0; i < info->stageCount; i++) {
         const VkShaderStageFlagBits stage = info->pStages[i].stage;
         has_vertex |= stage == VK_SHADER_STAGE_VERTEX_BIT;
         has_tessellation |=
            stage == VK_SHADER_STAGE_TESSELLATION_CONTROL_BIT ||
            stage == VK_SHADER_STAGE_TESSELLATION_EVALUATION_BIT;
      }
   } else {
      info->stageCount = 0;
      info->pStages = NULL;
   }

   /* a mesh pipeline has no vertex input, a library part may be without */
   const bool mesh = parts.pre_rasterization && !has_vertex;
   if (!parts.vertex_input || mesh || dynamic & DYNAMIC_VERTEX_INPUT)
      info->pVertexInputState = NULL;
   if (!parts.vertex_input || mesh)
      info->pInputAssemblyState = NULL;
   if (!parts.pre_rasterization || !has_tessellation)
      info->pTessellationState = NULL;
   if (!parts.pre_rasterization)
      info->pRasterizationState = NULL;

   const bool discard = info->pRasterizationState &&
                        info->pRasterizationState->rasterizerDiscardEnable &&
                        !(dynamic & DYNAMIC_RASTERIZER_DISCARD);

   if (!parts.pre_rasterization || discard)
      info->pViewportState = NULL;
   if (info->pViewportState) {
      copy->viewport = *info->pViewportState;
      if (dynamic & DYNAMIC_VIEWPORT)
         copy->viewport.pViewports = NULL;
      if (dynamic & DYNAMIC_SCISSOR)
         copy->viewport.pScissors = NULL;
      info->pViewportState = &copy->viewport;
   }

   const bool has_fragment = parts.fragment_shader || parts.fragment_output;
   if (!has_fragment || discard)
      info->pMultisampleState = NULL;
   if (info->pMultisampleState && dynamic & DYNAMIC_SAMPLE_MASK) {
      copy->multisample = *info->pMultisampleState;
      copy->multisample.pSampleMask = NULL;
      info->pMultisampleState = &copy->multisample;
   }
   if (!parts.fragment_shader || discard)
      info->pDepthStencilState = NULL;
   if (!parts.fragment_output || discard)
      info->pColorBlendState = NULL;
   if (!discard)
      clean_attachment_state(info, &parts);

   /* "basePipelineHandle ... if flags contains DERIVATIVE" */
   if (!(create_flags(info->flags, info->pNext) &
         VK_PIPELINE_CREATE_DERIVATIVE_BIT))
      info->basePipelineHandle = VK_NULL_HANDLE;
   return VK_SUCCESS;
}

/* Creation feedback is an output that the wire carries as an input: nothing
 * comes back, so it has to say "not valid".
 */
static void
clear_feedback(const void *chain)
{
   const VkPipelineCreationFeedbackCreateInfo *feedback = vn_find_struct(
      chain, VK_STRUCTURE_TYPE_PIPELINE_CREATION_FEEDBACK_CREATE_INFO);
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
      sizeof(VkGraphicsPipelineCreateInfo) + sizeof(struct graphics_copy);
   VkGraphicsPipelineCreateInfo *infos =
      vn_alloc_scratch(&device->alloc, createInfoCount * each);
   if (!infos) {
      return vn_result(
         finish_pipelines(device, pAllocator, VK_ERROR_OUT_OF_HOST_MEMORY,
                          createInfoCount, objects, pPipelines));
   }
   struct graphics_copy *copies = (void *)(infos + createInfoCount);

   bool wait = vn_perf_flags() & VN_PERF_NO_ASYNC_CREATE;
   uint32_t ready;
   for (ready = 0; ready < createInfoCount && result == VK_SUCCESS; ready++) {
      VkGraphicsPipelineCreateInfo *info = &infos[ready];
      *info = pCreateInfos[ready];
      clear_feedback(info->pNext);
      wait |= (create_flags(info->flags, info->pNext) & RESULT_MATTERS) != 0;
      result = clean_graphics_info(info, &device->alloc, &copies[ready]);
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
prepare_pipeline(struct vn_pipeline *object,
                 VkPipelineCreateFlags legacy_flags,
                 const void *chain,
                 VkPipelineLayout layout,
                 VkPipeline *base)
{
   const uint64_t flags = create_flags(legacy_flags, chain);

   clear_feedback(chain);
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
      wait |= prepare_pipeline(objects[i], infos[i].flags, infos[i].pNext,
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
      wait |= prepare_pipeline(objects[i], infos[i].flags, infos[i].pNext,
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
