/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Private data: a number that an application attaches to an object through a
 * slot. Entirely the driver's; the renderer has no handler for it. A slot is
 * a hash table from object ids, which are never used twice, so data of an
 * object that is gone cannot be found by a later one.
 */

#include "vn_device.h"
#include "vn_entrypoints.h"

struct vn_private_data {
   uint64_t value;
};

struct vn_private_data_slot {
   struct vn_object_base base;
   /* object id -> struct vn_private_data, malloc'ed; guarded by
    * device->private_data_mutex
    */
   struct u_hash_table table;
};

VN_DEFINE_HANDLE_CASTS(vn_private_data_slot, VkPrivateDataSlot)

static struct u_hash_key
object_key(uint64_t handle)
{
   return (struct u_hash_key){ .a = VN_HANDLE_TO_ID(handle) };
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_CreatePrivateDataSlot(VkDevice device,
                         const VkPrivateDataSlotCreateInfo *pCreateInfo,
                         const VkAllocationCallbacks *pAllocator,
                         VkPrivateDataSlot *pPrivateDataSlot)
{
   struct vn_private_data_slot *slot = vn_device_object_zalloc(
      device, pAllocator, sizeof(*slot), VK_OBJECT_TYPE_PRIVATE_DATA_SLOT);
   if (!slot)
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);
   *pPrivateDataSlot = vn_private_data_slot_to_handle(slot);
   return VK_SUCCESS;
}

VKAPI_ATTR void VKAPI_CALL
vn_DestroyPrivateDataSlot(VkDevice device,
                          VkPrivateDataSlot privateDataSlot,
                          const VkAllocationCallbacks *pAllocator)
{
   struct vn_private_data_slot *slot =
      vn_private_data_slot_from_handle(privateDataSlot);
   if (!slot)
      return;
   for (size_t i = 0; i < slot->table.capacity; i++)
      free(slot->table.entries[i].value);
   u_hash_table_finish(&slot->table);
   vn_object_destroy(device, pAllocator, slot);
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_SetPrivateData(VkDevice _device,
                  VkObjectType objectType,
                  uint64_t objectHandle,
                  VkPrivateDataSlot privateDataSlot,
                  uint64_t data)
{
   struct vn_device *device = vn_device_from_handle(_device);
   struct vn_private_data_slot *slot =
      vn_private_data_slot_from_handle(privateDataSlot);
   const struct u_hash_key key = object_key(objectHandle);
   VkResult result = VK_SUCCESS;

   pthread_mutex_lock(&device->private_data_mutex);
   struct vn_private_data *entry = u_hash_table_get(&slot->table, key);
   if (!entry) {
      entry = malloc(sizeof(*entry));
      if (!entry || !u_hash_table_set(&slot->table, key, entry)) {
         free(entry);
         entry = NULL;
         result = VK_ERROR_OUT_OF_HOST_MEMORY;
      }
   }
   if (entry)
      entry->value = data;
   pthread_mutex_unlock(&device->private_data_mutex);
   return vn_result(result);
}

VKAPI_ATTR void VKAPI_CALL
vn_GetPrivateData(VkDevice _device,
                  VkObjectType objectType,
                  uint64_t objectHandle,
                  VkPrivateDataSlot privateDataSlot,
                  uint64_t *pData)
{
   struct vn_device *device = vn_device_from_handle(_device);
   struct vn_private_data_slot *slot =
      vn_private_data_slot_from_handle(privateDataSlot);

   pthread_mutex_lock(&device->private_data_mutex);
   const struct vn_private_data *entry =
      u_hash_table_get(&slot->table, object_key(objectHandle));
   *pData = entry ? entry->value : 0;
   pthread_mutex_unlock(&device->private_data_mutex);
}
