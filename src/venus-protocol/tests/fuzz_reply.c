/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Feeds arbitrary bytes to the decoders of replies, and then looks at the
 * results as an application would: up to the counts, through the strings.
 *
 * Input: u8 which of the cases below, u8 how much the caller has room for,
 * the rest is the reply. All memory has exactly the size that the caller
 * claims. Ids: object number i has id i + 1, starting anew for each input.
 */

#include <stdio.h>
#include <stdlib.h>

#include "vn_protocol.h"

#define MAX_ROOM 8

/* Something to do with results that cannot be optimised away. */
static volatile uint64_t sink;

static struct vn_object_base objects[MAX_ROOM];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
look(const void *data, size_t size)
{
   const uint8_t *bytes = data;
   for (size_t i = 0; i < size; i++)
      sink += bytes[i];
}

static void
look_string(const char *string, size_t size)
{
   /* runs on without a NUL: that is what is looked for */
   sink += strlen(string) < size;
}

static void *
zeros(size_t count, size_t size)
{
   void *data = calloc(count, size);
   if (!data && count)
      abort();
   return data;
}

static uintptr_t
handle(uint32_t i)
{
   return (uintptr_t)&objects[i % MAX_ROOM];
}

static void *
lookup(void *data, VkObjectType type, uint64_t id)
{
   return id - 1 < MAX_ROOM ? &objects[id - 1] : NULL;
}

static void
physical_devices(struct vn_decoder *dec, uint32_t room)
{
   uint32_t count = room;
   VkPhysicalDevice *devices = zeros(room, sizeof(*devices));
   for (uint32_t i = 0; i < room; i++)
      devices[i] = (VkPhysicalDevice)handle(i);
   vn_decode_vkEnumeratePhysicalDevices_reply(dec, (VkInstance)handle(0),
                                              &count, room ? devices : NULL);
   if (room)
      look(devices, count * sizeof(*devices));
   free(devices);
}

static void
physical_device_groups(struct vn_decoder *dec, uint32_t room)
{
   uint32_t count = room;
   VkPhysicalDeviceGroupProperties *groups = zeros(room, sizeof(*groups));
   for (uint32_t i = 0; i < room; i++)
      groups[i].sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_GROUP_PROPERTIES;
   vn_decode_vkEnumeratePhysicalDeviceGroups_reply(
      dec, (VkInstance)handle(0), &count, room ? groups : NULL);
   for (uint32_t i = 0; room && i < count; i++) {
      for (uint32_t j = 0; j < groups[i].physicalDeviceCount; j++)
         look(&groups[i].physicalDevices[j], sizeof(VkPhysicalDevice));
   }
   free(groups);
}

static void
properties(struct vn_decoder *dec, uint32_t room)
{
   VkPhysicalDeviceMaintenance3Properties *maintenance =
      zeros(1, sizeof(*maintenance));
   maintenance->sType =
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES;
   VkPhysicalDeviceDriverProperties *driver = zeros(1, sizeof(*driver));
   driver->sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES;
   driver->pNext = maintenance;
   VkPhysicalDeviceProperties2 *head = zeros(1, sizeof(*head));
   head->sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2;
   head->pNext = room ? driver : NULL;
   vn_decode_vkGetPhysicalDeviceProperties2_reply(
      dec, (VkPhysicalDevice)handle(0), head);
   look_string(head->properties.deviceName,
               sizeof(head->properties.deviceName));
   look_string(driver->driverName, sizeof(driver->driverName));
   look_string(driver->driverInfo, sizeof(driver->driverInfo));
   free(head);
   free(driver);
   free(maintenance);
}

static void
memory_properties(struct vn_decoder *dec, uint32_t room)
{
   VkPhysicalDeviceMemoryBudgetPropertiesEXT *budget =
      zeros(1, sizeof(*budget));
   budget->sType =
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT;
   VkPhysicalDeviceMemoryProperties2 *head = zeros(1, sizeof(*head));
   head->sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2;
   head->pNext = room ? budget : NULL;
   vn_decode_vkGetPhysicalDeviceMemoryProperties2_reply(
      dec, (VkPhysicalDevice)handle(0), head);
   const VkPhysicalDeviceMemoryProperties *memory = &head->memoryProperties;
   for (uint32_t i = 0; i < memory->memoryTypeCount; i++)
      look(&memory->memoryTypes[i], sizeof(memory->memoryTypes[i]));
   for (uint32_t i = 0; i < memory->memoryHeapCount; i++)
      look(&memory->memoryHeaps[i], sizeof(memory->memoryHeaps[i]));
   free(head);
   free(budget);
}

static void
queue_families(struct vn_decoder *dec, uint32_t room)
{
   uint32_t count = room;
   VkQueueFamilyProperties2 *families = zeros(room, sizeof(*families));
   VkQueueFamilyGlobalPriorityPropertiesKHR *priorities =
      zeros(room, sizeof(*priorities));
   for (uint32_t i = 0; i < room; i++) {
      priorities[i].sType =
         VK_STRUCTURE_TYPE_QUEUE_FAMILY_GLOBAL_PRIORITY_PROPERTIES_KHR;
      families[i].sType = VK_STRUCTURE_TYPE_QUEUE_FAMILY_PROPERTIES_2;
      families[i].pNext = &priorities[i];
   }
   vn_decode_vkGetPhysicalDeviceQueueFamilyProperties2_reply(
      dec, (VkPhysicalDevice)handle(0), &count, room ? families : NULL);
   for (uint32_t i = 0; room && i < count; i++) {
      look(&families[i].queueFamilyProperties,
           sizeof(families[i].queueFamilyProperties));
      for (uint32_t j = 0; j < priorities[i].priorityCount; j++)
         look(&priorities[i].priorities[j], sizeof(uint32_t));
   }
   free(priorities);
   free(families);
}

static void
format_properties(struct vn_decoder *dec, uint32_t room)
{
   VkDrmFormatModifierPropertiesEXT *modifiers =
      zeros(room, sizeof(*modifiers));
   VkDrmFormatModifierPropertiesListEXT *list = zeros(1, sizeof(*list));
   list->sType = VK_STRUCTURE_TYPE_DRM_FORMAT_MODIFIER_PROPERTIES_LIST_EXT;
   list->drmFormatModifierCount = room;
   list->pDrmFormatModifierProperties = room ? modifiers : NULL;
   VkFormatProperties2 *head = zeros(1, sizeof(*head));
   head->sType = VK_STRUCTURE_TYPE_FORMAT_PROPERTIES_2;
   head->pNext = list;
   vn_decode_vkGetPhysicalDeviceFormatProperties2_reply(
      dec, (VkPhysicalDevice)handle(0), VK_FORMAT_R8_UNORM, head);
   if (room)
      look(modifiers, list->drmFormatModifierCount * sizeof(*modifiers));
   free(head);
   free(list);
   free(modifiers);
}

static void
extension_properties(struct vn_decoder *dec, uint32_t room)
{
   uint32_t count = room;
   VkExtensionProperties *extensions = zeros(room, sizeof(*extensions));
   vn_decode_vkEnumerateDeviceExtensionProperties_reply(
      dec, (VkPhysicalDevice)handle(0), NULL, &count,
      room ? extensions : NULL);
   for (uint32_t i = 0; room && i < count; i++)
      look_string(extensions[i].extensionName, VK_MAX_EXTENSION_NAME_SIZE);
   free(extensions);
}

static void
pipeline_cache_data(struct vn_decoder *dec, uint32_t room)
{
   size_t size = room;
   uint8_t *bytes = zeros(room, 1);
   vn_decode_vkGetPipelineCacheData_reply(dec, (VkDevice)handle(0),
                                          (VkPipelineCache)handle(1), &size,
                                          room ? bytes : NULL);
   if (room)
      look(bytes, size);
   free(bytes);
}

static void
query_results(struct vn_decoder *dec, uint32_t room)
{
   uint8_t *bytes = zeros(room, 1);
   vn_decode_vkGetQueryPoolResults_reply(dec, (VkDevice)handle(0),
                                         (VkQueryPool)handle(1), 0, 1, room,
                                         bytes, 4, 0);
   look(bytes, room);
   free(bytes);
}

static void
descriptor_sets(struct vn_decoder *dec, uint32_t room)
{
   const VkDescriptorSetAllocateInfo info = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
      .descriptorSetCount = room,
   };
   VkDescriptorSet *sets = zeros(room, sizeof(*sets));
   for (uint32_t i = 0; i < room; i++)
      sets[i] = (VkDescriptorSet)handle(i);
   vn_decode_vkAllocateDescriptorSets_reply(dec, (VkDevice)handle(0), &info,
                                            sets);
   for (uint32_t i = 0; i < room; i++)
      sink += VN_HANDLE_TO_ID(sets[i]);
   free(sets);
}

static void
sparse_requirements(struct vn_decoder *dec, uint32_t room)
{
   const VkImageSparseMemoryRequirementsInfo2 info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_SPARSE_MEMORY_REQUIREMENTS_INFO_2,
   };
   uint32_t count = room;
   VkSparseImageMemoryRequirements2 *requirements =
      zeros(room, sizeof(*requirements));
   for (uint32_t i = 0; i < room; i++) {
      requirements[i].sType =
         VK_STRUCTURE_TYPE_SPARSE_IMAGE_MEMORY_REQUIREMENTS_2;
   }
   vn_decode_vkGetImageSparseMemoryRequirements2_reply(
      dec, (VkDevice)handle(0), &info, &count, room ? requirements : NULL);
   if (room)
      look(requirements, count * sizeof(*requirements));
   free(requirements);
}

static void
resource_properties(struct vn_decoder *dec, uint32_t room)
{
   VkMemoryResourceAllocationSizePropertiesMESA *size =
      zeros(1, sizeof(*size));
   size->sType =
      VK_STRUCTURE_TYPE_MEMORY_RESOURCE_ALLOCATION_SIZE_PROPERTIES_MESA;
   VkMemoryResourcePropertiesMESA *head = zeros(1, sizeof(*head));
   head->sType = VK_STRUCTURE_TYPE_MEMORY_RESOURCE_PROPERTIES_MESA;
   head->pNext = room ? size : NULL;
   vn_decode_vkGetMemoryResourcePropertiesMESA_reply(dec, (VkDevice)handle(0),
                                                     7, head);
   look(head, sizeof(*head));
   free(head);
   free(size);
}

static void (*const cases[])(struct vn_decoder *dec, uint32_t room) = {
   physical_devices,                             /* 0 */
   physical_device_groups, properties,           /* 2 */
   memory_properties,      queue_families,       /* 4 */
   format_properties,      extension_properties, /* 6 */
   pipeline_cache_data,    query_results,        /* 8 */
   descriptor_sets,        sparse_requirements,  /* 10 */
   resource_properties,
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
   const size_t count = sizeof(cases) / sizeof(cases[0]);
   if (size < 2)
      return 0;
   for (uint32_t i = 0; i < MAX_ROOM; i++)
      objects[i].id = i + 1;

   /* a copy, so that its end is the end of an allocation */
   const size_t reply_size = size - 2;
   uint8_t *reply = malloc(reply_size);
   if (reply_size)
      memcpy(reply, data + 2, reply_size);
   struct vn_decoder dec = {
      .cur = reply,
      .end = reply + reply_size,
      .lookup = lookup,
   };
   cases[data[0] % count](&dec, data[1] % (MAX_ROOM + 1));
   free(reply);
   return 0;
}
