/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * From a fresh connection to a live Venus context. Every answer is checked;
 * what does not fit ends the attempt with a reason and touches nothing else.
 * Versions 0.10 and before, servers without Venus and servers started
 * without it are expected here and are no error of anybody.
 */

#include "vn_vtest.h"

/* More than any server will send; bounds what a confused one may. */
#define MAX_CAPSET_DWORDS 4096

static bool
create_renderer(struct vn_vtest_conn *conn)
{
   /* the one message whose length counts bytes */
   static const char name[] = "venus";
   struct vtest_header header = {
      .length = sizeof(name),
      .id = VTEST_CREATE_RENDERER,
   };
   struct iovec iov[2] = {
      { .iov_base = &header, .iov_len = sizeof(header) },
      { .iov_base = (void *)name, .iov_len = sizeof(name) },
   };
   return vn_vtest_conn_send(conn, iov, 2);
}

/*
 * Servers older than the version messages drop what they do not know, so the
 * ping goes together with a question that all of them answer.
 */
static bool
negotiate_version(struct vn_vtest_conn *conn)
{
   const uint32_t resource_and_flags[2] = { 0, 0 };
   if (!vn_vtest_conn_send_dwords(conn, VTEST_PING_PROTOCOL_VERSION, NULL,
                                  0) ||
       !vn_vtest_conn_send_dwords(conn, VTEST_RESOURCE_BUSY_WAIT,
                                  resource_and_flags, 2))
      return false;

   struct vtest_header header;
   if (!vn_vtest_conn_recv(conn, &header, sizeof(header)))
      return false;
   if (header.id == VTEST_RESOURCE_BUSY_WAIT)
      return vn_vtest_conn_fail(conn, "the server is too old (version 0)");
   if (header.id != VTEST_PING_PROTOCOL_VERSION || header.length) {
      return vn_vtest_conn_fail(
         conn, "not a vtest server: it answered %u (%u dwords) to a ping",
         header.id, header.length);
   }

   uint32_t busy;
   if (!vn_vtest_conn_recv_dwords(conn, VTEST_RESOURCE_BUSY_WAIT, &busy, 1))
      return false;

   const uint32_t wanted = VTEST_WANTED_VERSION;
   uint32_t version;
   if (!vn_vtest_conn_send_dwords(conn, VTEST_PROTOCOL_VERSION, &wanted, 1) ||
       !vn_vtest_conn_recv_dwords(conn, VTEST_PROTOCOL_VERSION, &version, 1))
      return false;
   if (version < wanted) {
      return vn_vtest_conn_fail(conn,
                                "the server is too old (version %u, need %u)",
                                version, wanted);
   }
   if (version > wanted) {
      return vn_vtest_conn_fail(conn, "the server insists on version %u",
                                version);
   }
   return true;
}

static bool
get_timeline_count(struct vn_vtest_conn *conn, uint32_t *count_out)
{
   const uint32_t param = VTEST_PARAM_TIMELINE_COUNT;
   uint32_t answer[2]; /* valid, value */
   if (!vn_vtest_conn_send_dwords(conn, VTEST_GET_PARAM, &param, 1) ||
       !vn_vtest_conn_recv_dwords(conn, VTEST_GET_PARAM, answer, 2))
      return false;
   if (!answer[0] || !answer[1])
      return vn_vtest_conn_fail(conn, "the server has no timelines");

   *count_out = VN_MIN(answer[1], VN_RENDERER_MAX_TIMELINES);
   return true;
}

/* Longer ones are cut, shorter ones filled with zeroes. */
static bool
get_capset(struct vn_vtest_conn *conn, struct vn_capset *capset)
{
   const uint32_t id_and_version[2] = { VTEST_CAPSET_VENUS, 0 };
   if (!vn_vtest_conn_send_dwords(conn, VTEST_GET_CAPSET, id_and_version, 2))
      return false;

   uint32_t length = 0, valid = 0;
   if (!vn_vtest_conn_recv_header(conn, VTEST_GET_CAPSET, &length))
      return false;
   if (!length || length - 1 > MAX_CAPSET_DWORDS) {
      return vn_vtest_conn_fail(conn, "the server sent a capset of %u dwords",
                                length);
   }
   if (!vn_vtest_conn_recv(conn, &valid, sizeof(valid)))
      return false;
   if (!valid)
      return vn_vtest_conn_fail(conn, "the server has no Venus");

   size_t left = (length - 1) * sizeof(uint32_t);
   const size_t known = VN_MIN(left, sizeof(*capset));
   memset(capset, 0, sizeof(*capset));
   if (!vn_vtest_conn_recv(conn, capset, known))
      return false;
   left -= known;

   while (left) {
      uint32_t rest[64];
      const size_t size = VN_MIN(left, sizeof(rest));
      if (!vn_vtest_conn_recv(conn, rest, size))
         return false;
      left -= size;
   }

   const char *why;
   if (!vn_capset_check(capset, &why))
      return vn_vtest_conn_fail(conn, "not a usable Venus renderer: %s", why);
   return true;
}

/*
 * The message has no answer; a server that cannot do it closes the
 * connection. One more question brings that to light here, not later.
 */
static bool
init_context(struct vn_vtest_conn *conn)
{
   const uint32_t capset_id = VTEST_CAPSET_VENUS;
   uint32_t count;
   if (vn_vtest_conn_send_dwords(conn, VTEST_CONTEXT_INIT, &capset_id, 1) &&
       get_timeline_count(conn, &count))
      return true;

   /* the more likely reason first: it replaces "closed the connection" */
   char why[sizeof(conn->why)];
   memcpy(why, conn->why, sizeof(why));
   conn->why[0] = '\0';
   return vn_vtest_conn_fail(
      conn, "no Venus context (is the server running with --venus?): %.80s",
      why);
}

bool
vn_vtest_handshake(struct vn_vtest_conn *conn, struct vn_renderer_info *info)
{
   return create_renderer(conn) && negotiate_version(conn) &&
          get_timeline_count(conn, &info->timeline_count) &&
          get_capset(conn, &info->capset) && init_context(conn);
}
