/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * A Vulkan driver for fuzz_layer.c: no GPU and no thread, any properties, and
 * calls that fail when told to. It checks what the layer asks of it, touches
 * both ends of every host pointer that it imports, and counts its objects.
 */

#ifndef FUZZ_DRIVER_H
#define FUZZ_DRIVER_H

#include <vulkan/vulkan.h>

#include <vulkan/vk_layer.h>

#include "u_fuzz.h"

#define FUZZ_MAX_TYPES 4

/* What the driver is like; set before its instance is created. */
struct fuzz_driver_config {
   uint32_t api_version;
   bool has_host_import;
   bool has_fd;
   bool has_dma_buf;
   bool has_modifier;
   bool has_foreign;
   bool can_export_dma_buf; /* and import it */
   bool hides_host_import;  /* says of buffers that they cannot */
   bool loses_writes;       /* what its device writes does not arrive */
   bool lies_about_planes;
   bool lies_about_pitch;  /* a linear image reaches beyond its memory */
   bool can_clear;         /* linear images, by a transfer */
   bool optimal_elsewhere; /* such images fit the first memory type only */
   uint32_t type_count;
   uint32_t host_types;
   uint64_t heap_size_B;
   uint64_t host_alignment_B;
   uint64_t image_alignment_B;
   uint32_t fail_at; /* call number that fails, counted from 1; 0: none */
};

/* What an application imports as host memory of its own. */
#define FUZZ_APP_MEMORY_B 65536
extern uint8_t fuzz_app_memory[FUZZ_APP_MEMORY_B];

void fuzz_driver_start(const struct fuzz_driver_config *config);
/* Nothing fails any more. */
void fuzz_driver_stop(void);
/* The next call that can fail: true if it has to. For wrapped calls too. */
bool fuzz_driver_fails(void);
/* The n-th call from now (0: the next) has to. */
void fuzz_driver_fail_in(uint32_t n);
/* Whether one had to since the last time that somebody asked. */
bool fuzz_driver_has_failed(void);

PFN_vkVoidFunction VKAPI_PTR fuzz_gipa(VkInstance instance, const char *name);
PFN_vkVoidFunction VKAPI_PTR fuzz_gdpa(VkDevice device, const char *name);

/* What the loader gives to layers. */
VkResult VKAPI_PTR fuzz_layer_create_device(VkInstance instance,
                                            VkPhysicalDevice physical,
                                            const VkDeviceCreateInfo *info,
                                            const VkAllocationCallbacks *alloc,
                                            VkDevice *device,
                                            PFN_vkGetInstanceProcAddr gipa,
                                            PFN_vkGetDeviceProcAddr *next);
void VKAPI_PTR fuzz_layer_destroy_device(VkDevice device,
                                         const VkAllocationCallbacks *alloc,
                                         PFN_vkDestroyDevice destroy);

VkPhysicalDevice fuzz_driver_physical(VkInstance instance);
/* Objects that exist: instances, devices, and all that is in them. */
uint32_t fuzz_driver_object_count(void);
/* Of a memory object: whether it is an imported host pointer. */
bool fuzz_driver_is_host_memory(VkDeviceMemory memory);

#endif /* FUZZ_DRIVER_H */
