/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Every place that a setting of the layer can come from, filled from the
 * input: variables, vk_layer_settings.txt, VK_EXT_layer_settings. What the
 * machine has of them is not seen (--wrap).
 */

#include "fuzz_settings.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz_system.h"
#include "u_fd.h"
#include "vl_physical_device.h"
#include "vl_settings.h"

#define FILE_NAME "/vk_layer_settings.txt"

enum { MAX_TEXT_B = 2048, MAX_WORD_B = 32, LONG_B = 5000 };

/* What is not among these is the machine's. */
static const char *const variables[] = {
   "VENUS_SHM_LOG",          "VENUS_SHM_BACKING",
   "VENUS_SHM_FD_LIMIT",     "VENUS_SHM_LIBM",
   "VK_VENUS_SHM_LOG",       "VK_VENUS_SHM_BACKING",
   "VK_VENUS_SHM_FD_LIMIT",  "VK_VENUS_SHM_LIBM",
   "XDG_DATA_HOME",          "HOME",
   "VK_LAYER_SETTINGS_PATH",
};

#define VARIABLE_COUNT   (sizeof(variables) / sizeof(variables[0]))
#define FIRST_OF_FOLDERS 8

enum place {
   PLACE_NONE,
   PLACE_XDG,
   PLACE_HOME,
   PLACE_CHOSEN,
   PLACE_CHOSEN_FOLDER,
   PLACE_HERE,
   PLACE_COUNT,
};

/* Where the code looks in each place, with the folders of folder(). */
static const char *const paths[PLACE_COUNT] = {
   [PLACE_XDG] = "/xdg/vulkan/settings.d" FILE_NAME,
   [PLACE_HOME] = "/home/.local/share/vulkan/settings.d" FILE_NAME,
   [PLACE_CHOSEN] = "/chosen",
   [PLACE_CHOSEN_FOLDER] = "/chosen" FILE_NAME,
   [PLACE_HERE] = "." FILE_NAME,
};

static struct {
   char words[VARIABLE_COUNT][MAX_WORD_B];
   const char *values[VARIABLE_COUNT]; /* NULL: not set */
   const char *path;                   /* of the file, or NULL */
   int fd;                             /* its text; owned, or -1 */
   bool is_gone;                       /* between stat() and fopen() */
} state = { .fd = -1 };

/* ---- what the layer asks --------------------------------------------------
 */

char *__real_getenv(const char *name);
char *__wrap_getenv(const char *name);
char *
__wrap_getenv(const char *name)
{
   for (size_t i = 0; i < VARIABLE_COUNT; i++) {
      if (!strcmp(name, variables[i]))
         return (char *)state.values[i];
   }
   return __real_getenv(name);
}

int __wrap_stat64(const char *path, struct stat *st);
int
__wrap_stat64(const char *path, struct stat *st)
{
   if (state.path && !strcmp(path, state.path))
      return fstat(state.fd, st);
   /* a folder, as "/chosen" is while the file is in it */
   *st = (struct stat){ .st_mode = S_IFDIR };
   return 0;
}

FILE *__real_fopen64(const char *path, const char *mode);
FILE *__wrap_fopen64(const char *path, const char *mode);
FILE *
__wrap_fopen64(const char *path, const char *mode)
{
   if (!state.path || strcmp(path, state.path))
      return __real_fopen64(path, mode);
   if (state.is_gone) {
      errno = ENOENT;
      return NULL;
   }
   char name[64];
   snprintf(name, sizeof(name), "/proc/self/fd/%d", state.fd);
   return __real_fopen64(name, mode);
}

/* ---- from the input -------------------------------------------------------
 */

/* One that a setting knows, or any; lives as long as the buffer. */
static const char *
read_word(struct fuzz_world *w, char buffer[MAX_WORD_B])
{
   static const char *const some[] = {
      "error", "warn", "info",  "debug", "auto",   "udmabuf",
      "memfd", "file", "raise", "keep",  "global", "",
   };
   const uint8_t how = U8(w) % 16;
   if (how < sizeof(some) / sizeof(some[0]))
      return some[how];
   u_fuzz_bytes(&w->in, buffer, MAX_WORD_B - 1);
   buffer[MAX_WORD_B - 1] = '\0';
   return buffer;
}

static const char *
folder(size_t variable, uint8_t how)
{
   static const char *const usual[] = { "/xdg", "/home", "/chosen" };
   static char too_long[LONG_B];
   if (how & 1)
      return usual[variable - FIRST_OF_FOLDERS];
   if (!(how & 2))
      return how & 4 ? "" : NULL;
   memset(too_long, '/', sizeof(too_long) - 1);
   return too_long;
}

void
fuzz_settings_start(void)
{
   fuzz_settings_stop();
   memset(state.values, 0, sizeof(state.values));
   state.path = NULL;
   state.is_gone = false;
}

void
fuzz_settings_read(struct fuzz_world *w)
{
   const uint16_t which = u_fuzz_u16(&w->in);
   for (size_t i = 0; i < FIRST_OF_FOLDERS; i++) {
      if (which >> i & 1)
         state.values[i] = read_word(w, state.words[i]);
   }
   for (size_t i = FIRST_OF_FOLDERS; i < VARIABLE_COUNT; i++) {
      if (which >> i & 1)
         state.values[i] = folder(i, U8(w));
   }

   const uint8_t place = U8(w);
   state.path = paths[(place & 7) % PLACE_COUNT];
   if (!state.path)
      return;
   state.is_gone = place & 8;
   char text[MAX_TEXT_B];
   const size_t size = u_fuzz_u16(&w->in) % sizeof(text);
   u_fuzz_bytes(&w->in, text, size);
   state.fd = fuzz_system_memfd();
   U_FUZZ_CHECK(state.fd >= 0);
   U_FUZZ_CHECK(write(state.fd, text, size) == (ssize_t)size);
}

void
fuzz_settings_chain(struct fuzz_world *w, const void **head)
{
   static const char *const layers[] = { VL_LAYER_NAME, VL_LAYER_NAME,
                                         "VK_LAYER_other", NULL };
   static const char *const names[] = { "log",  "backing", "fd_limit",
                                        "libm", "nothing", NULL };
   const uint32_t count = U8(w) % 4;
   VkLayerSettingEXT *settings = fuzz_make(count * sizeof(*settings));
   for (uint32_t i = 0; i < count; i++) {
      const uint8_t what = U8(w);
      const char **value = fuzz_make(sizeof(*value));
      *value = read_word(w, fuzz_make(MAX_WORD_B));
      settings[i] = (VkLayerSettingEXT){
         .pLayerName = layers[what & 3],
         .pSettingName = names[(what >> 2 & 7) % 6],
         .type = what & 0x20 ? (VkLayerSettingTypeEXT)1
                             : VK_LAYER_SETTING_TYPE_STRING_EXT,
         .valueCount = what & 0x40 ? U8(w) : 1,
         .pValues = what & 0x80 ? NULL : value,
      };
   }
   VkLayerSettingsCreateInfoEXT *info = fuzz_chain(
      head, sizeof(*info), VK_STRUCTURE_TYPE_LAYER_SETTINGS_CREATE_INFO_EXT);
   info->settingCount = count;
   info->pSettings = settings;
}

void
fuzz_settings_chain_file(const void **head)
{
   static const char *const file = "file";
   VkLayerSettingEXT *backing = fuzz_make(sizeof(*backing));
   *backing = (VkLayerSettingEXT){
      .pLayerName = VL_LAYER_NAME,
      .pSettingName = "backing",
      .type = VK_LAYER_SETTING_TYPE_STRING_EXT,
      .valueCount = 1,
      .pValues = &file,
   };
   VkLayerSettingsCreateInfoEXT *info = fuzz_chain(
      head, sizeof(*info), VK_STRUCTURE_TYPE_LAYER_SETTINGS_CREATE_INFO_EXT);
   info->settingCount = 1;
   info->pSettings = backing;
}

void
fuzz_settings_stop(void)
{
   u_fd_close(&state.fd);
}
