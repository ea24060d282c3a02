/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Two processes draw into one image in turn, and nothing but sync_files says
 * whose turn it is. The owner of the memory is a child, so the two have
 * nothing in common but the host. Needs a transport that can import what
 * others made, and sync_files: status 77 over vtest.
 *
 *    device-share-turns MODE
 *
 * A turn is one submission: it waits for the sync_file that came over the
 * socket, copies the picture to look at what the other one has left, adds one
 * to a channel of every pixel, and signals a semaphore, which goes to the
 * other process as a sync_file before the work is done. Each turn begins with
 * work that the next one has to wait for. A turn that does not wait sees an
 * old picture, and its own is overwritten.
 *
 * MODE, after the last turn:
 *    owner-exits     the owner's process ends with its image, which the other
 *                    one goes on to draw into
 *    guest-frees     the other one frees its side, then the owner goes on
 */

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ext_fixture.h"
#include "share_draw.h"
#include "share_socket.h"

/* Even: the owner has every other one, beginning with the first. */
#define TURNS     24
#define SYNC_FD   VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_SYNC_FD_BIT
#define DELAY_B   (8u << 20) /* of memory to be filled, several times */
#define DELAYS    4
#define ALL       VK_PIPELINE_STAGE_ALL_COMMANDS_BIT
#define OWNER_ONE 0x00000001u /* blue */
#define OTHER_ONE 0x00000100u /* green */

/* Comes with the memory's fd, in the first turn, and with the sync_file,
 * unless the turn is done and the driver gave -1.
 */
struct message {
   uint32_t turn;
   uint32_t memory_type; /* from here on, of the first turn */
   uint64_t memory_size;
   uint64_t row_pitch, offset;
};

struct party {
   int sock;
   bool is_owner;
   uint32_t sync_files; /* that were handed over before the work was done */
   struct vkt_instance instance;
   struct ext_device dev;
   struct ext_object picture; /* exported, or imported */
   struct vkt_buffer seen;    /* a copy of the picture */
   struct vkt_buffer delay;
   VkSemaphore in, out; /* of sync_files */
   struct share_draw draw;
   PFN_vkGetSemaphoreFdKHR GetSemaphoreFd;
   PFN_vkImportSemaphoreFdKHR ImportSemaphoreFd;
};

/* What the picture is after so many turns. */
static uint32_t
picture_after(uint32_t turns)
{
   return (turns + 1) / 2 * OWNER_ONE + turns / 2 * OTHER_ONE;
}

/* ---- making ------------------------------------------------------------- */

static bool
create_semaphores(struct party *p)
{
   const VkExportSemaphoreCreateInfo export = {
      .sType = VK_STRUCTURE_TYPE_EXPORT_SEMAPHORE_CREATE_INFO,
      .handleTypes = SYNC_FD,
   };
   VkSemaphoreCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO,
   };
   VkDevice dev = p->dev.base.handle;

   p->GetSemaphoreFd = (PFN_vkGetSemaphoreFdKHR)vkGetDeviceProcAddr(
      dev, "vkGetSemaphoreFdKHR");
   p->ImportSemaphoreFd = (PFN_vkImportSemaphoreFdKHR)vkGetDeviceProcAddr(
      dev, "vkImportSemaphoreFdKHR");
   if (!U_CHECK(p->dev.semaphore_fd) ||
       !U_CHECK(p->GetSemaphoreFd && p->ImportSemaphoreFd) ||
       !VKT_CHECK(vkCreateSemaphore(dev, &info, NULL, &p->in)))
      return false;
   info.pNext = &export;
   return VKT_CHECK(vkCreateSemaphore(dev, &info, NULL, &p->out));
}

/* All but the picture. */
static bool
party_init(struct party *p)
{
   return vkt_instance_init(&p->instance) &&
          ext_device_init(&p->dev, &p->instance) && create_semaphores(p) &&
          share_draw_init(&p->draw, &p->dev.base) &&
          vkt_buffer_init(&p->seen, &p->dev.base,
                          EXT_WIDTH * EXT_HEIGHT * sizeof(uint32_t),
                          VK_BUFFER_USAGE_TRANSFER_DST_BIT) &&
          vkt_buffer_init(&p->delay, &p->dev.base, DELAY_B,
                          VK_BUFFER_USAGE_TRANSFER_DST_BIT);
}

static void
party_finish(struct party *p)
{
   VkDevice dev = p->dev.base.handle;

   if (dev) {
      vkDeviceWaitIdle(dev);
      share_draw_finish(&p->draw);
      vkDestroySemaphore(dev, p->in, NULL);
      vkDestroySemaphore(dev, p->out, NULL);
      vkt_buffer_finish(&p->seen);
      vkt_buffer_finish(&p->delay);
      ext_object_finish(&p->picture);
   }
   ext_device_finish(&p->dev);
   vkt_instance_finish(&p->instance);
   /* a second time does nothing */
   *p = (struct party){ .sock = p->sock, .is_owner = p->is_owner };
}

/* ---- a turn -------------------------------------------------------------- */

static void
hand_over(const struct party *p, bool acquire)
{
   const uint32_t own = p->instance.queue_family;
   const VkImageMemoryBarrier barrier = {
      .sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
      .srcAccessMask = acquire ? 0 : VK_ACCESS_MEMORY_WRITE_BIT,
      .dstAccessMask =
         acquire ? VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT : 0,
      .oldLayout = VK_IMAGE_LAYOUT_GENERAL,
      .newLayout = VK_IMAGE_LAYOUT_GENERAL,
      .srcQueueFamilyIndex = acquire ? VK_QUEUE_FAMILY_FOREIGN_EXT : own,
      .dstQueueFamilyIndex = acquire ? own : VK_QUEUE_FAMILY_FOREIGN_EXT,
      .image = p->picture.image,
      .subresourceRange = { VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1 },
   };
   vkCmdPipelineBarrier(p->dev.base.cmd, ALL, ALL, 0, 0, NULL, 0, NULL, 1,
                        &barrier);
}

static bool
record(struct party *p)
{
   const VkBufferImageCopy copy = {
      .imageSubresource = { VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1 },
      .imageExtent = { EXT_WIDTH, EXT_HEIGHT, 1 },
   };
   /* B8G8R8A8 */
   const float one[] = { 0.0f, p->is_owner ? 0.0f : 1.0f / 255.0f,
                         p->is_owner ? 1.0f / 255.0f : 0.0f, 0.0f };
   VkCommandBuffer cmd = p->dev.base.cmd;

   if (!vkt_begin(&p->dev.base))
      return false;
   for (uint32_t i = 0; i < DELAYS; i++) {
      vkCmdFillBuffer(cmd, p->delay.handle, 0, VK_WHOLE_SIZE, i);
      vkt_full_barrier(cmd);
   }
   hand_over(p, true);
   vkCmdCopyImageToBuffer(cmd, p->picture.image, VK_IMAGE_LAYOUT_GENERAL,
                          p->seen.handle, 1, &copy);
   vkt_full_barrier(cmd);
   share_draw_record(&p->draw, cmd, one);
   hand_over(p, false);
   vkt_full_barrier(cmd);
   return VKT_CHECK(vkEndCommandBuffer(cmd));
}

/* Behind the imported sync_file, if there is one. */
static bool
submit(struct party *p, bool behind)
{
   const VkPipelineStageFlags stage = ALL;
   const VkSubmitInfo info = {
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
      .waitSemaphoreCount = behind,
      .pWaitSemaphores = &p->in,
      .pWaitDstStageMask = &stage,
      .commandBufferCount = 1,
      .pCommandBuffers = &p->dev.base.cmd,
      .signalSemaphoreCount = 1,
      .pSignalSemaphores = &p->out,
   };
   return record(p) && VKT_CHECK(vkQueueSubmit(p->dev.base.queue, 1, &info,
                                               p->dev.base.fence));
}

static bool
get_sync_file(const struct party *p, int *fd_out)
{
   const VkSemaphoreGetFdInfoKHR info = {
      .sType = VK_STRUCTURE_TYPE_SEMAPHORE_GET_FD_INFO_KHR,
      .semaphore = p->out,
      .handleType = SYNC_FD,
   };
   *fd_out = -1;
   return VKT_CHECK(p->GetSemaphoreFd(p->dev.base.handle, &info, fd_out));
}

/* Takes the fd. */
static bool
import_sync_file(const struct party *p, int fd)
{
   const VkImportSemaphoreFdInfoKHR info = {
      .sType = VK_STRUCTURE_TYPE_IMPORT_SEMAPHORE_FD_INFO_KHR,
      .semaphore = p->in,
      .flags = VK_SEMAPHORE_IMPORT_TEMPORARY_BIT,
      .handleType = SYNC_FD,
      .fd = fd,
   };
   if (VKT_CHECK(p->ImportSemaphoreFd(p->dev.base.handle, &info)))
      return true;
   if (fd >= 0)
      close(fd);
   return false;
}

/* The fds stay the caller's; those that are -1 are left out. */
static bool
send_turn(const struct party *p, uint32_t turn, int memory, int sync_file)
{
   const struct message message = {
      .turn = turn,
      .memory_type = p->picture.memory_type,
      .memory_size = p->picture.memory_size,
      .row_pitch = p->picture.layout.rowPitch,
      .offset = p->picture.layout.offset,
   };
   int fds[2];
   unsigned count = 0;

   if (memory >= 0)
      fds[count++] = memory;
   if (sync_file >= 0)
      fds[count++] = sync_file;
   return U_CHECK(share_send(p->sock, &message, sizeof(message), fds, count));
}

/* The fds are the caller's; memory is NULL after the first turn. */
static bool
receive_turn(const struct party *p,
             uint32_t turn,
             struct message *message,
             int *memory,
             int *sync_file)
{
   int fds[2] = { -1, -1 };
   unsigned count = memory ? 2 : 1, used = 0;

   if (!U_CHECK(
          share_receive(p->sock, message, sizeof(*message), fds, &count)))
      return false;
   if (memory)
      *memory = fds[used++];
   *sync_file = fds[used];
   return U_CHECK_EQ(message->turn, turn) && U_CHECK(count >= used);
}

/* Until the turn's own work is done; looks at what it was drawn upon. */
static bool
finish_turn(struct party *p, uint32_t turn, uint32_t before)
{
   struct vkt_device *dev = &p->dev.base;
   const bool ok =
      VKT_CHECK(vkWaitForFences(dev->handle, 1, &dev->fence, VK_TRUE,
                                VKT_TIMEOUT_NS)) &&
      VKT_CHECK(vkResetFences(dev->handle, 1, &dev->fence)) &&
      U_CHECK(vkt_words_are(p->seen.map, EXT_WIDTH * EXT_HEIGHT, before));
   if (!ok)
      fprintf(stderr, "in turn %u\n", turn);
   return ok;
}

/* Behind what is imported; the first turn, and the last one, have nothing to
 * wait for.
 */
static bool
take_turn(struct party *p, uint32_t turn, bool behind, int memory)
{
   int fd = -1;
   const bool ok = submit(p, behind) && get_sync_file(p, &fd) &&
                   (turn > TURNS || send_turn(p, turn, memory, fd));
   p->sync_files += fd >= 0;
   if (fd >= 0)
      close(fd);
   return ok;
}

/* Every other one, up to the last. */
static bool
take_turns(struct party *p, uint32_t first)
{
   struct message message;
   int fd;

   for (uint32_t turn = first; turn <= TURNS; turn += 2) {
      if (!receive_turn(p, turn - 1, &message, NULL, &fd) ||
          !import_sync_file(p, fd) || !take_turn(p, turn, true, -1) ||
          !finish_turn(p, turn, picture_after(turn - 1)))
         return false;
   }
   return true;
}

/* One more, when the other one is gone. */
static bool
go_on(struct party *p)
{
   return take_turn(p, TURNS + 1, false, -1) &&
          finish_turn(p, TURNS + 1, picture_after(TURNS));
}

/* ---- the two ------------------------------------------------------------- */

static bool
run_owner(struct party *p, bool exits)
{
   struct message message;
   int fd;

   /* GENERAL from here on, and black */
   if (!U_CHECK(party_init(p)) ||
       !U_CHECK(ext_image_export(&p->picture, &p->dev, true)) ||
       !U_CHECK(share_draw_set_target(&p->draw, p->picture.image)) ||
       !U_CHECK(ext_write_gpu(&p->picture, 0)))
      return false;

   fd = ext_get_fd(&p->picture);
   bool ok = U_CHECK(fd >= 0) && take_turn(p, 1, false, fd);
   if (fd >= 0)
      close(fd);
   if (!ok || !finish_turn(p, 1, 0) || !take_turns(p, 3) ||
       !receive_turn(p, TURNS, &message, NULL, &fd))
      return false;

   /* the last turn was the other one's: through the own mapping */
   struct pollfd pfd = { .fd = fd, .events = POLLIN };
   U_CHECK(fd < 0 || poll(&pfd, 1, 60000) == 1);
   if (fd >= 0)
      close(fd);
   U_CHECK(ext_words_are(&p->picture, p->picture.map, picture_after(TURNS)));
   if (exits)
      _exit(u_test_result()); /* with everything still there */

   unsigned none = 0;
   char byte;
   return U_CHECK(share_receive(p->sock, &byte, 1, NULL, &none)) &&
          go_on(p) &&
          U_CHECK(ext_words_are(&p->picture, p->picture.map,
                                picture_after(TURNS) + OWNER_ONE));
}

static bool
accept_picture(struct party *p)
{
   struct ext_object like = { 0 };
   struct message message;
   int memory = -1, fd = -1;

   bool ok = receive_turn(p, 1, &message, &memory, &fd);
   like.memory_size = message.memory_size;
   like.memory_type = message.memory_type;
   like.layout.rowPitch = message.row_pitch;
   like.layout.offset = message.offset;
   ok = ok && U_CHECK(ext_image_import(&p->picture, &p->dev, memory, &like));
   if (memory >= 0)
      close(memory);
   if (!ok && fd >= 0)
      close(fd);
   return ok && share_draw_set_target(&p->draw, p->picture.image) &&
          import_sync_file(p, fd) && take_turn(p, 2, true, -1) &&
          finish_turn(p, 2, picture_after(1));
}

static bool
run_other(struct party *p, bool owner_exits, pid_t owner)
{
   const int sock = p->sock;
   int status = -1;

   if (!U_CHECK(party_init(p)) || !accept_picture(p) || !take_turns(p, 4))
      return false;
   printf("%u turns, %u sync_files that had not signalled\n", TURNS / 2,
          p->sync_files);
   if (!owner_exits) {
      party_finish(p);
      if (!U_CHECK(share_send(sock, "", 1, NULL, 0)))
         return false;
   }
   if (!U_CHECK_EQ(waitpid(owner, &status, 0), owner) ||
       !U_CHECK_EQ(status, 0))
      return false;
   return !owner_exits ||
          (go_on(p) && U_CHECK(ext_gpu_sees(
                          &p->picture, picture_after(TURNS) + OTHER_ONE)));
}

int
main(int argc, char **argv)
{
   const char *debug = getenv("VN_DEBUG");
   struct party party = { 0 };
   int socks[2];

   const bool owner_exits = argc == 2 && !strcmp(argv[1], "owner-exits");
   if (!owner_exits && (argc != 2 || strcmp(argv[1], "guest-frees"))) {
      fprintf(stderr, "usage: %s owner-exits|guest-frees\n", argv[0]);
      return 1;
   }
   if (debug && strstr(debug, "vtest")) {
      fprintf(stderr, "vtest cannot pass memory between processes\n");
      return 77;
   }
   if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, socks))
      return 1;
   vkt_bound(300);
   const pid_t owner = fork();
   if (owner < 0)
      return 1;
   party.is_owner = !owner;
   party.sock = socks[party.is_owner];
   close(socks[!party.is_owner]);

   if (party.is_owner)
      run_owner(&party, owner_exits);
   else
      run_other(&party, owner_exits, owner);
   const int sock = party.sock;
   party_finish(&party);
   close(sock);
   /* a child must not write out what the parent had buffered */
   if (party.is_owner)
      _exit(u_test_result());
   return u_test_result();
}
