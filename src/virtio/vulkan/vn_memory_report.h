/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Events of VK_EXT_device_memory_report.
 */

#ifndef VN_MEMORY_REPORT_H
#define VN_MEMORY_REPORT_H

#include "vn_object.h"

struct vn_device;

/* Who wants to hear of a device's memory. All zeros: nobody. */
struct vn_memory_report {
   uint32_t callback_count;
   VkDeviceDeviceMemoryReportCreateInfoEXT *callbacks; /* owned */
};

/* From the chain of VkDeviceCreateInfo; false when out of memory. */
bool vn_memory_report_init(struct vn_memory_report *report,
                           const VkAllocationCallbacks *alloc,
                           const void *chain);
void vn_memory_report_finish(struct vn_memory_report *report,
                             const VkAllocationCallbacks *alloc);

/*
 * Tells them. object_id names the memory and is the same for all memory
 * objects that share it; memory is VK_NULL_HANDLE if there is none because
 * its allocation failed. Takes no lock: the callbacks may do as they please,
 * short of calling Vulkan.
 */
void vn_memory_report_event(const struct vn_device *device,
                            VkDeviceMemoryReportEventTypeEXT type,
                            uint64_t object_id,
                            VkDeviceSize size,
                            VkDeviceMemory memory,
                            uint32_t memory_type);

#endif /* VN_MEMORY_REPORT_H */
