/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Timelines of the server. Sleeping on one is done on an eventfd of the
 * server's making, with the socket's end and the watchdog in view.
 */

#include "vn_vtest.h"

#include <poll.h>

/* Servers take a timeout above INT32_MAX, in milliseconds, for "no limit". */
#define VTEST_NO_TIMEOUT UINT32_MAX

VkResult
vn_vtest_sync_create(struct vn_renderer *renderer,
                     uint64_t value,
                     struct vn_renderer_sync **sync_out)
{
   struct vn_vtest *vtest = vn_vtest_from_renderer(renderer);
   const uint32_t request[2] = { (uint32_t)value, (uint32_t)(value >> 32) };

   struct vn_renderer_sync *sync = calloc(1, sizeof(*sync));
   if (!sync)
      return VK_ERROR_OUT_OF_HOST_MEMORY;

   VkResult result = VK_ERROR_DEVICE_LOST;
   if (vn_vtest_begin(vtest)) {
      result = vn_vtest_end(
         vtest, vn_vtest_conn_send_dwords(&vtest->conn, VTEST_SYNC_CREATE,
                                          request, 2) &&
                   vn_vtest_conn_recv_dwords(&vtest->conn, VTEST_SYNC_CREATE,
                                             &sync->sync_id, 1));
   }
   if (result != VK_SUCCESS) {
      free(sync);
      return result;
   }
   *sync_out = sync;
   return VK_SUCCESS;
}

void
vn_vtest_sync_destroy(struct vn_renderer *renderer,
                      struct vn_renderer_sync *sync)
{
   if (!sync)
      return;
   vn_vtest_tell(vn_vtest_from_renderer(renderer), VTEST_SYNC_UNREF,
                 &sync->sync_id, 1);
   free(sync);
}

VkResult
vn_vtest_sync_read(struct vn_renderer *renderer,
                   struct vn_renderer_sync *sync,
                   uint64_t *value_out)
{
   struct vn_vtest *vtest = vn_vtest_from_renderer(renderer);
   uint32_t value[2];

   if (!vn_vtest_begin(vtest))
      return VK_ERROR_DEVICE_LOST;
   const VkResult result = vn_vtest_end(
      vtest,
      vn_vtest_conn_send_dwords(&vtest->conn, VTEST_SYNC_READ, &sync->sync_id,
                                1) &&
         vn_vtest_conn_recv_dwords(&vtest->conn, VTEST_SYNC_READ, value, 2));
   if (result == VK_SUCCESS)
      *value_out = value[0] | (uint64_t)value[1] << 32;
   return result;
}

VkResult
vn_vtest_sync_write(struct vn_renderer *renderer,
                    struct vn_renderer_sync *sync,
                    uint64_t value)
{
   const uint32_t request[3] = {
      sync->sync_id,
      (uint32_t)value,
      (uint32_t)(value >> 32),
   };
   return vn_vtest_tell(vn_vtest_from_renderer(renderer), VTEST_SYNC_WRITE,
                        request, 3);
}

/* Without sleeping: VK_SUCCESS or VK_TIMEOUT. */
static VkResult
check_syncs(struct vn_renderer *renderer, const struct vn_renderer_wait *wait)
{
   for (uint32_t i = 0; i < wait->count; i++) {
      uint64_t value;
      const VkResult result =
         vn_vtest_sync_read(renderer, wait->syncs[i], &value);
      if (result != VK_SUCCESS)
         return result;

      const bool reached = value >= wait->values[i];
      if (reached && wait->any)
         return VK_SUCCESS;
      if (!reached && !wait->any)
         return VK_TIMEOUT;
   }
   return wait->any && wait->count ? VK_TIMEOUT : VK_SUCCESS;
}

/*
 * Has the server make an eventfd that gets readable with the condition. Its
 * own timeout is the later one: it only limits what a wait that we have
 * given up costs there.
 */
static VkResult
request_wait(struct vn_vtest *vtest,
             const struct vn_renderer_wait *wait,
             int *fd_out)
{
   const uint64_t slack_ms = 1000;
   const uint64_t timeout_ms = wait->timeout_ns / 1000000 + 1 + slack_ms;
   uint32_t few[2 + 3 * 8];
   uint32_t *request = few;

   if (wait->count > (UINT32_MAX - 2) / 3 / sizeof(uint32_t))
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   const uint32_t length = 2 + 3 * wait->count;
   if (length > VN_ARRAY_SIZE(few)) {
      request = malloc(length * sizeof(*request));
      if (!request)
         return VK_ERROR_OUT_OF_HOST_MEMORY;
   }

   request[0] = wait->any ? VTEST_SYNC_WAIT_ANY : 0;
   request[1] =
      timeout_ms > INT32_MAX ? VTEST_NO_TIMEOUT : (uint32_t)timeout_ms;
   for (uint32_t i = 0; i < wait->count; i++) {
      request[2 + 3 * i] = wait->syncs[i]->sync_id;
      request[3 + 3 * i] = (uint32_t)wait->values[i];
      request[4 + 3 * i] = (uint32_t)(wait->values[i] >> 32);
   }

   VkResult result = VK_ERROR_DEVICE_LOST;
   if (vn_vtest_begin(vtest)) {
      result = vn_vtest_end(
         vtest, vn_vtest_conn_send_dwords(&vtest->conn, VTEST_SYNC_WAIT,
                                          request, length) &&
                   vn_vtest_conn_recv_dwords(&vtest->conn, VTEST_SYNC_WAIT,
                                             NULL, 0) &&
                   vn_vtest_conn_recv_fd(&vtest->conn, fd_out));
   }

   if (request != few)
      free(request);
   return result;
}

VkResult
vn_vtest_wait(struct vn_renderer *renderer,
              const struct vn_renderer_wait *wait)
{
   struct vn_vtest *vtest = vn_vtest_from_renderer(renderer);

   if (vn_vtest_is_lost(vtest))
      return VK_ERROR_DEVICE_LOST;
   if (!wait->count || !wait->timeout_ns)
      return check_syncs(renderer, wait);

   const uint64_t start = vn_time_ns();
   int event_fd = -1;
   VkResult result = request_wait(vtest, wait, &event_fd);
   if (result != VK_SUCCESS)
      return result;

   /*
    * Other threads' replies make the socket readable meanwhile, so of the
    * socket only its end is of interest.
    */
   const short socket_gone = POLLRDHUP | POLLHUP | POLLERR | POLLNVAL;
   struct pollfd fds[2] = {
      { .fd = event_fd, .events = POLLIN },
      { .fd = vtest->conn.fd, .events = POLLRDHUP },
   };
   const struct vn_vtest_limits *limits = &vtest->conn.limits;
   for (;;) {
      const uint64_t waited = vn_time_ns() - start;
      const uint64_t left =
         waited < wait->timeout_ns ? wait->timeout_ns - waited : 0;
      const uint64_t slice = VN_MIN(left, limits->slice_ns);
      const struct timespec timeout = {
         .tv_sec = (time_t)(slice / VN_NSEC_PER_SEC),
         .tv_nsec = (long)(slice % VN_NSEC_PER_SEC),
      };
      const int ret = ppoll(fds, 2, &timeout, NULL);
      if (ret < 0 && errno != EINTR) {
         result = VK_ERROR_OUT_OF_HOST_MEMORY;
         break;
      }
      if (ret > 0 && (fds[0].revents & POLLIN)) {
         result = VK_SUCCESS;
         break;
      }
      if (ret > 0 && (fds[1].revents & socket_gone)) {
         result = vn_vtest_lose(vtest, "the server closed the connection");
         break;
      }
      if (ret > 0 && fds[0].revents) {
         result =
            vn_vtest_lose(vtest, "the server sent no eventfd for a wait");
         break;
      }
      if (!left) {
         result = VK_TIMEOUT;
         break;
      }
      if (vn_vtest_is_lost(vtest)) {
         result = VK_ERROR_DEVICE_LOST;
         break;
      }
      if (renderer->watchdog
             ? renderer->watchdog(renderer->watchdog_data, start)
             : wait->timeout_ns == UINT64_MAX && waited >= limits->reply_ns) {
         result = vn_vtest_lose(vtest, "the renderer gives no sign of life");
         break;
      }
   }

   u_fd_close(&event_fd);
   return result;
}
