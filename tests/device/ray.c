/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * One triangle, and four rays of which two meet it: asked by a compute shader
 * with ray queries, and by a ray tracing pipeline.
 */

#include <string.h>

#include "vk_fixture.h"
#include "ray.comp.h"
#include "ray.rchit.h"
#include "ray.rgen.h"
#include "ray.rmiss.h"

#define RAYS         4
#define CUSTOM_INDEX 77
#define GROUPS       3
#define MAX_HANDLE   64 /* bytes; larger handles or alignments: no test */

#define PROCS(X)                                                             \
   X(vkGetBufferDeviceAddress)                                               \
   X(vkCreateAccelerationStructureKHR)                                       \
   X(vkDestroyAccelerationStructureKHR)                                      \
   X(vkCmdBuildAccelerationStructuresKHR)                                    \
   X(vkBuildAccelerationStructuresKHR)                                       \
   X(vkGetAccelerationStructureBuildSizesKHR)                                \
   X(vkGetAccelerationStructureDeviceAddressKHR)                             \
   X(vkCreateRayTracingPipelinesKHR)                                         \
   X(vkGetRayTracingShaderGroupHandlesKHR)                                   \
   X(vkCmdTraceRaysKHR)                                                      \
   X(vkCreateDeferredOperationKHR)                                           \
   X(vkDestroyDeferredOperationKHR)                                          \
   X(vkDeferredOperationJoinKHR)                                             \
   X(vkGetDeferredOperationResultKHR)

static struct {
#define DECLARE(name) PFN_##name name;
   PROCS(DECLARE)
#undef DECLARE
} vk;

struct buffer {
   VkBuffer handle;
   VkDeviceMemory memory;
   VkDeviceAddress address;
   void *map;
};

struct structure {
   VkAccelerationStructureKHR handle;
   struct buffer storage, scratch;
};

struct scene {
   struct vkt_device *dev; /* lent */
   struct buffer vertices, instance, hits, table;
   struct structure bottom, top;
   VkDescriptorSetLayout set_layout;
   VkPipelineLayout layout;
   VkDescriptorPool pool;
   VkDescriptorSet set;
   VkPipeline query, trace;
};

static bool
get_procs(VkDevice dev)
{
   bool all = true;

#define GET(name)                                                            \
   vk.name = (PFN_##name)vkGetDeviceProcAddr(dev, #name);                    \
   all &= U_CHECK(vk.name != NULL);
   PROCS(GET)
#undef GET
   return all;
}

static bool
buffer_init(struct buffer *buffer,
            struct vkt_device *dev,
            VkDeviceSize size,
            VkBufferUsageFlags usage)
{
   const VkBufferCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
      .size = size,
      .usage = usage | VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT,
   };
   const VkMemoryAllocateFlagsInfo flags = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO,
      .flags = VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT,
   };
   VkMemoryAllocateInfo alloc = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
      .pNext = &flags,
   };
   VkMemoryRequirements reqs;

   if (!VKT_CHECK(vkCreateBuffer(dev->handle, &info, NULL, &buffer->handle)))
      return false;
   vkGetBufferMemoryRequirements(dev->handle, buffer->handle, &reqs);
   alloc.allocationSize = reqs.size;
   alloc.memoryTypeIndex =
      vkt_memory_type(dev->instance, reqs.memoryTypeBits,
                      VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT |
                         VK_MEMORY_PROPERTY_HOST_COHERENT_BIT);
   if (!VKT_CHECK(
          vkAllocateMemory(dev->handle, &alloc, NULL, &buffer->memory)) ||
       !VKT_CHECK(vkBindBufferMemory(dev->handle, buffer->handle,
                                     buffer->memory, 0)) ||
       !VKT_CHECK(vkMapMemory(dev->handle, buffer->memory, 0, VK_WHOLE_SIZE,
                              0, &buffer->map)))
      return false;

   const VkBufferDeviceAddressInfo address = {
      .sType = VK_STRUCTURE_TYPE_BUFFER_DEVICE_ADDRESS_INFO,
      .buffer = buffer->handle,
   };
   buffer->address = vk.vkGetBufferDeviceAddress(dev->handle, &address);
   return U_CHECK(buffer->address != 0);
}

static void
buffer_finish(struct buffer *buffer, struct vkt_device *dev)
{
   vkDestroyBuffer(dev->handle, buffer->handle, NULL);
   vkFreeMemory(dev->handle, buffer->memory, NULL);
}

/* Builds a structure of one geometry with one primitive. */
static bool
structure_init(struct structure *structure,
               struct vkt_device *dev,
               VkAccelerationStructureTypeKHR type,
               const VkAccelerationStructureGeometryKHR *geometry)
{
   const uint32_t one = 1;
   VkAccelerationStructureBuildGeometryInfoKHR build = {
      .sType =
         VK_STRUCTURE_TYPE_ACCELERATION_STRUCTURE_BUILD_GEOMETRY_INFO_KHR,
      .type = type,
      .mode = VK_BUILD_ACCELERATION_STRUCTURE_MODE_BUILD_KHR,
      .geometryCount = 1,
      .pGeometries = geometry,
   };
   VkAccelerationStructureBuildSizesInfoKHR sizes = {
      .sType = VK_STRUCTURE_TYPE_ACCELERATION_STRUCTURE_BUILD_SIZES_INFO_KHR,
   };

   vk.vkGetAccelerationStructureBuildSizesKHR(
      dev->handle, VK_ACCELERATION_STRUCTURE_BUILD_TYPE_DEVICE_KHR, &build,
      &one, &sizes);
   if (!U_CHECK(sizes.accelerationStructureSize > 0) ||
       !buffer_init(&structure->storage, dev, sizes.accelerationStructureSize,
                    VK_BUFFER_USAGE_ACCELERATION_STRUCTURE_STORAGE_BIT_KHR) ||
       !buffer_init(&structure->scratch, dev, sizes.buildScratchSize + 256,
                    VK_BUFFER_USAGE_STORAGE_BUFFER_BIT))
      return false;

   const VkAccelerationStructureCreateInfoKHR info = {
      .sType = VK_STRUCTURE_TYPE_ACCELERATION_STRUCTURE_CREATE_INFO_KHR,
      .buffer = structure->storage.handle,
      .size = sizes.accelerationStructureSize,
      .type = type,
   };
   if (!VKT_CHECK(vk.vkCreateAccelerationStructureKHR(
          dev->handle, &info, NULL, &structure->handle)))
      return false;

   build.dstAccelerationStructure = structure->handle;
   build.scratchData.deviceAddress =
      (structure->scratch.address + 255) & ~(VkDeviceAddress)255;
   const VkAccelerationStructureBuildRangeInfoKHR range = {
      .primitiveCount = 1,
   };
   const VkAccelerationStructureBuildRangeInfoKHR *ranges = &range;
   if (!vkt_begin(dev))
      return false;
   vk.vkCmdBuildAccelerationStructuresKHR(dev->cmd, 1, &build, &ranges);
   return vkt_submit_wait(dev);
}

static void
structure_finish(struct structure *structure, struct vkt_device *dev)
{
   vk.vkDestroyAccelerationStructureKHR(dev->handle, structure->handle, NULL);
   buffer_finish(&structure->storage, dev);
   buffer_finish(&structure->scratch, dev);
}

/* A triangle that lies across x = 0 and x = 1. */
static bool
build_bottom(struct scene *scene)
{
   static const float corners[9] = { -0.5f, -1, 0, 2.5f, -1, 0, -0.5f, 2, 0 };
   if (!buffer_init(
          &scene->vertices, scene->dev, sizeof(corners),
          VK_BUFFER_USAGE_ACCELERATION_STRUCTURE_BUILD_INPUT_READ_ONLY_BIT_KHR))
      return false;
   memcpy(scene->vertices.map, corners, sizeof(corners));

   const VkAccelerationStructureGeometryKHR geometry = {
      .sType = VK_STRUCTURE_TYPE_ACCELERATION_STRUCTURE_GEOMETRY_KHR,
      .geometryType = VK_GEOMETRY_TYPE_TRIANGLES_KHR,
      .geometry.triangles = {
         .sType =
            VK_STRUCTURE_TYPE_ACCELERATION_STRUCTURE_GEOMETRY_TRIANGLES_DATA_KHR,
         .vertexFormat = VK_FORMAT_R32G32B32_SFLOAT,
         .vertexData.deviceAddress = scene->vertices.address,
         .vertexStride = 3 * sizeof(float),
         .maxVertex = 2,
         .indexType = VK_INDEX_TYPE_NONE_KHR,
      },
      .flags = VK_GEOMETRY_OPAQUE_BIT_KHR,
   };
   return structure_init(&scene->bottom, scene->dev,
                         VK_ACCELERATION_STRUCTURE_TYPE_BOTTOM_LEVEL_KHR,
                         &geometry);
}

static bool
build_top(struct scene *scene)
{
   const VkAccelerationStructureDeviceAddressInfoKHR address_info = {
      .sType =
         VK_STRUCTURE_TYPE_ACCELERATION_STRUCTURE_DEVICE_ADDRESS_INFO_KHR,
      .accelerationStructure = scene->bottom.handle,
   };
   const VkAccelerationStructureInstanceKHR instance = {
      .transform.matrix = { { 1, 0, 0, 0 }, { 0, 1, 0, 0 }, { 0, 0, 1, 0 } },
      .instanceCustomIndex = CUSTOM_INDEX,
      .mask = 0xff,
      .accelerationStructureReference =
         vk.vkGetAccelerationStructureDeviceAddressKHR(scene->dev->handle,
                                                       &address_info),
   };
   if (!U_CHECK(instance.accelerationStructureReference != 0) ||
       !buffer_init(
          &scene->instance, scene->dev, sizeof(instance),
          VK_BUFFER_USAGE_ACCELERATION_STRUCTURE_BUILD_INPUT_READ_ONLY_BIT_KHR))
      return false;
   memcpy(scene->instance.map, &instance, sizeof(instance));

   const VkAccelerationStructureGeometryKHR geometry = {
      .sType = VK_STRUCTURE_TYPE_ACCELERATION_STRUCTURE_GEOMETRY_KHR,
      .geometryType = VK_GEOMETRY_TYPE_INSTANCES_KHR,
      .geometry.instances = {
         .sType =
            VK_STRUCTURE_TYPE_ACCELERATION_STRUCTURE_GEOMETRY_INSTANCES_DATA_KHR,
         .data.deviceAddress = scene->instance.address,
      },
   };
   return structure_init(&scene->top, scene->dev,
                         VK_ACCELERATION_STRUCTURE_TYPE_TOP_LEVEL_KHR,
                         &geometry);
}

static bool
create_set(struct scene *scene)
{
   const VkShaderStageFlags stages =
      VK_SHADER_STAGE_COMPUTE_BIT | VK_SHADER_STAGE_RAYGEN_BIT_KHR;
   const VkDescriptorSetLayoutBinding bindings[2] = {
      { 0, VK_DESCRIPTOR_TYPE_ACCELERATION_STRUCTURE_KHR, 1, stages, NULL },
      { 1, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1, stages, NULL },
   };
   const VkDescriptorSetLayoutCreateInfo set_info = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
      .bindingCount = 2,
      .pBindings = bindings,
   };
   const VkPipelineLayoutCreateInfo layout_info = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
      .setLayoutCount = 1,
      .pSetLayouts = &scene->set_layout,
   };
   const VkDescriptorPoolSize sizes[2] = {
      { VK_DESCRIPTOR_TYPE_ACCELERATION_STRUCTURE_KHR, 1 },
      { VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1 },
   };
   const VkDescriptorPoolCreateInfo pool_info = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
      .maxSets = 1,
      .poolSizeCount = 2,
      .pPoolSizes = sizes,
   };
   const VkDevice dev = scene->dev->handle;

   if (!VKT_CHECK(vkCreateDescriptorSetLayout(dev, &set_info, NULL,
                                              &scene->set_layout)) ||
       !VKT_CHECK(
          vkCreatePipelineLayout(dev, &layout_info, NULL, &scene->layout)) ||
       !VKT_CHECK(
          vkCreateDescriptorPool(dev, &pool_info, NULL, &scene->pool)))
      return false;
   const VkDescriptorSetAllocateInfo alloc = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
      .descriptorPool = scene->pool,
      .descriptorSetCount = 1,
      .pSetLayouts = &scene->set_layout,
   };
   if (!VKT_CHECK(vkAllocateDescriptorSets(dev, &alloc, &scene->set)))
      return false;

   const VkWriteDescriptorSetAccelerationStructureKHR structures = {
      .sType =
         VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET_ACCELERATION_STRUCTURE_KHR,
      .accelerationStructureCount = 1,
      .pAccelerationStructures = &scene->top.handle,
   };
   const VkDescriptorBufferInfo hits = {
      .buffer = scene->hits.handle,
      .range = VK_WHOLE_SIZE,
   };
   const VkWriteDescriptorSet writes[2] = {
      {
         .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
         .pNext = &structures,
         .dstSet = scene->set,
         .dstBinding = 0,
         .descriptorCount = 1,
         .descriptorType = VK_DESCRIPTOR_TYPE_ACCELERATION_STRUCTURE_KHR,
      },
      {
         .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
         .dstSet = scene->set,
         .dstBinding = 1,
         .descriptorCount = 1,
         .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
         .pBufferInfo = &hits,
      },
   };
   vkUpdateDescriptorSets(dev, 2, writes, 0, NULL);
   return true;
}

static void
check_hits(struct scene *scene)
{
   static const uint32_t wanted[RAYS] = { CUSTOM_INDEX, CUSTOM_INDEX, 0, 0 };
   const uint32_t *hits = scene->hits.map;

   for (unsigned i = 0; i < RAYS; i++)
      U_CHECK_EQ(hits[i], wanted[i]);
   memset(scene->hits.map, 0xff, RAYS * sizeof(*hits));
}

static void
test_query(struct scene *scene)
{
   struct vkt_device *dev = scene->dev;
   const VkComputePipelineCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
      .stage = {
         .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
         .stage = VK_SHADER_STAGE_COMPUTE_BIT,
         .module = vkt_shader(dev, ray_comp, sizeof(ray_comp)),
         .pName = "main",
      },
      .layout = scene->layout,
   };

   if (VKT_CHECK(vkCreateComputePipelines(dev->handle, VK_NULL_HANDLE, 1,
                                          &info, NULL, &scene->query)) &&
       vkt_begin(dev)) {
      vkCmdBindPipeline(dev->cmd, VK_PIPELINE_BIND_POINT_COMPUTE,
                        scene->query);
      vkCmdBindDescriptorSets(dev->cmd, VK_PIPELINE_BIND_POINT_COMPUTE,
                              scene->layout, 0, 1, &scene->set, 0, NULL);
      vkCmdDispatch(dev->cmd, RAYS, 1, 1);
      vkt_full_barrier(dev->cmd);
      if (vkt_submit_wait(dev))
         check_hits(scene);
   }
   vkDestroyShaderModule(dev->handle, info.stage.module, NULL);
}

/*
 * A second one, to be done later if the driver likes. It is not used: the
 * validation layer of Debian 12 loses pipelines that were not deferred.
 */
static void
test_deferral(struct vkt_device *dev,
              const VkRayTracingPipelineCreateInfoKHR *info)
{
   VkDeferredOperationKHR op = VK_NULL_HANDLE;
   VkPipeline pipeline = VK_NULL_HANDLE;

   if (!VKT_CHECK(vk.vkCreateDeferredOperationKHR(dev->handle, NULL, &op)))
      return;
   const VkResult result = vk.vkCreateRayTracingPipelinesKHR(
      dev->handle, op, VK_NULL_HANDLE, 1, info, NULL, &pipeline);
   if (result == VK_OPERATION_DEFERRED_KHR)
      VKT_CHECK(vk.vkDeferredOperationJoinKHR(dev->handle, op));
   else
      U_CHECK(result == VK_SUCCESS ||
              result == VK_OPERATION_NOT_DEFERRED_KHR);
   VKT_CHECK(vk.vkGetDeferredOperationResultKHR(dev->handle, op));
   U_CHECK(pipeline != VK_NULL_HANDLE);
   vkDestroyPipeline(dev->handle, pipeline, NULL);
   vk.vkDestroyDeferredOperationKHR(dev->handle, op, NULL);
}

static bool
create_trace_pipeline(struct scene *scene)
{
   struct vkt_device *dev = scene->dev;
   const VkPipelineShaderStageCreateInfo stages[GROUPS] = {
      {
         .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
         .stage = VK_SHADER_STAGE_RAYGEN_BIT_KHR,
         .module = vkt_shader(dev, ray_rgen, sizeof(ray_rgen)),
         .pName = "main",
      },
      {
         .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
         .stage = VK_SHADER_STAGE_MISS_BIT_KHR,
         .module = vkt_shader(dev, ray_rmiss, sizeof(ray_rmiss)),
         .pName = "main",
      },
      {
         .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
         .stage = VK_SHADER_STAGE_CLOSEST_HIT_BIT_KHR,
         .module = vkt_shader(dev, ray_rchit, sizeof(ray_rchit)),
         .pName = "main",
      },
   };
   VkRayTracingShaderGroupCreateInfoKHR groups[GROUPS];
   for (uint32_t i = 0; i < GROUPS; i++) {
      const bool is_hit = i == 2;
      groups[i] = (VkRayTracingShaderGroupCreateInfoKHR){
         .sType = VK_STRUCTURE_TYPE_RAY_TRACING_SHADER_GROUP_CREATE_INFO_KHR,
         .type = is_hit
                    ? VK_RAY_TRACING_SHADER_GROUP_TYPE_TRIANGLES_HIT_GROUP_KHR
                    : VK_RAY_TRACING_SHADER_GROUP_TYPE_GENERAL_KHR,
         .generalShader = is_hit ? VK_SHADER_UNUSED_KHR : i,
         .closestHitShader = is_hit ? i : VK_SHADER_UNUSED_KHR,
         .anyHitShader = VK_SHADER_UNUSED_KHR,
         .intersectionShader = VK_SHADER_UNUSED_KHR,
      };
   }
   const VkRayTracingPipelineCreateInfoKHR info = {
      .sType = VK_STRUCTURE_TYPE_RAY_TRACING_PIPELINE_CREATE_INFO_KHR,
      .stageCount = GROUPS,
      .pStages = stages,
      .groupCount = GROUPS,
      .pGroups = groups,
      .maxPipelineRayRecursionDepth = 1,
      .layout = scene->layout,
   };

   VKT_CHECK(vk.vkCreateRayTracingPipelinesKHR(dev->handle, VK_NULL_HANDLE,
                                               VK_NULL_HANDLE, 1, &info, NULL,
                                               &scene->trace));
   test_deferral(dev, &info);

   for (uint32_t i = 0; i < GROUPS; i++)
      vkDestroyShaderModule(dev->handle, stages[i].module, NULL);
   return U_CHECK(scene->trace != VK_NULL_HANDLE);
}

static void
test_trace(struct scene *scene,
           const VkPhysicalDeviceRayTracingPipelinePropertiesKHR *props)
{
   struct vkt_device *dev = scene->dev;
   const uint32_t size = props->shaderGroupHandleSize;
   uint8_t handles[GROUPS * MAX_HANDLE];

   if (!U_CHECK(size <= MAX_HANDLE) ||
       !U_CHECK(props->shaderGroupBaseAlignment <= MAX_HANDLE) ||
       !create_trace_pipeline(scene) ||
       !VKT_CHECK(vk.vkGetRayTracingShaderGroupHandlesKHR(
          dev->handle, scene->trace, 0, GROUPS, (size_t)GROUPS * size,
          handles)))
      return;

   VkStridedDeviceAddressRegionKHR regions[GROUPS + 1] = { 0 };
   for (uint32_t i = 0; i < GROUPS; i++) {
      memcpy((uint8_t *)scene->table.map + i * MAX_HANDLE, handles + i * size,
             size);
      regions[i] = (VkStridedDeviceAddressRegionKHR){
         .deviceAddress = scene->table.address + i * MAX_HANDLE,
         .stride = MAX_HANDLE,
         .size = MAX_HANDLE,
      };
   }
   if (!vkt_begin(dev))
      return;
   vkCmdBindPipeline(dev->cmd, VK_PIPELINE_BIND_POINT_RAY_TRACING_KHR,
                     scene->trace);
   vkCmdBindDescriptorSets(dev->cmd, VK_PIPELINE_BIND_POINT_RAY_TRACING_KHR,
                           scene->layout, 0, 1, &scene->set, 0, NULL);
   vk.vkCmdTraceRaysKHR(dev->cmd, &regions[0], &regions[1], &regions[2],
                        &regions[3], RAYS, 1, 1);
   vkt_full_barrier(dev->cmd);
   if (vkt_submit_wait(dev))
      check_hits(scene);
}

static void
scene_finish(struct scene *scene)
{
   struct vkt_device *dev = scene->dev;

   vkDestroyPipeline(dev->handle, scene->trace, NULL);
   vkDestroyPipeline(dev->handle, scene->query, NULL);
   vkDestroyDescriptorPool(dev->handle, scene->pool, NULL);
   vkDestroyPipelineLayout(dev->handle, scene->layout, NULL);
   vkDestroyDescriptorSetLayout(dev->handle, scene->set_layout, NULL);
   structure_finish(&scene->top, dev);
   structure_finish(&scene->bottom, dev);
   buffer_finish(&scene->vertices, dev);
   buffer_finish(&scene->instance, dev);
   buffer_finish(&scene->hits, dev);
   buffer_finish(&scene->table, dev);
}

static void
test_rays(const struct vkt_instance *instance,
          const char *const *exts,
          uint32_t ext_count)
{
   VkPhysicalDeviceRayTracingPipelinePropertiesKHR trace_props = {
      .sType =
         VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_RAY_TRACING_PIPELINE_PROPERTIES_KHR,
   };
   VkPhysicalDeviceProperties2 props = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
      .pNext = &trace_props,
   };
   vkGetPhysicalDeviceProperties2(instance->pdev, &props);

   VkPhysicalDeviceBufferDeviceAddressFeatures address = {
      .sType =
         VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_BUFFER_DEVICE_ADDRESS_FEATURES,
      .bufferDeviceAddress = VK_TRUE,
   };
   VkPhysicalDeviceRayTracingPipelineFeaturesKHR trace = {
      .sType =
         VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_RAY_TRACING_PIPELINE_FEATURES_KHR,
      .pNext = &address,
      .rayTracingPipeline = VK_TRUE,
   };
   VkPhysicalDeviceRayQueryFeaturesKHR query = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_RAY_QUERY_FEATURES_KHR,
      .pNext = &trace,
      .rayQuery = VK_TRUE,
   };
   const VkPhysicalDeviceAccelerationStructureFeaturesKHR features = {
      .sType =
         VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ACCELERATION_STRUCTURE_FEATURES_KHR,
      .pNext = &query,
      .accelerationStructure = VK_TRUE,
   };
   struct vkt_device dev = { 0 };
   struct scene scene = { .dev = &dev };

   if (U_CHECK(vkt_device_init(&dev, instance, exts, ext_count, &features)) &&
       get_procs(dev.handle)) {
      if (buffer_init(&scene.hits, &dev, RAYS * sizeof(uint32_t),
                      VK_BUFFER_USAGE_STORAGE_BUFFER_BIT) &&
          buffer_init(&scene.table, &dev, GROUPS * MAX_HANDLE,
                      VK_BUFFER_USAGE_SHADER_BINDING_TABLE_BIT_KHR) &&
          build_bottom(&scene) && build_top(&scene) && create_set(&scene)) {
         test_query(&scene);
         test_trace(&scene, &trace_props);
      }
      scene_finish(&scene);
   }
   vkt_device_finish(&dev);
}

/*
 * What renderers before 1.1.1 cannot decode must not be half there: neither
 * commands nor features.
 */
static void
test_absent(const struct vkt_instance *instance)
{
   struct vkt_device dev = { 0 };
   VkPhysicalDeviceAccelerationStructureFeaturesKHR structures = {
      .sType =
         VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ACCELERATION_STRUCTURE_FEATURES_KHR,
      .accelerationStructure = VK_TRUE,
   };
   VkPhysicalDeviceRayTracingPipelineFeaturesKHR pipelines = {
      .sType =
         VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_RAY_TRACING_PIPELINE_FEATURES_KHR,
      .pNext = &structures,
      .rayTracingPipeline = VK_TRUE,
   };
   VkPhysicalDeviceFeatures2 features = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2,
      .pNext = &pipelines,
   };

   printf("no ray tracing here: checking that there is nothing of it\n");
   vkGetPhysicalDeviceFeatures2(instance->pdev, &features);
   U_CHECK(!structures.accelerationStructure);
   U_CHECK(!pipelines.rayTracingPipeline);

   if (!U_CHECK(vkt_device_init(&dev, instance, NULL, 0, NULL)))
      return;
   U_CHECK(!vkGetDeviceProcAddr(dev.handle,
                                "vkCmdBuildAccelerationStructuresKHR"));
   U_CHECK(!vkGetDeviceProcAddr(dev.handle, "vkCmdTraceRaysKHR"));
   vkt_device_finish(&dev);
}

int
main(void)
{
   static const char *const exts[] = {
      VK_KHR_ACCELERATION_STRUCTURE_EXTENSION_NAME,
      VK_KHR_DEFERRED_HOST_OPERATIONS_EXTENSION_NAME,
      VK_KHR_RAY_QUERY_EXTENSION_NAME,
      VK_KHR_RAY_TRACING_PIPELINE_EXTENSION_NAME,
   };
   struct vkt_instance instance;

   vkt_bound(60);
   if (!U_CHECK(vkt_instance_init(&instance)))
      return u_test_result();
   if (!vkt_instance_has_all(&instance, exts, VKT_ARRAY_SIZE(exts))) {
      test_absent(&instance);
      vkt_instance_finish(&instance);
      return u_test_result();
   }
   test_rays(&instance, exts, VKT_ARRAY_SIZE(exts));
   vkt_instance_finish(&instance);
   return u_test_result();
}
