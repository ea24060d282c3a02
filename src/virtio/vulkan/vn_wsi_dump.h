/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * A look at what reaches the window system: VN_WSI_DUMP names a file that
 * gets each presented frame in turn, as a PAM picture.
 */

#ifndef VN_WSI_DUMP_H
#define VN_WSI_DUMP_H

#include "vn_wsi.h"

/* Before the frame is presented. Does nothing unless it is asked for. */
void vn_wsi_dump_frame(const struct vn_swapchain *swapchain,
                       const struct vn_wsi_frame *frame);

#endif /* VN_WSI_DUMP_H */
