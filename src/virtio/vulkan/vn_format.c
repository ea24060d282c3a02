/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Format queries. Applications ask for the same few formats over and over,
 * some in every frame, and the host's answers never change: each question is
 * asked once, as far as every struct in it is known here. Structs that are
 * not (lists of modifiers, which are asked for once anyway, and whatever is
 * new) make a question that is asked each time.
 */

#include "vn_format.h"

#include "vn_calls.h"
#include "vn_chain.h"
#include "vn_entrypoints.h"
#include "vn_external_memory.h"
#include "vn_instance.h"
#include "vn_physical_device.h"

#define MAX_FORMATS       256
#define MAX_IMAGE_FORMATS 512

struct format_answer {
   VkFormatProperties properties;
   VkFormatFeatureFlags2 features2[3]; /* in the order of the struct */
};

/* Members of structs that are not chained mean nothing. */
struct image_format_answer {
   VkResult result;
   VkImageFormatProperties properties;
   VkExternalMemoryProperties external;
   uint32_t ycbcr_descriptor_count;
   VkBool32 filter_cubic[2]; /* in the order of the struct */
};

void
vn_format_caches_init(struct vn_physical_device *physical_device)
{
   const bool off = vn_perf_flags() & VN_PERF_NO_FORMAT_CACHE;

   vn_answer_cache_init(&physical_device->formats,
                        sizeof(struct format_answer), off ? 0 : MAX_FORMATS);
   vn_answer_cache_init(&physical_device->image_formats,
                        sizeof(struct image_format_answer),
                        off ? 0 : MAX_IMAGE_FORMATS);
}

void
vn_format_caches_finish(struct vn_physical_device *physical_device)
{
   vn_answer_cache_finish(&physical_device->image_formats);
   vn_answer_cache_finish(&physical_device->formats);
}

/* Where a chained output struct keeps what it is about. */
struct payload {
   void *in_struct; /* NULL: not a struct that is known */
   void *in_answer;
   size_t size;
};

static struct payload
format_payload(VkBaseOutStructure *s, struct format_answer *answer)
{
   switch ((int)s->sType) {
   case VK_STRUCTURE_TYPE_FORMAT_PROPERTIES_3:
      return (struct payload){
         &((VkFormatProperties3 *)s)->linearTilingFeatures,
         answer->features2,
         sizeof(answer->features2),
      };
   default:
      return (struct payload){ 0 };
   }
}

static struct payload
image_format_payload(VkBaseOutStructure *s,
                     struct image_format_answer *answer)
{
   switch ((int)s->sType) {
   case VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES:
      return (struct payload){
         &((VkExternalImageFormatProperties *)s)->externalMemoryProperties,
         &answer->external,
         sizeof(answer->external),
      };
   case VK_STRUCTURE_TYPE_SAMPLER_YCBCR_CONVERSION_IMAGE_FORMAT_PROPERTIES:
      return (struct payload){
         &((VkSamplerYcbcrConversionImageFormatProperties *)s)
             ->combinedImageSamplerDescriptorCount,
         &answer->ycbcr_descriptor_count,
         sizeof(answer->ycbcr_descriptor_count),
      };
   case VK_STRUCTURE_TYPE_FILTER_CUBIC_IMAGE_VIEW_IMAGE_FORMAT_PROPERTIES_EXT:
      return (struct payload){
         &((VkFilterCubicImageViewImageFormatPropertiesEXT *)s)->filterCubic,
         answer->filter_cubic,
         sizeof(answer->filter_cubic),
      };
   default:
      return (struct payload){ 0 };
   }
}

/* The host did not answer: a count is not that of the caller's array. */
static void
forget_modifiers(VkBaseOutStructure *chain)
{
   VkDrmFormatModifierPropertiesListEXT *list = vn_find_struct(
      chain, VK_STRUCTURE_TYPE_DRM_FORMAT_MODIFIER_PROPERTIES_LIST_EXT);
   VkDrmFormatModifierPropertiesList2EXT *list2 = vn_find_struct(
      chain, VK_STRUCTURE_TYPE_DRM_FORMAT_MODIFIER_PROPERTIES_LIST_2_EXT);

   if (list)
      list->drmFormatModifierCount = 0;
   if (list2)
      list2->drmFormatModifierCount = 0;
}

VKAPI_ATTR void VKAPI_CALL
vn_GetPhysicalDeviceFormatProperties2(VkPhysicalDevice physicalDevice,
                                      VkFormat format,
                                      VkFormatProperties2 *pFormatProperties)
{
   struct vn_physical_device *physical_device =
      vn_physical_device_from_handle(physicalDevice);
   struct format_answer answer = { 0 };
   struct vn_question question;

   vn_question_init(&question);
   vn_question_add(&question, format);
   for (VkBaseOutStructure *s = (void *)pFormatProperties->pNext; s;
        s = s->pNext) {
      vn_question_add(&question, s->sType);
      question.overflow |= !format_payload(s, &answer).in_struct;
   }

   const bool known =
      vn_answer_cache_get(&physical_device->formats, &question, &answer);
   bool ok = true;
   if (known) {
      pFormatProperties->formatProperties = answer.properties;
   } else {
      pFormatProperties->formatProperties = (VkFormatProperties){ 0 };
      ok = vn_call_vkGetPhysicalDeviceFormatProperties2(
              physical_device->dispatch.ring, physicalDevice, format,
              pFormatProperties) == VK_SUCCESS;
      if (!ok)
         forget_modifiers(pFormatProperties->pNext);
   }

   for (VkBaseOutStructure *s = (void *)pFormatProperties->pNext;
        s && !question.overflow; s = s->pNext) {
      const struct payload payload = format_payload(s, &answer);
      if (known)
         memcpy(payload.in_struct, payload.in_answer, payload.size);
      else if (ok)
         memcpy(payload.in_answer, payload.in_struct, payload.size);
      else
         memset(payload.in_struct, 0, payload.size);
   }
   if (!known && ok) {
      answer.properties = pFormatProperties->formatProperties;
      vn_answer_cache_put(&physical_device->formats, &question, &answer);
   }
}

VKAPI_ATTR void VKAPI_CALL
vn_GetPhysicalDeviceFormatProperties(VkPhysicalDevice physicalDevice,
                                     VkFormat format,
                                     VkFormatProperties *pFormatProperties)
{
   VkFormatProperties2 props = {
      .sType = VK_STRUCTURE_TYPE_FORMAT_PROPERTIES_2,
   };
   vn_GetPhysicalDeviceFormatProperties2(physicalDevice, format, &props);
   *pFormatProperties = props.formatProperties;
}

static void
add_input_struct(struct vn_question *question, const VkBaseInStructure *s)
{
   vn_question_add(question, s->sType);
   switch ((int)s->sType) {
   case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO:
      vn_question_add(
         question,
         ((const VkPhysicalDeviceExternalImageFormatInfo *)s)->handleType);
      break;
   case VK_STRUCTURE_TYPE_IMAGE_FORMAT_LIST_CREATE_INFO: {
      const VkImageFormatListCreateInfo *list = (const void *)s;
      vn_question_add_array(question, (const uint32_t *)list->pViewFormats,
                            list->viewFormatCount);
      break;
   }
   case VK_STRUCTURE_TYPE_IMAGE_STENCIL_USAGE_CREATE_INFO:
      vn_question_add(
         question, ((const VkImageStencilUsageCreateInfo *)s)->stencilUsage);
      break;
   case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_DRM_FORMAT_MODIFIER_INFO_EXT: {
      const VkPhysicalDeviceImageDrmFormatModifierInfoEXT *modifier =
         (const void *)s;
      vn_question_add_u64(question, modifier->drmFormatModifier);
      vn_question_add(question, modifier->sharingMode);
      if (modifier->sharingMode == VK_SHARING_MODE_CONCURRENT) {
         vn_question_add_array(question, modifier->pQueueFamilyIndices,
                               modifier->queueFamilyIndexCount);
      }
      break;
   }
   case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_VIEW_IMAGE_FORMAT_INFO_EXT:
      vn_question_add(question,
                      ((const VkPhysicalDeviceImageViewImageFormatInfoEXT *)s)
                         ->imageViewType);
      break;
   default:
      question->overflow = true;
      break;
   }
}

/*
 * "All members of pImageFormatProperties will be filled with zero" where the
 * format is not supported: also where the host is not asked.
 */
static VkResult
ask_image_format(struct vn_physical_device *physical_device,
                 const VkPhysicalDeviceImageFormatInfo2 *app_info,
                 VkImageFormatProperties2 *props)
{
   const VkPhysicalDevice handle =
      vn_physical_device_to_handle(physical_device);
   struct vn_ring *ring = physical_device->dispatch.ring;
   const VkPhysicalDeviceExternalImageFormatInfo *external = vn_find_struct(
      app_info->pNext,
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO);
   VkResult result;

   props->imageFormatProperties = (VkImageFormatProperties){ 0 };
   if (!external || !external->handleType) {
      return vn_call_vkGetPhysicalDeviceImageFormatProperties2(
         ring, handle, app_info, props);
   }

   if (!(external->handleType & physical_device->external_handle_types))
      return VK_ERROR_FORMAT_NOT_SUPPORTED;

   struct vn_chain chain;
   result = vn_chain_init(&chain, &physical_device->instance->alloc,
                          &physical_device->instance->caps, app_info->pNext,
                          NULL, 0);
   if (result != VK_SUCCESS)
      return result;

   VkPhysicalDeviceExternalImageFormatInfo *renderer_external =
      vn_find_struct(
         chain.first,
         VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO);
   renderer_external->handleType = VN_RENDERER_HANDLE_TYPE;

   VkPhysicalDeviceImageFormatInfo2 info = *app_info;
   info.pNext = chain.first;
   result = vn_call_vkGetPhysicalDeviceImageFormatProperties2(ring, handle,
                                                              &info, props);
   vn_chain_finish(&chain);

   VkExternalImageFormatProperties *external_props = vn_find_struct(
      props->pNext, VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES);
   if (result == VK_SUCCESS && external_props)
      vn_external_memory_widen(&external_props->externalMemoryProperties);
   return result;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_GetPhysicalDeviceImageFormatProperties2(
   VkPhysicalDevice physicalDevice,
   const VkPhysicalDeviceImageFormatInfo2 *pImageFormatInfo,
   VkImageFormatProperties2 *pImageFormatProperties)
{
   struct vn_physical_device *physical_device =
      vn_physical_device_from_handle(physicalDevice);
   struct image_format_answer answer = { 0 };
   struct vn_question question;

   vn_question_init(&question);
   vn_question_add(&question, pImageFormatInfo->format);
   vn_question_add(&question, pImageFormatInfo->type);
   vn_question_add(&question, pImageFormatInfo->tiling);
   vn_question_add(&question, pImageFormatInfo->usage);
   vn_question_add(&question, pImageFormatInfo->flags);
   for (const VkBaseInStructure *s = pImageFormatInfo->pNext; s; s = s->pNext)
      add_input_struct(&question, s);
   for (VkBaseOutStructure *s = (void *)pImageFormatProperties->pNext; s;
        s = s->pNext) {
      vn_question_add(&question, s->sType);
      question.overflow |= !image_format_payload(s, &answer).in_struct;
   }

   const bool known = vn_answer_cache_get(&physical_device->image_formats,
                                          &question, &answer);
   if (known) {
      pImageFormatProperties->imageFormatProperties = answer.properties;
   } else {
      answer.result = ask_image_format(physical_device, pImageFormatInfo,
                                       pImageFormatProperties);
      answer.properties = pImageFormatProperties->imageFormatProperties;
   }

   for (VkBaseOutStructure *s = (void *)pImageFormatProperties->pNext;
        s && !question.overflow; s = s->pNext) {
      const struct payload payload = image_format_payload(s, &answer);
      if (known)
         memcpy(payload.in_struct, payload.in_answer, payload.size);
      else
         memcpy(payload.in_answer, payload.in_struct, payload.size);
   }
   /* other errors are not about the format */
   if (!known && (answer.result == VK_SUCCESS ||
                  answer.result == VK_ERROR_FORMAT_NOT_SUPPORTED))
      vn_answer_cache_put(&physical_device->image_formats, &question,
                          &answer);
   return vn_result(answer.result);
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_GetPhysicalDeviceImageFormatProperties(
   VkPhysicalDevice physicalDevice,
   VkFormat format,
   VkImageType type,
   VkImageTiling tiling,
   VkImageUsageFlags usage,
   VkImageCreateFlags flags,
   VkImageFormatProperties *pImageFormatProperties)
{
   const VkPhysicalDeviceImageFormatInfo2 info = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
      .format = format,
      .type = type,
      .tiling = tiling,
      .usage = usage,
      .flags = flags,
   };
   VkImageFormatProperties2 props = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2,
   };
   const VkResult result = vn_GetPhysicalDeviceImageFormatProperties2(
      physicalDevice, &info, &props);
   *pImageFormatProperties = props.imageFormatProperties;
   return result;
}
