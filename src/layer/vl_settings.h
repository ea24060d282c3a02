/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What a user may choose about the layer, and where it is looked for
 * (docs/env_vars.md): the layer's own environment variables, those that every
 * layer's settings have, vk_layer_settings.txt, and VK_EXT_layer_settings.
 */

#ifndef VL_SETTINGS_H
#define VL_SETTINGS_H

#include <vulkan/vulkan.h>

/* Newer than the oldest supported headers; layout as in the registry. */
#ifndef VK_EXT_layer_settings
#define VK_EXT_LAYER_SETTINGS_EXTENSION_NAME "VK_EXT_layer_settings"
#define VK_EXT_LAYER_SETTINGS_SPEC_VERSION   2
#define VK_STRUCTURE_TYPE_LAYER_SETTINGS_CREATE_INFO_EXT                     \
   ((VkStructureType)1000496000)
typedef enum VkLayerSettingTypeEXT {
   VK_LAYER_SETTING_TYPE_STRING_EXT = 7,
   VK_LAYER_SETTING_TYPE_MAX_ENUM_EXT = 0x7FFFFFFF
} VkLayerSettingTypeEXT;
typedef struct VkLayerSettingEXT {
   const char *pLayerName;
   const char *pSettingName;
   VkLayerSettingTypeEXT type;
   uint32_t valueCount;
   const void *pValues;
} VkLayerSettingEXT;
typedef struct VkLayerSettingsCreateInfoEXT {
   VkStructureType sType;
   const void *pNext;
   uint32_t settingCount;
   const VkLayerSettingEXT *pSettings;
} VkLayerSettingsCreateInfoEXT;
#endif

/* Reads the settings and puts them into force. There is one table of shared
 * memory and one log in a process, so they hold for the process, and those of
 * the newest instance count. A value that means nothing is refused with an
 * error in the log, and the next source is asked.
 */
void vl_settings_apply(const VkInstanceCreateInfo *info);

#endif /* VL_SETTINGS_H */
