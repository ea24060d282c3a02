/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See vn_wsi_image.h. All images of a swapchain are made with one create
 * info, which an application's alias of one (VkImageSwapchainCreateInfoKHR)
 * is made with too.
 */

#include "vn_wsi_image.h"

#include "vn_chain.h"
#include "vn_entrypoints.h"
#include "vn_physical_device.h"

static bool
copy_array(const void *from, uint32_t count, size_t size, void *to)
{
   void *copy = malloc(VN_MAX(count, 1u) * size);
   if (!copy)
      return false;
   if (count)
      memcpy(copy, from, count * size);
   *(void **)to = copy;
   return true;
}

static void
chain(struct vn_wsi_image_set *set, void *ext)
{
   VkBaseInStructure *s = ext;
   s->pNext = set->info.pNext;
   set->info.pNext = s;
}

/* VK_KHR_swapchain_mutable_format: with a list, VUID ...-flags-03168 */
static bool
set_view_formats(struct vn_wsi_image_set *set, const void *next)
{
   const VkImageFormatListCreateInfo *list =
      vn_find_struct(next, VK_STRUCTURE_TYPE_IMAGE_FORMAT_LIST_CREATE_INFO);

   set->info.flags |=
      VK_IMAGE_CREATE_MUTABLE_FORMAT_BIT | VK_IMAGE_CREATE_EXTENDED_USAGE_BIT;
   if (!list)
      return true;
   if (!copy_array(list->pViewFormats, list->viewFormatCount,
                   sizeof(*set->formats), &set->formats))
      return false;
   set->format_list = (VkImageFormatListCreateInfo){
      .sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_LIST_CREATE_INFO,
      .viewFormatCount = list->viewFormatCount,
      .pViewFormats = set->formats,
   };
   chain(set, &set->format_list);
   return true;
}

VkResult
vn_wsi_image_set_init(struct vn_swapchain *swapchain,
                      const VkSwapchainCreateInfoKHR *info)
{
   struct vn_wsi_image_set *set = calloc(1, sizeof(*set));
   if (!set)
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   swapchain->image_set = set;

   set->info = (VkImageCreateInfo){
      .sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
      .imageType = VK_IMAGE_TYPE_2D,
      .format = info->imageFormat,
      .extent = { info->imageExtent.width, info->imageExtent.height, 1 },
      .mipLevels = 1,
      .arrayLayers = info->imageArrayLayers,
      .samples = VK_SAMPLE_COUNT_1_BIT,
      .tiling = VK_IMAGE_TILING_OPTIMAL,
      .usage = info->imageUsage,
      .sharingMode = info->imageSharingMode,
      .initialLayout = VK_IMAGE_LAYOUT_UNDEFINED,
   };
   if (info->imageSharingMode == VK_SHARING_MODE_CONCURRENT) {
      if (!copy_array(info->pQueueFamilyIndices, info->queueFamilyIndexCount,
                      sizeof(*set->families), &set->families))
         return VK_ERROR_OUT_OF_HOST_MEMORY;
      set->info.queueFamilyIndexCount = info->queueFamilyIndexCount;
      set->info.pQueueFamilyIndices = set->families;
   }
   if (info->flags & VK_SWAPCHAIN_CREATE_MUTABLE_FORMAT_BIT_KHR &&
       !set_view_formats(set, info->pNext))
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   /* the copy reads the image */
   if (swapchain->road == VN_WSI_ROAD_COPY)
      set->info.usage |= VK_IMAGE_USAGE_TRANSFER_SRC_BIT;
   return VK_SUCCESS;
}

void
vn_wsi_image_set_finish(struct vn_swapchain *swapchain)
{
   struct vn_wsi_image_set *set = swapchain->image_set;
   if (!set)
      return;
   vn_wsi_commands_finish(swapchain);
   free(set->families);
   free(set->formats);
   free(set);
   swapchain->image_set = NULL;
}

/* ---- memory -------------------------------------------------------------- */

void
vn_wsi_allocation_init(struct vn_wsi_allocation *allocation)
{
   *allocation = (struct vn_wsi_allocation){
      .requirements = {
         .sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2,
         .pNext = &allocation->dedicated,
      },
      .dedicated = {
         .sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS,
      },
   };
}

static int
choose_type(const VkPhysicalDeviceMemoryProperties *props,
            const struct vn_wsi_allocation *allocation)
{
   const uint32_t bits =
      allocation->requirements.memoryRequirements.memoryTypeBits;
   int best = -1, best_score = -1;

   for (uint32_t i = 0; i < props->memoryTypeCount; i++) {
      const VkMemoryPropertyFlags flags = props->memoryTypes[i].propertyFlags;

      if (!(bits >> i & 1) ||
          (flags & allocation->needed) != allocation->needed ||
          flags & VK_MEMORY_PROPERTY_PROTECTED_BIT)
         continue;
      const int score = __builtin_popcount(flags & allocation->preferred);
      if (score > best_score) {
         best = i;
         best_score = score;
      }
   }
   return best;
}

VkResult
vn_wsi_allocate(struct vn_device *device,
                const struct vn_wsi_allocation *allocation,
                VkDeviceMemory *memory_out)
{
   const int type =
      choose_type(&device->physical_device->memory_properties, allocation);
   if (type < 0)
      return VK_ERROR_OUT_OF_DEVICE_MEMORY;

   VkMemoryAllocateInfo info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
      .allocationSize = allocation->requirements.memoryRequirements.size,
      .memoryTypeIndex = type,
   };
   VkExportMemoryAllocateInfo export_info = {
      .sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
      .handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT,
   };
   /*
    * Only if it must be: memory that is dedicated to one image cannot be
    * bound to the application's alias of it.
    */
   VkMemoryDedicatedAllocateInfo dedicated_info = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
      .image = allocation->image,
      .buffer = allocation->buffer,
   };
   if (allocation->exported) {
      export_info.pNext = info.pNext;
      info.pNext = &export_info;
   }
   if (allocation->dedicated.requiresDedicatedAllocation) {
      dedicated_info.pNext = info.pNext;
      info.pNext = &dedicated_info;
   }
   return vn_AllocateMemory(vn_device_to_handle(device), &info, NULL,
                            memory_out);
}

/* ---- images -------------------------------------------------------------- */

static VkResult
create_image(struct vn_swapchain *swapchain, struct vn_wsi_image *image)
{
   struct vn_device *device = swapchain->device;
   const VkDevice handle = vn_device_to_handle(device);
   struct vn_wsi_image_vk *vk = image->vk;

   VkResult result =
      vn_CreateImage(handle, &swapchain->image_set->info, NULL, &vk->image);
   if (result != VK_SUCCESS)
      return result;

   struct vn_wsi_allocation allocation;
   vn_wsi_allocation_init(&allocation);
   allocation.image = vk->image;
   allocation.preferred = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT;
   allocation.exported = swapchain->road == VN_WSI_ROAD_DIRECT;
   const VkImageMemoryRequirementsInfo2 requirements_info = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_REQUIREMENTS_INFO_2,
      .image = vk->image,
   };
   vn_GetImageMemoryRequirements2(handle, &requirements_info,
                                  &allocation.requirements);
   result = vn_wsi_allocate(device, &allocation, &vk->memory);
   if (result != VK_SUCCESS)
      return result;
   return vn_BindImageMemory(handle, vk->image, vk->memory, 0);
}

/*
 * The host chooses among the modifiers for the first image; the others then
 * have to have the same.
 */
static VkResult
choose_modifier(struct vn_swapchain *swapchain,
                const struct vn_wsi_road_plan *plan,
                const char **why)
{
   struct vn_wsi_image_set *set = swapchain->image_set;
   const VkDevice device = vn_device_to_handle(swapchain->device);
   VkImage probe;

   set->external = (VkExternalMemoryImageCreateInfo){
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
      .handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT,
   };
   chain(set, &set->external);
   set->modifier_list = (VkImageDrmFormatModifierListCreateInfoEXT){
      .sType =
         VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_LIST_CREATE_INFO_EXT,
      .drmFormatModifierCount = plan->modifier_count,
      .pDrmFormatModifiers = plan->modifiers,
   };
   chain(set, &set->modifier_list);
   set->info.tiling = VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT;

   uint32_t chosen = 0;
   if (plan->modifier_count > 1) {
      VkImageDrmFormatModifierPropertiesEXT props = {
         .sType = VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_PROPERTIES_EXT,
      };
      VkResult result = vn_CreateImage(device, &set->info, NULL, &probe);
      if (result != VK_SUCCESS)
         return result;
      result =
         vn_GetImageDrmFormatModifierPropertiesEXT(device, probe, &props);
      vn_DestroyImage(device, probe, NULL);
      if (result != VK_SUCCESS)
         return result;
      while (chosen < plan->modifier_count &&
             plan->modifiers[chosen] != props.drmFormatModifier)
         chosen++;
      if (chosen == plan->modifier_count) {
         *why = "the host chose a modifier that was not offered";
         return VK_SUCCESS;
      }
   }
   set->modifier = plan->modifiers[chosen];
   set->plane_count = plan->plane_counts[chosen];
   set->modifier_list.drmFormatModifierCount = 1;
   set->modifier_list.pDrmFormatModifiers = &set->modifier;
   swapchain->wsi_format.modifier = set->modifier;
   return VK_SUCCESS;
}

VkResult
vn_wsi_images_init(struct vn_swapchain *swapchain,
                   const struct vn_wsi_road_plan *plan,
                   const char **why)
{
   const bool direct = swapchain->road == VN_WSI_ROAD_DIRECT;
   VkResult result = VK_SUCCESS;

   swapchain->wsi_format.fourcc = plan->fourcc;
   if (direct)
      result = choose_modifier(swapchain, plan, why);

   for (uint32_t i = 0;
        i < swapchain->image_count && result == VK_SUCCESS && !*why; i++) {
      struct vn_wsi_image *image = swapchain->images[i];

      image->vk = calloc(1, sizeof(*image->vk));
      if (!image->vk)
         return VK_ERROR_OUT_OF_HOST_MEMORY;
      image->vk->stale.all = true;
      image->pixels = (struct vn_wsi_pixels){
         .fourcc = plan->fourcc,
         .modifier = swapchain->wsi_format.modifier,
         .width = swapchain->extent.width,
         .height = swapchain->extent.height,
         .plane_count = direct ? swapchain->image_set->plane_count : 1,
         .fd = -1,
      };
      result = create_image(swapchain, image);
      if (result == VK_SUCCESS) {
         result = direct ? vn_wsi_image_direct_init(swapchain, image, why)
                         : vn_wsi_image_copy_init(swapchain, image, why);
      }
   }
   return result;
}

void
vn_wsi_image_finish(struct vn_swapchain *swapchain,
                    struct vn_wsi_image *image)
{
   const VkDevice device = vn_device_to_handle(swapchain->device);
   struct vn_wsi_image_vk *vk = image->vk;
   if (!vk)
      return;

   u_fd_close(&image->pixels.fd);
   vn_DestroyBuffer(device, vk->buffer, NULL);
   vn_FreeMemory(device, vk->buffer_memory, NULL);
   vn_DestroyImage(device, vk->image, NULL);
   vn_FreeMemory(device, vk->memory, NULL);
   free(vk);
   image->vk = NULL;
}
