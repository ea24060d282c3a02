/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The layer as a hostile guest sees it through the renderer: fds of every
 * kind, sizes of every size, chains of every composition, in any order, on a
 * driver with any properties (fuzz_driver.h).
 *
 * Input: what the driver is like (see read_config), what the layer is told at
 * its start if that says so (create_instance), then operations until the end.
 * Handles are valid and structs are whole, as the renderer's decoder
 * makes sure; everything else is free. After each input nothing may be left:
 * no fd, no mapping, no object of the driver, no memory.
 */

#include "fuzz_mapping.h"
#include "fuzz_operations.h"
#include "fuzz_os.h"
#include "fuzz_settings.h"
#include "fuzz_system.h"
#include "u_fd.h"
#include "vl_mapping.h"
#include "vl_physical_device.h"

enum { MAX_OPERATIONS = 64 };

static bool wants_file;
static bool wants_settings;

static void
operate(struct fuzz_world *w)
{
   switch (U8(w) % 16) {
   case 0:
   case 1:
      fuzz_allocate(w);
      break;
   case 2:
      fuzz_free_memory(w, &w->memories[U8(w) % FUZZ_SLOTS]);
      break;
   case 3:
      fuzz_get_fd(w);
      break;
   case 4:
      fuzz_get_fd_properties(w);
      break;
   case 5:
      fuzz_make_file(w);
      break;
   case 6:
      fuzz_change_file(w);
      break;
   case 7:
      fuzz_create_buffer(w);
      break;
   case 8:
      fuzz_query_buffer(w);
      break;
   case 9:
      fuzz_create_image(w);
      break;
   case 10:
      fuzz_query_image(w);
      break;
   case 11: {
      const uint8_t which = U8(w);
      if (which & 0x80)
         fuzz_destroy_buffer(w, &w->buffers[which % FUZZ_SLOTS]);
      else
         fuzz_destroy_image(w, &w->images[which % FUZZ_SLOTS]);
      break;
   }
   case 12:
      fuzz_query_formats(w);
      break;
   case 13:
      fuzz_query_image_formats(w);
      break;
   case 14:
      fuzz_query_device(w);
      break;
   case 15: {
      const uint8_t what = U8(w);
      if (what & 0x80)
         fuzz_record_barrier(w, what);
      else if (what & 0x40)
         fuzz_destroy_device(w, what % FUZZ_DEVICES);
      else
         fuzz_create_device(w, what % FUZZ_DEVICES, U8(w));
      break;
   }
   }
   fuzz_free_structs();
}

static void
read_config(struct u_fuzz_input *in, struct fuzz_driver_config *config)
{
   static const uint64_t alignments[] = {
      4096, 65536, 1, UINT64_C(1) << 20, 16384, 0, 3000, UINT64_C(1) << 40,
   };
   static const uint32_t versions[] = {
      VK_API_VERSION_1_3,
      VK_API_VERSION_1_2,
      VK_API_VERSION_1_1,
      VK_API_VERSION_1_0,
   };
   const uint8_t has = u_fuzz_u8(in);
   const uint8_t lies = u_fuzz_u8(in);
   const uint8_t types = u_fuzz_u8(in);
   const uint8_t numbers = u_fuzz_u8(in);
   *config = (struct fuzz_driver_config){
      .api_version = versions[has >> 6],
      .has_host_import = !(has & 0x01),
      .has_fd = has & 0x02,
      .has_dma_buf = has & 0x04,
      .has_modifier = has & 0x08,
      .has_foreign = has & 0x10,
      .can_export_dma_buf = has & 0x20,
      .hides_host_import = lies & 0x01,
      .loses_writes = lies & 0x02,
      .lies_about_planes = lies & 0x04,
      .can_clear = lies & 0x10,
      .lies_about_pitch = lies & 0x20,
      .optimal_elsewhere = lies & 0x40,
      .type_count = 1 + (types & 3),
      .host_types = (uint32_t) ~(types >> 4) & 0xf,
      .heap_size_B = UINT64_C(1) << (numbers & 0x80 ? 40 : 30),
      .host_alignment_B = alignments[numbers & 7],
      .image_alignment_B = lies & 0x08 ? 3 : 256,
      .fail_at = u_fuzz_u8(in),
   };
   fuzz_system_start(numbers & 0x10);
   wants_file = numbers & 0x20;
   if (wants_file)
      config->heap_size_B = 1 << 20;
   wants_settings = numbers & 0x40;
}

/* With as little as the layer can be given, where the input says so. */
static bool
create_instance(struct fuzz_world *w)
{
   const uint8_t what = wants_settings ? U8(w) : 0;
   VkApplicationInfo *application = fuzz_make(sizeof(*application));
   application->apiVersion = what & 0x02   ? VK_API_VERSION_1_0
                             : what & 0x04 ? 0
                                           : VK_API_VERSION_1_3;
   VkInstanceCreateInfo *info = fuzz_make(sizeof(*info));
   info->sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO;
   info->pApplicationInfo = what & 0x01 ? NULL : application;
   static const char *const names[] = {
      VK_KHR_GET_PHYSICAL_DEVICE_PROPERTIES_2_EXTENSION_NAME,
   };
   info->enabledExtensionCount = what >> 3 & 1;
   info->ppEnabledExtensionNames = names;
   if (!(what & 0x10)) {
      VkLayerInstanceCreateInfo *callback =
         CHAIN(&info->pNext, VkLayerInstanceCreateInfo,
               LOADER_INSTANCE_CREATE_INFO);
      callback->function = VK_LOADER_LAYER_CREATE_DEVICE_CALLBACK;
      callback->u.layerDevice.pfnLayerCreateDevice = fuzz_layer_create_device;
      callback->u.layerDevice.pfnLayerDestroyDevice =
         fuzz_layer_destroy_device;
   }
   if (wants_settings) {
      fuzz_settings_read(w);
      fuzz_settings_chain(w, &info->pNext);
      if (what & 0x20)
         fuzz_settings_chain(w, &info->pNext);
   }
   if (wants_file)
      fuzz_settings_chain_file(&info->pNext);
   VkLayerInstanceLink *link = fuzz_make(sizeof(*link));
   link->pfnNextGetInstanceProcAddr = fuzz_gipa;
   VkLayerInstanceCreateInfo *layer = CHAIN(
      &info->pNext, VkLayerInstanceCreateInfo, LOADER_INSTANCE_CREATE_INFO);
   layer->function = VK_LAYER_LINK_INFO;
   layer->u.pLayerInfo = what & 0x40 ? NULL : link;
   const VkResult result = vl_CreateInstance(info, NULL, &w->instance);
   fuzz_free_structs();
   if (result != VK_SUCCESS)
      return false;
   w->physical = fuzz_driver_physical(w->instance);
   return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
   static struct u_fuzz_belongings before;
   u_fuzz_belongings_get(&before);

   struct fuzz_world world = { .in = { .cur = data, .end = data + size } };
   struct fuzz_world *w = &world;
   struct fuzz_driver_config config;
   read_config(&w->in, &config);
   fuzz_driver_start(&config);
   fuzz_mapping_forget();
   fuzz_os_forget();
   fuzz_settings_start();
   for (int i = 0; i < FUZZ_SLOTS; i++)
      w->fds[i] = -1;

   if (create_instance(w)) {
      fuzz_create_device(w, 0, 0);
      fuzz_create_device(w, 1, 0);
      fuzz_free_structs();
      for (int i = 0; i < MAX_OPERATIONS && !u_fuzz_at_end(&w->in); i++)
         operate(w);
      for (uint32_t i = 0; i < FUZZ_DEVICES; i++)
         fuzz_destroy_device(w, i);
      vl_DestroyInstance(w->instance, NULL);
   }
   for (int i = 0; i < FUZZ_SLOTS; i++)
      u_fd_close(&w->fds[i]);
   fuzz_settings_stop();
   fuzz_driver_stop();

   U_FUZZ_CHECK(vl_mapping_count() == 0);
   U_FUZZ_CHECK(fuzz_driver_object_count() == 0);
   u_fuzz_belongings_check(&before);
   return 0;
}
