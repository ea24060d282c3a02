/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * A throw-away device that lives for one probe. It is made through the
 * loader's callback for layers, so it has only the layers below this one and
 * the driver. Everything hangs on one struct that is torn down as a whole,
 * however far the probe came. Must leave nothing behind.
 */

#include "vl_probe.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "u_fd.h"
#include "u_overflow.h"
#include "vl_entrypoints.h"
#include "vl_log.h"
#include "vl_mapping.h"
#include "vl_os.h"
#include "vl_physical_device.h"
#include "vl_probe_private.h"

#define FILL_SIZE_B  4096
#define FILL_PATTERN 0x5a17c0deu
/* A fill of one page. Software drivers on a loaded machine need some time. */
#define FENCE_TIMEOUT_NS UINT64_C(10000000000)

bool
vl_probe_failed(const struct vl_probe *probe,
                const char *step,
                VkResult result)
{
   vl_log_warn("%s: probe of host memory: %s failed (%d)",
               probe->physical->properties.deviceName, step, result);
   return false;
}

static bool
query_alignment(struct vl_probe *probe)
{
   VkPhysicalDeviceExternalMemoryHostPropertiesEXT host = {
      .sType =
         VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_MEMORY_HOST_PROPERTIES_EXT,
   };
   VkPhysicalDeviceProperties2 properties = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
      .pNext = &host,
   };
   if (probe->instance_next->GetPhysicalDeviceProperties2) {
      probe->instance_next->GetPhysicalDeviceProperties2(
         probe->physical->handle, &properties);
   }

   const uint64_t page_B = vl_os_page_size();
   const uint64_t alignment_B = host.minImportedHostPointerAlignment;
   if (!u_is_pot_u64(alignment_B) || alignment_B > UINT64_C(1) << 30)
      return vl_probe_failed(probe, "minImportedHostPointerAlignment",
                             VK_SUCCESS);

   probe->result.alignment_B = alignment_B > page_B ? alignment_B : page_B;
   return true;
}

static bool
find_queue_family(struct vl_probe *probe)
{
   uint32_t count = 0;
   probe->instance_next->GetPhysicalDeviceQueueFamilyProperties(
      probe->physical->handle, &count, NULL);
   VkQueueFamilyProperties *families = calloc(count + 1u, sizeof(*families));
   if (!families)
      return vl_probe_failed(probe, "calloc", VK_ERROR_OUT_OF_HOST_MEMORY);
   probe->instance_next->GetPhysicalDeviceQueueFamilyProperties(
      probe->physical->handle, &count, families);

   bool found = false;
   for (uint32_t i = 0; i < count && !found; i++) {
      if (families[i].queueCount &&
          (families[i].queueFlags &
           (VK_QUEUE_GRAPHICS_BIT | VK_QUEUE_COMPUTE_BIT))) {
         probe->queue_family = i;
         found = true;
      }
   }
   free(families);
   return found || vl_probe_failed(probe, "finding a queue",
                                   VK_ERROR_FEATURE_NOT_PRESENT);
}

static bool
create_device(struct vl_probe *probe)
{
   const struct vl_instance *instance = probe->physical->instance;
   if (!instance->layer_create_device || !instance->layer_destroy_device) {
      return vl_probe_failed(probe, "finding the loader's device callback",
                             VK_ERROR_FEATURE_NOT_PRESENT);
   }

   const float priority = 1.0f;
   const VkDeviceQueueCreateInfo queue_info = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
      .queueFamilyIndex = probe->queue_family,
      .queueCount = 1,
      .pQueuePriorities = &priority,
   };
   const char *const extensions[] = {
      VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME,
      VK_KHR_EXTERNAL_MEMORY_EXTENSION_NAME,
   };
   const VkDeviceCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
      .queueCreateInfoCount = 1,
      .pQueueCreateInfos = &queue_info,
      .enabledExtensionCount = probe->physical->needs_external_memory ? 2 : 1,
      .ppEnabledExtensionNames = extensions,
   };
   PFN_vkGetDeviceProcAddr gdpa = NULL;
   const VkResult result = instance->layer_create_device(
      instance->handle, probe->physical->handle, &info, NULL, &probe->device,
      vl_GetInstanceProcAddr, &gdpa);
   if (result != VK_SUCCESS) {
      probe->device = VK_NULL_HANDLE;
      return vl_probe_failed(probe, "vkCreateDevice", result);
   }

   if (!gdpa) {
      return vl_probe_failed(probe, "finding vkGetDeviceProcAddr",
                             VK_ERROR_FEATURE_NOT_PRESENT);
   }
   vl_device_dispatch_init(&probe->next, probe->device, gdpa);
   if (!probe->next.GetMemoryHostPointerPropertiesEXT) {
      return vl_probe_failed(probe,
                             "finding vkGetMemoryHostPointerPropertiesEXT",
                             VK_ERROR_FEATURE_NOT_PRESENT);
   }
   return true;
}

static bool
create_buffer(struct vl_probe *probe)
{
   const VkExternalMemoryBufferCreateInfo external = {
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
      .handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT,
   };
   VkBufferCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
      .size = FILL_SIZE_B,
      .usage =
         VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT,
   };

   /* a plain one first, to compare */
   VkMemoryRequirements plain;
   VL_PROBE_TRY(CreateBuffer, probe->device, &info, NULL, &probe->buffer);
   probe->next.GetBufferMemoryRequirements(probe->device, probe->buffer,
                                           &plain);
   probe->next.DestroyBuffer(probe->device, probe->buffer, NULL);
   probe->buffer = VK_NULL_HANDLE;

   info.pNext = &external;
   VL_PROBE_TRY(CreateBuffer, probe->device, &info, NULL, &probe->buffer);
   const VkMemoryRequirements *shared = &probe->buffer_requirements;
   probe->next.GetBufferMemoryRequirements(probe->device, probe->buffer,
                                           &probe->buffer_requirements);
   probe->result.plain_buffers_unchanged =
      plain.size == shared->size && plain.alignment == shared->alignment &&
      plain.memoryTypeBits == shared->memoryTypeBits;
   return true;
}

/* What is shared is written by one side and read by another through mappings
 * that the driver does not know: an mmap of the fd, a guest's window, another
 * driver. Nobody could flush or invalidate those, so only coherent types
 * count, cached or not.
 */
static uint32_t
coherent_types(const struct vl_physical_device *physical)
{
   uint32_t types = 0;
   for (uint32_t i = 0; i < physical->memory.memoryTypeCount; i++) {
      if (physical->memory.memoryTypes[i].propertyFlags &
          VK_MEMORY_PROPERTY_HOST_COHERENT_BIT)
         types |= 1u << i;
   }
   return types;
}

static bool
import_and_bind(struct vl_probe *probe)
{
   const struct vl_physical_device *physical = probe->physical;

   /* the buffer first, the image behind it, rounded as an import has to be */
   uint64_t size_B;
   if (!u_is_pot_u64(probe->image_requirements.alignment) ||
       !u_align_u64(probe->buffer_requirements.size,
                    probe->image_requirements.alignment,
                    &probe->image_offset_B) ||
       !u_add_u64(probe->image_offset_B, probe->image_requirements.size,
                  &size_B) ||
       !u_align_u64(size_B, probe->result.alignment_B, &size_B))
      return vl_probe_failed(probe, "reading memory requirements",
                             VK_SUCCESS);

   VkResult result =
      vl_mapping_create(size_B, probe->result.alignment_B, &probe->mapping);
   if (result != VK_SUCCESS)
      return vl_probe_failed(probe, "creating shared memory", result);

   VkMemoryHostPointerPropertiesEXT pointer = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_HOST_POINTER_PROPERTIES_EXT,
   };
   VL_PROBE_TRY(GetMemoryHostPointerPropertiesEXT, probe->device,
                VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT,
                probe->mapping->pointer, &pointer);
   probe->result.host_types =
      pointer.memoryTypeBits & coherent_types(physical);

   /* some type has to do for both objects */
   const uint32_t types = probe->result.host_types &
                          probe->buffer_requirements.memoryTypeBits &
                          probe->image_requirements.memoryTypeBits;
   if (!types) {
      return vl_probe_failed(probe, "finding a memory type",
                             VK_ERROR_FEATURE_NOT_PRESENT);
   }

   const VkImportMemoryHostPointerInfoEXT import = {
      .sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT,
      .handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT,
      .pHostPointer = probe->mapping->pointer,
   };
   const VkMemoryAllocateInfo info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
      .pNext = &import,
      .allocationSize = size_B,
      .memoryTypeIndex = (uint32_t)__builtin_ctz(types),
   };
   VL_PROBE_TRY(AllocateMemory, probe->device, &info, NULL, &probe->memory);
   VL_PROBE_TRY(BindBufferMemory, probe->device, probe->buffer, probe->memory,
                0);
   VL_PROBE_TRY(BindImageMemory, probe->device, probe->image, probe->memory,
                probe->image_offset_B);
   return true;
}

static bool
fill(struct vl_probe *probe)
{
   const VkCommandPoolCreateInfo pool_info = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
      .queueFamilyIndex = probe->queue_family,
   };
   VL_PROBE_TRY(CreateCommandPool, probe->device, &pool_info, NULL,
                &probe->pool);

   const VkCommandBufferAllocateInfo command_info = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
      .commandPool = probe->pool,
      .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
      .commandBufferCount = 1,
   };
   VkCommandBuffer command;
   VL_PROBE_TRY(AllocateCommandBuffers, probe->device, &command_info,
                &command);

   const VkFenceCreateInfo fence_info = {
      .sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO,
   };
   VL_PROBE_TRY(CreateFence, probe->device, &fence_info, NULL, &probe->fence);

   VkQueue queue;
   probe->next.GetDeviceQueue(probe->device, probe->queue_family, 0, &queue);

   /* The loader sets the dispatch pointers of what an application gets from
    * a device. Here it does not see the objects, and layers below need them.
    */
   *(void **)command = vl_dispatch_key(probe->device);
   *(void **)queue = vl_dispatch_key(probe->device);

   const VkCommandBufferBeginInfo begin_info = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
      .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT,
   };
   VL_PROBE_TRY(BeginCommandBuffer, command, &begin_info);
   probe->next.CmdFillBuffer(command, probe->buffer, 0, FILL_SIZE_B,
                             FILL_PATTERN);
   vl_probe_record_clear(probe, command);
   const VkMemoryBarrier to_host = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
      .srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
      .dstAccessMask = VK_ACCESS_HOST_READ_BIT,
   };
   probe->next.CmdPipelineBarrier(command, VK_PIPELINE_STAGE_TRANSFER_BIT,
                                  VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &to_host,
                                  0, NULL, 0, NULL);
   VL_PROBE_TRY(EndCommandBuffer, command);

   const VkSubmitInfo submit = {
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
      .commandBufferCount = 1,
      .pCommandBuffers = &command,
   };
   VL_PROBE_TRY(QueueSubmit, queue, 1, &submit, probe->fence);
   const VkResult result = probe->next.WaitForFences(
      probe->device, 1, &probe->fence, VK_TRUE, FENCE_TIMEOUT_NS);
   if (result != VK_SUCCESS) {
      probe->is_stuck = result == VK_TIMEOUT;
      return vl_probe_failed(probe, "vkWaitForFences", result);
   }

   const uint32_t *seen = probe->mapping->pointer;
   for (int i = 0; i < FILL_SIZE_B / 4; i++) {
      if (seen[i] != FILL_PATTERN) {
         vl_log_warn("%s: probe of host memory: what the device writes does "
                     "not arrive (word %d is 0x%08" PRIx32 ")",
                     probe->physical->properties.deviceName, i, seen[i]);
         return false;
      }
   }
   return vl_probe_check_clear(probe);
}

/* Says what the fds are going to be. */
static void
log_backing(const struct vl_probe *probe)
{
   struct vl_os_file file;
   int fd = -1;
   if (!u_log_enabled(&vl_log_state, U_LOG_INFO) ||
       vl_mapping_export(probe->mapping, &fd) != VK_SUCCESS)
      return;
   if (vl_os_inspect(fd, &file)) {
      vl_log_info("%s: shared memory is made of %s",
                  probe->physical->properties.deviceName,
                  file.is_dma_buf  ? "dma-bufs over memfds"
                  : file.is_sealed ? "sealed memfds"
                                   : "files without a name");
   }
   u_fd_close(&fd);
}

static void
finish(struct vl_probe *probe)
{
   if (!probe->device || probe->is_stuck)
      return;

   const struct vl_device_dispatch *next = &probe->next;
   if (next->DestroyFence) {
      /* all of these take VK_NULL_HANDLE */
      next->DestroyFence(probe->device, probe->fence, NULL);
      next->DestroyCommandPool(probe->device, probe->pool, NULL);
      next->DestroyImage(probe->device, probe->image, NULL);
      next->DestroyBuffer(probe->device, probe->buffer, NULL);
      next->FreeMemory(probe->device, probe->memory, NULL);
   }
   probe->physical->instance->layer_destroy_device(probe->device, NULL,
                                                   next->DestroyDevice);
   vl_mapping_unref(probe->mapping);
}

bool
vl_probe_run(const struct vl_physical_device *physical,
             struct vl_probe_result *result)
{
   struct vl_probe probe = {
      .physical = physical,
      .instance_next = &physical->instance->next,
   };

   struct timespec start, end;
   clock_gettime(CLOCK_MONOTONIC, &start);
   const bool works = query_alignment(&probe) && find_queue_family(&probe) &&
                      create_device(&probe) && create_buffer(&probe) &&
                      vl_probe_create_image(&probe) &&
                      import_and_bind(&probe) && fill(&probe);
   if (works) {
      vl_probe_check_optimal(&probe);
      vl_probe_check_planes(&probe);
      log_backing(&probe);
   }
   finish(&probe);
   clock_gettime(CLOCK_MONOTONIC, &end);
   vl_log_debug("%s: the probe took %lld us", physical->properties.deviceName,
                (long long)(end.tv_sec - start.tv_sec) * 1000000 +
                   (end.tv_nsec - start.tv_nsec) / 1000);
   *result = probe.result;
   return works;
}
