/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Creation and destruction of instances, and the map that finds them. Must
 * not touch the application's create info. Objects of the layer itself come
 * from malloc; VkAllocationCallbacks are for the next layer.
 */

#include "vl_instance.h"

#include <stdlib.h>
#include <string.h>

#include "vl_entrypoints.h"
#include "vl_log.h"
#include "vl_physical_device.h"
#include "vl_settings.h"

static struct {
   pthread_rwlock_t lock;
   struct u_hash_table by_key; /* dispatch key -> struct vl_instance, owned */
} instances = { .lock = PTHREAD_RWLOCK_INITIALIZER };

static struct u_hash_key
map_key(const void *dispatchable)
{
   return (struct u_hash_key){
      .a = (uintptr_t)vl_dispatch_key(dispatchable),
   };
}

struct vl_instance *
vl_instance_of(const void *dispatchable)
{
   pthread_rwlock_rdlock(&instances.lock);
   struct vl_instance *instance =
      u_hash_table_get(&instances.by_key, map_key(dispatchable));
   pthread_rwlock_unlock(&instances.lock);
   return instance;
}

static VkLayerInstanceCreateInfo *
find_loader_info(const VkInstanceCreateInfo *info, VkLayerFunction function)
{
   for (const VkBaseInStructure *in = info->pNext; in; in = in->pNext) {
      if (in->sType != VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO)
         continue;
      VkLayerInstanceCreateInfo *loader = (VkLayerInstanceCreateInfo *)in;
      if (loader->function == function)
         return loader;
   }
   return NULL;
}

static bool
has_name(const char *const *names, uint32_t count, const char *name)
{
   for (uint32_t i = 0; i < count; i++) {
      if (!strcmp(names[i], name))
         return true;
   }
   return false;
}

/* The extensions to ask the next layer for. An application at Vulkan 1.0 has
 * the queries that the layer is made of only as extensions, and need not
 * have enabled them. Owned by the caller; NULL when out of memory.
 */
static const char **
extension_names(const VkInstanceCreateInfo *info,
                uint32_t api_version,
                uint32_t *count_out)
{
   static const char *const needed[] = {
      VK_KHR_GET_PHYSICAL_DEVICE_PROPERTIES_2_EXTENSION_NAME,
      VK_KHR_EXTERNAL_MEMORY_CAPABILITIES_EXTENSION_NAME,
   };

   uint32_t count = info->enabledExtensionCount;
   const char **names = calloc((size_t)count + 2, sizeof(*names));
   if (!names)
      return NULL;

   if (count)
      memcpy(names, info->ppEnabledExtensionNames, count * sizeof(*names));
   for (int i = 0; i < 2 && api_version < VK_API_VERSION_1_1; i++) {
      if (!has_name(names, count, needed[i]))
         names[count++] = needed[i];
   }

   *count_out = count;
   return names;
}

VKAPI_ATTR VkResult VKAPI_CALL
vl_CreateInstance(const VkInstanceCreateInfo *pCreateInfo,
                  const VkAllocationCallbacks *pAllocator,
                  VkInstance *pInstance)
{
   VkLayerInstanceCreateInfo *link =
      find_loader_info(pCreateInfo, VK_LAYER_LINK_INFO);
   if (!link || !link->u.pLayerInfo)
      return VK_ERROR_INITIALIZATION_FAILED;

   const PFN_vkGetInstanceProcAddr gipa =
      link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
   const PFN_vkCreateInstance create =
      (PFN_vkCreateInstance)gipa(NULL, "vkCreateInstance");
   if (!create)
      return VK_ERROR_INITIALIZATION_FAILED;
   vl_settings_apply(pCreateInfo);
   /* the loader's own struct, made to be advanced by each layer */
   link->u.pLayerInfo = link->u.pLayerInfo->pNext;

   VkResult result = VK_ERROR_OUT_OF_HOST_MEMORY;
   struct vl_instance *instance = calloc(1, sizeof(*instance));
   if (!instance)
      return result;
   pthread_mutex_init(&instance->lock, NULL);

   instance->api_version = VK_API_VERSION_1_0;
   if (pCreateInfo->pApplicationInfo &&
       pCreateInfo->pApplicationInfo->apiVersion)
      instance->api_version = pCreateInfo->pApplicationInfo->apiVersion;

   const VkLayerInstanceCreateInfo *callback =
      find_loader_info(pCreateInfo, VK_LOADER_LAYER_CREATE_DEVICE_CALLBACK);
   if (callback) {
      instance->layer_create_device =
         callback->u.layerDevice.pfnLayerCreateDevice;
      instance->layer_destroy_device =
         callback->u.layerDevice.pfnLayerDestroyDevice;
   }

   VkInstanceCreateInfo info = *pCreateInfo;
   const char **names = extension_names(pCreateInfo, instance->api_version,
                                        &info.enabledExtensionCount);
   if (!names)
      goto fail_instance;
   info.ppEnabledExtensionNames = names;

   result = create(&info, pAllocator, pInstance);
   if (result == VK_ERROR_EXTENSION_NOT_PRESENT &&
       info.enabledExtensionCount != pCreateInfo->enabledExtensionCount) {
      /* no driver with the queries: the application can still have Vulkan */
      result = create(pCreateInfo, pAllocator, pInstance);
   }
   free(names);
   if (result != VK_SUCCESS)
      goto fail_instance;

   instance->handle = *pInstance;
   vl_instance_dispatch_init(&instance->next, *pInstance, gipa);

   pthread_rwlock_wrlock(&instances.lock);
   const bool added =
      u_hash_table_set(&instances.by_key, map_key(*pInstance), instance);
   pthread_rwlock_unlock(&instances.lock);
   if (!added) {
      result = VK_ERROR_OUT_OF_HOST_MEMORY;
      instance->next.DestroyInstance(*pInstance, pAllocator);
      goto fail_instance;
   }

   return VK_SUCCESS;

fail_instance:
   pthread_mutex_destroy(&instance->lock);
   free(instance);
   return result;
}

VKAPI_ATTR void VKAPI_CALL
vl_DestroyInstance(VkInstance handle, const VkAllocationCallbacks *pAllocator)
{
   if (!handle)
      return;

   pthread_rwlock_wrlock(&instances.lock);
   struct vl_instance *instance =
      u_hash_table_remove(&instances.by_key, map_key(handle));
   if (!instances.by_key.count)
      u_hash_table_finish(&instances.by_key);
   pthread_rwlock_unlock(&instances.lock);
   if (!instance)
      return;

   instance->next.DestroyInstance(handle, pAllocator);

   for (size_t i = 0; i < instance->physical_devices.capacity; i++)
      vl_physical_device_destroy(instance->physical_devices.entries[i].value);
   u_hash_table_finish(&instance->physical_devices);
   pthread_mutex_destroy(&instance->lock);
   free(instance);
}
