/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Part of test programs that load Vulkan drivers, in builds with
 * AddressSanitizer. The leak check runs at exit, when the loader has unloaded
 * drivers and layers long ago: then a leak has no name, and one of a stock
 * driver looks like one of ours. So nothing is unloaded, and what stock parts
 * are known to keep is named. (libxcb unregisters nothing on a connection
 * that is broken.)
 */

int dlclose(void *handle);
const char *__lsan_default_suppressions(void);

int
dlclose(void *handle)
{
   return 0;
}

/* Nothing of this repository may be named here. */
const char *
__lsan_default_suppressions(void)
{
   return "leak:libvulkan_lvp.so\n"
          "leak:_dri.so\n"
          "leak:libgbm.so\n"
          "leak:libLLVM\n"
          "leak:libvulkan.so\n"
          "leak:xcb_register_for_special_xge\n"
          "leak:libVkLayer_khronos_validation.so\n"
          "leak:libVkLayer_MESA_device_select.so\n";
}
