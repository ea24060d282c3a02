/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The renderer dies while frames are under way, again and again. Whoever
 * acquires, presents or waits for a present hears of it soon, and what there
 * was can be destroyed and leaves nothing behind. Under bin/venus-run, which
 * names the server in VENUS_SERVER_PID.
 */

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "lost_processes.h"
#include "wsi_fixture.h"

#define ROUNDS 6

static pid_t server;

static void *
kill_workers(void *data)
{
   usleep(*(const useconds_t *)data);
   U_CHECK(lost_signal(server, true, SIGKILL) > 0);
   return NULL;
}

/* Until something says that the device is lost. */
static VkResult
present_on(struct wsi_chain *chain)
{
   const float color[4] = { 0.0f, 1.0f, 0.0f, 1.0f };
   VkResult result;
   uint32_t index;

   for (;;) {
      result = wsi_acquire(chain, VKT_TIMEOUT_NS, &index);
      if (result < VK_SUCCESS || result == VK_TIMEOUT)
         return result;
      /* says on stderr what a submission said */
      if (!wsi_draw(chain, index, color))
         return VK_ERROR_DEVICE_LOST;
      result = wsi_present(chain, index, NULL);
      if (result < VK_SUCCESS)
         return result;
   }
}

static void
test_round(useconds_t delay, VkPresentModeKHR mode)
{
   const VkHeadlessSurfaceCreateInfoEXT info = {
      .sType = VK_STRUCTURE_TYPE_HEADLESS_SURFACE_CREATE_INFO_EXT,
   };
   const struct wsi_params params = { .mode = mode };
   VkSurfaceKHR surface = VK_NULL_HANDLE;
   struct wsi_chain chain;
   pthread_t killer;
   struct wsi wsi;
   uint32_t index;

   memset(&chain, 0, sizeof(chain));
   if (!U_CHECK(wsi_init(&wsi, VK_EXT_HEADLESS_SURFACE_EXTENSION_NAME)) ||
       !VKT_CHECK(wsi.fns.create_headless_surface(wsi.instance.handle, &info,
                                                  NULL, &surface)) ||
       !U_CHECK(wsi_chain_init(&chain, &wsi, surface, &params)))
      goto out;
   if (U_CHECK_EQ(pthread_create(&killer, NULL, kill_workers, &delay), 0)) {
      U_CHECK_EQ(present_on(&chain), VK_ERROR_DEVICE_LOST);
      pthread_join(killer, NULL);
      U_CHECK_EQ(
         vkAcquireNextImageKHR(wsi.device.handle, chain.handle, UINT64_MAX,
                               VK_NULL_HANDLE, wsi.device.fence, &index),
         VK_ERROR_DEVICE_LOST);
      U_CHECK_EQ(wsi.fns.wait_for_present(wsi.device.handle, chain.handle,
                                          chain.present_id + 1, UINT64_MAX),
                 VK_ERROR_DEVICE_LOST);
   }

out:
   wsi_chain_finish(&chain);
   if (surface)
      vkDestroySurfaceKHR(wsi.instance.handle, surface, NULL);
   wsi_finish(&wsi);
}

int
main(void)
{
   const char *pid = getenv("VENUS_SERVER_PID");

   if (!pid) {
      fprintf(stderr, "VENUS_SERVER_PID names no server\n");
      return U_TEST_SKIP;
   }
   server = (pid_t)strtol(pid, NULL, 10);
   vkt_bound(100);
   uint32_t fds = 0;
   for (uint32_t i = 0; i < ROUNDS; i++) {
      setenv("VN_WSI", i & 1 ? "copy" : "direct", 1);
      test_round(i * 5000, i & 2 ? VK_PRESENT_MODE_MAILBOX_KHR
                                 : VK_PRESENT_MODE_FIFO_KHR);
      /* the first opens what stays open for the process's life */
      if (i == 0)
         fds = vkt_count_fds(getpid());
   }
   U_CHECK_EQ(vkt_count_fds(getpid()), fds);
   return u_test_result();
}
