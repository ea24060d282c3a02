/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Buffers that go from one process to another over a socket. The exporter is
 * a child, so the two have nothing in common but the host. Needs a transport
 * that can import what others made: status 77 over vtest.
 *
 *    device-share-processes [COUNT [HOST_COMMAND]]     default 1000 buffers
 *
 * What this process holds, and with a command (see share_counts.h) also what
 * QEMU and the renderer hold, must be the same after the last buffers as
 * after the first ones. Both contexts are alive at both times.
 */

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ext_fixture.h"
#include "share_counts.h"
#include "share_socket.h"

/* Buffers until caches are filled; even, see below. */
#define WARM_UP 8

struct message {
   uint64_t memory_size;
   uint32_t memory_type;
   uint32_t value; /* what the sender has written */
};

/* The last one of those that the exporter frees after the answer; it holds as
 * much then as at the end of the warm-up.
 */
static uint32_t
last_even(uint32_t count)
{
   return (count - 1) & ~1u;
}

/* Odd buffers are freed before the importer has seen them, even ones after it
 * has answered; the last one outlives the process.
 */
static int
run_exporter(int sock, uint32_t count)
{
   struct vkt_instance instance = { 0 };
   struct ext_device dev = { 0 };

   struct share_counts first, last;

   /* of a failure the importer sees the end of the socket */
   if (!vkt_instance_init(&instance) || !ext_device_init(&dev, &instance))
      return 1;
   for (uint32_t i = 1; i <= count; i++) {
      struct ext_object object = { 0 };
      if (!U_CHECK(ext_buffer_export(&object, &dev, false)) ||
          !U_CHECK(ext_write_gpu(&object, i)))
         break;
      int fd = ext_get_fd(&object);
      const struct message message = {
         .memory_size = object.memory_size,
         .memory_type = object.memory_type,
         .value = i,
      };
      if (!U_CHECK(fd >= 0) ||
          !U_CHECK(share_send(sock, &message, sizeof(message), &fd, 1)))
         break;
      close(fd);
      if (i == count)
         _exit(u_test_result()); /* with everything still there */
      if (i % 2)
         ext_object_finish(&object);

      struct message answer;
      unsigned none = 0;
      if (!U_CHECK(share_receive(sock, &answer, sizeof(answer), NULL, &none)))
         break;
      if (!(i % 2)) {
         /* the importer has written, and freed its side */
         U_CHECK(ext_words_are(&object, object.map, answer.value));
         ext_object_finish(&object);
      }
      if (i == WARM_UP && !U_CHECK(share_count(&first, NULL)))
         break;
      if (i == last_even(count) && i > WARM_UP &&
          (!U_CHECK(share_count(&last, NULL)) ||
           !U_CHECK(share_counts_check(&first, &last))))
         break;
   }
   return 1;
}

static bool
take_buffer(struct ext_device *dev, const struct message *message, int fd)
{
   const struct ext_object like = {
      .memory_size = message->memory_size,
      .memory_type = message->memory_type,
   };
   struct ext_object object = { 0 };
   const bool ok = ext_buffer_import(&object, dev, fd, &like) &&
                   ext_gpu_sees(&object, message->value) &&
                   ext_write_gpu(&object, ~message->value);
   ext_object_finish(&object);
   return ok;
}

static void
run_importer(int sock,
             uint32_t count,
             pid_t exporter,
             const char *host_command)
{
   struct vkt_instance instance = { 0 };
   struct ext_device dev = { 0 };
   struct share_counts first, last;
   int status = -1;

   if (!U_CHECK(vkt_instance_init(&instance)) ||
       !U_CHECK(ext_device_init(&dev, &instance)))
      goto out;

   for (uint32_t i = 1; i <= count; i++) {
      struct message message;
      unsigned fd_count = 1;
      int fd;
      if (!U_CHECK(share_receive(sock, &message, sizeof(message), &fd,
                                 &fd_count)) ||
          !U_CHECK_EQ(fd_count, 1) || !U_CHECK_EQ(message.value, i))
         break;
      if (i == count) {
         U_CHECK_EQ(waitpid(exporter, &status, 0), exporter);
         U_CHECK_EQ(status, 0);
      }
      bool ok = U_CHECK(take_buffer(&dev, &message, fd));
      close(fd);
      if (i == WARM_UP) {
         ok = ok && U_CHECK(share_count(&first, host_command));
      } else if (i == last_even(count) && i > WARM_UP) {
         ok = ok && U_CHECK(share_count(&last, host_command)) &&
              U_CHECK(share_counts_check(&first, &last));
      }
      message.value = ~message.value;
      if (!ok || (i < count && !U_CHECK(share_send(
                                  sock, &message, sizeof(message), NULL, 0))))
         break;
   }
out:
   ext_device_finish(&dev);
   vkt_instance_finish(&instance);
}

int
main(int argc, char **argv)
{
   const char *debug = getenv("VN_DEBUG");
   const int count = argc > 1 ? atoi(argv[1]) : 1000;
   int socks[2];

   if (count < 1)
      return 1;

   if (debug && strstr(debug, "vtest")) {
      fprintf(stderr, "vtest cannot pass memory between processes\n");
      return 77;
   }
   if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, socks))
      return 1;
   vkt_bound(580);
   const pid_t exporter = fork();
   if (exporter < 0)
      return 1;
   if (!exporter) {
      close(socks[0]);
      _exit(run_exporter(socks[1], (uint32_t)count));
   }
   close(socks[1]);
   run_importer(socks[0], (uint32_t)count, exporter,
                argc > 2 ? argv[2] : NULL);
   close(socks[0]);
   return u_test_result();
}
