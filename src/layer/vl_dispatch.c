/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Fills the tables of vl_dispatch.h. Holds no state.
 */

#include "vl_dispatch.h"

#define ALIAS_NONE(name) NULL
#define ALIAS_KHR(name)  "vk" #name "KHR"

void
vl_instance_dispatch_init(struct vl_instance_dispatch *next,
                          VkInstance instance,
                          PFN_vkGetInstanceProcAddr gipa)
{
   next->GetInstanceProcAddr = gipa;

#define LOAD(name, suffix)                                                   \
   {                                                                         \
      const char *alias = ALIAS_##suffix(name);                              \
      PFN_vkVoidFunction function = gipa(instance, "vk" #name);              \
      if (!function && alias)                                                \
         function = gipa(instance, alias);                                   \
      next->name = (PFN_vk##name)function;                                   \
   }
   VL_INSTANCE_FUNCTIONS(LOAD)
#undef LOAD
}

void
vl_device_dispatch_init(struct vl_device_dispatch *next,
                        VkDevice device,
                        PFN_vkGetDeviceProcAddr gdpa)
{
   next->GetDeviceProcAddr = gdpa;

#define LOAD(name, suffix)                                                   \
   {                                                                         \
      const char *alias = ALIAS_##suffix(name);                              \
      PFN_vkVoidFunction function = gdpa(device, "vk" #name);                \
      if (!function && alias)                                                \
         function = gdpa(device, alias);                                     \
      next->name = (PFN_vk##name)function;                                   \
   }
   VL_DEVICE_FUNCTIONS(LOAD)
#undef LOAD

   static const char *const layout2_names[] = {
      "vkGetImageSubresourceLayout2",
      "vkGetImageSubresourceLayout2KHR",
      "vkGetImageSubresourceLayout2EXT",
   };
   next->GetImageSubresourceLayout2 = NULL;
   for (int i = 0; i < 3 && !next->GetImageSubresourceLayout2; i++) {
      next->GetImageSubresourceLayout2 =
         (PFN_vkGetImageSubresourceLayout2EXT)gdpa(device, layout2_names[i]);
   }

   next->GetDeviceImageSubresourceLayout =
      (PFN_vkGetDeviceImageSubresourceLayoutKHR)gdpa(
         device, "vkGetDeviceImageSubresourceLayout");
   if (!next->GetDeviceImageSubresourceLayout) {
      next->GetDeviceImageSubresourceLayout =
         (PFN_vkGetDeviceImageSubresourceLayoutKHR)gdpa(
            device, "vkGetDeviceImageSubresourceLayoutKHR");
   }
}
