/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The driver's objects, instances and devices, and the way to its commands.
 */

#include "fuzz_driver_private.h"

struct fuzz_driver_config fuzz_config;
static uint32_t call_count;
static bool has_failed;
static uint32_t object_count;

static struct fuzz_dispatchable physical_device;

struct fuzz_object *
fuzz_object_create(enum fuzz_kind kind, struct fuzz_object *owner)
{
   struct fuzz_object *object = u_fuzz_zeros(1, sizeof(*object));
   object->kind = kind;
   object->owner = owner;
   object->dispatch_key = object;
   object_count++;
   if (owner) {
      object->next = owner->children;
      owner->children = object;
   }
   return object;
}

void
fuzz_object_destroy(struct fuzz_object *object)
{
   if (!object)
      return;
   while (object->children)
      fuzz_object_destroy(object->children);
   if (object->owner) {
      struct fuzz_object **link = &object->owner->children;
      while (*link != object) {
         U_FUZZ_CHECK(*link);
         link = &(*link)->next;
      }
      *link = object->next;
   }
   object_count--;
   free(object);
}

struct fuzz_object *
fuzz_object_of(const void *handle, enum fuzz_kind kind)
{
   struct fuzz_object *object = (struct fuzz_object *)handle;
   U_FUZZ_CHECK(object && object->kind == kind);
   return object;
}

uint32_t
fuzz_driver_object_count(void)
{
   return object_count;
}

bool
fuzz_driver_fails(void)
{
   call_count++;
   if (!fuzz_config.fail_at || call_count != fuzz_config.fail_at)
      return false;
   has_failed = true;
   return true;
}

void
fuzz_driver_fail_in(uint32_t n)
{
   fuzz_config.fail_at = call_count + 1 + n;
}

bool
fuzz_driver_has_failed(void)
{
   const bool had = has_failed;
   has_failed = false;
   return had;
}

const void *
fuzz_find(const void *chain, VkStructureType type)
{
   const VkBaseInStructure *in;
   for (in = chain; in; in = in->pNext) {
      if (in->sType == type)
         return in;
   }
   return NULL;
}

/* ---- instances and devices ------------------------------------------------
 */

static VkResult VKAPI_PTR
create_instance(const VkInstanceCreateInfo *info,
                const VkAllocationCallbacks *alloc,
                VkInstance *out)
{
   MAY_FAIL(VK_ERROR_EXTENSION_NOT_PRESENT);
   struct fuzz_object *instance =
      fuzz_object_create(FUZZ_KIND_INSTANCE, NULL);
   physical_device.dispatch_key = instance->dispatch_key;
   *out = (VkInstance)instance;
   return VK_SUCCESS;
}

static void VKAPI_PTR
destroy_instance(VkInstance instance, const VkAllocationCallbacks *alloc)
{
   fuzz_object_destroy(OBJECT(instance, FUZZ_KIND_INSTANCE));
}

VkPhysicalDevice
fuzz_driver_physical(VkInstance instance)
{
   return (VkPhysicalDevice)&physical_device;
}

static VkResult VKAPI_PTR
create_device(VkPhysicalDevice physical,
              const VkDeviceCreateInfo *info,
              const VkAllocationCallbacks *alloc,
              VkDevice *out)
{
   MAY_FAIL(VK_ERROR_INITIALIZATION_FAILED);
   /* what the layer has added must not get here */
   for (uint32_t i = 0; i < info->enabledExtensionCount; i++) {
      const char *name = info->ppEnabledExtensionNames[i];
      U_FUZZ_CHECK(fuzz_config.has_fd ||
                   strcmp(name, VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME));
      U_FUZZ_CHECK(
         fuzz_config.has_dma_buf ||
         strcmp(name, VK_EXT_EXTERNAL_MEMORY_DMA_BUF_EXTENSION_NAME));
      U_FUZZ_CHECK(
         fuzz_config.has_modifier ||
         strcmp(name, VK_EXT_IMAGE_DRM_FORMAT_MODIFIER_EXTENSION_NAME));
   }
   *out = (VkDevice)fuzz_object_create(FUZZ_KIND_DEVICE, NULL);
   return VK_SUCCESS;
}

static void VKAPI_PTR
destroy_device(VkDevice device, const VkAllocationCallbacks *alloc)
{
   fuzz_object_destroy(OBJECT(device, FUZZ_KIND_DEVICE));
}

VkResult VKAPI_PTR
fuzz_layer_create_device(VkInstance instance,
                         VkPhysicalDevice physical,
                         const VkDeviceCreateInfo *info,
                         const VkAllocationCallbacks *alloc,
                         VkDevice *device,
                         PFN_vkGetInstanceProcAddr gipa,
                         PFN_vkGetDeviceProcAddr *next)
{
   *next = fuzz_gdpa;
   return create_device(physical, info, alloc, device);
}

void VKAPI_PTR
fuzz_layer_destroy_device(VkDevice device,
                          const VkAllocationCallbacks *alloc,
                          PFN_vkDestroyDevice destroy_function)
{
   destroy_device(device, alloc);
}

/* ---- entry points ---------------------------------------------------------
 */

static const struct fuzz_entry instance_entries[] = {
   ENTRY(CreateInstance, create_instance),
   ENTRY(DestroyInstance, destroy_instance),
   ENTRY(CreateDevice, create_device),
};

static const struct fuzz_entry device_entries[] = {
   ENTRY(GetDeviceProcAddr, fuzz_gdpa),
   ENTRY(DestroyDevice, destroy_device),
};

PFN_vkVoidFunction
fuzz_look_up(const struct fuzz_entry *entries, size_t count, const char *name)
{
   for (size_t i = 0; i < count; i++) {
      if (!strcmp(entries[i].name, name))
         return entries[i].function;
   }
   return NULL;
}

PFN_vkVoidFunction VKAPI_PTR
fuzz_gipa(VkInstance instance, const char *name)
{
   const PFN_vkVoidFunction function = LOOK_UP(instance_entries, name);
   return function ? function : fuzz_physical_command(name);
}

PFN_vkVoidFunction VKAPI_PTR
fuzz_gdpa(VkDevice device, const char *name)
{
   PFN_vkVoidFunction function = LOOK_UP(device_entries, name);
   if (!function)
      function = fuzz_memory_command(name);
   if (!function)
      function = fuzz_resource_command(name);
   if (!function)
      function = fuzz_queue_command(name);
   return function;
}

void
fuzz_driver_start(const struct fuzz_driver_config *new_config)
{
   fuzz_config = *new_config;
   call_count = 0;
   has_failed = false;
}

void
fuzz_driver_stop(void)
{
   fuzz_config.fail_at = 0;
}
