/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See vn_scout.h. The scout is a context with its own file of the device, a
 * ring, an instance and a device on the same host device. It is asked what
 * the renderer says of the resource (vkGetMemoryResourcePropertiesMESA), the
 * same command that would be fatal. What does not kill it is as harmless in
 * the other context, since the kernel attached the resource to both alike.
 *
 * Memory and shared memory (rings, replies) of other contexts look the same
 * from here and cannot be told apart by kind, so each resource of the host's
 * is asked about. The renderer answers for the second without dying. Of the
 * other kinds (classic, guest) one death stands for all.
 */

#include "vn_scout.h"

#include "vn_calls.h"
#include "vn_device.h"
#include "vn_instance.h"
#include "vn_physical_device.h"

#define RING_BUFFER_SIZE (16u << 10)

struct vn_scout_context {
   struct vn_renderer *renderer; /* owned, as is the ring */
   struct vn_ring *ring;

   /* handles of which only the ids mean anything */
   struct vn_dispatchable instance;
   struct vn_dispatchable physical_devices[VK_MAX_DEVICE_GROUP_SIZE];
   struct vn_dispatchable device;
};

void
vn_scout_init(struct vn_scout *scout)
{
   memset(scout, 0, sizeof(*scout));
   pthread_mutex_init(&scout->mutex, NULL);
}

/* Closing the file ends whatever the renderer still has of it. */
static void
context_destroy(struct vn_scout_context *context)
{
   if (!context)
      return;
   vn_ring_destroy(context->ring);
   if (context->renderer)
      context->renderer->ops->destroy(context->renderer);
   free(context);
}

void
vn_scout_finish(struct vn_scout *scout)
{
   context_destroy(scout->context);
   scout->context = NULL;
   pthread_mutex_destroy(&scout->mutex);
}

static void
init_handle(struct vn_scout_context *context,
            struct vn_dispatchable *handle,
            VkObjectType type)
{
   vn_object_init(&handle->base, type);
   handle->ring = context->ring;
   handle->caps = vn_ring_caps(context->ring);
}

static VkResult
create_instance(struct vn_scout_context *context, uint32_t api_version)
{
   const VkApplicationInfo app = {
      .sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
      .apiVersion = api_version,
   };
   const VkInstanceCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
      .pApplicationInfo = &app,
   };
   init_handle(context, &context->instance, VK_OBJECT_TYPE_INSTANCE);
   VkInstance handle = (VkInstance)&context->instance;
   return vn_call_vkCreateInstance(context->ring, &info, NULL, &handle);
}

/* The renderer lists its devices in the same order for each context. */
static VkResult
create_device(struct vn_scout_context *context, uint32_t index)
{
   const VkInstance instance = (VkInstance)&context->instance;
   VkPhysicalDevice handles[VK_MAX_DEVICE_GROUP_SIZE];
   uint32_t count = 0;
   VkResult result = vn_call_vkEnumeratePhysicalDevices(
      context->ring, instance, &count, NULL);
   if (result != VK_SUCCESS)
      return result;
   if (index >= count || count > VN_ARRAY_SIZE(handles))
      return VK_ERROR_INITIALIZATION_FAILED;

   for (uint32_t i = 0; i < count; i++) {
      init_handle(context, &context->physical_devices[i],
                  VK_OBJECT_TYPE_PHYSICAL_DEVICE);
      handles[i] = (VkPhysicalDevice)&context->physical_devices[i];
   }
   result = vn_call_vkEnumeratePhysicalDevices(context->ring, instance,
                                               &count, handles);
   if (result != VK_SUCCESS)
      return result;

   /* Vulkan has no device without a queue, and a family 0 always */
   const float priority = 0.0f;
   const VkDeviceQueueCreateInfo queue = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
      .queueCount = 1,
      .pQueuePriorities = &priority,
   };
   static const char *const extensions[] = {
      VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME,
      VK_EXT_EXTERNAL_MEMORY_DMA_BUF_EXTENSION_NAME,
   };
   const VkDeviceCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
      .queueCreateInfoCount = 1,
      .pQueueCreateInfos = &queue,
      .enabledExtensionCount = VN_ARRAY_SIZE(extensions),
      .ppEnabledExtensionNames = extensions,
   };
   init_handle(context, &context->device, VK_OBJECT_TYPE_DEVICE);
   VkDevice device = (VkDevice)&context->device;
   return vn_call_vkCreateDevice(context->ring, handles[index], &info, NULL,
                                 &device);
}

static VkResult
context_create(const struct vn_physical_device *physical_device,
               struct vn_scout_context **context_out)
{
   const struct vn_instance *instance = physical_device->instance;
   const struct vn_renderer_ops *ops = instance->renderer->ops;

   struct vn_scout_context *context = calloc(1, sizeof(*context));
   if (!context)
      return VK_ERROR_OUT_OF_HOST_MEMORY;

   VkResult result =
      ops->open_another(instance->renderer, &context->renderer);
   if (result == VK_SUCCESS) {
      context->renderer->expendable = true;
      result = vn_ring_create(context->renderer, &instance->caps,
                              RING_BUFFER_SIZE, &context->ring);
   }
   if (result == VK_SUCCESS)
      result = create_instance(context, instance->renderer_api_version);
   if (result == VK_SUCCESS)
      result = create_device(context, physical_device->host_index);
   if (result != VK_SUCCESS) {
      vn_log(WARN, "no second context to try imports with: VkResult %d",
             (int)result);
      context_destroy(context);
      return result;
   }
   *context_out = context;
   return VK_SUCCESS;
}

/* What the scout's renderer says of the file. */
static VkResult
ask(struct vn_scout_context *context, int fd)
{
   struct vn_renderer *renderer = context->renderer;
   struct vn_renderer_bo *bo;
   VkResult result = renderer->ops->bo_import_fd(renderer, fd, &bo);
   if (result != VK_SUCCESS)
      return result;

   VkMemoryResourcePropertiesMESA props = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_RESOURCE_PROPERTIES_MESA,
   };
   result = vn_call_vkGetMemoryResourcePropertiesMESA(
      context->ring, (VkDevice)&context->device, bo->res_id, &props);
   renderer->ops->bo_unref(renderer, bo);
   return result == VK_SUCCESS && !props.memoryTypeBits
             ? VK_ERROR_INVALID_EXTERNAL_HANDLE
             : result;
}

/* With scout->mutex held. VK_ERROR_DEVICE_LOST: it was deadly. */
static VkResult
send_scout(struct vn_scout *scout,
           const struct vn_physical_device *physical_device,
           int fd)
{
   VkResult result;
   if (!scout->context) {
      result = context_create(physical_device, &scout->context);
      if (result != VK_SUCCESS)
         return VK_ERROR_OUT_OF_HOST_MEMORY;
   }
   result = ask(scout->context, fd);
   if (vn_ring_is_lost(scout->context->ring)) {
      context_destroy(scout->context);
      scout->context = NULL;
      return VK_ERROR_DEVICE_LOST;
   }
   return result;
}

static void
log_refusal(int fd, enum vn_renderer_bo_kind kind)
{
   const char *what = "";
   switch (kind) {
   case VN_RENDERER_BO_OWN:
      return;
   case VN_RENDERER_BO_HOST:
      what = "it is no memory of Vulkan on this host";
      break;
   case VN_RENDERER_BO_GUEST:
      what = "its pages are the guest's, which the host's Vulkan cannot use";
      break;
   case VN_RENDERER_BO_CLASSIC:
      what = "it was made by stock GBM or as a dumb buffer, which this host "
             "cannot hand to Vulkan";
      break;
   }
   vn_log(WARN,
          "cannot import fd %d: %s. Allocate the buffer with Vulkan and "
          "export it, or use this driver's GBM backend (GBM_BACKEND=venus)",
          fd, what);
}

static VkResult
prove(struct vn_device *device, int fd, struct vn_renderer_bo *bo)
{
   struct vn_scout *scout = device->physical_device->scout;
   const enum vn_renderer_bo_kind kind = bo->kind;
   VkResult result = VK_ERROR_INVALID_EXTERNAL_HANDLE;

   pthread_mutex_lock(&scout->mutex);
   if (!scout->is_deadly[kind]) {
      result = send_scout(scout, device->physical_device, fd);
      /* a resource of the host's says nothing about the next one */
      if (result == VK_ERROR_DEVICE_LOST) {
         scout->is_deadly[kind] = kind != VN_RENDERER_BO_HOST;
         result = VK_ERROR_INVALID_EXTERNAL_HANDLE;
      }
   }
   pthread_mutex_unlock(&scout->mutex);

   if (result == VK_SUCCESS) {
      /* relaxed: carries no other data */
      atomic_store_explicit(&bo->proven, true, memory_order_relaxed);
   } else if (result == VK_ERROR_INVALID_EXTERNAL_HANDLE) {
      log_refusal(fd, kind);
   }
   return result;
}

VkResult
vn_scout_import_fd(struct vn_device *device,
                   int fd,
                   struct vn_renderer_bo **bo_out)
{
   struct vn_renderer *renderer;
   const struct vn_renderer_ops *ops =
      vn_device_renderer_ops(device, &renderer);
   struct vn_renderer_bo *bo;

   VkResult result = ops->bo_import_fd(renderer, fd, &bo);
   if (result != VK_SUCCESS)
      return result;
   if (!atomic_load_explicit(&bo->proven, memory_order_relaxed)) {
      result = prove(device, fd, bo);
      if (result != VK_SUCCESS) {
         ops->bo_unref(renderer, bo);
         return result;
      }
   }
   *bo_out = bo;
   return VK_SUCCESS;
}
