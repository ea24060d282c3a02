/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Set layouts, pipeline layouts, pools and sets as objects. What is written
 * into a set is in vn_descriptor_update.c.
 */

#include "vn_descriptor_set.h"

#include "vn_calls.h"
#include "vn_entrypoints.h"

struct vn_descriptor_set_layout *
vn_descriptor_set_layout_ref(struct vn_descriptor_set_layout *layout)
{
   /* relaxed: the caller has a reference or a live handle already */
   atomic_fetch_add_explicit(&layout->refcount, 1, memory_order_relaxed);
   return layout;
}

void
vn_descriptor_set_layout_unref(struct vn_descriptor_set_layout *layout)
{
   /* acq_rel: pairs with the other unrefs, so that the one who frees sees
    * everybody else's reads done
    */
   if (layout && atomic_fetch_sub_explicit(&layout->refcount, 1,
                                           memory_order_acq_rel) == 1)
      free(layout);
}

const struct vn_descriptor_binding *
vn_descriptor_set_layout_find(const struct vn_descriptor_set_layout *layout,
                              uint32_t binding)
{
   for (uint32_t i = 0; i < layout->binding_count; i++) {
      if (layout->bindings[i].binding == binding)
         return &layout->bindings[i];
   }
   return NULL;
}

static bool
has_samplers(VkDescriptorType type)
{
   return type == VK_DESCRIPTOR_TYPE_SAMPLER ||
          type == VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER;
}

static int
compare_bindings(const void *a, const void *b)
{
   const struct vn_descriptor_binding *binding_a = a;
   const struct vn_descriptor_binding *binding_b = b;
   return (binding_a->binding > binding_b->binding) -
          (binding_a->binding < binding_b->binding);
}

/*
 * A copy of the bindings in which pImmutableSamplers is NULL wherever the
 * specification ignores it: "if descriptorType is not VK_DESCRIPTOR_TYPE_
 * SAMPLER or COMBINED_IMAGE_SAMPLER, then pImmutableSamplers is ignored".
 */
static VkDescriptorSetLayoutBinding *
clean_bindings(const VkAllocationCallbacks *alloc,
               const VkDescriptorSetLayoutCreateInfo *info)
{
   VkDescriptorSetLayoutBinding *bindings =
      vn_alloc_scratch(alloc, (info->bindingCount + 1) * sizeof(*bindings));
   if (!bindings)
      return NULL;
   for (uint32_t i = 0; i < info->bindingCount; i++) {
      bindings[i] = info->pBindings[i];
      if (!has_samplers(bindings[i].descriptorType))
         bindings[i].pImmutableSamplers = NULL;
   }
   return bindings;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_CreateDescriptorSetLayout(
   VkDevice _device,
   const VkDescriptorSetLayoutCreateInfo *pCreateInfo,
   const VkAllocationCallbacks *pAllocator,
   VkDescriptorSetLayout *pSetLayout)
{
   struct vn_device *device = vn_device_from_handle(_device);
   VkDescriptorSetLayoutBinding *bindings =
      clean_bindings(&device->alloc, pCreateInfo);
   if (!bindings)
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);

   struct vn_descriptor_set_layout *layout =
      calloc(1, sizeof(*layout) +
                   pCreateInfo->bindingCount * sizeof(layout->bindings[0]));
   if (!layout) {
      vn_free_scratch(&device->alloc, bindings);
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);
   }
   vn_object_init(&layout->base, VK_OBJECT_TYPE_DESCRIPTOR_SET_LAYOUT);
   layout->refcount = 1;
   layout->binding_count = pCreateInfo->bindingCount;
   for (uint32_t i = 0; i < pCreateInfo->bindingCount; i++) {
      layout->bindings[i] = (struct vn_descriptor_binding){
         .binding = bindings[i].binding,
         .type = bindings[i].descriptorType,
         .count = bindings[i].descriptorCount,
         .immutable_samplers = bindings[i].pImmutableSamplers != NULL,
      };
   }
   qsort(layout->bindings, layout->binding_count, sizeof(layout->bindings[0]),
         compare_bindings);

   VkDescriptorSetLayoutCreateInfo info = *pCreateInfo;
   info.pBindings = bindings;
   VkDescriptorSetLayout handle = vn_descriptor_set_layout_to_handle(layout);
   const VkResult result = vn_async_vkCreateDescriptorSetLayout(
      device->dispatch.ring, _device, &info, NULL, &handle);
   vn_free_scratch(&device->alloc, bindings);
   if (result != VK_SUCCESS) {
      vn_descriptor_set_layout_unref(layout);
      return vn_result(result);
   }
   *pSetLayout = vn_descriptor_set_layout_to_handle(layout);
   return VK_SUCCESS;
}

VKAPI_ATTR void VKAPI_CALL
vn_DestroyDescriptorSetLayout(VkDevice _device,
                              VkDescriptorSetLayout descriptorSetLayout,
                              const VkAllocationCallbacks *pAllocator)
{
   if (!descriptorSetLayout)
      return;
   vn_async_vkDestroyDescriptorSetLayout(vn_ring_of(_device), _device,
                                         descriptorSetLayout, NULL);
   vn_descriptor_set_layout_unref(
      vn_descriptor_set_layout_from_handle(descriptorSetLayout));
}

VKAPI_ATTR void VKAPI_CALL
vn_GetDescriptorSetLayoutSupport(
   VkDevice _device,
   const VkDescriptorSetLayoutCreateInfo *pCreateInfo,
   VkDescriptorSetLayoutSupport *pSupport)
{
   struct vn_device *device = vn_device_from_handle(_device);

   pSupport->supported = VK_FALSE;
   VkDescriptorSetLayoutBinding *bindings =
      clean_bindings(&device->alloc, pCreateInfo);
   if (!bindings)
      return;
   VkDescriptorSetLayoutCreateInfo info = *pCreateInfo;
   info.pBindings = bindings;
   vn_call_vkGetDescriptorSetLayoutSupport(device->dispatch.ring, _device,
                                           &info, pSupport);
   vn_free_scratch(&device->alloc, bindings);
}

static void
free_pipeline_layout(struct vn_pipeline_layout *layout)
{
   for (uint32_t i = 0; i < layout->set_count; i++)
      vn_descriptor_set_layout_unref(layout->sets[i]);
   free(layout);
}

struct vn_pipeline_layout *
vn_pipeline_layout_ref(VkPipelineLayout _layout)
{
   struct vn_pipeline_layout *layout =
      vn_pipeline_layout_from_handle(_layout);
   /* relaxed: the caller has a live handle */
   if (layout)
      atomic_fetch_add_explicit(&layout->refcount, 1, memory_order_relaxed);
   return layout;
}

void
vn_pipeline_layout_unref(VkDevice device, struct vn_pipeline_layout *layout)
{
   /* acq_rel: as for set layouts */
   if (!layout || atomic_fetch_sub_explicit(&layout->refcount, 1,
                                            memory_order_acq_rel) != 1)
      return;
   vn_async_vkDestroyPipelineLayout(
      vn_ring_of(device), device, vn_pipeline_layout_to_handle(layout), NULL);
   free_pipeline_layout(layout);
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_CreatePipelineLayout(VkDevice _device,
                        const VkPipelineLayoutCreateInfo *pCreateInfo,
                        const VkAllocationCallbacks *pAllocator,
                        VkPipelineLayout *pPipelineLayout)
{
   struct vn_pipeline_layout *layout =
      calloc(1, sizeof(*layout) +
                   pCreateInfo->setLayoutCount * sizeof(layout->sets[0]));
   if (!layout)
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);

   vn_object_init(&layout->base, VK_OBJECT_TYPE_PIPELINE_LAYOUT);
   layout->refcount = 1;

   layout->set_count = pCreateInfo->setLayoutCount;
   for (uint32_t i = 0; i < layout->set_count; i++) {
      if (pCreateInfo->pSetLayouts[i]) {
         layout->sets[i] =
            vn_descriptor_set_layout_ref(vn_descriptor_set_layout_from_handle(
               pCreateInfo->pSetLayouts[i]));
      }
   }

   VkPipelineLayout handle = vn_pipeline_layout_to_handle(layout);
   const VkResult result = vn_async_vkCreatePipelineLayout(
      vn_ring_of(_device), _device, pCreateInfo, NULL, &handle);
   if (result != VK_SUCCESS) {
      free_pipeline_layout(layout);
      return vn_result(result);
   }
   *pPipelineLayout = vn_pipeline_layout_to_handle(layout);
   return VK_SUCCESS;
}

VKAPI_ATTR void VKAPI_CALL
vn_DestroyPipelineLayout(VkDevice _device,
                         VkPipelineLayout pipelineLayout,
                         const VkAllocationCallbacks *pAllocator)
{
   vn_pipeline_layout_unref(_device,
                            vn_pipeline_layout_from_handle(pipelineLayout));
}

static void
free_set(struct vn_descriptor_pool *pool, struct vn_descriptor_set *set)
{
   u_list_del(&set->pool_link);
   vn_descriptor_set_layout_unref(set->layout);
   vn_object_free(&pool->alloc, NULL, set);
}

static void
free_all_sets(struct vn_descriptor_pool *pool)
{
   u_list_for_each_safe (struct vn_descriptor_set, set, &pool->sets,
                         pool_link)
      free_set(pool, set);
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_CreateDescriptorPool(VkDevice _device,
                        const VkDescriptorPoolCreateInfo *pCreateInfo,
                        const VkAllocationCallbacks *pAllocator,
                        VkDescriptorPool *pDescriptorPool)
{
   struct vn_descriptor_pool *pool = vn_device_object_zalloc(
      _device, pAllocator, sizeof(*pool), VK_OBJECT_TYPE_DESCRIPTOR_POOL);
   if (!pool)
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);

   pool->alloc =
      pAllocator ? *pAllocator : vn_device_from_handle(_device)->alloc;
   u_list_init(&pool->sets);

   VkDescriptorPool handle = vn_descriptor_pool_to_handle(pool);
   const VkResult result = vn_async_vkCreateDescriptorPool(
      vn_ring_of(_device), _device, pCreateInfo, NULL, &handle);
   if (result != VK_SUCCESS) {
      vn_object_destroy(_device, pAllocator, pool);
      return vn_result(result);
   }
   *pDescriptorPool = vn_descriptor_pool_to_handle(pool);
   return VK_SUCCESS;
}

VKAPI_ATTR void VKAPI_CALL
vn_DestroyDescriptorPool(VkDevice _device,
                         VkDescriptorPool descriptorPool,
                         const VkAllocationCallbacks *pAllocator)
{
   struct vn_descriptor_pool *pool =
      vn_descriptor_pool_from_handle(descriptorPool);
   if (!pool)
      return;
   free_all_sets(pool);
   vn_async_vkDestroyDescriptorPool(vn_ring_of(_device), _device,
                                    descriptorPool, NULL);
   vn_object_destroy(_device, pAllocator, pool);
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_ResetDescriptorPool(VkDevice device,
                       VkDescriptorPool descriptorPool,
                       VkDescriptorPoolResetFlags flags)
{
   free_all_sets(vn_descriptor_pool_from_handle(descriptorPool));
   return vn_result(vn_async_vkResetDescriptorPool(vn_ring_of(device), device,
                                                   descriptorPool, flags));
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_AllocateDescriptorSets(VkDevice device,
                          const VkDescriptorSetAllocateInfo *pAllocateInfo,
                          VkDescriptorSet *pDescriptorSets)
{
   struct vn_descriptor_pool *pool =
      vn_descriptor_pool_from_handle(pAllocateInfo->descriptorPool);
   const uint32_t count = pAllocateInfo->descriptorSetCount;
   VkResult result = VK_ERROR_OUT_OF_HOST_MEMORY;

   memset(pDescriptorSets, 0, count * sizeof(*pDescriptorSets));
   for (uint32_t i = 0; i < count; i++) {
      struct vn_descriptor_set *set = vn_object_zalloc(
         &pool->alloc, NULL, sizeof(*set), VK_OBJECT_TYPE_DESCRIPTOR_SET,
         VK_SYSTEM_ALLOCATION_SCOPE_OBJECT);
      if (!set)
         goto fail;
      set->layout = vn_descriptor_set_layout_ref(
         vn_descriptor_set_layout_from_handle(pAllocateInfo->pSetLayouts[i]));
      u_list_add_tail(&pool->sets, &set->pool_link);
      pDescriptorSets[i] = vn_descriptor_set_to_handle(set);
   }

   /* a pool that is full is normal use, so the answer is waited for; the
    * reply may turn handles into NULL, so they go in a copy
    */
   VkDescriptorSet stack[16];
   VkDescriptorSet *handles = stack;
   if (count > VN_ARRAY_SIZE(stack)) {
      handles = vn_alloc_scratch(&pool->alloc, count * sizeof(*handles));
      if (!handles)
         goto fail;
   }
   memcpy(handles, pDescriptorSets, count * sizeof(*handles));
   result = vn_call_vkAllocateDescriptorSets(vn_ring_of(device), device,
                                             pAllocateInfo, handles);
   if (handles != stack)
      vn_free_scratch(&pool->alloc, handles);
   if (result == VK_SUCCESS)
      return VK_SUCCESS;

fail:
   for (uint32_t i = 0; i < count; i++) {
      if (pDescriptorSets[i])
         free_set(pool, vn_descriptor_set_from_handle(pDescriptorSets[i]));
      pDescriptorSets[i] = VK_NULL_HANDLE;
   }
   return vn_result(result);
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_FreeDescriptorSets(VkDevice device,
                      VkDescriptorPool descriptorPool,
                      uint32_t descriptorSetCount,
                      const VkDescriptorSet *pDescriptorSets)
{
   struct vn_descriptor_pool *pool =
      vn_descriptor_pool_from_handle(descriptorPool);

   vn_async_vkFreeDescriptorSets(vn_ring_of(device), device, descriptorPool,
                                 descriptorSetCount, pDescriptorSets);
   for (uint32_t i = 0; i < descriptorSetCount; i++) {
      if (pDescriptorSets[i])
         free_set(pool, vn_descriptor_set_from_handle(pDescriptorSets[i]));
   }
   return VK_SUCCESS;
}
