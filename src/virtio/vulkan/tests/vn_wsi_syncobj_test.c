/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 */

#include "vn_wsi_syncobj.h"

#include <poll.h>

#include "fake_syncobj.h"
#include "u_fd.h"
#include "u_test.h"

static bool
can_be_read(int fd)
{
   struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
   return poll(&poll_fd, 1, 0) == 1;
}

static void
test_points(void)
{
   const char *why = NULL;
   fake_syncobj_reset(true);
   int device = vn_wsi_syncobj_open(fake_syncobj_instance(true), &why);
   if (!U_CHECK(device >= 0))
      return;
   U_CHECK(!why);
   U_CHECK_EQ(fake_syncobj_count(), 0);

   struct vn_wsi_timeline timeline;
   U_CHECK(vn_wsi_timeline_init(&timeline, device));
   int other = vn_wsi_timeline_export(&timeline);
   U_CHECK(fake_syncobj_is_timeline(other));

   /* ours is there at once, theirs when they say so */
   U_CHECK(vn_wsi_timeline_signal(&timeline));
   U_CHECK_EQ(timeline.point, 1);
   U_CHECK(fake_syncobj_has_signalled(other, 1));
   int watch = vn_wsi_timeline_watch(&timeline);
   U_CHECK_EQ(timeline.point, 2);
   U_CHECK(!can_be_read(watch));
   fake_syncobj_signal(other, 1);
   U_CHECK(!can_be_read(watch));
   fake_syncobj_signal(other, 2);
   U_CHECK(can_be_read(watch));

   /* a failure takes no point */
   fake_syncobj_fail(1);
   U_CHECK(!vn_wsi_timeline_signal(&timeline));
   fake_syncobj_fail(1);
   U_CHECK_EQ(vn_wsi_timeline_watch(&timeline), -1);
   fake_syncobj_fail(1);
   U_CHECK_EQ(vn_wsi_timeline_export(&timeline), -1);
   U_CHECK_EQ(timeline.point, 2);

   vn_wsi_timeline_finish(&timeline);
   vn_wsi_timeline_finish(&timeline);
   U_CHECK_EQ(fake_syncobj_count(), 0);
   fake_syncobj_fail(1);
   U_CHECK(!vn_wsi_timeline_init(&timeline, device));
   vn_wsi_timeline_finish(&timeline);

   u_fd_close(&watch);
   u_fd_close(&other);
   u_fd_close(&device);
}

/* No device, an old kernel, and each call that fails in turn. */
static void
test_refusals(void)
{
   const char *why = NULL;
   U_CHECK_EQ(vn_wsi_syncobj_open(fake_syncobj_instance(false), &why), -1);
   U_CHECK(why);

   why = NULL;
   fake_syncobj_reset(false);
   U_CHECK_EQ(vn_wsi_syncobj_open(fake_syncobj_instance(true), &why), -1);
   U_CHECK(why);

   fake_syncobj_reset(true);
   uint32_t n;
   for (n = 1; n < 20; n++) {
      why = NULL;
      fake_syncobj_fail(n);
      int device = vn_wsi_syncobj_open(fake_syncobj_instance(true), &why);
      U_CHECK_EQ(fake_syncobj_count(), 0);
      if (!fake_syncobj_has_failed()) {
         U_CHECK(device >= 0);
         u_fd_close(&device);
         break;
      }
      U_CHECK_EQ(device, -1);
      U_CHECK(why);
   }
   /* the device, the capability, and the four that are tried */
   U_CHECK_EQ(n, 7);
}

int
main(void)
{
   test_points();
   test_refusals();
   return u_test_result();
}
