/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See vn_memory_report.h. What the host's driver allocates for its own ends
 * does not become known here, so what is reported are memory objects: the
 * application's, and what little of its kind this driver needs itself.
 */

#include "vn_memory_report.h"

#include "vn_device.h"

static bool
is_report(const VkBaseInStructure *s)
{
   return s->sType ==
          VK_STRUCTURE_TYPE_DEVICE_DEVICE_MEMORY_REPORT_CREATE_INFO_EXT;
}

bool
vn_memory_report_init(struct vn_memory_report *report,
                      const VkAllocationCallbacks *alloc,
                      const void *chain)
{
   uint32_t count = 0;
   for (const VkBaseInStructure *s = chain; s; s = s->pNext)
      count += is_report(s);
   if (!count)
      return true;

   report->callbacks = alloc->pfnAllocation(
      alloc->pUserData, count * sizeof(*report->callbacks), 8,
      VK_SYSTEM_ALLOCATION_SCOPE_DEVICE);
   if (!report->callbacks)
      return false;
   for (const VkBaseInStructure *s = chain; s; s = s->pNext) {
      if (is_report(s)) {
         memcpy(&report->callbacks[report->callback_count++], s,
                sizeof(*report->callbacks));
      }
   }
   return true;
}

void
vn_memory_report_finish(struct vn_memory_report *report,
                        const VkAllocationCallbacks *alloc)
{
   vn_free_scratch(alloc, report->callbacks);
}

void
vn_memory_report_event(const struct vn_device *device,
                       VkDeviceMemoryReportEventTypeEXT type,
                       uint64_t object_id,
                       VkDeviceSize size,
                       VkDeviceMemory memory,
                       uint32_t memory_type)
{
   const struct vn_memory_report *report = &device->memory_report;
   const VkPhysicalDeviceMemoryProperties *props =
      &device->physical_device->memory_properties;
   if (!report->callback_count)
      return;

   const VkDeviceMemoryReportCallbackDataEXT data = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_MEMORY_REPORT_CALLBACK_DATA_EXT,
      .type = type,
      .memoryObjectId = object_id,
      .size = size,
      .objectType = VK_OBJECT_TYPE_DEVICE_MEMORY,
      .objectHandle = (uint64_t)(uintptr_t)memory,
      .heapIndex = memory_type < props->memoryTypeCount
                      ? props->memoryTypes[memory_type].heapIndex
                      : 0,
   };
   for (uint32_t i = 0; i < report->callback_count; i++) {
      report->callbacks[i].pfnUserCallback(&data,
                                           report->callbacks[i].pUserData);
   }
}
