/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * VK_LAYER_VENUS_test_mask: sits between the layer under test and a real
 * driver, and makes it one with opaque fds but no dma-bufs, whatever the
 * driver is. VENUS_TEST_MASK makes that poorer, richer or a liar. It is read
 * when an instance is created and holds words, separated by commas:
 *
 *    hide-host        no VK_EXT_external_memory_host
 *    hide-fd          no VK_KHR_external_memory_fd, so no dma-bufs either
 *    second-hides-host  hide-host for all but the first physical device
 *    no-device        a second device cannot be created
 *    fail-import      host pointers are refused
 *    fail-buffer      buffers with the host-allocation type are refused
 *    fail-image       the same for images
 *    no-types         a host pointer fits no memory type
 *    elsewhere        imports succeed, but the device writes to other memory
 *    elsewhere-image  the same for images only
 *    bad-alignment    minImportedHostPointerAlignment is not a power of two
 *    align-16k        it is that much, and the driver insists
 *    align-64k
 *    discrete         two memory types, only the second takes host pointers;
 *                     all objects want a dedicated allocation
 *    non-coherent     two memory types, the first one not coherent, the
 *                     second one not cached
 *    only-non-coherent  one memory type, not coherent
 *    own-modifiers    the driver has a tiled modifier of its own
 *    optimal-elsewhere  with discrete: optimal images want the first type
 *    no-linear-render  linear images have no such feature, but the query about
 *                     an image with that usage succeeds
 *    native-dma-buf   the driver has dma-bufs of its own
 *
 * One driver, one thread: the next functions are kept in plain globals.
 */

#ifndef VL_MASK_H
#define VL_MASK_H

#include <stdbool.h>
#include <vulkan/vk_layer.h>
#include <vulkan/vulkan.h>

#define MASK_HOST    VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT
#define MASK_DMA_BUF VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT
#define MASK_OPAQUE  VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT

extern VkInstance mask_instance;
extern PFN_vkGetDeviceProcAddr mask_next_gdpa;

#define MASK_NEXT_DEVICE(name)                                               \
   ((PFN_vk##name)mask_next_gdpa(device, "vk" #name))

/* Whether the word is in VENUS_TEST_MASK. */
bool mask_is(const char *word);

/* What the driver is made to demand of host pointers, or 0. */
uint64_t mask_alignment(void);

/* Whether there are two memory types over the driver's one. */
bool mask_has_two_types(void);

/* Extensions that the driver is made to have. */
bool mask_is_own(const char *name);

const void *mask_find(const void *chain, VkStructureType type);

/* A device command of the mask, or NULL. */
PFN_vkVoidFunction mask_device_command(const char *name);

/* Called for each device, whose commands are looked up afterwards. */
void mask_load_device(VkDevice device);

#endif /* VL_MASK_H */
