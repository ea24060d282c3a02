/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The tests that vl_device_test.c runs, by file. Checks are counted per
 * source file, so each file says how many of its own failed.
 */

#ifndef VL_DEVICE_TEST_H
#define VL_DEVICE_TEST_H

#include <stdbool.h>
#include <stdint.h>

#include "vl_test_vulkan.h"

/* Two devices: one exports, the other one imports. */
struct pair {
   struct vt_instance *instance;
   struct vt_device a;
   struct vt_device b;
   uint32_t shared_types; /* memory types of a buffer that is shared */
};

/* vl_device_memory_test.c */
void test_buffer(struct pair *pair);
void test_import_twice(struct pair *pair);
void test_wrong_fds(struct pair *pair);
void test_forced_export(struct pair *pair);
void test_leaving(struct pair *pair);
void test_no_fds(struct pair *pair);
void test_threads(struct pair *pair);
int memory_test_failures(void);

/* vl_device_hostile_test.c */
void test_hostile(struct pair *pair);
void test_wrong_planes(struct pair *pair);
int hostile_test_failures(void);

/* vl_device_image_test.c */
void test_image(struct pair *pair);
void test_wrong_layouts(struct pair *pair);
void test_foreign(struct pair *pair);
void test_planar(struct pair *pair);
void test_queries(struct pair *pair);
void test_requirements(struct pair *pair);
int image_test_failures(void);

#endif /* VL_DEVICE_TEST_H */
