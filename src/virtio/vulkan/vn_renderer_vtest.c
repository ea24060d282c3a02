/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The transport over a UNIX socket to virgl_test_server. Owns the connection
 * and the table of shareable files that this connection made. Knows ids, not
 * what they stand for.
 *
 * The server answers every error by closing the connection, so a failed
 * request is a lost connection; only what is found out on this side (no
 * memory, a file that is too small, a foreign fd) fails alone.
 */

#include "vn_vtest.h"

#include <poll.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* Servers take a timeout above INT32_MAX, in milliseconds, for "no limit". */
#define VTEST_NO_TIMEOUT UINT32_MAX

struct vtest {
   struct vn_renderer base;

   /* Held from a request to the end of its reply. Leaf but for nothing. */
   pthread_mutex_t mutex;
   struct vn_vtest_conn conn; /* guarded by mutex; fd constant */

   /* Never held together with mutex. */
   pthread_mutex_t bo_mutex;
   struct u_hash_table bos; /* file identity -> shareable vtest_bo */
};

struct vtest_bo {
   struct vn_renderer_bo base;
   int fd;                /* owned; for export and identity */
   void *map;             /* guarded by bo_mutex; NULL until asked for */
   struct u_hash_key key; /* of fd */
   bool in_table;
};

static struct vtest *
get_vtest(struct vn_renderer *renderer)
{
   return (struct vtest *)renderer;
}

static struct vtest_bo *
get_bo(struct vn_renderer_bo *bo)
{
   return (struct vtest_bo *)bo;
}

static bool
is_lost(struct vtest *vtest)
{
   /* relaxed: says only that asking is of no use */
   return atomic_load_explicit(&vtest->base.lost, memory_order_relaxed);
}

/* With mutex held. */
static void
set_lost(struct vtest *vtest)
{
   if (!atomic_exchange_explicit(&vtest->base.lost, true,
                                 memory_order_relaxed))
      vn_log(ERROR, "vtest: connection lost: %s", vtest->conn.why);

   /* wakes up those who wait, and lets the server clean up */
   shutdown(vtest->conn.fd, SHUT_RDWR);
}

static bool
begin_request(struct vtest *vtest)
{
   pthread_mutex_lock(&vtest->mutex);
   if (!is_lost(vtest))
      return true;
   pthread_mutex_unlock(&vtest->mutex);
   return false;
}

static VkResult
end_request(struct vtest *vtest, bool ok)
{
   if (!ok)
      set_lost(vtest);
   pthread_mutex_unlock(&vtest->mutex);
   return ok ? VK_SUCCESS : VK_ERROR_DEVICE_LOST;
}

/* A message without reply. */
static VkResult
tell(struct vtest *vtest,
     enum vtest_message id,
     const uint32_t *dwords,
     uint32_t count)
{
   if (!begin_request(vtest))
      return VK_ERROR_DEVICE_LOST;
   return end_request(
      vtest, vn_vtest_conn_send_dwords(&vtest->conn, id, dwords, count));
}

static VkResult
vtest_submit(struct vn_renderer *renderer,
             const struct vn_renderer_submit *submit)
{
   struct vtest *vtest = get_vtest(renderer);
   struct {
      struct vtest_header header;
      uint32_t batch_count;
      uint32_t flags;
      uint32_t cmd_offset; /* this and all below in dwords */
      uint32_t cmd_size;
      uint32_t sync_offset;
      uint32_t sync_count;
      uint32_t ring_idx;
      uint32_t unused[2]; /* read by version 4 only */
   } msg;
   _Static_assert(sizeof(msg) == sizeof(struct vtest_header) + 4 + 32,
                  "a count and one batch of 8 dwords");
   const uint32_t fixed = (sizeof(msg) - sizeof(msg.header)) / 4;

   assert(submit->size % 4 == 0);
   assert(submit->ring_idx < renderer->info.timeline_count);

   if (!submit->size && !submit->has_fence)
      return VK_SUCCESS;
   if (submit->size / 4 > UINT32_MAX / 8)
      return VK_ERROR_OUT_OF_HOST_MEMORY;

   const uint32_t cmd_dwords = (uint32_t)(submit->size / 4);
   const uint32_t sync[3] = {
      submit->has_fence ? submit->sync->sync_id : 0,
      (uint32_t)submit->value,
      (uint32_t)(submit->value >> 32),
   };
   const uint32_t sync_dwords = submit->has_fence ? 3 : 0;

   memset(&msg, 0, sizeof(msg));
   msg.header.id = VTEST_SUBMIT_CMD2;
   msg.header.length = fixed + cmd_dwords + sync_dwords;
   msg.batch_count = 1;
   msg.cmd_offset = fixed;
   msg.cmd_size = cmd_dwords;
   msg.sync_offset = fixed + cmd_dwords;
   if (submit->has_fence) {
      msg.flags = VTEST_BATCH_RING_IDX;
      msg.sync_count = 1;
      msg.ring_idx = submit->ring_idx;
   }

   struct iovec iov[3] = {
      { .iov_base = &msg, .iov_len = sizeof(msg) },
      { .iov_base = (void *)submit->cs, .iov_len = submit->size },
      { .iov_base = (void *)sync, .iov_len = sync_dwords * 4 },
   };
   if (!begin_request(vtest))
      return VK_ERROR_DEVICE_LOST;
   return end_request(vtest, vn_vtest_conn_send(&vtest->conn, iov, 3));
}

static VkResult
unref_resource(struct vtest *vtest, uint32_t res_id)
{
   return tell(vtest, VTEST_RESOURCE_UNREF, &res_id, 1);
}

/* A regular file has its size in fstat, a dma-buf at its end. */
static bool
file_is_at_least(int fd, uint64_t size)
{
   struct u_hash_key key;
   uint64_t file_size;
   if (u_fd_identity(fd, &key, &file_size) && file_size >= size)
      return true;

   const off_t end = lseek(fd, 0, SEEK_END);
   return end >= 0 && (uint64_t)end >= size;
}

/*
 * VK_ERROR_OUT_OF_DEVICE_MEMORY if the server's file is smaller than asked:
 * touching the missing part would be a SIGBUS. On success the caller owns
 * the fd and the resource.
 */
static VkResult
create_blob(struct vtest *vtest,
            uint64_t size,
            uint64_t blob_id,
            uint32_t flags,
            uint32_t *res_id_out,
            int *fd_out)
{
   const uint32_t request[6] = {
      VTEST_BLOB_HOST3D, flags,
      (uint32_t)size,    (uint32_t)(size >> 32),
      (uint32_t)blob_id, (uint32_t)(blob_id >> 32),
   };
   uint32_t res_id = 0;
   int fd = -1;

   if (!begin_request(vtest))
      return VK_ERROR_DEVICE_LOST;
   bool ok =
      vn_vtest_conn_send_dwords(&vtest->conn, VTEST_RESOURCE_CREATE_BLOB,
                                request, VN_ARRAY_SIZE(request)) &&
      vn_vtest_conn_recv_dwords(&vtest->conn, VTEST_RESOURCE_CREATE_BLOB,
                                &res_id, 1) &&
      vn_vtest_conn_recv_fd(&vtest->conn, &fd);
   if (ok && !res_id) {
      u_fd_close(&fd);
      ok = vn_vtest_conn_fail(&vtest->conn, "the server sent resource 0");
   }
   const VkResult result = end_request(vtest, ok);
   if (result != VK_SUCCESS)
      return result;

   if ((flags & VTEST_BLOB_MAPPABLE) && !file_is_at_least(fd, size)) {
      vn_log(WARN,
             "vtest: resource %u has a file smaller than the %" PRIu64
             " bytes asked for",
             res_id, size);
      u_fd_close(&fd);
      unref_resource(vtest, res_id);
      return VK_ERROR_OUT_OF_DEVICE_MEMORY;
   }

   *res_id_out = res_id;
   *fd_out = fd;
   return VK_SUCCESS;
}

static void *
map_fd(int fd, uint64_t size)
{
   if (!size || size > SIZE_MAX)
      return NULL;
   void *map =
      mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
   return map == MAP_FAILED ? NULL : map;
}

static VkResult
vtest_shmem_create(struct vn_renderer *renderer,
                   size_t size,
                   struct vn_renderer_shmem **shmem_out)
{
   struct vtest *vtest = get_vtest(renderer);
   VkResult result;

   struct vn_renderer_shmem *shmem = calloc(1, sizeof(*shmem));
   if (!shmem)
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   shmem->size = size;

   int fd;
   result =
      create_blob(vtest, size, 0, VTEST_BLOB_MAPPABLE, &shmem->res_id, &fd);
   if (result != VK_SUCCESS)
      goto fail_alloc;

   /* the renderer has sealed the file's size; the mapping outlives the fd */
   shmem->map = map_fd(fd, size);
   u_fd_close(&fd);
   if (!shmem->map) {
      result = VK_ERROR_OUT_OF_HOST_MEMORY;
      goto fail_resource;
   }

   *shmem_out = shmem;
   return VK_SUCCESS;

fail_resource:
   unref_resource(vtest, shmem->res_id);
fail_alloc:
   free(shmem);
   return result;
}

static void
vtest_shmem_destroy(struct vn_renderer *renderer,
                    struct vn_renderer_shmem *shmem)
{
   if (!shmem)
      return;

   munmap(shmem->map, shmem->size);
   unref_resource(get_vtest(renderer), shmem->res_id);
   free(shmem);
}

/*
 * A second resource of a file that is in the table already stays out of it:
 * an import then finds the first one, or none when that is gone.
 */
static bool
publish_bo(struct vtest *vtest, struct vtest_bo *bo)
{
   if (!u_fd_identity(bo->fd, &bo->key, NULL))
      return false;

   bool ok = true;
   pthread_mutex_lock(&vtest->bo_mutex);
   if (!u_hash_table_get(&vtest->bos, bo->key)) {
      ok = u_hash_table_set(&vtest->bos, bo->key, bo);
      bo->in_table = ok;
   }
   pthread_mutex_unlock(&vtest->bo_mutex);
   return ok;
}

static VkResult
vtest_bo_create(struct vn_renderer *renderer,
                uint64_t size,
                uint64_t memory_id,
                uint32_t flags,
                struct vn_renderer_bo **bo_out)
{
   struct vtest *vtest = get_vtest(renderer);
   VkResult result;

   struct vtest_bo *bo = calloc(1, sizeof(*bo));
   if (!bo)
      return VK_ERROR_OUT_OF_HOST_MEMORY;

   /*
    * Renderers before 1.2 keep the file for a later import only if the blob
    * is CROSS_DEVICE; the server itself makes no difference.
    */
   uint32_t blob_flags = 0;
   if (flags & VN_RENDERER_BO_MAPPABLE)
      blob_flags |= VTEST_BLOB_MAPPABLE;
   if (flags & VN_RENDERER_BO_SHAREABLE)
      blob_flags |= VTEST_BLOB_SHAREABLE | VTEST_BLOB_CROSS_DEVICE;

   assert(memory_id);
   bo->base.flags = flags;
   bo->base.size = size;
   /* relaxed: nobody else knows the bo yet */
   atomic_store_explicit(&bo->base.refcount, 1, memory_order_relaxed);
   result = create_blob(vtest, size, memory_id, blob_flags, &bo->base.res_id,
                        &bo->fd);
   if (result != VK_SUCCESS)
      goto fail_alloc;

   if ((flags & VN_RENDERER_BO_SHAREABLE) && !publish_bo(vtest, bo)) {
      result = VK_ERROR_OUT_OF_HOST_MEMORY;
      goto fail_blob;
   }

   *bo_out = &bo->base;
   return VK_SUCCESS;

fail_blob:
   u_fd_close(&bo->fd);
   unref_resource(vtest, bo->base.res_id);
fail_alloc:
   free(bo);
   return result;
}

static VkResult
vtest_bo_import_fd(struct vn_renderer *renderer,
                   int fd,
                   struct vn_renderer_bo **bo_out)
{
   struct vtest *vtest = get_vtest(renderer);

   if (is_lost(vtest))
      return VK_ERROR_DEVICE_LOST;

   struct u_hash_key key;
   if (!u_fd_identity(fd, &key, NULL)) {
      vn_log(WARN, "vtest: cannot import fd %d: %s", fd, strerror(errno));
      return VK_ERROR_INVALID_EXTERNAL_HANDLE;
   }

   /* under the lock: the last unref takes the bo out of the table first */
   pthread_mutex_lock(&vtest->bo_mutex);
   struct vtest_bo *bo = u_hash_table_get(&vtest->bos, key);
   if (bo) {
      atomic_fetch_add_explicit(&bo->base.refcount, 1, memory_order_relaxed);
   }
   pthread_mutex_unlock(&vtest->bo_mutex);

   if (!bo) {
      vn_log(WARN,
             "vtest: cannot import fd %d: it is not of this connection, or "
             "its memory has been freed; vtest has no way to pass it on",
             fd);
      return VK_ERROR_INVALID_EXTERNAL_HANDLE;
   }
   *bo_out = &bo->base;
   return VK_SUCCESS;
}

static VkResult
vtest_bo_export_fd(struct vn_renderer *renderer,
                   struct vn_renderer_bo *bo,
                   int *fd_out)
{
   if (is_lost(get_vtest(renderer)))
      return VK_ERROR_DEVICE_LOST;

   assert(bo->flags & VN_RENDERER_BO_SHAREABLE);
   const int fd = u_fd_dup_cloexec(get_bo(bo)->fd);
   if (fd < 0)
      return VK_ERROR_TOO_MANY_OBJECTS;
   *fd_out = fd;
   return VK_SUCCESS;
}

static VkResult
vtest_bo_map(struct vn_renderer *renderer,
             struct vn_renderer_bo *base,
             void **map_out)
{
   struct vtest *vtest = get_vtest(renderer);
   struct vtest_bo *bo = get_bo(base);

   if (is_lost(vtest))
      return VK_ERROR_DEVICE_LOST;
   if (!(base->flags & VN_RENDERER_BO_MAPPABLE))
      return VK_ERROR_MEMORY_MAP_FAILED;

   pthread_mutex_lock(&vtest->bo_mutex);
   if (!bo->map)
      bo->map = map_fd(bo->fd, base->size);
   void *map = bo->map;
   pthread_mutex_unlock(&vtest->bo_mutex);

   if (!map)
      return VK_ERROR_MEMORY_MAP_FAILED;
   *map_out = map;
   return VK_SUCCESS;
}

static void
vtest_bo_unref(struct vn_renderer *renderer, struct vn_renderer_bo *base)
{
   struct vtest *vtest = get_vtest(renderer);

   if (!base)
      return;

   /* release here and acquire below: whoever frees sees all that was done */
   uint32_t count =
      atomic_load_explicit(&base->refcount, memory_order_relaxed);
   while (count > 1) {
      if (atomic_compare_exchange_weak_explicit(
             &base->refcount, &count, count - 1, memory_order_release,
             memory_order_relaxed))
         return;
   }

   /* perhaps the last one; an import could still make it two */
   struct vtest_bo *bo = get_bo(base);
   pthread_mutex_lock(&vtest->bo_mutex);
   const bool last = atomic_fetch_sub_explicit(&base->refcount, 1,
                                               memory_order_acq_rel) == 1;
   if (last && bo->in_table)
      u_hash_table_remove(&vtest->bos, bo->key);
   pthread_mutex_unlock(&vtest->bo_mutex);
   if (!last)
      return;

   if (bo->map)
      munmap(bo->map, (size_t)base->size);
   u_fd_close(&bo->fd);
   unref_resource(vtest, base->res_id);
   free(bo);
}

static VkResult
vtest_sync_create(struct vn_renderer *renderer,
                  uint64_t value,
                  struct vn_renderer_sync **sync_out)
{
   struct vtest *vtest = get_vtest(renderer);
   const uint32_t request[2] = { (uint32_t)value, (uint32_t)(value >> 32) };

   struct vn_renderer_sync *sync = calloc(1, sizeof(*sync));
   if (!sync)
      return VK_ERROR_OUT_OF_HOST_MEMORY;

   VkResult result = VK_ERROR_DEVICE_LOST;
   if (begin_request(vtest)) {
      result = end_request(
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

static void
vtest_sync_destroy(struct vn_renderer *renderer,
                   struct vn_renderer_sync *sync)
{
   if (!sync)
      return;
   tell(get_vtest(renderer), VTEST_SYNC_UNREF, &sync->sync_id, 1);
   free(sync);
}

static VkResult
vtest_sync_read(struct vn_renderer *renderer,
                struct vn_renderer_sync *sync,
                uint64_t *value_out)
{
   struct vtest *vtest = get_vtest(renderer);
   uint32_t value[2];

   if (!begin_request(vtest))
      return VK_ERROR_DEVICE_LOST;
   const VkResult result = end_request(
      vtest,
      vn_vtest_conn_send_dwords(&vtest->conn, VTEST_SYNC_READ, &sync->sync_id,
                                1) &&
         vn_vtest_conn_recv_dwords(&vtest->conn, VTEST_SYNC_READ, value, 2));
   if (result == VK_SUCCESS)
      *value_out = value[0] | (uint64_t)value[1] << 32;
   return result;
}

static VkResult
vtest_sync_write(struct vn_renderer *renderer,
                 struct vn_renderer_sync *sync,
                 uint64_t value)
{
   const uint32_t request[3] = {
      sync->sync_id,
      (uint32_t)value,
      (uint32_t)(value >> 32),
   };
   return tell(get_vtest(renderer), VTEST_SYNC_WRITE, request, 3);
}

/* Without sleeping: VK_SUCCESS or VK_TIMEOUT. */
static VkResult
check_syncs(struct vn_renderer *renderer, const struct vn_renderer_wait *wait)
{
   for (uint32_t i = 0; i < wait->count; i++) {
      uint64_t value;
      const VkResult result =
         vtest_sync_read(renderer, wait->syncs[i], &value);
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
request_wait(struct vtest *vtest,
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
   if (begin_request(vtest)) {
      result = end_request(
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

/* A loss that is found out without a request. */
static VkResult
lose(struct vtest *vtest, const char *why)
{
   pthread_mutex_lock(&vtest->mutex);
   vn_vtest_conn_fail(&vtest->conn, "%s", why);
   set_lost(vtest);
   pthread_mutex_unlock(&vtest->mutex);
   return VK_ERROR_DEVICE_LOST;
}

static VkResult
vtest_wait(struct vn_renderer *renderer, const struct vn_renderer_wait *wait)
{
   struct vtest *vtest = get_vtest(renderer);

   if (is_lost(vtest))
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
         result = lose(vtest, "the server closed the connection");
         break;
      }
      if (ret > 0 && fds[0].revents) {
         result = lose(vtest, "the server sent no eventfd for a wait");
         break;
      }
      if (!left) {
         result = VK_TIMEOUT;
         break;
      }
      if (is_lost(vtest)) {
         result = VK_ERROR_DEVICE_LOST;
         break;
      }
      if (renderer->watchdog
             ? renderer->watchdog(renderer->watchdog_data, start)
             : wait->timeout_ns == UINT64_MAX && waited >= limits->reply_ns) {
         result = lose(vtest, "the renderer gives no sign of life");
         break;
      }
   }

   u_fd_close(&event_fd);
   return result;
}

static void
vtest_destroy(struct vn_renderer *renderer)
{
   struct vtest *vtest = get_vtest(renderer);

   assert(!vtest->bos.count);
   vn_vtest_conn_close(&vtest->conn);
   u_hash_table_finish(&vtest->bos);
   pthread_mutex_destroy(&vtest->bo_mutex);
   pthread_mutex_destroy(&vtest->mutex);
   free(vtest);
}

static const struct vn_renderer_ops vtest_ops = {
   .destroy = vtest_destroy,
   .submit = vtest_submit,
   .shmem_create = vtest_shmem_create,
   .shmem_destroy = vtest_shmem_destroy,
   .bo_create = vtest_bo_create,
   .bo_import_fd = vtest_bo_import_fd,
   .bo_export_fd = vtest_bo_export_fd,
   .bo_map = vtest_bo_map,
   .bo_unref = vtest_bo_unref,
   .sync_create = vtest_sync_create,
   .sync_destroy = vtest_sync_destroy,
   .sync_read = vtest_sync_read,
   .sync_write = vtest_sync_write,
   .wait = vtest_wait,
};

VkResult
vn_vtest_create(const char *path,
                const struct vn_vtest_limits *limits,
                struct vn_renderer **renderer_out)
{
   struct vtest *vtest = calloc(1, sizeof(*vtest));
   if (!vtest)
      return VK_ERROR_OUT_OF_HOST_MEMORY;

   vtest->base.ops = &vtest_ops;
   vtest->base.info.maps_only_dma_buf = true;
   vtest->conn.fd = -1;
   vtest->conn.renderer = &vtest->base;
   vtest->conn.limits = *limits;
   vtest->conn.deadline_ns = vn_time_ns() + limits->handshake_ns;
   pthread_mutex_init(&vtest->mutex, NULL);
   pthread_mutex_init(&vtest->bo_mutex, NULL);

   if (!vn_vtest_conn_open(&vtest->conn, path) ||
       !vn_vtest_handshake(&vtest->conn, &vtest->base.info)) {
      /* a warning: the process may have other devices to work with */
      vn_log(WARN, "vtest: no renderer at %s: %s", path, vtest->conn.why);
      vtest_destroy(&vtest->base);
      return VK_ERROR_INITIALIZATION_FAILED;
   }
   vtest->conn.deadline_ns = 0;

   const struct vn_capset *capset = &vtest->base.info.capset;
   vn_log(INFO,
          "vtest: renderer at %s: Vulkan %u.%u.%u, Venus %u, %u timelines",
          path, VK_API_VERSION_MAJOR(capset->vk_xml_version),
          VK_API_VERSION_MINOR(capset->vk_xml_version),
          VK_API_VERSION_PATCH(capset->vk_xml_version),
          capset->vk_mesa_venus_protocol_spec_version,
          vtest->base.info.timeline_count);
   *renderer_out = &vtest->base;
   return VK_SUCCESS;
}

VkResult
vn_renderer_create_vtest(struct vn_renderer **renderer_out)
{
   const char *path = getenv("VTEST_SOCKET_NAME");
   return vn_vtest_create(path && path[0] ? path : "/tmp/.virgl_test",
                          &vn_vtest_default_limits, renderer_out);
}
