/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The transport over a UNIX socket to virgl_test_server: its life, its lock,
 * submissions and shared memory. Knows ids, not what they stand for.
 *
 * The server answers every error by closing the connection, so a failed
 * request is a lost connection; only what is found out on this side (no
 * memory, a file that is too small) fails alone.
 */

#include "vn_vtest.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

bool
vn_vtest_is_lost(struct vn_vtest *vtest)
{
   /* relaxed: says only that asking is of no use */
   return atomic_load_explicit(&vtest->base.lost, memory_order_relaxed);
}

/* With mutex held. */
static void
set_lost(struct vn_vtest *vtest)
{
   if (!atomic_exchange_explicit(&vtest->base.lost, true,
                                 memory_order_relaxed))
      vn_log(ERROR, "vtest: connection lost: %s", vtest->conn.why);

   /* wakes up those who wait, and lets the server clean up */
   shutdown(vtest->conn.fd, SHUT_RDWR);
}

bool
vn_vtest_begin(struct vn_vtest *vtest)
{
   pthread_mutex_lock(&vtest->mutex);
   if (!vn_vtest_is_lost(vtest))
      return true;
   pthread_mutex_unlock(&vtest->mutex);
   return false;
}

VkResult
vn_vtest_end(struct vn_vtest *vtest, bool ok)
{
   if (!ok)
      set_lost(vtest);
   pthread_mutex_unlock(&vtest->mutex);
   return ok ? VK_SUCCESS : VK_ERROR_DEVICE_LOST;
}

VkResult
vn_vtest_tell(struct vn_vtest *vtest,
              enum vtest_message id,
              const uint32_t *dwords,
              uint32_t count)
{
   if (!vn_vtest_begin(vtest))
      return VK_ERROR_DEVICE_LOST;
   return vn_vtest_end(
      vtest, vn_vtest_conn_send_dwords(&vtest->conn, id, dwords, count));
}

VkResult
vn_vtest_lose(struct vn_vtest *vtest, const char *why)
{
   pthread_mutex_lock(&vtest->mutex);
   vn_vtest_conn_fail(&vtest->conn, "%s", why);
   set_lost(vtest);
   pthread_mutex_unlock(&vtest->mutex);
   return VK_ERROR_DEVICE_LOST;
}

static VkResult
vtest_submit(struct vn_renderer *renderer,
             const struct vn_renderer_submit *submit)
{
   struct vn_vtest *vtest = vn_vtest_from_renderer(renderer);
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
   if (!vn_vtest_begin(vtest))
      return VK_ERROR_DEVICE_LOST;
   return vn_vtest_end(vtest, vn_vtest_conn_send(&vtest->conn, iov, 3));
}

VkResult
vn_vtest_unref_resource(struct vn_vtest *vtest, uint32_t res_id)
{
   return vn_vtest_tell(vtest, VTEST_RESOURCE_UNREF, &res_id, 1);
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

VkResult
vn_vtest_create_blob(struct vn_vtest *vtest,
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

   if (!vn_vtest_begin(vtest))
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
   const VkResult result = vn_vtest_end(vtest, ok);
   if (result != VK_SUCCESS)
      return result;

   if ((flags & VTEST_BLOB_MAPPABLE) && !file_is_at_least(fd, size)) {
      vn_log(WARN,
             "vtest: resource %u has a file smaller than the %" PRIu64
             " bytes asked for",
             res_id, size);
      u_fd_close(&fd);
      vn_vtest_unref_resource(vtest, res_id);
      return VK_ERROR_OUT_OF_DEVICE_MEMORY;
   }

   *res_id_out = res_id;
   *fd_out = fd;
   return VK_SUCCESS;
}

void *
vn_vtest_map_fd(int fd, uint64_t size)
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
   struct vn_vtest *vtest = vn_vtest_from_renderer(renderer);
   VkResult result;

   struct vn_renderer_shmem *shmem = calloc(1, sizeof(*shmem));
   if (!shmem)
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   shmem->size = size;

   int fd;
   result = vn_vtest_create_blob(vtest, size, 0, VTEST_BLOB_MAPPABLE,
                                 &shmem->res_id, &fd);
   if (result != VK_SUCCESS)
      goto fail_alloc;

   /* the renderer has sealed the file's size; the mapping outlives the fd */
   shmem->map = vn_vtest_map_fd(fd, size);
   u_fd_close(&fd);
   if (!shmem->map) {
      result = VK_ERROR_OUT_OF_HOST_MEMORY;
      goto fail_resource;
   }

   *shmem_out = shmem;
   return VK_SUCCESS;

fail_resource:
   vn_vtest_unref_resource(vtest, shmem->res_id);
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
   vn_vtest_unref_resource(vn_vtest_from_renderer(renderer), shmem->res_id);
   free(shmem);
}

static void
vtest_destroy(struct vn_renderer *renderer)
{
   struct vn_vtest *vtest = vn_vtest_from_renderer(renderer);

   vn_vtest_bos_finish(vtest);
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
   .bo_create = vn_vtest_bo_create,
   .bo_import_fd = vn_vtest_bo_import_fd,
   .bo_export_fd = vn_vtest_bo_export_fd,
   .bo_map = vn_vtest_bo_map,
   .bo_map_placed = vn_vtest_bo_map_placed,
   .bo_unref = vn_vtest_bo_unref,
   .sync_create = vn_vtest_sync_create,
   .sync_destroy = vn_vtest_sync_destroy,
   .sync_read = vn_vtest_sync_read,
   .sync_write = vn_vtest_sync_write,
   .wait = vn_vtest_wait,
};

VkResult
vn_vtest_create(const char *path,
                const struct vn_vtest_limits *limits,
                struct vn_renderer **renderer_out)
{
   struct vn_vtest *vtest = calloc(1, sizeof(*vtest));
   if (!vtest)
      return VK_ERROR_OUT_OF_HOST_MEMORY;

   vtest->base.ops = &vtest_ops;
   vtest->base.info.maps_only_dma_buf = true;
   /* the renderer is on the same machine */
   vtest->base.info.memory_alignment = (uint32_t)sysconf(_SC_PAGESIZE);
   vtest->conn.fd = -1;
   vtest->conn.renderer = &vtest->base;
   vtest->conn.limits = *limits;
   vtest->conn.deadline_ns = vn_time_ns() + limits->handshake_ns;
   pthread_mutex_init(&vtest->mutex, NULL);
   pthread_mutex_init(&vtest->bo_mutex, NULL);
   vn_vtest_retired_init(vtest);

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
