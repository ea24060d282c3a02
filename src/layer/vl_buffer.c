/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Buffers that may be bound to shared memory. A handle type that the layer
 * serves is translated to the host-allocation type.
 *
 * Plain buffers too: the renderer forces export upon every host-visible
 * allocation, so a buffer that was never meant to be external is bound to an
 * imported host pointer all the same, which Vulkan allows only if the buffer
 * was created with that handle type. It is added where the probe has seen
 * that it changes nothing about a buffer's requirements, and the driver says
 * for this usage that it can import. Elsewhere (a discrete GPU, where it
 * would take the device-local types away) the buffer stays as it is.
 */

#include "vl_chain.h"
#include "vl_device.h"
#include "vl_entrypoints.h"
#include "vl_requirements.h"

#define HOST_ALLOCATION VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT

static struct u_hash_key
buffer_key(VkBuffer buffer)
{
   return (struct u_hash_key){ .a = (uint64_t)buffer };
}

/* A create info as the driver gets it. Must not be moved. */
struct buffer_info {
   VkBufferCreateInfo info;
   bool is_shared; /* the application asked for a served handle type */

   /* private */
   struct vl_chain chain;
   VkExternalMemoryBufferCreateInfo external;
};

static bool
can_wrap_plain(const struct vl_device *device, const VkBufferCreateInfo *info)
{
   const struct vl_physical_device *physical = device->physical;
   const struct vl_instance_dispatch *next = &physical->instance->next;
   if (!physical->wraps_plain_buffers)
      return false;

   const VkPhysicalDeviceExternalBufferInfo query = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO,
      .flags = info->flags,
      .usage = info->usage,
      .handleType = HOST_ALLOCATION,
   };
   VkExternalBufferProperties properties = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES,
   };
   next->GetPhysicalDeviceExternalBufferProperties(physical->handle, &query,
                                                   &properties);
   return properties.externalMemoryProperties.externalMemoryFeatures &
          VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
}

static bool
buffer_info_init(struct buffer_info *out,
                 const struct vl_device *device,
                 const VkBufferCreateInfo *app)
{
   static const VkStructureType removed[] = {
      VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
   };
   const VkExternalMemoryBufferCreateInfo *app_external =
      vl_chain_find(app->pNext, removed[0]);
   const VkExternalMemoryHandleTypeFlags app_types =
      app_external ? app_external->handleTypes : 0;

   VkExternalMemoryHandleTypeFlags types =
      vl_device_translate_types(device, app_types);
   if (!types && can_wrap_plain(device, app))
      types = HOST_ALLOCATION;

   out->info = *app;
   out->is_shared = vl_device_serves(device, app_types);
   if (!vl_chain_init(&out->chain, app->pNext, removed, 1))
      return false;

   if (types) {
      out->external = (VkExternalMemoryBufferCreateInfo){
         .sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
         .handleTypes = types,
      };
      vl_chain_push(&out->chain, &out->external);
   }
   out->info.pNext = out->chain.head;
   return true;
}

static bool
is_shared_buffer(struct vl_device *device, VkBuffer buffer)
{
   pthread_mutex_lock(&device->lock);
   const bool is_shared =
      u_hash_table_get(&device->buffers, buffer_key(buffer));
   pthread_mutex_unlock(&device->lock);
   return is_shared;
}

VKAPI_ATTR VkResult VKAPI_CALL
vl_CreateBuffer(VkDevice handle,
                const VkBufferCreateInfo *pCreateInfo,
                const VkAllocationCallbacks *pAllocator,
                VkBuffer *pBuffer)
{
   struct vl_device *device = vl_device_of(handle);
   struct buffer_info info;
   if (!buffer_info_init(&info, device, pCreateInfo))
      return VK_ERROR_OUT_OF_HOST_MEMORY;

   VkBuffer buffer;
   VkResult result =
      device->next.CreateBuffer(handle, &info.info, pAllocator, &buffer);
   vl_chain_finish(&info.chain);
   if (result != VK_SUCCESS)
      return result;

   if (info.is_shared && (device->wants & VL_WANTS_CUT)) {
      pthread_mutex_lock(&device->lock);
      const bool added =
         u_hash_table_set(&device->buffers, buffer_key(buffer), device);
      pthread_mutex_unlock(&device->lock);
      if (!added) {
         device->next.DestroyBuffer(handle, buffer, pAllocator);
         return VK_ERROR_OUT_OF_HOST_MEMORY;
      }
   }

   *pBuffer = buffer;
   return VK_SUCCESS;
}

VKAPI_ATTR void VKAPI_CALL
vl_DestroyBuffer(VkDevice handle,
                 VkBuffer buffer,
                 const VkAllocationCallbacks *pAllocator)
{
   struct vl_device *device = vl_device_of(handle);

   pthread_mutex_lock(&device->lock);
   u_hash_table_remove(&device->buffers, buffer_key(buffer));
   pthread_mutex_unlock(&device->lock);
   device->next.DestroyBuffer(handle, buffer, pAllocator);
}

VKAPI_ATTR void VKAPI_CALL
vl_GetBufferMemoryRequirements(VkDevice handle,
                               VkBuffer buffer,
                               VkMemoryRequirements *pMemoryRequirements)
{
   struct vl_device *device = vl_device_of(handle);
   device->next.GetBufferMemoryRequirements(handle, buffer,
                                            pMemoryRequirements);
   if (is_shared_buffer(device, buffer))
      vl_cut_requirements(device->physical, pMemoryRequirements);
}

VKAPI_ATTR void VKAPI_CALL
vl_GetBufferMemoryRequirements2(VkDevice handle,
                                const VkBufferMemoryRequirementsInfo2 *pInfo,
                                VkMemoryRequirements2 *pMemoryRequirements)
{
   struct vl_device *device = vl_device_of(handle);
   device->next.GetBufferMemoryRequirements2(handle, pInfo,
                                             pMemoryRequirements);
   if (is_shared_buffer(device, pInfo->buffer))
      vl_cut_requirements2(device->physical, pMemoryRequirements);
}

VKAPI_ATTR void VKAPI_CALL
vl_GetDeviceBufferMemoryRequirements(
   VkDevice handle,
   const VkDeviceBufferMemoryRequirements *pInfo,
   VkMemoryRequirements2 *pMemoryRequirements)
{
   struct vl_device *device = vl_device_of(handle);
   VkDeviceBufferMemoryRequirements query = *pInfo;
   struct buffer_info info;

   /* as a hostile guest can send it */
   if (!pInfo->pCreateInfo) {
      pMemoryRequirements->memoryRequirements = (VkMemoryRequirements){ 0 };
      return;
   }

   /* the command cannot fail; without memory the answer is a plain buffer's */
   const bool is_translated =
      buffer_info_init(&info, device, pInfo->pCreateInfo);
   if (is_translated)
      query.pCreateInfo = &info.info;
   device->next.GetDeviceBufferMemoryRequirements(handle, &query,
                                                  pMemoryRequirements);
   if (is_translated) {
      if (info.is_shared)
         vl_cut_requirements2(device->physical, pMemoryRequirements);
      vl_chain_finish(&info.chain);
   }
}
