/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Code that is compiled at run time finds the math functions in a process
 * that is not linked with them, once the layer's settings are in force. Must
 * not call any of them by name itself.
 */

#include "vl_settings.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "u_test.h"

int
main(void)
{
   const char *word = getenv("VENUS_SHM_LIBM");
   const bool keep = word && !strcmp(word, "keep");
   const VkInstanceCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
   };

   U_CHECK(!dlsym(RTLD_DEFAULT, "acosh"));
   /* as a driver that is loaded for itself has it */
   void *local = dlopen("libm.so.6", RTLD_NOW | RTLD_LOCAL);
   U_CHECK(local != NULL);
   U_CHECK(!dlsym(RTLD_DEFAULT, "acosh"));

   vl_settings_apply(&info);
   if (local)
      dlclose(local);
   U_CHECK_EQ(dlsym(RTLD_DEFAULT, "acosh") != NULL, !keep);
   double (*function)(double) = dlsym(RTLD_DEFAULT, "acosh");
   if (function)
      U_CHECK(function(1.0) == 0.0);
   return u_test_result();
}
