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
 *    own-modifiers    the driver has modifiers of its own, which are not for
 *                     drawing: a tiled one, and for B8G8R8A8 LINEAR as well
 *    optimal-elsewhere  with discrete: optimal images want the first type
 *    no-linear-render  linear images have no such feature, but a query with
 *                     that usage succeeds
 *    no-linear-write  no copy and no shader writes to linear images
 *    linear-depth     linear images of D16 can be sampled
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

#define MASK_TILED            UINT64_C(0x0100000000000001)
#define MASK_MODIFIER_COMMAND "vkGetImageDrmFormatModifierPropertiesEXT"

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

/* vl_mask_modifier.c: the words of own-modifiers. Rooms of the two lists, to
 * be noted before the driver below writes there; 0 where there is none.
 */
struct mask_rooms {
   uint32_t old_list, new_list;
};
struct mask_rooms mask_note_rooms(const VkFormatProperties2 *properties);
void mask_list_modifiers(VkFormat format,
                         VkFormatProperties2 *properties,
                         struct mask_rooms rooms);

/* The tiling that a modifier stands for; false: there is no such modifier. */
bool mask_tiling(VkFormat format, uint64_t modifier, VkImageTiling *tiling);

/* Of the create info of an image, which has to have one. */
bool mask_choose_modifier(const VkImageCreateInfo *info, uint64_t *modifier);

/* What vkGetImageDrmFormatModifierPropertiesEXT is going to say. */
void mask_remember_modifier(VkImage image, uint64_t modifier);
VKAPI_ATTR VkResult VKAPI_CALL mask_GetImageDrmFormatModifierPropertiesEXT(
   VkDevice device,
   VkImage image,
   VkImageDrmFormatModifierPropertiesEXT *properties);

/* Called for each device, whose commands are looked up afterwards. */
void mask_load_device(VkDevice device);

#endif /* VL_MASK_H */
