/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * VkAllocationCallbacks: what is allocated through them goes back to them, is
 * aligned as asked for, and has a scope; and whichever of the allocations
 * fails, the call says VK_ERROR_OUT_OF_HOST_MEMORY, leaves nothing behind,
 * and the device works on.
 */

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "vk_fixture.h"

#include "scale.comp.h"

struct allocator {
   VkAllocationCallbacks callbacks;
   atomic_long live;
   atomic_long total;
   long fail_at; /* the number of the one that fails; 0: none */
};

/* In front of each block, so that a foreign one is known. */
struct block {
   struct allocator *owner;
   void *start;
   size_t size;
};

static VKAPI_ATTR void *VKAPI_CALL
allocate(void *data,
         size_t size,
         size_t alignment,
         VkSystemAllocationScope scope)
{
   struct allocator *allocator = data;

   U_CHECK(alignment && !(alignment & (alignment - 1)));
   U_CHECK(scope <= VK_SYSTEM_ALLOCATION_SCOPE_INSTANCE);
   if (atomic_fetch_add(&allocator->total, 1) + 1 == allocator->fail_at)
      return NULL;

   char *start = malloc(size + alignment + sizeof(struct block));
   if (!start)
      return NULL;
   uintptr_t place = (uintptr_t)start + sizeof(struct block);
   place = (place + alignment - 1) & ~(uintptr_t)(alignment - 1);
   const struct block block = { allocator, start, size };
   memcpy((char *)place - sizeof(block), &block, sizeof(block));
   /* whoever wants zeroes has to say so */
   memset((void *)place, 0xa5, size);
   atomic_fetch_add(&allocator->live, 1);
   return (void *)place;
}

static VKAPI_ATTR void VKAPI_CALL
release(void *data, void *memory)
{
   struct block block;

   if (!memory)
      return;
   memcpy(&block, (char *)memory - sizeof(block), sizeof(block));
   if (!U_CHECK(block.owner == data))
      abort();
   atomic_fetch_sub(&block.owner->live, 1);
   free(block.start);
}

static VKAPI_ATTR void *VKAPI_CALL
reallocate(void *data,
           void *original,
           size_t size,
           size_t alignment,
           VkSystemAllocationScope scope)
{
   struct block block;

   if (!original)
      return allocate(data, size, alignment, scope);
   if (!size) {
      release(data, original);
      return NULL;
   }
   void *memory = allocate(data, size, alignment, scope);
   if (memory) {
      memcpy(&block, (char *)original - sizeof(block), sizeof(block));
      memcpy(memory, original, block.size < size ? block.size : size);
      release(data, original);
   }
   return memory;
}

static void
allocator_init(struct allocator *allocator)
{
   memset(allocator, 0, sizeof(*allocator));
   allocator->callbacks = (VkAllocationCallbacks){
      .pUserData = allocator,
      .pfnAllocation = allocate,
      .pfnReallocation = reallocate,
      .pfnFree = release,
   };
}

struct objects {
   VkFence fence;
   VkSemaphore semaphore;
   VkEvent event;
   VkQueryPool queries;
   VkBuffer buffer;
   VkBufferView buffer_view;
   VkImage image;
   VkImageView view;
   VkDeviceMemory memory[3];
   VkSampler sampler;
   VkShaderModule shader;
   VkPipelineCache cache;
   VkDescriptorSetLayout set_layout;
   VkPipelineLayout layout;
   VkPipeline pipeline;
   VkDescriptorPool sets;
   VkDescriptorUpdateTemplate template;
   VkRenderPass pass;
   VkFramebuffer framebuffer;
   VkCommandPool pool;
};

#define SIDE 16

/* Returns at the first failure. */
#define TRY(call)                                                            \
   do {                                                                      \
      const VkResult result_ = (call);                                       \
      if (result_ != VK_SUCCESS)                                             \
         return result_;                                                     \
   } while (0)

static VkResult
create_simple(struct vkt_device *dev,
              const VkAllocationCallbacks *alloc,
              struct objects *o)
{
   const VkDevice device = dev->handle;
   const VkFenceCreateInfo fence_info = {
      .sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO,
   };
   const VkSemaphoreCreateInfo semaphore_info = {
      .sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO,
   };
   const VkEventCreateInfo event_info = {
      .sType = VK_STRUCTURE_TYPE_EVENT_CREATE_INFO,
   };
   const VkQueryPoolCreateInfo query_info = {
      .sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO,
      .queryType = VK_QUERY_TYPE_OCCLUSION,
      .queryCount = 40000, /* too many for shared feedback */
   };
   const VkSamplerCreateInfo sampler_info = {
      .sType = VK_STRUCTURE_TYPE_SAMPLER_CREATE_INFO,
   };
   const VkShaderModuleCreateInfo shader_info = {
      .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
      .codeSize = sizeof(scale_comp),
      .pCode = scale_comp,
   };
   const VkPipelineCacheCreateInfo cache_info = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO,
   };

   TRY(vkCreateFence(device, &fence_info, alloc, &o->fence));
   TRY(vkCreateSemaphore(device, &semaphore_info, alloc, &o->semaphore));
   TRY(vkCreateEvent(device, &event_info, alloc, &o->event));
   TRY(vkCreateQueryPool(device, &query_info, alloc, &o->queries));
   TRY(vkCreateSampler(device, &sampler_info, alloc, &o->sampler));
   TRY(vkCreateShaderModule(device, &shader_info, alloc, &o->shader));
   return vkCreatePipelineCache(device, &cache_info, alloc, &o->cache);
}

static VkResult
create_resources(struct vkt_device *dev,
                 const VkAllocationCallbacks *alloc,
                 struct objects *o)
{
   const VkDevice device = dev->handle;
   const VkBufferCreateInfo buffer_info = {
      .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
      .size = 4096,
      .usage = VK_BUFFER_USAGE_STORAGE_TEXEL_BUFFER_BIT,
   };
   const VkImageCreateInfo image_info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
      .imageType = VK_IMAGE_TYPE_2D,
      .format = VK_FORMAT_R8G8B8A8_UNORM,
      .extent = { SIDE, SIDE, 1 },
      .mipLevels = 1,
      .arrayLayers = 1,
      .samples = VK_SAMPLE_COUNT_1_BIT,
      .usage = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT,
   };
   VkMemoryRequirements reqs[2];

   TRY(vkCreateBuffer(device, &buffer_info, alloc, &o->buffer));
   TRY(vkCreateImage(device, &image_info, alloc, &o->image));
   vkGetBufferMemoryRequirements(device, o->buffer, &reqs[0]);
   vkGetImageMemoryRequirements(device, o->image, &reqs[1]);
   for (uint32_t i = 0; i < 3; i++) {
      const VkMemoryRequirements *need = &reqs[i % 2];
      const VkMemoryAllocateInfo info = {
         .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
         /* the last one is too large to be a part of something */
         .allocationSize = i == 2 ? 32 << 20 : need->size,
         .memoryTypeIndex =
            vkt_memory_type(dev->instance, need->memoryTypeBits, 0),
      };
      TRY(vkAllocateMemory(device, &info, alloc, &o->memory[i]));
   }
   TRY(vkBindBufferMemory(device, o->buffer, o->memory[0], 0));
   TRY(vkBindImageMemory(device, o->image, o->memory[1], 0));

   const VkBufferViewCreateInfo buffer_view_info = {
      .sType = VK_STRUCTURE_TYPE_BUFFER_VIEW_CREATE_INFO,
      .buffer = o->buffer,
      .format = VK_FORMAT_R32_UINT,
      .range = VK_WHOLE_SIZE,
   };
   const VkImageViewCreateInfo view_info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
      .image = o->image,
      .viewType = VK_IMAGE_VIEW_TYPE_2D,
      .format = image_info.format,
      .subresourceRange = { VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1 },
   };
   TRY(vkCreateBufferView(device, &buffer_view_info, alloc, &o->buffer_view));
   return vkCreateImageView(device, &view_info, alloc, &o->view);
}

static VkResult
create_pipeline(struct vkt_device *dev,
                const VkAllocationCallbacks *alloc,
                struct objects *o)
{
   const VkDevice device = dev->handle;
   const VkDescriptorSetLayoutBinding bindings[2] = {
      { 0, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1, VK_SHADER_STAGE_COMPUTE_BIT,
        NULL },
      { 1, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1, VK_SHADER_STAGE_COMPUTE_BIT,
        NULL },
   };
   const VkDescriptorSetLayoutCreateInfo set_info = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
      .bindingCount = 2,
      .pBindings = bindings,
   };
   const VkPushConstantRange push = { VK_SHADER_STAGE_COMPUTE_BIT, 8, 4 };

   TRY(vkCreateDescriptorSetLayout(device, &set_info, alloc, &o->set_layout));
   const VkPipelineLayoutCreateInfo layout_info = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
      .setLayoutCount = 1,
      .pSetLayouts = &o->set_layout,
      .pushConstantRangeCount = 1,
      .pPushConstantRanges = &push,
   };
   TRY(vkCreatePipelineLayout(device, &layout_info, alloc, &o->layout));
   const VkComputePipelineCreateInfo pipeline_info = {
      .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
      .stage = {
         .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
         .stage = VK_SHADER_STAGE_COMPUTE_BIT,
         .module = o->shader,
         .pName = "main",
      },
      .layout = o->layout,
   };
   TRY(vkCreateComputePipelines(device, o->cache, 1, &pipeline_info, alloc,
                                &o->pipeline));

   const VkDescriptorPoolSize size = {
      VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
      64,
   };
   const VkDescriptorPoolCreateInfo sets_info = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
      .maxSets = 32,
      .poolSizeCount = 1,
      .pPoolSizes = &size,
   };
   TRY(vkCreateDescriptorPool(device, &sets_info, alloc, &o->sets));
   for (uint32_t i = 0; i < 8; i++) {
      const VkDescriptorSetAllocateInfo info = {
         .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
         .descriptorPool = o->sets,
         .descriptorSetCount = 1,
         .pSetLayouts = &o->set_layout,
      };
      VkDescriptorSet set;
      TRY(vkAllocateDescriptorSets(device, &info, &set));
   }

   const VkDescriptorUpdateTemplateEntry entry = {
      .descriptorCount = 1,
      .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
   };
   const VkDescriptorUpdateTemplateCreateInfo template_info = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_UPDATE_TEMPLATE_CREATE_INFO,
      .descriptorUpdateEntryCount = 1,
      .pDescriptorUpdateEntries = &entry,
      .descriptorSetLayout = o->set_layout,
   };
   return vkCreateDescriptorUpdateTemplate(device, &template_info, alloc,
                                           &o->template);
}

static VkResult
create_pass(struct vkt_device *dev,
            const VkAllocationCallbacks *alloc,
            struct objects *o)
{
   const VkAttachmentDescription attachment = {
      .format = VK_FORMAT_R8G8B8A8_UNORM,
      .samples = VK_SAMPLE_COUNT_1_BIT,
      .loadOp = VK_ATTACHMENT_LOAD_OP_DONT_CARE,
      .storeOp = VK_ATTACHMENT_STORE_OP_STORE,
      .stencilLoadOp = VK_ATTACHMENT_LOAD_OP_DONT_CARE,
      .stencilStoreOp = VK_ATTACHMENT_STORE_OP_DONT_CARE,
      .finalLayout = VK_IMAGE_LAYOUT_GENERAL,
   };
   const VkAttachmentReference color = { 0, VK_IMAGE_LAYOUT_GENERAL };
   const VkSubpassDescription subpass = {
      .pipelineBindPoint = VK_PIPELINE_BIND_POINT_GRAPHICS,
      .colorAttachmentCount = 1,
      .pColorAttachments = &color,
   };
   const VkRenderPassCreateInfo pass_info = {
      .sType = VK_STRUCTURE_TYPE_RENDER_PASS_CREATE_INFO,
      .attachmentCount = 1,
      .pAttachments = &attachment,
      .subpassCount = 1,
      .pSubpasses = &subpass,
   };

   TRY(vkCreateRenderPass(dev->handle, &pass_info, alloc, &o->pass));
   const VkFramebufferCreateInfo framebuffer_info = {
      .sType = VK_STRUCTURE_TYPE_FRAMEBUFFER_CREATE_INFO,
      .renderPass = o->pass,
      .attachmentCount = 1,
      .pAttachments = &o->view,
      .width = SIDE,
      .height = SIDE,
      .layers = 1,
   };
   return vkCreateFramebuffer(dev->handle, &framebuffer_info, alloc,
                              &o->framebuffer);
}

/* A recording long enough that it does not fit into one piece of memory. */
static VkResult
record(struct vkt_device *dev,
       const VkAllocationCallbacks *alloc,
       struct objects *o)
{
   const VkCommandPoolCreateInfo pool_info = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
      .queueFamilyIndex = dev->instance->queue_family,
   };
   const VkCommandBufferBeginInfo begin = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
   };
   VkCommandBuffer cmds[3];

   TRY(vkCreateCommandPool(dev->handle, &pool_info, alloc, &o->pool));
   const VkCommandBufferAllocateInfo info = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
      .commandPool = o->pool,
      .commandBufferCount = 3,
   };
   TRY(vkAllocateCommandBuffers(dev->handle, &info, cmds));
   TRY(vkBeginCommandBuffer(cmds[0], &begin));
   vkCmdResetQueryPool(cmds[0], o->queries, 0, 20);
   for (uint32_t i = 0; i < 20; i += 2) {
      vkCmdBeginQuery(cmds[0], o->queries, i, 0);
      vkCmdEndQuery(cmds[0], o->queries, i);
   }
   for (uint32_t i = 0; i < 5000; i++)
      vkCmdSetDepthBias(cmds[0], 1, 2, 3);
   return vkEndCommandBuffer(cmds[0]);
}

static VkResult
create_all(struct vkt_device *dev,
           const VkAllocationCallbacks *alloc,
           struct objects *o)
{
   memset(o, 0, sizeof(*o));
   TRY(create_simple(dev, alloc, o));
   TRY(create_resources(dev, alloc, o));
   TRY(create_pipeline(dev, alloc, o));
   TRY(create_pass(dev, alloc, o));
   return record(dev, alloc, o);
}

static void
destroy_all(struct vkt_device *dev,
            const VkAllocationCallbacks *alloc,
            struct objects *o)
{
   const VkDevice device = dev->handle;

   vkDestroyCommandPool(device, o->pool, alloc);
   vkDestroyFramebuffer(device, o->framebuffer, alloc);
   vkDestroyRenderPass(device, o->pass, alloc);
   vkDestroyDescriptorUpdateTemplate(device, o->template, alloc);
   vkDestroyDescriptorPool(device, o->sets, alloc);
   vkDestroyPipeline(device, o->pipeline, alloc);
   vkDestroyPipelineLayout(device, o->layout, alloc);
   vkDestroyDescriptorSetLayout(device, o->set_layout, alloc);
   vkDestroyImageView(device, o->view, alloc);
   vkDestroyBufferView(device, o->buffer_view, alloc);
   vkDestroyImage(device, o->image, alloc);
   vkDestroyBuffer(device, o->buffer, alloc);
   for (uint32_t i = 0; i < 3; i++)
      vkFreeMemory(device, o->memory[i], alloc);
   vkDestroyPipelineCache(device, o->cache, alloc);
   vkDestroyShaderModule(device, o->shader, alloc);
   vkDestroySampler(device, o->sampler, alloc);
   vkDestroyQueryPool(device, o->queries, alloc);
   vkDestroyEvent(device, o->event, alloc);
   vkDestroySemaphore(device, o->semaphore, alloc);
   vkDestroyFence(device, o->fence, alloc);
}

/* The n-th allocation of the objects fails, for every n. */
static void
test_objects(struct vkt_device *dev)
{
   struct allocator allocator;
   struct objects objects;
   bool done = false;

   for (long n = 1; !done && n < 1000; n++) {
      allocator_init(&allocator);
      allocator.fail_at = n;
      const VkResult result = create_all(dev, &allocator.callbacks, &objects);
      done = atomic_load(&allocator.total) < n;
      if (done)
         VKT_CHECK(result);
      else if (result != VK_SUCCESS) /* some have a way without */
         U_CHECK_EQ(result, VK_ERROR_OUT_OF_HOST_MEMORY);
      destroy_all(dev, &allocator.callbacks, &objects);
      if (!U_CHECK_EQ(atomic_load(&allocator.live), 0)) {
         printf("allocation %ld\n", n);
         return;
      }
   }
   U_CHECK(done);
   printf("%ld allocations of objects\n", atomic_load(&allocator.total));
   U_CHECK(atomic_load(&allocator.total) > 20);
   U_CHECK(vkt_device_works(dev));
}

/* The same for a device and what it uses while it lives. */
static void
test_device(const struct vkt_instance *instance)
{
   const float priority = 1.0f;
   const VkDeviceQueueCreateInfo queue_info = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
      .queueFamilyIndex = instance->queue_family,
      .queueCount = 1,
      .pQueuePriorities = &priority,
   };
   const VkDeviceCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
      .queueCreateInfoCount = 1,
      .pQueueCreateInfos = &queue_info,
   };
   struct allocator allocator;
   struct objects objects;
   bool done = false;
   long created = 0;

   for (long n = 1; !done && n < 1000; n++) {
      struct vkt_device dev = { .instance = instance };

      allocator_init(&allocator);
      allocator.fail_at = n;
      VkResult result = vkCreateDevice(instance->pdev, &info,
                                       &allocator.callbacks, &dev.handle);
      if (result == VK_SUCCESS) {
         created = created ? created : n;
         result = create_all(&dev, NULL, &objects);
         destroy_all(&dev, NULL, &objects);
         vkDestroyDevice(dev.handle, &allocator.callbacks);
      }
      done = atomic_load(&allocator.total) < n;
      if (done)
         VKT_CHECK(result);
      else if (result != VK_SUCCESS)
         U_CHECK_EQ(result, VK_ERROR_OUT_OF_HOST_MEMORY);
      if (!U_CHECK_EQ(atomic_load(&allocator.live), 0)) {
         printf("allocation %ld\n", n);
         return;
      }
   }
   U_CHECK(done);
   U_CHECK(created > 1);
   printf("%ld allocations of a device and its objects\n",
          atomic_load(&allocator.total));
}

/* Nothing fails, but all goes back. */
static void
test_instance(void)
{
   const VkApplicationInfo app = {
      .sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
      .apiVersion = VK_API_VERSION_1_1,
   };
   const VkInstanceCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
      .pApplicationInfo = &app,
   };
   struct allocator allocator;
   VkInstance handle;
   VkPhysicalDevice pdevs[8];
   uint32_t count = 8;

   allocator_init(&allocator);
   if (!VKT_CHECK(vkCreateInstance(&info, &allocator.callbacks, &handle)))
      return;
   VKT_CHECK(vkEnumeratePhysicalDevices(handle, &count, pdevs));
   U_CHECK(count > 0);
   vkDestroyInstance(handle, &allocator.callbacks);
   U_CHECK(atomic_load(&allocator.total) > 0);
   U_CHECK_EQ(atomic_load(&allocator.live), 0);
}

int
main(void)
{
   struct vkt_instance instance;
   struct vkt_device dev = { 0 };

   vkt_bound(110);
   if (U_CHECK(vkt_instance_init(&instance)) &&
       U_CHECK(vkt_device_init(&dev, &instance, NULL, 0, NULL))) {
      test_objects(&dev);
      test_device(&instance);
      test_instance();
   }
   vkt_device_finish(&dev);
   vkt_instance_finish(&instance);
   return u_test_result();
}
