/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The guest asks for sparse binding, in the order in which an application
 * does. The driver has it; the layer takes it away from all of the answers or
 * from none.
 */

#include "fuzz_operations.h"

/* Whether the driver's answer came through. */
static bool
ask_features(struct fuzz_world *w, bool has_khr)
{
   VkPhysicalDeviceFeatures2 *out = fuzz_make(sizeof(*out));
   const void *head = NULL;
   CHAIN(&head, VkPhysicalDeviceShaderImageAtomicInt64FeaturesEXT,
         PHYSICAL_DEVICE_SHADER_IMAGE_ATOMIC_INT64_FEATURES_EXT);
   out->sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2;
   out->pNext = (void *)head;
   if (has_khr)
      vl_GetPhysicalDeviceFeatures2KHR(w->physical, out);
   else
      vl_GetPhysicalDeviceFeatures(w->physical, &out->features);
   return out->features.sparseBinding;
}

static bool
ask_queues(struct fuzz_world *w, bool has_khr)
{
   VkQueueFamilyProperties2 *families = fuzz_make(sizeof(*families));
   uint32_t count = 1;
   families->sType = VK_STRUCTURE_TYPE_QUEUE_FAMILY_PROPERTIES_2;
   if (has_khr) {
      vl_GetPhysicalDeviceQueueFamilyProperties2KHR(w->physical, &count,
                                                    families);
   } else {
      vl_GetPhysicalDeviceQueueFamilyProperties(
         w->physical, &count, &families->queueFamilyProperties);
   }
   return families->queueFamilyProperties.queueFlags &
          VK_QUEUE_SPARSE_BINDING_BIT;
}

static bool
ask_formats(struct fuzz_world *w, bool has_khr, uint32_t room)
{
   VkPhysicalDeviceSparseImageFormatInfo2 *info = fuzz_make(sizeof(*info));
   info->sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SPARSE_IMAGE_FORMAT_INFO_2;
   info->format = fuzz_read_format(w);
   info->samples = VK_SAMPLE_COUNT_1_BIT;
   uint32_t count = room;
   if (has_khr) {
      vl_GetPhysicalDeviceSparseImageFormatProperties2KHR(
         w->physical, info, &count,
         room ? fuzz_make(room * sizeof(VkSparseImageFormatProperties2))
              : NULL);
   } else {
      vl_GetPhysicalDeviceSparseImageFormatProperties(
         w->physical, info->format, info->type, info->samples, info->usage,
         info->tiling, &count,
         room ? fuzz_make(room * sizeof(VkSparseImageFormatProperties))
              : NULL);
   }
   return count;
}

void
fuzz_query_sparse(struct fuzz_world *w, uint8_t what)
{
   (void)fuzz_driver_has_failed();
   const bool features = ask_features(w, what & 1);
   const bool queues = ask_queues(w, what & 2);
   const bool formats = ask_formats(w, what & 4, what >> 3 & 1);
   /* without memory the layer does not know the device, and passes on */
   if (!fuzz_driver_has_failed())
      U_FUZZ_CHECK(features == queues && queues == formats);
   uint32_t count = 0;
   vl_GetPhysicalDeviceQueueFamilyProperties(w->physical, &count, NULL);
   U_FUZZ_CHECK(count == 1);
}
