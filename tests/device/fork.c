/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * fork: the child of a process in which the driver is loaded, but not used,
 * uses it, together with its parent; and the child of one that uses it makes
 * an instance of its own, leaves the parent's alone and goes.
 */

#include <sys/wait.h>
#include <unistd.h>

#include "vk_fixture.h"

/* An instance and a device from the beginning to the end. */
static bool
use(void)
{
   struct vkt_instance instance;
   struct vkt_device dev = { 0 };
   bool ok = true;

   for (uint32_t i = 0; ok && i < 3; i++) {
      ok = vkt_instance_init(&instance) &&
           vkt_device_init(&dev, &instance, NULL, 0, NULL) &&
           vkt_device_works(&dev);
      vkt_device_finish(&dev);
      vkt_instance_finish(&instance);
   }
   return ok;
}

static pid_t
start_child(void)
{
   const pid_t pid = fork();

   if (!U_CHECK(pid >= 0))
      exit(EXIT_FAILURE);
   if (!pid) {
      vkt_bound(30);
      _exit(use() ? 0 : 1);
   }
   return pid;
}

static void
end_child(pid_t pid)
{
   int status = -1;

   U_CHECK_EQ(waitpid(pid, &status, 0), pid);
   U_CHECK_EQ(status, 0);
}

int
main(void)
{
   struct vkt_instance instance;
   struct vkt_device dev = { 0 };
   uint32_t count = 0;
   pid_t pids[2];

   vkt_bound(60);
   /* the loader loads all drivers for this */
   VKT_CHECK(vkEnumerateInstanceExtensionProperties(NULL, &count, NULL));
   for (uint32_t i = 0; i < 2; i++)
      pids[i] = start_child();
   U_CHECK(use());
   for (uint32_t i = 0; i < 2; i++)
      end_child(pids[i]);

   if (U_CHECK(vkt_instance_init(&instance)) &&
       U_CHECK(vkt_device_init(&dev, &instance, NULL, 0, NULL))) {
      U_CHECK(vkt_device_works(&dev));
      pids[0] = start_child();
      U_CHECK(vkt_device_works(&dev));
      end_child(pids[0]);
      U_CHECK(vkt_device_works(&dev));
   }
   vkt_device_finish(&dev);
   vkt_instance_finish(&instance);
   return u_test_result();
}
