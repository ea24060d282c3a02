# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""Which extensions the driver offers, and how.

One row per extension. Every device extension that both the registry and the
protocol have must be here, and what a host is known to have beyond that, so
that the reason for its absence stands somewhere. Rows for what the registry
in use does not have are left out.
"""

from __future__ import annotations

from dataclasses import dataclass

# Offered if the host has it; commands and structs go to the renderer.
PASS = 'pass'
# Implemented in the driver; the renderer is not told about it.
NATIVE = 'native'
# Like NATIVE, if the transport has what it is about.
TRANSPORT = 'transport'
# Decided by vn_external_memory.c, from what the renderer can share.
EXTERNAL = 'external'
# Not offered.
OMIT = 'omit'

# The newest core version whose commands have entry points, as far as the
# registry goes. Goes with VN_MAX_API_VERSION.
CORE = (1, 4)


@dataclass
class Row:
    """kind is one of the above; note says why, for docs/extensions.md. spec
    is the protocol version that a renderer must have. platforms are names of
    window systems (meson option `platforms`): a build that lacks one of them
    knows nothing of the extension."""

    kind: str
    note: str = ''
    spec: int = 1
    platforms: tuple[str, ...] = ()


DEVICE = {
    'VK_AMDX_shader_enqueue': Row(OMIT, 'not in the protocol'),
    'VK_ANDROID_external_memory_android_hardware_buffer':
        Row(OMIT, 'not in the protocol; nothing for it on Linux'),
    'VK_ARM_rasterization_order_attachment_access': Row(PASS),
    'VK_EXT_4444_formats': Row(PASS),
    'VK_EXT_attachment_feedback_loop_dynamic_state': Row(PASS),
    'VK_EXT_attachment_feedback_loop_layout': Row(PASS),
    'VK_EXT_blend_operation_advanced': Row(PASS),
    'VK_EXT_border_color_swizzle': Row(PASS),
    'VK_EXT_buffer_device_address': Row(PASS),
    'VK_EXT_calibrated_timestamps':
        Row(PASS, "the device's clock, with those of the guest"),
    'VK_EXT_color_write_enable': Row(PASS),
    'VK_EXT_conditional_rendering': Row(PASS),
    'VK_EXT_conservative_rasterization': Row(PASS),
    'VK_EXT_custom_border_color': Row(PASS),
    'VK_EXT_depth_bias_control': Row(PASS),
    'VK_EXT_depth_clamp_control': Row(PASS),
    'VK_EXT_depth_clamp_zero_one': Row(PASS),
    'VK_EXT_depth_clip_control': Row(PASS),
    'VK_EXT_depth_clip_enable': Row(PASS),
    'VK_EXT_depth_range_unrestricted': Row(PASS),
    'VK_EXT_descriptor_buffer':
        Row(OMIT, 'not in the protocol: '
                  'descriptors would be host bytes in guest memory'),
    'VK_EXT_descriptor_heap':
        Row(OMIT, 'descriptors need commands of their own; not written yet'),
    'VK_EXT_descriptor_indexing': Row(PASS),
    'VK_EXT_device_generated_commands': Row(OMIT, 'not in the protocol'),
    'VK_EXT_device_memory_report':
        Row(NATIVE, 'memory objects, not what the host itself needs'),
    'VK_EXT_display_control':
        Row(NATIVE, 'comes with displays', platforms=('display',)),
    'VK_EXT_dynamic_rendering_unused_attachments': Row(PASS),
    'VK_EXT_extended_dynamic_state': Row(PASS),
    'VK_EXT_extended_dynamic_state2': Row(PASS),
    'VK_EXT_extended_dynamic_state3': Row(PASS),
    'VK_EXT_external_memory_acquire_unmodified':
        Row(EXTERNAL, 'a host that lacks it is not told'),
    'VK_EXT_external_memory_dma_buf':
        Row(EXTERNAL, 'if the renderer can share memory'),
    'VK_EXT_external_memory_host':
        Row(OMIT, "the host cannot see the guest's own memory"),
    'VK_EXT_filter_cubic': Row(PASS),
    'VK_EXT_fragment_shader_interlock': Row(PASS),
    'VK_EXT_global_priority': Row(PASS),
    'VK_EXT_global_priority_query': Row(PASS),
    'VK_EXT_graphics_pipeline_library': Row(PASS),
    'VK_EXT_hdr_metadata':
        Row(OMIT, 'no window system here would be told'),
    'VK_EXT_host_image_copy':
        Row(PASS, 'the bytes travel in the command or its answer', spec=3),
    'VK_EXT_host_query_reset': Row(PASS),
    'VK_EXT_image_2d_view_of_3d': Row(PASS),
    'VK_EXT_image_drm_format_modifier':
        Row(EXTERNAL, "the host's, or LINEAR from the host layer"),
    'VK_EXT_image_robustness': Row(PASS),
    'VK_EXT_image_sliced_view_of_3d': Row(PASS),
    'VK_EXT_image_view_min_lod': Row(PASS),
    'VK_EXT_index_type_uint8': Row(PASS),
    'VK_EXT_inline_uniform_block': Row(PASS),
    'VK_EXT_legacy_dithering': Row(PASS),
    'VK_EXT_legacy_vertex_attributes': Row(PASS),
    'VK_EXT_line_rasterization': Row(PASS),
    'VK_EXT_load_store_op_none': Row(PASS),
    'VK_EXT_map_memory_placed':
        Row(NATIVE, 'if memory can be mapped; over virtio-gpu only all of it'),
    'VK_EXT_memory_budget': Row(PASS),
    'VK_EXT_memory_priority': Row(OMIT, 'not in the protocol'),
    'VK_EXT_mesh_shader': Row(PASS),
    'VK_EXT_multi_draw': Row(PASS),
    'VK_EXT_multisampled_render_to_single_sampled': Row(PASS),
    'VK_EXT_mutable_descriptor_type': Row(PASS),
    'VK_EXT_nested_command_buffer': Row(PASS),
    'VK_EXT_non_seamless_cube_map': Row(PASS),
    'VK_EXT_pageable_device_local_memory': Row(OMIT, 'not in the protocol'),
    'VK_EXT_pci_bus_info':
        Row(TRANSPORT, "of the guest's virtio-gpu device, if it is on PCI"),
    'VK_EXT_physical_device_drm':
        Row(TRANSPORT, "of the guest's virtio-gpu device; vtest has none"),
    'VK_EXT_pipeline_creation_cache_control': Row(PASS),
    'VK_EXT_pipeline_creation_feedback': Row(PASS),
    'VK_EXT_pipeline_library_group_handles': Row(PASS),
    'VK_EXT_pipeline_protected_access': Row(PASS),
    'VK_EXT_pipeline_robustness': Row(PASS),
    'VK_EXT_post_depth_coverage': Row(PASS),
    'VK_EXT_primitive_restart_index': Row(OMIT, 'not in the protocol'),
    'VK_EXT_primitive_topology_list_restart': Row(PASS),
    'VK_EXT_primitives_generated_query': Row(PASS),
    'VK_EXT_private_data': Row(NATIVE, "kept in the driver's objects"),
    'VK_EXT_provoking_vertex': Row(PASS),
    'VK_EXT_queue_family_foreign': Row(EXTERNAL, 'comes with dma-bufs'),
    'VK_EXT_rasterization_order_attachment_access': Row(PASS),
    'VK_EXT_robustness2': Row(PASS),
    'VK_EXT_sample_locations': Row(PASS),
    'VK_EXT_sampler_filter_minmax': Row(PASS),
    'VK_EXT_scalar_block_layout': Row(PASS),
    'VK_EXT_separate_stencil_usage': Row(PASS),
    'VK_EXT_shader_atomic_float': Row(PASS),
    'VK_EXT_shader_atomic_float2': Row(PASS),
    'VK_EXT_shader_demote_to_helper_invocation': Row(PASS),
    'VK_EXT_shader_float8': Row(PASS),
    'VK_EXT_shader_image_atomic_int64': Row(PASS),
    'VK_EXT_shader_object': Row(OMIT, 'not in the protocol'),
    'VK_EXT_shader_replicated_composites': Row(PASS),
    'VK_EXT_shader_stencil_export': Row(PASS),
    'VK_EXT_shader_subgroup_ballot': Row(PASS),
    'VK_EXT_shader_subgroup_vote': Row(PASS),
    'VK_EXT_shader_uniform_buffer_unsized_array': Row(PASS),
    'VK_EXT_shader_viewport_index_layer': Row(PASS),
    'VK_EXT_subgroup_size_control': Row(PASS),
    'VK_EXT_swapchain_maintenance1': Row(NATIVE, 'if memory can be mapped'),
    'VK_EXT_texel_buffer_alignment': Row(PASS),
    'VK_EXT_texture_compression_astc_hdr': Row(PASS),
    'VK_EXT_tooling_info': Row(NATIVE, 'there are no tools in the driver'),
    'VK_EXT_transform_feedback': Row(PASS),
    'VK_EXT_vertex_attribute_divisor': Row(PASS),
    'VK_EXT_vertex_input_dynamic_state': Row(PASS),
    'VK_EXT_ycbcr_2plane_444_formats': Row(PASS),
    'VK_EXT_ycbcr_image_arrays': Row(PASS),
    'VK_EXT_zero_initialize_device_memory': Row(OMIT, 'not in the protocol'),
    'VK_GOOGLE_decorate_string': Row(PASS),
    'VK_GOOGLE_hlsl_functionality1': Row(PASS),
    'VK_GOOGLE_user_type': Row(PASS),
    'VK_IMG_filter_cubic': Row(PASS),
    'VK_KHR_16bit_storage': Row(PASS),
    'VK_KHR_8bit_storage': Row(PASS),
    'VK_KHR_acceleration_structure':
        Row(PASS, 'without the commands that work in host memory'),
    'VK_KHR_bind_memory2': Row(PASS),
    'VK_KHR_buffer_device_address': Row(PASS),
    'VK_KHR_calibrated_timestamps':
        Row(PASS, "the device's clock, with those of the guest"),
    'VK_KHR_compute_shader_derivatives': Row(PASS),
    'VK_KHR_cooperative_matrix': Row(PASS),
    'VK_KHR_copy_commands2': Row(PASS),
    'VK_KHR_copy_memory_indirect': Row(OMIT, 'not in the protocol'),
    'VK_KHR_create_renderpass2': Row(PASS),
    'VK_KHR_dedicated_allocation': Row(PASS),
    'VK_KHR_deferred_host_operations':
        Row(NATIVE, 'nothing is deferred, everything is done at once'),
    'VK_KHR_depth_clamp_zero_one': Row(PASS),
    'VK_KHR_depth_stencil_resolve': Row(PASS),
    'VK_KHR_descriptor_update_template': Row(PASS),
    'VK_KHR_device_group': Row(PASS),
    'VK_KHR_draw_indirect_count': Row(PASS),
    'VK_KHR_driver_properties': Row(PASS),
    'VK_KHR_dynamic_rendering': Row(PASS),
    'VK_KHR_dynamic_rendering_local_read': Row(PASS),
    'VK_KHR_external_fence': Row(PASS),
    'VK_KHR_external_fence_fd':
        Row(TRANSPORT, 'sync files of the virtio-gpu device'),
    'VK_KHR_external_memory': Row(PASS),
    'VK_KHR_external_memory_fd':
        Row(EXTERNAL, 'if the renderer can share memory'),
    'VK_KHR_external_semaphore': Row(PASS),
    'VK_KHR_external_semaphore_fd':
        Row(TRANSPORT, 'sync files of the virtio-gpu device'),
    'VK_KHR_format_feature_flags2': Row(PASS),
    'VK_KHR_fragment_shader_barycentric': Row(PASS),
    'VK_KHR_fragment_shading_rate': Row(PASS),
    'VK_KHR_get_memory_requirements2': Row(PASS),
    'VK_KHR_global_priority': Row(PASS),
    'VK_KHR_image_format_list': Row(PASS),
    'VK_KHR_imageless_framebuffer': Row(PASS),
    'VK_KHR_incremental_present': Row(NATIVE, 'if memory can be mapped'),
    'VK_KHR_index_type_uint8': Row(PASS),
    'VK_KHR_line_rasterization': Row(PASS),
    'VK_KHR_load_store_op_none': Row(PASS),
    'VK_KHR_maintenance1': Row(PASS),
    'VK_KHR_maintenance10': Row(OMIT, 'not in the protocol'),
    'VK_KHR_maintenance2': Row(PASS),
    'VK_KHR_maintenance3': Row(PASS),
    'VK_KHR_maintenance4': Row(PASS),
    'VK_KHR_maintenance5': Row(PASS),
    'VK_KHR_maintenance6': Row(PASS),
    'VK_KHR_maintenance7': Row(PASS),
    'VK_KHR_maintenance8': Row(OMIT, 'not in the protocol'),
    'VK_KHR_maintenance9': Row(OMIT, 'not in the protocol'),
    'VK_KHR_map_memory2': Row(NATIVE, 'mapping is up to the driver'),
    'VK_KHR_multiview': Row(PASS),
    'VK_KHR_pipeline_library': Row(PASS),
    'VK_KHR_present_id': Row(NATIVE, 'if memory can be mapped'),
    'VK_KHR_present_id2': Row(NATIVE, 'if memory can be mapped'),
    'VK_KHR_present_wait': Row(NATIVE, 'if memory can be mapped'),
    'VK_KHR_present_wait2': Row(NATIVE, 'if memory can be mapped'),
    'VK_KHR_push_descriptor': Row(PASS),
    'VK_KHR_ray_query': Row(PASS),
    'VK_KHR_ray_tracing_maintenance1': Row(PASS),
    'VK_KHR_ray_tracing_pipeline':
        Row(PASS, 'without replay of shader group handles'),
    'VK_KHR_ray_tracing_position_fetch': Row(PASS),
    'VK_KHR_relaxed_block_layout': Row(PASS),
    'VK_KHR_robustness2': Row(PASS),
    'VK_KHR_sampler_mirror_clamp_to_edge': Row(PASS),
    'VK_KHR_sampler_ycbcr_conversion': Row(PASS),
    'VK_KHR_separate_depth_stencil_layouts': Row(PASS),
    'VK_KHR_shader_atomic_int64': Row(PASS),
    'VK_KHR_shader_bfloat16': Row(PASS),
    'VK_KHR_shader_clock': Row(PASS),
    'VK_KHR_shader_draw_parameters': Row(PASS),
    'VK_KHR_shader_expect_assume': Row(PASS),
    'VK_KHR_shader_float16_int8': Row(PASS),
    'VK_KHR_shader_float_controls': Row(PASS),
    'VK_KHR_shader_float_controls2': Row(PASS),
    'VK_KHR_shader_fma': Row(PASS),
    'VK_KHR_shader_integer_dot_product': Row(PASS),
    'VK_KHR_shader_maximal_reconvergence': Row(PASS),
    'VK_KHR_shader_non_semantic_info': Row(PASS),
    'VK_KHR_shader_quad_control': Row(PASS),
    'VK_KHR_shader_relaxed_extended_instruction': Row(PASS),
    'VK_KHR_shader_subgroup_extended_types': Row(PASS),
    'VK_KHR_shader_subgroup_rotate': Row(PASS),
    'VK_KHR_shader_subgroup_uniform_control_flow': Row(PASS),
    'VK_KHR_shader_terminate_invocation': Row(PASS),
    'VK_KHR_shader_untyped_pointers': Row(PASS),
    'VK_KHR_spirv_1_4': Row(PASS),
    'VK_KHR_storage_buffer_storage_class': Row(PASS),
    'VK_KHR_swapchain': Row(NATIVE, 'if memory can be mapped'),
    'VK_KHR_swapchain_maintenance1': Row(NATIVE, 'if memory can be mapped'),
    'VK_KHR_swapchain_mutable_format': Row(NATIVE, 'if memory can be mapped'),
    'VK_KHR_synchronization2': Row(PASS),
    'VK_KHR_timeline_semaphore': Row(PASS),
    'VK_KHR_unified_image_layouts': Row(OMIT, 'not in the protocol'),
    'VK_KHR_uniform_buffer_standard_layout': Row(PASS),
    'VK_KHR_variable_pointers': Row(PASS),
    'VK_KHR_vertex_attribute_divisor': Row(PASS),
    'VK_KHR_vulkan_memory_model': Row(PASS),
    'VK_KHR_workgroup_memory_explicit_layout': Row(PASS),
    'VK_KHR_zero_initialize_workgroup_memory': Row(PASS),
    'VK_NV_compute_shader_derivatives': Row(PASS),
    'VK_NV_cooperative_matrix2': Row(OMIT, 'not in the protocol'),
    'VK_VALVE_mutable_descriptor_type': Row(PASS),
}

# Instance extensions, all implemented in the driver.
INSTANCE = {
    'VK_EXT_acquire_drm_display': Row(NATIVE, platforms=('display',)),
    'VK_EXT_acquire_xlib_display': Row(NATIVE, platforms=('display', 'xlib')),
    'VK_EXT_direct_mode_display': Row(NATIVE, platforms=('display',)),
    'VK_EXT_display_surface_counter': Row(NATIVE, platforms=('display',)),
    'VK_EXT_headless_surface': Row(NATIVE),
    'VK_EXT_surface_maintenance1': Row(NATIVE),
    'VK_EXT_swapchain_colorspace': Row(NATIVE),
    'VK_KHR_device_group_creation': Row(NATIVE),
    'VK_KHR_display': Row(NATIVE, platforms=('display',)),
    'VK_KHR_external_fence_capabilities': Row(NATIVE),
    'VK_KHR_external_memory_capabilities': Row(NATIVE),
    'VK_KHR_external_semaphore_capabilities': Row(NATIVE),
    'VK_KHR_get_display_properties2': Row(NATIVE, platforms=('display',)),
    'VK_KHR_get_physical_device_properties2': Row(NATIVE),
    'VK_KHR_get_surface_capabilities2': Row(NATIVE),
    'VK_KHR_surface': Row(NATIVE),
    'VK_KHR_surface_maintenance1': Row(NATIVE),
    'VK_KHR_surface_protected_capabilities': Row(NATIVE),
    'VK_KHR_wayland_surface': Row(NATIVE, platforms=('wayland',)),
    'VK_KHR_xcb_surface': Row(NATIVE, platforms=('xcb',)),
    'VK_KHR_xlib_surface': Row(NATIVE, platforms=('xlib',)),
}
