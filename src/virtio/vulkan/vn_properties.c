/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What a host device is: its properties and its memory, asked once from the
 * renderer and corrected where the road through the protocol differs from
 * the host's own.
 */

#include "vn_properties.h"

#include <stdio.h>
#include <unistd.h>

#include "vn_calls.h"
#include "vn_entrypoints.h"
#include "vn_instance.h"
#include "vn_physical_device.h"
#include "vn_zero_structs.h"
#include "config.h"

#define DRIVER_NAME "venus"
#define DRIVER_INFO "venus-dmabuf " PACKAGE_VERSION

/* Any bytes will do as long as they differ from everybody else's. */
#define UUID_SALT "venus-dmabuf " PACKAGE_VERSION

/* A promise that comes with a handle type must not be mistaken for the host's
 * own: an opaque fd of ours is not one that the host driver knows.
 */
static void
rehash_uuid(uint8_t uuid[VK_UUID_SIZE])
{
   uint64_t hash[2] = { UINT64_C(0xcbf29ce484222325),
                        UINT64_C(0x84222325cbf29ce4) };
   for (int half = 0; half < 2; half++) {
      for (unsigned i = 0; i < VK_UUID_SIZE; i++)
         hash[half] = (hash[half] ^ uuid[i]) * UINT64_C(0x100000001b3);
      for (const char *c = UUID_SALT; *c; c++)
         hash[half] = (hash[half] ^ (uint8_t)*c) * UINT64_C(0x100000001b3);
   }
   memcpy(uuid, hash, VK_UUID_SIZE);
}

static uint32_t
driver_version(void)
{
   unsigned major = 0, minor = 0, patch = 0;
   sscanf(PACKAGE_VERSION, "%u.%u.%u", &major, &minor, &patch);
   return VK_MAKE_API_VERSION(0, major, minor, patch);
}

static void
correct_properties(const struct vn_physical_device *physical_device,
                   VkPhysicalDeviceProperties *props)
{
   char host_name[VK_MAX_PHYSICAL_DEVICE_NAME_SIZE];
   memcpy(host_name, props->deviceName, sizeof(host_name));
   host_name[sizeof(host_name) - 1] = '\0';

   const int len = snprintf(props->deviceName, sizeof(props->deviceName),
                            "Virtio-GPU Venus (%s)", host_name);
   if (len >= (int)sizeof(props->deviceName))
      props->deviceName[sizeof(props->deviceName) - 2] = ')';

   props->apiVersion = physical_device->api_version;
   props->driverVersion = driver_version();
   /* caches have a header of ours, see vn_pipeline_cache.c */
   rehash_uuid(props->pipelineCacheUUID);
}

static void
fill_driver_identity(VkDriverId *id, char *name, char *info)
{
   *id = VK_DRIVER_ID_MESA_VENUS;
   memset(name, 0, VK_MAX_DRIVER_NAME_SIZE);
   memset(info, 0, VK_MAX_DRIVER_INFO_SIZE);
   snprintf(name, VK_MAX_DRIVER_NAME_SIZE, "%s", DRIVER_NAME);
   snprintf(info, VK_MAX_DRIVER_INFO_SIZE, "%s", DRIVER_INFO);
}

static void
correct_ids(uint8_t device_uuid[VK_UUID_SIZE],
            uint8_t driver_uuid[VK_UUID_SIZE],
            VkBool32 *luid_valid)
{
   rehash_uuid(device_uuid);
   rehash_uuid(driver_uuid);
   *luid_valid = VK_FALSE;
}

/*
 * Mappings are coherent in the guest whatever the host says, and flushes do
 * not reach it: a type that is cached without being coherent cannot be kept.
 */
static void
correct_memory_types(VkPhysicalDeviceMemoryProperties *props)
{
   const VkMemoryPropertyFlags coherent =
      VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT |
      VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
   bool has_cached = false;
   int first_coherent = -1;

   for (uint32_t i = 0; i < props->memoryTypeCount; i++) {
      VkMemoryPropertyFlags *flags = &props->memoryTypes[i].propertyFlags;
      if ((*flags & coherent) == coherent) {
         if (first_coherent < 0)
            first_coherent = i;
         has_cached |= *flags & VK_MEMORY_PROPERTY_HOST_CACHED_BIT;
      } else {
         *flags &= ~(VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT |
                     VK_MEMORY_PROPERTY_HOST_CACHED_BIT);
      }
   }

   if (!has_cached && first_coherent >= 0) {
      props->memoryTypes[first_coherent].propertyFlags |=
         VK_MEMORY_PROPERTY_HOST_CACHED_BIT;
   }
}

static bool
memory_properties_are_sane(const VkPhysicalDeviceMemoryProperties *props)
{
   if (props->memoryTypeCount > VK_MAX_MEMORY_TYPES ||
       props->memoryHeapCount > VK_MAX_MEMORY_HEAPS)
      return false;
   for (uint32_t i = 0; i < props->memoryTypeCount; i++) {
      if (props->memoryTypes[i].heapIndex >= props->memoryHeapCount)
         return false;
   }
   return true;
}

VkResult
vn_properties_init(struct vn_physical_device *physical_device)
{
   struct vn_instance *instance = physical_device->instance;
   const VkPhysicalDevice handle =
      vn_physical_device_to_handle(physical_device);

   VkResult result = vn_call_vkGetPhysicalDeviceProperties(
      instance->ring, handle, &physical_device->properties);
   if (result != VK_SUCCESS)
      return result;

   physical_device->api_version =
      VN_MIN(VN_MIN(physical_device->properties.apiVersion,
                    instance->renderer_api_version),
             (uint32_t)VN_MAX_API_VERSION);
   if (physical_device->api_version < VK_API_VERSION_1_1) {
      vn_log(WARN, "host device has Vulkan 0x%x only: not offered",
             physical_device->properties.apiVersion);
      return VK_ERROR_INCOMPATIBLE_DRIVER;
   }
   correct_properties(physical_device, &physical_device->properties);

   result = vn_call_vkGetPhysicalDeviceMemoryProperties(
      instance->ring, handle, &physical_device->memory_properties);
   if (result != VK_SUCCESS)
      return result;
   if (!memory_properties_are_sane(&physical_device->memory_properties))
      return VK_ERROR_INITIALIZATION_FAILED;
   correct_memory_types(&physical_device->memory_properties);
   return VK_SUCCESS;
}

/* The device that the guest sees, not the host's. */
static void
fill_pci_bus_info(const struct vn_renderer_info *renderer,
                  VkPhysicalDevicePCIBusInfoPropertiesEXT *props)
{
   props->pciDomain = renderer->pci.domain;
   props->pciBus = renderer->pci.bus;
   props->pciDevice = renderer->pci.device;
   props->pciFunction = renderer->pci.function;
}

static void
fill_drm(const struct vn_renderer_info *renderer,
         VkPhysicalDeviceDrmPropertiesEXT *props)
{
   props->hasPrimary = renderer->drm.has_primary;
   props->primaryMajor = renderer->drm.primary_major;
   props->primaryMinor = renderer->drm.primary_minor;
   props->hasRender = renderer->drm.has_render;
   props->renderMajor = renderer->drm.render_major;
   props->renderMinor = renderer->drm.render_minor;
}

VKAPI_ATTR void VKAPI_CALL
vn_GetPhysicalDeviceProperties(VkPhysicalDevice physicalDevice,
                               VkPhysicalDeviceProperties *pProperties)
{
   *pProperties = vn_physical_device_from_handle(physicalDevice)->properties;
}

VKAPI_ATTR void VKAPI_CALL
vn_GetPhysicalDeviceProperties2(VkPhysicalDevice physicalDevice,
                                VkPhysicalDeviceProperties2 *pProperties)
{
   const struct vn_physical_device *physical_device =
      vn_physical_device_from_handle(physicalDevice);

   vn_zero_property_structs(pProperties);
   vn_call_vkGetPhysicalDeviceProperties2(physical_device->dispatch.ring,
                                          physicalDevice, pProperties);
   vn_mask_property_structs(pProperties, &physical_device->extensions,
                            physical_device->api_version);

   pProperties->properties = physical_device->properties;

   const struct vn_renderer_info *renderer =
      &physical_device->instance->renderer->info;
   for (VkBaseOutStructure *s = (void *)pProperties->pNext; s; s = s->pNext) {
      switch ((int)s->sType) {
      case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES: {
         VkPhysicalDeviceDriverProperties *driver = (void *)s;
         fill_driver_identity(&driver->driverID, driver->driverName,
                              driver->driverInfo);
         break;
      }
      case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_PROPERTIES: {
         VkPhysicalDeviceVulkan12Properties *vk12 = (void *)s;
         fill_driver_identity(&vk12->driverID, vk12->driverName,
                              vk12->driverInfo);
         break;
      }
      case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES: {
         VkPhysicalDeviceIDProperties *id = (void *)s;
         correct_ids(id->deviceUUID, id->driverUUID, &id->deviceLUIDValid);
         break;
      }
      case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_PROPERTIES: {
         VkPhysicalDeviceVulkan11Properties *vk11 = (void *)s;
         correct_ids(vk11->deviceUUID, vk11->driverUUID,
                     &vk11->deviceLUIDValid);
         break;
      }
#ifdef VK_EXT_map_memory_placed
      case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAP_MEMORY_PLACED_PROPERTIES_EXT: {
         VkPhysicalDeviceMapMemoryPlacedPropertiesEXT *placed = (void *)s;
         placed->minPlacedMemoryMapAlignment = renderer->memory_alignment;
         break;
      }
#endif
      case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PCI_BUS_INFO_PROPERTIES_EXT:
         if (vn_ext_set_has(&physical_device->extensions,
                            VN_DEVICE_EXT_EXT_pci_bus_info))
            fill_pci_bus_info(renderer, (void *)s);
         break;
      case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRM_PROPERTIES_EXT:
         if (vn_ext_set_has(&physical_device->extensions,
                            VN_DEVICE_EXT_EXT_physical_device_drm))
            fill_drm(renderer, (void *)s);
         break;
      default:
         break;
      }
   }
}

VKAPI_ATTR void VKAPI_CALL
vn_GetPhysicalDeviceMemoryProperties(
   VkPhysicalDevice physicalDevice,
   VkPhysicalDeviceMemoryProperties *pMemoryProperties)
{
   *pMemoryProperties =
      vn_physical_device_from_handle(physicalDevice)->memory_properties;
}

VKAPI_ATTR void VKAPI_CALL
vn_GetPhysicalDeviceMemoryProperties2(
   VkPhysicalDevice physicalDevice,
   VkPhysicalDeviceMemoryProperties2 *pMemoryProperties)
{
   const struct vn_physical_device *physical_device =
      vn_physical_device_from_handle(physicalDevice);

   /* only a chained struct (the memory budget) changes over time */
   if (pMemoryProperties->pNext) {
      vn_call_vkGetPhysicalDeviceMemoryProperties2(
         physical_device->dispatch.ring, physicalDevice, pMemoryProperties);
   }
   pMemoryProperties->memoryProperties = physical_device->memory_properties;
}
