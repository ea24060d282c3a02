/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The guest's devices come and go.
 */

#include "fuzz_operations.h"

#include "vl_device.h"

void
fuzz_create_device(struct fuzz_world *w, uint32_t index, uint8_t what)
{
   if (w->devices[index])
      return;

   /* what the application sees, it may enable */
   VkExtensionProperties offered[16];
   uint32_t offered_count = 16;
   const char *names[16];
   VkDeviceCreateInfo *info = fuzz_make(sizeof(*info));
   info->sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO;
   info->ppEnabledExtensionNames = names;
   if (vl_EnumerateDeviceExtensionProperties(
          w->physical, NULL, &offered_count, offered) == VK_SUCCESS) {
      for (uint32_t i = 0; i < offered_count; i++) {
         if (!(what >> i & 1))
            names[info->enabledExtensionCount++] = offered[i].extensionName;
      }
   }
   VkLayerDeviceLink *link = fuzz_make(sizeof(*link));
   link->pfnNextGetInstanceProcAddr = fuzz_gipa;
   link->pfnNextGetDeviceProcAddr = fuzz_gdpa;
   VkLayerDeviceCreateInfo *layer =
      CHAIN(&info->pNext, VkLayerDeviceCreateInfo, LOADER_DEVICE_CREATE_INFO);
   layer->function = VK_LAYER_LINK_INFO;
   layer->u.pLayerInfo = link;
   if (vl_CreateDevice(w->physical, info, NULL, &w->devices[index]) !=
       VK_SUCCESS)
      w->devices[index] = VK_NULL_HANDLE;
}

/* A guest that goes away does not clean up. */
void
fuzz_destroy_device(struct fuzz_world *w, uint32_t index)
{
   if (!w->devices[index])
      return;
   vl_DestroyDevice(w->devices[index], NULL);
   w->devices[index] = VK_NULL_HANDLE;
   for (int i = 0; i < FUZZ_SLOTS; i++) {
      if (w->memories[i].device == index)
         w->memories[i].handle = VK_NULL_HANDLE;
      if (w->buffers[i].device == index)
         w->buffers[i].handle = VK_NULL_HANDLE;
      if (w->images[i].device == index)
         w->images[i].handle = VK_NULL_HANDLE;
   }
}
