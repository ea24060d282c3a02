/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See vn_graphics_info.h. Sends nothing.
 */

#include "vn_graphics_info.h"

#include "vn_device.h"
#include "vn_render_pass.h"

/* Dynamic states that make a pointer or an array of the create info void. */
enum dynamic_flag {
   DYNAMIC_VERTEX_INPUT = 1 << 0,
   DYNAMIC_VIEWPORT = 1 << 1,
   DYNAMIC_SCISSOR = 1 << 2,
   DYNAMIC_RASTERIZER_DISCARD = 1 << 3,
   DYNAMIC_SAMPLE_MASK = 1 << 4,
   /* all states of a struct are dynamic, so that there need not be one */
   DYNAMIC_ALL_ASSEMBLY = 1 << 5,
   DYNAMIC_ALL_VIEWPORT = 1 << 6,
   DYNAMIC_ALL_RASTERIZATION = 1 << 7,
   DYNAMIC_ALL_MULTISAMPLE = 1 << 8,
   DYNAMIC_ALL_DEPTH_STENCIL = 1 << 9,
   DYNAMIC_ALL_BLEND = 1 << 10,
   DYNAMIC_ALL_BLEND_ATTACHMENTS = 1 << 11,
};

static bool
is_dynamic(const VkPipelineDynamicStateCreateInfo *dynamic, int state)
{
   for (uint32_t i = 0; i < dynamic->dynamicStateCount; i++) {
      if ((int)dynamic->pDynamicStates[i] == state)
         return true;
   }
   return false;
}

/* states ends with -1 */
static bool
are_dynamic(const VkPipelineDynamicStateCreateInfo *dynamic,
            const int *states)
{
   for (; *states >= 0; states++) {
      if (!is_dynamic(dynamic, *states))
         return false;
   }
   return true;
}

/*
 * VUID-VkGraphicsPipelineCreateInfo-pStages-09022 and the ones like it: "If
 * ... the VK_EXT_extended_dynamic_state3 extension is not enabled, or any of
 * the ... dynamic states are not set, ... must be a valid pointer".
 */
static uint32_t
whole_struct_flags(const struct vn_device *device,
                   const VkPipelineDynamicStateCreateInfo *dynamic)
{
   static const struct {
      uint32_t flag;
      int states[9];
   } table[] = {
      {
         DYNAMIC_ALL_ASSEMBLY,
         {
            VK_DYNAMIC_STATE_PRIMITIVE_TOPOLOGY,
            VK_DYNAMIC_STATE_PRIMITIVE_RESTART_ENABLE,
            -1,
         },
      },
      {
         DYNAMIC_ALL_VIEWPORT,
         {
            VK_DYNAMIC_STATE_VIEWPORT_WITH_COUNT,
            VK_DYNAMIC_STATE_SCISSOR_WITH_COUNT,
            -1,
         },
      },
      {
         DYNAMIC_ALL_RASTERIZATION,
         {
            VK_DYNAMIC_STATE_DEPTH_CLAMP_ENABLE_EXT,
            VK_DYNAMIC_STATE_RASTERIZER_DISCARD_ENABLE,
            VK_DYNAMIC_STATE_POLYGON_MODE_EXT,
            VK_DYNAMIC_STATE_CULL_MODE,
            VK_DYNAMIC_STATE_FRONT_FACE,
            VK_DYNAMIC_STATE_DEPTH_BIAS_ENABLE,
            VK_DYNAMIC_STATE_DEPTH_BIAS,
            VK_DYNAMIC_STATE_LINE_WIDTH,
            -1,
         },
      },
      {
         DYNAMIC_ALL_MULTISAMPLE,
         {
            VK_DYNAMIC_STATE_RASTERIZATION_SAMPLES_EXT,
            VK_DYNAMIC_STATE_SAMPLE_MASK_EXT,
            VK_DYNAMIC_STATE_ALPHA_TO_COVERAGE_ENABLE_EXT,
            -1,
         },
      },
      {
         DYNAMIC_ALL_DEPTH_STENCIL,
         {
            VK_DYNAMIC_STATE_DEPTH_TEST_ENABLE,
            VK_DYNAMIC_STATE_DEPTH_WRITE_ENABLE,
            VK_DYNAMIC_STATE_DEPTH_COMPARE_OP,
            VK_DYNAMIC_STATE_DEPTH_BOUNDS_TEST_ENABLE,
            VK_DYNAMIC_STATE_STENCIL_TEST_ENABLE,
            VK_DYNAMIC_STATE_STENCIL_OP,
            VK_DYNAMIC_STATE_DEPTH_BOUNDS,
            -1,
         },
      },
      {
         DYNAMIC_ALL_BLEND,
         {
            VK_DYNAMIC_STATE_LOGIC_OP_ENABLE_EXT,
            VK_DYNAMIC_STATE_LOGIC_OP_EXT,
            VK_DYNAMIC_STATE_COLOR_BLEND_ENABLE_EXT,
            VK_DYNAMIC_STATE_COLOR_BLEND_EQUATION_EXT,
            VK_DYNAMIC_STATE_COLOR_WRITE_MASK_EXT,
            VK_DYNAMIC_STATE_BLEND_CONSTANTS,
            -1,
         },
      },
      {
         DYNAMIC_ALL_BLEND_ATTACHMENTS,
         {
            VK_DYNAMIC_STATE_COLOR_BLEND_ENABLE_EXT,
            VK_DYNAMIC_STATE_COLOR_BLEND_EQUATION_EXT,
            VK_DYNAMIC_STATE_COLOR_WRITE_MASK_EXT,
            -1,
         },
      },
   };
   uint32_t flags = 0;

   if (!vn_ext_set_has(&device->enabled_extensions,
                       VN_DEVICE_EXT_EXT_extended_dynamic_state3))
      return 0;
   for (size_t i = 0; i < VN_ARRAY_SIZE(table); i++) {
      if (are_dynamic(dynamic, table[i].states))
         flags |= table[i].flag;
   }
   /* "or alphaToOne is enabled on the device and ... is not set" */
   if (device->alpha_to_one &&
       !is_dynamic(dynamic, VK_DYNAMIC_STATE_ALPHA_TO_ONE_ENABLE_EXT))
      flags &= ~(uint32_t)DYNAMIC_ALL_MULTISAMPLE;
   /* "... dynamicPrimitiveTopologyUnrestricted is VK_FALSE" */
   if (!device->physical_device->topology_unrestricted)
      flags &= ~(uint32_t)DYNAMIC_ALL_ASSEMBLY;
   return flags;
}

static uint32_t
dynamic_flags(const struct vn_device *device,
              const VkGraphicsPipelineCreateInfo *info)
{
   const VkPipelineDynamicStateCreateInfo *dynamic = info->pDynamicState;
   if (!dynamic || !dynamic->dynamicStateCount)
      return 0;

   uint32_t flags = whole_struct_flags(device, dynamic);
   for (uint32_t i = 0; i < dynamic->dynamicStateCount; i++) {
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
uint64_t
vn_pipeline_create_flags(const struct vn_device *device,
                         VkPipelineCreateFlags flags,
                         const void *chain)
{
#ifdef VK_KHR_maintenance5
   const VkPipelineCreateFlags2CreateInfoKHR *flags2 = vn_device_find_struct(
      device, VN_DEVICE_EXT_KHR_maintenance5, chain,
      VK_STRUCTURE_TYPE_PIPELINE_CREATE_FLAGS_2_CREATE_INFO_KHR);
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
parts_of(const struct vn_device *device,
         const VkGraphicsPipelineCreateInfo *info)
{
   const VkGraphicsPipelineLibraryCreateInfoEXT *library =
      vn_device_find_struct(
         device, VN_DEVICE_EXT_EXT_graphics_pipeline_library, info->pNext,
         VK_STRUCTURE_TYPE_GRAPHICS_PIPELINE_LIBRARY_CREATE_INFO_EXT);
   const VkPipelineLibraryCreateInfoKHR *linked = vn_device_find_struct(
      device, VN_DEVICE_EXT_KHR_pipeline_library, info->pNext,
      VK_STRUCTURE_TYPE_PIPELINE_LIBRARY_CREATE_INFO_KHR);

   /* "If this structure is omitted, and either VkGraphicsPipelineCreateInfo::
    * flags includes VK_PIPELINE_CREATE_LIBRARY_BIT_KHR or ... libraryCount
    * greater than 0, it is as if flags is 0. Otherwise ... all possible
    * subsets"
    */
   VkGraphicsPipelineLibraryFlagsEXT flags = ~0u;
   if (library)
      flags = library->flags;
   else if (vn_pipeline_create_flags(device, info->flags, info->pNext) &
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

static const VkPipelineRenderingCreateInfo *
find_rendering(const struct vn_device *device,
               const VkGraphicsPipelineCreateInfo *info)
{
   return vn_device_find_struct(
      device, VN_DEVICE_EXT_KHR_dynamic_rendering, info->pNext,
      VK_STRUCTURE_TYPE_PIPELINE_RENDERING_CREATE_INFO);
}

static void
clean_attachment_state(const struct vn_device *device,
                       VkGraphicsPipelineCreateInfo *info,
                       const struct graphics_parts *parts)
{
   const struct vn_render_pass *pass =
      vn_render_pass_from_handle(info->renderPass);
   if (!pass) {
      /* Dynamic rendering: formats of the chained struct decide, and only in
       * the fragment output part. Without it there is no attachment at all.
       */
      const VkPipelineRenderingCreateInfo *rendering =
         find_rendering(device, info);
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
clean_rendering_info(const struct vn_device *device,
                     VkGraphicsPipelineCreateInfo *info,
                     const struct graphics_parts *parts,
                     struct vn_chain *chain)
{
   *chain = (struct vn_chain){ .alloc = &device->alloc };
   const VkPipelineRenderingCreateInfo *rendering =
      find_rendering(device, info);
   if (!rendering || (parts->fragment_output && !info->renderPass))
      return VK_SUCCESS;

   const VkResult result = vn_chain_init(chain, &device->alloc, &device->caps,
                                         info->pNext, NULL, 0);
   if (result != VK_SUCCESS)
      return result;
   VkPipelineRenderingCreateInfo *copy = vn_find_struct(
      chain->first, VK_STRUCTURE_TYPE_PIPELINE_RENDERING_CREATE_INFO);
   copy->colorAttachmentCount = 0;
   copy->pColorAttachmentFormats = NULL;
   info->pNext = chain->first;
   return VK_SUCCESS;
}

VkResult
vn_graphics_info_clean(const struct vn_device *device,
                       VkGraphicsPipelineCreateInfo *info,
                       struct vn_graphics_copy *copy)
{
   const struct graphics_parts parts = parts_of(device, info);
   const uint32_t dynamic = dynamic_flags(device, info);

   clean_part_handles(info, &parts);
   const VkResult result =
      clean_rendering_info(device, info, &parts, &copy->chain);
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
   if (!parts.vertex_input || mesh || dynamic & DYNAMIC_ALL_ASSEMBLY)
      info->pInputAssemblyState = NULL;
   if (!parts.pre_rasterization || !has_tessellation)
      info->pTessellationState = NULL;
   if (!parts.pre_rasterization || dynamic & DYNAMIC_ALL_RASTERIZATION)
      info->pRasterizationState = NULL;

   const bool discard = info->pRasterizationState &&
                        info->pRasterizationState->rasterizerDiscardEnable &&
                        !(dynamic & DYNAMIC_RASTERIZER_DISCARD);

   if (!parts.pre_rasterization || discard || dynamic & DYNAMIC_ALL_VIEWPORT)
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
   if (!has_fragment || discard || dynamic & DYNAMIC_ALL_MULTISAMPLE)
      info->pMultisampleState = NULL;
   if (info->pMultisampleState && dynamic & DYNAMIC_SAMPLE_MASK) {
      copy->multisample = *info->pMultisampleState;
      copy->multisample.pSampleMask = NULL;
      info->pMultisampleState = &copy->multisample;
   }
   if (!parts.fragment_shader || discard ||
       dynamic & DYNAMIC_ALL_DEPTH_STENCIL)
      info->pDepthStencilState = NULL;
   if (!parts.fragment_output || discard || dynamic & DYNAMIC_ALL_BLEND)
      info->pColorBlendState = NULL;
   if (!discard)
      clean_attachment_state(device, info, &parts);
   if (info->pColorBlendState && dynamic & DYNAMIC_ALL_BLEND_ATTACHMENTS) {
      copy->blend = *info->pColorBlendState;
      copy->blend.pAttachments = NULL;
      info->pColorBlendState = &copy->blend;
   }

   /* "basePipelineHandle ... if flags contains DERIVATIVE" */
   if (!(vn_pipeline_create_flags(device, info->flags, info->pNext) &
         VK_PIPELINE_CREATE_DERIVATIVE_BIT))
      info->basePipelineHandle = VK_NULL_HANDLE;
   return VK_SUCCESS;
}
