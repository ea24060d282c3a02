/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 */

#ifndef VN_FORMAT_H
#define VN_FORMAT_H

struct vn_physical_device;

/* What is remembered of format queries. */
void vn_format_caches_init(struct vn_physical_device *physical_device);
void vn_format_caches_finish(struct vn_physical_device *physical_device);

#endif /* VN_FORMAT_H */
