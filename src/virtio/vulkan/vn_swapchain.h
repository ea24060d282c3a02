/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What the files of the swapchain share. vn_swapchain.c makes and destroys
 * it, vn_swapchain_acquire.c and vn_swapchain_present.c are its two ends.
 */

#ifndef VN_SWAPCHAIN_H
#define VN_SWAPCHAIN_H

#include "vn_wsi.h"

/*
 * Sleeps on swapchain->cond, which is locked, until it is broadcast or until
 * the deadline (CLOCK_MONOTONIC; UINT64_MAX: none). False: it is over.
 */
bool vn_swapchain_sleep(struct vn_swapchain *swapchain, uint64_t deadline_ns);
/* For a timeout that starts now. */
uint64_t vn_swapchain_deadline(uint64_t timeout_ns);

/* With swapchain->mutex held: as vn_swapchain_set_idle. */
void vn_swapchain_set_idle_locked(struct vn_swapchain *swapchain,
                                  struct vn_wsi_image *image,
                                  int release_fd);

/* vn_device_find_struct() for VK_KHR_swapchain_maintenance1 and its EXT. */
void *vn_find_maintenance1_struct(const struct vn_device *device,
                                  const void *chain,
                                  VkStructureType type);

/* What vkCreateImage and vkBindImageMemory2 need for an alias. */
const VkImageCreateInfo *vn_swapchain_image_info(VkSwapchainKHR swapchain);
VkDeviceMemory vn_swapchain_image_memory(VkSwapchainKHR swapchain,
                                         uint32_t index);

#endif /* VN_SWAPCHAIN_H */
