/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * No renderer, or something else where it should be. An instance must come
 * about all the same, without devices and in little time, because the loader
 * asks every driver of a machine and another one may have a device.
 *
 * Each case is a process of its own, since a driver may read its environment
 * once.
 */

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "vk_fixture.h"

#define BOUND_SECONDS 10

enum peer {
   PEER_NONE,    /* the path leads nowhere */
   PEER_FILE,    /* a plain file */
   PEER_SILENT,  /* listens, never answers */
   PEER_CLOSES,  /* accepts and closes */
   PEER_BABBLES, /* answers with noise */
};

static const char *const peer_names[] = {
   [PEER_NONE] = "nobody",
   [PEER_FILE] = "a plain file",
   [PEER_SILENT] = "a server that never answers",
   [PEER_CLOSES] = "a server that closes at once",
   [PEER_BABBLES] = "a server that talks nonsense",
};

static int
listen_at(const char *path)
{
   struct sockaddr_un addr = { .sun_family = AF_UNIX };
   int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

   snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
   if (!U_CHECK(fd >= 0) ||
       !U_CHECK_EQ(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0) ||
       !U_CHECK_EQ(listen(fd, 4), 0))
      exit(EXIT_FAILURE);
   return fd;
}

/* A loader that finds no device calls that a failure; with it, 0 devices is
 * what the driver said. */
static bool
has_no_device(VkInstance instance)
{
   uint32_t count = 0;
   const VkResult result = vkEnumeratePhysicalDevices(instance, &count, NULL);

   return !count &&
          (result == VK_SUCCESS || result == VK_ERROR_INITIALIZATION_FAILED);
}

/* In the child: its exit status says whether all is well. */
static int
try_instance(uint32_t rounds)
{
   const VkInstanceCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
   };
   VkInstance instance = VK_NULL_HANDLE;

   vkt_bound(BOUND_SECONDS);
   for (uint32_t round = 0; round < rounds; round++) {
      if (!VKT_CHECK(vkCreateInstance(&info, NULL, &instance)))
         break;
      U_CHECK(has_no_device(instance));
      vkDestroyInstance(instance, NULL);
   }
   return u_test_result();
}

/* Serves until the child is gone. Returns its exit status. */
static int
serve(pid_t child, int fd, enum peer peer)
{
   static const uint8_t noise[256] = { 1, 0, 0, 0, 10, 0, 0, 0, 0xff, 0xff };
   int clients[16], client_count = 0, status = -1;

   while (waitpid(child, &status, WNOHANG) == 0) {
      struct pollfd pfd = { .fd = fd, .events = POLLIN };

      /* a pipe to wake up for the child's end would save the 50 ms */
      if (poll(&pfd, 1, 50) <= 0 || peer == PEER_SILENT)
         continue;
      const int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
      if (client < 0)
         continue;
      if (peer == PEER_BABBLES && client_count < 16) {
         for (uint32_t i = 0; i < 16; i++)
            (void)!send(client, noise, sizeof(noise),
                        MSG_NOSIGNAL | MSG_DONTWAIT);
         clients[client_count++] = client;
      } else {
         close(client);
      }
   }
   while (client_count)
      close(clients[--client_count]);
   return status;
}

static void
test_peer(const char *dir, enum peer peer, bool with_vtest)
{
   char path[100];
   int fd = -1, status;
   pid_t child;

   fprintf(stderr, "%s%s\n", peer_names[peer],
           with_vtest ? "" : ", without VN_DEBUG=vtest");
   snprintf(path, sizeof(path), "%s/socket", dir);
   switch (peer) {
   case PEER_NONE:
      break;
   case PEER_FILE:
      fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
      break;
   case PEER_SILENT:
   case PEER_CLOSES:
   case PEER_BABBLES:
      fd = listen_at(path);
      break;
   }
   setenv("VTEST_SOCKET_NAME", path, 1);
   if (with_vtest)
      setenv("VN_DEBUG", "vtest", 1);
   else
      unsetenv("VN_DEBUG");

   child = fork();
   if (child == 0)
      exit(try_instance(peer == PEER_SILENT ? 1 : 2));
   if (U_CHECK(child > 0)) {
      if (peer >= PEER_SILENT)
         status = serve(child, fd, peer);
      else
         waitpid(child, &status, 0);
      U_CHECK_EQ(status, 0);
   }
   if (fd >= 0)
      close(fd);
   unlink(path);
}

int
main(void)
{
   char dir[] = "/tmp/venus-no-server.XXXXXX";

   if (!U_CHECK(mkdtemp(dir) != NULL))
      return u_test_result();
   for (enum peer peer = PEER_NONE; peer <= PEER_BABBLES; peer++)
      test_peer(dir, peer, true);
   test_peer(dir, PEER_CLOSES, false);
   test_peer(dir, PEER_NONE, false);
   rmdir(dir);
   return u_test_result();
}
