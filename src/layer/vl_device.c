/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Creation and destruction of devices, and the map that finds them. The
 * driver is asked for what it has: added extension names are taken out, the
 * ones that the layer stands on are put in.
 */

#include "vl_device.h"

#include <stdlib.h>
#include <string.h>
#include <vulkan/vk_layer.h>

#include "vl_entrypoints.h"
#include "vl_image.h"
#include "vl_log.h"
#include "vl_mapping.h"

static struct {
   pthread_rwlock_t lock;
   struct u_hash_table by_key; /* dispatch key -> struct vl_device, owned */
} devices = { .lock = PTHREAD_RWLOCK_INITIALIZER };

static struct u_hash_key
map_key(const void *dispatchable)
{
   return (struct u_hash_key){
      .a = (uintptr_t)vl_dispatch_key(dispatchable),
   };
}

struct vl_device *
vl_device_of(const void *dispatchable)
{
   pthread_rwlock_rdlock(&devices.lock);
   struct vl_device *device =
      u_hash_table_get(&devices.by_key, map_key(dispatchable));
   pthread_rwlock_unlock(&devices.lock);
   return device;
}

static VkLayerDeviceCreateInfo *
find_link(const VkDeviceCreateInfo *info)
{
   for (const VkBaseInStructure *in = info->pNext; in; in = in->pNext) {
      if (in->sType != VK_STRUCTURE_TYPE_LOADER_DEVICE_CREATE_INFO)
         continue;
      VkLayerDeviceCreateInfo *loader = (VkLayerDeviceCreateInfo *)in;
      if (loader->function == VK_LAYER_LINK_INFO)
         return loader;
   }
   return NULL;
}

static bool
enables(const VkDeviceCreateInfo *info, const char *name)
{
   for (uint32_t i = 0; i < info->enabledExtensionCount; i++) {
      if (!strcmp(info->ppEnabledExtensionNames[i], name))
         return true;
   }
   return false;
}

static void
decide_wants(struct vl_device *device, const VkDeviceCreateInfo *info)
{
   const struct vl_physical_device *physical = device->physical;
   const VkExternalMemoryHandleTypeFlags dma_buf =
      VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT;
   const VkExternalMemoryHandleTypeFlags opaque =
      VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT;

   const bool fd = enables(info, vl_added_name(VL_ADDED_FD));
   if (enables(info, vl_added_name(VL_ADDED_DMA_BUF)))
      device->served_types |= physical->served_types & dma_buf;
   if (fd)
      device->served_types |= physical->served_types & opaque;

   device->wants = VL_WANTS_DEVICE;
   if (device->served_types) {
      device->wants |= VL_WANTS_SHARED;
      if (fd)
         device->wants |= VL_WANTS_FD;
      if (physical->host_types != physical->all_types)
         device->wants |= VL_WANTS_CUT;
   }
   if (physical->makes_modifiers &&
       enables(info, vl_added_name(VL_ADDED_MODIFIER)))
      device->wants |= VL_WANTS_MODIFIER;
   if (vl_adds(physical, VL_ADDED_FOREIGN) &&
       enables(info, vl_added_name(VL_ADDED_FOREIGN)))
      device->wants |= VL_WANTS_FOREIGN;
}

/* What the driver is asked to enable. Owned by the caller; NULL when out of
 * memory.
 */
static const char **
extension_names(const struct vl_device *device,
                const VkDeviceCreateInfo *info,
                uint32_t *count_out)
{
   const struct vl_physical_device *physical = device->physical;
   const char **names =
      calloc((size_t)info->enabledExtensionCount + 2, sizeof(*names));
   if (!names)
      return NULL;

   uint32_t count = 0;
   for (uint32_t i = 0; i < info->enabledExtensionCount; i++) {
      const char *name = info->ppEnabledExtensionNames[i];
      bool is_added = false;
      for (int j = 0; j < VL_ADDED_COUNT; j++)
         is_added |= vl_adds(physical, j) && !strcmp(name, vl_added_name(j));
      if (!is_added)
         names[count++] = name;
   }

   if (device->served_types) {
      if (!enables(info, VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME))
         names[count++] = VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME;
      if (physical->needs_external_memory &&
          !enables(info, VK_KHR_EXTERNAL_MEMORY_EXTENSION_NAME))
         names[count++] = VK_KHR_EXTERNAL_MEMORY_EXTENSION_NAME;
   }

   *count_out = count;
   return names;
}

VKAPI_ATTR VkResult VKAPI_CALL
vl_CreateDevice(VkPhysicalDevice physicalDevice,
                const VkDeviceCreateInfo *pCreateInfo,
                const VkAllocationCallbacks *pAllocator,
                VkDevice *pDevice)
{
   VkLayerDeviceCreateInfo *link = find_link(pCreateInfo);
   const struct vl_instance *instance = vl_instance_of(physicalDevice);
   if (!link || !link->u.pLayerInfo || !instance)
      return VK_ERROR_INITIALIZATION_FAILED;

   const struct vl_physical_device *physical =
      vl_physical_device_of(physicalDevice);
   if (!physical)
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   if (vl_sparse_is_refused(physicalDevice, pCreateInfo))
      return VK_ERROR_FEATURE_NOT_PRESENT;

   const PFN_vkGetDeviceProcAddr gdpa =
      link->u.pLayerInfo->pfnNextGetDeviceProcAddr;
   const PFN_vkCreateDevice create =
      (PFN_vkCreateDevice)link->u.pLayerInfo->pfnNextGetInstanceProcAddr(
         instance->handle, "vkCreateDevice");
   if (!create)
      return VK_ERROR_INITIALIZATION_FAILED;
   /* the loader's own struct, made to be advanced by each layer */
   link->u.pLayerInfo = link->u.pLayerInfo->pNext;

   VkResult result = VK_ERROR_OUT_OF_HOST_MEMORY;
   struct vl_device *device = calloc(1, sizeof(*device));
   if (!device)
      return result;
   device->physical = physical;
   pthread_mutex_init(&device->lock, NULL);
   decide_wants(device, pCreateInfo);

   VkDeviceCreateInfo info = *pCreateInfo;
   const char **names =
      extension_names(device, pCreateInfo, &info.enabledExtensionCount);
   if (!names)
      goto fail_device;
   info.ppEnabledExtensionNames = names;

   result = create(physicalDevice, &info, pAllocator, pDevice);
   free(names);
   if (result != VK_SUCCESS)
      goto fail_device;

   device->handle = *pDevice;
   vl_device_dispatch_init(&device->next, *pDevice, gdpa);

   pthread_rwlock_wrlock(&devices.lock);
   const bool added =
      u_hash_table_set(&devices.by_key, map_key(*pDevice), device);
   pthread_rwlock_unlock(&devices.lock);
   if (!added) {
      result = VK_ERROR_OUT_OF_HOST_MEMORY;
      device->next.DestroyDevice(*pDevice, pAllocator);
      goto fail_device;
   }

   return VK_SUCCESS;

fail_device:
   pthread_mutex_destroy(&device->lock);
   free(device);
   return result;
}

VKAPI_ATTR void VKAPI_CALL
vl_DestroyDevice(VkDevice handle, const VkAllocationCallbacks *pAllocator)
{
   if (!handle)
      return;

   pthread_rwlock_wrlock(&devices.lock);
   struct vl_device *device =
      u_hash_table_remove(&devices.by_key, map_key(handle));
   if (!devices.by_key.count)
      u_hash_table_finish(&devices.by_key);
   pthread_rwlock_unlock(&devices.lock);
   if (!device)
      return;

   device->next.DestroyDevice(handle, pAllocator);

   /* Memory that was never freed has gone with the device, and so has what
    * the driver knew of its mapping.
    */
   for (size_t i = 0; i < device->memories.capacity; i++)
      vl_mapping_unref(device->memories.entries[i].value);
   for (size_t i = 0; i < device->images.capacity; i++)
      vl_image_destroy(device->images.entries[i].value);
   u_hash_table_finish(&device->memories);
   u_hash_table_finish(&device->buffers);
   u_hash_table_finish(&device->images);
   pthread_mutex_destroy(&device->lock);
   free(device);
}
