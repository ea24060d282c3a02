/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Talking to an X server over a connection that is the application's.
 *
 * The rules that this file keeps, and all of vn_wsi_x11*.c with it:
 *
 *    errors    Every request without a reply is sent as a checked one and its
 *              error is looked at or discarded. An unchecked one would end up
 *              in the application's event queue, and Xlib's answer to it is
 *              to exit.
 *    events    Only those of Present are ours, and they come through a
 *              special queue of libxcb. xcb_poll_for_event is never called.
 *    blocking  libxcb blocks without limit in xcb_wait_for_reply and its
 *              like, and in writing when the server does not read. So
 *              replies are polled for, and nothing is sent while the socket
 *              is full.
 *    signals   libxcb writes with writev(), so writing to a server that has
 *              just gone raises SIGPIPE. Every way into this code is inside
 * of vn_x11_quiet_begin and _end. Xlib      Its connection is an xcb one.
 * When Xlib has requests of its own buffered, the next request through xcb
 * makes it write them, and if the server is gone that ends the process. So
 *              whether the other side has hung up is asked before anything
 *              is sent.
 */

#ifndef VN_WSI_X11_CONNECTION_H
#define VN_WSI_X11_CONNECTION_H

#include <signal.h>
#include <xcb/xcb.h>
#include <xcb/xcbext.h>

#include "vn_common.h"

/* How long an X server may take for an answer that a call waits for; constant
 * but in a test.
 */
extern uint32_t vn_x11_patience_ms;

/*
 * To sleep until a connection says something. For one thread at a time.
 *
 * Other threads read from the connection as well, and put what is ours where
 * it belongs while this one sleeps. poll() would not see that; see
 * vn_wsi_x11_connection.c.
 */
struct vn_x11_wait {
   xcb_connection_t *conn; /* borrowed from the application */
   int epoll_fd;           /* owned */

   /* since the last sleep: the socket was found empty; how often it was not,
    * which another thread is to see to; that has not done so
    */
   bool empty;
   uint32_t yields;
   bool unsettled;
};

/* VK_ERROR_OUT_OF_HOST_MEMORY: no fd to be had. */
VkResult vn_x11_wait_init(struct vn_x11_wait *wait, xcb_connection_t *conn);
void vn_x11_wait_finish(struct vn_x11_wait *wait);

/* Sleeps end also when fd, which is not the connection's, can be read; edge:
 * when it is written to. False: that cannot be done.
 */
bool vn_x11_wait_add(struct vn_x11_wait *wait, int fd, bool edge);
/* Before it is closed. */
void vn_x11_wait_remove(struct vn_x11_wait *wait, int fd);

/*
 * Until the connection says something or can be written to again, wake_fd
 * (-1: none) can be read, or timeout_ms (-1: no limit) is over. All queues
 * must have been looked at before, and must be after.
 */
void vn_x11_wait_sleep(struct vn_x11_wait *wait, int wake_fd, int timeout_ms);

/* After the queues were found empty: whether they have to be looked at again
 * before a sleep.
 */
bool vn_x11_wait_unread(struct vn_x11_wait *wait);

/* Between these, a SIGPIPE of this thread's is nobody's. */
struct vn_x11_quiet {
   sigset_t mask; /* of the thread, before */
   bool pending;  /* one was, before */
};

void vn_x11_quiet_begin(struct vn_x11_quiet *quiet);
void vn_x11_quiet_end(const struct vn_x11_quiet *quiet);

/* False: the connection is broken, or the server has closed its end. */
bool vn_x11_is_alive(xcb_connection_t *conn);

/* Whether about 16 KiB can be sent without blocking. Waits for it for at most
 * timeout_ms. False if not, or if the server is gone.
 */
bool vn_x11_can_send(xcb_connection_t *conn, int timeout_ms);

/*
 * The reply to a request that has one, or what became of one that was sent as
 * checked and has none, if another with a reply has been sent after it.
 * Flushes. VK_SUCCESS: *reply is the reply, to be freed, or NULL if there is
 * none because the server refused: then *error is its code (XCB_WINDOW ...).
 * VK_ERROR_SURFACE_LOST_KHR: the server is gone or has said nothing for
 * vn_x11_patience_ms.
 */
VkResult vn_x11_reply(struct vn_x11_wait *wait,
                      unsigned int sequence,
                      void **reply,
                      uint8_t *error);

/* What became of a request that was sent as checked; as above. */
VkResult vn_x11_check(struct vn_x11_wait *wait,
                      xcb_void_cookie_t cookie,
                      uint8_t *error);

/* Nobody wants to know what becomes of the request. */
static inline void
vn_x11_ignore(xcb_connection_t *conn, xcb_void_cookie_t cookie)
{
   xcb_discard_reply(conn, cookie.sequence);
}

/* What an X error means for a swapchain. */
VkResult vn_x11_result(uint8_t error);

#endif /* VN_WSI_X11_CONNECTION_H */
