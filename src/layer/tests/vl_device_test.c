/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The layer from the application's side, through the real loader, on whatever
 * driver comes first: what is shared has to arrive, and what is wrong has to
 * fail without leaving anything behind.
 *
 * Usage: vl_device_test LAYERS [TEST...]
 *        vl_device_test LAYERS old-application
 *        vl_device_test LAYERS settings
 * Ends with 77 if there is no device.
 */

#include "vl_device_test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../vl_settings.h"
#include "u_test.h"

static int
failures(void)
{
   return u_test_failures + vt_failures() + memory_test_failures() +
          image_test_failures() + hostile_test_failures();
}

static void
find_types(struct pair *pair)
{
   VkBuffer buffer = vt_buffer(&pair->a, VT_SIZE_B, VT_DMA_BUF);
   VkMemoryRequirements requirements;
   pair->a.GetBufferMemoryRequirements(pair->a.handle, buffer, &requirements);
   pair->a.DestroyBuffer(pair->a.handle, buffer, NULL);
   pair->shared_types = requirements.memoryTypeBits;
   printf("memory types: 0x%x, shared 0x%x, visible 0x%x\n",
          pair->instance->all_types, pair->shared_types,
          pair->instance->visible_types);
   U_CHECK(pair->shared_types & pair->instance->visible_types);
}

static const struct {
   const char *name;
   void (*run)(struct pair *pair);
   enum {
      VALID,
      /* made valid by the layer where memory is uniform: for validation below
       * it only
       */
      VALID_BELOW,
      INVALID, /* for no validation layer */
   } usage;
} tests[] = {
   { "buffer", test_buffer, VALID },
   { "import-twice", test_import_twice, VALID },
   { "wrong-fds", test_wrong_fds, INVALID },
   { "forced-export", test_forced_export, VALID_BELOW },
   { "image", test_image, VALID },
   { "wrong-layouts", test_wrong_layouts, VALID },
   { "hostile", test_hostile, INVALID },
   { "wrong-planes", test_wrong_planes, INVALID },
   { "leaving", test_leaving, INVALID },
   { "foreign", test_foreign, VALID },
   { "planar", test_planar, VALID },
   { "no-fds", test_no_fds, VALID },
   { "threads", test_threads, VALID },
   { "queries", test_queries, VALID },
   { "requirements", test_requirements, VALID },
};

static bool
is_wanted(const char *name, int argc, char **argv)
{
   for (int i = 2; i < argc; i++) {
      if (!strcmp(argv[i], name))
         return true;
   }
   return argc == 2;
}

/* An application from before Vulkan 1.1 keeps working, with or without. */
static int
test_old_application(const char *layers)
{
   struct vt_instance instance;
   struct vt_device device;
   if (!vt_instance_init(&instance, layers, VK_API_VERSION_1_0))
      return U_TEST_SKIP;
   if (vt_device_init(&device, &instance)) {
      const bool has_dma_buf = vt_has_extension(
         &instance, VK_EXT_EXTERNAL_MEMORY_DMA_BUF_EXTENSION_NAME);
      printf("dma-bufs for Vulkan 1.0: %s\n", has_dma_buf ? "yes" : "no");
      struct vt_bound_buffer buffer;
      vt_bound_buffer_init(&buffer, &device, 0, 0, -1);
      vt_fill(&device, buffer.buffer, 1);
      vt_bound_buffer_finish(&buffer, &device);
      if (has_dma_buf) {
         vt_bound_buffer_init(&buffer, &device, VT_DMA_BUF, VT_DMA_BUF, -1);
         vt_fill(&device, buffer.buffer, 1);
         close(vt_export(&device, buffer.memory));
         vt_bound_buffer_finish(&buffer, &device);
      }
      vt_device_finish(&device);
   }
   vt_instance_finish(&instance);
   U_CHECK_EQ(vt_usage().mappings, 0);
   return failures() ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* VK_EXT_layer_settings through the loader: memory as it was asked for. */
static int
test_settings(const char *layers)
{
   static const char *const words[] = { "file", "memfd" };
   U_CHECK(vt_layer_has_extension("VK_LAYER_VENUS_shm",
                                  VK_EXT_LAYER_SETTINGS_EXTENSION_NAME));
   for (int i = 0; i < 2; i++) {
      const VkLayerSettingEXT setting = {
         .pLayerName = "VK_LAYER_VENUS_shm",
         .pSettingName = "backing",
         .type = VK_LAYER_SETTING_TYPE_STRING_EXT,
         .valueCount = 1,
         .pValues = &words[i],
      };
      const VkLayerSettingsCreateInfoEXT chain = {
         .sType = VK_STRUCTURE_TYPE_LAYER_SETTINGS_CREATE_INFO_EXT,
         .settingCount = 1,
         .pSettings = &setting,
      };
      struct vt_instance instance;
      struct vt_device device;
      struct vt_bound_buffer buffer;
      /* Loaders older than the extension refuse its name, not its struct. */
      if (!vt_instance_init_with(&instance, layers, VK_API_VERSION_1_3,
                                 VK_EXT_LAYER_SETTINGS_EXTENSION_NAME,
                                 &chain) &&
          !vt_instance_init_with(&instance, layers, VK_API_VERSION_1_3, NULL,
                                 &chain))
         return U_TEST_SKIP;
      if (vt_device_init(&device, &instance) &&
          vt_bound_buffer_init(&buffer, &device, VT_DMA_BUF, VT_DMA_BUF,
                               -1)) {
         const int fd = vt_export(&device, buffer.memory);
         U_CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
         const int seals = fcntl(fd, F_GET_SEALS);
         U_CHECK_EQ(seals >= 0 && (seals & F_SEAL_SHRINK), i == 1);
         close(fd);
         vt_bound_buffer_finish(&buffer, &device);
      }
      vt_device_finish(&device);
      vt_instance_finish(&instance);
   }
   return failures() ? EXIT_FAILURE : EXIT_SUCCESS;
}

int
main(int argc, char **argv)
{
   static const char *const extensions[] = {
      VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME,
      VK_EXT_EXTERNAL_MEMORY_DMA_BUF_EXTENSION_NAME,
      VK_EXT_IMAGE_DRM_FORMAT_MODIFIER_EXTENSION_NAME,
      VK_EXT_QUEUE_FAMILY_FOREIGN_EXTENSION_NAME,
   };
   const char *layers = argc > 1 ? argv[1] : "VK_LAYER_VENUS_shm";
   const char *validation = strstr(layers, "validation");
   const char *ours = strstr(layers, "VENUS_shm");
   const int allowed = !validation         ? INVALID
                       : validation > ours ? VALID_BELOW
                                           : VALID;

   if (argc > 2 && !strcmp(argv[2], "old-application"))
      return test_old_application(layers);
   if (argc > 2 && !strcmp(argv[2], "settings"))
      return test_settings(layers);

   struct pair pair;
   struct vt_instance instance;
   if (!vt_instance_init(&instance, layers, VK_API_VERSION_1_3))
      return U_TEST_SKIP;
   pair.instance = &instance;
   printf("device: %s\n", instance.properties.deviceName);
   for (int i = 0; i < 4; i++)
      U_CHECK(vt_has_extension(&instance, extensions[i]));

   if (vt_device_init(&pair.a, &instance) &&
       vt_device_init(&pair.b, &instance)) {
      find_types(&pair);
      const bool is_uniform = pair.shared_types == instance.all_types;
      for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
         if (!is_wanted(tests[i].name, argc, argv) ||
             (int)tests[i].usage > allowed ||
             (validation && tests[i].usage == VALID_BELOW && !is_uniform))
            continue;
         const struct vt_usage before = vt_usage();
         const int failures_before = failures();
         tests[i].run(&pair);
         const struct vt_usage after = vt_usage();
         U_CHECK_EQ(after.fds, before.fds);
         U_CHECK_EQ(after.mappings, before.mappings);
         printf("%s: %s\n", tests[i].name,
                failures() == failures_before ? "ok" : "FAILED");
      }
      vt_device_finish(&pair.b);
      vt_device_finish(&pair.a);
   }
   vt_instance_finish(&instance);
   U_CHECK_EQ(vt_usage().mappings, 0);
   return failures() ? EXIT_FAILURE : EXIT_SUCCESS;
}
