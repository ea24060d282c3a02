/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Prints the device's extensions, one a line, for extensions_test.py.
 */

#include "vk_fixture.h"

int
main(void)
{
   struct vkt_instance instance;

   vkt_bound(60);
   if (!U_CHECK(vkt_instance_init(&instance)))
      return EXIT_FAILURE;
   for (uint32_t i = 0; i < instance.ext_count; i++)
      printf("%s\n", instance.exts[i].extensionName);
   vkt_instance_finish(&instance);
   return u_test_result();
}
