/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What the loader asks the layer for: entry points by any name for any
 * handle, lists with any room, and the version of the interface.
 */

#include "fuzz_operations.h"

#include "vl_physical_device.h"

VKAPI_ATTR VkResult VKAPI_CALL
vkNegotiateLoaderLayerInterfaceVersion(VkNegotiateLayerInterface *version);

static const char *const names[] = { "",
                                     "vk",
                                     "vkNobodyHasThis",
                                     "vkGetImageSubresourceLayout2",
                                     "vkGetImageSubresourceLayout2KHR",
                                     "vkGetDeviceImageSubresourceLayout",
                                     "vkGetDeviceImageSubresourceLayoutKHR",
                                     "vkCreateFence",
#define NAME(name) "vk" #name,
                                     VL_INSTANCE_ENTRYPOINTS(NAME)
#undef NAME
#define NAME(name, function, wants, added) "vk" #name,
                                        VL_DEVICE_ENTRYPOINTS(NAME)
#undef NAME
};

static void
ask_for_name(struct fuzz_world *w, uint8_t whom)
{
   const char *name = names[U8(w) % (sizeof(names) / sizeof(names[0]))];
   /* dispatchable, and nothing that went through the layer */
   static void *stranger = &stranger;

   if (whom & 1) {
      const VkInstance instance = whom & 2   ? NULL
                                  : whom & 4 ? (VkInstance)&stranger
                                             : w->instance;
      const PFN_vkVoidFunction function =
         vl_GetInstanceProcAddr(instance, name);
      if (!strcmp(name, "vkCreateInstance"))
         U_FUZZ_CHECK(function == (PFN_vkVoidFunction)vl_CreateInstance);
      else if (!strcmp(name, "vkCreateDevice"))
         U_FUZZ_CHECK(!function == (instance != w->instance));
      else if (!strcmp(name, "vkNobodyHasThis"))
         U_FUZZ_CHECK(!function);
      return;
   }
   const VkDevice device =
      whom & 4 ? (VkDevice)&stranger : w->devices[whom >> 1 & 1];
   if (!device)
      return;
   const PFN_vkVoidFunction function = vl_GetDeviceProcAddr(device, name);
   if (!strcmp(name, "vkDestroyDevice"))
      U_FUZZ_CHECK(!function == (device == (VkDevice)&stranger));
   else if (!strcmp(name, "vkNobodyHasThis"))
      U_FUZZ_CHECK(!function);
}

static void
list_layers(struct fuzz_world *w, uint8_t how)
{
   uint32_t count = how & 3;
   VkLayerProperties *list =
      how & 4 ? NULL : fuzz_make(count * sizeof(*list));
   const uint32_t room = count;
   const VkResult result =
      how & 8 ? vl_EnumerateDeviceLayerProperties(w->physical, &count, list)
              : vl_EnumerateInstanceLayerProperties(&count, list);
   U_FUZZ_CHECK(count == (list && !room ? 0 : 1));
   U_FUZZ_CHECK(result == (list && !room ? VK_INCOMPLETE : VK_SUCCESS));
   if (list && room)
      U_FUZZ_CHECK(!strcmp(list[0].layerName, VL_LAYER_NAME));
}

static void
list_extensions(struct fuzz_world *w, uint8_t how)
{
   static const char *const layers[] = { NULL, "", "VK_LAYER_other",
                                         VL_LAYER_NAME };
   uint32_t count = how & 3;
   VkExtensionProperties *list =
      how & 4 ? NULL : fuzz_make(count * sizeof(*list));
   const uint32_t room = count;
   const char *layer = layers[U8(w) & 3];
   const VkResult result =
      how & 8 ? vl_EnumerateDeviceExtensionProperties(w->physical, layer,
                                                      &count, list)
              : vl_EnumerateInstanceExtensionProperties(layer, &count, list);
   if (list && result >= 0)
      U_FUZZ_CHECK(count <= room);
}

static void
negotiate(struct fuzz_world *w, uint8_t how)
{
   VkNegotiateLayerInterface *version = fuzz_make(sizeof(*version));
   version->sType = how & 1 ? LAYER_NEGOTIATE_UNINTIALIZED
                            : LAYER_NEGOTIATE_INTERFACE_STRUCT;
   version->loaderLayerInterfaceVersion = how & 2 ? U32(w) : U8(w) % 4;
   const uint32_t asked = version->loaderLayerInterfaceVersion;
   const bool good =
      vkNegotiateLoaderLayerInterfaceVersion(version) == VK_SUCCESS;
   U_FUZZ_CHECK(good == (asked >= 2 && !(how & 1)));
   U_FUZZ_CHECK(good == (version->pfnGetInstanceProcAddr != NULL));
   U_FUZZ_CHECK(version->loaderLayerInterfaceVersion <= asked);
}

void
fuzz_ask_loader(struct fuzz_world *w, uint8_t what)
{
   switch (what & 3) {
   case 0:
      ask_for_name(w, what >> 2);
      break;
   case 1:
      list_layers(w, what >> 2);
      break;
   case 2:
      list_extensions(w, what >> 2);
      break;
   case 3:
      negotiate(w, what >> 2);
      break;
   }
}
