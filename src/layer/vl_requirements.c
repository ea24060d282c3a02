/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Holds no state.
 */

#include "vl_requirements.h"

#include "vl_chain.h"

void
vl_cut_requirements(const struct vl_physical_device *physical,
                    VkMemoryRequirements *requirements)
{
   const uint32_t types = requirements->memoryTypeBits & physical->host_types;
   if (types)
      requirements->memoryTypeBits = types;
}

void
vl_cut_requirements2(const struct vl_physical_device *physical,
                     VkMemoryRequirements2 *requirements)
{
   vl_cut_requirements(physical, &requirements->memoryRequirements);

   VkMemoryDedicatedRequirements *dedicated = vl_chain_find_out(
      requirements->pNext, VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS);
   if (dedicated) {
      dedicated->prefersDedicatedAllocation = VK_FALSE;
      dedicated->requiresDedicatedAllocation = VK_FALSE;
   }
}
