/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * How to sleep on a connection that others read from.
 *
 * What arrives is put into queues by whichever thread of the process calls
 * into libxcb first. If that is the application's, this thread must wake as
 * well, since its event may be in its queue now; but then the socket is empty
 * again, and poll() goes on sleeping. libxcb has a call that would wake,
 * xcb_wait_for_special_event, and no way to end it when the swapchain goes.
 *
 * epoll, edge-triggered, for input and for output: each arrival is an edge,
 * and an edge is reported if the fd is ready for any of the two when it is
 * looked at. A socket that nobody floods can always be written to. So each
 * arrival wakes, whoever reads it, and a few times more than that, whenever
 * the server has taken something off the socket.
 *
 * One gap is left. A thread that sleeps inside of libxcb is the one that
 * reads, and libxcb lets no other do so meanwhile. If this thread is the
 * first to look, its queue is still empty and the edge is spent. So it goes
 * on looking while the socket is not empty (vn_x11_wait_unread), and once
 * more when it is: libxcb reads and queues under one lock.
 */

#include "vn_wsi_x11_connection.h"

#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <unistd.h>

/* How often the processor is given away for the thread that is to read,
 * before it is given a millisecond, and again.
 */
#define UNREAD_YIELDS 64

uint32_t vn_x11_patience_ms = 5000;

VkResult
vn_x11_wait_init(struct vn_x11_wait *wait, xcb_connection_t *conn)
{
   /* a broken one has no fd */
   if (xcb_connection_has_error(conn))
      return VK_ERROR_SURFACE_LOST_KHR;
   *wait = (struct vn_x11_wait){ .conn = conn };
   wait->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
   if (wait->epoll_fd < 0)
      return VK_ERROR_OUT_OF_HOST_MEMORY;

   struct epoll_event event = {
      .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
   };
   if (epoll_ctl(wait->epoll_fd, EPOLL_CTL_ADD, xcb_get_file_descriptor(conn),
                 &event)) {
      u_fd_close(&wait->epoll_fd);
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   }
   return VK_SUCCESS;
}

void
vn_x11_wait_finish(struct vn_x11_wait *wait)
{
   u_fd_close(&wait->epoll_fd);
}

bool
vn_x11_wait_add(struct vn_x11_wait *wait, int fd, bool edge)
{
   struct epoll_event event = { .events = EPOLLIN | (edge ? EPOLLET : 0u) };
   return !epoll_ctl(wait->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

void
vn_x11_wait_remove(struct vn_x11_wait *wait, int fd)
{
   epoll_ctl(wait->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}

void
vn_x11_wait_sleep(struct vn_x11_wait *wait, int wake_fd, int timeout_ms)
{
   if (wait->unsettled && (timeout_ms < 0 || timeout_ms > 1))
      timeout_ms = 1;
   wait->unsettled = false;
   wait->empty = false;
   wait->yields = 0;

   struct pollfd fds[] = {
      { .fd = wait->epoll_fd, .events = POLLIN },
      { .fd = wake_fd, .events = POLLIN },
   };
   if (poll(fds, VN_ARRAY_SIZE(fds), timeout_ms) <= 0 || !fds[0].revents)
      return;
   /* the edge is spent before the queues are looked at, never after */
   struct epoll_event events[4];
   epoll_wait(wait->epoll_fd, events, VN_ARRAY_SIZE(events), 0);
}

static short
socket_state(xcb_connection_t *conn, short events, int timeout_ms)
{
   struct pollfd fd = {
      .fd = xcb_get_file_descriptor(conn),
      .events = events,
   };
   const int count = poll(&fd, 1, timeout_ms);
   if (count < 0)
      return errno == EINTR ? 0 : POLLERR;
   return count ? fd.revents : 0;
}

bool
vn_x11_wait_unread(struct vn_x11_wait *wait)
{
   if (xcb_connection_has_error(wait->conn))
      return false;
   if (!(socket_state(wait->conn, POLLIN, 0) & POLLIN)) {
      const bool was_empty = wait->empty;
      wait->empty = true;
      return !was_empty;
   }
   wait->empty = false;
   if (wait->yields++ < UNREAD_YIELDS) {
      sched_yield();
      return true;
   }
   wait->unsettled = true;
   return false;
}

static bool
is_sigpipe_pending(void)
{
   sigset_t set;
   return !sigpending(&set) && sigismember(&set, SIGPIPE) == 1;
}

void
vn_x11_quiet_begin(struct vn_x11_quiet *quiet)
{
   sigset_t set;
   sigemptyset(&set);
   sigaddset(&set, SIGPIPE);
   pthread_sigmask(SIG_BLOCK, &set, &quiet->mask);
   quiet->pending = is_sigpipe_pending();
}

void
vn_x11_quiet_end(const struct vn_x11_quiet *quiet)
{
   if (!quiet->pending && is_sigpipe_pending()) {
      sigset_t set;
      sigemptyset(&set);
      sigaddset(&set, SIGPIPE);
      const struct timespec now = { 0 };
      while (sigtimedwait(&set, NULL, &now) < 0 && errno == EINTR)
         ;
   }
   pthread_sigmask(SIG_SETMASK, &quiet->mask, NULL);
}

bool
vn_x11_is_alive(xcb_connection_t *conn)
{
   return !xcb_connection_has_error(conn) &&
          !(socket_state(conn, 0, 0) & (POLLERR | POLLHUP | POLLNVAL));
}

bool
vn_x11_can_send(xcb_connection_t *conn, int timeout_ms)
{
   if (xcb_connection_has_error(conn))
      return false;
   const short state = socket_state(conn, POLLOUT, timeout_ms);
   return (state & POLLOUT) && !(state & (POLLERR | POLLHUP | POLLNVAL));
}

VkResult
vn_x11_reply(struct vn_x11_wait *wait,
             unsigned int sequence,
             void **reply,
             uint8_t *error)
{
   xcb_connection_t *conn = wait->conn;
   const uint64_t end =
      vn_time_ns() + vn_x11_patience_ms * (VN_NSEC_PER_SEC / 1000);
   *reply = NULL;
   *error = 0;

   if (!vn_x11_can_send(conn, (int)vn_x11_patience_ms)) {
      xcb_discard_reply(conn, sequence);
      return VK_ERROR_SURFACE_LOST_KHR;
   }
   xcb_flush(conn);

   for (;;) {
      xcb_generic_error_t *refusal = NULL;
      const int known = xcb_poll_for_reply(conn, sequence, reply, &refusal);
      if (xcb_connection_has_error(conn)) {
         free(refusal);
         free(*reply);
         *reply = NULL;
         return VK_ERROR_SURFACE_LOST_KHR;
      }
      if (known) {
         if (refusal)
            *error = refusal->error_code;
         free(refusal);
         return VK_SUCCESS;
      }
      if (vn_x11_wait_unread(wait))
         continue;
      const uint64_t now = vn_time_ns();
      if (now >= end || !vn_x11_is_alive(conn)) {
         xcb_discard_reply(conn, sequence);
         return VK_ERROR_SURFACE_LOST_KHR;
      }
      vn_x11_wait_sleep(wait, -1, (int)((end - now) / 1000000) + 1);
   }
}

VkResult
vn_x11_check(struct vn_x11_wait *wait,
             xcb_void_cookie_t cookie,
             uint8_t *error)
{
   /* any request with a reply will do */
   const xcb_get_input_focus_cookie_t fence = xcb_get_input_focus(wait->conn);
   void *reply;
   uint8_t fence_error;
   *error = 0;
   VkResult result = vn_x11_reply(wait, fence.sequence, &reply, &fence_error);
   free(reply);
   if (result != VK_SUCCESS) {
      vn_x11_ignore(wait->conn, cookie);
      return result;
   }
   result = vn_x11_reply(wait, cookie.sequence, &reply, error);
   free(reply);
   return result;
}

VkResult
vn_x11_result(uint8_t error)
{
   switch (error) {
   case 0:
      return VK_SUCCESS;
   case XCB_WINDOW:
   case XCB_DRAWABLE:
      return VK_ERROR_SURFACE_LOST_KHR;
   case XCB_ALLOC:
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   default:
      return VK_ERROR_OUT_OF_DATE_KHR;
   }
}
