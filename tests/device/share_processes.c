/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Buffers that go from one process to another over a socket. The exporter is
 * a child, so the two have nothing in common but the host. Needs a transport
 * that can import what others made: status 77 over vtest.
 *
 *    device-share-processes [COUNT]      default 1000 buffers
 *
 * Counted on this side: open fds and mappings after the last buffer must be
 * what they were after the first.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ext_fixture.h"

/* Buffers until caches are filled. */
#define FENCES  4
#define WARM_UP 8

struct message {
   uint64_t memory_size;
   uint32_t memory_type;
   uint32_t value; /* what the sender has written; 0: that is all */
};

static bool
send_message(int sock, const struct message *message, int fd)
{
   char control[CMSG_SPACE(sizeof(int))] = { 0 };
   struct iovec iov = { (void *)message, sizeof(*message) };
   struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
   if (fd >= 0) {
      msg.msg_control = control;
      msg.msg_controllen = sizeof(control);
      struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
      cmsg->cmsg_level = SOL_SOCKET;
      cmsg->cmsg_type = SCM_RIGHTS;
      cmsg->cmsg_len = CMSG_LEN(sizeof(int));
      memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
   }
   return sendmsg(sock, &msg, MSG_NOSIGNAL) == (ssize_t)sizeof(*message);
}

static bool
receive_message(int sock, struct message *message, int *fd)
{
   char control[CMSG_SPACE(sizeof(int))] = { 0 };
   struct iovec iov = { message, sizeof(*message) };
   struct msghdr msg = {
      .msg_iov = &iov,
      .msg_iovlen = 1,
      .msg_control = control,
      .msg_controllen = sizeof(control),
   };
   *fd = -1;
   if (recvmsg(sock, &msg, MSG_CMSG_CLOEXEC) != (ssize_t)sizeof(*message))
      return false;
   const struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
   if (cmsg && cmsg->cmsg_type == SCM_RIGHTS)
      memcpy(fd, CMSG_DATA(cmsg), sizeof(*fd));
   return true;
}

/* Odd buffers are freed before the importer has seen them, even ones after it
 * has answered; the last one outlives the process.
 */
static int
run_exporter(int sock, uint32_t count)
{
   struct vkt_instance instance = { 0 };
   struct ext_device dev = { 0 };

   if (!vkt_instance_init(&instance) || !ext_device_init(&dev, &instance)) {
      send_message(sock, &(struct message){ 0 }, -1);
      return 1;
   }
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
      if (!U_CHECK(fd >= 0) || !U_CHECK(send_message(sock, &message, fd)))
         break;
      close(fd);
      if (i == count)
         _exit(u_test_result()); /* with everything still there */
      if (i % 2)
         ext_object_finish(&object);

      struct message answer;
      if (!U_CHECK(receive_message(sock, &answer, &fd)))
         break;
      if (!(i % 2)) {
         /* the importer has written, and freed its side */
         U_CHECK(ext_words_are(&object, object.map, answer.value));
         ext_object_finish(&object);
      }
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
run_importer(int sock, uint32_t count, pid_t exporter)
{
   struct vkt_instance instance = { 0 };
   struct ext_device dev = { 0 };
   uint32_t fds = 0, maps = 0;
   int status = -1;

   if (!U_CHECK(vkt_instance_init(&instance)) ||
       !U_CHECK(ext_device_init(&dev, &instance)))
      goto out;

   for (uint32_t i = 1; i <= count; i++) {
      struct message message;
      int fd;
      if (!U_CHECK(receive_message(sock, &message, &fd)) ||
          !U_CHECK(fd >= 0) || !U_CHECK_EQ(message.value, i))
         break;
      if (i == count) {
         U_CHECK_EQ(waitpid(exporter, &status, 0), exporter);
         U_CHECK_EQ(status, 0);
      }
      const bool ok = U_CHECK(take_buffer(&dev, &message, fd));
      close(fd);
      message.value = ~message.value;
      if (!ok || (i < count && !U_CHECK(send_message(sock, &message, -1))))
         break;
      if (i == WARM_UP) {
         fds = vkt_count_fds(0);
         maps = vkt_count_shared_mappings(0, "/dev/dri/");
      }
   }
   if (count > WARM_UP) {
      printf("fds %u to %u, mappings %u to %u\n", fds, vkt_count_fds(0), maps,
             vkt_count_shared_mappings(0, "/dev/dri/"));
      /* the driver may still have the fences of its last waits */
      U_CHECK(vkt_count_fds(0) <= fds + FENCES);
      U_CHECK_EQ(vkt_count_shared_mappings(0, "/dev/dri/"), maps);
   }
out:
   ext_device_finish(&dev);
   vkt_instance_finish(&instance);
}

int
main(int argc, char **argv)
{
   const char *debug = getenv("VN_DEBUG");
   const uint32_t count = argc > 1 ? (uint32_t)atoi(argv[1]) : 1000;
   int socks[2];

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
      _exit(run_exporter(socks[1], count));
   }
   close(socks[1]);
   run_importer(socks[0], count, exporter);
   close(socks[0]);
   return u_test_result();
}
