/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The capability side of external memory. Towards the renderer there is one
 * handle type, DMA_BUF, since that is what it attaches and re-imports;
 * applications may call it OPAQUE_FD as well. What is reported is what the
 * host said for a dma-buf, never more.
 */

#include "vn_external_memory.h"

#include "vn_calls.h"
#include "vn_entrypoints.h"
#include "vn_instance.h"
#include "vn_physical_device.h"

#define APP_HANDLE_TYPES                                                     \
   (VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT |                           \
    VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT)

#define NEEDED_FEATURES                                                      \
   (VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT |                              \
    VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT)

#ifdef VK_EXT_external_memory_acquire_unmodified
/*
 * The struct of this extension says "the application promises that nobody
 * has written"; what is done about it is up to the implementation. On hosts
 * that do not know it the promise is dropped on the way, and the acquire is
 * the ordinary one.
 */
#define ACQUIRE_UNMODIFIED                                                   \
   VN_DEVICE_EXT_EXT_external_memory_acquire_unmodified
#endif

static bool
renderer_has(const struct vn_physical_device *physical_device, int ext)
{
   return vn_ext_set_has(&physical_device->renderer_extensions, ext);
}

VkResult
vn_external_memory_init(struct vn_physical_device *physical_device)
{
   const struct vn_instance *instance = physical_device->instance;
   const struct vn_renderer_info *renderer = &instance->renderer->info;
   VkExternalMemoryFeatureFlags features = 0;

   if (renderer_has(physical_device, VN_DEVICE_EXT_KHR_external_memory_fd) &&
       renderer_has(physical_device,
                    VN_DEVICE_EXT_EXT_external_memory_dma_buf)) {
      /* the very question by which the renderer decides what its own
       * host-visible allocations are exported as
       */
      const VkPhysicalDeviceExternalBufferInfo info = {
         .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO,
         .usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT,
         .handleType = VN_RENDERER_HANDLE_TYPE,
      };
      VkExternalBufferProperties props = {
         .sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES,
      };
      const VkResult result =
         vn_call_vkGetPhysicalDeviceExternalBufferProperties(
            instance->ring, vn_physical_device_to_handle(physical_device),
            &info, &props);
      if (result != VK_SUCCESS)
         return result;
      features = props.externalMemoryProperties.externalMemoryFeatures;
   }

   if ((features & NEEDED_FEATURES) == NEEDED_FEATURES)
      physical_device->external_handle_types = APP_HANDLE_TYPES;

   /*
    * Over vtest a memory object that is not exported as a dma-buf must not
    * be asked for: the server ends the connection.
    */
   physical_device->can_map =
      !renderer->maps_only_dma_buf ||
      features & VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT;
   if (!physical_device->can_map) {
      vn_log(WARN,
             "%s: the host cannot export memory as dma-buf, so nothing can "
             "be mapped: is the host layer enabled?",
             physical_device->properties.deviceName);
   }
   return VK_SUCCESS;
}

bool
vn_external_memory_offers(const struct vn_physical_device *physical_device,
                          int ext)
{
   if (!physical_device->external_handle_types)
      return false;
#ifdef VK_EXT_external_memory_acquire_unmodified
   if (ext == ACQUIRE_UNMODIFIED)
      return true;
#endif
   return renderer_has(physical_device, ext);
}

void
vn_external_memory_limit_caps(const struct vn_physical_device *devices,
                              uint32_t count,
                              struct vn_protocol_caps *caps)
{
#ifdef VK_EXT_external_memory_acquire_unmodified
   const uint32_t number = vn_device_exts[ACQUIRE_UNMODIFIED].number;

   for (uint32_t i = 0; i < count; i++) {
      if (!renderer_has(&devices[i], ACQUIRE_UNMODIFIED))
         caps->extension_mask[number / 32] &= ~(UINT32_C(1) << number % 32);
   }
#endif
}

/* The fd types are the same memory, so each can stand for the other. */
void
vn_external_memory_widen(VkExternalMemoryProperties *props)
{
   if (props->compatibleHandleTypes & VN_RENDERER_HANDLE_TYPE)
      props->compatibleHandleTypes = APP_HANDLE_TYPES;
   else
      props->compatibleHandleTypes = 0;

   if (props->exportFromImportedHandleTypes & VN_RENDERER_HANDLE_TYPE)
      props->exportFromImportedHandleTypes = APP_HANDLE_TYPES;
   else
      props->exportFromImportedHandleTypes = 0;
}

VKAPI_ATTR void VKAPI_CALL
vn_GetPhysicalDeviceExternalBufferProperties(
   VkPhysicalDevice physicalDevice,
   const VkPhysicalDeviceExternalBufferInfo *pExternalBufferInfo,
   VkExternalBufferProperties *pExternalBufferProperties)
{
   const struct vn_physical_device *physical_device =
      vn_physical_device_from_handle(physicalDevice);
   VkExternalMemoryProperties *props =
      &pExternalBufferProperties->externalMemoryProperties;
   VkPhysicalDeviceExternalBufferInfo info = *pExternalBufferInfo;

   /*
    * VkExternalMemoryProperties: "compatibleHandleTypes ... must include at
    * least handleType", also where no feature is offered.
    */
   *props = (VkExternalMemoryProperties){
      .compatibleHandleTypes = info.handleType,
   };
   if (!(info.handleType & physical_device->external_handle_types))
      return;

   info.handleType = VN_RENDERER_HANDLE_TYPE;
   if (vn_call_vkGetPhysicalDeviceExternalBufferProperties(
          physical_device->dispatch.ring, physicalDevice, &info,
          pExternalBufferProperties) != VK_SUCCESS)
      return;
   vn_external_memory_widen(props);
}
