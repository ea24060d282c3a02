/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What vl_mask_test.c runs, by file. Checks are counted per source file, so
 * each file says how many of its own failed.
 */

#ifndef VL_MASK_TEST_H
#define VL_MASK_TEST_H

#include "vl_test_vulkan.h"

#define DMA_BUF VT_DMA_BUF
#define OPAQUE  VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT
#define FORMAT  VK_FORMAT_R8G8B8A8_UNORM
#define TILED   UINT64_C(0x0100000000000001)

/* vl_mask_memory_test.c */
void test_discrete(struct vt_device *device);
void test_non_coherent(struct vt_device *device);
void test_alignment(struct vt_device *device);
int mask_memory_failures(void);

/* vl_mask_image_test.c */
void use_plain_image(struct vt_device *device);
void test_optimal_elsewhere(struct vt_device *device);
void test_linear_depth(struct vt_device *device);
void test_no_linear_render(struct vt_device *device);
void test_native(struct vt_device *device);
int mask_image_failures(void);

/* vl_mask_modifier_test.c */
void test_own_modifiers(struct vt_device *device);
void test_own_modifiers_no_fd(struct vt_device *device);
void test_discrete_own_modifiers(struct vt_device *device);
int mask_modifier_failures(void);

#endif /* VL_MASK_TEST_H */
