/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Where settings come from, which source wins, and what is said about values
 * that mean nothing.
 */

#include "vl_settings.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "u_test.h"
#include "vl_log.h"
#include "vl_os.h"
#include "vl_physical_device.h"

static char directory[] = "/tmp/venus-shm-settings-XXXXXX";
static char said[8192]; /* what the last apply() wrote */

/* With stderr going into said[]. */
static void
apply(const void *chain)
{
   const VkInstanceCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
      .pNext = chain,
   };
   const int file = memfd_create("said", MFD_CLOEXEC);
   const int old = dup(STDERR_FILENO);
   dup2(file, STDERR_FILENO);
   vl_settings_apply(&info);
   dup2(old, STDERR_FILENO);
   const ssize_t length = pread(file, said, sizeof(said) - 1, 0);
   said[length > 0 ? length : 0] = '\0';
   close(old);
   close(file);
}

static VkLayerSettingEXT
string_setting(const char *name, const char *const *value)
{
   return (VkLayerSettingEXT){
      .pLayerName = VL_LAYER_NAME,
      .pSettingName = name,
      .type = VK_LAYER_SETTING_TYPE_STRING_EXT,
      .valueCount = 1,
      .pValues = value,
   };
}

static VkLayerSettingsCreateInfoEXT
settings_info(const VkLayerSettingEXT *list, uint32_t count)
{
   return (VkLayerSettingsCreateInfoEXT){
      .sType = VK_STRUCTURE_TYPE_LAYER_SETTINGS_CREATE_INFO_EXT,
      .settingCount = count,
      .pSettings = list,
   };
}

static void
write_file(const char *path, const char *text)
{
   FILE *file = fopen(path, "we");
   if (U_CHECK(file != NULL)) {
      fputs(text, file);
      fclose(file);
   }
}

static void
test_default(void)
{
   apply(NULL);
   U_CHECK_EQ(vl_os_chosen_backing(), VL_OS_BACKING_AUTO);
   U_CHECK(u_log_enabled(&vl_log_state, U_LOG_WARN));
   U_CHECK(!u_log_enabled(&vl_log_state, U_LOG_INFO));
   U_CHECK_EQ(said[0], '\0');
}

/* Each source in turn beats those before it. */
static void
test_order(void)
{
   static const char *const udmabuf = "udmabuf", *const info = "info",
                            *const other = "file";
   const VkLayerSettingEXT list[] = {
      { .pLayerName = "VK_LAYER_KHRONOS_validation",
        .pSettingName = "backing",
        .type = VK_LAYER_SETTING_TYPE_STRING_EXT,
        .valueCount = 1,
        .pValues = &other },
      string_setting("backing", &udmabuf),
      string_setting("log", &info),
      string_setting("unknown", &info),
      string_setting("backing", &other), /* the first one counts */
   };
   const VkLayerSettingsCreateInfoEXT second = settings_info(list + 4, 1);
   VkLayerSettingsCreateInfoEXT chain = settings_info(list, 4);
   chain.pNext = &second;

   apply(&chain);
   U_CHECK_EQ(vl_os_chosen_backing(), VL_OS_BACKING_UDMABUF);
   U_CHECK(u_log_enabled(&vl_log_state, U_LOG_INFO));
   U_CHECK(
      strstr(said, "setting backing is udmabuf (VK_EXT_layer_settings)"));
   U_CHECK(strstr(said, "setting fd_limit is raise (default)"));
   U_CHECK(strstr(said, "setting libm is global (default)"));

   write_file("vk_layer_settings.txt",
              "# venus_shm.backing = auto\n"
              "khronos_validation.backing = auto\n"
              "  venus_shm.backing=file\n"
              "venus_shm.backing =\tmemfd   # the last line counts\r\n"
              "no equals sign\n"
              "=\n");
   apply(&chain);
   U_CHECK_EQ(vl_os_chosen_backing(), VL_OS_BACKING_MEMFD);
   U_CHECK(
      strstr(said, "setting backing is memfd (./vk_layer_settings.txt)"));

   /* a file elsewhere is taken instead of the one here, by its folder too */
   U_CHECK_EQ(mkdir("elsewhere", 0700), 0);
   write_file("elsewhere/vk_layer_settings.txt", "venus_shm.backing = file");
   static const char *const paths[] = {
      "elsewhere",
      "elsewhere/vk_layer_settings.txt",
   };
   for (int i = 0; i < 2; i++) {
      setenv("VK_LAYER_SETTINGS_PATH", paths[i], 1);
      apply(&chain);
      U_CHECK_EQ(vl_os_chosen_backing(), VL_OS_BACKING_FILE);
   }
   setenv("VK_LAYER_SETTINGS_PATH", "/nowhere", 1);
   apply(&chain);
   U_CHECK_EQ(vl_os_chosen_backing(), VL_OS_BACKING_UDMABUF);
   unsetenv("VK_LAYER_SETTINGS_PATH");

   /* and the user's own before both */
   U_CHECK_EQ(mkdir("vulkan", 0700), 0);
   U_CHECK_EQ(mkdir("vulkan/settings.d", 0700), 0);
   write_file("vulkan/settings.d/vk_layer_settings.txt",
              "venus_shm.backing = auto\n");
   setenv("XDG_DATA_HOME", directory, 1);
   apply(&chain);
   U_CHECK_EQ(vl_os_chosen_backing(), VL_OS_BACKING_AUTO);
   unsetenv("XDG_DATA_HOME");

   setenv("VK_VENUS_SHM_BACKING", "file", 1);
   apply(&chain);
   U_CHECK_EQ(vl_os_chosen_backing(), VL_OS_BACKING_FILE);
   setenv("VENUS_SHM_BACKING", "udmabuf", 1);
   apply(&chain);
   U_CHECK_EQ(vl_os_chosen_backing(), VL_OS_BACKING_UDMABUF);
   /* empty is the same as unset */
   setenv("VENUS_SHM_BACKING", "", 1);
   apply(&chain);
   U_CHECK_EQ(vl_os_chosen_backing(), VL_OS_BACKING_FILE);
   unsetenv("VENUS_SHM_BACKING");
   unsetenv("VK_VENUS_SHM_BACKING");
   unlink("vk_layer_settings.txt");
}

/* What is refused is said, and the next source is asked. */
static void
test_refused(void)
{
   static const char *const wrong = "Memfd";
   static const char *const none = NULL;
   static const uint32_t number = 1;
   VkLayerSettingEXT setting = string_setting("backing", &wrong);
   const VkLayerSettingsCreateInfoEXT chain = settings_info(&setting, 1);

   apply(&chain);
   U_CHECK_EQ(vl_os_chosen_backing(), VL_OS_BACKING_AUTO);
   U_CHECK(strstr(said,
                  "error: VK_EXT_layer_settings: setting backing cannot "
                  "be 'Memfd', only one of: auto udmabuf memfd file\n"));

   setting.pValues = &number;
   setting.type = (VkLayerSettingTypeEXT)3;
   apply(&chain);
   U_CHECK_EQ(vl_os_chosen_backing(), VL_OS_BACKING_AUTO);
   U_CHECK(strstr(said, "error: VkLayerSettingEXT: setting backing is one"));
   setting = string_setting("backing", &wrong);
   setting.valueCount = 0;
   apply(&chain);
   U_CHECK(strstr(said, "error: VkLayerSettingEXT: setting backing is one"));
   setting = string_setting("backing", NULL);
   apply(&chain);
   U_CHECK(strstr(said, "error: VkLayerSettingEXT: setting backing is one"));
   setting = string_setting("backing", &none);
   apply(&chain);
   U_CHECK_EQ(vl_os_chosen_backing(), VL_OS_BACKING_AUTO);

   char line[2048];
   memset(line, 'x', sizeof(line) - 1);
   line[sizeof(line) - 1] = '\0';
   write_file("vk_layer_settings.txt",
              "venus_shm.backing = tape\nvenus_shm.speed = high\n");
   FILE *file = fopen("vk_layer_settings.txt", "ae");
   fprintf(file, "venus_shm.backing = %s\nvenus_shm.log = error", line);
   fclose(file);
   setenv("VENUS_SHM_BACKING", "paper", 1);
   setenv("VENUS_SHM_FD_LIMIT", "maybe", 1);
   apply(NULL);
   U_CHECK_EQ(vl_os_chosen_backing(), VL_OS_BACKING_AUTO);
   U_CHECK(!u_log_enabled(&vl_log_state, U_LOG_WARN));
   U_CHECK(strstr(said, "error: VENUS_SHM_BACKING: setting backing cannot be "
                        "'paper'"));
   U_CHECK(strstr(said, "error: ./vk_layer_settings.txt: setting backing "
                        "cannot be 'tape'"));
   U_CHECK(strstr(said, "there is no setting venus_shm.speed"));
   U_CHECK(strstr(said, "setting fd_limit cannot be 'maybe'"));
   unsetenv("VENUS_SHM_BACKING");
   unsetenv("VENUS_SHM_FD_LIMIT");
   unlink("vk_layer_settings.txt");
}

static void
test_fd_limit(void)
{
   struct rlimit old, now;
   getrlimit(RLIMIT_NOFILE, &old);
   struct rlimit low = old;
   low.rlim_cur = 512;
   setrlimit(RLIMIT_NOFILE, &low);
   setenv("VENUS_SHM_FD_LIMIT", "keep", 1);
   apply(NULL);
   getrlimit(RLIMIT_NOFILE, &now);
   U_CHECK_EQ(now.rlim_cur, 512);
   unsetenv("VENUS_SHM_FD_LIMIT");
   apply(NULL);
   getrlimit(RLIMIT_NOFILE, &now);
   U_CHECK_EQ(now.rlim_cur, old.rlim_max);
   setrlimit(RLIMIT_NOFILE, &old);
}

int
main(void)
{
   static const char *const variables[] = {
      "VENUS_SHM_LOG",
      "VENUS_SHM_BACKING",
      "VENUS_SHM_FD_LIMIT",
      "VENUS_SHM_LIBM",
      "VK_VENUS_SHM_LOG",
      "VK_VENUS_SHM_BACKING",
      "VK_VENUS_SHM_FD_LIMIT",
      "VK_VENUS_SHM_LIBM",
      "VK_LAYER_SETTINGS_PATH",
      "XDG_DATA_HOME",
      "HOME",
   };
   for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
      unsetenv(variables[i]);
   if (!mkdtemp(directory) || chdir(directory)) {
      perror(directory);
      return EXIT_FAILURE;
   }

   test_default();
   test_order();
   test_refused();
   test_fd_limit();

   unlink("elsewhere/vk_layer_settings.txt");
   rmdir("elsewhere");
   unlink("vulkan/settings.d/vk_layer_settings.txt");
   rmdir("vulkan/settings.d");
   rmdir("vulkan");
   U_CHECK_EQ(rmdir(directory), 0);
   return u_test_result();
}
