/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * One table of settings with their values, and one way through the sources
 * for all of them. Every value is a word. The order of the sources, and where
 * the file lies, is that of the layers of the Vulkan SDK, with our own
 * variables in front. Must not fail an instance.
 */

#include "vl_settings.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "vl_log.h"
#include "vl_os.h"
#include "vl_physical_device.h"

#define FILE_NAME    "vk_layer_settings.txt"
#define MAX_VALUES   4
#define MAX_LINE_B   512
#define COUNT_OF(ar) (sizeof(ar) / sizeof((ar)[0]))

enum setting {
   SETTING_LOG,
   SETTING_BACKING,
   SETTING_FD_LIMIT,
   SETTING_LIBM,
   SETTING_COUNT,
};

/* The values in the order of the enum that they stand for. */
static const struct {
   const char *name;
   const char *own_variable;
   const char *variable;
   const char *values[MAX_VALUES];
   int default_value;
} settings[SETTING_COUNT] = {
   [SETTING_LOG] = {
      .name = "log",
      .own_variable = "VENUS_SHM_LOG",
      .variable = "VK_VENUS_SHM_LOG",
      .values = {
         [U_LOG_ERROR] = "error",
         [U_LOG_WARN] = "warn",
         [U_LOG_INFO] = "info",
         [U_LOG_DEBUG] = "debug",
      },
      .default_value = U_LOG_WARN,
   },
   [SETTING_BACKING] = {
      .name = "backing",
      .own_variable = "VENUS_SHM_BACKING",
      .variable = "VK_VENUS_SHM_BACKING",
      .values = {
         [VL_OS_BACKING_AUTO] = "auto",
         [VL_OS_BACKING_UDMABUF] = "udmabuf",
         [VL_OS_BACKING_MEMFD] = "memfd",
         [VL_OS_BACKING_FILE] = "file",
      },
      .default_value = VL_OS_BACKING_AUTO,
   },
   [SETTING_FD_LIMIT] = {
      .name = "fd_limit",
      .own_variable = "VENUS_SHM_FD_LIMIT",
      .variable = "VK_VENUS_SHM_FD_LIMIT",
      .values = { "keep", "raise" },
      .default_value = 1,
   },
   [SETTING_LIBM] = {
      .name = "libm",
      .own_variable = "VENUS_SHM_LIBM",
      .variable = "VK_VENUS_SHM_LIBM",
      .values = { "keep", "global" },
      .default_value = 1,
   },
};

/* The key of a line in the file: the layer's name in small letters. */
#define FILE_PREFIX "venus_shm."

/* ---- the file ---- */

/* The words of the file about this layer. Those of the last line count, as a
 * later line replaces an earlier one.
 */
struct file_words {
   char path[PATH_MAX];
   char words[SETTING_COUNT][MAX_LINE_B]; /* empty: not there */
};

static char *
trim(char *text)
{
   while (isspace((unsigned char)*text))
      text++;
   size_t length = strlen(text);
   while (length && isspace((unsigned char)text[length - 1]))
      text[--length] = '\0';
   return text;
}

static void
parse_line(char *line, struct file_words *file)
{
   line[strcspn(line, "#")] = '\0';
   char *equals = strchr(line, '=');
   if (!equals)
      return;
   *equals = '\0';
   const char *key = trim(line);
   const char *word = trim(equals + 1);

   if (strncmp(key, FILE_PREFIX, strlen(FILE_PREFIX)))
      return;
   key += strlen(FILE_PREFIX);
   for (int i = 0; i < SETTING_COUNT; i++) {
      if (!strcmp(key, settings[i].name)) {
         snprintf(file->words[i], sizeof(file->words[i]), "%s", word);
         return;
      }
   }
   vl_log_error("%s: there is no setting " FILE_PREFIX "%s", file->path, key);
}

/* A path made of parts; false if there is no such regular file. */
static bool
find_file(char path[PATH_MAX], const char *directory, const char *rest)
{
   struct stat st;
   const int length = snprintf(path, PATH_MAX, "%s%s", directory, rest);
   return length > 0 && length < PATH_MAX && !stat(path, &st) &&
          S_ISREG(st.st_mode);
}

static bool
find_settings_file(char path[PATH_MAX])
{
   const char *data = getenv("XDG_DATA_HOME");
   const char *home = getenv("HOME");
   const char *chosen = getenv("VK_LAYER_SETTINGS_PATH");

   if (data && data[0]) {
      if (find_file(path, data, "/vulkan/settings.d/" FILE_NAME))
         return true;
   } else if (home && home[0]) {
      if (find_file(path, home, "/.local/share/vulkan/settings.d/" FILE_NAME))
         return true;
   }
   /* the file itself, or the folder that it is in */
   if (chosen && chosen[0])
      return find_file(path, chosen, "") ||
             find_file(path, chosen, "/" FILE_NAME);
   return find_file(path, ".", "/" FILE_NAME);
}

static void
read_file(struct file_words *file)
{
   *file = (struct file_words){ 0 };
   if (!find_settings_file(file->path))
      return;
   FILE *stream = fopen(file->path, "re");
   if (!stream)
      return;

   char line[MAX_LINE_B];
   bool is_rest = false; /* of a line that was too long to be one of ours */
   while (fgets(line, sizeof(line), stream)) {
      const bool ends = strchr(line, '\n') || feof(stream);
      if (ends && !is_rest)
         parse_line(line, file);
      is_rest = !ends;
   }
   fclose(stream);
}

/* ---- VK_EXT_layer_settings ---- */

/* "When multiple VkLayerSettingsCreateInfoEXT structures are chained and the
 * same pSettingName is referenced for the same pLayerName, the value of the
 * first reference of the layer setting is used."
 */
static const VkLayerSettingEXT *
find_in_chain(const VkInstanceCreateInfo *info, const char *name)
{
   for (const VkBaseInStructure *in = info->pNext; in; in = in->pNext) {
      if (in->sType != VK_STRUCTURE_TYPE_LAYER_SETTINGS_CREATE_INFO_EXT)
         continue;
      const VkLayerSettingsCreateInfoEXT *create =
         (const VkLayerSettingsCreateInfoEXT *)in;
      for (uint32_t i = 0; i < create->settingCount; i++) {
         const VkLayerSettingEXT *setting = &create->pSettings[i];
         if (setting->pLayerName && setting->pSettingName &&
             !strcmp(setting->pLayerName, VL_LAYER_NAME) &&
             !strcmp(setting->pSettingName, name))
            return setting;
      }
   }
   return NULL;
}

static const char *
word_in_chain(const VkInstanceCreateInfo *info, const char *name)
{
   const VkLayerSettingEXT *setting = find_in_chain(info, name);
   if (!setting)
      return NULL;
   if (setting->type != VK_LAYER_SETTING_TYPE_STRING_EXT ||
       setting->valueCount != 1 || !setting->pValues) {
      vl_log_error("VkLayerSettingEXT: setting %s is one string, not %u "
                   "values of type %d",
                   name, setting->valueCount, (int)setting->type);
      return NULL;
   }
   return *(const char *const *)setting->pValues;
}

/* ---- choosing ---- */

/* The index of the value, or -1 after an error in the log. */
static int
parse_word(enum setting which, const char *word, const char *source)
{
   char all[128] = "";
   size_t length = 0;
   for (int i = 0; i < MAX_VALUES && settings[which].values[i]; i++) {
      if (!strcmp(word, settings[which].values[i]))
         return i;
      length += snprintf(all + length, sizeof(all) - length, " %s",
                         settings[which].values[i]);
   }
   vl_log_error("%s: setting %s cannot be '%s', only one of:%s", source,
                settings[which].name, word, all);
   return -1;
}

/* Asks the sources one after the other. */
static int
choose(enum setting which,
       const VkInstanceCreateInfo *info,
       const struct file_words *file,
       const char **source_out)
{
   const char *name = settings[which].name;
   const char *const own = settings[which].own_variable;
   const char *const usual = settings[which].variable;
   const struct {
      const char *source;
      const char *word;
   } sources[] = {
      { own, getenv(own) },
      { usual, getenv(usual) },
      { file->path, file->words[which] },
      { VK_EXT_LAYER_SETTINGS_EXTENSION_NAME, word_in_chain(info, name) },
   };

   for (size_t i = 0; i < COUNT_OF(sources); i++) {
      if (!sources[i].word || !sources[i].word[0])
         continue;
      const int value = parse_word(which, sources[i].word, sources[i].source);
      if (value >= 0) {
         *source_out = sources[i].source;
         return value;
      }
   }
   *source_out = "default";
   return settings[which].default_value;
}

void
vl_settings_apply(const VkInstanceCreateInfo *info)
{
   struct file_words *file = malloc(sizeof(*file));
   if (!file)
      return;
   read_file(file);

   const char *sources[SETTING_COUNT];
   int values[SETTING_COUNT];
   /* the log first, so that it holds for the others */
   for (int i = 0; i < SETTING_COUNT; i++) {
      values[i] = choose(i, info, file, &sources[i]);
      if (i == SETTING_LOG)
         u_log_set_level(&vl_log_state, (enum u_log_level)values[i]);
   }
   vl_os_choose_backing((enum vl_os_backing)values[SETTING_BACKING]);
   if (values[SETTING_FD_LIMIT])
      vl_os_raise_fd_limit();
   if (values[SETTING_LIBM])
      vl_os_expose_math();

   for (int i = 0; i < SETTING_COUNT; i++) {
      vl_log_info("setting %s is %s (%s)", settings[i].name,
                  settings[i].values[values[i]], sources[i]);
   }
   free(file);
}
