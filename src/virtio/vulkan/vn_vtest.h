/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The vtest protocol between the files that speak it: the message numbers,
 * the connection (bytes and fds, every wait bounded) and the handshake.
 * Only vn_renderer_vtest.c, vn_vtest_*.c and their tests include this.
 */

#ifndef VN_VTEST_H
#define VN_VTEST_H

#include "vn_renderer.h"

#include <sys/uio.h>

/* version 4 adds nothing that Venus needs, and longer batches */
#define VTEST_WANTED_VERSION 3
#define VTEST_CAPSET_VENUS   4

enum vtest_message {
   VTEST_RESOURCE_UNREF = 3,
   VTEST_RESOURCE_BUSY_WAIT = 7,
   VTEST_CREATE_RENDERER = 8,
   VTEST_PING_PROTOCOL_VERSION = 10,
   VTEST_PROTOCOL_VERSION = 11,
   VTEST_GET_PARAM = 15,
   VTEST_GET_CAPSET = 16,
   VTEST_CONTEXT_INIT = 17,
   VTEST_RESOURCE_CREATE_BLOB = 18,
   VTEST_SYNC_CREATE = 19,
   VTEST_SYNC_UNREF = 20,
   VTEST_SYNC_READ = 21,
   VTEST_SYNC_WRITE = 22,
   VTEST_SYNC_WAIT = 23,
   VTEST_SUBMIT_CMD2 = 24,
};

enum vtest_param {
   VTEST_PARAM_TIMELINE_COUNT = 1,
};

enum vtest_blob_type {
   VTEST_BLOB_HOST3D = 2,
};

enum vtest_blob_flag {
   VTEST_BLOB_MAPPABLE = 1 << 0,
   VTEST_BLOB_SHAREABLE = 1 << 1,
   VTEST_BLOB_CROSS_DEVICE = 1 << 2,
};

enum vtest_sync_wait_flag {
   VTEST_SYNC_WAIT_ANY = 1 << 0,
};

enum vtest_batch_flag {
   VTEST_BATCH_RING_IDX = 1 << 0,
};

/* Every message, both ways. */
struct vtest_header {
   uint32_t length; /* dwords that follow; bytes in CREATE_RENDERER */
   uint32_t id;
};

/* ---- the connection ---------------------------------------------------- */

/* How long the other side may take. */
struct vn_vtest_limits {
   uint64_t handshake_ns; /* connect to context, in all */
   uint64_t reply_ns;     /* one message, while there is no watchdog */
   uint64_t slice_ns;     /* between two looks at the watchdog */
};

extern const struct vn_vtest_limits vn_vtest_default_limits;

/*
 * One connection. Not locked: its owner serialises requests, since replies
 * carry no number that could tell two of them apart. After a failure the
 * stream of messages is broken and the connection useless; `why` says what
 * happened, for the log.
 */
struct vn_vtest_conn {
   int fd;                             /* owned; -1 before open */
   const struct vn_renderer *renderer; /* borrowed; for its watchdog */
   struct vn_vtest_limits limits;
   uint64_t deadline_ns; /* during the handshake, else 0 */
   uint64_t start_ns;    /* when the present message began to wait, or 0 */
   char why[160];
};

/* Remembers the first reason; returns false so that callers can as well. */
bool vn_vtest_conn_fail(struct vn_vtest_conn *conn, const char *fmt, ...)
   __attribute__((format(printf, 2, 3)));

bool vn_vtest_conn_open(struct vn_vtest_conn *conn, const char *path);
void vn_vtest_conn_close(struct vn_vtest_conn *conn);

/*
 * Whether a wait that began at start_ns may go on: neither lost, nor past
 * the handshake's deadline, nor given up by the watchdog.
 */
bool vn_vtest_conn_may_wait(struct vn_vtest_conn *conn, uint64_t start_ns);

/* Sends everything; changes iov. */
bool
vn_vtest_conn_send(struct vn_vtest_conn *conn, struct iovec *iov, int count);
/* A header and `count` dwords. */
bool vn_vtest_conn_send_dwords(struct vn_vtest_conn *conn,
                               enum vtest_message id,
                               const uint32_t *dwords,
                               uint32_t count);

/* Exactly `size` bytes, and no fd among them. */
bool vn_vtest_conn_recv(struct vn_vtest_conn *conn, void *data, size_t size);
/* The header of a reply to `id`. */
bool vn_vtest_conn_recv_header(struct vn_vtest_conn *conn,
                               enum vtest_message id,
                               uint32_t *length_out);
/* A reply to `id` of exactly `count` dwords. */
bool vn_vtest_conn_recv_dwords(struct vn_vtest_conn *conn,
                               enum vtest_message id,
                               uint32_t *dwords,
                               uint32_t count);
/* The one fd that follows a reply; owned by the caller, close-on-exec. */
bool vn_vtest_conn_recv_fd(struct vn_vtest_conn *conn, int *fd_out);

/*
 * On an open connection: from CREATE_RENDERER to a live Venus context.
 * Fills info's capset and timeline_count.
 */
bool vn_vtest_handshake(struct vn_vtest_conn *conn,
                        struct vn_renderer_info *info);

/* ---- the renderer ------------------------------------------------------ */

struct vn_vtest_bo {
   struct vn_renderer_bo base;
   int fd;                /* owned; for export and identity */
   struct u_hash_key key; /* of fd */

   /* guarded by bo_mutex */
   void *map;          /* NULL until asked for */
   bool in_table;      /* can be imported */
   bool exported;      /* an application may have the file */
   bool retired;       /* in the list below, without a reference */
   bool held;          /* when last looked: open in this process */
   struct u_list link; /* vn_vtest's retired.bos, while it is retired */
};

struct vn_vtest {
   struct vn_renderer base;

   /* Held from a request to the end of its reply. Leaf but for nothing. */
   pthread_mutex_t mutex;
   struct vn_vtest_conn conn; /* guarded by mutex; fd constant */

   /* Never held together with mutex. */
   pthread_mutex_t bo_mutex;
   struct u_hash_table bos; /* file identity -> bo */
   struct {
      struct u_list bos; /* owned, newest first */
      uint32_t count, held_count;
      uint64_t size, held_size; /* bytes */
   } retired;                   /* vn_vtest_retired.c's */
};

static inline struct vn_vtest *
vn_vtest_from_renderer(struct vn_renderer *renderer)
{
   return (struct vn_vtest *)renderer;
}

bool vn_vtest_is_lost(struct vn_vtest *vtest);
/* A loss that is found out without a request; returns DEVICE_LOST. */
VkResult vn_vtest_lose(struct vn_vtest *vtest, const char *why);

/* Takes the lock, unless the connection is lost. */
bool vn_vtest_begin(struct vn_vtest *vtest);
/* Drops it; if the request went wrong, so does everything after it. */
VkResult vn_vtest_end(struct vn_vtest *vtest, bool ok);
/* A message without reply. */
VkResult vn_vtest_tell(struct vn_vtest *vtest,
                       enum vtest_message id,
                       const uint32_t *dwords,
                       uint32_t count);

/*
 * VK_ERROR_OUT_OF_DEVICE_MEMORY if the server's file is smaller than asked:
 * touching the missing part would be a SIGBUS. On success the caller owns
 * the fd and the resource.
 */
VkResult vn_vtest_create_blob(struct vn_vtest *vtest,
                              uint64_t size,
                              uint64_t blob_id,
                              uint32_t flags, /* enum vtest_blob_flag */
                              uint32_t *res_id_out,
                              int *fd_out);
VkResult vn_vtest_unref_resource(struct vn_vtest *vtest, uint32_t res_id);
/* NULL on failure. */
void *vn_vtest_map_fd(int fd, uint64_t size);

/*
 * Bos that nobody refers to, but whose file may still be open. All but init
 * with bo_mutex held; what is dropped is out of the table, and the caller's
 * to destroy (by its link) without the lock.
 */
void vn_vtest_retired_init(struct vn_vtest *vtest);
void vn_vtest_retire(struct vn_vtest *vtest,
                     struct vn_vtest_bo *bo,
                     struct u_list *dropped);
void vn_vtest_revive(struct vn_vtest *vtest, struct vn_vtest_bo *bo);
void vn_vtest_retired_drop_all(struct vn_vtest *vtest,
                               struct u_list *dropped);

/* Of bos that are retired when the connection ends. */
void vn_vtest_bos_finish(struct vn_vtest *vtest);

/* The operations of vn_renderer.h that have a file of their own. */
VkResult vn_vtest_bo_create(struct vn_renderer *renderer,
                            uint64_t size,
                            uint64_t memory_id,
                            uint32_t flags,
                            struct vn_renderer_bo **bo_out);
VkResult vn_vtest_bo_import_fd(struct vn_renderer *renderer,
                               int fd,
                               struct vn_renderer_bo **bo_out);
VkResult vn_vtest_bo_export_fd(struct vn_renderer *renderer,
                               struct vn_renderer_bo *bo,
                               int *fd_out);
VkResult vn_vtest_bo_map(struct vn_renderer *renderer,
                         struct vn_renderer_bo *bo,
                         void **map_out);
VkResult vn_vtest_bo_map_placed(struct vn_renderer *renderer,
                                struct vn_renderer_bo *base,
                                uint64_t offset,
                                uint64_t size,
                                void *address);
void vn_vtest_bo_unref(struct vn_renderer *renderer,
                       struct vn_renderer_bo *bo);
VkResult vn_vtest_sync_create(struct vn_renderer *renderer,
                              uint64_t value,
                              struct vn_renderer_sync **sync_out);
void vn_vtest_sync_destroy(struct vn_renderer *renderer,
                           struct vn_renderer_sync *sync);
VkResult vn_vtest_sync_read(struct vn_renderer *renderer,
                            struct vn_renderer_sync *sync,
                            uint64_t *value_out);
VkResult vn_vtest_sync_write(struct vn_renderer *renderer,
                             struct vn_renderer_sync *sync,
                             uint64_t value);
VkResult vn_vtest_wait(struct vn_renderer *renderer,
                       const struct vn_renderer_wait *wait);

/* vn_renderer_create_vtest with everything said; for tests. */
VkResult vn_vtest_create(const char *path,
                         const struct vn_vtest_limits *limits,
                         struct vn_renderer **renderer_out);

#endif /* VN_VTEST_H */
